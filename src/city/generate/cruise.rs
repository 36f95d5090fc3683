//! A grid on which a wanted number of vehicles drives at any time: the same few kilometres of road and the same turns whatever its size, so that
//! speeds of machines can be compared. Every link sends off a trip at an even pace; a trip goes straight on more often than it turns.

use crate::city::demand::{PIECE, Wish};
use crate::city::{City, Trip, Turn};
use crate::random::{self, Purpose};
use crate::scenario::grid::GridSpec;
use rayon::prelude::*;
use std::borrow::Cow;
use std::sync::Arc;

/// Links of a trip.
const LEGS: usize = 12;
/// Time a vehicle needs for one link on such a grid \[s\], measured; it only sets how many vehicles are on the road.
const LEG_S: f64 = 29.0;
/// Of 16 vehicles so many go straight on where they can.
const STRAIGHT_OF_16: u32 = 11;

/// How long it takes until as many vehicles arrive as depart \[s\].
#[must_use]
pub fn settled_s() -> f64 {
    LEG_S * f64::from(u32::try_from(LEGS).unwrap_or(0)) * 1.25
}

/// The trips of such a grid. None of them is kept: they are drawn when somebody asks, as those of an OD table are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cruise {
    /// When they begin \[s since midnight\].
    pub from_s: f64,
    /// Between two departures from one link \[s\].
    pub pause_s: f64,
    /// Departures from each link.
    pub rounds: u32,
}

/// The grid with about `vehicles` on the road from [`settled_s`] after `from_s` until `to_s` \[s since midnight\].
#[must_use]
#[expect(clippy::cast_sign_loss, reason = "clamped")]
pub fn cruise(spec: &GridSpec, vehicles: u32, [from_s, to_s]: [f64; 2]) -> City {
    let mut city = super::grid(&GridSpec { trips_per_h: Some(0.0), ..spec.clone() });
    city.od.clear();
    let pause_s = LEG_S * LEGS as f64 * city.links.len() as f64 / f64::from(vehicles.max(1));
    let rounds = ((to_s - from_s) / pause_s).ceil().clamp(0.0, 1e9) as u32;
    city.cruise = Some(Cruise { from_s, pause_s, rounds });
    city
}

impl Cruise {
    /// All trips, link by link, in pieces.
    pub(in crate::city) fn wishes<'a>(&self, city: &City, inside: &(impl Fn(f64) -> bool + Sync), take: &mut dyn FnMut(Vec<Wish<'a>>)) {
        if self.rounds == 0 {
            return;
        }
        let onward = Onward::of(city);
        let links_at_once = (PIECE / self.rounds as usize).max(1);
        let links: Vec<usize> = (0..city.links.len()).collect();
        for piece in links.chunks(links_at_once) {
            take(
                piece
                    .par_iter()
                    .flat_map_iter(|&link| self.of_link(city, &onward, link))
                    .filter(|wish| inside(wish.trip.depart_s))
                    .collect(),
            );
        }
    }

    /// The trips that start on a link.
    fn of_link<'a>(&self, city: &City, onward: &Onward, link: usize) -> impl Iterator<Item = Wish<'a>> {
        let source = (city.trips.len() + city.od.len() + link) as u32;
        let id = &city.links[link].id;
        let key = random::key_of(id);
        let first = random::pcg4d(0, key, 0, Purpose::Departure as u32).w;
        (0..self.rounds).map(move |ordinal| {
            let depart_s = self.from_s + self.pause_s * (f64::from(ordinal) + f64::from(first) / 4_294_967_296.0);
            let trip = Trip { depart_s, path: Arc::new(walk(onward, link, key, ordinal)), ..Trip::default() };
            Wish { source, ordinal, key: random::key_of(&format!("{id}|{ordinal}")), trip: Cow::Owned(trip) }
        })
    }
}

/// Where each link leads: (straight on or not, link), every link once, in order.
struct Onward {
    start: Vec<usize>,
    to: Vec<(bool, usize)>,
}

impl Onward {
    fn of(city: &City) -> Onward {
        let way = |m: &crate::city::Movement| {
            let [from, to] = [m.from_lane, m.to_lane].map(|lane| city.lanes[lane].link);
            (m.turn != Turn::UTurn).then_some((from, m.turn == Turn::Through, to))
        };
        let mut ways: Vec<(usize, bool, usize)> = city.movements.iter().filter_map(way).collect();
        ways.par_sort_unstable();
        ways.dedup();
        let mut start = vec![0; city.links.len() + 1];
        ways.iter().for_each(|way| start[way.0 + 1] += 1);
        (1..start.len()).for_each(|link| start[link] += start[link - 1]);
        Onward { start, to: ways.into_iter().map(|(_, straight, to)| (straight, to)).collect() }
    }

    fn from(&self, link: usize) -> &[(bool, usize)] {
        &self.to[self.start[link]..self.start[link + 1]]
    }
}

/// A walk over the grid that does not turn back.
fn walk(onward: &Onward, start: usize, key: u32, ordinal: u32) -> Vec<usize> {
    let mut path = Vec::with_capacity(LEGS);
    path.push(start);
    for leg in 1..LEGS {
        let here = onward.from(path[leg - 1]);
        let word = random::pcg4d(ordinal, key, u32::try_from(leg).unwrap_or(0), Purpose::Turn as u32).w;
        let straight = here.iter().find(|(straight, _)| *straight).filter(|_| word >> 28 < STRAIGHT_OF_16);
        let any = || here.get(random::mulhi(word << 4, u32::try_from(here.len()).unwrap_or(0)) as usize);
        let Some((_, next)) = straight.or_else(any) else { break };
        path.push(*next);
    }
    path
}
