//! `forecity report OUT`: a page, a document and a text of what was run. Nothing is simulated.

use super::Common;
use super::error::Error;
use super::{arms, job};
use crate::city::check;
use crate::report::files::{self, WriteError};
use crate::report::manifest::Manifest;
use crate::report::page::material::{Material, Scenery};
use crate::report::page::{self, document};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Make a page, a document and a text of a folder of results
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  forecity report out/study\n  forecity report out/study --open\n  forecity report out/study --format html -o page.html\n  forecity report out/study --against closed"
)]
pub struct Report {
    /// Folder that `forecity run` wrote, or its manifest
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// File (with one format) or folder of the report; OUT itself if absent
    #[arg(short, long, value_name = "FILE|DIR")]
    output: Option<PathBuf>,
    /// What to write
    #[arg(long, value_name = "FORMATS", value_delimiter = ',', default_value = "html,json,md")]
    format: Vec<Format>,
    /// Compare with this variant instead of base
    #[arg(long, value_name = "VARIANT")]
    against: Option<String>,
    /// Show the page when it is written
    #[arg(long)]
    open: bool,
}

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
enum Format {
    /// The page, one offline file.
    Html,
    /// `forecity.report/1`.
    Json,
    /// Markdown.
    Md,
}

impl Format {
    fn file(self) -> &'static str {
        match self {
            Format::Html => "report.html",
            Format::Json => "report.json",
            Format::Md => "report.md",
        }
    }
}

impl Report {
    /// Writes it; prints the answer, the validity and where it lies.
    ///
    /// # Errors
    /// [`Error::Failure`] without a manifest or when a file cannot be written, [`Error::Usage`] for a variant that is not there,
    /// [`Error::Differs`] for a table that is not the one that was written.
    pub fn run(&self, common: &Common, out: &mut impl Write) -> Result<(), Error> {
        let path = if self.out.is_dir() { self.out.join("manifest.json") } else { self.out.clone() };
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let manifest = Manifest::read(&path).map_err(Error::Failure)?;
        let places = self.places(&folder)?;
        let scenery = scenery(&manifest, &folder);
        let mut material =
            Material::gather(&folder, manifest, scenery.as_ref().ok().cloned(), self.against.as_deref()).map_err(|error| match error {
                page::material::MaterialError::Unknown { .. } => Error::Usage(error.to_string()),
                page::material::MaterialError::Verify(page::verify::VerifyError::Differs { .. }) => Error::Differs(error.to_string()),
                _ => Error::Failure(error.to_string()),
            })?;
        if let Err(why) = scenery {
            material
                .remarks
                .push(format!("The study and its city are not at hand any more ({why}): there are no maps, and streets have no names."));
        }
        let document = document::report(&material);
        let pages = page::render(&mut material).map_err(|error| Error::Failure(error.to_string()))?;
        for (format, place) in &places {
            let text = match format {
                Format::Html => pages.html.clone(),
                Format::Json => format!("{document:#}\n"),
                Format::Md => pages.md.clone(),
            };
            files::write(place, |sink| sink.write_all(text.as_bytes())).map_err(|error: WriteError| Error::Failure(error.to_string()))?;
        }
        if common.json {
            writeln!(out, "{document:#}")?;
        } else if !common.quiet {
            write!(out, "{}", told(&material, &places))?;
        }
        if self.open { show(&places) } else { Ok(()) }
    }

    /// Where each format goes.
    fn places(&self, folder: &Path) -> Result<Vec<(Format, PathBuf)>, Error> {
        let mut formats = self.format.clone();
        formats.sort_unstable();
        formats.dedup();
        let named = self.output.as_ref().filter(|output| !output.is_dir() && output.extension().is_some());
        match (named, &formats[..]) {
            (Some(file), [format]) => Ok(vec![(*format, file.clone())]),
            (Some(file), _) => {
                Err(Error::Usage(format!("-o {} names one file: say which format with --format html, json or md", file.display())))
            }
            (None, _) => {
                let folder = self.output.as_deref().unwrap_or(folder);
                Ok(formats.into_iter().map(|format| (format, folder.join(format.file()))).collect())
            }
        }
    }
}

/// The study and its city, as they were run; one sentence where they are not there any more.
fn scenery(manifest: &Manifest, folder: &Path) -> Result<Scenery, String> {
    let typed = job::typed_of(manifest, folder);
    let (opened, found) = check::open(&typed.what, &arms::asked(&typed));
    let first = || found.json()["diagnostics"][0]["message"].as_str().map_or_else(|| "unknown".to_owned(), str::to_owned);
    opened.map(|opened| Scenery { study: opened.study, city: opened.city, span_s: [opened.from_s, opened.to_s] }).ok_or_else(first)
}

/// What is left on the terminal.
fn told(material: &Material, places: &[(Format, PathBuf)]) -> String {
    let manifest = &material.manifest;
    let mut text = String::new();
    if let Some(worst) = manifest.runs.iter().max_by_key(|run| (run.invalid.len(), run.validity.badness())) {
        text += &format!("valid   {}{}\n", worst.validity.line(), if manifest.runs.len() > 1 { "   (worst run)" } else { "" });
    }
    if material.invalid() > 0 {
        text += &format!("INVALID {} of {} runs broke a limit\n", material.invalid(), manifest.runs.len());
    }
    if manifest.runs.len() < material.planned() {
        text += &format!("partial {} of {} runs are done\n", manifest.runs.len(), material.planned());
    }
    if let Some(answer) = &material.answer {
        text += &format!("answer  {}\n", answer.sentence);
    }
    for remark in &material.remarks {
        text += &format!("note    {remark}\n");
    }
    for (_, place) in places {
        text += &format!("report  {}\n", place.display());
    }
    text
}

/// Hands the page to the program that shows pages.
fn show(places: &[(Format, PathBuf)]) -> Result<(), Error> {
    let Some((_, page)) = places.iter().find(|(format, _)| *format == Format::Html) else {
        return Err(Error::Usage("--open shows the page: add html to --format".into()));
    };
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let started =
        std::process::Command::new(program).arg(page).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn();
    started.map(|_| ()).map_err(|error| Error::Device(format!("the page is written, but cannot be shown: {program}: {error}")))
}
