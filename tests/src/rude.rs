//! Clients that a server must survive: they reset, half-close, dribble, flood and vanish; and what is left of them.
//!
//! ```no_run
//! use course_tests::rude::{Clients, Server};
//! use support::net::Protocol;
//!
//! // A program that prints the address it listens on as its first line.
//! let server = Server::start("target/debug/server")?;
//! Clients::new(server.address(), Protocol::Capitals).try_on(&server)?;
//! # Ok::<(), String>(())
//! ```

mod resources;
mod server;

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::AsRawFd as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use nix::libc;
use support::measure::python::{self, Python};
use support::net::{Load, Protocol};

pub use resources::Resources;
pub use server::Server;

/// What went wrong, as a sentence.
pub type Outcome = Result<(), String>;

/// How long a server may take to answer, or to let go of what a client left behind.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Clients of a server, which know what it has to answer. Each method is one kind of client, and checks what it gets.
#[derive(Debug, Clone, Copy)]
pub struct Clients {
    address: SocketAddr,
    protocol: Protocol,
    at_once: usize,
}

type Kind = fn(&Clients) -> Outcome;

impl Clients {
    /// Clients of a server that serves many at once.
    pub fn new(address: SocketAddr, protocol: Protocol) -> Self {
        Self {
            address,
            protocol,
            at_once: 200,
        }
    }

    /// For a server that serves only so many at once: 1 for one that blocks, less than `FD_SETSIZE` for `select`.
    pub fn at_once(self, at_once: usize) -> Self {
        Self { at_once, ..self }
    }

    /// Every kind of client in turn, and after each what it left in the server.
    ///
    /// # Errors
    /// Which client it was, and what it got or what is left.
    pub fn try_on(&self, server: &Server) -> Outcome {
        self.try_all(server.pid())?;
        match server.is_alive() {
            true => Ok(()),
            false => Err("the server has ended".to_owned()),
        }
    }

    /// As [`try_on`](Self::try_on), for a server that somebody else has started, by the id of its process.
    ///
    /// # Errors
    /// As [`try_on`](Self::try_on).
    pub fn try_all(&self, pid: u32) -> Outcome {
        let kinds: [(&str, Kind); 8] = [
            ("half-close", Self::half_close),
            ("bytes", Self::bytes),
            ("mebibyte", Self::mebibyte),
            ("resets", Self::resets),
            ("a thousand that vanish", |clients| clients.vanish(1000)),
            ("Python", Self::python),
            ("nc and socat", Self::netcat),
            ("load", Self::load),
        ];
        // What it makes once, for its first client, is not a leak.
        self.polite()?;
        let before = Resources::settled(pid)?;
        for (name, kind) in kinds {
            kind(self)
                .and_then(|()| before.are_back())
                .map_err(|what| format!("{name}: {what}"))?;
        }
        Ok(())
    }

    /// Asks once and goes.
    ///
    /// # Errors
    /// As every client: it could not connect, or the answer was wrong, late or missing.
    pub fn polite(&self) -> Outcome {
        self.ask(&self.connect()?, b"polite")
    }

    /// Has no more to say, and reads the answer all the same.
    ///
    /// # Errors
    /// As [`polite`](Self::polite).
    pub fn half_close(&self) -> Outcome {
        let mut client = self.connect()?;
        client.write_all(b"last words").map_err(said)?;
        client.shutdown(Shutdown::Write).map_err(said)?;
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).map_err(said)?;
        self.compare(b"last words", &answer)
    }

    /// Sends every byte that there is, one at a time.
    ///
    /// # Errors
    /// As [`polite`](Self::polite).
    pub fn bytes(&self) -> Outcome {
        let client = self.connect()?;
        (0..=255_u8).try_for_each(|byte| self.ask(&client, &[byte]))
    }

    /// Sends 1 MiB at once, and reads while it writes.
    ///
    /// # Errors
    /// As [`polite`](Self::polite).
    pub fn mebibyte(&self) -> Outcome {
        let client = self.connect()?;
        let text: Vec<u8> = (0..1 << 20).map(|i: u32| (i % 251) as u8).collect();
        let mut answer = Vec::new();
        thread::scope(|s| {
            let writer = s.spawn(|| {
                (&client).write_all(&text)?;
                client.shutdown(Shutdown::Write)
            });
            (&client).read_to_end(&mut answer).map_err(said)?;
            let wrote = writer.join().map_err(|_| "the writer panicked")?;
            wrote.map_err(said)
        })?;
        self.compare(&text, &answer)
    }

    /// Reset their connections: before they said anything, in the middle, and with an answer unread.
    ///
    /// # Errors
    /// As [`polite`](Self::polite).
    pub fn resets(&self) -> Outcome {
        for (says, waits) in [("", 0), ("hel", 0), ("hello\n", 0), ("hello\n", 20)] {
            for _ in 0..10 {
                let mut client = self.connect()?;
                client.write_all(says.as_bytes()).map_err(said)?;
                thread::sleep(Duration::from_millis(waits));
                reset(client)?;
            }
        }
        self.polite()
    }

    /// So many that connect and vanish, half of them by a reset; one that came before them is still served.
    ///
    /// # Errors
    /// As [`polite`](Self::polite).
    pub fn vanish(&self, clients: usize) -> Outcome {
        let calm = match self.at_once {
            0 | 1 => None,
            _ => Some(self.connect()?),
        };
        for i in 0..clients {
            let mut client = self.connect()?;
            if i % 2 == 0 {
                client.write_all(b"hel").map_err(said)?;
                reset(client)?;
            }
        }
        match calm {
            Some(calm) => self.ask(&calm, b"still here"),
            None => self.polite(),
        }
    }

    /// Python's socket, with text that is not only ASCII; none where there is no Python.
    ///
    /// # Errors
    /// As [`polite`](Self::polite).
    pub fn python(&self) -> Outcome {
        let python = match Python::find() {
            Ok(python) => python,
            Err(python::Error::Absent { .. }) => {
                println!("passed over: there is no Python");
                return Ok(());
            }
            Err(error) => return Err(error.to_string()),
        };
        let program = r#"
import json, socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as client:
    said = sys.argv[2].encode()
    client.sendall(said)
    answer = b""
    while len(answer) < len(said):
        answer += client.recv(1024) or exit("closed")
print(json.dumps(list(answer)))
"#;
        let port = self.address.port().to_string();
        let says = "thread-1 say hello 1, 包子";
        let answer: Vec<u8> = python
            .run(program, &[&port, says], 2 * PATIENCE)
            .map_err(said)?;
        self.compare(says.as_bytes(), &answer)
    }

    /// `nc` and `socat`, those that are there.
    ///
    /// # Errors
    /// As [`polite`](Self::polite).
    pub fn netcat(&self) -> Outcome {
        let (host, port) = (self.address.ip().to_string(), self.address.port());
        let (port, socat) = (port.to_string(), format!("TCP:{}", self.address));
        for (program, args) in [
            ("nc", vec!["-N", host.as_str(), port.as_str()]),
            ("socat", vec!["-", socat.as_str()]),
        ] {
            let mut command = Command::new(program);
            command.args(args).stdin(Stdio::piped());
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            let Ok(mut child) = command.spawn() else {
                println!("passed over: there is no {program}");
                continue;
            };
            if let Some(mut stdin) = child.stdin.take() {
                stdin.write_all(b"hello\n").map_err(said)?;
            }
            let output = child.wait_with_output().map_err(said)?;
            self.compare(b"hello\n", &output.stdout).map_err(|what| {
                let error = String::from_utf8_lossy(&output.stderr);
                format!("{program}: {what} {error}")
            })?;
        }
        Ok(())
    }

    /// As many at once as it serves, each asking all the time.
    ///
    /// # Errors
    /// As [`polite`](Self::polite).
    pub fn load(&self) -> Outcome {
        let load = Load::new(self.address)
            .protocol(self.protocol)
            .connections(self.at_once);
        let report = load.run().map_err(said)?;
        match report.served == self.at_once {
            true => Ok(()),
            false => Err(format!("{} of {} served", report.served, self.at_once)),
        }
    }

    fn connect(&self) -> Result<TcpStream, String> {
        let client = TcpStream::connect_timeout(&self.address, PATIENCE).map_err(said)?;
        client.set_read_timeout(Some(PATIENCE)).map_err(said)?;
        client.set_write_timeout(Some(PATIENCE)).map_err(said)?;
        Ok(client)
    }

    fn ask(&self, mut client: &TcpStream, text: &[u8]) -> Outcome {
        client.write_all(text).map_err(said)?;
        let mut answer = vec![0; text.len()];
        client.read_exact(&mut answer).map_err(said)?;
        self.compare(text, &answer)
    }

    fn compare(&self, text: &[u8], answer: &[u8]) -> Outcome {
        let right = self.protocol.answer(text);
        if answer == right {
            return Ok(());
        }
        let same = right.iter().zip(answer).take_while(|(a, b)| a == b).count();
        Err(format!(
            "{} bytes of answer, {} are right; they differ at byte {same}",
            answer.len(),
            right.len()
        ))
    }
}

/// Closes by a reset: `SO_LINGER` of zero, socket(7).
///
/// # Errors
/// When the system refuses the option.
pub fn reset(client: TcpStream) -> Outcome {
    let linger = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    // SAFETY: the descriptor is open, and the option's value is a `linger` of the size given.
    let result = unsafe {
        libc::setsockopt(
            client.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_LINGER,
            (&raw const linger).cast(),
            size_of_val(&linger) as libc::socklen_t,
        )
    };
    match result {
        0 => Ok(()),
        _ => Err(said(std::io::Error::last_os_error())),
    }
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
