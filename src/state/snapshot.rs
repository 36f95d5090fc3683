//! The checkpoint as bytes: a state goes on where it was saved, on another machine or back end, to the same digest.
//!
//! ```text
//!  "forecity" | version | hash of the tables | words of each column | columns, little-endian u32 | hash of all that
//!      8      |    4    |         32         |       11 x 8         |             ...            |       32
//! ```
//! The hash of the tables says which city, demand and seeds the rows mean; the last hash finds a damaged file.

use super::{LINK_WORDS, State, event_words, events_at};
use crate::tables::Tables;
use crate::tables::layout::{Loop, Sums, Vehicle};
use bytemuck::{Pod, Zeroable, cast_slice, cast_slice_mut};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// First bytes of a snapshot.
const MAGIC: &[u8; 8] = b"forecity";
/// Version of the layout; rises with every change of the columns.
pub const VERSION: u32 = 4;
/// Columns of the state.
const COLUMNS: usize = 11;
/// Bytes of a hash.
const HASH: usize = 32;
/// Bytes before the columns.
const HEAD: usize = MAGIC.len() + 4 + HASH + COLUMNS * 8;

/// Why bytes are no state of these tables.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Other bytes, or cut short.
    #[error("this is no snapshot, or it is cut short")]
    Form,
    /// Written by another version.
    #[error("the snapshot has version {0}, this program reads version {VERSION}: run again from the start")]
    Version(u32),
    /// Of another city, demand or seeds.
    #[error("the snapshot belongs to another city, demand or list of seeds")]
    OtherTables,
    /// A bit changed.
    #[error("the snapshot is damaged: its hash does not fit")]
    Damaged,
}

/// Hash of everything that a state refers to.
fn hash_of(t: &Tables) -> [u8; HASH] {
    let mut hash = blake3::Hasher::new();
    for part in [bytemuck::bytes_of(&t.params), cast_slice(&t.lanes), cast_slice(&t.pool), cast_slice(&t.trips), cast_slice(&t.queue_start)]
    {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    *hash.finalize().as_bytes()
}

/// The columns of a state, each as words.
fn columns(s: &State) -> [Vec<u32>; COLUMNS] {
    let atomics = |all: &[AtomicU32]| all.iter().map(|word| word.load(Relaxed)).collect();
    [
        cast_slice(&s.vehicles).to_vec(),
        s.lane_start.clone(),
        s.gate.clone(),
        s.phases.clone(),
        s.queue.clone(),
        atomics(&s.logs),
        cast_slice(&s.sums).to_vec(),
        cast_slice(&s.loops).to_vec(),
        s.detours.clone(),
        s.known.clone(),
        atomics(&s.counters),
    ]
}

fn records<T: Pod + Zeroable>(words: &[u32]) -> Vec<T> {
    let mut all = vec![T::zeroed(); words.len() * 4 / size_of::<T>()];
    cast_slice_mut(&mut all).copy_from_slice(words);
    all
}

impl State {
    /// This state as bytes.
    #[must_use]
    pub fn to_bytes(&self, t: &Tables) -> Vec<u8> {
        let columns = columns(self);
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(hash_of(t));
        bytes.extend(columns.iter().flat_map(|words| (words.len() as u64).to_le_bytes()));
        bytes.extend(columns.iter().flatten().flat_map(|word| word.to_le_bytes()));
        let hash = blake3::hash(&bytes);
        bytes.extend(hash.as_bytes());
        bytes
    }

    /// The state that [`State::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`SnapshotError`]: other bytes, another version, other tables, or damage.
    pub fn from_bytes(bytes: &[u8], t: &Tables) -> Result<State, SnapshotError> {
        if bytes.len() < HEAD + HASH || !bytes.starts_with(MAGIC) {
            return Err(SnapshotError::Form);
        }
        let (body, hash) = bytes.split_at(bytes.len() - HASH);
        let version = words(&body[MAGIC.len()..MAGIC.len() + 4])[0];
        if version != VERSION {
            return Err(SnapshotError::Version(version));
        }
        if blake3::hash(body) != *<&[u8; HASH]>::try_from(hash).map_err(|_| SnapshotError::Form)? {
            return Err(SnapshotError::Damaged);
        }
        if body[MAGIC.len() + 4..][..HASH] != hash_of(t) {
            return Err(SnapshotError::OtherTables);
        }
        let sizes = words(&body[HEAD - COLUMNS * 8..HEAD]);
        let all = words(&body[HEAD..]);
        let mut rest = &all[..];
        let mut parts: [&[u32]; COLUMNS] = [&[]; COLUMNS];
        for (part, size) in parts.iter_mut().zip(sizes.chunks_exact(2)) {
            (*part, rest) = rest.split_at_checked(size[0] as usize).ok_or(SnapshotError::Form)?;
        }
        let [vehicles, lane_start, gate, phases, queue, logs, sums, loops, detours, known, counters] = parts;
        let keys = t.keys();
        let per_vehicle = size_of::<Vehicle>() / 4;
        let of_worlds = |each: usize| each * t.worlds.len();
        let detected = of_worlds(t.params.loops as usize * size_of::<Loop>() / 4);
        let of_lanes = keys * size_of::<Sums>() / 4;
        let expected = [keys + 1, keys, of_worlds(t.signals0.len()), keys, t.trips.len() * 12, of_lanes, detected];
        let there = [lane_start.len(), gate.len(), phases.len(), queue.len(), logs.len(), sums.len(), loops.len()];
        let whole = counters.len() == events_at(t.worlds.len()) + event_words(t.worlds.len());
        let told = known.is_empty() || known.len() == of_worlds(t.links() * LINK_WORDS);
        if expected != there || !whole || !told || vehicles.len() != lane_start[keys] as usize * per_vehicle {
            return Err(SnapshotError::Form);
        }
        let atomics = |all: &[u32]| all.iter().map(|word| AtomicU32::new(*word)).collect();
        Ok(State {
            vehicles: records(vehicles),
            lane_start: lane_start.to_vec(),
            gate: gate.to_vec(),
            phases: phases.to_vec(),
            queue: queue.to_vec(),
            logs: atomics(logs),
            sums: records(sums),
            loops: records(loops),
            detours: detours.to_vec(),
            known: known.to_vec(),
            counters: atomics(counters),
        })
    }
}

/// Little-endian words.
fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|word| word.iter().rev().fold(0, |all, byte| all << 8 | u32::from(*byte))).collect()
}
