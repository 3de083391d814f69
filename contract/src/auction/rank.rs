//! The work of keyholders on every lot. Section 11.

use super::state::{State, line};
use crate::{
    lot::{Absent, Lots, Moment},
    rank::{roster::Surroundings, step::Post},
    refusal::Refusal,
    setting::Setting,
    setup::QuorumKeys,
};
use alloc::collections::BTreeMap;
use talea_protocol::{bytes::PartyKey, outcome::Ending};

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
        self.lots.accept(around, (keyholder, signer), post, slot)?;
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

    /// Does something to each of these lots, and whatever follows from that.
    fn each_lot(
        &mut self,
        setting: &Setting,
        slot: u64,
        lots: impl IntoIterator<Item = u32>,
        visit: impl Fn(&mut Lots, Surroundings<'_>, Moment<'_>) -> Option<Ending>,
    ) {
        let Some(keys) = self.ceremony.keys() else {
            return;
        };
        let around = self.around(setting, &keys);
        let mut endings = BTreeMap::new();
        for lot in lots {
            let Some(line) = line(setting, lot) else { continue };
            let at = Moment { setting, line, lot, slot };
            endings.extend(visit(&mut self.lots, around, at).map(|ending| (lot, ending)));
        }
        self.end(setting, endings, &Absent::default());
        self.close_round(setting, slot);
    }

    pub(super) fn proceed_with_lot(&mut self, setting: &Setting, slot: u64, lot: u32) {
        self.each_lot(setting, slot, [lot], Lots::proceed);
    }

    /// Lets every lot's step or decision whose deadline is before `slot` time out.
    pub(super) fn time_out_lots(&mut self, setting: &Setting, slot: u64) {
        self.each_lot(setting, slot, self.lots.expired(slot), Lots::time_out);
    }
}
