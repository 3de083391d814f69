//! What is known of a lot.

use std::collections::{BTreeMap, BTreeSet};

use talea_protocol::{
    bytes::{List, PartyKey},
    limits::MAX_ROUNDS,
    outcome::{Disclosed, Ending, Quote, Survey},
    quorum::KeyholderId,
};

use super::{
    bid::{CommitState, Committed, Named, Status},
    decide::Waiting,
    rank::{Ranking, unary::FirstSums},
};
use crate::group::Element;

/// One lot.
#[derive(Debug, Default)]
pub(crate) struct LotState {
    /// As they were accepted in round 0; in later rounds the active bids.
    pub(crate) commits: Vec<CommitState>,
    pub(crate) by_bidder: BTreeMap<PartyKey, usize>,
    /// Of a later round while it lasts: by the place of the bids that they are to replace.
    pub(crate) updates: BTreeMap<usize, CommitState>,
    /// Of the ranked bids, until one of them is replaced.
    pub(crate) first_sums: Option<FirstSums>,
    /// The seller's; no commit of the lot's.
    pub(crate) reserve: Option<CommitState>,
    /// Keyholders who are excluded from this lot.
    pub(crate) excluded: BTreeSet<KeyholderId>,
    /// Of these, the ones excluded by a deadline for which they are not excused.
    pub(crate) at_fault: BTreeSet<KeyholderId>,
    /// Being surveyed or ranked.
    pub(crate) ranking: Option<Ranking>,
    /// What the surveys showed, round by round.
    pub(crate) surveys: Vec<Survey>,
    /// Steps of this round that are complete, when its survey is.
    pub(crate) steps: u32,
    /// Ranked, with an award that the seller may decline.
    pub(crate) waiting: Option<Waiting>,
    /// What the ranking opened besides the award.
    pub(crate) disclosed: Disclosed,
    /// The reserve, if the ranking opened it.
    pub(crate) opened_reserve: Option<Quote>,
    pub(crate) ending: Option<Ending>,
}

impl LotState {
    pub(crate) fn count(&self, status: Status) -> usize {
        self.commits.iter().filter(|c| c.status == status).count()
    }

    /// The commit of a round that a bid of this lot names; of the seller, the reserve, which is of
    /// round 0.
    pub(crate) fn named(&self, round: u32, bidder: &PartyKey, seller: &PartyKey) -> Option<Named> {
        if bidder == seller {
            return self.reserve.as_ref().filter(|_| round == 0).map(|_| Named::Reserve);
        }
        let at = self.by_bidder.get(bidder).copied()?;
        if round == 0 {
            return Some(Named::Commit(at));
        }
        self.updates.contains_key(&at).then_some(Named::Update(at))
    }

    pub(crate) fn at(&self, named: Named) -> Option<&CommitState> {
        match named {
            Named::Commit(at) => self.commits.get(at),
            Named::Update(at) => self.updates.get(&at),
            Named::Reserve => self.reserve.as_ref(),
        }
    }

    pub(crate) fn at_mut(&mut self, named: Named) -> Option<&mut CommitState> {
        match named {
            Named::Commit(at) => self.commits.get_mut(at),
            Named::Update(at) => self.updates.get_mut(&at),
            Named::Reserve => self.reserve.as_mut(),
        }
    }

    /// The slot whose passing changes something about the lot while it is undecided.
    pub(crate) fn deadline(&self) -> Option<u64> {
        let ranking = self.ranking.as_ref().and_then(|ranking| ranking.step.deadline());
        ranking.or(self.waiting.as_ref().map(|waiting| waiting.deadline))
    }

    /// What was disclosed of the lot.
    pub(crate) fn disclosed(&self) -> Disclosed {
        let surveys: Vec<Survey> = self.surveys.iter().take(MAX_ROUNDS).cloned().collect();
        Disclosed { surveys: List::new(surveys).unwrap_or_default(), ..self.disclosed.clone() }
    }

    /// The place in commit order of a bidder's active bid, and its commitment.
    pub(crate) fn active_commitment(&self, bidder: &PartyKey) -> Option<(usize, Element)> {
        let at = self.by_bidder.get(bidder).copied()?;
        let commit = self.commits.get(at).filter(|commit| commit.status == Status::Ranked)?;
        match commit.committed {
            Committed::Level(commitment) => Some((at, commitment)),
            // There are no rounds of curves.
            Committed::Curve(_) => None,
        }
    }
}
