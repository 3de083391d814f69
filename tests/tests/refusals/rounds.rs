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
use talea_sim::play::Seat;
use talea_tests::{
    Small,
    chosen_unary::{self, blinding},
    replay::opened,
    stage::Stage,
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
fn bid(stage: &mut Stage, bidder: usize, level: u32) -> PreparedBid {
    let (auction, rng) = (stage.board.auction(), &mut stage.rng);
    stage.bidders[bidder].commit(auction, 0, Level(level), rng).unwrap()
}

/// A bid in the place of this one, not submitted.
fn again(stage: &mut Stage, bidder: usize, level: u32, standing: &PreparedBid) -> PreparedBid {
    let (auction, rng) = (stage.board.auction(), &mut stage.rng);
    stage.bidders[bidder].improve(auction, 0, Level(level), &standing.secret, rng).unwrap()
}

/// The second round, in which bidders 0 and 1 stand at 3 and 5 on the first lot; nobody bid on
/// the second one, which ended unsold. Bidder 2 did not reveal its bid on the first.
fn second_round() -> (Stage, [PreparedBid; 2]) {
    let mut stage = Stage::at_commits(&small(), &small().terms());
    let bids = [(0, 3), (1, 5), (2, 7)].map(|(bidder, level)| bid(&mut stage, bidder, level));
    bids.iter().for_each(|bid| stage.submit(&bid.commit));
    stage.pass();
    stage.reveal(bids.iter().take(2).map(|bid| bid.reveal.clone()).collect());
    stage.pass();
    assert_eq!(stage.auction().phase(), Phase::Endorsing);
    stage.act_until(Phase::Commits);
    assert_eq!((stage.auction().phase(), stage.auction().round()), (Phase::Commits, 1));
    let [first, second, _] = bids;
    (stage, [first, second])
}

fn altered(stage: &Stage, commit: &[u8], alter: impl FnOnce(&mut Commit)) -> Vec<u8> {
    stage.pens.alter(stage.auction(), commit, |instruction| match instruction {
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
    let (mut stage, [standing, _]) = second_round();
    let commit = again(&mut stage, 0, 4, &standing).commit;
    for round in [0, 2, u32::MAX] {
        assert_eq!(refuses(&stage, &altered(&stage, &commit, |c| c.round = round)), "C1");
    }
    assert_eq!(refuses(&stage, &altered(&stage, &commit, |c| c.lot = 1)), "C1", "it is unsold");
    assert_eq!(refuses(&stage, &standing.commit), "C1", "the bid of the round before");
    stage.submit(&commit);
}

#[test]
fn c3_a_bidder_bids_again_once_a_round() {
    let (mut stage, [standing, _]) = second_round();
    let [first, second] = [4, 5].map(|level| again(&mut stage, 0, level, &standing).commit);
    stage.submit(&first);
    assert_eq!(refuses(&stage, &second), "C3");
}

#[test]
fn c6_a_bid_of_a_later_round_is_not_worse() {
    let (mut stage, [of_first, of_second]) = second_round();
    // Nobody is helped to a proof of what is not so.
    let (auction, rng) = (stage.board.auction(), &mut stage.rng);
    let worse = stage.bidders[0].improve(auction, 0, Level(2), &of_first.secret, rng);
    assert!(matches!(worse, Err(BidError::Unprovable(_))));
    // The proof of a first bid: of a level, and of nothing about the standing one.
    let low = bid(&mut stage, 0, 0).commit;
    assert_eq!(refuses(&stage, &low), "C6");
    // A proof about somebody else's standing bid.
    let commit = again(&mut stage, 0, 5, &of_second).commit;
    assert_eq!(refuses(&stage, &commit), "C6");
    let [same, better] = [3, 7].map(|level| again(&mut stage, 0, level, &of_first).commit);
    let exchanged = altered(&stage, &better, |c| c.range_proof = commit_of(&same).range_proof);
    assert_eq!(refuses(&stage, &exchanged), "C6");
    stage.submit(&same);
}

#[test]
fn c7_a_standing_commitment_cannot_be_committed_once_more() {
    let (stage, [standing, _]) = second_round();
    // The standing commitment itself, with an honest proof that it is as good as itself.
    let bidder = stage.bidder(0);
    let (bid, own) = (BidId { lot: 0, round: 1, bidder }, (Level(3), blinding(&standing.secret)));
    let commit =
        chosen_unary::commit(stage.auction(), &bid, own, Some(own), &mut stage.rng.clone());
    assert_eq!(commit.commitment, commit_of(&standing.commit).commitment);
    let repeated = stage.sign(bidder, &Instruction::Commit(commit));
    assert_eq!(refuses(&stage, &repeated), "C7");
}

#[test]
fn c8_only_who_stands_bids_again() {
    let (mut stage, [standing, _]) = second_round();
    // Bidder 2 did not reveal: it has no standing bid, however good its proofs.
    let fresh = bid(&mut stage, 2, 7).commit;
    assert_eq!(refuses(&stage, &fresh), "C8");
    let commit = again(&mut stage, 2, 7, &standing).commit;
    assert_eq!(refuses(&stage, &commit), "C8");
}

#[test]
fn r1_a_reveal_is_of_the_current_round() {
    let (mut stage, [standing, other]) = second_round();
    let bids = [(0, 4, &standing), (1, 6, &other)]
        .map(|(bidder, level, standing)| again(&mut stage, bidder, level, standing));
    bids.iter().for_each(|bid| stage.submit(&bid.commit));
    stage.pass();
    assert_eq!(refuses(&stage, &stage.carry(vec![standing.reveal.clone()])), "R1");
    stage.reveal(vec![bids[0].reveal.clone()]);
    assert_eq!(refuses(&stage, &stage.carry(vec![bids[0].reveal.clone()])), "R1", "once");
}

#[test]
fn k1_and_k3_name_the_current_round() {
    let (mut stage, [standing, other]) = second_round();
    let bids = [(0, 4, &standing), (1, 6, &other)]
        .map(|(bidder, level, standing)| again(&mut stage, bidder, level, standing));
    bids.iter().for_each(|bid| stage.submit(&bid.commit));
    stage.pass();
    stage.reveal(bids.iter().map(|bid| bid.reveal.clone()).collect());
    for (phase, check) in [(Phase::Endorsing, "K1"), (Phase::Ranking, "K3")] {
        assert_eq!(stage.auction().phase(), phase);
        let [post] = &stage.posts(0, &[])[..] else { panic!("one thing is due") };
        let of_round = |round| {
            stage.pens.alter(stage.auction(), post, |instruction| match instruction {
                Instruction::Endorse(endorsement) => endorsement.round = round,
                Instruction::Shuffle(shuffle) => shuffle.header.round = round,
                other => panic!("neither an endorsement nor a shuffle: {other:?}"),
            })
        };
        for round in [0, 2] {
            assert_eq!(refuses(&stage, &of_round(round)), check);
        }
        stage.submit(post);
    }
}
