//! Streams: conservation in integers, symmetry, the size of the step, several lanes.

use crate::common::{bench, leaves, look, near, trip, watch};
use forecity::city::generate::grid;
use forecity::city::generate::theory::{Stretch, corridor};
use forecity::city::{City, Detector, Following, Movement, VehicleClass};
use forecity::observe::Status;
use forecity::scenario::grid::GridSpec;

fn small_grid() -> City {
    grid(&GridSpec { columns: 5, rows: 4, trips_per_h: Some(1500.0), ..GridSpec::default() })
}

/// T20, exact: time in the system counted by lanes equals time in the system counted by trips; so do distances (Edie 1963, Little 1961).
#[test]
fn lanes_and_trips_count_the_same_time() {
    let mut city = small_grid();
    city.trips.clear();
    let path: Vec<usize> = vec![0];
    city.od.clear();
    city.trips = (0..300).map(|i| trip(&format!("e{i}"), f64::from(i) * 4.0, &path)).collect();
    let seen = look(&city, 1, 1800.0, 1800.0, 1);
    assert!(seen.trips.iter().all(|t| t.status == Status::Arrived), "all arrive");
    let by_lanes: u64 = seen.links.iter().map(|l| l.present_ticks).sum();
    let by_trips: u64 = seen.trips.iter().map(|t| u64::from(t.arrive_tick - t.depart_tick)).sum();
    // A trip is on the road from the tick after its entry to the tick in which it arrives.
    assert_eq!(by_lanes, by_trips, "vehicle ticks");
    let (entered, left): (u32, u32) =
        seen.links.iter().fold((0, 0), |(a, b), l| (a + l.entered_veh + l.departed_veh, b + l.left_veh + l.arrived_veh));
    assert_eq!(entered, left, "what comes in goes out");
}

/// T23, exact: a city that lies 10 km further east and north is the same city.
#[test]
fn a_city_elsewhere_is_the_same() {
    let here = small_grid();
    let mut there = here.clone();
    for node in &mut there.nodes {
        node.at_m = [node.at_m[0] + 10_000.0, node.at_m[1] + 10_000.0];
    }
    for shape in there.links.iter_mut().map(|l| &mut l.shape_m).chain(there.lanes.iter_mut().map(|l| &mut l.shape_m)) {
        for p in shape {
            *p = [p[0] + 10_000.0, p[1] + 10_000.0];
        }
    }
    let hash = |city: &City| look(city, 1, 1200.0, 1200.0, 3).state_hash;
    assert_eq!(hash(&here), hash(&there));
}

/// T22: mean travel time on a grid barely depends on the step: 0.5 s against 0.125 s within 2 %. Free flow first: what the signals add is
/// the same cycle in all.
#[test]
fn the_size_of_the_step_does_not_matter() {
    let mut city = corridor(&[Stretch { length_m: 1500.0, speed_mps: 13.89, lanes: 1, signal: None }]);
    city.classes[0] = bench();
    city.trips = (0..600).map(|i| trip(&format!("s{i}"), f64::from(i) * 3.0, &[0])).collect();
    let mean = |k: u32| {
        let seen = look(&city, k, 1800.0, 1800.0, 1);
        let ticks: u64 = seen.trips.iter().map(|t| u64::from(t.arrive_tick - t.depart_tick)).sum();
        ticks as f64 / f64::from(1_u32 << k) / seen.trips.len() as f64
    };
    let finest = mean(3);
    near("T22 mean time at 0.5 s", mean(1), finest, 0.02);
    near("T22 mean time at 0.25 s", mean(2), finest, 0.02);
}

/// Vehicles an hour that leave link `at` between 600 s and 2,400 s.
fn outflow(city: &City, at: usize) -> f64 {
    let seen = watch(city, 1, 2400.0);
    let times = leaves(city, &seen, at);
    times.iter().filter(|t| (600.0..2400.0).contains(*t)).count() as f64 * 2.0
}

fn full_road(lanes: [usize; 2]) -> City {
    let stretch = |lanes| Stretch { length_m: 800.0, speed_mps: 13.89, lanes, signal: None };
    let mut city = corridor(&lanes.map(stretch));
    city.classes[0] = VehicleClass { following: Following::Idm, ..bench() };
    city.trips = (0..3600).map(|i| trip(&format!("l{i}"), f64::from(i) * 0.6, &[0, 1])).collect();
    city
}

/// T30: two lanes carry at least 1.9 times what one carries, and share it evenly within 3 %.
#[test]
fn two_lanes_carry_twice_as_much() {
    let (one, two) = (outflow(&full_road([1, 1]), 0), outflow(&full_road([2, 2]), 0));
    println!("T30: one lane {one} veh/h, two lanes {two} veh/h");
    assert!(two >= 1.9 * one, "{two} on two lanes, {one} on one");
    let seen = look(&full_road([2, 2]), 1, 2400.0, 10.0, 1);
    let city = full_road([2, 2]);
    let on = |lane: usize| seen.vehicles.iter().filter(|v| v.lane as usize == city.links[0].lanes.start + lane).count() as f64;
    near("T30 share of the right lane", on(0) / (on(0) + on(1)), 0.5, 0.06);
}

/// T30: where two lanes become one, at least 85 % of the capacity of one lane gets through.
#[test]
fn a_lane_drop_discharges() {
    let (one, drop) = (outflow(&full_road([1, 1]), 0), outflow(&full_road([2, 1]), 0));
    println!("T30: one lane {one} veh/h, behind a lane drop {drop} veh/h");
    assert!(drop >= 0.85 * one, "{drop} behind the drop, {one} on one lane");
}

/// A road of `lanes[0]` lanes of which `lanes[1]` go on; the others, at the kerb or on the far side, end without a way out. Full from the start.
fn ending(lanes: [usize; 2], kerb: bool, speed_mps: f64) -> City {
    let stretch = |lanes| Stretch { length_m: 800.0, speed_mps, lanes, signal: None };
    let mut city = corridor(&[lanes[0], lanes[0], lanes[1]].map(stretch));
    city.classes[0] = bench();
    let first = city.links[1].lanes.start + if kerb { lanes[0] - lanes[1] } else { 0 };
    let (before, behind): (Vec<_>, Vec<_>) = city.movements.into_iter().partition(|m| m.node == 1);
    let onward =
        (0..lanes[1]).map(|lane| Movement { from_lane: first + lane, to_lane: city.links[2].lanes.start + lane, ..behind[0].clone() });
    city.movements = before.into_iter().chain(onward).collect();
    city.conflicts.clear();
    city.trips = (0..4000 * lanes[1]).map(|i| trip(&format!("l{i}"), i as f64 * 0.6 / lanes[1] as f64, &[0, 1, 2])).collect();
    city
}

/// T30: the same where lanes end and who is on them has to change: one of two and of three, at the kerb and on the far side; two of three.
#[test]
fn a_lane_that_ends_discharges() {
    for speed_mps in [13.89, 8.33] {
        let one = outflow(&ending([1, 1], false, speed_mps), 1);
        for (lanes, kerb) in [([2, 1], false), ([2, 1], true), ([3, 2], false), ([3, 2], true), ([3, 1], false), ([3, 1], true)] {
            let through = outflow(&ending(lanes, kerb, speed_mps), 1) / lanes[1] as f64;
            println!("T30: {lanes:?} at {speed_mps} m/s, kerb {kerb}: {through} veh/h a lane behind, one lane {one} veh/h");
            assert!(through >= 0.85 * one, "{through} behind {lanes:?}, kerb {kerb}; {one} on one lane");
        }
    }
}

/// T12/T19: what cannot enter waits outside and is counted; nobody is lost.
#[test]
fn who_cannot_enter_is_counted() {
    let city = full_road([1, 1]);
    let seen = look(&city, 1, 2160.0, 2160.0, 1);
    for row in &seen.network {
        assert_eq!(row.due, row.departed + row.waiting_outside, "at tick {}", row.tick);
        assert_eq!(row.departed, row.inside + row.arrived, "at tick {}", row.tick);
    }
    assert!(seen.network.iter().any(|row| row.waiting_outside > 100), "a backlog is seen");
}

/// Exact: a detector counts every vehicle that passes it once, whatever the step, and its mean speed is that of free traffic.
#[test]
fn a_detector_counts_everybody() {
    for k in 0..=3 {
        for at_m in [0.5, 300.0, 799.0] {
            let mut city = full_road([1, 1]);
            city.trips = (0..120).map(|i| trip(&format!("l{i}"), f64::from(i) * 12.0, &[0, 1])).collect();
            city.detectors = vec![Detector { id: "loop".into(), lane: city.links[1].lanes.start, at_m }];
            let seen = look(&city, k, 1800.0, 1800.0, 1);
            let counted: u32 = seen.detectors.iter().map(|row| row.count).sum();
            assert_eq!(counted, 120, "at {at_m} m with a step of 2^-{k} s");
            let speed = seen.detectors.iter().map(|row| row.speed_sum_q8).sum::<u64>() as f64 / 256.0 / 120.0;
            near(&format!("mean speed at {at_m} m, 2^-{k} s"), speed, 13.8, 0.02);
        }
    }
}
