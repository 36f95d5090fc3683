//! Insert: may the first waiting trip of a lane enter? Twin: `shaders/stages/insert.wgsl`.
//!
//! Judged by the planned positions of everybody who will be on the lane, and of the first vehicles of the lanes before it. FIFO; at most one
//! a lane and step; who cannot enter waits outside and is counted.

use super::roads::Roads;
use super::{Size, Stage};
use crate::laws;
use crate::random::prelude::{max, min};
use crate::state::{Scratch, State};
use crate::tables::Tables;
use crate::tables::lanes::BESIDE;
use crate::tables::layout::{Entry, FREE_GAP, FREE_SPEED, NONE, Trip, Vehicle};
use rayon::prelude::*;

/// The row of this stage in [`crate::stages::STEP`].
pub const STAGE: Stage = Stage {
    name: "insert",
    reads: &["clock", "lanes", "pool", "trips", "plan", "lane_start", "queue_start"],
    writes: &["entries"],
    owns: &["queue"],
    adds: &[],
    size: Size::Keys,
    wgsl: include_str!("../../shaders/stages/insert.wgsl"),
    roads: true,
    cpu: insert,
};

/// A leader slower than this is a queue: one may stop behind it [Q16 m/s]: 3.
const CRAWL: i32 = 196_608;

struct Gate<'a> {
    roads: Roads<'a>,
    trips: &'a [Trip],
    plan: &'a [Vehicle],
    lane_start: &'a [u32],
    key: u32,
    /// Row that nobody needs to spare: his who is carried here by the host. NONE in the step.
    own: u32,
}

fn insert(t: &Tables, s: &mut State, c: &mut Scratch) {
    let doors = Doors { t, plan: &c.plan, lane_start: &s.lane_start, detours: &s.detours, tick: s.tick() };
    let piece = (c.entries.par_chunks_mut(KEYS_A_PIECE), s.queue.par_chunks_mut(KEYS_A_PIECE), c.next_due.par_chunks_mut(KEYS_A_PIECE));
    piece.into_par_iter().enumerate().for_each(|(piece, (entries, queue, next_due))| {
        for (key, ((entry, queue), next_due)) in (piece * KEYS_A_PIECE..).zip(entries.iter_mut().zip(queue).zip(next_due)) {
            *entry = doors.enter(key, queue, next_due);
        }
    });
}

/// Keys that one thread takes at a time.
const KEYS_A_PIECE: usize = 1024;

/// What is read.
pub(super) struct Doors<'a> {
    pub t: &'a Tables,
    pub plan: &'a [Vehicle],
    pub lane_start: &'a [u32],
    pub detours: &'a [u32],
    pub tick: u32,
}

impl Doors<'_> {
    /// Who enters a lane; its queue goes on.
    #[inline]
    pub(super) fn enter(&self, key: usize, queue: &mut u32, next_due: &mut u32) -> Entry {
        if *next_due > self.tick { NOBODY } else { self.ask(key, queue, next_due) }
    }

    pub(super) fn ask(&self, key: usize, queue: &mut u32, next_due: &mut u32) -> Entry {
        let t = self.t;
        let due = |queue: u32| if queue < t.queue_start[key + 1] { t.trips[queue as usize].due } else { NONE };
        let mut entry = NOBODY;
        if due(*queue) <= self.tick {
            let gate = Gate {
                roads: Roads::of(t, self.detours),
                trips: &t.trips,
                plan: self.plan,
                lane_start: self.lane_start,
                key: key as u32,
                own: NONE,
            };
            entry = gate.judge(*queue);
            *queue += u32::from(entry.trip != NONE);
        }
        *next_due = due(*queue);
        entry
    }
}

/// Where and how fast the vehicle of a row could depart on another lane between two ticks, as fast as is safe; `None` if it could not now.
#[must_use]
pub fn room(roads: &Roads, s: &State, key: u32, row: u32) -> Option<Entry> {
    let trips = [Trip { traits: s.vehicles[row as usize].traits, x: -1, v: -1, ..Trip::default() }];
    let gate = Gate { roads: *roads, trips: &trips, plan: &s.vehicles, lane_start: &s.lane_start, key, own: row };
    Some(gate.judge(0)).filter(|entry| entry.trip != NONE)
}

/// Nobody enters.
pub(super) const NOBODY: Entry = Entry { trip: NONE, x: 0, v: 0 };

impl Gate<'_> {
    fn judge(&self, index: u32) -> Entry {
        let none = NOBODY;
        let r = self.roads;
        let trip = &self.trips[index as usize];
        let c = r.class(trip.traits);
        let base = r.base(self.key);
        let lane = &r.lanes[(self.key - base) as usize];
        // On a lane shorter than itself its tail sticks out behind the start.
        let x = min(max(trip.x, c.length), lane.length);
        let v0 = r.wanted_speed(trip.traits, lane);
        // Nearest ahead and behind among all who will be here.
        let (mut ahead, mut behind) = (NONE, NONE);
        let origins = r.pool[lane.origins as usize];
        for j in 0..=origins {
            let mut source = self.key;
            if j < origins {
                source = base + r.pool[(lane.origins + 1 + j * 2) as usize];
            }
            for row in self.lane_start[source as usize]..self.lane_start[source as usize + 1] {
                let v = &self.plan[row as usize];
                if v.lane != self.key {
                    continue;
                }
                if v.x >= x {
                    if ahead == NONE || v.x < self.plan[ahead as usize].x {
                        ahead = row;
                    }
                } else if behind == NONE || v.x > self.plan[behind as usize].x {
                    behind = row;
                }
            }
        }
        let (mut gap, mut lead_v) = (FREE_GAP, FREE_SPEED);
        if ahead != NONE {
            gap = r.rear(&self.plan[ahead as usize]) - x;
            lead_v = self.plan[ahead as usize].v;
        }
        let fits = gap - c.s0;
        if fits < 0 {
            return none;
        }
        let mut v = min(v0 << 6, laws::krauss(lead_v, fits, c.b8, c.tau8) << 8);
        if trip.v >= 0 {
            v = min(v, trip.v);
        } else if v < ((min(v0 << 6, lead_v) >> 2) * 3) {
            // Nobody enters at a crawl behind a leader who drives: it would cost the whole stream its speed.
            return none;
        }
        v = max(v, 0);
        if r.accel(trip.traits, v, lead_v, gap, v0) < -c.bc10 {
            if trip.v < 0 && lead_v > CRAWL {
                return none;
            }
            v = min(v, lead_v);
        }
        if behind != NONE && !self.spares(&self.plan[behind as usize], x - c.length - self.plan[behind as usize].x, v, lane) {
            return none;
        }
        if behind == NONE {
            for j in 0..origins {
                let at = (lane.origins + 1 + j * 2) as usize;
                let (source, offset) = (base + r.pool[at], r.pool[at + 1]);
                let first = self.lane_start[source as usize];
                let nobody = first == self.lane_start[source as usize + 1] || first == self.own;
                if offset == BESIDE || nobody || self.plan[first as usize].lane != source {
                    continue;
                }
                let foe = &self.plan[first as usize];
                let space = r.lanes[(source - base) as usize].length - foe.x + offset as i32 + x - c.length;
                if !self.spares(foe, space, v, lane) {
                    return none;
                }
            }
        }
        Entry { trip: index, x, v }
    }

    /// Can the vehicle behind live with it?
    fn spares(&self, foe: &Vehicle, space: i32, v: i32, lane: &crate::tables::layout::Lane) -> bool {
        let r = self.roads;
        let c = r.class(foe.traits);
        space >= max(c.s0 >> 1, r.reach(foe.traits, foe.v))
            && r.accel(foe.traits, foe.v, v, space, r.wanted_speed(foe.traits, lane)) >= -c.bc10
    }
}
