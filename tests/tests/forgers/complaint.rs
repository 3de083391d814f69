//! Forgers of a complaint: they make an honest dealer look like a cheat.

use super::*;
use talea_contract::{
    fiat_shamir::FiatShamir,
    proofs::complaint::{Statement, share_pad, verify},
};
use talea_parties::proofs::complaint as prover;
use talea_protocol::labels;
use talea_verifier::proofs::complaint as second;

/// A complaint.
#[derive(Clone)]
pub(crate) struct Complaint {
    pub(crate) context: Context,
    pub(crate) statement: Statement,
    pub(crate) proof: CompactProof,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Flaw {
    /// Only the announcements are hashed.
    OnlyAnnouncementsHashed,
    /// `S` is not hashed.
    SharedUnhashed,
    /// `R_i` is not hashed.
    EphemeralUnhashed,
    /// `c` is not recomputed.
    ChallengeBelieved,
    /// The two equations are not both checked: only the first.
    OneEquation,
}

impl Complaint {
    fn challenge(&self, announcements: [RistrettoPoint; 2], flaw: Option<Flaw>) -> Scalar {
        let mut fs = FiatShamir::begin(labels::KIND_COMPLAINT, &self.context);
        let Statement { group, member, dealer, encryption_key, ephemeral, shared } =
            &self.statement;
        if !matches!(flaw, Some(Flaw::OnlyAnnouncementsHashed)) {
            fs.element(b"key-base", &generators().key);
            fs.integer(b"group", *group);
            fs.integer(b"member", *member);
            fs.integer(b"dealer", *dealer);
            fs.element(b"encryption-key", encryption_key);
            if !matches!(flaw, Some(Flaw::EphemeralUnhashed)) {
                fs.element(b"ephemeral", ephemeral);
            }
            if !matches!(flaw, Some(Flaw::SharedUnhashed)) {
                fs.element(b"shared", shared);
            }
        }
        let hashed = if matches!(flaw, Some(Flaw::OneEquation)) { 1 } else { 2 };
        for announcement in &announcements[..hashed] {
            fs.element(b"announcement", announcement);
        }
        fs.challenge(b"challenge")
    }
}

impl Artefact for Complaint {
    type Flaw = Flaw;

    fn contract(&self) -> Result<(), ProofFault> {
        verify(&generators(), &self.context, &self.statement, &self.proof)
    }

    fn verifier(&self) -> Result<(), ProofError> {
        let Statement { group, member, dealer, encryption_key, ephemeral, shared } =
            &self.statement;
        let [encryption_key, ephemeral, shared] =
            [encryption_key, ephemeral, shared].map(encode_point);
        let statement = second::Statement {
            group: *group,
            member: *member,
            dealer: *dealer,
            encryption_key,
            ephemeral,
            shared,
        };
        second::verify(&place(&self.context), &statement, &self.proof)
    }

    fn replica(&self, flaw: Option<Flaw>) -> bool {
        let Some((c, z)) = open(&self.proof) else { return false };
        let Statement { encryption_key, ephemeral, shared, .. } = &self.statement;
        let announcements = [generators().key * z - encryption_key * c, ephemeral * z - shared * c];
        matches!(flaw, Some(Flaw::ChallengeBelieved)) || self.challenge(announcements, flaw) == c
    }
}

/// What member 3 knows, and the truth about its share from dealer 1.
struct Truth {
    p: Scalar,
    shared: RistrettoPoint,
}

/// A complaint of member 3 about dealer 1, without a proof.
fn unproved() -> (Complaint, Truth) {
    let gens = generators();
    let mut rng = rng(40);
    let (p, ephemeral) = (scalar(&mut rng), element(&mut rng));
    let shared = ephemeral * p;
    let statement = Statement {
        group: 0,
        member: 3,
        dealer: 1,
        encryption_key: gens.key * p,
        ephemeral,
        shared,
    };
    let proof = compact(&Scalar::ZERO, &Scalar::ZERO);
    (Complaint { context: context_of(3), statement, proof }, Truth { p, shared })
}

pub(crate) fn honest_in(context: Context) -> Complaint {
    let (complaint, Truth { p, .. }) = unproved();
    let mut complaint = Complaint { context, ..complaint };
    complaint.proof = proved(&complaint, p);
    complaint
}

fn honest() -> Complaint {
    honest_in(context_of(3))
}

fn proved(complaint: &Complaint, encryption_secret: Scalar) -> CompactProof {
    let witness = prover::Witness { encryption_secret };
    prover::prove(&generators(), &complaint.context, &complaint.statement, &witness, &mut rng(41))
}

/// Fixes the second announcement without regard to `S`, then takes the `S` that it proves:
/// `S = (z*R_i - A2) / c`.
fn shared_after_challenge(flaw: Flaw) -> Complaint {
    let (mut complaint, Truth { p, .. }) = unproved();
    let mut rng = rng(42);
    let (k, second) = (scalar(&mut rng), element(&mut rng));
    let c = complaint.challenge([generators().key * k, second], Some(flaw));
    let z = k + c * p;
    complaint.statement.shared = (complaint.statement.ephemeral * z - second) * c.invert();
    complaint.proof = compact(&c, &z);
    complaint
}

/// Fixes a false `S` and the announcements, then takes the base: `R_i = (A2 + c*S) / z`.
fn ephemeral_after_challenge() -> Complaint {
    let (mut complaint, Truth { p, .. }) = unproved();
    let mut rng = rng(43);
    let (k, second) = (scalar(&mut rng), element(&mut rng));
    complaint.statement.shared = element(&mut rng);
    let announcements = [generators().key * k, second];
    let c = complaint.challenge(announcements, Some(Flaw::EphemeralUnhashed));
    let z = k + c * p;
    complaint.statement.ephemeral = (second + complaint.statement.shared * c) * z.invert();
    complaint.proof = compact(&c, &z);
    complaint
}

/// Whether this complaint, once accepted, has the honest dealer expelled.
fn frames_an_honest_dealer(complaint: &Complaint, truth: &RistrettoPoint) -> bool {
    let gens = generators();
    let Statement { encryption_key, ephemeral, shared, .. } = &complaint.statement;
    let pad = |shared: &RistrettoPoint| {
        let [shared, ephemeral, key] = [shared, ephemeral, encryption_key].map(encode_point);
        share_pad(&complaint.context.auction, 0, 1, 3, &shared, &ephemeral, &key)
    };
    // A share, the point that the dealer's commitments give for it, and what was posted.
    let share = Scalar::from(77u8);
    let committed = gens.key * share;
    let posted = share + pad(truth);
    gens.key * (posted - pad(shared)) != committed
}

#[test]
fn honest_complaints_pass() {
    let complaint = honest();
    complaint.check_honest();
    assert!(!frames_an_honest_dealer(&complaint, &complaint.statement.shared));
}

/// F1, F7: the shared point is chosen after the challenge, and the honest dealer is expelled.
#[test]
fn a_shared_point_chosen_after_the_challenge() {
    for flaw in [Flaw::OnlyAnnouncementsHashed, Flaw::SharedUnhashed] {
        let complaint = shared_after_challenge(flaw);
        complaint.check_forgery(flaw);
        assert!(frames_an_honest_dealer(&complaint, &unproved().1.shared));
    }
}

/// F9: the base is chosen after the challenge.
#[test]
fn an_ephemeral_key_chosen_after_the_challenge() {
    ephemeral_after_challenge().check_forgery(Flaw::EphemeralUnhashed);
}

/// F10: the challenge is the prover's.
#[test]
fn a_complaint_with_a_challenge_out_of_thin_air() {
    let (mut complaint, _) = unproved();
    complaint.statement.shared += generators().value;
    complaint.proof = compact(&Scalar::ONE, &Scalar::ONE);
    complaint.check_forgery(Flaw::ChallengeBelieved);
}

/// F7: a verifier that leaves the second equation out accepts any shared point from whoever knows
/// its own key.
#[test]
fn a_complaint_proved_in_one_of_two_equations() {
    let (mut complaint, Truth { p, .. }) = unproved();
    complaint.statement.shared += generators().value;
    let k = Scalar::from(12345u32);
    let first = generators().key * k;
    let c = complaint.challenge([first, first], Some(Flaw::OneEquation));
    complaint.proof = compact(&c, &(k + c * p));
    complaint.check_forgery(Flaw::OneEquation);
    // The protocol followed honestly with a false point fails as well.
    complaint.proof = proved(&complaint, p);
    complaint.check_refused();
}

/// D6: a complaint does not serve against another dealer, for another member, or elsewhere.
#[test]
fn a_complaint_carried_over_to_another_pair() {
    let changes: [fn(&mut Complaint); 5] = [
        |c| c.statement.dealer = 2,
        |c| c.statement.member = 2,
        |c| c.statement.group = 1,
        |c| c.context = context_of(2),
        |c| c.context.auction = AuctionId([9; 32]),
    ];
    for change in changes {
        let mut complaint = honest();
        change(&mut complaint);
        complaint.check_refused();
    }
}
