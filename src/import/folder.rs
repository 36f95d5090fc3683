//! Writes the city folder: GMNS tables with our columns, `import.json`, and `study.toml` last.
//!
//! Every file is written under a temporary name and renamed, so that an interrupted import leaves no half file. Coordinates have three
//! decimals; all other numbers are written with as many digits as it takes to read the same number back.

mod demand;
mod network;

use crate::city::Uses;
use crate::import::Imported;
use crate::import::report::ImportReport;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Why a folder could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {act} {path}: {source}")]
pub struct WriteError {
    /// What was tried.
    pub act: &'static str,
    /// On what.
    pub path: PathBuf,
    /// Why not.
    pub source: std::io::Error,
}

/// Every table that an import may write. One that is left from an earlier import into the same folder is removed.
const TABLES: [&str; 16] = [
    "config.csv",
    "node.csv",
    "link.csv",
    "lane.csv",
    "movement.csv",
    "conflict.csv",
    "signal_controller.csv",
    "signal_timing_plan.csv",
    "signal_timing_phase.csv",
    "zone.csv",
    "use_definition.csv",
    "mode.csv",
    "path.csv",
    "trip.csv",
    "halt.csv",
    "detector.csv",
];
/// How many of them, from the first, describe the network (the network hash runs over these).
const NETWORK: usize = 9;

/// A table in memory.
pub(crate) struct Table {
    name: &'static str,
    rows: csv::Writer<Vec<u8>>,
}

impl Table {
    fn new(name: &'static str, columns: &str) -> Table {
        let mut table = Table { name, rows: csv::Writer::from_writer(Vec::new()) };
        table.row(columns.split(','));
        table
    }
    fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        // Writing into memory cannot fail, and all rows of a table are built with the same number of cells.
        let written = self.rows.write_record(cells);
        debug_assert!(written.is_ok(), "{}: a row with another number of cells", self.name);
    }
    fn bytes(self) -> Vec<u8> {
        self.rows.into_inner().unwrap_or_default()
    }
}

/// The shortest text of a number that reads back the same.
fn plain(value: f64) -> String {
    format!("{value}")
}

/// A coordinate: three decimals.
fn coordinate(value: f64) -> String {
    let text = format!("{value:.3}");
    if text.trim_start_matches('-').bytes().all(|digit| digit == b'0' || digit == b'.') { "0.000".into() } else { text }
}

fn line(points: &[[f64; 2]]) -> String {
    if points.len() < 2 {
        return String::new();
    }
    let points: Vec<String> = points.iter().map(|at| format!("{} {}", coordinate(at[0]), coordinate(at[1]))).collect();
    format!("LINESTRING ({})", points.join(", "))
}

fn flag(value: bool) -> String {
    if value { "1" } else { "0" }.into()
}

/// `all`, `none`, or names with commas between.
fn names(uses: Uses) -> String {
    if uses == Uses::ALL {
        return "all".into();
    }
    let list: Vec<&str> = Uses::NAMES.iter().enumerate().filter(|(bit, _)| uses.0 & (1 << bit) != 0).map(|(_, name)| *name).collect();
    if list.is_empty() { "none".into() } else { list.join(",") }
}

fn cells<const N: usize>(table: &mut Table, row: [String; N]) {
    table.row(row.iter().map(String::as_str));
}

/// Writes the folder; what an earlier import left there is replaced.
///
/// # Errors
/// The disk.
pub fn write(imported: &Imported, report: &ImportReport, folder: &Path) -> Result<(), WriteError> {
    std::fs::create_dir_all(folder).map_err(|source| WriteError { act: "make the folder", path: folder.into(), source })?;
    let mut tables = network::tables(imported);
    tables.extend(demand::tables(imported));
    let mut hash = blake3::Hasher::new();
    let mut written = Vec::new();
    for table in tables {
        let name = table.name;
        let bytes = table.bytes();
        if TABLES[..NETWORK].contains(&name) {
            hash.update(name.as_bytes());
            hash.update(&bytes);
        }
        put(folder, name, &bytes)?;
        written.push(name);
    }
    for name in TABLES.iter().filter(|name| !written.contains(name)) {
        let path = folder.join(name);
        if path.exists() {
            std::fs::remove_file(&path).map_err(|source| WriteError { act: "remove the old", path, source })?;
        }
    }
    put(folder, "import.json", document(imported, report, &hash.finalize().to_hex()).as_bytes())?;
    let study = study(imported);
    let path = folder.join("study.toml");
    if std::fs::read_to_string(&path).is_ok_and(|old| old != study) {
        std::fs::rename(&path, folder.join("study.old.toml")).map_err(|source| WriteError { act: "keep the old", path, source })?;
    }
    put(folder, "study.toml", study.as_bytes())
}

fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), WriteError> {
    let (path, draft) = (folder.join(name), folder.join(format!("{name}.part")));
    std::fs::write(&draft, bytes).map_err(|source| WriteError { act: "write", path: draft.clone(), source })?;
    std::fs::rename(&draft, &path).map_err(|source| WriteError { act: "rename to", path, source })
}

#[derive(Serialize)]
struct Document<'a> {
    document: &'static str,
    title: &'a str,
    from_s: f64,
    to_s: f64,
    step_s: f64,
    seed: u64,
    network_hash: &'a str,
    counts: Counts,
    sources: Vec<SourceRow<'a>>,
    report: Vec<ReportRow<'a>>,
    defects: Vec<Defect<'a>>,
    more_defects: usize,
}

#[derive(Serialize)]
struct Counts {
    nodes: usize,
    links: usize,
    lanes: usize,
    movements: usize,
    conflicts: usize,
    controllers: usize,
    zones: usize,
    classes: usize,
    trips: usize,
}

#[derive(Serialize)]
struct SourceRow<'a> {
    name: &'a str,
    blake3: &'a str,
}

#[derive(Serialize)]
struct ReportRow<'a> {
    element: &'a str,
    outcome: &'a str,
    how: &'a str,
    count: usize,
    worst: Vec<&'a str>,
}

#[derive(Serialize)]
struct Defect<'a> {
    code: String,
    file: &'a str,
    line: usize,
    message: &'a str,
}

fn document(imported: &Imported, report: &ImportReport, hash: &str) -> String {
    let city = &imported.city;
    let document = Document {
        document: "forecity.import/1",
        title: &imported.title,
        from_s: imported.from_s,
        to_s: imported.to_s,
        step_s: imported.step_s,
        seed: imported.seed,
        network_hash: hash,
        counts: Counts {
            nodes: city.nodes.len(),
            links: city.links.len(),
            lanes: city.lanes.len(),
            movements: city.movements.len(),
            conflicts: city.conflicts.len(),
            controllers: city.controllers.len(),
            zones: city.zones.len(),
            classes: city.classes.len(),
            trips: city.trips.len(),
        },
        sources: report.sources.iter().map(|source| SourceRow { name: &source.name, blake3: &source.blake3 }).collect(),
        report: report
            .rows
            .iter()
            .map(|((element, outcome, how), row)| ReportRow {
                element,
                outcome: outcome.word(),
                how,
                count: row.count,
                worst: row.places.iter().map(|place| place.1.as_str()).filter(|place| !place.is_empty()).collect(),
            })
            .collect(),
        defects: report
            .problems
            .iter()
            .map(|problem| Defect {
                code: format!("C{:03}", problem.code),
                file: Path::new(&problem.file).file_name().and_then(|name| name.to_str()).unwrap_or(&problem.file),
                line: problem.line,
                message: &problem.message,
            })
            .collect(),
        more_defects: report.more_problems,
    };
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// The study that runs the case as it was.
fn study(imported: &Imported) -> String {
    let title = serde_json::to_string(&imported.title).unwrap_or_else(|_| "\"\"".into());
    format!(
        "format = 1\ntitle  = {title}\ncity   = \".\"\n\n[time]\nfrom   = {from}\nto     = {to}\nwarmup = \"0 min\"\ndrain  = \"120 min\"\nstep   = \"{step} s\"\n\n\
         [model]\nrouting = {{ method = \"fixed\" }}\n\n[runs]\nseeds      = 10\nfirst_seed = {seed}\n",
        from = moment(imported.from_s),
        to = moment(imported.to_s),
        step = plain(imported.step_s),
        seed = imported.seed,
    )
}

/// A local date-time, counted from midnight of the first of January 2000.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded on the line")]
fn moment(seconds: f64) -> String {
    let total_ms = (seconds.clamp(0.0, 1.0e9) * 1000.0).round() as u64;
    let (days, ms) = (total_ms / 86_400_000, total_ms % 86_400_000);
    let (mut year, mut month, mut day) = (2000_u64, 1_u64, 1 + days);
    loop {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        if day <= length {
            break;
        }
        day -= length;
        month += 1;
        if month > 12 {
            (year, month) = (year + 1, 1);
        }
    }
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    let fraction = if ms % 1000 == 0 { String::new() } else { format!(".{:03}", ms % 1000) };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_roll_over() {
        assert_eq!(moment(0.0), "2000-01-01T00:00:00");
        assert_eq!(moment(57_600.5), "2000-01-01T16:00:00.500");
        assert_eq!(moment(86_400.0 * 59.0 + 61.0), "2000-02-29T00:01:01");
        assert_eq!(moment(86_400.0 * 366.0), "2001-01-01T00:00:00");
    }

    #[test]
    fn texts_of_numbers_and_uses() {
        assert_eq!(coordinate(-0.0001), "0.000");
        assert_eq!(coordinate(-1.5), "-1.500");
        assert_eq!(names(Uses::ALL), "all");
        assert_eq!(names(Uses(0b1001)), "car,bus");
        assert_eq!(names(Uses::NONE), "none");
    }
}
