//! Dijkstra (1959) backwards from a goal, on integers.
use super::{Graph, NOWHERE};
use std::{cmp::Reverse, collections::BinaryHeap};

/// The way to one goal from everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// Cost to the goal \[ms\]; `u32::MAX` = no way.
    pub cost_ms: Vec<u32>,
    /// Next node on the way; `NOWHERE` at the goal and where there is no way.
    pub next: Vec<u32>,
}

impl Tree {
    /// Nodes from `start` to the goal, both included; empty when there is no way.
    #[must_use]
    pub fn path(&self, start: u32) -> Vec<u32> {
        if self.cost_ms[start as usize] == u32::MAX {
            return Vec::new();
        }
        std::iter::successors(Some(start), |&node| Some(self.next[node as usize]).filter(|&next| next != NOWHERE)).collect()
    }
}

/// Memory of a search, reused from goal to goal.
#[derive(Clone, Debug, Default)]
pub struct Search {
    heap: BinaryHeap<Reverse<(u32, u32)>>,
}

impl Search {
    /// The tree towards `goal`. Among successors of equal cost the one of smaller rank is taken, so neither heap order nor the order of
    /// arcs decides. Arcs of cost 0 are counted as 1 ms: a tree never closes a circle.
    #[must_use]
    pub fn tree(&mut self, graph: &Graph, goal: u32) -> Tree {
        let mut cost_ms = vec![u32::MAX; graph.nodes()];
        let mut next = vec![NOWHERE; graph.nodes()];
        self.heap.clear();
        cost_ms[goal as usize] = 0;
        self.heap.push(Reverse((0, goal)));
        while let Some(Reverse((cost, node))) = self.heap.pop() {
            if cost > cost_ms[node as usize] {
                continue;
            }
            for (before, arc_ms) in graph.into(node) {
                let through = cost.saturating_add(arc_ms.max(1)).min(u32::MAX - 1);
                let known = cost_ms[before as usize];
                if through < known {
                    cost_ms[before as usize] = through;
                    next[before as usize] = node;
                    self.heap.push(Reverse((through, before)));
                } else if through == known && before != goal && graph.rank(node) < graph.rank(next[before as usize]) {
                    next[before as usize] = node;
                }
            }
        }
        Tree { cost_ms, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ways_are_decided_by_rank_not_by_order() {
        // 0 -> {1, 2} -> 3, equal costs; node 2 has the smaller rank.
        let arcs = [(0, 1, 5), (0, 2, 5), (1, 3, 5), (2, 3, 5)];
        let mut backwards = arcs;
        backwards.reverse();
        for arcs in [arcs, backwards] {
            let graph = Graph::new(vec![0, 3, 1, 2], &arcs);
            let tree = Search::default().tree(&graph, 3);
            assert_eq!(tree.path(0), [0, 2, 3]);
            assert_eq!(tree.cost_ms, [10, 5, 5, 0]);
            assert!(Search::default().tree(&graph, 0).path(3).is_empty());
        }
    }

    #[test]
    fn parts_are_the_strongly_connected_ones() {
        let graph = Graph::new(vec![0; 5], &[(0, 1, 1), (1, 2, 1), (2, 0, 1), (2, 3, 1), (3, 4, 1)]);
        let part = graph.parts();
        assert!(part[0] == part[1] && part[1] == part[2]);
        assert!(part[3] != part[0] && part[4] != part[3] && part[4] != part[0]);
    }
}
