//! Mechanisms and strategies compared: many auctions in the clear, a sample of them with real
//! cryptography.
//!
//! | module | what it holds |
//! |---|---|
//! | [`strategy`] | what a bidder bids, given its value and what it has seen |
//! | [`market`] | one auction in the clear, round by round, by [`crate::plain`] |
//! | [`statistics`] | means and confidence intervals |
//! | [`lottery`] | what the last revealer can bias |
//! | [`report`] | tables and JSON |
//!
//! Values are private, independent and uniform on the rungs from 1 on: the simplest model there is.

pub mod lottery;
pub mod market;
pub mod report;
pub mod statistics;
pub mod strategy;

use crate::{
    auditor,
    failure::{Code, Failure},
    play,
    scenario::Scenario,
    seed,
};
use lottery::LotteryLine;
use market::{Market, Played};
use rand_core::RngCore as _;
use statistics::Statistic;
use std::path::Path;
use strategy::Strategy;
use talea_verifier::{Options, Verdict};

/// What to compare.
#[derive(Clone, Copy, Debug)]
pub struct Comparison {
    /// Auctions per line.
    pub auctions: u32,
    /// Bidders in each.
    pub bidders: u32,
    /// Rungs of the ladder.
    pub rungs: u32,
    /// Where everything comes from.
    pub seed: u64,
    /// How many auctions of each line are played with real cryptography as well.
    pub sample: u32,
}

/// The rules of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// The best bid wins and pays what it bid.
    FirstPrice,
    /// The best bid wins and pays the best losing one.
    SecondPrice,
    /// Three units, all for the best losing bid.
    ThreeUnits,
    /// A first price in up to eight rounds, with the depth in between.
    Rounds,
}

impl Rules {
    /// As tables name them.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::FirstPrice => "first price",
            Self::SecondPrice => "second price",
            Self::ThreeUnits => "three units",
            Self::Rounds => "rounds",
        }
    }

    /// As a scenario says them.
    fn scenario(self) -> &'static str {
        match self {
            Self::FirstPrice => "",
            Self::SecondPrice => "mechanism = \"second-price\"\n",
            Self::ThreeUnits => "mechanism = { uniform-price = { units = 3 } }\n",
            Self::Rounds => "[disclosure]\ndepth_from = 1\n[rounds]\nlimit = 8\n",
        }
    }
}

/// Everybody does the same.
const LINES: [(Rules, Strategy); 10] = [
    (Rules::FirstPrice, Strategy::Truthful),
    (Rules::FirstPrice, Strategy::Shading),
    (Rules::SecondPrice, Strategy::Truthful),
    (Rules::SecondPrice, Strategy::Shading),
    (Rules::ThreeUnits, Strategy::Truthful),
    (Rules::ThreeUnits, Strategy::Shading),
    (Rules::Rounds, Strategy::Truthful),
    (Rules::Rounds, Strategy::Standing),
    (Rules::Rounds, Strategy::Improving),
    (Rules::Rounds, Strategy::Sniping),
];

/// One bidder does otherwise than all others.
const DEVIATIONS: [(Rules, Strategy, Strategy); 7] = [
    (Rules::FirstPrice, Strategy::Truthful, Strategy::Shading),
    (Rules::FirstPrice, Strategy::Shading, Strategy::Truthful),
    (Rules::SecondPrice, Strategy::Truthful, Strategy::Shading),
    (Rules::ThreeUnits, Strategy::Truthful, Strategy::Shading),
    (Rules::Rounds, Strategy::Improving, Strategy::Sniping),
    (Rules::Rounds, Strategy::Improving, Strategy::Standing),
    (Rules::Rounds, Strategy::Sniping, Strategy::Improving),
];

/// What everybody's doing the same comes to, as shares of the best that can be.
#[derive(Clone, Debug)]
pub struct Line {
    rules: Rules,
    strategy: Strategy,
    revenue: Statistic,
    efficiency: Statistic,
    surplus: Statistic,
    rounds: Statistic,
}

/// What one bidder gains by doing otherwise, on the same values, as a share of the last rung.
#[derive(Clone, Debug)]
pub struct Deviation {
    rules: Rules,
    rest: Strategy,
    deviator: Strategy,
    conforming: Statistic,
    deviating: Statistic,
    gain: Statistic,
}

/// Who stays away after its value fell, at the price of a deposit, as shares of the last rung.
#[derive(Clone, Debug)]
pub struct WalkAway {
    deposit: f64,
    pays: Statistic,
    gain: Statistic,
}

/// Everything that was compared.
#[derive(Clone, Debug)]
pub struct Compared {
    comparison: Comparison,
    lines: Vec<Line>,
    deviations: Vec<Deviation>,
    walk_aways: Vec<WalkAway>,
    lottery: Vec<LotteryLine>,
    /// Auctions that real cryptography played too, with the same outcome.
    played: u32,
}

/// Compares.
///
/// # Errors
/// `compare.differs` if real cryptography comes to another outcome than the auction in the clear.
pub fn compare(comparison: &Comparison) -> Result<Compared, Failure> {
    let mut played = 0;
    let mut lines = Vec::new();
    for (rules, strategy) in LINES {
        let market = Market::open(rules, comparison)?;
        let mut line = Line {
            rules,
            strategy,
            revenue: Statistic::default(),
            efficiency: Statistic::default(),
            surplus: Statistic::default(),
            rounds: Statistic::default(),
        };
        let everybody: Vec<Strategy> = (0..comparison.bidders).map(|_| strategy).collect();
        for auction in 0..comparison.auctions {
            let values = values(comparison, auction);
            let held = market.hold(&everybody, &values);
            line.add(&market, &values, &held);
            if auction < comparison.sample {
                play_for_real(&market, &held, comparison.seed.wrapping_add(u64::from(auction)))?;
                played += 1;
            }
        }
        lines.push(line);
    }
    let mut deviations = Vec::new();
    for (rules, rest, deviator) in DEVIATIONS {
        let market = Market::open(rules, comparison)?;
        deviations.push(deviate(&market, comparison, (rules, rest, deviator)));
    }
    let market = Market::open(Rules::FirstPrice, comparison)?;
    Ok(Compared {
        comparison: *comparison,
        lines,
        deviations,
        walk_aways: walk_away(&market, comparison),
        lottery: lottery::measure(comparison),
        played,
    })
}

/// The values of everybody in an auction: the same in every line.
fn values(comparison: &Comparison, auction: u32) -> Vec<u32> {
    let mut rng = seed::generator(comparison.seed, u64::from(auction));
    let span = u64::from(comparison.rungs.saturating_sub(1)).max(1);
    let draw = |_| u32::try_from(1 + rng.next_u64() % span).unwrap_or(u32::MAX);
    (0..comparison.bidders).map(draw).collect()
}

impl Line {
    fn add(&mut self, market: &Market, values: &[u32], held: &Played) {
        let mut best: Vec<u32> = values.to_vec();
        best.sort_unstable_by(|a, b| b.cmp(a));
        let best: f64 = best.iter().take(market.units()).map(|value| f64::from(*value)).sum();
        let of_winners: f64 = held
            .winners
            .iter()
            .filter_map(|winner| values.get(*winner))
            .map(|v| f64::from(*v))
            .sum();
        let paid = f64::from(held.price) * held.winners.len() as f64;
        self.revenue.add(paid / best);
        self.efficiency.add(of_winners / best);
        self.surplus.add((of_winners - paid) / best);
        self.rounds.add(held.bids.len() as f64);
    }
}

/// What bidder 0 has of an auction, as a share of the last rung.
fn surplus(held: &Played, values: &[u32], span: f64) -> f64 {
    let won = held.winners.contains(&0);
    let value = values.first().copied().unwrap_or(0);
    if won { (f64::from(value) - f64::from(held.price)) / span } else { 0.0 }
}

fn deviate(
    market: &Market,
    comparison: &Comparison,
    (rules, rest, deviator): (Rules, Strategy, Strategy),
) -> Deviation {
    let span = f64::from(comparison.rungs.saturating_sub(1));
    let all: Vec<Strategy> = (0..comparison.bidders).map(|_| rest).collect();
    let mut one = all.clone();
    if let Some(first) = one.first_mut() {
        *first = deviator;
    }
    let [mut conforming, mut deviating, mut gain] = [(); 3].map(|()| Statistic::default());
    for auction in 0..comparison.auctions {
        let values = values(comparison, auction);
        let before = surplus(&market.hold(&all, &values), &values, span);
        let after = surplus(&market.hold(&one, &values), &values, span);
        conforming.add(before);
        deviating.add(after);
        gain.add(after - before);
    }
    Deviation { rules, rest, deviator, conforming, deviating, gain }
}

/// Deposits, in thousandths of the last rung.
const DEPOSITS: [u32; 5] = [0, 10, 50, 200, 1000];

/// With probability 1/4 the value of bidder 0 falls, to anything below, after the commits. The worst
/// case for everybody else: it knows by then whether it wins, and stays away where that pays.
fn walk_away(market: &Market, comparison: &Comparison) -> Vec<WalkAway> {
    let span = f64::from(comparison.rungs.saturating_sub(1));
    let everybody: Vec<Strategy> = (0..comparison.bidders).map(|_| Strategy::Shading).collect();
    let mut lines = DEPOSITS.map(|thousandths| WalkAway {
        deposit: f64::from(thousandths) / 1000.0,
        pays: Statistic::default(),
        gain: Statistic::default(),
    });
    for auction in 0..comparison.auctions {
        let values = values(comparison, auction);
        let mut rng = seed::generator(comparison.seed.wrapping_add(1), u64::from(auction));
        let value = values.first().copied().unwrap_or(0);
        let falls = rng.next_u64().is_multiple_of(4);
        let left = if falls { rng.next_u64() % u64::from(value.max(1)) } else { value.into() };
        let held = market.hold(&everybody, &values);
        let loss = (f64::from(held.price) - left as f64) / span;
        for WalkAway { deposit, pays, gain } in &mut lines {
            let saved = if held.winners.contains(&0) { loss - *deposit } else { 0.0 };
            pays.add(if saved > 0.0 { 1.0 } else { 0.0 });
            gain.add(saved.max(0.0));
        }
    }
    lines.into()
}

/// Plays the same bids with real cryptography, and has both verifications agree with the auction in
/// the clear.
fn play_for_real(market: &Market, held: &Played, seed: u64) -> Result<(), Failure> {
    let plan = market.plan(&held.bids);
    let differs = |why: String| Failure::new(Code::CompareDiffers, why);
    let stuck = |error: play::PlayError| Failure::new(Code::RunStuck, error.to_string());
    let mut transcript = Vec::new();
    let mut rng = seed::generator(seed, 0);
    let played = play::play(market.cast()?, &plan, &mut transcript, &mut rng).map_err(stuck)?;
    let differences = auditor::differences(&plan, market.bidders(), &played.outcome);
    if let Some(difference) = differences.first() {
        return Err(differs(difference.clone()));
    }
    let report = talea_verifier::verify(&transcript[..], &Options::default(), |_| ());
    match report {
        Ok(report) if report.verdict == Verdict::Valid => Ok(()),
        Ok(report) => {
            Err(differs(format!("the verifier refuses a transcript:\n{}", report.to_text())))
        }
        Err(fault) => Err(Failure::new(Code::RunStuck, fault.to_string())),
    }
}

/// The scenario of a line, without bids.
fn scenario(rules: Rules, comparison: &Comparison) -> Result<Scenario, Failure> {
    let mut text = format!("title = \"comparison\"\nseed = {}\n", comparison.seed);
    // Keys of the file itself stand before its tables.
    text.push_str(rules.scenario());
    text.push_str(&format!(
        "[[lots]]\nname = \"lot\"\nside = \"sale\"\nscale = \"decimal 0\"\nstart = \"0\"\nrungs = {}\n\
         [[quorum]]\nname = \"keyholder\"\nthreshold = 1\nmembers = 1\n",
        comparison.rungs
    ));
    for bidder in 0..comparison.bidders {
        text.push_str(&format!("[[bidders]]\nname = \"bidder {bidder}\"\n"));
    }
    Scenario::from_text(&text, Path::new(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Comparison {
        Comparison { auctions: 300, bidders: 4, rungs: 64, seed: 7, sample: 0 }
    }

    #[test]
    fn one_seed_is_one_comparison() {
        let text = |seed| compare(&Comparison { seed, auctions: 20, ..small() }).unwrap().json();
        assert_eq!(text(1), text(1));
        assert_ne!(text(1), text(2));
    }

    #[test]
    fn shading_never_gains_where_the_price_is_not_ones_own_bid() {
        for rules in [Rules::SecondPrice, Rules::ThreeUnits] {
            let market = Market::open(rules, &small()).unwrap();
            let (all, mut one) = ([Strategy::Truthful; 4], [Strategy::Truthful; 4]);
            one[0] = Strategy::Shading;
            for auction in 0..300 {
                let values = values(&small(), auction);
                let [before, after] =
                    [all, one].map(|who| surplus(&market.hold(&who, &values), &values, 63.0));
                assert!(after <= before, "{rules:?} auction {auction}");
            }
        }
    }

    #[test]
    fn shading_gains_where_it_is() {
        let market = Market::open(Rules::FirstPrice, &small()).unwrap();
        let lines = (Rules::FirstPrice, Strategy::Truthful, Strategy::Shading);
        let deviation = deviate(&market, &small(), lines);
        assert!(deviation.gain.mean() > deviation.gain.half_width());
    }

    #[test]
    fn a_deposit_of_the_whole_ladder_keeps_everybody() {
        let market = Market::open(Rules::FirstPrice, &small()).unwrap();
        let lines = walk_away(&market, &small());
        assert!(lines.first().unwrap().pays.mean() > 0.0);
        assert!(lines.last().unwrap().pays.mean() <= 0.0);
        assert!(lines.windows(2).all(|pair| pair[1].gain.mean() <= pair[0].gain.mean()));
    }

    #[test]
    fn real_cryptography_comes_to_the_same() {
        let comparison = Comparison { auctions: 2, bidders: 3, rungs: 16, seed: 3, sample: 2 };
        assert_eq!(compare(&comparison).unwrap().played, 20);
    }
}
