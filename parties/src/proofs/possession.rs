//! A dealer proves that it knows its constant term, and the randomness of its ephemeral key (spec
//! section 7).

use super::nonces;
use curve25519_dalek::scalar::Scalar;
use rand_core::{CryptoRng, RngCore};
use talea_contract::{
    fiat_shamir::{Context, FiatShamir},
    group::{Generators, encode_scalar},
    proofs::possession::{Secret, Statement},
};
use talea_protocol::setup::CompactProof;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// `y`, with `Y = y*K`.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Witness {
    /// `a_0` or `r`.
    pub logarithm: Scalar,
}

/// Proves that the dealer knows `y`.
pub fn prove<R: RngCore + CryptoRng>(
    gens: &Generators,
    context: &Context,
    statement: &Statement<'_>,
    secret: Secret,
    witness: &Witness,
    rng: &mut R,
) -> CompactProof {
    let mut fs = FiatShamir::begin(secret.kind(), context);
    statement.absorb(&mut fs, gens);
    // A = k*K
    let k = Zeroizing::new(Scalar::random(&mut nonces(&mut fs, [&witness.logarithm], rng)));
    fs.element(b"announcement", &(gens.key * *k));
    // z = k + c*y
    let challenge = fs.challenge(b"challenge");
    let response = *k + challenge * witness.logarithm;
    CompactProof { challenge: encode_scalar(&challenge), response: encode_scalar(&response) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proofs::testing::{
        NO_POINT, NO_SCALAR, bump, context, nudge, other_contexts, other_generators, rng,
    };
    use talea_contract::{
        group::encode_point,
        proofs::{ProofFault, possession::verify},
    };
    use talea_protocol::bytes::{Point, Scalar as WireScalar};

    /// A deal of member 2 of group 1: threshold 2 of 3.
    #[derive(Clone)]
    struct Deal {
        group: u16,
        member: u16,
        encryption_keys: Vec<Point>,
        commitments: Vec<Point>,
        ephemeral: Point,
        shares: Vec<WireScalar>,
    }

    impl Deal {
        fn statement(&self) -> Statement<'_> {
            Statement {
                group: self.group,
                member: self.member,
                encryption_keys: &self.encryption_keys,
                commitments: &self.commitments,
                ephemeral: &self.ephemeral,
                shares: &self.shares,
            }
        }
    }

    fn deal() -> (Deal, [(Secret, Witness); 2]) {
        let key = Generators::derive().key;
        let mut rng = rng(1);
        let mut pair = || {
            let secret = Scalar::random(&mut rng);
            (secret, encode_point(&(key * secret)))
        };
        let (a_0, constant) = pair();
        let (r, ephemeral) = pair();
        let deal = Deal {
            group: 1,
            member: 2,
            encryption_keys: vec![pair().1, pair().1, pair().1],
            commitments: vec![constant, pair().1],
            ephemeral,
            shares: vec![encode_scalar(&pair().0), encode_scalar(&pair().0)],
        };
        let witnesses = [
            (Secret::Constant, Witness { logarithm: a_0 }),
            (Secret::Ephemeral, Witness { logarithm: r }),
        ];
        (deal, witnesses)
    }

    #[test]
    fn both_secrets_are_proved_and_neither_proof_serves_for_the_other() {
        let gens = Generators::derive();
        let (deal, [(one, a_0), (two, r)]) = deal();
        let statement = deal.statement();
        for (secret, witness, other) in [(one, a_0, two), (two, r, one)] {
            let proof = prove(&gens, &context(), &statement, secret, &witness, &mut rng(2));
            let verdict = |secret| verify(&gens, &context(), &statement, secret, &proof);
            assert_eq!(verdict(secret), Ok(()));
            assert_eq!(verdict(other), Err(ProofFault::False));
        }
    }

    #[test]
    fn every_item_of_the_statement_is_bound() {
        let gens = Generators::derive();
        let (deal, witnesses) = deal();
        let changes: [fn(&mut Deal); 14] = [
            |d| d.group += 1,
            |d| d.member += 1,
            |d| d.encryption_keys[0] = nudge(&d.encryption_keys[0]),
            |d| d.encryption_keys.swap(0, 1),
            |d| d.encryption_keys.truncate(2),
            |d| d.commitments[0] = nudge(&d.commitments[0]),
            |d| d.commitments[1] = nudge(&d.commitments[1]),
            |d| d.commitments.truncate(1),
            |d| d.commitments.push(d.ephemeral),
            |d| d.ephemeral = nudge(&d.ephemeral),
            |d| d.shares[1] = bump(&d.shares[1]),
            |d| d.shares.swap(0, 1),
            |d| d.shares.truncate(1),
            |d| d.shares.clear(),
        ];
        for (secret, witness) in witnesses {
            let statement = deal.statement();
            let proof = prove(&gens, &context(), &statement, secret, &witness, &mut rng(2));
            for (i, change) in changes.iter().enumerate() {
                let mut other = deal.clone();
                change(&mut other);
                let verdict = verify(&gens, &context(), &other.statement(), secret, &proof);
                assert_eq!(verdict, Err(ProofFault::False), "change {i}");
            }
            for other in other_contexts() {
                let verdict = verify(&gens, &other, &statement, secret, &proof);
                assert_eq!(verdict, Err(ProofFault::False), "{other:?}");
            }
            // Only the key base is part of this proof.
            let verdict = verify(&other_generators()[2], &context(), &statement, secret, &proof);
            assert_eq!(verdict, Err(ProofFault::False));
        }
    }

    #[test]
    fn every_field_of_the_proof_counts() {
        let gens = Generators::derive();
        let (deal, [(secret, witness), _]) = deal();
        let statement = deal.statement();
        let proof = prove(&gens, &context(), &statement, secret, &witness, &mut rng(2));
        let verdict = |challenge, response| {
            let proof = CompactProof { challenge, response };
            verify(&gens, &context(), &statement, secret, &proof)
        };
        let CompactProof { challenge, response } = proof;
        assert_eq!(verdict(bump(&challenge), response), Err(ProofFault::False));
        assert_eq!(verdict(challenge, bump(&response)), Err(ProofFault::False));
        assert_eq!(verdict(NO_SCALAR, response), Err(ProofFault::NotCanonical));
        assert_eq!(verdict(challenge, NO_SCALAR), Err(ProofFault::NotCanonical));
    }

    #[test]
    fn the_identity_and_what_is_no_point_are_refused() {
        let gens = Generators::derive();
        let (mut deal, _) = deal();
        deal.ephemeral = Point::IDENTITY;
        let witness = Witness { logarithm: Scalar::ZERO };
        let secret = Secret::Ephemeral;
        let proof = prove(&gens, &context(), &deal.statement(), secret, &witness, &mut rng(2));
        let verdict =
            |deal: &Deal, secret| verify(&gens, &context(), &deal.statement(), secret, &proof);
        assert_eq!(verdict(&deal, secret), Err(ProofFault::Identity));
        deal.ephemeral = NO_POINT;
        assert_eq!(verdict(&deal, secret), Err(ProofFault::NotCanonical));
        deal.commitments.clear();
        let none = ProofFault::Length { expected: 1, actual: 0 };
        assert_eq!(verdict(&deal, Secret::Constant), Err(none));
    }
}
