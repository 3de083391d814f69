//! Means of many auctions, and how far they can be trusted.
//!
//! Memory is the same for one auction as for a million. This is the one place of a comparison, with
//! its shares, where floats do; levels and money stay integers.

use serde::Serialize;
use std::fmt;

/// Two-sided 95 % points of Student's t for 1 to 30 degrees of freedom.
const STUDENT: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045, 2.042,
];

/// The same of the normal distribution, within 2 % of Student's beyond 60 degrees of freedom.
const NORMAL: f64 = 1.960;

/// Between the two.
const UP_TO_60: f64 = 2.021;

/// A mean as it grows, after Welford: no sum of squares that could swallow the variance.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mean {
    count: u32,
    mean: f64,
    /// The sum of squared distances to the mean.
    squares: f64,
}

impl Mean {
    /// Takes one more observation into account.
    pub fn push(&mut self, observed: f64) {
        self.count = self.count.saturating_add(1);
        let before = observed - self.mean;
        self.mean += before / f64::from(self.count);
        self.squares += before * (observed - self.mean);
    }

    /// Whether something happened, as a share.
    pub fn push_if(&mut self, happened: bool) {
        self.push(f64::from(u8::from(happened)));
    }

    /// The mean with its 95 % confidence interval.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        let freedom = self.count.saturating_sub(1);
        let half_width = (freedom > 0).then(|| {
            let variance = self.squares / f64::from(freedom);
            quantile(freedom) * (variance / f64::from(self.count)).sqrt()
        });
        Estimate { mean: self.mean, half_width, count: self.count }
    }
}

fn quantile(freedom: u32) -> f64 {
    let place = usize::try_from(freedom).ok().and_then(|freedom| freedom.checked_sub(1));
    let student = place.and_then(|place| STUDENT.get(place).copied());
    student.unwrap_or(if freedom < 60 { UP_TO_60 } else { NORMAL })
}

impl Extend<f64> for Mean {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, observed: I) {
        observed.into_iter().for_each(|observed| self.push(observed));
    }
}

/// A mean and its 95 % confidence interval: `mean - half_width ..= mean + half_width`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Half of the interval; unknown after a single observation.
    pub half_width: Option<f64>,
    /// How many were observed.
    pub count: u32,
}

impl Estimate {
    /// The same in hundredths.
    #[must_use]
    pub fn per_cent(self) -> Self {
        let half_width = self.half_width.map(|half_width| half_width * 100.0);
        Self { mean: self.mean * 100.0, half_width, ..self }
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = f.precision().unwrap_or(2);
        // What rounds to zero has no sign.
        let half_unit = (0..places).fold(0.5, |unit, _| unit / 10.0);
        let mean = if self.mean.abs() < half_unit { 0.0 } else { self.mean };
        match self.half_width {
            Some(half_width) => write!(f, "{mean:.places$} ± {half_width:.places$}"),
            None => write!(f, "{mean:.places$}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(observed: &[f64]) -> Estimate {
        let mut mean = Mean::default();
        mean.extend(observed.iter().copied());
        mean.estimate()
    }

    #[test]
    fn by_hand() {
        // 2, 4, 4, 4, 5, 5, 7, 9: mean 5, squared distances 32, variance 32 / 7, of the mean 4 / 7;
        // 2.365 * sqrt(4 / 7) = 1.7878.
        let estimate = mean(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        assert_eq!((estimate.mean, estimate.count), (5.0, 8));
        assert!((estimate.half_width.unwrap() - 1.787_8).abs() < 1e-4);
        assert_eq!(estimate.to_string(), "5.00 ± 1.79");
    }

    #[test]
    fn one_observation_has_no_interval() {
        assert_eq!(mean(&[3.0]).half_width, None);
        assert_eq!(mean(&[3.0]).to_string(), "3.00");
        assert_eq!(mean(&[]).half_width, None);
    }

    #[test]
    fn many_are_normal_and_few_are_not() {
        // Half are 0 and half are 1: variance n / 4 / (n - 1).
        let coin = |n: u32| mean(&(0..n).map(|i| f64::from(i % 2)).collect::<Vec<_>>());
        let width = |n: u32| coin(n).half_width.unwrap();
        assert!((width(2) - 12.706 * 0.5).abs() < 1e-9);
        assert!((width(10_000) - 1.96 * 0.005).abs() < 1e-6);
    }

    /// The variance of numbers that are large and close together is not lost.
    #[test]
    fn far_from_zero() {
        let near: Vec<f64> = (0..100).map(|i| f64::from(i % 2)).collect();
        let far: Vec<f64> = near.iter().map(|observed| observed + 1e9).collect();
        let (near, far) = (mean(&near), mean(&far));
        assert!((near.half_width.unwrap() - far.half_width.unwrap()).abs() < 1e-6);
        assert!((far.mean - near.mean - 1e9).abs() < 1e-6);
    }

    #[test]
    fn what_rounds_to_zero_has_no_sign() {
        let estimate = Estimate { mean: -0.001, half_width: Some(0.0), count: 9 };
        assert_eq!(estimate.to_string(), "0.00 ± 0.00");
        assert_eq!(format!("{:.1}", estimate.per_cent()), "-0.1 ± 0.0");
    }
}
