//! What the files say against what a city can be, and the one door through which a city comes in.
//!
//! ```text
//! target --open--> study.toml --> Study --+--> folder --> City --+--> references, span --> Opened
//!                  city folder ----------/  \-> grid -----------/
//! ```
//! All faults are listed; none stops the check. A city with errors is never handed out.

pub mod actions;
mod people;
pub mod resolve;
mod roads;
mod signals;
mod trips;
mod turns;
pub mod values;
mod whole;

use crate::city::City;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::ids::Names;
use crate::scenario::folder::{FORMS, Folder};
use crate::scenario::grid::GridSpec;
use crate::scenario::source::{self, Source};
use crate::scenario::study::RoutingMethod;
use crate::scenario::table::{Row, Table};
use crate::scenario::{Asked, CityFrom, Study, read};
use std::path::Path;

/// Trips of one run at most: beyond this their tables alone would need more memory than machines have.
const TRIPS_AT_MOST: f64 = 50e6;

/// A quarter of an hour \[s\].
const QUARTER_S: f64 = 900.0;

/// A study and its city, both free of faults.
#[derive(Clone, Debug)]
pub struct Opened {
    /// What the user named.
    pub target: String,
    /// The study; for a bare city one with nothing but defaults.
    pub study: Study,
    /// The city of base.
    pub city: City,
    /// Measured span \[s since midnight\].
    pub from_s: f64,
    /// Its end.
    pub to_s: f64,
    /// Did the span come from the demand, because nobody named one?
    pub span_guessed: bool,
}

impl Opened {
    /// From the first tick to the last \[s since midnight\].
    #[must_use]
    pub fn span_s(&self) -> [f64; 2] {
        [(self.from_s - self.study.warmup_s).max(0.0), self.to_s + self.study.drain_s]
    }
}

/// Opens a study file, a city folder (one with a study.toml means that study), or `grid:13x7`.
#[must_use]
pub fn open(target: &str, asked: &Asked) -> (Option<Opened>, Diagnostics) {
    let mut found = Diagnostics::new();
    let opened = opened(target, asked, &mut found);
    let good = !found.failed();
    (opened.filter(|_| good), found)
}

fn opened(target: &str, asked: &Asked, found: &mut Diagnostics) -> Option<Opened> {
    if let Some(text) = &asked.text {
        let study = read::study(Source::new(target, text), asked, found)?;
        return finish(target, study, asked.beside.as_deref().unwrap_or(Path::new("")), found);
    }
    if let Some(size) = target.strip_prefix("grid:") {
        let spec = grid_named(target, size, found)?;
        let asked = Asked { city: Some(CityFrom::Grid(spec)), ..asked.clone() };
        let study = read::study(read::empty(), &asked, found)?;
        return finish(target, study, Path::new("."), found);
    }
    let path = Path::new(target);
    if path.is_dir() {
        let inside = path.join("study.toml");
        if inside.is_file() {
            return study_file(target, &inside, &format!("{}/study.toml", target.trim_end_matches('/')), asked, found);
        }
        let asked = Asked { city: Some(CityFrom::Folder(target.to_owned())), ..asked.clone() };
        let study = read::study(read::empty(), &asked, found)?;
        return finish(target, study, Path::new(""), found);
    }
    let lower = target.to_ascii_lowercase();
    if path.is_file() && [".xml", ".gz", ".pbf", ".osm", ".zip", ".csv"].iter().any(|end| lower.ends_with(end)) {
        let hint = format!("import it first: forecity import {target} -o city");
        found.push(
            Diagnostic::error(101, format!("\"{target}\" is neither a study nor a city folder")).at(&Place::file(target), "").hint(hint),
        );
        return None;
    }
    study_file(target, path, target, asked, found)
}

fn study_file(target: &str, path: &Path, name: &str, asked: &Asked, found: &mut Diagnostics) -> Option<Opened> {
    let text = source::text(path, name, source::STUDY_BYTES, found)?;
    let study = read::study(Source::new(name, &text), asked, found)?;
    finish(target, study, asked.beside.as_deref().or(path.parent()).unwrap_or(Path::new("")), found)
}

/// `13x7` of `grid:13x7`.
fn grid_named(target: &str, size: &str, found: &mut Diagnostics) -> Option<GridSpec> {
    let read = size.split_once('x').and_then(|(columns, rows)| Some([columns.parse::<u32>().ok()?, rows.parse::<u32>().ok()?]));
    match read {
        Some([columns, rows])
            if (2..=1000).contains(&columns) && (2..=1000).contains(&rows) && columns * rows <= crate::scenario::grid::JUNCTIONS =>
        {
            Some(GridSpec { columns, rows, ..GridSpec::default() })
        }
        _ => {
            let name = "command line".into();
            let place = Place::span(&name, target, 5.min(target.len())..target.len());
            let code = if read.is_some() { 230 } else { 107 };
            let hint = "grid:COLUMNSxROWS, each 2 to 1000, together at most 250000 junctions: grid:13x7".to_owned();
            found.push(
                Diagnostic::error(code, format!("\"{}\" is not the size of a grid", crate::units::short(size))).at(&place, "").hint(hint),
            );
            None
        }
    }
}

/// The city of a study, its demand, its references, its span.
fn finish(target: &str, mut study: Study, beside: &Path, found: &mut Diagnostics) -> Option<Opened> {
    let from = study.city.clone()?;
    let mut city = match &from {
        CityFrom::Grid(spec) => {
            let city = crate::city::generate::grid(spec);
            if let Some(file) = &study.trips_file {
                let hint = "a generated city takes trips = \"8000 trips/h\"".to_owned();
                let message = "a generated city has no zones to which a file could refer".to_owned();
                found.push(Diagnostic::error(107, message).at(&study.place(&file.span), "").hint(hint));
            }
            city
        }
        CityFrom::Folder(name) => {
            // Without the dots of `city = "."`, which would stand in every message.
            let path: std::path::PathBuf = beside.join(name).components().collect();
            if !path.is_dir() {
                let span = study.file.city.as_ref().map_or(0..0, |c| c.span.clone());
                let message = format!("there is no city folder \"{}\"", crate::units::short(name));
                let hint = format!("looked for {}; paths are relative to the study file", path.display());
                found.push(Diagnostic::error(101, message).at(&study.place(&span), "").hint(hint));
                return None;
            }
            let folder = Folder::read(&path, &path.to_string_lossy(), found);
            let trips = study.trips_file.clone();
            let (city, mut known) = city(&folder, found);
            let city = demand_of(city, &mut known, &folder, trips.map(|t| (beside.join(&t.value), t.value, study.place(&t.span))), found);
            if city.trips.is_empty() && city.od.is_empty() && !found.failed() {
                let hint = "add trip.csv or od.csv, name a file in [demand] trips, or import with --demand".to_owned();
                found.push(
                    Diagnostic::error(306, format!("\"{}\" has no demand: nobody would move", folder.name))
                        .at(&Place::file(&folder.name), "")
                        .hint(hint),
                );
            }
            city
        }
    };
    if city.links.is_empty() {
        return None;
    }
    if city.classes.len() > crate::city::MOST_CLASSES {
        let message = format!("{} classes of vehicles, more than {} are not told apart", city.classes.len(), crate::city::MOST_CLASSES);
        found.push(Diagnostic::error(230, message).at(&Place::file(target), "").hint("classes that drive alike can be one".to_owned()));
        return None;
    }
    actions::references(&study, &city, found);
    routed(&study, &city, found);
    actions::drivers(&study, &mut city);
    let guessed = if matches!(from, CityFrom::Grid(_)) { [25_200.0, 28_800.0] } else { span_of(&city) };
    let [from_s, to_s] = study.span_s.unwrap_or(guessed);
    if matches!(from, CityFrom::Grid(_)) {
        crate::city::generate::further_days(&mut city, to_s);
    }
    study.warmup_s = study.warmup_s.min(from_s);
    let many = city.trips.len() as f64
        + city.od.iter().filter(|c| c.from_s < to_s && c.to_s > from_s - study.warmup_s).map(|c| c.trips).sum::<f64>();
    if many > TRIPS_AT_MOST {
        let message = format!("{many:.0} trips are wanted, more than {TRIPS_AT_MOST:.0} are not simulated in one run");
        let hint = "a shorter time span, or demand.scale".to_owned();
        found.push(Diagnostic::error(230, message).at(&Place::file(target), "").hint(hint));
    }
    let anybody = city.trips.iter().any(|t| t.depart_s >= from_s && t.depart_s < to_s)
        || city.od.iter().any(|c| c.from_s < to_s && c.to_s > from_s && c.trips > 0.0);
    if !anybody && !found.failed() {
        let [first, last] = span_of(&city).map(crate::units::clock_text);
        let place = study.file.time.as_ref().map_or_else(|| Place::file(target), |t| study.place(&t.from.span));
        let message = "nobody departs in the time span".to_owned();
        found
            .push(Diagnostic::warning(306, message).at(&place, "").hint(format!("the demand of this city departs from {first} to {last}")));
    } else if !found.failed() {
        unserved(&study, &city, [from_s, to_s], found);
    }
    Some(Opened { target: target.to_owned(), span_guessed: study.span_s.is_none(), study, city, from_s, to_s })
}

/// C306: a quarter of an hour or more at the start or the end of the measured span has no demand.
fn unserved(study: &Study, city: &City, [from_s, to_s]: [f64; 2], found: &mut Diagnostics) {
    let Some(time) = &study.file.time else { return };
    let [first_s, last_s] = span_of(city);
    let clock = crate::units::clock_text;
    for (empty_s, at, words) in [
        (first_s - from_s, &time.from.span, format!("nobody departs before {}", clock(first_s))),
        (to_s - last_s, &time.to.span, format!("nobody departs after {}", clock(last_s))),
    ] {
        if empty_s >= QUARTER_S {
            let hint = "measures are taken over the whole span, its empty part too".to_owned();
            let message = format!("{words}: the demand of this city has nothing there");
            found.push(Diagnostic::warning(306, message).at(&study.place(at), "").hint(hint));
        }
    }
}

/// C111: whoever has a path of his own is not on the shortest one, nor informed.
fn routed(study: &Study, city: &City, found: &mut Diagnostics) {
    let informed = study.file.model.routing.as_ref().filter(|routing| routing.value.method == RoutingMethod::Informed);
    let nobody = !city.trips.is_empty() && city.od.is_empty() && city.trips.iter().all(|trip| !trip.searched);
    if let Some(routing) = informed.filter(|_| nobody) {
        let message = "all trips of this city have paths of their own, and keep them: nobody is informed".to_owned();
        let hint = "trips without a path in trip.csv, and those of od.csv, can be informed".to_owned();
        found.push(Diagnostic::warning(111, message).at(&study.place(&routing.span), "").hint(hint));
    }
    let shortest = study.file.model.routing.as_ref().filter(|routing| routing.value.method == RoutingMethod::Shortest);
    if let Some(routing) = shortest.filter(|_| city.trips.iter().any(|trip| !trip.searched)) {
        let message = "trips of this city have paths of their own, and this version does not replace them".to_owned();
        let hint = "method = \"fixed\" takes paths as given, and the shortest where none is".to_owned();
        found.push(Diagnostic::warning(111, message).at(&study.place(&routing.span), "").hint(hint));
    }
}

/// From the first departure to the last, in whole quarters of an hour.
fn span_of(city: &City) -> [f64; 2] {
    let trips = city.trips.iter().map(|t| [t.depart_s, t.depart_s + 1.0]);
    let cells = city.od.iter().filter(|c| c.trips > 0.0).map(|c| [c.from_s, c.to_s]);
    let [first, last] = trips.chain(cells).fold([f64::INFINITY, 0.0_f64], |[a, b], [from, to]| [a.min(from), b.max(to)]);
    if !first.is_finite() {
        return [0.0, 3600.0];
    }
    let first = (first / QUARTER_S).floor() * QUARTER_S;
    [first, ((last / QUARTER_S).ceil() * QUARTER_S).max(first + QUARTER_S)]
}

/// Names of everything that rows refer to.
#[derive(Debug, Default)]
pub struct Known {
    pub(crate) nodes: Names,
    pub(crate) links: Names,
    pub(crate) lanes: Names,
    /// GMNS number of each lane.
    pub(crate) lane_numbers: Vec<i64>,
    pub(crate) movements: Names,
    pub(crate) controllers: Names,
    pub(crate) zones: Names,
    pub(crate) classes: Names,
    pub(crate) modes: Names,
}

/// Meaning of a folder's tables, without demand. Incomplete where `found` has errors.
pub fn city(folder: &Folder, found: &mut Diagnostics) -> (City, Known) {
    let (mut city, mut known) = (City::default(), Known::default());
    let config = values::config(folder, &mut city, found);
    let zone_of_node = roads::nodes(folder, &mut city, &mut known, found);
    let faults = found.errors();
    let plain = roads::links(folder, &mut city, &mut known, &config, found);
    if city.nodes.is_empty() || city.links.is_empty() {
        if faults == found.errors() && found.errors() == 0 {
            let message = format!("\"{}\" has no roads", folder.name);
            found.push(Diagnostic::error(106, message).at(&Place::file(&folder.shown("link.csv")), ""));
        }
        city.links.clear();
        return (city, known);
    }
    roads::lanes(folder, &mut city, &mut known, &plain, &config, found);
    signals::controllers(folder, &mut city, &mut known, found);
    turns::movements(folder, &mut city, &mut known, &config, found);
    turns::conflicts(folder, &mut city, &known, found);
    derive(folder, &mut city, found);
    signals::agree(folder, &city, found);
    people::zones(folder, &mut city, &mut known, &zone_of_node, found);
    people::classes(folder, &mut city, &mut known, &config, found);
    trips::detectors(folder, &mut city, &known, found);
    whole::connected(folder, &city, found);
    (city, known)
}

/// What the files leave open is derived, and said.
fn derive(folder: &Folder, city: &mut City, found: &mut Diagnostics) {
    if found.failed() {
        return;
    }
    let before = (city.movements.len(), city.conflicts.len(), city.controllers.len());
    let missing = |file: &str| folder.table(file).is_none();
    if missing("movement.csv") || missing("conflict.csv") {
        crate::city::junction::derive(city);
    }
    let open = |city: &City| {
        let dark = |m: &crate::city::Movement| m.signal.is_none() && city.nodes[m.node].control == crate::city::Control::Signal;
        city.movements.iter().any(dark)
    };
    if missing("signal_controller.csv") && open(city) {
        crate::city::signal::derive(city, &crate::city::signal::Plan::default());
    }
    let mut told = Vec::new();
    for (what, before, now) in [
        ("movement", before.0, city.movements.len()),
        ("conflict", before.1, city.conflicts.len()),
        ("signal plan", before.2, city.controllers.len()),
    ] {
        if now > before {
            told.push(crate::diagnostic::plural(now - before, what));
        }
    }
    if !told.is_empty() {
        let message = format!("derived from geometry, because the folder does not say: {}", told.join(", "));
        found.push(Diagnostic::note(307, message).at(&Place::file(&folder.name), ""));
    }
}

/// Adds the demand: the folder's, or the file that the study names (path, as written, place of the name).
fn demand_of(
    mut city: City,
    known: &mut Known,
    folder: &Folder,
    file: Option<(std::path::PathBuf, String, Place)>,
    found: &mut Diagnostics,
) -> City {
    if city.links.is_empty() || city.movements.is_empty() && found.failed() {
        return city;
    }
    let form = FORMS.iter().find(|f| f.file == "od.csv");
    if let (Some((path, name, place)), Some(form)) = (file, form) {
        if !path.is_file() {
            let message = format!("there is no file \"{}\"", crate::units::short(&name));
            let hint = format!("looked for {}; or trips = \"8000 trips/h\" in a generated city", path.display());
            found.push(Diagnostic::error(101, message).at(&place, "").hint(hint));
            return city;
        }
        if let Some(table) = Table::read(&path, &path.to_string_lossy(), form, found) {
            trips::od(&table, &mut city, known, found);
        }
    } else {
        trips::trips(folder, &mut city, known, found);
        if let Some(table) = folder.table("od.csv") {
            trips::od(table, &mut city, known, found);
        }
    }
    if !found.failed() {
        whole::reachable(folder, &city, found);
    }
    city
}

/// Is the id of this row missing (C106) or taken (C204)? If not, it stands for `index` from now on.
pub(crate) fn duplicate(row: Row, column: &str, names: &mut Names, index: usize, found: &mut Diagnostics) -> bool {
    let id = row.text(column);
    if id.is_empty() {
        found.push(Diagnostic::error(106, format!("{column} is empty")).at(&row.place(column), "needs a name"));
        return true;
    }
    if names.insert(id, index).is_err() {
        found.push(
            Diagnostic::error(204, format!("{column} \"{}\" stands twice", crate::units::short(id))).at(&row.place(column), "again here"),
        );
        return true;
    }
    false
}

/// Position of the thing a cell names; C203 with the nearest name if there is none.
pub(crate) fn undefined(
    row: Row,
    column: &str,
    names: &Names,
    file: &str,
    noun: &str,
    what: impl FnOnce() -> String,
    found: &mut Diagnostics,
) -> Option<usize> {
    let id = row.text(column);
    let index = names.get(id);
    if index.is_none() {
        let hint = names.nearest(id).map(|near| format!("{file} has \"{near}\"; did you mean that?"));
        let label = if id.is_empty() { format!("{column} is empty") } else { format!("no {noun} has this id") };
        found.push(Diagnostic::error(203, what()).at(&row.place(column), label).hint(hint));
    }
    index
}
