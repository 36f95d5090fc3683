//! Junctions from geometry: where lanes lie, which lane leads to which, what is in whose way, who waits.
//!
//! A link's line is the axis of its road when a link of the other direction joins the same nodes (lanes lie beside it, on the driving side),
//! else the middle of its lanes. Lanes end at a stop line set back from the node, so the length of a lane is what can be driven on it.

mod conflict;
pub mod curve;

use super::{City, Control, DriveSide, Movement, Turn, Uses};
use curve::{Point, cross, dot, end_direction, length_m, parallel, start_direction, vector};
use rayon::prelude::*;

/// Width of a lane where none is given \[m\].
pub const LANE_WIDTH_M: f64 = 3.2;
/// Room for the corner beyond the crossing road \[m\].
const CORNER_M: f64 = 3.0;
/// Beyond this sine a road is not straight on any more.
const STRAIGHT: f64 = 0.7;

/// Fills what the files leave open: shapes and drivable lengths of lanes without a shape, movements of nodes without any, conflicts and
/// rules of nodes without conflicts. What is there stays as it is, so a second call changes nothing.
pub fn derive(city: &mut City) {
    lay_lanes(city);
    derive_movements(city);
    derive_conflicts(city);
}

/// Links into and out of each node, in file order.
fn arms(city: &City) -> Vec<(Vec<usize>, Vec<usize>)> {
    let mut arms = vec![(Vec::new(), Vec::new()); city.nodes.len()];
    for (link, l) in city.links.iter().enumerate() {
        arms[l.to].0.push(link);
        arms[l.from].1.push(link);
    }
    arms
}

/// The line of a link; its nodes where it has none.
fn axis(city: &City, link: usize) -> Vec<Point> {
    let l = &city.links[link];
    if l.shape_m.len() >= 2 { l.shape_m.clone() } else { vec![city.nodes[l.from].at_m, city.nodes[l.to].at_m] }
}

/// Nodes that links join, sorted: (from, to).
type Pairs = [(usize, usize)];

/// Shapes and lengths of lanes that have no shape.
fn lay_lanes(city: &mut City) {
    let mut pairs: Vec<(usize, usize)> = city.links.iter().map(|l| (l.from, l.to)).collect();
    pairs.par_sort_unstable();
    pairs.dedup();
    let radius_m = radii(city, &pairs);
    let there = &*city;
    let laid: Vec<Option<Laid>> = (0..city.links.len()).into_par_iter().map(|link| lay_link(there, &pairs, &radius_m, link)).collect();
    for (link, laid) in laid.into_iter().enumerate() {
        let Some(laid) = laid else { continue };
        for (lane, (width_m, shape_m)) in city.links[link].lanes.clone().rev().zip(laid.lanes) {
            let lane = &mut city.lanes[lane];
            (lane.width_m, lane.shape_m, lane.length_m) = (width_m, shape_m, laid.drivable_m);
        }
        city.links[link].shape_m = laid.line;
        city.links[link].length_m = laid.drivable_m;
    }
}

/// A link as it lies.
struct Laid {
    line: Vec<Point>,
    drivable_m: f64,
    /// Width and centre line of its lanes, the farthest from the kerb first.
    lanes: Vec<(f64, Vec<Point>)>,
}

/// Where the lanes of a link lie; `None` if the files say it.
fn lay_link(city: &City, pairs: &Pairs, radius_m: &[f64], link: usize) -> Option<Laid> {
    let l = &city.links[link];
    if l.lanes.is_empty() || l.lanes.clone().any(|lane| !city.lanes[lane].shape_m.is_empty()) {
        return None;
    }
    let side = if city.drive_side == DriveSide::Right { 1.0 } else { -1.0 };
    let width_m = |lane: usize| Some(city.lanes[lane].width_m).filter(|width_m| *width_m > 0.0).unwrap_or(LANE_WIDTH_M);
    let line = axis(city, link);
    let axis_m = length_m(&line).max(0.1);
    let cuts_m = [radius_m[l.from], radius_m[l.to]];
    let shrink = (0.8 * axis_m / (cuts_m[0] + cuts_m[1]).max(1e-9)).min(1.0);
    let (from_m, to_m) = (cuts_m[0] * shrink, axis_m - cuts_m[1] * shrink);
    let scale = if l.length_m > 0.0 { l.length_m / axis_m } else { 1.0 };
    let drivable_m = ((to_m - from_m) * scale).max(1.0);
    let total_m: f64 = l.lanes.clone().map(width_m).sum();
    let mut left_edge_m = if pairs.binary_search(&(l.to, l.from)).is_ok() { 0.0 } else { -total_m / 2.0 };
    let middle = curve::cut(&line, from_m, to_m);
    let mut lanes = Vec::new();
    for lane in l.lanes.clone().rev() {
        let width_m = width_m(lane);
        lanes.push((width_m, parallel(&middle, side * (left_edge_m + width_m / 2.0))));
        left_edge_m += width_m;
    }
    Some(Laid { line, drivable_m, lanes })
}

/// How far the stop lines stand from each node: beyond the widest road there, and the corner. 0 where a road just goes on.
fn radii(city: &City, pairs: &Pairs) -> Vec<f64> {
    let width_m = |&link: &usize| {
        let l = &city.links[link];
        let lanes = l.lanes.clone().map(|lane| city.lanes[lane].width_m).map(|w| if w > 0.0 { w } else { LANE_WIDTH_M });
        lanes.sum::<f64>() * if pairs.binary_search(&(l.to, l.from)).is_ok() { 1.0 } else { 0.5 }
    };
    let radius_m = |(ins, outs): &(Vec<usize>, Vec<usize>)| {
        let mut others: Vec<usize> = ins.iter().map(|&link| city.links[link].from).collect();
        others.extend(outs.iter().map(|&link| city.links[link].to));
        others.sort_unstable();
        others.dedup();
        let directions: Vec<_> = ins.iter().map(|&link| end_direction(&axis(city, link))).collect();
        let onward = |out: &usize| {
            let ahead = start_direction(&axis(city, *out));
            directions.iter().any(|d| dot(*d, ahead) > 0.9)
        };
        let goes_on = others.len() <= 2 && (ins.is_empty() || outs.iter().all(onward));
        let widest_m = ins.iter().chain(outs).map(width_m).fold(0.0, f64::max);
        match others.len() {
            _ if goes_on => 0.0,
            0 | 1 => 2.0,
            _ => widest_m + CORNER_M,
        }
    };
    arms(city).par_iter().map(radius_m).collect()
}

/// A way out of a junction as seen from one approach, kerb side first.
struct Onward {
    link: usize,
    turn: Turn,
    /// -1 to the kerb side, 0 straight on, 1 across.
    side: i32,
}

/// Where one can go from a link, sorted from the kerb side to the far side. U-turns only where nothing else is left.
fn onward(city: &City, link: usize, outs: &[usize]) -> Vec<Onward> {
    let ahead = end_direction(&city.lanes[city.links[link].lanes.start].shape_m);
    let drive = if city.drive_side == DriveSide::Right { 1.0 } else { -1.0 };
    let mut found: Vec<(f64, usize, bool)> = Vec::new();
    for &out in outs.iter().filter(|&&out| !city.links[out].lanes.is_empty()) {
        let leaving = start_direction(&city.lanes[city.links[out].lanes.start].shape_m);
        let (sine, cosine) = (cross(ahead, leaving), dot(ahead, leaving));
        let bearing = match (cosine >= 0.0, sine >= 0.0) {
            (true, _) => sine,
            (false, true) => 2.0 - sine,
            (false, false) => -2.0 - sine,
        };
        let back = city.links[out].to == city.links[link].from && cosine < -0.8;
        found.push((if back { 2.0 } else { drive * bearing }, out, back));
    }
    if found.iter().any(|way| !way.2) {
        found.retain(|way| !way.2);
    }
    found.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| city.links[a.1].id.cmp(&city.links[b.1].id)));
    let straight = found.iter().map(|way| way.0.abs()).fold(STRAIGHT, f64::min);
    let main = found.iter().position(|way| way.0.abs() <= straight && way.0.abs() < STRAIGHT);
    let turned = |(position, &(bearing, link, back)): (usize, &(f64, usize, bool))| {
        let side = main.map_or(if bearing < 0.0 { -1 } else { 1 }, |main| if position < main { -1 } else { i32::from(position > main) });
        let turn = match (back, f64::from(side) * drive) {
            (true, _) => Turn::UTurn,
            (_, s) if s < 0.0 => Turn::Right,
            (_, s) if s > 0.0 => Turn::Left,
            _ => Turn::Through,
        };
        Onward { link, turn, side }
    };
    found.iter().enumerate().map(turned).collect()
}

/// Lane pairs (from, to), each counted from the kerb among the lanes that count, for each way out.
///
/// With a way straight on: the kerb lane also turns to the kerb side, the far lane also turns across; from three lanes on the far lane only
/// turns across. Without one the lanes are shared out in order.
fn lane_pairs(lanes: usize, ways: &[Onward], out_lanes: impl Fn(&Onward) -> usize) -> Vec<(usize, usize, usize)> {
    let main = ways.iter().position(|way| way.side == 0);
    let across = ways.iter().any(|way| way.side > 0);
    let mut pairs = Vec::new();
    for (index, way) in ways.iter().enumerate() {
        let served: Vec<usize> = match (main.is_some(), way.side) {
            (true, 0) => (0..lanes - usize::from(across && lanes >= 3)).collect(),
            (true, -1) => vec![0],
            (true, _) => vec![lanes - 1],
            (false, _) => (0..lanes).filter(|lane| shares(*lane, lanes, index, ways.len())).collect(),
        };
        let wide = out_lanes(way);
        for (position, &lane) in served.iter().enumerate() {
            if way.side > 0 {
                pairs.push((index, lane, (wide - 1).saturating_sub(served.len() - 1 - position)));
                continue;
            }
            pairs.push((index, lane, position.min(wide - 1)));
            if way.side == 0 && position + 1 == served.len() {
                // A road that widens: its new lanes are reached from the last one.
                pairs.extend((position + 1..wide).map(|new| (index, lane, new)));
            }
        }
    }
    pairs
}

/// Is this lane of `lanes` for this way of `ways`, when both are shared out in order?
fn shares(lane: usize, lanes: usize, way: usize, ways: usize) -> bool {
    if lanes >= ways { lane * ways / lanes == way } else { way * lanes / ways == lane }
}

/// Movements of nodes that have none.
fn derive_movements(city: &mut City) {
    let mut given = vec![false; city.nodes.len()];
    for movement in &city.movements {
        given[movement.node] = true;
    }
    let there = &*city;
    let of_node = |(node, (ins, outs)): (usize, &(Vec<usize>, Vec<usize>))| -> Vec<Movement> {
        let drivable = ins.iter().filter(|&&link| !given[node] && !there.links[link].lanes.is_empty());
        drivable.flat_map(|&link| approach(there, node, link, outs)).collect()
    };
    let made: Vec<Vec<Movement>> = arms(city).par_iter().enumerate().map(of_node).collect();
    city.movements.reserve_exact(made.iter().map(Vec::len).sum());
    city.movements.extend(made.into_iter().flatten());
}

/// Lanes of a link that are open to one of these uses, kerb first.
fn lanes_for(city: &City, link: usize, uses: Uses) -> Vec<usize> {
    city.links[link].lanes.clone().filter(|&lane| city.lanes[lane].allowed.meets(uses)).collect()
}

/// Movements of one approach: general traffic first, then for each use that is still left without a way.
fn approach(city: &City, node: usize, link: usize, outs: &[usize]) -> Vec<Movement> {
    let car = Uses(1);
    let mut made = Vec::new();
    let open = |uses: Uses| -> Vec<usize> { outs.iter().copied().filter(|&out| !lanes_for(city, out, uses).is_empty()).collect() };
    let lanes = lanes_for(city, link, car);
    let ways = onward(city, link, &open(car));
    if !lanes.is_empty() && !ways.is_empty() {
        for (way, from, to) in lane_pairs(lanes.len(), &ways, |way| lanes_for(city, way.link, car).len()) {
            made.extend(movement(city, node, lanes[from], lanes_for(city, ways[way].link, car)[to], ways[way].turn));
        }
    }
    for bit in (1..Uses::NAMES.len()).filter(|bit| Uses::NAMES[*bit] != "walk") {
        let uses = Uses(1 << bit);
        let lanes = lanes_for(city, link, uses);
        for way in onward(city, link, &open(uses)) {
            let served = made.iter().any(|m: &Movement| m.allowed.meets(uses) && city.lanes[m.to_lane].link == way.link);
            let targets = lanes_for(city, way.link, uses);
            if served || lanes.is_empty() {
                continue;
            }
            let (from, to) = if way.side > 0 { (lanes.last(), targets.last()) } else { (lanes.first(), targets.first()) };
            made.extend(from.zip(to).and_then(|(&from, &to)| movement(city, node, from, to, way.turn)));
        }
    }
    let unserved: Vec<_> = city.links[link].lanes.clone().filter(|lane| !made.iter().any(|m| m.from_lane == *lane)).collect();
    for lane in unserved {
        // A lane of its own kind (a bus lane in the middle): to the first way out that its users may take.
        let uses = city.lanes[lane].allowed;
        let ways = onward(city, link, &open(uses));
        let straight = ways.iter().find(|way| way.side == 0).or(ways.first());
        let target = straight.and_then(|way| lanes_for(city, way.link, uses).first().map(|&to| (to, way.turn)));
        made.extend(target.and_then(|(to, turn)| movement(city, node, lane, to, turn)));
    }
    made
}

/// One movement, unless nobody may use it.
fn movement(city: &City, node: usize, from_lane: usize, to_lane: usize, turn: Turn) -> Option<Movement> {
    let (from, to) = (&city.lanes[from_lane], &city.lanes[to_lane]);
    let allowed = Uses(from.allowed.0 & to.allowed.0);
    if allowed == Uses::NONE {
        return None;
    }
    let (start, end) = (*from.shape_m.last()?, *to.shape_m.first()?);
    let shape_m = curve::through(start, end_direction(&from.shape_m), end, start_direction(&to.shape_m));
    let limit_mps = from.speed_mps.min(to.speed_mps);
    let bend = dot(end_direction(&from.shape_m), start_direction(&to.shape_m));
    let speed_mps = match turn {
        Turn::UTurn => limit_mps.min(4.0),
        Turn::Through => limit_mps,
        _ if bend > 0.7 => limit_mps.min(12.0), // a fork or a slip road, not a corner
        _ if turn == city.drive_side.near() => limit_mps.min(6.0),
        _ => limit_mps.min(8.0),
    };
    Some(Movement {
        id: format!("{}>{}", from.id, to.id),
        node,
        from_lane,
        to_lane,
        length_m: length_m(&shape_m).max(0.1),
        speed_mps,
        shape_m,
        turn,
        rule: super::Rule::Go,
        signal: None,
        allowed,
        keep_clear: false,
    })
}

/// Conflicts, rules and keep-clear marks of nodes that have no conflict yet.
fn derive_conflicts(city: &mut City) {
    let mut of_node = vec![Vec::new(); city.nodes.len()];
    for (index, movement) in city.movements.iter().enumerate() {
        of_node[movement.node].push(index);
    }
    for conflict in &city.conflicts {
        of_node[city.movements[conflict.a].node].clear();
    }
    let there = &*city;
    let found: Vec<_> = of_node.par_iter().enumerate().map(|(node, movements)| conflict::of_node(there, node, movements)).collect();
    found.into_iter().for_each(|found| put(city, found));
}

/// Conflicts of a node, and the rules of its movements.
type Signs = (Vec<super::Conflict>, Vec<(usize, super::Rule)>);

/// Puts up the signs of a node.
fn put(city: &mut City, (conflicts, rules): Signs) {
    for (movement, rule) in rules {
        if city.movements[movement].rule == super::Rule::Go {
            city.movements[movement].rule = rule;
        }
    }
    for conflict in conflicts {
        let crossing = !conflict.merge
            && conflict.a_yields | conflict.b_yields | (city.nodes[city.movements[conflict.a].node].control != Control::None);
        city.movements[conflict.a].keep_clear |= crossing;
        city.movements[conflict.b].keep_clear |= crossing;
        city.conflicts.push(conflict);
    }
}

/// Conflicts, rules and keep-clear marks of one node from geometry, whatever stood there before.
pub fn derive_again(city: &mut City, node: usize) {
    let here: Vec<usize> = (0..city.movements.len()).filter(|m| city.movements[*m].node == node).collect();
    let movements = &city.movements;
    city.conflicts.retain(|conflict| movements[conflict.a].node != node);
    for &m in &here {
        (city.movements[m].rule, city.movements[m].keep_clear) = (super::Rule::Go, false);
    }
    let found = conflict::of_node(city, node, &here);
    put(city, found);
}

/// The rule at each line of some nodes, and who waits for whom.
pub type Rules = (Vec<super::Rule>, Vec<(usize, usize, bool, bool)>);

/// What rules some nodes.
#[must_use]
pub fn rules(city: &City, nodes: &[usize]) -> Rules {
    let here = |m: usize| nodes.contains(&city.movements[m].node);
    let lines = (0..city.movements.len()).filter(|m| here(*m)).map(|m| city.movements[m].rule).collect();
    let sorted = |c: &super::Conflict| if c.a < c.b { (c.a, c.b, c.a_yields, c.b_yields) } else { (c.b, c.a, c.b_yields, c.a_yields) };
    let mut waits: Vec<_> = city.conflicts.iter().filter(|c| here(c.a)).map(sorted).collect();
    waits.sort_unstable();
    (lines, waits)
}

/// Direction in which a link reaches its end, for other modules that group approaches.
#[must_use]
pub fn arrival_direction(city: &City, link: usize) -> [f64; 2] {
    end_direction(&axis(city, link))
}

/// Straight distance between two points \[m\].
#[must_use]
pub fn distance_m(a: [f64; 2], b: [f64; 2]) -> f64 {
    curve::norm(vector(a, b))
}
