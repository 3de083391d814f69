//! Forgers of openings: a bidder that shows its auditor another bid than it made.

use super::*;
use curve25519_dalek::traits::IsIdentity as _;
use talea_contract::{
    fiat_shamir::FiatShamir,
    proofs::opening::{Statement, verify},
};
use talea_parties::{auditor::Auditor, identity::Identity, proofs::opening as prover};
use talea_protocol::{
    labels,
    opening::{AuditorKey, OpeningProof, Recipient},
    price::Level,
};
use talea_verifier::proofs::opening as second;

/// A commitment with what it is said to open to, and the proof.
#[derive(Clone)]
pub(crate) struct Opening {
    pub(crate) gens: Generators,
    pub(crate) context: Context,
    pub(crate) commitment: Point,
    /// A flawed verifier takes any scalar.
    pub(crate) level: Scalar,
    pub(crate) auditor: AuditorKey,
    pub(crate) proof: OpeningProof,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Flaw {
    /// Only the announcements are hashed.
    OnlyAnnouncementsHashed,
    /// `C` is not hashed.
    CommitmentUnhashed,
    /// `v` is not hashed.
    LevelUnhashed,
    /// Neither `C` nor `v` is hashed, but `C - v*G`.
    OnlyDifferenceHashed,
    /// `A` is not hashed.
    AuditorUnhashed,
    /// The blinding base is not hashed, and taken from the prover.
    BaseUnhashed,
    /// `T_1` is not hashed.
    BiddersAnnouncementUnhashed,
    /// `T_2` is not hashed: the sub-challenges are not bound.
    AuditorsAnnouncementUnhashed,
    /// `c_1 + c_2` is not compared with `c`.
    SumNotCompared,
    /// `A` may be `O`.
    IdentityAllowed,
}

impl Opening {
    fn statement(&self) -> Statement<'_> {
        let level = u32::from_le_bytes(self.level.as_bytes()[..4].try_into().unwrap());
        Statement { commitment: &self.commitment, level: Level(level), auditor: &self.auditor }
    }

    /// `C - v*G` and `A`.
    fn images(&self) -> Option<[RistrettoPoint; 2]> {
        let commitment = decode_point(&self.commitment)?;
        Some([commitment - self.gens.value * self.level, decode_point(&self.auditor.point)?])
    }

    /// The challenge over what a verifier with this flaw hashes.
    fn challenge(&self, announcements: &[RistrettoPoint; 2], flaw: Option<Flaw>) -> Scalar {
        let mut fs = FiatShamir::begin(labels::KIND_OPENING, &self.context);
        if !matches!(flaw, Some(Flaw::OnlyAnnouncementsHashed)) {
            fs.element(b"value-base", &self.gens.value);
            if !matches!(flaw, Some(Flaw::BaseUnhashed)) {
                fs.element(b"blinding-base", &self.gens.blinding);
            }
            fs.element(b"key-base", &self.gens.key);
            match flaw {
                Some(Flaw::CommitmentUnhashed) => {}
                Some(Flaw::OnlyDifferenceHashed) => {
                    fs.element(b"commitment", &self.images().unwrap()[0]);
                }
                _ => fs.point(b"commitment", &self.commitment),
            }
            match flaw {
                Some(Flaw::LevelUnhashed | Flaw::OnlyDifferenceHashed) => {}
                _ => fs.integer(b"level", self.statement().level.0),
            }
            if !matches!(flaw, Some(Flaw::AuditorUnhashed)) {
                fs.point(b"auditor", &self.auditor.point);
            }
            fs.digest(b"recipient", &Digest(self.auditor.recipient.0));
            fs.scalar(b"possession-challenge", &self.auditor.possession.challenge);
            fs.scalar(b"possession-response", &self.auditor.possession.response);
        }
        let [bidder, auditor] = announcements;
        if !matches!(flaw, Some(Flaw::BiddersAnnouncementUnhashed)) {
            fs.element(b"bidder-announcement", bidder);
        }
        if !matches!(flaw, Some(Flaw::AuditorsAnnouncementUnhashed)) {
            fs.element(b"auditor-announcement", auditor);
        }
        fs.challenge(b"challenge")
    }
}

impl Artefact for Opening {
    type Flaw = Flaw;

    fn contract(&self) -> Result<(), ProofFault> {
        verify(&generators(), &self.context, &self.statement(), &self.proof)
    }

    fn verifier(&self) -> Result<(), ProofError> {
        let Statement { commitment, level, auditor } = self.statement();
        let statement = second::Statement { commitment: *commitment, level, auditor };
        second::verify(&place(&self.context), &statement, &self.proof)
    }

    fn replica(&self, flaw: Option<Flaw>) -> bool {
        let honest_base = self.gens == generators() || matches!(flaw, Some(Flaw::BaseUnhashed));
        let is_level = self.level == self.statement().level.0.into();
        let (Some([committed, auditor]), Some((c_1, z_1)), Some((c_2, z_2))) =
            (self.images(), open(&self.proof.bidder), open(&self.proof.auditor))
        else {
            return false;
        };
        let announcements =
            [self.gens.blinding * z_1 - committed * c_1, self.gens.key * z_2 - auditor * c_2];
        let allowed = !auditor.is_identity() || matches!(flaw, Some(Flaw::IdentityAllowed));
        let level = is_level || matches!(flaw, Some(Flaw::LevelUnhashed));
        let holds = match flaw {
            Some(Flaw::SumNotCompared) => true,
            _ => self.challenge(&announcements, flaw) == c_1 + c_2,
        };
        honest_base && allowed && level && holds
    }
}

const LEVEL: u32 = 42;
const BLINDING: u64 = 4711;

fn auditor() -> Auditor {
    Auditor::of(&Identity::from_seed(&[9; 32]), Recipient([9; 32]))
}

/// A bid of level 42 without a proof.
fn unproved() -> Opening {
    let gens = generators();
    let commitment = gens.value * Scalar::from(LEVEL) + gens.blinding * Scalar::from(BLINDING);
    let nothing = compact(&Scalar::ZERO, &Scalar::ZERO);
    Opening {
        context: Context { step: 0, ..context() },
        commitment: encode_point(&commitment),
        level: LEVEL.into(),
        auditor: auditor().key(),
        proof: OpeningProof { bidder: nothing, auditor: nothing },
        gens,
    }
}

pub(crate) fn honest(context: Context) -> Opening {
    let mut opening = Opening { context, ..unproved() };
    let witness = prover::Witness::Bidder(BLINDING.into());
    let mut rng = rng(1);
    let (gens, statement) = (&opening.gens, opening.statement());
    opening.proof = prover::prove(gens, &context, &statement, &witness, &mut rng).unwrap();
    opening
}

/// What a forger makes up: a challenge and a response of one branch.
fn made_up(rng: &mut ChaCha20Rng) -> (Scalar, Scalar) {
    (scalar(rng), scalar(rng))
}

#[test]
fn honest_openings_pass() {
    honest(context()).check_honest();
}

/// The auditor's own opening of what the bid is not: every verifier accepts it. So nobody but the auditor can
/// take an opening as a proof.
#[test]
fn the_auditors_own_opening_of_a_lie_passes_everywhere() {
    let mut opening = unproved();
    opening.level = Scalar::from(41u8);
    let Statement { commitment, level, .. } = opening.statement();
    let made = auditor().simulate(&opening.gens, &opening.context, commitment, level, &mut rng(2));
    opening.proof = made.unwrap();
    opening.check_honest();
    // It opens nothing to anybody else.
    let other = Auditor::of(&Identity::from_seed(&[8; 32]), Recipient([8; 32]));
    Opening { auditor: other.key(), ..opening }.check_refused();
}

/// F1, F2: the commitment is chosen after the challenge: `C = v*G + (z_1*H - T_1) / c_1`. Whoever made it knows
/// no opening of it.
#[test]
fn a_commitment_chosen_after_the_challenge() {
    for flaw in [Flaw::OnlyAnnouncementsHashed, Flaw::CommitmentUnhashed] {
        let mut opening = unproved();
        let mut rng = rng(3);
        let (first, z_1, (c_2, z_2)) = (element(&mut rng), scalar(&mut rng), made_up(&mut rng));
        let [_, auditor] = opening.images().unwrap();
        let second = opening.gens.key * z_2 - auditor * c_2;
        let c_1 = opening.challenge(&[first, second], Some(flaw)) - c_2;
        let committed = (opening.gens.blinding * z_1 - first) * c_1.invert();
        let commitment = committed + opening.gens.value * opening.level;
        opening.commitment = encode_point(&commitment);
        opening.proof = OpeningProof { bidder: compact(&c_1, &z_1), auditor: compact(&c_2, &z_2) };
        opening.check_forgery(flaw);
    }
}

/// F1, F7: the level is chosen after the challenge. With `T_1 = k*H + d*G` the level `b + d / c_1` is shown, `b` the
/// bid.
#[test]
fn a_level_chosen_after_the_challenge() {
    let mut opening = unproved();
    let mut rng = rng(4);
    let ((k, d), (c_2, z_2)) = (made_up(&mut rng), made_up(&mut rng));
    let [_, auditor] = opening.images().unwrap();
    let first = opening.gens.blinding * k + opening.gens.value * d;
    let second = opening.gens.key * z_2 - auditor * c_2;
    let c_1 = opening.challenge(&[first, second], Some(Flaw::LevelUnhashed)) - c_2;
    opening.level += d * c_1.invert();
    let z_1 = k + c_1 * Scalar::from(BLINDING);
    opening.proof = OpeningProof { bidder: compact(&c_1, &z_1), auditor: compact(&c_2, &z_2) };
    opening.check_forgery(Flaw::LevelUnhashed);
}

/// F2: an honest opening, shown for another commitment and another level with the same difference.
#[test]
fn a_commitment_and_a_level_that_move_together() {
    let flaw = Flaw::OnlyDifferenceHashed;
    let mut opening = unproved();
    let (mut rng, r) = (rng(5), Scalar::from(BLINDING));
    let (k, (c_2, z_2)) = (scalar(&mut rng), made_up(&mut rng));
    let [_, auditor] = opening.images().unwrap();
    let second = opening.gens.key * z_2 - auditor * c_2;
    let c_1 = opening.challenge(&[opening.gens.blinding * k, second], Some(flaw)) - c_2;
    let bidder = compact(&c_1, &(k + c_1 * r));
    opening.proof = OpeningProof { bidder, auditor: compact(&c_2, &z_2) };
    let up = decode_point(&opening.commitment).unwrap() + opening.gens.value;
    (opening.commitment, opening.level) = (encode_point(&up), opening.level + Scalar::ONE);
    opening.check_forgery(flaw);
}

/// F1: the auditor's key is chosen after the challenge: `A = (z_2*K - T_2) / c_2`. The opening is of a lie, made
/// without any secret.
#[test]
fn an_auditor_chosen_after_the_challenge() {
    let mut opening = unproved();
    opening.level = Scalar::from(41u8);
    let mut rng = rng(6);
    let ((c_1, z_1), second, z_2) = (made_up(&mut rng), element(&mut rng), scalar(&mut rng));
    let [committed, _] = opening.images().unwrap();
    let first = opening.gens.blinding * z_1 - committed * c_1;
    let c_2 = opening.challenge(&[first, second], Some(Flaw::AuditorUnhashed)) - c_1;
    let auditor = (opening.gens.key * z_2 - second) * c_2.invert();
    opening.auditor.point = encode_point(&auditor);
    opening.proof = OpeningProof { bidder: compact(&c_1, &z_1), auditor: compact(&c_2, &z_2) };
    opening.check_forgery(Flaw::AuditorUnhashed);
}

/// F8, F9: the blinding base is chosen by the prover, after the challenge.
#[test]
fn a_blinding_base_chosen_after_the_challenge() {
    let mut opening = unproved();
    opening.level = Scalar::from(41u8);
    let mut rng = rng(7);
    let (first, z_1, (c_2, z_2)) = (element(&mut rng), scalar(&mut rng), made_up(&mut rng));
    let [committed, auditor] = opening.images().unwrap();
    let second = opening.gens.key * z_2 - auditor * c_2;
    let c_1 = opening.challenge(&[first, second], Some(Flaw::BaseUnhashed)) - c_2;
    opening.gens.blinding = (first + committed * c_1) * z_1.invert();
    opening.proof = OpeningProof { bidder: compact(&c_1, &z_1), auditor: compact(&c_2, &z_2) };
    opening.check_forgery(Flaw::BaseUnhashed);
}

/// F6: an announcement that is not hashed leaves its branch's challenge free, and the sum with it: the other
/// branch is made up, and this one too. The opening is of a lie, made without any secret.
#[test]
fn a_branch_whose_challenge_is_not_bound() {
    for flaw in [Flaw::BiddersAnnouncementUnhashed, Flaw::AuditorsAnnouncementUnhashed] {
        let mut opening = unproved();
        opening.level = Scalar::from(41u8);
        let mut rng = rng(8);
        let [committed, auditor] = opening.images().unwrap();
        let ((c, z), y) = (made_up(&mut rng), scalar(&mut rng));
        let nothing = RistrettoPoint::default();
        opening.proof = match flaw {
            Flaw::AuditorsAnnouncementUnhashed => {
                let first = opening.gens.blinding * z - committed * c;
                let left = opening.challenge(&[first, nothing], Some(flaw)) - c;
                OpeningProof { bidder: compact(&c, &z), auditor: compact(&left, &y) }
            }
            _ => {
                let second = opening.gens.key * z - auditor * c;
                let left = opening.challenge(&[nothing, second], Some(flaw)) - c;
                OpeningProof { bidder: compact(&left, &y), auditor: compact(&c, &z) }
            }
        };
        opening.check_forgery(flaw);
    }
}

/// F10: challenges whose sum the verifier does not compute itself.
#[test]
fn opening_challenges_out_of_thin_air() {
    let mut opening = unproved();
    opening.level = Scalar::from(41u8);
    let made_up = compact(&Scalar::ONE, &Scalar::ONE);
    opening.proof = OpeningProof { bidder: made_up, auditor: made_up };
    opening.check_forgery(Flaw::SumNotCompared);
}

/// E3: everybody knows the secret of `O`, and so opens anything to it.
#[test]
fn an_opening_to_the_identity() {
    let mut opening = unproved();
    (opening.level, opening.auditor.point) = (Scalar::from(41u8), Point::IDENTITY);
    let mut rng = rng(9);
    let ((c_1, z_1), k) = (made_up(&mut rng), scalar(&mut rng));
    let [committed, _] = opening.images().unwrap();
    let first = opening.gens.blinding * z_1 - committed * c_1;
    let announcements = [first, opening.gens.key * k];
    let c_2 = opening.challenge(&announcements, Some(Flaw::IdentityAllowed)) - c_1;
    opening.proof = OpeningProof { bidder: compact(&c_1, &z_1), auditor: compact(&c_2, &k) };
    opening.check_forgery(Flaw::IdentityAllowed);
    opening.check_identity_refused();
}

/// S15: an opening to one auditor does not serve for another, nor with its key changed in any part.
#[test]
fn an_opening_shown_to_another_auditor() {
    let opening = honest(context());
    let other = Auditor::of(&Identity::from_seed(&[8; 32]), Recipient([8; 32])).key();
    for auditor in [
        other,
        AuditorKey { point: other.point, ..opening.auditor },
        AuditorKey { recipient: other.recipient, ..opening.auditor },
        AuditorKey { possession: other.possession, ..opening.auditor },
    ] {
        Opening { auditor, ..opening.clone() }.check_refused();
    }
}
