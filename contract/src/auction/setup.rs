//! The key ceremony: deals, complaints and their result. Section 7.

use super::{Phase, state::State};
use crate::{
    lot::Absent,
    refusal::{Fault, Refusal, require},
    setting::Setting,
    setup,
};
use talea_protocol::{
    bytes::PartyKey,
    check::Check,
    outcome::{Ending, VoidCause},
    quorum::KeyholderId,
    setup::{Complaint, Deal},
    terms::Terms,
};

impl State {
    pub(super) fn deal(
        &mut self,
        setting: &Setting,
        signer: PartyKey,
        deal: Deal,
    ) -> Result<(), Refusal> {
        let terms = &setting.terms;
        let dealer = member_of_quorum(setting, signer)?;
        let twice = Fault::Already { what: "the member dealt" };
        require(!self.ceremony.has_dealt(dealer), Check::DealOnce, twice)?;
        let bonds = bonds_of_all_lots(terms);
        self.ledger.require(signer, bonds, Check::DealOnce)?;
        let parties = (dealer, signer);
        self.ceremony.deal(&setting.generators, setting.auction, &terms.quorum, parties, deal)?;
        self.ledger.lock(signer, bonds);
        Ok(())
    }

    pub(super) fn complain(
        &mut self,
        setting: &Setting,
        signer: PartyKey,
        complaint: &Complaint,
    ) -> Result<(), Refusal> {
        let complainer = member_of_quorum(setting, signer)?;
        let role = Fault::WrongRole { signer, needed: "a member who dealt" };
        require(self.ceremony.has_dealt(complainer), Check::EnvelopeRole, role)?;
        self.ceremony.complain(
            &setting.generators,
            setting.auction,
            &setting.terms.quorum,
            (complainer, signer),
            complaint,
        )
    }

    pub(super) fn finish_setup(&mut self, setting: &Setting) {
        if self.ceremony.finish(&setting.terms.quorum) {
            self.core.phase = match setting.terms.reserve {
                Some(_) => Phase::Reserves,
                None => Phase::Commits,
            };
        } else {
            let void = Ending::Void(VoidCause::Setup);
            self.end_lots(setting, &Absent::default(), |_, _| Some(void.clone()));
        }
    }
}

fn member_of_quorum(setting: &Setting, signer: PartyKey) -> Result<KeyholderId, Refusal> {
    let role = Fault::WrongRole { signer, needed: "a member of the quorum" };
    setup::keyholder_of(&setting.terms.quorum, &signer).ok_or(role.fails(Check::EnvelopeRole))
}

/// T5 bounds the product.
fn bonds_of_all_lots(terms: &Terms) -> u64 {
    let lots = u64::try_from(terms.lots.len()).unwrap_or(u64::MAX);
    terms.stakes.bond.saturating_mul(lots)
}
