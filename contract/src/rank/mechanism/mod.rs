//! The mechanisms, one to a file: which queries find price and winners, and the result of bids in the clear.
//! A new mechanism is a file here, and an arm in each function below. Section 11 of `docs/spec.md`.

mod first_price;
mod uniform_price;

use super::{plan::Query, queries::Places};
use alloc::vec::Vec;
use talea_protocol::{price::Level, terms::Mechanism};

/// Whether terms can name it (T7).
pub(crate) fn is_possible(mechanism: Mechanism) -> bool {
    match mechanism {
        Mechanism::FirstPrice => true,
        Mechanism::UniformPrice { units } => uniform_price::is_possible(units),
        // T8 is about these.
        Mechanism::Curves { .. } | Mechanism::TwoSided { .. } | Mechanism::Survey { .. } => true,
    }
}

/// The queries that find the price and the winners of a lot with so many ranked bids, at least one. Where a
/// reserve binds, some bid has reached it.
pub(crate) fn queries(mechanism: Mechanism, bids: usize, reserve_binds: bool) -> Vec<Query> {
    match mechanism {
        Mechanism::FirstPrice => first_price::queries(),
        Mechanism::UniformPrice { units } => uniform_price::queries(units, bids, reserve_binds),
        Mechanism::Curves { .. } | Mechanism::TwoSided { .. } => alloc::vec![Query::Market],
        Mechanism::Survey { .. } => alloc::vec![Query::Statistics],
    }
}

/// The result of bids in the clear, in tie order: price and winners; nothing if none reaches the reserve.
pub(crate) fn award(
    mechanism: Mechanism,
    bids: &[Level],
    reserve: Option<Level>,
) -> Option<(Level, Places)> {
    let best = bids.iter().max().copied()?;
    if reserve.is_some_and(|reserve| best < reserve) {
        return None;
    }
    match mechanism {
        Mechanism::FirstPrice => Some(first_price::award(bids, best)),
        Mechanism::UniformPrice { units } => uniform_price::award(units, bids, reserve),
        // Of these nothing is disclosed in this way (T8).
        Mechanism::Curves { .. } | Mechanism::TwoSided { .. } | Mechanism::Survey { .. } => None,
    }
}
