//! From one stretch of a run to the next: the streets have changed between two ticks, and everybody who is on them goes on from where he is.
//!
//! * Signals whose plan is another one stand where it would stand by the clock; the others go on.
//! * Whose way leads through what is closed now takes the shortest open way from the end of the link he is on; all drivers know at once. Who
//!   cannot reach his last link any more ends his trip on the last link of his old way that he still can reach. Both count as `reroutes` of the trip.
//! * Who plans to halt keeps his way, and so does who has none: he waits, and is counted where he waits for too long.
//!
//! Everything is read from the state and the tables alone, so CPU and GPU, alone and in a batch, do the same.

use super::jam::Jam;
use crate::city::demand::link_graph;
use crate::city::{City, Uses};
use crate::paths::{Graph, Search};
use crate::stages::roads::Roads;
use crate::state::State;
use crate::tables::Tables;
use crate::tables::layout::{FLAG_CUT, FLAG_HALTS, FLAG_WANT_LEFT, FLAG_WANT_RIGHT, LANE_CONNECTOR, Vehicle};
use crate::tables::signals::HEADER;
use std::collections::{BTreeMap, BTreeSet};

/// Words of a controller in the state.
const WORDS: usize = 4;

/// Pairs of links between which a class may drive, and the graph of its ways.
struct Open {
    turns: BTreeSet<(u32, u32)>,
    graph: Graph,
}

/// Makes the state one of `t`, whose streets are `city`, in the worlds that go on; `before` are the tables until now.
pub fn enter(jam: &mut Jam, before: &Tables, t: &Tables, city: &City, s: &mut State, worlds: &[usize]) {
    signals(before, t, s);
    let mut of_class: BTreeMap<u32, Open> = BTreeMap::new();
    let mut search = Search::default();
    let mut words = Vec::new();
    let mut led = Vec::new();
    for &world in worlds {
        let (first, end) = (world * t.lane_count(), (world + 1) * t.lane_count());
        for row in s.lane_start[first] as usize..s.lane_start[end] as usize {
            let v = &s.vehicles[row];
            let uses = t.params.classes[(v.traits & 63) as usize].uses;
            let open = of_class.entry(uses).or_insert_with(|| Open::to(t, city, uses));
            if let Some(path) = around(jam, t, s, v, open, &mut search)
                && let Some(cursor) = jam.take_path(s, v, &path, &mut words)
            {
                led.push((row, cursor));
            }
        }
    }
    s.detours.append(&mut words);
    for (row, cursor) in led {
        let v = &mut s.vehicles[row];
        v.cursor = cursor;
        v.traits &= !(FLAG_WANT_LEFT | FLAG_WANT_RIGHT | FLAG_CUT);
    }
    let roads = Roads::of(t, &s.detours);
    for v in &mut s.vehicles {
        let own = t.own(v.lane as usize) as u32;
        v.next = roads.outlook(own, v.cursor, v.key, roads.class(v.traits).uses);
    }
}

/// Puts the signals whose plans differ where they stand by the clock.
fn signals(before: &Tables, t: &Tables, s: &mut State) {
    let controllers = t.params.controllers as usize;
    for c in (0..controllers).filter(|c| plan(before, *c) != plan(t, *c)) {
        for world in 0..t.worlds.len() {
            let at = (world * controllers + c) * WORDS;
            s.phases[at..at + WORDS].copy_from_slice(&t.signals0[c * WORDS..(c + 1) * WORDS]);
        }
    }
}

/// The plan of a controller without the places at which it lies.
fn plan(t: &Tables, controller: usize) -> Vec<u32> {
    let at = t.pool[t.params.controllers_at as usize + controller] as usize;
    let [policy, phases, stride, phases_at, links_at, links, cycle, shift] =
        std::array::from_fn::<u32, HEADER, _>(|word| t.pool[at + word]);
    let part = |from: u32, words: u32| &t.pool[from as usize..(from + words) as usize];
    [&[policy, phases, stride, links, cycle, shift][..], part(phases_at, phases * stride), part(links_at, 2 * links)].concat()
}

impl Open {
    fn to(t: &Tables, city: &City, uses: u32) -> Open {
        let connectors = t.lanes.iter().filter(|lane| lane.flags & LANE_CONNECTOR != 0 && lane.uses & uses != 0);
        let place = |lane: u32| t.lanes[lane as usize].place;
        Open { turns: connectors.map(|c| (place(c.feeder), place(c.exit))).collect(), graph: link_graph(city, &[Uses(uses)]) }
    }
}

/// Another path for a vehicle whose own is closed, from the link it is on or comes to; `None` if it is open, or there is none.
fn around(jam: &Jam, t: &Tables, s: &State, v: &Vehicle, open: &Open, search: &mut Search) -> Option<Vec<u32>> {
    let lane = &t.lanes[t.own(v.lane as usize)];
    let here = if lane.flags & LANE_CONNECTOR == 0 { lane.place } else { t.lanes[lane.exit as usize].place };
    let path = jam.path(&Roads::of(t, &s.detours), here, v.cursor);
    if v.traits & FLAG_HALTS != 0 || path.windows(2).all(|pair| open.turns.contains(&(pair[0], pair[1]))) {
        return None;
    }
    let ways: Vec<u32> = open.turns.range((here, 0)..=(here, u32::MAX)).map(|(_, to)| *to).collect();
    // The last link, or the one before it, and so on.
    for goal in path[1..].iter().rev() {
        let tree = search.towards(&open.graph, *goal, &ways);
        // The first link costs what a search towards it from elsewhere would pay; among the ways out of one link the difference decides.
        let whole = |way: &u32| tree.cost_ms[*way as usize].saturating_add(jam.free_ms(*way));
        let best = ways.iter().copied().filter(|way| tree.cost_ms[*way as usize] != u32::MAX);
        if let Some(best) = best.min_by_key(|way| (whole(way), open.graph.rank(*way))) {
            return Some(std::iter::once(here).chain(tree.path(best)).collect());
        }
    }
    Some(vec![here]).filter(|_| lane.flags & LANE_CONNECTOR == 0 && !ways.is_empty())
}
