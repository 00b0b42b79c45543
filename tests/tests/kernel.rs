//! What the course relies on in the Rust kernel, asked of a real one. Every wait is bounded.

mod common;

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use common::from_make;
use common::guard::Guard;
use course_tests::{Notebook, root};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

/// The kernel takes 4 s to start, and builds `support` with all it needs in 20 s; a loaded CI machine is slower.
const START: Duration = Duration::from_secs(180);
const CELL: Duration = Duration::from_secs(60);
const SUPPORT: &str =
    ":cache 500\n:dep support = { path = \"../support\" }\nuse support::process::Process;";

struct Kernel {
    commands: ChildStdin,
    replies: Receiver<String>,
    _driver: Guard,
}

struct Reply(Value);

impl Kernel {
    fn start() -> Self {
        Self::start_with(&[])
    }

    fn start_with(environment: &[(&str, &str)]) -> Self {
        let mut driver = Guard::spawn(
            Command::new(python())
                // Cargo sets it for tests, to where std is.
                .env_remove("LD_LIBRARY_PATH")
                .envs(environment.iter().copied())
                .arg(root().join("tests/tests/kernel_driver.py"))
                .arg("rust")
                .current_dir(root().join("notebooks"))
                .stdin(Stdio::piped())
                .stdout(Stdio::piped()),
        );
        let commands = driver.0.stdin.take().expect("piped");
        let lines = BufReader::new(driver.0.stdout.take().expect("piped")).lines();
        let (sender, replies) = channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self {
            commands,
            replies,
            _driver: driver,
        }
    }

    /// Panics when there is no answer within the time; dropping the kernel then kills all of it.
    fn ask(&mut self, command: &Value, within: Duration) -> Reply {
        writeln!(self.commands, "{command}").expect("the driver reads commands");
        let reply = self
            .replies
            .recv_timeout(within)
            .unwrap_or_else(|e| panic!("no answer within {within:?} ({e}) to {command}"));
        Reply(serde_json::from_str(&reply).expect("the driver writes JSON"))
    }

    fn run_within(&mut self, cell: &str, bound: Duration) -> Reply {
        // The driver's own bound is the shorter one, so that it is the one that tells.
        let command = json!({"execute": cell, "timeout": bound.as_secs()});
        self.ask(&command, bound + Duration::from_secs(10))
    }

    fn run(&mut self, cell: &str) -> Reply {
        self.run_within(cell, CELL)
    }

    /// The first command waits for the kernel to start.
    fn with_support() -> Self {
        let mut kernel = Self::start();
        kernel.run_within(SUPPORT, START).assert_ok();
        kernel
    }
}

impl Reply {
    fn text(&self, stream: &str) -> String {
        let outputs = self.0["outputs"].as_array().into_iter().flatten();
        outputs
            .filter(|o| o["name"] == stream)
            .filter_map(|o| o["text"].as_str())
            .collect()
    }

    #[track_caller]
    fn assert_ok(&self) {
        assert!(
            self.0["status"] == "ok" && self.text("stderr").is_empty(),
            "{}",
            self.0
        );
    }
}

/// The kernel's cache keeps the crate, and knows one state of its sources from another.
#[test]
#[ignore = "make test runs it"]
fn a_changed_source_is_seen() {
    let clone = Path::new(env!("CARGO_TARGET_TMPDIR")).join("changed");
    let _ = fs::remove_dir_all(&clone);
    let read = |file: &str| fs::read_to_string(root().join(file)).expect("is there");
    let write = |file: &str, text: &str| {
        let path = clone.join(file);
        fs::create_dir_all(path.parent().expect("has one")).expect("writable");
        fs::write(path, text).expect("writable");
    };
    let workspace = read("Cargo.toml").replace(", \"tests\"", "");
    write("Cargo.toml", &workspace);
    for file in ["claims.toml", "exercises.toml", "python.toml"] {
        write(&format!("data/{file}"), &read(&format!("data/{file}")));
    }
    let copied = Command::new("cp")
        .arg("-R")
        .args([root().join("support"), clone.clone()])
        .status();
    assert!(copied.is_ok_and(|status| status.success()));
    let source = read("support/src/lib.rs");
    let cell = format!(
        ":cache 500\n:dep support = {{ path = {:?}, default-features = false }}\nsupport::state()",
        clone.join("support")
    );
    // The last of them is in the cache.
    for state in [1, 2, 1] {
        let state_of_it =
            format!("{source}\n/// A state.\npub fn state() -> u8 {{\n    {state}\n}}\n");
        write("support/src/lib.rs", &state_of_it);
        let mut kernel = Kernel::start();
        let reply = kernel.run_within(&cell, START);
        let shown = reply.text("text/plain");
        assert_eq!(
            shown.lines().last(),
            Some(&*state.to_string()),
            "{}",
            reply.0
        );
    }
    fs::remove_dir_all(&clone).expect("removable");
}

/// Cells below one that failed do not compile: the last of its own words says what to do.
#[test]
#[ignore = "make test runs it"]
fn a_chapter_says_how_to_go_on() {
    let begin = "support::chapter::begin(\"01-theory\")?;";
    let mut kernel = Kernel::start_with(&[("JPY_SESSION_NAME", "notebooks/01-theory.ipynb")]);
    kernel.run_within(SUPPORT, START).assert_ok();
    kernel.run(begin).assert_ok();
    let panicked =
        kernel.run("let held = [1, 2].iter().position(|n| *n == 3).expect(\"a three\");");
    let said = panicked.text("stderr");
    assert!(
        said.contains("panicked at") && said.contains("a three"),
        "{said}"
    );
    assert!(said.contains("The cell stopped here"), "{said}");
    assert!(!said.contains("stack backtrace"), "{said}");
    // What is not the cell itself may panic and the cell go on.
    for other in [
        "let _ = std::thread::spawn(|| panic!(\"beside\")).join();",
        "let _ = Process::start(|| -> () { panic!(\"beside\") })?.join();",
    ] {
        let said = kernel.run(other).text("stderr");
        assert!(
            said.contains("beside") && !said.contains("stopped here"),
            "{said}"
        );
    }

    let mut mixed = Kernel::start_with(&[("JPY_SESSION_NAME", "notebooks/03-ipc.ipynb")]);
    mixed.run_within(SUPPORT, START).assert_ok();
    let said = mixed.run(begin).text("stderr");
    assert!(
        said.contains("03-ipc") && said.contains(":clear_cache"),
        "{said}"
    );
}

/// In an environment that is set for something else: what is common in CI, and folders that are not there.
#[test]
#[ignore = "make test runs it"]
fn an_environment_made_for_something_else_does_no_harm() {
    for (variable, value) in [
        ("CARGO_INCREMENTAL", "0"),
        ("CARGO_BUILD_TARGET", "nonsense"),
        ("CARGO_TARGET_DIR", "/no/such/folder"),
        ("RUSTC_WRAPPER", "no-such-wrapper"),
        ("RUSTFLAGS", "--cfg something_else"),
        ("PYTHONPATH", "/no/such/folder"),
        ("TMPDIR", "/no/such/folder"),
    ] {
        let mut kernel = Kernel::start_with(&[(variable, value)]);
        kernel.run_within("let held = 20;", START).assert_ok();
        let reply = kernel.run("held + 1");
        assert_eq!(reply.text("text/plain"), "21", "{variable}: {}", reply.0);
    }
}

/// A folder with what starts the kernel, as a clone has it after `make setup`.
struct Elsewhere(PathBuf);

impl Elsewhere {
    fn new(folder: PathBuf) -> Self {
        let _ = fs::remove_dir_all(&folder);
        let copy = |file: &str| {
            let (from, to) = (root().join(file), folder.join(file));
            fs::create_dir_all(to.parent().expect("has one")).expect("writable");
            fs::copy(from, to).expect("writable");
        };
        copy("notebooks/kernel.sh");
        copy("target/kernels/.cargo/config.toml");
        copy("target/kernels/.config/evcxr.toml");
        let spec = "target/venv/share/jupyter/kernels/rust/kernel.json";
        copy(spec);
        let text = fs::read_to_string(folder.join(spec)).expect("copied");
        let mut json: Value = serde_json::from_str(&text).expect("JSON");
        json["argv"][1] = json!(folder.join("notebooks/kernel.sh"));
        fs::write(folder.join(spec), json.to_string()).expect("writable");
        Self(folder)
    }

    /// The folder that its kernel builds in.
    fn builds_in(&self) -> String {
        let path = self.0.join("target/venv/share/jupyter");
        let mut kernel = Kernel::start_with(&[("JUPYTER_PATH", path.to_str().expect("UTF-8"))]);
        kernel.run_within("let held = 20;", START).assert_ok();
        let reply = kernel.run("(held + 1, std::env::var(\"EVCXR_TMPDIR\")?)");
        let shown = reply.text("text/plain");
        assert!(shown.starts_with("(21, "), "{}", reply.0);
        shown
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The kernel says a library's path in a line whose words are parted by spaces: its folder is elsewhere then.
#[test]
#[ignore = "make test runs it"]
fn a_folder_with_spaces_and_chinese_signs_does_no_harm() {
    let clone = Elsewhere::new(Path::new(env!("CARGO_TARGET_TMPDIR")).join("a b 中"));
    let shown = clone.builds_in();
    assert!(shown.contains("/course-"), "{shown}");
}

/// A cell's library looks for std by a path that is one folder short there.
#[test]
#[ignore = "make test runs it"]
fn a_clone_beside_the_toolchain_does_no_harm() {
    let toolchain = Command::new("rustc").args(["--print", "sysroot"]).output();
    let toolchain = String::from_utf8(toolchain.expect("rustc runs").stdout).expect("UTF-8");
    let Some(home) = std::env::home_dir().filter(|home| Path::new(&toolchain).starts_with(home))
    else {
        println!("passed over: the toolchain is not in the home folder");
        return;
    };
    let clone = Elsewhere::new(home.join(format!(".course-test-{}", std::process::id())));
    let shown = clone.builds_in();
    assert!(shown.contains("/.course-test-"), "{shown}");
}

/// *Run All* comes by every solution; one cell knows of the other's answer, though they share no statics.
#[test]
#[ignore = "make test runs it"]
fn a_solution_opens_when_there_was_an_answer() {
    let mut kernel = Kernel::with_support();
    let mut shown = |cell: &str| kernel.run(cell).text("text/plain");
    let solution = "support::exercise::solution(\"forks-that-fork\", || Ok(8))?";
    let mut opens = |answer: &str| {
        shown(&format!(
            "support::exercise::check(\"forks-that-fork\", {answer})?"
        ));
        shown(solution).contains("RIGHT")
    };
    assert!(!opens("()"));
    assert!(opens("7"));
    assert!(!opens("()"));
}

/// A child keeps the kernel's stdout open: if it outlived the interrupt, the kernel would hang.
#[test]
#[ignore = "make test runs it"]
fn an_interrupt_ends_the_child_and_frees_the_kernel() {
    let mut kernel = Kernel::with_support();
    let started = kernel.run(
        "let mut child = Process::start(|| std::thread::sleep(std::time::Duration::from_secs(60)))?;\n\
         println!(\"{}\", child.pid());",
    );
    started.assert_ok();
    let pid: u32 = started.text("stdout").trim().parse().expect("a process id");
    assert!(is_alive(pid), "the child runs");

    kernel.ask(&json!({"start": "child.join()?;"}), CELL);
    thread::sleep(Duration::from_secs(3)); // The cell is compiled in less, and waits for the child from then on.
    kernel.ask(&json!({"interrupt": true}), CELL);
    let interrupted = Instant::now();
    let next = kernel.run_within("1 + 1", Duration::from_secs(30));
    next.assert_ok();
    assert_eq!(next.text("text/plain"), "2");
    assert!(interrupted.elapsed() < Duration::from_secs(30));
    assert!(!is_alive(pid), "the child is gone");
}

/// What the rule "stderr is a failure" rests on. Should the kernel ever report an error here, the rule can go.
#[test]
#[ignore = "make test runs it"]
fn a_panic_and_an_err_count_as_success_but_reach_stderr() {
    let mut kernel = Kernel::start();
    let panicked = kernel.run_within("panic!(\"on purpose\");", START);
    assert_eq!(panicked.0["status"], "ok");
    assert!(
        panicked.text("stderr").contains("panicked at"),
        "{}",
        panicked.0
    );

    let err = kernel.run("std::fs::read(\"/no/such/file\")?;");
    assert_eq!(err.0["status"], "ok");
    assert!(err.text("stderr").contains("No such file"), "{}", err.0);

    let refused = kernel.run("let n: i32 = \"text\";");
    assert_eq!(refused.0["status"], "error");
}

#[test]
#[ignore = "make test runs it"]
fn a_child_prints_once_and_its_panic_stays_with_it() {
    let mut kernel = Kernel::with_support();
    let printed = kernel.run(
        "println!(\"parent\");\n\
         Process::start(|| println!(\"child\"))?.join()?;",
    );
    printed.assert_ok();
    assert_eq!(printed.text("stdout"), "parent\nchild\n");

    let panicked = kernel.run("Process::start(|| -> () { panic!(\"on purpose\") })?.join()?;");
    assert!(
        panicked.text("stderr").contains("panicked at"),
        "{}",
        panicked.0
    );
    let next = kernel.run("6 * 7");
    next.assert_ok();
    assert_eq!(next.text("text/plain"), "42");
}

/// What `make` relies on: the runner fails where the kernel reports a success, and says where.
#[test]
#[ignore = "make test runs it"]
fn a_run_stops_at_the_cell_that_went_wrong_and_names_it() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (name, wrong, message) in [
        ("panics", "panic!(\"on purpose\");", "on purpose"),
        ("errs", "std::fs::read(\"/no/such/file\")?;", "No such file"),
        ("refused", "let n: i32 = \"text\";", "mismatched types"),
    ] {
        let (source, target) = (
            folder.join(format!("{name}.ipynb")),
            folder.join("out.ipynb"),
        );
        let notebook = of_cells(&["1 + 1", wrong, "2 + 2"]);
        fs::write(&source, notebook).expect("the test's own folder can be written");

        let mut run = Guard::spawn(
            Command::new(python())
                .arg(root().join("notebooks/execute.py"))
                .args([&source, &target])
                .stdout(Stdio::null())
                .stderr(Stdio::piped()),
        );
        let started = Instant::now();
        let status = loop {
            if let Some(status) = run.0.try_wait().expect("the runner is our child") {
                break status;
            }
            assert!(
                started.elapsed() < START,
                "{name} still runs after {START:?}"
            );
            thread::sleep(Duration::from_millis(100));
        };
        let mut said = String::new();
        let mut stderr = run.0.stderr.take().expect("piped");
        stderr.read_to_string(&mut said).expect("UTF-8");
        assert!(!status.success(), "{name}");
        assert!(said.contains(&format!("{name} cell 2: ")), "{said}");
        assert!(said.contains(message), "{said}");
        let written = Notebook::read(&target).expect("what was run is written");
        let counts: Vec<_> = written.code().map(|cell| cell.number().is_some()).collect();
        assert_eq!(counts, [true, true, false]);
    }
}

/// The text of a notebook.
fn of_cells(sources: &[&str]) -> String {
    let cells: Vec<Value> = sources
        .iter()
        .enumerate()
        .map(|(i, source)| {
            json!({"cell_type": "code", "id": format!("c{i}"), "source": source, "metadata": {},
                   "execution_count": null, "outputs": []})
        })
        .collect();
    json!({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).to_string()
}

/// Ctrl-C in the middle of a long cell, or `kill` of its `make`: one line, and soon.
#[test]
#[ignore = "make test runs it"]
fn a_run_that_is_interrupted_says_so_in_one_line() {
    interrupted_by(Signal::SIGINT);
    interrupted_by(Signal::SIGTERM);
}

fn interrupted_by(signal: Signal) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let source = folder.join("long.ipynb");
    let long = "std::thread::sleep(std::time::Duration::from_secs(200));";
    fs::write(&source, of_cells(&["1 + 1", long])).expect("the test's own folder can be written");
    let mut run = Guard::spawn(
        Command::new(python())
            .arg(root().join("notebooks/execute.py"))
            .args([&source, &folder.join("out.ipynb")])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped()),
    );
    let lines = BufReader::new(run.0.stdout.take().expect("piped")).lines();
    let mut lines = lines.map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("long cell 1/2")));
    thread::sleep(Duration::from_secs(3)); // The cell is compiled in less.
    let runner = Pid::from_raw(run.0.id() as i32);
    kill(runner, signal).expect("it runs");
    let mut said = String::new();
    let mut stderr = run.0.stderr.take().expect("piped");
    let interrupted = Instant::now();
    stderr.read_to_string(&mut said).expect("UTF-8");
    assert!(!run.0.wait().expect("the runner is our child").success());
    assert!(interrupted.elapsed() < CELL);
    assert!(said.contains("long cell 2: interrupted"), "{said}");
    assert!(!said.contains("Traceback"), "{said}");
}

fn python() -> OsString {
    from_make("COURSE_PYTHON").unwrap_or_else(|why| panic!("{why}"))
}

fn is_alive(pid: u32) -> bool {
    use sysinfo::{Pid, ProcessStatus, ProcessesToUpdate, System};
    let pid = Pid::from_u32(pid);
    let mut system = System::new().expect("this system is supported");
    system.refresh_processes(ProcessesToUpdate::Some(&[pid]), true);
    system
        .process(pid)
        .is_some_and(|process| process.status() != ProcessStatus::Zombie)
}
