//! `forecity view`: the live view.

use crate::cli::Common;
use crate::cli::error::Error;
use std::io::Write;
use std::path::PathBuf;

/// Watch a study, a city or finished results
#[derive(Clone, Debug, clap::Args)]
pub struct View {
    /// Study, city folder, out folder or grid:13x7
    pub target: String,
    /// Variant
    #[arg(long)]
    pub variant: Option<String>,
    /// Against this variant
    #[arg(long)]
    pub against: Option<String>,
    /// Seed
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Time of day to begin with, HH:MM
    #[arg(long, value_name = "HH:MM")]
    pub at: Option<String>,
    /// Layer
    #[arg(long)]
    pub layer: Option<String>,
    /// Write one picture and leave
    #[arg(long, value_name = "FILE.png")]
    pub render: Option<PathBuf>,
    /// Size of the picture
    #[arg(long, value_name = "WxH", default_value = "1280x800")]
    pub size: String,
    /// Device: auto, gpu or a part of an adapter's name
    #[arg(long, default_value = "auto")]
    pub device: String,
}

impl View {
    /// Runs the verb.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn run(&self, common: &Common, out: &mut impl Write) -> Result<(), Error> {
        let _ = (common, out);
        Err(Error::Failure("not built yet".into()))
    }
}
