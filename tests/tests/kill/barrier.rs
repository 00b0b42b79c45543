use std::sync::atomic::{AtomicBool, Ordering::*};

use support::ipc::{Barrier, Error, SharedAtomic};

use super::companion::Companion;
use super::exhaust::{BOUND, Operation, PATIENCE, exhaust, goes, must};

/// Whether one that waited came through; that the barrier broke is all right if one died in it, that time ran out is not.
fn through(waited: &Result<u32, Error>) -> Result<bool, String> {
    match waited {
        Ok(_) => Ok(true),
        Err(Error::Broken { why }) if why.contains("died") => Ok(false),
        Err(error) => Err(format!("wait: {error}")),
    }
}

/// Two others wait: both come through, or it breaks for both. Afterwards it can be made whole.
fn two(barrier: &Barrier) -> Result<bool, String> {
    let pair = || {
        let met = Met::nothing();
        let mut companion = Companion::start(|| met.note(through(&barrier.wait_timeout(BOUND))));
        let mine = through(&barrier.wait_timeout(BOUND))?;
        companion.ends("the other party")?;
        must(met.is(mine), || "it broke for one party only".to_owned())?;
        Ok::<_, String>(mine)
    };
    let passed = pair()?;
    if !passed {
        must(barrier.is_broken(), || {
            "broke, and is not broken".to_owned()
        })?;
        goes("reset", barrier.reset())?;
    }
    must(pair()?, || "it breaks though nobody died".to_owned())?;
    Ok(passed)
}

/// Whether another process came through.
struct Met(SharedAtomic<AtomicBool>);

impl Met {
    fn nothing() -> Met {
        Met(SharedAtomic::new().unwrap())
    }

    fn note(&self, through: Result<bool, String>) -> bool {
        self.0.store(through == Ok(true), SeqCst);
        through.inspect_err(|error| eprintln!("{error}")).is_ok()
    }

    fn is(&self, through: bool) -> bool {
        self.0.load(SeqCst) == through
    }
}

/// The first of two parties, which sleeps until the other comes.
pub fn wait_first() {
    struct First(Barrier, bool);
    impl Operation for First {
        const SLEEPS: bool = true;
        fn set_up() -> Self {
            First(Barrier::new(2).unwrap(), false)
        }
        fn warm(&self) {
            let other = Barrier::new(1).unwrap();
            other.wait().unwrap();
        }
        fn run(&self) {
            self.0.wait().unwrap();
        }
        fn help(&mut self) {
            self.0.wait_timeout(BOUND).unwrap();
            self.1 = true;
        }
        fn check(self, _: u32) -> Result<bool, String> {
            let passed = two(&self.0)?;
            must(passed || !self.1, || "the next turn breaks".to_owned())?;
            Ok(self.1)
        }
    }
    exhaust::<First>();
}

/// The last of two parties, for which the other sleeps.
pub fn wait_last() {
    struct Last {
        barrier: Barrier,
        other: Companion,
        met: Met,
    }
    impl Operation for Last {
        fn set_up() -> Self {
            let (barrier, met) = (Barrier::new(2).unwrap(), Met::nothing());
            let other = Companion::asleep(|| met.note(through(&barrier.wait_timeout(PATIENCE))));
            Last {
                barrier,
                other,
                met,
            }
        }
        fn warm(&self) {
            let other = Barrier::new(1).unwrap();
            other.wait().unwrap();
        }
        fn run(&self) {
            self.barrier.wait().unwrap();
        }
        fn check(mut self, _: u32) -> Result<bool, String> {
            // The dead one has opened it, or broken it, or not been there: then another comes in its place.
            let replaced = match self.barrier.waiting() {
                0 => None,
                _ => Some(through(&self.barrier.wait_timeout(BOUND))?),
            };
            self.other.ends("the party that slept")?;
            if let Some(mine) = replaced {
                must(self.met.is(mine), || {
                    "it broke for one party only".to_owned()
                })?;
            }
            if self.barrier.is_broken() {
                goes("reset", self.barrier.reset())?;
            }
            must(two(&self.barrier)?, || "it stays broken".to_owned())?;
            Ok(replaced.is_none() && self.met.is(true))
        }
    }
    exhaust::<Last>();
}
