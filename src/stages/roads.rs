//! What several stages ask of the tables. Twin: `shaders/shared/roads.wgsl`.

use crate::laws;
use crate::random::prelude::{min, select};
use crate::tables::Tables;
use crate::tables::layout::{
    CUT_LANES, Class, FLAG_CUT, LANE_CHOICE, LANE_CONNECTOR, LANE_ROUNDABOUT, Lane, NONE, Params, ROUTE_END, Vehicle, WAY_END, WAY_MASK,
    WAY_NONE,
};

/// How many links ahead a driver plans his lane: enough for half of a roundabout that is cut into links of a metre.
const LINKS_AHEAD: u32 = 12;
/// ... if those links together are shorter than this [Q10 m]: 600 m.
const PLAN_DISTANCE: i32 = 614_400;
/// Who stays in a roundabout for so long behind its next link [Q10 m] has time to come from the inner lane to the exit: 40 m.
const INNER_DISTANCE: i32 = 40960;
/// Lanes to each side that he looks at for one that serves his turn.
const ADMITTED_LANES: i32 = 8;
/// Lanes to each side that he looks at for the turns after it.
const PLAN_LANES: i32 = 3;

/// First vehicle of a lane that is not ahead of x: the follower of a gap there.
#[must_use]
pub fn behind(vehicles: &[Vehicle], lane_start: &[u32], key: u32, x: i32) -> u32 {
    let (start, end) = (lane_start[key as usize], lane_start[key as usize + 1]);
    start + vehicles[start as usize..end as usize].partition_point(|v| v.x > x) as u32
}

/// The tables a stage reads.
#[derive(Clone, Copy)]
pub struct Roads<'a> {
    /// Sizes and constants.
    pub params: &'a Params,
    /// Lanes and connectors.
    pub lanes: &'a [Lane],
    /// Lists.
    pub pool: &'a [u32],
    /// Turn codes of detours, as if they stood behind the pool.
    pub detours: &'a [u32],
}

impl<'a> Roads<'a> {
    /// Of these tables, with the detours of a run.
    #[must_use]
    pub fn of(t: &'a Tables, detours: &'a [u32]) -> Self {
        Roads { params: &t.params, lanes: &t.lanes, pool: &t.pool, detours }
    }

    /// Does a vehicle take this connector at the end of its lane?
    #[inline]
    #[must_use]
    pub fn takes(v: &Vehicle, connector: u32) -> bool {
        v.next & WAY_MASK == connector
    }

    /// Class of a vehicle.
    #[inline]
    #[must_use]
    pub fn class(&self, traits: u32) -> &'a Class {
        &self.params.classes[(traits & 63) as usize]
    }

    /// Turn code at a cursor; `ROUTE_END` at the last link.
    #[inline]
    #[must_use]
    pub fn turn_code(&self, cursor: u32) -> u32 {
        let at = (self.params.routes + (cursor >> 3)) as usize;
        let word = self.pool.get(at).unwrap_or_else(|| &self.detours[at - self.pool.len()]);
        (word >> ((cursor & 7) * 4)) & 15
    }

    /// Word of (lane, turn): first connector, connectors, changes + 128.
    #[inline]
    #[must_use]
    pub fn turn_entry(&self, lane: &Lane, code: u32) -> u32 {
        if code >= self.pool[lane.turns as usize] {
            return 128 << 16;
        }
        self.pool[(lane.turns + 1 + code) as usize]
    }

    /// First key of the world of a key, without a division in the common case of one world.
    #[inline]
    #[must_use]
    pub fn base(&self, key: u32) -> u32 {
        let lanes = self.params.lanes;
        if key < lanes { 0 } else { key - key % lanes }
    }

    /// The connector that a vehicle takes at the end of `lane`; [`WAY_END`] where its route ends, [`WAY_NONE`] if its turn is not served there.
    /// Of several, the one that needs the fewest changes for the turn after; among those, dealt out by key.
    #[must_use]
    pub fn way(&self, lane: &Lane, cursor: u32, key: u32, uses: u32) -> u32 {
        let code = self.turn_code(cursor);
        if code == ROUTE_END {
            return WAY_END;
        }
        let entry = self.turn_entry(lane, code);
        let count = (entry >> 8) & 255;
        let first = lane.conn_start.wrapping_add(entry & 255);
        if count == 1 {
            return select(WAY_NONE, first, (self.lanes[first as usize].uses & uses) != 0);
        }
        let next = self.turn_code(cursor + 1);
        let mut best = WAY_NONE;
        let mut best_score = NONE;
        for j in 0..count {
            let connector = &self.lanes[(first + j) as usize];
            if (connector.uses & uses) == 0 {
                continue;
            }
            let exit = &self.lanes[connector.exit as usize];
            let mut changes = 0;
            if next != ROUTE_END {
                let beyond = self.turn_entry(exit, next);
                if ((beyond >> 8) & 255) == 0 {
                    changes = ((beyond >> 16) as i32 - 128).unsigned_abs();
                }
            }
            let score = (changes << 8) | ((j + (key & 255)) % count);
            if score < best_score {
                best_score = score;
                best = first + j;
            }
        }
        best
    }

    /// Word `next` of a vehicle that comes onto lane or connector `own`.
    #[must_use]
    pub fn outlook(&self, own: u32, cursor: u32, key: u32, uses: u32) -> u32 {
        let at = select(own, self.lanes[own as usize].exit, (self.lanes[own as usize].flags & LANE_CONNECTOR) != 0);
        let lane = &self.lanes[at as usize];
        let way = self.way(lane, cursor, key, uses);
        if way == WAY_END {
            return WAY_END | (128 << 24);
        }
        if way == WAY_NONE {
            return way | (((self.changes_admitted(at, cursor, key, uses) + 128) as u32) << 24);
        }
        if (lane.flags & LANE_CHOICE) == 0 {
            return way | (128 << 24);
        }
        way | (((self.changes_planned(at, cursor, key, uses) + 128) as u32) << 24)
    }

    /// Lane changes that the next turn needs, + = left.
    #[must_use]
    pub fn changes_needed(&self, lane: &Lane, cursor: u32) -> i32 {
        let code = self.turn_code(cursor);
        if code == ROUTE_END {
            return 0;
        }
        let entry = self.turn_entry(lane, code);
        if ((entry >> 8) & 255) != 0 {
            return 0;
        }
        (entry >> 16) as i32 - 128
    }

    /// The lane `delta` changes to the left of `own` on its link that this class may use.
    #[must_use]
    pub fn lane_beside(&self, own: u32, delta: i32, uses: u32) -> Option<&'a Lane> {
        let there = self.lanes.get(usize::try_from(own as i32 + delta).ok()?)?;
        let same_link = (there.flags & LANE_CONNECTOR) == 0 && there.place == self.lanes[own as usize].place;
        (same_link && (there.uses & uses) != 0).then_some(there)
    }

    /// Lane changes to the nearest lane whose next turn admits this class of vehicle; those that the turn needs where there is none.
    fn changes_admitted(&self, own: u32, cursor: u32, key: u32, uses: u32) -> i32 {
        for step in 1..=ADMITTED_LANES {
            for delta in [-step, step] {
                if self.lane_beside(own, delta, uses).is_some_and(|there| self.way(there, cursor, key, uses) < WAY_END) {
                    return delta;
                }
            }
        }
        self.changes_needed(&self.lanes[own as usize], cursor)
    }

    /// Lane changes with an eye on the turns after the next: to that of the lanes which serve the next turn, the nearest, that needs no (or
    /// fewer) changes on short links behind it.
    fn changes_planned(&self, own: u32, cursor: u32, key: u32, uses: u32) -> i32 {
        let mut least = self.lane_cost(&self.lanes[own as usize], cursor, key, uses);
        let mut best = 0;
        if least == 0 {
            return 0;
        }
        for step in 1..=PLAN_LANES {
            for delta in [step, -step] {
                let Some(there) = self.lane_beside(own, delta, uses).filter(|there| self.changes_needed(there, cursor) == 0) else {
                    continue;
                };
                let cost = self.lane_cost(there, cursor, key, uses);
                if cost < least {
                    least = cost;
                    best = delta;
                }
            }
        }
        best
    }

    /// The connector that a driver takes who turns from the wrong lane, NONE if there is none: that of the lane he should be in, at most
    /// [`CUT_LANES`] away.
    #[must_use]
    pub fn cut(&self, lane: &Lane, v: &Vehicle) -> u32 {
        let code = self.turn_code(v.cursor);
        if (v.traits & FLAG_CUT) == 0 || code == ROUTE_END {
            return NONE;
        }
        let need = (v.next >> 24) as i32 - 128;
        let steps = need.unsigned_abs();
        if steps == 0 || steps > CUT_LANES {
            return NONE;
        }
        let mut at = NONE;
        let mut here = lane;
        for _ in 0..steps {
            at = if need > 0 { here.left } else { here.right };
            if at == NONE {
                return NONE;
            }
            here = &self.lanes[at as usize];
        }
        let way = self.way(&self.lanes[at as usize], v.cursor, v.key, self.class(v.traits).uses);
        select(NONE, way, way < WAY_END)
    }

    /// How bad it is to stay on `lane` [16 a lane change, plus 12 less the links until there]: the changes of the first turn that is not served,
    /// within the distance that drivers plan. 0 = fine. The exit of a roundabout counts from near by: its inner lane is for who drives past
    /// the next one, and with the fewest changes in mind nobody would take it.
    #[must_use]
    pub fn lane_cost(&self, lane: &Lane, cursor: u32, key: u32, uses: u32) -> u32 {
        let mut here = lane;
        let mut at = cursor;
        let mut way = 0;
        for depth in 0..LINKS_AHEAD {
            let code = self.turn_code(at);
            if code == ROUTE_END {
                return 0;
            }
            let entry = self.turn_entry(here, code);
            if ((entry >> 8) & 255) == 0 {
                let inner = depth > 1 && way > INNER_DISTANCE && (here.flags & LANE_ROUNDABOUT) != 0;
                let cost = ((entry >> 16) as i32 - 128).unsigned_abs() * 16 + LINKS_AHEAD - depth;
                return select(cost, 0, inner);
            }
            let goal = self.way(here, at, key, uses);
            if goal >= WAY_END {
                return 0;
            }
            here = &self.lanes[self.lanes[goal as usize].exit as usize];
            way += here.length;
            if way > PLAN_DISTANCE {
                return 0;
            }
            at += 1;
        }
        0
    }

    /// Desired speed of a driver on a lane [m/s, Q10].
    #[inline]
    #[must_use]
    pub fn wanted_speed(&self, traits: u32, lane: &Lane) -> i32 {
        laws::free_speed(lane.limit10, (traits >> 16) as i32, self.class(traits).vmax10)
    }

    /// Acceleration [m/s2, Q10] behind something `gap` ahead that drives `vl`.
    #[inline]
    #[must_use]
    pub fn accel(&self, traits: u32, v: i32, vl: i32, gap: i32, v0: i32) -> i32 {
        let c = self.class(traits);
        if c.model == 0 {
            return laws::idm(v, vl, gap, v0, c.a10, c.b10, c.c10, c.t8, c.s0, c.r12);
        }
        laws::krauss_accel(v, vl, gap, v0, c.a10, c.b10, c.b8, c.tau8, c.s0, self.params.k)
    }

    /// How far a vehicle may come in one step whatever happens [Q10 m].
    #[inline]
    #[must_use]
    pub fn reach(&self, traits: u32, v: i32) -> i32 {
        let c = self.class(traits);
        laws::reach(v, c.a10 << min(c.model, 1), self.params.k)
    }

    /// Rear bumper.
    #[inline]
    #[must_use]
    pub fn rear(&self, v: &Vehicle) -> i32 {
        v.x - self.class(v.traits).length
    }

    /// How far a vehicle looks ahead [Q10 m].
    #[inline]
    #[must_use]
    pub fn sight(&self, v: &Vehicle) -> i32 {
        let c = self.class(v.traits);
        min(laws::look_ahead(v.v, c.bc10, c.t8, c.s0), 307_200)
    }
}
