//! A lot's price grid.
//!
//! Four quantities live here and must not be confused: a [`Level`] is a bid's index, `0` the worst
//! for the seller and `levels - 1` the best; a [`Price`] is an integer number of minor units; a
//! [`Scale`] says what a minor unit is for people; a [`Shape`] says into which digits a level is
//! written when it is encrypted. There is no float anywhere.

use crate::limits::{MAX_DIGIT_BITS, MAX_DIGITS, MAX_LEVEL_BITS};
use alloc::{format, string::String, vec::Vec};
use borsh::{
    BorshDeserialize, BorshSerialize,
    io::{Error, ErrorKind, Read, Result},
};
use core::fmt;

/// The index of a price on its grid, `0 .. levels`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Level(pub u32);

/// A price in minor units, exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Price(pub i64);

/// Which side of the market bids, and so which bid wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Side {
    /// A sale: level `j` costs `start + j * tick`, the highest price wins.
    HighestWins,
    /// A procurement: level `j` costs `start - j * tick`, the lowest price wins.
    LowestWins,
}

/// What one minor unit is, for people. The program never looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Scale {
    /// `10^-places` of the major unit; `Decimal(2)` writes 9951 as `99.51`. At most 12 places.
    Decimal(u8),
    /// `2^-bits` of the major unit; `Binary(5)` is 32nds, `Binary(8)` 256ths. At most 8 bits.
    /// Written in 32nds where it can be: 25,474 at `Binary(8)` is `99-162`.
    Binary(u8),
}

impl Scale {
    /// Whether the number of places or bits is within its bound.
    pub fn is_possible(&self) -> bool {
        match self {
            Self::Decimal(places) => *places <= 12,
            Self::Binary(bits) => *bits <= 8,
        }
    }

    /// Writes `price` as people do; [`read`](Self::read) reads it, and its other spellings.
    ///
    /// Decimals have exactly the scale's places. Binary scales of 5 bits or more are written as
    /// `major-32nds`, followed by `+` for a 64th or a digit that counts 256ths; scales below 5 bits
    /// are written in 32nds as well, which is exact.
    pub fn write(&self, price: Price) -> String {
        let sign = if price.0 < 0 { "-" } else { "" };
        let magnitude = price.0.unsigned_abs();
        match *self {
            Self::Decimal(0) => format!("{sign}{magnitude}"),
            Self::Decimal(places) => {
                let unit = 10u64.saturating_pow(places.into());
                let (major, minor) = (magnitude.div_euclid(unit), magnitude.rem_euclid(unit));
                format!("{sign}{major}.{minor:0width$}", width = usize::from(places))
            }
            Self::Binary(bits) => {
                let unit = 1u64.checked_shl(bits.into()).unwrap_or(u64::MAX);
                let (major, minor) = (magnitude.div_euclid(unit), magnitude.rem_euclid(unit));
                // A 256th is the finest; count the fraction in those.
                let in_256ths =
                    minor.checked_shl(8u32.saturating_sub(bits.into())).unwrap_or(u64::MAX);
                let (thirty_seconds, rest) = (in_256ths.div_euclid(8), in_256ths.rem_euclid(8));
                let tail = match rest {
                    0 => String::new(),
                    4 => "+".into(),
                    eighths => format!("{eighths}"),
                };
                format!("{sign}{major}-{thirty_seconds:02}{tail}")
            }
        }
    }

    /// Writes `price` as a decimal number in major units, exactly: `99-16+` is `99.515625`. A dot
    /// before the fraction, a minus before what is negative, and no other sign.
    pub fn write_decimal(&self, price: Price) -> String {
        let Self::Binary(bits) = *self else { return self.write(price) };
        let sign = if price.0 < 0 { "-" } else { "" };
        let magnitude = u128::from(price.0.unsigned_abs());
        let unit = 1u128.checked_shl(bits.into()).unwrap_or(u128::MAX);
        let (major, minor) = (magnitude.div_euclid(unit), magnitude.rem_euclid(unit));
        // One half is five tenths: so many twos need as many places.
        let digits = minor.saturating_mul(5u128.saturating_pow(bits.into()));
        let digits = format!("{digits:0width$}", width = usize::from(bits));
        match digits.trim_end_matches('0') {
            "" => format!("{sign}{major}"),
            digits => format!("{sign}{major}.{digits}"),
        }
    }
}

/// The digits in which a level is encrypted, most significant first, each given as the base-2
/// logarithm of its radix.
///
/// # Invariants
/// 1 to [`MAX_DIGITS`] digits of 1 to [`MAX_DIGIT_BITS`] bits, [`MAX_LEVEL_BITS`] bits in all.
#[derive(Clone, PartialEq, Eq, BorshSerialize)]
pub struct Shape(Vec<u8>);

impl Shape {
    /// Takes the bit lengths of the digits, most significant first.
    ///
    /// # Errors
    /// [`BadShape`] if an invariant does not hold.
    pub fn new(digit_bits: &[u8]) -> core::result::Result<Self, BadShape> {
        let bits: u32 = digit_bits.iter().map(|b| u32::from(*b)).sum();
        let digits_fit = digit_bits.iter().all(|b| (1..=MAX_DIGIT_BITS).contains(b));
        if digit_bits.is_empty()
            || digit_bits.len() > MAX_DIGITS
            || !digits_fit
            || bits > MAX_LEVEL_BITS
        {
            return Err(BadShape);
        }
        Ok(Self(digit_bits.to_vec()))
    }

    /// The same digits and after them so many of one bit each; nothing if those are too many.
    pub fn with_bits(&self, bits: u8) -> Option<Self> {
        let more = core::iter::repeat_n(1u8, bits.into());
        Self::new(&self.0.iter().copied().chain(more).collect::<Vec<u8>>()).ok()
    }

    /// Bit length of every digit, most significant first.
    pub fn digit_bits(&self) -> &[u8] {
        &self.0
    }

    /// Number of digits, `d`.
    pub fn digits(&self) -> usize {
        self.0.len()
    }

    /// Radix of every digit, `B_1 .. B_d`.
    pub fn radices(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().map(|bits| 1usize.checked_shl((*bits).into()).unwrap_or(usize::MAX))
    }

    /// Bits of a level, `sum of m_t`.
    pub fn bits(&self) -> usize {
        self.0.iter().map(|b| usize::from(*b)).sum()
    }

    /// The largest `m_t`, called `m`.
    pub fn longest_digit_bits(&self) -> usize {
        self.0.iter().map(|b| usize::from(*b)).max().unwrap_or(0)
    }

    /// Ciphertexts of a unary encoding, `sum of (B_t - 1)`.
    pub fn entries(&self) -> usize {
        self.radices().map(|radix| radix.saturating_sub(1)).sum()
    }

    /// The digits of `level`, most significant first.
    pub fn digits_of(&self, level: Level) -> Vec<usize> {
        let mut rest = u64::from(level.0);
        let mut digits: Vec<usize> = self
            .0
            .iter()
            .rev()
            .map(|bits| {
                let radix = 1u64.checked_shl((*bits).into()).unwrap_or(u64::MAX);
                let digit = rest.rem_euclid(radix);
                rest = rest.div_euclid(radix);
                usize::try_from(digit).unwrap_or(usize::MAX)
            })
            .collect();
        digits.reverse();
        digits
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Writes the radices, runs folded: `[16, 2 x 12]`.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for radix in self.radices() {
            match runs.last_mut() {
                Some((last, times)) if *last == radix => *times = times.saturating_add(1),
                _ => runs.push((radix, 1)),
            }
        }
        f.write_str("[")?;
        for (i, (radix, times)) in runs.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            match times {
                1 => write!(f, "{comma}{radix}")?,
                _ => write!(f, "{comma}{radix} x {times}")?,
            }
        }
        f.write_str("]")
    }
}

impl BorshDeserialize for Shape {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        let digits = crate::bytes::List::<u8, MAX_DIGITS>::deserialize_reader(reader)?;
        Self::new(&digits)
            .map_err(|_| Error::new(ErrorKind::InvalidData, "a grid's shape is impossible"))
    }
}

/// Digits that make no shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a shape has 1 to 32 digits of 1 to 10 bits each, 32 bits in all")]
pub struct BadShape;

/// The prices at which a lot can be bid for.
///
/// Nothing here is checked against the rest; [`PriceGrid::fault`] says what is impossible.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PriceGrid {
    /// Which bid wins.
    pub side: Side,
    /// Price of level 0.
    pub start: Price,
    /// Distance between neighbouring levels in minor units, at least 1.
    pub tick: u64,
    /// Number of levels, `k`: at least 2 and at most the product of the radices.
    pub levels: u32,
    /// What a minor unit is.
    pub scale: Scale,
    /// The digits in which a level is encrypted.
    pub shape: Shape,
}

impl PriceGrid {
    /// The price of `level`, or nothing if it is not on the grid.
    pub fn price(&self, level: Level) -> Option<Price> {
        if level.0 >= self.levels {
            return None;
        }
        let tick = i64::try_from(self.tick).ok()?;
        // A grid may reach from one end of 64 bits to the other: its length need not fit, its prices must.
        let distance = i128::from(tick).checked_mul(level.0.into())?;
        let price = match self.side {
            Side::HighestWins => i128::from(self.start.0).checked_add(distance)?,
            Side::LowestWins => i128::from(self.start.0).checked_sub(distance)?,
        };
        i64::try_from(price).ok().map(Price)
    }

    /// The level that has exactly this price, or nothing if none has.
    pub fn level(&self, price: Price) -> Option<Level> {
        let distance = match self.side {
            Side::HighestWins => i128::from(price.0).checked_sub(self.start.0.into())?,
            Side::LowestWins => i128::from(self.start.0).checked_sub(price.0.into())?,
        };
        let tick = i128::from(self.tick);
        if distance < 0 || distance.checked_rem(tick)? != 0 {
            return None;
        }
        let level = u32::try_from(distance.checked_div(tick)?).ok()?;
        (level < self.levels).then_some(Level(level))
    }

    /// What is impossible about this grid, in one sentence; nothing if all is well.
    pub fn fault(&self) -> Option<&'static str> {
        if !self.scale.is_possible() {
            return Some("a scale has at most 12 decimal places or 8 binary ones");
        }
        if self.tick == 0 {
            return Some("the tick must be at least one minor unit");
        }
        if self.levels < 2 {
            return Some("a grid needs at least two levels");
        }
        let product = 1u64
            .checked_shl(u32::try_from(self.shape.bits()).unwrap_or(u32::MAX))
            .unwrap_or(u64::MAX);
        if u64::from(self.levels) > product {
            return Some("the shape's radices multiply to less than the number of levels");
        }
        if self.price(Level(self.levels.saturating_sub(1))).is_none() {
            return Some("the last level's price does not fit in 64 bits");
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grid(side: Side) -> PriceGrid {
        PriceGrid {
            side,
            start: Price(9_500),
            tick: 5,
            levels: 200,
            scale: Scale::Decimal(2),
            shape: Shape::new(&[4, 4]).unwrap(),
        }
    }

    #[test]
    fn prices_rise_for_a_sale_and_fall_for_a_procurement() {
        assert_eq!(grid(Side::HighestWins).price(Level(3)), Some(Price(9_515)));
        assert_eq!(grid(Side::LowestWins).price(Level(3)), Some(Price(9_485)));
        assert_eq!(grid(Side::LowestWins).price(Level(200)), None);
    }

    #[test]
    fn a_grid_may_be_longer_than_its_prices_are_wide() {
        let widest = |side, start| PriceGrid {
            start: Price(start),
            tick: i64::MAX as u64,
            levels: 3,
            ..grid(side)
        };
        let up = widest(Side::HighestWins, i64::MIN);
        assert_eq!(up.fault(), None);
        assert_eq!(up.price(Level(2)), Some(Price(i64::MAX - 1)));
        assert_eq!(up.level(Price(i64::MAX - 1)), Some(Level(2)));
        let down = widest(Side::LowestWins, i64::MAX);
        assert_eq!(down.price(Level(2)), Some(Price(-i64::MAX)));
        assert!(widest(Side::HighestWins, 2).fault().is_some());
        assert!(PriceGrid { tick: 1 << 63, ..up }.fault().is_some());
    }

    #[test]
    fn a_price_off_the_grid_has_no_level() {
        assert_eq!(grid(Side::HighestWins).level(Price(9_516)), None);
        assert_eq!(grid(Side::HighestWins).level(Price(9_495)), None);
        assert_eq!(grid(Side::HighestWins).level(Price(9_500 + 200 * 5)), None);
    }

    #[test]
    fn treasury_notation() {
        let fine = Scale::Binary(8);
        assert_eq!(fine.write(Price(99 * 256 + 128)), "99-16");
        assert_eq!(fine.write(Price(99 * 256 + 132)), "99-16+");
        assert_eq!(fine.write(Price(99 * 256 + 130)), "99-162");
    }

    #[test]
    fn every_notation_is_a_decimal_number_too() {
        let written = |scale: Scale, text: &str| scale.write_decimal(scale.read(text).unwrap());
        let fine = Scale::Binary(8);
        for (notation, decimal) in [
            ("98-10", "98.3125"),
            ("99-16+", "99.515625"),
            ("99-162", "99.5078125"),
            ("100-00", "100"),
            ("-0-001", "-0.00390625"),
        ] {
            assert_eq!(written(fine, notation), decimal);
        }
        assert_eq!(written(Scale::Decimal(2), "99.5"), "99.50");
        assert_eq!(Scale::Binary(0).write_decimal(Price(-7)), "-7");
        // No scale has so many places; the terms of such a lot are refused.
        assert!(Scale::Binary(255).write_decimal(Price(i64::MIN)).starts_with('-'));
    }

    #[test]
    fn decimals() {
        let cents = Scale::Decimal(2);
        assert_eq!(cents.write(Price(-5)), "-0.05");
    }

    #[test]
    fn impossible_grids_are_named() {
        let mut bad = grid(Side::HighestWins);
        bad.levels = 257;
        assert!(bad.fault().is_some());
        bad.levels = 1;
        assert!(bad.fault().is_some());
        let mut far = grid(Side::HighestWins);
        far.start = Price(i64::MAX - 10);
        assert!(far.fault().is_some());
        assert_eq!(grid(Side::LowestWins).fault(), None);
    }

    proptest! {
        #[test]
        fn a_level_is_its_digits(level in 0u32..65_536) {
            for bits in [&[16u8; 1][..], &[8, 8], &[4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], &[3, 5, 8]] {
                let Ok(shape) = Shape::new(bits) else { continue };
                let value = shape
                    .digits_of(Level(level))
                    .into_iter()
                    .zip(shape.radices())
                    .fold(0usize, |value, (digit, radix)| value * radix + digit);
                prop_assert_eq!(value, level as usize);
            }
        }

        #[test]
        fn price_and_level_are_inverse(level in 0u32..200) {
            for side in [Side::HighestWins, Side::LowestWins] {
                let grid = grid(side);
                prop_assert_eq!(grid.level(grid.price(Level(level)).unwrap()), Some(Level(level)));
            }
        }
    }
}
