//! What is wrong with an input, as data: collected, sorted, shown with a caret or as JSON. One renderer for TOML, CSV and command line.
//!
//! ```text
//! error[C203]: link "a7" starts at an undefined node
//!   --> city/link.csv:14:4
//!    |
//! 14 | a7,n_99,n_12,120,50
//!    |    ^^^^ no node has this id
//!    = hint: node.csv has "n_9"; did you mean that?
//! 1 error, 0 warnings: nothing was run (forecity info C203)
//! ```

mod codes;
pub use codes::{CODES, Code};

use std::fmt::Write;
use std::sync::Arc;

/// How many are shown before "and n more".
pub const SHOWN: usize = 20;
/// How many are kept; the rest is only counted, so a hostile file cannot fill the memory.
pub const KEPT: usize = 5_000;
/// Characters of a source line that are shown around the caret.
const WINDOW: usize = 160;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing can be run.
    Error,
    /// It runs, but not quite as written.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// As printed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// A stretch of one line of a file, or of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// File as the user named it.
    pub file: Arc<str>,
    /// Line, from 1; 0 = the file as a whole.
    pub line: usize,
    /// First column, from 1, in characters.
    pub col: usize,
    /// Column behind the last.
    pub end: usize,
    /// The line itself; may be cut out of a longer one (then [`Place::cut`] characters are missing in front).
    pub text: String,
    /// Characters left out in front of `text`.
    pub cut: usize,
}

impl Place {
    /// A file as a whole.
    #[must_use]
    pub fn file(file: &str) -> Place {
        Place { file: file.into(), line: 0, col: 0, end: 0, text: String::new(), cut: 0 }
    }

    /// Bytes `span` of `text`, the content of `file`. A span over several lines shows its first line.
    #[must_use]
    pub fn span(file: &Arc<str>, text: &str, span: std::ops::Range<usize>) -> Place {
        let mut start = span.start.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let line = 1 + text.as_bytes()[..start].iter().filter(|b| **b == b'\n').count();
        Place::on_line(file, text, line, start..span.end)
    }

    /// As [`Place::span`], where the number of the line is known.
    #[must_use]
    pub fn on_line(file: &Arc<str>, text: &str, line: usize, span: std::ops::Range<usize>) -> Place {
        let (mut start, mut stop) = (span.start.min(text.len()), span.end.clamp(span.start.min(text.len()), text.len()));
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        while !text.is_char_boundary(stop) {
            stop -= 1;
        }
        let first = text[..start].rfind('\n').map_or(0, |n| n + 1);
        let last = text[start..].find('\n').map_or(text.len(), |n| start + n);
        let content = text[first..last].trim_end_matches('\r');
        stop = stop.clamp(start, first + content.len().max(start - first));
        let before = text[first..start].chars().count();
        let width = text[start..stop].chars().count().max(1);
        let cut = if before + width.min(WINDOW) > WINDOW { before.saturating_sub(40) } else { 0 };
        let shown = content.chars().skip(cut).take(WINDOW).collect();
        Place { file: file.clone(), line, col: before + 1, end: before + 1 + width, text: shown, cut }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad.
    pub severity: Severity,
    /// Number in [`CODES`].
    pub code: u16,
    /// What and where, one sentence.
    pub message: String,
    /// Where; `None` = no place.
    pub place: Option<Place>,
    /// Said beside the caret; may be empty.
    pub label: String,
    /// Lines below: `hint: ...`, `candidate: ...`.
    pub hints: Vec<String>,
}

impl Diagnostic {
    /// Code, place and sentence on one line.
    #[must_use]
    pub fn line(&self) -> String {
        let place = self.place.as_ref().map_or_else(String::new, |place| {
            if place.line == 0 { format!("{}: ", place.file) } else { format!("{}:{}: ", place.file, place.line) }
        });
        format!("C{:03} {place}{}", self.code, self.message)
    }

    fn new(severity: Severity, code: u16, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity, code, message: message.into(), place: None, label: String::new(), hints: Vec::new() }
    }
    /// An error.
    #[must_use]
    pub fn error(code: u16, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, code, message)
    }
    /// A warning.
    #[must_use]
    pub fn warning(code: u16, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, code, message)
    }
    /// A note.
    #[must_use]
    pub fn note(code: u16, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Note, code, message)
    }
    /// Where, and what to say beside the caret.
    #[must_use]
    pub fn at(mut self, place: &Place, label: impl Into<String>) -> Diagnostic {
        self.place = Some(place.clone());
        self.label = label.into();
        self
    }
    /// What to do, if there is something to say.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Option<String>>) -> Diagnostic {
        self.hints.extend(hint.into().map(|text| format!("hint: {text}")));
        self
    }
    /// One of several things that could have been meant.
    #[must_use]
    pub fn candidate(mut self, text: &str) -> Diagnostic {
        self.hints.push(format!("candidate: {text}"));
        self
    }

    /// With the source line and carets, ending in a line break.
    #[must_use]
    pub fn render(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "{}[C{:03}]: {}", self.severity.name(), self.code, clean(&self.message));
        let mut width = 2;
        if let Some(place) = &self.place {
            width = place.line.to_string().len().max(2);
            let file = clean(&place.file);
            if place.line == 0 {
                let _ = writeln!(out, "{:width$}--> {file}", "");
            } else {
                let _ = writeln!(out, "{:width$}--> {file}:{}:{}", "", place.line, place.col);
                let dots = if place.cut > 0 { "..." } else { "" };
                let before = place.col - 1 - place.cut + dots.len();
                let room = (place.text.chars().count() + place.cut + 2).saturating_sub(place.col).max(1);
                let carets = "^".repeat((place.end - place.col).clamp(1, room));
                let _ = writeln!(out, "{:width$} |", "");
                let _ = writeln!(out, "{:<width$} | {dots}{}", place.line, clean(&place.text).trim_end());
                let _ = writeln!(out, "{}", format!("{:width$} | {:before$}{carets} {}", "", "", clean(&self.label)).trim_end());
            }
        }
        for hint in &self.hints {
            let _ = writeln!(out, "{:width$} = {}", "", clean(hint));
        }
        out
    }
}

/// Control characters could move a terminal's cursor; a message shows none.
fn clean(text: &str) -> String {
    let safe = |c: char| if c == '\t' { ' ' } else { char::REPLACEMENT_CHARACTER };
    let short: String = text.chars().take(2_000).map(|c| if c.is_control() || is_bidi(c) { safe(c) } else { c }).collect();
    short
}

fn is_bidi(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
}

/// All that was found.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    errors: usize,
    warnings: usize,
}

impl Diagnostics {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Diagnostics {
        Diagnostics::default()
    }
    /// One more. Beyond [`KEPT`] it is counted only; the same of the same place, as of an action that several variants inherit, is told once.
    pub fn push(&mut self, found: Diagnostic) {
        if found.place.as_ref().is_some_and(|place| place.line > 0) && self.list.contains(&found) {
            return;
        }
        match found.severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Note => {}
        }
        if self.list.len() < KEPT {
            self.list.push(found);
        }
    }
    /// All of another list.
    pub fn append(&mut self, other: Diagnostics) {
        let (errors, warnings) = (self.errors + other.errors, self.warnings + other.warnings);
        for found in other.list {
            self.push(found);
        }
        (self.errors, self.warnings) = (errors, warnings);
    }
    /// From now on the warnings with this code are errors.
    pub fn refuse(&mut self, code: u16) {
        for found in self.list.iter_mut().filter(|d| d.code == code && d.severity == Severity::Warning) {
            found.severity = Severity::Error;
            self.errors += 1;
            self.warnings -= 1;
        }
    }
    /// Number of errors.
    #[must_use]
    pub const fn errors(&self) -> usize {
        self.errors
    }
    /// Number of warnings.
    #[must_use]
    pub const fn warnings(&self) -> usize {
        self.warnings
    }
    /// Is there an error?
    #[must_use]
    pub const fn failed(&self) -> bool {
        self.errors > 0
    }
    /// Nothing at all?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
    /// Those kept, sorted by file, line, column; equal places in order of discovery.
    #[must_use]
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut list: Vec<&Diagnostic> = self.list.iter().collect();
        list.sort_by_key(|d| d.place.as_ref().map(|p| (p.file.clone(), p.line, p.col)));
        list
    }

    /// As people read it: at most [`SHOWN`], errors before warnings where not all fit, then the closing line. `outcome` is what did not happen
    /// because of errors: "nothing was run". Empty if nothing was found.
    #[must_use]
    pub fn render(&self, outcome: &str) -> String {
        let mut sorted = self.sorted();
        if sorted.len() > SHOWN {
            let mut worst: Vec<(usize, &Diagnostic)> = sorted.iter().copied().enumerate().collect();
            worst.sort_by_key(|(order, d)| (d.severity, *order));
            worst.truncate(SHOWN);
            worst.sort_by_key(|(order, _)| *order);
            sorted = worst.into_iter().map(|(_, d)| d).collect();
        }
        let mut out: String = sorted.iter().map(|d| d.render()).collect();
        let all = self.list.len().max(self.errors + self.warnings);
        if all > sorted.len() {
            let _ = writeln!(out, "and {} more: --json lists all", all - sorted.len());
        }
        let first = sorted.iter().find(|d| d.severity == Severity::Error).or(sorted.first());
        if let Some(first) = first {
            let [errors, warnings] = [(self.errors, "error"), (self.warnings, "warning")].map(|(n, what)| plural(n, what));
            let so = if self.errors > 0 { format!(": {outcome}") } else { String::new() };
            let _ = writeln!(out, "{errors}, {warnings}{so} (forecity info C{:03})", first.code);
        }
        out
    }

    /// As programs read it: `forecity.diagnostics/1`.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let of = |d: &Diagnostic| {
            let place = d.place.as_ref();
            serde_json::json!({
                "severity": d.severity.name(),
                "code": format!("C{:03}", d.code),
                "message": d.message,
                "file": place.map(|p| p.file.to_string()),
                "line": place.map(|p| p.line),
                "column": place.map(|p| p.col),
                "end_column": place.map(|p| p.end),
                "label": d.label,
                "hint": d.hints.iter().find_map(|h| h.strip_prefix("hint: ")),
                "hints": d.hints,
            })
        };
        let list: Vec<_> = self.sorted().into_iter().map(of).collect();
        let left_out = (self.errors + self.warnings).saturating_sub(self.list.len());
        serde_json::json!({
            "document": "forecity.diagnostics/1",
            "errors": self.errors,
            "warnings": self.warnings,
            "left_out": left_out,
            "diagnostics": list,
        })
    }
}

/// "1 error", "2 errors".
#[must_use]
pub fn plural(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
