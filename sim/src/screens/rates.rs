//! How often each screen raises a flag, market by market.

use super::lines::{LINES, Line};
use crate::report::SCHEMA;
use rayon::prelude::*;
use serde::Serialize;
use std::fmt::Write as _;
use talea_screens::{Chance, Screen, run_with, statistics::share_interval};
use talea_text::{json::to_json, table::table};

/// How often labels are drawn again: flags need a probability of at most 1 in 40.
const DRAWINGS: u16 = 499;

/// What to try.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Auctions that are screened together.
    pub auctions: u32,
    /// How often.
    pub repeats: u32,
    /// Where all numbers come from.
    pub seed: u64,
}

/// How often one screen raised a flag in one market.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rate {
    /// The screen.
    pub screen: &'static str,
    /// Repetitions in which it was run.
    pub run: u32,
    /// Those in which it raised a flag.
    pub flags: u32,
    /// The share; nothing if it was never run.
    pub share: Option<f64>,
    /// The 95 % confidence interval of the share.
    pub interval: Option<(f64, f64)>,
}

/// What the screens made of one market.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LineReport {
    /// The market.
    pub market: &'static str,
    /// What is true of it.
    pub truth: super::lines::Truth,
    /// Each screen.
    pub rates: Vec<Rate>,
}

/// What the screens made of all markets.
#[derive(Clone, Debug, Serialize)]
pub struct RatesReport {
    schema: &'static str,
    kind: &'static str,
    seed: String,
    auctions: u32,
    repeats: u32,
    /// A market each.
    pub lines: Vec<LineReport>,
}

/// Tries all screens on all markets. The same options give the same report, on however many threads.
pub fn run(options: &Options, progress: impl Fn(&str)) -> RatesReport {
    let Options { auctions, repeats, seed } = *options;
    let lines = LINES.iter().zip(0u32..).map(|(line, number)| {
        progress(line.name);
        report(line, number, options)
    });
    let lines = lines.collect();
    RatesReport {
        schema: SCHEMA,
        kind: "screens",
        seed: seed.to_string(),
        auctions,
        repeats,
        lines,
    }
}

/// Tries all screens on one market.
#[must_use]
pub fn report(line: &Line, number: u32, options: &Options) -> LineReport {
    let Options { auctions, repeats, seed } = *options;
    let auctions = usize::try_from(auctions).unwrap_or(usize::MAX);
    let results: Vec<Vec<(bool, bool)>> = (0..repeats)
        .into_par_iter()
        .map(|repeat| {
            let number = number.wrapping_mul(1 << 16).wrapping_add(repeat);
            let records = line.records(auctions, seed, number);
            let chance = Chance { seed: seed.wrapping_add(repeat.into()), drawings: DRAWINGS };
            let findings = run_with(&records, chance);
            findings.iter().map(|finding| (finding.was_run(), finding.is_flag())).collect()
        })
        .collect();
    let rate = |(place, screen): (usize, &Screen)| {
        let of = || results.iter().filter_map(|result| result.get(place));
        let (run, flags) =
            (of().filter(|(run, _)| *run).count(), of().filter(|(_, flag)| *flag).count());
        Rate {
            screen: screen.name(),
            run: u32::try_from(run).unwrap_or(u32::MAX),
            flags: u32::try_from(flags).unwrap_or(u32::MAX),
            share: (run > 0).then(|| share(flags, run)),
            interval: (run > 0).then(|| share_interval(flags, run)),
        }
    };
    let rates = Screen::ALL.iter().enumerate().map(rate).collect();
    LineReport { market: line.name, truth: line.truth, rates }
}

fn share(flags: usize, run: usize) -> f64 {
    use talea_screens::statistics::float;
    float(flags) / float(run)
}

impl RatesReport {
    /// As people read it.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { seed, auctions, repeats, .. } = self;
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{repeats} times {auctions} auctions per market, seed {seed}; flags in %, with 95 % confidence \
             intervals; - where a screen was not run\n"
        );
        let titles = Screen::ALL.iter().map(|screen| screen.name());
        let heading: Vec<&str> = ["market", "truth"].into_iter().chain(titles).collect();
        let rows = self.lines.iter().map(|line| {
            let names = [line.market.to_owned(), line.truth.words().to_owned()];
            names.into_iter().chain(line.rates.iter().map(Rate::words)).collect()
        });
        let _ = writeln!(text, "{}\n", table(&heading, rows.collect(), &[2, 3, 4, 5, 6, 7]));
        let _ = writeln!(
            text,
            "A flag is no proof. Where a market is not as a screen assumes, honest auctions raise it too."
        );
        text
    }

    /// As tools read it.
    #[must_use]
    pub fn json(&self) -> String {
        to_json(self)
    }
}

impl Rate {
    fn words(&self) -> String {
        match (self.share, self.interval) {
            (Some(share), Some((low, high))) => {
                let [share, low, high] = [share, low, high].map(|share| share * 100.0);
                format!("{share:.1} ({low:.1} to {high:.1})")
            }
            _ => "-".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::lines::Truth;

    /// Few and short, as tests are; `talea-sim screens` measures.
    const FEW: Options = Options { auctions: 120, repeats: 12, seed: 1 };

    fn reports(truth: Truth) -> Vec<LineReport> {
        let lines = LINES.iter().zip(0u32..).filter(|(line, _)| line.truth == truth);
        lines.map(|(line, number)| report(line, number, &FEW)).collect()
    }

    fn share(reports: &[LineReport], market: &str, screen: Screen) -> f64 {
        let line = reports.iter().find(|line| line.market == market).unwrap();
        let rate = line.rates.iter().find(|rate| rate.screen == screen.name()).unwrap();
        rate.share.unwrap()
    }

    #[test]
    fn honest_auctions_raise_no_more_flags_than_is_said() {
        let reports = reports(Truth::Honest);
        assert_eq!(reports.len(), 8);
        for screen in Screen::ALL {
            let rates = reports.iter().flat_map(|line| &line.rates);
            let of: Vec<&Rate> = rates.filter(|rate| rate.screen == screen.name()).collect();
            let sum = |count: fn(&Rate) -> u32| -> usize {
                of.iter().map(|rate| usize::try_from(count(rate)).unwrap()).sum()
            };
            let (flags, run) = (sum(|rate| rate.flags), sum(|rate| rate.run));
            assert!(run >= 12, "{screen:?} was hardly run");
            let (low, _) = share_interval(flags, run);
            assert!(low <= 0.05, "{screen:?}: {flags} of {run}");
        }
    }

    #[test]
    fn each_screen_sees_what_it_is_for() {
        let reports = reports(Truth::Collusive);
        let turns = "a ring of all 5, by turns, covers 2 to 5 %";
        for screen in [Screen::MissingBids, Screen::Spread, Screen::Rotation] {
            assert!(share(&reports, turns, screen) > 0.8, "{screen:?} {reports:?}");
        }
        let wide = "a ring of all 5, the cheapest wins, covers 5 to 10 %";
        assert!(share(&reports, wide, Screen::MissingBids) > 0.8, "{reports:?}");
        assert!(share(&reports, wide, Screen::Rotation) < 0.4, "nobody takes turns: {reports:?}");
        assert!(share(&reports, "bonds, a seller who fishes", Screen::Declines) > 0.8);
    }

    #[test]
    fn honest_auctions_that_are_not_as_assumed_are_flagged_and_the_table_says_so() {
        let reports = reports(Truth::HonestOtherwise);
        for (market, screen) in [
            ("little capacity after a win", Screen::Rotation),
            ("a calm third", Screen::Variance),
            ("a ceiling that half exceed", Screen::Spread),
        ] {
            assert!(share(&reports, market, screen) > 0.4, "{market} {reports:?}");
        }
    }

    #[test]
    fn one_seed_is_one_report() {
        let few = |seed| run(&Options { auctions: 40, repeats: 2, seed }, |_| ());
        assert_eq!(few(1).text(), few(1).text());
        assert_eq!(few(1).json(), few(1).json());
        let json: serde_json::Value = serde_json::from_str(&few(7).json()).unwrap();
        assert_eq!((&json["schema"], &json["kind"]), (&"talea-sim/2".into(), &"screens".into()));
        assert_eq!(json["lines"].as_array().unwrap().len(), LINES.len());
        assert_eq!((&json["seed"], &json["lines"][0]["truth"]), (&"7".into(), &"honest".into()));
    }
}
