//! Microscopic traffic against theory: expected values are closed forms, exact solutions of the model's equation, or published capacities;
//! each test says which.

use forecity::city::generate::theory::{Stretch, Tee, corridor, tee};
use forecity::city::signal::Plan;
use forecity::city::{City, DepartSpeed, Trip, VehicleClass};
use forecity::observe::Observations;
use forecity::random::pcg4d;
use forecity::simulation::{Machine, Settings, run};
use std::ops::ControlFlow;
use std::sync::Arc;

/// The bench vehicle of the gold tables: a 1.5, b 2, T 1.2, s0 2, 5 m, plain IDM.
fn bench() -> VehicleClass {
    VehicleClass { accel_mps2: 1.5, decel_mps2: 2.0, headway_s: 1.2, min_gap_m: 2.0, length_m: 5.0, ..VehicleClass::default() }
}

/// Runs with trajectories in every step; dt = 2^-k s.
fn watch(city: &City, k: u32, seconds: f64) -> Observations {
    let settings = Settings { k, to_s: seconds, drain_s: 0.0, vehicles_every_s: Some(f64::from(1 << k).recip()), ..Settings::default() };
    let machine = Machine { device: "cpu".into(), threads: 2 };
    let (mut seen, _) = run(city, &settings, &[1], &machine, &mut |_| ControlFlow::Continue(())).expect("the run");
    seen.remove(0)
}

/// A trip over links by index.
fn trip(id: &str, depart_s: f64, path: &[usize]) -> Trip {
    Trip { id: id.into(), depart_s, path: Arc::new(path.to_vec()), depart_speed: DepartSpeed::Max, ..Trip::default() }
}

/// A Poisson stream from the engine's own generator, keyed by name.
fn poisson(name: u32, per_h: f64, until_s: f64) -> Vec<f64> {
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
fn leaves(city: &City, seen: &Observations, link: usize) -> Vec<f64> {
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

fn signal_corridor(class: VehicleClass) -> City {
    let plan = Plan { cycle_s: 90.0, green_share: 0.5, ..Plan::default() };
    let stretch = |length_m, signal| Stretch { length_m, speed_mps: 13.89, lanes: 1, signal };
    let mut city = corridor(&[stretch(800.0, Some(plan)), stretch(400.0, None)]);
    city.classes[0] = class;
    city
}

/// Mean headway of vehicles `from..=to` (1 = first) over the cycles of a queue that fills the approach, and the time lost by the first four.
fn discharge(city: &City, k: u32, from: usize, to: usize) -> (f64, f64) {
    let mut city = city.clone();
    city.trips = (0..3000).map(|i| trip(&format!("q{i}"), f64::from(i), &[0, 1])).collect();
    let seen = watch(&city, k, 3600.0);
    let times = leaves(&city, &seen, 0);
    // Platoons: a gap of more than 15 s is a red.
    let mut platoons: Vec<Vec<f64>> = vec![Vec::new()];
    for t in times {
        if platoons.last().and_then(|p| p.last()).is_some_and(|last| t - last > 15.0) {
            platoons.push(Vec::new());
        }
        platoons.last_mut().expect("one").push(t);
    }
    let full: Vec<&Vec<f64>> = platoons.iter().skip(6).filter(|p| p.len() > to).collect();
    assert!(full.len() > 20, "only {} full platoons", full.len());
    let n = full.len() as f64;
    let headway = full.iter().map(|p| (p[to - 1] - p[from - 2]) / (to - from + 1) as f64).sum::<f64>() / n;
    // Green begins every 90 s; the phase is found from the signal's plan: first departures are compared with the steady headway.
    let lost = full.iter().map(|p| (p[3] - p[0]) - 3.0 * headway).sum::<f64>() / n;
    (headway, lost)
}

/// T6, exact ODE: the bench vehicle discharges at 1640.6/1640.4/1639.4/1636.4 veh/h at dt .125/.25/.5/1 (front bumpers, vehicles 6-17).
#[test]
fn queue_discharge_of_the_bench_vehicle() {
    let city = signal_corridor(bench());
    for (k, gold) in [(3, 1640.6), (2, 1640.4), (1, 1639.4), (0, 1636.4)] {
        let (headway, _) = discharge(&city, k, 6, 17);
        let flow = 3600.0 / headway;
        println!("T6 dt 2^-{k}: {flow:.1} veh/h, gold {gold}");
        assert!((flow / gold - 1.0).abs() < 0.005, "{flow} veh/h at k {k}, exact {gold}");
    }
}

/// T7, HCM: the default vehicle reproduces field saturation flow, 1750..1950 veh/h/lane at 50 km/h.
#[test]
fn saturation_flow_of_the_default_vehicle() {
    for k in 0..=3 {
        let (headway, lost) = discharge(&signal_corridor(VehicleClass::default()), k, 5, 16);
        println!("T7 dt 2^-{k}: {:.1} veh/h, vehicles 2-4 lose {lost:.2} s", 3600.0 / headway);
        assert!((1750.0..1950.0).contains(&(3600.0 / headway)), "{}", 3600.0 / headway);
    }
}

/// T16: capacity of a stream that yields to a Poisson major stream. Published: HCM form with t_c, t_f of the turn.
fn gap_acceptance(name: &str, major: &[&str], minor: &[&str], gold: [f64; 5], within: f64) {
    let flows = [200.0, 400.0, 600.0, 800.0, 1000.0];
    let found = flows.map(|q| minor_capacity(major, minor, q));
    println!("T16 {name}: {found:.0?} veh/h, HCM {gold:?}, ratio {:.2?}", std::array::from_fn::<f64, 5, _>(|i| found[i] / gold[i]));
    for (found, gold) in found.iter().zip(gold) {
        assert!((found / gold - 1.0).abs() < within, "{name}: {found} veh/h, HCM {gold}");
    }
}

/// t_c 6.2 s, t_f 3.3 s.
#[test]
fn capacity_of_a_minor_right_turn() {
    gap_acceptance("minor right", &["west_in", "east_out"], &["minor_in", "east_out"], [846.0, 654.0, 505.0, 388.0, 298.0], 0.15);
}

/// t_c 7.1 s, t_f 3.5 s.
#[test]
fn capacity_of_a_minor_left_turn() {
    gap_acceptance("minor left", &["west_in", "east_out"], &["minor_in", "west_out"], [763.0, 564.0, 416.0, 306.0, 224.0], 0.15);
}

/// t_c 4.1 s, t_f 2.2 s.
#[test]
fn capacity_of_a_major_left_turn() {
    gap_acceptance("major left", &["west_in", "east_out"], &["east_in", "minor_out"], [1384.0, 1170.0, 987.0, 832.0, 700.0], 0.2);
}

fn minor_capacity(major: &[&str], minor: &[&str], per_h: f64) -> f64 {
    let mut city = tee(&Tee::default());
    let path = |names: &[&str]| names.iter().map(|n| city.links.iter().position(|l| l.id == *n).expect("a link")).collect::<Vec<_>>();
    let (major, minor) = (path(major), path(minor));
    let mut trips: Vec<Trip> = poisson(1, per_h, 7200.0).iter().enumerate().map(|(i, t)| trip(&format!("a{i}"), *t, &major)).collect();
    trips.extend((0..3600).map(|i| trip(&format!("b{i}"), f64::from(i) * 2.0, &minor)));
    city.trips = trips;
    let seen = watch(&city, 1, 7200.0);
    let out = leaves(&city, &seen, minor[0]);
    if std::env::var("DBG").is_ok() {
        println!(
            "q {per_h} major out {} validity {:?} minutes {:?}",
            leaves(&city, &seen, major[0]).len(),
            seen.validity,
            (0..24).map(|m| out.iter().filter(|t| (**t / 300.0) as usize == m).count()).collect::<Vec<_>>()
        );
    }
    out.iter().filter(|t| **t > 600.0).count() as f64 * 3600.0 / 6600.0
}
