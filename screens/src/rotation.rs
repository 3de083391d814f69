//! Rotation of winners: are a bidder's wins spaced more evenly than chance would space them?
//!
//! Of a bidder, only the auctions count in which it bid, in order. Its wins cut them into stretches; the
//! statistic is the sum of the squares of their lengths, smallest if all are as long. For the market it is the sum
//! over all bidders, each by its distance from what chance shows. Chance: the auctions in another order, so that
//! who bid with whom, and how often who won, stays as it is.

use crate::{
    finding::{Coverage, Figure, Finding, Need, Outcome, Subject, Test, Why},
    permutation::{Chance, shuffle},
    picture::{Grid, GridRow, Picture},
    record::{Ending, Record},
    screen::Screen,
    statistics::{float, half},
};
use std::{cmp::Reverse, collections::BTreeMap};

/// A bidder is tested with so many wins.
const LEAST_WINS: usize = 3;
/// The most bidders that are tested: those that won most often.
const MOST_BIDDERS: usize = 200;
/// Rows and columns of the picture.
const ROWS: usize = 20;
const COLUMNS: usize = 600;

struct Case<'a> {
    bidders: Vec<&'a String>,
    winners: &'a [String],
}

fn case<'a>(record: &&'a Record) -> Result<Case<'a>, Why> {
    let bidders = record.bidders.as_ref().ok_or(Why::NotDisclosed(Need::Bidders))?;
    if !matches!(record.ending, Ending::Sold | Ending::Declined) || record.winners.is_empty() {
        return Err(Why::NoAward);
    }
    if bidders.len() < 2 {
        return Err(Why::FewBids);
    }
    Ok(Case { bidders: bidders.iter().collect(), winners: &record.winners })
}

/// The auctions in which a bidder bid, and whether it won.
struct Bidder<'a> {
    name: &'a String,
    auctions: Vec<(usize, bool)>,
}

impl Bidder<'_> {
    fn wins(&self) -> usize {
        self.auctions.iter().filter(|(_, has_won)| *has_won).count()
    }

    /// The sum of the squares of the stretches, with the auctions in the order of `places`.
    fn statistic(&self, places: &[usize]) -> f64 {
        let mut order: Vec<(usize, bool)> = self
            .auctions
            .iter()
            .filter_map(|(auction, has_won)| Some((*places.get(*auction)?, *has_won)))
            .collect();
        order.sort_unstable();
        let (mut sum, mut stretch) = (0.0, 0usize);
        for (_, has_won) in order {
            stretch = stretch.saturating_add(1);
            if has_won {
                sum += float(stretch).powi(2);
                stretch = 0;
            }
        }
        sum + float(stretch.saturating_add(1)).powi(2)
    }
}

/// The bidders to test, those with most wins first.
fn bidders<'a>(cases: &[Case<'a>]) -> Vec<Bidder<'a>> {
    let mut bidders: BTreeMap<&String, Vec<(usize, bool)>> = BTreeMap::new();
    for (place, case) in cases.iter().enumerate() {
        for bidder in &case.bidders {
            bidders.entry(bidder).or_default().push((place, case.winners.contains(bidder)));
        }
    }
    let mut bidders: Vec<Bidder<'a>> =
        bidders.into_iter().map(|(name, auctions)| Bidder { name, auctions }).collect();
    // Who wins always has no turns to take.
    bidders.retain(|bidder| bidder.wins() >= LEAST_WINS && bidder.wins() < bidder.auctions.len());
    bidders.sort_by_key(|bidder| (Reverse(bidder.wins()), bidder.name));
    bidders.truncate(MOST_BIDDERS);
    bidders
}

/// Runs the screen.
#[must_use]
pub fn screen(records: &[&Record], chance: Chance) -> Finding {
    let screen = Screen::Rotation;
    let (cases, coverage) = Coverage::gather(records.iter().map(case));
    let need = screen.smallest_sample();
    if cases.len() < need {
        return Finding::not_run(screen, coverage, (cases.len(), need, "auctions"));
    }
    let bidders = bidders(&cases);
    let tests = tests(&bidders, cases.len(), chance);
    let repeats = cases
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.winners.iter().any(|w| b.winners.contains(w))))
        .count();
    let figures = vec![
        Figure { name: "bidders with 3 wins or more", value: bidders.len().to_string() },
        Figure { name: "auctions won by the winner of the one before", value: repeats.to_string() },
        Figure::drawings(chance),
    ];
    let pictures = vec![Picture::Grid(grid(&bidders, cases.len()))];
    Finding { screen, coverage, outcome: Outcome::Ran { figures, tests, pictures } }
}

/// The market first, then each bidder.
fn tests(bidders: &[Bidder<'_>], auctions: usize, chance: Chance) -> Vec<Test> {
    let places: Vec<usize> = (0..auctions).collect();
    // One drawing serves the market and all bidders: the last number is the market's.
    let scales: Vec<f64> = bidders.iter().map(scale).collect();
    let statistics = |places: &[usize]| {
        let mut of_all: Vec<f64> = bidders.iter().map(|bidder| bidder.statistic(places)).collect();
        let market = of_all.iter().zip(&scales).map(|(statistic, scale)| statistic / scale).sum();
        of_all.push(market);
        of_all
    };
    let again = |rng: &mut rand_chacha::ChaCha20Rng| {
        let mut drawn = places.clone();
        shuffle(&mut drawn, rng);
        drawn
    };
    let seen = statistics(&places);
    let (of_bidders, of_market) = seen.split_at(bidders.len());
    let market =
        chance.compare(3, of_market, |rng| statistics(&again(rng)).split_off(bidders.len()));
    let drawn = chance.compare(3, of_bidders, |rng| {
        let mut all = statistics(&again(rng));
        all.truncate(bidders.len());
        all
    });

    let mut tests: Vec<Test> = market
        .iter()
        .map(|drawn| Test {
            subject: Subject::Market,
            auctions,
            seen: format!(
                "wins of {} bidders lie {:.1} standard deviations {} evenly than by chance",
                bidders.len(),
                drawn.distance.abs(),
                if drawn.distance > 0.0 { "less" } else { "more" }
            ),
            p: drawn.p,
            adjusted: half(drawn.p),
        })
        .collect();
    tests.extend(bidders.iter().zip(drawn).map(|(bidder, drawn)| Test {
        subject: Subject::Bidder(bidder.name.clone()),
        auctions: bidder.auctions.len(),
        seen: format!("{} wins, {:.1} standard deviations", bidder.wins(), drawn.distance),
        p: drawn.p,
        adjusted: half(drawn.adjusted),
    }));
    tests
}

/// What a bidder's statistic is about, so that one who bids often does not drown the others: the stretches as
/// chance makes them, geometric, have squares of about twice the square of their mean.
fn scale(bidder: &Bidder<'_>) -> f64 {
    let stretches = float(bidder.wins().saturating_add(1));
    let mean = float(bidder.auctions.len().saturating_add(1)) / stretches;
    2.0 * mean.powi(2) * stretches.sqrt()
}

fn grid(bidders: &[Bidder<'_>], auctions: usize) -> Grid {
    let row = |bidder: &Bidder<'_>| GridRow {
        name: bidder.name.clone(),
        bids: bidder.auctions.iter().map(|(at, _)| *at).collect(),
        wins: bidder.auctions.iter().filter(|(_, won)| *won).map(|(at, _)| *at).collect(),
    };
    Grid {
        title: "Who bid and who won".into(),
        note: format!(
            "a row per bidder, those with most wins; a column per auction, in order; tall where it won{}",
            if auctions > COLUMNS { ", the first 600" } else { "" }
        ),
        columns: auctions.min(COLUMNS),
        rows: bidders.iter().take(ROWS).map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{found, sealed, tender};

    fn run(records: &[Record]) -> Finding {
        found(records, |records| screen(records, Chance { seed: 5, drawings: 999 }))
    }

    /// Auctions of the same four, each won by the one named.
    fn won_by(winners: impl IntoIterator<Item = usize>) -> Vec<Record> {
        let names = ["a", "b", "c", "d"];
        let auction = |(order, winner): (u64, usize)| {
            let mut record = tender(order, &names.map(|name| (name, 100)));
            record.winners = vec![names[winner].into()];
            record
        };
        (0..).zip(winners).map(auction).collect()
    }

    #[test]
    fn taking_turns_is_a_flag() {
        let finding = run(&won_by((0..40).map(|at| at % 4)));
        let flags: Vec<String> = finding.flags().map(|test| test.subject.to_string()).collect();
        assert_eq!(
            flags,
            ["all auctions together", "bidder a", "bidder b", "bidder c", "bidder d"]
        );
    }

    #[test]
    fn winning_in_streaks_is_none() {
        let finding = run(&won_by((0..40).map(|at| at / 10)));
        assert!(finding.was_run() && !finding.is_flag(), "{finding:?}");
        assert!(finding.tests()[0].p > 0.9);
    }

    #[test]
    fn the_statistic_by_hand() {
        // Lost, won, lost, lost, won, lost: stretches 2, 3 and what is left with one more, 2.
        let name = "a".to_owned();
        let won = [false, true, false, false, true, false];
        let bidder = Bidder { name: &name, auctions: won.into_iter().enumerate().collect() };
        let places: Vec<usize> = (0..6).collect();
        assert!((bidder.statistic(&places) - 17.0).abs() < 1e-12);
    }

    #[test]
    fn prices_need_not_be_opened_but_who_bid() {
        assert!(run(&sealed(30)).was_run());
        let mut records = sealed(30);
        records.iter_mut().for_each(|record| record.bidders = None);
        let sentence = run(&records).sentence();
        assert_eq!(sentence, "Cannot be run: the terms did not disclose who bid.");
    }

    #[test]
    fn the_same_seed_finds_the_same() {
        let records = won_by((0..40).map(|at| at * 7 % 11 % 4));
        assert_eq!(run(&records), run(&records));
    }
}
