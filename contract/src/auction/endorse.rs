//! Endorsements of the transcript, and keyholders' vouches for what it does not show. Section 10.

use super::{
    Phase,
    state::{State, index},
};
use crate::{
    lot::{Absent, LotPhase, LotState},
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
        let (round, endorsing, keys) =
            (self.core.round.number, &self.endorsing, self.ceremony.keys());
        let keys = keys.as_deref();
        for (lot, state) in (0u32..).zip(self.lots.iter_mut()) {
            state.bids.settle(round, |bidder| {
                let bid = BidId { lot, round, bidder: *bidder };
                keys.is_some_and(|keys| endorsing.attest(setting, keys, &bid))
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
        self.end_lots(setting, &absent.unwrap_or_default(), |state| {
            Some(match state.bids.ranked().next() {
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
        let not_due = |rule| Fault::Broken { rule }.fails(Check::VouchDue);
        match (self.core.phase, vouch.duty) {
            (Phase::Endorsing, Duty::Endorsement) => self.endorsing.vouch(&keys, keyholder, vouch),
            (Phase::Ranking, Duty::Chunk { lot, step, chunk }) => {
                let around = self.around(setting, &keys);
                let phase = self.lots.get_mut(index(lot)).map(|state| &mut state.phase);
                let Some(LotPhase::Ranking(ranking)) = phase else {
                    return Err(not_due("a vouch must be for a lot that is surveyed or ranked"));
                };
                ranking.vouch(around, keyholder, vouch, (step, chunk))
            }
            _ => Err(not_due("a vouch must be for a post that is due in this phase")),
        }
    }

    pub(super) fn late(&self, setting: &Setting, duty: Duty) -> BTreeSet<KeyholderId> {
        let Some(keys) = self.ceremony.keys() else { return BTreeSet::new() };
        match (self.core.phase, duty) {
            (Phase::Endorsing, Duty::Endorsement) => self.endorsing.late(&keys),
            (Phase::Ranking, Duty::Chunk { lot, step, chunk }) => {
                let ranking = self.lot(lot).and_then(LotState::ranking);
                let ranking = ranking.filter(|ranking| ranking.step_number() == step);
                let around = self.around(setting, &keys);
                ranking.map(|ranking| ranking.late(around, chunk)).unwrap_or_default()
            }
            _ => BTreeSet::new(),
        }
    }
}
