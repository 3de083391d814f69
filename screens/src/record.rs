//! An auction as a screen sees it: one lot, with what was disclosed of it.
//!
//! Three prices live here and must not be confused: the *limit* was known to everybody before bids, as a
//! ceiling is; the *reserve* is the seller's, committed before bids and perhaps opened at the end; the *price*
//! is what the winner pays.

use crate::finding::{Need, Why};
use serde::Serialize;
use std::collections::BTreeSet;
use talea_protocol::price::Side;

/// One auction of one lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What people call it.
    pub name: String,
    /// When bids were due, as a number that only orders the auctions.
    pub order: u64,
    /// Which bid wins.
    pub side: Side,
    /// Who sells, or buys in a procurement.
    pub seller: String,
    /// The smallest distance between two prices, at least 1.
    pub tick: u64,
    /// The worst price for the seller that could be bid, where there is one: in a procurement the ceiling.
    pub limit: Option<i64>,
    /// The seller's reserve.
    pub reserve: Reserve,
    /// Who bid; nothing where that is not known.
    pub bidders: Option<BTreeSet<String>>,
    /// How many valid bids there were, where that is known.
    pub valid_bids: Option<usize>,
    /// How many bids win, at most.
    pub units: u16,
    /// Whether a winner pays its own bid.
    pub pays_own_bid: bool,
    /// How it ended.
    pub ending: Ending,
    /// Who won, or would have won had the seller not declined. None if nobody reached the reserve.
    pub winners: Vec<String>,
    /// What they pay.
    pub price: Option<i64>,
    /// Bids besides.
    pub opened: Opened,
}

/// The seller's reserve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserve {
    /// None bound.
    None,
    /// It bound, and stays sealed.
    Sealed,
    /// It bound, and was opened.
    Opened(i64),
}

/// How an auction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Somebody won.
    Sold,
    /// Somebody won, and the seller declined.
    Declined,
    /// No bid reached the reserve.
    BelowReserve,
    /// Nobody bid, or it was given up.
    Nothing,
}

/// Which bids were opened, besides the price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// None.
    Nothing,
    /// The best losing price.
    Cover(i64),
    /// All of them.
    All(Vec<Bid>),
}

/// A bid that was opened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Bid {
    /// The price.
    pub price: i64,
    /// Whose.
    pub bidder: String,
}

/// How far the best bid lies from the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Margin {
    /// The best bid.
    pub best: i64,
    /// The distance to the next one, 0 if they tie.
    pub distance: u64,
    /// Whose the best bid is. Of bids that tie, the winner's.
    pub leader: Option<String>,
    /// Whose the next one is, where that was disclosed.
    pub runner_up: Option<String>,
    /// The distance between prices that bidders used.
    pub tick: u64,
}

impl Record {
    /// The records in the order in which a screen goes through them, whatever the order in which they came.
    #[must_use]
    pub fn in_order(records: &[Self]) -> Vec<&Self> {
        let mut ordered: Vec<&Self> = records.iter().collect();
        ordered.sort_by(|a, b| {
            (a.order, &a.name, &a.winners, a.price).cmp(&(b.order, &b.name, &b.winners, b.price))
        });
        ordered
    }

    /// All bids, the best one first; of those that tie, the winners' first.
    ///
    /// # Errors
    /// [`Why`] it cannot be used, if bids stay sealed or there are fewer than `least`.
    pub fn bids(&self, least: usize) -> Result<Vec<&Bid>, Why> {
        let Opened::All(bids) = &self.opened else {
            let are_few = self.valid_bids.is_some_and(|bids| bids < least);
            return Err(if are_few { Why::FewBids } else { Need::AllBids.into() });
        };
        if bids.len() < least {
            return Err(Why::FewBids);
        }
        let mut ordered: Vec<&Bid> = bids.iter().collect();
        ordered.sort_by_key(|bid| {
            let price = i128::from(bid.price);
            let badness = match self.side {
                Side::HighestWins => price.saturating_neg(),
                Side::LowestWins => price,
            };
            (badness, !self.winners.contains(&bid.bidder), &bid.bidder)
        });
        Ok(ordered)
    }

    /// The best bid and the next one: of all bids, or of the price and the cover.
    ///
    /// # Errors
    /// [`Why`] it cannot be used.
    pub fn margin(&self) -> Result<Margin, Why> {
        if self.units > 1 {
            return Err(Why::SeveralUnits);
        }
        match &self.opened {
            Opened::All(_) => {
                let bids = self.bids(2)?;
                let [best, next, ..] = bids.as_slice() else { return Err(Why::FewBids) };
                Ok(Margin {
                    best: best.price,
                    distance: best.price.abs_diff(next.price),
                    leader: Some(best.bidder.clone()),
                    runner_up: Some(next.bidder.clone()),
                    tick: self.used_tick(),
                })
            }
            Opened::Cover(_) if !self.pays_own_bid => Err(Need::WinningBid.into()),
            Opened::Cover(cover) => {
                let best = self.price.ok_or(Why::NoAward)?;
                Ok(Margin {
                    best,
                    distance: best.abs_diff(*cover),
                    leader: self.winners.first().cloned(),
                    runner_up: None,
                    tick: self.used_tick(),
                })
            }
            Opened::Nothing if self.has_one_bid() => Err(Why::FewBids),
            Opened::Nothing => Err(Need::Cover.into()),
        }
    }

    fn has_one_bid(&self) -> bool {
        self.valid_bids.is_some_and(|bids| bids < 2)
    }

    /// The price that distances are measured by: a published ceiling, or else the best bid.
    ///
    /// # Errors
    /// [`Why::PriceNotPositive`]: of a spread or a rate below zero a distance is no share.
    pub fn yardstick(&self, best: i64) -> Result<u64, Why> {
        let ceiling = self.limit.filter(|_| self.side == Side::LowestWins);
        let yardstick = u64::try_from(ceiling.unwrap_or(best)).unwrap_or(0);
        if yardstick == 0 { Err(Why::PriceNotPositive) } else { Ok(yardstick) }
    }

    /// The tick that bidders used: the largest power of ten that divides all opened bids, as people round, where
    /// that is a multiple of the tick. Bids on a coarser grid than the tick tie more often than it says.
    fn used_tick(&self) -> u64 {
        let prices: Vec<i64> = match &self.opened {
            Opened::All(bids) => bids.iter().map(|bid| bid.price).collect(),
            Opened::Cover(cover) => [Some(*cover), self.price].into_iter().flatten().collect(),
            Opened::Nothing => Vec::new(),
        };
        let tick = self.tick.max(1);
        let divides = |power: u64| {
            prices.iter().all(|price| price.unsigned_abs().checked_rem(power) == Some(0))
        };
        let powers =
            (1..19).map_while(|zeros| 10u64.checked_pow(zeros)).filter(|power| divides(*power));
        let rounded = powers.max().filter(|_| prices.iter().any(|price| *price != 0)).unwrap_or(1);
        if rounded.checked_rem(tick) == Some(0) { rounded } else { tick }
    }

    /// Whether somebody won, or would have won had the seller not declined.
    ///
    /// # Errors
    /// [`Why::NoAward`].
    pub fn award(&self) -> Result<i64, Why> {
        let price = self.price.filter(|_| matches!(self.ending, Ending::Sold | Ending::Declined));
        price.ok_or(Why::NoAward)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{sale, tender};

    #[test]
    fn the_best_bid_stands_first_on_either_side() {
        let first = |record: &Record| record.bids(1).unwrap()[0].price;
        assert_eq!(first(&tender(1, &[("a", 30), ("b", 10), ("c", 20)])), 10);
        assert_eq!(first(&sale(1, &[("a", 30), ("b", 10), ("c", 20)])), 30);
    }

    #[test]
    fn margins_reach_over_all_of_64_bits() {
        let record = tender(1, &[("a", i64::MIN), ("b", i64::MAX)]);
        let margin = record.margin().unwrap();
        assert_eq!((margin.best, margin.distance), (i64::MIN, u64::MAX));
        assert_eq!(margin.leader.as_deref(), Some("a"));
    }

    #[test]
    fn of_bids_that_tie_the_winner_leads() {
        let mut record = tender(1, &[("a", 10), ("b", 10)]);
        record.winners = vec!["b".into()];
        let margin = record.margin().unwrap();
        assert_eq!((margin.distance, margin.leader.as_deref()), (0, Some("b")));
    }

    #[test]
    fn the_price_and_the_cover_are_enough_where_a_winner_pays_its_own_bid() {
        let mut record = tender(1, &[("a", 10), ("b", 14)]);
        record.opened = Opened::Cover(14);
        assert_eq!(record.margin().unwrap().distance, 4);
        record.pays_own_bid = false;
        assert_eq!(record.margin(), Err(Why::NotDisclosed(Need::WinningBid)));
        record.opened = Opened::Nothing;
        assert_eq!(record.margin(), Err(Why::NotDisclosed(Need::Cover)));
    }

    #[test]
    fn bids_that_are_all_round_use_a_coarser_tick() {
        assert_eq!(tender(1, &[("a", 3_000), ("b", 7_000)]).margin().unwrap().tick, 1_000);
        assert_eq!(tender(1, &[("a", 3_000), ("b", 7_001)]).margin().unwrap().tick, 1);
        assert_eq!(tender(1, &[("a", 3), ("b", 9)]).margin().unwrap().tick, 1, "no power of ten");
        assert_eq!(tender(1, &[("a", 0), ("b", 0)]).margin().unwrap().tick, 1);
    }
}
