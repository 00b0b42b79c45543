//! The load client against servers that lie, and Python where it is missing, crashes or hangs.
//!
//! Each case runs on the main thread of a process of its own; when it ends it must have no children left.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::HashMap;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use course_tests::cell::Cells;
use course_tests::rude::{Clients, PATIENCE, reset};
use course_tests::{Notebook, Output, ms, root};
use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::measure::Samples;
use support::measure::python::{self, Python, run_or_reference};
use support::net::{self, Kind, Load, Protocol, Report, ceiling};
use support::process::Exit;
use support::process::inspect::Snapshot;

use common::isolated::{Case, cases};

const CASES: &[Case] = cases![180;
    right_answers_are_counted_exactly,
    the_server_is_watched,
    echo_is_a_protocol_too,
    long_lines_come_back_in_pieces,
    latencies_are_those_of_the_server,
    latencies_are_those_of_the_queue,
    idle_connections_ask_once,
    wrong_answers_are_reported,
    answers_of_another_are_reported,
    answers_to_nothing_are_reported,
    too_much_of_an_answer_is_reported,
    late_answers_are_reported,
    silence_ends_by_the_bound,
    closing_is_reported_and_its_answers_count,
    half_an_answer_is_reported,
    a_reset_is_reported,
    idle_connections_that_are_closed_are_reported,
    nobody_listens,
    one_at_a_time_leaves_the_others_unserved,
    ten_thousand_connections,
    more_connections_than_files,
    clients_that_are_killed,
    python_answers,
    python_is_missing,
    python_crashes,
    python_hangs,
    python_leaves_nothing_behind,
    python_prints_something_else,
    python_prints_much,
    python_is_told_no_wrong_second,
    the_server_of_the_threads_chapter,
    the_daemons_of_the_threads_chapter,
];

fn main() {
    common::isolated::main(CASES, || ());
}

/// A server with a thread for each client, which ends with the process.
fn server(serve: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(client));
        }
    });
    address
}

/// Answers each line with what `answer` makes of it.
fn answering(
    answer: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static,
) -> impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static {
    move |mut client| {
        while let Some(line) = line(&mut client)? {
            client.write_all(&answer(&line))?;
        }
        Ok(())
    }
}

fn line(client: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let mut buffer = [0; 1024];
    while !line.ends_with(b"\n") {
        match client.read(&mut buffer)? {
            0 => return Ok(None),
            n => line.extend_from_slice(&buffer[..n]),
        }
    }
    Ok(Some(line))
}

fn load(address: SocketAddr) -> Load {
    Load::new(address)
        .connections(4)
        .warm_up(ms(20))
        .lasting(ms(100))
        .patience(ms(300))
}

/// Runs against a server that lies, and checks that every connection is reported as `kind` and nothing else.
fn caught(load: &Load, kind: Kind, connections: u64, example: &str) -> Report {
    let start = Instant::now();
    let report = load.observe().unwrap();
    assert!(
        start.elapsed() <= load.bound() + ms(500),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(report.count(kind), connections, "{report}");
    assert_eq!(report.troubles().len(), 1, "{report}");
    assert!(report.troubles()[0].example.contains(example), "{report}");
    report
}

fn right_answers_are_counted_exactly() {
    let lines = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&lines);
    let address = server(answering(move |line| {
        counted.fetch_add(1, Relaxed);
        Protocol::Capitals.answer(line)
    }));
    let report = load(address).run().unwrap();
    assert_eq!(report.answers, lines.load(Relaxed));
    assert!(report.requests() > 0 && report.requests() < report.answers);
    assert_eq!((report.served, report.connections), (4, 4));
    assert!(report.measured >= ms(100) && report.measured < ms(200));
    assert!(report.latency.quantile(0.5) <= report.latency.quantile(0.99));
    assert!(report.client_cpu <= report.measured);
}

fn the_server_is_watched() {
    let address = server(answering(|line| Protocol::Capitals.answer(line)));
    let report = load(address).server(process::id()).run().unwrap();
    let effort = report.server.unwrap();
    assert!(effort.cpu > ms(0) && effort.cpu < 4 * report.measured);
    // This thread, the listener, and one for each of the four.
    assert!(effort.threads >= 6 && effort.memory > 0, "{effort:?}");
    // Nobody has that id.
    let report = load(address).server(1 << 30).run().unwrap();
    assert_eq!(report.server, None);
}

fn echo_is_a_protocol_too() {
    let address = server(answering(<[u8]>::to_vec));
    load(address).protocol(Protocol::Echo).run().unwrap();
    caught(&load(address), Kind::Wrong, 4, "expected \"");
}

fn long_lines_come_back_in_pieces() {
    // The server of the notes: 1024 bytes at a time, and whatever there is of a line.
    let address = server(|mut client| {
        let mut buffer = [0; 1024];
        loop {
            match client.read(&mut buffer)? {
                0 => return Ok(()),
                n => client.write_all(&Protocol::Capitals.answer(&buffer[..n]))?,
            }
        }
    });
    for bytes in [2, 17, 1024, 1025, 300_000] {
        let report = load(address).message_bytes(bytes).run().unwrap();
        assert!(report.requests() > 0, "{bytes} bytes: {report}");
    }
}

const DELAY: Duration = Duration::from_millis(10);
const STALL: Duration = Duration::from_millis(300);
/// The answer that is stalled: well within the measurement.
const STALLED: u64 = 30;

/// Answers after the delay, and once after the stall.
#[derive(Default)]
struct Slow {
    answers: AtomicU64,
    /// When each connection had its last answer, and how long it was from each answer to the next.
    ///
    /// In a closed loop the one is asked for when the other has come: that time is what the client has to wait, however busy the
    /// machine is.
    clock: Mutex<(HashMap<SocketAddr, Instant>, Vec<Duration>)>,
}

impl Slow {
    fn answer(&self, line: &[u8], client: &mut TcpStream) -> io::Result<()> {
        thread::sleep(match self.answers.fetch_add(1, Relaxed) {
            STALLED => STALL,
            _ => DELAY,
        });
        let (peer, now) = (client.peer_addr()?, Instant::now());
        let mut clock = self.clock.lock().unwrap();
        if let Some(last) = clock.0.insert(peer, now) {
            clock.1.push(now - last);
        }
        drop(clock);
        client.write_all(&Protocol::Capitals.answer(line))
    }
}

fn near(got: Duration, want: Duration) -> bool {
    (got.as_secs_f64() / want.as_secs_f64() - 1.0).abs() < 0.05
}

/// Quantiles are those that the server's clock gives. What no other program can spoil is true in each run, what it can in one of ten.
fn agrees(serve: fn(Arc<Slow>) -> SocketAddr, quantiles: &[f64], least: Duration) {
    let mut seen = Vec::new();
    for _ in 0..10 {
        let slow = Arc::new(Slow::default());
        let load = load(serve(Arc::clone(&slow)))
            .lasting(ms(1000))
            .patience(ms(5000));
        let report = load.run().unwrap();
        let latency = &report.latency;
        // The histogram rounds off a hundredth.
        assert!(latency.quantile(0.0) >= DELAY.mul_f64(0.99), "{report}");
        assert!(latency.max() >= STALL, "{report}");
        let gaps = Samples::from_durations(slow.clock.lock().unwrap().1.iter().copied());
        let want = |p: f64| Duration::from_secs_f64(gaps.quantile(p));
        // Little's law: all clients wait all the time.
        let waited = latency.mean() * report.requests() as u32;
        if quantiles
            .iter()
            .all(|&p| near(latency.quantile(p), want(p)))
            && near(latency.max(), want(1.0))
            && near(waited, 4 * report.measured)
            && latency.median() >= least.mul_f64(0.99)
        {
            return;
        }
        let wanted: Vec<Duration> = quantiles.iter().map(|&p| want(p)).collect();
        seen.push(format!(
            "{report}, {:?}: want {wanted:?}, {:?}",
            latency.max(),
            want(1.0)
        ));
    }
    panic!("no run was as it has to be: {seen:#?}");
}

/// Each of four clients has a server to itself: it waits for the delay, and one of them once for the stall.
fn latencies_are_those_of_the_server() {
    let serve = |slow: Arc<Slow>| {
        server(move |mut client| {
            while let Some(line) = line(&mut client)? {
                slow.answer(&line, &mut client)?;
            }
            Ok(())
        })
    };
    agrees(serve, &[0.5, 0.99], DELAY);
}

/// The four have one server, which takes them in turn: each waits for all of them, and all of them wait for the stall. These are more
/// than the last hundredth of about seventy answers, and less than the last tenth.
fn latencies_are_those_of_the_queue() {
    let serve = |slow: Arc<Slow>| {
        let (ask, asked) = mpsc::channel::<(Vec<u8>, TcpStream)>();
        thread::spawn(move || {
            for (line, mut client) in asked {
                // An error is the client's end.
                let _ = slow.answer(&line, &mut client);
            }
        });
        server(move |mut client| {
            while let Some(line) = line(&mut client)? {
                let asked = ask.send((line, client.try_clone()?));
                asked.map_err(io::Error::other)?;
            }
            Ok(())
        })
    };
    agrees(serve, &[0.5, 0.9, 0.99], 4 * DELAY);
}

fn idle_connections_ask_once() {
    let clients = Arc::new(AtomicU64::new(0));
    let once = Arc::new(AtomicU64::new(0));
    let (all, only) = (Arc::clone(&clients), Arc::clone(&once));
    let address = server(move |mut client| {
        all.fetch_add(1, Relaxed);
        let mut lines = 0;
        while let Some(line) = line(&mut client)? {
            client.write_all(&Protocol::Capitals.answer(&line))?;
            lines += 1;
        }
        only.fetch_add(u64::from(lines == 1), Relaxed);
        Ok(())
    });
    let report = load(address).connections(2).idle(50).run().unwrap();
    assert_eq!(report.served, 52);
    thread::sleep(ms(100));
    assert_eq!((clients.load(Relaxed), once.load(Relaxed)), (52, 50));
}

fn wrong_answers_are_reported() {
    let address = server(answering(|line| {
        let mut answer = Protocol::Capitals.answer(line);
        answer[5] = b'!';
        answer
    }));
    let report = caught(&load(address), Kind::Wrong, 4, "!");
    assert_eq!((report.served, report.answers), (0, 0));
    let Err(net::Error::Trouble(report)) = load(address).run() else {
        panic!("tolerated");
    };
    assert_eq!(report.count(Kind::Wrong), 4);
}

fn answers_of_another_are_reported() {
    // Right until the hundredth line; from then on the answer to the line before.
    let address = server(|mut client| {
        let mut before = Vec::new();
        for number in 0.. {
            let Some(line) = line(&mut client)? else {
                break;
            };
            let answer = if number < 100 { &line } else { &before };
            client.write_all(&Protocol::Capitals.answer(answer))?;
            before = line;
        }
        Ok(())
    });
    let report = caught(&load(address), Kind::Wrong, 4, "expected");
    assert_eq!(report.answers, 400);
}

fn answers_to_nothing_are_reported() {
    let address = server(|mut client| {
        client.write_all(b"welcome\n")?;
        answering(|line| Protocol::Capitals.answer(line))(client)
    });
    caught(&load(address), Kind::Wrong, 4, "welcome");
}

fn too_much_of_an_answer_is_reported() {
    let address = server(answering(|line| {
        [Protocol::Capitals.answer(line), b"?".to_vec()].concat()
    }));
    caught(&load(address), Kind::Wrong, 4, "?");
}

fn late_answers_are_reported() {
    let address = server(|mut client| {
        for number in 0.. {
            let Some(line) = line(&mut client)? else {
                break;
            };
            if number == 10 {
                thread::sleep(ms(1000));
            }
            client.write_all(&Protocol::Capitals.answer(&line))?;
        }
        Ok(())
    });
    let report = caught(
        &load(address),
        Kind::Late,
        4,
        "0 of 32 bytes of answer 11 after",
    );
    assert_eq!((report.served, report.answers), (4, 40));
}

fn silence_ends_by_the_bound() {
    let address = server(|mut client| client.read_to_end(&mut Vec::new()).map(drop));
    let report = caught(
        &load(address).connections(500),
        Kind::Late,
        500,
        "answer 1 after",
    );
    assert_eq!((report.served, report.requests()), (0, 0));
    assert_eq!(report.per_second(), 0.0);
}

fn closing_is_reported_and_its_answers_count() {
    let address = server(|mut client| {
        for _ in 0..3 {
            let Some(line) = line(&mut client)? else {
                break;
            };
            client.write_all(&Protocol::Capitals.answer(&line))?;
        }
        Ok(())
    });
    let report = load(address).observe().unwrap();
    assert_eq!(report.answers, 12, "{report}");
    // Who asks once more before the end is seen meets a reset.
    assert_eq!(
        report.count(Kind::Closed) + report.count(Kind::Reset),
        4,
        "{report}"
    );
}

fn half_an_answer_is_reported() {
    let address = server(|mut client| {
        let Some(line) = line(&mut client)? else {
            return Ok(());
        };
        client.write_all(&Protocol::Capitals.answer(&line)[..7])?;
        client.shutdown(Shutdown::Both)
    });
    caught(&load(address), Kind::Closed, 4, "7 of 32 bytes of answer 1");
}

fn a_reset_is_reported() {
    let address = server(|mut client| {
        line(&mut client)?;
        reset(client).map_err(io::Error::other)?;
        Ok(())
    });
    caught(&load(address), Kind::Reset, 4, "Connection reset");
}

fn idle_connections_that_are_closed_are_reported() {
    let address = server(|mut client| {
        client.set_read_timeout(Some(ms(50)))?;
        answering(|line| Protocol::Capitals.answer(line))(client.try_clone()?)
            .or_else(|_| client.flush())
    });
    caught(
        &load(address).connections(1).idle(9),
        Kind::Closed,
        9,
        "closed",
    );
}

fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let start = Instant::now();
    caught(
        &load(address).connections(300),
        Kind::Refused,
        300,
        "refused",
    );
    assert!(start.elapsed() < ms(1000));
}

fn one_at_a_time_leaves_the_others_unserved() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let _ = answering(|line| Protocol::Capitals.answer(line))(client);
        }
    });
    let report = caught(
        &load(address).connections(10),
        Kind::Late,
        9,
        "answer 1 after",
    );
    assert_eq!(report.served, 1);
    assert!(report.requests() > 0);
}

fn ten_thousand_connections() {
    let all = load(([127, 0, 0, 1], 0).into())
        .connections(64)
        .idle(10_000 - 64)
        .patience(ms(5000));
    let report = match ceiling(&all) {
        Ok(report) => report,
        Err(net::Error::OpenFiles { needed, most }) => {
            return println!("passed over: {most} open files are allowed, {needed} are needed");
        }
        Err(error) => panic!("{error}"),
    };
    assert_eq!(report.served, 10_000);
    assert!(report.requests() > 0);
}

fn more_connections_than_files() {
    setrlimit(Resource::RLIMIT_NOFILE, 100, 200).unwrap();
    let address = ([127, 0, 0, 1], 1).into();
    let error = load(address).connections(1000).observe().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("1064 open files are needed and this process may have 200"),
        "{error}"
    );
    assert!(net::allow_open_files(201).is_err());
    net::allow_open_files(150).unwrap();
    let address = server(answering(|line| Protocol::Capitals.answer(line)));
    // Its own limit is 150, that of its clients goes up to 200.
    assert_eq!(load(address).connections(130).run().unwrap().served, 130);
}

fn clients_that_are_killed() {
    let address = server(answering(|line| Protocol::Capitals.answer(line)));
    thread::spawn(|| {
        thread::sleep(ms(300));
        let snapshot = Snapshot::take().unwrap();
        let clients = snapshot.children_of(process::id());
        kill(Pid::from_raw(clients[0].pid as i32), Signal::SIGKILL).unwrap();
    });
    match load(address).lasting(ms(20_000)).run() {
        Err(net::Error::NoReport(Exit::Signal(libc::SIGKILL))) => {}
        result => panic!("{result:?}"),
    }
}

fn python() -> Option<Python> {
    let python = Python::find().ok();
    if python.is_none() {
        println!("passed over: there is no Python");
    }
    python
}

fn python_answers() {
    let Some(python) = python() else { return };
    assert!(
        python.version().contains("Python") || python.version().contains("PyPy"),
        "{python}"
    );
    let program = "import json, sys; print(json.dumps([len(sys.argv), sys.argv[1]]))";
    let (count, first): (u32, String) = python.run(program, &["ä b"], ms(10_000)).unwrap();
    assert_eq!((count, first.as_str()), (2, "ä b"));
}

fn python_is_missing() {
    // SAFETY: this process has one thread.
    unsafe { env::set_var("COURSE_PYTHON", "/nowhere/python3") };
    let error = Python::find().unwrap_err();
    assert!(matches!(error, python::Error::Absent { .. }));
    assert!(
        error
            .to_string()
            .contains("COURSE_PYTHON (/nowhere/python3): cannot run"),
        "{error}"
    );
    let answer = run_or_reference::<[i32; 2]>("money-left", "", &[], ms(1000)).unwrap();
    assert!(
        answer.source.starts_with("reference, not this machine"),
        "{}",
        answer.source
    );
    assert!(answer.missing.is_some());
    assert_eq!(answer.value[1], 0);
    let error = run_or_reference::<f64>("tau", "", &[], ms(1000)).unwrap_err();
    assert!(error.to_string().contains("`tau`"), "{error}");
    // Something that is no Python is no Python.
    // SAFETY: as above.
    unsafe { env::set_var("COURSE_PYTHON", "true") };
    assert!(Python::find().is_err());
}

fn python_crashes() {
    let Some(python) = python() else { return };
    let failure = |program: &str| {
        python
            .run::<u32>(program, &[], ms(10_000))
            .unwrap_err()
            .to_string()
    };
    let error = failure("print(1)\nraise KeyError('bun')");
    assert!(error.contains("exit code 1: KeyError: 'bun'"), "{error}");
    let error = failure("import os\nos.abort()");
    assert!(error.contains("SIGABRT"), "{error}");
    let error = failure("one two");
    assert!(error.contains("SyntaxError"), "{error}");
}

fn python_hangs() {
    let Some(python) = python() else { return };
    for program in [
        "while True: pass",
        "import sys, time; sys.stdout.close(); sys.stderr.close(); time.sleep(60)",
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()",
        "while True: print('more')",
    ] {
        let start = Instant::now();
        let error = python.run::<u32>(program, &[], ms(300)).unwrap_err();
        assert!(
            matches!(error, python::Error::TimedOut { .. }),
            "{program}: {error}"
        );
        assert!(
            start.elapsed() < ms(2000),
            "{program}: {:?}",
            start.elapsed()
        );
    }
}

/// A child of the program keeps its output open, and would live on.
fn python_leaves_nothing_behind() {
    let Some(python) = python() else { return };
    let note = env::temp_dir().join(format!("net-test-{}", process::id()));
    let child = format!(
        "import subprocess\nchild = subprocess.Popen(['sleep', '60'])\nopen({note:?}, 'w').write(str(child.pid))\n"
    );
    // Python may take seconds to start on a busy machine.
    for (end, limit, times_out) in [
        ("print(1)", 20_000, false),
        ("while True: pass", 5000, true),
    ] {
        let start = Instant::now();
        let result = python.run::<u32>(&format!("{child}{end}"), &[], ms(limit));
        assert_eq!(result.is_err(), times_out, "{result:?}");
        assert!(
            times_out || start.elapsed() < ms(15_000),
            "{:?}",
            start.elapsed()
        );
        let pid = fs::read_to_string(&note).unwrap().parse().unwrap();
        // It is an orphan: whoever adopted it has to reap it yet.
        let gone = || match Snapshot::take().unwrap().get(pid) {
            Some(info) => info.state == support::process::inspect::State::Zombie,
            None => true,
        };
        let deadline = Instant::now() + ms(2000);
        while !gone() {
            assert!(Instant::now() < deadline, "process {pid} is left");
            thread::sleep(ms(10));
        }
    }
    fs::remove_file(note).unwrap();
}

fn python_prints_something_else() {
    let Some(python) = python() else { return };
    for program in [
        "print('hello')",
        "",
        "print(1, 2)",
        "print(-1)",
        "print('[1')",
    ] {
        let error = python.run::<u32>(program, &[], ms(10_000)).unwrap_err();
        assert!(
            matches!(error, python::Error::NotJson { .. }),
            "{program}: {error}"
        );
        assert!(
            error.to_string().contains("print one JSON value"),
            "{error}"
        );
    }
}

fn python_prints_much() {
    let Some(python) = python() else { return };
    let program =
        "import sys, json\nsys.stderr.write('x' * 1000000)\nprint(json.dumps(list(range(200000))))";
    let numbers: Vec<u32> = python.run(program, &[], ms(20_000)).unwrap();
    assert_eq!(numbers.len(), 200_000);
}

/// A wrong course second is said as such, and is no program that takes another one.
fn python_is_told_no_wrong_second() {
    let Some(_) = python() else { return };
    // SAFETY: this process has one thread.
    unsafe { env::set_var("COURSE_SECOND_MS", "5") };
    let ran = python::python("print(second)");
    assert!(!ran.here() && ran.printed().is_empty(), "{ran}");
    let said = ran.to_string();
    assert!(
        said.contains("COURSE_SECOND_MS is \"5\": it must be"),
        "{said}"
    );
}

/// What the chapter's server runs in, beside its own cells.
const SERVER_MAIN: &str = r#"
fn main() -> io::Result<()> {
    let (log, endings) = mpsc::channel();
    let mut server = Server::start(log)?;
    println!("{}", server.address);
    io::stdin().read_to_end(&mut Vec::new())?;
    server.shut_down()?;
    println!("{}", endings.iter().count());
    Ok(())
}
"#;

/// The cell as it stands, compiled as a program, against clients that do what they should not.
fn the_server_of_the_threads_chapter() {
    let cells = Cells::of("04-threads").unwrap();
    let cells = cells.with("impl Server").unwrap();
    let program = cells.build("threads-server", SERVER_MAIN).unwrap();
    let mut server = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(server.stdout.take().unwrap());
    let mut address = String::new();
    said.read_line(&mut address).unwrap();
    let address: SocketAddr = address.trim().parse().unwrap();
    let connect = || {
        let client = TcpStream::connect(address).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        client
    };
    let silent: Vec<TcpStream> = (0..20).map(|_| connect()).collect();
    let clients = Clients::new(address, Protocol::Capitals);
    clients.try_all(server.id()).unwrap();

    drop(server.stdin.take());
    let start = Instant::now();
    assert!(server.wait().unwrap().success());
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    let mut ended = String::new();
    said.read_to_string(&mut ended).unwrap();
    let ended: usize = ended.trim().parse().unwrap();
    assert!(ended > 1000, "{ended} conversations ended");
    for mut client in silent {
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
    }
}

fn the_daemons_of_the_threads_chapter() {
    let folder = env::var_os("COURSE_NOTEBOOKS").map_or(root().join("notebooks"), Into::into);
    let notebook = Notebook::read(&folder.join("04-threads.ipynb")).unwrap();
    let cell = notebook
        .code()
        .find(|cell| cell.source.contains("\"end123\""))
        .unwrap();
    let printed: String = (cell.outputs().iter())
        .map(|output| match output {
            Output::Stream { text, .. } => &**text,
            _ => "",
        })
        .collect();
    let stories: Vec<&str> = printed
        .lines()
        .filter_map(|line| Some(line.split_once(": ")?.1))
        .collect();
    assert_eq!(
        stories,
        ["zhao is running, 主", "132, 456, 主, end123, end456"]
    );
}
