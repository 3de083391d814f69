//! The mechanisms, one to a file: how price and winners are found of bids that stay encrypted, and of bids
//! in the clear (section 11). One where a bid is one price and wins one unit is a file here, and an arm in each function
//! below; its bounds are **T7**. Markets of curves and surveys are files here too, and have no winners in this sense;
//! their bounds are **T8**.

pub(crate) mod curves;
mod first_price;
pub(crate) mod survey;
mod trade_reduction;
pub(crate) mod two_sided;
mod uniform_price;

use talea_protocol::{
    outcome::PriceComparison,
    price::{Level, PriceGrid},
    terms::Mechanism,
};

use super::{
    super::unary_encoding::UnaryEncoding,
    dialogue::{Halt, KeyholderChannel},
    price::Participant,
    unary::FirstSums,
};

/// How each ranked bid, in tie order, compares with the price, if it wins.
pub(crate) type Comparisons = Vec<Option<PriceComparison>>;

/// Who takes part, and how they are asked.
pub(crate) struct Entrants<'a> {
    pub(crate) grid: &'a PriceGrid,
    pub(crate) fan_out: u16,
    /// The ranked bids, in tie order; at least one.
    pub(crate) bids: Vec<&'a UnaryEncoding>,
    /// Of these bids, if it is known.
    pub(crate) first_sums: Option<&'a FirstSums>,
    /// The reserve, if one binds. Some bid has reached it.
    pub(crate) reserve: Option<&'a UnaryEncoding>,
}

impl<'a> Entrants<'a> {
    /// Every bid with weight 1, in tie order.
    pub(crate) fn participants(&self) -> Vec<Participant<'a>> {
        self.bids.iter().map(|unary| Participant { unary, weight: 1 }).collect()
    }
}

/// The price's level, and the winners.
pub(crate) async fn price_and_winners(
    mechanism: Mechanism,
    entrants: &Entrants<'_>,
    channel: &KeyholderChannel,
) -> Result<(Level, Comparisons), Halt> {
    match mechanism {
        Mechanism::FirstPrice => first_price::price_and_winners(entrants, channel).await,
        Mechanism::UniformPrice { units } => {
            uniform_price::price_and_winners(entrants, units, channel).await
        }
        Mechanism::Curves { .. } | Mechanism::TwoSided { .. } | Mechanism::Survey { .. } => {
            Err(Halt::Lost)
        }
    }
}

/// The same of bids in the clear, at least one; nothing if none reaches the reserve.
pub(crate) fn in_the_clear(
    mechanism: Mechanism,
    bids: &[Level],
    reserve: Option<Level>,
) -> Result<Option<(Level, Comparisons)>, Halt> {
    if reserve.is_some_and(|reserve| bids.iter().all(|bid| *bid < reserve)) {
        return Ok(None);
    }
    match mechanism {
        Mechanism::FirstPrice => Ok(first_price::in_the_clear(bids)),
        Mechanism::UniformPrice { units } => Ok(uniform_price::in_the_clear(units, bids, reserve)),
        Mechanism::Curves { .. } | Mechanism::TwoSided { .. } | Mechanism::Survey { .. } => {
            Err(Halt::Lost)
        }
    }
}

/// Which bids win that are at the price, in tie order, as long as there are places.
fn first_at_price(bids: &[Level], price: Level, mut places: usize) -> Comparisons {
    let comparison = |bid: &Level| {
        if *bid > price {
            return Some(PriceComparison::AbovePrice);
        }
        if *bid < price || places == 0 {
            return None;
        }
        places = places.saturating_sub(1);
        Some(PriceComparison::AtPrice)
    };
    bids.iter().map(comparison).collect()
}
