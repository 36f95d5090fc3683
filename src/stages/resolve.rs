//! Resolve: of the vehicles of one lane that want the same gap, the front-most takes it. Twin: `shaders/stages/resolve.wgsl`.
//!
//! Rivals from the two sides of a gap never meet (see `decide`), so a look along the own lane suffices: whoever wants the same side and stands
//! between me and the gap's leader wants my gap. Position and speed are the same either way; only the lane differs.
//!
//! * **Exchanges** that stage `exchange` found are carried out and counted here.
//! * A vehicle writes `lane`, `x` and `halt` of its own plan and reads `clock` of those ahead, which nobody writes here: no order is needed.

use super::events::event;
use super::exchange::STAYS;
use super::roads::{Roads, behind};
use super::{Size, Stage, over};
use crate::state::{Scratch, State};
use crate::tables::Tables;
use crate::tables::layout::{
    COUNTER_ROTATED, COUNTERS, FORCED_ROTATE, INTENT_SHIFT, LANE_CONNECTOR, Lane, NONE, RUNG_ROTATE, Swap, Vehicle, WAY_END,
};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The row of this stage in [`crate::stages::STEP`].
pub const STAGE: Stage = Stage {
    name: "resolve",
    reads: &["lanes", "pool", "vehicles", "lane_start", "swaps"],
    writes: &[],
    owns: &["plan"],
    adds: &["flow", "counters"],
    size: Size::Vehicles,
    wgsl: concat!(include_str!("../../shaders/shared/events.wgsl"), include_str!("../../shaders/stages/resolve.wgsl")),
    roads: true,
    cpu: resolve,
};

/// `flow` of a lane, 10 bits each: who comes from beside, who comes from another link, ...
pub const FROM_OUTSIDE: u32 = 1 << 10;
/// ... and who drives through all of a short lane within the step.
pub const PASSED: u32 = 1 << 20;
/// Lanes that a vehicle may pass in one step.
const MOST_PASSED: u32 = 4;

fn resolve(t: &Tables, s: &mut State, c: &mut Scratch) {
    let judge = Judge {
        t,
        roads: Roads::of(t, &s.detours),
        vehicles: &s.vehicles,
        lane_start: &s.lane_start,
        flow: &c.flow,
        counters: &s.counters,
    };
    let swaps = &c.swaps;
    over::occupied(&s.vehicles, &s.lane_start, 0, &mut c.plan, &|key, first, plans| {
        for i in 0..plans.len() {
            judge.row(key, first, plans, i, if i == 0 { swaps[key] } else { STAYS });
        }
    });
}

/// What is read, and the atomics that lanes write.
pub(super) struct Judge<'a> {
    pub t: &'a Tables,
    pub roads: Roads<'a>,
    pub vehicles: &'a [Vehicle],
    pub lane_start: &'a [u32],
    pub flow: &'a [AtomicU32],
    pub counters: &'a [AtomicU32],
}

impl Judge<'_> {
    /// Vehicle `i` of a lane whose first is `first`.
    #[inline]
    pub(super) fn row(&self, key: usize, first: usize, plans: &mut [Vehicle], i: usize, swap: Swap) {
        let t = self.t;
        if (plans[i].clock >> INTENT_SHIFT) & 3 != 0 {
            let goal = goal(t, self.vehicles, self.lane_start, key, first, plans, i);
            if goal != NONE {
                plans[i].lane = goal;
            }
        }
        if swap.lane != NONE {
            plans[i].lane = swap.lane;
            plans[i].x = swap.x;
            plans[i].halt |= FORCED_ROTATE;
            self.counters[COUNTERS as usize * (1 + key / t.params.lanes as usize) + COUNTER_ROTATED as usize].fetch_add(1, Relaxed);
            event(self.counters, t.params.worlds, RUNG_ROTATE, plans[i].clock & 0xffff, plans[i].trip, key as u32);
        }
        let goal = plans[i].lane;
        if goal != key as u32 && goal != NONE {
            self.leaves(key, goal, &self.vehicles[first + i]);
        }
    }

    /// A vehicle is on another lane at the end of the step.
    fn leaves(&self, key: usize, goal: u32, old: &Vehicle) {
        let base = self.roads.base(key as u32);
        let (from, to): (&Lane, &Lane) = (&self.t.lanes[key - base as usize], &self.t.lanes[(goal - base) as usize]);
        let beside = from.left == goal - base || from.right == goal - base;
        let add = if beside && from.place == to.place { 1 } else { FROM_OUTSIDE };
        self.flow[goal as usize].fetch_add(add, Relaxed);
        if add == FROM_OUTSIDE {
            passes(&self.roads, self.flow, key as u32, goal, old);
        }
    }
}

/// Counts the lanes between the old and the new one.
fn passes(roads: &Roads, flow: &[AtomicU32], key: u32, goal: u32, old: &Vehicle) {
    let base = roads.base(key);
    let (mut at, mut cursor) = (key - base, old.cursor);
    for _ in 0..MOST_PASSED {
        let here = &roads.lanes[at as usize];
        let mut next = here.exit;
        if (here.flags & LANE_CONNECTOR) == 0 {
            next = roads.way(here, cursor, old.key, roads.class(old.traits).uses);
            cursor += 1;
        }
        if next >= WAY_END || base + next == goal {
            return;
        }
        flow[(base + next) as usize].fetch_add(PASSED, Relaxed);
        at = next;
    }
}

/// The lane that vehicle `i` of a lane changes to, NONE if a rival ahead takes the gap.
fn goal(t: &Tables, vehicles: &[Vehicle], lane_start: &[u32], key: usize, first: usize, plans: &[Vehicle], i: usize) -> u32 {
    let lanes = t.params.lanes as usize;
    let intent = (plans[i].clock >> INTENT_SHIFT) & 3;
    let lane = &t.lanes[key % lanes];
    let goal = (key - key % lanes) as u32 + if intent == 1 { lane.left } else { lane.right };
    let x = vehicles[first + i].x;
    // The gap's leader: the last vehicle of the goal that is ahead of me.
    let start = lane_start[goal as usize];
    let low = behind(vehicles, lane_start, goal, x);
    for ahead in (0..i).rev() {
        if low > start && vehicles[first + ahead].x >= vehicles[low as usize - 1].x {
            break;
        }
        if (plans[ahead].clock >> INTENT_SHIFT) & 3 == intent {
            return NONE;
        }
    }
    goal
}
