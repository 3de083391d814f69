//! How lots end, and the outcome. Sections 12 and 13.

use super::{
    Phase,
    state::{State, index, require_seller},
};
use crate::{
    close,
    close::Bonds,
    lot::{Absent, LotPhase, LotState},
    refusal::{Fault, Refusal},
    setting::Setting,
};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
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
        let phase = self.lots.get(index(decision.lot)).map(|state| &state.phase);
        let Some(LotPhase::Deciding { award, .. }) = phase else {
            return Err(unknown.fails(Check::DecisionDue));
        };
        let award = award.clone();
        let ending = if decision.accept { Ending::Sold(award) } else { Ending::Declined(award) };
        self.end(setting, BTreeMap::from([(decision.lot, ending)]), &Absent::default());
        Ok(())
    }

    /// Ends every undecided lot to which `ending` gives one.
    pub(super) fn end_lots(
        &mut self,
        setting: &Setting,
        absent: &Absent,
        ending: impl Fn(&LotState) -> Option<Ending>,
    ) {
        let endings = (0u32..)
            .zip(self.lots.iter())
            .filter(|(_, state)| state.ending.is_none())
            .filter_map(|(lot, state)| Some((lot, ending(state)?)))
            .collect();
        self.end(setting, endings, absent);
    }

    /// Ends these lots, moves their money, and closes the auction after the last one.
    pub(super) fn end(
        &mut self,
        setting: &Setting,
        endings: BTreeMap<u32, Ending>,
        absent: &Absent,
    ) {
        let (dealers, expelled) = (self.ceremony.dealers(), self.ceremony.at_fault());
        for (lot, ending) in endings {
            let Some(state) = self.lots.get_mut(index(lot)) else {
                continue;
            };
            state.remember_absent();
            state.absent.extend(absent);
            state.phase = LotPhase::Idle;
            let at_fault: BTreeSet<KeyholderId> =
                expelled.iter().copied().chain(state.absent.at_fault()).collect();
            let bonds = Bonds { dealers: &dealers, at_fault: &at_fault };
            close::close(setting, &mut self.ledger, &state.bids, &ending, &bonds);
            state.ending = Some(ending);
            self.core.undecided = self.core.undecided.saturating_sub(1);
        }
        if self.core.undecided == 0 {
            self.core.phase = Phase::Closed;
        }
    }

    pub(super) fn outcome(&self, setting: &Setting) -> Outcome {
        let lots: Vec<LotResult> = self.lots.iter().map(LotState::result).collect();
        Outcome {
            auction: setting.auction,
            // As many as the terms have, which is within the bound.
            lots: List::new(lots).unwrap_or_default(),
            accounts: self.ledger.accounts(),
        }
    }
}
