//! How lots end, and the outcome. Sections 12 and 13.

use super::{
    Phase,
    state::{State, lots, require_seller},
};
use crate::{
    bids::Bids,
    close,
    close::Bonds,
    lot::Absent,
    refusal::{Fault, Refusal},
    setting::Setting,
};
use alloc::{collections::BTreeSet, vec::Vec};
use talea_protocol::{
    bytes::{List, PartyKey},
    check::Check,
    outcome::{Ending, LotResult, Outcome},
    quorum::KeyholderId,
    ranking::Decision,
};

impl State {
    pub(super) fn decide(
        &mut self,
        setting: &Setting,
        signer: PartyKey,
        decision: Decision,
    ) -> Result<(), Refusal> {
        require_seller(setting, signer)?;
        let unknown = Fault::Unknown { what: "lot waiting for a decision" };
        let award = self.lots.award_to_decide(decision.lot);
        let award = award.ok_or(unknown.fails(Check::DecisionDue))?;
        let ending = if decision.accept { Ending::Sold(award) } else { Ending::Declined(award) };
        self.end(setting, Vec::from([(decision.lot, ending)]), &Absent::default());
        Ok(())
    }

    /// Ends every undecided lot to which `ending` gives one.
    pub(super) fn end_lots(
        &mut self,
        setting: &Setting,
        absent: &Absent,
        ending: impl Fn(&Bids, u32) -> Option<Ending>,
    ) {
        let lots = self.undecided(setting).into_iter();
        let endings = lots.filter_map(|lot| Some((lot, ending(&self.lots.bids, lot)?))).collect();
        self.end(setting, endings, absent);
    }

    /// Ends these lots, moves their money, and closes the auction after the last one.
    pub(super) fn end(&mut self, setting: &Setting, endings: Vec<(u32, Ending)>, absent: &Absent) {
        if endings.is_empty() {
            return;
        }
        let (dealers, expelled) = (self.ceremony.dealers(), self.ceremony.at_fault());
        for (lot, ending) in endings {
            let Some(absent) = self.lots.end(lot, ending.clone(), absent) else { continue };
            let at_fault: BTreeSet<KeyholderId> =
                expelled.iter().copied().chain(absent.at_fault()).collect();
            let bonds = Bonds { dealers: &dealers, at_fault: &at_fault };
            close::close(setting, &mut self.ledger, (&self.lots.bids, lot), &ending, &bonds);
            self.core.undecided = self.core.undecided.saturating_sub(1);
        }
        if self.core.undecided == 0 {
            self.core.phase = Phase::Closed;
        }
    }

    pub(super) fn outcome(&self, setting: &Setting) -> Outcome {
        let lots: Vec<LotResult> = lots(setting).map(|lot| self.lots.result(lot)).collect();
        Outcome {
            auction: setting.auction,
            // As many as the terms have, which is within the bound.
            lots: List::new(lots).unwrap_or_default(),
            accounts: self.ledger.accounts(),
        }
    }
}
