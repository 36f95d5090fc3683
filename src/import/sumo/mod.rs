//! SUMO: networks, additional files, demand and configurations.
//!
//! [`case`] reads a configuration or a network file from disk; [`read`] works on bytes in memory. Files may be packed with gzip.
//!
//! | SUMO | here |
//! |---|---|
//! | edges, lanes, permissions, junction types | links, lanes, uses, control; sidewalks, railways and crossings are left out and counted |
//! | connections with their internal lanes | movements; the pieces of one connection are one movement |
//! | rows of requests | conflicts: who yields to whom, and the part of each path that both need |
//! | waiting inside of a junction | approximated: waits at the line |
//! | signal programs | controllers; the program that was loaded last is in force; actuated ones use the detectors of the engine |
//! | vehicle types, their mixes | classes and modes; defaults by vehicle class; values outside of the laws' ranges are brought inside |
//! | car-following models | IDM, or Krauss 1998 for everything else |
//! | vehicles, trips, flows, routes, stops | trips with links and halts; flows are laid out evenly; missing routes are the fastest at free flow |
//! | route distributions | shared out in their shares, the same in every run |
//! | persons, containers, trains, ships | left out and counted |
//!
//! References that do not exist, broken XML and values that cannot be read are errors, all of them in one pass; then there is no city.

pub mod classes;
mod conflicts;
pub mod demand;
mod files;
pub mod flows;
pub mod log;
pub mod network;
pub mod raw;
pub mod routing;
mod signals;
pub mod trips;
pub mod uses;

use crate::city::City;
use crate::import::report::{ImportReport, SourceFile};
use crate::import::xml::{self, Step};
use crate::import::{Imported, Problem, Severity};
use log::Log;
use std::path::Path;

/// Longest case \[h\]: a week.
const LONGEST_H: f64 = 168.0;

/// A file in memory, packed or not.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Name as people know it.
    pub name: String,
    /// Bytes as stored.
    pub bytes: Vec<u8>,
}

/// The files of a case and what its configuration says.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The network.
    pub net: Source,
    /// Additional files, in order; read before the demand.
    pub additional: Vec<Source>,
    /// Demand files, in order.
    pub routes: Vec<Source>,
    /// Begin \[s\].
    pub begin_s: Option<f64>,
    /// End \[s\].
    pub end_s: Option<f64>,
    /// Step \[s\].
    pub step_s: Option<f64>,
    /// Seed.
    pub seed: Option<u64>,
    /// Title for people.
    pub title: String,
    /// Options of the configuration that were not used.
    pub unused: Vec<String>,
    /// Names of those of the files that others include.
    pub included: Vec<String>,
    /// Values of attributes that vehicles, trips and flows do not give themselves.
    pub defaults: Vec<(&'static str, String)>,
}

/// Is this file a configuration?
#[must_use]
pub fn is_configuration(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    name.ends_with(".sumocfg") || name.ends_with(".sumo.cfg") || name.ends_with(".cfg")
}

/// Reads a configuration, or a network without demand, with the report.
///
/// # Errors
/// Files that cannot be read.
pub fn case_with_report(path: &Path) -> Result<(Option<Imported>, ImportReport), Vec<Problem>> {
    let files = if is_configuration(path) { Files::of_configuration(path)? } else { Files::of_net(path, &[])? };
    Ok(read(&files))
}

/// Reads a configuration, or a network without demand.
///
/// # Errors
/// All faults with which nothing can be imported.
pub fn case(path: &Path) -> Result<Imported, Vec<Problem>> {
    let (imported, report) = case_with_report(path)?;
    imported.ok_or_else(|| report.problems.into_iter().filter(|problem| problem.severity == Severity::Error).collect())
}

/// Translates a case. There is no city where the report has errors.
#[must_use]
pub fn read(files: &Files) -> (Option<Imported>, ImportReport) {
    let mut log = Log::default();
    for option in &files.unused {
        log.report.ignored("configuration option", "not used", option);
    }
    let mut raw = raw::RawNet::default();
    parse(&files.net, &mut log, &mut |step, log| raw.step(step, log));
    if !raw.found && !log.report.failed() {
        log.error(604, 0, "this is not a SUMO network: there is no element \"net\"".into(), "give the .net.xml file or the .sumocfg file");
    }
    let mut city = City { name: files.title.clone(), ..City::default() };
    let mut demand = demand::RawDemand::default();
    demand.types = classes::Types::begin(&mut city);
    demand.included.clone_from(&files.included);
    demand.defaults.clone_from(&files.defaults);
    let sources: Vec<&Source> = files.additional.iter().chain(&files.routes).collect();
    let names: Vec<String> = sources.iter().map(|source| source.name.clone()).collect();
    for (index, source) in sources.iter().enumerate() {
        demand.next_file(index);
        parse(source, &mut log, &mut |step, log| demand.step(step, &mut city, log));
    }
    let mut imported = Imported { title: files.title.clone(), seed: files.seed.unwrap_or(1), ..Imported::default() };
    imported.from_s = files.begin_s.unwrap_or(0.0);
    imported.step_s = step(files.step_s, &mut log);
    raw.programs.append(&mut demand.programs);
    log.file.clone_from(&files.net.name);
    let known = network::build(&raw, &mut city, &mut log);
    if city.links.is_empty() && !log.report.failed() {
        log.error(604, 0, "the network has no road".into(), "");
    }
    conflicts::build(&raw, &known, &mut city, &mut log);
    signals::build(&raw, &known, imported.from_s, &mut city, &mut log);
    trips::places(&demand, &known, &names, &mut city, &mut log);
    trips::Builder::new(&mut demand, &known, &names, imported.from_s, files.end_s, &city).build(&mut city, &mut log);
    let last = city.trips.iter().map(|trip| trip.depart_s).fold(imported.from_s, f64::max);
    imported.to_s = files.end_s.filter(|end| *end > imported.from_s).unwrap_or_else(|| ((last / 60.0).floor() + 1.0) * 60.0);
    let hours = (imported.to_s - imported.from_s) / 3600.0;
    if hours > LONGEST_H {
        let message =
            format!("the case lasts {hours:.1} h, from its begin to its end or last departure; at most {LONGEST_H} h are simulated");
        log.error(230, 0, message, "give the case a begin and an end");
    }
    imported.city = city;
    same_day(&mut imported, &mut log);
    let report = log.report;
    (if report.failed() { None } else { Some(imported) }, report)
}

fn parse(source: &Source, log: &mut Log, take: &mut dyn FnMut(Step<'_>, &mut Log)) {
    log.file.clone_from(&source.name);
    let name = Path::new(&source.name).file_name().map_or_else(|| source.name.clone(), |name| name.to_string_lossy().into_owned());
    log.report.sources.push(SourceFile { name, blake3: blake3::hash(&source.bytes).to_hex().to_string() });
    let read = xml::text_of(&source.bytes).and_then(|text| xml::walk(&text, &mut |step| take(step, log)));
    if let Err(error) = read {
        log.error(604, error.line, error.message, "");
    }
}

/// Counts all times from midnight of the day on which the case begins.
fn same_day(imported: &mut Imported, log: &mut Log) {
    let days = (imported.from_s / 86_400.0).floor();
    if days < 1.0 {
        return;
    }
    let before = days * 86_400.0;
    log.report.approximated("begin", "all times count from midnight of the day on which the case begins", &format!("day {days}"));
    imported.from_s -= before;
    imported.to_s -= before;
    for trip in &mut imported.city.trips {
        trip.depart_s -= before;
        for halt in &mut trip.halts {
            if !halt.until_s.is_nan() {
                halt.until_s = (halt.until_s - before).max(0.0);
            }
        }
    }
    for controller in &mut imported.city.controllers {
        let cycle: f64 = controller.phases.iter().map(|phase| phase.duration_s).sum();
        let offset = (controller.offset_s - before) % cycle;
        controller.offset_s = if offset < 0.0 { offset + cycle } else { offset };
    }
}

/// The nearest step the engine has.
fn step(wanted: Option<f64>, log: &mut Log) -> f64 {
    let wanted = wanted.unwrap_or(1.0);
    let mut nearest = 1.0;
    for offered in [0.5, 0.25, 0.125] {
        if (wanted - offered).abs() < (wanted - nearest).abs() {
            nearest = offered;
        }
    }
    if (wanted - nearest).abs() > 1e-9 {
        log.report.approximated("step-length", &format!("{nearest} s instead of {wanted} s"), "");
    }
    nearest
}
