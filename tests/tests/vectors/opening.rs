//! The worked vector of section 20: an auditor's key, the opening that a bidder makes to it, one of another level that
//! the auditor makes itself, and the bidder's notice.

use super::{hex, hold_to, point, scalar};
use curve25519_dalek::{RistrettoPoint, Scalar};
use std::fmt::Write as _;
use talea_contract::{
    fiat_shamir::Context,
    group::{Generators, decode_scalar, encode_point},
    proofs::opening::{Statement, verify},
};
use talea_parties::{
    auditor::Auditor,
    identity::Identity,
    proofs::opening::{Witness, prove},
};
use talea_protocol::{
    commitment::BidId,
    opening::{AuditorKey, Notice, Opening, OpeningProof, Recipient},
    price::Level,
    setup::CompactProof,
    terms::AuctionId,
};
use talea_tests::rng;
use talea_verifier::{fiat_shamir::Context as Place, proofs};

const AUCTION: AuctionId = AuctionId([4; 32]);
const BIDDER: [u8; 32] = [3; 32];
const AUDITOR: [u8; 32] = [1; 32];

/// What openings are of, and to whom.
struct Subject {
    gens: Generators,
    bid: BidId,
    commitment: RistrettoPoint,
    auditor: AuditorKey,
}

impl Subject {
    /// The lines of an opening, which both verifications accept.
    fn lines(&self, level: Level, proof: OpeningProof) -> String {
        let Self { gens, bid, commitment, auditor } = self;
        let wire = encode_point(commitment);
        let BidId { lot, round, bidder } = *bid;
        let context = Context { auction: AUCTION, lot, round, step: 0, signer: bidder };
        let statement = Statement { commitment: &wire, level, auditor };
        assert_eq!(verify(gens, &context, &statement, &proof), Ok(()));
        let second = proofs::opening::Statement { commitment: wire, level, auditor };
        assert_eq!(proofs::opening::verify(&Place::bid(AUCTION, bid), &second, &proof), Ok(()));

        let [committed, key] = statement.images(gens).expect("they are points");
        let parts = |CompactProof { challenge, response }: CompactProof| {
            [challenge, response].map(|scalar| decode_scalar(&scalar).expect("it is a scalar"))
        };
        let ([c_1, z_1], [c_2, z_2]) = (parts(proof.bidder), parts(proof.auditor));
        let opening = Opening::new(AUCTION, *bid, level, proof);
        let bytes = borsh::to_vec(&opening).expect("it is encoded in memory");
        assert_eq!((Opening::read(&bytes), bytes.len()), (Some(opening), Opening::BYTES));
        lines(&[
            ("v", level.0.to_string()),
            ("T_1", point(&(gens.blinding * z_1 - committed * c_1))),
            ("T_2", point(&(gens.key * z_2 - key * c_2))),
            ("challenge", scalar(&(c_1 + c_2))),
            ("c_1", scalar(&c_1)),
            ("z_1", scalar(&z_1)),
            ("c_2", scalar(&c_2)),
            ("z_2", scalar(&z_2)),
            ("opening", hex(&bytes)),
        ])
    }
}

fn lines(values: &[(&str, String)]) -> String {
    values.iter().fold(String::new(), |mut text, (name, value)| {
        let _ = writeln!(text, "{name} = {value}");
        text
    })
}

/// The lines of an auditor's key, which both verifications accept.
fn key_of(gens: &Generators, key: &AuditorKey) -> String {
    assert_eq!(talea_contract::proofs::auditor::verify(gens, key), Ok(()));
    assert_eq!(proofs::auditor::verify(key), Ok(()));
    lines(&[
        ("seed of the auditor's signing key", hex(&AUDITOR)),
        ("A", hex(&key.point.0)),
        ("recipient", hex(&key.recipient.0)),
        ("c", hex(&key.possession.challenge.0)),
        ("z", hex(&key.possession.response.0)),
        ("name", key.to_string()),
    ])
}

fn notice_of(bidder: &Identity, bid: &BidId, auditor: &AuditorKey) -> String {
    let signed = Notice::signed_bytes(&AUCTION, bid, auditor);
    let signature = bidder.sign_bytes(&signed);
    assert!(talea_contract::signature_holds(&bidder.party(), &signed, &signature));
    let notice = Notice { auction: AUCTION, bid: *bid, auditor: *auditor, signature };
    assert_eq!(Notice::read(&notice.write()), Some(notice));
    lines(&[("signed", hex(&signed)), ("notice", hex(&notice.write()))])
}

fn written() -> String {
    let gens = Generators::derive();
    let bidder = Identity::from_seed(&BIDDER);
    // The base of X25519.
    let mut recipient = Recipient([0; 32]);
    recipient.0[0] = 9;
    let auditor = Auditor::of(&Identity::from_seed(&AUDITOR), recipient);
    let (level, r) = (Level(6), Scalar::from_bytes_mod_order([5; 32]));
    let bid = BidId { lot: 1, round: 2, bidder: bidder.party() };
    let commitment = gens.value * Scalar::from(level.0) + gens.blinding * r;
    let subject = Subject { gens, bid, commitment, auditor: auditor.key() };
    let Subject { gens, auditor: key, .. } = &subject;
    let (wire, context) = (
        encode_point(&commitment),
        Context { auction: AUCTION, lot: bid.lot, round: bid.round, step: 0, signer: bid.bidder },
    );
    let statement = Statement { commitment: &wire, level, auditor: key };
    let own = prove(gens, &context, &statement, &Witness::Bidder(r), &mut rng(1));
    let lie = Level(7);
    let made_up = auditor.simulate(gens, &context, &wire, lie, &mut rng(2));
    let bases = [("G", gens.value), ("H", gens.blinding), ("K", gens.key)];
    [
        "# An opening to an auditor (section 20): of level 6, to which the bid commits, by its bidder; of level 7, to\n\
         # which it does not, by the auditor itself; and the bidder's notice. Encodings are hexadecimal.\n"
            .into(),
        lines(&bases.map(|(name, base)| (name, point(&base)))),
        "# The auditor.\n".into(),
        key_of(gens, key),
        "# The bid.\n".into(),
        lines(&[
            ("auction", hex(&AUCTION.0)),
            ("lot", bid.lot.to_string()),
            ("round", bid.round.to_string()),
            ("seed of the bidder's signing key", hex(&BIDDER)),
            ("bidder", hex(&bid.bidder.0)),
            ("r", scalar(&r)),
            ("C", hex(&wire.0)),
        ]),
        "# The bidder's opening.\n".into(),
        subject.lines(level, own.expect("the bidder knows r")),
        "# The auditor's.\n".into(),
        subject.lines(lie, made_up.expect("the auditor knows its secret")),
        "# The notice.\n".into(),
        notice_of(&bidder, &bid, key),
    ]
    .concat()
}

#[test]
fn openings_are_what_the_program_does() {
    hold_to("opening.txt", &written());
}
