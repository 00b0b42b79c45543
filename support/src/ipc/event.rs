use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering::*};
use std::time::Duration;

use super::Error;
use super::futex::Signal;
use super::limit::Limit;
use super::map::{Mapped, Tenant};

/// A flag that processes wait for, all released at once. Linux only.
///
/// ```
/// use support::ipc::Event;
/// use support::process::Process;
///
/// let light = Event::new()?;
/// let mut car = Process::start(|| light.wait())?;
/// light.set();
/// assert!(car.join()?.success());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Event(Mapped<Flag>);

#[repr(C)]
struct Flag {
    /// Odd while set. Each set and each clear adds 1, so that one who waits also notices a set that was cleared at once.
    turns: AtomicU32,
    changed: Signal,
}

impl Tenant for Flag {}

impl Event {
    /// A new one, not set.
    ///
    /// # Errors
    ///
    /// [`Error::Map`] if the system gives no memory.
    pub fn new() -> Result<Event, Error> {
        Mapped::new(|_| Ok(())).map(Event)
    }

    /// Sets it, and so releases all who wait.
    pub fn set(&self) {
        self.turn(0);
        self.0.changed.notify();
    }

    /// Clears it: from now on, those who come have to wait.
    pub fn clear(&self) {
        self.turn(1);
    }

    /// Whether it is set.
    pub fn is_set(&self) -> bool {
        self.0.turns.load(SeqCst) % 2 == 1
    }

    /// Waits until it is set, or has been set since.
    pub fn wait(&self) {
        self.wait_limit(Limit::NO_LIMIT);
    }

    /// Waits until it is set, but not longer; whether it was.
    #[must_use]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.wait_limit(Limit::after(timeout))
    }

    fn wait_limit(&self, mut limit: Limit) -> bool {
        let start = self.0.turns.load(SeqCst);
        let ready = || self.0.turns.load(SeqCst) != start;
        start % 2 == 1 || self.0.changed.wait(&mut limit, ready)
    }

    fn turn(&self, from: u32) {
        // It fails, and changes nothing, if it is so already.
        let _ = self.0.turns.fetch_update(SeqCst, SeqCst, |turns| {
            (turns % 2 == from).then(|| turns.wrapping_add(1))
        });
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("is_set", &self.is_set())
            .finish()
    }
}
