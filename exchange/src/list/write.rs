//! What becomes of a list: lots for a file of terms, a preview for people and for tools; and lots as a desk's list again.

use super::{
    headings::Column,
    identifier::Kind,
    money::Priced,
    source::is_placeholder,
    understood::{Line, Understood},
    values::Decimal,
};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
use serde::Serialize;
use talea_protocol::{
    price::{Level, Price},
    terms::{Lot, Money},
};
use talea_text::{
    json::to_json,
    money::grouped,
    notation::scale_name,
    shown::excerpt,
    spreadsheet::{cell, text},
    table::table,
    terms::{is_cusip, is_figi, is_isin, quotation_name},
};

/// The schema of the JSON.
pub const SCHEMA: &str = "talea-import/1";

/// The fields of a list of lots that come from columns of the same name.
const GRID: [(Column, &str); 6] = [
    (Column::Side, "side"),
    (Column::Scale, "scale"),
    (Column::Start, "start"),
    (Column::Tick, "tick"),
    (Column::End, "end"),
    (Column::Levels, "levels"),
];

/// The lots as a CSV list that a file of terms names as its `lots_file`.
#[must_use]
pub fn lots_list(list: &Understood) -> String {
    let (heading, rows) = records(list);
    csv_of(b',', std::iter::once(heading).chain(rows))
}

/// The same, each lot on the line on which it stands in the desk's list, so that a complaint of the one names the line
/// of the other. In a message, which has no heading, they may be a line further down.
#[must_use]
pub fn lots_list_in_place(list: &Understood) -> String {
    let (heading, rows) = records(list);
    let mut text = csv_of(b',', std::iter::once(heading));
    let mut next = 2;
    for (row, line) in rows.into_iter().zip(&list.lines) {
        while next < line.number {
            text.push('\n');
            next = next.saturating_add(1);
        }
        text.push_str(&csv_of(b',', std::iter::once(row)));
        next = next.saturating_add(1);
    }
    text
}

/// The heading of a list of lots, and a row for each.
fn records(list: &Understood) -> (Vec<String>, Vec<Vec<String>>) {
    let kinds = [Kind::Cusip, Kind::Isin, Kind::Other];
    // A FIGI has no column of its own there.
    let column = |kind: Kind| if kind == Kind::Figi { Kind::Other } else { kind };
    let has_kind = |kind: &Kind| {
        let identifiers = list.lines.iter().filter_map(|line| line.identifier.as_ref());
        identifiers.into_iter().any(|(found, _)| column(*found) == *kind)
    };
    let kinds: Vec<Kind> = kinds.into_iter().filter(has_kind).collect();
    let grid: Vec<(Column, &str)> = GRID
        .into_iter()
        .filter(|(column, _)| list.lines.iter().any(|line| line.grid.contains_key(column)))
        .collect();
    let heading = kinds.iter().map(|kind| kind.name()).chain(["name", "quantity"]);
    let heading: Vec<String> =
        heading.chain(grid.iter().map(|(_, name)| *name)).map(str::to_owned).collect();
    let rows = list.lines.iter().map(|line| {
        let identifier = |kind: &Kind| match &line.identifier {
            Some((found, code)) if column(*found) == *kind => text(code),
            _ => String::new(),
        };
        let own = |(column, _): &(Column, &str)| {
            line.grid.get(column).map_or(String::new(), |own| text(own))
        };
        let mut row: Vec<String> = kinds.iter().map(identifier).collect();
        row.push(text(&line.name));
        row.push(line.quantity.to_string());
        row.extend(grid.iter().map(own));
        row
    });
    (heading, rows.collect())
}

fn csv_of(separator: u8, rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
    for row in rows {
        // Writing to memory cannot fail.
        let _ = writer.write_record(row);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// What was understood, line by line, for people.
#[must_use]
pub fn preview(list: &Understood) -> String {
    let rows = list.lines.iter().map(|line| {
        let (kind, code) =
            line.identifier.as_ref().map_or(("", ""), |(kind, code)| (kind.written(), code));
        vec![
            line.number.to_string(),
            kind.to_owned(),
            code.to_owned(),
            excerpt(&line.name, 40),
            grouped(line.quantity.into()),
            line.current_face.map_or(String::new(), with_commas),
            talk_in_words(line),
            line.grid.get(&Column::Start).cloned().unwrap_or_default(),
            line.settle.as_ref().map_or(String::new(), |when| excerpt(when.text(), 20)),
        ]
    });
    let heading =
        ["row", "kind", "identifier", "name", "face", "current face", "talk", "start", "settle"];
    let mut said = table(&heading, rows.collect(), &[0, 4, 5]) + "\n";
    for line in in_words(list) {
        said.push_str(&line);
        said.push('\n');
    }
    said
}

/// A number with a comma before every three digits of its whole part.
fn with_commas(number: Decimal) -> String {
    let digits = number.to_string();
    let (whole, places) = digits.split_once('.').unwrap_or((&digits, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
    let point = if places.is_empty() { "" } else { "." };
    format!("{whole}{point}{places}")
}

fn talk_in_words(line: &Line) -> String {
    let Some(talk) = &line.talk else { return String::new() };
    let written = excerpt(&talk.written, 30);
    match (&talk.value, talk.quote) {
        (Some(value), Some(quote)) if *value != talk.written => {
            format!("{written} ({} {value})", quote.name().trim_end_matches("-per-100"))
        }
        (_, Some(quote)) => format!("{written} ({})", quote.name().trim_end_matches("-per-100")),
        _ => written,
    }
}

/// What holds for the list as a whole.
fn in_words(list: &Understood) -> Vec<String> {
    let quoted = |words: &[String]| {
        words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ")
    };
    let columns: Vec<String> = list
        .columns
        .known
        .iter()
        .map(|heading| format!("{} = {}", excerpt(&heading.written, 40), heading.column.name()))
        .collect();
    let quotes: Vec<&str> = list.quotes.iter().map(|quote| quote.in_words()).collect();
    let sum: u128 = list.lines.iter().map(|line| u128::from(line.quantity)).sum();
    let mut said = vec![
        format!("lots       {}, {} in all", list.lines.len(), grouped(sum)),
        format!(
            "currency   {}",
            list.said.currency.as_ref().map_or("not said", |word| match word.is.as_str() {
                "$" => "$, and it is not said whose dollar",
                "¥" => "¥, and it is not said whose",
                code => code,
            })
        ),
        format!(
            "talk       {}",
            if quotes.is_empty() {
                "not said what its numbers are".into()
            } else {
                quotes.join(", ")
            }
        ),
        format!("columns    {}", columns.join("; ")),
    ];
    if let Some(quotation) = stated(list) {
        said.push(format!("quotation  {quotation}"));
    }
    if !list.columns.ignored.is_empty() {
        said.push(format!("ignored    the columns {}", quoted(&list.columns.ignored)));
    }
    if !list.not_read.is_empty() {
        said.push(format!("not read   {}", quoted(&list.not_read)));
    }
    said.extend(list.remarks.iter().map(|remark| format!("look at    {remark}")));
    said
}

/// What a column of the list says of all its prices.
fn stated(list: &Understood) -> Option<&'static str> {
    list.said.prices.iter().find_map(|word| match word.is {
        Priced::As(quotation) => Some(quotation_name(quotation)),
        Priced::Like(_) => None,
    })
}

/// What was understood, for tools.
#[derive(Debug, Serialize)]
pub struct ImportData {
    schema: &'static str,
    file: String,
    /// What was written; nothing for a preview.
    written: Option<String>,
    currency: Option<String>,
    /// What a column of its own says prices are, as `price` of `[money]` does.
    quotation: Option<&'static str>,
    quotes: Vec<&'static str>,
    columns: Vec<ColumnData>,
    ignored: Vec<String>,
    not_read: Vec<String>,
    remarks: Vec<String>,
    lines: Vec<LineData>,
}

#[derive(Debug, Serialize)]
struct ColumnData {
    heading: String,
    means: &'static str,
}

#[derive(Debug, Serialize)]
struct LineData {
    at: String,
    row: u64,
    identifier_kind: Option<&'static str>,
    identifier: Option<String>,
    name: String,
    quantity: String,
    quantity_written: String,
    factor: Option<String>,
    current_face: Option<String>,
    talk: Option<TalkData>,
    settle: Option<String>,
    maturity: Option<String>,
    coupon: Option<String>,
    side: Option<String>,
    scale: Option<String>,
    start: Option<String>,
    tick: Option<String>,
    end: Option<String>,
    levels: Option<String>,
}

#[derive(Debug, Serialize)]
struct TalkData {
    written: String,
    is: Option<&'static str>,
    value: Option<String>,
}

impl ImportData {
    /// A list as data; `written` says where its lots were written.
    #[must_use]
    pub fn of(list: &Understood, written: Option<String>) -> Self {
        Self {
            schema: SCHEMA,
            file: list.file.clone(),
            written,
            currency: list.said.currency.as_ref().map(|word| word.is.clone()),
            quotation: stated(list),
            quotes: list.quotes.iter().map(|quote| quote.name()).collect(),
            columns: list
                .columns
                .known
                .iter()
                .map(|heading| ColumnData {
                    heading: heading.written.clone(),
                    means: heading.column.name(),
                })
                .collect(),
            ignored: list.columns.ignored.clone(),
            not_read: list.not_read.clone(),
            remarks: list.remarks.clone(),
            lines: list.lines.iter().map(LineData::of).collect(),
        }
    }

    /// As tools read it.
    #[must_use]
    pub fn json(&self) -> String {
        to_json(self) + "\n"
    }
}

impl LineData {
    fn of(line: &Line) -> Self {
        let own = |column: Column| line.grid.get(&column).cloned();
        Self {
            at: line.at.clone(),
            row: line.number,
            identifier_kind: line.identifier.as_ref().map(|(kind, _)| kind.name()),
            identifier: line.identifier.as_ref().map(|(_, code)| code.clone()),
            name: line.name.clone(),
            quantity: line.quantity.to_string(),
            quantity_written: line.quantity_written.clone(),
            factor: line.factor.as_ref().map(|factor| factor.value.to_string()),
            current_face: line.current_face.map(|number| number.to_string()),
            talk: line.talk.as_ref().map(|talk| TalkData {
                written: talk.written.clone(),
                is: talk.quote.map(|quote| quote.name()),
                value: talk.value.clone(),
            }),
            settle: line.settle.as_ref().map(|when| when.text().to_owned()),
            maturity: line.maturity.as_ref().map(|when| when.text().to_owned()),
            coupon: line.coupon.clone(),
            side: own(Column::Side),
            scale: own(Column::Scale),
            start: own(Column::Start),
            tick: own(Column::Tick),
            end: own(Column::End),
            levels: own(Column::Levels),
        }
    }
}

/// The heading over how much is offered. It says in what, so that nobody asks.
const FACE: &str = "Face (units)";

/// A cell of a desk's list.
enum Written {
    Text(String),
    Number(u64),
}

/// Lots as a desk's list: a heading, and a row each.
struct Desk {
    heading: Vec<&'static str>,
    rows: Vec<Vec<Written>>,
}

impl Desk {
    fn of(lots: &[Lot], money: Option<Money>) -> Self {
        let kinds: Vec<Kind> = [Kind::Cusip, Kind::Isin, Kind::Figi, Kind::Other]
            .into_iter()
            .filter(|kind| lots.iter().any(|lot| kind_of(lot.identifier.as_str()) == *kind))
            .collect();
        let heading = kinds.iter().map(|kind| match kind {
            Kind::Other => Column::Other.name(),
            kind => kind.written(),
        });
        let heading = std::iter::once("Lot").chain(heading).chain([Column::Name.name(), FACE]);
        let heading = heading.chain(["Side", "Scale", "Start", "Tick", "End"]);
        let of_money = money.map(|_| [Column::Currency.name(), Column::Quotation.name()]);
        let heading = heading.chain(of_money.into_iter().flatten()).collect();
        let rows = (0u64..).zip(lots).map(|(number, lot)| {
            let mut row = row_of(number, lot, &kinds);
            if let Some(Money { currency, quotation }) = money {
                row.push(Written::Text(currency.to_string()));
                row.push(Written::Text(quotation_name(quotation).to_owned()));
            }
            row
        });
        Self { heading, rows: rows.collect() }
    }

    fn separated(&self, separator: u8) -> String {
        let heading = self.heading.iter().map(|name| (*name).to_owned()).collect();
        let rows = self.rows.iter().map(|row| {
            row.iter()
                .map(|written| match written {
                    Written::Text(words) => marked(words, text),
                    Written::Number(number) => number.to_string(),
                })
                .collect()
        });
        csv_of(separator, std::iter::once(heading).chain(rows))
    }
}

/// A text as `mark` writes it, and marked as text where it would be read as nothing.
fn marked(words: &str, mark: fn(&str) -> String) -> String {
    let marked = mark(words);
    if is_placeholder(&marked) { format!("'{marked}") } else { marked }
}

/// The kind of a lot's identifier: of those that check themselves only where it does.
fn kind_of(identifier: &str) -> Kind {
    match identifier {
        text if is_cusip(text) && !text.contains(['*', '@', '#']) => Kind::Cusip,
        text if is_isin(text) => Kind::Isin,
        text if is_figi(text) => Kind::Figi,
        _ => Kind::Other,
    }
}

fn row_of(number: u64, lot: &Lot, kinds: &[Kind]) -> Vec<Written> {
    let grid = &lot.grid;
    let price = |price: Price| Written::Text(grid.scale.write(price));
    let last = grid.price(Level(grid.levels.saturating_sub(1))).unwrap_or(grid.start);
    let tick = Price(i64::try_from(grid.tick).unwrap_or(i64::MAX));
    let identifier = lot.identifier.as_str();
    let mut row = vec![Written::Number(number)];
    row.extend(kinds.iter().map(|kind| {
        Written::Text(if kind_of(identifier) == *kind {
            identifier.to_owned()
        } else {
            String::new()
        })
    }));
    row.push(Written::Text(lot.name.as_str().to_owned()));
    row.push(Written::Number(lot.quantity));
    row.push(Written::Text(side_name(lot).to_owned()));
    row.push(Written::Text(scale_name(grid.scale)));
    row.extend([price(grid.start), price(tick), price(last)]);
    row
}

fn side_name(lot: &Lot) -> &'static str {
    match lot.grid.side {
        talea_protocol::price::Side::HighestWins => "sale",
        talea_protocol::price::Side::LowestWins => "procurement",
    }
}

/// Lots as a CSV file for a spreadsheet, with what terms say of their money.
#[must_use]
pub fn csv(lots: &[Lot], money: Option<Money>) -> String {
    Desk::of(lots, money).separated(b',')
}

/// Lots as a message, with their money: bars stand between the columns.
#[must_use]
pub fn message(lots: &[Lot], money: Option<Money>) -> String {
    let count = lots.len();
    let items = if count == 1 { "line item" } else { "line items" };
    format!("BWIC, {count} {items}\n{}", Desk::of(lots, money).separated(b'|'))
}

/// The largest number that a spreadsheet keeps exactly.
const MOST_EXACT: u64 = 1 << 53;

/// Lots as a workbook, with their money.
///
/// # Errors
/// Those of the library, which writes to memory.
pub fn workbook(lots: &[Lot], money: Option<Money>) -> Result<Vec<u8>, XlsxError> {
    let Desk { heading, rows } = Desk::of(lots, money);
    let mut book = Workbook::new();
    // The same lots are the same bytes, whenever they are written.
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let sheet = book.add_worksheet().set_name("Lots")?;
    let (bold, as_text) = (Format::new().set_bold(), Format::new().set_num_format("@"));
    for (column, name) in (0u16..).zip(heading) {
        sheet.write_string_with_format(0, column, name, &bold)?;
    }
    for (row, cells) in (1u32..).zip(rows) {
        for (column, written) in (0u16..).zip(cells) {
            match written {
                Written::Text(words) if words.is_empty() => {}
                Written::Text(words) => {
                    sheet.write_string_with_format(row, column, marked(&words, cell), &as_text)?;
                }
                Written::Number(number) if number > MOST_EXACT => {
                    sheet.write_string_with_format(row, column, number.to_string(), &as_text)?;
                }
                // Below 2^53 a double is exact.
                #[allow(clippy::cast_precision_loss)]
                Written::Number(number) => {
                    sheet.write_number(row, column, number as f64)?;
                }
            }
        }
    }
    book.save_to_buffer()
}
