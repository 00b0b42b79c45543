//! A server in a process of its own.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::ChildStdout;

use support::process::{Command, Process, Stdio};

use super::said;

/// A server that has said where it listens. It is killed when this is dropped.
#[derive(Debug)]
pub struct Server {
    process: Process,
    address: SocketAddr,
    /// Kept, so that it may say more.
    _said: BufReader<ChildStdout>,
}

impl Server {
    /// Starts a program whose first line of output is the address it listens on.
    ///
    /// # Errors
    /// When it does not start, or says something else.
    pub fn start(program: impl AsRef<OsStr>) -> Result<Self, String> {
        Self::spawn(Command::new(program))
    }

    /// The same with arguments or an environment of its own.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn spawn(mut command: Command) -> Result<Self, String> {
        command.stdout(Stdio::piped());
        let mut process = Process::builder().spawn(command).map_err(said)?;
        let stdout = process.stdout.take().ok_or("its stdout is no pipe")?;
        let mut output = BufReader::new(stdout);
        let mut line = String::new();
        output.read_line(&mut line).map_err(said)?;
        let address = (line.trim().parse())
            .map_err(|e| format!("the server must print its address, not {line:?}: {e}"))?;
        Ok(Self {
            process,
            address,
            _said: output,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Whether it has not ended.
    pub fn is_alive(&self) -> bool {
        self.process.is_alive()
    }
}
