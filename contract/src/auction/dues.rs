//! What is due of a keyholder.

use super::{Due, Phase, state::State};
use crate::{
    refusal::{Fault, Refusal},
    setting::Setting,
    setup,
    setup::QuorumKeys,
};
use alloc::{sync::Arc, vec::Vec};
use talea_protocol::{
    bytes::PartyKey,
    check::Check,
    quorum::KeyholderId,
    ranking::{Duty, RankHeader},
};

impl State {
    /// The keyholder who signs with this key, if it has a share, and the quorum's keys.
    pub(super) fn keyholder(
        &self,
        setting: &Setting,
        signer: PartyKey,
    ) -> Result<(KeyholderId, Arc<QuorumKeys>), Refusal> {
        let role = Fault::WrongRole { signer, needed: "a keyholder" };
        setup::keyholder_of(&setting.terms.quorum, &signer)
            .zip(self.ceremony.keys())
            .filter(|(id, keys)| keys.share_keys.contains_key(id))
            .ok_or(role.fails(Check::EnvelopeRole))
    }

    pub(super) fn dues(&self, setting: &Setting, keyholder: KeyholderId) -> Vec<Due> {
        let Some(keys) = self.ceremony.keys() else {
            return Vec::new();
        };
        let (round, head) = (self.core.round.number, self.endorsing.head());
        match self.core.phase {
            Phase::Endorsing => {
                let endorse = Due::Endorse { round, head };
                let is_wanted = self.endorsing.wants(&keys, keyholder);
                if is_wanted { alloc::vec![endorse] } else { Vec::new() }
            }
            Phase::Ranking => {
                let tasks = self.lots.tasks(self.around(setting, &keys), keyholder).into_iter();
                tasks
                    .map(|((lot, step, chunk), task)| {
                        let header = RankHeader { lot, round, step, chunk, head };
                        Due::Rank { header, task }
                    })
                    .collect()
            }
            Phase::Deals
            | Phase::Complaints
            | Phase::Reserves
            | Phase::Commits
            | Phase::Reveals
            | Phase::Closed => Vec::new(),
        }
    }

    pub(super) fn duties(&self) -> Vec<Duty> {
        if self.core.phase == Phase::Endorsing {
            return alloc::vec![Duty::Endorsement];
        }
        let waiting = self.lots.waiting().into_iter();
        waiting.map(|(lot, step, chunk)| Duty::Chunk { lot, step, chunk }).collect()
    }
}
