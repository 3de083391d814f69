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
    store::Key as _,
};
use alloc::{collections::BTreeSet, vec::Vec};
use talea_protocol::{check::Check, commitment::BidId, outcome::Ending, sealed_bid::Reveals};

impl State {
    pub(super) fn reveal(&mut self, setting: &Setting, reveals: &Reveals) -> Result<(), Refusal> {
        let mut named = BTreeSet::new();
        let mut shown = Vec::new();
        let mut fresh: Vec<Opening<'_>> = Vec::new();
        for reveal in reveals.iter() {
            let twice = Fault::Already { what: "the instruction revealed this bid" };
            let BidId { lot, round, bidder } = reveal.bid;
            let mut bytes = Vec::new();
            (lot, round, bidder).write(&mut bytes);
            require(named.insert(bytes), Check::RevealCommit, twice)?;
            let bids = (&self.lots.bids, self.core.round.number);
            let bid = bids::check_seal(setting, bids, reveal)?;
            if bid.state == BidState::Open {
                let lot = line(setting, reveal.bid.lot);
                fresh.extend(lot.map(|lot| (lot, bid, reveal)));
            } else {
                // Revealed by another instruction, which may have copied it from this one.
                shown.push(reveal.bid.bidder);
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
        let fresh = fresh.into_iter().map(|(lot, _, reveal)| (lot, reveal.bid));
        let judged: Vec<_> = fresh.zip(judged).collect();
        let closed = u64::try_from(judged.len()).unwrap_or(u64::MAX);
        bids::close(setting, (&mut self.lots.bids, &mut self.seen), self.core.reveals, judged);
        self.core.reveals = self.core.reveals.saturating_add(1);
        self.core.open = self.core.open.saturating_sub(closed);
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
        for repeated in self.seen.take_repeated(self.core.reveals, &self.lots.bids.encodings) {
            if let Some(lot) = line(setting, repeated.lot) {
                self.lots.bids.invalidate(setting, lot, repeated);
            }
        }
        self.end_lots(setting, &Absent::default(), |bids, lot| {
            (bids.count(lot) == 0).then_some(Ending::Unsold)
        });
    }
}
