//! Files appear whole or not at all: written beside their place as `.part`, flushed, renamed. Faults are one sentence.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {why}", path.display())]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// The reason in words.
    pub why: String,
}

impl WriteError {
    /// From what the system says.
    #[must_use]
    pub fn new(path: &Path, error: &io::Error) -> WriteError {
        let why = match kind(error) {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "the disk is full".to_owned(),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => "the folder may not be written to".to_owned(),
            io::ErrorKind::NotFound => "its folder does not exist".to_owned(),
            io::ErrorKind::NotADirectory => "a part of its path is a file, not a folder".to_owned(),
            _ => error.to_string(),
        };
        WriteError { path: path.to_owned(), why }
    }
}

/// The kind of what the system said, also where a library has wrapped it.
fn kind(error: &io::Error) -> io::ErrorKind {
    let mut inner = error.get_ref().map(|inner| inner as &dyn std::error::Error);
    while let Some(here) = inner {
        if let Some(found) = here.downcast_ref::<io::Error>() {
            return kind(found);
        }
        inner = here.source();
    }
    error.kind()
}

/// A folder of results that is ours alone until this is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub struct Claim {
    _held: File,
}

impl Claim {
    /// Claims a folder, making it first.
    ///
    /// # Errors
    /// [`WriteError`] if another process writes there, or it cannot be made.
    pub fn on(folder: &Path) -> Result<Claim, WriteError> {
        let path = folder.join(".lock");
        let open = || {
            fs::create_dir_all(folder)?;
            File::options().create(true).truncate(false).write(true).open(&path)
        };
        let held = open().map_err(|error| WriteError::new(&path, &error))?;
        match held.try_lock() {
            Err(fs::TryLockError::WouldBlock) => {
                let why = "another forecity writes into this folder: wait for it, or name another with -o".to_owned();
                Err(WriteError { path: folder.to_owned(), why })
            }
            // A file system without locks: better a run than none.
            Ok(()) | Err(fs::TryLockError::Error(_)) => Ok(Claim { _held: held }),
        }
    }
}

/// Writes one file by `fill`, making its folder first.
///
/// # Errors
/// [`WriteError`]; nothing is left under the final name then.
pub fn write(path: &Path, fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<(), WriteError> {
    let part =
        path.with_file_name(format!("{}.part", path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())));
    let work = || -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut sink = BufWriter::with_capacity(1 << 18, File::create(&part)?);
        fill(&mut sink)?;
        sink.flush()?;
        sink.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&part, path)
    };
    work().map_err(|error| {
        fs::remove_file(&part).ok();
        WriteError::new(path, &error)
    })
}

/// Where a table of one batch stands below the output folder.
#[must_use]
pub fn table_path(table: &str, slug: &str, point: usize, seeds: [u64; 2], extension: &str) -> PathBuf {
    let [first, last] = seeds;
    ["tables", table, &format!("variant={slug}"), &format!("point={point}"), &format!("{first}-{last}.{extension}")].iter().collect()
}

/// Table files of one variant at one point, by first seed: first seed, last seed, path.
#[must_use]
pub fn table_files(out: &Path, table: &str, slug: &str, point: usize) -> Vec<(u64, u64, PathBuf)> {
    let path = out.join(table_path(table, slug, point, [0, 0], ""));
    let Some(Ok(entries)) = path.parent().map(fs::read_dir) else { return Vec::new() };
    let parse = |path: PathBuf| {
        let stem = path.file_name()?.to_str()?.split('.').next()?;
        let (first, last) = stem.split_once('-')?;
        Some((first.parse().ok()?, last.parse().ok()?, path))
    };
    let mut found: Vec<(u64, u64, PathBuf)> = entries.filter_map(Result::ok).filter_map(|entry| parse(entry.path())).collect();
    found.sort();
    found
}

/// The same without what stands beside them in other formats.
#[must_use]
pub fn stored_files(out: &Path, table: &str, slug: &str, point: usize) -> Vec<(u64, u64, PathBuf)> {
    let mut all = table_files(out, table, slug, point);
    all.retain(|(.., path)| path.extension().is_some_and(|end| end == "parquet"));
    all
}
