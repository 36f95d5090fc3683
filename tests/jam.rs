//! A city that is asked for more than it can carry: the gridlock ladder is climbed, every rung is counted and written down, nobody is lost, and
//! it is the same on every machine. Expected values are invariants: what comes in goes out or is there, counters equal rows.

use forecity::city::City;
use forecity::city::generate::grid;
use forecity::observe::{Observations, Status};
use forecity::scenario::grid::{GridSignals, GridSpec};
use forecity::simulation::{Machine, Settings, run};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// The morning, when the grid is busy \[s since midnight\].
const MORNING_S: f64 = 27_000.0;

fn crowded() -> City {
    grid(&GridSpec { columns: 4, rows: 4, block_m: 100.0, signals: GridSignals::Fixed, trips_per_h: Some(9000.0), ..GridSpec::default() })
}

fn jammed(city: &City, seeds: &[u64], device: &str, threads: usize) -> Vec<Observations> {
    let (from_s, to_s) = (MORNING_S, MORNING_S + 900.0);
    let settings = Settings { from_s, to_s, drain_s: 600.0, interval_s: 300.0, ..Settings::default() };
    let machine = Machine { device: device.into(), threads };
    run(city, &settings, seeds, &machine, &mut |_| ControlFlow::Continue(())).expect("a run").0
}

#[test]
fn every_rung_is_counted_and_nobody_is_lost() {
    let city = crowded();
    let runs = jammed(&city, &[1, 2], "cpu", 2);
    let mut rungs = [0; 6];
    for seen in &runs {
        let v = &seen.validity;
        assert_eq!((v.collisions, v.ledger_error, v.teleported), (0, 0, 0), "seed {}", seen.seed);
        assert_eq!(v.demanded, v.arrived + v.unfinished + v.refused, "seed {}", seen.seed);
        let rows = |rung: u32| seen.interventions.iter().filter(|row| row.rung == rung).count() as u32;
        assert_eq!([1, 2, 3, 5].map(rows), [v.courtesy, v.rerouted, v.rotated, v.missed_turns], "seed {}", seen.seed);
        (1..6).for_each(|rung| rungs[rung as usize] += rows(rung));
        let ways: u32 = seen.trips.iter().map(|trip| trip.reroutes).sum();
        assert_eq!(ways, v.rerouted, "trips know of their detours");
        assert!(seen.trips.iter().all(|trip| (trip.reroutes > 0) == (trip.forced & 2 != 0) || trip.status == Status::Refused));
        // Links: what came in less what went out is there, also of who was moved up in a circle.
        let mut there: BTreeMap<u32, i64> = BTreeMap::new();
        for row in &seen.links {
            let sum = there.entry(row.link).or_default();
            *sum += i64::from(row.entered_veh + row.departed_veh) - i64::from(row.left_veh + row.arrived_veh);
            assert_eq!(*sum, i64::from(row.inside_veh), "seed {}, link {} at tick {}", seen.seed, row.link, row.to_tick);
        }
    }
    assert!(rungs[2] > 0 && rungs[3] > 0, "other ways and circles are tried: {rungs:?}");
}

#[test]
fn help_is_the_same_on_every_machine() {
    let city = crowded();
    let both = jammed(&city, &[1, 2], "cpu", 2);
    for threads in [1, 3] {
        assert_eq!(jammed(&city, &[1, 2], "cpu", threads), both, "{threads} threads");
    }
    assert_eq!(jammed(&city, &[2], "cpu", 2)[0], both[1], "alone");
    #[cfg(feature = "gpu")]
    if let Some(opened) = forecity::backend::testing::gpu() {
        assert_eq!(jammed(&city, &[1, 2], &opened.name, 1), both, "{}", opened.name);
    }
}
