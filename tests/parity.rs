//! One hash: CPU and GPU, any number of threads, any size of group, any number of ticks a submit, alone or in a batch.
#![cfg(feature = "gpu")]
#![expect(clippy::print_stdout, reason = "a test says what it leaves out")]
#![expect(clippy::disallowed_methods, reason = "the folder of the data comes from the environment")]

mod common;

use common::{corridor_city, ending_city, grid_city, grid_tables, ring_city, tables, tee_city};
use forecity::backend::cpu::Cpu;
use forecity::backend::error::DeviceError;
use forecity::backend::gpu::Cut;
use forecity::backend::testing::{gpu, stage, steps};
use forecity::backend::{self, columns};
use forecity::import::sumo;
use forecity::observe::Observations;
use forecity::scenario::grid::GridSignals;
use forecity::simulation::{Device, Machine, Settings, run};
use forecity::stages::{STEP, Stage};
use forecity::state::{Scratch, State};
use forecity::tables::Tables;
use forecity::tables::compile::{Span, compile};
use forecity::tables::layout::{LANE_CONNECTOR, Vehicle};
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Seeds of a batch.
const SEEDS: [u64; 3] = [1, 2, 3];

/// Cities with their names, for some seeds.
fn cities(seeds: &[u64]) -> Vec<(&'static str, Tables)> {
    vec![
        ("ring", tables(&ring_city(), seeds)),
        ("tee", tables(&tee_city(), seeds)),
        ("corridor", tables(&corridor_city(), seeds)),
        ("lanes that end", tables(&ending_city(), seeds)),
        ("grid, fixed", grid_tables(GridSignals::Fixed, 6000.0, seeds)),
        ("grid, actuated", grid_tables(GridSignals::Actuated, 6000.0, seeds)),
        ("grid, max pressure", grid_tables(GridSignals::MaxPressure, 6000.0, seeds)),
        ("grid, none", grid_tables(GridSignals::None, 4000.0, seeds)),
    ]
}

/// Fills what a stage writes, so that a forgotten write cannot compare equal.
fn poison(stage: &Stage, c: &mut Scratch, rows: usize, with: u32) {
    for name in stage.writes {
        let bytes = |size: usize| [with; 1].iter().flat_map(|word| word.to_ne_bytes()).cycle().take(size).collect::<Vec<u8>>();
        match *name {
            "plan" => c.plan = vec![bytemuck::cast::<[u32; 13], Vehicle>([with; 13]); rows],
            "claims" | "swaps" | "entries" | "lane_next" | "block_sums" => {
                let size = columns::scratch_bytes(name, c).len();
                columns::put_scratch(name, &bytes(size), c);
            }
            // Columns of the state are written in part: the rest is carried on.
            _ => {}
        }
    }
}

/// What a stage may have changed, as bytes; words that no stage defines are left out.
fn outputs(stage: &Stage, t: &Tables, s: &State, c: &Scratch) -> Vec<(&'static str, Vec<u8>)> {
    let changed = [stage.writes, stage.owns, stage.adds].into_iter().flatten();
    changed
        .map(|name| {
            if columns::STATE.contains(name) {
                return (*name, columns::bytes(name, t, s).into_owned());
            }
            let mut bytes = columns::scratch_bytes(name, c).into_owned();
            if *name == "claims" {
                // Lanes make no claims.
                for (key, claim) in bytes.chunks_exact_mut(16).enumerate() {
                    if t.lanes[key % t.lane_count()].flags & LANE_CONNECTOR == 0 {
                        claim.fill(0);
                    }
                }
            }
            if stage.name == "scan_sums" {
                let last = bytes.len() - 4;
                bytes.truncate(last);
            }
            (*name, bytes)
        })
        .collect()
}

#[test]
fn every_stage_gives_the_same_bits_on_every_machine() {
    let Some(opened) = gpu() else { return };
    for (name, t) in cities(&SEEDS) {
        let mut cpu = Cpu::new(&t, 2, State::new(&t));
        cpu.scratch = Scratch::new(&t);
        for (at, group) in [(60, 64), (301, 32), (900, 256)] {
            cpu.step(&t, at - cpu.state.tick());
            let (s, c) = (&mut cpu.state, &mut cpu.scratch);
            for (index, row) in STEP.iter().enumerate() {
                let rows = s.vehicles.len();
                poison(row, c, rows, 0x5a5a_5a5a);
                let (state, scratch) = stage(opened, group, &t, index, s, c);
                poison(row, c, rows, 0xa5a5_a5a5);
                (row.cpu)(&t, s, c);
                let (found, expected) = (outputs(row, &t, &state, &scratch), outputs(row, &t, s, c));
                for ((column, found), (_, expected)) in found.iter().zip(&expected) {
                    let differ = found.chunks(4).zip(expected.chunks(4)).position(|(a, b)| a != b);
                    assert_eq!(differ, None, "{name}, tick {at}, stage {}, {column}: first word that differs", row.name);
                    assert_eq!(found.len(), expected.len(), "{name}, tick {at}, stage {}, {column}", row.name);
                }
            }
        }
        assert!(!cpu.state.vehicles.is_empty(), "{name} is empty");
    }
}

#[test]
fn the_cpu_takes_stages_together_and_one_by_one() {
    for (name, t) in cities(&SEEDS) {
        let mut together = Cpu::new(&t, 2, State::new(&t));
        let (mut state, mut scratch) = (State::new(&t), Scratch::new(&t));
        for tick in 0..200 {
            together.step(&t, 1);
            STEP.iter().for_each(|stage| (stage.cpu)(&t, &mut state, &mut scratch));
            assert_eq!(digests(&t, &together.state), digests(&t, &state), "{name}, tick {tick}");
        }
        assert!(!state.vehicles.is_empty(), "{name} is empty");
    }
}

/// So many lanes that what comes next is read ahead of time, in a batch whose worlds begin and end anywhere within that.
#[test]
fn a_batch_larger_than_a_cache_gives_the_same_bits() {
    const TICKS: u32 = 120;
    let span = Span { k: 1, start_s: 0.0, from_s: 0.0, to_s: 120.0, teleport_s: 0.0 };
    let city = grid_city(GridSignals::Actuated, 4000.0);
    let seeds: Vec<u64> = (1..=1000).collect();
    let t = compile(&city, span, &seeds);
    assert!(t.keys() > 160_000, "{} keys are few", t.keys());
    let (mut state, mut scratch) = (State::new(&t), Scratch::new(&t));
    (0..TICKS).for_each(|_| STEP.iter().for_each(|stage| (stage.cpu)(&t, &mut state, &mut scratch)));
    let expected = digests(&t, &state);
    assert!(state.vehicles.len() > 10_000, "{} vehicles are few", state.vehicles.len());
    for threads in [1, 2, 7] {
        let mut together = Cpu::new(&t, threads, State::new(&t));
        together.step(&t, TICKS);
        assert!(digests(&t, &together.state) == expected, "{threads} threads");
    }
    for world in [0, 499, 999] {
        let alone = compile(&city, span, &seeds[world..=world]);
        let mut cpu = Cpu::new(&alone, 1, State::new(&alone));
        cpu.step(&alone, TICKS);
        assert_eq!(digests(&alone, &cpu.state)[0], expected[world], "world {world} alone");
    }
}

fn digests(t: &Tables, s: &State) -> Vec<[u32; 4]> {
    (0..t.worlds.len()).map(|world| s.digest(t, world)).collect()
}

#[test]
fn whole_ticks_give_one_digest() {
    const TICKS: u32 = 200;
    let opened = gpu();
    let all = cities(&SEEDS);
    for (place, (name, t)) in all.iter().enumerate() {
        let mut cpu = Cpu::new(t, 1, State::new(t));
        cpu.step(t, TICKS);
        let expected = digests(t, &cpu.state);
        assert!(cpu.state.vehicles.len() > 20, "{name}: {} vehicles", cpu.state.vehicles.len());
        for threads in [2, 7] {
            let mut cpu = Cpu::new(t, threads, State::new(t));
            cpu.step(t, TICKS);
            assert_eq!(digests(t, &cpu.state), expected, "{name}, {threads} threads");
        }
        // A world of a batch is the same run alone.
        let (_, alone) = cities(&SEEDS[1..2]).swap_remove(place);
        let mut cpu = Cpu::new(&alone, 1, State::new(&alone));
        cpu.step(&alone, TICKS);
        assert_eq!(digests(&alone, &cpu.state)[0], expected[1], "{name}, alone");
        let Some(opened) = opened else { continue };
        for group in [32, 64, 256] {
            for ticks in [1, 7, 64] {
                let found = steps(opened, t, State::new(t), Cut { group, ticks }, TICKS);
                assert_eq!(digests(t, &found), expected, "{name}, groups of {group}, {ticks} ticks a submit");
            }
            let found = steps(opened, &alone, State::new(&alone), Cut { group, ticks: 64 }, TICKS);
            assert_eq!(digests(&alone, &found)[0], expected[1], "{name}, groups of {group}, alone");
        }
    }
}

#[test]
fn an_hour_of_the_grid_gives_one_digest() {
    let Some(opened) = gpu() else { return };
    let t = grid_tables(GridSignals::Fixed, 5000.0, &[1]);
    let mut cpu = Cpu::new(&t, 2, State::new(&t));
    let mut state = State::new(&t);
    for hour_part in 1..=3 {
        cpu.step(&t, 2400);
        state = steps(opened, &t, state, Cut::default(), 2400);
        assert_eq!(digests(&t, &state), digests(&t, &cpu.state), "after {hour_part} x 1200 s, {} vehicles", cpu.state.vehicles.len());
    }
}

/// A case of the data folder as tables. Without the folder the test is ignored, see `build.rs`.
fn imported(name: &str) -> Tables {
    let folder = std::env::var("FORECITY_DATA").map_or_else(|_| PathBuf::from("../shared/data"), PathBuf::from);
    let path = folder.join("sumo").join(name);
    let case = sumo::case(&path).expect("a case that can be read");
    let span = Span { k: 1, start_s: case.from_s.floor(), from_s: case.from_s, to_s: case.to_s, teleport_s: 0.0 };
    compile(&case.city, span, &[1, 2])
}

#[test]
#[cfg_attr(not(reference_data), ignore = "needs the reference data, see FORECITY_DATA")]
fn real_networks_give_one_digest() {
    let Some(opened) = gpu() else { return };
    for (name, ticks) in [("rilsa/example1/run.sumo.cfg", 1200), ("ingolstadt1/ingolstadt1.sumocfg", 600)] {
        let t = imported(name);
        let mut cpu = Cpu::new(&t, 2, State::new(&t));
        cpu.step(&t, ticks);
        let found = steps(opened, &t, State::new(&t), Cut::default(), ticks);
        println!("{name}: {} vehicles at tick {ticks}", cpu.state.vehicles.len());
        assert_eq!(digests(&t, &found), digests(&t, &cpu.state), "{name}");
    }
}

/// What a whole run says on a device: link, network, trip and trajectory rows, digest.
fn observed(device: &str) -> (Vec<Observations>, Device) {
    let settings = Settings { to_s: 300.0, drain_s: 300.0, interval_s: 90.0, vehicles_every_s: Some(20.0), ..Settings::default() };
    let machine = Machine { device: device.into(), threads: 1 };
    let mut chunks = 0;
    let seen = run(&corridor_city(), &settings, &[1, 2], &machine, &mut |_| {
        chunks += 1;
        ControlFlow::Continue(())
    });
    assert!(chunks > 10, "{chunks}");
    seen.expect("a run")
}

#[test]
fn a_run_observes_the_same_on_every_machine() {
    let Some(opened) = gpu() else { return };
    let (expected, cpu) = observed("cpu");
    // By its name, as on the command line: software is taken on purpose, and passes the start-up test first.
    let (found, device) = observed(&opened.name.to_uppercase());
    assert_eq!((cpu.kind.as_str(), device.kind.as_str()), ("cpu", "gpu"));
    assert_eq!((&device.name, &device.driver), (&opened.name, &opened.driver));
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found.state_hash, expected.state_hash);
        assert_eq!(found.vehicle_steps, expected.vehicle_steps);
        assert!(!found.links.is_empty() && !found.network.is_empty() && !found.trips.is_empty() && !found.vehicles.is_empty());
        assert_eq!(format!("{found:?}"), format!("{expected:?}"));
    }
}

#[test]
fn a_device_that_is_not_there_is_named_with_advice() {
    let t = tables(&ring_city(), &[1]);
    let error = backend::open(&t, State::new(&t), "no such adapter", 1).map(|_| ()).expect_err("there is none of this name");
    assert!(matches!(error, DeviceError::NoMatch { .. }), "{error}");
    assert!(error.to_string().contains("--device cpu"), "{error}");
    let (_, chosen) = backend::open(&t, State::new(&t), "cpu", 1).expect("a CPU");
    assert_eq!((chosen.kind, chosen.threads, chosen.notice.as_str()), ("cpu", 1, ""));
    // `auto` never takes a software adapter.
    let hardware = backend::adapters().iter().any(|adapter| adapter.auto);
    let (_, chosen) = backend::open(&t, State::new(&t), "auto", 1).expect("something");
    assert!(hardware || chosen.kind == "cpu", "{chosen:?}");
    assert!(!backend::adapters().iter().any(|adapter| adapter.auto && adapter.kind == "software"));
}
