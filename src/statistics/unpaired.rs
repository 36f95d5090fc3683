//! Two groups of runs without a common seed: Welch's test (Welch 1947; degrees of freedom by Satterthwaite 1946).

use super::{mean, real, sd, smallest, t_quantile, t_two_sided};

/// A variant against other seeds of another.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Unpaired {
    /// Difference of the means, `variant - base`.
    pub difference: f64,
    /// Its 95 % interval; NaN when a group has fewer than two runs.
    pub ci95: [f64; 2],
    /// Its 90 % interval.
    pub ci90: [f64; 2],
    /// Two-sided p.
    pub p: f64,
    /// Degrees of freedom.
    pub freedom: f64,
}

/// Welch's comparison of two groups.
#[must_use]
pub fn unpaired(base: &[f64], variant: &[f64]) -> Unpaired {
    let difference = mean(variant) - mean(base);
    let part = |values: &[f64]| sd(values) * sd(values) / real(values.len());
    let (a, b) = (part(base), part(variant));
    let error = (a + b).sqrt();
    if error.is_nan() {
        return Unpaired { difference, ci95: [f64::NAN; 2], ci90: [f64::NAN; 2], p: f64::NAN, freedom: f64::NAN };
    }
    let least = real(base.len().min(variant.len()) - 1);
    if error <= 0.0 {
        let p = f64::from(u8::from(difference.abs() <= 0.0));
        return Unpaired { difference, ci95: [difference; 2], ci90: [difference; 2], p, freedom: least };
    }
    let freedom = (a + b) * (a + b) / (a * a / real(base.len() - 1) + b * b / real(variant.len() - 1));
    let span = |share: f64| {
        let half = t_quantile(share, freedom) * error;
        [difference - half, difference + half]
    };
    Unpaired { difference, ci95: span(0.975), ci90: span(0.95), p: t_two_sided(difference / error, freedom), freedom }
}

/// Smallest number of runs, in each of two groups, whose 95 % half width of the difference is at most `half`; `None` beyond 100,000.
#[must_use]
pub fn runs_needed_unpaired(sd_base: f64, sd_variant: f64, half: f64) -> Option<usize> {
    let sd = (sd_base * sd_base + sd_variant * sd_variant).sqrt();
    smallest(sd / half, |n| t_quantile(0.975, real(2 * n - 2)) * sd / real(n).sqrt() <= half)
}
