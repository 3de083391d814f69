//! Blind, the first half of a plaintext-equality test with zero: `(a*R, a*E)` for a known `a` other than 0 per item
//! (section 11, **K7**).

use curve25519_dalek::{scalar::Scalar, traits::IsIdentity as _};
use rayon::prelude::*;
use talea_protocol::{
    bytes::{Digest, Scalar as WireScalar},
    labels,
    sealed_bid::Ciphertext,
};

use super::{ProofError, same_challenge, same_length, scalar};
use crate::{
    fiat_shamir::{Context, ProofTranscript},
    group::{Cipher, combine2},
};

/// A ciphertext, decoded and as on the wire.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// Decoded.
    pub cipher: Cipher,
    /// Encoded.
    pub wire: Ciphertext,
}

impl Item {
    /// Encodes `cipher`.
    pub fn of(cipher: Cipher) -> Self {
        Self { cipher, wire: cipher.encode() }
    }
}

/// A Blind post's content, every encoding canonical and no first component `O`.
#[derive(Clone, Debug)]
pub(crate) struct Decoded {
    pub(crate) outputs: Vec<Item>,
    challenge: Scalar,
    responses: Vec<Scalar>,
}

/// Decodes what a keyholder posted.
pub(crate) fn decode(
    outputs: &[Ciphertext],
    challenge: &WireScalar,
    responses: &[WireScalar],
) -> Result<Decoded, ProofError> {
    let mut items = Vec::with_capacity(outputs.len());
    for (i, wire) in outputs.iter().enumerate() {
        let cipher = Cipher::decode(wire)
            .ok_or_else(|| ProofError::NotCanonical(format!("blinded ciphertext {i}")))?;
        if cipher.r.is_identity() {
            return Err(ProofError::Identity(format!("the randomness of blinded ciphertext {i}")));
        }
        items.push(Item { cipher, wire: *wire });
    }
    let challenge = scalar(challenge, || "the proof's challenge".into())?;
    let responses = responses
        .iter()
        .enumerate()
        .map(|(i, z)| scalar(z, || format!("response {i}")))
        .collect::<Result<_, _>>()?;
    Ok(Decoded { outputs: items, challenge, responses })
}

/// Checks a keyholder's blinding of a chunk.
///
/// # Errors
/// [`ProofError`] if lengths differ, an encoding is not canonical, a blinded randomness is `O`, or
/// the challenge is another.
pub fn verify(
    context: &Context,
    head: &Digest,
    chunk: u32,
    inputs: &[Ciphertext],
    outputs: &[Ciphertext],
    challenge: &WireScalar,
    responses: &[WireScalar],
) -> Result<(), ProofError> {
    let decoded = decode(outputs, challenge, responses)?;
    let inputs = inputs
        .iter()
        .enumerate()
        .map(|(i, wire)| {
            let cipher = Cipher::decode(wire)
                .ok_or_else(|| ProofError::NotCanonical(format!("ciphertext {i}")))?;
            Ok(Item { cipher, wire: *wire })
        })
        .collect::<Result<Vec<_>, ProofError>>()?;
    verify_decoded(context, head, chunk, &inputs, &decoded)
}

/// The same, decoded.
pub(crate) fn verify_decoded(
    context: &Context,
    head: &Digest,
    chunk: u32,
    inputs: &[Item],
    post: &Decoded,
) -> Result<(), ProofError> {
    same_length("ciphertexts", inputs.len().max(1), inputs.len())?;
    same_length("blinded ciphertexts", inputs.len(), post.outputs.len())?;
    same_length("responses", inputs.len(), post.responses.len())?;
    let mut t = ProofTranscript::begin(labels::KIND_BLIND, context);
    t.digest(b"head", head);
    t.integer(b"chunk", chunk);
    t.integer(b"count", inputs.len());
    for (input, output) in inputs.iter().zip(&post.outputs) {
        t.cipher(b"input", &input.wire);
        t.cipher(b"output", &output.wire);
    }
    // (A_R, A_E) = z*(R, E) - c*(a*R, a*E)
    let minus_c = -post.challenge;
    let announcements: Vec<Ciphertext> = inputs
        .par_iter()
        .zip(&post.outputs)
        .zip(&post.responses)
        .map(|((input, output), z)| {
            Cipher {
                r: combine2(z, &input.cipher.r, &minus_c, &output.cipher.r),
                e: combine2(z, &input.cipher.e, &minus_c, &output.cipher.e),
            }
            .encode()
        })
        .collect();
    for announcement in &announcements {
        t.cipher(b"announcement", announcement);
    }
    same_challenge(&t.challenge(b"challenge"), &post.challenge)
}
