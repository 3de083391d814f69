//! Markets of quantities and of two sides: what is raised, what is traded, and what one bidder gains by not saying the
//! truth. Held in the clear; that the program comes to the same, other tests show.
//!
//! In an auction of curves every bidder wants three units, worth three draws, best first, and there are one and a half units
//! for each. In a two-sided market every second bidder has one unit, and the others want one. Values are levels.

use super::{
    Options,
    market::grid,
    statistics::{Estimate, Mean},
    values,
};
use crate::{
    failure::{Code, Failure},
    plain::market::{PlainCurve, PlainMarket},
};
use rayon::prelude::*;
use serde::Serialize;
use std::cmp::Reverse;
use talea_protocol::{
    bytes::{PartyKey, Text},
    commitment::TradeSide,
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Pricing, Quantities},
    outcome::{Clearing, Ending},
    price::Level,
    terms::Lot,
};

/// Units that a bidder wants in an auction of curves.
const STEPS: usize = 3;

/// Every market that is compared.
fn markets() -> Vec<Mechanism> {
    let curve = Curve { steps: 3, quantities: Quantities::Public { most: 3 } };
    let curves =
        |pricing| Mechanism::Curves { curve, pricing, least: 1, comparisons: Comparisons::Opened };
    let one_unit = Curve { steps: 1, quantities: Quantities::Public { most: 1 } };
    let two_sided =
        |rule| Mechanism::TwoSided { curve: one_unit, rule, comparisons: Comparisons::Hidden };
    let rules = [
        ClearingRule::Lowest,
        ClearingRule::Middle,
        ClearingRule::Highest,
        ClearingRule::TradeReduction,
    ];
    let pricings = [Pricing::Uniform, Pricing::PayAsBid].map(curves);
    pricings.into_iter().chain(rules.map(two_sided)).collect()
}

/// What one bidder does instead of telling the truth.
#[derive(Clone, Copy, Debug)]
enum Instead {
    /// A buyer bids so many hundredths less, a seller asks so many more.
    Shade(u32),
    /// It bids the truth for its first unit, and for no other.
    WantLess,
}

const INSTEAD: [Instead; 4] =
    [Instead::Shade(5), Instead::Shade(15), Instead::Shade(30), Instead::WantLess];

impl Instead {
    fn name(self) -> String {
        match self {
            Self::Shade(hundredths) => format!("shading by {hundredths} %"),
            Self::WantLess => "wanting one unit of three".into(),
        }
    }

    fn of(self, bidder: &Bidder, highest: u32) -> Vec<Level> {
        let part = |value: u32, hundredths: u32| {
            let product = u64::from(value).saturating_mul(hundredths.into());
            u32::try_from(product.div_euclid(100)).unwrap_or(u32::MAX)
        };
        let values = bidder.values.iter();
        match self {
            Self::Shade(by) => values
                .map(|value| match bidder.side {
                    TradeSide::Buy => Level(value.0.saturating_sub(part(value.0, by))),
                    TradeSide::Sell => {
                        Level(value.0.saturating_add(part(value.0, by)).min(highest))
                    }
                })
                .collect(),
            Self::WantLess => values.take(1).copied().collect(),
        }
    }
}

/// A bidder: its side, and what each unit is worth to it.
struct Bidder {
    side: TradeSide,
    values: Vec<Level>,
}

/// What comes of a market in which everybody tells the truth. Shares are of the most that trade can gain.
#[derive(Clone, Debug, Serialize)]
pub struct CurvesFigures {
    /// Which market.
    pub market: String,
    /// What a seller takes in; in a two-sided market what buyers pay beyond what sellers get.
    pub revenue: Estimate,
    /// What trade gains.
    pub welfare: Estimate,
    /// Units that are traded, of those that should be.
    pub volume: Estimate,
}

/// What one bidder gains that does not tell the truth, in levels.
#[derive(Clone, Debug, Serialize)]
pub struct CurvesDeviation {
    /// Which market.
    pub market: String,
    /// What it does.
    pub instead: String,
    /// Its surplus with the truth.
    pub truth: Estimate,
    /// What it gains.
    pub gain: Estimate,
    /// Auctions in which it did better.
    pub better: Estimate,
}

/// A market that is held many times.
struct Ground {
    mechanism: Mechanism,
    lot: Lot,
    bidders: usize,
}

impl Ground {
    fn new(mechanism: Mechanism, options: &Options) -> Result<Self, Failure> {
        let stuck = |why: String| Failure::new(Code::RunStuck, why);
        let text = || Text::new("lot").map_err(|why| stuck(why.to_string()));
        let units = options.bidders.saturating_mul(STEPS).div_euclid(2).max(1);
        let grid = grid(options.grid.levels).map_err(|why| stuck(why.to_string()))?;
        let quantity = u64::try_from(units).unwrap_or(u64::MAX);
        let lot = Lot { name: text()?, identifier: text()?, quantity, grid };
        Ok(Self { mechanism, lot, bidders: options.bidders })
    }

    fn is_two_sided(&self) -> bool {
        matches!(self.mechanism, Mechanism::TwoSided { .. })
    }

    fn draw(&self, seed: u64, number: u32) -> Vec<Bidder> {
        let levels = self.lot.grid.levels;
        let of_each = if self.is_two_sided() { 1 } else { STEPS };
        let bidders =
            if self.is_two_sided() { self.bidders.saturating_mul(2) } else { self.bidders };
        let values = values::draw(seed, number, bidders.saturating_mul(of_each), levels);
        let bidder = |(index, values): (usize, &[Level])| {
            let mut values = values.to_vec();
            values.sort_by_key(|value| Reverse(*value));
            let sells = self.is_two_sided() && !index.is_multiple_of(2);
            Bidder { side: if sells { TradeSide::Sell } else { TradeSide::Buy }, values }
        };
        values.chunks(of_each).enumerate().map(bidder).collect()
    }

    /// What is bid comes to.
    fn hold(&self, bids: &[(TradeSide, Vec<Level>)]) -> Option<Clearing> {
        let curves: Vec<PlainCurve> = (0u32..)
            .zip(bids)
            .map(|(number, (side, levels))| PlainCurve {
                party: party(number),
                side: *side,
                steps: levels.iter().map(|level| (*level, 1)).collect(),
            })
            .collect();
        let (mechanism, lot, fan_out) = (self.mechanism, &self.lot, 15);
        match (PlainMarket { mechanism, lot, fan_out, bids: &curves }).ending()? {
            Ending::Cleared(clearing) => Some(clearing),
            _ => None,
        }
    }

    /// The most that trade can gain, and of how many units.
    fn best(&self, bidders: &[Bidder]) -> (i64, u64) {
        let of_side = |side: TradeSide| -> Vec<i64> {
            let theirs = bidders.iter().filter(|bidder| bidder.side == side);
            theirs.flat_map(|bidder| &bidder.values).map(|value| i64::from(value.0)).collect()
        };
        let (mut wanted, mut offered) = (of_side(TradeSide::Buy), of_side(TradeSide::Sell));
        wanted.sort_by_key(|value| Reverse(*value));
        offered.sort_unstable();
        if !self.is_two_sided() {
            let units = usize::try_from(self.lot.quantity).unwrap_or(usize::MAX);
            offered = vec![0; units];
        }
        let gains: Vec<i64> = wanted
            .iter()
            .zip(&offered)
            .map(|(wanted, offered)| wanted.saturating_sub(*offered))
            .take_while(|gain| *gain >= 0)
            .collect();
        (gains.iter().sum(), u64::try_from(gains.len()).unwrap_or(u64::MAX))
    }
}

fn party(number: u32) -> PartyKey {
    let mut key = [0; 32];
    key.iter_mut().zip(number.to_le_bytes()).for_each(|(to, from)| *to = from);
    PartyKey(key)
}

/// What a bidder has of a clearing: the value of its units less what it pays.
fn surplus(clearing: Option<&Clearing>, number: u32, bidder: &Bidder) -> i64 {
    let trade = clearing
        .and_then(|clearing| clearing.trades.iter().find(|trade| trade.party == party(number)));
    let Some(trade) = trade else { return 0 };
    let units = usize::try_from(trade.units()).unwrap_or(usize::MAX);
    let value: i64 = bidder.values.iter().take(units).map(|value| i64::from(value.0)).sum();
    match bidder.side {
        TradeSide::Buy => value.saturating_sub(trade.amount),
        TradeSide::Sell => trade.amount.saturating_sub(value),
    }
}

fn truth(bidders: &[Bidder]) -> Vec<(TradeSide, Vec<Level>)> {
    bidders.iter().map(|bidder| (bidder.side, bidder.values.clone())).collect()
}

/// Every market with everybody truthful.
///
/// # Errors
/// `run.stuck` if there is no such lot.
pub fn figures(options: &Options) -> Result<Vec<CurvesFigures>, Failure> {
    markets().into_par_iter().map(|mechanism| figures_of(mechanism, options)).collect()
}

fn figures_of(mechanism: Mechanism, options: &Options) -> Result<CurvesFigures, Failure> {
    let ground = Ground::new(mechanism, options)?;
    let [mut revenue, mut welfare, mut volume] = [Mean::default(); 3];
    for number in 0..options.auctions {
        let bidders = ground.draw(options.seed, number);
        let (most, units) = ground.best(&bidders);
        if most == 0 {
            continue;
        }
        let clearing = ground.hold(&truth(&bidders));
        let of_side = |side: TradeSide, of: fn(&talea_protocol::outcome::Trade) -> i64| -> i64 {
            let trades = clearing.iter().flat_map(|clearing| &clearing.trades);
            trades.filter(|trade| trade.side == side).map(of).sum()
        };
        let paid = of_side(TradeSide::Buy, |trade| trade.amount);
        let taken = paid.saturating_sub(of_side(TradeSide::Sell, |trade| trade.amount));
        let gained: i64 = (0u32..)
            .zip(&bidders)
            .map(|(number, bidder)| surplus(clearing.as_ref(), number, bidder))
            .sum();
        let traded =
            of_side(TradeSide::Buy, |trade| i64::try_from(trade.units()).unwrap_or(i64::MAX));
        let share = |part: i64| part as f64 / most as f64;
        revenue.push(share(taken));
        welfare.push(share(gained.saturating_add(taken)));
        volume.push(traded as f64 / units as f64);
    }
    Ok(CurvesFigures {
        market: mechanism.name(),
        revenue: revenue.estimate(),
        welfare: welfare.estimate(),
        volume: volume.estimate(),
    })
}

/// Every market with one bidder that does something else.
///
/// # Errors
/// `run.stuck` if there is no such lot.
pub fn deviations(options: &Options) -> Result<Vec<CurvesDeviation>, Failure> {
    let lines: Vec<(Mechanism, Instead)> = markets()
        .into_iter()
        .flat_map(|mechanism| INSTEAD.map(|instead| (mechanism, instead)))
        .filter(|(mechanism, instead)| {
            // Who has one unit cannot want less.
            matches!(mechanism, Mechanism::Curves { .. }) || matches!(instead, Instead::Shade(_))
        })
        .collect();
    lines
        .into_par_iter()
        .map(|(mechanism, instead)| deviation(mechanism, instead, options))
        .collect()
}

fn deviation(
    mechanism: Mechanism,
    instead: Instead,
    options: &Options,
) -> Result<CurvesDeviation, Failure> {
    let ground = Ground::new(mechanism, options)?;
    let [mut before, mut gain, mut better] = [Mean::default(); 3];
    for number in 0..options.auctions {
        let bidders = ground.draw(options.seed, number);
        let place = number.checked_rem(u32::try_from(bidders.len()).unwrap_or(1)).unwrap_or(0);
        let at = usize::try_from(place).unwrap_or(usize::MAX);
        let Some(one) = bidders.get(at) else { continue };
        let mut bids = truth(&bidders);
        let with_truth = surplus(ground.hold(&bids).as_ref(), place, one);
        if let Some((_, levels)) = bids.get_mut(at) {
            *levels = instead.of(one, ground.lot.grid.levels.saturating_sub(1));
        }
        let with_other = surplus(ground.hold(&bids).as_ref(), place, one);
        before.push(with_truth as f64);
        gain.push(with_other.saturating_sub(with_truth) as f64);
        better.push_if(with_other > with_truth);
    }
    Ok(CurvesDeviation {
        market: mechanism.name(),
        instead: instead.name(),
        truth: before.estimate(),
        gain: gain.estimate(),
        better: better.estimate(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options::new(400, 5, 256, 3, 0).unwrap()
    }

    #[test]
    fn truth_trades_all_that_it_should_but_for_the_reduced_trade() {
        for figures in figures(&options()).unwrap() {
            let CurvesFigures { market, revenue, welfare, volume } = figures;
            let reduces = market.ends_with("reduction");
            assert_eq!(reduces, welfare.mean < 1.0, "{market}: {welfare}");
            assert_eq!(reduces, volume.mean < 1.0, "{market}: {volume}");
            assert!(welfare.mean > 0.75, "{market}: {welfare}");
            let is_balanced = market.starts_with("two-sided") && !reduces;
            assert_eq!(is_balanced, revenue.mean.abs() < 1e-9, "{market}: {revenue}");
        }
    }

    #[test]
    fn nobody_gains_where_no_own_bid_moves_the_price_and_somebody_does_elsewhere() {
        for deviation in deviations(&options()).unwrap() {
            let CurvesDeviation { market, instead, gain, better, .. } = deviation;
            match market.as_str() {
                "two-sided, trade reduction" => {
                    assert_eq!(better.mean, 0.0, "{market}, {instead}");
                    assert!(gain.mean <= 0.0, "{market}, {instead}: {gain}");
                }
                "pay as bid, curves" if instead.starts_with("shading by 15") => {
                    assert!(gain.mean > 0.0, "{market}, {instead}: {gain}");
                }
                _ => {}
            }
        }
    }
}
