//! A lot's plan, while it is carried out: one query after the other, and what they have found.

use super::{
    mechanism,
    plan::{Purpose, Query, plan},
    queries::{
        DepthSurvey, Found, Participants, Places, PriceSearch, ReserveTest, Turn, Winners, opening,
    },
    question::Answer,
};
use crate::{elgamal::Ciphertext, setting::Setting};
use alloc::{boxed::Box, collections::VecDeque, sync::Arc, vec::Vec};
use talea_protocol::{
    bytes::{List, PartyKey},
    outcome::{Award, Disclosed, OpenedBid, Quote, Sale, Standing},
    price::{Level, PriceGrid},
    terms::Lot,
};

/// A bid that takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RankedBid {
    pub(crate) bidder: PartyKey,
    pub(crate) unary: Arc<[Ciphertext]>,
}

/// What a lot came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Nothing if no bid reaches the reserve, and in a survey.
    pub(crate) award: Option<Award>,
    pub(crate) disclosed: Disclosed,
    /// The reserve, if it was opened.
    pub(crate) reserve: Option<Quote>,
}

/// The queries of one lot, between two questions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    purpose: Purpose,
    /// In tie order; never empty.
    bids: Vec<RankedBid>,
    /// The unary encoding of a binding reserve.
    reserve: Option<Arc<[Ciphertext]>>,
    /// What is still to be asked, in order.
    plan: VecDeque<Query>,
    /// What was asked last.
    asking: Option<Asking>,
    /// How everybody stands to the price, from when it is found until the winners are looked for.
    found: Option<Found>,
    /// The price; the lowest one where none was searched.
    price: Level,
    finding: Finding,
}

/// A query that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// What does not change.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) setting: &'a Setting,
    pub(crate) lot: &'a Lot,
}

impl<'a> Line<'a> {
    fn grid(self) -> &'a PriceGrid {
        &self.lot.grid
    }

    fn quote(self, level: Level) -> Option<Quote> {
        self.grid().price(level).map(|price| Quote { level, price })
    }
}

impl Asking {
    /// With the answer to what it asked last.
    fn resume(&mut self, answer: Answer, line: Line<'_>) -> Turn<Learned> {
        let (grid, setting) = (line.grid(), line.setting);
        match self {
            Self::Everything => opening::resume(&answer, grid, setting).map(Learned::Everything),
            Self::Reserve(test) => test.resume(answer, grid).map(Learned::Reserve),
            Self::Price(search) => search.resume(Some(answer), grid, setting).map(Learned::Price),
            Self::Winners(winners) => {
                winners.resume(answer, setting.terms.fan_out).map(Learned::Winners)
            }
            Self::Cover(search) => {
                search.resume(Some(answer), grid, setting).map(|found| Learned::Cover(found.level))
            }
            Self::Depth(survey) => survey.resume(answer, setting).map(Learned::Depth),
            Self::OpenReserve => opening::resume(&answer, grid, setting).map(Learned::OpenReserve),
        }
    }
}

impl Program {
    pub(crate) fn new(
        bids: Vec<RankedBid>,
        reserve: Option<Arc<[Ciphertext]>>,
        purpose: Purpose,
        setting: &Setting,
    ) -> Self {
        let plan = plan(purpose, &setting.terms, bids.len(), reserve.is_some()).into();
        let (asking, found) = (None, None);
        let (price, finding) = (Level(0), Finding::default());
        Self { purpose, bids, reserve, plan, asking, found, price, finding }
    }

    pub(crate) fn is_survey(&self) -> bool {
        self.purpose == Purpose::Survey
    }

    /// Goes on with the plan until keyholders are asked something.
    pub(crate) fn proceed(&mut self, line: Line<'_>) -> Turn<Finding> {
        while let Some(query) = self.plan.pop_front() {
            match self.begin(query, line) {
                None => {}
                Some(Turn::Ask(ask)) => return Turn::Ask(ask),
                Some(Turn::Alarm) => return Turn::Alarm,
                Some(Turn::Done(learned)) => match self.learn(learned, line) {
                    Some(()) => {}
                    None => return Turn::Alarm,
                },
            }
        }
        Turn::Done(core::mem::take(&mut self.finding))
    }

    /// With the answer to what was asked last.
    pub(crate) fn resume(&mut self, answer: Answer, line: Line<'_>) -> Turn<Finding> {
        let Some(asking) = &mut self.asking else { return Turn::Alarm };
        match asking.resume(answer, line) {
            Turn::Ask(ask) => Turn::Ask(ask),
            Turn::Alarm => Turn::Alarm,
            Turn::Done(learned) => match self.learn(learned, line) {
                Some(()) => self.proceed(line),
                None => Turn::Alarm,
            },
        }
    }

    /// Begins a query; nothing where there is nothing to ask it of.
    fn begin(&mut self, query: Query, line: Line<'_>) -> Option<Turn<Learned>> {
        let (grid, setting) = (line.grid(), line.setting);
        let search = |participants, limit| {
            let mut search = PriceSearch::new(participants, limit, grid, setting);
            let first = search.resume(None, grid, setting);
            (search, first)
        };
        let (asking, first) = match query {
            Query::Everything => {
                let all = self.encodings().chain(self.reserve.clone());
                (Asking::Everything, opening::start(all, grid).map(Learned::Everything))
            }
            Query::Reserve => {
                let reserve = self.reserve.clone()?;
                let test = ReserveTest::new(self.encodings(), reserve, grid, setting);
                let first = test.start(grid).map(Learned::Reserve);
                (Asking::Reserve(Box::new(test)), first)
            }
            Query::Price { limit, reserve_weight } => {
                let mut participants = Participants::bids(self.encodings());
                if let Some(reserve) = self.reserve.clone().filter(|_| reserve_weight > 0) {
                    participants = participants.with(reserve, reserve_weight);
                }
                let (search, first) = search(participants, limit);
                (Asking::Price(search), first.map(Learned::Price))
            }
            Query::AllWin => {
                let all = (0..self.bids.len()).map(|place| (place, Standing::NotCompared));
                return Some(Turn::Done(Learned::Winners(all.collect())));
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
                let encodings = self.bids.iter().map(|bid| &bid.unary);
                let survey = DepthSurvey::new(encodings, hidden, radix);
                let first = survey.start().map(Learned::Depth);
                (Asking::Depth(survey), first)
            }
            Query::OpenReserve => {
                let reserve = self.reserve.clone()?;
                let first = opening::start([reserve].into_iter(), grid);
                (Asking::OpenReserve, first.map(Learned::OpenReserve))
            }
        };
        self.asking = Some(asking);
        Some(first)
    }

    /// Takes what a query has found; nothing if no accepted proof allows it (K11, K13).
    fn learn(&mut self, learned: Learned, line: Line<'_>) -> Option<()> {
        let disclosed = &mut self.finding.disclosed;
        match learned {
            Learned::Everything(levels) => self.learn_everything(levels, line)?,
            Learned::Reserve(true) => {}
            Learned::Reserve(false) => self.plan.retain(|query| *query == Query::OpenReserve),
            Learned::Price(found) => {
                self.price = found.level;
                self.found = Some(found);
            }
            Learned::Winners(places) => {
                self.finding.award = Some(self.award(self.price, &places, line)?);
            }
            Learned::Cover(level) => disclosed.cover = line.quote(level),
            Learned::Depth(buckets) => disclosed.depth = List::new(buckets).ok(),
            Learned::OpenReserve(levels) => {
                let [level] = levels.as_slice() else { return None };
                self.finding.reserve = line.quote(*level);
            }
        }
        Some(())
    }

    fn learn_everything(&mut self, mut levels: Vec<Level>, line: Line<'_>) -> Option<()> {
        let reserve = if self.reserve.is_some() { levels.pop() } else { None };
        self.finding.reserve = reserve.and_then(|level| line.quote(level));
        let bids =
            self.bids.iter().zip(&levels).map(|(bid, level)| {
                Some(OpenedBid { bidder: bid.bidder, quote: line.quote(*level)? })
            });
        self.finding.disclosed.bids = bids.collect();
        let mechanism = line.setting.terms.mechanism;
        if let Some((price, places)) = mechanism::award(mechanism, &levels, reserve) {
            self.finding.award = Some(self.award(price, &places, line)?);
        }
        Some(())
    }

    fn award(&self, price: Level, places: &Places, line: Line<'_>) -> Option<Award> {
        let sales = places.iter().map(|(place, standing)| {
            let winner = self.bids.get(*place)?.bidder;
            Some(Sale { winner, standing: *standing })
        });
        let sales: Option<Vec<Sale>> = sales.collect();
        Some(Award { quote: line.quote(price)?, sales: List::new(sales?).ok()? })
    }

    fn encodings(&self) -> impl Iterator<Item = Arc<[Ciphertext]>> + '_ {
        self.bids.iter().map(|bid| Arc::clone(&bid.unary))
    }

    /// The unary encodings of the bids that did not win; in a survey of all.
    fn losers(&self) -> impl Iterator<Item = Arc<[Ciphertext]>> + '_ {
        let sales = self.finding.award.as_ref().map_or(&[][..], |award| &award.sales);
        let won = move |bidder| sales.iter().any(|sale| sale.winner == bidder);
        let losers = self.bids.iter().filter(move |bid| !won(bid.bidder));
        losers.map(|bid| Arc::clone(&bid.unary))
    }
}
