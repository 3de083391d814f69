//! How a market cleared: the price, what each bid trades, and what is wanted beyond what is offered.

use crate::{money, money::grouped, names, table};
use serde::Serialize;
use std::fmt::Display;
use talea_protocol::{
    bytes::PartyKey,
    commitment::TradeSide,
    outcome::{Clearing, Clears, Excess, Margins, Quote, Trade},
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
    /// With trade reduction, the bids at the margin.
    pub margins: Option<MarginsReport>,
    /// Units that change hands.
    pub units: String,
    /// Bids that trade something, or would at the price, in the order of ties.
    pub trades: Vec<TradeReport>,
    /// What is wanted beyond what is offered, wherever it was opened, the best price for the seller first.
    pub excess: Vec<ExcessReport>,
    #[serde(skip)]
    words: String,
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

/// The bids at the margin of a market with trade reduction.
#[derive(Clone, Debug, Serialize)]
pub struct MarginsReport {
    /// The worst bid of the buyers that can trade.
    pub last_buyer: String,
    /// The best of those that cannot; the lowest price if there is none.
    pub next_buyer: String,
    /// The worst bid of the sellers that can trade.
    pub last_seller: String,
    /// The best of those that cannot; the highest price if there is none.
    pub next_seller: String,
}

/// What is wanted at a price or better beyond what is offered.
#[derive(Clone, Debug, Serialize)]
pub struct ExcessReport {
    /// The price; nothing beyond the last one, where a search may ask all the same.
    pub price: Option<String>,
    /// The same as a decimal number.
    pub price_decimal: Option<String>,
    /// Its level.
    pub level: u32,
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

/// The price that everybody who trades pays or is paid for a unit; nothing if they pay what they bid, or buyers another
/// price than sellers.
#[must_use]
pub fn common_price(clearing: &Clearing) -> Option<&Quote> {
    let at_price = |trade: &Trade| {
        i128::from(trade.units()).checked_mul(clearing.price.price.0.into())
            == Some(trade.amount.into())
    };
    let mut trading = clearing.trades.iter().filter(|trade| trade.units() > 0).peekable();
    (trading.peek().is_some() && trading.all(at_price)).then_some(&clearing.price)
}

/// A side in a word.
#[must_use]
pub fn side(side: TradeSide) -> &'static str {
    match side {
        TradeSide::Buy => "buy",
        TradeSide::Sell => "sell",
    }
}

impl ClearingReport {
    /// How a lot cleared.
    #[must_use]
    pub fn of(terms: &Terms, lot: &Lot, clearing: &Clearing) -> Self {
        let Clearing { price, between, margins, excess, trades } = clearing;
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
            margins: margins.as_ref().map(|margins| MarginsReport::of(lot, margins)),
            units: units(clearing).to_string(),
            trades: trades.iter().map(|trade| TradeReport::of(terms, lot, trade)).collect(),
            excess: tested.into_iter().map(|excess| ExcessReport::of(lot, excess)).collect(),
            words: in_words(lot, clearing),
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
        // A yield or a spread times units is no amount.
        let are_amounts = self.trades.iter().any(|trade| trade.amount.is_some());
        let last = if are_amounts { "amount" } else { "units x price" };
        let heading =
            ["party", "side", "better", "at the price", "of these traded", "traded", last];
        table::table(&heading, rows.collect(), &[2, 3, 4, 5, 6])
    }

    /// What is wanted beyond what is offered, a row for each price; nothing if it was not opened.
    #[must_use]
    pub fn excess_table(&self) -> Option<String> {
        if self.excess.is_empty() {
            return None;
        }
        let rows = self.excess.iter().map(|row| vec![row.at(), row.units.to_string()]);
        Some(table::table(&["price", "wanted beyond what is offered"], rows.collect(), &[0, 1]))
    }

    /// In one line without an end: how much is traded at which price.
    #[must_use]
    pub fn in_words(&self) -> &str {
        &self.words
    }
}

/// How much is traded, and what for.
fn in_words(lot: &Lot, clearing: &Clearing) -> String {
    let write = |quote: &Quote| lot.grid.scale.write(quote.price);
    let units = grouped(units(clearing).into());
    let price = write(&clearing.price);
    match (clearing.between, clearing.margins) {
        (Some(Clears { lowest, highest }), _) => {
            let [lowest, highest] = [lowest, highest].map(|quote| write(&quote));
            format!("{units} units at {price}, the middle of {lowest} and {highest}")
        }
        _ if common_price(clearing).is_some() => format!("{units} units at {price}"),
        (None, Some(Margins { last_buyer, last_seller, .. })) => {
            let [buyers, sellers] = [last_buyer, last_seller].map(|quote| write(&quote));
            format!("{units} units, for which buyers pay {buyers} and sellers are paid {sellers}")
        }
        (None, None) => format!("{units} units, the last of them at {price}"),
    }
}

impl MarginsReport {
    fn of(lot: &Lot, margins: &Margins) -> Self {
        let write = |quote: &Quote| lot.grid.scale.write(quote.price);
        let Margins { last_buyer, next_buyer, last_seller, next_seller } = margins;
        Self {
            last_buyer: write(last_buyer),
            next_buyer: write(next_buyer),
            last_seller: write(last_seller),
            next_seller: write(next_seller),
        }
    }

    /// In words.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Self { last_buyer, next_buyer, last_seller, next_seller } = self;
        format!(
            "at the margin, the last buyer that can trade bids {last_buyer} and the next one {next_buyer}, the last \
             seller asks {last_seller} and the next one {next_seller}"
        )
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
        let price = lot.grid.price(*level);
        Self {
            price: price.map(|price| lot.grid.scale.write(price)),
            price_decimal: price.map(|price| lot.grid.scale.write_decimal(price)),
            level: level.0,
            units: *units,
        }
    }

    /// The price, or that there is none.
    #[must_use]
    pub fn at(&self) -> String {
        self.price.clone().unwrap_or_else(|| "beyond the last price".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::{
        builder::TermsBuilder,
        bytes::{Domain, Text},
        mechanism::{ClearingRule, Comparisons, Curve, Mechanism, Quantities},
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
            margins: None,
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
        let excess: Vec<_> = each.excess.iter().map(|row| (row.at(), row.units)).collect();
        assert_eq!(
            excess,
            [("3.00", -12), ("-0.50", 4), ("-1.00", 30)]
                .map(|(price, units)| (price.to_owned(), units))
        );
        let percent = report(Quotation::Percent);
        assert_eq!(percent.trades[2].amount.as_deref(), Some("-0.075"));
        for quotation in [Quotation::Lot, Quotation::Yield, Quotation::Spread] {
            let report = report(quotation);
            assert!(report.trades.iter().all(|trade| trade.amount.is_none()), "{quotation:?}");
            assert_eq!(report.trades[0].total, "-5.00");
        }
    }

    #[test]
    fn a_price_is_everybodys_if_all_who_trade_pay_it() {
        let cleared = clearing();
        assert_eq!(common_price(&cleared), Some(&cleared.price));
        // A buyer who pays more than sellers are paid.
        let mut other = cleared.clone();
        other.trades[0].amount += 1;
        assert_eq!(common_price(&other), None);
        // One who trades nothing pays nothing.
        let nothing = Trade { better: 0, at_price: 3, shared: 0, amount: 0, ..cleared.trades[1] };
        let one = Clearing { trades: vec![cleared.trades[2], nothing], ..cleared.clone() };
        assert_eq!(common_price(&one), Some(&cleared.price));
        assert_eq!(common_price(&Clearing { trades: vec![nothing], ..cleared }), None);
    }

    #[test]
    fn margins_and_prices_beyond_the_last_one_are_said() {
        let terms = terms(Quotation::Unit);
        let quote =
            |level: u32| Quote { level: Level(level), price: Price(i64::from(level) * 50 - 100) };
        let margins = Margins {
            last_buyer: quote(9),
            next_buyer: quote(0),
            last_seller: quote(4),
            next_seller: quote(15),
        };
        let excess = vec![Excess { level: Level(16), units: -4 }];
        let clearing = Clearing { margins: Some(margins), excess, ..clearing() };
        let report = ClearingReport::of(&terms, &terms.lots[0], &clearing);
        let expected = "at the margin, the last buyer that can trade bids 3.50 and the next one -1.00, the last seller \
                        asks 1.00 and the next one 6.50";
        let reduced = Clearing { between: None, ..clearing.clone() };
        let words = ClearingReport::of(&terms, &terms.lots[0], &reduced).in_words().to_owned();
        assert_eq!(words, "15 units at -0.50");
        let mut dearer = reduced;
        dearer.trades[0].amount = 35;
        let words = ClearingReport::of(&terms, &terms.lots[0], &dearer).in_words().to_owned();
        assert_eq!(words, "15 units, for which buyers pay 3.50 and sellers are paid 1.00");
        assert_eq!(report.margins.unwrap().in_words(), expected);
        assert_eq!(
            (report.excess[0].at().as_str(), report.excess[0].level),
            ("beyond the last price", 16)
        );
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
        let excess = report.excess_table().unwrap();
        assert!(excess.contains("wanted beyond what is offered"), "{excess}");
        assert_eq!(excess.lines().count(), 2 + 3);
        let hidden = ClearingReport { excess: Vec::new(), ..report };
        assert_eq!(hidden.excess_table(), None);
    }
}
