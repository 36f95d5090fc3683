//! One number a run: the measures of `scenario::measure` that this version computes, over the measured trips.
//!
//! Unfinished trips count with the time until the end of the run, a lower bound: means over arrived trips only are not offered. Travel time
//! and delay run from the wished departure, so waiting outside counts as well.

use super::table::Scene;
use super::tables::{road_delay_ms, road_ticks, wait_ticks};
use crate::observe::{Status, TripRow};
use crate::scenario::measure;
use crate::statistics::nearest_rank;
use std::collections::BTreeMap;

/// Raised whenever the number of a measure can move while the tables stay as they are; runs of before are then done again, not mixed in.
pub const VERSION: u32 = 1;

/// Needs base at hand and is therefore added when both runs are there; see [`super::worse_off`].
pub const WORSE_OFF: &str = "worse_off.share";

/// Unit of a measure, as printed.
#[must_use]
pub fn unit(name: &str) -> &'static str {
    measure::unit(name)
}

/// Is the measure a mean or a total, to which the paired t interval belongs without reserve? Percentiles, shares, maxima and ratios (speed is
/// distance over time) are not.
#[must_use]
pub fn is_mean(name: &str) -> bool {
    name != "speed.mean" && (name.ends_with(".mean") || name.ends_with(".total"))
}

/// Is more of it better? Of speed only: everything else that is measured is a burden, or neither.
#[must_use]
pub fn more_is_better(name: &str) -> bool {
    name.starts_with("speed.")
}

/// Does a trip that has not ended count with what it has taken so far, so that the number is a lower bound?
#[must_use]
pub fn grows_with_time(name: &str) -> bool {
    ["travel_time.", "delay.", "person_delay.", "stops.", "vkt.", "vht."].iter().any(|head| name.starts_with(head))
}

/// Is it measured of single trips, so that it only compares two runs over the trips that both hold? A total grows with the number of trips.
#[must_use]
pub fn of_single_trips(name: &str) -> bool {
    let heads = ["travel_time.", "delay.", "person_delay.", "stops.", "detour."];
    heads.iter().any(|head| name.starts_with(head)) && !name.ends_with(".total")
}

/// The range that a value of the measure cannot leave, in its unit.
#[must_use]
pub fn range(name: &str) -> [f64; 2] {
    match name.rsplit_once('.') {
        Some((_, "share")) => [0.0, 100.0],
        // A delay below nothing is one of the clock: whole ticks.
        Some(("delay" | "person_delay", _)) => [f64::NEG_INFINITY, f64::INFINITY],
        _ => [0.0, f64::INFINITY],
    }
}

/// The measure in words, as the object of "adds 3 min to ..."; with `true` where it is one of trips, so that "of 18,400 trips" may follow.
#[must_use]
pub fn in_words(name: &str) -> (String, bool) {
    let (head, statistic) = name.rsplit_once('.').unwrap_or((name, ""));
    let thing = match head {
        "travel_time" => "travel time",
        "delay" => "delay",
        "stops" => "number of stops",
        "person_delay" => "delay of persons",
        _ => "",
    };
    let words = match (name, statistic) {
        ("queue.max", _) => "the longest queue",
        ("refused.share", _) => "the share of trips that are not let in",
        ("refused.total", _) => "the number of trips that are not let in",
        ("unfinished.share", _) => "the share of trips that do not end",
        (WORSE_OFF, _) => "the share of trips that take over 5 min longer than in base",
        ("detour.share", _) => "the share of trips that take another way underway",
        ("speed.mean", _) => "the mean speed",
        ("vkt.total", _) => "the distance driven",
        ("vht.total", _) => "the time spent driving",
        ("trips.total", _) => "the number of trips",
        (_, "mean") if !thing.is_empty() => return (format!("the mean {thing}"), true),
        (_, "total") if !thing.is_empty() => return (format!("the total {thing}"), true),
        (_, "max") if !thing.is_empty() => return (format!("the largest {thing}"), true),
        (_, "p50") if !thing.is_empty() => return (format!("the median {thing}"), true),
        (_, "p05") if !thing.is_empty() => return (format!("the 5th percentile of {thing}"), true),
        (_, "p95") if !thing.is_empty() => return (format!("the 95th percentile of {thing}"), true),
        _ => return (name.to_owned(), false),
    };
    (words.to_owned(), false)
}

/// All measures of one run that need no other run, by name; NaN where there is nothing to say.
#[must_use]
pub fn all(scene: &Scene<'_>) -> BTreeMap<String, f64> {
    let run = scene.run;
    let mut found = BTreeMap::new();
    let trips: Vec<&TripRow> = run.trips.iter().filter(|trip| trip.measured && trip.status != Status::NoPath).collect();
    found.insert("trips.total".into(), trips.len() as f64);
    let step_ms = i64::from(run.step_ms);
    let ms = |ticks: u64| i64::try_from(ticks).unwrap_or(i64::MAX).saturating_mul(step_ms);
    let travel_ms: Vec<i64> = trips.iter().map(|trip| ms(wait_ticks(run, trip) + road_ticks(run, trip))).collect();
    let delay_ms: Vec<i64> = trips.iter().map(|trip| road_delay_ms(run, trip) + ms(wait_ticks(run, trip))).collect();
    let persons = |class: u32| scene.city.classes.get(class as usize).map_or(1.0, |class| class.persons);
    let person_h: f64 = trips.iter().zip(&delay_ms).map(|(trip, delay)| persons(trip.class) * (*delay as f64 / 3_600_000.0)).sum();
    found.insert("person_delay.total".into(), person_h);
    found.insert("person_delay.mean".into(), person_h / trips.len() as f64);
    spread(&mut found, "travel_time", travel_ms, 60_000.0);
    spread(&mut found, "delay", delay_ms, 1000.0);
    let stops: u64 = trips.iter().map(|trip| u64::from(trip.stops)).sum();
    found.insert("stops.mean".into(), stops as f64 / trips.len() as f64);
    found.insert("stops.total".into(), stops as f64);
    found.insert("stops.max".into(), f64::from(trips.iter().map(|trip| trip.stops).max().unwrap_or(0)));
    let queue_mm = run.links.iter().map(|link| link.queue_max_mm).max().unwrap_or(0);
    found.insert("queue.max".into(), f64::from(queue_mm) / 1000.0);
    let v = &run.validity;
    let share = |n: u32| 100.0 * f64::from(n) / f64::from(v.demanded);
    found.insert("refused.share".into(), share(v.refused));
    found.insert("refused.total".into(), f64::from(v.refused));
    found.insert("unfinished.share".into(), share(v.unfinished));
    let led = trips.iter().filter(|trip| trip.reroutes > 0).count();
    found.insert("detour.share".into(), 100.0 * led as f64 / trips.len() as f64);
    let driven_mm: u64 = trips.iter().map(|trip| trip.length_mm).sum();
    let on_road_ms = ms(trips.iter().map(|trip| road_ticks(run, trip)).sum()) as f64;
    found.insert("speed.mean".into(), 3.6 * driven_mm as f64 / on_road_ms);
    found.insert("vkt.total".into(), driven_mm as f64 / 1e6);
    found.insert("vht.total".into(), on_road_ms / 3_600_000.0);
    found
}

/// The statistics of one measure over trips: exact sums and nearest ranks of whole milliseconds, divided once, by the `unit_ms` of its unit.
pub(super) fn spread(found: &mut BTreeMap<String, f64>, name: &str, mut values_ms: Vec<i64>, unit_ms: f64) {
    let total: i64 = values_ms.iter().sum();
    found.insert(format!("{name}.mean"), total as f64 / (unit_ms * values_ms.len() as f64));
    found.insert(format!("{name}.total"), total as f64 / unit_ms);
    values_ms.sort_unstable();
    for (statistic, percent) in [("p05", 5), ("p50", 50), ("p95", 95), ("max", 100)] {
        found.insert(format!("{name}.{statistic}"), nearest_rank(&values_ms, percent).map_or(f64::NAN, |value| value as f64 / unit_ms));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_that_is_said_to_be_computed_is_computed_and_has_words() {
        let city = crate::city::generate::grid(&crate::scenario::grid::GridSpec { columns: 2, rows: 2, ..Default::default() });
        let run = crate::observe::Observations { step_ms: 500, ..Default::default() };
        let there = all(&Scene { city: &city, run: &run });
        for known in measure::MEASURES.iter().filter(|known| known.computed) {
            for statistic in known.statistics {
                let name = format!("{}.{statistic}", known.name);
                assert!(there.contains_key(&name) || name == WORSE_OFF, "{name} is not computed");
                assert!(in_words(&name).0.starts_with("the "), "{name} has no words");
            }
        }
        for name in there.keys() {
            assert!(measure::find(name).is_some_and(|known| known.computed), "{name} is computed and cannot be asked for");
        }
        assert_eq!([unit("refused.total"), unit("refused.share"), unit("nothing")], ["veh", "%", "-"]);
    }

    #[test]
    fn percentiles_are_nearest_ranks_and_sums_exact() {
        let mut found = BTreeMap::new();
        spread(&mut found, "delay", (1..=20).map(|k| k * 1500).collect(), 1000.0);
        let at = |name: &str| found.get(name).copied().unwrap_or(f64::NAN);
        for (name, value) in [("p05", 1.5), ("p50", 15.0), ("p95", 28.5), ("max", 30.0), ("mean", 15.75), ("total", 315.0)] {
            assert!((at(&format!("delay.{name}")) - value).abs() < 1e-12, "{name}: {}", at(&format!("delay.{name}")));
        }
    }
}
