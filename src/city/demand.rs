//! Trips of one synthetic day: explicit trips as they are, OD cells sampled by (seed, stable id).
//!
//! The name of a sampled trip is `origin>destination|mode|hh:mm|ordinal`, and its draws hang on that name alone. A cell that grows, a new
//! zone or another order of the file leaves every other trip as it was.

use super::{City, DepartPos, OdCell, Trip, Uses};
use crate::paths::{Graph, Search};
use crate::random::{self, Purpose};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Paths to one goal by their first link.
type Ways = BTreeMap<usize, Arc<Vec<usize>>>;

/// A trip before its path is known.
struct Draft {
    id: String,
    mode: usize,
    depart_ms: u64,
    /// Links it starts and ends on, zones it starts and ends in.
    ends: (usize, usize),
    zones: (usize, usize),
}

/// All trips of world `seed` that depart in [`from_s`, `to_s`), sorted by (depart, id). Explicit trips keep their path; OD trips get the
/// shortest path at free flow that their mode may use. The draws of a trip depend on its id alone: a cell that grows leaves all other trips
/// unchanged. **A trip without any path has an empty one.** Sampled trips end in the middle of their last link.
#[must_use]
pub fn sample(city: &City, seed: u64, from_s: f64, to_s: f64) -> Vec<Trip> {
    let inside = |depart_s: f64| depart_s >= from_s && depart_s < to_s;
    let mut trips: Vec<Trip> = city.trips.iter().filter(|trip| inside(trip.depart_s)).cloned().collect();
    let word = random::world_seed(seed);
    let mut drafts = Vec::new();
    for cell in city.od.iter().filter(|cell| cell.from_s < to_s && cell.to_s > from_s && cell.trips > 0.0) {
        draw_cell(city, word, cell, &mut drafts);
    }
    drafts.retain(|draft| inside(seconds(draft.depart_ms)));
    trips.extend(with_paths(city, drafts));
    trips.sort_by(|a, b| a.depart_s.total_cmp(&b.depart_s).then_with(|| a.id.cmp(&b.id)));
    trips
}

/// Whole milliseconds as seconds.
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}

/// A time of day \[s\] in whole milliseconds.
#[expect(clippy::cast_sign_loss, reason = "clamped to the days of a run")]
fn whole_ms(s: f64) -> u64 {
    (s * 1000.0).round().clamp(0.0, 1e12) as u64
}

/// Part of 2^32 that lies below a share of 0..1.
#[expect(clippy::cast_sign_loss, reason = "clamped to 0..2^32")]
fn chance(share: f64) -> u64 {
    (share * 4_294_967_296.0).round().clamp(0.0, 4_294_967_296.0) as u64
}

/// The name of a cell: its zones, its mode and the time at which it begins.
fn cell_name(city: &City, cell: &OdCell) -> String {
    let start_s = whole_ms(cell.from_s) / 1000;
    let (hour, minute, second) = (start_s / 3600, start_s / 60 % 60, start_s % 60);
    let clock = if second == 0 { format!("{hour:02}:{minute:02}") } else { format!("{hour:02}:{minute:02}:{second:02}") };
    let (from, to, mode) = (&city.zones[cell.origin].id, &city.zones[cell.destination].id, &city.modes[cell.mode].id);
    format!("{from}>{to}|{mode}|{clock}")
}

/// The trips of one cell: as many as expected, the fraction by chance.
fn draw_cell(city: &City, seed: u32, cell: &OdCell, drafts: &mut Vec<Draft>) {
    let (origins, destinations) = (&city.zones[cell.origin].origins, &city.zones[cell.destination].destinations);
    if origins.is_empty() || destinations.is_empty() {
        return;
    }
    let name = cell_name(city, cell);
    let whole = cell.trips.floor().min(1e9);
    let draw = random::pcg4d(seed, random::key_of(&name), 0, Purpose::Demand as u32);
    let count = whole_ms(whole / 1000.0) + u64::from(u64::from(draw.w) < chance(cell.trips - whole));
    let (from_ms, span_ms) = (whole_ms(cell.from_s), whole_ms(cell.to_s - cell.from_s));
    for ordinal in 0..count {
        let id = format!("{name}|{ordinal}");
        let key = random::key_of(&id);
        let departure = random::pcg4d(seed, key, 0, Purpose::Departure as u32);
        let places = random::pcg4d(seed, key, 0, Purpose::Demand as u32);
        let pick = |links: &[usize], word: u32| links[random::mulhi(word, u32::try_from(links.len()).unwrap_or(u32::MAX)) as usize];
        drafts.push(Draft {
            id,
            mode: cell.mode,
            depart_ms: from_ms + ((u64::from(departure.w) * span_ms) >> 32),
            ends: (pick(origins, places.w), pick(destinations, places.y)),
            zones: (cell.origin, cell.destination),
        });
    }
}

/// What a mode may drive on: every class of its mix must be admitted.
fn mode_uses(city: &City, mode: usize) -> Vec<Uses> {
    city.modes[mode].mix.iter().filter(|part| part.1 > 0.0).map(|part| city.classes[part.0].uses).collect()
}

/// The links of a city as nodes, its movements as arcs, open to all of `uses`. Cost of an arc: the movement and the link behind it at free
/// speed \[ms\].
#[must_use]
pub fn link_graph(city: &City, uses: &[Uses]) -> Graph {
    let mut by_id: Vec<usize> = (0..city.links.len()).collect();
    by_id.sort_by(|a, b| city.links[*a].id.cmp(&city.links[*b].id));
    let mut rank = vec![0; city.links.len()];
    for (place, &link) in by_id.iter().enumerate() {
        rank[link] = place as u32;
    }
    let time_ms = |length_m: f64, speed_mps: f64| whole_ms(length_m / speed_mps.max(0.1)).clamp(1, 1_000_000_000) as u32;
    let link_ms: Vec<u32> = city.links.iter().map(|l| time_ms(l.length_m, l.free_speed_mps)).collect();
    let open = |m: &&super::Movement| {
        uses.iter().all(|&one| [m.allowed, city.lanes[m.from_lane].allowed, city.lanes[m.to_lane].allowed].iter().all(|a| a.meets(one)))
    };
    let arcs: Vec<(u32, u32, u32)> = (city.movements.iter().filter(open))
        .map(|m| {
            let (from, to) = (city.lanes[m.from_lane].link, city.lanes[m.to_lane].link);
            (from as u32, to as u32, time_ms(m.length_m, m.speed_mps) + link_ms[to])
        })
        .collect();
    Graph::new(rank, &arcs)
}

/// Drafts with their paths: one search a destination link, shared by all who go there.
fn with_paths(city: &City, drafts: Vec<Draft>) -> Vec<Trip> {
    let mut modes: Vec<usize> = drafts.iter().map(|draft| draft.mode).collect();
    modes.sort_unstable();
    modes.dedup();
    let graphs: BTreeMap<usize, Graph> = modes.into_iter().map(|mode| (mode, link_graph(city, &mode_uses(city, mode)))).collect();
    let mut wanted: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for draft in &drafts {
        wanted.entry((draft.mode, draft.ends.1)).or_default().push(draft.ends.0);
    }
    let wanted: Vec<_> = wanted.into_iter().collect();
    let found: Vec<Ways> = wanted
        .par_iter()
        .map_init(Search::default, |search, ((mode, goal), starts)| {
            let tree = search.tree(&graphs[mode], *goal as u32);
            let mut starts = starts.clone();
            starts.sort_unstable();
            starts.dedup();
            let way = |start: usize| Arc::new(tree.path(start as u32).into_iter().map(|link| link as usize).collect());
            starts.into_iter().map(|start| (start, way(start))).collect()
        })
        .collect();
    let paths: BTreeMap<(usize, usize), Ways> = wanted.into_iter().map(|(key, _)| key).zip(found).collect();
    let trip = |draft: Draft| Trip {
        path: Arc::clone(&paths[&(draft.mode, draft.ends.1)][&draft.ends.0]),
        arrive_pos_m: Some(city.links[draft.ends.1].length_m * 0.5),
        id: draft.id,
        mode: draft.mode,
        depart_s: seconds(draft.depart_ms),
        depart_pos: DepartPos::Base,
        origin: Some(draft.zones.0),
        destination: Some(draft.zones.1),
        ..Trip::default()
    };
    drafts.into_iter().map(trip).collect()
}
