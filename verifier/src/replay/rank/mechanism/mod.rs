//! The mechanisms, one to a file: how price and winners are found of bids that stay encrypted, and of bids
//! in the clear (section 11). A new one is a file here, and an arm in each function below.

mod first_price;
mod uniform_price;

use talea_protocol::{outcome::Standing, price::Rung, terms::Mechanism};

use super::{
    dialogue::{Halt, Line},
    program::Program,
};

/// How each ranked bid, in tie order, stands to the price, if it wins.
pub(crate) type Standings = Vec<Option<Standing>>;

/// **T7** of a mechanism: what is wrong with it.
pub(crate) fn fault(mechanism: Mechanism) -> Option<String> {
    match mechanism {
        Mechanism::FirstPrice => None,
        Mechanism::UniformPrice { units } => uniform_price::fault(units),
    }
}

/// The price's rung, and the winners. Where a reserve binds, some bid has reached it.
pub(crate) async fn price_and_winners(
    program: &Program,
    line: &Line,
) -> Result<(Rung, Standings), Halt> {
    match program.mechanism {
        Mechanism::FirstPrice => first_price::price_and_winners(program, line).await,
        Mechanism::UniformPrice { units } => {
            uniform_price::price_and_winners(program, units, line).await
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
