//! Trips whose links, as drawn, no way joins: they start or end on the nearest link that has one, as who lives behind a closure walks to the next
//! street.
//!
//! Links are tried in the order of their distance from the one drawn, those of the same zone first. If the one drawn is closed, those follow that
//! meet it at its corners, of whatever zone. For each last link in turn the first links in turn. All of it hangs on the name of the trip alone.
//! Whoever is joined to none of these is left without a path.

use super::Wish;
use super::{City, Draft, class_uses, drawn, places};
use crate::paths::{Charted, Graph, Search};
use rayon::prelude::*;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Mode, stretch of time and class, as of the graphs.
type Kind = (u32, u32, u32);

/// The same trips on ways between other links of their zones.
pub(super) fn lead<'a>(city: &City, word: u32, graphs: &BTreeMap<Kind, Arc<Charted>>, lost: Vec<&Draft>) -> Vec<Wish<'a>> {
    let mut groups: BTreeMap<(Kind, usize), Vec<&Draft>> = BTreeMap::new();
    for draft in lost {
        let to = city.od[draft.cell as usize].destination;
        groups.entry(((draft.mode, draft.stretch, draft.class), to)).or_default().push(draft);
    }
    let groups: Vec<_> = groups.into_iter().collect();
    let led = groups.into_par_iter().map_init(Search::default, |search, ((kind, to), drafts)| {
        Zone { city, word, graph: &graphs[&kind].graph, kind, to }.lead(search, drafts)
    });
    led.collect::<Vec<_>>().into_iter().flatten().collect()
}

/// Which of two links is nearer to another, or is it; among equals the smaller number.
pub(super) fn nearer(city: &City, from: usize, a: usize, b: usize) -> Ordering {
    // Middles of the straight lines between ends, doubled; squares of distances are compared, so no root is taken.
    let middle = |link: usize| {
        let [start, end] = [city.links[link].from, city.links[link].to].map(|node| city.nodes[node].at_m);
        [start[0] + end[0], start[1] + end[1]]
    };
    let at = middle(from);
    let far = |link: usize| {
        let [x, y] = middle(link);
        (x - at[0]) * (x - at[0]) + (y - at[1]) * (y - at[1])
    };
    (a != from).cmp(&(b != from)).then(far(a).total_cmp(&far(b))).then(a.cmp(&b))
}

/// All who go to one zone in one way.
struct Zone<'a> {
    city: &'a City,
    word: u32,
    graph: &'a Graph,
    kind: Kind,
    /// Destination.
    to: usize,
}

impl Zone<'_> {
    fn lead<'w>(&self, search: &mut Search, mut drafts: Vec<&Draft>) -> Vec<Wish<'w>> {
        // Who has drawn the same last link shares its search.
        drafts.sort_by_key(|draft| (draft.ends[1], draft.cell, draft.ordinal));
        // By zone of origin, none for the destination, and the link that was drawn.
        let mut known = BTreeMap::new();
        let mut tried = |zone: Option<usize>, word: u32| -> Arc<Vec<usize>> {
            let links = zone.map_or(&self.city.zones[self.to].destinations, |zone| &self.city.zones[zone].origins);
            let drawn = drawn(links, word);
            Arc::clone(known.entry((zone, drawn)).or_insert_with(|| Arc::new(self.tried(links, drawn))))
        };
        let ends: Vec<[Arc<Vec<usize>>; 2]> = drafts
            .iter()
            .map(|draft| {
                let [first, last] = places(self.word, draft.key);
                [tried(Some(self.city.od[draft.cell as usize].origin), first), tried(None, last)]
            })
            .collect();
        let all = |which: usize| {
            let mut links: Vec<u32> = ends.iter().flat_map(|ends| ends[which].iter()).map(|link| *link as u32).collect();
            links.sort_unstable();
            links.dedup();
            links
        };
        let near = self.graph.reaching(&all(1));
        let starts = all(0).into_iter().filter(|link| near[*link as usize]).collect();
        let mut ways = Ways { graph: self.graph, search, starts, known: BTreeMap::new() };
        drafts.into_iter().zip(&ends).map(|(draft, ends)| draft.wish(self.city, way(ends, &near, &mut ways))).collect()
    }

    /// Open links for an end that was drawn, in the order in which they are tried.
    fn tried(&self, links: &[usize], drawn: usize) -> Vec<usize> {
        let sorted = |mut links: Vec<usize>| {
            links.retain(|link| self.open(*link));
            links.sort_by(|a, b| nearer(self.city, drawn, *a, *b));
            links.dedup();
            links
        };
        let mut all = sorted(links.to_vec());
        if !self.open(drawn) {
            let corners = |link: usize| [self.city.links[link].from, self.city.links[link].to];
            let meets = |link: &usize| corners(*link).iter().any(|node| corners(drawn).contains(node));
            all.extend(sorted((0..self.city.links.len()).filter(meets).filter(|link| !links.contains(link)).collect()));
        }
        all
    }

    /// May they drive on some lane of a link?
    fn open(&self, link: usize) -> bool {
        let (mode, stretch, class) = self.kind;
        let streets = self.city.stretch(stretch as usize);
        let admits = |uses: &crate::city::Uses| streets.links[link].lanes.clone().any(|lane| streets.lanes[lane].allowed.meets(*uses));
        class_uses(streets, mode as usize, class).iter().all(admits)
    }
}

/// The first way in turn; from a link to itself only where there is no other.
fn way([starts, goals]: &[Arc<Vec<usize>>; 2], near: &[bool], ways: &mut Ways) -> Arc<Vec<usize>> {
    let mut none = Arc::default();
    for goal in goals.iter().map(|link| *link as u32) {
        for start in starts.iter().filter(|link| near[**link]).map(|link| *link as u32) {
            let way = ways.of(start, goal);
            if start != goal && !way.is_empty() {
                return way;
            }
            if start == goal && none == Arc::default() {
                none = way;
            }
        }
    }
    none
}

/// Ways that were asked for.
struct Ways<'a> {
    graph: &'a Graph,
    search: &'a mut Search,
    /// All links from which some are.
    starts: Vec<u32>,
    /// By goal: of each start.
    known: BTreeMap<u32, BTreeMap<u32, Arc<Vec<usize>>>>,
}

impl Ways<'_> {
    /// The way from a link to another; empty where there is none.
    fn of(&mut self, start: u32, goal: u32) -> Arc<Vec<usize>> {
        let all = self.known.entry(goal).or_insert_with(|| {
            let tree = self.search.towards(self.graph, goal, &self.starts);
            let way = |start: &u32| (*start, Arc::new(tree.path(*start).into_iter().map(|link| link as usize).collect()));
            self.starts.iter().map(way).collect()
        });
        all.get(&start).cloned().unwrap_or_default()
    }
}
