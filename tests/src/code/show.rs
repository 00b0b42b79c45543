//! What a notebook shows of a cell's last value, as text.

use std::fmt::Debug;
use std::panic;
use std::process::exit;

/// `program | head` has read enough before the program ends, and `println!` panics then: no fault of the chapter.
pub(crate) fn end_when_nobody_reads() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let message = info.payload().downcast_ref::<String>();
        if message.is_some_and(|text| text.starts_with("failed printing to stdout")) {
            exit(0);
        }
        before(info);
    }));
}

/// Prints a value as the notebook's kernel does: by its own `evcxr_display`, otherwise by `Debug`.
macro_rules! show {
    ($value:expr) => {{
        #[allow(unused_imports, reason = "a method of the type itself is taken first")]
        use crate::show::ByDebug as _;
        $value.evcxr_display();
    }};
}

/// For the types that do not say how they are shown.
#[allow(dead_code, reason = "a chapter may show none")]
pub(crate) trait ByDebug: Debug {
    fn evcxr_display(&self) {
        println!("{self:?}");
    }
}

impl<T: Debug + ?Sized> ByDebug for T {}
