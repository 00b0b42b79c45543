use std::time::{Duration, Instant};

/// How long to wait. The clock starts when it is first asked, so that what need not wait costs no look at the clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    timeout: Option<Duration>,
    end: Option<Instant>,
}

impl Limit {
    pub(super) const NEVER_WAIT: Limit = Limit::after(Duration::ZERO);
    pub(super) const NO_LIMIT: Limit = Limit {
        timeout: None,
        end: None,
    };

    pub(super) const fn after(timeout: Duration) -> Limit {
        Limit {
            timeout: Some(timeout),
            end: None,
        }
    }

    /// The time left; `None` without a limit.
    pub(super) fn left(&mut self) -> Option<Duration> {
        let timeout = self.timeout?;
        if timeout.is_zero() {
            return Some(timeout);
        }
        let now = Instant::now();
        if self.end.is_none() {
            self.end = now.checked_add(timeout);
        }
        self.end.map(|end| end.saturating_duration_since(now))
    }

    /// Whether there is no time at all to wait.
    pub(super) fn is_none(&self) -> bool {
        self.timeout == Some(Duration::ZERO)
    }

    /// The whole time, for messages.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(Duration::MAX)
    }
}
