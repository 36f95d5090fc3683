//! One sentence on several comparisons: each variant in its clause where they are few, the ends where they are many, ranges over a sweep.

use super::{NAMED, capital, decimals_of, fixed, in_brackets, signed, so_far, span, unit_of};
use crate::report::compare::{Comparison, Grade, UNPAIRED};
use crate::report::manifest::Manifest;
use crate::report::{measures, ranking};

/// Variants named at each end where there are many.
const ENDS: usize = 3;

/// Who is left out; empty where nobody is.
pub(super) fn left_out(broken: &[&Comparison]) -> String {
    let mut labels: Vec<&str> = broken.iter().take(NAMED).map(|row| row.label.as_str()).collect();
    let more = broken.len().saturating_sub(NAMED);
    let others = format!("{more} more");
    if more > 0 {
        labels.push(&others);
    }
    let why = "left out, because a run broke a limit.";
    match labels.split_last() {
        None => String::new(),
        Some((one, [])) => format!(" {one} is {why}"),
        Some((last, first)) => format!(" {} and {last} are {why}", first.join(", ")),
    }
}

/// "3.1 min (95 % interval 2.6 to 3.6)" with a verb, or why not.
fn clause(row: &Comparison) -> String {
    let places = decimals_of(row);
    let down = row.difference < 0.0;
    let (label, unit, size) = (&row.label, unit_of(row), fixed(row.difference.abs(), places));
    let verb = if down { "takes off" } else { "adds" };
    let weak = if row.grade == Grade::Weak { ", weak evidence" } else { "" };
    let told = format!("{label} {verb} {size}{unit} ({}{weak})", in_brackets(row, down, places));
    let around = || match row.ci95[0].is_nan() {
        true => format!("({})", in_brackets(row, false, places)),
        false => format!("(95 % interval of the difference {}{unit})", span(row, false, places)),
    };
    match row.grade {
        Grade::Invalid => format!("{label}, where a run broke a limit, is left out"),
        Grade::None => format!("{label} has too few runs"),
        Grade::Equal => format!("{label} makes no difference that matters {}", around()),
        Grade::Open => format!("{label} cannot be told from {} {}", row.other, around()),
        Grade::Weak | Grade::Moderate | Grade::Strong => told,
    }
}

/// Several variants, one point each.
pub(super) fn of_variants(manifest: &Manifest, rows: &[&Comparison]) -> String {
    if rows.len() > NAMED {
        return of_many(rows);
    }
    let ties = ties(manifest, &rows[0].measure);
    let clauses: Vec<String> = rows.iter().map(|row| clause(row)).collect();
    let same = ties.iter().map(|pair| format!("; {pair} cannot be told apart")).collect::<String>();
    format!("{} against {}: {}{same}; {}{}.", capital(&object(rows)), rows[0].other, clauses.join("; "), each(rows), so_far_all(rows))
}

/// Many variants: the ends, and how many lie between; every one of them stands in a table.
fn of_many(rows: &[&Comparison]) -> String {
    let stands = |row: &&&Comparison| matches!(row.grade, Grade::Weak | Grade::Moderate | Grade::Strong);
    let mut told: Vec<&Comparison> = rows.iter().filter(stands).copied().collect();
    told.sort_by(|a, b| a.difference.total_cmp(&b.difference));
    let less: Vec<&Comparison> = told.iter().filter(|row| row.difference < 0.0).copied().collect();
    let more: Vec<&Comparison> = told.iter().rev().filter(|row| row.difference > 0.0).copied().collect();
    let list = |verb: &str, of: &[&Comparison]| {
        let each = of.iter().take(ENDS).map(|row| {
            let (down, places) = (row.difference < 0.0, decimals_of(row));
            let weak = if row.grade == Grade::Weak { ", weak evidence" } else { "" };
            let size = fixed(row.difference.abs(), places);
            format!("{} by {size}{} ({}{weak})", row.label, unit_of(row), in_brackets(row, down, places))
        });
        let others = of.len().saturating_sub(ENDS);
        let more = if others > 0 { format!(", {others} more by less") } else { String::new() };
        format!("{verb} {}{more}", each.collect::<Vec<_>>().join(", "))
    };
    let mut parts = Vec::new();
    if !less.is_empty() {
        parts.push(list("lowered most by", &less));
    }
    if !more.is_empty() {
        parts.push(list("raised most by", &more));
    }
    let count = |grade: Grade| rows.iter().filter(|row| row.grade == grade).count();
    let other = &rows[0].other;
    for (n, words) in [
        (count(Grade::Equal), "without a difference that matters".to_owned()),
        (count(Grade::Open), format!("not told from {other}")),
        (count(Grade::None), "with too few runs".to_owned()),
    ] {
        if n > 0 {
            parts.push(format!("{n} {words}"));
        }
    }
    format!(
        "{} in {} variants against {other}: {} (all of them in the table of results); {}{}.",
        capital(&object(rows)),
        rows.len(),
        parts.join("; "),
        each(rows),
        so_far_all(rows)
    )
}

/// What is measured, of how many trips; a range where the comparisons rest on other numbers of trips, as over a sweep of demand.
fn object(rows: &[&Comparison]) -> String {
    let (words, of_trips) = measures::in_words(&rows[0].measure);
    let first = &rows[0].trips;
    if !of_trips || first.is_empty() {
        return words;
    }
    if rows.iter().all(|row| row.trips == *first) {
        return format!("{words} of {first}");
    }
    if rows.iter().any(|row| row.common_trips.is_some()) {
        return format!("{words}, over the trips in common,");
    }
    let (least, most) =
        rows.iter().fold((f64::INFINITY, 0.0_f64), |(least, most), row| (row.trips_mean.min(least), row.trips_mean.max(most)));
    let [least, most] = [least, most].map(|n| fixed(n, 0));
    if least == most { format!("{words} of about {least} trips a run") } else { format!("{words} of about {least} to {most} trips a run") }
}

/// Variants over the points of a sweep: the smallest and the largest difference of each.
pub(super) fn of_points(manifest: &Manifest, slugs: &[&str], rows: &[&Comparison]) -> String {
    let mut parts = Vec::new();
    for slug in slugs.iter().take(NAMED) {
        let name = manifest.variants.iter().find(|variant| variant.slug == *slug).map_or(*slug, |variant| &variant.name);
        let own: Vec<&&Comparison> = rows.iter().filter(|row| row.variant == *slug).collect();
        let mut told: Vec<&&Comparison> = own.iter().copied().filter(|row| !matches!(row.grade, Grade::Invalid | Grade::None)).collect();
        told.sort_by(|a, b| a.difference.total_cmp(&b.difference));
        let alone = own.len() == 1;
        let mut part = if alone { format!("\"{name}\" ") } else { format!("\"{name}\" at {} points of the sweep: ", own.len()) };
        if let [first, .., last] = &told[..] {
            part += &format!("from {} to {}", at_point(first), at_point(last));
        } else if let [only] = &told[..] {
            part += &at_point(only);
        }
        let untold = format!("not told from {} with certainty", rows[0].other);
        let count = |grade: Grade| own.iter().filter(|row| row.grade == grade).count();
        let silent: Vec<String> = [
            (count(Grade::Invalid), "broke a limit"),
            (count(Grade::None), "too few runs"),
            (count(Grade::Open) + count(Grade::Weak), untold.as_str()),
            (count(Grade::Equal), "no difference that matters"),
        ]
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, why)| if alone { (*why).to_owned() } else { format!("{n} {why}") })
        .collect();
        if !silent.is_empty() {
            part += &format!(
                "{}{}",
                match (told.is_empty(), alone) {
                    (true, _) => "",
                    (false, true) => ", ",
                    (false, false) => ", of them ",
                },
                silent.join(", ")
            );
        }
        parts.push(part);
    }
    let more = slugs.len().saturating_sub(NAMED);
    if more > 0 {
        parts.push(format!("{more} more variants in the table of results"));
    }
    format!("{} against {}, {}; {}{}.", capital(&object(rows)), rows[0].other, parts.join("; "), each(rows), so_far_all(rows))
}

/// "+3.1 min (95 % interval 2.6 to 3.6) where demand.ev_share = 0.2".
fn at_point(row: &Comparison) -> String {
    let places = decimals_of(row);
    let axes = row.label.rsplit_once("\" at ").map_or(String::new(), |(_, axes)| format!(" where {axes}"));
    format!("{}{} ({}){axes}", signed(row.difference, places), unit_of(row), in_brackets(row, false, places))
}

/// "20 paired runs each".
fn each(rows: &[&Comparison]) -> String {
    let (least, most) = rows.iter().fold((usize::MAX, 0), |(least, most), row| (row.n.min(least), row.n.max(most)));
    let kind = match rows.iter().filter(|row| row.method == UNPAIRED).count() {
        0 => "paired runs",
        all if all == rows.len() => "unpaired runs",
        _ => "runs, in part unpaired,",
    };
    if least == most { format!("{least} {kind} each") } else { format!("{least} to {most} {kind} each") }
}

/// Of all rows together.
fn so_far_all(rows: &[&Comparison]) -> String {
    rows.iter().max_by_key(|row| row.unended).map_or(String::new(), |row| so_far(row))
}

/// Pairs of variants that cannot be told apart, each as `"A" and "B"`.
fn ties(manifest: &Manifest, measure: &str) -> Vec<String> {
    let ranks = ranking::of(manifest, measure);
    let mut pairs = Vec::new();
    for (place, rank) in ranks.iter().enumerate().filter(|(_, rank)| rank.variant != "base" && !rank.invalid) {
        let below = ranks.iter().skip(place + 1).filter(|other| other.variant != "base" && rank.tied_with.contains(&other.label));
        pairs.extend(below.map(|other| format!("{} and {}", rank.label, other.label)));
    }
    pairs.truncate(NAMED);
    pairs
}
