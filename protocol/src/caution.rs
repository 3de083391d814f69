//! What valid terms leave open, said before anybody signs them.
//!
//! Nothing here is refused: who holds a veto, and whether the runtime has finality, is the parties'
//! own choice. Tools show every caution beside the outcome.

use crate::{
    bytes::Text,
    terms::{Admission, Terms},
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
    /// Anybody may bid, as often as there are keys, and it costs nothing not to reveal.
    FreeBids,
}

impl Caution {
    /// A stable name, for tools.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Veto { .. } => "quorum.veto",
            Self::SplitEndorsement { .. } => "quorum.split-endorsement",
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
    if terms.admission == Admission::Open && terms.stakes.deposit == 0 {
        cautions.push(Caution::FreeBids);
    }
    cautions
}
