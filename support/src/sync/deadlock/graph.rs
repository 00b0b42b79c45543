//! Who waits for whom.

use serde::{Deserialize, Serialize};

/// Who held what and who wanted what at one moment.
///
/// A thread waits for one lock at most, and a lock has one holder at most. So each thread waits for one other at most, and a
/// cycle is a deadlock: none of its threads can ever go on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Graph {
    pub(super) threads: Vec<String>,
    pub(super) locks: Vec<String>,
    /// The holder of each lock.
    pub(super) holders: Vec<Option<usize>>,
    /// The lock that each thread waits for.
    pub(super) wants: Vec<Option<usize>>,
}

/// One thread waits for another, which holds the lock that it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Edge<'a> {
    /// The thread that waits.
    pub waiter: &'a str,
    /// The lock that it wants.
    pub lock: &'a str,
    /// The thread that holds it; the same one, if it has locked itself out.
    pub holder: &'a str,
}

impl Graph {
    /// The locks that were held: lock and holder.
    pub fn held(&self) -> impl Iterator<Item = (&str, &str)> {
        let holders = self.locks.iter().zip(&self.holders);
        holders
            .filter_map(|(lock, holder)| Some((lock.as_str(), self.threads[(*holder)?].as_str())))
    }

    /// The locks that were waited for: thread and lock.
    pub fn wanted(&self) -> impl Iterator<Item = (&str, &str)> {
        let wants = self.threads.iter().zip(&self.wants);
        wants.filter_map(|(thread, lock)| Some((thread.as_str(), self.locks[(*lock)?].as_str())))
    }

    /// Who waited for whom.
    pub fn edges(&self) -> impl Iterator<Item = Edge<'_>> {
        (0..self.threads.len()).filter_map(|thread| Some(self.edge(thread)?.0))
    }

    /// The threads that can never go on, each waiting for the next one and the last for the first; none if there is no deadlock.
    pub fn cycle(&self) -> Option<Vec<Edge<'_>>> {
        (0..self.threads.len()).find_map(|start| {
            let mut edges = Vec::new();
            let mut thread = start;
            // Whoever is on a cycle is back after one step for each thread at most.
            while edges.len() < self.threads.len() {
                let (edge, holder) = self.edge(thread)?;
                edges.push(edge);
                if holder == start {
                    return Some(edges);
                }
                thread = holder;
            }
            None
        })
    }

    fn edge(&self, waiter: usize) -> Option<(Edge<'_>, usize)> {
        let lock = self.wants[waiter]?;
        let holder = self.holders[lock]?;
        let edge = Edge {
            waiter: &self.threads[waiter],
            lock: &self.locks[lock],
            holder: &self.threads[holder],
        };
        Some((edge, holder))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Graph;

    /// Up to six threads and locks; each lock has a holder or none, each thread wants a lock or none.
    fn graphs() -> impl Strategy<Value = Graph> {
        (1..7_usize, 1..7_usize).prop_flat_map(|(threads, locks)| {
            let holders = prop::collection::vec(prop::option::of(0..threads), locks);
            let wants = prop::collection::vec(prop::option::of(0..locks), threads);
            (holders, wants).prop_map(|(holders, wants)| Graph {
                threads: (0..wants.len()).map(|n| format!("t{n}")).collect(),
                locks: (0..holders.len()).map(|n| format!("l{n}")).collect(),
                holders,
                wants,
            })
        })
    }

    /// Strikes out threads that can go on, or wait for one that can, until nothing changes: what is left can never go on.
    fn somebody_is_stuck_for_ever(graph: &Graph) -> bool {
        let mut free = vec![false; graph.wants.len()];
        for _ in 0..graph.wants.len() {
            for thread in 0..graph.wants.len() {
                let waits_for = graph.wants[thread].and_then(|lock| graph.holders[lock]);
                free[thread] |= waits_for.is_none_or(|holder| free[holder]);
            }
        }
        free.contains(&false)
    }

    proptest! {
        #[test]
        fn there_is_a_cycle_if_somebody_is_stuck_for_ever(graph in graphs()) {
            let cycle = graph.cycle();
            prop_assert_eq!(cycle.is_some(), somebody_is_stuck_for_ever(&graph));
            for (i, edge) in cycle.iter().flatten().enumerate() {
                let cycle = cycle.as_deref().unwrap();
                prop_assert!(graph.edges().any(|known| known == *edge));
                prop_assert_eq!(edge.holder, cycle[(i + 1) % cycle.len()].waiter);
            }
        }
    }
}
