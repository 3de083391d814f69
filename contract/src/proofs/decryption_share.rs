//! Decryption shares (partial decryptions) of one keyholder for a list of ciphertexts (spec section 11, K9).
//!
//! One secret, so one proof for all of them: the pairs are combined with weights that are drawn
//! after the last share. Never combine shares of different keyholders like this.

use super::{ProofFault, announcement};
use crate::{
    fiat_shamir::{Context, FiatShamir},
    group::{Generators, decode_point, decode_scalar},
};
use alloc::vec::Vec;
use core::iter;
use curve25519_dalek::{
    ristretto::RistrettoPoint,
    scalar::Scalar,
    traits::{IsIdentity as _, VartimeMultiscalarMul as _},
};
use talea_protocol::{
    bytes::{Digest, Point},
    labels,
    setup::CompactProof,
};

/// `D_k = x_j * R_k` for every `k`, with `Y_j = x_j * K`.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// The endorsed head.
    pub head: Digest,
    /// Index of the chunk, from 0.
    pub chunk: u32,
    /// `Y_j`, recomputed from the deals, never claimed.
    pub share_key: RistrettoPoint,
    /// `R_k`.
    pub randomness: &'a [RistrettoPoint],
    /// The encodings of `randomness`, which the caller has at hand.
    pub randomness_encoded: &'a [Point],
    /// `D_k`, as posted.
    pub shares: &'a [Point],
}

impl Statement<'_> {
    /// Absorbs the statement, in the order of the spec, and draws the weights `w_k` after it.
    pub fn absorb(&self, fs: &mut FiatShamir, gens: &Generators) -> Vec<Scalar> {
        let Self { head, chunk, share_key, randomness, randomness_encoded, shares } = self;
        fs.digest(b"head", head);
        fs.integer(b"chunk", *chunk);
        fs.element(b"key-base", &gens.key);
        fs.element(b"share-key", share_key);
        fs.count(b"count", randomness.len());
        for (randomness, share) in randomness_encoded.iter().zip(*shares) {
            fs.point(b"randomness", randomness);
            fs.point(b"decryption-share", share);
        }
        // w_1 = 1
        let others = randomness.len().saturating_sub(1);
        iter::once(Scalar::ONE)
            .chain(iter::repeat_with(|| fs.weight(b"weight")).take(others))
            .collect()
    }
}

/// `sum w_k P_k`, `w_1 = 1`, in variable time: weights and points are public, to provers too.
#[must_use]
pub fn combine(weights: &[Scalar], points: &[RistrettoPoint]) -> RistrettoPoint {
    let (Some((_, weights)), Some((first, points))) = (weights.split_first(), points.split_first())
    else {
        return RistrettoPoint::default();
    };
    // One point is on its own more often than not.
    if points.is_empty() {
        return *first;
    }
    first + RistrettoPoint::vartime_multiscalar_mul(weights, points)
}

/// Verifies all shares and gives them back decoded.
///
/// # Errors
/// The fault that was found first. An empty list is refused.
pub fn verify(
    gens: &Generators,
    context: &Context,
    statement: &Statement<'_>,
    proof: &CompactProof,
) -> Result<Vec<RistrettoPoint>, ProofFault> {
    let Statement { share_key, randomness, randomness_encoded, shares, .. } = statement;
    ProofFault::unless_complete(randomness.len(), shares.len())?;
    ProofFault::unless_length(randomness.len(), randomness_encoded.len())?;
    let decoded: Option<Vec<RistrettoPoint>> = shares.iter().map(decode_point).collect();
    let decoded = decoded.ok_or(ProofFault::NotCanonical)?;
    let challenge = decode_scalar(&proof.challenge).ok_or(ProofFault::NotCanonical)?;
    let response = decode_scalar(&proof.response).ok_or(ProofFault::NotCanonical)?;
    if iter::once(share_key).chain(*randomness).chain(&decoded).any(|point| point.is_identity()) {
        return Err(ProofFault::Identity);
    }

    let mut fs = FiatShamir::begin(labels::KIND_DECRYPTION_SHARE, context);
    let weights = statement.absorb(&mut fs, gens);
    // R~ = sum w_k R_k, D~ = sum w_k D_k
    let combined_randomness = combine(&weights, randomness);
    let combined_share = combine(&weights, &decoded);
    if combined_randomness.is_identity() {
        return Err(ProofFault::Identity);
    }
    fs.element(b"combined-randomness", &combined_randomness);
    fs.element(b"combined-share", &combined_share);
    // A1 = z*K - c*Y_j, A2 = z*R~ - c*D~
    let over = |base, image| announcement(&response, base, &challenge, image);
    fs.element(b"announcement", &over(&gens.key, share_key));
    fs.element(b"announcement", &over(&combined_randomness, &combined_share));
    ProofFault::unless(fs.challenge(b"challenge") == challenge)?;
    Ok(decoded)
}
