//! What a lot is asked, in order, as data. Sections 5 and 11 of `docs/spec.md`.

use super::{mechanism, queries::Contest};
use alloc::{vec, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use talea_protocol::terms::{Disclosure, Terms};

/// What a plan is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum Purpose {
    /// To show the depth between rounds.
    Survey,
    /// To find price and winners.
    Rank {
        /// Whether a survey of this round has shown the depth.
        surveyed: bool,
    },
}

/// One query, about the lot's ranked bids and the binding reserve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum Query {
    /// Every bid, and the reserve, in the clear. The award follows from them.
    Everything,
    /// Does a bid reach the reserve? If none does, only the opening of the reserve may follow.
    Reserve,
    /// The bid of which at most `limit` are better. The reserve counts as that many bids.
    Price { limit: u16, reserve_weight: u16 },
    /// No question: every bid wins, at the lowest price.
    AllWin,
    /// Who wins at the price that was found.
    Winners(Contest),
    /// The bid of which at most `limit` are better, of those that did not win.
    Cover { limit: u16 },
    /// How many bids lie in each bucket, without so many of the best.
    Depth { hidden: u16 },
    /// The reserve itself.
    OpenReserve,
    /// Where a market clears, and what every bid trades.
    Market,
    /// The statistics of a survey.
    Statistics,
}

/// The queries of a lot with so many ranked bids, at least one.
pub(crate) fn plan(
    purpose: Purpose,
    terms: &Terms,
    bids: usize,
    reserve_binds: bool,
) -> Vec<Query> {
    match (purpose, terms.disclosure) {
        (Purpose::Survey, _) => survey(terms, bids),
        (Purpose::Rank { .. }, Disclosure::Everything) => vec![Query::Everything],
        (Purpose::Rank { surveyed }, Disclosure::Facts { cover, .. }) => {
            let mut queries = Vec::new();
            if reserve_binds {
                queries.push(Query::Reserve);
            }
            queries.extend(mechanism::queries(terms.mechanism, bids, reserve_binds));
            if cover {
                queries.push(Query::Cover { limit: 0 });
            }
            if !surveyed {
                queries.extend(depth(terms, bids));
            }
            if reserve_binds && terms.reserve.is_some_and(|reserve| reserve.opened) {
                queries.push(Query::OpenReserve);
            }
            queries
        }
    }
}

/// What a round shows: the depth, and if the rounds say so the cover of what the depth hides.
fn survey(terms: &Terms, bids: usize) -> Vec<Query> {
    let mut queries: Vec<Query> = depth(terms, bids).into_iter().collect();
    let limit = terms.mechanism.units();
    if terms.rounds.is_some_and(|rounds| rounds.cover) && bids > usize::from(limit) {
        queries.push(Query::Cover { limit });
    }
    queries
}

/// The depth, if the terms disclose one and there are enough bids.
fn depth(terms: &Terms, bids: usize) -> Option<Query> {
    let Disclosure::Facts { depth: Some(depth), .. } = terms.disclosure else { return None };
    let bids = u32::try_from(bids).unwrap_or(u32::MAX);
    (bids >= depth.min_bids).then(|| Query::Depth { hidden: terms.mechanism.units() })
}
