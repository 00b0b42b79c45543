//! The machine that a notebook was run on.

use std::fmt;
use std::process::Command;
use std::thread;
use std::time::Duration;

use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use super::second::{SecondError, course_second};
use crate::display::{emit, escape};

/// What a reader must know of the machine to read the numbers: shown at the top of each notebook.
///
/// ```
/// let machine = support::measure::Machine::describe()?;
/// assert!(machine.cores >= 1);
/// println!("{machine}");
/// # Ok::<(), support::measure::SecondError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// Cores that this process may use (affinity and cgroup quota considered).
    pub cores: usize,
    /// The processor's name.
    pub cpu: String,
    /// Memory in bytes.
    pub memory: u64,
    /// Operating system and kernel.
    pub kernel: String,
    /// The compiler on the PATH, which is what compiles the cells.
    pub rustc: String,
    /// How long a course second is.
    pub second: Duration,
}

impl Machine {
    /// Looks at this machine. What cannot be found out is called "unknown".
    ///
    /// # Errors
    /// [`SecondError`] when `COURSE_SECOND_MS` is wrong: better at the top of a notebook than in its middle.
    pub fn describe() -> Result<Self, SecondError> {
        let second = course_second()?;
        let system = System::new_with_specifics(
            RefreshKind::nothing()
                .with_cpu(CpuRefreshKind::nothing())
                .with_memory(MemoryRefreshKind::nothing().with_ram()),
        )
        .ok();
        let cpu = system
            .as_ref()
            .and_then(|system| system.cpus().first())
            .map(|cpu| cpu.brand().trim())
            .filter(|brand| !brand.is_empty());
        let system_name = System::name().unwrap_or_else(|_| "unknown system".to_owned());
        let version = System::kernel_version().unwrap_or_default();
        Ok(Self {
            cores: thread::available_parallelism().map_or(1, usize::from),
            cpu: cpu.unwrap_or("unknown").to_owned(),
            memory: system.as_ref().map_or(0, System::total_memory),
            kernel: format!("{system_name} {version}").trim_end().to_owned(),
            rustc: rustc().unwrap_or_else(|| "unknown".to_owned()),
            second,
        })
    }

    /// Shows the description as a cell's output.
    pub fn evcxr_display(&self) {
        let rows: String = self
            .rows()
            .iter()
            .map(|(name, value)| {
                format!("<tr><th scope=\"row\" style=\"text-align:left\">{name}</th><td style=\"text-align:left\">{}</td></tr>", escape(value))
            })
            .collect();
        let html = format!("<table class=\"machine\"><tbody>{rows}</tbody></table>");
        emit(&[("text/html", &html), ("text/plain", &self.to_string())]);
    }

    fn rows(&self) -> [(&'static str, String); 6] {
        [
            ("cores", self.cores.to_string()),
            ("processor", self.cpu.clone()),
            (
                "memory",
                format!("{:.1} GiB", self.memory as f64 / f64::from(1 << 30)),
            ),
            ("kernel", self.kernel.clone()),
            ("compiler", self.rustc.clone()),
            ("course second", format!("{} ms", self.second.as_millis())),
        ]
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows().map(|(name, value)| format!("{name}: {value}"));
        f.write_str(&rows.join("\n"))
    }
}

fn rustc() -> Option<String> {
    let output = Command::new("rustc").arg("--version").output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (!version.is_empty()).then_some(version)
}
