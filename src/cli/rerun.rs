//! `forecity rerun`: the same runs again, row by row.

use crate::cli::Common;
use crate::cli::error::Error;
use std::io::Write;
use std::path::PathBuf;

/// Run a manifest again and compare
#[derive(Clone, Debug, clap::Args)]
pub struct Rerun {
    /// Manifest of the results
    pub manifest: PathBuf,
    /// Only this variant
    #[arg(long, value_name = "VARIANT")]
    pub only: Vec<String>,
    /// Seeds A..B, both included
    #[arg(long, value_name = "A..B")]
    pub seeds: Option<String>,
    /// Device: auto, cpu, gpu or a part of an adapter's name
    #[arg(long, default_value = "auto")]
    pub device: String,
    /// CPU threads; 0 = all
    #[arg(long, default_value_t = 0)]
    pub threads: usize,
    /// Keep the new results here
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

impl Rerun {
    /// Runs the verb.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn run(&self, common: &Common, out: &mut impl Write) -> Result<(), Error> {
        let _ = (common, out);
        Err(Error::Failure("not built yet".into()))
    }
}
