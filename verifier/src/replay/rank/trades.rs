//! What bids trade at the price that was found, and for how much (section 11, Trades and Amounts).

use curve25519_dalek::scalar::Scalar;
use rayon::prelude::*;
use talea_protocol::{
    check::Check,
    outcome::{Clearing, Clears, Ending, Excess, Margins, Quote, Trade},
    price::{Level, PriceGrid, Shape, Side},
};

use super::{
    super::{
        terms::{price, quote},
        unary_encoding,
    },
    dialogue::{Halt, KeyholderChannel},
    market::{Market, MarketBid, MarketStep},
    price::Found,
    reading::{Bounded, read},
};
use crate::{
    decryptions::Topic,
    group::{Cipher, bases},
};

/// Units of a bid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// Of its steps that are better than the price.
    pub(crate) better: u64,
    /// Of its steps at the price.
    pub(crate) at_price: u64,
}

impl Held {
    pub(crate) fn all(self) -> u64 {
        self.better.saturating_add(self.at_price)
    }
}

impl std::iter::Sum for Held {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, next| Self {
            better: sum.better.saturating_add(next.better),
            at_price: sum.at_price.saturating_add(next.at_price),
        })
    }
}

/// A bid with what was found of each of its steps: the step, `above_i` and `a_i`.
type Compared<'a> = (&'a MarketBid, Vec<(&'a MarketStep, Cipher, Cipher)>);

/// The bids, each with what was found of its steps.
fn compared<'a>(market: &'a Market<'_>, found: &Found) -> Vec<Compared<'a>> {
    let mut flags = found.above.iter().copied().zip(found.at.iter().copied());
    let of_bid = |bid: &'a MarketBid| {
        let steps = bid.steps.iter().zip(flags.by_ref());
        (bid, steps.map(|(step, (above, at))| (step, above, at)).collect())
    };
    market.bids.iter().map(of_bid).collect()
}

/// Opens what each bid holds that is better than the price, and at it. Better is dearer, or of those who `sell` cheaper.
/// **K13**: no bid holds more than it can.
pub(crate) async fn open_held(
    channel: &KeyholderChannel,
    market: &Market<'_>,
    found: &Found,
    sell: impl Fn(&MarketBid) -> bool + Sync,
) -> Result<Vec<Held>, Halt> {
    let compared = compared(market, found);
    let sum = |(bid, steps): &Compared<'_>| {
        let weigh = |cipher: &Cipher, step: &MarketStep| cipher.times(market.weight(step));
        let at: Cipher = steps.iter().map(|(step, _, at)| weigh(at, step)).sum();
        let above: Cipher = steps.iter().map(|(step, above, _)| weigh(above, step)).sum();
        if !sell(bid) {
            return Some((above, at));
        }
        let units: Option<Cipher> = steps.iter().map(|(step, ..)| market.units(step)).sum();
        Some((units?.multiplied(&found.scale) - above - at, at))
    };
    let sums: Option<Vec<(Cipher, Cipher)>> = compared.par_iter().map(sum).collect();
    let (mut asked, at): (Vec<Cipher>, Vec<Cipher>) = sums.ok_or(Halt::Lost)?.into_iter().unzip();
    asked.extend(at);

    channel.turn_to(Topic::Trades);
    let opened = channel.open(asked).await?;
    let most: Vec<u64> = market.bids.iter().map(|bid| market.most_units(&bid.steps)).collect();
    let units = read_units(channel, &found.scale, opened, most.iter().chain(&most))?;
    let (better, at_price) = units.split_at_checked(most.len()).ok_or(Halt::Lost)?;
    let held = better.iter().zip(at_price);
    let held = held.map(|(better, at_price)| Held { better: *better, at_price: *at_price });
    let held: Vec<Held> = held.collect();
    for (held, most) in held.iter().zip(most) {
        channel.judge(Check::CountOpened, held.all() <= most)?;
    }
    Ok(held)
}

/// **K13**: what was opened at a scale is an integer from 0 to the most of each.
pub(crate) fn read_units<'a>(
    channel: &KeyholderChannel,
    scale: &Scalar,
    opened: Vec<curve25519_dalek::RistrettoPoint>,
    most: impl Iterator<Item = &'a u64>,
) -> Result<Vec<u64>, Halt> {
    let bounded = opened.into_iter().zip(most);
    let bounded: Result<Vec<Bounded>, Halt> = bounded
        .map(|(m, most)| Ok((m, 0..=i64::try_from(*most).map_err(|_| Halt::Lost)?)))
        .collect();
    let read = read(&(bases().g * scale), &bounded?);
    channel.has_read(read.iter().filter_map(|units| *units));
    let checked = |units: Option<i64>| {
        channel.judge(Check::CountOpened, units.is_some())?;
        units.and_then(|units| u64::try_from(units).ok()).ok_or(Halt::Lost)
    };
    read.into_iter().map(checked).collect()
}

/// Opens of each bid the sum of units times levels over its steps that are better than the price, where it has some:
/// `Y`. **K13**: no unit is at more than the last level. `found` is nothing where all steps are better.
pub(crate) async fn open_bid_levels(
    channel: &KeyholderChannel,
    market: &Market<'_>,
    found: Option<&Found>,
    held: &[Held],
) -> Result<Vec<u64>, Halt> {
    channel.turn_to(Topic::Amounts);
    let (sums, scale) = match found {
        None => (unsearched_levels(market, held).ok_or(Halt::Lost)?, Scalar::ONE),
        Some(found) if market.is_sealed() => {
            let scale = found.scale + found.scale;
            (sealed_levels(channel, market, found, held).await?, scale)
        }
        Some(found) => (public_levels(channel, market, found, held).await?, Scalar::from(2u8)),
    };
    let last = u64::from(market.grid.levels.saturating_sub(1));
    let winners = || held.iter().filter(|held| held.better > 0);
    let most: Vec<u64> = winners().map(|held| held.better.saturating_mul(last)).collect();
    let opened = channel.open(sums).await?;
    let mut read = read_units(channel, &scale, opened, most.iter())?.into_iter();
    held.iter()
        .map(|held| if held.better > 0 { read.next().ok_or(Halt::Lost) } else { Ok(0) })
        .collect()
}

/// The bids that have something better than the price.
fn winning<'a, T>(bids: &'a [T], held: &'a [Held]) -> impl Iterator<Item = &'a T> {
    bids.iter().zip(held).filter(|(_, held)| held.better > 0).map(|(bid, _)| bid)
}

/// `sum over t of 2^(s_t)` times the sum of the entries of digit `t`, over the digits of the price.
fn weighed(shape: &Shape, entries: &[Cipher]) -> Option<Cipher> {
    let mut sum = Cipher::zero();
    for (indices, bits) in unary_encoding::digits(shape).into_iter().zip(shape.digit_bits()) {
        sum = (0..*bits).fold(sum, |sum, _| sum.doubled());
        sum = sum + entries.get(indices)?.iter().copied().sum();
    }
    Some(sum)
}

/// `g_i*b_i`, where quantities are public.
fn step_levels(market: &Market<'_>, step: &MarketStep) -> Option<Cipher> {
    let shape = &market.grid.shape;
    let entries = step.unary.entries(0..shape.entries())?;
    Some(weighed(shape, &entries)?.times(step.quantity))
}

fn unsearched_levels(market: &Market<'_>, held: &[Held]) -> Option<Vec<Cipher>> {
    let sum = |bid: &MarketBid| bid.steps.iter().map(|step| step_levels(market, step)).sum();
    winning(&market.bids, held).map(sum).collect()
}

/// Products of whether a step is better and of what it holds times its level, bid by bid.
async fn public_levels(
    channel: &KeyholderChannel,
    market: &Market<'_>,
    found: &Found,
    held: &[Held],
) -> Result<Vec<Cipher>, Halt> {
    let compared = compared(market, found);
    let unit = found.scale.invert();
    let pairs: Option<Vec<(Cipher, Cipher)>> = winning(&compared, held)
        .flat_map(|(_, steps)| steps)
        .map(|(step, above, _)| Some((above.multiplied(&unit), step_levels(market, step)?)))
        .collect();
    let products = channel.products_of(pairs.ok_or(Halt::Lost)?).await?;
    let mut products = products.into_iter();
    let sum = |(_, steps): &Compared<'_>| products.by_ref().take(steps.len()).sum();
    Ok(winning(&compared, held).map(sum).collect())
}

/// Products of a step's entries and of what it holds that is better, step by step.
async fn sealed_levels(
    channel: &KeyholderChannel,
    market: &Market<'_>,
    found: &Found,
    held: &[Held],
) -> Result<Vec<Cipher>, Halt> {
    let compared = compared(market, found);
    let steps: Vec<&(&MarketStep, Cipher, Cipher)> =
        winning(&compared, held).flat_map(|(_, steps)| steps).collect();
    if steps.is_empty() {
        return Ok(Vec::new());
    }
    let better: Vec<Cipher> = steps.iter().map(|(_, above, _)| *above).collect();
    let shape = &market.grid.shape;
    let entries = shape.entries();
    let entry = |i: usize, j: usize| {
        let (step, ..) = steps.get(i)?;
        step.unary.get(j)
    };
    let products = channel.products(&better, entries, entry).await?;
    let mut products = products.chunks(entries);
    let mut sum = |(_, steps): &Compared<'_>| {
        products.by_ref().take(steps.len()).map(|step| weighed(shape, step)).sum()
    };
    let sums: Option<_> = winning(&compared, held).map(&mut sum).collect();
    sums.ok_or(Halt::Lost)
}

/// `better*price(0) ± tick*Y`: what units come to at their own levels.
pub(crate) fn own_amount(grid: &PriceGrid, units: u64, levels: u64) -> i128 {
    let at_start = i128::from(grid.start.0).saturating_mul(units.into());
    let beyond = i128::from(grid.tick).saturating_mul(levels.into());
    match grid.side {
        Side::HighestWins => at_start.saturating_add(beyond),
        Side::LowestWins => at_start.saturating_sub(beyond),
    }
}

/// What units come to at one price.
pub(crate) fn amount(grid: &PriceGrid, units: u64, level: Level) -> i128 {
    price(grid, level).saturating_mul(units.into())
}

/// A price that was found, and what was told on the way.
pub(crate) struct Cleared {
    pub(crate) level: Level,
    /// Lowest and highest, of which it is the middle.
    pub(crate) between: Option<(Level, Level)>,
    /// Of a trade reduction in which a pair can trade.
    pub(crate) margins: Option<Margins>,
    pub(crate) excess: Vec<Excess>,
}

impl Cleared {
    /// The ending, with what each bid holds, how much of what is at the price it trades, and for how much in all.
    pub(crate) fn ending(
        self,
        market: &Market<'_>,
        held: &[Held],
        shared: &[u64],
        amounts: impl Fn(usize) -> Option<i128>,
    ) -> Result<Ending, Halt> {
        let quote =
            |level: Level| -> Result<Quote, Halt> { quote(market.grid, level).ok_or(Halt::Lost) };
        let between = |(lowest, highest): (Level, Level)| {
            Ok(Clears { lowest: quote(lowest)?, highest: quote(highest)? })
        };
        let mut trades = Vec::new();
        for (at, ((bid, held), shared)) in market.bids.iter().zip(held).zip(shared).enumerate() {
            if held.all() > 0 {
                let amount = amounts(at).and_then(|amount| i64::try_from(amount).ok());
                trades.push(Trade {
                    party: bid.bidder,
                    side: bid.side,
                    better: held.better,
                    at_price: held.at_price,
                    shared: *shared,
                    amount: amount.ok_or(Halt::Lost)?,
                });
            }
        }
        let clearing = Clearing {
            price: quote(self.level)?,
            between: self.between.map(between).transpose()?,
            margins: self.margins,
            excess: self.excess,
            trades,
        };
        // Where so little is shared out that nobody gets the least, nothing is traded either.
        let is_idle = clearing.trades.iter().all(|trade| trade.better == 0 && trade.shared == 0);
        Ok(if is_idle { Ending::NoTrade(clearing) } else { Ending::Cleared(clearing) })
    }
}
