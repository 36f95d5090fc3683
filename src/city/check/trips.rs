//! Demand: trips, paths, halts, origin-destination cells; and detectors.

use super::{Known, duplicate, undefined};
use crate::city::demand::link_graph;
use crate::city::{City, DepartPos, DepartSpeed, Detector, Halt, OdCell, Trip, Uses};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ids::Names;
use crate::paths::Graph;
use crate::paths::{Search, Tree};
use crate::scenario::folder::Folder;
use crate::scenario::table::{Row, Table};
use crate::units::short;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Expected trips of one cell at most.
const CELL_TRIPS: f64 = 1e7;
/// Links of one path at most.
const LINKS: usize = 100_000;
/// Trees of shortest paths kept at once.
const TREES: usize = 2_000;

/// What is known of paths.
struct Paths {
    names: Names,
    /// Links of each path; `None` if a link is undefined.
    links: Vec<Option<Arc<Vec<usize>>>>,
    /// Faults of (path, mode) told already, and those known to be good.
    checked: BTreeMap<(usize, usize), bool>,
}

/// Searches by mode and destination link.
struct Ways {
    graphs: BTreeMap<usize, Graph>,
    trees: BTreeMap<(usize, usize), Tree>,
    search: Search,
}

impl Ways {
    fn way(&mut self, city: &City, mode: usize, from: usize, to: usize) -> Vec<usize> {
        let graph = self.graphs.entry(mode).or_insert_with(|| link_graph(city, &uses_of(city, mode)));
        if self.trees.len() > TREES {
            self.trees.clear();
        }
        let goal = u32::try_from(to).unwrap_or(0);
        let tree = self.trees.entry((mode, to)).or_insert_with(|| self.search.tree(graph, goal));
        tree.path(u32::try_from(from).unwrap_or(0)).into_iter().map(|l| l as usize).collect()
    }
}

fn uses_of(city: &City, mode: usize) -> Vec<Uses> {
    city.modes[mode].mix.iter().filter(|m| m.1 > 0.0).map(|m| city.classes[m.0].uses).collect()
}

/// `trip.csv`, `path.csv` and `halt.csv`.
pub fn trips(folder: &Folder, city: &mut City, known: &mut Known, found: &mut Diagnostics) {
    let mut paths = paths(folder, known, found);
    let turns = Turns::of(city);
    let mut ways = Ways { graphs: BTreeMap::new(), trees: BTreeMap::new(), search: Search::default() };
    let mut ids = Names::new();
    let mut all = Vec::new();
    for row in folder.table("trip.csv").iter().flat_map(|t| t.rows()) {
        if duplicate(row, "trip_id", &mut ids, all.len(), found) {
            continue;
        }
        let mode = mode(row, known, found);
        let depart = row.time("depart", found);
        if row.text("depart").is_empty() {
            found.push(Diagnostic::error(106, "depart is empty").at(&row.place("depart"), "needs a time"));
        }
        let (origin, destination) = (known.zones.get(row.text("origin")), known.zones.get(row.text("destination")));
        let Some(mode) = mode else { continue };
        let searched = row.text("path_id").is_empty();
        let path = if searched {
            self::searched(row, mode, [origin, destination], city, known, &mut ways, found)
        } else {
            given(row, mode, city, &turns, &mut paths, found)
        };
        let Some(path) = path else { continue };
        let id = row.text("trip_id").into();
        let trip = Trip { id, mode, depart_s: depart.unwrap_or(0.0), path, origin, destination, searched, ..Trip::default() };
        all.push(ends(row, trip, city, found));
    }
    halts(folder, city, known, &ids, &mut all, found);
    city.trips = all;
}

fn mode(row: Row, known: &Known, found: &mut Diagnostics) -> Option<usize> {
    undefined(row, "mode", &known.modes, "mode.csv", "mode", || format!("unknown mode \"{}\"", short(row.text("mode"))), found)
}

fn paths(folder: &Folder, known: &Known, found: &mut Diagnostics) -> Paths {
    let mut paths = Paths { names: Names::new(), links: Vec::new(), checked: BTreeMap::new() };
    for row in folder.table("path.csv").iter().flat_map(|t| t.rows()) {
        if duplicate(row, "path_id", &mut paths.names, paths.links.len(), found) {
            continue;
        }
        let mut links = Vec::new();
        let mut whole = true;
        for id in row.text("link_ids").split_ascii_whitespace() {
            match known.links.get(id) {
                Some(link) => links.push(link),
                None => {
                    whole = false;
                    let hint = known.links.nearest(id).map(|n| format!("link.csv has \"{n}\"; did you mean that?"));
                    let message = format!("path \"{}\" names an undefined link \"{}\"", short(row.text("path_id")), short(id));
                    found.push(Diagnostic::error(203, message).at(&row.place("link_ids"), "").hint(hint));
                    break;
                }
            }
        }
        if whole && (links.is_empty() || links.len() > LINKS) {
            whole = false;
            let message = format!("path \"{}\" has {} links, outside 1 to {LINKS}", short(row.text("path_id")), links.len());
            found.push(Diagnostic::error(230, message).at(&row.place("link_ids"), ""));
        }
        paths.links.push(whole.then(|| Arc::new(links)));
    }
    paths
}

/// Who may go from one link to the next.
struct Turns(Vec<((usize, usize), Uses)>);

impl Turns {
    fn of(city: &City) -> Turns {
        let pair = |m: &crate::city::Movement| ((city.lanes[m.from_lane].link, city.lanes[m.to_lane].link), m.allowed);
        let mut all: Vec<((usize, usize), Uses)> = city.movements.iter().map(pair).collect();
        all.sort_unstable_by_key(|turn| turn.0);
        all.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 = kept.1.with(next.1);
            }
            same
        });
        Turns(all)
    }
    fn allowed(&self, from: usize, to: usize) -> Option<Uses> {
        self.0.binary_search_by_key(&(from, to), |turn| turn.0).ok().map(|at| self.0[at].1)
    }
}

/// A path as given: its links must be joined by movements that every class of the mode may use (C302).
fn given(row: Row, mode: usize, city: &City, turns: &Turns, paths: &mut Paths, found: &mut Diagnostics) -> Option<Arc<Vec<usize>>> {
    let what = || format!("trip \"{}\" drives an undefined path", short(row.text("trip_id")));
    let index = undefined(row, "path_id", &paths.names, "path.csv", "path", what, found)?;
    let links = paths.links[index].clone()?;
    let good = *paths.checked.entry((index, mode)).or_insert_with(|| {
        let uses = uses_of(city, mode);
        let name = |link: usize| city.links[link].id.as_str();
        let broken = links.windows(2).find_map(|pair| match turns.allowed(pair[0], pair[1]) {
            None => Some(format!("no movement joins \"{}\" and \"{}\"", name(pair[0]), name(pair[1]))),
            Some(allowed) if !uses.iter().all(|one| allowed.meets(*one)) => {
                Some(format!("no movement from \"{}\" to \"{}\" is open to {}", name(pair[0]), name(pair[1]), names(&uses, allowed)))
            }
            Some(_) => None,
        });
        let lanes = |link: usize| city.links[link].lanes.clone().fold(Uses::NONE, |all, lane| all.with(city.lanes[lane].allowed));
        let closed = links.iter().find(|l| !uses.iter().all(|one| lanes(**l).meets(*one)));
        let closed = closed.map(|l| format!("no lane of \"{}\" is open to {}", name(*l), names(&uses, lanes(*l))));
        let Some(why) = broken.or(closed) else { return true };
        let message = format!("trip \"{}\" cannot drive path \"{}\": {why}", short(row.text("trip_id")), short(row.text("path_id")));
        found.push(Diagnostic::error(302, message).at(&row.place("path_id"), ""));
        false
    });
    good.then_some(links)
}

/// The uses that are shut out.
fn names(wanted: &[Uses], allowed: Uses) -> String {
    let name = |one: &Uses| (0..Uses::NAMES.len()).find(|bit| one.0 == 1 << bit).map_or("that class", |bit| Uses::NAMES[bit]);
    wanted.iter().filter(|one| !allowed.meets(**one)).map(name).collect::<Vec<_>>().join(", ")
}

/// Origin and destination, zones or links: the shortest path at free flow.
fn searched(
    row: Row,
    mode: usize,
    zones: [Option<usize>; 2],
    city: &City,
    known: &Known,
    ways: &mut Ways,
    found: &mut Diagnostics,
) -> Option<Arc<Vec<usize>>> {
    let mut end = |column: &str, zone: Option<usize>, links: fn(&crate::city::Zone) -> &Vec<usize>| -> Option<usize> {
        let text = row.text(column);
        if let Some(zone) = zone {
            let first = links(&city.zones[zone]).first().copied();
            if first.is_none() {
                let message = format!("zone \"{}\" has no link where a trip could start or end", short(text));
                found.push(Diagnostic::error(301, message).at(&row.place(column), ""));
            }
            return first;
        }
        if text.is_empty() {
            let message = format!("trip \"{}\" has neither a path nor {column}", short(row.text("trip_id")));
            found.push(Diagnostic::error(106, message).at(&row.place(column), "needs a zone or a link"));
            return None;
        }
        known.links.get(text).or_else(|| {
            let near = known.zones.nearest(text).or_else(|| known.links.nearest(text));
            let message = format!("no zone or link is named \"{}\" ({column})", short(text));
            found.push(Diagnostic::error(213, message).at(&row.place(column), "").hint(near.map(|n| format!("did you mean \"{n}\"?"))));
            None
        })
    };
    let (from, to) = (end("origin", zones[0], |z| &z.origins), end("destination", zones[1], |z| &z.destinations));
    let (from, to) = (from?, to?);
    let path = ways.way(city, mode, from, to);
    if path.is_empty() {
        let message =
            format!("trip \"{}\": no way from \"{}\" to \"{}\"", short(row.text("trip_id")), city.links[from].id, city.links[to].id);
        found.push(Diagnostic::error(302, message).at(&row.place("destination"), ""));
        return None;
    }
    Some(Arc::new(path))
}

/// Lane, place and speed at both ends.
fn ends(row: Row, mut trip: Trip, city: &City, found: &mut Diagnostics) -> Trip {
    let (Some(first), Some(last)) = (trip.path.first().copied(), trip.path.last().copied()) else { return trip };
    let lanes = city.links[first].lanes.clone();
    if let Some(lane) = row.whole("depart_lane", 0..=super::roads::LANES, found).and_then(|l| usize::try_from(l).ok()) {
        if lane >= lanes.len() {
            let message =
                format!("depart_lane is {lane}, link \"{}\" has {}", city.links[first].id, crate::diagnostic::plural(lanes.len(), "lane"));
            found.push(Diagnostic::error(230, message).at(&row.place("depart_lane"), "0 = kerb"));
        } else {
            trip.depart_lane = Some(lane);
        }
    }
    let longest = |link: usize| city.links[link].lanes.clone().map(|l| city.lanes[l].length_m).fold(city.links[link].length_m, f64::max);
    if let Some(at) = row.number("depart_pos_m", -super::roads::LONGEST_M..=super::roads::LONGEST_M, found) {
        if at.abs() > longest(first) + 0.1 {
            let message = format!("depart_pos_m is {at}, link \"{}\" is {:.1} m long", city.links[first].id, longest(first));
            found.push(Diagnostic::error(230, message).at(&row.place("depart_pos_m"), ""));
        }
        trip.depart_pos = DepartPos::At(at);
    }
    if let Some(speed) = row.number("depart_speed_mps", 0.0..=super::roads::FASTEST_MPS, found) {
        trip.depart_speed = DepartSpeed::At(speed);
    }
    trip.arrive_pos_m = row.number("arrive_pos_m", -super::roads::LONGEST_M..=super::roads::LONGEST_M, found);
    if let Some(at) = trip.arrive_pos_m
        && at > longest(last) + 0.1
    {
        let message = format!("arrive_pos_m is {at}, link \"{}\" is {:.1} m long", city.links[last].id, longest(last));
        found.push(Diagnostic::error(230, message).at(&row.place("arrive_pos_m"), ""));
    }
    trip
}

fn halts(folder: &Folder, city: &City, known: &Known, trip_ids: &Names, trips: &mut [Trip], found: &mut Diagnostics) {
    let index = Names::of(trips.iter().map(|t| t.id.as_str()));
    for row in folder.table("halt.csv").iter().flat_map(|t| t.rows()) {
        let trip = undefined(row, "trip_id", trip_ids, "trip.csv", "trip", || "a halt of an undefined trip".to_owned(), found);
        let lane = undefined(row, "lane_id", &known.lanes, "lane.csv", "lane", || "a halt on an undefined lane".to_owned(), found);
        let at_m = super::roads::required(row, "at_m", 0.0, super::roads::LONGEST_M, found);
        let dwell_s = row.number("dwell_s", 0.0..=86_400.0, found).unwrap_or(0.0);
        let until_s = row.time("until_s", found).unwrap_or(f64::NAN);
        let (Some(_), Some(lane)) = (trip, lane) else { continue };
        if at_m > city.lanes[lane].length_m + 0.1 {
            let message =
                format!("a halt at {at_m} m of lane \"{}\", which is {:.1} m long", city.lanes[lane].id, city.lanes[lane].length_m);
            found.push(Diagnostic::error(230, message).at(&row.place("at_m"), ""));
        }
        let Some(trip) = index.get(row.text("trip_id")).map(|t| &mut trips[t]) else { continue };
        if !trip.path.contains(&city.lanes[lane].link) {
            let message = format!("trip \"{}\" does not pass lane \"{}\"", short(&trip.id), city.lanes[lane].id);
            found.push(Diagnostic::error(302, message).at(&row.place("lane_id"), ""));
        }
        trip.halts.push(Halt { lane, at_m, dwell_s, until_s });
    }
}

/// `od.csv`, or the table that the study names.
pub fn od(table: &Table, city: &mut City, known: &Known, found: &mut Diagnostics) {
    city.od.clear();
    for row in table.rows() {
        let zone = |column: &str, found: &mut Diagnostics| {
            undefined(row, column, &known.zones, "zone.csv", "zone", || format!("no zone is named \"{}\"", short(row.text(column))), found)
        };
        let (origin, destination) = (zone("origin_zone_id", found), zone("destination_zone_id", found));
        let mode = mode(row, known, found);
        let (from, to) = (row.time("time_from", found), row.time("time_to", found));
        let trips = row.number("trips", 0.0..=CELL_TRIPS, found).unwrap_or(0.0);
        let (Some(origin), Some(destination), Some(mode)) = (origin, destination, mode) else { continue };
        let (from_s, to_s) = (from.unwrap_or(0.0), to.unwrap_or(86_400.0));
        if to_s <= from_s {
            found.push(Diagnostic::error(230, "the interval ends before it begins").at(&row.place("time_to"), ""));
        }
        for (zone, links, column) in [
            (origin, &city.zones[origin].origins, "origin_zone_id"),
            (destination, &city.zones[destination].destinations, "destination_zone_id"),
        ] {
            if trips > 0.0 && links.is_empty() {
                let message = format!("zone \"{}\" has no link where a trip could start or end", city.zones[zone].id);
                let hint = "list links in zone.csv (origins, destinations), or name its nodes in node.csv (zone_id)".to_owned();
                found.push(Diagnostic::error(301, message).at(&row.place(column), "").hint(hint));
            }
        }
        city.od.push(OdCell { origin, destination, mode, from_s, to_s, trips, ..OdCell::default() });
    }
}

/// `detector.csv`.
pub fn detectors(folder: &Folder, city: &mut City, known: &Known, found: &mut Diagnostics) {
    let mut ids = Names::new();
    for row in folder.table("detector.csv").iter().flat_map(|t| t.rows()) {
        if duplicate(row, "detector_id", &mut ids, city.detectors.len(), found) {
            continue;
        }
        let what = || format!("detector \"{}\" stands on an undefined lane", short(row.text("detector_id")));
        let lane = undefined(row, "lane_id", &known.lanes, "lane.csv", "lane", what, found);
        let at_m = super::roads::required(row, "at_m", 0.0, super::roads::LONGEST_M, found);
        let Some(lane) = lane else { continue };
        if at_m > city.lanes[lane].length_m + 0.1 {
            let message = format!("a detector at {at_m} m of a lane of {:.1} m", city.lanes[lane].length_m);
            found.push(Diagnostic::error(230, message).at(&row.place("at_m"), ""));
        }
        city.detectors.push(Detector { id: row.text("detector_id").into(), lane, at_m });
    }
}
