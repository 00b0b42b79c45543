//! A thread that starts programs for those that may end before the program does: the kernel ends a child with the *thread* that
//! started it, and this one ends with the process. Linux only.

use std::io;
use std::mem;
use std::os::fd::OwnedFd;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering::*};
use std::sync::mpsc::{self, Sender};
use std::thread;

use nix::errno::Errno;
use nix::libc;

use super::exec::Plan;
use crate::process::signals::Blocked;
use crate::process::threads;

type Answer = io::Result<(libc::pid_t, Option<OwnedFd>)>;
type Request = (Plan, Sender<Answer>);

struct Spawner {
    /// The process whose thread it is; a fork copies this, and not the thread.
    pid: libc::pid_t,
    /// Its niceness, which its children inherit and not everybody may lower.
    nice: libc::c_int,
    requests: Sender<Request>,
    next: *const Spawner,
}

/// All that were made, linked. Without a lock, which a fork could leave locked in a child.
static SPAWNERS: AtomicPtr<Spawner> = AtomicPtr::new(ptr::null_mut());

/// Runs the plan in a thread with the niceness and the cores of this one.
pub(super) fn run(mut plan: Plan) -> Answer {
    // SAFETY: all zeroes is a valid set, and the place is as large as is said.
    let cores = unsafe {
        let mut cores: libc::cpu_set_t = mem::zeroed();
        let found = libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut cores);
        (found == 0).then_some(cores)
    };
    plan.cores = cores;
    let (say, said) = mpsc::channel();
    let gone = || io::Error::other("the thread that starts programs is gone");
    (spawner()?.requests.send((plan, say))).map_err(|_| gone())?;
    // A start ends when the program runs, or cannot be run.
    said.recv().map_err(|_| gone())?
}

fn spawner() -> io::Result<&'static Spawner> {
    let pid = nix::unistd::getpid().as_raw();
    // -1 is a niceness too; two numbers, of which 0 means this thread.
    Errno::clear();
    // SAFETY: it takes numbers only.
    let nice = unsafe { libc::getpriority(libc::PRIO_PROCESS as _, 0) };
    let mut next: *const Spawner = SPAWNERS.load(Acquire);
    // SAFETY: what the list holds is never freed.
    while let Some(spawner) = unsafe { next.as_ref() } {
        if spawner.pid == pid && spawner.nice == nice {
            return Ok(spawner);
        }
        next = spawner.next;
    }
    let (requests, coming) = mpsc::channel::<Request>();
    // It inherits the niceness, and that no signal reaches it.
    let blocked = Blocked::all();
    thread::Builder::new()
        .name(threads::SPAWNER.into())
        .stack_size(256 * 1024)
        .spawn(move || {
            for (plan, answer) in coming {
                let _ = answer.send(plan.run());
            }
        })?;
    drop(blocked);
    let made = Box::leak(Box::new(Spawner {
        pid,
        nice,
        requests,
        next: ptr::null(),
    }));
    // Two threads may have made one each: either will do.
    let mut head = SPAWNERS.load(Acquire);
    loop {
        made.next = head;
        match SPAWNERS.compare_exchange(head, made, AcqRel, Acquire) {
            Ok(_) => return Ok(made),
            Err(now) => head = now,
        }
    }
}
