//! One client: what it sends, and what it must get.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::time::{Duration, Instant};

use mio::net::TcpStream;

use super::Protocol;
use super::report::Kind;

/// What ended a connection, and the story.
pub(super) type Failure = (Kind, String);

/// When an answer was complete, and how long it took.
pub(super) type Answered = (Instant, Duration);

/// One client.
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    number: usize,
    state: State,
    /// How many lines it has asked; the answers are numbered alike.
    asked: u64,
    line: Vec<u8>,
    expected: Vec<u8>,
    sent: usize,
    got: usize,
    since: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Connecting,
    Waiting,
    Silent,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, number: usize, bytes: usize, now: Instant) -> Self {
        let mut line: Vec<u8> = (b'a'..=b'z').cycle().take(bytes).collect();
        if let Some(last) = line.last_mut() {
            *last = b'\n';
        }
        Self {
            stream,
            number,
            state: State::Connecting,
            asked: 0,
            expected: Vec::with_capacity(bytes),
            line,
            sent: 0,
            got: 0,
            since: now,
        }
    }

    /// Whether it has had a right answer.
    pub(super) fn is_served(&self) -> bool {
        self.asked > 1 || self.state == State::Silent
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.state != State::Silent
    }

    pub(super) fn has_waited(&self, patience: Duration, now: Instant) -> bool {
        self.is_waiting() && now.saturating_duration_since(self.since) >= patience
    }

    pub(super) fn late(&self, now: Instant) -> Failure {
        let what = match self.state {
            State::Connecting => "no connection".to_owned(),
            _ => self.progress(),
        };
        let waited = now.saturating_duration_since(self.since);
        (Kind::Late, format!("{what} after {waited:.1?}"))
    }

    /// Sends the next line.
    pub(super) fn ask(&mut self, protocol: Protocol, now: Instant) -> Result<(), Failure> {
        self.asked += 1;
        self.state = State::Waiting;
        self.since = now;
        (self.sent, self.got) = (0, 0);
        // No two lines of a run are alike: the answer to another would not do.
        let end = self.line.len() - 1;
        let mut rest = self.number as u64 ^ self.asked.rotate_left(32);
        for letter in self.line[..end].iter_mut().take(16) {
            *letter = b'a' + (rest & 15) as u8;
            rest >>= 4;
        }
        self.expected.clear();
        self.expected.extend_from_slice(&self.line);
        protocol.turn(&mut self.expected);
        self.write()
    }

    /// Goes on with what can be written. The first line is asked as soon as there is a connection.
    pub(super) fn writable(&mut self, protocol: Protocol, now: Instant) -> Result<(), Failure> {
        match self.state {
            State::Connecting => match self.connected() {
                Ok(true) => self.ask(protocol, now),
                Ok(false) => Ok(()),
                Err(error) => Err((Kind::Refused, error.to_string())),
            },
            State::Waiting => self.write(),
            State::Silent => Ok(()),
        }
    }

    /// As the documentation of mio's `TcpStream::connect` has it.
    fn connected(&mut self) -> io::Result<bool> {
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        match self.stream.peer_addr() {
            Ok(_) => {
                self.stream.set_nodelay(true)?;
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn write(&mut self) -> Result<(), Failure> {
        while self.sent < self.line.len() {
            match self.stream.write(&self.line[self.sent..]) {
                Ok(n) => self.sent += n,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.broken(&error)),
            }
        }
        Ok(())
    }

    /// Reads what there is; `answered` tells that the answer is complete, even if the connection fails right after it.
    ///
    /// `to_the_end` says that the server has closed its side, which a short read alone would not show.
    pub(super) fn readable(
        &mut self,
        buffer: &mut [u8],
        to_the_end: bool,
        answered: &mut Option<Answered>,
    ) -> Result<(), Failure> {
        if self.state == State::Connecting {
            return Ok(());
        }
        loop {
            let n = match self.stream.read(buffer) {
                Ok(0) => return Err((Kind::Closed, format!("closed with {}", self.progress()))),
                Ok(n) => n,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.broken(&error)),
            };
            self.check(&buffer[..n])?;
            if self.state == State::Waiting && self.got == self.expected.len() {
                self.state = State::Silent;
                let now = Instant::now();
                *answered = Some((now, now - self.since));
            }
            // A short read has emptied the socket: epoll(7), questions and answers, 9.
            if n < buffer.len() && !to_the_end {
                return Ok(());
            }
        }
    }

    /// Nothing may come before it was asked for.
    fn check(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let due = match self.state {
            State::Waiting => &self.expected[self.got..self.sent],
            _ => &[],
        };
        if !due.starts_with(bytes) {
            let (due, bytes) = (excerpt(due), excerpt(bytes));
            return Err((Kind::Wrong, format!("expected {due}, got {bytes}")));
        }
        self.got += bytes.len();
        Ok(())
    }

    fn broken(&self, error: &io::Error) -> Failure {
        (Kind::Reset, format!("{error}, with {}", self.progress()))
    }

    fn progress(&self) -> String {
        let (got, all, asked) = (self.got, self.expected.len(), self.asked);
        format!("{got} of {all} bytes of answer {asked}")
    }
}

fn excerpt(bytes: &[u8]) -> String {
    let (start, more) = match bytes.get(..40) {
        Some(start) => (start, "…"),
        None => (bytes, ""),
    };
    format!("{:?}{more}", String::from_utf8_lossy(start))
}
