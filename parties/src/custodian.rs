//! The custodian: a settlement bank, or the chain adapter that saw the coins arrive.

use crate::identity::{Identity, TooLarge};
use talea_protocol::{
    bytes::PartyKey,
    instruction::{Fund, Instruction},
    terms::AuctionId,
};

/// Reports money that it locked, counting its own instructions.
pub struct Custodian {
    identity: Identity,
    next_sequence: u64,
}

impl Custodian {
    /// A custodian at its first instruction.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self::resume(identity, 0)
    }

    /// A custodian whose next instruction is this one, from 0.
    #[must_use]
    pub fn resume(identity: Identity, next_sequence: u64) -> Self {
        Self { identity, next_sequence }
    }

    /// Its public key.
    #[must_use]
    pub fn party(&self) -> PartyKey {
        self.identity.party()
    }

    /// "I locked `amount` units for `party`."
    ///
    /// # Errors
    /// [`TooLarge`] never, at this size.
    pub fn fund(
        &mut self,
        auction: &AuctionId,
        party: PartyKey,
        amount: u64,
    ) -> Result<Vec<u8>, TooLarge> {
        let fund = Fund { sequence: self.next_sequence, party, amount };
        self.next_sequence += 1;
        self.identity.sign(auction, &Instruction::Fund(fund))
    }
}
