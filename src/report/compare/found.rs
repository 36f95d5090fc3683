//! Difference, intervals and p of one comparison.
//!
//! * **No spread.** Where all n pairs differ by the same, t would divide by nothing. Then p is that of the exact test of signs, 2 / 2^n, and the
//!   interval the one that belongs to it, from the least to the largest difference (Conover 1999, ch. 3): this one number, if n is large enough
//!   for its coverage of 1 - 2 / 2^n; none otherwise. The method says so.
//! * **Hardly any spread.** The bootstrap is not used where one value holds more than half of the differences, as maxima have it: many resamples
//!   would be without spread and stretch the interval to anything. Nor where its interval leaves out the mean difference itself.
//! * **What can be.** No interval reaches to where the measure would leave its range (a share above 100 %, a speed below 0) in the variant.

use super::{BOOTSTRAP_T, ENOUGH, NO_SPREAD, PAIRED_T, T_INSTEAD, UNPAIRED, half_width};
use crate::report::measures;
use crate::statistics::{self, RESAMPLES, mean, paired, runs_needed, runs_needed_unpaired, sd, unpaired};

/// What the pairs say.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub ci95: [f64; 2],
    pub ci90: [f64; 2],
    pub p: f64,
    pub correlation: f64,
    pub pairing_factor: f64,
    pub method: &'static str,
    pub n_needed: Option<usize>,
}

/// Differences that are alike to this share of their size are the same: what rounding leaves.
const SAME: f64 = 1e-12;

/// The same seeds in both arms; `half` is the half width that is wanted, `key` that of the draws.
pub(super) fn of_pairs(measure: &str, there: &[f64], here: &[f64], half: f64, key: u64) -> Found {
    let pairs = paired(there, here);
    let differences: Vec<f64> = there.iter().zip(here).map(|(a, b)| b - a).collect();
    let n_needed = runs_needed(pairs.difference.sd, half);
    let is_mean = measures::is_mean(measure);
    let method = if is_mean { PAIRED_T } else { T_INSTEAD };
    let (ci95, ci90) = (pairs.difference.ci95, pairs.ci90);
    let mut found = Found { ci95, ci90, p: pairs.p, correlation: pairs.correlation, pairing_factor: f64::NAN, method, n_needed };
    if let Some(same) = without_spread(&differences, there, here) {
        let chance = signs(differences.len());
        let span = |most: f64| if chance <= most { [same; 2] } else { [f64::NAN; 2] };
        let p = if same.abs() > 0.0 { chance } else { 1.0 };
        return Found { ci95: span(0.05), ci90: span(0.1), p, method: NO_SPREAD, n_needed: None, ..found };
    }
    if !is_mean
        && differences.len() >= ENOUGH
        && 2 * most_alike(&differences) <= differences.len()
        && let Some(drawn) = statistics::bootstrap_t(&differences, key, RESAMPLES)
        && (drawn.ci95[0]..=drawn.ci95[1]).contains(&pairs.difference.mean)
    {
        found = Found { ci95: drawn.ci95, ci90: drawn.ci90, p: drawn.p, method: BOOTSTRAP_T, ..found };
    }
    // Both by t: what pairing bought is no question of the bootstrap.
    let factor = half_width(unpaired(there, here).ci95) / half_width(ci95);
    found.pairing_factor = if factor.is_finite() { factor } else { f64::NAN };
    within(found, measure, mean(there), pairs.difference.mean)
}

/// Other seeds in each arm.
pub(super) fn of_groups(measure: &str, there: &[f64], here: &[f64], half: f64) -> Found {
    let groups = unpaired(there, here);
    let found = Found {
        ci95: groups.ci95,
        ci90: groups.ci90,
        p: groups.p,
        correlation: f64::NAN,
        pairing_factor: f64::NAN,
        method: UNPAIRED,
        n_needed: runs_needed_unpaired(sd(there), sd(here), half),
    };
    within(found, measure, mean(there), mean(here) - mean(there))
}

/// The one difference that all pairs have, if they have; of at least two pairs.
fn without_spread(differences: &[f64], there: &[f64], here: &[f64]) -> Option<f64> {
    let (first, others) = differences.split_first()?;
    let size = there.iter().chain(here).fold(0.0_f64, |most, value| most.max(value.abs()));
    (!others.is_empty() && others.iter().all(|d| (d - first).abs() <= SAME * size)).then(|| mean(differences))
}

/// How often the value occurs that occurs most.
fn most_alike(differences: &[f64]) -> usize {
    let mut sorted = differences.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.chunk_by(|a, b| (b - a).abs() <= SAME * a.abs().max(b.abs())).map(<[f64]>::len).max().unwrap_or(0)
}

/// p of the test of signs where all n differences have the same one.
fn signs(n: usize) -> f64 {
    2.0 * 0.5_f64.powi(i32::try_from(n).unwrap_or(i32::MAX))
}

/// Cuts the intervals to what the measure can be, given the mean that is compared against; never beyond nothing or the mean difference itself.
fn within(found: Found, measure: &str, mean_against: f64, difference: f64) -> Found {
    let [least, most] = measures::range(measure).map(|end| end - mean_against);
    let (least, most) = (least.min(difference).min(0.0), most.max(difference).max(0.0));
    let cut = |[low, high]: [f64; 2]| [if low < least { least } else { low }, if high > most { most } else { high }];
    Found { ci95: cut(found.ci95), ci90: cut(found.ci90), ..found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_maximum_that_never_moves_has_no_spread() {
        let there = [800.0; 6];
        let found = of_pairs("queue.max", &there, &[950.0; 6], 8.0, 1);
        assert!(found.method == NO_SPREAD && (found.p - 2.0 / 64.0).abs() < 1e-12 && found.n_needed.is_none());
        assert!((found.ci95[0] - 150.0).abs() < 1e-12 && found.pairing_factor.is_nan());
        let found = of_pairs("queue.max", &there, &there, 8.0, 1);
        assert!(found.method == NO_SPREAD && (found.p - 1.0).abs() < 1e-12);
        // Five pairs cover 93.75 %: enough for 90 %, not for 95 %.
        let five = of_pairs("queue.max", &there[..5], &[950.0; 5], 8.0, 1);
        assert!(five.ci95[0].is_nan() && (five.ci90[0] - 150.0).abs() < 1e-12);
    }

    #[test]
    fn hardly_any_spread_is_no_case_for_the_bootstrap() {
        let there = [10.0; 12];
        // Seven days of the same, five of something else.
        let mut here = there;
        here[..5].copy_from_slice(&[11.0, 12.0, 11.0, 13.0, 19.0]);
        let found = of_pairs("stops.max", &there, &here, 0.1, 1);
        assert_eq!(found.method, T_INSTEAD);
        here[5..8].copy_from_slice(&[12.0, 11.5, 14.0]);
        assert_eq!(of_pairs("stops.max", &there, &here, 0.1, 1).method, BOOTSTRAP_T);
    }

    #[test]
    fn an_interval_stays_within_what_can_be() {
        let mut here = [0.0; 10];
        here[3] = 4.0;
        let found = of_pairs("refused.share", &[0.0; 10], &here, 0.1, 1);
        assert!(found.ci95[0].abs() < 1e-12 && found.ci95[1] > 0.4, "{:?}", found.ci95);
        let (there, mut slow) = ([20.0, 21.0, 20.5, 19.0, 20.0, 22.0, 21.0, 20.0, 19.5, 20.2], [19.0; 10]);
        slow[7] = 0.5;
        let found = of_pairs("speed.mean", &there, &slow, 0.1, 1);
        assert!(found.ci95[0] >= -mean(&there), "{:?}", found.ci95);
    }
}
