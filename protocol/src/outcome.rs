//! What the program derived from the transcript.

use crate::{
    bytes::{List, PartyKey},
    commitment::TradeSide,
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
    /// The market cleared, and something is traded.
    Cleared(Clearing),
    /// Both sides bid, and no price suits two of them; or all that was bid is a quantity of nothing.
    NoTrade(Clearing),
    /// One side of a two-sided market has no bid. Nothing was opened.
    OneSided,
    /// A survey was answered.
    Surveyed(Statistics),
    /// A survey has fewer answers than its terms ask for. Nothing was opened.
    TooFewAnswers,
}

impl Ending {
    /// Its kind, for tools.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sold(_) => "sold",
            Self::Declined(_) => "declined",
            Self::BelowReserve => "below-reserve",
            Self::Unsold => "unsold",
            Self::Void(_) => "void",
            Self::Halted => "halted",
            Self::Cleared(_) => "cleared",
            Self::NoTrade(_) => "no-trade",
            Self::OneSided => "one-sided",
            Self::Surveyed(_) => "surveyed",
            Self::TooFewAnswers => "too-few-answers",
        }
    }
}

/// How a market cleared: all that was opened of it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Clearing {
    /// The price.
    pub price: Quote,
    /// Where the middle of two prices was taken, those two.
    pub between: Option<Clears>,
    /// With trade reduction the bids at the margin, where a pair can trade.
    pub margins: Option<Margins>,
    /// What is wanted beyond what is offered, at every level where that was opened, in the order in which it was.
    pub excess: Vec<Excess>,
    /// Bids that trade something, or would at the price, in tie order.
    pub trades: Vec<Trade>,
}

/// The prices at which as much as possible is traded: these and all between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Clears {
    /// The lowest.
    pub lowest: Quote,
    /// The highest.
    pub highest: Quote,
}

/// The bids at the margin of a market with trade reduction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Margins {
    /// The worst of the buyers that can trade.
    pub last_buyer: Quote,
    /// The best of those that cannot, or the lowest price.
    pub next_buyer: Quote,
    /// The worst of the sellers that can trade.
    pub last_seller: Quote,
    /// The best of those that cannot, or the highest price.
    pub next_seller: Quote,
}

/// What is wanted at a level or better beyond what is for sale; in a two-sided market, beyond what sellers ask less for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Excess {
    /// The level.
    pub level: Level,
    /// Units; negative where less is wanted.
    pub units: i64,
}

/// What a bid trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Trade {
    /// Whose.
    pub party: PartyKey,
    /// On which side.
    pub side: TradeSide,
    /// Units of its steps that are better than the price: all of them are traded.
    pub better: u64,
    /// Units of its steps at the price.
    pub at_price: u64,
    /// Units of these that are traded.
    pub shared: u64,
    /// What it pays or is paid for all of them: the sum of units times prices, in minor units of a price.
    pub amount: i64,
}

impl Trade {
    /// Units that it trades.
    pub fn units(&self) -> u64 {
        self.better.saturating_add(self.shared)
    }
}

/// What a survey opened. Answers are levels; a level's price says what it stands for.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Statistics {
    /// The sum of the answers.
    pub sum: u64,
    /// Answers per bin, lowest first, if there are bins.
    pub bins: Option<List<u32, MAX_BUCKETS>>,
    /// The sum of their squares, if it was opened.
    pub squares: Option<u64>,
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
