//! How long to wait.

use std::time::{Duration, Instant};

use super::prim::{Condvar, MutexGuard};

/// How long somebody is willing to wait.
#[derive(Clone, Copy)]
pub(super) enum Patience {
    None,
    Until(Instant),
    Endless,
}

impl Patience {
    /// A time too long to count is endless.
    pub(super) fn lasting(timeout: Duration) -> Self {
        Instant::now()
            .checked_add(timeout)
            .map_or(Self::Endless, Self::Until)
    }

    pub(super) fn is_none(self) -> bool {
        matches!(self, Self::None)
    }

    /// Sleeps until notified, or for no reason; false when patience has run out.
    pub(super) fn wait<T>(self, condvar: &Condvar, guard: &mut MutexGuard<'_, T>) -> bool {
        match self {
            Self::None => false,
            Self::Until(deadline) => !condvar.wait_until(guard, deadline).timed_out(),
            Self::Endless => {
                condvar.wait(guard);
                true
            }
        }
    }
}
