//! `forecity demo`: a grid city, a closed street, ten pairs.

use crate::cli::Common;
use crate::cli::error::Error;
use std::io::Write;
use std::path::PathBuf;

/// Build a grid city, close a street, compare
#[derive(Clone, Debug, clap::Args)]
pub struct Demo {
    /// Pairs of runs
    #[arg(long, default_value_t = 10)]
    pub seeds: u32,
    /// Do not open the view
    #[arg(long)]
    pub no_view: bool,
    /// Device: auto, cpu, gpu or a part of an adapter's name
    #[arg(long, default_value = "auto")]
    pub device: String,
    /// Keep the study and its results here
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

impl Demo {
    /// Runs the verb.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn run(&self, common: &Common, out: &mut impl Write) -> Result<(), Error> {
        let _ = (common, out);
        Err(Error::Failure("not built yet".into()))
    }
}
