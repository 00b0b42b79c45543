//! The eight servers of chapter 8, taken from their cells, against clients that do what they should not, with no descriptor
//! left for a newcomer, and with 4,096 clients.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(target_os = "linux")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use course_tests::cell::Cells;
use course_tests::rude::{Clients, PATIENCE, Resources, Server};
use support::net::{Error, Load, Protocol, Ring};
use support::process::Command;

/// What the cells run in: the server that is asked for, and how many files it may open.
const MAIN: &str = r#"
fn main() -> io::Result<()> {
    let asked = |name| std::env::var(name).unwrap_or_default();
    let servers: [(&str, fn(TcpListener) -> io::Result<()>); 8] = [
        ("blocking", blocking),
        ("thread_each", thread_each),
        ("non_blocking", non_blocking),
        ("selecting", selecting),
        ("polling", polling),
        ("epolling", epolling),
        ("tasks", tasks),
        ("ring", ring),
    ];
    let files = asked("FILES").parse().unwrap_or(5_000);
    net::allow_open_files(files).map_err(io::Error::other)?;
    nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE, files, files)?;
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    println!("{}", listener.local_addr()?);
    let found = servers.iter().find(|(name, _)| *name == asked("SERVER"));
    found.ok_or(io::ErrorKind::NotFound)?.1(listener)
}
"#;

/// The cells, by what stands in them.
const CELLS: [&str; 9] = [
    "fn talk(mut client: TcpStream)",
    "fn thread_each(",
    "impl Client {",
    "fn non_blocking(",
    "fn selecting(",
    "fn polling(",
    "fn epolling(",
    "fn tasks(",
    "fn ring(",
];

fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let cells = Cells::of("08-io-models").unwrap();
        let cells = CELLS.iter().try_fold(cells, |cells, text| cells.with(text));
        cells.unwrap().build("io-models", MAIN).unwrap()
    })
}

fn start(name: &str, files: u32) -> Server {
    let mut command = Command::new(program());
    command.env("SERVER", name).env("FILES", files.to_string());
    Server::spawn(command).unwrap()
}

/// Every rude client, and no thread left.
fn survives(name: &str, at_once: usize) {
    let server = start(name, 5_000);
    let clients = Clients::new(server.address(), Protocol::Capitals).at_once(at_once);
    clients.try_on(&server).unwrap();
    assert_eq!(Resources::settled(server.pid()).unwrap().threads, 1);
}

/// More clients than descriptors: those who are in are served, and when they go the others are.
fn lives_with_few_files(name: &str) {
    let server = start(name, 24);
    let ask = |mut client: &TcpStream| {
        client.write_all(b"hello").unwrap();
        let mut answer = [0; 5];
        client.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HELLO");
    };
    let connect = || {
        let client = TcpStream::connect(server.address()).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        client
    };
    let first = connect();
    ask(&first);
    let crowd: Vec<TcpStream> = (0..48).map(|_| connect()).collect();
    std::thread::sleep(Duration::from_millis(100));
    ask(&first);
    assert!(server.is_alive());
    drop(first);
    // Those who wait outside come in as the others leave.
    for client in crowd {
        ask(&client);
    }
    ask(&connect());
    let left = Resources::settled(server.pid()).unwrap();
    assert!(left.descriptors < 12, "{left:?}");
}

/// All of them active, no answer wrong, late or missing.
fn serves_4096(name: &str) {
    // Each has the machine for itself.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let server = start(name, 5_000);
    let report = Load::new(server.address())
        .connections(4096)
        .patience(PATIENCE)
        .run()
        .unwrap();
    assert_eq!(report.served, 4096);
}

macro_rules! servers {
    ($($name:ident: $at_once:literal $(, $more:ident)*;)*) => {$(
        mod $name {
            #[test]
            fn survives_rude_clients() {
                super::survives(stringify!($name), $at_once);
            }
            $(
                #[test]
                fn $more() {
                    super::$more(stringify!($name));
                }
            )*
        }
    )*};
}

servers! {
    blocking: 1;
    thread_each: 200, lives_with_few_files, serves_4096;
    non_blocking: 200, lives_with_few_files, serves_4096;
    selecting: 200, lives_with_few_files;
    polling: 200, lives_with_few_files, serves_4096;
    epolling: 200, lives_with_few_files, serves_4096;
    tasks: 200, lives_with_few_files, serves_4096;
}

/// Where the kernel allows it.
mod ring {
    use super::*;

    fn allowed() -> bool {
        match Ring::new(1) {
            Err(Error::NoRing(why)) => {
                println!("passed over: {why}");
                false
            }
            ring => ring.is_ok(),
        }
    }

    #[test]
    fn survives_rude_clients() {
        if allowed() {
            survives("ring", 200);
        }
    }

    #[test]
    fn lives_with_few_files() {
        if allowed() {
            super::lives_with_few_files("ring");
        }
    }

    #[test]
    fn serves_4096() {
        if allowed() {
            super::serves_4096("ring");
        }
    }
}

/// Who comes after descriptor 1,023 is hung up on, and nobody else notices.
#[test]
fn select_hangs_up_beyond_its_limit() {
    let server = start("selecting", 5_000);
    let before = Resources::settled(server.pid()).unwrap();
    let report = Load::new(server.address())
        .connections(1_500)
        .observe()
        .unwrap();
    assert_eq!(report.served + before.descriptors, 1_024, "{report}");
    before.are_back().unwrap();
    Clients::new(server.address(), Protocol::Capitals)
        .polite()
        .unwrap();
}
