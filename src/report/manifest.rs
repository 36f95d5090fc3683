//! `manifest.json` (`forecity.manifest/1`): what was run, with what, and the hash of everything that came out. Written last.

use super::{RunRecord, files, validity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// Name and version of the document.
pub const DOCUMENT: &str = "forecity.manifest/1";

/// The program.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// Version.
    pub version: String,
    /// Commit, where known.
    pub commit: Option<String>,
    /// See [`super::RESULT_VERSION`].
    pub result_version: u32,
    /// Features compiled in.
    pub features: Vec<String>,
}

impl Program {
    /// This one.
    #[must_use]
    pub fn this() -> Program {
        let mut features = Vec::new();
        if cfg!(feature = "gpu") {
            features.push("gpu".to_owned());
        }
        if cfg!(feature = "view") {
            features.push("view".to_owned());
        }
        let commit = option_env!("FORECITY_COMMIT").map(str::to_owned);
        Program { version: env!("CARGO_PKG_VERSION").to_owned(), commit, result_version: super::RESULT_VERSION, features }
    }
}

/// An input file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InputFile {
    /// As the user named it.
    pub path: String,
    /// Size.
    pub bytes: u64,
    /// Content.
    pub blake3: String,
}

/// The study as it was run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StudyText {
    /// Where it stood; empty when it was made up from the command line.
    pub path: String,
    /// Whom to ask (`report.contact`); empty if the study does not say.
    #[serde(default)]
    pub contact: String,
    /// The same as seen from the folder of the results, for whoever repeats it from elsewhere; empty where it is no file.
    #[serde(default)]
    pub from_out: String,
    /// Title.
    pub title: String,
    /// Hash of the text.
    pub blake3: String,
    /// The text itself, with what the command line changed already in it where possible.
    pub text: String,
}

/// The city.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CityText {
    /// Folder, or what it was generated from.
    pub path: String,
    /// Hash of everything in it that decides numbers.
    pub network_hash: String,
    /// Files it was read from.
    pub files: Vec<InputFile>,
}

/// Where it ran; never hashed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Computed {
    /// `cpu` or `gpu`.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Driver.
    pub driver: String,
    /// CPU threads.
    pub threads: usize,
    /// Worlds at once.
    pub worlds_per_batch: usize,
    /// Operating system.
    pub os: String,
    /// Why not the device that one could have expected; empty if there is nothing to say.
    #[serde(default)]
    pub notice: String,
}

/// A variant at a point of the sweep.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VariantText {
    /// As written.
    pub name: String,
    /// As in paths.
    pub slug: String,
    /// Number of the point.
    pub point: usize,
    /// Values of the axes.
    pub axes: BTreeMap<String, String>,
}

impl VariantText {
    /// The base that this variant is compared with: the one whose own axes all have the variant's values.
    #[must_use]
    pub fn base_among<'a>(&self, variants: &'a [VariantText]) -> Option<&'a VariantText> {
        let fits = |other: &&VariantText| other.slug == "base" && other.axes.iter().all(|(axis, value)| self.axes.get(axis) == Some(value));
        variants.iter().find(fits)
    }

    /// Name with the values of its axes, as in sentences: `"closed" at demand.ev_share = 0.2`.
    #[must_use]
    pub fn label(&self) -> String {
        let axes: Vec<String> = self.axes.iter().map(|(axis, value)| format!("{axis} = {value}")).collect();
        if axes.is_empty() { format!("\"{}\"", self.name) } else { format!("\"{}\" at {}", self.name, axes.join(", ")) }
    }
}

/// What the study wants to be told; decides no run, but every comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// Measures, NAME.STATISTIC; the first one answers the question.
    pub measures: Vec<String>,
    /// Share of base's mean below which a difference does not matter.
    pub matters: f64,
    /// Runs are added until this is reached.
    #[serde(default)]
    pub until: Option<Until>,
}

impl Default for Wanted {
    fn default() -> Self {
        Wanted { measures: crate::scenario::measure::DEFAULT.map(str::to_owned).to_vec(), matters: 0.01, until: None }
    }
}

/// A wanted precision.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Until {
    /// Of which measure.
    pub measure: String,
    /// Half width of the 95 % interval of the difference, as a share of base's mean.
    pub half_width: f64,
}

/// The manifest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always [`DOCUMENT`].
    pub document: String,
    /// All planned runs are here.
    pub complete: bool,
    /// When it was written, UTC.
    pub created: String,
    /// Wall-clock time of the runs in it \[s\].
    pub wall_s: f64,
    /// Of it, for hashing and writing results, on one thread while others compute \[s\].
    #[serde(default)]
    pub write_s: f64,
    /// Program.
    pub forecity: Program,
    /// Command line.
    pub command: Vec<String>,
    /// Study.
    pub study: StudyText,
    /// City.
    pub city: CityText,
    /// Seeds planned.
    pub seeds: Vec<u64>,
    /// Step \[s\].
    pub step_s: f64,
    /// Options of the command line that change numbers.
    pub options: Vec<String>,
    /// Variants.
    pub variants: Vec<VariantText>,
    /// What was said of the input when it was run, and did not stop it: code, place, sentence.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// What is compared.
    #[serde(default)]
    pub wanted: Wanted,
    /// Limits in force.
    pub limits: validity::Limits,
    /// Runs done.
    pub runs: Vec<RunRecord>,
    /// Over all of them, see [`super::result_hash`].
    pub result_hash: String,
    /// Device; never hashed.
    pub device: Computed,
    /// How to do it again.
    pub rerun: String,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// One sentence.
    pub fn read(path: &Path) -> Result<Manifest, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let found: Manifest = serde_json::from_str(&text).map_err(|error| format!("{} is no manifest: {error}", path.display()))?;
        if found.document == DOCUMENT { Ok(found) } else { Err(format!("{} is a {}, not a {DOCUMENT}", path.display(), found.document)) }
    }

    /// Writes it below the output folder.
    ///
    /// # Errors
    /// [`files::WriteError`].
    pub fn write(&self, folder: &Path) -> Result<(), files::WriteError> {
        files::write(&folder.join("manifest.json"), |sink| {
            serde_json::to_writer_pretty(&mut *sink, self)?;
            sink.write_all(b"\n")
        })
    }

    /// Name of a variant at a point for people, with the values of its axes; its slug where the manifest does not know it.
    #[must_use]
    pub fn label(&self, slug: &str, point: usize) -> String {
        let known = self.variants.iter().find(|variant| variant.slug == slug && variant.point == point);
        known.map_or_else(|| slug.to_owned(), VariantText::label)
    }

    /// The record of a run that need not be done again.
    #[must_use]
    pub fn known(&self, variant: &str, point: usize, seed: u64, key: &str) -> Option<&RunRecord> {
        let program = self.forecity.result_version == super::RESULT_VERSION;
        let same = |run: &&RunRecord| run.measures_version == super::measures::VERSION && run.validity.faults == 0;
        // What a fault stopped is no result to build on.
        self.runs
            .iter()
            .filter(same)
            .find(|run| program && run.variant == variant && run.point == point && run.seed == seed && run.key == key)
    }
}
