//! A kernel raised a bit: the run ends at the next look, with what was seen until then and the state as it is.

use super::{Device, watch::Run};
use crate::backend::fault::{of_world, words};
use crate::city::City;
use crate::observe::Observations;
use crate::state::State;
use crate::tables::Tables;

/// What happened, when and where, and all there is to look for the reason.
pub struct Fault {
    /// Bits of the causes (`stages::faults`).
    pub bits: u32,
    /// The causes in words.
    pub cause: String,
    /// Tick of the look; it happened since the look before.
    pub tick: u32,
    /// World of the batch.
    pub world: usize,
    /// Its seed.
    pub seed: u64,
    /// The lane, or the movement, in words.
    pub place: String,
    /// What was seen of this world, marked as invalid.
    pub seen: Observations,
    /// The device that computed.
    pub device: Device,
    /// The batch as it stands ([`State::to_bytes`]).
    pub snapshot: Vec<u8>,
}

/// In one sentence: the rest fills pages.
impl std::fmt::Debug for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fault({self})")
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let s = self.seen.start_s + f64::from(self.tick) * f64::from(self.seen.step_ms) / 1000.0;
        let (hour, minute) = ((s / 3600.0) as u32, (s / 60.0) as u32 % 60);
        write!(
            f,
            "seed {}: {}, on {}, before tick {} ({hour:02}:{minute:02}): a defect of the program, not of your input (forecity info C506)",
            self.seed, self.cause, self.place, self.tick
        )
    }
}

/// The first world that goes on and has raised a bit; its bits and lane.
pub(super) fn first(t: &Tables, s: &State, run: &Run<'_>) -> Option<(usize, u32, u32)> {
    let found = |world: usize| of_world(s, t.params.lanes, world).map(|(bits, lane)| (world, bits, lane));
    run.going().find_map(found)
}

/// All about it. The state has all its columns.
pub(super) fn of(city: &City, t: &Tables, s: &State, run: &mut Run<'_>, (world, bits, lane): (usize, u32, u32), device: Device) -> Fault {
    let seen = run.stopped(s, world);
    let seed = seen.seed;
    let place = place(city, t, lane);
    Fault { bits, cause: words(bits), tick: s.tick(), world, seed, place, seen, device, snapshot: s.to_bytes(t) }
}

/// A lane or a movement in words.
fn place(city: &City, t: &Tables, lane: u32) -> String {
    let at = t.origin_of.get(lane as usize).map_or(usize::MAX, |at| *at as usize);
    let link = |lane: usize| city.lanes.get(lane).and_then(|lane| city.links.get(lane.link)).map_or("?", |link| link.id.as_str());
    match city.lanes.get(at) {
        Some(own) => format!("lane \"{}\" of link \"{}\"", own.id, link(at)),
        None => city.movements.get(at.wrapping_sub(city.lanes.len())).map_or_else(
            || "an unknown lane".to_owned(),
            |m| format!("the movement from link \"{}\" to link \"{}\"", link(m.from_lane), link(m.to_lane)),
        ),
    }
}
