//! From state to rows.

use super::{DetectorInterval, Intervention, LinkInterval, NetworkRow, Observations, Status, TripRow, Validity, VehicleRow};
use crate::city::{City, demand};
use crate::state::State;
use crate::tables::lanes::{counting, further};
use crate::tables::layout::{
    COUNTER_CLAMPS, COUNTER_COURTESY, COUNTER_FAULTS, COUNTER_HOPS, COUNTER_INFORMED, COUNTER_MISSED, COUNTER_REROUTED, COUNTER_ROTATED,
    COUNTER_TELEPORTED, LANE_CONNECTOR, Loop, NONE, Vehicle,
};
use crate::tables::stands::CLASS;
use crate::tables::{Asked, Tables};

/// Q10 metres to whole millimetres, rounded.
#[must_use]
pub fn mm(q10: i32) -> u32 {
    ((i64::from(q10) * 1000 + 512) >> 10).max(0) as u32
}

/// Q16 m/s to whole mm/s.
fn mmps(q16: i32) -> u32 {
    ((i64::from(q16) * 1000 + 32768) >> 16).max(0) as u32
}

/// Vehicles of one world.
fn vehicles<'a>(t: &Tables, s: &'a State, world: usize) -> &'a [Vehicle] {
    let lanes = t.lane_count();
    &s.vehicles[s.lane_start[world * lanes] as usize..s.lane_start[(world + 1) * lanes] as usize]
}

/// Link rows of one interval from the sums of the lanes. `stood`: lanes on which something stood that is no vehicle of a trip, and for how many
/// ticks of the interval; it is left out, but for the longest queue, which goes back to it.
#[must_use]
pub fn links(city: &City, t: &Tables, s: &State, world: usize, from_tick: u32, stood: &[(u32, u32)]) -> Vec<LinkInterval> {
    let base = world * t.lane_count();
    let mut rows: Vec<LinkInterval> =
        (0..city.links.len()).map(|l| LinkInterval { link: l as u32, from_tick, to_tick: s.tick(), ..LinkInterval::default() }).collect();
    for (own, lane) in t.lanes.iter().enumerate().filter(|(_, l)| l.flags & LANE_CONNECTOR == 0) {
        let (sums, row) = (&s.sums[base + own], &mut rows[lane.place as usize]);
        row.entered_veh += sums.entered;
        row.left_veh += sums.left;
        row.departed_veh += sums.departed;
        row.arrived_veh += sums.arrived;
        row.inside_veh += s.lane_start[base + own + 1] - s.lane_start[base + own];
        row.present_ticks += u64::from(sums.present);
        row.stopped_ticks += u64::from(sums.stopped);
        row.driven_q4 += u64::from(sums.driven_q4);
        let ticks: u32 = stood.iter().filter(|(lane, _)| *lane == own as u32).map(|(_, ticks)| ticks).sum();
        let length_q4 = (t.params.classes[CLASS as usize].length >> 6) as u32;
        row.length_cm_ticks += u64::from(sums.length_q4.wrapping_sub(ticks.wrapping_mul(length_q4))) * 100 / 16;
        row.present_ticks -= u64::from(ticks).min(row.present_ticks);
        row.stopped_ticks -= u64::from(ticks).min(row.stopped_ticks);
        row.queue_max_mm = row.queue_max_mm.max(mm(sums.queue_max));
    }
    for v in vehicles(t, s, world).iter().filter(|v| t.stands(v)) {
        rows[t.lanes[t.own(v.lane as usize)].place as usize].inside_veh -= 1;
    }
    rows
}

/// Detector rows of one interval.
#[must_use]
pub fn detectors(city: &City, t: &Tables, s: &State, world: usize, from_tick: u32) -> Vec<DetectorInterval> {
    let base = world * t.lane_count();
    let row = |(lane, detector): (usize, usize)| {
        let sums = &s.sums[base + t.of_lane[lane] as usize];
        DetectorInterval {
            detector: detector as u32,
            from_tick,
            to_tick: s.tick(),
            count: sums.detected,
            occupied_ticks: sums.occupied,
            speed_sum_q8: u64::from(sums.detected_q8),
        }
    };
    let other = |(detector, sums): (usize, &Loop)| DetectorInterval {
        detector: detector as u32,
        from_tick,
        to_tick: s.tick(),
        count: sums.count,
        occupied_ticks: sums.occupied,
        speed_sum_q8: u64::from(sums.speed_q8),
    };
    let mut rows: Vec<DetectorInterval> = counting(city).into_iter().map(row).collect();
    rows.extend(further(city).into_iter().zip(&s.loops[world * t.params.loops as usize..]).map(other));
    rows.sort_by_key(|row| row.detector);
    rows
}

/// Who was helped since the last look, with the world.
#[must_use]
pub fn interventions(city: &City, t: &Tables, s: &State) -> Vec<(usize, Intervention)> {
    let row = |[tick, what, trip, key]: [u32; 4]| {
        let (world, own) = (key as usize / t.lane_count(), key as usize % t.lane_count());
        let lane = &t.lanes[own];
        let on_movement = lane.flags & LANE_CONNECTOR != 0;
        let row = Intervention {
            tick,
            rung: what & 0xff,
            trip: if trip >= t.worlds[world].end_trip { u32::MAX } else { trip - t.worlds[world].first_trip },
            lane: if on_movement { u32::MAX } else { t.origin_of[own] },
            node: if on_movement { lane.place } else { city.links[lane.place as usize].to as u32 },
            waited_ticks: what >> 8,
        };
        (world, row)
    };
    s.events(t.worlds.len()).into_iter().map(row).collect()
}

/// The network now.
#[must_use]
pub fn network(t: &Tables, s: &State, world: usize) -> NetworkRow {
    let w = t.worlds[world];
    let tick = s.tick();
    let mine: Vec<&Vehicle> = vehicles(t, s, world).iter().filter(|v| !t.stands(v)).collect();
    let trips = w.first_trip as usize..w.end_trip as usize;
    let due = t.trips[trips.clone()].iter().filter(|trip| trip.due <= tick).count() as u32;
    let lanes = t.lane_count();
    let (first, queues) = (world * lanes, &s.queue[world * lanes..(world + 1) * lanes]);
    let departed: u32 = queues.iter().enumerate().map(|(l, q)| q - t.queue_start[first + l]).sum();
    NetworkRow {
        tick,
        due,
        departed,
        inside: mine.len() as u32,
        arrived: departed.saturating_sub(mine.len() as u32),
        waiting_outside: due - departed.min(due),
        stopped: mine.iter().filter(|v| v.v < 6554).count() as u32,
        speed_sum_q8: mine.iter().map(|v| (v.v >> 8) as u64).sum(),
        interventions: [COUNTER_COURTESY, COUNTER_REROUTED, COUNTER_ROTATED, COUNTER_TELEPORTED].map(|c| s.counter(world, c)),
    }
}

/// Positions now.
#[must_use]
pub fn positions(t: &Tables, s: &State, world: usize) -> Vec<VehicleRow> {
    let w = t.worlds[world];
    let row = |v: &Vehicle| VehicleRow {
        tick: s.tick(),
        trip: v.trip - w.first_trip,
        lane: t.origin_of[v.lane as usize % t.lane_count()],
        pos_mm: mm(v.x),
        speed_mmps: mmps(v.v),
    };
    let mut rows: Vec<VehicleRow> = vehicles(t, s, world).iter().filter(|v| !t.stands(v)).map(row).collect();
    rows.sort_by_key(|r| r.trip);
    rows
}

/// Completes the observations of a world at its end: trips, totals, digest.
pub fn finish(city: &City, t: &Tables, s: &State, world: usize, o: &mut Observations) {
    let w = t.worlds[world];
    let (first, end) = (w.first_trip as usize, w.end_trip as usize);
    let mut rows: Vec<TripRow> = (first..end).map(|trip| arrived(city, t, s, trip)).collect();
    for v in vehicles(t, s, world).iter().filter(|v| !t.stands(v)) {
        // A run that was stopped by a fault may hold a vehicle of no trip.
        let Some(row) = (v.trip as usize).checked_sub(first).and_then(|at| rows.get_mut(at)) else { continue };
        row.status = Status::Inside;
        travelled(t, row, v.trip, [v.odo, v.free_ms, v.stopped, v.halt]);
    }
    o.trips = rows;
    o.trips.extend(
        t.no_path[world].iter().map(|lost| TripRow { status: Status::NoPath, ..asked(city, t, lost.asked, lost.due, lost.traits) }),
    );
    o.state_hash = s.digest(t, world);
    o.ticks = s.tick();
    let count = |status| o.trips.iter().filter(|r| r.status == status).count() as u32;
    let last = network(t, s, world);
    o.validity = Validity {
        demanded: o.trips.len() as u32,
        departed: last.departed,
        arrived: count(Status::Arrived),
        refused: count(Status::Refused),
        unfinished: count(Status::Inside),
        no_path: count(Status::NoPath),
        courtesy: s.counter(world, COUNTER_COURTESY),
        rerouted: s.counter(world, COUNTER_REROUTED),
        rotated: s.counter(world, COUNTER_ROTATED),
        teleported: s.counter(world, COUNTER_TELEPORTED),
        missed_turns: s.counter(world, COUNTER_MISSED),
        emergency_clamps: s.counter(world, COUNTER_CLAMPS) + s.counter(world, COUNTER_HOPS),
        informed: s.counter(world, COUNTER_INFORMED),
        collisions: overlaps(t, s, world),
        faults: s.counter(world, COUNTER_FAULTS),
        ledger_error: last.departed.abs_diff(count(Status::Arrived) + count(Status::Inside)),
    };
}

/// Vehicles that overlap their leader in one lane.
fn overlaps(t: &Tables, s: &State, world: usize) -> u32 {
    let pairs = vehicles(t, s, world).windows(2);
    pairs.filter(|p| p[0].lane == p[1].lane && p[0].x - t.params.classes[(p[0].traits & 63) as usize].length < p[1].x).count() as u32
}

/// What was asked for, before anything is known of how it went.
fn asked(city: &City, t: &Tables, asked: Asked, due_tick: u32, traits: u32) -> TripRow {
    let (mode, origin, destination) = demand::ends(city, asked.source());
    let zone = |zone: Option<usize>| zone.map_or(u32::MAX, |z| z as u32);
    TripRow {
        id: demand::name(city, asked.source(), asked.ordinal).into_owned(),
        mode: mode as u32,
        class: traits & 63,
        origin: zone(origin),
        destination: zone(destination),
        due_tick,
        due_ms: (t.start_s * 1000.0).round() as u64 + u64::from(asked.due_ms),
        depart_tick: u32::MAX,
        arrive_tick: u32::MAX,
        speed_factor_q12: traits >> 16,
        path_hash: asked.path_hash,
        paid_mills: asked.paid_mills,
        measured: asked.measured(),
        ..TripRow::default()
    }
}

fn arrived(city: &City, t: &Tables, s: &State, trip: usize) -> TripRow {
    let log = s.log(trip);
    let mut row = asked(city, t, t.roster[trip], t.trips[trip].due, t.trips[trip].traits);
    if log.depart == NONE {
        return row;
    }
    row.depart_tick = log.depart;
    row.depart_lane = t.origin_of[log.depart_lane as usize];
    row.depart_pos_mm = mm(log.depart_x);
    row.depart_speed_mmps = mmps(log.depart_v);
    if log.arrive != NONE {
        row.status = Status::Arrived;
        row.arrive_tick = log.arrive;
        row.arrive_lane = t.origin_of[log.arrive_lane as usize];
        row.arrive_pos_mm = mm(log.arrive_x);
        row.arrive_speed_mmps = mmps(log.arrive_v);
        travelled(t, &mut row, trip as u32, [log.odo, log.free_ms, log.stopped, log.halt]);
    }
    row
}

fn travelled(t: &Tables, row: &mut TripRow, trip: u32, [odo, free_ms, stopped, halt]: [u32; 4]) {
    row.length_mm = (u64::from(odo) * 1000 + 512) >> 10;
    row.free_ms = u64::from(free_ms);
    row.stopped_ticks = stopped & 0x3f_ffff;
    row.stops = stopped >> 22;
    row.forced = halt >> 24;
    let list = t.trips[trip as usize].halts;
    if list != NONE {
        let done = (halt & 255).min(t.pool[list as usize]);
        row.halt_ticks = (0..done).map(|h| t.pool[(list + 3 + h * 4) as usize]).sum();
    }
}
