//! Trade reduction (McAfee 1992): bids of one unit, and a price that no bid of those who trade can move.
//!
//! The price lies between the best buyer and the best seller who do not trade. If the last pair that can trade does not
//! agree to it, that pair gives up its trade and sets what the others pay and get.

use talea_protocol::{
    check::Check,
    commitment::TradeSide,
    outcome::{Ending, Margins, PriceComparison},
    price::{Level, PriceGrid},
};

use super::Comparisons;
use crate::{
    decryptions::Topic,
    group::Cipher,
    replay::{
        rank::{
            dialogue::{Halt, KeyholderChannel},
            market::{self, Direction, Market, MarketStep, Offered},
            price::Found,
            trades::{Cleared, Held, amount, read_units},
            winners,
        },
        terms::quote,
    },
};

/// The steps of one side, in tie order: one of each bid (**T8**).
type Steps<'a> = Vec<&'a MarketStep>;

/// Some bid is on each side.
pub(super) async fn clear(channel: &KeyholderChannel, market: &Market<'_>) -> Result<Ending, Halt> {
    channel.turn_to(Topic::PriceSearch);
    let (level, most) = pairs(channel, market).await?;
    if most == 0 {
        return ending(market, level, None, &Deal { pairs: 0, pay: level, get: level }, Vec::new());
    }
    let buyers = last_buyers(channel, market, most).await?;
    let sellers = last_sellers(channel, market, most).await?;
    let (b, next_b) = (buyers.last.level, buyers.next);
    let (s, next_s) = (sellers.last.level, sellers.next);
    for ordered in [s <= b, next_b <= b, s <= next_s, next_b <= next_s] {
        channel.judge(Check::PriceOnGrid, ordered)?;
    }
    let price = Level(next_b.0.midpoint(next_s.0));
    let margins = margins(market.grid, &buyers, &sellers).ok_or(Halt::Lost)?;
    let deal = if s <= price && price <= b {
        Deal { pairs: most, pay: price, get: price }
    } else {
        Deal { pairs: most.saturating_sub(1), pay: b, get: s }
    };
    let held = if deal.pairs == 0 {
        Vec::new()
    } else {
        let bought = win(channel, market, &buyers.last, deal.pairs).await?;
        let sold = win(channel, market, &from_below(sellers.last), deal.pairs).await?;
        held(market, bought, sold)
    };
    ending(market, price, Some(margins), &deal, held)
}

/// What is agreed on.
struct Deal {
    pairs: u64,
    /// What a buyer pays.
    pay: Level,
    /// What a seller gets.
    get: Level,
}

/// The last bid of a side that can trade, with how the side's steps compare with it, and the next one, or else the end of
/// the grid.
struct Margin {
    last: Found,
    next: Level,
}

fn steps<'a>(market: &'a Market<'_>, side: TradeSide) -> Steps<'a> {
    let bids = market.bids.iter().filter(|bid| bid.side == side);
    bids.flat_map(|bid| &bid.steps).collect()
}

fn count<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}

/// The largest level that more of these steps reach than the limit.
async fn reached(
    channel: &KeyholderChannel,
    market: &Market<'_>,
    steps: &[&MarketStep],
    limit: u64,
) -> Result<Found, Halt> {
    let limit = Offered::public(limit);
    // What is compared hidden tells no excess.
    market::search_among(channel, market, steps, &limit, Direction::Low, &mut Vec::new()).await
}

/// The level at which most pairs can trade, and how many: as many as there are buyers at it or above it, and sellers at it
/// or below it.
async fn pairs(channel: &KeyholderChannel, market: &Market<'_>) -> Result<(Level, u64), Halt> {
    let of = |side| count(&steps(market, side));
    let (buyers, sellers) = (of(TradeSide::Buy), of(TradeSide::Sell));
    let found = reached(channel, market, &market.steps().collect::<Steps<'_>>(), sellers).await?;
    let unit = Cipher::one().multiplied(&found.scale);
    let flags = || market.bids.iter().zip(&found.above).zip(&found.at);
    let of = |side| flags().filter(move |((bid, _), _)| bid.side == side);
    let buy = of(TradeSide::Buy).map(|((_, above), at)| *above + *at).sum();
    let sell = of(TradeSide::Sell).map(|((_, above), _)| unit - *above).sum();
    let opened = channel.open(vec![buy, sell]).await?;
    let counts = read_units(channel, &found.scale, opened, [buyers, sellers].iter())?;
    Ok((found.level, counts.into_iter().min().ok_or(Halt::Lost)?))
}

async fn last_buyers(
    channel: &KeyholderChannel,
    market: &Market<'_>,
    pairs: u64,
) -> Result<Margin, Halt> {
    let buyers = steps(market, TradeSide::Buy);
    let better = pairs.checked_sub(1).ok_or(Halt::Lost)?;
    let last = reached(channel, market, &buyers, better).await?;
    let next = if count(&buyers) > pairs {
        reached(channel, market, &buyers, pairs).await?.level
    } else {
        Level(0)
    };
    Ok(Margin { last, next })
}

/// Sellers who ask less are better: of all `S` the one number `K` from below is the one of which `S - K` ask more.
async fn last_sellers(
    channel: &KeyholderChannel,
    market: &Market<'_>,
    pairs: u64,
) -> Result<Margin, Halt> {
    let sellers = steps(market, TradeSide::Sell);
    let dearer = count(&sellers).checked_sub(pairs).ok_or(Halt::Lost)?;
    let last = reached(channel, market, &sellers, dearer).await?;
    let next = match dearer.checked_sub(1) {
        Some(limit) => reached(channel, market, &sellers, limit).await?.level,
        None => Level(market.grid.levels.saturating_sub(1)),
    };
    Ok(Margin { last, next })
}

/// The same flags where less is better: `u*(O, G) - above_i - a_i` says which are below.
fn from_below(found: Found) -> Found {
    let unit = Cipher::one().multiplied(&found.scale);
    let below = found.above.iter().zip(&found.at).map(|(above, at)| unit - *above - *at);
    Found { above: below.collect(), ..found }
}

/// Who of a side trades, as in a uniform price of so many units.
async fn win(
    channel: &KeyholderChannel,
    market: &Market<'_>,
    found: &Found,
    pairs: u64,
) -> Result<Comparisons, Halt> {
    let units = u16::try_from(pairs).map_err(|_| Halt::Lost)?;
    let mut comparisons = vec![None; found.above.len()];
    let left = winners::above(channel, found, units, &mut comparisons).await?;
    winners::at_price(channel, market.fan_out, found, (left, false), &mut comparisons).await?;
    Ok(comparisons)
}

/// What each bid trades: the one unit that it has, or nothing.
fn held(market: &Market<'_>, bought: Comparisons, sold: Comparisons) -> Vec<Held> {
    let (mut bought, mut sold) = (bought.into_iter(), sold.into_iter());
    let of_bid = |side| {
        let comparison = match side {
            TradeSide::Buy => bought.next(),
            TradeSide::Sell => sold.next(),
        };
        match comparison.flatten() {
            Some(PriceComparison::AbovePrice) => Held { better: 1, at_price: 0 },
            Some(PriceComparison::AtPrice) => Held { better: 0, at_price: 1 },
            Some(PriceComparison::NotCompared) | None => Held::default(),
        }
    };
    market.bids.iter().map(|bid| bid.side).map(of_bid).collect()
}

fn margins(grid: &PriceGrid, buyers: &Margin, sellers: &Margin) -> Option<Margins> {
    Some(Margins {
        last_buyer: quote(grid, buyers.last.level)?,
        next_buyer: quote(grid, buyers.next)?,
        last_seller: quote(grid, sellers.last.level)?,
        next_seller: quote(grid, sellers.next)?,
    })
}

fn ending(
    market: &Market<'_>,
    level: Level,
    margins: Option<Margins>,
    deal: &Deal,
    held: Vec<Held>,
) -> Result<Ending, Halt> {
    let shared: Vec<u64> = held.iter().map(|held| held.at_price).collect();
    let amounts = |at: usize| {
        let level = match market.bids.get(at)?.side {
            TradeSide::Buy => deal.pay,
            TradeSide::Sell => deal.get,
        };
        Some(amount(market.grid, held.get(at)?.all(), level))
    };
    let cleared = Cleared { level, between: None, margins, excess: Vec::new() };
    cleared.ending(market, &held, &shared, amounts)
}
