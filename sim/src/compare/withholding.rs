//! What a bidder has of the choice not to reveal.
//!
//! Between commit and reveal its value falls, to anything below as likely; everybody bid the shaded
//! bid at first price. It may reveal, and perhaps win at a price that is now too high, or not reveal
//! and lose its deposit.

use super::{
    Options,
    market::Rules,
    profile::{Profile, levels},
    statistics::{Estimate, Mean},
    strategy::Strategy,
    values::{Use, below, generator},
};
use crate::failure::Failure;
use serde::Serialize;
use talea_protocol::price::Level;

/// Deposits, in hundredths of the grid.
const DEPOSITS: [u32; 6] = [0, 1, 5, 10, 25, 50];

/// What withholding is worth at one deposit, in auctions in which the bidder's value fell.
#[derive(Clone, Debug, Serialize)]
pub struct Withholding {
    /// The deposit, in hundredths of the grid.
    pub deposit_per_cent: u32,
    /// How often it pays one who knows its own bid alone.
    pub blind: Estimate,
    /// What that one gains by being able to, in levels.
    pub blind_gain: Estimate,
    /// How often it pays one who knows all bids, in league with a quorum.
    pub knowing: Estimate,
    /// What that one gains by being able to, in levels.
    pub knowing_gain: Estimate,
}

/// Measures every deposit on the same auctions.
///
/// # Errors
/// `run.stuck` if there are no such terms.
pub fn withholdings(options: &Options) -> Result<Vec<Withholding>, Failure> {
    let shading = Strategy::Shading;
    let profile = Profile { rules: Rules::FirstPrice, one: shading, others: shading };
    let market = options.market(profile.rules)?;
    let mut means = DEPOSITS.map(|deposit| (deposit, [Mean::default(); 4]));
    for number in 0..options.auctions {
        let (bidders, one) = profile.bidders(options, number);
        let held = market.hold(&bidders);
        let won = market.winners(&held).contains(&one);
        let value = bidders.get(one).map_or(Level(0), |(value, _)| *value);
        let bids = held.bids.first();
        let bid = bids.and_then(|bids| bids.get(one).copied()).unwrap_or(Level(0));
        let rng = &mut generator(options.seed, Use::Shocks, number);
        let fallen = Level(below(value.0.saturating_add(1), rng));
        // Negative if the price is now above the value.
        let surplus = levels(i64::from(fallen.0).saturating_sub(bid.0.into()));
        let revealing = if won { surplus } else { 0.0 };
        let expected = surplus * probability(value, options);
        for (deposit, [blind, blind_gain, knowing, knowing_gain]) in &mut means {
            let forfeit = f64::from(options.grid.levels) * f64::from(*deposit) / 100.0;
            let gain = |withholds: bool| if withholds { -forfeit - revealing } else { 0.0 };
            blind.push_if(expected < -forfeit);
            blind_gain.push(gain(expected < -forfeit));
            knowing.push_if(revealing < -forfeit);
            knowing_gain.push(gain(revealing < -forfeit));
        }
    }
    let figures =
        |(deposit_per_cent, [blind, blind_gain, knowing, knowing_gain]): (_, [Mean; 4])| {
            Withholding {
                deposit_per_cent,
                blind: blind.estimate(),
                blind_gain: blind_gain.estimate(),
                knowing: knowing.estimate(),
                knowing_gain: knowing_gain.estimate(),
            }
        };
    Ok(means.map(figures).into())
}

/// The probability that every other value is below this one.
fn probability(value: Level, options: &Options) -> f64 {
    let below = f64::from(value.0) / f64::from(options.grid.levels);
    // Not `powi`, whose last bit differs between machines.
    (1..options.bidders).fold(1.0, |product, _| product * below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_higher_the_deposit_the_less_withholding_pays() {
        let options = Options::new(1_000, 5, 1_024, 5, 0).unwrap();
        let found = withholdings(&options).unwrap();
        for (lower, higher) in found.iter().zip(found.iter().skip(1)) {
            assert!(higher.blind.mean <= lower.blind.mean);
            assert!(higher.knowing.mean <= lower.knowing.mean);
            assert!(higher.knowing_gain.mean <= lower.knowing_gain.mean);
        }
        for row in &found {
            assert!(row.knowing_gain.mean >= row.blind_gain.mean, "who knows more does not lose");
            assert!(row.knowing_gain.mean >= 0.0);
        }
        // Without a deposit, whenever the value fell below the bid of the winner, or of anybody.
        assert!(found[0].blind.mean > 0.7 && found[0].knowing.mean > 0.1);
    }
}
