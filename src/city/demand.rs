//! Trips of one synthetic day: explicit trips as they are, OD cells sampled by (seed, stable id).
//!
//! The name of a sampled trip is `origin>destination|mode|hh:mm|ordinal`, and its draws hang on that name alone. A cell that grows, a new
//! zone or another order of the file leaves every other trip as it was.
//!
//! Where actions hold for a part of the day, a trip takes the shortest path in the streets of its departure. The link on which it starts or ends
//! is drawn among all those of its zone, so that a closure moves nobody else; who has drawn a closed one takes the nearest that is open, and who has
//! drawn one without a way, say behind a closure, the nearest that has one (`elsewhere`).
//!
//! A sampled trip is never kept: it comes as a [`Wish`] in one of many pieces, and its name is put together again from where it came from.

mod elsewhere;

use super::{ChargePer, City, DayScale, DepartPos, OdCell, Trip, Uses};
use crate::paths::{Charted, Graph, Search};
use crate::random::{self, Purpose};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

/// Trips that are looked at together, about.
pub(super) const PIECE: usize = 16_384;

/// A trip of one day with its key. The name of a sampled one is empty: [`name`] tells it.
#[derive(Clone, Debug)]
pub struct Wish<'a> {
    /// Where it comes from: explicit trips first, then OD cells, then the links of [`City::cruise`].
    pub source: u32,
    /// Its number among those of an OD cell or a link.
    pub ordinal: u32,
    /// [`random::key_of`] its name.
    pub key: u32,
    /// The trip.
    pub trip: Cow<'a, Trip>,
}

/// All classes of the mode may drive the same ways.
const ALIKE: u32 = u32::MAX;

/// Class of a trip: drawn from its mode's mix by its key.
#[must_use]
#[expect(clippy::cast_sign_loss, reason = "weights are positive")]
pub fn class_of(mode: &super::Mode, word: u32, key: u32) -> usize {
    let total: f64 = mode.mix.iter().map(|m| m.1).sum();
    let share = |w: f64| (w / total * 65536.0).round() as u32;
    let mut draw = random::mulhi(random::pcg4d(word, key, 0, Purpose::Driver as u32).w, mode.mix.iter().map(|m| share(m.1)).sum());
    for (class, weight) in &mode.mix {
        if draw < share(*weight) {
            return *class;
        }
        draw -= share(*weight);
    }
    mode.mix.last().map_or(0, |m| m.0)
}

/// May all classes of a mode drive wherever one of them may?
fn alike(city: &City, mode: usize) -> bool {
    let uses = mode_uses(city, mode);
    let open = |m: &super::Movement, one: Uses| {
        [m.allowed, city.lanes[m.from_lane].allowed, city.lanes[m.to_lane].allowed].iter().all(|a| a.meets(one))
    };
    city.movements.iter().all(|m| uses.iter().all(|one| open(m, *one) == open(m, uses[0])))
}

/// A trip before its path is known.
struct Draft {
    /// Index of its OD cell, number in it, key of its name.
    cell: u32,
    ordinal: u32,
    key: u32,
    mode: u32,
    /// Stretch of time of its departure, as in [`City::stretch_at`].
    stretch: u32,
    /// Its class, where not all of its mode may drive everywhere; else [`ALIKE`].
    class: u32,
    depart_ms: u64,
    /// Links it starts and ends on.
    ends: [u32; 2],
}

/// The name of a trip.
#[must_use]
pub fn name(city: &City, source: u32, ordinal: u32) -> Cow<'_, str> {
    let at = source as usize;
    let (cells_at, links_at) = (city.trips.len(), city.trips.len() + city.od.len());
    match city.trips.get(at) {
        Some(trip) => Cow::Borrowed(&trip.id),
        None if at < links_at => Cow::Owned(format!("{}|{ordinal}", cell_name(city, &city.od[at - cells_at]))),
        None => Cow::Owned(format!("{}|{ordinal}", city.links[at - links_at].id)),
    }
}

/// Mode, origin and destination of the trips of a source.
#[must_use]
pub fn ends(city: &City, source: u32) -> (usize, Option<usize>, Option<usize>) {
    let at = source as usize;
    if let Some(trip) = city.trips.get(at) {
        return (trip.mode, trip.origin, trip.destination);
    }
    city.od.get(at - city.trips.len()).map_or((0, None, None), |cell| (cell.mode, Some(cell.origin), Some(cell.destination)))
}

/// Do the trips of a source drive a path that was found here, and not one that was given?
#[must_use]
pub fn searched(city: &City, source: u32) -> bool {
    let at = source as usize;
    city.trips.get(at).map_or_else(|| at < city.trips.len() + city.od.len(), |trip| trip.searched)
}

/// All trips of world `seed` that depart in [`from_s`, `to_s`), sorted by (depart, id). Explicit trips keep their path; OD trips get the
/// shortest path at free flow that their mode may use. The draws of a trip depend on its id alone: a cell that grows leaves all other trips
/// unchanged. **A trip without any path has an empty one.** Sampled trips end in the middle of their last link.
#[must_use]
pub fn sample(city: &City, seed: u64, from_s: f64, to_s: f64) -> Vec<Trip> {
    let mut trips = Vec::new();
    let named = |wish: Wish<'_>| Trip { id: name(city, wish.source, wish.ordinal).into_owned(), ..wish.trip.into_owned() };
    wishes(city, seed, [from_s, to_s], &mut |piece| trips.extend(piece.into_iter().map(named)));
    trips.sort_by(|a, b| a.depart_s.total_cmp(&b.depart_s).then_with(|| a.id.cmp(&b.id)));
    trips
}

/// No more trips than these depart in a span.
#[must_use]
pub fn at_most(city: &City, span_s: [f64; 2]) -> usize {
    let explicit = city.trips.iter().filter(|trip| trip.depart_s >= span_s[0] && trip.depart_s < span_s[1]).count();
    explicit + sampled_at_most(city, span_s) + city.cruise.map_or(0, |cruise| cruise.rounds as usize * city.links.len())
}

/// Cells of which some part lies in a span, with their indices.
fn cells(city: &City, span_s: [f64; 2]) -> impl Iterator<Item = (u32, &OdCell)> {
    let all = city.od.iter().enumerate().map(|(index, cell)| (index as u32, cell));
    all.filter(move |(_, cell)| cell.from_s < span_s[1] && cell.to_s > span_s[0] && cell.trips > 0.0)
}

/// No more trips than these come out of these cells.
#[expect(clippy::cast_sign_loss, reason = "cells are positive")]
fn sampled_at_most(city: &City, span_s: [f64; 2]) -> usize {
    cells(city, span_s).map(|(_, cell)| cell.trips.min(1e9) as usize + 1).sum()
}

/// The same piece by piece and in no order that means anything, so that they are never all in memory.
pub fn wishes<'a>(city: &'a City, seed: u64, span_s: [f64; 2], take: &mut dyn FnMut(Vec<Wish<'a>>)) {
    let inside = |depart_s: f64| depart_s >= span_s[0] && depart_s < span_s[1];
    for (number, piece) in city.trips.chunks(PIECE).enumerate() {
        let wish = |(at, trip): (usize, &'a Trip)| {
            let source = (number * PIECE + at) as u32;
            inside(trip.depart_s).then(|| Wish { source, ordinal: 0, key: random::key_of(&trip.id), trip: Cow::Borrowed(trip) })
        };
        take(piece.iter().enumerate().filter_map(wish).collect());
    }
    let word = random::world_seed(seed);
    let mut drafts = Vec::with_capacity(sampled_at_most(city, span_s));
    let factor = factor(city.scale, word);
    for cell in cells(city, span_s) {
        draw_cell(city, (word, factor), cell, &mut drafts);
    }
    let mut mixed: BTreeMap<(u32, u32), bool> = BTreeMap::new();
    for draft in &mut drafts {
        let streets = city.stretch(draft.stretch as usize);
        if !*mixed.entry((draft.mode, draft.stretch)).or_insert_with(|| alike(streets, draft.mode as usize)) {
            draft.class = class_of(&city.modes[draft.mode as usize], word, draft.key) as u32;
        }
    }
    drafts.retain(|draft| inside(seconds(draft.depart_ms)));
    with_paths(city, word, drafts, take);
    if let Some(cruise) = &city.cruise {
        cruise.wishes(city, &inside, take);
    }
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
#[must_use]
#[expect(clippy::cast_sign_loss, reason = "clamped to 0..2^32")]
pub fn chance(share: f64) -> u64 {
    (share * 4_294_967_296.0).round().clamp(0.0, 4_294_967_296.0) as u64
}

/// The name of a cell: its zones, its mode and the time at which it begins.
fn cell_name(city: &City, cell: &OdCell) -> String {
    let start_s = whole_ms(cell.from_s) / 1000;
    let (hour, minute, second) = (start_s / 3600, start_s / 60 % 60, start_s % 60);
    let clock = if second == 0 { format!("{hour:02}:{minute:02}") } else { format!("{hour:02}:{minute:02}:{second:02}") };
    let (from, to, mode) = (&city.zones[cell.origin].id, &city.zones[cell.destination].id, &city.modes[cell.mode].id);
    let tag = if cell.tag == 0 { String::new() } else { format!("+{}", cell.tag) };
    format!("{from}>{to}|{mode}|{clock}{tag}")
}

/// The words by which a trip draws the links on which it starts and ends.
fn places(seed: u32, key: u32) -> [u32; 2] {
    let draw = random::pcg4d(seed, key, 0, Purpose::Demand as u32);
    [draw.w, draw.y]
}

/// The link of a zone that is drawn by a word.
fn drawn(links: &[usize], word: u32) -> usize {
    links[random::mulhi(word, u32::try_from(links.len()).unwrap_or(u32::MAX)) as usize]
}

/// The link of a zone that is drawn; if no class of a mode may use it, the nearest of the zone that one may.
fn pick(streets: &City, links: &[usize], word: u32, mode: usize) -> u32 {
    let uses = streets.modes[mode].mix.iter().fold(Uses::NONE, |all, part| all.with(streets.classes[part.0].uses));
    let open = |link: usize| streets.links[link].lanes.clone().any(|lane| streets.lanes[lane].allowed.meets(uses));
    let drawn = drawn(links, word);
    if open(drawn) {
        return drawn as u32;
    }
    let all = links.iter().copied().filter(|link| open(*link));
    all.min_by(|a, b| elsewhere::nearer(streets, drawn, *a, *b)).unwrap_or(drawn) as u32
}

/// The factor of a day.
fn factor(scale: DayScale, seed: u32) -> f64 {
    let words = [0, 1].map(|n| random::pcg4d(seed, 0, n, Purpose::Day as u32));
    let share = f64::from(words[0].w) / 4_294_967_296.0;
    match scale {
        DayScale::Same => 1.0,
        // The sum of eight 16-bit words has mean 262,140 and deviation 53,509.9.
        DayScale::Normal([mean, deviation]) => {
            let halves = [words[0].w, words[0].y, words[1].w, words[1].y].map(|word| (word & 0xffff) + (word >> 16));
            (mean + deviation * (f64::from(halves.iter().sum::<u32>()) - 262_140.0) / 53_509.9).max(0.0)
        }
        DayScale::Uniform([from, to]) => from + (to - from) * share,
        DayScale::Triangular([from, likely, to]) => {
            let (whole, rise) = ((to - from).max(1e-12), likely - from);
            if share * whole < rise { from + (share * whole * rise).sqrt() } else { to - ((1.0 - share) * whole * (to - likely)).sqrt() }
        }
    }
}

/// The trips of one cell: as many as expected, the fraction by chance.
fn draw_cell(city: &City, (seed, factor): (u32, f64), (index, cell): (u32, &OdCell), drafts: &mut Vec<Draft>) {
    let (origins, destinations) = (&city.zones[cell.origin].origins, &city.zones[cell.destination].destinations);
    if origins.is_empty() || destinations.is_empty() {
        return;
    }
    let mut id = cell_name(city, cell);
    let expected = cell.trips * factor;
    let whole = expected.floor().min(1e9);
    let draw = random::pcg4d(seed, random::key_of(&id), 0, Purpose::Demand as u32);
    let count = whole_ms(whole / 1000.0) + u64::from(u64::from(draw.w) < chance(expected - whole));
    let (from_ms, span_ms) = (whole_ms(cell.from_s), whole_ms(cell.to_s - cell.from_s));
    id.push('|');
    let stem = id.len();
    for ordinal in 0..count {
        id.truncate(stem);
        write!(id, "{ordinal}").ok();
        let key = random::key_of(&id);
        let departure = random::pcg4d(seed, key, 0, Purpose::Departure as u32);
        let places = places(seed, key);
        let depart_ms = from_ms + ((u64::from(departure.w) * span_ms) >> 32);
        let at_s = seconds(depart_ms);
        let stays = |(span, share): &([f64; 2], f64)| !(span[0]..span[1]).contains(&at_s) || u64::from(departure.y) < chance(*share);
        if !cell.keep.iter().all(stays) {
            continue;
        }
        let stretch = city.stretch_at(at_s);
        let streets = city.stretch(stretch);
        drafts.push(Draft {
            cell: index,
            ordinal: ordinal as u32,
            key,
            mode: cell.mode as u32,
            stretch: stretch as u32,
            class: ALIKE,
            depart_ms,
            ends: [pick(streets, origins, places[0], cell.mode), pick(streets, destinations, places[1], cell.mode)],
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
    graph(city, uses, &[])
}

/// The same for a mode, with what it pays: open to every class of it.
#[must_use]
pub fn mode_graph(city: &City, mode: usize) -> Graph {
    class_graph(city, mode, ALIKE)
}

/// The same for one class of a mode, or for all (`ALIKE`).
#[must_use]
pub fn class_graph(city: &City, mode: usize, class: u32) -> Graph {
    let paid: Vec<Toll> =
        city.charges.iter().filter(|charge| charge.modes.is_empty() || charge.modes.contains(&mode)).map(Toll::of).collect();
    graph(city, &class_uses(city, mode, class), &paid)
}

/// What must be admitted for one class of a mode, or for all.
fn class_uses(city: &City, mode: usize, class: u32) -> Vec<Uses> {
    if class == ALIKE { mode_uses(city, mode) } else { vec![city.classes[class as usize].uses] }
}

/// A charge as time.
struct Toll {
    links: std::collections::BTreeSet<usize>,
    ms: f64,
    per: ChargePer,
}

impl Toll {
    fn of(charge: &super::Charge) -> Toll {
        let ms = charge.fee / super::alter::VALUE_OF_TIME_PER_H * 3_600_000.0;
        Toll { links: charge.links.iter().copied().collect(), ms, per: charge.per }
    }

    /// What it adds to a way from one link to the next \[ms\].
    fn ms(&self, city: &City, from: usize, to: usize) -> f64 {
        self.ms * self.share(city, from, to)
    }

    /// How often the fee is paid on a way from one link to the next.
    fn share(&self, city: &City, from: usize, to: usize) -> f64 {
        match (self.links.contains(&to), self.per) {
            (false, _) => 0.0,
            (true, ChargePer::Km) => city.links[to].length_m / 1000.0,
            (true, ChargePer::Entry | ChargePer::Day) => f64::from(u8::from(!self.links.contains(&from))),
        }
    }
}

/// What a way costs who drives it in a mode, by the charges in force when he departs \[1/1000 of the study's money\].
#[must_use]
#[expect(clippy::cast_sign_loss, reason = "fees are positive")]
pub fn paid_mills(city: &City, mode: usize, depart_s: f64, path: impl Iterator<Item = usize>) -> u32 {
    let streets = city.stretch(city.stretch_at(depart_s));
    if streets.charges.is_empty() {
        return 0;
    }
    let links: Vec<usize> = path.collect();
    let paid = |charge: &super::Charge| -> f64 {
        let toll = Toll::of(charge);
        if charge.per == ChargePer::Day {
            return if links.iter().any(|link| toll.links.contains(link)) { charge.fee } else { 0.0 };
        }
        links.windows(2).map(|pair| toll.share(streets, pair[0], pair[1]) * charge.fee).sum()
    };
    let pays = |charge: &&super::Charge| charge.modes.is_empty() || charge.modes.contains(&mode);
    let money: f64 = streets.charges.iter().filter(pays).map(paid).sum();
    (money * 1000.0).round().clamp(0.0, 4e9) as u32
}

/// Time over a length at a speed \[ms\].
fn time_ms(length_m: f64, speed_mps: f64) -> u32 {
    whole_ms(length_m / speed_mps.max(0.1)).clamp(1, u64::from(LONGEST_MS)) as u32
}

/// Time on a link at free speed \[ms\], as in [`link_graph`].
#[must_use]
pub fn free_ms(link: &super::Link) -> u32 {
    time_ms(link.length_m, link.free_speed_mps)
}

/// No link counts as longer than this \[ms\]: eleven days.
pub const LONGEST_MS: u32 = 1_000_000_000;

#[expect(clippy::cast_sign_loss, reason = "tolls are clamped to positive numbers")]
fn graph(city: &City, uses: &[Uses], tolls: &[Toll]) -> Graph {
    let mut by_id: Vec<usize> = (0..city.links.len()).collect();
    by_id.sort_by(|a, b| city.links[*a].id.cmp(&city.links[*b].id));
    let mut rank = vec![0; city.links.len()];
    for (place, &link) in by_id.iter().enumerate() {
        rank[link] = place as u32;
    }
    let link_ms: Vec<u32> = city.links.iter().map(free_ms).collect();
    let open = |m: &&super::Movement| {
        uses.iter().all(|&one| [m.allowed, city.lanes[m.from_lane].allowed, city.lanes[m.to_lane].allowed].iter().all(|a| a.meets(one)))
    };
    let arcs: Vec<(u32, u32, u32)> = (city.movements.iter().filter(open))
        .map(|m| {
            let (from, to) = (city.lanes[m.from_lane].link, city.lanes[m.to_lane].link);
            let toll_ms: f64 = tolls.iter().map(|toll| toll.ms(city, from, to)).sum();
            (from as u32, to as u32, time_ms(m.length_m, m.speed_mps) + link_ms[to] + toll_ms.clamp(0.0, 1e9).round() as u32)
        })
        .collect();
    Graph::new(rank, &arcs)
}

/// Drafts with their paths: one search a destination link, shared by all who go there.
fn with_paths<'a>(city: &City, word: u32, mut drafts: Vec<Draft>, take: &mut dyn FnMut(Vec<Wish<'a>>)) {
    let kind = |draft: &Draft| (draft.mode, draft.stretch, draft.class);
    let goal = |draft: &Draft| (kind(draft), draft.ends[1]);
    drafts.par_sort_unstable_by_key(|draft| (goal(draft), draft.ends[0], draft.cell, draft.ordinal));
    let mut graphs: BTreeMap<(u32, u32, u32), Arc<Charted>> = BTreeMap::new();
    let mut lost: Vec<&Draft> = Vec::new();
    let mut groups = drafts.chunk_by(|a, b| goal(a) == goal(b)).peekable();
    while groups.peek().is_some() {
        let (mut piece, mut many) = (Vec::new(), 0);
        while let Some(group) = groups.next_if(|_| many < PIECE) {
            let (mode, stretch, class) = kind(&group[0]);
            graphs
                .entry(kind(&group[0]))
                .or_insert_with(|| city.atlas.chart(class_graph(city.stretch(stretch as usize), mode as usize, class)));
            many += group.len();
            piece.push(group);
        }
        let found = piece.par_iter().map_init(Search::default, |search, group| of_group(city, &graphs[&kind(&group[0])], search, group));
        let found: Vec<(Vec<Wish<'a>>, Vec<&Draft>)> = found.collect();
        let mut wishes = Vec::with_capacity(many);
        for (led, none) in found {
            wishes.extend(led);
            lost.extend(none);
        }
        take(wishes);
    }
    if !lost.is_empty() {
        take(elsewhere::lead(city, word, &graphs, lost));
    }
}

/// The trips to one link, sorted by where they start, and those without a way.
fn of_group<'a, 'd>(city: &City, ways: &Charted, search: &mut Search, group: &'d [Draft]) -> (Vec<Wish<'a>>, Vec<&'d Draft>) {
    let mut starts: Vec<u32> = group.iter().map(|draft| draft.ends[0]).collect();
    starts.dedup();
    let goal = group[0].ends[1];
    let kept = ways.kept(search, goal);
    let tree = match &kept {
        Some(tree) => tree,
        None => search.towards(&ways.graph, goal, &starts),
    };
    let mut way: (u32, Arc<Vec<usize>>) = (u32::MAX, Arc::default());
    let (mut led, mut lost) = (Vec::with_capacity(group.len()), Vec::new());
    for draft in group {
        let start = draft.ends[0];
        if way.0 != start {
            way = (start, Arc::new(tree.path(start).into_iter().map(|link| link as usize).collect()));
        }
        if way.1.is_empty() {
            lost.push(draft);
        } else {
            led.push(draft.wish(city, Arc::clone(&way.1)));
        }
    }
    (led, lost)
}

impl Draft {
    /// The trip on its path; without one it never enters.
    fn wish<'a>(&self, city: &City, path: Arc<Vec<usize>>) -> Wish<'a> {
        let cell = &city.od[self.cell as usize];
        let goal = path.last().copied().unwrap_or(self.ends[1] as usize);
        let trip = Trip {
            path,
            arrive_pos_m: Some(city.links[goal].length_m * 0.5),
            mode: cell.mode,
            depart_s: seconds(self.depart_ms),
            depart_pos: DepartPos::Base,
            origin: Some(cell.origin),
            destination: Some(cell.destination),
            ..Trip::default()
        };
        Wish { source: city.trips.len() as u32 + self.cell, ordinal: self.ordinal, key: self.key, trip: Cow::Owned(trip) }
    }
}

/// Leads listed trips around what is closed when they depart, on the shortest path between their ends. Who starts or ends on a closed link, or
/// halts on the way, keeps his path: he is not let in, and counted.
pub fn around(city: &mut City) {
    let mut open: BTreeMap<(usize, usize), std::collections::BTreeSet<(usize, usize)>> = BTreeMap::new();
    let mut graphs: BTreeMap<(usize, usize), Graph> = BTreeMap::new();
    let mut search = Search::default();
    let mut found = Vec::new();
    for (index, trip) in city.trips.iter().enumerate().filter(|(_, trip)| trip.halts.is_empty()) {
        let stretch = city.stretch_at(trip.depart_s);
        let streets = city.stretch(stretch);
        let turns = open.entry((trip.mode, stretch)).or_insert_with(|| open_turns(streets, &mode_uses(streets, trip.mode)));
        if trip.path.windows(2).all(|pair| turns.contains(&(pair[0], pair[1]))) {
            continue;
        }
        let graph = graphs.entry((trip.mode, stretch)).or_insert_with(|| mode_graph(streets, trip.mode));
        let (Some(first), Some(last)) = (trip.path.first(), trip.path.last()) else { continue };
        let tree = search.towards(graph, *last as u32, &[*first as u32]);
        let path = tree.path(*first as u32);
        if !path.is_empty() {
            found.push((index, Arc::new(path.into_iter().map(|link| link as usize).collect())));
        }
    }
    for (index, path) in found {
        city.trips[index].path = path;
    }
}

/// Pairs of links between which all of these may drive.
fn open_turns(city: &City, uses: &[Uses]) -> std::collections::BTreeSet<(usize, usize)> {
    let open = |m: &&super::Movement| uses.iter().all(|&one| [m.allowed, city.lanes[m.to_lane].allowed].iter().all(|a| a.meets(one)));
    city.movements.iter().filter(open).map(|m| (city.lanes[m.from_lane].link, city.lanes[m.to_lane].link)).collect()
}
