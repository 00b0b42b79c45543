//! One operation, killed after each of its instructions.

use std::collections::HashMap;
use std::io::Write as _;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::*};
use std::time::{Duration, Instant};
use std::{env, fs};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::alarm;
use support::ipc::Error;

use super::heap;
use super::traced::{Traced, forked, reap};

/// How long a call of those who live on may take: tells a hang from slowness.
pub const BOUND: Duration = Duration::from_secs(2);

/// How long those wait who are there before: stepping through an operation takes seconds on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What one process does while it is killed, and what must be so afterwards. Each kill has a fresh one.
pub trait Operation: Sized {
    /// Whether it goes to sleep in there, and needs `help` to come to its end.
    const SLEEPS: bool = false;

    /// What the processes share, and those who are there already.
    fn set_up() -> Self;

    /// What the child has done before: else it does all for the first time.
    fn warm(&self) {}

    /// What the child is doing when it is killed.
    fn run(&self);

    /// What others do once the child sleeps.
    fn help(&mut self) {}

    /// What the others find when the child `pid` is dead: whether the operation has taken effect, or what is wrong. From some instruction
    /// on it has.
    fn check(self, pid: u32) -> Result<bool, String>;
}

/// `make test` kills after every seventh instruction, `make soak` after each.
fn stride() -> usize {
    match env::var_os("COURSE_SOAK") {
        Some(_) => 1,
        None => 7,
    }
}

/// Kills the operation at every instruction, or every seventh, and fails with a list of those after which something was wrong.
pub fn exhaust<O: Operation>() {
    if !may_trace() {
        println!("passed over: this system does not let a process trace its child (ptrace)");
        return;
    }
    watch();
    let start = Instant::now();
    let Path { path, calls } = settled::<O>();
    let end = path.len() - 1;
    let approaches = approaches(&path, &calls);
    let all = points(&path);
    let mut points = 0;
    let mut effect = None;
    let mut faults = Vec::new();
    let mut left_out = Vec::new();
    for &point in all
        .iter()
        .filter(|&&point| point % stride() == 0 || point == end)
    {
        AT.store(point, Relaxed);
        let Some(found) = killed_at::<O>(&path, approaches[point], point) else {
            left_out.push(place(path[point]));
            continue;
        };
        let found = found.and_then(|found| match (found, effect) {
            (false, Some(since)) => Err(format!(
                "has no effect, but it has since instruction {since}"
            )),
            (false, None) if point == end => Err("has no effect at its end".to_owned()),
            _ => {
                effect = effect.or(found.then_some(point));
                Ok(())
            }
        });
        points += 1;
        if let Err(fault) = found {
            faults.push(format!("{point} ({}): {fault}", place(path[point])));
        }
        if faults.len() == 40 {
            faults.push("and maybe more".to_owned());
            break;
        }
    }
    println!(
        "{end} instructions and {} system calls, of which {} are further turns of loops; {points} kill points in {:.1} s, {} left out; takes effect at {}",
        calls.len(),
        path.len() - all.len(),
        start.elapsed().as_secs_f64(),
        left_out.len(),
        effect.unwrap_or(end),
    );
    assert!(
        faults.is_empty(),
        "killed after this instruction:\n{}",
        faults.join("\n")
    );
    // Some depend on the length of what stands in `/proc`.
    assert!(
        left_out.len() <= points / 50,
        "no child came there any more:\n{}",
        left_out.join("\n")
    );
}

/// What an operation does.
#[derive(Default, PartialEq)]
struct Path {
    /// The address of each instruction.
    path: Vec<usize>,
    /// Which of them are system calls.
    calls: Vec<usize>,
}

/// The instructions of the operation. Where it reads `/proc`, the way depends a little on what stands there.
fn settled<O: Operation>() -> Path {
    let mut last = Path::default();
    for _ in 0..8 {
        let mut scene = O::set_up();
        let (mut child, pid) = started(&scene).unwrap();
        let path = bounded(2 * PATIENCE, || child.walk(&mut || scene.help())).unwrap();
        let mut known = HashMap::new();
        let mut is_call = |&address: &usize| {
            *known
                .entry(address)
                .or_insert_with(|| child.is_call(address).unwrap())
        };
        let calls = (0..path.len())
            .filter(|&index| is_call(&path[index]))
            .collect();
        let path = Path { path, calls };
        drop(child);
        bounded(8 * BOUND, || scene.check(pid)).unwrap();
        if path == last {
            return path;
        }
        last = path;
    }
    last
}

fn started<O: Operation>(scene: &O) -> Result<(Traced, u32), String> {
    let warm = || {
        scene.warm();
        heap::still();
    };
    let child = Traced::start(warm, || scene.run(), O::SLEEPS)?;
    let pid = child.pid();
    Ok((child, pid))
}

/// Where to kill: everywhere, but of an instruction that is passed more often, as in a spin, in the first and the last passes only.
fn points(path: &[usize]) -> Vec<usize> {
    const PASSES: usize = 8;
    let mut passes = HashMap::<usize, Vec<usize>>::new();
    for (index, &address) in path.iter().enumerate() {
        passes.entry(address).or_default().push(index);
    }
    let mut points: Vec<_> = passes
        .values()
        .flat_map(|at| {
            let (first, rest) = at.split_at(at.len().min(PASSES));
            first
                .iter()
                .chain(&rest[rest.len().saturating_sub(PASSES)..])
        })
        .copied()
        .collect();
    points.sort_unstable();
    points
}

/// How to come to an instruction quickly: let so many system calls pass, run to this one on the path, which was passed so many times since
/// the last of them, and step from there.
#[derive(Clone, Copy, Default)]
struct Approach {
    calls: usize,
    index: usize,
    passes: usize,
}

/// The cheapest way to each, where a stop by a trap costs as much as a few steps. All system calls before it are waited for: what the way
/// was before them, and how long, matters then no more.
fn approaches(path: &[usize], calls: &[usize]) -> Vec<Approach> {
    const TRAP: usize = 4;
    let mut best = Vec::with_capacity(path.len());
    let mut passes = HashMap::new();
    let mut last = Approach::default();
    let mut cost = 0;
    for (index, &address) in path.iter().enumerate() {
        if calls.get(last.calls).is_some_and(|&call| call < index) {
            let calls = last.calls + 1;
            last = Approach {
                calls,
                index,
                passes: 0,
            };
            passes.clear();
            cost = 0;
        }
        let passes = passes.entry(address).and_modify(|n| *n += 1).or_insert(0);
        let direct = TRAP * (*passes + 1);
        if cost > direct {
            cost = direct;
            let passes = *passes;
            last = Approach {
                index,
                passes,
                ..last
            };
        }
        cost += 1;
        best.push(last);
    }
    best
}

/// Kills a child there and asks the others. Nothing, if no child comes there.
fn killed_at<O: Operation>(
    path: &[usize],
    approach: Approach,
    point: usize,
) -> Option<Result<bool, String>> {
    // If the loop that it is in turns less often this time, its first pass will do.
    let first = Approach {
        index: point,
        passes: 0,
        ..approach
    };
    for approach in [[approach; 5], [first; 5]].concat() {
        let mut scene = O::set_up();
        let (mut child, pid) = match started(&scene) {
            Ok(started) => started,
            Err(error) => return Some(Err(error)),
        };
        let arrived = bounded(2 * PATIENCE, || {
            arrives(&mut child, path, approach, point, &mut || scene.help())
        });
        drop(child);
        // Dead it is anyhow.
        let found = bounded(8 * BOUND, || scene.check(pid));
        if arrived == Ok(true) || found.is_err() {
            return Some(found);
        }
    }
    None
}

fn arrives(
    child: &mut Traced,
    path: &[usize],
    approach: Approach,
    point: usize,
    help: &mut dyn FnMut(),
) -> Result<bool, String> {
    child.run_calls(approach.calls, help)?;
    child.run_to(path[approach.index], approach.passes, help)?;
    for _ in approach.index..point {
        child.step(help)?;
    }
    Ok(child.at()? == path[point])
}

/// A call of those who live on.
pub fn goes<T>(what: &str, result: Result<T, Error>) -> Result<T, String> {
    result.map_err(|error| format!("{what}: {error}"))
}

/// The condition, or what is wrong.
pub fn must(true_so: bool, wrong: impl FnOnce() -> String) -> Result<(), String> {
    if true_so { Ok(()) } else { Err(wrong()) }
}

fn may_trace() -> bool {
    let child = forked(|| nix::sys::ptrace::traceme() != Err(Errno::EPERM));
    reap(child) == Some(nix::sys::wait::WaitStatus::Exited(child, 0))
}

/// Where this process is, for the one who asks when it hangs.
static AT: AtomicUsize = AtomicUsize::new(0);

/// Not all calls have a time limit: one that hangs ends this process.
fn bounded<T>(limit: Duration, call: impl FnOnce() -> T) -> T {
    alarm::set(limit.as_secs() as u32);
    let result = call();
    alarm::cancel();
    result
}

fn watch() {
    extern "C" fn hung(_: libc::c_int) {
        let mut text = [0; 80];
        let mut rest = &mut text[..];
        let _ = writeln!(
            rest,
            "hangs, killed at instruction {} or on the way there",
            AT.load(Relaxed)
        );
        let length = 80 - rest.len();
        // SAFETY: both calls may be made in a handler (`signal-safety(7)`).
        unsafe {
            libc::write(2, text.as_ptr().cast(), length);
            libc::_exit(1)
        }
    }
    let action = SigAction::new(SigHandler::Handler(hung), SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler does only what a handler may do.
    unsafe { sigaction(Signal::SIGALRM, &action) }.unwrap();
}

/// The function and line of an instruction, if `addr2line` is there, else where it stands in its file.
fn place(address: usize) -> String {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let found = maps.lines().find_map(|line| {
        let mut fields = line.split_whitespace();
        let (from, to) = fields.next()?.split_once('-')?;
        let from = usize::from_str_radix(from, 16).ok()?;
        let to = usize::from_str_radix(to, 16).ok()?;
        let offset = usize::from_str_radix(fields.nth(1)?, 16).ok()?;
        let file = fields.nth(2).unwrap_or("?");
        (from..to)
            .contains(&address)
            .then(|| (file, first(&maps, file), address - from + offset))
    });
    let Some((file, first, offset)) = found else {
        return format!("{address:#x}");
    };
    let relative = address.saturating_sub(first);
    let named = Command::new("addr2line")
        .args(["-Cfpe", file, &format!("{relative:#x}")])
        .output();
    match named {
        Ok(named) if named.status.success() && !named.stdout.starts_with(b"?") => {
            format!(
                "{relative:#x} {}",
                String::from_utf8_lossy(&named.stdout).trim()
            )
        }
        _ => format!("{file}+{offset:#x}"),
    }
}

/// Where the file's first page is mapped.
fn first(maps: &str, file: &str) -> usize {
    maps.lines()
        .find(|line| line.ends_with(file))
        .and_then(|line| usize::from_str_radix(line.split('-').next()?, 16).ok())
        .unwrap_or(0)
}
