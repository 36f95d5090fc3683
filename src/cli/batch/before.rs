//! What an earlier run left in the folder: runs that are still what is asked for stay, files that hold others too are cut down to them, and
//! what cannot be had again is not thrown away without a word.

use super::{Also, Arm, Job, write_sheet};
use crate::diagnostic::plural;
use crate::report::files::{self, WriteError};
use crate::report::manifest::Manifest;
use crate::report::{RunRecord, kept, sumo_xml};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Puts the runs that can be used again into the manifest, and removes the tables of all others. Notes for whoever waits.
///
/// # Errors
/// [`WriteError`]: the folder holds what would be lost, and nothing was changed; or a file cannot be written, and nothing was removed.
pub fn take_over(job: &Job, manifest: &mut Manifest) -> Result<Vec<String>, WriteError> {
    let path = job.out.join("manifest.json");
    let before = match Manifest::read(&path) {
        Ok(before) => before,
        Err(why) if path.exists() && !job.fresh => {
            let why = format!("{why}; nothing was changed: --fresh starts over, -o names another folder");
            return Err(WriteError { path, why });
        }
        Err(_) => return Ok(Vec::new()),
    };
    let mut notes = Vec::new();
    if !job.fresh {
        if let Some(why) = refusal(job, &before) {
            let why = format!("{why}; nothing was changed: -o names another folder, --fresh starts over");
            return Err(WriteError { path: job.out.clone(), why });
        }
        let (said, damaged) = keep(job, &before, manifest)?;
        notes = said;
        let gone = before.runs.len().saturating_sub(manifest.runs.len() + damaged);
        if gone > 0 {
            let what = plural(gone, "finished run");
            notes.push(format!("{what} of before do not fit what is asked now (study, city or program changed): their tables are removed"));
        }
    }
    prune(&job.out, &manifest.runs);
    Ok(notes)
}

/// Some runs of one file of an earlier manifest that are wanted.
struct Piece<'a> {
    arm: &'a Arm,
    seeds: [u64; 2],
    runs: Vec<&'a RunRecord>,
}

/// Takes over the runs of an earlier manifest that have the same key and whose tables are still whole on the disk. What there is to say, and
/// how many runs have tables that are not whole.
fn keep(job: &Job, before: &Manifest, manifest: &mut Manifest) -> Result<(Vec<String>, usize), WriteError> {
    // Looks may have gone further than the seeds that are written; what they found is used again.
    let seeds: Vec<u64> = match (&job.until, before.seeds.len() > job.seeds.len() && before.seeds.starts_with(&job.seeds)) {
        (Some(looks), true) => before.seeds.iter().copied().take(looks.at_most).collect(),
        _ => job.seeds.clone(),
    };
    let mut pieces = Vec::new();
    for arm in &job.arms {
        let there = files::stored_files(&job.out, "trips", &arm.text.slug, arm.text.point);
        let known = |seed: u64| seeds.contains(&seed).then(|| before.known(&arm.text.slug, arm.text.point, seed, &arm.key)).flatten();
        // Files of a job that was cut short while it cut them down overlap.
        let mut seen = BTreeSet::new();
        for (first, last, _) in &there {
            let wanted = (*first..=*last).filter(|seed| asked_formats_lie_there(job, arm, &there, *seed));
            let runs: Vec<&RunRecord> = wanted.filter_map(known).filter(|run| seen.insert(run.seed)).collect();
            pieces.push(Piece { arm, seeds: [*first, *last], runs });
        }
    }
    pieces.retain(|piece| !piece.runs.is_empty());
    let stay: Vec<Result<Result<(), String>, WriteError>> = pieces.par_iter().map(|piece| piece.stay(job)).collect();
    let (mut notes, mut damaged) = (Vec::new(), 0);
    for (piece, stays) in pieces.iter().zip(stay) {
        match stays? {
            Ok(()) => {
                let again = |run: &&RunRecord| RunRecord { invalid: run.validity.broken(&job.limits), ..(*run).clone() };
                manifest.runs.extend(piece.runs.iter().map(again));
            }
            Err(why) => {
                notes.push(format!("{why}: {} done again", plural(piece.runs.len(), "run")));
                damaged += piece.runs.len();
            }
        }
    }
    manifest.device = before.device.clone();
    // What is used again was computed before: its time is a part of the whole.
    if !manifest.runs.is_empty() {
        manifest.wall_s = before.wall_s;
        manifest.write_s = before.write_s;
    }
    Ok((notes, damaged))
}

impl Piece<'_> {
    /// Looks whether its tables are what the manifest says; writes those of the runs that stay by themselves where their file holds others.
    /// The inner error says which file is not whole.
    fn stay(&self, job: &Job) -> Result<Result<(), String>, WriteError> {
        let text = &self.arm.text;
        let tables: BTreeSet<&String> = self.runs.iter().flat_map(|run| run.table_hashes.keys()).collect();
        let place = |table: &str| job.out.join(files::table_path(table, &text.slug, text.point, self.seeds, "parquet"));
        for table in &tables {
            if let Err(why) = kept::check(&place(table), table, &self.runs) {
                return Ok(Err(why));
            }
        }
        if self.seeds[1] - self.seeds[0] + 1 == self.runs.len() as u64 {
            return Ok(Ok(()));
        }
        for table in &tables {
            let sheet = match kept::sheet(&place(table), table) {
                Ok(sheet) => sheet,
                Err(why) => return Ok(Err(why)),
            };
            for runs in self.runs.chunk_by(|a, b| a.seed + 1 == b.seed) {
                let seeds: Vec<u64> = runs.iter().map(|run| run.seed).collect();
                write_sheet(job, &kept::cut(&sheet, &seeds), text, [seeds[0], seeds[seeds.len() - 1]])?;
            }
        }
        Ok(Ok(()))
    }
}

/// Are the further formats that are asked for there of a run that is stored?
fn asked_formats_lie_there(job: &Job, arm: &Arm, there: &[(u64, u64, PathBuf)], seed: u64) -> bool {
    let folder = job.out.join("sumo").join(format!("variant={}", arm.text.slug)).join(format!("point={}", arm.text.point));
    job.also.iter().all(|also| match also {
        Also::Csv => {
            let mut covering = there.iter().filter(|(first, last, _)| (*first..=*last).contains(&seed));
            covering.any(|(_, _, path)| path.with_extension("csv").is_file())
        }
        Also::Sumo => sumo_xml::KINDS.iter().any(|(stem, _)| folder.join(format!("{seed}.{stem}.xml")).is_file()),
    })
}

/// Why a folder that holds these runs must not be written into: what is finished would be lost.
fn refusal(job: &Job, before: &Manifest) -> Option<String> {
    let place = |path: &str| std::fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from(path));
    let (here, words) = (place(&before.study.path) == place(&job.study.path), before.study.blake3 == job.study.blake3);
    if !here && !words && !before.runs.is_empty() {
        return Some(format!("it holds the results of another study, {}", before.study.path));
    }
    let at_most = job.until.as_ref().map_or(0, |looks| looks.at_most);
    let seed_asked = |seed: u64| {
        let looks = job.seeds.first().is_some_and(|first| (*first..*first + at_most as u64).contains(&seed));
        looks || job.seeds.contains(&seed)
    };
    let asked = |run: &RunRecord| {
        let arm = job.arms.iter().find(|arm| arm.has(run));
        arm.is_some_and(|arm| seed_asked(run.seed) && (before.options == job.options || arm.key == run.key))
    };
    let lost = before.runs.iter().filter(|run| !asked(run)).count();
    // A study that was edited asks something else, and replaces what it asked before.
    (here && words && lost > 0).then(|| {
        let such = if before.options == job.options { "that are not asked for now" } else { "that were run with other options" };
        format!("{} of this study lie there {such}, and one folder holds one set of runs", plural(lost, "finished run"))
    })
}

/// Removes table files of runs that are not kept: they would be read as part of the data set.
fn prune(out: &Path, kept: &[RunRecord]) {
    let folders = |path: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(path).map(|entries| entries.filter_map(Result::ok).map(|entry| entry.path()).collect()).unwrap_or_default()
    };
    let name = |path: &Path| path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    for table in folders(&out.join("tables")) {
        for variant in folders(&table) {
            for point in folders(&variant) {
                let (table, slug) = (name(&table), name(&variant).replacen("variant=", "", 1));
                let number: usize = name(&point).replacen("point=", "", 1).parse().unwrap_or(usize::MAX);
                for (first, last, path) in files::table_files(out, &table, &slug, number) {
                    let known = |seed: u64| kept.iter().any(|run| run.variant == slug && run.point == number && run.seed == seed);
                    if !(first..=last).all(known) {
                        std::fs::remove_file(path).ok();
                    }
                }
            }
        }
    }
}
