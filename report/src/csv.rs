//! The lots as a table for a spreadsheet. Numbers have a point before the fraction; any other text is written as
//! [`spreadsheet`](talea_text::spreadsheet) says.

use crate::{Report, lot::LotReport};
use talea_text::spreadsheet::text;

const HEADING: [&str; 20] = [
    "verdict",
    "verdict_reason",
    "auction",
    "lot",
    "identifier",
    "name",
    "quantity",
    "result",
    "price",
    "price_decimal",
    "amount",
    "winners",
    "cover",
    "cover_decimal",
    "reserve",
    "reserve_decimal",
    "committed",
    "ranked",
    "invalid",
    "winners_known_as",
];

/// The lots, a row each. Of a transcript that is invalid nothing is shown but that, in one row.
pub(crate) fn csv(report: &Report) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail.
    let _ = writer.write_record(HEADING);
    let of_all = [
        report.verdict_word(),
        report.objection().map_or(String::new(), |why| text(&why)),
        report.auction.clone().unwrap_or_default(),
    ];
    if report.is_invalid() {
        let empty = std::iter::repeat_n(String::new(), HEADING.len() - of_all.len());
        let _ = writer.write_record(of_all.iter().cloned().chain(empty));
    }
    for lot in &report.lots {
        let _ = writer.write_record(of_all.iter().cloned().chain(cells(report, lot)));
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn cells(report: &Report, lot: &LotReport) -> [String; 17] {
    let known: Vec<&str> = lot.winners.iter().filter_map(|party| report.name_of(party)).collect();
    let number = |number: &Option<String>| number.clone().unwrap_or_default();
    let notation = |price: &Option<String>| price.as_deref().map_or(String::new(), text);
    let is_for_sale = report.terms.as_ref().is_none_or(|terms| terms.mechanism.sells_quantity());
    let reserve = lot.reserve_price.as_deref().map_or_else(|| lot.reserve.into(), text);
    [
        lot.lot.to_string(),
        text(&lot.identifier),
        text(&lot.name),
        if is_for_sale { lot.quantity.clone() } else { String::new() },
        text(&lot.result),
        notation(&lot.price),
        number(&lot.price_decimal),
        number(&lot.amount),
        lot.winners.join(" "),
        notation(&lot.cover),
        number(&lot.cover_decimal),
        reserve,
        number(&lot.reserve_price_decimal),
        lot.committed.to_string(),
        lot.ranked.to_string(),
        lot.invalid.to_string(),
        text(&known.join("; ")),
    ]
}
