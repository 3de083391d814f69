//! A published order book of a two-sided market, as a scenario to run.
//!
//! Columns, in any order: `side` (`buy` or `sell`), `qty_mwh`, `price_cent_per_kwh`, and if there is one `status`: rows
//! with another status than the one asked for are left out. Nobody's name is in such a record, so eight rows of a side,
//! in the order of the file, become one bid: as many steps as a bid has at most. A unit of the scenario is the last
//! decimal place that a quantity of the file has, and a level the last place of a price: nothing is rounded.

use crate::failure::{Code, Failure};
use std::fmt::Write as _;
use talea_protocol::limits::MAX_STEPS;
use talea_text::rows::{CsvCodes, Row, Table};

const COLUMNS: [&str; 3] = ["side", "qty_mwh", "price_cent_per_kwh"];
const STATUS: [&str; 1] = ["status"];
const CODES: CsvCodes = CsvCodes { columns: Code::OrdersColumns, row: Code::OrdersRow };
/// Rows of a file.
const MOST_ROWS: usize = 100_000;
/// Decimal places of a number of the file.
const MOST_PLACES: usize = 6;

/// A decimal number of the file, of so many places.
#[derive(Clone, Copy, Debug)]
struct Decimal {
    digits: u64,
    places: usize,
}

impl Decimal {
    fn read(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{fraction}");
        let is_number = !whole.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let places = fraction.len();
        (is_number && places <= MOST_PLACES && digits.len() <= 15)
            .then(|| digits.parse().ok())?
            .map(|digits| Self { digits, places })
    }

    /// In units of `10^-places`; the number has no more places.
    fn in_units(self, places: usize) -> u64 {
        let more = u32::try_from(places.saturating_sub(self.places)).unwrap_or(0);
        self.digits.saturating_mul(10u64.saturating_pow(more))
    }
}

/// A row that is taken.
struct Order {
    is_sale: bool,
    quantity: Decimal,
    price: Decimal,
}

/// The scenario of the rows with this status, or of all rows, as a file.
///
/// # Errors
/// `orders.columns`; `orders.row` with the line; `orders.empty` if no row is left on a side.
pub fn scenario(name: &str, bytes: &[u8], status: Option<&str>) -> Result<String, Failure> {
    let table = Table { name, needed: &COLUMNS, optional: &STATUS, codes: CODES, most: MOST_ROWS };
    let rows = table.rows(bytes)?;
    let taken = rows.iter().filter(|row| status.is_none_or(|status| row.field(3) == status));
    let orders: Vec<Order> = taken.map(|row| read(name, row)).collect::<Result<_, _>>()?;
    if ![true, false].iter().all(|side| orders.iter().any(|order| order.is_sale == *side)) {
        let sentence = format!("{name}: no row is left on one of the sides");
        return Err(Failure::new(Code::OrdersEmpty, sentence));
    }
    let places = |of: fn(&Order) -> Decimal| orders.iter().map(|o| of(o).places).max().unwrap_or(0);
    let places = (places(|order| order.quantity), places(|order| order.price));
    Ok(write(name, &orders, places))
}

fn read(name: &str, row: &Row) -> Result<Order, Failure> {
    let fail =
        |what: String| Failure::new(Code::OrdersRow, format!("{name} line {}: {what}", row.line));
    let is_sale = match row.field(0) {
        "buy" => false,
        "sell" => true,
        other => return Err(fail(format!("side is {other:?}, neither buy nor sell"))),
    };
    let number = |column: usize| {
        let text = row.field(column);
        Decimal::read(text).ok_or_else(|| {
            let title = COLUMNS.get(column).copied().unwrap_or_default();
            fail(format!(
                "{title} is {text:?}, which is not a number of up to {MOST_PLACES} places"
            ))
        })
    };
    let (quantity, price) = (number(1)?, number(2)?);
    if quantity.digits == 0 {
        return Err(fail("qty_mwh is 0".into()));
    }
    Ok(Order { is_sale, quantity, price })
}

fn write(name: &str, orders: &[Order], (quantity_places, price_places): (usize, usize)) -> String {
    let of_side = |is_sale: bool| -> Vec<&Order> {
        orders.iter().filter(|order| order.is_sale == is_sale).collect()
    };
    let (buys, sells) = (of_side(false), of_side(true));
    let units = |order: &Order| order.quantity.in_units(quantity_places);
    let bids = || buys.chunks(MAX_STEPS).chain(sells.chunks(MAX_STEPS));
    let most = bids().map(|steps| steps.iter().map(|o| units(o)).sum::<u64>()).max().unwrap_or(1);
    let price = |order: &Order| {
        let digits = order.price.in_units(price_places).to_string();
        let width = price_places.saturating_add(1);
        let digits = format!("{digits:0>width$}");
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(price_places));
        if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
    };
    let highest = orders.iter().max_by_key(|order| order.price.in_units(price_places));
    let highest = highest.map(price).unwrap_or_default();
    let mut text = format!(
        "# Made from {name} by talea-sim orders: eight rows of a side are a bid. A unit is the last decimal place of a\n\
         # quantity there, so {quantity_places} of its places are in a unit.\n\n\
         title = \"A two-sided market of {} bids to buy and {} to sell\"\n\
         seed = 1\n\
         max_bids_per_lot = {}\n\
         mechanism = {{ two-sided = {{ steps = {MAX_STEPS}, quantities = {{ public = {{ most = {most} }} }}, \
         clearing_price = \"lowest\", comparisons = \"opened\" }} }}\n\n\
         [[lots]]\nname = \"Order book\"\nidentifier = \"BOOK\"\nside = \"sale\"\n\
         scale = \"decimal {price_places}\"\nstart = \"0\"\nend = \"{highest}\"\n\n\
         [[quorum]]\nname = \"keyholders\"\nthreshold = 2\nmembers = 3\n",
        buys.len(),
        sells.len(),
        bids().count(),
    );
    for (side, orders) in [("buy", &buys), ("sell", &sells)] {
        for (number, steps) in (1u32..).zip(orders.chunks(MAX_STEPS)) {
            let steps = steps.iter().map(|order| {
                format!("{{ price = \"{}\", quantity = {} }}", price(order), units(order))
            });
            let steps = steps.collect::<Vec<String>>().join(", ");
            // Memory takes every byte.
            let _ = write!(
                text,
                "\n[[bidders]]\nname = \"{side} {number}\"\n\
                 bids = {{ BOOK = {{ side = \"{side}\", steps = [{steps}] }} }}\n"
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;
    use std::path::Path;

    const BOOK: &str = "side,qty_mwh,price_cent_per_kwh,status\n\
        buy,10.5,7.5,matched\nbuy,3,2.25,offered\nsell,4.0,1.125,matched\nsell,6.5,6,matched\n";

    #[test]
    fn a_book_becomes_a_scenario_without_rounding() {
        let text = scenario("book.csv", BOOK.as_bytes(), Some("matched")).unwrap();
        assert!(text.contains("{ price = \"7.500\", quantity = 105 }"), "{text}");
        assert!(text.contains(
            "[{ price = \"1.125\", quantity = 40 }, { price = \"6.000\", quantity = 65 }]"
        ));
        assert!(text.contains("most = 105"), "{text}");
        Scenario::from_text(&text, Path::new("")).unwrap();
        assert!(!text.contains("2.250"), "{text}");
        let all = scenario("book.csv", BOOK.as_bytes(), None).unwrap();
        assert!(all.contains("{ price = \"2.250\", quantity = 30 }"), "{all}");
    }

    #[test]
    fn a_book_that_makes_no_sense_is_refused_by_name() {
        for (from, to, code) in [
            ("sell,4.0", "sells,4.0", Code::OrdersRow),
            ("sell,4.0", "sell,0.0", Code::OrdersRow),
            ("sell,4.0", "sell,-4", Code::OrdersRow),
            ("sell,4.0", "sell,4.0000001", Code::OrdersRow),
            ("price_cent_per_kwh", "price", Code::OrdersColumns),
        ] {
            let book = BOOK.replace(from, to);
            let failure = scenario("book.csv", book.as_bytes(), None).unwrap_err();
            assert_eq!(failure.code, code, "{from} to {to}");
        }
        let failure = scenario("book.csv", BOOK.as_bytes(), Some("cancelled")).unwrap_err();
        assert_eq!(failure.code, Code::OrdersEmpty);
    }
}
