use std::fmt::{self, Display};
use std::io::{self, Write as _};

use nix::libc;
use nix::sys::signal::Signal;

/// How a process ended.
///
/// ```
/// use support::process::Exit;
///
/// assert_eq!(Exit::Code(0).to_string(), "exit code 0");
/// assert_eq!(Exit::Signal(9).to_string(), "killed by signal 9 (SIGKILL)");
/// assert!(!Exit::Signal(9).success());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// It ended by itself, with this code: 0 to 255.
    Code(i32),
    /// This signal killed it.
    Signal(i32),
}

impl Exit {
    /// True for exit code 0 only.
    pub fn success(self) -> bool {
        self == Exit::Code(0)
    }

    /// Reads the status of `waitpid` for a process that has ended.
    #[cfg(target_os = "linux")]
    pub(super) fn from_status(status: libc::c_int) -> Exit {
        if libc::WIFEXITED(status) {
            Exit::Code(libc::WEXITSTATUS(status))
        } else {
            Exit::Signal(libc::WTERMSIG(status))
        }
    }
}

impl Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Exit::Code(code) => write!(f, "exit code {code}"),
            Exit::Signal(number) => {
                write!(f, "killed by signal {number}")?;
                match Signal::try_from(number) {
                    Ok(signal) => write!(f, " ({signal})"),
                    // Real-time signals have no name.
                    Err(_) => Ok(()),
                }
            }
        }
    }
}

/// What a process may return: it becomes the exit code.
///
/// `()` is 0. An `i32` is itself, of which the system keeps the lowest 8 bits. `Ok(())` is 0; an `Err` is written to
/// stderr and is 1. A closure that never returns (`|| loop { … }`) is fine as well.
pub trait Outcome {
    /// The exit code.
    fn code(self) -> i32;
}

impl Outcome for () {
    fn code(self) -> i32 {
        0
    }
}

impl Outcome for i32 {
    fn code(self) -> i32 {
        self
    }
}

impl<E: Display> Outcome for Result<(), E> {
    fn code(self) -> i32 {
        match self {
            Ok(()) => 0,
            Err(error) => {
                // Without a stderr there is nobody left to tell; the code still says it.
                let _ = writeln!(io::stderr(), "Error: {error}");
                1
            }
        }
    }
}

/// Stable Rust has no name for the type of what never returns, but can project it.
pub trait Return {
    /// What is returned.
    type Type;
}

impl<T> Return for fn() -> T {
    type Type = T;
}

impl Outcome for <fn() -> ! as Return>::Type {
    fn code(self) -> i32 {
        self
    }
}
