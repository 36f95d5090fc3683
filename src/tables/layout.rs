//! Records shared by host and kernels, and the constants of packed words. Twin: `shaders/shared/records.wgsl`; `tests/shaders.rs` compares
//! every name, offset and size through naga.
//!
//! Lengths and positions are Q10 m, speeds Q16 m/s, `...10` is Q10, times are ticks, unless a field says otherwise.
#![allow(missing_docs, reason = "packed words are explained where they are declared, in the WGSL twin and above each struct")]

use bytemuck::{Pod, Zeroable};

/// Parameters of a vehicle class (`engine.md` 2). model: 0 IDM, 1 Krauss.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Class {
    pub a10: i32,
    pub b10: i32,
    pub c10: i32,
    pub t8: i32,
    pub s0: i32,
    pub r12: u32,
    pub length: i32,
    pub vmax10: i32,
    pub bc10: i32,
    pub sigma10: i32,
    pub model: u32,
    pub uses: u32,
    pub b8: u32,
    pub tau8: u32,
    pub politeness8: i32,
    pub reserved: u32,
}
impl Default for Class {
    fn default() -> Self {
        Zeroable::zeroed()
    }
}

/// Sizes and constants of a run. `routes` and `seeds` are offsets into the pool, `tick_shift` is the time of day of tick 0 \[ticks\]. `loops`: the
/// detectors of a world that are not the last ones of their lanes; the pool has lane and place \[Q10 m\] of each from `loops_at` on.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Params {
    pub worlds: u32,
    pub lanes: u32,
    pub controllers: u32,
    pub junctions: u32,
    pub k: u32,
    pub tick_shift: u32,
    pub routes: u32,
    pub seeds: u32,
    pub b_stop10: i32,
    pub vcap: i32,
    pub claim_distance: i32,
    pub courtesy_ticks: u32,
    pub patience_ticks: u32,
    pub loops_at: u32,
    pub teleport_ticks: u32,
    pub junctions_at: u32,
    pub controllers_at: u32,
    pub cooldown_ticks: u32,
    pub vehicles: u32,
    pub loops: u32,
    pub classes: [Class; 64],
}
impl Default for Params {
    fn default() -> Self {
        Zeroable::zeroed()
    }
}

/// A lane or a connector: one cache line. `place`: link of a lane, junction of a connector. Indices are lanes of one world; `turns`, `origins`,
/// `conflicts`, `siblings` are offsets of lists in the pool, which begin with their length; `conflicts` is NONE where there are none.
/// `signal`: of a connector controller * 256 + position, of a lane the place of its last detector \[Q10 m\]; NONE without. `feeder`, `exit`,
/// `conflicts`, `siblings` hold for connectors.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Lane {
    pub length: i32,
    pub limit10: i32,
    pub flags: u32,
    pub place: u32,
    pub left: u32,
    pub right: u32,
    pub conn_start: u32,
    pub conn_count: u32,
    pub turns: u32,
    pub origins: u32,
    pub feeder: u32,
    pub exit: u32,
    pub conflicts: u32,
    pub signal: u32,
    pub siblings: u32,
    pub uses: u32,
}
impl Default for Lane {
    fn default() -> Self {
        Zeroable::zeroed()
    }
}

/// A planned trip of one world, in the order (world, lane, due, id). x < 0: rear bumper at the start of the lane; v < 0: as fast as is safe;
/// `arrive` < 0: end of the lane; `halts`: offset into the pool or NONE.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Trip {
    pub due: u32,
    pub cursor: u32,
    pub key: u32,
    pub traits: u32,
    pub x: i32,
    pub v: i32,
    pub arrive: i32,
    pub halts: u32,
}
impl Default for Trip {
    fn default() -> Self {
        Zeroable::zeroed()
    }
}

/// A vehicle on the road. `lane` = world * lanes + lane; `cursor` = nibble index of its next turn; `next` = the connector at the end of its
/// lane (on a connector: of the lane behind it) or [`WAY_END`] or [`WAY_NONE`], and from bit 24 on the lane changes that it wants before, + 128.
/// `next` follows from lane, cursor, key and class; it is kept, because it is asked for in every step and changes only where the lane does.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Vehicle {
    pub lane: u32,
    pub x: i32,
    pub v: i32,
    pub traits: u32,
    pub trip: u32,
    pub key: u32,
    pub cursor: u32,
    pub clock: u32,
    pub odo: u32,
    pub free_ms: u32,
    pub stopped: u32,
    pub halt: u32,
    pub next: u32,
}
impl Default for Vehicle {
    fn default() -> Self {
        Zeroable::zeroed()
    }
}

/// What waits for a connector: arrival slots of its next 16 s, the first vehicle, its place in the order.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Claim {
    pub low: u32,
    pub high: u32,
    pub head: u32,
    pub order: u32,
}
impl Default for Claim {
    fn default() -> Self {
        Zeroable::zeroed()
    }
}

/// The trip that enters a lane (NONE = none) with its position and speed.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Entry {
    pub trip: u32,
    pub x: i32,
    pub v: i32,
}
impl Default for Entry {
    fn default() -> Self {
        Zeroable::zeroed()
    }
}

/// The place that the first vehicle of a lane takes in an exchange (lane NONE = none).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Swap {
    pub lane: u32,
    pub x: i32,
}
impl Default for Swap {
    fn default() -> Self {
        Zeroable::zeroed()
    }
}

/// Sums of one lane over an interval (Edie), and of its last detector; presence in vehicle-ticks; distances 1/16 m.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Sums {
    pub present: u32,
    pub stopped: u32,
    pub driven_q4: u32,
    pub length_q4: u32,
    pub entered: u32,
    pub left: u32,
    pub departed: u32,
    pub arrived: u32,
    pub queue_max: i32,
    pub detected: u32,
    pub occupied: u32,
    pub detected_q8: u32,
}
impl Default for Sums {
    fn default() -> Self {
        Zeroable::zeroed()
    }
}

/// Sums of a detector that is not the last one of its lane, over an interval: front bumpers that crossed, ticks covered, speeds \[Q8 m/s\].
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Loop {
    pub count: u32,
    pub occupied: u32,
    pub speed_q8: u32,
}
impl Default for Loop {
    fn default() -> Self {
        Zeroable::zeroed()
    }
}

/// One trip: entry and end.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Log {
    pub depart: u32,
    pub depart_lane: u32,
    pub depart_x: i32,
    pub depart_v: i32,
    pub arrive: u32,
    pub arrive_lane: u32,
    pub arrive_x: i32,
    pub arrive_v: i32,
    pub odo: u32,
    pub free_ms: u32,
    pub stopped: u32,
    pub halt: u32,
}
impl Default for Log {
    fn default() -> Self {
        Zeroable::zeroed()
    }
}

pub const NONE: u32 = 0xffff_ffff;
pub const ROUTE_END: u32 = 15;
pub const FREE_SPEED: i32 = 4_194_304;
pub const FREE_GAP: i32 = 1_047_552;
pub const NO_BOUND: i32 = 0x3fff_ffff;
/// Place of a vehicle that was promised and did not come.
pub const NOWHERE: i32 = -536_870_912;
pub const BESIDE: u32 = 0x7fff_ffff;
/// Part of `Vehicle.next` that names a connector.
pub const WAY_MASK: u32 = 0xff_ffff;
/// The route ends on this lane.
pub const WAY_END: u32 = 0xff_fffe;
/// The next turn is not served from this lane.
pub const WAY_NONE: u32 = 0xff_ffff;
pub const LANE_CONNECTOR: u32 = 1;
pub const LANE_CHANGE_LEFT: u32 = 2; // left is away from the kerb, right is to it, on whichever side one drives
pub const LANE_CHANGE_RIGHT: u32 = 4;
pub const LANE_KEEP_CLEAR: u32 = 8;
pub const LANE_RULE_SHIFT: u32 = 4; // 2 bits: 0 go, 1 yield, 2 stop, 3 all-way stop
pub const LANE_TURN_SHIFT: u32 = 6; // 2 bits: 0 through, 1 to the near side, 2 across, 3 U-turn
pub const LANE_ROUNDABOUT: u32 = 256; // a connector at a roundabout, a lane between two of its nodes
pub const LANE_CHOICE: u32 = 512; // its link has several lanes: plan for the turns after the next
pub const LANE_ZIP: u32 = 2048; // merges with streams of the same rank, one by one
pub const LANE_WATCHED: u32 = 1024; // somebody yields to it: its claim holds the whole platoon
pub const FLAG_HALTS: u32 = 256;
pub const FLAG_WANT_LEFT: u32 = 512;
pub const FLAG_WANT_RIGHT: u32 = 1024;
/// Has waited in the wrong lane for a minute: takes its turn from there.
pub const FLAG_CUT: u32 = 2048;
/// Blocks its lane: no vehicle, but what others have to pass.
pub const FLAG_STANDS: u32 = 4096;
/// A driver who has waited cuts across so many lanes at most.
pub const CUT_LANES: u32 = 3;
pub const INTENT_SHIFT: u32 = 24;
/// Was given another way.
pub const FORCED_REROUTE: u32 = 33_554_432; // 2 << 24
pub const FORCED_ROTATE: u32 = 67_108_864; // 4 << 24
/// Turned from the wrong lane.
pub const FORCED_CUT: u32 = 134_217_728; // 8 << 24
/// Was carried on.
pub const FORCED_TELEPORT: u32 = 268_435_456; // 16 << 24
pub const CONFLICT_MERGE: u32 = 1;
pub const CONFLICT_I_YIELD: u32 = 2;
pub const CONFLICT_FOE_YIELDS: u32 = 4;
pub const CLAIM_ANY: u32 = 1_048_576;
pub const CLAIM_NEAR: u32 = 2_097_152; // within 3 m of the line
pub const CLAIM_CLOSE: u32 = 4_194_304; // within 10 m
pub const CLAIM_WAITED: u32 = 8_388_608; // longer than the courtesy time
pub const CLAIM_COMMITTED: u32 = 16_777_216; // cannot stop before the line
pub const CLAIM_STOPPED: u32 = 33_554_432; // has halted at the line
pub const CLAIM_PATIENT: u32 = 67_108_864; // has waited for more than 10 s
pub const CLAIM_STANDOFF: u32 = 134_217_728; // ... for more than 3 s
pub const GATE_CLOSED: u32 = 0;
pub const GATE_OPEN: u32 = 1;
pub const GATE_AMBER: u32 = 2;
pub const GATE_WAS_OPEN: u32 = 4;
pub const MARK_WANT_LEFT: u32 = 1;
pub const MARK_WANT_RIGHT: u32 = 2;
/// Its first vehicle turns from the wrong lane.
pub const MARK_CUT: u32 = 4;
/// Something blocks it.
pub const MARK_STANDS: u32 = 8;
pub const ASPECT_RED: u32 = 0;
pub const ASPECT_AMBER: u32 = 1;
pub const ASPECT_GREEN: u32 = 2;
pub const ASPECT_PERMISSIVE: u32 = 3;
pub const ASPECT_RED_AMBER: u32 = 4;
pub const ASPECT_OFF: u32 = 5;
pub const ASPECT_STOP_GO: u32 = 6;
pub const COUNTER_CLAMPS: u32 = 0;
pub const COUNTER_COURTESY: u32 = 1;
pub const COUNTER_REROUTED: u32 = 2;
pub const COUNTER_ROTATED: u32 = 3;
pub const COUNTER_TELEPORTED: u32 = 4;
pub const COUNTER_MISSED: u32 = 5;
pub const COUNTER_HOPS: u32 = 6;
pub const COUNTER_MISSED_HALTS: u32 = 7;
/// One bit a cause, see `stages::faults`.
pub const COUNTER_FAULTS: u32 = 8;
/// Lanes less the first lane that raised one; 0 without.
pub const COUNTER_FAULT_LANE: u32 = 9;
/// New ways that informed drivers took.
pub const COUNTER_INFORMED: u32 = 10;
pub const COUNTERS: u32 = 16;
/// Events of a world that are listed between two looks of the host. Of more than these none is listed, all are counted.
pub const EVENT_SLOTS: u32 = 4096;
/// The lengths of the lists of all worlds fill a multiple of so many words.
pub const EVENT_HEAD: u32 = 4;
/// Words of an event: tick, rung and ticks waited << 8, trip, key of the lane.
pub const EVENT_WORDS: u32 = 4;
/// Went first after a minute.
pub const RUNG_COURTESY: u32 = 1;
/// Was given another way.
pub const RUNG_REROUTE: u32 = 2;
/// Changed places with the first vehicle of the lane beside, or moved up in a circle of who block each other.
pub const RUNG_ROTATE: u32 = 3;
/// Was carried on, on request alone.
pub const RUNG_TELEPORT: u32 = 4;
/// Turned from the wrong lane.
pub const RUNG_MISSED: u32 = 5;
pub const POLICY_FIXED: u32 = 0;
pub const POLICY_ACTUATED: u32 = 1;
pub const POLICY_MAX_PRESSURE: u32 = 2;
