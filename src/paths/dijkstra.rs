//! Dijkstra (1959) backwards from a goal, on integers; and the same led by lower bounds towards one start (A*: Hart, Nilsson and Raphael 1968,
//! with the bounds of [`super::landmarks`]).
use super::{Bounds, Graph, NOWHERE};
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
    tree: Tree,
    /// Nodes of `tree` that were reached.
    reached: Vec<u32>,
    /// Is a way from this node wanted?
    wanted: Vec<bool>,
}

impl Search {
    /// The tree towards `goal`. Among successors of equal cost the one of smaller rank is taken, so neither heap order nor the order of
    /// arcs decides. Arcs of cost 0 are counted as 1 ms: a tree never closes a circle.
    #[must_use]
    pub fn tree(&mut self, graph: &Graph, goal: u32) -> Tree {
        self.grow(graph, &[], goal, (usize::MAX, u32::MAX));
        self.tree.clone()
    }

    /// The same where every arc costs what `more` says of the node at its end besides \[ms\]; an empty list says nothing.
    pub fn tree_with(&mut self, graph: &Graph, more: &[u32], goal: u32) -> &Tree {
        self.grow(graph, more, goal, (usize::MAX, u32::MAX));
        &self.tree
    }

    /// The way that [`Search::tree_with`] finds between two nodes, if it costs less than `limit`; `bounds` are of the same costs. Whoever lies
    /// on no way that is cheap enough is not looked at, so that most refusals cost one look at the bounds. The search goes on until all that
    /// could be as near as the best way has been seen: among equals the same one is taken as by a whole tree.
    pub fn below(&mut self, graph: &Graph, more: &[u32], [start, goal]: [u32; 2], limit: u32, bounds: &Bounds) -> Option<Vec<u32>> {
        self.clear(graph.nodes(), goal);
        let Search { heap, tree: Tree { cost_ms, next }, reached, .. } = self;
        let through_start = |cost: u32, node: u32| cost.saturating_add(bounds.at_least(start, node));
        if through_start(0, goal) < limit {
            heap.push(Reverse((through_start(0, goal), goal)));
        }
        while let Some(Reverse((whole, node))) = heap.pop() {
            let cost = cost_ms[node as usize];
            if whole > cost_ms[start as usize] {
                break;
            }
            if whole > through_start(cost, node) {
                continue;
            }
            let besides = more.get(node as usize).copied().unwrap_or(0);
            for (before, arc_ms) in graph.into(node) {
                let through = longer(cost, arc_ms, besides);
                let known = cost_ms[before as usize];
                if through < known {
                    let whole = through_start(through, before);
                    if whole >= limit {
                        continue;
                    }
                    if known == u32::MAX {
                        reached.push(before);
                    }
                    cost_ms[before as usize] = through;
                    next[before as usize] = node;
                    heap.push(Reverse((whole, before)));
                } else if through == known && before != goal && graph.rank(node) < graph.rank(next[before as usize]) {
                    next[before as usize] = node;
                }
            }
        }
        (cost_ms[start as usize] < limit).then(|| self.tree.path(start))
    }

    /// The same as far as the ways from `starts` need it: the search ends when the last of them is reached. Every arc costs something, so all
    /// that could still be as near as a node on such a way has been seen by then.
    pub fn towards(&mut self, graph: &Graph, goal: u32, starts: &[u32]) -> &Tree {
        self.within(graph, goal, starts, u32::MAX)
    }

    /// The same where only ways count that cost less than `most_ms`: the others may end anywhere, but none of them seems cheaper than that.
    pub fn within(&mut self, graph: &Graph, goal: u32, starts: &[u32], most_ms: u32) -> &Tree {
        self.wanted.resize(graph.nodes(), false);
        let mut missing = 0;
        for start in starts {
            missing += usize::from(!std::mem::replace(&mut self.wanted[*start as usize], true));
        }
        self.grow(graph, &[], goal, (missing, most_ms));
        for start in starts {
            self.wanted[*start as usize] = false;
        }
        &self.tree
    }

    /// Forgets the search before; nothing but the goal is reached.
    fn clear(&mut self, nodes: usize, goal: u32) {
        let Tree { cost_ms, next } = &mut self.tree;
        for node in self.reached.drain(..) {
            (cost_ms[node as usize], next[node as usize]) = (u32::MAX, NOWHERE);
        }
        cost_ms.resize(nodes, u32::MAX);
        next.resize(nodes, NOWHERE);
        self.heap.clear();
        cost_ms[goal as usize] = 0;
        self.reached.push(goal);
    }

    /// Until so many of those that are wanted are reached, or what comes next costs too much.
    fn grow(&mut self, graph: &Graph, more: &[u32], goal: u32, (mut missing, most_ms): (usize, u32)) {
        self.clear(graph.nodes(), goal);
        let Tree { cost_ms, next } = &mut self.tree;
        self.heap.push(Reverse((0, goal)));
        while let Some(Reverse((cost, node))) = self.heap.pop() {
            if cost > cost_ms[node as usize] {
                continue;
            }
            if self.wanted.get(node as usize).is_some_and(|wanted| *wanted) {
                missing -= 1;
            }
            if missing == 0 || cost >= most_ms {
                return;
            }
            let besides = more.get(node as usize).copied().unwrap_or(0);
            for (before, arc_ms) in graph.into(node) {
                let through = longer(cost, arc_ms, besides);
                let known = cost_ms[before as usize];
                if through < known {
                    if known == u32::MAX {
                        self.reached.push(before);
                    }
                    cost_ms[before as usize] = through;
                    next[before as usize] = node;
                    self.heap.push(Reverse((through, before)));
                } else if through == known && before != goal && graph.rank(node) < graph.rank(next[before as usize]) {
                    next[before as usize] = node;
                }
            }
        }
    }
}

/// A way that is longer by an arc; every arc costs something, and no way is as long as none.
fn longer(cost_ms: u32, arc_ms: u32, besides_ms: u32) -> u32 {
    cost_ms.saturating_add(arc_ms.max(1)).saturating_add(besides_ms).min(u32::MAX - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::landmarks;

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

    const SIDE: u32 = 12;

    /// With many equal ways.
    fn lattice() -> Graph {
        let mut arcs = Vec::new();
        for at in 0..SIDE * SIDE {
            let (x, y) = (at % SIDE, at / SIDE);
            let right = (x + 1 < SIDE).then_some(at + 1);
            let up = (y + 1 < SIDE).then_some(at + SIDE);
            for other in right.into_iter().chain(up) {
                arcs.extend([(at, other, 1 + at % 3), (other, at, 1 + other % 3)]);
            }
        }
        Graph::new((0..SIDE * SIDE).map(|at| (at * 89) % (SIDE * SIDE)).collect(), &arcs)
    }

    /// A search with bounds and a limit finds what a whole tree finds, where that costs less, and nothing else.
    #[test]
    fn a_search_may_be_led_and_bounded() {
        let (graph, mut search) = (lattice(), Search::default());
        // One node of five is slow, one cannot be left.
        let more: Vec<u32> = (0..SIDE * SIDE).map(|at| if at % 5 == 0 { 7 } else { 0 }).collect();
        let marks = landmarks(&graph, &mut search);
        for more in [&more[..], &[]] {
            let bounds = Bounds::of(&graph, more, &marks, &mut search);
            for goal in 0..SIDE * SIDE {
                let all = Search::default().tree_with(&graph, more, goal).clone();
                for start in [(goal + 5) % (SIDE * SIDE), (goal * 7) % (SIDE * SIDE), (goal * 31 + 3) % (SIDE * SIDE)] {
                    let cost = all.cost_ms[start as usize];
                    assert!(bounds.at_least(start, goal) <= cost, "{start} to {goal}");
                    let ends = [start, goal];
                    assert_eq!(search.below(&graph, more, ends, cost, &bounds), None, "{start} to {goal}");
                    for limit in [cost + 1, cost + 9, u32::MAX] {
                        assert_eq!(search.below(&graph, more, ends, limit, &bounds), Some(all.path(start)), "{start} to {goal}");
                    }
                }
            }
        }
    }

    /// The ways of a search that ends early are those of one that does not.
    #[test]
    fn a_search_may_end_early() {
        let graph = lattice();
        let mut early = Search::default();
        for goal in 0..SIDE * SIDE {
            let all = Search::default().tree(&graph, goal);
            let starts = [(goal + 5) % (SIDE * SIDE), (goal * 7) % (SIDE * SIDE), (goal + 5) % (SIDE * SIDE)];
            let tree = early.towards(&graph, goal, &starts);
            for start in starts {
                assert_eq!(tree.path(start), all.path(start), "{start} to {goal}");
            }
        }
    }

    /// A search with a bound finds the ways below it, and thinks of none at or above it that it is below.
    #[test]
    fn a_search_may_be_bounded() {
        let arcs: Vec<(u32, u32, u32)> = (0..40).flat_map(|at| [(at, at + 1, 3 + at % 5), (at + 1, at, 2 + at % 7)]).collect();
        let graph = Graph::new((0..41).collect(), &arcs);
        let (mut search, starts) = (Search::default(), [0, 13, 25, 40]);
        for (goal, most_ms) in (0..=40).flat_map(|goal| [0, 1, 17, 60, 500].map(|most| (goal, most))) {
            let all = Search::default().tree(&graph, goal);
            let tree = search.within(&graph, goal, &starts, most_ms);
            for start in starts {
                let (found, cost) = (tree.cost_ms[start as usize], all.cost_ms[start as usize]);
                if cost < most_ms {
                    assert_eq!((found, tree.path(start)), (cost, all.path(start)), "{start} to {goal} within {most_ms}");
                } else {
                    assert!(found >= most_ms, "{start} to {goal} within {most_ms}: {found}");
                }
            }
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
