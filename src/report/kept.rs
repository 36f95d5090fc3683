//! Tables that an earlier run left: read whole, held against the hashes of its manifest, cut down to some runs.

use super::table::{Data, Sheet};
use super::{RunRecord, parquet, tables};
use std::path::Path;

/// A stored table with all its rows.
///
/// # Errors
/// One sentence that names the file.
pub fn sheet(path: &Path, table: &str) -> Result<Sheet, String> {
    let fault = |why: String| format!("{} cannot be read whole: {why}", path.display());
    let mut sheet = tables::blank(table).ok_or_else(|| fault(format!("no table is named {table}")))?;
    let names: Vec<&str> = sheet.columns.iter().map(|column| column.name).collect();
    let stored = parquet::columns(path, &names).map_err(|error| fault(error.to_string()))?;
    sheet.rows = stored.first().map_or(0, Data::rows);
    for (column, data) in sheet.columns.iter_mut().zip(stored) {
        if data.rows() != sheet.rows || std::mem::discriminant(&data) != std::mem::discriminant(&column.data) {
            return Err(fault(format!("its column {} does not fit", column.name)));
        }
        column.data = data;
    }
    Ok(sheet)
}

/// The same, if it holds what the manifest says of some runs.
///
/// # Errors
/// One sentence that names the file, and both hashes where they differ.
pub fn verified(path: &Path, table: &str, runs: &[&RunRecord]) -> Result<Sheet, String> {
    let sheet = sheet(path, table)?;
    for run in runs {
        if let Some(expected) = run.table_hashes.get(table) {
            let found = cut(&sheet, &[run.seed]).hash();
            if found != *expected {
                let seed = run.seed;
                return Err(format!("{} is not what its manifest says of seed {seed}: hash {found}, expected {expected}", path.display()));
            }
        }
    }
    Ok(sheet)
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
