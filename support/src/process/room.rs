//! How much room the system leaves for a crowd: `proc(5)`, `getrlimit(2)`, `cgroups(7)`.

use std::path::Path;
use std::{fs, io};

use nix::sys::resource::{Resource, getrlimit};
use sysinfo::{MemoryRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, RefreshKind, System};

/// What is left of something, and which limit says so. The smallest of several is the one that counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Room {
    /// So many more, or so many bytes.
    pub left: u64,
    /// The limit, as part of a sentence.
    pub limit: String,
}

/// How many more processes and threads may be started here, the threads of others on the machine counted: by `pid_max`, `threads-max`,
/// the user's limit (`RLIMIT_NPROC`, which does not bind root) and the `pids.max` of the control groups that this process is in.
/// Other processes come and go: it is what was left just now.
///
/// ```
/// let room = support::process::room_for_tasks()?;
/// println!("{} more: {}", room.left, room.limit);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// If `/proc` cannot be read.
pub fn room_for_tasks() -> io::Result<Room> {
    let taken = number(&fs::read_to_string("/proc/loadavg")?, "/")?;
    let mut limits = Vec::new();
    for name in ["pid_max", "threads-max"] {
        let most = number(
            &fs::read_to_string(Path::new("/proc/sys/kernel").join(name))?,
            "",
        )?;
        limits.push(Room {
            left: most.saturating_sub(taken),
            limit: format!("{name} is {most}, of which {taken} are taken"),
        });
    }
    let (most, _) = getrlimit(Resource::RLIMIT_NPROC)?;
    let user = number(&fs::read_to_string("/proc/self/status")?, "Uid:")?;
    if user != 0 && most < i64::MAX as u64 {
        let taken = tasks_of(user)?;
        limits.push(Room {
            left: most.saturating_sub(taken),
            limit: format!("the user may have {most} (ulimit -u), of which {taken} are taken"),
        });
    }
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    for (most, taken) in tasks_in_groups(Path::new("/sys/fs/cgroup"), &groups) {
        limits.push(Room {
            left: most.saturating_sub(taken),
            limit: format!(
                "the control group may have {most} (pids.max), of which {taken} are taken"
            ),
        });
    }
    least(limits)
}

/// How many bytes of memory are free without swapping: of the machine, and of the control groups that this process is in, whose page cache
/// counts as taken.
///
/// # Errors
/// If the system does not tell.
pub fn room_for_memory() -> io::Result<Room> {
    let ram = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let mut system = System::new_with_specifics(ram).map_err(io::Error::other)?;
    let me = Pid::from_u32(std::process::id());
    let what = ProcessRefreshKind::nothing().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[me]), true, what);
    let left = system.available_memory();
    let machine = Room {
        left,
        limit: format!("the machine has {} free", mebibytes(left)),
    };
    let limits = system
        .process(me)
        .and_then(|process| process.cgroup_limits());
    let group = limits.map(|limits| Room {
        left: limits.free_memory,
        limit: format!(
            "the control group may have {}, of which {} MiB are free",
            mebibytes(limits.total_memory),
            limits.free_memory >> 20
        ),
    });
    least(group.into_iter().chain([machine]).collect())
}

fn least(limits: Vec<Room>) -> io::Result<Room> {
    limits
        .into_iter()
        .min()
        .ok_or_else(|| io::Error::other("no limit is known"))
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB of memory", bytes >> 20)
}

/// The number that stands after `key`.
fn number(text: &str, key: &str) -> io::Result<u64> {
    let rest = text.split_once(key).map_or(text, |(_, rest)| rest);
    let word = rest.split_whitespace().next().unwrap_or_default();
    word.parse().map_err(|_| {
        io::Error::other(format!(
            "a number was wanted in /proc, and there is `{word}`"
        ))
    })
}

/// Threads of all processes of a user.
fn tasks_of(user: u64) -> io::Result<u64> {
    let mut tasks = 0;
    for entry in fs::read_dir("/proc")?.flatten() {
        // Those that end meanwhile count no more.
        let Ok(status) = fs::read_to_string(entry.path().join("status")) else {
            continue;
        };
        if number(&status, "Uid:").is_ok_and(|uid| uid == user) {
            tasks += number(&status, "Threads:").unwrap_or(0);
        }
    }
    Ok(tasks)
}

/// How many tasks control groups allow, and have: those of `groups`, as `/proc/PID/cgroup` names them, and all above, as far as they can be
/// seen from here. Those without a limit are left out.
fn tasks_in_groups(root: &Path, groups: &str) -> Vec<(u64, u64)> {
    let mut limits = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (fields.next(), fields.next()) else {
            continue;
        };
        // Version 2 has one tree for all, version 1 one for each.
        let tree = match controllers {
            "" => root.to_owned(),
            some if some.split(',').any(|name| name == "pids") => root.join("pids"),
            _ => continue,
        };
        let mut folder = tree.join(group.trim_start_matches('/'));
        // In a container the path may be that of the host, of which only the tree's root is there.
        while folder.starts_with(&tree) {
            let read = |file| {
                fs::read_to_string(folder.join(file))
                    .ok()?
                    .trim()
                    .parse()
                    .ok()
            };
            if let (Some(most), Some(taken)) = (read("pids.max"), read("pids.current")) {
                limits.push((most, taken));
            }
            if !folder.pop() {
                break;
            }
        }
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_of_all_groups_above_count() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("a/pids.max", "100\n");
        write("a/pids.current", "10\n");
        write("a/b/pids.max", "max\n");
        write("a/b/pids.current", "3\n");
        write("pids/c/pids.max", "7\n");
        write("pids/c/pids.current", "2\n");
        write("memory/pids.max", "1\n");
        let limits = |groups: &str| tasks_in_groups(root.path(), groups);
        assert_eq!(limits("0::/a/b\n"), [(100, 10)]);
        assert_eq!(limits("0::/a\n"), [(100, 10)]);
        assert_eq!(limits("4:cpu,pids:/c\n3:memory:/\n0::/\n"), [(7, 2)]);
        // As the host says it, in a container.
        assert_eq!(limits("0::/a/gone\n"), [(100, 10)]);
        assert_eq!(limits("nonsense\n0::/../..\n"), []);
    }

    #[test]
    fn a_number_of_this_machine_is_found() {
        assert_eq!(number("Name: x\nThreads:\t12\n", "Threads:").unwrap(), 12);
        assert!(number("Threads: many", "Threads:").is_err());
        let user = number(&fs::read_to_string("/proc/self/status").unwrap(), "Uid:").unwrap();
        assert!(tasks_of(user).unwrap() > 0);
        let (tasks, memory) = (room_for_tasks().unwrap(), room_for_memory().unwrap());
        assert!(
            tasks.left > 0 && memory.left > 1 << 20,
            "{tasks:?} {memory:?}"
        );
    }
}
