//! Charts as inline SVG: curves with bands, bars, intervals. Colours are classes of the page's style; each chart has a title and a description.

use super::groups::Spread;
use super::timeline::Moment;
use crate::report::answer::fixed;
use std::fmt::Write;

/// Width and height of a chart in its own units; small, so that its letters stay readable on a phone.
const SIZE: [f64; 2] = [420.0, 250.0];
/// Room for the axes: left, top, right, bottom.
const ROOM: [f64; 4] = [56.0, 26.0, 12.0, 34.0];
/// Steps of an axis, about.
const TICKS: f64 = 4.0;

/// Text that is safe in markup: escaped, without control characters.
#[must_use]
pub fn text(words: &str) -> String {
    let clean: String = words.chars().filter(|c| !c.is_control()).collect();
    crate::report::sumo_xml::escaped(&clean).replace('\'', "&#39;")
}

/// Time of day as hours and minutes.
#[must_use]
pub fn clock(time_s: f64) -> String {
    let minutes = (time_s.max(0.0) / 60.0).round();
    format!("{:02}:{:02}", (minutes / 60.0).floor(), minutes % 60.0)
}

/// The head of a picture.
#[must_use]
pub fn head(class: &str, [width, height]: [f64; 2], title: &str, about: &str) -> String {
    let (title, about) = (text(title), text(about));
    format!(
        "<svg class=\"{class}\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\"><title>{title}</title><desc>{about}</desc>\n"
    )
}

/// One curve of a chart.
pub struct Curve<'a> {
    /// Class of its colour and dash.
    pub class: &'static str,
    /// Its points.
    pub points: &'a [Moment],
}

/// From data to the place on the chart.
struct Frame {
    x: [f64; 2],
    y: [f64; 2],
}

impl Frame {
    fn at(&self, x: f64, y: f64) -> [f64; 2] {
        let [left, top, right, bottom] = ROOM;
        let share = |value: f64, [low, high]: [f64; 2]| (value - low) / (high - low).max(f64::MIN_POSITIVE);
        [left + share(x, self.x) * (SIZE[0] - left - right), SIZE[1] - bottom - share(y, self.y).clamp(0.0, 1.0) * (SIZE[1] - top - bottom)]
    }
}

/// A round step so that `span` has about [`TICKS`] of them.
fn round_step(span: f64) -> f64 {
    let raw = (span / TICKS).max(1e-9);
    let mut power = 1.0;
    while power * 10.0 <= raw {
        power *= 10.0;
    }
    while power > raw {
        power /= 10.0;
    }
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= raw).unwrap_or(10.0 * power)
}

/// Multiples of `step` in a span.
fn ticks([low, high]: [f64; 2], step: f64) -> Vec<f64> {
    let mut found = Vec::new();
    let mut tick = (low / step).ceil();
    while tick * step <= high + step * 1e-9 && found.len() < 50 {
        found.push(tick * step);
        tick += 1.0;
    }
    found
}

/// As many decimals as the step has.
fn label(value: f64, step: f64) -> String {
    let places = (0..6).find(|places| (step * 10_f64.powi(*places)).fract().abs() < 1e-9).unwrap_or(6);
    fixed(value, usize::try_from(places).unwrap_or(0))
}

/// The vertical axis with its lines and its unit above.
fn value_axis(svg: &mut String, frame: &Frame, unit: &str) {
    let step = round_step(frame.y[1] - frame.y[0]);
    for tick in ticks(frame.y, step) {
        let [x0, y] = frame.at(frame.x[0], tick);
        let x1 = SIZE[0] - ROOM[2];
        let word = label(tick, step);
        writeln!(svg, "<path class=\"grid\" d=\"M{x0:.1} {y:.1}H{x1:.1}\"/><text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{word}</text>", x0 - 6.0, y + 4.0).ok();
    }
    writeln!(svg, "<text class=\"tick\" x=\"2\" y=\"13\">{}</text>", text(unit)).ok();
}

/// Curves over the time of day, with bands.
#[must_use]
pub fn over_time(title: &str, about: &str, unit: &str, curves: &[Curve<'_>]) -> String {
    let all = || curves.iter().flat_map(|curve| curve.points);
    let most = all().map(|point| point.mean.max(point.band[1])).filter(|value| value.is_finite()).fold(0.0, f64::max);
    let first = all().map(|point| point.time_s).fold(f64::INFINITY, f64::min);
    // Nothing to draw: an empty chart from midnight on.
    let first = if first.is_finite() { first } else { 0.0 };
    let last = all().map(|point| point.time_s).fold(f64::NEG_INFINITY, f64::max);
    let step = round_step(most.max(1e-6));
    let frame = Frame { x: [first, last.max(first + 60.0)], y: [0.0, (most / step).ceil().max(1.0) * step] };
    let mut svg = head("chart", SIZE, title, about);
    value_axis(&mut svg, &frame, unit);
    time_axis(&mut svg, &frame);
    for curve in curves.iter().filter(|curve| !curve.points.is_empty()) {
        let up: Vec<String> = curve.points.iter().map(|point| place(frame.at(point.time_s, point.band[1]))).collect();
        let down: Vec<String> = curve.points.iter().rev().map(|point| place(frame.at(point.time_s, point.band[0]))).collect();
        writeln!(svg, "<path class=\"band {}\" d=\"M{}L{}Z\"/>", curve.class, up.join("L"), down.join("L")).ok();
    }
    for curve in curves.iter().filter(|curve| !curve.points.is_empty()) {
        let line: Vec<String> = curve.points.iter().map(|point| place(frame.at(point.time_s, point.mean))).collect();
        writeln!(svg, "<path class=\"line {}\" d=\"M{}\"/>", curve.class, line.join("L")).ok();
    }
    let [x, y] = frame.at(frame.x[0], 0.0);
    writeln!(svg, "<path class=\"axis\" d=\"M{x:.1} {y:.1}H{:.1}\"/>\n</svg>", SIZE[0] - ROOM[2]).ok();
    svg
}

/// Boxes over distance and time. `edges_m`: where the links of a street begin and end; `rows`: spans of time with the step of the ramp of each
/// link, `None` where nobody was.
#[must_use]
pub fn distance_time(title: &str, about: &str, edges_m: &[f64], rows: &[([f64; 2], Vec<Option<usize>>)]) -> String {
    let first = rows.iter().map(|(span, _)| span[0]).fold(f64::INFINITY, f64::min);
    let last = rows.iter().map(|(span, _)| span[1]).fold(f64::NEG_INFINITY, f64::max);
    let first = if first.is_finite() { first } else { 0.0 };
    let frame = Frame { x: [first, last.max(first + 60.0)], y: [0.0, edges_m.last().copied().unwrap_or(0.0).max(1.0)] };
    let mut svg = head("chart", SIZE, title, about);
    value_axis(&mut svg, &frame, "m, in driving direction");
    time_axis(&mut svg, &frame);
    for (span, steps) in rows {
        for (step, edges) in steps.iter().zip(edges_m.windows(2)) {
            let ([x0, y0], [x1, y1]) = (frame.at(span[0], edges[0]), frame.at(span[1], edges[1]));
            let class = step.map_or_else(|| "cell none".to_owned(), |step| format!("cell f{step}"));
            let (width, height) = ((x1 - x0).max(0.5), (y0 - y1).max(0.5));
            writeln!(svg, "<rect class=\"{class}\" x=\"{x0:.1}\" y=\"{y1:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>").ok();
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// The axis of the time of day, below.
fn time_axis(svg: &mut String, frame: &Frame) {
    let steps_s = [300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14_400.0, 21_600.0, 43_200.0, 86_400.0];
    let step_s = steps_s.into_iter().find(|step| (frame.x[1] - frame.x[0]) / step <= TICKS + 1.0).unwrap_or(86_400.0);
    for tick in ticks(frame.x, step_s) {
        let [x, y] = frame.at(tick, 0.0);
        let clock = clock(tick);
        writeln!(svg, "<path class=\"axis\" d=\"M{x:.1} {y:.1}v5\"/><text class=\"tick\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{clock}</text>", y + 19.0).ok();
    }
}

/// A point of a path.
fn place([x, y]: [f64; 2]) -> String {
    format!("{x:.1} {y:.1}")
}

/// Trips by difference; what changes by less than a bin is said in words, not drawn, or it would dwarf the rest.
#[must_use]
pub fn differences(title: &str, about: &str, spread: &Spread) -> String {
    let middle = |start: f64| start.abs() < 1e-9 || (start + spread.bin_min).abs() < 1e-9;
    let drawn: Vec<(f64, f64)> = spread.bars.iter().copied().filter(|(start, _)| !middle(*start)).collect();
    let most = drawn.iter().map(|(_, share)| *share).fold(0.0, f64::max);
    let step = round_step(most.max(1e-3));
    let reach = spread.bars.iter().map(|(start, _)| start.abs()).fold(0.0, f64::max);
    let frame = Frame { x: [-reach, reach], y: [0.0, (most / step).ceil().max(1.0) * step] };
    let mut svg = head("chart", SIZE, title, about);
    value_axis(&mut svg, &frame, "% of trips");
    for (start, share) in &drawn {
        let ([x0, y0], [x1, y1]) = (frame.at(*start, 0.0), frame.at(start + spread.bin_min, *share));
        let class = if *start < 0.0 { "less" } else { "more" };
        let (width, height) = ((x1 - x0 - 1.5).max(0.5), y0 - y1);
        writeln!(svg, "<rect class=\"bar {class}\" x=\"{:.1}\" y=\"{y1:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>", x0 + 0.75)
            .ok();
    }
    let step = round_step(2.0 * reach);
    for tick in ticks(frame.x, step) {
        let [x, y] = frame.at(tick, 0.0);
        let word = label(tick, step);
        writeln!(svg, "<path class=\"axis\" d=\"M{x:.1} {y:.1}v5\"/><text class=\"tick\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{word}</text>", y + 19.0).ok();
    }
    let ([x, y], [zero, top]) = (frame.at(-reach, 0.0), frame.at(0.0, frame.y[1]));
    let right = SIZE[0] - ROOM[2];
    writeln!(svg, "<path class=\"axis\" d=\"M{x:.1} {y:.1}H{right:.1}M{zero:.1} {y:.1}V{top:.1}\"/><text class=\"tick\" x=\"{right:.1}\" y=\"13\" text-anchor=\"end\">min longer \u{2192}</text>\n</svg>").ok();
    svg
}

/// Width of the picture of one interval, and its height.
const STRIP: [f64; 2] = [132.0, 18.0];

/// An interval on a line through nothing, as wide as `reach` on both sides; no title: the numbers
/// stand beside it. `good` is +1 where more of it is better, else -1: the colour says better or worse, as on the maps.
#[must_use]
pub fn interval(value: f64, [low, high]: [f64; 2], reach: f64, clear: bool, good: f64) -> String {
    if ![value, low, high].iter().all(|number| number.is_finite()) || reach <= 0.0 {
        return String::new();
    }
    let [width, height] = STRIP;
    let (middle, y) = (width / 2.0, height / 2.0);
    let at = |number: f64| middle + (number / reach).clamp(-1.0, 1.0) * (middle - 4.0);
    let class = match (clear, value * good > 0.0) {
        (false, _) => "open",
        (true, true) => "less",
        (true, false) => "more",
    };
    format!(
        "<svg class=\"strip {class}\" viewBox=\"0 0 {width:.0} {height:.0}\" aria-hidden=\"true\"><path class=\"zero\" d=\"M{middle:.1} 1V{:.1}\"/><path class=\"span\" d=\"M{:.1} {y:.1}H{:.1}\"/><circle cx=\"{:.1}\" cy=\"{y:.1}\" r=\"3.4\"/></svg>",
        height - 1.0,
        at(low),
        at(high).max(at(low) + 1.0),
        at(value)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_numbers() {
        assert_eq!([0.9, 4.0, 37.0, 1200.0].map(|span| label(round_step(span), round_step(span))), ["0.5", "1", "10", "500"]);
        assert_eq!(ticks([0.0, 10.0], 2.5).len(), 5);
        assert_eq!(text("<b>\"&'\u{7}"), "&lt;b&gt;&quot;&amp;&#39;");
    }

    #[test]
    fn nothing_to_draw_draws_nothing_strange() {
        let empty = over_time("t", "d", "veh", &[Curve { class: "base", points: &[] }]);
        assert!(!empty.contains("NaN") && !empty.contains("inf"), "{empty}");
        assert!(interval(f64::NAN, [0.0, 1.0], 1.0, true, -1.0).is_empty());
    }
}
