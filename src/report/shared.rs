//! The trips that two runs share. A variant that adds or takes away trips is no longer driven by the same people: its mean travel time would be
//! compared with that of others. What is measured of single trips is then compared over those that both runs hold, and the others are told aside.

use super::measures;
use super::names::Names;
use super::table::Data;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// How the measured trips of a run go with those of the run in `RunRecord::against`. Only trips that have a way count.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shared {
    /// In both runs.
    pub trips: u64,
    /// In this run only.
    pub only_here: u64,
    /// In the other run only.
    pub only_there: u64,
    /// Measures of single trips in this run, over the trips of both; empty where both hold the same trips.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub here: BTreeMap<String, f64>,
    /// The same of the other run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub there: BTreeMap<String, f64>,
    /// Of the trips that only this run has.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub added: BTreeMap<String, f64>,
}

impl Shared {
    /// Do both runs hold the same trips?
    #[must_use]
    pub fn same(&self) -> bool {
        self.only_here == 0 && self.only_there == 0
    }
}

/// One trip, in whole units.
#[derive(Clone, Copy, Debug, Default)]
struct One {
    /// Row of its name.
    row: usize,
    /// From the wished departure to arrival or the end of the run \[ms\].
    travel_ms: i64,
    /// Lost of it \[ms\].
    delay_ms: i64,
    /// Halts.
    stops: i32,
    /// Persons.
    persons: f64,
    /// Led another way underway.
    led: bool,
}

/// The measured trips of one run that have a way, by name.
#[derive(Clone, Debug, Default)]
pub struct Trips {
    names: Names,
    all: Vec<One>,
}

/// The trips of one stored file by seed; `None` when it cannot be read.
#[must_use]
pub fn stored(path: &Path) -> Option<BTreeMap<u64, Trips>> {
    let names = ["seed", "measured", "trip_id", "status", "wait_outside_s", "travel_s", "delay_s", "stops", "persons", "reroutes"];
    let columns = super::stored::columns(path, &names).ok()?;
    let [
        Data::Count(seed),
        Data::Count(measured),
        Data::Text(id),
        Data::Text(status),
        Data::Real(wait_s),
        Data::Real(travel_s),
        Data::Real(delay_s),
        Data::Count(stops),
        Data::Real(persons),
        Data::Count(reroutes),
    ] = &columns[..]
    else {
        return None;
    };
    let ms = |seconds: f64| (seconds * 1000.0).round() as i64;
    let mut found: BTreeMap<u64, Trips> = BTreeMap::new();
    for row in (0..seed.len()).filter(|&row| measured[row] == 1 && status.get(row) != "no_path") {
        let run = found.entry(u64::try_from(seed[row]).unwrap_or(0)).or_default();
        let wait_s = f64::from(wait_s[row]);
        let (travel_ms, delay_ms) = (ms(wait_s + f64::from(travel_s[row])), ms(wait_s) + ms(f64::from(delay_s[row])));
        let persons = if persons[row].is_nan() { 1.0 } else { f64::from(persons[row]) };
        run.all.push(One { row: run.names.len(), travel_ms, delay_ms, stops: stops[row], persons, led: reroutes[row] > 0 });
        run.names.push(id.get(row));
    }
    for run in found.values_mut() {
        let Trips { names, all } = run;
        all.sort_by(|a, b| names.get(a.row).cmp(names.get(b.row)));
    }
    Some(found)
}

/// How the trips of `run` go with those of `base`.
#[must_use]
pub fn of(base: &Trips, run: &Trips) -> Shared {
    let (mut there, mut here, mut added) = (Vec::new(), Vec::new(), Vec::new());
    let mut from = 0;
    for one in &run.all {
        let name = run.names.get(one.row);
        while base.all.get(from).is_some_and(|other| base.names.get(other.row) < name) {
            from += 1;
        }
        match base.all.get(from).filter(|other| base.names.get(other.row) == name) {
            Some(other) => {
                there.push(*other);
                here.push(*one);
                from += 1;
            }
            None => added.push(*one),
        }
    }
    let (trips, only_here) = (here.len() as u64, added.len() as u64);
    let only_there = base.all.len() as u64 - trips;
    let mut shared = Shared { trips, only_here, only_there, ..Shared::default() };
    if !shared.same() {
        shared = Shared { here: measured(&here), there: measured(&there), added: measured(&added), ..shared };
    }
    shared
}

/// What is measured of single trips, as [`measures::all`] does over all of them.
fn measured(trips: &[One]) -> BTreeMap<String, f64> {
    let mut found = BTreeMap::new();
    if trips.is_empty() {
        return found;
    }
    let n = trips.len() as f64;
    measures::spread(&mut found, "travel_time", trips.iter().map(|one| one.travel_ms).collect(), 60_000.0);
    measures::spread(&mut found, "delay", trips.iter().map(|one| one.delay_ms).collect(), 1000.0);
    let person_h: f64 = trips.iter().map(|one| one.persons * (one.delay_ms as f64 / 3_600_000.0)).sum();
    found.insert("person_delay.mean".into(), person_h / n);
    found.insert("stops.mean".into(), trips.iter().map(|one| f64::from(one.stops)).sum::<f64>() / n);
    found.insert("stops.max".into(), f64::from(trips.iter().map(|one| one.stops).max().unwrap_or(0)));
    found.insert("detour.share".into(), 100.0 * trips.iter().filter(|one| one.led).count() as f64 / n);
    found.retain(|name, _| measures::of_single_trips(name));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trips(of: &[(&str, i64)]) -> Trips {
        let mut run = Trips::default();
        for (name, minutes) in of {
            run.all.push(One { row: run.names.len(), travel_ms: minutes * 60_000, persons: 1.0, ..One::default() });
            run.names.push(name);
        }
        let names = run.names.clone();
        run.all.sort_by(|a, b| names.get(a.row).cmp(names.get(b.row)));
        run
    }

    #[test]
    fn added_trips_are_told_aside() {
        let base = trips(&[("b", 10), ("a", 20), ("gone", 90)]);
        let run = trips(&[("a", 21), ("new", 60), ("b", 12), ("also new", 40)]);
        let shared = of(&base, &run);
        assert_eq!((shared.trips, shared.only_here, shared.only_there), (2, 2, 1));
        let at = |map: &BTreeMap<String, f64>| map["travel_time.mean"];
        assert!((at(&shared.here) - 16.5).abs() < 1e-12 && (at(&shared.there) - 15.0).abs() < 1e-12);
        assert!((at(&shared.added) - 50.0).abs() < 1e-12);
        assert!(!shared.here.contains_key("travel_time.total"), "a total is one of all trips");
        let same = of(&base, &base);
        assert!(same.same() && same.here.is_empty() && same.trips == 3);
    }
}
