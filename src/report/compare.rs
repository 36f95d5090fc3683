//! A variant against base: the same seeds, paired differences, an interval, a grade. Never a difference without n and its interval.

use super::manifest::VariantText;
use super::{RunRecord, measures};
use crate::statistics::{Paired, holm, mean, paired, real, runs_needed};
use serde::Serialize;

/// What the runs allow to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// A limit is broken in a run of the pair.
    Invalid,
    /// Fewer than five pairs.
    None,
    /// The 90 % interval lies within what matters.
    Equal,
    /// Holm's p below 0.01 and at least ten pairs.
    Strong,
    /// Holm's p below 0.05.
    Moderate,
    /// Only the unadjusted p is below 0.05.
    Weak,
    /// These runs cannot tell.
    Open,
}

/// One measure of one variant against base.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// Slug of the variant.
    pub variant: String,
    /// Against which.
    pub against: String,
    /// Point of the sweep.
    pub point: usize,
    /// Measure.
    pub measure: String,
    /// Unit.
    pub unit: &'static str,
    /// Pairs.
    pub n: usize,
    /// Mean of the runs compared against.
    pub mean_against: f64,
    /// Mean of the variant.
    pub mean: f64,
    /// Mean difference.
    pub difference: f64,
    /// Its 95 % interval; null below two pairs.
    pub ci95: [f64; 2],
    /// In per cent of the mean compared against.
    pub difference_percent: f64,
    /// Two-sided p.
    pub p: f64,
    /// Corrected for all variants and measures.
    pub p_holm: f64,
    /// Between the two arms.
    pub correlation: f64,
    /// How the interval was made.
    pub method: &'static str,
    /// Runs that would settle it to what matters.
    pub n_needed: Option<usize>,
    /// Grade.
    pub grade: Grade,
    /// In words; empty where nothing may be said.
    pub sentence: String,
}

/// Compares every variant with `base` in the given measures. `matters` is the share of the base mean below which a difference is none.
#[must_use]
pub fn all(runs: &[RunRecord], variants: &[VariantText], wanted: &[String], matters: f64) -> Vec<Comparison> {
    let mut found = Vec::new();
    for VariantText { slug: variant, point, axes, .. } in variants.iter().filter(|variant| variant.slug != "base") {
        // Base stands where all of its own axes have the variant's values.
        let fits = |other: &&VariantText| other.slug == "base" && other.axes.iter().all(|(axis, value)| axes.get(axis) == Some(value));
        let Some(base) = variants.iter().find(fits) else { continue };
        let run_of =
            |slug: &str, point: usize, seed: u64| runs.iter().find(|run| run.variant == slug && run.point == point && run.seed == seed);
        let pairs: Vec<(&RunRecord, &RunRecord)> = (runs.iter().filter(|run| run.variant == *variant && run.point == *point))
            .filter_map(|run| Some((run_of("base", base.point, run.seed)?, run)))
            .collect();
        let invalid = pairs.iter().any(|(base, run)| !base.invalid.is_empty() || !run.invalid.is_empty());
        for measure in wanted {
            let values = |pick: fn(&(&RunRecord, &RunRecord)) -> usize| -> Vec<Option<f64>> {
                pairs.iter().map(|pair| [pair.0, pair.1][pick(pair)].measures.get(measure).copied()).collect()
            };
            let (base, there): (Vec<f64>, Vec<f64>) = values(|_| 0).into_iter().zip(values(|_| 1)).filter_map(|(b, v)| b.zip(v)).unzip();
            if !base.is_empty() {
                let found_pair = paired(&base, &there);
                found.push(row(variant, *point, measure, (&base, &there), found_pair, invalid, matters));
            }
        }
    }
    let adjusted = holm(&found.iter().map(|row| if row.p.is_nan() { 1.0 } else { row.p }).collect::<Vec<_>>());
    for (row, p_holm) in found.iter_mut().zip(adjusted) {
        row.p_holm = if row.p.is_nan() { f64::NAN } else { p_holm };
        row.grade = grade(row, matters);
        row.sentence = sentence(row);
    }
    found
}

/// One comparison before correction and grade.
fn row(variant: &str, point: usize, measure: &str, values: (&[f64], &[f64]), pair: Paired, invalid: bool, matters: f64) -> Comparison {
    let (mean_against, difference) = (mean(values.0), pair.difference);
    Comparison {
        variant: variant.to_owned(),
        against: "base".to_owned(),
        point,
        measure: measure.to_owned(),
        unit: measures::unit(measure),
        n: difference.n,
        mean_against,
        mean: mean(values.1),
        difference: difference.mean,
        ci95: difference.ci95,
        difference_percent: 100.0 * difference.mean / mean_against,
        p: pair.p,
        p_holm: f64::NAN,
        correlation: pair.correlation,
        method: "paired t",
        n_needed: runs_needed(difference.sd, matters * mean_against.abs()),
        grade: if invalid { Grade::Invalid } else { Grade::Open },
        sentence: String::new(),
    }
}

/// The first grade that fits.
fn grade(row: &Comparison, matters: f64) -> Grade {
    // The 90 % interval from the 95 % one: both are symmetric about the difference.
    let freedom = real(row.n.max(2) - 1);
    let half95 = (row.ci95[1] - row.ci95[0]) / 2.0;
    let half90 = half95 * crate::statistics::t_quantile(0.95, freedom) / crate::statistics::t_quantile(0.975, freedom);
    let limit = matters * row.mean_against.abs();
    let sure = measures::is_mean(&row.measure);
    match row.grade {
        Grade::Invalid => Grade::Invalid,
        _ if row.n < 5 => Grade::None,
        _ if row.difference.abs() + half90 <= limit => Grade::Equal,
        _ if row.p_holm < 0.01 && row.n >= 10 && sure => Grade::Strong,
        _ if row.p_holm < 0.05 => Grade::Moderate,
        _ if row.p < 0.05 => Grade::Weak,
        _ => Grade::Open,
    }
}

/// What may be said.
fn sentence(row: &Comparison) -> String {
    let Comparison { variant, measure, unit, n, .. } = row;
    let (low, high) = (row.ci95[0], row.ci95[1]);
    let span = format!("95 % interval {low:.2} to {high:.2}");
    let more = if row.difference > 0.0 { "adds" } else { "takes" };
    match row.grade {
        Grade::Invalid => String::new(),
        Grade::None => format!("{n} paired runs are too few to compare \"{variant}\" with base in {measure}; at least 5 are needed."),
        Grade::Equal => format!("\"{variant}\" makes no difference that matters to {measure} ({span} {unit}); {n} paired runs."),
        Grade::Open => {
            let more = row.n_needed.map_or(String::new(), |n| format!("; about {n} runs would settle it"));
            format!(
                "{n} paired runs cannot tell; the difference of \"{variant}\" in {measure} lies between {low:.2} and {high:.2} {unit}{more}."
            )
        }
        Grade::Strong | Grade::Moderate | Grade::Weak => {
            let to = if row.difference > 0.0 { "to" } else { "from" };
            format!("\"{variant}\" {more} {:.2} {unit} ({span}) {to} {measure}; {n} paired runs.", row.difference.abs())
        }
    }
}
