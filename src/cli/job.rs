//! From what was typed to a job: a study, a city folder or `grid:20x20` become arms, each with its city.

use super::arms;
use super::batch::{Job, Looks};
use crate::city::{check, fingerprint};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Severity};
use crate::report::manifest::{CityText, InputFile, Manifest, StudyText, Until};
use crate::report::validity::Limits;
use crate::scenario::{CityFrom, Study};
use crate::simulation::Machine;
use std::path::{Path, PathBuf};

/// Code of what is said and does nothing here.
const UNUSED: u16 = 112;
/// Code of what a study may ask for and this version does not carry out.
pub const NOT_CARRIED_OUT: u16 = 111;

/// What was typed.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// Study, city folder or `grid:CxR`.
    pub what: String,
    /// The words of the study, where it is no file.
    pub text: Option<String>,
    /// `--set`.
    pub set: Vec<String>,
    /// `--do`.
    pub actions: Vec<String>,
    /// `--only`.
    pub only: Option<String>,
    /// `--seeds`.
    pub seeds: Option<Vec<u64>>,
    /// `-o`.
    pub out: Option<PathBuf>,
    /// Folder that paths in the study are relative to; its own if absent.
    pub beside: Option<PathBuf>,
}

/// Makes the job; all faults are in `found`.
pub fn prepare(typed: &Typed, machine: Machine, found: &mut Diagnostics) -> Option<Job> {
    let (opened, said) = check::open(&typed.what, &arms::asked(typed));
    found.append(said);
    found.refuse(NOT_CARRIED_OUT);
    let opened = opened?;
    let check::Opened { study, city, .. } = &opened;
    only_known(study, typed.only.as_ref(), found);
    let file = if typed.text.is_some() { None } else { study_file(&typed.what) };
    let folder = match (&study.city, &file) {
        (Some(CityFrom::Folder(name)), Some(file)) => {
            Some(typed.beside.as_deref().or(file.parent()).unwrap_or(Path::new("")).join(name).components().collect())
        }
        (Some(CityFrom::Folder(name)), None) => Some(PathBuf::from(name)),
        _ => None,
    };
    let path = match (&folder, &study.city) {
        (Some(folder), _) => folder.display().to_string(),
        (None, Some(CityFrom::Grid(spec))) => format!("grid:{}x{}", spec.columns, spec.rows),
        _ => String::new(),
    };
    let city_text = CityText { path, network_hash: fingerprint::of(city), files: folder.as_deref().map(inputs).unwrap_or_default() };
    let arms = arms::all(typed, &opened, found);
    if found.errors() > 0 {
        return None;
    }
    let words = study.source.text.to_string();
    let first = study.first_seed;
    let stem = stem(&typed.what, file.as_deref());
    let title = if study.title.is_empty() { city.name.clone() } else { study.title.clone() };
    let mut options: Vec<String> = typed.set.iter().map(|set| format!("--set {set}")).collect();
    options.extend(typed.actions.iter().map(|action| format!("--do {action}")));
    let [forced, refused, unfinished] = study.limits;
    let out = typed.out.clone().unwrap_or_else(|| Path::new("out").join(stem));
    let lies = file.as_deref().or(folder.as_deref()).and_then(|lies| relative(&out, lies)).unwrap_or_default();
    let looks = study.file.runs.until.as_ref().map(|until| Looks {
        until: Until { measure: until.value.measure.value.clone(), half_width: until.value.half_width.value.0 },
        at_most: until.value.at_most.value as usize,
    });
    if looks.is_some() && typed.seeds.is_some() {
        let note = Diagnostic::note(UNUSED, "--seeds names the seeds: runs.until adds none").at(&Place::file("command line"), "");
        found.push(note);
    }
    Some(Job {
        study: StudyText {
            path: file.map_or_else(|| typed.what.clone(), |file| file.display().to_string()),
            contact: study.file.report.contact.clone().unwrap_or_default(),
            from_out: lies,
            title,
            blake3: blake3::hash(words.as_bytes()).to_hex().to_string(),
            text: words,
        },
        city: city_text,
        arms,
        seeds: typed.seeds.clone().unwrap_or_else(|| (first..first + u64::from(study.seeds)).collect()),
        warnings: found.sorted().into_iter().filter(|one| one.severity == Severity::Warning).map(Diagnostic::line).collect(),
        measures: study.measures.clone(),
        matters: study.matters,
        until: looks.filter(|_| typed.seeds.is_none()),
        limits: Limits { forced, refused, unfinished, no_drain: study.drain_s <= 0.0 },
        options,
        out,
        machine,
        worlds: None,
        also: Vec::new(),
        fresh: false,
        quiet: false,
    })
}

/// Where something lies, as seen from a folder; `None` where the system does not tell, or there is no way.
fn relative(from: &Path, to: &Path) -> Option<String> {
    let [from, to] = [std::path::absolute(from).ok()?, std::path::absolute(to).ok()?];
    let parts = |path: &Path| -> Vec<std::ffi::OsString> { path.components().map(|part| part.as_os_str().to_owned()).collect() };
    let (from, to) = (parts(&from), parts(&to));
    let same = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".into(), from.len() - same);
    let way: PathBuf = up.chain(to[same..].iter().cloned()).collect();
    // The root alone in common: another drive, or a way that says no more than the whole path.
    (same > 0).then(|| way.display().to_string())
}

/// What was typed for the runs of a manifest; `folder` is where it lies.
#[must_use]
pub fn typed_of(manifest: &Manifest, folder: &Path) -> Typed {
    let all =
        |head: &str| -> Vec<String> { manifest.options.iter().filter_map(|option| option.strip_prefix(head)).map(str::to_owned).collect() };
    // The copy beside the manifest, with paths as seen from where the study lay; a bare city or a grid has no study. Where it lay is known as seen
    // from the manifest, wherever the command is given, and as it was typed.
    let seen = folder.join(&manifest.study.from_out);
    let lay = if !manifest.study.from_out.is_empty() && seen.exists() { seen } else { PathBuf::from(&manifest.study.path) };
    let of_file = !manifest.study.text.is_empty();
    let copy = folder.join("study.toml");
    let what = if of_file { copy.display().to_string() } else { lay.display().to_string() };
    // The manifest alone is enough: it holds the words of the study.
    let text = (of_file && !copy.is_file()).then(|| manifest.study.text.clone());
    let beside = of_file.then(|| lay.parent().unwrap_or(Path::new("")).to_owned());
    Typed { what, text, set: all("--set "), actions: all("--do "), beside, ..Typed::default() }
}

/// Name of the folder of results: that of the study, or of its folder where the study is just `study.toml`.
fn stem(what: &str, file: Option<&Path>) -> String {
    let named = file.filter(|file| file.file_name().is_some_and(|name| name != "study.toml")).and_then(Path::file_stem);
    let folder = || file.map_or(Some(Path::new(what)), Path::parent).and_then(Path::file_name);
    named.or_else(folder).map_or_else(|| "study".to_owned(), |stem| stem.to_string_lossy().replace(':', "-"))
}

/// The study file that was named, itself or by its folder; none for a bare city.
fn study_file(what: &str) -> Option<PathBuf> {
    let (path, inside) = (PathBuf::from(what), Path::new(what).join("study.toml"));
    if path.is_file() { Some(path) } else { Some(inside).filter(|inside| inside.is_file()) }
}

/// `--only` must name a variant.
fn only_known(study: &Study, only: Option<&String>, found: &mut Diagnostics) {
    let Some(only) = only.filter(|only| !["base"].contains(&only.as_str())) else { return };
    if !study.variants.iter().any(|plan| plan.name == *only || plan.slug == *only) {
        let near = crate::ids::nearest(only, study.variants.iter().map(|plan| plan.name.as_str()));
        let hint = near.map(|name| format!("did you mean \"{name}\"?"));
        let message = format!("no variant is named \"{}\"", crate::units::short(only));
        found.push(Diagnostic::error(203, message).at(&Place::file("command line"), "").hint(hint));
    }
}

/// Files of a folder with their hashes, by name.
fn inputs(folder: &Path) -> Vec<InputFile> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).map(|all| all.filter_map(Result::ok).map(|entry| entry.path()).collect()).unwrap_or_default();
    paths.sort();
    let input = |path: PathBuf| {
        let bytes = std::fs::read(&path).ok()?;
        Some(InputFile { path: path.display().to_string(), bytes: bytes.len() as u64, blake3: blake3::hash(&bytes).to_hex().to_string() })
    };
    paths.into_iter().filter_map(input).collect()
}
