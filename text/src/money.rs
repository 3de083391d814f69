//! What a bid comes to, in figures that a person can check before it binds.

use crate::notation;
use talea_protocol::{
    price::{Price, Scale},
    terms::{Lot, Mechanism, Money, Quotation, Terms},
};

/// How an amount follows from a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Basis {
    /// The price is the amount.
    Whole,
    /// The price times the quantity.
    Each,
    /// A hundredth of that.
    Percent,
}

/// As the terms say. Where they do not say what prices are, those in fractions of a point are per cents, by the
/// custom of bond markets, and of others nobody knows. Of a lot of several units nobody knows which part of the
/// quantity is one of them.
fn basis(terms: &Terms, lot: &Lot) -> Option<Basis> {
    // A bid that is a curve has quantities of its own, and an answer to a survey is no bid.
    let is_for_the_lot = match terms.mechanism {
        Mechanism::FirstPrice | Mechanism::UniformPrice { units: 1 } => true,
        Mechanism::UniformPrice { .. }
        | Mechanism::Curves { .. }
        | Mechanism::TwoSided { .. }
        | Mechanism::Survey { .. } => false,
    };
    if is_for_the_lot { quoted(terms, lot) } else { None }
}

/// As the terms say, whatever the bid is for.
fn quoted(terms: &Terms, lot: &Lot) -> Option<Basis> {
    match (terms.money.map(|money| money.quotation), lot.grid.scale) {
        (Some(Quotation::Lot), _) => Some(Basis::Whole),
        (Some(Quotation::Unit), _) => Some(Basis::Each),
        (Some(Quotation::Percent), _) | (None, Scale::Binary(_)) => Some(Basis::Percent),
        (Some(Quotation::Yield | Quotation::Spread), _) | (None, Scale::Decimal(_)) => None,
    }
}

/// What a price of the lot comes to, exactly, in units of the terms' currency: a decimal number as programs read
/// it, without commas. Nothing where a price is no amount.
#[must_use]
pub fn amount(terms: &Terms, lot: &Lot, price: Price) -> Option<String> {
    Value::of(basis(terms, lot)?, lot, price)?.write(|whole| whole.to_string())
}

/// A price of the lot with what it comes to, in a sentence without an end, for whoever is about to bid it.
#[must_use]
pub fn in_words(terms: &Terms, lot: &Lot, price: Price) -> String {
    let scale = lot.grid.scale;
    let quantity = grouped(lot.quantity.into());
    let unit = terms.money.map_or(String::new(), |Money { currency, .. }| format!(" {currency}"));
    let comes_to = basis(terms, lot).and_then(|basis| {
        let figure = |basis| Value::of(basis, lot, price)?.write(grouped);
        let (each, all) = (figure(Basis::Whole)?, figure(basis)?);
        Some(match basis {
            Basis::Whole => format!("{all}{unit} for the whole lot of {quantity}"),
            Basis::Each => format!("{each}{unit} for each of {quantity} = {all}{unit}"),
            Basis::Percent => format!("{each} % of {quantity}{unit} = {all}{unit}"),
        })
    });
    if let Some(comes_to) = comes_to {
        return format!("{} = {comes_to}", scale.write(price));
    }
    if let Mechanism::Survey { .. } = terms.mechanism {
        return format!("{} as an answer", notation::with_decimal(scale, price));
    }
    let kind = match terms.money.map(|money| money.quotation) {
        Some(Quotation::Yield) => " as a yield,",
        Some(Quotation::Spread) => " as a spread,",
        Some(Quotation::Lot | Quotation::Unit | Quotation::Percent) | None => "",
    };
    format!("{}{kind} for {quantity}", notation::with_decimal(scale, price))
}

/// What a market trades comes to, exactly, in units of the terms' currency, from units times prices in minor units of
/// a price, as a [`Trade`](talea_protocol::outcome::Trade) has it. Nothing where a price is no amount of a unit.
#[must_use]
pub fn traded(terms: &Terms, lot: &Lot, units_times_prices: i64) -> Option<String> {
    traded_value(terms, lot, units_times_prices.into())?.write(|whole| whole.to_string())
}

fn traded_value(terms: &Terms, lot: &Lot, units_times_prices: i128) -> Option<Value> {
    match quoted(terms, lot)? {
        // A price for the whole lot says nothing of a unit.
        Basis::Whole => None,
        basis @ (Basis::Each | Basis::Percent) => Value::new(basis, lot, units_times_prices),
    }
}

/// A step of a curve with what it comes to, in a sentence without an end, for whoever is about to bid it.
#[must_use]
pub fn step_in_words(terms: &Terms, lot: &Lot, price: Price, units: u32) -> String {
    let written = notation::with_decimal(lot.grid.scale, price);
    let comes_to = i128::from(price.0)
        .checked_mul(units.into())
        .and_then(|product| traded_value(terms, lot, product)?.write(grouped));
    let unit = terms.money.map_or(String::new(), |Money { currency, .. }| format!(" {currency}"));
    let comes_to = comes_to.map_or(String::new(), |comes_to| format!(" = {comes_to}{unit}"));
    format!("{} at {written}{comes_to}", grouped(units.into()))
}

/// `numerator / (10^tens * 2^twos)`.
#[derive(Clone, Copy)]
struct Value {
    numerator: i128,
    tens: u32,
    twos: u32,
}

impl Value {
    /// Nothing if the scale is impossible, which **T2** excludes.
    fn of(basis: Basis, lot: &Lot, price: Price) -> Option<Self> {
        let factor = match basis {
            Basis::Whole => 1,
            Basis::Each | Basis::Percent => i128::from(lot.quantity),
        };
        // 2^63 * 2^64 at most.
        Self::new(basis, lot, i128::from(price.0).checked_mul(factor)?)
    }

    /// Of a product of prices in minor units and quantities.
    fn new(basis: Basis, lot: &Lot, numerator: i128) -> Option<Self> {
        if !lot.grid.scale.is_possible() {
            return None;
        }
        let (tens, twos) = match lot.grid.scale {
            Scale::Decimal(places) => (u32::from(places), 0),
            Scale::Binary(bits) => (0, bits.into()),
        };
        let hundredth = if basis == Basis::Percent { 2 } else { 0 };
        let tens = tens.checked_add(hundredth)?;
        Some(Self { numerator, tens, twos })
    }

    /// Exactly: so many twos need as many places.
    fn write(self, write: fn(u128) -> String) -> Option<String> {
        let Self { numerator, tens, twos } = self;
        let places = tens.checked_add(twos)?;
        let denominator = 10i128.checked_pow(tens)?.checked_mul(1i128.checked_shl(twos)?)?;
        let whole = numerator.checked_div(denominator)?;
        let rest = numerator.checked_rem(denominator)?.unsigned_abs();
        let places_of_rest = rest
            .checked_mul(10u128.checked_pow(places)?)?
            .checked_div(denominator.unsigned_abs())?;
        let digits = format!("{places_of_rest:0width$}", width = usize::try_from(places).ok()?);
        let digits = digits.trim_end_matches('0');
        let sign = if numerator < 0 { "-" } else { "" };
        let point = if digits.is_empty() { "" } else { "." };
        Some(format!("{sign}{}{point}{digits}", write(whole.unsigned_abs())))
    }
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
    use talea_protocol::{
        builder::TermsBuilder,
        bytes::{Domain, PartyKey, Text},
        mechanism::{Comparisons, Curve, Pricing, Quantities},
        price::{PriceGrid, Shape, Side},
        terms::{Currency, Mechanism, Schedule},
    };

    /// Terms with one lot of this scale and quantity.
    fn terms(money: Option<(&[u8; 3], Quotation)>, scale: Scale, quantity: u64) -> Terms {
        let [seller, custodian] = [1, 2].map(|byte| PartyKey([byte; 32]));
        let (side, shape) = (Side::HighestWins, Shape::new(&[1]).unwrap());
        let grid = PriceGrid { side, start: Price(0), tick: 1, levels: 2, scale, shape };
        let [name, identifier] =
            ["Kingdom of Thule 2035", "XS0004120779"].map(|t| Text::new(t).unwrap());
        let lots = vec![Lot { name, identifier, quantity, grid }];
        let money = money.map(|(code, quotation)| Money { currency: Currency(*code), quotation });
        let domain = Domain::new("test").unwrap();
        let new = TermsBuilder::new(domain, seller, custodian, Schedule::even(10));
        TermsBuilder { lots, money, ..new }.build().unwrap()
    }

    fn said(terms: &Terms, price: i64) -> String {
        in_words(terms, &terms.lots[0], Price(price))
    }

    fn comes_to(terms: &Terms, price: i64) -> Option<String> {
        amount(terms, &terms.lots[0], Price(price))
    }

    #[test]
    fn prices_in_fractions_of_a_point_are_per_cents_where_the_terms_do_not_say_otherwise() {
        let bond = |bits, quantity| terms(None, Scale::Binary(bits), quantity);
        // 99-16+ is 99 and 33/64.
        let price = 99 * 64 + 33;
        assert_eq!(
            said(&bond(6, 5_000_000), price),
            "99-16+ = 99.515625 % of 5,000,000 = 4,975,781.25"
        );
        assert_eq!(comes_to(&bond(6, 5_000_000), price).unwrap(), "4975781.25");
        assert_eq!(comes_to(&bond(8, 2_000_000), 100 * 256).unwrap(), "2000000");
        assert_eq!(comes_to(&bond(5, 100), -33).unwrap(), "-1.03125");
        assert_eq!(comes_to(&bond(5, 1), 1).unwrap(), "0.0003125");
        let unknown = terms(None, Scale::Decimal(2), 100);
        assert_eq!(comes_to(&unknown, 9_950), None);
        assert_eq!(said(&unknown, 9_950), "99.50 for 100");
    }

    #[test]
    fn an_amount_follows_from_the_quotation_of_the_terms() {
        let of = |code, quotation| terms(Some((code, quotation)), Scale::Decimal(2), 4_000);
        for (terms, amount, words) in [
            (
                of(b"JPY", Quotation::Lot),
                Some("9950.5"),
                "9950.50 = 9,950.5 JPY for the whole lot of 4,000",
            ),
            (
                of(b"KWD", Quotation::Unit),
                Some("39802000"),
                "9950.50 = 9,950.5 KWD for each of 4,000 = 39,802,000 KWD",
            ),
            (
                of(b"USD", Quotation::Percent),
                Some("398020"),
                "9950.50 = 9,950.5 % of 4,000 USD = 398,020 USD",
            ),
            (of(b"EUR", Quotation::Yield), None, "9950.50 as a yield, for 4,000"),
            (of(b"EUR", Quotation::Spread), None, "9950.50 as a spread, for 4,000"),
        ] {
            assert_eq!(comes_to(&terms, 995_050).as_deref(), amount, "{terms:?}");
            assert_eq!(said(&terms, 995_050), words);
        }
        // The terms' word is above the custom.
        let each = terms(Some((b"USD", Quotation::Unit)), Scale::Binary(5), 10);
        assert_eq!(said(&each, 3 * 32 + 16), "3-16 = 3.5 USD for each of 10 = 35 USD");
        let bond = terms(Some((b"USD", Quotation::Percent)), Scale::Binary(6), 5_000_000);
        let words = "99-16+ = 99.515625 % of 5,000,000 USD = 4,975,781.25 USD";
        assert_eq!(said(&bond, 99 * 64 + 33), words);
        let spread = terms(Some((b"USD", Quotation::Spread)), Scale::Binary(5), 5_000_000);
        assert_eq!(said(&spread, 16), "0-16 (0.5) as a spread, for 5,000,000");
    }

    #[test]
    fn amounts_are_exact_at_both_ends_of_64_bits() {
        let of = |quotation, scale| terms(Some((b"USD", quotation)), scale, u64::MAX);
        for (quotation, scale, price, expected) in [
            (Quotation::Lot, Scale::Decimal(0), i64::MAX, "9223372036854775807"),
            (Quotation::Lot, Scale::Decimal(12), i64::MIN, "-9223372.036854775808"),
            (
                Quotation::Unit,
                Scale::Decimal(0),
                i64::MAX,
                "170141183460469231704017187605319778305",
            ),
            (
                Quotation::Unit,
                Scale::Decimal(0),
                i64::MIN,
                "-170141183460469231722463931679029329920",
            ),
            (
                Quotation::Percent,
                Scale::Decimal(12),
                i64::MAX,
                "1701411834604692317040171.87605319778305",
            ),
            (
                Quotation::Percent,
                Scale::Binary(0),
                i64::MAX,
                "1701411834604692317040171876053197783.05",
            ),
            (
                Quotation::Percent,
                Scale::Binary(8),
                i64::MIN,
                "-6646139978924579364158747331212083.2",
            ),
            (Quotation::Unit, Scale::Binary(8), 1, "72057594037927935.99609375"),
        ] {
            let terms = of(quotation, scale);
            assert_eq!(
                comes_to(&terms, price).as_deref(),
                Some(expected),
                "{quotation:?} {scale:?}"
            );
        }
        for scale in [Scale::Decimal(13), Scale::Decimal(255), Scale::Binary(9), Scale::Binary(127)]
        {
            assert_eq!(comes_to(&of(Quotation::Lot, scale), i64::MAX), None, "{scale:?}");
        }
    }

    #[test]
    fn of_a_lot_of_several_units_there_is_no_amount() {
        for quotation in [Quotation::Lot, Quotation::Unit, Quotation::Percent] {
            let one = terms(Some((b"USD", quotation)), Scale::Decimal(2), 100);
            let several = Mechanism::UniformPrice { units: 2 };
            let several = Terms { mechanism: several, ..one.clone() };
            assert!(comes_to(&one, 250).is_some());
            assert_eq!(comes_to(&several, 250), None);
            assert_eq!(said(&several, 250), "2.50 for 100");
        }
    }

    #[test]
    fn digits_are_grouped() {
        let texts = [0, 999, 1_000, 123_456_789].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "123,456,789"]);
    }

    #[test]
    fn a_step_of_a_curve_comes_to_its_own_units_times_its_price() {
        let curve = Curve { steps: 2, quantities: Quantities::Public { most: 9_000 } };
        let comparisons = Comparisons::Opened;
        let mechanism =
            Mechanism::Curves { curve, pricing: Pricing::Uniform, least: 1, comparisons };
        let of = |money, scale| Terms { mechanism, ..terms(money, scale, 100_000) };
        let step =
            |terms: &Terms, price, units| step_in_words(terms, &terms.lots[0], Price(price), units);
        let each = of(Some((b"EUR", Quotation::Unit)), Scale::Decimal(2));
        assert_eq!(step(&each, 4_125, 1_200), "1,200 at 41.25 = 49,500 EUR");
        let bond = of(None, Scale::Binary(6));
        assert_eq!(step(&bond, 99 * 64 + 33, 5_000), "5,000 at 99-16+ (99.515625) = 4,975.78125");
        let whole = of(Some((b"EUR", Quotation::Lot)), Scale::Decimal(2));
        assert_eq!(step(&whole, 4_125, 1_200), "1,200 at 41.25");
        // A price alone comes to nothing: it is for no quantity of the lot.
        assert_eq!(comes_to(&each, 4_125), None);
        assert_eq!(traded(&each, &each.lots[0], i64::MIN).unwrap(), "-92233720368547758.08");
    }

    #[test]
    fn an_answer_is_no_bid() {
        let bids = terms(Some((b"EUR", Quotation::Unit)), Scale::Decimal(2), 100);
        let mechanism = Mechanism::Survey { min_answers: 2, bin_levels: 0, squares: false };
        let survey = Terms { mechanism, ..bids };
        assert_eq!(
            (said(&survey, 250).as_str(), comes_to(&survey, 250)),
            ("2.50 as an answer", None)
        );
    }
}
