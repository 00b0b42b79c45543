#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

fn ring_with(items: &[&[u8]]) -> Ring {
    let ring = Ring::new(8, 1).unwrap();
    let mut frames = Vec::new();
    for item in items {
        let copy = |to: &mut Vec<u8>| {
            to.extend_from_slice(item);
            Ok(())
        };
        Frames::add(&mut frames, ring.byte_capacity(), copy).unwrap();
    }
    ring.put(&mut { Limit::NEVER_WAIT }, Frames::of(&frames))
        .unwrap();
    ring
}

fn take(ring: &Ring, most: usize) -> Result<Vec<Vec<u8>>, Error> {
    let mut items = Vec::new();
    let none = None::<crate::ipc::joinable::Books>;
    ring.take(&mut { Limit::NEVER_WAIT }, &none, most, |item| {
        items.push(item.to_vec());
    })?;
    Ok(items)
}

fn overwrite_length(ring: &Ring, at: Position, length: u32) {
    // SAFETY: an item stands there.
    unsafe { ring.at(at).cast::<u32>().write(length) };
}

fn is_corrupt<T: std::fmt::Debug>(result: Result<T, Error>) {
    assert!(matches!(result, Err(Error::Corrupt { .. })), "{result:?}");
}

#[test]
fn items_come_out_as_they_went_in() {
    let ring = ring_with(&[b"", b"a", b"1234", b"56789"]);
    assert_eq!(take(&ring, 1).unwrap(), [b""]);
    assert_eq!(take(&ring, 9).unwrap(), [&b"a"[..], b"1234", b"56789"]);
    assert!(matches!(take(&ring, 1), Err(Error::Empty { .. })));
}

#[test]
fn wrong_length_is_told() {
    for wrong in [5, 9, 4096, 1 << 20, u32::MAX - 3, u32::MAX] {
        let ring = ring_with(&[b"1234"]);
        overwrite_length(&ring, ring.head(), wrong);
        for _ in 0..2 {
            is_corrupt(take(&ring, 1));
        }
    }
}

#[test]
fn good_ones_before_a_wrong_length_are_taken() {
    let ring = ring_with(&[b"1234", b"5678"]);
    overwrite_length(&ring, ring.head().after_item(4), 999);
    assert_eq!(take(&ring, 9).unwrap(), [b"1234"]);
    is_corrupt(take(&ring, 9));
}

#[test]
fn wrong_ends_are_told() {
    for far in [8, 1 << 20, 1 << 31, u32::MAX - 7] {
        let ring = ring_with(&[b"1234", b"5678"]);
        let word = ring.tail().after(1, far).to_word();
        ring.shared.head.0.store(word, SeqCst);
        is_corrupt(take(&ring, 1));
        let mut frame = Vec::new();
        Frames::add(&mut frame, 9, |_| Ok(())).unwrap();
        ring.shared.producers.seen.store(word, SeqCst);
        let put = ring.put(&mut { Limit::NEVER_WAIT }, Frames::of(&frame));
        is_corrupt(put);
    }
}

#[test]
fn item_that_cannot_be_added_leaves_the_others() {
    let mut frames = Vec::new();
    Frames::add(&mut frames, 9, |to| {
        to.push(1);
        Ok(())
    })
    .unwrap();
    let good = frames.clone();
    let too_large = Frames::add(&mut frames, 9, |to| {
        to.resize(to.len() + 10, 0);
        Ok(())
    });
    assert!(matches!(
        too_large,
        Err(Error::TooLarge {
            size: 10,
            capacity: 9
        })
    ));
    let refused = Frames::add(&mut frames, 9, |to| {
        to.push(7);
        Err(Error::Deadlock)
    });
    assert!(matches!(refused, Err(Error::Deadlock)));
    assert_eq!(frames, good);
}
