//! Tables: the city as dense arrays of integers, shared by all worlds and never changed in a run. Where an action holds for a part of the day, the
//! run goes in stretches, each with tables of its own ([`Tables::later`]); within a stretch nothing changes.
//!
//! Lanes and connectors (movements) are one kind of object. They are renumbered: junctions along a Hilbert curve; of each the lanes that
//! lead to it, those of a link side by side from the kerb, then its connectors, those of one lane together, by turn code. Lists of any kind lie in one `pool` of words, because
//! a kernel may bind eight buffers; the records say where.
//!
//! Trips belong to worlds (each seed samples its own), so `trips` and `queue_start` lead with the world.

mod approaches;
pub mod compile;
pub mod demand;
pub mod lanes;
pub mod layout;
pub mod order;
pub mod shown;
pub mod signals;
pub mod stands;

use layout::{Lane, Params, Trip};
use std::sync::Arc;

/// Keys that one scan group sums.
pub const BLOCK: usize = 1024;

/// Read-only arrays of a batch. L lanes and connectors of one world, W worlds, C controllers.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Sizes and constants.
    pub params: Params,
    /// Lanes and connectors.                                                                   (L)
    pub lanes: Vec<Lane>,
    /// All lists: turns, origins, conflicts, siblings, junctions, controllers, detectors, seeds, halts, routes.
    pub pool: Vec<u32>,
    /// Trips in the order (world, lane, due, id).                                              (all worlds)
    /// Behind them, world after world, what stands where lanes are blocked: see [`Tables::stand`].
    pub trips: Arc<Vec<Trip>>,
    /// First trip of each lane's queue; the last entry is the number of trips.                 (W * L + 1)
    pub queue_start: Arc<Vec<u32>>,
    /// First phase of each controller at tick 0: phase, elapsed ticks, goal, unused.           (C * 4)
    pub signals0: Vec<u32>,
    /// Lane of the city -> lane here.
    pub of_lane: Vec<u32>,
    /// Movement of the city -> lane here.
    pub of_movement: Vec<u32>,
    /// Lane here -> lane of the city, or lanes + movement.
    pub origin_of: Vec<u32>,
    /// Is it a connector? The same as in `lanes`, dense, for passes over all keys.                   (L)
    pub connector: Vec<bool>,
    /// How long it is, likewise \[Q10 m\].                                                            (L)
    pub length: Vec<i32>,
    /// Junctions, as in the pool, and what the CPU wants to know of them besides.                       (params.junctions)
    pub heads: Vec<Head>,
    /// What their signals show, see [`Head::shown`].
    pub shown: Vec<shown::Shown>,
    /// Lanes that lead to them and their connectors, junction after junction.
    pub feeds: Vec<Feed>,
    /// Worlds: seed and the first trip of each.
    pub worlds: Vec<World>,
    /// What the host knows of each trip, in the order of `trips`.
    pub roster: Arc<Vec<Asked>>,
    /// Does any of them end before the end of its last lane?
    pub ends_within: bool,
    /// Who is in whose way, a bit for each of the first 64 connectors of its junction that one of them may have to wait for; all bits where
    /// there are more.                                                                                  (L)
    pub foes: Vec<u64>,
    /// Trips that never enter because no path exists, by world, in the order (departure, id).
    pub no_path: Vec<Vec<Lost>>,
    /// Where lanes are blocked for a time.
    pub stands: Vec<stands::Stand>,
    /// Time of day of tick 0 \[s\].
    pub start_s: f64,
    /// The tables from these ticks on, ascending, where the streets change in the run: the same lanes and trips under the same numbers.
    pub later: Vec<(u32, Tables)>,
}

/// The connectors of a junction, which are one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// First connector.
    pub first: u32,
    /// Connectors.
    pub count: u32,
    /// First of its lanes in [`Tables::feeds`].
    pub feeds: u32,
    /// The controller of its signals; `NONE` without, [`Head::SEVERAL`] if there are more.
    pub controller: u32,
    /// First of its words in [`Tables::shown`], one a phase; one in all without signals, none with several controllers.
    pub shown: u32,
}

impl Head {
    /// Several controllers.
    pub const SEVERAL: u32 = layout::NONE - 1;
}

/// A lane and its connectors, which are one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Feed {
    /// The lane.
    pub lane: u32,
    /// Connectors.
    pub count: u32,
}

/// What stands in no record of a trip. Name, mode and zones are looked up in the city: see [`crate::city::demand::name`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Source of the trip, and in the highest bit whether it is measured.
    packed: u32,
    /// Its number among those of its source.
    pub ordinal: u32,
    /// Wished departure \[ms after tick 0\], finer than a tick; the first 49 days.
    pub due_ms: u32,
    /// Hash of the links of its path.
    pub path_hash: u32,
    /// What its path costs \[1/1000 of the study's money\].
    pub paid_mills: u32,
}

/// Highest bit of [`Asked`].
const MEASURED: u32 = 1 << 31;

impl Asked {
    /// Packs source and mark.
    #[must_use]
    pub const fn new(source: u32, measured: bool, ordinal: u32, due_ms: u32, [path_hash, paid_mills]: [u32; 2]) -> Asked {
        Asked { packed: source | if measured { MEASURED } else { 0 }, ordinal, due_ms, path_hash, paid_mills }
    }

    /// Its source, as in [`crate::city::demand::Wish`].
    #[must_use]
    pub const fn source(self) -> u32 {
        self.packed & !MEASURED
    }

    /// Does it depart in the measured span?
    #[must_use]
    pub const fn measured(self) -> bool {
        self.packed & MEASURED != 0
    }
}

/// A trip that never enters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// As of the others.
    pub asked: Asked,
    /// Tick from which it wanted to depart.
    pub due: u32,
    /// Class and speed factor, packed as in [`Trip`].
    pub traits: u32,
}

/// One replica.
#[derive(Clone, Copy, Debug, Default)]
pub struct World {
    /// Study seed.
    pub seed: u64,
    /// Its word in the kernels.
    pub word: u32,
    /// First trip in `trips`.
    pub first_trip: u32,
    /// One past its last trip.
    pub end_trip: u32,
}

impl Tables {
    /// Those of the stretch in which a tick lies, and the tick at which the next stretch begins.
    #[must_use]
    pub fn at(&self, tick: u32) -> (&Tables, Option<u32>) {
        let next = self.later.partition_point(|(from, _)| *from <= tick);
        let here = next.checked_sub(1).map_or(self, |at| &self.later[at].1);
        (here, self.later.get(next).map(|(from, _)| *from))
    }

    /// Where a stretch begins with this tick, those of the one before: a state of this tick may still be one of these.
    #[must_use]
    pub fn before(&self, tick: u32) -> Option<&Tables> {
        let begins = self.later.iter().position(|(from, _)| *from == tick)?;
        Some(begins.checked_sub(1).map_or(self, |at| &self.later[at].1))
    }

    /// Lanes of one world.
    #[must_use]
    pub fn lane_count(&self) -> usize {
        self.lanes.len()
    }

    /// Links of the city.
    #[must_use]
    pub fn links(&self) -> usize {
        let roads = self.lanes.iter().filter(|lane| lane.flags & layout::LANE_CONNECTOR == 0);
        roads.map(|lane| lane.place as usize + 1).max().unwrap_or(0)
    }

    /// Lane of a key, without a division in the common case of one world.
    #[inline]
    #[must_use]
    pub fn own(&self, key: usize) -> usize {
        let lanes = self.lanes.len();
        if key < lanes { key } else { key % lanes }
    }

    /// Keys of lanes over all worlds.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.lanes.len() * self.worlds.len()
    }
}
