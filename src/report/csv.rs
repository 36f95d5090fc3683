//! A sheet as CSV: header row, a null is an empty field.

use super::table::Sheet;
use std::io::{self, Write};

/// Writes `sheet` to `sink`.
///
/// # Errors
/// When the sink takes no more.
pub fn write(sheet: &Sheet, sink: &mut impl Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(sink);
    writer.write_record(sheet.columns.iter().map(|column| column.name))?;
    for row in 0..sheet.rows {
        writer.write_record((0..sheet.columns.len()).map(|column| sheet.cell(row, column)))?;
    }
    writer.flush()
}
