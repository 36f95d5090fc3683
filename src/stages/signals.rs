//! Signals: the phase of every controller in this tick. Twin: `shaders/stages/signals.wgsl`.
//!
//! * Fixed: by the clock.
//! * Actuated, as in the Traffic Signal Timing Manual (FHWA-HOP-08-024, chapter 5): a green rests until somebody calls who has red. From then on
//!   it ends when no vehicle moves within the passage time of the lines that it would close (gap-out; 2 to 4 s there, SUMO's `max-gap` is 3 s),
//!   not before its minimum, and not later than its maximum, counted from the call (max-out). The next green of the plan that somebody calls
//!   follows; what nobody calls is left out. Who stands holds no green: while his exit is full, it has nothing for him.
//! * Max-pressure (Varaiya 2013, doi:10.1016/j.trc.2013.08.014): from the minimum on, the green of the largest pressure, the sum over its links
//!   of max(vehicles that take the link - vehicles behind it, 0).
//!   - Lanes have one saturation flow, which drops out; behind an exit that divides all ways have one share. Counted is who is within 100 m of the
//!     line, over as many lanes as that takes, up to the next signal: queues of whole streets would let the long ones outweigh the short ones, and
//!     those who still drive far away count as waiting.
//!   - A link whose exit is full has no pressure: its green would serve nobody (Gregoire et al. 2015, doi:10.1109/TCNS.2014.2378871).
//!   - The proof has no time lost between greens; without a bias half of the time is lost in heavy traffic. A change has to be worth what it costs,
//!     by a bias that grows with the queues, but slower (Hsieh et al. 2017, doi:10.1145/3084041.3084065).
//!   - Waiting is bounded, as practice asks (Levin et al. 2020, Transportation Research C 120, 102828): a green ends at its maximum where somebody
//!     calls another, and who has stood for 120 s before a red light and could drive gets the next change, in the order of the plan. Cycles are not
//!     longer than that in practice.
//!
//! Whatever follows a green, its transition in the plan runs first. Where a light would go from green to red without amber, because the transition
//! is for another green, the plan goes on until it does not.

use super::roads::Roads;
use super::{Size, Stage};
use crate::random::prelude::{max, select};
use crate::state::{Scratch, State};
use crate::tables::Tables;
use crate::tables::layout::{
    ASPECT_GREEN, ASPECT_OFF, ASPECT_PERMISSIVE, ASPECT_STOP_GO, FLAG_STANDS, LANE_CONNECTOR, NONE, POLICY_ACTUATED, POLICY_FIXED, Vehicle,
    WAY_END, WAY_MASK, WAY_NONE,
};
use rayon::prelude::*;

/// The row of this stage in [`crate::stages::STEP`].
pub const STAGE: Stage = Stage {
    name: "signals",
    reads: &["clock", "lanes", "pool", "vehicles", "lane_start"],
    writes: &[],
    owns: &["phases"],
    adds: &[],
    size: Size::Controllers,
    wgsl: include_str!("../../shaders/stages/signals.wgsl"),
    roads: true,
    cpu: signals,
};

/// How long before the line a vehicle calls a green and extends it, at the limit [s].
const PASSAGE_S: i32 = 3;
/// How far before and behind a line vehicles count for its pressure [Q10 m]: 100 m, as far as the lists go.
const APPROACH: i32 = 102_400;
/// Who is slower stands [Q16 m/s]: 1 m/s.
const MOVING: i32 = 65536;
/// Longest red of who could drive, under max-pressure [s].
const MAX_RED_S: u32 = 120;
/// An exit is full if its last vehicle stands nearer than this to its beginning [Q10 m]: 7.5 m, a car and its gap.
const ROOM: i32 = 7680;

// Which vehicles before a line are counted.
/// All within the passage time.
const NEAR: u32 = 0;
/// ... of these, those that drive.
const DRIVING: u32 = 1;
/// ... those that stand.
const STANDING: u32 = 2;
/// All within 100 m.
const ALL: u32 = 3;
/// ... of these, those that have stood for too long.
const LATE: u32 = 4;

struct Plan<'a> {
    roads: Roads<'a>,
    vehicles: &'a [Vehicle],
    lane_start: &'a [u32],
    head: &'a [u32],
    base: u32,
}

fn signals(t: &Tables, s: &mut State, _: &mut Scratch) {
    let tick = s.tick();
    let controllers = t.params.controllers as usize;
    let (vehicles, lane_start) = (&s.vehicles, &s.lane_start);
    if tick == 0 {
        return;
    }
    s.phases.par_chunks_exact_mut(4).with_min_len(CONTROLLERS_A_PIECE).enumerate().for_each(|(i, state)| {
        let (world, controller) = ((i / controllers) as u32, i % controllers);
        let at = t.pool[t.params.controllers_at as usize + controller] as usize;
        let plan = Plan { roads: Roads::of(t, &s.detours), vehicles, lane_start, head: &t.pool[at..at + 8], base: world * t.params.lanes };
        plan.next(state);
    });
}

/// Controllers that one thread takes at a time.
const CONTROLLERS_A_PIECE: usize = 256;

/// What a light is worth to who waits: 0 = closed.
fn worth(aspect: u32) -> u32 {
    match aspect {
        ASPECT_GREEN | ASPECT_OFF => 3,
        ASPECT_PERMISSIVE => 2,
        ASPECT_STOP_GO => 1,
        _ => 0,
    }
}

impl Plan<'_> {
    fn word(&self, at: u32) -> u32 {
        self.roads.pool[at as usize]
    }

    fn phase(&self, phase: u32, word: u32) -> u32 {
        self.word(self.head[3] + phase * self.head[2] + word)
    }

    /// What a link's light is worth in a phase.
    fn shows(&self, phase: u32, link: u32) -> u32 {
        let position = self.word(self.head[4] + link * 2);
        worth((self.phase(phase, 4 + (position >> 3)) >> ((position & 7) * 4)) & 15)
    }

    fn connector(&self, link: u32) -> u32 {
        self.word(self.head[4] + link * 2 + 1)
    }

    fn green(&self, phase: u32) -> bool {
        self.phase(phase, 3) == 1
    }

    fn next(&self, state: &mut [u32]) {
        let phase = state[0];
        state[1] += 1;
        let decides = self.head[0] != POLICY_FIXED && self.green(phase);
        if decides {
            let goal = self.goal(phase, state);
            if goal == phase {
                return;
            }
            state[2] = goal;
        } else if state[1] < self.phase(phase, 0) {
            return;
        }
        let mut next = (phase + 1) % self.head[1];
        if state[2] != NONE && self.green(next) {
            next = state[2];
        }
        state[0] = next;
        state[1] = 0;
        state[3] = 0;
    }

    /// The green that is to follow the present one; itself while it lasts.
    fn goal(&self, present: u32, state: &mut [u32]) -> u32 {
        let (elapsed, least) = (state[1], self.phase(present, 1));
        if elapsed < least {
            return present;
        }
        let goal;
        if self.head[0] == POLICY_ACTUATED {
            goal = self.called(present, false);
            if goal == NONE {
                state[3] = 0;
                return present;
            }
            // Who calls after the minimum called before it, for all we know.
            state[3] += select(1, elapsed, elapsed == least);
            if state[3] < self.phase(present, 2) && self.extended(present, goal) {
                return present;
            }
        } else {
            let late = self.called(present, true);
            let over = elapsed >= self.phase(present, 2) && self.called(present, false) != NONE;
            goal = if late == NONE { self.best(present, over) } else { late };
            if goal == present {
                return present;
            }
        }
        self.way_to(present, goal)
    }

    /// The goal if all that it closes had amber in the transition behind the present green, else the green that the plan has next.
    fn way_to(&self, present: u32, goal: u32) -> u32 {
        let mut last = present;
        let mut planned = (present + 1) % self.head[1];
        while !self.green(planned) {
            last = planned;
            planned = (planned + 1) % self.head[1];
        }
        for link in 0..self.head[5] {
            if self.shows(last, link) > 1 && self.shows(goal, link) == 0 {
                return planned;
            }
        }
        goal
    }

    /// The first green behind the present one, in the order of the plan, that somebody calls to whom it shows more; NONE if nobody does. `late`:
    /// only who has stood for too long and could drive. No call is passed over, so all are served within one turn of the plan.
    fn called(&self, present: u32, late: bool) -> u32 {
        for step in 1..self.head[1] {
            let phase = (present + step) % self.head[1];
            if !self.green(phase) {
                continue;
            }
            for link in 0..self.head[5] {
                let now = self.shows(present, link);
                if self.shows(phase, link) > now {
                    // Who may drive and does needs no better light.
                    let who = select(select(STANDING, NEAR, now == 0), LATE, late);
                    if (!late || self.has_room(link)) && self.seen(link, who, 1) > 0 {
                        return phase;
                    }
                }
            }
        }
        NONE
    }

    /// Does anybody drive up to a line that the goal would close?
    fn extended(&self, present: u32, goal: u32) -> bool {
        for link in 0..self.head[5] {
            let now = self.shows(present, link);
            if now > 1 && now > self.shows(goal, link) && self.seen(link, DRIVING, 1) > 0 {
                return true;
            }
        }
        false
    }

    /// The green of largest pressure w: of the others, the first after the present one that has it. Against the present one's u it has to be worth
    /// what a change costs: (w - u)^2 > 2 w loss, so that greens grow with the root of the queues. `over`: the present one has had its longest green
    /// and another is called.
    fn best(&self, present: u32, over: bool) -> u32 {
        let own = if over { 0 } else { self.pressure(present) };
        let (mut best, mut most) = (present, own);
        for step in 1..self.head[1] {
            let phase = (present + step) % self.head[1];
            if self.green(phase) {
                let pressure = self.pressure(phase);
                if pressure > most {
                    most = pressure;
                    best = phase;
                }
            }
        }
        let more = most - own;
        if !over && best != present && more * more <= 2 * most * self.loss(present) {
            return present;
        }
        best
    }

    /// What the present green would pass while the transition behind it lasts, on each link that is driven to: twice 1800 vehicles an hour, because
    /// a queue that flows is half as dense as one that stands, and counts half within 100 m.
    fn loss(&self, present: u32) -> i32 {
        let mut ticks = 0;
        let mut phase = (present + 1) % self.head[1];
        while !self.green(phase) {
            ticks += self.phase(phase, 0);
            phase = (phase + 1) % self.head[1];
        }
        let mut links = 0;
        for link in 0..self.head[5] {
            if self.shows(present, link) > 1 && self.seen(link, DRIVING, 1) > 0 {
                links += 1;
            }
        }
        ((links * ticks) >> self.roads.params.k) as i32
    }

    fn pressure(&self, phase: u32) -> i32 {
        let mut sum = 0;
        for link in 0..self.head[5] {
            if self.shows(phase, link) > 1 && self.has_room(link) {
                let before = self.seen(link, ALL, NONE) as i32;
                if before > 0 {
                    sum += max(before - self.behind(link), 0);
                }
            }
        }
        sum
    }

    /// Vehicles before the line that take this link, of a kind; counted up to `most`.
    fn seen(&self, link: u32, who: u32, most: u32) -> u32 {
        let connector = self.connector(link);
        let list = self.word(self.head[4] + (self.head[5] + link) * 2);
        let mut count = 0;
        for entry in 0..self.word(list) {
            let lane = self.word(list + 1 + entry * 2);
            let place = self.word(list + 2 + entry * 2);
            let road = &self.roads.lanes[lane as usize];
            let line = road.length + (place >> 4) as i32;
            let within = select(APPROACH, PASSAGE_S * road.limit10, who < ALL);
            let key = (self.base + lane) as usize;
            for v in &self.vehicles[self.lane_start[key] as usize..self.lane_start[key + 1] as usize] {
                if line - v.x > within {
                    break;
                }
                if self.is(v, who) && self.aim(lane, v, place & 15) == connector {
                    count += 1;
                    if count == most {
                        return count;
                    }
                }
            }
        }
        count
    }

    fn is(&self, v: &Vehicle, who: u32) -> bool {
        if (v.traits & FLAG_STANDS) != 0 {
            return false;
        }
        match who {
            DRIVING => v.v >= MOVING,
            STANDING => v.v < MOVING,
            LATE => (v.clock & 0xffff) > (MAX_RED_S << self.roads.params.k),
            _ => true,
        }
    }

    /// The connector that a vehicle takes `steps` links after its own.
    fn aim(&self, lane: u32, v: &Vehicle, steps: u32) -> u32 {
        let uses = self.roads.class(v.traits).uses;
        let own = &self.roads.lanes[lane as usize];
        let mut here = select(lane, own.exit, (own.flags & LANE_CONNECTOR) != 0);
        let mut cursor = v.cursor;
        let mut way = v.next & WAY_MASK;
        if way == WAY_NONE {
            way = self.beside(here, (v.next >> 24) as i32 - 128, v, cursor, uses);
        }
        for _ in 0..steps {
            if way >= WAY_END {
                return way;
            }
            here = self.roads.lanes[way as usize].exit;
            cursor += 1;
            way = self.roads.way(&self.roads.lanes[here as usize], cursor, v.key, uses);
            if way == WAY_NONE {
                way = self.beside(here, self.roads.changes_needed(&self.roads.lanes[here as usize], cursor), v, cursor, uses);
            }
        }
        way
    }

    /// The connector that a vehicle would take from the lane `delta` to the left.
    fn beside(&self, own: u32, delta: i32, v: &Vehicle, cursor: u32, uses: u32) -> u32 {
        self.roads.lane_beside(own, delta, uses).map_or(WAY_NONE, |there| self.roads.way(there, cursor, v.key, uses))
    }

    /// Vehicles behind the line, each with the share of its way among those that lead on from the link.
    fn behind(&self, link: u32) -> i32 {
        let list = self.word(self.head[4] + (self.head[5] + link) * 2 + 1);
        let mut sum = 0;
        for entry in 0..self.word(list) {
            let key = (self.base + self.word(list + 1 + entry * 2)) as usize;
            let place = self.word(list + 2 + entry * 2);
            for v in self.vehicles[self.lane_start[key] as usize..self.lane_start[key + 1] as usize].iter().rev() {
                if (place >> 9) as i32 + v.x > APPROACH {
                    break;
                }
                sum += place & 511;
            }
        }
        (sum >> 8) as i32
    }

    /// Could a vehicle leave the junction?
    fn has_room(&self, link: u32) -> bool {
        let key = (self.base + self.roads.lanes[self.connector(link) as usize].exit) as usize;
        let end = self.lane_start[key + 1];
        if self.lane_start[key] == end {
            return true;
        }
        let last = &self.vehicles[end as usize - 1];
        last.v >= MOVING || self.roads.rear(last) >= ROOM
    }
}
