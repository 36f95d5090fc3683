//! Tables that an earlier run left: read whole, held against the hashes of its manifest, cut down to some runs.

use super::stored::{Stored, TableError};
use super::table::Sheet;
use super::{RunRecord, tables};
use std::path::Path;

/// A stored table with all its rows.
///
/// # Errors
/// One sentence that names the file.
pub fn sheet(path: &Path, table: &str) -> Result<Sheet, String> {
    let fault = |why: String| format!("the table {} cannot be read: {why}", path.display());
    let stored = Stored::open(path).map_err(|error| error.to_string())?;
    let mut sheet = tables::blank(table).ok_or_else(|| fault(format!("no table is named {table}")))?;
    sheet.rows = stored.rows();
    for column in &mut sheet.columns {
        let data = stored.data(column.name).map_err(|error| error.to_string())?;
        if data.rows() != sheet.rows || std::mem::discriminant(&data) != std::mem::discriminant(&column.data) {
            return Err(fault(format!("its column {} does not fit", column.name)));
        }
        column.data = data;
    }
    Ok(sheet)
}

/// The first of some runs whose rows of a stored table are not those that were written: its seed, the hash in the manifest and that of the rows.
///
/// # Errors
/// When the file cannot be read whole.
pub fn first_other(path: &Path, table: &str, runs: &[&RunRecord]) -> Result<Option<(u64, [String; 2])>, TableError> {
    let stored = Stored::open(path)?;
    let hashes = stored.hashes()?;
    Ok(runs.iter().find_map(|run| {
        let expected = run.table_hashes.get(table)?;
        let found = hashes.iter().find(|(seed, _)| *seed == run.seed).map_or_else(|| stored.hash_of_none(), |(_, hash)| hash.clone());
        (found != *expected).then(|| (run.seed, [expected.clone(), found]))
    }))
}

/// Does a stored table hold what the manifest says of some runs?
///
/// # Errors
/// One sentence that names the file, and both hashes where they differ.
pub fn check(path: &Path, table: &str, runs: &[&RunRecord]) -> Result<(), String> {
    let Some((seed, [expected, found])) = first_other(path, table, runs).map_err(|error| error.to_string())? else { return Ok(()) };
    let path = path.display();
    Err(format!("the table {path} is not what its manifest says of seed {seed}: hash {found}, expected {expected}"))
}

/// The rows of some seeds, in their order.
#[must_use]
pub fn cut(sheet: &Sheet, seeds: &[u64]) -> Sheet {
    let of = |seed: &u64| sheet.of_seed(i32::try_from(*seed).unwrap_or(i32::MAX));
    let mut all = seeds.iter().map(of);
    let mut first = all.next().unwrap_or_else(|| Sheet { rows: 0, ..sheet.of_seed(-1) });
    all.for_each(|other| first.append(other));
    first
}
