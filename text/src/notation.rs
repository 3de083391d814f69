//! Ticks and scales as people write them in files, and what to say of a price that cannot be taken.
//!
//! Prices themselves are read in one place, [`talea_protocol::notation`].

use talea_protocol::{
    notation::{FINEST, Misread, futures_price, point_before_32nds},
    price::{Level, Price, PriceGrid, Scale, Side},
};

/// The scales a scenario may name, in one sentence for help texts.
pub const SCALES: &str =
    "write \"decimal 0\" to \"decimal 12\", or \"32nds\", \"64ths\", \"128ths\", \"256ths\"";

/// Reads the name of a scale.
#[must_use]
pub fn scale(text: &str) -> Option<Scale> {
    match text.trim() {
        "32nds" => Some(Scale::Binary(5)),
        "64ths" => Some(Scale::Binary(6)),
        "128ths" => Some(Scale::Binary(7)),
        "256ths" => Some(Scale::Binary(8)),
        other => {
            let places = other.strip_prefix("decimal ")?.trim();
            let places: u8 = places.parse().ok()?;
            Some(Scale::Decimal(places)).filter(Scale::is_possible)
        }
    }
}

/// The name of a scale.
#[must_use]
pub fn scale_name(scale: Scale) -> String {
    match scale {
        Scale::Decimal(places) => format!("decimal {places}"),
        Scale::Binary(5) => "32nds".into(),
        Scale::Binary(bits) => format!("{}ths", 1u32.checked_shl(bits.into()).unwrap_or(0)),
    }
}

/// How prices are written at a scale, by example.
#[must_use]
pub fn example(scale: Scale) -> String {
    let written = match scale {
        Scale::Decimal(places) => {
            let minor = 10i64.saturating_pow(places.into());
            scale.write(Price(minor.saturating_mul(99).saturating_add(minor.div_euclid(2))))
        }
        Scale::Binary(5) => return "like \"99-16\", which is \"99.5\"".into(),
        Scale::Binary(6) => return "like \"99-16+\", which is \"99.515625\"".into(),
        Scale::Binary(_) => {
            return "like \"99-16+\", which is \"99.515625\", or \"99-162\", where the third digit counts \
                    eighths of a 32nd"
                .into();
        }
    };
    match scale {
        Scale::Decimal(0) => "in whole units, like \"99\"".into(),
        Scale::Decimal(1) => format!("like \"{written}\", with at most one decimal place"),
        Scale::Decimal(places) => {
            format!("like \"{written}\", with at most {places} decimal places")
        }
        Scale::Binary(_) => written,
    }
}

/// The notation of a scale and its convention, for somebody who is about to agree to it.
#[must_use]
pub fn in_words(scale: Scale) -> String {
    let name = scale_name(scale);
    match scale {
        Scale::Decimal(0) => "in whole units".into(),
        Scale::Decimal(1) => "in decimals of one place".into(),
        Scale::Decimal(places) => format!("in decimals of {places} places"),
        Scale::Binary(0..=5) => format!("in {name}: 99-16 is 99 and 16/32, 99.5"),
        Scale::Binary(6) => format!("in {name}: 99-16+ is 99 and 16.5/32, 99.515625"),
        Scale::Binary(_) => format!(
            "in {name}: + is half a 32nd, and a third digit counts eighths of one, as the cash market writes; \
             99-162 is 99 and 16.25/32, 99.5078125"
        ),
    }
}

/// A price with the decimal number that it is, where that is written otherwise.
#[must_use]
pub fn with_decimal(scale: Scale, price: Price) -> String {
    let written = scale.write(price);
    match scale {
        Scale::Decimal(_) => written,
        Scale::Binary(_) => format!("{written} ({})", scale.write_decimal(price)),
    }
}

/// What should be pointed out of a price that was read: that others would mean other money by it.
#[must_use]
pub fn remark(scale: Scale, text: &str) -> Option<String> {
    let price = scale.read(text).ok().filter(|_| matches!(scale, Scale::Binary(_)))?;
    let read = with_decimal(scale, price);
    if let Some(futures) = futures_price(text) {
        let futures = with_decimal(FINEST, futures);
        return Some(format!(
            "{text:?} is read as {read}: its third digit counts eighths of a 32nd, as the cash market writes. \
             The futures market would mean {futures}"
        ));
    }
    let in_32nds = with_decimal(FINEST, point_before_32nds(text)?);
    Some(format!("{text:?} is read as a decimal number, {read}. In 32nds it would be {in_32nds}"))
}

/// What may have been meant by a price that is none of a scale.
fn meant(scale: Scale, text: &str) -> String {
    let meant = match (scale, futures_price(text), point_before_32nds(text)) {
        (Scale::Binary(_), Some(futures), _) => ("the futures market's price", futures),
        (Scale::Binary(_), None, Some(in_32nds)) => ("one in 32nds", in_32nds),
        _ => return String::new(),
    };
    format!("; if {} was meant, it is {}", meant.0, with_decimal(FINEST, meant.1))
}

/// What is wrong with a price, and what to do: write one of its neighbours, if it has any.
#[must_use]
pub fn fault(scale: Scale, text: &str, misread: Misread, neighbours: &[Price]) -> [String; 2] {
    let name = scale_name(scale);
    let neighbours: Vec<String> =
        neighbours.iter().map(|price| with_decimal(scale, *price)).collect();
    let example = example(scale);
    match misread {
        Misread::NoPrice => {
            [format!("{text:?} is no price at the scale {name:?}"), format!("write it {example}")]
        }
        Misread::Between { .. } => [
            format!("{text:?} is not exact at the scale {name:?}"),
            format!(
                "the nearest: {}; a price is written {example}{}",
                neighbours.join(" and "),
                meant(scale, text)
            ),
        ],
        Misread::In32nds { in_256ths } => [
            format!("{text:?} is written in 32nds, and prices at the scale {name:?} are not"),
            format!("it would be {}; write it {example}", FINEST.write_decimal(in_256ths)),
        ],
        Misread::TooLarge => [
            format!("{text:?} is too large for the scale {name:?}"),
            "a price is a whole number of units that fits in 64 bits".into(),
        ],
    }
}

/// Reads a tick: a positive price at the scale, such as `0.05`, `0-00+` or `1/64`.
#[must_use]
pub fn tick(scale: Scale, text: &str) -> Option<u64> {
    u64::try_from(scale.read(text).ok()?.0).ok().filter(|tick| *tick > 0)
}

/// The prices on the grid nearest to one that is not, lower first: what to bid instead. Of one between two
/// minor units both are given; they are the same otherwise.
#[must_use]
pub fn nearest(grid: &PriceGrid, (low, high): (Price, Price)) -> Vec<Price> {
    let above_start = match grid.side {
        Side::HighestWins => i128::from(low.0) - i128::from(grid.start.0),
        Side::LowestWins => i128::from(grid.start.0) - i128::from(high.0),
    };
    let last = i128::from(grid.levels.saturating_sub(1));
    let below = above_start.div_euclid(i128::from(grid.tick.max(1)));
    let levels = [below.clamp(0, last), below.saturating_add(1).clamp(0, last)];
    let mut prices: Vec<Price> = levels
        .into_iter()
        .filter_map(|level| grid.price(Level(u32::try_from(level).ok()?)))
        .collect();
    prices.sort();
    prices.dedup();
    prices
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::price::Shape;

    #[test]
    fn scales_read_back() {
        for text in ["decimal 0", "decimal 2", "decimal 12", "32nds", "64ths", "128ths", "256ths"] {
            assert_eq!(scale_name(scale(text).unwrap()), text);
        }
        for text in ["decimal 13", "decimal", "decimal -1", "33rds", "", "2", "decimal 300"] {
            assert_eq!(scale(text), None, "{text}");
        }
    }

    #[test]
    fn every_example_reads_at_its_scale() {
        let binary = (5..=8).map(Scale::Binary);
        for scale in binary.chain((0..=12).map(Scale::Decimal)) {
            let example = example(scale);
            let prices: Vec<&str> = example.split('"').skip(1).step_by(2).collect();
            assert!(!prices.is_empty());
            prices.iter().for_each(|price| assert!(scale.read(price).is_ok(), "{price}"));
        }
    }

    #[test]
    fn what_means_other_money_elsewhere_is_pointed_out() {
        let fine = Scale::Binary(8);
        for (text, words) in [
            ("99-165", ["99-165 (99.51953125)", "99-16+ (99.515625)"]),
            ("99'167", ["99-167 (99.52734375)", "99-166 (99.5234375)"]),
            ("99.25", ["99-08 (99.25)", "99-25 (99.78125)"]),
        ] {
            let said = remark(fine, text).unwrap();
            words.iter().for_each(|word| assert!(said.contains(word), "{word}: {said}"));
        }
        for text in ["99-162", "99-16+", "99.5", "99 1/4", "99-250", "x"] {
            assert_eq!(remark(fine, text), None, "{text}");
        }
        assert_eq!(remark(Scale::Decimal(2), "99.25"), None);
    }

    #[test]
    fn what_is_refused_is_refused_with_what_may_have_been_meant() {
        for (scale, text, words) in [
            (
                Scale::Binary(6),
                "99-165",
                "futures market's price was meant, it is 99-16+ (99.515625)",
            ),
            (Scale::Binary(8), "99.16", "one in 32nds was meant, it is 99-16 (99.5)"),
            (Scale::Decimal(2), "99-16", "it would be 99.5; write it like \"99.50\""),
            (
                Scale::Decimal(2),
                "99.501",
                "the nearest: 99.50 and 99.51; a price is written like \"99.50\"",
            ),
        ] {
            let misread = scale.read(text).unwrap_err();
            let [_, help] = fault(scale, text, misread, &[Price(9_950), Price(9_951)]);
            assert!(help.contains(words), "{help}");
        }
    }

    #[test]
    fn ticks_are_amounts_or_fractions() {
        assert_eq!(tick(Scale::Decimal(2), "0.05"), Some(5));
        assert_eq!(tick(Scale::Binary(8), "1/64"), Some(4));
        assert_eq!(tick(Scale::Binary(8), "0-00+"), Some(4));
        assert_eq!(tick(Scale::Decimal(2), "1/8"), None, "an eighth is no number of cents");
        assert_eq!(tick(Scale::Decimal(3), "1/8"), Some(125));
        for text in ["0", "-1", "1/0", "-1/64", "1/-64", "x", "", "/", "1/"] {
            assert_eq!(tick(Scale::Binary(8), text), None, "{text}");
        }
    }

    #[test]
    fn the_nearest_prices_stand_on_the_grid() {
        let grid = |side| PriceGrid {
            side,
            start: Price(100),
            tick: 10,
            levels: 5,
            scale: Scale::Decimal(0),
            shape: Shape::new(&[3]).unwrap(),
        };
        let sale = grid(Side::HighestWins);
        let at = |price| (Price(price), Price(price));
        assert_eq!(nearest(&sale, at(114)), [Price(110), Price(120)]);
        assert_eq!(nearest(&sale, at(i64::MIN)), [Price(100)]);
        assert_eq!(nearest(&sale, at(i64::MAX)), [Price(140)]);
        assert_eq!(nearest(&sale, (Price(110), Price(111))), [Price(110), Price(120)]);
        assert_eq!(nearest(&sale, (Price(119), Price(120))), [Price(110), Price(120)]);
        let tender = grid(Side::LowestWins);
        assert_eq!(nearest(&tender, at(86)), [Price(80), Price(90)]);
        assert_eq!(nearest(&tender, at(5)), [Price(60)]);
        assert_eq!(nearest(&tender, (Price(80), Price(81))), [Price(80), Price(90)]);
        assert_eq!(nearest(&tender, (Price(89), Price(90))), [Price(80), Price(90)]);
    }
}
