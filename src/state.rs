//! Everything that moves. [`State`] alone is the checkpoint; [`Scratch`] is rewritten in every step before it is read.
//!
//! Shapes: W worlds, L lanes of one world, K = W * L keys (a lane's key is world * L + lane), V vehicles on the road in all worlds, T trips of
//! all worlds, C controllers.

pub mod snapshot;

use crate::random::{Purpose, pcg4d};
use crate::tables::Tables;
use crate::tables::layout::{COUNTERS, Claim, EVENT_HEAD, EVENT_SLOTS, EVENT_WORDS, Entry, Log, Loop, NONE, Sums, Swap, Vehicle};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Words of a link in [`State::known`].
pub const LINK_WORDS: usize = 5;

/// First word of the lists of interventions: how many each world has, then the rows of each.
#[must_use]
pub fn events_at(worlds: usize) -> usize {
    COUNTERS as usize * (1 + worlds)
}

/// First word of the rows of a world.
#[must_use]
pub fn event_rows_at(worlds: usize, world: usize) -> usize {
    events_at(worlds) + worlds.next_multiple_of(EVENT_HEAD as usize) + world * (EVENT_SLOTS * EVENT_WORDS) as usize
}

/// Words of the lists.
#[must_use]
pub fn event_words(worlds: usize) -> usize {
    event_rows_at(worlds, worlds) - events_at(worlds)
}

/// The checkpoint. Worlds lead every array.
#[derive(Debug, Default)]
pub struct State {
    /// Vehicles by key, front bumper from large to small; ties: key, trip.                      (V)
    pub vehicles: Vec<Vehicle>,
    /// First vehicle of each key; the last entry is V.                                           (K + 1)
    pub lane_start: Vec<u32>,
    /// Connectors: may one enter; lanes: what their vehicles want.                               (K)
    pub gate: Vec<u32>,
    /// Controllers: phase, ticks in it, goal, unused.                                            (W * C * 4)
    pub phases: Vec<u32>,
    /// Next trip of each lane's queue, an index into `Tables::trips`.                            (K)
    pub queue: Vec<u32>,
    /// Entry and end of each trip as 12 words, see [`Log`]; atomics, because lanes write them and trips lie anywhere.   (T * 12)
    pub logs: Vec<AtomicU32>,
    /// Sums of each lane since the host last took them.                                          (K)
    pub sums: Vec<Sums>,
    /// Sums of each detector that is not the last one of its lane, likewise; those of a world together.   (W * D)
    pub loops: Vec<Loop>,
    /// Turn codes of detours, 8 a word, which a cursor reaches behind the routes of the tables; one list for all worlds, written by the host.
    pub detours: Vec<u32>,
    /// What informed drivers know of each link, see `simulation::informed`; written by the host alone, empty where nobody is informed.   (W * links * LINK_WORDS)
    pub known: Vec<u32>,
    /// Word 0: tick; from word 16 on 16 words a world; then the list of interventions.            (16 + W * 16 + ...)
    pub counters: Vec<AtomicU32>,
}

/// Arrays that live within one step.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Every vehicle as it will be; `lane` is where it goes (NONE = arrived).                    (V)
    pub plan: Vec<Vehicle>,
    /// What waits for each connector. Not used by the passes of the CPU.                          (K)
    pub claims: Vec<Claim>,
    /// Where the first vehicle of each lane exchanges places. Not used by the passes of the CPU.  (K)
    pub swaps: Vec<Swap>,
    /// Vehicles that come into a lane from others; in the twins from `count` on all that it will hold. 0 between two steps.   (K)
    pub flow: Vec<AtomicU32>,
    /// Who enters each lane. Nobody between two steps of the passes of the CPU.                     (K)
    pub entries: Vec<Entry>,
    /// Next tick's `lane_start`; in the passes of the CPU first how many each lane will hold.      (K + 1)
    pub lane_next: Vec<u32>,
    /// Sums of blocks of keys.
    pub block_sums: Vec<u32>,
    /// Only on the CPU: no trip of the lane's queue is due before this tick.                      (K)
    pub next_due: Vec<u32>,
    /// Only on the CPU: the phase in which the gates of a junction have been set for nobody; `NONE` if somebody came since.
    pub idle: Vec<u32>,
    /// Only for the twins of `rebuild` and `finish`: marks of each lane.                           (K)
    pub marks: Vec<u32>,
}

fn copy(words: &[AtomicU32]) -> Vec<AtomicU32> {
    words.iter().map(|c| AtomicU32::new(c.load(Relaxed))).collect()
}

impl Clone for State {
    fn clone(&self) -> Self {
        State {
            vehicles: self.vehicles.clone(),
            lane_start: self.lane_start.clone(),
            gate: self.gate.clone(),
            phases: self.phases.clone(),
            queue: self.queue.clone(),
            logs: copy(&self.logs),
            sums: self.sums.clone(),
            loops: self.loops.clone(),
            detours: self.detours.clone(),
            known: self.known.clone(),
            counters: copy(&self.counters),
        }
    }
}

impl State {
    /// An empty city at tick 0.
    #[must_use]
    pub fn new(t: &Tables) -> State {
        let keys = t.keys();
        State {
            vehicles: Vec::new(),
            lane_start: vec![0; keys + 1],
            gate: vec![0; keys],
            phases: t.worlds.iter().flat_map(|_| t.signals0.iter().copied()).collect(),
            queue: t.queue_start[..keys].to_vec(),
            logs: t
                .trips
                .iter()
                .flat_map(|_| bytemuck::cast::<Log, [u32; 12]>(Log { depart: NONE, arrive: NONE, ..Log::default() }))
                .map(AtomicU32::new)
                .collect(),
            sums: vec![Sums::default(); keys],
            loops: vec![Loop::default(); t.worlds.len() * t.params.loops as usize],
            detours: Vec::new(),
            known: Vec::new(),
            counters: (0..events_at(t.worlds.len()) + event_words(t.worlds.len())).map(|_| AtomicU32::new(0)).collect(),
        }
    }

    /// Interventions since the host last took them: tick, rung and ticks waited << 8, trip, key of the lane; in the order of these words.
    #[must_use]
    pub fn events(&self, worlds: usize) -> Vec<[u32; EVENT_WORDS as usize]> {
        let mut rows: Vec<_> = (0..worlds).flat_map(|world| self.events_of(worlds, world)).collect();
        rows.sort_unstable();
        rows
    }

    /// Those of one world. None where there were more than the list holds: which of them came first only the machine knows, and no machine may
    /// decide what is written. The counters hold all.
    #[must_use]
    pub fn events_of(&self, worlds: usize, world: usize) -> Vec<[u32; EVENT_WORDS as usize]> {
        let n = self.counters[events_at(worlds) + world].load(Relaxed);
        let n = if n > EVENT_SLOTS { 0 } else { n as usize };
        let words = &self.counters[event_rows_at(worlds, world)..];
        let mut rows: Vec<[u32; EVENT_WORDS as usize]> =
            words.chunks_exact(EVENT_WORDS as usize).take(n).map(|row| std::array::from_fn(|i| row[i].load(Relaxed))).collect();
        rows.sort_unstable();
        rows
    }

    /// Changes rows of vehicles, adds to the detours, raises counters (world, which, by how much).
    pub fn intervene(&mut self, changes: impl Iterator<Item = (u32, Vehicle)>, detours: &[u32], counts: &[(usize, u32, u32)]) {
        for (row, vehicle) in changes {
            self.vehicles[row as usize] = vehicle;
        }
        self.detours.extend_from_slice(detours);
        for &(world, which, n) in counts {
            self.counters[COUNTERS as usize * (1 + world) + which as usize].fetch_add(n, Relaxed);
        }
    }

    /// Puts vehicles, listed with their rows of now, on the lanes that they name.
    pub fn carry(&mut self, moves: &[(u32, Vehicle)]) {
        let mut gone: Vec<u32> = moves.iter().map(|(row, _)| *row).collect();
        gone.sort_unstable();
        let mut coming: Vec<Vehicle> = moves.iter().map(|(_, vehicle)| *vehicle).collect();
        coming.sort_unstable_by_key(|v| v.lane);
        let mut coming = coming.into_iter().peekable();
        let (old, capacity) = (std::mem::take(&mut self.vehicles), self.vehicles.capacity());
        self.vehicles.reserve_exact(capacity);
        for key in 0..self.lane_start.len() - 1 {
            let (rows, first) = (self.lane_start[key]..self.lane_start[key + 1], self.vehicles.len());
            self.lane_start[key] = first as u32;
            self.vehicles.extend(rows.filter(|row| gone.binary_search(row).is_err()).map(|row| old[row as usize]));
            let stay = self.vehicles.len();
            while let Some(v) = coming.next_if(|v| v.lane as usize == key) {
                self.vehicles.push(v);
            }
            if stay < self.vehicles.len() {
                self.vehicles[first..].sort_by_key(|v| (std::cmp::Reverse(v.x), v.key, v.trip));
            }
        }
    }

    /// Takes a row of vehicles out.
    pub fn take_out(&mut self, row: usize) {
        let key = self.vehicles.remove(row).lane as usize;
        self.lane_start[key + 1..].iter_mut().for_each(|start| *start -= 1);
    }

    /// Puts a vehicle in as a row of its lane, where the order asks for it.
    pub fn put_in(&mut self, row: usize, v: Vehicle) {
        self.lane_start[v.lane as usize + 1..].iter_mut().for_each(|start| *start += 1);
        self.vehicles.insert(row, v);
    }

    /// The tick that comes next.
    #[must_use]
    pub fn tick(&self) -> u32 {
        self.counters[0].load(Relaxed)
    }

    /// A counter of a world (`COUNTER_*`).
    #[must_use]
    pub fn counter(&self, world: usize, which: u32) -> u32 {
        self.counters[COUNTERS as usize * (1 + world) + which as usize].load(Relaxed)
    }

    /// Entry and end of a trip.
    #[must_use]
    pub fn log(&self, trip: usize) -> Log {
        let words: [u32; 12] = std::array::from_fn(|i| self.logs[trip * 12 + i].load(Relaxed));
        bytemuck::cast(words)
    }

    /// Vehicles on the road in one world.
    #[must_use]
    pub fn inside(&self, t: &Tables, world: usize) -> u32 {
        let lanes = t.lane_count();
        self.lane_start[(world + 1) * lanes] - self.lane_start[world * lanes]
    }

    /// Clears the sums of all lanes and detectors.
    pub fn clear_sums(&mut self) {
        self.sums.fill(Sums::default());
        self.loops.fill(Loop::default());
    }

    /// Digest of one world (`engine.md` 12): independent of its place in a batch, of threads and of the device.
    #[must_use]
    pub fn digest(&self, t: &Tables, world: usize) -> [u32; 4] {
        let lanes = t.lane_count();
        let (k0, k1) = (world * lanes, (world + 1) * lanes);
        let w = t.worlds[world];
        let trips = w.first_trip as usize..w.end_trip as usize;
        let (v0, v1) = (self.lane_start[k0] as usize, self.lane_start[k1] as usize);
        let mut h = [0_u32; 4];
        let vehicles = self.vehicles[v0..v1].iter().flat_map(|v| {
            // What stands where a lane is blocked counts on behind the trips of its world.
            let trip = if t.stands(v) { w.end_trip - w.first_trip + (v.trip - t.stand(world, 0)) } else { v.trip - w.first_trip };
            let own = Vehicle { lane: v.lane - k0 as u32, trip, cursor: 0, ..*v };
            bytemuck::cast::<Vehicle, [u32; 13]>(own)
        });
        fold(&mut h, 1, vehicles);
        fold(&mut h, 2, self.lane_start[k0..k1].iter().map(|s| s - v0 as u32));
        fold(&mut h, 3, self.gate[k0..k1].iter().copied());
        let signals = t.signals0.len();
        fold(&mut h, 4, self.phases[world * signals..(world + 1) * signals].iter().copied());
        fold(&mut h, 5, self.queue[k0..k1].iter().map(|q| q - w.first_trip));
        fold(&mut h, 6, self.logs[trips.start * 12..trips.end * 12].iter().map(|w| w.load(Relaxed)));
        fold(&mut h, 7, self.sums[k0..k1].iter().flat_map(|s| bytemuck::cast::<Sums, [u32; 12]>(*s)));
        let from = COUNTERS as usize * (1 + world);
        fold(&mut h, 8, self.counters[from..from + COUNTERS as usize].iter().map(|c| c.load(Relaxed)));
        fold(&mut h, 9, std::iter::once(self.tick()));
        let loops = t.params.loops as usize;
        if loops > 0 {
            let mine = &self.loops[world * loops..(world + 1) * loops];
            fold(&mut h, 10, mine.iter().flat_map(|l| bytemuck::cast::<Loop, [u32; 3]>(*l)));
        }
        if !self.known.is_empty() {
            let words = self.known.len() / t.worlds.len();
            fold(&mut h, 11, self.known[world * words..(world + 1) * words].iter().copied());
        }
        h
    }
}

/// Adds the digest of one column to the state's.
fn fold(h: &mut [u32; 4], column: u32, words: impl Iterator<Item = u32>) {
    let mut d = [0_u32; 4];
    for (i, word) in words.enumerate() {
        let x = pcg4d(word, i as u32, column, Purpose::Digest as u32);
        d = [d[0].wrapping_add(x.x), d[1].wrapping_add(x.y), d[2].wrapping_add(x.z), d[3].wrapping_add(x.w)];
    }
    let x = pcg4d(h[0] ^ d[0], h[1] ^ d[1], h[2] ^ d[2], h[3] ^ d[3]);
    *h = [x.x, x.y, x.z, x.w];
}

impl Scratch {
    /// Arrays of the right size; their contents mean nothing.
    #[must_use]
    pub fn new(t: &Tables) -> Scratch {
        let keys = t.keys();
        Scratch { claims: vec![Claim::default(); keys], swaps: vec![Swap::default(); keys], marks: vec![0; keys], ..Scratch::together(t) }
    }

    /// The same for [`crate::stages::CPU_STEP`] alone, whose passes hand on claims, swaps and marks without an array.
    #[must_use]
    pub fn together(t: &Tables) -> Scratch {
        let keys = t.keys();
        Scratch {
            plan: Vec::new(),
            claims: Vec::new(),
            swaps: Vec::new(),
            flow: (0..keys).map(|_| AtomicU32::new(0)).collect(),
            entries: vec![Entry { trip: NONE, ..Entry::default() }; keys],
            lane_next: vec![0; keys + 1],
            block_sums: vec![0; keys.div_ceil(crate::tables::BLOCK) + 1],
            next_due: vec![0; keys],
            idle: Vec::new(),
            marks: Vec::new(),
        }
    }
}
