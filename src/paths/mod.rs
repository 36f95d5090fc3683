//! Shortest paths over a graph in compressed rows: integer costs in milliseconds, ties broken by rank, so that every machine and every
//! order of input finds the same path.
//!
//! The graph is edge-based where roads are meant: its nodes are links, its arcs are movements, hence turn bans and lane uses need no
//! special case. A search runs backwards from a goal and yields a [`Tree`]: the next node from everywhere.

mod atlas;
mod dijkstra;
mod landmarks;

pub use atlas::{Atlas, Charted};
pub use dijkstra::{Search, Tree};
pub use landmarks::{Bounds, landmarks};

/// No node, no way.
pub const NOWHERE: u32 = u32::MAX;

/// A directed graph in compressed rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// Where the arcs of a node start in `to`; one more than there are nodes.
    first: Vec<u32>,
    /// Node at the other end of each arc.
    to: Vec<u32>,
    /// Cost of each arc \[ms\].
    cost_ms: Vec<u32>,
    /// Node at the start of each arc, ordered by the node at its end.
    back_first: Vec<u32>,
    back_to: Vec<u32>,
    back_cost_ms: Vec<u32>,
    /// Rank of the stable id of each node: the smaller one wins among equals.
    rank: Vec<u32>,
}

impl Graph {
    /// A graph of `rank.len()` nodes from arcs (from, to, cost in ms). Of parallel arcs the cheapest stays; arcs from or to a node that does
    /// not exist are left out.
    #[must_use]
    pub fn new(rank: Vec<u32>, arcs: &[(u32, u32, u32)]) -> Graph {
        let nodes = rank.len();
        let mut sorted: Vec<_> = arcs.iter().copied().filter(|arc| (arc.0.max(arc.1) as usize) < nodes).collect();
        sorted.sort_unstable();
        sorted.dedup_by_key(|arc| (arc.0, arc.1));
        let (first, to, cost_ms) = rows(nodes, &sorted);
        for arc in &mut sorted {
            *arc = (arc.1, arc.0, arc.2);
        }
        sorted.sort_unstable();
        let (back_first, back_to, back_cost_ms) = rows(nodes, &sorted);
        Graph { first, to, cost_ms, back_first, back_to, back_cost_ms, rank }
    }

    /// The same graph where every arc costs what its end node costs \[ms\].
    #[must_use]
    pub fn with_node_costs(mut self, cost_ms: &[u32]) -> Graph {
        for (cost, to) in self.cost_ms.iter_mut().zip(&self.to) {
            *cost = cost_ms[*to as usize];
        }
        for (span, cost) in self.back_first.windows(2).zip(cost_ms) {
            self.back_cost_ms[span[0] as usize..span[1] as usize].fill(*cost);
        }
        self
    }

    /// Number of nodes.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.rank.len()
    }

    /// Arcs out of a node: (to, cost in ms).
    pub fn out(&self, node: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        let span = self.first[node as usize] as usize..self.first[node as usize + 1] as usize;
        span.map(|arc| (self.to[arc], self.cost_ms[arc]))
    }

    /// Cost of a way, arc by arc, with what `more` says of the node at the end of each \[ms\]; `u32::MAX` where an arc is missing.
    #[must_use]
    pub fn way_ms(&self, way: &[u32], more: &[u32]) -> u32 {
        let arc = |pair: &[u32]| {
            let (_, cost) = self.out(pair[0]).find(|(to, _)| *to == pair[1])?;
            Some(cost.max(1).saturating_add(more.get(pair[1] as usize).copied().unwrap_or(0)))
        };
        way.windows(2).try_fold(0_u32, |sum, pair| Some(sum.saturating_add(arc(pair)?))).unwrap_or(u32::MAX)
    }

    /// Arcs into a node: (from, cost in ms).
    pub fn into(&self, node: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        let span = self.back_first[node as usize] as usize..self.back_first[node as usize + 1] as usize;
        span.map(|arc| (self.back_to[arc], self.back_cost_ms[arc]))
    }

    /// From which nodes is there a way to one of these? They are among them.
    #[must_use]
    pub fn reaching(&self, goals: &[u32]) -> Vec<bool> {
        let mut near = vec![false; self.nodes()];
        let mut front = goals.to_vec();
        while let Some(node) = front.pop() {
            if !std::mem::replace(&mut near[node as usize], true) {
                front.extend(self.into(node).map(|(before, _)| before));
            }
        }
        near
    }

    /// Rank of the stable id of a node.
    #[must_use]
    pub fn rank(&self, node: u32) -> u32 {
        self.rank[node as usize]
    }

    /// Strongly connected part of each node; parts are numbered by their first node.
    #[must_use]
    pub fn parts(&self) -> Vec<u32> {
        let mut order = Vec::with_capacity(self.nodes());
        let mut seen = vec![false; self.nodes()];
        for root in 0..self.first.len().saturating_sub(1) {
            self.finish_order(root as u32, &mut seen, &mut order);
        }
        let mut part = vec![NOWHERE; self.nodes()];
        let mut stack = Vec::new();
        for &root in order.iter().rev() {
            if part[root as usize] != NOWHERE {
                continue;
            }
            stack.push(root);
            part[root as usize] = root;
            while let Some(node) = stack.pop() {
                for (before, _) in self.into(node) {
                    if part[before as usize] == NOWHERE {
                        part[before as usize] = root;
                        stack.push(before);
                    }
                }
            }
        }
        part
    }

    /// Depth-first search: nodes in the order in which they are finished.
    fn finish_order(&self, root: u32, seen: &mut [bool], order: &mut Vec<u32>) {
        if std::mem::replace(&mut seen[root as usize], true) {
            return;
        }
        let mut stack = vec![(root, self.first[root as usize])];
        while let Some((node, arc)) = stack.last_mut() {
            if *arc == self.first[*node as usize + 1] {
                order.push(*node);
                stack.pop();
                continue;
            }
            let next = self.to[*arc as usize];
            *arc += 1;
            if !std::mem::replace(&mut seen[next as usize], true) {
                stack.push((next, self.first[next as usize]));
            }
        }
    }
}

/// Sorted arcs as rows.
fn rows(nodes: usize, arcs: &[(u32, u32, u32)]) -> (Vec<u32>, Vec<u32>, Vec<u32>) {
    let mut first = vec![0_u32; nodes + 1];
    for arc in arcs {
        first[arc.0 as usize + 1] += 1;
    }
    for node in 0..nodes {
        first[node + 1] += first[node];
    }
    (first, arcs.iter().map(|arc| arc.1).collect(), arcs.iter().map(|arc| arc.2).collect())
}
