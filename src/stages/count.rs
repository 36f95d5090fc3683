//! Count: how many vehicles each lane will hold, what passed on it, who arrived. Twin: `shaders/stages/count.wgsl`.
//!
//! A detector counts front bumpers where they were in the old step: who changes lanes over it counts on the lane it leaves, who drives through
//! a lane shorter than a step counts with the limit as its speed.
//!
//! Distances are differences of odometers in 1/16 m, which telescope: the sum over lanes equals the sum over trips exactly.

use super::resolve::{FROM_OUTSIDE, PASSED};
use super::{Size, Stage, over};
use crate::random::prelude::{max, select};
use crate::state::{Scratch, State};
use crate::tables::Tables;
use crate::tables::layout::{Entry, LANE_CONNECTOR, Lane, NONE, Sums, Vehicle};
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
    let scales = Scales { t, vehicles: &s.vehicles, logs: &s.logs, tick: s.tick() };
    let (flow, entries, plan, lane_start) = (&c.flow, &c.entries, &c.plan, &s.lane_start);
    over::keys(&mut s.sums, 0, &|key, sums| {
        let rows = lane_start[key] as usize..lane_start[key + 1] as usize;
        let stay = if rows.is_empty() { 0 } else { scales.rows(key, rows.start, &plan[rows], sums) };
        let (coming, entry) = (flow[key].load(Relaxed), &entries[key]);
        let others = if coming != 0 || entry.trip != NONE { scales.others(key, entry, coming, sums) } else { 0 };
        flow[key].store(stay + others, Relaxed);
    });
}

/// What is read, and the atomics that lanes write.
pub(super) struct Scales<'a> {
    pub t: &'a Tables,
    pub vehicles: &'a [Vehicle],
    pub logs: &'a [AtomicU32],
    pub tick: u32,
}

impl Scales<'_> {
    /// Who comes onto a lane, from others and from outside; how many.
    pub(super) fn others(&self, key: usize, entry: &Entry, coming: u32, sums: &mut Sums) -> u32 {
        let own = self.t.own(key);
        let (outside, passed) = (coming / FROM_OUTSIDE % FROM_OUTSIDE, coming / PASSED);
        sums.entered += outside + passed;
        sums.left += passed;
        if passed != 0 {
            let lane = &self.t.lanes[own];
            if detector(lane) != NO_PLACE {
                sums.detected += passed;
                sums.detected_q8 += passed * (lane.limit10 >> 2) as u32;
            }
        }
        if entry.trip != NONE {
            departure(self.logs, entry, sums, self.tick + 1, own as u32);
        }
        coming % FROM_OUTSIDE + outside + u32::from(entry.trip != NONE)
    }

    /// The vehicles of a lane, from `first` on, that all stay on it: what [`Scales::rows`] counts of them.
    #[inline]
    pub(super) fn stay(&self, key: usize, first: usize, plans: &[Vehicle], sums: &mut Sums) -> u32 {
        let lane = &self.t.lanes[self.t.own(key)];
        if detector(lane) != NO_PLACE {
            return self.rows(key, first, plans, sums);
        }
        let (mut driven_q4, mut length_q4, mut stopped, mut last) = (0_u32, 0, 0, NO_PLACE);
        let classes = &self.t.params.classes;
        for (old, new) in self.vehicles[first..].iter().zip(plans) {
            let length = classes[(old.traits & 63) as usize].length;
            driven_q4 += (new.odo >> 6).wrapping_sub(old.odo >> 6);
            length_q4 += (length >> 6) as u32;
            let stands = new.v < STANDING;
            stopped += u32::from(stands);
            last = select(last, max(last, length - old.x), stands);
        }
        sums.present += plans.len() as u32;
        sums.driven_q4 += driven_q4;
        sums.length_q4 += length_q4;
        sums.stopped += stopped;
        sums.queue_max = max(sums.queue_max, lane.length + last); // of nobody it is far below 0
        plans.len() as u32
    }

    /// The vehicles of a lane, from `first` on; how many stay.
    pub(super) fn rows(&self, key: usize, first: usize, plans: &[Vehicle], sums: &mut Sums) -> u32 {
        let own = self.t.own(key);
        let lane = &self.t.lanes[own];
        let place = detector(lane);
        let mut stay = 0;
        for (old, new) in self.vehicles[first..].iter().zip(plans) {
            let length = self.t.params.classes[(old.traits & 63) as usize].length;
            sums.present += 1;
            sums.driven_q4 += (new.odo >> 6).wrapping_sub(old.odo >> 6);
            sums.length_q4 += (length >> 6) as u32;
            if new.v < STANDING {
                sums.stopped += 1;
                sums.queue_max = sums.queue_max.max(lane.length - (old.x - length));
            }
            let stays = new.lane == key as u32;
            let forward = !stays && goes_forward(lane, (key - own) as u32, new);
            if place != NO_PLACE {
                let (passes, covers) = detected(place, old, new, length, forward);
                sums.detected += u32::from(passes);
                sums.detected_q8 += if passes { (new.v >> 8) as u32 } else { 0 };
                sums.occupied += u32::from(covers);
            }
            if new.lane == NONE {
                sums.arrived += 1;
                arrival(self.logs, new, self.tick + 1, own as u32);
            } else if forward {
                sums.left += 1;
            }
            stay += u32::from(stays);
        }
        stay
    }
}

/// Does a vehicle, which does not stay on its lane, leave it at its end?
#[inline]
pub(super) fn goes_forward(lane: &Lane, base: u32, new: &Vehicle) -> bool {
    new.lane != NONE && lane.left != new.lane - base && lane.right != new.lane - base
}

/// Does a vehicle pass a detector in this step; does it cover it?
#[inline]
pub(super) fn detected(place: i32, old: &Vehicle, new: &Vehicle, length: i32, forward: bool) -> (bool, bool) {
    let passes = old.x < place && (forward || new.x >= place);
    (passes, !passes && old.x >= place && old.x - length < place)
}

/// Where a lane counts.
#[inline]
fn detector(lane: &Lane) -> i32 {
    if lane.flags & LANE_CONNECTOR == 0 && lane.signal != NONE { lane.signal as i32 } else { NO_PLACE }
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
