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
    CLAIM_ANY, CLAIM_CLOSE, CLAIM_COMMITTED, CLAIM_NEAR, CLAIM_PATIENT, CLAIM_STOPPED, CLAIM_WAITED, Claim, LANE_CONNECTOR, MARK_CUT, NONE,
    Vehicle,
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
    let roads = Roads::of(t);
    let lanes = t.lane_count();
    let (vehicles, lane_start, gate) = (&s.vehicles[..], &s.lane_start[..], &s.gate[..]);
    c.claims.par_iter_mut().with_min_len(512).enumerate().for_each(|(key, claim)| {
        let (base, own) = (key - key % lanes, key % lanes);
        let lane = &roads.lanes[own];
        if lane.flags & LANE_CONNECTOR == 0 {
            return;
        }
        *claim = Claim::default();
        let feeder = base + lane.feeder as usize;
        if lane.conflicts_count > 0 {
            // Who turns from the wrong lane comes first: the lane's own vehicles wait for it.
            for side in 0..2 {
                let own_lane = &roads.lanes[lane.feeder as usize];
                let beside = if side == 0 { own_lane.left } else { own_lane.right };
                if beside != NONE && (gate[base + beside as usize] & MARK_CUT) != 0 {
                    let v = &vehicles[lane_start[base + beside as usize] as usize];
                    if roads.cut(&roads.lanes[beside as usize], v) == own as u32 {
                        post(&roads, claim, v, roads.lanes[beside as usize].length - v.x, beside);
                    }
                }
            }
            for row in lane_start[feeder]..lane_start[feeder + 1] {
                let v = &vehicles[row as usize];
                let left = roads.lanes[lane.feeder as usize].length - v.x;
                if left > roads.params.claim_distance {
                    break;
                }
                if roads.choose(&roads.lanes[lane.feeder as usize], v.cursor, v.key, roads.class(v.traits).uses) == own as u32 {
                    post(&roads, claim, v, left, lane.feeder);
                }
            }
        }
    });
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
