//! What chance alone would show: the same auctions with their labels or their order drawn again.
//!
//! The test of one party is corrected for all others by the largest deviation among all of them in each
//! drawing, after Westfall and Young (Resampling-Based Multiple Testing, 1993, the single-step max-T method):
//! it takes into account that parties meet in the same auctions.

use crate::statistics::float;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng as _};

/// Where chance comes from, and how often it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chance {
    /// The seed of the generator, ChaCha20. The same seed gives the same findings.
    pub seed: u64,
    /// How often labels are drawn again. No probability below `1 / (drawings + 1)` is found.
    pub drawings: u16,
}

impl Default for Chance {
    fn default() -> Self {
        Self { seed: 1, drawings: 1_999 }
    }
}

/// What drawing again says of one statistic, of which small values are suspicious.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn {
    /// How many standard deviations the statistic lies from what chance shows; 0 if chance shows only it.
    pub distance: f64,
    /// The share of drawings, with what was seen itself, that are as small.
    pub p: f64,
    /// The same, corrected for all statistics of the family.
    pub adjusted: f64,
}

impl Chance {
    /// The generator. `purpose` tells the screens apart, so that none sees the numbers of another.
    fn generator(self, purpose: u64) -> ChaCha20Rng {
        let mut generator = ChaCha20Rng::seed_from_u64(self.seed);
        generator.set_stream(purpose);
        generator
    }

    /// Compares statistics with what `again` makes of them when labels are drawn again. `again` gives as many
    /// numbers as there are in `seen`, in the same order.
    pub fn compare(
        self,
        purpose: u64,
        seen: &[f64],
        mut again: impl FnMut(&mut ChaCha20Rng) -> Vec<f64>,
    ) -> Vec<Drawn> {
        let mut generator = self.generator(purpose);
        let drawings: Vec<Vec<f64>> = (0..self.drawings).map(|_| again(&mut generator)).collect();
        let spread: Vec<(f64, f64)> =
            (0..seen.len()).map(|place| spread(&drawings, place)).collect();
        let distances = |values: &[f64]| -> Vec<f64> {
            values
                .iter()
                .zip(&spread)
                .map(|(value, (mean, deviation))| {
                    let distance = (value - mean) / deviation;
                    if distance.is_finite() { distance } else { 0.0 }
                })
                .collect()
        };
        let observed = distances(seen);
        let drawn: Vec<Vec<f64>> = drawings.iter().map(|values| distances(values)).collect();
        let smallest: Vec<f64> =
            drawn.iter().map(|row| row.iter().copied().fold(f64::INFINITY, f64::min)).collect();
        let share =
            |count: usize| float(count.saturating_add(1)) / float(drawn.len().saturating_add(1));
        let result = |(place, distance): (usize, &f64)| {
            // Equal numbers that were summed in another order must count as equal.
            let limit = distance + 1e-9;
            let as_small = drawn.iter().filter(|row| row.get(place).is_some_and(|d| *d <= limit));
            Drawn {
                distance: *distance,
                p: share(as_small.count()),
                adjusted: share(smallest.iter().filter(|least| **least <= limit).count()),
            }
        };
        observed.iter().enumerate().map(result).collect()
    }
}

/// Mean and standard deviation of one statistic over all drawings.
fn spread(drawings: &[Vec<f64>], place: usize) -> (f64, f64) {
    let count = float(drawings.len());
    let values = || drawings.iter().filter_map(|row| row.get(place));
    let mean = values().sum::<f64>() / count;
    let squares: f64 = values().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / count).sqrt())
}

/// A number below `bound`, every one as likely; 0 if there is none.
pub fn below(bound: usize, rng: &mut impl RngCore) -> usize {
    let Ok(bound) = u64::try_from(bound) else { return 0 };
    // Numbers from the last whole multiple of the bound up would favour the small ones.
    let uneven = u64::MAX.checked_rem(bound).unwrap_or(0);
    loop {
        let number = rng.next_u64();
        if number < u64::MAX.saturating_sub(uneven) {
            return usize::try_from(number.checked_rem(bound).unwrap_or(0)).unwrap_or(0);
        }
    }
}

/// Every order as likely, after Fisher and Yates.
pub fn shuffle<T>(items: &mut [T], rng: &mut impl RngCore) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(last.saturating_add(1), rng));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_is_as_likely() {
        let rng = &mut Chance::default().generator(0);
        let mut seen = std::collections::BTreeMap::new();
        for _ in 0..6_000 {
            let mut items = [1, 2, 3];
            shuffle(&mut items, rng);
            *seen.entry(items).or_insert(0u32) += 1;
        }
        // 1,000 each, standard deviation 29.
        assert_eq!(seen.len(), 6);
        assert!(seen.values().all(|count| (880..1_120).contains(count)), "{seen:?}");
    }

    #[test]
    fn what_only_chance_would_show_once_in_a_hundred_has_that_probability() {
        // A number from 0 to 99; 0 was seen. Some other statistic never varies.
        let chance = Chance { seed: 7, drawings: 9_999 };
        let again = |rng: &mut ChaCha20Rng| vec![float(below(100, rng)), 3.0];
        let drawn = chance.compare(1, &[0.0, 3.0], again);
        assert!((drawn[0].p - 0.01).abs() < 0.003, "{drawn:?}");
        assert_eq!((drawn[1].distance, drawn[1].p), (0.0, 1.0));
        assert_eq!(drawn, chance.compare(1, &[0.0, 3.0], again), "one seed, one result");
    }

    #[test]
    fn nothing_is_compared_with_nothing() {
        let chance = Chance { seed: 1, drawings: 0 };
        assert!(chance.compare(0, &[], |_| Vec::new()).is_empty());
        assert_eq!(chance.compare(0, &[1.0], |_| vec![1.0])[0].p, 1.0);
    }
}
