//! A list as it was understood: every value with where it stands and how it is written.

use super::{
    cells::{Cells, Content, RawRow, of_cell, of_file},
    chat::For,
    headings::{Column, Columns, Heading, Unit, currency_of},
    identifier::{self, Kind},
    questions::{Answers, Asked, Face, Question, Stop},
    source::{self, Table},
    values::{
        DateOrder, Decimal, DigitDate, Mark, Quote, Separators, Talk, When, WrittenAmount, number,
        order_of, separators, spelled, tens_of, when,
    },
};
use std::collections::{BTreeMap, BTreeSet};
use talea_protocol::{bytes::Text, limits::MAX_LOTS};
use talea_text::{failure::Failure, shown::excerpt};

/// Amounts without a unit below this may be in thousands or in millions: nobody offers 500 dollars of a bond, and
/// some sell 500 tons of coal.
const SMALL: u64 = 1_000;

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

/// The CUSIP in an ISIN of the United States or Canada.
fn inner_cusip(isin: &str) -> Option<&str> {
    let is_american = isin.starts_with("US") || isin.starts_with("CA");
    isin.get(2..11).filter(|_| is_american)
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

/// What is needed to read the lines of a list.
pub(super) struct Reader<'a> {
    pub(super) table: &'a Table,
    answers: &'a Answers,
    mark: Option<Mark>,
    order: Option<DateOrder>,
}

/// A cell under a heading.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    heading: &'a Heading,
    pub(super) content: &'a Content,
    row: &'a RawRow,
    cells: &'a Cells,
}

impl Field<'_> {
    pub(super) fn at(&self) -> String {
        self.cells.place(self.row.number, self.heading.index, &self.heading.written)
    }

    pub(super) fn fault(&self, what: impl std::fmt::Display) -> Failure {
        of_cell(&self.at(), format!("{} {what}", self.content.shown()))
    }
}

/// Columns of amounts.
const FACES: [Column; 3] = [Column::Face, Column::OriginalFace, Column::CurrentFace];
/// Columns of levels, in the project's own spelling or that of a desk.
const LEVELS: [Column; 7] = [
    Column::Talk,
    Column::Price,
    Column::Yield,
    Column::Spread,
    Column::Start,
    Column::Tick,
    Column::End,
];
/// Columns of identifiers, and of which kind.
const IDENTIFIERS: [(Column, Option<Kind>); 5] = [
    (Column::Cusip, Some(Kind::Cusip)),
    (Column::Isin, Some(Kind::Isin)),
    (Column::Figi, Some(Kind::Figi)),
    (Column::Identifier, None),
    (Column::Other, Some(Kind::Other)),
];

impl<'a> Reader<'a> {
    /// Finds out what the numbers and dates of a list say of the way in which they are written.
    ///
    /// # Errors
    /// `list.cell` if they contradict each other, or a cell is a formula.
    pub(super) fn new(table: &'a Table, answers: &'a Answers) -> Result<Self, Failure> {
        let mut reader = Self { table, answers, mark: answers.decimal, order: answers.date };
        if reader.mark.is_none() {
            reader.mark = reader.found_mark()?;
        }
        if reader.order.is_none() {
            reader.order = reader.found_order()?;
        }
        Ok(reader)
    }

    fn fields(&self, columns: &'a [Column]) -> impl Iterator<Item = Field<'a>> {
        let table = self.table;
        let headings = columns.iter().filter_map(|column| table.columns.get(*column));
        let headings: Vec<&Heading> = headings.collect();
        table.rows.iter().flat_map(move |row| {
            headings.clone().into_iter().map(move |heading| {
                let content = row.cell(heading.index);
                Field { heading, content, row, cells: &table.cells }
            })
        })
    }

    /// What stands in a row under a heading, if there is one and something stands there.
    pub(super) fn field(&self, row: &'a RawRow, column: Column) -> Option<Field<'a>> {
        let heading = self.table.columns.get(column)?;
        let content = row.cell(heading.index);
        let field = Field { heading, content, row, cells: &self.table.cells };
        (!content.is_empty()).then_some(field)
    }

    /// The mark before the decimals, by the numbers that leave no doubt.
    fn found_mark(&self) -> Result<Option<Mark>, Failure> {
        let mut found: Option<(Mark, Field<'_>)> = None;
        for field in self.fields(&[
            Column::Face,
            Column::OriginalFace,
            Column::CurrentFace,
            Column::Factor,
            Column::Coupon,
            Column::Talk,
            Column::Price,
            Column::Yield,
            Column::Spread,
            Column::Start,
            Column::Tick,
            Column::End,
        ]) {
            let Some(Separators::Certain(mark)) =
                written_in(field.content).as_deref().and_then(separators)
            else {
                continue;
            };
            match found {
                Some((other, before)) if other != mark => {
                    let what = format!(
                        "has its decimals after another mark than {} in {}",
                        before.content.shown(),
                        before.at()
                    );
                    return Err(field
                        .fault(what)
                        .with_help("write every number of the list in one way"));
                }
                Some(_) => {}
                None => found = Some((mark, field)),
            }
        }
        Ok(found.map(|(mark, _)| mark))
    }

    fn found_order(&self) -> Result<Option<DateOrder>, Failure> {
        let mut found: Option<(DateOrder, Field<'_>)> = None;
        for field in self.fields(&[Column::Settle, Column::Maturity]) {
            let Content::Text(text) = field.content else { continue };
            let Some(DigitDate::Certain(order)) = order_of(text) else { continue };
            match found {
                Some((other, before)) if other != order => {
                    let what = format!("has day and month in another order than {}", before.at());
                    return Err(field.fault(what).with_help("write dates as in 2027-03-01"));
                }
                Some(_) => {}
                None => found = Some((order, field)),
            }
        }
        Ok(found.map(|(order, _)| order))
    }

    /// Everything that the list leaves open.
    ///
    /// # Errors
    /// `list.cell`, of identifiers: what is wrong is said before anything is asked.
    fn questions(&self) -> Result<Vec<Question>, Failure> {
        let all = [
            self.ask_decimal(),
            self.ask_letter_m(),
            self.ask_unit(),
            self.ask_face(),
            self.ask_identifier()?,
            self.ask_date(),
        ];
        Ok(all.into_iter().flatten().collect())
    }

    pub(super) fn ask_decimal(&self) -> Option<Question> {
        if self.mark.is_some() {
            return None;
        }
        let amounts =
            self.fields(&[Column::Face, Column::OriginalFace, Column::CurrentFace, Column::Factor]);
        // A price with a point is written as prices are here.
        let levels = self
            .fields(&LEVELS)
            .filter(|field| written_in(field.content).is_some_and(|text| text.contains(',')));
        let (field, written, mark) = amounts.chain(levels).find_map(|field| {
            let text = written_in(field.content)?;
            match separators(&text)? {
                Separators::Open(mark) => Some((field, text, mark)),
                _ => None,
            }
        })?;
        let reading =
            |mark| number(&written, mark).map_or_else(String::new, |number| number.to_string());
        let (as_decimals, other) = match mark {
            Mark::Point => (Mark::Point, Mark::Comma),
            Mark::Comma => (Mark::Comma, Mark::Point),
        };
        let name = if mark == Mark::Point { "point" } else { "comma" };
        let sentence = format!(
            "{}: {} is {} if the {name} stands before the decimals, and {} if it stands between thousands",
            field.at(),
            field.content.shown(),
            reading(as_decimals),
            reading(other)
        );
        Some(Question::new(Asked::Decimal, sentence))
    }

    fn ask_letter_m(&self) -> Option<Question> {
        if self.answers.letter_m.is_some() {
            return None;
        }
        let field = self
            .fields(&FACES)
            .find(|field| unit_in(field) == Some(Unit::LetterM) && !field.content.is_empty())?;
        let sentence = format!(
            "{}: M is a thousand on some desks and a million on others, in {}",
            field.at(),
            if written_unit(field.content).is_some() {
                field.content.shown()
            } else {
                "the heading".into()
            }
        );
        Some(Question::new(Asked::LetterM, sentence))
    }

    fn ask_unit(&self) -> Option<Question> {
        if self.answers.unit.is_some() {
            return None;
        }
        let field = self.fields(&FACES).find(|field| {
            let text = number_in(field.content).filter(|_| unit_in(field).is_none());
            let is_open = |text: &String| {
                let separators = separators(text);
                self.mark.is_none() && matches!(separators, Some(Separators::Open(_)))
            };
            let text =
                text.filter(|text| !is_open(text) || !matches!(field.content, Content::Text(_)));
            let number = text.and_then(|text| number(&text, self.mark_of(field.content)));
            number.is_some_and(|number| number.is_less_than(SMALL) && !number.is_zero())
        })?;
        let sentence = format!(
            "{}: {} is little for a face, and may be counted in thousands or in millions",
            field.at(),
            field.content.shown()
        );
        Some(Question::new(Asked::Unit, sentence))
    }

    fn ask_face(&self) -> Option<Question> {
        let has: Vec<(&str, &Heading)> = [
            ("face", Column::Face),
            ("original", Column::OriginalFace),
            ("current", Column::CurrentFace),
        ]
        .into_iter()
        .filter_map(|(name, column)| Some((name, self.table.columns.get(column)?)))
        .collect();
        if self.answers.face.is_some() || has.len() < 2 {
            return None;
        }
        let names: Vec<String> =
            has.iter().map(|(_, heading)| format!("{:?}", heading.written)).collect();
        let sentence = format!(
            "{}: the columns {} each say how much; which one is offered",
            self.table.cells.row(self.table.heading),
            names.join(" and ")
        );
        let choices = has.iter().map(|(name, _)| (*name).to_owned()).collect();
        Some(Question { asked: Asked::Face, sentence, choices })
    }

    pub(super) fn ask_identifier(&self) -> Result<Option<Question>, Failure> {
        for row in &self.table.rows {
            let found = self.identifiers(row)?;
            let Some((_, _, first)) = found.first().filter(|_| found.len() > 1) else { continue };
            if self.answers.identifier.is_some() {
                continue;
            }
            let names: Vec<String> =
                found.iter().map(|(.., field)| format!("{:?}", field.heading.written)).collect();
            let sentence = format!(
                "{}: {} each name the bond; which one names the lot",
                first.at(),
                names.join(" and ")
            );
            let choices = found.iter().map(|(kind, ..)| match kind {
                Kind::Other => "other".to_owned(),
                kind => kind.name().to_owned(),
            });
            return Ok(Some(Question {
                asked: Asked::Identifier,
                sentence,
                choices: choices.collect(),
            }));
        }
        Ok(None)
    }

    fn ask_date(&self) -> Option<Question> {
        if self.order.is_some() {
            return None;
        }
        let field = self.fields(&[Column::Settle, Column::Maturity]).find(|field| {
            matches!(field.content, Content::Text(text) if order_of(text) == Some(DigitDate::Open))
        })?;
        let sentence = format!(
            "{}: {} can be read with the day first or with the month first",
            field.at(),
            field.content.shown()
        );
        Some(Question::new(Asked::Date, sentence))
    }

    /// A workbook's numbers have a point.
    fn mark_of(&self, content: &Content) -> Mark {
        match content {
            Content::Text(_) => self.mark.unwrap_or(Mark::Point),
            _ => Mark::Point,
        }
    }

    /// The identifiers of a row, each of its kind.
    pub(super) fn identifiers(
        &self,
        row: &'a RawRow,
    ) -> Result<Vec<(Kind, String, Field<'a>)>, Failure> {
        let mut found = Vec::new();
        for (column, kind) in IDENTIFIERS {
            let Some(field) = self.field(row, column) else { continue };
            let (kind, code) = identifier::read(field.content, kind)
                .map_err(|[what, help]| of_cell(&field.at(), what).with_help(help))?;
            found.push((kind, code, field));
        }
        let of = |kind: Kind| found.iter().find(|(other, ..)| *other == kind);
        if let (Some((_, cusip, _)), Some((_, isin, field))) = (of(Kind::Cusip), of(Kind::Isin))
            && inner_cusip(isin).is_some_and(|inner| inner != cusip)
        {
            return Err(field.fault(format!("is not the ISIN of the CUSIP {cusip}")));
        }
        Ok(found)
    }

    /// What names the lot of a row, and where it stands.
    pub(super) fn identifier(
        &self,
        row: &'a RawRow,
    ) -> Result<Option<(Kind, String, Field<'a>)>, Failure> {
        let found = self.identifiers(row)?;
        let chosen = found.iter().find(|(kind, ..)| Some(*kind) == self.answers.identifier);
        Ok(chosen.or_else(|| found.first()).cloned())
    }

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
            let talk = match field.content {
                Content::Text(text) => Talk::read(&self.with_point(field, text)?, quote),
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

    /// A price in a spelling that scales read. Which scale that is, others say.
    pub(super) fn price(&self, field: Field<'_>) -> Result<String, Failure> {
        match field.content {
            Content::Text(text) => self.with_point(field, spelled(text).trim_start_matches('$')),
            Content::Number(number) => Ok(number.clone()),
            Content::Date(_) => Err(made_a_date(field)),
            _ => Err(field.fault("is no price").with_help("write one as in 99.50 or 99-16+")),
        }
    }

    /// A level with a point before its decimals and nothing between its thousands.
    fn with_point(&self, field: Field<'_>, text: &str) -> Result<String, Failure> {
        let ends = text.find(|c: char| !c.is_ascii_digit() && !".,'\u{2019}".contains(c));
        let (written, rest) =
            text.split_at_checked(ends.unwrap_or(text.len())).unwrap_or((text, ""));
        let is_of_scale = !written.contains(',') && self.mark != Some(Mark::Comma);
        if is_of_scale || !written.contains(['.', ',']) {
            return Ok(text.to_owned());
        }
        let number = number(written, self.mark.unwrap_or(Mark::Point)).ok_or_else(|| {
            field
                .fault("is no number as the rest of the list writes them")
                .with_help("write the decimals of every number after the same mark")
        })?;
        Ok(format!("{number}{rest}"))
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

/// Whether two names of money can be of one currency.
fn is_same_money(one: &str, other: &str) -> bool {
    let is_sign_of = |sign: &str, code: &str| match sign {
        "$" => ["USD", "CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "MXN"].contains(&code),
        "¥" => ["JPY", "CNY", "CNH"].contains(&code),
        _ => false,
    };
    one == other || is_sign_of(one, other) || is_sign_of(other, one)
}

/// A price that a spreadsheet took for a month and a year.
fn made_a_date(field: Field<'_>) -> Failure {
    field
        .fault("stands where a price should: a spreadsheet takes 99-10 for a month and a year")
        .with_help("format the column as text and write the price again")
}

/// The unit behind an amount.
fn written_unit(content: &Content) -> Option<Unit> {
    match content {
        Content::Text(text) => WrittenAmount::read(text)?.unit,
        _ => None,
    }
}

/// The unit of an amount, of its own or of its heading.
fn unit_in(field: &Field<'_>) -> Option<Unit> {
    written_unit(field.content).or(field.heading.unit)
}

/// The number in a cell of text, whose separators may say something.
fn written_in(content: &Content) -> Option<String> {
    match content {
        Content::Text(_) => number_in(content),
        _ => None,
    }
}

/// The number in a cell, with its separators and without what stands around it.
fn number_in(content: &Content) -> Option<String> {
    match content {
        Content::Text(text) => {
            let bare = text.trim_end_matches('%').trim();
            WrittenAmount::read(bare).map(|amount| amount.number)
        }
        Content::Number(number) => Some(number.clone()),
        _ => None,
    }
}
