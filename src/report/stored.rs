//! Columns of a stored table, as few as are needed: names stay as the bytes of the file, so a million of them cost no million allocations.

use super::table::Data;
use parquet::basic::Type as Physical;
use parquet::column::reader::ColumnReader;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::fs::File;
use std::path::{Path, PathBuf};

/// A file of a table that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the table {} cannot be read: {why}", path.display())]
pub struct TableError {
    /// The file.
    pub path: PathBuf,
    /// The reason in words.
    pub why: String,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Counts.
    Counts,
    /// Measures.
    Reals,
    /// Names.
    Names,
}

/// One file of a table.
pub struct Stored {
    path: PathBuf,
    reader: SerializedFileReader<File>,
    rows: usize,
}

/// Bytes that go into a hash at once: many enough for all lanes of the hash.
const AT_ONCE: usize = 1 << 17;
/// A null, see [`super::table::Sheet::hash`].
const NULL: u32 = 0x7fc0_0000;

/// Adds values of four bytes, little-endian.
fn hash_words<T: Copy>(hasher: &mut blake3::Hasher, values: &[T], bits: impl Fn(T) -> u32) {
    for some in values.chunks(AT_ONCE / 4) {
        let bytes: Vec<u32> = some.iter().map(|value| bits(*value).to_le()).collect();
        hasher.update(bytemuck::cast_slice(&bytes));
    }
}

/// What the reader says, for people: its own words where the file is whole, that it is cut off or is no table otherwise.
fn words(error: &ParquetError) -> String {
    match error {
        ParquetError::EOF(_) => "it is cut off or broken".to_owned(),
        ParquetError::General(why) => why.clone(),
        other => other.to_string(),
    }
}

impl Stored {
    /// Opens it; only its footer is read.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(path: &Path) -> Result<Stored, TableError> {
        let fault = |why: String| TableError { path: path.to_owned(), why };
        let file = File::open(path).map_err(|error| fault(error.to_string()))?;
        let reader = SerializedFileReader::new(file).map_err(|error| fault(words(&error)))?;
        let rows = usize::try_from(reader.metadata().file_metadata().num_rows()).unwrap_or(0);
        Ok(Stored { path: path.to_owned(), reader, rows })
    }

    /// Its columns in order: name and what they hold.
    #[must_use]
    pub fn columns(&self) -> Vec<(String, Kind)> {
        let schema = self.reader.metadata().file_metadata().schema_descr_ptr();
        let kind = |physical: Physical| match physical {
            Physical::INT32 => Kind::Counts,
            Physical::FLOAT => Kind::Reals,
            _ => Kind::Names,
        };
        schema.columns().iter().map(|column| (column.name().to_owned(), kind(column.physical_type()))).collect()
    }

    /// Rows in it.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// A column of counts.
    ///
    /// # Errors
    /// When there is no such column of counts.
    pub fn counts(&self, name: &str) -> Result<Vec<i32>, TableError> {
        let mut all = Vec::with_capacity(self.rows);
        self.groups(name, self.rows, |column, rows| match column {
            ColumnReader::Int32ColumnReader(mut column) => Ok(column.read_records(rows, None, None, &mut all)?.0),
            _ => Err(other(name)),
        })?;
        Ok(all)
    }

    /// A column of measures; a null is NaN.
    ///
    /// # Errors
    /// When there is no such column of measures.
    pub fn reals(&self, name: &str) -> Result<Vec<f32>, TableError> {
        let (mut all, mut levels, mut values) = (Vec::with_capacity(self.rows), Vec::new(), Vec::new());
        self.groups(name, self.rows, |column, rows| match column {
            ColumnReader::FloatColumnReader(mut column) => {
                levels.clear();
                values.clear();
                let (read, there, _) = column.read_records(rows, Some(&mut levels), None, &mut values)?;
                if read == there {
                    all.extend_from_slice(&values);
                } else {
                    let mut next = values.iter().copied();
                    all.extend(levels.iter().map(|level| if *level == 0 { f32::NAN } else { next.next().unwrap_or(f32::NAN) }));
                }
                Ok(read)
            }
            _ => Err(other(name)),
        })?;
        Ok(all)
    }

    /// The first names of a column, at most so many.
    ///
    /// # Errors
    /// When there is no such column of names.
    pub fn names(&self, name: &str, most: usize) -> Result<Vec<ByteArray>, TableError> {
        let mut all = Vec::with_capacity(most.min(self.rows));
        self.groups(name, most, |column, rows| match column {
            ColumnReader::ByteArrayColumnReader(mut column) => Ok(column.read_records(rows, None, None, &mut all)?.0),
            _ => Err(other(name)),
        })?;
        Ok(all)
    }

    /// Hash of the rows of each seed, as [`super::table::Sheet::hash`] has it, one column in memory at a time.
    ///
    /// # Errors
    /// When it cannot be read whole.
    pub fn hashes(&self) -> Result<Vec<(u64, String)>, TableError> {
        let spans = by_seed(&self.counts("seed")?);
        let mut hashers: Vec<blake3::Hasher> = spans.iter().map(|_| blake3::Hasher::new()).collect();
        let mut buffer: Vec<u8> = Vec::with_capacity(AT_ONCE + 1024);
        for (column, kind) in self.columns() {
            hashers.iter_mut().for_each(|hasher| {
                hasher.update(column.as_bytes());
            });
            let each = hashers.iter_mut().zip(&spans);
            match kind {
                Kind::Counts => {
                    let all = self.counts(&column)?;
                    each.for_each(|(hasher, (_, from, to))| hash_words(hasher, &all[*from..*to], |n| n.cast_unsigned()));
                }
                Kind::Reals => {
                    let all = self.reals(&column)?;
                    each.for_each(|(hasher, (_, from, to))| hash_words(hasher, &all[*from..*to], |x| if x.is_nan() { NULL } else { x.to_bits() }));
                }
                Kind::Names => {
                    let all = self.names(&column, self.rows())?;
                    for (hasher, (_, from, to)) in each {
                        for name in &all[*from..*to] {
                            buffer.extend_from_slice(&(name.len() as u32).to_le_bytes());
                            buffer.extend_from_slice(name.data());
                            if buffer.len() >= AT_ONCE {
                                hasher.update(&buffer);
                                buffer.clear();
                            }
                        }
                        hasher.update(&buffer);
                        buffer.clear();
                    }
                }
            }
        }
        Ok(spans.iter().zip(hashers).map(|((seed, ..), hasher)| (*seed, hasher.finalize().to_hex().to_string())).collect())
    }

    /// The same of a seed that has no rows.
    #[must_use]
    pub fn hash_of_none(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        self.columns().iter().for_each(|(name, _)| {
            hasher.update(name.as_bytes());
        });
        hasher.finalize().to_hex().to_string()
    }

    /// A column of whatever kind.
    ///
    /// # Errors
    /// When there is no such column.
    pub fn data(&self, name: &str) -> Result<Data, TableError> {
        match self.columns().iter().find(|(column, _)| column == name).map(|(_, kind)| *kind) {
            Some(Kind::Counts) => self.counts(name).map(Data::Count),
            Some(Kind::Reals) => self.reals(name).map(Data::Real),
            _ => Ok(Data::Text(self.names(name, self.rows)?.iter().map(|name| String::from_utf8_lossy(name.data())).collect())),
        }
    }

    /// Row group by row group, until `most` rows are read.
    fn groups(
        &self,
        name: &str,
        most: usize,
        read: impl FnMut(ColumnReader, usize) -> Result<usize, ParquetError>,
    ) -> Result<(), TableError> {
        self.each_group(name, most, read).map_err(|error| TableError { path: self.path.clone(), why: words(&error) })
    }

    fn each_group(
        &self,
        name: &str,
        most: usize,
        mut read: impl FnMut(ColumnReader, usize) -> Result<usize, ParquetError>,
    ) -> Result<(), ParquetError> {
        let schema = self.reader.metadata().file_metadata().schema_descr_ptr();
        let place = schema.columns().iter().position(|column| column.name() == name);
        let place = place.ok_or_else(|| ParquetError::General(format!("it has no column {name}")))?;
        let mut open = most.min(self.rows);
        for group in 0..self.reader.num_row_groups() {
            let group = self.reader.get_row_group(group)?;
            let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0).min(open);
            if rows == 0 {
                break;
            }
            open -= read(group.get_column_reader(place)?, rows)?.min(open);
        }
        Ok(())
    }
}

/// Some columns of a file, in the order of `names`.
///
/// # Errors
/// When it cannot be read or has no such column.
pub fn columns(path: &Path, names: &[&str]) -> Result<Vec<Data>, TableError> {
    let stored = Stored::open(path)?;
    names.iter().map(|name| stored.data(name)).collect()
}

/// A column of another type than expected.
fn other(name: &str) -> ParquetError {
    ParquetError::General(format!("its column {name} has another type"))
}

/// Runs of equal seeds: (seed, first row, row behind the last).
#[must_use]
pub fn by_seed(seeds: &[i32]) -> Vec<(u64, usize, usize)> {
    let mut found: Vec<(u64, usize, usize)> = Vec::new();
    let mut from = 0;
    while from < seeds.len() {
        let to = from + seeds[from..].iter().take_while(|seed| **seed == seeds[from]).count();
        found.push((u64::try_from(seeds[from]).unwrap_or(0), from, to));
        from = to;
    }
    found
}
