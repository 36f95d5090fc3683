//! How the CPU takes the stages together.
//!
//! The twins of [`super::STEP`] read and write whole arrays, one after the other; on the CPU that is mostly traffic between memory and cache.
//! Here neighbouring stages go over the same piece of the city while it is in the cache. What belongs together is cut where the data allow it:
//! ```text
//!  signals                          controllers   |
//!  claims_post + claims_grant       junctions     |  a gate is known before anybody drives
//!  decide + exchange + resolve +    links         |  who changes lanes stays on his link; who leaves a lane tells `flow`
//!    half of count                                |
//!  detect                           detectors     |  few have any
//!  insert + rest of count +         blocks of     |  all of `flow` is known
//!    scan_sums                        keys        |
//!  scan_tops                                      |
//!  scan_add + rebuild + finish      blocks        |  where each block begins is known
//! ```
//! How many vehicles a key will hold stands in `lane_next` until `settle` makes beginnings of it; `flow` is only who comes. A lane that nobody
//! leaves is counted as soon as its vehicles have decided, and filled without a look at its neighbours. Which keys hold somebody is found without
//! a branch, for no processor could foresee it. In a city larger than the caches what comes next is [touched](touch) before. The state after the
//! step is the same to the bit; `tests/parity.rs` takes the stages both ways.

use super::count::Scales;
use super::decide::Eyes;
use super::exchange::{Pairs, STAYS};
use super::insert::{Doors, NOBODY};
use super::over::Piece;
use super::rebuild::{FAULTS_SHIFT, Mover};
use super::resolve::{Judge, Plans};
use super::roads::Roads;
use super::{BLOCK, claims_grant, detect, faults, over, rebuild, scan_tops, signals, touch};
use crate::state::{Scratch, State};
use crate::tables::Tables;
use crate::tables::layout::{Entry, LANE_CONNECTOR, NONE, Sums, Swap, Vehicle};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

/// The step on the CPU.
pub const CPU_STEP: [fn(&Tables, &mut State, &mut Scratch); 7] =
    [signals::STAGE.cpu, claims_grant::both, travel, detect::STAGE.cpu, enter, scan_tops::STAGE.cpu, settle];

/// Decide, exchange, resolve, and what `count` asks of the vehicles of a lane. How many stay stands in `lane_next` afterwards.
fn travel(t: &Tables, s: &mut State, c: &mut Scratch) {
    rebuild::room(t, &mut c.plan, s.vehicles.len());
    let tick = s.tick();
    let roads = Roads::of(t, &s.detours);
    let (vehicles, lane_start, gate, counters) = (&s.vehicles[..], &s.lane_start[..], &s.gate[..], &s.counters[..]);
    let drivers = Drivers {
        eyes: Eyes { roads, trips: &t.trips, vehicles, lane_start, gate, counters, tick, ends_within: t.ends_within },
        judge: Judge { t, roads, vehicles, lane_start, flow: &c.flow, counters },
        scales: Scales { t, vehicles, logs: &s.logs, tick },
        far: touch::far(t),
    };
    let keys = t.keys();
    let all = Piece { keys: 0..keys, first: 0, vehicles: &mut c.plan[..], one: &mut s.sums[..], two: &mut c.lane_next[..keys] };
    over::pieces(lane_start, all, &|key| t.lanes[t.own(key)].right == NONE, &|piece| drivers.drive(piece));
}

/// What is read, and the atomics that lanes write.
struct Drivers<'a> {
    eyes: Eyes<'a>,
    judge: Judge<'a>,
    scales: Scales<'a>,
    /// Is the city larger than a cache?
    far: bool,
}

impl Drivers<'_> {
    /// The vehicles of whole links. Lanes that nobody leaves are done at once; on others it counts what all around have planned.
    fn drive(&self, piece: Piece<Vehicle, Sums, u32>) {
        let (eyes, plans) = (&self.eyes, piece.vehicles);
        let (start, end) = (eyes.lane_start, piece.first + plans.len());
        piece.two.fill(0);
        let around = eyes.vehicles[piece.first..end].iter().fold(0, |all, v| all | v.traits);
        let mut open = Vec::new();
        let (mut first, mut near) = (piece.first, piece.keys.start);
        while first < end {
            let key = eyes.vehicles[first].lane as usize;
            let next = start[key + 1] as usize;
            if self.far && key >= near {
                near = (key + touch::KEYS).min(piece.keys.end);
                let mine = &piece.one[key - piece.keys.start..near - piece.keys.start];
                self.touch(key..near, mine, &plans[first - piece.first..start[near] as usize - piece.first]);
            }
            let rows = &mut plans[first - piece.first..next - piece.first];
            let found = eyes.lane(key as u32, first, rows, around);
            let at = key - piece.keys.start;
            if found.stay && !found.wish {
                piece.two[at] = self.scales.stay(key, first, rows, &mut piece.one[at]);
            } else {
                open.push((key, first, found.wish));
            }
            first = next;
        }
        let pairs = Pairs {
            t: self.scales.t,
            vehicles: eyes.vehicles,
            lane_start: eyes.lane_start,
            gate: eyes.gate,
            plan: plans,
            first: piece.first,
        };
        let swaps: Vec<Swap> = open.iter().map(|(key, _, wish)| if *wish { pairs.of(*key) } else { STAYS }).collect();
        for ((key, first, _), swap) in open.into_iter().zip(swaps) {
            let next = start[key + 1] as usize;
            let mut all = Plans { first: piece.first, rows: &mut *plans };
            self.judge.row(key, first, &mut all, swap);
            (first + 1..next).for_each(|row| self.judge.row(key, row, &mut all, STAYS));
            let at = key - piece.keys.start;
            piece.two[at] = self.scales.rows(key, first, &plans[first - piece.first..next - piece.first], &mut piece.one[at]);
        }
    }

    /// Keys and their vehicles that come next.
    #[inline(never)]
    fn touch(&self, keys: Range<usize>, sums: &[Sums], plans: &[Vehicle]) {
        let (eyes, own) = (&self.eyes, self.scales.t.own(keys.start));
        let lanes = &eyes.roads.lanes[own..(own + keys.len()).min(eyes.roads.lanes.len())];
        touch::touch(lanes);
        touch::touch(&eyes.vehicles[eyes.lane_start[keys.start] as usize..eyes.lane_start[keys.end] as usize]);
        touch::touch(plans);
        touch::touch(sums);
        touch::touch(&eyes.gate[keys]);
        touch::lists(
            eyes.roads.pool,
            lanes.iter().map(|lane| if lane.flags & LANE_CONNECTOR == 0 { lane.turns } else { lane.siblings }),
            1,
        );
    }
}

/// Insert, the rest of `count`, and the sum of each block.
fn enter(t: &Tables, s: &mut State, c: &mut Scratch) {
    let tick = s.tick();
    let scales = Scales { t, vehicles: &s.vehicles, logs: &s.logs, tick };
    let doors = Doors { t, plan: &c.plan, lane_start: &s.lane_start, detours: &s.detours, tick };
    let keys = t.keys();
    let one = (c.entries.par_chunks_mut(BLOCK), s.queue.par_chunks_mut(BLOCK), c.next_due.par_chunks_mut(BLOCK));
    let two = (s.sums.par_chunks_mut(BLOCK), c.lane_next[..keys].par_chunks_mut(BLOCK), c.flow.par_chunks_mut(BLOCK));
    let blocks = one.into_par_iter().zip(two.into_par_iter()).zip(c.block_sums.par_iter_mut()).enumerate();
    blocks.for_each(|(block, (((entries, queue, next_due), (sums, counts, flow)), total))| {
        // Few lanes get somebody: two words say so, and those of several keys are looked at together.
        for (few, (next_due, flow)) in next_due.chunks_mut(touch::KEYS_AT_ONCE).zip(flow.chunks_mut(touch::KEYS_AT_ONCE)).enumerate() {
            if !anybody(next_due, flow, tick) {
                continue;
            }
            for (i, (next_due, flow)) in (few * touch::KEYS_AT_ONCE..).zip(next_due.iter_mut().zip(flow)) {
                let (flow, key) = (flow.get_mut(), block * BLOCK + i);
                let mut entry = NOBODY;
                if *next_due <= tick {
                    entry = doors.ask(key, &mut queue[i], next_due);
                }
                if entry.trip != NONE {
                    entries[i] = entry; // `settle` takes it out again
                }
                if *flow != 0 || entry.trip != NONE {
                    counts[i] += scales.others(key, &entry, *flow, &mut sums[i]);
                    *flow = 0;
                }
            }
        }
        *total = counts.iter().sum();
    });
}

/// Does anybody come to these keys, or is a trip due? Of so many keys as are looked at together the compiler makes four comparisons one.
#[inline]
fn anybody(next_due: &[u32], flow: &mut [AtomicU32], tick: u32) -> bool {
    let any = |next_due: &[u32], flow: &mut [AtomicU32]| {
        let due = next_due.iter().fold(0, |some, due| some | u32::from(*due <= tick));
        flow.iter_mut().fold(due, |some, flow| some | *flow.get_mut()) != 0
    };
    match (<&[u32; touch::KEYS_AT_ONCE]>::try_from(next_due), flow.first_chunk_mut::<{ touch::KEYS_AT_ONCE }>()) {
        (Ok(next_due), Some(flow)) => any(next_due, flow),
        _ => any(next_due, flow),
    }
}

/// Scan, last part, rebuild and finish: the next tick becomes this one.
fn settle(t: &Tables, s: &mut State, c: &mut Scratch) {
    let keys = t.keys();
    let blocks = keys.div_ceil(BLOCK);
    c.lane_next[keys] = c.block_sums[blocks];
    rebuild::room(t, &mut s.vehicles, c.lane_next[keys] as usize);
    let roads = Roads::of(t, &s.detours);
    let mover = Mover { t, roads, plan: &c.plan, lane_start: &s.lane_start };
    let next = &mut c.lane_next[..keys];
    let all = Block { first: 0, slots: &mut s.vehicles, next, gate: &mut s.gate, entries: &mut c.entries };
    all.fill(&mover, &c.block_sums[..=blocks], &s.counters);
    std::mem::swap(&mut s.lane_start, &mut c.lane_next);
    s.counters[0].fetch_add(1, Relaxed);
}

/// Blocks of keys, and what belongs to them.
struct Block<'a> {
    /// First key.
    first: usize,
    slots: &'a mut [Vehicle],
    /// How many each key holds; afterwards, where they begin.
    next: &'a mut [u32],
    gate: &'a mut [u32],
    /// Who enters.
    entries: &'a mut [Entry],
}

impl Block<'_> {
    /// `sums`: where each block begins in the array of vehicles, and where the last one ends.
    fn fill(self, mover: &Mover, sums: &[u32], counters: &[AtomicU32]) {
        let blocks = sums.len() - 1;
        if blocks > 1 {
            let mid = blocks / 2;
            let cut = mid * BLOCK;
            let (slots, more_slots) = self.slots.split_at_mut((sums[mid] - sums[0]) as usize);
            let (next, more_next) = self.next.split_at_mut(cut);
            let (gate, more_gate) = self.gate.split_at_mut(cut);
            let (entries, more_entries) = self.entries.split_at_mut(cut);
            let left = Block { first: self.first, slots, next, gate, entries };
            let right = Block { first: self.first + cut, slots: more_slots, next: more_next, gate: more_gate, entries: more_entries };
            rayon::join(|| left.fill(mover, &sums[..=mid], counters), || right.fill(mover, &sums[mid..], counters));
            return;
        }
        let connectors = &mover.t.connector[..];
        let mut own = mover.t.own(self.first);
        let mut gates = &mut self.gate[..];
        // To the end of the block or of the world.
        while !gates.is_empty() {
            let (mine, others) = gates.split_at_mut(gates.len().min(connectors.len() - own));
            mine.iter_mut().zip(&connectors[own..]).for_each(|(gate, connector)| *gate = if *connector { *gate } else { 0 });
            (gates, own) = (others, 0);
        }
        // Which keys hold somebody, without a branch that nobody could foresee.
        let (mut held, mut many, mut sum) = ([0_u16; BLOCK], 0, sums[0]);
        for (i, next) in (0..).zip(self.next.iter_mut()) {
            let count = *next;
            held[many & (BLOCK - 1)] = i;
            many += usize::from(count != 0);
            *next = sum;
            sum += count;
        }
        let mut rest = self.slots;
        let (mut near, far) = (0, touch::far(mover.t));
        for i in held[..many].iter().map(|i| usize::from(*i)) {
            let key = self.first + i;
            let count = self.next.get(i + 1).unwrap_or(&sum) - self.next[i];
            if far && key >= near {
                near = (key + touch::KEYS).min(mover.lane_start.len() - 1);
                touch::touch(&mover.plan[mover.lane_start[key] as usize..mover.lane_start[near] as usize]);
            }
            let (slots, others) = rest.split_at_mut(count as usize);
            let mut marks = mover.fill(key, slots, || std::mem::replace(&mut self.entries[i], NOBODY));
            rest = others;
            if marks >> FAULTS_SHIFT != 0 {
                faults::raise(counters, connectors.len(), key, marks >> FAULTS_SHIFT);
                marks &= (1 << FAULTS_SHIFT) - 1;
            }
            let gate = &mut self.gate[i];
            *gate = if connectors[mover.t.own(key)] { *gate } else { marks };
        }
    }
}
