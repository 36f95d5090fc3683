//! What studies leave in a city besides other streets: days that differ, charges, blocked places.

/// How demand differs from day to day: one factor a seed, the same in all variants. Draws come from `+ - * /` and `sqrt` alone, so every machine has
/// the same days.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum DayScale {
    /// Every day is the table.
    #[default]
    Same,
    /// Mean and deviation; never below 0.
    Normal([f64; 2]),
    /// From, to.
    Uniform([f64; 2]),
    /// From, most likely, to.
    Triangular([f64; 3]),
}

/// What driving costs on some links.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Charge {
    /// Links on which it is paid.
    pub links: Vec<usize>,
    /// Modes that pay; empty = all.
    pub modes: Vec<usize>,
    /// How much \[money of the study\].
    pub fee: f64,
    /// For what.
    pub per: ChargePer,
}

/// What a charge is paid for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChargePer {
    /// Each time one comes into the links from elsewhere; who starts there has not come.
    #[default]
    Entry,
    /// Each kilometre on the links.
    Km,
    /// The day: once by whoever drives there at all. A trip is a vehicle of its own, so it is once a trip. Who chooses a way counts each entry: the
    /// shortest way seldom comes back into an area that it has left.
    Day,
}

/// A place of a lane that nobody passes for a time: an incident.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Block {
    /// Lane index.
    pub lane: usize,
    /// Where those who come must stop \[m\].
    pub at_m: f64,
    /// From this time of day on \[s since midnight\], at which the streets change: see [`super::City::later`].
    pub from_s: f64,
    /// Until this one, likewise.
    pub to_s: f64,
}
