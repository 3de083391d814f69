//! What a command brought into the transcript.

use crate::party::{bidder::Committed, desk::Desk, own_bid::Offer};
use serde::Serialize;
use talea_text::lot;

/// The schema of the JSON.
pub const SCHEMA: &str = "talea-accepted/1";

/// One entry.
#[derive(Clone, Debug, Serialize)]
pub struct Accepted {
    /// As `talea status` and the report name it: `commit`, `reveal` and so on.
    what: &'static str,
    /// The entry, from 1.
    entry: u64,
    /// In which round.
    round: u32,
    /// The lot's identifier, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    lot: Option<String>,
    /// What was bid.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    /// The same as a decimal number.
    #[serde(skip_serializing_if = "Option::is_none")]
    price_decimal: Option<String>,
    /// A curve, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    curve: Option<String>,
    /// How many sealed bids it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    sealed_bids: Option<usize>,
}

impl Accepted {
    /// An entry of which there is nothing more to say.
    #[must_use]
    pub fn new(what: &'static str, desk: &Desk, entry: u64) -> Self {
        let round = desk.replica.auction().round();
        Self {
            what,
            entry,
            round,
            lot: None,
            price: None,
            price_decimal: None,
            curve: None,
            sealed_bids: None,
        }
    }

    /// One about a lot.
    #[must_use]
    pub fn on_lot(what: &'static str, desk: &Desk, entry: u64, lot: u32) -> Self {
        let lot = desk.line(lot).map(|line| line.identifier.to_string());
        Self { lot, ..Self::new(what, desk, entry) }
    }

    /// A bid, or a reserve.
    #[must_use]
    pub fn commit(what: &'static str, desk: &Desk, committed: &Committed) -> Self {
        let Committed { lot, round, ref offer, entry } = *committed;
        let of_lot = Self { round, ..Self::on_lot(what, desk, entry, lot) };
        match (desk.line(lot), offer) {
            (None, _) => of_lot,
            (Some(line), Offer::Price(level)) => Self {
                price: Some(lot::price(line, *level)),
                price_decimal: Some(lot::price_decimal(line, *level)),
                ..of_lot
            },
            (Some(line), Offer::Curve(steps)) => {
                Self { curve: Some(steps.in_words(line)), ..of_lot }
            }
        }
    }

    /// Sealed bids that were revealed.
    #[must_use]
    pub fn reveals(desk: &Desk, entry: u64, sealed_bids: usize) -> Self {
        Self { sealed_bids: Some(sealed_bids), ..Self::new("reveal", desk, entry) }
    }

    /// As people read it.
    fn text(&self) -> String {
        let Self { what, entry, round, lot, price, curve, sealed_bids, .. } = self;
        let lot = lot.as_ref().map_or(String::new(), |lot| format!(" on {lot}"));
        let price =
            price.as_ref().or(curve.as_ref()).map_or(String::new(), |price| format!(", {price}"));
        let sealed = sealed_bids.map_or(String::new(), |count| format!(" of {count} sealed bids"));
        let round = if *round > 0 { format!(" in round {round}") } else { String::new() };
        format!("{what}{sealed}{lot}{price}{round}: entry {entry}\n")
    }
}

#[derive(Serialize)]
struct Written<'a> {
    schema: &'static str,
    entries: &'a [Accepted],
}

/// Entries, as people or as tools read them.
#[must_use]
pub fn written(accepted: &[Accepted], json: bool) -> String {
    if json {
        return talea_text::json::to_json(&Written { schema: SCHEMA, entries: accepted }) + "\n";
    }
    accepted.iter().map(Accepted::text).collect()
}
