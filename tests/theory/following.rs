//! Car following: closed forms of the intelligent driver model (Treiber, Hennecke, Helbing 2000).

use crate::common::{bench, near, trip, watch};
use forecity::city::generate::theory::{Stretch, corridor};
use forecity::city::{City, DepartPos, DepartSpeed, Halt, Trip};

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

/// The approach in f64, in ballistic steps of `dt`: time to 0.1 m/s, gap at rest, largest deceleration.
fn approach(dt: f64) -> [f64; 3] {
    let (mut gap, mut v, mut t, mut hardest, mut slow) = (200.0, V0, 0.0, 0.0_f64, f64::NAN);
    while v > 0.0 {
        let wanted = 2.0 + (v * 1.2 + v * v / (2.0 * 3.0_f64.sqrt())).max(0.0);
        let a = 1.5 * (1.0 - (v / V0).powi(4) - (wanted / gap) * (wanted / gap));
        let next = v + a * dt;
        gap -= if next < 0.0 { v * v / (-2.0 * a) } else { (v + next) / 2.0 * dt };
        if v > 0.1 && next <= 0.1 {
            slow = t + dt * (v - 0.1) / (v - next);
        }
        hardest = hardest.max(-a);
        (v, t) = (next.max(0.0), t + dt);
    }
    [slow, gap, hardest]
}

/// T0b, numerical: from v0 towards a car that stands 200 m ahead: 0.1 m/s after 20.635 s, at rest 1.955 m behind it, largest deceleration
/// 1.802 m/s2. In steps of 1/8 s the same equation gives 20.634 s, 1.966 m, 1.816 m/s2, since each acceleration is that of the beginning of
/// its step: this is what the engine is held to, 1 % and 1 cm.
#[test]
fn approach_to_a_standing_obstacle() {
    for (found, gold) in approach(0.0005).iter().zip([20.635, 1.9548, 1.802]) {
        assert!((found - gold).abs() < 1e-3, "fine steps give {found}, the gold value is {gold}");
    }
    let mut city = road(400.0);
    let halt = Halt { lane: 0, at_m: 250.0, dwell_s: 3600.0, until_s: f64::NAN };
    let standing = Trip { depart_pos: DepartPos::At(250.0), depart_speed: DepartSpeed::At(0.0), halts: vec![halt], ..trip("a", 0.0, &[0]) };
    let comes = Trip { depart_pos: DepartPos::At(45.0), depart_speed: DepartSpeed::At(V0), ..trip("b", 1.0, &[0]) };
    city.trips = vec![standing, comes];
    let (k, dt) = (3, 0.125);
    let seen = watch(&city, k, 90.0);
    let [obstacle, mine] = [0, 1].map(|who| seen.vehicles.iter().filter(|v| v.trip == who).collect::<Vec<_>>());
    let (rear_mm, first) = (f64::from(obstacle.last().expect("it stands").pos_mm) - 5000.0, mine[0]);
    assert_eq!((rear_mm - f64::from(first.pos_mm), first.speed_mmps), (200_000.0, 13_890), "where it starts");
    let slow = mine.iter().position(|v| v.speed_mmps <= 100).expect("it stops");
    let [a, b] = [mine[slow - 1], mine[slow]].map(|v| f64::from(v.speed_mmps));
    let time = (f64::from(mine[slow - 1].tick - first.tick) + (a - 100.0) / (a - b)) * dt;
    let gap = (rear_mm - f64::from(mine.last().expect("it stands").pos_mm)) / 1000.0;
    let hardest = mine.windows(2).map(|w| (f64::from(w[0].speed_mmps) - f64::from(w[1].speed_mmps)) / 1000.0 / dt).fold(0.0, f64::max);
    let gold = approach(dt);
    near("T0b time to 0.1 m/s", time, gold[0], 0.01);
    near("T0b largest deceleration", hardest, gold[2], 0.01);
    println!("T0b gap at rest: {gap:.4} m, gold {:.4}", gold[1]);
    assert!((gap - gold[1]).abs() <= 0.01, "gap at rest {gap} m");
}
