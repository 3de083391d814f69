//! A row for each lot, as columns of Parquet: prices and amounts are exact decimals.

use crate::decimal::scaled;
use parquet::{
    data_type::{
        ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type,
    },
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        writer::{SerializedColumnWriter, SerializedFileWriter},
    },
    schema::parser::parse_message_type,
};
use std::sync::Arc;
use talea_report::{Report, lot::LotReport};
use talea_text::{
    board::Moment,
    failure::{Code, Failure},
    terms::{MoneyData, TermsData},
};

/// Digits after the point, of prices and of amounts: a price has 12 at most, and per cents two more.
const PLACES: usize = 14;
/// A decimal of 38 digits, of which [`PLACES`] are after the point.
const DECIMAL: &str = "OPTIONAL FIXED_LEN_BYTE_ARRAY (16)";
/// A row group has so many lots at most.
const ROWS: usize = 65_536;

/// What a column holds, in the order of the rows; nothing where a lot has none.
enum Column {
    Text(Vec<Option<String>>),
    Count(Vec<Option<i32>>),
    /// In whole numbers, without places.
    Quantity(Vec<Option<i128>>),
    Decimal(Vec<Option<i128>>),
    /// Milliseconds since 1970.
    Time(Vec<Option<i64>>),
}

impl Column {
    /// How the schema writes it.
    fn declaration(&self, name: &str) -> String {
        match self {
            Self::Text(_) => format!("OPTIONAL BYTE_ARRAY {name} (STRING);"),
            Self::Count(_) => format!("OPTIONAL INT32 {name};"),
            Self::Quantity(_) => format!("{DECIMAL} {name} (DECIMAL(20,0));"),
            Self::Decimal(_) => format!("{DECIMAL} {name} (DECIMAL(38,{PLACES}));"),
            Self::Time(_) => format!("OPTIONAL INT64 {name} (TIMESTAMP(MILLIS,true));"),
        }
    }

    fn write(self, writer: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        fn levels<T>(values: &[Option<T>]) -> Vec<i16> {
            values.iter().map(|value| i16::from(value.is_some())).collect()
        }
        let in_bytes = |value: i128| FixedLenByteArray::from(value.to_be_bytes().to_vec());
        match self {
            Self::Text(values) => {
                let levels = levels(&values);
                let values: Vec<ByteArray> =
                    values.into_iter().flatten().map(|text| text.into_bytes().into()).collect();
                writer.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None)
            }
            Self::Count(values) => {
                let levels = levels(&values);
                let values: Vec<i32> = values.into_iter().flatten().collect();
                writer.typed::<Int32Type>().write_batch(&values, Some(&levels), None)
            }
            Self::Time(values) => {
                let levels = levels(&values);
                let values: Vec<i64> = values.into_iter().flatten().collect();
                writer.typed::<Int64Type>().write_batch(&values, Some(&levels), None)
            }
            Self::Quantity(values) | Self::Decimal(values) => {
                let levels = levels(&values);
                let values: Vec<FixedLenByteArray> =
                    values.into_iter().flatten().map(in_bytes).collect();
                writer.typed::<FixedLenByteArrayType>().write_batch(&values, Some(&levels), None)
            }
        }
        .map(drop)
    }
}

/// The lots of these auctions, a row each, as a file of Parquet. The same reports make the same bytes.
///
/// # Errors
/// `standard.number` if a price or an amount does not fit; `board.invalid` if a transcript breaks the rules;
/// `internal`.
pub fn parquet(reports: &[Report]) -> Result<Vec<u8>, Failure> {
    if reports.iter().any(Report::is_invalid) {
        let sentence = "nothing is written of an invalid transcript but the verdict";
        return Err(Failure::new(Code::BoardInvalid, sentence));
    }
    let rows: Vec<Row<'_>> = reports
        .iter()
        .flat_map(|report| report.lots.iter().map(move |lot| Row { report, lot }))
        .collect();
    let groups = rows.chunks(ROWS).map(columns).collect::<Result<Vec<_>, Failure>>()?;
    // Without a lot there are the names of the columns.
    let of_nothing = columns(&[])?;
    write(&of_nothing, groups).map_err(|error| {
        Failure::new(Code::Internal, format!("the file of Parquet cannot be written: {error}"))
    })
}

type Named = (&'static str, Column);

fn write(heading: &[Named], groups: Vec<Vec<Named>>) -> Result<Vec<u8>, ParquetError> {
    let fields: String = heading.iter().map(|(name, column)| column.declaration(name)).collect();
    let schema = Arc::new(parse_message_type(&format!("message lots {{ {fields} }}"))?);
    let properties = WriterProperties::builder().set_created_by("talea".into()).build();
    let mut file = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    for columns in groups {
        let mut group = file.next_row_group()?;
        for (name, column) in columns {
            let mut writer = group
                .next_column()?
                .ok_or_else(|| ParquetError::General(format!("the schema has no column {name}")))?;
            column.write(&mut writer)?;
            writer.close()?;
        }
        group.close()?;
    }
    file.into_inner()
}

/// A lot, and the auction that it is of.
#[derive(Clone, Copy)]
struct Row<'a> {
    report: &'a Report,
    lot: &'a LotReport,
}

impl<'a> Row<'a> {
    fn terms(self) -> Option<&'a TermsData> {
        self.report.terms.as_ref()
    }

    fn money(self) -> Option<&'a MoneyData> {
        self.terms()?.money.as_ref()
    }

    fn decimal(self, what: &str, decimal: Option<&String>) -> Result<Option<i128>, Failure> {
        let in_places = |decimal: &String| {
            scaled(decimal, PLACES).filter(|scaled| scaled.unsigned_abs() < 10u128.pow(38)).ok_or_else(
                || {
                    let sentence = format!(
                        "{what} of {} is {decimal}, and does not fit into 38 digits, {PLACES} of them \
                         after the point",
                        self.lot.identifier
                    );
                    Failure::new(Code::StandardNumber, sentence)
                },
            )
        };
        decimal.map(in_places).transpose()
    }

    /// How much is for sale; nothing where a lot's quantity plays no part.
    fn offered(self) -> Option<&'a str> {
        let is_for_sale = self.terms().is_none_or(|terms| terms.mechanism.sells_quantity());
        is_for_sale.then_some(self.lot.quantity.as_str())
    }

    fn side(self) -> Option<String> {
        Some(self.terms()?.lots.get(self.lot.lot)?.side.to_owned())
    }
}

fn milliseconds(moment: Option<&Moment>) -> Option<i64> {
    let time: jiff::Timestamp = moment?.at.as_ref()?.parse().ok()?;
    Some(time.as_millisecond())
}

fn count(number: usize) -> Option<i32> {
    i32::try_from(number).ok()
}

fn columns(rows: &[Row<'_>]) -> Result<Vec<Named>, Failure> {
    let text =
        |of: &dyn Fn(&Row<'_>) -> Option<String>| Column::Text(rows.iter().map(of).collect());
    let counts = |of: &dyn Fn(&LotReport) -> usize| {
        Column::Count(rows.iter().map(|row| count(of(row.lot))).collect())
    };
    let decimals = |what: &str, of: &dyn Fn(&LotReport) -> Option<String>| {
        let decimal = |row: &Row<'_>| row.decimal(what, of(row.lot).as_ref());
        rows.iter().map(decimal).collect::<Result<_, _>>().map(Column::Decimal)
    };
    let times = |of: &dyn Fn(&Report) -> Option<Moment>| {
        let time = |row: &Row<'_>| milliseconds(of(row.report).as_ref());
        Column::Time(rows.iter().map(time).collect())
    };
    let units = |row: &Row<'_>| {
        let mechanism = &row.terms()?.mechanism;
        let is_of_units = mechanism.curve.is_none() && mechanism.survey.is_none();
        is_of_units.then(|| mechanism.units.into())
    };
    let quantity = |row: &Row<'_>| scaled(row.offered()?, 0);
    Ok(vec![
        ("auction", text(&|row| row.report.auction.clone())),
        ("verdict", text(&|row| Some(row.report.verdict_word().to_lowercase()))),
        ("seller", text(&|row| Some(row.terms()?.seller.clone()))),
        ("mechanism", text(&|row| Some(row.terms()?.mechanism.kind.into()))),
        ("units", Column::Count(rows.iter().map(units).collect())),
        ("ties", text(&|row| Some(row.terms()?.ties.into()))),
        ("currency", text(&|row| Some(row.money()?.currency.clone()))),
        ("quotation", text(&|row| Some(row.money()?.price.into()))),
        ("opened_at", times(&|report| report.opened.clone())),
        (
            "bids_due_at",
            times(&|report| Some(report.terms.as_ref()?.schedule.commits_until.clone())),
        ),
        ("last_entry_at", times(&|report| report.last.clone())),
        ("lot", counts(&|lot| lot.lot)),
        ("identifier", text(&|row| Some(row.lot.identifier.clone()))),
        ("name", text(&|row| Some(row.lot.name.clone()))),
        ("side", text(&|row| row.side())),
        ("quantity", Column::Quantity(rows.iter().map(quantity).collect())),
        ("state", text(&|row| Some(row.lot.state.into()))),
        ("price", decimals("the price", &|lot| lot.price_decimal.clone())?),
        ("amount", decimals("the amount", &|lot| lot.amount.clone())?),
        ("cover", decimals("the cover", &|lot| lot.cover_decimal.clone())?),
        ("reserve", text(&|row| Some(row.lot.reserve.into()))),
        ("reserve_price", decimals("the reserve", &|lot| lot.reserve_price_decimal.clone())?),
        ("winners", text(&|row| Some(row.lot.winners.join(" ")))),
        ("committed", counts(&|lot| lot.committed)),
        ("ranked", counts(&|lot| lot.ranked)),
        ("invalid", counts(&|lot| lot.invalid)),
    ])
}
