//! The bids extension: how many bids there were, and those that the terms opened.

use super::{
    money::{Prices, Value},
    party::{Parties, PartyReference},
    shape::Shape,
};
use serde::Serialize;
use talea_report::{Report, lot::LotReport};
use talea_text::failure::Failure;

/// What is known of the bids.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Bids {
    statistics: Vec<Statistic>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<Bid>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Statistic {
    id: String,
    measure: &'static str,
    value: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    related_lot: Option<String>,
}

/// A bid of which something was opened.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Bid {
    id: String,
    status: &'static str,
    description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tenderers: Vec<PartyReference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    related_lots: Option<Vec<String>>,
}

impl Bids {
    /// # Errors
    /// `standard.number`.
    pub(super) fn of(
        report: &Report,
        parties: Parties<'_>,
        prices: Prices<'_>,
        shape: Shape,
    ) -> Result<Self, Failure> {
        let bidders = Statistic {
            id: "bidders".into(),
            measure: "bidders",
            value: report.bidders.len(),
            related_lot: None,
        };
        let of_lots = report.lots.iter().flat_map(|lot| statistics(lot, shape));
        let mut details = Vec::new();
        for lot in &report.lots {
            details.extend(opened(report, lot, parties, prices, shape)?);
        }
        Ok(Self { statistics: std::iter::once(bidders).chain(of_lots).collect(), details })
    }
}

/// The identifier of a winner's bid, or of one by its place among those that were opened.
pub(super) fn id_of(lot: &LotReport, place: usize) -> String {
    format!("lot-{}-bid-{place}", lot.lot)
}

/// Bids that were committed, of them those that were ranked and those that proved nothing. What is left was not
/// revealed, for which the extension has no measure.
fn statistics(lot: &LotReport, shape: Shape) -> Vec<Statistic> {
    let measures =
        [("bids", lot.committed), ("validBids", lot.ranked), ("disqualifiedBids", lot.invalid)];
    let statistic = |(measure, value)| Statistic {
        id: format!("lot-{}-{measure}", lot.lot),
        measure,
        value,
        related_lot: shape.lot_id(lot),
    };
    measures.into_iter().map(statistic).collect()
}

fn opened(
    report: &Report,
    lot: &LotReport,
    parties: Parties<'_>,
    prices: Prices<'_>,
    shape: Shape,
) -> Result<Vec<Bid>, Failure> {
    let bid = |id: String, description: String, party: Option<&str>, value: Option<Value>| Bid {
        id,
        status: "valid",
        description,
        tenderers: party.map(|party| parties.reference(party)).into_iter().collect(),
        value,
        related_lots: shape.lot_id(lot).map(|id| vec![id]),
    };
    let value = |amount: Option<&String>| prices.value("a bid on", lot, amount);
    if let Some(bids) = &lot.bids {
        let all = bids.iter().enumerate().map(|(place, opened)| {
            let words = prices.in_words(&opened.price, &opened.price_decimal);
            let value = value(opened.amount.as_ref())?;
            Ok(bid(id_of(lot, place), words, Some(&opened.party), value))
        });
        return all.collect();
    }
    let pays_own_bid =
        report.terms.as_ref().is_some_and(|terms| terms.mechanism.kind == "first-price");
    let mut found = Vec::new();
    for (place, winner) in lot.winners.iter().enumerate() {
        let price = lot.price.as_ref().zip(lot.price_decimal.as_ref()).filter(|_| pays_own_bid);
        let words = match price {
            Some((price, decimal)) => prices.in_words(price, decimal),
            None => "a winning bid, whose price was not opened".into(),
        };
        let value = value(lot.amount.as_ref().filter(|_| pays_own_bid))?;
        found.push(bid(id_of(lot, place), words, Some(winner), value));
    }
    if let Some((price, decimal)) = lot.cover.as_ref().zip(lot.cover_decimal.as_ref()) {
        let words = format!("the best losing bid: {}", prices.in_words(price, decimal));
        let value = value(lot.cover_amount.as_ref())?;
        found.push(bid(format!("lot-{}-cover", lot.lot), words, None, value));
    }
    Ok(found)
}
