//! Sealed bids, and the end of their phase. Section 9.

use super::{
    Phase,
    state::{State, line},
};
use crate::{
    bids,
    bids::{BidState, Opening},
    lot::Absent,
    refusal::{Fault, Refusal, require},
    setting::Setting,
};
use alloc::{collections::BTreeSet, vec::Vec};
use talea_protocol::{check::Check, commitment::BidId, outcome::Ending, sealed_bid::Reveals};

impl State {
    pub(super) fn reveal(&mut self, setting: &Setting, reveals: &Reveals) -> Result<(), Refusal> {
        let mut named = BTreeSet::new();
        let mut shown = BTreeSet::new();
        let mut fresh: Vec<Opening<'_>> = Vec::new();
        for reveal in reveals.iter() {
            let twice = Fault::Already { what: "the instruction revealed this bid" };
            require(named.insert(reveal.bid), Check::RevealCommit, twice)?;
            let bids = (&self.lots.bids, self.core.round.number);
            let bid = bids::check_seal(setting, bids, reveal)?;
            if bid.state == BidState::Open {
                let lot = line(setting, reveal.bid.lot);
                fresh.extend(lot.map(|lot| (lot, bid, reveal)));
            } else {
                // Revealed by another instruction, which may have copied it from this one.
                shown.insert(reveal.bid.bidder);
            }
        }
        // Each bidder named must have an open bid: otherwise one open bid would let everybody's be recorded again.
        let stale = Fault::Unknown { what: "open bid of each bidder among these reveals" };
        shown.retain(|bidder| !fresh.iter().any(|(_, bid, _)| bid.bidder == *bidder));
        require(!fresh.is_empty() && shown.is_empty(), Check::RevealCommit, stale)?;
        let Some(quorum_key) = self.ceremony.key() else {
            return Ok(());
        };
        let judged = bids::judge(setting, &quorum_key, &fresh);
        let named: Vec<BidId> = fresh.iter().map(|(_, _, reveal)| reveal.bid).collect();
        for (bid, judged) in named.into_iter().zip(judged) {
            let weeded = judged.filter(|judged| bids::weed(&mut self.seen, judged));
            self.lots.bids.close(bid.lot, bid.bidder, weeded);
            self.core.open = self.core.open.saturating_sub(1);
        }
        Ok(())
    }

    pub(super) fn is_missing(&self, bid: &BidId) -> bool {
        let is_current = bid.round == self.core.round.number;
        is_current && self.lots.undecided(bid.lot).is_some() && self.lots.bids.is_missing(bid)
    }

    pub(super) fn has_open_commits(&self) -> bool {
        self.core.open > 0
    }

    /// Reveals closed at `slot`: by completion, or because its deadline had passed.
    pub(super) fn close_reveals(&mut self, setting: &Setting, slot: u64) {
        self.core.phase = Phase::Endorsing;
        let deadline = slot.saturating_add(setting.terms.schedule.endorse_slots);
        self.endorsing.open(self.core.head, deadline);
        if self.is_last_round(setting) {
            // Nothing of a unary encoding's randomness comes after.
            self.seen.randomness.forget();
        }
        self.end_lots(setting, &Absent::default(), |bids, lot| {
            (bids.count(lot) == 0).then_some(Ending::Unsold)
        });
    }
}
