//! A program that stands in a cell, with what it printed and how it ended.

use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{env, fs, io, process};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::run::{execute, last_line};
use super::{Error, Python};
use crate::chart::Axis;
use crate::display::{BOX, both, emit, escape};
use crate::measure::course_second;
use crate::process::{Command, Exit};

/// What a program in a cell may take, unless [`Program::limit`] says otherwise.
const LIMIT: Duration = Duration::from_secs(10);
/// Of each of stdout and stderr, in lines: the first half and the last.
const LINES: usize = 40;
/// Stands before the first line, which is empty where the program begins on a line of its own: the numbers of lines are as in the cell.
const BEFORE: &str = "import json as _j, os as _o; second = float(_o.environ['COURSE_SECOND']); \
     give = lambda **values: open(_o.environ['COURSE_VALUES'], 'a').write(_j.dumps(values) + '\\n')";

/// Runs a Python program that stands in a cell, with the interpreter that [`Python::find`] finds. The cell shows what it printed, how long
/// it took and how it ended.
///
/// The program has `second`, a course second in seconds, for its sleeps, and `give(name=value)`, which hands a value to Rust. It has
/// ten seconds ([`Program`] has another limit); then it is killed, with all that it has started. It runs as a file, isolated (`-I`), so that
/// `multiprocessing` can start it again.
///
/// What goes wrong in Python is what a cell may want to show: nothing here is an error, not even that there is no Python.
///
/// ```
/// use support::measure::python;
///
/// let said = python(r#"
/// money = [100]
/// money.append(money)
/// give(length=len(money))
/// print(money)
/// "#);
/// if said.here() {
///     assert_eq!(said.value("length"), Some(2));
///     assert_eq!(said.printed(), "[100, [...]]\n");
/// }
/// ```
pub fn python(program: &str) -> Ran {
    Program::new(program).run()
}

/// A program for [`python`], with another limit, interpreter or arguments.
///
/// ```
/// use std::time::Duration;
/// use support::measure::python::Program;
///
/// let said = Program::new("while True: pass").limit(Duration::from_millis(300)).run();
/// assert!(!said.here() || said.hung());
/// ```
#[derive(Debug, Clone)]
pub struct Program {
    text: String,
    limit: Duration,
    interpreter: Option<Python>,
}

impl Program {
    /// The text of a program.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            limit: LIMIT,
            interpreter: None,
        }
    }

    /// How long it may run; what hangs on purpose needs less.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Another interpreter than the one that is found, such as [`Python::free_threaded`].
    #[must_use]
    pub fn with(mut self, interpreter: &Python) -> Self {
        self.interpreter = Some(interpreter.clone());
        self
    }

    /// Runs it to its end, or to the end of its time.
    #[must_use]
    pub fn run(self) -> Ran {
        let found = self.interpreter.clone().map_or_else(Python::find, Ok);
        found
            .and_then(|python| self.run_with(&python))
            .unwrap_or_else(|error| Ran::without(&error))
    }

    fn run_with(&self, python: &Python) -> Result<Ran, Error> {
        let folder = Folder::new().map_err(Error::Read)?;
        let (file, values) = (folder.0.join("cell.py"), folder.0.join("values"));
        fs::write(&file, format!("{BEFORE}{}", self.on_its_own_line())).map_err(Error::Read)?;
        let second = course_second()?;
        let mut command = Command::new(python.program());
        command
            .args(["-I", "-u"])
            .arg(&file)
            .env("COURSE_SECOND", second.as_secs_f64().to_string())
            .env("COURSE_VALUES", &values);
        let ended = execute(command, self.limit)?;
        let text = |bytes: &[u8]| {
            // What the file is called is nobody's concern.
            let text = String::from_utf8_lossy(bytes);
            text.replace(&file.display().to_string(), "cell.py")
        };
        let end = match ended.exit {
            None => End::Hung(self.limit),
            Some(exit) if exit.success() => End::Well,
            Some(Exit::Code(1)) if text(&ended.stderr).contains("Traceback") => {
                End::Raised(last_line(&ended.stderr))
            }
            Some(exit) => End::Exit(exit),
        };
        Ok(Ran {
            python: python.to_string(),
            version: python.version().to_owned(),
            printed: text(&ended.stdout),
            complained: text(&ended.stderr),
            took: ended.took,
            end,
            values: read(&values),
        })
    }

    fn on_its_own_line(&self) -> String {
        if self.text.starts_with('\n') {
            self.text.clone()
        } else {
            format!("\n{}", self.text)
        }
    }
}

/// All that was given, the last of each name.
fn read(values: &Path) -> Map<String, Value> {
    let text = fs::read_to_string(values).unwrap_or_default();
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines.flat_map(|given: Map<String, Value>| given).collect()
}

/// A folder that is gone with its last user.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("course-python-{}-{number}", process::id());
        let folder = env::temp_dir().join(name);
        // One of a process that had our number is nobody's any more.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// By itself, with exit code 0.
    Well,
    /// By an exception that nobody caught: the last line of its traceback, such as `TypeError: 'int' object is not callable`.
    Raised(String),
    /// With another code, or by a signal.
    Exit(Exit),
    /// It was still running after this time, and was killed.
    Hung(Duration),
    /// It did not run: there is no interpreter, or it could not be started.
    Not(String),
}

impl End {
    /// In English and Chinese.
    fn words(&self) -> [String; 2] {
        match self {
            Self::Well => ["ended".into(), "正常结束".into()],
            Self::Raised(line) => [format!("raised {line}"), format!("抛出 {line}")],
            Self::Exit(exit) => [format!("ended with {exit}"), format!("结束：{exit}")],
            Self::Hung(limit) => [
                format!("hung: it was ended after {limit:?}"),
                format!("挂起：{limit:?} 后被终止"),
            ],
            Self::Not(why) => [format!("did not run: {why}"), format!("没有运行：{why}")],
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Raised(_) => "raised",
            Self::Exit(_) => "exit",
            Self::Hung(_) => "hung",
            Self::Not(_) => "not",
        }
    }
}

/// A Python program that was run, as a cell shows it.
#[derive(Debug, Clone)]
pub struct Ran {
    python: String,
    version: String,
    printed: String,
    complained: String,
    took: Duration,
    end: End,
    values: Map<String, Value>,
}

impl Ran {
    fn without(error: &Error) -> Self {
        Self {
            python: String::new(),
            version: String::new(),
            printed: String::new(),
            complained: String::new(),
            took: Duration::ZERO,
            end: End::Not(error.to_string()),
            values: Map::new(),
        }
    }

    /// Whether it ran at all.
    #[must_use]
    pub fn here(&self) -> bool {
        !matches!(self.end, End::Not(_))
    }

    /// What it wrote to stdout.
    #[must_use]
    pub fn printed(&self) -> &str {
        &self.printed
    }

    /// What it wrote to stderr: tracebacks, those of its threads and children too.
    #[must_use]
    pub fn complained(&self) -> &str {
        &self.complained
    }

    /// From its start to its end, the interpreter's own start included.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.took
    }

    /// How it ended.
    #[must_use]
    pub fn end(&self) -> &End {
        &self.end
    }

    /// Whether it was still running at the end of its time.
    #[must_use]
    pub fn hung(&self) -> bool {
        matches!(self.end, End::Hung(_))
    }

    /// A value that it gave by this name; nothing if it gave none, or one of another type.
    #[must_use]
    pub fn value<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_value(self.values.get(name)?.clone()).ok()
    }

    /// Who ran it, for the note of a verdict: "CPython 3.11.7, this run".
    #[must_use]
    pub fn source(&self) -> String {
        match &self.end {
            End::Not(why) => why.clone(),
            _ => format!("{}, this run", self.version),
        }
    }

    fn html(&self) -> String {
        let (end, name) = (self.end.words(), self.end.name());
        let took = Axis::time("").format(self.took.as_secs_f64());
        let head = if self.here() {
            format!("<b>{}</b> · {took} · {}", escape(&self.version), both(end))
        } else {
            format!("<b>Python</b> · {}", both(end))
        };
        let mut html = format!(
            "<div class=\"python python-{name}\" role=\"group\" aria-label=\"Python\" title=\"{}\" style=\"{BOX}\"><div>{head}</div>",
            escape(&self.python)
        );
        for (class, text) in [("printed", &self.printed), ("complained", &self.complained)] {
            if !text.trim().is_empty() {
                let _ = write!(
                    html,
                    "<pre class=\"python-{class}\" style=\"margin:.4em 0 0;white-space:pre-wrap{}\">{}</pre>",
                    if class == "complained" {
                        ";opacity:.75"
                    } else {
                        ""
                    },
                    escape(&shortened(text))
                );
            }
        }
        html.push_str("</div>");
        html
    }

    /// Shows the run as the output of a notebook cell; the evcxr kernel calls it.
    pub fn evcxr_display(&self) {
        emit(&[
            ("text/html", &self.html()),
            ("text/plain", &self.to_string()),
        ]);
    }
}

/// The run in plain text.
impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [en, zh] = self.end.words();
        match self.here() {
            true => {
                let took = Axis::time("").format(self.took.as_secs_f64());
                write!(f, "{} · {took} · {en} {zh}", self.version)?;
            }
            false => write!(f, "Python · {en} {zh}")?,
        }
        for text in [&self.printed, &self.complained] {
            if !text.trim().is_empty() {
                write!(f, "\n{}", shortened(text).trim_end())?;
            }
        }
        Ok(())
    }
}

/// The first lines and the last.
fn shortened(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    match lines.len().checked_sub(LINES) {
        None | Some(0) => text.to_owned(),
        Some(more) => {
            let (first, last) = (&lines[..LINES / 2], &lines[lines.len() - LINES / 2..]);
            format!(
                "{}\n… {more} more lines …\n{}",
                first.join("\n"),
                last.join("\n")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::inspect::{State, inspect};

    fn ran(program: &str) -> Option<Ran> {
        let ran = Program::new(program).limit(Duration::from_secs(20)).run();
        if !ran.here() {
            println!("passed over: {ran}");
        }
        ran.here().then_some(ran)
    }

    #[test]
    fn values_come_back() {
        let Some(ran) = ran("\ngive(a=[1, 2.5], b='x')\ngive(a=3)\nprint('said')") else {
            return;
        };
        assert_eq!(
            (ran.value("a"), ran.value("b")),
            (Some(3), Some("x".to_owned()))
        );
        assert_eq!((ran.value::<i32>("b"), ran.value::<i32>("c")), (None, None));
        assert_eq!(
            (ran.printed(), ran.complained(), ran.end()),
            ("said\n", "", &End::Well)
        );
    }

    #[test]
    fn the_end_is_told() {
        let Some(raised) = ran("\n\nmoney = 100\nmoney()") else {
            return;
        };
        assert_eq!(
            raised.end(),
            &End::Raised("TypeError: 'int' object is not callable".into())
        );
        assert!(
            raised.complained().contains("File \"cell.py\", line 4"),
            "{raised}"
        );
        let exit = ran("import sys; sys.exit(3)").expect("there was one");
        assert_eq!(exit.end(), &End::Exit(Exit::Code(3)));
        let killed = ran("import os; os.kill(os.getpid(), 9)").expect("there was one");
        assert_eq!(killed.end(), &End::Exit(Exit::Signal(9)));
    }

    /// Its children too; what was printed and given until then is kept.
    #[test]
    fn what_hangs_is_ended() {
        let program = "\nimport subprocess, sys, time\nprint('before')\n\
             child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\ngive(child=child.pid)\ntime.sleep(600)";
        let ran = Program::new(program).limit(Duration::from_secs(3)).run();
        if !ran.here() {
            return;
        }
        assert!(ran.hung() && ran.printed() == "before\n", "{ran}");
        assert!(ran.took() < Duration::from_secs(10));
        let child: u32 = ran.value("child").expect("it was given");
        let end = std::time::Instant::now() + Duration::from_secs(10);
        let runs = || {
            let child = inspect(child).expect("/proc can be read");
            child.is_some_and(|child| child.state != State::Zombie)
        };
        while runs() && std::time::Instant::now() < end {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(!runs(), "{child} is left");
    }

    #[test]
    fn children_can_be_spawned() {
        let program = "\nimport multiprocessing\n\ndef task(n):\n    print('child', n, second > 0)\n\n\
             if __name__ == '__main__':\n    child = multiprocessing.get_context('spawn').Process(target=task, args=(7,))\n\
             \x20   child.start()\n    child.join()\n    give(code=child.exitcode)";
        let Some(ran) = ran(program) else { return };
        assert_eq!(
            (ran.value("code"), ran.printed()),
            (Some(0), "child 7 True\n"),
            "{ran}"
        );
    }

    #[test]
    fn without_an_interpreter_it_says_so() {
        let absent = Error::Absent {
            tried: vec!["on the PATH: <none>".into()],
        };
        let ran = Ran::without(&absent);
        assert!(!ran.here() && ran.html().contains("&lt;none&gt;"));
        assert!(ran.to_string().contains("没有运行"));
    }

    #[test]
    fn much_output_is_shortened() {
        let text: String = (0..100).map(|i| format!("{i}\n")).collect();
        let short = shortened(&text);
        assert!(
            short.contains("19\n… 60 more lines …\n80") && short.ends_with("99"),
            "{short}"
        );
        assert_eq!(shortened("a\nb\n"), "a\nb\n");
    }
}
