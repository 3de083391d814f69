//! The transition from one round to the next. Section 5.

use super::{
    Phase,
    state::{Round, State, line},
};
use crate::{
    lot::{Absent, Moment},
    rank::plan::Purpose,
    setting::Setting,
};
use alloc::vec::Vec;
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
        self.end_lots(setting, &Absent::default(), |bids, lot| {
            bids.ranked(lot).next().is_none().then_some(Ending::Unsold)
        });
        let purpose = if self.is_last_round(setting) {
            Purpose::Rank { surveyed: false }
        } else {
            Purpose::Survey
        };
        self.start_lots(setting, purpose, slot);
    }

    pub(super) fn start_lots(&mut self, setting: &Setting, purpose: Purpose, slot: u64) {
        let mut endings = Vec::new();
        for lot in self.undecided(setting) {
            let Some(line) = line(setting, lot) else { continue };
            let ending = self.lots.start(purpose, Moment { setting, line, lot, slot });
            endings.extend(ending.map(|ending| (lot, ending)));
        }
        self.end(setting, endings, &Absent::default());
        self.close_round(setting, slot);
    }

    /// Once every undecided lot is surveyed: the ranking, if nothing moved, or the next round.
    pub(super) fn close_round(&mut self, setting: &Setting, slot: u64) {
        let is_surveyed = self.core.undecided > 0 && self.lots.surveyed() == self.core.undecided;
        let Some(rounds) = setting.terms.rounds.filter(|_| is_surveyed) else { return };
        let undecided = self.undecided(setting);
        if undecided.iter().all(|lot| self.lots.is_unmoved(*lot)) {
            self.start_lots(setting, Purpose::Rank { surveyed: true }, slot);
            return;
        }
        let commits_until = slot.saturating_add(rounds.commit_slots);
        let number = self.core.round.number.saturating_add(1);
        // The reveals have their time from when they begin.
        self.core.round = Round { number, commits_until, reveals_until: u64::MAX };
        self.core.phase = Phase::Commits;
        self.endorsing.await_next_round();
        undecided.into_iter().for_each(|lot| self.lots.await_next_round(lot));
    }
}
