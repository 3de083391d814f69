//! How a list is written, found out from all of its cells, and what that leaves open.

use super::{
    cells::{Cells, Content, RawRow, of_cell},
    headings::{Column, Heading, Unit},
    identifier::{self, Kind},
    questions::{Answers, Asked, Question},
    source::Table,
    values::{
        DateOrder, DigitDate, Mark, Separators, WrittenAmount, is_date, number, order_of,
        separators, spelled,
    },
};
use talea_text::failure::Failure;

/// Amounts without a unit below this may be in thousands or in millions: nobody offers 500 dollars of a bond, and
/// some sell 500 tons of coal.
const SMALL: u64 = 1_000;

/// What is needed to read the lines of a list.
pub(super) struct Reader<'a> {
    pub(super) table: &'a Table,
    pub(super) answers: &'a Answers,
    mark: Option<Mark>,
    pub(super) order: Option<DateOrder>,
}

/// A cell under a heading.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) heading: &'a Heading,
    pub(super) content: &'a Content,
    row: &'a RawRow,
    cells: &'a Cells,
}

impl<'a> Field<'a> {
    fn of(table: &'a Table, heading: &'a Heading, row: &'a RawRow) -> Self {
        Self { heading, content: row.cell(heading.index), row, cells: &table.cells }
    }

    pub(super) fn at(&self) -> String {
        self.cells.place(self.row.number, self.heading.index, &self.heading.written)
    }

    pub(super) fn fault(&self, what: impl std::fmt::Display) -> Failure {
        of_cell(&self.at(), format!("{} {what}", self.content.shown()))
    }
}

/// Columns of amounts.
pub(super) const FACES: [Column; 3] = [Column::Face, Column::OriginalFace, Column::CurrentFace];
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

    pub(super) fn fields(&self, columns: &'a [Column]) -> impl Iterator<Item = Field<'a>> {
        let table = self.table;
        let headings = columns.iter().filter_map(|column| table.columns.get(*column));
        let headings: Vec<&Heading> = headings.collect();
        table.rows.iter().flat_map(move |row| {
            headings.clone().into_iter().map(move |heading| Field::of(table, heading, row))
        })
    }

    /// What stands in a row under a heading, if there is one and something stands there.
    pub(super) fn field(&self, row: &'a RawRow, column: Column) -> Option<Field<'a>> {
        let heading = self.table.columns.get(column)?;
        let field = Field::of(self.table, heading, row);
        (!field.content.is_empty()).then_some(field)
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
    pub(super) fn questions(&self) -> Result<Vec<Question>, Failure> {
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
    pub(super) fn mark_of(&self, content: &Content) -> Mark {
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
        let mut found: Vec<(Kind, String, Field<'a>)> = Vec::new();
        for (column, kind) in IDENTIFIERS {
            let Some(field) = self.field(row, column) else { continue };
            let (kind, code) = identifier::read(field.content, kind)
                .map_err(|[what, help]| of_cell(&field.at(), what).with_help(help))?;
            match found.iter().find(|(other, ..)| *other == kind) {
                Some((_, same, _)) if *same == code => continue,
                Some((_, other, before)) => {
                    let what =
                        format!("is another {} than {other:?} in {}", kind.written(), before.at());
                    return Err(field.fault(what).with_help("keep the one that is right"));
                }
                None => found.push((kind, code, field)),
            }
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

    /// A price in a spelling that scales read. Which scale that is, others say.
    pub(super) fn price(&self, field: Field<'_>) -> Result<String, Failure> {
        match field.content {
            Content::Text(text) if is_date(text) => Err(made_a_date(field)),
            Content::Text(text) => self.with_point(field, spelled(text).trim_start_matches('$')),
            Content::Number(number) => Ok(number.clone()),
            Content::Date(_) => Err(made_a_date(field)),
            _ => Err(field.fault("is no price").with_help("write one as in 99.50 or 99-16+")),
        }
    }

    /// A level with a point before its decimals and nothing between its thousands.
    pub(super) fn with_point(&self, field: Field<'_>, text: &str) -> Result<String, Failure> {
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
}

/// The CUSIP in an ISIN of the United States or Canada.
pub(super) fn inner_cusip(isin: &str) -> Option<&str> {
    let is_american = isin.starts_with("US") || isin.starts_with("CA");
    isin.get(2..11).filter(|_| is_american)
}

/// A price that a spreadsheet took for a month and a year.
pub(super) fn made_a_date(field: Field<'_>) -> Failure {
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
