//! Winner apart, losers together: is the winner farther from the next bid than the worst bid is at the other end?
//!
//! The figure of an auction is Imhof's relative distance RD: the margin of the winner over the standard deviation
//! of the losing bids. The same figure at the other end is the distance of the worst bid to the next, over the
//! standard deviation of all others. Bids that are as wide at one end as at the other have the larger figure at
//! the winner's end in half of the auctions; costs with a long tail of dear bidders, and competition, which
//! presses the good bids together, make it fewer. The test is the upper tail of a binomial distribution with one
//! half. Auctions in which both are the same are no case of either.

use crate::{
    finding::{Coverage, Figure, Finding, Outcome, Subject, Test, Why},
    record::Record,
    screen::Screen,
    statistics::{
        binomial_at_least, deviation, float, float_of, half, holm, kurtosis, mean, median,
        per_cent, shown, skewness,
    },
};
use std::collections::BTreeMap;

/// A bidder is tested with so many wins.
const LEAST_OF_A_BIDDER: usize = 6;

struct Case<'a> {
    /// The relative distance at the winner's end; nothing if losers all tie and the winner does too.
    relative: Option<f64>,
    /// Whether it is larger than at the other end; nothing if they are the same.
    is_apart: Option<bool>,
    /// Negative if the winner's end has the longer tail.
    skewness: Option<f64>,
    kurtosis: Option<f64>,
    winner: Option<&'a String>,
}

fn case<'a>(record: &&'a Record) -> Result<Case<'a>, Why> {
    if record.units > 1 {
        return Err(Why::SeveralUnits);
    }
    let bids = record.bids(3)?;
    let best = bids.first().ok_or(Why::FewBids)?;
    // Distances from the best bid, in its direction: exact, and the same for both sides of a market.
    let distances: Vec<f64> =
        bids.iter().map(|bid| float_of(bid.price.abs_diff(best.price))).collect();
    let winner_end = relative_distance(&distances);
    let mirrored: Vec<f64> = distances.iter().rev().copied().collect();
    let other_end = relative_distance(&mirrored);
    let is_apart = match (winner_end, other_end) {
        (Some(here), Some(there)) if here.total_cmp(&there).is_ne() => Some(here > there),
        _ => None,
    };
    Ok(Case {
        relative: winner_end.filter(|distance| distance.is_finite()),
        is_apart,
        skewness: skewness(&distances),
        kurtosis: kurtosis(&distances),
        winner: best_bidder(record, &best.bidder),
    })
}

fn best_bidder<'a>(record: &'a Record, best: &'a String) -> Option<&'a String> {
    record.winners.first().or(Some(best))
}

/// The distance of the first to the second, over the standard deviation of all but the first: without bounds if
/// those tie, and nothing if all do.
fn relative_distance(sorted: &[f64]) -> Option<f64> {
    let [first, rest @ ..] = sorted else { return None };
    let margin = (rest.first()? - first).abs();
    let spread = deviation(rest)?;
    if margin == 0.0 && spread == 0.0 { None } else { Some(margin / spread) }
}

#[derive(Clone, Copy, Default)]
struct Count {
    apart: usize,
    of: usize,
}

impl Count {
    fn push(&mut self, is_apart: bool) {
        self.of = self.of.saturating_add(1);
        self.apart = self.apart.saturating_add(usize::from(is_apart));
    }

    fn p(self) -> f64 {
        binomial_at_least(self.apart, self.of, 0.5)
    }

    fn test(self, subject: Subject, adjusted: f64) -> Test {
        let seen = format!("the winner stands apart in {} of {}", self.apart, self.of);
        Test { subject, auctions: self.of, seen, p: self.p(), adjusted }
    }
}

/// Runs the screen.
#[must_use]
pub fn screen(records: &[&Record]) -> Finding {
    let screen = Screen::Spread;
    let (cases, coverage) = Coverage::gather(records.iter().map(case));
    let need = screen.smallest_sample();
    if cases.len() < need {
        return Finding::not_run(screen, coverage, (cases.len(), need, "auctions"));
    }
    let mut market = Count::default();
    let mut bidders: BTreeMap<&String, Count> = BTreeMap::new();
    for case in &cases {
        let Some(is_apart) = case.is_apart else { continue };
        market.push(is_apart);
        if let Some(winner) = case.winner {
            bidders.entry(winner).or_default().push(is_apart);
        }
    }
    bidders.retain(|_, count| count.of >= LEAST_OF_A_BIDDER);
    let corrected = holm(&bidders.values().map(|count| count.p()).collect::<Vec<_>>());
    let mut tests = vec![market.test(Subject::Market, half(market.p()))];
    let of_bidders = bidders.into_iter().zip(corrected);
    tests.extend(of_bidders.map(|((bidder, count), adjusted)| {
        count.test(Subject::Bidder(bidder.clone()), half(adjusted))
    }));
    let relative: Vec<f64> = cases.iter().filter_map(|case| case.relative).collect();
    let above_one = relative.iter().filter(|distance| **distance > 1.0).count();
    let skewness: Vec<f64> = cases.iter().filter_map(|case| case.skewness).collect();
    let kurtosis: Vec<f64> = cases.iter().filter_map(|case| case.kurtosis).collect();
    let share = (!relative.is_empty()).then(|| float(above_one) / float(relative.len()));
    let figures = vec![
        Figure { name: "median relative distance RD", value: shown(median(&relative), 2) },
        Figure {
            name: "auctions with RD above 1",
            value: share.map_or_else(|| "–".into(), per_cent),
        },
        Figure {
            name: "mean skewness, negative if the winner stands apart",
            value: shown(mean(&skewness), 2),
        },
        Figure {
            name: "mean excess kurtosis, of four bids or more",
            value: shown(mean(&kurtosis), 2),
        },
    ];
    let outcome = Outcome::Ran { figures, tests, pictures: Vec::new() };
    Finding { screen, coverage, outcome }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{found, sale, sealed, tender};

    fn tenders(bids: &[i64], count: u64) -> Vec<Record> {
        let names = ["a", "b", "c", "d", "e"];
        let bids: Vec<(&str, i64)> = names.into_iter().zip(bids.iter().copied()).collect();
        (0..count).map(|order| tender(order, &bids)).collect()
    }

    #[test]
    fn the_relative_distance_by_hand() {
        // 100, 200, 210, 220: a margin of 100 over a deviation of 10.
        let finding = found(&tenders(&[100, 200, 210, 220], 12), screen);
        let Outcome::Ran { figures, tests, .. } = &finding.outcome else {
            panic!("it was not run")
        };
        assert_eq!(figures[0].value, "10.00");
        assert_eq!(figures[1].value, "100.0 %");
        assert_eq!(tests[0].seen, "the winner stands apart in 12 of 12");
        assert!((tests[0].p - 0.5_f64.powi(12)).abs() < 1e-12);
        assert!(tests[0].is_flag());
    }

    #[test]
    fn a_dear_bid_far_off_is_no_flag() {
        let finding = found(&tenders(&[100, 110, 120, 220], 12), screen);
        assert_eq!(finding.tests()[0].seen, "the winner stands apart in 0 of 12");
        assert!(!finding.is_flag());
    }

    #[test]
    fn a_sale_is_the_mirror_of_a_procurement() {
        let names = ["a", "b", "c"];
        let of = |bids: [i64; 3]| names.into_iter().zip(bids).collect::<Vec<_>>();
        let sales: Vec<Record> = (0..12).map(|order| sale(order, &of([100, 50, 45]))).collect();
        let finding = found(&sales, screen);
        assert!(finding.is_flag(), "{finding:?}");
    }

    #[test]
    fn bids_that_are_even_or_tie_are_no_case() {
        for bids in [&[100, 100, 100][..], &[100, 110, 120], &[i64::MIN, 0, i64::MAX]] {
            let finding = found(&tenders(bids, 12), screen);
            let market = &finding.tests()[0];
            // Halves of 64 bits differ by one, which a float does not see.
            assert_eq!((market.auctions, market.p), (0, 1.0), "{bids:?}");
        }
    }

    #[test]
    fn losers_that_all_tie_behind_the_winner_are_as_close_as_can_be() {
        let finding = found(&tenders(&[100, 120, 120], 12), screen);
        assert_eq!(finding.tests()[0].seen, "the winner stands apart in 12 of 12");
        assert!(finding.is_flag());
    }

    #[test]
    fn sealed_bids_are_not_used() {
        let sentence = found(&sealed(40), screen).sentence();
        assert_eq!(sentence, "Cannot be run: the terms did not disclose all bids.");
    }
}
