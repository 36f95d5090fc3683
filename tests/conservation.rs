//! Nothing is lost: in every step, in every world, vehicles that entered = vehicles inside + vehicles that arrived, and no two overlap.

mod common;

use common::{corridor_city, grid_tables, ring_city, tables, tee_city};
use forecity::backend::cpu::Cpu;
use forecity::city::generate::grid;
use forecity::city::generate::theory::{Stretch, corridor, roundabout};
use forecity::city::{DepartSpeed, Following, Trip, VehicleClass};
use forecity::scenario::grid::{GridSignals, GridSpec};
use forecity::state::State;
use forecity::tables::Tables;
use forecity::tables::compile::{Span, compile};
use forecity::tables::layout::NONE;
use std::sync::Arc;

/// Fastest vehicle of all [Q16 m/s]: 64.
const FASTEST: i32 = 64 << 16;

/// What holds in every step.
fn ledger(name: &str, t: &Tables, s: &State) {
    let lanes = t.lane_count();
    for (world, w) in t.worlds.iter().enumerate() {
        let keys = world * lanes..(world + 1) * lanes;
        let departed: u32 = keys.clone().map(|key| s.queue[key] - t.queue_start[key]).sum();
        let arrived: u32 = s.sums[keys.clone()].iter().map(|sums| sums.arrived).sum();
        let entered: u32 = s.sums[keys].iter().map(|sums| sums.departed).sum();
        let due = t.trips[w.first_trip as usize..w.end_trip as usize].iter().filter(|trip| trip.due < s.tick()).count() as u32;
        assert_eq!(entered, departed, "{name}, tick {}, world {world}: trips taken from the queues", s.tick());
        assert_eq!(departed, s.inside(t, world) + arrived, "{name}, tick {}, world {world}: entered = inside + arrived", s.tick());
        assert!(departed <= due, "{name}, tick {}, world {world}: {departed} of {due} due have entered", s.tick());
    }
}

/// Rows: in the lane that lists them, front to back, a length apart, no faster than they may be.
fn order(name: &str, t: &Tables, s: &State) {
    assert_eq!(s.lane_start.last().copied(), u32::try_from(s.vehicles.len()).ok(), "{name}");
    for key in 0..t.keys() {
        let mine = &s.vehicles[s.lane_start[key] as usize..s.lane_start[key + 1] as usize];
        for v in mine {
            assert_eq!(v.lane as usize, key, "{name}, tick {}", s.tick());
            assert!((0..=FASTEST).contains(&v.v), "{name}, tick {}: speed {}", s.tick(), v.v);
            assert!(v.x >= 0 && v.x <= t.lanes[key % t.lane_count()].length, "{name}, tick {}: place {}", s.tick(), v.x);
        }
        for pair in mine.windows(2) {
            let rear = pair[0].x - t.params.classes[(pair[0].traits & 63) as usize].length;
            assert!(pair[0].x > pair[1].x, "{name}, tick {}, key {key}: out of order", s.tick());
            assert!(rear >= pair[1].x, "{name}, tick {}, key {key}: trips {} and {} overlap", s.tick(), pair[0].trip, pair[1].trip);
        }
    }
}

/// Each trip is in one place.
fn places(name: &str, t: &Tables, s: &State) {
    let mut seen = vec![false; t.trips.len()];
    for v in &s.vehicles {
        assert!(!std::mem::replace(&mut seen[v.trip as usize], true), "{name}: trip {} is in two places", v.trip);
        assert_ne!(s.log(v.trip as usize).depart, NONE, "{name}: trip {} is inside and never entered", v.trip);
    }
    for (trip, inside) in seen.iter().enumerate() {
        let log = s.log(trip);
        assert!(!(*inside && log.arrive != NONE), "{name}: trip {trip} is inside and has arrived");
        assert!(*inside || (log.depart == NONE) == (log.arrive == NONE), "{name}: trip {trip} is nowhere");
    }
}

fn holds(name: &str, t: &Tables, ticks: u32) {
    let mut cpu = Cpu::new(t, 2, State::new(t));
    for tick in 1..=ticks {
        cpu.step(t, 1);
        ledger(name, t, &cpu.state);
        order(name, t, &cpu.state);
        if tick % 100 == 0 {
            places(name, t, &cpu.state);
        }
    }
    let arrived: u32 = cpu.state.sums.iter().map(|sums| sums.arrived).sum();
    assert!(arrived > 0, "{name}: nobody arrived, {} are inside", cpu.state.vehicles.len());
}

#[test]
fn a_ring_keeps_its_vehicles() {
    holds("ring", &tables(&ring_city(), &[1, 2]), 3000);
}

#[test]
fn a_tee_keeps_its_vehicles() {
    holds("tee", &tables(&tee_city(), &[1, 2]), 4000);
}

#[test]
fn a_corridor_keeps_its_vehicles() {
    holds("corridor", &tables(&corridor_city(), &[1, 2]), 3000);
}

#[test]
fn a_grid_with_signals_keeps_its_vehicles() {
    holds("fixed", &grid_tables(GridSignals::Fixed, 6000.0, &[1]), 2400);
    holds("actuated", &grid_tables(GridSignals::Actuated, 6000.0, &[1, 2]), 1200);
    holds("max pressure", &grid_tables(GridSignals::MaxPressure, 6000.0, &[3]), 1200);
}

#[test]
fn a_grid_without_signals_keeps_its_vehicles() {
    holds("none", &grid_tables(GridSignals::None, 4000.0, &[1]), 2400);
}

#[test]
fn a_jammed_grid_keeps_its_vehicles() {
    holds("jammed", &grid_tables(GridSignals::Fixed, 20_000.0, &[1]), 2400);
}

/// Where everybody stands, many turn from wrong lanes: never two of them into one connector at once.
#[test]
fn a_jam_of_short_blocks_keeps_its_vehicles() {
    let spec =
        GridSpec { columns: 6, rows: 5, block_m: 60.0, signals: GridSignals::Fixed, trips_per_h: Some(20_000.0), ..GridSpec::default() };
    let city = grid(&spec);
    for k in 0..=1 {
        let t = compile(&city, Span { k, start_s: 27_000.0, from_s: 27_000.0, to_s: 28_800.0, teleport_s: 0.0 }, &[1, 2, 3, 4]);
        holds("short blocks", &t, 1800 << k);
    }
}

/// Lanes much shorter than a lorry, and a step much shorter than they are: it departs with its tail behind the start and jumps over nothing.
#[test]
fn a_lorry_that_departs_on_a_short_lane_is_not_lost() {
    let stretch = |length_m| Stretch { length_m, speed_mps: 50.0 / 3.6, lanes: 1, signal: None };
    let mut city = corridor(&[stretch(1.0), stretch(3.0), stretch(2.0), stretch(300.0)]);
    city.classes.iter_mut().for_each(|class| class.length_m = 15.0);
    city.trips = (0..20_u32)
        .map(|n| Trip { id: format!("l{n}"), depart_s: f64::from(n) * 5.0, path: Arc::new(vec![0, 1, 2, 3]), ..Trip::default() })
        .collect();
    for k in 0..=3 {
        let t = compile(&city, Span { k, start_s: 0.0, from_s: 0.0, to_s: 600.0, teleport_s: 0.0 }, &[1]);
        holds("short lanes", &t, 300 << k);
    }
}

/// Two lanes become one, and the street goes on in many pieces: an empty street of any length of pieces is room. It was none where the eight
/// lanes and junctions behind the merge were shorter than a vehicle together, and everybody stood for ever.
#[test]
fn nobody_waits_for_ever_before_tiny_empty_lanes() {
    for pieces in [3, 6, 30] {
        let stretch = |length_m, lanes| Stretch { length_m, speed_mps: 50.0 / 3.6, lanes, signal: None };
        let mut street = vec![stretch(200.0, 2)];
        street.extend((0..pieces).map(|_| stretch(0.2, 1)));
        street.push(stretch(200.0, 1));
        let mut city = corridor(&street);
        city.movements.iter_mut().for_each(|movement| movement.keep_clear = true);
        let path: Arc<Vec<usize>> = Arc::new((0..street.len()).collect());
        city.trips = (0..20_u32)
            .map(|n| Trip { id: format!("t{n}"), depart_s: f64::from(n) * 10.0, path: Arc::clone(&path), ..Trip::default() })
            .collect();
        let t = tables(&city, &[1]);
        holds("pieces", &t, 1200);
        let mut cpu = Cpu::new(&t, 2, State::new(&t));
        cpu.step(&t, 1200);
        let arrived = (0..t.trips.len()).filter(|trip| cpu.state.log(*trip).arrive != NONE).count();
        assert_eq!(arrived, t.trips.len(), "{pieces} pieces");
    }
}

/// Who has to change lanes on a link of 15 cm gets there, whatever his noise does to a creeping vehicle, and changes: they stood on the junction
/// before it for a minute and more. By theory nobody needs more than the free time, 36 s, and a few seconds to stop, change and start.
#[test]
fn nobody_creeps_towards_a_tiny_link() {
    let stretch = |length_m, lanes| Stretch { length_m, speed_mps: 50.0 / 3.6, lanes, signal: None };
    let mut city = corridor(&[stretch(250.0, 1), stretch(1.0, 2), stretch(250.0, 1)]);
    let (first, last) = (city.links[1].lanes.start, city.links[1].lanes.end - 1);
    for lane in [first, last] {
        city.lanes[lane].length_m = 0.15;
    }
    // In on the first lane, out from the last one.
    city.movements.retain(|m| m.to_lane != last && m.from_lane != first);
    city.conflicts.clear();
    city.classes[0] = VehicleClass { following: Following::Krauss, noise: 0.5, ..VehicleClass::default() };
    let path = Arc::new(vec![0, 1, 2]);
    let trip = |n: u32| Trip { id: format!("t{n}"), depart_s: f64::from(n) * 60.0, path: Arc::clone(&path), ..Trip::default() };
    city.trips = (0..20).map(trip).collect();
    for k in 0..=1 {
        let t = compile(&city, Span { k, start_s: 0.0, from_s: 0.0, to_s: 1800.0, teleport_s: 0.0 }, &[1, 2, 3]);
        holds("tiny", &t, 1800 << k);
        let mut cpu = Cpu::new(&t, 2, State::new(&t));
        cpu.step(&t, 1800 << k);
        for trip in 0..t.trips.len() {
            let log = cpu.state.log(trip);
            assert!(
                log.arrive != NONE && log.arrive - log.depart < 60 << k,
                "trip {trip} at step 2^-{k}: {} to {}",
                log.depart,
                log.arrive
            );
        }
    }
}

/// Who enters a roundabout over a connector shorter than a step, and who comes along the ring: two never come onto the lane behind in one step
/// side by side.
#[test]
fn a_full_roundabout_keeps_its_vehicles() {
    const SIDES: [&str; 4] = ["west", "south", "east", "north"];
    let mut city = roundabout(25.0, 200.0, 50.0 / 3.6, 1);
    for m in &mut city.movements {
        m.length_m = if m.id.starts_with("in_") { 4.4 } else { 12.0 };
    }
    let link = |name: String| city.links.iter().position(|l| l.id == name).expect("a link");
    let path = |from: usize, exits: usize| {
        let ring = (0..exits).map(|n| link(format!("ring_{}", SIDES[(from + n) % 4])));
        let ends = [link(format!("in_{}", SIDES[from])), link(format!("out_{}", SIDES[(from + exits) % 4]))];
        Arc::new([ends[0]].into_iter().chain(ring).chain([ends[1]]).collect::<Vec<_>>())
    };
    let trip = |n: usize| Trip {
        id: format!("o{n}"),
        depart_s: (n / 4 * 5) as f64 + (n % 4) as f64,
        path: path(n % 4, 1 + n / 4 % 3),
        depart_speed: DepartSpeed::Max,
        ..Trip::default()
    };
    city.trips = (0..1400).map(trip).collect();
    for class in &mut city.classes {
        (class.noise, class.speed_dev) = (0.2, 0.1);
    }
    for k in 0..=1 {
        let t = compile(&city, Span { k, start_s: 0.0, from_s: 0.0, to_s: 1800.0, teleport_s: 0.0 }, &[1, 2, 3]);
        holds("roundabout", &t, 1800 << k);
    }
}
