//! Lane changes of [`super`]: what a driver needs, what he plans, whom he helps, and whether a gap is safe.

use super::ahead::setback;
use super::{Bound, Eyes, Here, STANDING};
use crate::laws;
use crate::random::prelude::{abs, max, min, select};
use crate::stages::roads::behind;
use crate::tables::lanes::BESIDE;
use crate::tables::layout::{
    FLAG_STANDS, FLAG_WANT_LEFT, FLAG_WANT_RIGHT, FREE_GAP, FREE_SPEED, INTENT_SHIFT, LANE_CHANGE_LEFT, LANE_CHANGE_RIGHT, LANE_CHOICE,
    Lane, MARK_STANDS, MARK_WANT_LEFT, MARK_WANT_RIGHT, NONE, ROUTE_END, Vehicle, WAY_MASK, WAY_NONE,
};

/// Deceleration for somebody who wants into my lane [Q10 m/s2]: 2.
const COURTESY_BRAKING: i32 = 2048;
/// Cooperation looks so far ahead [Q10 m]: 30 m, and as far as it takes to stop with [`COURTESY_BRAKING`].
const COURTESY_SIGHT: i32 = 30720;
/// Whoever is nearer than that beside me (or than I could move in a step) is past helping: it would wait for me as I for it [Q10 m]: 1 m.
const COURTESY_GAP: i32 = 1024;
/// ... and look at so many vehicles ahead beside them.
const COURTESY_LOOK: u32 = 10;
/// Where a lane ends two streams become one by one, too. All of the gap is open from so far on before the place where who has to leave it
/// waits, room for the change itself [Q10 m]: 10 m.
const DROP_ZONE: i32 = 10240;
/// ... and so many metres before that leave one metre that need not be free yet [2^n]: 8.
const DROP_SLOPE: u32 = 3;
/// Who has to change takes a gap that leaves so much behind [Q10 m]: 0.5 m.
const TIGHT_GAP: i32 = 512;
/// From so far before the end of his lane on, for each change, who has to change comes in before somebody who is nearer than he drives in a step
/// [Q10 m]: 20 m, ...
const URGENT_DISTANCE: i32 = 20480;
/// ... and so many seconds.
const URGENT_S: i32 = 3;
/// Drivers see from so far what blocks a lane [Q10 m]: 100 m, ...
const PASS_SIGHT: i32 = 102_400;
/// ... and pass it on a lane that is free for so much farther [Q10 m]: 20 m.
const PASS_ROOM: i32 = 20_480;
/// A crawl [Q16 m/s]: 1.
const CRAWL: i32 = 65536;
/// MOBIL's threshold [Q10 m/s2]: 0.2.
const CHANGE_THRESHOLD: i32 = 205;

/// How far a vehicle that has to leave a lane which ends for all is from [`DROP_ZONE`]; 0 on other lanes. Where a lane goes on for some, who
/// lines up in it before his time is in their way.
fn before_drop(lane: &Lane, v: &Vehicle) -> i32 {
    if lane.conn_count != 0 || (v.next & WAY_MASK) != WAY_NONE {
        return 0;
    }
    lane.length - v.x - setback(lane, v.key, (v.next >> 24) as i32 - 128) - DROP_ZONE
}

impl Eyes<'_> {
    /// First vehicle of a lane that is not ahead of x: the follower of a gap there.
    pub(super) fn behind(&self, key: u32, x: i32) -> u32 {
        behind(self.vehicles, self.lane_start, key, x)
    }

    /// How far it is from a place on a lane to what blocks it ahead of there; [`FREE_GAP`] if nothing does within sight.
    fn blocked(&self, key: u32, x: i32) -> i32 {
        if (self.gate[key as usize] & MARK_STANDS) == 0 {
            return FREE_GAP;
        }
        let mut row = self.behind(key, x);
        while row > self.lane_start[key as usize] {
            row -= 1;
            let v = &self.vehicles[row as usize];
            let gap = max(self.roads.rear(v) - x, 0);
            if gap > PASS_SIGHT {
                return FREE_GAP;
            }
            if (v.traits & FLAG_STANDS) != 0 {
                return gap;
            }
        }
        FREE_GAP
    }

    /// Is the own lane blocked ahead, and the lane beside free for farther? Then one may leave the lane that one needs, to come back behind it.
    fn around(&self, here: &Here, beside: u32, x: i32) -> bool {
        here.marks != 0 && {
            let gap = self.blocked(here.base + here.own, x);
            gap < FREE_GAP && self.blocked(here.base + beside, x) > gap + PASS_ROOM
        }
    }

    /// Is the lane that a driver wants to come into blocked ahead? Then he waits with it until he has passed.
    #[cold]
    pub(super) fn passes(&self, me: &Vehicle, here: &Here, need: i32) -> bool {
        let beside = select(here.lane.right, here.lane.left, need > 0);
        need != 0 && beside != NONE && self.blocked(here.base + beside, me.x) < FREE_GAP
    }

    /// Leaves a gap for somebody ahead beside me who has to come into my lane. Where his lane ends also while he is still alongside and moves:
    /// later both would stand, and each start from rest.
    pub(super) fn cooperate(&self, mut b: Bound, me: &Vehicle, lane: &Lane, base: u32, v0: i32) -> Bound {
        for side in 0..2 {
            let (beside, mark, flag) =
                if side == 0 { (lane.right, MARK_WANT_LEFT, FLAG_WANT_LEFT) } else { (lane.left, MARK_WANT_RIGHT, FLAG_WANT_RIGHT) };
            if beside == NONE || (self.gate[(base + beside) as usize] & mark) == 0 {
                continue;
            }
            let first = self.lane_start[(base + beside) as usize];
            let sight = COURTESY_SIGHT + (((me.v >> 8) * (me.v >> 8)) >> 8); // v^2 / (2 b) with b = 2 m/s2
            let nearest = max(COURTESY_GAP, self.roads.reach(me.traits, 0));
            let mut row = self.behind(base + beside, me.x);
            for _ in 0..COURTESY_LOOK {
                if row <= first {
                    break;
                }
                row -= 1;
                let other = &self.vehicles[row as usize];
                let gap = self.roads.rear(other) - me.x;
                if gap > sight {
                    break;
                }
                let early = before_drop(&self.roads.lanes[beside as usize], other);
                if (other.traits & flag) != 0 && (gap > nearest || (early > 0 && other.v >= STANDING)) {
                    let a = self.roads.accel(me.traits, me.v, other.v, gap - nearest + (max(early, 0) >> DROP_SLOPE), v0);
                    b.a = min(b.a, max(a, -COURTESY_BRAKING));
                    break;
                }
            }
        }
        b
    }

    /// Who has to leave a lane that ends falls in behind the vehicle ahead on the lane beside, while that moves; beside a queue that stands he
    /// drives on to the end.
    pub(super) fn line_up(&self, mut b: Bound, me: &Vehicle, here: &Here, v0: i32, need: i32) -> Bound {
        let beside = select(here.lane.right, here.lane.left, need > 0);
        if beside == NONE || (me.next & WAY_MASK) != WAY_NONE || here.lane.conn_count != 0 {
            return b;
        }
        let row = self.behind(here.base + beside, me.x);
        if row > self.lane_start[(here.base + beside) as usize] {
            let lead = &self.vehicles[row as usize - 1];
            if lead.v < STANDING {
                return b;
            }
            let open = self.roads.rear(lead) - me.x + (max(before_drop(here.lane, me), 0) >> DROP_SLOPE);
            b.a = min(b.a, max(self.roads.accel(me.traits, me.v, lead.v, open, v0), -COURTESY_BRAKING));
        }
        b
    }

    /// Who changes lanes because he wants to does so in two ticks of eight.
    #[inline]
    pub(super) fn turn_for_it(&self, me: &Vehicle) -> bool {
        (((self.tick >> 1) + me.key) & 3) == 0
    }

    /// Does the driver want to change, and is it safe? Sets the intent in `next`; both leaders count from then on. Whether he fits, stage
    /// `resolve` sees when it is known how far all drive. What is asked of him in an order in which the rare answers that cost most come last.
    pub(super) fn change(&self, b: Bound, i: usize, next: &mut Vehicle, here: &Here, need: i32) -> Bound {
        let r = self.roads;
        let me = &self.vehicles[i];
        let (lane, base) = (here.lane, here.base);
        let even = (self.tick & 1) == 0;
        let left_side = select(need > 0, even, need == 0);
        let beside = if left_side { lane.left } else { lane.right };
        let allowed = if left_side { LANE_CHANGE_LEFT } else { LANE_CHANGE_RIGHT };
        let mandatory = need != 0;
        let shown = (me.traits & select(FLAG_WANT_RIGHT, FLAG_WANT_LEFT, left_side)) != 0;
        let may = if mandatory { shown || left_side == even } else { self.turn_for_it(me) };
        if beside == NONE || (lane.flags & allowed) == 0 || ((me.clock >> 16) & 255) != 0 || !may {
            return b;
        }
        let there = &r.lanes[beside as usize];
        let c = r.class(me.traits);
        let end = min(lane.length, there.length) - me.x;
        let rear = me.x - c.length;
        if (there.uses & c.uses) == 0 || end < 0 {
            return b;
        }
        let key = base + beside;
        let v0 = r.wanted_speed(me.traits, there);
        let row = self.behind(key, me.x);
        let safe = if mandatory { laws::safe_braking(end / max(abs(need), 1)) } else { 2048 };
        let urgent = mandatory && end < abs(need) * (URGENT_DISTANCE + URGENT_S * (me.v >> 6));
        let (mut gap, mut lead_v, mut lead_rear) = (FREE_GAP, FREE_SPEED, FREE_GAP);
        let front = row > self.lane_start[key as usize];
        if front {
            let lead = &self.vehicles[row as usize - 1];
            lead_rear = r.rear(lead);
            lead_v = lead.v;
            gap = lead_rear - me.x;
        }
        if gap < (c.s0 >> 1) {
            return b;
        }
        let mine = r.accel(me.traits, me.v, lead_v, gap, v0);
        if !(shown && left_side == even) && self.rival(there, base, key, row, left_side) {
            return b;
        }
        // At a crawl the room decides: what the law asks of a standing vehicle is no braking.
        if (mine < -safe && me.v > CRAWL) || self.startled(gap, me.v, lead_v, safe) {
            return b;
        }
        let (mut theirs, mut theirs_new) = (0, 0);
        if row < self.lane_start[key as usize + 1] {
            let foe = &self.vehicles[row as usize];
            let fc = r.class(foe.traits);
            let space = me.x - c.length - foe.x;
            let foe_v0 = r.wanted_speed(foe.traits, there);
            let seen = self.seen(space, foe.v, me.v);
            if seen < select(fc.s0 >> 1, TIGHT_GAP, mandatory) || (!urgent && space < r.reach(foe.traits, foe.v)) {
                return b;
            }
            theirs_new = r.accel(foe.traits, foe.v, me.v, seen, foe_v0);
            if (theirs_new < -safe && foe.v > CRAWL) || self.startled(space, foe.v, me.v, safe) {
                return b;
            }
            theirs = r.accel(foe.traits, foe.v, lead_v, min(lead_rear - foe.x, FREE_GAP), foe_v0);
        }
        if !mandatory {
            let (mut old, mut old_new) = (0, 0);
            if (i as u32) + 1 < self.lane_start[me.lane as usize + 1] {
                let after = &self.vehicles[i + 1];
                let after_v0 = r.wanted_speed(after.traits, lane);
                old = r.accel(after.traits, after.v, me.v, me.x - c.length - after.x, after_v0);
                if i > here.first {
                    let lead = &self.vehicles[i - 1];
                    old_new = r.accel(after.traits, after.v, lead.v, r.rear(lead) - after.x, after_v0);
                } else {
                    old_new = r.accel(after.traits, after.v, FREE_SPEED, FREE_GAP, after_v0);
                }
            }
            let (mut own_v, mut own_gap) = (FREE_SPEED, FREE_GAP);
            if i > here.first {
                let lead = &self.vehicles[i - 1];
                (own_v, own_gap) = (lead.v, r.rear(lead) - me.x);
            }
            let a_lead = r.accel(me.traits, me.v, own_v, own_gap, r.wanted_speed(me.traits, lane));
            if laws::incentive(a_lead, mine, theirs, theirs_new, old, old_new, c.politeness8) <= CHANGE_THRESHOLD {
                return b;
            }
            // Nobody leaves the lane he needs, or will need, for a gain of seconds, but to pass what blocks it.
            let code = r.turn_code(me.cursor);
            let leaves = self.around(here, beside, me.x);
            if code != ROUTE_END && ((r.turn_entry(there, code) >> 8) & 255) == 0 && !leaves {
                return b;
            }
            let planned = |lane: &Lane| r.lane_cost(lane, me.cursor, me.key, c.uses);
            if (lane.flags & LANE_CHOICE) != 0 && planned(there) > planned(lane) && !leaves {
                return b;
            }
        }
        if row == self.lane_start[key as usize + 1] && !self.entrants_spare(there, base, rear, me.v, safe) {
            return b;
        }
        next.clock |= select(2, 1, left_side) << INTENT_SHIFT;
        Bound { a: min(b.a, select(max(mine, -safe), mine, me.v > CRAWL)), ..b }
    }

    /// The gap before a follower when he sees for the first time who changed into it: a step later.
    fn seen(&self, space: i32, theirs: i32, mine: i32) -> i32 {
        space - (max(theirs - mine, 0) >> (6 + self.roads.params.k))
    }

    /// Would a follower with this gap brake harder than `safe` in the next step, because he drives no further than to where his leader was before
    /// it?
    fn startled(&self, gap: i32, v: i32, lead_v: i32, safe: i32) -> bool {
        let k = self.roads.params.k;
        let next = min(gap + ((lead_v - v) >> (6 + k)), FREE_GAP);
        v > CRAWL && (max(next, 0) << (6 + k)) < v - (safe << (6 - k))
    }

    /// Does somebody on the far side of lane `key` show that he has to come into the gap before `row`?
    pub(super) fn rival(&self, there: &Lane, base: u32, key: u32, row: u32, left_side: bool) -> bool {
        let far = if left_side { there.left } else { there.right };
        let (mark, flag) = if left_side { (MARK_WANT_RIGHT, FLAG_WANT_RIGHT) } else { (MARK_WANT_LEFT, FLAG_WANT_LEFT) };
        if far == NONE || (self.gate[(base + far) as usize] & mark) == 0 {
            return false;
        }
        // The gap ends at the leader, whose place is not in it, and begins at the follower, whose place is.
        let mut at = self.lane_start[(base + far) as usize];
        if row > self.lane_start[key as usize] {
            at = self.behind(base + far, self.vehicles[row as usize - 1].x - 1);
        }
        let mut least = i32::MIN;
        if row < self.lane_start[key as usize + 1] {
            least = self.vehicles[row as usize].x;
        }
        while at < self.lane_start[(base + far) as usize + 1] && self.vehicles[at as usize].x >= least {
            if (self.vehicles[at as usize].traits & flag) != 0 {
                return true;
            }
            at += 1;
        }
        false
    }

    /// The first vehicles of the lanes from which one may come to a lane in a step, and how far they are from its start.
    pub(super) fn entrants<'s>(&'s self, there: &Lane, base: u32) -> impl Iterator<Item = (&'s Vehicle, i32)> {
        let (r, origins) = (self.roads, there.origins);
        (0..r.pool[origins as usize]).filter_map(move |j| {
            let at = (origins + 1 + j * 2) as usize;
            let (source, offset) = (r.pool[at], r.pool[at + 1]);
            let first = self.lane_start[(base + source) as usize];
            if offset == BESIDE || first == self.lane_start[(base + source) as usize + 1] {
                return None;
            }
            let foe = &self.vehicles[first as usize];
            Some((foe, r.lanes[source as usize].length - foe.x + offset as i32))
        })
    }

    /// As the last vehicle of a lane: can the first vehicles of the lanes before it live with me?
    pub(super) fn entrants_spare(&self, there: &Lane, base: u32, rear: i32, v: i32, safe: i32) -> bool {
        let r = self.roads;
        for (foe, way) in self.entrants(there, base) {
            let space = way + rear;
            let unsafe_gap = space < r.reach(foe.traits, foe.v);
            let theirs = r.accel(foe.traits, foe.v, v, self.seen(space, foe.v, v), r.wanted_speed(foe.traits, there));
            if unsafe_gap || (foe.v > CRAWL && theirs < -safe) || self.startled(space, foe.v, v, safe) {
                return false;
            }
        }
        true
    }
}
