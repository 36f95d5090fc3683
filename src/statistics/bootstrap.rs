//! The studentised bootstrap over seeds (bootstrap-t; Efron and Tibshirani 1993, ch. 12.5): for percentiles, shares, ratios and maxima, whose
//! differences are not normal.
//!
//! ```text
//!  d: one difference a seed        t = mean(d) / (sd(d) / sqrt n)
//!  resample b = 1..9,999: n draws with repetition from d;  t*_b = (mean* - mean) / (sd* / sqrt n)
//!  95 % interval  [mean - t*(97.5 %) se, mean - t*(2.5 %) se]         p = (1 + extreme) / (B + 1)
//! ```
//! * **`extreme`** is twice the smaller of #(t* >= t) and #(t* <= t), so that p < 0.05 exactly where the 95 % interval leaves 0 out.
//! * **No generator is passed round.** Draw k of resample b is a function of (key, b, k): the same on every machine, in any order.
//! * **No answer** (`None`) where resamples without any spread reach into the tails, as with one seed in ten that differs: then t is used.

use super::{mean, real, sd};
use crate::random::{mulhi, pcg4d};

/// Resamples of an interval that is reported. With 9,999 the 2.5 % quantile is the 250th of them, not a place between two.
pub const RESAMPLES: usize = 9_999;

/// What the resamples say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bootstrap {
    /// 95 % interval of the mean.
    pub ci95: [f64; 2],
    /// 90 % interval of the mean.
    pub ci90: [f64; 2],
    /// Two-sided p of a mean of 0.
    pub p: f64,
}

/// Interval and p of the mean of some differences by `resamples` (see [`RESAMPLES`]) draws that hang on `key` alone.
#[must_use]
pub fn bootstrap_t(differences: &[f64], key: u64, resamples: usize) -> Option<Bootstrap> {
    let (centre, error) = (mean(differences), sd(differences) / real(differences.len()).sqrt());
    if differences.len() < 2 || !(error > 0.0 && error.is_finite()) {
        return None;
    }
    let off: Vec<f64> = differences.iter().map(|d| d - centre).collect();
    let mut t: Vec<f64> = (0..resamples).map(|resample| studentised(&off, key, resample as u32)).collect();
    t.sort_by(f64::total_cmp);
    let span = |permille: usize| {
        // The k-th from below and from above, k = share (B + 1), as 250 of 10,000.
        let k = (permille * (resamples + 1) / 1000).clamp(1, resamples);
        [centre - t[resamples - k] * error, centre - t[k - 1] * error]
    };
    let (ci95, ci90) = (span(25), span(50));
    let seen = centre / error;
    let below = t.partition_point(|star| *star <= seen);
    let above = resamples - t.partition_point(|star| *star < seen);
    let p = ((1 + 2 * below.min(above)) as f64 / real(resamples + 1)).min(1.0);
    (ci95[0].is_finite() && ci95[1].is_finite()).then_some(Bootstrap { ci95, ci90, p })
}

/// t* of one resample of the deviations `off`; infinite where all draws are one and the same value.
fn studentised(off: &[f64], key: u64, resample: u32) -> f64 {
    let n = off.len() as u32;
    let (low, high) = ((key & 0xffff_ffff) as u32, (key >> 32) as u32);
    let (mut sum, mut squares, mut least, mut most) = (0.0, 0.0, f64::INFINITY, f64::NEG_INFINITY);
    let mut take = |word: u32| {
        let d = off[mulhi(word, n) as usize];
        sum += d;
        squares += d * d;
        least = d.min(least);
        most = d.max(most);
    };
    for pair in 0..n.div_ceil(2) {
        let words = pcg4d(low, high, resample, pair);
        take(words.w);
        if 2 * pair + 1 < n {
            take(words.y);
        }
    }
    let count = f64::from(n);
    let centre = sum / count;
    if most - least <= 0.0 {
        return if centre.abs() <= 0.0 { 0.0 } else { f64::INFINITY.copysign(centre) };
    }
    let variance = (squares - sum * centre).max(0.0) / (count - 1.0);
    centre / (variance / count).sqrt()
}
