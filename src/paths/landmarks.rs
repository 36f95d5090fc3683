//! Lower bounds of the cost of any way, from the ways of all nodes to a few far ones (landmarks): by the triangle inequality
//! cost(a, b) >= cost(a, L) - cost(b, L). Goldberg and Harrelson 2005, "Computing the shortest path: A* search meets graph theory".
//!
//! Bounds decide how much is looked at, never what is found.

use super::{Graph, Search};

/// Landmarks of a graph. With eight of them one is behind nearly every goal; each costs a whole tree.
const LANDMARKS: usize = 8;

/// Nodes far from each other: each is the one that has the longest way to the nearest of those before.
#[must_use]
pub fn landmarks(graph: &Graph, search: &mut Search) -> Vec<u32> {
    let mut chosen = Vec::new();
    if graph.nodes() == 0 {
        return chosen;
    }
    let mut nearest = search.tree(graph, 0).cost_ms;
    for _ in 0..LANDMARKS {
        let far = (0..graph.nodes()).filter(|node| nearest[*node] != u32::MAX).max_by_key(|node| (nearest[*node], usize::MAX - node));
        let Some(far) = far.filter(|node| nearest[*node] > 0) else { break };
        if chosen.is_empty() {
            nearest.fill(u32::MAX); // the first node was only a place to stand
        }
        chosen.push(far as u32);
        for (near, cost) in nearest.iter_mut().zip(&search.tree_with(graph, &[], far as u32).cost_ms) {
            *near = (*near).min(*cost);
        }
    }
    chosen
}

/// Lower bounds under given costs.
#[derive(Clone, Debug, Default)]
pub struct Bounds {
    /// Of each node the cost to each landmark \[ms\]; `u32::MAX` = no way, or no landmark.
    to: Vec<[u32; LANDMARKS]>,
}

impl Bounds {
    /// With what `more` says of the node at the end of each arc \[ms\].
    #[must_use]
    pub fn of(graph: &Graph, more: &[u32], landmarks: &[u32], search: &mut Search) -> Bounds {
        let mut to = vec![[u32::MAX; LANDMARKS]; graph.nodes()];
        for (place, landmark) in landmarks.iter().take(LANDMARKS).enumerate() {
            for (node, cost) in to.iter_mut().zip(&search.tree_with(graph, more, *landmark).cost_ms) {
                node[place] = *cost;
            }
        }
        Bounds { to }
    }

    /// No way from one node to another costs less \[ms\].
    #[must_use]
    pub fn at_least(&self, from: u32, to: u32) -> u32 {
        let (from, to) = (&self.to[from as usize], &self.to[to as usize]);
        let bound = |(from, to): (&u32, &u32)| if *from == u32::MAX { 0 } else { from.saturating_sub(*to) };
        from.iter().zip(to).map(bound).max().unwrap_or(0)
    }
}
