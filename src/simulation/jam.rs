//! Help in a jam: the rungs of the gridlock ladder that need to see more than one junction. They are climbed once a minute, between two ticks,
//! from the state alone, so that CPU and GPU, alone and in a batch, do the same. Every one is counted and is a row of the interventions.
//!
//! * **Another way** (rung 2): the first vehicle of a lane that has waited for two minutes because the link it wants to enter is full and stands
//!   takes another turn of its lane, if the way from there is now the shorter one by a minute. Costs are present travel times: free-flow time,
//!   or length over mean speed on links where traffic is slower than that.
//! * **A circle** (rung 3): first vehicles that all wait for two minutes, each for room on the lane of the next, block only each other, and no
//!   rule of the road lets any of them go first. All move up by one place at once. Nobody is taken off the road, nobody passes another.
//!
//! * **Carried on** (rung 5, `carry`): off, unless a study asks for it to be compared with SUMO.
//!
//! Who needs another lane and cannot get there waits for the turn from that lane, as everywhere. Whoever has planned halts keeps his way.

mod carry;

use crate::backend::Change;
use crate::city::demand::link_graph;
use crate::city::{City, Uses};
use crate::laws;
use crate::observe::Intervention;
use crate::paths::{Graph, Search};
use crate::stages::roads::Roads;
use crate::state::State;
use crate::tables::Tables;
use crate::tables::lanes::out_links;
use crate::tables::layout::{
    COUNTER_REROUTED, COUNTER_ROTATED, FLAG_CUT, FLAG_HALTS, FLAG_WANT_LEFT, FLAG_WANT_RIGHT, FORCED_REROUTE, FORCED_ROTATE, INTENT_SHIFT,
    LANE_CONNECTOR, Lane, NONE, ROUTE_END, RUNG_REROUTE, RUNG_ROTATE, Vehicle, WAY_END, WAY_MASK,
};
use std::collections::BTreeMap;

/// Another way is taken if it saves so much \[ms\]: a minute.
const WORTH_MS: u32 = 60_000;
/// Nobody counts on less than walking pace in a jam \[1/256 m/s\]: 0.5 m/s.
const SLOWEST_Q8: u64 = 128;
/// A lane is full if less is left behind its last vehicle than a vehicle and this \[Q10 m\]: 2 m.
const ROOM_Q10: i32 = 2048;
/// Gap that moving up leaves at least, where there was more before \[Q10 m\]: 0.5 m.
const GAP_Q10: i32 = 512;
/// Below this a vehicle stands \[Q16 m/s\]: 0.1.
const STANDING: i32 = 6554;

/// What passed on a lane without the kernels' knowing, to be added to the sums of its interval.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moved {
    /// Came in.
    pub entered: u32,
    /// Left.
    pub left: u32,
    /// Driven by those who were on it \[1/16 m\].
    pub driven_q4: u32,
}

/// A trip that was given other ways.
#[derive(Clone, Debug, Default)]
pub struct Detour {
    /// All its links, as driven and as planned now.
    pub path: Vec<u32>,
    /// How often.
    pub times: u32,
    /// Cursor of the first turn of the latest way, and the place of that turn's link in `path`.
    from: (u32, usize),
}

/// What is to be done, and what is to be written down.
#[derive(Debug, Default)]
pub struct Help {
    /// Vehicles as they are from now on.
    pub changes: Vec<Change>,
    /// Vehicles that are on another lane from now on, after the changes; their rows are those of before.
    pub moves: Vec<Change>,
    /// Words to be added to the detours.
    pub detours: Vec<u32>,
    /// Counters that rise: world, counter, by how much.
    pub counts: Vec<(usize, u32, u32)>,
    /// Rows, with their worlds.
    pub rows: Vec<(usize, Intervention)>,
}

/// Looks for who needs help.
pub struct Jam<'a> {
    city: &'a City,
    t: &'a Tables,
    out_links: Vec<Vec<usize>>,
    /// By trip.
    pub known: BTreeMap<u32, Detour>,
    /// By key.
    pub moved: BTreeMap<usize, Moved>,
}

/// The vehicles of a state in one world, by lane.
struct Street<'a> {
    t: &'a Tables,
    s: &'a State,
    base: usize,
}

impl Street<'_> {
    fn rows(&self, lane: u32) -> std::ops::Range<usize> {
        let key = self.base + lane as usize;
        self.s.lane_start[key] as usize..self.s.lane_start[key + 1] as usize
    }

    fn length(&self, v: &Vehicle) -> i32 {
        self.t.params.classes[(v.traits & 63) as usize].length
    }

    /// The first vehicle of a lane, if it stands and has waited for too long.
    fn stuck(&self, lane: u32) -> Option<usize> {
        let row = self.rows(lane).next()?;
        let v = &self.s.vehicles[row];
        (v.v < STANDING && (v.clock & 0xffff) > self.t.params.patience_ticks).then_some(row)
    }

    /// Is there no room behind the last vehicle of a lane, which stands, for one of this length?
    fn full(&self, lane: u32, length: i32) -> bool {
        let rows = self.rows(lane);
        rows.end > rows.start && {
            let last = &self.s.vehicles[rows.end - 1];
            last.v < STANDING && last.x - self.length(last) < length + ROOM_Q10
        }
    }

    /// The connector that the first vehicle of a lane waits for; from the wrong lane that of the right one.
    fn way(&self, lane: &Lane, v: &Vehicle) -> Option<u32> {
        let way = v.next & WAY_MASK;
        if v.traits & FLAG_HALTS != 0 || way == WAY_END {
            return None;
        }
        if way < WAY_END {
            return Some(way);
        }
        let roads = Roads::of(self.t, &self.s.detours);
        Some(roads.cut(lane, &Vehicle { traits: v.traits | FLAG_CUT, ..*v })).filter(|way| *way != NONE)
    }

    /// The key for whose place the first vehicle of `lane` waits, and its row.
    fn waits_for(&self, lane: u32) -> Option<(u32, usize)> {
        let row = self.stuck(lane)?;
        let v = &self.s.vehicles[row];
        let here = &self.t.lanes[lane as usize];
        let length = self.length(v);
        if here.flags & LANE_CONNECTOR != 0 {
            return self.full(here.exit, length).then_some((here.exit, row));
        }
        let way = self.way(here, v)?;
        if !self.rows(way).is_empty() {
            return Some((way, row));
        }
        let exit = self.t.lanes[way as usize].exit;
        self.full(exit, length).then_some((exit, row))
    }
}

impl<'a> Jam<'a> {
    /// Of a batch.
    #[must_use]
    pub fn new(city: &'a City, t: &'a Tables) -> Self {
        Jam { city, t, out_links: out_links(city), known: BTreeMap::new(), moved: BTreeMap::new() }
    }

    /// Who is to be helped now, in the worlds that go on.
    pub fn look(&mut self, s: &State, worlds: impl Iterator<Item = usize>) -> Help {
        let mut help = Help::default();
        for world in worlds {
            let street = Street { t: self.t, s, base: world * self.t.lane_count() };
            let stuck: Vec<(u32, usize)> = (0..self.t.params.lanes).filter_map(|lane| Some((lane, street.stuck(lane)?))).collect();
            let before = help.changes.len();
            if !stuck.is_empty() {
                self.other_ways(s, world, &street, &stuck, &mut help);
                let helped: Vec<u32> = help.changes[before..].iter().map(|change| change.row).collect();
                self.circles(s, world, &street, &stuck, &helped, &mut help);
            }
            let busy =
                help.changes[before..].iter().flat_map(|change| [s.vehicles[change.row as usize].lane, change.vehicle.lane]).collect();
            self.carry_on(s, world, &street, busy, &mut help);
        }
        help
    }

    fn row(&self, s: &State, world: usize, lane: u32, rung: u32, v: &Vehicle) -> (usize, Intervention) {
        let record = &self.t.lanes[lane as usize];
        let on_movement = record.flags & LANE_CONNECTOR != 0;
        let row = Intervention {
            tick: s.tick(),
            rung,
            trip: v.trip - self.t.worlds[world].first_trip,
            lane: if on_movement { u32::MAX } else { self.t.origin_of[lane as usize] },
            node: if on_movement { record.place } else { self.city.links[record.place as usize].to as u32 },
            waited_ticks: v.clock & 0xffff,
        };
        (world, row)
    }

    /// Rung 2.
    fn other_ways(&mut self, s: &State, world: usize, street: &Street, stuck: &[(u32, usize)], help: &mut Help) {
        let roads = Roads::of(self.t, &s.detours);
        let mut search = Search::default();
        let mut costs: Option<Vec<u32>> = None;
        let mut graphs: BTreeMap<u32, Graph> = BTreeMap::new();
        let mut count = 0;
        for &(lane, row) in stuck {
            let v = &s.vehicles[row];
            let here = &self.t.lanes[lane as usize];
            let way = v.next & WAY_MASK;
            if here.flags & LANE_CONNECTOR != 0 || way >= WAY_END || v.traits & FLAG_HALTS != 0 {
                continue;
            }
            let wanted = self.t.lanes[way as usize].exit;
            if !street.full(wanted, street.length(v)) {
                continue;
            }
            let uses = roads.class(v.traits).uses;
            let costs = costs.get_or_insert_with(|| self.present_ms(street));
            let graph = graphs.entry(uses).or_insert_with(|| link_graph(self.city, &[Uses(uses)]).with_node_costs(costs));
            let rest = self.path(&roads, here.place, v.cursor);
            let goal = *rest.last().unwrap_or(&here.place);
            let now: u32 = rest.iter().skip(1).map(|link| costs[*link as usize]).fold(0, u32::saturating_add);
            let blocked = self.t.lanes[wanted as usize].place;
            let open = (0..here.conn_count).map(|j| here.conn_start + j).filter(|c| self.t.lanes[*c as usize].uses & uses != 0);
            let place = |c: u32| self.t.lanes[self.t.lanes[c as usize].exit as usize].place;
            let others: Vec<u32> = open.map(place).filter(|link| *link != blocked && *link != here.place).collect();
            // Nothing that does not save a minute is looked for.
            let tree = search.within(graph, goal, &others, now.saturating_sub(WORTH_MS));
            let whole = |link: &u32| tree.cost_ms[*link as usize].saturating_add(costs[*link as usize]);
            let best = others.into_iter().min_by_key(|link| (whole(link), graph.rank(*link)));
            let reached = |link: &u32| tree.cost_ms[*link as usize] != u32::MAX;
            let Some(best) = best.filter(|link| reached(link) && whole(link).saturating_add(WORTH_MS) < now) else {
                continue;
            };
            let mut path = vec![here.place];
            path.extend(tree.path(best));
            if let Some(vehicle) = self.lay(s, v, lane, &path, &mut help.detours) {
                help.rows.push(self.row(s, world, lane, RUNG_REROUTE, v));
                help.changes.push(Change { row: row as u32, vehicle });
                count += 1;
            }
        }
        help.counts.push((world, COUNTER_REROUTED, count));
    }

    /// Present travel time of each link \[ms\].
    fn present_ms(&self, street: &Street) -> Vec<u32> {
        let mut speed_q8 = vec![(0_u64, 0_u64); self.city.links.len()];
        for lane in 0..self.t.params.lanes {
            let record = &self.t.lanes[lane as usize];
            if record.flags & LANE_CONNECTOR == 0 {
                let sum = &mut speed_q8[record.place as usize];
                for v in &street.s.vehicles[street.rows(lane)] {
                    *sum = (sum.0 + (v.v >> 8) as u64, sum.1 + 1);
                }
            }
        }
        let of = |(link, (sum, n)): (&crate::city::Link, (u64, u64))| {
            let free_ms = (link.length_m / link.free_speed_mps.max(0.1) * 1000.0) as u64;
            let mean_q8 = sum.checked_div(n).map_or(u64::MAX, |mean| mean.max(SLOWEST_Q8));
            let now_ms = (link.length_m * 256_000.0) as u64 / mean_q8;
            u32::try_from(free_ms.max(now_ms).max(1)).unwrap_or(u32::MAX / 2)
        };
        self.city.links.iter().zip(speed_q8).map(of).collect()
    }

    /// The links from `link` on, whose next turn stands at `cursor`.
    pub(super) fn path(&self, roads: &Roads, link: u32, cursor: u32) -> Vec<u32> {
        let mut path = vec![link];
        for at in cursor.. {
            let code = roads.turn_code(at);
            if code == ROUTE_END {
                break;
            }
            let here = path[path.len() - 1] as usize;
            path.push(self.out_links[here][code as usize] as u32);
        }
        path
    }

    /// Writes a path into the detours and gives it to a vehicle on `lane`, which is on its first link.
    fn lay(&mut self, s: &State, v: &Vehicle, lane: u32, path: &[u32], detours: &mut Vec<u32>) -> Option<Vehicle> {
        let cursor = self.take_path(s, v, path, detours)?;
        let roads = Roads::of(self.t, &s.detours);
        let both: Vec<u32> = s.detours.iter().chain(detours.iter()).copied().collect();
        let next = Roads::of(self.t, &both).outlook(lane, cursor, v.key, roads.class(v.traits).uses);
        let traits = v.traits & !(FLAG_WANT_LEFT | FLAG_WANT_RIGHT | FLAG_CUT);
        Some(Vehicle { cursor, next, traits, halt: v.halt | FORCED_REROUTE, ..*v })
    }

    /// Adds a path, from the link on which a vehicle is or to which it comes, to words that will stand behind the detours, and takes it down for
    /// the trip. Gives its cursor.
    pub(super) fn take_path(&mut self, s: &State, v: &Vehicle, path: &[u32], detours: &mut Vec<u32>) -> Option<u32> {
        let code = |pair: &[u32]| self.out_links[pair[0] as usize].iter().position(|link| *link == pair[1] as usize);
        let codes: Vec<u32> = path.windows(2).map(|pair| code(pair).map(|code| code as u32)).collect::<Option<_>>()?;
        let words = (self.t.pool.len() as u32 - self.t.params.routes) + (s.detours.len() + detours.len()) as u32;
        let cursor = words * 8;
        // A word of ends behind it: two turns may be read beyond the last one.
        detours.extend(codes.chunks(8).map(|some| some.iter().rev().fold(u32::MAX, |word, code| word << 4 | code)));
        detours.push(u32::MAX);
        let roads = Roads::of(self.t, &s.detours);
        if !self.known.contains_key(&v.trip) {
            let trip = &self.t.trips[v.trip as usize];
            let first = self.t.lanes[self.first_lane(v.trip) as usize].place;
            let whole = self.path(&roads, first, trip.cursor);
            self.known.insert(v.trip, Detour { path: whole, times: 0, from: (trip.cursor, 0) });
        }
        let known = self.known.get_mut(&v.trip)?;
        let here = known.from.1 + (v.cursor - known.from.0) as usize;
        known.path.truncate(here);
        known.path.extend(path);
        known.times += 1;
        known.from = (cursor, here);
        Some(cursor)
    }

    /// The streets and tables of the next stretch of the run.
    pub(super) fn enter(&mut self, city: &'a City, t: &'a Tables) {
        (self.city, self.t) = (city, t);
    }

    /// Time on a link at free flow \[ms\].
    pub(super) fn free_ms(&self, link: u32) -> u32 {
        let link = &self.city.links[link as usize];
        u32::try_from((link.length_m / link.free_speed_mps.max(0.1) * 1000.0) as u64).unwrap_or(u32::MAX / 2)
    }

    /// The lane in whose queue a trip stands.
    fn first_lane(&self, trip: u32) -> u32 {
        let key = self.t.queue_start.partition_point(|start| *start <= trip) - 1;
        self.t.own(key) as u32
    }

    /// Rung 3.
    fn circles(&mut self, s: &State, world: usize, street: &Street, stuck: &[(u32, usize)], helped: &[u32], help: &mut Help) {
        let next: BTreeMap<u32, (u32, usize)> = stuck
            .iter()
            .filter(|(_, row)| !helped.contains(&(*row as u32)))
            .filter_map(|(lane, _)| Some((*lane, street.waits_for(*lane)?)))
            .collect();
        let mut seen: BTreeMap<u32, u32> = BTreeMap::new();
        let mut count = 0;
        for &start in next.keys() {
            let mut at = start;
            while let (Some((to, _)), false) = (next.get(&at), seen.contains_key(&at)) {
                seen.insert(at, start);
                at = *to;
            }
            if seen.get(&at) != Some(&start) || !next.contains_key(&at) {
                continue; // it ends somewhere, or runs into what was looked at before
            }
            let mut circle = vec![at];
            while next[circle.last().unwrap_or(&at)].0 != at {
                circle.push(next[circle.last().unwrap_or(&at)].0);
            }
            if let Some(changes) = self.turn(s, street, &circle) {
                for lane in &circle {
                    help.rows.push(self.row(s, world, *lane, RUNG_ROTATE, &s.vehicles[next[lane].1]));
                }
                help.changes.extend(changes);
                count += circle.len() as u32;
            }
        }
        help.counts.push((world, COUNTER_ROTATED, count));
    }

    /// Moves everybody on the lanes of a circle up by one place; `None` if somebody would not fit.
    fn turn(&mut self, s: &State, street: &Street, circle: &[u32]) -> Option<Vec<Change>> {
        let roads = Roads::of(self.t, &s.detours);
        let mut changes = Vec::new();
        let mut moved = Vec::new();
        for (i, &lane) in circle.iter().enumerate() {
            let from = circle[(i + circle.len() - 1) % circle.len()];
            let newcomer = s.vehicles[street.rows(from).start];
            let rows = street.rows(lane);
            // Where the fronts stand today, from the first place on; each takes the place of who was before him.
            let mut ahead: Option<(i32, i32)> = None; // front and length of who is before
            for row in rows.clone() {
                let place = s.vehicles[row].x.min(self.t.lanes[lane as usize].length);
                let mut v = if row + 1 < rows.end { s.vehicles[row + 1] } else { newcomer };
                let old_x = if row + 1 < rows.end { v.x } else { i32::MIN };
                let behind = ahead.map_or(place, |(x, length)| place.min(x - length - GAP_Q10));
                let x = behind.max(old_x);
                if row + 1 == rows.end && (x < 0 || ahead.is_some_and(|(front, length)| x > front - length)) {
                    return None;
                }
                let old = v;
                let dx = if row + 1 < rows.end { x - v.x } else { self.way_q10(street, from, lane, v.x) + x };
                v.x = x;
                v.v = 0;
                v.odo = v.odo.wrapping_add(dx.max(0) as u32);
                let v0 = roads.wanted_speed(v.traits, &self.t.lanes[lane as usize]);
                v.free_ms = v.free_ms.wrapping_add(laws::quot_round((dx.clamp(0, 2_000_000) * 1000) as u32, v0 as u32));
                v.clock &= !((3 << INTENT_SHIFT) | 0xffff);
                let came_from = if row + 1 < rows.end { lane } else { from };
                moved.push((
                    street.base + came_from as usize,
                    Moved { driven_q4: (v.odo >> 6).wrapping_sub(old.odo >> 6), ..Moved::default() },
                ));
                if row + 1 == rows.end {
                    v.lane = (street.base + lane as usize) as u32;
                    v.cursor += u32::from(self.t.lanes[from as usize].flags & LANE_CONNECTOR == 0);
                    v.traits &= !(FLAG_WANT_LEFT | FLAG_WANT_RIGHT | FLAG_CUT);
                    v.halt |= FORCED_ROTATE;
                    v.next = roads.outlook(lane, v.cursor, v.key, roads.class(v.traits).uses);
                    moved.push((street.base + from as usize, Moved { left: 1, ..Moved::default() }));
                    moved.push((street.base + lane as usize, Moved { entered: 1, ..Moved::default() }));
                }
                ahead = Some((x, street.length(&v)));
                changes.push(Change { row: row as u32, vehicle: v });
            }
        }
        moved.into_iter().for_each(|(key, one)| self.note(key, one));
        Some(changes)
    }

    /// Adds to what passed on a lane.
    fn note(&mut self, key: usize, one: Moved) {
        let sum = self.moved.entry(key).or_default();
        *sum = Moved { entered: sum.entered + one.entered, left: sum.left + one.left, driven_q4: sum.driven_q4 + one.driven_q4 };
    }

    /// From a place on one lane to the start of the next of a circle, a connector between them included \[Q10 m\].
    fn way_q10(&self, street: &Street, from: u32, to: u32, x: i32) -> i32 {
        let here = &self.t.lanes[from as usize];
        let mut way = here.length - x;
        if here.flags & LANE_CONNECTOR == 0 && self.t.lanes[to as usize].flags & LANE_CONNECTOR == 0 {
            let first = &street.s.vehicles[street.rows(from).start];
            way += street.way(here, first).map_or(0, |way| self.t.lanes[way as usize].length);
        }
        way
    }
}
