//! Nodes, links and lanes.

use super::values::{self, Config, FAR_M, line, uses};
use super::{Known, duplicate, undefined};
use crate::city::{City, Control, DriveSide, Lane, Link, Node, Uses};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::scenario::folder::Folder;
use crate::scenario::table::Row;
use std::collections::BTreeMap;

/// Longest lane \[m\]: position in Q10 of 31 bits.
pub const LONGEST_M: f64 = 2_097_000.0;
/// Links into one node, or out of it, at most.
const LINKS_AT_A_NODE: usize = 64;
/// Shortest lane and movement \[m\].
pub const SHORTEST_M: f64 = 0.1;
/// Largest speed \[m/s\].
pub const FASTEST_MPS: f64 = 64.0;
/// Lanes of one link at most.
pub const LANES: i64 = 32;

/// Words of `node.ctrl_type`.
pub const CONTROLS: &[(&str, Control)] = &[
    ("none", Control::None),
    ("no_control", Control::None),
    ("yield", Control::Yield),
    ("priority", Control::Yield),
    ("stop", Control::Stop),
    ("2_stop", Control::Stop),
    ("all_way_stop", Control::AllWayStop),
    ("4_stop", Control::AllWayStop),
    ("right_before_left", Control::RightBeforeLeft),
    ("signal", Control::Signal),
    ("roundabout", Control::Roundabout),
];

/// `node.csv`; returns for each node the zone that it names.
pub fn nodes(folder: &Folder, city: &mut City, known: &mut Known, found: &mut Diagnostics) -> Vec<String> {
    let mut zones = Vec::new();
    for row in folder.table("node.csv").iter().flat_map(|t| t.rows()) {
        if duplicate(row, "node_id", &mut known.nodes, city.nodes.len(), found) {
            continue;
        }
        let [x, y] = ["x_coord", "y_coord"].map(|c| required(row, c, -FAR_M, FAR_M, found));
        let control = row.word("ctrl_type", CONTROLS, Control::None, found);
        city.nodes.push(Node { id: row.text("node_id").into(), name: row.text("name").into(), at_m: [x, y], control });
        zones.push(row.text("zone_id").to_owned());
    }
    zones
}

/// A number that must be there; 0 if it is not.
pub fn required(row: Row, column: &str, from: f64, to: f64, found: &mut Diagnostics) -> f64 {
    if row.text(column).is_empty() {
        found.push(Diagnostic::error(106, format!("{column} is empty")).at(&row.place(column), "needs a number"));
    }
    row.number(column, from..=to, found).unwrap_or(0.0)
}

/// `link.csv`. An undirected link becomes two; the second ends in `.r`. Lanes are left to [`lanes`].
pub fn links(folder: &Folder, city: &mut City, known: &mut Known, config: &Config, found: &mut Diagnostics) -> Vec<Plain> {
    let shapes = geometries(folder, found);
    let mut plain = Vec::new();
    for row in folder.table("link.csv").iter().flat_map(|t| t.rows()) {
        if duplicate(row, "link_id", &mut known.links, city.links.len(), found) {
            continue;
        }
        let ends = ["from_node_id", "to_node_id"].map(|column| {
            let end = if column == "from_node_id" { "starts" } else { "ends" };
            let what = || format!("link \"{}\" {end} at an undefined node", crate::units::short(row.text("link_id")));
            undefined(row, column, &known.nodes, "node.csv", "node", what, found)
        });
        let (from, to) = (ends[0].unwrap_or(0), ends[1].unwrap_or(0));
        let mut shape_m = line(row, "geometry", found);
        if shape_m.is_empty()
            && let Some(given) = shapes.get(row.text("geometry_id"))
        {
            shape_m.clone_from(given);
        }
        if shape_m.is_empty() && from < city.nodes.len() && to < city.nodes.len() {
            shape_m = vec![city.nodes[from].at_m, city.nodes[to].at_m];
        }
        let length_m = row.number("length", 0.0..=LONGEST_M / config.long_m.max(1e-9), found).map(|l| l * config.long_m);
        let length_m = length_m.filter(|l| *l > 0.0).unwrap_or_else(|| values::length_m(&shape_m));
        check_length(row, "length", length_m, found);
        let speed = row.number("free_speed", 0.0..=1000.0, found).map(|v| v * config.speed_mps);
        let free_speed_mps = check_speed(row, "free_speed", speed, found).unwrap_or(50.0 / 3.6);
        let priority = row.whole("priority", -1000..=1000, found).unwrap_or(0);
        let link = Link {
            id: row.text("link_id").into(),
            name: row.text("name").into(),
            from,
            to,
            shape_m,
            length_m,
            free_speed_mps,
            priority: i32::try_from(priority).unwrap_or(0),
            facility: row.text("facility_type").into(),
            lanes: 0..0,
        };
        let lanes = row.whole("lanes", 0..=LANES, found).unwrap_or(1);
        let allowed = uses(row, "allowed_uses", config, found).unwrap_or(Uses::ROAD);
        plain.push(Plain { lanes, allowed });
        city.links.push(link);
        if !row.flag("directed", true, found) {
            let back = city.links.len();
            let forth = &city.links[back - 1];
            let id = format!("{}.r", forth.id);
            let back = Link { id, from: to, to: from, shape_m: forth.shape_m.iter().rev().copied().collect(), ..forth.clone() };
            if known.links.insert(&back.id, city.links.len()).is_err() {
                let message = format!("the other direction of \"{}\" would be \"{}\", which is there", forth.id, back.id);
                found.push(Diagnostic::error(204, message).at(&row.place("link_id"), ""));
            }
            city.links.push(back);
            plain.push(Plain { lanes, allowed });
        }
    }
    crowded(folder, city, found);
    plain
}

/// C230 for nodes with more links than a junction can have: every pair of their turns would be looked at.
fn crowded(folder: &Folder, city: &City, found: &mut Diagnostics) {
    let mut links = vec![[0_usize; 2]; city.nodes.len()];
    for link in &city.links {
        for (end, node) in [link.from, link.to].into_iter().enumerate() {
            if let Some(count) = links.get_mut(node) {
                count[end] += 1;
            }
        }
    }
    for (node, [out, into]) in city.nodes.iter().zip(links).filter(|(_, ends)| ends.iter().any(|count| *count > LINKS_AT_A_NODE)) {
        let message = format!(
            "node \"{}\" has {into} links in and {out} out, more than {LINKS_AT_A_NODE} are not a junction",
            crate::units::short(&node.id)
        );
        found.push(Diagnostic::error(230, message).at(&Place::file(&folder.shown("link.csv")), ""));
    }
}

/// What a link says of its lanes where lane.csv is silent.
#[derive(Clone, Copy, Debug)]
pub struct Plain {
    /// Number of lanes.
    pub lanes: i64,
    /// Who may drive there.
    pub allowed: Uses,
}

fn geometries(folder: &Folder, found: &mut Diagnostics) -> BTreeMap<String, Vec<[f64; 2]>> {
    let rows = folder.table("geometry.csv").iter().flat_map(|t| t.rows()).collect::<Vec<_>>();
    rows.into_iter().map(|row| (row.text("geometry_id").to_owned(), line(row, "geometry", found))).collect()
}

/// C230 for lengths that the engine cannot hold.
pub fn check_length(row: Row, column: &str, length_m: f64, found: &mut Diagnostics) {
    if !(SHORTEST_M..=LONGEST_M).contains(&length_m) {
        let message = format!("a length of {} m, outside {SHORTEST_M} to {LONGEST_M} m", crate::scenario::checks::number(length_m));
        found.push(Diagnostic::error(230, message).at(&row.place(column), ""));
    }
}

/// C230 for speeds beyond 64 m/s or not above zero.
pub fn check_speed(row: Row, column: &str, speed_mps: Option<f64>, found: &mut Diagnostics) -> Option<f64> {
    let speed = speed_mps?;
    if (0.1..=FASTEST_MPS).contains(&speed) {
        return Some(speed);
    }
    let message = format!("a speed of {} m/s, outside 0.1 to {FASTEST_MPS} m/s", crate::scenario::checks::number(speed));
    let hint = "config.csv says in which unit speeds are written; without it km/h".to_owned();
    found.push(Diagnostic::error(230, message).at(&row.place(column), "").hint(hint));
    None
}

/// A lane before it has its position among the lanes of its link.
struct Draft {
    link: usize,
    number: i64,
    lane: Lane,
}

/// `lane.csv`, or lanes of the links where it is silent. Kerb first: GMNS counts from the left.
pub fn lanes(folder: &Folder, city: &mut City, known: &mut Known, plain: &[Plain], config: &Config, found: &mut Diagnostics) {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut ids = crate::ids::Names::new();
    for row in folder.table("lane.csv").iter().flat_map(|t| t.rows()) {
        if duplicate(row, "lane_id", &mut ids, row.index, found) {
            continue;
        }
        let what = || format!("lane \"{}\" belongs to an undefined link", crate::units::short(row.text("lane_id")));
        let link = undefined(row, "link_id", &known.links, "link.csv", "link", what, found);
        let number = row.whole("lane_num", -LANES..=LANES, found);
        let (Some(link), Some(number)) = (link, number) else { continue };
        let lane = lane(row, link, city, plain[link], config, found);
        drafts.push(Draft { link, number, lane });
    }
    let mut given = vec![false; city.links.len()];
    drafts.iter().for_each(|d| given[d.link] = true);
    for (index, link) in city.links.iter().enumerate().filter(|(index, _)| !given[*index]) {
        for number in 1..=plain[index].lanes {
            let lane = Lane {
                id: format!("{}#{number}", link.id),
                link: index,
                length_m: link.length_m,
                width_m: crate::city::junction::LANE_WIDTH_M,
                speed_mps: link.free_speed_mps,
                allowed: plain[index].allowed,
                shape_m: Vec::new(),
                change_left: true,
                change_right: true,
            };
            drafts.push(Draft { link: index, number, lane });
        }
    }
    let left = city.drive_side == DriveSide::Left;
    drafts.sort_by_key(|d| (d.link, if left { d.number } else { -d.number }));
    for pair in drafts.windows(2).filter(|p| p[0].link == p[1].link && p[0].number == p[1].number) {
        let message = format!("link \"{}\" has two lanes of number {}", city.links[pair[0].link].id, pair[0].number);
        found.push(Diagnostic::error(204, message).at(&crate::diagnostic::Place::file(&folder.shown("lane.csv")), ""));
    }
    for draft in drafts {
        let (index, link) = (city.lanes.len(), &mut city.links[draft.link]);
        if link.lanes.is_empty() {
            link.lanes = index..index;
        }
        link.lanes.end = index + 1;
        if known.lanes.insert(&draft.lane.id, index).is_err() {
            let message = format!("two lanes are named \"{}\"", crate::units::short(&draft.lane.id));
            found.push(Diagnostic::error(204, message).at(&crate::diagnostic::Place::file(&folder.shown("lane.csv")), ""));
        }
        known.lane_numbers.push(draft.number);
        city.lanes.push(draft.lane);
    }
}

fn lane(row: Row, link: usize, city: &City, plain: Plain, config: &Config, found: &mut Diagnostics) -> Lane {
    let of = &city.links[link];
    let start = row.number("start_m", 0.0..=LONGEST_M, found);
    let end = row.number("end_m", 0.0..=LONGEST_M, found);
    let length = row.number("length_m", 0.0..=LONGEST_M, found);
    let length_m = length.unwrap_or_else(|| end.unwrap_or(of.length_m) - start.unwrap_or(0.0));
    check_length(row, if length.is_some() { "length_m" } else { "end_m" }, length_m, found);
    let speed = row.number("speed_kmh", 0.0..=1000.0, found).map(|v| v / 3.6);
    let open = |column: &str| matches!(row.text(column), "" | "none");
    Lane {
        id: row.text("lane_id").into(),
        link,
        length_m,
        width_m: row.number("width", 0.3..=100.0, found).map_or(crate::city::junction::LANE_WIDTH_M, |w| w * config.short_m),
        speed_mps: check_speed(row, "speed_kmh", speed, found).unwrap_or(of.free_speed_mps),
        allowed: uses(row, "allowed_uses", config, found).unwrap_or(plain.allowed),
        shape_m: line(row, "geometry", found),
        change_left: open("l_barrier"),
        change_right: open("r_barrier"),
    }
}
