//! Auditor: somebody knows `log_K A`, `A` an auditor's key (section 20).

use curve25519_dalek::traits::IsIdentity as _;
use talea_protocol::{
    bytes::{Digest, PartyKey},
    labels,
    opening::AuditorKey,
    terms::AuctionId,
};

use super::{ProofError, point, same_challenge, scalar};
use crate::{
    fiat_shamir::{Context, ProofTranscript},
    group::{bases, combine2, encode},
};

/// Of no auction and no party.
const NOWHERE: Context =
    Context { auction: AuctionId([0; 32]), lot: 0, round: 0, step: 0, signer: PartyKey([0; 32]) };

/// Checks the proof in an auditor's key.
///
/// # Errors
/// [`ProofError`] if `A` is `O`, an encoding is not canonical, or the challenge differs.
pub fn verify(key: &AuditorKey) -> Result<(), ProofError> {
    let a = point(&key.point, || "the auditor's key".into())?;
    if a.is_identity() {
        return Err(ProofError::Identity("the auditor's key".into()));
    }
    let c = scalar(&key.possession.challenge, || "the possession's challenge".into())?;
    let z = scalar(&key.possession.response, || "the possession's response".into())?;

    let bases = bases();
    let mut t = ProofTranscript::begin(labels::KIND_AUDITOR, &NOWHERE);
    t.point(b"key-base", &bases.k_wire);
    t.point(b"auditor", &key.point);
    t.digest(b"recipient", &Digest(key.recipient.0));
    // T = z*K - c*A
    t.point(b"announcement", &encode(&combine2(&z, &bases.k, &-c, &a)));
    same_challenge(&t.challenge(b"challenge"), &c)
}
