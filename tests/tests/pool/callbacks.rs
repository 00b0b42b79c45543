use std::process;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use support::pool::{Error, ProcessPool, ThreadPool};

use super::helpers::eventually;

type Log = Arc<Mutex<Vec<String>>>;

fn note(log: &Log) -> impl FnOnce(&Result<u32, Error>) + Send + 'static + use<> {
    let log = Arc::clone(log);
    move |result| {
        let text = match result {
            Ok(n) => n.to_string(),
            Err(error) => error.to_string(),
        };
        log.lock().unwrap().push(text);
    }
}

pub fn of_a_future() {
    let log = Log::default();
    let pool = ProcessPool::new(1, |n: u32| 6 / n).unwrap();
    let good = pool.submit(2).unwrap();
    good.on_done(note(&log));
    good.on_done(|_| panic!("does no harm"));
    good.on_done(note(&log));
    good.wait().unwrap();
    assert_eq!(
        *log.lock().unwrap(),
        ["3", "3"],
        "they have run when the result is out"
    );
    log.lock().unwrap().clear();
    good.on_done(note(&log));
    assert_eq!(good.result().unwrap(), 3);
    let bad = pool.submit(0).unwrap();
    eventually("the panic", || bad.is_done());
    bad.on_done(note(&log));
    bad.on_done(|_| panic!("does no harm"));
    assert!(matches!(bad.result(), Err(Error::Panicked { .. })));
    let log = log.lock().unwrap();
    assert!(
        log[0] == "3" && log[1].contains("divide by zero"),
        "{log:?}"
    );
}

pub fn apply_async_calls_one_of_two() {
    let log = Log::default();
    let pool = ProcessPool::new(2, |n: u32| 6 / n).unwrap();
    for n in [1, 0, 2, 3] {
        let (good, bad) = (Arc::clone(&log), Arc::clone(&log));
        pool.apply_async(
            n,
            move |result| good.lock().unwrap().push(format!("6/{n} = {result}")),
            move |error| bad.lock().unwrap().push(error.to_string()),
        )
        .unwrap();
    }
    pool.close();
    pool.join().unwrap();
    let mut log = log.lock().unwrap();
    log.sort();
    assert_eq!(log[..3], ["6/1 = 6", "6/2 = 3", "6/3 = 2"]);
    assert!(log[3].contains("divide by zero"));
}

pub fn submit_from_a_callback() {
    let sum = Arc::new(AtomicU32::new(0));
    let pool = Arc::new(ProcessPool::new(2, |n: u32| n - 1).unwrap());
    fn again(pool: &Arc<ProcessPool<u32, u32>>, sum: &Arc<AtomicU32>, n: u32) {
        let (next, sum) = (Arc::clone(pool), Arc::clone(sum));
        pool.submit(n).unwrap().on_done(move |result| {
            let n = *result.as_ref().unwrap();
            sum.fetch_add(1, SeqCst);
            if n > 0 {
                again(&next, &sum, n);
            }
        });
    }
    again(&pool, &sum, 100);
    eventually("the last callback", || sum.load(SeqCst) == 100);
    eventually("the end", || Arc::strong_count(&pool) == 1);
}

pub fn submit_after_a_crash() {
    let pool =
        Arc::new(ProcessPool::new(2, |n: u32| if n == 0 { process::abort() } else { n }).unwrap());
    let log = Log::default();
    let (next, end) = (Arc::clone(&pool), note(&log));
    pool.submit(0).unwrap().on_done(move |result| {
        assert!(matches!(result, Err(Error::WorkerDied { .. })));
        next.submit(5).unwrap().on_done(end);
    });
    eventually("the second task", || *log.lock().unwrap() == ["5"]);
    eventually("the end", || Arc::strong_count(&pool) == 1);
}

pub fn submit_what_crashes() {
    let pool =
        Arc::new(ProcessPool::new(2, |n: u32| if n == 0 { process::abort() } else { n }).unwrap());
    let log = Log::default();
    let (next, end) = (Arc::clone(&pool), note(&log));
    pool.submit(5)
        .unwrap()
        .on_done(move |_| next.submit(0).unwrap().on_done(end));
    eventually("the second task", || log.lock().unwrap().len() == 1);
    assert!(log.lock().unwrap()[0].contains("SIGABRT"));
    eventually("the end", || Arc::strong_count(&pool) == 1);
}

/// A callback that waits for its pool would wait for ever; for another task it may wait.
pub fn waiting_for_the_pool_is_refused() {
    let log = Log::default();
    let ends = Arc::clone(&log);
    let end_of = move |join: &Result<(), Error>| {
        if matches!(join, Err(Error::InCallback)) {
            ends.lock().unwrap().push("refused".into());
        }
    };
    let pool = Arc::new(ProcessPool::new(1, |n: u32| n).unwrap());
    let (inner, end) = (Arc::clone(&pool), note(&log));
    pool.submit(1).unwrap().on_done(move |_| {
        end(&inner.apply(2));
        inner.close();
        end_of(&inner.join());
    });
    eventually("the callback", || Arc::strong_count(&pool) == 1);
    assert_eq!(*log.lock().unwrap(), ["2", "refused"]);
    pool.join().unwrap();

    let pool = Arc::new(ThreadPool::new(1).unwrap());
    let inner = Arc::clone(&pool);
    let task = pool.submit(move || inner.shutdown().is_err()).unwrap();
    assert!(task.result().unwrap());
}
