//! Signal programs: the last one loaded for a signal is in force; the others are plans that a study may choose.

use crate::city::{Aspect, City, Controller, Phase, Policy, TimingPlan};
use crate::import::sumo::log::{Log, shown};
use crate::import::sumo::network::Names;
use crate::import::sumo::raw::{RawNet, RawProgram};
use std::collections::{BTreeMap, BTreeSet};

/// Most phases of a program and most letters of a state.
const MOST: usize = 4096;

/// Adds the controllers and hangs the movements on them. `from_s` is the begin of the case.
pub fn build(raw: &RawNet, names: &Names, from_s: f64, city: &mut City, log: &mut Log) {
    let mut force: BTreeMap<&str, &RawProgram> = BTreeMap::new();
    for program in &raw.programs {
        if program.phases.is_empty() && program.program == "off" {
            log.report.ignored("tlLogic program", "signals are not switched off", &program.id);
            continue;
        }
        log.report.understood("tlLogic", 1);
        if let Some(before) = force.insert(program.id.as_str(), program) {
            let what = format!("{}: \"{}\" instead of \"{}\"", program.id, program.program, before.program);
            log.report.approximated("tlLogic program", "replaced by the one loaded last", &what);
        }
    }
    let rail: BTreeSet<&str> =
        raw.junctions.iter().filter(|junction| junction.kind.starts_with("rail_")).map(|junction| junction.id.as_str()).collect();
    let net = log.file.clone();
    let mut slots: BTreeMap<&str, Option<usize>> = BTreeMap::new();
    for (movement, connection) in &names.connections {
        log.file.clone_from(&net);
        let connection = &raw.connections[*connection];
        if connection.signal.is_empty() {
            continue;
        }
        let Some(program) = force.get(connection.signal.as_str()) else {
            if rail.contains(connection.signal.as_str()) {
                log.report.ignored("tlLogic of a rail crossing", "no trains are simulated, the road is always open", &connection.signal);
                continue;
            }
            log.error(203, connection.line, format!("the signal \"{}\" has no program", shown(&connection.signal)), "");
            continue;
        };
        let slot = *slots.entry(program.id.as_str()).or_insert_with(|| {
            let mut made = controller(program, from_s, log)?;
            let others = raw.programs.iter().filter(|other| other.id == program.id && other.program != program.program);
            let others: Vec<TimingPlan> = others.filter_map(|other| plan(other, from_s, &made, log)).collect();
            if !others.is_empty() {
                let now = TimingPlan {
                    id: name_of(program),
                    timeday: program.program.clone(),
                    offset_s: Some(made.offset_s),
                    phases: made.phases.clone(),
                };
                made.plans = std::iter::once(now).chain(others).collect();
            }
            city.controllers.push(made);
            Some(city.controllers.len() - 1)
        });
        let (Some(slot), Some(index)) = (slot, connection.link_index) else { continue };
        if city.controllers[slot].phases.iter().any(|phase| phase.aspects.len() <= index) {
            let message = format!("the states of the signal \"{}\" are too short for its link {index}", shown(&connection.signal));
            log.error(203, connection.line, message, "");
            continue;
        }
        city.movements[*movement].signal = Some((slot, index));
    }
    for id in force.keys().filter(|id| !slots.contains_key(*id)) {
        log.report.ignored("tlLogic unused", "controls no road", id);
    }
}

/// Name of a program that no other signal has.
fn name_of(program: &RawProgram) -> String {
    format!("{}.{}", program.id, program.program)
}

/// A program that is not in force, where it shows as many lights as the one that is.
fn plan(program: &RawProgram, from_s: f64, made: &Controller, log: &mut Log) -> Option<TimingPlan> {
    let letters = made.phases.first().map_or(0, |phase| phase.aspects.len());
    let fits =
        !program.phases.is_empty() && program.phases.len() <= MOST && program.phases.iter().all(|phase| phase.state.len() == letters);
    let offset_s = Some(program.offset_s.unwrap_or(from_s));
    fits.then(|| TimingPlan { id: name_of(program), timeday: program.program.clone(), offset_s, phases: phases(program, log) })
}

fn controller(program: &RawProgram, from_s: f64, log: &mut Log) -> Option<Controller> {
    log.file.clone_from(&program.file);
    let name = shown(&program.id);
    let letters = program.phases.first().map_or(0, |phase| phase.state.len());
    let seconds: f64 = program.phases.iter().map(|phase| phase.duration_s).sum();
    if program.phases.is_empty() || seconds <= 0.0 || program.phases.len() > MOST || letters > MOST {
        let message = format!("the program of the signal \"{name}\" has no phase that lasts, or more than {MOST} phases or letters");
        log.error(107, program.line, message, "");
        return None;
    }
    if program.phases.iter().any(|phase| phase.state.len() != letters) {
        log.error(107, program.line, format!("the states of the signal \"{name}\" have different lengths"), "");
        return None;
    }
    let policy = match program.kind.as_str() {
        "static" | "" => Policy::Fixed,
        "actuated" => Policy::Actuated,
        "delay_based" | "NEMA" => {
            log.report.approximated("tlLogic type", "as actuated", &program.id);
            Policy::Actuated
        }
        other => {
            log.report.approximated("tlLogic type", "not known, by the clock", &format!("{}: {}", program.id, shown(other)));
            Policy::Fixed
        }
    };
    if policy == Policy::Actuated {
        log.report.approximated("tlLogic actuated", "detectors and gaps are those of the engine", &program.id);
    }
    log.report.understood("phase", program.phases.len());
    let phases = phases(program, log);
    Some(Controller {
        id: program.id.clone(),
        policy,
        offset_s: program.offset_s.unwrap_or(from_s),
        phases,
        dark: false,
        plans: Vec::new(),
    })
}

fn phases(program: &RawProgram, log: &mut Log) -> Vec<Phase> {
    let mut all = Vec::new();
    for phase in &program.phases {
        let (min_s, max_s) = bounds(phase.duration_s, phase.min_s, phase.max_s);
        let aspects = phase.state.chars().map(|letter| aspect(letter, &program.id, log)).collect();
        all.push(Phase { duration_s: phase.duration_s, min_s, max_s, aspects });
    }
    all
}

/// Shortest and longest duration around the one given.
fn bounds(duration_s: f64, min_s: Option<f64>, max_s: Option<f64>) -> (f64, f64) {
    let min = min_s.unwrap_or(duration_s);
    (min, max_s.unwrap_or(duration_s).max(min))
}

fn aspect(letter: char, id: &str, log: &mut Log) -> Aspect {
    match letter {
        'r' | 'R' => Aspect::Red,
        'y' | 'Y' => Aspect::Amber,
        'G' => Aspect::Green,
        'g' => Aspect::Permissive,
        'u' => Aspect::RedAmber,
        'o' | 'O' => Aspect::Off,
        's' => Aspect::StopThenGo,
        other => {
            log.report.approximated("phase state", "a letter that is not known is red", &format!("{id}: {other}"));
            Aspect::Red
        }
    }
}
