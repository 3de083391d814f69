//! Who bids how under which rules, and what comes of it over many auctions.

use super::{
    Options,
    market::{Held, Market, Rules},
    statistics::{Estimate, Mean},
    strategy::Strategy,
    values,
};
use crate::failure::Failure;
use serde::Serialize;
use std::cmp::Reverse;
use talea_protocol::price::Level;

/// Who bids how under which rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The rules.
    pub rules: Rules,
    /// What one bidder does, a different one in each auction: who commits first wins ties.
    pub one: Strategy,
    /// What all the others do.
    pub others: Strategy,
}

const fn all(rules: Rules, strategy: Strategy) -> Profile {
    Profile { rules, one: strategy, others: strategy }
}

/// Everybody bids alike.
pub const ALIKE: [Profile; 12] = [
    all(Rules::FirstPrice, Strategy::Truthful),
    all(Rules::FirstPrice, Strategy::Shading),
    all(Rules::SecondPrice, Strategy::Truthful),
    all(Rules::SecondPrice, Strategy::Shading),
    all(Rules::ThreeUnits, Strategy::Truthful),
    all(Rules::ThreeUnits, Strategy::Shading),
    all(Rules::InRounds, Strategy::Truthful),
    all(Rules::InRounds, Strategy::Holding),
    all(Rules::InRounds, Strategy::Improving),
    all(Rules::InRounds, Strategy::Sniping),
    all(Rules::InRounds, Strategy::EarlySniping),
    all(Rules::InRounds, Strategy::Creeping),
];

const fn against(rules: Rules, others: Strategy, one: Strategy) -> Profile {
    Profile { rules, one, others }
}

/// One bidder does something else.
pub const DEVIATIONS: [Profile; 17] = [
    against(Rules::FirstPrice, Strategy::Truthful, Strategy::Shading),
    against(Rules::FirstPrice, Strategy::Shading, Strategy::Truthful),
    against(Rules::SecondPrice, Strategy::Truthful, Strategy::Shading),
    against(Rules::ThreeUnits, Strategy::Truthful, Strategy::Shading),
    against(Rules::InRounds, Strategy::Holding, Strategy::Improving),
    against(Rules::InRounds, Strategy::Holding, Strategy::Sniping),
    against(Rules::InRounds, Strategy::Holding, Strategy::Creeping),
    against(Rules::InRounds, Strategy::Improving, Strategy::Holding),
    against(Rules::InRounds, Strategy::Improving, Strategy::Sniping),
    against(Rules::InRounds, Strategy::Improving, Strategy::EarlySniping),
    against(Rules::InRounds, Strategy::Improving, Strategy::Creeping),
    against(Rules::InRounds, Strategy::Sniping, Strategy::EarlySniping),
    against(Rules::InRounds, Strategy::Sniping, Strategy::Creeping),
    against(Rules::InRounds, Strategy::Creeping, Strategy::Holding),
    against(Rules::InRounds, Strategy::Creeping, Strategy::Improving),
    against(Rules::InRounds, Strategy::Creeping, Strategy::Sniping),
    against(Rules::InRounds, Strategy::Creeping, Strategy::EarlySniping),
];

impl Profile {
    /// The bidders of auction `number`, and which of them is the one.
    #[must_use]
    pub fn bidders(&self, options: &Options, number: u32) -> (Vec<(Level, Strategy)>, usize) {
        let values = values::draw(options.seed, number, options.bidders, options.grid.levels);
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let one = number.checked_rem(values.len()).unwrap_or(0);
        let strategy = |index| if index == one { self.one } else { self.others };
        let bidders = values.into_iter().enumerate();
        (bidders.map(|(index, value)| (value, strategy(index))).collect(), one)
    }
}

/// What comes of it when everybody bids alike. Shares are of what the best bidders' values add up
/// to, so revenue and surplus add up to the efficiency.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// The rules.
    pub rules: String,
    /// What everybody does.
    pub strategy: String,
    /// What the seller takes.
    pub revenue: Estimate,
    /// What the winners' values add up to.
    pub efficiency: Estimate,
    /// What the winners keep.
    pub surplus: Estimate,
    /// The price, in levels.
    pub price: Estimate,
    /// Rounds that were held.
    pub rounds: Estimate,
}

/// Holds many auctions in which everybody bids alike.
///
/// # Errors
/// `run.stuck` if there are no such terms.
pub fn figures(profile: &Profile, options: &Options) -> Result<Figures, Failure> {
    let market = options.market(profile.rules)?;
    let [mut revenue, mut efficiency, mut surplus, mut price, mut rounds] = [Mean::default(); 5];
    for number in 0..options.auctions {
        let (bidders, _) = profile.bidders(options, number);
        let held = market.hold(&bidders);
        let Shares { paid, won, best, level } = shares(&market, &bidders, &held);
        revenue.push(paid / best);
        efficiency.push(won / best);
        surplus.push((won - paid) / best);
        price.push(level);
        rounds.push(count(held.bids.len()));
    }
    Ok(Figures {
        rules: profile.rules.to_string(),
        strategy: profile.one.to_string(),
        revenue: revenue.estimate(),
        efficiency: efficiency.estimate(),
        surplus: surplus.estimate(),
        price: price.estimate(),
        rounds: rounds.estimate(),
    })
}

/// Sums of one auction, in levels.
struct Shares {
    paid: f64,
    won: f64,
    /// The most that winners' values can add up to.
    best: f64,
    level: f64,
}

fn shares(market: &Market, bidders: &[(Level, Strategy)], held: &Held) -> Shares {
    let value = |place: usize| bidders.get(place).map_or(0.0, |(value, _)| f64::from(value.0));
    let winners = market.winners(held);
    let level = held.price().map_or(0.0, |level| f64::from(level.0));
    let mut values: Vec<Level> = bidders.iter().map(|(value, _)| *value).collect();
    values.sort_by_key(|value| Reverse(*value));
    Shares {
        paid: level * count(winners.len()),
        won: winners.iter().map(|winner| value(*winner)).sum(),
        best: values.iter().take(market.units()).map(|value| f64::from(value.0)).sum(),
        level,
    }
}

fn count(items: usize) -> f64 {
    u32::try_from(items).map_or(f64::INFINITY, f64::from)
}

/// What one bidder has of doing something else, on the same auctions.
#[derive(Clone, Debug, Serialize)]
pub struct Deviation {
    /// The rules.
    pub rules: String,
    /// What the others do.
    pub others: String,
    /// What the one does.
    pub one: String,
    /// What it gains if it does as the others do, in levels.
    pub before: Estimate,
    /// What it gains if it does not.
    pub after: Estimate,
    /// The difference, auction by auction.
    pub gain: Estimate,
    /// In which share of the auctions it is better off.
    pub better: Estimate,
    /// In which it is worse off.
    pub worse: Estimate,
}

/// Holds many auctions in which one bidder deviates, and the same in which it does not.
///
/// # Errors
/// `run.stuck` if there are no such terms.
pub fn deviation(profile: &Profile, options: &Options) -> Result<Deviation, Failure> {
    let market = options.market(profile.rules)?;
    let alike = Profile { one: profile.others, ..*profile };
    let [mut before, mut after, mut gain, mut better, mut worse] = [Mean::default(); 5];
    for number in 0..options.auctions {
        let surplus = |profile: &Profile| {
            let (bidders, one) = profile.bidders(options, number);
            let value = bidders.get(one).map_or(Level(0), |(value, _)| *value);
            market.surplus(&market.hold(&bidders), one, value)
        };
        let (stays, deviates) = (surplus(&alike), surplus(profile));
        before.push(levels(stays));
        after.push(levels(deviates));
        gain.push(levels(deviates.saturating_sub(stays)));
        better.push_if(deviates > stays);
        worse.push_if(deviates < stays);
    }
    Ok(Deviation {
        rules: profile.rules.to_string(),
        others: profile.others.to_string(),
        one: profile.one.to_string(),
        before: before.estimate(),
        after: after.estimate(),
        gain: gain.estimate(),
        better: better.estimate(),
        worse: worse.estimate(),
    })
}

/// A number of levels, gained or lost: far below where a float rounds.
pub(super) fn levels(number: i64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options::new(400, 5, 1_024, 7, 0).unwrap()
    }

    #[test]
    fn an_auction_is_the_same_for_everybody_who_plays_it() {
        let (bidders, one) = ALIKE[0].bidders(&options(), 7);
        assert_eq!(one, 2);
        let (others, _) = DEVIATIONS[9].bidders(&options(), 7);
        let values =
            |bidders: &[(Level, Strategy)]| bidders.iter().map(|b| b.0).collect::<Vec<_>>();
        assert_eq!(values(&bidders), values(&others));
        assert_eq!(others[2].1, Strategy::EarlySniping);
        assert_eq!(others.iter().filter(|(_, s)| *s == Strategy::Improving).count(), 4);
    }

    /// With n uniform values the best is n / (n + 1) of the grid on average; by revenue equivalence
    /// first and second price bring the seller (n - 1) / n of it.
    #[test]
    fn revenue_equivalence() {
        let first = figures(&ALIKE[1], &options()).unwrap();
        let second = figures(&ALIKE[2], &options()).unwrap();
        assert!((first.revenue.mean - 0.8).abs() < 0.003, "{}", first.revenue);
        let width = second.revenue.half_width.unwrap();
        assert!((second.revenue.mean - 0.8).abs() < 1.5 * width, "{}", second.revenue);
        assert!(first.efficiency.mean > 0.999 && second.efficiency.mean == 1.0);
        for figures in [first, second] {
            let sum = figures.revenue.mean + figures.surplus.mean;
            assert!((sum - figures.efficiency.mean).abs() < 1e-9);
        }
    }

    /// Not on average but in every auction: nobody who would bid truthfully among any others, at the
    /// second or the M+1st price, is ever better off bidding something else.
    #[test]
    fn truth_is_dominant_where_the_price_is_not_ones_own() {
        for rules in [Rules::SecondPrice, Rules::ThreeUnits] {
            for others in [Strategy::Truthful, Strategy::Shading] {
                let market = options().market(rules).unwrap();
                for number in 0..400 {
                    let truth = Profile { rules, one: Strategy::Truthful, others };
                    let (mut bidders, one) = truth.bidders(&options(), number);
                    let value = bidders[one].0;
                    let honest = market.surplus(&market.hold(&bidders), one, value);
                    for other in [value.0 / 2, value.0 * 4 / 5, value.0 - 1, value.0 + 1, 1_023] {
                        // A truthful bidder of another value is one that misreports its own.
                        bidders[one] = (Level(other), Strategy::Truthful);
                        let gained = market.surplus(&market.hold(&bidders), one, value);
                        assert!(
                            gained <= honest,
                            "{rules}, auction {number}: {other}, not {value:?}"
                        );
                    }
                }
            }
            let shading = against(rules, Strategy::Truthful, Strategy::Shading);
            let shading = deviation(&shading, &options()).unwrap();
            assert_eq!(shading.better.mean, 0.0);
            assert!(shading.gain.mean < 0.0 && shading.worse.mean > 0.0);
        }
    }

    #[test]
    fn in_a_first_price_shading_pays_and_truth_does_not() {
        let shading = deviation(&DEVIATIONS[0], &options()).unwrap();
        assert_eq!(shading.before.mean, 0.0);
        assert!(shading.gain.mean > shading.gain.half_width.unwrap());
        let truth = deviation(&DEVIATIONS[1], &options()).unwrap();
        assert_eq!(truth.after.mean, 0.0);
        assert!(truth.gain.mean < -truth.gain.half_width.unwrap());
    }
}
