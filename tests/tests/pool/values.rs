//! What passes between the processes, and what does not.

use serde::de::{Deserializer, Error as _};
use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};
use support::pool::{Error, ProcessPool};

pub fn large_results_and_arguments() {
    let pool = ProcessPool::new(2, |size: usize| vec![7_u8; size]).unwrap();
    for size in [
        0,
        1,
        (1 << 18) - 3,
        1 << 18,
        (1 << 18) + 1,
        5_000_000,
        40_000_000,
    ] {
        assert!(pool.apply(size).unwrap() == vec![7; size], "{size} bytes");
    }
    let sizes = [3_000_000; 6];
    let results = pool.map(sizes, 2).unwrap();
    assert!(results.iter().all(|result| result.len() == 3_000_000));

    let pool = ProcessPool::builder(2)
        .bytes(3000)
        .start(|bytes: Vec<u8>| bytes.len())
        .unwrap();
    assert_eq!(pool.apply(vec![1; 2990]).unwrap(), 2990);
    let refused = pool.submit(vec![1; 1 << 20]).map(|_| ());
    let message = refused.unwrap_err().to_string();
    assert!(
        message.contains("1048579 bytes") && message.contains("bytes("),
        "{message}"
    );
}

pub fn more_bytes_than_the_queue_holds() {
    let pool = ProcessPool::builder(2)
        .bytes(5000)
        .start(|bytes: Vec<u8>| bytes.len())
        .unwrap();
    let tasks: Vec<_> = (0..1000)
        .map(|n| pool.submit(vec![0; 4 * n]).unwrap())
        .collect();
    for (n, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.result().unwrap(), 4 * n);
    }
}

#[derive(Debug)]
struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("cannot be written"))
    }
}

impl<'de> Deserialize<'de> for Unwritable {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Unwritable)
    }
}

pub fn argument_that_cannot_be_passed() {
    let pool = ProcessPool::new(1, |_: Option<Unwritable>| 5).unwrap();
    let good: Vec<_> = (0..100).map(|_| pool.submit(None).unwrap()).collect();
    let refused = pool.submit(Some(Unwritable)).map(|_| ());
    assert!(matches!(
        refused,
        Err(Error::Pass {
            what: "argument",
            ..
        })
    ));
    for task in good {
        assert_eq!(task.result().unwrap(), 5);
    }
}

pub fn result_that_cannot_be_passed() {
    let pool = ProcessPool::new(1, |good: bool| (!good).then_some(Unwritable)).unwrap();
    let bad = pool.apply(false);
    assert!(matches!(bad, Err(Error::Pass { what: "result", .. })));
    assert!(pool.apply(true).unwrap().is_none());
}

#[derive(Debug, Serialize)]
struct Unreadable;

impl<'de> Deserialize<'de> for Unreadable {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::custom("cannot be read"))
    }
}

pub fn result_that_makes_no_value() {
    let pool = ProcessPool::new(1, |good: bool| (!good).then_some(Unreadable)).unwrap();
    let bad = pool.apply(false);
    assert!(matches!(bad, Err(Error::Pass { what: "result", .. })));
    assert!(pool.apply(true).unwrap().is_none());
}
