//! What the dynamics promise of each lane: whoever is counted comes, in order, a length apart, within the lane. Checked in every tick; a broken
//! promise raises a bit, the host looks at its next look. Twin: `shaders/shared/faults.wgsl`.
//!
//! * **What is no fault.** Whose tail still sticks out behind the start of the lane came out of a junction: the bodies there belong to other
//!   lanes, and where lanes are shorter than a step two streams may put their fronts beside each other for a tick. They must be in order; a
//!   length apart is promised behind whoever is on the lane with his whole length. Who changed to a lane that ends sooner may be beyond its
//!   end for a step.
//! * **Sums, not branches.** All is well as long as no difference is negative; what it was is asked only then.

use crate::tables::layout::{COUNTER_FAULT_LANE, COUNTER_FAULTS, COUNTERS, NOWHERE, Params, Vehicle};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A lane was promised a vehicle that did not come.
pub const FAULT_LOST: u32 = 1;
/// A vehicle is not behind the one that is listed before it.
pub const FAULT_ORDER: u32 = 2;
/// A vehicle overlaps with the one before it, which is wholly on the lane.
pub const FAULT_OVERLAP: u32 = 4;
/// A vehicle is outside of its lane.
pub const FAULT_PLACE: u32 = 8;
/// A vehicle is that of no trip.
pub const FAULT_TRIP: u32 = 16;

/// Notes what is wrong on a lane: the bits, and the lane with the smallest number, counted from the end so that nothing is 0.
pub fn raise(counters: &[AtomicU32], lanes: usize, key: usize, bits: u32) {
    let at = COUNTERS as usize * (1 + key / lanes);
    counters[at + COUNTER_FAULTS as usize].fetch_or(bits, Relaxed);
    counters[at + COUNTER_FAULT_LANE as usize].fetch_max((lanes - key % lanes) as u32, Relaxed);
}

/// How far the first vehicle of a lane of this length may be: the end, and a step beyond.
fn furthest(p: &Params, lane: i32) -> i32 {
    lane + (p.vcap >> (6 + p.k))
}

fn length(p: &Params, v: &Vehicle) -> i32 {
    p.classes[(v.traits & 63) as usize].length
}

/// What is asked of the vehicles of a lane, one after the other, from the first on.
pub(super) struct Look<'a> {
    p: &'a Params,
    /// Length of the lane.
    lane: i32,
    /// No further than this is the next one.
    room: i32,
    signs: i32,
    last_x: i32,
    /// Traits of all together.
    pub traits: u32,
}

impl<'a> Look<'a> {
    #[inline]
    pub(super) fn new(p: &'a Params, lane: i32) -> Look<'a> {
        Look { p, lane, room: furthest(p, lane), signs: 0, last_x: 0, traits: 0 }
    }

    #[inline]
    pub(super) fn at(&mut self, v: &Vehicle) {
        let p = self.p;
        self.signs |= self.room.wrapping_sub(v.x) | (p.vehicles as i32 - 1).wrapping_sub(v.trip as i32) | v.trip as i32;
        let rear = v.x - length(p, v);
        self.room = if rear < 0 { v.x } else { rear };
        self.traits |= v.traits;
        self.last_x = v.x;
    }

    /// The bits that these vehicles raise, which are all of the lane.
    #[inline]
    pub(super) fn bits(&self, vehicles: &[Vehicle]) -> u32 {
        if self.signs | self.last_x < 0 { bits(self.p, self.lane, vehicles) } else { 0 }
    }
}

/// Which promises are broken.
#[cold]
fn bits(p: &Params, lane: i32, vehicles: &[Vehicle]) -> u32 {
    let mut bits = 0;
    for (i, v) in vehicles.iter().enumerate() {
        let mut raise = |wrong: bool, bit: u32| bits |= if wrong { bit } else { 0 };
        if v.x == NOWHERE {
            raise(true, FAULT_LOST);
            continue;
        }
        raise(v.x < 0 || (i == 0 && v.x > furthest(p, lane)), FAULT_PLACE);
        raise(v.trip >= p.vehicles, FAULT_TRIP);
        if i > 0 {
            let lead = &vehicles[i - 1];
            let rear = lead.x - length(p, lead);
            raise(lead.x < v.x, FAULT_ORDER);
            raise(lead.x >= v.x && rear >= 0 && rear < v.x, FAULT_OVERLAP);
        }
    }
    bits
}
