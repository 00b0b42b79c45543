//! What the tests share: children that outlive nothing, cases with a process of their own, a browser.
#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "each test uses a part of it"
)]

use std::env;
use std::ffi::OsString;

pub mod browser;
pub mod guard;
pub mod isolated;
#[cfg(target_os = "linux")]
pub mod mappings;

/// What `make test` tells the tests in this variable.
pub fn from_make(variable: &str) -> Result<OsString, String> {
    env::var_os(variable).ok_or_else(|| format!("{variable} is not set: run this by `make test`"))
}
