//! `forecity rerun MANIFEST`: does it again and compares the hash of every table; names the first cell that differs.

use super::batch::{self, Job};
use super::job::{Typed, prepare_text};
use super::run::{MachineArgs, failed};
use crate::diagnostic::Diagnostics;
use crate::report::manifest::Manifest;
use crate::report::table::Sheet;
use crate::report::{self, RunRecord, Which, parquet};
use crate::scenario::{read, source::Source};
use serde_json::{Value, json};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Repeat a run and compare every table with what its manifest says.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  forecity rerun out/study/manifest.json\n  forecity rerun out/study --seeds 1..3 --device cpu\n\nExit codes: 0 identical, 4 different, 1 failure, 3 the study or city of the manifest cannot be read"
)]
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
    /// No progress.
    #[arg(short, long)]
    quiet: bool,
    /// One JSON document.
    #[arg(long)]
    json: bool,
}

impl Rerun {
    /// Runs it. Returns the exit code.
    pub fn run(&self, out: &mut impl Write, talk: &mut impl Write) -> u8 {
        let path = if self.manifest.is_dir() { self.manifest.join("manifest.json") } else { self.manifest.clone() };
        let manifest = match Manifest::read(&path) {
            Ok(manifest) => manifest,
            Err(words) => {
                writeln!(talk, "error: {words}").ok();
                return 1;
            }
        };
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let mut found = Diagnostics::new();
        let Some(job) = self.job(&manifest, &mut found) else {
            write!(talk, "{}", found.render("nothing was run")).ok();
            return 3;
        };
        if manifest.forecity.result_version != report::RESULT_VERSION {
            let (then, now) = (manifest.forecity.result_version, report::RESULT_VERSION);
            writeln!(talk, "note: made with result version {then}, this is {now}: differences are to be expected").ok();
        }
        batch::heed_ctrl_c();
        match self.compare(&job, &manifest, &folder) {
            Ok((compared, differing)) => self.tell(compared, &differing, out),
            Err(error) => failed(&error.into(), talk),
        }
    }

    /// The job that the manifest describes.
    fn job(&self, manifest: &Manifest, found: &mut Diagnostics) -> Option<Job> {
        let set = |head: &str| -> Vec<String> {
            manifest.options.iter().filter_map(|option| option.strip_prefix(head)).map(str::to_owned).collect()
        };
        let what = if manifest.study.text.is_empty() { manifest.city.path.clone() } else { manifest.study.path.clone() };
        let typed =
            Typed { what: what.clone(), set: set("--set "), actions: set("--do "), only: self.only.clone(), seeds: None, out: None };
        let text = if manifest.study.text.is_empty() { read::empty() } else { Source::new(&what, &manifest.study.text) };
        prepare_text(&typed, text, self.machine.machine(), found)
    }

    /// Repeats the runs; how many there were and where they differ.
    fn compare(&self, job: &Job, manifest: &Manifest, folder: &Path) -> Result<(usize, Vec<Value>), crate::simulation::RunError> {
        let (mut compared, mut differing) = (0, Vec::new());
        for arm in &job.arms {
            let wanted = |run: &&RunRecord| {
                let seed = self.seeds.as_ref().is_none_or(|seeds| seeds.0.contains(&run.seed));
                seed && run.variant == arm.text.slug && run.point == arm.text.point
            };
            let before: Vec<&RunRecord> = manifest.runs.iter().filter(wanted).collect();
            for chunk in before.chunks(self.machine.worlds.unwrap_or(8).max(1)) {
                let seeds: Vec<u64> = chunk.iter().map(|run| run.seed).collect();
                let mut line =
                    super::progress::Line::new(format!("{}  rerun", arm.text.name), self.quiet || self.json, 0.5, arm.settings.from_s);
                let (runs, _) = crate::simulation::run(&arm.city, &arm.settings, &seeds, &job.machine, &mut |progress| {
                    line.show(&progress);
                    ControlFlow::Continue(())
                })?;
                line.end();
                for (run, old) in runs.iter().zip(chunk) {
                    compared += 1;
                    let which = Which { variant: old.variant.clone(), point: old.point, key: arm.key.clone() };
                    let (new, sheets) = report::record(&arm.city, run, &which, &job.limits);
                    differing.extend(differences(old, &new, &sheets, folder));
                }
            }
        }
        Ok((compared, differing))
    }

    /// Says it.
    fn tell(&self, compared: usize, differing: &[Value], out: &mut impl Write) -> u8 {
        if self.json {
            let document =
                json!({ "document": "forecity.rerun/1", "identical": differing.is_empty(), "compared": compared, "differing": differing });
            writeln!(out, "{document}").ok();
        } else if differing.is_empty() {
            writeln!(out, "identical: {compared} of {compared} runs").ok();
        } else {
            for row in differing.iter().take(20) {
                let text = |key: &str| row[key].as_str().map_or_else(|| row[key].to_string(), str::to_owned);
                let place = format!(
                    "{} seed {} table {} row {} column {}",
                    text("variant"),
                    text("seed"),
                    text("table"),
                    text("row"),
                    text("column")
                );
                writeln!(out, "differs: {place}: expected {}, found {}", text("expected"), text("found")).ok();
            }
            writeln!(out, "different: {} tables in {compared} runs", differing.len()).ok();
        }
        if compared == 0 || !differing.is_empty() { 4 } else { 0 }
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

/// The first cell that differs from the stored table.
fn first_difference(sheet: &Sheet, run: &RunRecord, folder: &Path) -> Option<(usize, &'static str, String, String)> {
    let place = folder.join("tables").join(sheet.name).join(format!("variant={}", run.variant)).join(format!("point={}", run.point));
    let covers = |path: &PathBuf| {
        let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let ends = stem.split_once('-').and_then(|(a, b)| Some((a.parse::<u64>().ok()?, b.parse::<u64>().ok()?)));
        path.extension().is_some_and(|end| end == "parquet") && ends.is_some_and(|(a, b)| (a..=b).contains(&run.seed))
    };
    let file = std::fs::read_dir(place).ok()?.filter_map(Result::ok).map(|entry| entry.path()).find(covers)?;
    let seed = run.seed.to_string();
    let stored: Vec<Vec<String>> = parquet::cells(&file).ok()?.into_iter().filter(|row| row.first() == Some(&seed)).collect();
    for (at, old) in stored.iter().enumerate().take(sheet.rows) {
        for (column, series) in sheet.columns.iter().enumerate() {
            let (expected, there) = (old.get(column).cloned().unwrap_or_default(), sheet.cell(at, column));
            if expected != there {
                return Some((at, series.name, expected, there));
            }
        }
    }
    (stored.len() != sheet.rows).then(|| (stored.len().min(sheet.rows), "number of rows", stored.len().to_string(), sheet.rows.to_string()))
}
