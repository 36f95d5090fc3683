//! `forecity run`: a study or a city, all its runs.

use crate::cli::Common;
use crate::cli::error::Error;
use std::io::Write;
use std::path::PathBuf;

/// Run a study, a city folder or grid:13x7
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  forecity run study.toml\n  forecity run harbour --do 'close = { road = \"Harbour Bridge\" }'\n  forecity run study.toml --seeds 1..100 --json > run.json"
)]
pub struct Run {
    /// Study file, city folder or grid:COLUMNSxROWS
    pub target: String,
    /// Folder of the results; out/NAME if absent
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Only this variant (base always runs)
    #[arg(long, value_name = "VARIANT")]
    pub only: Vec<String>,
    /// Seeds A..B, both included, or a number of seeds
    #[arg(long, value_name = "A..B")]
    pub seeds: Option<String>,
    /// One action as TOML
    #[arg(long = "do", value_name = "ACTION")]
    pub actions: Vec<String>,
    /// One value of the study
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Device: auto, cpu, gpu or a part of an adapter's name
    #[arg(long, default_value = "auto")]
    pub device: String,
    /// CPU threads; 0 = all
    #[arg(long, default_value_t = 0)]
    pub threads: usize,
    /// Worlds in a batch; 0 = as many as fit
    #[arg(long, default_value_t = 0)]
    pub worlds: u32,
    /// Other formats beside Parquet: sumo, csv, geojson
    #[arg(long, value_delimiter = ',')]
    pub also: Vec<String>,
    /// Begin anew, do not resume
    #[arg(long)]
    pub fresh: bool,
    /// Say what would be run, and stop
    #[arg(long)]
    pub dry_run: bool,
    /// One JSON line a run
    #[arg(long)]
    pub json_lines: bool,
}

impl Run {
    /// Runs the verb.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn run(&self, common: &Common, out: &mut impl Write) -> Result<(), Error> {
        let _ = (common, out);
        Err(Error::Failure("not built yet".into()))
    }
}
