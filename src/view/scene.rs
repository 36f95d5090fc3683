//! What does not move: streets, lanes, stop lines and names of a city, as segments and points for the draw shaders.
//!
//! Lengths are metres from [`Scene::origin_m`], so that an f32 holds a millimetre of a large city.

use super::camera::Bounds;
use crate::city::City;
use crate::tables::Tables;
use bytemuck::{Pod, Zeroable};

/// A piece of a line with a width, drawn with round ends. Twin: `shaders/draw/line.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub struct Segment {
    /// Start \[m\].
    pub start: [f32; 2],
    /// End \[m\].
    pub end: [f32; 2],
    /// Half of its width \[m\].
    pub half_width: f32,
    /// It is drawn at least so wide \[px\]; 0 = it fades away instead.
    pub least_px: f32,
    /// Index of the value that colours it, or [`FIXED`].
    pub value: u32,
    /// Its colour where it has no value: red, green, blue, opacity, lowest first.
    pub colour: u32,
}

/// [`Segment::value`] of what has a colour of its own.
pub const FIXED: u32 = u32::MAX;

/// Points of a lane's or connector's centre line: a run of [`Scene::points`].
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct Piece {
    /// Its first point.
    pub first: u32,
    /// Points, at least two.
    pub count: u32,
}

/// A point of a centre line: x, y, and how far along a vehicle is there \[m\]; the last is not used.
pub type Along = [f32; 4];

/// A stop line of one movement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StopLine {
    /// The movement in the city.
    pub movement: usize,
    /// Its ends \[m\].
    pub ends: [[f32; 2]; 2],
}

/// A name to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The words.
    pub text: String,
    /// Where its middle goes \[m\], as the city has it.
    pub at_m: [f64; 2],
    /// Direction of the street there, a unit vector.
    pub along: [f64; 2],
    /// How much street there is for it \[m\].
    pub room_m: f64,
    /// Rank of the street; larger goes first.
    pub rank: i32,
}

/// A city to look at.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// Subtracted from all positions \[m\].
    pub origin_m: [f64; 2],
    /// Links as lines, one value a link, in order of their rank: what is drawn last lies on top.
    pub links: Vec<Segment>,
    /// Surfaces of lanes and connectors.
    pub surfaces: Vec<Segment>,
    /// Lines between lanes.
    pub markings: Vec<Segment>,
    /// Stop lines of movements with signals.
    pub stop_lines: Vec<StopLine>,
    /// Centre lines, lane after lane in the order of the tables.
    pub points: Vec<Along>,
    /// Of each lane and connector its points.                                                    (L)
    pub pieces: Vec<Piece>,
    /// Of each lane and connector what it fills.                                                 (L)
    pub boxes: Vec<Bounds>,
    /// Names of streets.
    pub labels: Vec<Label>,
    /// Rank of its largest streets.
    pub largest_rank: i32,
    bounds: Option<Bounds>,
}

/// Dashes of a line between lanes, and the gaps between them \[m\] (RMS, German rules for markings inside towns: 3 m and 6 m).
const DASH_M: f64 = 3.0;
const GAP_M: f64 = 6.0;
/// Half of the width of a marking \[m\]: 0.12 m.
const MARKING_HALF_M: f32 = 0.06;
/// A marking fades away below so many pixels.
const FADES: f32 = 0.0;
/// A stop line ends so far from the lane's edge \[m\].
const EDGE_M: f64 = 0.35;
/// Least width of a link's line \[px\].
const LINK_PX: f32 = 1.0;

fn less(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] - b[0], a[1] - b[1]]
}

fn length(a: [f64; 2]) -> f64 {
    a[0].hypot(a[1])
}

/// A unit vector, or zero.
fn unit(a: [f64; 2]) -> [f64; 2] {
    let norm = length(a);
    if norm > 0.0 { a.map(|x| x / norm) } else { [0.0; 2] }
}

/// `line` moved to its left by `by_m`.
fn beside(line: &[[f64; 2]], by_m: f64) -> Vec<[f64; 2]> {
    let direction = |at: usize| {
        let (from, to) = (at.saturating_sub(1), (at + 1).min(line.len() - 1));
        unit(less(line[to], line[from]))
    };
    let moved = |(at, point): (usize, &[f64; 2])| {
        let [x, y] = direction(at);
        [point[0] - y * by_m, point[1] + x * by_m]
    };
    line.iter().enumerate().map(moved).collect()
}

impl Scene {
    /// Of a city, with the lanes of `tables`.
    #[must_use]
    pub fn of(city: &City, tables: &Tables) -> Scene {
        let mut bounds = Bounds::EMPTY;
        city.links.iter().flat_map(|link| &link.shape_m).for_each(|point| bounds.widen(*point));
        city.lanes.iter().flat_map(|lane| &lane.shape_m).for_each(|point| bounds.widen(*point));
        let middle = [0, 1].map(|axis| (bounds.low[axis] + bounds.high[axis]) / 2.0);
        let origin_m = middle.map(|x| if x.is_finite() { x.round() } else { 0.0 });
        let mut scene = Scene { origin_m, bounds: Some(bounds), ..Scene::default() };
        scene.add_links(city);
        scene.add_surfaces(city);
        scene.add_markings(city);
        scene.add_stop_lines(city);
        scene.add_pieces(city, tables);
        scene.add_labels(city);
        scene
    }

    /// All of it \[m\], as the city has it.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        self.bounds.unwrap_or(Bounds::EMPTY)
    }

    /// A point as the shaders have it.
    #[must_use]
    pub fn near(&self, point: [f64; 2]) -> [f32; 2] {
        less(point, self.origin_m).map(|x| x as f32)
    }

    /// The line in the middle of a link's lanes, and half their width \[m\].
    #[must_use]
    pub fn middle(city: &City, link: usize) -> (Vec<[f64; 2]>, f64) {
        let link = &city.links[link];
        let lanes = &city.lanes[link.lanes.clone()];
        let half_m = lanes.iter().map(|lane| lane.width_m).sum::<f64>() / 2.0;
        let line = match (lanes.first(), lanes.last()) {
            (Some(a), Some(b)) if a.shape_m.len() >= 2 && a.shape_m.len() == b.shape_m.len() => {
                a.shape_m.iter().zip(&b.shape_m).map(|(a, b)| [0, 1].map(|axis| (a[axis] + b[axis]) / 2.0)).collect()
            }
            (Some(_), Some(_)) if lanes[lanes.len() / 2].shape_m.len() >= 2 => lanes[lanes.len() / 2].shape_m.clone(),
            _ => link.shape_m.clone(),
        };
        (line, half_m.max(0.5))
    }

    fn lines(&self, points: &[[f64; 2]], blank: Segment) -> Vec<Segment> {
        points.windows(2).map(|ends| Segment { start: self.near(ends[0]), end: self.near(ends[1]), ..blank }).collect()
    }

    fn add_links(&mut self, city: &City) {
        let mut order: Vec<usize> = (0..city.links.len()).collect();
        order.sort_by_key(|link| (city.links[*link].priority, *link));
        self.largest_rank = order.last().map_or(0, |link| city.links[*link].priority);
        for link in order {
            let (line, half_m) = Scene::middle(city, link);
            let blank = Segment { half_width: half_m as f32, least_px: LINK_PX, value: link as u32, ..Segment::default() };
            let added = self.lines(&line, blank);
            self.links.extend(added);
        }
    }

    fn add_surfaces(&mut self, city: &City) {
        let blank = |width_m: f64| Segment { half_width: (width_m / 2.0) as f32, value: FIXED, ..Segment::default() };
        let mut all = Vec::new();
        for movement in &city.movements {
            let width_m = city.lanes.get(movement.from_lane).map_or(3.0, |lane| lane.width_m);
            all.extend(self.lines(&movement.shape_m, blank(width_m)));
        }
        for lane in &city.lanes {
            all.extend(self.lines(&lane.shape_m, blank(lane.width_m)));
        }
        self.surfaces = all;
    }

    /// Lines between the lanes of a link: dashed where one may change on both sides, whole where not.
    fn add_markings(&mut self, city: &City) {
        let blank = Segment { half_width: MARKING_HALF_M, least_px: FADES, value: FIXED, ..Segment::default() };
        let mut all = Vec::new();
        for link in &city.links {
            for lane in link.lanes.clone().skip(1) {
                let (near, far) = (&city.lanes[lane - 1], &city.lanes[lane]);
                if near.shape_m.len() < 2 {
                    continue;
                }
                // The next lane lies on one side or the other, as one drives.
                let side = far.shape_m.first().map_or(1.0, |point| {
                    let (along, across) = (less(near.shape_m[1], near.shape_m[0]), less(*point, near.shape_m[0]));
                    if along[0] * across[1] - along[1] * across[0] < 0.0 { -1.0 } else { 1.0 }
                });
                let line = beside(&near.shape_m, side * near.width_m / 2.0);
                if near.change_left && far.change_right {
                    all.extend(dashes(&line).into_iter().flat_map(|ends| self.lines(&ends, blank)));
                } else {
                    all.extend(self.lines(&line, blank));
                }
            }
        }
        self.markings = all;
    }

    /// Across the end of a lane, side by side for its movements.
    fn add_stop_lines(&mut self, city: &City) {
        let mut of_lane: Vec<(usize, usize)> =
            city.movements.iter().enumerate().filter(|(_, m)| m.signal.is_some()).map(|(number, m)| (m.from_lane, number)).collect();
        of_lane.sort_unstable();
        for lane in of_lane.chunk_by(|a, b| a.0 == b.0) {
            let own = &city.lanes[lane[0].0];
            let [.., before, end] = own.shape_m[..] else { continue };
            let [x, y] = unit(less(end, before));
            let (half_m, parts) = ((own.width_m / 2.0 - EDGE_M).max(0.3), lane.len() as f64);
            for (place, (_, movement)) in lane.iter().enumerate() {
                let at = |part: f64| {
                    let across_m = half_m - 2.0 * half_m * part / parts;
                    self.near([end[0] - y * across_m, end[1] + x * across_m])
                };
                self.stop_lines.push(StopLine { movement: *movement, ends: [at(place as f64 + 0.06), at(place as f64 + 0.94)] });
            }
        }
    }

    fn add_pieces(&mut self, city: &City, tables: &Tables) {
        for key in 0..tables.lane_count() {
            let at = tables.origin_of[key] as usize;
            let shape = match city.lanes.get(at) {
                Some(lane) if lane.shape_m.len() >= 2 => &lane.shape_m,
                Some(lane) => &city.links[lane.link].shape_m,
                None => &city.movements[at - city.lanes.len()].shape_m,
            };
            let first = self.points.len() as u32;
            let total_m: f64 = shape.windows(2).map(|ends| length(less(ends[1], ends[0]))).sum();
            // The engine's length is that of the drivable part: the drawn line stands for it, longer or shorter.
            let scale = f64::from(tables.lanes[key].length) / 1024.0 / total_m.max(0.001);
            let (mut along_m, mut filled) = (0.0, Bounds::EMPTY);
            for (number, point) in shape.iter().enumerate() {
                along_m += if number == 0 { 0.0 } else { length(less(*point, shape[number - 1])) };
                let [x, y] = self.near(*point);
                self.points.push([x, y, (along_m * scale) as f32, 0.0]);
                filled.widen(*point);
            }
            self.pieces.push(Piece { first, count: shape.len() as u32 });
            self.boxes.push(filled);
        }
    }

    /// One name for each run of links that bear it, where the street is longest.
    fn add_labels(&mut self, city: &City) {
        let mut named: std::collections::BTreeMap<&str, Vec<usize>> = std::collections::BTreeMap::new();
        for (number, link) in city.links.iter().enumerate().filter(|(_, link)| !link.name.is_empty()) {
            named.entry(&link.name).or_default().push(number);
        }
        for (name, links) in named {
            let rank = links.iter().map(|link| city.links[*link].priority).max().unwrap_or(0);
            for link in links {
                let own = &city.links[link];
                let longest = own.shape_m.windows(2).max_by(|a, b| length(less(a[1], a[0])).total_cmp(&length(less(b[1], b[0]))));
                let Some(&[a, b]) = longest.and_then(|ends| ends.first_chunk::<2>()) else { continue };
                let mut along = unit(less(b, a));
                if along[0] < 0.0 || (along[0] == 0.0 && along[1] < 0.0) {
                    along = along.map(|x| -x);
                }
                let at_m = [0, 1].map(|axis| (a[axis] + b[axis]) / 2.0);
                self.labels.push(Label { text: name.to_owned(), at_m, along, room_m: length(less(b, a)), rank });
            }
        }
        self.labels.sort_by(|a, b| b.rank.cmp(&a.rank).then(b.room_m.total_cmp(&a.room_m)));
    }
}

/// The dashes of a line, each with its ends.
fn dashes(line: &[[f64; 2]]) -> Vec<[[f64; 2]; 2]> {
    let mut all = Vec::new();
    for ends in line.windows(2) {
        let (total_m, direction) = (length(less(ends[1], ends[0])), unit(less(ends[1], ends[0])));
        let at = |m: f64| [0, 1].map(|axis| ends[0][axis] + direction[axis] * m);
        let mut from_m = GAP_M / 2.0;
        while from_m < total_m {
            all.push([at(from_m), at((from_m + DASH_M).min(total_m))]);
            from_m += DASH_M + GAP_M;
        }
    }
    all
}
