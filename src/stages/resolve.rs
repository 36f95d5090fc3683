//! Resolve: of the vehicles of one lane that want the same gap, the front-most takes it. Twin: `shaders/stages/resolve.wgsl`.
//!
//! Rivals from the two sides of a gap never meet (see `decide`), so a look along the own lane suffices: whoever wants the same side and stands
//! between me and the gap's leader wants my gap. Position and speed are the same either way; only the lane differs.
//!
//! * **A change is carried out if it fits** at the end of the step, when it is known how far all drive: who comes between two at 30 m/s has a gap
//!   that is shorter than what he drives in a step. To brake for where the leader was before the step would be an emergency stop; whoever would
//!   overlap stays on his lane, whose bounds he kept.
//! * **Exchanges** that stage `exchange` found are carried out and counted here.
//! * A vehicle writes `lane`, `x` and `halt` of its own plan and reads `clock` and `odo` of others, which nobody writes here: no order is needed.

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
    let (swaps, keys) = (&c.swaps, t.keys());
    let (one, two) = (&mut vec![(); keys][..], &mut vec![(); keys][..]);
    let all = over::Piece { keys: 0..keys, first: 0, vehicles: &mut c.plan[..], one, two };
    over::pieces(&s.lane_start, all, &|key| t.lanes[t.own(key)].right == NONE, &|piece| {
        for row in piece.first..piece.first + piece.vehicles.len() {
            let key = s.vehicles[row].lane as usize;
            let swap = if row == s.lane_start[key] as usize { swaps[key] } else { STAYS };
            judge.row(key, row, &mut Plans { first: piece.first, rows: &mut *piece.vehicles }, swap);
        }
    });
}

/// Plans of whole links, from vehicle `first` on.
pub(super) struct Plans<'a> {
    pub first: usize,
    pub rows: &'a mut [Vehicle],
}

impl Plans<'_> {
    fn at(&mut self, row: usize) -> &mut Vehicle {
        &mut self.rows[row - self.first]
    }

    fn intent(&self, row: usize) -> u32 {
        (self.rows[row - self.first].clock >> INTENT_SHIFT) & 3
    }

    /// How far a vehicle drives in this step [Q10 m].
    fn way(&self, row: usize, old: &Vehicle) -> i32 {
        self.rows[row - self.first].odo.wrapping_sub(old.odo) as i32
    }
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
    /// The vehicle of a row, on lane `key`.
    #[inline]
    pub(super) fn row(&self, key: usize, row: usize, plans: &mut Plans, swap: Swap) {
        let t = self.t;
        if plans.intent(row) != 0 {
            let goal = self.goal(key, row, plans);
            if goal != NONE {
                plans.at(row).lane = goal;
            }
        }
        let plan = plans.at(row);
        if swap.lane != NONE {
            plan.lane = swap.lane;
            plan.x = swap.x;
            plan.halt |= FORCED_ROTATE;
            self.counters[COUNTERS as usize * (1 + key / t.params.lanes as usize) + COUNTER_ROTATED as usize].fetch_add(1, Relaxed);
            event(self.counters, &t.params, RUNG_ROTATE, plan.clock & 0xffff, plan.trip, key as u32);
        }
        let goal = plan.lane;
        if goal != key as u32 && goal != NONE {
            self.leaves(key, goal, &self.vehicles[row]);
        }
    }

    /// The lane that a vehicle changes to, NONE if a rival ahead takes the gap or it would not fit.
    #[cold]
    fn goal(&self, key: usize, row: usize, plans: &Plans) -> u32 {
        let (vehicles, base, intent) = (self.vehicles, self.roads.base(key as u32), plans.intent(row));
        let lane = &self.t.lanes[key - base as usize];
        let goal = base + if intent == 1 { lane.left } else { lane.right };
        let me = &vehicles[row];
        // The gap's leader: the last vehicle of the goal that is ahead of me.
        let (start, end) = (self.lane_start[goal as usize] as usize, self.lane_start[goal as usize + 1] as usize);
        let low = behind(vehicles, self.lane_start, goal, me.x) as usize;
        for ahead in (self.lane_start[key] as usize..row).rev() {
            if low > start && vehicles[ahead].x >= vehicles[low - 1].x {
                break;
            }
            if plans.intent(ahead) == intent {
                return NONE;
            }
        }
        let x = me.x + plans.way(row, me);
        let hits = low > start && self.roads.rear(&vehicles[low - 1]) + plans.way(low - 1, &vehicles[low - 1]) < x;
        let is_hit = low < end && vehicles[low].x + plans.way(low, &vehicles[low]) > x - self.roads.class(me.traits).length;
        if hits || is_hit { NONE } else { goal }
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
