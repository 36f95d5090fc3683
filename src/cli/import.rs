//! `forecity import`: foreign files become a city folder.

use crate::import::report::{ImportReport, Problem, Severity};
use crate::import::{folder, sumo};
use std::io::Write;
use std::path::PathBuf;

/// Make a city folder of a SUMO case.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  forecity import case.sumocfg -o case\n  forecity import town.net.xml.gz --demand town.rou.xml -o town"
)]
pub struct Import {
    /// A configuration (.sumocfg) or a network (.net.xml, .net.xml.gz).
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Demand and additional files for a network (.rou.xml, .add.xml, packed or not).
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub demand: Vec<PathBuf>,
    /// Folder to write; tables of an earlier import in it are replaced.
    #[arg(short, long, value_name = "FOLDER")]
    pub output: PathBuf,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Faults of the files, all of them (exit code 3).
    #[error("{}", listed(.0))]
    Input(Vec<Problem>),
    /// The folder cannot be written (exit code 1).
    #[error(transparent)]
    Folder(#[from] folder::WriteError),
    /// The table cannot be printed (exit code 1).
    #[error("cannot print: {0}")]
    Print(#[from] std::io::Error),
}

impl ImportError {
    /// Exit code.
    #[must_use]
    pub const fn exit(&self) -> u8 {
        match self {
            ImportError::Input(_) => 3,
            ImportError::Folder(_) | ImportError::Print(_) => 1,
        }
    }
}

fn listed(problems: &[Problem]) -> String {
    let mut lines: Vec<String> = problems.iter().take(20).map(ToString::to_string).collect();
    if problems.len() > lines.len() {
        lines.push(format!("and {} more", problems.len() - lines.len()));
    }
    lines.push("nothing was imported".into());
    lines.join("\n")
}

impl Import {
    /// Imports, writes the folder, prints the table; hands the report on for its warnings.
    ///
    /// # Errors
    /// See [`ImportError`].
    pub fn run(&self, out: &mut impl Write) -> Result<ImportReport, ImportError> {
        let files = if sumo::is_configuration(&self.file) {
            let mut files = sumo::Files::of_configuration(&self.file).map_err(ImportError::Input)?;
            files.add_demand(&self.demand).map_err(ImportError::Input)?;
            files
        } else {
            sumo::Files::of_net(&self.file, &self.demand).map_err(ImportError::Input)?
        };
        let (imported, report) = sumo::read(&files);
        let Some(imported) = imported else {
            return Err(ImportError::Input(report.problems.into_iter().filter(|one| one.severity == Severity::Error).collect()));
        };
        folder::write(&imported, &report, &self.output)?;
        let city = &imported.city;
        write!(out, "{}", report.table())?;
        writeln!(
            out,
            "\n{} nodes, {} links, {} lanes, {} movements, {} conflicts, {} signals, {} trips",
            city.nodes.len(),
            city.links.len(),
            city.lanes.len(),
            city.movements.len(),
            city.conflicts.len(),
            city.controllers.len(),
            city.trips.len()
        )?;
        writeln!(out, "written to {}; next: forecity run {}", self.output.display(), self.output.join("study.toml").display())?;
        Ok(report)
    }
}
