//! One auction in the clear, round by round.
//!
//! What a round shows and what a lot comes to is [`PlainLot`]'s word, the one that the encrypted
//! auctions are measured against; here is only who bids what, and when rounds end.

use super::strategy::{Known, Seen, Strategy};
use crate::{
    failure::{Code, Failure},
    plain::{PlainLot, PlainResult},
    simulate::{Cast, Seat},
};
use rand_core::CryptoRngCore;
use std::{fmt, slice};
use talea_protocol::{
    builder::TermsBuilder,
    bytes::{List, PartyKey, Text},
    outcome::{Award, Ending, Survey},
    price::{Level, Price, PriceGrid, Scale, Shape, Side},
    quorum::Group,
    terms::{Depth, Disclosure, Lot, Mechanism, Rounds, Schedule, Terms},
};

/// Rounds at most, unless something else is asked for.
pub const LIMIT: u32 = 8;

/// Units of a lot at one price.
pub const UNITS: u16 = 3;

/// Bids that a depth needs: one more than [`UNITS`], and the fewest bidders of a comparison.
pub const FEWEST: u32 = 4;

/// The rules compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// The best bid wins and pays what it bid.
    FirstPrice,
    /// The best bid wins and pays the second.
    SecondPrice,
    /// The best three bids win and pay the fourth.
    ThreeUnits,
    /// First price; bids can be improved in rounds, and the depth is shown in between.
    InRounds,
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::FirstPrice => "first price",
            Self::SecondPrice => "second price",
            Self::ThreeUnits => "M+1st, 3 units",
            Self::InRounds => "first price in rounds",
        })
    }
}

impl Rules {
    fn mechanism(self) -> Mechanism {
        match self {
            Self::FirstPrice | Self::InRounds => Mechanism::FirstPrice,
            Self::SecondPrice => Mechanism::UniformPrice { units: 1 },
            Self::ThreeUnits => Mechanism::UniformPrice { units: UNITS },
        }
    }
}

/// A grid of so many levels, from 0 in steps of 1. Its first digit has sixteen values, and so a
/// depth sixteen buckets.
///
/// # Errors
/// What is impossible about such a grid.
pub fn grid(levels: u32) -> Result<PriceGrid, &'static str> {
    let bits = levels.saturating_sub(1).checked_ilog2().map_or(1, |log| log.saturating_add(1));
    let first = u8::try_from(bits.min(4)).unwrap_or(4);
    let ones = usize::try_from(bits.saturating_sub(4)).unwrap_or(0);
    let digit_bits = [slice::from_ref(&first), &vec![1; ones]].concat();
    let grid = PriceGrid {
        side: Side::HighestWins,
        start: Price(0),
        tick: 1,
        levels,
        scale: Scale::Decimal(0),
        shape: Shape::new(&digit_bits).map_err(|_| "the shape is impossible")?,
    };
    grid.fault().map_or(Ok(grid), Err)
}

fn text<const MAX: usize>(text: &str) -> Result<Text<MAX>, Failure> {
    Text::new(text).map_err(stuck)
}

fn list<T, const MAX: usize>(items: Vec<T>) -> Result<List<T, MAX>, Failure> {
    List::new(items).map_err(stuck)
}

fn stuck(error: impl fmt::Display) -> Failure {
    Failure::new(Code::RunStuck, error.to_string())
}

/// An auction's terms and bidders, to be held with any values.
#[derive(Clone, Debug)]
pub struct Market {
    /// The terms of its only lot.
    pub terms: Terms,
    /// The bidders, in the order in which they commit.
    pub bidders: Vec<PartyKey>,
    grid: PriceGrid,
}

/// An auction that was held in the clear.
#[derive(Clone, Debug)]
pub struct Held {
    /// Everybody's bids, round by round.
    pub bids: Vec<Vec<Level>>,
    /// What the rounds have shown.
    pub surveys: Vec<Survey>,
    /// What the lot came to.
    pub result: PlainResult,
}

impl Market {
    /// A market under some rules, with so many rounds at most if it has rounds, quorum 2 of 3; and
    /// its cast with all secrets drawn from `rng`.
    ///
    /// # Errors
    /// `run.stuck` if the terms exceed a bound.
    pub fn draw(
        (rules, limit): (Rules, u32),
        grid: &PriceGrid,
        bidders: usize,
        rng: &mut impl CryptoRngCore,
    ) -> Result<(Self, Cast), Failure> {
        let cast = Cast::draw(&[vec![Seat::Own; 3]], bidders, rng);
        let group = Group {
            name: text("keyholders")?,
            threshold: 2,
            endorsements: 3,
            is_witness: true,
            members: list((0..3).filter_map(|place| cast.member(0, place)).collect())?,
        };
        let name = text("lot")?;
        let lot = Lot { identifier: name.clone(), name, quantity: 1, grid: grid.clone() };
        let rounds = Rounds { limit, commit_slots: 10, reveal_slots: 10, cover: false };
        let rounds = (rules == Rules::InRounds).then_some(rounds);
        let depth = rounds.map(|_| Depth { min_bids: FEWEST });
        let (domain, schedule) = (text("talea-sim compare")?, Schedule::even(10));
        let builder = TermsBuilder {
            lots: vec![lot],
            mechanism: rules.mechanism(),
            disclosure: Disclosure::Facts { cover: false, depth },
            rounds,
            stakes: cast.token_stakes(),
            quorum: vec![group],
            chunk_items: 1024,
            ..TermsBuilder::new(domain, cast.seller(), cast.custodian(), schedule)
        };
        let terms = builder.build().map_err(stuck)?;
        let bidders = (0..bidders).filter_map(|index| cast.bidder(index)).collect();
        Ok((Self { terms, bidders, grid: grid.clone() }, cast))
    }

    /// How many win, at most.
    #[must_use]
    pub fn units(&self) -> usize {
        self.terms.mechanism.units().into()
    }

    /// Holds the auction: every bidder with its value and its strategy, in commit order.
    #[must_use]
    pub fn hold(&self, bidders: &[(Level, Strategy)]) -> Held {
        let limit = self.terms.rounds.map_or(1, |rounds| rounds.limit);
        let number = u32::try_from(bidders.len()).unwrap_or(u32::MAX);
        let known = Known { bidders: number, grid: &self.grid, limit };
        let mut bids: Vec<Vec<Level>> = Vec::new();
        let mut surveys: Vec<Survey> = Vec::new();
        for round in 0..limit {
            let before = bids.last();
            let bid = |(index, (value, strategy)): (usize, &(Level, Strategy))| {
                let own = before.and_then(|bids| bids.get(index).copied());
                strategy.bid(*value, &known, &Seen { round, own, survey: surveys.last() })
            };
            let next = bidders.iter().enumerate().map(bid).collect();
            bids.push(next);
            if round.saturating_add(1) == limit {
                break;
            }
            let survey = self.survey(bids.last());
            // Rounds end when nothing that is shown has moved.
            let is_quiet = surveys.last() == Some(&survey);
            surveys.push(survey);
            if is_quiet {
                break;
            }
        }
        let result = self.plain(&self.signed(bids.last())).result();
        Held { bids, surveys, result }
    }

    fn signed(&self, bids: Option<&Vec<Level>>) -> Vec<(PartyKey, Level)> {
        self.bidders.iter().copied().zip(bids.into_iter().flatten().copied()).collect()
    }

    fn survey(&self, bids: Option<&Vec<Level>>) -> Survey {
        self.plain(&self.signed(bids)).survey()
    }

    fn plain<'a>(&'a self, bids: &'a [(PartyKey, Level)]) -> PlainLot<'a> {
        PlainLot { terms: &self.terms, grid: &self.grid, bids, reserve: None, declines: false }
    }

    /// Which bidders won.
    #[must_use]
    pub fn winners(&self, held: &Held) -> Vec<usize> {
        let sales = held.award().into_iter().flat_map(|award| award.sales.iter());
        let place = |winner| self.bidders.iter().position(|bidder| *bidder == winner);
        sales.filter_map(|sale| place(sale.winner)).collect()
    }

    /// What a bidder has gained, in levels: its value less the price if it won.
    #[must_use]
    pub fn surplus(&self, held: &Held, bidder: usize, value: Level) -> i64 {
        let won = self.winners(held).contains(&bidder);
        let price = held.price().filter(|_| won);
        price.map_or(0, |price| i64::from(value.0).saturating_sub(price.0.into()))
    }
}

impl Held {
    /// Who bought, at what price.
    #[must_use]
    pub fn award(&self) -> Option<&Award> {
        match &self.result.ending {
            Ending::Sold(award) => Some(award),
            _ => None,
        }
    }

    /// The price, as a level.
    #[must_use]
    pub fn price(&self) -> Option<Level> {
        self.award().map(|award| award.quote.level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed;
    use std::iter;

    fn market(rules: Rules, bidders: usize) -> Market {
        let grid = grid(1_024).unwrap();
        Market::draw((rules, LIMIT), &grid, bidders, &mut seed::generator(1, 0)).unwrap().0
    }

    fn hold(rules: Rules, values: &[u32], strategies: &[Strategy]) -> (Vec<usize>, u32, usize) {
        let market = market(rules, values.len());
        let strategies = strategies.iter().chain(iter::repeat(strategies.last().unwrap()));
        let bidders: Vec<_> =
            values.iter().map(|value| Level(*value)).zip(strategies.copied()).collect();
        let held = market.hold(&bidders);
        (market.winners(&held), held.price().unwrap().0, held.bids.len())
    }

    const VALUES: [u32; 5] = [500, 1_000, 200, 900, 700];

    #[test]
    fn prices_of_one_round() {
        use Strategy::{Shading, Truthful};
        assert_eq!(hold(Rules::FirstPrice, &VALUES, &[Truthful]), (vec![1], 1_000, 1));
        assert_eq!(hold(Rules::FirstPrice, &VALUES, &[Shading]), (vec![1], 800, 1));
        assert_eq!(hold(Rules::SecondPrice, &VALUES, &[Truthful]), (vec![1], 900, 1));
        assert_eq!(hold(Rules::ThreeUnits, &VALUES, &[Truthful]), (vec![1, 3, 4], 500, 1));
    }

    #[test]
    fn snipers_among_themselves_wait_for_a_round_that_never_comes() {
        let sniped = hold(Rules::InRounds, &VALUES, &[Strategy::Sniping]);
        assert_eq!(sniped, (vec![0], 0, 2), "the first to commit wins for nothing");
        let creeping = hold(Rules::InRounds, &VALUES, &[Strategy::Creeping]);
        assert_eq!(creeping, (vec![1], 800, 8), "they keep the rounds going");
        let active = hold(Rules::InRounds, &VALUES, &[Strategy::Holding]);
        assert_eq!(active, (vec![1], 800, 2));
    }

    #[test]
    fn improving_bidders_stop_near_the_second_value() {
        let (winners, price, rounds) = hold(Rules::InRounds, &VALUES, &[Strategy::Improving]);
        assert_eq!(winners, [1]);
        // Within a bucket of 900.
        assert!((836..=964).contains(&price) && rounds > 2, "{price} in {rounds}");
    }

    #[test]
    fn a_grid_has_sixteen_buckets() {
        for levels in [16, 17, 1_000, 1_024, 1_025, 65_536] {
            let grid = grid(levels).unwrap();
            assert_eq!(grid.shape.radices().next(), Some(16), "{levels}");
            assert!(u64::from(levels) <= 1 << grid.shape.bits());
        }
        assert!(grid(1).is_err());
    }
}
