//! What a generated city is asked to be: a grid of blocks. `city::generate` builds it; the study file, `--do` and `grid:13x7` fill it.

/// Junctions of a generated city at most: a minute of generating, a few gigabytes.
pub const JUNCTIONS: u32 = 250_000;

/// How the junctions of a generated city are controlled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GridSignals {
    /// A fixed plan at every crossing.
    #[default]
    Fixed,
    /// Greens extend while vehicles come.
    Actuated,
    /// The phase with the largest pressure goes next.
    MaxPressure,
    /// No signals: priority to the road of higher rank, else right before left.
    None,
}

/// A grid city. Every field has a sensible default, so a study need not say more than `grid = [13, 7]`.
#[derive(Clone, Debug, PartialEq)]
pub struct GridSpec {
    /// Junctions from west to east, 2..=1000.
    pub columns: u32,
    /// Junctions from south to north, 2..=1000.
    pub rows: u32,
    /// Distance between two junctions, centre to centre \[m\], 50..=5000.
    pub block_m: f64,
    /// Lanes a direction, 1..=8.
    pub lanes: u32,
    /// Speed limit \[m/s\], 1..=64.
    pub limit_mps: f64,
    /// Every n-th street is an arterial (higher rank, goes first without signals); 0 = no arterials.
    pub arterial_every: u32,
    /// Control of the crossings.
    pub signals: GridSignals,
    /// Cycle of the fixed plan \[s\], 20..=300.
    pub cycle_s: f64,
    /// Zones wanted: the grid is tiled in near-square blocks of nodes; 0 = one zone a junction.
    pub zones: u32,
    /// Key of everything drawn while generating (which zones attract how much). Not the seed of a run.
    pub seed: u64,
    /// Trips in an hour over the whole city \[1/h\]; `None` = as many as the grid carries without jamming, the generator's choice.
    pub trips_per_h: Option<f64>,
    /// Distance over which the pull of a destination falls to 1/e \[m\], 50..=1,000,000: the gravity model's, so shorter means shorter trips.
    pub decay_m: f64,
}

impl Default for GridSpec {
    fn default() -> Self {
        GridSpec {
            columns: 7,
            rows: 7,
            block_m: 200.0,
            lanes: 2,
            limit_mps: 50.0 / 3.6,
            arterial_every: 3,
            signals: GridSignals::Fixed,
            cycle_s: 60.0,
            zones: 0,
            seed: 1,
            trips_per_h: None,
            decay_m: 2500.0,
        }
    }
}
