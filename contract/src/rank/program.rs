//! What a lot is asked, in the order of section 11 of `docs/spec.md`: the reserve test, the price,
//! the winners, the cover, the depth, the reserve; or everything at once.

use super::{
    depth::DepthSurvey,
    opened::Counts,
    price::{Found, Participants, PriceSearch, Turn, rung_of},
    question::{Answer, Ask},
    reserve::ReserveTest,
    winners::{Places, Winners, in_the_clear},
};
use crate::{elgamal::Ciphertext, setting::Setting};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use talea_protocol::{
    bytes::{List, PartyKey},
    outcome::{Award, Disclosed, OpenedBid, Quote, Sale, Standing},
    price::{PriceLadder, Rung},
    terms::{Disclosure, Lot, Mechanism},
};

/// A bid that takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RankedBid {
    pub(crate) bidder: PartyKey,
    pub(crate) ladder: Arc<[Ciphertext]>,
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

/// What a program is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To show the depth between rounds.
    Survey,
    /// To find price and winners.
    Rank {
        /// The depth, if a survey of this round showed it.
        surveyed: bool,
    },
}

/// The questions of one lot, between two of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    purpose: Purpose,
    /// In tie order; never empty.
    bids: Vec<RankedBid>,
    /// The ladder of a binding reserve.
    reserve: Option<Arc<[Ciphertext]>>,
    stage: Stage,
    finding: Finding,
}

/// What was asked last.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    Everything,
    Reserve(Box<ReserveTest>),
    Price(PriceSearch),
    Winners(Rung, Winners),
    Cover(PriceSearch),
    Depth(DepthSurvey),
    OpenReserve,
}

/// What does not change.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) setting: &'a Setting,
    pub(crate) lot: &'a Lot,
}

impl<'a> Line<'a> {
    fn ladder(self) -> &'a PriceLadder {
        &self.lot.ladder
    }

    fn mechanism(self) -> Mechanism {
        self.setting.terms.mechanism
    }

    fn quote(self, rung: Rung) -> Option<Quote> {
        self.ladder().price(rung).map(|price| Quote { rung, price })
    }
}

impl Program {
    pub(crate) fn new(
        bids: Vec<RankedBid>,
        reserve: Option<Arc<[Ciphertext]>>,
        purpose: Purpose,
    ) -> Self {
        Self { purpose, bids, reserve, stage: Stage::Everything, finding: Finding::default() }
    }

    /// From its beginning.
    pub(crate) fn start(&mut self, line: Line<'_>) -> Turn<Finding> {
        if self.purpose == Purpose::Survey {
            return self.survey_depth(line);
        }
        match line.setting.terms.disclosure {
            Disclosure::Everything => {
                self.stage = Stage::Everything;
                let all = self.ladders().chain(self.reserve.clone());
                let digits = all.flat_map(|ladder| digits_of(&ladder, line.ladder()));
                Turn::Ask(Ask::Open(digits.collect()))
            }
            Disclosure::Facts { .. } => self.test_reserve(line),
        }
    }

    /// With the answer to what was asked last.
    pub(crate) fn resume(&mut self, answer: Answer, line: Line<'_>) -> Turn<Finding> {
        let (ladder, setting) = (line.ladder(), line.setting);
        match &mut self.stage {
            Stage::Everything => self.take_everything(&answer, line),
            Stage::Reserve(test) => {
                test.resume(answer, ladder).then(|reached| self.tested(reached, line))
            }
            Stage::Price(search) => search
                .resume(Some(answer), ladder, setting)
                .then(|found| self.look_for_winners(found, line)),
            Stage::Winners(rung, winners) => {
                let rung = *rung;
                let turn = winners.resume(answer, setting.terms.fan_out);
                turn.then(|places| self.award(rung, &places, line))
            }
            Stage::Cover(search) => search
                .resume(Some(answer), ladder, setting)
                .then(|found| self.take_cover(&found, line)),
            Stage::Depth(survey) => {
                survey.resume(answer, setting).then(|buckets| self.take_depth(buckets, line))
            }
            Stage::OpenReserve => {
                let rungs = opened_rungs(&answer, line);
                let [rung] = rungs.as_deref().unwrap_or_default() else { return Turn::Alarm };
                self.finding.reserve = line.quote(*rung);
                self.conclude()
            }
        }
    }

    pub(crate) fn is_survey(&self) -> bool {
        self.purpose == Purpose::Survey
    }

    fn ladders(&self) -> impl Iterator<Item = Arc<[Ciphertext]>> + '_ {
        self.bids.iter().map(|bid| Arc::clone(&bid.ladder))
    }

    fn test_reserve(&mut self, line: Line<'_>) -> Turn<Finding> {
        let Some(reserve) = self.reserve.clone() else { return self.search_price(line) };
        let test = ReserveTest::new(self.ladders(), reserve, line.ladder(), line.setting);
        let first = test.start(line.ladder());
        self.stage = Stage::Reserve(Box::new(test));
        first.then(|reached| self.tested(reached, line))
    }

    fn tested(&mut self, reached: bool, line: Line<'_>) -> Turn<Finding> {
        if reached { self.search_price(line) } else { self.open_reserve(line) }
    }

    fn search_price(&mut self, line: Line<'_>) -> Turn<Finding> {
        let limit = line.mechanism().limit();
        let mut participants = Participants::bids(self.ladders());
        match (&self.reserve, line.mechanism()) {
            (None, _) if self.bids.len() <= usize::from(limit) => {
                let everybody = (0..self.bids.len()).map(|place| (place, Standing::NotCompared));
                let places: Places = everybody.collect();
                return self.award(Rung(0), &places, line);
            }
            (Some(reserve), Mechanism::UniformPrice { units }) => {
                participants = participants.with(Arc::clone(reserve), units);
            }
            (None, _) | (Some(_), Mechanism::FirstPrice) => {}
        }
        let mut search = PriceSearch::new(participants, limit, line.ladder(), line.setting);
        let first = search.resume(None, line.ladder(), line.setting);
        self.stage = Stage::Price(search);
        first.then(|found| self.look_for_winners(found, line))
    }

    fn look_for_winners(&mut self, found: Found, line: Line<'_>) -> Turn<Finding> {
        let rung = found.rung;
        let binds = self.reserve.is_some();
        let mut winners = Winners::new(found, self.bids.len(), line.mechanism(), binds);
        let first = winners.start(line.setting.terms.fan_out);
        self.stage = Stage::Winners(rung, winners);
        first.then(|places| self.award(rung, &places, line))
    }

    fn award(&mut self, rung: Rung, places: &Places, line: Line<'_>) -> Turn<Finding> {
        let Some(award) = self.award_of(rung, places, line) else { return Turn::Alarm };
        self.finding.award = Some(award);
        let losers = self.bids.iter().enumerate().filter(|(bid, _)| {
            let won = places.iter().any(|(place, _)| place == bid);
            !won
        });
        let losers: Vec<Arc<[Ciphertext]>> =
            losers.map(|(_, bid)| Arc::clone(&bid.ladder)).collect();
        let cover = matches!(line.setting.terms.disclosure, Disclosure::Facts { cover: true, .. });
        if !cover || losers.is_empty() {
            return self.survey_depth(line);
        }
        let participants = Participants::bids(losers.into_iter());
        let mut search = PriceSearch::new(participants, 0, line.ladder(), line.setting);
        let first = search.resume(None, line.ladder(), line.setting);
        self.stage = Stage::Cover(search);
        first.then(|found| self.take_cover(&found, line))
    }

    fn award_of(&self, rung: Rung, places: &Places, line: Line<'_>) -> Option<Award> {
        let sales = places.iter().map(|(place, standing)| {
            let winner = self.bids.get(*place)?.bidder;
            Some(Sale { winner, standing: *standing })
        });
        let sales: Option<Vec<Sale>> = sales.collect();
        Some(Award { quote: line.quote(rung)?, sales: List::new(sales?).ok()? })
    }

    fn survey_depth(&mut self, line: Line<'_>) -> Turn<Finding> {
        let bids = u32::try_from(self.bids.len()).unwrap_or(u32::MAX);
        match line.setting.terms.disclosure {
            Disclosure::Facts { depth: Some(depth), .. }
                if bids >= depth.min_bids && self.purpose != (Purpose::Rank { surveyed: true }) =>
            {
                let radix = line.ladder().shape.radices().next().unwrap_or(1);
                let hidden = line.mechanism().units();
                let ladders = self.bids.iter().map(|bid| &bid.ladder);
                let survey = DepthSurvey::new(ladders, hidden, radix);
                let first = survey.start();
                self.stage = Stage::Depth(survey);
                first.then(|buckets| self.take_depth(buckets, line))
            }
            Disclosure::Facts { .. } | Disclosure::Everything => self.after_depth(line),
        }
    }

    fn take_cover(&mut self, found: &Found, line: Line<'_>) -> Turn<Finding> {
        self.finding.disclosed.cover = line.quote(found.rung);
        match self.purpose {
            Purpose::Survey => self.conclude(),
            Purpose::Rank { .. } => self.survey_depth(line),
        }
    }

    /// In a survey the cover follows, if the rounds show it.
    fn after_depth(&mut self, line: Line<'_>) -> Turn<Finding> {
        let hidden = line.mechanism().units();
        let cover = line.setting.terms.rounds.is_some_and(|rounds| rounds.cover);
        match self.purpose {
            Purpose::Rank { .. } => self.open_reserve(line),
            Purpose::Survey if cover && self.bids.len() > usize::from(hidden) => {
                let participants = Participants::bids(self.ladders());
                let mut search =
                    PriceSearch::new(participants, hidden, line.ladder(), line.setting);
                let first = search.resume(None, line.ladder(), line.setting);
                self.stage = Stage::Cover(search);
                first.then(|found| self.take_cover(&found, line))
            }
            Purpose::Survey => self.conclude(),
        }
    }

    fn take_depth(&mut self, buckets: Vec<u32>, line: Line<'_>) -> Turn<Finding> {
        self.finding.disclosed.depth = List::new(buckets).ok();
        self.after_depth(line)
    }

    fn open_reserve(&mut self, line: Line<'_>) -> Turn<Finding> {
        let opened = line.setting.terms.reserve.is_some_and(|reserve| reserve.opened);
        match &self.reserve {
            Some(reserve) if opened => {
                let digits = digits_of(reserve, line.ladder());
                self.stage = Stage::OpenReserve;
                Turn::Ask(Ask::Open(digits))
            }
            Some(_) | None => self.conclude(),
        }
    }

    fn take_everything(&mut self, answer: &Answer, line: Line<'_>) -> Turn<Finding> {
        let Some(mut rungs) = opened_rungs(answer, line) else { return Turn::Alarm };
        let reserve = if self.reserve.is_some() { rungs.pop() } else { None };
        self.finding.reserve = reserve.and_then(|rung| line.quote(rung));
        let bids =
            self.bids.iter().zip(&rungs).map(|(bid, rung)| {
                Some(OpenedBid { bidder: bid.bidder, quote: line.quote(*rung)? })
            });
        self.finding.disclosed.bids = bids.collect();
        if let Some((rung, places)) = in_the_clear(&rungs, reserve, &line.setting.terms) {
            let Some(award) = self.award_of(rung, &places, line) else { return Turn::Alarm };
            self.finding.award = Some(award);
        }
        self.conclude()
    }

    fn conclude(&mut self) -> Turn<Finding> {
        Turn::Done(core::mem::take(&mut self.finding))
    }
}

/// Encryptions of a ladder's digits: `sum over j of U[t][j]`.
fn digits_of(entries: &[Ciphertext], ladder: &PriceLadder) -> Vec<Ciphertext> {
    let mut entries = entries.iter().copied();
    let widths = ladder.shape.radices().map(|radix| radix.saturating_sub(1));
    widths.map(|width| entries.by_ref().take(width).sum()).collect()
}

/// The rungs whose digits were opened, one after the other. Nothing if one is no digit (K13) or no
/// rung (K11).
fn opened_rungs(answer: &Answer, line: Line<'_>) -> Option<Vec<Rung>> {
    let Answer::Opened(opened) = answer else { return None };
    let largest = line.ladder().shape.radices().map(|radix| radix.saturating_sub(1));
    let generator = &line.setting.generators.value;
    let mut readers: Vec<Counts> = largest.map(Counts::up_to).collect();
    opened
        .chunks(readers.len().max(1))
        .map(|digits| {
            let digits = digits.iter().zip(&mut readers);
            let digits = digits.map(|(opened, reader)| reader.read(opened, generator));
            let digits: Option<Vec<usize>> = digits.collect();
            rung_of(&digits?, line.ladder())
        })
        .collect()
}
