//! A switch between coroutines beside its floor (`corosensei` alone) and beside greenlet's, where Python has it; an echo
//! server of tasks on one thread beside gevent's and asyncio's.
//!
//! The bars: a switch at least 50 times cheaper than greenlet's; at 200 connections at least 3 times the requests of
//! gevent's `StreamServer`, 1.15 times those of asyncio with a `Protocol`, 4 times those of asyncio with streams.

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use corosensei::{Coroutine, CoroutineResult};
use criterion::{Criterion, criterion_group, criterion_main};
use support::coroutine::{Hub, Peer};
use support::measure::python::Python;
use support::net::{Load, Protocol};
use support::process::Process;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::{net, runtime};

const ROUNDS: u32 = 1_000_000;

/// Seconds for a switch: best of five rounds of a million there and back.
const GREENLET: &str = r#"
import json, time
from greenlet import greenlet, getcurrent
N = 1000000
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
    return (time.perf_counter() - start) / N / 2
print(json.dumps(min(measure() for _ in range(5))))
"#;

const PROTOCOL: &str = r#"
import asyncio
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

fn switches(c: &mut Criterion) {
    let mut group = c.benchmark_group("coroutine_there_and_back");
    group.bench_function("floor_corosensei", |b| b.iter_custom(corosensei));
    group.bench_function("with_main", |b| b.iter_custom(with_main));
    group.bench_function("with_peer", |b| b.iter_custom(with_peer));
    group.finish();

    let best = |run: fn(u64) -> Duration| {
        let times = (0..5).map(|_| run(ROUNDS.into()));
        times.min().unwrap_or_default() / 2
    };
    let nanos = |time: Duration| time.as_secs_f64() * 1e9 / f64::from(ROUNDS);
    let (floor, main, peer) = (best(corosensei), best(with_main), best(with_peer));
    println!(
        "one switch, best of 5: corosensei {:.2} ns, with main {:.2} ns, with a peer {:.2} ns",
        nanos(floor),
        nanos(main),
        nanos(peer)
    );
    let limit = Duration::from_secs(60);
    match Python::find().and_then(|python| python.run::<f64>(GREENLET, &[], limit)) {
        Ok(seconds) => println!(
            "greenlet {:.0} ns: {:.0} × with main, {:.0} × with a peer (bar: 50)",
            1e9 * seconds,
            1e9 * seconds / nanos(main),
            1e9 * seconds / nanos(peer)
        ),
        Err(error) => println!("no greenlet: {error}"),
    }
}

async fn echo(mut client: net::TcpStream) -> std::io::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        match client.read(&mut buffer).await? {
            0 => return Ok(()),
            n => client.write_all(&buffer[..n]).await?,
        }
    }
}

fn serve(listener: TcpListener) -> std::io::Result<()> {
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

/// Requests per second at 200 connections.
fn asked(address: SocketAddr) -> Result<f64, Box<dyn Error>> {
    let load = Load::new(address)
        .protocol(Protocol::Echo)
        .connections(200)
        .lasting(Duration::from_secs(1));
    let report = load.run()?;
    println!("  {report}");
    Ok(report.per_second())
}

fn ours() -> Result<f64, Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let _server = Process::start(move || serve(listener).map_err(|e| e.to_string()))?;
    asked(address)
}

fn theirs(program: &str) -> Result<f64, Box<dyn Error>> {
    let mut command = Command::new(Python::find()?.program());
    command.args(["-I", "-c", program]).stdout(Stdio::piped());
    let mut server = Process::builder().spawn(command)?;
    let mut port = String::new();
    if let Some(stdout) = server.stdout.take() {
        BufReader::new(stdout).read_line(&mut port)?;
    }
    asked((Ipv4Addr::LOCALHOST, port.trim().parse()?).into())
}

fn servers(_: &mut Criterion) {
    for (name, program, bar) in [
        ("gevent StreamServer", GEVENT, 3.0),
        ("asyncio Protocol", PROTOCOL, 1.15),
        ("asyncio streams", STREAMS, 4.0),
    ] {
        match ours().and_then(|ours| Ok((ours, theirs(program)?))) {
            Ok((ours, theirs)) => println!("tasks / {name}: {:.2} (bar: {bar})", ours / theirs),
            Err(error) => println!("{name}: {error}"),
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = servers, switches
}
criterion_main!(benches);
