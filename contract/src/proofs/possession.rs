//! Knowledge of a discrete logarithm over the key base, for a dealer's deal (spec section 7, S3 and
//! S4).
//!
//! Without the first proof a dealer that posts last could choose its constant term against the
//! others'. Without the second it could re-randomise an honest dealer's ephemeral key as its own
//! and have the recipient's honest complaint decrypt the honest share. Both are bound to the whole
//! deal, so no part of it can be reused in another.

use super::{ProofFault, announcement};
use crate::{
    fiat_shamir::{Context, FiatShamir},
    group::{Generators, decode_point, decode_scalar},
};
use curve25519_dalek::traits::IsIdentity as _;
use talea_protocol::{
    bytes::{Point, Scalar as WireScalar},
    labels,
    setup::CompactProof,
};

/// Which of a deal's two secrets is proved to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secret {
    /// `a_0`: `Y = A_0`.
    Constant,
    /// `r`: `Y = R`.
    Ephemeral,
}

impl Secret {
    /// The proof's kind.
    #[must_use]
    pub fn kind(self) -> &'static [u8] {
        match self {
            Self::Constant => labels::KIND_CONSTANT,
            Self::Ephemeral => labels::KIND_EPHEMERAL,
        }
    }
}

/// A deal, as on the wire. S2 has found its lengths right and all of it canonical.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// Index of the group, from 0.
    pub group: u16,
    /// Index of the dealer within it, from 1.
    pub member: u16,
    /// `P_j` of all members of the group, in index order.
    pub encryption_keys: &'a [Point],
    /// `A_c`, one for each of the threshold's coefficients.
    pub commitments: &'a [Point],
    /// `R`.
    pub ephemeral: &'a Point,
    /// The padded shares of the other members, in index order.
    pub shares: &'a [WireScalar],
}

impl Statement<'_> {
    /// Absorbs the statement, in the order of the spec.
    pub fn absorb(&self, fs: &mut FiatShamir, gens: &Generators) {
        let Self { group, member, encryption_keys, commitments, ephemeral, shares } = self;
        fs.element(b"key-base", &gens.key);
        fs.integer(b"group", *group);
        fs.integer(b"member", *member);
        fs.count(b"members", encryption_keys.len());
        for key in *encryption_keys {
            fs.point(b"encryption-key", key);
        }
        fs.count(b"threshold", commitments.len());
        for commitment in *commitments {
            fs.point(b"commitment", commitment);
        }
        fs.point(b"ephemeral", ephemeral);
        fs.count(b"shares", shares.len());
        for share in *shares {
            fs.scalar(b"share", share);
        }
    }

    /// `Y`, whose logarithm is proved to be known; nothing if the deal has no such point.
    #[must_use]
    pub fn image(&self, secret: Secret) -> Option<&Point> {
        match secret {
            Secret::Constant => self.commitments.first(),
            Secret::Ephemeral => Some(self.ephemeral),
        }
    }
}

/// Verifies that the dealer knows `y` with `Y = y*K`, and that `Y` is not `O`.
///
/// # Errors
/// The fault that was found first.
pub fn verify(
    gens: &Generators,
    context: &Context,
    statement: &Statement<'_>,
    secret: Secret,
    proof: &CompactProof,
) -> Result<(), ProofFault> {
    let image = statement.image(secret).ok_or(ProofFault::Length { expected: 1, actual: 0 })?;
    let image = decode_point(image).ok_or(ProofFault::NotCanonical)?;
    let challenge = decode_scalar(&proof.challenge).ok_or(ProofFault::NotCanonical)?;
    let response = decode_scalar(&proof.response).ok_or(ProofFault::NotCanonical)?;
    if image.is_identity() {
        return Err(ProofFault::Identity);
    }
    let mut fs = FiatShamir::begin(secret.kind(), context);
    statement.absorb(&mut fs, gens);
    // A = z*K - c*Y
    fs.element(b"announcement", &announcement(&response, &gens.key, &challenge, &image));
    ProofFault::unless(fs.challenge(b"challenge") == challenge)
}
