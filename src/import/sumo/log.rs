//! Where the readers of one file leave their notes, and how they take values out of attributes.

use crate::import::report::{ImportReport, Problem, Severity};
use crate::import::xml::Element;

/// Largest magnitude of a number that is believed.
const LARGEST: f64 = 1.0e9;

/// The report of the import and the file that is being read.
#[derive(Debug, Default)]
pub struct Log {
    /// The report.
    pub report: ImportReport,
    /// The file in hand.
    pub file: String,
}

impl Log {
    /// An error: nothing will be imported.
    pub fn error(&mut self, code: u16, line: usize, message: String, hint: &str) {
        self.add(code, Severity::Error, line, message, hint);
    }
    /// A warning.
    pub fn warning(&mut self, code: u16, line: usize, message: String, hint: &str) {
        self.add(code, Severity::Warning, line, message, hint);
    }
    fn add(&mut self, code: u16, severity: Severity, line: usize, message: String, hint: &str) {
        self.report.problem(Problem { code, severity, file: self.file.clone(), line, message, hint: hint.into() });
    }
    /// An attribute that must be there and not be empty.
    pub fn need(&mut self, element: &Element<'_>, key: &str) -> Option<String> {
        let found = element.get(key).filter(|value| !value.is_empty()).map(str::to_owned);
        if found.is_none() {
            self.error(106, element.line, format!("{} has no attribute \"{key}\"", element.name), "");
        }
        found
    }
    /// A finite number, if the attribute is there; a fault where it is none.
    pub fn number(&mut self, element: &Element<'_>, key: &str) -> Option<f64> {
        let text = element.get(key)?;
        let value = number(text);
        if value.is_none() {
            self.error(107, element.line, format!("{}: {key} = \"{}\" is not a number that can be used", element.name, shown(text)), "");
        }
        value
    }
    /// A small whole number, if the attribute is there.
    pub fn index(&mut self, element: &Element<'_>, key: &str) -> Option<usize> {
        let text = element.get(key)?;
        let value = text.parse::<usize>().ok().filter(|value| *value < 1_000_000);
        if value.is_none() {
            self.error(107, element.line, format!("{}: {key} = \"{}\" is not a small whole number", element.name, shown(text)), "");
        }
        value
    }
    /// A time: seconds, or `h:m:s`, or `d:h:m:s`.
    pub fn time(&mut self, element: &Element<'_>, key: &str) -> Option<f64> {
        let text = element.get(key)?;
        let value = time(text);
        if value.is_none() {
            self.error(107, element.line, format!("{}: {key} = \"{}\" is not a time", element.name, shown(text)), "");
        }
        value
    }
    /// A line of points; an empty one where a point cannot be read.
    pub fn shape(&mut self, element: &Element<'_>) -> Vec<[f64; 2]> {
        let Some(text) = element.get("shape") else { return Vec::new() };
        let mut points: Vec<[f64; 2]> = Vec::new();
        for piece in text.split_ascii_whitespace() {
            let mut parts = piece.split(',').map(number);
            let (Some(Some(x)), Some(Some(y))) = (parts.next(), parts.next()) else {
                self.error(107, element.line, format!("{}: the point \"{}\" of its shape cannot be read", element.name, shown(piece)), "");
                return Vec::new();
            };
            if points.last().is_none_or(|last| distance(*last, [x, y]) > 0.0) {
                points.push([x, y]);
            }
        }
        points
    }
}

/// A text cut to what fits into a message.
#[must_use]
pub fn shown(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(57).chain("...".chars()).collect() }
}

/// A finite number of believable size.
#[must_use]
pub fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|value| value.is_finite() && value.abs() <= LARGEST)
}

/// Seconds, or `h:m:s`, or `d:h:m:s`.
#[must_use]
pub fn time(text: &str) -> Option<f64> {
    let parts: Vec<&str> = text.trim().split(':').collect();
    let weights: &[f64] = match parts.len() {
        1 => &[1.0],
        3 => &[3600.0, 60.0, 1.0],
        4 => &[86400.0, 3600.0, 60.0, 1.0],
        _ => return None,
    };
    let mut seconds = 0.0;
    for (part, weight) in parts.iter().zip(weights) {
        seconds += number(part)? * weight;
    }
    Some(seconds)
}

/// Distance of two points.
#[must_use]
pub fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    let (x, y) = (b[0] - a[0], b[1] - a[1]);
    (x * x + y * y).sqrt()
}

/// Length of a line.
#[must_use]
pub fn length(points: &[[f64; 2]]) -> f64 {
    points.windows(2).map(|pair| distance(pair[0], pair[1])).sum()
}
