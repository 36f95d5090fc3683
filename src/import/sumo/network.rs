//! Nodes, links, lanes and movements out of the raw network.

use crate::city::{City, Control, DriveSide, Lane, Link, Movement, Node, Rule, Turn, Uses};
use crate::import::sumo::log::{Log, distance, length, number, shown};
use crate::import::sumo::raw::{Function, RawConnection, RawEdge, RawLane, RawNet};
use crate::import::sumo::uses;
use std::collections::BTreeMap;

/// Shortest lane and movement \[m\].
const SHORTEST_M: f64 = 0.1;
/// Slowest lane and movement \[m/s\].
const SLOWEST_MPS: f64 = 0.125;
/// Most pieces of one movement through a junction.
const PIECES: usize = 16;

/// Names of the network and what stands behind them.
#[derive(Debug, Default)]
pub struct Names {
    /// Node of a junction.
    pub nodes: BTreeMap<String, usize>,
    /// Link of an edge; `None` for an edge that exists but was left out.
    pub links: BTreeMap<String, Option<usize>>,
    /// Lane by edge and index; `None` for one that was left out.
    pub lanes: BTreeMap<(String, usize), Option<usize>>,
    /// Lane by its id, likewise.
    pub lane_ids: BTreeMap<String, Option<usize>>,
    /// Movement by the last internal lane it runs over.
    pub ends: BTreeMap<String, usize>,
    /// Movement and connection, in order of the file.
    pub connections: Vec<(usize, usize)>,
}

/// Builds nodes, links, lanes and movements.
pub fn build(raw: &RawNet, city: &mut City, log: &mut Log) -> Names {
    let mut names = Names::default();
    city.drive_side = if raw.left_hand { DriveSide::Left } else { DriveSide::Right };
    city.crs = projection(&raw.projection, &raw.offset);
    nodes(raw, city, &mut names, log);
    links(raw, city, &mut names, log);
    movements(raw, city, &mut names, log);
    names
}

/// The projection of the local coordinates: that of the file, moved by its offset; empty where it has none.
#[must_use]
pub fn projection(text: &str, offset: &str) -> String {
    if !text.starts_with("+proj=") {
        return String::new();
    }
    let mut shift = offset.split(',').map(|part| number(part).unwrap_or(0.0));
    let (mut x, mut y) = (shift.next().unwrap_or(0.0), shift.next().unwrap_or(0.0));
    let mut words: Vec<String> = Vec::new();
    let value = |key: &str| text.split_ascii_whitespace().find_map(|word| word.strip_prefix(key)).and_then(number);
    let zone = value("+zone=").filter(|_| text.starts_with("+proj=utm"));
    if let Some(zone) = zone {
        words.extend(["+proj=tmerc".into(), "+lat_0=0".into(), format!("+lon_0={}", zone * 6.0 - 183.0), "+k=0.9996".into()]);
        x += 500_000.0;
        y += if text.contains("+south") { 10_000_000.0 } else { 0.0 };
    } else {
        x += value("+x_0=").unwrap_or(0.0);
        y += value("+y_0=").unwrap_or(0.0);
    }
    let dropped: &[&str] = if zone.is_some() { &["+proj=", "+zone=", "+south", "+x_0=", "+y_0="] } else { &["+x_0=", "+y_0="] };
    let kept = text.split_ascii_whitespace().filter(|word| !dropped.iter().any(|start| word.starts_with(start)));
    words.extend(kept.map(str::to_owned));
    words.extend([format!("+x_0={}", thousandths(x)), format!("+y_0={}", thousandths(y))]);
    words.join(" ")
}

/// Without the dust of decimal sums.
fn thousandths(metres: f64) -> f64 {
    (metres * 1000.0).round() / 1000.0
}

fn nodes(raw: &RawNet, city: &mut City, names: &mut Names, log: &mut Log) {
    for junction in &raw.junctions {
        let (control, how) = match junction.kind.as_str() {
            "internal" => {
                log.report.approximated("junction internal", "who may wait inside of a junction waits at its line", &junction.id);
                continue;
            }
            _ if junction.id.starts_with(':') => continue,
            _ if raw.round.contains(&junction.id) => (Control::Roundabout, ""),
            "priority" => (Control::Yield, ""),
            "priority_stop" => (Control::Stop, ""),
            "right_before_left" => (Control::RightBeforeLeft, ""),
            "left_before_right" => (Control::RightBeforeLeft, "who yields to whom is taken over"),
            "allway_stop" => (Control::AllWayStop, ""),
            "traffic_light" | "traffic_light_right_on_red" => (Control::Signal, ""),
            "traffic_light_unregulated" => (Control::Signal, "as an ordinary signal"),
            "unregulated" | "dead_end" | "district" | "" => (Control::None, ""),
            "zipper" => (Control::None, "nobody yields, the first comes first"),
            "rail_signal" | "rail_crossing" => (Control::None, "no trains are simulated, the road is always open"),
            _ => (Control::Yield, "not known, taken as priority"),
        };
        let element = if junction.kind.is_empty() { "junction".to_owned() } else { format!("junction {}", shown(&junction.kind)) };
        if how.is_empty() {
            log.report.understood(&element, 1);
        } else {
            log.report.approximated(&element, how, &junction.id);
        }
        if names.nodes.insert(junction.id.clone(), city.nodes.len()).is_some() {
            log.error(204, junction.line, format!("junction \"{}\" is defined twice", shown(&junction.id)), "");
        }
        city.nodes.push(Node { id: junction.id.clone(), name: junction.name.clone(), at_m: junction.at, control });
    }
}

fn links(raw: &RawNet, city: &mut City, names: &mut Names, log: &mut Log) {
    for edge in raw.edges.iter().filter(|edge| edge.function == Function::Normal) {
        if names.links.insert(edge.id.clone(), None).is_some() {
            log.error(204, edge.line, format!("edge \"{}\" is defined twice", shown(&edge.id)), "");
            continue;
        }
        let Some((from, to)) = ends(edge, names, log) else { continue };
        let mut lanes: Vec<&RawLane> = edge.lanes.iter().collect();
        lanes.sort_by_key(|lane| lane.index);
        if lanes.is_empty() {
            log.error(106, edge.line, format!("edge \"{}\" has no lane", shown(&edge.id)), "");
            continue;
        }
        let first = city.lanes.len();
        let link = city.links.len();
        for lane in lanes {
            let slot = lane_of(lane, link, city, log);
            let twice = names.lanes.insert((edge.id.clone(), lane.index), slot).is_some();
            if names.lane_ids.insert(lane.id.clone(), slot).is_some() || twice {
                log.error(204, lane.line, format!("lane \"{}\" is defined twice", shown(&lane.id)), "");
            }
        }
        let here = first..city.lanes.len();
        if here.is_empty() {
            log.report.ignored("edge", "for pedestrians or trains only", &edge.id);
            continue;
        }
        log.report.understood("edge", 1);
        names.links.insert(edge.id.clone(), Some(link));
        let middle = &city.lanes[here.start + here.len() / 2];
        let mut shape_m = if edge.shape.len() >= 2 { edge.shape.clone() } else { middle.shape_m.clone() };
        if shape_m.len() < 2 {
            shape_m = vec![city.nodes[from].at_m, city.nodes[to].at_m];
        }
        city.links.push(Link {
            id: edge.id.clone(),
            name: edge.name.clone(),
            from,
            to,
            shape_m,
            length_m: city.lanes[here.start].length_m,
            free_speed_mps: city.lanes[here.clone()].iter().map(|lane| lane.speed_mps).fold(0.0, f64::max),
            priority: priority(edge.priority),
            facility: edge.kind.clone(),
            lanes: here,
        });
    }
}

#[expect(clippy::cast_possible_truncation, reason = "bounded on the line before")]
fn priority(value: f64) -> i32 {
    value.clamp(-1000.0, 1000.0) as i32
}

fn ends(edge: &RawEdge, names: &Names, log: &mut Log) -> Option<(usize, usize)> {
    let mut node = |id: &str, which: &str| {
        let found = names.nodes.get(id).copied();
        if found.is_none() {
            let message = format!("edge \"{}\": its {which} junction \"{}\" does not exist", shown(&edge.id), shown(id));
            log.error(203, edge.line, message, "");
        }
        found
    };
    let (from, to) = (node(&edge.from, "first"), node(&edge.to, "last"));
    Some((from?, to?))
}

/// Adds the lane to the city if anybody whom we simulate may use it.
fn lane_of(lane: &RawLane, link: usize, city: &mut City, log: &mut Log) -> Option<usize> {
    let allowed = lane.allowed;
    if !allowed.meets(uses::kept()) {
        log.report.ignored("lane", "for pedestrians or trains only, or closed to all", &lane.id);
        return None;
    }
    let mut length_m = lane.length_m;
    if length_m < SHORTEST_M {
        log.report.approximated_by("lane", "lengthened to 0.1 m", &lane.id, SHORTEST_M - length_m);
        length_m = SHORTEST_M;
    } else {
        log.report.understood("lane", 1);
    }
    let mut speed_mps = lane.speed_mps;
    if speed_mps > 64.0 {
        log.report.approximated_by("lane speed", "limited to 64 m/s", &lane.id, speed_mps - 64.0);
        speed_mps = 64.0;
    } else if speed_mps < SLOWEST_MPS {
        log.report.approximated("lane speed", "raised to 0.125 m/s", &lane.id);
        speed_mps = SLOWEST_MPS;
    }
    // SUMO's left is the next index, away from the kerb, also where one drives on the left (MSLaneChanger::mayChange).
    let (change_left, change_right) = match city.drive_side {
        DriveSide::Right => (lane.change_left, lane.change_right),
        DriveSide::Left => (lane.change_right, lane.change_left),
    };
    city.lanes.push(Lane {
        id: lane.id.clone(),
        link,
        length_m,
        width_m: lane.width_m,
        speed_mps,
        allowed,
        shape_m: lane.shape.clone(),
        change_left,
        change_right,
    });
    Some(city.lanes.len() - 1)
}

/// Internal lanes and what follows on them.
struct Inside<'a> {
    lanes: BTreeMap<&'a str, (&'a str, &'a RawLane)>,
    after: BTreeMap<(&'a str, usize), Vec<&'a RawConnection>>,
}

fn movements(raw: &RawNet, city: &mut City, names: &mut Names, log: &mut Log) {
    let mut inside = Inside { lanes: BTreeMap::new(), after: BTreeMap::new() };
    let mut elsewhere = BTreeMap::new();
    for edge in raw.edges.iter().filter(|edge| edge.function != Function::Normal) {
        elsewhere.insert(edge.id.as_str(), edge.function);
        for lane in edge.lanes.iter().filter(|_| edge.function == Function::Internal) {
            inside.lanes.insert(lane.id.as_str(), (edge.id.as_str(), lane));
        }
    }
    for connection in &raw.connections {
        if elsewhere.get(connection.from.as_str()) == Some(&Function::Internal) {
            inside.after.entry((connection.from.as_str(), connection.from_lane)).or_default().push(connection);
        }
    }
    let mut seen = BTreeMap::new();
    for (index, connection) in raw.connections.iter().enumerate() {
        if elsewhere.contains_key(connection.from.as_str()) || elsewhere.contains_key(connection.to.as_str()) {
            if !connection.from.starts_with(':') || elsewhere.get(connection.from.as_str()) == Some(&Function::Walking) {
                log.report.ignored("connection", "pedestrians are not simulated", "");
            }
            continue;
        }
        let Some((from_lane, to_lane)) = lanes_of(connection, names, log) else { continue };
        let allowed = city.lanes[from_lane].allowed.0 & city.lanes[to_lane].allowed.0 & connection.allowed.0;
        let place = format!("{}_{}>{}_{}", connection.from, connection.from_lane, connection.to, connection.to_lane);
        let node = city.links[city.lanes[from_lane].link].to;
        if !Uses(allowed).meets(uses::kept()) {
            log.report.ignored("connection", "nobody may use both lanes", &place);
            continue;
        }
        if city.links[city.lanes[to_lane].link].from != node {
            let message = format!("connection \"{}\": the second edge does not start where the first one ends", shown(&place));
            log.error(203, connection.line, message, "");
            continue;
        }
        if seen.insert((from_lane, to_lane), index).is_some() {
            log.report.ignored("connection", "stands twice", &place);
            continue;
        }
        let Some(path) = chain(connection, &inside, from_lane, to_lane, city, log) else { continue };
        log.report.understood("connection", 1);
        if !path.last.is_empty() {
            names.ends.insert(path.last, city.movements.len());
        }
        names.connections.push((city.movements.len(), index));
        city.movements.push(Movement {
            id: format!("{}>{}", city.lanes[from_lane].id, city.lanes[to_lane].id),
            node,
            from_lane,
            to_lane,
            length_m: path.length_m,
            speed_mps: path.speed_mps,
            shape_m: path.shape_m,
            turn: turn(connection, log),
            rule: rule(connection, log),
            signal: None,
            allowed: Uses(allowed),
            keep_clear: connection.keep_clear,
        });
    }
}

fn lanes_of(connection: &RawConnection, names: &Names, log: &mut Log) -> Option<(usize, usize)> {
    let mut found = [None, None];
    let mut missing = false;
    for (slot, (edge, lane)) in found.iter_mut().zip([(&connection.from, connection.from_lane), (&connection.to, connection.to_lane)]) {
        match names.lanes.get(&(edge.clone(), lane)) {
            Some(known) => *slot = *known,
            None => {
                missing = true;
                let message = format!("connection to lane {lane} of edge \"{}\", which does not exist", shown(edge));
                log.error(203, connection.line, message, "");
            }
        }
    }
    if let [Some(from), Some(to)] = found {
        return Some((from, to));
    }
    if !missing {
        log.report.ignored("connection", "of lanes that were left out", "");
    }
    None
}

/// The way through a junction.
struct Path {
    length_m: f64,
    speed_mps: f64,
    shape_m: Vec<[f64; 2]>,
    last: String,
}

fn chain(connection: &RawConnection, inside: &Inside<'_>, from: usize, to: usize, city: &City, log: &mut Log) -> Option<Path> {
    let (start, end) = (&city.lanes[from], &city.lanes[to]);
    let mut path = Path { length_m: 0.0, speed_mps: f64::INFINITY, shape_m: Vec::new(), last: String::new() };
    let mut via = connection.via.as_str();
    for _ in 0..PIECES {
        if via.is_empty() {
            break;
        }
        let Some((edge, lane)) = inside.lanes.get(via) else {
            log.error(203, connection.line, format!("connection over the internal lane \"{}\", which does not exist", shown(via)), "");
            return None;
        };
        path.length_m += lane.length_m;
        path.speed_mps = path.speed_mps.min(lane.speed_mps);
        for point in &lane.shape {
            if path.shape_m.last().is_none_or(|last| distance(*last, *point) > 1e-6) {
                path.shape_m.push(*point);
            }
        }
        path.last = via.to_owned();
        let next = inside.after.get(&(*edge, lane.index)).and_then(|after| {
            after.iter().find(|next| next.to == connection.to && next.to_lane == connection.to_lane).or_else(|| after.first())
        });
        via = next.map_or("", |next| next.via.as_str());
    }
    if !via.is_empty() {
        log.error(203, connection.line, format!("the internal lanes of the connection from \"{}\" go round", shown(&connection.from)), "");
        return None;
    }
    if path.last.is_empty() {
        path.speed_mps = start.speed_mps.min(end.speed_mps);
    }
    if path.shape_m.len() < 2 {
        let ends = [(start, true), (end, false)].map(|(lane, last)| {
            let link = &city.links[lane.link];
            let point = if last { lane.shape_m.last() } else { lane.shape_m.first() };
            point.copied().unwrap_or(city.nodes[if last { link.to } else { link.from }].at_m)
        });
        path.shape_m = ends.to_vec();
        if path.last.is_empty() {
            path.length_m = length(&path.shape_m);
            log.report.approximated_by("connection shape", "without internal lane: a straight line", &start.id, path.length_m);
        }
    }
    path.length_m = path.length_m.max(SHORTEST_M);
    path.speed_mps = path.speed_mps.clamp(SLOWEST_MPS, 64.0);
    Some(path)
}

fn turn(connection: &RawConnection, log: &mut Log) -> Turn {
    match connection.dir.as_str() {
        "s" => Turn::Through,
        "r" | "R" => Turn::Right,
        "l" | "L" => Turn::Left,
        "t" | "T" => Turn::UTurn,
        other => {
            log.report.approximated("connection dir", "not known, taken as straight on", &shown(other));
            Turn::Through
        }
    }
}

fn rule(connection: &RawConnection, log: &mut Log) -> Rule {
    match connection.state.as_str() {
        "M" | "O" | "o" | "Z" | "-" | "" => Rule::Go,
        "m" | "=" => Rule::Yield,
        "s" => Rule::Stop,
        "w" => Rule::AllWayStop,
        other => {
            log.report.approximated("connection state", "not known, yields", &shown(other));
            Rule::Yield
        }
    }
}

#[cfg(test)]
mod tests {
    use super::projection;

    #[test]
    fn a_moved_zone_is_a_transverse_mercator() {
        assert_eq!(
            projection("+proj=utm +zone=32 +ellps=WGS84 +units=m +no_defs", "-683200.41,-4929458.50"),
            "+proj=tmerc +lat_0=0 +lon_0=9 +k=0.9996 +ellps=WGS84 +units=m +no_defs +x_0=-183200.41 +y_0=-4929458.5"
        );
        assert_eq!(projection("+proj=merc +x_0=10 +units=m", "5,-3"), "+proj=merc +units=m +x_0=15 +y_0=-3");
        assert_eq!(projection("!", "0,0"), "");
    }
}
