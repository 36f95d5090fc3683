//! Tables that an earlier run left: read whole, held against the hashes of its manifest, cut down to some runs.

use super::stored::Stored;
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

/// Does a stored table hold what the manifest says of some runs?
///
/// # Errors
/// One sentence that names the file, and both hashes where they differ.
pub fn check(path: &Path, table: &str, runs: &[&RunRecord]) -> Result<(), String> {
    let stored = Stored::open(path).map_err(|error| error.to_string())?;
    let hashes = stored.hashes().map_err(|error| error.to_string())?;
    for run in runs {
        let found = hashes.iter().find(|(seed, _)| *seed == run.seed).map_or_else(|| stored.hash_of_none(), |(_, hash)| hash.clone());
        if let Some(expected) = run.table_hashes.get(table).filter(|expected| found != **expected) {
            let (seed, path) = (run.seed, path.display());
            return Err(format!("the table {path} is not what its manifest says of seed {seed}: hash {found}, expected {expected}"));
        }
    }
    Ok(())
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
