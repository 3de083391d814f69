//! What a survey opened: the sum, the mean, the histogram, and how far answers lie apart, all of them exact.

use crate::{fraction::Fraction, money::grouped, table};
use serde::Serialize;
use talea_protocol::{
    outcome::Statistics,
    price::{Level, PriceGrid, Scale, Side},
    terms::{Lot, Mechanism},
};

/// What a survey opened of a lot, in units of its prices. A number that is no decimal number is a fraction, `7/3`.
#[derive(Clone, Debug, Serialize)]
pub struct StatisticsReport {
    /// How many answers were counted.
    pub answers: u32,
    /// Their sum.
    pub sum: Option<String>,
    /// The sum divided by how many there are.
    pub mean: Option<String>,
    /// The mean square of what answers differ by from their mean: the variance of these answers, and no estimate.
    pub variance: Option<String>,
    /// The sum of the squares of each answer's share in the sum (Herfindahl and Hirschman); where no answer can be
    /// negative.
    pub herfindahl: Option<String>,
    /// How many answers lie in each bin, lowest first; nothing without a histogram.
    pub bins: Option<Vec<BinReport>>,
    #[serde(skip)]
    fractions: Vec<(&'static str, Fraction)>,
}

/// So many answers from here to there.
#[derive(Clone, Debug, Serialize)]
pub struct BinReport {
    /// The price of the first level.
    pub from: String,
    /// The same as a decimal number.
    pub from_decimal: String,
    /// The price of the last level.
    pub to: String,
    /// The same as a decimal number.
    pub to_decimal: String,
    /// How many answers.
    pub answers: u32,
}

impl BinReport {
    /// The prices of the bin.
    #[must_use]
    pub fn range(&self) -> String {
        if self.from == self.to {
            self.from.clone()
        } else {
            format!("{} .. {}", self.from, self.to)
        }
    }
}

/// The bins of a histogram, with the prices that they hold. Nothing where the mechanism opens none.
#[must_use]
pub fn bins(
    mechanism: Mechanism,
    grid: &PriceGrid,
    statistics: &Statistics,
) -> Option<Vec<BinReport>> {
    let Mechanism::Survey { bin_levels, .. } = mechanism else { return None };
    let counts = statistics.bins.as_ref().filter(|_| bin_levels > 0)?;
    let last = grid.levels.saturating_sub(1);
    let scale = grid.scale;
    let bins = (0u32..).zip(counts.iter()).map_while(|(bin, answers)| {
        let first = bin.checked_mul(bin_levels).filter(|first| *first <= last)?;
        let end = first.saturating_add(bin_levels.saturating_sub(1)).min(last);
        let (from, to) = (grid.price(Level(first))?, grid.price(Level(end))?);
        Some(BinReport {
            from: scale.write(from),
            from_decimal: scale.write_decimal(from),
            to: scale.write(to),
            to_decimal: scale.write_decimal(to),
            answers: *answers,
        })
    });
    Some(bins.collect())
}

/// Sums over answers, as integers: prices are in minor units.
struct Sums {
    answers: i128,
    levels: i128,
    squares: Option<i128>,
    start: i128,
    /// With its sign.
    tick: i128,
    /// Minor units in a unit.
    unit: i128,
}

impl Sums {
    fn of(grid: &PriceGrid, answers: u32, statistics: &Statistics) -> Option<Self> {
        let tick = i128::from(grid.tick);
        let unit = match grid.scale {
            Scale::Decimal(places) => 10i128.checked_pow(places.into())?,
            Scale::Binary(bits) => 1i128.checked_shl(bits.into())?,
        };
        Some(Self {
            answers: answers.into(),
            levels: statistics.sum.into(),
            squares: statistics.squares.map(i128::from),
            start: grid.start.0.into(),
            tick: if grid.side == Side::HighestWins { tick } else { tick.checked_neg()? },
            unit,
        })
    }

    /// Of the prices, in minor units.
    fn sum(&self) -> Option<i128> {
        self.start.checked_mul(self.answers)?.checked_add(self.tick.checked_mul(self.levels)?)
    }

    fn mean(&self) -> Option<Fraction> {
        Fraction::new(self.sum()?, self.unit.checked_mul(self.answers)?)
    }

    /// `(n * squares - sum^2) / n^2`, of levels, times the square of a tick.
    fn variance(&self) -> Option<Fraction> {
        let spread = self
            .answers
            .checked_mul(self.squares?)?
            .checked_sub(self.levels.checked_mul(self.levels)?)?;
        let of_levels = Fraction::new(spread, self.answers.checked_mul(self.answers)?)?;
        of_levels
            .times(Fraction::new(self.tick, self.unit)?)?
            .times(Fraction::new(self.tick, self.unit)?)
    }

    /// The sum of the squares of the prices over the square of their sum.
    fn herfindahl(&self, lowest: i128) -> Option<Fraction> {
        let Self { answers, levels, start, tick, .. } = *self;
        if lowest < 0 {
            return None;
        }
        let mixed = start.checked_mul(2)?.checked_mul(tick)?.checked_mul(levels)?;
        let squares = start
            .checked_mul(start)?
            .checked_mul(answers)?
            .checked_add(mixed)?
            .checked_add(tick.checked_mul(tick)?.checked_mul(self.squares?)?)?;
        let sum = self.sum()?;
        Fraction::new(squares, sum.checked_mul(sum)?)
    }
}

impl StatisticsReport {
    /// What was opened of a lot on which so many answers were counted. A number beyond 128 bits is left out.
    #[must_use]
    pub fn of(mechanism: Mechanism, lot: &Lot, answers: u32, statistics: &Statistics) -> Self {
        let grid = &lot.grid;
        let sums = Sums::of(grid, answers, statistics);
        let ends = [Level(0), Level(grid.levels.saturating_sub(1))].map(|level| grid.price(level));
        let lowest = ends.iter().flatten().map(|price| i128::from(price.0)).min();
        let of = |number: &dyn Fn(&Sums) -> Option<Fraction>| sums.as_ref().and_then(number);
        let numbers = [
            ("sum", of(&|sums| Fraction::new(sums.sum()?, sums.unit))),
            ("mean", of(&Sums::mean)),
            ("variance", of(&Sums::variance)),
            ("Herfindahl index", of(&|sums| sums.herfindahl(lowest?))),
        ];
        let [sum, mean, variance, herfindahl] = numbers.map(|(_, number)| number.map(exact));
        Self {
            answers,
            sum,
            mean,
            variance,
            herfindahl,
            bins: bins(mechanism, grid, statistics),
            fractions: numbers
                .into_iter()
                .filter_map(|(what, number)| Some((what, number?)))
                .collect(),
        }
    }

    /// In one line without an end.
    #[must_use]
    pub fn in_words(&self) -> String {
        let mut words = format!("{} answers", grouped(self.answers.into()));
        for (what, number) in &self.fractions {
            words.push_str(&format!(", {what} {}", number.in_words()));
        }
        words
    }

    /// The histogram, a row for each bin; nothing without one.
    #[must_use]
    pub fn table(&self) -> Option<String> {
        let rows = self.bins.as_ref()?.iter().rev();
        let rows = rows.map(|bin| vec![bin.range(), bin.answers.to_string()]).collect();
        Some(table::table(&["answer", "how many"], rows, &[0, 1]))
    }
}

/// A decimal number where it ends, else a fraction.
fn exact(number: Fraction) -> String {
    const MOST_PLACES: u32 = 24;
    number.decimal(MOST_PLACES).unwrap_or_else(|| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::{
        bytes::{List, Text},
        price::{Price, Shape},
    };

    fn lot(side: Side, start: i64, tick: u64, levels: u32, scale: Scale) -> Lot {
        let shape = Shape::new(&[5]).unwrap();
        let [name, identifier] = ["Rate", "rate"].map(|text| Text::new(text).unwrap());
        let grid = PriceGrid { side, start: Price(start), tick, levels, scale, shape };
        Lot { name, identifier, quantity: 1, grid }
    }

    fn of_answers(lot: &Lot, levels: &[u64], bin_levels: u32, squares: bool) -> StatisticsReport {
        let mechanism = Mechanism::Survey { min_answers: 2, bin_levels, squares };
        let bins = (bin_levels > 0).then(|| {
            let bins = (0..lot.grid.levels.div_ceil(bin_levels)).map(|bin| {
                let in_bin =
                    levels.iter().filter(|level| **level / u64::from(bin_levels) == u64::from(bin));
                u32::try_from(in_bin.count()).unwrap()
            });
            List::new(bins.collect()).unwrap()
        });
        let statistics = Statistics {
            sum: levels.iter().sum(),
            bins,
            squares: squares.then(|| levels.iter().map(|level| level * level).sum()),
        };
        let answers = u32::try_from(levels.len()).unwrap();
        StatisticsReport::of(mechanism, lot, answers, &statistics)
    }

    #[test]
    fn statistics_are_those_of_the_prices_and_exact() {
        // 1.00 and on in steps of 0.50: 1.00, 2.00, 2.50, of which the mean is 11/6.
        let lot = lot(Side::HighestWins, 100, 50, 6, Scale::Decimal(2));
        let report = of_answers(&lot, &[0, 2, 3], 2, true);
        assert_eq!(report.sum.as_deref(), Some("5.5"));
        assert_eq!(report.mean.as_deref(), Some("11/6"));
        // (1 + 4 + 6.25) / 3 - 121 / 36 = 14 / 36.
        assert_eq!(report.variance.as_deref(), Some("7/18"));
        // 11.25 / 30.25.
        assert_eq!(report.herfindahl.as_deref(), Some("45/121"));
        let bins: Vec<(String, u32)> =
            report.bins.as_ref().unwrap().iter().map(|bin| (bin.range(), bin.answers)).collect();
        let expected = [("1.00 .. 1.50", 1), ("2.00 .. 2.50", 2), ("3.00 .. 3.50", 0)];
        assert_eq!(bins, expected.map(|(range, answers)| (range.to_owned(), answers)));
        let words = "3 answers, sum 5.5, mean 1.833333... (11/6), variance 0.388888... (7/18), Herfindahl index \
                     0.371900... (45/121)";
        assert_eq!(report.in_words(), words);
    }

    #[test]
    fn falling_prices_and_fractions_of_a_point_are_as_exact() {
        let falling = lot(Side::LowestWins, 10, 1, 11, Scale::Decimal(0));
        let report = of_answers(&falling, &[0, 10], 0, true);
        assert_eq!((report.sum.as_deref(), report.mean.as_deref()), (Some("10"), Some("5")));
        assert_eq!(report.variance.as_deref(), Some("25"));
        assert_eq!(report.herfindahl.as_deref(), Some("1"));
        assert!(report.bins.is_none());
        let bond = lot(Side::HighestWins, 99 * 32, 1, 20, Scale::Binary(5));
        let report = of_answers(&bond, &[1, 2], 0, false);
        assert_eq!(report.mean.as_deref(), Some("99.046875"));
        assert_eq!((&report.variance, &report.herfindahl), (&None, &None));
    }

    #[test]
    fn of_answers_that_can_be_negative_there_are_no_shares() {
        let around_zero = lot(Side::HighestWins, -2, 1, 5, Scale::Decimal(0));
        let report = of_answers(&around_zero, &[0, 4], 0, true);
        assert_eq!((report.mean.as_deref(), &report.herfindahl), (Some("0"), &None));
        // Nor where all answers are nothing.
        let nothing = lot(Side::HighestWins, 0, 1, 5, Scale::Decimal(0));
        assert_eq!(of_answers(&nothing, &[0, 0], 0, true).herfindahl, None);
    }

    #[test]
    fn the_last_bin_ends_with_the_last_price_and_a_bin_of_one_price_is_that_price() {
        let lot = lot(Side::HighestWins, 0, 1, 5, Scale::Decimal(0));
        let ranges = |width| -> Vec<String> {
            let report = of_answers(&lot, &[4, 4], width, false);
            report.bins.unwrap().iter().map(BinReport::range).collect()
        };
        assert_eq!(ranges(3), ["0 .. 2", "3 .. 4"]);
        assert_eq!(ranges(4), ["0 .. 3", "4"]);
        assert_eq!(ranges(1), ["0", "1", "2", "3", "4"]);
    }

    #[test]
    fn numbers_beyond_what_is_computed_are_left_out() {
        let wide = lot(Side::HighestWins, 0, i64::MAX as u64, 2, Scale::Decimal(12));
        let report = of_answers(&wide, &[1; 3], 0, true);
        assert!(report.mean.is_some());
        let half = of_answers(&wide, &[0, 1, 1], 0, true);
        assert!(half.sum.is_some() && half.in_words().starts_with("3 answers, sum "));
    }
}
