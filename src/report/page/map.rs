//! Maps of the city: speeds with traffic as width, and differences that stand. Lines of one look are one path, so a map of many streets stays
//! small; above that they become pixels.

use super::chart::{head, text};
use super::links::Change;
use super::palette;
use super::raster::{self, Stroke};
use crate::city::junction::curve::{parallel, point_at};
use crate::city::{City, DriveSide};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Width of a map in its own units, and its height at most.
const SIDE: f64 = 680.0;
const TALLEST: f64 = 760.0;
/// Free border.
const BORDER: f64 = 14.0;
/// Below the streets: scale bar.
const FOOT: f64 = 34.0;
/// Names of streets on a map at most.
const NAMES: usize = 9;
/// Where on its link a mark stands: before the middle, so that those of both directions lie apart.
const MARK_AT: f64 = 0.35;
/// Letters of a name at most.
const LETTERS: usize = 24;

/// How a link looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// Nobody drives there.
    Empty,
    /// Street without a difference that stands.
    Road,
    /// Step of the ramp.
    Ramp(usize),
    /// Fewer or better.
    Less,
    /// More or worse.
    More,
    /// Too few runs to say anything.
    Unknown,
}

impl Look {
    fn class(self) -> String {
        match self {
            Look::Empty => "empty".to_owned(),
            Look::Road => "road".to_owned(),
            Look::Ramp(step) => format!("s{step}"),
            Look::Less => "less".to_owned(),
            Look::More => "more".to_owned(),
            Look::Unknown => "unknown".to_owned(),
        }
    }
}

/// A link on a map: its look and how wide, 0..=3.
pub type Drawn = (Look, u8);

/// The city as it lies on the page.
pub struct Sheet<'a> {
    city: &'a City,
    scale: f64,
    low: [f64; 2],
    high: [f64; 2],
    left: f64,
    /// Half of the widest line: directions lie beside each other.
    widest: f64,
    /// Pixels of the side of a picture; `None` = lines.
    pub pixels: Option<u32>,
}

impl<'a> Sheet<'a> {
    /// Fits the city into the page.
    #[must_use]
    pub fn new(city: &'a City, pixels: Option<u32>) -> Sheet<'a> {
        let points = || city.links.iter().flat_map(|link| link.shape_m.iter());
        let low = [0, 1].map(|axis| points().map(|p| p[axis]).fold(f64::INFINITY, f64::min));
        let high = [0, 1].map(|axis| points().map(|p| p[axis]).fold(f64::NEG_INFINITY, f64::max));
        let room = [SIDE - 2.0 * BORDER, TALLEST - 2.0 * BORDER];
        let scale = (room[0] / (high[0] - low[0]).max(1.0)).min(room[1] / (high[1] - low[1]).max(1.0));
        let left = (SIDE - (high[0] - low[0]) * scale) / 2.0;
        // As wide as both directions of the shortest usual street can bear.
        let widest = (0.2 * SIDE / (city.links.len() as f64 / 4.0).sqrt().max(1.0)).clamp(0.9, 7.0);
        Sheet { city, scale, low, high, left, widest, pixels }
    }

    fn height(&self) -> f64 {
        (self.high[1] - self.low[1]) * self.scale + 2.0 * BORDER + FOOT
    }

    fn at(&self, p: [f64; 2]) -> [f64; 2] {
        [self.left + (p[0] - self.low[0]) * self.scale, BORDER + (self.high[1] - p[1]) * self.scale]
    }

    fn width(&self, class: u8) -> f64 {
        (self.widest * [0.22, 0.42, 0.7, 1.0][usize::from(class.min(3))]).max(0.55)
    }

    /// Centre line of one direction, beside the axis of its street.
    fn line(&self, link: usize) -> Vec<[f64; 2]> {
        let side = if self.city.drive_side == DriveSide::Right { 1.0 } else { -1.0 };
        let away_m = side * 0.55 * self.widest / self.scale;
        parallel(&self.city.links[link].shape_m, away_m).into_iter().map(|p| self.at(p)).collect()
    }

    /// The map, with numbered marks at some links.
    #[must_use]
    pub fn draw(&self, title: &str, about: &str, links: &[Drawn], marks: &[usize]) -> String {
        let mut svg = head("map", [SIDE, self.height()], title, about);
        match self.pixels {
            Some(pixels) => self.as_pixels(&mut svg, links, pixels),
            None => self.as_lines(&mut svg, links),
        }
        self.names(&mut svg);
        for (place, &link) in marks.iter().enumerate() {
            let line = self.line(link);
            let [x, y] = point_at(&line, line.windows(2).map(|pair| distance(pair[0], pair[1])).sum::<f64>() * MARK_AT);
            let words = text(&street(self.city, link));
            writeln!(
                svg,
                "<g class=\"mark\" data-mark=\"{0}\"><title>{0}: {words}</title><circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"9\"/><text x=\"{x:.1}\" y=\"{1:.1}\" text-anchor=\"middle\">{0}</text></g>",
                place + 1,
                y + 4.2
            )
            .ok();
        }
        self.scale_bar(&mut svg);
        svg.push_str("</svg>\n");
        svg
    }

    /// One path for all links of one look.
    fn as_lines(&self, svg: &mut String, links: &[Drawn]) {
        let mut paths: BTreeMap<Drawn, String> = BTreeMap::new();
        for (link, drawn) in links.iter().enumerate() {
            let path = paths.entry(*drawn).or_default();
            let mut last = [0.0; 2];
            for (place, [x, y]) in self.line(link).into_iter().enumerate() {
                // Rounded before the difference is taken, so that errors do not add up along a street.
                let here = [x, y].map(|value| (value * 10.0).round() / 10.0);
                let step = [here[0] - last[0], here[1] - last[1]].map(tenth);
                let letter = if place == 0 { 'M' } else { 'l' };
                write!(path, "{letter}{}{}{}", step[0], if step[1].starts_with('-') { "" } else { " " }, step[1]).ok();
                last = here;
            }
        }
        svg.push_str("<g class=\"streets\">\n");
        for ((look, width), path) in &paths {
            writeln!(svg, "<path class=\"{}\" stroke-width=\"{:.2}\" d=\"{path}\"/>", look.class(), self.width(*width)).ok();
        }
        svg.push_str("</g>\n");
    }

    /// A picture of pixels below the names and marks.
    fn as_pixels(&self, svg: &mut String, links: &[Drawn], pixels: u32) {
        let (width, height) = (SIDE, self.height() - FOOT);
        let zoom = f64::from(pixels) / SIDE;
        let mut order: Vec<usize> = (0..links.len()).collect();
        order.sort_by_key(|&link| links[link]);
        let strokes = order.into_iter().map(|link| {
            let (look, class) = links[link];
            let (colour, dashed) = match look {
                Look::Empty => (palette::EMPTY_DAY, false),
                Look::Road => (palette::ROAD_DAY, false),
                Look::Unknown => (palette::ROAD_DAY, true),
                Look::Ramp(step) => (palette::RAMP_DAY[step], false),
                Look::Less => (palette::LESS_DAY, true),
                Look::More => (palette::MORE_DAY, false),
            };
            let line = self.line(link).into_iter().map(|p| p.map(|value| value * zoom)).collect();
            Stroke { line, width: self.width(class) * zoom, colour, dashed }
        });
        let encoded = raster::encoded([width * zoom, height * zoom], strokes);
        writeln!(svg, "<rect class=\"paper\" width=\"{width:.0}\" height=\"{height:.1}\"/><image width=\"{width:.0}\" height=\"{height:.1}\" href=\"data:image/png;base64,{encoded}\"/>").ok();
    }

    /// The longest streets by name, where no other name is.
    fn names(&self, svg: &mut String) {
        let mut streets: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
        for (link, road) in self.city.links.iter().enumerate().filter(|(_, road)| !road.name.is_empty()) {
            let street = streets.entry(&road.name).or_insert((0.0, link));
            // Its longest link bears the name.
            street.1 = if road.length_m > self.city.links[street.1].length_m { link } else { street.1 };
            street.0 += road.length_m;
        }
        let mut order: Vec<(&str, f64, usize)> = streets.into_iter().map(|(name, (length, link))| (name, length, link)).collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        let mut taken: Vec<[f64; 4]> = Vec::new();
        for (name, _, link) in order.into_iter().take(8 * NAMES) {
            let short = shortened(name);
            let line = self.line(link);
            let [x, y] = line[line.len() / 2];
            let (half, rise) = (4.0 * short.chars().count() as f64, 8.0);
            let x = x.clamp(half + 2.0, (SIDE - half - 2.0).max(half + 2.0));
            let room = [x - half - 6.0, y - rise, x + half + 6.0, y + rise];
            let free = taken.iter().all(|other| room[2] < other[0] || room[0] > other[2] || room[3] < other[1] || room[1] > other[3]);
            if !free || taken.len() >= NAMES {
                continue;
            }
            taken.push(room);
            writeln!(svg, "<text class=\"name\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>", y - 4.0, text(&short)).ok();
        }
    }

    /// A round length and where north is.
    fn scale_bar(&self, svg: &mut String) {
        let span_m = (self.high[0] - self.low[0]).max(self.high[1] - self.low[1]);
        let lengths = [50_000.0, 20_000.0, 10_000.0, 5_000.0, 2_000.0, 1_000.0, 500.0, 200.0, 100.0, 50.0, 20.0, 10.0];
        let length_m = lengths.into_iter().find(|length| *length <= span_m / 4.0).unwrap_or(10.0);
        let words = if length_m >= 1000.0 { format!("{} km", length_m / 1000.0) } else { format!("{length_m} m") };
        let (y, end) = (self.height() - 16.0, BORDER + length_m * self.scale);
        writeln!(
            svg,
            "<path class=\"axis\" d=\"M{BORDER} {0:.1}v6H{end:.1}v-6\"/><text class=\"tick\" x=\"{1:.1}\" y=\"{2:.1}\">{words}</text><text class=\"tick\" x=\"{3:.1}\" y=\"{2:.1}\" text-anchor=\"end\">north is up</text>",
            y - 3.0,
            end + 8.0,
            y + 5.0,
            SIDE - BORDER
        )
        .ok();
    }
}

/// Distance of two points.
fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    ((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1])).sqrt()
}

/// A number with one decimal, as short as can be.
fn tenth(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// As many letters as fit on a map.
fn shortened(name: &str) -> String {
    if name.chars().count() <= LETTERS { name.to_owned() } else { name.chars().take(LETTERS - 1).chain(['\u{2026}']).collect() }
}

/// Name of a link for people: street and direction.
#[must_use]
pub fn street(city: &City, link: usize) -> String {
    let road = &city.links[link];
    let (from, to) = (&city.nodes[road.from], &city.nodes[road.to]);
    let [dx, dy] = [to.at_m[0] - from.at_m[0], to.at_m[1] - from.at_m[1]];
    let way = match (dx.abs() > dy.abs(), dx > 0.0, dy > 0.0) {
        (true, true, _) => "eastbound",
        (true, false, _) => "westbound",
        (false, _, true) => "northbound",
        (false, _, false) => "southbound",
    };
    if road.name.is_empty() { format!("unnamed, {way}") } else { format!("{}, {way}", road.name) }
}

/// Widths by traffic: quarters of the root of the busiest.
#[must_use]
pub fn by_traffic(flow_vph: f64, busiest_vph: f64) -> u8 {
    let share = (flow_vph / busiest_vph.max(1.0)).max(0.0).sqrt();
    [0.25, 0.5, 0.75].into_iter().filter(|bound| share >= *bound).count() as u8
}

/// A change on the map; the ends of the scale are the same on both sides of nothing.
#[must_use]
pub fn by_change(change: &Change, enough: bool, largest: f64, more_is_better: bool) -> Drawn {
    if !enough {
        return (Look::Unknown, 0);
    }
    if !change.clear {
        return (Look::Road, 0);
    }
    let share = (change.difference.abs() / largest.max(f64::MIN_POSITIVE)).min(1.0);
    let width = 1 + [1.0 / 3.0, 2.0 / 3.0].into_iter().filter(|bound| share >= *bound).count() as u8;
    (if (change.difference < 0.0) != more_is_better { Look::Less } else { Look::More }, width)
}

/// Pieces of line on a map of this city.
#[must_use]
pub fn segments(city: &City) -> usize {
    city.links.iter().map(|link| link.shape_m.len().saturating_sub(1)).sum()
}
