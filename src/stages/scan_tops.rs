//! Scan, second of three: the running sum of the blocks. Twin: `shaders/stages/scan_tops.wgsl`.

use super::{BLOCK, Size, Stage};
use crate::state::{Scratch, State};
use crate::tables::Tables;

/// The row of this stage in [`crate::stages::STEP`].
pub const STAGE: Stage = Stage {
    name: "scan_tops",
    reads: &[],
    writes: &[],
    owns: &["block_sums"],
    adds: &[],
    size: Size::One,
    wgsl: include_str!("../../shaders/stages/scan_tops.wgsl"),
    roads: false,
    cpu: scan_tops,
};

fn scan_tops(t: &Tables, _: &mut State, c: &mut Scratch) {
    let mut sum = 0;
    for block in &mut c.block_sums[..=t.keys().div_ceil(BLOCK)] {
        let own = *block;
        *block = sum;
        sum = sum.wrapping_add(own);
    }
}
