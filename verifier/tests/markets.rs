//! Tests of whole auctions under every rule: mechanisms, disclosures, reserves, ties, the seller's
//! say.

use std::collections::BTreeSet;

use talea_protocol::{
    bytes::{Digest, PartyKey},
    check::Check,
    instruction::Instruction,
    outcome::{Account, Award, Disclosed, Ending, PriceComparison, ReserveResult, VoidCause},
    quorum::KeyholderId,
    terms::{Depth, Disclosure, Mechanism, Ties},
};

use super::{
    auction::{
        Auction, BOND, COMMITS, DEPOSIT, FEE, Hidden, REVEALS, Rules, bidder, key, party, quote,
        report, seat,
    },
    oracle::Market,
};
use crate::report::{CheckStatus, Report, Verdict};

const FIRST: Mechanism = Mechanism::FirstPrice;

fn uniform(units: u16) -> Mechanism {
    Mechanism::UniformPrice { units }
}

fn facts(cover: bool, min_bids: Option<u32>) -> Disclosure {
    Disclosure::Facts { cover, depth: min_bids.map(|min_bids| Depth { min_bids }) }
}

fn id(group: u16, member: u16) -> KeyholderId {
    KeyholderId { group, member }
}

fn account(report: &Report, who: &ed25519_dalek::SigningKey) -> Account {
    let who = key(who);
    *report.accounts.iter().find(|a| a.party == who).unwrap()
}

/// Four levels of two digits.
pub(crate) fn small() -> Rules {
    Rules { shape: vec![1, 1], levels: 4, ..Rules::default() }
}

/// Runs one lot up to the reveals. The reserve is last among the hidden.
fn committed(
    seed: u64,
    rules: &Rules,
    bids: &[u32],
    reserve: Option<u32>,
) -> (Auction, Vec<Hidden>) {
    let mut auction = Auction::open(seed, rules);
    auction.ceremony();
    auction.begin_commits();
    let reserve = reserve.map(|level| auction.reserve(0, level));
    let mut hidden: Vec<Hidden> =
        bids.iter().enumerate().map(|(n, level)| auction.commit(0, &bidder(n), *level)).collect();
    hidden.extend(reserve);
    auction.slot = COMMITS + 1;
    (auction, hidden)
}

fn ranked(seed: u64, rules: &Rules, bids: &[u32], reserve: Option<u32>) -> (Auction, Vec<Hidden>) {
    let (mut auction, hidden) = committed(seed, rules, bids, reserve);
    auction.reveal(&hidden);
    auction.endorse(&[]);
    (auction, hidden)
}

pub(crate) fn run(
    seed: u64,
    rules: &Rules,
    bids: &[u32],
    reserve: Option<u32>,
) -> (Auction, Vec<Hidden>) {
    let (mut auction, hidden) = ranked(seed, rules, bids, reserve);
    auction.rank(&BTreeSet::new());
    (auction, hidden)
}

/// The places of the bidders in tie order.
fn tie_order(auction: &Auction, hidden: &[Hidden], bids: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..bids).collect();
    if auction.terms.ties == Ties::EarliestCommit {
        return places;
    }
    let mut bytes = b"talea/v2/lottery/seed".to_vec();
    bytes.extend(auction.replay.facts.auction.0);
    bytes.extend([0; 4]);
    bytes.extend((bids as u64).to_le_bytes());
    for hidden in &hidden[..bids] {
        bytes.extend(hidden.id.bidder.0);
        bytes.extend(&hidden.sealed[hidden.sealed.len() - 32..]);
    }
    let seed = Digest::of(&[&bytes]);
    places.sort_by_key(|n| Digest::of(&[b"talea/v2/lottery/draw", &seed.0, &key(&bidder(*n)).0]));
    places
}

/// That an honest lot comes to what the oracle says, in the file and in both views.
fn agrees(seed: u64, rules: &Rules, bids: &[u32], reserve: Option<u32>) -> Report {
    let (auction, hidden) = run(seed, rules, bids, reserve);
    let order = tie_order(&auction, &hidden, bids.len());
    let first = rules.shape[0];
    let below: u8 = rules.shape[1..].iter().sum();
    let market = Market {
        mechanism: rules.mechanism,
        disclosure: rules.disclosure,
        bids: order.iter().map(|n| bids[*n]).collect(),
        reserve: reserve.map(|level| (level, rules.reserve.unwrap())),
        buckets: (1 << first, 1 << below),
    };
    let expected = market.expected();
    let name = |place: usize| key(&bidder(order[place]));
    let report = report(&auction.closed(), 2);
    assert_eq!(report.verdict, Verdict::Valid, "{}", report.to_text());
    let row = &report.lots[0];
    match (&expected.award, row.ending.as_ref().unwrap()) {
        (Some((level, winners)), Ending::Sold(award)) => {
            assert_eq!(award.quote, quote(*level), "{market:?}");
            let sales: Vec<(PartyKey, PriceComparison)> =
                award.sales.iter().map(|sale| (sale.winner, sale.comparison)).collect();
            let winners: Vec<(PartyKey, PriceComparison)> =
                winners.iter().map(|(place, status)| (name(*place), *status)).collect();
            assert_eq!(sales, winners, "{market:?}");
            for n in 0..bids.len() {
                let won = winners.iter().any(|(winner, _)| *winner == key(&bidder(n)));
                let account = account(&report, &bidder(n));
                let (settled, left) = if won { (DEPOSIT, 0) } else { (0, DEPOSIT) };
                assert_eq!((account.settlement, account.available), (settled, left));
            }
        }
        (None, Ending::BelowReserve) => (),
        (expected, ending) => panic!("{market:?}: {expected:?}, {ending:?}"),
    }
    let disclosed = &row.disclosed;
    assert_eq!(disclosed.cover, expected.cover.map(quote));
    assert_eq!(disclosed.depth.as_ref().map(|depth| depth.to_vec()), expected.depth);
    let opened = disclosed
        .bids
        .as_ref()
        .map(|opened| opened.iter().map(|bid| (bid.bidder, bid.quote)).collect::<Vec<_>>());
    let expected_bids = expected.bids.as_ref().map(|opened| {
        opened.iter().enumerate().map(|(n, level)| (name(n), quote(*level))).collect::<Vec<_>>()
    });
    assert_eq!(opened, expected_bids);
    let of_reserve = match (reserve, expected.reserve) {
        (None, _) => ReserveResult::None,
        (Some(_), None) => ReserveResult::Sealed,
        (Some(_), Some(level)) => ReserveResult::Opened(quote(level)),
    };
    assert_eq!(row.reserve, Some(of_reserve));
    if reserve.is_some() {
        let seller = account(&report, &party("seller"));
        assert_eq!((seller.available, seller.forfeited), (DEPOSIT, 0));
    }
    report
}

#[test]
fn every_mechanism_with_every_disclosure() {
    let bids = [1, 3, 2, 3, 1];
    let disclosures = [
        facts(false, None),
        facts(true, None),
        facts(false, Some(5)),
        facts(false, Some(6)),
        facts(true, Some(1)),
        Disclosure::Everything,
    ];
    let mut seed = 500;
    for mechanism in [FIRST, uniform(1), uniform(3), uniform(5)] {
        for disclosure in disclosures {
            let ties = if seed % 2 == 0 { Ties::Lottery } else { Ties::EarliestCommit };
            let groups = vec![(1, 1, 1 + (seed % 2) as u16)];
            let rules = Rules { mechanism, disclosure, ties, groups, ..small() };
            agrees(seed, &rules, &bids, None);
            seed += 1;
        }
    }
}

#[test]
fn every_mechanism_with_a_reserve() {
    let bids = [1, 2, 2];
    let mut seed = 540;
    for mechanism in [FIRST, uniform(1), uniform(2), uniform(3)] {
        for disclosure in [facts(true, Some(2)), Disclosure::Everything] {
            for (reserve, opened) in [(0, true), (1, false), (2, true), (3, true), (3, false)] {
                let rules = Rules {
                    mechanism,
                    disclosure,
                    reserve: Some(opened),
                    groups: vec![(1, 1, 1)],
                    ties: if seed % 2 == 0 { Ties::Lottery } else { Ties::EarliestCommit },
                    ..small()
                };
                agrees(seed, &rules, &bids, Some(reserve));
                seed += 1;
            }
        }
    }
}

#[test]
fn quorums_shapes_fan_outs_and_chunks() {
    let bids = [5, 11, 2, 11, 13];
    let variants: [(&[u8], &[(u16, u16, u16)], u16, u16); 4] = [
        (&[4], &[(1, 2, 2)], 15, 1),
        (&[2, 2], &[(3, 3, 4)], 2, 5),
        (&[1, 3], &[(1, 1, 2), (2, 2, 2)], 3, 7),
        (&[1, 2, 1], &[(2, 2, 3)], 1, 2048),
    ];
    let others = [(uniform(4), None), (FIRST, Some(13))];
    for (seed, (shape, groups, fan_out, chunk_items)) in (600..).zip(variants) {
        let other = others[seed as usize % 2];
        for (mechanism, reserve) in [(uniform(2), Some(12)), other] {
            let rules = Rules {
                shape: shape.to_vec(),
                groups: groups.to_vec(),
                fan_out,
                chunk_items,
                mechanism,
                disclosure: facts(true, Some(1)),
                reserve: reserve.map(|_| true),
                ..Rules::default()
            };
            agrees(seed, &rules, &bids, reserve);
        }
    }
}

#[test]
fn both_views_say_who_won_at_what() {
    let rules = Rules {
        mechanism: uniform(2),
        disclosure: facts(true, Some(1)),
        reserve: Some(true),
        groups: vec![(1, 1, 1)],
        ..small()
    };
    let report = agrees(620, &rules, &[3, 1, 2, 2], Some(1));
    let text = report.to_text();
    for part in [
        "SOLD to 2 winners, each at 95.10 (level 2)",
        "whose bid was better",
        "whose bid was this price",
        "reserve: 95.05 (level 1)",
        "cover: the best losing bid was 95.10 (level 2)",
        "from 95.00 (level 0): 1",
        "from 95.10 (level 2): 1",
        "bids: 4 committed, 4 ranked, 0 invalid",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["schema"], "talea-verify/2");
    let lot = &json["lots"][0];
    assert_eq!(lot["ending"], "sold");
    assert_eq!(lot["winner"], serde_json::Value::Null);
    assert_eq!(lot["winners"][0]["party"], key(&bidder(0)).to_string());
    assert_eq!(lot["winners"][0]["comparison"], "above-price");
    assert_eq!(lot["winners"][1]["party"], key(&bidder(2)).to_string());
    assert_eq!(lot["winners"][1]["comparison"], "at-price");
    assert_eq!(lot["price"], "95.10");
    assert_eq!(lot["reserve"]["state"], "opened");
    assert_eq!(lot["reserve"]["opened"]["level"], 1);
    assert_eq!(lot["cover"]["price_minor"], "9510");
    assert_eq!(lot["depth"][0]["bids"], 1);
    assert_eq!(lot["depth"][1]["from"]["price"], "95.10");
    assert_eq!(lot["bids"], serde_json::Value::Null);

    let rules = Rules { disclosure: Disclosure::Everything, groups: vec![(1, 1, 1)], ..small() };
    let report = agrees(621, &rules, &[1, 3], None);
    assert!(report.to_text().contains(&format!("{} bid 95.05 (level 1)", key(&bidder(0)))));
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    let lot = &json["lots"][0];
    assert_eq!(lot["winner"], key(&bidder(1)).to_string());
    assert_eq!(lot["winners"].as_array().unwrap().len(), 1);
    assert_eq!(lot["bids"][0]["party"], key(&bidder(0)).to_string());
    assert_eq!(lot["bids"][1]["level"], 3);
    assert_eq!(lot["reserve"], serde_json::Value::Null);
}

#[test]
fn counts_of_the_new_checks() {
    let rules = Rules {
        mechanism: uniform(1),
        reserve: Some(true),
        acceptance: Some(5),
        groups: vec![(1, 1, 1)],
        ..small()
    };
    let (mut auction, _) = ranked(625, &rules, &[1, 3], Some(2));
    act(&mut auction, usize::MAX);
    auction.post(&party("seller"), &Auction::decision(0, true));
    let report = report(&auction.closed(), 2);
    assert_eq!(report.verdict, Verdict::Valid);
    let performed = |check: Check| {
        let row = report.checks.iter().find(|row| row.check == check).unwrap();
        assert_eq!((row.status, row.count.adverse), (CheckStatus::Pass, 0));
        row.count.performed
    };
    assert_eq!(performed(Check::TermsRules), 1);
    // One question per digit at fan-out 1 and radix 2, one keyholder.
    assert_eq!(performed(Check::ShuffleProof), 2);
    // Two flags and their sum, and the reserve's two digits.
    assert_eq!(performed(Check::CountOpened), 5);
    // The price, and the reserve.
    assert_eq!(performed(Check::PriceOnGrid), 2);
    assert_eq!(performed(Check::DecisionDue), 1);
}

#[test]
fn a_reserve_that_is_not_revealed_does_not_bind() {
    let rules = Rules { reserve: Some(true), ..small() };
    for attested in [false, true] {
        let (mut auction, mut hidden) = committed(630, &rules, &[1, 2], Some(3));
        let reserve = hidden.pop().unwrap();
        auction.reveal(&hidden);
        // The reserve is an open commit: the phase goes on without a bid that is open.
        assert_eq!(auction.replay.phase().name(), "Reveals");
        auction.slot = REVEALS + 1;
        auction.post(&party("anybody"), &Instruction::Tick);
        let attest: Vec<_> = attested.then_some(reserve.id).into_iter().collect();
        auction.endorse(&attest);
        auction.rank(&BTreeSet::new());
        let report = report(&auction.closed(), 2);
        assert_eq!(report.verdict, Verdict::Valid);
        let row = &report.lots[0];
        assert!(matches!(&row.ending, Some(Ending::Sold(award)) if award.quote == quote(2)));
        assert_eq!(row.reserve, Some(ReserveResult::Lapsed));
        assert_eq!((row.commits, row.ranked, row.invalid), (2, 2, 0));
        let seller = account(&report, &party("seller"));
        let forfeited = if attested { 0 } else { DEPOSIT };
        assert_eq!((seller.forfeited, seller.available), (forfeited, DEPOSIT - forfeited));
        assert_eq!(account(&report, &bidder(0)).received, 0);
        assert_eq!(account(&report, &party("beneficiary")).received, 2 * FEE + forfeited);
    }
}

#[test]
fn an_invalid_reserve_does_not_bind() {
    let rules = Rules { reserve: Some(true), ..small() };
    let mut auction = Auction::open(632, &rules);
    auction.ceremony();
    auction.begin_commits();
    let seller = party("seller");
    auction.fund(key(&seller), DEPOSIT);
    let (commit, lie) = auction.commitment_and_unary(0, &seller, 3, 2);
    auction.post(&seller, &Instruction::Reserve(commit));
    let bid = auction.commit(0, &bidder(0), 1);
    auction.reveal(&[lie, bid]);
    auction.endorse(&[]);
    auction.rank(&BTreeSet::new());
    let report = report(&auction.closed(), 2);
    let row = &report.lots[0];
    assert!(matches!(&row.ending, Some(Ending::Sold(award)) if award.quote == quote(1)));
    assert_eq!(row.reserve, Some(ReserveResult::Lapsed));
    assert_eq!(row.invalid, 0);
    assert_eq!(account(&report, &party("seller")).forfeited, DEPOSIT);
}

#[test]
fn a_reserve_without_bids_is_unsold() {
    let rules = Rules { reserve: Some(true), ..small() };
    let (mut auction, hidden) = committed(633, &rules, &[], Some(1));
    auction.reveal(&hidden);
    let report = report(&auction.closed(), 2);
    assert_eq!(report.lots[0].ending, Some(Ending::Unsold));
    assert_eq!(report.lots[0].reserve, Some(ReserveResult::Sealed));
    assert_eq!(account(&report, &party("seller")).available, DEPOSIT);
}

/// Two lots and one reserve; both lots' reserves are the seller's.
#[test]
fn a_reserve_is_its_lots_alone() {
    let rules = Rules { reserve: Some(false), lots: 2, groups: vec![(1, 1, 1)], ..small() };
    let mut auction = Auction::open(634, &rules);
    auction.ceremony();
    auction.begin_commits();
    let mut hidden = vec![auction.reserve(1, 3)];
    for lot in 0..2 {
        hidden.push(auction.commit(lot, &bidder(0), 2));
    }
    auction.reveal(&hidden);
    auction.endorse(&[]);
    auction.rank(&BTreeSet::new());
    let report = report(&auction.closed(), 2);
    assert!(matches!(report.lots[0].ending, Some(Ending::Sold(_))));
    assert_eq!(report.lots[0].reserve, Some(ReserveResult::None));
    assert_eq!(report.lots[1].ending, Some(Ending::BelowReserve));
    assert_eq!(report.lots[1].reserve, Some(ReserveResult::Sealed));
    assert!(report.to_text().contains("BELOW RESERVE: no bid reached the seller's reserve"));
}

/// A sealed bid without its contribution is no sealed bid where ties go by lottery.
#[test]
fn a_contribution_is_part_of_the_sealed_bid() {
    let rules = Rules { ties: Ties::Lottery, groups: vec![(1, 1, 1)], ..small() };
    for cut in [32, 31, 33] {
        let mut auction = Auction::open(640 + cut, &rules);
        auction.ceremony();
        auction.begin_commits();
        let good = auction.commit(0, &bidder(0), 1);
        auction.fund(key(&bidder(1)), DEPOSIT + FEE);
        let (mut commit, mut short) = auction.commitment(0, &bidder(1), 3);
        short.sealed.truncate(short.sealed.len() - cut as usize);
        commit.seal = talea_protocol::commitment::seal(
            &auction.replay.facts.auction,
            &short.id,
            &short.sealed,
        );
        auction.post(&bidder(1), &Instruction::Commit(commit));
        auction.reveal(&[good, short]);
        auction.endorse(&[]);
        auction.rank(&BTreeSet::new());
        let report = report(&auction.closed(), 2);
        assert_eq!((report.lots[0].ranked, report.lots[0].invalid), (1, 1));
    }
}

mod acceptance {
    use super::*;

    const SLOTS: u64 = 7;

    /// A lot that waits.
    fn waiting(seed: u64) -> (Auction, u64) {
        let rules = Rules { acceptance: Some(SLOTS), groups: vec![(1, 1, 1)], ..small() };
        let (mut auction, _) = ranked(seed, &rules, &[1, 3], None);
        while auction.replay.lot_states()[0].waiting.is_none() {
            auction.slot += 1;
            act(&mut auction, 1);
        }
        let ended = auction.slot;
        assert_eq!(auction.replay.next_deadline(), Some(ended + SLOTS));
        (auction, ended)
    }

    fn award(report: &Report) -> Award {
        match &report.lots[0].ending {
            Some(Ending::Sold(award) | Ending::Declined(award)) => award.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn while_a_lot_waits_its_money_is_locked() {
        let (auction, ended) = waiting(650);
        let report = report(&auction.file, 2);
        assert_eq!(report.verdict, Verdict::Undecided);
        assert_eq!(report.lots[0].ending, None);
        assert_eq!(report.lots[0].decision_until, Some(ended + SLOTS));
        let until = format!("the seller may decline until slot {}", ended + SLOTS);
        assert!(report.to_text().contains(&until));
        let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
        assert_eq!(json["lots"][0]["ending"], "undecided");
        assert_eq!(json["lots"][0]["decision_until"], (ended + SLOTS).to_string());
    }

    #[test]
    fn the_seller_accepts() {
        let (mut auction, ended) = waiting(651);
        auction.slot = ended + SLOTS;
        auction.post(&party("seller"), &Auction::decision(0, true));
        let report = report(&auction.closed(), 2);
        assert!(matches!(report.lots[0].ending, Some(Ending::Sold(_))));
        assert_eq!(award(&report).quote, quote(3));
        assert_eq!(account(&report, &bidder(1)).settlement, DEPOSIT);
        assert_eq!(account(&report, &seat(id(0, 1))).available, BOND);
    }

    #[test]
    fn the_seller_declines_and_everybody_is_released() {
        let (mut auction, _) = waiting(652);
        auction.post(&party("seller"), &Auction::decision(0, false));
        let report = report(&auction.closed(), 2);
        assert!(matches!(report.lots[0].ending, Some(Ending::Declined(_))));
        assert_eq!(award(&report).sales[0].winner, key(&bidder(1)));
        for n in 0..2 {
            let account = account(&report, &bidder(n));
            assert_eq!((account.settlement, account.available), (0, DEPOSIT));
        }
        assert_eq!(account(&report, &seat(id(0, 1))).available, BOND);
        assert!(report.to_text().contains("DECLINED by the seller; it would have gone to"));
        let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
        let lot = &json["lots"][0];
        assert_eq!(lot["ending"], "declined");
        assert_eq!(lot["winner"], serde_json::Value::Null);
        assert_eq!(lot["winners"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn silence_accepts() {
        let (mut auction, ended) = waiting(653);
        auction.slot = ended + SLOTS;
        let early = auction.attempt(&party("anybody"), &Instruction::Tick);
        assert_eq!(early.failure.unwrap().check, Check::EnvelopePhase);
        auction.slot += 1;
        auction.post(&party("anybody"), &Instruction::Tick);
        let report = report(&auction.closed(), 2);
        assert!(matches!(report.lots[0].ending, Some(Ending::Sold(_))));
    }

    /// A lot that needs no step waits from the endorsement that started it.
    #[test]
    fn a_lot_that_asks_nothing_waits_too() {
        let rules = Rules {
            acceptance: Some(SLOTS),
            mechanism: uniform(2),
            groups: vec![(1, 1, 1)],
            ..small()
        };
        let (mut auction, _) = ranked(654, &rules, &[1, 3], None);
        assert_eq!(auction.replay.next_deadline(), Some(auction.slot + SLOTS));
        auction.post(&party("seller"), &Auction::decision(0, true));
        let report = report(&auction.closed(), 2);
        let award = award(&report);
        assert_eq!(award.quote, quote(0));
        assert!(award.sales.iter().all(|sale| sale.comparison == PriceComparison::NotCompared));
        assert_eq!(report.verdict, Verdict::Valid);
    }

    /// A lot below its reserve has no award to be declined.
    #[test]
    fn below_the_reserve_nobody_is_asked() {
        let rules = Rules {
            acceptance: Some(SLOTS),
            reserve: Some(false),
            groups: vec![(1, 1, 1)],
            ..small()
        };
        let (auction, _) = run(655, &rules, &[1], Some(2));
        let report = report(&auction.closed(), 2);
        assert_eq!(report.lots[0].ending, Some(Ending::BelowReserve));
    }

    /// One lot waits while the other is still ranked.
    #[test]
    fn lots_wait_by_themselves() {
        let rules = Rules {
            acceptance: Some(SLOTS),
            mechanism: uniform(1),
            lots: 2,
            groups: vec![(1, 1, 1)],
            ..small()
        };
        let mut auction = Auction::open(656, &rules);
        auction.ceremony();
        auction.begin_commits();
        let mut hidden = vec![auction.commit(0, &bidder(0), 2)];
        for n in 0..2 {
            hidden.push(auction.commit(1, &bidder(n), 1));
        }
        auction.reveal(&hidden);
        auction.endorse(&[]);
        assert!(auction.replay.lot_states()[0].waiting.is_some());
        assert!(auction.replay.lot_states()[1].ranking.is_some());
        auction.post(&party("seller"), &Auction::decision(0, false));
        auction.rank(&BTreeSet::new());
        let report = report(&auction.closed(), 2);
        assert!(matches!(report.lots[0].ending, Some(Ending::Declined(_))));
        assert!(matches!(report.lots[1].ending, Some(Ending::Sold(_))));
    }
}

/// Shuffling is in turn: who is late is excluded, and the next goes on from what was shuffled before.
#[test]
fn absent_shufflers_are_replaced() {
    for absent in 1..=3 {
        let absent = BTreeSet::from([id(0, absent)]);
        let rules = Rules { mechanism: uniform(2), fan_out: 3, chunk_items: 5, ..small() };
        let (mut auction, _) = ranked(660, &rules, &[3, 1, 2], None);
        auction.rank(&absent);
        let report = report(&auction.closed(), 2);
        assert_eq!(report.verdict, Verdict::Valid);
        assert!(
            matches!(&report.lots[0].ending, Some(Ending::Sold(award)) if award.quote == quote(1))
        );
    }
}

/// Runs so many acts of the lot's keyholders, or all; how many there were.
fn act(auction: &mut Auction, most: usize) -> usize {
    for acts in 0..most {
        let Some((chunk, who)) = auction.next_act(0, &BTreeSet::new()) else {
            return acts;
        };
        let act = auction.act(0, chunk, who);
        auction.post(&seat(who), &act);
    }
    most
}

/// What was opened before a lot was given up is not its outcome.
#[test]
fn a_void_lot_discloses_nothing() {
    let rules = Rules {
        disclosure: facts(true, Some(1)),
        reserve: Some(true),
        groups: vec![(2, 2, 2)],
        ..small()
    };
    let lot = || ranked(661, &rules, &[3, 1, 2], Some(1)).0;
    let acts = act(&mut lot(), usize::MAX);
    // One act short of the last step, which opens the reserve, and nobody acts again.
    let mut auction = lot();
    act(&mut auction, acts - 1);
    auction.slot = auction.replay.next_deadline().unwrap() + 1;
    auction.post(&party("anybody"), &Instruction::Tick);
    let report = report(&auction.closed(), 2);
    let row = &report.lots[0];
    assert_eq!(row.ending, Some(Ending::Void(VoidCause::Quorum)));
    assert_eq!(row.reserve, Some(ReserveResult::Sealed));
    assert_eq!(row.disclosed, Disclosed::default());
}
