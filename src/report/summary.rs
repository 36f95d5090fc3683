//! What a run leaves on the terminal: study, validity first, numbers with their intervals, where it lies.

use super::compare::{Comparison, Grade, UNPAIRED, half_width, lower_bound, precise_enough, value, widest};
use super::manifest::{Manifest, VariantText};
use super::{RunRecord, answer, measures};
use crate::diagnostic::plural;
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
pub fn text(manifest: &Manifest, comparisons: &[Comparison], out: &str) -> String {
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
        let label = manifest.label(&run.variant, run.point).replace('"', "");
        line(&mut text, &format!("INVALID {label} seed {}: {}", run.seed, run.invalid.join("; ")));
    }
    if invalid.len() > 5 {
        line(&mut text, &format!("INVALID and {} more runs of {}", invalid.len() - 5, manifest.runs.len()));
    }
    if !manifest.complete {
        line(&mut text, &format!("partial {} of {} runs are done", manifest.runs.len(), variants * seeds));
    }
    let mut hidden = 0;
    for (place, variant) in manifest.variants.iter().enumerate() {
        let there: Vec<&Comparison> = comparisons.iter().filter(|row| row.variant == variant.slug && row.point == variant.point).collect();
        let in_comparisons = variant.slug == "base" && !comparisons.is_empty();
        match (there.is_empty(), in_comparisons) {
            _ if place > TABLES => hidden += 1,
            (false, _) => compared(&mut text, variant, &there),
            (true, false) => {
                numbers(&mut text, &variant.name, &of_variant(&manifest.runs, &variant.slug, variant.point), &manifest.wanted.measures);
            }
            (true, true) => {}
        }
    }
    if hidden > 0 {
        line(&mut text, &format!("{hidden} more comparisons of variants and points stand in tables/comparisons"));
    }
    if let Some(missed) = missed(manifest) {
        line(&mut text, &format!("until   {missed}"));
    }
    if let Some(answer) = answer::of(manifest, comparisons) {
        line(&mut text, &format!("answer  {}", answer.sentence));
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

/// What `runs.until` asked for and did not get; `None` where it did, nobody asks, or runs are still missing.
#[must_use]
pub fn missed(manifest: &Manifest) -> Option<String> {
    let until = manifest.wanted.until.as_ref().filter(|_| manifest.complete && !precise_enough(manifest))?;
    let seeds = plural(manifest.seeds.len(), "seed");
    let there = widest(manifest).map_or_else(|| "is not known".to_owned(), |half| format!("is {} % of base", answer::short(100.0 * half)));
    let wanted = answer::short(100.0 * until.half_width);
    Some(format!("not reached: half the widest interval of {} {there} after {seeds}, {wanted} % was asked for", until.measure))
}

/// Variants and points shown on the terminal at most.
const TABLES: usize = 20;

/// One line.
fn line(text: &mut String, words: &str) {
    writeln!(text, "{}", words.trim_end()).ok();
}

/// Decimals of a number on the terminal at most: four digits or so.
fn digits(value: f64) -> usize {
    let steps = [(1.0, 3), (100.0, 2), (1000.0, 1)];
    steps.iter().find(|(below, _)| value.abs() < *below).map_or(0, |(_, decimals)| *decimals)
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

/// A mean with the mark of a lower bound.
fn bound(mean: String, is_lower_bound: bool) -> String {
    if is_lower_bound { format!(">={mean}") } else { mean }
}

/// A variant by itself: means and intervals over seeds.
fn numbers(text: &mut String, name: &str, runs: &[&RunRecord], wanted: &[String]) {
    line(text, &format!("{name:<22} {:>10} {:>12} {:>24} {:>6}", "unit", "mean", "95 % interval", "runs"));
    for measure in wanted {
        let values: Vec<f64> = runs.iter().filter_map(|run| value(run, measure)).collect();
        if values.is_empty() {
            continue;
        }
        let found = sample(&values);
        let span =
            if found.n < 2 { "one run: unknown".to_owned() } else { format!("{} to {}", shown(found.ci95[0]), shown(found.ci95[1])) };
        let mean = bound(shown(found.mean), lower_bound(runs, measure));
        line(text, &format!("{measure:<22} {:>10} {mean:>12} {span:>24} {:>6}", measures::unit(measure), found.n));
    }
}

/// A variant against base.
fn compared(text: &mut String, variant: &VariantText, rows: &[&Comparison]) {
    let label = variant.label();
    let head = format!("{} against base", label.replace('"', ""));
    // The name stands in the head already; in the column it must not push the numbers aside.
    let column = if variant.name.chars().count() > 10 { "variant" } else { &variant.name };
    line(text, &format!("{head:<30} {:>10} {column:>10} {:>12} {:>22} {:>9}  evidence", "base", "difference", "95 % interval", "p (Holm)"));
    for row in rows {
        // One digit more than in sentences: a table is for those who want to see it.
        let half = Some(half_width(row.ci95)).filter(|half| *half > 0.0).unwrap_or(row.difference);
        let places = if row.n < 2 { 2 } else { answer::decimals(half).max(1) + 1 };
        let of = |mean: f64| answer::fixed(mean, places.min(digits(mean)));
        let (base, mean) = (bound(of(row.mean_against), row.lower_bound_against), bound(of(row.mean), row.lower_bound));
        let (difference, span) = match row.n {
            // A difference never stands without its interval.
            0 | 1 => ("-".to_owned(), "one pair: unknown".to_owned()),
            _ if row.ci95[0].is_nan() => (answer::signed(row.difference, places), "no spread".to_owned()),
            _ => (
                answer::signed(row.difference, places),
                format!("{} to {}", answer::signed(row.ci95[0], places), answer::signed(row.ci95[1], places)),
            ),
        };
        let unpaired = if row.method == UNPAIRED { " (unpaired)" } else { "" };
        let evidence = match row.grade {
            Grade::None => format!("none: {}", plural(row.n, "pair")),
            Grade::Open => format!("open{}", settled(row)),
            other => other.word().to_owned(),
        };
        line(
            text,
            &format!(
                "{:<19} {:>10} {base:>10} {mean:>10} {difference:>12} {span:>22} {:>9}  {evidence}{unpaired}",
                row.measure,
                row.unit,
                answer::p_value(row.p_holm)
            ),
        );
    }
}

/// "about 87 runs would settle it to 1 %", where more runs than there are would.
fn settled(row: &Comparison) -> String {
    let Some(n) = row.n_needed.filter(|n| *n > row.n) else { return String::new() };
    let percent = 100.0 * row.half_width_wanted / row.mean_against.abs();
    format!(": about {n} runs would settle it to {} %", answer::short(percent))
}
