//! Finish: the next tick becomes this one. Twin: `shaders/stages/finish.wgsl`.

use super::{Size, Stage, over, rebuild};
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
    s.lane_start.copy_from_slice(&c.lane_next);
    let (vehicles, lane_start) = (&s.vehicles[..], &s.lane_start[..]);
    over::keys(&mut s.gate, 0, &|key, gate| {
        if t.connector[t.own(key)] || (*gate == 0 && lane_start[key] == lane_start[key + 1]) {
            return;
        }
        let mine = &vehicles[lane_start[key] as usize..lane_start[key + 1] as usize];
        if let Some(marks) = rebuild::marks(t, key, mine) {
            *gate = marks;
        }
    });
    s.counters[0].fetch_add(1, Relaxed);
}
