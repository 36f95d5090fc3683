//! Columns by name, as bytes: what a row of a stage calls them, where they lie on the host.
//!
//! `params` and `clock` are uniforms; `clock` is the beginning of `counters`. Columns of vehicles have room for more rows than there are.

use crate::state::{Scratch, State, event_rows_at};
use crate::tables::Tables;
use crate::tables::layout::{Claim, Entry, Swap, Vehicle};
use bytemuck::{Pod, cast_slice, pod_collect_to_vec};
use std::borrow::Cow;
use std::mem::size_of;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Columns that no stage writes.
pub const TABLES: [&str; 5] = ["params", "lanes", "pool", "trips", "queue_start"];
/// Columns of the state.
pub const STATE: [&str; 9] = ["vehicles", "lane_start", "gate", "phases", "queue", "logs", "sums", "loops", "counters"];
/// Columns that live within a step.
pub const SCRATCH: [&str; 7] = ["plan", "claims", "swaps", "flow", "entries", "lane_next", "block_sums"];

/// Bytes of a row of `vehicles` and `plan`.
pub const VEHICLE_BYTES: u64 = size_of::<Vehicle>() as u64;
/// Bytes of `clock`: four words, the first is the tick.
pub const CLOCK_BYTES: u64 = 16;

/// Does a column hold a row a vehicle?
#[must_use]
pub fn of_vehicles(name: &str) -> bool {
    name == "vehicles" || name == "plan"
}

fn words(all: &[AtomicU32]) -> Cow<'_, [u8]> {
    Cow::Owned(all.iter().flat_map(|word| word.load(Relaxed).to_ne_bytes()).collect())
}

fn plain<T: Pod>(all: &[T]) -> Cow<'_, [u8]> {
    Cow::Borrowed(cast_slice(all))
}

/// The bytes of a table or of a column of the state.
///
/// # Panics
/// For a name that is neither.
#[must_use]
pub fn bytes<'a>(name: &str, t: &'a Tables, s: &'a State) -> Cow<'a, [u8]> {
    match name {
        "params" => Cow::Borrowed(bytemuck::bytes_of(&t.params)),
        "lanes" => plain(&t.lanes),
        "pool" if s.detours.is_empty() => plain(&t.pool),
        "pool" => Cow::Owned(pod_collect_to_vec(&[&t.pool[..], &s.detours[..]].concat())),
        "trips" => plain(&t.trips),
        "queue_start" => plain(&t.queue_start),
        "vehicles" => plain(&s.vehicles),
        "lane_start" => plain(&s.lane_start),
        "gate" => plain(&s.gate),
        "phases" => plain(&s.phases),
        "queue" => plain(&s.queue),
        "logs" => words(&s.logs),
        "sums" => plain(&s.sums),
        "loops" => plain(&s.loops),
        "counters" => Cow::Owned(pod_collect_to_vec(&canonical(t, s))),
        _ => panic!("\"{name}\" is a column of the state or a table"),
    }
}

/// The counters, with the interventions in an order that no machine decides.
fn canonical(t: &Tables, s: &State) -> Vec<u32> {
    let worlds = t.params.worlds as usize;
    let mut all: Vec<u32> = s.counters[..event_rows_at(worlds, 0)].iter().map(|word| word.load(Relaxed)).collect();
    for world in 0..worlds {
        all.extend(s.events_of(worlds, world).into_iter().flatten());
        all.resize(event_rows_at(worlds, world + 1), 0);
    }
    all
}

/// The bytes of a scratch column.
///
/// # Panics
/// For a name that is none.
#[must_use]
pub fn scratch_bytes<'a>(name: &str, c: &'a Scratch) -> Cow<'a, [u8]> {
    match name {
        "plan" => plain(&c.plan),
        "claims" => plain(&c.claims),
        "swaps" => plain(&c.swaps),
        "flow" => words(&c.flow),
        "entries" => plain(&c.entries),
        "lane_next" => plain(&c.lane_next),
        "block_sums" => plain(&c.block_sums),
        _ => panic!("\"{name}\" is a scratch column"),
    }
}

/// Bytes of a scratch column on the device, without those of vehicles.
///
/// # Panics
/// For a name that is none.
#[must_use]
pub fn scratch_size(name: &str, t: &Tables) -> u64 {
    let keys = t.keys() as u64;
    match name {
        "claims" => keys * size_of::<Claim>() as u64,
        "swaps" => keys * size_of::<Swap>() as u64,
        "flow" => keys * 4,
        "entries" => keys * size_of::<Entry>() as u64,
        "lane_next" => (keys + 1) * 4,
        "block_sums" => (keys.div_ceil(crate::tables::BLOCK as u64) + 1) * 4,
        _ => panic!("\"{name}\" is a scratch column of keys"),
    }
}

fn atomics(bytes: &[u8]) -> Vec<AtomicU32> {
    pod_collect_to_vec::<u8, u32>(bytes).into_iter().map(AtomicU32::new).collect()
}

/// Takes a column of the state from the device.
///
/// # Panics
/// For a name that is none.
pub fn put(name: &str, bytes: &[u8], s: &mut State) {
    match name {
        "vehicles" => s.vehicles = pod_collect_to_vec(bytes),
        "lane_start" => s.lane_start = pod_collect_to_vec(bytes),
        "gate" => s.gate = pod_collect_to_vec(bytes),
        "phases" => s.phases = pod_collect_to_vec(bytes),
        "queue" => s.queue = pod_collect_to_vec(bytes),
        "logs" => s.logs = atomics(bytes),
        "sums" => s.sums = pod_collect_to_vec(bytes),
        "loops" => s.loops = pod_collect_to_vec(bytes),
        "counters" => s.counters = atomics(bytes),
        _ => panic!("\"{name}\" is a column of the state"),
    }
}

/// Takes a scratch column from the device.
///
/// # Panics
/// For a name that is none.
pub fn put_scratch(name: &str, bytes: &[u8], c: &mut Scratch) {
    match name {
        "plan" => c.plan = pod_collect_to_vec(bytes),
        "claims" => c.claims = pod_collect_to_vec(bytes),
        "swaps" => c.swaps = pod_collect_to_vec(bytes),
        "flow" => c.flow = atomics(bytes),
        "entries" => c.entries = pod_collect_to_vec(bytes),
        "lane_next" => c.lane_next = pod_collect_to_vec(bytes),
        "block_sums" => c.block_sums = pod_collect_to_vec(bytes),
        _ => panic!("\"{name}\" is a scratch column"),
    }
}
