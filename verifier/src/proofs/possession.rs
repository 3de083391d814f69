//! Possession: a dealer knows `log_K Y`, `Y` its constant term or its ephemeral key (section 7).

use curve25519_dalek::traits::IsIdentity as _;
use talea_protocol::{
    bytes::{Point, Scalar as WireScalar},
    labels,
    setup::CompactProof,
};

use super::{ProofError, point, same_challenge, scalar};
use crate::{
    fiat_shamir::{Context, ProofTranscript},
    group::{bases, combine2, encode},
};

/// Which logarithm is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// `Y = A_0`.
    Constant,
    /// `Y = R`.
    Ephemeral,
}

/// The whole deal: both proofs are bound to all of it.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// Group index, from 0.
    pub group: u16,
    /// The dealer's index, from 1.
    pub member: u16,
    /// `P_j` of every member.
    pub encryption_keys: &'a [Point],
    /// `A_c`, as many as the threshold.
    pub commitments: &'a [Point],
    /// `R`.
    pub ephemeral: Point,
    /// The padded shares of the other members.
    pub shares: &'a [WireScalar],
}

/// Checks one of the two proofs of a deal.
///
/// # Errors
/// [`ProofError`] if `Y` is `O`, an encoding is not canonical, or the challenge differs.
pub fn verify(
    context: &Context,
    of: Of,
    statement: &Statement<'_>,
    proof: &CompactProof,
) -> Result<(), ProofError> {
    let (kind, name, y) = match of {
        Of::Constant => {
            let constant = statement.commitments.first().copied();
            (labels::KIND_CONSTANT, "the constant term", constant.unwrap_or(Point::IDENTITY))
        }
        Of::Ephemeral => (labels::KIND_EPHEMERAL, "the ephemeral key", statement.ephemeral),
    };
    for key in statement.encryption_keys {
        point(key, || format!("encryption key {key}"))?;
    }
    for commitment in statement.commitments {
        point(commitment, || format!("commitment {commitment}"))?;
    }
    for share in statement.shares {
        scalar(share, || format!("share {share}"))?;
    }
    point(&statement.ephemeral, || "the ephemeral key".into())?;
    let y = point(&y, || name.into())?;
    if y.is_identity() {
        return Err(ProofError::Identity(name.into()));
    }
    let c = scalar(&proof.challenge, || "the proof's challenge".into())?;
    let z = scalar(&proof.response, || "the proof's response".into())?;

    let bases = bases();
    let mut t = ProofTranscript::begin(kind, context);
    t.point(b"key-base", &bases.k_wire);
    t.integer(b"group", statement.group);
    t.integer(b"member", statement.member);
    t.integer(b"members", statement.encryption_keys.len());
    for key in statement.encryption_keys {
        t.point(b"encryption-key", key);
    }
    t.integer(b"threshold", statement.commitments.len());
    for commitment in statement.commitments {
        t.point(b"commitment", commitment);
    }
    t.point(b"ephemeral", &statement.ephemeral);
    t.integer(b"shares", statement.shares.len());
    for share in statement.shares {
        t.scalar(b"share", share);
    }
    // A = z*K - c*Y
    t.point(b"announcement", &encode(&combine2(&z, &bases.k, &-c, &y)));
    same_challenge(&t.challenge(b"challenge"), &c)
}
