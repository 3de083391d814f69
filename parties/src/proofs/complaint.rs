//! A member proves that a point is the one it shares with its dealer (spec section 7).

use super::nonces;
use curve25519_dalek::scalar::Scalar;
use rand_core::{CryptoRng, RngCore};
use talea_contract::{
    fiat_shamir::{Context, FiatShamir},
    group::{Generators, encode_scalar},
    proofs::complaint::Statement,
};
use talea_protocol::{labels, setup::CompactProof};
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// `p_j`, with `P_j = p_j*K` and `S = p_j*R`.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Witness {
    /// The complainer's encryption secret.
    pub encryption_secret: Scalar,
}

/// Proves that `log_K P_j = log_R S`.
pub fn prove<R: RngCore + CryptoRng>(
    gens: &Generators,
    context: &Context,
    statement: &Statement,
    witness: &Witness,
    rng: &mut R,
) -> CompactProof {
    let mut fs = FiatShamir::begin(labels::KIND_COMPLAINT, context);
    statement.absorb(&mut fs, gens);
    // A1 = k*K, A2 = k*R_i
    let k = Zeroizing::new(Scalar::random(&mut nonces(&mut fs, [&witness.encryption_secret], rng)));
    fs.element(b"announcement", &(gens.key * *k));
    fs.element(b"announcement", &(statement.ephemeral * *k));
    // z = k + c*p_j
    let challenge = fs.challenge(b"challenge");
    let response = *k + challenge * witness.encryption_secret;
    CompactProof { challenge: encode_scalar(&challenge), response: encode_scalar(&response) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proofs::testing::{
        NO_SCALAR, bump, context, element, other_contexts, other_generators, rng,
    };
    use talea_contract::{
        group::encode_point,
        proofs::{
            ProofFault,
            complaint::{share_pad, verify},
        },
    };
    use talea_protocol::{bytes::Point, terms::AuctionId};

    fn complaint() -> (Statement, Witness) {
        let mut rng = rng(1);
        let secret = Scalar::random(&mut rng);
        let ephemeral = element(&mut rng);
        let statement = Statement {
            group: 1,
            member: 2,
            dealer: 3,
            encryption_key: Generators::derive().key * secret,
            ephemeral,
            shared: ephemeral * secret,
        };
        (statement, Witness { encryption_secret: secret })
    }

    #[test]
    fn the_shared_point_is_proved_and_every_item_is_bound() {
        let gens = Generators::derive();
        let (statement, witness) = complaint();
        let proof = prove(&gens, &context(), &statement, &witness, &mut rng(2));
        let verdict = |statement: &Statement| verify(&gens, &context(), statement, &proof);
        assert_eq!(verdict(&statement), Ok(()));
        let changes: [fn(&mut Statement); 6] = [
            |s| s.group += 1,
            |s| s.member += 1,
            |s| s.dealer += 1,
            |s| s.encryption_key += s.ephemeral,
            |s| s.ephemeral += s.shared,
            |s| s.shared += s.ephemeral,
        ];
        for (i, change) in changes.into_iter().enumerate() {
            let mut other = statement;
            change(&mut other);
            assert_eq!(verdict(&other), Err(ProofFault::False), "change {i}");
        }
        for other in other_contexts() {
            let verdict = verify(&gens, &other, &statement, &proof);
            assert_eq!(verdict, Err(ProofFault::False), "{other:?}");
        }
        let verdict = verify(&other_generators()[2], &context(), &statement, &proof);
        assert_eq!(verdict, Err(ProofFault::False));
    }

    #[test]
    fn every_field_of_the_proof_counts() {
        let gens = Generators::derive();
        let (statement, witness) = complaint();
        let CompactProof { challenge, response } =
            prove(&gens, &context(), &statement, &witness, &mut rng(2));
        let verdict = |challenge, response| {
            verify(&gens, &context(), &statement, &CompactProof { challenge, response })
        };
        assert_eq!(verdict(bump(&challenge), response), Err(ProofFault::False));
        assert_eq!(verdict(challenge, bump(&response)), Err(ProofFault::False));
        assert_eq!(verdict(NO_SCALAR, response), Err(ProofFault::NotCanonical));
        assert_eq!(verdict(challenge, NO_SCALAR), Err(ProofFault::NotCanonical));
    }

    #[test]
    fn a_false_shared_point_is_not_provable_by_following_the_protocol() {
        let gens = Generators::derive();
        let (mut statement, witness) = complaint();
        statement.shared += gens.value;
        let proof = prove(&gens, &context(), &statement, &witness, &mut rng(2));
        assert_eq!(verify(&gens, &context(), &statement, &proof), Err(ProofFault::False));
    }

    #[test]
    fn dealer_and_recipient_make_the_same_pad_and_every_item_changes_it() {
        let mut rng = rng(3);
        let (p, r) = (Scalar::random(&mut rng), Scalar::random(&mut rng));
        let key = Generators::derive().key;
        let (recipient_key, ephemeral) = (key * p, key * r);
        let encoded = |point| encode_point(&point);
        let pad = |auction: u8, group, dealer, recipient, shared: Point, ephemeral, key| {
            share_pad(
                &AuctionId([auction; 32]),
                group,
                dealer,
                recipient,
                &shared,
                &ephemeral,
                &key,
            )
        };
        let (e, k) = (encoded(ephemeral), encoded(recipient_key));
        let s = encoded(ephemeral * p);
        let right = pad(1, 2, 3, 4, s, e, k);
        assert_eq!(right, pad(1, 2, 3, 4, encoded(recipient_key * r), e, k));
        let others = [
            pad(9, 2, 3, 4, s, e, k),
            pad(1, 9, 3, 4, s, e, k),
            pad(1, 2, 4, 3, s, e, k),
            pad(1, 2, 3, 9, s, e, k),
            pad(1, 2, 3, 4, e, e, k),
            pad(1, 2, 3, 4, s, s, k),
            pad(1, 2, 3, 4, s, e, e),
        ];
        assert!(!others.contains(&right));
    }
}
