//! What a child does with the words of a panic.

use std::cell::RefCell;
use std::panic;

thread_local! {
    static WHERE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// To be called in a child: from now on a panic of this thread is not written to stderr; its place is kept for [`place`]. Panics of
/// other threads are still written.
pub(crate) fn note() {
    let noted = std::thread::current().id();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == noted {
            let place = info.location().map(ToString::to_string);
            WHERE.with(|last| *last.borrow_mut() = place);
        } else {
            before(info);
        }
    }));
}

/// Where the last panic of this thread was, since [`note`] and the last call.
pub(crate) fn place() -> Option<String> {
    WHERE.with(|place| place.borrow_mut().take())
}
