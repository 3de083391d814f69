//! Markets of curves and surveys: every small pattern of bids comes to what anybody computes who may see them, by the
//! contract and by the verifier.

use std::collections::BTreeMap;
use talea_protocol::{
    bytes::PartyKey,
    commitment::TradeSide,
    mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Pricing, Quantities},
    outcome::Ending,
    price::Side,
    terms::Ties,
};
use talea_sim::{
    auditor::differences,
    simulate::{Plan, Seat},
};
use talea_tests::{
    CurveBid as Bid, Small, in_turn, on_all_cores, opinions::second_opinion, patterns,
};
use talea_verifier::Verdict;

/// Three levels in two digits, so that there is a level beyond the grid.
const LEVELS: u32 = 3;
const BIDDERS: usize = 3;
const PUBLIC: Quantities = Quantities::Public { most: 4 };
const SEALED: Quantities = Quantities::Sealed { bits: 2 };

fn small(mechanism: Mechanism) -> Small {
    Small {
        groups: vec![(1, vec![Seat::Own])],
        lots: vec![(LEVELS, vec![1, 1])],
        bidders: BIDDERS,
        fan_out: 1,
        max_bids: 5,
        mechanism,
        ..Small::default()
    }
}

/// Runs a plan: what both verifications say is what its bids imply. The ending.
fn ending(small: &Small, plan: &Plan) -> Ending {
    let cast = small.cast();
    let bidders: Vec<PartyKey> =
        (0..small.bidders).map(|bidder| cast.bidder(bidder).unwrap()).collect();
    let (simulated, transcript) = small.simulate(plan);
    let found = differences(plan, &bidders, &simulated.outcome);
    assert!(found.is_empty(), "{:?} {:?}: {found:?}", small.mechanism, plan.curves);
    let report = second_opinion(&transcript);
    let failure = report.failure.map(|failure| failure.sentence);
    assert_eq!(
        report.verdict,
        Verdict::Valid,
        "{:?} {:?}: {failure:?}",
        small.mechanism,
        plan.curves
    );
    simulated.outcome.lots.first().unwrap().ending.clone()
}

/// Every list of up to so many of these bids.
fn lists(bids: &[Bid], most: usize) -> Vec<Vec<Bid>> {
    let number = u32::try_from(bids.len()).unwrap();
    let chosen = |places: Vec<u32>| places.iter().map(|at| bids[*at as usize].clone()).collect();
    patterns(number, most).into_iter().map(chosen).collect()
}

/// Every bid of one step, on these sides, of up to so many units.
fn bids_of(sides: &[TradeSide], most: u32) -> Vec<Bid> {
    let steps = (0..LEVELS).flat_map(|level| (1..=most).map(move |units| vec![(level, units)]));
    let steps: Vec<Vec<(u32, u32)>> = steps.collect();
    sides.iter().flat_map(|side| steps.iter().map(|steps| (*side, steps.clone()))).collect()
}

/// Runs all of them, and says how often which ending came.
fn run_all(cases: &[(Small, Vec<Bid>)]) -> BTreeMap<&'static str, u32> {
    let endings = std::sync::Mutex::new(BTreeMap::new());
    on_all_cores(cases, |(small, bids)| {
        let ending = ending(small, &small.plan_of_curves(bids));
        let name = match ending {
            Ending::Cleared(_) => "cleared",
            Ending::NoTrade(_) => "no trade",
            Ending::OneSided => "one-sided",
            Ending::Unsold => "unsold",
            other => panic!("{other:?}"),
        };
        *endings.lock().unwrap().entry(name).or_default() += 1;
    });
    endings.into_inner().unwrap()
}

#[test]
fn every_small_market_of_one_side_comes_to_what_its_bids_imply() {
    let mut cases = Vec::new();
    for (side, trade_side) in
        [(Side::HighestWins, TradeSide::Buy), (Side::LowestWins, TradeSide::Sell)]
    {
        let lists = lists(&bids_of(&[trade_side], 2), BIDDERS);
        for (quantities, comparisons) in [
            (PUBLIC, Comparisons::Hidden),
            (PUBLIC, Comparisons::Opened),
            (SEALED, Comparisons::Hidden),
            (SEALED, Comparisons::Opened),
        ] {
            for (pricing, quantity, least) in [
                (Pricing::Uniform, 1, 1),
                (Pricing::PayAsBid, 3, 1),
                (Pricing::Uniform, 4, 2),
                (Pricing::PayAsBid, 4, 1),
            ] {
                let curve = Curve { steps: 1, quantities };
                let mechanism = Mechanism::Curves { curve, pricing, least, comparisons };
                let small = Small { quantity, side, ..small(mechanism) };
                cases.extend(lists.iter().map(|bids| (small.clone(), bids.clone())));
            }
        }
    }
    let endings = run_all(&in_turn(cases, 37));
    assert!(endings["cleared"] > 100, "{endings:?}");
}

#[test]
fn every_small_market_of_two_sides_comes_to_what_its_bids_imply() {
    let sides = [TradeSide::Buy, TradeSide::Sell];
    let mut cases = Vec::new();
    for (quantities, comparisons) in [
        (PUBLIC, Comparisons::Hidden),
        (PUBLIC, Comparisons::Opened),
        (SEALED, Comparisons::Opened),
    ] {
        let lists = lists(&bids_of(&sides, 2), BIDDERS);
        for rule in [ClearingRule::Lowest, ClearingRule::Middle, ClearingRule::Highest] {
            let curve = Curve { steps: 1, quantities };
            let small = small(Mechanism::TwoSided { curve, rule, comparisons });
            cases.extend(lists.iter().map(|bids| (small.clone(), bids.clone())));
        }
    }
    let endings = run_all(&in_turn(cases, 53));
    assert!(endings["cleared"] > 100 && endings["no trade"] > 20, "{endings:?}");
    assert!(endings["one-sided"] > 20, "{endings:?}");
}

#[test]
fn every_small_market_with_trade_reduction_comes_to_what_its_bids_imply() {
    let sides = [TradeSide::Buy, TradeSide::Sell];
    let curve = Curve { steps: 1, quantities: Quantities::Public { most: 1 } };
    let rule = ClearingRule::TradeReduction;
    let mechanism = Mechanism::TwoSided { curve, rule, comparisons: Comparisons::Hidden };
    let bidders = 4;
    let lists = lists(&bids_of(&sides, 1), bidders);
    let small = Small { bidders, fan_out: 2, ties: Ties::EarliestCommit, ..small(mechanism) };
    let cases: Vec<_> = lists.into_iter().map(|bids| (small.clone(), bids)).collect();
    let endings = run_all(&in_turn(cases, 7));
    assert!(endings["cleared"] > 20 && endings["no trade"] > 20, "{endings:?}");
}

#[test]
fn every_small_survey_comes_to_what_its_answers_imply() {
    let mut cases = Vec::new();
    for (shape, levels) in [(vec![1, 1], 3), (vec![2], 3), (vec![1, 2], 6)] {
        for (bin_levels, squares) in
            [(0, false), (1, true), (2, false), (2, true), (4, true), (u32::MAX, false)]
        {
            let mechanism = Mechanism::Survey { min_answers: 2, bin_levels, squares };
            let small = Small { lots: vec![(levels, shape.clone())], ..small(mechanism) };
            let answers = patterns(levels, BIDDERS);
            cases.extend(answers.into_iter().map(|answers| (small.clone(), answers)));
        }
    }
    let endings = std::sync::Mutex::new(BTreeMap::<&str, u32>::new());
    on_all_cores(&in_turn(cases, 5), |(small, answers)| {
        let name = match ending(small, &small.plan(&[answers])) {
            Ending::Surveyed(_) => "surveyed",
            Ending::TooFewAnswers => "too few answers",
            Ending::Unsold => "unsold",
            other => panic!("{other:?}"),
        };
        *endings.lock().unwrap().entry(name).or_default() += 1;
    });
    let endings = endings.into_inner().unwrap();
    assert!(endings["surveyed"] > 100 && endings["too few answers"] > 1, "{endings:?}");
}
