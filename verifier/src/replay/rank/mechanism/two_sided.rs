//! A two-sided market: buyers and sellers trade as much as both agree to, at one price.
//!
//! What sellers ask more for than the price they keep, as if they bought it. So all steps want, at their level or below
//! it, and offered is what sellers bring.

use talea_protocol::{
    check::Check,
    commitment::TradeSide,
    mechanism::ClearingRule,
    outcome::{Ending, Excess},
    price::Level,
};

use super::trade_reduction;
use crate::{
    decryptions::Topic,
    group::Cipher,
    replay::rank::{
        dialogue::{Halt, KeyholderChannel},
        market::{self, Direction, Market, MarketBid, MarketStep, Offered},
        price::Found,
        sharing::shared_out,
        trades::{Cleared, Held, amount, open_held},
    },
};

fn sells(bid: &MarketBid) -> bool {
    bid.side == TradeSide::Sell
}

pub(crate) async fn clear(
    channel: &KeyholderChannel,
    market: &Market<'_>,
    rule: ClearingRule,
) -> Result<Ending, Halt> {
    if market.bids.iter().all(sells) || !market.bids.iter().any(sells) {
        return Ok(Ending::OneSided);
    }
    channel.turn_to(Topic::PriceSearch);
    let mut excess = Vec::new();
    let (found, between) = match rule {
        ClearingRule::Lowest => (search(channel, market, Direction::Low, &mut excess).await?, None),
        ClearingRule::Highest => {
            (search(channel, market, Direction::High, &mut excess).await?, None)
        }
        ClearingRule::Middle => {
            let (found, between) = middle(channel, market, &mut excess).await?;
            (found, Some(between))
        }
        ClearingRule::TradeReduction => return trade_reduction::clear(channel, market).await,
    };
    let held = open_held(channel, market, &found, sells).await?;

    let of = |side: bool| -> Held {
        let bids = market.bids.iter().zip(&held).filter(|(bid, _)| sells(bid) == side);
        bids.map(|(_, held)| *held).sum()
    };
    let (bought, sold) = (of(false), of(true));
    // Buyers who would pay more than the price find what they want, and sellers who ask less sell what they bring.
    channel.judge(Check::CountOpened, bought.better <= sold.all())?;
    channel.judge(Check::CountOpened, sold.better <= bought.all())?;
    let volume = bought.all().min(sold.all());
    let share = |side: bool, better: u64| {
        let at_price = market.bids.iter().zip(&held);
        let at_price =
            at_price.map(|(bid, held)| if sells(bid) == side { held.at_price } else { 0 });
        shared_out(volume.saturating_sub(better), &at_price.collect::<Vec<u64>>(), 0)
    };
    // Of each bid one of them is 0.
    let shared: Vec<u64> = (share(false, bought.better).into_iter())
        .zip(share(true, sold.better))
        .map(|(bought, sold)| bought.saturating_add(sold))
        .collect();
    let level = found.level;
    let amounts = |at: usize| {
        let units = held.get(at)?.better.saturating_add(*shared.get(at)?);
        Some(amount(market.grid, units, level))
    };
    Cleared { level, between, margins: None, excess }.ending(market, &held, &shared, amounts)
}

/// One end of the prices at which as much as possible is traded, with how steps compare with it.
async fn search(
    channel: &KeyholderChannel,
    market: &Market<'_>,
    direction: Direction,
    told: &mut Vec<Excess>,
) -> Result<Found, Halt> {
    let offered = offered(market).ok_or(Halt::Lost)?;
    market::search(channel, market, &offered, direction, told).await
}

/// The middle of both ends, with how steps compare with it, and the ends.
async fn middle(
    channel: &KeyholderChannel,
    market: &Market<'_>,
    told: &mut Vec<Excess>,
) -> Result<(Found, (Level, Level)), Halt> {
    let mut low = search(channel, market, Direction::Low, told).await?;
    let high = search(channel, market, Direction::High, told).await?;
    let (lowest, highest) = (low.level, high.level);
    channel.judge(Check::PriceOnGrid, lowest <= highest)?;
    low.level = Level(lowest.0.midpoint(highest.0));
    if low.level > lowest {
        // Nobody is between the two prices.
        low.at.fill(Cipher::zero());
    }
    Ok((low, (lowest, highest)))
}

/// What all sellers bring.
fn offered(market: &Market<'_>) -> Option<Offered> {
    let steps = || {
        let sellers = market.bids.iter().filter(|bid| sells(bid));
        sellers.flat_map(|bid| &bid.steps)
    };
    let most = market.most_units(steps());
    let units = |step: &MarketStep| market.units(step);
    Some(if market.is_sealed() {
        Offered { units: steps().map(units).sum::<Option<Cipher>>()?, known: None, most }
    } else {
        Offered::public(most)
    })
}
