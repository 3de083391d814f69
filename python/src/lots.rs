//! The lots of a transcript as data. The verifier's JSON writes prices as people do (`99-16+`); whoever computes needs
//! decimal numbers, which are exact.

use serde_json::{Value, json};
use talea_protocol::{
    outcome::{Disclosed, Ending},
    price::{Price, Scale},
    terms::Terms,
};
use talea_text::{
    clearing::{ClearingReport, common_price},
    failure::{Code, Failure},
    statistics::StatisticsReport,
    survey::{SurveyReport, buckets},
};
use talea_verifier::{Report, report::LotRow};

/// In every object that has a price.
const MINOR: &str = "price_minor";
const DECIMAL: &str = "price_decimal";

/// The lots of the verifier's report. Each price has a decimal number beside it, and each bucket both of its ends.
///
/// # Errors
/// `internal`, if the report is not what it is said to be.
pub fn json(report: &Report) -> Result<String, Failure> {
    let odd = || Failure::new(Code::Internal, "the verifier's report is not as it should be");
    let mut view: Value = serde_json::from_str(&report.to_json()).map_err(|_| odd())?;
    let lots = view.get_mut("lots").and_then(Value::as_array_mut).ok_or_else(odd)?;
    for (lot, row) in lots.iter_mut().zip(&report.lots) {
        add_decimals(lot, row.lot.grid.scale);
        add_depths(lot, row).ok_or_else(odd)?;
        add_market(lot, row, report.terms.as_ref()).ok_or_else(odd)?;
    }
    Ok(Value::take(view.get_mut("lots").ok_or_else(odd)?).to_string())
}

fn add_decimals(value: &mut Value, scale: Scale) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| add_decimals(value, scale)),
        Value::Object(fields) => {
            fields.values_mut().for_each(|value| add_decimals(value, scale));
            let minor = fields.get(MINOR).and_then(Value::as_str).and_then(|it| it.parse().ok());
            if let Some(minor) = minor {
                fields.insert(DECIMAL.into(), scale.write_decimal(Price(minor)).into());
            }
        }
        _ => {}
    }
}

fn add_depths(lot: &mut Value, row: &LotRow) -> Option<()> {
    let Disclosed { surveys, cover: _, depth, bids: _ } = &row.disclosed;
    let grid = &row.lot.grid;
    let fields = lot.as_object_mut()?;
    fields.insert("surveys".into(), json!(SurveyReport::all(grid, surveys)));
    fields.insert("depth".into(), json!(depth.as_ref().map(|depth| buckets(grid, depth))));
    Some(())
}

/// What a market of curves traded, with decimal numbers and amounts of money, and what a survey opened, in prices.
fn add_market(lot: &mut Value, row: &LotRow, terms: Option<&Terms>) -> Option<()> {
    let fields = lot.as_object_mut()?;
    let clearing = match (&row.ending, terms) {
        (Some(Ending::Cleared(found) | Ending::NoTrade(found)), Some(terms)) => {
            Some((found, ClearingReport::of(terms, &row.lot, found)))
        }
        _ => None,
    };
    let statistics = match &row.ending {
        Some(Ending::Surveyed(statistics)) => {
            let answers = u32::try_from(row.ranked).unwrap_or(u32::MAX);
            Some(StatisticsReport::of(row.mechanism, &row.lot, answers, statistics))
        }
        _ => None,
    };
    if let (Some(Ending::Cleared(found)), Some((_, report))) = (&row.ending, &clearing) {
        let traded = found.trades.iter().filter(|trade| trade.units() > 0);
        let winners: Vec<Value> =
            traded.map(|trade| json!({ "party": trade.party.to_string() })).collect();
        fields.insert("winners".into(), winners.into());
        if common_price(found).is_some() {
            fields.insert("price".into(), report.price.clone().into());
            fields.insert(DECIMAL.into(), report.price_decimal.clone().into());
        }
    }
    fields.insert("clearing".into(), json!(clearing.map(|(_, report)| report)));
    fields.insert("statistics".into(), json!(statistics));
    Some(())
}
