//! Which process is this, and does that one still live?

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::*};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use super::Error;
use crate::process::stat;

/// How many processes can have an account at once.
pub(super) const PLACES: usize = 256;

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

/// When this process started; 0 if the system does not tell. The system is asked only the first time in each.
fn my_start() -> u64 {
    let pid = pid();
    match START.load(Relaxed) {
        0 => {
            let start = stat::look(pid).map_or(0, |(_, start)| start);
            // Else nobody forgets it in a child.
            if PID.load(Relaxed) == pid {
                START.store(start, Relaxed);
            }
            start
        }
        start => start,
    }
}

/// When a process that runs started, in ticks since the boot, or 0 if the system does not tell; `None` if it runs no more.
pub(super) fn living(pid: u32) -> Option<u64> {
    match stat::look(pid) {
        // A zombie runs no more.
        Some(('Z' | 'X', _)) => None,
        Some((_, start)) => Some(start),
        None => (kill(Pid::from_raw(pid as i32), None) != Err(Errno::ESRCH)).then_some(0),
    }
}

/// Whether a process that started then runs no more: another may have its id by now.
pub(super) fn is_dead(pid: u32, start: u64) -> bool {
    living(pid).is_none_or(|now| start != 0 && now != 0 && now != start)
}

/// Processes and what each has open, in shared memory.
#[repr(C)]
pub(super) struct Roster {
    /// Places from here on were never taken.
    used: AtomicU32,
    places: [Place; PLACES],
}

/// A process's account. The counts only grow, modulo 2³², and pass on to the next process with the place: so a sum over all places
/// needs no correction when a process is gone.
#[repr(C)]
pub(super) struct Place {
    /// 0 is nobody.
    pid: AtomicU32,
    pub(super) taken: AtomicU32,
    pub(super) done: AtomicU32,
    /// A number that the process has noted, plus 1; 0 is none.
    mark: AtomicU32,
    /// How many of those open came from its parent.
    given: AtomicU32,
    /// How many it has given back before its parent said that they were given.
    owed: AtomicU32,
    start: AtomicU64,
}

impl Place {
    /// What the process has open.
    pub(super) fn open(&self) -> u32 {
        let done = self.done.load(SeqCst);
        self.taken.load(SeqCst).wrapping_sub(done)
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid.load(SeqCst)
    }

    /// Whether there was a process here that runs no more.
    pub(super) fn is_dead(&self) -> bool {
        match self.pid() {
            0 => false,
            pid => is_dead(pid, self.start.load(SeqCst)),
        }
    }

    /// Whether another process may have the place. Killed in [`settle`](Self::settle), a process has left nobody here.
    fn is_free(&self) -> bool {
        self.open() == 0 && (self.pid() == 0 || self.is_dead())
    }

    /// Makes the place that of a process. Nobody has it until all is written.
    fn settle(&self, pid: u32, start: u64) {
        self.pid.store(0, SeqCst);
        self.mark.store(0, SeqCst);
        self.given.store(0, SeqCst);
        self.owed.store(0, SeqCst);
        self.start.store(start, SeqCst);
        self.pid.store(pid, SeqCst);
    }

    /// Notes a number.
    pub(super) fn mark(&self, number: u32) {
        self.mark.store(number.wrapping_add(1), SeqCst);
    }

    pub(super) fn is_marked(&self, number: u32) -> bool {
        self.mark.load(SeqCst) == number.wrapping_add(1)
    }

    /// Closes one that is open; false if none is.
    pub(super) fn close(&self) -> bool {
        self.done
            .fetch_update(SeqCst, SeqCst, |done| {
                (self.taken.load(SeqCst) != done).then(|| done.wrapping_add(1))
            })
            .is_ok()
    }

    /// Opens one that its parent has given to this process, unless that has given it back already.
    fn receive(&self) {
        if !lower(&self.owed) {
            self.taken.fetch_add(1, SeqCst);
            self.given.fetch_add(1, SeqCst);
        }
    }

    /// Closes one that the process was given, or will be.
    fn close_given(&self) {
        if lower(&self.given) {
            self.close();
        } else {
            self.owed.fetch_add(1, SeqCst);
        }
    }
}

/// Counts down; false if it stands at 0.
fn lower(count: &AtomicU32) -> bool {
    count
        .fetch_update(SeqCst, SeqCst, |count| count.checked_sub(1))
        .is_ok()
}

impl Roster {
    /// The places taken so far.
    pub(super) fn places(&self) -> &[Place] {
        &self.places[..(self.used.load(SeqCst) as usize).min(PLACES)]
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
        with_pid.find(|place| place.start.load(SeqCst) == start)
    }

    /// Finds or makes a place for this process. To be called under a lock; at any instruction the caller may be killed.
    pub(super) fn enrol(&self) -> Result<&Place, Error> {
        self.enrol_or(|_| {})
    }

    /// As [`enrol`](Self::enrol); if there is no room, `forget` may close what is open of each of the dead.
    pub(super) fn enrol_or(&self, forget: impl Fn(&Place)) -> Result<&Place, Error> {
        match self.find() {
            Some(place) => Ok(place),
            None => self.settle(pid(), my_start(), forget),
        }
    }

    /// Finds or makes a place for a child of this process. As [`enrol_or`](Self::enrol_or).
    fn enrol_child(&self, pid: u32, start: u64, forget: impl Fn(&Place)) -> Result<&Place, Error> {
        let mut places = self.places().iter();
        match places.find(|place| place.pid() == pid && place.start.load(SeqCst) == start) {
            Some(place) => Ok(place),
            None => self.settle(pid, start, forget),
        }
    }

    /// Closes what this process has open at its place or, without one, was given by its parent. A child to which that has moved has it
    /// open from now on, if it lives. Under a lock; killed within, the process leaves one more open than there is, and its own comes
    /// back.
    pub(super) fn close(
        &self,
        place: Option<&Place>,
        moved_into: Option<u32>,
        forget: impl Fn(&Place),
    ) {
        let child = moved_into.and_then(|child| {
            let start = living(child)?;
            self.enrol_child(child, start, &forget).ok()
        });
        if let Some(child) = child {
            child.receive();
        }
        match place {
            Some(place) => drop(place.close()),
            None => {
                if let Ok(mine) = self.enrol_or(forget) {
                    mine.close_given();
                }
            }
        }
    }

    fn settle(&self, pid: u32, start: u64, forget: impl Fn(&Place)) -> Result<&Place, Error> {
        let places = self.places();
        if let Some(place) = places.iter().find(|place| place.is_free()) {
            place.settle(pid, start);
            return Ok(place);
        }
        if let Some(place) = self.places.get(places.len()) {
            place.settle(pid, start);
            self.used.store(places.len() as u32 + 1, SeqCst);
            return Ok(place);
        }
        places
            .iter()
            .filter(|place| place.is_dead())
            .for_each(forget);
        let place = places.iter().find(|place| place.is_free());
        let place = place.ok_or(Error::TooManyProcesses { limit: PLACES })?;
        place.settle(pid, start);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A pid that no process has.
    const GONE: u32 = i32::MAX as u32;

    fn empty() -> Box<Roster> {
        // SAFETY: all zero is an empty roster, as in a new mapping.
        unsafe { Box::new(std::mem::zeroed()) }
    }

    fn full_of_dead(open: u32) -> Box<Roster> {
        let roster = empty();
        for place in &roster.places {
            place.settle(GONE, 1);
            place.taken.store(open, SeqCst);
        }
        roster.used.store(PLACES as u32, SeqCst);
        roster
    }

    #[test]
    fn a_place_without_a_process_is_free() {
        let roster = empty();
        roster.used.store(1, SeqCst);
        let place = roster.enrol().unwrap();
        assert_eq!(roster.number(place), 0, "the place is lost for good");
    }

    /// Killed at any store of `settle`, a process leaves a place that is free, or its own.
    #[test]
    fn a_half_made_place_is_free() {
        for stores in 0..7 {
            let roster = empty();
            let place = &roster.places[0];
            place.settle(GONE, 7);
            place.mark(3);
            if stores > 0 {
                place.pid.store(0, SeqCst);
            }
            if stores > 1 {
                place.mark.store(0, SeqCst);
            }
            if stores > 2 {
                place.given.store(0, SeqCst);
            }
            if stores > 3 {
                place.owed.store(0, SeqCst);
            }
            if stores > 4 {
                place.start.store(my_start(), SeqCst);
            }
            if stores > 5 {
                place.pid.store(pid(), SeqCst);
            }
            roster.used.store(1, SeqCst);
            let place = roster.enrol().unwrap();
            assert_eq!(roster.number(place), 0, "the place is lost for good");
        }
    }

    #[test]
    fn a_mark_is_nothing_open() {
        let roster = empty();
        let place = roster.enrol().unwrap();
        place.mark(7);
        assert!(place.is_marked(7) && !place.is_marked(8));
        assert_eq!(place.open(), 0);
    }

    #[test]
    fn the_dead_make_room() {
        let roster = full_of_dead(0);
        assert!(roster.enrol().is_ok());
        let roster = full_of_dead(2);
        assert!(roster.enrol().is_err(), "what is open counts");
        assert_eq!(roster.dead().count(), PLACES);
        let place = roster.enrol_or(|place| while place.close() {}).unwrap();
        assert_eq!((place.pid(), place.open()), (pid(), 0));
    }

    #[test]
    fn what_a_child_gives_back_early_is_settled_later() {
        let roster = empty();
        let parent = roster.enrol().unwrap();
        let child = roster.enrol_child(GONE, 1, |_| {}).unwrap();
        let give = || {
            child.receive();
            parent.close();
        };
        parent.taken.store(2, SeqCst);
        child.close_given();
        assert_eq!((parent.open(), child.open()), (2, 0));
        give();
        assert_eq!((parent.open(), child.open()), (1, 0));
        give();
        assert_eq!((parent.open(), child.open()), (0, 1));
        child.close_given();
        assert_eq!((parent.open(), child.open()), (0, 0));
    }
}
