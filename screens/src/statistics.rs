//! Tails of the binomial distribution, moments, ranks, and the correction for many tests at once.
//!
//! No result is NaN: where a figure has no value there is none.

use statrs::function::beta::{checked_beta_reg, inv_beta_reg};

/// The level of a screen: what honest data raises a flag in at most this share of all cases, as far as the
/// screen's assumptions hold.
pub const LEVEL: f64 = 0.05;

/// A count as a float, for statistics.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of auctions are far below 2^53")]
pub fn float(count: usize) -> f64 {
    count as f64
}

/// A distance as a float, for statistics: money itself stays whole.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "of a distance statistics need 53 bits at most")]
pub fn float_of(distance: u64) -> f64 {
    distance as f64
}

/// The probability of at most `k` successes in `n` draws of probability `p`; 1 where `p` is no probability.
#[must_use]
pub fn binomial_at_most(k: usize, n: usize, p: f64) -> f64 {
    if k >= n || !(0.0..=1.0).contains(&p) {
        return 1.0;
    }
    // P(X <= k) = I_{1-p}(n - k, k + 1)
    let (a, b) = (float(n.saturating_sub(k)), float(k.saturating_add(1)));
    checked_beta_reg(a, b, 1.0 - p).unwrap_or(1.0).clamp(0.0, 1.0)
}

/// The probability of at least `k` successes in `n` draws of probability `p`.
#[must_use]
pub fn binomial_at_least(k: usize, n: usize, p: f64) -> f64 {
    binomial_at_most(n.saturating_sub(k), n, 1.0 - p)
}

/// The 95 % confidence interval of a share, after Clopper and Pearson (Biometrika 26, 1934): it holds for
/// every number of draws.
#[must_use]
pub fn share_interval(k: usize, n: usize) -> (f64, f64) {
    if n == 0 || k > n {
        return (0.0, 1.0);
    }
    let (hits, misses) = (float(k), float(n.saturating_sub(k)));
    let low = if k == 0 { 0.0 } else { inv_beta_reg(hits, misses + 1.0, 0.025) };
    let high = if k == n { 1.0 } else { inv_beta_reg(hits + 1.0, misses, 0.975) };
    (low, high)
}

/// The probabilities of several tests, each corrected for all of them, after Holm (Scandinavian Journal of
/// Statistics 6, 1979): the chance of any false flag stays below the level, however the tests depend on each
/// other.
#[must_use]
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut by_size: Vec<(usize, f64)> = p.iter().copied().enumerate().collect();
    by_size.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    let mut adjusted = vec![1.0; p.len()];
    let mut largest = 0.0_f64;
    for (rank, (place, p)) in by_size.into_iter().enumerate() {
        let tests = float(adjusted.len().saturating_sub(rank));
        largest = largest.max((p * tests).min(1.0));
        if let Some(slot) = adjusted.get_mut(place) {
            *slot = largest;
        }
    }
    adjusted
}

/// Half of the level belongs to the test of the market, so that many bidders do not drown it, and half to
/// the tests of the parties.
#[must_use]
pub fn half(p: f64) -> f64 {
    (p * 2.0).min(1.0)
}

/// The mean; nothing of nothing.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    let sum: f64 = values.iter().sum();
    (!values.is_empty()).then(|| sum / float(values.len())).filter(|mean| mean.is_finite())
}

/// The standard deviation of a sample, with `n - 1`; nothing of fewer than two values.
#[must_use]
pub fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let freedom = values.len().checked_sub(1).filter(|freedom| *freedom > 0)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / float(freedom)).sqrt()).filter(|deviation| deviation.is_finite())
}

/// The value below which a share of them lies: the smallest that has at least `share` of all values at or
/// below it.
#[must_use]
pub fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let needed = float(sorted.len()) * share;
    sorted
        .into_iter()
        .zip(1usize..)
        .find(|(_, place)| float(*place) >= needed)
        .map(|(value, _)| value)
}

/// The middle value.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The skewness of a sample, with the usual correction for its size; nothing of fewer than three values, or
/// if all are alike.
#[must_use]
pub fn skewness(values: &[f64]) -> Option<f64> {
    let (mean, deviation) =
        (mean(values)?, deviation(values).filter(|deviation| *deviation > 0.0)?);
    let n = float(values.len());
    let cubes: f64 = values.iter().map(|value| ((value - mean) / deviation).powi(3)).sum();
    (values.len() >= 3).then(|| n / ((n - 1.0) * (n - 2.0)) * cubes)
}

/// The excess kurtosis of a sample, with the usual correction for its size; nothing of fewer than four
/// values, or if all are alike.
#[must_use]
pub fn kurtosis(values: &[f64]) -> Option<f64> {
    let (mean, deviation) =
        (mean(values)?, deviation(values).filter(|deviation| *deviation > 0.0)?);
    let n = float(values.len());
    let fourths: f64 = values.iter().map(|value| ((value - mean) / deviation).powi(4)).sum();
    let scale = n * (n + 1.0) / ((n - 1.0) * (n - 2.0) * (n - 3.0));
    let shift = 3.0 * (n - 1.0).powi(2) / ((n - 2.0) * (n - 3.0));
    (values.len() >= 4).then_some(scale * fourths - shift)
}

/// The rank of each value among all, from 0 to 1; those that tie share the middle of their ranks. The mean
/// of all ranks is one half.
#[must_use]
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut by_size: Vec<(usize, f64)> = values.iter().copied().enumerate().collect();
    by_size.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut ranks = vec![0.5; values.len()];
    let mut before = 0usize;
    for tied in by_size.chunk_by(|a, b| a.1 == b.1) {
        let middle = (float(before) + float(tied.len()) / 2.0) / float(values.len());
        for (place, _) in tied {
            if let Some(rank) = ranks.get_mut(*place) {
                *rank = middle;
            }
        }
        before = before.saturating_add(tied.len());
    }
    ranks
}

/// A share in per cent, as people read it.
#[must_use]
pub fn per_cent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A probability as people read it.
#[must_use]
pub fn probability(p: f64) -> String {
    if p < 0.0001 { "< 0.0001".into() } else { format!("{p:.4}") }
}

/// A figure with so many places, or a dash where it has no value.
#[must_use]
pub fn shown(value: Option<f64>, places: usize) -> String {
    value.map_or_else(|| "–".into(), |value| format!("{value:.places$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn tails_of_the_binomial_distribution_by_hand() {
        // Of 4 coins: 1, 4, 6, 4, 1 of 16.
        for (k, sixteenths) in [(0, 1.0), (1, 5.0), (2, 11.0), (3, 15.0), (4, 16.0)] {
            assert!(near(binomial_at_most(k, 4, 0.5), sixteenths / 16.0), "{k}");
        }
        assert!(near(binomial_at_least(3, 4, 0.5), 5.0 / 16.0));
        assert!(near(binomial_at_least(0, 4, 0.5), 1.0));
        assert!(near(binomial_at_most(0, 10, 0.1), 0.9_f64.powi(10)));
    }

    #[test]
    fn what_is_no_probability_rejects_nothing() {
        for p in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
            assert!(near(binomial_at_most(0, 9, p), 1.0), "{p}");
        }
        assert!(near(binomial_at_most(0, 0, 0.5), 1.0));
        assert!(near(binomial_at_most(0, 5, 1.0), 0.0) && near(binomial_at_most(0, 5, 0.0), 1.0));
    }

    #[test]
    fn intervals_of_a_share_are_those_of_the_tables() {
        // 0 of 10: 1 - 0.025^(1/10) above; 5 of 10: 0.187 to 0.813.
        let (low, high) = share_interval(0, 10);
        assert!(near(low, 0.0) && near(high, 1.0 - 0.025_f64.powf(0.1)), "{high}");
        let (low, high) = share_interval(5, 10);
        assert!((low - 0.1871).abs() < 1e-4 && (high - 0.8129).abs() < 1e-4, "{low} {high}");
        assert_eq!(share_interval(0, 0), (0.0, 1.0));
    }

    #[test]
    fn holm_by_hand() {
        // 0.01 * 3, then 0.02 * 2, then 0.04 but no less than what went before.
        let adjusted = holm(&[0.04, 0.01, 0.02]);
        for (found, expected) in adjusted.iter().zip([0.04, 0.03, 0.04]) {
            assert!(near(*found, expected), "{adjusted:?}");
        }
        assert!(holm(&[]).is_empty());
    }

    #[test]
    fn moments_by_hand() {
        // 1, 2, 3, 4, 10: mean 4, deviation sqrt(50 / 4), cubes -27 - 8 - 1 + 216 = 180.
        let values = [1.0, 2.0, 3.0, 4.0, 10.0];
        let deviation_by_hand = 12.5_f64.sqrt();
        assert!(near(deviation(&values).unwrap(), deviation_by_hand));
        let cubes = 180.0 / deviation_by_hand.powi(3);
        assert!(near(skewness(&values).unwrap(), 5.0 / 12.0 * cubes));
        // Fourths: 81 + 16 + 1 + 0 + 1296 = 1394; 30 / 24 of them over 12.5^2, less 48 / 6.
        assert!(near(kurtosis(&values).unwrap(), 1.25 * 1394.0 / 156.25 - 8.0));
    }

    #[test]
    fn what_has_no_value_has_none() {
        assert_eq!((mean(&[]), deviation(&[1.0]), median(&[])), (None, None, None));
        assert_eq!((skewness(&[1.0, 1.0, 1.0]), skewness(&[1.0, 2.0])), (None, None));
        assert_eq!((kurtosis(&[2.0; 9]), kurtosis(&[1.0, 2.0, 3.0])), (None, None));
        assert_eq!(mean(&[f64::MAX, f64::MAX]), None);
        assert_eq!(shown(None, 2), "–");
    }

    #[test]
    fn values_that_tie_share_their_rank() {
        let ranks = ranks(&[5.0, 1.0, 5.0, 9.0]);
        for (found, expected) in ranks.iter().zip([0.5, 0.125, 0.5, 0.875]) {
            assert!(near(*found, expected), "{ranks:?}");
        }
    }
}
