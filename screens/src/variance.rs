//! Pockets of low variance: is there a stretch of auctions, or a bidder, with bids that differ little?
//!
//! The figure of an auction is its coefficient of variation: the standard deviation of its bids over their mean.
//! It is ranked among the auctions with as many bids, 0 for the lowest and 1 for the highest. The test of the
//! market looks for the stretch of [`STRETCH`] auctions in a row whose mean rank is the lowest. The test of a
//! bidder is the mean rank of the auctions in which it bid. Chance: the ranks drawn again over all auctions.

use crate::{
    finding::{Coverage, Figure, Finding, Outcome, Subject, Test, Why},
    permutation::{Chance, shuffle},
    picture::{Dots, Picture},
    record::Record,
    screen::Screen,
    statistics::{deviation, float, float_of, half, mean, median, ranks, shown},
};
use std::collections::BTreeMap;
use talea_protocol::price::Side;

/// Auctions in a row.
pub const STRETCH: usize = 10;
/// A bidder is tested with so many auctions.
const LEAST_OF_A_BIDDER: usize = 5;
/// The most bidders that are tested: those that bid most often.
const MOST_BIDDERS: usize = 500;

struct Case<'a> {
    variation: f64,
    bids: usize,
    bidders: Vec<&'a String>,
}

fn case<'a>(record: &&'a Record) -> Result<Case<'a>, Why> {
    let bids = record.bids(3)?;
    let best = bids.first().ok_or(Why::FewBids)?.price;
    // Distances are exact; a price itself may have more digits than a float.
    let distances: Vec<f64> = bids.iter().map(|bid| float_of(bid.price.abs_diff(best))).collect();
    let from_best = mean(&distances).ok_or(Why::FewBids)?;
    let mean = match record.side {
        Side::LowestWins => price(best) + from_best,
        Side::HighestWins => price(best) - from_best,
    };
    if mean <= 0.0 {
        return Err(Why::PriceNotPositive);
    }
    let variation = deviation(&distances).ok_or(Why::FewBids)? / mean;
    Ok(Case { variation, bids: bids.len(), bidders: bids.iter().map(|bid| &bid.bidder).collect() })
}

fn price(price: i64) -> f64 {
    let magnitude = float_of(price.unsigned_abs());
    if price < 0 { -magnitude } else { magnitude }
}

/// Runs the screen.
#[must_use]
pub fn screen(records: &[&Record], chance: Chance) -> Finding {
    let screen = Screen::Variance;
    let (cases, coverage) = Coverage::gather(records.iter().map(case));
    let need = screen.smallest_sample();
    if cases.len() < need {
        return Finding::not_run(screen, coverage, (cases.len(), need, "auctions"));
    }
    let ranks = ranks_among_alike(&cases);
    let lowest = lowest_stretch(&ranks);
    let tests = tests(&ranks, lowest, &bidders(&cases), chance);
    let variations: Vec<f64> = cases.iter().map(|case| case.variation).collect();
    let in_per_cent = |value: Option<f64>| format!("{} %", shown(value.map(|v| v * 100.0), 2));
    let figures = vec![
        Figure { name: "median coefficient of variation", value: in_per_cent(median(&variations)) },
        Figure { name: "mean coefficient of variation", value: in_per_cent(mean(&variations)) },
        Figure::drawings(chance),
    ];
    let pictures = vec![Picture::Dots(Dots {
        title: "Coefficient of variation by auction".into(),
        note: "in the order of the auctions; the shaded stretch has the lowest ranks, and what lies above the \
               top is drawn on it"
            .into(),
        values: variations.iter().map(|value| value * 100.0).collect(),
        unit: "%",
        shaded: Some((lowest.0, lowest.0.saturating_add(STRETCH))),
    })];
    Finding { screen, coverage, outcome: Outcome::Ran { figures, tests, pictures } }
}

/// The market first, by its stretch with the lowest mean rank, then each bidder.
fn tests(ranks: &[f64], lowest: (usize, f64), bidders: &Bidders<'_>, chance: Chance) -> Vec<Test> {
    let seen = statistics(ranks, bidders);
    let market = chance.compare(1, &[lowest.1], |rng| {
        let mut drawn = ranks.to_vec();
        shuffle(&mut drawn, rng);
        vec![lowest_stretch(&drawn).1]
    });
    let of_bidders = chance.compare(2, &seen, |rng| {
        let mut drawn = ranks.to_vec();
        shuffle(&mut drawn, rng);
        statistics(&drawn, bidders)
    });

    let mut tests: Vec<Test> = market
        .iter()
        .map(|drawn| Test {
            subject: Subject::Market,
            auctions: ranks.len(),
            seen: format!(
                "lowest mean rank of {STRETCH} in a row {:.2}, auctions {} to {}",
                lowest.1,
                lowest.0.saturating_add(1),
                lowest.0.saturating_add(STRETCH)
            ),
            p: drawn.p,
            adjusted: half(drawn.p),
        })
        .collect();
    tests.extend(bidders.iter().zip(&seen).zip(of_bidders).map(
        |(((name, places), rank), drawn)| Test {
            subject: Subject::Bidder((*name).clone()),
            auctions: places.len(),
            seen: format!("mean rank {rank:.2}"),
            p: drawn.p,
            adjusted: half(drawn.adjusted),
        },
    ));
    tests
}

/// The rank of each auction among those with as many bids.
fn ranks_among_alike(cases: &[Case<'_>]) -> Vec<f64> {
    let mut alike: BTreeMap<usize, Vec<(usize, f64)>> = BTreeMap::new();
    for (place, case) in cases.iter().enumerate() {
        alike.entry(case.bids).or_default().push((place, case.variation));
    }
    let mut all = vec![0.5; cases.len()];
    for group in alike.values() {
        let ranked = ranks(&group.iter().map(|(_, variation)| *variation).collect::<Vec<_>>());
        for ((place, _), rank) in group.iter().zip(ranked) {
            if let Some(slot) = all.get_mut(*place) {
                *slot = rank;
            }
        }
    }
    all
}

/// Where the stretch with the lowest mean rank begins, and that mean.
fn lowest_stretch(ranks: &[f64]) -> (usize, f64) {
    let means = ranks.windows(STRETCH).map(|window| window.iter().sum::<f64>() / float(STRETCH));
    means.enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 0.5))
}

type Bidders<'a> = Vec<(&'a String, Vec<usize>)>;

/// The bidders to test, with the places of the auctions in which they bid.
fn bidders<'a>(cases: &[Case<'a>]) -> Bidders<'a> {
    let mut bidders: BTreeMap<&String, Vec<usize>> = BTreeMap::new();
    for (place, case) in cases.iter().enumerate() {
        for bidder in &case.bidders {
            bidders.entry(bidder).or_default().push(place);
        }
    }
    let mut bidders: Bidders<'a> = bidders.into_iter().collect();
    bidders.retain(|(_, places)| places.len() >= LEAST_OF_A_BIDDER);
    bidders.sort_by_key(|(name, places)| (std::cmp::Reverse(places.len()), *name));
    bidders.truncate(MOST_BIDDERS);
    bidders
}

fn statistics(ranks: &[f64], bidders: &Bidders<'_>) -> Vec<f64> {
    let mean_rank = |(_, places): &(&String, Vec<usize>)| {
        let of: Vec<f64> = places.iter().filter_map(|place| ranks.get(*place).copied()).collect();
        mean(&of).unwrap_or(0.5)
    };
    bidders.iter().map(mean_rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{found, sealed, tender};

    fn run(records: &[Record]) -> Finding {
        found(records, |records| screen(records, Chance { seed: 3, drawings: 999 }))
    }

    /// Three bids around 1,000 that lie `apart`.
    fn of_width(order: u64, names: [&str; 3], apart: i64) -> Record {
        let [a, b, c] = names;
        tender(order, &[(a, 1_000 - apart), (b, 1_000), (c, 1_000 + apart)])
    }

    /// Widths without order: 7 has no common divisor with 101.
    fn width(at: u64) -> i64 {
        i64::try_from(50 + at * 7 % 101).unwrap()
    }

    #[test]
    fn a_quiet_stretch_is_a_flag_and_is_where_it_is() {
        let apart = |at| if (40..50).contains(&at) { 3 } else { width(at) };
        let records: Vec<Record> =
            (0..101).map(|at| of_width(at, ["a", "b", "c"], apart(at))).collect();
        let finding = run(&records);
        let market = &finding.tests()[0];
        assert!(market.is_flag(), "{market:?}");
        assert!(market.seen.ends_with("auctions 41 to 50"), "{market:?}");
    }

    #[test]
    fn the_bidders_of_quiet_auctions_are_named() {
        let records: Vec<Record> = (0..101)
            .map(|at| {
                let is_quiet = at % 6 == 0;
                let names = if is_quiet { ["x", "y", "z"] } else { ["a", "b", "c"] };
                of_width(at, names, if is_quiet { 2 } else { width(at) })
            })
            .collect();
        let finding = run(&records);
        let flags: Vec<String> = finding.flags().map(|test| test.subject.to_string()).collect();
        assert_eq!(flags, ["bidder x", "bidder y", "bidder z"]);
    }

    #[test]
    fn the_figure_by_hand() {
        // 900, 1,000, 1,100: deviation 100, mean 1,000.
        let records: Vec<Record> = (0..20).map(|at| of_width(at, ["a", "b", "c"], 100)).collect();
        let finding = run(&records);
        let Outcome::Ran { figures, tests, .. } = &finding.outcome else {
            panic!("it was not run")
        };
        assert_eq!(figures[0].value, "10.00 %");
        assert!(tests.iter().all(|test| !test.is_flag()), "all alike: {tests:?}");
    }

    #[test]
    fn prices_with_more_digits_than_a_float_keep_their_distances() {
        // 1, 2 and 3 below the largest price: a deviation of 1, which a float of the price would not see.
        let bids = [("a", i64::MAX - 3), ("b", i64::MAX - 2), ("c", i64::MAX - 1)];
        let record = tender(1, &bids);
        let variation = case(&&record).unwrap().variation;
        assert!((variation * 2.0_f64.powi(63) - 1.0).abs() < 1e-9, "{variation}");
    }

    #[test]
    fn bids_that_all_tie_vary_by_nothing() {
        let records: Vec<Record> = (0..40).map(|at| of_width(at, ["a", "b", "c"], 0)).collect();
        let finding = run(&records);
        assert!(finding.was_run() && !finding.is_flag());
    }

    #[test]
    fn sealed_bids_are_not_used() {
        let sentence = run(&sealed(40)).sentence();
        assert_eq!(sentence, "Cannot be run: the terms did not disclose all bids.");
    }
}
