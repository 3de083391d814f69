//! One lot: its bids, their ranking, what the seller says, how it ended.

use crate::{
    bids::{BidState, Bids},
    rank::{Ranking, program::Finding},
    setting::Setting,
};
use alloc::{boxed::Box, collections::BTreeSet};
use talea_protocol::{
    outcome::{Award, Disclosed, Ending, LotResult, Quote, ReserveResult},
    quorum::KeyholderId,
};

/// A lot, from its first commit to its ending.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LotState {
    pub(crate) bids: Bids,
    pub(crate) stage: Stage,
    /// Keyholders that let a step of this lot's ranking time out.
    pub(crate) out: BTreeSet<KeyholderId>,
    disclosed: Disclosed,
    opened_reserve: Option<Quote>,
    pub(crate) ending: Option<Ending>,
}

/// What an undecided lot waits for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Stage {
    /// For its bids, or for nothing any more.
    #[default]
    Idle,
    /// For keyholders.
    Ranking(Box<Ranking>),
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
        match &self.stage {
            Stage::Idle => None,
            Stage::Ranking(ranking) => Some(ranking.deadline()),
            Stage::Deciding { deadline, .. } => Some(*deadline),
        }
    }

    pub(crate) fn ranking(&self) -> Option<&Ranking> {
        match &self.stage {
            Stage::Ranking(ranking) => Some(ranking),
            Stage::Idle | Stage::Deciding { .. } => None,
        }
    }

    /// Takes what the ranking found at `slot`: the lot's ending, unless the seller has a say.
    pub(crate) fn found(
        &mut self,
        finding: Finding,
        setting: &Setting,
        slot: u64,
    ) -> Option<Ending> {
        let Finding { award, disclosed, reserve } = finding;
        self.disclosed = disclosed;
        self.opened_reserve = reserve;
        let Some(award) = award else { return Some(Ending::BelowReserve) };
        let Some(acceptance) = setting.terms.acceptance else { return Some(Ending::Sold(award)) };
        self.stage = Stage::Deciding { award, deadline: slot.saturating_add(acceptance.slots) };
        None
    }

    /// What became of it, once it has ended.
    pub(crate) fn result(&self) -> LotResult {
        let bids = self.bids.in_order();
        let count = |is: fn(&BidState) -> bool| {
            let number = bids.iter().filter(|bid| is(&bid.state)).count();
            u32::try_from(number).unwrap_or(u32::MAX)
        };
        let reserve = match (self.bids.reserve().map(|reserve| &reserve.state), self.opened_reserve)
        {
            (None, _) => ReserveResult::None,
            (Some(BidState::Open | BidState::Invalid), _) => ReserveResult::Lapsed,
            (Some(BidState::Ranked(_)), None) => ReserveResult::Sealed,
            (Some(BidState::Ranked(_)), Some(quote)) => ReserveResult::Opened(quote),
        };
        LotResult {
            commits: count(|_| true),
            ranked: count(|state| matches!(state, BidState::Ranked(_))),
            invalid: count(|state| matches!(state, BidState::Invalid)),
            reserve,
            disclosed: self.disclosed.clone(),
            // Asked for only when every lot has ended.
            ending: self.ending.clone().unwrap_or(Ending::Halted),
        }
    }
}
