use serde::Serialize;

use super::Position;
use super::position::HEADER;
use crate::ipc::Error;

/// What a writer has written into free space.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Written {
    pub(super) items: u32,
    /// With the headers, and in steps of the header's size.
    pub(super) bytes: u32,
    /// How large the next item is, if there is one for which there was no room.
    pub(super) needs: Option<u32>,
}

/// Writes items into the ring, each after its length.
pub(in super::super) trait Writer {
    /// Writes what fits: so many items at most. It runs under the lock, so it runs no code of the user's.
    fn write(&mut self, free: &mut [u8], items: u32) -> Result<Written, Error>;
}

/// Items that are encoded already and stand in the order and form in which they stand in the ring.
pub(in super::super) struct Frames<'a>(&'a [u8]);

impl<'a> Frames<'a> {
    /// Appends a frame with the item that `encode` appends.
    pub(in super::super) fn add(
        to: &mut Vec<u8>,
        capacity: usize,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let start = to.len();
        to.extend_from_slice(&[0; HEADER as usize]);
        let payload = to.len();
        let encoded = encode(to).and_then(|()| fitting(to.len() - payload, capacity));
        match encoded {
            Ok(length) => {
                to[start..payload].copy_from_slice(&length.to_ne_bytes());
                let padding = length.next_multiple_of(HEADER) - length;
                to.extend_from_slice(&[0; HEADER as usize][..padding as usize]);
                Ok(())
            }
            Err(error) => {
                to.truncate(start);
                Err(error)
            }
        }
    }

    /// What [`add`](Self::add) has made.
    pub(in super::super) fn of(frames: &'a [u8]) -> Frames<'a> {
        Frames(frames)
    }

    fn next_length(&self) -> Option<u32> {
        self.0.first_chunk().copied().map(u32::from_ne_bytes)
    }
}

impl Writer for Frames<'_> {
    fn write(&mut self, free: &mut [u8], items: u32) -> Result<Written, Error> {
        let all = self.0;
        let mut written = Written {
            items: 0,
            bytes: 0,
            needs: None,
        };
        while let Some(length) = self.next_length() {
            let end = written.bytes + HEADER + length.next_multiple_of(HEADER);
            if written.items == items || end as usize > free.len() {
                written.needs = Some(length);
                break;
            }
            written.items += 1;
            written.bytes = end;
            self.0 = &all[end as usize..];
        }
        let bytes = written.bytes as usize;
        free[..bytes].copy_from_slice(&all[..bytes]);
        Ok(written)
    }
}

/// Items whose types are known to have no code of a user's: they are encoded right into the ring, which is a copy less.
pub(in super::super) struct Direct<'q, Q: ?Sized, I> {
    next: Option<&'q Q>,
    rest: I,
    capacity: usize,
}

impl<'q, Q: Serialize + ?Sized, I: Iterator<Item = &'q Q>> Direct<'q, Q, I> {
    pub(in super::super) fn new(mut items: I, capacity: usize) -> Self {
        Direct {
            next: items.next(),
            rest: items,
            capacity,
        }
    }
}

impl<'q, Q: Serialize + ?Sized, I: Iterator<Item = &'q Q>> Writer for Direct<'q, Q, I> {
    #[inline]
    fn write(&mut self, free: &mut [u8], items: u32) -> Result<Written, Error> {
        let refused = |error: postcard::Error| Error::Encode(error.into());
        let mut written = Written {
            items: 0,
            bytes: 0,
            needs: None,
        };
        while let Some(item) = self.next {
            if written.items < items
                && let Some((header, room)) = free
                    .get_mut(written.bytes as usize..)
                    .and_then(<[u8]>::split_first_chunk_mut)
            {
                match postcard::to_slice(item, room) {
                    Ok(bytes) => {
                        // It is shorter than the ring.
                        let length = bytes.len() as u32;
                        *header = length.to_ne_bytes();
                        written.items += 1;
                        written.bytes += HEADER + length.next_multiple_of(HEADER);
                        self.next = self.rest.next();
                        continue;
                    }
                    Err(postcard::Error::SerializeBufferFull) => {}
                    Err(error) => return Err(refused(error)),
                }
            }
            let size = postcard::experimental::serialized_size(item).map_err(refused)?;
            let length = fitting(size, self.capacity);
            written.needs = match length {
                // First those before it are put.
                Err(_) if written.items > 0 => Some(0),
                length => Some(length?),
            };
            break;
        }
        Ok(written)
    }
}

fn fitting(size: usize, capacity: usize) -> Result<u32, Error> {
    u32::try_from(size)
        .ok()
        .filter(|_| size <= capacity)
        .ok_or(Error::TooLarge { size, capacity })
}

/// Keeps account of who takes items. Both are called with the consumers' end locked.
pub(in super::super) trait Keeper {
    /// The items from `start` to `head` are about to be taken.
    fn taking(&self, start: Position, head: Position) -> Result<(), Error>;
    /// The head stands here; after the death of a process in here it may be where it was before.
    fn taken(&self, head: Position);
}

/// Perhaps no account.
impl<K: Keeper> Keeper for Option<K> {
    fn taking(&self, start: Position, head: Position) -> Result<(), Error> {
        self.as_ref()
            .map_or(Ok(()), |keeper| keeper.taking(start, head))
    }

    fn taken(&self, head: Position) {
        if let Some(keeper) = self {
            keeper.taken(head);
        }
    }
}
