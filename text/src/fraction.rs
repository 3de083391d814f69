//! Exact numbers that are no whole number of units: a mean, a variance.

use std::fmt;

/// A numerator over a denominator, in lowest terms.
///
/// # Invariants
/// The denominator is positive, and nothing but 1 divides both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    numerator: i128,
    denominator: i128,
}

impl Fraction {
    /// In lowest terms; nothing if the denominator is not positive.
    #[must_use]
    pub fn new(numerator: i128, denominator: i128) -> Option<Self> {
        if denominator <= 0 {
            return None;
        }
        let divisor =
            i128::try_from(gcd(numerator.unsigned_abs(), denominator.unsigned_abs())).ok()?;
        Some(Self {
            numerator: numerator.checked_div(divisor)?,
            denominator: denominator.checked_div(divisor)?,
        })
    }

    /// The product; nothing beyond 128 bits.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        let numerator = self.numerator.checked_mul(other.numerator)?;
        Self::new(numerator, self.denominator.checked_mul(other.denominator)?)
    }

    /// As a decimal number, if it has so few places at most that it ends there.
    #[must_use]
    pub fn decimal(self, most_places: u32) -> Option<String> {
        let mut tens = 1i128;
        for places in 0..=most_places {
            if tens.checked_rem(self.denominator)? == 0 {
                let units = self.numerator.checked_mul(tens.checked_div(self.denominator)?)?;
                return Some(point(units, places));
            }
            tens = tens.checked_mul(10)?;
        }
        None
    }

    /// As a decimal number of so many places, rounded down.
    #[must_use]
    pub fn rounded_down(self, places: u32) -> Option<String> {
        let units = self.numerator.checked_mul(10i128.checked_pow(places)?)?;
        Some(point(units.checked_div_euclid(self.denominator)?, places))
    }
}

/// So many units of `10^-places`.
fn point(units: i128, places: u32) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let unit = 10u128.saturating_pow(places);
    let magnitude = units.unsigned_abs();
    let whole = magnitude.div_euclid(unit);
    if places == 0 {
        return format!("{sign}{whole}");
    }
    let width = usize::try_from(places).unwrap_or(0);
    format!("{sign}{whole}.{:0width$}", magnitude.rem_euclid(unit))
}

/// As `numerator/denominator`, or a whole number.
impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator {
            1 => write!(f, "{}", self.numerator),
            denominator => write!(f, "{}/{denominator}", self.numerator),
        }
    }
}

impl Fraction {
    /// For people: a decimal number where it ends after 12 places or fewer, else the fraction itself and the
    /// beginning of the decimal number.
    #[must_use]
    pub fn in_words(self) -> String {
        const MOST_PLACES: u32 = 12;
        const SHOWN: u32 = 6;
        if let Some(decimal) = self.decimal(MOST_PLACES) {
            return decimal;
        }
        match self.rounded_down(SHOWN) {
            Some(begins) => format!("{begins}... ({self})"),
            None => self.to_string(),
        }
    }
}

fn gcd(a: u128, b: u128) -> u128 {
    let (mut a, mut b) = (a, b);
    while b > 0 {
        (a, b) = (b, a.checked_rem(b).unwrap_or(0));
    }
    a.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(numerator: i128, denominator: i128) -> Fraction {
        Fraction::new(numerator, denominator).unwrap()
    }

    #[test]
    fn a_number_that_ends_is_a_decimal_number_and_another_a_fraction() {
        assert_eq!(of(29_886, 300).in_words(), "99.62");
        assert_eq!(of(1, 3).in_words(), "0.333333... (1/3)");
        assert_eq!(of(-1, 3).in_words(), "-0.333334... (-1/3)");
        assert_eq!(of(-3, 8).in_words(), "-0.375");
        assert_eq!(of(0, 7).in_words(), "0");
        assert_eq!(of(i128::MAX, 3).in_words(), format!("{}/3", i128::MAX));
        assert_eq!(Fraction::new(1, 0), None);
        assert_eq!(Fraction::new(1, -1), None);
    }

    proptest! {
        #[test]
        fn a_decimal_number_is_the_fraction(units in -1_000_000i64..1_000_000, places in 0u32..9) {
            let unit = 10i128.pow(places);
            let text = of(units.into(), unit).decimal(12).unwrap();
            let (whole, rest) = text.trim_start_matches('-').split_once('.').unwrap_or((text.trim_start_matches('-'), ""));
            let read = format!("{whole}{rest:0<width$}", width = places as usize);
            prop_assert_eq!(read.parse::<i64>().unwrap(), units.abs());
            prop_assert_eq!(text.starts_with('-'), units < 0);
        }
    }
}
