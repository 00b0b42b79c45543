//! How values travel between processes: as bytes, by `postcard`, with serde's own words when they
//! cannot.
//!
//! The format has neither names nor types in it: a type whose `Serialize` and `Deserialize` differ
//! would be got as something else, without an error. [`append_proven`] tries what it sends.

use std::any::{TypeId, type_name};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::mem;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use postcard::de_flavors::Slice;
use postcard::ser_flavors::Flavor;
use serde::de::{DeserializeOwned, DeserializeSeed, IntoDeserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer as _, de, ser};

use crate::caught::caught;

#[cfg(test)]
mod tests;

/// Why a value cannot travel: what serde, the format or the panic of the user's code said.
// Boxed: as wide as a pointer, a result of it is returned in a register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireError(Box<Why>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Why(String);

impl WireError {
    #[cold]
    fn new(why: impl fmt::Display) -> WireError {
        WireError(Box::new(Why(why.to_string())))
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.0)
    }
}

impl std::error::Error for WireError {}

impl ser::Error for WireError {
    fn custom<T: fmt::Display>(why: T) -> WireError {
        WireError::new(why)
    }
}

impl de::Error for WireError {
    fn custom<T: fmt::Display>(why: T) -> WireError {
        WireError::new(why)
    }
}

impl From<postcard::Error> for WireError {
    #[cold]
    fn from(error: postcard::Error) -> WireError {
        match error {
            postcard::Error::WontImplement => WireError::new(
                "its `Deserialize` asks what comes next, and the bytes do not tell: so do \
                 untagged and tagged enums, and `flatten`",
            ),
            postcard::Error::SerializeSeqLengthUnknown => {
                WireError::new("it has a sequence or a map of unknown length, as `flatten` makes")
            }
            error => WireError::new(error),
        }
    }
}

type Result<T, E = WireError> = std::result::Result<T, E>;

/// Appends the value's bytes; on an error `to` is as it was.
pub(crate) fn append<T: Serialize + ?Sized>(value: &T, to: &mut Vec<u8>) -> Result<()> {
    or_nothing(to, None, |out| out.send(value))
}

/// As [`append`], and what is sent is tried: it comes back as an `As` that has the same bytes, if a
/// shape occurs in it that did not before. `shapes` is of one `T` and `As` only.
///
/// It does not see:
/// - a type of which what is sent and what is got differ in the value alone, if the first item does
///   not show it: a tuple struct with one field `skip_serializing`, another `skip_deserializing`, a
///   hand-written `Serialize` or a `serialize_with` that decides by the value what it sends;
/// - a `Deserialize` that puts the same bytes into another order, as a `HashMap` may;
/// - fields that are skipped on both sides (`#[serde(skip)]`): they come back as their defaults.
pub(crate) fn append_proven<T, As>(value: &T, to: &mut Vec<u8>, shapes: &Shapes) -> Result<()>
where
    T: Serialize + ?Sized,
    As: Serialize + DeserializeOwned,
{
    or_nothing(to, Some(shapes), |out| {
        let start = out.bytes().len();
        out.mark::<T>(VALUE);
        out.send(value)?;
        if out.unproven.is_empty() {
            return Ok(());
        }
        prove::<T, As>(value, start, out, shapes)
    })
}

/// The value that these bytes are, all of them.
#[inline]
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    // The value may be dropped for what is left over: where panics are caught.
    let whole = |(value, rest): (T, &[u8])| all(rest).map(|()| value);
    match caught(|| postcard::take_from_bytes(bytes).map(whole)) {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => Err(words::<T>(bytes, error)),
        Err(panic) => Err(panicked(panic)),
    }
}

/// Decodes once more, for the words that `postcard` does not keep.
#[cold]
fn words<T: DeserializeOwned>(bytes: &[u8], error: postcard::Error) -> WireError {
    if error != postcard::Error::SerdeDeCustom {
        return error.into();
    }
    let again = caught(|| {
        let mut post = postcard::Deserializer::from_bytes(bytes);
        let mut got = Vec::new();
        T::deserialize(Receiver {
            post: &mut post,
            got: &mut got,
        })
        .err()
    });
    match again {
        Ok(Some(words)) => words,
        Ok(None) => error.into(),
        Err(panic) => panicked(panic),
    }
}

fn all(rest: &[u8]) -> Result<()> {
    match rest.len() {
        0 => Ok(()),
        1 => Err(WireError::new("1 byte is left over")),
        n => Err(WireError::new(format_args!("{n} bytes are left over"))),
    }
}

#[cold]
fn panicked(words: String) -> WireError {
    WireError::new(format_args!("it panicked: {words}"))
}

/// Runs it; if it fails or panics, what it appended is removed.
#[inline]
fn or_nothing(
    to: &mut Vec<u8>,
    shapes: Option<&Shapes>,
    work: impl FnOnce(&mut Out<'_>) -> Result<()>,
) -> Result<()> {
    let start = to.len();
    // In `out` itself: one step less for each byte.
    let mut out = Out::new(mem::take(to), shapes);
    let result = caught(|| work(&mut out)).unwrap_or_else(|panic| Err(panicked(panic)));
    *to = out.post.output.0;
    if result.is_err() {
        to.truncate(start);
    }
    result
}

/// Sends the value again, from `start` on, gets it, and sends what was got: the structs have the
/// same fields and all has the same bytes.
#[cold]
fn prove<T, As>(value: &T, start: usize, out: &mut Out<'_>, shapes: &Shapes) -> Result<()>
where
    T: Serialize + ?Sized,
    As: Serialize + DeserializeOwned,
{
    let refused = |why: &dyn fmt::Display| {
        let name = type_name::<As>();
        WireError::new(format_args!(
            "a `{name}` does not come back as it was sent: {why}"
        ))
    };

    out.bytes().truncate(start);
    out.unproven.clear();
    out.sent = Some(Vec::new());
    out.mark::<T>(VALUE);
    out.send(value)?;
    let sent = out.sent.take().unwrap_or_default();
    let bytes = &out.bytes()[start..];

    let mut post = postcard::Deserializer::from_bytes(bytes);
    let mut got = Vec::new();
    let back = As::deserialize(Receiver {
        post: &mut post,
        got: &mut got,
    })
    .and_then(|back| all(post.finalize()?).map(|()| back));
    // Told first: a field that was left out is why the rest could not be read.
    same_fields(&sent, &got, back.is_ok()).map_err(|why| refused(&why))?;
    let back = back.map_err(|why| refused(&why))?;

    let mut again = Out::new(Vec::with_capacity(bytes.len()), None);
    again.send(&back).map_err(|why| refused(&why))?;
    let mut again = again.post.output.0;
    if again != bytes {
        // A `HashMap` has an order of its own each time.
        let mut first = bytes.to_vec();
        first.sort_unstable();
        again.sort_unstable();
        if again != first {
            return Err(refused(
                &"sent again, it has other bytes (do its serde attributes skip a field or a \
                  variant on one side only?)",
            ));
        }
    }
    for key in &out.unproven {
        shapes.add(*key);
    }
    Ok(())
}

/// A struct that was sent: its name and its fields.
struct Sent {
    name: &'static str,
    keys: Vec<&'static str>,
}

/// A struct that was got: the fields that it may have (with their aliases), how many were taken.
struct Got {
    fields: &'static [&'static str],
    taken: usize,
    done: bool,
}

/// Both sides visit the structs in the order of the bytes: each is got with the fields it was sent
/// with. Bytes alone do not tell when one field is sent, and got as another.
fn same_fields(sent: &[Sent], got: &[Got], whole: bool) -> Result<(), String> {
    for (sent, got) in sent.iter().zip(got) {
        let mut fields = got.fields.iter();
        let known = sent.keys.iter().all(|key| fields.any(|field| field == key));
        let less = if got.done {
            got.taken != sent.keys.len()
        } else {
            got.taken > sent.keys.len()
        };
        if !known || less {
            return Err(format!(
                "of `{}` the fields {:?} are sent, and {} of {:?} got",
                sent.name, sent.keys, got.taken, got.fields
            ));
        }
    }
    if whole && sent.len() != got.len() {
        return Err(format!(
            "{} structs are sent, and {} got",
            sent.len(),
            got.len()
        ));
    }
    Ok(())
}

/// Which shapes have been proven: which types occurred where one can be absent (in an `Option`, a
/// sequence, a map), with how many fields the structs, which variants of the enums.
///
/// A set of hashes of 64 bits: one in 2^64 pairs of shapes is taken for the same. It only
/// grows, and its entries say all by themselves: the atomics need no order.
pub struct Shapes {
    keys: [AtomicU64; Shapes::LEN],
    more: OnceLock<Box<Shapes>>,
}

impl Shapes {
    const LEN: usize = 32;
    /// Within so many places is a key, or else in `more`.
    const NEAR: usize = 8;
    /// So many tables at most: what has more shapes (not a derived type) is proven each time.
    const TABLES: usize = 64;

    /// Nothing has been proven.
    pub const fn new() -> Shapes {
        Shapes {
            keys: [const { AtomicU64::new(0) }; Shapes::LEN],
            more: OnceLock::new(),
        }
    }

    #[inline]
    fn near(&self, key: u64) -> impl Iterator<Item = &AtomicU64> {
        // The high bits are the best mixed.
        let start = (key >> 40) as usize;
        (start..start + Shapes::NEAR).map(|at| &self.keys[at % Shapes::LEN])
    }

    #[inline]
    fn has(&self, key: u64) -> bool {
        let mut table = self;
        loop {
            for at in table.near(key) {
                match at.load(Ordering::Relaxed) {
                    0 => return false,
                    there if there == key => return true,
                    _ => {}
                }
            }
            match table.more.get() {
                Some(more) => table = more,
                None => return false,
            }
        }
    }

    fn add(&self, key: u64) {
        let mut table = self;
        for _ in 0..Shapes::TABLES {
            for at in table.near(key) {
                let set = at.compare_exchange(0, key, Ordering::Relaxed, Ordering::Relaxed);
                if set.is_ok() || set == Err(key) {
                    return;
                }
            }
            table = table.more.get_or_init(Box::default);
        }
    }
}

impl Default for Shapes {
    fn default() -> Shapes {
        Shapes::new()
    }
}

impl fmt::Debug for Shapes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shapes").finish_non_exhaustive()
    }
}

/// What occurred of a type: a value where there may be none, a struct, or a variant.
const VALUE: u64 = 0;

fn fields(len: usize) -> u64 {
    1 << 62 | len as u64
}

fn variant(index: u32, len: usize) -> u64 {
    2 << 62 | (len as u64) << 32 | u64::from(index)
}

/// A type and what occurred of it.
#[inline]
fn key<T: ?Sized>(what: u64) -> u64 {
    let of = number::<T>() ^ what.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = of.wrapping_mul(0xd6e8_feb8_6659_fd93);
    // 0 is a free place.
    (mixed ^ mixed >> 32).max(1)
}

/// Which type it is, but for its lifetimes; a constant to the compiler. A name is no substitute: it has an address in each part of
/// the program that mentions it, and two types may have the same.
#[inline]
pub(crate) fn type_id<T: ?Sized>() -> TypeId {
    trait Id {
        fn id(&self) -> TypeId
        where
            Self: 'static;
    }

    impl<T: ?Sized> Id for PhantomData<T> {
        #[inline]
        fn id(&self) -> TypeId
        where
            Self: 'static,
        {
            TypeId::of::<T>()
        }
    }

    let of: &dyn Id = &PhantomData::<T>;
    // SAFETY: only the bound on the lifetime changes, which lets `id` be called. It reads nothing,
    // and makes a number of the type without its lifetimes: nothing of the type is made or kept.
    let of = unsafe { mem::transmute::<&dyn Id, &(dyn Id + 'static)>(of) };
    of.id()
}

/// A type's number: half of its `TypeId`, which is a hash.
#[inline]
fn number<T: ?Sized>() -> u64 {
    /// Half of a `TypeId` is what it hashes.
    struct Half(u64);

    impl Hasher for Half {
        #[inline]
        fn write_u64(&mut self, half: u64) {
            self.0 = half;
        }

        fn write(&mut self, bytes: &[u8]) {
            for &byte in bytes {
                self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }

        #[inline]
        fn finish(&self) -> u64 {
            self.0
        }
    }

    let mut half = Half(0);
    type_id::<T>().hash(&mut half);
    half.finish()
}

/// Where `postcard` writes to.
struct Bytes(Vec<u8>);

impl Flavor for Bytes {
    type Output = ();

    #[inline(always)]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    #[inline(always)]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        match bytes {
            // Most numbers and lengths: no call for a byte.
            [byte] => self.0.push(*byte),
            _ => self.0.extend_from_slice(bytes),
        }
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Where a value is sent to, and what is noted of it.
struct Out<'v> {
    post: postcard::Serializer<Bytes>,
    /// Shapes that are not in here are noted.
    shapes: Option<&'v Shapes>,
    unproven: Vec<u64>,
    /// The structs, if they are asked for.
    sent: Option<Vec<Sent>>,
}

impl<'v> Out<'v> {
    #[inline]
    fn new(to: Vec<u8>, shapes: Option<&'v Shapes>) -> Out<'v> {
        let post = postcard::Serializer { output: Bytes(to) };
        Out {
            post,
            shapes,
            unproven: Vec::new(),
            sent: None,
        }
    }

    fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.post.output.0
    }

    #[inline]
    fn send<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        value.serialize(Sender::<T> {
            out: self,
            of: PhantomData,
        })
    }

    #[inline]
    fn mark<T: ?Sized>(&mut self, what: u64) {
        if let Some(shapes) = self.shapes {
            self.note(shapes, key::<T>(what));
        }
    }

    // One for all types: what is generic stays small enough to be inlined.
    #[inline(never)]
    fn note(&mut self, shapes: &Shapes, key: u64) {
        if !shapes.has(key) && !self.unproven.contains(&key) {
            self.unproven.push(key);
        }
    }

    /// The number of a struct whose fields are to be told.
    #[inline]
    fn open(&mut self, name: &'static str) -> Option<usize> {
        self.sent.as_mut().map(|sent| Self::tell(sent, name))
    }

    #[cold]
    fn tell(sent: &mut Vec<Sent>, name: &'static str) -> usize {
        sent.push(Sent {
            name,
            keys: Vec::new(),
        });
        sent.len() - 1
    }

    #[cold]
    fn tell_field(&mut self, at: usize, key: &'static str) {
        if let Some(sent) = &mut self.sent {
            sent[at].keys.push(key);
        }
    }
}

/// `postcard`'s serializer with the words of errors; `T` is what is sent.
struct Sender<'o, 'v, T: ?Sized> {
    out: &'o mut Out<'v>,
    of: PhantomData<fn(&T)>,
}

macro_rules! send_as_postcard {
    ($($name:ident($($argument:ident: $type:ty),*);)*) => {$(
        #[inline]
        fn $name(self, $($argument: $type),*) -> Result<()> {
            Ok((&mut self.out.post).$name($($argument),*)?)
        }
    )*};
}

impl<'o, 'v, T: ?Sized> ser::Serializer for Sender<'o, 'v, T> {
    type Ok = ();
    type Error = WireError;
    type SerializeSeq = Items<'o, 'v>;
    type SerializeTuple = Fields<'o, 'v>;
    type SerializeTupleStruct = Fields<'o, 'v>;
    type SerializeTupleVariant = Fields<'o, 'v>;
    type SerializeMap = Items<'o, 'v>;
    type SerializeStruct = Named<'o, 'v>;
    type SerializeStructVariant = Named<'o, 'v>;

    send_as_postcard! {
        serialize_bool(v: bool);
        serialize_i8(v: i8);
        serialize_i16(v: i16);
        serialize_i32(v: i32);
        serialize_i64(v: i64);
        serialize_i128(v: i128);
        serialize_u8(v: u8);
        serialize_u16(v: u16);
        serialize_u32(v: u32);
        serialize_u64(v: u64);
        serialize_u128(v: u128);
        serialize_f32(v: f32);
        serialize_f64(v: f64);
        serialize_char(v: char);
        serialize_str(v: &str);
        serialize_bytes(v: &[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(name: &'static str);
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }

    #[inline]
    fn collect_str<U: fmt::Display + ?Sized>(self, value: &U) -> Result<()> {
        Ok(self.out.post.collect_str(value)?)
    }

    #[inline]
    fn serialize_some<U: Serialize + ?Sized>(self, value: &U) -> Result<()> {
        self.out.post.output.try_push(1)?;
        self.out.mark::<U>(VALUE);
        self.out.send(value)
    }

    #[inline]
    fn serialize_newtype_struct<U: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &U,
    ) -> Result<()> {
        self.out.send(value)
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
    ) -> Result<()> {
        self.variant(index, 0).map(|_| ())
    }

    #[inline]
    fn serialize_newtype_variant<U: Serialize + ?Sized>(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        value: &U,
    ) -> Result<()> {
        self.variant(index, 1)?.send(value)
    }

    #[inline]
    fn serialize_seq(self, len: Option<usize>) -> Result<Items<'o, 'v>> {
        Items::new(self.out, len)
    }

    #[inline]
    fn serialize_map(self, len: Option<usize>) -> Result<Items<'o, 'v>> {
        Items::new(self.out, len)
    }

    #[inline]
    fn serialize_tuple(self, _len: usize) -> Result<Fields<'o, 'v>> {
        Ok(Fields { out: self.out })
    }

    #[inline]
    fn serialize_tuple_struct(self, _name: &'static str, len: usize) -> Result<Fields<'o, 'v>> {
        // `skip_serializing_if` shows here by the number alone.
        self.out.mark::<T>(fields(len));
        Ok(Fields { out: self.out })
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        len: usize,
    ) -> Result<Fields<'o, 'v>> {
        Ok(Fields {
            out: self.variant(index, len)?,
        })
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Named<'o, 'v>> {
        self.out.mark::<T>(fields(len));
        let told = self.out.open(name);
        Ok(Named {
            out: self.out,
            name,
            variant: None,
            told,
        })
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Named<'o, 'v>> {
        let out = self.variant(index, len)?;
        let told = out.open(variant);
        Ok(Named {
            out,
            name,
            variant: Some(variant),
            told,
        })
    }
}

impl<'o, 'v, T: ?Sized> Sender<'o, 'v, T> {
    #[inline]
    fn variant(self, index: u32, len: usize) -> Result<&'o mut Out<'v>> {
        self.out.mark::<T>(variant(index, len));
        self.out.post.serialize_u32(index)?;
        Ok(self.out)
    }
}

/// The items of a sequence, or the keys and values of a map.
struct Items<'o, 'v> {
    out: &'o mut Out<'v>,
    /// How many are still to come.
    left: usize,
    /// The types of the last item, or of the last key and value: as a rule all have the same.
    of: [u64; 2],
}

impl<'o, 'v> Items<'o, 'v> {
    #[inline]
    fn new(out: &'o mut Out<'v>, len: Option<usize>) -> Result<Items<'o, 'v>> {
        let left = len.ok_or(postcard::Error::SerializeSeqLengthUnknown)?;
        out.post.serialize_u64(left as u64)?;
        Ok(Items {
            out,
            left,
            of: [0; 2],
        })
    }

    #[inline(always)]
    fn send<U: Serialize + ?Sized>(&mut self, which: usize, value: &U) -> Result<()> {
        let of = number::<U>();
        if self.of[which] != of {
            self.of[which] = of;
            self.out.mark::<U>(VALUE);
        }
        self.out.send(value)
    }

    #[inline]
    fn end(self) -> Result<()> {
        // Too many wrap, and are not none either.
        if self.left != 0 {
            return Err(WireError::new(
                "its `Serialize` told another length of a sequence or map than it sent",
            ));
        }
        Ok(())
    }
}

impl ser::SerializeSeq for Items<'_, '_> {
    type Ok = ();
    type Error = WireError;

    #[inline]
    fn serialize_element<U: Serialize + ?Sized>(&mut self, value: &U) -> Result<()> {
        self.left = self.left.wrapping_sub(1);
        self.send(0, value)
    }

    #[inline]
    fn end(self) -> Result<()> {
        self.end()
    }
}

impl ser::SerializeMap for Items<'_, '_> {
    type Ok = ();
    type Error = WireError;

    #[inline]
    fn serialize_key<U: Serialize + ?Sized>(&mut self, key: &U) -> Result<()> {
        self.left = self.left.wrapping_sub(1);
        self.send(0, key)
    }

    #[inline]
    fn serialize_value<U: Serialize + ?Sized>(&mut self, value: &U) -> Result<()> {
        self.send(1, value)
    }

    #[inline]
    fn end(self) -> Result<()> {
        self.end()
    }
}

/// The fields of a tuple, a tuple struct or a tuple variant.
struct Fields<'o, 'v> {
    out: &'o mut Out<'v>,
}

macro_rules! send_fields {
    ($($trait:ident $name:ident;)*) => {$(
        impl ser::$trait for Fields<'_, '_> {
            type Ok = ();
            type Error = WireError;

            #[inline]
            fn $name<U: Serialize + ?Sized>(&mut self, value: &U) -> Result<()> {
                self.out.send(value)
            }

            #[inline]
            fn end(self) -> Result<()> {
                Ok(())
            }
        }
    )*};
}

send_fields! {
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

/// The fields of a struct or a struct variant.
struct Named<'o, 'v> {
    out: &'o mut Out<'v>,
    name: &'static str,
    variant: Option<&'static str>,
    /// Its number among the structs that are told.
    told: Option<usize>,
}

impl Named<'_, '_> {
    #[inline]
    fn send<U: Serialize + ?Sized>(&mut self, key: &'static str, value: &U) -> Result<()> {
        if let Some(at) = self.told {
            self.out.tell_field(at, key);
        }
        self.out.send(value)
    }

    #[cold]
    fn skipped(&self, key: &str) -> WireError {
        let name = self.name;
        let of = self
            .variant
            .map(|variant| format!("::{variant}"))
            .unwrap_or_default();
        WireError::new(format_args!(
            "`{name}{of}::{key}` was left out by `skip_serializing_if`, which cannot travel: the \
             bytes do not tell which fields they are"
        ))
    }
}

macro_rules! send_named {
    ($($trait:ident)*) => {$(
        impl ser::$trait for Named<'_, '_> {
            type Ok = ();
            type Error = WireError;

            #[inline]
            fn serialize_field<U: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &U,
            ) -> Result<()> {
                self.send(key, value)
            }

            fn skip_field(&mut self, key: &'static str) -> Result<()> {
                Err(self.skipped(key))
            }

            #[inline]
            fn end(self) -> Result<()> {
                Ok(())
            }
        }
    )*};
}

send_named! { SerializeStruct SerializeStructVariant }

/// `postcard`'s deserializer with the words of errors; it tells the structs that it got. Not for
/// each item: when one is proven, and for the words when one cannot be got.
struct Receiver<'r, 'de> {
    post: &'r mut postcard::Deserializer<'de, Slice<'de>>,
    got: &'r mut Vec<Got>,
}

impl<'de> Receiver<'_, 'de> {
    fn next<T: Deserialize<'de>>(&mut self) -> Result<T> {
        Ok(T::deserialize(&mut *self.post)?)
    }

    fn again(&mut self) -> Receiver<'_, 'de> {
        Receiver {
            post: self.post,
            got: self.got,
        }
    }

    fn items<V: Visitor<'de>>(self, left: usize, visitor: V) -> Result<V::Value> {
        visitor.visit_seq(Taker {
            from: self,
            left,
            told: None,
        })
    }

    fn named<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let at = self.got.len();
        self.got.push(Got {
            fields,
            taken: 0,
            done: false,
        });
        let got = Receiver {
            post: self.post,
            got: self.got,
        };
        let value = visitor.visit_seq(Taker {
            from: got,
            left: fields.len(),
            told: Some(at),
        })?;
        self.got[at].done = true;
        Ok(value)
    }
}

macro_rules! receive_as_postcard {
    ($($name:ident $visit:ident $type:ty;)*) => {$(
        fn $name<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
            visitor.$visit(self.next::<$type>()?)
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Receiver<'_, 'de> {
    type Error = WireError;

    receive_as_postcard! {
        deserialize_bool visit_bool bool;
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_i128 visit_i128 i128;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_u128 visit_u128 u128;
        deserialize_f32 visit_f32 f32;
        deserialize_f64 visit_f64 f64;
        deserialize_char visit_char char;
        deserialize_str visit_borrowed_str &'de str;
        deserialize_string visit_str &'de str;
        deserialize_bytes visit_borrowed_bytes &'de [u8];
        deserialize_byte_buf visit_bytes &'de [u8];
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value> {
        Err(postcard::Error::WontImplement.into())
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_any(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        match self.next::<u8>()? {
            0 => visitor.visit_none(),
            1 => visitor.visit_some(self),
            _ => Err(postcard::Error::DeserializeBadOption.into()),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        let len = self.next()?;
        self.items(len, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        self.items(len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.items(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        let left = self.next()?;
        visitor.visit_map(Taker {
            from: self,
            left,
            told: None,
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.named(fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_enum(self)
    }
}

impl<'de> de::EnumAccess<'de> for Receiver<'_, 'de> {
    type Error = WireError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(mut self, seed: V) -> Result<(V::Value, Self)> {
        let index: u32 = self.next()?;
        let index: de::value::U32Deserializer<WireError> = index.into_deserializer();
        Ok((seed.deserialize(index)?, self))
    }
}

impl<'de> de::VariantAccess<'de> for Receiver<'_, 'de> {
    type Error = WireError;

    fn unit_variant(self) -> Result<()> {
        Ok(())
    }

    fn newtype_variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<V::Value> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        self.items(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.named(fields, visitor)
    }
}

/// Takes items, or the fields of a struct.
struct Taker<'r, 'de> {
    from: Receiver<'r, 'de>,
    left: usize,
    told: Option<usize>,
}

impl<'de> Taker<'_, 'de> {
    fn one<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        if let Some(at) = self.told {
            self.from.got[at].taken += 1;
        }
        seed.deserialize(self.from.again()).map(Some)
    }
}

impl<'de> de::SeqAccess<'de> for Taker<'_, 'de> {
    type Error = WireError;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        self.one(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> de::MapAccess<'de> for Taker<'_, 'de> {
    type Error = WireError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        self.one(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        seed.deserialize(self.from.again())
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}
