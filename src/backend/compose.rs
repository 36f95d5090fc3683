//! The text of a kernel: records, laws, roads if the row asks for them, the stage. Nothing is generated and nothing is replaced: the size of a
//! group is an `override`, so the text of a stage is the same for all sizes.

use crate::laws;
use crate::stages::Stage;

/// Records and constants of packed words; twin of `tables::layout`.
pub const RECORDS: &str = include_str!("../../shaders/shared/records.wgsl");
/// What several stages ask of the tables; twin of `stages::roads`.
pub const ROADS: &str = include_str!("../../shaders/shared/roads.wgsl");

/// The whole text of a stage, for the shader compiler.
#[must_use]
pub fn text(stage: &Stage) -> String {
    let roads = if stage.roads { ROADS } else { "" };
    [RECORDS, laws::WGSL, roads, stage.wgsl].join("\n")
}
