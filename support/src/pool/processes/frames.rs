//! Values one after the other, each with its length before it: one that cannot be read spoils no other.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::pool::Error;
use crate::wire::{self, Shapes, WireError};

/// What a frame takes beside its value.
pub(super) const HEADER: usize = size_of::<u64>();

/// What became of one argument.
pub(super) enum Outcome {
    Result,
    Panicked,
    Argument,
    Unpassable,
}

/// Appends a frame with what `write` appends, or nothing if that fails.
#[inline]
fn append<E>(to: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<(), E> {
    let start = to.len();
    to.extend([0; HEADER]);
    let written = write(to);
    match written {
        Ok(()) => {
            let length = (to.len() - start - HEADER) as u64;
            to[start..start + HEADER].copy_from_slice(&length.to_ne_bytes());
        }
        Err(_) => to.truncate(start),
    }
    written
}

/// Takes the next frame off.
#[inline]
pub(super) fn next<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (frame, rest) = rest.split_at_checked(u64::from_ne_bytes(*length) as usize)?;
    *bytes = rest;
    Some(frame)
}

/// A frame with an argument, which is tried: see [`wire::append_proven`].
pub(super) fn append_argument<A: Serialize + DeserializeOwned>(
    to: &mut Vec<u8>,
    argument: &A,
    shapes: &Shapes,
) -> Result<(), WireError> {
    append(to, |to| wire::append_proven::<A, A>(argument, to, shapes))
}

/// A frame with a result, which is tried.
pub(super) fn append_result<R: Serialize + DeserializeOwned>(
    to: &mut Vec<u8>,
    result: &R,
    shapes: &Shapes,
) -> Result<(), WireError> {
    append(to, |to| {
        to.push(Outcome::Result as u8);
        wire::append_proven::<R, R>(result, to, shapes)
    })
}

/// A frame that says why there is no result.
pub(super) fn append_failure(to: &mut Vec<u8>, outcome: Outcome, why: &str) {
    let written = append(to, |to| {
        to.push(outcome as u8);
        to.extend(why.as_bytes());
        Ok::<_, WireError>(())
    });
    debug_assert!(written.is_ok());
}

/// The result of one argument, from its frame.
pub(super) fn result<R: DeserializeOwned>(frame: &[u8]) -> Result<R, Error> {
    let (outcome, rest) = frame.split_first().unwrap_or((&u8::MAX, &[]));
    let words = || String::from_utf8_lossy(rest).into_owned();
    let pass = |what, why| Err(Error::Pass { what, why });
    match *outcome {
        0 => wire::decode(rest).or_else(|error| pass("result", error.to_string())),
        1 => Err(Error::Panicked { message: words() }),
        2 => pass("argument", words()),
        3 => pass("result", words()),
        _ => pass("result", "nothing came".into()),
    }
}

/// The only result.
pub(super) fn one<R: DeserializeOwned>(mut bytes: &[u8]) -> Result<R, Error> {
    result(next(&mut bytes).unwrap_or_default())
}

/// All results, or the first error.
pub(super) fn all_well<R: DeserializeOwned>(mut bytes: &[u8]) -> Result<Vec<R>, Error> {
    let mut results = Vec::new();
    while let Some(frame) = next(&mut bytes) {
        results.push(result(frame)?);
    }
    Ok(results)
}

/// What became of each.
pub(super) fn all<R: DeserializeOwned>(mut bytes: &[u8]) -> Result<Vec<Result<R, Error>>, Error> {
    let mut results = Vec::new();
    while let Some(frame) = next(&mut bytes) {
        results.push(result(frame));
    }
    Ok(results)
}
