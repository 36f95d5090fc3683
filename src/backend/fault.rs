//! Fault bits in words: what happened and what it means. The bits: `src/stages/faults.rs`, `shaders/shared/faults.wgsl`.

use crate::stages::faults::{FAULT_LOST, FAULT_ORDER, FAULT_OVERLAP, FAULT_PLACE, FAULT_TRIP};
use crate::state::State;
use crate::tables::layout::{COUNTER_FAULT_LANE, COUNTER_FAULTS};

/// A cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Its bit.
    pub bit: u32,
    /// What happened.
    pub what: &'static str,
}

/// One row a bit.
pub const CAUSES: [Cause; 5] = [
    Cause { bit: FAULT_LOST, what: "a vehicle was counted onto a lane and did not come" },
    Cause { bit: FAULT_ORDER, what: "the vehicles of a lane are out of order" },
    Cause { bit: FAULT_OVERLAP, what: "two vehicles of a lane overlap" },
    Cause { bit: FAULT_PLACE, what: "a vehicle is outside of its lane" },
    Cause { bit: FAULT_TRIP, what: "a vehicle belongs to no trip" },
];

/// All causes in words; empty without a bit.
#[must_use]
pub fn words(bits: u32) -> String {
    let named: Vec<&str> = CAUSES.iter().filter(|cause| bits & cause.bit != 0).map(|cause| cause.what).collect();
    named.join("; ")
}

/// The bits of a world and the first lane that raised one; `None` if all is well.
#[must_use]
pub fn of_world(s: &State, lanes: u32, world: usize) -> Option<(u32, u32)> {
    let bits = s.counter(world, COUNTER_FAULTS);
    (bits != 0).then(|| (bits, lanes.saturating_sub(s.counter(world, COUNTER_FAULT_LANE))))
}
