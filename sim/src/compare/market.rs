//! One auction in the clear, round by round.

use super::{
    Comparison, Rules, scenario,
    strategy::{Sight, Strategy},
};
use crate::{
    failure::Failure,
    plain::PlainLot,
    play::{BidPlan, BidderConduct, Cast, Plan},
    scenario::Scenario,
    seed,
};
use talea_protocol::{
    bytes::PartyKey,
    outcome::{Ending, Survey},
    price::{PriceLadder, Rung},
};

/// The terms of a line, with everybody who takes part.
pub struct Market {
    scenario: Scenario,
    seed: u64,
    plan: Plan,
    ladder: PriceLadder,
    bidders: Vec<PartyKey>,
}

/// What was bid, and what came of it.
#[derive(Clone, Debug)]
pub struct Played {
    /// Every bidder's rung, round by round.
    pub bids: Vec<Vec<u32>>,
    /// Places of the winners.
    pub winners: Vec<usize>,
    /// The rung that each of them pays.
    pub price: u32,
}

impl Market {
    /// Writes the terms.
    ///
    /// # Errors
    /// Those of a scenario, for impossible numbers.
    pub fn open(rules: Rules, comparison: &Comparison) -> Result<Self, Failure> {
        let scenario = scenario(rules, comparison)?;
        let seed = comparison.seed;
        let (cast, plan) = scenario.cast(&mut seed::generator(seed, 0))?;
        let bidders = (0usize..).map_while(|bidder| cast.bidder(bidder)).collect();
        let ladder = plan.terms.lots.first().map(|lot| lot.ladder.clone());
        let ladder = ladder.ok_or_else(|| {
            Failure::new(crate::failure::Code::ScenarioLots, "a comparison has one lot")
        })?;
        Ok(Self { scenario, seed, plan, ladder, bidders })
    }

    /// The keys of the bidders, by place.
    #[must_use]
    pub fn bidders(&self) -> &[PartyKey] {
        &self.bidders
    }

    /// Everybody's keys, drawn anew.
    ///
    /// # Errors
    /// None: the same scenario was cast before.
    pub fn cast(&self) -> Result<Cast, Failure> {
        Ok(self.scenario.cast(&mut seed::generator(self.seed, 0))?.0)
    }

    /// Units of the lot.
    #[must_use]
    pub fn units(&self) -> usize {
        usize::from(self.plan.terms.mechanism.units())
    }

    fn plain<'a>(&'a self, bids: &'a [(PartyKey, Rung)]) -> PlainLot<'a> {
        let (terms, ladder) = (&self.plan.terms, &self.ladder);
        PlainLot { terms, ladder, bids, reserve: None, declines: false }
    }

    fn keyed(&self, rungs: &[u32]) -> Vec<(PartyKey, Rung)> {
        self.bidders.iter().copied().zip(rungs.iter().copied().map(Rung)).collect()
    }

    /// Holds the auction in the clear.
    #[must_use]
    pub fn hold(&self, strategies: &[Strategy], values: &[u32]) -> Played {
        let limit = self.plan.terms.rounds.map_or(1, |rounds| rounds.limit);
        let lower_bits: u32 =
            self.ladder.shape.digit_bits().iter().skip(1).map(|bits| u32::from(*bits)).sum();
        let mut rounds: Vec<Vec<u32>> = Vec::new();
        let mut surveys: Vec<Survey> = Vec::new();
        for round in 0..limit {
            let depth = surveys.last().and_then(|survey| survey.depth.as_deref());
            let bids =
                strategies.iter().zip(values).enumerate().map(|(place, (strategy, value))| {
                    let sight = Sight {
                        bidders: u32::try_from(values.len()).unwrap_or(u32::MAX),
                        round,
                        limit,
                        standing: rounds.last().and_then(|bids| bids.get(place)).copied(),
                        depth,
                        bucket: 1u32.checked_shl(lower_bits).unwrap_or(u32::MAX),
                    };
                    strategy.bid(*value, &sight)
                });
            let bids: Vec<u32> = bids.collect();
            let keyed = self.keyed(&bids);
            rounds.push(bids);
            if round + 1 == limit {
                break;
            }
            let survey = self.plain(&keyed).survey();
            let is_unmoved = surveys.last() == Some(&survey);
            surveys.push(survey);
            if is_unmoved {
                break;
            }
        }
        let keyed = self.keyed(rounds.last().map_or(&[], Vec::as_slice));
        let (winners, price) = match self.plain(&keyed).result().ending {
            Ending::Sold(award) => {
                let place = |winner| self.bidders.iter().position(|bidder| *bidder == winner);
                let winners = award.sales.iter().filter_map(|sale| place(sale.winner)).collect();
                (winners, award.quote.rung.0)
            }
            _ => (Vec::new(), 0),
        };
        Played { bids: rounds, winners, price }
    }

    /// The same bids, to be played with real cryptography.
    #[must_use]
    pub fn plan(&self, rounds: &[Vec<u32>]) -> Plan {
        let of_round = |bids: &Vec<u32>| -> Vec<BidPlan> {
            let bid = |(bidder, rung): (usize, &u32)| BidPlan {
                lot: 0,
                bidder,
                rung: Rung(*rung),
                conduct: BidderConduct::Honest,
            };
            bids.iter().enumerate().map(bid).collect()
        };
        let mut rounds = rounds.iter().map(of_round);
        let mut plan = self.plan.clone();
        plan.bids = rounds.next().unwrap_or_default();
        plan.rounds = rounds.collect();
        plan
    }
}
