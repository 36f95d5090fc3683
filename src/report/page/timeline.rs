//! The day as it went: vehicles on the road, mean speed and arrivals, minute by minute, over all runs of a variant.

use crate::report::files::stored_files;
use crate::report::stored::{Stored, TableError, by_seed};
use crate::statistics::{mean, quantile};
use std::collections::BTreeMap;
use std::path::Path;

/// The band holds the middle of the days: from this share of them to one less it.
pub const BAND: f64 = 0.1;
/// Arrivals are counted over so many seconds, or they flicker.
const WINDOW_S: i64 = 900;

/// One moment over all runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moment {
    /// Time of day \[s\].
    pub time_s: f64,
    /// Mean over runs.
    pub mean: f64,
    /// Band.
    pub band: [f64; 2],
}

/// Three curves.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// Vehicles on the road.
    pub inside: Vec<Moment>,
    /// Mean speed of them \[km/h\].
    pub speed: Vec<Moment>,
    /// Arrivals an hour, over the last quarter of an hour.
    pub arrivals: Vec<Moment>,
}

/// Values by time, one for each run.
type Values = BTreeMap<i64, Vec<f64>>;

/// Reads the curves of one variant.
///
/// # Errors
/// When a file cannot be read.
pub fn read(out: &Path, slug: &str, point: usize) -> Result<Timeline, TableError> {
    let [mut inside, mut speed, mut arrivals] = [Values::new(), Values::new(), Values::new()];
    for (_, _, path) in stored_files(out, "network", slug, point) {
        let stored = Stored::open(&path)?;
        let (time_s, speed_mps) = (stored.reals("time_s")?, stored.reals("speed_mps")?);
        let (there, arrived) = (stored.counts("inside")?, stored.counts("arrived")?);
        for (_, from, to) in by_seed(&stored.counts("seed")?) {
            let mut counted: BTreeMap<i64, f64> = BTreeMap::new();
            for row in from..to {
                let time = f64::from(time_s[row]).round() as i64;
                inside.entry(time).or_default().push(f64::from(there[row]));
                if !speed_mps[row].is_nan() {
                    speed.entry(time).or_default().push(3.6 * f64::from(speed_mps[row]));
                }
                counted.insert(time, f64::from(arrived[row]));
                if let Some(before) = counted.get(&(time - WINDOW_S)) {
                    let an_hour = 3600.0 / WINDOW_S as f64;
                    arrivals.entry(time).or_default().push((f64::from(arrived[row]) - before) * an_hour);
                }
            }
        }
    }
    Ok(Timeline { inside: curve(inside), speed: curve(speed), arrivals: curve(arrivals) })
}

/// Mean and band at each time at which at least half of the runs still go on; a mean over the few last ones would jump.
fn curve(values: Values) -> Vec<Moment> {
    let runs = values.values().map(Vec::len).max().unwrap_or(0);
    let going = values.into_iter().filter(|(_, values)| 2 * values.len() >= runs);
    let moment = |(time, mut values): (i64, Vec<f64>)| {
        values.sort_by(f64::total_cmp);
        Moment { time_s: time as f64, mean: mean(&values), band: [quantile(&values, BAND), quantile(&values, 1.0 - BAND)] }
    };
    going.map(moment).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_run_alone_draws_no_line() {
        let values: Values = [(60, vec![1.0, 3.0, 2.0]), (120, vec![2.0, 4.0]), (180, vec![9.0])].into_iter().collect();
        let curve = curve(values);
        assert_eq!(curve.len(), 2);
        assert!((curve[0].mean - 2.0).abs() < 1e-12 && (curve[0].band[0] - 1.2).abs() < 1e-12);
    }
}
