// What the dynamics promise and a stage sees broken: one bit a cause, for stages that bind `counters`. Twin: src/stages/faults.rs; the words
// for people are in src/backend/fault.rs.

/// A lane was promised a vehicle that did not come.
const FAULT_LOST: u32 = 1u;
/// A vehicle is not behind the one that is listed before it.
const FAULT_ORDER: u32 = 2u;
/// A vehicle overlaps with the one before it, which is wholly on the lane.
const FAULT_OVERLAP: u32 = 4u;
/// A vehicle is outside of its lane.
const FAULT_PLACE: u32 = 8u;
/// A vehicle is that of no trip.
const FAULT_TRIP: u32 = 16u;

/// Notes what is wrong on a lane: the bits, and the lane with the smallest number, counted from the end so that nothing is 0.
fn raise(key: u32, bits: u32) {
    let at = COUNTERS * (1u + key / params.lanes);
    atomicOr(&counters[at + COUNTER_FAULTS], bits);
    atomicMax(&counters[at + COUNTER_FAULT_LANE], params.lanes - key % params.lanes);
}
