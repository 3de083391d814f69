//! Prices as people write them.
//!
//! One price has several spellings: `99-16+`, `99:16+`, `99'16+`, `99 33/64` and `99.515625` are the same.
//! Each is taken where it is exactly a price of the scale, and none where it is not.
//!
//! # The third digit
//!
//! After two digits of 32nds the cash market writes a third one in *eighths of a 32nd*: `99-165` is 99 and
//! 16.625/32, and `+` stands for four of them. The futures market writes *quarters*, cut to one digit, `0`,
//! `2`, `5` and `7`: its `99-165` is 99 and 16.5/32. Here the third digit counts eighths at every scale, as
//! [`Scale::write`] writes them; [`futures_price`] says where the other market means other money.
//!
//! There is no float anywhere, and no text longer than [`MAX_PRICE_BYTES`] is looked at.

use crate::price::{Price, Scale};

/// The longest price, in bytes.
pub const MAX_PRICE_BYTES: usize = 64;
/// Digits before the fraction, at most: as many as 64 bits need.
const MAX_MAJOR_DIGITS: usize = 19;
/// Decimal places that count, at most. No scale has half as many.
const MAX_PLACES: usize = 24;
/// Digits above and below the bar of a fraction, at most.
const MAX_FRACTION_DIGITS: usize = 9;

/// What separates a whole number from its 32nds.
const BEFORE_32NDS: [char; 4] = ['-', ':', '\'', '\u{2019}'];

/// A price that was written, exactly: a whole number, and a part of one that is less than 1.
#[derive(Clone, Copy)]
struct Written {
    is_negative: bool,
    major: u128,
    /// Above the bar of the fraction, and below it.
    part: (u128, u128),
    spelling: Spelling,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    Whole,
    Decimal,
    /// With the third digit, if there is one.
    ThirtySeconds(Option<u128>),
    Fraction,
}

/// Why a text is no price of a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misread {
    /// It is a price in no spelling, or one of more digits than any price has.
    #[error("it is not written as a price")]
    NoPrice,
    /// It lies between two neighbouring prices of the scale.
    #[error("it lies between two prices of the scale")]
    Between {
        /// The lower one.
        below: Price,
        /// The higher one.
        above: Price,
    },
    /// It is written in 32nds, and the scale is decimal.
    #[error("it is written in 32nds, and prices of this scale are decimals")]
    In32nds {
        /// The price, in 256ths.
        in_256ths: Price,
    },
    /// It does not fit in 64 bits of minor units.
    #[error("it is too large")]
    TooLarge,
}

impl Scale {
    /// Reads a price in any of its spellings, exactly. Blanks around it do not count.
    ///
    /// - A decimal number: `99`, `99.5`, `99.500`.
    /// - A whole number and a fraction: `99 1/2`; or the fraction alone, `1/64`. It is less than 1.
    /// - At a binary scale, two digits of 32nds after `-`, `:` or `'`: `99-16`; then `+` for a half of
    ///   one, or a digit that counts its eighths.
    ///
    /// Whatever [`write`](Self::write) and [`write_decimal`](Self::write_decimal) write is among them.
    ///
    /// # Errors
    /// [`Misread`] if the text is no price, or none of this scale.
    pub fn read(&self, text: &str) -> Result<Price, Misread> {
        let written = Written::read(text).ok_or(Misread::NoPrice)?;
        if let (Self::Decimal(_), Spelling::ThirtySeconds(_)) = (self, written.spelling) {
            let in_256ths = written.at(FINEST)?;
            return Err(Misread::In32nds { in_256ths });
        }
        written.at(*self)
    }
}

/// The scale of eighths of a 32nd.
pub const FINEST: Scale = Scale::Binary(8);

/// What the futures market means by a text that [`Scale::read`] takes for other money: the price in 256ths.
/// Nothing if both mean the same, or the futures market does not write so.
pub fn futures_price(text: &str) -> Option<Price> {
    let written = Written::read(text)?;
    let (Spelling::ThirtySeconds(Some(third)), (above, below)) = (written.spelling, written.part)
    else {
        return None;
    };
    // 0.5 and 0.75 of a 32nd; 0 and 0.25 are the same in both.
    let eighths = match third {
        5 => 4,
        7 => 6,
        _ => return None,
    };
    let above = above.checked_sub(third)?.checked_add(eighths)?;
    Written { part: (above, below), ..written }.at(FINEST).ok()
}

/// What a decimal number would be if its point stood before 32nds: `99.25` as `99-25`, in 256ths. Nothing
/// if that is the same price, or none.
pub fn point_before_32nds(text: &str) -> Option<Price> {
    let number = Written::read(text).filter(|written| written.spelling == Spelling::Decimal)?;
    let (major, rest) = text.trim().split_once('.')?;
    let (thirty_seconds, spelling) = read_32nds(rest)?;
    let sign = if number.is_negative { "-" } else { "" };
    let major = digits(major.strip_prefix(sign)?, MAX_MAJOR_DIGITS)?;
    let other = Written { major, part: thirty_seconds, spelling, ..number }.at(FINEST).ok()?;
    (number.at(FINEST) != Ok(other)).then_some(other)
}

impl Written {
    fn read(text: &str) -> Option<Self> {
        if text.len() > MAX_PRICE_BYTES {
            return None;
        }
        let text = text.trim_matches(' ');
        let (is_negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (first, rest) = text.split_at_checked(end)?;
        let (major, part, spelling) = match rest.chars().next() {
            None => (first, (0, 1), Spelling::Whole),
            Some('.') => (first, read_places(rest.strip_prefix('.')?)?, Spelling::Decimal),
            Some(' ') => (first, read_fraction(rest.trim_start_matches(' '))?, Spelling::Fraction),
            Some('/') => ("0", read_fraction(text)?, Spelling::Fraction),
            Some(_) => {
                let (part, spelling) = read_32nds(rest.strip_prefix(BEFORE_32NDS)?)?;
                (first, part, spelling)
            }
        };
        Some(Self { is_negative, major: digits(major, MAX_MAJOR_DIGITS)?, part, spelling })
    }

    /// The price at a scale.
    fn at(&self, scale: Scale) -> Result<Price, Misread> {
        let unit = match scale {
            Scale::Decimal(places) if scale.is_possible() => 10u128.checked_pow(places.into()),
            Scale::Binary(bits) if scale.is_possible() => 1u128.checked_shl(bits.into()),
            _ => None,
        };
        let unit = unit.ok_or(Misread::NoPrice)?;
        let (above, below) = self.part;
        let part = above.checked_mul(unit).ok_or(Misread::NoPrice)?;
        let is_exact = part.checked_rem(below).ok_or(Misread::NoPrice)? == 0;
        let part = part.checked_div(below).ok_or(Misread::NoPrice)?;
        let magnitude = self.major.checked_mul(unit).and_then(|major| major.checked_add(part));
        let signed = |magnitude: u128| -> Result<Price, Misread> {
            let magnitude = i128::try_from(magnitude).map_err(|_| Misread::TooLarge)?;
            let signed = if self.is_negative { magnitude.checked_neg() } else { Some(magnitude) };
            let minor = signed.and_then(|minor| i64::try_from(minor).ok());
            minor.map(Price).ok_or(Misread::TooLarge)
        };
        let magnitude = magnitude.ok_or(Misread::TooLarge)?;
        let price = signed(magnitude)?;
        if is_exact {
            return Ok(price);
        }
        let farther = signed(magnitude.checked_add(1).ok_or(Misread::TooLarge)?)?;
        Err(Misread::Between { below: price.min(farther), above: price.max(farther) })
    }
}

/// A number of so many digits at most, and nothing but digits.
fn digits(text: &str, most: usize) -> Option<u128> {
    let is_number =
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

/// The digits after a decimal point.
fn read_places(text: &str) -> Option<(u128, u128)> {
    let places = text.trim_end_matches('0');
    if places.is_empty() {
        return (!text.is_empty()).then_some((0, 1));
    }
    let below = 10u128.checked_pow(u32::try_from(places.len()).ok()?)?;
    Some((digits(places, MAX_PLACES)?, below))
}

/// A fraction that is less than 1.
fn read_fraction(text: &str) -> Option<(u128, u128)> {
    let (above, below) = text.split_once('/')?;
    let (above, below) = (digits(above, MAX_FRACTION_DIGITS)?, digits(below, MAX_FRACTION_DIGITS)?);
    (above < below).then_some((above, below))
}

/// Two digits of 32nds and what may follow them, in 256ths.
fn read_32nds(text: &str) -> Option<((u128, u128), Spelling)> {
    let (two, tail) = text.split_at_checked(2)?;
    let thirty_seconds = digits(two, 2).filter(|count| *count < 32)?;
    let (eighths, third) = match tail {
        "" => (0, None),
        "+" => (4, None),
        digit => {
            let third = digits(digit, 1).filter(|third| *third < 8)?;
            (third, Some(third))
        }
    };
    let above = thirty_seconds.checked_mul(8)?.checked_add(eighths)?;
    Some(((above, 256), Spelling::ThirtySeconds(third)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{
        format,
        string::{String, ToString as _},
    };
    use proptest::prelude::*;

    fn scales() -> impl Strategy<Value = Scale> {
        prop_oneof![(0u8..=12).prop_map(Scale::Decimal), (0u8..=8).prop_map(Scale::Binary)]
    }

    #[test]
    fn every_spelling_of_a_price_is_that_price() {
        let half = Ok(Price(99 * 256 + 128));
        for text in [
            "99-16",
            "99:16",
            "99'16",
            "99\u{2019}16",
            "99-160",
            "99.5",
            "99.50",
            "99.500",
            " 99.5 ",
            "99 16/32",
            "99  1/2",
            "099.5",
        ] {
            assert_eq!(FINEST.read(text), half, "{text}");
        }
        assert_eq!(FINEST.read("99'16+"), Ok(Price(99 * 256 + 132)));
        assert_eq!(FINEST.read("99:162"), Ok(Price(99 * 256 + 130)));
        assert_eq!(FINEST.read("-0-001"), Ok(Price(-1)));
        assert_eq!(FINEST.read("1/64"), Ok(Price(4)));
        let cents = Scale::Decimal(2);
        for text in ["99.5", "99.500", "99.5000000000000000000000", "99 1/2"] {
            assert_eq!(cents.read(text), Ok(Price(9_950)), "{text}");
        }
    }

    #[test]
    fn what_is_no_price_is_refused() {
        let long = "9".repeat(MAX_PRICE_BYTES + 1);
        let precise = format!("0.{}", "1".repeat(MAX_PLACES + 1));
        for text in [
            "",
            " ",
            "-",
            "+1",
            "--1",
            "x",
            "1e3",
            "99.",
            ".5",
            "99-",
            "99-5",
            "99-32",
            "99-168",
            "99-16++",
            "99-1625",
            "99-16-1",
            "99 ",
            "99 16",
            "99 32/32",
            "33/32",
            "1/0",
            "1/",
            "/2",
            "99 -1/2",
            "99.5.0",
            "1,000",
            "99-16 1/4",
            "\u{664}",
            "99\u{2212}16",
            "9\u{fc}9",
            "99-1\u{fc}",
            &long,
            &precise,
        ] {
            for scale in [Scale::Decimal(2), Scale::Decimal(12), FINEST, Scale::Binary(0)] {
                let read = scale.read(text);
                let is_whole = text == "99 ";
                assert_eq!(read.is_ok(), is_whole, "{text:?} at {scale:?}: {read:?}");
                assert!(is_whole || read == Err(Misread::NoPrice), "{text:?}: {read:?}");
            }
        }
        // Scales that no terms can have.
        assert_eq!(Scale::Binary(9).read("1"), Err(Misread::NoPrice));
        assert_eq!(Scale::Decimal(255).read("1"), Err(Misread::NoPrice));
        assert_eq!(Scale::Decimal(12).read("9223373"), Err(Misread::TooLarge));
    }

    #[test]
    fn what_is_inexact_is_refused_with_its_neighbours() {
        let between =
            |below, above| Err(Misread::Between { below: Price(below), above: Price(above) });
        assert_eq!(Scale::Decimal(2).read("99.501"), between(9_950, 9_951));
        assert_eq!(Scale::Decimal(2).read("-99.501"), between(-9_951, -9_950));
        assert_eq!(Scale::Decimal(2).read("99 1/3"), between(9_933, 9_934));
        assert_eq!(Scale::Binary(5).read("99-16+"), between(99 * 32 + 16, 99 * 32 + 17));
        assert_eq!(FINEST.read("99.16"), between(99 * 256 + 40, 99 * 256 + 41));
    }

    #[test]
    fn thirty_seconds_are_no_decimals() {
        let half = Price(99 * 256 + 128);
        assert_eq!(Scale::Decimal(2).read("99-16"), Err(Misread::In32nds { in_256ths: half }));
        assert_eq!(Scale::Decimal(0).read("99-16"), Err(Misread::In32nds { in_256ths: half }));
    }

    #[test]
    fn a_third_digit_counts_eighths_and_the_futures_market_means_quarters() {
        let at = |eighths: i64| Price(99 * 256 + 16 * 8 + eighths);
        for (text, eighths, futures) in [
            ("99-160", 0, None),
            ("99-162", 2, None),
            ("99-164", 4, None),
            ("99-165", 5, Some(at(4))),
            ("99'167", 7, Some(at(6))),
            ("99-16+", 4, None),
        ] {
            assert_eq!(FINEST.read(text), Ok(at(eighths)), "{text}");
            assert_eq!(futures_price(text), futures, "{text}");
        }
        // A half of a 32nd can be told at a scale that has no eighths of one; it is not guessed.
        assert!(matches!(Scale::Binary(6).read("99-165"), Err(Misread::Between { .. })));
        assert_eq!(futures_price("-99-165"), Some(Price(-(99 * 256 + 132))));
        assert_eq!(futures_price("99.165"), None);
    }

    #[test]
    fn a_point_before_32nds_is_told_from_a_decimal_point() {
        assert_eq!(point_before_32nds("99.25"), Some(Price(99 * 256 + 200)));
        assert_eq!(point_before_32nds("-99.25"), Some(Price(-(99 * 256 + 200))));
        assert_eq!(point_before_32nds("99.16"), Some(Price(99 * 256 + 128)));
        for text in ["99.5", "99.50", "99.00", "99", "99-16", "99 1/4", "x"] {
            assert_eq!(point_before_32nds(text), None, "{text}");
        }
    }

    /// A number as a fraction of whole numbers, in the plain way.
    fn as_fraction(major: u64, numerator: u64, denominator: u64) -> (i128, i128) {
        let [major, numerator, denominator] = [major, numerator, denominator].map(i128::from);
        (major * denominator + numerator, denominator)
    }

    fn unit(scale: Scale) -> i128 {
        match scale {
            Scale::Decimal(places) => 10i128.pow(places.into()),
            Scale::Binary(bits) => 1 << bits,
        }
    }

    /// A text is read as exactly the number that it says, or refused, and its neighbours are around it.
    fn is_read_exactly(
        scale: Scale,
        text: &str,
        (numerator, denominator): (i128, i128),
    ) -> Result<(), TestCaseError> {
        let in_minor = numerator * unit(scale);
        match scale.read(text) {
            Ok(Price(minor)) => prop_assert_eq!(i128::from(minor) * denominator, in_minor),
            Err(Misread::Between { below, above }) => {
                prop_assert_eq!(above.0, below.0 + 1);
                prop_assert!(i128::from(below.0) * denominator < in_minor);
                prop_assert!(in_minor < i128::from(above.0) * denominator);
            }
            Err(Misread::In32nds { in_256ths }) => {
                prop_assert!(matches!(scale, Scale::Decimal(_)));
                prop_assert_eq!(i128::from(in_256ths.0) * denominator, numerator * 256);
            }
            Err(Misread::TooLarge) => {
                prop_assert!((in_minor / denominator).abs() >= i128::from(i64::MAX) - 1);
            }
            Err(Misread::NoPrice) => prop_assert!(false, "{} is a price", text),
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn whatever_is_written_reads_back(minor in any::<i64>(), scale in scales()) {
            let price = Price(minor);
            prop_assert_eq!(scale.read(&scale.write(price)), Ok(price));
            prop_assert_eq!(scale.read(&scale.write_decimal(price)), Ok(price));
        }

        #[test]
        fn every_accepted_spelling_is_exactly_the_price(
            scale in scales(),
            is_negative in any::<bool>(),
            major in 0u64..10_000_000,
            thirty_seconds in 0u64..32,
            eighths in 0u64..8,
            places in "[0-9]{1,9}",
            (above, below) in (1u64..1_000).prop_flat_map(|below| (0..below, Just(below))),
            separator in prop::sample::select(&BEFORE_32NDS[..]),
        ) {
            let sign = if is_negative { "-" } else { "" };
            let signed = |(numerator, denominator): (i128, i128)| {
                (if is_negative { -numerator } else { numerator }, denominator)
            };
            let tenths = 10u64.pow(places.len() as u32);
            let tail = match eighths {
                0 => String::new(),
                4 => "+".into(),
                other => other.to_string(),
            };
            for (text, number) in [
                (format!("{sign}{major}"), as_fraction(major, 0, 1)),
                (format!("{sign}{major}.{places}"), as_fraction(major, places.parse().unwrap(), tenths)),
                (format!("{sign}{major} {above}/{below}"), as_fraction(major, above, below)),
                (format!("{sign}{above}/{below}"), as_fraction(0, above, below)),
                (
                    format!("{sign}{major}{separator}{thirty_seconds:02}{tail}"),
                    as_fraction(major, thirty_seconds * 8 + eighths, 256),
                ),
            ] {
                is_read_exactly(scale, &text, signed(number))?;
            }
        }

        #[test]
        fn no_text_has_two_prices(text in "-?[0-9]{1,4}([-:'. ][0-9]{0,3}[+/]?[0-9]{0,3})?") {
            let prices = [Scale::Binary(8), Scale::Decimal(12)]
                .map(|scale| scale.read(&text).map(|price| scale.write_decimal(price)));
            let [Ok(binary), Ok(decimal)] = prices else { return Ok(()) };
            // The decimal scale writes all of its places.
            prop_assert_eq!(&binary, decimal.trim_end_matches('0').trim_end_matches('.'));
        }

        #[test]
        fn no_text_is_too_much(text in ".{0,80}", scale in scales()) {
            let _ = (scale.read(&text), futures_price(&text), point_before_32nds(&text));
        }
    }
}
