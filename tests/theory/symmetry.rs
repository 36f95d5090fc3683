//! What must not matter: the order of the input, names, the clock, where north is, the side on which one drives; the size of the step. And
//! what demand must be: counted, and without memory.

use crate::common::poisson;
use forecity::city::demand::sample;
use forecity::city::generate::grid;
use forecity::city::{City, DriveSide, Turn};
use forecity::observe::{Observations, Status};
use forecity::scenario::grid::{GridSignals, GridSpec};
use forecity::simulation::{Machine, Settings, run};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

fn small_grid(signals: GridSignals) -> City {
    grid(&GridSpec { columns: 5, rows: 4, trips_per_h: Some(2500.0), signals, ..GridSpec::default() })
}

/// A quarter of an hour of departures from `from_s` on, then until all have arrived.
fn drive(city: &City, k: u32, from_s: f64, seeds: &[u64]) -> Vec<Observations> {
    let settings = Settings { k, from_s, to_s: from_s + 900.0, drain_s: 7200.0, ..Settings::default() };
    let machine = Machine { device: "cpu".into(), threads: 2 };
    run(city, &settings, seeds, &machine, &mut |_| ControlFlow::Continue(())).expect("the run").0
}

/// Entry, arrival and way of each trip by name.
fn fates(seen: &Observations) -> BTreeMap<String, (u32, u32, u64)> {
    assert!(seen.trips.len() > 300, "there is traffic");
    seen.trips.iter().map(|t| (t.id.clone(), (t.depart_tick, t.arrive_tick, t.length_mm))).collect()
}

/// The grid with its trips of seed 1 as explicit ones.
fn with_trips(signals: GridSignals) -> City {
    let mut city = small_grid(signals);
    city.trips = sample(&city, 1, 0.0, 900.0);
    city.od.clear();
    city
}

/// With signals, and with signs.
const BOTH: [GridSignals; 2] = [GridSignals::Fixed, GridSignals::None];

/// What becomes of trips in grids with signals or signs is the same when `change` has been made to them.
fn unchanged(name: &str, from_s: f64, grids: &[GridSignals], change: &dyn Fn(&City) -> City) {
    for &signals in grids {
        let city = with_trips(signals);
        let here = fates(&drive(&city, 1, 0.0, &[1])[0]);
        same_fates(&format!("{name}, signals {signals:?}"), &here, &fates(&drive(&change(&city), 1, from_s, &[1])[0]));
    }
}

fn same_fates(name: &str, a: &BTreeMap<String, (u32, u32, u64)>, b: &BTreeMap<String, (u32, u32, u64)>) {
    let differ = a.iter().filter(|(id, fate)| b.get(*id) != Some(fate)).count();
    println!("T23 {name}: {differ} of {} trips differ", a.len());
    assert_eq!(differ, 0, "{name}: trips differ");
    assert_eq!(a.len(), b.len(), "{name}: as many trips");
}

/// The same city with its links, movements and conflicts in reverse order.
fn backwards(city: &City) -> City {
    let mut there = city.clone();
    let (links, movements) = (city.links.len(), city.movements.len());
    there.links.reverse();
    there.movements.reverse();
    there.conflicts.reverse();
    for lane in &mut there.lanes {
        lane.link = links - 1 - lane.link;
    }
    for conflict in &mut there.conflicts {
        (conflict.a, conflict.b) = (movements - 1 - conflict.a, movements - 1 - conflict.b);
    }
    for trip in &mut there.trips {
        trip.path = Arc::new(trip.path.iter().map(|link| links - 1 - link).collect());
    }
    for zone in &mut there.zones {
        for list in [&mut zone.origins, &mut zone.destinations] {
            list.iter_mut().for_each(|link| *link = links - 1 - *link);
        }
    }
    there
}

/// Every point of the city through `f`.
fn moved(city: &City, f: impl Fn([f64; 2]) -> [f64; 2]) -> City {
    let mut there = city.clone();
    there.nodes.iter_mut().for_each(|n| n.at_m = f(n.at_m));
    let shapes = there.links.iter_mut().map(|l| &mut l.shape_m).chain(there.lanes.iter_mut().map(|l| &mut l.shape_m));
    for point in shapes.chain(there.movements.iter_mut().map(|m| &mut m.shape_m)).flatten() {
        *point = f(*point);
    }
    there
}

/// T23, exact: the order of trips in the input does not matter.
#[test]
fn the_order_of_trips_does_not_matter() {
    unchanged("order of trips", 0.0, &BOTH, &|city| {
        let mut shuffled = city.clone();
        shuffled.trips.sort_by_key(|t| forecity::random::key_of(&t.id));
        shuffled
    });
}

/// T23, exact: the order of links, movements and conflicts in the input does not matter.
#[test]
fn the_order_of_links_does_not_matter() {
    unchanged("order of links and movements", 0.0, &BOTH, &backwards);
}

/// T23, exact: a city turned by a quarter is the same city.
#[test]
fn where_north_is_does_not_matter() {
    unchanged("a quarter turn", 0.0, &BOTH, &|city| moved(city, |[x, y]| [-y, x]));
}

/// The city in a mirror: one drives on the left.
fn mirrored(city: &City) -> City {
    let mut mirror = moved(city, |[x, y]| [-x, y]);
    mirror.drive_side = DriveSide::Left;
    mirror.lanes.iter_mut().for_each(|lane| std::mem::swap(&mut lane.change_left, &mut lane.change_right));
    for movement in &mut mirror.movements {
        movement.turn = match movement.turn {
            Turn::Left => Turn::Right,
            Turn::Right => Turn::Left,
            other => other,
        };
    }
    mirror
}

/// T23, exact: in a mirror one drives on the left, and all else is the same.
#[test]
fn a_mirror_changes_nothing() {
    unchanged("mirror", 0.0, &[GridSignals::Fixed], &mirrored);
}

/// T23, exact: the same where signs rule.
#[test]
fn a_mirror_changes_nothing_where_signs_rule() {
    unchanged("mirror", 0.0, &[GridSignals::None], &mirrored);
}

/// T23, exact: an hour later, which is a whole number of cycles, all happens as before.
#[test]
fn the_clock_does_not_matter() {
    unchanged("an hour later", 3600.0, &BOTH, &|city| {
        let mut later = city.clone();
        later.trips.iter_mut().for_each(|t| t.depart_s += 3600.0);
        later
    });
}

/// Mean time from planned departure to arrival \[s\].
fn mean_time(seen: &Observations) -> f64 {
    assert!(seen.trips.iter().all(|t| t.status == Status::Arrived), "all arrive");
    let times = seen.trips.iter().map(|t| f64::from(t.arrive_tick) * f64::from(seen.step_ms) - t.due_ms as f64);
    times.sum::<f64>() / seen.trips.len() as f64 / 1000.0
}

/// Largest distance of two empirical distributions.
fn ks(a: &[f64], b: &[f64]) -> f64 {
    let below = |list: &[f64], x: f64| list.iter().filter(|v| **v <= x).count() as f64 / list.len() as f64;
    a.iter().chain(b).map(|x| (below(a, *x) - below(b, *x)).abs()).fold(0.0, f64::max)
}

/// T23: other names give other drivers, and the same distribution: Kolmogorov-Smirnov on mean times of 20 seeds, p > 0.01.
#[test]
fn names_do_not_matter_on_average() {
    let city = with_trips(GridSignals::Fixed);
    let mut renamed = city.clone();
    renamed.trips.iter_mut().for_each(|t| t.id = format!("other|{}", t.id));
    let seeds: Vec<u64> = (1..=20).collect();
    let means = |city: &City| drive(city, 1, 0.0, &seeds).iter().map(mean_time).collect::<Vec<_>>();
    let (a, b) = (means(&city), means(&renamed));
    let distance = ks(&a, &b);
    let mean = |list: &[f64]| list.iter().sum::<f64>() / list.len() as f64;
    println!("T23 names: mean {:.2} and {:.2} s, distance {distance:.3}, allowed 0.515", mean(&a), mean(&b));
    assert!(distance < 1.63 * (2.0_f64 / 20.0).sqrt(), "distributions {distance} apart");
}

/// T22: mean travel time on a signalised grid barely depends on the step: differences shrink, 0.5 s is within 2 % of 0.125 s.
#[test]
fn the_size_of_the_step_does_not_matter_on_a_grid() {
    let city = small_grid(GridSignals::Fixed);
    let means: Vec<f64> = (0..=3)
        .map(|k| {
            let seen = drive(&city, k, 0.0, &[1, 2, 3, 4, 5, 6]);
            seen.iter().map(mean_time).sum::<f64>() / seen.len() as f64
        })
        .collect();
    let order = libm::log2(((means[0] - means[1]) / (means[1] - means[2])).abs());
    println!("T22 on a grid, dt 1/.5/.25/.125: {means:.2?} s, order {order:.2}");
    assert!((means[1] / means[3] - 1.0).abs() <= 0.02, "{} s at 0.5 s, {} s at 0.125 s", means[1], means[3]);
}

/// Largest distance of headways from the exponential distribution of their mean, times the root of their number.
fn exponential(times: &mut [f64], mean_s: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    let mut gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_by(f64::total_cmp);
    let n = gaps.len() as f64;
    let off = |(i, gap): (usize, &f64)| {
        let exact = 1.0 - libm::exp(-gap / mean_s);
        (exact - i as f64 / n).abs().max((exact - (i + 1) as f64 / n).abs())
    };
    gaps.iter().enumerate().map(off).fold(0.0, f64::max) * n.sqrt()
}

/// T29: as many trips as the origin-destination table says, and headways without memory (Kolmogorov-Smirnov, p > 0.01).
#[test]
fn demand_is_counted_and_has_no_memory() {
    let mut city = small_grid(GridSignals::Fixed);
    let cells = [(0, 5, 1200.0), (3, 1, 800.0), (7, 2, 400.0)];
    let first = city.od[0].clone();
    let cell =
        |(origin, destination, trips)| forecity::city::OdCell { origin, destination, trips, from_s: 0.0, to_s: 3600.0, ..first.clone() };
    city.od = cells.into_iter().map(cell).collect();
    for seed in 1..=5 {
        let trips = sample(&city, seed, 0.0, 3600.0);
        for (origin, destination, count) in cells {
            let mut times: Vec<f64> =
                trips.iter().filter(|t| (t.origin, t.destination) == (Some(origin), Some(destination))).map(|t| t.depart_s).collect();
            assert!((times.len() as f64 - count).abs() < 0.5, "{} trips, {count} in the table", times.len());
            let distance = exponential(&mut times, 3600.0 / count);
            println!("T29 seed {seed}, {count} trips: distance {distance:.3}, allowed 1.63");
            assert!(distance < 1.63, "headways are {distance} from exponential");
        }
    }
    let distance = exponential(&mut poisson(3, 1000.0, 7200.0), 3.6);
    println!("T29 stream of these tests: distance {distance:.3}, allowed 1.63");
    assert!(distance < 1.63, "headways are {distance} from exponential");
}
