//! Numbers, amounts, prices and dates as desks write them, exactly, and what they leave open.
//!
//! Three quantities live here. A [`Decimal`] is a number. An amount is a decimal in a unit, and comes to a whole number of
//! units of money. A price is text until the scale of its lot reads it: here only its spelling is made plain.

use super::headings::{Unit, currency_of, unit_of};
use talea_protocol::{notation::FINEST, price::Scale};

/// Which mark stands before the decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// `1,000,000.50`
    Point,
    /// `1.000.000,50`
    Comma,
}

/// What stands first in a date of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// `31/12/2027`
    DayFirst,
    /// `12/31/2027`
    MonthFirst,
}

/// The most digits of a number.
pub const MOST_DIGITS: usize = 30;

/// An exact number that is not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    digits: u128,
    /// How many of the digits stand behind the point.
    places: u32,
}

impl Decimal {
    /// Reads digits with at most one point.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (whole, places) = text.split_once('.').unwrap_or((text, ""));
        let all = format!("{whole}{places}");
        if all.is_empty()
            || all.len() > MOST_DIGITS
            || !all.bytes().all(|byte| byte.is_ascii_digit())
        {
            return None;
        }
        let places = u32::try_from(places.len()).ok()?;
        Some(Self { digits: all.parse().ok()?, places })
    }

    /// This times a power of ten.
    #[must_use]
    pub fn shifted(self, tens: u32) -> Option<Self> {
        match self.places.checked_sub(tens) {
            Some(places) => Some(Self { places, ..self }),
            None => {
                let more = 10u128.checked_pow(tens.checked_sub(self.places)?)?;
                Some(Self { digits: self.digits.checked_mul(more)?, places: 0 })
            }
        }
    }

    /// This divided by a power of ten.
    #[must_use]
    pub fn divided(self, tens: u32) -> Option<Self> {
        Some(Self { places: self.places.checked_add(tens)?, ..self })
    }

    /// The product of two numbers.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        let digits = self.digits.checked_mul(other.digits)?;
        Some(Self { digits, places: self.places.checked_add(other.places)? })
    }

    /// The whole number that it is.
    #[must_use]
    pub fn whole(self) -> Option<u64> {
        let below = 10u128.checked_pow(self.places)?;
        (self.digits.checked_rem(below)? == 0)
            .then(|| u64::try_from(self.digits.checked_div(below)?).ok())?
    }

    /// Whether it is less than a whole number.
    #[must_use]
    pub fn is_less_than(self, whole: u64) -> bool {
        let below =
            10u128.checked_pow(self.places).and_then(|below| below.checked_mul(whole.into()));
        below.is_none_or(|below| self.digits < below)
    }

    /// Whether it is a whole number at most.
    #[must_use]
    pub fn is_at_most(self, whole: u64) -> bool {
        self.is_less_than(whole) || self.whole() == Some(whole)
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.digits == 0
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let places = usize::try_from(self.places).unwrap_or(0);
        let digits = format!("{:0>width$}", self.digits, width = places.saturating_add(1));
        let (whole, rest) = digits.split_at(digits.len().saturating_sub(places));
        let rest = rest.trim_end_matches('0');
        let point = if rest.is_empty() { "" } else { "." };
        f.pad(&format!("{whole}{point}{rest}"))
    }
}

/// What a number's separators say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separators {
    /// There are none.
    None,
    /// This mark stands before the decimals.
    Certain(Mark),
    /// One separator, and three digits after it: a thousand, or thousandths. The mark is that by which they are
    /// thousandths.
    Open(Mark),
}

/// Whether a character stands between thousands in any way of writing numbers: an apostrophe, or a blank of any width.
fn is_apart(c: char) -> bool {
    "' \u{a0}\u{202f}\u{2019}".contains(c) || ('\u{2000}'..='\u{200a}').contains(&c)
}

/// What the separators of a number say; nothing if it is not written as a number.
#[must_use]
pub fn separators(text: &str) -> Option<Separators> {
    let is_written = text.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == ',')
        && text.chars().all(|c| c.is_ascii_digit() || ".,".contains(c) || is_apart(c))
        && text.ends_with(|c: char| c.is_ascii_digit());
    if !is_written {
        return None;
    }
    let mark = |c: char| if c == '.' { Mark::Point } else { Mark::Comma };
    let other = |c: char| if c == '.' { Mark::Comma } else { Mark::Point };
    let found: Vec<char> = text.chars().filter(|c| ".,".contains(*c)).collect();
    let (Some(first), Some(last)) = (found.first(), found.last()) else {
        return Some(Separators::None);
    };
    if first != last {
        return Some(Separators::Certain(mark(*last)));
    }
    if found.len() > 1 {
        return Some(Separators::Certain(other(*first)));
    }
    let (before, after) = text.split_once(*first)?;
    let is_open = after.len() == 3
        && (1..=3).contains(&before.len())
        && before.bytes().all(|byte| byte.is_ascii_digit())
        && !before.starts_with('0');
    Some(if is_open { Separators::Open(mark(*first)) } else { Separators::Certain(mark(*first)) })
}

/// Reads a number whose decimals stand after this mark. Groups have three digits.
#[must_use]
pub fn number(text: &str, mark: Mark) -> Option<Decimal> {
    let (point, group) = match mark {
        Mark::Point => ('.', ','),
        Mark::Comma => (',', '.'),
    };
    let (whole, places) = match text.split_once(point) {
        Some((whole, places)) if !places.is_empty() => (whole, Some(places)),
        Some(_) => return None,
        None => (text, None),
    };
    let separates = |c: char| c == group || is_apart(c);
    let mut groups = whole.split(separates);
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let is_grouped = rest.iter().all(|group| group.len() == 3)
        && (rest.is_empty() || (1..=3).contains(&first.len()));
    if !is_grouped {
        return None;
    }
    let whole = first.to_owned() + &rest.concat();
    let whole = if whole.is_empty() { "0" } else { &whole };
    Decimal::read(&places.map_or(whole.to_owned(), |places| format!("{whole}.{places}")))
}

/// An amount as it is written: a number, what it is counted in, and in which money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenAmount {
    /// The number, with its separators.
    pub number: String,
    /// What stands behind it.
    pub unit: Option<Unit>,
    /// Its currency.
    pub currency: Option<String>,
}

impl WrittenAmount {
    /// Takes `1.5mm`, `$250k`, `USD 5,000,000` apart.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut rest = text.trim();
        let mut amount = Self { number: String::new(), unit: None, currency: None };
        let begins = rest.find(|c: char| c.is_ascii_digit() || c == '.' || c == ',')?;
        let (before, from) = rest.split_at_checked(begins)?;
        if !before.trim().is_empty() {
            amount.currency = Some(currency_of(before.trim())?);
        }
        rest = from;
        let ends =
            rest.find(|c: char| c.is_alphabetic() || "$€£¥".contains(c)).unwrap_or(rest.len());
        let (number, after) = rest.split_at_checked(ends)?;
        amount.number = number.trim_end().to_owned();
        for word in words_of(after) {
            match (unit_of(word), currency_of(word)) {
                (Some(unit), _) if amount.unit.is_none() => amount.unit = Some(unit),
                (None, Some(currency)) if amount.currency.is_none() => {
                    amount.currency = Some(currency);
                }
                _ => return None,
            }
        }
        separators(&amount.number)?;
        Some(amount)
    }
}

/// Words, and a sign of money by itself.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().flat_map(|word| {
        let at = word.find(['$', '€', '£', '¥']).filter(|at| *at > 0 && !word.starts_with("US"));
        let (one, two) = at.and_then(|at| word.split_at_checked(at)).unwrap_or((word, ""));
        [one, two].into_iter().filter(|part| !part.is_empty())
    })
}

/// Whether a text is a day, or the month and year that a spreadsheet made of a price: `16-Sep`, `Oct-99`.
#[must_use]
pub fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['-', '/', ' ', '.']).collect();
    let is_month = |text: &str| (3..=9).contains(&text.len()) && month_of(text).is_some();
    let is_number = |text: &str| {
        (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    match parts.as_slice() {
        [one, two] => (is_month(one) && is_number(two)) || (is_number(one) && is_month(two)),
        [_, _, _] => {
            matches!(when(text, Some(DateOrder::DayFirst)), Some(When::Day(_)))
                || matches!(when(text, Some(DateOrder::MonthFirst)), Some(When::Day(_)))
        }
        _ => false,
    }
}

/// The power of ten of a unit that is no question.
#[must_use]
pub fn tens_of(unit: Unit) -> Option<u32> {
    match unit {
        Unit::One => Some(0),
        Unit::Thousand => Some(3),
        Unit::Million => Some(6),
        Unit::Billion => Some(9),
        Unit::LetterM => None,
    }
}

/// What a level is: a price, or what stands for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quote {
    /// A price per 100 of face.
    Price,
    /// A yield in per cent.
    Yield,
    /// A spread in basis points.
    Spread,
}

impl Quote {
    /// As data has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Price => "price-per-100",
            Self::Yield => "yield",
            Self::Spread => "spread",
        }
    }

    /// As people read it.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Price => "prices per 100 of face",
            Self::Yield => "yields in per cent",
            Self::Spread => "spreads in basis points",
        }
    }
}

/// Talk: at what it might trade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Talk {
    /// As it is written.
    pub written: String,
    /// What it is, if it says so.
    pub quote: Option<Quote>,
    /// The number: a price or a yield in per cent, or basis points. Nothing for words such as `low 99s`.
    pub value: Option<String>,
}

impl Talk {
    /// Reads talk; the heading over it may say what it is.
    #[must_use]
    pub fn read(text: &str, heading: Option<Quote>) -> Self {
        let written = text.to_owned();
        let plain = spelled(text);
        let lower = plain.to_lowercase();
        let bare = without_area(&lower);
        if let Some(number) = spread(bare) {
            return Self { written, quote: Some(Quote::Spread), value: Some(number) };
        }
        if let Some(number) = bare.strip_suffix('%').map(str::trim).filter(|text| is_plain(text)) {
            return Self { written, quote: Some(Quote::Yield), value: Some(number.into()) };
        }
        let of_32nds =
            || FINEST.read(bare).ok().filter(|_| !is_plain(bare) && bare != text_of_digits(bare));
        if let Some(price) = of_32nds() {
            let value = Some(FINEST.write_decimal(price));
            return Self { written, quote: Some(Quote::Price), value };
        }
        let number = bare.strip_prefix('$').unwrap_or(bare).trim();
        let value = is_plain(number).then(|| number.to_owned());
        let quote = if bare.starts_with('$') { Some(Quote::Price) } else { heading };
        Self { written, quote: quote.filter(|_| value.is_some()), value }
    }

    /// A number of a workbook.
    #[must_use]
    pub fn of_number(number: &str, is_percent: bool, heading: Option<Quote>) -> Self {
        let quote = if is_percent { Some(Quote::Yield) } else { heading };
        let sign = if is_percent { "%" } else { "" };
        Self { written: format!("{number}{sign}"), quote, value: Some(number.to_owned()) }
    }
}

fn text_of_digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Whether a text is digits with at most one point.
fn is_plain(text: &str) -> bool {
    Decimal::read(text.strip_prefix('-').unwrap_or(text)).is_some()
}

/// Talk without the word that says it is about so much: `+45a`, `125 area`.
fn without_area(lower: &str) -> &str {
    let bare = lower.trim_end_matches("area").trim();
    let short = bare
        .strip_suffix('a')
        .filter(|rest| rest.ends_with(|c: char| c.is_ascii_digit() || c == ' '));
    short.unwrap_or(bare).trim()
}

/// The basis points of a spread: `+125`, `T+125`, `125bp`, `125 bps`, `+125dm`, `+125a`.
#[must_use]
pub fn spread(text: &str) -> Option<String> {
    let lower = text.trim().to_lowercase();
    let bare = without_area(&lower);
    let (number, ends) = ["bps", "bp", "dm"]
        .iter()
        .find_map(|unit| bare.strip_suffix(unit))
        .map_or((bare, false), |number| (number.trim(), true));
    let (benchmark, number) = match number.rfind('+') {
        Some(at) => (number.get(..at)?, number.get(at.saturating_add(1)..)?.trim()),
        None if ends => ("", number),
        None => return None,
    };
    let is_benchmark =
        benchmark.trim().len() <= 5 && benchmark.trim().chars().all(char::is_alphabetic);
    (is_benchmark && is_plain(number)).then(|| number.to_owned())
}

/// A price in the spelling that scales read: plain dashes, fractions in digits, no sign of money before it.
#[must_use]
pub fn spelled(text: &str) -> String {
    const FRACTIONS: [(char, &str); 7] = [
        ('½', "1/2"),
        ('¼', "1/4"),
        ('¾', "3/4"),
        ('⅛', "1/8"),
        ('⅜', "3/8"),
        ('⅝', "5/8"),
        ('⅞', "7/8"),
    ];
    let text: String = text
        .trim()
        .chars()
        .map(|c| match c {
            '\u{2010}'..='\u{2014}' | '\u{2212}' => '-',
            '\u{2018}' | '\u{2032}' => '\'',
            '\u{a0}' | '\u{202f}' | '\u{2000}'..='\u{200a}' => ' ',
            c => c,
        })
        .collect();
    FRACTIONS.iter().fold(text, |text, (sign, digits)| match text.split_once(*sign) {
        Some((before, after)) if after.trim().is_empty() => {
            format!("{} {digits}", before.trim_end()).trim_start().to_owned()
        }
        _ => text,
    })
}

/// Whether a text is a price in some spelling, at whatever scale.
#[must_use]
pub fn is_price(text: &str) -> bool {
    let is_at = |scale: Scale| scale.read(text).is_ok();
    is_at(FINEST) || is_at(Scale::Decimal(12))
}

/// A date of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// `2027-03-01`
    Day(String),
    /// `T+2`, `corp`, and the like.
    Words(String),
}

impl When {
    /// As it is shown.
    #[must_use]
    pub fn text(&self) -> &str {
        let (Self::Day(text) | Self::Words(text)) = self;
        text
    }
}

/// The two numbers that begin a date of digits, where either could be the day; `31/12` is certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigitDate {
    /// In this order.
    Certain(DateOrder),
    /// In either.
    Open,
}

/// The three numbers of a date such as `3/4/27`, and what separates them.
fn digit_date(text: &str) -> Option<(u32, u32, u32, char)> {
    let mark = text.chars().find(|c| !c.is_ascii_digit()).filter(|c| "/-.".contains(*c))?;
    let parts: Vec<&str> = text.split(mark).collect();
    let [one, two, year] = parts.as_slice() else { return None };
    let number = |text: &str| -> Option<u32> {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
    };
    let year = match (year.len(), number(year)?) {
        (2, year) => year.checked_add(2000)?,
        (4, year) => year,
        _ => return None,
    };
    if one.is_empty() || one.len() > 2 || two.is_empty() || two.len() > 2 {
        return None;
    }
    Some((number(one)?, number(two)?, year, mark))
}

/// In which order a date of digits stands; nothing if it is no such date, or the same in both.
#[must_use]
pub fn order_of(text: &str) -> Option<DigitDate> {
    let (one, two, _, mark) = digit_date(text.trim())?;
    match (one, two) {
        // Whoever writes points writes the day first.
        _ if mark == '.' => None,
        (1..=12, 13..=31) => Some(DigitDate::Certain(DateOrder::MonthFirst)),
        (13..=31, 1..=12) => Some(DigitDate::Certain(DateOrder::DayFirst)),
        (1..=12, 1..=12) if one != two => Some(DigitDate::Open),
        _ => None,
    }
}

/// Reads a date, or takes the words as they are; nothing if it is a day that no calendar has.
#[must_use]
pub fn when(text: &str, order: Option<DateOrder>) -> Option<When> {
    let text = text.trim();
    if let Some((one, two, year, mark)) = digit_date(text) {
        let is_day_first = mark == '.' || order == Some(DateOrder::DayFirst) || one > 12;
        let (day, month) = if is_day_first { (one, two) } else { (two, one) };
        return day_of(year, month, day);
    }
    let parts: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let number = |text: &str| text.parse::<u32>().ok();
    if let [year, month, day] = parts.as_slice()
        && year.len() == 4
        && let (Some(year), Some(month), Some(day)) = (number(year), number(month), number(day))
    {
        return day_of(year, month, day);
    }
    if let [one, two, year] = parts.as_slice() {
        let by_name = month_of(two).zip(number(one)).or_else(|| month_of(one).zip(number(two)));
        if let (Some((month, day)), Some(year)) = (by_name, number(year)) {
            return day_of(if year < 100 { year.checked_add(2000)? } else { year }, month, day);
        }
    }
    Some(When::Words(text.to_owned()))
}

/// The number of a month by the first three letters of its English name.
fn month_of(text: &str) -> Option<u32> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let beginning = text.to_lowercase();
    let place = MONTHS.iter().position(|month| beginning.starts_with(month))?;
    u32::try_from(place).ok()?.checked_add(1)
}

fn day_of(year: u32, month: u32, day: u32) -> Option<When> {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let is_day = (1..=days).contains(&day) && (1900..=2999).contains(&year);
    is_day.then(|| When::Day(format!("{year:04}-{month:02}-{day:02}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_say_which_mark_is_which_or_leave_it_open() {
        use Separators::{Certain, None as Without, Open};
        for (text, said) in [
            ("5000000", Some(Without)),
            ("5,000,000", Some(Certain(Mark::Point))),
            ("1.000.000,00", Some(Certain(Mark::Comma))),
            ("1,000.50", Some(Certain(Mark::Point))),
            ("99.5", Some(Certain(Mark::Point))),
            ("99,50", Some(Certain(Mark::Comma))),
            ("0.987", Some(Certain(Mark::Point))),
            ("1.000", Some(Open(Mark::Point))),
            ("500,000", Some(Open(Mark::Comma))),
            ("5 000 000", Some(Without)),
            ("five", None),
            ("5-", None),
        ] {
            assert_eq!(separators(text), said, "{text}");
        }
    }

    #[test]
    fn a_number_is_exact_and_its_groups_have_three_digits() {
        for (text, mark, value) in [
            ("1,234,567.50", Mark::Point, Some("1234567.5")),
            ("1.234.567,50", Mark::Comma, Some("1234567.5")),
            ("5'000'000", Mark::Point, Some("5000000")),
            ("1 000,25", Mark::Comma, Some("1000.25")),
            ("1.000", Mark::Comma, Some("1000")),
            ("1.000", Mark::Point, Some("1")),
            (".5", Mark::Point, Some("0.5")),
            ("1,00,000", Mark::Point, None),
            ("1,0", Mark::Point, None),
            ("1.", Mark::Point, None),
            ("1.5.2", Mark::Point, None),
            ("99999999999999999999999999999999", Mark::Point, None),
        ] {
            assert_eq!(
                number(text, mark).map(|number| number.to_string()).as_deref(),
                value,
                "{text}"
            );
        }
        let factor = Decimal::read("0.98765432").unwrap();
        let current = Decimal::read("5000000").unwrap().times(factor).unwrap();
        assert_eq!(current.to_string(), "4938271.6");
        assert_eq!(current.whole(), None);
        assert_eq!(Decimal::read("1.5").unwrap().shifted(6).unwrap().whole(), Some(1_500_000));
        assert_eq!(Decimal::read("98.7").unwrap().divided(2).unwrap().to_string(), "0.987");
    }

    #[test]
    fn amounts_come_apart_into_number_unit_and_money() {
        let read = |text: &str| {
            WrittenAmount::read(text).map(|amount| (amount.number, amount.unit, amount.currency))
        };
        let number = |text: &str| text.to_owned();
        for (text, digits, unit, currency) in [
            ("5,000,000", "5,000,000", None, None),
            ("1.5mm", "1.5", Some(Unit::Million), None),
            ("$250k", "250", Some(Unit::Thousand), Some("$")),
            ("USD 2 mio", "2", Some(Unit::Million), Some("USD")),
            ("2.5M", "2.5", Some(Unit::LetterM), None),
            ("2,5 Mio €", "2,5", Some(Unit::Million), Some("EUR")),
            ("5mm€", "5", Some(Unit::Million), Some("EUR")),
            ("US$5MM", "5", Some(Unit::Million), Some("USD")),
            ("1bn", "1", Some(Unit::Billion), None),
        ] {
            assert_eq!(read(text), Some((number(digits), unit, currency.map(number))), "{text}");
        }
        for text in ["", "mm", "5 pieces", "5mm mm", "-5", "5mm USD EUR", "1e6"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn talk_is_told_apart_by_how_it_is_written() {
        for (text, quote, value) in [
            ("+125", Some(Quote::Spread), Some("125")),
            ("T+125", Some(Quote::Spread), Some("125")),
            ("125bp", Some(Quote::Spread), Some("125")),
            ("125 bps area", Some(Quote::Spread), Some("125")),
            ("4.35%", Some(Quote::Yield), Some("4.35")),
            ("99-16+", Some(Quote::Price), Some("99.515625")),
            ("99–16", Some(Quote::Price), Some("99.5")),
            ("99½", Some(Quote::Price), Some("99.5")),
            ("$99.5", Some(Quote::Price), Some("99.5")),
            ("99.5", None, Some("99.5")),
            ("low 99s", None, None),
        ] {
            let talk = Talk::read(text, None);
            assert_eq!((talk.quote, talk.value.as_deref()), (quote, value), "{text}");
        }
        assert_eq!(Talk::read("4.35", Some(Quote::Yield)).quote, Some(Quote::Yield));
    }

    #[test]
    fn dates_are_days_or_words_and_the_order_of_digits_may_be_open() {
        let day = |text: &str| Some(When::Day(text.into()));
        assert_eq!(when("2027-03-01", None), day("2027-03-01"));
        assert_eq!(when("1-Mar-27", None), day("2027-03-01"));
        assert_eq!(when("March 1, 2027", None), day("2027-03-01"));
        assert_eq!(when("01.03.2027", None), day("2027-03-01"));
        assert_eq!(when("3/1/27", Some(DateOrder::MonthFirst)), day("2027-03-01"));
        assert_eq!(when("3/1/27", Some(DateOrder::DayFirst)), day("2027-01-03"));
        assert_eq!(when("T+2", None), Some(When::Words("T+2".into())));
        assert_eq!(when("31/02/2027", Some(DateOrder::DayFirst)), None);
        assert_eq!(order_of("3/1/27"), Some(DigitDate::Open));
        assert_eq!(order_of("3/13/27"), Some(DigitDate::Certain(DateOrder::MonthFirst)));
        assert_eq!(order_of("13/3/27"), Some(DigitDate::Certain(DateOrder::DayFirst)));
        assert_eq!(order_of("3/3/27"), None);
    }
}
