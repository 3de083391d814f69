//! What the program derived from the transcript.

use crate::{
    bytes::{List, PartyKey},
    limits::{MAX_BUCKETS, MAX_LOTS, MAX_ROUNDS, MAX_UNITS},
    price::{Level, Price},
    terms::AuctionId,
};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;

/// The outcome of an auction, all lots decided and every unit accounted for.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Outcome {
    /// Whose outcome.
    pub auction: AuctionId,
    /// Per lot, in the order of the terms.
    pub lots: List<LotResult, MAX_LOTS>,
    /// Per party that ever had money at stake, ordered by key.
    pub accounts: Vec<Account>,
}

/// What became of one lot.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LotResult {
    /// Commits accepted.
    pub commits: u32,
    /// Commits revealed with a valid argument: the bids that were ranked.
    pub ranked: u32,
    /// Commits revealed with bytes that match the seal but prove nothing.
    pub invalid: u32,
    /// The seller's reserve.
    pub reserve: ReserveResult,
    /// What the terms have opened.
    pub disclosed: Disclosed,
    /// How it ended.
    pub ending: Ending,
}

/// What became of the seller's reserve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum ReserveResult {
    /// There was none.
    None,
    /// It was committed, and not revealed or not valid: it did not bind.
    Lapsed,
    /// It bound, and stays sealed.
    Sealed,
    /// It bound, and was opened as the terms say.
    Opened(Quote),
}

/// What was opened besides winners and price.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Disclosed {
    /// What the surveys between rounds showed, from round 0.
    pub surveys: List<Survey, MAX_ROUNDS>,
    /// The best losing price.
    pub cover: Option<Quote>,
    /// Bids per price bucket, without the best: bucket `j` holds the bids with first digit `j`.
    pub depth: Option<List<u32, MAX_BUCKETS>>,
    /// Every ranked bid, in tie order.
    pub bids: Option<Vec<OpenedBid>>,
}

/// What a round showed.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Survey {
    /// Bids per price bucket, without the best.
    pub depth: Option<List<u32, MAX_BUCKETS>>,
    /// The best bid without the best ones.
    pub cover: Option<Quote>,
}

/// A level with its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Quote {
    /// The level.
    pub level: Level,
    /// The price.
    pub price: Price,
}

/// A bid that the terms have opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct OpenedBid {
    /// Whose.
    pub bidder: PartyKey,
    /// Its level and price.
    pub quote: Quote,
}

/// How a lot ended.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Ending {
    /// Somebody won.
    Sold(Award),
    /// Somebody won and the seller declined.
    Declined(Award),
    /// No bid reached the seller's reserve.
    BelowReserve,
    /// No valid bid was revealed.
    Unsold,
    /// The lot was given up; every bidder who revealed is refunded.
    Void(VoidCause),
    /// A soundness alarm: something was opened that the mathematics excludes.
    Halted,
}

/// Who won, at what price.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Award {
    /// What every winner pays.
    pub quote: Quote,
    /// The winners, in tie order. One in a first-price auction.
    pub sales: List<Sale, MAX_UNITS>,
}

/// One winner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Sale {
    /// Who.
    pub winner: PartyKey,
    /// How its bid compares with the price.
    pub comparison: PriceComparison,
}

/// How a winner's bid compares with the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum PriceComparison {
    /// It bid more than the price (less, in a procurement).
    AbovePrice,
    /// It bid the price.
    AtPrice,
    /// There were no more bids than units, and nothing was compared.
    NotCompared,
}

/// Why a lot was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum VoidCause {
    /// The key ceremony left too few keyholders in some group.
    Setup,
    /// Too few keyholders endorsed the transcript.
    Endorsement,
    /// Too few keyholders acted in a step of the ranking.
    Quorum,
}

impl fmt::Display for VoidCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Setup => "too few keyholders after the key ceremony",
            Self::Endorsement => "too few keyholders endorsed the transcript",
            Self::Quorum => "too few keyholders acted in a step of the ranking",
        })
    }
}

/// One party's money, to the unit.
///
/// # Invariants
/// `funded + received == available + locked + settlement + forfeited` per party, and the sum of
/// all `received` equals the sum of all `forfeited`, or is 0 where the terms name no beneficiary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Account {
    /// Whose.
    pub party: PartyKey,
    /// Locked by the custodian for this party, in all.
    pub funded: u64,
    /// Forfeits and fees received from others.
    pub received: u64,
    /// To be released to the party.
    pub available: u64,
    /// Still at stake; zero in an outcome.
    pub locked: u64,
    /// Winners' deposits, held towards what they owe.
    pub settlement: u64,
    /// Forfeited to others, fees included.
    pub forfeited: u64,
}

impl Account {
    /// The account of a party before anything comes into it.
    pub fn empty(party: PartyKey) -> Self {
        Self { party, funded: 0, received: 0, available: 0, locked: 0, settlement: 0, forfeited: 0 }
    }
}
