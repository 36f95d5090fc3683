//! Claims, posted: who comes to each stop line, and in which quarter of a second. Twin: `shaders/stages/claims_post.wgsl`.
//!
//! One invocation a connector: it walks its feeder's vehicles and takes those that will use it. Where somebody yields to it, the mask holds the
//! whole platoon and not its head alone: he must see all of it. Connectors without conflicts and those that show red need no claim.

use super::lamps::Lamps;
use super::roads::Roads;
use super::{Size, Stage, over};
use crate::laws;
use crate::random::prelude::min;
use crate::state::{Scratch, State};
use crate::tables::layout::{
    CLAIM_ANY, CLAIM_CLOSE, CLAIM_COMMITTED, CLAIM_NEAR, CLAIM_PATIENT, CLAIM_STANDOFF, CLAIM_STOPPED, CLAIM_WAITED, CUT_LANES, Claim,
    GATE_CLOSED, LANE_WATCHED, Lane, MARK_CUT, NONE, Vehicle, WAY_END, WAY_MASK,
};
use crate::tables::{Feed, Head, Tables};

/// The row of this stage in [`crate::stages::STEP`].
pub const STAGE: Stage = Stage {
    name: "claims_post",
    reads: &["lanes", "pool", "vehicles", "lane_start", "gate", "phases"],
    writes: &["claims"],
    owns: &[],
    adds: &[],
    size: Size::Keys,
    wgsl: concat!(include_str!("../../shaders/shared/lamps.wgsl"), include_str!("../../shaders/stages/claims_post.wgsl")),
    roads: true,
    cpu: claims_post,
};

/// Near the line: from here a driver at a yield or stop sign sees the other road [Q10 m]: 3 m, by its follow-up times of 3.3 and 3.5 s.
const NEAR: i32 = 3072;
/// Close to it: from here a driver who has to yield and needs not stop takes a gap as he drives; before, only an empty road [Q10 m]: 10 m, by the
/// follow-up time of a left turn off a major road, 2.2 s (HCM 6, T16 of `tests/theory`).
const CLOSE: i32 = 10240;
/// Standing at it [Q10 m]: 4 m.
const AT_LINE: i32 = 4096;
/// Standing [Q16 m/s]: 0.1.
const STANDING: i32 = 6554;
/// Braking that nobody plans [Q10 m/s2]: 4.
const HARD_BRAKING: i32 = 4096;
/// Patience before a standing driver stops waiting for others who stand [s]: 10.
const PATIENT_S: u32 = 10;
/// ... and before he does so where the rules let nobody go [s]: 3.
const STANDOFF_S: u32 = 3;

fn claims_post(t: &Tables, s: &mut State, c: &mut Scratch) {
    let roads = Roads::of(t, &s.detours);
    let count = t.heads.len() * t.worlds.len();
    let (two, items) = (&mut vec![(); t.keys()][..], &mut vec![(); count][..]);
    over::junctions(t, over::Junctions { which: 0..count, from: 0, one: &mut c.claims, two, items }, &|at| {
        let board =
            Board { roads, vehicles: &s.vehicles, lane_start: &s.lane_start, gate: &s.gate[at.base as usize..], start: 0, base: at.base };
        let claims = &mut at.one[(at.first - at.start) as usize..];
        claims.fill(Claim::default());
        let head = &t.heads[at.junction];
        let lamps = Lamps::new(t, roads, &s.phases, board.world(), head);
        board.post(&t.feeds[head.feeds as usize..], head, claims, &lamps, true);
    });
}

/// What is read.
pub(super) struct Board<'a> {
    pub roads: Roads<'a>,
    pub vehicles: &'a [Vehicle],
    pub lane_start: &'a [u32],
    /// Marks of lanes and gates of the tick before, from lane `start` of the world on.
    pub gate: &'a [u32],
    pub start: u32,
    /// First key of the world.
    pub base: u32,
}

impl Board<'_> {
    /// Its world.
    #[inline]
    pub(super) fn world(&self) -> u32 {
        if self.base == 0 { 0 } else { self.base / self.roads.params.lanes }
    }

    /// All claims of a junction into `claims`, which are empty; may there be one? The connectors of a lane stand together: its vehicles are walked
    /// once for all of them. `cuts`: may anybody turn from the wrong lane? Then all lanes are looked at, also those that hold nobody.
    pub(super) fn post(&self, feeds: &[Feed], head: &Head, claims: &mut [Claim], lamps: &Lamps, cuts: bool) -> bool {
        if !cuts {
            return self.post_own(head, claims, lamps);
        }
        let (mut i, mut any) = (0, false);
        for feed in feeds {
            if i == claims.len() {
                break;
            }
            let n = feed.count as usize;
            if !lamps.all_red(i..i + n) {
                self.feed(feed.lane, head.first + i as u32, &mut claims[i..i + n], cuts, &|at| !lamps.red(i + at));
                any = true;
            }
            i += n;
        }
        any
    }

    /// The same where everybody turns from his own lane. Most lanes are empty, and those that lead to a junction lie together, from `start` to its
    /// first connector: the vehicles there name the lanes that are not, and those that hold nobody cost nothing.
    fn post_own(&self, head: &Head, claims: &mut [Claim], lamps: &Lamps) -> bool {
        let row_of = |lane: u32| self.lane_start[(self.base + lane) as usize] as usize;
        let (mut row, end, mut any) = (row_of(self.start), row_of(head.first), false);
        while row < end {
            let own = self.vehicles[row].lane - self.base;
            let lane = &self.roads.lanes[own as usize];
            // A lane that ends at nothing has no connector.
            if lane.conn_count != 0 {
                let i = (lane.conn_start - head.first) as usize;
                let all = i..i + lane.conn_count as usize;
                if !lamps.all_red(all.clone()) {
                    self.feed(own, lane.conn_start, &mut claims[all], false, &|at| !lamps.red(i + at));
                    any = true;
                }
            }
            row = row_of(own + 1);
        }
        any
    }

    /// Claims of the connectors, from `first` on, of one lane; `cuts` as in [`Board::post`]; `goes` says of which that do not show red.
    fn feed(&self, feeder: u32, first: u32, claims: &mut [Claim], cuts: bool, goes: &impl Fn(usize) -> bool) {
        let r = self.roads;
        let lane = &r.lanes[feeder as usize];
        let mut claim = |goal: u32, v: &Vehicle, left: i32, from: &Lane| {
            let at = goal.wrapping_sub(first) as usize;
            if at >= claims.len() {
                return;
            }
            let goal = &r.lanes[goal as usize];
            let counts = claims[at].head == 0 || (goal.flags & LANE_WATCHED) != 0;
            if counts && goal.conflicts != NONE && goes(at) {
                post(&r, &mut claims[at], v, left, from);
            }
        };
        // Who turns from the wrong lane comes first: the lane's own vehicles wait for it.
        let sides = if cuts { 0..2 } else { 0..0 };
        for side in sides {
            let mut beside = if side == 0 { lane.left } else { lane.right };
            for _ in 0..CUT_LANES {
                if beside == NONE {
                    break;
                }
                let there = &r.lanes[beside as usize];
                if (self.gate[(beside - self.start) as usize] & MARK_CUT) != 0 {
                    let v = &self.vehicles[self.lane_start[(self.base + beside) as usize] as usize];
                    claim(r.cut(there, v), v, there.length - v.x, there);
                }
                beside = if side == 0 { there.left } else { there.right };
            }
        }
        let key = (self.base + feeder) as usize;
        for v in &self.vehicles[self.lane_start[key] as usize..self.lane_start[key + 1] as usize] {
            let left = lane.length - v.x;
            if left > r.params.claim_distance {
                break;
            }
            let way = v.next & WAY_MASK;
            claim(way, v, left, lane);
            // Who stands at the line and may not go holds up everybody behind: nobody needs to yield to them.
            let stands = v.v < STANDING && left <= AT_LINE && way < WAY_END;
            if stands && (self.gate[(way - self.start) as usize] & 3) == GATE_CLOSED {
                break;
            }
        }
    }
}

/// Adds a vehicle to the claim of its connector.
fn post(roads: &Roads, claim: &mut Claim, v: &Vehicle, left: i32, feeder: &Lane) {
    let c = roads.class(v.traits);
    let slot = laws::arrival_slot(left, v.v, c.a10, roads.wanted_speed(v.traits, feeder));
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
        if wait > (STANDOFF_S << roads.params.k) {
            head |= CLAIM_STANDOFF;
        }
        claim.head = head;
        claim.order = ((65535 - wait) << 16) | (v.key >> 16);
    }
}
