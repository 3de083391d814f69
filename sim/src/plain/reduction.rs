//! Trade reduction in the clear: both sides sorted, the best served first.

use super::market::PlainMarket;
use std::{cmp::Reverse, iter::zip};
use talea_protocol::{
    commitment::TradeSide,
    outcome::{Clearing, Ending, Margins, Trade},
    price::Level,
};

/// A bid of one unit: its place in tie order, and its level.
type Unit = (usize, Level);

impl PlainMarket<'_> {
    /// How a market with trade reduction ends in which both sides bid; nothing if a number does not fit.
    pub(super) fn reduced(&self) -> Option<Ending> {
        let (mut buyers, mut sellers) = (self.side(TradeSide::Buy), self.side(TradeSide::Sell));
        buyers.sort_by_key(|(_, level)| Reverse(*level));
        sellers.sort_by_key(|(_, level)| *level);
        let pairs =
            zip(&buyers, &sellers).take_while(|(buyer, seller)| buyer.1 >= seller.1).count();
        let Some(last) = pairs.checked_sub(1) else {
            // The best unit that is not a seller's to keep.
            let mut all: Vec<Level> =
                [&buyers[..], &sellers[..]].concat().iter().map(|b| b.1).collect();
            all.sort_by_key(|level| Reverse(*level));
            return self.with(*all.get(sellers.len())?, None, Vec::new());
        };
        let level = |side: &[Unit], at: usize| side.get(at).map(|(_, level)| *level);
        let highest = Level(self.lot.grid.levels.checked_sub(1)?);
        let (last_buyer, last_seller) = (level(&buyers, last)?, level(&sellers, last)?);
        let next_buyer = level(&buyers, pairs).unwrap_or(Level(0));
        let next_seller = level(&sellers, pairs).unwrap_or(highest);
        let price = Level(next_buyer.0.midpoint(next_seller.0));
        let is_between = last_seller <= price && price <= last_buyer;
        let (trading, paid, received) = match is_between {
            true => (pairs, price, price),
            false => (last, last_buyer, last_seller),
        };
        let mut trades = Vec::new();
        for (side, units, margin, at) in [
            (TradeSide::Buy, &buyers, last_buyer, paid),
            (TradeSide::Sell, &sellers, last_seller, received),
        ] {
            for (place, own) in units.iter().take(trading) {
                let at_price = u64::from(*own == margin);
                let amount = self.lot.grid.price(at)?.0;
                let party = self.bids.get(*place)?.party;
                let better = 1u64.saturating_sub(at_price);
                trades.push((
                    *place,
                    Trade { party, side, better, at_price, shared: at_price, amount },
                ));
            }
        }
        trades.sort_by_key(|(place, _)| *place);
        let margins = Margins {
            last_buyer: self.quote(last_buyer)?,
            next_buyer: self.quote(next_buyer)?,
            last_seller: self.quote(last_seller)?,
            next_seller: self.quote(next_seller)?,
        };
        self.with(price, Some(margins), trades.into_iter().map(|(_, trade)| trade).collect())
    }

    fn side(&self, side: TradeSide) -> Vec<Unit> {
        let bids = self.bids.iter().enumerate().filter(|(_, bid)| bid.side == side);
        bids.filter_map(|(place, bid)| Some((place, bid.steps.first()?.0))).collect()
    }

    fn with(&self, price: Level, margins: Option<Margins>, trades: Vec<Trade>) -> Option<Ending> {
        let is_cleared = !trades.is_empty();
        let price = self.quote(price)?;
        let clearing = Clearing { price, between: None, margins, excess: Vec::new(), trades };
        Some(if is_cleared { Ending::Cleared(clearing) } else { Ending::NoTrade(clearing) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plain::market::PlainCurve;
    use proptest::prelude::*;
    use talea_protocol::{
        bytes::{PartyKey, Text},
        mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Quantities},
        price::{Price, PriceGrid, Scale, Shape, Side},
        terms::Lot,
    };

    const LEVELS: u32 = 8;

    /// A bid: whether it buys, and at which level.
    type Bid = (bool, u32);

    fn trades(bids: &[Bid]) -> Vec<Trade> {
        let shape = Shape::new(&[3]).unwrap();
        let (side, start, scale) = (Side::HighestWins, Price(0), Scale::Decimal(0));
        let grid = PriceGrid { side, start, tick: 1, levels: LEVELS, scale, shape };
        let text = |text: &str| Text::new(text).unwrap();
        let lot = Lot { name: text("a"), identifier: text("a"), quantity: 1, grid };
        let curve = Curve { steps: 1, quantities: Quantities::Public { most: 1 } };
        let (rule, comparisons) = (ClearingRule::TradeReduction, Comparisons::Hidden);
        let mechanism = Mechanism::TwoSided { curve, rule, comparisons };
        let bid = |(party, (buys, level)): (u8, &Bid)| PlainCurve {
            party: PartyKey([party; 32]),
            side: if *buys { TradeSide::Buy } else { TradeSide::Sell },
            steps: vec![(Level(*level), 1)],
        };
        let bids: Vec<PlainCurve> = (0u8..).zip(bids).map(bid).collect();
        match (PlainMarket { mechanism, lot: &lot, fan_out: 1, bids: &bids }).ending() {
            Some(Ending::Cleared(clearing)) => clearing.trades,
            Some(Ending::NoTrade(_) | Ending::OneSided) => Vec::new(),
            other => panic!("{other:?}"),
        }
    }

    /// What a party gains whose unit is worth `value` to it.
    fn gain(trades: &[Trade], party: usize, (buys, value): Bid) -> i64 {
        let trade = trades.iter().find(|trade| usize::from(trade.party.0[0]) == party);
        let sign = if buys { 1 } else { -1 };
        trade.map_or(0, |trade| sign * (i64::from(value) - trade.amount))
    }

    fn bids() -> impl Strategy<Value = Vec<Bid>> {
        prop::collection::vec((prop::bool::ANY, 0..LEVELS), 2..8)
    }

    proptest! {
        /// Whatever the others bid, another bid than the true one gains nobody anything.
        #[test]
        fn nobody_gains_by_another_bid_than_the_true_one(bids in bids()) {
            let honest = trades(&bids);
            for (party, own) in bids.iter().enumerate() {
                let at_best = gain(&honest, party, *own);
                prop_assert!(at_best >= 0, "nobody trades at a loss");
                for level in 0..LEVELS {
                    let mut others = bids.clone();
                    others[party].1 = level;
                    prop_assert!(gain(&trades(&others), party, *own) <= at_best, "{} {}", party, level);
                }
            }
        }

        #[test]
        fn sellers_get_no_more_than_buyers_pay_and_one_pair_is_lost_at_most(bids in bids()) {
            let trades = trades(&bids);
            let of = |side| trades.iter().filter(move |trade| trade.side == side);
            let sum = |side| of(side).map(|trade| trade.amount).sum::<i64>();
            prop_assert!(sum(TradeSide::Buy) >= sum(TradeSide::Sell));
            let pairs = of(TradeSide::Buy).count();
            prop_assert_eq!(pairs, of(TradeSide::Sell).count());
            let most = (0..LEVELS).map(|price| {
                let buyers = bids.iter().filter(|(buys, level)| *buys && *level >= price).count();
                let sellers = bids.iter().filter(|(buys, level)| !*buys && *level <= price).count();
                buyers.min(sellers)
            });
            let most = most.max().unwrap_or(0);
            prop_assert!(pairs == most || pairs + 1 == most, "{} of {}", pairs, most);
        }
    }
}
