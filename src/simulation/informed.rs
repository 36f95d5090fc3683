//! Informed drivers: a share of those whose way was found here looks at present travel times and takes another way if that saves enough.
//!
//! * **Who** is drawn by (seed, key of the trip, purpose): the same persons in every variant, and nobody else's draw moves with the demand.
//!   Whoever drives a given path or plans to halt is not asked.
//! * **What they know** is renewed at every `update`: of each link the mean travel time since the one before, length x vehicle-seconds /
//!   vehicle-metres (Edie 1963, "Discussion of traffic stream measurements and definitions"), from the sums that the lanes keep. It is never
//!   below free flow, and free flow where nobody was. Delays at a junction belong to the link before it, to all its turns alike. It is the pace
//!   of those who were there: a queue that nobody joins any more seems as long as the link until it is gone.
//! * **When they act**: who has departed since the last look, and at an update everybody on the road. Looks come once a minute, so a driver has
//!   a minute behind him at most; plans before the departure stay as they are, and so do the tables of trips.
//! * **When it is worth it**: the best way must save more than 20 % and more than a minute of what is left, charges counted as time. The form is the
//!   bounded rationality of Mahmassani and Jayakrishnan 1991, "System performance and user response under real-time information in a congested
//!   traffic corridor", Transportation Research A 25(5): a relative band of indifference and a least gain. The values are round ones of the size
//!   usual for it, not measured. Without a band all would run to the same side street, and back at the next update.
//! * **Too late**: who is so near to the end of his link that he has made a claim at the junction keeps his next turn.
//!
//! ```text
//!  sums of lanes --update--> State.known --(less free flow)--> more --+--> way_ms of what is left --> limit --+
//!                              past sums, ms                          +--> bounds ---------------------------+--> Search::below
//! ```
//! [`State::known`] holds all that must be remembered, so a saved run goes on to the same bits; graphs, landmarks and bounds follow from it. They
//! are of free flow plus `more`, because worlds share the one and not the other. An exact lower bound refuses most searches at once; free flow
//! alone would not do as one, since every signal makes every way longer than that.

use super::jam::{Help, Jam};
use crate::backend::Change;
use crate::city::City;
use crate::city::demand::{self, LONGEST_MS, chance, class_graph};
use crate::paths::{Bounds, Graph, Search, landmarks};
use crate::random::{Purpose, pcg4d};
use crate::scenario::Informed as Asked;
use crate::stages::roads::Roads;
use crate::state::{LINK_WORDS, State};
use crate::tables::Tables;
use crate::tables::layout::{COUNTER_INFORMED, FLAG_CUT, FLAG_HALTS, FLAG_WANT_LEFT, FLAG_WANT_RIGHT, LANE_CONNECTOR, Vehicle};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Another way must save more than this part of what is left: 1 / 5.
const BAND_PART: u32 = 5;
/// ... and more than this \[ms\]: a minute.
const BAND_MS: u32 = 60_000;
/// Nobody counts on less than this on a link that moves too little to tell \[mm/s\]. It is the speed in a standing queue that a junction serves at
/// 280 vehicles an hour a lane, one vehicle every 6.5 m (flow = speed x density): less is no queue, but a blockage that will be cleared.
const SLOWEST_MMPS: u128 = 500;
/// Millimetres of sixteen sixteenths of a metre.
const MM_PER_16_Q4: u128 = 1000;

/// Is this driver informed? `of_2_32` is the share in parts of 2^32.
#[must_use]
pub fn informs(seed_word: u32, key: u32, of_2_32: u64) -> bool {
    u64::from(pcg4d(seed_word, key, 0, Purpose::Informed as u32).w) < of_2_32
}

/// What is remembered of a link, as it lies in [`State::known`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Memory {
    /// Presence since the last update less what the lanes' sums hold of it, modulo 2^64 \[vehicle-ticks\].
    present: u64,
    /// Distance, likewise \[1/16 m\].
    driven_q4: u64,
    /// Mean travel time at the last update; 0 = nobody was there \[ms\].
    time_ms: u32,
}

impl Memory {
    fn of(words: &[u32]) -> Memory {
        let wide = |at: usize| u64::from(words[at]) | u64::from(words[at + 1]) << 32;
        Memory { present: wide(0), driven_q4: wide(2), time_ms: words[4] }
    }

    fn words(self) -> [u32; LINK_WORDS] {
        let halves = |wide: u64| [(wide & 0xffff_ffff) as u32, (wide >> 32) as u32];
        let ([a, b], [c, d]) = (halves(self.present), halves(self.driven_q4));
        [a, b, c, d, self.time_ms]
    }

    /// With the sums that the lanes of the link hold now: a mean is taken, or they are about to be cleared, or both.
    fn after(self, (present, driven_q4): (u64, u64), link: &Stretch, update: bool, clear: bool) -> Memory {
        let all = Memory { present: self.present.wrapping_add(present), driven_q4: self.driven_q4.wrapping_add(driven_q4), ..self };
        let time_ms = if update { link.time_ms(all.present, all.driven_q4) } else { self.time_ms };
        let (since, way) = if update { (0, 0) } else { (all.present, all.driven_q4) };
        let (held, held_q4) = if clear { (0, 0) } else { (present, driven_q4) };
        Memory { present: since.wrapping_sub(held), driven_q4: way.wrapping_sub(held_q4), time_ms }
    }
}

/// What a mean travel time is of.
struct Stretch {
    length_mm: u64,
    step_ms: u32,
}

impl Stretch {
    /// Length x vehicle-seconds / vehicle-metres, not slower than [`SLOWEST_MMPS`]; 0 where nobody was \[ms\].
    fn time_ms(&self, present: u64, driven_q4: u64) -> u32 {
        if present == 0 {
            return 0;
        }
        let length = u128::from(self.length_mm);
        let slowest = length * 1000 / SLOWEST_MMPS;
        let mean = (u128::from(present) * u128::from(self.step_ms) * length * 16).checked_div(u128::from(driven_q4) * MM_PER_16_Q4);
        u32::try_from(mean.unwrap_or(slowest).min(slowest)).unwrap_or(LONGEST_MS).clamp(1, LONGEST_MS)
    }
}

/// The ways of one or more classes, which are the same.
struct Ways {
    graph: Graph,
    landmarks: Vec<u32>,
}

/// Somebody who thinks of another way.
struct Wish {
    world: usize,
    row: usize,
    ways: usize,
    /// What is left of his way, from the link he is on or comes to.
    path: Vec<u32>,
    /// Place in it from whose end on he may turn elsewhere.
    from: usize,
    /// Another way must cost less \[ms\].
    limit: u32,
}

/// The informed drivers of a batch.
pub struct Informed<'a> {
    city: &'a City,
    streets: &'a City,
    t: &'a Tables,
    /// Ticks from one update to the next.
    update: u32,
    /// By trip.
    who: Vec<bool>,
    ways: Vec<Ways>,
    /// Which of them a mode and class have.
    of_class: BTreeMap<(usize, u32), usize>,
    /// What links cost besides free flow \[ms\], by world; empty until it is looked for.
    more: Vec<Vec<u32>>,
    /// By world and ways.
    bounds: BTreeMap<(usize, usize), Bounds>,
    search: Search,
}

impl<'a> Informed<'a> {
    /// Those of a batch; `None` if nobody can be one. `streets` are those of now.
    #[must_use]
    pub fn new(asked: Option<Asked>, city: &'a City, streets: &'a City, t: &'a Tables) -> Option<Self> {
        let Asked { share, update_s } = asked?;
        let of_2_32 = chance(share);
        if of_2_32 == 0 {
            return None;
        }
        let mut who = vec![false; t.trips.len()];
        for world in &t.worlds {
            let trips = world.first_trip as usize..world.end_trip as usize;
            for (informed, (trip, asked)) in who[trips.clone()].iter_mut().zip(t.trips[trips.clone()].iter().zip(&t.roster[trips])) {
                let free = trip.traits & FLAG_HALTS == 0 && demand::searched(city, asked.source());
                *informed = free && informs(world.word, trip.key, of_2_32);
            }
        }
        let update = ((update_s * f64::from(1_u32 << t.params.k)).round() as u32).max(1);
        let (ways, of_class, more, bounds, search) = Default::default();
        Some(Informed { city, streets, t, update, who, ways, of_class, more, bounds, search })
    }

    /// The streets and tables of the next stretch of the run.
    pub fn enter(&mut self, streets: &'a City, t: &'a Tables) {
        (self.streets, self.t) = (streets, t);
        self.ways.clear();
        self.of_class.clear();
        self.forget();
    }

    fn forget(&mut self) {
        self.more.clear();
        self.bounds.clear();
    }

    /// What is known from now on, if it changes: at updates, and where the sums of the lanes are about to be cleared.
    pub fn learn(&mut self, s: &State, clear: bool) -> Option<Vec<u32>> {
        let update = s.tick().is_multiple_of(self.update);
        if !update && !clear {
            return None;
        }
        let (links, lanes) = (self.t.links(), self.t.lane_count());
        let mut known = Vec::with_capacity(self.t.worlds.len() * links * LINK_WORDS);
        for world in 0..self.t.worlds.len() {
            let mut sums = vec![(0_u64, 0_u64); links];
            for (lane, of_lane) in self.t.lanes.iter().zip(&s.sums[world * lanes..(world + 1) * lanes]) {
                if lane.flags & LANE_CONNECTOR == 0 {
                    let sum = &mut sums[lane.place as usize];
                    *sum = (sum.0 + u64::from(of_lane.present), sum.1 + u64::from(of_lane.driven_q4));
                }
            }
            for (link, sum) in sums.into_iter().enumerate() {
                let before = s.known.get((world * links + link) * LINK_WORDS..).filter(|rest| !rest.is_empty());
                let memory = before.map_or_else(Memory::default, Memory::of).after(sum, &self.stretch(link), update, clear);
                known.extend(memory.words());
            }
        }
        if update {
            self.forget();
            self.more = self.more_of(&known);
        }
        Some(known)
    }

    fn stretch(&self, link: usize) -> Stretch {
        Stretch { length_mm: (self.streets.links[link].length_m * 1000.0).round() as u64, step_ms: 1000 >> self.t.params.k }
    }

    /// What links cost besides free flow, by world; nothing while nothing is known.
    fn more_of(&self, known: &[u32]) -> Vec<Vec<u32>> {
        let free_ms: Vec<u32> = self.streets.links.iter().map(demand::free_ms).collect();
        let (worlds, words) = (self.t.worlds.len(), self.t.links() * LINK_WORDS);
        let of = |world: usize| {
            let links = known.get(world * words..(world + 1) * words).unwrap_or_default().chunks_exact(LINK_WORDS);
            links.zip(&free_ms).map(|(link, free)| Memory::of(link).time_ms.saturating_sub(*free)).collect()
        };
        (0..worlds).map(of).collect()
    }

    /// Adds the new ways of this look to the help; whoever is helped already is left alone.
    pub fn look(&mut self, s: &State, worlds: &[usize], jam: &mut Jam, help: &mut Help) {
        if self.more.is_empty() {
            self.more = self.more_of(&s.known);
        }
        let helped: BTreeSet<u32> = help.changes.iter().chain(&help.moves).map(|change| change.row).collect();
        let mut wishes = Vec::new();
        for &world in worlds {
            wishes.extend(
                self.rows(s, world)
                    .filter(|row| !helped.contains(&(*row as u32)))
                    .collect::<Vec<_>>()
                    .into_iter()
                    .filter_map(|row| self.wish(s, world, row, jam)),
            );
        }
        for wish in &wishes {
            let Self { ways, more, bounds, search, .. } = self;
            let ways = (&ways[wish.ways], &more[wish.world]);
            bounds.entry((wish.world, wish.ways)).or_insert_with(|| Bounds::of(&ways.0.graph, ways.1, &ways.0.landmarks, search));
        }
        let found: Vec<Option<Vec<u32>>> = wishes
            .par_iter()
            .map_init(Search::default, |search, wish| {
                let ends = [wish.path[wish.from], *wish.path.last()?];
                let bounds = &self.bounds[&(wish.world, wish.ways)];
                search.below(&self.ways[wish.ways].graph, &self.more[wish.world], ends, wish.limit, bounds)
            })
            .collect();
        let mut taken = Vec::new();
        let mut counts: BTreeMap<usize, u32> = BTreeMap::new();
        for (wish, way) in wishes.iter().zip(found) {
            let path: Vec<u32> = wish.path[..wish.from].iter().copied().chain(way.into_iter().flatten()).collect();
            if path.len() > wish.from
                && let Some(cursor) = jam.take_path(s, &s.vehicles[wish.row], &path, &mut help.detours)
            {
                taken.push((wish.row, cursor));
                *counts.entry(wish.world).or_default() += 1;
            }
        }
        help.counts.extend(counts.into_iter().map(|(world, n)| (world, COUNTER_INFORMED, n)));
        self.turn(s, &taken, help);
    }

    /// The rows of those of a world who look now.
    fn rows<'s>(&'s self, s: &'s State, world: usize) -> impl Iterator<Item = usize> + 's {
        let (lanes, minute) = (self.t.lane_count(), super::watch::MINUTE_S << self.t.params.k);
        let update = s.tick().is_multiple_of(self.update);
        let departed = move |trip: u32| s.log(trip as usize).depart.saturating_add(minute) > s.tick();
        let asked = move |row: &usize| {
            let trip = s.vehicles[*row].trip;
            self.who.get(trip as usize).is_some_and(|who| *who) && (update || departed(trip))
        };
        (s.lane_start[world * lanes] as usize..s.lane_start[(world + 1) * lanes] as usize).filter(asked)
    }

    /// What a driver has before him, if another way could save enough.
    fn wish(&mut self, s: &State, world: usize, row: usize, jam: &Jam) -> Option<Wish> {
        let v = &s.vehicles[row];
        let lane = &self.t.lanes[self.t.own(v.lane as usize)];
        let (lane, x) = if lane.flags & LANE_CONNECTOR == 0 { (lane, v.x) } else { (&self.t.lanes[lane.exit as usize], 0) };
        let path = jam.path(&Roads::of(self.t, &s.detours), lane.place, v.cursor);
        let from = usize::from(lane.length - x < self.t.params.claim_distance);
        if path.len() < from + 2 {
            return None;
        }
        let ways = self.ways_of(v);
        let now = self.ways[ways].graph.way_ms(&path[from..], &self.more[world]);
        let limit = now.saturating_sub((now / BAND_PART).max(BAND_MS));
        (limit > 0).then_some(Wish { world, row, ways, path, from, limit })
    }

    /// Number of the ways that a vehicle may take, by its mode and class.
    fn ways_of(&mut self, v: &Vehicle) -> usize {
        let (mode, _, _) = demand::ends(self.city, self.t.roster[v.trip as usize].source());
        let class = v.traits & 63;
        if let Some(known) = self.of_class.get(&(mode, class)) {
            return *known;
        }
        let graph = class_graph(self.streets, mode, class);
        let there = self.ways.iter().position(|ways| ways.graph == graph);
        let number = there.unwrap_or_else(|| {
            let landmarks = landmarks(&graph, &mut self.search);
            self.ways.push(Ways { graph, landmarks });
            self.ways.len() - 1
        });
        self.of_class.insert((mode, class), number);
        number
    }

    /// Gives vehicles their new cursors, whose turns stand in the help's detours.
    fn turn(&self, s: &State, taken: &[(usize, u32)], help: &mut Help) {
        if taken.is_empty() {
            return;
        }
        let detours = [&s.detours[..], &help.detours[..]].concat();
        let roads = Roads::of(self.t, &detours);
        help.changes.extend(taken.iter().map(|&(row, cursor)| {
            let v = &s.vehicles[row];
            let next = roads.outlook(self.t.own(v.lane as usize) as u32, cursor, v.key, roads.class(v.traits).uses);
            let traits = v.traits & !(FLAG_WANT_LEFT | FLAG_WANT_RIGHT | FLAG_CUT);
            Change { row: row as u32, vehicle: Vehicle { cursor, next, traits, ..*v } }
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A link of 500 m, half a second a tick.
    const LINK: Stretch = Stretch { length_mm: 500_000, step_ms: 500 };

    #[test]
    fn a_mean_is_length_times_time_over_distance() {
        // 10 vehicles for 60 s at 5 m/s: 600 vehicle-seconds, 3000 m.
        assert_eq!(LINK.time_ms(1200, 3000 * 16), 100_000);
        assert_eq!(LINK.time_ms(0, 0), 0, "nobody was there");
        assert_eq!([LINK.time_ms(1200, 0), LINK.time_ms(1200, 1)], [1_000_000; 2], "0.5 m/s");
        assert_eq!(Stretch { length_mm: u64::MAX / 2, step_ms: 1000 }.time_ms(u64::MAX, 1), LONGEST_MS);
    }

    #[test]
    fn clearing_the_sums_in_between_changes_no_mean() {
        // Presence and distance of six minutes; an update after the sixth, the sums cleared after some.
        let minutes = [(100, 900), (0, 0), (70, 11), (1, 0), (500, 40_000), (3, 33)];
        let whole = (674, 40_944);
        for cleared in 0..1 << minutes.len() {
            let (mut memory, mut sums) = (Memory::default(), (0, 0));
            for (minute, (present, driven)) in minutes.into_iter().enumerate() {
                sums = (sums.0 + present, sums.1 + driven);
                let clear = cleared >> minute & 1 == 1;
                memory = memory.after(sums, &LINK, minute + 1 == minutes.len(), clear);
                memory = Memory::of(&memory.words());
                sums = if clear { (0, 0) } else { sums };
            }
            assert_eq!(memory.time_ms, LINK.time_ms(whole.0, whole.1), "{cleared:b}");
            assert_eq!(memory.after(sums, &LINK, true, false).time_ms, 0, "nothing is left of before");
        }
    }
}
