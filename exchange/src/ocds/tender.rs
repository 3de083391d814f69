//! The tender: what is auctioned, by which rules, and what became of it.

use super::{
    party::{Parties, PartyReference},
    shape::{Seller, Shape},
};
use crate::number;
use serde::Serialize;
use serde_json::Number;
use talea_report::{Report, lot::LotReport};
use talea_text::{failure::Failure, terms::TermsData};

/// What is auctioned.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tender {
    id: String,
    title: String,
    description: String,
    status: &'static str,
    procuring_entity: PartyReference,
    items: Vec<Item>,
    procurement_method: &'static str,
    procurement_method_details: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    award_criteria: Option<&'static str>,
    award_criteria_details: String,
    submission_method: [&'static str; 1],
    submission_method_details: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tender_period: Option<Period>,
    number_of_tenderers: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tenderers: Vec<PartyReference>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lots: Vec<Lot>,
}

/// A line item.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    id: String,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    related_lot: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Period {
    #[serde(skip_serializing_if = "Option::is_none")]
    start_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_date: Option<String>,
}

/// A lot, by the extension for tenders of several.
#[derive(Clone, Debug, Serialize)]
struct Lot {
    id: String,
    title: String,
    description: String,
    status: &'static str,
}

impl Item {
    /// As it is put up.
    ///
    /// # Errors
    /// `standard.number`.
    pub(super) fn of(lot: &LotReport, shape: Shape) -> Result<Self, Failure> {
        let quantity = number::json(&format!("the quantity of {}", lot.identifier), &lot.quantity)?;
        Ok(Self {
            id: lot.lot.to_string(),
            description: format!("{} ({})", lot.name, lot.identifier),
            quantity: Some(quantity),
            related_lot: shape.lot_id(lot),
        })
    }

    /// As a winner is awarded it: whether a quantity is that of one unit or of all, terms do not say.
    ///
    /// # Errors
    /// `standard.number`.
    pub(super) fn awarded(report: &Report, lot: &LotReport, shape: Shape) -> Result<Self, Failure> {
        let item = Self::of(lot, shape)?;
        let is_one = report.terms.as_ref().is_some_and(|terms| terms.mechanism.units == 1);
        Ok(Self { quantity: item.quantity.filter(|_| is_one), ..item })
    }
}

impl Tender {
    /// # Errors
    /// `standard.number`.
    pub(super) fn of(
        report: &Report,
        terms: &TermsData,
        parties: Parties<'_>,
        (seller, shape): (Seller, Shape),
        tenderers: &[&str],
    ) -> Result<Self, Failure> {
        let items = report.lots.iter().map(|lot| Item::of(lot, shape));
        let lots = report.lots.iter().map(|lot| Some(Lot::of(lot, shape.lot_id(lot)?)));
        let period = Period {
            start_date: report.opened.as_ref().and_then(|opened| opened.at.clone()),
            end_date: terms.schedule.commits_until.at.clone(),
        };
        Ok(Self {
            id: terms.auction.clone(),
            title: report.title.clone(),
            description: description(report),
            status: status_of_all(report),
            procuring_entity: parties.reference(&terms.seller),
            items: items.collect::<Result<_, _>>()?,
            procurement_method: if terms.bidders.is_some() { "limited" } else { "open" },
            procurement_method_details: format!(
                "{} by sealed bids, {}; rules and record: auction {}",
                seller.kind(),
                terms.mechanism.name,
                terms.auction
            ),
            award_criteria: seller.is_buyer().then_some("priceOnly"),
            award_criteria_details: criteria(terms, seller),
            submission_method: ["electronicSubmission"],
            submission_method_details: "Bids are encrypted to the keyholders whom the terms name, and only \
                                        what the terms disclose is decrypted.",
            tender_period: (period.start_date.is_some() || period.end_date.is_some())
                .then_some(period),
            number_of_tenderers: tenderers.len(),
            tenderers: tenderers.iter().map(|party| parties.reference(party)).collect(),
            lots: lots.collect::<Option<_>>().unwrap_or_default(),
        })
    }
}

impl Lot {
    fn of(lot: &LotReport, id: String) -> Self {
        let title = format!("{} ({})", lot.name, lot.identifier);
        Self { id, title, description: lot.result.clone(), status: status(lot) }
    }
}

/// Of one lot its result; of several only how many there are, for each says its own.
fn description(report: &Report) -> String {
    match report.lots.as_slice() {
        [lot] => format!("{} ({}): {}", lot.name, lot.identifier, lot.result),
        lots => format!("{} lots, each ranked by itself", lots.len()),
    }
}

fn criteria(terms: &TermsData, seller: Seller) -> String {
    let wins = match seller {
        Seller::Buys => "The lowest price wins",
        Seller::Sells => "The highest price wins",
        Seller::Both => {
            "The lowest price wins where the lot is bought, the highest where it is sold"
        }
    };
    let ties = match terms.ties {
        "lottery" => "ties are broken by lottery",
        _ => "of equal bids the earliest commit wins",
    };
    let reserve = match &terms.reserve {
        Some(_) => "; the seller may commit a reserve before bids are due",
        None => "",
    };
    let acceptance = match &terms.acceptance {
        Some(_) => "; the seller may decline what a lot came to",
        None => "",
    };
    format!("{wins}; {ties}{reserve}{acceptance}.")
}

/// What became of a lot, in the words of the standard.
pub(super) fn status(lot: &LotReport) -> &'static str {
    match lot.state {
        "sold" => "complete",
        "declined" | "below-reserve" | "unsold" => "unsuccessful",
        "void" | "halted" => "cancelled",
        _ => "active",
    }
}

/// Of the whole: active while a lot is, complete if one was awarded, cancelled if all were.
pub(super) fn status_of_all(report: &Report) -> &'static str {
    let any = |wanted: &str| report.lots.iter().any(|lot| status(lot) == wanted);
    let order = ["active", "complete", "unsuccessful"];
    order.into_iter().find(|wanted| any(wanted)).unwrap_or("cancelled")
}
