//! A grid on which a wanted number of vehicles drives at any time: the same few kilometres of road and the same turns whatever its size, so that
//! speeds of machines can be compared. Every link sends off a trip at an even pace; a trip goes straight on more often than it turns.

use crate::city::{City, Trip, Turn};
use crate::random::{self, Purpose};
use crate::scenario::grid::GridSpec;
use std::collections::BTreeSet;
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

/// The grid with about `vehicles` on the road from [`settled_s`] after `from_s` until `to_s` \[s since midnight\].
#[must_use]
pub fn cruise(spec: &GridSpec, vehicles: u32, [from_s, to_s]: [f64; 2]) -> City {
    let mut city = super::grid(&GridSpec { trips_per_h: Some(0.0), ..spec.clone() });
    city.od.clear();
    let onward = onward(&city);
    let links = city.links.len();
    let pause_s = LEG_S * LEGS as f64 * links as f64 / f64::from(vehicles.max(1));
    let rounds = ((to_s - from_s) / pause_s).ceil().max(0.0);
    let mut trips = Vec::new();
    for link in 0..links {
        let key = random::key_of(&city.links[link].id);
        let first = random::pcg4d(0, key, 0, Purpose::Departure as u32).w;
        let mut round = 0.0;
        let mut ordinal = 0_u32;
        while round < rounds {
            let depart_s = from_s + pause_s * (round + f64::from(first) / 4_294_967_296.0);
            let path = walk(&onward, link, key, ordinal);
            let id = format!("{}|{ordinal}", city.links[link].id);
            trips.push(Trip { id, depart_s, path: Arc::new(path), ..Trip::default() });
            round += 1.0;
            ordinal += 1;
        }
    }
    city.trips = trips;
    city
}

/// Where each link leads: (straight on or not, link), every link once, in order.
fn onward(city: &City) -> Vec<BTreeSet<(bool, usize)>> {
    let mut onward = vec![BTreeSet::new(); city.links.len()];
    for movement in city.movements.iter().filter(|m| m.turn != Turn::UTurn) {
        let [from, to] = [movement.from_lane, movement.to_lane].map(|lane| city.lanes[lane].link);
        onward[from].insert((movement.turn == Turn::Through, to));
    }
    onward
}

/// A walk over the grid that does not turn back.
fn walk(onward: &[BTreeSet<(bool, usize)>], start: usize, key: u32, ordinal: u32) -> Vec<usize> {
    let mut path = vec![start];
    for leg in 1..LEGS {
        let here = &onward[path[leg - 1]];
        let word = random::pcg4d(ordinal, key, u32::try_from(leg).unwrap_or(0), Purpose::Turn as u32).w;
        let straight = here.iter().find(|(straight, _)| *straight).filter(|_| word >> 28 < STRAIGHT_OF_16);
        let any = || here.iter().nth(random::mulhi(word << 4, u32::try_from(here.len()).unwrap_or(0)) as usize);
        let Some((_, next)) = straight.or_else(any) else { break };
        path.push(*next);
    }
    path
}
