//! Time: expired deadlines, and transitions caused by completion. Section 5.

use super::{Phase, state::State};
use crate::setting::Setting;

impl State {
    /// The last slot before time alone changes something.
    pub(super) fn deadline(&self, setting: &Setting) -> Option<u64> {
        let schedule = &setting.terms.schedule;
        match self.core.phase {
            Phase::Deals => Some(schedule.deals_until),
            Phase::Complaints => Some(schedule.complaints_until),
            Phase::Reserves => setting.terms.reserve.map(|reserve| reserve.until),
            Phase::Commits => Some(self.core.round.commits_until),
            Phase::Reveals => Some(self.core.round.reveals_until),
            Phase::Endorsing => Some(self.endorsing.deadline()),
            Phase::Ranking => self.lots.deadline(),
            Phase::Closed => None,
        }
    }

    pub(super) fn has_expired(&self, setting: &Setting, slot: u64) -> bool {
        self.deadline(setting).is_some_and(|deadline| slot > deadline)
    }

    /// Passes every deadline before `slot`, in order. What begins then has its time from `slot`, however
    /// late that is.
    #[inline(never)] // A chain takes no function of more than 100 locals.
    pub(super) fn advance(&mut self, setting: &Setting, slot: u64) {
        while self.has_expired(setting, slot) {
            let before = (self.core.phase, self.deadline(setting));
            match self.core.phase {
                Phase::Deals => self.core.phase = Phase::Complaints,
                Phase::Complaints => self.finish_setup(setting),
                Phase::Reserves => self.core.phase = Phase::Commits,
                Phase::Commits => {
                    self.core.phase = Phase::Reveals;
                    let slots = setting.terms.reveal_slots(self.core.round.number);
                    // Of these the slot before this one was the last that had to wait.
                    self.core.round.reveals_until = slot.saturating_sub(1).saturating_add(slots);
                    if !self.has_open_commits() {
                        self.close_reveals(setting, slot);
                    }
                }
                Phase::Reveals => self.close_reveals(setting, slot),
                Phase::Endorsing => self.give_up_endorsing(setting),
                Phase::Ranking => self.time_out_lots(setting, slot),
                Phase::Closed => return,
            }
            // Every deadline brings something, unless a home has lost what there was to end.
            if before == (self.core.phase, self.deadline(setting)) {
                return;
            }
        }
    }

    /// Transitions that the instruction just accepted completed; a post was for the lot `ranked`.
    #[inline(never)] // As `advance`.
    pub(super) fn complete(&mut self, setting: &Setting, slot: u64, ranked: Option<u32>) {
        match self.core.phase {
            Phase::Reveals if !self.has_open_commits() => self.close_reveals(setting, slot),
            Phase::Endorsing if self.is_endorsed() => self.start_ranking(setting, slot),
            Phase::Ranking => {
                if let Some(lot) = ranked {
                    self.proceed_with_lot(setting, slot, lot);
                }
            }
            Phase::Deals
            | Phase::Complaints
            | Phase::Reserves
            | Phase::Commits
            | Phase::Reveals
            | Phase::Endorsing
            | Phase::Closed => {}
        }
    }
}
