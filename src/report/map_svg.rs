//! A map of links coloured by one share on the night canvas: cividis, legend, scale bar, caption. Works offline, has a table beside it.

use super::sumo_xml::escaped;
use super::table::Scene;
use crate::city::City;
use std::fmt::Write;

/// Cividis (Nunez, Anderton, Renslow 2018) at eighths from 0 to 1.
const CIVIDIS: [[f64; 3]; 9] = [
    [0.0, 32.0, 76.0],
    [0.0, 48.0, 111.0],
    [57.0, 72.0, 107.0],
    [87.0, 93.0, 109.0],
    [112.0, 113.0, 115.0],
    [138.0, 134.0, 120.0],
    [166.0, 157.0, 117.0],
    [196.0, 181.0, 108.0],
    [255.0, 234.0, 70.0],
];
/// Ink, quiet ink and canvas.
const INK: &str = "#E8EAED";
const QUIET: &str = "#9AA1AB";
const CANVAS: &str = "#15181C";
/// Links nobody used.
const EMPTY: &str = "#343A42";
/// Shares of the free speed that the ends of the ramp stand for. Fixed, so that two maps can be compared; a street with signals at its
/// ends never reaches its free speed in the mean, so the ramp begins below it.
const FAST: f64 = 0.65;
const SLOW: f64 = 0.15;
/// The part of cividis that the ramp uses: its dark end would vanish in the canvas.
const RAMP: [f64; 2] = [0.22, 1.0];

/// What stands beside the map.
#[derive(Clone, Debug, Default)]
pub struct Caption {
    /// Title.
    pub title: String,
    /// Lines below the map.
    pub lines: Vec<String>,
}

/// Colour of a share of the free speed: bright = slow, far from the dark canvas.
#[must_use]
pub fn colour(share: f64) -> String {
    let lost = ((FAST - share) / (FAST - SLOW)).clamp(0.0, 1.0);
    let place = (RAMP[0] + (RAMP[1] - RAMP[0]) * lost) * 8.0;
    let below = place.floor().min(7.0);
    let index = (0..8_u8).find(|&i| f64::from(i + 1) > below).map_or(0, usize::from);
    let mix = |channel: usize| {
        let (a, b) = (CIVIDIS[index][channel], CIVIDIS[index + 1][channel]);
        a + (b - a) * (place - below)
    };
    format!("rgb({:.0},{:.0},{:.0})", mix(0), mix(1), mix(2))
}

/// Speed over free speed of each link over the whole run (Edie), and flow \[veh/h\]; NaN where nobody was.
#[must_use]
pub fn speed_shares(scene: &Scene<'_>) -> Vec<(f64, f64)> {
    let mut sums = vec![(0_u64, 0_u64, 0_u64, 0_u64); scene.city.links.len()];
    for row in &scene.run.links {
        if let Some(sum) = sums.get_mut(row.link as usize) {
            sum.0 += row.driven_q4;
            sum.1 += row.present_ticks;
            sum.2 += u64::from(row.left_veh) + u64::from(row.arrived_veh);
            sum.3 += u64::from(row.to_tick - row.from_tick);
        }
    }
    let share = |(sum, link): (&(u64, u64, u64, u64), &crate::city::Link)| {
        let speed_mps = sum.0 as f64 / 16.0 / scene.span_s(sum.1);
        (speed_mps / link.free_speed_mps.max(0.1), sum.2 as f64 * 3600.0 / scene.span_s(sum.3))
    };
    sums.iter().zip(&scene.city.links).map(share).collect()
}

/// Draws the map. `shares` holds (colour share, width weight) of each link; NaN = nobody.
#[must_use]
pub fn draw(city: &City, shares: &[(f64, f64)], caption: &Caption) -> String {
    let points = || city.links.iter().flat_map(|link| link.shape_m.iter());
    let low = [0, 1].map(|axis| points().map(|p| p[axis]).fold(f64::INFINITY, f64::min));
    let high = [0, 1].map(|axis| points().map(|p| p[axis]).fold(f64::NEG_INFINITY, f64::max));
    let span_m = (high[0] - low[0]).max(high[1] - low[1]).max(1.0);
    let (side, margin, top) = (900.0, 50.0, 96.0);
    let scale = side / span_m;
    let [width, height] = [(high[0] - low[0]) * scale, (high[1] - low[1]) * scale];
    let (page_w, page_h) = (side.max(width) + 2.0 * margin, top + height + 122.0 + 18.0 * caption.lines.len() as f64);
    let left = (page_w - width) / 2.0;
    let at = |p: [f64; 2]| [left + (p[0] - low[0]) * scale, top + (high[1] - p[1]) * scale];
    let mut svg = String::new();
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {page_w:.0} {page_h:.0}\" width=\"{page_w:.0}\" height=\"{page_h:.0}\" font-family=\"Inter, Helvetica, Arial, sans-serif\" role=\"img\"><title>{0}</title><desc>{1}</desc><rect width=\"100%\" height=\"100%\" fill=\"{CANVAS}\"/><text x=\"{left:.1}\" y=\"44\" font-size=\"23\" font-weight=\"600\" fill=\"{INK}\">{0}</text><text x=\"{left:.1}\" y=\"68\" font-size=\"14\" fill=\"{QUIET}\">Mean speed as a share of the free speed, each direction; bright = slow, wide = busy</text>",
        escaped(&caption.title),
        escaped(&caption.lines.join(" "))
    )
    .ok();
    links(&mut svg, city, shares, scale, &at);
    let base = top + height + 42.0;
    legend(&mut svg, left, base);
    scale_bar(&mut svg, left + width, base, scale, span_m);
    for (row, words) in caption.lines.iter().enumerate() {
        let y = base + 66.0 + 18.0 * row as f64;
        writeln!(svg, "<text x=\"{left:.1}\" y=\"{y:.1}\" font-size=\"13\" fill=\"{QUIET}\">{}</text>", escaped(words)).ok();
    }
    svg.push_str("</svg>\n");
    svg
}

/// The links: quiet ones first, slow ones on top.
fn links(svg: &mut String, city: &City, shares: &[(f64, f64)], scale: f64, at: &dyn Fn([f64; 2]) -> [f64; 2]) {
    let busiest = shares.iter().map(|s| s.1).filter(|flow| flow.is_finite()).fold(1.0, f64::max);
    let mut order: Vec<usize> = (0..city.links.len().min(shares.len())).collect();
    let slowness = |link: &usize| if shares[*link].0.is_nan() { -1.0 } else { 1.0 - shares[*link].0.min(1.0) };
    order.sort_by(|a, b| slowness(a).total_cmp(&slowness(b)).then(a.cmp(b)));
    // Beside the axis by half of the widest road, at least so that both directions can be told apart.
    let widest_px = (0.011 * 900.0 / (city.links.len() as f64 / 4.0).sqrt().max(1.0) * 16.0).clamp(1.2, 9.0);
    svg.push_str("<g fill=\"none\" stroke-linecap=\"round\" stroke-linejoin=\"round\">\n");
    for link in order {
        let (share, flow) = shares[link];
        let width_px = if share.is_nan() { 0.8 } else { (widest_px * (0.2 + 0.8 * (flow / busiest).max(0.0).sqrt())).max(0.8) };
        let offset_m = (0.5 * width_px + 0.7) / scale;
        let line = crate::city::junction::curve::parallel(&city.links[link].shape_m, offset_m);
        let path: Vec<String> = line.iter().map(|p| at(*p)).map(|[x, y]| format!("{x:.1},{y:.1}")).collect();
        let stroke = if share.is_nan() { EMPTY.to_owned() } else { colour(share) };
        writeln!(svg, "<polyline points=\"{}\" stroke=\"{stroke}\" stroke-width=\"{width_px:.2}\"/>", path.join(" ")).ok();
    }
    svg.push_str("</g>\n");
}

/// The ramp with its ends in words.
fn legend(svg: &mut String, left: f64, base: f64) {
    for step in 0..50 {
        let share = FAST - (FAST - SLOW) * f64::from(step) / 49.0;
        writeln!(
            svg,
            "<rect x=\"{:.1}\" y=\"{base:.1}\" width=\"5.2\" height=\"12\" fill=\"{}\"/>",
            left + 5.0 * f64::from(step),
            colour(share)
        )
        .ok();
    }
    let [fast, slow] = [FAST, SLOW].map(|share| format!("{:.0} %", 100.0 * share));
    for (place, words) in
        [(0.0, format!("{fast} or more")), (0.5, format!("{:.0} %", 50.0 * (FAST + SLOW))), (1.0, format!("{slow} or less"))]
    {
        let (x, anchor) = (left + 250.0 * place, ["start", "middle", "end"][usize::from(place > 0.0) + usize::from(place > 0.5)]);
        writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"12\" text-anchor=\"{anchor}\" fill=\"{INK}\">{words}</text>",
            base + 28.0
        )
        .ok();
    }
    writeln!(
        svg,
        "<line x1=\"{0:.1}\" x2=\"{1:.1}\" y1=\"{2:.1}\" y2=\"{2:.1}\" stroke=\"{EMPTY}\" stroke-width=\"3\"/><text x=\"{3:.1}\" y=\"{4:.1}\" font-size=\"12\" fill=\"{INK}\">nobody</text>",
        left + 330.0,
        left + 360.0,
        base + 6.0,
        left + 368.0,
        base + 10.0
    )
    .ok();
}

/// A round length that fits in a fifth of the map.
fn scale_bar(svg: &mut String, right: f64, base: f64, scale: f64, span_m: f64) {
    let lengths = [50_000.0, 20_000.0, 10_000.0, 5_000.0, 2_000.0, 1_000.0, 500.0, 200.0, 100.0, 50.0, 20.0, 10.0];
    let length_m = lengths.into_iter().find(|length| *length <= span_m / 5.0).unwrap_or(10.0);
    let words = if length_m >= 1000.0 { format!("{} km", length_m / 1000.0) } else { format!("{length_m} m") };
    let start = right - length_m * scale;
    writeln!(
        svg,
        "<path d=\"M{start:.1},{0:.1} v6 H{right:.1} v-6\" fill=\"none\" stroke=\"{INK}\" stroke-width=\"1.5\"/><text x=\"{1:.1}\" y=\"{2:.1}\" font-size=\"12\" text-anchor=\"middle\" fill=\"{INK}\">{words}</text><text x=\"{right:.1}\" y=\"{3:.1}\" font-size=\"12\" text-anchor=\"end\" fill=\"{QUIET}\">north is up</text>",
        base + 2.0,
        f64::midpoint(start, right),
        base + 24.0,
        base + 42.0
    )
    .ok();
}
