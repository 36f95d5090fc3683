//! Real cases as imported, against ten runs of SUMO 1.28 (`default` of the oracle: Krauss, step 1 s): mean trip duration within 15 % of the mean
//! over its seeds, GEH < 5 (UK Design Manual for Roads and Bridges) on at least 85 % of the edges with more than 100 veh/h in the first hour,
//! every trip arrives, nobody is teleported. Prints the table that is kept under `benches/runs`.

#![allow(clippy::print_stdout, reason = "the table is what one runs it for")]
#![allow(clippy::disallowed_methods, reason = "the place of the data comes from the environment")]

use forecity::city::City;
use forecity::import::sumo;
use forecity::observe::Observations;
use forecity::simulation::{Machine, Settings, run};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Seeds of ours that are averaged.
const SEEDS: [u64; 10] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
/// Share of the oracle's mean duration that ours may differ by.
const DURATION: f64 = 0.15;
/// Share of the edges whose GEH must be below 5.
const EDGES: f64 = 0.85;

/// The folder of the SUMO cases. Without it these tests are ignored, see `build.rs`.
fn data() -> PathBuf {
    std::env::var("FORECITY_DATA").map_or_else(|_| PathBuf::from("../shared/data"), PathBuf::from).join("sumo")
}

/// Rows of a CSV file as column -> text.
fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().expect("a head").split(',').collect();
    lines.map(|line| names.iter().zip(line.split(',')).map(|(name, cell)| ((*name).to_owned(), cell.to_owned())).collect()).collect()
}

fn number(row: &BTreeMap<String, String>, name: &str) -> f64 {
    row[name].parse().unwrap_or(0.0)
}

/// Vehicles that came onto each edge in the first hour, by the oracle.
fn counted(path: &Path, from_s: f64) -> BTreeMap<String, f64> {
    let mut edges = BTreeMap::new();
    for row in rows(path).iter().filter(|row| number(row, "end") <= from_s + 3600.0) {
        *edges.entry(row["edge"].clone()).or_insert(0.0) += number(row, "entered") + number(row, "departed");
    }
    edges
}

/// The same by us, mean over runs.
fn ours(city: &City, runs: &[Observations]) -> BTreeMap<String, f64> {
    let mut edges = BTreeMap::new();
    for run in runs {
        let hour = 3_600_000 / run.step_ms;
        for row in run.links.iter().filter(|row| row.to_tick <= hour) {
            let edge = city.links[row.link as usize].id.clone();
            *edges.entry(edge).or_insert(0.0) += f64::from(row.entered_veh + row.departed_veh) / SEEDS.len() as f64;
        }
    }
    edges
}

/// One case: name of its folder and files, its configuration.
fn case(name: &str) {
    let folder = data();
    let files = std::fs::read_dir(folder.join(name)).expect("the case").filter_map(Result::ok).map(|entry| entry.path());
    let configuration = files.into_iter().find(|path| path.extension().is_some_and(|end| end == "sumocfg")).expect("a configuration");
    let imported = sumo::case(&configuration).expect("the case is imported");
    let k = [1.0, 0.5, 0.25, 0.125].iter().position(|step| (step - imported.step_s).abs() < 1e-9).expect("a step of ours");
    let settings = Settings {
        k: u32::try_from(k).expect("small"),
        from_s: imported.from_s,
        to_s: imported.to_s,
        drain_s: 7200.0,
        interval_s: 900.0,
        ..Settings::default()
    };
    let machine = Machine { device: "cpu".into(), threads: 0 };
    let (runs, _) = run(&imported.city, &settings, &SEEDS, &machine, &mut |_| ControlFlow::Continue(())).expect("the run");
    let summary = rows(&folder.join("oracle/summary.csv"));
    let of_case: Vec<f64> =
        summary.iter().filter(|row| row["scenario"] == name && row["set"] == "default").map(|row| number(row, "duration_s")).collect();
    let gold_s = of_case.iter().sum::<f64>() / of_case.len() as f64;
    let mut found_s = Vec::new();
    for run in &runs {
        let v = &run.validity;
        assert_eq!((v.arrived, v.teleported, v.collisions), (v.demanded, 0, 0), "{name} seed {}: {v:?}", run.seed);
        let listed = [1, 3, 5].map(|rung| run.interventions.iter().filter(|row| row.rung == rung).count());
        assert_eq!(listed, [v.courtesy, v.rotated, v.missed_turns].map(|n| n as usize), "{name}: every intervention is a row");
        let ticks: u64 = run.trips.iter().map(|trip| u64::from(trip.arrive_tick - trip.depart_tick)).sum();
        found_s.push(ticks as f64 * f64::from(run.step_ms) / 1000.0 / run.trips.len() as f64);
    }
    let mean_s = found_s.iter().sum::<f64>() / found_s.len() as f64;
    let (theirs, mine) = (counted(&folder.join(format!("oracle/{name}.default.edges.csv")), imported.from_s), ours(&imported.city, &runs));
    let busy: Vec<(f64, f64)> =
        theirs.iter().filter(|(_, n)| **n > 100.0).map(|(edge, n)| (*n, mine.get(edge).copied().unwrap_or(0.0))).collect();
    let geh = |(a, b): &(f64, f64)| (2.0 * (a - b) * (a - b) / (a + b)).sqrt();
    let good = busy.iter().filter(|pair| geh(pair) < 5.0).count();
    let forced: u32 = runs.iter().map(|run| run.validity.rotated + run.validity.missed_turns).sum();
    println!(
        "oracle {name:<16} trips {:>5}  duration {mean_s:>6.1} s {found_s:.1?}  SUMO {gold_s:>6.1} s  {:+.1} %  GEH < 5 on {good} of {} edges ({:.1} %)  forced {forced} in {} runs",
        runs[0].trips.len(),
        (mean_s / gold_s - 1.0) * 100.0,
        busy.len(),
        100.0 * good as f64 / busy.len() as f64,
        runs.len()
    );
    assert!((mean_s / gold_s - 1.0).abs() <= DURATION, "{name}: mean duration {mean_s} s, SUMO {gold_s} s");
    assert!(good as f64 >= EDGES * busy.len() as f64, "{name}: GEH < 5 on {good} of {} edges", busy.len());
}

#[test]
#[cfg_attr(not(reference_data), ignore = "needs the reference data, see FORECITY_DATA")]
fn bologna_pasubio() {
    case("bologna-pasubio");
}

#[test]
#[cfg_attr(not(reference_data), ignore = "needs the reference data, see FORECITY_DATA")]
fn bologna_acosta() {
    case("bologna-acosta");
}

#[test]
#[cfg_attr(not(reference_data), ignore = "needs the reference data, see FORECITY_DATA")]
fn ingolstadt() {
    case("ingolstadt1");
}
