//! What the last revealer can bias: with `k` of `n` tied bids it reveals those of its own with which
//! it wins, at the price of a deposit for each that it leaves out (spec section 11).

use super::{Comparison, statistics::Statistic};
use crate::seed;
use rand_core::RngCore as _;
use talea_contract::{lottery_draw, lottery_seed};
use talea_protocol::{
    bytes::{Digest, PartyKey},
    sealed_bid::Contribution,
    terms::AuctionId,
};

/// One number of tied bids, and how many of them belong to the last revealer.
#[derive(Clone, Debug)]
pub struct LotteryLine {
    /// Tied bids.
    pub tied: u32,
    /// Those of one party, which reveals last.
    pub own: u32,
    /// How often it wins, if it reveals all of them.
    pub honest: Statistic,
    /// How often it wins, if it may leave some out.
    pub last: Statistic,
    /// What theory says of that, were all draws independent.
    pub expected: f64,
}

const SHAPES: [(u32, u32); 6] = [(2, 1), (3, 1), (3, 2), (5, 2), (5, 3), (8, 4)];

/// A ranked bid that ties: its bidder, and what it contributes.
type Bid = (PartyKey, Contribution);

/// Whether a bid of the last revealer comes first among those that it left in.
fn wins(auction: &AuctionId, others: &[Bid], own: &[Bid]) -> bool {
    let bids = [others, own].concat();
    let seed = lottery_seed(auction, (0, 0), &bids);
    let first = bids.iter().min_by_key(|(bidder, _)| lottery_draw(&seed, bidder));
    first.is_some_and(|first| own.contains(first))
}

/// Draws many lotteries.
#[must_use]
pub fn measure(comparison: &Comparison) -> Vec<LotteryLine> {
    let lines = (0u64..).zip(SHAPES).map(|(line, (tied, own))| {
        let mut rng = seed::generator(comparison.seed.wrapping_add(2), line);
        let [mut honest, mut last] = [(); 2].map(|()| Statistic::default());
        for _ in 0..comparison.auctions {
            let mut bytes = || {
                let mut bytes = [0; 32];
                rng.fill_bytes(&mut bytes);
                bytes
            };
            let auction = Digest(bytes());
            let bids: Vec<Bid> = (0..tied).map(|_| (PartyKey(bytes()), bytes())).collect();
            let (mine, others) = bids.split_at(usize::try_from(own).unwrap_or(0));
            let share = |won: bool| if won { 1.0 } else { 0.0 };
            honest.add(share(wins(&auction, others, mine)));
            let some = (1u32..1 << own).any(|subset| {
                let left_in = mine.iter().enumerate().filter(|(at, _)| subset >> at & 1 == 1);
                wins(&auction, others, &left_in.map(|(_, bid)| *bid).collect::<Vec<_>>())
            });
            last.add(share(some));
        }
        LotteryLine { tied, own, honest, last, expected: expected(tied, own) }
    });
    lines.collect()
}

/// `1 - product over j of ((n-k) / (n-k+j))^(k choose j)`.
fn expected(tied: u32, own: u32) -> f64 {
    let others = f64::from(tied - own);
    let mut loses = 1.0;
    let mut choices = 1.0;
    for left_in in 1..=own {
        choices *= f64::from(own - left_in + 1) / f64::from(left_in);
        loses *= (others / (others + f64::from(left_in))).powf(choices);
    }
    1.0 - loses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bid_has_its_share_and_two_have_more() {
        let comparison = Comparison { auctions: 4000, bidders: 2, rungs: 2, seed: 5, sample: 0 };
        for line in measure(&comparison) {
            let share = f64::from(line.own) / f64::from(line.tied);
            // Four standard errors: one trial in many thousands would miss.
            let near = |found: &Statistic, expected: f64| {
                (found.mean() - expected).abs() < 2.1 * found.half_width()
            };
            assert!(near(&line.honest, share), "{line:?}");
            assert!(near(&line.last, line.expected), "{line:?}");
            assert_eq!(line.own > 1, line.expected > share + 1e-9, "{line:?}");
        }
        // Alone, or with one other: 1 - 1/2 * 1/2 * 1/3.
        assert!((expected(3, 2) - (1.0 - 1.0 / 12.0)).abs() < 1e-12);
    }
}
