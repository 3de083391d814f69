//! A running plan: one query after the other, and their results.

use super::{
    mechanism,
    plan::{Purpose, Query, plan},
    queries::{
        DepthSurvey, Found, Participants, Places, PriceSearch, QueryProgress, ReserveTest, Winners,
        opening,
    },
    question::Answer,
};
use crate::{
    setting::Setting,
    unary_encoding::{EncodingId, Encodings},
};
use alloc::{boxed::Box, collections::VecDeque, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use talea_protocol::{
    bytes::{List, PartyKey},
    outcome::{Award, Disclosed, OpenedBid, PriceComparison, Quote, Sale},
    price::{Level, PriceGrid},
    terms::Lot,
};

/// A bid that takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct RankedBid {
    pub(crate) bidder: PartyKey,
    pub(crate) unary: EncodingId,
}

/// What a lot came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Finding {
    /// Nothing if no bid reaches the reserve, and in a survey.
    pub(crate) award: Option<Award>,
    pub(crate) disclosed: Disclosed,
    /// The reserve, if it was opened.
    pub(crate) reserve: Option<Quote>,
}

/// The queries of one lot, between two questions.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Program {
    purpose: Purpose,
    /// In tie order; never empty.
    bids: Vec<RankedBid>,
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
}

/// The lot, and what does not change during its ranking.
#[derive(Clone, Copy)]
pub(crate) struct LotSetting<'a> {
    pub(crate) setting: &'a Setting,
    pub(crate) lot: &'a Lot,
    pub(crate) encodings: &'a Encodings,
}

impl<'a> LotSetting<'a> {
    pub(crate) fn grid(self) -> &'a PriceGrid {
        &self.lot.grid
    }

    fn quote(self, level: Level) -> Option<Quote> {
        self.grid().price(level).map(|price| Quote { level, price })
    }
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
        }
    }
}

impl Program {
    pub(crate) fn new(
        bids: Vec<RankedBid>,
        reserve: Option<EncodingId>,
        purpose: Purpose,
        setting: &Setting,
    ) -> Self {
        let plan = plan(purpose, &setting.terms, bids.len(), reserve.is_some()).into();
        let (asking, found) = (None, None);
        let (price, finding) = (Level(0), Finding::default());
        Self { purpose, bids, reserve, plan, asking, found, price, finding }
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
        let (grid, setting) = (lot_setting.grid(), lot_setting.setting);
        let search = |participants, limit| {
            let mut search = PriceSearch::new(participants, limit, lot_setting);
            let first = search.resume(None, lot_setting);
            (search, first)
        };
        let (asking, first) = match query {
            Query::Everything => {
                let all = self.encodings().chain(self.reserve);
                (Asking::Everything, opening::start(all, lot_setting).map(Learned::Everything))
            }
            Query::Reserve => {
                let test = ReserveTest::new(self.encodings(), self.reserve?, lot_setting);
                let first = test.start(lot_setting).map(Learned::Reserve);
                (Asking::Reserve(Box::new(test)), first)
            }
            Query::Price { limit, reserve_weight } => {
                let mut participants = Participants::bids(self.encodings());
                if let Some(reserve) = self.reserve.filter(|_| reserve_weight > 0) {
                    participants = participants.with(reserve, reserve_weight);
                }
                let (search, first) = search(participants, limit);
                (Asking::Price(search), first.map(Learned::Price))
            }
            Query::AllWin => {
                let all = (0..self.bids.len()).map(|place| (place, PriceComparison::NotCompared));
                return Some(QueryProgress::Done(Learned::Winners(all.collect())));
            }
            Query::Winners(contest) => {
                let mut winners = Winners::new(self.found.take()?, self.bids.len(), contest);
                let first = winners.start(setting.terms.fan_out).map(Learned::Winners);
                (Asking::Winners(winners), first)
            }
            Query::Cover { limit } => {
                let losers: Vec<_> = self.losers().collect();
                if losers.is_empty() {
                    return None;
                }
                let (search, first) = search(Participants::bids(losers.into_iter()), limit);
                (Asking::Cover(search), first.map(|found| Learned::Cover(found.level)))
            }
            Query::Depth { hidden } => {
                let radix = grid.shape.radices().next().unwrap_or(1);
                let bids: Vec<EncodingId> = self.encodings().collect();
                let survey = DepthSurvey::new(&bids, hidden, radix, lot_setting.encodings);
                let first = survey.start().map(Learned::Depth);
                (Asking::Depth(survey), first)
            }
            Query::OpenReserve => {
                let reserve = self.reserve?;
                let first = opening::start([reserve].into_iter(), lot_setting);
                (Asking::OpenReserve, first.map(Learned::OpenReserve))
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
        let bids = self.bids.iter().zip(&levels).map(|(bid, level)| {
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
            let winner = self.bids.get(*place)?.bidder;
            Some(Sale { winner, comparison: *comparison })
        });
        let sales: Option<Vec<Sale>> = sales.collect();
        Some(Award { quote: lot_setting.quote(price)?, sales: List::new(sales?).ok()? })
    }

    fn encodings(&self) -> impl Iterator<Item = EncodingId> + '_ {
        self.bids.iter().map(|bid| bid.unary)
    }

    /// The unary encodings of the bids that did not win; in a survey of all.
    fn losers(&self) -> impl Iterator<Item = EncodingId> + '_ {
        let sales = self.finding.award.as_ref().map_or(&[][..], |award| &award.sales);
        let won = move |bidder| sales.iter().any(|sale| sale.winner == bidder);
        let losers = self.bids.iter().filter(move |bid| !won(bid.bidder));
        losers.map(|bid| bid.unary)
    }
}
