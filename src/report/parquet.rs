//! A sheet as a Parquet file: zstd level 3, units and meaning in the key-value metadata, names as a dictionary.

use super::table::{Data, Sheet};
use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, FloatType, Int32Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use std::io::Write;
use std::sync::Arc;

/// Rows of one row group at most.
const GROUP: usize = 1_000_000;

/// Writes `sheet` to `sink`. `about` are further entries of the file's metadata.
///
/// # Errors
/// When the sink takes no more.
pub fn write<W: Write + Send>(sheet: &Sheet, about: &[(String, String)], sink: W) -> Result<(), ParquetError> {
    let mut fields = Vec::new();
    for column in &sheet.columns {
        let field = match column.data {
            Data::Text(_) => Type::primitive_type_builder(column.name, Physical::BYTE_ARRAY)
                .with_converted_type(ConvertedType::UTF8)
                .with_logical_type(Some(LogicalType::String))
                .with_repetition(Repetition::REQUIRED),
            Data::Count(_) => Type::primitive_type_builder(column.name, Physical::INT32).with_repetition(Repetition::REQUIRED),
            Data::Real(_) => Type::primitive_type_builder(column.name, Physical::FLOAT).with_repetition(Repetition::OPTIONAL),
        };
        fields.push(Arc::new(field.build()?));
    }
    let schema = Arc::new(Type::group_type_builder("row").with_fields(fields).build()?);
    let units: serde_json::Map<String, serde_json::Value> = sheet.columns.iter().map(|c| (c.name.to_owned(), c.unit.into())).collect();
    let mut entries = vec![
        KeyValue::new("forecity.table".to_owned(), sheet.name.to_owned()),
        KeyValue::new("forecity.units".to_owned(), serde_json::Value::Object(units).to_string()),
    ];
    entries.extend(about.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_key_value_metadata(Some(entries))
        .set_created_by(concat!("forecity ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let mut writer = SerializedFileWriter::new(sink, schema, Arc::new(properties))?;
    let mut from = 0;
    while from < sheet.rows {
        let to = (from + GROUP).min(sheet.rows);
        let mut group = writer.next_row_group()?;
        for column in &sheet.columns {
            column_rows(&mut group, &column.data, from, to)?;
        }
        group.close()?;
        from = to;
    }
    writer.close()?;
    Ok(())
}

/// Rows `from..to` of one column.
fn column_rows<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    data: &Data,
    from: usize,
    to: usize,
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else { return Ok(()) };
    match data {
        Data::Text(all) => {
            // One buffer that all rows point into.
            let place = |row: usize| if row == 0 { 0 } else { all.span(row - 1).end };
            let (first, last) = (place(from), place(to));
            let text = ByteArray::from(all.text().as_bytes()[first..last].to_vec());
            let values: Vec<ByteArray> = (from..to).map(|row| text.slice(place(row) - first, all.span(row).len())).collect();
            column.typed::<ByteArrayType>().write_batch(&values, None, None)?;
        }
        Data::Count(all) => {
            column.typed::<Int32Type>().write_batch(&all[from..to], None, None)?;
        }
        Data::Real(all) => {
            let levels: Vec<i16> = all[from..to].iter().map(|x| i16::from(!x.is_nan())).collect();
            let values: Vec<f32> = all[from..to].iter().copied().filter(|x| !x.is_nan()).collect();
            column.typed::<FloatType>().write_batch(&values, Some(&levels), None)?;
        }
    }
    column.close()
}
