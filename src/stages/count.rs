//! Count: how many vehicles each lane will hold, what passed on it, who arrived. Twin: `shaders/stages/count.wgsl`.
//!
//! A detector counts front bumpers where they were in the old step: who changes lanes over it counts on the lane it leaves, who drives through
//! a lane shorter than a step counts with the limit as its speed.
//!
//! Distances are differences of odometers in 1/16 m, which telescope: the sum over lanes equals the sum over trips exactly.

use super::insert::{Doors, KEYS_A_PIECE, NOBODY};
use super::resolve::{FROM_OUTSIDE, PASSED};
use super::{Size, Stage, over};
use crate::state::{Scratch, State};
use crate::tables::Tables;
use crate::tables::layout::{Entry, LANE_CONNECTOR, NONE, Sums, Vehicle};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The row of this stage in [`crate::stages::STEP`].
pub const STAGE: Stage = Stage {
    name: "count",
    reads: &["clock", "lanes", "vehicles", "plan", "lane_start", "entries"],
    writes: &["logs"],
    owns: &["sums"],
    adds: &["flow"],
    size: Size::Keys,
    wgsl: include_str!("../../shaders/stages/count.wgsl"),
    roads: false,
    cpu: count,
};

/// No detector: everybody is beyond it with his whole length [Q10 m].
const NO_PLACE: i32 = -1_000_000_000;
/// Standing [Q16 m/s]: 0.1.
const STANDING: i32 = 6554;

fn count(t: &Tables, s: &mut State, c: &mut Scratch) {
    let scales =
        Scales { t, vehicles: &s.vehicles, lane_start: &s.lane_start, plan: &c.plan, flow: &c.flow, logs: &s.logs, tick: s.tick() };
    let entries = &c.entries[..];
    over::keys(&mut s.sums, 0, &|key, sums| scales.weigh(key, entries[key], sums));
}

/// Stages `insert` and `count` at once: who enters a lane is judged by plans alone.
pub fn with_insert(t: &Tables, s: &mut State, c: &mut Scratch) {
    let tick = s.tick();
    let scales = Scales { t, vehicles: &s.vehicles, lane_start: &s.lane_start, plan: &c.plan, flow: &c.flow, logs: &s.logs, tick };
    let doors = Doors { t, plan: &c.plan, lane_start: &s.lane_start, detours: &s.detours, tick };
    let one = (c.entries.par_chunks_mut(KEYS_A_PIECE), s.queue.par_chunks_mut(KEYS_A_PIECE));
    let two = (c.next_due.par_chunks_mut(KEYS_A_PIECE), s.sums.par_chunks_mut(KEYS_A_PIECE));
    one.into_par_iter().zip(two.into_par_iter()).enumerate().for_each(|(piece, ((entries, queue), (next_due, sums)))| {
        entries.fill(NOBODY);
        let first = piece * KEYS_A_PIECE;
        let ends = s.lane_start[first..].windows(2);
        // Most lanes are empty: four words say so.
        for (i, ((next_due, ends), coming)) in next_due.iter_mut().zip(ends).zip(&c.flow[first..]).enumerate() {
            let (coming, due) = (coming.load(Relaxed), *next_due <= tick);
            if ends[0] == ends[1] && coming == 0 && !due {
                continue;
            }
            if due {
                entries[i] = doors.ask(first + i, &mut queue[i], next_due);
            }
            scales.sum(first + i, entries[i], &mut sums[i], coming, ends[0] as usize..ends[1] as usize);
        }
    });
}

/// What is read, and the atomics that lanes write.
struct Scales<'a> {
    t: &'a Tables,
    vehicles: &'a [Vehicle],
    lane_start: &'a [u32],
    plan: &'a [Vehicle],
    flow: &'a [AtomicU32],
    logs: &'a [AtomicU32],
    tick: u32,
}

impl Scales<'_> {
    /// One lane.
    #[inline]
    fn weigh(&self, key: usize, entry: Entry, sums: &mut Sums) {
        let coming = self.flow[key].load(Relaxed);
        let rows = self.lane_start[key] as usize..self.lane_start[key + 1] as usize;
        if coming != 0 || entry.trip != NONE || !rows.is_empty() {
            self.sum(key, entry, sums, coming, rows);
        }
    }

    fn sum(&self, key: usize, entry: Entry, sums: &mut Sums, coming: u32, rows: std::ops::Range<usize>) {
        let t = self.t;
        let own = t.own(key);
        let (lane, base) = (&t.lanes[own], (key - own) as u32);
        let (outside, passed) = (coming / FROM_OUTSIDE % FROM_OUTSIDE, coming / PASSED);
        let mut count = coming % FROM_OUTSIDE + outside;
        sums.entered += outside + passed;
        sums.left += passed;
        let place = if lane.flags & LANE_CONNECTOR == 0 && lane.signal != NONE { lane.signal as i32 } else { NO_PLACE };
        if place != NO_PLACE {
            sums.detected += passed;
            sums.detected_q8 += passed * (lane.limit10 >> 2) as u32;
        }
        for row in rows {
            let (old, new) = (&self.vehicles[row], &self.plan[row]);
            let class = &t.params.classes[(old.traits & 63) as usize];
            sums.present += 1;
            sums.driven_q4 += (new.odo >> 6).wrapping_sub(old.odo >> 6);
            sums.length_q4 += (class.length >> 6) as u32;
            if new.v < STANDING {
                sums.stopped += 1;
                sums.queue_max = sums.queue_max.max(lane.length - (old.x - class.length));
            }
            let leaves = new.lane != key as u32 && new.lane != NONE;
            let forward = leaves && lane.left != new.lane - base && lane.right != new.lane - base;
            if old.x < place && (forward || new.x >= place) {
                sums.detected += 1;
                sums.detected_q8 += (new.v >> 8) as u32;
            } else if old.x >= place && old.x - class.length < place {
                sums.occupied += 1;
            }
            if new.lane == key as u32 {
                count += 1;
            } else if new.lane == NONE {
                sums.arrived += 1;
                arrival(self.logs, new, self.tick + 1, own as u32);
            } else if forward {
                sums.left += 1;
            }
        }
        if entry.trip != NONE {
            count += 1;
            departure(self.logs, &entry, sums, self.tick + 1, own as u32);
        }
        self.flow[key].store(count, Relaxed);
    }
}

fn arrival(logs: &[AtomicU32], v: &Vehicle, tick: u32, lane: u32) {
    let words = [tick, lane, v.x as u32, v.v as u32, v.odo, v.free_ms, v.stopped, v.halt];
    let at = v.trip as usize * 12 + 4;
    logs[at..at + 8].iter().zip(words).for_each(|(log, word)| log.store(word, Relaxed));
}

fn departure(logs: &[AtomicU32], entry: &Entry, sums: &mut Sums, tick: u32, lane: u32) {
    sums.departed += 1;
    let at = entry.trip as usize * 12;
    logs[at..at + 4].iter().zip([tick, lane, entry.x as u32, entry.v as u32]).for_each(|(log, word)| log.store(word, Relaxed));
}
