use std::fmt;
use std::ops::Deref;

use super::Queue;
use super::who::pid;
use crate::process::handover;

/// A producer that is counted: when the last one is gone, the queue is closed. Made by [`Queue::producer`]; puts as a [`Queue`].
///
/// A copy of it in a forked child is not counted, unless it has moved into the child's closure.
#[must_use = "dropping the producer tells the consumers that it has ended"]
pub struct Producer<'a, T> {
    queue: &'a Queue<T>,
    place: u32,
    pid: u32,
}

impl<'a, T> Producer<'a, T> {
    pub(super) fn new(queue: &'a Queue<T>, place: u32) -> Producer<'a, T> {
        let pid = pid();
        Producer { queue, place, pid }
    }
}

impl<T> Deref for Producer<'_, T> {
    type Target = Queue<T>;

    fn deref(&self) -> &Queue<T> {
        self.queue
    }
}

impl<T> Drop for Producer<'_, T> {
    fn drop(&mut self) {
        let ring = self.queue.ring();
        if self.pid != pid() {
            ring.leave_given();
        } else if let Some(child) = handover::new_owner() {
            ring.hand_over(self.place, child);
        } else {
            ring.leave(self.place);
        }
    }
}

impl<T> fmt::Debug for Producer<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Producer").field(self.queue).finish()
    }
}
