//! The mechanisms, one to a file: how price and winners are found of bids that stay encrypted, and of bids
//! in the clear (section 11). A new one is a file here, and an arm in each function below; its bounds are **T7**.

mod first_price;
mod uniform_price;

use talea_protocol::{
    outcome::Standing,
    price::{PriceLadder, Rung},
    terms::Mechanism,
};

use super::{
    dialogue::{Halt, Line},
    ladder::Ladder,
    price::Participant,
};

/// How each ranked bid, in tie order, stands to the price, if it wins.
pub(crate) type Standings = Vec<Option<Standing>>;

/// Who takes part, and how they are asked.
pub(crate) struct Entrants<'a> {
    pub(crate) ladder: &'a PriceLadder,
    pub(crate) fan_out: u16,
    /// The ranked bids, in tie order; at least one.
    pub(crate) bids: Vec<&'a Ladder>,
    /// The reserve, if one binds. Some bid has reached it.
    pub(crate) reserve: Option<&'a Ladder>,
}

impl<'a> Entrants<'a> {
    /// Every bid with weight 1, in tie order.
    pub(crate) fn participants(&self) -> Vec<Participant<'a>> {
        self.bids.iter().map(|ladder| Participant { ladder, weight: 1 }).collect()
    }
}

/// The price's rung, and the winners.
pub(crate) async fn price_and_winners(
    mechanism: Mechanism,
    entrants: &Entrants<'_>,
    line: &Line,
) -> Result<(Rung, Standings), Halt> {
    match mechanism {
        Mechanism::FirstPrice => first_price::price_and_winners(entrants, line).await,
        Mechanism::UniformPrice { units } => {
            uniform_price::price_and_winners(entrants, units, line).await
        }
    }
}

/// The same of bids in the clear, at least one; nothing if none reaches the reserve.
pub(crate) fn in_the_clear(
    mechanism: Mechanism,
    bids: &[Rung],
    reserve: Option<Rung>,
) -> Option<(Rung, Standings)> {
    if reserve.is_some_and(|reserve| bids.iter().all(|bid| *bid < reserve)) {
        return None;
    }
    match mechanism {
        Mechanism::FirstPrice => first_price::in_the_clear(bids),
        Mechanism::UniformPrice { units } => uniform_price::in_the_clear(units, bids, reserve),
    }
}

/// Which bids win that are at the price, in tie order, as long as there are places.
fn first_at_price(bids: &[Rung], price: Rung, mut places: usize) -> Standings {
    let standing = |bid: &Rung| {
        if *bid > price {
            return Some(Standing::AbovePrice);
        }
        if *bid < price || places == 0 {
            return None;
        }
        places = places.saturating_sub(1);
        Some(Standing::AtPrice)
    };
    bids.iter().map(standing).collect()
}
