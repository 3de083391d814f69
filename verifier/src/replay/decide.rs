//! The seller's word on a lot that has an award (section 11, Acceptance; **D1**).
//!
//! While a lot waits its bonds and deposits stay locked, and no keyholder has anything due.

use talea_protocol::{
    check::Check,
    outcome::{Award, Ending},
    ranking::Decision,
};

use super::Replay;
use crate::failure::Stop;

/// A lot that was ranked and waits for the seller's word.
#[derive(Debug)]
pub(crate) struct Waiting {
    award: Award,
    /// The last slot for a word. Silence accepts.
    pub(crate) deadline: u64,
}

const NOT_WAITING: Stop = Stop::Internal("a lot that waits for a decision has no award");

impl Replay {
    /// A lot's ranking ended at `slot` with an award.
    pub(crate) fn awarded(&mut self, lot: usize, slot: u64, award: Award) -> Result<(), Stop> {
        let Some(acceptance) = self.facts.terms.acceptance else {
            return self.close_lot(lot, Ending::Sold(award));
        };
        let deadline = slot.saturating_add(acceptance.slots);
        self.lot_mut(lot)?.waiting = Some(Waiting { award, deadline });
        Ok(())
    }

    /// **D1**. Gives the lot, and whether it sells.
    pub(crate) fn decide(&mut self, decision: Decision) -> Result<(usize, bool), Stop> {
        let lot = usize::try_from(decision.lot).unwrap_or(usize::MAX);
        let waits = self.lots.get(lot).is_some_and(|state| state.waiting.is_some());
        self.docket.require(Check::DecisionDue, waits, || {
            format!("lot {} is not waiting for a decision", decision.lot)
        })?;
        Ok((lot, decision.accept))
    }

    /// After the seller's word, or the deadline for it.
    pub(crate) fn decided(&mut self, lot: usize, sells: bool) -> Result<(), Stop> {
        let Waiting { award, .. } = self.lot_mut(lot)?.waiting.take().ok_or(NOT_WAITING)?;
        let ending = if sells { Ending::Sold(award) } else { Ending::Declined(award) };
        self.close_lot(lot, ending)
    }
}
