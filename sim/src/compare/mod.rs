//! Compares mechanisms: what bidders with a strategy make of them, over many auctions.
//!
//! Auctions are held in the clear, where thousands cost nothing, and a sample of them again with
//! real cryptography, which must come to the same.
//!
//! In the order in which the data moves:
//!
//! | module | what it holds |
//! |---|---|
//! | [`values`] | what the lot is worth to whom, from the seed |
//! | [`strategy`] | how bidders bid |
//! | [`market`] | one auction in the clear, round by round |
//! | [`profile`] | who bids how under which rules, and what comes of it |
//! | [`curves`] | the same of markets of quantities and of two sides |
//! | [`lottery`] | what the last revealer can bias |
//! | [`withholding`] | what a bidder has of not revealing |
//! | [`sample`] | some of the auctions with real cryptography |
//! | [`statistics`] | means and confidence intervals |
//! | [`report`] | all of it, for people and for tools |

pub mod curves;
pub mod lottery;
pub mod market;
pub mod profile;
pub mod report;
pub mod sample;
pub mod statistics;
pub mod strategy;
pub mod values;
pub mod withholding;

use crate::{
    failure::{Code, Failure},
    simulate::Cast,
};
use market::{Market, Rules};
use profile::{ALIKE, DEVIATIONS, Profile};
use rand_core::CryptoRngCore;
use rayon::prelude::*;
use report::Report;
use sample::Sample;
use talea_protocol::price::PriceGrid;

/// What to compare.
#[derive(Clone, Debug)]
pub struct Options {
    /// Auctions per line of a table.
    pub auctions: u32,
    /// Bidders of each.
    pub bidders: usize,
    /// The grid that values and bids lie on.
    pub grid: PriceGrid,
    /// Rounds at most, where there are rounds.
    pub limit: u32,
    /// Where all values and secrets come from.
    pub seed: u64,
    /// Auctions of each line to be simulated with real cryptography.
    pub sample: u32,
}

impl Options {
    /// Options with a grid of so many levels, and the usual limit of rounds.
    ///
    /// # Errors
    /// `compare.grid` if there is no such grid.
    pub fn new(
        auctions: u32,
        bidders: usize,
        levels: u32,
        seed: u64,
        sample: u32,
    ) -> Result<Self, Failure> {
        let grid = market::grid(levels).map_err(|why| Failure::new(Code::CompareGrid, why))?;
        Ok(Self { auctions, bidders, grid, limit: market::LIMIT, seed, sample })
    }

    fn market_with_cast(
        &self,
        rules: Rules,
        rng: &mut impl CryptoRngCore,
    ) -> Result<(Market, Cast), Failure> {
        Market::draw((rules, self.limit), &self.grid, self.bidders, rng)
    }

    /// A market that is held in the clear, where nobody needs secrets.
    fn market(&self, rules: Rules) -> Result<Market, Failure> {
        let rng = &mut values::generator(self.seed, values::Use::Secrets, u32::MAX);
        Ok(self.market_with_cast(rules, rng)?.0)
    }
}

/// Compares everything, and runs the sample. The same options give the same report, on however
/// many threads.
///
/// # Errors
/// That of a sampled auction which does not come to what it came to in the clear.
pub fn run(options: &Options, progress: impl Fn(&str)) -> Result<Report, Failure> {
    progress("auctions in the clear");
    let alike: Result<Vec<_>, Failure> =
        ALIKE.par_iter().map(|profile| profile::figures(profile, options)).collect();
    let deviations: Result<Vec<_>, Failure> =
        DEVIATIONS.par_iter().map(|profile| profile::deviation(profile, options)).collect();
    progress("markets of curves");
    let curves = (curves::figures(options)?, curves::deviations(options)?);
    progress("lotteries and withheld bids");
    let biases = lottery::biases(options);
    let withholdings = withholding::withholdings(options)?;
    progress("auctions with real cryptography");
    let sample = play_sample(options)?;
    Ok(Report::new(options, (alike?, deviations?), curves, (biases, withholdings), sample))
}

fn play_sample(options: &Options) -> Result<Sample, Failure> {
    let lines: Vec<&Profile> = ALIKE.iter().chain(&DEVIATIONS).collect();
    let number = options.sample.min(options.auctions);
    let runs: Vec<(u32, u32, &Profile)> = (0u32..)
        .zip(lines)
        .flat_map(|(line, profile)| (0..number).map(move |number| (line, number, profile)))
        .collect();
    let runs = runs.par_iter();
    runs.map(|(line, number, profile)| sample::simulate_one(profile, options, (*line, *number)))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_is_one_report() {
        let report = |seed| run(&Options::new(20, 4, 64, seed, 0).unwrap(), |_| ()).unwrap();
        assert_eq!(report(1).text(), report(1).text());
        assert_eq!(report(1).json(), report(1).json());
        assert_ne!(report(1).text(), report(2).text());
    }

    #[test]
    fn tools_find_every_line() {
        let report = run(&Options::new(10, 4, 64, 1, 0).unwrap(), |_| ()).unwrap();
        let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!((&json["schema"], &json["kind"]), (&"talea-sim/2".into(), &"compare".into()));
        assert_eq!(json["seed"], "1");
        let lines = |name: &str| json[name].as_array().unwrap().len();
        assert_eq!((lines("strategies"), lines("deviations")), (ALIKE.len(), DEVIATIONS.len()));
        assert_eq!((lines("lottery"), lines("withholding")), (10, 6));
        assert_eq!(json["strategies"][3]["rules"], "second price");
        assert_eq!(json["strategies"][0]["revenue"]["count"], 10);
        assert!(json["strategies"][0]["revenue"]["mean"].is_number());
    }
}
