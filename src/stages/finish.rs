//! Finish: the next tick becomes this one. Twin: `shaders/stages/finish.wgsl`, which looks at the vehicles where this one takes the marks that
//! `rebuild` noted on the way.

use super::{Size, Stage, over};
use crate::state::{Scratch, State};
use crate::tables::Tables;
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
    let marks = &c.marks[..];
    over::keys(&mut s.gate, 0, &|key, gate| {
        if !t.connector[t.own(key)] {
            *gate = marks[key];
        }
    });
    s.counters[0].fetch_add(1, Relaxed);
}
