//! Runs a job batch by batch: what an earlier run left is used again, each batch is written before the next one starts, and an interrupted
//! job keeps what is finished.

mod before;

use super::plan;
use super::progress::{Board, now};
use crate::city::{City, fingerprint};
use crate::report::files::{self, WriteError, table_path};
use crate::report::manifest::{CityText, Computed, Manifest, Program, StudyText, Until, VariantText, Wanted};
use crate::report::table::Scene;
use crate::report::{self, RunRecord, Which, compare, document, study, summary, sumo_xml, table::Sheet, validity};
use crate::simulation::fault::Fault;
use crate::simulation::fleet::{self, Failed, Task};
use crate::simulation::{Device, Machine, RunError, Settings};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

/// Set by the first Ctrl-C.
static STOP: AtomicBool = AtomicBool::new(false);

/// The first Ctrl-C asks the job to stop after the work in hand, the second ends the program.
pub fn heed_ctrl_c() {
    ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    })
    .ok();
}

/// Has somebody pressed Ctrl-C?
#[must_use]
pub fn stopping() -> bool {
    STOP.load(Ordering::SeqCst)
}

/// One variant at one point, as a city ready to run.
#[derive(Clone, Debug)]
pub struct Arm {
    /// Names.
    pub text: VariantText,
    /// City with the variant's actions in it.
    pub city: City,
    /// Settings.
    pub settings: Settings,
    /// Hash of all that decides its runs but the seed.
    pub key: String,
}

impl Arm {
    /// An arm with its key.
    #[must_use]
    pub fn new(text: VariantText, city: City, settings: Settings) -> Arm {
        let rest = format!("{settings:?} {}", report::RESULT_VERSION);
        let key = blake3::hash(format!("{} {rest}", fingerprint::of(&city)).as_bytes()).to_hex().to_string();
        Arm { text, city, settings, key }
    }

    /// Is it a run of this arm?
    #[must_use]
    pub fn has(&self, run: &RunRecord) -> bool {
        run.variant == self.text.slug && run.point == self.text.point
    }
}

/// Other formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Also {
    /// CSV beside each Parquet file.
    Csv,
    /// SUMO's tripinfo, edgedata, summary, fcd, one set a run.
    Sumo,
}

/// Everything a job needs.
#[derive(Clone, Debug)]
pub struct Job {
    /// Study as it was run.
    pub study: StudyText,
    /// City as it was named.
    pub city: CityText,
    /// Arms; the first one is base.
    pub arms: Vec<Arm>,
    /// Seeds.
    pub seeds: Vec<u64>,
    /// What was said of the input, and did not stop it.
    pub warnings: Vec<String>,
    /// Measures to show.
    pub measures: Vec<String>,
    /// Share of base below which a difference does not matter.
    pub matters: f64,
    /// More seeds until this is reached.
    pub until: Option<Looks>,
    /// Limits.
    pub limits: validity::Limits,
    /// Options of the command line that change numbers.
    pub options: Vec<String>,
    /// Folder of the results.
    pub out: PathBuf,
    /// Where to compute.
    pub machine: Machine,
    /// Worlds of a batch, and at once; `None` = eight a batch, on the CPU as many at once as there are threads, if they fit.
    pub worlds: Option<usize>,
    /// Other formats.
    pub also: Vec<Also>,
    /// Use nothing of an earlier run.
    pub fresh: bool,
    /// No progress line.
    pub quiet: bool,
}

/// When to stop adding seeds: at a precision, never at a significance, which would find effects where there are none.
#[derive(Clone, Debug)]
pub struct Looks {
    /// The precision.
    pub until: Until,
    /// So many seeds at most.
    pub at_most: usize,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// The manifest as written.
    pub manifest: Manifest,
    /// Comparisons with base.
    pub comparisons: Vec<compare::Comparison>,
    /// Runs taken from before.
    pub reused: usize,
    /// Runs planned.
    pub planned: usize,
    /// Ctrl-C.
    pub interrupted: bool,
    /// What a kernel raised, in words; the job was stopped there.
    pub fault: Option<String>,
}

/// Why a job ended without results.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// A file.
    #[error("{0}")]
    Write(#[from] WriteError),
    /// The computation.
    #[error("{0}")]
    Run(#[from] RunError),
}

impl Outcome {
    /// 0, 6 when a run is invalid, 130 when it was interrupted.
    #[must_use]
    pub fn exit(&self) -> u8 {
        let invalid = self.manifest.runs.iter().any(|run| !run.invalid.is_empty());
        if self.interrupted {
            130
        } else if invalid {
            6
        } else {
            0
        }
    }

    /// The terminal summary.
    #[must_use]
    pub fn text(&self, job: &Job) -> String {
        let mut text = summary::text(&self.manifest, &self.comparisons, &job.out.display().to_string());
        if self.reused > 0 {
            text += &format!("reused {} of {}\n", self.reused, self.planned);
        }
        text
    }

    /// The JSON document.
    #[must_use]
    pub fn json(&self, job: &Job, diagnostics: Vec<serde_json::Value>) -> serde_json::Value {
        let extra = document::Extra {
            planned: self.planned,
            reused: self.reused,
            out: job.out.display().to_string(),
            exit_code: i32::from(self.exit()),
            diagnostics,
        };
        document::run(&self.manifest, &self.comparisons, &extra)
    }
}

/// Seconds since midnight as hh:mm.
#[must_use]
pub fn clock(s: f64) -> String {
    format!("{:02.0}:{:02.0}", (s / 3600.0).floor(), (s / 60.0).floor() % 60.0)
}

/// Now, as in 2026-11-24T06:00:00Z.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the manifest says when it was written")]
pub fn utc() -> String {
    let s = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, rest) = (s / 86_400 + 719_468, s % 86_400);
    // Days to a date in the proleptic Gregorian calendar (Hinnant 2013), eras of 400 years from March 1 of year 0.
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let (month, day) = (if march < 10 { march + 3 } else { march - 9 }, of_year - (153 * march + 2) / 5 + 1);
    let year = year + 400 * era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

/// Runs what is missing and writes everything. Each finished run is handed to `seen` as well.
///
/// # Errors
/// See [`JobError`]. What was finished before is on the disk.
pub fn execute(job: &Job, seen: &mut dyn FnMut(&Arm, &crate::observe::Observations)) -> Result<Outcome, JobError> {
    let start = now();
    let _mine = files::Claim::on(&job.out)?;
    let mut manifest = begin(job);
    for note in before::take_over(job, &mut manifest)? {
        if !job.quiet {
            std::io::Write::write_fmt(&mut std::io::stderr().lock(), format_args!("note: {note}\n")).ok();
        }
    }
    let (reused, earlier_s) = (manifest.runs.len(), manifest.wall_s);
    // A bare city or a grid has no study.
    if !job.study.text.is_empty() {
        files::write(&job.out.join("study.toml"), |sink| std::io::Write::write_all(sink, job.study.text.as_bytes()))?;
    }
    let mut work = Work { job, seen, manifest, start, earlier_s, limit: job.worlds.unwrap_or(8).max(1), seeds: job.seeds.clone() };
    let mut ended = work.all()?;
    while let (End::Whole, Some(seeds)) = (&ended, work.more()) {
        work.manifest.seeds.clone_from(&seeds);
        work.seeds = seeds;
        ended = work.all()?;
    }
    let planned = work.planned();
    // After Ctrl-C as well: what is finished is compared, and the tables fit the manifest.
    let begun = now();
    let comparisons = study::close(&mut work.manifest, &job.out, job.also.contains(&Also::Csv))?;
    work.manifest.write_s += begun.elapsed().as_secs_f64();
    work.finish()?;
    let (interrupted, fault) = match ended {
        End::Whole => (false, None),
        End::Interrupted => (true, None),
        End::Fault(words) => (false, Some(words)),
    };
    Ok(Outcome { manifest: work.manifest, comparisons, reused, planned, interrupted, fault })
}

/// How a look at all arms ended.
enum End {
    /// All runs are there.
    Whole,
    /// Ctrl-C.
    Interrupted,
    /// A kernel raised a bit, in words.
    Fault(String),
}

/// A job on its way.
struct Work<'a> {
    job: &'a Job,
    seen: &'a mut dyn FnMut(&Arm, &crate::observe::Observations),
    manifest: Manifest,
    start: std::time::Instant,
    /// Of earlier calls whose runs are used again \[s\].
    earlier_s: f64,
    /// Worlds of a batch: of one file, and on a GPU of one device.
    limit: usize,
    seeds: Vec<u64>,
}

impl Work<'_> {
    fn planned(&self) -> usize {
        self.job.arms.len() * self.seeds.len()
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        let planned = self.planned();
        finish(&mut self.manifest, planned, self.earlier_s + self.start.elapsed().as_secs_f64(), self.job)
    }

    /// What is missing, arm and seeds, in pieces of consecutive seeds: a file's name tells what is in it. The same seeds of all arms follow one
    /// another, so that pairs are whole as soon as can be.
    fn missing(&self) -> Vec<(usize, Vec<u64>)> {
        let mut pieces = Vec::new();
        for (number, arm) in self.job.arms.iter().enumerate() {
            let done: BTreeSet<u64> = self.manifest.runs.iter().filter(|run| arm.has(run)).map(|run| run.seed).collect();
            let missing: Vec<u64> = self.seeds.iter().copied().filter(|seed| !done.contains(seed)).collect();
            let runs = missing.chunk_by(|a, b| a + 1 == *b).flat_map(|run| run.chunks(self.limit));
            pieces.extend(runs.map(|seeds| (number, seeds.to_vec())));
        }
        pieces.sort_by_key(|(number, seeds)| (seeds[0], *number));
        pieces
    }

    /// Runs what is missing of all arms.
    fn all(&mut self) -> Result<End, JobError> {
        loop {
            let (job, missing) = (self.job, self.missing());
            let Some(first) = job.arms.first().filter(|_| !missing.is_empty()) else { return Ok(End::Whole) };
            let task = |(arm, seeds): &(usize, Vec<u64>)| {
                let Arm { city, settings, .. } = &job.arms[*arm];
                Task { city, settings, seeds: seeds.clone() }
            };
            let tasks: Vec<Task> = missing.iter().map(task).collect();
            let start_s = (first.settings.from_s - first.settings.warmup_s).max(0.0);
            let step_s = 1.0 / f64::from(1_u32 << first.settings.k);
            let board = Board::new(self.planned(), self.manifest.runs.len(), job.quiet, step_s, start_s);
            let watch = |unit, progress| {
                board.show(unit, progress);
                if stopping() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            let mut lost = None;
            let ended = fleet::run(&tasks, &job.machine, self.at_once(), &watch, &mut |task, runs, device| {
                let arm = &job.arms[missing[task].0];
                let begun = now();
                let error = self.take(arm, &runs, device).and_then(|()| self.finish()).err();
                self.manifest.write_s += begun.elapsed().as_secs_f64();
                let go_on = if error.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
                lost = lost.take().or(error);
                go_on
            });
            board.end();
            if let Some(lost) = lost {
                return Err(lost.into());
            }
            let Err(Failed { task, error }) = ended else { return Ok(End::Whole) };
            match error {
                RunError::Interrupted => return Ok(End::Interrupted),
                RunError::Fault(found) => {
                    let words = keep_fault(job, &job.arms[missing[task].0], &found, &mut self.manifest, self.seen)?;
                    self.finish()?;
                    return Ok(End::Fault(words));
                }
                RunError::Memory { fits, .. } if job.worlds.is_none() && (fits as usize) < self.limit && fits > 0 => {
                    self.limit = fits as usize;
                }
                error => return Err(error.into()),
            }
        }
    }

    /// Worlds at once on the CPU: as many as were asked for, or as there are threads, if the memory holds them.
    fn at_once(&self) -> usize {
        self.job.worlds.unwrap_or_else(|| plan::worlds_that_fit(self.job)).max(1)
    }

    fn take(&mut self, arm: &Arm, runs: &[crate::observe::Observations], device: &Device) -> Result<(), WriteError> {
        if !device.notice.is_empty() && device.notice != self.manifest.device.notice && !self.job.quiet {
            std::io::Write::write_fmt(&mut std::io::stderr().lock(), format_args!("note: {}\n", device.notice)).ok();
        }
        self.manifest.device = computed(device, runs.len());
        self.manifest.runs.extend(store(self.job, arm, runs, self.seen)?);
        Ok(())
    }

    /// The seeds of the next look, twice as many; none where the precision is reached, or no more are allowed.
    fn more(&self) -> Option<Vec<u64>> {
        let looks = self.job.until.as_ref()?;
        let (n, first) = (self.seeds.len(), *self.seeds.first()?);
        let next = (2 * n).min(looks.at_most);
        (next > n && !compare::precise_enough(&self.manifest)).then(|| (first..first + next as u64).collect())
    }
}

/// Keeps what was seen of a run until a fault, marked as invalid, and the state of its batch; says what to do.
///
/// # Errors
/// [`WriteError`].
pub fn keep_fault(
    job: &Job,
    arm: &Arm,
    fault: &Fault,
    manifest: &mut Manifest,
    seen: &mut dyn FnMut(&Arm, &crate::observe::Observations),
) -> Result<String, WriteError> {
    let snapshot = job.out.join("fault.snapshot");
    files::write(&snapshot, |sink| std::io::Write::write_all(sink, &fault.snapshot))?;
    manifest.device = computed(&fault.device, 1);
    manifest.runs.extend(store(job, arm, std::slice::from_ref(&fault.seen), seen)?);
    Ok(format!(
        "{}, {fault}; what was seen until then is kept, marked invalid: please report it with {}",
        arm.text.name,
        snapshot.display()
    ))
}

/// The manifest before the first run.
fn begin(job: &Job) -> Manifest {
    Manifest {
        document: report::manifest::DOCUMENT.to_owned(),
        forecity: Program::this(),
        command: std::env::args().collect(),
        study: job.study.clone(),
        city: job.city.clone(),
        seeds: job.seeds.clone(),
        step_s: job.arms.first().map_or(0.5, |arm| 1.0 / f64::from(1_u32 << arm.settings.k)),
        options: job.options.clone(),
        variants: job.arms.iter().map(|arm| arm.text.clone()).collect(),
        warnings: job.warnings.clone(),
        wanted: Wanted { measures: job.measures.clone(), matters: job.matters, until: job.until.as_ref().map(|looks| looks.until.clone()) },
        limits: job.limits,
        rerun: format!("forecity rerun {}", job.out.join("manifest.json").display()),
        ..Manifest::default()
    }
}

/// The device as the manifest keeps it.
fn computed(device: &Device, worlds: usize) -> Computed {
    Computed {
        kind: device.kind.clone(),
        name: if device.kind == "cpu" { super::info::processor() } else { device.name.clone() },
        driver: device.driver.clone(),
        threads: device.threads,
        worlds_per_batch: worlds,
        os: std::env::consts::OS.to_owned(),
        notice: device.notice.clone(),
    }
}

/// Writes the tables of a batch.
fn store(
    job: &Job,
    arm: &Arm,
    runs: &[crate::observe::Observations],
    seen: &mut dyn FnMut(&Arm, &crate::observe::Observations),
) -> Result<Vec<RunRecord>, WriteError> {
    let which = Which { variant: arm.text.slug.clone(), point: arm.text.point, key: arm.key.clone() };
    let (mut records, mut sheets) = (Vec::new(), Vec::new());
    for run in runs {
        let (record, of_run) = report::record(&arm.city, run, &which, &job.limits);
        records.push(record);
        sheets.push(of_run);
        if job.also.contains(&Also::Sumo) {
            for (stem, write) in sumo_xml::KINDS.into_iter().filter(|(stem, _)| *stem != "fcd" || !run.vehicles.is_empty()) {
                let folder = job.out.join("sumo").join(format!("variant={}", arm.text.slug)).join(format!("point={}", arm.text.point));
                files::write(&folder.join(format!("{}.{stem}.xml", run.seed)), |sink| write(&Scene { city: &arm.city, run }, sink))?;
            }
        }
        seen(arm, run);
    }
    let seeds = [runs.first().map_or(0, |run| run.seed), runs.last().map_or(0, |run| run.seed)];
    for sheet in report::together(sheets) {
        write_sheet(job, &sheet, &arm.text, seeds)?;
    }
    Ok(records)
}

/// One table of a batch.
fn write_sheet(job: &Job, sheet: &Sheet, text: &VariantText, seeds: [u64; 2]) -> Result<(), WriteError> {
    let place = |extension: &str| job.out.join(table_path(sheet.name, &text.slug, text.point, seeds, extension));
    let about = [
        ("forecity.study".to_owned(), job.study.blake3.clone()),
        ("forecity.variant".to_owned(), text.name.clone()),
        ("forecity.result_version".to_owned(), report::RESULT_VERSION.to_string()),
    ];
    files::write(&place("parquet"), |sink| report::parquet::write(sheet, &about, sink).map_err(std::io::Error::from))?;
    if job.also.contains(&Also::Csv) {
        files::write(&place("csv"), |sink| report::csv::write(sheet, sink))?;
    }
    Ok(())
}

/// Writes the manifest as it stands.
fn finish(manifest: &mut Manifest, planned: usize, wall_s: f64, job: &Job) -> Result<(), WriteError> {
    manifest.runs.sort_by(|a, b| (&a.variant, a.point, a.seed).cmp(&(&b.variant, b.point, b.seed)));
    manifest.complete = manifest.runs.len() == planned;
    manifest.created = utc();
    manifest.wall_s = wall_s;
    manifest.result_hash = report::result_hash(&manifest.runs);
    manifest.write(&job.out)
}
