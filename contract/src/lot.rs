//! One lot: its bids, their ranking, the seller's decision, its ending.

use crate::{
    bids::{BidState, Bids},
    rank::{
        Conclusion, Ranking,
        plan::Purpose,
        program::{Finding, RankedBid},
    },
    setting::Setting,
};
use alloc::{boxed::Box, collections::BTreeSet, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use talea_protocol::{
    bytes::List,
    outcome::{Award, Disclosed, Ending, LotResult, Quote, ReserveResult, Survey},
    quorum::KeyholderId,
    terms::Lot,
};

/// A lot, from its first commit to its ending.
#[derive(Clone, Debug, Default, PartialEq, BorshSerialize, BorshDeserialize)]
pub(crate) struct LotState {
    pub(crate) bids: Bids,
    pub(crate) phase: LotPhase,
    /// Keyholders that let a step of this lot's ranking time out, or the endorsement without which it
    /// ended.
    pub(crate) absent: Absent,
    /// Of every round that had one.
    surveys: Vec<Survey>,
    /// Steps of the current round's ranking that are done.
    steps: u32,
    /// Whether the ranking followed a survey of the same bids.
    is_ranked_after_survey: bool,
    disclosed: Disclosed,
    opened_reserve: Option<Quote>,
    pub(crate) ending: Option<Ending>,
}

/// Keyholders whose time ran out.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Absent {
    pub(crate) excluded: BTreeSet<KeyholderId>,
    /// Those of them for whom others vouched each time: the board did not accept their posts.
    pub(crate) excused: BTreeSet<KeyholderId>,
}

impl Absent {
    /// Adds those who missed another deadline. Each deadline is a separate fault: a keyholder excused of one is
    /// not excused of the next.
    pub(crate) fn extend(&mut self, more: &Self) {
        let at_fault: BTreeSet<KeyholderId> = self.at_fault().chain(more.at_fault()).collect();
        self.excluded.extend(&more.excluded);
        self.excused = self.excluded.difference(&at_fault).copied().collect();
    }

    /// Those who lose the bond of a lot that is void.
    pub(crate) fn at_fault(&self) -> impl Iterator<Item = KeyholderId> + '_ {
        self.excluded.difference(&self.excused).copied()
    }
}

/// What an undecided lot waits for.
#[derive(Clone, Debug, Default, PartialEq, BorshSerialize, BorshDeserialize)]
pub(crate) enum LotPhase {
    /// For its bids; or for nothing, once it has ended.
    #[default]
    Idle,
    /// For keyholders.
    Ranking(Box<Ranking>),
    /// For the other lots' surveys.
    Surveyed,
    /// For the seller, until the deadline.
    Deciding {
        /// What there is to accept or decline.
        award: Award,
        /// The last slot for it.
        deadline: u64,
    },
}

impl LotState {
    /// The last slot before time alone changes something.
    pub(crate) fn deadline(&self) -> Option<u64> {
        match &self.phase {
            LotPhase::Idle | LotPhase::Surveyed => None,
            LotPhase::Ranking(ranking) => Some(ranking.deadline()),
            LotPhase::Deciding { deadline, .. } => Some(*deadline),
        }
    }

    pub(crate) fn ranking(&self) -> Option<&Ranking> {
        match &self.phase {
            LotPhase::Ranking(ranking) => Some(ranking),
            LotPhase::Idle | LotPhase::Surveyed | LotPhase::Deciding { .. } => None,
        }
    }

    pub(crate) fn surveys(&self) -> &[Survey] {
        &self.surveys
    }

    /// Whether the last survey equals the one before it.
    pub(crate) fn is_unmoved(&self) -> bool {
        let mut latest = self.surveys.iter().rev();
        matches!((latest.next(), latest.next()), (Some(last), Some(before)) if last == before)
    }

    /// Starts what keyholders do next in this round: the lot's ending, if nothing has to be asked.
    pub(crate) fn start(
        &mut self,
        purpose: Purpose,
        setting: &Setting,
        line: &Lot,
        lot: u32,
        slot: u64,
    ) -> Option<Ending> {
        let bids = self.bids.in_tie_order(setting, lot);
        let bids = bids.into_iter().map(|(bidder, unary)| RankedBid { bidder, unary }).collect();
        let reserve = self.bids.binding_reserve().cloned();
        let is_survey = purpose == Purpose::Survey;
        self.is_ranked_after_survey = purpose == (Purpose::Rank { surveyed: true });
        let (first, absent) = (self.steps, self.absent.clone());
        match Ranking::begin((bids, reserve), purpose, setting, line, (first, slot), absent) {
            Ok(ranking) => {
                self.phase = LotPhase::Ranking(Box::new(ranking));
                None
            }
            Err(conclusion) => self.take(conclusion, is_survey, setting, slot),
        }
    }

    /// Records the end of a survey or a ranking at `slot`: the lot's ending, unless something is still
    /// to come.
    pub(crate) fn conclude(
        &mut self,
        conclusion: Conclusion,
        setting: &Setting,
        slot: u64,
    ) -> Option<Ending> {
        let is_survey = self.ranking().is_some_and(Ranking::is_survey);
        self.remember_absent();
        if let Some(ranking) = self.ranking() {
            self.steps = ranking.step_number().saturating_add(1);
        }
        self.take(conclusion, is_survey, setting, slot)
    }

    /// Keeps the excluded keyholders beyond the ranking.
    pub(crate) fn remember_absent(&mut self) {
        if let LotPhase::Ranking(ranking) = &self.phase {
            self.absent = ranking.absent().clone();
        }
    }

    fn take(
        &mut self,
        conclusion: Conclusion,
        is_survey: bool,
        setting: &Setting,
        slot: u64,
    ) -> Option<Ending> {
        let finding = match conclusion {
            Conclusion::Found(finding) => finding,
            Conclusion::Ended(ending) => return Some(ending),
        };
        let Finding { award, disclosed, reserve } = finding;
        if is_survey {
            self.surveys.push(Survey { depth: disclosed.depth, cover: disclosed.cover });
            self.phase = LotPhase::Surveyed;
            return None;
        }
        self.disclosed = disclosed;
        self.opened_reserve = reserve;
        let Some(award) = award else { return Some(Ending::BelowReserve) };
        let Some(acceptance) = setting.terms.acceptance else { return Some(Ending::Sold(award)) };
        self.phase = LotPhase::Deciding { award, deadline: slot.saturating_add(acceptance.slots) };
        None
    }

    /// Forgets the round that is over; surveys and who is excluded stay.
    pub(crate) fn await_next_round(&mut self) {
        self.phase = LotPhase::Idle;
        self.steps = 0;
    }

    /// Its result, once it has ended.
    pub(crate) fn result(&self) -> LotResult {
        let bids = self.bids.in_order();
        let count = |is: fn(&BidState) -> bool| {
            let number = bids.iter().filter(|bid| is(&bid.state)).count();
            u32::try_from(number).unwrap_or(u32::MAX)
        };
        let reserve = match (self.bids.reserve().map(|reserve| &reserve.state), self.opened_reserve)
        {
            (None, _) => ReserveResult::None,
            (Some(BidState::Open | BidState::Invalid | BidState::Lapsed { .. }), _) => {
                ReserveResult::Lapsed
            }
            (Some(BidState::Ranked(_)), None) => ReserveResult::Sealed,
            (Some(BidState::Ranked(_)), Some(quote)) => ReserveResult::Opened(quote),
        };
        LotResult {
            commits: count(|_| true),
            ranked: count(|state| matches!(state, BidState::Ranked(_))),
            invalid: count(|state| matches!(state, BidState::Invalid)),
            reserve,
            disclosed: self.all_disclosed(),
            // Asked for only when every lot has ended.
            ending: self.ending.clone().unwrap_or(Ending::Halted),
        }
    }

    /// What the last ranking opened, and the surveys before it.
    fn all_disclosed(&self) -> Disclosed {
        let mut disclosed = self.disclosed.clone();
        let was_ranked = matches!(
            self.ending,
            Some(Ending::Sold(_) | Ending::Declined(_) | Ending::BelowReserve)
        );
        if was_ranked && self.is_ranked_after_survey {
            disclosed.depth = self.surveys.last().and_then(|survey| survey.depth.clone());
        }
        // As many as there are rounds, which is within the bound.
        disclosed.surveys = List::new(self.surveys.clone()).unwrap_or_default();
        disclosed
    }
}
