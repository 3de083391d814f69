//! The first price: the best bid wins and pays what it bid.

use crate::rank::{
    plan::Query,
    queries::{Contest, Places},
};
use alloc::{vec, vec::Vec};
use talea_protocol::{outcome::PriceComparison, price::Level};

/// No bid is above the best bid, so `above_i` is not opened. A reserve has no part in the search: the reserve
/// test has shown before that it is reached.
pub(super) fn queries() -> Vec<Query> {
    let contest = Contest { units: 1, opens_above: false, may_run_out: false };
    vec![Query::Price { limit: 0, reserve_weight: 0 }, Query::Winners(contest)]
}

/// The first of the best.
pub(super) fn award(bids: &[Level], best: Level) -> (Level, Places) {
    let first = bids.iter().position(|level| *level == best);
    (best, first.into_iter().map(|place| (place, PriceComparison::AtPrice)).collect())
}
