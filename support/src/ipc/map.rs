//! Memory that a process shares with the processes it forks.

use std::io;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::num::NonZeroUsize;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;

use nix::libc;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};

use super::Error;

/// A range of pages, unmapped when dropped.
#[derive(Debug)]
pub(super) struct Pages {
    start: NonNull<u8>,
    length: NonZeroUsize,
}

// SAFETY: an address range that belongs to the process, not to a thread.
unsafe impl Send for Pages {}
// SAFETY: as above; what lies in it decides for itself what may be shared.
unsafe impl Sync for Pages {}

impl Pages {
    /// Zeroed pages that forked children share.
    pub(super) fn shared(length: usize) -> Result<Pages, Error> {
        Pages::anonymous(
            length,
            ProtFlags::PROT_READ | ProtFlags::PROT_WRITE,
            MapFlags::MAP_SHARED,
        )
    }

    fn anonymous(length: usize, protection: ProtFlags, flags: MapFlags) -> Result<Pages, Error> {
        let length = NonZeroUsize::new(length).unwrap_or(NonZeroUsize::MIN);
        // SAFETY: a new mapping at an address that the system chooses touches no other.
        let start = unsafe { mmap_anonymous(None, length, protection, flags) }
            .map_err(|errno| Error::map(length.get(), errno.into()))?;
        Ok(Pages {
            start: start.cast(),
            length,
        })
    }

    /// `length` shared bytes, mapped twice in a row: every run of up to `length` bytes that begins in the first copy is in one piece.
    /// `length` must be a multiple of the page size.
    #[cfg(target_os = "linux")]
    pub(super) fn mirrored(length: usize) -> Result<Pages, Error> {
        use nix::sys::memfd::{MFdFlags, memfd_create};
        use nix::sys::mman::mmap;

        let failed = |errno: nix::Error| Error::map(2 * length, errno.into());
        let file = memfd_create("support-ipc", MFdFlags::MFD_CLOEXEC).map_err(failed)?;
        nix::unistd::ftruncate(&file, length as libc::off_t).map_err(failed)?;
        let pages = Pages::anonymous(2 * length, ProtFlags::PROT_NONE, MapFlags::MAP_PRIVATE)?;
        for copy in 0..2 {
            let address = NonZeroUsize::new(pages.start.as_ptr() as usize + copy * length);
            // SAFETY: replaces half of the range reserved above, which nothing uses yet.
            unsafe {
                mmap(
                    address,
                    NonZeroUsize::new(length).unwrap_or(NonZeroUsize::MIN),
                    ProtFlags::PROT_READ | ProtFlags::PROT_WRITE,
                    MapFlags::MAP_SHARED | MapFlags::MAP_FIXED,
                    &file,
                    0,
                )
            }
            .map_err(failed)?;
        }
        Ok(pages)
    }

    pub(super) fn start(&self) -> *mut u8 {
        self.start.as_ptr()
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: the range was mapped by us, and whoever pointed into it is gone.
        let unmapped = unsafe { munmap(self.start.cast(), self.length.get()) };
        debug_assert_eq!(unmapped, Ok(()));
    }
}

/// One value in shared memory. A forked child has the same one; the memory goes when no process has a handle any more.
///
/// `T` holds no pointers and only what several processes may use at once: atomics, and cells behind a lock beside them.
#[derive(Debug)]
pub(super) struct Mapped<T: Tenant>(Arc<Home<T>>);

/// What lies in shared memory.
pub(super) trait Tenant: Sync {
    /// Whether this process still needs the memory although it has no handle any more.
    fn stays(&self) -> bool {
        false
    }
}

#[derive(Debug)]
struct Home<T: Tenant> {
    pages: ManuallyDrop<Pages>,
    value: PhantomData<T>,
}

impl<T: Tenant> Mapped<T> {
    /// Maps room for a `T`, all zero, and has `init` make the value.
    pub(super) fn new(init: impl FnOnce(*mut T) -> io::Result<()>) -> Result<Mapped<T>, Error> {
        let pages = Pages::shared(size_of::<T>())?;
        init(pages.start().cast()).map_err(|source| Error::System {
            what: "set up a lock between processes",
            source,
        })?;
        Ok(Mapped(Arc::new(Home {
            pages: ManuallyDrop::new(pages),
            value: PhantomData,
        })))
    }
}

impl<T: Tenant> Clone for Mapped<T> {
    fn clone(&self) -> Self {
        Mapped(Arc::clone(&self.0))
    }
}

impl<T: Tenant> Deref for Mapped<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.value()
    }
}

impl<T: Tenant> Home<T> {
    fn value(&self) -> &T {
        // SAFETY: made by `Mapped::new`, and mapped as long as `pages` lives.
        unsafe { &*self.pages.start().cast::<T>() }
    }
}

impl<T: Tenant> Drop for Home<T> {
    fn drop(&mut self) {
        if !self.value().stays() {
            // SAFETY: this is the last use.
            unsafe { ManuallyDrop::drop(&mut self.pages) };
        }
    }
}

/// The size of a page, in bytes.
#[cfg(target_os = "linux")]
pub(super) fn page_size() -> usize {
    // SAFETY: asks for a number.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(65_536)
}
