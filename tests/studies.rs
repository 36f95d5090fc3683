//! Studies: what actions do, that they touch nobody else, and that they do the same everywhere. What must come out is known beforehand: a closed
//! link lets nobody in, what touches nothing changes nothing, the same state has one hash.
#![expect(clippy::print_stdout, reason = "a test says what it leaves out, and the factor that pairing gains")]

#[path = "common/program.rs"]
mod program;

use forecity::backend::cpu::Cpu;
use forecity::city::check::{self, Opened};
use forecity::city::{City, alter};
use forecity::diagnostic::Diagnostics;
use forecity::observe::Observations;
use forecity::scenario::Asked;
use forecity::simulation::{Batch, Machine, Settings, run};
use forecity::state::State;
use forecity::statistics::sample;
use program::Folder;
use std::ops::ControlFlow;

/// A small city; `do` of the variant stands where the braces are.
const STUDY: &str = "format = 1
city = { grid = [5, 4], block = \"150 m\", lanes = 2, trips = \"2500 trips/h\" }
[time]
from = \"07:00\"
to = \"07:20\"
warmup = \"5 min\"
drain = \"20 min\"
[outputs]
links = \"5 min\"
";

/// The streets that the tests close, in the middle of the grid, and an hour-hand for it.
const CLOSE: &str = "{ close = { link = \"#e2_1_2_2\", between = [\"07:05\", \"07:15\"] } }";

/// A study with one variant, opened, and the variant's city.
fn opened(actions: &str) -> (Opened, City, Diagnostics) {
    let folder = Folder::new(&format!("study-{}", forecity::random::fnv1a(actions)));
    let text = format!("{STUDY}[[variant]]\nname = \"v\"\ndo = [{actions}]\n");
    let path = folder.write("study.toml", &text);
    let (opened, mut found) = check::open(&path.to_string_lossy(), &Asked::default());
    let opened = opened.unwrap_or_else(|| panic!("{}", found.json()));
    let city = alter::variant(&opened.study, &opened.study.variants[0].actions, &opened.city, opened.span_s(), &mut found);
    (opened, city, found)
}

fn runs(city: &City, settings: &Settings, seeds: &[u64], device: &str, threads: usize) -> Vec<Observations> {
    let machine = Machine { device: device.to_owned(), threads };
    run(city, settings, seeds, &machine, &mut |_| ControlFlow::Continue(())).expect("it runs").0
}

/// What one trip was asked and how it went.
fn rows(run: &Observations) -> Vec<String> {
    let mut rows: Vec<String> = run.trips.iter().map(|trip| format!("{trip:?}")).collect();
    rows.sort();
    rows
}

/// Actions of every kind that change the streets in the middle of a run.
const TIMED: &str = "{ close = { link = \"#e2_1_2_2\", between = [\"07:05\", \"07:15\"] } }, \
    { lane = { road = \"#e1_1_2_1\", lane = \"kerb\", allow = [\"bus\"], between = [\"07:02\", \"07:12\"] } }, \
    { speed = { road = \"#e3_1_2_1\", limit = \"20 km/h\", between = [\"07:03\", \"07:13\"] } }, \
    { signal = { at = \"#n2_1\", policy = \"max-pressure\", between = [\"07:04\", \"07:16\"] } }, \
    { signal = { at = \"#n3_2\", policy = \"flashing\", between = [\"07:06\", \"07:11\"] } }, \
    { turn = { at = \"#n1_1\", from = \"#e0_1_1_1\", to = \"#e1_1_1_2\", rule = \"ban\", between = [\"07:05\", \"07:10\"] } }, \
    { incident = { road = \"#e3_2_2_2\", lanes = 1, at = \"40 %\", between = [\"07:05\", \"07:12\"] } }, \
    { demand = { scale = 1.2, between = [\"07:05\", \"07:10\"] } }";

#[test]
fn streets_that_change_in_a_run_have_one_hash() {
    let (study, city, found) = opened(TIMED);
    assert_eq!(found.errors(), 0, "{}", found.json());
    assert!(city.later.len() > 8, "{} stretches", city.later.len());
    let settings = Settings::of(&study);
    let hash = |runs: &[Observations]| runs.iter().map(|run| (run.state_hash, rows(run))).collect::<Vec<_>>();
    let one = hash(&runs(&city, &settings, &[1, 2], "cpu", 1));
    assert_eq!(one, hash(&runs(&city, &settings, &[1, 2], "cpu", 2)), "two threads");
    assert_eq!(one, hash(&runs(&city, &settings, &[1, 2], "cpu", 7)), "seven threads");
    let alone: Vec<Observations> = [1, 2].iter().flat_map(|seed| runs(&city, &settings, &[*seed], "cpu", 2)).collect();
    assert_eq!(one, hash(&alone), "alone");
    let Some(software) = forecity::backend::adapters().into_iter().find(|adapter| adapter.kind == "software") else {
        let required = std::env::vars().any(|(name, value)| name == "FORECITY_GPU" && value == "required");
        assert!(!required || cfg!(not(feature = "gpu")), "FORECITY_GPU=required, and there is no software adapter");
        println!("gpu: left out, no software adapter is here");
        return;
    };
    assert_eq!(one, hash(&runs(&city, &settings, &[1, 2], &software.name, 0)), "{}", software.name);
}

#[test]
fn every_trip_arrives_through_streets_that_change() {
    let (study, city, _) = opened(TIMED);
    for run in runs(&city, &Settings::of(&study), &[1, 2, 3], "cpu", 0) {
        let v = &run.validity;
        assert_eq!((v.unfinished, v.refused, v.no_path, v.collisions, v.ledger_error, v.faults), (0, 0, 0, 0, 0, 0), "{v:?}");
    }
}

#[test]
fn a_snapshot_before_and_at_a_change_of_the_streets_goes_on_to_the_same_hash() {
    let (study, city, _) = opened(TIMED);
    let settings = Settings::of(&study);
    let batch = Batch::new(&city, &settings);
    let tables = batch.tables(&[1]);
    let machine = Machine { device: "cpu".into(), threads: 2 };
    let end = |state: State| batch.run(&tables, state, &machine, &mut |_| ControlFlow::Continue(())).expect("runs").0[0].state_hash;
    let straight = end(State::new(&tables));
    // The first change is at 07:02, 420 s after the start; the sums of lanes are taken every five minutes.
    let (change, interval) = (tables.later[0].0, 600);
    assert_eq!(change, 840);
    for at in [interval, change] {
        let mut cpu = Cpu::new(&tables, 2, State::new(&tables));
        cpu.step(&tables, interval);
        cpu.state.clear_sums();
        cpu.step(&tables, at - interval);
        let saved = State::from_bytes(&cpu.state.to_bytes(&tables), &tables).expect("what was written can be read");
        assert_eq!(end(saved), straight, "saved at tick {at}");
    }
}

#[test]
fn later_actions_win() {
    // A signal that is switched off and on again is as it was; one that is off may get signs.
    let on_again = "{ signal = { at = \"#n2_1\", policy = \"off\" } }, { signal = { at = \"#n2_1\", policy = \"fixed\" } }";
    let (study, city, found) = opened(on_again);
    assert_eq!(found.errors(), 0, "{}", found.json());
    let settings = Settings::of(&study);
    assert_eq!(rows(&runs(&study.city, &settings, &[1], "cpu", 2)[0]), rows(&runs(&city, &settings, &[1], "cpu", 2)[0]));
    let off = "{ signal = { at = \"#n2_1\", policy = \"off\" } }";
    let (_, dark, _) = opened(off);
    assert_ne!(rows(&runs(&study.city, &settings, &[1], "cpu", 2)[0]), rows(&runs(&dark, &settings, &[1], "cpu", 2)[0]));
    let (_, _, found) = opened(&format!("{off}, {{ priority = {{ at = \"#n2_1\", control = \"stop\" }} }}"));
    assert_eq!(found.errors(), 0, "{}", found.json());
}

#[test]
fn nobody_enters_what_is_closed() {
    let (study, city, found) = opened(CLOSE);
    assert_eq!(found.errors(), 0);
    let link = city.links.iter().position(|link| link.id == "e2_1_2_2").expect("the link") as u32;
    let settings = Settings::of(&study);
    for run in runs(&city, &settings, &[1, 2, 3], "cpu", 0) {
        let per_s = 1000.0 / f64::from(run.step_ms);
        let tick = |clock_s: f64| (clock_s - run.start_s) * per_s;
        let entered = |from_s: f64, to_s: f64| -> u32 {
            let inside = |row: &&forecity::observe::LinkInterval| {
                row.link == link && f64::from(row.from_tick) >= tick(from_s) && f64::from(row.to_tick) <= tick(to_s)
            };
            run.links.iter().filter(inside).map(|row| row.entered_veh).sum()
        };
        assert!(entered(25_200.0, 25_500.0) > 0, "it is used before");
        // Who was on a movement into it when it closed still comes: within the first interval, a handful.
        assert!(entered(25_500.0, 25_800.0) <= 3, "{}", entered(25_500.0, 25_800.0));
        assert_eq!(entered(25_800.0, 26_100.0), 0);
        assert!(entered(26_100.0, 26_400.0) > 0, "and after");
        assert!(run.trips.iter().any(|trip| trip.reroutes > 0), "somebody was led around");
    }
}

#[test]
fn what_touches_nothing_changes_no_bit() {
    // The limit that stands there already, for a while: the run goes in stretches, and nothing in them differs.
    let (study, city, found) = opened("{ speed = { road = \"#e2_1_2_2\", limit = \"50 km/h\", between = [\"07:05\", \"07:15\"] } }");
    let limit = study.city.lanes[study.city.links.iter().find(|link| link.id == "e2_1_2_2").expect("the link").lanes.start].speed_mps;
    assert!((limit - 50.0 / 3.6).abs() < 1e-9 && found.json().to_string().contains("C232"), "an idle action is told");
    assert_eq!(city.later.len(), 2);
    let settings = Settings::of(&study);
    let (base, same) = (runs(&study.city, &settings, &[1, 2], "cpu", 2), runs(&city, &settings, &[1, 2], "cpu", 2));
    for (base, same) in base.iter().zip(&same) {
        assert_eq!(base.state_hash, same.state_hash);
        assert_eq!(rows(base), rows(same));
    }
}

#[test]
fn more_demand_in_one_cell_leaves_everybody_elses_draws() {
    let zones = |study: &Opened| [study.city.zones[0].id.clone(), study.city.zones[study.city.zones.len() - 1].id.clone()];
    let [from, to] = zones(&opened(CLOSE).0);
    for action in ["scale = 3.0".to_owned(), "add = \"200 trips/h\"".to_owned(), "scale = 2.0, between = [\"07:04\", \"07:11\"]".to_owned()]
    {
        let (study, city, found) = opened(&format!("{{ demand = {{ from = \"{from}\", to = \"{to}\", {action} }} }}"));
        assert_eq!(found.errors(), 0, "{}", found.json());
        let settings = Settings::of(&study);
        let asked = |city: &City| -> std::collections::BTreeMap<String, (u64, u32, u32, u32)> {
            let of =
                |trip: &forecity::observe::TripRow| (trip.id.clone(), (trip.due_ms, trip.class, trip.speed_factor_q12, trip.path_hash));
            runs(city, &settings, &[1], "cpu", 0)[0].trips.iter().filter(|trip| trip.reroutes == 0).map(of).collect()
        };
        let (base, more) = (asked(&study.city), asked(&city));
        assert!(more.len() > base.len(), "{action}: {} trips, {} before", more.len(), base.len());
        let cell = format!("{from}>{to}|");
        assert!(more.keys().filter(|id| !base.contains_key(*id)).all(|id| id.starts_with(&cell)), "only this cell has new trips");
        for (id, before) in &base {
            if let Some(now) = more.get(id) {
                assert_eq!(before, now, "{action}: {id}");
            }
        }
    }
}

#[test]
fn pairs_narrow_the_interval_of_a_closure() {
    let (study, city, _) = opened("{ close = { link = \"#e2_1_2_2\" } }, { close = { link = \"#e2_2_2_1\" } }");
    let settings = Settings::of(&study);
    let seeds: Vec<u64> = (1..=10).collect();
    let mean = |run: &Observations| {
        let trips: Vec<f64> =
            run.trips.iter().filter(|trip| trip.measured).map(|trip| f64::from(trip.arrive_tick - trip.due_tick)).collect();
        trips.iter().sum::<f64>() / trips.len() as f64
    };
    let of = |city: &City| -> Vec<f64> { runs(city, &settings, &seeds, "cpu", 0).iter().map(mean).collect() };
    let (base, closed) = (of(&study.city), of(&city));
    let difference = forecity::statistics::paired(&base, &closed).difference;
    let half = (difference.ci95[1] - difference.ci95[0]) / 2.0;
    let unpaired = (sample(&base).sd.powi(2) + sample(&closed).sd.powi(2)).sqrt() / difference.sd;
    println!("closure: {:+.2} ticks, half width {half:.2}; pairing narrows the interval by {unpaired:.2}", difference.mean);
    assert!(unpaired > 1.0, "pairing gained nothing: {unpaired}");
    assert!(difference.mean - half > 0.0, "a closure in the middle costs time");
}

/// The study with a sweep and looks, in seconds of computing.
const SWEEP: &str = "format = 1
city = { grid = [3, 3], block = \"120 m\", trips = \"900 trips/h\" }
[time]
from = \"07:00\"
to = \"07:06\"
warmup = \"0 min\"
drain = \"20 min\"
[[variant]]
name = \"slow\"
do = [{ speed = { id = \"limit\", road = \"#e1_1_2_1\", limit = \"30 km/h\" } }]
[[variant]]
name = \"shut\"
do = [{ close = { link = \"#e1_1_2_1\" } }]
[runs]
seeds = 2
";

#[test]
fn a_sweep_crosses_a_variant_with_its_own_axes_only() {
    let folder = Folder::new("sweep");
    folder.write(
        "study.toml",
        &format!("{SWEEP}[sweep]\n\"do.limit.limit\" = [\"20 km/h\", \"30 km/h\"]\n\"demand.scale\" = [0.8, 1.0, 1.2]\n"),
    );
    folder.run("run study.toml -o out --device cpu -q").with(0, "");
    let manifest = folder.json("out/manifest.json");
    let points = |slug: &str| manifest["variants"].as_array().expect("variants").iter().filter(|v| v["slug"] == slug).count();
    assert_eq!((points("base"), points("slow"), points("shut")), (3, 6, 3));
    assert_eq!(manifest["runs"].as_array().map(Vec::len), Some(24));
    // Again on one thread: nothing differs; and a second call computes nothing.
    folder.run("rerun out --threads 1 --device cpu").with(0, "identical: 24 of 24 runs");
    folder.run("run study.toml -o out --device cpu -q").with(0, "reused 24 of 24");
}

#[test]
fn seeds_are_added_until_the_interval_is_narrow() {
    let folder = Folder::new("until");
    let text = |half: &str| {
        SWEEP
            .replace("seeds = 2", &format!("seeds = 2\nuntil = {{ measure = \"travel_time.mean\", half_width = \"{half}\", at_most = 9 }}"))
    };
    folder.write("wide.toml", &text("90 %"));
    folder.run("run wide.toml -o wide --device cpu -q").with(0, "");
    assert_eq!(folder.json("wide/manifest.json")["seeds"].as_array().map(Vec::len), Some(2));
    folder.write("narrow.toml", &text("0.001 %"));
    folder.run("run narrow.toml -o narrow --device cpu -q").with(0, "");
    assert_eq!(folder.json("narrow/manifest.json")["seeds"].as_array().map(Vec::len), Some(9));
    folder.run("run narrow.toml -o narrow --device cpu -q").with(0, "reused 27 of 27");
}

#[test]
fn a_folder_belongs_to_one_process_and_one_version() {
    let folder = Folder::new("claim");
    folder.write("study.toml", SWEEP);
    let held = forecity::report::files::Claim::on(&folder.0.join("out")).expect("the first claim");
    folder.run("run study.toml -o out --device cpu -q").with(1, "another forecity writes into this folder");
    drop(held);
    folder.run("run study.toml -o out --device cpu -q").with(0, "");
    let before = folder.read("out/manifest.json");
    folder.write("out/manifest.json", &before.replace("forecity.manifest/1", "forecity.manifest/9"));
    folder.run("run study.toml -o out --device cpu -q").with(1, "--fresh");
    folder.run("run study.toml -o out --device cpu -q --fresh").with(0, "");
}

#[test]
fn actions_that_do_not_fit_are_told_all_at_once() {
    let folder = Folder::new("misfit");
    let list = [
        "{ lane = { road = \"#e1_1_2_1\", lane = 9, forbid = [\"truck\"] } }",
        "{ close = { road = \"#e1_1_2_1\", way = \"north\" } }",
        "{ turn = { at = \"#n1_1\", from = \"#e1_1_2_1\", to = \"#e0_1_1_1\", rule = \"ban\" } }",
        "{ signal = { at = \"#n1_1\", cycle = \"10 s\" } }",
        "{ signal = { at = \"#n1_1\", splits = [\"10 s\"] } }",
        "{ priority = { at = \"#n1_1\", control = \"stop\" } }",
    ];
    folder.write("study.toml", &format!("{SWEEP}[[variant]]\nname = \"wrong\"\ndo = [{}]\n", list.join(", ")));
    let ended = folder.run("check study.toml").with(3, "C214");
    assert_eq!(ended.talk.matches("error[C214]").count(), list.len(), "{}", ended.talk);
    let late = "{ close = { link = \"#e1_1_2_1\", between = [\"12:00\", \"13:00\"] } }";
    folder.write("study.toml", &format!("{SWEEP}[[variant]]\nname = \"late\"\ndo = [{late}]\n"));
    folder.run("check study.toml").with(0, "C232");
    folder.write("study.toml", &format!("{SWEEP}[sweep]\n\"do.nothing.limit\" = [1, 2]\n"));
    folder.run("check study.toml").with(3, "C222");
}
