//! Answers: tables, hashes, measures, validity, comparisons, and how they are written. Integers were summed below; here they are divided.

pub mod answer;
pub mod compare;
pub mod csv;
pub mod document;
pub mod files;
pub mod kept;
pub mod manifest;
pub mod map_svg;
pub mod measures;
pub mod names;
pub mod page;
pub mod parquet;
pub mod ranking;
pub mod shared;
pub mod stored;
pub mod study;
pub mod summary;
pub mod sumo_xml;
pub mod table;
pub mod tables;
pub mod validity;
pub mod worse_off;

use crate::city::City;
use crate::observe::{Observations, Validity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Raised whenever any number can move; the changelog says whose and by how much.
pub const RESULT_VERSION: u32 = 5;

/// One run as the manifest keeps it: enough for every summary without reading a table again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Slug of the variant.
    pub variant: String,
    /// Number of the sweep's point.
    pub point: usize,
    /// Seed.
    pub seed: u64,
    /// Hash of everything that decides the run but its seed; a run with the same key need not be done again.
    pub key: String,
    /// Digest of the final state.
    pub state_hash: String,
    /// Hash of each table.
    pub table_hashes: BTreeMap<String, String>,
    /// Limits that were broken; empty = valid.
    pub invalid: Vec<String>,
    /// Totals that decide it.
    pub validity: Validity,
    /// Measures by name; NaN (nothing to say) is left out.
    pub measures: BTreeMap<String, f64>,
    /// See [`measures::VERSION`].
    #[serde(default)]
    pub measures_version: u32,
    /// Hash of the run of base that measures of change (`worse_off.share`) refer to; empty if there is none.
    #[serde(default)]
    pub against: String,
    /// How its measured trips go with those of that run; `None` = unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<shared::Shared>,
    /// Vehicle-steps.
    pub vehicle_steps: u64,
    /// Simulated time \[s\].
    pub simulated_s: f64,
}

impl RunRecord {
    /// Hash of the run: its state and its tables.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.state_hash.as_bytes());
        for (table, hash) in &self.table_hashes {
            hasher.update(table.as_bytes()).update(hash.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// Hash of all runs in order of (variant, point, seed).
#[must_use]
pub fn result_hash(runs: &[RunRecord]) -> String {
    let mut order: Vec<&RunRecord> = runs.iter().collect();
    order.sort_by(|a, b| (&a.variant, a.point, a.seed).cmp(&(&b.variant, b.point, b.seed)));
    let mut hasher = blake3::Hasher::new();
    for run in order {
        hasher.update(run.hash().as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// Which run a set of observations is.
#[derive(Clone, Debug, Default)]
pub struct Which {
    /// Slug of the variant.
    pub variant: String,
    /// Point of the sweep.
    pub point: usize,
    /// See [`RunRecord::key`].
    pub key: String,
}

/// Tables, hashes, measures and validity of one run.
#[must_use]
pub fn record(city: &City, run: &Observations, which: &Which, limits: &validity::Limits) -> (RunRecord, Vec<table::Sheet>) {
    let scene = table::Scene { city, run };
    let sheets = tables::of_run(&scene);
    let record = RunRecord {
        variant: which.variant.clone(),
        point: which.point,
        seed: run.seed,
        key: which.key.clone(),
        state_hash: run.state_hash.iter().map(|word| format!("{word:08x}")).collect(),
        table_hashes: sheets.iter().map(|sheet| (sheet.name.to_owned(), sheet.hash())).collect(),
        invalid: run.validity.broken(limits),
        validity: run.validity,
        measures: measures::all(&scene).into_iter().filter(|(_, value)| value.is_finite()).collect(),
        measures_version: measures::VERSION,
        against: String::new(),
        shared: None,
        vehicle_steps: run.vehicle_steps,
        simulated_s: scene.span_s(u64::from(run.ticks)),
    };
    (record, sheets)
}

/// Sheets of several runs, table by table.
#[must_use]
pub fn together(runs: Vec<Vec<table::Sheet>>) -> Vec<table::Sheet> {
    let mut all: BTreeMap<&'static str, table::Sheet> = BTreeMap::new();
    for sheet in runs.into_iter().flatten() {
        match all.entry(sheet.name) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(sheet);
            }
            std::collections::btree_map::Entry::Occupied(mut there) => there.get_mut().append(sheet),
        }
    }
    all.into_values().collect()
}
