//! Forgers of auditors' keys: of keys whose secret nobody knows, to which an opening would be a proof for
//! everybody, and of another's key with files that come to somebody else.

use super::*;
use curve25519_dalek::traits::IsIdentity as _;
use talea_contract::{
    fiat_shamir::FiatShamir,
    proofs::auditor::{CONTEXT, Statement, verify},
};
use talea_parties::{auditor::Auditor, identity::Identity, proofs::auditor as prover};
use talea_protocol::{
    labels,
    opening::{AuditorKey, Recipient},
};
use talea_verifier::proofs::auditor as second;

/// An auditor's key, and the base that the verifier takes.
#[derive(Clone)]
struct Key {
    gens: Generators,
    key: AuditorKey,
}

#[derive(Clone, Copy, Debug)]
enum Flaw {
    /// Only the announcement is hashed.
    OnlyAnnouncementHashed,
    /// `A` is not hashed.
    ImageUnhashed,
    /// The base is not hashed, and taken from the prover.
    BaseUnhashed,
    /// The recipient is not hashed.
    RecipientUnhashed,
    /// No proof is asked for.
    NotAsked,
    /// `c` is not recomputed.
    ChallengeBelieved,
    /// `A` may be `O`.
    IdentityAllowed,
}

impl Key {
    /// The challenge over what a verifier with this flaw hashes.
    fn challenge(&self, announcement: &RistrettoPoint, flaw: Option<Flaw>) -> Scalar {
        let mut fs = FiatShamir::begin(labels::KIND_AUDITOR, &CONTEXT);
        if !matches!(flaw, Some(Flaw::OnlyAnnouncementHashed)) {
            if !matches!(flaw, Some(Flaw::BaseUnhashed)) {
                fs.element(b"key-base", &self.gens.key);
            }
            if !matches!(flaw, Some(Flaw::ImageUnhashed)) {
                fs.point(b"auditor", &self.key.point);
            }
            if !matches!(flaw, Some(Flaw::RecipientUnhashed)) {
                fs.digest(b"recipient", &Digest(self.key.recipient.0));
            }
        }
        fs.element(b"announcement", announcement);
        fs.challenge(b"challenge")
    }
}

impl Artefact for Key {
    type Flaw = Flaw;

    fn contract(&self) -> Result<(), ProofFault> {
        verify(&generators(), &self.key)
    }

    fn verifier(&self) -> Result<(), ProofError> {
        second::verify(&self.key)
    }

    fn replica(&self, flaw: Option<Flaw>) -> bool {
        let honest_base = self.gens == generators() || matches!(flaw, Some(Flaw::BaseUnhashed));
        let (Some(image), Some((c, z))) =
            (decode_point(&self.key.point), open(&self.key.possession))
        else {
            return false;
        };
        let allowed = !image.is_identity() || matches!(flaw, Some(Flaw::IdentityAllowed));
        let announcement = self.gens.key * z - image * c;
        let holds = match flaw {
            Some(Flaw::NotAsked | Flaw::ChallengeBelieved) => true,
            _ => self.challenge(&announcement, flaw) == c,
        };
        honest_base && allowed && holds
    }
}

fn honest(seed: u8) -> Key {
    let auditor = Auditor::of(&Identity::from_seed(&[seed; 32]), Recipient([seed; 32]));
    Key { gens: generators(), key: auditor.key() }
}

/// Fixes announcement and challenge, then takes the key that they prove something about:
/// `A = (z*K - T) / c`, whose logarithm nobody knows.
fn image_after_challenge(flaw: Flaw) -> Key {
    let mut key = honest(1);
    let mut rng = rng(20);
    let (announcement, z) = (element(&mut rng), scalar(&mut rng));
    let c = key.challenge(&announcement, Some(flaw));
    key.key.point = encode_point(&((key.gens.key * z - announcement) * c.invert()));
    key.key.possession = compact(&c, &z);
    key
}

#[test]
fn honest_auditors_pass() {
    honest(1).check_honest();
}

/// F1, F2: the key is chosen after the challenge, so that nobody knows its secret.
#[test]
fn an_auditors_key_that_nobody_knows() {
    for flaw in [Flaw::OnlyAnnouncementHashed, Flaw::ImageUnhashed] {
        image_after_challenge(flaw).check_forgery(flaw);
    }
}

/// F8, F9: the base is chosen by the prover, after the challenge.
#[test]
fn a_base_for_an_auditors_key_chosen_after_the_challenge() {
    let mut key = honest(1);
    let mut rng = rng(21);
    let (image, announcement, z) = (element(&mut rng), element(&mut rng), scalar(&mut rng));
    key.key.point = encode_point(&image);
    let c = key.challenge(&announcement, Some(Flaw::BaseUnhashed));
    key.gens.key = (announcement + image * c) * z.invert();
    key.key.possession = compact(&c, &z);
    key.check_forgery(Flaw::BaseUnhashed);
}

/// An honest auditor's key with another recipient: its openings would come to somebody else, who knows that
/// the auditor has not made them.
#[test]
fn an_auditors_key_with_somebody_elses_recipient() {
    let mut key = honest(1);
    // The auditor's own flawed tool proved its key without the recipient.
    let (mut rng, a) = (rng(22), Scalar::from(4711u32));
    let k = scalar(&mut rng);
    key.key.point = encode_point(&(key.gens.key * a));
    let c = key.challenge(&(key.gens.key * k), Some(Flaw::RecipientUnhashed));
    key.key.possession = compact(&c, &(k + c * a));
    key.key.recipient = Recipient([66; 32]);
    key.check_forgery(Flaw::RecipientUnhashed);
    // Of a sound tool's key nothing can be changed.
    let mut key = honest(1);
    key.key.recipient = honest(2).key.recipient;
    key.check_refused();
}

/// A point that a hash gives: without the proof it is as good a key as any, and its openings convince everybody.
#[test]
fn an_auditors_key_without_possession() {
    let mut key = honest(1);
    key.key.point = encode_point(&element(&mut rng(23)));
    key.check_forgery(Flaw::NotAsked);
    // Nor does another auditor's proof serve.
    key.key.possession = honest(2).key.possession;
    key.check_forgery(Flaw::NotAsked);
}

/// F10: a challenge that the verifier does not compute itself.
#[test]
fn an_auditors_challenge_out_of_thin_air() {
    let mut key = honest(1);
    key.key.possession = compact(&Scalar::ONE, &Scalar::ONE);
    key.check_forgery(Flaw::ChallengeBelieved);
}

/// E3, D10: everybody knows the secret of `O`, so everybody could open anything to it.
#[test]
fn the_identity_as_an_auditors_key() {
    let mut key = honest(1);
    key.key.point = Point::IDENTITY;
    let statement = Statement { point: &key.key.point, recipient: &key.key.recipient };
    let witness = prover::Witness { secret: Scalar::ZERO };
    key.key.possession = prover::prove(&key.gens, &statement, &witness, &mut rng(24));
    key.check_forgery(Flaw::IdentityAllowed);
    key.check_identity_refused();
}
