//! A unary encoding that was accepted, as the state holds it: encoded.
//!
//! Decoded it would take five times the memory, and most of it is needed once or twice, a digit at a time.

use crate::{
    elgamal::Ciphertext,
    store::{Key, Map},
};
use alloc::{boxed::Box, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use talea_protocol::{bytes::Point, sealed_bid::Ciphertext as WireCiphertext};

/// The entries `U[t][j]`, digit by digit.
///
/// # Invariants
/// All of them decode.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct UnaryEncoding(Box<[WireCiphertext]>);

/// The unary encodings of all bids, and of reserves.
pub(crate) type Encodings = Map<EncodingId, UnaryEncoding>;

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

impl UnaryEncoding {
    /// Keeps entries that decoded.
    pub(crate) fn new(entries: &[WireCiphertext]) -> Self {
        Self(entries.into())
    }

    /// The encodings of the `R` of every entry.
    pub(crate) fn randomness(&self) -> impl Iterator<Item = Point> {
        self.0.iter().map(|entry| entry.r)
    }

    /// The entry with this index.
    pub(crate) fn get(&self, index: usize) -> Option<Ciphertext> {
        self.0.get(index).and_then(Ciphertext::decode)
    }

    /// `width` entries from the index `from` on.
    pub(crate) fn entries(&self, from: usize, width: usize) -> impl Iterator<Item = Ciphertext> {
        self.0.iter().skip(from).take(width).filter_map(Ciphertext::decode)
    }
}
