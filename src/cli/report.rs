//! `forecity report`: answers of a finished study.

use crate::cli::Common;
use crate::cli::error::Error;
use std::io::Write;
use std::path::PathBuf;

/// Report on a finished study
#[derive(Clone, Debug, clap::Args)]
pub struct Report {
    /// Folder of the results
    pub folder: PathBuf,
    /// Where to write
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Formats: json, md, html
    #[arg(long, value_delimiter = ',', default_value = "md")]
    pub format: Vec<String>,
    /// Compare with this variant; base if absent
    #[arg(long, value_name = "VARIANT")]
    pub against: Option<String>,
    /// Counts to compare with
    #[arg(long, value_name = "FILE")]
    pub counts: Option<PathBuf>,
}

impl Report {
    /// Runs the verb.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn run(&self, common: &Common, out: &mut impl Write) -> Result<(), Error> {
        let _ = (common, out);
        Err(Error::Failure("not built yet".into()))
    }
}
