//! Count: how many vehicles each lane will hold, what passed on it, who arrived. Twin: `shaders/stages/count.wgsl`.
//!
//! A detector counts front bumpers where they were in the old step: who changes lanes over it counts on the lane it leaves, who drives through
//! a lane shorter than a step counts with the limit as its speed.
//!
//! Distances are differences of odometers in 1/16 m, which telescope: the sum over lanes equals the sum over trips exactly.

use super::resolve::{FROM_OUTSIDE, PASSED};
use super::{Size, Stage, over};
use crate::state::{Scratch, State};
use crate::tables::Tables;
use crate::tables::layout::{LANE_CONNECTOR, NONE, Sums, Vehicle, Work};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The row of this stage in [`crate::stages::STEP`].
pub const STAGE: Stage = Stage {
    name: "count",
    reads: &["clock", "lanes", "vehicles", "plan", "lane_start"],
    writes: &["logs"],
    owns: &["work", "sums"],
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
    let tick = s.tick();
    let (vehicles, lane_start, plan, flow, logs) = (&s.vehicles[..], &s.lane_start[..], &c.plan[..], &c.flow[..], &s.logs[..]);
    over::keys2(&mut c.work, &mut s.sums, 0, &|key, work, sums| {
        let coming = flow[key].load(Relaxed);
        if coming == 0 && work.trip == NONE && lane_start[key] == lane_start[key + 1] {
            work.count = 0;
            return;
        }
        let lane = &t.lanes[t.own(key)];
        if coming != 0 {
            flow[key].store(0, Relaxed);
        }
        let rows = lane_start[key] as usize..lane_start[key + 1] as usize;
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
            let (old, new) = (&vehicles[row], &plan[row]);
            let class = &t.params.classes[(old.traits & 63) as usize];
            sums.present += 1;
            sums.driven_q4 += (new.odo >> 6).wrapping_sub(old.odo >> 6);
            sums.length_q4 += (class.length >> 6) as u32;
            if new.v < STANDING {
                sums.stopped += 1;
                sums.queue_max = sums.queue_max.max(lane.length - (old.x - class.length));
            }
            let beside = lane.left == new.lane % t.params.lanes || lane.right == new.lane % t.params.lanes;
            let forward = new.lane != key as u32 && new.lane != NONE && !beside;
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
                arrival(logs, new, tick + 1, key as u32 % t.params.lanes);
            } else if forward {
                sums.left += 1;
            }
        }
        if work.trip != NONE {
            count += 1;
            departure(logs, work, sums, tick + 1, key as u32 % t.params.lanes);
        }
        work.count = count;
    });
}

fn arrival(logs: &[AtomicU32], v: &Vehicle, tick: u32, lane: u32) {
    let words = [tick, lane, v.x as u32, v.v as u32, v.odo, v.free_ms, v.stopped, v.halt];
    let at = v.trip as usize * 12 + 4;
    logs[at..at + 8].iter().zip(words).for_each(|(log, word)| log.store(word, Relaxed));
}

fn departure(logs: &[AtomicU32], work: &Work, sums: &mut Sums, tick: u32, lane: u32) {
    sums.departed += 1;
    let at = work.trip as usize * 12;
    logs[at..at + 4].iter().zip([tick, lane, work.x as u32, work.v as u32]).for_each(|(log, word)| log.store(word, Relaxed));
}
