//! What was seen in one run (one world): exact integer sums and one row a trip. Reports divide; nothing here does.
//!
//! Times are ticks of the run's clock from `Observations::start_s` (tick 0); `step_ms` converts them. All sums are exact, so edge tables
//! re-add to trip tables (Edie 1963; Little 1961).

pub mod collect;

use serde::{Deserialize, Serialize};

/// How a trip ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Reached its destination.
    Arrived,
    /// Still on the road at the end.
    Inside,
    /// Due, but never let in: it waits outside.
    #[default]
    Refused,
    /// No path exists.
    NoPath,
}

/// One trip.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TripRow {
    /// Stable name.
    pub id: String,
    /// Index of its mode in the city.
    pub mode: u32,
    /// Index of its class in the city.
    pub class: u32,
    /// Origin zone index, `u32::MAX` if none.
    pub origin: u32,
    /// Destination zone index, `u32::MAX` if none.
    pub destination: u32,
    /// Tick from which it wanted to depart.
    pub due_tick: u32,
    /// Planned departure \[ms since midnight\] (finer than a tick).
    pub due_ms: u64,
    /// Tick of entry; `u32::MAX` = never.
    pub depart_tick: u32,
    /// Tick of arrival; `u32::MAX` = not arrived.
    pub arrive_tick: u32,
    /// Lane index (city) and front position \[mm\] at entry.
    pub depart_lane: u32,
    /// Front position at entry \[mm\].
    pub depart_pos_mm: u32,
    /// Speed at entry \[mm/s\].
    pub depart_speed_mmps: u32,
    /// Lane index (city) at arrival.
    pub arrive_lane: u32,
    /// Position at arrival \[mm\].
    pub arrive_pos_mm: u32,
    /// Speed at arrival \[mm/s\].
    pub arrive_speed_mmps: u32,
    /// Driven so far \[mm\].
    pub length_mm: u64,
    /// Time the same path takes at free flow \[ms\], for the part driven.
    pub free_ms: u64,
    /// Ticks below 0.1 m/s on the road (planned halts left out).
    pub stopped_ticks: u32,
    /// How often it came to a halt (planned halts left out).
    pub stops: u32,
    /// Ticks spent at planned halts.
    pub halt_ticks: u32,
    /// Reroutes.
    pub reroutes: u32,
    /// Desired speed over the limit, Q12.
    pub speed_factor_q12: u32,
    /// Hash of the links driven.
    pub path_hash: u32,
    /// What the way costs, by the charges in force at the wished departure \[1/1000 of the study's money\].
    pub paid_mills: u32,
    /// Status.
    pub status: Status,
    /// One bit a rung of the gridlock ladder that touched it: 1 courtesy, 2 reroute, 4 rotate, 8 missed turn, 16 teleport.
    pub forced: u32,
    /// Departs in [from, to): it is measured.
    pub measured: bool,
}

/// One link (its lanes and nothing of the junctions) in one interval.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkInterval {
    /// Link index in the city.
    pub link: u32,
    /// First tick.
    pub from_tick: u32,
    /// Tick after the last.
    pub to_tick: u32,
    /// Came in from upstream.
    pub entered_veh: u32,
    /// Left downstream.
    pub left_veh: u32,
    /// Trips that started here.
    pub departed_veh: u32,
    /// Trips that ended here.
    pub arrived_veh: u32,
    /// On the link at the end.
    pub inside_veh: u32,
    /// Sum of presence \[vehicle-ticks\].
    pub present_ticks: u64,
    /// Sum of presence below 0.1 m/s \[vehicle-ticks\].
    pub stopped_ticks: u64,
    /// Sum of distance \[1/16 m\].
    pub driven_q4: u64,
    /// Sum over presence of vehicle length \[cm-ticks\] (occupancy).
    pub length_cm_ticks: u64,
    /// Longest queue (end of the last standing vehicle to the stop line) \[mm\].
    pub queue_max_mm: u32,
}

/// The network at one instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkRow {
    /// Tick.
    pub tick: u32,
    /// Trips due until now.
    pub due: u32,
    /// Trips let in until now.
    pub departed: u32,
    /// On the road now.
    pub inside: u32,
    /// Arrived until now.
    pub arrived: u32,
    /// Due, but still outside.
    pub waiting_outside: u32,
    /// Below 0.1 m/s now.
    pub stopped: u32,
    /// Sum of speeds now \[1/256 m/s\].
    pub speed_sum_q8: u64,
    /// Interventions until now: courtesy, rerouted, rotated, teleported.
    pub interventions: [u32; 4],
}

/// One intervention of the gridlock ladder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intervention {
    /// Tick.
    pub tick: u32,
    /// 1 courtesy, 2 reroute, 3 rotate, 4 teleport, 5 missed turn.
    pub rung: u32,
    /// Index of the trip in `trips`.
    pub trip: u32,
    /// Lane index (city), `u32::MAX` on a movement.
    pub lane: u32,
    /// Node index.
    pub node: u32,
    /// How long it had waited \[ticks\].
    pub waited_ticks: u32,
}

/// A detector in one interval.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DetectorInterval {
    /// Detector index in the city.
    pub detector: u32,
    /// First tick.
    pub from_tick: u32,
    /// Tick after the last.
    pub to_tick: u32,
    /// Front bumpers that crossed.
    pub count: u32,
    /// Ticks in which it was covered.
    pub occupied_ticks: u32,
    /// Sum of speeds at crossing \[1/256 m/s\].
    pub speed_sum_q8: u64,
}

/// One position of a trajectory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VehicleRow {
    /// Tick.
    pub tick: u32,
    /// Index of the trip in `trips`.
    pub trip: u32,
    /// Lane index in the city, or `lanes + movement index`.
    pub lane: u32,
    /// Front bumper from the start of it \[mm\].
    pub pos_mm: u32,
    /// Speed \[mm/s\].
    pub speed_mmps: u32,
}

/// Totals that decide whether a run may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validity {
    /// Measured and warm-up trips that were due.
    pub demanded: u32,
    /// Let in.
    pub departed: u32,
    /// Arrived.
    pub arrived: u32,
    /// Waiting outside at the end.
    pub refused: u32,
    /// On the road at the end.
    pub unfinished: u32,
    /// Trips without a path.
    pub no_path: u32,
    /// Ladder.
    pub courtesy: u32,
    /// Ladder.
    pub rerouted: u32,
    /// Ladder.
    pub rotated: u32,
    /// Ladder.
    pub teleported: u32,
    /// Vehicles that stood at the end of a lane that does not serve their turn and took another turn.
    pub missed_turns: u32,
    /// Emergency clamps (see engine, hard clamps): braking beyond the largest deceleration.
    pub emergency_clamps: u32,
    /// New ways that informed drivers took; no intervention.
    #[serde(default)]
    pub informed: u32,
    /// Overlaps seen (0 by construction).
    pub collisions: u32,
    /// Bits of promises that the dynamics broke (0 by construction); the run was stopped there.
    #[serde(default)]
    pub faults: u32,
    /// |demanded - arrived - unfinished - refused - `no_path`|.
    pub ledger_error: u32,
}

/// Everything seen in one world.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observations {
    /// Seed of the world.
    pub seed: u64,
    /// Milliseconds of one tick.
    pub step_ms: u32,
    /// Time of tick 0 \[s since midnight\].
    pub start_s: f64,
    /// Trips in the order of the queues (lane where they depart, due, id), then those without a path by (due, id).
    pub trips: Vec<TripRow>,
    /// Links by (interval, link).
    pub links: Vec<LinkInterval>,
    /// Timeline.
    pub network: Vec<NetworkRow>,
    /// Ladder events.
    pub interventions: Vec<Intervention>,
    /// Detectors by (interval, detector).
    pub detectors: Vec<DetectorInterval>,
    /// Trajectories, if asked for, by (tick, trip).
    pub vehicles: Vec<VehicleRow>,
    /// Totals.
    pub validity: Validity,
    /// Digest of the final state (`engine.md` 12).
    pub state_hash: [u32; 4],
    /// Sum over ticks of vehicles on the road.
    pub vehicle_steps: u64,
    /// Last tick.
    pub ticks: u32,
}
