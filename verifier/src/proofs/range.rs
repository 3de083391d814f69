//! Range: the committed bid is a rung of the ladder, `0 <= b < rungs` (section 8).
//!
//! Bulletproofs, aggregated over `C` and `(rungs-1)*G - C`, each of `n` bits.

use std::sync::LazyLock;

use bulletproofs::{BulletproofGens, PedersenGens, RangeProof};
use curve25519_dalek::{
    RistrettoPoint, ristretto::CompressedRistretto, scalar::Scalar, traits::IsIdentity as _,
};
use talea_protocol::{bytes::Point, labels};

use super::{ProofError, point, same_length};
use crate::{
    fiat_shamir::{Context, ProofTranscript, range_weights},
    group::{bases, encode},
};

/// Values that one proof covers.
const VALUES: usize = 2;
/// Bits of the widest value.
const MOST_BITS: usize = 32;

/// `n`, the least of 8, 16, 32 with `rungs <= 2^n`.
pub fn bits(rungs: u32) -> usize {
    [8usize, 16].into_iter().find(|n| u64::from(rungs) <= 1u64 << n).unwrap_or(MOST_BITS)
}

/// Bytes of a proof over two values of `n` bits: `32 * (9 + 2*log2(2n))`.
pub fn proof_len(n: usize) -> usize {
    let log = match n {
        8 => 4,
        16 => 5,
        _ => 6,
    };
    32 * (9 + 2 * log)
}

/// The transcript of the proof, up to where the crate goes on.
pub(crate) fn transcript(context: &Context, n: usize, rungs: u32, c: &Point) -> merlin::Transcript {
    let bases = bases();
    let mut t = ProofTranscript::begin(labels::KIND_RANGE, context);
    t.point(b"value-base", &bases.g_wire);
    t.point(b"blinding-base", &bases.h_wire);
    t.integer(b"bits", u64::try_from(n).unwrap_or(u64::MAX));
    t.integer(b"rungs", rungs);
    t.point(b"commitment", c);
    t.into_inner()
}

/// The crate's generators, enough for every `n`.
pub(crate) fn generators() -> &'static (BulletproofGens, PedersenGens) {
    static GENERATORS: LazyLock<(BulletproofGens, PedersenGens)> =
        LazyLock::new(|| (BulletproofGens::new(MOST_BITS, VALUES), PedersenGens::default()));
    &GENERATORS
}

/// Checks a commitment and its range proof.
///
/// # Errors
/// [`ProofError`] if `C` is not canonical or is `O`, or if the proof has another length, an
/// encoding that is not canonical, or does not hold.
pub fn verify(
    context: &Context,
    rungs: u32,
    commitment: &Point,
    proof: &[u8],
) -> Result<(), ProofError> {
    let c = point(commitment, || "the commitment".into())?;
    verify_decoded(context, rungs, commitment, &c, proof)
}

/// The same, the commitment decoded.
pub(crate) fn verify_decoded(
    context: &Context,
    rungs: u32,
    commitment: &Point,
    c: &RistrettoPoint,
    proof: &[u8],
) -> Result<(), ProofError> {
    if c.is_identity() {
        return Err(ProofError::Identity("the commitment".into()));
    }
    let n = bits(rungs);
    same_length("bytes of the range proof", proof_len(n), proof.len())?;
    let parsed = RangeProof::from_bytes(proof)
        .map_err(|_| ProofError::NotCanonical("a scalar of the range proof".into()))?;
    // (rungs-1)*G - C commits to rungs - 1 - b.
    let top = RistrettoPoint::mul_base(&Scalar::from(u64::from(rungs).saturating_sub(1)));
    let values = [CompressedRistretto(commitment.0), CompressedRistretto(encode(&(top - c)).0)];
    let (bulletproof, pedersen) = generators();
    let mut transcript = transcript(context, n, rungs, commitment);
    let mut weights = range_weights(context, n, rungs, commitment, proof);
    parsed
        .verify_multiple_with_rng(bulletproof, pedersen, &mut transcript, &values, n, &mut weights)
        .map_err(|_| ProofError::Equation("the range proof".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::provers;

    #[test]
    fn bits_and_lengths() {
        for (rungs, n, len) in [
            (2, 8, 544),
            (256, 8, 544),
            (257, 16, 608),
            (65_536, 16, 608),
            (65_537, 32, 672),
            (u32::MAX, 32, 672),
        ] {
            assert_eq!(bits(rungs), n);
            assert_eq!(proof_len(n), len);
        }
    }

    #[test]
    fn rungs_of_the_ladder_pass_and_nothing_else() {
        let mut rng = provers::rng(4);
        let context = provers::context(9);
        for (rungs, rung) in [(2u32, 1u32), (200, 199), (300, 0), (70_000, 69_999)] {
            let (c, proof, _) = provers::range(&mut rng, &context, rungs, rung);
            assert_eq!(verify(&context, rungs, &c, &proof), Ok(()));
            assert!(verify(&provers::context(8), rungs, &c, &proof).is_err());
            assert!(verify(&context, rungs + 1, &c, &proof).is_err());
            let shifted = encode(&(crate::group::decode(&c).unwrap() + bases().g));
            assert!(verify(&context, rungs, &shifted, &proof).is_err());
            assert!(verify(&context, rungs, &Point::IDENTITY, &proof).is_err());
            assert!(verify(&context, rungs, &c, &proof[..proof.len() - 32]).is_err());
            for at in (0..proof.len()).step_by(31) {
                let mut bad = proof.clone();
                bad[at] ^= 1;
                assert!(verify(&context, rungs, &c, &bad).is_err(), "byte {at}");
            }
        }
    }

    #[test]
    fn a_rung_beyond_the_ladder_has_no_proof() {
        let mut rng = provers::rng(5);
        let context = provers::context(9);
        // The prover proves 200 within 8 bits, and 199 - 200 as if it were 255.
        let (c, proof) = provers::range_lie(&mut rng, &context, 200, 200, 255);
        assert!(verify(&context, 200, &c, &proof).is_err());
    }
}
