//! Kinematic waves (Lighthill, Whitham 1955; Richards 1956) with the triangular diagram that Krauss without dawdling has: u 13.89 m/s,
//! wave 6.25 m/s, jam density 1/7.5 m.

use crate::common::{Spot, krauss, look, measure, near, passes, slope, times_on_the_way, tracks, trip};
use forecity::city::City;
use forecity::city::generate::theory::{Stretch, circle, circle_trips, corridor, signal_at};
use forecity::city::signal::Plan;
use forecity::observe::Status;
use forecity::simulation::{Machine, Settings, run};
use std::ops::ControlFlow;

/// Free speed \[m/s\].
const U: f64 = 13.89;

/// One lane, stretches of (length, limit), and an even stream over all of them.
fn stream(class_tau_s: f64, stretches: &[(f64, f64)], headway_s: f64, vehicles: usize) -> City {
    let lane = |&(length_m, speed_mps): &(f64, f64)| Stretch { length_m, speed_mps, lanes: 1, signal: None };
    let mut city = corridor(&stretches.iter().map(lane).collect::<Vec<_>>());
    city.classes[0] = krauss(class_tau_s);
    let path: Vec<usize> = (0..stretches.len()).collect();
    city.trips = (0..vehicles).map(|i| trip(&format!("w{i:05}"), i as f64 * headway_s, &path)).collect();
    city
}

/// First spot from `from_s` on at which the speed has come down to half of the free speed.
fn half_speed(track: &[Spot], from_s: f64) -> Option<(f64, f64)> {
    let goal = U / 2.0;
    let pair = track.windows(2).filter(|p| p[0].t >= from_s).find(|p| p[0].v > goal && p[1].v <= goal)?;
    let part = (goal - pair[0].v) / (pair[1].v - pair[0].v);
    Some((pair[0].t + part * (pair[1].t - pair[0].t), pair[0].x + part * (pair[1].x - pair[0].x)))
}

/// T11, exact: at a red the tail of the queue moves with (0 - q) / (kj - q/u) = -1.3736 m/s when 600 veh/h arrive, and after its end the wave
/// of starting vehicles with -w = -6.25 m/s, read behind the tenth vehicle. In this theory a vehicle goes from rest to free speed at once: it
/// starts where the line of its free driving, taken back, meets the place where it stood (Newell 2002). Places of equal speed are no measure of
/// that wave: half of the free speed runs with -5.57 m/s here, and also in the same law in f64 (-5.569).
#[test]
fn shock_at_a_red_light() {
    let plan = Plan { cycle_s: 700.0, green_share: 0.5, ..Plan::default() };
    let lane = |length_m, signal| Stretch { length_m, speed_mps: U, lanes: 1, signal };
    let mut city = corridor(&[lane(1500.0, Some(plan)), lane(400.0, None)]);
    city.classes[0] = krauss(1.2);
    city.trips = (0..150).map(|i| trip(&format!("w{i:05}"), f64::from(i) * 6.0, &[0, 1])).collect();
    let seen = look(&city, 1, 1000.0, 0.5, 1);
    let all = tracks(&city, &seen, &[0, 1]);
    // Red from second 350 to 700.
    let stops: Vec<_> = all.iter().filter_map(|track| half_speed(track, 340.0)).filter(|p| p.0 < 700.0).skip(10).collect();
    let start = |track: &Vec<Spot>| {
        let stood = track.iter().find(|spot| spot.t >= 699.0).filter(|spot| spot.v < 0.01)?;
        Some((passes(track, 1700.0)? - (1700.0 - stood.x) / U, stood.x))
    };
    let starts: Vec<_> = all.iter().filter_map(start).skip(10).take(30).collect();
    println!("T11: {} stop, {} start", stops.len(), starts.len());
    near("T11 tail", slope(&stops), -1.3736, 0.03);
    near("T11 start wave", slope(&starts), -6.25, 0.03);
}

/// T12, exact: 2,400 veh/h arrive for half an hour at a bottleneck of 1,800 veh/h: at most 300 wait, the queue is gone after 0.6667 h, all
/// together lose 100 veh h. The bottleneck is a limit of 7.5 m/s with tau 1 s: v / (v tau + 7.5) = 0.5 veh/s.
#[test]
fn a_bottleneck_for_half_an_hour() {
    let road = [(10_000.0, 20.0), (300.0, 7.5)];
    let free = times_on_the_way(&measure(&stream(1.0, &road, 1.5, 1), 1, 3600.0))[0];
    let seen = measure(&stream(1.0, &road, 1.5, 1200), 1, 3600.0);
    assert!(seen.trips.iter().all(|t| t.status == Status::Arrived), "all arrive");
    let late: Vec<f64> = times_on_the_way(&seen).iter().map(|t| t - free).collect();
    near("T12 delay of all", late.iter().sum::<f64>() / 3600.0, 100.0, 0.02);
    // Virtual arrivals come every 1.5 s; who leaves n-th leaves behind him all who came until then.
    let mut left: Vec<f64> = (0..1200).map(|i| f64::from(i) * 1.5).zip(&late).map(|(due, late)| due + late).collect();
    left.sort_by(f64::total_cmp);
    let queue = left.iter().enumerate().map(|(n, t)| (t / 1.5).floor().min(1199.0) + 1.0 - n as f64).fold(0.0, f64::max);
    near("T12 longest queue", queue, 300.0, 0.02);
    near("T12 clears after", left[1199] / 3600.0, 0.666_667, 0.02);
}

/// T13, exact: a link of 1,000 m carries 1,500 veh/h when its exit drops to 900 veh/h: the shock runs back with -2.6315 m/s, is at the entry after
/// 380.01 s, when 93.33 vehicles are on the link, and from then on 900 veh/h come in. The exit is a limit of 2.6786 m/s
/// (v / (1.2 v + 7.5) = 0.25 veh/s), the drop is the arrival of the first vehicle there.
#[test]
fn spillback() {
    let city = stream(1.2, &[(600.0, U), (1000.0, U), (200.0, 1.875 / 0.7)], 2.4, 360);
    let seen = look(&city, 1, 860.0, 1.0, 1);
    let all = tracks(&city, &seen, &[0, 1, 2]);
    let (entry_m, exit_m) = (600.0, 1600.0);
    let ins: Vec<f64> = all.iter().filter_map(|track| passes(track, entry_m)).collect();
    let outs: Vec<f64> = all.iter().filter_map(|track| passes(track, exit_m)).collect();
    let zero = ins[0] + 1000.0 / U;
    // Where the lines of entries before and after meet.
    let line = |from: f64, to: f64| {
        let points: Vec<(f64, f64)> =
            ins.iter().enumerate().map(|(n, t)| (t - zero, n as f64)).filter(|p| (from..to).contains(&p.0)).collect();
        let (n, rate) = (points.len() as f64, slope(&points));
        (rate, points.iter().map(|p| p.1 - rate * p.0).sum::<f64>() / n)
    };
    let (before, after) = (line(0.0, 350.0), line(410.0, 560.0));
    near("T13 inflow after", after.0 * 3600.0, 900.0, 0.03);
    near("T13 shock at the entry after", (before.1 - after.1) / (after.0 - before.0), 380.01, 0.03);
    let on = |t: f64| ins.iter().filter(|i| **i - zero <= t).count() as f64 - outs.iter().filter(|o| **o - zero <= t).count() as f64;
    for t in (0..12).map(|i| f64::from(i) * 50.0) {
        let gold = 30.0 + (1500.0 - 900.0) / 3600.0 * t.min(380.01);
        println!("T13 at {t} s: {} vehicles, gold {gold:.2}", on(t));
        assert!((on(t) - gold).abs() <= 2.0, "{} vehicles at {t} s, exact {gold}", on(t));
    }
    let shock: Vec<_> = all.iter().filter_map(|track| half_speed(track, 0.0)).filter(|p| (600.0..1500.0).contains(&p.1)).collect();
    near("T13 shock", slope(&shock), -2.6315, 0.03);
}

/// Edie's density and flow \[veh/m, veh/s\] of a circle of 1,200 m with one signal and so many vehicles, over ten cycles.
fn signalled_circle(vehicles: usize) -> (f64, f64) {
    let spacing_m = 1200.0 / vehicles as f64;
    let mut city = circle(vehicles, spacing_m, U);
    let front_m = f64::midpoint(city.links[0].length_m, 5.0);
    city.trips = circle_trips(&city, &|_| front_m, 0.0, (1800.0 * U / spacing_m) as usize + 2);
    city.classes[0] = krauss(1.2);
    signal_at(&mut city, 0, &Plan { cycle_s: 90.0, green_share: 0.5, ..Plan::default() });
    let settings = Settings { k: 1, to_s: 1800.0, drain_s: 0.0, interval_s: 900.0, vehicles_every_s: Some(0.5), ..Settings::default() };
    let machine = Machine { device: "cpu".into(), threads: 1 };
    let (seen, _) = run(&city, &settings, &[1], &machine, &mut |_| ControlFlow::Continue(())).expect("the run");
    let (from, to) = (1800, 3600);
    let sum: u64 = seen[0].vehicles.iter().filter(|v| (from..to).contains(&v.tick)).map(|v| u64::from(v.speed_mmps)).sum();
    let area = 1200.0 * f64::from(to - from);
    (vehicles as f64 / 1200.0, sum as f64 / 1000.0 / area)
}

/// T27, exact: method of cuts (Daganzo, Geroliminis 2008) on one lane with one signal: q <= min(u k, s g/C, w (kj - k)); Edie's averages never lie
/// above. Here s is the 2,069 veh/h of the diagram and g the 45 s of green and amber together, as amber is driven through.
#[test]
fn no_average_lies_above_the_cuts() {
    let cut = |k: f64| (U * k).min(2069.02 / 3600.0 * 0.5).min(6.25 * (1.0 / 7.5 - k));
    let mut nearest = 0.0_f64;
    for vehicles in [6, 12, 18, 24, 36, 60, 84, 108, 120, 132, 144] {
        let (k, q) = signalled_circle(vehicles);
        println!("T27 at {:.1} veh/km: {:.1} veh/h, cut {:.1}", k * 1000.0, q * 3600.0, cut(k) * 3600.0);
        assert!(q <= cut(k), "{} veh/h at {} veh/km, cut {}", q * 3600.0, k * 1000.0, cut(k) * 3600.0);
        nearest = nearest.max(q / cut(k));
    }
    assert!(nearest > 0.85, "the cuts are nearly reached: {nearest}");
}
