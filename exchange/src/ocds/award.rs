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
                awards.push(Self {
                    id: format!("lot-{}-award-{place}", lot.lot),
                    title: format!("{} ({})", lot.name, lot.identifier),
                    description: description(report, lot, winner, prices),
                    status: if lot.state == "declined" { "unsuccessful" } else { "active" },
                    date: date(report),
                    value: prices.value("the amount of", lot, lot.amount.as_ref())?,
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

fn description(report: &Report, lot: &LotReport, winner: &str, prices: Prices<'_>) -> String {
    let price = lot.price.as_ref().zip(lot.price_decimal.as_ref());
    let price = price.map(|(price, decimal)| prices.in_words(price, decimal));
    let ended = match price {
        Some(price) => format!("{}: {price}", lot.result),
        None => lot.result.clone(),
    };
    match tie(report, lot, winner) {
        Some(tie) => format!("{ended}; {tie}"),
        None => ended,
    }
}

/// How a tie was broken between a winner's bid and bids that lost, if opened bids show that there was one.
fn tie(report: &Report, lot: &LotReport, winner: &str) -> Option<String> {
    let terms = report.terms.as_ref()?;
    let broken = match terms.ties {
        "lottery" => "a lottery chose",
        _ => "the earliest commit won",
    };
    let Some(bids) = &lot.bids else {
        let is_tied =
            terms.mechanism.kind == "first-price" && lot.cover.is_some() && lot.cover == lot.price;
        return is_tied.then(|| format!("the best losing bid was the same, and {broken}"));
    };
    let own = &bids.iter().find(|bid| bid.party == winner)?.price;
    let tied = || bids.iter().filter(|bid| bid.price == *own);
    let has_lost = |party: &String| !lot.winners.contains(party);
    let is_tied = tied().any(|bid| has_lost(&bid.party));
    is_tied.then(|| format!("of {} bids at this price {broken}", tied().count()))
}
