//! What valid terms leave open, said before anybody signs them.
//!
//! Nothing here is refused: who holds a veto, and whether the runtime has finality, is the parties'
//! own choice. Tools show every caution beside the outcome.

use crate::{
    bytes::Text,
    limits::MAX_ROUNDS,
    terms::{Admission, Disclosure, Mechanism, Terms, Ties},
};
use alloc::vec::Vec;
use core::fmt;

/// A consequence of the terms of which their parties should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caution {
    /// A group with as many members as its threshold.
    Veto {
        /// The group's name.
        group: Text,
        /// Its members, all of whom are needed.
        members: usize,
    },
    /// A group in which two different heads could both gather enough endorsements although fewer
    /// members than the threshold are dishonest.
    SplitEndorsement {
        /// The group's name.
        group: Text,
        /// Endorsements that the terms ask for.
        endorsements: u16,
        /// The least number with which any two sets of endorsers share an honest member.
        sufficient: usize,
    },
    /// A depth opened for so few bids that it shows where single losers lie.
    NarrowDepth {
        /// Ranked bids from which a depth is opened.
        min_bids: u32,
        /// From so many on at least three bids share what is shown.
        sufficient: u32,
    },
    /// Cover and depth together: the best loser is taken out of the distribution.
    DepthWithCover,
    /// Between rounds the best bid without the leaders is opened, beside the depth.
    CoverBetweenRounds,
    /// One bid that goes up a bucket a round can keep the rounds going until the last one that the
    /// terms allow, and so know it.
    KnownLastRound {
        /// Rounds at most.
        limit: u32,
        /// From so many on no single bid can.
        sufficient: u32,
    },
    /// Anybody may bid, and the price is another bid than the winner's.
    Shills,
    /// Anybody may bid, and ties go by a lottery.
    LastReveal,
    /// Anybody may bid, as often as there are keys, and it costs nothing not to reveal.
    FreeBids,
}

impl Caution {
    /// A stable name, for tools.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Veto { .. } => "quorum.veto",
            Self::SplitEndorsement { .. } => "quorum.split-endorsement",
            Self::NarrowDepth { .. } => "disclosure.narrow-depth",
            Self::DepthWithCover => "disclosure.depth-with-cover",
            Self::CoverBetweenRounds => "rounds.cover",
            Self::KnownLastRound { .. } => "rounds.known-last",
            Self::Shills => "mechanism.shills",
            Self::LastReveal => "ties.last-reveal",
            Self::FreeBids => "stakes.free-bids",
        }
    }
}

impl fmt::Display for Caution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Veto { group, members } => {
                let who = if *members == 1 { "its one member" } else { "each member" };
                write!(
                    f,
                    "group {group} has none to spare: {who} can void a lot by staying away, also \
                     after the first digits of its price are known"
                )
            }
            Self::SplitEndorsement { group, endorsements, sufficient } => write!(
                f,
                "group {group} endorses with {endorsements}: unless the runtime has finality, a \
                 board and dishonest members fewer than the threshold can have two bid sets \
                 endorsed, and compare them; {sufficient} endorsements exclude it"
            ),
            Self::NarrowDepth { min_bids, sufficient } => write!(
                f,
                "a depth of {min_bids} bids shows in which bucket single losers lie; from \
                 {sufficient} bids on it holds three losers at least"
            ),
            Self::DepthWithCover => f.write_str(
                "depth and cover together show the best loser's price and where the others lie",
            ),
            Self::CoverBetweenRounds => f.write_str(
                "every round opens the best bid without the leaders to the rung: whoever leads learns \
                 how far it could have stayed back, and everybody whose bid comes next",
            ),
            Self::KnownLastRound { limit, sufficient } => {
                write!(
                    f,
                    "a bid that goes up a bucket a round can keep the auction going for {limit} rounds, \
                     and wait for the last one; "
                )?;
                if usize::try_from(*sufficient).is_ok_and(|limit| limit <= MAX_ROUNDS) {
                    write!(f, "with a limit of {sufficient} no single bid can")
                } else {
                    let buckets = MAX_ROUNDS - 2;
                    write!(f, "with a first digit of {buckets} values, and the highest limit, none can")
                }
            }
            Self::Shills => f.write_str(
                "anybody may bid, so the seller can bid under other keys to raise the price that \
                 the winner pays",
            ),
            Self::LastReveal => f.write_str(
                "anybody may bid, so whoever reveals last can choose between draws by not \
                 revealing some of its bids, at the price of their deposits, or of nothing in league with \
                 the board and before witnesses",
            ),
            Self::FreeBids => f.write_str(
                "anybody may bid and no deposit is at stake: one party can commit many bids and \
                 reveal whichever suits it",
            ),
        }
    }
}

/// The cautions that apply to these terms, in a fixed order.
pub fn cautions(terms: &Terms) -> Vec<Caution> {
    let mut cautions = Vec::new();
    for group in terms.quorum.iter() {
        let members = group.members.len();
        let name = || group.name.clone();
        if usize::from(group.threshold) == members {
            cautions.push(Caution::Veto { group: name(), members });
        }
        // Two sets of e among n share at least 2e - n members; of those fewer than the threshold
        // may be dishonest.
        let sufficient = members.saturating_add(group.threshold.into()).div_ceil(2);
        if usize::from(group.endorsements) < sufficient {
            let endorsements = group.endorsements;
            cautions.push(Caution::SplitEndorsement { group: name(), endorsements, sufficient });
        }
    }
    if let Disclosure::Facts { cover, depth: Some(depth) } = terms.disclosure {
        // The best bids are not in it, and the price is known.
        let sufficient = u32::from(terms.mechanism.units()).saturating_add(3);
        if depth.min_bids < sufficient {
            cautions.push(Caution::NarrowDepth { min_bids: depth.min_bids, sufficient });
        }
        if cover {
            cautions.push(Caution::DepthWithCover);
        }
    }
    if let Some(rounds) = terms.rounds {
        if rounds.cover {
            cautions.push(Caution::CoverBetweenRounds);
        }
        // Through its buckets a bid moves `buckets - 1` times, in rounds 1 and up. The round after
        // the last move is held too, and must not be the last of the limit.
        let buckets = terms.lots.iter().filter_map(|lot| lot.ladder.shape.radices().next()).max();
        let buckets = u32::try_from(buckets.unwrap_or(0)).unwrap_or(u32::MAX);
        let sufficient = buckets.saturating_add(2);
        if rounds.limit < sufficient {
            cautions.push(Caution::KnownLastRound { limit: rounds.limit, sufficient });
        }
    }
    if terms.admission == Admission::Open {
        if terms.mechanism != Mechanism::FirstPrice {
            cautions.push(Caution::Shills);
        }
        if terms.ties == Ties::Lottery {
            cautions.push(Caution::LastReveal);
        }
        if terms.stakes.deposit == 0 {
            cautions.push(Caution::FreeBids);
        }
    }
    cautions
}
