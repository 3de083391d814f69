//! Workbooks and Parquet, read back.

use crate::common::{bonds, bonds_without_clock, endings, moorings, report_of, transcript, works};
use calamine::{Data, Reader as _, Xlsx, open_workbook_from_rs};
use parquet::{
    basic::LogicalType,
    file::reader::{FileReader as _, SerializedFileReader},
    record::{Field, Row},
};
use std::io::{Cursor, Read as _};
use talea_exchange::table::{parquet, workbook};
use talea_report::Report;
use talea_text::failure::Code;

pub type Rows = Vec<Vec<Data>>;

pub fn sheets(report: &Report) -> Vec<(String, Rows)> {
    let bytes = workbook(report).unwrap();
    assert_eq!(bytes, workbook(report).unwrap());
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let names = book.sheet_names();
    assert!(
        names.iter().all(|name| book.worksheet_formula(name).unwrap().used_cells().count() == 0)
    );
    names
        .into_iter()
        .map(|name| {
            let range = book.worksheet_range(&name).unwrap();
            (name, range.rows().map(<[Data]>::to_vec).collect())
        })
        .collect()
}

pub fn sheet(report: &Report, wanted: &str) -> Rows {
    sheets(report).into_iter().find(|(name, _)| name == wanted).unwrap().1
}

/// A cell by the name of its column; rows are counted from 1, below the heading.
pub fn cell<'a>(rows: &'a Rows, row: usize, column: &str) -> &'a Data {
    let text = |cell: &Data| cell.to_string();
    let column = rows[0].iter().map(text).position(|name| name == column).unwrap();
    &rows[row][column]
}

pub fn text(words: &str) -> Data {
    Data::String(words.into())
}

#[test]
fn a_workbook_has_the_report_in_sheets_and_numbers_as_numbers() {
    let report = report_of(&transcript(&bonds()));
    let all = sheets(&report);
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["about", "lots", "bids", "parties", "money", "timeline"]);
    let lots = sheet(&report, "lots");
    assert_eq!(lots.len(), 7);
    assert_eq!(cell(&lots, 1, "price"), &text("99-17"));
    assert_eq!(cell(&lots, 1, "price_decimal"), &Data::Float(99.53125));
    assert_eq!(cell(&lots, 1, "amount"), &Data::Float(4_976_562.5));
    assert_eq!(cell(&lots, 1, "cover_decimal"), &Data::Float(99.515625));
    assert_eq!(cell(&lots, 6, "state"), &text("declined"));
    let bids = sheet(&report_of(&transcript(&works())), "bids");
    assert_eq!(bids.len(), 4);
    assert_eq!(cell(&bids, 3, "price_decimal"), &Data::Float(9_489_999.5));
}

#[test]
fn text_in_a_workbook_is_text_whatever_it_begins_with() {
    let report = report_of(&transcript(&bonds()));
    let lots = sheet(&report, "lots");
    // What turns the direction of writing is escaped in the report itself.
    let name = "=HYPERLINK(\"https://example.org\") \\u{202e}\"quoted\", Börse";
    assert_eq!(cell(&lots, 2, "name"), &text(name));
    assert_eq!(cell(&lots, 3, "identifier"), &text("@X2"));
    let mut report = report;
    for words in
        ["+1", "-1", "=1+1", "@SUM(A1)", "a\nb", "\t=1", "98-10", "912828E50", "TRUE", "=\"x\""]
    {
        report.lots[0].name = words.into();
        assert_eq!(cell(&sheet(&report, "lots"), 1, "name"), &text(words));
    }
}

#[test]
fn a_number_that_a_double_would_change_is_text_in_a_workbook() {
    let mut report = report_of(&transcript(&works()));
    for huge in
        ["1701411834604692317040171876053197783.05", "9007199254740993", "0.1234567890123456"]
    {
        report.lots[0].amount = Some(huge.into());
        assert_eq!(cell(&sheet(&report, "lots"), 1, "amount"), &text(huge));
    }
}

#[test]
fn no_cell_is_longer_than_a_spreadsheet_takes() {
    let mut report = report_of(&transcript(&works()));
    report.lots[0].name = "x".repeat(40_000);
    let lots = sheet(&report, "lots");
    assert_eq!(cell(&lots, 1, "name").to_string().len(), 32_767);
}

pub fn rows(bytes: Vec<u8>) -> Vec<Row> {
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
    reader.get_row_iter(None).unwrap().map(Result::unwrap).collect()
}

pub fn field<'a>(row: &'a Row, wanted: &str) -> &'a Field {
    row.get_column_iter().find(|(name, _)| *name == wanted).unwrap().1
}

pub fn decimal(field: &Field) -> (i128, i32) {
    let Field::Decimal(decimal) = field else { panic!("{field:?}") };
    let bytes: [u8; 16] = decimal.data().try_into().unwrap();
    (i128::from_be_bytes(bytes), decimal.scale())
}

#[test]
fn parquet_has_a_row_for_each_lot_of_every_auction_with_exact_decimals() {
    let reports = [report_of(&transcript(&bonds())), report_of(&transcript(&works()))];
    let bytes = parquet(&reports).unwrap();
    assert_eq!(bytes, parquet(&reports).unwrap());
    let rows = rows(bytes);
    assert_eq!(rows.len(), 7);
    let first = &rows[0];
    assert_eq!(field(first, "auction"), &Field::Str(reports[0].auction.clone().unwrap()));
    assert_eq!(field(&rows[6], "auction"), &Field::Str(reports[1].auction.clone().unwrap()));
    assert_eq!(decimal(field(first, "price")), (9_953_125_000_000_000, 14));
    assert_eq!(decimal(field(first, "amount")), (497_656_250_000_000_000_000, 14));
    assert_eq!(decimal(field(first, "quantity")), (5_000_000, 0));
    assert_eq!(field(first, "currency"), &Field::Str("USD".into()));
    assert_eq!(field(first, "quotation"), &Field::Str("percent".into()));
    assert_eq!(field(&rows[2], "price"), &Field::Null);
    assert_eq!(field(&rows[6], "side"), &Field::Str("lowest-wins".into()));
    assert_eq!(field(&rows[6], "opened_at"), &Field::TimestampMillis(1_800_000_060_000));
    assert_eq!([field(first, "committed"), field(first, "lot")], [&Field::Int(3), &Field::Int(0)]);
}

#[test]
fn the_columns_of_parquet_say_what_they_hold() {
    let bytes = parquet(&[report_of(&transcript(&moorings()))]).unwrap();
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let logical = |name: &str| {
        let columns = schema.columns();
        columns.iter().find(|column| column.name() == name).unwrap().logical_type_ref().cloned()
    };
    assert!(
        matches!(logical("price"), Some(LogicalType::Decimal { .. })),
        "{:?}",
        logical("price")
    );
    assert!(matches!(logical("opened_at"), Some(LogicalType::Timestamp { .. })));
    assert!(matches!(logical("name"), Some(LogicalType::String)), "{:?}", logical("name"));
}

#[test]
fn every_ending_and_nothing_at_all_become_tables() {
    let reports: Vec<Report> = endings().iter().map(|(_, report)| report.clone()).collect();
    for report in &reports {
        assert!(!workbook(report).unwrap().is_empty());
    }
    let lots: usize = reports.iter().map(|report| report.lots.len()).sum();
    assert_eq!(rows(parquet(&reports).unwrap()).len(), lots);
    assert!(rows(parquet(&[]).unwrap()).is_empty());
    let without = report_of(&transcript(&bonds_without_clock()));
    assert_eq!(field(&rows(parquet(&[without]).unwrap())[0], "opened_at"), &Field::Null);
}

#[test]
fn an_amount_that_does_not_fit_is_not_written_to_parquet() {
    let mut report = report_of(&transcript(&works()));
    for huge in [
        "1701411834604692317040171876053197783.05",
        "1000000000000000000000000",
        "0.123456789012345",
    ] {
        report.lots[0].amount = Some(huge.into());
        let failure = parquet(&[report.clone()]).unwrap_err();
        assert_eq!(failure.code, Code::StandardNumber);
        assert!(failure.sentence.contains("the amount of UH-27-04"), "{failure}");
    }
    report.lots[0].amount = Some("999999999999999999999999.99999999999999".into());
    assert!(parquet(&[report]).is_ok());
}

#[test]
fn of_an_invalid_transcript_there_is_no_table() {
    let mut bytes = transcript(&works());
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let report = report_of(&bytes);
    assert_eq!(workbook(&report).unwrap_err().code, Code::BoardInvalid);
    assert_eq!(parquet(&[report]).unwrap_err().code, Code::BoardInvalid);
}

#[test]
fn a_workbook_does_not_say_when_it_was_written() {
    let bytes = workbook(&report_of(&transcript(&works()))).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut core = String::new();
    archive.by_name("docProps/core.xml").unwrap().read_to_string(&mut core).unwrap();
    assert!(core.contains("2000-01-01T00:00:00Z"), "{core}");
}
