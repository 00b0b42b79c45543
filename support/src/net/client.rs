//! All clients in one event loop.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use super::connection::{Answered, Connection, Failure};
use super::{Effort, Kind, Latency, Load, Report, Trouble, after, files};
use crate::measure::Usage;
#[cfg(target_os = "linux")]
use crate::process::inspect::memory;
use crate::process::inspect::{Info, inspect};

/// How many new connections may be without an answer at one time: half of the queue that `std` gives a listener.
const WINDOW: usize = 64;

/// Runs the load in the calling thread.
pub(super) fn run(load: &Load) -> Result<Report, String> {
    files::allow_open_files(load.needed_files()).map_err(|e| e.to_string())?;
    Crowd::new(load)
        .and_then(Crowd::run)
        .map_err(|e| format!("the event loop failed: {e}"))
}

/// `None` if the process is not to be seen.
fn look_at(pid: u32) -> Option<Info> {
    inspect(pid).ok().flatten()
}

/// What the server used since.
fn effort(before: Info) -> Option<Effort> {
    let now = before.look_again().ok()??;
    #[cfg(target_os = "linux")]
    let memory = memory(now.pid).ok()??.private();
    #[cfg(not(target_os = "linux"))]
    let memory = now.memory_bytes;
    Some(Effort {
        cpu: now.cpu_time.saturating_sub(before.cpu_time),
        memory,
        threads: now.threads.unwrap_or(0),
    })
}

struct Crowd<'a> {
    load: &'a Load,
    poll: Poll,
    /// The token is the index; those in trouble are gone.
    clients: Vec<Option<Connection>>,
    open: usize,
    /// Of the open ones, those without an answer so far.
    unserved: usize,
    served: usize,
    answers: u64,
    latency: Latency,
    troubles: BTreeMap<Kind, (u64, String)>,
    /// Whether a client that has its answer asks again, and whether that counts.
    asking: bool,
    recording: bool,
    next_look: Instant,
    buffer: Vec<u8>,
}

impl<'a> Crowd<'a> {
    fn new(load: &'a Load) -> io::Result<Self> {
        Ok(Self {
            load,
            poll: Poll::new()?,
            clients: Vec::with_capacity(load.all()),
            open: 0,
            unserved: 0,
            served: 0,
            answers: 0,
            latency: Latency::new(),
            troubles: BTreeMap::new(),
            asking: false,
            recording: false,
            next_look: Instant::now(),
            buffer: vec![0; 64 * 1024],
        })
    }

    fn run(mut self) -> io::Result<Report> {
        let events = &mut Events::with_capacity(1024);
        let start = Instant::now();
        self.connect(events)?;
        let connecting = start.elapsed();

        self.start_asking();
        self.turn_until(after(Instant::now(), self.load.warm_up), events)?;

        let server = self.load.server.and_then(look_at);
        let (before, start) = (Usage::of_process()?, Instant::now());
        self.recording = true;
        self.turn_until(after(start, self.load.lasting), events)?;
        let (used, measured) = (Usage::of_process()? - before, start.elapsed());
        let server = server.and_then(effort);

        (self.recording, self.asking) = (false, false);
        // Who has asked still gets an answer, or trouble.
        let end = after(
            Instant::now(),
            self.load.patience.saturating_add(self.look()),
        );
        while self.clients.iter().flatten().any(Connection::is_waiting) && Instant::now() < end {
            self.turn(end, events)?;
        }

        let troubles = (self.troubles.into_iter())
            .map(|(kind, (count, example))| Trouble {
                kind,
                count,
                example,
            })
            .collect();
        Ok(Report {
            connections: self.load.all(),
            served: self.served,
            connecting,
            measured,
            latency: self.latency,
            answers: self.answers,
            client_cpu: used.cpu(),
            server,
            troubles,
            at_ceiling: false,
        })
    }

    /// Opens all connections; each asks once, and the next is opened when one is answered.
    fn connect(&mut self, events: &mut Events) -> io::Result<()> {
        let load = self.load;
        let end = after(Instant::now(), load.connecting());
        let (mut served, mut progress) = (0, Instant::now());
        while self.clients.len() < load.all() || self.unserved > 0 {
            let now = Instant::now();
            if self.served > served {
                (served, progress) = (self.served, now);
            }
            if now >= end || now - progress >= load.patience {
                self.give_up_connecting(now);
                return Ok(());
            }
            while self.clients.len() < load.all() && self.unserved < WINDOW {
                self.open_one(now)?;
            }
            self.turn(after(now, self.look()), events)?;
        }
        Ok(())
    }

    fn open_one(&mut self, now: Instant) -> io::Result<()> {
        let number = self.clients.len();
        match TcpStream::connect(self.load.address) {
            Ok(mut stream) => {
                let both = Interest::READABLE | Interest::WRITABLE;
                self.poll
                    .registry()
                    .register(&mut stream, Token(number), both)?;
                let client = Connection::new(stream, number, self.load.message_bytes, now);
                self.clients.push(Some(client));
                self.open += 1;
                self.unserved += 1;
            }
            Err(error) => {
                self.clients.push(None);
                self.note((Kind::Refused, error.to_string()), 1);
            }
        }
        Ok(())
    }

    fn give_up_connecting(&mut self, now: Instant) {
        for number in 0..self.clients.len() {
            if let Some(client) = &self.clients[number]
                && !client.is_served()
            {
                let failure = client.late(now);
                self.fail(number, failure);
            }
        }
        let left = self.load.all() - self.clients.len();
        if left > 0 {
            let why = format!(
                "not connected: no other was answered for {:?}",
                self.load.patience
            );
            self.note((Kind::Late, why), left as u64);
        }
    }

    fn start_asking(&mut self) {
        self.asking = true;
        for number in 0..self.load.connections.min(self.clients.len()) {
            self.ask(number, Instant::now());
        }
    }

    /// Goes on until the deadline, or until nobody is left.
    fn turn_until(&mut self, deadline: Instant, events: &mut Events) -> io::Result<()> {
        while self.open > 0 && Instant::now() < deadline {
            self.turn(deadline, events)?;
        }
        Ok(())
    }

    /// Waits for events, until the deadline at most, and answers them.
    fn turn(&mut self, deadline: Instant, events: &mut Events) -> io::Result<()> {
        let now = Instant::now();
        let wait = deadline.min(self.next_look).saturating_duration_since(now);
        match self.poll.poll(events, Some(wait)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        for event in events.iter() {
            let Token(number) = event.token();
            if event.is_writable() {
                self.writable(number);
            }
            if event.is_readable() || event.is_error() {
                self.readable(number, event.is_read_closed() || event.is_error());
            }
        }
        self.look_for_late_ones();
        Ok(())
    }

    fn writable(&mut self, number: usize) {
        let Some(client) = &mut self.clients[number] else {
            return;
        };
        if let Err(failure) = client.writable(self.load.protocol, Instant::now()) {
            self.fail(number, failure);
        }
    }

    fn readable(&mut self, number: usize, to_the_end: bool) {
        let Some(client) = &mut self.clients[number] else {
            return;
        };
        let first = !client.is_served();
        let mut answered = None;
        let result = client.readable(&mut self.buffer, to_the_end, &mut answered);
        if let Some(answered) = answered {
            self.count(answered, first);
        }
        match (result, answered) {
            (Err(failure), _) => self.fail(number, failure),
            (Ok(()), Some((now, _))) if self.asking && number < self.load.connections => {
                self.ask(number, now);
            }
            _ => {}
        }
    }

    fn count(&mut self, (_, took): Answered, first: bool) {
        self.answers += 1;
        if first {
            self.served += 1;
            self.unserved -= 1;
        }
        if self.recording {
            self.latency.record(took);
        }
    }

    fn ask(&mut self, number: usize, now: Instant) {
        if let Some(client) = &mut self.clients[number]
            && let Err(failure) = client.ask(self.load.protocol, now)
        {
            self.fail(number, failure);
        }
    }

    /// How often the clients are looked over for those that have waited too long.
    fn look(&self) -> Duration {
        (self.load.patience / 8).max(Duration::from_millis(1))
    }

    fn look_for_late_ones(&mut self) {
        let now = Instant::now();
        if now < self.next_look {
            return;
        }
        self.next_look = after(now, self.look());
        for number in 0..self.clients.len() {
            if let Some(client) = &self.clients[number]
                && client.has_waited(self.load.patience, now)
            {
                let failure = client.late(now);
                self.fail(number, failure);
            }
        }
    }

    fn fail(&mut self, number: usize, failure: Failure) {
        if let Some(client) = self.clients[number].take() {
            self.open -= 1;
            self.unserved -= usize::from(!client.is_served());
            self.note(failure, 1);
        }
    }

    fn note(&mut self, (kind, example): Failure, count: u64) {
        self.troubles.entry(kind).or_insert((0, example)).0 += count;
    }
}
