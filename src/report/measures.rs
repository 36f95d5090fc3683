//! One number a run: the measures of `scenario::measure` that this version computes, over the measured trips.
//!
//! Unfinished trips count with the time until the end of the run, a lower bound: means over arrived trips only are not offered. Travel time
//! and delay run from the wished departure, so waiting outside counts as well.

use super::table::Scene;
use super::tables::{road_delay_ms, road_ticks, wait_ticks};
use crate::observe::Status;
use crate::statistics::{mean, quantile};
use std::collections::BTreeMap;

/// Unit of a measure, as printed.
#[must_use]
pub fn unit(name: &str) -> &'static str {
    let units = [
        ("travel_time", "min"),
        ("delay", "s"),
        ("stops", "-"),
        ("queue", "m"),
        ("refused.share", "%"),
        ("refused.total", "veh"),
        ("person_delay", "person-h"),
        ("speed", "km/h"),
        ("vkt", "veh-km"),
        ("vht", "veh-h"),
        ("unfinished.share", "%"),
    ];
    units.iter().find(|(head, _)| name.starts_with(head)).map_or("-", |(_, unit)| unit)
}

/// Is the measure a mean or a total, to which the paired t interval belongs without reserve?
#[must_use]
pub fn is_mean(name: &str) -> bool {
    name.ends_with(".mean") || name.ends_with(".total")
}

/// All measures of one run, by name; NaN where there is nothing to say.
#[must_use]
pub fn all(scene: &Scene<'_>) -> BTreeMap<String, f64> {
    let run = scene.run;
    let mut found = BTreeMap::new();
    let trips: Vec<_> = run.trips.iter().filter(|trip| trip.measured && trip.status != Status::NoPath).collect();
    let sum_ms = |ticks: &dyn Fn(&crate::observe::TripRow) -> u64| -> f64 {
        let ticks: u64 = trips.iter().map(|trip| ticks(trip)).sum();
        ticks as f64 * f64::from(run.step_ms)
    };
    let delay_s: Vec<f64> = (trips.iter())
        .map(|trip| (road_delay_ms(run, trip) as f64 + wait_ticks(run, trip) as f64 * f64::from(run.step_ms)) / 1000.0)
        .collect();
    let minutes: Vec<f64> =
        trips.iter().map(|trip| (wait_ticks(run, trip) + road_ticks(run, trip)) as f64 * f64::from(run.step_ms) / 60_000.0).collect();
    spread(&mut found, "travel_time", minutes);
    let persons = |class: u32| scene.city.classes.get(class as usize).map_or(1.0, |class| class.persons);
    let person_h: Vec<f64> = trips.iter().zip(&delay_s).map(|(trip, delay)| persons(trip.class) * delay / 3600.0).collect();
    spread(&mut found, "delay", delay_s);
    found.insert("person_delay.total".into(), person_h.iter().sum());
    found.insert("person_delay.mean".into(), mean(&person_h));
    let stops: Vec<f64> = trips.iter().map(|trip| f64::from(trip.stops)).collect();
    found.insert("stops.mean".into(), mean(&stops));
    found.insert("stops.total".into(), stops.iter().sum());
    found.insert("stops.max".into(), stops.iter().copied().fold(0.0, f64::max));
    let queue_mm = run.links.iter().map(|link| link.queue_max_mm).max().unwrap_or(0);
    found.insert("queue.max".into(), f64::from(queue_mm) / 1000.0);
    let v = &run.validity;
    let share = |n: u32| 100.0 * f64::from(n) / f64::from(v.demanded);
    found.insert("refused.share".into(), share(v.refused));
    found.insert("refused.total".into(), f64::from(v.refused));
    found.insert("unfinished.share".into(), share(v.unfinished));
    let driven_mm: u64 = trips.iter().map(|trip| trip.length_mm).sum();
    let on_road_ms = sum_ms(&|trip| road_ticks(run, trip));
    found.insert("speed.mean".into(), 3.6 * driven_mm as f64 / on_road_ms);
    found.insert("vkt.total".into(), driven_mm as f64 / 1e6);
    found.insert("vht.total".into(), on_road_ms / 3_600_000.0);
    found
}

/// The statistics of one measure over trips.
fn spread(found: &mut BTreeMap<String, f64>, name: &str, mut values: Vec<f64>) {
    found.insert(format!("{name}.mean"), mean(&values));
    found.insert(format!("{name}.total"), values.iter().sum());
    values.sort_by(f64::total_cmp);
    for (statistic, share) in [("p05", 0.05), ("p50", 0.5), ("p95", 0.95), ("max", 1.0)] {
        found.insert(format!("{name}.{statistic}"), quantile(&values, share));
    }
}
