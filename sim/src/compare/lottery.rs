//! What the last revealer can bias in a lottery.
//!
//! The draw hashes the contributions of all ranked bids of a lot. Whoever reveals last knows all the
//! others' and can compute the draw for every set of its own bids that it might reveal; each set is
//! a draw of its own. What it does not reveal loses its deposit. Contributions are of round 0: in a
//! later round, where an update that is not revealed leaves a bid that stands, nobody has a draw to
//! choose.

use super::{
    Options,
    statistics::{Estimate, Mean},
    values::{Use, generator},
};
use rand_core::RngCore;
use serde::Serialize;
use std::cmp::Reverse;
use talea_contract::{lottery_draw, lottery_seed};
use talea_protocol::{bytes::PartyKey, sealed_bid::Contribution, terms::AuctionId};

/// Bids that tie for the best, and whoever reveals last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attack {
    /// In words.
    pub name: &'static str,
    /// Bids of others that tie.
    pub honest: u32,
    /// Its bids that tie, each under another key.
    pub tied: u32,
    /// Its bids below, or those of somebody in league with it.
    pub lower: u32,
}

const ALONE: Attack = Attack { name: "one bid", honest: 1, tied: 1, lower: 0 };

/// Against one honest bid that ties.
const AGAINST_ONE: [Attack; 5] = [
    ALONE,
    Attack { name: "one bid, a lower one", lower: 1, ..ALONE },
    Attack { name: "one bid, three lower ones", lower: 3, ..ALONE },
    Attack { name: "two bids that tie", tied: 2, ..ALONE },
    Attack { name: "three bids that tie", tied: 3, ..ALONE },
];

/// The attacks shown: against one honest bid that ties, and against four.
pub fn attacks() -> impl Iterator<Item = Attack> {
    [1, 4].into_iter().flat_map(|honest| AGAINST_ONE.map(|attack| Attack { honest, ..attack }))
}

/// One of the sets of its bids that the attacker might reveal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Choice {
    /// A bit for every bid that is not revealed, those that tie first.
    withheld: u32,
    /// How many of its bids are then in the draw.
    in_draw: u32,
}

impl Attack {
    /// What it can choose from, the cheapest first.
    fn choices(&self) -> Vec<Choice> {
        let bids = self.tied.saturating_add(self.lower);
        let those_tied = (1u32 << self.tied).saturating_sub(1);
        let choice = |withheld: u32| {
            let lost = (withheld & those_tied).count_ones();
            Choice { withheld, in_draw: self.tied.saturating_sub(lost) }
        };
        let mut choices: Vec<Choice> = (0..1u32 << bids).map(choice).collect();
        choices.retain(|choice| choice.in_draw > 0);
        choices.sort_by_key(|choice| (choice.withheld.count_ones(), Reverse(choice.in_draw)));
        choices
    }

    /// The closed form: the probability to win, and the deposits lost on average, of whoever reveals
    /// the cheapest set that wins, and everything if none does.
    ///
    /// A set with `s` bids in the draw against `m` loses with `m / (m + s)`, whatever the other sets
    /// came to: `P = 1 - product over the sets of m / (m + s)`.
    #[must_use]
    pub fn closed_form(&self) -> (f64, f64) {
        let honest = f64::from(self.honest);
        let (mut loses, mut deposits) = (1.0, 0.0);
        for Choice { withheld, in_draw } in self.choices() {
            let next = loses * honest / (honest + f64::from(in_draw));
            deposits += (loses - next) * f64::from(withheld.count_ones());
            loses = next;
        }
        (1.0 - loses, deposits)
    }

    /// The probability to win of whoever reveals everything.
    #[must_use]
    pub fn fair_share(&self) -> f64 {
        f64::from(self.tied) / f64::from(self.tied.saturating_add(self.honest))
    }

    /// One draw with fresh contributions, by the contract's own derivation: how many deposits it
    /// costs the attacker to win, if it can.
    fn draw(&self, rng: &mut impl RngCore) -> Option<u32> {
        let mut bytes = || {
            let mut bytes = [0; 32];
            rng.fill_bytes(&mut bytes);
            bytes
        };
        let auction = AuctionId(bytes());
        let mut bids = |number: u32| -> Vec<(PartyKey, Contribution)> {
            (0..number).map(|_| (PartyKey(bytes()), bytes())).collect()
        };
        let honest = bids(self.honest);
        let own = bids(self.tied.saturating_add(self.lower));
        let wins = |choice: &Choice| {
            let revealed = || (0u32..).zip(&own).filter(|(n, _)| choice.withheld >> n & 1 == 0);
            let ranked = honest.iter().chain(revealed().map(|(_, bid)| bid));
            let seed = lottery_seed(&auction, 0, &ranked.copied().collect::<Vec<_>>());
            let draw = |(bidder, _): &(PartyKey, Contribution)| lottery_draw(&seed, bidder);
            let tied = revealed().filter(|(n, _)| *n < self.tied);
            tied.map(|(_, bid)| draw(bid)).min() < honest.iter().map(draw).min()
        };
        self.choices().into_iter().find(wins).map(|choice| choice.withheld.count_ones())
    }
}

/// What an attack wins: as often as the closed form says, in draws.
#[derive(Clone, Debug, Serialize)]
pub struct Bias {
    /// Who reveals last.
    pub last: &'static str,
    /// Against how many bids that tie.
    pub honest: u32,
    /// Draws to choose from.
    pub draws: u32,
    /// How often it wins if it reveals everything.
    pub fair: f64,
    /// How often it wins at most.
    pub closed: f64,
    /// The same, measured.
    pub measured: Estimate,
    /// Deposits that it loses for it on average.
    pub deposits: f64,
    /// The same, measured.
    pub deposits_measured: Estimate,
}

/// Measures every attack, with as many draws as auctions.
#[must_use]
pub fn biases(options: &Options) -> Vec<Bias> {
    let bias = |(number, attack): (u32, Attack)| {
        let rng = &mut generator(options.seed, Use::Lottery, number);
        let (mut wins, mut deposits) = (Mean::default(), Mean::default());
        for _ in 0..options.auctions {
            let cost = attack.draw(rng);
            wins.push_if(cost.is_some());
            deposits.push(cost.map_or(0.0, f64::from));
        }
        let (closed, lost) = attack.closed_form();
        Bias {
            last: attack.name,
            honest: attack.honest,
            draws: u32::try_from(attack.choices().len()).unwrap_or(u32::MAX),
            fair: attack.fair_share(),
            closed,
            measured: wins.estimate(),
            deposits: lost,
            deposits_measured: deposits.estimate(),
        }
    };
    (0u32..).zip(attacks()).map(bias).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bench::lot,
        compare::market::{Market, Rules, grid},
        simulate::{BidPlan, BidderConduct, Plan, simulate},
    };
    use std::collections::BTreeMap;
    use talea_protocol::{
        instruction::{Instruction, SignedInstruction},
        outcome::Ending,
        price::Level,
        terms::Ties,
    };

    fn closed(attack: Attack) -> f64 {
        attack.closed_form().0
    }

    #[test]
    fn closed_forms_by_hand() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        near(closed(ALONE), 0.5);
        near(ALONE.closed_form().1, 0.0);
        // Two draws of a half; the second costs a deposit and is needed every other time.
        near(closed(AGAINST_ONE[1]), 0.75);
        near(AGAINST_ONE[1].closed_form().1, 0.25);
        near(closed(AGAINST_ONE[2]), 1.0 - 0.5f64.powi(8));
        // Both, or either: 1 - 1/3 * 1/2 * 1/2.
        near(closed(AGAINST_ONE[3]), 1.0 - 1.0 / 12.0);
        near(AGAINST_ONE[3].closed_form().1, 1.0 / 6.0 + 1.0 / 12.0);
        // All three, three pairs, three single ones: 1 - 1/4 * 1/27 * 1/8.
        near(closed(AGAINST_ONE[4]), 1.0 - 1.0 / 864.0);
        let against_four = Attack { honest: 4, ..AGAINST_ONE[3] };
        near(closed(against_four), 1.0 - 4.0 / 6.0 * 0.8 * 0.8);
    }

    #[test]
    fn so_many_draws() {
        let draws: Vec<usize> = AGAINST_ONE.iter().map(|attack| attack.choices().len()).collect();
        assert_eq!(draws, [1, 2, 8, 3, 7]);
    }

    #[test]
    fn the_contracts_draw_is_as_the_closed_form_says() {
        let options = Options::new(2_000, 5, 1_024, 3, 0).unwrap();
        for bias in biases(&options) {
            let far = |estimate: Estimate, form: f64| {
                (estimate.mean - form).abs() > 3.0 * estimate.half_width.unwrap() + 0.002
            };
            assert!(!far(bias.measured, bias.closed), "{bias:?}");
            assert!(!far(bias.deposits_measured, bias.deposits), "{bias:?}");
            let gains = bias.last != "one bid";
            assert_eq!(bias.closed > bias.fair + 1e-9, gains, "{bias:?}");
        }
    }

    /// In the contract itself: whether the update of a bid is revealed or not, who wins the tie was
    /// drawn by what was revealed in round 0.
    #[test]
    fn an_update_does_not_change_the_draw() {
        for (number, conduct) in (0..).zip([BidderConduct::Honest, BidderConduct::NeverReveals]) {
            let rng = &mut generator(9, Use::Secrets, number);
            let grid = grid(16).unwrap();
            let (mut market, cast) = Market::draw((Rules::InRounds, 2), &grid, 4, rng).unwrap();
            market.terms.ties = Ties::Lottery;
            let bid = |bidder, conduct| BidPlan { lot: 0, bidder, level: Level(9), conduct };
            let plan = Plan {
                terms: market.terms.clone(),
                opening_slot: 0,
                bids: (0..4).map(|bidder| bid(bidder, BidderConduct::Honest)).collect(),
                curves: Vec::new(),
                rounds: vec![vec![bid(3, conduct)]],
                reserves: Vec::new(),
                declines: Default::default(),
                keyholders: Default::default(),
            };
            let mut transcript = Vec::new();
            let outcome = simulate(cast, &plan, &mut transcript, rng).unwrap().outcome;

            let mut in_round_0: BTreeMap<PartyKey, Contribution> = BTreeMap::new();
            for entry in lot::open(&transcript).1 {
                let signed: SignedInstruction = borsh::from_slice(&entry.instruction).unwrap();
                let Ok(Instruction::Reveal(reveals)) = borsh::from_slice(&signed.payload) else {
                    continue;
                };
                for reveal in reveals.iter().filter(|reveal| reveal.bid.round == 0) {
                    let contribution = *reveal.sealed_bid.last_chunk().unwrap();
                    in_round_0.insert(reveal.bid.bidder, contribution);
                }
            }
            let of_round_0 = |bidder: &PartyKey| (*bidder, in_round_0[bidder]);
            let contributions: Vec<_> = market.bidders.iter().map(of_round_0).collect();
            let seed = lottery_seed(&plan.terms.auction_id(), 0, &contributions);
            let drawn = market.bidders.iter().min_by_key(|b| lottery_draw(&seed, b)).unwrap();
            let Ending::Sold(award) = &outcome.lots[0].ending else { panic!("{outcome:?}") };
            assert_eq!(award.sales[0].winner, *drawn, "{conduct:?}");
        }
    }
}
