//! Vehicles, trips and flows as trips of the city: types and routes resolved, flows laid out, stops placed.

use crate::city::{City, DepartPos, DepartSpeed, Halt, Trip, Uses};
use crate::import::sumo::demand::{Kind, RawDemand, RawStop, RawVehicle};
use crate::import::sumo::flows;
use crate::import::sumo::log::{Log, number, shown, time};
use crate::import::sumo::network::Names;
use crate::import::sumo::routing::{Network, admits};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most trips of one import.
const MOST_TRIPS: usize = 5_000_000;

/// What is needed while trips are built.
pub struct Builder<'a> {
    /// The demand as written.
    pub demand: &'a mut RawDemand,
    /// Names of the network.
    pub names: &'a Names,
    /// Names of the files, for places.
    pub files: &'a [String],
    /// Begin of the case \[s\].
    pub from_s: f64,
    /// End of the case \[s\], if it has one.
    pub to_s: Option<f64>,
    network: Network,
    shared: BTreeMap<Vec<usize>, Arc<Vec<usize>>>,
    drawn: BTreeMap<String, Vec<usize>>,
    zones: BTreeMap<String, usize>,
}

/// A route that a vehicle may take.
struct Way {
    links: Arc<Vec<usize>>,
    stops: Vec<RawStop>,
}

impl<'a> Builder<'a> {
    /// For the city as it stands (its network must be complete).
    pub fn new(
        demand: &'a mut RawDemand,
        names: &'a Names,
        files: &'a [String],
        from_s: f64,
        to_s: Option<f64>,
        city: &City,
    ) -> Builder<'a> {
        let zones = city.zones.iter().enumerate().map(|(slot, zone)| (zone.id.clone(), slot)).collect();
        Builder { demand, names, files, from_s, to_s, network: Network::new(city), shared: BTreeMap::new(), drawn: BTreeMap::new(), zones }
    }

    /// Adds all trips to the city.
    pub fn build(&mut self, city: &mut City, log: &mut Log) {
        let vehicles = std::mem::take(&mut self.demand.vehicles);
        let mut ids = BTreeSet::new();
        for vehicle in &vehicles {
            log.file.clone_from(&self.files[vehicle.file]);
            if !ids.insert((vehicle.kind == Kind::Flow, vehicle.id.as_str())) {
                log.error(204, vehicle.line, format!("{} \"{}\" is defined twice", vehicle.kind.name(), shown(&vehicle.id)), "");
                continue;
            }
            self.vehicle(vehicle, city, log);
            if city.trips.len() > MOST_TRIPS {
                log.error(107, vehicle.line, format!("more than {MOST_TRIPS} trips"), "");
                return;
            }
        }
    }

    fn vehicle(&mut self, raw: &RawVehicle, city: &mut City, log: &mut Log) {
        let element = raw.kind.name();
        let Some(mode) = self.demand.types.mode(&raw.vtype, city) else {
            log.error(203, raw.line, format!("{element} \"{}\": the type \"{}\" does not exist", shown(&raw.id), shown(&raw.vtype)), "");
            return;
        };
        let departs = self.departs(raw, log);
        let Some(mode) = mode else {
            left_out(raw, departs.len(), "its type is not simulated (train, ship)", log);
            return;
        };
        if departs.is_empty() {
            return;
        }
        let mut uses: Vec<Uses> = city.modes[mode].mix.iter().map(|part| city.classes[part.0].uses).collect();
        uses.sort_by_key(|one| one.0);
        uses.dedup();
        let ways = self.ways(raw, &uses, city, log);
        if ways.is_empty() {
            left_out(raw, departs.len(), "no way for its type leads through its route or to its end: a lost trip", log);
            let message = format!("{element} \"{}\": no way leads through: {} trip(s) are lost", shown(&raw.id), departs.len());
            log.warning(302, raw.line, message, "");
            return;
        }
        let mut made: Vec<Option<Trip>> = vec![None; ways.len()];
        for (number, depart_s) in departs.iter().enumerate() {
            let way = self.draw(raw, &ways);
            if made[way].is_none() {
                made[way] = Some(self.trip(raw, mode, &ways[way].1, &uses, city, log));
            }
            let Some(plan) = &made[way] else { continue };
            let id = if raw.kind == Kind::Flow { format!("{}.{number}", raw.id) } else { raw.id.clone() };
            let mut trip = Trip { id, depart_s: *depart_s, ..plan.clone() };
            if raw.values.get("departPos").is_some_and(|at| at.starts_with("random")) {
                trip.depart_pos = DepartPos::At((flows::draw(&trip.id, 0) * city.links[trip.path[0]].length_m * 10.0).round() / 10.0);
                log.report.approximated("departPos", "anywhere on the lane, drawn once", "random");
            }
            city.trips.push(trip);
        }
        log.report.understood(element, 1);
        if raw.kind == Kind::Flow {
            log.report.understood("flow vehicle", departs.len());
        }
    }

    /// Times of departure; empty where the vehicle is left out (and that is noted).
    fn departs(&self, raw: &RawVehicle, log: &mut Log) -> Vec<f64> {
        let times = if raw.kind == Kind::Flow {
            flows::departures(raw, self.from_s, self.to_s.unwrap_or(86_400.0), log)
        } else {
            self.depart(raw, log).into_iter().collect()
        };
        let element = if raw.kind == Kind::Flow { "flow vehicle" } else { raw.kind.name() };
        let last = self.to_s.unwrap_or(f64::INFINITY);
        let mut inside = Vec::with_capacity(times.len());
        for seconds in times {
            if seconds < self.from_s {
                log.report.ignored(element, "departs before the begin of the case", &raw.id);
            } else if seconds >= last {
                log.report.ignored(element, "departs at or after the end of the case", &raw.id);
            } else {
                inside.push(seconds);
            }
        }
        inside
    }

    /// The departure of one vehicle.
    fn depart(&self, raw: &RawVehicle, log: &mut Log) -> Option<f64> {
        let Some(text) = raw.values.get("depart") else {
            log.error(106, raw.line, format!("{} \"{}\" has no attribute \"depart\"", raw.kind.name(), shown(&raw.id)), "");
            return None;
        };
        match text.as_str() {
            "begin" | "now" => Some(self.from_s),
            "triggered" | "containerTriggered" | "split" => {
                log.report.ignored(raw.kind.name(), "departs when something else happens", &raw.id);
                None
            }
            other => {
                let found = time(other).filter(|seconds| *seconds >= 0.0);
                if found.is_none() {
                    log.error(107, raw.line, format!("\"{}\": depart = \"{}\" is not a time", shown(&raw.id), shown(other)), "");
                }
                found
            }
        }
    }

    /// The routes it may take, each with its weight and its place in the distribution.
    fn ways(&mut self, raw: &RawVehicle, uses: &[Uses], city: &City, log: &mut Log) -> Vec<(f64, Way)> {
        let place = format!("{} \"{}\"", raw.kind.name(), shown(&raw.id));
        let mut found: Vec<(f64, String, Vec<RawStop>)> = Vec::new();
        if let Some(edges) = &raw.edges {
            found.push((1.0, edges.clone(), Vec::new()));
        } else if !raw.choice.is_empty() {
            found.extend(raw.choice.iter().map(|(weight, edges)| (*weight, edges.clone(), Vec::new())));
        } else if let Some(id) = raw.values.get("route") {
            let names: Vec<(f64, String)> = match self.demand.choices.get(id) {
                Some(choice) => choice.clone(),
                None => vec![(1.0, id.clone())],
            };
            for (weight, name) in names {
                match self.demand.routes.get(&name) {
                    Some(route) => found.push((weight, route.edges.clone(), route.stops.clone())),
                    None => log.error(203, raw.line, format!("{place}: the route \"{}\" does not exist", shown(&name)), ""),
                }
            }
        } else {
            return self.between(raw, uses, city, log).map(|links| (1.0, Way { links, stops: Vec::new() })).into_iter().collect();
        }
        let mut ways = Vec::new();
        for (weight, edges, stops) in found {
            let Some(links) = self.links(edges.split_ascii_whitespace(), &place, raw.line, city, log) else { continue };
            if let Some(links) = self.mended(&links, uses, &place, log) {
                ways.push((weight, Way { links, stops }));
            }
        }
        ways
    }

    /// Links of the named edges; `None` where one does not exist or was left out.
    fn links<'e>(&self, edges: impl Iterator<Item = &'e str>, place: &str, line: usize, city: &City, log: &mut Log) -> Option<Vec<usize>> {
        let mut links = Vec::new();
        for edge in edges {
            match self.names.links.get(edge) {
                Some(Some(link)) if *link < city.links.len() => links.push(*link),
                Some(_) => return None,
                None => {
                    log.error(203, line, format!("{place}: the edge \"{}\" does not exist", shown(edge)), "");
                    return None;
                }
            }
        }
        Some(links)
    }

    /// The same route, with detours where two links are not joined for these vehicles.
    fn mended(&mut self, links: &[usize], uses: &[Uses], place: &str, log: &mut Log) -> Option<Arc<Vec<usize>>> {
        let mut whole = vec![*links.first()?];
        let mut detours = 0_usize;
        for pair in links.windows(2) {
            if self.network.joined(pair[0], pair[1], uses) {
                whole.push(pair[1]);
            } else if pair[0] != pair[1] {
                let way = self.network.path(&[pair[0]], &[pair[1]], uses)?;
                detours += way.len().saturating_sub(1);
                whole.extend(&way[1..]);
            }
        }
        if detours > 0 {
            log.report.approximated_by("route", "gaps filled by the fastest way", place, detours as f64);
        }
        Some(self.share(whole))
    }

    fn share(&mut self, links: Vec<usize>) -> Arc<Vec<usize>> {
        self.shared.entry(links.clone()).or_insert_with(|| Arc::new(links)).clone()
    }

    /// The fastest way from its beginning over its intermediate edges to its end.
    fn between(&mut self, raw: &RawVehicle, uses: &[Uses], city: &City, log: &mut Log) -> Option<Arc<Vec<usize>>> {
        let place = format!("{} \"{}\"", raw.kind.name(), shown(&raw.id));
        let (from, to) = (self.end(raw, true, &place, city, log), self.end(raw, false, &place, city, log));
        let (from, to) = (from?, to?);
        let mut stages: Vec<Vec<usize>> = vec![from];
        for edge in raw.values.get("via").into_iter().flat_map(|via| via.split_ascii_whitespace()) {
            stages.push(self.links(std::iter::once(edge), &place, raw.line, city, log)?);
        }
        stages.push(to);
        let mut whole: Vec<usize> = Vec::new();
        for next in &stages[1..] {
            let here = whole.last().map_or_else(|| stages[0].clone(), |last| vec![*last]);
            let way = self.network.path(&here, next, uses)?;
            whole.extend(&way[usize::from(!whole.is_empty())..]);
        }
        log.report.approximated("route of a trip or flow", "the fastest way at free flow", &raw.id);
        Some(self.share(whole))
    }

    /// The links at one end of a trip: an edge, or all those of a zone or a junction.
    fn end(&self, raw: &RawVehicle, first: bool, place: &str, city: &City, log: &mut Log) -> Option<Vec<usize>> {
        let [edge, zone, junction] = if first { ["from", "fromTaz", "fromJunction"] } else { ["to", "toTaz", "toJunction"] };
        if let Some(edge) = raw.values.get(edge) {
            return self.links(std::iter::once(edge.as_str()), place, raw.line, city, log);
        }
        let links: Vec<usize> = if let Some(name) = raw.values.get(zone) {
            let found = self.zones.get(name).map(|slot| &city.zones[*slot]);
            log.report.approximated("trip between zones", "the edges of its zones with the fastest way between them", &raw.id);
            found.map(|zone| if first { zone.origins.clone() } else { zone.destinations.clone() }).unwrap_or_default()
        } else if let Some(name) = raw.values.get(junction) {
            log.report.approximated("trip between junctions", "the edges there with the fastest way between them", &raw.id);
            let node = self.names.nodes.get(name).copied();
            let there = |link: &usize| node == Some(if first { city.links[*link].from } else { city.links[*link].to });
            (0..city.links.len()).filter(there).collect()
        } else {
            let elsewhere = ["fromXY", "toXY", "fromLonLat", "toLonLat"].iter().any(|key| raw.values.contains_key(*key));
            if !elsewhere {
                log.error(106, raw.line, format!("{place} has no route, and not both ends of one"), "");
            }
            return None;
        };
        if links.is_empty() {
            log.error(203, raw.line, format!("{place}: one of its ends is a zone or junction that does not exist or has no edge"), "");
        }
        Some(links).filter(|links| !links.is_empty())
    }

    /// Which of several routes is next: the one that is furthest behind its share.
    fn draw(&mut self, raw: &RawVehicle, ways: &[(f64, Way)]) -> usize {
        if ways.len() == 1 {
            return 0;
        }
        let key = raw.values.get("route").cloned().unwrap_or_else(|| format!(" {}", raw.id));
        let used = self.drawn.entry(key).or_default();
        used.resize(ways.len(), 0);
        let sum: f64 = ways.iter().map(|way| way.0).sum::<f64>().max(1e-12);
        let done = used.iter().sum::<usize>() as f64 + 1.0;
        let behind = |index: usize, used: &[usize]| ways[index].0 / sum * done - used[index] as f64;
        let mut next = 0;
        for index in 1..ways.len() {
            if behind(index, used) > behind(next, used) + 1e-9 {
                next = index;
            }
        }
        used[next] += 1;
        next
    }

    fn trip(&self, raw: &RawVehicle, mode: usize, way: &Way, uses: &[Uses], city: &City, log: &mut Log) -> Trip {
        let (first, last) = (way.links[0], way.links[way.links.len() - 1]);
        let mut halts = Vec::new();
        let mut reached = 0;
        for stop in way.stops.iter().chain(&raw.stops) {
            if let Some((halt, at)) = self.halt(raw, stop, &way.links, reached, city, log) {
                reached = at;
                halts.push(halt);
            }
        }
        for key in ["arrivalLane", "arrivalSpeed"] {
            if raw.values.get(key).is_some_and(|value| !matches!(value.as_str(), "current" | "first")) {
                log.report.ignored(&format!("{} attribute {key}", raw.kind.name()), "arrives on any lane at any speed", &raw.id);
            }
        }
        Trip {
            searched: false,
            id: String::new(),
            mode,
            depart_s: 0.0,
            path: way.links.clone(),
            depart_lane: self.depart_lane(raw, first, uses, city, log),
            depart_pos: depart_pos(raw, city.links[first].length_m, log),
            depart_speed: depart_speed(raw, log),
            arrive_pos_m: arrive_pos(raw, city.links[last].length_m, log),
            halts,
            origin: self.zone_of(raw, "fromTaz"),
            destination: self.zone_of(raw, "toTaz"),
        }
    }

    fn zone_of(&self, raw: &RawVehicle, key: &str) -> Option<usize> {
        self.zones.get(raw.values.get(key)?).copied()
    }

    fn depart_lane(&self, raw: &RawVehicle, link: usize, uses: &[Uses], city: &City, log: &mut Log) -> Option<usize> {
        let lanes = city.links[link].lanes.clone();
        match raw.values.get("departLane").map(String::as_str) {
            Some("first") => city.lanes[lanes].iter().position(|lane| admits(lane.allowed, uses)),
            // SUMO 1.28 takes "best_prob" and "avg" where nothing is said.
            None | Some("best" | "best_prob") => None,
            Some(name @ ("free" | "allowed" | "random")) => {
                log.report.approximated("departLane", "the best lane", name);
                None
            }
            Some(text) => {
                let Ok(index) = text.parse::<usize>() else {
                    log.error(107, raw.line, format!("\"{}\": departLane = \"{}\" cannot be read", shown(&raw.id), shown(text)), "");
                    return None;
                };
                match self.names.lanes.get(&(city.links[link].id.clone(), index)) {
                    Some(Some(lane)) => Some(lane - lanes.start),
                    Some(None) => None,
                    None => {
                        let message =
                            format!("\"{}\": departLane = {index}, but \"{}\" has fewer lanes", shown(&raw.id), city.links[link].id);
                        log.error(203, raw.line, message, "");
                        None
                    }
                }
            }
        }
    }

    fn halt(&self, raw: &RawVehicle, stop: &RawStop, links: &[usize], reached: usize, city: &City, log: &mut Log) -> Option<(Halt, usize)> {
        let mut end_m = stop.end_m;
        let mut lane = stop.lane.as_str();
        if !stop.stop.is_empty() {
            let Some(place) = self.demand.places.get(&stop.stop) else {
                log.error(203, stop.line, format!("\"{}\": the stop \"{}\" does not exist", shown(&raw.id), shown(&stop.stop)), "");
                return None;
            };
            lane = place.lane.as_str();
            end_m = place.end_m;
        }
        let slot = match self.names.lane_ids.get(lane) {
            Some(Some(slot)) => *slot,
            Some(None) => {
                log.report.ignored("stop", "on a lane that was left out", &raw.id);
                return None;
            }
            None if lane.starts_with(':') => {
                log.report.ignored("stop", "inside of a junction", &raw.id);
                return None;
            }
            None => {
                log.error(
                    203,
                    stop.line,
                    format!("\"{}\": it stops on the lane \"{}\", which does not exist", shown(&raw.id), shown(lane)),
                    "",
                );
                return None;
            }
        };
        let Some(at) = (reached..links.len()).find(|at| links[*at] == city.lanes[slot].link) else {
            log.report.ignored("stop", "not on the rest of the route", &format!("{}: {}", raw.id, shown(lane)));
            return None;
        };
        let length_m = city.lanes[slot].length_m;
        let end = end_m.unwrap_or(length_m);
        let at_m = if end < 0.0 { length_m + end } else { end }.clamp(0.0, length_m);
        if stop.parking {
            log.report.approximated("stop", "parking beside the road stands on the lane", &raw.id);
        } else if stop.triggered {
            log.report.approximated("stop", "waits for nobody", &raw.id);
        } else {
            log.report.understood("stop", 1);
        }
        let halt = Halt {
            lane: slot,
            at_m,
            dwell_s: stop.duration_s.unwrap_or(0.0).clamp(0.0, 86_400.0),
            until_s: stop.until_s.unwrap_or(f64::NAN),
        };
        Some((halt, at))
    }
}

/// Notes a vehicle, or a flow and its vehicles, that stays outside.
fn left_out(raw: &RawVehicle, vehicles: usize, why: &str, log: &mut Log) {
    log.report.ignored(raw.kind.name(), why, &raw.id);
    for _ in 0..if raw.kind == Kind::Flow { vehicles } else { 0 } {
        log.report.ignored("flow vehicle", why, &raw.id);
    }
}

fn depart_pos(raw: &RawVehicle, length_m: f64, log: &mut Log) -> DepartPos {
    match raw.values.get("departPos").map(String::as_str) {
        None | Some("base" | "random" | "random_free") => DepartPos::Base,
        Some(name @ ("free" | "last" | "stop" | "splitFront")) => {
            log.report.approximated("departPos", "at the start of the lane", name);
            DepartPos::Base
        }
        Some(text) => {
            let Some(at_m) = number(text) else {
                log.error(107, raw.line, format!("\"{}\": departPos = \"{}\" cannot be read", shown(&raw.id), shown(text)), "");
                return DepartPos::Base;
            };
            let inside = at_m.clamp(-length_m, length_m);
            if (inside - at_m).abs() > 0.0 {
                log.report.approximated_by("departPos", "brought onto the lane", &raw.id, (inside - at_m).abs());
            }
            DepartPos::At(inside)
        }
    }
}

fn depart_speed(raw: &RawVehicle, log: &mut Log) -> DepartSpeed {
    match raw.values.get("departSpeed").map(String::as_str) {
        None | Some("max" | "avg") => DepartSpeed::Max,
        Some(name @ ("desired" | "speedLimit" | "random" | "last")) => {
            log.report.approximated("departSpeed", "as fast as is safe", name);
            DepartSpeed::Max
        }
        Some(text) => number(text).filter(|speed| *speed >= 0.0).map_or_else(
            || {
                log.error(107, raw.line, format!("\"{}\": departSpeed = \"{}\" cannot be read", shown(&raw.id), shown(text)), "");
                DepartSpeed::Max
            },
            |speed| DepartSpeed::At(speed.min(64.0)),
        ),
    }
}

fn arrive_pos(raw: &RawVehicle, length_m: f64, log: &mut Log) -> Option<f64> {
    match raw.values.get("arrivalPos").map(String::as_str) {
        None | Some("max") => None,
        Some(name @ ("random" | "center")) => {
            log.report.approximated("arrivalPos", "at the end of the lane", name);
            None
        }
        Some(text) => {
            let Some(at) = number(text) else {
                log.error(107, raw.line, format!("\"{}\": arrivalPos = \"{}\" cannot be read", shown(&raw.id), shown(text)), "");
                return None;
            };
            Some(if at < 0.0 { length_m + at } else { at }.clamp(0.0, length_m))
        }
    }
}

/// Detectors and zones.
pub fn places(demand: &RawDemand, names: &Names, files: &[String], city: &mut City, log: &mut Log) {
    let mut ids = BTreeSet::new();
    for detector in &demand.detectors {
        log.file.clone_from(&files[detector.place.0]);
        match names.lane_ids.get(&detector.lane) {
            Some(Some(lane)) if ids.insert(detector.id.as_str()) => {
                let length_m = city.lanes[*lane].length_m;
                let at_m = if detector.at_m < 0.0 { length_m + detector.at_m } else { detector.at_m };
                if at_m > length_m {
                    log.report.approximated_by("detector", "moved back to the end of its lane", &detector.id, at_m - length_m);
                }
                let at_m = at_m.clamp(0.0, length_m);
                city.detectors.push(crate::city::Detector { id: detector.id.clone(), lane: *lane, at_m });
            }
            Some(Some(_)) => log.error(204, detector.place.1, format!("detector \"{}\" is defined twice", shown(&detector.id)), ""),
            Some(None) => log.report.ignored("detector", "on a lane that was left out", &detector.id),
            None if detector.lane.starts_with(':') => log.report.ignored("detector", "inside of a junction", &detector.id),
            None => {
                let message = format!("detector \"{}\": the lane \"{}\" does not exist", shown(&detector.id), shown(&detector.lane));
                log.error(203, detector.place.1, message, "");
            }
        }
    }
    let mut known = BTreeMap::new();
    for zone in &demand.zones {
        if let Some(line) = known.insert(zone.id.as_str(), zone.place) {
            log.file.clone_from(&files[zone.place.0]);
            log.error(204, zone.place.1, format!("taz \"{}\" is defined twice, first on line {}", shown(&zone.id), line.1), "");
            continue;
        }
        let known = |edges: &[String]| -> Vec<usize> { edges.iter().filter_map(|edge| names.links.get(edge).copied().flatten()).collect() };
        let (origins, destinations) = (known(&zone.sources), known(&zone.sinks));
        let all: Vec<[f64; 2]> = origins.iter().chain(&destinations).map(|link| city.nodes[city.links[*link].from].at_m).collect();
        let count = all.len().max(1) as f64;
        let at_m = [all.iter().map(|at| at[0]).sum::<f64>() / count, all.iter().map(|at| at[1]).sum::<f64>() / count];
        log.report.understood("taz", 1);
        city.zones.push(crate::city::Zone { id: zone.id.clone(), at_m, origins, destinations, ..crate::city::Zone::default() });
    }
}
