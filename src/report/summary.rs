//! What a run leaves on the terminal: study, validity first, numbers with their intervals, where it lies.

use super::RunRecord;
use super::compare::{Comparison, Grade};
use super::manifest::Manifest;
use super::measures;
use crate::statistics::sample;
use std::fmt::Write;

/// Runs of one variant at one point, by seed.
#[must_use]
pub fn of_variant<'a>(runs: &'a [RunRecord], slug: &str, point: usize) -> Vec<&'a RunRecord> {
    let mut found: Vec<&RunRecord> = runs.iter().filter(|run| run.variant == slug && run.point == point).collect();
    found.sort_by_key(|run| run.seed);
    found
}

/// The whole text, with a line end behind each line.
#[must_use]
pub fn text(manifest: &Manifest, comparisons: &[Comparison], wanted: &[String], out: &str) -> String {
    let mut text = String::new();
    let (variants, seeds) = (manifest.variants.len(), manifest.seeds.len());
    let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let short = |hash: &str| hash.chars().take(8).collect::<String>();
    let runs = format!("{} x {}", plural(variants, "variant"), plural(seeds, "seed"));
    line(&mut text, &format!("study   {} | {runs} | {} {}", manifest.study.title, manifest.city.path, short(&manifest.city.network_hash)));
    if let Some(worst) = manifest.runs.iter().max_by_key(|run| (run.invalid.len(), run.validity.badness())) {
        let which = if manifest.runs.len() > 1 { "   (worst run)" } else { "" };
        line(&mut text, &format!("valid   {}{which}", worst.validity.line()));
    }
    let invalid: Vec<&RunRecord> = manifest.runs.iter().filter(|run| !run.invalid.is_empty()).collect();
    for run in invalid.iter().take(5) {
        line(&mut text, &format!("INVALID {} seed {}: {}", run.variant, run.seed, run.invalid.join("; ")));
    }
    if invalid.len() > 5 {
        line(&mut text, &format!("INVALID and {} more runs of {}", invalid.len() - 5, manifest.runs.len()));
    }
    if !manifest.complete {
        line(&mut text, &format!("partial {} of {} runs are done", manifest.runs.len(), variants * seeds));
    }
    for variant in &manifest.variants {
        let there: Vec<&Comparison> = comparisons.iter().filter(|row| row.variant == variant.slug && row.point == variant.point).collect();
        if there.is_empty() {
            numbers(&mut text, &variant.name, &of_variant(&manifest.runs, &variant.slug, variant.point), wanted);
        } else {
            compared(&mut text, &variant.name, &there);
        }
    }
    if let Some(row) = comparisons.iter().find(|row| !row.sentence.is_empty()) {
        line(&mut text, &format!("answer  {}", row.sentence));
    }
    let device = &manifest.device;
    let place = if device.kind == "cpu" { plural(device.threads, "thread") } else { device.name.clone() };
    let steps: u64 = manifest.runs.iter().map(|run| run.vehicle_steps).sum();
    let million = steps as f64 / 1e6;
    line(
        &mut text,
        &format!(
            "out     {out}  result {}  {:.1} s on {}, {place}  {million:.1} M vehicle-steps",
            short(&manifest.result_hash),
            manifest.wall_s,
            device.kind
        ),
    );
    text
}

/// One line.
fn line(text: &mut String, words: &str) {
    writeln!(text, "{}", words.trim_end()).ok();
}

/// A number with a sensible number of digits.
#[must_use]
pub fn shown(value: f64) -> String {
    match value.abs() {
        _ if value.is_nan() => "-".to_owned(),
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 100.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// A variant by itself: means and intervals over seeds.
fn numbers(text: &mut String, name: &str, runs: &[&RunRecord], wanted: &[String]) {
    line(text, &format!("{name:<22} {:>10} {:>12} {:>24} {:>6}", "unit", "mean", "95 % interval", "runs"));
    for measure in wanted {
        let values: Vec<f64> = runs.iter().filter_map(|run| run.measures.get(measure).copied()).collect();
        if values.is_empty() {
            continue;
        }
        let found = sample(&values);
        let span =
            if found.n < 2 { "one run: unknown".to_owned() } else { format!("{} to {}", shown(found.ci95[0]), shown(found.ci95[1])) };
        line(text, &format!("{measure:<22} {:>10} {:>12} {span:>24} {:>6}", measures::unit(measure), shown(found.mean), found.n));
    }
}

/// A variant against base.
fn compared(text: &mut String, name: &str, rows: &[&Comparison]) {
    let head = format!("{name} against base");
    line(
        text,
        &format!(
            "{head:<28} {:>8} {:>9} {:>9} {:>11} {:>22} {:>9}   evidence",
            "", "base", "variant", "difference", "95 % interval", "p (Holm)"
        ),
    );
    for row in rows {
        let span = if row.n < 2 { "one pair: unknown".to_owned() } else { format!("{:+.2} to {:+.2}", row.ci95[0], row.ci95[1]) };
        let p = match row.p_holm {
            p if p.is_nan() => "-".to_owned(),
            p if p < 0.001 => "< 0.001".to_owned(),
            p => format!("{p:.3}"),
        };
        let evidence = match row.grade {
            Grade::Invalid => "invalid".to_owned(),
            Grade::None => format!("none: {} pairs", row.n),
            Grade::Equal => "equal".to_owned(),
            Grade::Strong => "strong".to_owned(),
            Grade::Moderate => "moderate".to_owned(),
            Grade::Weak => "weak".to_owned(),
            Grade::Open => row.n_needed.map_or("open".to_owned(), |n| format!("open: about {n} runs would settle it")),
        };
        let (base, mean, difference) = (shown(row.mean_against), shown(row.mean), row.difference);
        line(text, &format!("{:<28} {:>8} {base:>9} {mean:>9} {difference:>+11.2} {span:>22} {p:>9}   {evidence}", row.measure, row.unit));
    }
}
