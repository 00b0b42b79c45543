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

/// Bytes of a type of ours, which are encoded right into the ring: one copy less.
pub(in super::super) struct Direct<F> {
    length: u32,
    encode: F,
}

impl<F: FnMut(&mut [u8]) -> Result<(), Error>> Direct<F> {
    /// `encode` writes so many bytes.
    pub(in super::super) fn new(size: usize, capacity: usize, encode: F) -> Result<Self, Error> {
        let length = fitting(size, capacity)?;
        Ok(Direct { length, encode })
    }
}

impl<F: FnMut(&mut [u8]) -> Result<(), Error>> Writer for Direct<F> {
    fn write(&mut self, free: &mut [u8], _items: u32) -> Result<Written, Error> {
        let bytes = HEADER + self.length.next_multiple_of(HEADER);
        let (header, payload) = free.split_at_mut(HEADER as usize);
        let Some(payload) = payload.get_mut(..self.length as usize) else {
            return Ok(Written {
                items: 0,
                bytes: 0,
                needs: Some(self.length),
            });
        };
        header.copy_from_slice(&self.length.to_ne_bytes());
        (self.encode)(payload)?;
        Ok(Written {
            items: 1,
            bytes,
            needs: None,
        })
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
