//! Where those sleep who wait for a change that is made without a lock.

use super::patience::Patience;
use super::prim::{AtomicUsize, Condvar, LOOKS, Mutex, Ordering, after_change, fence, pause};

/// A cache line to itself: who gets and who puts each look at one of two gates, all the time.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Gate {
    /// Those at the condition variable who have not been woken; changed under the lock.
    asleep: AtomicUsize,
    /// How many have been woken and have not noticed yet.
    woken: Mutex<usize>,
    changed: Condvar,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self {
            asleep: AtomicUsize::new(0),
            woken: Mutex::new(0),
            changed: Condvar::new(),
        }
    }

    /// What `attempt` gives as soon as it gives something; none when patience has run out.
    #[cold]
    pub(super) fn wait<R>(
        &self,
        patience: Patience,
        mut attempt: impl FnMut() -> Option<R>,
    ) -> Option<R> {
        for look in 0..LOOKS {
            pause(look);
            if let Some(result) = attempt() {
                return Some(result);
            }
        }
        let mut woken = self.woken.lock();
        self.asleep.fetch_add(1, Ordering::Relaxed);
        let mut patient = true;
        let result = loop {
            // Whoever makes a change looks for sleepers after it, and we for a change after we are one: one sees the other.
            fence(Ordering::SeqCst);
            let result = attempt();
            if result.is_some() || !patient {
                break result;
            }
            patient = patience.wait(&self.changed, &mut woken);
            if *woken > 0 {
                *woken -= 1;
                self.asleep.fetch_add(1, Ordering::Relaxed);
            }
        };
        // If this one was meant for another, that one counts as asleep again: it tries in vain and sleeps on.
        if *woken > 0 {
            *woken -= 1;
        } else {
            self.asleep.fetch_sub(1, Ordering::Relaxed);
        }
        result
    }

    /// Lets one of the sleepers try again, after a change that is enough for one and went through a sequentially consistent
    /// read-modify-write, which does for a fence: a fence of its own would cost as much as all the rest.
    #[inline]
    pub(super) fn wake_one(&self) {
        after_change();
        if self.asleep.load(Ordering::SeqCst) > 0 {
            self.wake(1);
        }
    }

    /// Lets all sleepers try again.
    pub(super) fn wake_all(&self) {
        self.wake(usize::MAX);
    }

    /// The lock is free when whoever has tried in vain hears the notice.
    #[cold]
    fn wake(&self, most: usize) {
        let mut woken = self.woken.lock();
        let many = self.asleep.load(Ordering::Relaxed).min(most);
        self.asleep.fetch_sub(many, Ordering::Relaxed);
        *woken += many;
        drop(woken);
        match many {
            0 => {}
            1 => {
                self.changed.notify_one();
            }
            _ => {
                self.changed.notify_all();
            }
        }
    }
}
