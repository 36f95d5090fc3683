//! From what was typed to a job: a study, a city folder or `grid:20x20` become arms, each with its city.

use super::batch::{Arm, Job};
use crate::city::{City, generate};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::report::manifest::{CityText, InputFile, StudyText, VariantText};
use crate::report::validity::Limits;
use crate::scenario::grid::GridSpec;
use crate::scenario::quantity::Uncertain;
use crate::scenario::{Asked, CityFrom, Study, read, source};
use crate::simulation::{Machine, Settings};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The morning peak of generated cities.
pub const PEAK_S: [f64; 2] = [25_200.0, 28_800.0];

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

/// `grid:20x20` as a specification; `None` when it is no grid, or a wrong one.
#[must_use]
pub fn grid_of(text: &str) -> Option<GridSpec> {
    let (columns, rows) = text.strip_prefix("grid:")?.split_once('x')?;
    let (columns, rows): (u32, u32) = (columns.parse().ok()?, rows.parse().ok()?);
    let sizes = 2..=1000;
    (sizes.contains(&columns) && sizes.contains(&rows)).then(|| GridSpec { columns, rows, ..GridSpec::default() })
}

/// The text of what was typed: a file's, or nothing for a city.
fn text_of(typed: &Typed, found: &mut Diagnostics) -> Option<source::Source> {
    let path = Path::new(&typed.what);
    if typed.what.starts_with("grid:") || path.is_dir() {
        return Some(read::empty());
    }
    source::text(path, &typed.what, source::STUDY_BYTES, found).map(|text| source::Source::new(&typed.what, &text))
}

/// Makes the job; all faults are in `found`.
pub fn prepare(typed: &Typed, machine: Machine, found: &mut Diagnostics) -> Option<Job> {
    let text = text_of(typed, found)?;
    prepare_text(typed, text, machine, found)
}

/// As [`prepare`], with the text of the study at hand.
pub fn prepare_text(typed: &Typed, text: source::Source, machine: Machine, found: &mut Diagnostics) -> Option<Job> {
    let study_is_file = !text.text.is_empty();
    let asked = Asked { set: typed.set.clone(), actions: typed.actions.clone(), city_given: !study_is_file };
    let words = text.text.to_string();
    let study = read::study(text, &asked, found)?;
    let (city, city_text) = city_of(typed, &study, study_is_file, found)?;
    let mut arms = vec![arm("base", "base", city.clone(), &study)];
    for plan in study.variants.iter().filter(|plan| typed.only.as_ref().is_none_or(|only| *only == plan.name || *only == plan.slug)) {
        let mut changed = city.clone();
        super::actions::apply(&mut changed, plan, &study, found);
        arms.push(arm(&plan.name, &plan.slug, changed, &study));
    }
    if found.errors() > 0 {
        return None;
    }
    let first = study.first_seed;
    let stem = if study_is_file { Path::new(&typed.what).file_stem() } else { Path::new(&typed.what).file_name() };
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

/// The city of a study, or the one that was typed.
fn city_of(typed: &Typed, study: &Study, study_is_file: bool, found: &mut Diagnostics) -> Option<(City, CityText)> {
    let typed_grid = || grid_of(&typed.what).map(CityFrom::Grid);
    let from = match &study.city {
        Some(from) => from.clone(),
        None if typed.what.starts_with("grid:") => typed_grid()?,
        None => CityFrom::Folder(typed.what.clone()),
    };
    let (mut city, path, files) = match from {
        CityFrom::Grid(spec) => (generate::grid(&spec), format!("grid:{}x{}", spec.columns, spec.rows), Vec::new()),
        CityFrom::Folder(name) => {
            let base = if study_is_file { Path::new(&typed.what).parent().unwrap_or(Path::new("")) } else { Path::new("") };
            let folder = base.join(&name);
            (super::actions::open_city(&folder, study, found)?, folder.display().to_string(), inputs(&folder))
        }
    };
    match study.scale {
        Uncertain::Fixed(factor) => city.od.iter_mut().for_each(|cell| cell.trips *= factor),
        _ => found.push(Diagnostic::error(230, "an uncertain demand.scale is not carried out by this version: write one number")),
    }
    if !study.axes.is_empty() {
        found.push(Diagnostic::error(230, "[sweep] is not carried out by this version: run once a value with --set"));
    }
    let network_hash = super::batch::fingerprint(&city);
    Some((city, CityText { path, network_hash, files }))
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
fn arm(name: &str, slug: &str, city: City, study: &Study) -> Arm {
    let [from_s, to_s] = study.span_s.unwrap_or_else(|| demand_span_s(&city));
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

/// The span of explicit trips and OD cells; the morning peak when they last all day.
fn demand_span_s(city: &City) -> [f64; 2] {
    let ends =
        city.od.iter().map(|cell| (cell.from_s, cell.to_s)).chain(city.trips.iter().map(|trip| (trip.depart_s, trip.depart_s + 1.0)));
    let (from_s, to_s) = ends.fold((f64::INFINITY, 0.0_f64), |span, end| (span.0.min(end.0), span.1.max(end.1)));
    if !from_s.is_finite() || to_s - from_s >= 86_000.0 { PEAK_S } else { [from_s.floor(), to_s.ceil()] }
}
