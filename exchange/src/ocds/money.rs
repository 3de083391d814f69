//! Values: an amount as a JSON number, and its currency.

use crate::number;
use serde::Serialize;
use serde_json::Number;
use talea_report::{Report, lot::LotReport};
use talea_text::{
    currency,
    failure::{Code, Failure},
    terms::{LotData, MoneyData},
};

/// Currencies that ISO 4217 has, and the closed list of OCDS 1.1.5 has not.
const LATER: [&str; 5] = ["SLE", "VED", "XAD", "XCG", "ZWG"];

/// An amount of money.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Value {
    amount: Number,
    currency: String,
}

/// What the prices of an auction are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prices<'a> {
    money: &'a MoneyData,
    lots: &'a [LotData],
}

impl<'a> Prices<'a> {
    /// # Errors
    /// `standard.currency` if the terms have no currency, or one that ISO 4217 does not list.
    pub(super) fn of(report: &'a Report) -> Result<Self, Failure> {
        let terms = report.terms.as_ref();
        let money = terms.and_then(|terms| terms.money.as_ref()).ok_or_else(|| {
            Failure::new(
                Code::StandardCurrency,
                "the terms have no currency, and OCDS has no amount without one",
            )
            .with_help("terms of another auction can have one: [money] in their file")
        })?;
        currency::read("the terms", &money.currency)
            .map_err(|failure| Failure { code: Code::StandardCurrency, ..failure })?;
        if LATER.contains(&money.currency.as_str()) {
            let sentence =
                format!("OCDS 1.1.5 has no currency {}: it is newer than the list", money.currency);
            return Err(Failure::new(Code::StandardCurrency, sentence));
        }
        Ok(Self { money, lots: terms.map_or(&[], |terms| &terms.lots) })
    }

    /// An amount for a lot; nothing where there is none, as of yields, spreads, and lots of several units. The standard
    /// has it negative where the supplier pays, as whoever bids does in a sale.
    ///
    /// # Errors
    /// `standard.number`.
    pub(super) fn value(
        self,
        what: &str,
        lot: &LotReport,
        amount: Option<&String>,
    ) -> Result<Option<Value>, Failure> {
        let what = format!("{what} {}", lot.identifier);
        let is_bought = self.lots.get(lot.lot).is_some_and(|lot| lot.side == "lowest-wins");
        let value = |amount: &String| {
            let amount = if is_bought { amount.clone() } else { negative(amount) };
            let currency = self.money.currency.clone();
            Ok(Value { amount: number::json(&what, &amount)?, currency })
        };
        amount.map(value).transpose()
    }

    /// A price in words, with what it is.
    pub(super) fn in_words(self, price: &str, decimal: &str) -> String {
        let number =
            if price == decimal { price.to_owned() } else { format!("{price} ({decimal})") };
        match self.money.price {
            "per-lot" => format!("{number} for the lot"),
            "per-unit" => format!("{number} per unit"),
            "percent" => format!("{number} per cent"),
            "yield" => format!("{number}, a yield"),
            "spread" => format!("{number}, a spread"),
            other => format!("{number}, {other}"),
        }
    }
}

/// A decimal with the other sign; zero has none.
fn negative(decimal: &str) -> String {
    match decimal.strip_prefix('-') {
        Some(magnitude) => magnitude.to_owned(),
        None if decimal.contains(|c: char| matches!(c, '1'..='9')) => format!("-{decimal}"),
        None => decimal.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::negative;

    #[test]
    fn the_other_sign_of_a_decimal_is_that_of_its_number() {
        for (decimal, other) in [("7.50", "-7.50"), ("-7.50", "7.50"), ("0", "0"), ("0.00", "0.00")]
        {
            assert_eq!(negative(decimal), other);
        }
    }
}
