//! Endorsements of the transcript, and keyholders' vouches for what it does not show. Section 10.

use super::{Phase, state::State};
use crate::{
    lot::Absent,
    refusal::{Fault, Refusal, require_digest, require_number},
    setting::Setting,
};
use alloc::collections::BTreeSet;
use talea_protocol::{
    bytes::PartyKey,
    check::Check,
    commitment::BidId,
    outcome::{Ending, VoidCause},
    quorum::KeyholderId,
    ranking::{Duty, Endorsement, Vouch},
};

impl State {
    pub(super) fn endorse(
        &mut self,
        setting: &Setting,
        signer: PartyKey,
        endorsement: &Endorsement,
    ) -> Result<(), Refusal> {
        let (keyholder, keys) = self.keyholder(setting, signer)?;
        let rounds = (self.core.round.number, endorsement.round);
        require_number(Check::EndorseHead, "the round", rounds)?;
        let are_missing = endorsement.attested.iter().all(|bid| self.is_missing(bid));
        self.endorsing.endorse(&keys, keyholder, endorsement, are_missing)
    }

    pub(super) fn is_endorsed(&self) -> bool {
        self.ceremony.keys().is_some_and(|keys| self.endorsing.is_complete(&keys))
    }

    /// Decides, by what is endorsed, which bids are active and which lapsed.
    pub(super) fn settle_bids(&mut self, setting: &Setting) {
        let (round, keys) = (self.core.round.number, self.ceremony.keys());
        for lot in self.undecided(setting) {
            let endorsing = &self.endorsing;
            self.lots.bids.settle(lot, round, |bidder| {
                let bid = BidId { lot, round, bidder: *bidder };
                keys.as_deref().is_some_and(|keys| endorsing.attest(setting, keys, &bid))
            });
        }
        self.core.open = 0;
    }

    pub(super) fn give_up_endorsing(&mut self, setting: &Setting) {
        self.settle_bids(setting);
        let absent = self.ceremony.keys().map(|keys| {
            let excluded = self.endorsing.late(&keys);
            Absent { excused: self.endorsing.excused(setting, &keys, &excluded), excluded }
        });
        self.end_lots(setting, &absent.unwrap_or_default(), |bids, lot| {
            Some(match bids.ranked(lot).next() {
                Some(_) => Ending::Void(VoidCause::Endorsement),
                None => Ending::Unsold,
            })
        });
    }

    pub(super) fn vouch(
        &mut self,
        setting: &Setting,
        signer: PartyKey,
        vouch: &Vouch,
    ) -> Result<(), Refusal> {
        let (keyholder, keys) = self.keyholder(setting, signer)?;
        require_number(Check::VouchDue, "the round", (self.core.round.number, vouch.round))?;
        require_digest(Check::VouchDue, "the head", (self.endorsing.head(), vouch.head))?;
        match (self.core.phase, vouch.duty) {
            (Phase::Endorsing, Duty::Endorsement) => self.endorsing.vouch(&keys, keyholder, vouch),
            (Phase::Ranking, Duty::Chunk { lot, step, chunk }) => {
                let around = self.around(setting, &keys);
                self.lots.vouch(around, keyholder, vouch, (lot, step, chunk))
            }
            _ => {
                let rule = "a vouch must be for a post that is due in this phase";
                Err(Fault::Broken { rule }.fails(Check::VouchDue))
            }
        }
    }

    pub(super) fn late(&self, setting: &Setting, duty: Duty) -> BTreeSet<KeyholderId> {
        let Some(keys) = self.ceremony.keys() else { return BTreeSet::new() };
        match (self.core.phase, duty) {
            (Phase::Endorsing, Duty::Endorsement) => self.endorsing.late(&keys),
            (Phase::Ranking, Duty::Chunk { lot, step, chunk }) => {
                self.lots.late(self.around(setting, &keys), (lot, step, chunk))
            }
            _ => BTreeSet::new(),
        }
    }
}
