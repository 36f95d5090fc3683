//! A city that is asked for more than it can carry: the gridlock ladder is climbed, every rung is counted and written down, nobody is lost, and
//! it is the same on every machine. Expected values are invariants: what comes in goes out or is there, counters equal rows.

use forecity::city::generate::grid;
use forecity::city::generate::theory::{Stretch, corridor};
use forecity::city::signal::Plan;
use forecity::city::{Aspect, City, Trip};
use forecity::observe::{Observations, Status};
use forecity::report::validity::Limits;
use forecity::scenario::grid::{GridSignals, GridSpec};
use forecity::simulation::{Machine, Settings, run};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

/// The morning, when the grid is busy \[s since midnight\].
const MORNING_S: f64 = 27_000.0;

fn crowded() -> City {
    grid(&GridSpec { columns: 4, rows: 4, block_m: 100.0, signals: GridSignals::Fixed, trips_per_h: Some(9000.0), ..GridSpec::default() })
}

fn jammed(city: &City, seeds: &[u64], device: &str, threads: usize, teleport_after_s: Option<f64>) -> Vec<Observations> {
    let (from_s, to_s) = (MORNING_S, MORNING_S + 900.0);
    let settings = Settings { from_s, to_s, drain_s: 600.0, interval_s: 300.0, teleport_after_s, ..Settings::default() };
    let machine = Machine { device: device.into(), threads };
    run(city, &settings, seeds, &machine, &mut |_| ControlFlow::Continue(())).expect("a run").0
}

/// Links: what came in less what went out is there, also of who was moved by the host.
fn links_close(seen: &Observations) {
    let mut there: BTreeMap<u32, i64> = BTreeMap::new();
    for row in &seen.links {
        let sum = there.entry(row.link).or_default();
        *sum += i64::from(row.entered_veh + row.departed_veh) - i64::from(row.left_veh + row.arrived_veh);
        assert_eq!(*sum, i64::from(row.inside_veh), "seed {}, link {} at tick {}", seen.seed, row.link, row.to_tick);
    }
}

#[test]
fn every_rung_is_counted_and_nobody_is_lost() {
    let city = crowded();
    let runs = jammed(&city, &[1, 2], "cpu", 2, None);
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
        links_close(seen);
    }
    assert!(rungs[2] > 0 && rungs[3] > 0, "other ways and circles are tried: {rungs:?}");
}

/// With and without the last rung.
#[test]
fn help_is_the_same_on_every_machine() {
    let city = crowded();
    for teleport_after_s in [None, Some(90.0)] {
        let both = jammed(&city, &[1, 2], "cpu", 2, teleport_after_s);
        for threads in [1, 3] {
            assert_eq!(jammed(&city, &[1, 2], "cpu", threads, teleport_after_s), both, "{threads} threads");
        }
        assert_eq!(jammed(&city, &[2], "cpu", 2, teleport_after_s)[0], both[1], "alone");
        #[cfg(feature = "gpu")]
        if let Some(opened) = forecity::backend::testing::gpu() {
            assert_eq!(jammed(&city, &[1, 2], &opened.name, 1, teleport_after_s), both, "{}", opened.name);
        }
    }
}

#[test]
fn teleports_are_counted_and_nobody_is_lost() {
    let city = crowded();
    let limits = Limits::default();
    let mut carried = 0;
    for seen in jammed(&city, &[1, 2], "cpu", 2, Some(90.0)) {
        let v = &seen.validity;
        assert_eq!((v.collisions, v.ledger_error, v.faults), (0, 0, 0), "seed {}", seen.seed);
        assert_eq!(v.demanded, v.arrived + v.unfinished + v.refused, "seed {}", seen.seed);
        let rows: Vec<_> = seen.interventions.iter().filter(|row| row.rung == 4).collect();
        assert_eq!(rows.len(), v.teleported as usize, "every one is a row");
        assert!(rows.iter().all(|row| row.waited_ticks > 180 && row.tick % 120 == 0), "nobody before his time, once a minute");
        assert!(rows.iter().all(|row| seen.trips[row.trip as usize].forced & 16 != 0), "trips know of it");
        assert_eq!(seen.network.last().map(|row| row.interventions[3]), Some(v.teleported));
        let share = f64::from(v.rotated + v.teleported) / f64::from(v.departed);
        let broken = v.broken(&limits).iter().any(|why| why.starts_with("rotated + teleported"));
        assert_eq!(broken, share > limits.forced, "{:?}", v.broken(&limits));
        links_close(&seen);
        carried += v.teleported;
    }
    assert!(carried > 50, "{carried}");
}

/// A light that stays red: one after the other is taken to the next link, in the minute after he has headed the queue for so long, and arrives.
#[test]
fn a_teleport_leads_to_the_next_link_with_room() {
    let stretch = |signal| Stretch { length_m: 400.0, speed_mps: 50.0 / 3.6, lanes: 1, signal };
    let mut city = corridor(&[stretch(Some(Plan::default())), stretch(None)]);
    city.controllers[0].phases.iter_mut().for_each(|phase| phase.aspects.fill(Aspect::Red));
    let path = Arc::new(vec![0, 1]);
    city.trips =
        (0..3_u32).map(|n| Trip { id: format!("t{n}"), depart_s: f64::from(n) * 10.0, path: path.clone(), ..Trip::default() }).collect();
    let seen = |teleport_after_s| {
        let settings = Settings { to_s: 60.0, drain_s: 2400.0, teleport_after_s, ..Settings::default() };
        run(&city, &settings, &[1], &Machine { device: "cpu".into(), threads: 1 }, &mut |_| ControlFlow::Continue(()))
            .expect("a run")
            .0
            .remove(0)
    };
    assert_eq!(seen(None).validity.unfinished, 3, "off by itself");
    let seen = seen(Some(300.0));
    let v = &seen.validity;
    assert_eq!((v.arrived, v.teleported, v.departed), (3, 3, 3));
    assert_eq!(v.broken(&Limits::default()), ["rotated + teleported 100.00 % > 0.50 %"]);
    let rows: Vec<_> = seen.interventions.iter().map(|row| (row.rung, row.trip, row.tick / 120)).collect();
    assert_eq!(rows, [(4, 0, 6), (4, 1, 12), (4, 2, 18)], "the first at six minutes, each other when he has headed the queue for so long");
    assert!(seen.interventions.iter().all(|row| (600..=720).contains(&row.waited_ticks)));
    for trip in &seen.trips {
        let metres = trip.length_mm / 1000;
        assert!(trip.forced == 16 && (780..=800).contains(&metres), "{metres} m: what is jumped over is not driven");
    }
    links_close(&seen);
    let passed = |link: u32| seen.links.iter().filter(|row| row.link == link).map(|row| row.entered_veh + row.left_veh).sum::<u32>();
    assert_eq!([passed(0), passed(1)], [3, 3], "they leave the one and enter the other");
}
