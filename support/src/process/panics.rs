//! What a child does with the words of a panic.
//!
//! `std` runs a panic's hook under a lock, and its default hook takes another; a thread that panics at the moment of a fork leaves both
//! locked in the child for ever. Reading the first is harmless there, writing is not. So the hook is set in the parent, once for each copy
//! of the statics, and does what was there before until a child says otherwise.

use std::cell::Cell;
#[cfg(feature = "ipc")]
use std::cell::RefCell;
use std::fmt::Write as _;
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering::*};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use nix::libc;

use super::threads::HOOK;

thread_local! {
    static NOTES: Cell<bool> = const { Cell::new(false) };
    #[cfg(feature = "ipc")]
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Whether this process was forked beside threads.
static PLAIN: AtomicBool = AtomicBool::new(false);

/// Whether the hook is set: not tried, being set, tried.
static STATE: AtomicU8 = AtomicU8::new(NEW);
const NEW: u8 = 0;
const BUSY: u8 = 1;
const TRIED: u8 = 2;

/// How long to wait for the lock of the hook: of its holders, one that a fork left behind never lets go.
const PATIENCE: Duration = Duration::from_secs(1);

/// To be called before a fork. Without it, or where the hook cannot be set (by a thread that is panicking), panics are told as ever.
pub(super) fn prepare() {
    if STATE.load(Acquire) != TRIED {
        install();
    }
}

#[cold]
fn install() {
    if thread::panicking() {
        return;
    }
    if STATE.compare_exchange(NEW, BUSY, Acquire, Acquire).is_err() {
        let start = Instant::now();
        while STATE.load(Acquire) != TRIED && start.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(1));
        }
        STATE.store(TRIED, Release);
        return;
    }
    let (say, said) = mpsc::channel();
    let setter = thread::Builder::new().name(HOOK.into()).spawn(move || {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| tell(info, &*before)));
        let _ = say.send(());
    });
    if let Ok(setter) = setter
        && said.recv_timeout(PATIENCE).is_ok()
    {
        let _ = setter.join();
    }
    STATE.store(TRIED, Release);
}

fn tell(info: &PanicHookInfo<'_>, before: &dyn Fn(&PanicHookInfo<'_>)) {
    if NOTES.try_with(Cell::get).unwrap_or(false) {
        #[cfg(feature = "ipc")]
        let _ = PLACE.try_with(|place| {
            *place.borrow_mut() = info.location().map(ToString::to_string);
        });
    } else if PLAIN.load(Relaxed) {
        write_plainly(info);
    } else {
        before(info);
    }
}

/// What `std` says of a panic, without a backtrace.
pub(crate) fn in_words(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let message = (payload.downcast_ref::<&str>().copied())
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("Box<dyn Any>");
    let thread = thread::current();
    let name = thread.name().unwrap_or("<unnamed>");
    let mut text = format!("\nthread '{name}' panicked");
    if let Some(place) = info.location() {
        let _ = write!(text, " at {place}");
    }
    let _ = writeln!(text, ":\n{message}");
    text
}

/// Without the locks of `std`.
fn write_plainly(info: &PanicHookInfo<'_>) {
    let text = in_words(info);
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        // SAFETY: the bytes are those of the slice.
        let written = unsafe { libc::write(libc::STDERR_FILENO, rest.as_ptr().cast(), rest.len()) };
        match usize::try_from(written) {
            Ok(written) => rest = &rest[written..],
            // Nobody is left to tell.
            Err(_) => break,
        }
    }
}

/// To be called in a child that was forked beside threads: from now on the panics of all its threads are written to stderr as they are, by
/// no hook of the user's and without a backtrace.
pub(super) fn write_plain() {
    PLAIN.store(true, Relaxed);
}

/// To be called in a child: from now on a panic of this thread is not written to stderr; its place is kept for [`place`]. Panics of
/// other threads are still written.
#[cfg(feature = "ipc")]
pub(crate) fn note() {
    NOTES.set(true);
}

/// Where the last panic of this thread was, since [`note`] and the last call.
#[cfg(feature = "ipc")]
pub(crate) fn place() -> Option<String> {
    PLACE.with(|place| place.borrow_mut().take())
}
