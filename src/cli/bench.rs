//! `forecity bench`: how fast this machine is.

use crate::cli::Common;
use crate::cli::error::Error;
use std::io::Write;
use std::path::PathBuf;

/// Measure this machine
#[derive(Clone, Debug, clap::Args)]
pub struct Bench {
    /// Suite
    #[arg(long, default_value = "quick")]
    pub suite: String,
    /// Device: auto, cpu, gpu or a part of an adapter's name
    #[arg(long, default_value = "auto")]
    pub device: String,
    /// CPU threads; 0 = all
    #[arg(long, default_value_t = 0)]
    pub threads: usize,
    /// Keep the figures here
    #[arg(long, value_name = "DIR")]
    pub save: Option<PathBuf>,
    /// Compare with figures kept before
    #[arg(long, value_name = "DIR")]
    pub against: Option<PathBuf>,
}

impl Bench {
    /// Runs the verb.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn run(&self, common: &Common, out: &mut impl Write) -> Result<(), Error> {
        let _ = (common, out);
        Err(Error::Failure("not built yet".into()))
    }
}
