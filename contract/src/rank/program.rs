//! A running plan: one query after the other, and their results.

use super::{
    mechanism,
    plan::{Purpose, Query, plan},
    queries::{
        Answers, Comparison, DepthSurvey, Found, Market, Participants, Places, PriceSearch,
        QueryProgress, ReserveTest, Winners, opening,
    },
    question::Answer,
};
use crate::{
    bids::Bids,
    curve,
    elgamal::{Ciphertext, Held},
    rank::{vectors::Vector, work::Factors},
    ranked_bids::RankedBid,
    setting::Setting,
    unary_encoding::EncodingId,
};
use alloc::{boxed::Box, collections::VecDeque, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use core::ops::Range;
use talea_protocol::{
    bytes::List,
    outcome::{Award, Disclosed, Ending, OpenedBid, PriceComparison, Quote, Sale},
    price::{Level, PriceGrid, Shape},
    terms::Lot,
};

/// What a lot came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Finding {
    /// Nothing if no bid reaches the reserve, and in a survey.
    pub(crate) award: Option<Award>,
    pub(crate) disclosed: Disclosed,
    /// The reserve, if it was opened.
    pub(crate) reserve: Option<Quote>,
    /// How the lot ends, where it is no award.
    pub(crate) ending: Option<Ending>,
}

/// The queries of one lot, between two questions.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Program {
    purpose: Purpose,
    /// The unary encoding of a binding reserve.
    reserve: Option<EncodingId>,
    /// What is still to be asked, in order.
    plan: VecDeque<Query>,
    /// What was asked last.
    asking: Option<Asking>,
    /// How every bid compares with the price, from when it is found until the winners are found.
    found: Option<Found>,
    /// The price; the lowest one where none was searched.
    price: Level,
    finding: Finding,
}

/// An item of one of a program's lists that were put away, by list and place.
pub(crate) type Lists<'a> = &'a dyn Fn(u32, usize) -> Option<Held>;

/// A query that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
enum Asking {
    Everything,
    Reserve(Box<ReserveTest>),
    Price(PriceSearch),
    Winners(Winners),
    Cover(PriceSearch),
    Depth(DepthSurvey),
    OpenReserve,
    Market(Box<Market>),
    Statistics(Answers),
}

/// What a query has found.
enum Learned {
    Everything(Vec<Level>),
    Reserve(bool),
    Price(Found),
    Winners(Places),
    Cover(Level),
    Depth(Vec<u32>),
    OpenReserve(Vec<Level>),
    Ending(Ending),
}

/// The lot, and what does not change during its ranking.
#[derive(Clone, Copy)]
pub(crate) struct LotSetting<'a> {
    pub(crate) setting: &'a Setting,
    pub(crate) lot: &'a Lot,
    /// Its index.
    pub(crate) index: u32,
    pub(crate) bids: &'a Bids,
}

impl<'a> LotSetting<'a> {
    /// Of the lot with this index; nothing if the terms have none.
    pub(crate) fn of(setting: &'a Setting, bids: &'a Bids, index: u32) -> Option<Self> {
        let lot = setting.terms.lots.get(usize::try_from(index).ok()?)?;
        Some(Self { setting, lot, index, bids })
    }

    pub(crate) fn grid(self) -> &'a PriceGrid {
        &self.lot.grid
    }

    /// The ranked bids in tie order; never empty.
    pub(crate) fn ranked(self) -> Vec<RankedBid> {
        self.bids.ranking.all(self.index)
    }

    /// How many there are.
    pub(crate) fn count_ranked(self) -> usize {
        self.bids.ranking.count(self.index)
    }

    pub(crate) fn ranked_at(self, place: usize) -> Option<RankedBid> {
        self.bids.ranking.get(self.index, place)
    }

    /// `sum over i of U_i[1][j]` of all ranked bids, for `0 < j < B_1`.
    pub(crate) fn first_digits(self) -> Vec<Ciphertext> {
        self.bids.first_digits.of(&self.bids.encodings, self.index, self.first_width())
    }

    /// `B_1 - 1`.
    pub(crate) fn first_width(self) -> usize {
        self.grid().shape.radices().next().unwrap_or(1).saturating_sub(1)
    }

    /// `width` entries of a ranked bid's unary encoding, of a curve of one of its steps, from the index `from` on.
    pub(crate) fn entries(self, bid: &RankedBid, from: usize, width: usize) -> Vec<Ciphertext> {
        let of_step = self.grid().shape.entries().saturating_add(self.sealed_bits().into());
        let step = usize::try_from(bid.step).unwrap_or(usize::MAX);
        let from = from.saturating_add(step.saturating_mul(of_step));
        self.bids.encodings.entries(bid.unary, from, width)
    }

    fn sealed_bits(self) -> u8 {
        curve::sealed_bits(self.setting.terms.mechanism)
    }

    /// `Q`, the sealed quantity of a step: its digits have one bit each.
    pub(crate) fn quantity(self, step: &RankedBid) -> Ciphertext {
        let bits = self.entries(step, self.grid().shape.entries(), self.sealed_bits().into());
        bits.into_iter().fold(Ciphertext::zero(), |sum, bit| sum.doubled() + bit)
    }

    /// `b`, the level of a bid or a step, encrypted.
    pub(crate) fn level(self, bid: &RankedBid) -> Ciphertext {
        let shape = &self.grid().shape;
        level_of_entries(shape, self.entries(bid, 0, shape.entries()).into_iter())
    }

    /// `(O, G)`.
    pub(crate) fn one(self) -> Ciphertext {
        Ciphertext::trivial(self.setting.generators.value)
    }

    pub(crate) fn quote(self, level: Level) -> Option<Quote> {
        self.grid().price(level).map(|price| Quote { level, price })
    }
}

/// `sum over t of 2^(s_t)` times the entries of digit `t`, of entries digit by digit.
pub(crate) fn level_of_entries(
    shape: &Shape,
    mut entries: impl Iterator<Item = Ciphertext>,
) -> Ciphertext {
    let digits = shape.digit_bits().iter().zip(shape.radices());
    digits.fold(Ciphertext::zero(), |level, (bits, radix)| {
        let digit: Ciphertext = entries.by_ref().take(radix.saturating_sub(1)).sum();
        level.shifted((*bits).into()) + digit
    })
}

impl Asking {
    /// With the answer to what it asked last.
    fn resume(&mut self, answer: Answer, lot_setting: LotSetting<'_>) -> QueryProgress<Learned> {
        let (grid, setting) = (lot_setting.grid(), lot_setting.setting);
        match self {
            Self::Everything => opening::resume(&answer, grid, setting).map(Learned::Everything),
            Self::Reserve(test) => test.resume(answer, lot_setting).map(Learned::Reserve),
            Self::Price(search) => search.resume(Some(answer), lot_setting).map(Learned::Price),
            Self::Winners(winners) => {
                winners.resume(answer, setting.terms.fan_out).map(Learned::Winners)
            }
            Self::Cover(search) => {
                search.resume(Some(answer), lot_setting).map(|found| Learned::Cover(found.level))
            }
            Self::Depth(survey) => survey.resume(answer, setting).map(Learned::Depth),
            Self::OpenReserve => opening::resume(&answer, grid, setting).map(Learned::OpenReserve),
            Self::Market(market) => market.resume(answer, lot_setting).map(Learned::Ending),
            Self::Statistics(answers) => answers.resume(answer, lot_setting).map(Learned::Ending),
        }
    }
}

impl Program {
    /// Of so many bids, at least one.
    pub(crate) fn new(
        bids: usize,
        reserve: Option<EncodingId>,
        purpose: Purpose,
        setting: &Setting,
    ) -> Self {
        let plan = plan(purpose, &setting.terms, bids, reserve.is_some()).into();
        let (asking, found) = (None, None);
        let (price, finding) = (Level(0), Finding::default());
        Self { purpose, reserve, plan, asking, found, price, finding }
    }

    /// The factors of some of the gates that it asked for.
    pub(crate) fn factors(
        &self,
        gates: Range<usize>,
        lists: Lists<'_>,
        lot_setting: LotSetting<'_>,
    ) -> Vec<Factors> {
        match &self.asking {
            Some(Asking::Reserve(test)) => test.factors(gates, lists, lot_setting),
            Some(Asking::Price(search) | Asking::Cover(search)) => {
                search.factors(gates, lists, lot_setting)
            }
            Some(Asking::Market(market)) => market.factors(gates, lists, lot_setting),
            Some(Asking::Statistics(answers)) => answers.factors(gates, lot_setting),
            None
            | Some(
                Asking::Everything | Asking::Winners(_) | Asking::Depth(_) | Asking::OpenReserve,
            ) => Vec::new(),
        }
    }

    /// Its lists, which are put away while it waits.
    pub(crate) fn lists(&mut self) -> impl Iterator<Item = &mut Vector> {
        let lists = match &mut self.asking {
            Some(Asking::Reserve(test)) => Some(test.lists()),
            Some(Asking::Price(search) | Asking::Cover(search)) => Some(search.lists()),
            Some(Asking::Market(market)) => Some(market.lists()),
            Some(Asking::Statistics(_)) => None,
            None
            | Some(
                Asking::Everything | Asking::Winners(_) | Asking::Depth(_) | Asking::OpenReserve,
            ) => None,
        };
        lists.into_iter().flatten()
    }

    /// Continues the plan until keyholders are needed.
    pub(crate) fn proceed(&mut self, lot_setting: LotSetting<'_>) -> QueryProgress<Finding> {
        while let Some(query) = self.plan.pop_front() {
            match self.begin(query, lot_setting) {
                None => {}
                Some(QueryProgress::Ask(ask)) => return QueryProgress::Ask(ask),
                Some(QueryProgress::Alarm) => return QueryProgress::Alarm,
                Some(QueryProgress::Done(learned)) => match self.learn(learned, lot_setting) {
                    Some(()) => {}
                    None => return QueryProgress::Alarm,
                },
            }
        }
        QueryProgress::Done(core::mem::take(&mut self.finding))
    }

    /// With the answer to what was asked last.
    pub(crate) fn resume(
        &mut self,
        answer: Answer,
        lot_setting: LotSetting<'_>,
    ) -> QueryProgress<Finding> {
        let Some(asking) = &mut self.asking else { return QueryProgress::Alarm };
        match asking.resume(answer, lot_setting) {
            QueryProgress::Ask(ask) => QueryProgress::Ask(ask),
            QueryProgress::Alarm => QueryProgress::Alarm,
            QueryProgress::Done(learned) => match self.learn(learned, lot_setting) {
                Some(()) => self.proceed(lot_setting),
                None => QueryProgress::Alarm,
            },
        }
    }

    /// Begins a query; nothing where there is nothing to ask it of.
    fn begin(
        &mut self,
        query: Query,
        lot_setting: LotSetting<'_>,
    ) -> Option<QueryProgress<Learned>> {
        let setting = lot_setting.setting;
        let search = |participants, limit, tells_above| {
            let comparison = Comparison::AtMost { limit };
            let mut search = PriceSearch::new(participants, comparison, tells_above, lot_setting);
            let first = search.resume(None, lot_setting);
            (search, first)
        };
        let (asking, first) = match query {
            Query::Everything => {
                let ranked = lot_setting.ranked();
                let all = ranked.iter().map(|bid| bid.unary).chain(self.reserve);
                (Asking::Everything, opening::start(all, lot_setting).map(Learned::Everything))
            }
            Query::Reserve => {
                let test = ReserveTest::new(self.reserve?, lot_setting);
                let first = test.start(lot_setting).map(Learned::Reserve);
                (Asking::Reserve(Box::new(test)), first)
            }
            Query::Price { limit, reserve_weight } => {
                let reserve = self.reserve.filter(|_| reserve_weight > 0);
                let participants = Participants::with(reserve.map(|id| (id, reserve_weight)));
                // Nobody is above the best bid.
                let (search, first) = search(participants, limit, limit > 0);
                (Asking::Price(search), first.map(Learned::Price))
            }
            Query::AllWin => {
                let all = 0..lot_setting.count_ranked();
                let all = all.map(|place| (place, PriceComparison::NotCompared));
                return Some(QueryProgress::Done(Learned::Winners(all.collect())));
            }
            Query::Winners(contest) => {
                let mut winners =
                    Winners::new(self.found.take()?, lot_setting.count_ranked(), contest);
                let first = winners.start(setting.terms.fan_out).map(Learned::Winners);
                (Asking::Winners(winners), first)
            }
            Query::Cover { limit } => {
                let ranked = lot_setting.ranked();
                let winners = self.winners(&ranked);
                if winners.len() >= ranked.len() {
                    return None;
                }
                let (search, first) = search(Participants::without(winners), limit, false);
                (Asking::Cover(search), first.map(|found| Learned::Cover(found.level)))
            }
            Query::Depth { hidden } => {
                let survey = DepthSurvey::new(hidden, lot_setting);
                let first = survey.start().map(Learned::Depth);
                (Asking::Depth(survey), first)
            }
            Query::OpenReserve => {
                let reserve = self.reserve?;
                let first = opening::start([reserve].into_iter(), lot_setting);
                (Asking::OpenReserve, first.map(Learned::OpenReserve))
            }
            Query::Market => {
                let mut market = Box::<Market>::default();
                let first = market.start(lot_setting).map(Learned::Ending);
                (Asking::Market(market), first)
            }
            Query::Statistics => {
                let mut answers = Answers;
                let first = answers.start(lot_setting).map(Learned::Ending);
                (Asking::Statistics(answers), first)
            }
        };
        self.asking = Some(asking);
        Some(first)
    }

    /// Records the result of a query; nothing if no accepted proof allows it (K11, K13).
    fn learn(&mut self, learned: Learned, lot_setting: LotSetting<'_>) -> Option<()> {
        let disclosed = &mut self.finding.disclosed;
        match learned {
            Learned::Everything(levels) => self.learn_everything(levels, lot_setting)?,
            Learned::Reserve(true) => {}
            Learned::Reserve(false) => self.plan.retain(|query| *query == Query::OpenReserve),
            Learned::Price(found) => {
                self.price = found.level;
                self.found = Some(found);
            }
            Learned::Winners(places) => {
                self.finding.award = Some(self.award(self.price, &places, lot_setting)?);
            }
            Learned::Cover(level) => disclosed.cover = lot_setting.quote(level),
            Learned::Depth(buckets) => disclosed.depth = List::new(buckets).ok(),
            Learned::OpenReserve(levels) => {
                let [level] = levels.as_slice() else { return None };
                self.finding.reserve = lot_setting.quote(*level);
            }
            Learned::Ending(ending) => self.finding.ending = Some(ending),
        }
        Some(())
    }

    fn learn_everything(
        &mut self,
        mut levels: Vec<Level>,
        lot_setting: LotSetting<'_>,
    ) -> Option<()> {
        let reserve = if self.reserve.is_some() { levels.pop() } else { None };
        self.finding.reserve = reserve.and_then(|level| lot_setting.quote(level));
        let ranked = lot_setting.ranked();
        let bids = ranked.iter().zip(&levels).map(|(bid, level)| {
            Some(OpenedBid { bidder: bid.bidder, quote: lot_setting.quote(*level)? })
        });
        self.finding.disclosed.bids = bids.collect();
        let mechanism = lot_setting.setting.terms.mechanism;
        if let Some((price, places)) = mechanism::award(mechanism, &levels, reserve) {
            self.finding.award = Some(self.award(price, &places, lot_setting)?);
        }
        Some(())
    }

    fn award(&self, price: Level, places: &Places, lot_setting: LotSetting<'_>) -> Option<Award> {
        let sales = places.iter().map(|(place, comparison)| {
            let winner = lot_setting.ranked_at(*place)?.bidder;
            Some(Sale { winner, comparison: *comparison })
        });
        let sales: Option<Vec<Sale>> = sales.collect();
        Some(Award { quote: lot_setting.quote(price)?, sales: List::new(sales?).ok()? })
    }

    /// The places of the bids that won; none in a survey.
    fn winners(&self, ranked: &[RankedBid]) -> Vec<u32> {
        let sales = self.finding.award.as_ref().map_or(&[][..], |award| &award.sales);
        let won = |bid: &RankedBid| sales.iter().any(|sale| sale.winner == bid.bidder);
        let winners = (0u32..).zip(ranked).filter(|(_, bid)| won(bid));
        winners.map(|(place, _)| place).collect()
    }
}
