//! Locks that record who holds and who waits.

use std::sync::Arc;
use std::thread::{self, ThreadId};

use parking_lot::{Mutex, MutexGuard};

use super::Graph;

/// What its locks record.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<Mutex<Book>>);

#[derive(Debug, Default)]
struct Book {
    ids: Vec<ThreadId>,
    graph: Graph,
}

impl Book {
    /// The caller's place in the graph.
    fn me(&mut self) -> usize {
        let thread = thread::current();
        let known = self.ids.iter().position(|id| *id == thread.id());
        known.unwrap_or_else(|| {
            self.ids.push(thread.id());
            let name = thread.name().map(str::to_owned);
            let graph = &mut self.graph;
            graph
                .threads
                .push(name.unwrap_or_else(|| format!("thread {}", self.ids.len())));
            graph.wants.push(None);
            self.ids.len() - 1
        })
    }
}

impl Watch {
    /// Without locks.
    pub fn new() -> Self {
        Self::default()
    }

    /// A new lock on nothing, with the name it has in the graph. Two locks may have the same name.
    pub fn mutex(&self, name: impl Into<String>) -> WatchedMutex {
        let name = name.into();
        let mut book = self.0.lock();
        book.graph.locks.push(name);
        book.graph.holders.push(None);
        WatchedMutex {
            number: book.graph.locks.len() - 1,
            lock: Mutex::new(()),
            watch: self.clone(),
        }
    }

    /// Who holds what and who wants what at this moment.
    ///
    /// What it says is true: a holder is recorded after it has locked and struck out before it unlocks. What it does not say may
    /// be true already.
    pub fn graph(&self) -> Graph {
        self.0.lock().graph.clone()
    }
}

/// A lock that records who holds it and who waits for it; made by [`Watch::mutex`].
#[derive(Debug)]
pub struct WatchedMutex {
    number: usize,
    lock: Mutex<()>,
    watch: Watch,
}

/// The right to go on alone; dropping it unlocks.
#[derive(Debug)]
#[must_use = "dropping the guard unlocks at once"]
pub struct WatchedGuard<'a> {
    mutex: &'a WatchedMutex,
    _guard: MutexGuard<'a, ()>,
}

impl WatchedMutex {
    /// Locks it. A thread that locks it again while holding it waits for itself, for ever.
    pub fn lock(&self) -> WatchedGuard<'_> {
        let me = {
            let mut book = self.watch.0.lock();
            let me = book.me();
            book.graph.wants[me] = Some(self.number);
            me
        };
        let guard = self.lock.lock();
        self.note(guard, me)
    }

    /// Locks it if nobody holds it now.
    pub fn try_lock(&self) -> Option<WatchedGuard<'_>> {
        let guard = self.lock.try_lock()?;
        let me = self.watch.0.lock().me();
        Some(self.note(guard, me))
    }

    fn note<'a>(&'a self, guard: MutexGuard<'a, ()>, me: usize) -> WatchedGuard<'a> {
        let graph = &mut self.watch.0.lock().graph;
        graph.wants[me] = None;
        graph.holders[self.number] = Some(me);
        WatchedGuard {
            mutex: self,
            _guard: guard,
        }
    }
}

impl Drop for WatchedGuard<'_> {
    fn drop(&mut self) {
        // The lock itself is released after this, with the field.
        self.mutex.watch.0.lock().graph.holders[self.mutex.number] = None;
    }
}
