//! Decimals as whole numbers of their last place.

/// A decimal as `talea_text` writes it, without commas, in units of `10^-places`; nothing if it has more places or
/// does not fit.
pub(crate) fn scaled(decimal: &str, places: usize) -> Option<i128> {
    let (sign, magnitude) = match decimal.strip_prefix('-') {
        Some(magnitude) => (-1, magnitude),
        None => (1, decimal),
    };
    let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
    let fraction = fraction.trim_end_matches('0');
    let zeros = places.checked_sub(fraction.len())?;
    let digits = format!("{whole}{fraction}{}", "0".repeat(zeros));
    // `parse` takes a sign, and here is none.
    let is_number = digits.chars().all(|c| c.is_ascii_digit());
    digits.parse::<i128>().ok().filter(|_| is_number)?.checked_mul(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_keeps_every_digit_or_is_refused() {
        for (decimal, places, expected) in [
            ("99.515625", 12, Some(99_515_625_000_000)),
            ("-0.5", 1, Some(-5)),
            ("7", 2, Some(700)),
            ("1.2500", 2, Some(125)),
            ("1.255", 2, None),
            ("+1", 0, None),
            ("1,000", 0, None),
            ("", 0, None),
            ("170141183460469231731687303715884105728", 0, None),
        ] {
            assert_eq!(scaled(decimal, places), expected, "{decimal}");
        }
    }
}
