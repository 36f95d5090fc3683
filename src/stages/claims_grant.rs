//! Claims, granted: who may enter each junction in this tick. Twin: `shaders/stages/claims_grant.wgsl`.
//!
//! One invocation takes all claims of a junction in one total order (rank, time waited, key, connector): all conflicts are local, so a greedy
//! pass is exact and has no races. A connector opens when its signal permits, nobody is in the shared areas when its first vehicle arrives,
//! the streams it yields to leave it a gap, nobody conflicting was let in before in this pass, and there is room behind the junction.
//!
//! * Pairwise rules are cyclic where four approaches wait (right before left): who has waited for 3 s does not yield to who stands.
//! * Who has waited for a minute goes first and yields only to who cannot stop (courtesy, counted).
//! * A permissive turn that has waited goes at amber, once the opposing stream stands or stops (the "sneaker" of every real junction;
//!   without it a saturated opposing stream starves the turn for ever).

use super::claims_post::Board;
use super::events::event;
use super::lamps::Lamps;
use super::roads::Roads;
use super::{Size, Stage, over, touch};
use crate::laws;
use crate::random::prelude::{max, min, select};
use crate::state::{Scratch, State};
use crate::tables::Tables;
use crate::tables::layout::{
    ASPECT_AMBER, ASPECT_GREEN, ASPECT_OFF, ASPECT_PERMISSIVE, ASPECT_STOP_GO, CLAIM_ANY, CLAIM_CLOSE, CLAIM_COMMITTED, CLAIM_NEAR,
    CLAIM_PATIENT, CLAIM_STANDOFF, CLAIM_STOPPED, CLAIM_WAITED, CONFLICT_FOE_YIELDS, CONFLICT_I_YIELD, CONFLICT_MERGE, COUNTER_COURTESY,
    COUNTERS, Claim, GATE_AMBER, GATE_CLOSED, GATE_OPEN, GATE_WAS_OPEN, LANE_CONNECTOR, LANE_KEEP_CLEAR, LANE_ROUNDABOUT, LANE_RULE_SHIFT,
    LANE_TURN_SHIFT, Lane, MARK_CUT, NONE, RUNG_COURTESY, Vehicle, WAY_END,
};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The row of this stage in [`crate::stages::STEP`].
pub const STAGE: Stage = Stage {
    name: "claims_grant",
    reads: &["lanes", "pool", "vehicles", "lane_start", "claims", "phases"],
    writes: &[],
    owns: &["gate"],
    adds: &["counters"],
    size: Size::Junctions,
    wgsl: concat!(
        include_str!("../../shaders/shared/events.wgsl"),
        include_str!("../../shaders/shared/lamps.wgsl"),
        include_str!("../../shaders/stages/claims_grant.wgsl")
    ),
    roads: true,
    cpu: claims_grant,
};

/// Bits of a gate within this stage.
const PENDING: u32 = 8;
const NO_ROOM: u32 = 16;
const GRANTED: u32 = 32;
const DENIED: u32 = 64;
/// An empty exit lane counts as at least so long [Q10 m]: 30 m; short lanes are driven through.
const EMPTY_EXIT: i32 = 30720;
/// ... and so many of them are looked through.
const LANES_BEYOND: u32 = 16;
/// Gap kept behind the junction [1/16 m]: 2 m.
const EXIT_GAP_Q4: i32 = 32;
/// At amber the foes' vehicles of the next 2 s still come [slots].
const AMBER_SLOTS: u32 = 8;
/// Last slot of a claim's mask.
const HORIZON: u32 = 63;
/// Merging vehicles keep a second apart [slots].
const MERGE_SLOTS: u32 = 4;
/// Who goes after a vehicle lets it pass half a second before [slots] ...
const LEAD_SLOTS: u32 = 2;
/// ... and who crosses it a step at least, so that he sees it on its connector: a second is so many slots.
const SECOND: u32 = 4;
/// A driver who waits out of courtesy yields only to who arrives within a second [slots].
const COURTESY_SLOTS: u32 = 4;

/// Claims of a junction that are sorted without asking for memory.
const CLAIMS_A_PIECE: usize = 16;

struct Junction<'a> {
    roads: Roads<'a>,
    vehicles: &'a [Vehicle],
    lane_start: &'a [u32],
    /// Of its connectors, from `first` on.
    claims: &'a [Claim],
    counters: &'a [AtomicU32],
    /// Of its connectors, from `first` on: all foes are among them.
    gate: &'a mut [u32],
    world: u32,
    base: u32,
    first: u32,
    /// Connectors that somebody is on or asks for, of the first [`BITS`]: no other matters to anybody.
    busy: u64,
    /// See [`Tables::foes`].
    foes: &'a [u64],
}

/// Bits of [`Junction::busy`].
const BITS: u32 = u64::BITS;

fn claims_grant(t: &Tables, s: &mut State, c: &mut Scratch) {
    let view =
        View { roads: Roads::of(t, &s.detours), vehicles: &s.vehicles, lane_start: &s.lane_start, counters: &s.counters, foes: &t.foes };
    let (roads, phases) = (view.roads, &s.phases);
    let count = t.heads.len() * t.worlds.len();
    let items = &mut vec![(); count][..];
    over::junctions(t, over::Junctions { which: 0..count, from: 0, one: &mut c.claims, two: &mut s.gate, items }, &|at| {
        let skip = (at.first - at.start) as usize;
        let lamps = Lamps::new(t, roads, phases, view.world(at.base), &t.heads[at.junction]);
        view.junction(&at.one[skip..], &mut at.two[skip..], at.base, at.first).grant(&lamps);
    });
}

/// Connectors of a junction whose claims are held without asking for memory.
const CONNECTORS_A_PIECE: usize = 24;

/// Stages `claims_post` and `claims_grant` at once: a junction is granted while its claims and lanes are at hand. Claims are not kept.
pub fn both(t: &Tables, s: &mut State, c: &mut Scratch) {
    let view =
        View { roads: Roads::of(t, &s.detours), vehicles: &s.vehicles, lane_start: &s.lane_start, counters: &s.counters, foes: &t.foes };
    let (roads, phases) = (view.roads, &s.phases);
    let far = touch::far(t);
    let count = t.heads.len() * t.worlds.len();
    c.idle.resize(count, NONE);
    let (one, items) = (&mut vec![(); t.keys()][..], &mut c.idle[..]);
    over::junctions(t, over::Junctions { which: 0..count, from: 0, one, two: &mut s.gate, items }, &|at| {
        let head = &t.heads[at.junction];
        let skip = (at.first - at.start) as usize;
        let lanes = &roads.lanes[at.start as usize..(at.first + head.count) as usize];
        if far {
            let first = (at.base + at.start) as usize;
            touch::touch(lanes);
            touch::touch(&view.vehicles[view.lane_start[first] as usize..view.lane_start[first + lanes.len()] as usize]);
        }
        let lamps = Lamps::new(t, roads, phases, view.world(at.base), head);
        let cuts = at.two[..skip].iter().fold(0, |all, mark| all | mark) & MARK_CUT != 0;
        let board = Board { roads, vehicles: view.vehicles, lane_start: view.lane_start, gate: at.two, start: at.start, base: at.base };
        let (mut few, mut more) = ([Claim::default(); CONNECTORS_A_PIECE], Vec::new());
        let claims = if head.count as usize <= CONNECTORS_A_PIECE {
            &mut few[..head.count as usize]
        } else {
            more.resize(head.count as usize, Claim::default());
            &mut more[..]
        };
        // Nobody on any lane that leads here: nobody asks.
        let (lead, end) = ((at.base + at.start) as usize, (at.base + at.first) as usize);
        let comes = cuts | (view.lane_start[lead] != view.lane_start[end]);
        let any = comes && board.post(&t.feeds[head.feeds as usize..], head, claims, &lamps, cuts);
        let gate = &mut at.two[skip..];
        if any {
            view.junction(claims, gate, at.base, at.first).grant(&lamps);
            *at.item = NONE;
        } else if *at.item != lamps.phase || lamps.phase == Lamps::MIXED {
            lamps.nobody(gate);
            *at.item = lamps.phase;
        }
    });
}

/// What is read.
#[derive(Clone, Copy)]
struct View<'a> {
    roads: Roads<'a>,
    vehicles: &'a [Vehicle],
    lane_start: &'a [u32],
    counters: &'a [AtomicU32],
    foes: &'a [u64],
}

impl<'a> View<'a> {
    fn world(&self, base: u32) -> u32 {
        if base == 0 { 0 } else { base / self.roads.params.lanes }
    }

    /// One junction.
    fn junction(&self, claims: &'a [Claim], gate: &'a mut [u32], base: u32, first: u32) -> Junction<'a> {
        let View { roads, vehicles, lane_start, counters, foes } = *self;
        Junction { roads, vehicles, lane_start, claims, counters, gate, world: self.world(base), base, first, busy: 0, foes }
    }
}

impl Junction<'_> {
    fn gate(&self, connector: u32) -> u32 {
        self.gate[(connector - self.first) as usize]
    }

    fn set(&mut self, connector: u32, gate: u32) {
        self.gate[(connector - self.first) as usize] = gate;
    }

    fn claim(&self, connector: u32) -> &Claim {
        &self.claims[(connector - self.first) as usize]
    }

    /// Who goes first: smaller first.
    fn rank(&self, lane: &Lane, aspect: u32, head: u32) -> u32 {
        let rule = (lane.flags >> LANE_RULE_SHIFT) & 3;
        let turn = (lane.flags >> LANE_TURN_SHIFT) & 3;
        if (head & CLAIM_WAITED) != 0 {
            return 1;
        }
        if aspect == ASPECT_GREEN {
            return 2;
        }
        if aspect == ASPECT_PERMISSIVE || aspect == ASPECT_AMBER {
            return 4;
        }
        if aspect == ASPECT_STOP_GO {
            return 6;
        }
        if rule == 0 {
            return if turn > 1 { 4 } else { 3 };
        }
        if rule == 3 {
            return 5;
        }
        if turn > 1 { 6 } else { 5 }
    }

    /// One junction. The kernel looks for the first of the pending claims again and again, which is the same.
    fn grant(&mut self, lamps: &Lamps) {
        let mut pending = [(0_u32, 0_u32, 0_u32, 0_u32); CLAIMS_A_PIECE];
        let mut waiting = 0;
        let mut more = Vec::new();
        for (i, claim) in self.claims.iter().enumerate() {
            let at = self.first + i as u32;
            if (claim.head & CLAIM_ANY) != 0 && !lamps.red(i) {
                let aspect = lamps.aspect(i);
                self.busy |= 1_u64.checked_shl(i as u32).unwrap_or(0);
                let was_open = if (self.gate(at) & 3) == GATE_OPEN { GATE_WAS_OPEN } else { 0 };
                let entry =
                    (self.rank(&self.roads.lanes[at as usize], aspect, claim.head) << 4 | aspect, claim.order, at, PENDING | was_open);
                if waiting < CLAIMS_A_PIECE {
                    pending[waiting] = entry;
                    waiting += 1;
                } else {
                    more.push(entry);
                }
            }
        }
        lamps.nobody(self.gate);
        if waiting == 0 {
            return;
        }
        let keys = (self.base + self.first) as usize;
        let starts = &self.lane_start[keys..=keys + self.claims.len()];
        self.busy |= (0..BITS).zip(starts.windows(2)).fold(0, |busy, (i, ends)| busy | u64::from(ends[0] != ends[1]) << i);
        let pending = if more.is_empty() {
            &mut pending[..waiting]
        } else {
            more.extend_from_slice(&pending);
            &mut more[..]
        };
        pending.sort_unstable_by_key(|(rank, order, connector, _)| (rank >> 4, *order, *connector));
        for &(.., connector, bits) in pending.iter() {
            self.set(connector, self.gate(connector) | bits);
        }
        for &(rank, _, connector, _) in pending.iter() {
            self.decide(connector, rank & 15);
        }
        for &(.., connector, _) in pending.iter() {
            self.set(connector, self.gate(connector) & 3);
        }
    }

    fn decide(&mut self, connector: u32, aspect: u32) {
        let lane = &self.roads.lanes[connector as usize];
        let claim = *self.claim(connector);
        let gate = self.gate(connector);
        let rule = (lane.flags >> LANE_RULE_SHIFT) & 3;
        let was_open = (gate & GATE_WAS_OPEN) != 0;
        let near = (claim.head & CLAIM_NEAR) != 0;
        let amber = aspect == ASPECT_AMBER;
        let yields = aspect != ASPECT_GREEN;
        let mut may = true;
        if amber {
            may = near && (claim.head & CLAIM_PATIENT) != 0;
        } else if aspect == ASPECT_STOP_GO || (aspect == ASPECT_OFF && rule >= 2) {
            may = (claim.head & CLAIM_STOPPED) != 0 || (near && was_open);
        } else if aspect == ASPECT_OFF && rule == 1 && (lane.flags & LANE_ROUNDABOUT) == 0 {
            may = near; // the ring of a roundabout is seen from afar
        }
        let blocked = self.blocked(connector, &claim, amber, yields);
        if blocked == 2 || (blocked == 1 && !amber) || (!may && !amber) {
            self.set(connector, GATE_CLOSED | DENIED);
            return;
        }
        if blocked == 1 || !may {
            self.set(connector, GATE_AMBER | DENIED);
            return;
        }
        if (lane.flags & LANE_KEEP_CLEAR) != 0 && (claim.head & CLAIM_COMMITTED) == 0 && !self.room(connector, lane, &claim) {
            self.set(connector, GATE_CLOSED | NO_ROOM);
            return;
        }
        if (claim.head & CLAIM_WAITED) != 0 && !was_open {
            self.counters[(COUNTERS * (1 + self.world) + COUNTER_COURTESY) as usize].fetch_add(1, Relaxed);
            let feeder = self.base + lane.feeder;
            let own = self.lane_start[feeder as usize] != self.lane_start[feeder as usize + 1];
            let trip = if own { self.first(connector, lane).trip } else { NONE }; // else it turns from the lane beside
            event(self.counters, self.roads.params, RUNG_COURTESY, 65535 - (claim.order >> 16), trip, feeder);
        }
        self.set(connector, GATE_OPEN | GRANTED);
    }

    /// 0 free, 1 precedence of others, 2 somebody is or comes into a shared area.
    fn blocked(&self, connector: u32, claim: &Claim, amber: bool, yields: bool) -> u32 {
        let lane = &self.roads.lanes[connector as usize];
        let slot = claim.head & 255;
        let close = (claim.head & CLAIM_CLOSE) != 0;
        let mut result = 0;
        if self.foes[connector as usize] & self.busy == 0 {
            return result;
        }
        for j in 0..self.roads.pool[lane.conflicts as usize] {
            let at = (lane.conflicts + 1 + j * 3) as usize;
            let (foe, bits, end) = (self.roads.pool[at], self.roads.pool[at + 1], self.roads.pool[at + 2] as i32);
            if foe - self.first < BITS && (self.busy >> (foe - self.first)) & 1 == 0 {
                continue;
            }
            let merge = (bits & CONFLICT_MERGE) != 0;
            if merge && (bits & (CONFLICT_I_YIELD | CONFLICT_FOE_YIELDS)) == 0 {
                continue; // streams of the same rank sort themselves as they drive
            }
            let foe_gate = self.gate(foe);
            let foe_claim = self.claim(foe);
            if !merge && self.occupied(foe, end, slot + (bits >> 24)) {
                return 2;
            }
            let mine = yields && (bits & CONFLICT_I_YIELD) != 0 && (bits & CONFLICT_FOE_YIELDS) == 0;
            if !mine && (foe_gate & GRANTED) != 0 {
                let passing = if merge { MERGE_SLOTS } else { (bits >> 16) & 255 };
                let foe_slot = foe_claim.head & 255;
                if slot <= foe_slot + passing && foe_slot <= slot + passing {
                    return 2;
                }
            }
            let comes_at_all = (foe_gate & 3) != GATE_CLOSED || (foe_gate & (PENDING | DENIED)) != 0;
            if mine && comes_at_all && ((foe_gate & NO_ROOM) == 0 || merge) && (foe_claim.head & CLAIM_ANY) != 0 {
                let both_stand = (claim.head & CLAIM_STANDOFF) != 0 && (foe_claim.head & CLAIM_STOPPED) != 0;
                // The last slot holds all who come later: they may.
                let mut until = select(HORIZON - 1, min(slot + ((bits >> 8) & 255), HORIZON), close);
                if amber || (foe_gate & 3) == GATE_AMBER {
                    until = min(until, max(slot, AMBER_SLOTS));
                }
                if (claim.head & CLAIM_WAITED) != 0 {
                    until = min(until, max(slot, COURTESY_SLOTS));
                }
                let before = select(max(SECOND >> self.roads.params.k, LEAD_SLOTS), LEAD_SLOTS, merge);
                let since = max(slot, before) - before;
                let comes = (foe_claim.low & laws::mask_low(since, until)) | (foe_claim.high & laws::mask_high(since, until));
                if comes != 0 && !both_stand {
                    result = 1;
                }
            }
        }
        result
    }

    /// Is anybody on `foe` still before the end of the shared area when my first vehicle comes to it, `slot` from now?
    fn occupied(&self, foe: u32, end: i32, slot: u32) -> bool {
        let key = (self.base + foe) as usize;
        for row in self.lane_start[key]..self.lane_start[key + 1] {
            let v = &self.vehicles[row as usize];
            let to_clear = end - self.roads.rear(v);
            if to_clear > 0
                && slot
                    <= laws::arrival_slot(
                        to_clear,
                        v.v,
                        self.roads.class(v.traits).a10,
                        self.roads.wanted_speed(v.traits, &self.roads.lanes[foe as usize]),
                    )
            {
                return true;
            }
        }
        false
    }

    /// Is there room behind the junction for the first vehicle, after all that are already on their way there? Empty links of a few metres
    /// are looked through along its route: a roundabout cut into such links fills up otherwise.
    fn room(&self, connector: u32, lane: &Lane, claim: &Claim) -> bool {
        let r = self.roads;
        let feeder = (self.base + lane.feeder) as usize;
        if self.lane_start[feeder] == self.lane_start[feeder + 1] {
            return true; // who turns from the wrong lane has waited long enough
        }
        let first = self.first(connector, lane);
        let mut at = lane.exit;
        let mut free = 0;
        let mut cursor = first.cursor + 1;
        for n in 0.. {
            if n == LANES_BEYOND {
                free = EMPTY_EXIT >> 6; // tiny lanes and junctions, and nobody on any of them
                break;
            }
            let (s, e) = (self.lane_start[(self.base + at) as usize], self.lane_start[(self.base + at) as usize + 1]);
            if e > s {
                let tail = &self.vehicles[e as usize - 1];
                free += (r.rear(tail) >> 6) + ((tail.v * 3) >> 12); // it drives on for 3 s, in 1/16 m
                break;
            }
            let here = &r.lanes[at as usize];
            if (here.flags & LANE_CONNECTOR) == 0 {
                free += here.length >> 6; // nobody stands in a junction on purpose
            }
            if free >= EMPTY_EXIT >> 6 {
                break;
            }
            if (here.flags & LANE_CONNECTOR) != 0 {
                at = here.exit;
                continue;
            }
            at = r.way(here, cursor, first.key, r.class(first.traits).uses);
            cursor += 1;
            if at >= WAY_END {
                free = EMPTY_EXIT >> 6;
                break;
            }
        }
        free -= self.on_the_way(connector);
        for j in 0..r.pool[lane.siblings as usize] {
            free -= self.on_the_way(r.pool[(lane.siblings + 1 + j) as usize]);
        }
        free >= ((claim.head >> 8) & 4095) as i32 + EXIT_GAP_Q4
    }

    /// The first vehicle of the feeder that will use a connector.
    fn first(&self, connector: u32, lane: &Lane) -> &Vehicle {
        let key = (self.base + lane.feeder) as usize;
        let mine = &self.vehicles[self.lane_start[key] as usize..self.lane_start[key + 1] as usize];
        mine.iter().find(|v| Roads::takes(v, connector)).unwrap_or(&mine[mine.len() - 1])
    }

    /// Room that the vehicles of a connector will take [1/16 m].
    fn on_the_way(&self, connector: u32) -> i32 {
        let key = (self.base + connector) as usize;
        let mut taken = 0;
        for row in self.lane_start[key]..self.lane_start[key + 1] {
            taken += (self.roads.class(self.vehicles[row as usize].traits).length >> 6) + EXIT_GAP_Q4;
        }
        taken
    }
}
