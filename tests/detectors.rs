//! Several detectors on a lane: each counts exactly what passes it, and nothing of it depends on the others.

mod common;

use common::corridor_city;
use forecity::city::{City, Detector};
use forecity::observe::{DetectorInterval, Observations};
use forecity::simulation::{Machine, Settings, run};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Seeds of a batch.
const SEEDS: [u64; 2] = [1, 2];
/// Step of the corridor \[s\].
const STEP_S: f64 = 0.5;

fn seen(city: &City, seeds: &[u64], device: &str) -> Vec<Observations> {
    let settings = Settings { to_s: 600.0, drain_s: 600.0, interval_s: 150.0, vehicles_every_s: Some(STEP_S), ..Settings::default() };
    run(city, &settings, seeds, &Machine { device: device.into(), threads: 2 }, &mut |_| ControlFlow::Continue(())).expect("a run").0
}

/// Rows of one detector, without its number.
fn rows(seen: &Observations, detector: u32) -> Vec<DetectorInterval> {
    seen.detectors.iter().filter(|row| row.detector == detector).map(|row| DetectorInterval { detector: 0, ..row.clone() }).collect()
}

/// Front bumpers that the trajectories carry over a place of a lane: on it, or from before it to what follows the lane.
fn crossed(city: &City, seen: &Observations, detector: &Detector) -> u32 {
    let short = |pos_mm: u32| f64::from(pos_mm) < detector.at_m * 1000.0;
    let mut last: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
    let mut count = 0;
    for row in &seen.vehicles {
        let (lane, pos_mm) = last.insert(row.trip, (row.lane, row.pos_mm)).unwrap_or((u32::MAX, 0));
        let before = lane as usize == detector.lane && short(pos_mm);
        let same_link = (row.lane as usize) < city.lanes.len() && city.lanes[row.lane as usize].link == city.lanes[detector.lane].link;
        let beyond = !same_link || !short(row.pos_mm);
        count += u32::from(before && beyond);
    }
    count
}

#[test]
fn each_counts_what_the_trajectories_show() {
    let city = corridor_city();
    for seen in seen(&city, &SEEDS, "cpu") {
        let mut total = 0;
        for (index, detector) in city.detectors.iter().enumerate() {
            let counted: u32 = rows(&seen, index as u32).iter().map(|row| row.count).sum();
            if detector.at_m > 20.0 {
                assert_eq!(counted, crossed(&city, &seen, detector), "seed {}, {} at {} m", seen.seed, detector.id, detector.at_m);
            }
            total += counted;
        }
        assert!(total > 500, "{total}");
        assert_eq!(rows(&seen, 3), rows(&seen, 4), "two at one place");
    }
}

#[test]
fn none_depends_on_the_others() {
    let city = corridor_city();
    let all = seen(&city, &SEEDS, "cpu");
    assert_eq!(all[0].detectors.len() % city.detectors.len(), 0, "every detector has a row in every interval");
    for (index, detector) in city.detectors.iter().enumerate() {
        let alone = City { detectors: vec![detector.clone()], ..city.clone() };
        for (alone, all) in seen(&alone, &SEEDS, "cpu").iter().zip(&all) {
            assert_eq!(rows(alone, 0), rows(all, index as u32), "{} alone on its lane", detector.id);
            assert_eq!(alone.trips, all.trips, "detectors change nothing");
        }
    }
    assert_eq!(seen(&city, &SEEDS[1..], "cpu")[0], all[1], "a world alone");
    #[cfg(feature = "gpu")]
    if let Some(opened) = forecity::backend::testing::gpu() {
        assert_eq!(seen(&city, &SEEDS, &opened.name), all, "{}", opened.name);
    }
}
