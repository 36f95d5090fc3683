//! Small cities whose answers are known: a corridor, a ring, a crossing, a merge, a minor road meeting a major one.
//!
//! All drivers are the car of `engine.md` 2, without spread and without noise; demand is added by whoever asks.

use super::add_link;
use crate::city::{
    Aspect, City, Control, Controller, DepartPos, DepartSpeed, Link, Mode, Movement, Node, Phase, Trip, VehicleClass, junction, signal,
};
use std::sync::Arc;

/// One piece of a corridor.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// Length \[m\].
    pub length_m: f64,
    /// Limit \[m/s\].
    pub speed_mps: f64,
    /// Lanes.
    pub lanes: usize,
    /// A signal at its end.
    pub signal: Option<signal::Plan>,
}

/// An empty city of one class and the mode `car`.
fn empty(name: &str) -> City {
    let modes = vec![Mode { id: "car".into(), mix: vec![(0, 1.0)] }];
    City { name: name.into(), classes: vec![VehicleClass::default()], modes, ..City::default() }
}

/// A node at a place.
fn node(city: &mut City, id: &str, at_m: [f64; 2], control: Control) -> usize {
    city.nodes.push(Node { id: id.into(), at_m, control, ..Node::default() });
    city.nodes.len() - 1
}

/// A straight link; its drivable length is `length_m` less the room of the junctions.
fn link(city: &mut City, id: &str, ends: [usize; 2], speed_mps: f64, lanes: usize, priority: i32) -> usize {
    let shape_m = ends.map(|node| city.nodes[node].at_m).to_vec();
    let name = id.to_owned();
    add_link(
        city,
        Link { id: id.into(), name, from: ends[0], to: ends[1], shape_m, free_speed_mps: speed_mps, priority, ..Link::default() },
        lanes,
    )
}

/// Stretches one behind the other, links `s0`, `s1`...; the last one ends in nothing.
#[must_use]
pub fn corridor(stretches: &[Stretch]) -> City {
    let mut city = empty("corridor");
    let mut x_m = 0.0;
    let mut last = node(&mut city, "c0", [0.0, 0.0], Control::None);
    for (index, stretch) in stretches.iter().enumerate() {
        x_m += stretch.length_m;
        let onward = index + 1 < stretches.len();
        let control = if onward && stretch.signal.is_some() { Control::Signal } else { Control::None };
        let next = node(&mut city, &format!("c{}", index + 1), [x_m, 0.0], control);
        link(&mut city, &format!("s{index}"), [last, next], stretch.speed_mps, stretch.lanes, 1);
        last = next;
    }
    junction::derive(&mut city);
    let all: Vec<Control> = city.nodes.iter().map(|node| node.control).collect();
    for (index, stretch) in stretches.iter().enumerate() {
        if let Some(plan) = stretch.signal {
            // One plan a node: the others are hidden while it is made.
            for (other, node) in city.nodes.iter_mut().enumerate() {
                node.control = if other == index + 1 { all[other] } else { Control::None };
            }
            signal::derive(&mut city, &plan);
        }
    }
    for (node, control) in city.nodes.iter_mut().zip(all) {
        node.control = control;
    }
    city
}

/// A closed circle of two links `r0`, `r1`.
#[must_use]
pub fn ring(length_m: f64, speed_mps: f64, lanes: usize) -> City {
    let mut city = empty("ring");
    // 64 corners of a regular polygon by turning a vector with a rational rotation: no sine needed.
    let mut corners = vec![[1.0, 0.0]];
    let turn = [libm::cos(std::f64::consts::TAU / 64.0), libm::sin(std::f64::consts::TAU / 64.0)];
    for corner in 0..64 {
        let [x, y]: [f64; 2] = corners[corner];
        corners.push([x * turn[0] - y * turn[1], x * turn[1] + y * turn[0]]);
    }
    corners[64] = corners[0];
    let around: f64 = corners.windows(2).map(|pair| junction::distance_m(pair[0], pair[1])).sum();
    let points: Vec<[f64; 2]> = corners.iter().map(|p| [p[0] * length_m / around, p[1] * length_m / around]).collect();
    let east = node(&mut city, "east", points[0], Control::None);
    let west = node(&mut city, "west", points[32], Control::None);
    for (id, ends, shape_m) in [("r0", [east, west], points[..33].to_vec()), ("r1", [west, east], points[32..].to_vec())] {
        let half = Link {
            id: id.into(),
            from: ends[0],
            to: ends[1],
            shape_m,
            length_m: length_m / 2.0,
            free_speed_mps: speed_mps,
            ..Link::default()
        };
        add_link(&mut city, half, lanes);
    }
    // The two halves join the same nodes, yet they are no two directions of one road: lanes lie in the middle.
    for lane in 0..city.lanes.len() {
        let shape_m = city.links[city.lanes[lane].link].shape_m.clone();
        (city.lanes[lane].shape_m, city.lanes[lane].length_m) = (shape_m, length_m / 2.0);
    }
    junction::derive(&mut city);
    city
}

/// `vehicles` at equal distances on the ring, standing, all at second 0; each drives so many laps.
#[must_use]
pub fn ring_trips(city: &City, vehicles: usize, laps: usize) -> Vec<Trip> {
    let half_m = city.links[0].length_m;
    let spacing_m = 2.0 * half_m / f64::from(u32::try_from(vehicles.max(1)).unwrap_or(u32::MAX));
    let trip = |index: usize| {
        let at_m = spacing_m * (f64::from(u32::try_from(index).unwrap_or(0)) + 0.5);
        let (start, pos_m) = if at_m < half_m { (0, at_m) } else { (1, at_m - half_m) };
        let path = Arc::new((0..=2 * laps.max(1)).map(|half| (start + half) % 2).collect());
        Trip { id: format!("v{index}"), path, depart_pos: DepartPos::At(pos_m), depart_speed: DepartSpeed::At(0.0), ..Trip::default() }
    };
    (0..vehicles).map(trip).collect()
}

/// Four arms of `length_m`, links `in_<side>` and `out_<side>`, one signal.
#[must_use]
pub fn crossing(length_m: f64, speed_mps: f64, lanes: usize, plan: &signal::Plan) -> City {
    let mut city = unsigned_crossing(length_m, speed_mps, lanes, Control::Signal);
    signal::derive(&mut city, plan);
    city
}

/// The same without a plan, under any control.
#[must_use]
pub fn unsigned_crossing(length_m: f64, speed_mps: f64, lanes: usize, control: Control) -> City {
    let mut city = empty("crossing");
    let centre = node(&mut city, "centre", [0.0, 0.0], control);
    for (side, x, y) in [("west", -1.0, 0.0), ("east", 1.0, 0.0), ("south", 0.0, -1.0), ("north", 0.0, 1.0)] {
        let end = node(&mut city, side, [x * length_m, y * length_m], Control::None);
        let priority = if y == 0.0 { 2 } else { 1 };
        link(&mut city, &format!("in_{side}"), [end, centre], speed_mps, lanes, priority);
        link(&mut city, &format!("out_{side}"), [centre, end], speed_mps, lanes, priority);
    }
    junction::derive(&mut city);
    city
}

/// Two links `main` and `ramp` meet and go on as `on`; the ramp yields unless the control says otherwise.
#[must_use]
pub fn merge(length_m: f64, speed_mps: f64, main_lanes: usize, on_lanes: usize, control: Control) -> City {
    let mut city = empty("merge");
    let point = node(&mut city, "merge", [0.0, 0.0], control);
    let start = node(&mut city, "main", [-length_m, 0.0], Control::None);
    let ramp = node(&mut city, "ramp", [-0.96 * length_m, -0.28 * length_m], Control::None);
    let end = node(&mut city, "end", [length_m, 0.0], Control::None);
    link(&mut city, "main", [start, point], speed_mps, main_lanes, 2);
    link(&mut city, "ramp", [ramp, point], speed_mps, 1, 1);
    link(&mut city, "on", [point, end], speed_mps, on_lanes, 2);
    junction::derive(&mut city);
    city
}

/// What a tee is made of.
#[derive(Clone, Debug)]
pub struct Tee {
    /// Length of each arm \[m\].
    pub length_m: f64,
    /// Limit of the major road \[m/s\].
    pub major_speed_mps: f64,
    /// Limit of the minor road \[m/s\].
    pub minor_speed_mps: f64,
    /// Lanes of the major road, a direction.
    pub major_lanes: usize,
    /// Control: [`Control::Yield`], [`Control::Stop`] or another.
    pub control: Control,
}

impl Default for Tee {
    fn default() -> Self {
        Tee { length_m: 300.0, major_speed_mps: 50.0 / 3.6, minor_speed_mps: 50.0 / 3.6, major_lanes: 1, control: Control::Yield }
    }
}

/// A minor road from the south meets a major one: links `west_in`, `west_out`, `east_in`, `east_out`, `minor_in`, `minor_out`.
#[must_use]
pub fn tee(spec: &Tee) -> City {
    let mut city = empty("tee");
    let centre = node(&mut city, "tee", [0.0, 0.0], spec.control);
    for (side, at_m) in [("west", [-spec.length_m, 0.0]), ("east", [spec.length_m, 0.0]), ("minor", [0.0, -spec.length_m])] {
        let end = node(&mut city, side, at_m, Control::None);
        let minor = side == "minor";
        let (speed_mps, lanes) = if minor { (spec.minor_speed_mps, 1) } else { (spec.major_speed_mps, spec.major_lanes) };
        link(&mut city, &format!("{side}_in"), [end, centre], speed_mps, lanes, if minor { 1 } else { 2 });
        link(&mut city, &format!("{side}_out"), [centre, end], speed_mps, lanes, if minor { 1 } else { 2 });
    }
    junction::derive(&mut city);
    city
}

/// A closed circle of equal pieces, links `p0`, `p1`..., with connectors of 1/8 m between them: as every piece can take in one vehicle a step,
/// a full circle can be put down in one step, each vehicle where it shall be. Lengths are multiples of 1/1024 m; `spacing_m` is rounded to one.
#[must_use]
pub fn circle(pieces: usize, spacing_m: f64, speed_mps: f64) -> City {
    let mut city = empty("circle");
    let joint_m = 0.125;
    let piece_m = (spacing_m * 1024.0).round() / 1024.0 - joint_m;
    let around = f64::from(u32::try_from(pieces.max(3)).unwrap_or(u32::MAX));
    let radius_m = spacing_m * around / std::f64::consts::TAU;
    let place = |index: usize| {
        let angle = std::f64::consts::TAU * f64::from(u32::try_from(index).unwrap_or(0)) / around;
        [radius_m * libm::cos(angle), radius_m * libm::sin(angle)]
    };
    for index in 0..pieces {
        node(&mut city, &format!("c{index}"), place(index), Control::None);
    }
    for index in 0..pieces {
        link(&mut city, &format!("p{index}"), [index, (index + 1) % pieces], speed_mps, 1, 1);
        let shape_m = city.links[index].shape_m.clone();
        (city.lanes[index].shape_m, city.lanes[index].length_m, city.links[index].length_m) = (shape_m, piece_m, piece_m);
    }
    for index in 0..pieces {
        let (to, at_m) = ((index + 1) % pieces, city.nodes[(index + 1) % pieces].at_m);
        city.movements.push(Movement {
            id: format!("p{index}>p{to}"),
            node: to,
            from_lane: index,
            to_lane: to,
            length_m: joint_m,
            speed_mps,
            shape_m: vec![at_m, at_m],
            allowed: city.lanes[index].allowed,
            ..Movement::default()
        });
    }
    city
}

/// One trip a piece of a [`circle`], all at second 0: the front bumper of number i stands `at_m(i)` from the start of piece i and drives with
/// `speed_mps`; each drives over so many links more.
#[must_use]
pub fn circle_trips(city: &City, at_m: &dyn Fn(usize) -> f64, speed_mps: f64, links: usize) -> Vec<Trip> {
    let pieces = city.links.len();
    let trip = |index: usize| Trip {
        id: format!("v{index:05}"),
        path: Arc::new((index..=index + links).map(|link| link % pieces).collect()),
        depart_pos: DepartPos::At(at_m(index)),
        depart_speed: DepartSpeed::At(speed_mps),
        ..Trip::default()
    };
    (0..pieces).map(trip).collect()
}

/// One link `in` parts into `on`, which goes straight on, and `off`, which leaves to the right; they go on as `on_end` and `off_end`.
#[must_use]
pub fn diverge(length_m: f64, speed_mps: f64) -> City {
    let mut city = empty("diverge");
    let point = node(&mut city, "diverge", [0.0, 0.0], Control::None);
    let start = node(&mut city, "start", [-length_m, 0.0], Control::None);
    link(&mut city, "in", [start, point], speed_mps, 1, 1);
    for (name, x, y) in [("on", 1.0, 0.0), ("off", 0.96, -0.28)] {
        let [middle, end] = [1.0, 2.0].map(|n| node(&mut city, &format!("{name}{n}"), [x * n * length_m, y * n * length_m], Control::None));
        link(&mut city, name, [point, middle], speed_mps, 1, 1);
        link(&mut city, &format!("{name}_end"), [middle, end], speed_mps, 1, 1);
    }
    junction::derive(&mut city);
    city
}

/// A roundabout with four arms of `length_m`, all links of so many lanes: links `in_<side>`, `out_<side>` and the circle `ring_<side>`, each of which leads from
/// the arm of that side to the next one, counter-clockwise.
#[must_use]
pub fn roundabout(radius_m: f64, length_m: f64, speed_mps: f64, lanes: usize) -> City {
    let mut city = empty("roundabout");
    let sides = [("west", -1.0, 0.0), ("south", 0.0, -1.0), ("east", 1.0, 0.0), ("north", 0.0, 1.0)];
    let around = sides.map(|(side, x, y)| node(&mut city, side, [x * radius_m, y * radius_m], Control::Roundabout));
    for (index, (side, x, y)) in sides.into_iter().enumerate() {
        let far_m = radius_m + length_m;
        let end = node(&mut city, &format!("{side}_end"), [x * far_m, y * far_m], Control::None);
        link(&mut city, &format!("in_{side}"), [end, around[index]], speed_mps, lanes, 1);
        link(&mut city, &format!("out_{side}"), [around[index], end], speed_mps, lanes, 1);
        // A quarter of the circle through the middle of its arc.
        let (next_x, next_y) = (-y, x);
        let half = radius_m * 0.5_f64.sqrt();
        let ring = link(&mut city, &format!("ring_{side}"), [around[index], around[(index + 1) % 4]], speed_mps.min(8.0), lanes, 2);
        let middle = [(x + next_x) * half, (y + next_y) * half];
        city.links[ring].shape_m.insert(1, middle);
    }
    junction::derive(&mut city);
    city
}

/// Adds a signal for one movement: green and amber together for a share of the cycle, the rest red.
pub fn signal_at(city: &mut City, movement: usize, plan: &signal::Plan) {
    let green_s = plan.cycle_s * plan.green_share - plan.amber_s;
    let phase = |duration_s, aspect| Phase { duration_s, min_s: duration_s, max_s: duration_s, aspects: vec![aspect] };
    let red_s = plan.cycle_s - green_s - plan.amber_s;
    let phases = vec![phase(green_s, Aspect::Green), phase(plan.amber_s, Aspect::Amber), phase(red_s, Aspect::Red)];
    city.movements[movement].signal = Some((city.controllers.len(), 0));
    let node = city.movements[movement].node;
    city.nodes[node].control = Control::Signal;
    city.controllers.push(Controller { id: city.nodes[node].id.clone(), phases, ..Controller::default() });
}
