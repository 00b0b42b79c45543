//! Cases that each run on the main thread of a process of their own, so that what a case leaves behind can be counted exactly, and one
//! that hangs or is killed takes no other with it.

use std::io::{self, Read as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use libtest_mimic::{Arguments, Failed, Trial};
use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

/// Names the case that this process is to run.
const CASE: &str = "COURSE_CASE";

/// How long those whom a case has left may take to go: who dies with a parent may still be dying.
pub const GRACE: Duration = Duration::from_secs(5);

pub struct Case {
    pub name: &'static str,
    pub run: fn(),
    pub limit: Duration,
}

/// Cases with one limit, in seconds: `cases![20; one, another]`, or by module: `cases![20; module { one another }]`.
macro_rules! cases {
    ($limit:literal; $($name:ident),* $(,)?) => { &[$($crate::common::isolated::Case {
        name: stringify!($name),
        run: $name,
        limit: std::time::Duration::from_secs($limit),
    }),*] };
    ($limit:literal; $($module:ident { $($name:ident)* })*) => { &[$($($crate::common::isolated::Case {
        name: concat!(stringify!($module), "::", stringify!($name)),
        run: $module::$name,
        limit: std::time::Duration::from_secs($limit),
    },)*)*] };
}
pub(crate) use cases;

/// Runs the cases as libtest would, or the one that this process was started for, and `after` behind it.
pub fn main(cases: &'static [Case], after: fn()) {
    main_at_once(None, cases, after);
}

/// As [`main`], with so many cases at the same time instead of one for each core.
pub fn main_at_once(many: Option<usize>, cases: &'static [Case], after: fn()) {
    if let Ok(name) = env::var(CASE) {
        let case = cases.iter().find(|case| case.name == name);
        let case = case.expect("a name that we gave");
        (case.run)();
        after();
        no_children();
        return;
    }
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(many);
    let show = arguments.nocapture;
    let trial = |case: &'static Case| {
        Trial::test(case.name, move || {
            let output = isolated(case)?;
            if show && !output.is_empty() {
                println!("{}: {output}", case.name);
            }
            Ok(())
        })
    };
    libtest_mimic::run(&arguments, cases.iter().map(trial).collect()).exit();
}

pub fn no_children() {
    let left = waitpid(None, Some(WaitPidFlag::WNOHANG));
    assert_eq!(left, Err(Errno::ECHILD), "children are left");
}

fn isolated(case: &Case) -> Result<String, Failed> {
    let mut command = Command::new(env::current_exe()?);
    command.env(CASE, case.name);
    bounded(command, case.limit)
}

/// Runs the command to its end and gives its output. Fails if it fails, takes longer than `limit` or leaves a process; all
/// of its group is dead afterwards.
pub fn bounded(mut command: Command, limit: Duration) -> Result<String, Failed> {
    let (mut read, write) = io::pipe()?;
    command
        .stdin(Stdio::null())
        .stdout(write.try_clone()?)
        .stderr(write)
        .process_group(0);
    let mut child = command.spawn()?;
    drop(command);
    let output = thread::spawn(move || {
        let mut output = Vec::new();
        read.read_to_end(&mut output)
            .map(|_| String::from_utf8_lossy(&output).into_owned())
    });
    let status = within(limit, || child.try_wait().transpose()).transpose()?;
    let group = Pid::from_raw(child.id() as i32);
    let empty = || (killpg(group, None) == Err(Errno::ESRCH)).then_some(());
    let left = status.is_some_and(|status| status.success()) && within(GRACE, empty).is_none();
    // Whoever is left would keep the output open.
    let _ = killpg(group, Signal::SIGKILL);
    child.wait()?;
    if within(GRACE, || output.is_finished().then_some(())).is_none() {
        return Err("a process that left the group keeps the output open".into());
    }
    let output = output.join().expect("reading does not panic")?;
    match status {
        Some(status) if !status.success() => Err(format!("{status}\n{output}").into()),
        Some(_) if left => Err(format!("processes are left\n{output}").into()),
        Some(_) => Ok(output),
        None => Err(format!("still running after {limit:?}\n{output}").into()),
    }
}

/// What `done` gives, as soon as it gives something; nothing if that takes longer than `limit`.
pub fn within<T>(limit: Duration, mut done: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        match done() {
            None if Instant::now() < deadline => thread::sleep(Duration::from_millis(5)),
            done => return done,
        }
    }
}
