//! Means and their confidence intervals, in constant memory.

/// Numbers added up one by one (Welford 1962).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistic {
    count: u32,
    mean: f64,
    /// The sum of the squared distances from the mean.
    squares: f64,
}

/// The 97.5th percentile of the normal distribution: 95 % lie between it and its negative.
const NORMAL: f64 = 1.959_963_984_540_054;

impl Statistic {
    /// Adds a number.
    pub fn add(&mut self, number: f64) {
        self.count += 1;
        let before = number - self.mean;
        self.mean += before / f64::from(self.count);
        self.squares += before * (number - self.mean);
    }

    /// The mean; 0 of nothing.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Half the width of the 95 % confidence interval of the mean, by the normal distribution; 0 of
    /// fewer than two numbers.
    #[must_use]
    pub fn half_width(&self) -> f64 {
        if self.count < 2 {
            return 0.0;
        }
        let count = f64::from(self.count);
        NORMAL * (self.squares / (count - 1.0) / count).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_one_reckons_by_hand() {
        let mut statistic = Statistic::default();
        for number in [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0] {
            statistic.add(number);
        }
        assert!((statistic.mean() - 5.0).abs() < 1e-12);
        // The variance is 32/7, and that of the mean an eighth of it.
        let expected = NORMAL * (32.0f64 / 7.0 / 8.0).sqrt();
        assert!((statistic.half_width() - expected).abs() < 1e-12);
        let mut one = Statistic::default();
        one.add(3.0);
        assert_eq!((one.mean(), one.half_width()), (3.0, 0.0));
    }
}
