use std::sync::atomic::*;

/// A value that can lie in memory shared between processes, and of which every mix of two is a value too.
///
/// The numbers, `bool`, arrays and tuples of them, and structs of them by `unsafe impl`:
///
/// ```
/// use support::ipc::Plain;
///
/// #[derive(Clone, Copy)]
/// struct Account {
///     money: i64,
///     sold: u32,
/// }
/// // SAFETY: two numbers.
/// unsafe impl Plain for Account {}
/// ```
///
/// # Safety
///
/// The type holds no pointer or reference and nothing else that means something in one process only. A value whose bytes come
/// partly from one value and partly from another is valid, since a process can be killed while it writes one. So no
/// `char`, no enum with fields, no `NonZero`.
pub unsafe trait Plain: Copy + Send + 'static {}

macro_rules! plain {
    ($($type:ty)*) => { $(
        // SAFETY: no pointer, and each byte stands for itself.
        unsafe impl Plain for $type {}
    )* };
}

plain!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 bool);

// SAFETY: no bytes at all.
unsafe impl Plain for () {}

// SAFETY: as its elements.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}

macro_rules! tuples {
    ($($name:ident)*; ) => {};
    ($($name:ident)*; $next:ident $($rest:ident)*) => {
        // SAFETY: as its fields.
        unsafe impl<$($name: Plain,)* $next: Plain> Plain for ($($name,)* $next,) {}
        tuples!($($name)* $next; $($rest)*);
    };
}

tuples!(; A B C D);

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
