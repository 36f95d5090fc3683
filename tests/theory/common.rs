//! The bench vehicle, runs that are watched, streams.

use forecity::city::{City, DepartSpeed, Following, Trip, VehicleClass};
use forecity::observe::{Observations, Status};
use forecity::random::pcg4d;
use forecity::simulation::{Machine, Settings, run};
use std::ops::ControlFlow;
use std::sync::Arc;

/// The bench vehicle of the gold tables: a 1.5, b 2, T 1.2, s0 2, 5 m, plain IDM.
pub fn bench() -> VehicleClass {
    VehicleClass { accel_mps2: 1.5, decel_mps2: 2.0, headway_s: 1.2, min_gap_m: 2.0, length_m: 5.0, ..VehicleClass::default() }
}

/// The city vehicle: a 1, b 1.5, T 1, s0 2, 5 m.
pub fn city_car() -> VehicleClass {
    VehicleClass { accel_mps2: 1.0, decel_mps2: 1.5, headway_s: 1.0, ..bench() }
}

/// Slope of the line of least squares.
pub fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let (mx, my) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    points.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum::<f64>() / points.iter().map(|p| (p.0 - mx) * (p.0 - mx)).sum::<f64>()
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

/// Krauss without dawdling, 5 m and 2.5 m: the triangular diagram with jam density 1/7.5 m and wave -7.5 m / tau.
pub fn krauss(tau_s: f64) -> VehicleClass {
    VehicleClass { following: Following::Krauss, noise: 0.0, headway_s: tau_s, min_gap_m: 2.5, length_m: 5.0, ..bench() }
}

/// Runs without trajectories until all have arrived or an hour after `seconds`; dt = 2^-k s.
pub fn measure(city: &City, k: u32, seconds: f64) -> Observations {
    let settings = Settings { k, to_s: seconds, drain_s: 3600.0, ..Settings::default() };
    let machine = Machine { device: "cpu".into(), threads: 2 };
    let (mut seen, _) = run(city, &settings, &[1], &machine, &mut |_| ControlFlow::Continue(())).expect("the run");
    seen.remove(0)
}

/// Vehicles an hour that leave a link between two times, whole multiples of 300 s; dt = 1/2 s.
pub fn leaving(city: &City, link: usize, from_s: f64, to_s: f64) -> f64 {
    let settings = Settings { k: 1, to_s, drain_s: 0.0, interval_s: 300.0, ..Settings::default() };
    let machine = Machine { device: "cpu".into(), threads: 1 };
    let (seen, _) = run(city, &settings, &[1], &machine, &mut |_| ControlFlow::Continue(())).expect("the run");
    let rows = seen[0].links.iter().filter(|row| row.link as usize == link && f64::from(row.from_tick) / 2.0 >= from_s);
    f64::from(rows.map(|row| row.left_veh).sum::<u32>()) * 3600.0 / (to_s - from_s)
}

/// From planned departure to arrival \[s\], of all who arrived.
pub fn times_on_the_way(seen: &Observations) -> Vec<f64> {
    let there = seen.trips.iter().filter(|t| t.status == Status::Arrived);
    there.map(|t| f64::from(t.arrive_tick) * f64::from(seen.step_ms) / 1000.0 - t.due_ms as f64 / 1000.0).collect()
}

/// Where and how fast a vehicle is: time \[s\], metres from the start of its path, speed \[m/s\].
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    pub t: f64,
    pub x: f64,
    pub v: f64,
}

/// Every vehicle's track along links `path` of one lane each, in order of appearance.
pub fn tracks(city: &City, seen: &Observations, path: &[usize]) -> Vec<Vec<Spot>> {
    let mut start_m = vec![None; city.lanes.len() + city.movements.len()];
    let mut x = 0.0;
    for (n, &link) in path.iter().enumerate() {
        let lane = city.links[link].lanes.start;
        start_m[lane] = Some(x);
        x += city.lanes[lane].length_m;
        let next = path.get(n + 1).map(|next| city.links[*next].lanes.start);
        if let Some(joint) = city.movements.iter().position(|m| m.from_lane == lane && Some(m.to_lane) == next) {
            start_m[city.lanes.len() + joint] = Some(x);
            x += city.movements[joint].length_m;
        }
    }
    let dt = f64::from(seen.step_ms) / 1000.0;
    let mut tracks: Vec<Vec<Spot>> = vec![Vec::new(); seen.trips.len()];
    for row in &seen.vehicles {
        if let Some(start) = start_m[row.lane as usize] {
            let spot =
                Spot { t: f64::from(row.tick) * dt, x: start + f64::from(row.pos_mm) / 1000.0, v: f64::from(row.speed_mmps) / 1000.0 };
            tracks[row.trip as usize].push(spot);
        }
    }
    tracks.retain(|track| !track.is_empty());
    tracks.sort_by(|a, b| a[0].t.total_cmp(&b[0].t));
    tracks
}

/// When a track passes `x` \[s\], if it does.
pub fn passes(track: &[Spot], x: f64) -> Option<f64> {
    let pair = track.windows(2).find(|pair| pair[0].x < x && pair[1].x >= x)?;
    Some(pair[0].t + (pair[1].t - pair[0].t) * (x - pair[0].x) / (pair[1].x - pair[0].x))
}
