//! Finish: the next tick becomes this one. Twin: `shaders/stages/finish.wgsl`, which looks at the vehicles where this one takes the marks that
//! `rebuild` noted on the way, and the faults with them.

use super::rebuild::FAULTS_SHIFT;
use super::{Size, Stage, faults};
use crate::state::{Scratch, State};
use crate::tables::Tables;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The row of this stage in [`crate::stages::STEP`].
pub const STAGE: Stage = Stage {
    name: "finish",
    reads: &["lanes", "lane_next", "vehicles"],
    writes: &["lane_start", "gate"],
    owns: &[],
    adds: &["counters"],
    size: Size::Keys,
    wgsl: concat!(include_str!("../../shaders/shared/faults.wgsl"), include_str!("../../shaders/stages/finish.wgsl")),
    roads: false,
    cpu: finish,
};

fn finish(t: &Tables, s: &mut State, c: &mut Scratch) {
    std::mem::swap(&mut s.lane_start, &mut c.lane_next);
    let lanes = t.lane_count();
    let counters = &s.counters[..];
    for (world, (gate, marks)) in s.gate.chunks_mut(lanes).zip(c.marks.chunks(lanes)).enumerate() {
        let pieces = gate.par_chunks_mut(KEYS_A_PIECE).zip(marks.par_chunks(KEYS_A_PIECE)).zip(t.connector.par_chunks(KEYS_A_PIECE));
        pieces.enumerate().for_each(|(piece, ((gate, marks), connector))| {
            let mut all = 0;
            for ((gate, mark), connector) in gate.iter_mut().zip(marks).zip(connector) {
                all |= *mark;
                *gate = if *connector { *gate } else { *mark };
            }
            if all >> FAULTS_SHIFT != 0 {
                take_faults(counters, lanes, world * lanes + piece * KEYS_A_PIECE, gate, marks);
            }
        });
    }
    s.counters[0].fetch_add(1, Relaxed);
}

/// Raises what is wrong on the lanes from key `first` on; it is no mark.
#[cold]
fn take_faults(counters: &[AtomicU32], lanes: usize, first: usize, gate: &mut [u32], marks: &[u32]) {
    for (i, mark) in marks.iter().enumerate().filter(|(_, mark)| **mark >> FAULTS_SHIFT != 0) {
        faults::raise(counters, lanes, first + i, mark >> FAULTS_SHIFT);
        gate[i] &= (1 << FAULTS_SHIFT) - 1;
    }
}

/// Keys that one thread takes at a time.
const KEYS_A_PIECE: usize = 16384;
