//! What is quoted: a lot of the terms.

use super::message::Message;
use talea_report::{Report, lot::LotReport};
use talea_text::terms::{LotData, is_cusip, is_figi, is_isin};

/// There is no ticker symbol.
const NO_SYMBOL: &str = "[N/A]";

/// Of what numbering an identifier is, by its check digit: CUSIP, ISIN, FIGI, or the seller's own, which is
/// none of an exchange.
fn source(identifier: &str) -> &'static str {
    match identifier {
        cusip if is_cusip(cusip) => "1",
        // Before ISIN, of which some begin like a FIGI.
        figi if is_figi(figi) => "S",
        isin if is_isin(isin) => "4",
        _ => "M",
    }
}

pub(super) fn instrument(lot: &LotReport) -> Message {
    let plain = Message::default()
        .with(55, NO_SYMBOL)
        .with(48, &lot.identifier)
        .with(22, source(&lot.identifier))
        .with(107, &lot.name);
    if lot.name.is_ascii() { plain } else { plain.with_data(350, 351, &lot.name) }
}

/// What a price is.
pub(super) fn price_type(report: &Report, terms: &LotData) -> Option<&'static str> {
    let money = report.terms.as_ref()?.money.as_ref();
    match money.map(|money| money.price) {
        Some("percent") => Some("1"),
        Some("per-unit") => Some("2"),
        Some("per-lot") => Some("3"),
        Some("spread") => Some("6"),
        Some("yield") => Some("9"),
        // Prices in fractions of a point are per cents, by the custom of bond markets.
        None if terms.scale.starts_with("binary") => Some("1"),
        _ => None,
    }
}

pub(super) fn currency(report: &Report) -> Option<&str> {
    Some(report.terms.as_ref()?.money.as_ref()?.currency.as_str())
}

/// The side of whoever bids, and that of the seller.
pub(super) fn sides(terms: &LotData) -> (&'static str, &'static str) {
    if terms.side == "lowest-wins" { ("2", "1") } else { ("1", "2") }
}
