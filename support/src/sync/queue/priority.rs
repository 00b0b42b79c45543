//! The smallest first.

use std::mem;

use super::super::store::{Shelf, Store};

/// A bounded queue that gives out the smallest item first: the lower the number, the more urgent, as in Python.
///
/// Give it tuples that begin with the priority. Of items that are equal the oldest comes first, which Python does not promise. A comparison
/// that panics is the panic of whoever puts or gets: no item is lost but the one that was being put.
///
/// ```
/// use support::sync::{PriorityQueue, Queue};
///
/// let queue = PriorityQueue::new(3);
/// queue.put((10, "111"))?;
/// queue.put((100, "222"))?;
/// queue.put((0, "333"))?;
/// assert_eq!(queue.get()?, (0, "333"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PriorityQueue<T>(pub(super) Store<Heap<T>>);

/// A binary heap, the least at the root, that compares before it moves anything: a comparison that panics leaves it as it was.
/// The number of its arrival keeps equal items in order.
pub(super) struct Heap<T> {
    items: Vec<(T, u64)>,
    arrivals: u64,
}

impl<T: Ord> Shelf for Heap<T> {
    type Item = T;

    /// From the end up, as long as the parent is greater.
    fn place(&self, item: &T) -> usize {
        let mut place = self.items.len();
        while place > 0 && self.items[parent(place)].0 > *item {
            place = parent(place);
        }
        place
    }

    fn insert(&mut self, item: T, place: usize) {
        let mut moving = (item, self.arrivals);
        self.arrivals += 1;
        // From there down to the end, each takes the place of the one below it. The way from the root to the end stands in the
        // bits of its number, counted from 1.
        let end = self.items.len() + 1;
        let steps = end.ilog2() - (place + 1).ilog2();
        for step in (1..=steps).rev() {
            moving = mem::replace(&mut self.items[(end >> step) - 1], moving);
        }
        self.items.push(moving);
    }

    /// The last item fills it: from the root down to the end, as that is where it mostly belongs, and up again if not.
    fn gap(&self) -> usize {
        let Some((last, rest)) = self.items.split_last() else {
            return 0;
        };
        let mut gap = 0;
        // Added, not chosen by a branch, which would be guessed wrong half the time.
        while let Some([left, right]) = rest.get(2 * gap + 1..2 * gap + 3) {
            gap = 2 * gap + 1 + usize::from(right.cmp(left).is_lt());
        }
        if 2 * gap + 1 < rest.len() {
            gap = 2 * gap + 1;
        }
        while gap > 0 && *last < rest[gap] {
            gap = parent(gap);
        }
        gap
    }

    fn take(&mut self, gap: usize) -> Option<T> {
        let mut moving = self.items.pop()?;
        // From the gap up to the root, each takes the place of the one above it.
        let mut place = Some(gap).filter(|_| !self.items.is_empty());
        while let Some(at) = place {
            moving = mem::replace(&mut self.items[at], moving);
            place = (at > 0).then(|| parent(at));
        }
        Some(moving.0)
    }

    fn len(&self) -> usize {
        self.items.len()
    }
}

fn parent(at: usize) -> usize {
    (at - 1) / 2
}

impl<T: Ord> PriorityQueue<T> {
    /// An empty queue.
    ///
    /// # Panics
    ///
    /// If `capacity` is 0: such a queue could never hold anything.
    pub fn new(capacity: usize) -> Self {
        let heap = Heap {
            items: Vec::new(),
            arrivals: 0,
        };
        Self(Store::new(heap, capacity))
    }
}
