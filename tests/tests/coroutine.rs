//! Coroutines switched by hand: orders, values, ends of every kind, and nothing left behind; and the chapter's server,
//! taken from its cell, against clients that do what they should not.
//!
//! Each case runs on the main thread of a process of its own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::cell::RefCell;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use course_tests::cell::Cells;
use course_tests::rude::{Clients, Resources, Server};
use nix::libc;
use support::coroutine::{Error, Hub, Peer};
use support::net::Protocol;
use support::process::{Exit, Process};

use common::isolated::{Case, cases};

// The first time cargo builds `support` for the chapter's server.
const CASES: &[Case] = cases![180;
    a_ring_runs_in_exact_order,
    values_go_both_ways,
    what_it_returns_comes_out_of_the_switch,
    who_has_ended_refuses,
    strangers_are_refused,
    peers_of_dropped_hubs_are_refused,
    names_are_unique,
    a_panic_comes_out_and_the_hub_goes_on,
    a_value_whose_drop_panics_is_the_callers_panic,
    a_hub_dropped_by_a_panic_drops_what_they_hold,
    dropping_the_hub_drops_what_they_hold,
    a_drop_that_switches_is_refused,
    random_switching_agrees_with_a_model,
    nothing_leaks,
    too_deep_ends_by_a_signal,
    too_much_address_space_is_an_error,
    the_server_of_the_chapter,
    rude_clients_find_a_leak,
    rude_clients_wait_their_turn,
];

fn main() {
    common::isolated::main(CASES, || ());
}

type Log = Rc<RefCell<Vec<String>>>;

fn a_ring_runs_in_exact_order() {
    let log = Log::default();
    let mut hub = Hub::new();
    for (name, next) in [("A", "B"), ("B", "C"), ("C", "A")] {
        let log = Rc::clone(&log);
        hub.add(name, move |me, ()| {
            let next = me.peer(next)?;
            for i in 0..3 {
                log.borrow_mut().push(format!("{}{i}", me.name()));
                me.switch(next, ())?;
            }
            Ok(())
        })
        .unwrap();
    }
    let a = hub
        .add("start", |me, ()| me.switch(me.peer("A")?, ()))
        .unwrap();
    hub.switch(a, ()).unwrap();
    assert_eq!(
        log.borrow().join(" "),
        "A0 B0 C0 A1 B1 C1 A2 B2 C2",
        "A returns when it is switched to once more"
    );
}

fn values_go_both_ways() {
    let mut hub = Hub::new();
    let sum = hub
        .add("sum", |me, mut sum: u64| {
            loop {
                sum += me.switch(Peer::MAIN, sum)?;
            }
        })
        .unwrap();
    let sums: Vec<u64> = (1..=4).map(|n| hub.switch(sum, n).unwrap()).collect();
    assert_eq!(sums, [1, 3, 6, 10]);
    // To itself: it goes on at once.
    let echo = hub
        .add("echo", |me, n| me.switch(me.peer("echo")?, n + 1))
        .unwrap();
    assert_eq!(hub.switch(echo, 7).unwrap(), 8);
}

fn what_it_returns_comes_out_of_the_switch() {
    let mut hub = Hub::new();
    let last = hub.add("last", |_, n: String| Ok(n + "!")).unwrap();
    let first = hub
        .add("first", move |me, n| me.switch(last, n + " and out"))
        .unwrap();
    assert_eq!(hub.switch(first, "in".into()).unwrap(), "in and out!");
    assert!(hub.is_finished(last) && !hub.is_finished(first));
    assert_eq!(hub.switch(first, "done".into()).unwrap(), "done");
    let fails = hub
        .add("fails", |me, _| me.peer("nobody").map(|_| String::new()))
        .unwrap();
    let error = hub.switch(fails, String::new()).unwrap_err();
    assert!(error.to_string().contains("\"nobody\""), "{error}");
}

fn who_has_ended_refuses() {
    let mut hub = Hub::new();
    let over = hub.add("over", |_, ()| Ok(())).unwrap();
    hub.switch(over, ()).unwrap();
    let error = hub.switch(over, ()).unwrap_err();
    assert!(error.to_string().contains("\"over\" has ended"), "{error}");
    let tries = hub
        .add("tries", move |me, ()| {
            assert!(matches!(me.switch(over, ()), Err(Error::Finished { .. })));
            me.switch(Peer::MAIN, ())
        })
        .unwrap();
    hub.switch(tries, ()).unwrap();
    assert!(!hub.is_finished(tries));
    hub.switch(tries, ()).unwrap();
    assert!(hub.is_finished(tries));
}

fn strangers_are_refused() {
    let (mut one, mut other) = (Hub::new(), Hub::new());
    one.add("a", |_, ()| Ok(())).unwrap();
    let b = one.add("b", |_, ()| Ok(())).unwrap();
    other.add("a", |_, ()| Ok(())).unwrap();
    assert!(matches!(other.switch(b, ()), Err(Error::NotOurs)));
    assert!(matches!(one.switch(Peer::MAIN, ()), Err(Error::NotOurs)));
    assert!(!one.is_finished(Peer::MAIN));

    // With as many coroutines on both sides, a place in the list would be somebody's.
    let stranger = other
        .add("b", |_, ()| panic!("somebody else runs"))
        .unwrap();
    assert!(matches!(one.switch(stranger, ()), Err(Error::NotOurs)));
    let tries = one
        .add("tries", move |me, ()| {
            assert!(matches!(me.switch(stranger, ()), Err(Error::NotOurs)));
            Ok(())
        })
        .unwrap();
    one.switch(tries, ()).unwrap();
    let asked = catch_unwind(AssertUnwindSafe(|| one.is_finished(stranger))).unwrap_err();
    let words = asked.downcast_ref::<String>().unwrap();
    assert!(words.contains("no coroutine of this hub"), "{words}");
}

fn peers_of_dropped_hubs_are_refused() {
    let mut strangers = Vec::new();
    for _ in 0..1000 {
        let mut hub = Hub::new();
        let ours = hub.add("a", |_, ()| Ok(())).unwrap();
        for stranger in strangers.iter().rev().take(10) {
            assert!(matches!(hub.switch(*stranger, ()), Err(Error::NotOurs)));
        }
        hub.switch(ours, ()).unwrap();
        strangers.push(ours);
    }
}

fn names_are_unique() {
    let mut hub = Hub::new();
    hub.add("a", |_, ()| Ok(())).unwrap();
    let error = hub.add("a", |_, ()| Ok(())).unwrap_err();
    assert!(matches!(error, Error::NameTaken { .. }), "{error}");
}

fn a_panic_comes_out_and_the_hub_goes_on() {
    let mut hub = Hub::new();
    let held = Rc::new(());
    let kept = Rc::clone(&held);
    let bad = hub
        .add("bad", move |_, ()| {
            let _kept = kept;
            panic!("no buns")
        })
        .unwrap();
    let calm = hub
        .add("calm", move |me, ()| {
            me.switch(Peer::MAIN, ())?;
            me.switch(bad, ())
        })
        .unwrap();
    hub.switch(calm, ()).unwrap();
    let panic = catch_unwind(AssertUnwindSafe(|| hub.switch(calm, ()))).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"no buns"));
    assert_eq!(Rc::strong_count(&held), 1);
    assert!(hub.is_finished(bad) && !hub.is_finished(calm));
    hub.switch(calm, ()).unwrap();
    assert!(hub.is_finished(calm));
}

fn a_value_whose_drop_panics_is_the_callers_panic() {
    struct Bad(bool);
    impl Drop for Bad {
        fn drop(&mut self) {
            assert!(!self.0, "a bad value");
        }
    }
    let mut hub = Hub::new();
    let over = hub.add("over", |_, value| Ok(value)).unwrap();
    hub.switch(over, Bad(false)).unwrap();
    let bad = |hub: &mut Hub<Bad>, to| {
        let panic = catch_unwind(AssertUnwindSafe(|| hub.switch(to, Bad(true)).map(drop)));
        assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"a bad value"));
    };
    // Refused, from outside and from inside, and dropped by the coroutine that got it.
    bad(&mut hub, over);
    let refused = hub
        .add("refused", move |me, value| me.switch(over, value))
        .unwrap();
    bad(&mut hub, refused);
    let drops = hub
        .add("drops", |_, value| {
            drop(value);
            Ok(Bad(false))
        })
        .unwrap();
    bad(&mut hub, drops);
    assert!(hub.is_finished(drops) && !hub.is_finished(refused));
    // It stands where it was refused, and goes on.
    assert!(!hub.switch(refused, Bad(false)).unwrap().0);
    let echo = hub.add("echo", |_, value| Ok(value)).unwrap();
    assert!(!hub.switch(echo, Bad(false)).unwrap().0);
    assert!(matches!(
        hub.switch(echo, Bad(false)),
        Err(Error::Finished { .. })
    ));
}

fn a_hub_dropped_by_a_panic_drops_what_they_hold() {
    let held = Rc::new(());
    let kept = Rc::clone(&held);
    let panic = catch_unwind(AssertUnwindSafe(move || {
        let mut hub = Hub::new();
        let stopped = hub
            .add("stopped", move |me, ()| {
                let kept = kept;
                me.switch(Peer::MAIN, ())?;
                drop(kept);
                Ok(())
            })
            .unwrap();
        hub.switch(stopped, ()).unwrap();
        panic!("outside");
    }));
    assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"outside"));
    assert_eq!(Rc::strong_count(&held), 1);
}

fn dropping_the_hub_drops_what_they_hold() {
    let held = Rc::new(());
    let mut hub = Hub::new();
    for name in ["stopped", "never started"] {
        let kept = Rc::clone(&held);
        hub.add(name, move |me, value: Rc<()>| {
            let on_the_stack = Rc::clone(&kept);
            let given = me.switch(Peer::MAIN, value)?;
            drop((on_the_stack, kept));
            Ok(given)
        })
        .unwrap();
    }
    let start = hub
        .add("start", |me, value| me.switch(me.peer("stopped")?, value))
        .unwrap();
    let value = hub.switch(start, Rc::clone(&held)).unwrap();
    assert_eq!(Rc::strong_count(&held), 5);
    drop(value);
    drop(hub);
    assert_eq!(Rc::strong_count(&held), 1);
}

fn a_drop_that_switches_is_refused() {
    struct Late<F: FnMut()>(F);
    impl<F: FnMut()> Drop for Late<F> {
        fn drop(&mut self) {
            (self.0)();
        }
    }
    let log = Log::default();
    let mut hub = Hub::new();
    let inner = Rc::clone(&log);
    let a = hub
        .add("a", move |me, ()| {
            let _late = Late(|| {
                let error = me.switch(Peer::MAIN, ()).unwrap_err();
                inner.borrow_mut().push(error.to_string());
            });
            me.switch(Peer::MAIN, ())
        })
        .unwrap();
    hub.switch(a, ()).unwrap();
    drop(hub);
    assert!(log.borrow()[0].contains("being dropped"), "{log:?}");
}

/// A hundred coroutines that each add their number to what they get and go on to a peer that it chooses.
fn random_switching_agrees_with_a_model() {
    fn next(n: u64) -> u64 {
        n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1)
    }
    const STEPS: u32 = 100_000;
    let mut hub = Hub::new();
    for own in 0..100_u64 {
        hub.add(own.to_string(), move |me, (mut n, mut left): (u64, u32)| {
            let peers: Result<Vec<Peer>, Error> =
                (0..100).map(|i| me.peer(&i.to_string())).collect();
            let peers = peers?;
            loop {
                n = next(n + own);
                let to = match left {
                    0 => Peer::MAIN,
                    _ => peers[(n >> 33) as usize % 100],
                };
                (n, left) = me.switch(to, (n, left.saturating_sub(1)))?;
            }
        })
        .unwrap();
    }
    let start = hub
        .add("start", |me, value| me.switch(me.peer("0")?, value))
        .unwrap();
    let (result, _) = hub.switch(start, (1, STEPS)).unwrap();
    let (mut n, mut own) = (1, 0);
    for _ in 0..=STEPS {
        n = next(n + own);
        own = (n >> 33) % 100;
    }
    assert_eq!(result, n);
}

/// Mappings and heap, after twenty thousand coroutines of every end; Miri cannot run them, because they switch in assembly.
fn nothing_leaks() {
    fn round() {
        let mut hub = Hub::new();
        let mut peers = Vec::new();
        for i in 0..100 {
            let held = vec![i; 1000];
            let body = move |me: &support::coroutine::Me<'_, usize>, n: usize| {
                let n = n + held.len();
                match i % 4 {
                    0 => Ok(n),
                    1 => std::panic::resume_unwind(Box::new(n)),
                    _ => me.switch(Peer::MAIN, n),
                }
            };
            peers.push(hub.add(i.to_string(), body).unwrap());
        }
        // Some are never started.
        for &peer in &peers[..80] {
            let _ = catch_unwind(AssertUnwindSafe(|| hub.switch(peer, 1)));
        }
    }
    fn mappings() -> usize {
        fs::read_to_string("/proc/self/maps")
            .unwrap()
            .lines()
            .count()
    }
    fn heap() -> usize {
        // SAFETY: it only reads the allocator's books.
        unsafe { libc::mallinfo2() }.uordblks
    }
    const ROUNDS: usize = 200;
    // The allocator keeps some of what is given back.
    for _ in 0..20 {
        round();
    }
    let before = (mappings(), heap());
    for _ in 0..ROUNDS {
        round();
    }
    let after = (mappings(), heap());
    assert!(after.0 <= before.0 + 2, "mappings: {before:?}, {after:?}");
    // Less than a pointer for each coroutine.
    let most = before.1 + ROUNDS * 100 * size_of::<usize>();
    assert!(after.1 < most, "heap: {before:?}, {after:?}");
}

fn too_deep_ends_by_a_signal() {
    #[inline(never)]
    fn deep(n: u64) -> u64 {
        let page = std::hint::black_box([n; 256]);
        if n == 0 { 0 } else { deep(n - 1) + page[7] }
    }
    let mut child = Process::start(|| {
        let mut hub = Hub::new();
        let a = hub
            .add_with_stack("a", 16 * 1024, |_, n| Ok(deep(n)))
            .unwrap();
        hub.switch(a, 1000).map(drop).map_err(|e| e.to_string())
    })
    .unwrap();
    let exit = child.join().unwrap();
    assert!(
        matches!(exit, Exit::Signal(libc::SIGSEGV | libc::SIGABRT)),
        "{exit:?}"
    );
}

fn too_much_address_space_is_an_error() {
    let mut hub: Hub<()> = Hub::new();
    let error = hub
        .add_with_stack("huge", usize::MAX / 4, |_, ()| Ok(()))
        .unwrap_err();
    assert!(matches!(error, Error::Stack { .. }), "{error}");
    hub.add("huge", |_, ()| Ok(())).unwrap();
}

/// What the chapter's server runs in, beside its own cell.
const SERVER_MAIN: &str = r#"
fn main() -> io::Result<()> {
    let (_read, log) = io::pipe()?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = listen(0)?;
        println!("{}", listener.local_addr()?);
        serve(listener, Threads { seen: Mutex::default(), log }).await
    })
}
"#;

fn the_server_of_the_chapter() {
    let cells = Cells::of("07-coroutines").unwrap();
    let cells = cells.with("async fn serve(").unwrap();
    let program = cells.build("coroutine-server", SERVER_MAIN).unwrap();
    let server = Server::start(program).unwrap();
    let clients = Clients::new(server.address(), Protocol::Capitals);
    clients.try_on(&server).unwrap();
    assert_eq!(Resources::of(server.pid()).unwrap().threads, 1);
}

/// The same, but for a descriptor that each client costs.
const LEAKING_MAIN: &str = r#"
fn main() -> io::Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = listen(0)?;
        println!("{}", listener.local_addr()?);
        loop {
            let (client, _) = listener.accept().await?;
            std::mem::forget(std::fs::File::open("/dev/null")?);
            tokio::spawn(communicate(client));
        }
    })
}
"#;

fn rude_clients_find_a_leak() {
    let cells = Cells::of("07-coroutines").unwrap();
    let cells = cells.with("async fn serve(").unwrap();
    let program = cells
        .build("coroutine-server-that-leaks", LEAKING_MAIN)
        .unwrap();
    let server = Server::start(program).unwrap();
    let clients = Clients::new(server.address(), Protocol::Capitals);
    let error = clients.try_on(&server).unwrap_err();
    assert!(error.starts_with("half-close: left behind"), "{error}");
    let wrong = Clients::new(server.address(), Protocol::Echo);
    let error = wrong.polite().unwrap_err();
    assert!(error.contains("differ at byte 0"), "{error}");
}

/// No coroutine at all: who comes second waits.
const BLOCKING_MAIN: &str = r#"
fn main() -> io::Result<()> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    for mut client in listener.incoming().flatten() {
        // An error is the client's end.
        let _ = io::copy(&mut client.try_clone()?, &mut client);
    }
    Ok(())
}
"#;

fn rude_clients_wait_their_turn() {
    let cells = Cells::of("07-coroutines").unwrap();
    let program = cells.build("blocking-server", BLOCKING_MAIN).unwrap();
    let server = Server::start(program).unwrap();
    let clients = Clients::new(server.address(), Protocol::Echo).at_once(1);
    clients.try_on(&server).unwrap();
}
