//! Missing bids: are there fewer close seconds than seconds a little farther off?
//!
//! For a bidder `i` in an auction, Delta is the distance of its bid to the best rival bid, over the ceiling (or
//! over the best bid where there is no ceiling); negative if `i` won. Among competing bidders its density is
//! highest near 0. A cartel leaves a gap there. The winner's Delta is the margin of the auction, `-m`, and the
//! next bidder's is `m`: the gap shows in the margins.
//!
//! The test: let `q` be the lower quartile of all margins. Of the margins up to `q`, at least half are expected
//! up to `q / 2`. If `near` of `near + far` are, the probability of as few is at most the lower tail of a
//! binomial distribution with one half. On a grid, `q / 2` is rounded down to `k` ticks; margins of `0 ..= k`
//! ticks are near and those of `k + 1 ..= 2 k` far, so that rounding, which moves half of what is below a tick
//! to 0, makes near margins more frequent and not rarer.

use crate::{
    finding::{Coverage, Figure, Finding, Outcome, Subject, Test, Why},
    picture::{Bars, Picture},
    record::{Margin, Record},
    screen::Screen,
    statistics::{binomial_at_most, float, float_of, half, holm, per_cent, quantile},
};
use std::collections::BTreeMap;

/// Bars of the picture on each side of 0, and how many quartiles wide it is.
const BARS: usize = 24;
const WIDTH: f64 = 6.0;
/// A party is tested if so many of its margins are near or far: fewer could not raise a flag.
const LEAST_OF_A_BIDDER: usize = 6;

struct Case<'a> {
    record: &'a Record,
    margin: Margin,
    yardstick: u64,
}

impl Case<'_> {
    fn share(&self) -> f64 {
        float_of(self.margin.distance) / float_of(self.yardstick)
    }

    /// Whether the margin is near (or else far); nothing if it is neither.
    fn is_near(&self, reach: f64) -> Result<Option<bool>, Why> {
        // What is whole but for the last digits of a float is whole.
        let ticks = (reach * float_of(self.yardstick) / float_of(self.margin.tick) + 1e-9).floor();
        if ticks < 1.0 {
            return Err(Why::CoarseTicks);
        }
        let distance = float_of(self.margin.distance) / float_of(self.margin.tick);
        Ok(if distance <= ticks { Some(true) } else { (distance <= ticks * 2.0).then_some(false) })
    }
}

fn case<'a>(record: &&'a Record) -> Result<Case<'a>, Why> {
    let margin = record.margin()?;
    let yardstick = record.yardstick(margin.best)?;
    Ok(Case { record, margin, yardstick })
}

#[derive(Clone, Copy, Default)]
struct Count {
    near: usize,
    far: usize,
}

impl Count {
    fn push(&mut self, is_near: bool) {
        let count = if is_near { &mut self.near } else { &mut self.far };
        *count = count.saturating_add(1);
    }

    fn all(self) -> usize {
        self.near.saturating_add(self.far)
    }

    fn p(self) -> f64 {
        binomial_at_most(self.near, self.all(), 0.5)
    }

    fn test(self, subject: Subject, adjusted: f64) -> Test {
        let seen = format!("{} near, {} far", self.near, self.far);
        Test { subject, auctions: self.all(), seen, p: self.p(), adjusted }
    }
}

/// Runs the screen.
#[must_use]
pub fn screen(records: &[&Record]) -> Finding {
    let screen = Screen::MissingBids;
    let (mut cases, mut coverage) = Coverage::gather(records.iter().map(case));
    let margins: Vec<f64> = cases.iter().map(Case::share).collect();
    let quartile = quantile(&margins, 0.25).unwrap_or(0.0);
    let reach = quartile / 2.0;
    let pictures = vec![Picture::Bars(bars(&cases, quartile))];
    let before = cases.len();
    cases.retain(|case| case.is_near(reach).is_ok());
    for _ in cases.len()..before {
        coverage.leave_out(Why::CoarseTicks);
    }
    coverage.used = cases.len();
    let need = screen.smallest_sample();
    if cases.len() < need {
        return Finding::not_run(screen, coverage, (cases.len(), need, "auctions"));
    }

    let mut market = Count::default();
    let mut bidders: BTreeMap<&String, Count> = BTreeMap::new();
    for case in &cases {
        let Ok(Some(is_near)) = case.is_near(reach) else { continue };
        market.push(is_near);
        for bidder in [&case.margin.leader, &case.margin.runner_up].into_iter().flatten() {
            bidders.entry(bidder).or_default().push(is_near);
        }
    }
    bidders.retain(|_, count| count.all() >= LEAST_OF_A_BIDDER);
    let corrected = holm(&bidders.values().map(|count| count.p()).collect::<Vec<_>>());
    let mut tests = vec![market.test(Subject::Market, half(market.p()))];
    let of_bidders = bidders.into_iter().zip(corrected);
    tests.extend(of_bidders.map(|((bidder, count), adjusted)| {
        count.test(Subject::Bidder(bidder.clone()), half(adjusted))
    }));
    let figures = vec![
        Figure { name: "lower quartile of the margins", value: per_cent_of(quartile) },
        Figure { name: "margins up to half of it, near", value: market.near.to_string() },
        Figure { name: "margins from there to the quartile, far", value: market.far.to_string() },
        Figure {
            name: "expected near, at least",
            value: format!("{:.1}", float(market.all()) / 2.0),
        },
        Figure {
            name: "ties for the best bid",
            value: cases.iter().filter(|case| case.margin.distance == 0).count().to_string(),
        },
    ];
    Finding { screen, coverage, outcome: Outcome::Ran { figures, tests, pictures } }
}

fn per_cent_of(share: f64) -> String {
    format!("{:.3} %", share * 100.0)
}

/// The distribution of Delta, over all bids that were opened.
fn bars(cases: &[Case<'_>], quartile: f64) -> Bars {
    let width = quartile * WIDTH / float(BARS);
    let mut counts = vec![0u32; BARS.saturating_mul(2)];
    let mut beyond = 0u32;
    for delta in cases.iter().flat_map(deltas) {
        // A tie belongs to either side of 0; it stands on the losing one.
        let place = (delta / width).floor() + float(BARS);
        let slot = counts.iter_mut().zip(0usize..).find(|(_, at)| place == float(*at));
        let count = slot.map_or(&mut beyond, |(count, _)| count);
        *count = count.saturating_add(1);
    }
    let reach = per_cent(quartile * WIDTH);
    Bars {
        title: "Distance Delta to the best rival bid, all auctions".into(),
        note: format!(
            "{beyond} bids lie farther off than {reach}; a bar is {} wide",
            per_cent_of(width)
        ),
        counts,
        marks: vec![
            (0.0, format!("-{reach}")),
            (0.25, "won by".into()),
            (0.5, "0".into()),
            (0.75, "lost by".into()),
            (1.0, reach),
        ],
    }
}

fn deltas(case: &Case<'_>) -> Vec<f64> {
    let margin = case.share();
    let Ok(bids) = case.record.bids(2) else { return vec![-margin, margin] };
    let losers = bids
        .iter()
        .skip(1)
        .map(|bid| float_of(bid.price.abs_diff(case.margin.best)) / float_of(case.yardstick));
    // A winner that ties has won by nothing.
    let won = if case.margin.distance == 0 { 0.0 } else { -margin };
    std::iter::once(won).chain(losers).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{found, market_of_margins, market_with_a_gap, sealed, tender};

    #[test]
    fn a_gap_next_to_the_winner_is_a_flag() {
        // The quartile of 1 .. 80 is 20; none of the 20 margins up to it is near.
        let records = market_with_a_gap();
        let finding = found(&records, screen);
        let market = &finding.tests()[0];
        assert_eq!(market.seen, "0 near, 20 far");
        assert!((market.p - 0.5_f64.powi(20)).abs() < 1e-12, "{market:?}");
        assert!(market.is_flag());
    }

    #[test]
    fn margins_that_are_spread_evenly_are_none() {
        let records = market_of_margins(&(1..=80).collect::<Vec<_>>());
        let finding = found(&records, screen);
        assert_eq!(finding.tests()[0].seen, "10 near, 10 far");
        assert!(!finding.is_flag());
    }

    #[test]
    fn a_bidder_whose_cover_bids_keep_away_is_named() {
        // 30 auctions of a and b with a gap, among 150 without.
        let honest: Vec<i64> = (1..=150).collect();
        let mut records = market_of_margins(&honest);
        for at in 0..30i64 {
            let bids = [("a", 100_001), ("b", 100_026 + at % 10)];
            records.push(tender(1_000 + u64::try_from(at).unwrap(), &bids));
        }
        let finding = found(&records, screen);
        let flags: Vec<String> = finding.flags().map(|test| test.subject.to_string()).collect();
        assert!(
            flags.contains(&"bidder a".into()) && flags.contains(&"bidder b".into()),
            "{flags:?}"
        );
        assert!(!flags.contains(&"bidder w".into()), "{flags:?}");
    }

    #[test]
    fn where_all_tie_nothing_is_near_or_far() {
        let finding = found(&market_of_margins(&[0; 100]), screen);
        assert!(!finding.was_run() && !finding.is_flag());
        assert_eq!(finding.coverage.left_out[&Why::CoarseTicks], 100);
    }

    #[test]
    fn sealed_bids_are_not_used() {
        let finding = found(&sealed(50), screen);
        assert_eq!(finding.sentence(), "Cannot be run: the terms did not disclose the cover.");
    }

    #[test]
    fn a_grid_as_coarse_as_the_margins_is_left_out() {
        let mut records = market_of_margins(&[5; 60]);
        records.iter_mut().for_each(|record| record.tick = 5);
        let finding = found(&records, screen);
        assert_eq!(finding.coverage.left_out[&Why::CoarseTicks], 60, "{finding:?}");
    }
}
