//! Load for servers: many clients in a process of their own, which check every answer.
//!
//! The servers of the chapters answer each line, as it is or in capitals. [`Load`] is their clients: each sends a line,
//! waits for the answer, checks it and sends the next (a closed loop). All of them are one thread with one event loop,
//! in a process of its own, so that their work is not counted as the server's.
//!
//! ```
//! use std::io::{Read, Write};
//! use std::net::TcpListener;
//! use std::time::{Duration, Instant};
//! use support::net::Load;
//!
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let address = listener.local_addr()?;
//! std::thread::spawn(move || {
//!     let (mut client, _) = listener.accept()?;
//!     let mut line = [0; 1024];
//!     loop {
//!         let n = client.read(&mut line)?;
//!         if n == 0 {
//!             return Ok::<(), std::io::Error>(());
//!         }
//!         line.make_ascii_uppercase();
//!         client.write_all(&line[..n])?;
//!     }
//! });
//! let report = Load::new(address).lasting(Duration::from_millis(50)).run()?;
//! println!("{report}");
//! assert!(report.per_second() > 0.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is reported
//!
//! [`Load::run`] is an error if a single answer was wrong, late or missing; [`Load::observe`] returns the [`Report`]
//! whatever the server did. A connection in [`Trouble`] is closed and not opened again. A server that never answers
//! ends the run by the bound of [`Load::bound`].
//!
//! # Ten thousand connections
//!
//! Connections are opened a few at a time, each new one when an earlier one has had its first answer, so that the
//! server's queue of new connections does not overflow. Each is a file descriptor here and another in the server: the
//! client raises its own limit as far as the system lets it, and a server that needs more calls [`allow_connections`].
//! The client uses one core: where it is the limit, [`Report::client_is_limit`] says so, and [`Report::rate`] is a lower bound.

mod ceiling;
mod client;
mod connection;
mod files;
mod latency;
mod protocol;
mod remote;
mod report;
#[cfg(target_os = "linux")]
mod ring;
mod signal;

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

pub use ceiling::ceiling;
pub use files::{allow_connections, allow_open_files};
pub use latency::Latency;
pub use protocol::Protocol;
pub use report::{Effort, Kind, Report, Trouble};
#[cfg(target_os = "linux")]
pub use ring::{Done, Ring};
pub use signal::signal_when_ready;

use crate::process;

/// Clients for a server, settled before they start.
#[derive(Debug, Clone)]
#[must_use = "no client connects before `run` or `observe`"]
pub struct Load {
    address: SocketAddr,
    protocol: Protocol,
    connections: usize,
    idle: usize,
    message_bytes: usize,
    warm_up: Duration,
    lasting: Duration,
    patience: Duration,
    server: Option<u32>,
}

impl Load {
    /// One client for the server at `address`, for half a second after a tenth of a second to warm up. It expects its
    /// lines back in capitals, each within two seconds.
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            protocol: Protocol::Capitals,
            connections: 1,
            idle: 0,
            message_bytes: 32,
            warm_up: Duration::from_millis(100),
            lasting: Duration::from_millis(500),
            patience: Duration::from_secs(2),
            server: None,
        }
    }

    /// What the server answers.
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// How many connections ask all the time.
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// How many more connections ask once, when they are made, and then stay silent.
    pub fn idle(mut self, idle: usize) -> Self {
        self.idle = idle;
        self
    }

    /// The length of a line in bytes, its end included; at least 2.
    pub fn message_bytes(mut self, bytes: usize) -> Self {
        self.message_bytes = bytes.max(2);
        self
    }

    /// How long the clients ask before the measurement begins.
    pub fn warm_up(mut self, time: Duration) -> Self {
        self.warm_up = time;
        self
    }

    /// How long the measurement lasts.
    pub fn lasting(mut self, time: Duration) -> Self {
        self.lasting = time;
        self
    }

    /// How long a client waits for a connection or for an answer.
    pub fn patience(mut self, time: Duration) -> Self {
        self.patience = time;
        self
    }

    /// The server's process id: [`Report::server`] then says what it used.
    pub fn server(mut self, pid: u32) -> Self {
        self.server = Some(pid);
        self
    }

    /// The longest that a run can take: connecting has ten times the patience, and the last answers have it once more.
    pub fn bound(&self) -> Duration {
        let parts = [self.warm_up, self.lasting, self.patience];
        let sum = |sum: Duration, part| sum.saturating_add(part);
        parts.into_iter().fold(self.connecting(), sum)
    }

    /// Runs the clients; every answer must be right.
    ///
    /// # Errors
    /// [`Error::Trouble`] with the report if any connection failed; the others if the clients could not be run.
    pub fn run(&self) -> Result<Report, Error> {
        let report = self.observe()?;
        match report.troubles() {
            [] => Ok(report),
            _ => Err(Error::Trouble(Box::new(report))),
        }
    }

    /// Runs the clients and reports what the server did, right or wrong.
    ///
    /// # Errors
    /// [`Error::OpenFiles`] if there may not be so many connections; the others if the clients' process failed.
    pub fn observe(&self) -> Result<Report, Error> {
        files::check(self.needed_files())?;
        remote::observe(self)
    }

    fn all(&self) -> usize {
        self.connections + self.idle
    }

    fn connecting(&self) -> Duration {
        self.patience.saturating_mul(10)
    }

    /// The connections, and what a process has open anyway.
    fn needed_files(&self) -> u64 {
        self.all() as u64 + 64
    }
}

/// `wait` later; a wait that no clock can count is one of a hundred years.
fn after(now: Instant, wait: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
    now.checked_add(wait)
        .or_else(|| now.checked_add(CENTURY))
        .unwrap_or(now)
}

/// Why there is no report, or one that must not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server did not answer all requests as it should.
    #[error("the server failed: {0}")]
    Trouble(Box<Report>),
    /// The system allows fewer open files.
    #[error(
        "{needed} open files are needed and this process may have {most}: use fewer connections, or raise the hard limit \
         (`ulimit -Hn`, as root)"
    )]
    OpenFiles {
        /// How many are needed.
        needed: u64,
        /// The hard limit.
        most: u64,
    },
    /// The system refused to read or set the limit of open files.
    #[error("cannot read or raise the limit of open files: {0}")]
    Limit(#[source] io::Error),
    /// The clients' process could not be started or waited for.
    #[error(transparent)]
    Process(#[from] process::Error),
    /// The kernel does not offer io_uring. Linux only.
    #[error(
        "the kernel does not allow io_uring: {0}; it needs Linux 5.11, and many containers (seccomp) and \
         `sysctl kernel.io_uring_disabled` forbid it"
    )]
    NoRing(#[source] io::Error),
    /// The way to the clients' process failed.
    #[error("cannot {action}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// The clients' process ended without a report.
    #[error("the clients ended without a report ({0}); their stderr may say why")]
    NoReport(process::Exit),
    /// The clients' process did not end in time and was killed.
    #[error("the clients had no report after {0:?} and were killed: is the machine overloaded?")]
    Overdue(Duration),
    /// The clients could not do their work.
    #[error("the clients gave up: {0}")]
    Client(String),
}
