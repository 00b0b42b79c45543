use support::ipc::Event;

use super::companion::Companion;
use super::exhaust::{BOUND, Operation, PATIENCE, exhaust, must};

/// It can be cleared, set and waited for.
fn turns(event: &Event) -> Result<(), String> {
    event.clear();
    must(!event.is_set(), || "set, though cleared".to_owned())?;
    let mut waiter = Companion::start(|| event.wait_timeout(BOUND));
    event.set();
    must(event.wait_timeout(BOUND), || {
        "not set, though set".to_owned()
    })?;
    waiter.ends("another that waits")
}

pub fn set() {
    struct Set {
        event: Event,
        waiter: Companion,
    }
    impl Operation for Set {
        fn set_up() -> Self {
            let event = Event::new().unwrap();
            let waiter = Companion::asleep(|| event.wait_timeout(PATIENCE));
            Set { event, waiter }
        }
        fn run(&self) {
            self.event.set();
        }
        fn check(mut self, _: u32) -> Result<bool, String> {
            let set = self.event.is_set();
            if !set {
                self.event.set();
            }
            self.waiter.ends("the one that waited")?;
            turns(&self.event)?;
            Ok(set)
        }
    }
    exhaust::<Set>();
}

pub fn wait_for_what_is_set() {
    struct Wait(Event);
    impl Operation for Wait {
        fn set_up() -> Self {
            let event = Event::new().unwrap();
            event.set();
            Wait(event)
        }
        fn run(&self) {
            self.0.wait();
        }
        fn check(self, _: u32) -> Result<bool, String> {
            must(self.0.is_set(), || "no longer set".to_owned())?;
            turns(&self.0)?;
            Ok(true)
        }
    }
    exhaust::<Wait>();
}

pub fn wait_sleeping() {
    struct Wait(Event);
    impl Operation for Wait {
        const SLEEPS: bool = true;
        fn set_up() -> Self {
            let event = Event::new().unwrap();
            super::queue::in_vain(|moment| event.wait_timeout(moment));
            Wait(event)
        }
        fn run(&self) {
            self.0.wait();
        }
        fn help(&mut self) {
            self.0.set();
        }
        fn check(self, _: u32) -> Result<bool, String> {
            turns(&self.0)?;
            Ok(true)
        }
    }
    exhaust::<Wait>();
}
