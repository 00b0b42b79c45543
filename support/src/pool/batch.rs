//! Many items at once: all of them within a time limit, or one after the other as they are asked for.

use std::collections::VecDeque;
use std::fmt;
use std::iter;
use std::time::{Duration, Instant};
use std::vec;

use super::completed::first;
use super::{Error, Pending};

/// The results of some neighbouring items.
pub(super) type Results<R> = Vec<Result<R, Error>>;

/// A submitted chunk of items, and how many they are.
pub(super) struct Chunk<R> {
    pub(super) items: usize,
    pub(super) task: Pending<Results<R>>,
}

impl<R> Chunk<R> {
    /// The results, or the one error for each item.
    fn results(self) -> Results<R> {
        match self.task.result() {
            Ok(results) => results,
            Err(error) => repeated(&error, self.items).collect(),
        }
    }
}

fn repeated<R>(error: &Error, items: usize) -> impl Iterator<Item = Result<R, Error>> {
    iter::repeat_with(|| Err(error.again())).take(items)
}

/// What is there within the time limit, and an error for each item that is not. What has not begun by then is cancelled.
pub(super) fn within<R>(chunks: Vec<Chunk<R>>, timeout: Duration) -> Results<R> {
    let deadline = Instant::now().checked_add(timeout);
    let left = || match deadline {
        Some(deadline) => deadline.saturating_duration_since(Instant::now()),
        None => Duration::MAX,
    };
    let late = |chunk: &&Chunk<R>| chunk.task.wait_timeout(left()).is_err();
    if chunks.iter().any(|chunk| late(&chunk)) {
        Pending::cancel_all(chunks.iter().map(|chunk| &chunk.task));
    }
    let mut results = Vec::new();
    for chunk in chunks {
        // What was cancelled is there; what runs is not.
        if chunk.task.is_done() {
            results.append(&mut chunk.results());
        } else {
            let late = Error::TimedOut { waited: timeout };
            results.extend(repeated(&late, chunk.items));
        }
    }
    results
}

/// Results of items that are taken only as results are: made by `imap` and `imap_unordered` of a pool.
///
/// Dropping it cancels what has not begun. A time limit for one result is the pool's `submit` and
/// [`wait_timeout`](Pending::wait_timeout).
#[must_use = "it takes no items before it is asked for results"]
pub struct LazyMap<'a, R> {
    /// Submits the next chunk.
    submit: Box<dyn FnMut() -> Option<Result<Chunk<R>, Error>> + 'a>,
    /// Chunks in flight at most.
    most: usize,
    ordered: bool,
    /// In the order of the items.
    flying: VecDeque<Chunk<R>>,
    /// Results of one chunk.
    there: vec::IntoIter<Result<R, Error>>,
    /// Why no more can be submitted, when what flies has landed.
    failed: Option<Error>,
    ended: bool,
}

impl<'a, R> LazyMap<'a, R> {
    pub(super) fn new(
        most: usize,
        ordered: bool,
        submit: impl FnMut() -> Option<Result<Chunk<R>, Error>> + 'a,
    ) -> LazyMap<'a, R> {
        LazyMap {
            submit: Box::new(submit),
            most,
            ordered,
            flying: VecDeque::new(),
            there: Vec::new().into_iter(),
            failed: None,
            ended: false,
        }
    }

    fn fill(&mut self) {
        while !self.ended && self.flying.len() < self.most {
            match (self.submit)() {
                Some(Ok(chunk)) => self.flying.push_back(chunk),
                Some(Err(error)) => {
                    self.failed = Some(error);
                    self.ended = true;
                }
                None => self.ended = true,
            }
        }
    }
}

impl<R> Iterator for LazyMap<'_, R> {
    type Item = Result<R, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(result) = self.there.next() {
                return Some(result);
            }
            self.fill();
            let place = if self.ordered {
                0
            } else {
                let tasks: Vec<_> = self.flying.iter().map(|chunk| &chunk.task).collect();
                first(&tasks, None).unwrap_or(0)
            };
            match self.flying.remove(place) {
                Some(chunk) => self.there = chunk.results().into_iter(),
                None => return self.failed.take().map(Err),
            }
        }
    }
}

impl<R> Drop for LazyMap<'_, R> {
    fn drop(&mut self) {
        Pending::cancel_all(self.flying.iter().map(|chunk| &chunk.task));
    }
}

impl<R> fmt::Debug for LazyMap<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyMap")
            .field("flying", &self.flying.len())
            .finish_non_exhaustive()
    }
}
