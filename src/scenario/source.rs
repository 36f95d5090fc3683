//! Bytes from the disk, with a bound on how many, and the place of a stretch of them.

use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// A study file is refused beyond this \[bytes\].
pub const STUDY_BYTES: u64 = 1 << 20;
/// A table of a city is refused beyond this \[bytes\].
pub const TABLE_BYTES: u64 = 1 << 30;

/// Reads a text file of at most `limit` bytes; a byte order mark is dropped. C101 says what is wrong.
pub fn text(path: &Path, name: &str, limit: u64, found: &mut Diagnostics) -> Option<String> {
    let mut fail = |what: String, hint: &str| {
        found.push(Diagnostic::error(101, what).at(&Place::file(name), "").hint(Some(hint.to_owned())));
    };
    let about = match std::fs::metadata(path) {
        Ok(about) => about,
        Err(e) => {
            fail(format!("cannot read \"{name}\": {}", reason(&e)), "check the name; paths in a study are relative to the study file");
            return None;
        }
    };
    if !about.is_file() {
        fail(format!("\"{name}\" is not a regular file"), "give the path of a file");
        return None;
    }
    let too_large = |bytes: u64| format!("\"{name}\" has {bytes} bytes, more than {limit} are not read");
    if about.len() > limit {
        fail(too_large(about.len()), "is this the file you meant?");
        return None;
    }
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes));
    if let Err(e) = read {
        fail(format!("cannot read \"{name}\": {}", reason(&e)), "check the rights of the file");
        return None;
    }
    if bytes.len() as u64 > limit {
        fail(too_large(bytes.len() as u64), "is this the file you meant?");
        return None;
    }
    decode(bytes, name, found)
}

/// Bytes as text: UTF-8, with or without a byte order mark.
pub fn decode(bytes: Vec<u8>, name: &str, found: &mut Diagnostics) -> Option<String> {
    match String::from_utf8(bytes) {
        Ok(text) => Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(e) => {
            let good = e.utf8_error().valid_up_to();
            let line = 1 + e.as_bytes()[..good].iter().filter(|b| **b == b'\n').count();
            let start = e.as_bytes()[..good].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
            let shown = String::from_utf8_lossy(&e.as_bytes()[start..e.as_bytes().len().min(good + 20)]).into_owned();
            let shown = shown.lines().next().unwrap_or("").to_owned();
            let col = 1 + String::from_utf8_lossy(&e.as_bytes()[start..good]).chars().count();
            let place = Place::on_line(&name.into(), &shown, line, 0..0);
            let place = if col > 100 { Place::file(name) } else { Place { line, col, end: col + 1, ..place } };
            let hint = "save the file as UTF-8 (not as UTF-16, Latin-1 or a spreadsheet)".to_owned();
            found.push(Diagnostic::error(101, format!("\"{name}\" is not UTF-8 text")).at(&place, "this byte").hint(Some(hint)));
            None
        }
    }
}

/// What the system said, in words without its number.
#[must_use]
pub fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "no permission".to_owned(),
        std::io::ErrorKind::NotADirectory => "a part of the path is not a folder".to_owned(),
        _ => error.to_string().split(" (os error").next().unwrap_or_default().to_owned(),
    }
}

/// A text and what the command line adds to it: each piece starts at its own offset, so one range of bytes names one place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Source {
    /// The file as the user named it.
    pub name: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
    /// Offset, name and text of pieces of the command line.
    pub added: Vec<(usize, Arc<str>, Arc<str>)>,
}

impl Source {
    /// A file's text.
    #[must_use]
    pub fn new(name: &str, text: &str) -> Source {
        Source { name: name.into(), text: text.into(), added: Vec::new() }
    }
    /// Adds a piece of the command line; returns its offset.
    pub fn add(&mut self, name: &str, text: &str) -> usize {
        let offset = self.added.last().map_or(self.text.len(), |(at, _, text)| at + text.len()) + 1;
        self.added.push((offset, name.into(), text.into()));
        offset
    }
    /// Where a range of bytes stands.
    #[must_use]
    pub fn place(&self, span: &Range<usize>) -> Place {
        let piece = self.added.iter().rev().find(|(offset, _, _)| span.start >= *offset);
        match piece {
            Some((offset, name, text)) => Place::span(name, text, span.start - offset..span.end.saturating_sub(*offset)),
            None => Place::span(&self.name, &self.text, span.clone()),
        }
    }
}
