//! Claims, posted: who comes to each stop line, and in which quarter of a second. Twin: `shaders/stages/claims_post.wgsl`.
//!
//! One invocation a connector: it walks its feeder's vehicles and takes those that will use it. The mask holds the whole platoon, not its
//! head alone: whoever has to yield must see all of it. Connectors without conflicts need no claim.

use super::roads::Roads;
use super::{Size, Stage};
use crate::laws;
use crate::random::prelude::min;
use crate::state::{Scratch, State};
use crate::tables::Tables;
use crate::tables::layout::{
    CLAIM_ANY, CLAIM_CLOSE, CLAIM_COMMITTED, CLAIM_NEAR, CLAIM_PATIENT, CLAIM_STOPPED, CLAIM_WAITED, CUT_LANES, Claim, LANE_CONNECTOR,
    MARK_CUT, NONE, Vehicle,
};
use rayon::prelude::*;

/// The row of this stage in [`crate::stages::STEP`].
pub const STAGE: Stage = Stage {
    name: "claims_post",
    reads: &["lanes", "pool", "vehicles", "lane_start", "gate"],
    writes: &["claims"],
    owns: &[],
    adds: &[],
    size: Size::Keys,
    wgsl: include_str!("../../shaders/stages/claims_post.wgsl"),
    roads: true,
    cpu: claims_post,
};

/// Near the line [Q10 m]: 3 m.
const NEAR: i32 = 3072;
/// Close to it: from here a driver who has to yield sees the other road [Q10 m]: 5 m.
const CLOSE: i32 = 5120;
/// Standing at it [Q10 m]: 4 m.
const AT_LINE: i32 = 4096;
/// Standing [Q16 m/s]: 0.1.
const STANDING: i32 = 6554;
/// Braking that nobody plans [Q10 m/s2]: 4.
const HARD_BRAKING: i32 = 4096;
/// Patience before a standing driver stops waiting for others who stand [s]: 10.
const PATIENT_S: u32 = 10;

fn claims_post(t: &Tables, s: &mut State, c: &mut Scratch) {
    let board = Board { roads: Roads::of(t), vehicles: &s.vehicles, lane_start: &s.lane_start, gate: &s.gate };
    c.claims.par_chunks_mut(KEYS_A_PIECE).enumerate().for_each(|(piece, claims)| board.post(piece * KEYS_A_PIECE, claims));
}

/// Keys that one thread posts for at a time.
const KEYS_A_PIECE: usize = 1024;

/// What is read.
struct Board<'a> {
    roads: Roads<'a>,
    vehicles: &'a [Vehicle],
    lane_start: &'a [u32],
    gate: &'a [u32],
}

impl Board<'_> {
    /// All claims of a run of keys. The connectors of a lane stand together: its vehicles are walked once for all of them.
    fn post(&self, first_key: usize, claims: &mut [Claim]) {
        let lanes = self.roads.params.lanes as usize;
        let mut i = 0;
        while i < claims.len() {
            let own = if first_key + i < lanes { first_key + i } else { (first_key + i) % lanes };
            let lane = &self.roads.lanes[own];
            if lane.flags & LANE_CONNECTOR == 0 {
                i += 1;
                continue;
            }
            let feeder = &self.roads.lanes[lane.feeder as usize];
            let end = (feeder.conn_start + feeder.conn_count) as usize;
            let n = (end - own).min(claims.len() - i);
            let mine = &mut claims[i..i + n];
            mine.fill(Claim::default());
            let base = first_key + i - own;
            self.feed(base, lane.feeder, own as u32, mine);
            i += n;
        }
    }

    /// Claims of the connectors from `first` on of one lane.
    fn feed(&self, base: usize, feeder: u32, first: u32, claims: &mut [Claim]) {
        let r = self.roads;
        let lane = &r.lanes[feeder as usize];
        let mut claim = |goal: u32, v: &Vehicle, left: i32, from: u32| {
            let at = goal.wrapping_sub(first) as usize;
            if at < claims.len() && r.lanes[goal as usize].conflicts_count > 0 {
                post(&r, &mut claims[at], v, left, from);
            }
        };
        // Who turns from the wrong lane comes first: the lane's own vehicles wait for it.
        for side in 0..2 {
            let mut beside = if side == 0 { lane.left } else { lane.right };
            for _ in 0..CUT_LANES {
                if beside == NONE {
                    break;
                }
                let there = &r.lanes[beside as usize];
                if (self.gate[base + beside as usize] & MARK_CUT) != 0 {
                    let v = &self.vehicles[self.lane_start[base + beside as usize] as usize];
                    claim(r.cut(there, v), v, there.length - v.x, beside);
                }
                beside = if side == 0 { there.left } else { there.right };
            }
        }
        for row in self.lane_start[base + feeder as usize]..self.lane_start[base + feeder as usize + 1] {
            let v = &self.vehicles[row as usize];
            let left = lane.length - v.x;
            if left > r.params.claim_distance {
                break;
            }
            claim(r.choose(lane, v.cursor, v.key, r.class(v.traits).uses), v, left, feeder);
        }
    }
}

/// Adds a vehicle to the claim of its connector.
fn post(roads: &Roads, claim: &mut Claim, v: &Vehicle, left: i32, feeder_lane: u32) {
    let c = roads.class(v.traits);
    let slot = laws::arrival_slot(left, v.v, c.a10, roads.wanted_speed(v.traits, &roads.lanes[feeder_lane as usize]));
    claim.low |= laws::mask_low(slot, slot);
    claim.high |= laws::mask_high(slot, slot);
    if claim.head == 0 {
        let wait = v.clock & 0xffff;
        let mut head = CLAIM_ANY | slot | (min((c.length >> 6) as u32, 4095) << 8);
        if left <= NEAR {
            head |= CLAIM_NEAR;
        }
        if left <= CLOSE {
            head |= CLAIM_CLOSE;
        }
        if wait > roads.params.courtesy_ticks {
            head |= CLAIM_WAITED;
        }
        if laws::must_overrun(v.v, left, HARD_BRAKING) {
            head |= CLAIM_COMMITTED;
        }
        if v.v < STANDING && left <= AT_LINE {
            head |= CLAIM_STOPPED;
        }
        if wait > (PATIENT_S << roads.params.k) {
            head |= CLAIM_PATIENT;
        }
        claim.head = head;
        claim.order = ((65535 - wait) << 16) | (v.key >> 16);
    }
}
