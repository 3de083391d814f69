//! The work of keyholders on every lot. Section 11.

use super::state::{State, index};
use crate::{
    lot::{Absent, LotPhase, LotState},
    rank::{Ranking, roster::Surroundings, step::Post},
    refusal::{Fault, Refusal},
    setting::Setting,
    setup::QuorumKeys,
};
use alloc::collections::BTreeMap;
use talea_protocol::{bytes::PartyKey, check::Check, outcome::Ending, terms::Lot};

impl State {
    pub(super) fn rank(
        &mut self,
        setting: &Setting,
        slot: u64,
        signer: PartyKey,
        post: Post,
    ) -> Result<(), Refusal> {
        let (keyholder, keys) = self.keyholder(setting, signer)?;
        let lot = post.header().lot;
        let unknown = Fault::Unknown { what: "lot being ranked" }.fails(Check::RankPlace);
        let around = self.around(setting, &keys);
        let phase = self.lots.get_mut(index(lot)).map(|state| &mut state.phase);
        let Some(LotPhase::Ranking(ranking)) = phase else {
            return Err(unknown);
        };
        ranking.accept(around, (keyholder, signer), post, slot)
    }

    /// The lots that are being surveyed or ranked.
    pub(super) fn rankings(&self) -> impl Iterator<Item = (u32, &Ranking)> {
        (0u32..).zip(self.lots.iter()).filter_map(|(lot, state)| Some((lot, state.ranking()?)))
    }

    /// What the steps of every lot need to know.
    pub(super) fn around<'a>(
        &self,
        setting: &'a Setting,
        keys: &'a QuorumKeys,
    ) -> Surroundings<'a> {
        Surroundings { setting, keys, round: self.core.round.number, head: self.endorsing.head() }
    }

    pub(super) fn each_lot(
        &mut self,
        setting: &Setting,
        slot: u64,
        mut visit: impl FnMut(Surroundings<'_>, &mut LotState, &Lot) -> Option<Ending>,
    ) {
        let Some(keys) = self.ceremony.keys() else {
            return;
        };
        let around = self.around(setting, &keys);
        let mut endings = BTreeMap::new();
        let lots = (0u32..).zip(self.lots.iter_mut()).zip(setting.terms.lots.iter());
        for ((lot, state), line) in lots.filter(|((_, state), _)| state.ending.is_none()) {
            endings.extend(visit(around, state, line).map(|ending| (lot, ending)));
        }
        self.end(setting, endings, &Absent::default());
        self.close_round(setting, slot);
    }

    pub(super) fn proceed_with_lots(&mut self, setting: &Setting, slot: u64) {
        self.each_lot(setting, slot, |around, state, line| match &mut state.phase {
            LotPhase::Ranking(ranking) => {
                let conclusion = ranking.proceed(around, line, slot)?;
                state.conclude(conclusion, setting, slot)
            }
            LotPhase::Idle | LotPhase::Surveyed | LotPhase::Deciding { .. } => None,
        });
    }

    /// Lets every lot's step or decision whose deadline is before `slot` time out.
    pub(super) fn time_out_lots(&mut self, setting: &Setting, slot: u64) {
        self.each_lot(setting, slot, |around, state, _| {
            let expires = state.deadline().is_some_and(|deadline| deadline < slot);
            match &mut state.phase {
                LotPhase::Ranking(ranking) if expires => {
                    let conclusion = ranking.time_out(around, slot)?;
                    state.conclude(conclusion, setting, slot)
                }
                // Silence accepts.
                LotPhase::Deciding { award, .. } if expires => Some(Ending::Sold(award.clone())),
                LotPhase::Idle
                | LotPhase::Ranking(_)
                | LotPhase::Surveyed
                | LotPhase::Deciding { .. } => None,
            }
        });
    }
}
