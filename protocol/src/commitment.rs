//! A committed bid: what a bidder posts while bids are due.

use crate::{
    bytes::{Digest, List, PartyKey, Point},
    labels,
    limits::{MAX_STEPS, MAX_VECTOR},
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

/// A commit of a curve, signed by its bidder. All of its steps are revealed together, or none is.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CurveCommit {
    /// Index of the lot, from 0.
    pub lot: u32,
    /// Round, which is 0.
    pub round: u32,
    /// Which side of the market bids.
    pub side: TradeSide,
    /// The steps, in any order.
    pub steps: List<CurveStep, MAX_STEPS>,
    /// Binds the sealed bid, which holds all steps: see [`seal`].
    pub seal: Digest,
}

/// A step of a curve, committed.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CurveStep {
    /// Units: at least 1; and 0 where quantities are sealed.
    pub quantity: u32,
    /// `C = b*G + rho*H`: to a level, and where quantities are sealed to `level * 2^bits + quantity`.
    pub commitment: Point,
    /// That `C` is to such a number.
    pub range_proof: RangeProof,
}

/// A side of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub enum TradeSide {
    /// Pays a price, and wants a low one.
    Buy,
    /// Is paid a price, and wants a high one.
    Sell,
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
