//! Curves, two-sided markets and surveys: what standards refuse, and what tables have.

use crate::common::{publication, report_of, transcript};
use crate::tables::{cell, decimal, field, rows, sheet, sheets, text};
use calamine::Data;
use parquet::record::Field;
use std::{fs, path::Path, sync::OnceLock};
use talea_exchange::{
    fix::messages,
    ocds::{record_package, release_package},
    table::parquet,
};
use talea_report::Report;
use talea_text::failure::Code;

/// The reports of the scenarios of each kind: curves, two sides, a survey.
fn reports() -> &'static [Report; 3] {
    static REPORTS: OnceLock<[Report; 3]> = OnceLock::new();
    REPORTS.get_or_init(|| {
        ["curves", "two-sided", "survey"].map(|name| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
            let scenario = fs::read_to_string(folder.join(name).with_extension("toml")).unwrap();
            report_of(&transcript(&scenario))
        })
    })
}

#[test]
fn standards_refuse_mechanisms_that_they_have_no_form_for() {
    for report in reports() {
        let publication = publication(report);
        for failure in [
            messages(report).unwrap_err(),
            release_package(report, &publication).unwrap_err(),
            record_package(report, &publication).unwrap_err(),
        ] {
            assert_eq!((failure.code, failure.code.exit().status()), (Code::StandardMechanism, 6));
            let name = &report.terms.as_ref().unwrap().mechanism.name;
            assert!(failure.sentence.contains(&format!("the mechanism is {name:?}")), "{failure}");
        }
    }
}

fn whole(cell: &Data) -> i64 {
    let Data::Float(number) = cell else { panic!("{cell:?}") };
    *number as i64
}

#[test]
fn a_workbook_has_the_trades_of_a_market_and_the_answers_to_a_survey() {
    let [curves, two_sided, survey] = reports();
    let names = |report| sheets(report).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(curves), ["about", "lots", "bids", "trades", "parties", "money", "timeline"]);
    assert!(names(two_sided).contains(&"excess".to_owned()));
    assert_eq!(names(survey), ["about", "lots", "bids", "answers", "parties", "money", "timeline"]);

    let trades = sheet(curves, "trades");
    let traded: i64 = (1..trades.len()).map(|row| whole(cell(&trades, row, "traded"))).sum();
    assert_eq!(traded, 60);
    for row in 1..trades.len() {
        assert_eq!(cell(&trades, row, "side"), &text("buy"));
        assert_eq!(cell(&trades, row, "price"), &text("70.00"));
        let units = whole(cell(&trades, row, "traded"));
        assert_eq!(whole(cell(&trades, row, "units_times_prices")), 70 * units);
        // These terms do not say what prices are.
        assert_eq!(cell(&trades, row, "amount"), &Data::Empty);
    }
    assert_eq!(cell(&sheet(curves, "lots"), 1, "quantity"), &Data::Float(60.0));
    assert_eq!(cell(&sheet(two_sided, "lots"), 1, "quantity"), &Data::Empty);
    let excess = sheet(two_sided, "excess");
    let tested = two_sided.lots[0].clearing.as_ref().unwrap().excess.len();
    assert_eq!(excess.len(), tested + 1);

    let answers = sheet(survey, "answers");
    assert_eq!(cell(&answers, 1, "what"), &text("answers"));
    assert_eq!(cell(&answers, 1, "value"), &Data::Float(5.0));
    assert_eq!(
        (cell(&answers, 3, "what"), cell(&answers, 3, "value")),
        (&text("mean"), &Data::Float(70.2))
    );
    let bins = (1..answers.len()).filter(|row| cell(&answers, *row, "what") == &text("bin"));
    let counted: i64 = bins.map(|row| whole(cell(&answers, row, "value"))).sum();
    assert_eq!(counted, 5);
}

#[test]
fn parquet_has_a_row_for_each_lot_of_a_market_and_of_a_survey() {
    let rows = rows(parquet(reports()).unwrap());
    let [curves, two_sided, survey] = &rows[..] else { panic!("{} rows", rows.len()) };
    for (row, state, mechanism) in [
        (curves, "cleared", "uniform-price-curves"),
        (two_sided, "cleared", "two-sided"),
        (survey, "surveyed", "survey"),
    ] {
        assert_eq!(field(row, "state"), &Field::Str(state.into()));
        assert_eq!(field(row, "mechanism"), &Field::Str(mechanism.into()));
        for column in ["units", "amount", "cover"] {
            assert_eq!(field(row, column), &Field::Null, "{column}");
        }
    }
    assert_eq!(decimal(field(curves, "price")), (7_000_000_000_000_000, 14));
    assert_eq!(decimal(field(curves, "quantity")), (60, 0));
    assert_eq!([field(two_sided, "quantity"), field(survey, "quantity")], [&Field::Null; 2]);
    assert_eq!(field(survey, "price"), &Field::Null);
    let winners = reports()[1].lots[0].winners.join(" ");
    assert_eq!(field(two_sided, "winners"), &Field::Str(winners));
}
