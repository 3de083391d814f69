//! Proofs verified ahead: a board with several cores verifies the proofs of commits that wait while it applies those
//! before them.
//!
//! What is verified ahead is what [`Auction::apply`](crate::Auction::apply) verifies, by the same function, and it
//! counts for that alone. A [`Verified`] names the whole claim: the auction, the place, the bidder, the statement and
//! the proof. If anything of it is another by the time the commit is applied (the round, the key, the active bid), the
//! claim is another, and is verified then. Every other check is made when the commit is applied.

use crate::{
    fiat_shamir::Context,
    proofs::range::{self, Claim, Statement},
    setting::Setting,
};
use alloc::sync::Arc;
use talea_protocol::{bytes::Digest, commitment::RangeProof};

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
