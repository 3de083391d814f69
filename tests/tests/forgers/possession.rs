//! Forgers of a dealer's proofs of possession.

use super::*;
use curve25519_dalek::traits::IsIdentity as _;
use talea_contract::{
    fiat_shamir::FiatShamir,
    proofs::{
        complaint::share_pad,
        possession::{Secret, Statement, verify},
    },
};
use talea_parties::proofs::possession as prover;
use talea_protocol::bytes::Scalar as WireScalar;
use talea_verifier::proofs::possession as second;

/// A deal with the proof for one of its secrets.
#[derive(Clone)]
pub(crate) struct Possession {
    pub(crate) gens: Generators,
    pub(crate) context: Context,
    pub(crate) group: u16,
    pub(crate) member: u16,
    pub(crate) encryption_keys: Vec<Point>,
    pub(crate) commitments: Vec<Point>,
    pub(crate) ephemeral: Point,
    pub(crate) shares: Vec<WireScalar>,
    pub(crate) secret: Secret,
    pub(crate) proof: CompactProof,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Flaw {
    /// Only the announcement is hashed.
    OnlyAnnouncementHashed,
    /// `Y` is not hashed.
    ImageUnhashed,
    /// The base is not hashed, and taken from the prover.
    BaseUnhashed,
    /// No proof is asked for.
    NotAsked,
    /// `c` is not recomputed.
    ChallengeBelieved,
    /// `Y` may be `O`.
    IdentityAllowed,
}

impl Possession {
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

    fn image(&self) -> Option<RistrettoPoint> {
        decode_point(self.statement().image(self.secret)?)
    }

    /// The challenge over what a verifier with this flaw hashes.
    fn challenge(&self, announcement: &RistrettoPoint, flaw: Option<Flaw>) -> Scalar {
        let mut fs = FiatShamir::begin(self.secret.kind(), &self.context);
        let is_hashed =
            |secret| !(matches!(flaw, Some(Flaw::ImageUnhashed)) && self.secret == secret);
        if !matches!(flaw, Some(Flaw::OnlyAnnouncementHashed)) {
            if !matches!(flaw, Some(Flaw::BaseUnhashed)) {
                fs.element(b"key-base", &self.gens.key);
            }
            fs.integer(b"group", self.group);
            fs.integer(b"member", self.member);
            fs.count(b"members", self.encryption_keys.len());
            for key in &self.encryption_keys {
                fs.point(b"encryption-key", key);
            }
            fs.count(b"threshold", self.commitments.len());
            for commitment in self.commitments.iter().filter(|_| is_hashed(Secret::Constant)) {
                fs.point(b"commitment", commitment);
            }
            if is_hashed(Secret::Ephemeral) {
                fs.point(b"ephemeral", &self.ephemeral);
            }
            fs.count(b"shares", self.shares.len());
            for share in &self.shares {
                fs.scalar(b"share", share);
            }
        }
        fs.element(b"announcement", announcement);
        fs.challenge(b"challenge")
    }

    fn set_image(&mut self, image: &RistrettoPoint) {
        match self.secret {
            Secret::Constant => self.commitments[0] = encode_point(image),
            Secret::Ephemeral => self.ephemeral = encode_point(image),
        }
    }
}

impl Artefact for Possession {
    type Flaw = Flaw;

    fn contract(&self) -> Result<(), ProofFault> {
        verify(&generators(), &self.context, &self.statement(), self.secret, &self.proof)
    }

    fn verifier(&self) -> Result<(), ProofError> {
        let Statement { group, member, encryption_keys, commitments, ephemeral, shares } =
            self.statement();
        let of = match self.secret {
            Secret::Constant => second::Of::Constant,
            Secret::Ephemeral => second::Of::Ephemeral,
        };
        let ephemeral = *ephemeral;
        let statement =
            second::Statement { group, member, encryption_keys, commitments, ephemeral, shares };
        second::verify(&place(&self.context), of, &statement, &self.proof)
    }

    fn replica(&self, flaw: Option<Flaw>) -> bool {
        let honest_base = self.gens == generators() || matches!(flaw, Some(Flaw::BaseUnhashed));
        let (Some(image), Some((c, z))) = (self.image(), open(&self.proof)) else {
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

/// Logarithms of a deal's constant term and ephemeral key.
struct Known {
    constant: Scalar,
    ephemeral: Scalar,
}

/// An honest deal for a group of three, threshold two, with one of its proofs.
pub(crate) fn honest_in(secret: Secret, member: u16, context: Context) -> Possession {
    let (deal, known) = unproved(secret, member);
    let mut deal = Possession { context, ..deal };
    let logarithm = match secret {
        Secret::Constant => known.constant,
        Secret::Ephemeral => known.ephemeral,
    };
    deal.proof = proved(&deal, logarithm);
    deal
}

fn honest(secret: Secret, member: u16) -> Possession {
    honest_in(secret, member, context_of(member as u8))
}

/// The proof that the protocol makes of this logarithm, true or not.
fn proved(deal: &Possession, logarithm: Scalar) -> CompactProof {
    let witness = prover::Witness { logarithm };
    let mut rng = rng(5);
    prover::prove(&deal.gens, &deal.context, &deal.statement(), deal.secret, &witness, &mut rng)
}

fn unproved(secret: Secret, member: u16) -> (Possession, Known) {
    let gens = generators();
    let mut rng = rng(member.into());
    let known = Known { constant: scalar(&mut rng), ephemeral: scalar(&mut rng) };
    let deal = Possession {
        context: context_of(member as u8),
        group: 0,
        member,
        encryption_keys: (0..3).map(|_| encode_point(&element(&mut rng))).collect(),
        commitments: encode_all(&[gens.key * known.constant, element(&mut rng)]),
        ephemeral: encode_point(&(gens.key * known.ephemeral)),
        shares: (0..2).map(|_| encode_scalar(&scalar(&mut rng))).collect(),
        secret,
        proof: compact(&Scalar::ZERO, &Scalar::ZERO),
        gens,
    };
    (deal, known)
}

/// Fixes announcement and challenge, then takes the `Y` that they prove something about:
/// `Y = (z*K - A) / c`, whose logarithm nobody knows.
fn image_after_challenge(secret: Secret, flaw: Flaw) -> Possession {
    let (mut deal, _) = unproved(secret, 2);
    let mut rng = rng(20);
    let (announcement, z) = (element(&mut rng), scalar(&mut rng));
    let c = deal.challenge(&announcement, Some(flaw));
    deal.set_image(&((deal.gens.key * z - announcement) * c.invert()));
    deal.proof = compact(&c, &z);
    deal
}

/// Fixes image, announcement and challenge, then takes the base: `K' = (A + c*Y) / z`.
fn base_after_challenge(secret: Secret) -> Possession {
    let (mut deal, _) = unproved(secret, 2);
    let mut rng = rng(21);
    deal.set_image(&element(&mut rng));
    let (announcement, z) = (element(&mut rng), scalar(&mut rng));
    let c = deal.challenge(&announcement, Some(Flaw::BaseUnhashed));
    deal.gens.key = (announcement + deal.image().unwrap() * c) * z.invert();
    deal.proof = compact(&c, &z);
    deal
}

const BOTH: [Secret; 2] = [Secret::Constant, Secret::Ephemeral];

#[test]
fn honest_deals_pass() {
    BOTH.into_iter().for_each(|secret| honest(secret, 2).check_honest());
}

/// F1: the hash covers the announcement alone, so the statement is chosen last.
#[test]
fn a_statement_chosen_after_the_challenge() {
    for secret in BOTH {
        let flaw = Flaw::OnlyAnnouncementHashed;
        image_after_challenge(secret, flaw).check_forgery(flaw);
    }
}

/// F1, F2: all is hashed but the point in question.
#[test]
fn a_point_whose_logarithm_nobody_knows() {
    for secret in BOTH {
        image_after_challenge(secret, Flaw::ImageUnhashed).check_forgery(Flaw::ImageUnhashed);
    }
}

/// F8, F9: the base is chosen by the prover, after the challenge.
#[test]
fn a_base_chosen_after_the_challenge() {
    for secret in BOTH {
        base_after_challenge(secret).check_forgery(Flaw::BaseUnhashed);
    }
}

/// F10: a challenge that the verifier does not compute itself.
#[test]
fn a_challenge_out_of_thin_air() {
    for secret in BOTH {
        let (mut deal, _) = unproved(secret, 2);
        deal.proof = compact(&Scalar::ONE, &Scalar::ONE);
        deal.check_forgery(Flaw::ChallengeBelieved);
    }
}

/// E3, D10: the logarithm of `O` is known to everybody.
#[test]
fn the_logarithm_of_the_identity() {
    for secret in BOTH {
        let (mut deal, _) = unproved(secret, 2);
        deal.set_image(&RistrettoPoint::default());
        deal.proof = proved(&deal, Scalar::ZERO);
        deal.check_forgery(Flaw::IdentityAllowed);
        deal.check_identity_refused();
    }
}

/// D2: the last dealer chooses its constant term against the others', and knows the group's secret.
#[test]
fn a_rogue_constant_term() {
    let gens = generators();
    let honest = honest(Secret::Constant, 1);
    let (mut rogue, _) = unproved(Secret::Constant, 2);
    let known = Scalar::from(4711u32);
    rogue.set_image(&(gens.key * known - honest.image().unwrap()));
    // The whole key's logarithm is known to the rogue alone; that of its own part is not.
    let key = honest.image().unwrap() + rogue.image().unwrap();
    let bid = encrypt(&key, &Scalar::from(42u8), &Scalar::from(1234u32));
    assert_eq!(decrypt(&known, &bid), gens.value * Scalar::from(42u8));
    rogue.proof = proved(&rogue, known);
    rogue.check_forgery(Flaw::NotAsked);
    // Nor does the honest dealer's proof, negated or not, serve for the rogue's.
    let (c, z) = open(&honest.proof).unwrap();
    for proof in [honest.proof, compact(&c, &-z), compact(&-c, &z)] {
        rogue.proof = proof;
        rogue.check_refused();
    }
}

/// D6: an ephemeral key re-randomised from an honest dealer's turns the recipient's honest complaint
/// into a decryption of the honest share. Possession of `r` is what forbids it.
#[test]
fn an_ephemeral_key_that_makes_a_complaint_decrypt_another_share() {
    let gens = generators();
    let mut rng = rng(30);
    let auction = context().auction;
    let (recipient, p) = (3, scalar(&mut rng));
    let recipient_key = encode_point(&(gens.key * p));

    // Dealer 1 is honest: it deals `share` to member 3.
    let (mut victim, known) = unproved(Secret::Ephemeral, 1);
    victim.encryption_keys[2] = recipient_key;
    let share = scalar(&mut rng);
    let shared = decode_point(&recipient_key).unwrap() * known.ephemeral;
    let pad = |dealer, shared: &RistrettoPoint, ephemeral| {
        let shared = encode_point(shared);
        share_pad(&auction, 0, dealer, recipient, &shared, ephemeral, &recipient_key)
    };
    victim.shares[1] = encode_scalar(&(share + pad(1, &shared, &victim.ephemeral)));
    victim.proof = proved(&victim, known.ephemeral);
    victim.check_honest();

    // Dealer 2 takes its ephemeral key times t, and deals garbage.
    let t = scalar(&mut rng);
    let (mut attacker, _) = unproved(Secret::Ephemeral, 2);
    attacker.encryption_keys = victim.encryption_keys.clone();
    attacker.set_image(&(decode_point(&victim.ephemeral).unwrap() * t));

    // Member 3 complains about the garbage, as it should, and reveals p*R.
    let revealed = decode_point(&attacker.ephemeral).unwrap() * p;
    // Dealer 2 reads dealer 1's share of member 3.
    let stolen = pad(1, &(revealed * t.invert()), &victim.ephemeral);
    let read = decode_scalar(&victim.shares[1]).unwrap() - stolen;
    assert_eq!(read, share, "the attack is alive");

    // Without the proof of possession it works; with it, nothing that dealer 2 can make serves.
    attacker.proof = victim.proof;
    attacker.check_forgery(Flaw::NotAsked);
    let (c, z) = open(&victim.proof).unwrap();
    for proof in [compact(&c, &(z * t)), compact(&c, &z), proved(&attacker, t)] {
        attacker.proof = proof;
        attacker.check_refused();
    }
    // A copy without a factor falls to the context: the proof names its dealer.
    attacker.ephemeral = victim.ephemeral;
    attacker.proof = victim.proof;
    attacker.check_refused();
}

/// S15: a proof for one secret, or of one dealer, does not serve for the other.
#[test]
fn a_proof_lent_to_another_secret_or_dealer() {
    for secret in BOTH {
        let deal = honest(secret, 2);
        let mut other = deal.clone();
        other.secret =
            if secret == Secret::Constant { Secret::Ephemeral } else { Secret::Constant };
        // Even if both points are the same.
        other.commitments[0] = other.ephemeral;
        other.check_refused();
        let mut other = deal.clone();
        other.context = context_of(1);
        other.check_refused();
        let mut other = deal.clone();
        other.member = 1;
        other.check_refused();
    }
}
