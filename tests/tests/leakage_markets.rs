//! What a transcript decrypts of a market or a survey is a function of what section 11 of the specification says is
//! disclosed and of what was public before, and of nothing else: over the small patterns, two that agree in both show
//! the same.
//!
//! The view is made of the posts. Signs of gates and entries of shuffled lists are decrypted here, from the last
//! keyholder's turn and the decryption shares: of a sign nothing counts but that it is one, of a list whether it has a
//! zero. What an open question asks for is a sum of many ciphertexts. Its number is the one that the verifier read,
//! which makes these sums from the posts alone, and there must be as many numbers as shares.
//!
//! Patterns take turns (`TALEA_TURN`).

use curve25519_dalek::RistrettoPoint;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};
use talea_contract::{elgamal::Ciphertext, group::decode_point};
use talea_protocol::{
    commitment::TradeSide,
    instruction::Instruction,
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Pricing, Quantities},
    outcome::{Clearing, Ending, Trade},
    price::Side,
    terms::Ties,
};
use talea_sim::simulate::{CurvePlan, Plan, Seat};
use talea_tests::{
    Small, in_turn, on_all_cores,
    onlooker::{Class, header_of, is_plus, shuffled, zero_of},
    patterns,
    replay::{Kind, Replay, opened},
};
use talea_verifier::{
    Options, Verdict,
    decryptions::{Question, StepId},
    verify_decryptions,
};

/// Three levels in two digits, so that there is a level beyond the grid.
const LEVELS: u32 = 3;
const PUBLIC: Quantities = Quantities::Public { most: 4 };
const SEALED: Quantities = Quantities::Sealed { bits: 2 };
const BOTH: [TradeSide; 2] = [TradeSide::Buy, TradeSide::Sell];

/// A side of the market, and the steps of a bid: levels with units.
type Bid = (TradeSide, Vec<(u32, u32)>);
/// The steps of a lot, in order, and what each item of them shows.
type View = Vec<(Kind, Vec<Class>)>;

/// A lot: what was public or is disclosed of it, and what was seen.
#[derive(Clone, Debug)]
struct Seen {
    facts: String,
    view: View,
}

fn small(mechanism: Mechanism) -> Small {
    Small {
        groups: vec![(1, vec![Seat::Own])],
        lots: vec![(LEVELS, vec![1, 1])],
        bidders: 3,
        fan_out: 1,
        max_bids: 5,
        mechanism,
        ..Small::default()
    }
}

// ---- what an onlooker sees ----

/// The view of every lot of a transcript, and its endings.
fn views(small: &Small, plan: &Plan) -> Vec<(View, Ending)> {
    let (simulated, transcript) = small.simulate(plan);
    let options = Options { jobs: Some(1) };
    let report = verify_decryptions(transcript.as_slice(), &options, |_| ()).unwrap();
    assert_eq!(report.verdict, Verdict::Valid, "{}", report.to_text());
    let decryptions = report.decryptions.unwrap();
    let lots = simulated.outcome.lots.iter();
    let mut lots: Vec<(View, Ending)> = lots.map(|lot| (View::new(), lot.ending.clone())).collect();
    let mut left: BTreeMap<u32, Instruction> = BTreeMap::new();
    for entry in Replay::read(&transcript).entries {
        let (_, post) = opened(&entry.instruction);
        let Some(header) = header_of(&post) else { continue };
        let (lot, step) = (header.lot, header.step);
        let (view, _) = &mut lots[lot as usize];
        assert_eq!((view.len(), header.chunk), (step as usize, 0), "one keyholder, one chunk");
        let classes = match &post {
            Instruction::Gate(post) => vec![Class::Sealed; post.turns.len()],
            Instruction::Shuffle(post) => vec![Class::Sealed; post.outputs.len()],
            Instruction::Blind(post) => vec![Class::Sealed; post.blinded.len()],
            Instruction::Decrypt(post) => {
                let shares: Vec<RistrettoPoint> =
                    post.shares.iter().map(|share| decode_point(share).unwrap()).collect();
                let asked = &decryptions.steps[&StepId { lot, round: 0, step }];
                assert_eq!(asked.items, shares.len());
                let values = &asked.opened.as_ref().unwrap().values;
                decrypted(left.get(&lot), asked.purpose.question, &shares, values)
            }
            other => panic!("{other:?}"),
        };
        view.push((Kind::of(&post), classes));
        left.insert(lot, post);
    }
    lots
}

/// What these shares decrypt of what the step before left, or of sums.
fn decrypted(
    left: Option<&Instruction>,
    question: Question,
    shares: &[RistrettoPoint],
    values: &[i64],
) -> Vec<Class> {
    let decode = |wire| Ciphertext::decode(wire).unwrap();
    // A quorum of one: its shares need no interpolation.
    match (question, left) {
        (Question::Product, Some(Instruction::Gate(post))) => {
            let signs =
                post.turns.iter().zip(shares).map(|(turn, share)| decode(&turn.x).e - share);
            let signs = signs.map(|sign| {
                is_plus(&sign);
                Class::Sign
            });
            signs.collect()
        }
        (Question::AtMostTest { length, .. }, Some(Instruction::Shuffle(post))) => {
            let lists = shuffled(&post.outputs, length.ilog2());
            let class = |(list, shares): (&Vec<Ciphertext>, &[RistrettoPoint])| {
                let messages: Vec<RistrettoPoint> =
                    list.iter().zip(shares).map(|(sealed, share)| sealed.e - share).collect();
                zero_of(&messages).map_or(Class::NoZero, |_| Class::Zero)
            };
            lists.iter().zip(shares.chunks(length)).map(class).collect()
        }
        (Question::ZeroTest, Some(Instruction::Blind(post))) => {
            let sums = post.blinded.iter().zip(shares).map(|(sum, share)| decode(sum).e - share);
            sums.map(|sum| zero_of(&[sum]).map_or(Class::NoZero, |_| Class::Zero)).collect()
        }
        (Question::Open, _) => {
            assert!(values.len() >= shares.len(), "every number that was opened");
            values.iter().map(|value| Class::Number(*value)).collect()
        }
        other => panic!("{other:?}"),
    }
}

// ---- what is public, and what is disclosed ----

/// What everybody sees of bids from their commits on.
fn public_of(bids: &[Bid], are_sealed: bool) -> String {
    let of_bid = |(side, steps): &Bid| match are_sealed {
        true => format!("{side:?} {} steps", steps.len()),
        false => {
            let units: Vec<u32> = steps.iter().map(|(_, units)| *units).collect();
            format!("{side:?} {units:?}")
        }
    };
    bids.iter().map(of_bid).collect::<Vec<_>>().join(", ")
}

/// What section 11 says of it under "What is disclosed".
fn disclosed_of(ending: &Ending) -> String {
    let (name, clearing) = match ending {
        Ending::Cleared(clearing) => ("cleared", clearing),
        Ending::NoTrade(clearing) => ("no trade", clearing),
        other => return format!("{other:?}"),
    };
    let Clearing { price, between, margins, excess, trades } = clearing;
    let mut facts = format!("{name}; price {}", price.level.0);
    if let Some(between) = between {
        let _ = write!(facts, "; between {} {}", between.lowest.level.0, between.highest.level.0);
    }
    let _ = write!(facts, "; margins {margins:?}; excess {excess:?}");
    for Trade { party, side, better, at_price, shared, amount } in trades {
        let _ = write!(
            facts,
            "; trade of {party:?} {side:?} {better} better, {at_price} at, {shared} {amount}"
        );
    }
    facts
}

/// With trade reduction, moreover: the level of the first search, and the two sums.
fn reduction_of(bids: &[Bid]) -> String {
    let level = |(_, steps): &Bid| steps[0].0;
    let of = |side| bids.iter().filter(move |bid| bid.0 == side);
    let sellers = of(TradeSide::Sell).count();
    if sellers == 0 || sellers == bids.len() {
        return String::new();
    }
    let there = |at: &u32| bids.iter().filter(|bid| level(bid) >= *at).count() > sellers;
    let found = (1..LEVELS).rev().find(there).unwrap_or(0);
    let buyers = of(TradeSide::Buy).filter(|bid| level(bid) >= found).count();
    let sellers = of(TradeSide::Sell).filter(|bid| level(bid) <= found).count();
    format!("; first search {found}, {buyers} and {sellers}")
}

/// Every lot of one auction, a list of bids each.
fn seen(small: &Small, lots: &[Vec<Bid>]) -> Vec<Seen> {
    let small =
        Small { lots: lots.iter().map(|_| small.lots[0].clone()).collect(), ..small.clone() };
    let of_lot = |(lot, bids): (u32, &Vec<Bid>)| -> Vec<CurvePlan> {
        let [one] = [small.plan_of_curves(bids)];
        one.curves.into_iter().map(|curve| CurvePlan { lot, ..curve }).collect()
    };
    let curves = (0u32..).zip(lots).flat_map(of_lot).collect();
    let plan = Plan { curves, ..small.plan(&[]) };
    let curve = small.mechanism.curve().unwrap();
    let are_sealed = matches!(curve.quantities, Quantities::Sealed { .. });
    let reduces =
        matches!(small.mechanism, Mechanism::TwoSided { rule: ClearingRule::TradeReduction, .. });
    let all = views(&small, &plan).into_iter().zip(lots).map(|((view, ending), bids)| {
        let mut facts = format!("{}; {}", public_of(bids, are_sealed), disclosed_of(&ending));
        if reduces {
            facts.push_str(&reduction_of(bids));
        }
        Seen { facts, view }
    });
    all.collect()
}

// ---- equal facts, equal views ----

/// How many different facts there are; nothing if two lots with the same facts were seen otherwise, by what `of`
/// takes for the facts.
fn kinds_of_facts<'a>(lots: &'a [Seen], of: impl Fn(&'a Seen) -> String) -> Option<usize> {
    let mut views: BTreeMap<String, &View> = BTreeMap::new();
    let same = lots.iter().all(|lot| *views.entry(of(lot)).or_insert(&lot.view) == &lot.view);
    same.then_some(views.len())
}

#[track_caller]
fn assert_no_leak(small: &Small, lots: &[Seen]) {
    let mut first: BTreeMap<&str, &View> = BTreeMap::new();
    for lot in lots {
        let view = first.entry(&lot.facts).or_insert(&lot.view);
        assert_eq!(*view, &lot.view, "{:?}: {}", small.mechanism, lot.facts);
    }
    assert!(first.len() > 4, "some patterns differ: {:?}", small.mechanism);
    assert!(first.len() < lots.len(), "and some come to the same: {:?}", small.mechanism);
}

/// Every bid of one step, on these sides, of up to so many units.
fn bids_of(sides: &[TradeSide], most: u32) -> Vec<Bid> {
    let steps = (0..LEVELS).flat_map(|level| (1..=most).map(move |units| vec![(level, units)]));
    let steps: Vec<Vec<(u32, u32)>> = steps.collect();
    sides.iter().flat_map(|side| steps.iter().map(|steps| (*side, steps.clone()))).collect()
}

/// Every list of one or two of these bids, and of the longer ones those whose turn it is.
fn lists(bids: &[Bid], most: usize, one_of: usize) -> Vec<Vec<Bid>> {
    let chosen = |places: Vec<u32>| -> Vec<Bid> {
        places.iter().map(|at| bids[*at as usize].clone()).collect()
    };
    let all = patterns(bids.len() as u32, most).into_iter().map(chosen);
    let (long, short): (Vec<_>, Vec<_>) = all.partition(|list| list.len() > 2);
    [short, in_turn(long, one_of)].concat()
}

fn hold(cases: &[(Small, Vec<Vec<Bid>>)]) {
    on_all_cores(cases, |(small, lists)| assert_no_leak(small, &seen(small, lists)));
}

#[test]
fn curves_show_price_and_trades_and_with_opened_comparisons_the_excess() {
    let mut cases = Vec::new();
    for (side, trade_side) in
        [(Side::HighestWins, TradeSide::Buy), (Side::LowestWins, TradeSide::Sell)]
    {
        for quantities in [PUBLIC, SEALED] {
            for comparisons in [Comparisons::Hidden, Comparisons::Opened] {
                for (pricing, quantity, least) in
                    [(Pricing::Uniform, 1, 1), (Pricing::PayAsBid, 2, 1), (Pricing::Uniform, 4, 2)]
                {
                    let curve = Curve { steps: 1, quantities };
                    let mechanism = Mechanism::Curves { curve, pricing, least, comparisons };
                    let small = Small { quantity, side, ..small(mechanism) };
                    cases.push((small, lists(&bids_of(&[trade_side], 2), 3, 3)));
                }
            }
        }
    }
    hold(&in_turn(cases, 6));
}

#[test]
fn two_sided_markets_show_price_and_trades_and_with_opened_comparisons_the_excess() {
    let mut cases = Vec::new();
    for (quantities, comparisons) in [
        (PUBLIC, Comparisons::Hidden),
        (PUBLIC, Comparisons::Opened),
        (SEALED, Comparisons::Opened),
    ] {
        for rule in [ClearingRule::Lowest, ClearingRule::Middle, ClearingRule::Highest] {
            let curve = Curve { steps: 1, quantities };
            let small = small(Mechanism::TwoSided { curve, rule, comparisons });
            // Of one unit, and of two: few enough to be compared.
            cases.push((small.clone(), lists(&bids_of(&BOTH, 1), 3, 2)));
            cases.push((small, lists(&bids_of(&BOTH, 2), 2, 1)));
        }
    }
    hold(&in_turn(cases, 5));
}

#[test]
fn trade_reduction_shows_price_margins_winners_and_how_many_could_trade() {
    let curve = Curve { steps: 1, quantities: Quantities::Public { most: 1 } };
    let rule = ClearingRule::TradeReduction;
    let mechanism = Mechanism::TwoSided { curve, rule, comparisons: Comparisons::Hidden };
    let small = Small { bidders: 4, ties: Ties::EarliestCommit, ..small(mechanism) };
    let lists = lists(&bids_of(&BOTH, 1), 4, 14);
    let lots = seen(&small, &lists);
    assert_no_leak(&small, &lots);
    // The comparison is alive: without the two sums and the first search there are others.
    let without = |lot: &Seen| lot.facts.split("; margins").next().unwrap().to_owned();
    assert!(kinds_of_facts(&lots, without).is_none());
}

#[test]
fn a_survey_shows_its_statistics() {
    let mut cases = Vec::new();
    for (shape, levels) in [(vec![1, 1], 3), (vec![2], 3), (vec![1, 2], 6)] {
        for (bin_levels, squares) in [(0, false), (1, true), (2, false), (4, true)] {
            let mechanism = Mechanism::Survey { min_answers: 2, bin_levels, squares };
            cases.push(Small { lots: vec![(levels, shape.clone())], ..small(mechanism) });
        }
    }
    on_all_cores(&in_turn(cases, 3), |small| {
        let answers = in_turn(patterns(small.lots[0].0, 3), 2);
        let levels: Vec<&[u32]> = answers.iter().map(Vec::as_slice).collect();
        let many = Small {
            lots: answers.iter().map(|_| small.lots[0].clone()).collect(),
            ..small.clone()
        };
        let plan = many.plan(&levels);
        let lots = views(&many, &plan).into_iter().zip(&answers);
        let lots: Vec<Seen> = lots
            .map(|((view, ending), answers)| Seen {
                facts: format!("{} answers; {ending:?}", answers.len()),
                view,
            })
            .collect();
        assert_no_leak(small, &lots);
        // Whoever answered what: answers in another order look the same.
        let orders = |lot: &Seen| lot.facts.clone();
        assert!(kinds_of_facts(&lots, orders).unwrap() < lots.len());
    });
}

/// The comparison above is alive: without one of the facts there are lots that agree in the rest and were seen
/// otherwise.
#[test]
fn a_fact_of_a_market_that_is_left_out_is_noticed() {
    let curve = Curve { steps: 1, quantities: SEALED };
    let comparisons = Comparisons::Opened;
    let mechanism = Mechanism::Curves { curve, pricing: Pricing::Uniform, least: 1, comparisons };
    let small = Small { quantity: 2, ..small(mechanism) };
    let lots = seen(&small, &lists(&bids_of(&[TradeSide::Buy], 2), 3, 3));
    assert_no_leak(&small, &lots);
    // A price is implied by what is traded at it.
    for fact in ["excess ", "trade of "] {
        let others = |lot: &Seen| {
            let parts = lot.facts.split("; ").filter(|part| !part.starts_with(fact));
            parts.collect::<Vec<_>>().join("; ")
        };
        // What trades is implied by the excess in part; so the excess goes too.
        let without = |lot: &Seen| others(lot).split("; margins").next().unwrap().to_owned();
        let noticed = match fact {
            "excess " => kinds_of_facts(&lots, others).is_none(),
            _ => kinds_of_facts(&lots, without).is_none(),
        };
        assert!(noticed, "{fact:?} is not noticed");
    }
}

// ---- attacks ----

/// The views of bids that come to the same and differ only in what stays sealed.
#[track_caller]
fn assert_alike(small: &Small, lots: &[Vec<Bid>]) {
    let seen = seen(small, lots);
    let facts: BTreeSet<&str> = seen.iter().map(|lot| &*lot.facts).collect();
    assert_eq!(facts.len(), 1, "they come to the same: {facts:?}");
    assert!(seen.iter().all(|lot| lot.view == seen[0].view));
}

#[test]
fn how_a_bid_is_split_over_steps_does_not_show() {
    let buy = |steps: &[(u32, u32)]| (TradeSide::Buy, steps.to_vec());
    let curve = Curve { steps: 2, quantities: SEALED };
    for pricing in [Pricing::Uniform, Pricing::PayAsBid] {
        for comparisons in [Comparisons::Hidden, Comparisons::Opened] {
            let mechanism = Mechanism::Curves { curve, pricing, least: 1, comparisons };
            let small = Small { quantity: 3, ..small(mechanism) };
            // Two units at one level: in one step or in two, the empty step at any level.
            let other = buy(&[(1, 2), (0, 0)]);
            let lots = [
                buy(&[(2, 2), (0, 0)]),
                buy(&[(2, 2), (2, 0)]),
                buy(&[(1, 0), (2, 2)]),
                buy(&[(2, 1), (2, 1)]),
            ];
            assert_alike(&small, &lots.map(|bid| vec![bid, other.clone()]));
        }
    }
}

#[test]
fn winners_who_pay_as_bid_show_a_sum_and_no_step() {
    let buy = |steps: &[(u32, u32)]| (TradeSide::Buy, steps.to_vec());
    for quantities in [SEALED, PUBLIC] {
        let curve = Curve { steps: 2, quantities };
        let comparisons = Comparisons::Hidden;
        let mechanism =
            Mechanism::Curves { curve, pricing: Pricing::PayAsBid, least: 1, comparisons };
        // Levels 5 and 3, or 4 and 4, or 6 and 2: the same sum, all better than the price of 1.
        let small = Small { quantity: 3, lots: vec![(8, vec![1, 1, 1])], ..small(mechanism) };
        let other = buy(&[(1, 1), (1, 1)]);
        let lots = [[5, 3], [4, 4], [6, 2], [2, 6]].map(|[a, b]| buy(&[(a, 1), (b, 1)]));
        assert_alike(&small, &lots.map(|bid| vec![bid, other.clone()]));
    }
}

#[test]
fn where_no_excess_is_opened_losers_show_nothing_but_their_public_quantities() {
    let buy = |level, units| (TradeSide::Buy, vec![(level, units)]);
    for quantities in [SEALED, PUBLIC] {
        let curve = Curve { steps: 1, quantities };
        let comparisons = Comparisons::Hidden;
        let mechanism =
            Mechanism::Curves { curve, pricing: Pricing::Uniform, least: 1, comparisons };
        let small = Small { quantity: 2, lots: vec![(8, vec![1, 1, 1])], ..small(mechanism) };
        // The price is 6: whoever is below lies anywhere there.
        let lots = [(0, 0), (5, 5), (3, 5), (4, 1)];
        let lots = lots.map(|(a, b)| vec![buy(6, 2), buy(a, 1), buy(b, 2)]);
        assert_alike(&small, &lots);
    }
}

/// What is posted before keyholders work on anything, as its form: who, which kind, how long.
fn form_before_ranking(small: &Small, bids: &[Bid]) -> Vec<(String, Kind, usize)> {
    let (_, transcript) = small.simulate(&small.plan_of_curves(bids));
    let entries = Replay::read(&transcript).entries.into_iter();
    let form = entries.map(|entry| {
        let (signer, instruction) = opened(&entry.instruction);
        let kind = Kind::of(&instruction);
        (format!("{signer:?} {}", entry.slot), kind, entry.instruction.len())
    });
    form.take_while(|(_, kind, _)| *kind != Kind::Endorse).collect()
}

#[test]
fn before_the_ranking_nothing_is_decrypted_and_sealed_bids_have_one_form() {
    let curve = Curve { steps: 1, quantities: PUBLIC };
    let (rule, comparisons) = (ClearingRule::Middle, Comparisons::Opened);
    let small = small(Mechanism::TwoSided { curve, rule, comparisons });
    let bids = |a, b, c| {
        let bid = |side, level| (side, vec![(level, 2)]);
        [bid(TradeSide::Buy, a), bid(TradeSide::Sell, b), bid(TradeSide::Buy, c)]
    };
    let one = form_before_ranking(&small, &bids(0, 0, 0));
    assert!(one.iter().any(|(_, kind, _)| *kind == Kind::CommitCurve));
    assert!(one.iter().any(|(_, kind, _)| *kind == Kind::Reveal));
    let opens =
        |kind: &Kind| matches!(kind, Kind::Gate | Kind::Shuffle | Kind::Blind | Kind::Decrypt);
    assert!(!one.iter().any(|(_, kind, _)| opens(kind)));
    for (a, b, c) in [(2, 1, 0), (1, 2, 2), (2, 2, 2)] {
        assert_eq!(form_before_ranking(&small, &bids(a, b, c)), one);
    }
}

#[test]
fn with_sealed_quantities_a_bid_of_one_step_has_the_form_of_one_of_many() {
    let curve = Curve { steps: 3, quantities: SEALED };
    let (pricing, comparisons) = (Pricing::Uniform, Comparisons::Opened);
    let small =
        Small { quantity: 3, ..small(Mechanism::Curves { curve, pricing, least: 1, comparisons }) };
    let buy = |steps: &[(u32, u32)]| vec![(TradeSide::Buy, steps.to_vec())];
    let one = form_before_ranking(&small, &buy(&[(2, 3), (0, 0), (0, 0)]));
    for steps in [[(2, 3), (1, 2), (0, 1)], [(0, 0), (0, 0), (0, 0)], [(1, 1), (1, 1), (1, 1)]] {
        assert_eq!(form_before_ranking(&small, &buy(&steps)), one);
    }
    // What a party's program is told: it fills up by itself.
    assert_eq!(form_before_ranking(&small, &buy(&[(2, 3)])), one);
}
