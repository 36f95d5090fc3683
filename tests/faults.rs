//! What the dynamics promise is looked after in every tick: a state that breaks a promise raises its bit, on every machine the same, alone and
//! in a batch, and the run ends with what was seen, marked as invalid.

mod common;

use common::{grid_city, grid_tables};
use forecity::backend::cpu::Cpu;
use forecity::backend::fault::{CAUSES, of_world};
use forecity::cli::batch::{self, Arm};
use forecity::cli::job::{Typed, prepare};
use forecity::diagnostic::Diagnostics;
use forecity::report::manifest::Manifest;
use forecity::scenario::grid::GridSignals;
use forecity::simulation::fault::Fault;
use forecity::simulation::{Batch, Machine, RunError, Settings};
use forecity::stages::faults::{FAULT_LOST, FAULT_ORDER, FAULT_OVERLAP, FAULT_PLACE, FAULT_TRIP};
use forecity::stages::{CPU_STEP, STEP};
use forecity::state::{Scratch, State};
use forecity::tables::Tables;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering::Relaxed;

/// Ticks until a state is spoilt: a full minute, when there are queues.
const TICKS: u32 = 480;
/// A lane with two vehicles at least: the key, the row of the first one.
type Queue = (usize, usize);

fn settled(t: &Tables) -> State {
    let mut cpu = Cpu::new(t, 2, State::new(t));
    cpu.step(t, TICKS);
    cpu.state
}

/// The first lane of a world with two vehicles, the first of them wholly on it and not about to leave it.
fn queue(t: &Tables, s: &State, world: usize) -> Queue {
    let lanes = t.lane_count();
    let row = |key: usize| s.lane_start[key] as usize;
    let within = |key: usize| 20 * 1024..t.lanes[key % lanes].length - 30 * 1024;
    let fits = |key: &usize| row(key + 1) - row(*key) >= 2 && within(*key).contains(&s.vehicles[row(*key)].x);
    let key = (world * lanes..(world + 1) * lanes).find(fits).expect("a lane with two vehicles");
    (key, row(key))
}

/// Breaks a promise in one world: the bit that it is to raise. Who is touched stands, so that a tick does not mend it.
fn spoil(bit: u32, t: &Tables, s: &mut State, c: &mut Scratch, world: usize) {
    let (key, first) = queue(t, s, world);
    for v in &mut s.vehicles[first..first + 2] {
        v.v = 0;
    }
    let lead = s.vehicles[first].x;
    match bit {
        FAULT_ORDER => s.vehicles[first + 1].x = lead + 4096,
        FAULT_OVERLAP => s.vehicles[first + 1].x = lead - 1024,
        FAULT_PLACE => {
            let last = s.lane_start[key + 1] as usize - 1;
            (s.vehicles[last].x, s.vehicles[last].v) = (-4096, 0);
        }
        FAULT_TRIP => s.vehicles[first].trip = t.params.vehicles,
        _ => c.flow[key].store(1, Relaxed),
    }
}

/// Bits and lane of each world.
fn found(t: &Tables, s: &State) -> Vec<Option<(u32, u32)>> {
    (0..t.worlds.len()).map(|world| of_world(s, t.params.lanes, world)).collect()
}

#[test]
fn every_broken_promise_raises_its_bit_on_every_machine() {
    let (both, alone) = (grid_tables(GridSignals::Fixed, 6000.0, &[1, 2]), grid_tables(GridSignals::Fixed, 6000.0, &[2]));
    let (sound, sound_alone) = (settled(&both), settled(&alone));
    assert_eq!(found(&both, &sound), [None, None], "nothing is wrong by itself");
    for cause in CAUSES {
        let seen = |t: &Tables, sound: &State, world: usize| {
            let (mut s, mut c) = (sound.clone(), Scratch::new(t));
            spoil(cause.bit, t, &mut s, &mut c, world);
            #[cfg(feature = "gpu")]
            let spoilt = (s.clone(), copy(t, &c));
            let mut rows = (s.clone(), copy(t, &c));
            STEP.iter().for_each(|row| (row.cpu)(t, &mut rows.0, &mut rows.1));
            CPU_STEP.iter().for_each(|pass| pass(t, &mut s, &mut c));
            let expected = found(t, &s);
            assert_eq!(found(t, &rows.0), expected, "{}: the rows of the step one by one", cause.what);
            #[cfg(feature = "gpu")]
            if let Some(opened) = forecity::backend::testing::gpu() {
                let (mut s, mut c) = spoilt;
                for stage in 0..STEP.len() {
                    (s, c) = forecity::backend::testing::stage(opened, 64, t, stage, &s, &c);
                }
                assert_eq!(found(t, &s), expected, "{}: on {}", cause.what, opened.name);
            }
            expected
        };
        let of_both = seen(&both, &sound, 1);
        assert_eq!(of_both[0], None, "{}: the other world is well", cause.what);
        let (bits, lane) = of_both[1].unwrap_or_else(|| panic!("{}: not seen", cause.what));
        assert_eq!(bits, cause.bit, "{}", cause.what);
        assert_eq!(lane as usize, queue(&both, &sound, 1).0 - both.lane_count(), "{}", cause.what);
        assert_eq!(seen(&alone, &sound_alone, 0)[0], of_both[1], "{}: alone", cause.what);
    }
}

/// A scratch with the same flow; the rest is written before it is read.
fn copy(t: &Tables, c: &Scratch) -> Scratch {
    let copy = Scratch::new(t);
    copy.flow.iter().zip(&c.flow).for_each(|(to, from)| to.store(from.load(Relaxed), Relaxed));
    copy
}

/// A run that goes on from a spoilt state of the last of these seeds.
fn stopped(seeds: &[u64], device: &str, threads: usize) -> (Fault, Tables) {
    let city = grid_city(GridSignals::Fixed, 6000.0);
    let settings = Settings { from_s: 28_800.0, to_s: 29_400.0, interval_s: 120.0, ..Settings::default() };
    let batch = Batch::new(&city, &settings);
    let t = batch.tables(seeds);
    let (mut state, mut scratch) = (settled(&t), Scratch::new(&t));
    spoil(FAULT_OVERLAP, &t, &mut state, &mut scratch, seeds.len() - 1);
    let machine = Machine { device: device.into(), threads };
    match batch.run(&t, state, &machine, &mut |_| ControlFlow::Continue(())) {
        Err(RunError::Fault(fault)) => (*fault, t),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("a collision was passed over"),
    }
}

#[test]
fn a_run_stops_at_a_fault_and_says_where() {
    let (both, t) = stopped(&[1, 2], "cpu", 2);
    assert!(both.bits & FAULT_OVERLAP != 0 && both.bits & (FAULT_LOST | FAULT_TRIP) == 0, "{}", both.cause);
    assert_eq!((both.tick, both.world, both.seed), (TICKS + 120, 1, 2), "at the next look");
    let words = both.to_string();
    assert!(words.contains("seed 2: two vehicles of a lane overlap") && words.contains("on lane \"") && words.contains("C506"), "{words}");
    assert!(both.seen.validity.faults == both.bits && !both.seen.trips.is_empty(), "what was seen is kept");
    let state = State::from_bytes(&both.snapshot, &t).expect("a snapshot");
    assert_eq!(found(&t, &state)[1].map(|found| found.0), Some(both.bits));
    let same = |other: &Fault, who: &str| {
        assert_eq!((other.bits, other.tick, other.seed, &other.place), (both.bits, both.tick, both.seed, &both.place), "{who}");
        assert_eq!(other.seen, both.seen, "{who}");
    };
    same(&stopped(&[1, 2], "cpu", 1).0, "one thread");
    same(&stopped(&[2], "cpu", 2).0, "alone");
    #[cfg(feature = "gpu")]
    if let Some(opened) = forecity::backend::testing::gpu() {
        same(&stopped(&[1, 2], &opened.name, 1).0, &opened.name);
        same(&stopped(&[2], &opened.name, 1).0, "alone on the device");
    }
}

#[test]
fn what_was_seen_is_kept_and_marked() {
    let out = std::env::temp_dir().join(format!("forecity-fault-{}", std::process::id()));
    let typed = Typed { what: "grid:4x3".into(), out: Some(out.clone()), ..Typed::default() };
    let mut job = prepare(&typed, Machine::default(), &mut Diagnostics::new()).expect("a job");
    job.quiet = true;
    let (fault, t) = stopped(&[2], "cpu", 2);
    let mut manifest = Manifest::default();
    let arm: &Arm = &job.arms[0];
    let words = batch::keep_fault(&job, arm, &fault, &mut manifest, &mut |_, _| {}).expect("written");
    let snapshot = out.join("fault.snapshot");
    assert!(words.contains("please report it") && words.contains(&snapshot.display().to_string()), "{words}");
    State::from_bytes(&std::fs::read(&snapshot).expect("a snapshot"), &t).expect("of this batch");
    let run = &manifest.runs[0];
    assert!(run.invalid.iter().any(|why| why.starts_with("stopped: two vehicles of a lane overlap")), "{:?}", run.invalid);
    assert!(run.validity.badness() > 0 && out.join("tables/trips").is_dir());
    manifest.forecity = forecity::report::manifest::Program::this();
    assert!(manifest.known("base", 0, 2, &arm.key).is_none(), "it is no result to build on");
    std::fs::remove_dir_all(&out).expect("removed");
}
