//! C1, C6 to C8, R1, K1, K3 in later rounds: who bids again, and what for.

use super::refuses;
use talea_contract::Phase;
use talea_parties::bidder::{BidError, PreparedBid};
use talea_protocol::{
    commitment::{BidId, Commit},
    instruction::Instruction,
    price::Level,
    terms::{Depth, Disclosure},
};
use talea_sim::simulate::Seat;
use talea_tests::{
    Small,
    chosen_unary::{self, blinding},
    harness::Harness,
    replay::opened,
};

/// Two lots of eight levels, three bidders, rounds with a depth whatever the number of bids.
fn small() -> Small {
    Small {
        groups: vec![(1, vec![Seat::Own])],
        lots: vec![(8, vec![1, 2]), (8, vec![1, 2])],
        disclosure: Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) },
        rounds: Some((3, false)),
        ..Small::default()
    }
}

/// A first bid on the first lot, not submitted.
fn bid(harness: &mut Harness, bidder: usize, level: u32) -> PreparedBid {
    let (auction, rng) = (harness.board.auction(), &mut harness.rng);
    harness.bidders[bidder].commit(auction, 0, Level(level), rng).unwrap()
}

/// A bid in the place of this one, not submitted.
fn again(harness: &mut Harness, bidder: usize, level: u32, active: &PreparedBid) -> PreparedBid {
    let (auction, rng) = (harness.board.auction(), &mut harness.rng);
    harness.bidders[bidder].improve(auction, 0, Level(level), &active.secret, rng).unwrap()
}

/// The second round, in which bidders 0 and 1 stand at 3 and 5 on the first lot; nobody bid on
/// the second one, which ended unsold. Bidder 2 did not reveal its bid on the first.
fn second_round() -> (Harness, [PreparedBid; 2]) {
    let mut harness = Harness::at_commits(&small(), &small().terms());
    let bids = [(0, 3), (1, 5), (2, 7)].map(|(bidder, level)| bid(&mut harness, bidder, level));
    bids.iter().for_each(|bid| harness.submit(&bid.commit));
    harness.pass();
    harness.reveal(bids.iter().take(2).map(|bid| bid.reveal.clone()).collect());
    harness.pass();
    assert_eq!(harness.auction().phase(), Phase::Endorsing);
    harness.act_until(Phase::Commits);
    assert_eq!((harness.auction().phase(), harness.auction().round()), (Phase::Commits, 1));
    let [first, second, _] = bids;
    (harness, [first, second])
}

fn altered(harness: &Harness, commit: &[u8], alter: impl FnOnce(&mut Commit)) -> Vec<u8> {
    harness.pens.alter(harness.auction(), commit, |instruction| match instruction {
        Instruction::Commit(commit) => alter(commit),
        _ => panic!("a commit"),
    })
}

fn commit_of(bytes: &[u8]) -> Commit {
    match opened(bytes).1 {
        Instruction::Commit(commit) => commit,
        _ => panic!("a commit"),
    }
}

#[test]
fn c1_a_commit_names_the_current_round_and_a_lot_that_goes_on() {
    let (mut harness, [active, _]) = second_round();
    let commit = again(&mut harness, 0, 4, &active).commit;
    for round in [0, 2, u32::MAX] {
        assert_eq!(refuses(&harness, &altered(&harness, &commit, |c| c.round = round)), "C1");
    }
    assert_eq!(refuses(&harness, &altered(&harness, &commit, |c| c.lot = 1)), "C1", "it is unsold");
    assert_eq!(refuses(&harness, &active.commit), "C1", "the bid of the round before");
    harness.submit(&commit);
}

#[test]
fn c3_a_bidder_bids_again_once_a_round() {
    let (mut harness, [active, _]) = second_round();
    let [first, second] = [4, 5].map(|level| again(&mut harness, 0, level, &active).commit);
    harness.submit(&first);
    assert_eq!(refuses(&harness, &second), "C3");
}

#[test]
fn c6_a_bid_of_a_later_round_is_not_worse() {
    let (mut harness, [of_first, of_second]) = second_round();
    // Nobody is helped to a proof of what is not so.
    let (auction, rng) = (harness.board.auction(), &mut harness.rng);
    let worse = harness.bidders[0].improve(auction, 0, Level(2), &of_first.secret, rng);
    assert!(matches!(worse, Err(BidError::Unprovable(_))));
    // The proof of a first bid: of a level, and of nothing about the active one.
    let low = bid(&mut harness, 0, 0).commit;
    assert_eq!(refuses(&harness, &low), "C6");
    // A proof about somebody else's active bid.
    let commit = again(&mut harness, 0, 5, &of_second).commit;
    assert_eq!(refuses(&harness, &commit), "C6");
    let [same, better] = [3, 7].map(|level| again(&mut harness, 0, level, &of_first).commit);
    let exchanged = altered(&harness, &better, |c| c.range_proof = commit_of(&same).range_proof);
    assert_eq!(refuses(&harness, &exchanged), "C6");
    harness.submit(&same);
}

#[test]
fn c7_an_active_commitment_cannot_be_committed_once_more() {
    let (harness, [active, _]) = second_round();
    // The active commitment itself, with an honest proof that it is as good as itself.
    let bidder = harness.bidder(0);
    let (bid, own) = (BidId { lot: 0, round: 1, bidder }, (Level(3), blinding(&active.secret)));
    let commit =
        chosen_unary::commit(harness.auction(), &bid, own, Some(own), &mut harness.rng.clone());
    assert_eq!(commit.commitment, commit_of(&active.commit).commitment);
    let repeated = harness.sign(bidder, &Instruction::Commit(commit));
    assert_eq!(refuses(&harness, &repeated), "C7");
}

#[test]
fn c8_only_who_stands_bids_again() {
    let (mut harness, [active, _]) = second_round();
    // Bidder 2 did not reveal: it has no active bid, however good its proofs.
    let fresh = bid(&mut harness, 2, 7).commit;
    assert_eq!(refuses(&harness, &fresh), "C8");
    let commit = again(&mut harness, 2, 7, &active).commit;
    assert_eq!(refuses(&harness, &commit), "C8");
}

#[test]
fn r1_a_reveal_is_of_the_current_round() {
    let (mut harness, [active, other]) = second_round();
    let bids = [(0, 4, &active), (1, 6, &other)]
        .map(|(bidder, level, active)| again(&mut harness, bidder, level, active));
    bids.iter().for_each(|bid| harness.submit(&bid.commit));
    harness.pass();
    assert_eq!(refuses(&harness, &harness.carry(vec![active.reveal.clone()])), "R1");
    harness.reveal(vec![bids[0].reveal.clone()]);
    assert_eq!(refuses(&harness, &harness.carry(vec![bids[0].reveal.clone()])), "R1", "once");
}

#[test]
fn k1_and_k3_name_the_current_round() {
    let (mut harness, [active, other]) = second_round();
    let bids = [(0, 4, &active), (1, 6, &other)]
        .map(|(bidder, level, active)| again(&mut harness, bidder, level, active));
    bids.iter().for_each(|bid| harness.submit(&bid.commit));
    harness.pass();
    harness.reveal(bids.iter().map(|bid| bid.reveal.clone()).collect());
    for (phase, check) in [(Phase::Endorsing, "K1"), (Phase::Ranking, "K3")] {
        assert_eq!(harness.auction().phase(), phase);
        let [post] = &harness.posts(0, &[])[..] else { panic!("one thing is due") };
        let of_round = |round| {
            harness.pens.alter(harness.auction(), post, |instruction| match instruction {
                Instruction::Endorse(endorsement) => endorsement.round = round,
                Instruction::Shuffle(shuffle) => shuffle.header.round = round,
                other => panic!("neither an endorsement nor a shuffle: {other:?}"),
            })
        };
        for round in [0, 2] {
            assert_eq!(refuses(&harness, &of_round(round)), check);
        }
        harness.submit(post);
    }
}
