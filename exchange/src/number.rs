//! Decimals that survive readers who use doubles.

use serde_json::Number;
use talea_text::failure::{Code, Failure};

/// So many significant digits of a decimal survive the way into a double and back, whatever the decimal is.
const DIGITS: usize = 15;

/// A decimal as `talea_text` writes it, without commas, if a double keeps it: written to 15 significant digits it is
/// the same again.
pub(crate) fn kept(decimal: &str) -> Option<&str> {
    let digits: String = decimal.chars().filter(char::is_ascii_digit).collect();
    (digits.trim_matches('0').len() <= DIGITS).then_some(decimal)
}

/// A decimal as a JSON number.
///
/// # Errors
/// `standard.number` if a reader that uses doubles would read another one.
pub(crate) fn json(what: &str, decimal: &str) -> Result<Number, Failure> {
    let exact = kept(decimal).and_then(|decimal| {
        let whole = decimal.parse::<i64>().ok().map(Number::from);
        whole.or_else(|| Number::from_f64(decimal.parse().ok()?))
    });
    exact.ok_or_else(|| too_long(what, decimal))
}

pub(crate) fn too_long(what: &str, decimal: &str) -> Failure {
    let sentence = format!(
        "{what} is {decimal}, and has more than {DIGITS} significant digits: readers that use doubles \
         would read another number"
    );
    Failure::new(Code::StandardNumber, sentence)
        .with_help("write the report as .json or .csv, where it is text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_written_reads_back_as_the_same_decimal() {
        for (decimal, written) in [
            ("24886718.75", "24886718.75"),
            ("99.515625", "99.515625"),
            ("-0.0003125", "-0.0003125"),
            ("0.000000000001", "1e-12"),
            ("99.50", "99.5"),
            ("9007199254740993", ""),
            ("9007199254740990", "9007199254740990"),
            ("18446744073709551615", ""),
            ("123456789012345678900000", ""),
            ("100000000000000000000000", "1e+23"),
            ("123456789012345", "123456789012345"),
            ("1234567890123.456", ""),
            ("0.1000000000000000055511151231257827", ""),
            ("0", "0"),
            ("0.00", "0.0"),
        ] {
            let number = json("the amount", decimal).ok().map(|number| number.to_string());
            assert_eq!(number.as_deref().unwrap_or_default(), written, "{decimal}");
        }
        let refused = json("the amount", "1234567890123.456").unwrap_err();
        assert_eq!(refused.code, Code::StandardNumber);
        assert!(refused.sentence.contains("1234567890123.456"), "{refused}");
    }

    #[test]
    fn what_is_kept_reads_back_from_a_double_to_the_last_digit() {
        let mut state = 7u64;
        let mut random = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for _ in 0..20_000 {
            let digits = random(1 << 30) * 1_000_000 + random(1_000_000);
            let (places, cut) = (random(16) as usize, random(15) as u32);
            let digits = (digits % 10u64.pow(15) / 10u64.pow(cut)).max(1).to_string();
            let padded = format!("{digits:0>width$}", width = places + 1);
            let (whole, fraction) = padded.split_at(padded.len() - places);
            let decimal = if places == 0 { whole.into() } else { format!("{whole}.{fraction}") };
            let read: f64 = json("it", &decimal).unwrap().to_string().parse().unwrap();
            assert_eq!(format!("{read:.places$}"), decimal);
        }
    }
}
