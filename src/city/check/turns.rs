//! Movements, one lane to one lane, and who is in whose way.

use super::roads::{SHORTEST_M, check_length, check_speed};
use super::values::{self, Config, line, uses};
use super::{Known, duplicate, undefined};
use crate::city::{City, Conflict, Movement, Rule, Turn, Uses};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario::folder::Folder;
use crate::scenario::table::Row;

const TURNS: &[(&str, Turn)] = &[
    ("thru", Turn::Through),
    ("through", Turn::Through),
    ("straight", Turn::Through),
    ("merge", Turn::Through),
    ("diverge", Turn::Through),
    ("right", Turn::Right),
    ("left", Turn::Left),
    ("uturn", Turn::UTurn),
    ("u-turn", Turn::UTurn),
];
const RULES: &[(&str, Rule)] = &[
    ("none", Rule::Go),
    ("no_control", Rule::Go),
    ("signal", Rule::Go),
    ("yield", Rule::Yield),
    ("stop", Rule::Stop),
    ("all_way_stop", Rule::AllWayStop),
];
/// Positions of one controller at most.
pub const HEADS: i64 = 4096;

/// `movement.csv`: each row becomes one movement for each pair of lanes.
pub fn movements(folder: &Folder, city: &mut City, known: &mut Known, config: &Config, found: &mut Diagnostics) {
    let mut rows = crate::ids::Names::new();
    for row in folder.table("movement.csv").iter().flat_map(|t| t.rows()) {
        if duplicate(row, "mvmt_id", &mut rows, row.index, found) {
            continue;
        }
        let name = crate::units::short(row.text("mvmt_id"));
        let node =
            undefined(row, "node_id", &known.nodes, "node.csv", "node", || format!("movement \"{name}\" is at an undefined node"), found);
        let inbound = undefined(
            row,
            "ib_link_id",
            &known.links,
            "link.csv",
            "link",
            || format!("movement \"{name}\" leaves an undefined link"),
            found,
        );
        let outbound = undefined(
            row,
            "ob_link_id",
            &known.links,
            "link.csv",
            "link",
            || format!("movement \"{name}\" enters an undefined link"),
            found,
        );
        let (Some(node), Some(inbound), Some(outbound)) = (node, inbound, outbound) else { continue };
        for (link, at, column, verb) in
            [(inbound, city.links[inbound].to, "ib_link_id", "ends"), (outbound, city.links[outbound].from, "ob_link_id", "starts")]
        {
            if at != node {
                let message = format!(
                    "movement \"{name}\" is at node \"{}\", but link \"{}\" {verb} at \"{}\"",
                    city.nodes[node].id, city.links[link].id, city.nodes[at].id
                );
                found.push(Diagnostic::error(304, message).at(&row.place(column), ""));
            }
        }
        let from = lanes(row, inbound, "start_ib_lane", "end_ib_lane", city, known, found);
        let to = lanes(row, outbound, "start_ob_lane", "end_ob_lane", city, known, found);
        let pairs = from.len().max(to.len());
        if from.is_empty() || to.is_empty() {
            continue;
        }
        let base = movement(row, node, known, config, found);
        for pair in 0..pairs {
            let (from_lane, to_lane) = (from[pair.min(from.len() - 1)], to[pair.min(to.len() - 1)]);
            let id = if pair == 0 { base.id.clone() } else { format!("{}.{}", base.id, pair + 1) };
            if known.movements.insert(&id, city.movements.len()).is_err() {
                let message = format!("two movements are named \"{}\"", crate::units::short(&id));
                found.push(Diagnostic::error(204, message).at(&row.place("mvmt_id"), ""));
            }
            let whole = complete(row, Movement { id, from_lane, to_lane, ..base.clone() }, city, found);
            city.movements.push(whole);
        }
    }
}

/// Lane indices of a range of lane numbers; of all lanes where no number is given.
fn lanes(row: Row, link: usize, first: &str, last: &str, city: &City, known: &Known, found: &mut Diagnostics) -> Vec<usize> {
    let all = city.links[link].lanes.clone();
    let reach = -super::roads::LANES..=super::roads::LANES;
    let (start, end) = (row.whole(first, reach.clone(), found), row.whole(last, reach, found));
    let Some(start) = start.or(end) else {
        if all.is_empty() {
            let message = format!("link \"{}\" has no lanes", city.links[link].id);
            found.push(Diagnostic::error(304, message).at(&row.place(first), ""));
        }
        let mut all: Vec<usize> = all.collect();
        all.sort_by_key(|lane| known.lane_numbers[*lane]);
        return all;
    };
    let end = end.unwrap_or(start);
    let mut picked: Vec<usize> =
        all.clone().filter(|lane| (start.min(end)..=start.max(end)).contains(&known.lane_numbers[*lane])).collect();
    picked.sort_by_key(|lane| known.lane_numbers[*lane]);
    for (number, column) in [(start, first), (end, last)] {
        if !all.clone().any(|lane| known.lane_numbers[lane] == number) {
            let numbers: Vec<String> = all.clone().map(|lane| known.lane_numbers[lane].to_string()).collect();
            let message = format!("link \"{}\" has no lane {number}", city.links[link].id);
            let hint = format!("its lanes, kerb first: {}; GMNS counts from the left, from 1", numbers.join(", "));
            found.push(Diagnostic::error(304, message).at(&row.place(column), "").hint(hint));
            return Vec::new();
        }
    }
    picked
}

fn movement(row: Row, node: usize, known: &Known, config: &Config, found: &mut Diagnostics) -> Movement {
    let controller = row.text("controller_id");
    let what = || format!("movement \"{}\" has an undefined controller", crate::units::short(row.text("mvmt_id")));
    let signal = if controller.is_empty() {
        None
    } else {
        let controller = undefined(row, "controller_id", &known.controllers, "signal_controller.csv", "controller", what, found);
        let index = row.whole("signal_index", 0..=HEADS, found);
        if index.is_none() && row.text("signal_index").is_empty() {
            let hint = "signal_index counts the letters of `aspects`, from 0".to_owned();
            found.push(
                Diagnostic::error(106, "signal_index is empty".to_owned()).at(&row.place("signal_index"), "needs a number").hint(hint),
            );
        }
        controller.zip(index.and_then(|i| usize::try_from(i).ok()))
    };
    Movement {
        id: row.text("mvmt_id").into(),
        node,
        shape_m: line(row, "geometry", found),
        turn: row.word("type", TURNS, Turn::Through, found),
        rule: row.word("ctrl_type", RULES, Rule::Go, found),
        signal,
        allowed: uses(row, "allowed_uses", config, found).unwrap_or(Uses::ALL),
        keep_clear: row.flag("keep_clear", true, found),
        ..Movement::default()
    }
}

/// Length, speed and uses, from the lanes where the row is silent.
fn complete(row: Row, mut of: Movement, city: &City, found: &mut Diagnostics) -> Movement {
    let (from, to) = (&city.lanes[of.from_lane], &city.lanes[of.to_lane]);
    if of.shape_m.is_empty() {
        let end = |lane: &crate::city::Lane, last: bool| {
            let shape = if lane.shape_m.is_empty() { &city.links[lane.link].shape_m } else { &lane.shape_m };
            if last { shape.last().copied() } else { shape.first().copied() }
        };
        let node = city.nodes[of.node].at_m;
        of.shape_m = vec![end(from, true).unwrap_or(node), end(to, false).unwrap_or(node)];
    }
    let given = row.number("length_m", 0.0..=super::roads::LONGEST_M, found);
    of.length_m = given.unwrap_or_else(|| values::length_m(&of.shape_m).max(SHORTEST_M));
    check_length(row, "length_m", of.length_m, found);
    let speed = row.number("speed_kmh", 0.0..=1000.0, found).map(|v| v / 3.6);
    of.speed_mps = check_speed(row, "speed_kmh", speed, found).unwrap_or_else(|| from.speed_mps.min(to.speed_mps));
    of.allowed = Uses(of.allowed.0 & from.allowed.0 & to.allowed.0);
    of
}

/// `conflict.csv`.
pub fn conflicts(folder: &Folder, city: &mut City, known: &Known, found: &mut Diagnostics) {
    let mut pairs = std::collections::BTreeSet::new();
    for row in folder.table("conflict.csv").iter().flat_map(|t| t.rows()) {
        let of = |column: &str, found: &mut Diagnostics| {
            undefined(
                row,
                column,
                &known.movements,
                "movement.csv",
                "movement",
                || "a conflict names an undefined movement".to_owned(),
                found,
            )
        };
        let (Some(a), Some(b)) = (of("mvmt_a", found), of("mvmt_b", found)) else { continue };
        if a == b || !pairs.insert((a.min(b), a.max(b))) {
            let what = if a == b { "a movement cannot be in its own way" } else { "this pair of movements stands above already" };
            found.push(Diagnostic::error(204, what).at(&row.place("mvmt_b"), ""));
            continue;
        }
        let merge = row.word("kind", &[("cross", false), ("merge", true)], city.movements[a].to_lane == city.movements[b].to_lane, found);
        let a_yields = row.flag("a_yields", false, found);
        let b_yields = row.flag("b_yields", false, found);
        let area_a_m = area(row, ["a_from_m", "a_to_m"], city.movements[a].length_m, merge, found);
        let area_b_m = area(row, ["b_from_m", "b_to_m"], city.movements[b].length_m, merge, found);
        city.conflicts.push(Conflict { a, b, merge, a_yields, b_yields, area_a_m, area_b_m });
    }
}

/// Where the shared area lies; the whole movement where nothing is said, its end for a merge.
fn area(row: Row, columns: [&str; 2], length_m: f64, merge: bool, found: &mut Diagnostics) -> [f64; 2] {
    let default = if merge { (length_m - 5.0).max(0.0) } else { 0.0 };
    let from = row.number(columns[0], 0.0..=super::roads::LONGEST_M, found).unwrap_or(default);
    let to = row.number(columns[1], 0.0..=super::roads::LONGEST_M, found).unwrap_or(length_m);
    if from > to || to > length_m + 0.5 {
        let number = crate::scenario::checks::number;
        let message = format!("the shared area {} to {} m does not lie on a movement of {} m", number(from), number(to), number(length_m));
        found.push(Diagnostic::error(230, message).at(&row.place(columns[1]), ""));
    }
    [from.min(length_m), to.min(length_m)]
}
