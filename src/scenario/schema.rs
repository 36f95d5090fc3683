//! JSON Schema of the study file (draft 07, as editors read it), from the same structs that read it.

use crate::scenario::study::StudyFile;

/// The schema, ending in a line break; `schema/study-1.json` is a copy.
#[must_use]
pub fn study() -> String {
    let schema = schemars::generate::SchemaSettings::draft07().into_generator().into_root_schema_for::<StudyFile>();
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
