//! `forecity schema`: what files and documents look like.

use crate::cli::Common;
use crate::cli::error::Error;
use std::io::Write;

/// Print the JSON Schema of a file
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Example:\n  forecity schema study > study-1.schema.json")]
pub struct Schema {
    /// Which one: study
    #[arg(default_value = "study", value_parser = ["study"])]
    pub what: String,
}

impl Schema {
    /// Prints the schema.
    ///
    /// # Errors
    /// A closed pipe.
    pub fn run(&self, _: &Common, out: &mut impl Write) -> Result<(), Error> {
        Ok(out.write_all(crate::scenario::schema::study().as_bytes())?)
    }
}
