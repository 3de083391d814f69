//! Knowledge of an auditor's secret (spec section 20).
//!
//! An auditor could make any opening to itself, so an opening to it convinces nobody else. That holds only if
//! the auditor knows its secret: to a key whose logarithm nobody knows, an opening would be a proof for
//! everybody. The age recipient is bound too, so that nobody has files for another auditor encrypted to itself.
//!
//! No instruction carries this proof. The contract on a chain never calls it.

use super::{ProofFault, announcement};
use crate::{
    fiat_shamir::{Context, FiatShamir},
    group::{Generators, decode_point, decode_scalar},
};
use curve25519_dalek::traits::IsIdentity as _;
use talea_protocol::{
    bytes::{Digest, PartyKey, Point},
    labels,
    opening::{AuditorKey, Recipient},
    setup::CompactProof,
    terms::AuctionId,
};

/// An auditor's key belongs to no auction and to no party of one.
pub const CONTEXT: Context =
    Context { auction: AuctionId([0; 32]), lot: 0, round: 0, step: 0, signer: PartyKey([0; 32]) };

/// A key without its proof.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// `A`.
    pub point: &'a Point,
    /// To what files are encrypted for this auditor.
    pub recipient: &'a Recipient,
}

impl Statement<'_> {
    /// Absorbs the statement, in the order of the spec.
    pub fn absorb(&self, fs: &mut FiatShamir, gens: &Generators) {
        let Self { point, recipient } = self;
        fs.element(b"key-base", &gens.key);
        fs.point(b"auditor", point);
        fs.digest(b"recipient", &Digest(recipient.0));
    }
}

/// Verifies that somebody knows `a` with `A = a*K`, and that `A` is not `O`.
///
/// # Errors
/// The fault that was found first.
pub fn verify(gens: &Generators, key: &AuditorKey) -> Result<(), ProofFault> {
    let AuditorKey { point, recipient, possession: CompactProof { challenge, response } } = key;
    let image = decode_point(point).ok_or(ProofFault::NotCanonical)?;
    let challenge = decode_scalar(challenge).ok_or(ProofFault::NotCanonical)?;
    let response = decode_scalar(response).ok_or(ProofFault::NotCanonical)?;
    if image.is_identity() {
        return Err(ProofFault::Identity);
    }
    let mut fs = FiatShamir::begin(labels::KIND_AUDITOR, &CONTEXT);
    Statement { point, recipient }.absorb(&mut fs, gens);
    // T = z*K - c*A
    fs.element(b"announcement", &announcement(&response, &gens.key, &challenge, &image));
    ProofFault::unless(fs.challenge(b"challenge") == challenge)
}
