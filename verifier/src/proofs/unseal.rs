//! Unseal: `D_k = x_j * R_k` for every item, with the `x_j` of `Y_j = x_j * K` (section 11, **K9**).

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
    group::{bases, combine2, encode},
};

/// A point, decoded and as it stands on the wire.
#[derive(Clone, Copy, Debug)]
pub struct Element {
    /// Decoded.
    pub point: RistrettoPoint,
    /// Encoded.
    pub wire: Point,
}

impl Element {
    /// Encodes `point`.
    pub fn of(point: RistrettoPoint) -> Self {
        Self { point, wire: encode(&point) }
    }
}

/// An Unseal post's content, every encoding canonical and no share `O`.
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
/// of the randomness is `O`, or the challenge is another.
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
    let mut t = ProofTranscript::begin(labels::KIND_UNSEAL, context);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::provers;

    #[test]
    fn shares_of_the_key_pass_and_no_others() {
        let mut rng = provers::rng(7);
        let context = provers::context(1);
        let head = Digest([3; 32]);
        let x = Scalar::random(&mut rng);
        let key = encode(&(bases().k * x));
        let points: Vec<RistrettoPoint> =
            (0..4).map(|_| RistrettoPoint::random(&mut rng)).collect();
        let wires: Vec<Point> = points.iter().map(encode).collect();
        let (shares, proof) = provers::unseal(&mut rng, &context, &head, 2, &x, &points);
        let check = |key: &Point, wires: &[Point], shares: &[Point]| {
            verify(&context, &head, 2, key, wires, shares, &proof)
        };
        assert_eq!(check(&key, &wires, &shares), Ok(()));
        assert!(check(&bases().g_wire, &wires, &shares).is_err());
        assert!(check(&key, &wires[..3], &shares).is_err());
        assert!(check(&key, &wires[..3], &shares[..3]).is_err());
        assert!(verify(&context, &head, 3, &key, &wires, &shares, &proof).is_err());

        // Errors that cancel in a plain sum (F17 in `docs/security.md`).
        let mut cancelling = shares.clone();
        let decode = |p: &Point| crate::group::decode(p).unwrap();
        cancelling[1] = encode(&(decode(&shares[1]) + bases().g));
        cancelling[2] = encode(&(decode(&shares[2]) - bases().g));
        assert!(check(&key, &wires, &cancelling).is_err());

        let mut zero = shares.clone();
        zero[0] = Point::IDENTITY;
        assert!(matches!(check(&key, &wires, &zero), Err(ProofError::Identity(_))));
    }

    #[test]
    fn an_empty_list_has_no_proof() {
        let mut rng = provers::rng(8);
        let context = provers::context(1);
        let x = Scalar::random(&mut rng);
        let key = encode(&(bases().k * x));
        let (shares, proof) = provers::unseal(&mut rng, &context, &Digest([3; 32]), 0, &x, &[]);
        assert!(verify(&context, &Digest([3; 32]), 0, &key, &[], &shares, &proof).is_err());
    }
}
