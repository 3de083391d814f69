//! Unary encodings that were accepted, as the state holds them.
//!
//! A decoded entry takes five times the memory of its encoding. So as many stay decoded as there is [`Room`] for,
//! which spares small auctions decoding them again, and all others are kept encoded. A digit of those is decoded
//! when it is asked for.

use std::{
    borrow::Cow,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use talea_protocol::{price::Shape, sealed_bid::Ciphertext};

use crate::group::Cipher;

/// Entries of an auction that may be kept decoded: 2.6 megabytes.
const MOST_DECODED: usize = 1 << 13;

/// How many more entries of the auction may be kept decoded.
#[derive(Clone, Debug)]
pub(crate) struct Room(Arc<AtomicUsize>);

impl Room {
    /// Room for so many.
    pub(crate) fn for_entries(entries: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(entries)))
    }

    /// A place for so many, if there is one.
    fn take(&self, entries: usize) -> Option<Place> {
        let less = |left: usize| left.checked_sub(entries);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).ok()?;
        Some(Place { room: self.clone(), entries })
    }
}

impl Default for Room {
    fn default() -> Self {
        Self::for_entries(MOST_DECODED)
    }
}

/// A place in the room. Dropped, it is free again.
#[derive(Debug)]
struct Place {
    room: Room,
    entries: usize,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.room.0.fetch_add(self.entries, Ordering::Relaxed);
    }
}

/// The entries `U[t][j]`, `j = 1 .. B_t - 1`, digit by digit.
#[derive(Debug)]
pub(crate) struct UnaryEncoding(Entries);

#[derive(Debug)]
enum Entries {
    Decoded {
        entries: Box<[Cipher]>,
        _place: Place,
    },
    /// A part of what is kept of several bids. All of it decodes.
    Encoded(Arc<[Ciphertext]>, Range<usize>),
    /// A step of a bid, whose steps were accepted as one.
    Step(Arc<UnaryEncoding>, Range<usize>),
}

/// Unary encodings that were accepted together, and whose they are. What is encoded lies in one piece of memory:
/// thousands of pieces would lie between others that are soon free, and keep them from being used for
/// anything larger.
#[derive(Debug)]
pub(crate) struct Accepted<T> {
    encoded: Vec<Ciphertext>,
    parts: Vec<(T, Part)>,
}

#[derive(Debug)]
enum Part {
    Decoded(Box<[Cipher]>, Place),
    Encoded(Range<usize>),
}

impl<T> Default for Accepted<T> {
    fn default() -> Self {
        Self { encoded: Vec::new(), parts: Vec::new() }
    }
}

impl<T> Accepted<T> {
    /// Adds one, which is given encoded and decoded.
    pub(crate) fn add(
        &mut self,
        whose: T,
        (encoded, decoded): (&[Ciphertext], Vec<Cipher>),
        room: &Room,
    ) {
        let part = if let Some(place) = room.take(decoded.len()) {
            Part::Decoded(decoded.into(), place)
        } else {
            let from = self.encoded.len();
            self.encoded.extend(encoded);
            Part::Encoded(from..self.encoded.len())
        };
        self.parts.push((whose, part));
    }

    /// Keeps them all.
    pub(crate) fn keep(self) -> impl Iterator<Item = (T, UnaryEncoding)> {
        let encoded: Arc<[Ciphertext]> = self.encoded.into();
        self.parts.into_iter().map(move |(whose, part)| {
            let entries = match part {
                Part::Decoded(entries, place) => Entries::Decoded { entries, _place: place },
                Part::Encoded(range) => Entries::Encoded(Arc::clone(&encoded), range),
            };
            (whose, UnaryEncoding(entries))
        })
    }
}

impl UnaryEncoding {
    /// The entry with this index. Nothing if there is none.
    pub(crate) fn get(&self, index: usize) -> Option<Cipher> {
        match &self.0 {
            Entries::Decoded { entries, .. } => entries.get(index).copied(),
            Entries::Encoded(..) => self.encoded()?.get(index).and_then(Cipher::decode),
            Entries::Step(bid, range) => {
                let index = range.start.checked_add(index)?;
                bid.get(index).filter(|_| range.contains(&index))
            }
        }
    }

    /// The steps of a bid whose entries these are, with so many entries each.
    pub(crate) fn steps(bid: &Arc<Self>, steps: usize, entries: usize) -> Vec<Self> {
        let starts = (0..steps).map(|step| step.saturating_mul(entries));
        let step = |start: usize| {
            Self(Entries::Step(Arc::clone(bid), start..start.saturating_add(entries)))
        };
        starts.map(step).collect()
    }

    fn encoded(&self) -> Option<&[Ciphertext]> {
        match &self.0 {
            Entries::Decoded { .. } | Entries::Step(..) => None,
            Entries::Encoded(all, range) => all.get(range.clone()),
        }
    }

    /// The entries with these indices. Nothing unless there are as many.
    pub(crate) fn entries(&self, indices: Range<usize>) -> Option<Cow<'_, [Cipher]>> {
        match &self.0 {
            Entries::Decoded { entries, .. } => entries.get(indices).map(Cow::Borrowed),
            Entries::Encoded(..) => {
                let decoded = self.encoded()?.get(indices)?.iter().map(Cipher::decode);
                decoded.collect::<Option<_>>().map(Cow::Owned)
            }
            Entries::Step(bid, range) => {
                let [start, end] =
                    [indices.start, indices.end].map(|at| range.start.checked_add(at));
                let (start, end) = (start?, end.filter(|end| *end <= range.end)?);
                bid.entries(start..end)
            }
        }
    }
}

/// The indices of each digit's entries.
pub(crate) fn digits(shape: &Shape) -> Vec<Range<usize>> {
    let mut from = 0usize;
    let digit = |radix: usize| {
        let to = from.saturating_add(radix.saturating_sub(1));
        std::mem::replace(&mut from, to)..to
    };
    shape.radices().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::bases;

    fn encoding(entries: usize, room: &Room) -> UnaryEncoding {
        let cipher = Cipher { r: bases().k, e: bases().h };
        let decoded: Vec<Cipher> =
            std::iter::successors(Some(cipher), |c| Some(*c + cipher)).take(entries).collect();
        let encoded: Vec<Ciphertext> = decoded.iter().map(Cipher::encode).collect();
        let mut accepted = Accepted::default();
        // Between two others.
        accepted.add(1, (&[encoded[0]], vec![cipher]), &Room::for_entries(0));
        accepted.add(2, (&encoded, decoded), room);
        accepted.add(3, (&[encoded[0]], vec![cipher]), &Room::for_entries(0));
        accepted.keep().find(|(whose, _)| *whose == 2).unwrap().1
    }

    fn is_decoded(encoding: &UnaryEncoding) -> bool {
        matches!(encoding.0, Entries::Decoded { .. })
    }

    #[test]
    fn what_there_is_no_room_for_is_the_same_encoded() {
        let room = Room::for_entries(5);
        let (first, second) = (encoding(5, &room), encoding(5, &room));
        assert!(is_decoded(&first) && !is_decoded(&second));
        for from in 0..=6 {
            assert_eq!(first.get(from), second.get(from));
            assert_eq!(first.get(from).is_some(), from < 5);
            for to in from..=6 {
                assert_eq!(first.entries(from..to), second.entries(from..to));
                assert_eq!(first.entries(from..to).is_some(), to <= 5);
            }
        }
    }

    #[test]
    fn an_encoding_that_is_no_longer_kept_leaves_its_room() {
        let room = Room::for_entries(7);
        let first = encoding(4, &room);
        assert!(!is_decoded(&encoding(4, &room)));
        assert!(is_decoded(&encoding(3, &room)));
        drop(first);
        assert!(is_decoded(&encoding(7, &room)));
    }

    #[test]
    fn steps_are_the_parts_of_their_bid() {
        for room in [0, 6] {
            let bid = Arc::new(encoding(6, &Room::for_entries(room)));
            let steps = UnaryEncoding::steps(&bid, 3, 2);
            assert_eq!(steps.len(), 3);
            for (n, step) in steps.iter().enumerate() {
                assert_eq!(step.get(1), bid.get(2 * n + 1));
                assert_eq!(step.get(2), None);
                assert_eq!(step.entries(0..2), bid.entries(2 * n..2 * n + 2));
                assert_eq!(step.entries(1..3), None);
            }
        }
    }

    #[test]
    fn digits_follow_each_other() {
        assert_eq!(digits(&Shape::new(&[2, 1, 3]).unwrap()), [0..3, 3..4, 4..11]);
    }
}
