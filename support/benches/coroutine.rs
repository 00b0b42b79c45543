//! Switches, tasks and servers of one thread: coroutines beside `corosensei` alone and greenlet, Tokio beside asyncio and gevent.

mod beside;

use std::error::Error;
use std::io::{self, BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use beside::{Bench, Contest, python, repeat};
use corosensei::{Coroutine, CoroutineResult};
use support::coroutine::{Hub, Peer};
use support::net::{Load, Protocol, allow_open_files};
use support::process::{Command, Process, Stdio};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::{net, runtime, task};

/// To another and back, in one thread.
const GREENLET: &str = "
import time
from greenlet import greenlet, getcurrent
N = 500_000
main = getcurrent()
def body():
    switch = main.switch
    while True:
        switch()
def measure():
    switch = greenlet(body).switch
    start = time.perf_counter()
    for _ in range(N):
        switch()
    return (time.perf_counter() - start) / N
print(measure())
";

const ASYNCIO_SPAWN: &str = "
import asyncio, time
N = 50_000
async def nothing():
    pass
async def main():
    start = time.perf_counter()
    for _ in range(N):
        await asyncio.create_task(nothing())
    return (time.perf_counter() - start) / N
print(asyncio.run(main()))
";

const GEVENT_SPAWN: &str = "
import gevent, time
N = 50_000
start = time.perf_counter()
for _ in range(N):
    gevent.spawn(int).join()
print((time.perf_counter() - start) / N)
";

/// Two tasks take turns.
const ASYNCIO_YIELD: &str = "
import asyncio, time
N = 50_000
async def turns():
    for _ in range(N):
        await asyncio.sleep(0)
async def main():
    start = time.perf_counter()
    await asyncio.gather(turns(), turns())
    return (time.perf_counter() - start) / N / 2
print(asyncio.run(main()))
";

const GEVENT_YIELD: &str = "
import gevent, time
N = 50_000
def turns():
    for _ in range(N):
        gevent.sleep(0)
start = time.perf_counter()
gevent.joinall([gevent.spawn(turns), gevent.spawn(turns)])
print((time.perf_counter() - start) / N / 2)
";

const PROTOCOL: &str = r#"
import asyncio, resource
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        self.transport.write(data)
async def main():
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"#;

const STREAMS: &str = r#"
import asyncio
async def echo(reader, writer):
    while data := await reader.read(1024):
        writer.write(data)
        await writer.drain()
    writer.close()
async def main():
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"#;

const GEVENT: &str = r#"
from gevent.server import StreamServer
def echo(conn, address):
    while data := conn.recv(1024):
        conn.sendall(data)
server = StreamServer(("127.0.0.1", 0), echo)
server.start()
print(server.server_port, flush=True)
server.serve_forever()
"#;

fn main() {
    let mut bench = Bench::new();
    for (name, subject, run) in [
        (
            "switch to a coroutine and back",
            "coroutine::Hub, with main",
            with_main as fn(u64) -> Duration,
        ),
        (
            "switch between two coroutines and back",
            "coroutine::Hub, with a peer",
            with_peer,
        ),
    ] {
        bench.run(
            Contest::time(name)
                .ours(subject, 1_000_000, run)
                .floor("corosensei alone", 1_000_000, corosensei)
                .python("greenlet", GREENLET, &[])
                .at_least(50.0),
        );
    }
    bench.run(
        Contest::time("task, spawned and awaited")
            .ours("tokio::spawn", 200_000, spawned)
            .floor("std::thread, spawned and joined", 500, threads)
            .python("asyncio", ASYNCIO_SPAWN, &[])
            .python("gevent", GEVENT_SPAWN, &[]),
    );
    bench.run(
        Contest::time("task lets another go first")
            .ours("tokio::task::yield_now", 500_000, yielded)
            .floor("two threads, one value back and forth", 5_000, handed_over)
            .python("asyncio", ASYNCIO_YIELD, &[])
            .python("gevent", GEVENT_YIELD, &[]),
    );
    bench.run(
        Contest::rate("requests to an echo server of one thread, 200 connections")
            .ours_alone("Tokio", || told(tokio(200)))
            .peer("gevent StreamServer", || told(theirs(GEVENT, 200)))
            .at_least(3.0)
            .peer("asyncio Protocol", || told(theirs(PROTOCOL, 200)))
            .at_least(1.15)
            .peer("asyncio streams", || told(theirs(STREAMS, 200)))
            .at_least(4.0),
    );
    // A connection that is not served ends it.
    bench.run(
        Contest::rate("requests to an echo server of one thread, 10,000 connections")
            .ours_alone("Tokio, 10,000 connections", || told(tokio(10_000)))
            .peer("asyncio Protocol", || told(theirs(PROTOCOL, 10_000))),
    );
}

/// Time for so many rounds of there and back between the main program and a coroutine.
fn corosensei(rounds: u64) -> Duration {
    let mut there: Coroutine<(), (), ()> = Coroutine::new(|back, ()| {
        loop {
            back.suspend(());
        }
    });
    let start = Instant::now();
    for _ in 0..rounds {
        let CoroutineResult::Yield(()) = there.resume(()) else {
            unreachable!("it has no end");
        };
    }
    start.elapsed()
}

fn with_main(rounds: u64) -> Duration {
    let mut hub = Hub::new();
    let there = hub
        .add("there", |me, ()| {
            loop {
                me.switch(Peer::MAIN, ())?;
            }
        })
        .expect("stack");
    let start = Instant::now();
    for _ in 0..rounds {
        hub.switch(there, ()).expect("switch");
    }
    start.elapsed()
}

fn with_peer(rounds: u64) -> Duration {
    let mut hub = Hub::new();
    let ping = hub
        .add("ping", move |me, ()| {
            let pong = me.peer("pong")?;
            for _ in 0..rounds {
                me.switch(pong, ())?;
            }
            Ok(())
        })
        .expect("stack");
    hub.add("pong", move |me, ()| {
        loop {
            me.switch(ping, ())?;
        }
    })
    .expect("stack");
    let start = Instant::now();
    hub.switch(ping, ()).expect("switch");
    start.elapsed()
}

fn on_one_thread<F: Future>(work: F) -> F::Output {
    let runtime = runtime::Builder::new_current_thread().build();
    runtime.expect("runtime").block_on(work)
}

fn spawned(many: u64) -> Duration {
    on_one_thread(async {
        let start = Instant::now();
        for _ in 0..many {
            tokio::spawn(async {}).await.expect("no panic");
        }
        start.elapsed()
    })
}

fn yielded(many: u64) -> Duration {
    async fn turns(many: u64) {
        for _ in 0..many {
            task::yield_now().await;
        }
    }
    on_one_thread(async {
        let start = Instant::now();
        let other = tokio::spawn(turns(many / 2));
        tokio::spawn(turns(many - many / 2))
            .await
            .expect("no panic");
        other.await.expect("no panic");
        start.elapsed()
    })
}

fn threads(many: u64) -> Duration {
    repeat(many, || thread::spawn(|| ()).join().expect("no panic"))
}

/// Each value passed is one switch.
fn handed_over(many: u64) -> Duration {
    let (there, from_here) = mpsc::sync_channel(1);
    let (back, from_there) = mpsc::sync_channel(1);
    let other = thread::spawn(move || from_here.iter().try_for_each(|()| back.send(())));
    let took = repeat(many.div_ceil(2), || {
        there.send(()).expect("it waits");
        from_there.recv().expect("it answers");
    });
    drop(there);
    other.join().expect("no panic").expect("we wait");
    took
}

async fn echo(mut client: net::TcpStream) -> io::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        match client.read(&mut buffer).await? {
            0 => return Ok(()),
            n => client.write_all(&buffer[..n]).await?,
        }
    }
}

fn serve(listener: TcpListener) -> io::Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
    listener.set_nonblocking(true)?;
    runtime.block_on(async {
        let listener = net::TcpListener::from_std(listener)?;
        loop {
            let (client, _) = listener.accept().await?;
            tokio::spawn(echo(client));
        }
    })
}

/// Seconds for one request, after a first session that is not counted: asyncio reads into a new buffer of 256 KiB each time, which
/// `malloc` maps and unmaps until the first connections have closed.
fn asked(address: SocketAddr, connections: usize) -> Result<f64, Box<dyn Error>> {
    let load = Load::new(address)
        .protocol(Protocol::Echo)
        .connections(connections)
        .lasting(Duration::from_millis(600));
    load.run()?;
    Ok(1.0 / load.run()?.per_second())
}

fn tokio(connections: usize) -> Result<f64, Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let _server = Process::start(move || {
        allow_open_files(connections as u64 + 100).map_err(|e| e.to_string())?;
        serve(listener).map_err(|e| e.to_string())
    })?;
    asked(address, connections)
}

fn theirs(program: &str, connections: usize) -> Result<f64, Box<dyn Error>> {
    let mut command = Command::new(python()?.program());
    command
        .args(["-I", "-c", program])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut server = Process::builder().spawn(command)?;
    let mut port = String::new();
    if let Some(stdout) = server.stdout.take() {
        BufReader::new(stdout).read_line(&mut port)?;
    }
    if port.is_empty() {
        let stderr = server.stderr.take().map(io::read_to_string).transpose()?;
        let stderr = stderr.unwrap_or_default();
        return Err(stderr
            .lines()
            .last()
            .unwrap_or("it ended")
            .to_owned()
            .into());
    }
    asked(
        (Ipv4Addr::LOCALHOST, port.trim().parse()?).into(),
        connections,
    )
}

fn told(result: Result<f64, Box<dyn Error>>) -> Result<f64, String> {
    result.map_err(|e| e.to_string())
}
