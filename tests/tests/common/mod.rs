//! What the tests share: children that outlive nothing, cases with a process of their own, a browser.
#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "each test uses a part of it"
)]

pub mod browser;
pub mod guard;
pub mod isolated;
#[cfg(target_os = "linux")]
pub mod mappings;
