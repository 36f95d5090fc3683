//! What was going on on each link until now, in little room: for the curves of whatever is chosen later.

use super::play::Now;

/// Between two rows at first \[s\].
const EVERY_S: f64 = 60.0;
/// Values kept at most; then every second row is left out and rows come half as often.
const ROOM: usize = 24_000_000;
/// Flow, speed and queue are kept in steps of 1 veh/h/lane, 1/1000 of the free speed, and 0.1 m.
const SHARE: f32 = 1000.0;
const DECIMETRES: f32 = 10.0;
/// Nobody drove.
const NOBODY: u16 = u16::MAX;

/// Rows over time.
#[derive(Clone, Debug)]
pub struct Trace {
    links: usize,
    every_s: f64,
    times_s: Vec<f64>,
    rows: Vec<Vec<[u16; 3]>>,
}

/// A link at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Time of day \[s\].
    pub time_s: f64,
    /// Flow \[veh/h/lane\].
    pub flow_vph_lane: f64,
    /// Speed over free speed; NaN = nobody.
    pub speed_share: f64,
    /// Standing queue \[m\].
    pub queue_m: f64,
}

impl Trace {
    /// Of so many links.
    #[must_use]
    pub fn new(links: usize) -> Trace {
        Trace { links, every_s: EVERY_S, times_s: Vec::new(), rows: Vec::new() }
    }

    /// Is a row due?
    #[must_use]
    pub fn due(&self, time_s: f64) -> bool {
        self.times_s.last().is_none_or(|last| time_s - last >= self.every_s)
    }

    /// Keeps a row.
    #[expect(clippy::cast_sign_loss, reason = "clamped to 0")]
    pub fn keep(&mut self, time_s: f64, links: &[Now]) {
        let word = |value: f32| if value.is_nan() { NOBODY } else { value.round().clamp(0.0, f32::from(NOBODY - 1)) as u16 };
        let row = |now: &Now| [word(now.flow_vph_lane), word(now.speed_share * SHARE), word(now.queue_m * DECIMETRES)];
        self.times_s.push(time_s);
        self.rows.push(links.iter().map(row).collect());
        if self.rows.len() > 2 && self.rows.len() * self.links > ROOM {
            let (mut even, mut odd) = (false, false);
            self.rows.retain(|_| {
                even = !even;
                even
            });
            self.times_s.retain(|_| {
                odd = !odd;
                odd
            });
            self.every_s *= 2.0;
        }
    }

    /// All of a link.
    #[must_use]
    pub fn of(&self, link: usize) -> Vec<Point> {
        let point = |(time_s, row): (&f64, &Vec<[u16; 3]>)| {
            let [flow, speed, queue] = row[link];
            let speed_share = if speed == NOBODY { f64::NAN } else { f64::from(speed) / f64::from(SHARE) };
            Point { time_s: *time_s, flow_vph_lane: f64::from(flow), speed_share, queue_m: f64::from(queue) / f64::from(DECIMETRES) }
        };
        self.times_s.iter().zip(&self.rows).map(point).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_and_room_is_bounded() {
        let now = |flow: f32| Now { speed_share: 0.5, flow_vph_lane: flow, density_vpkm_lane: 0.0, queue_m: 12.3, delay_min: f32::NAN };
        let mut trace = Trace::new(2);
        assert!(trace.due(0.0));
        trace.keep(0.0, &[now(700.0), Now { speed_share: f32::NAN, ..now(0.0) }]);
        assert!(!trace.due(59.0) && trace.due(60.0));
        let back = trace.of(0)[0];
        assert!((back.flow_vph_lane - 700.0).abs() < 1e-9 && (back.speed_share - 0.5).abs() < 1e-3 && (back.queue_m - 12.3).abs() < 0.05);
        assert!(trace.of(1)[0].speed_share.is_nan());
        // With room for two rows and a half, the third makes every second one go.
        let mut large = Trace::new(ROOM / 5 * 2);
        let row = vec![now(1.0); ROOM / 5 * 2];
        (0..3).for_each(|minute| large.keep(60.0 * f64::from(minute), &row));
        assert_eq!(large.of(0).iter().map(|point| point.time_s).collect::<Vec<_>>(), [0.0, 120.0]);
        assert!(!large.due(180.0) && large.due(240.0));
    }
}
