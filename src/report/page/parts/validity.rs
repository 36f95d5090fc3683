//! Part 7: everything that decides whether the runs may be used.

use crate::report::page::material::Material;
use crate::report::page::section::Section;
use crate::report::page::words;
use crate::report::validity::{Limits, grouped};
use crate::report::{RunRecord, summary};
use serde_json::{Value, json};

/// The part.
pub const SECTION: Section = Section {
    id: "validity",
    heading: "May these runs be used?",
    html: include_str!("../templates/validity.html"),
    md: include_str!("../templates/validity.md"),
    facts,
};

/// Share of busy links that may have been empty at the start.
const COLD: f64 = 0.05;
/// Rows of the table of runs; beyond, the worst are shown.
const RUNS: usize = 200;

fn facts(material: &Material) -> Option<Value> {
    let manifest = &material.manifest;
    let limits = &manifest.limits;
    let checks = [
        limit("Trips unfinished at the end", limits.unfinished, limits.no_drain, material, |run| {
            (run.validity.unfinished, run.validity.demanded)
        }),
        limit("Trips refused: never let in", limits.refused, false, material, |run| (run.validity.refused, run.validity.demanded)),
        limit("Trips without a path: demand that no street serves", limits.refused, false, material, |run| {
            (run.validity.no_path, run.validity.demanded)
        }),
        limit("Vehicles moved by force (rotated or teleported)", limits.forced, false, material, |run| {
            (run.validity.rotated.saturating_add(run.validity.teleported), run.validity.departed)
        }),
    ];
    let ledger = manifest.runs.iter().map(|run| run.validity.ledger_error).max().unwrap_or(0);
    let collisions = manifest.runs.iter().map(|run| run.validity.collisions).max().unwrap_or(0);
    let mut exact = vec![
        json!({ "name": "Vehicles missing from the books (demanded = arrived + unfinished + refused + without a path)", "value": grouped(ledger), "limit": "0", "good": ledger == 0 }),
        json!({ "name": "Vehicles that overlap", "value": grouped(collisions), "limit": "0", "good": collisions == 0 }),
    ];
    exact.extend(warm_up(material));
    let mut runs: Vec<&RunRecord> =
        manifest.variants.iter().flat_map(|variant| summary::of_variant(&manifest.runs, &variant.slug, variant.point)).collect();
    let all = runs.len();
    if all > RUNS {
        runs.sort_by_key(|run| std::cmp::Reverse((run.invalid.len(), run.validity.badness())));
        runs.truncate(RUNS);
    }
    let device = &manifest.device;
    let place = if device.kind == "gpu" {
        format!("{} ({})", device.name, device.driver)
    } else {
        format!("{}, {}", device.name, words::plural(device.threads, "thread"))
    };
    Some(json!({
        "checks": checks.iter().chain(&exact).collect::<Vec<_>>(),
        "runs": runs.iter().map(|run| row(material, run)).collect::<Vec<_>>(),
        "cut": (all > RUNS).then(|| format!("The {RUNS} worst of {} are shown; all stand in the manifest.", words::plural(all, "run"))),
        "changed": changed(limits),
        "tables": words::plural(material.verified, "file") + " checked",
        "device": format!("{}: {place}", device.kind.to_uppercase()),
        "notice": device.notice,
        "gpu": device.kind == "gpu",
        "remarks": material.remarks,
        "worst": manifest.runs.iter().flat_map(|run| run.invalid.iter().map(move |words| format!("{}, seed {}: {words}", material.name_of(run), run.seed))).collect::<Vec<_>>(),
    }))
}

/// A share against its limit, in the worst run.
fn limit(name: &str, limit: f64, untested: bool, material: &Material, of: impl Fn(&RunRecord) -> (u32, u32)) -> Value {
    let share = |run: &RunRecord| {
        let (n, whole) = of(run);
        f64::from(n) / f64::from(whole.max(1))
    };
    let worst = material.manifest.runs.iter().map(share).fold(0.0, f64::max);
    let most = material.manifest.runs.iter().map(|run| of(run).0).max().unwrap_or(0);
    let limit_words =
        if untested { "not tested: no time was given to finish".to_owned() } else { format!("at most {:.2} %", 100.0 * limit) };
    json!({ "name": name, "value": format!("{} ({:.2} %)", grouped(most), 100.0 * worst), "limit": limit_words, "good": untested || worst <= limit })
}

/// Were streets that are busy later already in use when measuring began?
fn warm_up(material: &Material) -> Option<Value> {
    material.arms.iter().any(|arm| arm.streets.is_some()).then(|| {
        let name = "Warm-up: links that carry over 100 veh/h later but on which nobody drove just before measuring began";
        let cold = material.arms.iter().filter_map(|arm| arm.streets.as_ref()?.cold).max_by(|a, b| part(*a).total_cmp(&part(*b)));
        match cold {
            None => json!({ "name": name, "value": unseen(material), "limit": "below 5 %", "good": true, "open": true }),
            Some([empty, busy]) => json!({
                "name": name, "value": format!("{} of {} ({:.1} %)", grouped(empty), grouped(busy), 100.0 * part([empty, busy])),
                "limit": "below 5 %", "good": part([empty, busy]) < COLD,
            }),
        }
    })
}

/// Why nothing is known of the streets before measuring began.
fn unseen(material: &Material) -> String {
    let Some(study) = material.scenery.as_ref().map(|scenery| &scenery.study) else { return "not tested".to_owned() };
    let minutes = |s: f64| format!("{} min", crate::scenario::checks::number(s / 60.0));
    if study.warmup_s <= 0.0 {
        return "no warm-up: streets were empty when measuring began".to_owned();
    }
    let there = material.arms.first().and_then(|arm| {
        let began = material.scenery.as_ref()?.span_s[0];
        arm.timeline.inside.iter().rfind(|moment| moment.time_s <= began + 0.5)
    });
    let inside =
        there.map_or_else(String::new, |moment| format!("; {} vehicles were on the road when measuring began", words::whole(moment.mean)));
    format!(
        "not tested: the warm-up of {} is shorter than one interval of the table of links, {}{inside}",
        minutes(study.warmup_s),
        minutes(study.interval_s)
    )
}

/// A share of two counts.
fn part([of, whole]: [u32; 2]) -> f64 {
    f64::from(of) / f64::from(whole.max(1))
}

/// Limits that the study has changed.
fn changed(limits: &Limits) -> Vec<String> {
    let usual = Limits::default();
    [
        ("forced moves", limits.forced, usual.forced),
        ("refused trips", limits.refused, usual.refused),
        ("unfinished trips", limits.unfinished, usual.unfinished),
    ]
    .into_iter()
    .filter(|(_, here, usual)| (here - usual).abs() > 0.0)
    .map(|(name, here, usual)| {
        format!("The limit of {name} is {:.2} % in this study instead of the usual {:.2} %.", 100.0 * here, 100.0 * usual)
    })
    .collect()
}

/// One run.
fn row(material: &Material, run: &RunRecord) -> Value {
    let v = &run.validity;
    let cells: Vec<String> =
        [v.demanded, v.arrived, v.unfinished, v.refused, v.no_path, v.courtesy, v.rerouted, v.missed_turns, v.rotated, v.teleported]
            .map(grouped)
            .to_vec();
    json!({ "variant": material.name_of(run), "seed": run.seed, "cells": cells, "invalid": run.invalid.join("; "), "hash": run.hash().chars().take(8).collect::<String>() })
}
