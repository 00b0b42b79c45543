//! Waiting for the first of several tasks.

use std::borrow::Borrow;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Error, Pending};

/// Where tasks that are done report.
#[derive(Default)]
pub(super) struct Watch {
    done: Mutex<VecDeque<usize>>,
    changed: Condvar,
}

impl Watch {
    pub(super) fn push(&self, index: usize) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.push_back(index);
        self.changed.notify_one();
    }

    fn next(&self, deadline: Option<Instant>) -> Option<usize> {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(index) = done.pop_front() {
                return Some(index);
            }
            done = match deadline.map(|end| end.saturating_duration_since(Instant::now())) {
                None => {
                    let woken = self.changed.wait(done);
                    woken.unwrap_or_else(PoisonError::into_inner)
                }
                Some(Duration::ZERO) => return None,
                Some(left) => {
                    let woken = self.changed.wait_timeout(done, left);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}

/// Waits until one of the tasks is done, and says which. It takes nothing: [`Pending::result`] does. None if there are no tasks.
///
/// ```
/// use std::thread;
/// use std::time::Duration;
/// use support::pool::{ThreadPool, wait_any};
///
/// let pool = ThreadPool::new(2)?;
/// let nap = |ms| move || thread::sleep(Duration::from_millis(ms));
/// let tasks = [pool.submit(nap(500))?, pool.submit(nap(1))?];
/// assert_eq!(wait_any(&tasks), Some(1));
/// # Ok::<(), support::pool::Error>(())
/// ```
pub fn wait_any<R>(tasks: &[impl Borrow<Pending<R>>]) -> Option<usize> {
    first(tasks, None)
}

/// As [`wait_any`], but not longer than `timeout`: None if no task is done then.
pub fn wait_any_timeout<R>(tasks: &[impl Borrow<Pending<R>>], timeout: Duration) -> Option<usize> {
    first(tasks, Instant::now().checked_add(timeout))
}

pub(super) fn first<R>(
    tasks: &[impl Borrow<Pending<R>>],
    deadline: Option<Instant>,
) -> Option<usize> {
    if let Some(done) = tasks.iter().position(|task| task.borrow().is_done()) {
        return Some(done);
    }
    // It would wait for ever for none, and for a copy in a forked process.
    if tasks.is_empty() || tasks.iter().any(|task| task.borrow().slot.is_foreign()) {
        return None;
    }
    let watch = Arc::default();
    for (index, task) in tasks.iter().enumerate() {
        task.borrow().watch(&watch, index);
    }
    let done = watch.next(deadline);
    for task in tasks {
        task.borrow().unwatch(&watch);
    }
    done
}

/// Gives each task's result as soon as it is done, with the task's place in `tasks`.
///
/// ```
/// use std::thread;
/// use std::time::Duration;
/// use support::pool::{ThreadPool, as_completed};
///
/// let pool = ThreadPool::new(3)?;
/// let tasks = [300, 1, 150].map(|ms| pool.submit(move || thread::sleep(Duration::from_millis(ms))));
/// let tasks = tasks.into_iter().collect::<Result<Vec<_>, _>>()?;
/// let order: Vec<usize> = as_completed(tasks).map(|(place, _)| place).collect();
/// assert_eq!(order, [1, 2, 0]);
/// # Ok::<(), support::pool::Error>(())
/// ```
pub fn as_completed<R>(tasks: impl IntoIterator<Item = Pending<R>>) -> AsCompleted<R> {
    let watch = Arc::default();
    let watched = |(index, task): (usize, Pending<R>)| {
        task.watch(&watch, index);
        Some(task)
    };
    let tasks: Vec<_> = tasks.into_iter().enumerate().map(watched).collect();
    AsCompleted {
        left: tasks.len(),
        tasks,
        watch,
        deadline: None,
    }
}

/// Results in the order in which tasks are done; made by [`as_completed`].
#[must_use = "it waits when it is asked for the next"]
pub struct AsCompleted<R> {
    tasks: Vec<Option<Pending<R>>>,
    left: usize,
    watch: Arc<Watch>,
    deadline: Option<Instant>,
}

impl<R> AsCompleted<R> {
    /// Ends so long from now, whatever is done by then. What is not goes on: see [`rest`](Self::rest).
    ///
    /// ```
    /// use std::thread;
    /// use std::time::Duration;
    /// use support::pool::{ThreadPool, as_completed};
    ///
    /// let pool = ThreadPool::new(2)?;
    /// let nap = |ms| move || thread::sleep(Duration::from_millis(ms));
    /// let mut done = as_completed([pool.submit(nap(1))?, pool.submit(nap(600))?]).within(Duration::from_millis(200));
    /// assert_eq!(done.by_ref().count(), 1);
    /// let [(place, task)] = &done.rest()[..] else { panic!("one is left") };
    /// assert!(*place == 1 && !task.is_done());
    /// # Ok::<(), support::pool::Error>(())
    /// ```
    pub fn within(mut self, timeout: Duration) -> Self {
        self.deadline = Instant::now().checked_add(timeout);
        self
    }

    /// The tasks that it has not given, each with its place.
    pub fn rest(mut self) -> Vec<(usize, Pending<R>)> {
        let tasks = self.tasks.iter_mut().enumerate();
        let rest = tasks.filter_map(|(place, task)| Some((place, task.take()?)));
        rest.inspect(|(_, task)| task.unwatch(&self.watch))
            .collect()
    }
}

impl<R> Iterator for AsCompleted<R> {
    type Item = (usize, Result<R, Error>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        // In a forked process nothing is ever done, and each result says so.
        let next = self.tasks.iter().position(Option::is_some)?;
        let foreign = self.tasks[next]
            .as_ref()
            .is_some_and(|task| task.slot.is_foreign());
        let place = if foreign {
            next
        } else {
            self.watch.next(self.deadline)?
        };
        let task = self.tasks.get_mut(place)?.take()?;
        self.left -= 1;
        Some((place, task.result()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left))
    }
}

impl<R> fmt::Debug for AsCompleted<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompleted")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}
