//! Coroutines with a stack of their own, which switch to each other by hand, in the manner of Python's greenlet.
//!
//! A coroutine runs until it names who goes on: [`Me::switch`] stops it in the middle of its work and hands a value to
//! a peer, or to the main program, which is a peer too. It goes on from there when somebody switches to it, with the
//! value given then. Nothing else ever switches, and all run on the thread that called [`Hub::switch`].
//!
//! ```
//! use support::coroutine::{Hub, Peer};
//!
//! let mut hub = Hub::new();
//! let ping = hub.add("ping", |me, mut n: u32| {
//!     let pong = me.peer("pong")?;
//!     while n < 6 {
//!         n = me.switch(pong, n + 1)?;
//!     }
//!     Ok(n)
//! })?;
//! let pong = hub.add("pong", move |me, mut n| loop {
//!     n = me.switch(ping, 2 * n)?;
//! })?;
//! assert_eq!(hub.switch(ping, 0)?, 6);
//! assert!(hub.is_finished(ping) && !hub.is_finished(pong));
//! # Ok::<(), support::coroutine::Error>(())
//! ```
//!
//! # How a coroutine ends
//!
//! - It returns: what it returned comes out of [`Hub::switch`], whoever switched to it last. Its stack is given back.
//! - It panics: the panic comes out of [`Hub::switch`]. The others stay where they are, and the hub goes on working.
//! - The hub is dropped: a coroutine stopped in the middle is unwound, so that what it holds is dropped. This is a panic
//!   without a message that `catch_unwind` can see, and must not keep. One that was never switched to only drops its
//!   closure.
//!
//! # Stacks
//!
//! Each has [`STACK_BYTES`] unless [`Hub::add_with_stack`] says otherwise. That is address space: the system gives memory page
//! by page as the stack is used. Below it lies a page that nobody may touch: a coroutine that needs more ends the process
//! with SIGSEGV, before it writes over anything.

mod error;
mod me;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::mem;
use std::rc::Rc;

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult};

pub use error::Error;
pub use me::Me;

/// The size of a stack, unless another is asked for: enough to print, to format and to panic.
pub const STACK_BYTES: usize = 256 * 1024;

/// Names a coroutine of a hub, or its main program. It means nothing to another hub, which refuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Peer(u64);

impl Peer {
    /// Who called [`Hub::switch`].
    pub const MAIN: Peer = Peer(u64::MAX);
}

/// What the hub and its coroutines share. Values go through here: a switch itself carries a word, which keeps it cheap.
struct Shared<V> {
    /// On its way to who goes on; none if that is the one that stopped, because its switch was refused.
    value: Cell<Option<V>>,
    /// Why a switch was refused, or how the last coroutine ended.
    outcome: Cell<Option<Result<V, Error>>>,
    closing: Cell<bool>,
    peers: RefCell<HashMap<Rc<str>, Peer>>,
}

type Stackful = Coroutine<(), Peer, ()>;

impl<V> Shared<V> {
    /// What came with the switch that ended just now.
    #[inline]
    fn received(&self) -> Result<V, Error> {
        match self.value.take() {
            Some(value) => Ok(value),
            None => self.outcome(),
        }
    }

    #[cold]
    fn outcome(&self) -> Result<V, Error> {
        self.outcome.take().unwrap_or(Err(Error::Closing))
    }
}

/// Coroutines that can switch to each other, passing values of type `V`. Dropping it drops them.
#[must_use = "dropping the hub drops its coroutines"]
pub struct Hub<V: 'static> {
    /// Who has ended is gone.
    coroutines: Vec<Option<Stackful>>,
    /// What a [`Peer`] of this hub is counted from: drawn at random, so that no other hub has the same peers. A counter would
    /// not do: each cell of a notebook has its own copy of the crate's statics.
    base: u64,
    names: Vec<Rc<str>>,
    shared: Rc<Shared<V>>,
}

impl<V: 'static> Hub<V> {
    /// A hub without coroutines.
    pub fn new() -> Self {
        Self {
            coroutines: Vec::new(),
            // Half the range, so that no peer is ever the main program.
            base: RandomState::new().hash_one(()) / 2,
            names: Vec::new(),
            shared: Rc::new(Shared {
                value: Cell::new(None),
                outcome: Cell::new(None),
                closing: Cell::new(false),
                peers: RefCell::default(),
            }),
        }
    }

    /// Makes a coroutine. It starts when somebody switches to it, with the value given then.
    ///
    /// # Errors
    /// [`Error::NameTaken`], and [`Error::Stack`] if the system gives no memory.
    pub fn add(
        &mut self,
        name: impl Into<Rc<str>>,
        body: impl FnOnce(&Me<V>, V) -> Result<V, Error> + 'static,
    ) -> Result<Peer, Error> {
        self.add_with_stack(name, STACK_BYTES, body)
    }

    /// Makes a coroutine with a stack of at least so many bytes; the system rounds up to whole pages.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn add_with_stack(
        &mut self,
        name: impl Into<Rc<str>>,
        bytes: usize,
        body: impl FnOnce(&Me<V>, V) -> Result<V, Error> + 'static,
    ) -> Result<Peer, Error> {
        let name: Rc<str> = name.into();
        let mut peers = self.shared.peers.borrow_mut();
        if peers.contains_key(&name) {
            return Err(Error::NameTaken { name });
        }
        let stack = DefaultStack::new(bytes).map_err(|source| Error::Stack {
            name: Rc::clone(&name),
            bytes,
            source,
        })?;
        let shared = Rc::clone(&self.shared);
        let own_name = Rc::clone(&name);
        let coroutine = Coroutine::with_stack(stack, move |yielder, ()| {
            let me = Me::new(yielder, &shared, own_name);
            let result = shared.received().and_then(|value| body(&me, value));
            shared.outcome.set(Some(result));
        });
        let peer = Peer(self.base + self.coroutines.len() as u64);
        self.coroutines.push(Some(coroutine));
        self.names.push(Rc::clone(&name));
        peers.insert(name, peer);
        Ok(peer)
    }

    /// Switches to a coroutine and returns when one of them switches to [`Peer::MAIN`], or ends.
    ///
    /// # Errors
    /// [`Error::Finished`] and [`Error::NotOurs`] if `to` cannot go on, and the error with which one
    /// ended.
    ///
    /// # Panics
    /// With the panic of the coroutine that panics.
    pub fn switch(&mut self, to: Peer, value: V) -> Result<V, Error> {
        self.shared.value.set(Some(value));
        if !self.is_ready(to) {
            self.refuse(to);
            return self.shared.received();
        }
        let sweep = Sweep(self);
        let result = sweep.0.run(to);
        mem::forget(sweep);
        result
    }

    /// Lets a coroutine that is ready go on, and each that is named after it.
    fn run(&mut self, first: Peer) -> Result<V, Error> {
        let mut current = self.place(first);
        while let Some(Some(coroutine)) = self.coroutines.get_mut(current) {
            match coroutine.resume(()) {
                CoroutineResult::Yield(Peer::MAIN) => break,
                CoroutineResult::Yield(next) if self.is_ready(next) => current = self.place(next),
                CoroutineResult::Yield(next) => self.refuse(next),
                CoroutineResult::Return(()) => {
                    self.coroutines[current] = None;
                    break;
                }
            }
        }
        self.shared.received()
    }

    /// Whether it has ended, by returning or by a panic. The main program never ends.
    ///
    /// # Panics
    /// With the words of [`Error::NotOurs`] if another hub made the peer.
    pub fn is_finished(&self, peer: Peer) -> bool {
        peer != Peer::MAIN
            && match self.coroutines.get(self.place(peer)) {
                Some(coroutine) => coroutine.is_none(),
                None => panic!("{}", Error::NotOurs),
            }
    }

    /// Its place in the list, or one far behind it.
    #[inline]
    fn place(&self, peer: Peer) -> usize {
        peer.0.wrapping_sub(self.base) as usize
    }

    #[inline]
    fn is_ready(&self, peer: Peer) -> bool {
        matches!(self.coroutines.get(self.place(peer)), Some(Some(_)))
    }

    /// Answers the switch to a peer that cannot go on, in place of its value.
    #[cold]
    fn refuse(&self, to: Peer) {
        let refusal = match self.names.get(self.place(to)) {
            Some(name) => Error::Finished {
                name: Rc::clone(name),
            },
            None => Error::NotOurs,
        };
        self.shared.outcome.set(Some(Err(refusal)));
        // Last, as dropping a user's value may panic.
        self.shared.value.set(None);
    }
}

/// Takes out who has ended by a panic, while the panic passes: cheaper than to catch it.
struct Sweep<'a, V: 'static>(&'a mut Hub<V>);

impl<V: 'static> Drop for Sweep<'_, V> {
    fn drop(&mut self) {
        for coroutine in &mut self.0.coroutines {
            coroutine.take_if(|it| it.done());
        }
    }
}

impl<V: 'static> Default for Hub<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: 'static> Drop for Hub<V> {
    fn drop(&mut self) {
        // What the unwound coroutines drop may want to switch.
        self.shared.closing.set(true);
    }
}
