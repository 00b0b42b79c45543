//! How values travel between processes: as bytes, by `postcard`.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::caught::caught;

/// Why a value cannot travel: what serde, the format or the panic of the user's code said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireError(String);

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WireError {}

/// Appends the value's bytes.
pub(crate) fn append<T: Serialize + ?Sized>(value: &T, to: &mut Vec<u8>) -> Result<(), WireError> {
    let bytes = flat(caught(|| postcard::to_stdvec(value)))?;
    to.extend(bytes);
    Ok(())
}

/// The value that these bytes are, all of them.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    match take(bytes)? {
        (value, []) => Ok(value),
        (_, rest) => Err(WireError(format!("{} bytes are left over", rest.len()))),
    }
}

/// The value that these bytes begin with, and the rest.
pub(crate) fn take<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, &[u8]), WireError> {
    flat(caught(|| postcard::take_from_bytes(bytes)))
}

fn flat<T>(result: Result<Result<T, postcard::Error>, String>) -> Result<T, WireError> {
    match result {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(WireError(error.to_string())),
        Err(panic) => Err(WireError(format!("it panicked: {panic}"))),
    }
}
