// Records shared by host and kernels. Twin: src/tables/layout.rs (tests/shaders.rs compares names, offsets and sizes).

/// No lane, no trip, arrived.
const NONE: u32 = 0xffffffff;
/// Code at the end of a route.
const ROUTE_END: u32 = 15;
/// Speed and gap of a free road.
const FREE_SPEED: i32 = 4194304;
const FREE_GAP: i32 = 1047552;
/// Larger than any room.
const NO_BOUND: i32 = 0x3fffffff;
/// Place of a vehicle that was promised and did not come.
const NOWHERE: i32 = -536870912;

struct Class {
    a10: i32, b10: i32, c10: i32, t8: i32,
    s0: i32, r12: u32, length: i32, vmax10: i32,
    bc10: i32, sigma10: i32, model: u32, uses: u32,
    b8: u32, tau8: u32, politeness8: i32, reserved: u32,
}

struct Params {
    worlds: u32, lanes: u32, controllers: u32, junctions: u32,
    k: u32, tick_shift: u32, routes: u32, seeds: u32,
    b_stop10: i32, vcap: i32, claim_distance: i32, courtesy_ticks: u32,
    patience_ticks: u32, loops_at: u32, teleport_ticks: u32, junctions_at: u32,
    controllers_at: u32, cooldown_ticks: u32, vehicles: u32, loops: u32,
    classes: array<Class, 64>,
}

// turns, origins, conflicts, siblings: lists in the pool that begin with their length; conflicts is NONE where there are none.
// Lane.signal: of a connector controller << 8 | position; of a lane the place of its last detector [Q10]; NONE without.
struct Lane {
    length: i32, limit10: i32, flags: u32, place: u32,
    left: u32, right: u32, conn_start: u32, conn_count: u32,
    turns: u32, origins: u32, feeder: u32, exit: u32,
    conflicts: u32, signal: u32, siblings: u32, uses: u32,
}

struct Trip {
    due: u32, cursor: u32, key: u32, traits: u32,
    x: i32, v: i32, arrive: i32, halts: u32,
}

struct Vehicle {
    lane: u32, x: i32, v: i32, traits: u32,
    trip: u32, key: u32, cursor: u32, clock: u32,
    odo: u32, free_ms: u32, stopped: u32, halt: u32,
    next: u32,
}

struct Claim { low: u32, high: u32, head: u32, order: u32 }

struct Entry { trip: u32, x: i32, v: i32 }

struct Swap { lane: u32, x: i32 }

struct Sums {
    present: u32, stopped: u32, driven_q4: u32, length_q4: u32,
    entered: u32, left: u32, departed: u32, arrived: u32,
    queue_max: i32, detected: u32, occupied: u32, detected_q8: u32,
}

// Of a detector that is not the last one of its lane: the pool has lane and place of each, from loops_at on.
struct Loop { count: u32, occupied: u32, speed_q8: u32 }

struct Log {
    depart: u32, depart_lane: u32, depart_x: i32, depart_v: i32,
    arrive: u32, arrive_lane: u32, arrive_x: i32, arrive_v: i32,
    odo: u32, free_ms: u32, stopped: u32, halt: u32,
}

/// Offset that marks a neighbour lane in a list of origins.
const BESIDE: u32 = 0x7fffffff;

// Vehicle.next: the connector at the end of the lane (on a connector: of the lane behind it), or one of these two, 24 bits; lane changes
// wanted before + 128, 8 bits (from bit 24)
const WAY_MASK: u32 = 0xffffff;
const WAY_END: u32 = 0xfffffe; // the route ends here
const WAY_NONE: u32 = 0xffffff; // the next turn is not served from here

// Lane.flags
const LANE_CONNECTOR: u32 = 1;
const LANE_CHANGE_LEFT: u32 = 2; // left is away from the kerb, right is to it, on whichever side one drives
const LANE_CHANGE_RIGHT: u32 = 4;
const LANE_KEEP_CLEAR: u32 = 8;
const LANE_RULE_SHIFT: u32 = 4; // 2 bits: 0 go, 1 yield, 2 stop, 3 all-way stop
const LANE_TURN_SHIFT: u32 = 6; // 2 bits: 0 through, 1 to the near side, 2 across, 3 U-turn
const LANE_ROUNDABOUT: u32 = 256;
const LANE_CHOICE: u32 = 512; // its link has several lanes: plan for the turns after the next
const LANE_ZIP: u32 = 2048; // merges with streams of the same rank, one by one
const LANE_WATCHED: u32 = 1024; // somebody yields to it: its claim holds the whole platoon

// Vehicle.traits: class 8 bits, flags 8 bits, speed factor Q12 16 bits
const FLAG_HALTS: u32 = 256;
const FLAG_WANT_LEFT: u32 = 512;
const FLAG_WANT_RIGHT: u32 = 1024;
const FLAG_CUT: u32 = 2048; // has waited in the wrong lane for a minute: takes its turn from there
const FLAG_STANDS: u32 = 4096; // blocks its lane: no vehicle, but what others have to pass
const CUT_LANES: u32 = 3; // across so many lanes at most

// Vehicle.clock: wait 16 bits (ticks), cooldown 8 bits (ticks), intent 2 bits (1 left, 2 right)
const INTENT_SHIFT: u32 = 24;
// Vehicle.stopped: ticks 22 bits, stops 10 bits
// Vehicle.halt: next halt 8 bits, dwell left 16 bits (ticks), forced 8 bits: rungs of the gridlock ladder
const FORCED_REROUTE: u32 = 33554432; // 2 << 24
const FORCED_ROTATE: u32 = 67108864; // 4 << 24
const FORCED_CUT: u32 = 134217728; // 8 << 24
const FORCED_TELEPORT: u32 = 268435456; // 16 << 24

// Conflict word: foe lane in one word, then: merge 1 bit, i yield 1 bit, foe yields 1 bit, window slots 8 bits (from bit 8),
// passing slots 8 bits (from bit 16), slots from the line to the area 8 bits (from bit 24); then the end of the shared area on the foe [Q10]
const CONFLICT_MERGE: u32 = 1;
const CONFLICT_I_YIELD: u32 = 2;
const CONFLICT_FOE_YIELDS: u32 = 4;

// Claim.head: slot 8 bits, vehicle length [1/16 m] 12 bits (from bit 8), flags from bit 20
const CLAIM_ANY: u32 = 1048576;
const CLAIM_NEAR: u32 = 2097152; // within 3 m of the line
const CLAIM_CLOSE: u32 = 4194304; // within 10 m
const CLAIM_WAITED: u32 = 8388608; // longer than the courtesy time
const CLAIM_COMMITTED: u32 = 16777216; // cannot stop before the line
const CLAIM_STOPPED: u32 = 33554432; // has halted at the line
const CLAIM_PATIENT: u32 = 67108864; // has waited for more than 10 s
const CLAIM_STANDOFF: u32 = 134217728; // ... for more than 3 s

// Gate of a connector: 0 closed, 1 open, 2 amber; bit 2: open in the tick before. Gate of a lane: marks of its vehicles.
const GATE_CLOSED: u32 = 0;
const GATE_OPEN: u32 = 1;
const GATE_AMBER: u32 = 2;
const GATE_WAS_OPEN: u32 = 4;
const MARK_WANT_LEFT: u32 = 1;
const MARK_WANT_RIGHT: u32 = 2;
const MARK_CUT: u32 = 4;
const MARK_STANDS: u32 = 8;

// Aspects, 4 bits each
const ASPECT_RED: u32 = 0;
const ASPECT_AMBER: u32 = 1;
const ASPECT_GREEN: u32 = 2;
const ASPECT_PERMISSIVE: u32 = 3;
const ASPECT_RED_AMBER: u32 = 4;
const ASPECT_OFF: u32 = 5;
const ASPECT_STOP_GO: u32 = 6;

// Counters of one world, 16 words each from word 16 on; word 0 is the tick
const COUNTER_CLAMPS: u32 = 0;
const COUNTER_COURTESY: u32 = 1;
const COUNTER_REROUTED: u32 = 2;
const COUNTER_ROTATED: u32 = 3;
const COUNTER_TELEPORTED: u32 = 4;
const COUNTER_MISSED: u32 = 5;
const COUNTER_HOPS: u32 = 6;
const COUNTER_MISSED_HALTS: u32 = 7;
const COUNTER_FAULTS: u32 = 8; // one bit a cause, see faults.wgsl
const COUNTER_FAULT_LANE: u32 = 9; // lanes less the first lane that raised one
const COUNTER_INFORMED: u32 = 10; // of the host alone
const COUNTERS: u32 = 16;
// Behind them the events since the host last took them: their number, three words unused, then four words each: tick, rung 8 bits and ticks
// waited 16 bits (from bit 8), trip, key of the lane. What finds no room is counted above and not listed.
const EVENT_SLOTS: u32 = 4096;
const EVENT_HEAD: u32 = 4;
const EVENT_WORDS: u32 = 4;
const RUNG_COURTESY: u32 = 1;
const RUNG_REROUTE: u32 = 2;
const RUNG_ROTATE: u32 = 3;
const RUNG_TELEPORT: u32 = 4;
const RUNG_MISSED: u32 = 5;

// Controller header in the pool (8 words): policy (0 fixed, 1 actuated, 2 max-pressure), phases, words a phase, offset of the phases,
// offset of the links (pairs: position, connector), links, cycle [ticks], start of the plan [ticks].
// A phase: duration, shortest, longest [ticks], green (1) or transition (0), then aspects, 8 a word.
// Behind the links, where the policy is not fixed: for each link the offsets of what lies before and what lies behind its line, two lists that
// begin with their length. Before: lane or connector; links from there to the line 4 bits, from its end to the line [Q10 m] 28 bits.
// Behind: lane; share [1/256] 9 bits, from the exit's beginning to its own [Q10 m] 23 bits (from bit 9).
const POLICY_FIXED: u32 = 0;
const POLICY_ACTUATED: u32 = 1;
const POLICY_MAX_PRESSURE: u32 = 2;

// Purposes of random words (twin: random::Purpose)
const PURPOSE_NOISE: u32 = 1;
