//! Another process that lives on beside the one that is killed.

use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::exhaust::BOUND;
use super::traced::{forked, reap, state};
use crate::common::isolated::within;

/// Something else than the primitives to sleep at: a pipe from which a byte is read.
pub struct Gate(PipeReader, PipeWriter);

impl Gate {
    pub fn shut() -> Gate {
        let (reader, writer) = io::pipe().unwrap();
        Gate(reader, writer)
    }

    /// Sleeps until another process opens it.
    pub fn pass(&self) {
        (&self.0).read_exact(&mut [0]).unwrap();
    }

    pub fn open(&self) {
        (&self.1).write_all(&[0]).unwrap();
    }
}

/// Killed and reaped when dropped.
pub struct Companion {
    pid: Pid,
    ended: Option<nix::Result<WaitStatus>>,
}

impl Companion {
    /// Starts one that does this, which says whether it went well.
    pub fn start(work: impl FnOnce() -> bool) -> Companion {
        Companion {
            pid: forked(work),
            ended: None,
        }
    }

    /// Starts one and waits until it sleeps in what it does.
    pub fn asleep(work: impl FnOnce() -> bool) -> Companion {
        let companion = Companion::start(work);
        while state(companion.pid) != Some('S') {
            let ended = state(companion.pid) == Some('Z');
            assert!(!ended, "a companion ended that was to sleep");
            thread::yield_now();
        }
        companion
    }

    /// Waits until it ends, and well.
    pub fn ends(&mut self, what: &str) -> Result<(), String> {
        // Its own calls end within the bound, well or not.
        self.ended = self.ended.or_else(|| {
            within(2 * BOUND, || {
                let status = waitpid(self.pid, Some(WaitPidFlag::WNOHANG));
                (status != Ok(WaitStatus::StillAlive)).then_some(status)
            })
        });
        match self.ended {
            Some(Ok(WaitStatus::Exited(_, 0))) => Ok(()),
            Some(other) => Err(format!("{what}: {other:?}")),
            None => Err(format!("{what}: still waiting after {:?}", 2 * BOUND)),
        }
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        if self.ended.is_none() {
            let _ = kill(self.pid, Signal::SIGKILL);
            reap(self.pid);
        }
    }
}
