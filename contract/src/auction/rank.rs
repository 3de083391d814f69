//! The work of keyholders on every lot. Section 11.

use super::state::{State, line};
use crate::{
    lot::{Absent, Moment},
    rank::{roster::Surroundings, work::Post},
    refusal::Refusal,
    setting::Setting,
    setup::QuorumKeys,
};
use alloc::vec::Vec;
use talea_protocol::bytes::PartyKey;

impl State {
    pub(super) fn rank(
        &mut self,
        setting: &Setting,
        slot: u64,
        signer: PartyKey,
        post: Post,
    ) -> Result<Option<u32>, Refusal> {
        let (keyholder, keys) = self.keyholder(setting, signer)?;
        let around = self.around(setting, &keys);
        let lot = post.header().lot;
        self.lots.accept(around, (keyholder, signer), &post, slot)?;
        Ok(Some(lot))
    }

    /// What the steps of every lot need to know.
    pub(super) fn around<'a>(
        &self,
        setting: &'a Setting,
        keys: &'a QuorumKeys,
    ) -> Surroundings<'a> {
        Surroundings { setting, keys, round: self.core.round.number, head: self.endorsing.head() }
    }

    /// Goes on with a lot if its step is complete.
    pub(super) fn proceed_with_lot(&mut self, setting: &Setting, slot: u64, lot: u32) {
        let Some(line) = line(setting, lot) else { return };
        let ending = self.lots.proceed(Moment { setting, line, lot, slot });
        let endings = ending.map(|ending| (lot, ending)).into_iter().collect();
        self.end(setting, endings, &Absent::default());
        self.close_round(setting, slot);
    }

    /// Lets every lot's step or decision whose deadline is before `slot` time out.
    pub(super) fn time_out_lots(&mut self, setting: &Setting, slot: u64) {
        let Some(keys) = self.ceremony.keys() else { return };
        let around = self.around(setting, &keys);
        let mut endings = Vec::new();
        for lot in self.lots.expired(slot) {
            let Some(line) = line(setting, lot) else { continue };
            let ending = self.lots.time_out(around, Moment { setting, line, lot, slot });
            endings.extend(ending.map(|ending| (lot, ending)));
        }
        self.end(setting, endings, &Absent::default());
        self.close_round(setting, slot);
    }
}
