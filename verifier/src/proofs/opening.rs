//! Opening: `C` is a commitment to `v`, or whoever made the proof knows the auditor's secret (section 20).

use curve25519_dalek::{scalar::Scalar, traits::IsIdentity as _};
use talea_protocol::{
    bytes::{Digest, Point},
    labels,
    opening::{AuditorKey, OpeningProof},
    price::Level,
};

use super::{ProofError, point, same_challenge, scalar};
use crate::{
    fiat_shamir::{Context, ProofTranscript},
    group::{bases, combine2, encode},
};

/// What is said to be opened, and to whom.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// `C`, as the transcript has it.
    pub commitment: Point,
    /// `v`.
    pub level: Level,
    /// The reader's own key.
    pub auditor: &'a AuditorKey,
}

/// Checks an opening in the context of its bid. It convinces only the auditor whose key it names.
///
/// # Errors
/// [`ProofError`] if `A` is `O`, an encoding is not canonical, or the challenge differs.
pub fn verify(
    context: &Context,
    statement: &Statement<'_>,
    proof: &OpeningProof,
) -> Result<(), ProofError> {
    let Statement { commitment, level, auditor } = statement;
    let c = point(commitment, || "the commitment".into())?;
    let a = point(&auditor.point, || "the auditor's key".into())?;
    if a.is_identity() {
        return Err(ProofError::Identity("the auditor's key".into()));
    }
    let c_1 = scalar(&proof.bidder.challenge, || "the bidder's challenge".into())?;
    let z_1 = scalar(&proof.bidder.response, || "the bidder's response".into())?;
    let c_2 = scalar(&proof.auditor.challenge, || "the auditor's challenge".into())?;
    let z_2 = scalar(&proof.auditor.response, || "the auditor's response".into())?;

    let bases = bases();
    let mut t = ProofTranscript::begin(labels::KIND_OPENING, context);
    t.point(b"value-base", &bases.g_wire);
    t.point(b"blinding-base", &bases.h_wire);
    t.point(b"key-base", &bases.k_wire);
    t.point(b"commitment", commitment);
    t.integer(b"level", level.0);
    t.point(b"auditor", &auditor.point);
    t.digest(b"recipient", &Digest(auditor.recipient.0));
    t.scalar(b"possession-challenge", &auditor.possession.challenge);
    t.scalar(b"possession-response", &auditor.possession.response);
    // T_1 = z_1*H - c_1*(C - v*G)
    let d = c - bases.g * Scalar::from(level.0);
    t.point(b"bidder-announcement", &encode(&combine2(&z_1, &bases.h, &-c_1, &d)));
    // T_2 = z_2*K - c_2*A
    t.point(b"auditor-announcement", &encode(&combine2(&z_2, &bases.k, &-c_2, &a)));
    // c_1 + c_2 = c
    same_challenge(&t.challenge(b"challenge"), &(c_1 + c_2))
}
