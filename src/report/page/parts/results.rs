//! Part 3: every measure of every variant with its difference, interval, n, p and grade; and the ranking.

use crate::report::answer::{decimals_of, fixed, p_value};
use crate::report::compare::{Comparison, Grade, PAIRED_T, value};
use crate::report::page::material::Material;
use crate::report::page::section::Section;
use crate::report::page::{chart, words};
use crate::report::{measures, summary};
use crate::statistics::sample;
use serde_json::{Value, json};

/// The part.
pub const SECTION: Section = Section {
    id: "results",
    heading: "Results",
    html: include_str!("../templates/results.html"),
    md: include_str!("../templates/results.md"),
    facts,
};

fn facts(material: &Material) -> Option<Value> {
    let manifest = &material.manifest;
    let tables: Vec<Value> = (manifest.variants.iter().filter(|variant| variant.slug != material.against))
        .filter_map(|variant| {
            let own: Vec<&Comparison> =
                material.comparisons.iter().filter(|row| (&row.variant, row.point) == (&variant.slug, variant.point)).collect();
            (!own.is_empty()).then(|| json!({ "label": variant.label(), "rows": own.iter().map(|row| compared(row)).collect::<Vec<_>>() }))
        })
        .collect();
    let alone: Vec<Value> =
        if tables.is_empty() { manifest.wanted.measures.iter().filter_map(|name| alone(material, name)).collect() } else { Vec::new() };
    let first = manifest.wanted.measures.first().map_or("", String::as_str);
    let places = material.ranking.iter().map(|rank| words::places(rank.ci95)).max().unwrap_or(1);
    let ranking: Vec<Value> = (material.ranking.iter())
        .map(|rank| {
            json!({
                "place": rank.place, "label": rank.label.trim_matches('"'), "mean": at_least(rank.mean, places, rank.lower_bound),
                "interval": words::span(rank.ci95, places), "n": rank.n, "invalid": rank.invalid,
                "tied": rank.tied_with.iter().map(|label| label.trim_matches('"')).collect::<Vec<_>>(),
            })
        })
        .collect();
    Some(json!({
        "tables": tables,
        "alone": alone,
        "against": material.against_name(),
        "ranking": ranking,
        "ranked_by": words::measure(first),
        "ranked_unit": measures::unit(first),
        "best": if measures::more_is_better(first) { "most" } else { "least" },
        "lower_bounds": material.comparisons.iter().any(|row| row.lower_bound || row.lower_bound_against),
        "methods": material.comparisons.iter().any(|row| row.method != PAIRED_T),
    }))
}

/// A number, or that it is at least so much.
fn at_least(value: f64, places: usize, bound: bool) -> String {
    format!("{}{}", if bound { "\u{2265} " } else { "" }, words::minus(&fixed(value, places)))
}

/// One row.
fn compared(row: &Comparison) -> Value {
    let places = decimals_of(row).min(4);
    let clear = row.grade.stands();
    let reach = row.ci95.iter().map(|end| end.abs()).fold(row.difference.abs(), f64::max);
    let settle = row.n_needed.filter(|n| row.grade == Grade::Open && *n > row.n);
    json!({
        "measure": words::measure(&row.measure), "id": row.measure, "unit": row.unit,
        "base": at_least(row.mean_against, places, row.lower_bound_against),
        "variant": at_least(row.mean, places, row.lower_bound),
        "difference": words::difference(row.difference, places),
        "percent": if row.difference_percent.is_finite() { words::difference(row.difference_percent, 1) } else { "\u{2013}".to_owned() },
        "interval": words::signed_span(row.ci95, places),
        "picture": chart::interval(row.difference, row.ci95, reach, clear, good(&row.measure)),
        "n": row.n, "p": p_value(row.p), "p_holm": p_value(row.p_holm), "method": row.method,
        "grade": row.grade.word(), "class": row.grade.word(),
        "grey": !(clear || row.grade == Grade::Equal),
        "settle": settle.map(|n| format!("about {} would settle it", words::plural(n, "run"))),
    })
}

/// A measure of base by itself.
fn alone(material: &Material, name: &str) -> Option<Value> {
    let base = material.manifest.variants.first()?;
    let runs = summary::of_variant(&material.manifest.runs, &base.slug, base.point);
    let found = sample(&runs.iter().filter_map(|run| value(run, name)).collect::<Vec<_>>());
    let places = if found.n < 2 { 2 } else { words::places(found.ci95) };
    (found.n > 0).then(|| {
        json!({
            "measure": words::measure(name), "id": name, "unit": measures::unit(name), "mean": words::minus(&fixed(found.mean, places)),
            "interval": words::span(found.ci95, places), "n": found.n,
        })
    })
}

/// +1 where more of a measure is better, else -1.
#[must_use]
pub fn good(measure: &str) -> f64 {
    if measures::more_is_better(measure) { 1.0 } else { -1.0 }
}
