//! What a bid comes to, in figures that a person can check before it binds.

use talea_protocol::price::{Price, Scale};

/// What a bond costs whose price is a per cent of its quantity, exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfBond {
    /// The price.
    pub percent: String,
    /// The price times the quantity.
    pub value: String,
}

/// Prices in fractions of a point are per cents, by the custom of bond markets. Of others nobody
/// knows.
#[must_use]
pub fn of_bond(scale: Scale, price: Price, quantity: u64) -> Option<OfBond> {
    let Scale::Binary(bits) = scale else { return None };
    let percent = decimal(price.0.into(), 0, bits.into(), grouped)?;
    let value = decimal(total(price, quantity)?, 2, bits.into(), grouped)?;
    Some(OfBond { percent, value })
}

/// The value of [`of_bond`] as programs read it: without commas.
#[must_use]
pub fn amount(scale: Scale, price: Price, quantity: u64) -> Option<String> {
    let Scale::Binary(bits) = scale else { return None };
    decimal(total(price, quantity)?, 2, bits.into(), |whole| whole.to_string())
}

fn total(price: Price, quantity: u64) -> Option<i128> {
    i128::from(price.0).checked_mul(quantity.into())
}

/// `numerator / (10^tens * 2^bits)`, exactly: so many twos need as many places.
fn decimal(numerator: i128, tens: u32, bits: u32, write: fn(u128) -> String) -> Option<String> {
    let places = tens.checked_add(bits)?;
    let denominator = 10i128.checked_pow(tens)?.checked_mul(1i128.checked_shl(bits)?)?;
    let (whole, rest) = (numerator / denominator, numerator % denominator);
    let places_of_rest = rest.abs().checked_mul(10i128.checked_pow(places)?)? / denominator;
    let digits = format!("{places_of_rest:0width$}", width = usize::try_from(places).ok()?);
    let digits = digits.trim_end_matches('0');
    let sign = if numerator < 0 { "-" } else { "" };
    let point = if digits.is_empty() { "" } else { "." };
    Some(format!("{sign}{}{point}{digits}", write(whole.unsigned_abs())))
}

/// A number with a comma before every three digits.
#[must_use]
pub fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bond_costs_its_price_in_per_cent() {
        let bond = |bits, price, quantity| {
            let OfBond { percent, value } =
                of_bond(Scale::Binary(bits), Price(price), quantity).unwrap();
            format!("{percent} % = {value}")
        };
        // 99-16+ is 99 and 33/64.
        assert_eq!(bond(6, 99 * 64 + 33, 5_000_000), "99.515625 % = 4,975,781.25");
        assert_eq!(bond(8, 100 * 256, 2_000_000), "100 % = 2,000,000");
        assert_eq!(bond(5, -33, 100), "-1.03125 % = -1.03125");
        assert_eq!(bond(5, 1, 1), "0.03125 % = 0.0003125");
        let most =
            "9,223,372,036,854,775,807 % = 1,701,411,834,604,692,317,040,171,876,053,197,783.05";
        assert_eq!(bond(0, i64::MAX, u64::MAX), most);
        assert_eq!(of_bond(Scale::Decimal(2), Price(9_950), 100), None);
        let plain = |scale| amount(scale, Price(99 * 64 + 33), 5_000_000);
        assert_eq!(plain(Scale::Binary(6)).as_deref(), Some("4975781.25"));
        assert_eq!(plain(Scale::Decimal(2)), None);
    }

    #[test]
    fn digits_are_grouped() {
        let texts = [0, 999, 1_000, 123_456_789].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "123,456,789"]);
    }
}
