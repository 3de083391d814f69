//! A list as it was understood: every value with where it stands and how it is written.

use super::{
    cells::{Content, RawRow, of_cell, of_file},
    chat::For,
    headings::{Column, Columns, Unit, currency_of},
    identifier::Kind,
    questions::{Answers, Face, Stop},
    reader::{FACES, Field, Reader, inner_cusip, made_a_date},
    source::{self, Table},
    values::{Decimal, Quote, Talk, When, WrittenAmount, number, tens_of, when},
};
use std::collections::{BTreeMap, BTreeSet};
use talea_protocol::{bytes::Text, limits::MAX_LOTS};
use talea_text::{failure::Failure, shown::excerpt};

/// An amount that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// As it is written.
    pub written: String,
    /// What it comes to.
    pub value: Decimal,
}

/// A line of a list.
#[derive(Clone, Debug)]
pub struct Line {
    /// Where it stands.
    pub at: String,
    /// The number of its line or row.
    pub number: u64,
    /// What names the lot.
    pub identifier: Option<(Kind, String)>,
    /// What people call it.
    pub name: String,
    /// How much is offered.
    pub quantity: u64,
    /// How that is written.
    pub quantity_written: String,
    /// What part of the original face is left.
    pub factor: Option<Amount>,
    /// What is left of the face, where the list says so or there is a factor.
    pub current_face: Option<Decimal>,
    /// At what it might trade.
    pub talk: Option<Talk>,
    /// When it settles.
    pub settle: Option<When>,
    /// When it ends.
    pub maturity: Option<When>,
    /// What it pays a year, as it is written.
    pub coupon: Option<String>,
    /// What its prices are, as fields of a list of lots.
    pub grid: BTreeMap<Column, String>,
}

/// A list that was understood.
#[derive(Clone, Debug)]
pub struct Understood {
    /// What the file is called.
    pub file: String,
    /// The columns.
    pub columns: Columns,
    /// Lines and rows that are about no bond.
    pub not_read: Vec<String>,
    /// The currency of the amounts, if the list names one. `$` where it does not say whose dollar it is.
    pub currency: Option<String>,
    /// What its levels are: every kind that occurs.
    pub quotes: Vec<Quote>,
    /// The lines.
    pub lines: Vec<Line>,
    /// What should be looked at.
    pub remarks: Vec<String>,
}

/// Reads the bytes of a list of lots.
///
/// # Errors
/// What is wrong with it, or what it leaves open.
pub fn understand(file: &str, bytes: &[u8], answers: &Answers) -> Result<Understood, Stop> {
    let table = source::read(file, bytes, For::Lots, answers)?;
    let reader = Reader::new(&table, answers)?;
    if table.rows.is_empty() {
        return Err(of_file(file, "it has a heading and no line").into());
    }
    require_few(&table)?;
    let questions = reader.questions()?;
    if !questions.is_empty() {
        return Err(Stop::Questions(questions));
    }
    let lines: Vec<Line> =
        table.rows.iter().map(|row| reader.line(row)).collect::<Result<_, Failure>>()?;
    require_different(&lines)?;
    let quotes: BTreeSet<Quote> =
        lines.iter().filter_map(|line| line.talk.as_ref()?.quote).collect();
    Ok(Understood {
        file: file.to_owned(),
        currency: reader.currency()?,
        remarks: lines.iter().filter_map(faces_differ).collect(),
        columns: table.columns.clone(),
        not_read: table.not_read.clone(),
        quotes: quotes.into_iter().collect(),
        lines,
    })
}

/// An auction has a bound, and half a list is no list.
pub(super) fn require_few(table: &Table) -> Result<(), Failure> {
    match table.rows.get(MAX_LOTS) {
        None => Ok(()),
        Some(first) => {
            let count = table.rows.len();
            let what =
                format!("the list has {count} lines, and an auction has at most {MAX_LOTS} lots");
            Err(of_cell(&table.cells.row(first.number), what)
                .with_help("hold several auctions, each with its part of the list"))
        }
    }
}

/// Two lines of one bond are a slip, or two lots that nobody could tell apart.
fn require_different(lines: &[Line]) -> Result<(), Failure> {
    // An ISIN of the United States or Canada is a CUSIP between two letters and a digit.
    let key = |line: &Line| match &line.identifier {
        Some((Kind::Isin, isin)) => inner_cusip(isin).unwrap_or(isin).to_owned(),
        Some((_, text)) => text.clone(),
        None => format!("\0{}", line.name),
    };
    let mut seen: BTreeMap<String, &Line> = BTreeMap::new();
    for line in lines {
        if let Some(before) = seen.insert(key(line), line) {
            let shown = line.identifier.as_ref().map_or(&line.name, |(_, text)| text);
            let what =
                format!("{:?} is on the list twice, first in {}", excerpt(shown, 60), before.at);
            return Err(of_cell(&line.at, what)
                .with_help("remove one of the lines, or give each lot its own identifier"));
        }
    }
    Ok(())
}

/// What is said of a current face that is not the original one times the factor.
fn faces_differ(line: &Line) -> Option<String> {
    let (factor, current) = (line.factor.as_ref()?, line.current_face?);
    let product = Decimal::read(&line.quantity.to_string())?.times(factor.value)?;
    let close = |one: Decimal, other: Decimal| {
        let whole = |number: Decimal| number.to_string().split('.').next()?.parse::<u128>().ok();
        Some(whole(one)?.abs_diff(whole(other)?) <= 1)
    };
    let is_current = close(Decimal::read(&line.quantity.to_string())?, current)?;
    (!close(product, current)? && !is_current).then(|| {
        format!(
            "{}: {} times {} is {product}, and the current face is {current}",
            line.at, line.quantity, factor.value
        )
    })
}

impl<'a> Reader<'a> {
    fn name(&self, row: &'a RawRow, identifier: Option<&str>) -> Result<String, Failure> {
        let name = self.field(row, Column::Name).map(|field| match field.content {
            Content::Text(text) => Ok((text.clone(), field)),
            _ => Err(field.fault("is no name").with_help("write it as text")),
        });
        let tranche = self.field(row, Column::Tranche).map(|field| match field.content {
            Content::Text(text) | Content::Number(text) => Ok(text.clone()),
            _ => Err(field.fault("is no tranche").with_help("write it as text")),
        });
        let (name, tranche) = (name.transpose()?, tranche.transpose()?);
        let at =
            name.as_ref().map_or_else(|| self.table.cells.row(row.number), |(_, field)| field.at());
        let name = match (name, identifier) {
            (Some((name, _)), _) => name,
            (None, Some(identifier)) => identifier.to_owned(),
            (None, None) => {
                return Err(of_cell(&at, "it names no bond")
                    .with_help("write an identifier or a name, or remove the row"));
            }
        };
        let name = match tranche {
            Some(tranche) if !name.split_whitespace().any(|word| word == tranche) => {
                format!("{name} {tranche}")
            }
            _ => name,
        };
        match <Text>::new(&name) {
            Ok(_) => Ok(name),
            Err(fault) => {
                Err(of_cell(&at, format!("{:?} is not allowed as a name", excerpt(&name, 60)))
                    .with_help(fault.to_string()))
            }
        }
    }

    /// An amount under a heading.
    fn amount(&self, field: Field<'_>) -> Result<Amount, Failure> {
        let no_amount =
            || field.fault("is no amount").with_help("write one as in 5,000,000, 5mm or 250k");
        let (text, own_unit) = match field.content {
            Content::Text(text) => {
                let amount = WrittenAmount::read(text).ok_or_else(no_amount)?;
                (amount.number, amount.unit)
            }
            Content::Number(text) => (text.clone(), None),
            _ => return Err(no_amount()),
        };
        let unit = match (own_unit, field.heading.unit) {
            (Some(own), Some(heading)) if self.known(own) != self.known(heading) => {
                let what = format!("has another unit than the heading {:?}", field.heading.written);
                return Err(field.fault(what).with_help("write the unit in one of the two places"));
            }
            (own, heading) => own.or(heading).or(self.answers.unit).unwrap_or(Unit::One),
        };
        let tens = tens_of(self.known(unit)).ok_or_else(no_amount)?;
        let number = number(&text, self.mark_of(field.content)).ok_or_else(|| {
            field
                .fault("is no number as the rest of the list writes them")
                .with_help("write thousands and decimals in one way, as in 1,000,000.50")
        })?;
        let value = number.shifted(tens).ok_or_else(|| field.fault("is too large"))?;
        if value.is_zero() {
            return Err(field
                .fault("is nothing")
                .with_help("write how much is offered, or remove the line"));
        }
        Ok(Amount { written: field.content.shown(), value })
    }

    /// A unit, once it is known what `M` means.
    fn known(&self, unit: Unit) -> Unit {
        match unit {
            Unit::LetterM => self.answers.letter_m.unwrap_or(Unit::LetterM),
            unit => unit,
        }
    }

    /// The column that says how much is offered.
    fn face_column(&self) -> Option<Column> {
        match self.answers.face {
            Some(Face::Plain) => Some(Column::Face),
            Some(Face::Original) => Some(Column::OriginalFace),
            Some(Face::Current) => Some(Column::CurrentFace),
            None => FACES.into_iter().find(|column| self.table.columns.get(*column).is_some()),
        }
    }

    fn line(&self, row: &'a RawRow) -> Result<Line, Failure> {
        let at = self.table.cells.row(row.number);
        let identifier = self.identifier(row)?.map(|(kind, code, _)| (kind, code));
        let name = self.name(row, identifier.as_ref().map(|(_, text)| text.as_str()))?;
        let column = self.face_column().ok_or_else(|| {
            of_file(&self.table.cells.file, "no column says how much is offered")
                .with_help("name one Face, Original face, Size or Amount")
        })?;
        let field = self.field(row, column).ok_or_else(|| {
            let missing =
                format!("it says nothing about how much is offered, under {}", column.name());
            of_cell(&at, missing).with_help("write an amount as in 5,000,000, 5mm or 250k")
        })?;
        let face = self.amount(field)?;
        let quantity = face.value.whole().ok_or_else(|| {
            field
                .fault(format!("comes to {}, which is no whole number", face.value))
                .with_help("a lot is a whole number of units of money")
        })?;
        let factor = self.field(row, Column::Factor).map(|field| self.factor(field)).transpose()?;
        let stated =
            self.field(row, Column::CurrentFace).map(|field| self.amount(field)).transpose()?;
        let of_factor = factor.as_ref().and_then(|factor| face.value.times(factor.value));
        Ok(Line {
            number: row.number,
            identifier,
            name,
            quantity,
            quantity_written: face.written,
            current_face: stated.map(|amount| amount.value).or(of_factor),
            factor,
            talk: self.talk(row)?,
            settle: self.date(row, Column::Settle)?,
            maturity: self.date(row, Column::Maturity)?,
            coupon: self.field(row, Column::Coupon).map(|field| match field.content {
                Content::Text(text) | Content::Number(text) => text.clone(),
                Content::Percent(text) => format!("{text}%"),
                other => other.shown(),
            }),
            grid: self.grid(row)?,
            at,
        })
    }

    fn factor(&self, field: Field<'_>) -> Result<Amount, Failure> {
        let no_factor = || field.fault("is no factor").with_help("write one as in 0.98765432");
        let value = match field.content {
            Content::Text(text) => match text.strip_suffix('%') {
                Some(percent) => number(percent.trim(), self.mark_of(field.content))
                    .and_then(|number| number.divided(2)),
                None => number(text, self.mark_of(field.content)),
            },
            Content::Number(text) => Decimal::read(text),
            Content::Percent(text) => Decimal::read(text).and_then(|number| number.divided(2)),
            _ => None,
        };
        let value = value.filter(|value| !value.is_zero()).ok_or_else(no_factor)?;
        Ok(Amount { written: field.content.shown(), value })
    }

    fn talk(&self, row: &'a RawRow) -> Result<Option<Talk>, Failure> {
        let columns = [
            (Column::Talk, None),
            (Column::Price, Some(Quote::Price)),
            (Column::Yield, Some(Quote::Yield)),
            (Column::Spread, Some(Quote::Spread)),
        ];
        for (column, quote) in columns {
            let Some(field) = self.field(row, column) else { continue };
            let quote = quote.or_else(|| quote_in(&field.heading.written));
            let talk = match field.content {
                Content::Text(text) => {
                    let talk = Talk::read(&self.with_point(field, text)?, quote);
                    Talk { written: text.clone(), ..talk }
                }
                Content::Number(number) => Talk::of_number(number, false, quote),
                Content::Percent(number) => Talk::of_number(number, true, quote),
                Content::Date(_) => return Err(made_a_date(field)),
                _ => {
                    return Err(field
                        .fault("is no level")
                        .with_help("write a price, a yield or a spread"));
                }
            };
            return Ok(Some(talk));
        }
        Ok(None)
    }

    fn date(&self, row: &'a RawRow, column: Column) -> Result<Option<When>, Failure> {
        let Some(field) = self.field(row, column) else { return Ok(None) };
        let found = match field.content {
            Content::Date(date) => Some(When::Day(date.clone())),
            Content::Text(text) => when(text, self.order),
            _ => None,
        };
        let help = "write a date as in 2027-03-01, or words such as T+2";
        found.map(Some).ok_or_else(|| field.fault("is no day of a calendar").with_help(help))
    }

    /// What a line says of its prices, as a list of lots has it.
    fn grid(&self, row: &'a RawRow) -> Result<BTreeMap<Column, String>, Failure> {
        let mut grid = BTreeMap::new();
        for column in [Column::Side, Column::Scale, Column::Levels] {
            if let Some(field) = self.field(row, column) {
                match field.content {
                    Content::Text(text) | Content::Number(text) => {
                        grid.insert(column, text.clone())
                    }
                    _ => return Err(field.fault("is none of a list of lots")),
                };
            }
        }
        for column in [Column::Start, Column::Tick, Column::End] {
            if let Some(field) = self.field(row, column) {
                grid.insert(column, self.price(field)?);
            }
        }
        Ok(grid)
    }

    /// The currency of the list.
    fn currency(&self) -> Result<Option<String>, Failure> {
        let mut found: Option<(String, String)> = None;
        let mut take = |currency: String, at: String| -> Result<(), Failure> {
            match &found {
                Some((before, place)) if !is_same_money(before, &currency) => {
                    let what = format!("it is in {currency}, and {place} is in {before}");
                    Err(of_cell(&at, what)
                        .with_help("an auction has one currency: hold one for each"))
                }
                // A code says more than a sign.
                Some((before, _)) if before.len() >= currency.len() => Ok(()),
                _ => {
                    found = Some((currency, at));
                    Ok(())
                }
            }
        };
        for heading in &self.table.columns.known {
            if let Some(currency) = &heading.currency {
                let at =
                    self.table.cells.place(self.table.heading, heading.index, &heading.written);
                take(currency.clone(), at)?;
            }
        }
        for field in self.fields(&[
            Column::Currency,
            Column::Face,
            Column::OriginalFace,
            Column::CurrentFace,
        ]) {
            let Content::Text(text) = field.content else { continue };
            let is_column = field.heading.column == Column::Currency;
            let currency = match is_column {
                true => Some(currency_of(text).ok_or_else(|| {
                    field
                        .fault("is no currency that is known")
                        .with_help("write its code, as in USD")
                })?),
                false => WrittenAmount::read(text).and_then(|amount| amount.currency),
            };
            if let Some(currency) = currency {
                take(currency, field.at())?;
            }
        }
        Ok(found.map(|(currency, _)| currency))
    }
}

/// What a heading over talk says of it, as in `Price talk`.
fn quote_in(heading: &str) -> Option<Quote> {
    let lower = heading.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    words.find_map(|word| match word {
        "price" | "px" | "pxtalk" | "pricetalk" => Some(Quote::Price),
        "yield" | "yld" => Some(Quote::Yield),
        "spread" | "dm" | "bp" | "bps" => Some(Quote::Spread),
        _ => None,
    })
}

/// Whether two names of money can be of one currency.
fn is_same_money(one: &str, other: &str) -> bool {
    let is_sign_of = |sign: &str, code: &str| match sign {
        "$" => ["USD", "CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "MXN"].contains(&code),
        "¥" => ["JPY", "CNY", "CNH"].contains(&code),
        _ => false,
    };
    one == other || is_sign_of(one, other) || is_sign_of(other, one)
}
