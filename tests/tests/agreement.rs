//! The two verifications agree: on honest transcripts, on every flipped byte of a small one, and on
//! instructions altered by somebody who holds all the keys.

use std::collections::BTreeSet;
use talea_contract::{Auction, Refusal};
use talea_protocol::{
    check::Check,
    commitment::TradeSide,
    instruction::SignedInstruction,
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Pricing, Quantities},
    outcome::Outcome,
    price::Level,
    terms::{Acceptance, Depth, Disclosure, Reserve, Rounds, Terms, Ties},
    transcript::{MAGIC, RECORD_HEADER_BYTES, RecordKind},
};
use talea_sim::simulate::{BidPlan, BidderConduct, KeyholderConduct, Plan, ReservePlan, Seat};
use talea_tests::{
    CurveBid, Small, on_all_cores,
    opinions::{Reread, agree_that_it_is_valid, first_opinion, second_opinion},
    replay::{Kind, Pens, Replay, Scene},
    with_bidder, with_keyholder,
};
use talea_verifier::Verdict;

const SECOND_PRICE: Mechanism = Mechanism::SECOND_PRICE;
const COVER: Disclosure = Disclosure::Facts { cover: true, depth: None };
const COVER_AND_DEPTH: Disclosure =
    Disclosure::Facts { cover: true, depth: Some(Depth { min_bids: 1 }) };

#[test]
fn honest_transcripts_are_valid() {
    let two_lots = vec![(5, vec![1, 2]), (200, vec![4, 1, 1, 2])];
    let smalls = [
        Small::default(),
        Small { lots: two_lots, chunk_items: 2, fan_out: 2, ..Small::default() },
        Small {
            groups: vec![(1, vec![Seat::Seller]), (2, vec![Seat::Bidder(0), Seat::Own, Seat::Own])],
            lots: vec![(9, vec![1, 1, 1, 1])],
            listed: true,
            ..Small::default()
        },
        Small { stakes: (0, 0, 0), ..Small::default() },
        Small { mechanism: SECOND_PRICE, disclosure: COVER_AND_DEPTH, ..Small::default() },
        Small {
            mechanism: Mechanism::UniformPrice { units: 2 },
            lots: vec![(9, vec![1, 1, 1, 1])],
            ties: Ties::Lottery,
            chunk_items: 3,
            fan_out: 1,
            ..Small::default()
        },
        Small { disclosure: Disclosure::Everything, acceptance: true, ..Small::default() },
    ];
    for small in smalls {
        let levels: [&[u32]; 2] = [&[3, 0, 4], &[1]];
        let plan = small.plan(&levels[..small.lots.len()]);
        let (simulated, transcript) = small.simulate(&plan);
        agree_that_it_is_valid(&transcript, &simulated.outcome);
    }
}

#[test]
fn transcripts_with_reserves_are_valid() {
    let mechanisms = [Mechanism::FirstPrice, SECOND_PRICE];
    let disclosures = [Disclosure::WINNER_AND_PRICE, COVER_AND_DEPTH, Disclosure::Everything];
    for (mechanism, disclosure) in
        mechanisms.into_iter().flat_map(|m| disclosures.map(|disclosure| (m, disclosure)))
    {
        let lots = vec![(5, vec![1, 2]); 4];
        let small = Small {
            lots,
            mechanism,
            disclosure,
            reserve: Some(true),
            acceptance: true,
            ..Small::default()
        };
        // Met, not met, hidden, and there is none.
        let mut plan = small.plan(&[&[3, 0, 4], &[3, 0, 2], &[3, 0, 2], &[3, 0, 2]]);
        let reserve =
            |(lot, level, is_revealed)| ReservePlan { lot, level: Level(level), is_revealed };
        plan.reserves = [(0, 4, true), (1, 4, true), (2, 4, false)].map(reserve).into();
        plan.declines = [0].into();
        let (simulated, transcript) = small.simulate(&plan);
        agree_that_it_is_valid(&transcript, &simulated.outcome);
    }
}

/// Three rounds of a second price over a reserve, with cover and depth between them.
fn in_rounds() -> Small {
    Small {
        groups: vec![(1, vec![Seat::Own])],
        lots: vec![(3, vec![1, 1])],
        mechanism: SECOND_PRICE,
        ties: Ties::Lottery,
        disclosure: COVER_AND_DEPTH,
        reserve: Some(false),
        rounds: Some((3, true)),
        ..Small::default()
    }
}

/// Bids and, round by round, who moves how.
fn moving(small: &Small, bids: &[&[u32]], moves: &[&[(usize, u32, BidderConduct)]]) -> Plan {
    let mut plan = small.plan(bids);
    let bid =
        |&(bidder, level, conduct): &_| BidPlan { lot: 0, bidder, level: Level(level), conduct };
    plan.rounds = moves.iter().map(|round| round.iter().map(bid).collect()).collect();
    if small.reserve.is_some() {
        plan.reserves = vec![ReservePlan { lot: 0, level: Level(1), is_revealed: true }];
    }
    plan
}

#[test]
fn transcripts_of_rounds_are_valid() {
    use BidderConduct::{Honest, NeverReveals, RevealsRubbish};
    let small = in_rounds();
    let first_price = Small {
        groups: vec![(2, vec![Seat::Own; 3])],
        lots: vec![(8, vec![1, 2]), (8, vec![1, 2])],
        mechanism: Mechanism::FirstPrice,
        reserve: None,
        ..small.clone()
    };
    let plans = [
        (&small, moving(&small, &[&[0, 1, 1]], &[])),
        (&small, moving(&small, &[&[0, 1, 1]], &[&[(0, 2, Honest)], &[(1, 2, Honest)]])),
        (&small, moving(&small, &[&[0, 1, 1]], &[&[(0, 2, NeverReveals), (1, 2, Honest)]])),
        (&small, moving(&small, &[&[0, 1, 1]], &[&[(2, 2, RevealsRubbish)], &[(1, 2, Honest)]])),
        (&small, moving(&small, &[&[0, 0, 0]], &[&[(2, 1, NeverReveals)]])),
        (&first_price, moving(&first_price, &[&[3, 5, 4], &[1]], &[&[(0, 6, Honest)]])),
    ];
    for (small, plan) in plans {
        let (simulated, transcript) = small.simulate(&plan);
        agree_that_it_is_valid(&transcript, &simulated.outcome);
    }
    // A keyholder who stops in a survey, or in the ranking of a later round.
    for step in [1, 3, 5] {
        let plan = moving(&first_price, &[&[3, 5, 4], &[1, 2]], &[&[(0, 6, Honest)]]);
        let leaves = KeyholderConduct::Leaves { from_step: step };
        let plan = with_keyholder(plan, 0, 2, leaves);
        let (simulated, transcript) = first_price.simulate(&plan);
        agree_that_it_is_valid(&transcript, &simulated.outcome);
    }
}

#[test]
fn no_flipped_byte_of_rounds_is_accepted_and_both_name_the_same_check() {
    let small = in_rounds();
    let plan = moving(&small, &[&[0, 1, 1]], &[&[(0, 2, BidderConduct::Honest)]]);
    let (_, transcript) = small.simulate(&plan);
    no_flip_is_accepted(&transcript, 211);
    deep_mutants(&small, &transcript, 199);
}

// ---- markets and surveys ----

fn curves(curve: Curve, pricing: Pricing, comparisons: Comparisons) -> Mechanism {
    Mechanism::Curves { curve, pricing, least: 1, comparisons }
}

const PUBLIC: Curve = Curve { steps: 2, quantities: Quantities::Public { most: 4 } };
const SEALED: Curve = Curve { steps: 2, quantities: Quantities::Sealed { bits: 2 } };

/// Three units for sale on a grid of five levels, in small chunks, with a lottery.
fn market(mechanism: Mechanism) -> Small {
    Small {
        lots: vec![(5, vec![1, 2])],
        quantity: 3,
        max_bids: 4,
        chunk_items: 3,
        fan_out: 2,
        ties: Ties::Lottery,
        mechanism,
        ..Small::default()
    }
}

/// Bids that make a price, on one side or on both.
fn bids_of(mechanism: Mechanism) -> Vec<CurveBid> {
    let sells = match mechanism {
        Mechanism::TwoSided { .. } => TradeSide::Sell,
        _ => TradeSide::Buy,
    };
    vec![
        (TradeSide::Buy, vec![(4, 1), (2, 2)]),
        (sells, vec![(1, 1), (2, 3)]),
        (TradeSide::Buy, vec![(3, 2)]),
    ]
}

fn with_curve(mut plan: Plan, bidder: usize, conduct: BidderConduct) -> Plan {
    plan.curves[bidder].conduct = conduct;
    plan
}

#[test]
fn transcripts_of_markets_that_went_wrong_are_valid_too() {
    let two_sided =
        |curve, comparisons| Mechanism::TwoSided { curve, rule: ClearingRule::Middle, comparisons };
    for mechanism in [
        curves(PUBLIC, Pricing::PayAsBid, Comparisons::Hidden),
        curves(SEALED, Pricing::PayAsBid, Comparisons::Opened),
        two_sided(PUBLIC, Comparisons::Hidden),
        two_sided(SEALED, Comparisons::Opened),
    ] {
        let small = market(mechanism);
        let plan = || small.plan_of_curves(&bids_of(mechanism));
        let leaves =
            |step| with_keyholder(plan(), 0, 2, KeyholderConduct::Leaves { from_step: step });
        let plans = [
            plan(),
            small.plan_of_curves(&[]),
            with_curve(plan(), 0, BidderConduct::NeverReveals),
            with_curve(plan(), 1, BidderConduct::RevealsRubbish),
            with_keyholder(plan(), 0, 3, KeyholderConduct::NeverDeals),
            leaves(1),
            leaves(4),
            with_keyholder(leaves(3), 0, 1, KeyholderConduct::Leaves { from_step: 5 }),
        ];
        on_all_cores(&plans, |plan| {
            let (simulated, transcript) = small.simulate(plan);
            agree_that_it_is_valid(&transcript, &simulated.outcome);
        });
    }
}

/// A market of sealed quantities that are paid as bid, and a survey with all that it can open.
fn smallest_markets() -> Vec<(Small, Vec<u8>)> {
    let smallest = |mechanism| Small {
        groups: vec![(1, vec![Seat::Own])],
        lots: vec![(3, vec![1, 1])],
        quantity: 2,
        bidders: 2,
        max_bids: 4,
        mechanism,
        ..Small::default()
    };
    let bids = [(TradeSide::Buy, vec![(2, 1), (0, 1)]), (TradeSide::Buy, vec![(1, 3)])];
    let market = smallest(curves(SEALED, Pricing::PayAsBid, Comparisons::Opened));
    let of_market = market.simulate(&market.plan_of_curves(&bids)).1;
    let rule = ClearingRule::TradeReduction;
    let curve = Curve { steps: 1, quantities: Quantities::Public { most: 1 } };
    let two_sided = smallest(Mechanism::TwoSided { curve, rule, comparisons: Comparisons::Hidden });
    let pair = [(TradeSide::Buy, vec![(2, 1)]), (TradeSide::Sell, vec![(0, 1)])];
    let of_two_sided = two_sided.simulate(&two_sided.plan_of_curves(&pair)).1;
    let survey = smallest(Mechanism::Survey { min_answers: 2, bin_levels: 1, squares: true });
    let of_survey = survey.simulate(&survey.plan(&[&[1, 2]])).1;
    vec![(market, of_market), (two_sided, of_two_sided), (survey, of_survey)]
}

#[test]
fn no_flipped_byte_of_a_market_is_accepted_and_both_name_the_same_check() {
    for (small, transcript) in smallest_markets() {
        no_flip_is_accepted(&transcript, 61);
        deep_mutants(&small, &transcript, 97);
    }
}

#[test]
#[ignore = "every byte of three markets: minutes"]
fn no_flipped_byte_of_a_market_is_accepted_wherever_it_stands() {
    for (small, transcript) in smallest_markets() {
        no_flip_is_accepted(&transcript, 1);
        deep_mutants(&small, &transcript, 1);
    }
}

#[test]
fn transcripts_of_auctions_that_went_wrong_are_valid_too() {
    let small = Small { lots: vec![(5, vec![1, 2])], ..Small::default() };
    let plan = || small.plan(&[&[3, 0, 4]]);
    let plans = [
        small.plan(&[]),
        with_bidder(plan(), 2, BidderConduct::NeverReveals),
        with_bidder(plan(), 2, BidderConduct::RevealsRubbish),
        with_keyholder(plan(), 0, 2, KeyholderConduct::NeverDeals),
        with_keyholder(plan(), 0, 1, KeyholderConduct::DealsWrongShare { to: 3 }),
        with_keyholder(plan(), 0, 3, KeyholderConduct::ComplainsFalsely { about: 1 }),
        with_keyholder(plan(), 0, 1, KeyholderConduct::Leaves { from_step: 2 }),
        with_keyholder(
            with_keyholder(plan(), 0, 1, KeyholderConduct::Leaves { from_step: 3 }),
            0,
            2,
            KeyholderConduct::NeverEndorses,
        ),
        with_keyholder(
            with_keyholder(plan(), 0, 1, KeyholderConduct::NeverDeals),
            0,
            2,
            KeyholderConduct::NeverDeals,
        ),
    ];
    for plan in plans {
        let (simulated, transcript) = small.simulate(&plan);
        agree_that_it_is_valid(&transcript, &simulated.outcome);
    }
}

/// The smallest auction that has every kind of entry but a complaint.
fn smallest() -> (Small, Vec<u8>, Outcome) {
    let small = Small {
        groups: vec![(1, vec![Seat::Own])],
        lots: vec![(3, vec![1, 1])],
        bidders: 2,
        ..Small::default()
    };
    let (simulated, transcript) = small.simulate(&small.plan(&[&[1, 2]]));
    (small, transcript, simulated.outcome)
}

/// The smallest auction with all that terms can ask for: a second price over a reserve that is
/// opened, cover and depth, a lottery, and the seller's say.
fn smallest_of_everything() -> (Small, Vec<u8>, Outcome) {
    let small = Small {
        groups: vec![(1, vec![Seat::Own; 2])],
        lots: vec![(3, vec![1, 1])],
        bidders: 3,
        mechanism: SECOND_PRICE,
        ties: Ties::Lottery,
        disclosure: COVER_AND_DEPTH,
        reserve: Some(true),
        acceptance: true,
        ..Small::default()
    };
    let mut plan = small.plan(&[&[2, 1, 2]]);
    plan.reserves = vec![ReservePlan { lot: 0, level: Level(1), is_revealed: true }];
    // The board drops what the first keyholder posts, and the second vouches for it.
    let plan = with_keyholder(plan, 0, 1, KeyholderConduct::Ignored { from_step: 0 });
    let (simulated, transcript) = small.simulate(&plan);
    let kinds = Replay::read(&transcript).scenes().0;
    let kinds: BTreeSet<Kind> = kinds.iter().map(Scene::kind).collect();
    assert!(Kind::ALL.iter().all(|kind| *kind == Kind::Complain || kinds.contains(kind)));
    (small, transcript, simulated.outcome)
}

#[test]
fn no_flipped_byte_is_accepted() {
    let (_, transcript, outcome) = smallest();
    agree_that_it_is_valid(&transcript, &outcome);
    no_flip_is_accepted(&transcript, 1);
}

#[test]
fn no_flipped_byte_is_accepted_where_terms_ask_for_everything() {
    let (_, transcript, outcome) = smallest_of_everything();
    agree_that_it_is_valid(&transcript, &outcome);
    no_flip_is_accepted(&transcript, 61);
}

/// Flips a bit of every `stride`-th byte of the file.
fn no_flip_is_accepted(transcript: &[u8], stride: usize) {
    let positions: Vec<usize> = (0..transcript.len()).step_by(stride).collect();
    let first = Reread::of(transcript).unwrap();
    assert_eq!(first.opinion(transcript, transcript.len()), first_opinion(transcript));
    on_all_cores(&positions, |&position| {
        let mut flipped = transcript.to_vec();
        flipped[position] ^= 1 << (position % 8);
        let report = second_opinion(&flipped);
        assert_eq!(report.verdict, Verdict::Invalid, "byte {position}");
        let failed = report.failure.as_ref().map(|failure| failure.check);
        assert!(failed.is_some(), "byte {position}: the place is named");
        assert_eq!(
            first.opinion(&flipped, position).err(),
            failed,
            "byte {position}\n{}",
            report.to_text()
        );
    });
}

#[test]
fn a_transcript_cut_short_is_undecided_only_between_records() {
    let (_, transcript, _) = smallest();
    let mut ends = vec![];
    let mut at = MAGIC.len();
    while let Some(header) = transcript[at..].first_chunk::<RECORD_HEADER_BYTES>() {
        at += RECORD_HEADER_BYTES + RecordKind::read_header(header).unwrap().1;
        ends.push(at);
    }
    let lengths: Vec<usize> = (0..transcript.len()).collect();
    on_all_cores(&lengths, |&length| {
        let verdict = second_opinion(&transcript[..length]).verdict;
        let between = ends.contains(&length);
        let expected = if between { Verdict::Undecided } else { Verdict::Invalid };
        assert_eq!(verdict, expected, "cut after {length} bytes");
    });
}

/// What is altered in terms.
type Alteration = fn(&mut Terms);

#[test]
fn both_name_the_same_check_for_the_rules_of_a_mechanism() {
    let units = |units| Mechanism::UniformPrice { units };
    let alterations: [Alteration; 15] = [
        |_| (),
        |t| t.mechanism = Mechanism::UniformPrice { units: 0 },
        |t| t.mechanism = Mechanism::UniformPrice { units: 63 },
        |t| t.mechanism = Mechanism::UniformPrice { units: 64 },
        |t| t.disclosure = Disclosure::Facts { cover: true, depth: Some(Depth { min_bids: 0 }) },
        |t| t.disclosure = Disclosure::Facts { cover: true, depth: Some(Depth { min_bids: 1 }) },
        |t| t.reserve = Some(Reserve { until: t.schedule.complaints_until, opened: true }),
        |t| t.reserve = Some(Reserve { until: t.schedule.complaints_until + 1, opened: true }),
        |t| t.reserve = Some(Reserve { until: t.schedule.commits_until - 1, opened: false }),
        |t| t.reserve = Some(Reserve { until: t.schedule.commits_until, opened: false }),
        |t| t.acceptance = Some(Acceptance { slots: 0 }),
        |t| t.acceptance = Some(Acceptance { slots: 1 << 32 }),
        |t| t.acceptance = Some(Acceptance { slots: (1 << 32) + 1 }),
        |t| (t.acceptance, t.custodian) = (Some(Acceptance { slots: 0 }), t.seller),
        |t| (t.acceptance, t.schedule.step_slots) = (Some(Acceptance { slots: 0 }), 0),
    ];
    let mut refused = 0;
    for mechanism in [Mechanism::FirstPrice, units(5)] {
        for (which, alter) in alterations.iter().enumerate() {
            let mut terms = Small { mechanism, ..Small::default() }.terms();
            alter(&mut terms);
            refused +=
                usize::from(agree_on_terms(&terms, &format!("alteration {which}")).is_some());
        }
    }
    assert_eq!(refused, 2 * 9);
}

#[test]
fn both_name_the_same_check_for_the_rules_of_rounds() {
    const LAST: u64 = 1 << 32;
    let possible = [(2, 1, 1), (64, 1, 1), (2, LAST, LAST)];
    let impossible = [
        (0, 1, 1),
        (1, 1, 1),
        (65, 1, 1),
        (2, 0, 1),
        (2, 1, 0),
        (2, LAST + 1, 1),
        (2, 1, LAST + 1),
    ];
    let depth = Some(Depth { min_bids: 1 });
    let shown = [Disclosure::Facts { cover: false, depth }, COVER_AND_DEPTH];
    let hidden = [Disclosure::WINNER_AND_PRICE, COVER, Disclosure::Everything];
    let judge = |(limit, commit_slots, reveal_slots), disclosure| {
        let rounds = Some(Rounds { limit, commit_slots, reveal_slots, cover: false });
        let mut terms = Terms { rounds, disclosure, ..Small::default().terms() };
        terms.schedule.witness_slots = 0;
        agree_on_terms(&terms, &format!("{rounds:?} {disclosure:?}"))
    };
    for disclosure in shown {
        possible.into_iter().for_each(|rounds| assert_eq!(judge(rounds, disclosure), None));
        impossible
            .into_iter()
            .for_each(|rounds| assert_eq!(judge(rounds, disclosure), Some(Check::TermsRules)));
    }
    for disclosure in hidden {
        assert_eq!(judge(possible[0], disclosure), Some(Check::TermsRules));
    }
}

/// The check that refuses these terms, the same in both opinions.
fn agree_on_terms(terms: &Terms, what: &str) -> Option<Check> {
    let pens = Pens::of(&Small::default().cast());
    let genesis = talea_parties::seller::open(pens.identity(terms.seller), terms, 1).unwrap();
    let first = Auction::open(1, &genesis.terms, &genesis.signature);
    let first = first.err().map(|Refusal { check, .. }| check);
    let record = RecordKind::Genesis.write(&borsh::to_vec(&genesis).unwrap());
    let report = second_opinion(&[&MAGIC[..], &record.expect("within its bound")].concat());
    let second = report.failure.as_ref().map(|failure| failure.check);
    assert_eq!(first, second, "{what}\n{}", report.to_text());
    first
}

/// Both opinions on an instruction that may be wrong, which must name the same check.
fn agree_on(replay: &Replay, index: usize, before: &Auction, instruction: &[u8], what: &str) {
    let first: Option<Check> = before
        .clone()
        .apply(replay.entries[index].slot, instruction)
        .err()
        .map(|Refusal { check, .. }| check);
    let report = second_opinion(&replay.ending_with(index, instruction));
    let second = report.failure.as_ref().map(|failure| failure.check);
    assert_eq!(first, second, "{what}\n{}", report.to_text());
}

/// Flips a bit in every `stride`-th byte of every payload and signs again with the right key.
fn deep_mutants(small: &Small, transcript: &[u8], stride: usize) {
    let replay = Replay::read(transcript);
    let pens = Pens::of(&small.cast());
    let (scenes, _) = replay.scenes();
    let id = scenes[0].before.id();
    let mutants: Vec<(usize, usize)> = replay
        .entries
        .iter()
        .enumerate()
        .flat_map(|(index, entry)| {
            let signed: SignedInstruction = borsh::from_slice(&entry.instruction).unwrap();
            (0..signed.payload.len())
                .skip(index % stride)
                .step_by(stride)
                .map(move |at| (index, at))
        })
        .collect();
    on_all_cores(&mutants, |&(index, at)| {
        let signed: SignedInstruction =
            borsh::from_slice(&replay.entries[index].instruction).unwrap();
        let mut payload = signed.payload.to_vec();
        payload[at] ^= 1 << (at % 8);
        // Ticks and reveals may be signed by anybody, so by the seller too.
        let known = small.cast().identities().iter().any(|i| i.party() == signed.signer);
        let signer = if known { signed.signer } else { small.cast().seller() };
        let instruction = pens.sign_payload(signer, &id, &payload);
        let what = format!("entry {index}, byte {at} of the payload");
        agree_on(&replay, index, &scenes[index].before, &instruction, &what);
    });
}

#[test]
fn both_name_the_same_check_for_instructions_altered_by_their_signers() {
    let (small, transcript, _) = smallest();
    deep_mutants(&small, &transcript, 11);
    let (small, transcript, _) = smallest_of_everything();
    deep_mutants(&small, &transcript, 127);
}

/// By hand: `cargo test --release -p talea-tests --test all agreement:: -- --ignored`.
#[test]
#[ignore = "every byte of every payload of a larger auction: minutes"]
fn both_name_the_same_check_for_every_byte_altered() {
    let (small, transcript, _) = smallest();
    deep_mutants(&small, &transcript, 1);
    let small = Small { lots: vec![(5, vec![1, 2])], ..Small::default() };
    let plan = small.plan(&[&[3, 0, 4]]);
    let plan = with_keyholder(plan, 0, 1, KeyholderConduct::DealsWrongShare { to: 3 });
    let (_, transcript) = small.simulate(&plan);
    deep_mutants(&small, &transcript, 1);
}

#[test]
#[ignore = "every byte of an auction whose terms ask for everything: minutes"]
fn both_name_the_same_check_for_every_byte_where_terms_ask_for_everything() {
    let (small, transcript, _) = smallest_of_everything();
    no_flip_is_accepted(&transcript, 1);
    deep_mutants(&small, &transcript, 1);
}
