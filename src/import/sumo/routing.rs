//! Fastest paths at free flow over movements and permissions, for trips and flows that name only their ends.
//!
//! Integer milliseconds; equal costs are decided by the order of the link ids, so that every machine finds the same path.

use crate::city::{City, Uses};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// Uses, links to start from, links to end on.
type Ends = (Vec<u32>, Vec<usize>, Vec<usize>);

/// One way on from a link.
#[derive(Clone, Copy, Debug)]
struct Onward {
    to: usize,
    allowed: Uses,
    cost_ms: u64,
}

/// Links and how they follow each other.
#[derive(Debug, Default)]
pub struct Network {
    onward: Vec<Vec<Onward>>,
    cost_ms: Vec<u64>,
    allowed: Vec<Uses>,
    rank: Vec<usize>,
    known: BTreeMap<Ends, Option<Vec<usize>>>,
}

/// May vehicles of all these uses pass?
#[must_use]
pub fn admits(allowed: Uses, uses: &[Uses]) -> bool {
    uses.iter().all(|one| allowed.meets(*one))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a day in milliseconds")]
fn milliseconds(length_m: f64, speed_mps: f64) -> u64 {
    (length_m / speed_mps.max(0.1) * 1000.0).ceil().clamp(1.0, 86_400_000.0) as u64
}

impl Network {
    /// Of a city.
    #[must_use]
    pub fn new(city: &City) -> Network {
        let mut order: Vec<usize> = (0..city.links.len()).collect();
        order.sort_by(|a, b| city.links[*a].id.cmp(&city.links[*b].id));
        let mut rank = vec![0; order.len()];
        for (place, link) in order.iter().enumerate() {
            rank[*link] = place;
        }
        let mut onward: Vec<Vec<Onward>> = vec![Vec::new(); city.links.len()];
        for movement in &city.movements {
            let (from, to) = (city.lanes[movement.from_lane].link, city.lanes[movement.to_lane].link);
            onward[from].push(Onward { to, allowed: movement.allowed, cost_ms: milliseconds(movement.length_m, movement.speed_mps) });
        }
        for ways in &mut onward {
            ways.sort_by_key(|way| (rank[way.to], way.cost_ms));
        }
        let cost_ms = city.links.iter().map(|link| milliseconds(link.length_m, link.free_speed_mps)).collect();
        let allowed = city
            .links
            .iter()
            .map(|link| city.lanes[link.lanes.clone()].iter().fold(Uses::NONE, |sum, lane| sum.with(lane.allowed)))
            .collect();
        Network { onward, cost_ms, allowed, rank, known: BTreeMap::new() }
    }

    /// Does a movement lead from one link to the next?
    #[must_use]
    pub fn joined(&self, from: usize, to: usize, uses: &[Uses]) -> bool {
        self.onward[from].iter().any(|way| way.to == to && admits(way.allowed, uses))
    }

    /// Fastest path from any of some links to any of others, with both ends, if there is one.
    pub fn path(&mut self, from: &[usize], to: &[usize], uses: &[Uses]) -> Option<Vec<usize>> {
        let key = (uses.iter().map(|one| one.0).collect(), from.to_vec(), to.to_vec());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let found = self.search(from, to, uses);
        self.known.insert(key, found.clone());
        found
    }

    fn search(&self, from: &[usize], to: &[usize], uses: &[Uses]) -> Option<Vec<usize>> {
        let open =
            |links: &[usize]| -> BTreeSet<usize> { links.iter().copied().filter(|link| admits(self.allowed[*link], uses)).collect() };
        let (from, to) = (open(from), open(to));
        let mut best = vec![u64::MAX; self.cost_ms.len()];
        let mut before = vec![usize::MAX; self.cost_ms.len()];
        let mut heap = BinaryHeap::new();
        for link in &from {
            best[*link] = self.cost_ms[*link];
            heap.push(Reverse((best[*link], self.rank[*link], *link)));
        }
        while let Some(Reverse((cost, _, link))) = heap.pop() {
            if to.contains(&link) {
                let mut path = vec![link];
                while let Some(earlier) = path.last().map(|last| before[*last]).filter(|earlier| *earlier != usize::MAX) {
                    path.push(earlier);
                }
                path.reverse();
                return Some(path);
            }
            if cost > best[link] {
                continue;
            }
            for way in self.onward[link].iter().filter(|way| admits(way.allowed, uses)) {
                let next = cost + way.cost_ms + self.cost_ms[way.to];
                let better = next < best[way.to]
                    || (next == best[way.to] && before[way.to] != usize::MAX && self.rank[link] < self.rank[before[way.to]]);
                if better {
                    best[way.to] = next;
                    before[way.to] = link;
                    heap.push(Reverse((next, self.rank[way.to], way.to)));
                }
            }
        }
        None
    }
}
