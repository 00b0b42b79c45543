//! Cases that each run on the main thread of a process of their own, so that its children and its mappings can be counted exactly.

use std::io::{self, Read as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use libtest_mimic::{Arguments, Failed, Trial};
use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

/// Names the case that this process is to run.
const CASE: &str = "IPC_TEST_CASE";

/// A case, its name, how long it may take, and whether it runs only when asked for.
pub struct Case {
    pub name: &'static str,
    pub run: fn(),
    pub limit: Duration,
    pub long: bool,
}

/// Runs the cases as the harness is told to, or the one that this process was started for.
pub fn main(cases: &'static [Case]) {
    if let Ok(name) = env::var(CASE) {
        let case = cases.iter().find(|case| case.name == name).unwrap();
        (case.run)();
        let left = waitpid(None, Some(WaitPidFlag::WNOHANG));
        assert_eq!(left, Err(Errno::ECHILD), "children are left");
        assert_eq!(mappings(), 0, "shared memory is left");
        return;
    }
    // `make test` asks for all that is ignored; what takes minutes is there for `make soak` only.
    let soak = env::var_os("COURSE_SOAK").is_some();
    let trials = cases
        .iter()
        .filter(|case| case.long == soak)
        .map(|case| Trial::test(case.name, || isolated(case)))
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// Mappings of memory that `support::ipc` has made and this process still has.
pub fn mappings() -> usize {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines()
        .filter(|line| line.contains("/memfd:support-ipc") || line.contains("/dev/zero"))
        .count()
}

fn isolated(case: &Case) -> Result<(), Failed> {
    let (mut read, write) = io::pipe()?;
    let mut command = Command::new(env::current_exe()?);
    command
        .env(CASE, case.name)
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
    let deadline = Instant::now() + case.limit;
    let status = loop {
        match child.try_wait()? {
            None if Instant::now() < deadline => thread::sleep(Duration::from_millis(5)),
            status => break status,
        }
    };
    // Whatever the case left in its group would keep the output open.
    let _ = killpg(Pid::from_raw(child.id() as i32), Signal::SIGKILL);
    child.wait()?;
    let output = output.join().unwrap()?;
    match status {
        Some(status) if status.success() => {
            if case.long {
                println!("{}: {output}", case.name);
            }
            Ok(())
        }
        Some(status) => Err(format!("{status}\n{output}").into()),
        None => Err(format!("still running after {:?}\n{output}", case.limit).into()),
    }
}
