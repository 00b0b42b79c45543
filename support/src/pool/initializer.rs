//! What each worker runs before its first task.

use std::fmt::Display;
use std::sync::Arc;

use crate::caught::caught;

#[derive(Clone)]
pub(super) struct Initializer(Arc<dyn Fn() -> Result<(), String> + Send + Sync>);

pub(super) fn initializer<E: Display>(
    run: impl Fn() -> Result<(), E> + Send + Sync + 'static,
) -> Initializer {
    Initializer(Arc::new(move || run().map_err(|error| error.to_string())))
}

impl Initializer {
    /// Its words if it fails.
    pub(super) fn run(&self) -> Result<(), String> {
        match caught(|| (self.0)()) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(format!("the initializer failed: {why}")),
            Err(message) => Err(format!("the initializer panicked: {message}")),
        }
    }
}
