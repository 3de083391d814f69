//! Tests of auctions with rounds: what stands, who pays, when it ends.

use std::collections::BTreeSet;

use curve25519_dalek::scalar::Scalar;
use talea_protocol::{
    bytes::{Digest, PartyKey},
    check::Check,
    commitment::BidId,
    instruction::Instruction,
    outcome::{Account, Ending, Survey, VoidCause},
    quorum::KeyholderId,
    terms::{Depth, Disclosure, Mechanism, Ties},
};

use super::{
    auction::{
        Auction, BOND, COMMIT_SLOTS, DEPOSIT, FEE, Hidden, REVEAL_SLOTS, REVEALS, Rules, bidder,
        key, party, quote, report, seat,
    },
    provers,
};
use crate::{
    fiat_shamir::Context,
    group::{bases, encode},
    report::{CheckStatus, Report, Verdict},
};

fn id(group: u16, member: u16) -> KeyholderId {
    KeyholderId { group, member }
}

fn account(report: &Report, who: &ed25519_dalek::SigningKey) -> Account {
    let who = key(who);
    *report.accounts.iter().find(|a| a.party == who).unwrap()
}

/// Four levels of two digits, one keyholder, and two bids at least for a depth.
fn small(limit: u32, cover: bool) -> Rules {
    Rules {
        shape: vec![1, 1],
        levels: 4,
        groups: vec![(1, 1, 1)],
        fan_out: 3,
        disclosure: Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 2 }) },
        rounds: Some((limit, cover)),
        ..Rules::default()
    }
}

fn tick(auction: &mut Auction) {
    auction.post(&party("anybody"), &Instruction::Tick);
}

/// Everybody's bids of round 0 on lot 0, surveyed. The next round's commits are open.
fn surveyed(seed: u64, rules: &Rules, bids: &[u32]) -> (Auction, Vec<Hidden>) {
    let mut auction = Auction::open(seed, rules);
    auction.ceremony();
    auction.begin_commits();
    let hidden: Vec<Hidden> =
        bids.iter().enumerate().map(|(n, level)| auction.commit(0, &bidder(n), *level)).collect();
    auction.reveal(&hidden);
    auction.endorse(&[]);
    auction.act_all();
    (auction, hidden)
}

/// A later round in which everybody bids again, up to its endorsement.
fn again(auction: &mut Auction, former: &[Hidden], bids: &[u32]) -> Vec<Hidden> {
    let hidden: Vec<Hidden> = former
        .iter()
        .zip(bids)
        .enumerate()
        .map(|(n, (former, level))| auction.improve(&bidder(n), former, *level))
        .collect();
    auction.pass();
    reveal(auction, &hidden);
    auction.endorse(&[]);
    hidden
}

/// Reveals at the slot at hand.
fn reveal(auction: &mut Auction, hidden: &[Hidden]) {
    auction.post(&party("carrier"), &Auction::reveals(hidden));
}

#[track_caller]
fn refuse(auction: &Auction, who: &ed25519_dalek::SigningKey, what: &Instruction, check: Check) {
    let report = auction.attempt(who, what);
    let failure = report.failure.expect("it was accepted");
    assert_eq!(failure.check, check, "{failure:?}");
}

fn phase(auction: &Auction) -> (&'static str, u32) {
    (auction.replay.phase().name(), auction.replay.round.number)
}

/// Depth by bucket, and the cover's level.
fn told(surveys: &[Survey]) -> Vec<(Option<Vec<u32>>, Option<u32>)> {
    let one = |survey: &Survey| {
        let depth = survey.depth.as_ref().map(|depth| depth.to_vec());
        (depth, survey.cover.map(|quote| quote.level.0))
    };
    surveys.iter().map(one).collect()
}

/// The report on the closed auction, which must be valid.
#[track_caller]
fn closed(auction: &Auction) -> Report {
    let report = report(&auction.closed(), 2);
    assert_eq!(report.verdict, Verdict::Valid, "{}", report.to_text());
    report
}

#[track_caller]
fn assert_sold(report: &Report, lot: usize, winner: usize, level: u32) {
    let Some(Ending::Sold(award)) = &report.lots[lot].ending else {
        panic!("{:?}", report.lots[lot].ending)
    };
    let winners: Vec<PartyKey> = award.sales.iter().map(|sale| sale.winner).collect();
    assert_eq!((award.quote, winners), (quote(level), vec![key(&bidder(winner))]));
}

#[test]
fn rounds_go_on_until_nothing_moves() {
    let (mut auction, bids) = surveyed(700, &small(9, true), &[0, 1, 1]);
    assert_eq!(phase(&auction), ("Commits", 1));
    assert_eq!(auction.replay.next_deadline(), Some(auction.slot + COMMIT_SLOTS));
    let bids = again(&mut auction, &bids, &[2, 1, 3]);
    auction.act_all();
    assert_eq!(phase(&auction), ("Commits", 2));
    let bids = again(&mut auction, &bids, &[2, 1, 3]);
    let slot = auction.slot;
    auction.act_all();
    assert_eq!((phase(&auction), auction.slot), (("Closed", 2), slot));
    assert_eq!(bids[0].id.round, 2);

    let report = closed(&auction);
    assert_sold(&report, 0, 2, 3);
    let row = &report.lots[0];
    assert_eq!((row.commits, row.ranked, row.invalid), (3, 3, 0));
    // Without the best bid: 0 and 1; then 1 and 2, twice.
    let moved = (Some(vec![1, 1]), Some(2));
    assert_eq!(told(&row.disclosed.surveys), [(Some(vec![2, 0]), Some(1)), moved.clone(), moved]);
    assert_eq!(row.disclosed.depth, row.disclosed.surveys[2].depth);
    for n in 0..3 {
        let account = account(&report, &bidder(n));
        let (settled, left) = if n == 2 { (DEPOSIT, 0) } else { (0, DEPOSIT) };
        assert_eq!((account.settlement, account.available), (settled, left));
        assert_eq!((account.funded, account.forfeited), (DEPOSIT + FEE, FEE));
    }

    let text = report.to_text();
    assert!(text.contains(
        "round 1: bids without the best: 1 from 95.00, 1 from 95.10; the best of them 95.10 (level 2)"
    ));
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    let surveys = &json["lots"][0]["surveys"];
    assert_eq!(surveys.as_array().unwrap().len(), 3);
    assert_eq!(surveys[0]["depth"][0]["bids"], 2);
    assert_eq!(surveys[0]["cover"]["level"], 1);
    assert_eq!(surveys[1]["depth"][1]["from"]["price"], "95.10");

    let performed = |check: Check| {
        let row = report.checks.iter().find(|row| row.check == check).unwrap();
        assert_eq!((row.status, row.count.adverse), (CheckStatus::Pass, 0));
        row.count.performed
    };
    assert_eq!(performed(Check::CommitRange), 9);
    assert_eq!((performed(Check::CommitActive), performed(Check::CommitStake)), (6, 3));
    assert_eq!(performed(Check::RevealDistinct), 9);
    assert_eq!(performed(Check::EndorseHead), 3);
}

/// In the last round nothing is surveyed, and the depth is asked for in the ranking.
#[test]
fn the_limit_ends_the_rounds() {
    for ties in [Ties::EarliestCommit, Ties::Lottery] {
        let rules = Rules { ties, ..small(2, false) };
        let (mut auction, bids) = surveyed(701, &rules, &[0, 1, 0]);
        again(&mut auction, &bids, &[3, 1, 2]);
        let state = &auction.replay.lot_states()[0];
        assert_eq!(state.surveys.len(), 1);
        assert_eq!(state.ranking.as_ref().unwrap().step.number, 0);
        auction.act_all();
        let report = closed(&auction);
        assert_sold(&report, 0, 0, 3);
        let disclosed = &report.lots[0].disclosed;
        assert_eq!(told(&disclosed.surveys), [(Some(vec![2, 0]), None)]);
        assert_eq!(disclosed.depth.as_ref().unwrap().to_vec(), [1, 1]);
    }
}

/// Too few bids for anything to be shown: the rounds stop after the second.
#[test]
fn surveys_that_show_nothing_do_not_move() {
    let (mut auction, bids) = surveyed(702, &small(5, true), &[1]);
    assert_eq!(phase(&auction), ("Commits", 1));
    again(&mut auction, &bids, &[2]);
    // Nothing was asked, so the ranking starts with step 0.
    assert_eq!(auction.replay.lot_states()[0].ranking.as_ref().unwrap().step.number, 0);
    auction.act_all();
    let report = closed(&auction);
    assert_sold(&report, 0, 0, 2);
    assert_eq!(told(&report.lots[0].disclosed.surveys), [(None, None), (None, None)]);
    assert!(report.to_text().contains("round 1: nothing was shown"));
}

/// The steps of a ranking after a survey go on from its last one.
#[test]
fn steps_are_counted_on() {
    let (mut auction, bids) = surveyed(703, &small(5, false), &[0, 0]);
    again(&mut auction, &bids, &[0, 0]);
    let before = auction.replay.lot_states()[0].ranking.as_ref().unwrap().step.number;
    assert_eq!(before, 0);
    while auction.replay.lot_states()[0].surveys.len() < 2 {
        auction.slot += 1;
        let (chunk, who) = auction.next_act(0, &BTreeSet::new()).unwrap();
        let act = auction.act(0, chunk, who);
        auction.post(&seat(who), &act);
    }
    let ranking = auction.replay.lot_states()[0].ranking.as_ref().unwrap();
    // The at-most-test of one bucket: a Shuffle and a Decrypt; nothing is more.
    assert_eq!(ranking.step.number, 2);
    assert_eq!(ranking.step.deadline(), Some(auction.slot + 12));
    auction.act_all();
    assert_sold(&closed(&auction), 0, 0, 0);
}

/// What became of the second bidder's update.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Update {
    Missing,
    MissingAttested,
    Unrevealed,
    UnrevealedAttested,
    Invalid,
}

impl Update {
    fn is_attested(self) -> bool {
        matches!(self, Self::MissingAttested | Self::UnrevealedAttested)
    }
}

fn spoiled(seed: u64, update: Update, active: u32) -> Report {
    let (mut auction, bids) = surveyed(seed, &small(2, false), &[1, active, 0]);
    let mut open = vec![auction.improve(&bidder(0), &bids[0], 2)];
    match update {
        Update::Missing | Update::MissingAttested => (),
        Update::Unrevealed | Update::UnrevealedAttested => {
            auction.improve(&bidder(1), &bids[1], 3);
        }
        Update::Invalid => {
            let (commit, hidden) = auction.improvement_and_unary(&bids[1], 3, 2);
            auction.post(&bidder(1), &Instruction::Commit(commit));
            open.push(hidden);
        }
    }
    open.push(auction.improve(&bidder(2), &bids[2], 1));
    auction.pass();
    reveal(&mut auction, &open);
    if auction.replay.phase().name() == "Reveals" {
        auction.pass();
        tick(&mut auction);
    }
    let missing = BidId { round: 1, ..bids[1].id };
    let attested: Vec<BidId> = update.is_attested().then_some(missing).into_iter().collect();
    auction.endorse(&attested);
    auction.act_all();
    let report = closed(&auction);
    let row = &report.lots[0];
    assert_eq!((row.commits, row.ranked, row.invalid), (3, 3, 0), "{update:?}");
    report
}

/// The active bid stands, and the deposit of who did not bid again goes to the beneficiary.
#[test]
fn an_update_that_fails_leaves_the_active_bid_and_costs_the_deposit() {
    let updates = [
        Update::Missing,
        Update::MissingAttested,
        Update::Unrevealed,
        Update::UnrevealedAttested,
        Update::Invalid,
    ];
    for (seed, update) in (710..).zip(updates) {
        let report = spoiled(seed, update, 1);
        assert_sold(&report, 0, 0, 2);
        let lost = if update.is_attested() { 0 } else { DEPOSIT };
        let loser = account(&report, &bidder(1));
        assert_eq!(loser.forfeited, FEE + lost, "{update:?}");
        assert_eq!((loser.received, loser.available), (0, DEPOSIT - lost));
        let winner = account(&report, &bidder(0));
        assert_eq!((winner.settlement, winner.available), (DEPOSIT, 0));
        assert_eq!(account(&report, &bidder(2)).available, DEPOSIT);
        assert_eq!(account(&report, &party("beneficiary")).received, 3 * FEE + lost);
    }
}

/// A winner in default wins, and its deposit is not held for settlement.
#[test]
fn who_wins_in_default_loses_the_deposit() {
    let report = spoiled(715, Update::Missing, 3);
    assert_sold(&report, 0, 1, 3);
    let winner = account(&report, &bidder(1));
    assert_eq!((winner.settlement, winner.forfeited), (0, FEE + DEPOSIT));
    assert_eq!(account(&report, &bidder(0)).settlement, 0);
}

/// Only what is missing can be attested: not what was revealed, valid or not, nor another round's.
#[test]
fn k1_what_came_is_not_attested() {
    let (mut auction, bids) = surveyed(718, &small(2, false), &[1, 1, 0]);
    let good = auction.improve(&bidder(0), &bids[0], 2);
    let (commit, bad) = auction.improvement_and_unary(&bids[1], 3, 2);
    auction.post(&bidder(1), &Instruction::Commit(commit));
    auction.pass();
    reveal(&mut auction, &[good, bad]);
    let of_round = |round: u32, n: usize| BidId { round, ..bids[n].id };
    for came in [of_round(1, 0), of_round(1, 1), of_round(0, 2), of_round(2, 2)] {
        let endorsement = auction.endorsement(vec![came]);
        refuse(&auction, &seat(id(0, 1)), &endorsement, Check::EndorseHead);
    }
    let no_lot = BidId { lot: 1, ..of_round(1, 2) };
    let no_bid = BidId { bidder: key(&bidder(3)), ..of_round(1, 2) };
    let the_seller = BidId { bidder: key(&party("seller")), ..of_round(1, 2) };
    for nobodys in [no_lot, no_bid, the_seller] {
        let endorsement = auction.endorsement(vec![nobodys]);
        refuse(&auction, &seat(id(0, 1)), &endorsement, Check::EndorseHead);
    }
    auction.endorse(&[of_round(1, 2)]);
}

/// Who was in default once stays so, though it bids again.
#[test]
fn a_default_is_not_made_good() {
    let (mut auction, bids) = surveyed(716, &small(3, false), &[1, 0]);
    let first = auction.improve(&bidder(0), &bids[0], 3);
    auction.pass();
    reveal(&mut auction, std::slice::from_ref(&first));
    auction.endorse(&[]);
    auction.act_all();
    // Nothing that is shown has moved.
    assert_eq!(phase(&auction).0, "Closed");
    let report = closed(&auction);
    assert_eq!(account(&report, &bidder(1)).forfeited, FEE + DEPOSIT);

    let (mut auction, bids) = surveyed(717, &small(3, true), &[0, 0, 1]);
    let update =
        [auction.improve(&bidder(0), &bids[0], 2), auction.improve(&bidder(2), &bids[2], 2)];
    auction.pass();
    reveal(&mut auction, &update);
    auction.endorse(&[]);
    auction.act_all();
    assert_eq!(phase(&auction), ("Commits", 2));
    let bids = [update[0].clone(), bids[1].clone(), update[1].clone()];
    again(&mut auction, &bids, &[2, 3, 2]);
    auction.act_all();
    let report = closed(&auction);
    assert_sold(&report, 0, 1, 3);
    let winner = account(&report, &bidder(1));
    assert_eq!((winner.settlement, winner.forfeited), (0, FEE + DEPOSIT));
}

/// A bid of round 0 that never stood: its money is settled as without rounds.
#[test]
fn a_bid_that_never_stood_is_out_of_the_later_rounds() {
    for attested in [false, true] {
        let mut auction = Auction::open(718, &small(2, false));
        auction.ceremony();
        auction.begin_commits();
        let good = auction.commit(0, &bidder(0), 1);
        let lost = auction.commit(0, &bidder(1), 2);
        auction.reveal(std::slice::from_ref(&good));
        auction.slot = REVEALS + 1;
        tick(&mut auction);
        let attest: Vec<_> = attested.then_some(lost.id).into_iter().collect();
        auction.endorse(&attest);
        assert_eq!(phase(&auction), ("Commits", 1));
        let (commit, _) = auction.improvement(&lost, 3);
        refuse(&auction, &bidder(1), &Instruction::Commit(commit), Check::CommitActive);
        let update = auction.improve(&bidder(0), &good, 1);
        auction.pass();
        // Neither revealed nor attested in another round than its own.
        let carrier = party("carrier");
        let late = Auction::reveals(std::slice::from_ref(&lost));
        refuse(&auction, &carrier, &late, Check::RevealCommit);
        let earlier = Auction::reveals(std::slice::from_ref(&good));
        refuse(&auction, &carrier, &earlier, Check::RevealCommit);
        reveal(&mut auction, &[update]);
        let late = auction.endorsement(vec![lost.id]);
        refuse(&auction, &seat(id(0, 1)), &late, Check::EndorseHead);
        auction.endorse(&[]);
        auction.act_all();
        let report = closed(&auction);
        assert_sold(&report, 0, 0, 1);
        let row = &report.lots[0];
        assert_eq!((row.commits, row.ranked, row.invalid), (2, 1, 0));
        let left = if attested { DEPOSIT } else { 0 };
        assert_eq!(account(&report, &bidder(1)).available, left);
        assert_eq!(account(&report, &bidder(0)).received, 0);
        let received = account(&report, &party("beneficiary")).received;
        assert_eq!(received, 2 * FEE + DEPOSIT - left);
    }
}

#[test]
fn c1_to_c8_in_a_later_round() {
    let rules = Rules { lots: 2, ..small(3, false) };
    let mut auction = Auction::open(720, &rules);
    auction.ceremony();
    auction.begin_commits();
    let bids: Vec<Hidden> = (0..2).map(|n| auction.commit(0, &bidder(n), 1 + n as u32)).collect();
    auction.reveal(&bids);
    auction.endorse(&[]);
    auction.act_all();
    // Lot 1 had no commits and is unsold.
    assert_eq!(phase(&auction), ("Commits", 1));
    let who = bidder(0);
    let (good, _) = auction.improvement(&bids[0], 2);
    let commit = |change: &dyn Fn(&mut talea_protocol::commitment::Commit)| {
        let mut commit = good.clone();
        change(&mut commit);
        Instruction::Commit(commit)
    };
    refuse(&auction, &who, &commit(&|c| c.round = 0), Check::CommitLot);
    refuse(&auction, &who, &commit(&|c| c.round = 2), Check::CommitLot);
    refuse(&auction, &who, &commit(&|c| c.lot = 1), Check::CommitLot);
    refuse(&auction, &who, &commit(&|c| c.lot = 2), Check::CommitLot);
    // A newcomer with money.
    auction.fund(key(&bidder(7)), DEPOSIT + FEE);
    refuse(&auction, &bidder(7), &commit(&|_| ()), Check::CommitActive);
    // Another's proof.
    refuse(&auction, &bidder(1), &commit(&|_| ()), Check::CommitRange);
    // A worse bid, and a proof against a commitment that is not the active one.
    let (worse, _) = auction.improvement(&bids[0], 0);
    refuse(&auction, &who, &Instruction::Commit(worse), Check::CommitRange);
    let mut wrong = bids[0].clone();
    wrong.former = bids[1].former;
    let (other, _) = auction.improvement(&wrong, 3);
    refuse(&auction, &who, &Instruction::Commit(other), Check::CommitRange);
    // A proof under the key of another history.
    let context = Context::bid(auction.replay.facts.auction, &BidId { round: 1, ..bids[0].id });
    let elsewhere = encode(&(bases().k * Scalar::from(5u8)));
    let (commitment, proof, _) =
        provers::improvement(&mut provers::rng(9), &context, &elsewhere, 4, 2, &bids[0].former, 1);
    let elsewhere = commit(&|c| {
        c.commitment = commitment;
        c.range_proof = proof.clone();
    });
    refuse(&auction, &who, &elsewhere, Check::CommitRange);
    // A range proof alone.
    let (plain, _) = auction.commitment(0, &who, 3);
    refuse(&auction, &who, &Instruction::Commit(plain), Check::CommitRange);
    auction.post(&who, &commit(&|_| ()));
    refuse(&auction, &who, &commit(&|_| ()), Check::CommitOnce);
}

/// The same commitment again would show that a bid stands.
#[test]
fn c7_spans_the_rounds() {
    let rules = small(2, false);
    let mut auction = Auction::open(721, &rules);
    auction.ceremony();
    auction.begin_commits();
    auction.fund(key(&bidder(0)), DEPOSIT + FEE);
    auction.rng = provers::rng(5);
    let (commit, hidden) = auction.commitment(0, &bidder(0), 1);
    auction.post(&bidder(0), &Instruction::Commit(commit));
    auction.reveal(std::slice::from_ref(&hidden));
    auction.endorse(&[]);
    auction.rng = provers::rng(5);
    let (again, _) = auction.improvement(&hidden, 1);
    assert_eq!(again.commitment, hidden.former.commitment);
    refuse(&auction, &bidder(0), &Instruction::Commit(again), Check::CommitDistinct);
}

/// What names a round names the current one.
#[test]
fn k1_and_k3_name_the_round() {
    let (mut auction, bids) = surveyed(722, &small(3, false), &[1, 2]);
    let updates: Vec<Hidden> = (0..2).map(|n| auction.improve(&bidder(n), &bids[n], 2)).collect();
    auction.pass();
    reveal(&mut auction, &updates);
    let who = seat(id(0, 1));
    let Instruction::Endorse(good) = auction.endorsement(vec![]) else { unreachable!() };
    for round in [0, 2] {
        let mut bad = good.clone();
        bad.round = round;
        refuse(&auction, &who, &Instruction::Endorse(bad), Check::EndorseHead);
    }
    let revealed = auction.endorsement(vec![updates[0].id]);
    refuse(&auction, &who, &revealed, Check::EndorseHead);
    auction.post(&who, &Instruction::Endorse(good));
    let Instruction::Shuffle(good) = auction.act(0, 0, id(0, 1)) else {
        panic!("a survey begins with an at-most-test")
    };
    for round in [0, 2] {
        let mut bad = good.clone();
        bad.header.round = round;
        refuse(&auction, &who, &Instruction::Shuffle(bad), Check::RankPlace);
    }
    auction.post(&who, &Instruction::Shuffle(good));
    // While lots are surveyed nobody waits for the seller.
    let early = Auction::decision(0, true);
    refuse(&auction, &party("seller"), &early, Check::DecisionDue);
}

/// One lot that moves is enough, and a lot that is surveyed has nothing due.
#[test]
fn of_two_lots_one_moves() {
    let rules =
        Rules { lots: 2, mechanism: Mechanism::UniformPrice { units: 1 }, ..small(9, true) };
    let mut auction = Auction::open(723, &rules);
    auction.ceremony();
    auction.begin_commits();
    let mut bids = Vec::new();
    for lot in 0..2 {
        for n in 0..2 {
            bids.push(auction.commit(lot, &bidder(n), n as u32));
        }
    }
    auction.reveal(&bids);
    auction.endorse(&[]);
    // Lot 1 alone is surveyed, and waits for the other.
    while let Some((chunk, who)) = auction.next_act(1, &BTreeSet::new()) {
        let act = auction.act(1, chunk, who);
        auction.post(&seat(who), &act);
    }
    assert_eq!(phase(&auction), ("Ranking", 0));
    assert_eq!(auction.replay.lot_states()[1].deadline(), None);
    assert_eq!(auction.replay.lot_states()[1].surveys.len(), 1);
    auction.act_all();
    for (round, moves) in [(1, [0, 3]), (2, [0, 3])] {
        assert_eq!(phase(&auction), ("Commits", round));
        let mut next = Vec::new();
        for (former, n) in bids.iter().zip([0, 1, 0, 1]) {
            let level = former.former.level.max(moves[former.id.lot as usize]);
            next.push(auction.improve(&bidder(n), former, level));
        }
        bids = next;
        auction.pass();
        reveal(&mut auction, &bids);
        auction.endorse(&[]);
        auction.act_all();
    }
    let report = closed(&auction);
    assert_sold(&report, 0, 1, 0);
    assert_sold(&report, 1, 0, 3);
    assert_eq!(told(&report.lots[0].disclosed.surveys), vec![(Some(vec![1, 0]), Some(0)); 3]);
    assert_eq!(
        told(&report.lots[1].disclosed.surveys),
        [(Some(vec![1, 0]), Some(0)), (Some(vec![0, 1]), Some(3)), (Some(vec![0, 1]), Some(3)),]
    );
}

mod timeouts {
    use super::*;

    /// Nobody bids again: Reveals ends with Commits, all are in default, and nothing has moved.
    #[test]
    fn of_commits() {
        let (mut auction, _) = surveyed(730, &small(5, true), &[2, 1]);
        let until = auction.replay.next_deadline().unwrap();
        auction.slot = until;
        let early = auction.attempt(&party("anybody"), &Instruction::Tick);
        assert_eq!(early.failure.unwrap().check, Check::EnvelopePhase);
        auction.slot += 1;
        tick(&mut auction);
        assert_eq!(phase(&auction), ("Endorsing", 1));
        // From the slot of the tick.
        assert_eq!(auction.replay.next_deadline(), Some(until + 1 + 10));
        let undecided = report(&auction.file, 2);
        assert!(undecided.to_text().contains("in phase Endorsing of round 1 at slot"));
        auction.endorse(&[]);
        auction.act_all();
        let report = closed(&auction);
        assert_sold(&report, 0, 0, 2);
        for n in 0..2 {
            // Both lose their deposits.
            let account = account(&report, &bidder(n));
            assert_eq!((account.forfeited, account.available), (FEE + DEPOSIT, 0));
        }
    }

    #[test]
    fn of_reveals() {
        let (mut auction, bids) = surveyed(731, &small(2, false), &[2, 1]);
        let until = auction.replay.next_deadline().unwrap();
        auction.improve(&bidder(0), &bids[0], 3);
        // However late the ticks come, whoever is due has the whole of its time from then on.
        auction.slot = until + 1_000;
        tick(&mut auction);
        assert_eq!(phase(&auction), ("Reveals", 1));
        assert_eq!(auction.replay.next_deadline(), Some(until + 999 + REVEAL_SLOTS));
        auction.slot += 5_000;
        tick(&mut auction);
        assert_eq!(phase(&auction), ("Endorsing", 1));
        assert_eq!(auction.replay.next_deadline(), Some(until + 6_000 + 10));
        auction.endorse(&[]);
        auction.act_all();
        assert_sold(&closed(&auction), 0, 0, 2);
    }

    /// What the rounds showed stays in the outcome of a lot that is void.
    #[test]
    fn of_endorsing() {
        let (mut auction, _) = surveyed(732, &small(5, true), &[2, 1]);
        // Nothing was committed: one tick passes Commits and Reveals, and never Endorsing too.
        auction.slot += COMMIT_SLOTS + REVEAL_SLOTS + 1_000;
        tick(&mut auction);
        assert_eq!(phase(&auction), ("Endorsing", 1));
        auction.slot += 11;
        tick(&mut auction);
        let report = closed(&auction);
        let row = &report.lots[0];
        assert_eq!(row.ending, Some(Ending::Void(VoidCause::Endorsement)));
        assert_eq!(told(&row.disclosed.surveys), [(Some(vec![1, 0]), Some(1))]);
        assert_eq!((row.disclosed.depth.as_ref(), row.ranked), (None, 2));
        assert_eq!(account(&report, &seat(id(0, 1))).forfeited, BOND);
        assert_eq!(account(&report, &bidder(0)).forfeited, FEE + DEPOSIT);
    }

    /// Who is excluded in one round stays excluded in the next; and who is short then is void.
    #[test]
    fn of_steps() {
        let rules = Rules { groups: vec![(1, 1, 2)], ..small(5, true) };
        let mut auction = Auction::open(733, &rules);
        auction.ceremony();
        auction.begin_commits();
        let bids: Vec<Hidden> =
            [2, 1].iter().enumerate().map(|(n, r)| auction.commit(0, &bidder(n), *r)).collect();
        auction.reveal(&bids);
        auction.endorse(&[]);
        // The first is due in the Shuffle, and late.
        auction.pass();
        tick(&mut auction);
        assert_eq!(auction.replay.lot_states()[0].excluded, BTreeSet::from([id(0, 1)]));
        auction.act_all();
        assert_eq!(phase(&auction), ("Commits", 1));
        again(&mut auction, &bids, &[2, 1]);
        let (chunk, due) = auction.next_act(0, &BTreeSet::new()).unwrap();
        assert_eq!(due, id(0, 2));
        let act = auction.act(0, chunk, id(0, 1));
        refuse(&auction, &seat(id(0, 1)), &act, Check::RankActor);
        auction.pass();
        tick(&mut auction);
        let report = closed(&auction);
        assert_eq!(report.lots[0].ending, Some(Ending::Void(VoidCause::Quorum)));
        assert_eq!(report.lots[0].disclosed.surveys.len(), 1);
        for member in 1..=2 {
            assert_eq!(account(&report, &seat(id(0, member))).forfeited, BOND);
        }
    }

    /// A time-out that ends the last surveys starts the rankings at the slot of the instruction, so that
    /// they are never late at once.
    #[test]
    fn rankings_begin_where_the_surveys_ended() {
        for (first, second) in [(14, 13), (100, 1_000)] {
            let mut auction = Auction::open(735, &Rules { lots: 2, ..small(5, true) });
            auction.ceremony();
            auction.begin_commits();
            let mut bids = Vec::new();
            for (lot, count) in [(0, 3), (1, 2)] {
                bids.extend((0..count).map(|n| auction.commit(lot, &bidder(n), 1)));
            }
            auction.reveal(&bids);
            auction.endorse(&[]);
            auction.act_all();
            let bids: Vec<Hidden> = bids
                .iter()
                .zip([0, 1, 2, 0, 1])
                .map(|(former, n)| auction.improve(&bidder(n), former, 1))
                .collect();
            auction.pass();
            reveal(&mut auction, &bids);
            auction.endorse(&[]);
            let slot = auction.slot;
            while let Some((chunk, who)) = auction.next_act(1, &BTreeSet::new()) {
                let act = auction.act(1, chunk, who);
                auction.post(&seat(who), &act);
            }
            // Lot 0 is void, and a step of lot 1 takes 12 slots.
            auction.slot = slot + first;
            super::tick(&mut auction);
            assert_eq!(auction.replay.next_deadline(), Some(slot + first + 12));
            auction.slot += second;
            super::tick(&mut auction);
            let report = closed(&auction);
            for (row, surveys) in report.lots.iter().zip([1, 2]) {
                assert_eq!(row.ending, Some(Ending::Void(VoidCause::Quorum)));
                assert_eq!(row.disclosed.surveys.len(), surveys);
                assert_eq!(row.disclosed.depth, None);
            }
        }
    }

    /// Surveys are over at the slot of the instruction that ends the last lot without one.
    #[test]
    fn a_lot_that_ends_ends_the_surveys() {
        let run = |ticks: &[u64]| {
            // Lot 0 has the most bids and so the latest deadline.
            let rules = Rules { lots: 3, ..small(5, true) };
            let mut auction = Auction::open(734, &rules);
            auction.ceremony();
            auction.begin_commits();
            let mut bids = Vec::new();
            for (lot, count) in [(0, 4), (1, 3), (2, 2)] {
                bids.extend((0..count).map(|n| auction.commit(lot, &bidder(n), 1)));
            }
            auction.reveal(&bids);
            auction.endorse(&[]);
            let slot = auction.slot;
            while let Some((chunk, who)) = auction.next_act(2, &BTreeSet::new()) {
                let act = auction.act(2, chunk, who);
                auction.post(&seat(who), &act);
            }
            for tick in ticks {
                auction.slot = slot + tick;
                super::tick(&mut auction);
            }
            // Lot 1 is void after 13, lot 0 after 14.
            assert_eq!(phase(&auction), ("Commits", 1));
            let until = auction.slot + COMMIT_SLOTS;
            assert_eq!(auction.replay.next_deadline(), Some(until));
            auction.slot = until;
            let bids: Vec<Hidden> = bids.into_iter().filter(|bid| bid.id.lot == 2).collect();
            again(&mut auction, &bids, &[1, 1]);
            auction.act_all();
            closed(&auction)
        };
        for report in [run(&[14, 15]), run(&[15]), run(&[18])] {
            for lot in 0..2 {
                let row = &report.lots[lot];
                assert_eq!(row.ending, Some(Ending::Void(VoidCause::Quorum)));
                assert_eq!(row.disclosed.surveys.len(), 0);
            }
            assert_sold(&report, 2, 0, 1);
        }
    }
}

/// A reserve is of round 0, and binds in the last.
#[test]
fn a_reserve_binds_through_the_rounds() {
    let rules = Rules { reserve: Some(true), ..small(9, true) };
    let mut auction = Auction::open(740, &rules);
    auction.ceremony();
    auction.begin_commits();
    let reserve = auction.reserve(0, 2);
    let bids: Vec<Hidden> = (0..2).map(|n| auction.commit(0, &bidder(n), 1)).collect();
    auction.reveal(&[&bids[..], &[reserve]].concat());
    auction.endorse(&[]);
    auction.act_all();
    let bids = again(&mut auction, &bids, &[2, 2]);
    auction.act_all();
    again(&mut auction, &bids, &[2, 2]);
    auction.act_all();
    let report = closed(&auction);
    assert_sold(&report, 0, 0, 2);
    assert_eq!(
        report.lots[0].reserve,
        Some(talea_protocol::outcome::ReserveResult::Opened(quote(2)))
    );
}

/// An unrevealed reserve keeps nothing open in the rounds after its own.
#[test]
fn an_unrevealed_reserve_is_closed_with_its_round() {
    let rules = Rules { reserve: Some(true), ..small(2, false) };
    let mut auction = Auction::open(741, &rules);
    auction.ceremony();
    auction.begin_commits();
    let reserve = auction.reserve(0, 3);
    let bids = vec![auction.commit(0, &bidder(0), 1)];
    auction.reveal(&bids);
    auction.slot = REVEALS + 1;
    tick(&mut auction);
    auction.endorse(&[]);
    let update = auction.improve(&bidder(0), &bids[0], 2);
    auction.pass();
    let late = Auction::reveals(std::slice::from_ref(&reserve));
    refuse(&auction, &party("carrier"), &late, Check::RevealCommit);
    reveal(&mut auction, &[update]);
    assert_eq!(phase(&auction), ("Endorsing", 1));
    auction.endorse(&[]);
    auction.act_all();
    let report = closed(&auction);
    assert_sold(&report, 0, 0, 2);
    assert_eq!(account(&report, &party("seller")).forfeited, DEPOSIT);
}

/// The draw of a lottery is of round 0, whatever is bid again: one bid has one draw.
#[test]
fn a_lottery_draws_once() {
    for missing in [false, true] {
        let rules = Rules { ties: Ties::Lottery, ..small(2, false) };
        let (mut auction, bids) = surveyed(743, &rules, &[3, 3, 3, 3]);
        let mut last = bids.clone();
        for n in usize::from(missing)..4 {
            last[n] = auction.improve(&bidder(n), &bids[n], 3);
        }
        auction.pass();
        reveal(&mut auction, &last[usize::from(missing)..]);
        auction.endorse(&[]);
        auction.act_all();
        let mut bytes = b"talea/v2/lottery/seed".to_vec();
        bytes.extend(auction.replay.facts.auction.0);
        bytes.extend([0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0]);
        for hidden in &bids {
            bytes.extend(hidden.id.bidder.0);
            bytes.extend(&hidden.sealed[hidden.sealed.len() - 32..]);
        }
        let seed = Digest::of(&[&bytes]);
        let draw =
            |n: &usize| Digest::of(&[b"talea/v2/lottery/draw", &seed.0, &key(&bidder(*n)).0]);
        let first = (0..4).min_by_key(draw).unwrap();
        assert_sold(&closed(&auction), 0, first, 3);
    }
}

/// What a survey showed is the depth of a lot that was ranked after it, below its reserve too.
#[test]
fn below_the_reserve_the_depth_is_the_surveys() {
    let rules = Rules { reserve: Some(false), ..small(9, false) };
    let mut auction = Auction::open(744, &rules);
    auction.ceremony();
    auction.begin_commits();
    let reserve = auction.reserve(0, 3);
    let bids: Vec<Hidden> = (0..2).map(|n| auction.commit(0, &bidder(n), 2)).collect();
    auction.reveal(&[&bids[..], &[reserve]].concat());
    auction.endorse(&[]);
    auction.act_all();
    again(&mut auction, &bids, &[2, 2]);
    auction.act_all();
    let report = closed(&auction);
    let row = &report.lots[0];
    assert_eq!(row.ending, Some(Ending::BelowReserve));
    assert_eq!(row.disclosed.depth.as_ref().unwrap().to_vec(), [0, 1]);
}

/// A lot waits for the seller once, after the rounds.
#[test]
fn the_seller_decides_after_the_last_round() {
    let rules = Rules { acceptance: Some(5), ..small(9, true) };
    let (mut auction, bids) = surveyed(745, &rules, &[1, 2]);
    again(&mut auction, &bids, &[1, 2]);
    auction.act_all();
    assert_eq!(phase(&auction), ("Ranking", 1));
    auction.post(&party("seller"), &Auction::decision(0, false));
    let report = closed(&auction);
    let row = &report.lots[0];
    assert!(matches!(&row.ending, Some(Ending::Declined(award)) if award.quote == quote(2)));
    assert_eq!(row.disclosed.surveys.len(), 2);
}

/// What the rounds showed so far is in the report before there is an outcome.
#[test]
fn between_rounds_a_file_is_undecided() {
    let (auction, _) = surveyed(746, &small(9, true), &[1, 2]);
    let report = report(&auction.file, 2);
    assert_eq!(report.verdict, Verdict::Undecided);
    assert_eq!(told(&report.lots[0].disclosed.surveys), [(Some(vec![1, 0]), Some(1))]);
    assert!(report.to_text().contains("in phase Commits of round 1 at slot"));
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["progress"]["round"], 1);
    assert_eq!(json["lots"][0]["surveys"][0]["cover"]["price"], "95.05");
}

/// A unary encoding that was accepted in one round is accepted in no other.
#[test]
fn r5_spans_the_rounds() {
    let (mut auction, bids) = surveyed(742, &small(2, false), &[1, 1]);
    let (mut commit, mut hidden) = auction.improvement(&bids[0], 1);
    hidden.sealed.clone_from(&bids[0].sealed);
    commit.seal =
        talea_protocol::commitment::seal(&auction.replay.facts.auction, &hidden.id, &hidden.sealed);
    auction.post(&bidder(0), &Instruction::Commit(commit));
    let other = auction.improve(&bidder(1), &bids[1], 1);
    auction.pass();
    reveal(&mut auction, &[hidden, other]);
    auction.endorse(&[]);
    auction.act_all();
    let report = closed(&auction);
    assert_sold(&report, 0, 0, 1);
    assert_eq!(account(&report, &bidder(0)).forfeited, FEE + DEPOSIT);
}
