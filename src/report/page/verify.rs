//! Are the tables on the disk those that were written? Each run's rows of a table have a hash in the manifest; the same hash over what lies there
//! now must be equal, or nothing is reported: a number that was changed by hand would speak in the name of the simulation.

use super::links::parquet;
use super::stored::{Kind, Stored, TableError, by_seed};
use crate::report::RunRecord;
use crate::report::files::table_files;
use crate::report::manifest::Manifest;
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
            let there: Vec<(u64, u64, PathBuf)> =
                table_files(out, name, slug, *point).into_iter().filter(|(.., path)| parquet(path)).collect();
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
    let hashes = hashes(path)?;
    for run in runs {
        let expected = &run.table_hashes[name];
        let found = hashes.iter().find(|(seed, _)| *seed == run.seed).map_or("none: it has no such rows", |(_, hash)| hash);
        if found != expected {
            let (path, label) = (path.to_owned(), label.to_owned());
            return Err(VerifyError::Differs { path, label, seed: run.seed, expected: expected.clone(), found: found.to_owned() });
        }
    }
    Ok(())
}

/// Bytes that go into a hash at once: many enough for all lanes of the hash.
const AT_ONCE: usize = 1 << 17;
/// A null, see [`crate::report::table::Sheet::hash`].
const NULL: u32 = 0x7fc0_0000;

/// Adds values of four bytes, little-endian.
fn words<T: Copy>(hasher: &mut blake3::Hasher, values: &[T], bits: impl Fn(T) -> u32) {
    for some in values.chunks(AT_ONCE / 4) {
        let bytes: Vec<u32> = some.iter().map(|value| bits(*value).to_le()).collect();
        hasher.update(bytemuck::cast_slice(&bytes));
    }
}

/// Hash of the rows of each seed, as [`crate::report::table::Sheet::hash`] has it, one column in memory at a time.
fn hashes(path: &Path) -> Result<Vec<(u64, String)>, TableError> {
    let stored = Stored::open(path)?;
    let spans = by_seed(&stored.counts("seed")?);
    let mut hashers: Vec<blake3::Hasher> = spans.iter().map(|_| blake3::Hasher::new()).collect();
    let mut buffer: Vec<u8> = Vec::with_capacity(AT_ONCE + 1024);
    for (column, kind) in stored.columns() {
        hashers.iter_mut().for_each(|hasher| {
            hasher.update(column.as_bytes());
        });
        let each = hashers.iter_mut().zip(&spans);
        match kind {
            Kind::Counts => {
                let all = stored.counts(&column)?;
                each.for_each(|(hasher, (_, from, to))| words(hasher, &all[*from..*to], |n| n.cast_unsigned()));
            }
            Kind::Reals => {
                let all = stored.reals(&column)?;
                each.for_each(|(hasher, (_, from, to))| words(hasher, &all[*from..*to], |x| if x.is_nan() { NULL } else { x.to_bits() }));
            }
            Kind::Names => {
                let all = stored.names(&column, stored.rows())?;
                for (hasher, (_, from, to)) in each {
                    for name in &all[*from..*to] {
                        buffer.extend_from_slice(&(name.len() as u32).to_le_bytes());
                        buffer.extend_from_slice(name.data());
                        if buffer.len() >= AT_ONCE {
                            hasher.update(&buffer);
                            buffer.clear();
                        }
                    }
                    hasher.update(&buffer);
                    buffer.clear();
                }
            }
        }
    }
    Ok(spans.iter().zip(hashers).map(|((seed, ..), hasher)| (*seed, hasher.finalize().to_hex().to_string())).collect())
}
