//! Which process is this, and does that one still live?

use std::fs;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::*};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use super::Error;

/// How many processes can have an account at once.
const PLACES: usize = 256;

/// The id of this process; a system call only the first time in each.
#[inline]
pub(super) fn pid() -> u32 {
    match PID.load(Relaxed) {
        0 => ask_pid(),
        pid => pid,
    }
}

static PID: AtomicU32 = AtomicU32::new(0);
/// When this process started, once it has been asked for.
static START: AtomicU64 = AtomicU64::new(0);

#[cold]
fn ask_pid() -> u32 {
    static FORGOTTEN_IN_CHILDREN: OnceLock<bool> = OnceLock::new();
    extern "C" fn forget() {
        PID.store(0, Relaxed);
        START.store(0, Relaxed);
    }
    let forgotten = FORGOTTEN_IN_CHILDREN.get_or_init(|| {
        // SAFETY: the handler only stores numbers.
        unsafe { libc::pthread_atfork(None, None, Some(forget)) == 0 }
    });
    let pid = std::process::id();
    if *forgotten {
        PID.store(pid, Relaxed);
    }
    pid
}

/// State and start of a process, in ticks since the boot; `None` if it is gone or the system does not tell.
fn look(pid: u32) -> Option<(char, u64)> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    // `proc_pid_stat(5)`: the name in field 2 may hold blanks and parentheses; the last one closes it.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(22 - 4)?.parse().ok()?))
}

/// When this process started; 0 if the system does not tell. The system is asked only the first time in each.
fn my_start() -> u64 {
    let pid = pid();
    match START.load(Relaxed) {
        0 => {
            let start = look(pid).map_or(0, |(_, start)| start);
            // Else nobody forgets it in a child.
            if PID.load(Relaxed) == pid {
                START.store(start, Relaxed);
            }
            start
        }
        start => start,
    }
}

/// Processes and what each has open, in shared memory.
#[repr(C)]
pub(super) struct Roster {
    /// Places from here on were never taken.
    used: AtomicU32,
    places: [Place; PLACES],
}

/// A process's account. Both counts only grow, modulo 2³², and pass on to the next process with the place: so a sum over all places
/// needs no correction when a process is gone.
#[repr(C)]
pub(super) struct Place {
    pid: AtomicU32,
    pub(super) taken: AtomicU32,
    pub(super) done: AtomicU32,
    start: AtomicU64,
}

impl Place {
    /// What the process has open.
    pub(super) fn open(&self) -> u32 {
        let done = self.done.load(SeqCst);
        self.taken.load(SeqCst).wrapping_sub(done)
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid.load(Relaxed)
    }

    pub(super) fn is_dead(&self) -> bool {
        let (pid, start) = (self.pid(), self.start.load(Relaxed));
        match look(pid) {
            // A zombie runs no more, and another process may have its id later.
            Some((state, now)) => matches!(state, 'Z' | 'X') || start != 0 && now != start,
            None => kill(Pid::from_raw(pid as i32), None) == Err(Errno::ESRCH),
        }
    }

    /// Notes a number instead of counts. 0 is not a mark yet.
    pub(super) fn mark(&self, number: u32) {
        let mark = number.wrapping_add(1);
        self.done.store(mark, SeqCst);
        self.taken.store(mark, SeqCst);
    }

    pub(super) fn is_marked(&self, number: u32) -> bool {
        self.taken.load(SeqCst) == number.wrapping_add(1)
    }

    /// Closes one that is open; false if none is.
    pub(super) fn close(&self) -> bool {
        self.done
            .fetch_update(SeqCst, SeqCst, |done| {
                (self.taken.load(SeqCst) != done).then(|| done.wrapping_add(1))
            })
            .is_ok()
    }
}

impl Roster {
    /// The places taken so far.
    pub(super) fn places(&self) -> &[Place] {
        &self.places[..self.used.load(SeqCst) as usize]
    }

    /// The place of this process, if it has one.
    pub(super) fn find(&self) -> Option<&Place> {
        let pid = pid();
        let mut with_pid = self
            .places()
            .iter()
            .filter(|place| place.pid() == pid)
            .peekable();
        with_pid.peek()?;
        let start = my_start();
        with_pid.find(|place| place.start.load(Relaxed) == start)
    }

    /// Finds or makes a place for this process. To be called under a lock; at any instruction the caller may be killed.
    pub(super) fn enrol(&self) -> Result<&Place, Error> {
        if let Some(place) = self.find() {
            return Ok(place);
        }
        let pid = pid();
        let start = my_start();
        let places = self.places();
        let place = match places
            .iter()
            .find(|place| place.open() == 0 && place.is_dead())
        {
            Some(place) => place,
            None => {
                let place = self
                    .places
                    .get(places.len())
                    .ok_or(Error::TooManyProcesses { limit: PLACES })?;
                self.used.store(places.len() as u32 + 1, SeqCst);
                place
            }
        };
        // A half-made pair names no process, and so the place is free again.
        place.start.store(start, Relaxed);
        place.pid.store(pid, Relaxed);
        Ok(place)
    }

    /// Dead processes with something open, and how much that is.
    pub(super) fn dead(&self) -> impl Iterator<Item = (&Place, u32)> {
        self.places().iter().filter_map(|place| {
            let pid = place.pid();
            if place.open() == 0 || !place.is_dead() {
                return None;
            }
            // It may have closed its last one and ended between the two looks; then another may have its place by now.
            let open = place.open();
            (open > 0 && place.pid() == pid).then_some((place, open))
        })
    }

    /// The number of a place, by which a handle remembers it.
    pub(super) fn number(&self, place: &Place) -> u32 {
        self.places
            .iter()
            .position(|other| std::ptr::eq(other, place))
            .unwrap_or(0) as u32
    }

    /// The place with this number.
    pub(super) fn place(&self, number: u32) -> &Place {
        &self.places[number as usize % PLACES]
    }
}
