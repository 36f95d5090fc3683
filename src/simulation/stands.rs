//! Where lanes are blocked: between two ticks something is put onto the lane at which others must stop, and taken away when the incident ends.
//!
//! * **It begins at its time.** It takes the asked place; where a vehicle covers it, or could not stop before it even by braking as hard as it
//!   can, the place right behind that vehicle. An accident waits for no gap, and happens to nobody who has passed already.
//! * **Nobody overlaps it** and nobody who comes is too fast for it, so the laws of the step keep their promises.
//! * A place that has none of that, on a lane that is full of who cannot stop, is tried again each second.
//!
//! Everything is read from the state and the tables alone, so CPU and GPU, alone and in a batch, do the same.

use crate::stages::roads::Roads;
use crate::state::State;
use crate::tables::Tables;
use crate::tables::lanes::BESIDE;
use crate::tables::layout::{LANE_CONNECTOR, Vehicle, WAY_MASK};
use crate::tables::stands::{CLASS, Stand};
use std::collections::BTreeMap;

/// Lanes and connectors behind its own on which somebody who comes is looked for.
const LOOK_BACK: u32 = 4;
/// Words of a halt hold so many ticks.
const HALT_TICKS: u32 = 65_535;

/// What stands or stood, by world and number of the place: first tick and tick after the last.
#[derive(Debug, Default)]
pub struct Stood {
    spans: BTreeMap<(usize, usize), [u32; 2]>,
    /// Does one wait for a place?
    waits: bool,
}

impl Stood {
    /// Ticks until the next look is needed: one that waits is tried again each second.
    pub fn until_next(&self, tick: u32, k: u32) -> u32 {
        let second = 1 << k;
        if self.waits { second - tick % second } else { u32::MAX }
    }

    /// Does one wait for a place, and is it time to look again?
    pub fn due(&self, tick: u32, k: u32) -> bool {
        self.waits && tick.is_multiple_of(1 << k)
    }

    /// Lanes on which something stood between two ticks, and how long \[ticks\].
    pub fn between(&self, t: &Tables, world: usize, from: u32, to: u32) -> Vec<(u32, u32)> {
        let mine = self.spans.range((world, 0)..(world + 1, 0));
        let common = mine.map(|((_, number), span)| (t.stands[*number].lane, span[1].min(to).saturating_sub(span[0].max(from))));
        common.filter(|(_, ticks)| *ticks > 0).collect()
    }

    /// Takes away what has stood long enough and puts in what is to stand from now on, in the worlds that go on.
    pub fn look(&mut self, t: &Tables, s: &mut State, worlds: &[usize]) {
        let tick = s.tick();
        self.waits = false;
        for &world in worlds {
            for (number, stand) in t.stands.iter().enumerate() {
                let key = world * t.lane_count() + stand.lane as usize;
                let rows = s.lane_start[key] as usize..s.lane_start[key + 1] as usize;
                let there = rows.clone().find(|row| s.vehicles[*row].trip == t.stand(world, number));
                let now = (stand.from..stand.to).contains(&tick);
                match there {
                    Some(row) if !now => {
                        s.take_out(row);
                        self.spans.entry((world, number)).or_insert([tick, tick])[1] = tick;
                    }
                    // It was there before this run went on from a snapshot.
                    Some(_) => {
                        self.spans.entry((world, number)).or_insert([tick, stand.to]);
                    }
                    None if now && tick != stand.from && !tick.is_multiple_of(1 << t.params.k) => self.waits = true,
                    None if now => match place(t, s, key as u32, stand) {
                        Some((row, x)) => {
                            s.put_in(row, vehicle(t, s, world, number, x));
                            self.spans.insert((world, number), [tick, stand.to]);
                        }
                        None => self.waits = true,
                    },
                    None => {}
                }
            }
        }
    }
}

/// What is put in.
fn vehicle(t: &Tables, s: &State, world: usize, number: usize, x: i32) -> Vehicle {
    let (stand, trip) = (&t.stands[number], t.stand(world, number));
    let record = &t.trips[trip as usize];
    let uses = t.params.classes[CLASS as usize].uses;
    Vehicle {
        lane: (world * t.lane_count()) as u32 + stand.lane,
        x,
        traits: record.traits,
        trip,
        key: record.key,
        cursor: record.cursor,
        halt: (stand.to - s.tick()).min(HALT_TICKS) << 8,
        next: Roads::of(t, &s.detours).outlook(stand.lane, record.cursor, record.key, uses),
        ..Vehicle::default()
    }
}

/// The foremost place at or behind the one that was asked for: its row and its front bumper.
fn place(t: &Tables, s: &State, key: u32, stand: &Stand) -> Option<(usize, i32)> {
    let roads = Roads::of(t, &s.detours);
    let length = t.params.classes[CLASS as usize].length;
    let rows = s.lane_start[key as usize] as usize..s.lane_start[key as usize + 1] as usize;
    let lane = &s.vehicles[rows.clone()];
    // Short of the end: at the end one arrives.
    let wanted = stand.x.min(t.lanes[stand.lane as usize].length - 1);
    let behind = lane.iter().map(|v| roads.rear(v)).filter(|rear| *rear < wanted);
    std::iter::once(wanted).chain(behind).find_map(|x| {
        let at = lane.partition_point(|v| v.x >= x);
        let free = at == 0 || roads.rear(&lane[at - 1]) >= x;
        let stops = match lane.get(at) {
            Some(v) => can_stop(&roads, v, x - length - v.x),
            None => entrants_stop(&roads, s, key, x - length, LOOK_BACK),
        };
        (x >= length && free && stops).then_some((rows.start + at, x))
    })
}

/// Can a vehicle stop within so much room, if it brakes as hard as it can from the next step on?
fn can_stop(roads: &Roads, v: &Vehicle, room: i32) -> bool {
    // v^2 / 2b: Q8 * Q8 / Q10 of squares of m/s and m/s2, in Q10 m.
    let (v8, b10) = (i64::from(v.v >> 8), i64::from(roads.class(v.traits).b10.max(1)));
    i64::from(room) >= i64::from(roads.reach(v.traits, v.v)) + v8 * v8 * 8 / b10
}

/// Can whoever comes first onto a lane stop within so much room from its start on?
fn entrants_stop(roads: &Roads, s: &State, key: u32, room: i32, look: u32) -> bool {
    let base = roads.base(key);
    let lane = &roads.lanes[(key - base) as usize];
    let own = key - base;
    let origins = &roads.pool[lane.origins as usize..];
    let before = origins[1..].chunks_exact(2).take(origins[0] as usize).filter(|origin| origin[1] != BESIDE);
    // Those right before it alone: the others are looked at from there.
    let joined = |source: u32| {
        let from = &roads.lanes[source as usize];
        if from.flags & LANE_CONNECTOR != 0 { from.exit == own } else { lane.flags & LANE_CONNECTOR != 0 && lane.feeder == source }
    };
    look == 0
        || before.map(|origin| origin[0]).filter(|source| joined(*source)).all(|source| {
            let there = base + source;
            let rows = s.lane_start[there as usize] as usize..s.lane_start[there as usize + 1] as usize;
            let length = roads.lanes[source as usize].length;
            match s.vehicles[rows].first() {
                // Who waits before another connector does not come here.
                Some(v) if lane.flags & LANE_CONNECTOR != 0 && v.next & WAY_MASK != own => true,
                Some(v) => can_stop(roads, v, room + length - v.x),
                None => entrants_stop(roads, s, there, room + length, look - 1),
            }
        })
}
