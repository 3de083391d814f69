//! M1, M2 and S1 to S6: money and the key ceremony. (M4 is tested in the ledger.)

use super::SCRIPT;
use curve25519_dalek::Scalar;
use talea_contract::{
    Auction, Phase,
    fiat_shamir::Context,
    group::{Generators, encode_point, encode_scalar},
    proofs::possession::{Secret, Statement},
};
use talea_parties::{
    keyholder::Dealer,
    proofs::possession::{self, Witness},
};
use talea_protocol::{
    bytes::{Point, Scalar as WireScalar},
    instruction::{Fund, Instruction},
    setup::{CompactProof, Complaint, Deal},
};
use talea_sim::simulate::Seat;
use talea_tests::{
    Small,
    harness::Harness,
    list,
    replay::{Kind, Scene, edit, refused},
    rng,
};

/// No canonical encoding of anything.
const NO_POINT: Point = Point([0xff; 32]);
const NO_SCALAR: WireScalar = WireScalar([0xff; 32]);

// ---- money ----

fn fund(sequence: u64, amount: u64) -> Instruction {
    Instruction::Fund(Fund { sequence, party: SCRIPT.bidder(0), amount })
}

#[test]
fn m1_the_custodian_counts_without_gap_or_repetition() {
    let mut harness = Harness::open(&SCRIPT.small, &SCRIPT.small.terms());
    let custodian = harness.custodian.party();
    for next in 0..3 {
        for sequence in (0..5).chain([u64::MAX]).filter(|sequence| *sequence != next) {
            let bytes = harness.sign(custodian, &fund(sequence, 1));
            assert_eq!(refused(harness.auction(), 1, &bytes), "M1", "{sequence} after {next}");
        }
        let bytes = harness.sign(custodian, &fund(next, 1));
        harness.submit(&bytes);
    }
}

#[test]
fn m2_an_amount_is_positive() {
    let harness = Harness::open(&SCRIPT.small, &SCRIPT.small.terms());
    let bytes = harness.sign(harness.custodian.party(), &fund(0, 0));
    assert_eq!(refused(harness.auction(), 1, &bytes), "M2");
}

#[test]
fn m2_all_amounts_sum_to_less_than_two_to_the_64() {
    let mut harness = Harness::open(&SCRIPT.small, &SCRIPT.small.terms());
    let custodian = harness.custodian.party();
    harness.fund(SCRIPT.bidder(1), u64::MAX - 10);
    for amount in [11, 12, u64::MAX] {
        let bytes = harness.sign(custodian, &fund(1, amount));
        assert_eq!(refused(harness.auction(), 1, &bytes), "M2", "{amount}");
    }
    let bytes = harness.sign(custodian, &fund(1, 10));
    harness.submit(&bytes);
    let bytes = harness.sign(custodian, &fund(2, 1));
    assert_eq!(refused(harness.auction(), 1, &bytes), "M2");
}

// ---- deals ----

/// Funded, and before the first deal.
fn before_deals() -> Harness {
    let mut harness = Harness::open(&SCRIPT.small, &SCRIPT.small.terms());
    harness.fund_everybody();
    harness
}

/// The first candidate's deal.
fn deal(harness: &mut Harness) -> (Vec<u8>, Dealer) {
    let candidate = harness.candidates.remove(0);
    candidate.deal(harness.board.auction(), &mut harness.rng).unwrap()
}

/// The check that refuses the first candidate's deal with something altered and signed again.
fn altered_deal(alter: impl FnOnce(&mut Deal)) -> &'static str {
    let mut harness = before_deals();
    let (bytes, _) = deal(&mut harness);
    let bytes = harness.pens.alter(harness.auction(), &bytes, |instruction| match instruction {
        Instruction::Deal(deal) => alter(deal),
        _ => panic!("a deal"),
    });
    refused(harness.auction(), 1, &bytes)
}

#[test]
fn e3_only_a_member_of_the_quorum_deals() {
    let mut harness = before_deals();
    let (bytes, _) = deal(&mut harness);
    let (_, instruction) = talea_tests::replay::opened(&bytes);
    for party in [harness.bidder(0), SCRIPT.seller(), harness.custodian.party()] {
        assert_eq!(refused(harness.auction(), 1, &harness.sign(party, &instruction)), "E3");
    }
}

#[test]
fn s1_a_member_deals_once() {
    let mut harness = before_deals();
    let (first, _) = deal(&mut harness);
    let twin = Harness::open(&SCRIPT.small, &SCRIPT.small.terms()).candidates.remove(0);
    let (second, _) = twin.deal(harness.board.auction(), &mut rng(77)).unwrap();
    assert_ne!(first, second);
    // Bonds for two deals would be there.
    harness.fund(SCRIPT.keyholder(1), 1_000);
    harness.submit(&first);
    assert_eq!(refused(harness.auction(), 1, &second), "S1");
}

#[test]
fn s1_the_bonds_of_all_lots_are_available() {
    let small = Small { lots: vec![(5, vec![3]); 3], stakes: (1, 30, 0), ..Small::default() };
    let mut harness = Harness::open(&small, &small.terms());
    let (bytes, dealer) = deal(&mut harness);
    let party = talea_tests::replay::opened(&bytes).0;
    assert_eq!(refused(harness.auction(), 1, &bytes), "S1", "nothing");
    harness.fund(party, 89);
    assert_eq!(refused(harness.auction(), 1, &bytes), "S1", "a unit short");
    harness.fund(party, 1);
    harness.submit(&bytes);
    drop(dealer);
}

#[test]
fn s2_a_deal_has_as_many_commitments_as_the_threshold() {
    // More would raise the threshold behind everybody's back, fewer would lower it.
    assert_eq!(altered_deal(|deal| edit(&mut deal.commitments, |a| a.truncate(1))), "S2");
    assert_eq!(altered_deal(|deal| edit(&mut deal.commitments, |a| a.push(a[0]))), "S2");
    assert_eq!(altered_deal(|deal| deal.commitments = list([])), "S2");
    // Even one that raises nothing, for its coefficient is zero.
    assert_eq!(altered_deal(|d| edit(&mut d.commitments, |a| a.push(Point::IDENTITY))), "S2");
}

#[test]
fn s2_a_deal_has_a_share_for_each_other_member() {
    assert_eq!(altered_deal(|deal| edit(&mut deal.shares, |s| s.truncate(2))), "S2");
    assert_eq!(altered_deal(|deal| edit(&mut deal.shares, |s| s.push(s[0]))), "S2");
    assert_eq!(altered_deal(|deal| deal.shares = list([])), "S2");
}

#[test]
fn s2_a_deal_is_canonical() {
    assert_eq!(altered_deal(|d| edit(&mut d.commitments, |a| a[0] = NO_POINT)), "S2");
    assert_eq!(altered_deal(|d| edit(&mut d.commitments, |a| a[1] = NO_POINT)), "S2");
    assert_eq!(altered_deal(|deal| deal.ephemeral = NO_POINT), "S2");
    assert_eq!(altered_deal(|deal| edit(&mut deal.shares, |s| s[2] = NO_SCALAR)), "S2");
}

/// A deal of these coefficients and this ephemeral scalar, with proofs that follow the protocol.
/// Its shares are nobody's.
fn deal_of(auction: &Auction, coefficients: [u64; 2], ephemeral: u64) -> Instruction {
    let generators = Generators::derive();
    let group = &auction.terms().quorum[0];
    let encryption_keys: Vec<Point> = group.members.iter().map(|m| m.encryption).collect();
    let times_key = |scalar: u64| encode_point(&(Scalar::from(scalar) * generators.key));
    let commitments = coefficients.map(times_key);
    let shares = vec![encode_scalar(&Scalar::ONE); group.members.len() - 1];
    let signer = group.members[0].signing;
    let context = Context { auction: auction.id(), lot: 0, round: 0, step: 0, signer };
    let statement = Statement {
        group: 0,
        member: 1,
        encryption_keys: &encryption_keys,
        commitments: &commitments,
        ephemeral: &times_key(ephemeral),
        shares: &shares,
    };
    let prove = |secret, logarithm: u64| -> CompactProof {
        let witness = Witness { logarithm: logarithm.into() };
        possession::prove(&generators, &context, &statement, secret, &witness, &mut rng(5))
    };
    Instruction::Deal(Deal {
        commitments: list(commitments),
        ephemeral: times_key(ephemeral),
        shares: list(shares.clone()),
        constant_proof: prove(Secret::Constant, coefficients[0]),
        ephemeral_proof: prove(Secret::Ephemeral, ephemeral),
    })
}

/// The check that refuses [`deal_of`]; nothing if it is accepted.
fn verdict_on_deal(coefficients: [u64; 2], ephemeral: u64) -> Option<&'static str> {
    let harness = before_deals();
    let deal = deal_of(harness.auction(), coefficients, ephemeral);
    let bytes = harness.sign(SCRIPT.keyholder(1), &deal);
    let answer = harness.auction().clone().apply(1, &bytes);
    answer.err().map(|_| refused(harness.auction(), 1, &bytes))
}

#[test]
fn s3_a_dealer_knows_its_constant_term() {
    let other = Scalar::from(12u64);
    let other = encode_point(&(other * Generators::derive().key));
    assert_eq!(altered_deal(|d| edit(&mut d.commitments, |a| a[0] = other)), "S3");
    let bump = |s: &mut WireScalar| s.0[0] ^= 1;
    assert_eq!(altered_deal(|deal| bump(&mut deal.constant_proof.challenge)), "S3");
    assert_eq!(altered_deal(|deal| bump(&mut deal.constant_proof.response)), "S3");
    assert_eq!(altered_deal(|deal| deal.constant_proof.response = NO_SCALAR), "S3");
    // The proof is bound to the whole deal.
    assert_eq!(altered_deal(|deal| edit(&mut deal.shares, |s| s.swap(0, 1))), "S3");
    assert_eq!(altered_deal(|deal| deal.constant_proof = deal.ephemeral_proof), "S3");
}

#[test]
fn s3_a_constant_term_is_not_zero() {
    assert_eq!(verdict_on_deal([3, 4], 5), None);
    assert_eq!(verdict_on_deal([0, 4], 5), Some("S3"));
    assert_eq!(verdict_on_deal([3, 0], 5), None, "the others may be");
}

#[test]
fn s3_no_deal_makes_the_sum_of_constants_vanish_in_its_group_or_in_all() {
    // Deals of constants, by group and member: the last is refused if it makes a sum O.
    let verdict = |groups: &[u16], deals: &[(usize, i64)]| {
        let groups = groups.iter().map(|threshold| (*threshold, vec![Seat::Own; 3])).collect();
        let small = Small { groups, ..Small::default() };
        let mut harness = Harness::open(&small, &small.terms());
        harness.fund_everybody();
        let mut candidates: Vec<Option<_>> =
            std::mem::take(&mut harness.candidates).into_iter().map(Some).collect();
        let mut last: Option<Vec<u8>> = None;
        for (place, constant) in deals {
            if let Some(deal) = last.take() {
                harness.submit(&deal);
            }
            let scalar = Scalar::from(constant.unsigned_abs());
            let constant = if *constant < 0 { -scalar } else { scalar };
            let candidate = candidates[*place].take().unwrap();
            let threshold = small.groups[place / 3].0;
            let others = (1..threshold).map(|_| Scalar::random(&mut harness.rng));
            let coefficients: Vec<Scalar> = [constant].into_iter().chain(others).collect();
            let auction = harness.board.auction();
            let dealt = candidate.deal_chosen(auction, &coefficients, |_, s| s, &mut harness.rng);
            last = Some(dealt.unwrap().0);
        }
        let bytes = last.unwrap();
        let answer = harness.auction().clone().apply(1, &bytes);
        answer.err().map(|_| refused(harness.auction(), 1, &bytes))
    };
    for threshold in [1, 2, 3] {
        let verdict = |deals: &[(usize, i64)]| verdict(&[threshold], deals);
        assert_eq!(verdict(&[(0, 5), (1, -5)]), Some("S3"));
        assert_eq!(verdict(&[(2, 5), (0, 7), (1, -12)]), Some("S3"), "in whatever order");
        assert_eq!(verdict(&[(0, 5), (1, -6)]), None);
        assert_eq!(verdict(&[(0, 5), (1, 7), (2, -5)]), None, "only the sum counts");
        assert_eq!(verdict(&[(0, 5), (1, 5)]), None);
    }
    // The quorum's key is the sum of both groups'.
    assert_eq!(verdict(&[1, 2], &[(0, 5), (3, -5)]), Some("S3"));
    assert_eq!(verdict(&[1, 2], &[(0, 5), (3, 7), (1, -12)]), Some("S3"));
    assert_eq!(verdict(&[1, 2], &[(0, 5), (3, 7), (1, -11)]), None);
    assert_eq!(verdict(&[1, 2], &[(0, 5), (3, 7), (4, -7)]), Some("S3"));
}

#[test]
fn s4_a_dealer_knows_the_randomness_of_its_ephemeral_key() {
    let bump = |s: &mut WireScalar| s.0[0] ^= 1;
    assert_eq!(altered_deal(|deal| bump(&mut deal.ephemeral_proof.challenge)), "S4");
    assert_eq!(altered_deal(|deal| bump(&mut deal.ephemeral_proof.response)), "S4");
    assert_eq!(altered_deal(|deal| deal.ephemeral_proof.challenge = NO_SCALAR), "S4");
    assert_eq!(altered_deal(|deal| deal.ephemeral_proof = deal.constant_proof), "S4");
}

#[test]
fn s4_an_ephemeral_key_is_not_the_identity() {
    assert_eq!(verdict_on_deal([3, 4], 0), Some("S4"));
    assert_eq!(verdict_on_deal([0, 4], 0), Some("S3"), "the constant comes first");
}

// ---- complaints ----

/// Two groups, of 2 of 3 and 1 of 2, of which the last member never deals; time has come for
/// complaints. Everybody dealt honestly.
fn complaints() -> Harness {
    let groups = vec![(2, vec![Seat::Own; 3]), (1, vec![Seat::Own; 2])];
    let small = Small { groups, ..Small::default() };
    let mut harness = Harness::open(&small, &small.terms());
    harness.fund_everybody();
    let absent = harness.candidates.pop();
    harness.deal();
    harness.candidates.extend(absent);
    harness.pass();
    assert_eq!(harness.auction().phase(), Phase::Complaints);
    harness
}

/// What is altered, in words, and how, with another complaint at hand.
type Change = (&'static str, fn(&mut Complaint, &Complaint));

/// The false complaint of dealer number `from` about its group's member `about`.
fn complaint(harness: &mut Harness, from: usize, about: u16) -> Vec<u8> {
    let (auction, rng) = (harness.board.auction(), &mut harness.rng);
    let dealer = &harness.dealers[from];
    let accused = talea_protocol::quorum::KeyholderId { member: about, ..dealer.id() };
    dealer.complain(auction, accused, rng).unwrap().expect("the accused dealt")
}

/// A complaint, altered and signed again.
fn altered_complaint(
    harness: &Harness,
    bytes: &[u8],
    alter: impl FnOnce(&mut Complaint),
) -> Vec<u8> {
    harness.pens.alter(harness.auction(), bytes, |instruction| match instruction {
        Instruction::Complain(complaint) => alter(complaint),
        _ => panic!("a complaint"),
    })
}

#[test]
fn e3_only_a_member_who_dealt_complains() {
    let mut harness = complaints();
    let bytes = complaint(&mut harness, 0, 2);
    let (_, instruction) = talea_tests::replay::opened(&bytes);
    let absent = harness.candidates[0].member().signing;
    for party in [harness.bidder(0), harness.auction().terms().seller, absent] {
        let bytes = harness.sign(party, &instruction);
        assert_eq!(refused(harness.auction(), harness.slot, &bytes), "E3");
    }
}

#[test]
fn s5_a_complaint_is_about_another_member_who_dealt() {
    let mut harness = complaints();
    let bytes = complaint(&mut harness, 0, 2);
    for (dealer, whom) in [(1, "itself"), (0, "nobody"), (4, "nobody"), (u16::MAX, "nobody")] {
        let bytes = altered_complaint(&harness, &bytes, |c| c.dealer = dealer);
        assert_eq!(refused(harness.auction(), harness.slot, &bytes), "S5", "{dealer}: {whom}");
    }
    // The second group's first member, about its second, who never dealt.
    let (_, instruction) = talea_tests::replay::opened(&bytes);
    let alone = harness.auction().terms().quorum[1].members[0].signing;
    let bytes = harness.sign(alone, &instruction);
    assert_eq!(refused(harness.auction(), harness.slot, &bytes), "S5");
}

#[test]
fn s5_whoever_was_expelled_neither_complains_nor_is_complained_about() {
    let mut harness = complaints();
    let about_second = complaint(&mut harness, 0, 2);
    let [by_second, by_third] = [1, 2].map(|from| complaint(&mut harness, from, 1));
    // The first lied: it is out.
    harness.submit(&about_second);
    assert!(harness.auction().was_expelled(harness.dealers[0].id()));
    let about_third = complaint(&mut harness, 0, 3);
    assert_eq!(refused(harness.auction(), harness.slot, &about_third), "S5");
    assert_eq!(refused(harness.auction(), harness.slot, &about_second), "S5");
    assert_eq!(refused(harness.auction(), harness.slot, &by_second), "S5");
    assert_eq!(refused(harness.auction(), harness.slot, &by_third), "S5");
}

#[test]
fn s6_a_complaints_point_is_the_one_between_complainer_and_dealer() {
    let mut harness = complaints();
    let bytes = complaint(&mut harness, 0, 2);
    let about_third = complaint(&mut harness, 0, 3);
    let Instruction::Complain(other) = talea_tests::replay::opened(&about_third).1 else {
        panic!("a complaint")
    };
    let changes: [Change; 8] = [
        ("no point", |c, _| c.shared = NO_POINT),
        ("the identity", |c, _| c.shared = Point::IDENTITY),
        ("another dealer's point", |c, other| c.shared = other.shared),
        ("another dealer's proof", |c, other| c.proof = other.proof),
        ("another dealer", |c, _| c.dealer = 3),
        ("another challenge", |c, _| c.proof.challenge.0[0] ^= 1),
        ("another response", |c, _| c.proof.response.0[0] ^= 1),
        ("no scalar", |c, _| c.proof.response = NO_SCALAR),
    ];
    for (what, change) in changes {
        let bytes = altered_complaint(&harness, &bytes, |c| change(c, &other));
        assert_eq!(refused(harness.auction(), harness.slot, &bytes), "S6", "{what}");
    }
    harness.submit(&bytes);
}

#[test]
fn a_right_complaint_is_refused_once_it_was_heard() {
    let Scene { slot, bytes, .. } = SCRIPT.first(Kind::Complain);
    let after = SCRIPT.first(Kind::Complain).after();
    assert_eq!(refused(&after, *slot, bytes), "S5");
}
