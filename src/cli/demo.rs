//! `forecity demo`: a morning in a generated city of 400 junctions; a table, a map, and where they lie.

use super::Common;
use super::batch::{self, Arm, Job};
use super::error::Error;
use super::picture::Picture;
use super::run::{MachineArgs, ended};
use crate::city::{fingerprint, generate};
use crate::report::manifest::{CityText, StudyText, VariantText};
use crate::report::validity::Limits;
use crate::scenario::grid::GridSpec;
use crate::simulation::Settings;
use std::io::Write;
use std::path::PathBuf;

/// Measures of the demonstration.
const MEASURES: [&str; 8] =
    ["travel_time.mean", "travel_time.p95", "delay.mean", "speed.mean", "stops.mean", "queue.max", "vkt.total", "refused.share"];

/// Simulate the morning peak of a generated city and draw its map.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:\n  forecity demo\n  forecity demo --device gpu --keep out/demo-gpu")]
pub struct Demo {
    /// Runs, each another morning.
    #[arg(long, value_name = "A..B", value_parser = super::run::seeds, default_value = "1")]
    seeds: super::run::Seeds,
    /// Folder of the results.
    #[arg(long, value_name = "DIR", default_value = "out/demo")]
    keep: PathBuf,
    #[command(flatten)]
    machine: MachineArgs,
}

/// The study of the demonstration, as one would write it.
const STUDY: &str = "format   = 1
title    = \"A morning in a city of 400 junctions\"
question = \"How long do people travel between seven and eight, and where do they lose time?\"
city     = { grid = [20, 20], block = \"200 m\", lanes = 2, arterial_every = 4, cycle = \"90 s\" }
[time]
from     = 2026-11-24T07:00:00
to       = 2026-11-24T08:00:00
warmup   = \"0 min\"
drain    = \"30 min\"
";

impl Demo {
    /// The job.
    #[must_use]
    pub fn job(&self, common: &Common) -> Job {
        let spec = GridSpec { columns: 20, rows: 20, arterial_every: 4, cycle_s: 90.0, ..GridSpec::default() };
        let city = generate::grid(&spec);
        let settings = Settings { from_s: 25_200.0, to_s: 28_800.0, drain_s: 1800.0, ..Settings::default() };
        let network_hash = fingerprint::of(&city);
        let title = "A morning in a city of 400 junctions".to_owned();
        let base = VariantText { name: "base".into(), slug: "base".into(), ..VariantText::default() };
        Job {
            study: StudyText {
                path: String::new(),
                title,
                blake3: blake3::hash(STUDY.as_bytes()).to_hex().to_string(),
                text: STUDY.to_owned(),
            },
            city: CityText { path: "grid:20x20".into(), network_hash, files: Vec::new() },
            arms: vec![Arm::new(base, city, settings)],
            seeds: self.seeds.0.clone(),
            measures: MEASURES.map(str::to_owned).to_vec(),
            matters: 0.01,
            until: None,
            limits: Limits::default(),
            options: Vec::new(),
            out: self.keep.clone(),
            machine: self.machine.machine(),
            worlds: self.machine.worlds,
            also: Vec::new(),
            fresh: true,
            quiet: common.quiet || common.json,
        }
    }

    /// Runs it; prints the summary and where the map lies.
    ///
    /// # Errors
    /// As of `forecity run`.
    pub fn run(&self, common: &Common, out: &mut impl Write) -> Result<(), Error> {
        let job = self.job(common);
        let mut picture = Picture::default();
        batch::heed_ctrl_c();
        let outcome = batch::execute(&job, &mut |arm, run| picture.see(&job.study.title, arm, run))?;
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
