//! What the lot is worth to each bidder: private values, drawn from the seed.
//!
//! Values are independent, and each of the levels from 1 up is as likely as any other. A value is
//! written as the level that it lies on: whoever wins at that level has gained nothing.

use crate::seed;
use rand_chacha::ChaCha20Rng;
use rand_core::RngCore;
use talea_protocol::price::Level;

/// What a generator is for. Two uses of one seed never share a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// The values of an auction.
    Values,
    /// The change of a value after the commit.
    Shocks,
    /// The draws of a lottery.
    Lottery,
    /// The secrets of an auction with real cryptography.
    Secrets,
    /// The auctions that screens are tried on.
    Screens,
}

/// The generator of a seed for one use; `number` tells those of one use apart.
#[must_use]
pub fn generator(seed: u64, purpose: Use, number: u32) -> ChaCha20Rng {
    let purpose: u64 = match purpose {
        Use::Values => 0,
        Use::Shocks => 1,
        Use::Lottery => 2,
        Use::Secrets => 3,
        Use::Screens => 4,
    };
    seed::generator(seed, (purpose << 32) | u64::from(number))
}

/// The values of auction `number`, the same for every mechanism and strategy: they are compared on
/// the same auctions.
#[must_use]
pub fn draw(seed: u64, number: u32, bidders: usize, levels: u32) -> Vec<Level> {
    let rng = &mut generator(seed, Use::Values, number);
    let most = levels.saturating_sub(1).max(1);
    (0..bidders).map(|_| Level(below(most, rng).saturating_add(1))).collect()
}

/// A number below `bound`, every one as likely; 0 if there is none.
pub fn below(bound: u32, rng: &mut impl RngCore) -> u32 {
    // Numbers from the last whole multiple of the bound up would favour the small ones.
    let uneven = u32::MAX.checked_rem(bound).unwrap_or(0);
    loop {
        let number = rng.next_u32();
        if number < u32::MAX.saturating_sub(uneven) {
            return number.checked_rem(bound).unwrap_or(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_follow_from_the_seed() {
        assert_eq!(draw(7, 3, 5, 1_024), draw(7, 3, 5, 1_024));
        assert_ne!(draw(7, 3, 5, 1_024), draw(7, 4, 5, 1_024));
        assert_ne!(draw(7, 3, 5, 1_024), draw(8, 3, 5, 1_024));
        let first = |purpose| generator(7, purpose, 3).next_u64();
        assert_ne!(first(Use::Values), first(Use::Lottery));
    }

    #[test]
    fn every_level_but_the_worst_is_a_value() {
        let mut seen = [0u32; 9];
        for number in 0..2_000 {
            for value in draw(1, number, 4, 9) {
                seen[usize::try_from(value.0).unwrap()] += 1;
            }
        }
        assert_eq!(seen[0], 0);
        // 8,000 values on 8 levels: 1,000 each, standard deviation 30.
        assert!(seen[1..].iter().all(|count| (850..1_150).contains(count)), "{seen:?}");
    }
}
