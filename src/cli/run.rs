//! `forecity run`: a study, a city folder or a generated grid, over seeds; tables, manifest, summary.

use super::batch::{self, Also, Job, Outcome};
use super::error::Error;
use super::job::{Typed, prepare};
use super::picture::Picture;
use super::{Common, warn};
use crate::diagnostic::Diagnostics;
use crate::simulation::Machine;
use std::io::Write;
use std::path::PathBuf;

/// Simulate a study, a city folder or a generated grid.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  forecity run study.toml\n  forecity run grid:20x20 --seeds 1..10\n  forecity run study.toml --seeds 1..100 --json > run.json"
)]
pub struct Run {
    /// Study (TOML), city folder, or grid:20x20.
    #[arg(value_name = "STUDY|CITY|grid:CxR")]
    what: String,
    /// Folder of the results (default: out/NAME).
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Only this variant; base always runs.
    #[arg(long, value_name = "VARIANT")]
    only: Option<String>,
    /// Seeds, both ends included: 1..20 is twenty runs of each variant; 3 is one run, with seed 3 (for three runs: 1..3).
    #[arg(long, value_name = "A..B", value_parser = seeds)]
    seeds: Option<Seeds>,
    /// One action as TOML, repeatable: together the variant "changed".
    #[arg(long = "do", value_name = "ACTION")]
    actions: Vec<String>,
    /// One value of the study, repeatable: demand.scale=1.1.
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    machine: MachineArgs,
    /// Further formats.
    #[arg(long, value_name = "FORMAT", value_delimiter = ',')]
    also: Vec<Also>,
    /// Use nothing of an earlier run.
    #[arg(long)]
    fresh: bool,
    /// Say what would be run, and stop.
    #[arg(long)]
    dry_run: bool,
}

/// Where to compute; decides no number.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct MachineArgs {
    /// auto, cpu, gpu or a part of an adapter's name.
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: String,
    /// CPU threads; 0 = all.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub threads: usize,
    /// Worlds (runs) at once (default: on the CPU one a thread, on a GPU up to eight).
    #[arg(long, value_name = "N")]
    pub worlds: Option<usize>,
}

impl MachineArgs {
    /// As the simulation wants it.
    #[must_use]
    pub fn machine(&self) -> Machine {
        Machine { device: self.device.clone(), threads: self.threads }
    }
}

/// A list of seeds.
#[derive(Clone, Debug)]
pub struct Seeds(pub Vec<u64>);

/// Reads `1..20` or `7`.
///
/// # Errors
/// One sentence.
pub fn seeds(text: &str) -> Result<Seeds, String> {
    let wrong = || format!("\"{text}\" is no list of seeds: write 1..20 or one number");
    let number = |word: &str| word.parse::<u32>().map(u64::from).map_err(|_| wrong());
    let (first, last) = match text.split_once("..") {
        Some((first, last)) => (number(first)?, number(last.trim_start_matches('='))?),
        None => (number(text)?, number(text)?),
    };
    if first > last || last - first >= 1_000_000 { Err(wrong()) } else { Ok(Seeds((first..=last).collect())) }
}

impl Run {
    /// Runs it; says what there is to say.
    ///
    /// # Errors
    /// [`Error::Input`] with all faults of the input; what [`batch::execute`] says; [`Error::Invalid`] when a run broke a limit.
    pub fn run(&self, common: &Common, out: &mut impl Write) -> Result<(), Error> {
        let typed = Typed {
            what: self.what.clone(),
            text: None,
            set: self.set.clone(),
            actions: self.actions.clone(),
            only: self.only.clone(),
            seeds: self.seeds.clone().map(|seeds| seeds.0),
            out: self.output.clone(),
            beside: None,
        };
        let mut found = Diagnostics::new();
        let Some(mut job) = prepare(&typed, self.machine.machine(), &mut found) else { return Err(Error::Input(Box::new(found))) };
        job.worlds = self.machine.worlds;
        job.also.clone_from(&self.also);
        job.fresh = self.fresh;
        job.quiet = common.quiet || common.json;
        if !common.json {
            warn(&found, "it runs nevertheless", common);
        }
        let runs = job.arms.len() * job.seeds.len();
        if self.dry_run {
            writeln!(out, "{}", plan(&job))?;
            return Ok(());
        }
        if runs > MANY_RUNS && !common.yes {
            return Err(Error::Usage(format!("{runs} runs: add --yes if that is meant")));
        }
        batch::heed_ctrl_c();
        let mut picture = Picture::default();
        let outcome = batch::execute(&job, &mut |arm, run| picture.see(&job, arm, run))?;
        picture.write(&job).map_err(batch::JobError::from)?;
        if common.json {
            writeln!(out, "{:#}", outcome.json(&job, found.json()["diagnostics"].as_array().cloned().unwrap_or_default()))?;
        } else {
            write!(out, "{}", outcome.text(&job))?;
        }
        ended(&outcome)
    }
}

/// Above this many runs the command asks for `--yes`.
const MANY_RUNS: usize = 10_000;

/// How a job that wrote its results ends.
///
/// # Errors
/// [`Error::Interrupted`] after Ctrl-C, [`Error::Invalid`] when a run was stopped by a fault or broke a limit of its study.
pub fn ended(outcome: &Outcome) -> Result<(), Error> {
    let invalid = outcome.manifest.runs.iter().filter(|run| !run.invalid.is_empty()).count();
    if outcome.interrupted {
        Err(Error::Interrupted)
    } else if let Some(fault) = &outcome.fault {
        Err(Error::Invalid(fault.clone()))
    } else if invalid > 0 {
        Err(Error::Invalid(format!(
            "{invalid} of {} runs broke a limit (see the validity line); results are kept",
            outcome.manifest.runs.len()
        )))
    } else {
        Ok(())
    }
}

/// What would be run.
fn plan(job: &Job) -> String {
    let settings = &job.arms[0].settings;
    let city = &job.arms[0].city;
    format!(
        "study   {}\ncity    {}: {} nodes, {} links, {} lanes, {} movements, {} signals\nruns    {} = ({}) x {} seeds\ntime    {} to {}, {:.0} s before, at most {:.0} s after, step {} s\n{}\nout     {}",
        job.study.title,
        job.city.path,
        city.nodes.len(),
        city.links.len(),
        city.lanes.len(),
        city.movements.len(),
        city.controllers.len(),
        job.arms.len() * job.seeds.len(),
        super::plan::listed(&job.arms),
        job.seeds.len(),
        batch::clock(settings.from_s),
        batch::clock(settings.to_s),
        settings.warmup_s,
        settings.drain_s,
        1.0 / f64::from(1_u32 << settings.k),
        super::plan::lines(&job.arms, job.seeds.len(), job.machine.threads),
        job.out.display(),
    )
}
