//! What a notebook shows of a cell's last value, as text.

use std::fmt::Debug;

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
