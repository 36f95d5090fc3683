//! How unevenly something is spread over people: (value, weight) pairs, the weight being the number of persons who have that value.

/// Gini's G = sum over i, j of w_i w_j |x_i - x_j| / (2 W^2 mean): 0 = all alike, towards 1 = one has all. NaN of nothing, or of a mean of 0.
#[must_use]
pub fn gini(values: &[(f64, f64)]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Each pair is counted once: x_j stands above all weight before it, so |x_i - x_j| sums to x_j W_before - S_before.
    let (mut weight, mut sum, mut pairs) = (0.0, 0.0, 0.0);
    for (x, w) in sorted {
        pairs += w * (x * weight - sum);
        weight += w;
        sum += w * x;
    }
    pairs / (weight * sum)
}

/// Theil's T = sum of w_i (x_i / mean) ln(x_i / mean) / W; a value of 0 adds nothing. NaN of nothing, or of a mean of 0.
#[must_use]
pub fn theil(values: &[(f64, f64)]) -> f64 {
    let (weight, sum) = values.iter().fold((0.0, 0.0), |(weight, sum), (x, w)| (weight + w, sum + w * x));
    let mean = sum / weight;
    let term = |(x, w): &(f64, f64)| if *x > 0.0 { w * (x / mean) * libm::log(x / mean) } else { 0.0 };
    // A mean of 0 is no spread to speak of.
    if mean > 0.0 { values.iter().map(term).sum::<f64>() / weight } else { f64::NAN }
}
