//! Where a market of curves clears, and what every bid trades: a search or two, an opening of what each bid has that is
//! better than the price and at it, and where winners pay as bid the sum of what each bid. Section 11 of
//! `docs/spec.md`, "Curves and two-sided markets".

mod bids;
mod clearing;
mod payments;
mod reduction;

use super::{Comparison, ExcessComparison, Found, Participants, PriceSearch, QueryProgress};
use crate::{
    elgamal::{Ciphertext, Held},
    rank::{
        opened::Opened,
        program::{Lists, LotSetting},
        question::{Answer, Ask},
        sums::Sums,
        vectors::Vector,
        work::Factors,
    },
    store::encoding,
};
use alloc::{boxed::Box, vec::Vec};
use bids::{MarketBid, bids_of, offer};
use borsh::{BorshDeserialize, BorshSerialize};
use clearing::{Sides, Units};
use core::ops::Range;
use curve25519_dalek::Scalar;
use reduction::Reduction;
use talea_protocol::{
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Pricing, Quantities},
    outcome::{Ending, Excess},
    price::Level,
};

/// The query, between two questions of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Market {
    stage: Stage,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
enum Stage {
    #[default]
    Begun,
    /// After the first of two searches with what that found.
    Searching { search: Box<PriceSearch>, bound: Bound, low: Option<Box<Priced>> },
    /// What every bid has is being opened.
    Trading(Box<Priced>),
    /// What winners bid is being multiplied with what they won.
    Multiplying(Box<Priced>, Vec<Units>),
    /// What they pay is being opened, at a scale.
    Paying(Box<Priced>, Vec<Units>, Scale),
    /// With trade reduction, from its beginning.
    Reducing(Box<Reduction>),
}

/// A scalar in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Scale(
    #[borsh(
        serialize_with = "encoding::scalar::write",
        deserialize_with = "encoding::scalar::read"
    )]
    Scalar,
);

/// Which end of the prices that clear a market is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
enum Bound {
    /// The largest level at which more is wanted than offered.
    Low,
    /// The largest at which no less is.
    High,
}

/// A price, and how every ranked step compares with it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Priced {
    level: Level,
    /// Where the middle of two levels was taken.
    between: Option<(Level, Level)>,
    excess: Vec<Excess>,
    /// Per step, at `scale`; none where nothing was searched.
    above: Vec<Held>,
    at_price: Vec<Held>,
    scale: Scale,
}

impl Priced {
    /// Where there is enough for everybody.
    fn unsearched() -> Self {
        Self {
            level: Level(0),
            between: None,
            excess: Vec::new(),
            above: Vec::new(),
            at_price: Vec::new(),
            scale: Scale(Scalar::ONE),
        }
    }

    fn found(found: Found, excess: Vec<Excess>) -> Self {
        let Found { level, above, at_price, scale } = found;
        Self { level, between: None, excess, above, at_price, scale: Scale(scale) }
    }

    /// The middle between this price, the lowest, and the highest one; nothing if that is lower (K11).
    fn middle(self, high: Self) -> Option<Self> {
        let (lowest, highest) = (self.level, high.level);
        let between = highest.0.checked_sub(lowest.0)?;
        let level = Level(lowest.0.saturating_add(between.div_euclid(2)));
        // No step lies between the two.
        let nobody =
            |at_price: Vec<Held>| at_price.iter().map(|_| Ciphertext::zero().into()).collect();
        let at_price = if level > lowest { nobody(self.at_price) } else { self.at_price };
        let excess = self.excess.into_iter().chain(high.excess).collect();
        Some(Self { level, between: Some((lowest, highest)), excess, at_price, ..self })
    }

    fn was_searched(&self) -> bool {
        !self.above.is_empty()
    }
}

/// What the terms say of a market.
#[derive(Clone, Copy)]
struct Rules {
    mechanism: Mechanism,
    curve: Curve,
    comparisons: Comparisons,
}

impl Rules {
    /// Nothing if the mechanism is no market, of which no lot asks.
    fn of(lot_setting: LotSetting<'_>) -> Option<Self> {
        let mechanism = lot_setting.setting.terms.mechanism;
        let (curve, comparisons) = match mechanism {
            Mechanism::Curves { curve, comparisons, .. }
            | Mechanism::TwoSided { curve, comparisons, .. } => (curve, comparisons),
            Mechanism::FirstPrice | Mechanism::UniformPrice { .. } | Mechanism::Survey { .. } => {
                return None;
            }
        };
        Some(Self { mechanism, curve, comparisons })
    }

    fn is_two_sided(self) -> bool {
        matches!(self.mechanism, Mechanism::TwoSided { .. })
    }

    fn are_sealed(self) -> bool {
        matches!(self.curve.quantities, Quantities::Sealed { .. })
    }

    fn pays_as_bid(self) -> bool {
        matches!(self.mechanism, Mechanism::Curves { pricing: Pricing::PayAsBid, .. })
    }

    fn reduces_trades(self) -> bool {
        matches!(self.mechanism, Mechanism::TwoSided { rule: ClearingRule::TradeReduction, .. })
    }

    fn takes_the_middle(self) -> bool {
        matches!(self.mechanism, Mechanism::TwoSided { rule: ClearingRule::Middle, .. })
    }

    fn first_bound(self) -> Bound {
        match self.mechanism {
            Mechanism::TwoSided { rule: ClearingRule::Lowest | ClearingRule::Middle, .. } => {
                Bound::Low
            }
            _ => Bound::High,
        }
    }
}

impl Market {
    /// From its beginning.
    pub(crate) fn start(&mut self, lot_setting: LotSetting<'_>) -> QueryProgress<Ending> {
        let Some(rules) = Rules::of(lot_setting) else { return QueryProgress::Alarm };
        let bids = bids_of(lot_setting, rules.curve);
        if rules.is_two_sided() {
            let buys = bids.iter().filter(|bid| bid.is_demand(rules)).count();
            if buys == 0 || buys == bids.len() {
                return QueryProgress::Done(Ending::OneSided);
            }
            if rules.reduces_trades() {
                let mut reduction = Box::<Reduction>::default();
                let progress = reduction.start(lot_setting);
                self.stage = Stage::Reducing(reduction);
                return progress;
            }
        } else if !rules.are_sealed() {
            let all = bids.iter().map(|bid| bid.most).sum::<u64>();
            if all < lot_setting.lot.quantity {
                let units = bids.iter().map(|bid| Units { better: bid.most, at_price: 0 });
                return self.trade(Priced::unsearched(), units.collect(), lot_setting);
            }
        }
        self.search(rules.first_bound(), None, lot_setting)
    }

    /// With the answer to what it asked last.
    pub(crate) fn resume(
        &mut self,
        answer: Answer,
        lot_setting: LotSetting<'_>,
    ) -> QueryProgress<Ending> {
        match core::mem::take(&mut self.stage) {
            Stage::Begun => QueryProgress::Alarm,
            Stage::Reducing(mut reduction) => {
                let progress = reduction.resume(answer, lot_setting);
                self.stage = Stage::Reducing(reduction);
                progress
            }
            Stage::Searching { mut search, bound, low } => {
                let progress = search.resume(Some(answer), lot_setting);
                self.searched(progress, (search, bound, low), lot_setting)
            }
            Stage::Trading(priced) => match answer {
                Answer::Opened(opened) => {
                    match self.read_units(&priced, &opened, lot_setting) {
                        Some(units) => self.trade(*priced, units, lot_setting),
                        // K13
                        None => QueryProgress::Alarm,
                    }
                }
                Answer::AtMost(_) | Answer::Products(_) => QueryProgress::Alarm,
            },
            Stage::Multiplying(priced, units) => match answer {
                Answer::Products(turned) => {
                    let asked = payments::of_products(&priced, &units, turned, lot_setting);
                    self.pay(*priced, units, asked)
                }
                Answer::AtMost(_) | Answer::Opened(_) => QueryProgress::Alarm,
            },
            Stage::Paying(priced, units, scale) => match answer {
                Answer::Opened(opened) => {
                    let paid = payments::read(&units, &opened, &scale.0, lot_setting);
                    let ending = paid.and_then(|paid| {
                        clearing::ending(&priced, &units, Some(&paid), lot_setting)
                    });
                    // K13
                    ending.map_or(QueryProgress::Alarm, QueryProgress::Done)
                }
                Answer::AtMost(_) | Answer::Products(_) => QueryProgress::Alarm,
            },
        }
    }

    fn search(
        &mut self,
        bound: Bound,
        low: Option<Box<Priced>>,
        lot_setting: LotSetting<'_>,
    ) -> QueryProgress<Ending> {
        let Some(rules) = Rules::of(lot_setting) else { return QueryProgress::Alarm };
        let comparison = comparison(bound, rules, lot_setting);
        let participants = Participants::steps(&lot_setting.ranked(), rules.are_sealed());
        let mut search = PriceSearch::new(participants, comparison, true, lot_setting);
        let progress = search.resume(None, lot_setting);
        self.searched(progress, (Box::new(search), bound, low), lot_setting)
    }

    fn searched(
        &mut self,
        progress: QueryProgress<Found>,
        (mut search, bound, low): (Box<PriceSearch>, Bound, Option<Box<Priced>>),
        lot_setting: LotSetting<'_>,
    ) -> QueryProgress<Ending> {
        let found = match progress {
            QueryProgress::Ask(ask) => {
                self.stage = Stage::Searching { search, bound, low };
                return QueryProgress::Ask(ask);
            }
            QueryProgress::Alarm => return QueryProgress::Alarm,
            QueryProgress::Done(found) => Priced::found(found, search.take_excess()),
        };
        let takes_the_middle = Rules::of(lot_setting).is_some_and(Rules::takes_the_middle);
        let priced = match low {
            None if takes_the_middle => {
                return self.search(Bound::High, Some(Box::new(found)), lot_setting);
            }
            None => found,
            Some(low) => match low.middle(found) {
                Some(middle) => middle,
                None => return QueryProgress::Alarm,
            },
        };
        let asked = ask_units(&priced, lot_setting);
        self.stage = Stage::Trading(Box::new(priced));
        QueryProgress::Ask(Ask::Open(asked))
    }

    /// What every bid has that is better than the price, and at it. Nothing if no bids can give it (K13).
    fn read_units(
        &self,
        priced: &Priced,
        opened: &[Opened],
        lot_setting: LotSetting<'_>,
    ) -> Option<Vec<Units>> {
        let rules = Rules::of(lot_setting)?;
        let bids = bids_of(lot_setting, rules.curve);
        let most = |place: usize| {
            let bid = bids.get(place.checked_rem(bids.len())?)?;
            i64::try_from(bid.most).ok()
        };
        let sums = Sums::of(opened, &priced.scale.0, lot_setting.setting.generators.value);
        let numbers = sums.read(|place| (0, most(place).unwrap_or(0)))?;
        let (better, at_price) = numbers.split_at_checked(bids.len())?;
        let units = better.iter().zip(at_price).zip(&bids).map(|((better, at_price), bid)| {
            let units = Units {
                better: u64::try_from(*better).ok()?,
                at_price: u64::try_from(*at_price).ok()?,
            };
            (units.all() <= bid.most).then_some(units)
        });
        units.collect()
    }

    /// Goes on once it is known what every bid has.
    fn trade(
        &mut self,
        priced: Priced,
        units: Vec<Units>,
        lot_setting: LotSetting<'_>,
    ) -> QueryProgress<Ending> {
        let Some(rules) = Rules::of(lot_setting) else { return QueryProgress::Alarm };
        let bids = bids_of(lot_setting, rules.curve);
        // K13
        let Some(sides) = Sides::of(&bids, &units, (rules, lot_setting.lot.quantity)) else {
            return QueryProgress::Alarm;
        };
        if rules.pays_as_bid() && sides.traded() > 0 && units.iter().any(|bid| bid.better > 0) {
            return match payments::ask(&priced, &units, lot_setting) {
                payments::Asked::Gates(gates) => {
                    // Every post about these gates reads it: what is known by now is left out.
                    let priced = Priced { at_price: Vec::new(), ..priced };
                    self.stage = Stage::Multiplying(Box::new(priced), units);
                    QueryProgress::Ask(Ask::Multiply { gates })
                }
                payments::Asked::Sums(sums, scale) => self.pay(priced, units, (sums, scale)),
            };
        }
        clearing::ending(&priced, &units, None, lot_setting)
            .map_or(QueryProgress::Alarm, QueryProgress::Done)
    }

    fn pay(
        &mut self,
        priced: Priced,
        units: Vec<Units>,
        (sums, scale): (Vec<Ciphertext>, Scalar),
    ) -> QueryProgress<Ending> {
        self.stage = Stage::Paying(Box::new(priced), units, Scale(scale));
        QueryProgress::Ask(Ask::Open(sums.into_iter().map(Held::from).collect()))
    }

    /// The factors of some of the gates that it asked for.
    pub(crate) fn factors(
        &self,
        gates: Range<usize>,
        lists: Lists<'_>,
        lot_setting: LotSetting<'_>,
    ) -> Vec<Factors> {
        match &self.stage {
            Stage::Searching { search, .. } => search.factors(gates, lists, lot_setting),
            Stage::Multiplying(priced, units) => {
                payments::factors(gates, priced, units, lot_setting)
            }
            Stage::Reducing(reduction) => reduction.factors(gates, lists, lot_setting),
            Stage::Begun | Stage::Trading(_) | Stage::Paying(..) => Vec::new(),
        }
    }

    /// Its lists.
    pub(crate) fn lists(&mut self) -> Vec<&mut Vector> {
        match &mut self.stage {
            Stage::Searching { search, .. } => search.lists(),
            Stage::Reducing(reduction) => reduction.lists(),
            Stage::Begun | Stage::Trading(_) | Stage::Multiplying(..) | Stage::Paying(..) => {
                Vec::new()
            }
        }
    }
}

/// How a search for this end of the prices compares.
fn comparison(bound: Bound, rules: Rules, lot_setting: LotSetting<'_>) -> Comparison {
    let bids = bids_of(lot_setting, rules.curve);
    let most = |demand: bool| {
        let theirs = bids.iter().filter(|bid| bid.is_demand(rules) == demand);
        theirs.map(|bid| bid.most).sum::<u64>()
    };
    let offered = if rules.is_two_sided() { most(false) } else { lot_setting.lot.quantity };
    let signed = |units: u64| i64::try_from(units).unwrap_or(i64::MAX);
    match rules.comparisons {
        // T8: what is offered is public, and at most so much.
        Comparisons::Hidden => {
            let limit = match bound {
                Bound::Low => offered,
                Bound::High => offered.saturating_sub(1),
            };
            Comparison::AtMostOnGrid { limit: u16::try_from(limit).unwrap_or(u16::MAX) }
        }
        Comparisons::Opened => Comparison::Excess(Box::new(ExcessComparison {
            offer: offer(rules, lot_setting).into(),
            at_least: match bound {
                Bound::Low => 1,
                Bound::High => 0,
            },
            range: (
                signed(offered).saturating_neg(),
                signed(most(true).saturating_add(most(false))),
            ),
            opened: Vec::new(),
        })),
    }
}

/// What every bid has that is better than the price, and then what every bid has at it.
fn ask_units(priced: &Priced, lot_setting: LotSetting<'_>) -> Vec<Held> {
    let Some(rules) = Rules::of(lot_setting) else { return Vec::new() };
    let ranked = lot_setting.ranked();
    let all = bids_of(lot_setting, rules.curve);
    let weighed = |flags: &[Held], bid: &MarketBid| -> Ciphertext {
        let flags = flags.get(bid.steps.clone()).into_iter().flatten();
        let steps = ranked.get(bid.steps.clone()).into_iter().flatten();
        flags.zip(steps).map(|(flag, step)| bids::times(flag.get(), step.quantity)).sum()
    };
    let at_price = |bid: &MarketBid| weighed(&priced.at_price, bid);
    let better = |bid: &MarketBid| {
        let above = weighed(&priced.above, bid);
        if bid.is_demand(rules) {
            return above;
        }
        let steps = ranked.get(bid.steps.clone()).into_iter().flatten();
        let has: Ciphertext = steps.map(|step| bids::units(step, rules, lot_setting)).sum();
        has.scaled(&priced.scale.0) - above - at_price(bid)
    };
    all.iter().map(better).chain(all.iter().map(at_price)).map(Held::from).collect()
}
