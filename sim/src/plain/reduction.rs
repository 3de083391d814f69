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
