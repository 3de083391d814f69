//! Ciphertexts blinded multiplicatively: the first half of a plaintext-equality test with zero, or zero-test
//! (spec section 11, K7).
//!
//! `a*(R, E)` encrypts `a*m`: zero remains zero, and any other message becomes random. Every ciphertext
//! has a secret `a` of its own, so nothing is combined here. Equality of the two halves does not
//! show that `a` is not zero; that the first half is not `O` shows it.

use super::{ProofFault, announcement};
use crate::{
    elgamal::Ciphertext,
    fiat_shamir::{Context, FiatShamir},
    group::decode_scalar,
};
use alloc::vec::Vec;
use curve25519_dalek::{scalar::Scalar, traits::IsIdentity as _};
use talea_protocol::{
    bytes::{Digest, Scalar as WireScalar},
    labels,
    sealed_bid::Ciphertext as WireCiphertext,
};

/// `blinded[k] = a_k * inputs[k]` for every `k`.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// The endorsed head.
    pub head: Digest,
    /// Index of the chunk, from 0.
    pub chunk: u32,
    /// `(R, E)`.
    pub inputs: &'a [Ciphertext],
    /// `(a*R, a*E)`, as posted.
    pub blinded: &'a [WireCiphertext],
}

impl Statement<'_> {
    /// Absorbs the statement, in the order of the spec.
    pub fn absorb(&self, fs: &mut FiatShamir) {
        let Self { head, chunk, inputs, blinded } = self;
        fs.digest(b"head", head);
        fs.integer(b"chunk", *chunk);
        fs.count(b"count", inputs.len());
        for (input, output) in inputs.iter().zip(*blinded) {
            fs.ciphertext(b"input", &input.encode());
            fs.ciphertext(b"output", output);
        }
    }
}

/// Verifies all blindings and gives the blinded ciphertexts back decoded.
///
/// # Errors
/// The fault that was found first. An empty list is refused.
pub fn verify(
    context: &Context,
    statement: &Statement<'_>,
    challenge: &WireScalar,
    responses: &[WireScalar],
) -> Result<Vec<Ciphertext>, ProofFault> {
    let Statement { inputs, blinded, .. } = statement;
    ProofFault::unless_complete(inputs.len(), blinded.len())?;
    ProofFault::unless_length(inputs.len(), responses.len())?;
    let outputs: Option<Vec<Ciphertext>> = blinded.iter().map(Ciphertext::decode).collect();
    let outputs = outputs.ok_or(ProofFault::NotCanonical)?;
    let challenge = decode_scalar(challenge).ok_or(ProofFault::NotCanonical)?;
    let responses: Option<Vec<Scalar>> = responses.iter().map(decode_scalar).collect();
    let responses = responses.ok_or(ProofFault::NotCanonical)?;
    if inputs.iter().chain(&outputs).any(|ciphertext| ciphertext.r.is_identity()) {
        return Err(ProofFault::Identity);
    }

    let mut fs = FiatShamir::begin(labels::KIND_BLIND, context);
    statement.absorb(&mut fs);
    for ((input, output), response) in inputs.iter().zip(&outputs).zip(&responses) {
        // (z*R - c*R', z*E - c*E')
        let announced = Ciphertext {
            r: announcement(response, &input.r, &challenge, &output.r),
            e: announcement(response, &input.e, &challenge, &output.e),
        };
        fs.ciphertext(b"announcement", &announced.encode());
    }
    ProofFault::unless(fs.challenge(b"challenge") == challenge)?;
    Ok(outputs)
}
