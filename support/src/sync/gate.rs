//! Where those sleep who wait for a change that is made without a lock.

use super::patience::Patience;
use super::prim::{AtomicUsize, Condvar, LOOKS, Mutex, Ordering, fence, pause};

/// A cache line to itself: who gets and who puts each look at one of two gates, all the time.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Gate {
    /// Those at the condition variable, and on their way from or to it.
    asleep: AtomicUsize,
    lock: Mutex<()>,
    changed: Condvar,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self {
            asleep: AtomicUsize::new(0),
            lock: Mutex::new(()),
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
        let mut guard = self.lock.lock();
        self.asleep.fetch_add(1, Ordering::Relaxed);
        // Whoever makes a change looks for sleepers after it, and we for a change after we are one: one sees the other.
        fence(Ordering::SeqCst);
        let mut patient = true;
        let result = loop {
            let result = attempt();
            if result.is_some() || !patient {
                break result;
            }
            patient = patience.wait(&self.changed, &mut guard);
        };
        self.asleep.fetch_sub(1, Ordering::Relaxed);
        result
    }

    /// Lets one of the sleepers try again, after a change that is enough for one.
    #[inline]
    pub(super) fn wake_one(&self) {
        fence(Ordering::SeqCst);
        if self.asleep.load(Ordering::Relaxed) > 0 {
            self.meet();
            self.changed.notify_one();
        }
    }

    /// Lets all sleepers try again.
    pub(super) fn wake_all(&self) {
        self.meet();
        self.changed.notify_all();
    }

    /// Whoever has tried in vain is asleep after this, so that it hears the notice.
    fn meet(&self) {
        drop(self.lock.lock());
    }
}
