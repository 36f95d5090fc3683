//! The network file as it is written: edges, lanes, connections, junctions, signal programs. No meaning yet.

use crate::city::Uses;
use crate::import::sumo::log::Log;
use crate::import::sumo::uses;
use crate::import::xml::{Element, Step};
use std::collections::BTreeSet;

/// Most answers of one junction that are read.
const REQUESTS: usize = 256;
/// Most elements of a network.
const MOST: usize = 8_000_000;

/// What an edge is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Function {
    /// A road.
    #[default]
    Normal,
    /// Inside of a junction.
    Internal,
    /// For pedestrians.
    Walking,
    /// Something else.
    Other,
}

/// An edge.
#[derive(Clone, Debug, Default)]
pub struct RawEdge {
    /// Id.
    pub id: String,
    /// Function.
    pub function: Function,
    /// Junction it starts at.
    pub from: String,
    /// Junction it ends at.
    pub to: String,
    /// Priority.
    pub priority: f64,
    /// Type.
    pub kind: String,
    /// Street name.
    pub name: String,
    /// Shape; may be empty.
    pub shape: Vec<[f64; 2]>,
    /// Lanes as they stand.
    pub lanes: Vec<RawLane>,
    /// Line.
    pub line: usize,
}

/// A lane.
#[derive(Clone, Debug, Default)]
pub struct RawLane {
    /// Id.
    pub id: String,
    /// Index from the right.
    pub index: usize,
    /// Limit.
    pub speed_mps: f64,
    /// Length.
    pub length_m: f64,
    /// Width.
    pub width_m: f64,
    /// Permissions.
    pub allowed: Uses,
    /// Centre line.
    pub shape: Vec<[f64; 2]>,
    /// May cars change to the left?
    pub change_left: bool,
    /// And to the right?
    pub change_right: bool,
    /// Line.
    pub line: usize,
}

/// A connection of two lanes.
#[derive(Clone, Debug, Default)]
pub struct RawConnection {
    /// Edge it leaves.
    pub from: String,
    /// Edge it enters.
    pub to: String,
    /// Index of the lane it leaves.
    pub from_lane: usize,
    /// Index of the lane it enters.
    pub to_lane: usize,
    /// Internal lane; may be empty.
    pub via: String,
    /// Signal; may be empty.
    pub signal: String,
    /// Position in the signal's states.
    pub link_index: Option<usize>,
    /// Direction.
    pub dir: String,
    /// State.
    pub state: String,
    /// Keep the junction clear?
    pub keep_clear: bool,
    /// Permissions of its own.
    pub allowed: Uses,
    /// Line.
    pub line: usize,
}

/// One row of a junction's matrix.
#[derive(Clone, Debug, Default)]
pub struct RawRequest {
    /// Index.
    pub index: usize,
    /// To whom it yields; bit 0 stands on the right.
    pub response: Vec<u8>,
    /// With whom it conflicts.
    pub foes: Vec<u8>,
    /// May it wait inside of the junction?
    pub cont: bool,
}

/// Is bit `index`, counted from the right, set?
#[must_use]
pub fn bit(letters: &[u8], index: usize) -> bool {
    letters.len().checked_sub(index + 1).is_some_and(|at| letters[at] == b'1')
}

/// A junction.
#[derive(Clone, Debug, Default)]
pub struct RawJunction {
    /// Id.
    pub id: String,
    /// Type.
    pub kind: String,
    /// Street name.
    pub name: String,
    /// Position.
    pub at: [f64; 2],
    /// Incoming lanes.
    pub incoming: Vec<String>,
    /// Last internal lane of each request, in order.
    pub internal: Vec<String>,
    /// Matrix.
    pub requests: Vec<RawRequest>,
    /// Line.
    pub line: usize,
}

/// One phase.
#[derive(Clone, Debug, Default)]
pub struct RawPhase {
    /// Duration.
    pub duration_s: f64,
    /// Shortest.
    pub min_s: Option<f64>,
    /// Longest.
    pub max_s: Option<f64>,
    /// Letters.
    pub state: String,
}

/// A signal program.
#[derive(Clone, Debug, Default)]
pub struct RawProgram {
    /// Id of the signal.
    pub id: String,
    /// Program.
    pub program: String,
    /// Type.
    pub kind: String,
    /// Offset; `None` = the begin of the case.
    pub offset_s: Option<f64>,
    /// Phases.
    pub phases: Vec<RawPhase>,
    /// File.
    pub file: String,
    /// Line.
    pub line: usize,
}

/// The network file.
#[derive(Clone, Debug, Default)]
pub struct RawNet {
    /// Was there a root element of a network?
    pub found: bool,
    /// Drives on the left.
    pub left_hand: bool,
    /// Projection.
    pub projection: String,
    /// Offset.
    pub offset: String,
    /// Edges.
    pub edges: Vec<RawEdge>,
    /// Connections.
    pub connections: Vec<RawConnection>,
    /// Junctions.
    pub junctions: Vec<RawJunction>,
    /// Signal programs.
    pub programs: Vec<RawProgram>,
    /// Junctions of roundabouts.
    pub round: BTreeSet<String>,
    open: Vec<Inside>,
    elements: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    Edge,
    Junction,
    Program,
    Other,
}

impl RawNet {
    /// Takes one step of the file.
    pub fn step(&mut self, step: Step<'_>, log: &mut Log) {
        match step {
            Step::Close => {
                self.open.pop();
            }
            Step::Open(element) => {
                let inside = self.open.last().copied();
                self.elements += 1;
                if self.elements == MOST + 1 {
                    log.error(107, element.line, format!("more than {MOST} elements: the rest is not read"), "");
                }
                let next = if self.elements > MOST { Inside::Other } else { self.element(&element, inside, log) };
                self.open.push(next);
            }
        }
    }

    fn element(&mut self, element: &Element<'_>, inside: Option<Inside>, log: &mut Log) -> Inside {
        match (element.name, inside) {
            ("net", None) => {
                self.found = true;
                self.left_hand = element.get("lefthand").is_some_and(truth);
            }
            ("location", _) => {
                self.projection = element.text("projParameter");
                self.offset = element.text("netOffset");
            }
            ("edge", _) => {
                self.edges.extend(edge(element, log));
                return Inside::Edge;
            }
            ("lane", Some(Inside::Edge)) => {
                let lane = lane(element, log);
                if let (Some(edge), Some(lane)) = (self.edges.last_mut(), lane) {
                    edge.lanes.push(lane);
                }
            }
            ("connection", _) => self.connections.extend(connection(element, log)),
            ("junction", _) => {
                self.junctions.extend(junction(element, log));
                return Inside::Junction;
            }
            ("request", Some(Inside::Junction)) => {
                let request = request(element, log);
                if let (Some(junction), Some(request)) = (self.junctions.last_mut(), request)
                    && junction.requests.len() < REQUESTS
                {
                    junction.requests.push(request);
                }
            }
            ("tlLogic", _) => {
                self.programs.extend(program(element, log));
                return Inside::Program;
            }
            ("phase", Some(Inside::Program)) => {
                let phase = phase(element, log);
                if let (Some(program), Some(phase)) = (self.programs.last_mut(), phase) {
                    program.phases.push(phase);
                }
            }
            ("roundabout", _) => {
                log.report.understood("roundabout", 1);
                self.round.extend(element.text("nodes").split_ascii_whitespace().map(str::to_owned));
            }
            ("type" | "param" | "prohibition" | "neigh" | "restriction" | "stopOffset", _) => {
                let why = if element.name == "stopOffset" { "vehicles stop at the end of the lane" } else { "not needed" };
                log.report.ignored(element.name, why, "");
            }
            (_, None) => {}
            (other, _) => log.report.ignored(other, "not known", &format!("line {}", element.line)),
        }
        Inside::Other
    }
}

fn truth(value: &str) -> bool {
    matches!(value, "1" | "true" | "yes" | "t" | "x" | "on")
}

fn edge(element: &Element<'_>, log: &mut Log) -> Option<RawEdge> {
    let id = log.need(element, "id")?;
    let function = match element.get("function") {
        None | Some("normal" | "connector" | "") => Function::Normal,
        Some("internal") => Function::Internal,
        Some("crossing" | "walkingarea") => Function::Walking,
        Some(_) => Function::Other,
    };
    if function == Function::Walking {
        log.report.ignored(element.get("function").unwrap_or_default(), "pedestrians are not simulated", "");
    }
    Some(RawEdge {
        function,
        from: element.text("from"),
        to: element.text("to"),
        priority: log.number(element, "priority").unwrap_or(0.0),
        kind: element.text("type"),
        name: element.text("name"),
        shape: log.shape(element),
        lanes: Vec::new(),
        line: element.line,
        id,
    })
}

fn lane(element: &Element<'_>, log: &mut Log) -> Option<RawLane> {
    let id = log.need(element, "id")?;
    let (index, speed, length) = (log.index(element, "index"), log.number(element, "speed"), log.number(element, "length"));
    let (Some(index), Some(speed_mps), Some(length_m)) = (index, speed, length) else {
        if element.get("index").is_none() || element.get("speed").is_none() || element.get("length").is_none() {
            log.error(106, element.line, format!("lane \"{id}\" needs index, speed and length"), "");
        }
        return None;
    };
    if speed_mps < 0.0 || length_m < 0.0 {
        log.error(107, element.line, format!("lane \"{id}\" has a negative speed or length"), "");
        return None;
    }
    Some(RawLane {
        index,
        speed_mps,
        length_m,
        width_m: log.number(element, "width").filter(|width| *width > 0.0).unwrap_or(3.2),
        allowed: uses::permitted(element.get("allow"), element.get("disallow")),
        shape: log.shape(element),
        change_left: uses::may_change(element.get("changeLeft")),
        change_right: uses::may_change(element.get("changeRight")),
        line: element.line,
        id,
    })
}

fn connection(element: &Element<'_>, log: &mut Log) -> Option<RawConnection> {
    let (from, to) = (log.need(element, "from")?, log.need(element, "to")?);
    let (from_lane, to_lane) = (log.index(element, "fromLane"), log.index(element, "toLane"));
    if element.get("pass").is_some_and(truth) {
        log.report.approximated("connection pass", "yields as its junction says", &from);
    }
    Some(RawConnection {
        from,
        to,
        from_lane: from_lane?,
        to_lane: to_lane?,
        via: element.text("via"),
        signal: element.text("tl"),
        link_index: if element.get("linkIndex") == Some("-1") { None } else { log.index(element, "linkIndex") },
        dir: element.text("dir"),
        state: element.text("state"),
        keep_clear: element.get("keepClear").is_none_or(truth),
        allowed: uses::permitted(element.get("allow"), element.get("disallow")),
        line: element.line,
    })
}

fn junction(element: &Element<'_>, log: &mut Log) -> Option<RawJunction> {
    let id = log.need(element, "id")?;
    let list = |key: &str| element.text(key).split_ascii_whitespace().map(str::to_owned).collect::<Vec<String>>();
    let (incoming, internal) = (list("incLanes"), list("intLanes"));
    Some(RawJunction {
        kind: element.text("type"),
        name: element.text("name"),
        at: [log.number(element, "x").unwrap_or(0.0), log.number(element, "y").unwrap_or(0.0)],
        incoming,
        internal,
        requests: Vec::new(),
        line: element.line,
        id,
    })
}

fn request(element: &Element<'_>, log: &mut Log) -> Option<RawRequest> {
    let index = log.index(element, "index")?;
    let mut rows = [Vec::new(), Vec::new()];
    for (row, key) in rows.iter_mut().zip(["response", "foes"]) {
        let letters = element.text(key);
        if letters.len() > REQUESTS || letters.bytes().any(|letter| letter != b'0' && letter != b'1') {
            log.error(107, element.line, format!("request {index}: {key} is not a row of at most {REQUESTS} digits 0 and 1"), "");
        } else {
            *row = letters.into_bytes();
        }
    }
    let [response, foes] = rows;
    Some(RawRequest { index, response, foes, cont: element.get("cont").is_some_and(truth) })
}

/// The head of a signal program, in a network or an additional file.
pub fn program(element: &Element<'_>, log: &mut Log) -> Option<RawProgram> {
    let id = log.need(element, "id")?;
    let offset_s = if element.get("offset") == Some("begin") { None } else { Some(log.time(element, "offset").unwrap_or(0.0)) };
    Some(RawProgram {
        id,
        program: element.text("programID"),
        kind: element.text("type"),
        offset_s,
        phases: Vec::new(),
        file: log.file.clone(),
        line: element.line,
    })
}

/// A phase of a signal program.
pub fn phase(element: &Element<'_>, log: &mut Log) -> Option<RawPhase> {
    let state = log.need(element, "state")?;
    let duration = log.time(element, "duration");
    let (min_s, max_s) = (log.time(element, "minDur"), log.time(element, "maxDur"));
    if element.get("next").is_some() {
        log.report.approximated("phase", "the order of the file holds, \"next\" is not followed", "");
    }
    let duration_s = duration.or(min_s).or(max_s).unwrap_or_default();
    let outside = |seconds: f64| !(0.0..=86_400.0).contains(&seconds);
    if duration_s < 0.1 || [Some(duration_s), min_s, max_s].into_iter().flatten().any(outside) {
        log.error(107, element.line, "a phase lasts between 0.1 s and one day".into(), "");
        return None;
    }
    Some(RawPhase { duration_s, min_s, max_s, state })
}
