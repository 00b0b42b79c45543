//! Which process a pool belongs to: a forked child has a copy of it, but none of its threads.

use std::process;

use super::Error;

/// The process that made a pool.
#[derive(Clone, Copy)]
pub(super) struct Owner {
    pid: u32,
    #[cfg(target_os = "linux")]
    page: Option<page::Page>,
}

impl Owner {
    pub(super) fn this_process() -> Owner {
        let pid = process::id();
        Owner {
            pid,
            #[cfg(target_os = "linux")]
            page: page::of(pid),
        }
    }

    /// Whether this process is not the owner. Each task asks: a system call would cost as much as the rest of it.
    pub(super) fn is_elsewhere(&self) -> bool {
        #[cfg(target_os = "linux")]
        if let Some(page) = self.page {
            return page.pid() != self.pid;
        }
        process::id() != self.pid
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        if self.is_elsewhere() {
            Err(self.error())
        } else {
            Ok(())
        }
    }

    pub(super) fn error(&self) -> Error {
        let owner = self.pid;
        Error::NotOwner { owner }
    }
}

#[cfg(target_os = "linux")]
mod page {
    use std::ptr;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use nix::libc;

    /// A word on a page that the kernel clears in each forked child (`MADV_WIPEONFORK`, `madvise(2)`).
    #[derive(Clone, Copy)]
    pub(super) struct Page(&'static AtomicU32);

    impl Page {
        pub(super) fn pid(self) -> u32 {
            self.0.load(Relaxed)
        }
    }

    /// The page, with this process's id; none if the kernel has no such pages.
    pub(super) fn of(pid: u32) -> Option<Page> {
        static PAGE: OnceLock<Option<Page>> = OnceLock::new();
        let page = PAGE.get_or_init(make);
        page.inspect(|page| page.0.store(pid, Relaxed))
    }

    fn make() -> Option<Page> {
        let size = size_of::<AtomicU32>();
        let (access, kind) = (
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
        );
        // SAFETY: a new mapping at a place of the kernel's choice.
        let page = unsafe { libc::mmap(ptr::null_mut(), size, access, kind, -1, 0) };
        if page == libc::MAP_FAILED {
            return None;
        }
        // SAFETY: the mapping just made, which nothing uses yet.
        unsafe {
            if libc::madvise(page, size, libc::MADV_WIPEONFORK) != 0 {
                libc::munmap(page, size);
                return None;
            }
        }
        // SAFETY: it is aligned, starts as zero, and stays for the life of the process.
        Some(Page(unsafe { &*page.cast::<AtomicU32>() }))
    }
}
