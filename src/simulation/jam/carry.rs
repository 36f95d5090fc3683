//! The last rung, on request alone (`teleport_after`), for comparison with SUMO: the first vehicle of a lane that has stood for so long is taken
//! to the next link of its way on which it could depart, at its start, as if it departed there. Nothing of the way between is driven or counted
//! as driven. Once a minute; one vehicle a lane.
//!
//! Whoever stands at a planned halt is left alone, and nobody is taken beyond the link of his next one.

use super::{Help, Jam, Moved, STANDING, Street};
use crate::backend::Change;
use crate::stages::insert;
use crate::stages::roads::Roads;
use crate::state::State;
use crate::tables::layout::{
    COUNTER_TELEPORTED, FLAG_CUT, FLAG_HALTS, FLAG_WANT_LEFT, FLAG_WANT_RIGHT, FORCED_TELEPORT, LANE_CONNECTOR, Lane, RUNG_TELEPORT,
    Vehicle,
};
use std::collections::BTreeSet;

/// The clock of waiting stops here \[ticks\].
const LONGEST_WAIT: u32 = 65_534;

impl Jam<'_> {
    /// Takes on who has stood for too long; `busy` are keys on which somebody was moved in this look.
    pub(super) fn carry_on(&mut self, s: &State, world: usize, street: &Street, mut busy: BTreeSet<u32>, help: &mut Help) {
        let longest = self.t.params.teleport_ticks.min(LONGEST_WAIT);
        if longest == 0 {
            return;
        }
        let roads = Roads::of(self.t, &s.detours);
        let mut count = 0;
        for lane in 0..self.t.params.lanes {
            let key = (street.base + lane as usize) as u32;
            let Some(row) = street.rows(lane).next().filter(|_| !busy.contains(&key)) else { continue };
            let v = &s.vehicles[row];
            if v.v >= STANDING || v.clock & 0xffff <= longest || (v.halt >> 8) & 0xffff > 0 {
                continue;
            }
            let Some(vehicle) = self.carried(s, &roads, street, (lane, row), &busy) else { continue };
            busy.extend([key, vehicle.lane]);
            self.note(key as usize, Moved { left: 1, ..Moved::default() });
            self.note(vehicle.lane as usize, Moved { entered: 1, ..Moved::default() });
            help.rows.push(self.row(s, world, lane, RUNG_TELEPORT, v));
            help.moves.push(Change { row: row as u32, vehicle });
            count += 1;
        }
        help.counts.push((world, COUNTER_TELEPORTED, count));
    }

    /// A vehicle at the start of the next link of its way that has room for it.
    fn carried(&self, s: &State, roads: &Roads, street: &Street, (lane, row): (u32, usize), busy: &BTreeSet<u32>) -> Option<Vehicle> {
        let v = &s.vehicles[row];
        let here = &self.t.lanes[lane as usize];
        let on_movement = here.flags & LANE_CONNECTOR != 0;
        let halt = self.next_halt(v);
        if !on_movement && halt == Some(here.place) {
            return None;
        }
        // On a movement its way begins with the link behind it.
        let first = if on_movement { self.t.lanes[here.exit as usize].place } else { here.place };
        let way = self.path(roads, first, v.cursor);
        for (link, cursor) in way.into_iter().zip(v.cursor..).skip(usize::from(!on_movement)) {
            for own in self.lanes_for(roads, link, cursor, v) {
                let key = (street.base + own as usize) as u32;
                let entry = if busy.contains(&key) { None } else { insert::room(roads, s, key, row as u32) };
                if let Some(entry) = entry {
                    let next = roads.outlook(own, cursor, v.key, roads.class(v.traits).uses);
                    let traits = v.traits & !(FLAG_WANT_LEFT | FLAG_WANT_RIGHT | FLAG_CUT);
                    let halt = v.halt | FORCED_TELEPORT;
                    return Some(Vehicle { lane: key, x: entry.x, v: entry.v, traits, cursor, clock: 0, halt, next, ..*v });
                }
            }
            if halt == Some(link) {
                return None;
            }
        }
        None
    }

    /// Lanes of a link that a vehicle may use, those first from which it need not change.
    fn lanes_for(&self, roads: &Roads, link: u32, cursor: u32, v: &Vehicle) -> Vec<u32> {
        let uses = roads.class(v.traits).uses;
        let record = |own: &u32| -> &Lane { &self.t.lanes[*own as usize] };
        let all = self.city.links[link as usize].lanes.clone().map(|lane| self.t.of_lane[lane]);
        let mut own: Vec<u32> = all.filter(|own| record(own).uses & uses != 0).collect();
        own.sort_by_key(|own| (roads.changes_needed(record(own), cursor).unsigned_abs(), *own));
        own
    }

    /// The link of the next planned halt.
    fn next_halt(&self, v: &Vehicle) -> Option<u32> {
        if v.traits & FLAG_HALTS == 0 {
            return None;
        }
        let (list, index) = (self.t.trips[v.trip as usize].halts as usize, v.halt & 255);
        (index < self.t.pool[list]).then(|| self.t.lanes[self.t.pool[list + 1 + index as usize * 4] as usize].place)
    }
}
