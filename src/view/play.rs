//! A run that is watched: it goes on to a tick, and is photographed there. What is seen never flows back into the run.

use super::camera::Bounds;
use super::scene::{Scene, StopLine};
use crate::backend::Detail;
use crate::city::City;
use crate::observe::{NetworkRow, collect};
use crate::simulation::live::Live;
use crate::simulation::{Batch, Device, Machine, RunError, Settings};
use crate::state::State;
use crate::tables::Tables;
use crate::tables::layout::{LANE_CONNECTOR, NONE, Sums, Vehicle};
use crate::tables::shown;
use std::collections::VecDeque;

/// What passed on a link until some tick: presence \[vehicle-ticks\], of it below 0.1 m/s, way driven \[1/16 m\], vehicles that left.
type Passed = [u64; 4];

/// Values of links are those of so long until now \[s\]: longer than a signal's cycle, or they would blink with it.
pub const WINDOW_S: u32 = 120;
/// A sample of what passed is kept so often \[s\].
const SAMPLE_S: u32 = 20;
/// Slower than so one stands \[Q16 m/s\]: 0.1 m/s.
const STANDING: i32 = 6554;

/// What is going on on a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Now {
    /// Mean speed of all who drove in the window (Edie) over the free speed; NaN = nobody.
    pub speed_share: f32,
    /// Vehicles that left in the window, per hour and lane.
    pub flow_vph_lane: f32,
    /// Mean vehicles on a kilometre of lane in the window.
    pub density_vpkm_lane: f32,
    /// Length of the standing queue now, the longest of its lanes \[m\].
    pub queue_m: f32,
    /// Time lost in the window by each vehicle that left, or by all if none did \[min\]; NaN = nobody.
    pub delay_min: f32,
}

/// A picture of one world.
#[derive(Clone, Debug, Default)]
pub struct Shot {
    /// Tick.
    pub tick: u32,
    /// Time of day \[s\].
    pub time_s: f64,
    /// Vehicles in the part that was asked for.
    pub vehicles: Vec<Vehicle>,
    /// Where each of them was at the last [`Play::mark`]: lane and x, lane `NONE` = not there.
    pub before: Vec<[u32; 2]>,
    /// Trips from here on are what blocks a lane.
    pub stands_at: u32,
    /// What goes on on each link of the city.
    pub links: Vec<Now>,
    /// What each stop line of the scene shows (`ASPECT_...`).
    pub aspects: Vec<u32>,
    /// The whole network.
    pub network: NetworkRow,
    /// Hash of the state, where all of it was there.
    pub state_hash: Option<[u32; 4]>,
}

impl Shot {
    /// The hash of the state as documents write it; empty where it is not known.
    #[must_use]
    pub fn hash(&self) -> String {
        self.state_hash.iter().flatten().map(|word| format!("{word:08x}")).collect()
    }
}

/// A run on its way.
pub struct Play<'t> {
    city: &'t City,
    live: Live<'t>,
    samples: VecDeque<(u32, Vec<Passed>)>,
    /// What passed in whole intervals that are over, and how many rows were counted for it.
    over: (Vec<Passed>, usize),
    /// Lane and x of each vehicle that was seen at the last mark, by trip.
    marked: Vec<(u32, [u32; 2])>,
}

impl<'t> Play<'t> {
    /// From the first tick on. `tables` are of one seed.
    ///
    /// # Errors
    /// What the device says.
    pub fn open(city: &'t City, settings: &'t Settings, tables: &'t Tables, machine: &Machine) -> Result<Play<'t>, RunError> {
        let live = Live::open(&Batch::new(city, settings), tables, State::new(tables), machine)?;
        let none = vec![[0; 4]; city.links.len()];
        let samples = VecDeque::from([(live.tick(), none.clone())]);
        Ok(Play { city, live, samples, over: (none, 0), marked: Vec::new() })
    }

    /// Steps a second \[1/s\].
    fn per_s(&self) -> u32 {
        1 << self.live.here().params.k
    }

    /// Time of day of a tick \[s\].
    #[must_use]
    pub fn time_s(&self, tick: u32) -> f64 {
        self.live.here().start_s + f64::from(tick) / f64::from(self.per_s())
    }

    /// The first tick at or after a time of day \[s\].
    #[must_use]
    #[expect(clippy::cast_sign_loss, reason = "not before the first tick")]
    pub fn tick_at(&self, time_s: f64) -> u32 {
        ((time_s - self.live.here().start_s) * f64::from(self.per_s())).ceil().max(0.0) as u32
    }

    /// Ticks done.
    #[must_use]
    pub fn tick(&self) -> u32 {
        self.live.tick()
    }

    /// Is it over?
    #[must_use]
    pub fn done(&self) -> bool {
        self.live.done()
    }

    /// The device that computes.
    #[must_use]
    pub fn device(&self) -> &Device {
        self.live.device()
    }

    /// The network minute by minute until now.
    #[must_use]
    pub fn history(&self) -> &[NetworkRow] {
        self.live.seen().first().map_or(&[], |seen| &seen.network)
    }

    /// Goes on to a tick, or to the end of the run.
    ///
    /// # Errors
    /// See [`RunError`].
    pub fn to(&mut self, tick: u32) -> Result<(), RunError> {
        let every = SAMPLE_S * self.per_s();
        while self.live.tick() < tick && !self.live.done() {
            let now = self.live.tick();
            self.live.step(tick.min(now - now % every + every))?;
            if self.live.tick().is_multiple_of(every) {
                self.sample()?;
            }
        }
        Ok(())
    }

    /// Keeps what has passed until now.
    fn sample(&mut self) -> Result<(), RunError> {
        let passed = self.passed()?;
        self.samples.push_back((self.live.tick(), passed));
        let keep = WINDOW_S.div_ceil(SAMPLE_S) as usize + 1;
        while self.samples.len() > keep {
            self.samples.pop_front();
        }
        Ok(())
    }

    /// What has passed on each link since the first tick.
    fn passed(&mut self) -> Result<Vec<Passed>, RunError> {
        let rows = self.live.seen().first().map_or(&[][..], |seen| &seen.links);
        for row in &rows[self.over.1..] {
            let own = &mut self.over.0[row.link as usize];
            let more = [row.present_ticks, row.stopped_ticks, row.driven_q4, u64::from(row.left_veh) + u64::from(row.arrived_veh)];
            own.iter_mut().zip(more).for_each(|(all, more)| *all += more);
        }
        self.over.1 = rows.len();
        let mut all = self.over.0.clone();
        let tables = self.live.here();
        let state = self.live.state(Detail::Sums)?;
        for (sums, lane) in state.sums.iter().zip(&tables.lanes).filter(|(_, lane)| lane.flags & LANE_CONNECTOR == 0) {
            let Sums { present, stopped, driven_q4, left, arrived, .. } = *sums;
            let more = [present, stopped, driven_q4, left + arrived].map(u64::from);
            all[lane.place as usize].iter_mut().zip(more).for_each(|(all, more)| *all += more);
        }
        Ok(all)
    }

    /// What goes on on each link.
    fn links(&mut self) -> Result<Vec<Now>, RunError> {
        let passed = self.passed()?;
        let per_s = f64::from(self.per_s());
        let (since, before) = &self.samples[0];
        let window_s = f64::from(self.live.tick() - since) / per_s;
        let mut all = Vec::with_capacity(self.city.links.len());
        for (link, (now, before)) in self.city.links.iter().zip(passed.iter().zip(before)) {
            let [present, _, driven, left] = [0, 1, 2, 3].map(|which| (now[which] - before[which]) as f64);
            let (present_s, driven_m) = (present / per_s, driven / 16.0);
            let lanes = link.lanes.len().max(1) as f64;
            let lost_s = (present_s - driven_m / link.free_speed_mps.max(0.1)).max(0.0);
            let speed_share = driven_m / present_s / link.free_speed_mps.max(0.1);
            let delay_min = if present_s > 0.0 { lost_s / 60.0 / left.max(1.0) } else { f64::NAN };
            all.push(Now {
                speed_share: speed_share as f32,
                flow_vph_lane: (left * 3600.0 / window_s.max(1.0) / lanes) as f32,
                density_vpkm_lane: (present_s / window_s.max(1.0) / lanes / (link.length_m.max(0.1) / 1000.0)) as f32,
                queue_m: 0.0,
                delay_min: delay_min as f32,
            });
        }
        self.queues(&mut all)?;
        Ok(all)
    }

    /// What goes on now on each link and in the whole network.
    ///
    /// # Errors
    /// What the device says.
    pub fn links_now(&mut self) -> Result<(Vec<Now>, NetworkRow), RunError> {
        let links = self.links()?;
        let tables = self.live.here();
        Ok((links, collect::network(tables, self.live.state(Detail::All)?, 0)))
    }

    /// The tables of now.
    #[must_use]
    pub fn here(&self) -> &'t Tables {
        self.live.here()
    }

    /// The whole state, to be read.
    ///
    /// # Errors
    /// What the device says.
    pub fn state(&mut self) -> Result<&State, RunError> {
        self.live.state(Detail::All)
    }

    /// The standing queue of each link: from the stop line to the rear of the last vehicle that stands without a moving one ahead of it.
    fn queues(&mut self, all: &mut [Now]) -> Result<(), RunError> {
        let tables = self.live.here();
        let state = self.live.state(Detail::Traffic)?;
        for (key, lane) in tables.lanes.iter().enumerate().filter(|(_, lane)| lane.flags & LANE_CONNECTOR == 0) {
            let rows = &state.vehicles[state.lane_start[key] as usize..state.lane_start[key + 1] as usize];
            let Some(end) = rows.iter().take_while(|v| v.v < STANDING).last() else { continue };
            let rear = end.x - tables.params.classes[(end.traits & 63) as usize].length;
            let own = &mut all[lane.place as usize];
            own.queue_m = own.queue_m.max((lane.length - rear) as f32 / 1024.0);
        }
        Ok(())
    }

    /// Vehicles of the part of `scene` that is `seen`.
    fn vehicles(&mut self, scene: &Scene, seen: &Bounds) -> Result<Vec<Vehicle>, RunError> {
        let state = self.live.state(Detail::Traffic)?;
        let rows = |key: usize| state.lane_start[key] as usize..state.lane_start[key + 1] as usize;
        let inside = scene.boxes.iter().enumerate().filter(|(key, filled)| !rows(*key).is_empty() && filled.meets(seen));
        Ok(inside.flat_map(|(key, _)| &state.vehicles[rows(key)]).copied().collect())
    }

    /// Remembers where everybody is: the next shot says of its vehicles where they were here.
    ///
    /// # Errors
    /// What the device says.
    pub fn mark(&mut self, scene: &Scene, seen: &Bounds) -> Result<(), RunError> {
        let place = |v: &Vehicle| (v.trip, [v.lane, v.x.cast_unsigned()]);
        self.marked = self.vehicles(scene, seen)?.iter().map(place).collect();
        self.marked.sort_unstable();
        Ok(())
    }

    /// A picture of now: vehicles of the part of `scene` that is `seen`, if there is one; the rest is whole. `hashed`: with the state's hash.
    ///
    /// # Errors
    /// What the device says.
    pub fn shot(&mut self, scene: &Scene, seen: Option<&Bounds>, hashed: bool) -> Result<Shot, RunError> {
        let links = self.links()?;
        let vehicles = seen.map_or_else(|| Ok(Vec::new()), |seen| self.vehicles(scene, seen))?;
        let of_trip = |trip: u32| self.marked.binary_search_by_key(&trip, |(trip, _)| *trip).map_or([NONE, 0], |at| self.marked[at].1);
        let before = vehicles.iter().map(|v| of_trip(v.trip)).collect();
        let (tick, tables) = (self.live.tick(), self.live.here());
        let time_s = self.time_s(tick);
        // At its end a run is hashed before the sums of its last interval are cleared.
        let ended = self.live.done().then(|| self.live.seen().first().map(|seen| seen.state_hash)).flatten();
        let state = self.live.state(Detail::All)?;
        Ok(Shot {
            tick,
            time_s,
            vehicles,
            before,
            stands_at: tables.stands_at(),
            links,
            aspects: scene.stop_lines.iter().map(|line| aspect(tables, state, line)).collect(),
            network: collect::network(tables, state, 0),
            state_hash: hashed.then(|| ended.unwrap_or_else(|| state.digest(tables, 0))),
        })
    }
}

/// What a stop line shows.
fn aspect(tables: &Tables, state: &State, line: &StopLine) -> u32 {
    let lane = &tables.lanes[tables.of_movement[line.movement] as usize];
    let phase = if lane.signal == NONE { 0 } else { state.phases[(lane.signal >> 8) as usize * 4] };
    shown::aspect(&tables.pool, tables.params.controllers_at, lane, phase)
}
