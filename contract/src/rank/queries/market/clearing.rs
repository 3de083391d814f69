//! What is traded, once it is known what every bid has that is better than the price, and at it.

use super::{
    Priced, Rules,
    bids::{MarketBid, bids_of},
};
use crate::rank::{program::LotSetting, sharing::share};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use talea_protocol::{
    mechanism::Mechanism,
    outcome::{Clearing, Clears, Ending, Trade},
    price::{Level, PriceGrid, Side},
};

/// Units of a bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct Units {
    pub(super) better: u64,
    pub(super) at_price: u64,
}

impl Units {
    pub(super) fn all(self) -> u64 {
        self.better.saturating_add(self.at_price)
    }
}

/// What both sides have that is better than the price, and at it.
pub(super) struct Sides {
    demand: Units,
    offer: Units,
}

impl Sides {
    /// Nothing if that is no price at which the market clears (K13).
    pub(super) fn of(
        bids: &[MarketBid],
        units: &[Units],
        (rules, quantity): (Rules, u64),
    ) -> Option<Self> {
        let sum = |is_demand: bool| {
            let theirs =
                bids.iter().zip(units).filter(|(bid, _)| bid.is_demand(rules) == is_demand);
            theirs.fold(Units { better: 0, at_price: 0 }, |sum, (_, units)| Units {
                better: sum.better.saturating_add(units.better),
                at_price: sum.at_price.saturating_add(units.at_price),
            })
        };
        let (demand, is_two_sided) = (sum(true), rules.is_two_sided());
        let offer = if is_two_sided { sum(false) } else { Units { better: quantity, at_price: 0 } };
        let clears =
            demand.better <= offer.all() && (!is_two_sided || offer.better <= demand.all());
        clears.then_some(Self { demand, offer })
    }

    /// Units that are traded.
    pub(super) fn traded(&self) -> u64 {
        self.demand.all().min(self.offer.all())
    }

    /// Units of a side that are traded at the price.
    fn left(&self, is_demand: bool) -> u64 {
        let side = if is_demand { self.demand } else { self.offer };
        self.traded().saturating_sub(side.better)
    }
}

/// The ending; `paid` is what every bid with better units pays for them, in levels, where winners pay as bid. Nothing if
/// no bids can give it (K13).
pub(super) fn ending(
    priced: &Priced,
    units: &[Units],
    paid: Option<&[u64]>,
    lot_setting: LotSetting<'_>,
) -> Option<Ending> {
    let rules = Rules::of(lot_setting)?;
    let bids = bids_of(lot_setting, rules.curve);
    let sides = Sides::of(&bids, units, (rules, lot_setting.lot.quantity))?;
    let shared = shared(&bids, units, &sides, rules);
    let mut paid = paid.map(|paid| paid.iter());
    let trades = bids.iter().zip(units).zip(shared).map(|((bid, units), shared)| {
        let grid = lot_setting.grid();
        let at_price = units_at(grid, shared, priced.level)?;
        let better = match &mut paid {
            None => units_at(grid, units.better, priced.level)?,
            Some(_) if units.better == 0 => 0,
            Some(paid) => units_as_bid(grid, units.better, *paid.next()?)?,
        };
        Some(Trade {
            party: bid.party,
            side: bid.side,
            better: units.better,
            at_price: units.at_price,
            shared,
            amount: at_price.checked_add(better)?,
        })
    });
    let trades: Option<Vec<Trade>> = trades.collect();
    let mut trades = trades?;
    trades.retain(|trade| trade.better > 0 || trade.at_price > 0);
    let between = match priced.between {
        None => None,
        Some((lowest, highest)) => Some(Clears {
            lowest: lot_setting.quote(lowest)?,
            highest: lot_setting.quote(highest)?,
        }),
    };
    let price = lot_setting.quote(priced.level)?;
    let (margins, excess) = (None, priced.excess.clone());
    let clearing = Clearing { price, between, margins, excess, trades };
    let is_cleared = clearing.trades.iter().any(|trade| trade.units() > 0);
    Some(if is_cleared { Ending::Cleared(clearing) } else { Ending::NoTrade(clearing) })
}

/// What every bid trades at the price.
fn shared(bids: &[MarketBid], units: &[Units], sides: &Sides, rules: Rules) -> Vec<u64> {
    let least = match rules.mechanism {
        Mechanism::Curves { least, .. } => least.into(),
        _ => 0,
    };
    let of_side = |is_demand: bool| {
        let held = bids
            .iter()
            .zip(units)
            .map(|(bid, units)| if bid.is_demand(rules) == is_demand { units.at_price } else { 0 });
        share(&held.collect::<Vec<u64>>(), sides.left(is_demand), least)
    };
    let shares = of_side(true).into_iter().zip(of_side(false));
    shares.map(|(demand, offer)| demand.saturating_add(offer)).collect()
}

/// `units * price(level)`.
fn units_at(grid: &PriceGrid, units: u64, level: Level) -> Option<i64> {
    i64::try_from(units).ok()?.checked_mul(grid.price(level)?.0)
}

/// The price of units whose levels have this sum. On the way numbers may be larger than what it comes to (T8).
fn units_as_bid(grid: &PriceGrid, units: u64, levels: u64) -> Option<i64> {
    let ticks = i128::from(levels).checked_mul(grid.tick.into())?;
    let start = i128::from(units).checked_mul(grid.price(Level(0))?.0.into())?;
    let amount = match grid.side {
        Side::HighestWins => start.checked_add(ticks),
        Side::LowestWins => start.checked_sub(ticks),
    };
    i64::try_from(amount?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::price::{Price, Scale, Shape};

    #[test]
    fn an_amount_fits_although_what_lies_between_its_prices_does_not() {
        // From -2^62 to almost 2^62 in two ticks: all T8 asks is that no price times the units is 2^63.
        let grid = |side, start| PriceGrid {
            side,
            start: Price(start),
            tick: (1 << 62) - 1,
            levels: 3,
            scale: Scale::Decimal(0),
            shape: Shape::new(&[2]).unwrap(),
        };
        let end = (1i64 << 62) - 2;
        assert_eq!(units_as_bid(&grid(Side::HighestWins, -(1 << 62)), 1, 2), Some(end));
        assert_eq!(units_as_bid(&grid(Side::LowestWins, 1 << 62), 1, 2), Some(-end));
        assert_eq!(units_as_bid(&grid(Side::HighestWins, 1 << 62), 1, 2), None);
    }
}
