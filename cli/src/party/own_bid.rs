//! What a bidder bids, and a bid of its own as it is kept: what was signed, what reveals it, and what it is.

use talea_parties::bidder::{BidSecret, Place, PreparedBid, PreparedCurve};
use talea_protocol::{
    bytes::Point,
    commitment::CurveCommit,
    instruction::{Instruction, SignedInstruction},
    price::Level,
    sealed_bid::Reveal,
};
use talea_text::curve::Steps;

/// What a bidder bids on a lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer {
    /// One price.
    Price(Level),
    /// A curve.
    Curve(Steps),
}

/// What a bid of this party's own hides.
#[derive(Clone)]
pub enum Hidden {
    /// One price, with what proves that the next one is not worse.
    Price(BidSecret),
    /// A curve. There are no rounds with curves, and nothing to prove later.
    Curve(Steps),
}

/// A bid of this party's own.
pub struct OwnBid {
    /// The signed commit.
    pub commit: Vec<u8>,
    /// The sealed bid.
    pub reveal: Reveal,
    /// What it hides.
    pub hidden: Hidden,
}

impl Hidden {
    /// What was bid.
    #[must_use]
    pub fn offer(&self) -> Offer {
        match self {
            Self::Price(secret) => Offer::Price(secret.level()),
            Self::Curve(steps) => Offer::Curve(steps.clone()),
        }
    }
}

impl From<PreparedBid> for OwnBid {
    fn from(PreparedBid { commit, reveal, secret }: PreparedBid) -> Self {
        Self { commit, reveal, hidden: Hidden::Price(secret) }
    }
}

impl OwnBid {
    /// A curve that was made of these steps.
    #[must_use]
    pub fn of_curve(PreparedCurve { commit, reveal }: PreparedCurve, steps: Steps) -> Self {
        Self { commit, reveal, hidden: Hidden::Curve(steps) }
    }

    /// Whether this is the bid whose commitment that is; of a curve the one of its first step.
    #[must_use]
    pub fn opens(&self, commitment: &Point) -> bool {
        match &self.hidden {
            Hidden::Price(secret) => secret.opens(commitment),
            Hidden::Curve(_) => curve_commit(&self.commit).is_some_and(|commit| {
                commit.steps.first().map(|step| step.commitment) == Some(*commitment)
            }),
        }
    }
}

/// The commit of a curve in these signed bytes, if it is one.
#[must_use]
pub fn curve_commit(signed: &[u8]) -> Option<CurveCommit> {
    match SignedInstruction::read_unverified(signed)?.1 {
        Instruction::CommitCurve(commit) => Some(commit),
        _ => None,
    }
}

/// The curve that its bidder committed at this place, read off the commit; without the steps of nothing that fill it up.
#[must_use]
pub fn curve_at(place: &Place<'_>, commit: &CurveCommit) -> Option<Steps> {
    let mut steps = place.find_curve(commit)?;
    steps.retain(|(_, units)| *units > 0);
    Some(Steps { side: commit.side, steps })
}
