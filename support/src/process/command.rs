//! Another program, and how it is to run.

#[cfg(target_os = "linux")]
mod exec;
mod output;
#[cfg(not(target_os = "linux"))]
mod portable;
#[cfg(target_os = "linux")]
mod spawner;
mod stdio;

use std::borrow::BorrowMut;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::libc;

pub use output::Output;
pub use stdio::Stdio;

use super::{Error, Exit, Process};

/// A program to run, with its arguments and surroundings. As `std::process::Command`, with these differences: stdin is `/dev/null`
/// unless asked for, what it starts is a [`Process`], and so ends with this process.
///
/// ```
/// use support::process::Command;
///
/// let output = Command::new("sh").args(["-c", "echo hello, $WHO"]).env("WHO", "zhao").output()?;
/// assert_eq!(output.stdout, b"hello, zhao\n");
/// # Ok::<(), support::process::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing runs before `spawn`, `status` or `output`"]
pub struct Command {
    program: OsString,
    args: Vec<OsString>,
    /// What differs from this process's environment, or from none.
    env: BTreeMap<OsString, Option<OsString>>,
    env_cleared: bool,
    current_dir: Option<PathBuf>,
    process_group: Option<libc::pid_t>,
    stdio: [Option<Stdio>; 3],
}

impl Command {
    /// A program by its path, or by its name, which is looked for on the `PATH` that the program itself will have.
    pub fn new(program: impl AsRef<OsStr>) -> Command {
        Command {
            program: program.as_ref().to_owned(),
            args: Vec::new(),
            env: BTreeMap::new(),
            env_cleared: false,
            current_dir: None,
            process_group: None,
            stdio: [None, None, None],
        }
    }

    /// Adds an argument.
    pub fn arg(&mut self, arg: impl AsRef<OsStr>) -> &mut Command {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args(&mut self, args: impl IntoIterator<Item: AsRef<OsStr>>) -> &mut Command {
        for arg in args {
            self.arg(arg);
        }
        self
    }

    /// Sets a variable of its environment, which else is that of this process.
    pub fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Command {
        let value = value.as_ref().to_owned();
        self.env.insert(name.as_ref().to_owned(), Some(value));
        self
    }

    /// Sets variables.
    pub fn envs<N: AsRef<OsStr>, V: AsRef<OsStr>>(
        &mut self,
        vars: impl IntoIterator<Item = (N, V)>,
    ) -> &mut Command {
        for (name, value) in vars {
            self.env(name, value);
        }
        self
    }

    /// Takes a variable away.
    pub fn env_remove(&mut self, name: impl AsRef<OsStr>) -> &mut Command {
        self.env.insert(name.as_ref().to_owned(), None);
        self
    }

    /// Takes all variables away, those set so far too.
    pub fn env_clear(&mut self) -> &mut Command {
        self.env.clear();
        self.env_cleared = true;
        self
    }

    /// Its working directory. A relative path of the program starts from there.
    pub fn current_dir(&mut self, dir: impl AsRef<Path>) -> &mut Command {
        self.current_dir = Some(dir.as_ref().to_owned());
        self
    }

    /// Its process group (`setpgid(2)`); 0 is a new one with the id of the process.
    pub fn process_group(&mut self, group: i32) -> &mut Command {
        self.process_group = Some(group);
        self
    }

    /// What it reads; `/dev/null` if not set.
    pub fn stdin(&mut self, stdin: impl Into<Stdio>) -> &mut Command {
        self.stdio[0] = Some(stdin.into());
        self
    }

    /// Where its output goes; with this process's if not set.
    pub fn stdout(&mut self, stdout: impl Into<Stdio>) -> &mut Command {
        self.stdio[1] = Some(stdout.into());
        self
    }

    /// Where its complaints go; with this process's if not set.
    pub fn stderr(&mut self, stderr: impl Into<Stdio>) -> &mut Command {
        self.stdio[2] = Some(stderr.into());
        self
    }

    /// The program, as given.
    pub fn get_program(&self) -> &OsStr {
        &self.program
    }

    /// The arguments, as given.
    pub fn get_args(&self) -> impl Iterator<Item = &OsStr> {
        self.args.iter().map(OsString::as_os_str)
    }

    /// Starts it: short for `Process::builder().spawn(command)`.
    ///
    /// # Errors
    /// As [`Builder::spawn`](super::Builder::spawn).
    pub fn spawn(&mut self) -> Result<Process, Error> {
        Process::builder().spawn(self)
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// As [`spawn`](Self::spawn) and [`Process::join`].
    pub fn status(&mut self) -> Result<Exit, Error> {
        self.spawn()?.join()
    }

    /// Runs it to its end and collects what it writes to stdout and stderr, however much, unless these were set to something else.
    ///
    /// # Errors
    /// As [`spawn`](Self::spawn) and [`Process::communicate`].
    pub fn output(&mut self) -> Result<Output, Error> {
        self.output_timeout(Duration::MAX)
    }

    /// The same, but kills it after `limit`.
    ///
    /// # Errors
    /// As [`output`](Self::output); [`Error::TimedOut`] if it was killed.
    ///
    /// ```
    /// use std::time::Duration;
    /// use support::process::{Command, Error};
    ///
    /// let slow = Command::new("sleep").arg("60").output_timeout(Duration::from_millis(50));
    /// assert!(matches!(slow, Err(Error::TimedOut { .. })));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn output_timeout(&mut self, limit: Duration) -> Result<Output, Error> {
        let unset = [1, 2].map(|stream| self.stdio[stream].is_none());
        for stream in [1, 2] {
            self.stdio[stream].get_or_insert_with(Stdio::piped);
        }
        let spawned = self.spawn();
        for (stream, unset) in [1, 2].into_iter().zip(unset) {
            if unset {
                self.stdio[stream] = None;
            }
        }
        spawned?.communicate(&[], limit)
    }

    /// The variables it will have.
    #[cfg(target_os = "linux")]
    fn environment(&self) -> BTreeMap<OsString, OsString> {
        let mut all: BTreeMap<_, _> = match self.env_cleared {
            true => BTreeMap::new(),
            false => std::env::vars_os().collect(),
        };
        for (name, value) in &self.env {
            match value {
                Some(value) => all.insert(name.clone(), value.clone()),
                None => all.remove(name),
            };
        }
        all
    }
}

/// What a start of a command gives.
pub(super) struct Started {
    pub(super) pid: libc::pid_t,
    pub(super) pidfd: Option<OwnedFd>,
    /// This process's ends of the pipes.
    pub(super) ends: [Option<OwnedFd>; 3],
}

/// Starts it, bound to this process or for so long.
pub(super) fn start(
    mut command: impl BorrowMut<Command>,
    limit: Option<Duration>,
    stdin_inherited: bool,
) -> Result<Started, Error> {
    let command = command.borrow_mut();
    // What was printed before the start appears before what the program prints.
    let _ = io::stdout().flush();
    #[cfg(target_os = "linux")]
    let started = exec::start(command, limit, stdin_inherited);
    #[cfg(not(target_os = "linux"))]
    let started = portable::start(command, limit, stdin_inherited);
    started.map_err(|source| Error::Spawn {
        program: command.program.clone().into(),
        source,
    })
}
