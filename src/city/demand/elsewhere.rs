//! Trips whose links, as drawn, no way joins: they start or end on the next link of the same zone that has one, as who lives behind a closure
//! walks to the next street.
//!
//! The links of a zone are tried from the one drawn on, the last link first: for each of them in turn the links of the origin in turn. All of it
//! hangs on the name of the trip alone. A zone of which no link is joined to any of the other leaves the trip without a path.

use super::Wish;
use super::{City, Draft, class_uses, in_turn, places};
use crate::paths::{Charted, Graph, Search};
use rayon::prelude::*;
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
        let goals: Vec<u32> = self.city.zones[self.to].destinations.iter().filter(|link| self.open(**link)).map(|l| *l as u32).collect();
        let near = self.graph.reaching(&goals);
        // Who has drawn the same last link shares its search.
        drafts.sort_by_key(|draft| (draft.ends[1], draft.cell, draft.ordinal));
        let mut starts: Vec<u32> =
            drafts.iter().flat_map(|draft| self.origins(draft)).map(|l| *l as u32).filter(|l| near[*l as usize]).collect();
        starts.sort_unstable();
        starts.dedup();
        let mut ways = Ways { graph: self.graph, search, starts, known: BTreeMap::new() };
        drafts.into_iter().map(|draft| draft.wish(self.city, self.way(draft, &near, &mut ways))).collect()
    }

    fn origins(&self, draft: &Draft) -> &[usize] {
        &self.city.zones[self.city.od[draft.cell as usize].origin].origins
    }

    /// May they drive on some lane of a link?
    fn open(&self, link: usize) -> bool {
        let (mode, stretch, class) = self.kind;
        let streets = self.city.stretch(stretch as usize);
        let admits = |uses: &crate::city::Uses| streets.links[link].lanes.clone().any(|lane| streets.lanes[lane].allowed.meets(*uses));
        class_uses(streets, mode as usize, class).iter().all(admits)
    }

    /// The first way in turn; from a link to itself only where there is no other.
    fn way(&self, draft: &Draft, near: &[bool], ways: &mut Ways) -> Arc<Vec<usize>> {
        let [first, last] = places(self.word, draft.key);
        let starts: Vec<u32> =
            in_turn(self.origins(draft), first).filter(|link| near[*link] && self.open(*link)).map(|link| link as u32).collect();
        let goals: Vec<u32> =
            in_turn(&self.city.zones[self.to].destinations, last).filter(|link| self.open(*link)).map(|link| link as u32).collect();
        let mut none = Arc::default();
        for goal in goals {
            for start in &starts {
                let way = ways.of(*start, goal);
                if *start != goal && !way.is_empty() {
                    return way;
                }
                if *start == goal && none == Arc::default() {
                    none = way;
                }
            }
        }
        none
    }
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
