//! A keyholder makes its decryption shares (partial decryptions) for a chunk of ciphertexts, and one proof for all (spec
//! section 11).

use super::nonces;
use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use rand_core::{CryptoRng, RngCore};
use talea_contract::{
    fiat_shamir::{Context, FiatShamir},
    group::{Generators, encode_scalar},
    proofs::decryption_share::{Statement, combine},
};
use talea_protocol::{
    bytes::{Digest, Point},
    labels,
    setup::CompactProof,
};
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// `x_j`, with `Y_j = x_j*K`.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Witness {
    /// The keyholder's share of its group's key.
    pub share: Scalar,
}

/// Makes `D_k = x_j*R_k` for every `k` and proves all of them. The list may not be empty.
pub fn prove<R: RngCore + CryptoRng>(
    gens: &Generators,
    context: &Context,
    head: Digest,
    chunk: u32,
    (randomness, randomness_encoded): (&[RistrettoPoint], &[Point]),
    witness: &Witness,
    rng: &mut R,
) -> (Vec<Point>, CompactProof) {
    let share_key = gens.key * witness.share;
    // Doubles are encoded for the price of one inversion, so half of every share is made first.
    let half = Zeroizing::new(witness.share * Scalar::from(2u8).invert());
    let halves: Vec<RistrettoPoint> = randomness.iter().map(|r| r * *half).collect();
    let shares: Vec<Point> = RistrettoPoint::double_and_compress_batch(&halves)
        .into_iter()
        .map(|share| Point(share.to_bytes()))
        .collect();
    let statement =
        Statement { head, chunk, share_key, randomness, randomness_encoded, shares: &shares };
    let mut fs = FiatShamir::begin(labels::KIND_DECRYPTION_SHARE, context);
    let weights = statement.absorb(&mut fs, gens);
    // R~ = sum w_k R_k, and D~ = sum w_k D_k = x_j*R~
    let combined_randomness = combine(&weights, randomness);
    fs.element(b"combined-randomness", &combined_randomness);
    fs.element(b"combined-share", &(combined_randomness * witness.share));
    // A1 = k*K, A2 = k*R~
    let k = Zeroizing::new(Scalar::random(&mut nonces(&mut fs, [&witness.share], rng)));
    fs.element(b"announcement", &(gens.key * *k));
    fs.element(b"announcement", &(combined_randomness * *k));
    // z = k + c*x_j
    let challenge = fs.challenge(b"challenge");
    let response = *k + challenge * witness.share;
    let proof =
        CompactProof { challenge: encode_scalar(&challenge), response: encode_scalar(&response) };
    (shares, proof)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proofs::testing::{
        NO_POINT, NO_SCALAR, bump, context, element, nudge, other_contexts, other_generators, rng,
    };
    use talea_contract::{
        group::encode_point,
        proofs::{ProofFault, decryption_share::verify},
    };

    fn encoded(points: &[RistrettoPoint]) -> Vec<Point> {
        points.iter().map(encode_point).collect()
    }

    /// A post and all that it depends on.
    #[derive(Clone)]
    struct Post {
        head: Digest,
        chunk: u32,
        share_key: RistrettoPoint,
        randomness: Vec<RistrettoPoint>,
        shares: Vec<Point>,
        proof: CompactProof,
    }

    impl Post {
        fn new(count: usize) -> Self {
            let gens = Generators::derive();
            let mut rng = rng(1);
            let witness = Witness { share: Scalar::random(&mut rng) };
            let randomness: Vec<_> = (0..count).map(|_| element(&mut rng)).collect();
            let encoded = encoded(&randomness);
            let (head, chunk) = (Digest([8; 32]), 3);
            let (shares, proof) =
                prove(&gens, &context(), head, chunk, (&randomness, &encoded), &witness, &mut rng);
            let share_key = gens.key * witness.share;
            Self { head, chunk, share_key, randomness, shares, proof }
        }

        fn verdict_in(
            &self,
            gens: &Generators,
            context: &Context,
        ) -> Result<Vec<RistrettoPoint>, ProofFault> {
            let Self { head, chunk, share_key, ref randomness, ref shares, ref proof } = *self;
            let randomness_encoded = &encoded(randomness);
            let statement =
                Statement { head, chunk, share_key, randomness, randomness_encoded, shares };
            verify(gens, context, &statement, proof)
        }

        fn verdict(&self) -> Result<Vec<RistrettoPoint>, ProofFault> {
            self.verdict_in(&Generators::derive(), &context())
        }
    }

    #[test]
    fn every_number_of_shares_is_proved() {
        for count in [1, 2, 9] {
            let post = Post::new(count);
            let shares = post.verdict().unwrap();
            assert_eq!(shares.iter().map(encode_point).collect::<Vec<_>>(), post.shares);
        }
    }

    type Change = fn(&mut Post);

    #[test]
    fn every_item_of_statement_and_proof_is_bound() {
        let post = Post::new(3);
        let changes: [(Change, ProofFault); 16] = [
            (|p| p.head.0[0] ^= 1, ProofFault::False),
            (|p| p.chunk += 1, ProofFault::False),
            (|p| p.share_key += p.randomness[0], ProofFault::False),
            (|p| p.share_key = RistrettoPoint::default(), ProofFault::Identity),
            (|p| p.randomness[2] += p.share_key, ProofFault::False),
            (|p| p.randomness.swap(0, 1), ProofFault::False),
            (|p| p.randomness[0] = RistrettoPoint::default(), ProofFault::Identity),
            (|p| p.shares[0] = nudge(&p.shares[0]), ProofFault::False),
            (|p| p.shares[2] = nudge(&p.shares[2]), ProofFault::False),
            (|p| p.shares.swap(0, 1), ProofFault::False),
            (|p| p.shares[1] = Point::IDENTITY, ProofFault::Identity),
            (|p| p.shares[1] = NO_POINT, ProofFault::NotCanonical),
            (|p| p.proof.challenge = bump(&p.proof.challenge), ProofFault::False),
            (|p| p.proof.response = bump(&p.proof.response), ProofFault::False),
            (|p| p.proof.challenge = NO_SCALAR, ProofFault::NotCanonical),
            (|p| p.proof.response = NO_SCALAR, ProofFault::NotCanonical),
        ];
        for (i, (change, fault)) in changes.into_iter().enumerate() {
            let mut other = post.clone();
            change(&mut other);
            assert_eq!(other.verdict(), Err(fault), "change {i}");
        }
        let gens = Generators::derive();
        for other in other_contexts() {
            assert_eq!(post.verdict_in(&gens, &other), Err(ProofFault::False), "{other:?}");
        }
        let wrong = &other_generators()[2];
        assert_eq!(post.verdict_in(wrong, &context()), Err(ProofFault::False));
    }

    #[test]
    fn lists_of_other_lengths_are_refused() {
        let length = |expected, actual| Err(ProofFault::Length { expected, actual });
        let mut post = Post::new(3);
        post.shares.truncate(2);
        assert_eq!(post.verdict(), length(3, 2));
        post.randomness.truncate(1);
        assert_eq!(post.verdict(), length(1, 2));
        post.randomness.clear();
        for shares in (0..=2).rev() {
            post.shares.truncate(shares);
            assert_eq!(post.verdict(), length(1, 0), "{shares} shares for nothing");
        }
        assert_eq!(post.verdict(), length(1, 0));
    }
}
