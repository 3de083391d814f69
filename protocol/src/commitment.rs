//! A committed bid: what a bidder posts while bids are due.

use crate::{
    bytes::{Digest, List, PartyKey, Point},
    labels,
    limits::MAX_VECTOR,
    masked::{Masked, Quadratic, VectorOpening},
    terms::AuctionId,
};
use borsh::{BorshDeserialize, BorshSerialize};

/// Which bid of an auction is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct BidId {
    /// Index of the lot, from 0.
    pub lot: u32,
    /// Round, from 0. Without rounds in the terms there is only round 0.
    pub round: u32,
    /// The bidder.
    pub bidder: PartyKey,
}

/// A commit, signed by its bidder.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Commit {
    /// Index of the lot, from 0.
    pub lot: u32,
    /// Round, from 0.
    pub round: u32,
    /// `C = b*G + rho*H`.
    pub commitment: Point,
    /// That `C` is to a level of the grid, and in a later round to none worse than the active bid.
    pub range_proof: RangeProof,
    /// Binds the sealed bid: see [`seal`].
    pub seal: Digest,
}

/// The proof that comes with a commitment. Bit `l = 0` has the least place value.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RangeProof {
    /// The bits of the bid, and in a later round of what it improves by.
    pub bits: VectorOpening,
    /// That they are 0 or 1, and those of what is committed to.
    pub squares: Quadratic,
    /// `z_l`, the masked bits.
    pub masked: List<Masked, MAX_VECTOR>,
}

/// `SHA-256(label || auction id || lot u32 || round u32 || bidder || length u64 || sealed bid)`,
/// integers little-endian.
pub fn seal(auction: &AuctionId, bid: &BidId, sealed_bid: &[u8]) -> Digest {
    let length = u64::try_from(sealed_bid.len()).unwrap_or(u64::MAX);
    Digest::of(&[
        labels::SEAL,
        &auction.0,
        &bid.lot.to_le_bytes(),
        &bid.round.to_le_bytes(),
        &bid.bidder.0,
        &length.to_le_bytes(),
        sealed_bid,
    ])
}
