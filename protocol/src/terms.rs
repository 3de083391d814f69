//! The terms: the contract between the parties, fixed at opening.
//!
//! The auction id is the hash of all of their bytes, so nobody can change one of them afterwards
//! and no two auctions share an id.

use crate::{
    bytes::{Digest, Domain, List, PartyKey, Text, bytes32},
    labels,
    limits::{MAX_LISTED_BIDDERS, MAX_LOTS},
    price::PriceGrid,
    quorum::Quorum,
};
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;

pub use crate::mechanism::Mechanism;

bytes32! {
    /// The identity of an auction: see [`Terms::auction_id`]. Written as [`names`](crate::names) has it.
    AuctionId
}

/// Everything that the parties agreed on before the first bid.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Terms {
    /// [`PROTOCOL_VERSION`](labels::PROTOCOL_VERSION).
    pub version: u16,
    /// 32 random bytes, so that no two auctions share an id.
    pub nonce: [u8; 32],
    /// The chain or board on which the auction runs; a transcript of one cannot be replayed on
    /// another.
    pub domain: Domain,
    /// Signs the opening; may not bid.
    pub seller: PartyKey,
    /// Reports the money that it locked for a party; may not bid.
    pub custodian: PartyKey,
    /// The line items, each ranked by itself.
    pub lots: List<Lot, MAX_LOTS>,
    /// How the price follows from the bids.
    pub mechanism: Mechanism,
    /// How ties are broken.
    pub ties: Ties,
    /// What the rank phase opens, and nothing more.
    pub disclosure: Disclosure,
    /// Whether the seller may commit a price below which it does not sell.
    pub reserve: Option<Reserve>,
    /// Whether the seller may decline what a lot came to. Silence accepts.
    pub acceptance: Option<Acceptance>,
    /// Whether bids can be improved, round by round.
    pub rounds: Option<Rounds>,
    /// When each phase ends.
    pub schedule: Schedule,
    /// What is at stake.
    pub stakes: Stakes,
    /// Who may bid.
    pub admission: Admission,
    /// Commits per lot, at most.
    pub max_bids_per_lot: u32,
    /// Who together may decrypt.
    pub quorum: Quorum,
    /// Test points asked at once when a digit or a winner is searched: 1 bisects, `B - 1` finds a
    /// digit of radix `B` in one round. Every answer is implied by the final price and winner.
    pub fan_out: u16,
    /// Items in one chunk of a rank message.
    pub chunk_items: u16,
    /// What prices are, if the terms say so: the same for every lot.
    pub money: Option<Money>,
    /// Whether a bid that its bidder opens to an auditor alone must be on the record.
    pub openings: Openings,
}

impl Terms {
    /// `SHA-256(label || borsh bytes of the terms)`.
    pub fn auction_id(&self) -> AuctionId {
        // Writing to memory cannot fail; were it ever to, no id would be equal to another's.
        let bytes = borsh::to_vec(self).unwrap_or_default();
        Self::auction_id_of_bytes(&bytes)
    }

    /// The auction id of terms given as their canonical bytes.
    pub fn auction_id_of_bytes(terms_bytes: &[u8]) -> AuctionId {
        AuctionId(Digest::of(&[labels::AUCTION_ID, terms_bytes]).0)
    }

    /// Whether a reserve that binds is opened: if the terms open it, and where they open everything, for
    /// bids are then ranked in the clear.
    pub fn opens_reserves(&self) -> bool {
        let opened = self.reserve.is_some_and(|reserve| reserve.opened);
        opened || self.disclosure == Disclosure::Everything
    }

    /// How many slots the reveals of a round have.
    pub fn reveal_slots(&self, round: u32) -> u64 {
        let of_first = self.schedule.reveals_until.saturating_sub(self.schedule.commits_until);
        self.rounds.filter(|_| round > 0).map_or(of_first, |rounds| rounds.reveal_slots)
    }
}

/// A line item.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Lot {
    /// What people call it.
    pub name: Text,
    /// An identifier such as an ISIN or a CUSIP.
    pub identifier: Text,
    /// How much is for sale, in the unit that the name implies (face amount, pieces); at least 1.
    pub quantity: u64,
    /// The prices at which it can be bid for.
    pub grid: PriceGrid,
}

/// How ties are broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Ties {
    /// The earliest commit in the transcript wins. The board orders commits within a slot.
    EarliestCommit,
    /// Chance decides: every sealed bid of round 0 ends with a contribution, and nobody knows the
    /// draw before the last reveal. The last to reveal, with several bids, can still choose among
    /// draws, at the price of a bid and its deposit for each that it leaves out.
    Lottery,
}

impl Ties {
    /// Whether sealed bids of this round end with a contribution. In later rounds they do not: a bid
    /// that stands although its update was withheld would have a second draw.
    pub fn asks_for_contributions(self, round: u32) -> bool {
        self == Self::Lottery && round == 0
    }
}

/// What the rank phase opens besides winners and price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Disclosure {
    /// Winners and price of every lot, and these facts.
    Facts {
        /// Whether the best losing price is opened.
        cover: bool,
        /// Whether the distribution of the bids is opened.
        depth: Option<Depth>,
    },
    /// Every bid, and the reserve.
    Everything,
}

impl Disclosure {
    /// Winners and price, and nothing else.
    pub const WINNER_AND_PRICE: Self = Self::Facts { cover: false, depth: None };
}

/// How many bids lie in each price bucket, without the best ones. The buckets are the first digits
/// of the grid's shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Depth {
    /// Of a lot with fewer ranked bids no depth is opened; at least 1. Few bids in a depth show
    /// where a single one lies.
    pub min_bids: u32,
}

/// A price that the seller commits before bids, and below which a lot does not trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Reserve {
    /// Last slot for it.
    pub until: u64,
    /// Whether it is opened at the end of a lot that was ranked. Where everything is disclosed it is opened
    /// in any case: see [`Terms::opens_reserves`].
    pub opened: bool,
}

/// The seller's say after the price is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Acceptance {
    /// Slots for it, from the end of a lot's ranking.
    pub slots: u64,
}

/// Rounds in which every bidder bids again, not worse than before, after a look at the depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Rounds {
    /// Rounds at most: 2 to [`MAX_ROUNDS`](crate::limits::MAX_ROUNDS). The auction ends before if a
    /// round moves nothing that was disclosed.
    pub limit: u32,
    /// Slots for the commits of every round but the first.
    pub commit_slots: u64,
    /// Slots for the reveals of every round but the first.
    pub reveal_slots: u64,
    /// Whether between rounds the best bid without the `max(units, 1)` best ones is opened too.
    pub cover: bool,
}

/// When each phase ends. Slots are the runtime's; the program only compares them.
///
/// A deadline is the last slot in which its phase accepts instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Schedule {
    /// Last slot for deals.
    pub deals_until: u64,
    /// Last slot for complaints.
    pub complaints_until: u64,
    /// Last slot for commits: the moment when bids are due.
    pub commits_until: u64,
    /// Last slot for reveals; the phase ends before if every commit is revealed.
    pub reveals_until: u64,
    /// Slots for endorsing, from the close of reveals.
    pub endorse_slots: u64,
    /// Slots for each step of ranking a lot.
    pub step_slots: u64,
    /// Slots added to each step per revealed bid of the lot.
    pub step_slots_per_bid: u64,
    /// Slots before the end of reveals, and of the commits of a later round, in which keyholders attest
    /// nothing any more: what comes then the board may not have had time to take. Less than the
    /// phases last.
    pub witness_slots: u64,
}

impl Schedule {
    /// Phases of so many slots each, from slot 0 on, and as many for endorsing and for each step. A step has a
    /// slot more per bid, and a tenth of a phase is the margin of witnesses.
    pub const fn even(slots: u64) -> Self {
        Self {
            deals_until: slots,
            complaints_until: slots.saturating_mul(2),
            commits_until: slots.saturating_mul(3),
            reveals_until: slots.saturating_mul(4),
            endorse_slots: slots,
            step_slots: slots,
            step_slots_per_bid: 1,
            witness_slots: slots.div_euclid(10),
        }
    }

    /// The margin of witnesses where nobody names one, in slots: a tenth, rounded up, of the shortest phase before
    /// whose end they attest, and not more than `most`; but at least one slot where the phase leaves room for it, for
    /// without a margin a bid that was handed to witnesses alone is withdrawn for nothing (section 10 of the
    /// specification). `reveal_slots` is how long the first reveals last.
    pub fn usual_margin(reveal_slots: u64, rounds: Option<Rounds>, most: u64) -> u64 {
        let of_rounds = rounds.map(|rounds| rounds.commit_slots.min(rounds.reveal_slots));
        let shortest = of_rounds.unwrap_or(reveal_slots).min(reveal_slots);
        shortest.div_ceil(10).min(most).max(1).min(shortest.saturating_sub(1))
    }
}

/// What is at stake, in units of the custodian's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Stakes {
    /// Locked per commit.
    pub deposit: u64,
    /// Locked per keyholder and lot.
    pub bond: u64,
    /// Charged per commit and not refunded.
    pub commit_fee: u64,
    /// Added to the fee for each commit that the lot has already, so that it costs more and more to
    /// take all the room that there is for others.
    pub fee_growth: u64,
    /// Receives every forfeit and fee; nobody does if it is absent. Neither the seller, nor the
    /// custodian, nor a keyholder, nor a bidder: it would pay them to cause a forfeit.
    pub beneficiary: Option<PartyKey>,
}

impl Stakes {
    /// The fee for a commit on a lot that has so many.
    pub fn fee(&self, commits: u64) -> u64 {
        self.commit_fee.saturating_add(self.fee_growth.saturating_mul(commits))
    }
}

/// Who may bid.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Admission {
    /// Anybody but the seller, the custodian and the beneficiary.
    Open,
    /// These keys.
    Listed(List<PartyKey, MAX_LISTED_BIDDERS>),
}

/// What a price is: one currency and one quotation for the whole auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Money {
    /// Of every amount.
    pub currency: Currency,
    /// How an amount follows from a price.
    pub quotation: Quotation,
}

/// An ISO 4217 alphabetic code: three letters A to Z, as **T7** has it. Whether the standard lists it, only people
/// ask: the list changes, and what a transcript says must not.
#[derive(Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Currency(pub [u8; 3]);

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Currency({self})")
    }
}

/// For people, and for tools: the code.
impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Terms that nobody checked may hold any bytes.
        write!(f, "{}", self.0.escape_ascii())
    }
}

/// What a price is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Quotation {
    /// An amount for the whole lot.
    Lot,
    /// An amount for each unit of the quantity.
    Unit,
    /// Per cent of the quantity: the amount for 100 of its units.
    Percent,
    /// A yield: no amount.
    Yield,
    /// A spread over a benchmark: no amount.
    Spread,
}

/// What becomes of a bid that its bidder opens to an auditor alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Openings {
    /// Bidder and auditor alone know of it.
    Private,
    /// The board's record has it, sealed to the auditor.
    Recorded,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_margin_is_a_tenth_of_the_shortest_phase_and_never_nothing_where_there_is_room() {
        let usual = |reveals| Schedule::usual_margin(reveals, None, u64::MAX);
        assert_eq!([1, 2, 9, 10, 11, 100, 101].map(usual), [0, 1, 1, 1, 2, 10, 11]);
        let rounds = |commit_slots, reveal_slots| {
            let rounds = Rounds { limit: 2, commit_slots, reveal_slots, cover: false };
            Schedule::usual_margin(100, Some(rounds), u64::MAX)
        };
        assert_eq!([rounds(50, 70), rounds(70, 50), rounds(200, 300)], [5, 5, 10]);
        // A bound that is shorter than a slot leaves one.
        let bounded = |most| Schedule::usual_margin(1_000, None, most);
        assert_eq!([0, 1, 20, 200].map(bounded), [1, 1, 20, 100]);
    }
}
