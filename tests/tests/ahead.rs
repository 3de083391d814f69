//! Proofs verified ahead count for the commit whose they are, and for nothing else.

use talea_contract::{Auction, Refusal, Verified};
use talea_protocol::{
    commitment::Commit, instruction::Instruction, price::Level, transcript::Entry,
};
use talea_tests::{Small, harness::Harness};

fn commits() -> Harness {
    let small = Small { lots: vec![(8, vec![1, 2]), (8, vec![1, 2])], ..Small::default() };
    Harness::at_commits(&small, &small.terms())
}

fn bid_at(harness: &mut Harness, bidder: usize, lot: u32, level: u32) -> Vec<u8> {
    let (auction, rng) = (harness.board.auction(), &mut harness.rng);
    harness.bidders[bidder].commit(auction, lot, Level(level), rng).unwrap().commit
}

fn bid(harness: &mut Harness, bidder: usize, lot: u32) -> Vec<u8> {
    bid_at(harness, bidder, lot, 3)
}

fn altered(harness: &Harness, commit: &[u8], alter: impl FnOnce(&mut Commit)) -> Vec<u8> {
    harness.pens.alter(harness.auction(), commit, |instruction| match instruction {
        Instruction::Commit(commit) => alter(commit),
        _ => panic!("a commit"),
    })
}

/// What verifying this commit ahead comes to, in the auction as it is.
fn ahead(auction: &Auction, commit: &[u8]) -> Option<Verified> {
    auction.look_ahead(&auction.receive(commit.into()).unwrap())?.verify()
}

fn apply(harness: &Harness, commit: &[u8], verified: &Verified) -> Result<Entry, Refusal> {
    let received = harness.auction().receive(commit.into()).unwrap();
    harness.auction().clone().apply_received(harness.slot, &received, Some(verified))
}

#[test]
fn a_commit_that_was_verified_ahead_comes_to_the_same() {
    let mut harness = commits();
    let commit = bid(&mut harness, 0, 0);
    let verified = ahead(harness.auction(), &commit).unwrap();
    let mut plain = harness.auction().clone();
    let mut spared = plain.clone();
    let entry = plain.apply(harness.slot, &commit).unwrap();
    let received = spared.receive(commit[..].into()).unwrap();
    assert_eq!(spared.apply_received(harness.slot, &received, Some(&verified)), Ok(entry));
    assert!(plain == spared);
    // It is no ticket: what else is checked is checked when it is applied.
    harness.submit(&commit);
    assert_eq!(apply(&harness, &commit, &verified).unwrap_err().check.number(), "C3");
    let other = bid(&mut harness, 1, 0);
    let twice = altered(&harness, &other, |commit| commit.seal.0[0] ^= 1);
    assert!(apply(&harness, &twice, &verified).is_ok(), "another's says nothing of this one");
}

#[test]
fn what_was_verified_says_nothing_of_any_other_commit() {
    let mut harness = commits();
    let commit = bid(&mut harness, 0, 0);
    // A bidder's commitment to a level is always the same.
    let other = bid_at(&mut harness, 0, 0, 4);
    let verified = ahead(harness.auction(), &commit).unwrap();
    let Instruction::Commit(other) = harness.auction().read(&other).unwrap().1 else { panic!() };
    let changes: [&dyn Fn(&mut Commit); 6] = [
        &|commit| commit.lot = 1,
        &|commit| commit.commitment = other.commitment,
        &|commit| commit.range_proof.bits.blinding.0[0] ^= 1,
        &|commit| commit.range_proof.bits.announcement = other.range_proof.bits.announcement,
        &|commit| commit.range_proof.squares.constant.0[0] ^= 1,
        &|commit| commit.range_proof.masked = other.range_proof.masked.clone(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let bytes = altered(&harness, &commit, change);
        let refusal = apply(&harness, &bytes, &verified).unwrap_err();
        assert_eq!(refusal.check.number(), "C6", "change {number}");
        assert_eq!(ahead(harness.auction(), &bytes), None, "change {number}");
    }
    // Somebody else's signature is another claim too.
    let (_, instruction) = harness.auction().read(&commit).unwrap();
    let copy = harness.sign(harness.bidder(1), &instruction);
    assert_eq!(apply(&harness, &copy, &verified).unwrap_err().check.number(), "C6");
}

#[test]
fn what_another_auction_received_is_nothing_here() {
    let mut harness = commits();
    let commit = bid(&mut harness, 0, 0);
    let small = Small { lots: vec![(8, vec![2, 1])], ..Small::default() };
    let other = Harness::at_commits(&small, &small.terms());
    let received = harness.auction().receive(commit[..].into()).unwrap();
    assert_eq!(other.auction().receive(commit[..].into()).unwrap_err().check.number(), "E2");
    assert!(other.auction().look_ahead(&received).is_none());
    let refusal = other.auction().clone().apply_received(other.slot, &received, None).unwrap_err();
    assert_eq!(refusal.check.number(), "E2");
}

#[test]
fn no_proof_is_looked_at_that_the_cheap_checks_would_refuse() {
    let small = Small { lots: vec![(8, vec![1, 2])], ..Small::default() };
    let mut terms = small.terms();
    terms.stakes.fee_growth = 5;
    let mut harness = Harness::open(&small, &terms);
    let members: Vec<_> = harness.candidates.iter().map(|c| c.member().signing).collect();
    members.into_iter().for_each(|party| harness.fund(party, 60));
    harness.deal();
    let early = harness.auction().clone();
    harness.finish_ceremony();
    let commit = bid(&mut harness, 0, 0);
    assert_eq!(ahead(harness.auction(), &commit), None, "there is no money for it");
    harness.fund(harness.bidder(0), 200);
    assert!(ahead(harness.auction(), &commit).is_some());
    assert_eq!(ahead(&early, &commit), None, "commits are not due");
    harness.submit(&commit);
    assert_eq!(ahead(harness.auction(), &commit), None, "there is one already");
}
