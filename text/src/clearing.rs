//! How a market cleared: the price, what each bid trades, and what is wanted beyond what is offered.

use crate::{lot, money, money::grouped, names, table};
use serde::Serialize;
use std::fmt::Display;
use talea_protocol::{
    bytes::PartyKey,
    commitment::TradeSide,
    mechanism::Mechanism,
    outcome::{Clearing, Clears, Excess, Trade},
    price::Price,
    terms::{Lot, Terms},
};

/// How a market cleared: all that was opened of it.
#[derive(Clone, Debug, Serialize)]
pub struct ClearingReport {
    /// The price.
    pub price: String,
    /// The same as a decimal number.
    pub price_decimal: String,
    /// Where the middle of two prices was taken, the lower one.
    pub lowest: Option<String>,
    /// The higher one.
    pub highest: Option<String>,
    /// Units that change hands.
    pub units: String,
    /// Bids that trade something, or would at the price, in the order of ties.
    pub trades: Vec<TradeReport>,
    /// What is wanted beyond what is offered, wherever it was opened, the best price for the seller first.
    pub excess: Vec<ExcessReport>,
}

/// What a bid trades.
#[derive(Clone, Debug, Serialize)]
pub struct TradeReport {
    /// Whose.
    pub party: String,
    /// `buy` or `sell`.
    pub side: &'static str,
    /// Units of steps that are better than the price, which are all traded.
    pub better: String,
    /// Units of steps at the price.
    pub at_price: String,
    /// What of these is traded.
    pub shared: String,
    /// Units that are traded.
    pub units: String,
    /// Units times prices, as a decimal number in the unit of prices.
    pub total: String,
    /// What that is in units of the terms' currency; nothing where prices are no amounts.
    pub amount: Option<String>,
    #[serde(skip)]
    key: PartyKey,
}

/// What is wanted at a price or better beyond what is offered.
#[derive(Clone, Debug, Serialize)]
pub struct ExcessReport {
    /// The price.
    pub price: String,
    /// The same as a decimal number.
    pub price_decimal: String,
    /// Units; negative where less is wanted.
    pub units: i64,
}

/// The units that change hands: in a two-sided market as many are bought as are sold.
#[must_use]
pub fn units(clearing: &Clearing) -> u64 {
    let of = |side| {
        let trades = clearing.trades.iter().filter(move |trade| trade.side == side);
        trades.map(Trade::units).fold(0, u64::saturating_add)
    };
    of(TradeSide::Buy).max(of(TradeSide::Sell))
}

/// A side in a word.
#[must_use]
pub fn side(side: TradeSide) -> &'static str {
    match side {
        TradeSide::Buy => "buy",
        TradeSide::Sell => "sell",
    }
}

/// What a mechanism's excess is, in words.
fn what_excess_is(mechanism: Mechanism) -> &'static str {
    match mechanism {
        Mechanism::TwoSided { .. } => "wanted beyond what is offered",
        _ => "wanted beyond what is for sale",
    }
}

impl ClearingReport {
    /// How a lot cleared.
    #[must_use]
    pub fn of(terms: &Terms, lot: &Lot, clearing: &Clearing) -> Self {
        let Clearing { price, between, excess, trades } = clearing;
        let scale = lot.grid.scale;
        let ends = between.map(|Clears { lowest, highest }| [lowest, highest]);
        let [lowest, highest] =
            [0, 1].map(|end: usize| Some(scale.write(ends.as_ref()?.get(end)?.price)));
        let mut tested: Vec<&Excess> = excess.iter().collect();
        // A price that two searches test has one excess.
        tested.sort_by_key(|excess| std::cmp::Reverse(excess.level));
        tested.dedup();
        Self {
            price: scale.write(price.price),
            price_decimal: scale.write_decimal(price.price),
            lowest,
            highest,
            units: units(clearing).to_string(),
            trades: trades.iter().map(|trade| TradeReport::of(terms, lot, trade)).collect(),
            excess: tested.into_iter().map(|excess| ExcessReport::of(lot, excess)).collect(),
        }
    }

    /// What each bid trades, a row for each.
    #[must_use]
    pub fn trades_table<N: Display>(&self, called: impl Fn(&PartyKey) -> N) -> String {
        let rows = self.trades.iter().map(|trade| {
            vec![
                called(&trade.key).to_string(),
                trade.side.into(),
                trade.better.clone(),
                trade.at_price.clone(),
                trade.shared.clone(),
                trade.units.clone(),
                trade.amount.as_ref().unwrap_or(&trade.total).clone(),
            ]
        });
        let heading =
            ["party", "side", "better", "at the price", "of these traded", "traded", "amount"];
        table::table(&heading, rows.collect(), &[2, 3, 4, 5, 6])
    }

    /// What is wanted beyond what is offered, a row for each price; nothing if it was not opened.
    #[must_use]
    pub fn excess_table(&self, mechanism: Mechanism) -> Option<String> {
        if self.excess.is_empty() {
            return None;
        }
        let rows = self.excess.iter().map(|row| vec![row.price.clone(), row.units.to_string()]);
        Some(table::table(&["price", what_excess_is(mechanism)], rows.collect(), &[0, 1]))
    }

    /// In one line without an end: how much is traded at which price.
    #[must_use]
    pub fn in_words(&self) -> String {
        let units = self.units.parse().map_or_else(|_| self.units.clone(), grouped);
        let between = match (&self.lowest, &self.highest) {
            (Some(lowest), Some(highest)) => format!(", the middle of {lowest} and {highest}"),
            _ => String::new(),
        };
        format!("{units} units at {}{between}", self.price)
    }
}

impl TradeReport {
    fn of(terms: &Terms, lot: &Lot, trade: &Trade) -> Self {
        let Trade { party, side: of, better, at_price, shared, amount } = trade;
        Self {
            party: names::party(party),
            side: side(*of),
            better: better.to_string(),
            at_price: at_price.to_string(),
            shared: shared.to_string(),
            units: trade.units().to_string(),
            total: lot.grid.scale.write_decimal(Price(*amount)),
            amount: money::traded(terms, lot, *amount),
            key: *party,
        }
    }

    /// Whose it is.
    #[must_use]
    pub fn key(&self) -> &PartyKey {
        &self.key
    }
}

impl ExcessReport {
    fn of(lot: &Lot, Excess { level, units }: &Excess) -> Self {
        let (price, price_decimal) = (lot::price(lot, *level), lot::price_decimal(lot, *level));
        Self { price, price_decimal, units: *units }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::{
        builder::TermsBuilder,
        bytes::{Domain, Text},
        mechanism::{ClearingRule, Comparisons, Curve, Quantities},
        outcome::Quote,
        price::{Level, PriceGrid, Scale, Shape, Side},
        terms::{Currency, Money, Quotation, Schedule},
    };

    fn terms(quotation: Quotation) -> Terms {
        let [name, identifier] = ["Power", "power"].map(|text| Text::new(text).unwrap());
        let shape = Shape::new(&[4]).unwrap();
        let (side, scale) = (Side::HighestWins, Scale::Decimal(2));
        let grid = PriceGrid { side, start: Price(-100), tick: 50, levels: 16, scale, shape };
        let lot = Lot { name, identifier, quantity: 7, grid };
        let curve = Curve { steps: 2, quantities: Quantities::Public { most: 100 } };
        let (rule, comparisons) = (ClearingRule::Middle, Comparisons::Opened);
        let mechanism = Mechanism::TwoSided { curve, rule, comparisons };
        let money = Some(Money { currency: Currency(*b"EUR"), quotation });
        let [seller, custodian] = [1, 2].map(|byte| PartyKey([byte; 32]));
        let domain = Domain::new("test").unwrap();
        let new = TermsBuilder::new(domain, seller, custodian, Schedule::even(10));
        TermsBuilder { mechanism, lots: vec![lot], money, ..new }.build().unwrap()
    }

    fn clearing() -> Clearing {
        use TradeSide::{Buy, Sell};
        let quote =
            |level: u32| Quote { level: Level(level), price: Price(i64::from(level) * 50 - 100) };
        let excess = |level, units| Excess { level: Level(level), units };
        let trade = |party, side, [better, at_price, shared]: [u64; 3]| {
            let amount = i64::try_from(better + shared).unwrap() * quote(1).price.0;
            Trade { party: PartyKey([party; 32]), side, better, at_price, shared, amount }
        };
        Clearing {
            price: quote(1),
            between: Some(Clears { lowest: quote(0), highest: quote(3) }),
            excess: vec![excess(8, -12), excess(0, 30), excess(1, 4), excess(8, -12)],
            trades: vec![
                trade(1, Buy, [10, 0, 0]),
                trade(2, Buy, [0, 9, 5]),
                trade(3, Sell, [15, 0, 0]),
            ],
        }
    }

    #[test]
    fn a_clearing_has_every_price_and_quantity_that_was_opened_and_exact_amounts() {
        let report = |quotation| {
            let terms = terms(quotation);
            ClearingReport::of(&terms, &terms.lots[0], &clearing())
        };
        let each = report(Quotation::Unit);
        assert_eq!((each.price.as_str(), each.units.as_str()), ("-0.50", "15"));
        assert_eq!(each.in_words(), "15 units at -0.50, the middle of -1.00 and 0.50");
        let amounts: Vec<_> =
            each.trades.iter().map(|trade| trade.amount.as_deref().unwrap()).collect();
        assert_eq!(amounts, ["-5", "-2.5", "-7.5"]);
        let excess: Vec<_> =
            each.excess.iter().map(|row| (row.price.as_str(), row.units)).collect();
        assert_eq!(excess, [("3.00", -12), ("-0.50", 4), ("-1.00", 30)]);
        let percent = report(Quotation::Percent);
        assert_eq!(percent.trades[2].amount.as_deref(), Some("-0.075"));
        for quotation in [Quotation::Lot, Quotation::Yield, Quotation::Spread] {
            let report = report(quotation);
            assert!(report.trades.iter().all(|trade| trade.amount.is_none()), "{quotation:?}");
            assert_eq!(report.trades[0].total, "-5.00");
        }
    }

    #[test]
    fn tables_have_a_row_for_each_trade_and_for_each_tested_price() {
        let terms = terms(Quotation::Unit);
        let report = ClearingReport::of(&terms, &terms.lots[0], &clearing());
        let trades = report.trades_table(|key| format!("dealer {}", key.0[0]));
        let rows: Vec<Vec<&str>> =
            trades.lines().skip(2).map(|row| row.split_whitespace().collect()).collect();
        assert_eq!(
            rows[1],
            [
                "|", "dealer", "2", "|", "buy", "|", "0", "|", "9", "|", "5", "|", "5", "|",
                "-2.5", "|"
            ]
        );
        assert_eq!(rows.len(), 3);
        let excess = report.excess_table(terms.mechanism).unwrap();
        assert!(excess.contains("wanted beyond what is offered"), "{excess}");
        assert_eq!(excess.lines().count(), 2 + 3);
        let hidden = ClearingReport { excess: Vec::new(), ..report };
        assert_eq!(hidden.excess_table(terms.mechanism), None);
    }
}
