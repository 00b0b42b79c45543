//! Ours beside its rivals: the floors, which are what it is made of, and the peers, which are what people use today.
//!
//! In each round all rivals of a contest run in turn, so that other load on the machine meets all of them; a ratio is taken
//! over the pairs of one round. A rival that cannot run here, such as a Python package that is not installed, is named and left
//! out. Each contest prints what came of it and appends a [`Line`] to `target/bench/ratios.jsonl`, which `make bench` turns into one
//! table; criterion follows its Rust sides from run to run.
//!
//! `cargo bench -p support --bench ipc lock` runs only the contests that have "lock" in their names.

#![allow(dead_code, reason = "each bench uses a part of it")]

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use criterion::Criterion;
use support::contest::{Contest as Outcome, Kind, Line, Rival, Unit, times};
use support::measure::python::Python;
use support::measure::{Interval, Machine, Samples};

const ROUNDS: usize = 7;
/// For one run of a Python program.
const LIMIT: Duration = Duration::from_secs(60);

/// For Python: what a `with` takes when nobody else wants it; its arguments are a module and a kind of lock in it.
pub const PYTHON_WITH: &str = "
import importlib, sys, time
lock = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])()
N = 200_000
def measure():
    value = 0
    start = time.perf_counter()
    for _ in range(N):
        with lock:
            value += 1
    return (time.perf_counter() - start) / N
print(measure())
";

/// The contests of a bench target.
pub struct Bench {
    criterion: Criterion,
    filter: Option<String>,
    /// Not set by `cargo test --benches`, which only wants to see all of it run once.
    measures: bool,
}

impl Bench {
    /// Reads the command line.
    pub fn new() -> Self {
        let criterion = Criterion::default()
            .sample_size(10)
            .warm_up_time(Duration::from_millis(100))
            .measurement_time(Duration::from_millis(400))
            .configure_from_args();
        let args = || std::env::args().skip(1);
        Self {
            criterion,
            filter: args().find(|arg| !arg.starts_with('-')),
            measures: args().any(|arg| arg == "--bench"),
        }
    }

    /// Runs a contest, if the command line wants it.
    pub fn run(&mut self, contest: Contest) {
        if (self.filter.as_ref()).is_some_and(|wanted| !contest.name.contains(wanted)) {
            return;
        }
        if self.measures {
            let outcome = contest.measure();
            print(&outcome);
            if let Err(error) = append(outcome) {
                eprintln!("cannot write {}: {error}", lines().display());
            }
        }
        contest.criterion(&mut self.criterion);
    }
}

/// One thing to do, and those who do it.
pub struct Contest<'a> {
    name: &'static str,
    unit: Unit,
    rounds: usize,
    sides: Vec<Side<'a>>,
}

struct Side<'a> {
    name: &'static str,
    kind: Option<Kind>,
    bar: Option<f64>,
    run: Run<'a>,
}

enum Run<'a> {
    /// How long it takes to do so many.
    Here(u64, Box<dyn Fn(u64) -> Duration + 'a>),
    /// Seconds for one.
    There(Box<dyn Fn() -> Result<f64, String> + 'a>),
}

impl Run<'_> {
    fn seconds(&self) -> Result<f64, String> {
        match self {
            Self::Here(many, run) => Ok(run(*many).as_secs_f64() / *many as f64),
            Self::There(run) => run(),
        }
    }
}

impl<'a> Contest<'a> {
    fn new(name: &'static str, unit: Unit) -> Self {
        Self {
            name,
            unit,
            rounds: ROUNDS,
            sides: Vec::new(),
        }
    }

    /// Told as the time for one.
    pub fn time(name: &'static str) -> Self {
        Self::new(name, Unit::Seconds)
    }

    /// Told as how many in a second.
    pub fn rate(name: &'static str) -> Self {
        Self::new(name, Unit::PerSecond)
    }

    /// Told as bytes in a second; one is a message of that size.
    pub fn bytes(name: &'static str, size: u32) -> Self {
        Self::new(name, Unit::BytesPerSecond(size))
    }

    /// More rounds, for a ratio near its bar. Peers take part in as many as always, spread over all.
    pub fn rounds(mut self, rounds: usize) -> Self {
        self.rounds = rounds;
        self
    }

    fn side(mut self, name: &'static str, kind: Option<Kind>, run: Run<'a>) -> Self {
        let bar = None;
        self.sides.push(Side {
            name,
            kind,
            bar,
            run,
        });
        self
    }

    /// Ours, which stands first: `run` does so many and says how long it took, `many` at a time.
    pub fn ours(self, name: &'static str, many: u64, run: impl Fn(u64) -> Duration + 'a) -> Self {
        self.side(name, None, Run::Here(many, Box::new(run)))
    }

    /// Ours, when it says itself how many seconds one takes.
    pub fn ours_alone(
        self,
        name: &'static str,
        run: impl Fn() -> Result<f64, String> + 'a,
    ) -> Self {
        self.side(name, None, Run::There(Box::new(run)))
    }

    /// A floor in Rust, as [`ours`](Self::ours).
    pub fn floor(self, name: &'static str, many: u64, run: impl Fn(u64) -> Duration + 'a) -> Self {
        self.side(name, Some(Kind::Floor), Run::Here(many, Box::new(run)))
    }

    /// A peer that says itself how many seconds one takes.
    pub fn peer(self, name: &'static str, run: impl Fn() -> Result<f64, String> + 'a) -> Self {
        self.side(name, Some(Kind::Peer), Run::There(Box::new(run)))
    }

    /// A program for Python that prints how many seconds one takes.
    pub fn python(
        self,
        name: &'static str,
        program: &'static str,
        args: &'static [&'static str],
    ) -> Self {
        self.peer(name, move || {
            let python = python()?;
            python.run(program, args, LIMIT).map_err(|e| e.to_string())
        })
    }

    /// A bar of its own: ours is to take at most so many seconds.
    pub fn within(self, name: &'static str, seconds: f64) -> Self {
        let bound = Run::There(Box::new(move || Ok(seconds)));
        self.side(name, Some(Kind::Bound), bound).at_least(1.0)
    }

    /// The bar of the rival before it: ours is to be so many times as fast.
    pub fn at_least(mut self, ratio: f64) -> Self {
        if let Some(side) = self.sides.last_mut() {
            side.bar = Some(ratio);
        }
        self
    }

    /// The bar of the rival before it: ours is to take at most so many times as long.
    pub fn costs_at_most(self, ratio: f64) -> Self {
        self.at_least(1.0 / ratio)
    }

    fn measure(&self) -> Outcome {
        // Seconds by side and round; the first round warms up and shows who can run.
        let mut seconds: Vec<Result<Vec<Option<f64>>, String>> = (self.sides.iter())
            .map(|side| side.run.seconds().map(|_| Vec::new()))
            .collect();
        for round in 0..self.rounds {
            let peers_too = round % (self.rounds / ROUNDS).max(1) == 0;
            for (side, rounds) in self.sides.iter().zip(&mut seconds) {
                let Ok(taken) = rounds else { continue };
                if side.kind == Some(Kind::Peer) && !peers_too {
                    taken.push(None);
                    continue;
                }
                match side.run.seconds() {
                    Ok(seconds) => taken.push(Some(seconds)),
                    Err(error) => *rounds = Err(error),
                }
            }
        }
        let mut sides = self.sides.iter().zip(seconds);
        let (subject, ours) = sides.next().expect("a contest has one of ours");
        let ours = ours.unwrap_or_else(|e| panic!("{}: {e}", self.name));
        let spread = |seconds: &[Option<f64>]| {
            Samples::new(seconds.iter().flatten().map(|&s| self.unit.of(s))).quartiles()
        };
        let mut outcome = Outcome {
            bench: env!("CARGO_CRATE_NAME").to_owned(),
            name: self.name.to_owned(),
            unit: self.unit,
            subject: subject.name.to_owned(),
            ours: spread(&ours),
            rivals: Vec::new(),
            left_out: Vec::new(),
        };
        for (side, theirs) in sides {
            let name = side.name.to_owned();
            match theirs {
                Ok(theirs) => outcome.rivals.push(Rival {
                    name,
                    kind: side.kind.unwrap_or(Kind::Bound),
                    theirs: spread(&theirs),
                    ratio: Samples::new(
                        (theirs.iter().zip(&ours)).filter_map(|(t, o)| Some((*t)? / (*o)?)),
                    )
                    .quartiles(),
                    bar: side.bar,
                }),
                Err(why) => outcome.left_out.push(format!("{name}: {why}")),
            }
        }
        outcome
    }

    fn criterion(&self, criterion: &mut Criterion) {
        let mut group = criterion.benchmark_group(self.name);
        for side in &self.sides {
            if let Run::Here(_, run) = &side.run {
                group.bench_function(side.name, |b| b.iter_custom(run));
            }
        }
        group.finish();
    }
}

/// How long it takes to do it so many times.
pub fn repeat(many: u64, mut once: impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..many {
        once();
    }
    start.elapsed()
}

/// The interpreter of all peers, looked for once.
pub fn python() -> Result<&'static Python, String> {
    static PYTHON: OnceLock<Result<Python, String>> = OnceLock::new();
    let found = PYTHON.get_or_init(|| Python::find().map_err(|e| e.to_string()));
    found.as_ref().map_err(Clone::clone)
}

fn print(outcome: &Outcome) {
    let format = |name: &str, of: Interval| {
        let [low, mid, high] = [of.low, of.mid, of.high].map(|v| outcome.unit.format(v));
        format!("  {name:<36} {mid:>12}  ({low} to {high})")
    };
    println!("\n{}", outcome.name);
    println!("{}", format(&outcome.subject, outcome.ours));
    for rival in &outcome.rivals {
        let ratio = times(rival.ratio.mid);
        let verdict = match (rival.bar, rival.holds()) {
            (Some(bar), Some(holds)) => format!(
                ", bar {}: {}",
                times(bar),
                if holds { "holds" } else { "MISSED" }
            ),
            _ => String::new(),
        };
        println!(
            "{}: ours is {ratio} × as fast ({} to {}){verdict}",
            format(&rival.name, rival.theirs),
            times(rival.ratio.low),
            times(rival.ratio.high)
        );
    }
    for absent in &outcome.left_out {
        println!("  left out: {absent}");
    }
    println!();
}

/// Where the lines go: beside what cargo builds.
fn lines() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench/ratios.jsonl")
}

fn append(outcome: Outcome) -> io::Result<()> {
    let path = lines();
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    let mut text = String::new();
    if file.metadata()?.len() == 0 {
        let machine = Machine::describe().map_err(io::Error::other)?.to_string();
        let python = python().map_or_else(|e| e, |python| python.version().to_owned());
        text += &(serde_json::to_string(&Line::Setting { machine, python })? + "\n");
    }
    text += &(serde_json::to_string(&Line::Contest(outcome))? + "\n");
    file.write_all(text.as_bytes())
}
