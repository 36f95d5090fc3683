//! Trips of each world in the order of their queues, with routes as turn codes.

use super::compile::Span;
use super::lanes::{Roads, q10};
use super::layout::{FLAG_HALTS, NONE, ROUTE_END, Trip};
use super::stands::{self, Stand};
use super::{Asked, Lost, World};
use crate::city::demand::{Wish, at_most, class_of, name, paid_mills, wishes};
use crate::city::{self, City, DepartPos, DepartSpeed, Uses};
use crate::random::{Purpose, key_of, mulhi, pcg, pcg4d, world_seed};
use rayon::prelude::*;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Routes as 4-bit turn codes, 8 a word; equal turns share their words, wherever they are taken.
#[derive(Default)]
pub struct Routes {
    words: Vec<u32>,
    nibbles: usize,
    known: BTreeMap<Box<[u32]>, u32>,
}

impl Routes {
    /// Nibble index of the first of these turns, packed by [`packed`].
    fn of(&mut self, turns: &[u32]) -> u32 {
        if let Some(known) = self.known.get(turns) {
            return *known;
        }
        let at = self.nibbles as u32;
        for code in turns.iter().flat_map(|word| (0..8).map(move |n| (word >> (4 * n)) & 15)) {
            if self.nibbles.is_multiple_of(8) {
                self.words.push(0);
            }
            self.words[self.nibbles / 8] |= code << (4 * (self.nibbles % 8));
            self.nibbles += 1;
            if code == ROUTE_END {
                break;
            }
        }
        self.known.insert(turns.into(), at);
        at
    }
}

/// Turn codes and the end mark, 8 a word.
pub(super) fn packed(codes: &[u32]) -> Vec<u32> {
    let mut words = vec![0; codes.len() / 8 + 1];
    for (at, code) in codes.iter().chain([&ROUTE_END]).enumerate() {
        words[at / 8] |= code << (4 * (at % 8));
    }
    words
}

/// A trip on its way into the tables.
struct Planned {
    lane: u32,
    trip: Trip,
    asked: Asked,
}

/// The words of a trip that have no place yet: its turns, packed, and its halts.
struct Words {
    turns: Vec<u32>,
    halts: Vec<u32>,
}

/// What a piece of trips is compiled with.
struct Plan<'a> {
    city: &'a City,
    /// Roads and pool of each stretch of the run, and the number of the first of them in the city.
    network: &'a [(&'a Roads, &'a [u32])],
    first: usize,
    /// Keys of the links' names.
    link_keys: &'a [u32],
    word: u32,
    k: u32,
    start_s: f64,
    measured_s: [f64; 2],
}

/// Demand as arrays; the fields are those of [`super::Tables`].
#[derive(Default)]
pub struct Compiled {
    /// In the order of their queues.
    pub trips: Arc<Vec<Trip>>,
    /// First trip of each queue.
    pub queue_start: Arc<Vec<u32>>,
    /// What the host knows of each.
    pub roster: Arc<Vec<Asked>>,
    /// Seeds with their trips.
    pub worlds: Vec<World>,
    /// Who never enters, by world.
    pub no_path: Vec<Vec<Lost>>,
    /// Behind the seeds in the pool.
    pub halts: Vec<u32>,
    /// Behind the halts.
    pub routes: Vec<u32>,
    /// Where lanes are blocked.
    pub stands: Vec<Stand>,
}

/// Trips, queues, roster and routes of all worlds. `network`: roads and pool of each stretch of the run. Trips depart in the span of the run;
/// those in [from, to) are measured.
#[must_use]
pub fn compile(city: &City, network: &[(&Roads, &[u32])], span: Span, seeds: &[u64]) -> Compiled {
    let (lanes, halts_at) = network.first().map_or((0, 0), |(roads, pool)| (roads.lanes.len(), pool.len()));
    let span_s = [span.start_s, span.to_s];
    let mut routes = Routes::default();
    let link_keys: Vec<u32> = city.links.par_iter().map(|link| key_of(&link.id)).collect();
    let mut halts = Vec::new();
    let mut lines = Lines::default();
    lines.queue_start.reserve_exact(seeds.len() * lanes + 1);
    let mut no_path = Vec::new();
    for (w, &seed) in seeds.iter().enumerate() {
        let word = world_seed(seed);
        let (mut planned, mut lost) = (Vec::with_capacity(at_most(city, span_s)), Vec::new());
        let plan = Plan {
            city,
            network,
            first: city.stretch_at(span.start_s),
            link_keys: &link_keys,
            word,
            k: span.k,
            start_s: span.start_s,
            measured_s: [span.from_s, span.to_s],
        };
        wishes(city, seed, span_s, &mut |piece| {
            let done: Vec<_> = piece.into_par_iter().map_init(Ahead::default, |ahead, wish| plan.of(ahead, &wish)).collect();
            for found in done {
                match found {
                    Ok((mut one, words)) => {
                        one.trip.cursor = routes.of(&words.turns);
                        if !words.halts.is_empty() {
                            one.trip.halts = (halts_at + halts.len()) as u32;
                            halts.extend(words.halts);
                        }
                        planned.push(one);
                    }
                    Err(one) => lost.push(one),
                }
            }
        });
        let named = |asked: &Asked| name(city, asked.source(), asked.ordinal);
        let by_name = |a: &Asked, b: &Asked| {
            if a == b { Ordering::Equal } else { named(a).cmp(&named(b)).then(a.source().cmp(&b.source())) }
        };
        lost.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| by_name(&a.1.asked, &b.1.asked)));
        planned.par_sort_unstable_by(|a, b| (a.lane, a.trip.due).cmp(&(b.lane, b.trip.due)).then_with(|| by_name(&a.asked, &b.asked)));
        no_path.push(lost.into_iter().map(|(_, one)| one).collect());
        lines.up(lanes, planned, World { seed, word, ..World::default() });
        debug_assert_eq!(lines.queue_start.len(), (w + 1) * lanes);
    }
    lines.queue_start.push(lines.trips.len() as u32);
    let blocked = network.first().map_or_else(Vec::new, |(roads, _)| stands::compile(city, roads, span.start_s, span.k));
    let records: Vec<Trip> = (blocked.iter().enumerate())
        .map(|(number, stand)| {
            let at = (halts_at + halts.len()) as u32;
            halts.extend(stand.halts());
            stand.record(number, at, routes.of(&stands::no_turns()))
        })
        .collect();
    seeds.iter().for_each(|_| lines.trips.extend(&records));
    let mut routes = routes.words;
    routes.push(u32::MAX); // two turns may be read beyond the last one
    let Lines { trips, queue_start, roster, worlds } = lines;
    Compiled {
        trips: Arc::new(trips),
        queue_start: Arc::new(queue_start),
        roster: Arc::new(roster),
        worlds,
        no_path,
        halts,
        routes,
        stands: blocked,
    }
}

/// The queues of all worlds.
#[derive(Default)]
struct Lines {
    trips: Vec<Trip>,
    queue_start: Vec<u32>,
    roster: Vec<Asked>,
    worlds: Vec<World>,
}

impl Lines {
    /// Puts the sorted trips of a world into their queues.
    fn up(&mut self, lanes: usize, planned: Vec<Planned>, world: World) {
        let first_trip = self.trips.len() as u32;
        self.trips.reserve_exact(planned.len());
        self.roster.reserve_exact(planned.len());
        let mut next = planned.into_iter().peekable();
        for lane in 0..lanes as u32 {
            self.queue_start.push(self.trips.len() as u32);
            while let Some(one) = next.next_if(|one| one.lane == lane) {
                self.trips.push(one.trip);
                self.roster.push(one.asked);
            }
        }
        self.worlds.push(World { first_trip, end_trip: self.trips.len() as u32, ..world });
    }
}

/// Sum of eight 16-bit halves as a normal draw of mean 0 and deviation 1: integers, so equal everywhere.
fn normal(words: [u32; 4]) -> f64 {
    let sum: u32 = words.iter().map(|w| (w & 0xffff) + (w >> 16)).sum();
    (f64::from(sum) - 262_140.0) / 53_509.9
}

impl Plan<'_> {
    /// The record of a trip and its words; or when a lost one wanted to depart.
    fn of(&self, ahead: &mut Ahead, wish: &Wish<'_>) -> Result<(Planned, Words), (f64, Lost)> {
        let (city, trip, key, word) = (self.city, &*wish.trip, wish.key, self.word);
        let draw = pcg4d(word, key, 0, Purpose::Driver as u32);
        let class = class_of(&city.modes[trip.mode], word, key);
        let driver = &city.classes[class];
        let again = pcg4d(word, key, 1, Purpose::Driver as u32);
        let z = normal([draw.x, draw.y, again.w, again.y]);
        let [low, high] = driver.speed_factor_range;
        let factor12 = ((driver.speed_factor + driver.speed_dev * z).clamp(low.max(0.2), high.min(4.0)) * 4096.0).round() as u32;
        let traits = class as u32 | factor12 << 16;
        let due = ((trip.depart_s - self.start_s) * self.per_s()).ceil().max(0.0) as u32;
        let due_ms = ((trip.depart_s * 1000.0).round() - (self.start_s * 1000.0).round()) as u32;
        let path_hash = trip.path.iter().fold(0, |h, l| pcg(h ^ self.link_keys[*l]));
        let measured = (self.measured_s[0]..self.measured_s[1]).contains(&trip.depart_s);
        let paid_mills = paid_mills(city, trip.mode, trip.depart_s, trip.path.iter().copied());
        let asked = Asked::new(wish.source, measured, wish.ordinal, due_ms, [path_hash, paid_mills]);
        let found = ahead.codes(self.roads(), &trip.path).and_then(|()| self.first_lane(ahead, trip, driver.uses, key));
        let Some(lane) = found else { return Err((trip.depart_s, Lost { asked, due, traits })) };
        let length = city.lanes[lane].length_m;
        let from_end = |at: f64| if at < 0.0 { length + at } else { at };
        let last = trip.path.last().map_or(0, |l| city.links[*l].lanes.start);
        let arrive = trip.arrive_pos_m.map_or(-1, |at| q10(if at < 0.0 { city.lanes[last].length_m + at } else { at }).max(1));
        let record = Trip {
            due,
            cursor: 0,
            key,
            traits: traits | if trip.halts.is_empty() { 0 } else { FLAG_HALTS },
            x: match trip.depart_pos {
                DepartPos::Base => -1,
                DepartPos::At(at) => q10(from_end(at).clamp(0.0, length)).max(q10(driver.length_m.min(length))),
            },
            v: match trip.depart_speed {
                DepartSpeed::Max => -1,
                DepartSpeed::At(v) => (v.clamp(0.0, 64.0) * 65536.0).round() as i32,
            },
            arrive,
            halts: NONE,
        };
        Ok((
            Planned { lane: self.roads().of_lane[lane], trip: record, asked },
            Words { turns: packed(&ahead.codes), halts: self.halts(trip) },
        ))
    }

    /// Those of the first stretch: lanes have the same numbers in all.
    fn roads(&self) -> &Roads {
        self.network[0].0
    }

    fn per_s(&self) -> f64 {
        f64::from(1_u32 << self.k)
    }

    /// Halts: count, then lane, position, dwell ticks, not-before tick (0 = free) each; nothing without halts.
    fn halts(&self, trip: &city::Trip) -> Vec<u32> {
        if trip.halts.is_empty() {
            return Vec::new();
        }
        let per_s = self.per_s();
        let mut words = vec![trip.halts.len().min(255) as u32];
        for halt in trip.halts.iter().take(255) {
            let until = if halt.until_s.is_nan() { 0 } else { ((halt.until_s - self.start_s) * per_s).max(0.0) as u32 };
            let dwell = ((halt.dwell_s * per_s).round().max(1.0) as u32).min(60_000);
            words.extend([self.roads().of_lane[halt.lane], q10(halt.at_m).max(1) as u32, dwell, until]);
        }
        words
    }

    /// The lane on which a trip starts, as the streets are when it departs: the one asked for; else one that is kept for vehicles like it, if it
    /// leads where the trip turns first; else one of those from which it gets furthest without a lane change; of several one is dealt out by
    /// key. `ahead` knows its turns.
    fn first_lane(&self, ahead: &mut Ahead, trip: &city::Trip, uses: Uses, key: u32) -> Option<usize> {
        let link = &self.city.links[*trip.path.first()?];
        let stretch = self.city.stretch_at(trip.depart_s).max(self.first);
        let (roads, pool) = self.network[stretch - self.first];
        let usable = |lane: &usize| self.city.stretch(stretch).lanes[*lane].allowed.meets(uses);
        if let Some(lane) = trip.depart_lane.map(|n| link.lanes.start + n).filter(|l| link.lanes.contains(l) && usable(l)) {
            return Some(lane);
        }
        ahead.lanes.clear();
        for lane in link.lanes.clone().filter(usable) {
            let served = ahead.links_served(roads, pool, lane, uses);
            ahead.lanes.push((lane, served));
        }
        // Cars may not drive there: a bus lane, or one for bicycles.
        let kept = |lane: usize| !self.city.stretch(stretch).lanes[lane].allowed.meets(CAR);
        if ahead.lanes.iter().any(|(lane, served)| *served > 0 && kept(*lane)) {
            ahead.lanes.retain(|(lane, served)| *served > 0 && kept(*lane));
        }
        let most = ahead.lanes.iter().map(|(_, served)| *served).max()?;
        let choice = || ahead.lanes.iter().filter(|(_, served)| *served == most);
        let pick = mulhi(pcg4d(0, key, 0, Purpose::Connector as u32).w, choice().count() as u32) as usize;
        choice().nth(pick).map(|(lane, _)| *lane)
    }
}

/// What lies ahead of a trip; its memory is used again for the next one.
#[derive(Default)]
struct Ahead {
    /// Turn codes of the path.
    codes: Vec<u32>,
    /// Lanes of the first link and how far each serves.
    lanes: Vec<(usize, usize)>,
    here: Vec<u32>,
    next: Vec<u32>,
}

impl Ahead {
    /// Turn codes of a path; `None` if it is empty or two of its links do not join.
    fn codes(&mut self, roads: &Roads, path: &[usize]) -> Option<()> {
        self.codes.clear();
        for pair in path.windows(2) {
            self.codes.push(roads.out_links[pair[0]].iter().position(|l| *l == pair[1])? as u32);
        }
        (!path.is_empty()).then_some(())
    }

    /// How many links of the path one reaches from a lane without changing lanes; looks [`LINKS_AHEAD`] far.
    fn links_served(&mut self, roads: &Roads, pool: &[u32], lane: usize, uses: Uses) -> usize {
        self.here.clear();
        self.here.push(roads.of_lane[lane]);
        for (depth, code) in self.codes.iter().take(LINKS_AHEAD).enumerate() {
            self.next.clear();
            for at in &self.here {
                let from = &roads.lanes[*at as usize];
                let entry = pool[(from.turns + 1 + code) as usize];
                let first = from.conn_start.wrapping_add(entry & 255);
                let all = (0..(entry >> 8) & 255).map(|n| &roads.lanes[(first + n) as usize]);
                self.next.extend(all.filter(|connector| Uses(connector.uses).meets(uses)).map(|connector| connector.exit));
            }
            if self.next.is_empty() {
                return depth;
            }
            self.next.sort_unstable();
            self.next.dedup();
            std::mem::swap(&mut self.here, &mut self.next);
        }
        LINKS_AHEAD
    }
}

/// Private cars, for which most lanes are open.
const CAR: Uses = Uses(1);
/// Links ahead that decide where a trip starts.
const LINKS_AHEAD: usize = 12;
