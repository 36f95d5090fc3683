//! Mean, spread, quantiles and intervals over runs. The unit is one number a run; sums go in one fixed order; `libm` only.

mod student;

pub use student::{beta_share, t_quantile, t_two_sided};

/// What a handful of runs say about one measure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// How many runs.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Standard deviation (n - 1); NaN below two runs.
    pub sd: f64,
    /// 95 % interval of the mean by Student's t; NaN below two runs.
    pub ci95: [f64; 2],
}

/// A count as f64.
#[must_use]
pub fn real(n: usize) -> f64 {
    n as f64
}

/// Arithmetic mean; NaN of nothing.
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / real(values.len())
}

/// Standard deviation with n - 1; NaN below two values.
#[must_use]
pub fn sd(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return f64::NAN;
    }
    let centre = mean(values);
    (values.iter().map(|value| (value - centre) * (value - centre)).sum::<f64>() / real(values.len() - 1)).sqrt()
}

/// Mean, spread and 95 % interval.
#[must_use]
pub fn sample(values: &[f64]) -> Sample {
    let (mean, sd, n) = (mean(values), sd(values), values.len());
    let half = if n < 2 { f64::NAN } else { t_quantile(0.975, real(n - 1)) * sd / real(n).sqrt() };
    Sample { n, mean, sd, ci95: [mean - half, mean + half] }
}

/// The value below which a share of the sorted values lies, between neighbours by proportion; NaN of nothing.
#[must_use]
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    if sorted.is_empty() {
        return f64::NAN;
    }
    let place = share.clamp(0.0, 1.0) * real(sorted.len() - 1);
    let below = place.floor();
    let at = |n: f64| sorted.iter().copied().enumerate().find(|(index, _)| real(*index) >= n).map_or(f64::NAN, |(_, value)| value);
    if place - below > 0.0 { at(below) + (place - below) * (at(below + 1.0) - at(below)) } else { at(below) }
}

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

/// Holm's correction of several p values, in their order.
#[must_use]
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let (mut adjusted, mut worst) = (vec![f64::NAN; p.len()], 0.0_f64);
    for (rank, &index) in order.iter().enumerate() {
        worst = worst.max((p[index] * real(p.len() - rank)).min(1.0));
        adjusted[index] = worst;
    }
    adjusted
}

/// Smallest number of runs whose 95 % half width is at most `half`, given the spread; at most 100,000.
#[must_use]
pub fn runs_needed(sd: f64, half: f64) -> Option<usize> {
    (2..=100_000).find(|&n| t_quantile(0.975, real(n - 1)) * sd / real(n).sqrt() <= half)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: [f64; 10] = [50.01, 46.94, 49.64, 44.76, 48.79, 61.29, 49.35, 47.23, 43.54, 60.07];
    const VARIANT: [f64; 10] = [52.92, 54.59, 51.45, 49.27, 53.91, 66.87, 49.04, 45.29, 52.15, 55.41];

    fn near(a: f64, b: f64, within: f64) {
        assert!((a - b).abs() <= within, "{a} is not {b}");
    }

    #[test]
    fn student_as_in_the_tables() {
        for (freedom, t) in [(1.0, 12.7062), (4.0, 2.7764), (9.0, 2.2622), (19.0, 2.0930), (99.0, 1.9842)] {
            near(t_quantile(0.975, freedom), t, 5e-5);
        }
    }

    #[test]
    fn the_gold_pairs() {
        let pairs = paired(&BASE, &VARIANT);
        near(pairs.difference.mean, 2.928, 1e-9);
        near(pairs.difference.sd, 4.241_765_4, 1e-7);
        near(pairs.difference.ci95[1] - pairs.difference.mean, 3.034_376_1, 1e-6);
        near(pairs.p, 0.056_909_3, 1e-6);
        near(pairs.correlation, 0.735_276_0, 1e-6);
        near(pairs.ci90[0], 0.4691, 1e-4);
        near(pairs.ci90[1], 5.3869, 1e-4);
        assert_eq!(runs_needed(pairs.difference.sd, 1.0), Some(72));
    }

    #[test]
    fn holm_and_quantiles() {
        for (a, b) in holm(&[0.001, 0.012, 0.020, 0.04, 0.3]).iter().zip([0.005, 0.048, 0.060, 0.080, 0.3]) {
            near(*a, b, 1e-12);
        }
        near(quantile(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.95), 4.8, 1e-12);
        assert!(quantile(&[], 0.5).is_nan() && sample(&[1.0]).sd.is_nan());
    }
}
