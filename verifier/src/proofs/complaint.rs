//! Complaint: `log_K P_j = log_R S`, so `S` opens the padding of the share that dealer `i` gave
//! member `j` (section 7).

use talea_protocol::{bytes::Point, labels, setup::CompactProof};

use super::{ProofError, point, same_challenge, scalar};
use crate::{
    fiat_shamir::{Context, ProofTranscript},
    group::{bases, combine2, encode},
};

/// The parties of a complaint, and its statement.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// Group index, from 0.
    pub group: u16,
    /// The complainer's index `j`, from 1.
    pub member: u16,
    /// The accused dealer's index `i`, from 1.
    pub dealer: u16,
    /// `P_j`.
    pub encryption_key: Point,
    /// `R_i`.
    pub ephemeral: Point,
    /// `S`.
    pub shared: Point,
}

/// Checks the proof of a complaint.
///
/// # Errors
/// [`ProofError`] if an encoding is not canonical or the challenge differs.
pub fn verify(
    context: &Context,
    statement: &Statement,
    proof: &CompactProof,
) -> Result<(), ProofError> {
    let p = point(&statement.encryption_key, || "the encryption key".into())?;
    let r = point(&statement.ephemeral, || "the ephemeral key".into())?;
    let s = point(&statement.shared, || "the shared point".into())?;
    let c = scalar(&proof.challenge, || "the proof's challenge".into())?;
    let z = scalar(&proof.response, || "the proof's response".into())?;

    let bases = bases();
    let mut t = ProofTranscript::begin(labels::KIND_COMPLAINT, context);
    t.point(b"key-base", &bases.k_wire);
    t.integer(b"group", statement.group);
    t.integer(b"member", statement.member);
    t.integer(b"dealer", statement.dealer);
    t.point(b"encryption-key", &statement.encryption_key);
    t.point(b"ephemeral", &statement.ephemeral);
    t.point(b"shared", &statement.shared);
    // A1 = z*K - c*P_j, A2 = z*R_i - c*S
    t.point(b"announcement", &encode(&combine2(&z, &bases.k, &-c, &p)));
    t.point(b"announcement", &encode(&combine2(&z, &r, &-c, &s)));
    same_challenge(&t.challenge(b"challenge"), &c)
}
