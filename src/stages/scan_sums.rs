//! Scan, first of three: the sum of each block of keys. Twin: `shaders/stages/scan_sums.wgsl`.
//!
//! Reduce, scan the sums, add: three dispatches, because WGSL promises no progress between groups (no look-back).

use super::{BLOCK, Size, Stage};
use crate::state::{Scratch, State};
use crate::tables::Tables;

/// The row of this stage in [`crate::stages::STEP`].
pub const STAGE: Stage = Stage {
    name: "scan_sums",
    reads: &["work"],
    writes: &["block_sums"],
    owns: &[],
    adds: &[],
    size: Size::Blocks,
    wgsl: include_str!("../../shaders/stages/scan_sums.wgsl"),
    roads: false,
    cpu: scan_sums,
};

fn scan_sums(_: &Tables, _: &mut State, c: &mut Scratch) {
    for (sum, block) in c.block_sums.iter_mut().zip(c.work.chunks(BLOCK)) {
        *sum = block.iter().map(|w| w.count).sum();
    }
}
