//! Tests of the whole: auctions whose outcome is known in the clear, and their files, damaged.

use std::collections::BTreeSet;

use ed25519_dalek::SigningKey;
use talea_protocol::{
    bytes::List,
    chain::{ChainHome, SlotUnit, custodian_seed},
    check::Check,
    instruction::{Fund, Instruction},
    outcome::{Account, Award, Ending, PriceComparison, Sale, VoidCause},
    quorum::KeyholderId,
    transcript::MAGIC,
};

use super::auction::{
    Auction, BOND, COMMITS, COMPLAINTS, DEPOSIT, FEE, REVEALS, Rules, bidder, key, opening, party,
    quote, report, seat, secrets, terms,
};
use crate::report::{CheckStatus, Report, Verdict};

fn id(group: u16, member: u16) -> KeyholderId {
    KeyholderId { group, member }
}

fn account<'a>(report: &'a Report, who: &ed25519_dalek::SigningKey) -> &'a Account {
    let who = key(who);
    report.accounts.iter().find(|a| a.party == who).unwrap()
}

/// An auction with these bids per lot, all of them honest.
fn honest(seed: u64, rules: &Rules, bids: &[Vec<u32>]) -> Vec<u8> {
    honest_with(seed, rules, bids, &BTreeSet::new())
}

fn honest_with(
    seed: u64,
    rules: &Rules,
    bids: &[Vec<u32>],
    absent: &BTreeSet<KeyholderId>,
) -> Vec<u8> {
    let mut auction = Auction::open(seed, rules);
    auction.ceremony();
    auction.begin_commits();
    let mut hidden = Vec::new();
    for (lot, levels) in (0u32..).zip(bids) {
        for (n, level) in levels.iter().enumerate() {
            hidden.push(auction.commit(lot, &bidder(n), *level));
        }
    }
    auction.reveal(&hidden);
    if !hidden.is_empty() {
        auction.endorse(&[]);
        auction.rank(absent);
    }
    auction.closed()
}

fn assert_sold(report: &Report, lot: usize, winner: usize, level: u32) {
    assert_eq!(report.verdict, Verdict::Valid, "{}", report.to_text());
    assert_eq!(
        report.lots[lot].ending,
        Some(Ending::Sold(Award {
            quote: quote(level),
            sales: List::new(vec![Sale {
                winner: key(&bidder(winner)),
                comparison: PriceComparison::AtPrice,
            }])
            .unwrap(),
        }))
    );
}

#[test]
fn the_best_bid_wins_and_ties_go_to_the_first() {
    let rules = Rules::default();
    let cases: [(&[u32], usize); 8] = [
        (&[0], 0),
        (&[13], 0),
        (&[3, 9, 4], 1),
        (&[9, 3, 9], 0),
        (&[0, 0, 0, 0], 0),
        (&[12, 13, 12, 13, 5], 1),
        (&[4, 5, 6, 7], 3),
        (&[8, 7], 0),
    ];
    for (seed, (levels, winner)) in (200..).zip(cases) {
        let file = honest(seed, &rules, &[levels.to_vec()]);
        assert_sold(&report(&file, 2), 0, winner, levels[winner]);
    }
}

#[test]
fn shapes_quorums_fan_outs_and_chunks() {
    let bids: [&[u32]; 2] = [&[5, 11, 2, 11], &[7]];
    let variants: [(&[u8], &[(u16, u16, u16)], u16, u16); 7] = [
        (&[4], &[(1, 1, 1)], 1, 2048),
        (&[4], &[(2, 3, 3)], 15, 3),
        (&[1, 1, 1, 1], &[(2, 2, 3), (1, 1, 2)], 1, 1),
        (&[2, 2], &[(3, 3, 4)], 2, 5),
        (&[1, 3], &[(1, 1, 2), (2, 2, 2)], 3, 4),
        (&[3, 2], &[(2, 2, 2)], 1023, 7),
        (&[1, 2, 2], &[(2, 2, 3)], 2, 2),
    ];
    for (seed, (shape, groups, fan_out, chunk_items)) in (300..).zip(variants) {
        let rules = Rules {
            shape: shape.to_vec(),
            levels: 14,
            lots: 2,
            groups: groups.to_vec(),
            fan_out,
            chunk_items,
            ..Rules::default()
        };
        let bids: Vec<Vec<u32>> = bids.iter().map(|b| b.to_vec()).collect();
        let report = report(&honest(seed, &rules, &bids), 2);
        assert_sold(&report, 0, 1, 11);
        assert_sold(&report, 1, 0, 7);
    }
}

#[test]
fn money_of_an_ordinary_auction() {
    let report = report(&honest(210, &Rules::default(), &[vec![3, 9]]), 2);
    assert_sold(&report, 0, 1, 9);
    let loser = account(&report, &bidder(0));
    assert_eq!((loser.available, loser.forfeited), (DEPOSIT, FEE));
    let winner = account(&report, &bidder(1));
    assert_eq!((winner.available, winner.settlement), (0, DEPOSIT));
    let beneficiary = account(&report, &party("beneficiary"));
    assert_eq!((beneficiary.received, beneficiary.available), (2 * FEE, 2 * FEE));
    for member in 1..=3 {
        assert_eq!(account(&report, &seat(id(0, member))).available, BOND);
    }
}

#[test]
fn absent_keyholders_are_replaced() {
    // A quorum is 2 of 3, and the first two in turn order are there, or not.
    for absent in [id(0, 1), id(0, 2), id(0, 3)] {
        let absent = BTreeSet::from([absent]);
        let file = honest_with(220, &Rules::default(), &[vec![3, 9, 4]], &absent);
        assert_sold(&report(&file, 2), 0, 1, 9);
    }
}

#[test]
fn a_lot_without_a_quorum_is_void_and_those_who_left_it_pay() {
    let rules = Rules::default();
    let absent = BTreeSet::from([id(0, 1), id(0, 3)]);
    let file = honest_with(221, &rules, &[vec![3, 9]], &absent);
    let report = report(&file, 2);
    assert_eq!(report.verdict, Verdict::Valid);
    assert_eq!(report.lots[0].ending, Some(Ending::Void(VoidCause::Quorum)));
    // Keyholder 1 was due first and left; with 2 and 3 present, 3 left; then too few are in.
    for (member, left) in [(1, 0), (2, BOND), (3, 0)] {
        assert_eq!(account(&report, &seat(id(0, member))).available, left);
    }
    // Nothing of it reaches who acts in the auction.
    for n in 0..2 {
        let account = account(&report, &bidder(n));
        assert_eq!((account.received, account.available), (0, DEPOSIT));
    }
    assert_eq!(account(&report, &party("beneficiary")).received, 2 * FEE + 2 * BOND);
}

#[test]
fn nobody_bids() {
    let mut auction = Auction::open(222, &Rules::default());
    auction.ceremony();
    auction.slot = COMMITS + 1;
    auction.post(&party("anybody"), &Instruction::Tick);
    let report = report(&auction.closed(), 2);
    assert_eq!(report.verdict, Verdict::Valid);
    assert_eq!(report.lots[0].ending, Some(Ending::Unsold));
}

#[test]
fn nobody_deals() {
    let mut auction = Auction::open(223, &Rules::default());
    auction.slot = REVEALS + 1_000;
    auction.post(&party("anybody"), &Instruction::Tick);
    let report = report(&auction.closed(), 2);
    assert_eq!(report.verdict, Verdict::Valid);
    assert_eq!(report.lots[0].ending, Some(Ending::Void(VoidCause::Setup)));
}

#[test]
fn a_dealer_who_lies_is_expelled_and_the_others_go_on() {
    let mut auction = Auction::open(224, &Rules::default());
    for dealer in auction.ids() {
        auction.bond(dealer);
        let wrong = (dealer == id(0, 1)).then_some(3);
        let deal = auction.deal(dealer, wrong);
        auction.post(&seat(dealer), &Instruction::Deal(deal));
    }
    auction.slot = COMPLAINTS;
    let complaint = auction.complaint(id(0, 3), id(0, 1));
    auction.post(&seat(id(0, 3)), &Instruction::Complain(complaint));
    assert_eq!(auction.replay.setup.expelled, BTreeSet::from([id(0, 1)]));
    auction.begin_commits();
    let hidden = [auction.commit(0, &bidder(0), 6)];
    auction.reveal(&hidden);
    // Member 1 may not endorse any more.
    for member in [2, 3] {
        let endorsement = auction.endorsement(vec![]);
        auction.post(&seat(id(0, member)), &endorsement);
    }
    auction.rank(&BTreeSet::new());
    let report = report(&auction.closed(), 2);
    assert_sold(&report, 0, 0, 6);
    // The lot was not void: no bond is forfeited.
    assert_eq!(account(&report, &seat(id(0, 1))).available, BOND);
}

#[test]
fn a_complainer_who_lies_is_expelled() {
    let rules = Rules { groups: vec![(2, 2, 2)], ..Rules::default() };
    let mut auction = Auction::open(225, &rules);
    auction.ceremony();
    auction.slot = COMPLAINTS;
    let complaint = auction.complaint(id(0, 1), id(0, 2));
    auction.post(&seat(id(0, 1)), &Instruction::Complain(complaint));
    auction.slot = COMPLAINTS + 1;
    auction.post(&party("anybody"), &Instruction::Tick);
    let report = report(&auction.closed(), 2);
    assert_eq!(report.verdict, Verdict::Valid);
    assert_eq!(report.lots[0].ending, Some(Ending::Void(VoidCause::Setup)));
    assert_eq!(account(&report, &seat(id(0, 1))).forfeited, BOND);
    assert_eq!(account(&report, &seat(id(0, 2))).available, BOND);
    assert_eq!(account(&report, &party("beneficiary")).received, BOND);
}

#[test]
fn unrevealed_attested_and_invalid_bids() {
    let mut auction = Auction::open(226, &Rules::default());
    auction.ceremony();
    auction.begin_commits();
    let revealed = auction.commit(0, &bidder(0), 4);
    let _lost = auction.commit(0, &bidder(1), 13);
    let attested = auction.commit(0, &bidder(2), 12);
    auction.fund(key(&bidder(3)), DEPOSIT + FEE);
    let (commit, lie) = auction.commitment_and_unary(0, &bidder(3), 2, 3);
    auction.post(&bidder(3), &Instruction::Commit(commit));
    // Garbage, sealed.
    auction.fund(key(&bidder(4)), DEPOSIT + FEE);
    let (mut commit, mut garbage) = auction.commitment(0, &bidder(4), 1);
    garbage.sealed = vec![0; 5];
    commit.seal = talea_protocol::commitment::seal(
        &auction.replay.facts.auction,
        &garbage.id,
        &garbage.sealed,
    );
    auction.post(&bidder(4), &Instruction::Commit(commit));

    auction.slot = COMMITS + 1;
    auction.reveal(&[lie, garbage, revealed]);
    auction.slot = REVEALS + 1;
    auction.post(&party("anybody"), &Instruction::Tick);
    auction.endorse(&[attested.id]);
    auction.rank(&BTreeSet::new());
    let report = report(&auction.closed(), 2);
    assert_sold(&report, 0, 0, 4);
    let lot = &report.lots[0];
    assert_eq!((lot.commits, lot.ranked, lot.invalid), (5, 1, 2));
    let adverse = |check: Check| {
        let row = report.checks.iter().find(|row| row.check == check).unwrap();
        assert_eq!(row.status, CheckStatus::Pass);
        (row.count.performed, row.count.adverse)
    };
    assert_eq!(adverse(Check::RevealForm), (3, 1));
    assert_eq!(adverse(Check::RevealArgument), (2, 1));
    assert_eq!(adverse(Check::RevealDistinct), (1, 0));
    assert_eq!(account(&report, &bidder(2)).available, DEPOSIT);
    for loser in [1, 3, 4] {
        assert_eq!(account(&report, &bidder(loser)).forfeited, DEPOSIT + FEE);
    }
    assert_eq!(account(&report, &bidder(0)).received, 0);
    let beneficiary = account(&report, &party("beneficiary"));
    assert_eq!(beneficiary.received, 5 * FEE + 3 * DEPOSIT);
}

#[test]
fn a_unary_encoding_revealed_twice_is_closed_the_second_time() {
    // The same randomness in two lots: a bidder repeats its own unary encoding's bytes under two seals.
    let rules = Rules { lots: 2, ..Rules::default() };
    let mut auction = Auction::open(227, &rules);
    auction.ceremony();
    auction.begin_commits();
    let mut hidden = Vec::new();
    for lot in 0..2 {
        // The same generator state gives the same commitment randomness, too: change the level.
        auction.rng = super::provers::rng(1);
        auction.slot = COMMITS - 2 + u64::from(lot);
        hidden.push(auction.commit(lot, &bidder(0), 4 + lot));
    }
    auction.reveal(&hidden);
    auction.endorse(&[]);
    auction.rank(&BTreeSet::new());
    let report = report(&auction.closed(), 2);
    assert_eq!(report.verdict, Verdict::Valid, "{}", report.to_text());
    let row = &report.checks[Check::ALL.iter().position(|c| *c == Check::RevealDistinct).unwrap()];
    assert_eq!((row.count.performed, row.count.adverse), (2, 1));
    assert_eq!(report.lots[1].ending, Some(Ending::Unsold));
}

#[test]
fn too_few_endorsements() {
    let mut auction = Auction::open(228, &Rules::default());
    auction.ceremony();
    auction.begin_commits();
    let hidden = [auction.commit(0, &bidder(0), 4)];
    auction.reveal(&hidden);
    let endorsement = auction.endorsement(vec![]);
    auction.post(&seat(id(0, 2)), &endorsement);
    auction.slot = 1_000;
    auction.post(&party("anybody"), &Instruction::Tick);
    let report = report(&auction.closed(), 2);
    assert_eq!(report.lots[0].ending, Some(Ending::Void(VoidCause::Endorsement)));
    for (member, left) in [(1, 0), (2, BOND), (3, 0)] {
        assert_eq!(account(&report, &seat(id(0, member))).available, left);
    }
    assert_eq!(account(&report, &bidder(0)).received, 0);
    assert_eq!(account(&report, &party("beneficiary")).received, FEE + 2 * BOND);
}

#[test]
fn the_report_depends_on_nothing_but_the_file() {
    let rules = Rules { chunk_items: 2, ..Rules::default() };
    let file = honest(230, &rules, &[vec![3, 9, 13, 1]]);
    let reports: Vec<String> = [1, 2, 3]
        .into_iter()
        .map(|jobs| report(&file, jobs).to_json() + &report(&file, jobs).to_text())
        .collect();
    assert_eq!(reports[0], reports[1]);
    assert_eq!(reports[0], reports[2]);
    // A reader that gives one byte at a time changes nothing either.
    struct Slow<'a>(&'a [u8]);
    impl std::io::Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let n = self.0.len().min(1).min(out.len());
            out[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }
    let slow = crate::verify(Slow(&file), &crate::Options::default(), |_| ()).unwrap();
    assert_eq!(slow.to_json() + &slow.to_text(), reports[0]);
}

#[test]
fn a_genesis_cut_anywhere_is_invalid() {
    let rules = Rules::default();
    let terms = terms(&rules, &secrets(&mut super::provers::rng(1), &rules));
    let (file, _) = opening(&terms, &party("seller"));
    for end in 0..file.len() {
        let report = report(&file[..end], 1);
        assert_eq!(report.exit_code(), 1, "cut at {end}");
        assert_eq!(report.failure.unwrap().check, Check::RecordFraming);
    }
    let whole = report(&file, 1);
    assert_eq!(whole.exit_code(), 3);
    assert!(whole.to_text().contains("phase Deals at slot 10"));
}

#[test]
fn a_file_cut_anywhere_is_undecided_at_records_and_invalid_between() {
    let rules = Rules { shape: vec![1, 1], levels: 3, groups: vec![(1, 1, 1)], ..Rules::default() };
    let file = honest(231, &rules, &[vec![1, 2]]);
    let mut ends = BTreeSet::new();
    let mut at = MAGIC.len();
    while at < file.len() {
        let length = u32::from_le_bytes(file[at + 1..at + 5].try_into().unwrap());
        at += 5 + length as usize;
        ends.insert(at);
    }
    assert_eq!(ends.pop_last(), Some(file.len()));
    let step = 97;
    let cuts = (0..file.len()).step_by(step).chain(ends.iter().flat_map(|e| [e - 1, *e, e + 1]));
    for cut in cuts {
        let expected = if ends.contains(&cut) { 3 } else { 1 };
        let report = report(&file[..cut], 1);
        assert_eq!(report.exit_code(), expected, "cut at {cut}");
    }
    assert_eq!(report(&file, 1).exit_code(), 0);
}

#[test]
fn a_changed_bit_is_found() {
    let rules = Rules { shape: vec![1, 1], levels: 3, groups: vec![(1, 1, 1)], ..Rules::default() };
    let file = honest(232, &rules, &[vec![1, 2]]);
    for at in (0..file.len()).step_by(41) {
        let mut changed = file.clone();
        changed[at] ^= 1 << (at % 8);
        let report = report(&changed, 1);
        assert_eq!(report.exit_code(), 1, "byte {at}");
    }
}

#[test]
fn every_check_is_in_the_report_even_after_a_failure() {
    let mut file = honest(233, &Rules::default(), &[vec![1, 2]]);
    let last = file.len() - 1;
    file[last] ^= 1;
    let report = report(&file, 2);
    assert_eq!(report.verdict, Verdict::Invalid);
    let failure = report.failure.clone().unwrap();
    assert_eq!(failure.check, Check::ChainHead);
    let checks = report.checks_to_text();
    for check in Check::ALL {
        assert!(checks.contains(&format!("  {:<3} ", check.number())));
    }
    let text = report.to_text();
    assert!(text.contains("at closing"));
    let statuses = |status| report.checks.iter().filter(|row| row.status == status).count();
    let [passed, failed, left] =
        [CheckStatus::Pass, CheckStatus::Fail, CheckStatus::NotReached].map(statuses);
    let tally = format!("checks   {passed} PASS, {failed} FAIL, {left} not reached; --checks");
    assert!(failed == 1 && text.contains(&tally), "{tally}: {text}");
    assert!(!text.contains("Not verified"), "it shows nothing of what is refused: {text}");
    assert!(report.lots.is_empty() && report.accounts.is_empty());
}

/// 128 bidders on 65,536 levels. Run it alone, in release:
/// `cargo test --release -p talea-verifier --test all -- --ignored --nocapture a_whole_lot`.
#[test]
#[ignore = "a measurement"]
fn a_whole_lot_in_bulletproofs() {
    let shapes: [&[u8]; 2] = [&[4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], &[1; 16]];
    for shape in shapes {
        let rules = Rules { shape: shape.to_vec(), levels: 65_536, ..Rules::default() };
        let bids: Vec<u32> = (0..128u32).map(|n| (n * 7_919) % 65_536).collect();
        let file = honest(240, &rules, &[bids]);
        println!("{shape:?}, {} bytes", file.len());
        for jobs in [1, 2] {
            // The machine may be busy with other things: both side by side, and the median ratio.
            let mut ratios: Vec<f64> = (0..15)
                .map(|_| {
                    let start = processor_seconds();
                    let report = report(&file, jobs);
                    let whole = processor_seconds() - start;
                    assert_eq!(report.verdict, Verdict::Valid);
                    whole / bulletproof() / 128.0
                })
                .collect();
            ratios.sort_by(f64::total_cmp);
            println!(
                "  {jobs} jobs: {:.2} Bulletproofs of processor time per bidder ({:.2} to {:.2})",
                ratios[7], ratios[0], ratios[14]
            );
        }
    }
}

/// Processor time of all threads of this process; the wall's would count what others do.
pub(crate) fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: f64 = [11, 12].map(|at| fields[at].parse::<f64>().unwrap()).iter().sum();
    ticks / 100.0
}

/// Seconds for one 64-bit Bulletproof on one core.
fn bulletproof() -> f64 {
    use bulletproofs::{BulletproofGens, PedersenGens, RangeProof};
    use curve25519_dalek::scalar::Scalar;
    let mut rng = super::provers::rng(1);
    let (gens, pc) = (BulletproofGens::new(64, 1), PedersenGens::default());
    let t = || merlin::Transcript::new(b"bench");
    let (proof, v) = RangeProof::prove_single_with_rng(
        &gens,
        &pc,
        &mut t(),
        1 << 40,
        &Scalar::random(&mut rng),
        64,
        &mut rng,
    )
    .unwrap();
    let start = processor_seconds();
    for _ in 0..500 {
        proof.verify_single_with_rng(&gens, &pc, &mut t(), &v, 64, &mut rng).unwrap();
    }
    (processor_seconds() - start) / 500.0
}

/// Spec section 6: everybody has the key of a chain as a custodian, so its signatures are those of a transcript like
/// all others, and the report says whose word the money is.
#[test]
fn money_on_a_chain_is_the_chains_word() {
    let (chain_id, contract, denom) = ("testing-1", "cosmos1contract", "uatom");
    let home = ChainHome { chain_id, contract, slots: SlotUnit::Blocks, denom };
    let domain = home.domain().unwrap();
    let custodian = SigningKey::from_bytes(&custodian_seed(&domain));
    let funded = |custodian: &SigningKey, terms_custodian: &SigningKey| {
        let mut auction = Auction::open_with(7, &Rules::default(), |terms| {
            terms.domain = domain.clone();
            terms.custodian = key(terms_custodian);
        });
        let fund = Fund { sequence: 0, party: key(&bidder(0)), amount: 5 };
        let record = auction.record(custodian, &Instruction::Fund(fund));
        auction.file.extend(record);
        report(&auction.file, 1)
    };
    let report = funded(&custodian, &custodian);
    assert_eq!(report.verdict, Verdict::Undecided, "{}", report.to_text());
    assert_eq!(
        report.role(&key(&custodian)),
        "custodian: contract cosmos1contract on chain testing-1"
    );
    let of_money = |report: &Report| {
        let words = "coins of uatom which the custodian reported came in: that is the word of chain testing-1 about \
                     contract cosmos1contract";
        report.not_verified().iter().any(|sentence| sentence.contains(words))
    };
    assert!(of_money(&report));
    // Terms that name the chain, and somebody else as their custodian.
    let somebody = party("custodian");
    let other = funded(&somebody, &somebody);
    assert_eq!(other.verdict, Verdict::Undecided);
    assert_eq!(other.role(&key(&somebody)), "custodian");
    assert!(!of_money(&other));
    assert_eq!(funded(&custodian, &somebody).verdict, Verdict::Invalid);
}
