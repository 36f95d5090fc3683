//! Values of cells that are more than a number: sets of uses, lines of coordinates, factors of foreign units.

use crate::city::{City, DriveSide, Uses};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario::folder::Folder;
use crate::scenario::table::Row;
use crate::units::{self, short};
use std::collections::BTreeMap;

/// Points of one line at most.
const POINTS: usize = 100_000;
/// Coordinates lie within this of the origin \[m\].
pub const FAR_M: f64 = 2.0e7;

/// Factors to SI of the units that `config.csv` names, and the groups of uses.
#[derive(Clone, Debug)]
pub struct Config {
    /// Short lengths (width) \[m\].
    pub short_m: f64,
    /// Long lengths (length of links) \[m\].
    pub long_m: f64,
    /// Speeds \[m/s\].
    pub speed_mps: f64,
    /// Groups of `use_group.csv`.
    pub groups: BTreeMap<String, Uses>,
}

/// Reads `config.csv` and `use_group.csv`.
pub fn config(folder: &Folder, city: &mut City, found: &mut Diagnostics) -> Config {
    let mut config = Config { short_m: 1.0, long_m: 1.0, speed_mps: 1.0 / 3.6, groups: BTreeMap::new() };
    city.name = folder.path.file_name().map_or_else(|| "city".to_owned(), |n| n.to_string_lossy().into_owned());
    if let Some(row) = folder.table("config.csv").filter(|t| !t.is_empty()).map(|t| t.row(0)) {
        config.short_m = factor(row, "short_length", units::Kind::Length, 1.0, found);
        config.long_m = factor(row, "long_length", units::Kind::Length, 1.0, found);
        config.speed_mps = factor(row, "speed", units::Kind::Speed, 1.0 / 3.6, found);
        if !row.text("dataset_name").is_empty() {
            city.name = row.text("dataset_name").to_owned();
        }
        city.crs = row.text("crs").to_owned();
        let sides = [("right", DriveSide::Right), ("left", DriveSide::Left)];
        city.drive_side = row.word("drive_side", &sides, DriveSide::Right, found);
        row.word("geometry_field_format", &[("WKT", ())], (), found);
        if city.crs.to_ascii_uppercase().contains("EPSG:4326") || city.crs.contains("+proj=longlat") {
            let hint = "coordinates of a city folder are metres in a local projection; `forecity import` makes them".to_owned();
            let message = "coordinates in degrees cannot be driven on".to_owned();
            found.push(Diagnostic::error(230, message).at(&row.place("crs"), "").hint(hint));
        }
    }
    for row in folder.table("use_group.csv").iter().flat_map(|t| t.rows()) {
        let set = uses(row, "uses", &config, found).unwrap_or(Uses::NONE);
        config.groups.insert(row.text("use_group").to_owned(), set);
    }
    config
}

/// A unit as GMNS names it: `mile`, `mph`, `foot`.
fn factor(row: Row, column: &str, kind: units::Kind, default: f64, found: &mut Diagnostics) -> f64 {
    let text = row.text(column).to_lowercase();
    let plain = match text.as_str() {
        "" => return default,
        "mile" | "miles" => "mi",
        "foot" | "feet" => "ft",
        "meter" | "meters" | "metre" | "metres" => "m",
        "kilometer" | "kilometers" | "kilometre" | "kilometres" => "km",
        "kph" | "kmh" | "kmph" | "km/hr" => "km/h",
        "mps" => "m/s",
        other => other,
    };
    if let Some(unit) = units::UNITS.iter().find(|u| u.kind == kind && u.spelling == plain) {
        return unit.factor.0 / unit.factor.1;
    }
    let known: Vec<&str> = units::UNITS.iter().filter(|u| u.kind == kind).map(|u| u.spelling).collect();
    let message = format!("unknown unit \"{}\" ({column})", short(row.text(column)));
    found.push(Diagnostic::error(202, message).at(&row.place(column), "").hint(format!("one of {}", known.join(", "))));
    default
}

/// A set of uses: names or groups, separated by commas or semicolons; `None` if the cell is empty.
pub fn uses(row: Row, column: &str, config: &Config, found: &mut Diagnostics) -> Option<Uses> {
    let text = row.text(column);
    if text.is_empty() {
        return None;
    }
    let mut set = Uses::NONE;
    for word in text.split([',', ';']).map(str::trim).filter(|w| !w.is_empty()) {
        match use_named(word).or_else(|| config.groups.get(word).copied()) {
            Some(one) => set = set.with(one),
            None => {
                let names = Uses::NAMES.iter().copied().chain(config.groups.keys().map(String::as_str));
                let hint = crate::ids::nearest(word, names)
                    .map_or_else(|| format!("uses are {}", Uses::NAMES.join(", ")), |near| format!("did you mean \"{near}\"?"));
                let message = format!("unknown use \"{}\" ({column})", short(word));
                found.push(Diagnostic::error(109, message).at(&row.place(column), "").hint(hint));
            }
        }
    }
    Some(set)
}

/// A use by its name, ours or another program's.
#[must_use]
pub fn use_named(word: &str) -> Option<Uses> {
    let lower = word.to_ascii_lowercase();
    let ours = match lower.as_str() {
        "all" => return Some(Uses::ALL),
        "none" => return Some(Uses::NONE),
        "road" | "motor" => return Some(Uses::ROAD),
        "auto" | "passenger" | "drive" | "private" => "car",
        "bicycle" | "cycle" => "bike",
        "pedestrian" | "ped" | "foot" => "walk",
        "hgv" | "trailer" => "truck",
        "lgv" => "van",
        "transit" => "bus",
        "motorbike" | "moped" => "motorcycle",
        "train" => "rail",
        other => other,
    };
    Uses::named(ours)
}

/// A WKT LINESTRING \[m\]; empty if the cell is empty or wrong (C107). A third coordinate is passed over.
pub fn line(row: Row, column: &str, found: &mut Diagnostics) -> Vec<[f64; 2]> {
    let text = row.text(column);
    if text.is_empty() {
        return Vec::new();
    }
    match linestring(text, "LINESTRING") {
        Ok(points) if points.len() >= 2 => points,
        Ok(_) => wrong(row, column, "a line needs two points", found),
        Err(what) => wrong(row, column, what, found),
    }
}

/// The outer ring of a WKT POLYGON, or a LINESTRING; empty if the cell is empty or wrong.
pub fn ring(row: Row, column: &str, found: &mut Diagnostics) -> Vec<[f64; 2]> {
    let text = row.text(column);
    if text.is_empty() {
        return Vec::new();
    }
    let read = linestring(text, "POLYGON").or_else(|_| linestring(text, "MULTIPOLYGON")).or_else(|_| linestring(text, "LINESTRING"));
    match read {
        Ok(points) => points,
        Err(what) => wrong(row, column, what, found),
    }
}

fn wrong(row: Row, column: &str, what: &str, found: &mut Diagnostics) -> Vec<[f64; 2]> {
    let message = format!("\"{}\" is not a line: {what}", short(row.text(column)));
    let hint = "write LINESTRING (0 0, 100 0)".to_owned();
    found.push(Diagnostic::error(107, message).at(&row.place(column), "").hint(hint));
    Vec::new()
}

fn linestring(text: &str, word: &str) -> Result<Vec<[f64; 2]>, &'static str> {
    let head = text.get(..word.len()).filter(|h| h.eq_ignore_ascii_case(word)).ok_or("it is not WKT")?;
    let rest = text[head.len()..].trim_start_matches([' ', 'Z', 'z', 'M', 'm']).trim_start_matches(['(', ' ']);
    let body = rest.split(')').next().unwrap_or_default();
    if body.len() == rest.len() {
        return Err("a bracket is missing");
    }
    let mut points = Vec::new();
    for pair in body.split(',') {
        let mut numbers = pair.split_ascii_whitespace().map(|n| n.parse::<f64>().ok().filter(|v| v.abs() <= FAR_M));
        let (Some(Some(x)), Some(Some(y))) = (numbers.next(), numbers.next()) else {
            return Err("a coordinate is no number within 20,000 km");
        };
        points.push([x, y]);
        if points.len() > POINTS {
            return Err("it has too many points");
        }
    }
    Ok(points)
}

/// Length of a line \[m\].
#[must_use]
pub fn length_m(points: &[[f64; 2]]) -> f64 {
    points.windows(2).map(|p| ((p[1][0] - p[0][0]) * (p[1][0] - p[0][0]) + (p[1][1] - p[0][1]) * (p[1][1] - p[0][1])).sqrt()).sum()
}
