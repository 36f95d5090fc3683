//! Decide: speed, distance, lane crossings and the wish to change lanes of every vehicle, from the old state. Twin:
//! `shaders/stages/decide.wgsl`.
//!
//! * **Constraints** (leader, tails ahead, closed lines, ends of lanes, halts, lower limits) each give an acceleration and a room; the
//!   smallest acceleration is taken, and no vehicle moves further than the smallest room. Leaders never move backwards, so order and gaps
//!   hold by induction; closed lines are never crossed.
//! * **Merging** connectors: the vehicle nearer to the shared end (ties: smaller key) leads. It counts as at most 1 m before the end, so that
//!   two streams sort themselves before the point and not at the stop line.
//! * **A lane change** is only wished for here, with both gaps safe in the old state; `resolve` decides between rivals from one lane. Rivals
//!   from the two sides of a gap never meet: even ticks go left, odd ticks right, but for who has shown that he has to change; such drivers go
//!   in every tick, and whoever meets one on the far side of his gap, out of turn or unshown, waits.

mod ahead;
mod change;

use super::events::event;
use super::roads::Roads;
use super::{Size, Stage, over};
use crate::laws;
use crate::random::prelude::{abs, clamp, max, min};
use crate::random::{Purpose, pcg4d};
use crate::state::{Scratch, State};
use crate::tables::Tables;
use crate::tables::layout::{
    COUNTER_CLAMPS, COUNTER_HOPS, COUNTER_MISSED, COUNTER_MISSED_HALTS, COUNTERS, FLAG_CUT, FLAG_HALTS, FLAG_WANT_LEFT, FLAG_WANT_RIGHT,
    FORCED_CUT, FREE_GAP, FREE_SPEED, INTENT_SHIFT, LANE_CHANGE_LEFT, LANE_CHANGE_RIGHT, LANE_CONNECTOR, Lane, MARK_STANDS, MARK_WANT_LEFT,
    MARK_WANT_RIGHT, NO_BOUND, NONE, RUNG_MISSED, Trip, Vehicle, WAY_END, WAY_MASK, WAY_NONE,
};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The row of this stage in [`crate::stages::STEP`].
pub const STAGE: Stage = Stage {
    name: "decide",
    reads: &["lanes", "pool", "trips", "vehicles", "lane_start", "gate"],
    writes: &["plan"],
    owns: &[],
    adds: &["counters"],
    size: Size::Vehicles,
    wgsl: concat!(
        include_str!("../../shaders/shared/events.wgsl"),
        include_str!("../../shaders/stages/decide.wgsl"),
        include_str!("../../shaders/stages/decide/ahead.wgsl"),
        include_str!("../../shaders/stages/decide/change.wgsl")
    ),
    roads: true,
    cpu: decide,
};

/// What a lane has to look at after its vehicles have decided.
pub(super) struct Outcome {
    /// Did any of them show before that it wants to change lanes?
    pub wish: bool,
    /// Do they all stay?
    pub stay: bool,
}

/// Lane ends that a vehicle may cross in one step; origins are compiled for as many.
const MOST_HOPS: u32 = 4;
/// Below this a vehicle stands: 0.1 m/s [Q16].
const STANDING: i32 = 6554;
/// A driver stops so far before a closed line [Q10 m]: 1 m.
const LINE_GAP: i32 = 1024;
/// A halt begins when the vehicle stands within this distance [Q10 m]: 3 m.
const HALT_REACH: i32 = 3072;
/// Others are asked to let one in from so far before the end of the lane, for each change [Q10 m]: 100 m.
const WANT_DISTANCE: i32 = 102_400;
/// Who has stood for so long drops plans for the turns after the next [s]: 30.
const PLAN_PATIENCE_S: u32 = 30;

/// Everything a driver sees.
pub(super) struct Eyes<'a> {
    pub roads: Roads<'a>,
    pub trips: &'a [Trip],
    pub vehicles: &'a [Vehicle],
    pub lane_start: &'a [u32],
    pub gate: &'a [u32],
    pub counters: &'a [AtomicU32],
    pub tick: u32,
    /// Does any trip end before the end of its last lane?
    pub ends_within: bool,
}

/// Tightest constraint so far.
#[derive(Clone, Copy)]
struct Bound {
    a: i32,
    room: i32,
}

fn decide(t: &Tables, s: &mut State, c: &mut Scratch) {
    super::rebuild::room(t, &mut c.plan, s.vehicles.len());
    let eyes = Eyes {
        roads: Roads::of(t, &s.detours),
        trips: &t.trips,
        vehicles: &s.vehicles,
        lane_start: &s.lane_start,
        gate: &s.gate,
        counters: &s.counters,
        tick: s.tick(),
        ends_within: t.ends_within,
    };
    over::occupied(&s.vehicles, &s.lane_start, 0, &mut c.plan, &|key, first, plans| {
        eyes.lane(key as u32, first, plans, FLAG_CUT);
    });
}

/// What the vehicles of a lane have in common.
struct Here<'a> {
    lane: &'a Lane,
    /// Index of the lane in its world, first key of the world.
    own: u32,
    base: u32,
    /// First vehicle.
    first: usize,
    on_lane: bool,
    /// Marks of this lane and of those beside it, together.
    marks: u32,
    /// Does anybody on a lane beside have to come over?
    asked: bool,
    /// May anybody around turn from the wrong lane?
    cuts: bool,
    /// Is it the turn of the side on which there is a lane, for who changes because he wants to?
    open: bool,
}

impl Eyes<'_> {
    #[cold]
    fn count(&self, base: u32, counter: u32) {
        let world = base / self.roads.params.lanes;
        self.counters[(COUNTERS * (1 + world) + counter) as usize].fetch_add(1, Relaxed);
    }

    /// What the vehicles of a lane do, from its first on. `around`: traits of all vehicles on its link together, or of more.
    #[inline]
    pub(super) fn lane(&self, key: u32, first: usize, plans: &mut [Vehicle], around: u32) -> Outcome {
        let here = self.here(key, first, around);
        plans.copy_from_slice(&self.vehicles[first..first + plans.len()]);
        let mut leave = 0;
        for (plan, i) in plans.iter_mut().zip(first..) {
            self.plan(&here, i, plan);
            leave |= (plan.lane ^ key) | ((plan.clock >> INTENT_SHIFT) & 3);
        }
        let wish = here.on_lane && (self.gate[key as usize] & (MARK_WANT_LEFT | MARK_WANT_RIGHT)) != 0;
        Outcome { wish, stay: leave == 0 }
    }

    /// The lane of a key.
    fn here(&self, key: u32, first: usize, around: u32) -> Here<'_> {
        let base = self.roads.base(key);
        let own = key - base;
        let lane = &self.roads.lanes[own as usize];
        let on_lane = (lane.flags & LANE_CONNECTOR) == 0;
        // Without a branch: which lanes have one beside them no processor foresees.
        let last = self.roads.params.lanes - 1;
        let shown = |beside: u32, mark: u32| self.gate[(base + min(beside, last)) as usize] & (mark * u32::from(beside != NONE));
        let (right, left) = (shown(lane.right, MARK_WANT_LEFT | MARK_STANDS), shown(lane.left, MARK_WANT_RIGHT | MARK_STANDS));
        let marks = (left | right | self.gate[key as usize]) & (MARK_STANDS * u32::from(on_lane));
        let asked = on_lane & ((right & MARK_WANT_LEFT) | (left & MARK_WANT_RIGHT) != 0);
        let (beside, allowed) = if (self.tick & 1) == 0 { (lane.left, LANE_CHANGE_LEFT) } else { (lane.right, LANE_CHANGE_RIGHT) };
        let open = (beside != NONE) & ((lane.flags & allowed) != 0);
        Here { lane, own, base, first, on_lane, marks, asked, cuts: (around & FLAG_CUT) != 0, open }
    }

    /// What vehicle `i` does in this step; `next` is as it is now.
    fn plan(&self, here: &Here, i: usize, next: &mut Vehicle) {
        let me = &self.vehicles[i];
        let r = self.roads;
        let c = r.class(me.traits);
        next.clock = cool(me.clock);
        next.traits = me.traits & !(FLAG_WANT_LEFT | FLAG_WANT_RIGHT | FLAG_CUT);
        // A leader never lets one go faster than a free road does: one law or the other.
        let has_lead = i > here.first;
        let (mut lead_v, mut gap, mut room) = (FREE_SPEED, FREE_GAP, NO_BOUND);
        if has_lead {
            let lead = &self.vehicles[i - 1];
            (lead_v, gap, room) = (lead.v, r.rear(lead) - me.x, r.rear(lead) - me.x);
        }
        // Who stands and may not go because of his leader alone stays, whatever else there is: IDM asks for s0 at least.
        let mut rests = me.v == 0 && has_lead && gap <= c.s0 && c.model == 0;
        if rests && self.only_waits(here, me) {
            self.waits(next, 0);
            return;
        }
        let v0 = r.wanted_speed(me.traits, here.lane);
        let mut b = Bound { a: 0, room };
        if !rests {
            b.a = r.accel(me.traits, me.v, lead_v, gap, v0);
            rests = me.v == 0 && has_lead && b.a <= 0;
        }
        let mut need = 0;
        let mut halting = false;
        if (me.traits & FLAG_HALTS) != 0 {
            if ((me.halt >> 8) & 0xffff) > 0 {
                dwell(next);
                return;
            }
            let halt = self.halt(me, here.lane, here.own);
            if halt.x > -1 {
                let gap = halt.x - me.x;
                b = self.follow(b, me, v0, gap + c.s0, 0);
                b.room = min(b.room, max(gap, 0));
                need = halt.y;
                halting = true;
            } else if halt.x == -2 {
                next.halt = (me.halt & 0xffff_ff00) | ((me.halt & 255) + 1);
                self.count(here.base, COUNTER_MISSED_HALTS);
            }
        }
        if here.on_lane && !halting {
            need = self.need(me);
            if here.marks != 0 && self.passes(me, here, need) {
                need = 0;
            }
        }
        if !rests {
            b = self.ahead(b, me, here, v0, has_lead, need);
            b.a = self.noise(b.a, me, here.base);
        }
        let mut cut = NONE;
        if here.on_lane {
            if need != 0 && here.lane.length - me.x < abs(need) * WANT_DISTANCE {
                next.traits |= select(FLAG_WANT_RIGHT, FLAG_WANT_LEFT, need > 0);
            }
            if self.stuck(here.lane, me) && !has_lead && !halting {
                next.traits |= FLAG_CUT;
            }
            if here.asked && !rests {
                b = self.cooperate(b, me, here.lane, here.base, v0);
            }
            if !rests && (next.traits & (FLAG_WANT_LEFT | FLAG_WANT_RIGHT)) != 0 {
                b = self.line_up(b, me, here, v0, need);
            }
            if (need != 0) | (here.open & self.turn_for_it(me)) {
                b = self.change(b, i, next, here, need);
            }
            if (me.traits & FLAG_CUT) != 0 && !has_lead {
                cut = self.cut(here.lane, me, here.base);
            }
        }
        self.advance(b, next, here, v0, cut);
    }

    /// Does nothing concern this driver, who rests behind his leader, but that time goes by? So it is for most of a queue: the rest of the step
    /// would find that he neither moves nor looks for another lane.
    #[inline]
    fn only_waits(&self, here: &Here, me: &Vehicle) -> bool {
        let wants = (me.next >> 24 != 128) | ((me.traits & FLAG_HALTS) != 0) | (here.on_lane & here.open & self.turn_for_it(me));
        let ends = ((me.next & WAY_MASK) == WAY_END) | (me.x > here.lane.length);
        !(wants | ends)
    }

    /// Lane changes that a driver wants now. What his next turn needs he wants always. What he plans for the turns after it he thinks of every
    /// two seconds, and in between holds on to what he shows; who stands for long takes the lane he is in: plans do not block a street.
    #[inline]
    fn need(&self, me: &Vehicle) -> i32 {
        let k = self.roads.params.k;
        let need = (me.next >> 24) as i32 - 128;
        if need == 0 || (me.next & WAY_MASK) == WAY_NONE {
            return need;
        }
        if (me.clock & 0xffff) > (PLAN_PATIENCE_S << k) {
            return 0;
        }
        if ((self.tick + me.key) & ((2 << k) - 1)) == 0 {
            return need;
        }
        let shown = select(0, -1, (me.traits & FLAG_WANT_RIGHT) != 0);
        select(shown, 1, (me.traits & FLAG_WANT_LEFT) != 0)
    }

    /// One more thing ahead.
    #[inline]
    fn follow(&self, b: Bound, me: &Vehicle, v0: i32, gap: i32, vl: i32) -> Bound {
        Bound { a: min(b.a, self.roads.accel(me.traits, me.v, vl, gap, v0)), room: min(b.room, gap) }
    }

    /// A planned halt on this link: (position or -1 = none or -2 = passed, lane changes to its lane).
    fn halt(&self, me: &Vehicle, lane: &Lane, own: u32) -> crate::random::prelude::vec2i {
        let vec2i = crate::random::prelude::vec2i;
        let r = self.roads;
        let list = self.trips[me.trip as usize].halts;
        let index = me.halt & 255;
        if index >= r.pool[list as usize] {
            return vec2i(-1, 0);
        }
        let at = (list + 1 + index * 4) as usize;
        let there = r.pool[at];
        let stop = &r.lanes[there as usize];
        if (lane.flags & LANE_CONNECTOR) != 0 || stop.place != lane.place {
            return vec2i(-1, 0);
        }
        let x = min(r.pool[at + 1] as i32, lane.length);
        let patience = (me.clock & 0xffff) > r.params.courtesy_ticks && there != own;
        if me.x > x + LINE_GAP || patience {
            return vec2i(-2, 0);
        }
        vec2i(x, there as i32 - own as i32)
    }

    fn noise(&self, a: i32, me: &Vehicle, base: u32) -> i32 {
        let r = self.roads;
        let c = r.class(me.traits);
        if c.sigma10 == 0 || (c.model == 0 && laws::quiet(a, me.v, c.bc10)) {
            return a;
        }
        let world = if base == 0 { 0 } else { base / r.params.lanes };
        let seed = r.pool[(r.params.seeds + world) as usize];
        let word = pcg4d(seed, me.key, self.tick, Purpose::Noise as u32).w;
        if c.model == 0 { laws::noisy(a, me.v, word, c.sigma10, c.bc10, c.a10, c.b10) } else { laws::dawdle(a, word, c.sigma10, c.b10) }
    }

    /// Moves: ballistic step, hard clamps, counters of the vehicle.
    #[inline]
    fn advance(&self, b: Bound, next: &mut Vehicle, here: &Here, v0: i32, cut: u32) {
        let p = self.roads.params;
        let c = self.roads.class(next.traits);
        let v_old = next.v;
        let a = clamp(b.a, -c.b10, c.a10);
        let step = if c.model == 0 { laws::advance(v_old, a, p.k) } else { laws::advance_krauss(v_old, a, p.k) };
        let (mut dx, mut v) = (step.x, min(step.y, p.vcap));
        let room = max(b.room, 0);
        if dx > room {
            dx = room;
            v = min(v, dx << (6 + p.k));
            if v_old - v > (c.b10 << (6 - p.k)) + 64 {
                self.count(here.base, COUNTER_CLAMPS);
            }
        }
        let waited = next.clock & 0xffff;
        if dx != 0 {
            next.odo = next.odo.wrapping_add(dx as u32);
            next.free_ms = next.free_ms.wrapping_add(laws::quot_round((dx * 1000) as u32, v0 as u32));
            next.x += dx;
        }
        next.v = v;
        if v >= STANDING {
            next.clock &= 0xffff_0000;
        } else {
            self.waits(next, v_old);
        }
        let ends = here.on_lane && next.next & WAY_MASK == WAY_END;
        if ends || next.x > here.lane.length {
            self.cross(next, here, waited, cut);
        }
    }

    /// Lane ends and arrival.
    fn cross(&self, next: &mut Vehicle, start: &Here, waited: u32, cut: u32) {
        let r = self.roads;
        let p = r.params;
        let mut at = start.own;
        let mut way = next.next & WAY_MASK; // of the first lane
        let mut known = true;
        for hop in 0..=MOST_HOPS {
            let here = &r.lanes[at as usize];
            let on_lane = (here.flags & LANE_CONNECTOR) == 0;
            if on_lane && !known {
                way = r.way(here, next.cursor, next.key, r.class(next.traits).uses);
            }
            known = known && !on_lane;
            if on_lane && way == WAY_END {
                let arrive = if self.ends_within { self.trips[next.trip as usize].arrive } else { -1 };
                let goal = select(min(arrive, here.length), here.length, arrive < 0);
                if next.x >= goal {
                    next.lane = NONE;
                    return;
                }
                break;
            }
            if next.x <= here.length {
                break;
            }
            let mut goal = here.exit;
            if on_lane {
                goal = select(NONE, way, way < WAY_END);
                if goal == NONE && hop == 0 {
                    goal = cut;
                    if goal != NONE {
                        next.halt |= FORCED_CUT;
                        self.count(start.base, COUNTER_MISSED);
                        event(self.counters, p, RUNG_MISSED, waited, next.trip, start.base + start.own);
                    }
                }
            }
            if hop == MOST_HOPS || goal == NONE {
                next.x = here.length;
                self.count(start.base, COUNTER_HOPS);
                break;
            }
            if on_lane {
                next.cursor += 1;
            }
            next.x -= here.length;
            at = goal;
        }
        if at != start.own {
            next.clock &= !(3 << INTENT_SHIFT);
        }
        next.lane = start.base + at;
    }

    /// Who stands: waiting time, stops, the begin of a planned halt.
    fn waits(&self, next: &mut Vehicle, v_old: i32) {
        if (next.traits & FLAG_HALTS) != 0 {
            let r = self.roads;
            let list = self.trips[next.trip as usize].halts;
            let index = next.halt & 255;
            if index < r.pool[list as usize] {
                let at = (list + 1 + index * 4) as usize;
                let reach = r.pool[at + 1] as i32 - next.x;
                if r.pool[at] == next.lane % r.params.lanes && reach < HALT_REACH && reach > -HALT_REACH {
                    let until = select(0, r.pool[at + 3] - min(self.tick, r.pool[at + 3]), r.pool[at + 3] > 0);
                    next.halt = (next.halt & 0xff00_00ff) | (min(max(r.pool[at + 2], until), 65535) << 8);
                    next.v = 0;
                    return;
                }
            }
        }
        next.clock = (next.clock & 0xffff_0000) | min((next.clock & 0xffff) + 1, 65535);
        next.stopped = (next.stopped & 0xffc0_0000) | min((next.stopped & 0x3f_ffff) + 1, 0x3f_ffff);
        if v_old >= STANDING {
            next.stopped = (next.stopped & 0x3f_ffff) | (min((next.stopped >> 22) + 1, 1023) << 22);
        }
    }
}

use crate::random::prelude::select;

/// Standing at a halt.
fn dwell(next: &mut Vehicle) {
    let left = ((next.halt >> 8) & 0xffff) - 1;
    next.halt = (next.halt & 0xff00_00ff) | (left << 8);
    if left == 0 {
        next.halt += 1;
    }
    next.v = 0;
    next.clock &= 0xffff_0000;
}

/// One tick less of cooldown; no intent.
fn cool(clock: u32) -> u32 {
    let cooldown = (clock >> 16) & 255;
    (clock & 0xffff) | (max(cooldown, 1) - 1) << 16
}
