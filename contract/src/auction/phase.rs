//! The phases of an auction, and what is due from keyholders.

use crate::rank::work::Task;
use borsh::{BorshDeserialize, BorshSerialize};
use talea_protocol::{bytes::Digest, ranking::RankHeader};

/// What the auction waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Phase {
    /// Deals of the key ceremony.
    Deals,
    /// Complaints about deals.
    Complaints,
    /// The seller's reserves, before bids.
    Reserves,
    /// Commits: bids are due.
    Commits,
    /// Reveals of sealed bids.
    Reveals,
    /// Endorsements of the transcript so far.
    Endorsing,
    /// Keyholders' work on the lots.
    Ranking,
    /// Nothing: there is an outcome.
    Closed,
}

impl Phase {
    /// Its name in refusals.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Deals => "Deals",
            Self::Complaints => "Complaints",
            Self::Reserves => "Reserves",
            Self::Commits => "Commits",
            Self::Reveals => "Reveals",
            Self::Endorsing => "Endorsing",
            Self::Ranking => "Ranking",
            Self::Closed => "Closed",
        }
    }
}

/// One thing that a keyholder may do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// Endorse this head in this round.
    Endorse {
        /// The round.
        round: u32,
        /// The head at the close of reveals.
        head: Digest,
    },
    /// Work on a chunk of a lot's current step.
    Rank {
        /// The header of the post.
        header: RankHeader,
        /// The work.
        task: Task,
    },
}
