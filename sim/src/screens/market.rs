//! Who meets whom, at what costs and prices: one auction after another, as records that screens read.

use super::{
    equilibrium::{Costs, Equilibrium},
    uniform,
};
use rand_core::RngCore;
use std::collections::BTreeMap;
use talea_protocol::price::Side;
use talea_screens::{
    permutation::shuffle,
    record::{Bid, Ending, Opened, Record, Reserve},
};

/// A market of honest bidders.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Market {
    /// Which bid wins.
    pub side: Side,
    /// Bidders that there are.
    pub pool: usize,
    /// How many of them come to an auction, all numbers from the one to the other as likely.
    pub come: (usize, usize),
    /// How costs are distributed.
    pub costs: Costs,
    /// From the lowest cost to the highest, as a share of the highest.
    pub width: f64,
    /// The tick, in millionths of the highest cost.
    pub tick: u64,
    /// The ceiling, on the scale of costs from 0 to 1: who has a higher cost stays away.
    pub ceiling: f64,
    /// What makes it other than the equilibrium assumes.
    pub twist: Option<Twist>,
    /// Whom the seller's decisions favour.
    pub declines: Declines,
}

/// What the model of competition does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twist {
    /// The first bidder of the pool has six tenths of the costs that others have, and bids by the same rule.
    Strong,
    /// Whoever won has costs in the upper half for the next three auctions to which it comes.
    Capacity,
    /// In the middle third of the auctions costs lie half as wide apart.
    Calm,
}

/// When the seller of a sale declines what met its reserve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declines {
    /// Never.
    Never,
    /// One auction in ten, whatever the price.
    AtRandom,
    /// The less often, the higher the price: half of what meets the reserve, a tenth of what lies one width of
    /// values above.
    Choosy,
    /// Nine in ten of what lies within a tenth of the width of values above the reserve.
    Fishing,
}

impl Market {
    /// Five to a tender of a pool of 12, costs uniform over 20 %, fine ticks.
    pub const TENDERS: Self = Self {
        side: Side::LowestWins,
        pool: 12,
        come: (5, 5),
        costs: Costs::Uniform,
        width: 0.2,
        tick: 100,
        ceiling: 1.0,
        twist: None,
        declines: Declines::Never,
    };

    /// Bonds: seven dealers, values over one and a half per cent, a tick of a hundredth of a per cent.
    pub const BONDS: Self = Self {
        side: Side::HighestWins,
        pool: 9,
        come: (4, 9),
        width: 0.015,
        declines: Declines::AtRandom,
        ..Self::TENDERS
    };
}

/// A bidder who came, with its cost from 0 to 1 and what it asks on the same scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Offer {
    /// Its number in the pool.
    pub bidder: usize,
    /// Its cost.
    pub cost: f64,
    /// What it asks.
    pub asks: f64,
}

/// An auction before anybody rounds: on the scale of costs, the lowest wins.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its number.
    pub number: usize,
    /// Who offers what.
    pub offers: Vec<Offer>,
    /// What is asked at a cost, by someone who competes with as many.
    pub equilibrium: Equilibrium,
}

/// The auctions of a market as they go on.
pub struct Stream<'a, R> {
    market: &'a Market,
    rng: &'a mut R,
    auctions: usize,
    equilibria: BTreeMap<usize, Equilibrium>,
    /// For each bidder, at how many auctions it will come with little capacity.
    busy: BTreeMap<usize, u8>,
}

impl<'a, R: RngCore> Stream<'a, R> {
    /// A market that will have so many auctions.
    pub fn new(market: &'a Market, auctions: usize, rng: &'a mut R) -> Self {
        Self { market, rng, auctions, equilibria: BTreeMap::new(), busy: BTreeMap::new() }
    }

    /// Who comes to an auction, and what each of them asks honestly.
    pub fn draft(&mut self, number: usize) -> Draft {
        let market = self.market;
        let (least, most) = market.come;
        let numbers = most.saturating_sub(least).saturating_add(1);
        let come = least.saturating_add(talea_screens::permutation::below(numbers, self.rng));
        let mut bidders: Vec<usize> = (0..market.pool).collect();
        shuffle(&mut bidders, self.rng);
        bidders.truncate(come);
        let equilibrium = self
            .equilibria
            .entry(come)
            .or_insert_with(|| Equilibrium::new(market.costs, come, market.ceiling))
            .clone();
        let mut offers = Vec::new();
        for bidder in bidders {
            let cost = self.cost(bidder);
            if let Some(asks) = equilibrium.bid(cost) {
                offers.push(Offer { bidder, cost, asks });
            }
        }
        Draft { number, offers, equilibrium }
    }

    fn cost(&mut self, bidder: usize) -> f64 {
        let cost = self.market.costs.draw(self.rng);
        match self.market.twist {
            Some(Twist::Strong) if bidder == 0 => cost * 0.6,
            Some(Twist::Capacity) => {
                let left = self.busy.entry(bidder).or_default();
                if *left == 0 {
                    return cost;
                }
                *left = left.saturating_sub(1);
                0.5 + cost / 2.0
            }
            _ => cost,
        }
    }

    /// The auction as it is recorded: money in whole units, on its grid.
    pub fn close(&mut self, draft: &Draft) -> Record {
        let market = self.market;
        let is_calm = market.twist == Some(Twist::Calm)
            && (self.auctions / 3..self.auctions * 2 / 3).contains(&draft.number);
        let width = if is_calm { market.width / 2.0 } else { market.width };
        // What the highest cost is: of a tender between one and a hundred million, of a bond about par.
        let size = match market.side {
            Side::LowestWins => 10.0_f64.powf(6.0 + 2.0 * uniform(self.rng)),
            Side::HighestWins => 1_000_000.0 * (0.97 + 0.04 * uniform(self.rng)),
        };
        let tick = match market.side {
            Side::LowestWins => round(size * 1e-6) * i64::try_from(market.tick).unwrap_or(1),
            Side::HighestWins => i64::try_from(market.tick).unwrap_or(1),
        }
        .max(1);
        let price = |ask: f64| {
            let money = match market.side {
                Side::LowestWins => size * (1.0 - width * (1.0 - ask)),
                Side::HighestWins => size * (1.0 - width * ask),
            };
            round(money / f64::from(i32::try_from(tick).unwrap_or(1))).saturating_mul(tick)
        };
        let bids: Vec<Bid> = draft
            .offers
            .iter()
            .map(|offer| Bid { price: price(offer.asks), bidder: name(offer.bidder) })
            .collect();
        let reserve = match market.side {
            Side::LowestWins => None,
            Side::HighestWins => Some(price(0.5)),
        };
        let best = bids.iter().min_by_key(|bid| match market.side {
            Side::LowestWins => bid.price,
            Side::HighestWins => bid.price.saturating_neg(),
        });
        let met = best.filter(|best| reserve.is_none_or(|reserve| best.price >= reserve));
        let ending = match (met, best) {
            (Some(best), _) if self.is_declined(best.price, reserve, size * width) => {
                Ending::Declined
            }
            (Some(_), _) => Ending::Sold,
            (None, Some(_)) => Ending::BelowReserve,
            (None, None) => Ending::Nothing,
        };
        let (winners, price_paid) = (met.map(|bid| bid.bidder.clone()), met.map(|bid| bid.price));
        self.note_winner(draft, winners.as_ref());
        Record {
            name: format!("auction {}", draft.number),
            order: u64::try_from(draft.number).unwrap_or(u64::MAX),
            side: market.side,
            seller: "seller".into(),
            tick: u64::try_from(tick).unwrap_or(1),
            limit: Some(price(market.ceiling)),
            reserve: reserve.map_or(Reserve::None, Reserve::Opened),
            bidders: Some(bids.iter().map(|bid| bid.bidder.clone()).collect()),
            valid_bids: Some(bids.len()),
            units: 1,
            pays_own_bid: true,
            ending,
            winners: winners.into_iter().collect(),
            price: price_paid,
            opened: Opened::All(bids),
        }
    }

    fn is_declined(&mut self, price: i64, reserve: Option<i64>, width: f64) -> bool {
        let Some(reserve) = reserve else { return false };
        let excess = money(price.saturating_sub(reserve)) / width;
        let chance = match self.market.declines {
            Declines::Never => 0.0,
            Declines::AtRandom => 0.1,
            Declines::Choosy => 0.5 * 0.2_f64.powf(excess),
            Declines::Fishing if excess < 0.1 => 0.9,
            Declines::Fishing => 0.0,
        };
        uniform(self.rng) < chance
    }

    fn note_winner(&mut self, draft: &Draft, winner: Option<&String>) {
        let won = draft.offers.iter().find(|offer| Some(&name(offer.bidder)) == winner);
        if let Some(offer) = won {
            self.busy.insert(offer.bidder, 3);
        }
    }
}

/// What a bidder of the pool is called.
#[must_use]
pub fn name(bidder: usize) -> String {
    format!("bidder {}", bidder.saturating_add(1))
}

/// Money as simulated, in whole units.
#[expect(clippy::cast_possible_truncation, reason = "simulated amounts are below 2^53")]
fn round(amount: f64) -> i64 {
    amount.round() as i64
}

#[expect(clippy::cast_precision_loss, reason = "simulated amounts are below 2^53")]
fn money(amount: i64) -> f64 {
    amount as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed;

    fn records(market: &Market, count: usize, seed: u64) -> Vec<Record> {
        let rng = &mut seed::generator(seed, 0);
        let mut stream = Stream::new(market, count, rng);
        let one = |number| {
            let draft = stream.draft(number);
            stream.close(&draft)
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn one_seed_is_one_market() {
        let of = |seed| records(&Market::TENDERS, 20, seed);
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn the_best_bid_wins_and_lies_on_the_grid() {
        for market in [Market::TENDERS, Market::BONDS] {
            for record in records(&market, 50, 1) {
                let best = record.bids(2).unwrap()[0];
                if record.ending != Ending::BelowReserve {
                    assert_eq!(Some(best.price), record.price, "{record:?}");
                    assert_eq!(record.winners, std::slice::from_ref(&best.bidder));
                }
                let tick = i64::try_from(record.tick).unwrap();
                assert_eq!(best.price % tick, 0, "{record:?}");
            }
        }
    }

    #[test]
    fn who_wins_in_a_market_of_capacity_wins_less_often_again_at_once() {
        let repeats = |twist| {
            let market = Market { twist, pool: 5, ..Market::TENDERS };
            let records = records(&market, 600, 3);
            records.windows(2).filter(|pair| pair[0].winners == pair[1].winners).count()
        };
        // By chance 120 of 600, standard deviation 10.
        assert!(repeats(None) > 85 && repeats(Some(Twist::Capacity)) < 60);
    }
}
