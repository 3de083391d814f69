//! Isolated winners: could winners have asked more and still have won, nearly always?
//!
//! Whoever wins a procurement with a bid `b` at a cost `c >= 0` must not have gained by asking `b' > b`. With `D`
//! the probability of winning that it foresees, `D(b') (b' - c) <= D(b) (b - c)`, so `D(b') / D(b) <= b / b'`:
//! of its wins, at least a share `1 - b / b' = s / (1 + s)` with `s = (b' - b) / b` has to be lost at `b'`. That
//! holds whatever bidders know, and so over all auctions together. In a sale, where a bidder would offer less,
//! the bound on the value takes the place of the bound on the cost: with a value of at most `2 b` it is the
//! same `s / (1 + s)`.
//!
//! The test: `s` is one of [`STEPS`], rounded down to whole ticks in each auction. If `lost` of `n` wins would have
//! been lost, the probability of as few is at most the lower tail of a binomial distribution with the mean of
//! all bounds (Hoeffding 1956, for `lost <= n mean - 1`). The smallest probability of the steps is
//! multiplied by their number.

use crate::{
    finding::{Coverage, Figure, Finding, Outcome, Subject, Test, Why},
    record::{Margin, Record},
    screen::Screen,
    statistics::{binomial_at_most, float, float_of, half, holm},
};
use std::collections::BTreeMap;

/// By how much more a winner could have asked, in thousandths of its bid.
pub const STEPS: [u64; 5] = [1, 10, 20, 50, 100];

struct Case {
    margin: Margin,
    best: u64,
}

fn case(record: &&Record) -> Result<Case, Why> {
    record.award()?;
    let margin = record.margin()?;
    let best = u64::try_from(margin.best).unwrap_or(0);
    if best == 0 {
        return Err(Why::PriceNotPositive);
    }
    Ok(Case { margin, best })
}

impl Case {
    /// The distance to the bid that asks so much more, on the grid; nothing if that is less than a tick.
    fn step(&self, thousandths: u64) -> Option<u64> {
        let reach = u128::from(self.best).checked_mul(thousandths.into())?.checked_div(1_000)?;
        let reach = u64::try_from(reach).ok()?;
        let distance = reach.checked_div(self.margin.tick)?.checked_mul(self.margin.tick)?;
        (distance > 0).then_some(distance)
    }

    /// The share of wins that must be lost at a distance.
    fn bound(&self, distance: u64) -> f64 {
        let share = float_of(distance) / float_of(self.best);
        share / (1.0 + share)
    }
}

/// How many wins would have been lost with a step.
struct Step {
    thousandths: u64,
    wins: usize,
    lost: usize,
    expected: f64,
}

impl Step {
    fn of(cases: &[&Case], thousandths: u64) -> Self {
        let mut step = Self { thousandths, wins: 0, lost: 0, expected: 0.0 };
        for case in cases {
            let Some(distance) = case.step(thousandths) else { continue };
            step.wins = step.wins.saturating_add(1);
            step.expected += case.bound(distance);
            // Whoever ties may lose.
            step.lost = step.lost.saturating_add(usize::from(case.margin.distance <= distance));
        }
        step
    }

    fn p(&self) -> f64 {
        if float(self.lost) > self.expected - 1.0 {
            return 1.0;
        }
        binomial_at_most(self.lost, self.wins, self.expected / float(self.wins))
    }
}

/// The step that says most, and its probability corrected for all steps that were tested.
fn strongest(cases: &[&Case]) -> (Step, f64) {
    let steps = STEPS.map(|thousandths| Step::of(cases, thousandths));
    let mut strongest = Step { thousandths: 0, wins: 0, lost: 0, expected: 0.0 };
    for step in steps {
        if strongest.wins == 0 || step.p() < strongest.p() {
            strongest = step;
        }
    }
    let p = (strongest.p() * float(STEPS.len())).min(1.0);
    (strongest, p)
}

fn test(subject: Subject, cases: &[&Case]) -> Test {
    let (Step { thousandths, wins, lost, expected }, p) = strongest(cases);
    let seen = format!(
        "asking {} more, {lost} of {wins} wins would have been lost; at least {expected:.1} expected",
        in_per_cent(thousandths)
    );
    Test { subject, auctions: wins, seen, p, adjusted: p }
}

fn in_per_cent(thousandths: u64) -> String {
    format!("{:.1} %", float_of(thousandths) / 10.0)
}

/// Runs the screen.
#[must_use]
pub fn screen(records: &[&Record]) -> Finding {
    let screen = Screen::IsolatedWinners;
    let (cases, coverage) = Coverage::gather(records.iter().map(case));
    let need = screen.smallest_sample();
    if cases.len() < need {
        return Finding::not_run(screen, coverage, (cases.len(), need, "auctions"));
    }
    let all: Vec<&Case> = cases.iter().collect();
    let mut winners: BTreeMap<&String, Vec<&Case>> = BTreeMap::new();
    for case in &cases {
        if let Some(leader) = &case.margin.leader {
            winners.entry(leader).or_default().push(case);
        }
    }
    winners.retain(|_, cases| cases.len() >= need);
    let mut market = test(Subject::Market, &all);
    market.adjusted = half(market.p);
    let mut bidders: Vec<Test> = winners
        .into_iter()
        .map(|(name, cases)| test(Subject::Bidder(name.clone()), &cases))
        .collect();
    let corrected = holm(&bidders.iter().map(|test| test.p).collect::<Vec<_>>());
    for (test, adjusted) in bidders.iter_mut().zip(corrected) {
        test.adjusted = half(adjusted);
    }
    let figures = STEPS.map(|thousandths| {
        let step = Step::of(&all, thousandths);
        let name = match thousandths {
            1 => "would have been lost by asking 0.1 % more",
            10 => "would have been lost by asking 1 % more",
            20 => "would have been lost by asking 2 % more",
            50 => "would have been lost by asking 5 % more",
            _ => "would have been lost by asking 10 % more",
        };
        let Step { wins, lost, expected, .. } = step;
        Figure { name, value: format!("{lost} of {wins} wins, at least {expected:.1} expected") }
    });
    let tests = std::iter::once(market).chain(bidders).collect();
    let outcome = Outcome::Ran { figures: figures.to_vec(), tests, pictures: Vec::new() };
    Finding { screen, coverage, outcome }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{found, market_of_margins, sale, sealed, tender};

    #[test]
    fn winners_who_always_win_by_a_tenth_are_isolated() {
        // At 5 % more none of 100 wins is lost; at least 4.76 are expected. At 10 %: 9.09.
        let records = market_of_margins(&[20_000; 100]);
        let finding = found(&records, screen);
        let market = &finding.tests()[0];
        let by_hand = (1.0 - 0.1 / 1.1_f64).powi(100) * 5.0;
        assert!((market.p - by_hand).abs() < 1e-5, "{market:?} {by_hand}");
        assert!(market.is_flag());
        assert!(finding.flags().any(|test| test.subject == Subject::Bidder("w".into())));
    }

    #[test]
    fn winners_with_close_seconds_are_not() {
        let margins: Vec<i64> = (0..200).map(|at| at * 100).collect();
        let finding = found(&market_of_margins(&margins), screen);
        assert!(!finding.is_flag(), "{finding:?}");
        assert!((finding.tests()[0].p - 1.0).abs() < 1e-12);
    }

    #[test]
    fn too_few_wins_cannot_be_told_from_chance() {
        let finding = found(&market_of_margins(&[20_000; 59]), screen);
        assert_eq!(finding.sentence(), "Cannot be run: there are 59 auctions, and it needs 60.");
    }

    #[test]
    fn a_sale_is_the_mirror_of_a_procurement() {
        let sales: Vec<Record> =
            (0..100).map(|order| sale(order, &[("w", 100_001), ("l", 80_001)])).collect();
        let tenders = market_of_margins(&[20_000; 100]);
        let of = |records: &[Record]| found(records, screen).tests()[0].p;
        assert!((of(&sales) - of(&tenders)).abs() < 1e-9);
    }

    #[test]
    fn prices_below_zero_are_left_out() {
        let records: Vec<Record> =
            (0..80).map(|order| tender(order, &[("a", i64::MIN), ("b", i64::MAX)])).collect();
        let finding = found(&records, screen);
        assert_eq!(finding.coverage.left_out[&Why::PriceNotPositive], 80);
    }

    #[test]
    fn the_largest_prices_there_are_can_be_used() {
        let records: Vec<Record> =
            (0..80).map(|order| tender(order, &[("a", i64::MAX - 1), ("b", i64::MAX)])).collect();
        let finding = found(&records, screen);
        assert!(finding.was_run() && !finding.is_flag());
    }

    #[test]
    fn sealed_bids_are_not_used() {
        let finding = found(&sealed(90), screen);
        assert_eq!(finding.sentence(), "Cannot be run: the terms did not disclose the cover.");
    }
}
