//! Rounds: which bids are active from one to the next, and when there is no next one (section 5, Rounds).
//!
//! In every round but the last each undecided lot is *surveyed* before anything is ranked. The surveys
//! are over when an instruction has the last lot surveyed or ended, at that instruction's slot.

use std::{collections::BTreeSet, sync::Arc};

use talea_protocol::{commitment::BidId, outcome::Survey};

use super::{
    Phase, Replay,
    bid::{CommitState, Status},
    randomness::Randomness,
};
use crate::failure::Stop;

/// The state of the rounds.
#[derive(Debug, Default)]
pub(crate) struct Round {
    /// The current one.
    pub(crate) number: u32,
    /// Lots are surveyed, and not ranked yet.
    is_surveying: bool,
}

impl Replay {
    /// Endorsing has ended: the missing reveals are known, and so are the active bids.
    pub(crate) fn settle_round(&mut self) -> Result<(), Stop> {
        let round = self.round.number;
        for lot in 0..self.lots.len() {
            let index = u32::try_from(lot).unwrap_or(u32::MAX);
            let mut state = std::mem::take(self.lot_mut(lot)?);
            let attested = |bidder| self.is_attested(&BidId { lot: index, round, bidder });
            if state.ending.is_some() {
                // No bid is active on a lot that has ended.
            } else if round == 0 {
                for commit in state.commits.iter_mut().chain(&mut state.reserve) {
                    if commit.status == Status::Open {
                        let saved = attested(commit.bidder);
                        commit.status = if saved { Status::Attested } else { Status::Unrevealed };
                    }
                }
            } else {
                let active = state.commits.iter_mut().enumerate();
                for (at, commit) in active.filter(|(_, c)| c.status == Status::Ranked) {
                    match state.updates.remove(&at) {
                        Some(update) if update.status == Status::Ranked => {
                            let CommitState { in_default, contribution, .. } = *commit;
                            *commit = CommitState { in_default, contribution, ..update };
                            state.first_sums = None;
                        }
                        // Revealed, and invalid.
                        Some(update) if update.status != Status::Open => commit.in_default = true,
                        // Not revealed, or not even committed.
                        Some(_) | None => commit.in_default |= !attested(commit.bidder),
                    }
                }
            }
            *self.lot_mut(lot)? = state;
        }
        Ok(())
    }

    /// Ranking begins with surveys, unless this is the last round.
    pub(crate) fn begins_with_surveys(&mut self) -> bool {
        let more = self
            .facts
            .terms
            .rounds
            .is_some_and(|rounds| self.round.number.saturating_add(1) < rounds.limit);
        self.round.is_surveying = more;
        if !more {
            self.forget_former_bids();
        }
        more
    }

    /// After an instruction at `slot`: once the last undecided lot is surveyed, the lots are ranked or
    /// the next round begins. And once every lot is decided, the auction is closed.
    pub(crate) fn end_surveys(&mut self, slot: u64) -> Result<(), Stop> {
        self.close_if_decided();
        if !self.round.is_surveying || self.phase != Phase::Ranking {
            return Ok(());
        }
        let mut undecided = self.lots.iter().filter(|lot| lot.ending.is_none());
        if undecided.any(|lot| lot.ranking.is_some()) {
            return Ok(());
        }
        self.round.is_surveying = false;
        let moved =
            self.lots.iter().filter(|lot| lot.ending.is_none()).any(|lot| has_moved(&lot.surveys));
        if moved {
            return self.begin_round(slot);
        }
        self.forget_former_bids();
        for lot in 0..self.lots.len() {
            if self.lot(lot)?.ending.is_none() {
                self.start_ranking(lot, slot)?;
            }
        }
        self.close_if_decided();
        Ok(())
    }

    /// No bid follows that could repeat what another has: **C7**, **R5**.
    fn forget_former_bids(&mut self) {
        self.commitments = BTreeSet::new();
        self.randomness = Randomness::default();
    }

    /// The next round, after surveys that were over at `slot`.
    fn begin_round(&mut self, slot: u64) -> Result<(), Stop> {
        let facts = Arc::clone(&self.facts);
        let rounds = facts.terms.rounds.ok_or(Stop::Internal("there is one round and no more"))?;
        self.round.number = self.round.number.saturating_add(1);
        for lot in &mut self.lots {
            lot.steps = 0;
        }
        self.phase = Phase::Commits { until: slot.saturating_add(rounds.commit_slots) };
        Ok(())
    }

    /// The deadline of a Reveals that an instruction at `slot` begins.
    pub(crate) fn reveals_until(&self, slot: u64) -> u64 {
        let terms = &self.facts.terms;
        let schedule = &terms.schedule;
        let n = match terms.rounds {
            Some(rounds) if self.round.number > 0 => rounds.reveal_slots,
            Some(_) | None => schedule.reveals_until.saturating_sub(schedule.commits_until),
        };
        slot.saturating_sub(1).saturating_add(n)
    }
}

/// Whether the last survey of a lot differs from the one before. The first does from nothing.
fn has_moved(surveys: &[Survey]) -> bool {
    match surveys {
        [.., before, last] => before != last,
        _ => true,
    }
}
