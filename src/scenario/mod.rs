//! As written: the study file and the tables of a city folder, every value with its place. Nothing here knows what a road is.
//!
//! ```text
//! study.toml --source--> text --read--> StudyFile --checks--> Study        all faults in one pass, each with its place
//! city/*.csv --source--> text --table-> Table     --folder--> Folder       rows with line numbers; city::check gives them meaning
//! ```

pub mod action;
pub mod checks;
pub mod folder;
pub mod grid;
pub mod measure;
pub mod quantity;
pub mod read;
pub mod schema;
pub mod source;
pub mod study;
pub mod sweep;
pub mod table;

use crate::diagnostic::Place;
use std::ops::Range;

/// What the command line adds to a study.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// The words of the study, instead of those of its file.
    pub text: Option<String>,
    /// `--set PATH=VALUE`, as written.
    pub set: Vec<String>,
    /// Values of a point of the sweep, as `--set` would say them.
    pub point: Vec<String>,
    /// `--do ACTION`, as written: together the variant `changed`.
    pub actions: Vec<String>,
    /// The city, where it is given already: the study need not name one, nor a time.
    pub city: Option<CityFrom>,
    /// Paths in the study are relative to this folder, not to its own; for a copy of a study.
    pub beside: Option<std::path::PathBuf>,
}

/// Where the city comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum CityFrom {
    /// A folder, as written.
    Folder(String),
    /// Generated.
    Grid(grid::GridSpec),
}

/// Drivers who look at present travel times on the way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Informed {
    /// Share of those whose way was not given.
    pub share: f64,
    /// From one renewal of the travel times to the next \[s\].
    pub update_s: f64,
}

impl Default for Informed {
    /// As in a study that says nothing of routing.
    fn default() -> Self {
        Informed { share: 0.3, update_s: 300.0 }
    }
}

/// A variant with all it inherits.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Name, as written.
    pub name: String,
    /// Name of its files.
    pub slug: String,
    /// Remark.
    pub note: String,
    /// All actions in order: inherited ones first.
    pub actions: Vec<quantity::At<action::Action>>,
}

/// A study, checked as far as it can be without its city, with all defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    /// Its text, for places.
    pub source: source::Source,
    /// Key by key, as written.
    pub file: study::StudyFile,
    /// Title; may be empty.
    pub title: String,
    /// Question; may be empty.
    pub question: String,
    /// City; `None` where the command line gives it.
    pub city: Option<CityFrom>,
    /// File that replaces the city's od.csv, relative to the study.
    pub trips_file: Option<quantity::At<String>>,
    /// Factor on all trips; may be uncertain.
    pub scale: quantity::Uncertain,
    /// Measured span \[s since midnight of its first day\]; `None` = as the demand has it.
    pub span_s: Option<[f64; 2]>,
    /// Simulated before, never measured \[s\].
    pub warmup_s: f64,
    /// At most so long after \[s\].
    pub drain_s: f64,
    /// dt = 2^-k s.
    pub k: u32,
    /// Number of seeds.
    pub seeds: u32,
    /// The first of them.
    pub first_seed: u64,
    /// Interval of the link table \[s\].
    pub interval_s: f64,
    /// Interval of trajectories \[s\], if any.
    pub vehicles_every_s: Option<f64>,
    /// Teleport a stuck head after so long \[s\]; `None` = never.
    pub teleport_after_s: Option<f64>,
    /// Informed drivers; `None` = nobody looks at travel times.
    pub informed: Option<Informed>,
    /// Measures, NAME.STATISTIC.
    pub measures: Vec<String>,
    /// A smaller difference does not matter (share of base).
    pub matters: f64,
    /// Forced, refused, unfinished: largest shares of a valid run.
    pub limits: [f64; 3],
    /// Variants without base, inheritance resolved.
    pub variants: Vec<Plan>,
    /// Axes of the sweep.
    pub axes: Vec<sweep::Axis>,
}

impl Study {
    /// Where a range of bytes of the study stands.
    #[must_use]
    pub fn place(&self, span: &Range<usize>) -> Place {
        self.source.place(span)
    }
}
