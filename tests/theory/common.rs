//! The bench vehicle, runs that are watched, streams.

use forecity::city::{City, DepartSpeed, Trip, VehicleClass};
use forecity::observe::Observations;
use forecity::random::pcg4d;
use forecity::simulation::{Machine, Settings, run};
use std::ops::ControlFlow;
use std::sync::Arc;

/// The bench vehicle of the gold tables: a 1.5, b 2, T 1.2, s0 2, 5 m, plain IDM.
pub fn bench() -> VehicleClass {
    VehicleClass { accel_mps2: 1.5, decel_mps2: 2.0, headway_s: 1.2, min_gap_m: 2.0, length_m: 5.0, ..VehicleClass::default() }
}

/// Runs with trajectories in every step; dt = 2^-k s.
pub fn watch(city: &City, k: u32, seconds: f64) -> Observations {
    let settings = Settings { k, to_s: seconds, drain_s: 0.0, vehicles_every_s: Some(f64::from(1 << k).recip()), ..Settings::default() };
    let machine = Machine { device: "cpu".into(), threads: 2 };
    let (mut seen, _) = run(city, &settings, &[1], &machine, &mut |_| ControlFlow::Continue(())).expect("the run");
    seen.remove(0)
}

/// A trip over links by index.
pub fn trip(id: &str, depart_s: f64, path: &[usize]) -> Trip {
    Trip { id: id.into(), depart_s, path: Arc::new(path.to_vec()), depart_speed: DepartSpeed::Max, ..Trip::default() }
}

/// A Poisson stream from the engine's own generator, keyed by name.
pub fn poisson(name: u32, per_h: f64, until_s: f64) -> Vec<f64> {
    let (mut t, mut n, mut all) = (0.0, 0, Vec::new());
    loop {
        let u = (f64::from(pcg4d(7, name, n, 99).w) + 0.5) / 4_294_967_296.0;
        t -= libm::log(u) * 3600.0 / per_h;
        n += 1;
        if t >= until_s {
            return all;
        }
        all.push(t);
    }
}

/// When each trip's front bumper leaves the lanes of a link \[s\], in order: between two trajectory rows, by its speed.
pub fn leaves(city: &City, seen: &Observations, link: usize) -> Vec<f64> {
    let lanes = city.links[link].lanes.clone();
    let dt = f64::from(seen.step_ms) / 1000.0;
    let mut last: Vec<Option<(u32, u32, u32)>> = vec![None; seen.trips.len()];
    let mut times = Vec::new();
    for row in &seen.vehicles {
        let inside = lanes.contains(&(row.lane as usize));
        if let (false, Some((tick, lane, pos))) = (inside, last[row.trip as usize]) {
            let left_m = city.lanes[lane as usize].length_m - f64::from(pos) / 1000.0;
            let way_m = left_m + f64::from(row.pos_mm) / 1000.0;
            times.push((f64::from(tick) + (left_m / way_m.max(1e-6)).min(1.0)) * dt);
        }
        last[row.trip as usize] = inside.then_some((row.tick, row.lane, row.pos_mm));
    }
    times.sort_by(f64::total_cmp);
    times
}

/// Runs with a position of every vehicle every `every_s` and a link row every `interval_s`; dt = 2^-k s.
pub fn look(city: &City, k: u32, seconds: f64, every_s: f64, seed: u64) -> Observations {
    let settings =
        Settings { k, to_s: seconds, drain_s: 3600.0, vehicles_every_s: Some(every_s), interval_s: 300.0, ..Settings::default() };
    let machine = Machine { device: "cpu".into(), threads: 2 };
    let (mut seen, _) = run(city, &settings, &[seed], &machine, &mut |_| ControlFlow::Continue(())).expect("the run");
    seen.remove(0)
}

/// `found` within a share of `gold`.
pub fn near(what: &str, found: f64, gold: f64, within: f64) {
    println!("{what}: {found:.4}, gold {gold:.4}, {:+.3} %", (found / gold - 1.0) * 100.0);
    assert!((found / gold - 1.0).abs() <= within, "{what}: {found}, gold {gold}, allowed {within}");
}
