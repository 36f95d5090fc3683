//! Sentences: what a comparison allows to say, and the one answer of a study. No difference stands without its interval and its n.
//!
//! The words are bound to the grade: "adds" and "cuts" where a difference stands, "weak evidence" where it does not survive all comparisons,
//! "cannot tell" where the runs are open, nothing about an effect where a limit is broken or pairs are few.

use super::compare::{Comparison, Grade, UNPAIRED, half_width};
use super::manifest::Manifest;
use super::validity::grouped;
use super::{RunRecord, measures, ranking};
use serde::Serialize;

/// The answer of a study.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// In words.
    pub sentence: String,
    /// The least certain grade of the comparisons in it.
    pub grade: Grade,
    /// Pairs; the fewest where they differ.
    pub n: usize,
}

/// Variants named one by one; further ones are counted.
const NAMED: usize = 4;

/// Trips of a run, as in "18,400 trips": those that are measured and have a way.
#[must_use]
pub fn trips(runs: &[&RunRecord]) -> String {
    let counts: Vec<f64> = runs.iter().filter_map(|run| run.measures.get("trips.total").copied()).collect();
    let (least, most) = counts.iter().fold((f64::INFINITY, 0.0_f64), |(least, most), n| (n.min(least), n.max(most)));
    match counts.is_empty() {
        true => String::new(),
        false if most - least < 0.5 => format!("{} trips", fixed(most, 0)),
        // Each seed is a day of its own: as many trips as come together on average.
        false => format!("about {} trips a run", fixed(counts.iter().sum::<f64>() / counts.len() as f64, 0)),
    }
}

/// Decimals that a number with this half width deserves: its last digit is at most 2/7 of it.
#[must_use]
pub fn decimals(half: f64) -> usize {
    const LEAST: f64 = 3.5;
    let mut scaled = half.abs();
    let mut places = 0;
    while scaled > 0.0 && scaled < LEAST && places < 6 {
        scaled *= 10.0;
        places += 1;
    }
    places
}

/// A number with so many decimals, thousands parted, never "-0.0".
#[must_use]
pub fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let zero = !text.contains(|digit: char| ('1'..='9').contains(&digit));
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    let whole = whole.parse::<u32>().map_or_else(|_| whole.to_owned(), grouped);
    format!("{}{whole}{rest}", if value < 0.0 && !zero { "-" } else { "" })
}

/// With its sign, unless it is nothing.
#[must_use]
pub fn signed(value: f64, decimals: usize) -> String {
    let text = fixed(value, decimals);
    if text.starts_with('-') || !text.contains(|digit: char| ('1'..='9').contains(&digit)) { text } else { format!("+{text}") }
}

/// Decimals of a comparison in sentences: no bound is rounded to 0 that is not 0, or an interval would seem to hold it.
#[must_use]
pub fn decimals_of(row: &Comparison) -> usize {
    let least = decimals(half_width(row.ci95));
    let vanishes = |places: usize| {
        let all_zero = |value: f64| !fixed(value, places).contains(|digit: char| ('1'..='9').contains(&digit));
        [row.difference, row.ci95[0], row.ci95[1]].iter().any(|value| value.abs() > 0.0 && all_zero(*value))
    };
    (least..6).find(|places| !vanishes(*places)).unwrap_or(6)
}

/// A unit behind a difference; a share changes by percentage points.
fn unit_of(row: &Comparison) -> String {
    match row.unit {
        "-" => String::new(),
        "%" => " percentage points".to_owned(),
        unit => format!(" {unit}"),
    }
}

/// What is measured, of how many trips.
fn object(row: &Comparison) -> String {
    let (words, of_trips) = measures::in_words(&row.measure);
    if of_trips && !row.trips.is_empty() { format!("{words} of {}", row.trips) } else { words }
}

/// "20 paired runs".
fn runs(row: &Comparison) -> String {
    let plural = if row.n == 1 { "" } else { "s" };
    if row.method == UNPAIRED { format!("{} unpaired run{plural} of each", row.n) } else { format!("{} paired run{plural}", row.n) }
}

/// Low to high, turned round where the difference is told as a reduction.
fn span(row: &Comparison, reduction: bool, places: usize) -> String {
    let [low, high] = if reduction { [-row.ci95[1], -row.ci95[0]] } else { row.ci95 };
    format!("{} to {}", fixed(low, places), fixed(high, places))
}

/// What may be said of one comparison; empty where nothing may. `matters` is the share of the mean that matters.
#[must_use]
pub fn sentence(row: &Comparison, matters: f64) -> String {
    let (label, what, unit, n) = (&row.label, object(row), unit_of(row), runs(row));
    let places = decimals_of(row);
    let down = row.difference < 0.0;
    let size = fixed(row.difference.abs(), places);
    let interval = span(row, down, places);
    let against = if row.against == "base" { String::new() } else { format!(" against {}", row.other) };
    let told = if down {
        format!("{label}{against} cuts {what} by {size}{unit} (95 % interval {interval}); {n}")
    } else {
        format!("{label}{against} adds {size}{unit} (95 % interval {interval}) to {what}; {n}")
    };
    let body = match row.grade {
        Grade::Invalid => return String::new(),
        Grade::None => {
            let are = if row.n == 1 { "is" } else { "are" };
            return format!("{n} {are} too few to say what {label}{against} does to {what}; at least 5 are needed.");
        }
        Grade::Strong => told,
        Grade::Moderate => format!("{told}, moderate evidence"),
        Grade::Weak => {
            format!("{told}, weak evidence (p {} alone, {} with all comparisons counted)", p_value(row.p), p_value(row.p_holm))
        }
        Grade::Equal => {
            let (value, interval) = (signed(row.difference, places), span(row, false, places));
            let bound = format!("less than {} %", short(100.0 * matters));
            format!("{label}{against} makes no difference that matters ({bound}) to {what}: {value}{unit} (95 % interval {interval}); {n}")
        }
        Grade::Open => {
            let [low, high] = row.ci95.map(|end| fixed(end, places));
            format!(
                "{n} cannot tell what {label}{against} does to {what}; the difference lies between {low} and {high}{unit} (95 % interval){}",
                settled(row)
            )
        }
    };
    format!("{body}{}.", so_far(row))
}

/// How many runs would settle it, and to what; empty where more runs of this kind are no help.
#[must_use]
pub fn settled(row: &Comparison) -> String {
    let Some(n) = row.n_needed.filter(|n| *n > row.n) else { return String::new() };
    let n = grouped(u32::try_from(n).unwrap_or(u32::MAX));
    format!("; about {n} runs would settle it to ±{}{}", short(row.half_width_wanted), unit_of(row))
}

/// What a lower bound is due to.
fn so_far(row: &Comparison) -> String {
    match row.unended {
        0 => String::new(),
        1 => "; in some runs one trip had not ended and counts as far as it had come".to_owned(),
        n => format!("; up to {} trips of a run had not ended and count as far as they had come", grouped(n)),
    }
}

/// A number by itself, two digits or so.
#[must_use]
pub fn short(value: f64) -> String {
    let text = fixed(value, decimals(value));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A p value as printed.
#[must_use]
pub fn p_value(p: f64) -> String {
    match p {
        p if p.is_nan() => "-".to_owned(),
        p if p < 0.001 => "< 0.001".to_owned(),
        p if p < 0.1 => format!("{p:.3}"),
        p => format!("{p:.2}"),
    }
}

/// The answer of a study by the first of its measures that was computed; `None` for base alone, which has no effect.
#[must_use]
pub fn of(manifest: &Manifest, comparisons: &[Comparison]) -> Option<Answer> {
    let first = manifest.wanted.measures.iter().find(|measure| comparisons.iter().any(|row| row.measure == **measure))?;
    let all: Vec<&Comparison> = comparisons.iter().filter(|row| row.measure == *first).collect();
    // Where a run broke a limit nothing is said about the effect; the others are told without it.
    let (broken, mut rows): (Vec<&Comparison>, Vec<&Comparison>) = all.iter().partition(|row| row.grade == Grade::Invalid);
    if rows.is_empty() {
        rows = all;
    }
    let grade = rows.iter().map(|row| row.grade).min()?;
    let n = rows.iter().map(|row| row.n).min()?;
    let mut slugs: Vec<&str> = rows.iter().map(|row| row.variant.as_str()).collect();
    slugs.dedup();
    let sentence = match &rows[..] {
        [row] if row.grade == Grade::Invalid => {
            format!("A run of {} or of {} broke a limit: nothing is said about its effect.", row.label, row.other)
        }
        [row] => row.sentence.clone(),
        [row, ..] if grade == Grade::Invalid => {
            format!("A run of {} or of every variant broke a limit: nothing is said about their effects.", row.other)
        }
        _ if slugs.len() == rows.len() => of_variants(&rows, &ties(manifest, first)),
        _ => of_points(manifest, &slugs, &rows),
    };
    let sentence = if grade == Grade::Invalid { sentence } else { sentence + &left_out(&broken) };
    Some(Answer { sentence, grade, n })
}

/// Who is left out; empty where nobody is.
fn left_out(broken: &[&Comparison]) -> String {
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
    let told = format!("{label} {verb} {size}{unit} (95 % interval {}{weak})", span(row, down, places));
    let around = || format!("(95 % interval of the difference {}{unit})", span(row, false, places));
    match row.grade {
        Grade::Invalid => format!("{label}, where a run broke a limit, is left out"),
        Grade::None => format!("{label} has too few runs"),
        Grade::Equal => format!("{label} makes no difference that matters {}", around()),
        Grade::Open => format!("{label} cannot be told from {} {}", row.other, around()),
        Grade::Weak | Grade::Moderate | Grade::Strong => told,
    }
}

/// Several variants, one point each.
fn of_variants(rows: &[&Comparison], ties: &[String]) -> String {
    let clauses: Vec<String> = rows.iter().take(NAMED).map(|row| clause(row)).collect();
    let more = match rows.len().saturating_sub(NAMED) {
        0 => String::new(),
        1 => "; one more variant stands in the tables".to_owned(),
        more => format!("; {more} more variants stand in the tables"),
    };
    let same = ties.iter().map(|pair| format!("; {pair} cannot be told apart")).collect::<String>();
    format!(
        "{} against {}: {}{same}{more}; {}{}.",
        capital(&object(rows[0])),
        rows[0].other,
        clauses.join("; "),
        each(rows),
        so_far_all(rows)
    )
}

/// Variants over the points of a sweep: the smallest and the largest difference of each.
fn of_points(manifest: &Manifest, slugs: &[&str], rows: &[&Comparison]) -> String {
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
    format!("{} against {}, {}; {}{}.", capital(&object(rows[0])), rows[0].other, parts.join("; "), each(rows), so_far_all(rows))
}

/// "+3.1 min (95 % interval 2.6 to 3.6) where demand.ev_share = 0.2".
fn at_point(row: &Comparison) -> String {
    let places = decimals_of(row);
    let axes = row.label.rsplit_once("\" at ").map_or(String::new(), |(_, axes)| format!(" where {axes}"));
    format!("{}{} (95 % interval {}){axes}", signed(row.difference, places), unit_of(row), span(row, false, places))
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

/// With a capital letter.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
