//! How long the report of a large study takes: 20 k links, 5 variants, 20 seeds. The tables are made up, not simulated.

#![expect(clippy::cast_possible_wrap, reason = "small numbers made up for a table")]

use super::program::Folder;
use forecity::city::generate::grid;
use forecity::report::files::table_path;
use forecity::report::manifest::{Manifest, StudyText, VariantText};
use forecity::report::table::{Data, Series, Sheet};
use forecity::report::{RunRecord, parquet};
use forecity::scenario::grid::GridSpec;
use std::collections::BTreeMap;
use std::time::Instant;

const STUDY: &str =
    "format = 1\ntitle = \"Large\"\ncity = { grid = [100, 51] }\n[time]\nfrom = \"07:00\"\nto = \"09:00\"\nwarmup = \"30 min\"\n";
const VARIANTS: [&str; 5] = ["base", "one", "two", "three", "four"];
const SEEDS: u64 = 20;
const BATCH: u64 = 8;
/// Quarters of an hour from 06:30 to 10:00.
const INTERVALS: usize = 14;
const TRIPS: usize = 50_000;
const MOST_S: f64 = 10.0;

fn sheet(name: &'static str, columns: Vec<(&'static str, Data)>) -> Sheet {
    let rows = match &columns[0].1 {
        Data::Count(all) => all.len(),
        Data::Real(all) => all.len(),
        Data::Text(all) => all.len(),
    };
    let columns = columns.into_iter().map(|(name, data)| Series { name, unit: "-", about: "", data }).collect();
    Sheet { name, rows, columns }
}

/// Numbers without order that every machine draws alike, 0 to 1.
fn noise(seed: u64, place: usize, salt: u32) -> f32 {
    (forecity::random::pcg4d(seed as u32, place as u32, salt, 7).w >> 8) as f32 / 16_777_216.0
}

/// A column over the places of a day, for all seeds of a batch.
fn over<T, C: FromIterator<T>>(seeds: &[u64], n: usize, of: impl Fn(u64, usize) -> T) -> C {
    seeds.iter().flat_map(|&seed| (0..n).map(move |place| (seed, place))).map(|(seed, place)| of(seed, place)).collect()
}

fn links(ids: &[String], seeds: &[u64], variant: usize) -> Sheet {
    let (n, size) = (ids.len() * INTERVALS, ids.len());
    let more = |place: usize| if variant > 0 && place % 50 == variant { 40.0 } else { 0.0 };
    let vehicles =
        |seed, place: usize| (noise(0, place % size, 1) * 150.0 + noise(seed, place % size, 2) * 10.0 + more(place % size)) as i32;
    sheet(
        "links",
        vec![
            ("seed", Data::Count(over(seeds, n, |seed, _| seed as i32))),
            ("link_id", Data::Text(over(seeds, n, |_, place| ids[place % size].clone()))),
            ("from_s", Data::Real(over(seeds, n, |_, place| 23_400.0 + 900.0 * (place / size) as f32))),
            ("to_s", Data::Real(over(seeds, n, |_, place| 24_300.0 + 900.0 * (place / size) as f32))),
            ("left_veh", Data::Count(over(seeds, n, vehicles))),
            ("arrived_veh", Data::Count(over(seeds, n, |seed, place| (noise(seed, place, 3) * 4.0) as i32))),
            ("speed_mps", Data::Real(over(seeds, n, |seed, place| 5.0 + 8.0 * noise(seed, place, 4)))),
            ("density_vpkm_lane", Data::Real(over(seeds, n, |seed, place| 1.0 + 20.0 * noise(seed, place, 5)))),
            // What the page does not show is read all the same, for its hash.
            ("entered_veh", Data::Count(over(seeds, n, vehicles))),
            ("departed_veh", Data::Count(over(seeds, n, |seed, place| (noise(seed, place, 10) * 4.0) as i32))),
            ("inside_veh", Data::Count(over(seeds, n, |seed, place| (noise(seed, place, 11) * 9.0) as i32))),
            ("flow_vph", Data::Real(over(seeds, n, |seed, place| vehicles(seed, place) as f32 * 4.0))),
            ("delay_s", Data::Real(over(seeds, n, |seed, place| 900.0 * noise(seed, place, 12)))),
            ("stopped_s", Data::Real(over(seeds, n, |seed, place| 0.5 * (900.0 * noise(seed, place, 13)).floor()))),
            ("queue_max_m", Data::Real(over(seeds, n, |seed, place| 7.5 * (20.0 * noise(seed, place, 14)).floor()))),
            ("occupied_share", Data::Real(over(seeds, n, |seed, place| noise(seed, place, 15)))),
        ],
    )
}

fn trips(seeds: &[u64], variant: usize) -> Sheet {
    let n = TRIPS;
    let zone = |place: usize| format!("z{}", place % 400);
    sheet(
        "trips",
        vec![
            ("seed", Data::Count(over(seeds, n, |seed, _| seed as i32))),
            ("trip_id", Data::Text(over(seeds, n, |seed, place| format!("z{}>z{}|car|07:00|{seed}.{place}", place % 400, place % 397)))),
            (
                "mode",
                Data::Text(over(seeds, n, |_, place| {
                    ["car", "truck", "bus"][usize::from(place.is_multiple_of(20)) + usize::from(place.is_multiple_of(40))].to_owned()
                })),
            ),
            ("origin", Data::Text(over(seeds, n, |_, place| zone(place)))),
            ("income_decile", Data::Count(over(seeds, n, |_, place| (place % 10) as i32 + 1))),
            ("persons", Data::Real(over(seeds, n, |_, _| 1.3))),
            ("wait_outside_s", Data::Real(over(seeds, n, |_, _| 0.0))),
            (
                "travel_s",
                Data::Real(over(seeds, n, |seed, place| {
                    300.0 + 600.0 * noise(seed, place, 6) + variant as f32 * 20.0 * noise(seed, place, 7)
                })),
            ),
            ("status", Data::Text(over(seeds, n, |_, _| "arrived".to_owned()))),
            ("class", Data::Text(over(seeds, n, |_, _| "car".to_owned()))),
            ("destination", Data::Text(over(seeds, n, |_, place| zone(place + 7)))),
            ("due_s", Data::Real(over(seeds, n, |_, place| 25_200.0 + 0.125 * place as f32))),
            ("depart_s", Data::Real(over(seeds, n, |_, place| 25_200.5 + 0.125 * place as f32))),
            ("arrive_s", Data::Real(over(seeds, n, |seed, place| 25_200.0 + 7200.0 * noise(seed, place, 16)))),
            ("free_s", Data::Real(over(seeds, n, |_, place| 200.0 * noise(0, place, 17)))),
            ("delay_s", Data::Real(over(seeds, n, |seed, place| 200.0 * noise(seed, place, 18)))),
            ("stopped_s", Data::Real(over(seeds, n, |seed, place| (90.0 * noise(seed, place, 19)).floor()))),
            ("stops", Data::Count(over(seeds, n, |seed, place| (9.0 * noise(seed, place, 20)) as i32))),
            ("length_m", Data::Real(over(seeds, n, |_, place| 9000.0 * noise(0, place, 21)))),
            ("path_hash", Data::Count(over(seeds, n, |_, place| (noise(0, place, 22) * 16_777_216.0) as i32))),
            ("reroutes", Data::Count(over(seeds, n, |_, _| 0))),
            ("forced", Data::Count(over(seeds, n, |_, _| 0))),
            ("measured", Data::Count(over(seeds, n, |_, _| 1))),
        ],
    )
}

fn network(seeds: &[u64], variant: usize) -> Sheet {
    let n = 210;
    sheet(
        "network",
        vec![
            ("seed", Data::Count(over(seeds, n, |seed, _| seed as i32))),
            ("time_s", Data::Real(over(seeds, n, |_, place| 23_400.0 + 60.0 * place as f32))),
            ("inside", Data::Count(over(seeds, n, |seed, place| (5000.0 + 900.0 * noise(seed, place, 8)) as i32 + variant as i32 * 100))),
            ("arrived", Data::Count(over(seeds, n, |_, place| 250 * place as i32))),
            ("speed_mps", Data::Real(over(seeds, n, |seed, place| 8.0 + noise(seed, place, 9)))),
        ],
    )
}

#[test]
#[ignore = "writes 2 GB of tables; how long a report may take: cargo test --release --test report -- --ignored large"]
#[expect(clippy::disallowed_methods, reason = "it measures")]
fn a_large_study_is_reported_in_ten_seconds() {
    let here = Folder::new("report-large");
    let city = grid(&GridSpec { columns: 100, rows: 51, ..GridSpec::default() });
    let ids: Vec<String> = city.links.iter().map(|link| link.id.clone()).collect();
    here.write("out/study.toml", STUDY);
    let mut manifest =
        Manifest { document: "forecity.manifest/1".into(), complete: true, seeds: (1..=SEEDS).collect(), ..Manifest::default() };
    manifest.study = StudyText { path: "study.toml".into(), from_out: String::new(), title: "Large".into(), blake3: "0".into(), text: STUDY.into() };
    manifest.limits = forecity::report::validity::Limits::default();
    for (place, name) in VARIANTS.iter().enumerate() {
        manifest.variants.push(VariantText { name: (*name).into(), slug: (*name).into(), ..VariantText::default() });
        let mut hashes: BTreeMap<u64, BTreeMap<String, String>> = BTreeMap::new();
        for first in (1..=SEEDS).step_by(BATCH as usize) {
            let seeds: Vec<u64> = (first..(first + BATCH).min(SEEDS + 1)).collect();
            let span = [first, *seeds.last().expect("a seed")];
            for sheet in [links(&ids, &seeds, place), trips(&seeds, place), network(&seeds, place)] {
                for &seed in &seeds {
                    hashes.entry(seed).or_default().insert(sheet.name.to_owned(), sheet.of_seed(seed as i32).hash());
                }
                let path = here.0.join("out").join(table_path(sheet.name, name, 0, span, "parquet"));
                std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
                parquet::write(&sheet, &[], std::fs::File::create(path).expect("a file")).expect("a table");
            }
        }
        for seed in 1..=SEEDS {
            let measure =
                |salt: u32| 10.0 + f64::from(noise(seed, 0, salt)) + place as f64 + 0.1 * f64::from(noise(seed, place, 20 + salt));
            let measures = manifest.wanted.measures.iter().zip(0..).map(|(name, salt)| (name.clone(), measure(salt))).collect();
            manifest.runs.push(RunRecord {
                variant: (*name).into(),
                seed,
                measures,
                table_hashes: hashes[&seed].clone(),
                ..RunRecord::default()
            });
        }
    }
    here.write("out/manifest.json", &serde_json::to_string(&manifest).expect("JSON"));
    let start = Instant::now();
    here.run("report out").with(0, "report.html");
    let seconds = start.elapsed().as_secs_f64();
    let bytes = here.read("out/report.html").len();
    println!(
        "{} links, {} variants, {SEEDS} seeds, {INTERVALS} intervals, {TRIPS} trips: {seconds:.2} s, {bytes} bytes",
        ids.len(),
        VARIANTS.len()
    );
    assert!(bytes < super::MOST_BYTES && seconds <= MOST_S, "{seconds:.1} s, {bytes} bytes");
}
