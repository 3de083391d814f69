//! Unary encodings that were accepted, as the state holds them: encoded, and in parts.
//!
//! Decoded they would take five times the memory, and most of it is needed once or twice, a digit at a time. A home
//! reads the part that has the digit.

use crate::{
    elgamal::Ciphertext,
    store::{Home, Key, Kind, Map, records},
};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use talea_protocol::{bytes::Point, sealed_bid::Ciphertext as WireCiphertext};

/// Entries in a part.
const PART: usize = 8;

/// The unary encodings of all bids, and of reserves. None is ever removed: **R5** compares with all that were accepted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Encodings {
    parts: Map<(EncodingId, u32), Part>,
}

records!(Encodings { parts });

/// Up to [`PART`] entries `U[t][j]`, which go on from digit to digit.
///
/// # Invariants
/// All of them decode.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Part(Box<[WireCiphertext]>);

/// Whose unary encoding: that of the bid in this place of the lot, revealed in this round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub(crate) struct EncodingId {
    pub(crate) lot: u32,
    pub(crate) place: u32,
    pub(crate) round: u32,
}

impl Key for EncodingId {
    fn write(&self, key: &mut Vec<u8>) {
        (self.lot, self.place, self.round).write(key);
    }
}

impl Encodings {
    pub(crate) fn new(home: Option<&Arc<Home>>) -> Self {
        Self { parts: Map::new(Kind::UnaryEncoding, home) }
    }

    /// Keeps entries that decoded.
    pub(crate) fn put(&mut self, id: EncodingId, entries: &[WireCiphertext]) {
        for (part, entries) in (0u32..).zip(entries.chunks(PART)) {
            self.parts.put((id, part), Part(entries.into()));
        }
    }

    /// `width` entries from the index `from` on, which are there.
    fn encoded(&self, id: EncodingId, from: usize, width: usize) -> Vec<WireCiphertext> {
        let mut entries = Vec::with_capacity(width);
        let end = from.saturating_add(width);
        for part in from / PART..end.div_ceil(PART) {
            let start = part.saturating_mul(PART);
            let part = u32::try_from(part).ok().and_then(|part| self.parts.expect(&(id, part)));
            let within = from.saturating_sub(start)..end.saturating_sub(start).min(PART);
            entries.extend_from_slice(part.as_ref().and_then(|p| p.0.get(within)).unwrap_or(&[]));
        }
        entries
    }

    /// `width` entries from the index `from` on.
    pub(crate) fn entries(&self, id: EncodingId, from: usize, width: usize) -> Vec<Ciphertext> {
        self.encoded(id, from, width).iter().filter_map(Ciphertext::decode).collect()
    }

    /// The encodings of the `R` of the first `count` entries.
    pub(crate) fn randomness(&self, id: EncodingId, count: usize) -> Vec<Point> {
        self.encoded(id, 0, count).iter().map(|entry| entry.r).collect()
    }
}
