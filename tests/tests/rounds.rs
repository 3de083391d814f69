//! Rounds: every bidder bids again, not worse than before, after a look at the depth; the auction
//! ends when nothing that is shown moves, or at the limit.

use talea_contract::{Due, Phase};
use talea_protocol::{
    bytes::PartyKey,
    commitment::BidId,
    instruction::Instruction,
    outcome::{Ending, LotResult},
    price::Level,
    ranking::Endorsement,
    terms::{Depth, Disclosure, Mechanism, Ties},
};
use talea_sim::{
    auditor,
    simulate::{BidPlan, BidderConduct, Plan, ReservePlan, Seat, Simulated},
};
use talea_tests::{Small, harness::Harness, is_sold_to, list, on_all_cores};

/// Three bidders, eight levels as four buckets of two, a depth whatever the number of bids.
fn small() -> Small {
    Small {
        groups: vec![(1, vec![Seat::Own])],
        lots: vec![(8, vec![2, 1])],
        disclosure: Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) },
        rounds: Some((4, false)),
        ..Small::default()
    }
}

fn bid(lot: u32, bidder: usize, level: u32) -> BidPlan {
    BidPlan { lot, bidder, level: Level(level), conduct: BidderConduct::Honest }
}

/// Runs, and compares with the rounds in the clear.
fn hold(small: &Small, plan: &Plan) -> Simulated {
    let (simulated, _) = small.simulate(plan);
    let cast = small.cast();
    let bidders: Vec<PartyKey> = (0..small.bidders).map(|b| cast.bidder(b).unwrap()).collect();
    let differences = auditor::differences(plan, &bidders, &simulated.outcome);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    simulated
}

fn lot(simulated: &Simulated) -> &LotResult {
    &simulated.outcome.lots[0]
}

#[test]
fn it_ends_when_nothing_that_is_shown_moves() {
    let small = small();
    let mut plan = small.plan(&[&[1, 4, 6]]);
    let simulated = hold(&small, &plan);
    assert_eq!(lot(&simulated).disclosed.surveys.len(), 2, "the second round shows the same");
    assert_eq!(simulated.auction.round(), 1);

    // Bidder 0 overtakes bidder 1 in the second round, and bidder 1 answers in the third.
    plan.rounds = vec![vec![bid(0, 0, 5)], vec![bid(0, 1, 7)]];
    let simulated = hold(&small, &plan);
    let surveys = &lot(&simulated).disclosed.surveys;
    let depths: Vec<Vec<u32>> =
        surveys.iter().map(|survey| survey.depth.as_ref().unwrap().to_vec()).collect();
    assert_eq!(depths[0], [1, 0, 1, 0]);
    assert_eq!(depths[1], [0, 0, 2, 0]);
    assert_eq!(depths[2], [0, 0, 1, 1]);
    assert_eq!(simulated.auction.round(), 3, "the limit");
    assert!(is_sold_to(&lot(&simulated).ending, small.cast().bidder(1).unwrap()));
}

#[test]
fn a_move_within_a_bucket_is_not_shown_and_counts() {
    let small = small();
    let mut plan = small.plan(&[&[1, 6, 6]]);
    // From 6 to 7: the same bucket. Nothing moves, and bidder 2 wins.
    plan.rounds = vec![vec![bid(0, 2, 7)]];
    let simulated = hold(&small, &plan);
    assert_eq!(simulated.auction.round(), 1);
    assert!(is_sold_to(&lot(&simulated).ending, small.cast().bidder(2).unwrap()));
}

#[test]
fn a_new_leader_out_of_the_leaders_bucket_is_not_shown() {
    let small = small();
    let mut plan = small.plan(&[&[1, 4, 5]]);
    // Bidder 1 passes bidder 2, both in bucket 2, and goes to bucket 3. A depth leaves the best out.
    plan.rounds = vec![vec![bid(0, 1, 7)]];
    let simulated = hold(&small, &plan);
    assert_eq!(simulated.auction.round(), 1);
    assert!(is_sold_to(&lot(&simulated).ending, small.cast().bidder(1).unwrap()));
}

/// In round 1 nothing comes from bidder 2, who leads: whether it was silent, or the board dropped what
/// it sent, only keyholders can tell. Endorsing waits.
fn commit_that_never_came() -> Harness {
    let small = Small { groups: vec![(2, vec![Seat::Own; 3])], ..small() };
    let mut harness = Harness::at_commits(&small, &small.terms());
    let [first, second, third] = [(0, 1), (1, 4), (2, 6)].map(|(bidder, level)| {
        let (auction, rng) = (harness.board.auction(), &mut harness.rng);
        let bid = harness.bidders[bidder].commit(auction, 0, Level(level), rng).unwrap();
        harness.submit(&bid.commit);
        bid
    });
    harness.pass();
    harness.reveal([&first, &second, &third].map(|bid| bid.reveal.clone()).into());
    harness.act_until(Phase::Commits);
    let again = [(0, 1, &first), (1, 4, &second)].map(|(bidder, level, active)| {
        let (auction, rng) = (harness.board.auction(), &mut harness.rng);
        let secret = &active.secret;
        harness.bidders[bidder].improve(auction, 0, Level(level), secret, rng).unwrap()
    });
    again.iter().for_each(|bid| harness.submit(&bid.commit));
    harness.pass();
    harness.reveal(again.iter().map(|bid| bid.reveal.clone()).collect());
    assert_eq!(harness.auction().phase(), Phase::Endorsing);
    harness
}

#[test]
fn a_commit_that_never_comes_costs_the_deposit_unless_keyholders_saw_it() {
    for attesting in 0..=2 {
        let mut harness = commit_that_never_came();
        let winner = harness.bidder(2);
        let missing = BidId { lot: 0, round: 1, bidder: winner };
        for place in 0..harness.keyholders.len() {
            if harness.auction().phase() == Phase::Endorsing {
                let attested = if place < attesting { vec![missing] } else { Vec::new() };
                let posts = harness.posts(place, &attested);
                posts.iter().for_each(|post| harness.submit(post));
            }
        }
        let outcome = harness.finish();
        assert!(is_sold_to(&outcome.lots[0].ending, winner), "its bid stands");
        let account = outcome.accounts.iter().find(|account| account.party == winner).unwrap();
        let settled = if attesting == 2 { 100 } else { 0 };
        assert_eq!((account.settlement, account.forfeited), (settled, 100 - settled + 1));
    }
}

#[test]
fn what_was_committed_and_revealed_or_belongs_to_another_round_is_not_attested() {
    let harness = commit_that_never_came();
    let Due::Endorse { round, head } = harness.auction().dues(harness.keyholders[0].id())[0] else {
        panic!("an endorsement is due")
    };
    let keyholder = harness.auction().terms().quorum[0].members[0].signing;
    let attest = |lot, round_of_bid, bidder| {
        let attested = list([BidId { lot, round: round_of_bid, bidder }]);
        let endorsement = Instruction::Endorse(Endorsement { round, head, attested });
        let attest = harness.sign(keyholder, &endorsement);
        harness
            .auction()
            .clone()
            .apply(harness.slot, &attest)
            .map(|_| ())
            .map_err(|r| r.check.number())
    };
    let refused = Err("K1");
    assert_eq!(attest(0, 1, harness.bidder(2)), Ok(()), "it stands, and nothing came");
    assert_eq!(attest(0, 1, harness.bidder(1)), refused, "it bid again");
    assert_eq!(attest(0, 0, harness.bidder(2)), refused, "the round before");
    assert_eq!(attest(0, 2, harness.bidder(2)), refused, "the next round");
    assert_eq!(attest(1, 1, harness.bidder(2)), refused, "no lot");
    assert_eq!(attest(0, 1, harness.auction().terms().seller), refused, "no bid");
}

#[test]
fn an_update_left_unrevealed_or_invalid_forfeits_and_the_old_bid_stands() {
    let small = small();
    let winner = small.cast().bidder(2).unwrap();
    for conduct in [BidderConduct::NeverReveals, BidderConduct::RevealsRubbish] {
        let mut plan = small.plan(&[&[1, 4, 6]]);
        // Bidder 0 moves, so there is a round after it, in which everybody stands.
        plan.rounds = vec![vec![BidPlan { conduct, ..bid(0, 2, 7) }, bid(0, 0, 3)]];
        let simulated = hold(&small, &plan);
        assert_eq!(simulated.auction.round(), 2);
        assert!(is_sold_to(&lot(&simulated).ending, winner), "at its old bid");
        let Ending::Sold(award) = &lot(&simulated).ending else { panic!("it was sold") };
        assert_eq!(award.quote.level, Level(6));
        let mut accounts = simulated.outcome.accounts.iter();
        let account = accounts.find(|account| account.party == winner).unwrap();
        // Its deposit of 100 is lost, and goes to the two others; the fee of 1 went before.
        assert_eq!((account.settlement, account.forfeited, account.received), (0, 100 + 1, 0));
    }
}

#[test]
fn lots_go_on_together() {
    let small = Small { lots: vec![(8, vec![2, 1]); 2], ..small() };
    let mut plan = small.plan(&[&[1, 2, 3], &[0, 5, 5]]);
    plan.rounds = vec![vec![bid(1, 0, 6)], vec![]];
    let simulated = hold(&small, &plan);
    for result in simulated.outcome.lots.iter() {
        assert_eq!(result.disclosed.surveys.len(), 3, "one lot moved, so both go on");
    }
}

#[test]
fn every_pattern_of_two_moves() {
    // Every first bids and every second bids of two bidders on four levels, a lot each; nobody gets
    // worse.
    let mut first = Vec::new();
    let mut second = Vec::new();
    for a in 0..4u32 {
        for b in 0..4 {
            for (c, d) in (a..4).flat_map(|c| (b..4).map(move |d| (c, d))) {
                first.push(vec![a, b]);
                second.push([c, d]);
            }
        }
    }
    let first: Vec<&[u32]> = first.iter().map(Vec::as_slice).collect();
    let rules = [
        (Mechanism::FirstPrice, false, Ties::EarliestCommit, None),
        (Mechanism::FirstPrice, true, Ties::Lottery, Some(1)),
        (Mechanism::UniformPrice { units: 1 }, true, Ties::EarliestCommit, Some(2)),
    ];
    on_all_cores(&rules, |&(mechanism, cover, ties, reserve)| {
        let small = Small {
            lots: vec![(4, vec![1, 1]); first.len()],
            bidders: 2,
            mechanism,
            ties,
            reserve: reserve.map(|_| false),
            rounds: Some((3, cover)),
            disclosure: Disclosure::Facts { cover, depth: Some(Depth { min_bids: 1 }) },
            ..small()
        };
        let mut plan = small.plan(&first);
        let moves = (0u32..).zip(&second);
        let moves = moves.flat_map(|(lot, [c, d])| [bid(lot, 0, *c), bid(lot, 1, *d)]);
        plan.rounds = vec![moves.collect()];
        if let Some(level) = reserve {
            let reserve = |lot| ReservePlan { lot, level: Level(level), is_revealed: true };
            plan.reserves = (0..first.len() as u32).map(reserve).collect();
        }
        hold(&small, &plan);
    });
}
