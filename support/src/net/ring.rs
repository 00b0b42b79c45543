//! `io_uring(7)` without `unsafe`: what the kernel works on belongs to the ring until it is done.

use std::io;
use std::mem;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::ptr;
use std::time::Duration;

use io_uring::types::{Fd, SubmitArgs, Timespec};
use io_uring::{IoUring, opcode, squeue};
use nix::libc;

use super::Error;

/// What is read at most into a buffer without capacity.
const READ: usize = 1024;
/// Marks the results of cancelling, which nobody waits for.
const CANCEL: u64 = u64::MAX;

/// Operations that the kernel carries out, and reports when they are done: `io_uring(7)`. Linux 5.11 or later.
///
/// An operation is started with the socket and the buffer that it needs. They are the kernel's until [`wait`](Self::wait) gives
/// them back with the result, so that nobody can touch or free them in between. Dropping the ring cancels what is still
/// under way.
///
/// ```
/// use std::net::{TcpListener, TcpStream};
/// use std::io::Write;
/// use support::net::{Done, Error, Ring};
///
/// let mut ring = match Ring::new(8) {
///     Ok(ring) => ring,
///     Err(Error::NoRing(why)) => return Ok(println!("not here: {why}")),
///     Err(error) => return Err(error.into()),
/// };
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let mut client = TcpStream::connect(listener.local_addr()?)?;
/// client.write_all(b"hello")?;
///
/// ring.accept(listener)?;
/// loop {
///     for done in ring.wait(None)? {
///         match done {
///             Done::Accepted { result, .. } => ring.read(result?, Vec::new())?,
///             Done::Read { buffer, .. } => return Ok(assert_eq!(buffer, b"hello")),
///             Done::Written { .. } => unreachable!("nothing is written"),
///         }
///     }
/// }
/// # #[allow(unreachable_code)]
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Ring {
    ring: IoUring,
    /// By the number that the kernel hands back.
    under_way: Vec<Option<Operation>>,
    free: Vec<usize>,
}

/// What an operation needs, as long as the kernel works on it.
enum Operation {
    Accept(TcpListener),
    Read(TcpStream, Vec<u8>),
    Write(TcpStream, Vec<u8>),
}

/// An operation that is done, with what was lent to it.
#[derive(Debug)]
pub enum Done {
    /// A client has come, or cannot be accepted.
    Accepted {
        /// The listener.
        listener: TcpListener,
        /// The client.
        result: io::Result<TcpStream>,
    },
    /// There was something to read.
    Read {
        /// The client.
        stream: TcpStream,
        /// What was read, and nothing else.
        buffer: Vec<u8>,
        /// How many bytes that is; none at the end of the stream.
        result: io::Result<usize>,
    },
    /// Something was written.
    Written {
        /// The client.
        stream: TcpStream,
        /// What was to be written, from its start.
        buffer: Vec<u8>,
        /// How many bytes of it were written.
        result: io::Result<usize>,
    },
}

impl Ring {
    /// A ring with room for so many operations between two calls of the kernel; more are handed over early.
    ///
    /// # Errors
    /// [`Error::NoRing`] if the kernel is too old or does not allow it.
    pub fn new(entries: u32) -> Result<Ring, Error> {
        let mut builder = IoUring::builder();
        // Results are written when this thread waits for them, which saves it interruptions: Linux 6.1.
        let ring = (builder.setup_single_issuer().setup_defer_taskrun())
            .build(entries)
            .or_else(|_| IoUring::new(entries))
            .map_err(Error::NoRing)?;
        if !ring.params().is_feature_ext_arg() {
            return Err(Error::NoRing(io::ErrorKind::Unsupported.into()));
        }
        Ok(Ring {
            ring,
            under_way: Vec::new(),
            free: Vec::new(),
        })
    }

    /// Starts to wait for a client.
    ///
    /// # Errors
    /// If the kernel takes no more operations.
    pub fn accept(&mut self, listener: TcpListener) -> io::Result<()> {
        let entry = opcode::Accept::new(Fd(listener.as_raw_fd()), ptr::null_mut(), ptr::null_mut())
            .flags(libc::SOCK_CLOEXEC);
        self.start(entry.build(), Operation::Accept(listener))
    }

    /// Starts to read what comes first, up to the capacity of the buffer; 1 KiB if it has none.
    ///
    /// # Errors
    /// As [`accept`](Self::accept).
    pub fn read(&mut self, stream: TcpStream, mut buffer: Vec<u8>) -> io::Result<()> {
        buffer.clear();
        if buffer.capacity() == 0 {
            buffer.reserve(READ);
        }
        let room = buffer.capacity().try_into().unwrap_or(u32::MAX);
        let entry = opcode::Recv::new(Fd(stream.as_raw_fd()), buffer.as_mut_ptr(), room);
        self.start(entry.build(), Operation::Read(stream, buffer))
    }

    /// Starts to write the buffer. The result says how much of it the kernel took.
    ///
    /// # Errors
    /// As [`accept`](Self::accept).
    pub fn write(&mut self, stream: TcpStream, buffer: Vec<u8>) -> io::Result<()> {
        let length = buffer.len().try_into().unwrap_or(u32::MAX);
        let entry = opcode::Send::new(Fd(stream.as_raw_fd()), buffer.as_ptr(), length)
            .flags(libc::MSG_NOSIGNAL);
        self.start(entry.build(), Operation::Write(stream, buffer))
    }

    /// Hands over what was started and waits, in one call of the kernel, until something is done or the time is over.
    ///
    /// # Errors
    /// What `io_uring_enter(2)` answers; for valid arguments it does not fail.
    pub fn wait(&mut self, limit: Option<Duration>) -> io::Result<Vec<Done>> {
        self.enter(limit)?;
        let mut all = Vec::new();
        for entry in self.ring.completion() {
            let (number, result) = (entry.user_data(), entry.result());
            if number == CANCEL {
                continue;
            }
            // The number is an index of ours.
            let number = number as usize;
            if let Some(operation) = self.under_way[number].take() {
                self.free.push(number);
                // SAFETY: the kernel is done with the operation, and this is its result.
                all.push(unsafe { operation.done(result) });
            }
        }
        Ok(all)
    }

    fn start(&mut self, entry: squeue::Entry, operation: Operation) -> io::Result<()> {
        let number = self.free.pop().unwrap_or_else(|| {
            self.under_way.push(None);
            self.under_way.len() - 1
        });
        // The entry points to the heap, which does not move with the operation.
        self.under_way[number] = Some(operation);
        let pushed = self.push(entry.user_data(number as u64));
        if pushed.is_err() {
            self.under_way[number] = None;
            self.free.push(number);
        }
        pushed
    }

    fn push(&mut self, entry: squeue::Entry) -> io::Result<()> {
        // SAFETY: what the entry points to is in `under_way`, and stays there until the kernel is done with it.
        while unsafe { self.ring.submission().push(&entry) }.is_err() {
            self.ring.submit()?;
        }
        Ok(())
    }

    fn enter(&mut self, limit: Option<Duration>) -> io::Result<()> {
        let result = match limit {
            None => self.ring.submit_and_wait(1),
            Some(limit) => {
                let limit = Timespec::from(limit);
                let args = SubmitArgs::new().timespec(&limit);
                self.ring.submitter().submit_with_args(1, &args)
            }
        };
        match result.map_err(|error| (error.raw_os_error(), error)) {
            // The time is over, a signal came, or results are to be taken first.
            Ok(_) | Err((Some(libc::ETIME | libc::EINTR | libc::EBUSY), _)) => Ok(()),
            Err((_, error)) => Err(error),
        }
    }

    fn cancel(&mut self) -> io::Result<()> {
        for number in 0..self.under_way.len() {
            if self.under_way[number].is_some() {
                let entry = opcode::AsyncCancel::new(number as u64).build();
                self.push(entry.user_data(CANCEL))?;
            }
        }
        while self.under_way.iter().any(Option::is_some) {
            self.wait(None)?;
        }
        Ok(())
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        if self.cancel().is_err() {
            // The kernel may still write into the buffers.
            mem::forget(mem::take(&mut self.under_way));
        }
    }
}

impl Operation {
    /// # Safety
    /// The kernel must be done with the operation, and `result` be what it answered.
    unsafe fn done(self, result: i32) -> Done {
        let count = match result {
            0.. => Ok(result as usize),
            errno => Err(io::Error::from_raw_os_error(-errno)),
        };
        match self {
            Operation::Accept(listener) => Done::Accepted {
                listener,
                result: count.map(|_| {
                    // SAFETY: a descriptor just made by the kernel, which nothing else owns.
                    TcpStream::from(unsafe { OwnedFd::from_raw_fd(result) })
                }),
            },
            Operation::Read(stream, mut buffer) => {
                if let Ok(n) = count {
                    // SAFETY: the kernel wrote the first `n` bytes, within the capacity that it was told.
                    unsafe { buffer.set_len(n) };
                }
                Done::Read {
                    stream,
                    buffer,
                    result: count,
                }
            }
            Operation::Write(stream, buffer) => Done::Written {
                stream,
                buffer,
                result: count,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::time::Instant;

    use super::*;

    /// None where the kernel does not allow it.
    fn ring() -> Option<Ring> {
        match Ring::new(2) {
            Ok(ring) => Some(ring),
            Err(error) => {
                println!("passed over: {error}");
                None
            }
        }
    }

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (client, listener.accept().unwrap().0)
    }

    #[test]
    fn more_operations_than_entries() {
        let Some(mut ring) = ring() else { return };
        let pairs: Vec<_> = (0..50).map(|_| pair()).collect();
        let mut clients = Vec::new();
        for (client, server) in pairs {
            ring.read(server, Vec::new()).unwrap();
            clients.push(client);
        }
        for mut client in &clients {
            client.write_all(b"hello").unwrap();
        }
        let mut read = 0;
        while read < clients.len() {
            for done in ring.wait(None).unwrap() {
                let Done::Read { buffer, result, .. } = done else {
                    panic!("{done:?}");
                };
                assert_eq!((result.unwrap(), buffer.as_slice()), (5, &b"hello"[..]));
                read += 1;
            }
        }
    }

    #[test]
    fn no_more_is_read_than_there_is_room() {
        let Some(mut ring) = ring() else { return };
        let (mut client, server) = pair();
        client.write_all(&[7; 100]).unwrap();
        let buffer = Vec::with_capacity(10);
        let room = buffer.capacity();
        ring.read(server, buffer).unwrap();
        let done = ring.wait(None).unwrap();
        assert!(matches!(&done[..], [Done::Read { buffer, .. }] if *buffer == vec![7; room]));
    }

    #[test]
    fn what_is_written_arrives_and_errors_come_back() {
        let Some(mut ring) = ring() else { return };
        let (mut client, server) = pair();
        ring.write(server, b"hello".to_vec()).unwrap();
        let done = ring.wait(None).unwrap().pop();
        let Some(Done::Written { stream, result, .. }) = done else {
            panic!("{done:?}");
        };
        assert_eq!(result.unwrap(), 5);
        let mut text = [0; 5];
        client.read_exact(&mut text).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        ring.write(stream, vec![1]).unwrap();
        let done = ring.wait(None).unwrap();
        assert!(matches!(&done[..], [Done::Written { result: Err(_), .. }]));
    }

    #[test]
    fn a_wait_has_a_limit_and_a_drop_cancels() {
        let Some(mut ring) = ring() else { return };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        ring.accept(listener).unwrap();
        let (mut client, server) = pair();
        ring.read(server, Vec::new()).unwrap();
        let start = Instant::now();
        assert!(
            ring.wait(Some(Duration::from_millis(20)))
                .unwrap()
                .is_empty()
        );
        assert!(start.elapsed() >= Duration::from_millis(20));
        drop(ring);
        // The end that the ring had was closed.
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
    }
}
