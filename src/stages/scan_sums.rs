//! Scan, first of three: the sum of each block of keys. Twin: `shaders/stages/scan_sums.wgsl`.
//!
//! Reduce, scan the sums, add: three dispatches, because WGSL promises no progress between groups (no look-back).

use super::{BLOCK, Size, Stage};
use crate::state::{Scratch, State};
use crate::tables::Tables;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Blocks that one thread takes at a time.
pub const BLOCKS_A_PIECE: usize = 32;

/// The row of this stage in [`crate::stages::STEP`].
pub const STAGE: Stage = Stage {
    name: "scan_sums",
    reads: &["flow"],
    writes: &["block_sums"],
    owns: &[],
    adds: &[],
    size: Size::Blocks,
    wgsl: include_str!("../../shaders/stages/scan_sums.wgsl"),
    roads: false,
    cpu: scan_sums,
};

fn scan_sums(_: &Tables, _: &mut State, c: &mut Scratch) {
    let sum = |(sum, block): (&mut u32, &[AtomicU32])| *sum = block.iter().map(|count| count.load(Relaxed)).sum();
    c.block_sums.par_iter_mut().zip(c.flow.par_chunks(BLOCK)).with_min_len(BLOCKS_A_PIECE).for_each(sum);
}
