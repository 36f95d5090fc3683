//! What lies ahead of [`super`]: stop lines, tails, merging streams, lower limits, and who turns from the wrong lane.

use super::{Bound, Eyes, Here, LINE_GAP, STANDING};
use crate::laws;
use crate::random::prelude::{clamp, max, min, select};
use crate::tables::layout::{
    CUT_LANES, FLAG_WANT_LEFT, FLAG_WANT_RIGHT, GATE_AMBER, GATE_CLOSED, GATE_OPEN, LANE_CONNECTOR, LANE_ROUNDABOUT, LANE_ZIP, Lane,
    MARK_CUT, NO_BOUND, NONE, ROUTE_END, Vehicle, WAY_END, WAY_MASK, WAY_NONE,
};

/// Lanes that a driver looks along.
const MOST_LANES_AHEAD: u32 = 8;
/// Nobody looks less far ahead [Q10 m]: 50 m; see the law `look_ahead`.
const LEAST_SIGHT: i32 = 51200;
/// The leader on a merging connector counts as at most so far before the shared end [Q10 m]: 1 m. Who comes in beside him follows his speed; he
/// does not wait on the connector until he is past.
const MERGE_ZONE: i32 = 1024;
/// From so far before the shared end on, streams of one rank sort themselves [Q10 m]: 60 m.
const ZIP_DISTANCE: i32 = 61440;
/// Braking for that [Q10 m/s2]: 2.
const ZIP_BRAKING: i32 = 2048;
/// ... and gaps open on the way there: so many metres before the merge zone leave one metre that need not be free yet [2^n]: 4. Two queues draw
/// apart while they move; were all of the gap asked for at once, who comes there would stop beside the other and start from rest.
const ZIP_SLOPE: u32 = 2;
/// No time to change lanes on a link shorter than this [Q10 m]: 40 m.
const TOO_SHORT: i32 = 40960;
/// ... unless this link is as short [Q10 m]: 20 m.
const ROOM_TO_CHANGE: i32 = 20480;
/// Who turns from the wrong lane stands so near its end [Q10 m]: 30 m.
const CUT_DISTANCE: i32 = 30720;
/// ... and waits for who drives this near to the line of the lane it crosses [Q10 m]: 30 m.
const CUT_CLEARANCE: i32 = 30720;
/// Braking for somebody who cuts across [Q10 m/s2]: 4.
const HARD_BRAKING: i32 = 4096;
/// Who has to leave a lane and passed the place where he wanted to wait stops so far before its end [Q10 m]: 2 m.
const WALL_END: i32 = 2048;
/// The intelligent driver stops a little less than s0 before a thing [Q10 m]: 0.25 m.
const WALL_MARGIN: i32 = 256;

/// Where who has to change waits, before the end of its lane: within it, or who comes onto a link of a metre could never leave it. Towards the end
/// of a lane of centimetres he drives with the strength to get there (he would creep until his noise puts him on it); in a roundabout, where nobody
/// wants to go the other way, to its end.
pub(super) fn setback(here: &Lane, key: u32, need: i32) -> i32 {
    let half = here.length / 2;
    let end = min(WALL_END, half);
    let aim = end - (WALL_END - end) / 2;
    select(aim, min(laws::wall_setback(key) * max(-need, 1), half), need < 0 && aim == WALL_END && (here.flags & LANE_ROUNDABOUT) == 0)
}

impl Eyes<'_> {
    /// Has the first vehicle of a lane waited for a minute for lane changes that its turn needs, at the line?
    pub(super) fn stuck(&self, lane: &Lane, me: &Vehicle) -> bool {
        let left = lane.length - me.x;
        let waited = (me.clock & 0xffff) > self.roads.params.courtesy_ticks && me.v < STANDING;
        waited && left < CUT_DISTANCE && (me.next & WAY_MASK) == WAY_NONE && (me.next >> 24) != 128
    }

    /// The connector that this vehicle takes from the wrong lane in this step, NONE if it must wait: it is open, and the first vehicle of its
    /// own lane stands (it saw the mark in the step before) or is far. Of several who want it from wrong lanes the nearest goes, from the left
    /// first.
    pub(super) fn cut(&self, lane: &Lane, me: &Vehicle, base: u32) -> u32 {
        let r = self.roads;
        let goal = r.cut(lane, me);
        if goal == NONE || (self.gate[(base + goal) as usize] & 3) != GATE_OPEN {
            return NONE;
        }
        let feeder = r.lanes[goal as usize].feeder;
        let first = self.lane_start[(base + feeder) as usize];
        if first != self.lane_start[(base + feeder) as usize + 1] {
            let foe = &self.vehicles[first as usize];
            if foe.v >= STANDING && r.lanes[feeder as usize].length - foe.x < CUT_CLEARANCE {
                return NONE;
            }
        } else if self.somebody_comes(&r.lanes[feeder as usize], base) {
            return NONE;
        }
        let (mut left, mut right) = (r.lanes[feeder as usize].left, r.lanes[feeder as usize].right);
        for _ in 0..CUT_LANES {
            for beside in [left, right] {
                if beside == me.lane - base {
                    return goal;
                }
                if self.cuts(beside, base, goal) {
                    return NONE;
                }
            }
            left = if left == NONE { NONE } else { r.lanes[left as usize].left };
            right = if right == NONE { NONE } else { r.lanes[right as usize].right };
        }
        goal
    }

    /// Is somebody on his way to an empty lane, near its end? A lane may be so short that who is before it passes it in one step.
    fn somebody_comes(&self, lane: &Lane, base: u32) -> bool {
        self.entrants(lane, base).any(|(foe, way)| foe.v >= STANDING && way + lane.length < CUT_CLEARANCE)
    }

    /// Does the first vehicle of a lane take this connector from there?
    fn cuts(&self, at: u32, base: u32, goal: u32) -> bool {
        if at == NONE || (self.gate[(base + at) as usize] & MARK_CUT) == 0 {
            return false;
        }
        let foe = &self.vehicles[self.lane_start[(base + at) as usize] as usize];
        self.roads.cut(&self.roads.lanes[at as usize], foe) == goal
    }

    /// Does somebody on a lane beside turn from there across my way?
    pub(super) fn cut_off(&self, lane: &Lane, base: u32) -> bool {
        for side in 0..2 {
            let flag = if side == 0 { FLAG_WANT_RIGHT } else { FLAG_WANT_LEFT };
            let mut beside = if side == 0 { lane.left } else { lane.right };
            for _ in 0..CUT_LANES {
                if beside == NONE {
                    break;
                }
                let there = &self.roads.lanes[beside as usize];
                let at = beside;
                beside = if side == 0 { there.left } else { there.right };
                if (self.gate[(base + at) as usize] & MARK_CUT) == 0 {
                    continue;
                }
                let foe = &self.vehicles[self.lane_start[(base + at) as usize] as usize];
                let goal = self.roads.cut(there, foe);
                if (foe.traits & flag) != 0 && goal != NONE && (self.gate[(base + goal) as usize] & 3) == GATE_OPEN {
                    return true;
                }
            }
        }
        false
    }

    /// Walks along the route: stop lines, tails, merging streams, lower limits.
    pub(super) fn ahead(&self, mut b: Bound, me: &Vehicle, start: &Here, v0: i32, mut has_lead: bool, need: i32) -> Bound {
        let r = self.roads;
        let c = r.class(me.traits);
        // Everybody looks as far as that: how far exactly matters beyond.
        let beyond = |left: i32| left > LEAST_SIGHT && left > r.sight(me);
        let (base, mut at) = (start.base, start.own);
        let mut left = start.lane.length - me.x;
        let mut cursor = me.cursor;
        let mut way = me.next & WAY_MASK; // of the first lane
        let mut known = true;
        if !start.on_lane {
            b = self.merge(b, me, base, at, v0, left);
        }
        for hop in 0..MOST_LANES_AHEAD {
            if beyond(left) {
                break;
            }
            let here = &r.lanes[at as usize];
            let mut goal = here.exit;
            if (here.flags & LANE_CONNECTOR) == 0 {
                if !known {
                    way = r.way(here, cursor, me.key, c.uses);
                }
                known = false;
                if way == WAY_END {
                    break;
                }
                goal = select(NONE, way, way < WAY_END);
                // Who would have to change on a link too short for it changes before.
                let too_late = hop == 0 && need != 0 && goal != NONE && here.length > ROOM_TO_CHANGE && self.misses(goal, cursor + 1);
                if hop == 0 && goal == NONE && !has_lead {
                    goal = self.cut(here, me, base);
                    if goal != NONE {
                        b.room = min(b.room, left + r.lanes[goal as usize].length);
                    }
                }
                if goal == NONE || too_late {
                    b = self.wall(b, me, v0, left, here, select(0, need, hop == 0));
                    break;
                }
                let mut gate = self.gate[(base + goal) as usize] & 3;
                let in_the_way = start.cuts && hop == 0 && !has_lead && r.lanes[goal as usize].feeder == at && self.cut_off(here, base);
                if in_the_way && !laws::must_overrun(me.v, left, HARD_BRAKING) {
                    gate = GATE_CLOSED;
                }
                if gate == GATE_CLOSED || (gate == GATE_AMBER && !laws::must_overrun(me.v, left, r.params.b_stop10)) {
                    let gap = max(left - LINE_GAP, 0) + c.s0;
                    b.a = min(b.a, r.accel(me.traits, me.v, 0, gap, v0));
                    b.room = min(b.room, left);
                    break;
                }
                if hop == 0 && !has_lead {
                    b = self.turning_tails(b, me, base, here, goal, v0, left);
                }
                b = self.merge(b, me, base, goal, v0, left + r.lanes[goal as usize].length);
                if hop == 0 && (r.lanes[goal as usize].flags & LANE_ZIP) != 0 {
                    b.a = min(b.a, self.zip(me, base, goal, v0, left + r.lanes[goal as usize].length));
                }
                cursor += 1;
            }
            let there = &r.lanes[goal as usize];
            b.a = min(b.a, laws::slow_down(me.v, r.wanted_speed(me.traits, there) << 6, left, c.bc10));
            if !has_lead {
                let (s, e) = (self.lane_start[(base + goal) as usize], self.lane_start[(base + goal) as usize + 1]);
                if e > s {
                    let tail = &self.vehicles[e as usize - 1];
                    b = self.follow(b, me, v0, left + r.rear(tail), tail.v);
                    has_lead = true;
                }
            }
            if has_lead && (there.flags & LANE_CONNECTOR) == 0 {
                break;
            }
            left += there.length;
            at = goal;
        }
        b
    }

    /// Does connector `goal` lead to a lane that does not serve the turn at `cursor` and is too short to leave? Within a roundabout nobody waits
    /// for that.
    pub(super) fn misses(&self, goal: u32, cursor: u32) -> bool {
        let r = self.roads;
        let exit = &r.lanes[r.lanes[goal as usize].exit as usize];
        let code = r.turn_code(cursor);
        exit.length < TOO_SHORT && code != ROUTE_END && ((r.turn_entry(exit, code) >> 8) & 255) == 0 && (exit.flags & LANE_ROUNDABOUT) == 0
    }

    /// The end of a lane that does not serve the next turn: wait for a gap some way before it, never pass it.
    pub(super) fn wall(&self, mut b: Bound, me: &Vehicle, v0: i32, left: i32, here: &Lane, need: i32) -> Bound {
        let (aim, setback) = (setback(here, me.key, 0), setback(here, me.key, need));
        // Who is past his place goes no further than he must.
        let brakes = ((me.v >> 8) * (me.v >> 8)) >> 8; // v^2 / (2 b) with b = 2 m/s2
        let stop = clamp(left - brakes, aim, setback);
        let margin = min(WALL_MARGIN, here.length / 4);
        let gap = left - stop - margin + self.roads.class(me.traits).s0;
        b.a = min(b.a, self.roads.accel(me.traits, me.v, 0, gap, v0));
        b.room = min(b.room, max(left - margin, 0));
        b
    }

    /// Vehicles that turned off onto other connectors of my lane and whose rear is still in it.
    pub(super) fn turning_tails(&self, mut b: Bound, me: &Vehicle, base: u32, here: &Lane, goal: u32, v0: i32, left: i32) -> Bound {
        for j in 0..here.conn_count {
            let other = here.conn_start + j;
            let (s, e) = (self.lane_start[(base + other) as usize], self.lane_start[(base + other) as usize + 1]);
            if other != goal && e > s {
                let tail = &self.vehicles[e as usize - 1];
                let rear = self.roads.rear(tail);
                if rear < 0 {
                    b = self.follow(b, me, v0, left + rear, tail.v);
                }
            }
        }
        b
    }

    /// The vehicle before me on connectors that enter the same lane as `at`; `left` is my distance to its end. Where I may come there in this
    /// step, who stands before such a connector and may drive through all of it in this step is on it already: or two would enter at once.
    pub(super) fn merge(&self, mut b: Bound, me: &Vehicle, base: u32, at: u32, v0: i32, left: i32) -> Bound {
        let r = self.roads;
        let here = &r.lanes[at as usize];
        let at_once = left < r.reach(me.traits, me.v);
        let (mut nearest, mut who) = (-1, NONE);
        for j in 0..r.pool[here.siblings as usize] {
            let other = r.pool[(here.siblings + 1 + j) as usize];
            let length = r.lanes[other as usize].length;
            for row in self.lane_start[(base + other) as usize]..self.lane_start[(base + other) as usize + 1] {
                let foe = &self.vehicles[row as usize];
                let foe_left = length - foe.x;
                if (foe_left < left || (foe_left == left && foe.key < me.key)) && foe_left > nearest {
                    nearest = foe_left;
                    who = row;
                }
            }
            if !at_once || (self.gate[(base + other) as usize] & 3) == GATE_CLOSED {
                continue;
            }
            let feeder = r.lanes[other as usize].feeder;
            let length = r.lanes[feeder as usize].length + length;
            for row in self.lane_start[(base + feeder) as usize]..self.lane_start[(base + feeder) as usize + 1] {
                let foe = &self.vehicles[row as usize];
                let foe_left = length - foe.x;
                if foe_left > left {
                    break;
                }
                let comes = foe.next & WAY_MASK == other && foe_left < r.reach(foe.traits, foe.v);
                if comes && (foe_left < left || foe.key < me.key) && foe_left > nearest {
                    nearest = foe_left;
                    who = row;
                }
            }
        }
        if who != NONE {
            let foe = &self.vehicles[who as usize];
            b = self.follow(b, me, v0, left - min(nearest, MERGE_ZONE) - r.class(foe.traits).length, foe.v);
        }
        b
    }

    /// Acceleration behind the vehicles of the lanes that merge with mine one by one which are just nearer to the shared end than I, so that gaps
    /// open before the line; gentle, because who is beside me now is not in my way yet.
    #[cold]
    pub(super) fn zip(&self, me: &Vehicle, base: u32, at: u32, v0: i32, left: i32) -> i32 {
        let r = self.roads;
        let siblings = r.lanes[at as usize].siblings;
        let mut a = NO_BOUND;
        for j in 0..r.pool[siblings as usize] {
            let other = r.pool[(siblings + 1 + j) as usize];
            let there = &r.lanes[other as usize];
            if left > ZIP_DISTANCE || (self.gate[(base + other) as usize] & 3) == GATE_CLOSED {
                continue;
            }
            // The last of those that are nearer to the end than I.
            let end = r.lanes[there.feeder as usize].length + there.length;
            let open = left + (max(left - MERGE_ZONE, 0) >> ZIP_SLOPE);
            let first = self.lane_start[(base + there.feeder) as usize];
            let mut row = self.behind(base + there.feeder, end - left - 1);
            while row > first {
                row -= 1;
                let foe = &self.vehicles[row as usize];
                let foe_left = end - foe.x;
                if foe.next & WAY_MASK == other && (foe_left < left || foe.key < me.key) {
                    a = min(a, r.accel(me.traits, me.v, foe.v, open - foe_left - r.class(foe.traits).length, v0));
                    break;
                }
            }
        }
        max(a, -ZIP_BRAKING)
    }
}
