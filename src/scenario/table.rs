//! A CSV table: rows in order, cells by column name, and the place of each cell.

use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::scenario::source;
use crate::{ids, units};
use std::ops::{Range, RangeInclusive};
use std::path::Path;
use std::sync::Arc;

/// Rows of one table at most.
pub const ROWS: usize = 20_000_000;
/// Faults of form listed for one table.
const FAULTS: usize = 100;

/// What a table may hold.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// File name without folder.
    pub file: &'static str,
    /// Columns that must be there.
    pub required: &'static [&'static str],
    /// Others that are read, or known and passed over.
    pub known: &'static [&'static str],
}

/// A table as written.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// File as the user would name it.
    pub name: Arc<str>,
    text: Arc<str>,
    header: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

impl Table {
    /// Reads a file. What is wrong with its form is in `found`; `None` if it cannot be used.
    pub fn read(path: &Path, name: &str, form: &Form, found: &mut Diagnostics) -> Option<Table> {
        let text = source::text(path, name, source::TABLE_BYTES, found)?;
        Table::parse(name, text, form, found)
    }

    /// Reads a text.
    pub fn parse(name: &str, text: String, form: &Form, found: &mut Diagnostics) -> Option<Table> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(true).from_reader(text.as_bytes());
        let header: Vec<String> = match reader.headers() {
            Ok(header) => header.iter().map(|h| h.trim().to_owned()).collect(),
            Err(e) => {
                found.push(
                    Diagnostic::error(102, format!("\"{name}\" is not CSV: {}", units::short(&e.to_string()))).at(&Place::file(name), ""),
                );
                return None;
            }
        };
        let mut table = Table { name: name.into(), header, text: Arc::from(""), rows: Vec::new() };
        let (mut faults, mut too_many) = (Vec::new(), false);
        for row in reader.records() {
            match row {
                Ok(row) if row.len() != table.header.len() => {
                    let line = row.position().map_or(0, csv::Position::line);
                    faults.push((line, row.position().map_or(0, csv::Position::byte), row.len()));
                }
                Ok(row) => table.rows.push(row),
                Err(_) => break,
            }
            if table.rows.len() > ROWS {
                too_many = true;
                break;
            }
        }
        table.text = text.into();
        if too_many {
            found.push(Diagnostic::error(230, format!("\"{name}\" has more than {ROWS} rows")).at(&Place::file(name), ""));
            return None;
        }
        let wanted = table.header.len();
        let not_shown = faults.len().saturating_sub(FAULTS);
        for (line, byte, fields) in faults.iter().take(FAULTS) {
            let place = table.line_place(usize::try_from(*line).unwrap_or(0), usize::try_from(*byte).unwrap_or(0));
            let message = format!("the row has {}, the header has {wanted}", crate::diagnostic::plural(*fields, "field"));
            let hint = "put a field that holds commas in double quotes".to_owned();
            found.push(Diagnostic::error(102, message).at(&place, "").hint(hint));
        }
        if not_shown > 0 {
            found.push(
                Diagnostic::error(102, format!("{not_shown} more rows of \"{name}\" have another number of fields"))
                    .at(&Place::file(name), ""),
            );
        }
        table.check_header(form, found).then_some(table)
    }

    fn check_header(&self, form: &Form, found: &mut Diagnostics) -> bool {
        let mut whole = true;
        let mut unknown = Vec::new();
        for (index, column) in self.header.iter().enumerate() {
            if self.header[..index].contains(column) && !column.is_empty() {
                whole = false;
                found.push(
                    Diagnostic::error(204, format!("column \"{}\" stands twice", units::short(column))).at(&self.header_place(index), ""),
                );
            }
            if !form.required.contains(&column.as_str()) && !form.known.contains(&column.as_str()) {
                unknown.push(index);
            }
        }
        if let Some(first) = unknown.first() {
            let list: Vec<String> = unknown.iter().take(10).map(|i| format!("\"{}\"", units::short(&self.header[*i]))).collect();
            let what = if unknown.len() == 1 { "a column is" } else { "columns are" };
            let message = format!("{what} not read: {}", list.join(", "));
            let known = form.required.iter().chain(form.known).copied().filter(|k| !self.header.iter().any(|h| h == k));
            let near = ids::nearest(&self.header[*first], known).map(|k| format!("did you mean \"{k}\"?"));
            found.push(Diagnostic::warning(104, message).at(&self.header_place(*first), "").hint(near));
        }
        for column in form.required {
            if !self.header.iter().any(|h| h == column) {
                whole = false;
                let place = self.line_place(1, 0);
                let hint = format!("required columns: {}", form.required.join(", "));
                found.push(Diagnostic::error(106, format!("\"{}\" has no column \"{column}\"", self.name)).at(&place, "").hint(hint));
            }
        }
        whole
    }

    /// Number of rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows.len()
    }
    /// No rows?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
    /// Is the column there?
    #[must_use]
    pub fn has(&self, column: &str) -> bool {
        self.header.iter().any(|h| h == column)
    }
    /// A row.
    #[must_use]
    pub const fn row(&self, index: usize) -> Row<'_> {
        Row { table: self, index }
    }
    /// All rows.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.rows.len()).map(|index| self.row(index))
    }

    fn header_place(&self, index: usize) -> Place {
        let span = self.field_span(0, index);
        Place::span(&self.name, &self.text, span)
    }

    /// The whole line on which a record starts.
    fn line_place(&self, line: usize, byte: usize) -> Place {
        let start = self.start(byte);
        let line = line + self.text[byte.min(start)..start].bytes().filter(|b| *b == b'\n').count();
        let end = self.text[start..].find('\n').map_or(self.text.len(), |n| start + n);
        Place::on_line(&self.name, &self.text, line.max(1), start..end)
    }

    /// Blank lines in front of a record belong to it in the reader's counting.
    fn start(&self, byte: usize) -> usize {
        let byte = byte.min(self.text.len());
        byte + self.text.as_bytes()[byte..].iter().take_while(|b| matches!(b, b'\n' | b'\r')).count()
    }

    /// Bytes of one field of the record that starts at `byte`.
    fn field_span(&self, byte: usize, column: usize) -> Range<usize> {
        let bytes = self.text.as_bytes();
        let (mut at, mut begin, mut field, mut quoted) = (self.start(byte), self.start(byte), 0, false);
        while at < bytes.len() {
            match bytes[at] {
                b'"' => quoted = !quoted,
                b',' | b'\n' | b'\r' if !quoted => {
                    if field == column || bytes[at] != b',' {
                        break;
                    }
                    (field, begin) = (field + 1, at + 1);
                }
                _ => {}
            }
            at += 1;
        }
        begin..at
    }
}

/// One row.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// Its table.
    pub table: &'a Table,
    /// Its position, from 0.
    pub index: usize,
}

impl<'a> Row<'a> {
    /// A cell without blanks around it; empty if the column is not there.
    #[must_use]
    pub fn text(&self, column: &str) -> &'a str {
        let index = self.table.header.iter().position(|h| h == column);
        index.and_then(|i| self.table.rows[self.index].get(i)).unwrap_or("").trim()
    }

    /// Where a cell stands; the row, if the column is not there.
    #[must_use]
    pub fn place(&self, column: &str) -> Place {
        let position = self.table.rows[self.index].position();
        let byte = position.map_or(0, |p| usize::try_from(p.byte()).unwrap_or(0));
        let line = position.map_or(0, |p| usize::try_from(p.line()).unwrap_or(0));
        let Some(index) = self.table.header.iter().position(|h| h == column) else { return self.table.line_place(line, byte) };
        let span = self.table.field_span(byte, index);
        let start = self.table.start(byte);
        let line = line + self.table.text[byte.min(start)..start].bytes().filter(|b| *b == b'\n').count();
        Place::on_line(&self.table.name, &self.table.text, line, span)
    }

    /// A number; `None` if the cell is empty or (C107, C230) wrong.
    pub fn number(&self, column: &str, range: RangeInclusive<f64>, found: &mut Diagnostics) -> Option<f64> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        let plain = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
        let Some(value) = text.parse::<f64>().ok().filter(|v| plain && v.is_finite()) else {
            let hint = "decimal point, no thousands separator, no unit".to_owned();
            let message = format!("\"{}\" is not a number ({column})", units::short(text));
            found.push(Diagnostic::error(107, message).at(&self.place(column), "").hint(hint));
            return None;
        };
        if range.contains(&value) {
            return Some(value);
        }
        let message = format!("{column} is {}, outside {} to {}", units::short(text), range.start(), range.end());
        found.push(Diagnostic::error(230, message).at(&self.place(column), ""));
        None
    }

    /// A whole number in a range; `None` if the cell is empty or wrong.
    pub fn whole(&self, column: &str, range: RangeInclusive<i64>, found: &mut Diagnostics) -> Option<i64> {
        let text = self.text(column);
        // "2.0" is written by spreadsheets.
        let text = text.strip_suffix(".0").unwrap_or(text);
        if text.is_empty() {
            return None;
        }
        match text.parse::<i64>() {
            Ok(value) if range.contains(&value) => Some(value),
            Ok(_) => {
                let message = format!("{column} is {}, outside {} to {}", units::short(text), range.start(), range.end());
                found.push(Diagnostic::error(230, message).at(&self.place(column), ""));
                None
            }
            Err(_) => {
                let message = format!("\"{}\" is not a whole number in reach ({column})", units::short(text));
                found.push(Diagnostic::error(107, message).at(&self.place(column), ""));
                None
            }
        }
    }

    /// A time of day or seconds; `None` if the cell is empty or wrong.
    pub fn time(&self, column: &str, found: &mut Diagnostics) -> Option<f64> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        let value = units::clock(text, true).filter(|t| (0.0..=1e7).contains(t));
        if value.is_none() {
            let message = format!("\"{}\" is not a time ({column})", units::short(text));
            let hint = "write seconds since midnight, or HH:MM:SS".to_owned();
            found.push(Diagnostic::error(107, message).at(&self.place(column), "").hint(hint));
        }
        value
    }

    /// A yes or no: 1/0, true/false, yes/no; `default` if empty.
    pub fn flag(&self, column: &str, default: bool, found: &mut Diagnostics) -> bool {
        match self.text(column).to_ascii_lowercase().as_str() {
            "" => default,
            "1" | "true" | "yes" => true,
            "0" | "false" | "no" => false,
            _ => {
                let message = format!("\"{}\" is neither 1 nor 0 ({column})", units::short(self.text(column)));
                found.push(Diagnostic::error(109, message).at(&self.place(column), ""));
                default
            }
        }
    }

    /// One of a list of words; `default` if empty.
    pub fn word<T: Copy>(&self, column: &str, words: &[(&str, T)], default: T, found: &mut Diagnostics) -> T {
        let text = self.text(column);
        if text.is_empty() {
            return default;
        }
        if let Some((_, value)) = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)) {
            return *value;
        }
        let list: Vec<&str> = words.iter().map(|w| w.0).collect();
        let message = format!("unknown {column} \"{}\"", units::short(text));
        found.push(Diagnostic::error(109, message).at(&self.place(column), "").hint(format!("one of {}", list.join(", "))));
        default
    }
}
