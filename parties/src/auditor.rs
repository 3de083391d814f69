//! An auditor, to whom bidders open their bids: its secret, its public key, and the openings that it can make
//! itself (spec section 20).

use crate::{
    bid_secrets::Generator,
    identity::Identity,
    proofs::{Unprovable, auditor, opening},
};
use curve25519_dalek::scalar::Scalar;
use merlin::Transcript;
use rand_core::CryptoRngCore;
use talea_contract::{
    fiat_shamir::Context,
    group::{Generators, encode_point},
    proofs::{auditor::Statement, opening::Statement as OpeningStatement},
};
use talea_protocol::{
    bytes::Point,
    labels::{self, PROTOCOL_VERSION},
    opening::{AuditorKey, OpeningProof, Recipient},
    price::Level,
};
use zeroize::Zeroizing;

/// Somebody to whom bids are opened.
///
/// Whoever knows its secret can make it believe any level, and can make it doubted by everybody else.
pub struct Auditor {
    secret: Zeroizing<Scalar>,
    key: AuditorKey,
}

impl Auditor {
    /// The auditor that this party is, with the age recipient to which files are encrypted for it.
    ///
    /// Secret and proof are derived from the party's key: a public key that is printed twice is the same.
    #[must_use]
    pub fn of(party: &Identity, recipient: Recipient) -> Self {
        let mut derivation = Transcript::new(labels::AUDITOR_SECRET);
        derivation.append_u64(b"version", PROTOCOL_VERSION.into());
        derivation.append_message(b"key", party.seed().as_slice());
        let mut bytes = Zeroizing::new([0; 64]);
        derivation.challenge_bytes(b"secret", bytes.as_mut());
        let secret = Zeroizing::new(Scalar::from_bytes_mod_order_wide(&bytes));
        let gens = Generators::derive();
        let point = encode_point(&(gens.key * *secret));
        // As Ed25519's, its nonce is a function of the secret and of what is proved.
        derivation.append_message(b"use", b"possession");
        let possession = auditor::prove(
            &gens,
            &Statement { point: &point, recipient: &recipient },
            &auditor::Witness { secret: *secret },
            &mut Generator::of(derivation),
        );
        Self { secret, key: AuditorKey { point, recipient, possession } }
    }

    /// What it publishes.
    #[must_use]
    pub fn key(&self) -> AuditorKey {
        self.key
    }

    /// An opening to itself of any commitment to any level: that it can make one is why a bidder's
    /// convinces nobody else.
    ///
    /// # Errors
    /// [`Unprovable`] if the commitment is no point.
    pub fn simulate(
        &self,
        gens: &Generators,
        context: &Context,
        commitment: &Point,
        level: Level,
        rng: &mut impl CryptoRngCore,
    ) -> Result<OpeningProof, Unprovable> {
        let statement = OpeningStatement { commitment, level, auditor: &self.key };
        let witness = opening::Witness::Auditor(*self.secret);
        opening::prove(gens, context, &statement, &witness, rng)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_contract::proofs::auditor::verify;

    #[test]
    fn an_auditors_key_is_the_same_each_time_and_another_for_every_party() {
        let auditor = |seed: u8, recipient: u8| {
            Auditor::of(&Identity::from_seed(&[seed; 32]), Recipient([recipient; 32])).key()
        };
        let key = auditor(1, 1);
        assert_eq!(verify(&Generators::derive(), &key), Ok(()));
        assert_eq!(key, auditor(1, 1));
        assert_ne!(key.point, auditor(2, 1).point);
        // Another recipient is another statement, and must not be proved with the same nonce.
        let other = auditor(1, 2);
        assert_eq!(key.point, other.point);
        assert_ne!(key.possession, other.possession);
        let scalar = |bytes: [u8; 32]| Scalar::from_canonical_bytes(bytes).unwrap();
        let [(c, z), (d, y)] = [key, other].map(|AuditorKey { possession, .. }| {
            (scalar(possession.challenge.0), scalar(possession.response.0))
        });
        let a = (z - y) * (c - d).invert();
        assert_ne!(encode_point(&(Generators::derive().key * a)), key.point);
    }

    /// With another secret no opening made before could be read.
    #[test]
    fn an_auditors_secret_stays_what_it_is() {
        let auditor = Auditor::of(&Identity::from_seed(&[1; 32]), Recipient([1; 32]));
        let shown: String =
            auditor.key().point.0[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(shown, "fcd06a78d7eddd17");
    }
}
