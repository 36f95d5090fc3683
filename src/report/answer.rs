//! Sentences: what a comparison allows to say, and the one answer of a study. No difference stands without its interval and its n.
//!
//! The words are bound to the grade: "adds" and "cuts" where a difference stands, "weak evidence" where it does not survive all comparisons,
//! "cannot tell" where the runs are open, nothing about an effect where a limit is broken or pairs are few.

mod several;

use super::compare::{Comparison, Grade, NO_SPREAD, UNPAIRED, half_width};
use super::manifest::Manifest;
use super::validity::grouped;
use super::{RunRecord, measures};
use serde::Serialize;
use several::{left_out, of_points, of_variants};

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

/// Variants named one by one; of more only the ends are.
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
    let half = half_width(row.ci95);
    let least = decimals(if half > 0.0 { half } else { row.difference });
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

/// The interval with its name, as in brackets; where all pairs differ by the same, that there is none, or none wider than this.
fn in_brackets(row: &Comparison, reduction: bool, places: usize) -> String {
    if row.ci95[0].is_nan() {
        return "no spread: the same in every pair, too few pairs for a 95 % interval".to_owned();
    }
    format!("95 % interval {}", span(row, reduction, places))
}

/// What may be said of one comparison; empty where nothing may. `matters` is the share of the mean that matters.
#[must_use]
pub fn sentence(row: &Comparison, matters: f64) -> String {
    let (label, what, unit, n) = (&row.label, object(row), unit_of(row), runs(row));
    let places = decimals_of(row);
    let down = row.difference < 0.0;
    let size = fixed(row.difference.abs(), places);
    let same = if row.method == NO_SPREAD && !row.ci95[0].is_nan() { ", the same in every pair" } else { "" };
    let interval = in_brackets(row, down, places) + same;
    let against = if row.against == "base" { String::new() } else { format!(" against {}", row.other) };
    let told = if down {
        format!("{label}{against} cuts {what} by {size}{unit} ({interval}); {n}")
    } else {
        format!("{label}{against} adds {size}{unit} ({interval}) to {what}; {n}")
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
            let (value, interval) = (signed(row.difference, places), in_brackets(row, false, places) + same);
            let bound = format!("less than {} %", short(100.0 * matters));
            format!("{label}{against} makes no difference that matters ({bound}) to {what}: {value}{unit} ({interval}); {n}")
        }
        Grade::Open if row.ci95[0].is_nan() => {
            format!(
                "{n} cannot tell what {label}{against} does to {what}: all differ by {}{unit} ({interval})",
                signed(row.difference, places)
            )
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
        _ if slugs.len() == rows.len() => of_variants(manifest, &rows),
        _ => of_points(manifest, &slugs, &rows),
    };
    let sentence = if grade == Grade::Invalid { sentence } else { sentence + &left_out(&broken) };
    Some(Answer { sentence, grade, n })
}

/// With a capital letter.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
