//! Curves, two-sided markets and surveys against plain definitions, every step answered by one keyholder who holds the
//! whole key and proves nothing.

use std::{collections::BTreeSet, sync::Arc};

use drawn::Numbers;
use rayon::prelude::*;
use talea_protocol::{
    check::Check,
    commitment::TradeSide::{self, Buy, Sell},
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Pricing, Quantities},
    outcome::{Clearing, Ending, Excess, Quote, Statistics},
    price::{Level, Price, PriceGrid, Scale, Shape, Side},
    terms::Disclosure,
};

use super::ranking::{Ended, Keyholder, answered, name};
use crate::{
    group::bases,
    replay::{
        curve::step_shape,
        rank::{
            dialogue::Halt,
            program::{Bid, BidCurve, Found, Program},
            sharing::shared_out,
        },
    },
};

mod trade_reduction;

/// Numbers that look random, from a seed.
mod drawn {
    pub(super) struct Numbers(pub(super) u64);

    impl Numbers {
        pub(super) fn below(&mut self, bound: u64) -> u64 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % bound
        }
    }
}

/// A bid in the clear: levels and quantities.
type PlainBid = (TradeSide, Vec<(u32, u32)>);

#[derive(Clone, Debug)]
struct Case {
    shape: Vec<u8>,
    levels: u32,
    side: Side,
    quantity: u64,
    fan_out: u16,
    mechanism: Mechanism,
    bids: Vec<PlainBid>,
}

impl Case {
    fn grid(&self) -> PriceGrid {
        PriceGrid {
            side: self.side,
            start: Price(-7),
            tick: 3,
            levels: self.levels,
            scale: Scale::Decimal(0),
            shape: Shape::new(&self.shape).unwrap(),
        }
    }

    fn bits(&self) -> u8 {
        match self.mechanism.curve() {
            Some(Curve { quantities: Quantities::Sealed { bits }, .. }) => bits,
            _ => 0,
        }
    }

    fn program(&self, keyholder: &mut Keyholder) -> Program {
        let (grid, bits) = (self.grid(), self.bits());
        let shape = step_shape(&grid, bits).unwrap();
        let bids = self.bids.iter().enumerate().map(|(n, (side, steps))| {
            let number = |(level, quantity): &(u32, u32)| {
                if bits == 0 { *level } else { (level << bits) | quantity }
            };
            let entries: Vec<_> =
                steps.iter().flat_map(|step| keyholder.entries(&shape, number(step))).collect();
            let shown = |(_, quantity): &(u32, u32)| if bits == 0 { *quantity } else { 0 };
            let curve = self
                .mechanism
                .curve()
                .map(|_| BidCurve { side: *side, quantities: steps.iter().map(shown).collect() });
            let unary = Arc::new(keyholder.kept(entries));
            Bid { bidder: name(n), unary, contribution: None, curve }
        });
        Program {
            bids: bids.collect(),
            grid,
            quantity: self.quantity,
            mechanism: self.mechanism,
            disclosure: Disclosure::WINNER_AND_PRICE,
            fan_out: self.fan_out,
            first_sums: None,
            reserve: None,
        }
    }

    fn run(&self, keyholder: &mut Keyholder) -> Ended<Found> {
        let program = self.program(keyholder);
        answered(keyholder, |channel| program.find(channel))
    }

    fn ending(&self, seed: u64) -> Ending {
        let ended = self.run(&mut Keyholder::new(seed));
        match ended.finding {
            Ok(Found::Ending(ending)) => ending,
            other => panic!("{self:?}: {other:?}"),
        }
    }

    fn clearing(&self, seed: u64) -> (bool, Clearing) {
        match self.ending(seed) {
            Ending::Cleared(clearing) => (true, clearing),
            Ending::NoTrade(clearing) => (false, clearing),
            other => panic!("{self:?}: {other:?}"),
        }
    }

    fn price(&self, level: u32) -> i64 {
        let distance = 3 * i64::from(level);
        if self.side == Side::HighestWins { -7 + distance } else { -7 - distance }
    }

    fn quote(&self, level: u32) -> Quote {
        Quote { level: Level(level), price: Price(self.price(level)) }
    }

    /// Units of all steps for which this holds of side and level.
    fn units(&self, is: impl Fn(TradeSide, u32) -> bool) -> u64 {
        let steps = self.bids.iter().flat_map(|(side, steps)| steps.iter().map(|s| (*side, *s)));
        steps.filter(|(side, (level, _))| is(*side, *level)).map(|(_, (_, q))| u64::from(q)).sum()
    }

    fn of_bid(&self, n: usize, is: impl Fn(u32) -> bool) -> u64 {
        self.bids[n].1.iter().filter(|(level, _)| is(*level)).map(|(_, q)| u64::from(*q)).sum()
    }

    /// The largest level at which this holds, or 0.
    fn last(&self, holds: impl Fn(u32) -> bool) -> u32 {
        (0..self.levels).rev().find(|level| holds(*level)).unwrap_or(0)
    }

    /// Of each bid: better than the price, at it, shared of that, and the amount; and whether something is traded.
    fn expected(&self, price: u32) -> (bool, Vec<(usize, u64, u64, u64, i64)>) {
        let two_sided = matches!(self.mechanism, Mechanism::TwoSided { .. });
        let unsearched = !two_sided && self.bits() == 0 && self.units(|_, _| true) < self.quantity;
        let sells = |n: usize| two_sided && self.bids[n].0 == Sell;
        let better = |n: usize| match (sells(n), unsearched) {
            (_, true) => self.of_bid(n, |_| true),
            (true, _) => self.of_bid(n, |level| level < price),
            (false, _) => self.of_bid(n, |level| level > price),
        };
        let at = |n: usize| if unsearched { 0 } else { self.of_bid(n, |level| level == price) };
        let all: Vec<usize> = (0..self.bids.len()).collect();
        let sum = |of: &dyn Fn(usize) -> u64, seller: bool| -> u64 {
            all.iter().filter(|n| sells(**n) == seller).map(|n| of(*n)).sum()
        };
        let (bought, bought_at) = (sum(&better, false), sum(&at, false));
        let (sold, sold_at) =
            if two_sided { (sum(&better, true), sum(&at, true)) } else { (self.quantity, 0) };
        let volume = (bought + bought_at).min(sold + sold_at);
        let (least, pays_own) = match self.mechanism {
            Mechanism::Curves { least, pricing, .. } => (least, pricing == Pricing::PayAsBid),
            _ => (0, false),
        };
        let mut shares = vec![0; self.bids.len()];
        for (seller, first) in [(false, bought), (true, sold)] {
            let held: Vec<u64> =
                all.iter().map(|n| if sells(*n) == seller { at(*n) } else { 0 }).collect();
            if held.iter().any(|held| *held > 0) {
                let shared = shared_out(volume - first, &held, least.into());
                shares.iter_mut().zip(shared).for_each(|(share, more)| *share += more);
            }
        }
        let amount = |n: usize| {
            let own = |level: u32| unsearched || level > price;
            let at_own = self.bids[n].1.iter().filter(|(level, _)| own(*level));
            let at_own: i64 = at_own.map(|(l, q)| self.price(*l) * i64::from(*q)).sum();
            let better = if pays_own { at_own } else { self.price(price) * better(n) as i64 };
            better + self.price(price) * shares[n] as i64
        };
        let rows = all.iter().filter(|n| better(**n) + at(**n) > 0);
        let rows = rows.map(|n| (*n, better(*n), at(*n), shares[*n], amount(*n)));
        let rows: Vec<_> = rows.collect();
        (rows.iter().any(|row| row.1 + row.3 > 0), rows)
    }

    fn agrees(&self, seed: u64, price: u32) -> Clearing {
        let (trades, clearing) = self.clearing(seed);
        assert_eq!(clearing.price, self.quote(price), "{self:?}");
        let told = clearing.trades.iter().map(|t| {
            let place = (0..self.bids.len()).find(|n| name(*n) == t.party).unwrap();
            assert_eq!(t.side, self.bids[place].0);
            (place, t.better, t.at_price, t.shared, t.amount)
        });
        assert_eq!((trades, told.collect()), self.expected(price), "{self:?}");
        clearing
    }

    /// That the excess told is what is wanted beyond what is offered, at the levels told.
    fn agrees_in_excess(&self, clearing: &Clearing, offered: u64) {
        for Excess { level, units } in &clearing.excess {
            let wanted = self.units(|_, at| at >= level.0);
            assert_eq!(*units, wanted as i64 - offered as i64, "{self:?}");
        }
    }
}

fn numbers(seed: u64) -> Numbers {
    Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(17))
}

#[test]
fn trade_reduction_takes_a_price_of_nobody_who_trades() {
    let met: Vec<(usize, bool)> = (0..300u64)
        .into_par_iter()
        .map(|seed| {
            let mut n = numbers(9_000 + seed);
            let levels = 5 + n.below(4) as u32;
            let curve = Curve { steps: 1, quantities: Quantities::Public { most: 1 } };
            let (rule, comparisons) = (ClearingRule::TradeReduction, Comparisons::Hidden);
            let (buyers, sellers) = (1 + n.below(4), 1 + n.below(4));
            let mut bids: Vec<PlainBid> = Vec::new();
            for at in 0..buyers + sellers {
                let side = if at < buyers { Buy } else { Sell };
                let place = n.below(at + 1) as usize;
                bids.insert(place, (side, vec![(n.below(levels.into()) as u32, 1)]));
            }
            let case = Case {
                shape: vec![1, 2],
                levels,
                side: Side::HighestWins,
                quantity: 1,
                fan_out: 1 + n.below(3) as u16,
                mechanism: Mechanism::TwoSided { curve, rule, comparisons },
                bids,
            };
            case.reduces(seed)
        })
        .collect();
    for pairs in 0..3 {
        assert!(met.contains(&(pairs, true)), "{pairs} pairs");
    }
    assert!(met.contains(&(0, false)) && met.contains(&(1, false)), "one pair less");
}

impl Case {
    /// Bids of one side by how soon they are served, each with its place.
    fn served(&self, side: TradeSide) -> Vec<(u32, usize)> {
        let of_side = self.bids.iter().enumerate().filter(|(_, (of, _))| *of == side);
        let mut served: Vec<(u32, usize)> = of_side.map(|(n, (_, s))| (s[0].0, n)).collect();
        served.sort_by_key(|(level, n)| match side {
            Buy => (self.levels - level, *n),
            Sell => (*level, *n),
        });
        served
    }

    /// How many pairs trade, and whether all who can.
    fn reduces(&self, seed: u64) -> (usize, bool) {
        let (buyers, sellers) = (self.served(Buy), self.served(Sell));
        let pairs = buyers.iter().zip(&sellers).filter(|(b, s)| b.0 >= s.0).count();
        let (trades, clearing) = self.clearing(seed);
        if pairs == 0 {
            let mut all: Vec<u32> = self.bids.iter().map(|(_, steps)| steps[0].0).collect();
            all.sort();
            assert_eq!(clearing.price, self.quote(all[buyers.len() - 1]), "{self:?}");
            assert!(!trades && clearing.trades.is_empty() && clearing.margins.is_none());
            return (0, true);
        }
        let at = |side: &[(u32, usize)], n: usize, or: u32| side.get(n).map_or(or, |one| one.0);
        let (b, s) = (buyers[pairs - 1].0, sellers[pairs - 1].0);
        let next = (at(&buyers, pairs, 0), at(&sellers, pairs, self.levels - 1));
        let margins = clearing.margins.unwrap();
        let told =
            [margins.last_buyer, margins.next_buyer, margins.last_seller, margins.next_seller];
        assert_eq!(told, [b, next.0, s, next.1].map(|level| self.quote(level)), "{self:?}");
        let price = (next.0 + next.1) / 2;
        assert_eq!(clearing.price, self.quote(price));
        let all = s <= price && price <= b;
        let (count, paid, got) = if all { (pairs, price, price) } else { (pairs - 1, b, s) };
        let mut expected = Vec::new();
        for (served, margin, amount) in [(&buyers, b, paid), (&sellers, s, got)] {
            for (level, n) in &served[..count] {
                let at_price = u64::from(*level == margin);
                expected.push((name(*n), 1 - at_price, at_price, at_price, self.price(amount)));
            }
        }
        expected.sort();
        let trading = clearing.trades.iter();
        let told = trading.map(|t| (t.party, t.better, t.at_price, t.shared, t.amount));
        assert_eq!(told.collect::<Vec<_>>(), expected, "{self:?}");
        assert_eq!(trades, count > 0);
        (count, all)
    }
}

/// A market of a few bids, small enough for many.
fn case(n: &mut Numbers, two_sided: bool) -> Case {
    let shapes: [&[u8]; 6] = [&[1], &[2], &[1, 1], &[2, 1], &[1, 2], &[1, 1, 1]];
    let shape = shapes[n.below(6) as usize].to_vec();
    let product = 1 << shape.iter().sum::<u8>();
    let levels = 2.max(product - n.below(3) as u32);
    let is_sealed = n.below(2) == 0;
    let (bits, steps) = (1 + n.below(2) as u8, 1 + n.below(3) as u8);
    let quantities =
        if is_sealed { Quantities::Sealed { bits } } else { Quantities::Public { most: 9 } };
    let opened = n.below(2) == 0 || (two_sided && is_sealed);
    let comparisons = if opened { Comparisons::Opened } else { Comparisons::Hidden };
    let curve = Curve { steps, quantities };
    let side = if two_sided || n.below(2) == 0 { Side::HighestWins } else { Side::LowestWins };
    let mechanism = if two_sided {
        let rules = [ClearingRule::Lowest, ClearingRule::Middle, ClearingRule::Highest];
        Mechanism::TwoSided { curve, rule: rules[n.below(3) as usize], comparisons }
    } else {
        let pricing = [Pricing::Uniform, Pricing::PayAsBid][n.below(2) as usize];
        Mechanism::Curves { curve, pricing, least: 1 + n.below(3) as u32, comparisons }
    };
    let only = if side == Side::HighestWins { Buy } else { Sell };
    let bids = (0..1 + n.below(5)).map(|_| {
        let count = if is_sealed { steps.into() } else { 1 + n.below(steps.into()) };
        let quantity = |n: &mut Numbers| match is_sealed {
            true => n.below(1 << bits) as u32,
            false => 1 + n.below(3) as u32,
        };
        let steps = (0..count).map(|_| (n.below(levels.into()) as u32, quantity(n)));
        let steps: Vec<(u32, u32)> = steps.collect();
        (if two_sided { [Buy, Sell][n.below(2) as usize] } else { only }, steps)
    });
    let bids: Vec<PlainBid> = bids.collect();
    let fan_out = 1 + n.below(3) as u16;
    Case { shape, levels, side, quantity: 1 + n.below(9), fan_out, mechanism, bids }
}

#[test]
fn curves_clear_where_the_quantity_is_wanted() {
    (0..300u64).into_par_iter().for_each(|seed| {
        let case = case(&mut numbers(seed), false);
        let price = match case.bits() == 0 && case.units(|_, _| true) < case.quantity {
            true => 0,
            false => case.last(|level| case.units(|_, at| at >= level) >= case.quantity),
        };
        let clearing = case.agrees(seed, price);
        assert_eq!(clearing.between, None);
        case.agrees_in_excess(&clearing, case.quantity);
    });
}

#[test]
fn two_sided_markets_trade_as_much_as_both_sides_agree_to() {
    let met: Vec<(ClearingRule, bool)> = (0..400u64)
        .into_par_iter()
        .filter_map(|seed| {
            let case = case(&mut numbers(1_000 + seed), true);
            let Mechanism::TwoSided { rule, comparisons, .. } = case.mechanism else {
                panic!("it is two-sided")
            };
            let sides: BTreeSet<TradeSide> = case.bids.iter().map(|(side, _)| *side).collect();
            if sides.len() < 2 {
                let mut keyholder = Keyholder::new(seed);
                let ended = case.run(&mut keyholder);
                assert!(matches!(ended.finding, Ok(Found::Ending(Ending::OneSided))));
                assert!(keyholder.steps.is_empty());
                return None;
            }
            let offered = case.units(|side, _| side == Sell);
            let low = case.last(|level| case.units(|_, at| at >= level) > offered);
            let high = case.last(|level| case.units(|_, at| at >= level) >= offered);
            let price = match rule {
                ClearingRule::Lowest => low,
                ClearingRule::Middle => (low + high) / 2,
                ClearingRule::Highest => high,
                ClearingRule::TradeReduction => panic!("it has tests of its own"),
            };
            let clearing = case.agrees(seed, price);
            let between = clearing.between.map(|b| (b.lowest, b.highest));
            let middle = rule == ClearingRule::Middle;
            assert_eq!(between, middle.then(|| (case.quote(low), case.quote(high))));
            assert_eq!(clearing.excess.is_empty(), comparisons == Comparisons::Hidden);
            case.agrees_in_excess(&clearing, offered);
            // No price makes them trade more.
            let at = |price: u32| {
                let wanted = case.units(|side, level| side == Buy && level >= price);
                wanted.min(case.units(|side, level| side == Sell && level <= price))
            };
            for side in [Buy, Sell] {
                let trades = clearing.trades.iter().filter(|trade| trade.side == side);
                let units: u64 = trades.map(|trade| trade.better + trade.shared).sum();
                assert_eq!(Some(units), (0..case.levels).map(at).max(), "{case:?}");
            }
            Some((rule, clearing.trades.iter().any(|trade| trade.shared > 0)))
        })
        .collect();
    for rule in [ClearingRule::Lowest, ClearingRule::Middle, ClearingRule::Highest] {
        assert!(met.contains(&(rule, true)) && met.contains(&(rule, false)));
    }
}

fn survey(shape: &[u8], levels: u32, bin_levels: u32, squares: bool, answers: &[u32]) -> Case {
    Case {
        shape: shape.to_vec(),
        levels,
        side: Side::HighestWins,
        quantity: 1,
        fan_out: 1,
        mechanism: Mechanism::Survey { min_answers: 2, bin_levels, squares },
        bids: answers.iter().map(|level| (Buy, vec![(*level, 1)])).collect(),
    }
}

#[test]
fn surveys_open_sums_over_all_answers() {
    let shapes: [&[u8]; 5] = [&[1], &[3], &[1, 1], &[2, 2], &[1, 3]];
    (0..200u64).into_par_iter().for_each(|seed| {
        let mut n = numbers(5_000 + seed);
        let shape = shapes[n.below(5) as usize];
        let levels = 2.max((1 << shape.iter().sum::<u8>()) - n.below(3) as u32);
        let answers: Vec<u32> =
            (0..2 + n.below(5)).map(|_| n.below(levels.into()) as u32).collect();
        let (bin_levels, squares) = (n.below(6) as u32, n.below(2) == 0);
        let case = survey(shape, levels, bin_levels, squares, &answers);
        let bin = |bin: u32| answers.iter().filter(|a| **a / bin_levels == bin).count() as u32;
        let expected = Statistics {
            sum: answers.iter().map(|a| u64::from(*a)).sum(),
            bins: (bin_levels > 0).then(|| {
                let bins = (0..levels.div_ceil(bin_levels)).map(bin).collect();
                talea_protocol::bytes::List::new(bins).unwrap()
            }),
            squares: squares.then(|| answers.iter().map(|a| u64::from(*a).pow(2)).sum()),
        };
        assert_eq!(case.ending(seed), Ending::Surveyed(expected), "{case:?}");
    });
}

#[test]
fn of_too_few_answers_nothing_is_opened() {
    let case = survey(&[2], 4, 1, true, &[3]);
    let mut keyholder = Keyholder::new(1);
    let ended = case.run(&mut keyholder);
    assert!(matches!(ended.finding, Ok(Found::Ending(Ending::TooFewAnswers))));
    assert!(keyholder.steps.is_empty());
}

fn curves(quantities: Quantities, pricing: Pricing, comparisons: Comparisons) -> Case {
    let curve = Curve { steps: 2, quantities };
    Case {
        shape: vec![1, 2],
        levels: 8,
        side: Side::HighestWins,
        quantity: 4,
        fan_out: 1,
        mechanism: Mechanism::Curves { curve, pricing, least: 1, comparisons },
        bids: vec![(Buy, vec![(7, 1), (5, 3)]), (Buy, vec![(5, 3), (1, 3)])],
    }
}

const PUBLIC: Quantities = Quantities::Public { most: 6 };
const SEALED: Quantities = Quantities::Sealed { bits: 2 };

/// The steps of a market whose every step is answered honestly.
fn steps(case: &Case) -> Vec<(char, usize)> {
    let mut keyholder = Keyholder::new(9);
    assert!(case.run(&mut keyholder).finding.is_ok());
    keyholder.steps
}

#[test]
fn the_questions_of_a_market_stand_in_their_order() {
    // Of four steps: one excess at the first digit, products of three entries and two more at the second, and what
    // two bids hold.
    let opened = curves(PUBLIC, Pricing::Uniform, Comparisons::Opened);
    let public = [('U', 1), ('G', 12), ('U', 12), ('U', 1), ('U', 1), ('U', 4)];
    assert_eq!(steps(&opened), public);
    // At most three of four: lists of four.
    let hidden = curves(PUBLIC, Pricing::Uniform, Comparisons::Hidden);
    let shuffled = [('M', 1), ('U', 4)];
    let products = [('G', 12), ('U', 12)];
    let expected = [&shuffled[..], &products, &shuffled, &shuffled, &[('U', 4)]].concat();
    assert_eq!(steps(&hidden), expected);
    // Sealed quantities are multiplied at the first digit too.
    let sealed = curves(SEALED, Pricing::Uniform, Comparisons::Opened);
    let first = [('G', 4), ('U', 4)];
    assert_eq!(steps(&sealed), [&first[..], &public].concat());
    // Amounts: a product per step of the one bid that has something better; or one per entry.
    let own = curves(PUBLIC, Pricing::PayAsBid, Comparisons::Opened);
    assert_eq!(steps(&own), [&public[..], &[('G', 2), ('U', 2), ('U', 1)]].concat());
    let own = curves(SEALED, Pricing::PayAsBid, Comparisons::Opened);
    let amounts = [('G', 8), ('U', 8), ('U', 1)];
    assert_eq!(steps(&own), [&first[..], &public, &amounts].concat());
    // All that is wanted is there.
    let all = Case { quantity: 11, ..curves(PUBLIC, Pricing::Uniform, Comparisons::Opened) };
    assert_eq!(steps(&all), []);
    let all = Case { quantity: 11, ..curves(PUBLIC, Pricing::PayAsBid, Comparisons::Opened) };
    assert_eq!(steps(&all), [('U', 2)]);
    // Of a survey: for each of three answers two edges within a first digit, and one entry.
    let answers = survey(&[1, 2], 8, 3, true, &[1, 2, 7]);
    assert_eq!(steps(&answers), [('G', 9), ('U', 9), ('U', 4)]);
    let answers = survey(&[3], 8, 4, false, &[1, 2, 7]);
    assert_eq!(steps(&answers), [('U', 2)]);
}

/// The end if the first item of a Decrypt step opens to so many times `G`.
fn lied(case: &Case, (step, multiple): (usize, i64)) -> Ended<Found> {
    let mut keyholder = Keyholder::new(3);
    let magnitude = bases().g * curve25519_dalek::scalar::Scalar::from(multiple.unsigned_abs());
    keyholder.lie = Some((step, if multiple < 0 { -magnitude } else { magnitude }));
    case.run(&mut keyholder)
}

fn alarm(case: &Case, lie: (usize, i64)) {
    let ended = lied(case, lie);
    assert!(matches!(ended.finding, Err(Halt::Alarm)), "{lie:?}");
    assert_eq!(ended.count(Check::CountOpened).1, 1, "{lie:?}");
}

#[test]
fn k13_sums_of_a_market_that_no_bids_give_halt_the_lot() {
    // The excess is from -4 to 10 at the first digit, where the scale is 1.
    let case = curves(PUBLIC, Pricing::Uniform, Comparisons::Opened);
    for units in [-4, 10] {
        assert!(!matches!(lied(&case, (0, units)).finding, Err(Halt::Lost)));
        let first = lied(&case, (0, units)).count(Check::CountOpened);
        assert!(first.0 > 0);
    }
    alarm(&case, (0, -5));
    alarm(&case, (0, 11));
    // Of four units the first bid holds three more at the price, and one that is better: at scale 2.
    assert!(lied(&case, (4, 2)).finding.is_ok());
    alarm(&case, (4, 1));
    alarm(&case, (4, -2));
    alarm(&case, (4, 10));
    // Two better ones and three others are more than it has; with none, all is possible.
    alarm(&case, (4, 4));
    assert!(lied(&case, (4, 0)).finding.is_ok());
    // Sealed: every step may hold three.
    let case = curves(SEALED, Pricing::Uniform, Comparisons::Opened);
    alarm(&case, (1, 2 * 13));
    alarm(&case, (1, 2 * -5));
    // A unit that is better has a level up to 7, at scale 2.
    let case = curves(PUBLIC, Pricing::PayAsBid, Comparisons::Opened);
    assert!(lied(&case, (6, 14)).finding.is_ok());
    alarm(&case, (6, 16));
    alarm(&case, (6, -2));
}

#[test]
fn k13_more_that_is_better_than_there_is_halts_the_lot() {
    let case = Case {
        quantity: 2,
        bids: vec![(Buy, vec![(7, 6)]), (Buy, vec![(5, 3)])],
        ..curves(PUBLIC, Pricing::Uniform, Comparisons::Opened)
    };
    // The price is that of the first bid, which is at it.
    assert!(lied(&case, (4, 0)).finding.is_ok());
    let Mechanism::Curves { curve, comparisons, .. } = case.mechanism else {
        panic!("it is of curves")
    };
    let mechanism = Mechanism::TwoSided { curve, rule: ClearingRule::Lowest, comparisons };
    // One unit is offered at 1; three are wanted at 5.
    let case = Case { mechanism, bids: vec![(Buy, vec![(5, 3)]), (Sell, vec![(1, 1)])], ..case };
    let honest = case.clearing(3).1;
    assert_eq!((honest.price.level, honest.trades[0].shared), (Level(5), 1));
    // Three that are better, and three at the price, are more than the bid has.
    alarm(&case, (4, 6));
}

#[test]
fn k13_sums_of_a_survey_that_no_answers_give_halt_the_lot() {
    let case = survey(&[2], 4, 2, true, &[1, 3]);
    for sum in [0, 2, 12] {
        assert!(lied(&case, (0, sum)).finding.is_ok());
    }
    for sum in [-2, 1, 14] {
        alarm(&case, (0, sum));
    }
}
