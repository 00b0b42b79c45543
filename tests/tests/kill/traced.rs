//! A child that goes on one instruction at a time, and stops before any of them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use std::{fs, hint, thread};

use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill, raise};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};

/// What ends the operation's stretch of instructions at both sides.
#[inline(never)]
extern "C" fn begin() {
    hint::black_box(1);
}

#[inline(never)]
extern "C" fn end() {
    hint::black_box(2);
}

/// A child under `ptrace(2)`. Killed and reaped when dropped.
pub struct Traced {
    pid: Pid,
    /// Not yet helped out of its sleep.
    sleeps: bool,
}

/// How far single steps lead: an instruction may not come to an end (aarch64 without LSE: a store-exclusive never succeeds).
const MOST: usize = 1 << 20;

/// After so long it may be asleep.
const LOOK: Duration = Duration::from_micros(200);

impl Traced {
    /// Forks a child that does `warm`, and stops it before the first instruction of `operation`. If the operation `sleeps`, somebody
    /// must help it when it does.
    pub fn start(
        warm: impl FnOnce(),
        operation: impl FnOnce(),
        sleeps: bool,
    ) -> Result<Traced, String> {
        let pid = forked(|| {
            warm();
            if ptrace::traceme().is_err() || raise(Signal::SIGSTOP).is_err() {
                return false;
            }
            begin();
            operation();
            end();
            true
        });
        let mut traced = Traced { pid, sleeps };
        match traced.wait(&mut || ())? {
            WaitStatus::Stopped(_, Signal::SIGSTOP) => {}
            other => return Err(format!("the child does not stop to be traced: {other:?}")),
        }
        ptrace::setoptions(pid, Options::PTRACE_O_EXITKILL).map_err(|error| error.to_string())?;
        traced.run_to(begin as *const () as usize, 0, &mut || ())?;
        Ok(traced)
    }

    /// The address of the instruction that comes next.
    pub fn at(&self) -> Result<usize, String> {
        let registers = ptrace::getregs(self.pid).map_err(|error| error.to_string())?;
        #[cfg(target_arch = "x86_64")]
        let at = registers.rip;
        #[cfg(target_arch = "aarch64")]
        let at = registers.pc;
        Ok(at as usize)
    }

    /// Does one instruction; a system call is one. Calls `help` when it has gone to sleep in there.
    pub fn step(&mut self, help: &mut dyn FnMut()) -> Result<(), String> {
        ptrace::step(self.pid, None).map_err(|error| error.to_string())?;
        self.trapped(help)
    }

    /// Steps to the end and says what it met: the address of each instruction, and of the one behind the last.
    pub fn walk(&mut self, help: &mut dyn FnMut()) -> Result<Vec<usize>, String> {
        let mut met = vec![self.at()?];
        while met.last() != Some(&(end as *const () as usize)) {
            if met.len() > MOST {
                return Err(format!(
                    "the operation has not ended after {MOST} instructions"
                ));
            }
            self.step(help)?;
            met.push(self.at()?);
        }
        Ok(met)
    }

    /// Runs until so many system calls have ended.
    pub fn run_calls(&mut self, calls: usize, help: &mut dyn FnMut()) -> Result<(), String> {
        // It stops before each and after each.
        for _ in 0..2 * calls {
            ptrace::syscall(self.pid, None).map_err(|error| error.to_string())?;
            self.trapped(help)?;
        }
        Ok(())
    }

    /// Whether the instruction at `address` is a system call.
    pub fn is_call(&self, address: usize) -> Result<bool, String> {
        let text = ptrace::read(self.pid, address as ptrace::AddressType)
            .map_err(|error| error.to_string())?;
        #[cfg(target_arch = "x86_64")]
        let (instruction, call) = (0xffff, 0x050f);
        #[cfg(target_arch = "aarch64")]
        let (instruction, call) = (0xffff_ffff, 0xd400_0001);
        Ok(text & instruction == call)
    }

    /// Runs until the instruction at `address` comes next, having passed it `passes` times: at once if it comes next already.
    pub fn run_to(
        &mut self,
        address: usize,
        passes: usize,
        help: &mut dyn FnMut(),
    ) -> Result<(), String> {
        let failed = |error: Errno| error.to_string();
        let place = address as ptrace::AddressType;
        let text = ptrace::read(self.pid, place).map_err(failed)?;
        for pass in 0..=passes {
            if pass > 0 {
                self.step(help)?;
            } else if self.at()? == address {
                continue;
            }
            ptrace::write(self.pid, place, with_trap(text)).map_err(failed)?;
            ptrace::cont(self.pid, None).map_err(failed)?;
            let stopped = self.trapped(help);
            ptrace::write(self.pid, place, text).map_err(failed)?;
            stopped?;
            self.back_onto(address)?;
        }
        Ok(())
    }

    /// Where a trap has stopped it, its instruction comes next.
    fn back_onto(&self, address: usize) -> Result<(), String> {
        let registers = ptrace::getregs(self.pid).map_err(|error| error.to_string())?;
        #[cfg(target_arch = "x86_64")]
        let registers = libc::user_regs_struct {
            rip: address as u64,
            ..registers
        };
        #[cfg(target_arch = "aarch64")]
        let registers = libc::user_regs_struct {
            pc: address as u64,
            ..registers
        };
        ptrace::setregs(self.pid, registers).map_err(|error| error.to_string())
    }

    fn trapped(&mut self, help: &mut dyn FnMut()) -> Result<(), String> {
        match self.wait(help)? {
            WaitStatus::Stopped(_, Signal::SIGTRAP) => Ok(()),
            other => Err(format!("the child was to go on and stop, but {other:?}")),
        }
    }

    fn wait(&mut self, help: &mut dyn FnMut()) -> Result<WaitStatus, String> {
        let since = Instant::now();
        while self.sleeps {
            match waitpid(self.pid, Some(WaitPidFlag::__WALL | WaitPidFlag::WNOHANG)) {
                // Most steps end before it is worth a look.
                Ok(WaitStatus::StillAlive)
                    if since.elapsed() > LOOK && state(self.pid) == Some('S') =>
                {
                    help();
                    self.sleeps = false;
                }
                Ok(WaitStatus::StillAlive) => thread::yield_now(),
                ended => return ended.map_err(|error| error.to_string()),
            }
        }
        waitpid(self.pid, Some(WaitPidFlag::__WALL)).map_err(|error| error.to_string())
    }

    pub fn pid(&self) -> u32 {
        self.pid.as_raw() as u32
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        let _ = kill(self.pid, Signal::SIGKILL);
        reap(self.pid);
    }
}

/// The word of text with a trap as its first instruction.
fn with_trap(text: libc::c_long) -> libc::c_long {
    #[cfg(target_arch = "x86_64")]
    let (instruction, trap) = (0xff, 0xcc);
    #[cfg(target_arch = "aarch64")]
    let (instruction, trap) = (0xffff_ffff, 0xd420_0000);
    text & !instruction | trap
}

/// Forks a child that does this and ends, with exit code 0 if it says so.
pub fn forked(work: impl FnOnce() -> bool) -> Pid {
    // SAFETY: this process has one thread.
    match unsafe { fork() }.unwrap() {
        ForkResult::Parent { child } => child,
        ForkResult::Child => {
            let well = catch_unwind(AssertUnwindSafe(work)).unwrap_or(false);
            // SAFETY: ends the process; what it has is its parent's.
            unsafe { libc::_exit(i32::from(!well)) }
        }
    }
}

/// Waits until it has ended.
pub fn reap(pid: Pid) -> Option<WaitStatus> {
    loop {
        match waitpid(pid, Some(WaitPidFlag::__WALL)) {
            Ok(WaitStatus::Stopped(..)) | Err(Errno::EINTR) => {}
            ended => return ended.ok(),
        }
    }
}

/// The letter of `proc_pid_stat(5)`.
pub fn state(pid: Pid) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}
