//! A variant against base: the same seeds, paired differences, an interval, a grade. Never a difference without n and its interval.
//!
//! | measure | interval and p |
//! |---|---|
//! | means, totals | paired t |
//! | percentiles, shares, ratios, maxima | bootstrap-t from ten pairs on; before, or where it says nothing, paired t and at most `moderate` |
//! | any, without a common seed | Welch, marked as unpaired |
//! | any, all pairs differing by the same | that number, marked as without spread |
//!
//! What is measured of single trips is compared over the trips that both runs hold ([`super::shared`]).
//!
//! Several comparisons: Holm over all variants, points and measures of `report.measures`.

mod found;

use super::manifest::{Manifest, VariantText, Wanted};
use super::shared::Shared;
use super::{RunRecord, answer, measures, summary};
use crate::statistics::{equal_within, holm, mean, real, sample};
use found::{of_groups, of_pairs};
use rayon::prelude::*;
use serde::Serialize;

/// Pairs from which the bootstrap is used, and from which evidence may be strong.
const ENOUGH: usize = 10;
/// Fewer pairs than this say nothing, and have no p.
pub const FEW: usize = 5;

/// Student's t on the differences.
pub const PAIRED_T: &str = "paired t";
/// The studentised bootstrap over seeds.
pub const BOOTSTRAP_T: &str = "bootstrap-t";
/// Student's t on what is no mean, for want of a bootstrap.
pub const T_INSTEAD: &str = "paired t instead of bootstrap-t";
/// All pairs differ by the same.
pub const NO_SPREAD: &str = "no spread";
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
    /// Two-sided p; NaN below five pairs.
    pub p: f64,
    /// Corrected for all variants, points and measures.
    pub p_holm: f64,
    /// Between the two arms.
    pub correlation: f64,
    /// Half width as if unpaired (Welch) over the paired half width: what the common seeds bought.
    pub pairing_factor: f64,
    /// How the interval was made: [`PAIRED_T`], [`BOOTSTRAP_T`], [`T_INSTEAD`], [`NO_SPREAD`] or [`UNPAIRED`].
    pub method: &'static str,
    /// A smaller difference does not matter, in the unit of the measure.
    pub matters: f64,
    /// Half width that `n_needed` is for: that of `runs.until` for its measure, otherwise `matters`.
    pub half_width_wanted: f64,
    /// Runs that would settle it; `None` = more than 100,000, or no telling.
    pub n_needed: Option<usize>,
    /// Trips that both runs of a pair hold, the mean over pairs, where a run holds others as well and this measure is one of single trips: then
    /// it is compared over these.
    pub common_trips: Option<f64>,
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
    /// Their number, the mean over runs; NaN = unknown.
    #[serde(skip)]
    pub trips_mean: f64,
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
    // Of all runs, also of those that have no partner yet: an arm is used as a whole or not at all.
    let invalid = there.iter().chain(&here).any(|run| !run.invalid.is_empty());
    let arms = if common.is_empty() { Arms { there, here, paired: false, invalid } } else { Arms::of(&common, invalid) };
    (ground.wanted.measures.iter()).filter_map(|measure| row(ground, [against, variant], &arms, measure)).collect()
}

/// The runs of both arms; seed by seed where they are paired.
struct Arms<'a> {
    there: Vec<&'a RunRecord>,
    here: Vec<&'a RunRecord>,
    paired: bool,
    /// A run of either broke a limit.
    invalid: bool,
}

impl<'a> Arms<'a> {
    fn of(pairs: &[(&'a RunRecord, &'a RunRecord)], invalid: bool) -> Arms<'a> {
        let (there, here) = pairs.iter().copied().unzip();
        Arms { there, here, paired: true, invalid }
    }

    /// Values of a measure in both arms; a pair without one of them is none.
    fn values(&self, measure: &str) -> (Vec<f64>, Vec<f64>) {
        if self.paired {
            let of = |(there, here): (&&RunRecord, &&RunRecord)| over_common(there, here, measure).zip(over_common(here, there, measure));
            self.there.iter().zip(&self.here).filter_map(of).unzip()
        } else {
            let of = |run: &&RunRecord| value(run, measure);
            (self.there.iter().filter_map(of).collect(), self.here.iter().filter_map(of).collect())
        }
    }

    /// Trips of both runs of a pair, on average, where they do not hold the same and `measure` is one of single trips.
    fn common_trips(&self, measure: &str) -> Option<f64> {
        if !self.paired || !measures::of_single_trips(measure) {
            return None;
        }
        let pairs = || self.there.iter().zip(&self.here);
        let differ = pairs().filter_map(|(there, here)| Some(unlike(there, here).or_else(|| unlike(here, there))?.trips as f64));
        let (sum, n) = differ.fold((0.0, 0_usize), |(sum, n), trips| (sum + trips, n + 1));
        (n > 0).then(|| sum / real(n))
    }
}

/// How the trips of a run go with those of base, where they are not the same.
fn differing(run: &RunRecord) -> Option<&Shared> {
    run.shared.as_ref().filter(|shared| !shared.same())
}

/// The same, where it is of use for a comparison with `other`: that is base, or another variant.
fn unlike<'a>(run: &'a RunRecord, other: &RunRecord) -> Option<&'a Shared> {
    differing(run).filter(|_| other.variant != "base" || other.hash() == run.against)
}

/// A measure of a run over the trips that it shares with `other`; of two variants each over those that it shares with base.
fn over_common(run: &RunRecord, other: &RunRecord, measure: &str) -> Option<f64> {
    if measures::of_single_trips(measure) {
        let known = if run.variant == "base" {
            unlike(other, run).map(|shared| shared.there.get(measure).copied())
        } else {
            unlike(run, other).map(|shared| shared.here.get(measure).copied())
        };
        if let Some(value) = known {
            return value;
        }
    }
    value(run, measure)
}

/// A measure of a run by itself as it stands beside others: of single trips over those that base has as well.
#[must_use]
pub fn ranked(run: &RunRecord, measure: &str) -> Option<f64> {
    let shared = differing(run).filter(|_| measures::of_single_trips(measure));
    shared.map_or_else(|| value(run, measure), |shared| shared.here.get(measure).copied())
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
        of_pairs(measure, &there, &here, half_width_wanted, key(parts, [variant.point, against.point]))
    } else {
        of_groups(measure, &there, &here, half_width_wanted)
    };
    let n = there.len().min(here.len());
    let common_trips = arms.common_trips(measure);
    let difference = mean(&here) - mean_against;
    let grows = measures::grows_with_time(measure);
    Some(Comparison {
        variant: variant.slug.clone(),
        label: variant.label(),
        against: against.slug.clone(),
        point: variant.point,
        point_against: against.point,
        measure: measure.to_owned(),
        unit: measures::unit(measure),
        n,
        mean_against,
        mean: mean(&here),
        lower_bound_against: lower_bound(&arms.there, measure),
        lower_bound: lower_bound(&arms.here, measure),
        difference,
        ci95: found.ci95,
        ci90: found.ci90,
        difference_percent: if mean_against.abs() > 0.0 { 100.0 * difference / mean_against } else { f64::NAN },
        p: if n < FEW { f64::NAN } else { found.p },
        p_holm: f64::NAN,
        correlation: found.correlation,
        pairing_factor: found.pairing_factor,
        method: found.method,
        matters,
        half_width_wanted,
        n_needed: found.n_needed,
        common_trips,
        grade: if arms.invalid { Grade::Invalid } else { Grade::Open },
        sentence: String::new(),
        other: if against.slug == "base" { "base".to_owned() } else { format!("\"{}\"", against.name) },
        trips: common_trips.map_or_else(|| answer::trips(&arms.there), |n| format!("the {} trips that both have", answer::fixed(n, 0))),
        trips_mean: common_trips
            .unwrap_or_else(|| mean(&arms.there.iter().filter_map(|run| value(run, "trips.total")).collect::<Vec<_>>())),
        unended: if grows { unended(&arms.there).max(unended(&arms.here)) } else { 0 },
    })
}

/// Half the width of an interval.
#[must_use]
pub fn half_width(interval: [f64; 2]) -> f64 {
    (interval[1] - interval[0]) / 2.0
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
    let sure = [PAIRED_T, BOOTSTRAP_T, NO_SPREAD].contains(&row.method) || (row.method == UNPAIRED && is_mean);
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
