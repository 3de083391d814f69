//! Whole auctions of curves, two-sided markets and surveys, with every proof; and what is refused of a curve (**C9**), or
//! closed as invalid.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use talea_protocol::{
    bytes::List,
    check::Check,
    commitment::{
        BidId, Commit, CurveCommit, CurveStep,
        TradeSide::{self, Buy, Sell},
        seal,
    },
    instruction::Instruction,
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Pricing, Quantities},
    outcome::{Clearing, Ending, Trade},
    price::Level,
    terms::Ties,
};

use super::{
    auction::{Auction, COMMITS, DEPOSIT, FEE, Hidden, Rules, bidder, key, quote, report},
    provers,
    refusals::{at_commits, refuse},
};
use crate::{
    fiat_shamir::Context,
    group::decode,
    report::{CheckStatus, Report, Verdict},
};

const PUBLIC: Curve = Curve { steps: 2, quantities: Quantities::Public { most: 6 } };
const SEALED: Curve = Curve { steps: 2, quantities: Quantities::Sealed { bits: 2 } };

fn curves(curve: Curve, pricing: Pricing, comparisons: Comparisons) -> Mechanism {
    Mechanism::Curves { curve, pricing, least: 1, comparisons }
}

fn two_sided(curve: Curve, rule: ClearingRule, comparisons: Comparisons) -> Mechanism {
    Mechanism::TwoSided { curve, rule, comparisons }
}

/// Six levels of two digits, few bids, and a lot of four units.
fn open(seed: u64, mechanism: Mechanism, ties: Ties) -> Auction {
    let rules = Rules {
        shape: vec![1, 2],
        levels: 6,
        groups: vec![(1, 1, 1)],
        mechanism,
        ties,
        fan_out: 2,
        ..Rules::default()
    };
    let mut auction = Auction::open_with(seed, &rules, |terms| {
        terms.max_bids_per_lot = 9;
        let mut lot = terms.lots[0].clone();
        lot.quantity = 4;
        terms.lots = List::new(vec![lot]).unwrap();
    });
    auction.ceremony();
    auction.begin_commits();
    auction
}

type Bids<'a> = &'a [(TradeSide, &'a [(u32, u32)])];

/// Runs an auction whose bids are all revealed.
fn run(seed: u64, mechanism: Mechanism, ties: Ties, bids: Bids<'_>) -> Report {
    let mut auction = open(seed, mechanism, ties);
    let hidden: Vec<Hidden> = bids
        .iter()
        .enumerate()
        .map(|(n, (side, steps))| auction.commit_curve(0, &bidder(n), *side, steps))
        .collect();
    finish(auction, &hidden)
}

fn finish(mut auction: Auction, hidden: &[Hidden]) -> Report {
    auction.slot = COMMITS + 1;
    auction.reveal(hidden);
    auction.endorse(&[]);
    auction.rank(&BTreeSet::new());
    let report = report(&auction.closed(), 2);
    assert_eq!(report.verdict, Verdict::Valid, "{}", report.to_text());
    report
}

fn clearing(report: &Report) -> &Clearing {
    match report.lots[0].ending.as_ref().unwrap() {
        Ending::Cleared(clearing) => clearing,
        other => panic!("{other:?}"),
    }
}

/// Of each trade: whose, what is better, at the price and shared, and the amount.
fn trades(report: &Report) -> Vec<(usize, u64, u64, u64, i64)> {
    let place = |trade: &Trade| (0..9).find(|n| key(&bidder(*n)) == trade.party).unwrap();
    let trades = clearing(report).trades.iter();
    trades.map(|t| (place(t), t.better, t.at_price, t.shared, t.amount)).collect()
}

fn json_of(report: &Report) -> Value {
    serde_json::from_str::<Value>(&report.to_json()).unwrap()["lots"][0].clone()
}

/// The deposits that are held for settlement, by bidder.
fn settled(report: &Report, n: usize) -> u64 {
    let account = report.accounts.iter().find(|a| a.party == key(&bidder(n))).unwrap();
    assert_eq!(account.settlement + account.available, DEPOSIT);
    account.settlement
}

const SALE: Bids<'_> = &[(Buy, &[(5, 1), (3, 2)]), (Buy, &[(3, 3)]), (Buy, &[(2, 3), (0, 3)])];

#[test]
fn curves_with_public_quantities_at_a_uniform_price() {
    for comparisons in [Comparisons::Opened, Comparisons::Hidden] {
        let mechanism = curves(PUBLIC, Pricing::Uniform, comparisons);
        let report = run(900, mechanism, Ties::EarliestCommit, SALE);
        // One of four is better; three are shared out among two and three.
        assert_eq!(clearing(&report).price, quote(3));
        assert_eq!(trades(&report), [(0, 1, 2, 1, 2 * 9_515), (1, 0, 3, 2, 2 * 9_515)]);
        assert_eq!([0, 1, 2].map(|n| settled(&report, n)), [DEPOSIT, DEPOSIT, 0]);
        assert_eq!(clearing(&report).excess.is_empty(), comparisons == Comparisons::Hidden);
        let json = json_of(&report);
        assert_eq!(json["ending"], "cleared");
        assert_eq!(json["price"], Value::Null);
        let price = json!({ "price": "95.15", "price_minor": "9515", "level": 3 });
        assert_eq!(json["clearing"]["price"], price);
        let trade = json!({
            "party": key(&bidder(0)).to_string(), "side": "buy",
            "better": "1", "at_price": "2", "shared": "1", "units": "2",
            "amount": "190.30", "amount_minor": "19030",
        });
        assert_eq!(json["clearing"]["trades"][0], trade);
        assert_eq!(json["statistics"], Value::Null);
        let text = report.to_text();
        assert!(text.contains("CLEARED at 95.15 (level 3): 4 units are traded"), "{text}");
        let buys = "buys 2 units for 190.30: 1 better than the price, 1 of 2 at it";
        assert!(text.contains(buys), "{text}");
    }
}

#[test]
fn curves_with_sealed_quantities_where_winners_pay_as_bid() {
    let bids: Bids<'_> = &[(Buy, &[(5, 1), (3, 2)]), (Buy, &[(1, 3), (4, 1)])];
    let mechanism = curves(SEALED, Pricing::PayAsBid, Comparisons::Opened);
    let report = run(901, mechanism, Ties::Lottery, bids);
    let mut told = trades(&report);
    told.sort();
    let own = [(0, 1, 2, 2, 9_525 + 2 * 9_515), (1, 1, 0, 0, 9_520)];
    assert_eq!((clearing(&report).price, told), (quote(3), own.to_vec()));
    let json = json_of(&report);
    let excess = json["clearing"]["excess"].as_array().unwrap();
    assert!(excess.contains(&json!({ "level": 4, "price": "95.20", "units": "-2" })), "{json}");
    let text = report.to_text();
    assert!(text.contains("at 95.20 (level 4): -2"), "{text}");
}

#[test]
fn nothing_is_asked_where_all_that_is_wanted_is_there() {
    let bids: Bids<'_> = &[(Buy, &[(5, 1)]), (Buy, &[(3, 1), (1, 1)])];
    let mechanism = curves(PUBLIC, Pricing::Uniform, Comparisons::Opened);
    let report = run(902, mechanism, Ties::EarliestCommit, bids);
    assert_eq!(clearing(&report).price, quote(0));
    assert_eq!(trades(&report), [(0, 1, 0, 0, 9_500), (1, 2, 0, 0, 2 * 9_500)]);
}

const BOTH: Bids<'_> =
    &[(Buy, &[(5, 2), (2, 1)]), (Sell, &[(1, 1), (4, 2)]), (Buy, &[(4, 1), (3, 1)])];

#[test]
fn two_sided_markets_by_every_rule() {
    // Three are offered; of all eight the third best and the fourth are at 4.
    let low = [(0, 2, 0, 0), (1, 1, 2, 2), (2, 0, 1, 1)];
    for (rule, comparisons, curve) in [
        (ClearingRule::Lowest, Comparisons::Opened, SEALED),
        (ClearingRule::Middle, Comparisons::Hidden, PUBLIC),
        (ClearingRule::Highest, Comparisons::Opened, PUBLIC),
    ] {
        let report = run(903, two_sided(curve, rule, comparisons), Ties::EarliestCommit, BOTH);
        assert_eq!(clearing(&report).price, quote(4));
        let told: Vec<_> = trades(&report).iter().map(|t| (t.0, t.1, t.2, t.3)).collect();
        assert_eq!(told, low);
        let amounts: Vec<i64> = trades(&report).iter().map(|t| t.4).collect();
        assert_eq!(amounts, [2 * 9_520, 3 * 9_520, 9_520]);
        let json = json_of(&report);
        let between = json!({ "price": "95.20", "price_minor": "9520", "level": 4 });
        if rule == ClearingRule::Middle {
            assert_eq!(
                json["clearing"]["between"],
                json!({ "lowest": between, "highest": between })
            );
        } else {
            assert_eq!(json["clearing"]["between"], Value::Null);
        }
        assert_eq!(json["clearing"]["trades"][1]["side"], "sell");
        assert_eq!([0, 1, 2].map(|n| settled(&report, n)), [DEPOSIT; 3]);
    }
}

#[test]
fn trade_reduction_shows_the_bids_at_the_margin() {
    let one = Curve { steps: 1, quantities: Quantities::Public { most: 1 } };
    let mechanism = two_sided(one, ClearingRule::TradeReduction, Comparisons::Hidden);
    let bids: Bids<'_> =
        &[(Buy, &[(5, 1)]), (Sell, &[(1, 1)]), (Buy, &[(3, 1)]), (Sell, &[(2, 1)])];
    let report = run(904, mechanism, Ties::EarliestCommit, bids);
    // Nobody is left over: the middle of the grid suits the last pair.
    assert_eq!(clearing(&report).price, quote(2));
    let told: Vec<_> = trades(&report).iter().map(|t| (t.0, t.1, t.3, t.4)).collect();
    assert_eq!(told, [(0, 1, 0, 9_510), (1, 1, 0, 9_510), (2, 0, 1, 9_510), (3, 0, 1, 9_510)]);
    let margins = &json_of(&report)["clearing"]["margins"];
    let level = |name: &str| margins[name]["level"].as_u64().unwrap();
    let levels = ["last_buyer", "next_buyer", "last_seller", "next_seller"].map(level);
    assert_eq!(levels, [3, 0, 2, 5]);
}

#[test]
fn markets_without_a_trade() {
    let rule = two_sided(PUBLIC, ClearingRule::Lowest, Comparisons::Opened);
    let apart: Bids<'_> = &[(Buy, &[(1, 1)]), (Sell, &[(3, 1)])];
    let report = run(905, rule, Ties::EarliestCommit, apart);
    assert!(matches!(report.lots[0].ending, Some(Ending::NoTrade(_))));
    let json = json_of(&report);
    assert_eq!(json["ending"], "no-trade");
    assert_eq!(json["clearing"]["price"]["level"], 1);
    assert_eq!(json["clearing"]["trades"][0]["units"], "0");
    assert!(report.to_text().contains("NO TRADE: nothing is traded at 95.05 (level 1)"));
    assert_eq!([0, 1].map(|n| settled(&report, n)), [0, 0]);

    let alone: Bids<'_> = &[(Sell, &[(1, 1)]), (Sell, &[(3, 1)])];
    let report = run(906, rule, Ties::EarliestCommit, alone);
    assert_eq!(report.lots[0].ending, Some(Ending::OneSided));
    assert_eq!(json_of(&report)["ending"], "one-sided");
    assert_eq!(json_of(&report)["clearing"], Value::Null);
    assert!(report.to_text().contains("ONE-SIDED"));
}

/// Runs a survey of six levels.
fn survey(seed: u64, mechanism: Mechanism, answers: &[u32]) -> Report {
    let mut auction = open(seed, mechanism, Ties::EarliestCommit);
    let hidden: Vec<Hidden> =
        answers.iter().enumerate().map(|(n, a)| auction.commit(0, &bidder(n), *a)).collect();
    finish(auction, &hidden)
}

#[test]
fn surveys() {
    let asked = Mechanism::Survey { min_answers: 3, bin_levels: 2, squares: true };
    let report = survey(907, asked, &[5, 0, 3]);
    let json = json_of(&report);
    assert_eq!(json["ending"], "surveyed");
    let bin = |level: u32, price: &str, minor: &str, answers: u32| {
        let from = json!({ "price": price, "price_minor": minor, "level": level });
        json!({ "from": from, "answers": answers })
    };
    let bins = [bin(0, "95.00", "9500", 1), bin(2, "95.10", "9510", 1), bin(4, "95.20", "9520", 1)];
    assert_eq!(json["statistics"], json!({ "sum": 8, "bins": bins, "squares": 34 }));
    let text = report.to_text();
    assert!(text.contains("SURVEYED: the levels of 3 answers sum to 8"), "{text}");
    assert!(text.contains("from 95.10 (level 2): 1"), "{text}");
    assert!((0..3).all(|n| settled(&report, n) == 0));

    let report = survey(908, asked, &[5, 0]);
    assert_eq!(report.lots[0].ending, Some(Ending::TooFewAnswers));
    let json = json_of(&report);
    assert_eq!((&json["ending"], &json["statistics"]), (&json!("too-few-answers"), &Value::Null));
    assert!(report.to_text().contains("TOO FEW ANSWERS: there are 2; nothing was opened"));
}

#[test]
fn checks_of_curves_are_counted() {
    let mechanism = curves(PUBLIC, Pricing::Uniform, Comparisons::Opened);
    let report = run(909, mechanism, Ties::EarliestCommit, SALE);
    let count = |check: Check| {
        let row = report.checks.iter().find(|row| row.check == check).unwrap();
        assert_eq!(row.status, CheckStatus::Pass);
        (row.count.performed, row.count.adverse)
    };
    assert_eq!(count(Check::TermsMarkets), (1, 0));
    // Of three bids: their form, their five steps and the argument of each bid.
    assert_eq!(count(Check::CommitForm), (3, 0));
    assert_eq!(count(Check::CommitRange), (5, 0));
    assert_eq!(count(Check::CommitDistinct), (5, 0));
    assert_eq!(count(Check::RevealArgument), (3, 0));
}

/// Refuses a curve of this form.
#[track_caller]
fn refuse_form(auction: &mut Auction, side: TradeSide, steps: &[(u32, u32)]) {
    let (commit, _) = auction.curve(0, &bidder(0), side, (steps, steps));
    refuse(auction, &bidder(0), &Instruction::CommitCurve(commit), Check::CommitForm);
}

#[test]
fn c9_forms() {
    let public = curves(PUBLIC, Pricing::Uniform, Comparisons::Opened);
    let mut auction = open(910, public, Ties::EarliestCommit);
    refuse_form(&mut auction, Sell, &[(1, 1)]);
    refuse_form(&mut auction, Buy, &[(1, 1), (2, 1), (3, 1)]);
    refuse_form(&mut auction, Buy, &[(1, 1), (2, 0)]);
    refuse_form(&mut auction, Buy, &[(1, 6), (2, 1)]);
    let (mut none, _) = auction.curve(0, &bidder(0), Buy, (&[(1, 1)], &[(1, 1)]));
    none.steps = List::default();
    refuse(&auction, &bidder(0), &Instruction::CommitCurve(none), Check::CommitForm);
    // A bid of one level; and the lot comes before the form, the form before the bidder.
    let (level, _) = auction.commitment(0, &bidder(0), 1);
    refuse(&auction, &bidder(0), &Instruction::Commit(level.clone()), Check::CommitForm);
    let elsewhere = Commit { lot: 1, ..level.clone() };
    refuse(&auction, &bidder(0), &Instruction::Commit(elsewhere), Check::CommitLot);
    let seller = super::auction::party("seller");
    refuse(&auction, &seller, &Instruction::Commit(level), Check::CommitForm);
    auction.commit_curve(0, &bidder(0), Buy, &[(1, 5), (2, 1)]);

    let sealed = curves(SEALED, Pricing::Uniform, Comparisons::Opened);
    let mut auction = open(911, sealed, Ties::EarliestCommit);
    refuse_form(&mut auction, Buy, &[(1, 1)]);
    refuse_form(&mut auction, Buy, &[(1, 1), (1, 1), (1, 1)]);
    let (mut shown, _) = auction.curve(0, &bidder(0), Buy, (&[(1, 1), (1, 2)], &[(1, 1), (1, 2)]));
    let mut steps = shown.steps.to_vec();
    steps[1].quantity = 1;
    shown.steps = List::new(steps).unwrap();
    refuse(&auction, &bidder(0), &Instruction::CommitCurve(shown), Check::CommitForm);

    // Both sides bid where there are two.
    let mut auction = open(
        912,
        two_sided(PUBLIC, ClearingRule::Lowest, Comparisons::Opened),
        Ties::EarliestCommit,
    );
    auction.commit_curve(0, &bidder(0), Sell, &[(1, 1)]);
    auction.commit_curve(0, &bidder(1), Buy, &[(1, 1)]);
    // And one side only.
    let (other, _) = auction.curve(0, &bidder(0), Buy, (&[(1, 1)], &[(1, 1)]));
    refuse(&auction, &bidder(0), &Instruction::CommitCurve(other), Check::CommitOnce);

    // Where a bid is of one level.
    let mut auction = at_commits(913, &Rules::default());
    refuse_form(&mut auction, Buy, &[(1, 1)]);
}

#[test]
fn c5_c6_and_c7_of_the_steps_of_a_curve() {
    let public = curves(PUBLIC, Pricing::Uniform, Comparisons::Opened);
    let mut auction = open(914, public, Ties::EarliestCommit);
    let who = bidder(0);
    let steps: &[(u32, u32)] = &[(1, 1), (2, 1)];
    let (good, _) = auction.curve(0, &who, Buy, (steps, steps));
    let post = |commit: &CurveCommit| Instruction::CommitCurve(commit.clone());
    refuse(&auction, &who, &post(&good), Check::CommitStake);
    // One deposit and one fee are for the whole bid.
    auction.fund(key(&who), DEPOSIT + FEE);
    let with = |change: &dyn Fn(&mut Vec<CurveStep>)| {
        let mut steps = good.steps.to_vec();
        change(&mut steps);
        CurveCommit { steps: List::new(steps).unwrap(), ..good.clone() }
    };
    // A proof is of its step.
    refuse(&auction, &who, &post(&with(&|steps| steps.reverse())), Check::CommitRange);
    let copied = with(&|steps| steps[1] = steps[0].clone());
    refuse(&auction, &who, &post(&copied), Check::CommitRange);
    let zero = with(&|steps| steps[1].commitment = talea_protocol::bytes::Point::IDENTITY);
    refuse(&auction, &who, &post(&zero), Check::CommitRange);
    auction.post(&who, &post(&good));

    // Two steps with one commitment, each with its own proof.
    auction.fund(key(&bidder(1)), DEPOSIT + FEE);
    let twice = auction.same_commitment_twice(&bidder(1));
    refuse(&auction, &bidder(1), &Instruction::CommitCurve(twice), Check::CommitDistinct);
}

impl Auction {
    /// Two steps of level 1 that share a blinding.
    fn same_commitment_twice(&mut self, who: &ed25519_dalek::SigningKey) -> CurveCommit {
        let rng = self.rng.clone();
        let (one, _) = self.curve(0, who, Buy, (&[(1, 1)], &[(1, 1)]));
        // The blinding is the first thing that is drawn.
        self.rng = rng;
        let bid = BidId { lot: 0, round: 0, bidder: key(who) };
        let context = Context { step: 1, ..Context::bid(self.replay.facts.auction, &bid) };
        let key = self.quorum_key();
        let (commitment, range_proof, _) = provers::range(&mut self.rng, &context, &key, 6, 1);
        assert_eq!(commitment, one.steps[0].commitment);
        let second = CurveStep { commitment, range_proof, ..one.steps[0].clone() };
        CurveCommit { steps: List::new(vec![one.steps[0].clone(), second]).unwrap(), ..one }
    }
}

/// Reveals two good bids and one whose bytes or commit were changed.
fn with_one_changed(
    seed: u64,
    change: impl FnOnce(&mut Auction) -> (CurveCommit, Hidden),
) -> Report {
    let public = curves(PUBLIC, Pricing::Uniform, Comparisons::Opened);
    let mut auction = open(seed, public, Ties::EarliestCommit);
    let mut hidden: Vec<Hidden> = (0..2)
        .map(|n| auction.commit_curve(0, &bidder(n), Buy, &[(n as u32, 3), (3, 1)]))
        .collect();
    auction.fund(key(&bidder(2)), DEPOSIT + FEE);
    let (mut commit, changed) = change(&mut auction);
    commit.seal = seal(&auction.replay.facts.auction, &changed.id, &changed.sealed);
    auction.post(&bidder(2), &Instruction::CommitCurve(commit));
    hidden.push(changed);
    let report = finish(auction, &hidden);
    assert_eq!((report.lots[0].ranked, report.lots[0].invalid), (2, 1));
    let account = report.accounts.iter().find(|a| a.party == key(&bidder(2))).unwrap();
    assert_eq!((account.settlement, account.available), (0, 0), "it is forfeited");
    report
}

fn adverse(report: &Report, check: Check) -> u64 {
    report.checks.iter().find(|row| row.check == check).unwrap().count.adverse
}

#[test]
fn r3_a_sealed_bid_has_as_many_steps_as_were_committed() {
    let two: &[(u32, u32)] = &[(5, 1), (4, 1)];
    let fewer = with_one_changed(915, |auction| {
        let (commit, mut hidden) = auction.curve(0, &bidder(2), Buy, (two, two));
        hidden.sealed.truncate(hidden.sealed.len() / 2);
        (commit, hidden)
    });
    assert_eq!(adverse(&fewer, Check::RevealForm), 1);
    let more = with_one_changed(916, |auction| {
        let (mut commit, hidden) = auction.curve(0, &bidder(2), Buy, (two, two));
        commit.steps = List::new(vec![commit.steps[0].clone()]).unwrap();
        (commit, hidden)
    });
    assert_eq!(adverse(&more, Check::RevealForm), 1);
    let tail = with_one_changed(917, |auction| {
        let (commit, mut hidden) = auction.curve(0, &bidder(2), Buy, (two, two));
        hidden.sealed.push(0);
        (commit, hidden)
    });
    assert_eq!(adverse(&tail, Check::RevealForm), 1);
}

#[test]
fn r4_a_curve_with_one_bad_step_is_invalid() {
    for sealed_as in [[(5, 1), (3, 1)], [(4, 1), (4, 1)]] {
        let report = with_one_changed(918, |auction| {
            auction.curve(0, &bidder(2), Buy, (&[(5, 1), (4, 1)], &sealed_as))
        });
        assert_eq!(adverse(&report, Check::RevealArgument), 1);
    }
    // Steps in another order are others' arguments.
    let report = with_one_changed(919, |auction| {
        let steps: &[(u32, u32)] = &[(5, 1), (4, 1)];
        let (commit, mut hidden) = auction.curve(0, &bidder(2), Buy, (steps, steps));
        let half = hidden.sealed.len() / 2;
        hidden.sealed.rotate_left(half);
        (commit, hidden)
    });
    assert_eq!(adverse(&report, Check::RevealArgument), 1);
}

#[test]
fn r5_the_steps_of_a_curve_share_no_randomness() {
    let report = with_one_changed(921, |auction| {
        let steps: &[(u32, u32)] = &[(5, 1), (4, 1)];
        let (mut commit, mut hidden) = auction.curve(0, &bidder(2), Buy, (steps, steps));
        let facts = auction.replay.facts.clone();
        let (shape, key) = (facts.step_shape(0).unwrap(), auction.quorum_key());
        let drawn = auction.rng.clone();
        let (mut committed, mut firsts) = (commit.steps.to_vec(), Vec::new());
        hidden.sealed.clear();
        for (step, level) in [(0u32, 5), (1, 4)] {
            let context = Context { step, ..Context::bid(facts.auction, &hidden.id) };
            let (commitment, range_proof, rho) =
                provers::range(&mut auction.rng, &context, &key, 6, level);
            let at = step as usize;
            committed[at] = CurveStep { commitment, range_proof, ..committed[at].clone() };
            let quorum_key = decode(&key).unwrap();
            let sealed = provers::unary(
                &mut drawn.clone(),
                &context,
                shape,
                &quorum_key,
                &commitment,
                Level(level),
                &rho,
            );
            firsts.push(sealed.unary[0].r);
            hidden.sealed.extend(sealed.to_bytes());
        }
        assert_eq!(firsts[0], firsts[1]);
        commit.steps = List::new(committed).unwrap();
        (commit, hidden)
    });
    assert_eq!(adverse(&report, Check::RevealArgument), 0);
    assert_eq!(adverse(&report, Check::RevealDistinct), 1);
}

#[test]
fn a_curve_that_was_attested_is_released_and_one_that_was_not_forfeited() {
    let public = curves(PUBLIC, Pricing::Uniform, Comparisons::Opened);
    let mut auction = open(920, public, Ties::EarliestCommit);
    let hidden: Vec<Hidden> = (0..3)
        .map(|n| auction.commit_curve(0, &bidder(n), Buy, &[(n as u32, 3), (3, 2)]))
        .collect();
    auction.slot = COMMITS + 1;
    auction.reveal(&hidden[..1]);
    auction.pass();
    auction.post(&super::auction::party("anybody"), &Instruction::Tick);
    auction.endorse(&[hidden[1].id]);
    auction.rank(&BTreeSet::new());
    let report = report(&auction.closed(), 2);
    assert_eq!(report.verdict, Verdict::Valid, "{}", report.to_text());
    let left = |n: usize| {
        let account = report.accounts.iter().find(|a| a.party == key(&bidder(n))).unwrap();
        (account.settlement, account.available)
    };
    assert_eq!([left(0), left(1), left(2)], [(DEPOSIT, 0), (0, DEPOSIT), (0, 0)]);
}
