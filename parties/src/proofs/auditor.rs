//! An auditor proves that it knows its secret (spec section 20).

use super::nonces;
use curve25519_dalek::scalar::Scalar;
use rand_core::{CryptoRng, RngCore};
use talea_contract::{
    fiat_shamir::FiatShamir,
    group::{Generators, encode_scalar},
    proofs::auditor::{CONTEXT, Statement},
};
use talea_protocol::{labels, setup::CompactProof};
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// `a`, with `A = a*K`.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Witness {
    /// `a`.
    pub secret: Scalar,
}

/// Proves that the auditor knows `a`.
pub fn prove<R: RngCore + CryptoRng>(
    gens: &Generators,
    statement: &Statement<'_>,
    witness: &Witness,
    rng: &mut R,
) -> CompactProof {
    let mut fs = FiatShamir::begin(labels::KIND_AUDITOR, &CONTEXT);
    statement.absorb(&mut fs, gens);
    // T = k*K
    let k = Zeroizing::new(Scalar::random(&mut nonces(&mut fs, [&witness.secret], rng)));
    fs.element(b"announcement", &(gens.key * *k));
    // z = k + c*a
    let challenge = fs.challenge(b"challenge");
    let response = *k + challenge * witness.secret;
    CompactProof { challenge: encode_scalar(&challenge), response: encode_scalar(&response) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proofs::testing::{NO_POINT, NO_SCALAR, bump, nudge, other_generators, rng};
    use talea_contract::{
        group::encode_point,
        proofs::{ProofFault, auditor::verify},
    };
    use talea_protocol::{
        bytes::Point,
        opening::{AuditorKey, Recipient},
    };

    fn key(secret: Scalar) -> AuditorKey {
        let gens = Generators::derive();
        let (point, recipient) = (encode_point(&(gens.key * secret)), Recipient([7; 32]));
        let statement = Statement { point: &point, recipient: &recipient };
        let possession = prove(&gens, &statement, &Witness { secret }, &mut rng(1));
        AuditorKey { point, recipient, possession }
    }

    #[test]
    fn a_key_of_a_known_secret_holds_and_every_part_of_it_counts() {
        let (gens, key) = (Generators::derive(), key(Scalar::from(7u8)));
        assert_eq!(verify(&gens, &key), Ok(()));
        let CompactProof { challenge, response } = key.possession;
        let proof = |challenge, response| CompactProof { challenge, response };
        for (changed, fault) in [
            (AuditorKey { point: nudge(&key.point), ..key }, ProofFault::False),
            (AuditorKey { point: NO_POINT, ..key }, ProofFault::NotCanonical),
            (AuditorKey { recipient: Recipient([8; 32]), ..key }, ProofFault::False),
            (
                AuditorKey { possession: proof(bump(&challenge), response), ..key },
                ProofFault::False,
            ),
            (
                AuditorKey { possession: proof(challenge, bump(&response)), ..key },
                ProofFault::False,
            ),
            (
                AuditorKey { possession: proof(NO_SCALAR, response), ..key },
                ProofFault::NotCanonical,
            ),
            (
                AuditorKey { possession: proof(challenge, NO_SCALAR), ..key },
                ProofFault::NotCanonical,
            ),
        ] {
            assert_eq!(verify(&gens, &changed), Err(fault), "{changed:?}");
        }
        // Only the key base is part of this proof.
        assert_eq!(verify(&other_generators()[2], &key), Err(ProofFault::False));
    }

    #[test]
    fn the_identity_is_no_auditors_key() {
        let key = key(Scalar::ZERO);
        assert_eq!(key.point, Point::IDENTITY);
        assert_eq!(verify(&Generators::derive(), &key), Err(ProofFault::Identity));
    }
}
