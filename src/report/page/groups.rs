//! From days to the rows of the tables of gain and loss: means over days with their intervals; each split is one family of comparisons.

use super::trips::{BIN_S, BINS, Day, Group, Split, Sum};
use crate::report::compare::Grade;
use crate::statistics::{holm, mean, real, sd, t_quantile, t_two_sided};
use std::collections::BTreeMap;

/// Seconds of a minute.
const MINUTE_S: f64 = 60.0;
/// Below this many days nothing is said.
const FEW: usize = 5;
/// From this many days evidence may be strong.
const ENOUGH: usize = 10;

/// One group of a split.
#[derive(Clone, Debug)]
pub struct Row {
    /// By what.
    pub split: Split,
    /// Name as in the tables.
    pub name: String,
    /// Days with a trip of the group.
    pub n: usize,
    /// Trips of a day.
    pub trips: f64,
    /// Persons of a day.
    pub persons: f64,
    /// Mean difference \[min\].
    pub difference_min: f64,
    /// Its 95 % interval \[min\].
    pub ci95: [f64; 2],
    /// Two-sided p; NaN below five days.
    pub p: f64,
    /// Corrected over the groups of the split.
    pub p_holm: f64,
    /// Persons worse off by more than five minutes \[%\].
    pub worse_percent: f64,
    /// Persons better off by more than five minutes \[%\].
    pub better_percent: f64,
}

impl Row {
    /// The word of the evidence.
    #[must_use]
    pub fn grade(&self) -> Grade {
        match self {
            row if row.n < FEW => Grade::None,
            row if row.p_holm < 0.01 && row.n >= ENOUGH => Grade::Strong,
            row if row.p_holm < 0.05 => Grade::Moderate,
            row if row.p < 0.05 => Grade::Weak,
            _ => Grade::Open,
        }
    }
}

/// Rows of all splits, in the order of split and name.
#[must_use]
pub fn rows(days: &[Day]) -> Vec<Row> {
    let mut all: BTreeMap<&Group, Vec<Sum>> = BTreeMap::new();
    for (group, sum) in days.iter().flat_map(|day| &day.groups) {
        all.entry(group).or_default().push(*sum);
    }
    // The t quantile is found by bisection: once for each number of days.
    let reach: Vec<f64> = (0..=days.len()).map(|n| if n < 2 { f64::NAN } else { t_quantile(0.975, real(n - 1)) }).collect();
    let mut rows: Vec<Row> = all.into_iter().map(|(group, sums)| row(group, &sums, &reach)).collect();
    for split in [Split::All, Split::Mode, Split::Zone, Split::Income] {
        let own: Vec<usize> = (0..rows.len()).filter(|&place| rows[place].split == split).collect();
        let adjusted = holm(&own.iter().map(|&place| if rows[place].p.is_nan() { 1.0 } else { rows[place].p }).collect::<Vec<_>>());
        own.iter().zip(adjusted).for_each(|(&place, p)| rows[place].p_holm = if rows[place].p.is_nan() { f64::NAN } else { p });
    }
    rows
}

/// One group over its days.
fn row((split, name): &Group, sums: &[Sum], reach: &[f64]) -> Row {
    let minutes: Vec<f64> = sums.iter().map(|sum| sum.difference / sum.persons.max(f64::MIN_POSITIVE) / MINUTE_S).collect();
    let (n, centre) = (minutes.len(), mean(&minutes));
    let error = sd(&minutes) / real(n).sqrt();
    // Of few days nothing is tested.
    let p = if n < FEW {
        f64::NAN
    } else if error > 0.0 {
        t_two_sided(centre / error, real(n - 1))
    } else {
        f64::from(u8::from(centre.abs() <= 0.0))
    };
    let half = reach.get(n).copied().unwrap_or(f64::NAN) * error;
    let over = |of: fn(&Sum) -> f64| sums.iter().map(of).sum::<f64>();
    Row {
        split: *split,
        name: name.clone(),
        n,
        trips: over(|sum| sum.trips) / real(n),
        persons: over(|sum| sum.persons) / real(n),
        difference_min: centre,
        ci95: [centre - half, centre + half],
        p,
        p_holm: f64::NAN,
        worse_percent: 100.0 * over(|sum| sum.worse) / over(|sum| sum.persons),
        better_percent: 100.0 * over(|sum| sum.better) / over(|sum| sum.persons),
    }
}

/// Shares of trips by difference, in bins wide enough to be drawn.
#[derive(Clone, Debug, Default)]
pub struct Spread {
    /// Width of a bin \[min\].
    pub bin_min: f64,
    /// (start \[min\], share of all trips \[%\]); the outer two hold all beyond as well.
    pub bars: Vec<(f64, f64)>,
    /// Share of trips that differ by less than one bin \[%\].
    pub same_percent: f64,
    /// Trips, all days.
    pub trips: f64,
}

/// Share of trips that the drawn range holds at least.
const SHOWN: f64 = 0.99;
/// Bars on each side of nothing.
const SIDE: usize = 15;

/// The distribution of differences of single trips over all days; `None` without trips.
#[must_use]
pub fn spread(days: &[Day]) -> Option<Spread> {
    let mut bins = vec![0.0_f64; 2 * BINS];
    for day in days {
        bins.iter_mut().zip(&day.bins).for_each(|(sum, n)| *sum += f64::from(*n));
    }
    let trips: f64 = bins.iter().sum();
    if trips <= 0.0 {
        return None;
    }
    // The narrowest bars whose range holds nearly all trips.
    let inside = |wide: usize| bins[BINS.saturating_sub(SIDE * wide)..(BINS + SIDE * wide).min(2 * BINS)].iter().sum::<f64>();
    let wide = [1, 2, 3, 6, 12, 24, 48].into_iter().find(|wide| inside(*wide) >= SHOWN * trips).unwrap_or(48);
    let mut bars = vec![0.0; 2 * SIDE];
    for (bin, n) in bins.iter().enumerate() {
        let bar = if bin >= BINS { SIDE + (bin - BINS) / wide } else { SIDE.saturating_sub((BINS - 1 - bin) / wide + 1) };
        bars[bar.min(2 * SIDE - 1)] += 100.0 * n / trips;
    }
    let bin_min = real(wide) * BIN_S / MINUTE_S;
    let same_percent = bars[SIDE - 1] + bars[SIDE];
    let bars = bars.iter().enumerate().map(|(bar, share)| ((real(bar) - real(SIDE)) * bin_min, *share)).collect();
    Some(Spread { bin_min, bars, same_percent, trips })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_is_a_day() {
        let day = |seed: u64, minutes: f64| {
            let sum = Sum { trips: 100.0, persons: 130.0, difference: 130.0 * 60.0 * minutes, worse: 13.0, better: 0.0 };
            let mut bins = vec![0; 2 * BINS];
            bins[BINS] = 60;
            bins[BINS - 1] = 30;
            bins[BINS + 30] = 10;
            let groups = [((Split::All, String::new()), sum), ((Split::Mode, "car".to_owned()), sum)].into_iter().collect();
            Day { seed, groups, bins, unmatched: 0 }
        };
        let days: Vec<Day> = [1.0, 2.0, 3.0, 4.0, 5.0].into_iter().zip(1..).map(|(minutes, seed)| day(seed, minutes)).collect();
        let rows = rows(&days);
        assert_eq!(rows.len(), 2);
        // Mean 3, sd sqrt(2.5), t(0.975, 4) = 2.7764.
        assert!((rows[0].difference_min - 3.0).abs() < 1e-12 && (rows[0].ci95[1] - 3.0 - 2.7764 * 0.5_f64.sqrt()).abs() < 1e-3);
        assert!((rows[0].worse_percent - 10.0).abs() < 1e-9 && rows[0].grade() == Grade::Moderate, "{:?}", rows[0]);
        let spread = spread(&days).expect("trips");
        assert!((spread.trips - 500.0).abs() < 1e-9 && (spread.bars.iter().map(|(_, share)| share).sum::<f64>() - 100.0).abs() < 1e-9);
        assert!((spread.same_percent - 90.0).abs() < 1e-9, "{spread:?}");
    }
}
