//! The transition from one round to the next. Section 5.

use super::{
    Phase,
    state::{Round, State},
};
use crate::{
    lot::{Absent, LotPhase, LotState},
    rank::plan::Purpose,
    setting::Setting,
};
use alloc::collections::BTreeMap;
use talea_protocol::outcome::Ending;

impl State {
    /// Whether no round can follow this one.
    pub(super) fn is_last_round(&self, setting: &Setting) -> bool {
        let next = self.core.round.number.saturating_add(1);
        setting.terms.rounds.is_none_or(|rounds| next >= rounds.limit)
    }

    /// Starts the surveys of this round, or in the last one the ranking.
    pub(super) fn start_ranking(&mut self, setting: &Setting, slot: u64) {
        self.core.phase = Phase::Ranking;
        self.settle_bids(setting);
        self.end_lots(setting, &Absent::default(), |state| {
            state.bids.ranked().next().is_none().then_some(Ending::Unsold)
        });
        let purpose = if self.is_last_round(setting) {
            Purpose::Rank { surveyed: false }
        } else {
            Purpose::Survey
        };
        self.start_lots(setting, purpose, slot);
    }

    pub(super) fn start_lots(&mut self, setting: &Setting, purpose: Purpose, slot: u64) {
        let mut endings = BTreeMap::new();
        let lots = (0u32..).zip(self.lots.iter_mut()).zip(setting.terms.lots.iter());
        for ((lot, state), line) in lots.filter(|((_, state), _)| state.ending.is_none()) {
            let ending = state.start(purpose, setting, line, lot, slot);
            endings.extend(ending.map(|ending| (lot, ending)));
        }
        self.end(setting, endings, &Absent::default());
        self.close_round(setting, slot);
    }

    /// Once every undecided lot is surveyed: the ranking, if nothing moved, or the next round.
    pub(super) fn close_round(&mut self, setting: &Setting, slot: u64) {
        let undecided = || self.lots.iter().filter(|state| state.ending.is_none());
        let is_surveyed =
            undecided().next().is_some() && undecided().all(|s| s.phase == LotPhase::Surveyed);
        let Some(rounds) = setting.terms.rounds.filter(|_| is_surveyed) else { return };
        if undecided().all(LotState::is_unmoved) {
            self.start_lots(setting, Purpose::Rank { surveyed: true }, slot);
            return;
        }
        let commits_until = slot.saturating_add(rounds.commit_slots);
        let number = self.core.round.number.saturating_add(1);
        // The reveals have their time from when they begin.
        self.core.round = Round { number, commits_until, reveals_until: u64::MAX };
        self.core.phase = Phase::Commits;
        self.endorsing.await_next_round();
        self.lots.iter_mut().for_each(LotState::await_next_round);
    }
}
