//! C1 to C7, R1 to R5 and K1, K2: bids committed, revealed, and the endorsement of both.

use super::refuses;
use curve25519_dalek::Scalar;
use talea_contract::{Phase, fiat_shamir::Context};
use talea_parties::bidder::{Bidder, PreparedBid};
use talea_protocol::{
    bytes::{Digest, PartyKey, Point},
    commitment::{BidId, Commit, RangeProof},
    instruction::Instruction,
    masked::Masked,
    price::Level,
    ranking::Endorsement,
    sealed_bid::{Reveal, SealedBid},
    terms::{Admission, Depth, Disclosure, Ties},
};
use talea_sim::simulate::Seat;
use talea_tests::{
    Small,
    chosen_unary::{self, Chosen, blinding},
    harness::Harness,
    is_sold_to, list,
    replay::{Pens, accepted, edit, opened},
    rng,
};

const NO_POINT: Point = Point([0xff; 32]);

/// Two lots of eight levels, three bidders.
fn small() -> Small {
    Small { lots: vec![(8, vec![1, 2]), (8, vec![1, 2])], ..Small::default() }
}

fn commits() -> Harness {
    Harness::at_commits(&small(), &small().terms())
}

/// A bid, not submitted.
fn bid(harness: &mut Harness, bidder: usize, lot: u32, level: u32) -> PreparedBid {
    let (auction, rng) = (harness.board.auction(), &mut harness.rng);
    harness.bidders[bidder].commit(auction, lot, Level(level), rng).unwrap()
}

/// A commit, altered and signed again by its bidder.
fn altered(harness: &Harness, commit: &[u8], alter: impl FnOnce(&mut Commit)) -> Vec<u8> {
    harness.pens.alter(harness.auction(), commit, |instruction| match instruction {
        Instruction::Commit(commit) => alter(commit),
        _ => panic!("a commit"),
    })
}

// ---- commits ----

#[test]
fn c1_a_commit_names_a_lot_and_the_only_round() {
    let mut harness = commits();
    let commit = bid(&mut harness, 0, 1, 3).commit;
    for lot in [2, 3, u32::MAX] {
        assert_eq!(refuses(&harness, &altered(&harness, &commit, |c| c.lot = lot)), "C1");
    }
    for round in [1, u32::MAX] {
        assert_eq!(refuses(&harness, &altered(&harness, &commit, |c| c.round = round)), "C1");
    }
}

#[test]
fn c2_seller_custodian_and_beneficiary_do_not_bid() {
    let mut terms = small().terms();
    // The cast's beneficiary has no pen: let it be the third bidder.
    let beneficiary = small().cast().bidder(2).unwrap();
    terms.stakes.beneficiary = Some(beneficiary);
    let mut harness = Harness::at_commits(&small(), &terms);
    for party in [terms.seller, terms.custodian, beneficiary] {
        harness.fund(party, 1_000);
        let bidder = Bidder::new(Pens::of(&small().cast()).take(party));
        let bid = bidder.commit(harness.board.auction(), 0, Level(1), &mut rng(3)).unwrap();
        assert_eq!(refuses(&harness, &bid.commit), "C2");
    }
}

#[test]
fn c2_only_listed_bidders_bid_where_there_is_a_list() {
    let mut terms = small().terms();
    let [one, two, _] = [0, 1, 2].map(|index| small().cast().bidder(index).unwrap());
    let mut keys = [one, two];
    keys.sort();
    terms.admission = Admission::Listed(list(keys));
    let mut harness = Harness::at_commits(&small(), &terms);
    let third = bid(&mut harness, 2, 0, 1).commit;
    assert_eq!(refuses(&harness, &third), "C2");
    harness.commit(0, 0, 1);
    harness.commit(1, 0, 1);
}

#[test]
fn c3_a_bidder_has_one_commit_per_lot() {
    let mut harness = commits();
    let [first, second] = [3, 4].map(|level| bid(&mut harness, 0, 0, level).commit);
    harness.submit(&first);
    assert_eq!(refuses(&harness, &second), "C3");
    harness.commit(0, 1, 4);
}

#[test]
fn c4_a_lot_has_room_for_so_many() {
    let mut terms = small().terms();
    terms.max_bids_per_lot = 2;
    let mut harness = Harness::at_commits(&small(), &terms);
    harness.commit(0, 0, 1);
    harness.commit(1, 0, 1);
    let third = bid(&mut harness, 2, 0, 1).commit;
    assert_eq!(refuses(&harness, &third), "C4");
    harness.commit(2, 1, 1);
}

#[test]
fn c5_deposit_and_fee_are_available() {
    let small = Small { stakes: (100, 30, 7), ..small() };
    let mut harness = Harness::open(&small, &small.terms());
    let members: Vec<PartyKey> = harness.candidates.iter().map(|c| c.member().signing).collect();
    members.into_iter().for_each(|party| harness.fund(party, 60));
    harness.deal();
    harness.finish_ceremony();
    let commit = bid(&mut harness, 0, 0, 1).commit;
    assert_eq!(refuses(&harness, &commit), "C5", "nothing");
    harness.fund(harness.bidder(0), 106);
    assert_eq!(refuses(&harness, &commit), "C5", "a unit short");
    harness.fund(harness.bidder(0), 1);
    harness.submit(&commit);
    // What is locked is not available.
    let other = bid(&mut harness, 0, 1, 1).commit;
    assert_eq!(refuses(&harness, &other), "C5");
}

#[test]
fn c5_the_fee_is_that_of_the_next_place_on_the_lot() {
    // 100 at stake, 7 for the first place and 5 more for each before.
    let small = Small { stakes: (100, 30, 7), ..small() };
    let mut terms = small.terms();
    terms.stakes.fee_growth = 5;
    let mut harness = Harness::open(&small, &terms);
    let members: Vec<PartyKey> = harness.candidates.iter().map(|c| c.member().signing).collect();
    members.into_iter().for_each(|party| harness.fund(party, 60));
    harness.deal();
    harness.finish_ceremony();
    for (bidder, stake) in [(0, 107), (1, 112), (2, 117)] {
        let commit = bid(&mut harness, bidder, 0, 1).commit;
        harness.fund(harness.bidder(bidder), stake - 1);
        assert_eq!(refuses(&harness, &commit), "C5", "bidder {bidder}: a unit short");
        // On the other lot it would be the first.
        let other = bid(&mut harness, bidder, 1, 1).commit;
        let answer = harness.auction().clone().apply(harness.slot, &other);
        assert_eq!(answer.is_ok(), stake > 107, "bidder {bidder}");
        harness.fund(harness.bidder(bidder), 1);
        harness.submit(&commit);
        let accounts = harness.auction().accounts();
        let account = accounts.iter().find(|a| a.party == harness.bidder(bidder)).unwrap();
        let pockets = (account.available, account.locked, account.forfeited);
        assert_eq!(pockets, (0, 100, stake - 100));
    }
}

#[test]
fn c5_whoever_comes_later_may_find_the_fee_grown() {
    // Prepared for the first place, and accepted in the second if the money is there: the fee is no part of
    // what is signed.
    let mut terms = small().terms();
    terms.stakes.fee_growth = 5;
    let mut harness = Harness::open(&small(), &terms);
    let members: Vec<PartyKey> = harness.candidates.iter().map(|c| c.member().signing).collect();
    members.into_iter().for_each(|party| harness.fund(party, 60));
    harness.deal();
    harness.finish_ceremony();
    (0..2).for_each(|bidder| harness.fund(harness.bidder(bidder), 101));
    let [first, second] = [0, 1].map(|bidder| bid(&mut harness, bidder, 0, 1).commit);
    for commit in [&first, &second] {
        drop(accepted(harness.auction(), harness.slot, commit));
    }
    harness.submit(&first);
    assert_eq!(refuses(&harness, &second), "C5");
    harness.fund(harness.bidder(1), 5);
    harness.submit(&second);
}

#[test]
fn c6_a_commitment_is_canonical_and_not_the_identity() {
    let mut harness = commits();
    let commit = bid(&mut harness, 0, 0, 1).commit;
    for point in [NO_POINT, Point::IDENTITY] {
        assert_eq!(refuses(&harness, &altered(&harness, &commit, |c| c.commitment = point)), "C6");
    }
}

#[test]
fn c6_a_range_proof_has_one_number_of_bits_and_holds() {
    let mut harness = commits();
    let commit = bid(&mut harness, 0, 0, 1).commit;
    let other = bid(&mut harness, 0, 0, 2).commit;
    let Instruction::Commit(other) = opened(&other).1 else { panic!("a commit") };
    let masked = |edit_bits: fn(&mut Vec<Masked>)| {
        let bytes = altered(&harness, &commit, |c| edit(&mut c.range_proof.masked, edit_bits));
        refuses(&harness, &bytes)
    };
    assert_eq!(masked(Vec::clear), "C6");
    assert_eq!(masked(|bits| bits.truncate(bits.len() - 1)), "C6");
    assert_eq!(masked(|bits| bits.push(bits[0])), "C6");
    assert_eq!(masked(|bits| bits[2].0[17] ^= 1), "C6");
    let changes: [fn(&mut RangeProof) -> &mut [u8; 32]; 6] = [
        |proof| &mut proof.bits.commitment.0,
        |proof| &mut proof.bits.announcement.0,
        |proof| &mut proof.bits.blinding.0,
        |proof| &mut proof.squares.linear.0,
        |proof| &mut proof.squares.constant.0,
        |proof| &mut proof.squares.blinding.0,
    ];
    for (unit, change) in changes.into_iter().enumerate() {
        let bytes = altered(&harness, &commit, |c| change(&mut c.range_proof)[0] ^= 1);
        assert_eq!(refuses(&harness, &bytes), "C6", "point or scalar {unit}");
    }
    let bytes = altered(&harness, &commit, |c| c.commitment = other.commitment);
    assert_eq!(refuses(&harness, &bytes), "C6", "of another commitment");
    let bytes = altered(&harness, &commit, |c| c.lot = 1);
    assert_eq!(refuses(&harness, &bytes), "C6", "for another lot");
}

#[test]
fn c6_a_copied_commit_is_nothing_without_its_bidder() {
    // The copier comes first and is refused; the victim is not.
    let mut harness = commits();
    let victim = bid(&mut harness, 0, 0, 1).commit;
    let (_, instruction) = opened(&victim);
    let copy = harness.sign(harness.bidder(1), &instruction);
    assert_eq!(refuses(&harness, &copy), "C6");
    harness.submit(&victim);
    assert_eq!(refuses(&harness, &copy), "C6");
}

#[test]
fn c7_no_commitment_stands_twice() {
    // The same level and blinding, chosen by a cheat: even with proofs of their own.
    let mut harness = commits();
    let bid = |bidder: usize, lot| {
        let bidder = harness.bidder(bidder);
        let bid = BidId { lot, round: 0, bidder };
        let chosen = (Level(4), Scalar::from(1000u32));
        let commit = chosen_unary::commit(harness.auction(), &bid, chosen, None, &mut rng(9));
        harness.sign(bidder, &Instruction::Commit(commit))
    };
    let [first, of_other_bidder, of_other_lot] = [bid(0, 0), bid(1, 0), bid(0, 1)];
    let commitment = |bytes: &[u8]| match opened(bytes).1 {
        Instruction::Commit(commit) => commit.commitment,
        _ => panic!("a commit"),
    };
    assert_eq!(commitment(&first), commitment(&of_other_bidder));
    harness.submit(&first);
    assert_eq!(refuses(&harness, &of_other_bidder), "C7");
    assert_eq!(refuses(&harness, &of_other_lot), "C7");
}

#[test]
fn a_seal_may_stand_twice() {
    // Else anybody could block a bidder by copying its seal.
    let mut harness = commits();
    let victim = bid(&mut harness, 0, 0, 1).commit;
    let Instruction::Commit(of_victim) = opened(&victim).1 else { panic!("a commit") };
    let copier = bid(&mut harness, 1, 0, 1).commit;
    let copier = altered(&harness, &copier, |c| c.seal = of_victim.seal);
    harness.submit(&copier);
    harness.submit(&victim);
}

// ---- reveals ----

/// Bidders 0 and 1 bid on lot 0, bidder 2 on lot 1; time has come for reveals.
fn reveals() -> (Harness, [Reveal; 3]) {
    let mut harness = commits();
    let reveals = [harness.commit(0, 0, 5), harness.commit(1, 0, 2), harness.commit(2, 1, 7)];
    harness.pass();
    assert_eq!(harness.auction().phase(), Phase::Reveals);
    (harness, reveals)
}

#[test]
fn r1_a_reveal_names_a_commit() {
    let (harness, [reveal, ..]) = reveals();
    let named = |bid: BidId| {
        let reveal = Reveal { bid, ..reveal.clone() };
        refuses(&harness, &harness.carry(vec![reveal]))
    };
    let bid = reveal.bid;
    assert_eq!(named(BidId { lot: 1, ..bid }), "R1", "no commit of this bidder on this lot");
    assert_eq!(named(BidId { lot: 2, ..bid }), "R1", "no lot");
    assert_eq!(named(BidId { lot: u32::MAX, ..bid }), "R1", "no lot");
    assert_eq!(named(BidId { round: 1, ..bid }), "R1", "no round");
    assert_eq!(named(BidId { bidder: harness.bidder(2), ..bid }), "R1", "no commit of this bidder");
    assert_eq!(named(BidId { bidder: PartyKey([0; 32]), ..bid }), "R1", "nobody");
}

#[test]
fn r1_a_reveal_is_not_empty() {
    let (harness, _) = reveals();
    assert_eq!(refuses(&harness, &harness.carry(Vec::new())), "R1");
}

#[test]
fn r1_a_bid_is_named_once_in_an_instruction() {
    let (mut harness, [first, second, third]) = reveals();
    let twice = harness.carry(vec![first.clone(), first.clone()]);
    assert_eq!(refuses(&harness, &twice), "R1");
    let with_another = harness.carry(vec![first.clone(), second.clone(), first.clone()]);
    assert_eq!(refuses(&harness, &with_another), "R1", "all of an instruction or nothing");
    // Also of a bid that was revealed before, and is passed over.
    harness.reveal(vec![first.clone()]);
    let twice = harness.carry(vec![first.clone(), second.clone(), first.clone()]);
    assert_eq!(refuses(&harness, &twice), "R1");
    harness.reveal(vec![second, third]);
}

#[test]
fn r1_something_in_a_reveal_is_new_of_each_bidder() {
    let mut harness = commits();
    let [first, second] = [0, 1].map(|lot| harness.commit(0, lot, 5));
    let [other, last] = [0, 1].map(|lot| harness.commit(1, lot, 2));
    harness.pass();
    harness.reveal(vec![first.clone()]);
    assert_eq!(refuses(&harness, &harness.carry(vec![first.clone()])), "R1");
    for reveals in [vec![first.clone(), other.clone()], vec![other.clone(), first.clone()]] {
        assert_eq!(refuses(&harness, &harness.carry(reveals)), "R1", "of the one nothing is");
    }
    // A copy of a part takes nothing from the rest, in whatever order.
    harness.reveal(vec![other.clone()]);
    harness.reveal(vec![last, first.clone(), other.clone(), second.clone()]);
    assert_eq!(harness.auction().phase(), Phase::Endorsing, "all are revealed");
}

#[test]
fn a_bid_revealed_before_is_left_as_it_is() {
    // The one is valid and the other invalid, on whatever occasion they are shown again.
    let mut harness = commits();
    let valid = harness.commit(0, 0, 5);
    let invalid = harness.commit_altered(1, 0, 7, |_| vec![1, 2, 3]);
    let on_another_lot = [0, 1].map(|bidder| harness.commit(bidder, 1, 2));
    harness.pass();
    harness.reveal(vec![valid.clone(), invalid.clone()]);
    let [first, second] = on_another_lot;
    harness.reveal(vec![invalid, first, second, valid]);
    let winner = harness.bidder(0);
    let outcome = harness.finish();
    let lot = &outcome.lots[0];
    assert_eq!(
        (lot.commits, lot.ranked, lot.invalid),
        (2, 1, 1),
        "no unary encoding stands twice (R5)"
    );
    assert!(is_sold_to(&lot.ending, winner));
}

#[test]
fn r2_is_asked_of_bids_that_were_revealed_before_too() {
    let (mut harness, [first, second, _]) = reveals();
    let mut other = first.clone();
    edit(&mut other.sealed_bid, |bytes| bytes[0] ^= 1);
    harness.reveal(vec![first]);
    for reveals in [vec![second.clone(), other.clone()], vec![other.clone(), second.clone()]] {
        assert_eq!(refuses(&harness, &harness.carry(reveals)), "R2");
    }
    // It comes before "nothing is new".
    assert_eq!(refuses(&harness, &harness.carry(vec![other])), "R2");
    harness.reveal(vec![second]);
}

#[test]
fn r1_comes_before_r2_for_a_bid_that_stands_twice_in_an_instruction() {
    let (harness, [first, ..]) = reveals();
    let mut other = first.clone();
    edit(&mut other.sealed_bid, |bytes| bytes[0] ^= 1);
    assert_eq!(refuses(&harness, &harness.carry(vec![other.clone()])), "R2");
    assert_eq!(refuses(&harness, &harness.carry(vec![first.clone(), other.clone()])), "R1");
    // One after the other: what stands first is asked both.
    assert_eq!(refuses(&harness, &harness.carry(vec![other, first])), "R2");
}

#[test]
fn r2_revealed_bytes_are_the_sealed_ones() {
    let (harness, [first, second, _]) = reveals();
    let altered = |alter: fn(&mut Vec<u8>)| {
        let mut reveal = first.clone();
        edit(&mut reveal.sealed_bid, alter);
        refuses(&harness, &harness.carry(vec![reveal]))
    };
    assert_eq!(altered(|bytes| bytes[0] ^= 1), "R2");
    assert_eq!(altered(|bytes| *bytes.last_mut().unwrap() ^= 1), "R2");
    assert_eq!(altered(|bytes| bytes.push(0)), "R2");
    assert_eq!(altered(|bytes| bytes.truncate(bytes.len() - 1)), "R2");
    assert_eq!(altered(Vec::clear), "R2");
    let of_another = Reveal { sealed_bid: second.sealed_bid, ..first.clone() };
    assert_eq!(refuses(&harness, &harness.carry(vec![of_another.clone()])), "R2");
    let good_then_bad = harness.carry(vec![reveals().1[2].clone(), of_another]);
    assert_eq!(refuses(&harness, &good_then_bad), "R2", "all of an instruction or nothing");
}

// ---- reveals that close a bid as invalid ----

/// How a lot of bidder 0, who sealed what `alter` makes of level 5, and of honest bidder 1 comes out:
/// whether bidder 0's bid was ranked. If it was not, its deposit is the beneficiary's.
fn is_ranked(alter: impl FnOnce(&Harness, Scalar, Vec<u8>) -> Vec<u8>) -> bool {
    is_ranked_in(&small(), alter)
}

fn is_ranked_in(small: &Small, alter: impl FnOnce(&Harness, Scalar, Vec<u8>) -> Vec<u8>) -> bool {
    let mut harness = Harness::at_commits(small, &small.terms());
    let rho = blinding_of(&mut harness, 0, 0);
    let auction = harness.board.auction();
    let mut rng = harness.rng.clone();
    let bid = harness.bidders[0].commit_altered(
        auction,
        0,
        Level(5),
        |bytes| alter(&harness, rho, bytes),
        &mut rng,
    );
    let PreparedBid { commit, reveal, .. } = bid.unwrap();
    harness.rng = rng;
    harness.submit(&commit);
    let honest = harness.commit(1, 0, 2);
    harness.pass();

    let bid = reveal.bid;
    let before = harness.auction().head();
    assert!(harness.auction().is_open(&bid));
    harness.reveal(vec![reveal.clone()]);
    assert!(!harness.auction().is_open(&bid), "it is closed, one way or the other");
    assert_ne!(harness.auction().head(), before, "on record");
    assert_eq!(refuses(&harness, &harness.carry(vec![reveal])), "R1");

    harness.reveal(vec![honest]);
    let outcome = harness.finish();
    let [lot, _] = &outcome.lots[..] else { panic!("two lots") };
    assert_eq!((lot.commits, lot.ranked + lot.invalid), (2, 2));
    let account = |party| *outcome.accounts.iter().find(|a| a.party == party).unwrap();
    let fee = 1;
    let lost = if lot.invalid == 1 { 100 + fee } else { fee };
    assert_eq!(account(harness.bidder(0)).forfeited, lost);
    assert_eq!(account(harness.bidder(1)).received, 0);
    assert_eq!(account(small.cast().beneficiary()).received, lost + fee);
    lot.ranked == 2
}

/// The same, with the sealed bid taken apart.
fn is_ranked_with(alter: impl FnOnce(&mut SealedBid)) -> bool {
    is_ranked(|harness, _, bytes| {
        let shape = &harness.auction().terms().lots[0].grid.shape;
        let mut sealed = SealedBid::from_bytes(&bytes, shape).unwrap();
        alter(&mut sealed);
        sealed.to_bytes()
    })
}

#[test]
fn r3_a_sealed_bid_has_its_shapes_length() {
    assert!(is_ranked(|_, _, bytes| bytes));
    assert!(!is_ranked(|_, _, bytes| bytes[1..].to_vec()));
    assert!(!is_ranked(|_, _, bytes| [bytes, vec![0]].concat()));
    assert!(!is_ranked(|_, _, bytes| [bytes, vec![0; 32]].concat()));
    assert!(!is_ranked(|_, _, _| Vec::new()));
}

#[test]
fn r3_a_contribution_stands_where_ties_go_by_lottery_and_nowhere_else() {
    let lottery = Small { ties: Ties::Lottery, ..small() };
    let in_lottery =
        |alter: fn(Vec<u8>) -> Vec<u8>| is_ranked_in(&lottery, |_, _, bytes| alter(bytes));
    assert!(in_lottery(|bytes| bytes));
    assert!(!in_lottery(|bytes| bytes[..bytes.len() - 32].to_vec()), "none");
    assert!(!in_lottery(|bytes| bytes[..bytes.len() - 1].to_vec()), "a byte short");
    assert!(!in_lottery(|bytes| [bytes, vec![0; 32]].concat()), "two");
    // It is 32 bytes, whichever.
    for byte in [0, 0xff] {
        assert!(is_ranked_in(&lottery, |_, _, mut bytes| {
            let unary = bytes.len() - 32;
            bytes[unary..].fill(byte);
            bytes
        }));
    }
    assert!(!is_ranked(|_, _, bytes| [bytes, vec![7; 32]].concat()), "without a lottery");
}

#[test]
fn r3_a_sealed_bid_is_canonical() {
    assert!(!is_ranked_with(|sealed| sealed.unary[0].r = NO_POINT));
    assert!(!is_ranked_with(|sealed| sealed.unary[3].e = NO_POINT));
    assert!(!is_ranked_with(|sealed| sealed.argument.polynomial[1].e = NO_POINT));
    assert!(!is_ranked_with(|sealed| sealed.argument.randomness.0 = [0xff; 32]));
}

#[test]
fn r3_no_randomness_of_an_entry_or_a_difference_is_the_identity() {
    // Entry 0 is the first digit's, 1 to 3 the second's.
    assert!(!is_ranked_with(|sealed| sealed.unary[0].r = Point::IDENTITY));
    assert!(!is_ranked_with(|sealed| sealed.unary[2].r = sealed.unary[1].r));
}

#[test]
fn r4_a_unary_encoding_encrypts_the_committed_bid() {
    assert!(!is_ranked_with(|sealed| sealed.unary.swap(1, 3)));
    assert!(!is_ranked_with(|sealed| sealed.argument.randomness.0[0] ^= 1));
    // All is proved as it should be, of level 6 where level 5 was committed.
    let other_level = |harness: &Harness, rho, _| chosen(harness, 6, rho, [1, 2, 3, 4]);
    assert!(!is_ranked(other_level));
    let other_blinding =
        |harness: &Harness, rho, _| chosen(harness, 5, rho + Scalar::ONE, [1, 2, 3, 4]);
    assert!(!is_ranked(other_blinding));
}

/// `rho` of a bid of level 5, which its bidder derives anew each time.
fn blinding_of(harness: &mut Harness, bidder: usize, lot: u32) -> Scalar {
    blinding(&bid(harness, bidder, lot, 5).secret)
}

/// A sealed bid of bidder 0 on lot 0 whose unary encoding has this randomness.
fn chosen(harness: &Harness, level: u32, rho: Scalar, randomness: [u64; 4]) -> Vec<u8> {
    sealed(harness, 0, 0, level, rho, randomness)
}

fn sealed(
    harness: &Harness,
    bidder: usize,
    lot: u32,
    level: u32,
    rho: Scalar,
    randomness: [u64; 4],
) -> Vec<u8> {
    let auction = harness.auction();
    let signer = harness.bidder(bidder);
    let context = Context { auction: auction.id(), lot, round: 0, step: 0, signer };
    let shape = &auction.terms().lots[0].grid.shape;
    let key = auction.quorum_keys().unwrap().key;
    let randomness = randomness.map(|r| Scalar::from(1000 + r)).to_vec();
    let chosen = Chosen { level: Level(level), rho, randomness };
    chosen.seal(&context, shape, &key, &mut rng(8)).to_bytes()
}

#[test]
fn r5_no_randomness_stands_twice_in_a_unary_encoding() {
    assert!(is_ranked(|harness, rho, _| chosen(harness, 5, rho, [1, 2, 3, 4])), "distinct");
    assert!(!is_ranked(|harness, rho, _| chosen(harness, 5, rho, [1, 2, 3, 1])), "of two digits");
    assert!(!is_ranked(|harness, rho, _| chosen(harness, 5, rho, [1, 2, 3, 2])), "of one digit");
}

/// Bids of bidder 0 on lot 0 and of `bidder` on `lot`, sealed with this randomness each; how many
/// are invalid on each lot.
fn invalid_after(
    bidder: usize,
    lot: u32,
    randomness: [[u64; 4]; 2],
    spoil_first: bool,
) -> Vec<u32> {
    let mut harness = commits();
    let mut commit = |(bidder, lot, randomness): (usize, u32, [u64; 4]), spoil: bool| {
        let rho = blinding_of(&mut harness, bidder, lot);
        let mut bytes = sealed(&harness, bidder, lot, 5, rho, randomness);
        let last = bytes.len() - 32;
        bytes[last] ^= u8::from(spoil);
        harness.commit_altered(bidder, lot, 5, |_| bytes)
    };
    let first = commit((0, 0, randomness[0]), spoil_first);
    let second = commit((bidder, lot, randomness[1]), false);
    harness.pass();
    harness.reveal(vec![first]);
    harness.reveal(vec![second]);
    harness.finish().lots.iter().map(|lot| lot.invalid).collect()
}

#[test]
fn r5_no_randomness_stands_in_two_unary_encodings() {
    let [one, other, overlap] = [[1, 2, 3, 4], [5, 6, 7, 8], [5, 6, 7, 1]];
    assert_eq!(invalid_after(1, 0, [one, other], false), [0, 0]);
    assert_eq!(invalid_after(1, 0, [one, one], false), [1, 0]);
    assert_eq!(invalid_after(1, 0, [one, overlap], false), [1, 0]);
    // Not of two lots either, nor of one bidder.
    assert_eq!(invalid_after(1, 1, [one, overlap], false), [0, 1]);
    assert_eq!(invalid_after(0, 1, [one, overlap], false), [0, 1]);
}

#[test]
fn r5_a_bid_that_repeats_randomness_counts_in_no_price_and_no_depth() {
    // More bids than the sums of first digits wait for, before and after the one that is invalid.
    let (depth, bids) = (Some(Depth { min_bids: 1 }), 40);
    let disclosure = Disclosure::Facts { cover: true, depth };
    let small = Small { bidders: bids, disclosure, ..small() };
    let mut harness = Harness::at_commits(&small, &small.terms());
    let mut reveals = Vec::new();
    for bidder in 0..bids {
        let repeats = [(0, [1, 2, 3, 4]), (20, [9, 8, 4, 7])];
        let chosen = repeats.into_iter().find(|(of, _)| *of == bidder);
        reveals.push(match chosen {
            Some((_, randomness)) => {
                let rho = blinding_of(&mut harness, bidder, 0);
                let bytes = sealed(&harness, bidder, 0, 5, rho, randomness);
                harness.commit_altered(bidder, 0, 5, |_| bytes)
            }
            None => harness.commit(bidder, 0, u32::from(bidder == 30)),
        });
    }
    harness.pass();
    reveals.into_iter().for_each(|reveal| harness.reveal(vec![reveal]));
    let winner = harness.bidder(0);
    let outcome = harness.finish();
    let lot = &outcome.lots[0];
    assert_eq!((lot.ranked, lot.invalid), (39, 1));
    assert!(is_sold_to(&lot.ending, winner));
    // The bid of level 5 that was invalid would be the cover.
    assert_eq!(lot.disclosed.cover.map(|cover| cover.level), Some(Level(1)));
    let depth = lot.disclosed.depth.as_ref().expect("it is disclosed");
    assert_eq!(depth.iter().sum::<u32>(), 38, "without the best one");
}

#[test]
fn r5_a_unary_encoding_that_was_not_accepted_blocks_nobody() {
    let one = [1, 2, 3, 4];
    assert_eq!(invalid_after(1, 1, [one, one], true), [1, 0]);
}

#[test]
fn an_invalid_bid_takes_none_of_its_instruction_along() {
    // The equations of all reveals of an instruction are folded into one: a false one among them
    // must be told from the others.
    let mut harness = commits();
    let good = harness.commit(0, 0, 5);
    let bad = harness.commit_altered(1, 0, 7, |mut bytes| {
        let last = bytes.len() - 32;
        bytes[last] ^= 1;
        bytes
    });
    let malformed = harness.commit_altered(2, 0, 7, |_| vec![1, 2, 3]);
    harness.pass();
    harness.reveal(vec![bad, good, malformed]);
    let outcome = harness.finish();
    let lot = &outcome.lots[0];
    assert_eq!((lot.ranked, lot.invalid), (1, 2));
    let winner = harness.bidder(0);
    assert!(is_sold_to(&lot.ending, winner));
}

// ---- endorsements ----

/// One group of 2 of 3; bidder 0 revealed, bidders 1 and 2 did not, all on lot 0.
fn endorsing(groups: Vec<(u16, Vec<Seat>)>) -> Harness {
    let small = Small { groups, ..small() };
    let mut harness = Harness::at_commits(&small, &small.terms());
    let reveal = harness.commit(0, 0, 5);
    harness.commit(1, 0, 2);
    harness.commit(2, 0, 3);
    harness.pass();
    harness.reveal(vec![reveal]);
    harness.pass();
    assert_eq!(harness.auction().phase(), Phase::Endorsing);
    harness
}

fn two_of_three() -> Harness {
    endorsing(vec![(2, vec![Seat::Own; 3])])
}

/// The check that refuses keyholder 1's endorsement after `alter`; nothing if it is accepted.
fn altered_endorsement(alter: impl FnOnce(&Harness, &mut Endorsement)) -> Option<&'static str> {
    let mut harness = two_of_three();
    let bytes = harness.posts(0, &[]).remove(0);
    let bytes = harness.pens.alter(harness.auction(), &bytes, |instruction| match instruction {
        Instruction::Endorse(endorsement) => alter(&harness, endorsement),
        _ => panic!("an endorsement"),
    });
    let answer = harness.auction().clone().apply(harness.slot, &bytes);
    answer.err().map(|_| refuses(&harness, &bytes))
}

fn bid_of(harness: &Harness, bidder: usize) -> BidId {
    BidId { lot: 0, round: 0, bidder: harness.bidder(bidder) }
}

#[test]
fn k1_an_endorsement_is_of_the_head_at_the_close_of_reveals() {
    assert_eq!(altered_endorsement(|_, _| {}), None);
    assert_eq!(altered_endorsement(|_, e| e.round = 1), Some("K1"));
    assert_eq!(altered_endorsement(|_, e| e.head.0[31] ^= 1), Some("K1"));
    assert_eq!(altered_endorsement(|_, e| e.head = Digest([0; 32])), Some("K1"));
    // The head has moved since, with the tick that passed the deadline: it is not meant.
    assert_eq!(altered_endorsement(|harness, e| e.head = harness.auction().head()), Some("K1"));
}

#[test]
fn k1_attested_bids_were_committed_and_never_revealed() {
    let attesting = |which: fn(&Harness) -> Vec<BidId>| {
        altered_endorsement(|harness, e| e.attested = list(which(harness)))
    };
    assert_eq!(attesting(|harness| vec![bid_of(harness, 1)]), None);
    assert_eq!(attesting(|harness| vec![bid_of(harness, 0)]), Some("K1"), "revealed");
    let other_lot = |harness: &Harness| vec![BidId { lot: 1, ..bid_of(harness, 1) }];
    assert_eq!(attesting(other_lot), Some("K1"), "no commit");
    let no_lot = |harness: &Harness| vec![BidId { lot: 9, ..bid_of(harness, 1) }];
    assert_eq!(attesting(no_lot), Some("K1"));
    let other_round = |harness: &Harness| vec![BidId { round: 1, ..bid_of(harness, 1) }];
    assert_eq!(attesting(other_round), Some("K1"));
    let one_of_two = |harness: &Harness| {
        let mut bids = vec![bid_of(harness, 0), bid_of(harness, 1)];
        bids.sort();
        bids
    };
    assert_eq!(attesting(one_of_two), Some("K1"), "one revealed among them");
}

#[test]
fn k1_attested_bids_ascend() {
    let sorted = |harness: &Harness| {
        let mut bids = vec![bid_of(harness, 1), bid_of(harness, 2)];
        bids.sort();
        bids
    };
    let attesting = |alter: fn(&mut Vec<BidId>)| {
        altered_endorsement(|harness, e| {
            let mut bids = sorted(harness);
            alter(&mut bids);
            e.attested = list(bids);
        })
    };
    assert_eq!(attesting(|_| {}), None);
    assert_eq!(attesting(|bids| bids.reverse()), Some("K1"));
    assert_eq!(attesting(|bids| bids[1] = bids[0]), Some("K1"), "strictly");
}

#[test]
fn e3_only_keyholders_endorse() {
    let mut harness = two_of_three();
    let (_, instruction) = opened(&harness.posts(0, &[])[0]);
    for party in [harness.bidder(0), harness.auction().terms().seller, harness.custodian.party()] {
        assert_eq!(refuses(&harness, &harness.sign(party, &instruction)), "E3");
    }
}

#[test]
fn k2_a_keyholder_endorses_once() {
    let mut harness = two_of_three();
    let attested = [bid_of(&harness, 1)];
    let [first, second] = [&[][..], &attested].map(|attested| harness.posts(0, attested).remove(0));
    assert_ne!(first, second);
    harness.submit(&first);
    assert_eq!(refuses(&harness, &first), "K2");
    assert_eq!(refuses(&harness, &second), "K2");
}

#[test]
fn k2_a_group_has_no_more_endorsements_than_it_wants() {
    let mut harness = endorsing(vec![(1, vec![Seat::Own; 2]), (1, vec![Seat::Own])]);
    let [first, second] = [0, 1].map(|place| harness.posts(place, &[]).remove(0));
    harness.submit(&second);
    assert_eq!(harness.auction().phase(), Phase::Endorsing, "the other group is missing");
    assert_eq!(refuses(&harness, &first), "K2");
}
