//! What runs in a worker.

use std::io::{self, Write as _};
use std::mem;
use std::time::Instant;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::frames::{self, Outcome};
use super::message::{Job, Report, What};
use crate::caught::caught;
use crate::ipc::{self, Bytes, Queue};
use crate::pool::initializer::Initializer;
use crate::process::panics;
use crate::wire::{self, Shapes};

/// Results go to the owner in reports of this size.
pub(super) const PART_BYTES: usize = 1 << 18;

/// The pool's function, on encoded arguments: appends the encoded results.
pub(super) type Function<'a> = &'a mut dyn FnMut(&[u8], &mut Vec<u8>);

/// Runs jobs until it has run so many tasks.
pub(super) fn work(
    place: u32,
    jobs: &Queue<Job>,
    reports: &Queue<Report>,
    tasks: u32,
    initializer: Option<&Initializer>,
    function: Function<'_>,
) -> Result<(), ipc::Error> {
    if let Some(initializer) = initializer {
        let failed = initializer.run().err().map(at_its_place);
        let ends = failed.is_some();
        let _ = io::stdout().flush();
        let what = What::Ready { failed };
        reports.put(&Report { place, what })?;
        if ends {
            return Ok(());
        }
    }
    let mut left = tasks;
    while left > 0 {
        let Job {
            id,
            count,
            arguments,
        } = jobs.get()?;
        let start = Instant::now();
        let mut results = Vec::with_capacity(2 * arguments.len());
        function(&arguments, &mut results);
        let nanos = start.elapsed().as_nanos() as u64;
        // An idle worker is ended by a signal: what it printed must be out by then.
        let _ = io::stdout().flush();
        while results.len() > PART_BYTES {
            let rest = results.split_off(PART_BYTES);
            let results = Bytes(mem::replace(&mut results, rest));
            let what = What::Part { results };
            reports.put(&Report { place, what })?;
        }
        let results = Bytes(results);
        let what = What::Done { id, nanos, results };
        reports.put(&Report { place, what })?;
        left = left.saturating_sub(count);
    }
    Ok(())
}

/// The function as workers call it.
pub(super) fn encoded<A: DeserializeOwned, R: Serialize + DeserializeOwned>(
    mut function: impl FnMut(A) -> R,
) -> impl FnMut(&[u8], &mut Vec<u8>) {
    // What of the results has been seen to come back as it was sent.
    let shapes = Shapes::new();
    move |mut arguments, results| {
        while let Some(argument) = frames::next(&mut arguments) {
            let argument = match wire::decode(argument) {
                Ok(argument) => argument,
                Err(error) => {
                    frames::append_failure(results, Outcome::Argument, &error.to_string());
                    continue;
                }
            };
            let start = results.len();
            // What the call leaves is dropped in here too.
            let called = caught(|| {
                let result = function(argument);
                frames::append_result(results, &result, &shapes)
            });
            match called {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    frames::append_failure(results, Outcome::Unpassable, &error.to_string());
                }
                Err(message) => {
                    results.truncate(start);
                    frames::append_failure(results, Outcome::Panicked, &at_its_place(message));
                }
            }
        }
    }
}

fn at_its_place(message: String) -> String {
    match panics::place() {
        Some(place) => format!("{message} (at {place})"),
        None => message,
    }
}
