//! A keyholder blinds a chunk of ciphertexts for zero-tests (plaintext-equality tests with zero), each with
//! its own factor (spec
//! section 11).

use super::nonces;
use curve25519_dalek::scalar::Scalar;
use rand_core::{CryptoRng, RngCore};
use talea_contract::{
    elgamal::Ciphertext,
    fiat_shamir::{Context, FiatShamir},
    group::encode_scalar,
    proofs::blind::Statement,
};
use talea_protocol::{
    bytes::{Digest, Scalar as WireScalar},
    labels,
    sealed_bid::Ciphertext as WireCiphertext,
};
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// The factors of a chunk: [`Masks::factors`](crate::masks::Masks::factors) draws them. **They serve
/// one input each, once.**
#[derive(Clone, ZeroizeOnDrop)]
pub struct Witness {
    /// `a`, not zero, for every ciphertext.
    pub factors: Vec<Scalar>,
}

/// What a post says besides its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blinded {
    /// `(a*R, a*E)` per ciphertext.
    pub blinded: Vec<WireCiphertext>,
    /// `c`.
    pub challenge: WireScalar,
    /// `z` per ciphertext.
    pub responses: Vec<WireScalar>,
}

/// Blinds `inputs`, one factor for each, in order. No input may have `O` for its `R`.
pub fn prove<R: RngCore + CryptoRng>(
    context: &Context,
    head: Digest,
    chunk: u32,
    inputs: &[Ciphertext],
    witness: &Witness,
    rng: &mut R,
) -> Blinded {
    let blinded: Vec<WireCiphertext> = inputs
        .iter()
        .zip(&witness.factors)
        .map(|(input, factor)| input.scaled(factor).encode())
        .collect();
    let mut fs = FiatShamir::begin(labels::KIND_BLIND, context);
    Statement { head, chunk, inputs, blinded: &blinded }.absorb(&mut fs);
    let mut nonces = nonces(&mut fs, &witness.factors, rng);
    let mut secrets = Zeroizing::new(Vec::with_capacity(inputs.len()));
    for input in inputs {
        // (k*R, k*E)
        let k = Scalar::random(&mut nonces);
        fs.ciphertext(b"announcement", &input.scaled(&k).encode());
        secrets.push(k);
    }
    // z = k + c*a
    let challenge = fs.challenge(b"challenge");
    let responses = secrets
        .iter()
        .zip(&witness.factors)
        .map(|(k, factor)| encode_scalar(&(k + challenge * factor)))
        .collect();
    Blinded { blinded, challenge: encode_scalar(&challenge), responses }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proofs::testing::{
        NO_POINT, NO_SCALAR, bump, ciphertext, context, nudge, other_contexts, rng,
    };
    use talea_contract::proofs::{ProofFault, blind::verify};
    use talea_protocol::bytes::Point;

    const HEAD: Digest = Digest([8; 32]);

    fn inputs(count: usize) -> Vec<Ciphertext> {
        let mut rng = rng(1);
        (0..count).map(|_| ciphertext(&mut rng)).collect()
    }

    fn witness(count: usize) -> Witness {
        let mut rng = rng(2);
        Witness { factors: (0..count).map(|_| Scalar::random(&mut rng)).collect() }
    }

    fn proved(inputs: &[Ciphertext]) -> Blinded {
        prove(&context(), HEAD, 3, inputs, &witness(inputs.len()), &mut rng(3))
    }

    fn verdict(
        context: &Context,
        head: Digest,
        chunk: u32,
        inputs: &[Ciphertext],
        post: &Blinded,
    ) -> Result<Vec<Ciphertext>, ProofFault> {
        let statement = Statement { head, chunk, inputs, blinded: &post.blinded };
        verify(context, &statement, &post.challenge, &post.responses)
    }

    #[test]
    fn every_number_of_ciphertexts_is_blinded() {
        for count in [1, 2, 7] {
            let inputs = inputs(count);
            let outputs = verdict(&context(), HEAD, 3, &inputs, &proved(&inputs)).unwrap();
            let expected: Vec<Ciphertext> = inputs
                .iter()
                .zip(&witness(count).factors)
                .map(|(input, factor)| input.scaled(factor))
                .collect();
            assert_eq!(outputs, expected);
        }
    }

    #[test]
    fn every_item_of_the_statement_is_bound() {
        let right = inputs(3);
        let post = proved(&right);
        let refused = Err(ProofFault::False);
        assert_eq!(verdict(&context(), Digest([9; 32]), 3, &right, &post), refused);
        assert_eq!(verdict(&context(), HEAD, 4, &right, &post), refused);
        for other in other_contexts() {
            assert_eq!(verdict(&other, HEAD, 3, &right, &post), refused, "{other:?}");
        }
        for item in 0..right.len() {
            let mut other = right.clone();
            other[item].r += right[item].e;
            assert_eq!(verdict(&context(), HEAD, 3, &other, &post), refused);
            let mut other = right.clone();
            other[item].e += right[item].r;
            assert_eq!(verdict(&context(), HEAD, 3, &other, &post), refused);
            let mut other = right.clone();
            other[item] = Ciphertext::trivial(other[item].e);
            assert_eq!(verdict(&context(), HEAD, 3, &other, &post), Err(ProofFault::Identity));
        }
        let mut other = right.clone();
        other.swap(0, 2);
        assert_eq!(verdict(&context(), HEAD, 3, &other, &post), refused);
    }

    #[test]
    fn every_field_of_the_post_counts() {
        let right = inputs(3);
        let post = proved(&right);
        let fault = |post: &Blinded| verdict(&context(), HEAD, 3, &right, post).unwrap_err();
        let mut other = post.clone();
        other.challenge = bump(&post.challenge);
        assert_eq!(fault(&other), ProofFault::False);
        other.challenge = NO_SCALAR;
        assert_eq!(fault(&other), ProofFault::NotCanonical);
        for item in 0..right.len() {
            let fields: [fn(&mut WireCiphertext) -> &mut Point; 2] = [|c| &mut c.r, |c| &mut c.e];
            for field in fields {
                let mut other = post.clone();
                let point = field(&mut other.blinded[item]);
                *point = nudge(point);
                assert_eq!(fault(&other), ProofFault::False);
                *field(&mut other.blinded[item]) = NO_POINT;
                assert_eq!(fault(&other), ProofFault::NotCanonical);
            }
            let mut other = post.clone();
            other.blinded[item].r = Point::IDENTITY;
            assert_eq!(fault(&other), ProofFault::Identity);
            let mut other = post.clone();
            other.responses[item] = bump(&other.responses[item]);
            assert_eq!(fault(&other), ProofFault::False);
            other.responses[item] = NO_SCALAR;
            assert_eq!(fault(&other), ProofFault::NotCanonical);
        }
        let mut other = post.clone();
        other.responses.swap(0, 1);
        assert_eq!(fault(&other), ProofFault::False);
    }

    #[test]
    fn lists_of_other_lengths_are_refused() {
        let right = inputs(2);
        let post = proved(&right);
        let fault = |inputs: &[Ciphertext], post: &Blinded| {
            verdict(&context(), HEAD, 3, inputs, post).unwrap_err()
        };
        let length = |expected, actual| ProofFault::Length { expected, actual };
        assert_eq!(fault(&right[..1], &post), length(1, 2));
        let mut short = post.clone();
        short.responses.truncate(1);
        assert_eq!(fault(&right, &short), length(2, 1));
        short.blinded.truncate(1);
        assert_eq!(fault(&right, &short), length(2, 1));
        assert_eq!(fault(&[], &proved(&[])), length(1, 0));
        assert_eq!(fault(&[], &proved(&right[..1])), length(1, 0));
        let without_responses = Blinded { responses: Vec::new(), ..proved(&right[..1]) };
        assert_eq!(fault(&[], &without_responses), length(1, 0));
    }
}
