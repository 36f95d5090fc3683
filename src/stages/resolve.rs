//! Resolve: of the vehicles of one lane that want the same gap, the front-most takes it. Twin: `shaders/stages/resolve.wgsl`.
//!
//! Rivals come from one lane only (even ticks left, odd ticks right), so a look along the own lane suffices: whoever wants the same side and
//! stands between me and the gap's leader wants my gap. Position and speed are the same either way; only the lane differs.
//!
//! * **Exchange** (rung 4 of the gridlock ladder, counted): the first vehicles of two lanes side by side that stand for a minute, each in need
//!   of the other's lane, are a closed cycle blocked only by itself; they take each other's place.

use super::roads::Roads;
use super::{Size, Stage, over};
use crate::state::{Scratch, State};
use crate::tables::Tables;
use crate::tables::layout::{
    COUNTER_ROTATED, COUNTERS, FLAG_WANT_LEFT, FLAG_WANT_RIGHT, FORCED_ROTATE, INTENT_SHIFT, LANE_CONNECTOR, Lane, MARK_WANT_LEFT, NONE,
    Vehicle,
};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The row of this stage in [`crate::stages::STEP`].
pub const STAGE: Stage = Stage {
    name: "resolve",
    reads: &["lanes", "pool", "vehicles", "lane_start", "gate"],
    writes: &[],
    owns: &["plan"],
    adds: &["flow", "counters"],
    size: Size::Vehicles,
    wgsl: include_str!("../../shaders/stages/resolve.wgsl"),
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
    let (vehicles, lane_start, flow) = (&s.vehicles, &s.lane_start, &c.flow);
    let roads = Roads::of(t);
    let swaps = exchanges(t, vehicles, lane_start, &s.gate, &c.plan);
    over::lanes(lane_start, 0..t.keys(), &mut c.plan, &mut vec![(); t.keys()], &|key, first, plans, ()| {
        for i in 0..plans.len() {
            if (plans[i].clock >> INTENT_SHIFT) & 3 != 0 {
                let goal = goal(t, vehicles, lane_start, key, first, plans, i);
                if goal != NONE {
                    plans[i].lane = goal;
                    plans[i].clock |= t.params.cooldown_ticks << 16;
                }
            }
            if i == 0
                && let Some((_, lane, x)) = swaps.iter().find(|s| s.0 == first)
            {
                plans[i].lane = *lane;
                plans[i].x = *x;
                plans[i].halt |= FORCED_ROTATE;
                s.counters[COUNTERS as usize * (1 + key / t.params.lanes as usize) + COUNTER_ROTATED as usize].fetch_add(1, Relaxed);
            }
            let goal = plans[i].lane;
            if goal != key as u32 && goal != NONE {
                let lanes = t.params.lanes;
                let (old, new): (&Lane, &Lane) = (&t.lanes[key % lanes as usize], &t.lanes[(goal % lanes) as usize]);
                let beside = old.left == goal % lanes || old.right == goal % lanes;
                let add = if beside && old.place == new.place { 1 } else { FROM_OUTSIDE };
                flow[goal as usize].fetch_add(add, Relaxed);
                if add == FROM_OUTSIDE {
                    passes(&roads, flow, key as u32, goal, &vehicles[first + i]);
                }
            }
        }
    });
}

/// Counts the lanes between the old and the new one.
fn passes(roads: &Roads, flow: &[AtomicU32], key: u32, goal: u32, old: &Vehicle) {
    let lanes = roads.params.lanes;
    let base = key - key % lanes;
    let (mut at, mut cursor) = (key - base, old.cursor);
    for _ in 0..MOST_PASSED {
        let here = &roads.lanes[at as usize];
        let mut next = here.exit;
        if (here.flags & LANE_CONNECTOR) == 0 {
            next = roads.choose(here, cursor, old.key, roads.class(old.traits).uses);
            cursor += 1;
        }
        if next == NONE || base + next == goal {
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
    let (start, mut low, mut high) = (lane_start[goal as usize], lane_start[goal as usize], lane_start[goal as usize + 1]);
    while low < high {
        let mid = (low + high) >> 1;
        if vehicles[mid as usize].x > x {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
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

/// Row, new lane and new place of every vehicle that exchanges, from the plans alone.
fn exchanges(t: &Tables, vehicles: &[Vehicle], lane_start: &[u32], gate: &[u32], plan: &[Vehicle]) -> Vec<(usize, u32, i32)> {
    let lanes = t.lane_count();
    let mut found = Vec::new();
    for key in 0..t.keys() {
        let lane = &t.lanes[key % lanes];
        if lane.flags & LANE_CONNECTOR != 0
            || gate[key] & MARK_WANT_LEFT == 0
            || lane.left == NONE
            || lane_start[key] == lane_start[key + 1]
        {
            continue;
        }
        let row = lane_start[key] as usize;
        if plan[row].traits & FLAG_WANT_LEFT == 0 {
            continue;
        }
        let beside = key - key % lanes + lane.left as usize;
        if lane_start[beside] != lane_start[beside + 1] {
            let other = lane_start[beside] as usize;
            if plan[other].traits & FLAG_WANT_RIGHT != 0
                && stuck(t, vehicles, plan, key, row)
                && stuck(t, vehicles, plan, beside, other)
                && fits(t, lane_start, plan, key, row, other)
                && fits(t, lane_start, plan, beside, other, row)
            {
                found.push((row, beside as u32, plan[other].x));
                found.push((other, key as u32, plan[row].x));
            }
        }
    }
    found
}

/// Does this vehicle stand, stay, and for longer than a minute?
fn stuck(t: &Tables, vehicles: &[Vehicle], plan: &[Vehicle], key: usize, row: usize) -> bool {
    let p = &plan[row];
    p.lane == key as u32
        && p.v == 0
        && vehicles[row].v == 0
        && (p.clock >> INTENT_SHIFT) & 3 == 0
        && (p.clock & 0xffff) > t.params.courtesy_ticks
}

/// Would `guest` fit in the place of the first vehicle of a lane, before whoever follows there?
fn fits(t: &Tables, lane_start: &[u32], plan: &[Vehicle], key: usize, row: usize, guest: usize) -> bool {
    let rear = plan[row].x - t.params.classes[(plan[guest].traits & 63) as usize].length;
    if row + 1 == lane_start[key + 1] as usize {
        return rear >= 0
            || t.params.classes[(plan[guest].traits & 63) as usize].length <= t.params.classes[(plan[row].traits & 63) as usize].length;
    }
    plan[row + 1].lane != key as u32 || plan[row + 1].x <= rear
}
