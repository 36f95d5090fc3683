//! The tables of a run. Sums are exact integers until the division here; `delay_s` leaves planned halts out.

use super::table::{Column, Scene, Sheet, Table, Value, count, ratio};
use crate::city::City;
use crate::observe::{DetectorInterval, Intervention, LinkInterval, NetworkRow, Observations, Status, TripRow, VehicleRow};

/// One row a trip.
#[rustfmt::skip]
pub const TRIPS: Table<TripRow> = Table { name: "trips", columns: &[
    Column { name: "trip_id", unit: "-", about: "stable name", of: |_, r| Value::Text(&r.id) },
    Column { name: "mode", unit: "-", about: "mode of travel", of: |s, r| Value::Text(s.city.modes.get(r.mode as usize).map_or("", |m| &m.id)) },
    Column { name: "class", unit: "-", about: "vehicle class drawn for the trip", of: |s, r| Value::Text(s.city.classes.get(r.class as usize).map_or("", |c| &c.id)) },
    Column { name: "origin", unit: "-", about: "zone it starts in", of: |s, r| Value::Text(zone(s, r.origin)) },
    Column { name: "destination", unit: "-", about: "zone it ends in", of: |s, r| Value::Text(zone(s, r.destination)) },
    Column { name: "income_decile", unit: "-", about: "of the origin zone; 0 = unknown", of: |s, r| Value::Count(s.city.zones.get(r.origin as usize).map_or(0, |z| i32::from(z.income_decile))) },
    Column { name: "persons", unit: "-", about: "persons in the vehicle", of: |s, r| Value::Real(s.city.classes.get(r.class as usize).map_or(f32::NAN, |c| c.persons as f32)) },
    Column { name: "due_s", unit: "s", about: "wished departure, since midnight", of: |s, r| Value::Real(s.time_s(r.due_tick)) },
    Column { name: "depart_s", unit: "s", about: "entry into the network; null = never", of: |s, r| Value::Real(s.time_s(r.depart_tick)) },
    Column { name: "arrive_s", unit: "s", about: "arrival; null = unfinished", of: |s, r| Value::Real(s.time_s(r.arrive_tick)) },
    Column { name: "wait_outside_s", unit: "s", about: "from the wish to the entry, or to the end of the run", of: |s, r| Value::Real(s.span_s(wait_ticks(s.run, r)) as f32) },
    Column { name: "travel_s", unit: "s", about: "on the road, until arrival or the end of the run", of: |s, r| Value::Real(s.span_s(road_ticks(s.run, r)) as f32) },
    Column { name: "free_s", unit: "s", about: "the driven way at free flow", of: |_, r| Value::Real(ratio(r.free_ms, 1000)) },
    Column { name: "delay_s", unit: "s", about: "travel_s less free_s and planned halts; a lower bound when unfinished", of: |s, r| Value::Real((road_delay_ms(s.run, r) as f64 / 1000.0) as f32) },
    Column { name: "stopped_s", unit: "s", about: "below 0.1 m/s, planned halts left out", of: |s, r| Value::Real(s.span_s(u64::from(r.stopped_ticks)) as f32) },
    Column { name: "stops", unit: "-", about: "how often it came to a halt", of: |_, r| count(r.stops) },
    Column { name: "length_m", unit: "m", about: "driven", of: |_, r| Value::Real(ratio(r.length_mm, 1000)) },
    Column { name: "path_hash", unit: "-", about: "hash of the links driven", of: |_, r| Value::Count(r.path_hash.cast_signed()) },
    Column { name: "reroutes", unit: "-", about: "new ways taken underway", of: |_, r| count(r.reroutes) },
    Column { name: "charge", unit: "money", about: "what the way costs, in the money of the study, by the charges in force at the wished departure", of: |_, r| Value::Real(ratio(u64::from(r.paid_mills), 1000)) },
    Column { name: "status", unit: "-", about: "arrived, inside, refused or no_path", of: |_, r| Value::Text(status(r.status)) },
    Column { name: "forced", unit: "-", about: "bits of the ladder: 1 courtesy, 2 reroute, 4 rotate, 8 missed turn, 16 teleport", of: |_, r| count(r.forced) },
    Column { name: "measured", unit: "-", about: "1 = departs in the measured span", of: |_, r| Value::Count(i32::from(r.measured)) },
] };

/// One row a link and interval.
#[rustfmt::skip]
pub const LINKS: Table<LinkInterval> = Table { name: "links", columns: &[
    Column { name: "link_id", unit: "-", about: "stable name", of: |s, r| Value::Text(s.city.links.get(r.link as usize).map_or("", |l| &l.id)) },
    Column { name: "from_s", unit: "s", about: "start of the interval, since midnight", of: |s, r| Value::Real(s.time_s(r.from_tick)) },
    Column { name: "to_s", unit: "s", about: "its end", of: |s, r| Value::Real(s.time_s(r.to_tick)) },
    Column { name: "entered_veh", unit: "veh", about: "came from upstream", of: |_, r| count(r.entered_veh) },
    Column { name: "left_veh", unit: "veh", about: "left downstream", of: |_, r| count(r.left_veh) },
    Column { name: "departed_veh", unit: "veh", about: "trips that started here", of: |_, r| count(r.departed_veh) },
    Column { name: "arrived_veh", unit: "veh", about: "trips that ended here", of: |_, r| count(r.arrived_veh) },
    Column { name: "inside_veh", unit: "veh", about: "on the link at the end", of: |_, r| count(r.inside_veh) },
    Column { name: "flow_vph", unit: "veh/h", about: "vehicles that left downstream, per hour", of: |s, r| Value::Real(ratio(u64::from(r.left_veh) * 3_600_000, ticks(r) * u64::from(s.run.step_ms))) },
    Column { name: "speed_mps", unit: "m/s", about: "Edie: all distance driven over all time present; null = nobody", of: |s, r| Value::Real(ratio(r.driven_q4 * 1000, 16 * r.present_ticks * u64::from(s.run.step_ms))) },
    Column { name: "density_vpkm_lane", unit: "veh/km/lane", about: "mean vehicles a lane-kilometre", of: |s, r| Value::Real(density(s, r)) },
    Column { name: "delay_s", unit: "s", about: "time present less the driven distance at free speed, all vehicles", of: |s, r| Value::Real(link_delay_s(s, r) as f32) },
    Column { name: "stopped_s", unit: "s", about: "time below 0.1 m/s, all vehicles", of: |s, r| Value::Real(s.span_s(r.stopped_ticks) as f32) },
    Column { name: "queue_max_m", unit: "m", about: "longest standing queue", of: |_, r| Value::Real(ratio(u64::from(r.queue_max_mm), 1000)) },
    Column { name: "occupied_share", unit: "-", about: "share of lane length covered by vehicles", of: |s, r| Value::Real(occupied(s, r)) },
] };

/// The network, instant by instant. Refused trips and the error of the ledger are known at the end of a run: they stand in its validity.
#[rustfmt::skip]
pub const NETWORK: Table<NetworkRow> = Table { name: "network", columns: &[
    Column { name: "time_s", unit: "s", about: "since midnight", of: |s, r| Value::Real(s.time_s(r.tick)) },
    Column { name: "due", unit: "-", about: "trips due until now", of: |_, r| count(r.due) },
    Column { name: "departed", unit: "-", about: "let in until now", of: |_, r| count(r.departed) },
    Column { name: "inside", unit: "veh", about: "on the road now", of: |_, r| count(r.inside) },
    Column { name: "arrived", unit: "-", about: "arrived until now", of: |_, r| count(r.arrived) },
    Column { name: "waiting_outside", unit: "veh", about: "due, but not let in yet", of: |_, r| count(r.waiting_outside) },
    Column { name: "stopped", unit: "veh", about: "below 0.1 m/s now", of: |_, r| count(r.stopped) },
    Column { name: "speed_mps", unit: "m/s", about: "mean speed now; null = nobody", of: |_, r| Value::Real(ratio(r.speed_sum_q8, 256 * u64::from(r.inside))) },
    Column { name: "courtesy", unit: "-", about: "first rung of the ladder, until now", of: |_, r| count(r.interventions[0]) },
    Column { name: "rerouted", unit: "-", about: "second rung", of: |_, r| count(r.interventions[1]) },
    Column { name: "rotated", unit: "-", about: "third rung", of: |_, r| count(r.interventions[2]) },
    Column { name: "teleported", unit: "-", about: "on request only", of: |_, r| count(r.interventions[3]) },
] };

/// Every time the gridlock ladder stepped in.
#[rustfmt::skip]
pub const INTERVENTIONS: Table<Intervention> = Table { name: "interventions", columns: &[
    Column { name: "time_s", unit: "s", about: "since midnight", of: |s, r| Value::Real(s.time_s(r.tick)) },
    Column { name: "rung", unit: "-", about: "courtesy, reroute, rotate, teleport or missed_turn", of: |_, r| Value::Text(rung(r.rung)) },
    Column { name: "vehicle_id", unit: "-", about: "trip", of: |s, r| Value::Text(trip(s, r.trip)) },
    Column { name: "lane_id", unit: "-", about: "lane; empty inside a junction", of: |s, r| Value::Text(s.city.lanes.get(r.lane as usize).map_or("", |l| &l.id)) },
    Column { name: "node_id", unit: "-", about: "junction", of: |s, r| Value::Text(s.city.nodes.get(r.node as usize).map_or("", |n| &n.id)) },
    Column { name: "waited_s", unit: "s", about: "how long it had waited", of: |s, r| Value::Real(s.span_s(u64::from(r.waited_ticks)) as f32) },
] };

/// Point detectors by interval.
#[rustfmt::skip]
pub const DETECTORS: Table<DetectorInterval> = Table { name: "detectors", columns: &[
    Column { name: "detector", unit: "-", about: "stable name", of: |s, r| Value::Text(s.city.detectors.get(r.detector as usize).map_or("", |d| &d.id)) },
    Column { name: "from_s", unit: "s", about: "start of the interval, since midnight", of: |s, r| Value::Real(s.time_s(r.from_tick)) },
    Column { name: "to_s", unit: "s", about: "its end", of: |s, r| Value::Real(s.time_s(r.to_tick)) },
    Column { name: "count_veh", unit: "veh", about: "front bumpers that crossed", of: |_, r| count(r.count) },
    Column { name: "occupied_share", unit: "-", about: "share of the time in which it was covered", of: |_, r| Value::Real(ratio(u64::from(r.occupied_ticks), u64::from(r.to_tick - r.from_tick))) },
    Column { name: "speed_mps", unit: "m/s", about: "mean speed at crossing; null = nobody", of: |_, r| Value::Real(ratio(r.speed_sum_q8, 256 * u64::from(r.count))) },
] };

/// Trajectories.
#[rustfmt::skip]
pub const VEHICLES: Table<VehicleRow> = Table { name: "vehicles", columns: &[
    Column { name: "vehicle_id", unit: "-", about: "trip", of: |s, r| Value::Text(trip(s, r.trip)) },
    Column { name: "time_s", unit: "s", about: "since midnight", of: |s, r| Value::Real(s.time_s(r.tick)) },
    Column { name: "lane_id", unit: "-", about: "lane, or movement inside a junction", of: |s, r| Value::Text(place(s, r.lane)) },
    Column { name: "pos_m", unit: "m", about: "front bumper from its start", of: |_, r| Value::Real(ratio(u64::from(r.pos_mm), 1000)) },
    Column { name: "speed_mps", unit: "m/s", about: "speed", of: |_, r| Value::Real(ratio(u64::from(r.speed_mmps), 1000)) },
] };

/// Name of a zone, empty for none.
fn zone<'a>(scene: &Scene<'a>, index: u32) -> &'a str {
    scene.city.zones.get(index as usize).map_or("", |zone| &zone.id)
}

/// Name of a trip.
pub(crate) fn trip<'a>(scene: &Scene<'a>, index: u32) -> &'a str {
    scene.run.trips.get(index as usize).map_or("", |trip| &trip.id)
}

/// Name of a lane or a movement behind the lanes.
pub(crate) fn place<'a>(scene: &Scene<'a>, index: u32) -> &'a str {
    let (lanes, index) = (scene.city.lanes.len(), index as usize);
    scene
        .city
        .lanes
        .get(index)
        .map(|lane| lane.id.as_str())
        .or_else(|| scene.city.movements.get(index.checked_sub(lanes)?).map(|m| m.id.as_str()))
        .unwrap_or("")
}

/// As written.
fn status(status: Status) -> &'static str {
    match status {
        Status::Arrived => "arrived",
        Status::Inside => "inside",
        Status::Refused => "refused",
        Status::NoPath => "no_path",
    }
}

/// As written.
fn rung(rung: u32) -> &'static str {
    ["", "courtesy", "reroute", "rotate", "teleport", "missed_turn"].get(rung as usize).copied().unwrap_or("")
}

/// Ticks from the wish to the entry, or to the end of the run. A trip without a path waits for nothing.
#[must_use]
pub fn wait_ticks(run: &Observations, row: &TripRow) -> u64 {
    if row.status == Status::NoPath { 0 } else { u64::from(row.depart_tick.min(run.ticks).saturating_sub(row.due_tick)) }
}

/// Ticks on the road, until arrival or the end of the run.
#[must_use]
pub fn road_ticks(run: &Observations, row: &TripRow) -> u64 {
    if row.depart_tick == u32::MAX { 0 } else { u64::from(row.arrive_tick.min(run.ticks).saturating_sub(row.depart_tick)) }
}

/// Time on the road less free flow and planned halts \[ms\]; may be slightly negative (the clock has whole ticks).
#[must_use]
pub fn road_delay_ms(run: &Observations, row: &TripRow) -> i64 {
    let ms = |ticks: u64| i64::try_from(ticks * u64::from(run.step_ms)).unwrap_or(i64::MAX);
    ms(road_ticks(run, row)) - ms(u64::from(row.halt_ticks)) - i64::try_from(row.free_ms).unwrap_or(i64::MAX)
}

/// Ticks of an interval.
fn ticks(row: &LinkInterval) -> u64 {
    u64::from(row.to_tick - row.from_tick)
}

/// Lanes and length of a link \[m\].
fn size(scene: &Scene<'_>, row: &LinkInterval) -> (f64, f64) {
    scene.city.links.get(row.link as usize).map_or((1.0, 1.0), |l| (l.lanes.len().max(1) as f64, l.length_m.max(0.001)))
}

/// Mean vehicles on a kilometre of lane.
fn density(scene: &Scene<'_>, row: &LinkInterval) -> f32 {
    let (lanes, length_m) = size(scene, row);
    (row.present_ticks as f64 / ticks(row).max(1) as f64 / (lanes * length_m / 1000.0)) as f32
}

/// Time lost on a link by all vehicles together \[s\].
#[must_use]
pub fn link_delay_s(scene: &Scene<'_>, row: &LinkInterval) -> f64 {
    let free_mps = scene.city.links.get(row.link as usize).map_or(1.0, |l| l.free_speed_mps.max(0.1));
    scene.span_s(row.present_ticks) - row.driven_q4 as f64 / 16.0 / free_mps
}

/// Share of the lanes' length that is covered.
fn occupied(scene: &Scene<'_>, row: &LinkInterval) -> f32 {
    let (lanes, length_m) = size(scene, row);
    (row.length_cm_ticks as f64 / (ticks(row).max(1) as f64 * lanes * length_m * 100.0)) as f32
}

/// A table of runs without rows, by its name.
#[must_use]
pub fn blank(name: &str) -> Option<Sheet> {
    let (city, run) = (City::default(), Observations::default());
    let scene = Scene { city: &city, run: &run };
    Some(match name {
        "detectors" => DETECTORS.sheet(&scene, &[]),
        "interventions" => INTERVENTIONS.sheet(&scene, &[]),
        "links" => LINKS.sheet(&scene, &[]),
        "network" => NETWORK.sheet(&scene, &[]),
        "trips" => TRIPS.sheet(&scene, &[]),
        "vehicles" => VEHICLES.sheet(&scene, &[]),
        _ => return None,
    })
}

/// All tables of one run that have something to say, in order of their names; `vehicles` and `detectors` only where there are any.
#[must_use]
pub fn of_run(scene: &Scene<'_>) -> Vec<Sheet> {
    let run = scene.run;
    let mut sheets = Vec::new();
    if !run.detectors.is_empty() {
        sheets.push(DETECTORS.sheet(scene, &run.detectors));
    }
    sheets.push(INTERVENTIONS.sheet(scene, &run.interventions));
    sheets.push(LINKS.sheet(scene, &run.links));
    sheets.push(NETWORK.sheet(scene, &run.network));
    sheets.push(TRIPS.sheet(scene, &run.trips));
    if !run.vehicles.is_empty() {
        sheets.push(VEHICLES.sheet(scene, &run.vehicles));
    }
    sheets
}
