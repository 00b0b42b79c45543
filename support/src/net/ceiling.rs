//! The clients against a server that does nothing: what they can do at most.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener as Listener};
use std::thread;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use super::{Error, Load, Protocol, Report, files};
use crate::process::Process;

const LISTENER: Token = Token(usize::MAX);

/// Runs the clients of `load` against a server that hands back what it gets, in a process of its own: their ceiling.
///
/// A measured server that comes near it was held up by its clients, not by itself.
///
/// # Errors
/// As [`Load::run`]; [`Error::Io`] if there is no port.
///
/// ```
/// use std::time::Duration;
/// use support::net::{Load, ceiling};
///
/// let load = Load::new(([127, 0, 0, 1], 0).into()).connections(8).lasting(Duration::from_millis(50));
/// println!("{:.0} requests per second at most", ceiling(&load)?.per_second());
/// # Ok::<(), support::net::Error>(())
/// ```
pub fn ceiling(load: &Load) -> Result<Report, Error> {
    let failed = |source| Error::Io {
        action: "open a port for the server that does nothing",
        source,
    };
    let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let needed = load.needed_files();
    files::check(needed)?;
    // Ends with its handle.
    let _server = Process::builder()
        .name("ceiling")
        .beside_threads()
        .start(move || {
            files::allow_open_files(needed).map_err(|e| e.to_string())?;
            serve(listener).map_err(|e| e.to_string())
        })?;
    let clients = Load {
        address,
        protocol: Protocol::Echo,
        ..load.clone()
    };
    clients.run()
}

fn serve(listener: Listener) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let mut listener = TcpListener::from_std(listener);
    let mut poll = Poll::new()?;
    let registry = poll.registry().try_clone()?;
    registry.register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut clients: Vec<Option<TcpStream>> = Vec::new();
    let mut events = Events::with_capacity(1024);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            result => result?,
        }
        for event in events.iter() {
            match event.token() {
                LISTENER => {
                    while let Ok((mut client, _)) = listener.accept() {
                        client.set_nodelay(true)?;
                        registry.register(&mut client, Token(clients.len()), Interest::READABLE)?;
                        clients.push(Some(client));
                    }
                }
                Token(number) => {
                    let gone = |client: &mut TcpStream| hand_back(client, &mut buffer).is_err();
                    clients[number].take_if(gone);
                }
            }
        }
    }
}

/// Hands back what there is; an error is the end of the client.
fn hand_back(client: &mut TcpStream, buffer: &mut [u8]) -> io::Result<()> {
    loop {
        let mut rest = match client.read(buffer) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(n) => &buffer[..n],
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        while !rest.is_empty() {
            match client.write(rest) {
                Ok(n) => rest = &rest[n..],
                // The client reads while it writes: room comes soon.
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::yield_now(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
