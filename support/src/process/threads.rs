//! Who runs beside the thread that forks.

#[cfg(target_os = "linux")]
use std::ffi::CStr;

/// Service threads of this crate are known by their names, since each copy of its statics has its own: they hold no lock that a child could
/// need.
#[cfg(target_os = "linux")]
pub(super) const WATCHER: &CStr = c"support-watcher";
#[cfg(target_os = "linux")]
pub(super) const SPAWNER: &str = "support-spawner";
pub(super) const HOOK: &str = "support-hook";

/// The threads of this process beside the calling one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "nobody counts them")
)]
pub(super) enum Others {
    None,
    /// Those of pools and tracers of this crate, or the system does not tell.
    Ours,
    /// So many that others have started, and perhaps some of ours.
    Users(usize),
}

/// One short system call where there are none.
#[cfg(target_os = "linux")]
pub(super) fn others() -> Others {
    use std::os::unix::fs::MetadataExt as _;

    use nix::libc;

    // `unshare(2)`: of a process with one thread it changes nothing, with more it fails. Sandboxes may forbid it.
    // SAFETY: it takes a number.
    if unsafe { libc::unshare(libc::CLONE_THREAD) } == 0 {
        return Others::None;
    }
    // `proc_pid_task(5)`: one link for each thread, and two as every folder has.
    match std::fs::metadata("/proc/self/task") {
        Ok(task) if task.nlink() <= 3 => Others::None,
        Ok(_) => by_name().unwrap_or(Others::Ours),
        Err(_) => Others::Ours,
    }
}

#[cfg(target_os = "linux")]
fn by_name() -> std::io::Result<Others> {
    let me = nix::unistd::gettid().to_string();
    let (mut ours, mut users) = (false, 0);
    for task in std::fs::read_dir("/proc/self/task")? {
        let task = task?;
        if task.file_name().to_str() == Some(&me) {
            continue;
        }
        // One that has just ended holds nothing.
        let Ok(name) = std::fs::read_to_string(task.path().join("comm")) else {
            continue;
        };
        match name.trim_end() {
            name if name.starts_with("support-") => {}
            "tracer" => ours = true,
            name if name.starts_with("pool-") => ours = true,
            _ => users += 1,
        }
    }
    Ok(match (users, ours) {
        (0, false) => Others::None,
        (0, true) => Others::Ours,
        _ => Others::Users(users),
    })
}

#[cfg(not(target_os = "linux"))]
pub(super) fn others() -> Others {
    Others::Ours
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn a_thread_beside_is_seen() {
        let (_keep, end) = mpsc::channel::<()>();
        let (say, said) = mpsc::channel();
        let _beside = thread::spawn(move || {
            say.send(()).unwrap();
            let _ = end.recv();
        });
        said.recv().unwrap();
        assert!(matches!(others(), Others::Users(_)), "{:?}", others());
    }
}
