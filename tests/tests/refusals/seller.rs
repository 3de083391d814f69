//! What the seller does beside opening: its reserves (C1, C3, C5 to C7, R1, E3) and its last word (D1).

use super::{SCRIPT, refuses};
use curve25519_dalek::Scalar;
use talea_contract::Phase;
use talea_parties::bidder;
use talea_protocol::{
    bytes::{Digest, PartyKey, Point},
    commitment::{BidId, Commit, seal},
    instruction::Instruction,
    masked::Masked,
    outcome::{Ending, ReserveResult},
    price::Level,
    sealed_bid::Reveal,
    terms::Mechanism,
};
use talea_tests::{
    Small, chosen_unary,
    harness::Harness,
    is_sold_to, list,
    replay::{Kind, edit, opened, refused},
    rng,
};

const NO_POINT: Point = Point([0xff; 32]);

/// Two lots of eight levels with a reserve, three bidders.
fn small() -> Small {
    let lots = vec![(8, vec![1, 2]), (8, vec![1, 2])];
    Small { lots, reserve: Some(true), ..Small::default() }
}

fn reserves() -> Harness {
    let harness = Harness::at_reserves(&small(), &small().terms());
    assert_eq!(harness.auction().phase(), Phase::Reserves);
    harness
}

/// A reserve, altered and signed again.
fn altered(harness: &Harness, reserve: &[u8], alter: impl FnOnce(&mut Commit)) -> Vec<u8> {
    harness.pens.alter(harness.auction(), reserve, |instruction| match instruction {
        Instruction::Reserve(commit) => alter(commit),
        _ => panic!("a reserve"),
    })
}

fn commit_of(bytes: &[u8]) -> Commit {
    match opened(bytes).1 {
        Instruction::Reserve(commit) | Instruction::Commit(commit) => commit,
        _ => panic!("a commit or a reserve"),
    }
}

// ---- reserves ----

#[test]
fn c1_a_reserve_names_a_lot_and_the_only_round() {
    let mut harness = reserves();
    let reserve = harness.prepare_reserve(1, 3).commit;
    for lot in [2, 3, u32::MAX] {
        assert_eq!(refuses(&harness, &altered(&harness, &reserve, |c| c.lot = lot)), "C1");
    }
    for round in [1, u32::MAX] {
        assert_eq!(refuses(&harness, &altered(&harness, &reserve, |c| c.round = round)), "C1");
    }
}

#[test]
fn c3_a_lot_has_one_reserve() {
    let mut harness = reserves();
    let [first, second] = [3, 4].map(|level| harness.prepare_reserve(0, level).commit);
    harness.submit(&first);
    assert_eq!(refuses(&harness, &second), "C3");
    assert_eq!(refuses(&harness, &first), "C3");
    harness.reserve(1, 4);
}

#[test]
fn c5_a_reserve_takes_the_deposit_and_no_fee() {
    let small = Small { stakes: (100, 30, 7), ..small() };
    let mut harness = Harness::open(&small, &small.terms());
    let members: Vec<PartyKey> = harness.candidates.iter().map(|c| c.member().signing).collect();
    members.into_iter().for_each(|party| harness.fund(party, 60));
    harness.deal();
    harness.finish_ceremony();
    let seller = harness.auction().terms().seller;
    let reserve = harness.prepare_reserve(0, 1).commit;
    assert_eq!(refuses(&harness, &reserve), "C5", "nothing");
    harness.fund(seller, 99);
    assert_eq!(refuses(&harness, &reserve), "C5", "a unit short");
    harness.fund(seller, 1);
    harness.submit(&reserve);
    let accounts = harness.auction().accounts();
    let account = accounts.iter().find(|account| account.party == seller).unwrap();
    assert_eq!((account.available, account.locked, account.forfeited), (0, 100, 0));
    // What is locked is not available.
    let other = harness.prepare_reserve(1, 1).commit;
    assert_eq!(refuses(&harness, &other), "C5");
}

#[test]
fn c6_a_reserve_is_a_level_of_the_grid() {
    let mut harness = reserves();
    let [reserve, other] = [1, 2].map(|level| harness.prepare_reserve(0, level).commit);
    for point in [NO_POINT, Point::IDENTITY, commit_of(&other).commitment] {
        assert_eq!(refuses(&harness, &altered(&harness, &reserve, |c| c.commitment = point)), "C6");
    }
    let masked = |edit_bits: fn(&mut Vec<Masked>)| {
        let bytes = altered(&harness, &reserve, |c| edit(&mut c.range_proof.masked, edit_bits));
        refuses(&harness, &bytes)
    };
    assert_eq!(masked(Vec::clear), "C6");
    assert_eq!(masked(|bits| bits.truncate(bits.len() - 1)), "C6");
    assert_eq!(masked(|bits| bits[0].0[0] ^= 1), "C6");
    let bytes = altered(&harness, &reserve, |c| c.lot = 1);
    assert_eq!(refuses(&harness, &bytes), "C6", "for another lot");
}

#[test]
fn c6_a_bidder_cannot_bid_the_reserve_it_does_not_know() {
    // The seller's commitment and proof under a bidder's name: a bid that ties with the reserve.
    let mut harness = reserves();
    let reserve = harness.prepare_reserve(0, 3).commit;
    harness.submit(&reserve);
    harness.pass();
    let copy = Instruction::Commit(commit_of(&reserve));
    assert_eq!(refuses(&harness, &harness.sign(harness.bidder(0), &copy)), "C6");
}

#[test]
fn c7_no_commitment_stands_twice_among_bids_and_reserves() {
    let mut harness = reserves();
    // The same level and blinding, chosen by cheats in league.
    let commit = |harness: &Harness, lot, bidder| {
        let bid = BidId { lot, round: 0, bidder };
        let chosen = (Level(4), Scalar::from(1000u32));
        chosen_unary::commit(harness.auction(), &bid, chosen, None, &mut rng(9))
    };
    let seller = harness.auction().terms().seller;
    let [first, second] = [0, 1]
        .map(|lot| harness.sign(seller, &Instruction::Reserve(commit(&harness, lot, seller))));
    assert_eq!(commit_of(&first).commitment, commit_of(&second).commitment);
    harness.submit(&first);
    assert_eq!(refuses(&harness, &second), "C7", "of another lot");
    harness.pass();
    for lot in [0, 1] {
        let bidder = harness.bidder(0);
        let bid = harness.sign(bidder, &Instruction::Commit(commit(&harness, lot, bidder)));
        assert_eq!(commit_of(&bid).commitment, commit_of(&first).commitment);
        assert_eq!(refuses(&harness, &bid), "C7", "of a bid");
    }
}

#[test]
fn c4_a_reserve_takes_no_room() {
    let mut terms = small().terms();
    terms.max_bids_per_lot = 1;
    let mut harness = Harness::at_reserves(&small(), &terms);
    harness.reserve(0, 3);
    harness.pass();
    harness.commit(0, 0, 1);
    let auction = harness.board.auction();
    let second = harness.bidders[1].commit(auction, 0, Level(1), &mut rng(4)).unwrap().commit;
    assert_eq!(refuses(&harness, &second), "C4");
}

#[test]
fn e3_only_the_seller_reserves() {
    let mut harness = reserves();
    let (_, instruction) = opened(&harness.prepare_reserve(0, 3).commit);
    let keyholder = harness.keyholders[0].party();
    for party in [harness.bidder(0), harness.custodian.party(), keyholder] {
        assert_eq!(refuses(&harness, &harness.sign(party, &instruction)), "E3");
    }
}

#[test]
fn e4_terms_without_a_reserve_have_no_phase_for_it() {
    let small = Small { reserve: None, ..small() };
    let mut harness = Harness::at_reserves(&small, &small.terms());
    assert_eq!(harness.auction().phase(), Phase::Commits);
    let reserve = harness.prepare_reserve(0, 3).commit;
    assert_eq!(refuses(&harness, &reserve), "E4");
}

#[test]
fn a_reserve_is_no_commit_and_a_commit_no_reserve() {
    let mut harness = reserves();
    let reserve = harness.prepare_reserve(0, 3);
    let as_commit = Instruction::Commit(commit_of(&reserve.commit));
    let seller = harness.auction().terms().seller;
    assert_eq!(refuses(&harness, &harness.sign(seller, &as_commit)), "E4");
    harness.pass();
    assert_eq!(
        refuses(&harness, &harness.sign(seller, &as_commit)),
        "C2",
        "the seller does not bid"
    );
    assert_eq!(refuses(&harness, &reserve.commit), "E4");
}

// ---- their reveals ----

/// Lot 0 with a reserve of level 3 and a bid of level 5; time has come for reveals.
fn reveals() -> (Harness, [Reveal; 2]) {
    let mut harness = reserves();
    let reserve = harness.reserve(0, 3);
    harness.pass();
    let bid = harness.commit(0, 0, 5);
    harness.pass();
    assert_eq!(harness.auction().phase(), Phase::Reveals);
    (harness, [reserve, bid])
}

#[test]
fn a_reserve_is_revealed_by_anybody() {
    for courier in 0..3 {
        let (mut harness, [reserve, bid]) = reveals();
        let keyholder = harness.keyholders[0].party();
        let party = [keyholder, harness.bidder(1), harness.custodian.party()][courier];
        let courier = harness.pens.identity(party);
        let carried = bidder::carry(courier, harness.auction(), vec![bid, reserve]).unwrap();
        harness.submit(&carried);
        let outcome = harness.finish();
        assert!(is_sold_to(&outcome.lots[0].ending, harness.bidder(0)));
        let ReserveResult::Opened(quote) = outcome.lots[0].reserve else { panic!("it binds") };
        assert_eq!(quote.level, Level(3));
    }
}

#[test]
fn r1_a_reserve_is_revealed_once_and_under_the_sellers_name() {
    let (mut harness, [reserve, _]) = reveals();
    let mut under_a_bidders = reserve.clone();
    under_a_bidders.bid.bidder = harness.bidder(1);
    assert_eq!(refuses(&harness, &harness.carry(vec![under_a_bidders])), "R1");
    let mut of_another_lot = reserve.clone();
    of_another_lot.bid.lot = 1;
    assert_eq!(refuses(&harness, &harness.carry(vec![of_another_lot])), "R1");
    harness.reveal(vec![reserve.clone()]);
    assert_eq!(refuses(&harness, &harness.carry(vec![reserve])), "R1");
}

#[test]
fn r2_a_reserve_is_what_was_sealed() {
    let (harness, [mut reserve, bid]) = reveals();
    reserve.sealed_bid = bid.sealed_bid;
    assert_eq!(refuses(&harness, &harness.carry(vec![reserve])), "R2");
}

#[test]
fn reveals_wait_for_the_reserve() {
    let (mut harness, [reserve, bid]) = reveals();
    harness.reveal(vec![bid]);
    assert_eq!(harness.auction().phase(), Phase::Reveals);
    harness.reveal(vec![reserve]);
    assert_eq!(harness.auction().phase(), Phase::Endorsing);
}

/// The outcome of the lot with a reserve of level 7, above the only bid, whose sealed bytes are what
/// `alter` makes of them.
fn with_reserve_altered(alter: impl FnOnce(&mut Vec<u8>)) -> (Ending, ReserveResult) {
    let mut harness = reserves();
    let reserve = harness.prepare_reserve(0, 7);
    let mut reveal = reserve.reveal;
    edit(&mut reveal.sealed_bid, alter);
    let sealed = seal(&harness.auction().id(), &reveal.bid, &reveal.sealed_bid);
    let commit = altered(&harness, &reserve.commit, |commit| commit.seal = sealed);
    harness.submit(&commit);
    harness.pass();
    let bid = harness.commit(0, 0, 5);
    harness.pass();
    harness.reveal(vec![reveal, bid]);
    let outcome = harness.finish();
    (outcome.lots[0].ending.clone(), outcome.lots[0].reserve)
}

#[test]
fn r3_a_reserve_that_is_malformed_does_not_bind() {
    let (ending, reserve) = with_reserve_altered(|_| ());
    assert_eq!(ending, Ending::BelowReserve);
    assert!(matches!(reserve, ReserveResult::Opened(_)));
    let (ending, reserve) = with_reserve_altered(|bytes| bytes.truncate(31));
    assert!(matches!(ending, Ending::Sold(_)));
    assert_eq!(reserve, ReserveResult::Lapsed);
}

#[test]
fn r4_a_reserve_that_proves_nothing_does_not_bind() {
    let (ending, reserve) = with_reserve_altered(|bytes| {
        let last = bytes.len() - 32;
        bytes[last] ^= 1;
    });
    assert!(matches!(ending, Ending::Sold(_)));
    assert_eq!(reserve, ReserveResult::Lapsed);
}

#[test]
fn k1_a_reserve_that_was_never_revealed_can_be_attested() {
    // It was committed and not revealed, like any bid.
    let (mut harness, [reserve, bid]) = reveals();
    harness.reveal(vec![bid.clone()]);
    harness.pass();
    assert_eq!(harness.auction().phase(), Phase::Endorsing);
    let mut of_bid = harness.posts(0, &[]);
    let revealed = harness.pens.alter(harness.auction(), &of_bid.remove(0), |instruction| {
        let Instruction::Endorse(endorsement) = instruction else { panic!("an endorsement") };
        endorsement.attested = list([bid.bid]);
    });
    assert_eq!(refuses(&harness, &revealed), "K1");
    for place in [0, 1] {
        let post = harness.posts(place, &[reserve.bid]).remove(0);
        harness.submit(&post);
    }
    let outcome = harness.finish();
    assert_eq!(outcome.lots[0].reserve, ReserveResult::Lapsed);
    let seller = harness.auction().terms().seller;
    let account = outcome.accounts.iter().find(|account| account.party == seller).unwrap();
    assert_eq!((account.available, account.forfeited), (200, 0), "it was seen in time");
}

// ---- the last word ----

/// Two lots of which the first waits for the seller's word, and the second is still being ranked.
fn deciding() -> Harness {
    let small = Small { reserve: None, acceptance: true, ..small() };
    let mut harness = Harness::at_commits(&small, &small.terms());
    let bids = [(0, 0, 5), (1, 0, 2), (0, 1, 3), (1, 1, 6)];
    let reveals = bids.map(|(bidder, lot, level)| harness.commit(bidder, lot, level));
    harness.pass();
    harness.reveal(reveals.to_vec());
    harness.act_until(Phase::Ranking);
    while harness.auction().award_to_decide(0).is_none() {
        for place in 0..3 {
            for post in harness.posts(place, &[]) {
                if is_of_lot_0(&post) {
                    harness.submit(&post);
                }
            }
        }
    }
    assert!(harness.auction().award_to_decide(1).is_none());
    harness
}

fn is_of_lot_0(post: &[u8]) -> bool {
    match opened(post).1 {
        Instruction::Gate(post) => post.header.lot == 0,
        Instruction::Blind(post) => post.header.lot == 0,
        Instruction::Decrypt(post) => post.header.lot == 0,
        _ => panic!("a rank message"),
    }
}

#[test]
fn d1_a_decision_is_about_a_lot_that_waits_for_it() {
    let mut harness = deciding();
    for accept in [true, false] {
        assert_eq!(refuses(&harness, &harness.decision(1, accept)), "D1", "it is being ranked");
        assert_eq!(refuses(&harness, &harness.decision(2, accept)), "D1", "there is none");
        assert_eq!(refuses(&harness, &harness.decision(u32::MAX, accept)), "D1", "there is none");
    }
    let accepted = harness.decision(0, true);
    harness.submit(&accepted);
    for accept in [true, false] {
        assert_eq!(refuses(&harness, &harness.decision(0, accept)), "D1", "it is decided");
    }
    assert!(matches!(harness.auction().ending(0), Some(Ending::Sold(_))));
}

#[test]
fn d1_a_decision_in_time_is_the_last_word() {
    let deadline = |harness: &Harness| harness.auction().deadline().unwrap();
    for accept in [true, false] {
        let mut harness = deciding();
        let decision = harness.decision(0, accept);
        harness.submit(&decision);
        let ending = harness.auction().ending(0).unwrap();
        assert_eq!(matches!(ending, Ending::Sold(_)), accept);
        assert_eq!(matches!(ending, Ending::Declined(_)), !accept);
    }
    // The other lot's steps go on meanwhile; seven slots after the ranking the word is too late.
    let mut harness = deciding();
    let until = harness.slot + 7;
    while deadline(&harness) < until {
        harness.slot = deadline(&harness);
        for place in 0..3 {
            harness.act(place);
        }
    }
    let decision = harness.decision(0, false);
    let in_time = talea_tests::replay::accepted(harness.auction(), until, &decision);
    assert!(matches!(in_time.ending(0), Some(Ending::Declined(_))));
    let late = refused(harness.auction(), until + 1, &decision);
    assert!(["D1", "E4"].contains(&late), "{late}");
}

#[test]
fn d1_terms_without_a_say_have_no_decision() {
    let small = Small { reserve: None, ..small() };
    let mut harness = Harness::at_commits(&small, &small.terms());
    let reveals = [harness.commit(0, 0, 5), harness.commit(1, 1, 2)];
    harness.pass();
    harness.reveal(reveals.to_vec());
    harness.act_until(Phase::Ranking);
    assert_eq!(refuses(&harness, &harness.decision(0, false)), "D1");
}

#[test]
fn e3_only_the_seller_decides() {
    let harness = deciding();
    let (_, instruction) = opened(&harness.decision(0, true));
    let keyholder = harness.keyholders[0].party();
    for party in [harness.bidder(0), harness.custodian.party(), keyholder] {
        assert_eq!(refuses(&harness, &harness.sign(party, &instruction)), "E3");
    }
}

#[test]
fn a_lot_that_waits_for_the_seller_asks_nothing_of_keyholders() {
    let small = Small { acceptance: true, mechanism: Mechanism::FirstPrice, ..Small::default() };
    let mut harness = Harness::at_commits(&small, &small.terms());
    let reveal = harness.commit(0, 0, 4);
    harness.pass();
    harness.reveal(vec![reveal]);
    while harness.auction().award_to_decide(0).is_none() {
        assert!((0..3).any(|place| harness.act(place)), "somebody is due");
    }
    assert_eq!(harness.auction().phase(), Phase::Ranking);
    assert!(harness.keyholders.iter().all(|k| harness.auction().dues(k.id()).is_empty()));
    let share = SCRIPT.first(Kind::Decrypt).instruction.clone();
    let bytes = harness.sign(harness.keyholders[0].party(), &share);
    assert_eq!(refuses(&harness, &bytes), "K3");
    assert!(harness.auction().accounts().iter().any(|account| account.locked > 0));
}

#[test]
fn a_seal_of_a_reserve_is_bound_to_nothing_until_its_reveal() {
    let mut harness = reserves();
    let reserve = harness.prepare_reserve(0, 3);
    let commit = altered(&harness, &reserve.commit, |commit| commit.seal = Digest([0; 32]));
    harness.submit(&commit);
    harness.pass();
    harness.commit(0, 0, 5);
    harness.pass();
    assert_eq!(refuses(&harness, &harness.carry(vec![reserve.reveal])), "R2");
}
