//! Flows laid out as times of departure.
//!
//! Periods are whole milliseconds, as SUMO has them. Where the flow is random its departures are drawn once, here, with as many vehicles as
//! are expected; the draw hangs on the id of the flow alone.

use crate::import::sumo::demand::RawVehicle;
use crate::import::sumo::log::{Log, number, shown, time};
use crate::random::{Purpose, pcg4d};

/// Most vehicles of one flow.
const MOST: f64 = 5.0e5;
/// Longest span of a flow whose seconds are gone through one by one.
const MOST_SECONDS: f64 = 1.0e7;

/// How the vehicles of a flow follow each other.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rhythm {
    /// One every so many seconds.
    Even(f64),
    /// Independent gaps of this mean \[s\].
    Exponential(f64),
    /// In every second one with this probability.
    Chance(f64),
}

/// What a flow says.
struct Flow {
    begin_s: f64,
    end_s: f64,
    /// Has it an end of its own?
    ends: bool,
    rhythm: Option<Rhythm>,
    count: Option<f64>,
}

/// Whole milliseconds.
fn thousandths(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// Times of departure of a flow, in order, whatever the span of the case; a fault is noted and leaves none. `from_s` and `to_s` stand for a
/// begin and an end that the flow does not give.
pub fn departures(raw: &RawVehicle, from_s: f64, to_s: f64, log: &mut Log) -> Vec<f64> {
    let found = flow(raw, from_s, to_s, log).and_then(|flow| lay_out(&flow, &raw.id));
    match found {
        Ok(times) => {
            if times.is_empty() {
                log.report.ignored("flow", "has no vehicle", &raw.id);
            }
            times
        }
        Err(what) => {
            log.error(107, raw.line, format!("flow \"{}\": {what}", shown(&raw.id)), "");
            Vec::new()
        }
    }
}

fn flow(raw: &RawVehicle, from_s: f64, to_s: f64, log: &mut Log) -> Result<Flow, String> {
    let begin_s = match raw.values.get("begin").map(String::as_str) {
        None | Some("begin" | "now") => Some(from_s),
        Some(text) => time(text).filter(|seconds| *seconds >= 0.0),
    };
    let end_s = raw.values.get("end").map_or(Some(to_s), |text| time(text).filter(|seconds| *seconds >= 0.0));
    let (Some(begin_s), Some(end_s)) = (begin_s, end_s) else { return Err("its begin or end is not a time".into()) };
    let mut rhythm = None;
    for key in ["period", "vehsPerHour", "perHour", "probability"] {
        let Some(text) = raw.values.get(key) else { continue };
        let random = text.strip_prefix("exp(").and_then(|rest| rest.strip_suffix(')'));
        let given = if key == "period" { random.map_or_else(|| time(text), number) } else { number(text) };
        let Some(given) = given.filter(|given| *given >= 0.0) else {
            return Err(format!("{key} = \"{}\" cannot be read", shown(text)));
        };
        if random.is_some() || key == "probability" {
            log.report.approximated("flow", "random departures, drawn once with the expected number of vehicles", &raw.id);
        }
        rhythm = Some(match key {
            "period" if random.is_some() => Rhythm::Exponential(1.0 / given),
            "period" => Rhythm::Even(given),
            "probability" => Rhythm::Chance(given.min(1.0)),
            _ => Rhythm::Even(3600.0 / given),
        });
    }
    let count = match raw.values.get("number").map(|text| number(text)) {
        None => None,
        Some(Some(count)) if count >= 0.0 => Some(count.floor()),
        Some(_) => return Err("its number cannot be read".into()),
    };
    Ok(Flow { begin_s, end_s, ends: raw.values.contains_key("end"), rhythm, count })
}

fn lay_out(flow: &Flow, id: &str) -> Result<Vec<f64>, String> {
    let span = (flow.end_s - flow.begin_s).max(0.0);
    let open = flow.count.filter(|_| !flow.ends);
    let expected = |rate: f64| open.unwrap_or((span * rate).round().min(flow.count.unwrap_or(f64::INFINITY)));
    let (count, every) = match flow.rhythm {
        Some(Rhythm::Exponential(mean)) => (if mean.is_finite() { expected(1.0 / mean.max(1e-9)) } else { 0.0 }, mean),
        Some(Rhythm::Chance(chance)) => (if chance > 0.0 { expected(chance) } else { 0.0 }, 1.0 / chance),
        Some(Rhythm::Even(every)) if every.is_infinite() => (0.0, 1.0),
        Some(Rhythm::Even(every)) => {
            let every = thousandths(every);
            if every <= 0.0 && open.is_none() {
                return Err("it needs number, period, vehsPerHour or probability".into());
            }
            (open.unwrap_or_else(|| (thousandths(span) / every - 1e-9).ceil().min(flow.count.unwrap_or(f64::INFINITY))), every)
        }
        None => {
            let count = flow.count.ok_or("it needs number, period, vehsPerHour or probability")?;
            (count, span / count.max(1.0))
        }
    };
    if !(0.0..=MOST).contains(&count) {
        return Err("it would have more than 500,000 vehicles".into());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded on the line before")]
    let count = count as u32;
    let after: Vec<f64> = match flow.rhythm {
        Some(Rhythm::Exponential(mean)) if open.is_some() => strewn(id, count, f64::from(count) * mean),
        Some(Rhythm::Exponential(_)) => strewn(id, count, span),
        Some(Rhythm::Chance(_)) if open.is_none() && span <= MOST_SECONDS => seconds(id, count, span),
        _ => (0..count).map(|index| f64::from(index) * every).collect(),
    };
    Ok(after.into_iter().map(|after| thousandths(flow.begin_s + after)).collect())
}

/// Draw `index` of a flow or vehicle, from 0 to below 1.
#[must_use]
pub fn draw(id: &str, index: u32) -> f64 {
    let hash = blake3::hash(id.as_bytes());
    let word = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|byte| hash.as_bytes()[at + byte]));
    f64::from(pcg4d(word(0), word(4), index, Purpose::Departure as u32).w) / 4_294_967_296.0
}

/// Departures anywhere in the span: those of a Poisson process whose number is known.
fn strewn(id: &str, count: u32, span: f64) -> Vec<f64> {
    let mut times: Vec<f64> = (0..count).map(|index| draw(id, index) * span).collect();
    times.sort_unstable_by(f64::total_cmp);
    times
}

/// Whole seconds of the span, none twice.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded by the caller")]
fn seconds(id: &str, count: u32, span: f64) -> Vec<f64> {
    let all = span.ceil() as u32;
    let mut left = count.min(all);
    let mut times = Vec::with_capacity(left as usize);
    for second in 0..all {
        if draw(id, second) * f64::from(all - second) < f64::from(left) {
            times.push(f64::from(second));
            left -= 1;
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[(&'static str, &str)]) -> Vec<f64> {
        let values = values.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        departures(&RawVehicle { id: "f".into(), values, ..RawVehicle::default() }, 0.0, 3600.0, &mut Log::default())
    }

    #[test]
    fn periods_are_whole_milliseconds() {
        assert_eq!(of(&[("vehsPerHour", "420")]).len(), 421, "one every 8.571 s");
        assert_eq!(of(&[("period", "30"), ("begin", "100"), ("end", "200")]), [100.0, 130.0, 160.0, 190.0]);
        assert_eq!(of(&[("number", "4"), ("begin", "100"), ("end", "200")]), [100.0, 125.0, 150.0, 175.0]);
        assert_eq!(of(&[("period", "0:00:10"), ("number", "3")]), [0.0, 10.0, 20.0]);
        assert!(of(&[("vehsPerHour", "0")]).is_empty() && of(&[("probability", "0")]).is_empty() && of(&[("period", "exp(0)")]).is_empty());
    }

    #[test]
    fn random_flows_have_the_expected_number() {
        for (key, value, count) in [("probability", "0.25", 900), ("period", "exp(0.1)", 360)] {
            let times = of(&[(key, value)]);
            assert_eq!(times.len(), count);
            assert!(times.windows(2).all(|pair| pair[0] <= pair[1]) && times.iter().all(|time| (0.0..3600.0).contains(time)));
            let first = times.iter().filter(|time| **time < 1800.0).count() as f64 / count as f64;
            assert!((first - 0.5).abs() < 0.1, "{first}");
            let gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
            assert!(gaps.iter().any(|gap| *gap < 2.0) && gaps.iter().any(|gap| *gap > 8.0), "not laid out evenly");
        }
        let times = of(&[("period", "exp(0.1)"), ("number", "200")]);
        assert!(times.len() == 200 && (1800.0..2000.0).contains(&times[199]), "{}", times[199]);
    }
}
