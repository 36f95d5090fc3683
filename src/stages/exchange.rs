//! Exchange: whose first vehicles take each other's place. Twin: `shaders/stages/exchange.wgsl`.
//!
//! Rung 4 of the gridlock ladder: the first vehicles of two lanes side by side that stand for a minute, each in need of the other's lane, are
//! a closed cycle blocked only by itself. Each lane finds its own half of the pair from the plans of `decide`, so nothing has an order; stage
//! `resolve` carries it out and counts it.

use super::{Size, Stage};
use crate::state::{Scratch, State};
use crate::tables::Tables;
use crate::tables::layout::{FLAG_WANT_LEFT, FLAG_WANT_RIGHT, INTENT_SHIFT, MARK_WANT_LEFT, MARK_WANT_RIGHT, NONE, Swap, Vehicle};
use rayon::prelude::*;

/// The row of this stage in [`crate::stages::STEP`].
pub const STAGE: Stage = Stage {
    name: "exchange",
    reads: &["lanes", "vehicles", "lane_start", "gate", "plan"],
    writes: &["swaps"],
    owns: &[],
    adds: &[],
    size: Size::Keys,
    wgsl: include_str!("../../shaders/stages/exchange.wgsl"),
    roads: false,
    cpu: exchange,
};

/// No exchange.
pub(super) const STAYS: Swap = Swap { lane: NONE, x: 0 };

pub(super) struct Pairs<'a> {
    pub t: &'a Tables,
    pub vehicles: &'a [Vehicle],
    pub lane_start: &'a [u32],
    pub gate: &'a [u32],
    /// Of the vehicles from `first` on.
    pub plan: &'a [Vehicle],
    pub first: usize,
}

fn exchange(t: &Tables, s: &mut State, c: &mut Scratch) {
    let pairs = Pairs { t, vehicles: &s.vehicles, lane_start: &s.lane_start, gate: &s.gate, plan: &c.plan, first: 0 };
    let lanes = t.lane_count();
    for (world, swaps) in c.swaps.chunks_mut(lanes).enumerate() {
        let pieces = swaps.par_chunks_mut(KEYS_A_PIECE).zip(s.gate[world * lanes..][..lanes].par_chunks(KEYS_A_PIECE));
        pieces.zip(t.connector.par_chunks(KEYS_A_PIECE)).enumerate().for_each(|(piece, ((swaps, gate), connector))| {
            swaps.fill(STAYS);
            let first = world * lanes + piece * KEYS_A_PIECE;
            for (key, (swap, (gate, connector))) in (first..).zip(swaps.iter_mut().zip(gate.iter().zip(connector))) {
                if !connector && gate & (MARK_WANT_LEFT | MARK_WANT_RIGHT) != 0 {
                    *swap = pairs.of(key);
                }
            }
        });
    }
}

/// Keys that one thread takes at a time.
const KEYS_A_PIECE: usize = 4096;

impl Pairs<'_> {
    pub(super) fn of(&self, key: usize) -> Swap {
        let own = self.t.own(key);
        if self.lane_start[key] == self.lane_start[key + 1] {
            return STAYS;
        }
        let base = key - own;
        let lane = &self.t.lanes[own];
        if lane.left != NONE && self.closed(key, base + lane.left as usize) {
            return self.place(base + lane.left as usize);
        }
        let right = lane.right as usize;
        if lane.right != NONE && self.t.lanes[right].left as usize == own && self.closed(base + right, key) {
            return self.place(base + right);
        }
        STAYS
    }

    fn plan(&self, row: usize) -> &Vehicle {
        &self.plan[row - self.first]
    }

    fn place(&self, key: usize) -> Swap {
        Swap { lane: key as u32, x: self.plan(self.lane_start[key] as usize).x }
    }

    /// Are the first vehicle of `key`, which wants left, and that of `beside`, which wants right, a closed cycle?
    fn closed(&self, key: usize, beside: usize) -> bool {
        let (row, other) = (self.lane_start[key] as usize, self.lane_start[beside] as usize);
        // Both have shown it before: each half of the pair is found from the same words.
        if self.gate[key] & MARK_WANT_LEFT == 0
            || self.gate[beside] & MARK_WANT_RIGHT == 0
            || self.lane_start[key] == self.lane_start[key + 1]
            || self.lane_start[beside] == self.lane_start[beside + 1]
            || self.plan(row).traits & FLAG_WANT_LEFT == 0
            || self.plan(other).traits & FLAG_WANT_RIGHT == 0
        {
            return false;
        }
        self.stuck(key, row) && self.stuck(beside, other) && self.fits(key, row, other) && self.fits(beside, other, row)
    }

    /// Does this vehicle stand, stay, and for longer than a minute?
    fn stuck(&self, key: usize, row: usize) -> bool {
        let p = self.plan(row);
        p.lane == key as u32
            && p.v == 0
            && self.vehicles[row].v == 0
            && (p.clock >> INTENT_SHIFT) & 3 == 0
            && (p.clock & 0xffff) > self.t.params.courtesy_ticks
    }

    /// Would `guest` fit in the place of the first vehicle of a lane, before whoever follows there?
    fn fits(&self, key: usize, row: usize, guest: usize) -> bool {
        let length = |row: usize| self.t.params.classes[(self.plan(row).traits & 63) as usize].length;
        let rear = self.plan(row).x - length(guest);
        if row + 1 == self.lane_start[key + 1] as usize {
            return rear >= 0 || length(guest) <= length(row);
        }
        self.plan(row + 1).lane != key as u32 || self.plan(row + 1).x <= rear
    }
}
