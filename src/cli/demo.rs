//! `forecity demo`: a closure study of ten pairs in a generated city of 400 junctions; the answer, a map, and where they lie. It is
//! `scenarios/demo`, run as any study is.

use super::Common;
use super::batch::{self, Job};
use super::error::Error;
use super::job::{Typed, prepare};
use super::picture::Picture;
use super::run::{MachineArgs, ended};
use crate::diagnostic::Diagnostics;
use std::io::Write;
use std::path::PathBuf;

/// The window is no part of every build.
const EXAMPLES: &str = if cfg!(feature = "view") {
    "Examples:\n  forecity demo\n  forecity demo --view\n  forecity demo --device gpu --keep out/demo-gpu"
} else {
    "Examples:\n  forecity demo\n  forecity demo --device gpu --keep out/demo-gpu"
};

/// Close a street of a generated city on ten mornings: the answer, and a map.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Demo {
    /// Other mornings, both ends included: 1..20, or the number of one.
    #[arg(long, value_name = "A..B", value_parser = super::run::seeds)]
    seeds: Option<super::run::Seeds>,
    /// Folder of the results.
    #[arg(long, value_name = "DIR", default_value = "out/demo")]
    keep: PathBuf,
    /// Watch its base in a window instead.
    #[cfg(feature = "view")]
    #[arg(long)]
    view: bool,
    #[command(flatten)]
    machine: MachineArgs,
}

/// The study of the demonstration.
const STUDY: &str = include_str!("../../scenarios/demo/study.toml");

impl Demo {
    /// The job.
    ///
    /// # Errors
    /// [`Error::Input`]: never, unless the study that we ship is wrong.
    pub fn job(&self, common: &Common) -> Result<Job, Error> {
        let typed = Typed {
            what: "demo".to_owned(),
            text: Some(STUDY.to_owned()),
            seeds: self.seeds.clone().map(|seeds| seeds.0),
            out: Some(self.keep.clone()),
            ..Typed::default()
        };
        let mut found = Diagnostics::new();
        let Some(job) = prepare(&typed, self.machine.machine(), &mut found) else { return Err(Error::Input(Box::new(found))) };
        Ok(Job { worlds: self.machine.worlds, fresh: true, quiet: common.quiet || common.json, ..job })
    }

    /// Runs it; prints the summary and where the map lies.
    ///
    /// # Errors
    /// As of `forecity run`.
    pub fn run(&self, common: &Common, out: &mut impl Write) -> Result<(), Error> {
        let job = self.job(common)?;
        #[cfg(feature = "view")]
        if self.view {
            return super::window::open(&job, &job.arms[0], job.seeds.first().copied().unwrap_or(1), &mut |_| {});
        }
        let mut picture = Picture::default();
        batch::heed_ctrl_c();
        let outcome = batch::execute(&job, &mut |arm, run| picture.see(&job, arm, run))?;
        let map = picture.write(&job).map_err(batch::JobError::from)?;
        if common.json {
            writeln!(out, "{:#}", outcome.json(&job, Vec::new()))?;
        } else {
            write!(out, "{}", outcome.text(&job))?;
            if let Some(map) = map {
                writeln!(out, "map     {}", map.display())?;
            }
        }
        ended(&outcome)
    }
}
