//! Signals: the phase of every controller in this tick. Twin: `shaders/stages/signals.wgsl`.
//!
//! * Fixed: by the clock. Actuated: a green phase lasts from its minimum on while somebody is within the detection distance of a line that
//!   shows green, at most to its maximum. Max-pressure (Varaiya 2013, doi:10.1016/j.trc.2013.08.014): from the minimum on, the green phase
//!   with the largest sum of (vehicles before - vehicles behind); transitions run as planned.

use super::roads::Roads;
use super::{Size, Stage};
use crate::random::prelude::max;
use crate::state::{Scratch, State};
use crate::tables::Tables;
use crate::tables::layout::{ASPECT_GREEN, ASPECT_PERMISSIVE, NONE, POLICY_ACTUATED, POLICY_MAX_PRESSURE, Vehicle};
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

/// How far before the line a vehicle extends the green [Q10 m]: 35 m.
const DETECTION: i32 = 35840;

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
const CONTROLLERS_A_PIECE: usize = 1024;

impl Plan<'_> {
    fn phase(&self, phase: u32, word: u32) -> u32 {
        self.roads.pool[(self.head[3] + phase * self.head[2] + word) as usize]
    }

    fn aspect(&self, phase: u32, position: u32) -> u32 {
        (self.phase(phase, 4 + (position >> 3)) >> ((position & 7) * 4)) & 15
    }

    fn next(&self, state: &mut [u32]) {
        let (phase, elapsed) = (state[0], state[1] + 1);
        let green = self.phase(phase, 3) == 1;
        let mut over = elapsed >= self.phase(phase, 0);
        let mut goal = state[2];
        if green && self.head[0] == POLICY_ACTUATED {
            over = elapsed >= self.phase(phase, 1) && (elapsed >= self.phase(phase, 2) || !self.called(phase));
        }
        if green && self.head[0] == POLICY_MAX_PRESSURE {
            goal = self.best(phase);
            over = elapsed >= self.phase(phase, 1) && goal != phase;
        }
        if !over {
            state[1] = elapsed;
            state[2] = goal;
            return;
        }
        let mut next = (phase + 1) % self.head[1];
        if self.head[0] == POLICY_MAX_PRESSURE && goal != NONE && self.phase(next, 3) == 1 {
            next = goal;
        }
        state[0] = next;
        state[1] = 0;
        state[2] = goal;
    }

    /// Is anybody near a line that shows green?
    fn called(&self, phase: u32) -> bool {
        for link in 0..self.head[5] {
            let at = (self.head[4] + link * 2) as usize;
            let aspect = self.aspect(phase, self.roads.pool[at]);
            if aspect != ASPECT_GREEN && aspect != ASPECT_PERMISSIVE {
                continue;
            }
            let feeder = self.roads.lanes[self.roads.pool[at + 1] as usize].feeder;
            let first = self.lane_start[(self.base + feeder) as usize];
            if first < self.lane_start[(self.base + feeder) as usize + 1] {
                let left = self.roads.lanes[feeder as usize].length - self.vehicles[first as usize].x;
                if left < DETECTION {
                    return true;
                }
            }
        }
        false
    }

    /// The green phase of largest pressure; the present one wins ties, then the first.
    fn best(&self, present: u32) -> u32 {
        let (mut best, mut most) = (present, self.pressure(present));
        for phase in 0..self.head[1] {
            if self.phase(phase, 3) == 1 {
                let pressure = self.pressure(phase);
                if pressure > most {
                    most = pressure;
                    best = phase;
                }
            }
        }
        best
    }

    fn pressure(&self, phase: u32) -> i32 {
        let mut sum = 0;
        for link in 0..self.head[5] {
            let at = (self.head[4] + link * 2) as usize;
            let aspect = self.aspect(phase, self.roads.pool[at]);
            if aspect == ASPECT_GREEN || aspect == ASPECT_PERMISSIVE {
                let connector = &self.roads.lanes[self.roads.pool[at + 1] as usize];
                sum += max(self.vehicles_on(connector.feeder) - self.vehicles_on(connector.exit), 0);
            }
        }
        sum
    }

    fn vehicles_on(&self, lane: u32) -> i32 {
        let key = (self.base + lane) as usize;
        (self.lane_start[key + 1] - self.lane_start[key]) as i32
    }
}
