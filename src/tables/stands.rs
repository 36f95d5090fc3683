//! What stands on a lane while it is blocked: a thin row of the array of vehicles that the host puts in and takes out between two ticks
//! ([`crate::simulation`]). It is no trip: it stands in no queue, nobody waits for it, and it has no row in any table.

use super::demand::packed;
use super::lanes::{Roads, q10};
use super::layout::{Class, FLAG_HALTS, FLAG_STANDS, NONE, Trip, Vehicle};
use super::{Tables, compile};
use crate::city::{City, Uses, VehicleClass};
use crate::random::key_of;

/// Class of what stands, the last one that fits.
pub const CLASS: u32 = 63;
/// A halt lasts so many ticks at most; several follow one another.
const HALT_TICKS: u32 = 65_535;
/// Halts of one vehicle at most.
const HALTS: u32 = 255;
/// How long it is \[m\]: it fits between two vehicles of a queue.
const LENGTH_M: f64 = 0.5;

/// A blocked place in every world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stand {
    /// Lane.
    pub lane: u32,
    /// Front bumper \[Q10 m\]; further back where somebody is in the way or cannot stop any more.
    pub x: i32,
    /// First tick.
    pub from: u32,
    /// Tick after the last.
    pub to: u32,
}

/// The blocked places of a run.
pub(super) fn compile(city: &City, roads: &Roads, start_s: f64, k: u32) -> Vec<Stand> {
    let per_s = f64::from(1_u32 << k);
    let tick = |s: f64| ((s - start_s) * per_s).ceil().clamp(0.0, f64::from(u32::MAX / 2)) as u32;
    let stand = |block: &crate::city::Block| Stand {
        lane: roads.of_lane[block.lane],
        x: q10(block.at_m).max(q10(LENGTH_M)),
        from: tick(block.from_s),
        to: tick(block.to_s),
    };
    city.blocks.iter().map(stand).filter(|stand| stand.from < stand.to).collect()
}

/// Its parameters.
pub(super) fn class() -> Class {
    compile::class(&VehicleClass { length_m: LENGTH_M, uses: Uses::ALL, noise: 0.0, ..VehicleClass::default() })
}

impl Stand {
    /// Halts without end at its place, as of a trip.
    pub(super) fn halts(&self) -> Vec<u32> {
        let count = ((self.to - self.from) / HALT_TICKS + 1).min(HALTS);
        let one = [self.lane, self.x as u32, 1, self.to];
        std::iter::once(count).chain((0..count).flat_map(|_| one)).collect()
    }

    /// Its record, which no queue holds. `halts`: where they stand in the pool, `cursor`: of a route without turns.
    pub(super) fn record(&self, number: usize, halts: u32, cursor: u32) -> Trip {
        let key = key_of(&format!("block {number}"));
        Trip { due: NONE, cursor, key, traits: CLASS | FLAG_HALTS | FLAG_STANDS | 4096 << 16, x: self.x, v: 0, arrive: -1, halts }
    }
}

/// A route without turns.
pub(super) fn no_turns() -> Vec<u32> {
    packed(&[])
}

impl Tables {
    /// First of the records of what stands, behind the trips of all worlds.
    #[must_use]
    pub fn stands_at(&self) -> u32 {
        self.queue_start.last().copied().unwrap_or(0)
    }

    /// The record of what stands at a place of a world.
    #[must_use]
    pub fn stand(&self, world: usize, number: usize) -> u32 {
        self.stands_at() + (world * self.stands.len() + number) as u32
    }

    /// Is it no vehicle of a trip, but what stands where a lane is blocked?
    #[must_use]
    pub fn stands(&self, v: &Vehicle) -> bool {
        v.trip >= self.stands_at() && !self.stands.is_empty()
    }
}
