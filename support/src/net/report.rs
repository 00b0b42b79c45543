//! What the clients saw.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Latency;
use crate::measure::Reading;

/// What went wrong with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Kind {
    /// It could not be made.
    Refused,
    /// No answer came, or no connection, within the patience.
    Late,
    /// The answer was not the one expected, or nothing had been asked.
    Wrong,
    /// The server closed it while the client still needed it.
    Closed,
    /// The server or the system broke it off.
    Reset,
}

/// Everything of one kind that went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Trouble {
    /// What went wrong.
    pub kind: Kind,
    /// On how many connections.
    pub count: u64,
    /// The first of them, in words.
    pub example: String,
}

/// What the server's process used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Effort {
    /// Processor time during the measurement, of all its threads.
    pub cpu: Duration,
    /// Memory in bytes at the end of the measurement, while all connections were open: what the process has for itself
    /// alone (on Linux; elsewhere its resident memory), without what the kernel keeps for it.
    pub memory: u64,
    /// Its threads at the end of the measurement; 0 where the system does not tell.
    pub threads: u32,
}

/// What the clients saw. `Display` says it in two lines.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// How many connections were asked for, idle ones included.
    pub connections: usize,
    /// How many of them had a right answer.
    pub served: usize,
    /// How long it took until all of them had one, or trouble.
    pub connecting: Duration,
    /// How long the measurement lasted; less than asked for if no connection was left.
    pub measured: Duration,
    /// How long the answers took that came in that time.
    pub latency: Latency,
    /// Right answers from the first to the last, those outside the measurement included: what to divide the server's CPU
    /// time by.
    pub answers: u64,
    /// CPU time of the clients' process during the measurement.
    pub client_cpu: Duration,
    /// What the server used, if [`Load::server`](super::Load::server) named it and it ran to the end.
    pub server: Option<Effort>,
    pub(super) troubles: Vec<Trouble>,
    /// Whether its rate came near what its clients can do at most.
    pub(super) at_ceiling: bool,
}

impl Report {
    /// Right answers in the time of the measurement.
    pub fn requests(&self) -> u64 {
        self.latency.len()
    }

    /// Right answers per second, during the measurement.
    pub fn per_second(&self) -> f64 {
        if self.measured.is_zero() {
            return 0.0;
        }
        self.requests() as f64 / self.measured.as_secs_f64()
    }

    /// The same, as a lower bound where [the client was the limit](Self::client_is_limit): a comparison of such rates decides only what
    /// the bound suffices for.
    ///
    /// ```
    /// use std::time::Duration;
    /// use support::measure::Samples;
    /// use support::net::{Load, ceiling};
    ///
    /// let load = Load::new(([127, 0, 0, 1], 0).into()).lasting(Duration::from_millis(50));
    /// // Beside itself it is at its ceiling.
    /// let most = ceiling(&load)?;
    /// let rate = Samples::from_iter([most.clone().beside(&most).rate(); 6]).median_interval();
    /// assert!(rate.is_lower_bound());
    /// # Ok::<(), support::net::Error>(())
    /// ```
    pub fn rate(&self) -> Reading {
        match self.client_is_limit() {
            true => Reading::at_least(self.per_second()),
            false => self.per_second().into(),
        }
    }

    /// The time in seconds within which the share `p` (0 to 1) of the answers came, as an upper bound where
    /// [the client was the limit](Self::client_is_limit): an answer waited for the client, too.
    pub fn within(&self, p: f64) -> Reading {
        let seconds = self.latency.quantile(p).as_secs_f64();
        match self.client_is_limit() {
            true => Reading::at_most(seconds),
            false => seconds.into(),
        }
    }

    /// This report beside the [`ceiling`](super::ceiling) of the same load: if its rate is within a tenth of it, the clients, or the way to
    /// them, were the limit.
    pub fn beside(mut self, ceiling: &Self) -> Self {
        self.at_ceiling |= self.per_second() >= 0.9 * ceiling.per_second();
        self
    }

    /// What went wrong, by kind.
    pub fn troubles(&self) -> &[Trouble] {
        &self.troubles
    }

    /// How many connections had trouble of this kind.
    pub fn count(&self, kind: Kind) -> u64 {
        let found = self.troubles.iter().find(|trouble| trouble.kind == kind);
        found.map_or(0, |trouble| trouble.count)
    }

    /// The share of its one core that the client used during the measurement; 0 if it had no answer in that time.
    pub fn client_share(&self) -> f64 {
        if self.latency.is_empty() {
            return 0.0;
        }
        self.client_cpu.div_duration_f64(self.measured)
    }

    /// Whether the client had its hands full (90 % of a core), or its rate came near its ceiling ([`beside`](Self::beside)), so that the
    /// server might have done more. A chart that shows such a measurement should say so.
    pub fn client_is_limit(&self) -> bool {
        self.at_ceiling || self.client_share() >= 0.9
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} connections served, {}{:.0} answers/s, half within {:.1?}, 99 % within {:.1?}; client: {:.0} % of a core",
            self.served,
            self.connections,
            if self.client_is_limit() { "≥ " } else { "" },
            self.per_second(),
            self.latency.median(),
            self.latency.quantile(0.99),
            100.0 * self.client_share(),
        )?;
        if self.client_is_limit() {
            write!(f, " (it is the limit)")?;
        }
        for Trouble {
            kind,
            count,
            example,
        } in &self.troubles
        {
            write!(f, "\n{kind:?} on {count}: {example}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many answers in a second, for so much of the client's time.
    fn report(answers: u64, cpu_ms: u64) -> Report {
        let mut latency = Latency::new();
        for _ in 0..answers {
            latency.record(Duration::from_micros(50));
        }
        Report {
            connections: 4,
            served: 4,
            connecting: Duration::ZERO,
            measured: Duration::from_secs(1),
            latency,
            answers,
            client_cpu: Duration::from_millis(cpu_ms),
            server: None,
            troubles: Vec::new(),
            at_ceiling: false,
        }
    }

    #[test]
    fn a_rate_is_a_lower_bound_where_the_client_is_the_limit() {
        let (at_ease, busy) = (report(1_000, 500), report(1_000, 950));
        assert_eq!(at_ease.rate(), Reading::from(1_000.0));
        assert_eq!(busy.rate(), Reading::at_least(1_000.0));
        let median = at_ease.latency.median().as_secs_f64();
        assert_eq!(at_ease.within(0.5), Reading::from(median));
        assert_eq!(busy.within(0.5), Reading::at_most(median));
        assert!(busy.to_string().contains(", ≥ 1000 answers/s"), "{busy}");
        for (most, limit) in [(1_100, true), (1_200, false)] {
            let beside = at_ease.clone().beside(&report(most, 950));
            assert_eq!(beside.client_is_limit(), limit, "{most}");
        }
    }
}
