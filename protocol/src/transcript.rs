//! The transcript: the hash-chained record of an auction, as a stream.
//!
//! ```text
//! magic "talea transcript 2\n"
//! genesis  0x00  length u32  borsh(Genesis)
//! entry    0x01  length u32  borsh(Entry)      any number
//! outcome  0x02  length u32  borsh(Closing)    at most one, the last
//! ```
//!
//! Integers are little-endian. Every entry carries the head of the chain after it, so a changed
//! byte is found at the entry that holds it.

use crate::{
    bytes::{Digest, List, Signature},
    labels,
    limits::{MAX_INSTRUCTION_BYTES, MAX_OUTCOME_BYTES, MAX_TERMS_BYTES},
    outcome::Outcome,
    terms::AuctionId,
};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// The first bytes of a transcript file.
pub const MAGIC: &[u8; 19] = b"talea transcript 2\n";

/// Bytes before a record's body: kind and length.
pub const RECORD_HEADER_BYTES: usize = 5;

/// Bytes by which a genesis or an entry may exceed the message it carries.
const FRAME_BYTES: usize = 256;

/// How an auction opened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Genesis {
    /// The slot in which it opened.
    pub slot: u64,
    /// Canonical bytes of the terms.
    pub terms: List<u8, MAX_TERMS_BYTES>,
    /// The seller's, over [`opening_bytes`](crate::instruction::opening_bytes).
    pub signature: Signature,
}

/// An accepted instruction.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Entry {
    /// The runtime's slot.
    pub slot: u64,
    /// Borsh bytes of a [`SignedInstruction`](crate::instruction::SignedInstruction).
    pub instruction: List<u8, MAX_INSTRUCTION_BYTES>,
    /// The chain's head after this entry.
    pub head: Digest,
}

/// The last record: what the program derived.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Closing {
    /// The outcome.
    pub outcome: Outcome,
    /// The chain's head.
    pub head: Digest,
}

/// The head of an empty chain: `SHA-256(label || auction id || slot u64 || signature)`.
pub fn genesis_head(auction: &AuctionId, slot: u64, signature: &Signature) -> Digest {
    Digest::of(&[labels::CHAIN_GENESIS, &auction.0, &slot.to_le_bytes(), &signature.0])
}

/// The head after an entry: `SHA-256(label || head || slot u64 || length u64 || instruction)`.
pub fn next_head(head: &Digest, slot: u64, instruction: &[u8]) -> Digest {
    let length = u64::try_from(instruction.len()).unwrap_or(u64::MAX);
    Digest::of(&[
        labels::CHAIN_ENTRY,
        &head.0,
        &slot.to_le_bytes(),
        &length.to_le_bytes(),
        instruction,
    ])
}

/// The kind of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// A [`Genesis`].
    Genesis,
    /// An [`Entry`].
    Entry,
    /// A [`Closing`].
    Closing,
}

impl RecordKind {
    /// The byte of this kind.
    pub fn byte(self) -> u8 {
        match self {
            Self::Genesis => 0,
            Self::Entry => 1,
            Self::Closing => 2,
        }
    }

    /// The longest body of this kind, in bytes. A reader compares before it allocates.
    pub fn max_len(self) -> usize {
        match self {
            Self::Genesis => MAX_TERMS_BYTES.saturating_add(FRAME_BYTES),
            Self::Entry => MAX_INSTRUCTION_BYTES.saturating_add(FRAME_BYTES),
            Self::Closing => MAX_OUTCOME_BYTES,
        }
    }

    /// Reads a record's header: its kind and the length of its body. Nothing if the kind is
    /// unknown or the length exceeds the kind's bound.
    pub fn read_header(header: &[u8; RECORD_HEADER_BYTES]) -> Option<(Self, usize)> {
        let [kind, length @ ..] = *header;
        let kind = match kind {
            0 => Self::Genesis,
            1 => Self::Entry,
            2 => Self::Closing,
            _ => return None,
        };
        let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
        (length <= kind.max_len()).then_some((kind, length))
    }

    /// A record of this kind around `body`. Nothing if the body exceeds the kind's bound.
    pub fn write(self, body: &[u8]) -> Option<Vec<u8>> {
        let length = u32::try_from(body.len()).ok()?;
        if body.len() > self.max_len() {
            return None;
        }
        let mut record = Vec::with_capacity(RECORD_HEADER_BYTES.saturating_add(body.len()));
        record.push(self.byte());
        record.extend_from_slice(&length.to_le_bytes());
        record.extend_from_slice(body);
        Some(record)
    }
}
