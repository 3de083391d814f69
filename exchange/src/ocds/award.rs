//! Awards: one for each winner, in force or declined by the seller.

use super::{
    bids,
    money::{Prices, Value},
    party::{Parties, PartyReference},
    shape::Shape,
    tender::Item,
};
use serde::Serialize;
use talea_report::{Report, lot::LotReport};
use talea_text::failure::Failure;

/// What a winner was awarded.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Award {
    id: String,
    title: String,
    description: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    suppliers: Vec<PartyReference>,
    items: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    related_lots: Option<Vec<String>>,
    related_bids: Vec<String>,
}

impl Award {
    /// # Errors
    /// `standard.number`.
    pub(super) fn all(
        report: &Report,
        parties: Parties<'_>,
        prices: Prices<'_>,
        shape: Shape,
    ) -> Result<Vec<Self>, Failure> {
        let mut awards = Vec::new();
        for lot in &report.lots {
            for (place, winner) in lot.winners.iter().enumerate() {
                let what = format!("the price of {}", lot.identifier);
                awards.push(Self {
                    id: format!("lot-{}-award-{place}", lot.lot),
                    title: format!("{} ({})", lot.name, lot.identifier),
                    description: description(report, lot, prices),
                    status: if lot.state == "declined" { "unsuccessful" } else { "active" },
                    date: date(report),
                    value: prices.value(&what, lot.amount.as_deref())?,
                    suppliers: vec![parties.reference(winner)],
                    items: vec![Item::awarded(report, lot, shape)?],
                    related_lots: shape.lot_id(lot).map(|id| vec![id]),
                    related_bids: vec![bid_of(lot, place, winner)],
                });
            }
        }
        Ok(awards)
    }
}

/// When the outcome was final: the end of the slot of the last entry. Before, an award has no date.
fn date(report: &Report) -> Option<String> {
    let last = report.last.as_ref().filter(|_| report.is_final())?;
    last.at.clone()
}

/// The bid of a winner: where every bid was opened, its place among them.
fn bid_of(lot: &LotReport, place: usize, winner: &str) -> String {
    let among = lot.bids.as_ref().and_then(|bids| bids.iter().position(|bid| bid.party == winner));
    bids::id_of(lot, among.unwrap_or(place))
}

fn description(report: &Report, lot: &LotReport, prices: Prices<'_>) -> String {
    let price = lot.price.as_ref().zip(lot.price_decimal.as_ref());
    let price = price.map(|(price, decimal)| prices.in_words(price, decimal));
    let ended = match price {
        Some(price) => format!("{}: {price}", lot.result),
        None => lot.result.clone(),
    };
    let is_lottery = report.terms.as_ref().is_some_and(|terms| terms.ties == "lottery");
    let at_price = lot.bids.iter().flatten().filter(|bid| Some(&bid.price) == lot.price.as_ref());
    match at_price.count() {
        tied if tied > 1 && is_lottery => {
            format!("{ended}; of {tied} bids at this price a lottery chose")
        }
        tied if tied > 1 => {
            format!("{ended}; of {tied} bids at this price the earliest commit won")
        }
        _ => ended,
    }
}
