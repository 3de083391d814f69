//! How a bid stands, for those who ask.

use crate::bids::{BidState, Bids};
use talea_protocol::bytes::{PartyKey, Point};

/// How a bidder's bid on a lot stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The round of its last commit.
    pub round: u32,
    /// What became of that commit.
    pub commit: CommitStanding,
    /// The bid that takes part in the ranking, if one does.
    pub active: Option<Active>,
    /// Whether an update of the active bid was once missing or invalid, so that its deposit is forfeited.
    pub is_in_default: bool,
}

/// What became of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitStanding {
    /// It was not revealed yet.
    Open,
    /// Its sealed bid was taken, and is valid.
    Revealed,
    /// Its sealed bid was taken, and is not valid.
    Invalid,
    /// It was not revealed in time.
    Lapsed,
    /// The same, and keyholders attest that its bidder tried.
    Attested,
    /// It was not revealed in time, or not valid, and the bid of a round before stands.
    Dropped,
}

impl CommitStanding {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Revealed => "revealed",
            Self::Invalid => "invalid",
            Self::Lapsed => "lapsed",
            Self::Attested => "attested",
            Self::Dropped => "dropped",
        }
    }
}

/// A bid that takes part in the ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Active {
    /// Its commitment.
    pub commitment: Point,
    /// The round in which it was revealed.
    pub round: u32,
}

/// How this bidder's bid stands; nothing if it committed none.
pub(crate) fn of(bids: &Bids, lot: u32, bidder: PartyKey) -> Option<Standing> {
    let bid = bids.of_bidder(lot, bidder)?;
    let active = bids.active_commitment(lot, bidder).zip(bids.active_round(lot, bidder));
    let commit = match bid.state {
        BidState::Open => CommitStanding::Open,
        BidState::Ranked(unary) if unary.round == bid.round => CommitStanding::Revealed,
        BidState::Ranked(_) => CommitStanding::Dropped,
        BidState::Invalid => CommitStanding::Invalid,
        BidState::Lapsed { is_attested: false } => CommitStanding::Lapsed,
        BidState::Lapsed { is_attested: true } => CommitStanding::Attested,
    };
    Some(Standing {
        round: bid.round,
        commit,
        active: active.map(|(commitment, round)| Active { commitment, round }),
        is_in_default: bid.is_in_default,
    })
}
