//! The same seeds in two variants: differences, seed by seed.

use super::{Sample, mean, real, sample, sd, t_quantile, t_two_sided};

/// A variant against the same seeds of another.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Paired {
    /// The differences.
    pub difference: Sample,
    /// Two-sided p of the paired t test; NaN below two pairs.
    pub p: f64,
    /// 90 % interval of the difference.
    pub ci90: [f64; 2],
    /// Pearson's correlation of the two arms.
    pub correlation: f64,
}

/// Paired differences `variant - base`, seed by seed.
#[must_use]
pub fn paired(base: &[f64], variant: &[f64]) -> Paired {
    let differences: Vec<f64> = base.iter().zip(variant).map(|(b, v)| v - b).collect();
    let difference = sample(&differences);
    if difference.n < 2 {
        return Paired { difference, p: f64::NAN, ci90: [f64::NAN; 2], correlation: f64::NAN };
    }
    let error = difference.sd / real(difference.n).sqrt();
    let freedom = real(difference.n - 1);
    let p = if error > 0.0 { t_two_sided(difference.mean / error, freedom) } else { f64::from(u8::from(difference.mean.abs() <= 0.0)) };
    let half = t_quantile(0.95, freedom) * error;
    let (mean_b, mean_v) = (mean(base), mean(variant));
    let product: f64 = base.iter().zip(variant).map(|(b, v)| (b - mean_b) * (v - mean_v)).sum();
    let correlation = product / freedom / (sd(base) * sd(variant));
    Paired { difference, p, ci90: [difference.mean - half, difference.mean + half], correlation }
}
