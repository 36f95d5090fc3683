//! What an importer did with each element: understood, approximated (how), ignored (why), with counts and the worst ten places.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Places kept for each row of the report.
const PLACES: usize = 10;
/// Problems kept; the rest is counted.
const PROBLEMS: usize = 2000;

/// How bad a [`Problem`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is imported.
    Error,
    /// Imported, with a loss that is named.
    Warning,
}

/// A fault in a foreign file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Number of the code, printed as `C203`.
    pub code: u16,
    /// Error or warning.
    pub severity: Severity,
    /// File as it was named.
    pub file: String,
    /// Line, from 1; 0 = the whole file.
    pub line: usize,
    /// What, where, why.
    pub message: String,
    /// What to do; may be empty.
    pub hint: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = if self.severity == Severity::Error { "error" } else { "warning" };
        write!(f, "{word}[C{:03}]: {}\n  --> {}", self.code, self.message, self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if !self.hint.is_empty() {
            write!(f, "\n   = hint: {}", self.hint)?;
        }
        Ok(())
    }
}

/// What became of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Taken over as it is meant.
    Understood,
    /// Taken over, but not exactly.
    Approximated,
    /// Left out.
    Ignored,
}

impl Outcome {
    /// The word of the report.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Outcome::Understood => "understood",
            Outcome::Approximated => "approximated",
            Outcome::Ignored => "ignored",
        }
    }
}

/// Count and worst places of one row.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// How often.
    pub count: usize,
    /// The worst ten places with the size of the change (0 where there is no size), worst first.
    pub places: Vec<(f64, String)>,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Name without its folder.
    pub name: String,
    /// blake3 of its bytes as stored.
    pub blake3: String,
}

/// The whole report of one import.
#[derive(Clone, Debug, Default)]
pub struct ImportReport {
    /// Rows by element, outcome and how.
    pub rows: BTreeMap<(String, Outcome, String), Row>,
    /// Faults, in the order found.
    pub problems: Vec<Problem>,
    /// Faults beyond those kept.
    pub more_problems: usize,
    /// Errors, kept or not.
    pub errors: usize,
    /// Files read.
    pub sources: Vec<SourceFile>,
}

impl ImportReport {
    /// Counts elements that were taken over as meant.
    pub fn understood(&mut self, element: &str, count: usize) {
        if count > 0 {
            self.rows.entry((element.into(), Outcome::Understood, String::new())).or_default().count += count;
        }
    }
    /// Notes an element that was taken over, but not exactly.
    pub fn approximated(&mut self, element: &str, how: &str, place: &str) {
        self.note(element, Outcome::Approximated, how, place, 0.0);
    }
    /// The same with the size of the change, so that the worst places are kept.
    pub fn approximated_by(&mut self, element: &str, how: &str, place: &str, size: f64) {
        self.note(element, Outcome::Approximated, how, place, size);
    }
    /// Notes an element that was left out.
    pub fn ignored(&mut self, element: &str, why: &str, place: &str) {
        self.note(element, Outcome::Ignored, why, place, 0.0);
    }
    fn note(&mut self, element: &str, outcome: Outcome, how: &str, place: &str, size: f64) {
        let row = self.rows.entry((element.into(), outcome, how.into())).or_default();
        row.count += 1;
        if row.places.len() == PLACES && row.places.last().is_some_and(|last| last.0 >= size) {
            return;
        }
        let at = row.places.partition_point(|known| known.0 >= size);
        row.places.insert(at, (size, place.into()));
        row.places.truncate(PLACES);
    }
    /// Adds a fault.
    pub fn problem(&mut self, problem: Problem) {
        if problem.severity == Severity::Error {
            self.errors += 1;
        }
        if self.problems.len() < PROBLEMS {
            self.problems.push(problem);
        } else {
            self.more_problems += 1;
        }
    }
    /// Is there a fault with which nothing can be imported?
    #[must_use]
    pub fn failed(&self) -> bool {
        self.errors > 0
    }
    /// Count of one element with one outcome, over all reasons.
    #[must_use]
    pub fn count(&self, element: &str, outcome: Outcome) -> usize {
        self.rows.iter().filter(|(key, _)| key.0 == element && key.1 == outcome).map(|(_, row)| row.count).sum()
    }
    /// The table for people: one line a row, the places of approximations below it.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = String::new();
        let wide = self.rows.keys().map(|key| key.0.len()).max().unwrap_or(0);
        for ((element, outcome, how), row) in &self.rows {
            let _ = write!(text, "{element:<wide$}  {:>9}  {}", row.count, outcome.word());
            if !how.is_empty() {
                let _ = write!(text, ": {how}");
            }
            let named: Vec<&str> = row.places.iter().map(|place| place.1.as_str()).filter(|name| !name.is_empty()).take(3).collect();
            if !named.is_empty() {
                let _ = write!(text, " ({}{})", named.join(", "), if row.count > named.len() { ", ..." } else { "" });
            }
            text.push('\n');
        }
        text
    }
}
