//! Cities that several tests run.
#![allow(dead_code, reason = "each test file uses some of it")]

use forecity::city::generate::grid;
use forecity::city::generate::theory::{Stretch, Tee, corridor, ring, ring_trips, tee};
use forecity::city::signal::Plan;
use forecity::city::{City, DepartSpeed, Detector, Trip, VehicleClass};
use forecity::random::pcg4d;
use forecity::scenario::grid::{GridSignals, GridSpec};
use forecity::tables::Tables;
use forecity::tables::compile::{Span, compile};
use std::sync::Arc;

/// The morning, when the grid is busy \[s since midnight\].
const MORNING_S: f64 = 28_800.0;

/// Tables of a city from midnight on, half a second a tick.
pub fn tables(city: &City, seeds: &[u64]) -> Tables {
    compile(city, Span { k: 1, start_s: 0.0, from_s: 0.0, to_s: 3600.0, teleport_s: 0.0 }, seeds)
}

/// A busy grid of 4 x 3 junctions.
pub fn grid_city(signals: GridSignals, trips_per_h: f64) -> City {
    grid(&GridSpec { columns: 4, rows: 3, signals, trips_per_h: Some(trips_per_h), ..GridSpec::default() })
}

/// Its tables in the morning.
pub fn grid_tables(signals: GridSignals, trips_per_h: f64, seeds: &[u64]) -> Tables {
    let span = Span { k: 1, start_s: MORNING_S, from_s: MORNING_S, to_s: MORNING_S + 3600.0, teleport_s: 0.0 };
    compile(&grid_city(signals, trips_per_h), span, seeds)
}

/// A trip over links by index.
fn trip(id: String, depart_s: f64, path: &[usize]) -> Trip {
    Trip { id, depart_s, path: Arc::new(path.to_vec()), depart_speed: DepartSpeed::Max, ..Trip::default() }
}

/// Noise and spread, so that worlds differ.
fn noisy(city: &mut City) {
    for class in &mut city.classes {
        *class = VehicleClass { noise: 0.1, speed_dev: 0.1, ..class.clone() };
    }
}

/// Two lanes in a circle, 60 vehicles.
pub fn ring_city() -> City {
    let mut city = ring(1000.0, 50.0 / 3.6, 2);
    noisy(&mut city);
    city.trips = ring_trips(&city, 60, 5);
    city
}

/// A yielding minor road and a major one of two lanes, all six flows.
pub fn tee_city() -> City {
    let mut city = tee(&Tee { major_lanes: 2, ..Tee::default() });
    noisy(&mut city);
    let links = |name: &str| city.links.iter().position(|link| link.id == name).expect("a link of the tee");
    let (west, east, minor) = (["west_in", "west_out"], ["east_in", "east_out"], ["minor_in", "minor_out"]);
    let flows = [(west, east), (east, west), (west, minor), (east, minor), (minor, west), (minor, east)];
    let paths: Vec<[usize; 2]> = flows.iter().map(|(from, to)| [links(from[0]), links(to[1])]).collect();
    city.trips = (0..900_u32)
        .map(|n| {
            let word = pcg4d(7, n, 0, 99);
            trip(format!("t{n}"), f64::from(word.w % 3000), &paths[(word.x % 6) as usize])
        })
        .collect();
    city.trips.sort_by(|a, b| a.depart_s.total_cmp(&b.depart_s));
    city
}

/// Three lanes become one, behind a signal.
pub fn corridor_city() -> City {
    let stretch = |length_m, lanes, signal| Stretch { length_m, speed_mps: 50.0 / 3.6, lanes, signal };
    let plan = Plan { cycle_s: 60.0, green_share: 0.5, ..Plan::default() };
    let mut city = corridor(&[stretch(400.0, 2, Some(plan)), stretch(400.0, 3, None), stretch(400.0, 1, None)]);
    noisy(&mut city);
    // Three on one lane, one of them where it enters, and two on each lane of the next link.
    let lanes = |link: usize| city.links[link].lanes.clone();
    let places = lanes(0).take(1).flat_map(|lane| [(lane, 2.5), (lane, 150.0), (lane, 399.0)]);
    let places = places.chain(lanes(1).flat_map(|lane| [(lane, 40.0), (lane, 40.0)]));
    city.detectors = places.enumerate().map(|(n, (lane, at_m))| Detector { id: format!("d{n}"), lane, at_m }).collect();
    city.trips = (0..700).map(|n| trip(format!("c{n}"), f64::from(n) * 2.5, &[0, 1, 2])).collect();
    city
}

/// Three full lanes of which only the middle one goes on.
pub fn ending_city() -> City {
    let stretch = |length_m, lanes| Stretch { length_m, speed_mps: 50.0 / 3.6, lanes, signal: None };
    let mut city = corridor(&[stretch(150.0, 3), stretch(150.0, 3), stretch(150.0, 1)]);
    noisy(&mut city);
    let middle = city.links[1].lanes.start + 1;
    city.movements.retain(|m| m.node == 1 || m.from_lane == middle);
    city.conflicts.clear();
    city.trips = (0..1500).map(|n| trip(format!("e{n}"), f64::from(n) * 0.8, &[0, 1, 2])).collect();
    city
}
