//! Scan, third of three: where each lane's vehicles will begin. Twin: `shaders/stages/scan_add.wgsl`.

use super::{BLOCK, Size, Stage};
use crate::state::{Scratch, State};
use crate::tables::Tables;

/// The row of this stage in [`crate::stages::STEP`].
pub const STAGE: Stage = Stage {
    name: "scan_add",
    reads: &["work", "block_sums"],
    writes: &["lane_next"],
    owns: &[],
    adds: &[],
    size: Size::Blocks,
    wgsl: include_str!("../../shaders/stages/scan_add.wgsl"),
    roads: false,
    cpu: scan_add,
};

fn scan_add(_: &Tables, _: &mut State, c: &mut Scratch) {
    let keys = c.work.len();
    for (block, works) in c.work.chunks(BLOCK).enumerate() {
        let mut sum = c.block_sums[block];
        for (i, work) in works.iter().enumerate() {
            c.lane_next[block * BLOCK + i] = sum;
            sum += work.count;
        }
        if (block + 1) * BLOCK >= keys {
            c.lane_next[keys] = sum;
        }
    }
}
