//! Who yields to whom: the matrices of the junctions as pairs of movements, each with the area that both need.

use crate::city::{City, Conflict, Control, Movement};
use crate::import::sumo::log::{Log, distance, length, shown};
use crate::import::sumo::network::Names;
use crate::import::sumo::raw::{RawJunction, RawNet, RawRequest, bit};
use std::collections::BTreeMap;

/// Two paths closer than this need the same place \[m\].
const CLOSE_M: f64 = 2.0;
/// Most places of a path that are looked at.
const SAMPLES: usize = 400;
/// Most connections to one lane.
const MOST_INTO_ONE: usize = 256;
/// Most points of the other path.
const POINTS: usize = 100;

/// Adds the conflicts of all junctions.
pub fn build(raw: &RawNet, names: &Names, city: &mut City, log: &mut Log) {
    let mut states = vec![""; city.movements.len()];
    for (movement, connection) in &names.connections {
        states[*movement] = raw.connections[*connection].state.as_str();
    }
    let mut conflicts = Vec::new();
    for junction in raw.junctions.iter().filter(|junction| names.nodes.contains_key(&junction.id)) {
        let order = order(junction, names, city, log);
        pairs(junction, &order, &states, city, &mut conflicts, log);
    }
    merges(city, &mut conflicts, log);
    city.conflicts = conflicts;
    let mut busy = vec![false; city.movements.len()];
    let mut quiet = vec![true; city.nodes.len()];
    for conflict in &city.conflicts {
        (busy[conflict.a], busy[conflict.b]) = (true, true);
        quiet[city.movements[conflict.a].node] = false;
    }
    for (movement, busy) in city.movements.iter_mut().zip(busy) {
        movement.keep_clear &= busy;
    }
    for (node, quiet) in city.nodes.iter_mut().zip(quiet) {
        if quiet && node.control == Control::Yield {
            node.control = Control::None;
        }
    }
}

/// The movement of each row of the matrix.
fn order(junction: &RawJunction, names: &Names, city: &City, log: &mut Log) -> Vec<Option<usize>> {
    let rows = junction.requests.len();
    let mut seen = vec![false; rows];
    let wrong = |request: &RawRequest| {
        let again = seen.get_mut(request.index).is_none_or(|seen| std::mem::replace(seen, true));
        again || request.foes.len() > rows || request.response.len() > rows
    };
    if junction.requests.iter().any(wrong) {
        let message = format!("junction \"{}\": the rows of its matrix do not agree in number and length", shown(&junction.id));
        log.error(107, junction.line, message, "");
        return Vec::new();
    }
    let named: Vec<Option<usize>> = junction.internal.iter().map(|lane| names.ends.get(lane).copied()).collect();
    if rows == named.len() || rows == 0 {
        return named;
    }
    // Without internal lanes the rows follow the incoming lanes and, on each, the order of the connections.
    let mut by_lane: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (movement, _) in &names.connections {
        by_lane.entry(city.lanes[city.movements[*movement].from_lane].id.as_str()).or_default().push(*movement);
    }
    let found: Vec<Option<usize>> =
        junction.incoming.iter().filter_map(|lane| by_lane.get(lane.as_str())).flatten().map(|movement| Some(*movement)).collect();
    if found.len() == rows {
        return found;
    }
    log.report.approximated("request", "the rows of the matrix match no connections: nobody yields", &junction.id);
    Vec::new()
}

fn pairs(junction: &RawJunction, order: &[Option<usize>], states: &[&str], city: &City, conflicts: &mut Vec<Conflict>, log: &mut Log) {
    for request in &junction.requests {
        let Some(Some(a)) = order.get(request.index).copied() else {
            log.report.ignored("request", "of a crossing or a lane that was left out", "");
            continue;
        };
        log.report.understood("request", 1);
        if request.cont {
            log.report.approximated("request cont", "waits at the line, not inside of the junction", &city.movements[a].id);
        }
        for other in &junction.requests {
            let Some(Some(b)) = order.get(other.index).copied() else { continue };
            let foes = bit(&request.foes, other.index) || bit(&other.foes, request.index);
            let (one, two) = (&city.movements[a], &city.movements[b]);
            if other.index <= request.index || !foes || one.from_lane == two.from_lane {
                continue;
            }
            let merge = one.to_lane == two.to_lane;
            let zipper = merge && (states[a] == "Z" || states[b] == "Z");
            let (area_a_m, area_b_m) = areas(one, two, merge);
            conflicts.push(Conflict {
                a,
                b,
                merge,
                a_yields: bit(&request.response, other.index) && !zipper,
                b_yields: bit(&other.response, request.index) && !zipper,
                area_a_m,
                area_b_m,
            });
        }
    }
}

/// Two lanes that flow into one always share its beginning, also where no matrix says so.
fn merges(city: &City, conflicts: &mut Vec<Conflict>, log: &mut Log) {
    let known: std::collections::BTreeSet<(usize, usize)> =
        conflicts.iter().map(|conflict| (conflict.a.min(conflict.b), conflict.a.max(conflict.b))).collect();
    let mut into: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, movement) in city.movements.iter().enumerate() {
        into.entry(movement.to_lane).or_default().push(index);
    }
    for (lane, group) in &into {
        if group.len() > MOST_INTO_ONE {
            let message = format!("{} connections lead to the lane \"{}\"", group.len(), shown(&city.lanes[*lane].id));
            log.error(230, 0, message, "no lane has more than 256");
            continue;
        }
        for (at, a) in group.iter().enumerate() {
            for b in &group[at + 1..] {
                let (one, two) = (&city.movements[*a], &city.movements[*b]);
                if one.from_lane == two.from_lane || known.contains(&(*a, *b)) {
                    continue;
                }
                log.report.approximated("connection merge", "two lanes flow into one without a rule: the first comes first", &one.id);
                let (area_a_m, area_b_m) = areas(one, two, true);
                conflicts.push(Conflict { a: *a, b: *b, merge: true, a_yields: false, b_yields: false, area_a_m, area_b_m });
            }
        }
    }
}

fn areas(one: &Movement, two: &Movement, merge: bool) -> ([f64; 2], [f64; 2]) {
    (area(one, two, merge), area(two, one, merge))
}

/// The part of `one` on which a vehicle is in the way of `two`.
fn area(one: &Movement, two: &Movement, merge: bool) -> [f64; 2] {
    let path = length(&one.shape_m);
    let whole = one.length_m;
    if path <= 0.0 {
        return [0.0, whole];
    }
    let stride = two.shape_m.len().div_ceil(POINTS).max(1);
    let mut other: Vec<[f64; 2]> = two.shape_m.iter().step_by(stride).copied().collect();
    other.extend(two.shape_m.last());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded on the line")]
    let steps = ((path / 0.5).ceil().clamp(2.0, SAMPLES as f64)) as usize;
    let gaps: Vec<f64> = samples(&one.shape_m, path, steps).into_iter().map(|point| gap(point, &other)).collect();
    let at = |index: usize| index as f64 / steps as f64 * whole;
    let nearest = if merge { steps } else { (0..=steps).min_by(|a, b| gaps[*a].total_cmp(&gaps[*b])).unwrap_or(0) };
    let (mut first, mut last) = (nearest, nearest);
    while first > 0 && gaps[first - 1] <= CLOSE_M {
        first -= 1;
    }
    while last < steps && gaps[last + 1] <= CLOSE_M {
        last += 1;
    }
    let around = CLOSE_M.min(0.5 * whole);
    let from = if first == nearest { at(first) - around } else { at(first) };
    let to = if merge {
        whole
    } else if last == nearest {
        at(last) + around
    } else {
        at(last)
    };
    [from.clamp(0.0, whole), to.clamp(0.0, whole)]
}

fn samples(shape: &[[f64; 2]], path: f64, steps: usize) -> Vec<[f64; 2]> {
    let mut points = Vec::with_capacity(steps + 1);
    let (mut piece, mut before) = (0, 0.0);
    for index in 0..=steps {
        let along = index as f64 / steps as f64 * path;
        while piece + 2 < shape.len() && before + distance(shape[piece], shape[piece + 1]) < along {
            before += distance(shape[piece], shape[piece + 1]);
            piece += 1;
        }
        let (from, to) = (shape[piece], shape[piece + 1]);
        let share = ((along - before) / distance(from, to).max(1e-9)).clamp(0.0, 1.0);
        points.push([from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])]);
    }
    points
}

/// Distance of a point from a line.
fn gap(point: [f64; 2], line: &[[f64; 2]]) -> f64 {
    let mut least = f64::INFINITY;
    for pair in line.windows(2) {
        let (dx, dy) = (pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]);
        let square = dx * dx + dy * dy;
        let along = (point[0] - pair[0][0]) * dx + (point[1] - pair[0][1]) * dy;
        let share = if square > 0.0 { (along / square).clamp(0.0, 1.0) } else { 0.0 };
        least = least.min(distance(point, [pair[0][0] + share * dx, pair[0][1] + share * dy]));
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(points: &[[f64; 2]]) -> Movement {
        Movement { shape_m: points.to_vec(), length_m: length(points), ..Movement::default() }
    }

    #[test]
    fn two_straight_lines_share_the_square_around_their_crossing() {
        let (east, north) = (line(&[[0.0, 0.0], [20.0, 0.0]]), line(&[[10.0, -10.0], [10.0, 10.0]]));
        let (a, b) = areas(&east, &north, false);
        assert!((a[0] - 8.0).abs() <= 0.5 && (a[1] - 12.0).abs() <= 0.5, "{a:?}");
        assert!((b[0] - 8.0).abs() <= 0.5 && (b[1] - 12.0).abs() <= 0.5, "{b:?}");
    }

    #[test]
    fn a_merge_lasts_until_the_end() {
        let (straight, slip) = (line(&[[0.0, 0.0], [20.0, 0.0]]), line(&[[0.0, 10.0], [20.0, 0.0]]));
        let (a, b) = areas(&straight, &slip, true);
        assert!((a[1] - 20.0).abs() < 1e-9 && a[0] > 10.0 && a[0] < 17.0, "{a:?}");
        assert!(b[1] > b[0]);
    }
}
