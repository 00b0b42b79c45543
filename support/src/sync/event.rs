//! An event that many wait for.

use std::time::Duration;

use super::patience::Patience;
use super::prim::{Condvar, Mutex};

/// A light: while it is red everybody waits, when it turns green everybody goes.
///
/// ```
/// use std::thread;
/// use support::sync::Event;
///
/// let green = Event::new();
/// thread::scope(|s| {
///     for _ in 0..3 {
///         s.spawn(|| green.wait());
///     }
///     green.set();
/// });
/// assert!(green.is_set());
/// ```
#[derive(Debug)]
pub struct Event {
    light: Mutex<Light>,
    turned: Condvar,
}

#[derive(Debug)]
struct Light {
    green: bool,
    /// How often it has turned green: whoever waited then goes, even if it is red again before they wake.
    turns: u64,
}

impl Event {
    /// An event that is not set.
    pub fn new() -> Self {
        let red = Light {
            green: false,
            turns: 0,
        };
        Self {
            light: Mutex::new(red),
            turned: Condvar::new(),
        }
    }

    /// Releases all who wait, and lets pass all who come, until it is cleared.
    pub fn set(&self) {
        let mut light = self.light.lock();
        if !light.green {
            light.green = true;
            light.turns += 1;
            drop(light);
            self.turned.notify_all();
        }
    }

    /// Whoever comes from now on waits. Those who waited before the last [`set`](Self::set) go nevertheless.
    pub fn clear(&self) {
        self.light.lock().green = false;
    }

    /// Whether it is set at this moment.
    pub fn is_set(&self) -> bool {
        self.light.lock().green
    }

    /// Waits until it is set.
    pub fn wait(&self) {
        self.wait_within(Patience::Endless);
    }

    /// Waits until it is set, but no longer than `timeout`; false if it was not set in that time.
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.wait_within(Patience::lasting(timeout))
    }

    fn wait_within(&self, patience: Patience) -> bool {
        let mut light = self.light.lock();
        let turns = light.turns;
        let mut patient = true;
        while !light.green && light.turns == turns {
            if !patient {
                return false;
            }
            patient = patience.wait(&self.turned, &mut light);
        }
        true
    }
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}
