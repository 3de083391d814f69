//! Curves: the best steps win the lot's quantity, and what is left is shared out at the price of the worst of them.

use talea_protocol::{check::Check, mechanism::Pricing, outcome::Ending, price::Level};

use crate::{
    decryptions::Topic,
    replay::rank::{
        dialogue::{Halt, KeyholderChannel},
        market::{self, Direction, Market, Offered},
        price::Found,
        sharing::shared_out,
        trades::{Cleared, Held, amount, open_bid_levels, open_held, own_amount},
    },
};

/// What the terms say besides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sale {
    /// Of the lot.
    pub(crate) quantity: u64,
    pub(crate) pricing: Pricing,
    /// The least of a share, in units.
    pub(crate) least: u32,
}

pub(crate) async fn clear(
    channel: &KeyholderChannel,
    market: &Market<'_>,
    sale: Sale,
) -> Result<Ending, Halt> {
    let mut excess = Vec::new();
    let found = if !market.is_sealed() && market.most_units(market.steps()) < sale.quantity {
        // All that is wanted is there.
        None
    } else {
        channel.turn_to(Topic::PriceSearch);
        let offered = Offered::public(sale.quantity);
        Some(market::search(channel, market, &offered, Direction::High, &mut excess).await?)
    };
    let held = match &found {
        None => unsearched(market),
        Some(found) => open_held(channel, market, found, |_| false).await?,
    };
    let all: Held = held.iter().copied().sum();
    channel.judge(Check::CountOpened, all.better <= sale.quantity)?;
    let volume = all.all().min(sale.quantity);
    let at_price: Vec<u64> = held.iter().map(|held| held.at_price).collect();
    let shared = shared_out(volume.saturating_sub(all.better), &at_price, sale.least.into());

    let level = found.as_ref().map_or(Level(0), |found| found.level);
    let amounts =
        amounts(channel, market, sale.pricing, (found.as_ref(), level), &held, &shared).await?;
    let cleared = Cleared { level, between: None, margins: None, excess };
    cleared.ending(market, &held, &shared, |at| amounts.get(at).copied())
}

/// Every step is better than the price.
fn unsearched(market: &Market<'_>) -> Vec<Held> {
    let held = |steps| Held { better: market.most_units(steps), at_price: 0 };
    market.bids.iter().map(|bid| held(&bid.steps)).collect()
}

/// What each bid pays, or is paid.
async fn amounts(
    channel: &KeyholderChannel,
    market: &Market<'_>,
    pricing: Pricing,
    (found, level): (Option<&Found>, Level),
    held: &[Held],
    shared: &[u64],
) -> Result<Vec<i128>, Halt> {
    let grid = market.grid;
    let each = held.iter().zip(shared);
    Ok(match pricing {
        Pricing::Uniform => each
            .map(|(held, shared)| amount(grid, held.better.saturating_add(*shared), level))
            .collect(),
        Pricing::PayAsBid => {
            let levels = open_bid_levels(channel, market, found, held).await?;
            each.zip(levels)
                .map(|((held, shared), levels)| {
                    let better = own_amount(grid, held.better, levels);
                    better.saturating_add(amount(grid, *shared, level))
                })
                .collect()
        }
    })
}
