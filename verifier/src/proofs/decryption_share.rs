//! Decryption shares (partial decryptions): `D_k = x_j * R_k` for every item, with the `x_j` of `Y_j = x_j * K`
//! (section 11, **K9**).

use curve25519_dalek::{
    RistrettoPoint,
    scalar::Scalar,
    traits::{IsIdentity as _, VartimeMultiscalarMul as _},
};
use talea_protocol::{
    bytes::{Digest, Point},
    labels,
    setup::CompactProof,
};

use super::{ProofError, point, same_challenge, same_length, scalar};
use crate::{
    fiat_shamir::{Context, ProofTranscript},
    group::{Element, bases, combine2, encode},
};

/// A Decrypt post's content, every encoding canonical and no share `O`.
#[derive(Clone, Debug)]
pub(crate) struct Decoded {
    pub(crate) shares: Vec<Element>,
    challenge: Scalar,
    response: Scalar,
}

/// Decodes what a keyholder posted.
pub(crate) fn decode(shares: &[Point], proof: &CompactProof) -> Result<Decoded, ProofError> {
    let mut elements = Vec::with_capacity(shares.len());
    for (i, wire) in shares.iter().enumerate() {
        let share = point(wire, || format!("decryption share {i}"))?;
        if share.is_identity() {
            return Err(ProofError::Identity(format!("decryption share {i}")));
        }
        elements.push(Element { point: share, wire: *wire });
    }
    Ok(Decoded {
        shares: elements,
        challenge: scalar(&proof.challenge, || "the proof's challenge".into())?,
        response: scalar(&proof.response, || "the proof's response".into())?,
    })
}

/// Checks a keyholder's decryption shares of a chunk.
///
/// # Errors
/// [`ProofError`] if lengths differ, an encoding is not canonical, a share is `O`, the weighted sum
/// of the randomness is `O`, or the challenge differs.
pub fn verify(
    context: &Context,
    head: &Digest,
    chunk: u32,
    share_key: &Point,
    randomness: &[Point],
    shares: &[Point],
    proof: &CompactProof,
) -> Result<(), ProofError> {
    let decoded = decode(shares, proof)?;
    let key = Element { point: point(share_key, || "the share key".into())?, wire: *share_key };
    let randomness = randomness
        .iter()
        .enumerate()
        .map(|(i, wire)| {
            Ok(Element { point: point(wire, || format!("randomness {i}"))?, wire: *wire })
        })
        .collect::<Result<Vec<_>, ProofError>>()?;
    verify_decoded(context, head, chunk, &key, &randomness, &decoded)
}

/// The same, decoded.
pub(crate) fn verify_decoded(
    context: &Context,
    head: &Digest,
    chunk: u32,
    share_key: &Element,
    randomness: &[Element],
    post: &Decoded,
) -> Result<(), ProofError> {
    same_length("decryption shares", randomness.len(), post.shares.len())?;
    let bases = bases();
    let mut t = ProofTranscript::begin(labels::KIND_DECRYPTION_SHARE, context);
    t.digest(b"head", head);
    t.integer(b"chunk", chunk);
    t.point(b"key-base", &bases.k_wire);
    t.point(b"share-key", &share_key.wire);
    t.integer(b"count", randomness.len());
    for (r, d) in randomness.iter().zip(&post.shares) {
        t.point(b"randomness", &r.wire);
        t.point(b"decryption-share", &d.wire);
    }
    // w_1 = 1; the others follow every R and every D.
    let weights: Vec<Scalar> = (0..randomness.len())
        .map(|k| match k {
            0 => Scalar::ONE,
            _ => t.weight(b"weight"),
        })
        .collect();
    let combine = |elements: &[Element]| {
        RistrettoPoint::vartime_multiscalar_mul(&weights, elements.iter().map(|e| e.point))
    };
    let r = combine(randomness);
    let d = combine(&post.shares);
    if r.is_identity() {
        return Err(ProofError::Identity("the combined randomness".into()));
    }
    t.point(b"combined-randomness", &encode(&r));
    t.point(b"combined-share", &encode(&d));
    // A1 = z*K - c*Y_j, A2 = z*combined-randomness - c*combined-share
    let (c, z) = (&post.challenge, &post.response);
    t.point(b"announcement", &encode(&combine2(z, &bases.k, &-c, &share_key.point)));
    t.point(b"announcement", &encode(&combine2(z, &r, &-c, &d)));
    same_challenge(&t.challenge(b"challenge"), c)
}
