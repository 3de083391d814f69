//! The lots as a table for a spreadsheet.
//!
//! Spreadsheets guess: `98-10` becomes a month, `912828E50` a power of ten, `=...` a formula. What is a
//! number here is written as one; any other text that could be taken for something else begins with an
//! apostrophe. Numbers have a point before the fraction.

use crate::{Report, lot::LotReport};

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
    let reserve = lot.reserve_price.as_deref().map_or_else(|| lot.reserve.into(), text);
    [
        lot.lot.to_string(),
        text(&lot.identifier),
        text(&lot.name),
        lot.quantity.clone(),
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

/// Text that stays what it is in a spreadsheet.
fn text(words: &str) -> String {
    if is_taken_as_text(words) { words.into() } else { format!("'{words}") }
}

/// How months begin, in the languages in which spreadsheets of our users are set.
const MONTHS: &str = "jan gen ene feb fev fév mar mär mrt apr avr abr may mai mag mei maj jun jui giu \
                      jul lug aug aou aoû ago sep set oct okt ott out nov dec déc dez dic";

/// Whether every spreadsheet leaves this alone. In doubt it does not: an apostrophe too many does no
/// harm.
fn is_taken_as_text(words: &str) -> bool {
    let lower = words.to_lowercase();
    let runs: Vec<&str> =
        lower.split(|c: char| !c.is_alphabetic()).filter(|run| !run.is_empty()).collect();
    let has_month = || runs.iter().any(|run| MONTHS.split(' ').any(|month| run.starts_with(month)));
    // An exponent, or a time of day.
    let of_number =
        |run: &&str| *run == "e" || ["a", "p", "am", "pm"].contains(run) && lower.ends_with(*run);
    match words.chars().next() {
        None => true,
        Some(first) if first.is_ascii_digit() => !runs.iter().all(of_number) && !has_month(),
        Some(first) if first.is_alphabetic() => {
            let is_date = runs.len() <= 2 && lower.contains(char::is_numeric) && has_month();
            !is_date && !["true", "false"].contains(&lower.as_str())
        }
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_a_date_a_number_or_a_formula() {
        for words in [
            "98-10",
            "99-17+",
            "99.62",
            "-0-001",
            "100-00",
            "1/2",
            "12:30",
            "5 March",
            "3-Mai-31",
            "912828E50",
            "037833100",
            "5 pm",
            "50%",
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            " =1",
            "'quoted",
            "\"=1\"",
            "May 2031",
            "MAR1",
            "dec-30",
            "Sept 2",
            "TRUE",
            "false",
            "\u{ff1d}1",
            "|calc",
            "%0",
            "$5",
            "\u{feff}=1",
        ] {
            assert_eq!(text(words), format!("'{words}"));
        }
        for words in [
            "Larkspur Mill CLO 2027-1 B",
            "ZZ0004120778",
            "999101AB4",
            "38259P508",
            "B0",
            "A-1",
            "Brougham, 1871",
            "sold",
            "did not trade: nobody bid",
            "sealed",
            "Börse",
            "Lot 7",
            "Marble quarry",
            "",
        ] {
            assert_eq!(text(words), words);
        }
    }
}
