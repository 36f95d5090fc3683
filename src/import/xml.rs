//! A thin, guarded door to XML: elements with their attributes and line, nothing else.
//!
//! Refused: broken nesting, custom entities (none are ever expanded), elements with absurdly many attributes, absurd depth, and compressed
//! files that grow beyond [`MAX_BYTES`].

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;
use std::io::Read as _;

/// Largest document, unpacked.
pub const MAX_BYTES: u64 = 1 << 30;
/// Most attributes of one element.
const MAX_ATTRIBUTES: usize = 200;
/// Deepest nesting.
const MAX_DEPTH: usize = 64;

/// An element with its attributes.
#[derive(Clone, Debug)]
pub struct Element<'a> {
    /// Name.
    pub name: &'a str,
    /// Attributes in order of the file.
    pub attributes: Vec<(&'a str, Cow<'a, str>)>,
    /// Line of its start, from 1.
    pub line: usize,
}

impl Element<'_> {
    /// Value of an attribute, blanks around it removed.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find(|(name, _)| *name == key).map(|(_, value)| value.trim())
    }
    /// The same as an owned text; empty where the attribute is missing.
    #[must_use]
    pub fn text(&self, key: &str) -> String {
        self.get(key).unwrap_or_default().to_owned()
    }
}

/// What the walk meets.
#[derive(Clone, Debug)]
pub enum Step<'a> {
    /// Start of an element.
    Open(Element<'a>),
    /// End of an element, also of an empty one.
    Close,
}

/// Why a document cannot be read, and on which line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct XmlError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// Unpacks gzip if the bytes begin like gzip, and decodes the text (UTF-8, otherwise Latin-1).
///
/// # Errors
/// Broken or too large compressed data.
pub fn text_of(bytes: &[u8]) -> Result<Cow<'_, str>, XmlError> {
    let whole = |message: String| XmlError { line: 0, message };
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(decode(Cow::Borrowed(bytes)));
    }
    let mut out = Vec::new();
    let mut limited = flate2::read::MultiGzDecoder::new(bytes).take(MAX_BYTES + 1);
    limited.read_to_end(&mut out).map_err(|error| whole(format!("broken gzip data: {error}")))?;
    if out.len() as u64 > MAX_BYTES {
        return Err(whole(format!("the file unpacks to more than {} MiB", MAX_BYTES >> 20)));
    }
    Ok(decode(Cow::Owned(out)))
}

fn decode(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(raw) => match std::str::from_utf8(raw) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(raw.iter().map(|byte| char::from(*byte)).collect()),
        },
        Cow::Owned(raw) => {
            Cow::Owned(String::from_utf8(raw).unwrap_or_else(|error| error.as_bytes().iter().map(|byte| char::from(*byte)).collect()))
        }
    }
}

/// Walks through a document.
///
/// # Errors
/// The first fault of the XML; what was met before it has been handed on.
pub fn walk(text: &str, meet: &mut dyn FnMut(Step<'_>)) -> Result<(), XmlError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::from_str(text);
    let mut place = Place { line: 1, seen: 0 };
    let mut depth = 0_usize;
    let mut roots = 0_usize;
    loop {
        let line = place.line_at(text, usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX));
        let fault = |message: String| XmlError { line, message };
        match reader.read_event().map_err(|error| fault(error.to_string()))? {
            Event::Start(start) => {
                roots += usize::from(depth == 0);
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(fault(format!("elements nest deeper than {MAX_DEPTH}")));
                }
                meet(Step::Open(element(&start, line)?));
            }
            Event::Empty(start) => {
                roots += usize::from(depth == 0);
                meet(Step::Open(element(&start, line)?));
                meet(Step::Close);
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                meet(Step::Close);
            }
            Event::DocType(doctype) if doctype.contains("<!ENTITY") => {
                return Err(fault("the document declares entities of its own; they are not expanded".into()));
            }
            Event::GeneralRef(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_) => {}
            Event::Eof if depth > 0 => return Err(fault(format!("the file ends inside of {depth} open element(s)"))),
            Event::Eof if roots == 0 => return Err(fault("there is no element in the file".into())),
            Event::Eof => return Ok(()),
        }
    }
}

struct Place {
    line: usize,
    seen: usize,
}

impl Place {
    fn line_at(&mut self, text: &str, position: usize) -> usize {
        let position = position.min(text.len());
        if position > self.seen {
            self.line += text.as_bytes()[self.seen..position].iter().filter(|byte| **byte == b'\n').count();
            self.seen = position;
        }
        self.line
    }
}

fn element<'a>(start: &'a BytesStart<'_>, line: usize) -> Result<Element<'a>, XmlError> {
    let fault = |message: String| XmlError { line, message };
    let mut attributes: Vec<(&'a str, Cow<'a, str>)> = Vec::new();
    for (index, found) in start.attributes().with_checks(false).enumerate() {
        if index >= MAX_ATTRIBUTES {
            return Err(fault(format!("an element has more than {MAX_ATTRIBUTES} attributes")));
        }
        let found = found.map_err(|error| fault(error.to_string()))?;
        let key = found.key.into_inner();
        if attributes.iter().any(|(name, _)| *name == key) {
            return Err(fault(format!("attribute \"{key}\" stands twice in one element")));
        }
        let value = found.normalized_value(XmlVersion::Explicit1_0).map_err(|error| fault(error.to_string()))?;
        attributes.push((key, value));
    }
    Ok(Element { name: start.name().into_inner(), attributes, line })
}
