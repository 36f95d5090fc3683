//! From what was typed to a job: a study, a city folder or `grid:20x20` become arms, each with its city.

use super::batch::{Arm, Job};
use crate::city::{City, check};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::report::manifest::{CityText, InputFile, StudyText, VariantText};
use crate::report::validity::Limits;
use crate::scenario::quantity::Uncertain;
use crate::scenario::{Asked, CityFrom, Study};
use crate::simulation::{Machine, Settings};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What was typed.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// Study, city folder or `grid:CxR`.
    pub what: String,
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
}

/// Makes the job; all faults are in `found`.
pub fn prepare(typed: &Typed, machine: Machine, found: &mut Diagnostics) -> Option<Job> {
    let asked = Asked { set: typed.set.clone(), actions: typed.actions.clone(), city_given: false };
    let (opened, said) = check::open(&typed.what, &asked);
    found.append(said);
    let check::Opened { study, mut city, from_s, to_s, .. } = opened?;
    limits_of_this_version(&study, &mut city, found);
    let span_s = [from_s, to_s];
    let folder = match &study.city {
        Some(CityFrom::Folder(name)) => {
            Some(if Path::new(&typed.what).is_file() { beside(&typed.what).join(name) } else { PathBuf::from(name) })
        }
        _ => None,
    };
    let path = match (&folder, &study.city) {
        (Some(folder), _) => folder.display().to_string(),
        (None, Some(CityFrom::Grid(spec))) => format!("grid:{}x{}", spec.columns, spec.rows),
        _ => String::new(),
    };
    let city_text =
        CityText { path, network_hash: super::batch::fingerprint(&city), files: folder.map(|folder| inputs(&folder)).unwrap_or_default() };
    let mut arms = vec![arm("base", "base", city.clone(), &study, span_s)];
    for plan in study.variants.iter().filter(|plan| typed.only.as_ref().is_none_or(|only| *only == plan.name || *only == plan.slug)) {
        let mut changed = city.clone();
        super::actions::apply(&mut changed, plan, &study, found);
        arms.push(arm(&plan.name, &plan.slug, changed, &study, span_s));
    }
    if found.errors() > 0 {
        return None;
    }
    let words = study.source.text.to_string();
    let first = study.first_seed;
    let stem = if Path::new(&typed.what).is_file() { Path::new(&typed.what).file_stem() } else { Path::new(&typed.what).file_name() };
    let stem = stem.map_or_else(|| "study".to_owned(), |stem| stem.to_string_lossy().replace(':', "-"));
    let title = if study.title.is_empty() { city.name.clone() } else { study.title.clone() };
    let mut options: Vec<String> = typed.set.iter().map(|set| format!("--set {set}")).collect();
    options.extend(typed.actions.iter().map(|action| format!("--do {action}")));
    let [forced, refused, unfinished] = study.limits;
    Some(Job {
        study: StudyText { path: typed.what.clone(), title, blake3: blake3::hash(words.as_bytes()).to_hex().to_string(), text: words },
        city: city_text,
        arms,
        seeds: typed.seeds.clone().unwrap_or_else(|| (first..first + u64::from(study.seeds)).collect()),
        measures: study.measures.clone(),
        matters: study.matters,
        limits: Limits { forced, refused, unfinished, no_drain: study.drain_s <= 0.0 },
        options,
        out: typed.out.clone().unwrap_or_else(|| Path::new("out").join(stem)),
        machine,
        worlds: None,
        also: Vec::new(),
        fresh: false,
        quiet: false,
    })
}

/// Folder of a file.
fn beside(file: &str) -> &Path {
    Path::new(file).parent().unwrap_or(Path::new(""))
}

/// A fixed factor on demand is carried out; what this version cannot do is an error, never silence.
fn limits_of_this_version(study: &Study, city: &mut City, found: &mut Diagnostics) {
    match study.scale {
        Uncertain::Fixed(factor) if (factor - 1.0).abs() > 0.0 && !city.trips.is_empty() => {
            found.push(Diagnostic::error(230, "demand.scale works on OD tables; this city has single trips"));
        }
        Uncertain::Fixed(factor) => city.od.iter_mut().for_each(|cell| cell.trips *= factor),
        _ => found.push(Diagnostic::error(230, "an uncertain demand.scale is not carried out by this version: write one number")),
    }
    if !study.axes.is_empty() {
        found.push(Diagnostic::error(230, "[sweep] is not carried out by this version: run once a value with --set"));
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

/// An arm of the study.
fn arm(name: &str, slug: &str, city: City, study: &Study, [from_s, to_s]: [f64; 2]) -> Arm {
    let settings = Settings {
        k: study.k,
        from_s,
        to_s,
        warmup_s: study.warmup_s,
        drain_s: study.drain_s,
        interval_s: study.interval_s,
        vehicles_every_s: study.vehicles_every_s,
        teleport_after_s: study.teleport_after_s,
    };
    Arm::new(VariantText { name: name.to_owned(), slug: slug.to_owned(), point: 0, axes: BTreeMap::new() }, city, settings)
}
