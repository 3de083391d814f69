//! What a bidder's own bids came to, in the words of FIX: Hit, Cover, Tied, Done Away, Pass. Only the
//! bidder can tell, for it alone knows what it bid.

use crate::{
    failure::{Code, Failure},
    party::{bidder, desk::Desk, own_bid::Offer},
};
use serde::Serialize;
use talea_protocol::{
    outcome::Trade,
    price::{Level, Price},
    terms::{Lot, Terms},
};
use talea_text::{
    clearing,
    curve::Steps,
    lot, money,
    result::{Word, trade_of, won_at},
};

/// The schema of the JSON.
pub const SCHEMA: &str = "talea-result/1";

/// What every lot came to for this party.
#[derive(Clone, Debug, Serialize)]
pub struct Results {
    schema: &'static str,
    lots: Vec<ResultRow>,
}

#[derive(Clone, Debug, Serialize)]
struct ResultRow {
    lot: u32,
    identifier: String,
    bid: Option<String>,
    bid_decimal: Option<String>,
    price: Option<String>,
    price_decimal: Option<String>,
    result: Word,
    /// What was bid of curves; nothing where a bid is one price.
    curve: Option<CurveRow>,
}

/// A curve of this party's own, and what came of it.
#[derive(Clone, Debug, Serialize)]
struct CurveRow {
    side: &'static str,
    steps: Vec<StepRow>,
    /// In words, as `buy 200 at 99.50`.
    #[serde(skip)]
    in_words: String,
    /// Units that it trades.
    units: String,
    /// Units times prices, as a decimal number in the unit of prices.
    total: Option<String>,
    /// What that is in units of the terms' currency; nothing where prices are no amounts.
    amount: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct StepRow {
    units: u32,
    price: String,
    price_decimal: String,
}

impl CurveRow {
    fn of(terms: &Terms, lot: &Lot, own: &Steps, trade: Option<&Trade>) -> Self {
        let step = |(level, units): &(Level, u32)| StepRow {
            units: *units,
            price: lot::price(lot, *level),
            price_decimal: lot::price_decimal(lot, *level),
        };
        let traded = trade.filter(|trade| trade.units() > 0);
        Self {
            side: clearing::side(own.side),
            steps: own.steps.iter().map(step).collect(),
            in_words: own.in_words(lot),
            units: trade.map_or(0, Trade::units).to_string(),
            total: traded.map(|trade| lot.grid.scale.write_decimal(Price(trade.amount))),
            amount: traded.and_then(|trade| money::traded(terms, lot, trade.amount)),
        }
    }
}

impl Results {
    /// What this party's bids came to.
    ///
    /// # Errors
    /// `not-yet` before there is an outcome; those of reading what was kept.
    pub fn of(desk: &Desk) -> Result<Self, Failure> {
        let auction = desk.replica.auction();
        let outcome = auction.outcome().ok_or_else(|| {
            let sentence = format!("the auction is in the phase {}", auction.phase().name());
            Failure::new(Code::NotYet, sentence).with_help("talea watch shows when it is over")
        })?;
        let party = desk.keys.party();
        let lots = (0u32..).zip(auction.terms().lots.iter()).zip(outcome.lots.iter());
        let lines = lots.map(|((number, lot), result)| {
            // What a seller committed is a reserve.
            let made = if party == auction.terms().seller {
                None
            } else {
                bidder::last_made(desk, number)?
            };
            let counted = bidder::active_bid(desk, number)?.map(|hidden| hidden.offer());
            let (won, price) = won_at(result, &party);
            let word = match (&counted, &made) {
                (Some(Offer::Price(level)), _) => Word::of(result, won, *level),
                (Some(Offer::Curve(_)), _) => Word::of_curve(result, &party),
                (None, Some(_)) => Word::NotRanked,
                (None, None) => Word::Pass,
            };
            let (bid, curve) = match counted.or(made) {
                None => (None, None),
                Some(Offer::Price(level)) => (Some(level), None),
                Some(Offer::Curve(own)) => {
                    let trade = trade_of(result, &party);
                    (None, Some(CurveRow::of(auction.terms(), lot, &own, trade)))
                }
            };
            Ok(ResultRow {
                lot: number,
                identifier: lot.identifier.to_string(),
                bid: bid.map(|level| lot::price(lot, level)),
                bid_decimal: bid.map(|level| lot::price_decimal(lot, level)),
                price: price.map(|level| lot::price(lot, level)),
                price_decimal: price.map(|level| lot::price_decimal(lot, level)),
                result: word,
                curve,
            })
        });
        let lots = lines.collect::<Result<_, Failure>>()?;
        Ok(Self { schema: SCHEMA, lots })
    }

    /// As tools read it.
    #[must_use]
    pub fn json(&self) -> String {
        talea_text::json::to_json(self) + "\n"
    }

    /// As people read it.
    #[must_use]
    pub fn text(&self) -> String {
        let are_curves = self.lots.iter().any(|line| line.curve.is_some());
        let rows = self.lots.iter().map(|line| {
            let price = line.price.clone().unwrap_or("-".into());
            let bid = line.curve.as_ref().map(|curve| curve.in_words.clone());
            let bid = bid.or(line.bid.clone()).unwrap_or("-".into());
            let mut row = vec![line.identifier.clone(), bid, price, line.result.in_words().into()];
            if are_curves {
                let amount = |curve: &CurveRow| curve.amount.clone().or(curve.total.clone());
                let curve = line.curve.as_ref();
                row.push(curve.map_or(String::new(), |curve| curve.units.clone()));
                row.push(curve.and_then(amount).unwrap_or_default());
            }
            row
        });
        let of_curves: &[&str] = if are_curves { &["units", "amount"] } else { &[] };
        let heading: Vec<&str> =
            ["lot", "your bid", "price", "result"].iter().chain(of_curves).copied().collect();
        talea_text::table::table(&heading, rows.collect(), &[1, 2, 4, 5]) + "\n"
    }
}
