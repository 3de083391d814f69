//! What is verified ahead: a board verifies signatures when instructions come, and with several cores the proofs of
//! commits that wait while it applies those before them.
//!
//! A [`Received`] holds the bytes whose signature was verified, and for which auction; it can be made in no other way.
//! What is verified ahead of a proof is what [`Auction::apply`](crate::Auction::apply) verifies, by the same function, and it
//! counts for that alone. A [`Verified`] names the whole claim: the auction, the place, the bidder, the statement and
//! the proof. If anything of it is another by the time the commit is applied (the round, the key, the active bid), the
//! claim is another, and is verified then. Every other check is made when the commit is applied.

use crate::{
    envelope::Opened,
    fiat_shamir::Context,
    proofs::range::{self, Claim, Statement},
    setting::Setting,
};
use alloc::sync::Arc;
use talea_protocol::{
    bytes::{Digest, PartyKey},
    commitment::RangeProof,
    instruction::Instruction,
    terms::AuctionId,
};

/// An instruction whose signature was verified. Whether the rules allow it is not checked.
#[derive(Debug)]
pub struct Received {
    pub(crate) auction: AuctionId,
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) opened: Opened,
}

impl Received {
    /// Who signed it.
    #[must_use]
    pub fn signer(&self) -> PartyKey {
        self.opened.signer
    }

    /// What it says.
    #[must_use]
    pub fn instruction(&self) -> &Instruction {
        &self.opened.instruction
    }

    /// The signed bytes.
    #[must_use]
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }
}

/// The claim of a commit, with everything that it takes to verify it.
#[derive(Clone, Debug)]
pub struct Ahead {
    setting: Arc<Setting>,
    context: Context,
    statement: Statement,
    proof: RangeProof,
}

/// That a claim was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified(Digest);

impl Ahead {
    pub(crate) fn new(setting: Arc<Setting>, claim: &Claim<'_>) -> Self {
        let Claim { context, statement, proof } = *claim;
        Self { setting, context, statement, proof: proof.clone() }
    }

    /// Verifies it; nothing if the proof fails. Then applying the commit says why.
    #[must_use]
    pub fn verify(&self) -> Option<Verified> {
        let Self { setting, context, statement, proof } = self;
        let claim = Claim { context: *context, statement: *statement, proof };
        range::verify(&setting.generators, claim).ok()?;
        Verified::of(&claim)
    }
}

impl Verified {
    /// The name of a claim. Without `..`: what is added to a claim is in its name, or does not compile.
    fn of(claim: &Claim<'_>) -> Option<Self> {
        let Claim { context, statement, proof } = claim;
        let Context { auction, lot, round, step, signer } = context;
        let Statement { levels, quorum_key, commitment, active } = statement;
        let place = (auction, lot, round, step, signer);
        let key = quorum_key.compress().to_bytes();
        let all = borsh::to_vec(&(place, levels, key, commitment, active, proof));
        Some(Self(Digest::of(&[&all.ok()?])))
    }

    /// Whether this is the claim that was verified.
    pub(crate) fn covers(&self, claim: &Claim<'_>) -> bool {
        Self::of(claim).as_ref() == Some(self)
    }
}
