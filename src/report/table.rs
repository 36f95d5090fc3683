//! A table: name, unit, definition and formula of each column in one line. From these come Parquet, CSV, the hash and the glossary.

use super::names::Names;
use crate::city::City;
use crate::observe::Observations;

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// A name.
    Text(&'a str),
    /// A number of things.
    Count(i32),
    /// A measure; NaN = nothing to say.
    Real(f32),
}

/// Where the names of a row come from.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The city of the run.
    pub city: &'a City,
    /// The run.
    pub run: &'a Observations,
}

impl Scene<'_> {
    /// A tick as seconds since midnight.
    #[must_use]
    pub fn time_s(&self, tick: u32) -> f32 {
        if tick == u32::MAX { f32::NAN } else { (self.run.start_s + self.span_s(u64::from(tick))) as f32 }
    }
    /// Ticks as seconds.
    #[must_use]
    pub fn span_s(&self, ticks: u64) -> f64 {
        ticks as f64 * f64::from(self.run.step_ms) / 1000.0
    }
}

/// A column.
pub struct Column<Row> {
    /// Its name, with the unit at its end where it is measured.
    pub name: &'static str,
    /// Unit; "-" for none.
    pub unit: &'static str,
    /// What it means.
    pub about: &'static str,
    /// How it is made from a row.
    pub of: for<'a> fn(&Scene<'a>, &'a Row) -> Value<'a>,
}

/// A table of rows of one kind.
pub struct Table<Row: 'static> {
    /// Its name, also of its folder.
    pub name: &'static str,
    /// Its columns; `seed` comes first by itself.
    pub columns: &'static [Column<Row>],
}

/// A quotient, correctly rounded; NaN when nothing can be said.
#[must_use]
pub fn ratio(above: u64, below: u64) -> f32 {
    if below == 0 { f32::NAN } else { (above as f64 / below as f64) as f32 }
}

/// A count that fits the column type.
#[must_use]
pub fn count(n: u32) -> Value<'static> {
    Value::Count(i32::try_from(n).unwrap_or(i32::MAX))
}

/// Values of one column.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// Names.
    Text(Names),
    /// Counts.
    Count(Vec<i32>),
    /// Measures; NaN is written as null.
    Real(Vec<f32>),
}

impl Data {
    /// How many values.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Data::Text(all) => all.len(),
            Data::Count(all) => all.len(),
            Data::Real(all) => all.len(),
        }
    }
}

/// A column with its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Name.
    pub name: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// Meaning.
    pub about: &'static str,
    /// Values, one a row.
    pub data: Data,
}

/// A table with its values: one run, or several one behind the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// Name of the table.
    pub name: &'static str,
    /// Number of rows.
    pub rows: usize,
    /// Columns.
    pub columns: Vec<Series>,
}

impl<Row> Table<Row> {
    /// The rows of one run. What a column gives for an empty row decides its type, so a table without rows has the same columns.
    #[must_use]
    pub fn sheet(&self, scene: &Scene<'_>, rows: &[Row]) -> Sheet
    where
        Row: Default,
    {
        let seed = i32::try_from(scene.run.seed).unwrap_or(i32::MAX);
        let mut columns = vec![Series { name: "seed", unit: "-", about: "seed of the run", data: Data::Count(vec![seed; rows.len()]) }];
        let empty = Row::default();
        for column in self.columns {
            let mut data = match (column.of)(scene, &empty) {
                Value::Count(_) => Data::Count(Vec::with_capacity(rows.len())),
                Value::Real(_) => Data::Real(Vec::with_capacity(rows.len())),
                Value::Text(_) => Data::Text(Names::with_capacity(rows.len())),
            };
            for row in rows {
                match (&mut data, (column.of)(scene, row)) {
                    (Data::Text(all), Value::Text(text)) => all.push(text),
                    (Data::Count(all), Value::Count(n)) => all.push(n),
                    (Data::Real(all), Value::Real(x)) => all.push(x),
                    (Data::Text(all), _) => all.push(""),
                    (Data::Count(all), _) => all.push(0),
                    (Data::Real(all), _) => all.push(f32::NAN),
                }
            }
            columns.push(Series { name: column.name, unit: column.unit, about: column.about, data });
        }
        Sheet { name: self.name, rows: rows.len(), columns }
    }
}

impl Sheet {
    /// Adds the rows of another run of the same table.
    pub fn append(&mut self, other: Sheet) {
        self.rows += other.rows;
        for (mine, theirs) in self.columns.iter_mut().zip(other.columns) {
            match (&mut mine.data, theirs.data) {
                (Data::Text(a), Data::Text(b)) => a.append(&b),
                (Data::Count(a), Data::Count(b)) => a.extend(b),
                (Data::Real(a), Data::Real(b)) => a.extend(b),
                _ => {}
            }
        }
    }

    /// Hash over the rows column by column, little-endian; a null is one fixed NaN, a text follows its length.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut buffer: Vec<u8> = Vec::with_capacity(1 << 16);
        for column in &self.columns {
            buffer.extend_from_slice(column.name.as_bytes());
            for row in 0..self.rows {
                match &column.data {
                    Data::Text(all) => {
                        let name = all.get(row).as_bytes();
                        buffer.extend_from_slice(&(name.len() as u32).to_le_bytes());
                        buffer.extend_from_slice(name);
                    }
                    Data::Count(all) => buffer.extend_from_slice(&all[row].to_le_bytes()),
                    Data::Real(all) if all[row].is_nan() => buffer.extend_from_slice(&0x7fc0_0000_u32.to_le_bytes()),
                    Data::Real(all) => buffer.extend_from_slice(&all[row].to_le_bytes()),
                }
                if buffer.len() > 60_000 {
                    hasher.update(&buffer);
                    buffer.clear();
                }
            }
        }
        hasher.update(&buffer);
        hasher.finalize().to_hex().to_string()
    }

    /// One cell as printed; a null is empty.
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> String {
        match &self.columns[column].data {
            Data::Text(all) => all.get(row).to_owned(),
            Data::Count(all) => all[row].to_string(),
            Data::Real(all) if all[row].is_nan() => String::new(),
            Data::Real(all) => all[row].to_string(),
        }
    }

    /// Rows of one seed.
    #[must_use]
    pub fn of_seed(&self, seed: i32) -> Sheet {
        let Some(Data::Count(seeds)) = self.columns.first().map(|column| &column.data) else { return self.clone() };
        let keep: Vec<usize> = (0..self.rows).filter(|&row| seeds[row] == seed).collect();
        let pick = |series: &Series| {
            let data = match &series.data {
                Data::Text(all) => Data::Text(keep.iter().map(|&row| all.get(row)).collect()),
                Data::Count(all) => Data::Count(keep.iter().map(|&row| all[row]).collect()),
                Data::Real(all) => Data::Real(keep.iter().map(|&row| all[row]).collect()),
            };
            Series { data, ..series.clone() }
        };
        Sheet { name: self.name, rows: keep.len(), columns: self.columns.iter().map(pick).collect() }
    }
}
