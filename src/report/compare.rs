//! A variant against base: the same seeds, paired differences, an interval, a grade. Never a difference without n and its interval.
//!
//! | measure | interval and p |
//! |---|---|
//! | means, totals | paired t |
//! | percentiles, shares, ratios, maxima | bootstrap-t from ten pairs on; before, or where it says nothing, paired t and at most `moderate` |
//! | any, without a common seed | Welch, marked as unpaired |
//!
//! Several comparisons: Holm over all variants, points and measures of `report.measures`.

use super::manifest::{Manifest, VariantText, Wanted};
use super::{RunRecord, answer, measures, summary};
use crate::statistics::{self, RESAMPLES, equal_within, holm, mean, paired, runs_needed, runs_needed_unpaired, sample, sd, unpaired};
use rayon::prelude::*;
use serde::Serialize;

/// Pairs from which the bootstrap is used, and from which evidence may be strong.
const ENOUGH: usize = 10;
/// Fewer pairs than this say nothing.
const FEW: usize = 5;

/// Student's t on the differences.
pub const PAIRED_T: &str = "paired t";
/// The studentised bootstrap over seeds.
pub const BOOTSTRAP_T: &str = "bootstrap-t";
/// Student's t on what is no mean, for want of a bootstrap.
pub const T_INSTEAD: &str = "paired t instead of bootstrap-t";
/// Welch's test: the seeds differ.
pub const UNPAIRED: &str = "unpaired, Welch";

/// What the runs allow to say; the first that fits (`product` reference 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// A limit is broken in a run of the pair: no sentence.
    Invalid,
    /// Fewer than five pairs.
    None,
    /// These runs cannot tell.
    Open,
    /// Only the unadjusted p is below 0.05.
    Weak,
    /// Holm's p below 0.05.
    Moderate,
    /// The 90 % interval lies within what matters.
    Equal,
    /// Holm's p below 0.01 and at least ten pairs.
    Strong,
}

impl Grade {
    /// As in documents and tables.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Grade::Invalid => "invalid",
            Grade::None => "none",
            Grade::Open => "open",
            Grade::Weak => "weak",
            Grade::Moderate => "moderate",
            Grade::Equal => "equal",
            Grade::Strong => "strong",
        }
    }

    /// Is there a difference that stands after all comparisons are counted?
    #[must_use]
    pub fn stands(self) -> bool {
        matches!(self, Grade::Moderate | Grade::Strong)
    }
}

/// One measure of one variant against another. NaN is null in documents.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// Slug of the variant.
    pub variant: String,
    /// Its name with the values of its axes, as in sentences.
    pub label: String,
    /// Slug of what it is compared with.
    pub against: String,
    /// Point of the sweep.
    pub point: usize,
    /// Point of what it is compared with.
    pub point_against: usize,
    /// Measure.
    pub measure: String,
    /// Unit.
    pub unit: &'static str,
    /// Pairs; unpaired: runs of the smaller group.
    pub n: usize,
    /// Mean of the runs compared against.
    pub mean_against: f64,
    /// Mean of the variant.
    pub mean: f64,
    /// `mean_against` is a lower bound: unfinished trips count with their time so far.
    pub lower_bound_against: bool,
    /// `mean` is a lower bound.
    pub lower_bound: bool,
    /// Mean difference.
    pub difference: f64,
    /// Its 95 % interval; NaN below two pairs.
    pub ci95: [f64; 2],
    /// Its 90 % interval, for the two one-sided tests.
    pub ci90: [f64; 2],
    /// In per cent of the mean compared against.
    pub difference_percent: f64,
    /// Two-sided p.
    pub p: f64,
    /// Corrected for all variants, points and measures.
    pub p_holm: f64,
    /// Between the two arms.
    pub correlation: f64,
    /// Half width as if unpaired (Welch) over the paired half width: what the common seeds bought.
    pub pairing_factor: f64,
    /// How the interval was made: [`PAIRED_T`], [`BOOTSTRAP_T`], [`T_INSTEAD`] or [`UNPAIRED`].
    pub method: &'static str,
    /// A smaller difference does not matter, in the unit of the measure.
    pub matters: f64,
    /// Half width that `n_needed` is for: that of `runs.until` for its measure, otherwise `matters`.
    pub half_width_wanted: f64,
    /// Runs that would settle it; `None` = more than 100,000, or no telling.
    pub n_needed: Option<usize>,
    /// Grade.
    pub grade: Grade,
    /// In words; empty where nothing may be said.
    pub sentence: String,
    /// Name of what it is compared with, as in sentences.
    #[serde(skip)]
    pub other: String,
    /// Trips of a run of the arm compared against, as in sentences.
    #[serde(skip)]
    pub trips: String,
    /// Trips that had not ended, in the worst run.
    #[serde(skip)]
    pub unended: u32,
}

/// What comparisons rest on.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// Runs.
    pub runs: &'a [RunRecord],
    /// What is asked.
    pub wanted: &'a Wanted,
    /// Hash of the study, part of the key of the bootstrap.
    pub study: &'a str,
}

impl<'a> Ground<'a> {
    /// Of a manifest.
    #[must_use]
    pub fn of(manifest: &'a Manifest) -> Ground<'a> {
        Ground { runs: &manifest.runs, wanted: &manifest.wanted, study: &manifest.study.blake3 }
    }
}

/// All comparisons of a manifest with base, graded, in words; in the order of its variants and of its measures.
#[must_use]
pub fn of(manifest: &Manifest) -> Vec<Comparison> {
    all(Ground::of(manifest), &manifest.variants)
}

/// Compares every variant with base.
#[must_use]
pub fn all(ground: Ground<'_>, variants: &[VariantText]) -> Vec<Comparison> {
    let pairs: Vec<(&VariantText, &VariantText)> = (variants.iter().filter(|variant| variant.slug != "base"))
        .filter_map(|variant| Some((variant.base_among(variants)?, variant)))
        .collect();
    let rows = pairs.par_iter().flat_map_iter(|(base, variant)| pair(ground, base, variant)).collect();
    graded(rows, ground.wanted.matters)
}

/// Corrects the p values of one family for each other and gives grades and sentences.
#[must_use]
pub fn graded(mut rows: Vec<Comparison>, matters: f64) -> Vec<Comparison> {
    // What has no p counts as a comparison all the same.
    let adjusted = holm(&rows.iter().map(|row| if row.p.is_nan() { 1.0 } else { row.p }).collect::<Vec<_>>());
    for (row, p_holm) in rows.iter_mut().zip(adjusted) {
        row.p_holm = if row.p.is_nan() { f64::NAN } else { p_holm };
        row.grade = grade(row);
        row.sentence = answer::sentence(row, matters);
    }
    rows
}

/// All wanted measures of one variant against another, before correction and grade; `Invalid` is marked already.
#[must_use]
pub fn pair(ground: Ground<'_>, against: &VariantText, variant: &VariantText) -> Vec<Comparison> {
    let [there, here] = [against, variant].map(|arm| summary::of_variant(ground.runs, &arm.slug, arm.point));
    let with = |run: &&RunRecord| there.binary_search_by_key(&run.seed, |other| other.seed).ok().map(|place| there[place]);
    let common: Vec<(&RunRecord, &RunRecord)> = here.iter().filter_map(|run| Some((with(run)?, *run))).collect();
    let arms = if common.is_empty() { Arms { there, here, paired: false } } else { Arms::of(&common) };
    (ground.wanted.measures.iter()).filter_map(|measure| row(ground, [against, variant], &arms, measure)).collect()
}

/// The runs of both arms; seed by seed where they are paired.
struct Arms<'a> {
    there: Vec<&'a RunRecord>,
    here: Vec<&'a RunRecord>,
    paired: bool,
}

impl<'a> Arms<'a> {
    fn of(pairs: &[(&'a RunRecord, &'a RunRecord)]) -> Arms<'a> {
        let (there, here) = pairs.iter().copied().unzip();
        Arms { there, here, paired: true }
    }

    /// Values of a measure in both arms; a pair without one of them is none.
    fn values(&self, measure: &str) -> (Vec<f64>, Vec<f64>) {
        let of = |run: &&RunRecord| value(run, measure);
        if self.paired {
            self.there.iter().zip(&self.here).filter_map(|(there, here)| of(there).zip(of(here))).unzip()
        } else {
            (self.there.iter().filter_map(of).collect(), self.here.iter().filter_map(of).collect())
        }
    }
}

/// A measure of a run; base is worse off than itself in no trip.
#[must_use]
pub fn value(run: &RunRecord, measure: &str) -> Option<f64> {
    if run.variant == "base" && measure == measures::WORSE_OFF { Some(0.0) } else { run.measures.get(measure).copied() }
}

/// Do some of these runs have trips that had not ended, so that this measure is a lower bound?
#[must_use]
pub fn lower_bound(runs: &[&RunRecord], measure: &str) -> bool {
    measures::grows_with_time(measure) && unended(runs) > 0
}

/// Trips that had not ended, in the worst of some runs.
fn unended(runs: &[&RunRecord]) -> u32 {
    runs.iter().map(|run| run.validity.unfinished.saturating_add(run.validity.refused)).max().unwrap_or(0)
}

/// Difference, intervals and what belongs to them.
#[derive(Clone, Copy)]
struct Found {
    ci95: [f64; 2],
    ci90: [f64; 2],
    p: f64,
    correlation: f64,
    pairing_factor: f64,
    method: &'static str,
    n_needed: Option<usize>,
}

/// One comparison before correction and grade; `None` where an arm has nothing.
fn row(ground: Ground<'_>, [against, variant]: [&VariantText; 2], arms: &Arms<'_>, measure: &str) -> Option<Comparison> {
    let (there, here) = arms.values(measure);
    if there.is_empty() || here.is_empty() {
        return None;
    }
    let mean_against = mean(&there);
    let matters = ground.wanted.matters * mean_against.abs();
    let until = ground.wanted.until.as_ref().filter(|until| until.measure == measure);
    let half_width_wanted = until.map_or(matters, |until| until.half_width * mean_against.abs());
    let found = if arms.paired {
        let parts = [ground.study, measure, &variant.slug, &against.slug];
        of_pairs(&there, &here, half_width_wanted, measures::is_mean(measure), key(parts, [variant.point, against.point]))
    } else {
        of_groups(&there, &here, half_width_wanted)
    };
    let difference = mean(&here) - mean_against;
    let invalid = arms.there.iter().chain(&arms.here).any(|run| !run.invalid.is_empty());
    let grows = measures::grows_with_time(measure);
    Some(Comparison {
        variant: variant.slug.clone(),
        label: variant.label(),
        against: against.slug.clone(),
        point: variant.point,
        point_against: against.point,
        measure: measure.to_owned(),
        unit: measures::unit(measure),
        n: there.len().min(here.len()),
        mean_against,
        mean: mean(&here),
        lower_bound_against: lower_bound(&arms.there, measure),
        lower_bound: lower_bound(&arms.here, measure),
        difference,
        ci95: found.ci95,
        ci90: found.ci90,
        difference_percent: if mean_against.abs() > 0.0 { 100.0 * difference / mean_against } else { f64::NAN },
        p: found.p,
        p_holm: f64::NAN,
        correlation: found.correlation,
        pairing_factor: found.pairing_factor,
        method: found.method,
        matters,
        half_width_wanted,
        n_needed: found.n_needed,
        grade: if invalid { Grade::Invalid } else { Grade::Open },
        sentence: String::new(),
        other: if against.slug == "base" { "base".to_owned() } else { format!("\"{}\"", against.name) },
        trips: answer::trips(&arms.there),
        unended: if grows { unended(&arms.there).max(unended(&arms.here)) } else { 0 },
    })
}

/// Half the width of an interval.
#[must_use]
pub fn half_width(interval: [f64; 2]) -> f64 {
    (interval[1] - interval[0]) / 2.0
}

/// The same seeds in both arms.
fn of_pairs(there: &[f64], here: &[f64], half: f64, is_mean: bool, key: u64) -> Found {
    let pairs = paired(there, here);
    let differences: Vec<f64> = there.iter().zip(here).map(|(a, b)| b - a).collect();
    let n_needed = runs_needed(pairs.difference.sd, half);
    let method = if is_mean { PAIRED_T } else { T_INSTEAD };
    let (ci95, ci90) = (pairs.difference.ci95, pairs.ci90);
    let mut found = Found { ci95, ci90, p: pairs.p, correlation: pairs.correlation, pairing_factor: f64::NAN, method, n_needed };
    if !is_mean
        && differences.len() >= ENOUGH
        && let Some(drawn) = statistics::bootstrap_t(&differences, key, RESAMPLES)
    {
        found = Found { ci95: drawn.ci95, ci90: drawn.ci90, p: drawn.p, method: BOOTSTRAP_T, ..found };
    }
    // Both by t: what pairing bought is no question of the bootstrap.
    let factor = half_width(unpaired(there, here).ci95) / half_width(ci95);
    found.pairing_factor = if factor.is_finite() { factor } else { f64::NAN };
    found
}

/// Other seeds in each arm.
fn of_groups(there: &[f64], here: &[f64], half: f64) -> Found {
    let groups = unpaired(there, here);
    Found {
        ci95: groups.ci95,
        ci90: groups.ci90,
        p: groups.p,
        correlation: f64::NAN,
        pairing_factor: f64::NAN,
        method: UNPAIRED,
        n_needed: runs_needed_unpaired(sd(there), sd(here), half),
    }
}

/// Key of the draws of one comparison.
fn key(names: [&str; 4], points: [usize; 2]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for name in names {
        // A length before each, so that no two lists of names give the same bytes.
        hasher.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
    }
    points.iter().for_each(|point| {
        hasher.update(&(*point as u64).to_le_bytes());
    });
    hasher.finalize().as_bytes().iter().take(8).fold(0, |key, byte| key << 8 | u64::from(*byte))
}

/// The first grade that fits.
fn grade(row: &Comparison) -> Grade {
    let is_mean = measures::is_mean(&row.measure);
    let sure = row.method == PAIRED_T || row.method == BOOTSTRAP_T || (row.method == UNPAIRED && is_mean);
    match row.grade {
        Grade::Invalid => Grade::Invalid,
        _ if row.n < FEW => Grade::None,
        _ if equal_within(row.ci90, row.matters) => Grade::Equal,
        _ if row.p_holm < 0.01 && row.n >= ENOUGH && sure => Grade::Strong,
        _ if row.p_holm < 0.05 => Grade::Moderate,
        _ if row.p < 0.05 => Grade::Weak,
        _ => Grade::Open,
    }
}

/// Is the precision reached for which runs are added (`runs.until`)? `true` without such a wish. It looks at precision only, never at significance.
#[must_use]
pub fn precise_enough(manifest: &Manifest) -> bool {
    manifest.wanted.until.as_ref().is_none_or(|until| widest(manifest).is_some_and(|half| half <= until.half_width))
}

/// The widest half width of the 95 % intervals that `runs.until` looks at, as a share of base's mean: of the paired difference in every variant;
/// of base's own mean where there is no variant. `None` where one is not known yet, or nobody asks.
#[must_use]
pub fn widest(manifest: &Manifest) -> Option<f64> {
    let until = manifest.wanted.until.as_ref()?;
    let wanted = Wanted { measures: vec![until.measure.clone()], ..manifest.wanted.clone() };
    let ground = Ground { wanted: &wanted, ..Ground::of(manifest) };
    let others = manifest.variants.iter().filter(|variant| variant.slug != "base").count();
    let halves: Vec<f64> = if others > 0 {
        let rows = all(ground, &manifest.variants);
        // A variant without a row is not known.
        let missing = std::iter::repeat_n(f64::NAN, others.saturating_sub(rows.len()));
        rows.iter().map(|row| half_width(row.ci95) / row.mean_against.abs()).chain(missing).collect()
    } else {
        let of_base = |base: &VariantText| {
            let runs = summary::of_variant(&manifest.runs, &base.slug, base.point);
            let own = sample(&runs.iter().filter_map(|run| value(run, &until.measure)).collect::<Vec<_>>());
            if own.n < 2 { f64::NAN } else { half_width(own.ci95) / own.mean.abs() }
        };
        manifest.variants.iter().map(of_base).collect()
    };
    halves.into_iter().try_fold(0.0, |widest: f64, half| half.is_finite().then_some(widest.max(half)))
}
