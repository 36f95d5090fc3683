//! Detect: what the detectors of a lane count that are not its last one. Twin: `shaders/stages/detect.wgsl`.
//!
//! Stage `count` counts for the last detector of each lane on its way; most lanes have no other. The others have rows of their own, and this
//! stage walks their lanes once more: a city without them pays nothing. What counts is the same, see there.

use super::count::{detected, goes_forward};
use super::resolve::PASSED;
use super::{Size, Stage};
use crate::state::{Scratch, State};
use crate::tables::Tables;
use crate::tables::layout::Loop;
use rayon::prelude::*;
use std::sync::atomic::Ordering::Relaxed;

/// The row of this stage in [`crate::stages::STEP`].
pub const STAGE: Stage = Stage {
    name: "detect",
    reads: &["lanes", "pool", "vehicles", "plan", "lane_start", "flow"],
    writes: &[],
    owns: &["loops"],
    adds: &[],
    size: Size::Loops,
    wgsl: include_str!("../../shaders/stages/detect.wgsl"),
    roads: false,
    cpu: detect,
};

/// Detectors that one thread takes at a time.
const LOOPS_A_PIECE: usize = 64;

fn detect(t: &Tables, s: &mut State, c: &mut Scratch) {
    if s.loops.is_empty() {
        return;
    }
    let (vehicles, lane_start) = (&s.vehicles, &s.lane_start);
    s.loops.par_iter_mut().with_min_len(LOOPS_A_PIECE).enumerate().for_each(|(i, sum)| {
        let (world, own) = (i as u32 / t.params.loops, i as u32 % t.params.loops);
        let at = (t.params.loops_at + 2 * own) as usize;
        let (own, place) = (t.pool[at], t.pool[at + 1] as i32);
        let (lane, base) = (&t.lanes[own as usize], world * t.params.lanes);
        let key = base + own;
        let passed = c.flow[key as usize].load(Relaxed) / PASSED;
        let mut seen = Loop { count: passed, speed_q8: passed * (lane.limit10 >> 2) as u32, occupied: 0 };
        let rows = lane_start[key as usize] as usize..lane_start[key as usize + 1] as usize;
        for (old, new) in vehicles[rows.clone()].iter().zip(&c.plan[rows]) {
            let forward = new.lane != key && goes_forward(lane, base, new);
            let length = t.params.classes[(old.traits & 63) as usize].length;
            let (passes, covers) = detected(place, old, new, length, forward);
            seen.count += u32::from(passes);
            seen.speed_q8 += if passes { (new.v >> 8) as u32 } else { 0 };
            seen.occupied += u32::from(covers);
        }
        *sum = Loop { count: sum.count + seen.count, occupied: sum.occupied + seen.occupied, speed_q8: sum.speed_q8 + seen.speed_q8 };
    });
}
