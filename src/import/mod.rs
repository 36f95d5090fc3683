//! Importers: foreign files become a [`City`], and everything that was approximated or ignored is listed.
//!
//! An importer translates, it does not grade: [`crate::city`] does that. Nothing is dropped in silence, nothing panics on a broken file.

pub mod folder;
pub mod report;
pub mod sumo;
pub mod xml;

use crate::city::City;
pub use report::{ImportReport, Problem, Severity};

/// A city with what else the foreign case said about its simulation.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// The city with its demand.
    pub city: City,
    /// Begin of the case \[s since midnight\].
    pub from_s: f64,
    /// Its end \[s since midnight\]; where the case gives none, the last departure rounded up to the next full minute.
    pub to_s: f64,
    /// Time step \[s\]: 1, 0.5, 0.25 or 0.125.
    pub step_s: f64,
    /// First seed.
    pub seed: u64,
    /// Title for people.
    pub title: String,
}
