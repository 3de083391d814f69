//! The outcome equals the one that anybody computes who may see the bids: on every pattern of up to
//! four bidders and five rungs, ties included, each pattern a lot of one auction.

use talea_protocol::price::{Rung, Side};
use talea_tests::{Small, plain_ending};

const RUNGS: u32 = 5;
const BIDDERS: usize = 4;

/// Every list of up to four bids.
fn patterns() -> Vec<Vec<u32>> {
    let mut all: Vec<Vec<u32>> = vec![vec![]];
    let mut last = all.clone();
    for _ in 0..BIDDERS {
        last = last
            .iter()
            .flat_map(|bids| (0..RUNGS).map(move |rung| [&bids[..], &[rung]].concat()))
            .collect();
        all.extend(last.iter().cloned());
    }
    all
}

fn every_pattern(digit_bits: &[u8], side: Side, fan_out: u16) {
    let patterns = patterns();
    assert_eq!(patterns.len(), 1 + 5 + 25 + 125 + 625);
    let small = Small {
        lots: patterns.iter().map(|_| (RUNGS, digit_bits.to_vec())).collect(),
        bidders: BIDDERS,
        side,
        fan_out,
        ..Small::default()
    };
    let cast = small.cast();
    let rungs: Vec<&[u32]> = patterns.iter().map(Vec::as_slice).collect();
    let plan = small.plan(&rungs);
    let (played, _) = small.play(&plan);
    for (lot, pattern) in (0u32..).zip(&patterns) {
        let bids: Vec<_> = pattern
            .iter()
            .enumerate()
            .map(|(bidder, rung)| (cast.bidder(bidder).unwrap(), Rung(*rung)))
            .collect();
        let expected = plain_ending(&plan.terms, lot, &bids);
        let result = &played.outcome.lots[lot as usize];
        assert_eq!(result.ending, expected, "bids {pattern:?}");
        assert_eq!(result.ranked as usize, pattern.len());
    }
}

#[test]
fn as_one_digit() {
    every_pattern(&[3], Side::HighestWins, 15);
}

#[test]
fn as_two_digits() {
    every_pattern(&[1, 2], Side::LowestWins, 2);
}

#[test]
fn as_bits() {
    every_pattern(&[1, 1, 1], Side::HighestWins, 1);
}
