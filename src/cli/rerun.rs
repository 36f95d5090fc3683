//! `forecity rerun MANIFEST`: does it again and compares the hash of every table; names the first cell that differs.

use super::Common;
use super::batch::{self, Job};
use super::error::Error;
use super::job;
use super::progress::Board;
use super::run::MachineArgs;
use crate::diagnostic::Diagnostics;
use crate::report::manifest::Manifest;
use crate::report::table::Sheet;
use crate::report::{self, RunRecord, Which, files, kept};
use crate::simulation::fleet::{self, Task};
use serde_json::{Value, json};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Repeat a run and compare every table with what its manifest says.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:\n  forecity rerun out/study/manifest.json\n  forecity rerun out/study --seeds 1..3 --device cpu")]
pub struct Rerun {
    /// A manifest, or the folder it stands in.
    #[arg(value_name = "MANIFEST")]
    manifest: PathBuf,
    /// Only these seeds.
    #[arg(long, value_name = "A..B", value_parser = super::run::seeds)]
    seeds: Option<super::run::Seeds>,
    /// Only this variant.
    #[arg(long, value_name = "VARIANT")]
    only: Option<String>,
    #[command(flatten)]
    machine: MachineArgs,
}

impl Rerun {
    /// Runs it; says what differs.
    ///
    /// # Errors
    /// [`Error::Differs`] when a table differs, [`Error::Failure`] without a manifest, [`Error::Input`] when its study or city has faults.
    pub fn run(&self, common: &Common, out: &mut impl Write) -> Result<(), Error> {
        let path = if self.manifest.is_dir() { self.manifest.join("manifest.json") } else { self.manifest.clone() };
        let manifest = Manifest::read(&path).map_err(|words| Error::Failure(words.to_string()))?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let mut found = Diagnostics::new();
        let typed = job::Typed { only: self.only.clone(), ..job::typed_of(&manifest, &folder) };
        let Some(job) = job::prepare(&typed, self.machine.machine(), &mut found) else { return Err(Error::Input(Box::new(found))) };
        if manifest.forecity.result_version != report::RESULT_VERSION && !common.quiet {
            let (then, now) = (manifest.forecity.result_version, report::RESULT_VERSION);
            writeln!(std::io::stderr().lock(), "note: made with result version {then}, this is {now}: differences are to be expected").ok();
        }
        batch::heed_ctrl_c();
        let (compared, differing) = self.compare(&job, &manifest, &folder, common.quiet || common.json)?;
        tell(compared, &differing, common, out)
    }

    /// Repeats the runs; how many there were and where they differ.
    fn compare(
        &self,
        job: &Job,
        manifest: &Manifest,
        folder: &Path,
        quiet: bool,
    ) -> Result<(usize, Vec<Value>), crate::simulation::RunError> {
        let (mut compared, mut differing) = (0, Vec::new());
        let wanted =
            |arm: &batch::Arm, run: &&RunRecord| arm.has(run) && self.seeds.as_ref().is_none_or(|seeds| seeds.0.contains(&run.seed));
        let mut before: Vec<(&batch::Arm, Vec<&RunRecord>)> = Vec::new();
        for arm in &job.arms {
            let mut runs: Vec<&RunRecord> = manifest.runs.iter().filter(|run| wanted(arm, run)).collect();
            runs.sort_by_key(|run| run.seed);
            before.extend(runs.chunks(self.machine.worlds.unwrap_or(8).max(1)).map(|some| (arm, some.to_vec())));
        }
        let Some((first, _)) = before.first() else { return Ok((0, differing)) };
        let step_s = 1.0 / f64::from(1_u32 << first.settings.k);
        let board = Board::new(before.iter().map(|(_, runs)| runs.len()).sum(), 0, quiet, step_s, first.settings.from_s);
        let tasks = before.iter().map(|(arm, runs)| Task {
            city: &arm.city,
            settings: &arm.settings,
            seeds: runs.iter().map(|run| run.seed).collect(),
        });
        let watch = |unit, progress| {
            board.show(unit, progress);
            if batch::stopping() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let at_once = self.machine.worlds.unwrap_or_else(|| super::plan::worlds_that_fit(job)).max(1);
        let ended = fleet::run(&tasks.collect::<Vec<_>>(), &job.machine, at_once, &watch, &mut |task, runs, _| {
            let (arm, old) = &before[task];
            for (run, old) in runs.iter().zip(old) {
                compared += 1;
                let which = Which { variant: old.variant.clone(), point: old.point, key: arm.key.clone() };
                let (new, sheets) = report::record(&arm.city, run, &which, &job.limits);
                differing.extend(differences(old, &new, &sheets, folder));
            }
            ControlFlow::Continue(())
        });
        board.end();
        ended.map_err(|failed| failed.error)?;
        Ok((compared, differing))
    }
}

/// Differences shown on the terminal; the JSON document has all.
const SHOWN: usize = 20;

/// Says it.
fn tell(compared: usize, differing: &[Value], common: &Common, out: &mut impl Write) -> Result<(), Error> {
    if common.json {
        let document =
            json!({ "document": "forecity.rerun/1", "identical": differing.is_empty(), "compared": compared, "differing": differing });
        writeln!(out, "{document:#}")?;
    } else if differing.is_empty() && compared > 0 {
        writeln!(out, "identical: {compared} of {compared} runs")?;
    } else {
        for row in differing.iter().take(SHOWN) {
            let text = |key: &str| row[key].as_str().map_or_else(|| row[key].to_string(), str::to_owned);
            let (variant, seed, table, at, column) = (text("variant"), text("seed"), text("table"), text("row"), text("column"));
            let cell = if row["row"].is_null() { String::new() } else { format!(" row {at} column {column}") };
            let place = format!("{variant} seed {seed} {table}{cell}");
            writeln!(out, "differs: {place}: expected {}, found {}", text("expected"), text("found"))?;
        }
    }
    match (compared, differing.len()) {
        (0, _) => Err(Error::Usage("no run of this manifest was asked for".into())),
        (_, 0) => Ok(()),
        (runs, tables) => Err(Error::Differs(format!("different: {tables} tables in {runs} runs"))),
    }
}

/// Tables of one run whose hashes differ, with the first cell that does where the old table is still on the disk.
fn differences(old: &RunRecord, new: &RunRecord, sheets: &[Sheet], folder: &Path) -> Vec<Value> {
    let mut found = Vec::new();
    if old.state_hash != new.state_hash {
        found.push(row(old, "state", &Value::Null, "", &old.state_hash, &new.state_hash));
    }
    let mut names: Vec<&String> = old.table_hashes.keys().chain(new.table_hashes.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        let (then, now) = (old.table_hashes.get(name), new.table_hashes.get(name));
        if then == now {
            found.extend(then.and_then(|then| stored_differs(old, name, then, sheets, folder)));
            continue;
        }
        let nothing = "no such table".to_owned();
        let cell = sheets.iter().find(|sheet| sheet.name == *name).and_then(|sheet| first_difference(sheet, old, folder));
        found.push(match cell {
            Some((at, column, expected, there)) => row(old, name, &json!(at), column, &expected, &there),
            None => row(old, name, &Value::Null, "", then.unwrap_or(&nothing), now.unwrap_or(&nothing)),
        });
    }
    found
}

/// One difference.
fn row(run: &RunRecord, table: &str, at: &Value, column: &str, expected: &str, found: &str) -> Value {
    json!({ "variant": run.variant, "point": run.point, "seed": run.seed, "table": table, "row": at, "column": column, "expected": expected, "found": found })
}

/// The table on the disk, where it is not what its manifest says although the run is; a manifest alone has none.
fn stored_differs(old: &RunRecord, name: &str, expected: &str, sheets: &[Sheet], folder: &Path) -> Option<Value> {
    let path = stored(old, name, folder)?;
    let why = match kept::sheet(&path, name) {
        Ok(stored) if kept::cut(&stored, &[old.seed]).hash() == expected => return None,
        Ok(_) => "the stored table is another one".to_owned(),
        Err(why) => why,
    };
    let cell = sheets.iter().find(|sheet| sheet.name == name).and_then(|sheet| first_difference(sheet, old, folder));
    Some(match cell {
        Some((at, column, there, expected)) => row(old, name, &json!(at), column, &expected, &format!("{there} in {}", path.display())),
        None => row(old, name, &Value::Null, "", expected, &why),
    })
}

/// The file of a table that holds a run.
fn stored(run: &RunRecord, table: &str, folder: &Path) -> Option<PathBuf> {
    let mut all = files::stored_files(folder, table, &run.variant, run.point).into_iter();
    all.find(|(first, last, _)| (*first..=*last).contains(&run.seed)).map(|(.., path)| path)
}

/// The first cell that differs from the stored table: row, column, stored, computed.
fn first_difference(sheet: &Sheet, run: &RunRecord, folder: &Path) -> Option<(usize, &'static str, String, String)> {
    let stored = kept::cut(&kept::sheet(&stored(run, sheet.name, folder)?, sheet.name).ok()?, &[run.seed]);
    for at in 0..stored.rows.min(sheet.rows) {
        for (column, series) in sheet.columns.iter().enumerate() {
            let (expected, there) = (stored.cell(at, column), sheet.cell(at, column));
            if expected != there {
                return Some((at, series.name, expected, there));
            }
        }
    }
    (stored.rows != sheet.rows).then(|| (stored.rows.min(sheet.rows), "number of rows", stored.rows.to_string(), sheet.rows.to_string()))
}
