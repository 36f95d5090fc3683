//! Part 3: every measure of every variant with its difference, interval, n, p and grade; and the ranking.

use crate::report::answer::{decimals_of, fixed, short};
use crate::report::compare::{BOOTSTRAP_T, Comparison, FEW, Grade, NO_SPREAD, PAIRED_T, T_INSTEAD, UNPAIRED, value};
use crate::report::manifest::VariantText;
use crate::report::page::material::Material;
use crate::report::page::section::Section;
use crate::report::page::{chart, words};
use crate::report::shared::Shared;
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

/// Comparisons beyond which one table shows all of them by the main measure, and the table of each is folded.
const MANY: usize = 6;

fn facts(material: &Material) -> Option<Value> {
    let manifest = &material.manifest;
    let tables: Vec<Value> = (manifest.variants.iter().filter(|variant| variant.slug != material.against))
        .filter_map(|variant| {
            let own: Vec<&Comparison> =
                material.comparisons.iter().filter(|row| (&row.variant, row.point) == (&variant.slug, variant.point)).collect();
            (!own.is_empty()).then(|| {
                json!({
                    "label": variant.label(), "rows": own.iter().map(|row| compared(row, row_reach(row))).collect::<Vec<_>>(),
                    "invalid": own.iter().any(|row| row.grade == Grade::Invalid), "pairing": pairing(&own), "trips": trips(material, variant), "methods": methods(&own),
                })
            })
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
    let main: Vec<&Comparison> = material.comparisons.iter().filter(|row| row.measure == first).collect();
    let reach = main.iter().filter(|row| row.grade != Grade::Invalid).map(|row| row_reach(row)).fold(0.0, f64::max);
    let overview: Vec<Value> = main.iter().filter(|_| main.len() > MANY).map(|row| compared(row, reach)).collect();
    Some(json!({
        "tables": tables,
        "overview": overview,
        "head": words::head(&material.against_name(), "compared with").to_owned(),
        "few": FEW,
        "no_spread": material.comparisons.iter().any(|row| row.method == NO_SPREAD),
        "common": material.comparisons.iter().any(|row| row.common_trips.is_some()),
        "alone": alone,
        "against": material.against_name(),
        "ranking": ranking,
        "ranked_by": words::measure(first),
        "ranked_unit": measures::unit(first),
        "best": if measures::more_is_better(first) { "most" } else { "least" },
        "lower_bounds": material.comparisons.iter().any(|row| row.lower_bound || row.lower_bound_against),
    }))
}

/// A number, or that it is at least so much.
fn at_least(value: f64, places: usize, bound: bool) -> String {
    format!("{}{}", if bound { "\u{2265}\u{a0}" } else { "" }, words::minus(&fixed(value, places)))
}

/// How far the interval of a row reaches from nothing.
fn row_reach(row: &Comparison) -> f64 {
    row.ci95.iter().map(|end| end.abs()).filter(|end| end.is_finite()).fold(row.difference.abs(), f64::max)
}

/// One row. A difference is shown only with its interval, and where no run broke a limit.
fn compared(row: &Comparison, reach: f64) -> Value {
    let places = if row.method == NO_SPREAD { decimals_of(row).max(digits(row.mean_against)) } else { decimals_of(row) }.min(4);
    let clear = row.grade.stands();
    let settle = row.n_needed.filter(|n| row.grade == Grade::Open && *n > row.n);
    let dash = || "\u{2013}".to_owned();
    let shown = row.grade != Grade::Invalid && row.n > 1;
    let interval = match row.method {
        NO_SPREAD => "no spread".to_owned(),
        _ => words::signed_span(row.ci95, places),
    };
    json!({
        "label": row.label, "measure": words::measure(&row.measure), "id": row.measure, "unit": row.unit,
        "base": at_least(row.mean_against, places, row.lower_bound_against),
        "variant": at_least(row.mean, places, row.lower_bound),
        "common": row.common_trips.map(|n| fixed(n, 0)),
        "difference": if shown { words::difference(row.difference, places) } else { dash() },
        "percent": if shown && row.difference_percent.is_finite() { words::difference(row.difference_percent, 1) } else { dash() },
        "interval": if shown { interval } else { dash() },
        "picture": if shown { chart::interval(row.difference, row.ci95, reach, clear, good(&row.measure)) } else { String::new() },
        "n": row.n, "p": if shown { words::p(row.p) } else { dash() }, "p_holm": if shown { words::p(row.p_holm) } else { dash() }, "method": row.method,
        "grade": words::short_grade(row.grade), "class": row.grade.word(),
        "grey": !(clear || row.grade == Grade::Equal),
        "settle": settle.map(|n| format!("about {} would settle it", words::plural(n, "run"))),
    })
}

/// Decimals of a number that has no interval to go by: three digits or so.
fn digits(value: f64) -> usize {
    [10.0, 100.0].iter().filter(|bound| value.abs() > 0.0 && value.abs() < **bound).count()
}

/// A measure inside a sentence: "mean travel time".
fn named(row: &Comparison) -> String {
    let (words, _) = measures::in_words(&row.measure);
    words.strip_prefix("the ").unwrap_or(&words).to_owned()
}

/// What comparing each day with itself bought, in words; `None` where nothing can be said of it.
#[must_use]
pub fn pairing(rows: &[&Comparison]) -> Option<String> {
    /// Below this factor nothing was gained that anybody would notice.
    const GAIN: f64 = 1.05;
    let told: Vec<&&Comparison> =
        rows.iter().filter(|row| row.pairing_factor.is_finite() && row.grade != Grade::Invalid && row.n >= FEW).collect();
    let (gained, rest): (Vec<&Comparison>, Vec<&Comparison>) = told.iter().copied().copied().partition(|row| row.pairing_factor >= GAIN);
    let times: Vec<String> = gained.iter().map(|row| format!("{} {}", named(row), short(row.pairing_factor))).collect();
    let nothing: Vec<String> = rest.iter().map(|row| named(row)).collect();
    let narrower = format!(
        "Each simulated day is compared with itself (paired). Against a comparison of unrelated days the 95 % intervals are narrower by these factors: {}",
        words::list(&times)
    );
    match (times.is_empty(), nothing.is_empty()) {
        (true, true) => None,
        (false, true) => Some(format!("{narrower}.")),
        (false, false) => Some(format!("{narrower}; {} gained nothing by it.", words::list(&nothing))),
        (true, false) => Some(format!(
            "Each simulated day is compared with itself (paired); the 95 % interval of {} gained nothing by it.",
            words::list(&nothing)
        )),
    }
}

/// How a variant's trips go with those of base, where they are not the same; means over its runs.
#[must_use]
pub fn trips(material: &Material, variant: &VariantText) -> Option<String> {
    let runs = summary::of_variant(&material.manifest.runs, &variant.slug, variant.point);
    let shared: Vec<&Shared> = runs.iter().filter_map(|run| run.shared.as_ref()).collect();
    if shared.iter().all(|shared| shared.same()) {
        return None;
    }
    let over = |of: fn(&Shared) -> u64| shared.iter().map(|shared| of(shared) as f64).sum::<f64>() / shared.len() as f64;
    let (added, lost) = (over(|shared| shared.only_here), over(|shared| shared.only_there));
    let times: Vec<f64> = shared.iter().filter_map(|shared| shared.added.get("travel_time.mean").copied()).collect();
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    let aside = if mean.is_finite() { format!(", which take {} min on average", fixed(mean, 1)) } else { String::new() };
    let mut parts = Vec::new();
    if added > 0.0 {
        parts.push(format!("has {} trips a day that base has not{aside}", words::count(added)));
    }
    if lost > 0.0 {
        parts.push(format!("lacks {} trips a day of base", words::count(lost)));
    }
    Some(format!(
        "Not the same trips: this variant {}. What is measured of single trips (\u{2020}) compares the {} trips a day that both have; totals and everything else hold all trips.",
        parts.join(" and "),
        words::count(over(|shared| shared.trips))
    ))
}

/// How the intervals were made, by measure.
fn methods(rows: &[&Comparison]) -> String {
    let of = |method: &'static str, how: &str| {
        let own: Vec<String> =
            rows.iter().filter(|row| row.method == method && row.n > 1 && row.grade != Grade::Invalid).map(|row| named(row)).collect();
        (!own.is_empty()).then(|| format!("{how}: {}", own.join(", ")))
    };
    let all = [
        of(PAIRED_T, "Student's t over the pairs"),
        of(BOOTSTRAP_T, "bootstrap over the pairs"),
        of(T_INSTEAD, "Student's t over the pairs for want of enough pairs or spread for a bootstrap (at most moderate evidence)"),
        of(NO_SPREAD, "no spread, all pairs differ by the same"),
        of(UNPAIRED, "Welch's t, the seeds differ (unpaired)"),
    ];
    all.into_iter().flatten().collect::<Vec<_>>().join("; ")
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
