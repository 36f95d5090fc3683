//! Variants in order of one measure, each with those it cannot be told from. Every pair is compared by seed; Holm over all pairs of the measure.

use super::compare::{Comparison, Grade, Ground, graded, lower_bound, pair, ranked};
use super::manifest::{Manifest, VariantText, Wanted};
use super::{measures, summary};
use crate::statistics::sample;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeSet;

/// One place of a ranking.
#[derive(Clone, Debug, Serialize)]
pub struct Rank {
    /// 1 = best (the least of what is a burden, the most of speed); those that cannot be told from the one before keep their own number. `None`
    /// where a run broke a limit: what it measured is no measure of the variant, so it is listed last and compared with nothing.
    pub place: Option<usize>,
    /// Slug; base is ranked as well.
    pub variant: String,
    /// Point of the sweep.
    pub point: usize,
    /// Name with the values of its axes.
    pub label: String,
    /// Unit of the measure.
    pub unit: &'static str,
    /// Runs.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// 95 % interval of the mean by t; NaN below two runs. It does not tell variants apart: their differences are paired.
    pub ci95: [f64; 2],
    /// The mean is a lower bound.
    pub lower_bound: bool,
    /// A run of it broke a limit.
    pub invalid: bool,
    /// Labels of those from which it does not differ with certainty, or not by what matters; in order of the ranking.
    pub tied_with: Vec<String>,
}

/// The ranking of a study without a sweep; with one, see [`among`].
#[must_use]
pub fn of(manifest: &Manifest, measure: &str) -> Vec<Rank> {
    among(Ground::of(manifest), &manifest.variants, measure)
}

/// Ranks these variants (each at its point) by one measure; those without a run are left out.
#[must_use]
pub fn among(ground: Ground<'_>, variants: &[VariantText], measure: &str) -> Vec<Rank> {
    let wanted = Wanted { measures: vec![measure.to_owned()], ..ground.wanted.clone() };
    let ground = Ground { wanted: &wanted, ..ground };
    let mut ranks: Vec<(Rank, &VariantText)> =
        variants.iter().filter_map(|variant| Some((alone(ground, variant, measure)?, variant))).collect();
    let sign = if measures::more_is_better(measure) { -1.0 } else { 1.0 };
    ranks.sort_by(|(a, _), (b, _)| {
        (a.invalid.cmp(&b.invalid))
            .then_with(|| (sign * a.mean).total_cmp(&(sign * b.mean)))
            .then_with(|| (&a.variant, a.point).cmp(&(&b.variant, b.point)))
    });
    let valid = ranks.iter().filter(|(rank, _)| !rank.invalid).count();
    let places: Vec<(usize, usize)> = (0..valid).flat_map(|a| (a + 1..valid).map(move |b| (a, b))).collect();
    let rows: Vec<Option<Comparison>> = places.par_iter().map(|(a, b)| pair(ground, ranks[*a].1, ranks[*b].1).pop()).collect();
    let (met, rows): (Vec<(usize, usize)>, Vec<Comparison>) =
        places.iter().zip(rows).filter_map(|(place, row)| Some((*place, row?))).unzip();
    // Of pairs that have too few runs nothing is said, neither that they differ nor that they do not.
    let untold: BTreeSet<(usize, usize)> = met
        .into_iter()
        .zip(graded(rows, wanted.matters))
        .filter(|(_, row)| !row.grade.stands() && row.grade != Grade::None)
        .map(|(place, _)| place)
        .collect();
    let labels: Vec<String> = ranks.iter().map(|(rank, _)| rank.label.clone()).collect();
    let tied = |a: usize| (0..valid).filter(|&b| a < valid && untold.contains(&(a.min(b), a.max(b)))).map(|b| labels[b].clone()).collect();
    ranks
        .into_iter()
        .enumerate()
        .map(|(place, (rank, _))| Rank { place: Some(place + 1).filter(|_| place < valid), tied_with: tied(place), ..rank })
        .collect()
}

/// A variant by itself.
fn alone(ground: Ground<'_>, variant: &VariantText, measure: &str) -> Option<Rank> {
    let runs = summary::of_variant(ground.runs, &variant.slug, variant.point);
    let found = sample(&runs.iter().filter_map(|run| ranked(run, measure)).collect::<Vec<_>>());
    (found.n > 0).then(|| Rank {
        place: None,
        variant: variant.slug.clone(),
        point: variant.point,
        label: variant.label(),
        unit: measures::unit(measure),
        n: found.n,
        mean: found.mean,
        ci95: found.ci95,
        lower_bound: lower_bound(&runs, measure),
        invalid: runs.iter().any(|run| !run.invalid.is_empty()),
        tied_with: Vec::new(),
    })
}
