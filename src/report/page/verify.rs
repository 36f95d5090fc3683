//! Are the tables on the disk those that were written? Each run's rows of a table have a hash in the manifest; the same hash over what lies there
//! now must be equal, or nothing is reported: a number that was changed by hand would speak in the name of the simulation.

use crate::report::files::stored_files;
use crate::report::manifest::Manifest;
use crate::report::stored::TableError;
use crate::report::{RunRecord, kept};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Why the tables cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A file cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A run has no file.
    #[error("no file in {} holds seed {seed}, which manifest.json lists: put it back, or run the study again", folder.display())]
    Missing {
        /// Where it should lie.
        folder: PathBuf,
        /// Seed.
        seed: u64,
    },
    /// The rows are others.
    #[error(
        "{} is not the table that was written: its rows of {label}, seed {seed} have the hash {found}, manifest.json says {expected}; nothing is reported. Run the study again with --fresh, or put the file back",
        path.display()
    )]
    Differs {
        /// The file.
        path: PathBuf,
        /// Name of the variant.
        label: String,
        /// Seed.
        seed: u64,
        /// In the manifest.
        expected: String,
        /// Of the file.
        found: String,
    },
}

/// Checks these tables of these variants (slug and point) below `out` and says how many files that were; a table that is not there at all is none, see [`absent`].
///
/// # Errors
/// See [`VerifyError`]; the first in the order of tables, variants, seeds.
pub fn tables(out: &Path, manifest: &Manifest, names: &[&str], arms: &[(String, usize)]) -> Result<usize, VerifyError> {
    let mut files = Vec::new();
    for name in names.iter().filter(|name| !absent(out, name)) {
        for (slug, point) in arms {
            let there = stored_files(out, name, slug, *point);
            let runs =
                || manifest.runs.iter().filter(|run| run.variant == *slug && run.point == *point && run.table_hashes.contains_key(*name));
            let covers = |run: &RunRecord| there.iter().any(|(first, last, _)| (*first..=*last).contains(&run.seed));
            if let Some(run) = runs().find(|run| !covers(run)) {
                let folder = out.join("tables").join(name).join(format!("variant={slug}")).join(format!("point={point}"));
                return Err(VerifyError::Missing { folder, seed: run.seed });
            }
            let label = manifest.label(slug, *point);
            for (first, last, path) in there {
                let own: Vec<&RunRecord> = runs().filter(|run| (first..=last).contains(&run.seed)).collect();
                if !own.is_empty() {
                    files.push((*name, label.clone(), path, own));
                }
            }
        }
    }
    let found: Vec<Result<(), VerifyError>> = files.par_iter().map(|(name, label, path, runs)| file(name, label, path, runs)).collect();
    let checked = found.len();
    found.into_iter().collect::<Result<(), VerifyError>>().map(|()| checked)
}

/// Is there no such table at all?
#[must_use]
pub fn absent(out: &Path, name: &str) -> bool {
    !out.join("tables").join(name).is_dir()
}

/// One file against the hashes of its runs.
fn file(name: &str, label: &str, path: &Path, runs: &[&RunRecord]) -> Result<(), VerifyError> {
    let Some((seed, [expected, found])) = kept::first_other(path, name, runs)? else { return Ok(()) };
    Err(VerifyError::Differs { path: path.to_owned(), label: label.to_owned(), seed, expected, found })
}
