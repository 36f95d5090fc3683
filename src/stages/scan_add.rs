//! Scan, third of three: where each lane's vehicles will begin; empties `flow` for the next step. Twin: `shaders/stages/scan_add.wgsl`.

use super::scan_sums::BLOCKS_A_PIECE;
use super::{BLOCK, Size, Stage};
use crate::state::{Scratch, State};
use crate::tables::Tables;
use rayon::prelude::*;

/// The row of this stage in [`crate::stages::STEP`].
pub const STAGE: Stage = Stage {
    name: "scan_add",
    reads: &["block_sums"],
    writes: &["lane_next"],
    owns: &["flow"],
    adds: &[],
    size: Size::Blocks,
    wgsl: include_str!("../../shaders/stages/scan_add.wgsl"),
    roads: false,
    cpu: scan_add,
};

fn scan_add(t: &Tables, _: &mut State, c: &mut Scratch) {
    let keys = t.keys();
    let (next, last) = c.lane_next.split_at_mut(keys);
    last[0] = c.block_sums[keys.div_ceil(BLOCK)];
    let blocks = next.par_chunks_mut(BLOCK).zip(c.flow.par_chunks_mut(BLOCK)).zip(&c.block_sums[..keys.div_ceil(BLOCK)]);
    blocks.with_min_len(BLOCKS_A_PIECE).for_each(|((next, flow), before)| {
        let mut sum = *before;
        for (next, count) in next.iter_mut().zip(flow) {
            *next = sum;
            sum += std::mem::take(count.get_mut());
        }
    });
}
