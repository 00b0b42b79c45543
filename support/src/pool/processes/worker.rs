//! What runs in a worker.

use std::io::{self, Write as _};
use std::mem;
use std::time::Instant;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::message::{Failure, Job, Report, What};
use crate::caught::caught;
use crate::ipc::{self, Bytes, Queue};
use crate::process::panics;

/// Results go to the owner in reports of this size.
pub(super) const PART_BYTES: usize = 1 << 18;

/// The pool's function, on encoded arguments: appends the encoded results.
pub(super) type Function<'a> = &'a mut dyn FnMut(u32, &[u8], &mut Vec<u8>) -> Result<(), Failure>;

/// Runs jobs until it has run so many tasks.
pub(super) fn work(
    place: u32,
    jobs: &Queue<Job>,
    reports: &Queue<Report>,
    tasks: u32,
    function: Function<'_>,
) -> Result<(), ipc::Error> {
    let mut left = tasks;
    while left > 0 {
        let Job {
            id,
            count,
            arguments,
        } = jobs.get()?;
        let start = Instant::now();
        let mut results = Vec::new();
        let outcome = function(count, &arguments, &mut results);
        let nanos = start.elapsed().as_nanos() as u64;
        // An idle worker is ended by a signal: what it printed must be out by then.
        let _ = io::stdout().flush();
        let what = match outcome {
            Ok(()) => {
                while results.len() > PART_BYTES {
                    let rest = results.split_off(PART_BYTES);
                    let results = Bytes(mem::replace(&mut results, rest));
                    let what = What::Part { results };
                    reports.put(&Report { place, what })?;
                }
                let results = Bytes(results);
                What::Done { id, nanos, results }
            }
            Err(failure) => What::Failed { id, failure },
        };
        reports.put(&Report { place, what })?;
        left = left.saturating_sub(count);
    }
    Ok(())
}

/// The function as workers call it.
pub(super) fn encoded<A: DeserializeOwned, R: Serialize>(
    mut function: impl FnMut(A) -> R,
) -> impl FnMut(u32, &[u8], &mut Vec<u8>) -> Result<(), Failure> {
    move |count, mut arguments, results| {
        for _ in 0..count {
            let (argument, rest) = postcard::take_from_bytes(arguments)
                .map_err(|error| Failure::Argument(error.to_string()))?;
            arguments = rest;
            let result = caught(|| {
                let result = function(argument);
                postcard::to_stdvec(&result)
            });
            match result {
                Ok(Ok(bytes)) if results.is_empty() => *results = bytes,
                Ok(Ok(bytes)) => results.extend(bytes),
                Ok(Err(error)) => return Err(Failure::Result(error.to_string())),
                Err(message) => return Err(Failure::Panicked(panicked(message))),
            }
        }
        Ok(())
    }
}

fn panicked(message: String) -> String {
    match panics::place() {
        Some(place) => format!("{message} (at {place})"),
        None => message,
    }
}
