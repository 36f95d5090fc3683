//! Studies of two arms for the report, made with the library: the second arm has another city.

use forecity::city::City;
use forecity::city::check::open;
use forecity::cli::batch::{self, Arm, Job};
use forecity::report::manifest::{CityText, StudyText, VariantText};
use forecity::report::validity::Limits;
use forecity::scenario::Asked;
use forecity::simulation::{Machine, Settings};
use std::path::Path;

/// An arm: its name, and what is changed in its city.
pub type Change<'a> = (&'a str, &'a dyn Fn(&mut City));

/// Runs the study at `file` with base and these arms into `out`.
pub fn run(file: &Path, arms: &[Change<'_>], seeds: std::ops::RangeInclusive<u64>, out: &Path) {
    let (opened, found) = open(&file.display().to_string(), &Asked::default());
    let opened = opened.unwrap_or_else(|| panic!("{}", found.render("nothing was run")));
    let study = &opened.study;
    let settings = Settings {
        k: study.k,
        from_s: opened.from_s,
        to_s: opened.to_s,
        warmup_s: study.warmup_s,
        drain_s: study.drain_s,
        interval_s: study.interval_s,
        ..Settings::default()
    };
    let arm = |(name, change): &Change<'_>| {
        let mut city = opened.city.clone();
        change(&mut city);
        let slug = name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        Arm::new(VariantText { name: (*name).to_owned(), slug, ..VariantText::default() }, city, settings.clone())
    };
    let nothing: Change<'_> = ("base", &|_| {});
    let text = std::fs::read_to_string(file).expect("the study");
    let job = Job {
        study: StudyText {
            path: file.display().to_string(),
            title: study.title.clone(),
            blake3: blake3::hash(text.as_bytes()).to_hex().to_string(),
            text,
        },
        city: CityText { path: "generated".into(), network_hash: forecity::city::fingerprint::of(&opened.city), files: Vec::new() },
        arms: std::iter::once(&nothing).chain(arms).map(arm).collect(),
        seeds: seeds.collect(),
        measures: study.measures.clone(),
        matters: study.matters,
        limits: Limits::default(),
        options: Vec::new(),
        out: out.to_owned(),
        machine: Machine { device: "cpu".into(), threads: 0 },
        worlds: None,
        also: Vec::new(),
        fresh: true,
        quiet: true,
    };
    batch::execute(&job, &mut |_, _| {}).expect("it runs");
}

/// Slows a street down to a share of its limit.
pub fn slow(city: &mut City, street: &str, share: f64) {
    let slowed: Vec<usize> = (0..city.links.len()).filter(|&link| city.links[link].name == street).collect();
    for &link in &slowed {
        city.links[link].free_speed_mps *= share;
        for lane in city.links[link].lanes.clone() {
            city.lanes[lane].speed_mps *= share;
        }
    }
    assert!(!slowed.is_empty(), "there is no {street}");
}
