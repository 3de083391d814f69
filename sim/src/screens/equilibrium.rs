//! What a bidder asks that knows its own cost alone: the symmetric equilibrium of a sealed first price.
//!
//! Costs are private, independent and distributed as `F` on 0 to 1. With `n` bidders and a ceiling `r`, of which
//! only those with a cost below it bid, the equilibrium is
//! `b(c) = c + integral from c to r of ((1 - F(t)) / (1 - F(c)))^(n-1) dt`
//! (Riley and Samuelson, American Economic Review 71 (1981) 381-392, for the mirrored case of a sale).

use super::uniform;
use rand_core::RngCore;

/// How costs are distributed between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Costs {
    /// All as likely.
    Uniform,
    /// Most in the middle: `F(x) = 3 x^2 - 2 x^3`.
    Bell,
    /// Most low, a few high: an exponential distribution with mean 1/4, cut off at 1.
    LongTail,
}

impl Costs {
    /// The share of costs up to `x`.
    #[must_use]
    pub fn share(self, x: f64) -> f64 {
        let x = x.clamp(0.0, 1.0);
        match self {
            Self::Uniform => x,
            Self::Bell => x * x * (3.0 - 2.0 * x),
            Self::LongTail => (1.0 - (-4.0 * x).exp()) / (1.0 - (-4.0_f64).exp()),
        }
    }

    /// Draws a cost.
    pub fn draw(self, rng: &mut impl RngCore) -> f64 {
        let share = uniform(rng);
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..40 {
            let middle = (low + high) / 2.0;
            if self.share(middle) < share { low = middle } else { high = middle }
        }
        (low + high) / 2.0
    }
}

/// Points at which a bid is computed; between them it is a line.
const POINTS: u32 = 256;

/// What to ask at each cost.
#[derive(Clone, Debug)]
pub struct Equilibrium {
    ceiling: f64,
    bids: Vec<f64>,
}

impl Equilibrium {
    /// The equilibrium of `bidders`, each of whom might bid, below a ceiling of at most 1.
    #[must_use]
    pub fn new(costs: Costs, bidders: usize, ceiling: f64) -> Self {
        let rivals = i32::try_from(bidders.saturating_sub(1)).unwrap_or(i32::MAX);
        let step = ceiling / f64::from(POINTS);
        let cost_at = |point: u32| f64::from(point) * step;
        // From the ceiling down: the integral, relative to the share that is left at the point itself.
        let mut bids = vec![ceiling];
        let mut markup = 0.0;
        for point in (0..POINTS).rev() {
            let (here, next) = (cost_at(point), cost_at(point.saturating_add(1)));
            let left = |x: f64| 1.0 - costs.share(x);
            let ratio = (left(next) / left(here)).powi(rivals);
            markup = step * (1.0 + ratio) / 2.0 + ratio * markup;
            bids.push(here + markup);
        }
        bids.reverse();
        Self { ceiling, bids }
    }

    /// What to ask at a cost; nothing above the ceiling.
    #[must_use]
    pub fn bid(&self, cost: f64) -> Option<f64> {
        if !(0.0..=self.ceiling).contains(&cost) {
            return None;
        }
        let place = cost / self.ceiling * f64::from(POINTS);
        let (from, to) = (place.floor(), place.ceil());
        let at = |point: f64| {
            let pairs = self.bids.iter().zip(0u32..);
            pairs.clone().find(|(_, at)| f64::from(*at) >= point).map(|(bid, _)| *bid)
        };
        let (from_bid, to_bid) = (at(from)?, at(to)?);
        Some(from_bid + (to_bid - from_bid) * (place - from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed;

    #[test]
    fn uniform_costs_have_the_bid_of_the_textbook() {
        // b(c) = c + (1 - c) / n.
        for bidders in [2usize, 3, 8] {
            let equilibrium = Equilibrium::new(Costs::Uniform, bidders, 1.0);
            for cost in [0.0, 0.123, 0.5, 0.9, 1.0] {
                let expected = cost + (1.0 - cost) / f64::from(u32::try_from(bidders).unwrap());
                let bid = equilibrium.bid(cost).unwrap();
                assert!((bid - expected).abs() < 1e-3, "{bidders} {cost}: {bid} {expected}");
            }
        }
    }

    #[test]
    fn nobody_bids_above_the_ceiling_or_below_its_cost() {
        for costs in [Costs::Uniform, Costs::Bell, Costs::LongTail] {
            let equilibrium = Equilibrium::new(costs, 5, 0.6);
            assert_eq!(equilibrium.bid(0.61), None);
            for cost in [0.0, 0.2, 0.4, 0.6] {
                let bid = equilibrium.bid(cost).unwrap();
                assert!((cost..=0.6).contains(&bid), "{costs:?} {cost}: {bid}");
            }
        }
    }

    #[test]
    fn a_bidder_gains_nothing_by_asking_otherwise() {
        // Against four rivals in equilibrium, over costs that are all drawn alike.
        let equilibrium = Equilibrium::new(Costs::Bell, 5, 1.0);
        let rng = &mut seed::generator(1, 0);
        let mut best_rivals = Vec::new();
        for _ in 0..20_000 {
            let rivals = (0..4).map(|_| equilibrium.bid(Costs::Bell.draw(rng)).unwrap());
            best_rivals.push(rivals.fold(f64::INFINITY, f64::min));
        }
        let cost = 0.3;
        let gain = |asked: f64| {
            best_rivals.iter().filter(|rival| asked < **rival).map(|_| asked - cost).sum::<f64>()
                / 20_000.0
        };
        let own = equilibrium.bid(cost).unwrap();
        for other in [own - 0.05, own - 0.02, own + 0.02, own + 0.05] {
            assert!(gain(other) < gain(own) + 5e-4, "{other}: {} {}", gain(other), gain(own));
        }
    }
}
