use super::platform::{read, strange};
use super::{Error, inspect};

/// The resident memory of a process in bytes, taken apart by who else has it mapped. Linux only.
///
/// After a fork parent and child share every page. The first write to one, by either, makes it private:
///
/// ```
/// use support::process::Process;
/// use support::process::inspect::memory;
///
/// let mut block = vec![1_u8; 8 << 20];
/// let mut child = Process::start(|| {
///     let look = || memory(std::process::id()).unwrap().unwrap();
///     let before = look();
///     assert!(before.shared_dirty >= 8 << 20);
///     block.fill(2);
///     assert!(look().private() - before.private() >= 8 << 20);
/// })?;
/// assert!(child.join()?.success());
/// # Ok::<(), support::process::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Memory {
    /// All of it (RSS): the sum of the four below.
    pub resident: u64,
    /// Its fair share (PSS): each page divided by the number of processes that have it mapped.
    pub proportional: u64,
    /// Mapped by this process only, and the same as on disk.
    pub private_clean: u64,
    /// Mapped by this process only, and changed or not from a file.
    pub private_dirty: u64,
    /// Mapped by others too, and the same as on disk.
    pub shared_clean: u64,
    /// Mapped by others too, and changed or not from a file.
    pub shared_dirty: u64,
}

impl Memory {
    /// What this process alone has: what its end would free.
    pub fn private(&self) -> u64 {
        self.private_clean + self.private_dirty
    }

    /// What others have mapped too.
    pub fn shared(&self) -> u64 {
        self.shared_clean + self.shared_dirty
    }
}

/// Takes the memory of a process apart: `/proc/<pid>/smaps_rollup` (`proc_pid_smaps(5)`). `None` if the process is gone; all
/// zeroes if it has no memory, as a zombie. Linux only.
///
/// The kernel walks through all pages for it: some milliseconds for a process of a gigabyte.
///
/// # Errors
///
/// [`Error::Look`] if it belongs to another user, otherwise as [`inspect`].
pub fn memory(pid: u32) -> Result<Option<Memory>, Error> {
    match read(pid, "smaps_rollup", &mut [0; 4096])? {
        Some(text) => parse(&text)
            .map(Some)
            .ok_or_else(|| strange(pid, "smaps_rollup")),
        None => Ok(inspect(pid)?.map(|_| Memory::default())),
    }
}

fn parse(text: &str) -> Option<Memory> {
    let field = |name| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kib * 1024)
    };
    Some(Memory {
        resident: field("Rss:")?,
        proportional: field("Pss:")?,
        private_clean: field("Private_Clean:")?,
        private_dirty: field("Private_Dirty:")?,
        shared_clean: field("Shared_Clean:")?,
        shared_dirty: field("Shared_Dirty:")?,
    })
}
