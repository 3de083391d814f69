//! Prices, ticks and scales as people write them in a scenario.
//!
//! Everything is exact. A price is read at its lot's scale or not at all: on a ladder of 32nds
//! `99.16` could mean 99 and 16/32 or 99 and 16 hundredths, so it is refused rather than guessed.

use talea_protocol::price::{Price, PriceLadder, Rung, Scale, Side};

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
        Scale::Binary(5) => return "like \"99-16\"".into(),
        Scale::Binary(6) => return "like \"99-16+\", the plus being a 64th".into(),
        Scale::Binary(_) => {
            return "like \"99-162\", the last digit counting 256ths, or a plus for a 64th".into();
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

/// Reads a tick: a positive amount at the scale, or a fraction such as `1/64`.
#[must_use]
pub fn tick(scale: Scale, text: &str) -> Option<u64> {
    let minor = match text.split_once('/') {
        None => scale.read(text).ok()?.0,
        Some((above, below)) => {
            let above: i64 = above.trim().parse().ok()?;
            let below: i64 = below.trim().parse().ok().filter(|below| *below > 0)?;
            let in_minor = above.checked_mul(units_per_major(scale)?)?;
            (in_minor.checked_rem(below)? == 0).then(|| in_minor.div_euclid(below))?
        }
    };
    u64::try_from(minor).ok().filter(|tick| *tick > 0)
}

fn units_per_major(scale: Scale) -> Option<i64> {
    match scale {
        Scale::Decimal(places) => 10i64.checked_pow(places.into()),
        Scale::Binary(bits) => 1i64.checked_shl(bits.into()),
    }
}

/// The prices on the ladder nearest to one that is not, lower first: what to bid instead.
#[must_use]
pub fn nearest(ladder: &PriceLadder, price: Price) -> Vec<Price> {
    let above_start = match ladder.side {
        Side::HighestWins => i128::from(price.0) - i128::from(ladder.start.0),
        Side::LowestWins => i128::from(ladder.start.0) - i128::from(price.0),
    };
    let last = i128::from(ladder.rungs.saturating_sub(1));
    let below = above_start.div_euclid(i128::from(ladder.tick.max(1)));
    let rungs = [below.clamp(0, last), below.saturating_add(1).clamp(0, last)];
    let mut prices: Vec<Price> = rungs
        .into_iter()
        .filter_map(|rung| ladder.price(Rung(u32::try_from(rung).ok()?)))
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
        for bits in 5..=8 {
            let example = example(Scale::Binary(bits));
            let price = example.split('"').nth(1).unwrap();
            assert!(Scale::Binary(bits).read(price).is_ok(), "{price}");
        }
        for places in 0..=12 {
            let example = example(Scale::Decimal(places));
            let price = example.split('"').nth(1).unwrap();
            assert!(Scale::Decimal(places).read(price).is_ok(), "{price}");
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
    fn the_nearest_prices_stand_on_the_ladder() {
        let ladder = |side| PriceLadder {
            side,
            start: Price(100),
            tick: 10,
            rungs: 5,
            scale: Scale::Decimal(0),
            shape: Shape::new(&[3]).unwrap(),
        };
        let sale = ladder(Side::HighestWins);
        assert_eq!(nearest(&sale, Price(114)), [Price(110), Price(120)]);
        assert_eq!(nearest(&sale, Price(i64::MIN)), [Price(100)]);
        assert_eq!(nearest(&sale, Price(i64::MAX)), [Price(140)]);
        let tender = ladder(Side::LowestWins);
        assert_eq!(nearest(&tender, Price(86)), [Price(80), Price(90)]);
        assert_eq!(nearest(&tender, Price(5)), [Price(60)]);
    }
}
