//! A list as it was understood: every value with where it stands and how it is written.

use super::{
    cells::{Content, RawRow, of_cell, of_file},
    chat::For,
    headings::{Column, Columns, Heading, Unit},
    identifier::Kind,
    money::Said,
    questions::{Answers, Face, Stop},
    reader::{FACES, Field, Reader, inner_cusip, made_a_date},
    source::{self, Table},
    values::{
        Decimal, MOST_DIGITS, Quote, Talk, When, WrittenAmount, is_date, number, separators,
        tens_of, when,
    },
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
    /// What it says of its money.
    pub said: Said,
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
        said: reader.said()?,
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
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let number = number(&text, self.mark_of(field.content)).ok_or_else(|| {
            if digits > MOST_DIGITS {
                return too_large(field);
            }
            field
                .fault("is no number as the rest of the list writes them")
                .with_help("write thousands and decimals in one way, as in 1,000,000.50")
        })?;
        let value = number.shifted(tens).ok_or_else(|| too_large(field))?;
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
        // An amount that does not say which face it is may be either, and is the only one.
        let plain = || self.field(row, Column::Face).filter(|_| self.answers.face.is_some());
        let field = self.field(row, column).or_else(plain).ok_or_else(|| {
            let missing =
                format!("it says nothing about how much is offered, under {}", column.name());
            of_cell(&at, missing).with_help("write an amount as in 5,000,000, 5mm or 250k")
        })?;
        let face = self.amount(field)?;
        if !face.value.is_at_most(u64::MAX) {
            return Err(too_large(field));
        }
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
        if !value.is_at_most(1) {
            return Err(field.fault("is above 1, and would leave more than was issued").with_help(
                "write 98.7 % as 0.987; if the bond grows, put its factor under a heading that is not read",
            ));
        }
        Ok(Amount { written: field.content.shown(), value })
    }

    /// A level under a heading, which may say what it is.
    pub(super) fn level(&self, field: Field<'_>) -> Result<Talk, Failure> {
        let quote = quote_of(field.heading);
        let talk = match field.content {
            Content::Text(text) if is_date(text) => return Err(made_a_date(field)),
            Content::Text(text) => {
                let talk = Talk::read(&self.with_point(field, text)?, quote);
                if talk.value.is_none() && separators(text).is_some() {
                    return Err(field
                        .fault("has more digits than a level has")
                        .with_help("write it with 12 places at most"));
                }
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
        let value = talk.value.as_deref().and_then(Decimal::read);
        if talk.quote == Some(Quote::Price) && value.is_some_and(Decimal::is_zero) {
            return Err(field
                .fault("is a price of nothing")
                .with_help("leave the cell empty where there is no talk"));
        }
        Ok(talk)
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
}

fn too_large(field: Field<'_>) -> Failure {
    field.fault("is too large").with_help("a lot has less than 2^64 units")
}

/// What a heading over levels says of them, as in `Price talk`; `Bid` and `Level` say nothing.
pub(super) fn quote_of(heading: &Heading) -> Option<Quote> {
    match heading.column {
        Column::Yield => return Some(Quote::Yield),
        Column::Spread => return Some(Quote::Spread),
        _ => {}
    }
    let lower = heading.written.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    let all = words.concat();
    let has = |parts: &[&str]| parts.iter().any(|part| all.contains(part));
    let is = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    match () {
        () if has(&["yield", "yld"]) => Some(Quote::Yield),
        () if has(&["spread"]) || is(&["dm", "bp", "bps"]) => Some(Quote::Spread),
        () if has(&["price", "px"]) => Some(Quote::Price),
        () => None,
    }
}
