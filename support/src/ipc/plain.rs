use std::sync::atomic::*;

use bytemuck::AnyBitPattern;

/// A value that can lie in memory shared between processes, and of which every mix of two is a value too, since a process can be
/// killed while it writes one: any [`bytemuck::AnyBitPattern`].
///
/// The numbers, arrays of them, and structs of those by `derive`. Not `bool`, `char`, enums and tuples, of which some bytes are no
/// value or whose layout is not fixed: take a `u8`, or a struct.
///
/// ```
/// # #[cfg(target_os = "linux")] {
/// use support::ipc::{Shared, bytemuck};
///
/// #[derive(Clone, Copy, bytemuck::AnyBitPattern)]
/// #[bytemuck(crate = "support::ipc::bytemuck")]
/// struct Account {
///     money: i64,
///     sold: u32,
/// }
///
/// let account = Shared::new(Account { money: 100, sold: 0 })?;
/// account.update(|mut account| {
///     account.sold += 1;
///     account
/// })?;
/// assert_eq!(account.get()?.sold, 1);
/// # }
/// # Ok::<(), support::ipc::Error>(())
/// ```
pub trait Plain: AnyBitPattern + Send {}

impl<T: AnyBitPattern + Send> Plain for T {}

/// An atomic that can lie in memory shared between processes.
///
/// # Safety
///
/// Zero-filled memory is a value; it works between processes.
pub unsafe trait Atomic: Sync + 'static {}

macro_rules! atomic {
    ($($type:ty)*) => { $(
        // SAFETY: an atomic of the hardware, without a lock.
        unsafe impl Atomic for $type {}
    )* };
}

atomic!(AtomicBool AtomicU8 AtomicU16 AtomicU32 AtomicU64 AtomicUsize AtomicI8 AtomicI16 AtomicI32 AtomicI64 AtomicIsize);

// SAFETY: as its elements.
unsafe impl<T: Atomic, const N: usize> Atomic for [T; N] {}
