//! A market in the clear: of curves alone, or of buyers and sellers.
//!
//! Every unit is an entry of a list, and prices are read off the sorted list. A program finds them digit by digit;
//! of that nothing is here but which levels it asks about, where what it learns of them is disclosed.

use std::{cmp::Reverse, iter::zip};
use talea_protocol::{
    bytes::PartyKey,
    commitment::TradeSide,
    mechanism::{ClearingRule, Comparisons, Mechanism, Quantities},
    outcome::{Clearing, Clears, Ending, Excess, Quote, Trade},
    price::Level,
    terms::Lot,
};

/// A bid whose steps anybody may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainCurve {
    /// Whose.
    pub party: PartyKey,
    /// On which side.
    pub side: TradeSide,
    /// Levels with units, in any order.
    pub steps: Vec<(Level, u32)>,
}

impl PlainCurve {
    /// The level of every unit.
    fn units(&self) -> impl Iterator<Item = Level> + '_ {
        let steps = self.steps.iter();
        steps.flat_map(|(level, units)| (0..*units).map(|_| *level))
    }
}

/// A lot of a market whose bids anybody may see.
#[derive(Clone, Copy, Debug)]
pub struct PlainMarket<'a> {
    /// The mechanism: Curves or TwoSided.
    pub mechanism: Mechanism,
    /// The lot.
    pub lot: &'a Lot,
    /// Points that a search asks about at once.
    pub fan_out: u16,
    /// The valid bids, in tie order.
    pub bids: &'a [PlainCurve],
}

/// What a market comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// All that is disclosed.
    pub clearing: Clearing,
    /// What could be traded at the price. Less is, where so little would be shared out that some get nothing.
    pub volume: u64,
}

/// Where the market clears.
struct Found {
    price: Level,
    between: Option<(Level, Level)>,
    /// Nothing was searched, because there is enough for everybody.
    is_enough: bool,
}

/// Units of a bid.
struct Held {
    better: Vec<Level>,
    at_price: u64,
}

impl PlainMarket<'_> {
    /// How the lot ends; nothing if the mechanism is no market, or a number does not fit.
    #[must_use]
    pub fn ending(&self) -> Option<Ending> {
        if self.bids.is_empty() {
            return Some(Ending::Unsold);
        }
        let bids_on = |side| self.bids.iter().any(|bid| bid.side == side);
        let has_both_sides = bids_on(TradeSide::Buy) && bids_on(TradeSide::Sell);
        if matches!(self.mechanism, Mechanism::TwoSided { .. }) && !has_both_sides {
            return Some(Ending::OneSided);
        }
        if self.reduces_trades() {
            return self.reduced();
        }
        let clearing = self.cleared()?.clearing;
        let traded: u64 = clearing.trades.iter().map(|trade| trade.better + trade.shared).sum();
        Some(if traded == 0 { Ending::NoTrade(clearing) } else { Ending::Cleared(clearing) })
    }

    fn reduces_trades(&self) -> bool {
        matches!(self.mechanism, Mechanism::TwoSided { rule: ClearingRule::TradeReduction, .. })
    }

    /// Where the market clears, and what everybody trades; nothing of a market with trade reduction, which
    /// [`ending`](Self::ending) knows.
    #[must_use]
    pub fn cleared(&self) -> Option<Cleared> {
        let found = self.found()?;
        let held: Vec<Held> = self.bids.iter().map(|bid| self.held(bid, &found)).collect();
        let sum_of = |wants: bool, units: fn(&Held) -> u64| -> u64 {
            let of_side = zip(self.bids, &held).filter(|(bid, _)| self.wants(bid) == wants);
            of_side.map(|(_, held)| units(held)).sum()
        };
        let better = |held: &Held| held.better.len() as u64;
        let at_price = |held: &Held| held.at_price;
        let wanted = sum_of(true, better).checked_add(sum_of(true, at_price))?;
        let (best_offers, offered) = match self.mechanism {
            Mechanism::TwoSided { .. } => {
                let best = sum_of(false, better);
                (best, best.checked_add(sum_of(false, at_price))?)
            }
            _ => (self.lot.quantity, self.lot.quantity),
        };
        let volume = wanted.min(offered);

        let mut shared = vec![0u64; held.len()];
        for (wants, served) in [(true, sum_of(true, better)), (false, best_offers)] {
            let of_side = |bid: &PlainCurve| self.wants(bid) == wants;
            let at_price = zip(self.bids, &held)
                .map(|(bid, held)| if of_side(bid) { held.at_price } else { 0 });
            let at_price: Vec<u64> = at_price.collect();
            // Of one that sells everything there is nobody on the other side.
            let shares = share_out(volume.saturating_sub(served), &at_price, self.least());
            shared.iter_mut().zip(shares).for_each(|(sum, share)| *sum += share);
        }

        let mut trades = Vec::new();
        for ((bid, held), shared) in zip(zip(self.bids, &held), shared) {
            let better = held.better.len() as u64;
            if better > 0 || held.at_price > 0 {
                let (party, side, at_price) = (bid.party, bid.side, held.at_price);
                let amount = self.amount(held, shared, found.price)?;
                trades.push(Trade { party, side, better, at_price, shared, amount });
            }
        }
        let between = match found.between {
            None => None,
            Some((lowest, highest)) => {
                Some(Clears { lowest: self.quote(lowest)?, highest: self.quote(highest)? })
            }
        };
        let excess = if found.is_enough { Vec::new() } else { self.disclosed_excess() };
        let (price, margins) = (self.quote(found.price)?, None);
        let clearing = Clearing { price, between, margins, excess, trades };
        Some(Cleared { clearing, volume })
    }

    /// What is wanted at a level or better beyond what is offered. In a two-sided market what sellers would keep
    /// counts as wanted.
    #[must_use]
    pub fn excess(&self, level: Level) -> i64 {
        let reaching = self.units().into_iter().filter(|unit| *unit >= level).count();
        // Both are below 2^27 (T8).
        reaching as i64 - self.offered() as i64
    }

    /// The level of every unit, wanted or offered, best first.
    fn units(&self) -> Vec<Level> {
        let mut units: Vec<Level> = self.bids.iter().flat_map(PlainCurve::units).collect();
        units.sort_unstable_by_key(|level| Reverse(*level));
        units
    }

    /// How many units are offered.
    fn offered(&self) -> usize {
        let offered = match self.mechanism {
            Mechanism::TwoSided { .. } => {
                let sellers = self.bids.iter().filter(|bid| bid.side == TradeSide::Sell);
                return sellers.map(|bid| bid.units().count()).sum();
            }
            _ => self.lot.quantity,
        };
        usize::try_from(offered).unwrap_or(usize::MAX)
    }

    /// Whether more is better for this bid: it buys, or it is one of the only side there is.
    fn wants(&self, bid: &PlainCurve) -> bool {
        bid.side == TradeSide::Buy || !matches!(self.mechanism, Mechanism::TwoSided { .. })
    }

    fn least(&self) -> u64 {
        match self.mechanism {
            Mechanism::Curves { least, .. } => least.into(),
            _ => 0,
        }
    }

    fn found(&self) -> Option<Found> {
        let (units, offered) = (self.units(), self.offered());
        let best = |rank: usize| units.get(rank).copied();
        // The worst level is the price of units that nobody bids for, and the best one that of none at all.
        let lowest = best(offered).unwrap_or(Level(0));
        let last = offered.checked_sub(1);
        let highest = match last {
            Some(last) => best(last).unwrap_or(Level(0)),
            None => Level(self.lot.grid.levels.checked_sub(1)?),
        };
        let middle = Level(lowest.0.midpoint(highest.0));
        let found = |price| Found { price, between: None, is_enough: false };
        match self.mechanism {
            Mechanism::Curves { curve, .. } => {
                let is_public = matches!(curve.quantities, Quantities::Public { .. });
                let is_enough = is_public && units.len() < offered;
                let price = if is_enough { Level(0) } else { highest };
                Some(Found { is_enough, ..found(price) })
            }
            Mechanism::TwoSided { rule, .. } => match rule {
                ClearingRule::Lowest => Some(found(lowest)),
                ClearingRule::Highest => Some(found(highest)),
                ClearingRule::Middle => {
                    Some(Found { between: Some((lowest, highest)), ..found(middle) })
                }
                ClearingRule::TradeReduction => None,
            },
            Mechanism::FirstPrice | Mechanism::UniformPrice { .. } | Mechanism::Survey { .. } => {
                None
            }
        }
    }

    fn held(&self, bid: &PlainCurve, found: &Found) -> Held {
        let is_better = |level: &Level| {
            found.is_enough
                || if self.wants(bid) { *level > found.price } else { *level < found.price }
        };
        let better: Vec<Level> = bid.units().filter(is_better).collect();
        let at_price = |level: &Level| !is_better(level) && *level == found.price;
        Held { better, at_price: bid.units().filter(at_price).count() as u64 }
    }

    /// What is paid for units that are better than the price, and for so many at the price.
    fn amount(&self, held: &Held, shared: u64, price: Level) -> Option<i64> {
        let pays_own = self.mechanism.pays_own_bid();
        let better = held.better.iter().map(|own| if pays_own { *own } else { price });
        let mut amount = 0i128;
        for level in better {
            amount = amount.checked_add(self.lot.grid.price(level)?.0.into())?;
        }
        let of_shared = i128::from(self.lot.grid.price(price)?.0).checked_mul(shared.into())?;
        i64::try_from(amount.checked_add(of_shared)?).ok()
    }

    pub(super) fn quote(&self, level: Level) -> Option<Quote> {
        Some(Quote { level, price: self.lot.grid.price(level)? })
    }

    /// The excess at every level that the searches ask about, if comparisons open it.
    fn disclosed_excess(&self) -> Vec<Excess> {
        const LOW: fn(i64) -> bool = |excess| excess > 0;
        const HIGH: fn(i64) -> bool = |excess| excess >= 0;
        match self.mechanism {
            Mechanism::Curves { comparisons: Comparisons::Opened, .. } => self.asked(HIGH),
            Mechanism::TwoSided { comparisons: Comparisons::Opened, rule, .. } => match rule {
                ClearingRule::Lowest => self.asked(LOW),
                ClearingRule::Highest => self.asked(HIGH),
                ClearingRule::Middle => [self.asked(LOW), self.asked(HIGH)].concat(),
                // Its comparisons are hidden (T8).
                ClearingRule::TradeReduction => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// What a search asks that looks for the largest level for which the excess `holds`, digit by digit.
    fn asked(&self, holds: fn(i64) -> bool) -> Vec<Excess> {
        let grid = &self.lot.grid;
        let mut asked = Vec::new();
        let mut places: usize = grid.shape.bits();
        let mut found = 0u64;
        for (radix, bits) in zip(grid.shape.radices(), grid.shape.digit_bits()) {
            places = places.saturating_sub(usize::from(*bits));
            let (mut lo, mut hi) = (0, (radix as u64).saturating_sub(1));
            while lo < hi {
                let span = hi - lo;
                let points = u64::from(self.fan_out).clamp(1, span);
                let (from, mut is_falling) = (lo, false);
                for point in (1..=points).map(|i| from + i * (span + 1) / (points + 1)) {
                    let level = Level(u32::try_from(found + (point << places)).unwrap_or(u32::MAX));
                    let units = self.excess(level);
                    asked.push(Excess { level, units });
                    is_falling |= level.0 >= grid.levels || !holds(units);
                    if !is_falling {
                        lo = point;
                    } else {
                        hi = hi.min(point.saturating_sub(1));
                    }
                }
            }
            found += lo << places;
        }
        asked
    }
}

/// Shares out so many units among bids that hold these, in tie order: in proportion, and what is left to the largest
/// remainders. While somebody would get less than `least`, who holds fewest is left out. Where there is enough for all
/// nothing is shared out, and everybody gets what it holds, however little.
fn share_out(units: u64, held: &[u64], least: u64) -> Vec<u64> {
    let mut sharing: Vec<u64> = held.to_vec();
    if held.iter().sum::<u64>() <= units {
        return sharing;
    }
    loop {
        let shares = in_proportion(units, &sharing);
        let is_short = zip(&shares, &sharing).any(|(share, held)| *held > 0 && *share < least);
        let holders = sharing.iter().enumerate().filter(|(_, held)| **held > 0);
        let fewest = holders.min_by_key(|(place, held)| (**held, Reverse(*place)));
        let Some((out, _)) = fewest.filter(|_| is_short) else { return shares };
        if let Some(held) = sharing.get_mut(out) {
            *held = 0;
        }
    }
}

/// The shares of those who hold something: no more than they hold.
fn in_proportion(units: u64, held: &[u64]) -> Vec<u64> {
    let all: u128 = held.iter().copied().map(u128::from).sum();
    let units = all.min(units.into());
    let parts = held.iter().map(|held| units * u128::from(*held));
    // Of nothing nobody has a share.
    let all = all.max(1);
    let mut shares: Vec<u64> =
        parts.clone().map(|part| u64::try_from(part / all).unwrap_or(u64::MAX)).collect();
    let left = units.saturating_sub(shares.iter().copied().map(u128::from).sum());
    let mut places: Vec<(usize, u128)> = parts.map(|part| part % all).enumerate().collect();
    places.sort_by_key(|(_, remainder)| Reverse(*remainder));
    let first = usize::try_from(left).unwrap_or(usize::MAX);
    for (place, _) in places.into_iter().take(first) {
        shares.iter_mut().skip(place).take(1).for_each(|share| *share += 1);
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use talea_protocol::{
        bytes::Text,
        mechanism::{Curve, Pricing},
        price::{Price, PriceGrid, Scale, Shape, Side},
    };

    const LEVELS: u32 = 13;

    fn lot(quantity: u64, side: Side, digits: &[u8]) -> Lot {
        let grid = PriceGrid {
            side,
            start: Price(-20),
            tick: 7,
            levels: LEVELS,
            scale: Scale::Decimal(0),
            shape: Shape::new(digits).unwrap(),
        };
        let text = |text: &str| Text::new(text).unwrap();
        Lot { name: text("a"), identifier: text("a"), quantity, grid }
    }

    fn curve(quantities: Quantities) -> Curve {
        Curve { steps: 4, quantities }
    }

    const PUBLIC: Quantities = Quantities::Public { most: 100 };
    const SEALED: Quantities = Quantities::Sealed { bits: 4 };

    fn curves(quantities: Quantities, pricing: Pricing, least: u32) -> Mechanism {
        let comparisons = Comparisons::Opened;
        Mechanism::Curves { curve: curve(quantities), pricing, least, comparisons }
    }

    fn two_sided(rule: ClearingRule, comparisons: Comparisons) -> Mechanism {
        Mechanism::TwoSided { curve: curve(PUBLIC), rule, comparisons }
    }

    fn bid(party: u8, side: TradeSide, steps: &[(u32, u32)]) -> PlainCurve {
        let steps = steps.iter().map(|(level, units)| (Level(*level), *units)).collect();
        PlainCurve { party: PartyKey([party; 32]), side, steps }
    }

    fn buy(party: u8, steps: &[(u32, u32)]) -> PlainCurve {
        bid(party, TradeSide::Buy, steps)
    }

    fn sell(party: u8, steps: &[(u32, u32)]) -> PlainCurve {
        bid(party, TradeSide::Sell, steps)
    }

    fn cleared(mechanism: Mechanism, lot: &Lot, bids: &[PlainCurve]) -> Cleared {
        PlainMarket { mechanism, lot, fan_out: 1, bids }.cleared().unwrap()
    }

    /// Per trade: whose, better, at the price, shared.
    fn units(cleared: &Cleared) -> Vec<(u8, u64, u64, u64)> {
        let trades = cleared.clearing.trades.iter();
        trades.map(|t| (t.party.0[0], t.better, t.at_price, t.shared)).collect()
    }

    #[test]
    fn the_worst_step_that_wins_is_the_price_and_is_shared_out_in_proportion() {
        let bids = [
            buy(1, &[(9, 3), (5, 4)]),
            buy(2, &[(7, 2)]),
            buy(3, &[(5, 3), (2, 9)]),
            buy(4, &[(4, 50)]),
        ];
        let lot = lot(10, Side::HighestWins, &[4]);
        let found = cleared(curves(PUBLIC, Pricing::Uniform, 1), &lot, &bids);
        // 5 better, and 5 of 7 at level 5: 2 6/7 and 2 1/7.
        assert_eq!(found.clearing.price, Quote { level: Level(5), price: Price(15) });
        assert_eq!(units(&found), [(1, 3, 4, 3), (2, 2, 0, 0), (3, 0, 3, 2)]);
        let amounts = |found: &Cleared| -> Vec<i64> {
            found.clearing.trades.iter().map(|trade| trade.amount).collect()
        };
        assert_eq!(amounts(&found), [90, 30, 30]);
        let as_bid = cleared(curves(PUBLIC, Pricing::PayAsBid, 1), &lot, &bids);
        assert_eq!(units(&as_bid), units(&found));
        assert_eq!(amounts(&as_bid), [3 * 43 + 3 * 15, 2 * 29, 2 * 15]);
    }

    #[test]
    fn where_there_is_enough_for_all_public_quantities_search_nothing() {
        let lot = lot(11, Side::LowestWins, &[4]);
        let bids = [sell(1, &[(9, 3), (0, 4)]), sell(2, &[(7, 3)])];
        let public = cleared(curves(PUBLIC, Pricing::Uniform, 5), &lot, &bids);
        assert_eq!(units(&public), [(1, 7, 0, 0), (2, 3, 0, 0)]);
        assert_eq!((public.clearing.price.level, public.clearing.excess), (Level(0), vec![]));
        let sealed = cleared(curves(SEALED, Pricing::Uniform, 4), &lot, &bids);
        assert_eq!(units(&sealed), [(1, 3, 4, 4), (2, 3, 0, 0)]);
        assert_eq!(sealed.clearing.price.level, Level(0));
        assert!(!sealed.clearing.excess.is_empty());
    }

    #[test]
    fn who_would_get_too_little_is_left_out_smallest_and_last_first() {
        assert_eq!(share_out(6, &[2, 6, 0, 1], 5), [0, 6, 0, 0]);
        assert_eq!(share_out(6, &[4, 4, 4], 3), [3, 3, 0]);
        assert_eq!(share_out(6, &[4, 4, 4], 5), [0, 0, 0], "four units are fewer than five");
        assert_eq!(share_out(0, &[4, 4], 1), [0, 0]);
        assert_eq!(share_out(3, &[5, 5, 5, 5], 0), [1, 1, 1, 0], "of equals the first");
        assert_eq!(share_out(9, &[2, 3], 4), [2, 3], "there is enough for all");
        assert_eq!(share_out(5, &[4, 1, 1], 2), [4, 0, 0], "one of what is left is too little");
    }

    #[test]
    fn buyers_and_sellers_meet_between_two_prices() {
        let bids = [buy(1, &[(9, 2)]), sell(2, &[(4, 2)]), sell(3, &[(11, 5)]), buy(4, &[(3, 7)])];
        let lot = lot(1, Side::HighestWins, &[4]);
        let at = |rule| cleared(two_sided(rule, Comparisons::Hidden), &lot, &bids);
        let [low, middle, high] =
            [ClearingRule::Lowest, ClearingRule::Middle, ClearingRule::Highest].map(at);
        assert_eq!((low.clearing.price.level, high.clearing.price.level), (Level(4), Level(9)));
        assert_eq!(middle.clearing.price.level, Level(6));
        let between = middle.clearing.between.unwrap();
        assert_eq!((between.lowest.level, between.highest.level), (Level(4), Level(9)));
        assert_eq!(units(&low), [(1, 2, 0, 0), (2, 0, 2, 2)]);
        assert_eq!(units(&middle), [(1, 2, 0, 0), (2, 2, 0, 0)]);
        assert_eq!(units(&high), [(1, 0, 2, 2), (2, 2, 0, 0)]);
        assert_eq!([low.volume, middle.volume, high.volume], [2; 3]);
    }

    #[test]
    fn a_market_without_a_common_price_or_without_a_side_trades_nothing() {
        let lot = lot(1, Side::HighestWins, &[4]);
        let ending = |bids: &[PlainCurve]| {
            let mechanism = two_sided(ClearingRule::Lowest, Comparisons::Hidden);
            PlainMarket { mechanism, lot: &lot, fan_out: 1, bids }.ending().unwrap()
        };
        let (cheap, dear) = (buy(1, &[(3, 2)]), sell(2, &[(8, 2)]));
        assert!(matches!(ending(&[cheap.clone(), dear.clone()]), Ending::NoTrade(_)));
        assert_eq!(ending(&[cheap]), Ending::OneSided);
        assert_eq!(ending(&[dear]), Ending::OneSided);
        assert_eq!(ending(&[]), Ending::Unsold);
    }

    fn steps() -> impl Strategy<Value = Vec<(Level, u32)>> {
        prop::collection::vec((0..LEVELS, 0..6u32), 1..4)
            .prop_map(|steps| steps.into_iter().map(|(l, units)| (Level(l), units)).collect())
    }

    fn bids(sides: &'static [TradeSide]) -> impl Strategy<Value = Vec<PlainCurve>> {
        let bid = (prop::sample::select(sides), steps());
        prop::collection::vec(bid, 1..6).prop_map(|bids| {
            let curve =
                |(party, (side, steps))| PlainCurve { party: PartyKey([party; 32]), side, steps };
            zip(0u8.., bids).map(curve).collect()
        })
    }

    fn rules() -> impl Strategy<Value = ClearingRule> {
        prop::sample::select(&[ClearingRule::Lowest, ClearingRule::Middle, ClearingRule::Highest])
    }

    fn shapes() -> impl Strategy<Value = &'static [u8]> {
        const SHAPES: [&[u8]; 4] = [&[4], &[1, 1, 1, 1], &[2, 3], &[3, 1, 2]];
        prop::sample::select(&SHAPES)
    }

    /// Units of one side at a price, by how their level compares with it.
    fn count(bids: &[PlainCurve], side: TradeSide, is_counted: impl Fn(Level) -> bool) -> u64 {
        let of_side = bids.iter().filter(|bid| bid.side == side);
        of_side.flat_map(PlainCurve::units).filter(|level| is_counted(*level)).count() as u64
    }

    /// What would be traded at a price if all went by it.
    fn volume_at(bids: &[PlainCurve], price: Level) -> u64 {
        let wanted = count(bids, TradeSide::Buy, |level| level >= price);
        wanted.min(count(bids, TradeSide::Sell, |level| level <= price))
    }

    proptest! {
        /// Every price of the grid is tried. It clears if nobody goes without who would pay more, or take less.
        #[test]
        fn the_market_clears_at_all_prices_between_lowest_and_highest_and_at_no_other(
            bids in bids(&[TradeSide::Buy, TradeSide::Sell]),
        ) {
            let lot = lot(1, Side::HighestWins, &[4]);
            let mechanism = two_sided(ClearingRule::Middle, Comparisons::Hidden);
            let found = cleared(mechanism, &lot, &bids).clearing.between.unwrap();
            let clears = |price: &Level| {
                let (wanted, offered) = (TradeSide::Buy, TradeSide::Sell);
                let buyers = count(&bids, wanted, |l| l > *price) <= count(&bids, offered, |l| l <= *price);
                let sellers = count(&bids, offered, |l| l < *price) <= count(&bids, wanted, |l| l >= *price);
                buyers && sellers
            };
            let all: Vec<Level> = (0..LEVELS).map(Level).filter(clears).collect();
            let expected: Vec<Level> =
                (found.lowest.level.0..=found.highest.level.0).map(Level).collect();
            prop_assert_eq!(all, expected);
        }

        #[test]
        fn no_price_of_a_two_sided_market_trades_more(
            bids in bids(&[TradeSide::Buy, TradeSide::Sell]),
            rule in rules(),
        ) {
            let lot = lot(1, Side::HighestWins, &[4]);
            let found = cleared(two_sided(rule, Comparisons::Hidden), &lot, &bids);
            let most = (0..LEVELS).map(|level| volume_at(&bids, Level(level))).max();
            prop_assert_eq!(Some(found.volume), most);
            let price = found.clearing.price;
            for side in [TradeSide::Buy, TradeSide::Sell] {
                let trades = found.clearing.trades.iter().filter(|trade| trade.side == side);
                prop_assert_eq!(trades.clone().map(Trade::units).sum::<u64>(), found.volume);
                let paid: i64 = trades.map(|trade| trade.amount).sum();
                prop_assert_eq!(paid, price.price.0 * found.volume as i64, "both sides alike");
            }
        }

        /// A buyer pays no more for its units than it bid for the best so many; a seller is paid no less.
        #[test]
        fn nobody_trades_at_a_loss(
            bids in bids(&[TradeSide::Buy, TradeSide::Sell]),
            rule in rules(),
            pricing in prop::sample::select(&[Pricing::Uniform, Pricing::PayAsBid]),
            quantity in 1..20u64,
        ) {
            for (mechanism, is_market) in
                [(two_sided(rule, Comparisons::Hidden), true), (curves(SEALED, pricing, 1), false)]
            {
                let side = if is_market { Side::HighestWins } else { Side::LowestWins };
                let lot = lot(quantity, side, &[4]);
                let bids: Vec<PlainCurve> = bids.iter().cloned().map(|mut bid| {
                    if !is_market { bid.side = TradeSide::Sell; }
                    bid
                }).collect();
                for trade in cleared(mechanism, &lot, &bids).clearing.trades {
                    let own = bids.iter().find(|bid| bid.party == trade.party).unwrap();
                    let mut prices: Vec<i64> =
                        own.units().map(|level| lot.grid.price(level).unwrap().0).collect();
                    prices.sort_unstable();
                    if trade.side == TradeSide::Buy { prices.reverse(); }
                    let bid_for: i64 = prices.iter().take(trade.units() as usize).sum();
                    prop_assert!(prices.len() as u64 >= trade.units());
                    match trade.side {
                        TradeSide::Buy => prop_assert!(trade.amount <= bid_for),
                        TradeSide::Sell => prop_assert!(trade.amount >= bid_for),
                    }
                }
            }
        }

        /// As bid, every unit is paid by itself; nobody pays less so than at the price.
        #[test]
        fn whoever_pays_as_bid_pays_its_best_units_one_by_one(
            bids in bids(&[TradeSide::Buy]),
            quantity in 1..20u64,
            quantities in prop::sample::select(&[PUBLIC, SEALED]),
        ) {
            let lot = lot(quantity, Side::HighestWins, &[4]);
            let as_bid = cleared(curves(quantities, Pricing::PayAsBid, 1), &lot, &bids);
            let uniform = cleared(curves(quantities, Pricing::Uniform, 1), &lot, &bids);
            prop_assert_eq!(units(&as_bid), units(&uniform));
            for (as_bid, uniform) in zip(as_bid.clearing.trades, uniform.clearing.trades) {
                let own = bids.iter().find(|bid| bid.party == as_bid.party).unwrap();
                let mut levels: Vec<Level> = own.units().collect();
                levels.sort_unstable_by_key(|level| Reverse(*level));
                levels.truncate(as_bid.units() as usize);
                let sum: i64 = levels.iter().map(|level| lot.grid.price(*level).unwrap().0).sum();
                prop_assert_eq!(as_bid.amount, sum);
                prop_assert!(as_bid.amount >= uniform.amount);
            }
        }

        #[test]
        fn the_best_units_win_and_all_that_can_is_sold(
            bids in bids(&[TradeSide::Buy]),
            quantity in 1..20u64,
            quantities in prop::sample::select(&[PUBLIC, SEALED]),
        ) {
            let lot = lot(quantity, Side::HighestWins, &[4]);
            let found = cleared(curves(quantities, Pricing::Uniform, 1), &lot, &bids);
            let all: u64 = bids.iter().map(|bid| bid.units().count() as u64).sum();
            let sold: u64 = found.clearing.trades.iter().map(Trade::units).sum();
            prop_assert_eq!(sold, all.min(quantity));
            prop_assert_eq!(sold, found.volume);
            let price = found.clearing.price.level;
            if found.clearing.excess.is_empty() {
                prop_assert_eq!(sold, all);
            } else {
                let better = count(&bids, TradeSide::Buy, |level| level > price);
                prop_assert!(better <= quantity);
                let reaching = count(&bids, TradeSide::Buy, |level| level >= price);
                prop_assert!(reaching >= quantity || price == Level(0));
            }
        }

        #[test]
        fn a_share_is_within_one_unit_of_its_proportion(
            units in 0..60u64,
            held in prop::collection::vec(0..20u64, 1..8),
        ) {
            let all: u64 = held.iter().sum();
            let shares = share_out(units, &held, 0);
            prop_assert_eq!(shares.iter().sum::<u64>(), units.min(all));
            for (share, held) in zip(&shares, &held) {
                prop_assert!(share <= held);
                let (exact, whole) = (units.min(all) * held, share * all);
                prop_assert!(exact.abs_diff(whole) < all.max(1));
            }
        }

        #[test]
        fn nobody_gets_less_than_the_least_unless_it_gets_nothing(
            units in 0..60u64,
            held in prop::collection::vec(0..20u64, 1..8),
            least in 1..15u64,
        ) {
            let shares = share_out(units, &held, least);
            prop_assert!(shares.iter().sum::<u64>() <= units);
            if held.iter().sum::<u64>() <= units {
                prop_assert_eq!(shares, held);
                return Ok(());
            }
            let fewest_served = zip(&shares, &held).filter(|(s, _)| **s > 0).map(|(_, h)| h).min();
            for (share, held) in zip(&shares, &held) {
                prop_assert!(*share == 0 || *share >= least);
                prop_assert!(share <= held);
                prop_assert!(*share > 0 || fewest_served.is_none_or(|fewest| held <= fewest));
            }
        }

        /// The last level at which the excess was asked and held is the price that sorting finds.
        #[test]
        fn a_search_by_digits_comes_to_the_price_that_sorting_finds(
            bids in bids(&[TradeSide::Buy, TradeSide::Sell]),
            rule in prop::sample::select(&[ClearingRule::Lowest, ClearingRule::Highest]),
            digits in shapes(),
            fan_out in 1..9u16,
        ) {
            let lot = lot(1, Side::HighestWins, digits);
            let mechanism = two_sided(rule, Comparisons::Opened);
            let market = PlainMarket { mechanism, lot: &lot, fan_out, bids: &bids };
            let clearing = market.cleared().unwrap().clearing;
            let holds = |excess: &&Excess| {
                let limit = if rule == ClearingRule::Lowest { 1 } else { 0 };
                excess.level.0 < LEVELS && excess.units >= limit
            };
            let reached = clearing.excess.iter().filter(holds).map(|excess| excess.level).max();
            prop_assert_eq!(reached.unwrap_or(Level(0)), clearing.price.level);
            for excess in &clearing.excess {
                prop_assert_eq!(excess.units, market.excess(excess.level));
            }
        }
    }
}
