//! Rebuild: write next tick's vehicle array, lane after lane, the front vehicle first. Twin: `shaders/stages/rebuild.wgsl`.
//!
//! ```text
//!  plan  | lane 0: A B C | lane 1: D | lane 2: E F   |   A enters lane 2 at 3 m; B C D E F stay, E and F beyond 3 m
//!  count |       2       |     1     |      3        |   stages `resolve`, `count`
//!  scan  | 0             | 2         | 3             6   stages `scan_*`: lane_next
//!  new   | lane 0: B C   | lane 1: D | lane 2: E F A |
//! ```
//! * **A lane pulls.** It walks its stayers, then all vehicles of its `origins` that come here, and writes its own slice.
//! * **Why not push?** Two vehicles entering one lane would race for a slot; the winner would depend on the machine.
//! * **Ties** (same lane, same position) fall to the smaller key, then trip; never to the array index, which this stage makes.

use super::faults::Look;
use super::insert::NOBODY;
use super::roads::Roads;
use super::{Size, Stage, over};
use crate::state::{Scratch, State};
use crate::tables::Tables;
use crate::tables::lanes::BESIDE;
use crate::tables::layout::{
    Entry, FLAG_CUT, FLAG_STANDS, FLAG_WANT_LEFT, FLAG_WANT_RIGHT, INTENT_SHIFT, LANE_CONNECTOR, MARK_CUT, MARK_STANDS, MARK_WANT_LEFT,
    MARK_WANT_RIGHT, NONE, NOWHERE, Trip, Vehicle, WAY_NONE,
};

/// The row of this stage in [`crate::stages::STEP`].
pub const STAGE: Stage = Stage {
    name: "rebuild",
    reads: &["lanes", "pool", "trips", "plan", "lane_start", "lane_next", "entries"],
    writes: &[],
    owns: &["vehicles"],
    adds: &[],
    size: Size::Keys,
    wgsl: include_str!("../../shaders/stages/rebuild.wgsl"),
    roads: true,
    cpu: rebuild,
};

fn rebuild(t: &Tables, s: &mut State, c: &mut Scratch) {
    room(t, &mut s.vehicles, c.lane_next[t.keys()] as usize);
    let mover = Mover { t, roads: Roads::of(t, &s.detours), plan: &c.plan, lane_start: &s.lane_start };
    c.marks.fill(0);
    over::lanes(&c.lane_next, &mut s.vehicles, &mut c.marks, &|key, slots, marks| *marks = mover.fill(key, slots, || c.entries[key]));
    c.entries.fill(NOBODY); // as the passes leave them
}

/// What is read.
pub(super) struct Mover<'a> {
    pub t: &'a Tables,
    pub roads: Roads<'a>,
    pub plan: &'a [Vehicle],
    pub lane_start: &'a [u32],
}

impl Mover<'_> {
    /// Writes the vehicles of a lane, which are as many as `slots`; returns its marks, and its faults from bit [`FAULTS_SHIFT`] on. `entry` is
    /// asked who comes from outside, where somebody comes or leaves.
    #[inline]
    pub(super) fn fill(&self, key: usize, slots: &mut [Vehicle], entry: impl FnOnce() -> Entry) -> u32 {
        let rows = &self.plan[self.lane_start[key] as usize..self.lane_start[key + 1] as usize];
        // Most lanes keep whom they have.
        let (mut n, mut look) = (0, Look::new(&self.t.params, self.t.length[self.t.own(key)]));
        for (slot, row) in slots.iter_mut().zip(rows).take_while(|(_, row)| row.lane == key as u32) {
            *slot = settled(*row);
            look.at(slot);
            n += 1;
        }
        if n == slots.len() && n == rows.len() {
            return marks_of(look.traits) | look.bits(slots) << FAULTS_SHIFT;
        }
        self.changed(key, slots, n, &entry())
    }

    /// The same where somebody comes or leaves; the first `n` stay and are in their places.
    #[inline(never)]
    fn changed(&self, key: usize, slots: &mut [Vehicle], mut n: usize, entry: &Entry) -> u32 {
        let (t, plan, own) = (self.t, self.plan, self.t.own(key));
        let lane = &t.lanes[own];
        let rows = &plan[self.lane_start[key] as usize..self.lane_start[key + 1] as usize];
        for row in rows.get(n + 1..).unwrap_or_default().iter().filter(|row| row.lane == key as u32) {
            slots[n] = settled(*row);
            n += 1;
        }
        let base = (key - own) as u32;
        let entering = usize::from(entry.trip != NONE);
        if n + entering < slots.len() {
            let origins = lane.origins;
            let mut j = 0;
            while n + entering < slots.len() && j < t.pool[origins as usize] {
                let at = (origins + 1 + j * 2) as usize;
                let source = (base + t.pool[at]) as usize;
                let beside = t.pool[at + 1] == BESIDE;
                for row in self.lane_start[source]..self.lane_start[source + 1] {
                    let to = plan[row as usize].lane;
                    if to == key as u32 {
                        n = place(slots, n, arrived(&self.roads, plan[row as usize], source as u32 - base, own as u32));
                    } else if to == source as u32 && !beside {
                        break; // nobody overtakes who stays
                    }
                }
                j += 1;
            }
            if n + entering < slots.len() {
                slots[n + entering..].fill(nobody(key as u32));
            }
        }
        if entering == 1 {
            place(slots, n, entrant(&self.roads, &t.trips[entry.trip as usize], entry, own as u32, key as u32));
        }
        let mut look = Look::new(&t.params, lane.length);
        slots.iter().for_each(|v| look.at(v));
        marks_of(look.traits) | look.bits(slots) << FAULTS_SHIFT
    }
}

/// Who was promised to a lane and did not come: a row that does no harm until the host looks. It would be a vehicle that the lane counts and that
/// none of its `origins` sends.
fn nobody(key: u32) -> Vehicle {
    Vehicle { lane: key, x: NOWHERE, next: 128 << 24 | WAY_NONE, ..Vehicle::default() }
}

/// Faults in the marks of a lane.
pub(super) const FAULTS_SHIFT: u32 = 8;

/// Sets the number of vehicles. When they get more it takes room for all who may ever be on the road at once: memory that is not used costs
/// nothing, and growing by and by leaves holes behind.
pub(super) fn room(t: &Tables, vehicles: &mut Vec<Vehicle>, n: usize) {
    if n > vehicles.capacity() {
        let road_q10: u64 = t.lanes.iter().map(|lane| u64::from(lane.length.unsigned_abs())).sum();
        let short_q10 = 4 << 10; // a short vehicle and its gap: 4 m
        let fit = usize::try_from(road_q10 * t.worlds.len() as u64 / short_q10).unwrap_or(usize::MAX);
        vehicles.reserve_exact(t.trips.len().min(fit).max(n + n / 8) - vehicles.len());
    }
    vehicles.resize(n, Vehicle::default());
}

/// Without the intent of this tick.
fn settled(v: Vehicle) -> Vehicle {
    Vehicle { clock: v.clock & !(3 << INTENT_SHIFT), ..v }
}

/// The same of a vehicle that comes from lane `source` onto `own`: it wants nothing yet, and who changed lanes on purpose does not do so again
/// at once. Who comes from the connector before a lane knows its way already.
fn arrived(roads: &Roads, v: Vehicle, source: u32, own: u32) -> Vehicle {
    let cooldown = if (v.clock >> INTENT_SHIFT) & 3 == 0 { 0 } else { roads.params.cooldown_ticks << 16 };
    let mut next = settled(v);
    let from = &roads.lanes[source as usize];
    if (from.flags & LANE_CONNECTOR) == 0 || from.exit != own {
        next.next = roads.outlook(own, v.cursor, v.key, roads.class(v.traits).uses);
    }
    let traits = next.traits & !(FLAG_WANT_LEFT | FLAG_WANT_RIGHT | FLAG_CUT);
    Vehicle { clock: next.clock | cooldown, traits, ..next }
}

/// Inserts into the first `n` slots, which are sorted.
fn place(slots: &mut [Vehicle], n: usize, v: Vehicle) -> usize {
    let mut at = n;
    while at > 0 && before(&v, &slots[at - 1]) {
        slots[at] = slots[at - 1];
        at -= 1;
    }
    slots[at] = v;
    n + 1
}

/// Does `a` stand before `b` in the array?
fn before(a: &Vehicle, b: &Vehicle) -> bool {
    a.x > b.x || (a.x == b.x && (a.key < b.key || (a.key == b.key && a.trip < b.trip)))
}

/// The vehicle of a trip that enters.
fn entrant(roads: &Roads, trip: &Trip, entry: &Entry, own: u32, key: u32) -> Vehicle {
    Vehicle {
        lane: key,
        x: entry.x,
        v: entry.v,
        traits: trip.traits,
        trip: entry.trip,
        key: trip.key,
        cursor: trip.cursor,
        next: roads.outlook(own, trip.cursor, trip.key, roads.class(trip.traits).uses),
        ..Vehicle::default()
    }
}

/// What the vehicles of a lane want, for the gates of lanes: from all their traits together.
#[must_use]
pub fn marks_of(wants: u32) -> u32 {
    let mark = |flag: u32, mark: u32| if (wants & flag) != 0 { mark } else { 0 };
    let shown = mark(FLAG_WANT_LEFT, MARK_WANT_LEFT) | mark(FLAG_WANT_RIGHT, MARK_WANT_RIGHT);
    shown | mark(FLAG_CUT, MARK_CUT) | mark(FLAG_STANDS, MARK_STANDS)
}
