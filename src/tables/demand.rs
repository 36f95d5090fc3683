//! Trips of each world in the order of their queues, with routes as turn codes.

use super::lanes::{Roads, q10};
use super::layout::{FLAG_HALTS, NONE, ROUTE_END, Trip};
use super::{Tables, World};
use crate::city::{self, City, DepartPos, DepartSpeed, Uses};
use crate::observe::{Status, TripRow};
use crate::random::{Purpose, key_of, mulhi, pcg4d, world_seed};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Routes as 4-bit turn codes, 8 a word; equal routes share their words.
#[derive(Default)]
pub struct Routes {
    words: Vec<u32>,
    nibbles: usize,
    known: BTreeMap<Arc<Vec<usize>>, Option<u32>>,
}

impl Routes {
    fn push(&mut self, code: u32) {
        if self.nibbles.is_multiple_of(8) {
            self.words.push(0);
        }
        self.words[self.nibbles / 8] |= code << (4 * (self.nibbles % 8));
        self.nibbles += 1;
    }

    /// Nibble index of the first turn of a path, or `None` if two of its links do not join.
    fn of(&mut self, roads: &Roads, path: &Arc<Vec<usize>>) -> Option<u32> {
        if let Some(known) = self.known.get(path) {
            return *known;
        }
        let code = |pair: &[usize]| roads.out_links[pair[0]].iter().position(|l| *l == pair[1]).map(|c| c as u32);
        let codes: Option<Vec<u32>> = path.windows(2).map(code).collect();
        let at = codes.filter(|_| !path.is_empty()).map(|codes| {
            let at = self.nibbles as u32;
            codes.into_iter().for_each(|c| self.push(c));
            self.push(ROUTE_END);
            at
        });
        self.known.insert(path.clone(), at);
        at
    }
}

struct Planned {
    lane: u32,
    trip: Trip,
    row: TripRow,
}

/// Fills trips, queues, roster and routes of all worlds. Trips depart in [`span_s[0]`, `span_s[1]`); measured are those in `measured_s`.
pub fn compile(city: &City, roads: &Roads, t: &mut Tables, seeds: &[u64], span_s: [f64; 2], measured_s: [f64; 2]) {
    let mut routes = Routes::default();
    t.queue_start.clear();
    for (w, &seed) in seeds.iter().enumerate() {
        let word = world_seed(seed);
        let first_trip = t.trips.len() as u32;
        let mut planned = Vec::new();
        let mut lost = Vec::new();
        for trip in city::demand::sample(city, seed, span_s[0], span_s[1]) {
            let measured = trip.depart_s >= measured_s[0] && trip.depart_s < measured_s[1];
            match plan(city, roads, t, &mut routes, &trip, word, measured) {
                Ok(p) => planned.push(p),
                Err(row) => lost.push(row),
            }
        }
        planned.sort_by(|a, b| (a.lane, a.trip.due, &a.row.id).cmp(&(b.lane, b.trip.due, &b.row.id)));
        let mut next = planned.iter().peekable();
        for lane in 0..roads.lanes.len() as u32 {
            t.queue_start.push(t.trips.len() as u32);
            while let Some(p) = next.next_if(|p| p.lane == lane) {
                t.trips.push(p.trip);
                t.roster.push(p.row.clone());
            }
        }
        debug_assert_eq!(t.queue_start.len(), (w + 1) * roads.lanes.len());
        t.no_path.push(lost);
        t.worlds.push(World { seed, word, first_trip, end_trip: t.trips.len() as u32 });
    }
    t.queue_start.push(t.trips.len() as u32);
    t.params.routes = t.pool.len() as u32;
    t.pool.extend(routes.words);
    t.pool.push(u32::MAX); // two turns may be read beyond the last one
}

/// Sum of eight 16-bit halves as a normal draw of mean 0 and deviation 1: integers, so equal everywhere.
fn normal(words: [u32; 4]) -> f64 {
    let sum: u32 = words.iter().map(|w| (w & 0xffff) + (w >> 16)).sum();
    (f64::from(sum) - 262_140.0) / 53_509.9
}

/// Class of a trip: drawn from its mode's mix by its key.
fn class_of(mode: &city::Mode, word: u32) -> usize {
    let total: f64 = mode.mix.iter().map(|m| m.1).sum();
    let share = |w: f64| (w / total * 65536.0).round() as u32;
    let mut draw = mulhi(word, mode.mix.iter().map(|m| share(m.1)).sum());
    for (class, weight) in &mode.mix {
        if draw < share(*weight) {
            return *class;
        }
        draw -= share(*weight);
    }
    mode.mix.last().map_or(0, |m| m.0)
}

fn plan(
    city: &City,
    roads: &Roads,
    t: &mut Tables,
    routes: &mut Routes,
    trip: &city::Trip,
    word: u32,
    measured: bool,
) -> Result<Planned, TripRow> {
    let key = key_of(&trip.id);
    let draw = pcg4d(word, key, 0, Purpose::Driver as u32);
    let class = class_of(&city.modes[trip.mode], draw.w);
    let driver = &city.classes[class];
    let again = pcg4d(word, key, 1, Purpose::Driver as u32);
    let z = normal([draw.x, draw.y, again.w, again.y]);
    let [low, high] = driver.speed_factor_range;
    let factor12 = ((driver.speed_factor + driver.speed_dev * z).clamp(low.max(0.2), high.min(4.0)) * 4096.0).round() as u32;
    let per_s = f64::from(1_u32 << t.params.k);
    let due = ((trip.depart_s - t.start_s) * per_s).ceil().max(0.0) as u32;
    let row = TripRow {
        id: trip.id.clone(),
        mode: trip.mode as u32,
        class: class as u32,
        origin: trip.origin.map_or(u32::MAX, |z| z as u32),
        destination: trip.destination.map_or(u32::MAX, |z| z as u32),
        due_tick: due,
        due_ms: (trip.depart_s * 1000.0).round() as u64,
        depart_tick: u32::MAX,
        arrive_tick: u32::MAX,
        speed_factor_q12: factor12,
        path_hash: trip.path.iter().fold(0, |h, l| crate::random::pcg(h ^ key_of(&city.links[*l].id))),
        status: Status::NoPath,
        measured,
        ..TripRow::default()
    };
    let Some((cursor, lane)) = routes.of(roads, &trip.path).and_then(|c| Some((c, first_lane(city, roads, t, trip, driver.uses, key)?)))
    else {
        return Err(row);
    };
    let length = city.lanes[lane].length_m;
    let from_end = |at: f64| if at < 0.0 { length + at } else { at };
    let halts = halts(roads, t, trip, per_s);
    let last = trip.path.last().map_or(0, |l| city.links[*l].lanes.start);
    let arrive = trip.arrive_pos_m.map_or(-1, |at| q10(if at < 0.0 { city.lanes[last].length_m + at } else { at }).max(1));
    let planned = Trip {
        due,
        cursor,
        key,
        traits: class as u32 | if halts == NONE { 0 } else { FLAG_HALTS } | factor12 << 16,
        x: match trip.depart_pos {
            DepartPos::Base => -1,
            DepartPos::At(at) => q10(from_end(at).clamp(0.0, length)).max(q10(driver.length_m.min(length))),
        },
        v: match trip.depart_speed {
            DepartSpeed::Max => -1,
            DepartSpeed::At(v) => (v.clamp(0.0, 64.0) * 65536.0).round() as i32,
        },
        arrive,
        halts,
    };
    Ok(Planned { lane: roads.of_lane[lane], trip: planned, row: TripRow { status: Status::Refused, ..row } })
}

/// Halts: count, then lane, position, dwell ticks, not-before tick (0 = free) each.
fn halts(roads: &Roads, t: &mut Tables, trip: &city::Trip, per_s: f64) -> u32 {
    if trip.halts.is_empty() {
        return NONE;
    }
    let at = t.pool.len() as u32;
    t.pool.push(trip.halts.len().min(255) as u32);
    for halt in trip.halts.iter().take(255) {
        let until = if halt.until_s.is_nan() { 0 } else { ((halt.until_s - t.start_s) * per_s).max(0.0) as u32 };
        let dwell = ((halt.dwell_s * per_s).round().max(1.0) as u32).min(60_000);
        t.pool.extend([roads.of_lane[halt.lane], q10(halt.at_m).max(1) as u32, dwell, until]);
    }
    at
}

/// The lane on which a trip starts: the one asked for, else one of those from which it gets furthest without a lane change, dealt out by key.
fn first_lane(city: &City, roads: &Roads, t: &Tables, trip: &city::Trip, uses: Uses, key: u32) -> Option<usize> {
    let link = &city.links[*trip.path.first()?];
    let usable = |lane: &usize| city.lanes[*lane].allowed.meets(uses);
    if let Some(lane) = trip.depart_lane.map(|n| link.lanes.start + n).filter(|l| link.lanes.contains(l) && usable(l)) {
        return Some(lane);
    }
    let lanes: Vec<(usize, usize)> =
        link.lanes.clone().filter(usable).map(|lane| (lane, links_served(roads, t, &trip.path, lane))).collect();
    let most = lanes.iter().map(|(_, served)| *served).max()?;
    let choice: Vec<usize> = lanes.into_iter().filter(|(_, served)| *served == most).map(|(lane, _)| lane).collect();
    Some(choice[mulhi(pcg4d(0, key, 0, Purpose::Connector as u32).w, choice.len() as u32) as usize])
}

/// How many links of a path one reaches from a lane without changing lanes; looks [`LINKS_AHEAD`] far.
fn links_served(roads: &Roads, t: &Tables, path: &[usize], lane: usize) -> usize {
    let mut here = vec![roads.of_lane[lane]];
    for (depth, pair) in path.windows(2).take(LINKS_AHEAD).enumerate() {
        let Some(code) = roads.out_links[pair[0]].iter().position(|l| *l == pair[1]) else { return depth };
        let mut next: Vec<u32> = Vec::new();
        for at in &here {
            let from = &roads.lanes[*at as usize];
            let entry = t.pool[from.turns as usize + 1 + code];
            let first = from.conn_start + (entry & 255);
            next.extend((first..first + ((entry >> 8) & 255)).map(|connector| roads.lanes[connector as usize].exit));
        }
        if next.is_empty() {
            return depth;
        }
        next.sort_unstable();
        next.dedup();
        here = next;
    }
    LINKS_AHEAD
}

/// Links ahead that decide where a trip starts.
const LINKS_AHEAD: usize = 12;
