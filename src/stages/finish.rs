//! Finish: the next tick becomes this one. Twin: `shaders/stages/finish.wgsl`, which looks at the vehicles where this one takes the marks that
//! `rebuild` noted on the way.

use super::{Size, Stage};
use crate::state::{Scratch, State};
use crate::tables::Tables;
use rayon::prelude::*;
use std::sync::atomic::Ordering::Relaxed;

/// The row of this stage in [`crate::stages::STEP`].
pub const STAGE: Stage = Stage {
    name: "finish",
    reads: &["lanes", "lane_next", "vehicles"],
    writes: &["lane_start", "gate"],
    owns: &[],
    adds: &["counters"],
    size: Size::Keys,
    wgsl: include_str!("../../shaders/stages/finish.wgsl"),
    roads: false,
    cpu: finish,
};

fn finish(t: &Tables, s: &mut State, c: &mut Scratch) {
    std::mem::swap(&mut s.lane_start, &mut c.lane_next);
    let lanes = t.lane_count();
    for (gate, marks) in s.gate.chunks_mut(lanes).zip(c.marks.chunks(lanes)) {
        let pieces = gate.par_chunks_mut(KEYS_A_PIECE).zip(marks.par_chunks(KEYS_A_PIECE)).zip(t.connector.par_chunks(KEYS_A_PIECE));
        pieces.for_each(|((gate, marks), connector)| {
            for ((gate, mark), connector) in gate.iter_mut().zip(marks).zip(connector) {
                *gate = if *connector { *gate } else { *mark };
            }
        });
    }
    s.counters[0].fetch_add(1, Relaxed);
}

/// Keys that one thread takes at a time.
const KEYS_A_PIECE: usize = 16384;
