//! Which calls of the kernel a process makes: `ptrace(2)`.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{Pid, gettid};

use super::Error;
use super::platform::refused;

/// Counts the calls of the kernel that a process makes, in all its threads, until it ends. Linux only.
///
/// ```
/// use std::time::Duration;
/// use support::process::Process;
/// use support::process::inspect::Counting;
///
/// let mut child = Process::start(|| {
///     loop {
///         std::thread::sleep(Duration::from_millis(1));
///     }
/// })?;
/// let counting = match Counting::start(child.pid()) {
///     Ok(counting) => counting,
///     Err(why) => return Ok(println!("not here: {why}")),
/// };
/// std::thread::sleep(Duration::from_millis(50));
/// child.kill()?;
/// let calls = counting.finish()?;
/// child.join()?;
/// assert!(calls.of("clock_nanosleep") > 5);
/// # Ok::<(), support::process::Error>(())
/// ```
///
/// A thread of this process stops the other one at each call and lets it go on: that costs some ten microseconds, so that
/// nothing else is to be measured in the same run.
#[derive(Debug)]
#[must_use = "`finish` says what was counted"]
pub struct Counting {
    pid: u32,
    tracer: JoinHandle<Result<Calls, Errno>>,
}

/// How often each call was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls(BTreeMap<libc::c_long, u64>);

impl Counting {
    /// Starts to count. The process must be a child of this one, or the caller root.
    ///
    /// # Errors
    /// [`Error::Look`] if the process is gone, or may not be traced: containers and `kernel.yama.ptrace_scope` can forbid it.
    pub fn start(pid: u32) -> Result<Counting, Error> {
        let (say, said) = mpsc::channel();
        // A tracer is a thread: what it has attached to is let go when it ends.
        let tracer = thread::Builder::new().name("tracer".into()).spawn(move || {
            let pid = Pid::from_raw(pid as i32);
            let attached = attach(pid);
            let _ = say.send(attached);
            attached.and_then(|()| count(pid))
        });
        let tracer = tracer.map_err(|source| refused(pid, "calls", source))?;
        match said.recv() {
            Ok(Err(errno)) => Err(refused(pid, "calls", errno.into())),
            _ => Ok(Counting { pid, tracer }),
        }
    }

    /// What was counted, once the process has ended: kill it first, and join it afterwards.
    ///
    /// # Errors
    /// [`Error::Look`] if the kernel broke the tracing off.
    pub fn finish(self) -> Result<Calls, Error> {
        let counted = self.tracer.join().unwrap_or(Err(Errno::EIO));
        counted.map_err(|errno| refused(self.pid, "calls", errno.into()))
    }
}

impl Calls {
    /// How many there were.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// How many there were of one kind; 0 for a name that is not in [`iter`](Self::iter).
    pub fn of(&self, name: &str) -> u64 {
        self.iter()
            .filter(|(found, _)| found == name)
            .map(|(_, count)| count)
            .sum()
    }

    /// Names and counts, the most frequent first. What has no name here is called by its number.
    pub fn iter(&self) -> impl Iterator<Item = (String, u64)> {
        let mut all: Vec<_> = self
            .0
            .iter()
            .map(|(&number, &count)| (name(number), count))
            .collect();
        all.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        all.into_iter()
    }
}

/// Attaches to all threads, and so to those that they start from then on. If it fails, the end of the calling thread lets them go.
fn attach(process: Pid) -> Result<(), Errno> {
    let mut attached = HashSet::new();
    loop {
        let tasks = fs::read_dir(format!("/proc/{process}/task")).map_err(|error| {
            match error.raw_os_error().map(Errno::from_raw) {
                Some(Errno::ENOENT) | None => Errno::ESRCH,
                Some(errno) => errno,
            }
        })?;
        let before = attached.len();
        for task in tasks {
            // The process may end meanwhile, and so may a thread.
            let name = task.map(|task| task.file_name());
            let Some(thread) = name.ok().and_then(|name| name.to_str()?.parse().ok()) else {
                continue;
            };
            if attached.insert(thread) {
                seize(process, Pid::from_raw(thread))?;
            }
        }
        // One that was not attached to may have started another while we looked.
        if attached.len() == before {
            return Ok(());
        }
    }
}

fn seize(process: Pid, thread: Pid) -> Result<(), Errno> {
    let options = Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_TRACECLONE;
    match ptrace::seize(thread, options).and_then(|()| ptrace::interrupt(thread)) {
        Err(errno) if thread != process && (errno == Errno::ESRCH || is_ours(process, thread)) => {
            Ok(())
        }
        result => result,
    }
}

/// Whether it has ended, or came to us by its start: one that we had attached to has started it.
fn is_ours(process: Pid, thread: Pid) -> bool {
    let Ok(status) = fs::read_to_string(format!("/proc/{process}/task/{thread}/status")) else {
        return true;
    };
    let field = |name| {
        let mut lines = status.lines();
        lines.find_map(|line| line.strip_prefix(name))
    };
    let ended = field("State:").is_some_and(|state| state.trim().starts_with(['Z', 'X']));
    let me = gettid().to_string();
    ended || field("TracerPid:").is_some_and(|tracer| tracer.trim() == me)
}

/// Lets all threads run from call to call until the process has ended.
fn count(process: Pid) -> Result<Calls, Errno> {
    let mut calls = Calls::default();
    // Only what this thread traces: the other children belong to others.
    let mine = WaitPidFlag::__WNOTHREAD | WaitPidFlag::__WALL;
    let any = mine | WaitPidFlag::WSTOPPED | WaitPidFlag::WEXITED;
    loop {
        let status = match waitid(Id::All, any | WaitPidFlag::WNOWAIT) {
            Err(Errno::EINTR) => continue,
            status => status?,
        };
        let Some(pid) = status.pid() else { continue };
        let ended = matches!(status, WaitStatus::Exited(..) | WaitStatus::Signaled(..));
        if ended && pid == process {
            return Ok(calls);
        }
        // A stop is over if the process was killed meanwhile; its end then comes next.
        let what = if ended {
            WaitPidFlag::WEXITED
        } else {
            WaitPidFlag::WSTOPPED
        };
        match waitid(Id::Pid(pid), mine | what | WaitPidFlag::WNOHANG) {
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => continue,
            taken => taken?,
        };
        let signal = match status {
            WaitStatus::PtraceSyscall(_) => {
                if let Some(number) = entered(pid) {
                    *calls.0.entry(number).or_default() += 1;
                }
                None
            }
            // A stop without an event is a signal on its way; SIGTRAP alone is the tracer's.
            WaitStatus::PtraceEvent(_, signal, 0) | WaitStatus::Stopped(_, signal) => {
                (signal != Signal::SIGTRAP).then_some(signal)
            }
            _ => None,
        };
        if !ended {
            match ptrace::syscall(pid, signal) {
                // It was killed meanwhile.
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(errno) => return Err(errno),
            }
        }
    }
}

/// The number of the call that the thread is about to make; none when it comes back from one.
fn entered(pid: Pid) -> Option<libc::c_long> {
    let info = ptrace::syscall_info(pid).ok()?;
    if info.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
        return None;
    }
    // SAFETY: at an entry the kernel has filled in this part.
    Some(unsafe { info.u.entry.nr } as libc::c_long)
}

fn name(number: libc::c_long) -> String {
    macro_rules! names {
        ($($name:ident $number:ident),* $(,)?) => {
            [$((stringify!($name), libc::$number)),*]
        };
    }
    const COMMON: &[(&str, libc::c_long)] = &names![
        accept4 SYS_accept4, brk SYS_brk, clock_nanosleep SYS_clock_nanosleep, clone3 SYS_clone3, close SYS_close,
        epoll_ctl SYS_epoll_ctl, epoll_pwait SYS_epoll_pwait, exit SYS_exit, fcntl SYS_fcntl, futex SYS_futex,
        getrandom SYS_getrandom, io_uring_enter SYS_io_uring_enter, io_uring_setup SYS_io_uring_setup, ioctl SYS_ioctl,
        madvise SYS_madvise, mmap SYS_mmap, mprotect SYS_mprotect, munmap SYS_munmap, ppoll SYS_ppoll, pselect6 SYS_pselect6,
        read SYS_read, recvfrom SYS_recvfrom, rseq SYS_rseq, rt_sigprocmask SYS_rt_sigprocmask,
        sched_getaffinity SYS_sched_getaffinity, sched_yield SYS_sched_yield, sendto SYS_sendto,
        set_robust_list SYS_set_robust_list, setsockopt SYS_setsockopt, sigaltstack SYS_sigaltstack, write SYS_write,
    ];
    /// Those that newer architectures leave out.
    #[cfg(target_arch = "x86_64")]
    const OLD: &[(&str, libc::c_long)] =
        &names![epoll_wait SYS_epoll_wait, poll SYS_poll, select SYS_select];
    #[cfg(not(target_arch = "x86_64"))]
    const OLD: &[(&str, libc::c_long)] = &[];
    let mut known = COMMON.iter().chain(OLD);
    let found = known.find(|&&(_, known)| known == number);
    found.map_or_else(|| format!("call {number}"), |(name, _)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;
    use crate::process::{Exit, Process};

    #[test]
    fn calls_of_all_threads_are_counted_exactly() {
        let (mut ready, mut say) = std::io::pipe().unwrap();
        let (mut wait, mut go) = std::io::pipe().unwrap();
        let mut child = Process::start(move || {
            wait.read_exact(&mut [0]).unwrap();
            let threads: Vec<_> = (0..3)
                .map(|_| {
                    thread::spawn(|| {
                        for _ in 0..100 {
                            // SAFETY: it has no arguments.
                            unsafe { libc::sched_yield() };
                        }
                    })
                })
                .collect();
            threads
                .into_iter()
                .for_each(|thread| thread.join().unwrap());
            say.write_all(&[1]).unwrap();
            thread::park();
        })
        .unwrap();
        let counting = match Counting::start(child.pid()) {
            Ok(counting) => counting,
            Err(why) => return println!("passed over: {why}"),
        };
        go.write_all(&[1]).unwrap();
        ready.read_exact(&mut [0]).unwrap();
        child.kill().unwrap();
        let calls = counting.finish().unwrap();
        assert!(matches!(child.join().unwrap(), Exit::Signal(libc::SIGKILL)));
        assert_eq!(calls.of("sched_yield"), 300, "{calls:?}");
        assert_eq!(calls.of("clone3"), 3, "{calls:?}");
    }

    #[test]
    fn threads_that_ran_before_and_those_they_start_are_counted() {
        const STEADY: usize = 4;
        let (mut ready, say) = std::io::pipe().unwrap();
        let (wait, mut go) = std::io::pipe().unwrap();
        let mut child = Process::start(move || {
            let yields = || {
                for _ in 0..100 {
                    // SAFETY: it has no arguments.
                    unsafe { libc::sched_yield() };
                }
            };
            let steady: Vec<_> = (0..STEADY)
                .map(|_| {
                    let mut wait = wait.try_clone().unwrap();
                    let mut say = say.try_clone().unwrap();
                    thread::spawn(move || {
                        say.write_all(&[1]).unwrap();
                        wait.read_exact(&mut [0]).unwrap();
                        yields();
                        thread::spawn(yields).join().unwrap();
                        say.write_all(&[1]).unwrap();
                    })
                })
                .collect();
            // Threads come and go while the tracer attaches.
            thread::spawn(|| {
                loop {
                    thread::spawn(|| ()).join().unwrap();
                }
            });
            steady.into_iter().for_each(|one| one.join().unwrap());
            (&say).write_all(&[1]).unwrap();
            thread::park();
        })
        .unwrap();
        ready.read_exact(&mut [0; STEADY]).unwrap();
        let counting = match Counting::start(child.pid()) {
            Ok(counting) => counting,
            Err(why) => return println!("passed over: {why}"),
        };
        go.write_all(&[1; STEADY]).unwrap();
        ready.read_exact(&mut [0; STEADY + 1]).unwrap();
        child.kill().unwrap();
        let calls = counting.finish().unwrap();
        child.join().unwrap();
        assert_eq!(
            calls.of("sched_yield"),
            2 * 100 * STEADY as u64,
            "{calls:?}"
        );
    }

    #[test]
    fn it_ends_with_the_process() {
        let mut child = Process::start(|| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            drop(listener);
            7
        })
        .unwrap();
        if let Ok(counting) = Counting::start(child.pid()) {
            counting.finish().unwrap();
        }
        assert_eq!(child.join().unwrap(), Exit::Code(7));
    }

    #[test]
    fn nobody_is_counted_where_nobody_is() {
        let mut child = Process::start(|| ()).unwrap();
        child.join().unwrap();
        assert!(matches!(
            Counting::start(child.pid()),
            Err(Error::Look { .. })
        ));
    }
}
