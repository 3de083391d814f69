//! What keyholders post to rank bids without opening them.

use crate::{
    bytes::{Digest, List, Point, Scalar},
    commitment::BidId,
    limits::{MAX_ATTESTED, MAX_CHUNK_ITEMS, MAX_HEARD, MAX_SHUFFLE_TERMS, MAX_VECTORS},
    masked::{Masked, Quadratic, VectorOpening},
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
    /// `z`, the masked sign.
    pub sign: Masked,
}

/// One proof for all gates of a chunk: the signs are committed to in vectors, are signs, and each went
/// into both outputs of its gate.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct GateProof {
    /// The signs, [`MAX_VECTOR`](crate::limits::MAX_VECTOR) to a vector, in the order of the gates.
    pub signs: List<VectorOpening, MAX_VECTORS>,
    /// That they are 1 or -1.
    pub squares: Quadratic,
    /// `M`, the announcement for the outputs, weighed together.
    pub announcement: Ciphertext,
    /// `R`, the randomness of the outputs, weighed together.
    pub randomness: Scalar,
}

/// A keyholder's turn on a chunk of gates.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct GatePost {
    /// Where it belongs.
    pub header: RankHeader,
    /// One turn per gate of the chunk.
    pub turns: List<GateTurn, MAX_CHUNK_ITEMS>,
    /// One proof for all of them.
    pub proof: GateProof,
}

/// A keyholder's turn on a chunk of lists to be shuffled: every entry raised to a secret power, and the
/// entries of each list moved by a secret mask of their places.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ShufflePost {
    /// Where it belongs.
    pub header: RankHeader,
    /// `Z`, list by list.
    pub outputs: List<Ciphertext, MAX_CHUNK_ITEMS>,
    /// One proof for all of them.
    pub proof: ShuffleProof,
}

/// That the outputs are the entries, moved and raised.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ShuffleProof {
    /// The bits of the lists' masks, [`MAX_VECTOR`](crate::limits::MAX_VECTOR) to a vector.
    pub moves: List<VectorOpening, MAX_VECTORS>,
    /// That they are 0 or 1.
    pub squares: Quadratic,
    /// The powers, [`MAX_VECTOR`](crate::limits::MAX_VECTOR) to a vector, in the order of the entries.
    pub powers: List<VectorOpening, MAX_VECTORS>,
    /// `D_e` and `N_e` for `e = 0 .. k`, where the lists have `2^k` entries: the lists share them.
    pub polynomial: List<ShuffleTerm, MAX_SHUFFLE_TERMS>,
    /// The masked bits of the moves, list by list, the least significant first.
    pub masked: List<Masked, MAX_CHUNK_ITEMS>,
    /// `p_i`, per entry: its power behind a nonce.
    pub raised: List<Scalar, MAX_CHUNK_ITEMS>,
    /// `h`, which masks the polynomial.
    pub mask: Scalar,
}

/// A coefficient of the polynomial that a shuffle's lists share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ShuffleTerm {
    /// `D_e`, the coefficient and `Enc(0; h_e)`.
    pub ciphertext: Ciphertext,
    /// `N_e = h_e*G`.
    pub mask: Point,
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
