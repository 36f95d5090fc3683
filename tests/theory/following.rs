//! Car following: closed forms of the intelligent driver model (Treiber, Hennecke, Helbing 2000) and of Krauss 1998.

use crate::common::{bench, look, near, trip, watch};
use forecity::city::generate::theory::{Stretch, corridor, ring, ring_trips};
use forecity::city::{City, DepartSpeed, Following, Trip, VehicleClass};

/// Limit of all these roads \[m/s\].
const V0: f64 = 13.89;

fn road(length_m: f64) -> City {
    let mut city = corridor(&[Stretch { length_m, speed_mps: V0, lanes: 1, signal: None }]);
    city.classes[0] = bench();
    city
}

/// T0, exact: from rest, x = v/v0, t = v0/2a (atanh x + atan x), s = v0^2/2a atanh x^2. The ballistic update takes the acceleration of the
/// beginning of a step; to first order that comes early by dt/2 ln(a(v)/a(0)) and short by 2 dt v0 ((atanh x + atan x)/2 - x), which is taken
/// into account: what remains is the engine's own rounding, 0.1 %.
#[test]
fn free_acceleration_from_rest() {
    let mut city = road(1000.0);
    city.trips = vec![Trip { depart_speed: DepartSpeed::At(0.0), ..trip("a", 0.0, &[0]) }];
    let seen = watch(&city, 3, 60.0);
    let start_mm = f64::from(seen.vehicles[0].pos_mm);
    let first = f64::from(seen.vehicles[0].tick);
    for x in [0.5_f64, 0.9, 0.99] {
        let dt = 0.125;
        let sum = libm::atanh(x) + libm::atan(x);
        let t = V0 / 3.0 * sum + dt / 2.0 * libm::log(1.0 - x.powi(4));
        let s = V0 * V0 / 3.0 * libm::atanh(x * x) - 2.0 * dt * V0 * (sum / 2.0 - x);
        // The rows before and after the moment, joined by a straight line.
        let at = seen.vehicles.iter().position(|v| f64::from(v.speed_mmps) >= x * V0 * 1000.0).expect("it gets there");
        let [a, b] = [&seen.vehicles[at - 1], &seen.vehicles[at]];
        let part = (x * V0 * 1000.0 - f64::from(a.speed_mmps)) / f64::from(b.speed_mmps - a.speed_mmps);
        let time = (f64::from(a.tick) - first + part) * dt;
        let way = (f64::from(a.pos_mm) - start_mm + part * f64::from(b.pos_mm - a.pos_mm)) / 1000.0;
        near(&format!("T0 time to {x} v0"), time, t, 0.001);
        near(&format!("T0 way to {x} v0"), way, s, 0.001);
    }
}

/// Mean speed on a ring at dt = 2^-k s with `per_km` after `seconds`, and the density that came out \[veh/m\].
fn ring_speed(class: VehicleClass, per_km: f64, seconds: f64, k: u32) -> (f64, f64) {
    let mut city = ring(2000.0, V0, 1);
    city.classes[0] = class;
    let length_m: f64 = city.lanes.iter().map(|l| l.length_m).chain(city.movements.iter().map(|m| m.length_m)).sum();
    let n = (1_u16..).find(|n| f64::from(*n) >= per_km * length_m / 1000.0).unwrap_or(1);
    city.trips = ring_trips(&city, usize::from(n), 40);
    // The foremost enters first, so that nobody drives into the place of who is still to come.
    city.trips.reverse();
    for (at, trip) in city.trips.iter_mut().enumerate() {
        trip.id = format!("{at:05}");
    }
    let seen = watch_every(&city, k, seconds);
    let last = seen.vehicles.iter().map(|v| v.tick).max().expect("rows");
    let speeds: Vec<f64> = seen.vehicles.iter().filter(|v| v.tick == last).map(|v| f64::from(v.speed_mmps) / 1000.0).collect();
    assert_eq!(speeds.len(), usize::from(n), "all are on the ring");
    (speeds.iter().sum::<f64>() / f64::from(n), f64::from(n) / length_m)
}

fn watch_every(city: &City, k: u32, seconds: f64) -> forecity::observe::Observations {
    look(city, k, seconds, seconds, 1)
}

/// The equilibrium speed of the IDM at a density: s = (s0 + v T) / sqrt(1 - (v/v0)^4) and 1/k = s + L, by bisection.
fn idm_speed(class: &VehicleClass, per_m: f64) -> f64 {
    let (mut low, mut high) = (0.0, V0 * 0.999_999);
    for _ in 0..60 {
        let v: f64 = f64::midpoint(low, high);
        let s = (class.min_gap_m + v * class.headway_s) / (1.0 - (v / V0).powi(4)).sqrt();
        if s + class.length_m < 1.0 / per_m { low = v } else { high = v }
    }
    low
}

/// T1, exact: speed on a ring at equilibrium. Gold at 20/40 veh/km: 13.3003/11.1226 m/s. (Denser rings cannot be filled from outside.)
#[test]
fn equilibrium_on_a_ring() {
    assert!((idm_speed(&bench(), 0.04) - 11.1226).abs() < 1e-3, "the closed form gives the gold value");
    for per_km in [20.0, 30.0, 40.0] {
        let (v, k) = ring_speed(bench(), per_km, 1500.0, 4);
        near(&format!("T1 speed at {per_km} veh/km"), v, idm_speed(&bench(), k), 0.001);
    }
}

/// T2, exact: the largest flow over densities, 1697.60 veh/h for the bench vehicle at 50.9 veh/km; at 48 the closed form is 0.2 % below it.
#[test]
fn capacity_of_a_ring() {
    let most = [45.0, 47.0, 48.0].map(|per_km| ring_speed(bench(), per_km, 1500.0, 4)).map(|(v, k)| v * k * 3600.0);
    near("T2 capacity", most.into_iter().fold(0.0, f64::max), 1697.60, 0.005);
}

/// T3, exact: with Krauss and no dawdling the flow at a density is (1 - k (L + s0)) / tau on the congested branch.
#[test]
fn triangular_diagram_of_krauss() {
    let class = VehicleClass { following: Following::Krauss, noise: 0.0, headway_s: 1.2, min_gap_m: 2.5, length_m: 5.0, ..bench() };
    for per_km in [44.0, 48.0, 52.0] {
        let (v, k) = ring_speed(class.clone(), per_km, 1500.0, 4);
        near(&format!("T3 flow at {per_km} veh/km"), v * k * 3600.0, (1.0 - k * 7.5) / 1.2 * 3600.0, 0.005);
    }
}
