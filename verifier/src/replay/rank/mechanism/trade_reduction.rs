//! Trade reduction (McAfee 1992): of buyers and sellers of one unit as many pairs trade as agree to, or one less, so that
//! nobody who trades moves the price by its own bid.

use talea_protocol::{
    check::Check,
    commitment::TradeSide,
    outcome::{Ending, PriceComparison},
    price::Level,
};

use super::Comparisons;
use crate::{
    decryptions::Topic,
    group::Cipher,
    replay::rank::{
        dialogue::{Halt, KeyholderChannel},
        market::{Market, MarketBid, MarketStep, search_more_than},
        price::Found,
        trades::{Cleared, Held, MarginLevels, amount, read_units},
        winners,
    },
};

/// The one step of every bid of a side, in tie order.
fn steps<'a>(market: &'a Market<'_>, side: TradeSide) -> Vec<&'a MarketStep> {
    let bids = market.bids.iter().filter(|bid: &&MarketBid| bid.side == side);
    bids.flat_map(|bid| &bid.steps).collect()
}

/// Who can trade, and how those at the margin were found.
struct Margin {
    levels: MarginLevels,
    /// `K`.
    pairs: u16,
    /// The search that found `b`, and that which found `s`.
    buyers: Found,
    sellers: Found,
}

/// What trades, and for which price on each side.
struct Deal {
    price: Level,
    pairs: u16,
    buyers_pay: Level,
    sellers_get: Level,
}

pub(super) async fn clear(channel: &KeyholderChannel, market: &Market<'_>) -> Result<Ending, Halt> {
    channel.turn_to(Topic::PriceSearch);
    let (level, pairs) = pairs(channel, market).await?;
    if pairs == 0 {
        return ending(market, (level, None), 0, |_| None);
    }
    channel.turn_to(Topic::PriceSearch);
    let margin = margin(channel, market, pairs).await?;
    let deal = deal(&margin);
    let margins = (deal.price, Some(margin.levels));
    if deal.pairs == 0 {
        return ending(market, margins, 0, |_| None);
    }
    let fan_out = market.fan_out;
    let bought = winning(channel, fan_out, &margin.buyers, deal.pairs).await?;
    let sold = winning(channel, fan_out, &below(&margin.sellers), deal.pairs).await?;
    let (mut bought, mut sold) = (bought.into_iter(), sold.into_iter());
    let sides = market.bids.iter().map(|bid| match bid.side {
        TradeSide::Buy => Some((bought.next()??, deal.buyers_pay)),
        TradeSide::Sell => Some((sold.next()??, deal.sellers_get)),
    });
    let sides: Vec<Option<(PriceComparison, Level)>> = sides.collect();
    ending(market, margins, deal.pairs.into(), |at| sides.get(at).copied().flatten())
}

/// How many pairs can trade, with the level that says so: as many buyers are at it or above, and sellers at it or
/// below, as there are on the side where there are fewer.
async fn pairs(channel: &KeyholderChannel, market: &Market<'_>) -> Result<(Level, u16), Halt> {
    let all: Vec<&MarketStep> = market.steps().collect();
    let sellers = steps(market, TradeSide::Sell).len();
    let found = search_more_than(channel, market, &all, limit(sellers)?).await?;
    let unit = Cipher::one().multiplied(&found.scale);
    let (mut wanted, mut offered) = (Cipher::zero(), Cipher::zero());
    for (bid, (above, at)) in market.bids.iter().zip(found.above.iter().zip(&found.at)) {
        match bid.side {
            TradeSide::Buy => wanted = wanted + *above + *at,
            TradeSide::Sell => offered = offered + unit - *above,
        }
    }
    channel.turn_to(Topic::Trades);
    let opened = channel.open(vec![wanted, offered]).await?;
    let buyers = steps(market, TradeSide::Buy).len();
    let most = [buyers, sellers].map(|count| u64::try_from(count).unwrap_or(u64::MAX));
    let counts = read_units(channel, &found.scale, opened, most.iter())?;
    let pairs = counts.into_iter().min().and_then(|pairs| u16::try_from(pairs).ok());
    Ok((found.level, pairs.ok_or(Halt::Lost)?))
}

fn limit(count: usize) -> Result<u16, Halt> {
    u16::try_from(count).map_err(|_| Halt::Lost)
}

/// Those at the margin, where so many pairs can trade, one at least.
async fn margin(
    channel: &KeyholderChannel,
    market: &Market<'_>,
    pairs: u16,
) -> Result<Margin, Halt> {
    let (buyers, sellers) = (steps(market, TradeSide::Buy), steps(market, TradeSide::Sell));
    let of_buyers = |limit: u16| search_more_than(channel, market, &buyers, limit);
    let of_sellers = |limit: u16| search_more_than(channel, market, &sellers, limit);

    let last_buyer = of_buyers(pairs.checked_sub(1).ok_or(Halt::Lost)?).await?;
    let next_buyer =
        if limit(buyers.len())? > pairs { of_buyers(pairs).await?.level } else { Level(0) };
    // Sellers are counted from the one who asks most.
    let others = limit(sellers.len())?.checked_sub(pairs).ok_or(Halt::Lost)?;
    let last_seller = of_sellers(others).await?;
    let next_seller = match others.checked_sub(1) {
        Some(limit) => of_sellers(limit).await?.level,
        None => Level(market.grid.levels.saturating_sub(1)),
    };
    let levels = MarginLevels {
        last_buyer: last_buyer.level,
        next_buyer,
        last_seller: last_seller.level,
        next_seller,
    };
    let is_ordered = levels.last_seller <= levels.last_buyer
        && next_buyer <= levels.last_buyer
        && levels.last_seller <= next_seller
        && next_buyer <= next_seller;
    channel.judge(Check::PriceOnGrid, is_ordered)?;
    Ok(Margin { levels, pairs, buyers: last_buyer, sellers: last_seller })
}

/// All pairs trade at the middle of those who cannot, if that suits the last of those who can. Else the last pair does
/// not, and its bids are the prices.
fn deal(margin: &Margin) -> Deal {
    let MarginLevels { last_buyer, next_buyer, last_seller, next_seller } = margin.levels;
    let price = Level(next_buyer.0.midpoint(next_seller.0));
    if (last_seller..=last_buyer).contains(&price) {
        return Deal { price, pairs: margin.pairs, buyers_pay: price, sellers_get: price };
    }
    let pairs = margin.pairs.saturating_sub(1);
    Deal { price, pairs, buyers_pay: last_buyer, sellers_get: last_seller }
}

/// Who of a side wins, in tie order.
async fn winning(
    channel: &KeyholderChannel,
    fan_out: u16,
    found: &Found,
    pairs: u16,
) -> Result<Comparisons, Halt> {
    let mut comparisons = vec![None; found.above.len()];
    let left = winners::above(channel, found, pairs, &mut comparisons).await?;
    winners::at_price(channel, fan_out, found, (left, false), &mut comparisons).await?;
    Ok(comparisons)
}

/// What was found of sellers, with those below the level in place of those above.
fn below(found: &Found) -> Found {
    let unit = Cipher::one().multiplied(&found.scale);
    let below = found.above.iter().zip(&found.at).map(|(above, at)| unit - *above - *at);
    Found { level: found.level, above: below.collect(), at: found.at.clone(), scale: found.scale }
}

/// The ending with so many pairs, and of each bid that trades how it compares and for which price.
fn ending(
    market: &Market<'_>,
    (level, margins): (Level, Option<MarginLevels>),
    volume: u64,
    trade: impl Fn(usize) -> Option<(PriceComparison, Level)>,
) -> Result<Ending, Halt> {
    let held = |at: usize| match trade(at) {
        None => Held::default(),
        Some((PriceComparison::AbovePrice, _)) => Held { better: 1, at_price: 0 },
        Some(_) => Held { better: 0, at_price: 1 },
    };
    let held: Vec<Held> = (0..market.bids.len()).map(held).collect();
    let shared: Vec<u64> = held.iter().map(|held| held.at_price).collect();
    let amounts = |at: usize| Some(amount(market.grid, 1, trade(at)?.1));
    let cleared = Cleared { level, between: None, margins, excess: Vec::new(), volume };
    cleared.ending(market, &held, &shared, amounts)
}
