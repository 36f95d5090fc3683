//! `forecity view`: says that there is no live view yet. The verb is kept so that scripts get exit code 5, not a usage error.

use crate::cli::Common;
use crate::cli::error::Error;
use std::io::Write;

/// The live view: not part of this version
#[derive(Clone, Debug, clap::Args)]
pub struct View {
    /// Study, city folder or folder of results
    pub target: String,
}

impl View {
    /// Says so.
    ///
    /// # Errors
    /// Always [`Error::Device`]: nothing could be shown.
    pub fn run(&self, _: &Common, _: &mut impl Write) -> Result<(), Error> {
        let words = "the live view is not part of this version; forecity run writes tables, and a map to OUT/pictures/map.svg";
        Err(Error::Device(words.into()))
    }
}
