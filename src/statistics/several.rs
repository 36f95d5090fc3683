//! Several comparisons at once.

use super::real;

/// Holm's correction of several p values, in their order (Holm 1979): the chance of a single false finding stays below the level.
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

/// Which of many p values stand when at most this share of the findings may be false (Benjamini and Hochberg 1995); for maps, where there are
/// too many places for Holm. NaN never stands.
#[must_use]
pub fn benjamini_hochberg(p: &[f64], share: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..p.len()).filter(|&index| !p[index].is_nan()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    // The family is everything that was looked at, also where nothing could be said.
    let last = (0..order.len()).rev().find(|&rank| p[order[rank]] <= share * real(rank + 1) / real(p.len()));
    let mut stands = vec![false; p.len()];
    order.iter().take(last.map_or(0, |rank| rank + 1)).for_each(|&index| stands[index] = true);
    stands
}
