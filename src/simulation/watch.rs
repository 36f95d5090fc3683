//! What is taken down on the way: link rows at the end of each interval, the timeline every minute, trajectories if asked for. A world ends at
//! the first full minute at which nobody is left; what it does later in a batch is not looked at, so it equals the same world alone.

use super::informed::Informed;
use super::jam::{Help, Jam};
use super::stands::Stood;
use super::{Progress, Settings, stretch};
use crate::backend::Detail;
use crate::city::{City, demand};
use crate::observe::{Observations, collect};
use crate::random::{key_of, pcg};
use crate::state::State;
use crate::tables::Tables;
use crate::tables::layout::LANE_CONNECTOR;

/// The timeline has a row every minute.
pub(super) const MINUTE_S: u32 = 60;

/// The streets at a tick.
fn streets(city: &City, start_s: f64, per_s: f64, tick: u32) -> &City {
    // As the tables count: a stretch begins with the first tick at or after its time.
    let begun = city.later.iter().filter(|(from_s, _)| ((from_s - start_s) * per_s).ceil() <= f64::from(tick)).count();
    city.stretch(begun)
}

/// A batch on its way.
pub struct Run<'a> {
    city: &'a City,
    t: &'a Tables,
    /// One a world.
    pub observations: Vec<Observations>,
    ended: Vec<bool>,
    last: u32,
    measured_end: u32,
    interval: u32,
    interval_from: u32,
    every: u32,
    tick: u32,
    vehicle_steps: u64,
    jam: Jam<'a>,
    informed: Option<Informed<'a>>,
    stood: Stood,
}

impl<'a> Run<'a> {
    /// At a tick.
    pub fn new(city: &'a City, t: &'a Tables, settings: &Settings, tick: u32, last: u32) -> Self {
        let per_s = f64::from(1_u32 << settings.k);
        let ticks = |s: f64| ((s * per_s).round() as u32).max(1);
        let t = t.at(tick).0;
        let streets = streets(city, t.start_s, per_s, tick);
        let seen = |world: &crate::tables::World| Observations {
            seed: world.seed,
            step_ms: 1000 >> settings.k,
            start_s: t.start_s,
            ..Observations::default()
        };
        Run {
            city,
            t,
            observations: t.worlds.iter().map(seen).collect(),
            ended: vec![false; t.worlds.len()],
            last,
            measured_end: ((settings.to_s - t.start_s) * per_s).ceil() as u32,
            interval: ticks(settings.interval_s),
            interval_from: tick,
            every: settings.vehicles_every_s.map_or(0, ticks),
            tick,
            vehicle_steps: 0,
            jam: Jam::new(streets, t),
            informed: Informed::new(settings.informed, city, streets, t),
            stood: Stood::default(),
        }
    }

    /// Ticks done.
    pub fn tick(&self) -> u32 {
        self.tick
    }

    /// The next stretch of the run begins: makes a state of the tables until now one of `t`.
    pub fn enter(&mut self, before: &Tables, t: &'a Tables, s: &mut State) {
        self.t = t;
        let streets = streets(self.city, t.start_s, f64::from(1_u32 << t.params.k), self.tick);
        self.jam.enter(streets, t);
        self.informed.iter_mut().for_each(|informed| informed.enter(streets, t));
        let going: Vec<usize> = self.going().collect();
        stretch::enter(&mut self.jam, before, t, streets, s, &going);
    }

    /// Blocks lanes and opens them again, in a state of now.
    pub fn block(&mut self, s: &mut State) {
        let going: Vec<usize> = self.going().collect();
        self.stood.look(self.t, s, &going);
    }

    /// Is a lane to be blocked, for which no place was found yet?
    pub fn blocks_now(&self) -> bool {
        !self.done() && self.stood.due(self.tick, self.t.params.k)
    }

    /// Has every world ended?
    pub fn done(&self) -> bool {
        self.ended.iter().all(|e| *e)
    }

    /// Worlds that have not.
    pub fn going(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.ended.len()).filter(|world| !self.ended[*world])
    }

    /// What was seen of a world until a fault: whole intervals, and its trips as they stand.
    pub fn stopped(&mut self, s: &State, world: usize) -> Observations {
        collect::finish(self.city, self.t, s, world, &mut self.observations[world]);
        self.add_detours(world);
        std::mem::take(&mut self.observations[world])
    }

    fn minute(&self) -> u32 {
        MINUTE_S << self.t.params.k
    }

    /// Ticks until something is to be looked at.
    pub fn until_next(&self) -> u32 {
        let to = |period: u32| if period == 0 { u32::MAX } else { period - self.tick % period };
        let again = self.stood.until_next(self.tick, self.t.params.k);
        to(self.minute()).min(to(self.interval)).min(to(self.every)).min(again).min(self.last.saturating_sub(self.tick)).max(1)
    }

    /// What the next look needs, `n` ticks from now.
    pub fn needs(&self, n: u32) -> Detail {
        let tick = self.tick + n;
        if tick >= self.last || (tick >= self.measured_end && tick.is_multiple_of(self.minute())) {
            return Detail::All; // a world may end
        }
        if self.informed.is_some() && tick.is_multiple_of(self.minute()) {
            return Detail::All; // who has departed, and what passed on every lane
        }
        if tick.is_multiple_of(self.interval) { Detail::Sums } else { Detail::Traffic }
    }

    /// Takes down what is due; says whether the sums are to be cleared.
    pub fn look(&mut self, s: &State) -> bool {
        self.tick = s.tick();
        let interval_ends = self.tick.is_multiple_of(self.interval);
        for (world, row) in collect::interventions(self.city, self.t, s) {
            if !self.ended[world] {
                self.observations[world].interventions.push(row);
            }
        }
        for world in 0..self.observations.len() {
            if self.ended[world] {
                continue;
            }
            if self.every > 0 && self.tick.is_multiple_of(self.every) {
                let rows = collect::positions(self.t, s, world);
                self.observations[world].vehicles.extend(rows);
            }
            let at_end = self.tick >= self.last;
            let minute = self.tick.is_multiple_of(self.minute());
            if !(minute || at_end || interval_ends) {
                continue;
            }
            let row = collect::network(self.t, s, world);
            let empty = self.tick >= self.measured_end
                && row.inside == 0
                && row.departed == self.t.worlds[world].end_trip - self.t.worlds[world].first_trip;
            let ends = at_end || (minute && empty);
            if minute || ends {
                self.observations[world].network.push(row);
            }
            if interval_ends || ends {
                let stood = self.stood.between(self.t, world, self.interval_from, self.tick);
                let mut rows = collect::links(self.city, self.t, s, world, self.interval_from, &stood);
                self.add_moved(world, &mut rows);
                self.observations[world].links.extend(rows);
                let rows = collect::detectors(self.city, self.t, s, world, self.interval_from);
                self.observations[world].detectors.extend(rows);
                let base = world * self.t.lane_count();
                self.observations[world].vehicle_steps +=
                    s.sums[base..base + self.t.lane_count()].iter().map(|x| u64::from(x.present)).sum::<u64>();
            }
            if ends {
                collect::finish(self.city, self.t, s, world, &mut self.observations[world]);
                self.add_detours(world);
                self.ended[world] = true;
            }
        }
        if interval_ends {
            self.interval_from = self.tick;
            self.jam.moved.clear();
            self.vehicle_steps += s.sums.iter().map(|x| u64::from(x.present)).sum::<u64>();
        }
        interval_ends
    }

    /// Adds to the rows of an interval who was moved by the host.
    fn add_moved(&self, world: usize, rows: &mut [crate::observe::LinkInterval]) {
        let lanes = self.t.lane_count();
        for (key, moved) in self.jam.moved.range(world * lanes..(world + 1) * lanes) {
            let lane = &self.t.lanes[key - world * lanes];
            if lane.flags & LANE_CONNECTOR == 0 {
                let row = &mut rows[lane.place as usize];
                row.entered_veh += moved.entered;
                row.left_veh += moved.left;
                row.driven_q4 += u64::from(moved.driven_q4);
            }
        }
    }

    /// Completes the rows of trips that were given other ways.
    fn add_detours(&mut self, world: usize) {
        let w = self.t.worlds[world];
        for (trip, detour) in self.jam.known.range(w.first_trip..w.end_trip) {
            let row = &mut self.observations[world].trips[(trip - w.first_trip) as usize];
            row.reroutes = detour.times;
            let way = detour.path.iter().map(|link| *link as usize);
            row.paid_mills = demand::paid_mills(self.city, row.mode as usize, row.due_ms as f64 / 1000.0, way);
            row.path_hash = detour.path.iter().fold(0, |h, l| pcg(h ^ key_of(&self.city.links[*l as usize].id)));
        }
    }

    /// What informed drivers know from now on, if it changes; `clear`: the sums are about to be cleared.
    pub fn learn(&mut self, s: &State, clear: bool) -> Option<Vec<u32>> {
        self.informed.as_mut()?.learn(s, clear)
    }

    /// Help for who stands in a jam, and the new ways of who is informed, once a minute; the rows of the first are taken down.
    pub fn help(&mut self, s: &State) -> Option<Help> {
        if !self.tick.is_multiple_of(self.minute()) || self.done() {
            return None;
        }
        let going: Vec<usize> = self.going().collect();
        let mut help = self.jam.look(s, going.iter().copied());
        if let Some(informed) = &mut self.informed {
            informed.look(s, &going, &mut self.jam, &mut help);
        }
        for (world, row) in &help.rows {
            self.observations[*world].interventions.push(row.clone());
        }
        (!help.changes.is_empty() || !help.moves.is_empty()).then_some(help)
    }

    /// Where the batch stands.
    pub fn progress(&self, s: &State) -> Progress {
        let waiting = self.observations.iter().filter_map(|o| o.network.last()).map(|n| n.waiting_outside).sum();
        let inside = s.vehicles.len() as u32;
        let worlds = self.ended.len() as u32;
        Progress { tick: self.tick, ticks: self.last, inside, waiting, vehicle_steps: self.vehicle_steps, worlds, done: self.done() }
    }
}
