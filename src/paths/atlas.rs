//! Trees that many runs of one city ask for, kept. Another seed goes to the same places: from the second time on that a goal is asked for, its
//! whole tree is at hand. What is found is what a search finds, so nobody can tell whether it was kept.

use super::{Graph, Search, Tree};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Graphs that are kept: modes and classes of a few variants and stretches of the day.
const GRAPHS: usize = 32;
/// Memory for the trees of one graph \[B\]; a city of 2,000 links has them all, a large one those asked for first.
const TREE_BYTES: usize = 32 << 20;

/// Graphs with their trees. Cities that are copied share it: a graph is found again by its content, never by its name.
#[derive(Debug, Default)]
pub struct Atlas {
    all: Mutex<Vec<Arc<Charted>>>,
}

/// A graph with the trees that are known.
#[derive(Debug, Default)]
pub struct Charted {
    /// The graph.
    pub graph: Graph,
    /// By goal; `None`: asked for once.
    trees: Mutex<BTreeMap<u32, Option<Arc<Tree>>>>,
}

impl Atlas {
    /// The same graph as one that is kept, or this one.
    #[must_use]
    pub fn chart(&self, graph: Graph) -> Arc<Charted> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.iter().find(|known| known.graph == graph) {
            return Arc::clone(known);
        }
        let charted = Arc::new(Charted { graph, trees: Mutex::default() });
        if all.len() < GRAPHS {
            all.push(Arc::clone(&charted));
        }
        charted
    }
}

impl Charted {
    /// The whole tree towards a goal, if it was asked for before and there is room for it.
    #[must_use]
    pub fn kept(&self, search: &mut Search, goal: u32) -> Option<Arc<Tree>> {
        let room = TREE_BYTES / (2 * size_of::<u32>() * self.graph.nodes().max(1));
        let lock = || self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut trees = lock();
            match trees.get(&goal) {
                Some(Some(tree)) => return Some(Arc::clone(tree)),
                Some(None) => {}
                None => {
                    if trees.len() < room {
                        trees.insert(goal, None);
                    }
                    return None;
                }
            }
        }
        // Searched without the lock: two threads may do so at once, and find the same.
        let tree = Arc::new(search.tree(&self.graph, goal));
        lock().insert(goal, Some(Arc::clone(&tree)));
        Some(tree)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_is_known_by_its_content_and_a_goal_from_the_second_time_on() {
        let graph = |cost| Graph::new(vec![0, 1, 2], &[(0, 1, cost), (1, 2, 5)]);
        let (atlas, mut search) = (Atlas::default(), Search::default());
        let one = atlas.chart(graph(5));
        assert!(one.kept(&mut search, 2).is_none());
        let again = atlas.chart(graph(5));
        assert_eq!(again.kept(&mut search, 2).map(|tree| tree.path(0)), Some(vec![0, 1, 2]));
        assert!(Arc::ptr_eq(&again.kept(&mut search, 2).unwrap_or_default(), &one.kept(&mut search, 2).unwrap_or_default()));
        assert!(atlas.chart(graph(6)).kept(&mut search, 2).is_none(), "other costs are another graph");
    }
}
