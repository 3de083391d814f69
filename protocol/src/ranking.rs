//! What keyholders post to rank bids without opening them.

use crate::{
    bytes::{Digest, List, Point, Scalar},
    commitment::BidId,
    limits::{MAX_ATTESTED, MAX_CHUNK_ITEMS, MAX_HEARD},
    quorum::KeyholderId,
    sealed_bid::Ciphertext,
    setup::CompactProof,
};
use borsh::{BorshDeserialize, BorshSerialize};

/// A keyholder's word that this is the transcript it saw at the close of reveals. A keyholder
/// endorses one head per auction and round, for ever.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Endorsement {
    /// Round, from 0.
    pub round: u32,
    /// The transcript's head at the close of reveals.
    pub head: Digest,
    /// Missing bids that the keyholder received in time: sealed bytes that the board does not show, in later
    /// rounds also commits. Strictly ascending.
    pub attested: List<BidId, MAX_ATTESTED>,
}

/// What a keyholder owes the auction at some point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub enum Duty {
    /// Its endorsement of the head at the close of reveals.
    Endorsement,
    /// Its part in a chunk of a lot's step.
    Chunk {
        /// Index of the lot, from 0.
        lot: u32,
        /// Step of the lot's ranking, from 0.
        step: u32,
        /// Chunk of the step's list, from 0.
        chunk: u32,
    },
}

/// A keyholder's word that it holds what others were due to say, that the rules accept it, that it handed
/// it in, and that the transcript does not show it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Vouch {
    /// Round, from 0.
    pub round: u32,
    /// The transcript's head at the close of reveals.
    pub head: Digest,
    /// What the others were due to do.
    pub duty: Duty,
    /// Who did it. Strictly ascending.
    pub heard: List<KeyholderId, MAX_HEARD>,
}

/// Which piece of the ranking a post belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RankHeader {
    /// Index of the lot, from 0.
    pub lot: u32,
    /// Round, from 0.
    pub round: u32,
    /// Step of the lot's ranking, from 0.
    pub step: u32,
    /// Chunk of the step's list, from 0.
    pub chunk: u32,
    /// The endorsed head.
    pub head: Digest,
}

/// One keyholder's turn on one conditional gate: both ciphertexts multiplied by the same secret sign and
/// re-encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct GateTurn {
    /// `X'`.
    pub x: Ciphertext,
    /// `Y'`.
    pub y: Ciphertext,
    /// The proof that both took the same sign.
    pub proof: GateProof,
}

/// An OR of two equality proofs, one per sign, in announcement form. `c_minus` is the post's
/// challenge less `c_plus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct GateProof {
    /// Announcement for the sign +1, over `(K, PK)`.
    pub plus: Ciphertext,
    /// Announcement for the sign -1, over `(K, PK)`.
    pub minus: Ciphertext,
    /// The share of the challenge that falls to the sign +1.
    pub c_plus: Scalar,
    /// Response for the sign +1.
    pub z_plus: Scalar,
    /// Response for the sign -1.
    pub z_minus: Scalar,
}

/// A keyholder's turn on a chunk of gates.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct GatePost {
    /// Where it belongs.
    pub header: RankHeader,
    /// One turn per gate of the chunk.
    pub turns: List<GateTurn, MAX_CHUNK_ITEMS>,
}

/// One switch of a keyholder's network: two ciphertexts raised to secret powers, in the same places
/// or crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Switch {
    /// `Z_0`.
    pub low: Ciphertext,
    /// `Z_1`.
    pub high: Ciphertext,
    /// The share of the challenge that falls to straight; crossed has the rest.
    pub c_straight: Scalar,
    /// `z_(0,0)`, `z_(0,1)`: if straight, of the power of either input.
    pub z_straight: [Scalar; 2],
    /// `z_(1,0)`, `z_(1,1)`: if crossed.
    pub z_crossed: [Scalar; 2],
}

/// A keyholder's turn on a chunk of lists to be shuffled.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ShufflePost {
    /// Where it belongs.
    pub header: RankHeader,
    /// List by list, layer by layer.
    pub switches: List<Switch, MAX_CHUNK_ITEMS>,
    /// One challenge for all, `c`.
    pub challenge: Scalar,
}

/// A keyholder's blinding of a chunk of ciphertexts, for zero-tests (plaintext-equality tests with zero).
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BlindPost {
    /// Where it belongs.
    pub header: RankHeader,
    /// `(a*R, a*E)` per ciphertext, each with its own `a`.
    pub blinded: List<Ciphertext, MAX_CHUNK_ITEMS>,
    /// One challenge for all, `c`.
    pub challenge: Scalar,
    /// One response per ciphertext, `z`.
    pub responses: List<Scalar, MAX_CHUNK_ITEMS>,
}

/// The seller's word on a lot that has an award.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Decision {
    /// Index of the lot, from 0.
    pub lot: u32,
    /// Whether it sells.
    pub accept: bool,
}

/// A keyholder's decryption shares for a chunk of ciphertexts.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct DecryptionSharePost {
    /// Where it belongs.
    pub header: RankHeader,
    /// `D = x * R` per ciphertext.
    pub shares: List<Point, MAX_CHUNK_ITEMS>,
    /// One proof for all of them.
    pub proof: CompactProof,
}
