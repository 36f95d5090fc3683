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
//! The state after the step is the same to the bit; `tests/parity.rs` takes the stages both ways.

use super::count::Scales;
use super::decide::Eyes;
use super::exchange::{Pairs, STAYS};
use super::insert::{Doors, NOBODY};
use super::over::Piece;
use super::rebuild::{FAULTS_SHIFT, Mover};
use super::resolve::{Judge, Plans};
use super::roads::Roads;
use super::{BLOCK, claims_grant, detect, faults, over, rebuild, scan_tops, signals};
use crate::state::{Scratch, State};
use crate::tables::Tables;
use crate::tables::layout::{NONE, Sums, Swap, Vehicle};
use rayon::prelude::*;
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
        eyes: Eyes { roads, trips: &t.trips, vehicles, lane_start, gate, counters, tick },
        judge: Judge { t, roads, vehicles, lane_start, flow: &c.flow, counters },
        scales: Scales { t, vehicles, logs: &s.logs, tick },
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
}

impl Drivers<'_> {
    /// The vehicles of whole links.
    fn drive(&self, piece: Piece<Vehicle, Sums, u32>) {
        let (eyes, plans) = (&self.eyes, piece.vehicles);
        let (start, end) = (eyes.lane_start, piece.first + plans.len());
        let mut wish = Vec::new(); // lanes whose vehicles want to change: few
        let mut first = piece.first;
        while first < end {
            let key = eyes.vehicles[first].lane as usize;
            let next = start[key + 1] as usize;
            if eyes.lane(key as u32, first, &mut plans[first - piece.first..next - piece.first]) {
                wish.push(key);
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
        let swaps: Vec<(usize, Swap)> = wish.into_iter().map(|key| (key, pairs.of(key))).filter(|(_, swap)| swap.lane != NONE).collect();
        let mut swaps = swaps.into_iter().peekable();
        piece.two.fill(0);
        let mut first = piece.first;
        while first < end {
            let key = eyes.vehicles[first].lane as usize;
            let next = start[key + 1] as usize;
            let swap = swaps.next_if(|(at, _)| *at == key).map_or(STAYS, |(_, swap)| swap);
            let mut all = Plans { first: piece.first, rows: &mut *plans };
            self.judge.row(key, first, &mut all, swap);
            (first + 1..next).for_each(|row| self.judge.row(key, row, &mut all, STAYS));
            let at = key - piece.keys.start;
            piece.two[at] = self.scales.rows(key, first, &plans[first - piece.first..next - piece.first], &mut piece.one[at]);
            first = next;
        }
    }
}

/// Insert, the rest of `count`, and the sum of each block.
fn enter(t: &Tables, s: &mut State, c: &mut Scratch) {
    let tick = s.tick();
    let scales = Scales { t, vehicles: &s.vehicles, logs: &s.logs, tick };
    let doors = Doors { t, plan: &c.plan, lane_start: &s.lane_start, detours: &s.detours, tick };
    let keys = t.keys();
    let one = (c.entries.par_chunks_mut(BLOCK), s.queue.par_chunks_mut(BLOCK), c.next_due.par_chunks_mut(BLOCK));
    let two = (s.sums.par_chunks_mut(BLOCK), c.lane_next[..keys].par_chunks(BLOCK), c.flow.par_chunks_mut(BLOCK));
    let blocks = one.into_par_iter().zip(two.into_par_iter()).zip(c.block_sums.par_iter_mut()).enumerate();
    blocks.for_each(|(block, (((entries, queue, next_due), (sums, stay, flow)), total))| {
        entries.fill(NOBODY);
        *total = 0;
        // Most lanes are empty: four words say so.
        for (i, ((next_due, stay), flow)) in next_due.iter_mut().zip(stay).zip(flow).enumerate() {
            let (flow, due) = (flow.get_mut(), *next_due <= tick);
            let mut count = *stay;
            if *flow != 0 || due {
                let key = block * BLOCK + i;
                if due {
                    entries[i] = doors.ask(key, &mut queue[i], next_due);
                }
                count += scales.others(key, &entries[i], *flow, &mut sums[i]);
            }
            *flow = count;
            *total += count;
        }
    });
}

/// Scan, last part, rebuild and finish: the next tick becomes this one.
fn settle(t: &Tables, s: &mut State, c: &mut Scratch) {
    let keys = t.keys();
    let blocks = keys.div_ceil(BLOCK);
    c.lane_next[keys] = c.block_sums[blocks];
    rebuild::room(t, &mut s.vehicles, c.lane_next[keys] as usize);
    let roads = Roads::of(t, &s.detours);
    let mover = Mover { t, roads, plan: &c.plan, lane_start: &s.lane_start, entries: &c.entries };
    let all = Block { first: 0, slots: &mut s.vehicles, next: &mut c.lane_next[..keys], flow: &mut c.flow, gate: &mut s.gate };
    all.fill(&mover, &c.block_sums[..=blocks], &s.counters);
    std::mem::swap(&mut s.lane_start, &mut c.lane_next);
    s.counters[0].fetch_add(1, Relaxed);
}

/// Blocks of keys, and what belongs to them.
struct Block<'a> {
    /// First key.
    first: usize,
    slots: &'a mut [Vehicle],
    next: &'a mut [u32],
    flow: &'a mut [AtomicU32],
    gate: &'a mut [u32],
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
            let (flow, more_flow) = self.flow.split_at_mut(cut);
            let (gate, more_gate) = self.gate.split_at_mut(cut);
            let left = Block { first: self.first, slots, next, flow, gate };
            let right = Block { first: self.first + cut, slots: more_slots, next: more_next, flow: more_flow, gate: more_gate };
            rayon::join(|| left.fill(mover, &sums[..=mid], counters), || right.fill(mover, &sums[mid..], counters));
            return;
        }
        let (mut rest, mut sum, connectors) = (self.slots, sums[0], &mover.t.connector[..]);
        let keys = self.first..self.first + self.next.len();
        let mut all = keys.zip(self.next).zip(self.flow).zip(self.gate);
        let mut own = mover.t.own(self.first);
        while all.len() > 0 {
            // To the end of the block or of the world.
            for (connector, (((key, next), flow), gate)) in connectors[own..].iter().zip(all.by_ref()) {
                *next = sum;
                let count = std::mem::take(flow.get_mut());
                let mut marks = 0;
                if count != 0 {
                    let (slots, others) = rest.split_at_mut(count as usize);
                    marks = mover.fill(key, slots);
                    rest = others;
                    sum += count;
                    if marks >> FAULTS_SHIFT != 0 {
                        faults::raise(counters, connectors.len(), key, marks >> FAULTS_SHIFT);
                        marks &= (1 << FAULTS_SHIFT) - 1;
                    }
                }
                *gate = if *connector { *gate } else { marks };
            }
            own = 0;
        }
    }
}
