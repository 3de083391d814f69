//! The outcome equals the one that anybody computes who may see the bids: on every pattern of up to
//! three or four bidders and five levels, ties included, for every mechanism, disclosure, tie rule
//! and reserve, each pattern a lot of an auction.
//!
//! Patterns of four bidders are many, so each time one in four of them is held, by turns (`TALEA_TURN`); those of
//! fewer are held every time, and all of them in `.ci/long`.
//!
//! The clear outcome is `talea_sim::plain`'s, which sorts. Three shapes of grid take turns; by
//! hand, with `cargo test --release -p talea-tests --test all oracle:: -- --ignored --nocapture NAME`, every
//! combination of them is held: `every_combination`, and those with a reserve.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
};
use talea_protocol::{
    bytes::PartyKey,
    price::{Level, Side},
    terms::{Depth, Disclosure, Mechanism, Ties},
};
use talea_sim::{
    auditor,
    simulate::{ReservePlan, Seat},
};
use talea_tests::{Small, in_turn, on_all_cores, patterns};

const LEVELS: u32 = 5;

/// A shape of grid with five levels: bits of each digit, the side that wins, the fan-out.
type Shape = (&'static [u8], Side, u16);

const ONE_DIGIT: Shape = (&[3], Side::HighestWins, 15);
const TWO_DIGITS: Shape = (&[1, 2], Side::LowestWins, 2);
const BITS: Shape = (&[1, 1, 1], Side::HighestWins, 1);
const SHAPES: [Shape; 3] = [ONE_DIGIT, TWO_DIGITS, BITS];

const SECOND_PRICE: Mechanism = Mechanism::SECOND_PRICE;
const TWO_UNITS: Mechanism = Mechanism::UniformPrice { units: 2 };
const THREE_UNITS: Mechanism = Mechanism::UniformPrice { units: 3 };

const COVER: Disclosure = Disclosure::Facts { cover: true, depth: None };
const COVER_AND_DEPTH: Disclosure =
    Disclosure::Facts { cover: true, depth: Some(Depth { min_bids: 1 }) };
const DEPTH_OF_THREE: Disclosure =
    Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 3 }) };

/// Holds one auction of a lot per pattern, all with this reserve, and compares.
fn hold(small: &Small, patterns: &[Vec<u32>], reserve: Option<u32>, declines: bool) {
    let cast = small.cast();
    let levels: Vec<&[u32]> = patterns.iter().map(Vec::as_slice).collect();
    let mut plan = small.plan(&levels);
    let lots = 0..patterns.len() as u32;
    if let Some(level) = reserve {
        let reserve = |lot| ReservePlan { lot, level: Level(level), is_revealed: true };
        plan.reserves = lots.clone().map(reserve).collect();
    }
    plan.declines = if declines { lots.collect() } else { BTreeSet::new() };
    let (simulated, _) = small.simulate(&plan);
    let bidders: Vec<PartyKey> =
        (0..small.bidders).map(|bidder| cast.bidder(bidder).unwrap()).collect();
    let differences = auditor::differences(&plan, &bidders, &simulated.outcome);
    assert!(differences.is_empty(), "{small:?}, reserve {reserve:?}: {}", differences.join("\n"));
}

/// Every pattern of up to `bidders` bids, in one shape; with reserves, every reserve.
fn every_pattern(small: &Small, bidders: usize, shape: Shape) {
    hold_patterns(small, &patterns(LEVELS, bidders), bidders, shape);
}

/// Every pattern of up to three bids, and those of four whose turn it is. One in four: as many levels as steps
/// would always choose the same last bid.
fn patterns_of_four(small: &Small, shape: Shape) {
    let (of_four, fewer): (Vec<_>, Vec<_>) =
        patterns(LEVELS, 4).into_iter().partition(|pattern| pattern.len() == 4);
    hold_patterns(small, &[fewer, in_turn(of_four, 4)].concat(), 4, shape);
}

/// These patterns, in one shape; with reserves, every reserve.
fn hold_patterns(
    small: &Small,
    patterns: &[Vec<u32>],
    bidders: usize,
    (digit_bits, side, fan_out): Shape,
) {
    let small = Small {
        groups: vec![(1, vec![Seat::Own])],
        lots: patterns.iter().map(|_| (LEVELS, digit_bits.to_vec())).collect(),
        bidders,
        side,
        fan_out,
        ..small.clone()
    };
    match small.reserve {
        None => hold(&small, patterns, None, false),
        Some(_) => (0..LEVELS).for_each(|level| hold(&small, patterns, Some(level), false)),
    }
}

fn small(mechanism: Mechanism) -> Small {
    Small { mechanism, ..Small::default() }
}

#[test]
fn the_first_price_in_every_shape() {
    assert_eq!(patterns(LEVELS, 4).len(), 1 + 5 + 25 + 125 + 625);
    patterns_of_four(&small(Mechanism::FirstPrice), TWO_DIGITS);
    [ONE_DIGIT, BITS]
        .into_iter()
        .for_each(|shape| every_pattern(&small(Mechanism::FirstPrice), 3, shape));
}

#[test]
fn the_second_price_in_every_shape() {
    patterns_of_four(&small(SECOND_PRICE), TWO_DIGITS);
    [ONE_DIGIT, BITS].into_iter().for_each(|shape| every_pattern(&small(SECOND_PRICE), 3, shape));
}

#[test]
fn uniform_prices() {
    every_pattern(&small(TWO_UNITS), 3, BITS);
    patterns_of_four(&small(THREE_UNITS), ONE_DIGIT);
}

#[test]
fn cover_and_depth() {
    let with = |mechanism, disclosure| Small { disclosure, ..small(mechanism) };
    every_pattern(&with(Mechanism::FirstPrice, COVER_AND_DEPTH), 3, TWO_DIGITS);
    every_pattern(&with(Mechanism::FirstPrice, COVER), 3, BITS);
    every_pattern(&with(SECOND_PRICE, DEPTH_OF_THREE), 3, ONE_DIGIT);
    every_pattern(&with(TWO_UNITS, COVER_AND_DEPTH), 3, TWO_DIGITS);
}

#[test]
fn everything() {
    let with = |mechanism| Small { disclosure: Disclosure::Everything, ..small(mechanism) };
    every_pattern(&with(Mechanism::FirstPrice), 3, TWO_DIGITS);
    every_pattern(&with(TWO_UNITS), 3, ONE_DIGIT);
}

#[test]
fn reserves() {
    let with = |mechanism, opened| Small { reserve: Some(opened), ..small(mechanism) };
    every_pattern(&with(Mechanism::FirstPrice, false), 2, BITS);
    every_pattern(&with(SECOND_PRICE, true), 2, TWO_DIGITS);
    every_pattern(&with(TWO_UNITS, false), 2, ONE_DIGIT);
    let all = Small { disclosure: Disclosure::Everything, ..with(TWO_UNITS, false) };
    every_pattern(&all, 2, TWO_DIGITS);
    let cover = Small { disclosure: COVER_AND_DEPTH, ..with(SECOND_PRICE, false) };
    every_pattern(&cover, 2, TWO_DIGITS);
}

#[test]
fn lotteries() {
    let with = |mechanism| Small { ties: Ties::Lottery, ..small(mechanism) };
    every_pattern(&with(Mechanism::FirstPrice), 3, TWO_DIGITS);
    every_pattern(&with(TWO_UNITS), 3, ONE_DIGIT);
}

#[test]
fn a_seller_who_declines_does_not_sell() {
    let patterns = patterns(LEVELS, 2);
    let small = Small {
        groups: vec![(1, vec![Seat::Own])],
        lots: patterns.iter().map(|_| (LEVELS, vec![3])).collect(),
        bidders: 2,
        acceptance: true,
        ..Small::default()
    };
    hold(&small, &patterns, None, true);
    hold(&small, &patterns, None, false);
    let small = Small { reserve: Some(false), mechanism: SECOND_PRICE, ..small };
    hold(&small, &patterns, Some(2), true);
}

/// Every mechanism with every disclosure and every tie rule, each in one of the shapes: they take turns, so
/// that each meets each.
fn combinations(reserves: &[Option<bool>]) -> Vec<(Small, Shape)> {
    let disclosures = [
        Disclosure::WINNER_AND_PRICE,
        COVER,
        DEPTH_OF_THREE,
        COVER_AND_DEPTH,
        Disclosure::Everything,
    ];
    let mut combinations = Vec::new();
    for mechanism in Mechanism::EXAMPLES {
        for disclosure in disclosures {
            for ties in [Ties::EarliestCommit, Ties::Lottery] {
                for reserve in reserves {
                    let shape = SHAPES[combinations.len() % SHAPES.len()];
                    let small = Small { disclosure, ties, reserve: *reserve, ..small(mechanism) };
                    combinations.push((small, shape));
                }
            }
        }
    }
    combinations
}

fn hold_all(combinations: &[(Small, Shape)], bidders: usize) {
    let held = AtomicUsize::new(0);
    on_all_cores(combinations, |(small, shape)| {
        every_pattern(small, bidders, *shape);
        let held = held.fetch_add(1, Ordering::Relaxed) + 1;
        eprintln!("{held} of {}: {small:?}, {shape:?}", combinations.len());
    });
}

#[test]
#[ignore = "every mechanism, disclosure and tie rule at four bidders: a quarter of an hour"]
fn every_combination() {
    hold_all(&combinations(&[None]), 4);
}

#[test]
#[ignore = "the same with every reserve at two bidders: minutes"]
fn every_combination_with_a_reserve() {
    hold_all(&combinations(&[Some(false), Some(true)]), 2);
}

#[test]
#[ignore = "the same with every reserve at three bidders: half an hour"]
fn every_combination_with_a_reserve_at_three_bidders() {
    hold_all(&combinations(&[Some(false), Some(true)]), 3);
}

#[test]
#[ignore = "every mechanism with every disclosure, tie rules and reserves by turns, at four bidders: an hour"]
fn every_mechanism_with_a_reserve_at_four_bidders() {
    let all = combinations(&[Some(false), Some(true)]);
    // Of each mechanism and disclosure there are two tie rules and two kinds of reserve.
    let by_turns = all.chunks(4).zip([0, 1, 2, 3].into_iter().cycle());
    let chosen: Vec<_> = by_turns.map(|(chunk, turn)| chunk[turn].clone()).collect();
    assert_eq!(chosen.len(), 4 * 5);
    hold_all(&chosen, 4);
}

#[test]
#[ignore = "the same with every reserve at four bidders: many hours"]
fn every_combination_with_a_reserve_at_four_bidders() {
    hold_all(&combinations(&[Some(false), Some(true)]), 4);
}
