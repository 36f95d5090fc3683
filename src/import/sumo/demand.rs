//! Demand and additional files as they are written: types, routes, vehicles, trips, flows, stops, detectors, zones, signal programs.

use crate::city::City;
use crate::import::sumo::classes::Types;
use crate::import::sumo::log::{Log, number, shown};
use crate::import::sumo::raw::{RawProgram, phase, program};
use crate::import::xml::{Element, Step};
use std::collections::BTreeMap;

/// Attributes that say nothing about the movement of a vehicle.
const PICTURE: [&str; 14] = [
    "color",
    "guiShape",
    "emissionClass",
    "imgFile",
    "osgFile",
    "line",
    "lines",
    "name",
    "friendlyPos",
    "mass",
    "height",
    "impatience",
    "file",
    "carriageLength",
];
/// Attributes of vehicles, trips and flows whose values are kept.
#[rustfmt::skip]
const VEHICLE: [&str; 26] = [
    "depart", "departLane", "departPos", "departSpeed", "arrivalPos", "arrivalLane", "arrivalSpeed", "route", "from", "to", "via", "fromTaz",
    "toTaz", "fromJunction", "toJunction", "fromXY", "toXY", "fromLonLat", "toLonLat", "begin", "end", "number", "period", "vehsPerHour", "perHour",
    "probability",
];
/// Attributes of routes that are read, or that say how a router found them.
const ROUTE: [&str; 9] = ["edges", "probability", "refId", "repeat", "cost", "savings", "from", "to", "routeLength"];
/// Most elements of all demand and additional files together.
const MOST: usize = 12_000_000;
/// Longest route that repeats itself [bytes].
const LONGEST: usize = 1 << 20;
/// Attributes of types that are read.
#[rustfmt::skip]
const TYPE: [&str; 17] = [
    "vClass", "probability", "length", "width", "minGap", "accel", "decel", "emergencyDecel", "maxSpeed", "desiredMaxSpeed", "tau", "sigma", "delta",
    "speedFactor", "speedDev", "carFollowModel", "apparentDecel",
];
/// Attributes of stops that are read.
#[rustfmt::skip]
const STOP: [&str; 13] = [
    "lane", "edge", "startPos", "endPos", "duration", "until", "busStop", "containerStop", "chargingStation", "parkingArea", "trainStop", "parking",
    "triggered",
];

/// What kind of element a vehicle came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// `vehicle`.
    #[default]
    Vehicle,
    /// `trip`.
    Trip,
    /// `flow`.
    Flow,
}

impl Kind {
    /// Its element.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Vehicle => "vehicle",
            Kind::Trip => "trip",
            Kind::Flow => "flow",
        }
    }
}

/// A planned stop.
#[derive(Clone, Debug, Default)]
pub struct RawStop {
    /// Name of a stop defined elsewhere, or empty.
    pub stop: String,
    /// Lane, or empty.
    pub lane: String,
    /// End of the stop on the lane.
    pub end_m: Option<f64>,
    /// Duration.
    pub duration_s: Option<f64>,
    /// Not before.
    pub until_s: Option<f64>,
    /// Beside the road.
    pub parking: bool,
    /// Waits for somebody.
    pub triggered: bool,
    /// Line.
    pub line: usize,
}

/// A vehicle, a trip, or a flow of them.
#[derive(Clone, Debug, Default)]
pub struct RawVehicle {
    /// Element.
    pub kind: Kind,
    /// Id.
    pub id: String,
    /// Type.
    pub vtype: String,
    /// Values as written, by attribute.
    pub values: BTreeMap<&'static str, String>,
    /// Route of its own: edges with blanks between.
    pub edges: Option<String>,
    /// Several routes of its own, with weights.
    pub choice: Vec<(f64, String)>,
    /// Stops.
    pub stops: Vec<RawStop>,
    /// File.
    pub file: usize,
    /// Line.
    pub line: usize,
}

/// A route defined for itself.
#[derive(Clone, Debug, Default)]
pub struct RawRoute {
    /// Edges with blanks between.
    pub edges: String,
    /// Stops.
    pub stops: Vec<RawStop>,
    /// Weight in its distribution.
    pub weight: f64,
}

/// A stop defined for itself.
#[derive(Clone, Debug, Default)]
pub struct RawPlace {
    /// Lane.
    pub lane: String,
    /// End.
    pub end_m: Option<f64>,
}

/// A detector.
#[derive(Clone, Debug, Default)]
pub struct RawDetector {
    /// Id.
    pub id: String,
    /// Lane.
    pub lane: String,
    /// Position.
    pub at_m: f64,
    /// File and line.
    pub place: (usize, usize),
}

/// A zone.
#[derive(Clone, Debug, Default)]
pub struct RawZone {
    /// Id.
    pub id: String,
    /// Edges where trips start.
    pub sources: Vec<String>,
    /// Edges where trips end.
    pub sinks: Vec<String>,
    /// File and line.
    pub place: (usize, usize),
}

/// Everything out of demand and additional files.
#[derive(Clone, Debug, Default)]
pub struct RawDemand {
    /// Vehicles, trips and flows in order.
    pub vehicles: Vec<RawVehicle>,
    /// Routes by id.
    pub routes: BTreeMap<String, RawRoute>,
    /// Route distributions: ids of routes and weights.
    pub choices: BTreeMap<String, Vec<(f64, String)>>,
    /// Stops by id.
    pub places: BTreeMap<String, RawPlace>,
    /// Detectors.
    pub detectors: Vec<RawDetector>,
    /// Zones.
    pub zones: Vec<RawZone>,
    /// Signal programs.
    pub programs: Vec<RawProgram>,
    /// Types.
    pub types: Types,
    /// File in hand.
    pub file: usize,
    /// Files that were read because others include them.
    pub included: Vec<String>,
    /// Values of attributes that vehicles, trips and flows do not give themselves.
    pub defaults: Vec<(&'static str, String)>,
    open: Vec<Inside>,
    elements: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Inside {
    Root,
    Vehicle,
    Route(String),
    Choice(String),
    OwnChoice,
    Mix(usize),
    Type,
    Zone,
    Program,
    /// An element left out with everything in it.
    Skipped,
    Other,
}

impl RawDemand {
    /// Takes one step of a file.
    pub fn step(&mut self, step: Step<'_>, city: &mut City, log: &mut Log) {
        match step {
            Step::Close => {
                if let Some(Inside::Mix(line)) = self.open.pop() {
                    self.types.close_mix(line, city, log);
                }
            }
            Step::Open(element) => {
                let inside = self.open.last().cloned();
                self.elements += 1;
                if self.elements == MOST + 1 {
                    log.error(107, element.line, format!("more than {MOST} elements: the rest is not read"), "");
                }
                let next = match inside {
                    None => Inside::Root,
                    Some(Inside::Skipped) => Inside::Skipped,
                    Some(_) if self.elements > MOST => Inside::Skipped,
                    Some(inside) => self.element(&element, &inside, city, log),
                };
                self.open.push(next);
            }
        }
    }

    /// Forgets a file that broke off.
    pub fn next_file(&mut self, file: usize) {
        self.open.clear();
        self.file = file;
    }

    fn element(&mut self, element: &Element<'_>, inside: &Inside, city: &mut City, log: &mut Log) -> Inside {
        match element.name {
            "vehicle" | "trip" | "flow" => {
                let kind = match element.name {
                    "vehicle" => Kind::Vehicle,
                    "trip" => Kind::Trip,
                    _ => Kind::Flow,
                };
                self.vehicle(element, kind, log);
                unknown(element, &VEHICLE, log);
                return Inside::Vehicle;
            }
            "vType" => {
                self.types.vehicle_type(element, city, log);
                unknown(element, &TYPE, log);
                return Inside::Type;
            }
            other if other.starts_with("carFollowing-") && *inside == Inside::Type => self.types.refine(element, city, log),
            "vTypeDistribution" => {
                self.types.open_mix(element, log);
                return Inside::Mix(element.line);
            }
            "route" => return self.route(element, inside, log),
            "routeDistribution" => return self.distribution(element, inside, log),
            "stop" => self.stop(element, inside, log),
            "busStop" | "trainStop" | "containerStop" | "chargingStation" | "parkingArea" => self.place(element, log),
            "e1Detector" | "inductionLoop" | "instantInductionLoop" => self.detector(element, log),
            "taz" => {
                if let Some(id) = log.need(element, "id") {
                    let edges: Vec<String> = element.text("edges").split_ascii_whitespace().map(str::to_owned).collect();
                    self.zones.push(RawZone { id, sources: edges.clone(), sinks: edges, place: (self.file, element.line) });
                    return Inside::Zone;
                }
            }
            "tazSource" | "tazSink" if *inside == Inside::Zone => {
                if let (Some(id), Some(zone)) = (log.need(element, "id"), self.zones.last_mut()) {
                    if element.name == "tazSource" { zone.sources.push(id) } else { zone.sinks.push(id) }
                }
            }
            "tlLogic" => {
                self.programs.extend(program(element, log));
                return Inside::Program;
            }
            "phase" if *inside == Inside::Program => {
                let phase = phase(element, log);
                if let (Some(program), Some(phase)) = (self.programs.last_mut(), phase) {
                    program.phases.push(phase);
                }
            }
            "person" | "personFlow" | "container" | "containerFlow" => {
                log.report.ignored(element.name, "persons and goods are not simulated one by one", &element.text("id"));
                return Inside::Skipped;
            }
            "param" | "tazs" => log.report.ignored(element.name, "not needed", ""),
            "poly" | "poi" | "location" => log.report.ignored(element.name, "a picture", ""),
            "include" => {
                let href = element.text("href");
                if self.included.iter().any(|name| std::path::Path::new(name).ends_with(&href)) {
                    log.report.understood("include", 1);
                } else {
                    log.report.ignored("include", "name the file itself", &href);
                }
            }
            other => {
                log.report.ignored(&shown(other), why(other), &element.text("id"));
                return Inside::Skipped;
            }
        }
        Inside::Other
    }

    fn vehicle(&mut self, element: &Element<'_>, kind: Kind, log: &mut Log) {
        let Some(id) = log.need(element, "id") else { return };
        let mut values: BTreeMap<&'static str, String> = self.defaults.iter().cloned().collect();
        for key in VEHICLE {
            if let Some(value) = element.get(key) {
                values.insert(key, value.to_owned());
            }
        }
        let (file, line) = (self.file, element.line);
        self.vehicles.push(RawVehicle { kind, id, vtype: element.text("type"), values, file, line, ..RawVehicle::default() });
    }

    fn route(&mut self, element: &Element<'_>, inside: &Inside, log: &mut Log) -> Inside {
        let mut edges = element.text("edges");
        unknown(element, &ROUTE, log);
        if let Some(times) = log.index(element, "repeat").filter(|times| *times > 1) {
            if times.saturating_mul(edges.len() + 1) > LONGEST {
                log.error(107, element.line, format!("a route repeated {times} times is too long"), "");
                return Inside::Other;
            }
            edges = vec![edges; times].join(" ");
        }
        let weight = log.number(element, "probability").filter(|weight| *weight >= 0.0).unwrap_or(1.0);
        if edges.is_empty() && !(element.get("refId").is_some() || element.get("from").is_some()) {
            log.error(106, element.line, "a route without edges".into(), "");
            return Inside::Other;
        }
        if edges.is_empty() {
            if let (Inside::Choice(choice), Some(refers)) = (inside, element.get("refId")) {
                self.choices.entry(choice.clone()).or_default().push((weight, refers.to_owned()));
            } else {
                log.report.ignored("route", "without edges", &element.text("id"));
            }
            return Inside::Other;
        }
        log.report.understood("route", 1);
        match inside {
            Inside::Vehicle => {
                if let Some(vehicle) = self.vehicles.last_mut() {
                    vehicle.edges = Some(edges);
                }
                Inside::Vehicle
            }
            Inside::OwnChoice => {
                if let Some(vehicle) = self.vehicles.last_mut() {
                    vehicle.choice.push((weight, edges));
                }
                Inside::Vehicle
            }
            _ => {
                let mut id = element.text("id");
                if let Inside::Choice(choice) = inside {
                    if id.is_empty() {
                        id = format!("{choice}#{}", self.choices.get(choice).map_or(0, Vec::len));
                    }
                    self.choices.entry(choice.clone()).or_default().push((weight, id.clone()));
                }
                if id.is_empty() {
                    log.error(106, element.line, "a route outside of a vehicle has no attribute \"id\"".into(), "");
                } else if self.routes.insert(id.clone(), RawRoute { edges, stops: Vec::new(), weight }).is_some() {
                    log.error(204, element.line, format!("route \"{}\" is defined twice", shown(&id)), "");
                }
                Inside::Route(id)
            }
        }
    }

    fn distribution(&mut self, element: &Element<'_>, inside: &Inside, log: &mut Log) -> Inside {
        log.report.approximated("routeDistribution", "shared out evenly in the given shares, the same in every run", &element.text("id"));
        if *inside == Inside::Vehicle {
            return Inside::OwnChoice;
        }
        let Some(id) = log.need(element, "id") else { return Inside::Skipped };
        let weights: Vec<Option<f64>> = element.text("probabilities").split_ascii_whitespace().map(number).collect();
        let parts = self.choices.entry(id.clone()).or_default();
        for (at, name) in element.text("routes").split_ascii_whitespace().enumerate() {
            let weight = weights.get(at).copied().flatten().or_else(|| self.routes.get(name).map(|route| route.weight));
            parts.push((weight.unwrap_or(1.0).max(0.0), name.to_owned()));
        }
        Inside::Choice(id)
    }

    fn stop(&mut self, element: &Element<'_>, inside: &Inside, log: &mut Log) {
        let named = ["busStop", "containerStop", "chargingStation", "parkingArea", "trainStop"].iter().find_map(|key| element.get(key));
        let mut lane = element.text("lane");
        if lane.is_empty()
            && let Some(edge) = element.get("edge")
        {
            lane = format!("{edge}_0");
        }
        let flag = |key: &str| element.get(key).is_some_and(|value| !matches!(value, "0" | "false" | "no" | "f" | ""));
        let stop = RawStop {
            stop: named.unwrap_or_default().to_owned(),
            lane,
            end_m: log.number(element, "endPos").or_else(|| log.number(element, "startPos").map(|start| start + 1.0)),
            duration_s: log.time(element, "duration"),
            until_s: log.time(element, "until"),
            parking: flag("parking") || element.get("parkingArea").is_some(),
            triggered: flag("triggered"),
            line: element.line,
        };
        unknown(element, &STOP, log);
        match inside {
            Inside::Route(id) => {
                if let Some(route) = self.routes.get_mut(id) {
                    route.stops.push(stop);
                }
            }
            Inside::Vehicle => {
                if let Some(vehicle) = self.vehicles.last_mut() {
                    vehicle.stops.push(stop);
                }
            }
            _ => log.report.ignored("stop", "outside of a vehicle or route", ""),
        }
    }

    fn place(&mut self, element: &Element<'_>, log: &mut Log) {
        let (Some(id), Some(lane)) = (log.need(element, "id"), log.need(element, "lane")) else { return };
        log.report.understood(element.name, 1);
        let end_m = log.number(element, "endPos");
        if self.places.insert(id.clone(), RawPlace { lane, end_m }).is_some() {
            log.error(204, element.line, format!("stop \"{}\" is defined twice", shown(&id)), "");
        }
    }

    fn detector(&mut self, element: &Element<'_>, log: &mut Log) {
        let (id, lane) = (log.need(element, "id"), log.need(element, "lane"));
        let at = log.number(element, "pos");
        if let (Some(id), Some(lane), Some(at_m)) = (id, lane, at) {
            log.report.understood("detector", 1);
            self.detectors.push(RawDetector { id, lane, at_m, place: (self.file, element.line) });
        }
    }
}

/// Why an element is left out.
fn why(element: &str) -> &'static str {
    match element {
        "edgeData" | "laneData" | "edgeMeanData" | "laneMeanData" | "timedEvent" | "vTypeProbe" | "routeProbe" => "an output of SUMO",
        "e2Detector" | "laneAreaDetector" | "e3Detector" | "entryExitDetector" => "a detector of an area: only loops are counted",
        "rerouter" => "nobody changes his route",
        "variableSpeedSign" => "limits do not change in time",
        "calibrator" => "no flow is calibrated while it runs",
        "WAUT" | "wautJunction" => "the program loaded last runs all the time",
        "access" | "parkingSpace" => "not needed",
        _ => "not known",
    }
}

/// Counts the attributes that have a meaning in SUMO and none here.
fn unknown(element: &Element<'_>, known: &[&str], log: &mut Log) {
    for (key, _) in &element.attributes {
        if !known.contains(key) && !PICTURE.contains(key) && !matches!(*key, "id" | "type") {
            log.report.ignored(&format!("{} attribute {}", element.name, shown(key)), "not used", &element.text("id"));
        }
    }
}
