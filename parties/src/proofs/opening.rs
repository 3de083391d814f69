//! A bidder proves to one auditor what its commitment opens to, and the auditor makes the same proof of anything
//! (spec section 20).
//!
//! Both go through one function: they differ in which branch they know, and in nothing that is sent.

use super::{Unprovable, commit, nonces};
use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar, traits::MultiscalarMul as _};
use rand_core::{CryptoRng, RngCore};
use talea_contract::{
    fiat_shamir::{Context, FiatShamir},
    group::{Generators, encode_point, encode_scalar},
    proofs::opening::{Statement, challenge},
};
use talea_protocol::{labels, opening::OpeningProof, setup::CompactProof};
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// What the maker of a proof knows.
#[derive(Clone, ZeroizeOnDrop)]
pub enum Witness {
    /// The bidder: `r`, with `C = v*G + r*H`.
    Bidder(Scalar),
    /// The auditor: `a`, with `A = a*K`.
    Auditor(Scalar),
}

impl Witness {
    fn secret(&self) -> &Scalar {
        match self {
            Self::Bidder(secret) | Self::Auditor(secret) => secret,
        }
    }

    /// Whether it is one of the statement.
    fn fits(&self, gens: &Generators, statement: &Statement<'_>) -> bool {
        match self {
            Self::Bidder(r) => {
                encode_point(&commit(gens, &statement.level.0.into(), r)) == *statement.commitment
            }
            Self::Auditor(a) => encode_point(&(gens.key * a)) == statement.auditor.point,
        }
    }
}

/// Proves the opening, as the bidder or as the auditor.
///
/// # Errors
/// [`Unprovable::NotKnown`] if the witness is none of this statement, or the auditor's key is none.
pub fn prove<R: RngCore + CryptoRng>(
    gens: &Generators,
    context: &Context,
    statement: &Statement<'_>,
    witness: &Witness,
    rng: &mut R,
) -> Result<OpeningProof, Unprovable> {
    let [committed, auditor] = statement.images(gens).map_err(|_| Unprovable::NotKnown)?;
    if !witness.fits(gens, statement) {
        return Err(Unprovable::NotKnown);
    }
    let mut fs = FiatShamir::begin(labels::KIND_OPENING, context);
    statement.absorb(&mut fs, gens);
    let mut nonces = nonces(&mut fs, [witness.secret()], rng);
    let mut draw = || Zeroizing::new(Scalar::random(&mut nonces));
    let (k, c, z) = (draw(), draw(), draw());
    // Of the branch that is known k*B, of the other z*B - c*Y.
    let known = |base: RistrettoPoint| base * *k;
    let made_up = |base: RistrettoPoint, image: RistrettoPoint| {
        RistrettoPoint::multiscalar_mul([*z, -*c], [base, image])
    };
    let announcements = match witness {
        Witness::Bidder(_) => [known(gens.blinding), made_up(gens.key, auditor)],
        Witness::Auditor(_) => [made_up(gens.blinding, committed), known(gens.key)],
    };
    // What the challenge leaves is the one of the known branch, whose response is k + c*y.
    let left = challenge(&mut fs, &announcements) - *c;
    let response = *k + left * witness.secret();
    let (known, made_up) = (compact(&left, &response), compact(&c, &z));
    Ok(match witness {
        Witness::Bidder(_) => OpeningProof { bidder: known, auditor: made_up },
        Witness::Auditor(_) => OpeningProof { bidder: made_up, auditor: known },
    })
}

fn compact(challenge: &Scalar, response: &Scalar) -> CompactProof {
    CompactProof { challenge: encode_scalar(challenge), response: encode_scalar(response) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        auditor::Auditor,
        identity::Identity,
        proofs::testing::{
            NO_POINT, NO_SCALAR, bump, context, nudge, other_contexts, other_generators, rng,
        },
    };
    use proptest::prelude::*;
    use rand_core::{CryptoRng, Error, RngCore};
    use talea_contract::proofs::{ProofFault, opening::verify};
    use talea_protocol::{
        bytes::{Point, Scalar as WireScalar},
        opening::{AuditorKey, Recipient},
        price::Level,
    };

    fn auditor(seed: u8) -> Auditor {
        Auditor::of(&Identity::from_seed(&[seed; 32]), Recipient([seed; 32]))
    }

    fn committed(level: u32, blinding: &Scalar) -> Point {
        encode_point(&commit(&Generators::derive(), &level.into(), blinding))
    }

    /// A generator that failed.
    struct Broken;
    impl RngCore for Broken {
        fn next_u32(&mut self) -> u32 {
            0
        }
        fn next_u64(&mut self) -> u64 {
            0
        }
        fn fill_bytes(&mut self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
            self.fill_bytes(bytes);
            Ok(())
        }
    }
    impl CryptoRng for Broken {}

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn what_is_opened_verifies_at_its_level_and_at_no_other(
            level in any::<u32>(), other in any::<u32>(), seed in any::<u8>()
        ) {
            let gens = Generators::derive();
            let (r, auditor) = (Scalar::random(&mut rng(seed)), auditor(seed));
            let commitment = committed(level, &r);
            let key = auditor.key();
            let statement =
                Statement { commitment: &commitment, level: Level(level), auditor: &key };
            let witness = Witness::Bidder(r);
            let proof = prove(&gens, &context(), &statement, &witness, &mut rng(seed)).unwrap();
            prop_assert_eq!(verify(&gens, &context(), &statement, &proof), Ok(()));
            let wrong = Statement { level: Level(other), ..statement };
            if other != level {
                let verdict = verify(&gens, &context(), &wrong, &proof);
                prop_assert_eq!(verdict, Err(ProofFault::False));
                // And the bidder cannot even try.
                let tried = prove(&gens, &context(), &wrong, &witness, &mut rng(seed));
                prop_assert_eq!(tried, Err(Unprovable::NotKnown));
            }
        }
    }

    /// That is why it convinces nobody else.
    #[test]
    fn the_auditor_makes_the_same_proof_of_every_level() {
        let gens = Generators::derive();
        let (auditor, r) = (auditor(4), Scalar::from(99u8));
        let (commitment, key) = (committed(7, &r), auditor.key());
        for level in [0, 7, 8, u32::MAX] {
            let statement =
                Statement { commitment: &commitment, level: Level(level), auditor: &key };
            let made = auditor.simulate(&gens, &context(), &commitment, Level(level), &mut rng(3));
            assert_eq!(verify(&gens, &context(), &statement, &made.unwrap()), Ok(()), "{level}");
        }
        // To itself alone.
        let other = super::tests::auditor(5);
        let statement =
            Statement { commitment: &commitment, level: Level(7), auditor: &other.key() };
        let made = auditor.simulate(&gens, &context(), &commitment, Level(7), &mut rng(3)).unwrap();
        assert_eq!(verify(&gens, &context(), &statement, &made), Err(ProofFault::False));
    }

    /// The first byte of every scalar, over many proofs: the same spread whoever made them.
    #[test]
    fn proofs_of_bidder_and_auditor_look_alike() {
        let gens = Generators::derive();
        let (auditor, r) = (auditor(4), Scalar::from(99u8));
        let (commitment, key) = (committed(7, &r), auditor.key());
        let statement = Statement { commitment: &commitment, level: Level(7), auditor: &key };
        let mut rng = rng(6);
        let scalars = |proof: OpeningProof| {
            let OpeningProof { bidder, auditor } = proof;
            [bidder.challenge, bidder.response, auditor.challenge, auditor.response]
        };
        const MANY: usize = 400;
        let mut sums = [[0f64; 4]; 2];
        for _ in 0..MANY {
            let own = prove(&gens, &context(), &statement, &Witness::Bidder(r), &mut rng).unwrap();
            let made =
                auditor.simulate(&gens, &context(), &commitment, Level(7), &mut rng).unwrap();
            for (sum, proof) in sums.iter_mut().zip([own, made]) {
                let firsts = scalars(proof).map(|scalar| f64::from(scalar.0[0]));
                sum.iter_mut().zip(firsts).for_each(|(sum, first)| *sum += first);
            }
        }
        // The mean of 400 bytes is 127.5, give or take 3.7: five times that is never seen.
        let means = sums.map(|sums| sums.map(|sum| sum / MANY as f64));
        assert!(means.iter().flatten().all(|mean| (mean - 127.5).abs() < 18.5), "{means:?}");
    }

    #[test]
    fn every_item_of_the_statement_is_bound() {
        let gens = Generators::derive();
        let (r, key, other) = (Scalar::from(5u8), auditor(1).key(), auditor(2).key());
        let commitment = committed(7, &r);
        let statement = Statement { commitment: &commitment, level: Level(7), auditor: &key };
        let witness = Witness::Bidder(r);
        let proof = prove(&gens, &context(), &statement, &witness, &mut rng(2)).unwrap();
        let mixed = [
            AuditorKey { recipient: other.recipient, ..key },
            AuditorKey { possession: other.possession, ..key },
            AuditorKey { point: other.point, ..key },
            other,
        ];
        let changed = nudge(&commitment);
        let mut others: Vec<Statement<'_>> =
            mixed.iter().map(|auditor| Statement { auditor, ..statement }).collect();
        others.push(Statement { commitment: &changed, ..statement });
        // The commitment and the level changed together, so that C - v*G is the same.
        others.push(Statement { commitment: &changed, level: Level(8), ..statement });
        for other in &others {
            let verdict = verify(&gens, &context(), other, &proof);
            assert_eq!(verdict, Err(ProofFault::False), "{other:?}");
        }
        for context in other_contexts() {
            let verdict = verify(&gens, &context, &statement, &proof);
            assert_eq!(verdict, Err(ProofFault::False), "{context:?}");
        }
        for gens in other_generators() {
            assert_eq!(verify(&gens, &context(), &statement, &proof), Err(ProofFault::False));
        }
    }

    #[test]
    fn every_field_of_the_proof_counts() {
        let gens = Generators::derive();
        let (r, key) = (Scalar::from(5u8), auditor(1).key());
        let commitment = committed(7, &r);
        let statement = Statement { commitment: &commitment, level: Level(7), auditor: &key };
        let witness = Witness::Bidder(r);
        let proof = prove(&gens, &context(), &statement, &witness, &mut rng(2)).unwrap();
        let fields: [fn(&mut OpeningProof) -> &mut WireScalar; 4] = [
            |p| &mut p.bidder.challenge,
            |p| &mut p.bidder.response,
            |p| &mut p.auditor.challenge,
            |p| &mut p.auditor.response,
        ];
        for field in fields {
            let mut other = proof;
            *field(&mut other) = bump(field(&mut other));
            let verdict = |proof| verify(&gens, &context(), &statement, &proof);
            assert_eq!(verdict(other), Err(ProofFault::False));
            *field(&mut other) = NO_SCALAR;
            assert_eq!(verdict(other), Err(ProofFault::NotCanonical));
        }
        // What one branch gains the other may lose: the sum alone does not do.
        let mut other = proof;
        other.bidder.challenge = bump(&other.bidder.challenge);
        let less = Scalar::from_canonical_bytes(other.auditor.challenge.0).unwrap() - Scalar::ONE;
        other.auditor.challenge = encode_scalar(&less);
        let verdict = verify(&gens, &context(), &statement, &other);
        assert_eq!(verdict, Err(ProofFault::False));
        let swapped = OpeningProof { bidder: proof.auditor, auditor: proof.bidder };
        let verdict = verify(&gens, &context(), &statement, &swapped);
        assert_eq!(verdict, Err(ProofFault::False));
    }

    #[test]
    fn the_identity_and_what_is_no_point_are_refused() {
        let gens = Generators::derive();
        let (r, key) = (Scalar::from(5u8), auditor(1).key());
        let commitment = committed(7, &r);
        let statement = Statement { commitment: &commitment, level: Level(7), auditor: &key };
        let witness = Witness::Bidder(r);
        let proof = prove(&gens, &context(), &statement, &witness, &mut rng(2)).unwrap();
        let verdict = |statement| verify(&gens, &context(), &statement, &proof);
        let nobody = AuditorKey { point: Point::IDENTITY, ..key };
        let to_nobody = Statement { auditor: &nobody, ..statement };
        assert_eq!(verdict(to_nobody), Err(ProofFault::Identity));
        let tried =
            prove(&gens, &context(), &to_nobody, &Witness::Auditor(Scalar::ZERO), &mut rng(2));
        assert_eq!(tried, Err(Unprovable::NotKnown));
        let no_key = AuditorKey { point: NO_POINT, ..key };
        let verdicts = [
            Statement { auditor: &no_key, ..statement },
            Statement { commitment: &NO_POINT, ..statement },
        ];
        for statement in verdicts {
            assert_eq!(verdict(statement), Err(ProofFault::NotCanonical));
        }
    }

    /// With another proof no opening made before could be read.
    #[test]
    fn an_opening_stays_what_it_is() {
        let gens = Generators::derive();
        let (r, key) = (Scalar::from(5u8), auditor(1).key());
        let commitment = committed(7, &r);
        let statement = Statement { commitment: &commitment, level: Level(7), auditor: &key };
        let witness = Witness::Bidder(r);
        let proof = prove(&gens, &context(), &statement, &witness, &mut rng(2)).unwrap();
        let of = |proof: CompactProof| [proof.challenge.0[0], proof.response.0[0]];
        assert_eq!([of(proof.bidder), of(proof.auditor)], [[251, 44], [234, 94]]);
    }

    /// A generator that yields zeros must not give the blinding away: other statements, other nonces.
    #[test]
    fn nonces_do_not_rest_on_the_generator_alone() {
        let gens = Generators::derive();
        let (r, key) = (Scalar::from(5u8), auditor(1).key());
        let commitment = committed(7, &r);
        let statement = Statement { commitment: &commitment, level: Level(7), auditor: &key };
        let proofs = [context(), other_contexts()[0]].map(|context| {
            prove(&gens, &context, &statement, &Witness::Bidder(r), &mut Broken).unwrap()
        });
        let scalar = |scalar: &WireScalar| Scalar::from_canonical_bytes(scalar.0).unwrap();
        let [(c, z), (d, y)] =
            proofs.map(|proof| (scalar(&proof.bidder.challenge), scalar(&proof.bidder.response)));
        assert_ne!((z - y) * (c - d).invert(), r, "the same nonce twice");
        assert_ne!(proofs[0].auditor, proofs[1].auditor);
    }
}
