//! Starting a program with the semantics of `vfork(2)`: the child borrows this process's memory until it runs the program, so nothing is
//! copied, and whatever it does before that must be system calls on what was made ready here. Linux only.

use std::ffi::{CString, OsStr, c_char};
use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt as _;
use std::ptr;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;

use super::stdio::{Source, open};
use super::{Command, Started, spawner};
use crate::process::bond::{die, once_after};
use crate::process::signals::{self, Blocked};

/// Where the C library looks when there is no `PATH`.
const DEFAULT_PATH: &str = "/bin:/usr/bin";
const STACK: usize = 64 * 1024;

pub(super) fn start(
    command: &Command,
    limit: Option<Duration>,
    stdin_inherited: bool,
) -> io::Result<Started> {
    let environment = command.environment();
    let path = environment.get(OsStr::new("PATH"));
    let (sources, ends) = open(&command.stdio, stdin_inherited)?;
    let args = [&command.program].into_iter().chain(&command.args);
    let vars = environment.iter().map(|(name, value)| {
        let mut var = name.clone();
        var.push("=");
        var.push(value);
        c_string(&var)
    });
    let plan = Plan {
        candidates: candidates(&command.program, path.map(|path| path.as_os_str()))?,
        args: Strings::new(args.map(|arg| c_string(arg)))?,
        vars: Strings::new(vars)?,
        dir: (command
            .current_dir
            .as_ref()
            .map(|dir| c_string(dir.as_os_str())))
        .transpose()?,
        group: command.process_group,
        sources: sources.each_ref().map(|source| match source {
            Source::Inherit => From::Inherit,
            Source::Null => From::Null,
            Source::Given(fd) => From::Fd(fd.as_raw_fd()),
            Source::Made(fd) => From::Fd(fd.as_raw_fd()),
        }),
        parent: nix::unistd::getpid().as_raw(),
        timer: limit.map(once_after),
        cores: None,
    };
    // The kernel's bond is one with the thread that starts the child.
    let main = nix::unistd::gettid().as_raw() == plan.parent;
    let (pid, pidfd) = match main || limit.is_some() {
        true => plan.run(),
        false => spawner::run(plan),
    }?;
    drop(sources);
    Ok(Started { pid, pidfd, ends })
}

fn c_string(text: &OsStr) -> io::Result<CString> {
    CString::new(text.as_bytes()).map_err(|_| {
        let why = format!("a zero byte stands in {text:?}, where a program would see the end");
        io::Error::new(io::ErrorKind::InvalidInput, why)
    })
}

/// Where the program may be, as `execvp(3)` has it.
fn candidates(program: &OsStr, path: Option<&OsStr>) -> io::Result<Vec<CString>> {
    let name = program.as_bytes();
    if name.is_empty() || name.contains(&b'/') {
        return Ok(vec![c_string(program)?]);
    }
    let path = path.map_or(DEFAULT_PATH.as_bytes(), OsStr::as_bytes);
    path.split(|&byte| byte == b':')
        .map(|dir| {
            // No directory is the current one.
            let slash: &[u8] = if dir.is_empty() { b"" } else { b"/" };
            c_string(OsStr::from_bytes(&[dir, slash, name].concat()))
        })
        .collect()
}

/// Strings as `execve(2)` wants them: an array that ends with a null pointer.
struct Strings {
    pointers: Vec<*const c_char>,
    _owned: Vec<CString>,
}

impl Strings {
    fn new(strings: impl Iterator<Item = io::Result<CString>>) -> io::Result<Strings> {
        let owned = strings.collect::<io::Result<Vec<_>>>()?;
        let pointers = owned.iter().map(|string| string.as_ptr());
        Ok(Strings {
            pointers: pointers.chain([ptr::null()]).collect(),
            _owned: owned,
        })
    }
}

#[derive(Clone, Copy)]
enum From {
    Inherit,
    Null,
    Fd(RawFd),
}

/// Everything that the child needs, made ready.
pub(super) struct Plan {
    candidates: Vec<CString>,
    args: Strings,
    vars: Strings,
    dir: Option<CString>,
    group: Option<libc::pid_t>,
    sources: [From; 3],
    parent: libc::pid_t,
    timer: Option<libc::itimerval>,
    /// To be set where another thread than the caller starts the child.
    pub(super) cores: Option<libc::cpu_set_t>,
}

// SAFETY: the pointers lead to strings that the plan owns and nobody changes.
unsafe impl Send for Plan {}

/// What the child sees of its parent's memory.
struct Shared<'a> {
    plan: &'a Plan,
    /// Why there is no program; 0 once it runs.
    errno: libc::c_int,
}

impl Plan {
    /// Starts the child, bound to the calling thread. When this returns, the program runs, or there is neither child nor zombie.
    pub(super) fn run(&self) -> io::Result<(libc::pid_t, Option<OwnedFd>)> {
        let mut stack = Vec::<u128>::with_capacity(STACK / 16);
        let mut shared = Shared {
            plan: self,
            errno: 0,
        };
        // No handler may run in the child: it would work on our memory.
        let blocked = Blocked::all();
        let mut pidfd: RawFd = -1;
        let mut clone = |flags: libc::c_int| {
            // SAFETY: the stack and what is shared outlive the child's use of them: this thread sleeps until the child runs another
            // program or ends.
            let pid = unsafe {
                let top = stack.spare_capacity_mut().as_mut_ptr_range().end;
                let flags = flags | libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
                libc::clone(
                    child,
                    top.cast(),
                    flags,
                    (&raw mut shared).cast(),
                    &raw mut pidfd,
                )
            };
            Errno::result(pid)
        };
        let pid = match clone(libc::CLONE_PIDFD) {
            // No descriptor is left: the child needs none.
            Err(Errno::EMFILE | Errno::ENFILE | Errno::EINVAL | Errno::EPERM) => clone(0),
            result => result,
        };
        drop(blocked);
        let pid = pid?;
        // SAFETY: the kernel has made it for us; nothing else owns it.
        let pidfd = (pidfd >= 0).then(|| unsafe { OwnedFd::from_raw_fd(pidfd) });
        // SAFETY: a plain read of what the child, which shares our memory no longer, has written.
        match unsafe { ptr::read_volatile(&raw const shared.errno) } {
            0 => Ok((pid, pidfd)),
            errno => {
                let _ = nix::sys::wait::waitpid(nix::unistd::Pid::from_raw(pid), None);
                Err(io::Error::from_raw_os_error(errno))
            }
        }
    }
}

extern "C" fn child(shared: *mut libc::c_void) -> libc::c_int {
    let shared = shared.cast::<Shared>();
    // SAFETY: `run` gave it, and waits; all signals are blocked.
    unsafe {
        let errno = become_program((*shared).plan);
        ptr::write_volatile(&raw mut (*shared).errno, errno);
        libc::_exit(127)
    }
}

/// Comes back only with the reason why not.
///
/// # Safety
/// Must run in a child of [`Plan::run`]: it allocates nothing, takes no lock and cannot panic.
unsafe fn become_program(plan: &Plan) -> libc::c_int {
    macro_rules! must {
        ($call:expr) => {
            match $call {
                -1 => return Errno::last_raw(),
                value => value,
            }
        };
    }
    // SAFETY: system calls on numbers, and on strings and places that `plan` or this stack owns.
    unsafe {
        // First those that stand where a stream belongs are moved out of the way.
        let mut from = [-1; 3];
        for (fd, source) in from.iter_mut().zip(&plan.sources) {
            *fd = match *source {
                From::Inherit => continue,
                From::Fd(fd) => fd,
                From::Null => {
                    must!(libc::open(
                        c"/dev/null".as_ptr(),
                        libc::O_RDWR | libc::O_CLOEXEC
                    ))
                }
            };
            if *fd <= 2 {
                *fd = must!(libc::fcntl(*fd, libc::F_DUPFD_CLOEXEC, 3));
            }
        }
        for (stream, &fd) in from.iter().enumerate() {
            if fd >= 0 {
                must!(libc::dup2(fd, stream as RawFd));
            }
        }
        if let Some(dir) = &plan.dir {
            must!(libc::chdir(dir.as_ptr()));
        }
        if let Some(group) = plan.group {
            must!(libc::setpgid(0, group));
        }
        if let Some(cores) = &plan.cores {
            // If they were taken from us meanwhile, the others will do.
            libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), cores);
        }
        match &plan.timer {
            // It goes on after exec, and its signal must kill: ignored signals stay ignored.
            Some(timer) => {
                libc::signal(libc::SIGALRM, libc::SIG_DFL);
                must!(libc::setitimer(libc::ITIMER_REAL, timer, ptr::null_mut()));
            }
            None => {
                must!(libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL));
                if libc::getppid() != plan.parent {
                    die();
                }
            }
        }
        signals::reset();
        let mut refused = 0;
        let mut errno = libc::ENOENT;
        for candidate in &plan.candidates {
            let (args, vars) = (&plan.args.pointers, &plan.vars.pointers);
            libc::execve(candidate.as_ptr(), args.as_ptr(), vars.as_ptr());
            errno = Errno::last_raw();
            match errno {
                libc::EACCES => refused = errno,
                // It is not there; the next place may have it.
                libc::ENOENT | libc::ENOTDIR | libc::ESTALE | libc::ENODEV | libc::ETIMEDOUT => {}
                _ => return errno,
            }
        }
        if refused != 0 { refused } else { errno }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_those_of_execvp() {
        let all = |program: &str, path: Option<&str>| -> Vec<String> {
            let found = candidates(OsStr::new(program), path.map(OsStr::new)).unwrap();
            found
                .into_iter()
                .map(|path| path.into_string().unwrap())
                .collect()
        };
        assert_eq!(all("ls", Some("/a::b")), ["/a/ls", "ls", "b/ls"]);
        assert_eq!(all("ls", Some("")), ["ls"]);
        assert_eq!(all("ls", None), ["/bin/ls", "/usr/bin/ls"]);
        assert_eq!(all("./ls", Some("/a")), ["./ls"]);
        assert_eq!(all("", Some("/a")), [""]);
    }
}
