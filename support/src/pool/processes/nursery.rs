//! The process that forks the workers, now and later.
//!
//! The owner of a pool has threads, and a fork may find one of them in the middle of something. The nursery is forked once, when the
//! pool is made, has one thread, and forks a worker whenever the owner asks for one. It reaps them and reports how they ended.

use std::fmt::Display;
use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigHandler, SigSet, Signal, signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::message::{Job, Report, What, ended};
use super::worker::{Function, work};
use crate::caught::caught;
use crate::ipc::{Error, Queue};
use crate::pool::initializer::Initializer;
use crate::process::{Process, panics};

/// What the owner writes: the place that needs a process, or this.
const STOP: u32 = u32::MAX;
/// For its last words, if the queue is full.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The owner's end.
pub(super) struct Orders(PipeWriter);

impl Orders {
    pub(super) fn pipe() -> io::Result<(PipeReader, Orders)> {
        let (reader, writer) = io::pipe()?;
        Ok((reader, Orders(writer)))
    }

    /// Asks for a worker. A nursery that is gone is noticed elsewhere.
    pub(super) fn start(&mut self, place: usize) {
        let _ = self.0.write_all(&(place as u32).to_ne_bytes());
    }

    /// Has the nursery kill its workers and end.
    pub(super) fn stop(&mut self) {
        let _ = self.0.write_all(&STOP.to_ne_bytes());
    }
}

pub(super) struct Nursery<'a> {
    pub(super) orders: PipeReader,
    pub(super) jobs: &'a [Queue<Job>],
    pub(super) reports: &'a Queue<Report>,
    pub(super) tasks: u32,
    pub(super) initializer: Option<&'a Initializer>,
    pub(super) function: Function<'a>,
}

impl Nursery<'_> {
    /// Why it cannot go on is told to the owner, not to stderr.
    pub(super) fn run(mut self) -> Result<(), Error> {
        panics::note();
        let why = match caught(|| self.tend()) {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(why)) => why,
            Err(message) => format!("it panicked: {message}"),
        };
        let what = What::NoMore { why };
        self.reports
            .put_timeout(&Report { place: 0, what }, LAST_WORDS)
    }

    fn tend(&mut self) -> Result<(), String> {
        // SAFETY: the default action runs no code of ours. Ignored, the children would be reaped by the system.
        unsafe { signal(Signal::SIGCHLD, SigHandler::SigDfl) }
            .map_err(cannot("set a signal's action"))?;
        let children = SigSet::from(Signal::SIGCHLD);
        children.thread_block().map_err(cannot("block a signal"))?;
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let ends = SignalFd::with_flags(&children, flags)
            .map_err(cannot("make a signalfd (see `ulimit -n`)"))?;
        let mut workers = Vec::new();
        for place in 0..self.jobs.len() {
            workers.push(self.start(place)?);
        }
        loop {
            let flags = PollFlags::POLLIN;
            let mut fds = [
                PollFd::new(self.orders.as_fd(), flags),
                PollFd::new(ends.as_fd(), flags),
            ];
            match poll(&mut fds, PollTimeout::NONE) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(errno) => return Err(cannot("wait for orders")(errno)),
            }
            let [order, end] = fds.map(|fd| fd.any().unwrap_or(false));
            if end {
                let read = || ends.read_signal().map_err(cannot("read a signal"));
                while read()?.is_some() {}
                self.report_ends(&mut workers)?;
            }
            if order {
                let mut place = [0; 4];
                self.orders
                    .read_exact(&mut place)
                    .map_err(cannot("read an order"))?;
                match u32::from_ne_bytes(place) {
                    // Dropping the handles kills and reaps.
                    STOP => return Ok(()),
                    place => {
                        let place = place as usize;
                        workers[place] = self.start(place)?;
                    }
                }
            }
        }
    }

    fn start(&mut self, place: usize) -> Result<Option<Process>, String> {
        let (jobs, reports, tasks) = (&self.jobs[place], self.reports, self.tasks);
        let (initializer, function) = (self.initializer, &mut *self.function);
        let place = place as u32;
        let name = format!("pool-worker-{}", place + 1);
        let started = Process::builder().name(name).start(|| {
            let _ = SigSet::from(Signal::SIGCHLD).thread_unblock();
            work(place, jobs, reports, tasks, initializer, function)
        });
        let (process, what) = match started {
            Ok(process) => {
                let pid = process.pid();
                (Some(process), What::Started { pid })
            }
            Err(error) => {
                let why = error.to_string();
                (None, What::NotStarted { why })
            }
        };
        self.report(place, what)?;
        Ok(process)
    }

    /// One signal may stand for several ends.
    fn report_ends(&self, workers: &mut [Option<Process>]) -> Result<(), String> {
        for (place, worker) in workers.iter_mut().enumerate() {
            let Some(process) = worker else { continue };
            // Nobody else reaps here.
            if let Ok(Some(exit)) = process.try_join() {
                self.report(place as u32, ended(process.pid(), exit))?;
                *worker = None;
            }
        }
        Ok(())
    }

    fn report(&self, place: u32, what: What) -> Result<(), String> {
        self.reports
            .put(&Report { place, what })
            .map_err(cannot("report to the owner"))
    }
}

fn cannot<E: Display>(what: &'static str) -> impl Fn(E) -> String {
    move |error| format!("it cannot {what}: {error}")
}
