//! A bidder's own list of prices.

use super::{
    cells::{Content, RawRow, of_cell, of_file},
    chat::For,
    headings::Column,
    money::{Priced, Said},
    questions::{Answers, Question, Stop},
    reader::Reader,
    source::{self, Table},
    understood::{quote_of, require_few},
    values::{Quote, Talk, spelled, spread},
};
use talea_protocol::terms::Money;
use talea_text::{failure::Failure, shown::quoted, terms::quotation_name};

/// A bidder's price for a lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What names the lot: an identifier, a number or a name; and where that stands.
    pub lot: (String, String),
    /// Its price. Nothing if the bidder passes.
    pub price: Option<OwnPrice>,
}

/// A price as a bidder writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPrice {
    /// As it stands there.
    pub written: String,
    /// The number alone, in a spelling that scales read.
    pub number: String,
    /// What it says it is: a yield by `%`, a spread by `+` or `bp`, or as the heading over it says.
    pub quote: Option<Quote>,
    /// Where it stands.
    pub at: String,
}

impl OwnPrice {
    /// The number, where the price is of the kind that terms with this money have.
    ///
    /// # Errors
    /// `list.cell` if it says that it is of another, or the terms do not say that prices are of its kind.
    pub fn under(&self, money: Option<Money>) -> Result<&str, Failure> {
        let of_terms = money.map(|money| money.quotation);
        let is_alike = match (self.quote, of_terms) {
            (None, _) | (Some(Quote::Price), None) => true,
            (Some(quote), None) => is_by_heading(quote, &self.written),
            (Some(quote), Some(quotation)) => Priced::Like(quote).agrees_with(quotation),
        };
        if is_alike {
            return Ok(&self.number);
        }
        let what = match self.quote {
            Some(Quote::Yield) => "a yield",
            Some(Quote::Spread) => "a spread",
            Some(Quote::Price) | None => "a price",
        };
        let said = match of_terms {
            Some(quotation) => format!("the terms say {} of prices", quotation_name(quotation)),
            None => "the terms do not say what prices are".to_owned(),
        };
        Err(of_cell(&self.at, format!("{} is {what}, and {said}", quoted(&self.written, 60)))
            .with_help("`talea terms show` says what prices are and how they are written"))
    }
}

/// Whether a number does not say itself what it is.
fn is_by_heading(quote: Quote, written: &str) -> bool {
    Talk::read(written, None).quote != Some(quote)
}

/// A bidder's own list.
#[derive(Clone, Debug)]
pub struct Offers {
    /// The headings of columns that are not read.
    pub ignored: Vec<String>,
    /// Lines and rows that are about no lot.
    pub not_read: Vec<String>,
    /// What it says of its currency and of what its prices are.
    pub said: Said,
    /// Its lines.
    pub lines: Vec<Offer>,
}

/// Reads the bytes of a bidder's list of prices.
///
/// # Errors
/// What is wrong with it, or what it leaves open.
pub fn offers(file: &str, bytes: &[u8], answers: &Answers) -> Result<Offers, Stop> {
    let table = source::read(file, bytes, For::Bids, answers)?;
    let reader = Reader::new(&table, answers)?;
    require_few(&table)?;
    let questions: Vec<Question> =
        [reader.ask_decimal(), reader.ask_identifier()?].into_iter().flatten().collect();
    if !questions.is_empty() {
        return Err(Stop::Questions(questions));
    }
    let price = price_column(file, &table)?;
    let lines: Result<Vec<Offer>, Failure> =
        table.rows.iter().map(|row| reader.offer(row, price)).collect();
    Ok(Offers {
        ignored: table.columns.ignored.clone(),
        not_read: table.not_read.clone(),
        said: reader.said_of_bids()?,
        lines: lines?,
    })
}

/// The column of the prices that are bid: one, since which of two is bid is nobody's to guess.
fn price_column(file: &str, table: &Table) -> Result<Column, Failure> {
    let columns = [Column::Price, Column::Yield, Column::Spread];
    let mut found = columns.into_iter().filter_map(|column| table.columns.get(column));
    let first = found.next().ok_or_else(|| {
        of_file(file, "no column says which price is bid").with_help("name one Price or Bid")
    })?;
    match found.next() {
        None => Ok(first.column),
        Some(second) => {
            let at = table.cells.place(table.heading, second.index, &second.written);
            let [one, two] = [first, second].map(|heading| quoted(&heading.written, 40));
            Err(of_cell(&at, format!("{one} and {two} may both be what is bid"))
                .with_help("leave one of the columns"))
        }
    }
}

impl<'a> Reader<'a> {
    fn offer(&self, row: &'a RawRow, price: Column) -> Result<Offer, Failure> {
        Ok(Offer { lot: self.lot(row)?, price: self.bid(row, price)? })
    }

    /// What names a lot of an auction.
    fn lot(&self, row: &'a RawRow) -> Result<(String, String), Failure> {
        if let Some((_, code, field)) = self.identifier(row)? {
            return Ok((code, field.at()));
        }
        let field =
            [Column::Lot, Column::Name].into_iter().find_map(|column| self.field(row, column));
        let Some(field) = field else {
            return Err(of_cell(&self.table.cells.row(row.number), "it names no lot")
                .with_help("write a lot's identifier, its number or its name"));
        };
        match field.content {
            Content::Text(text) | Content::Number(text) => Ok((text.clone(), field.at())),
            _ => Err(field.fault("names no lot")),
        }
    }

    fn bid(&self, row: &'a RawRow, column: Column) -> Result<Option<OwnPrice>, Failure> {
        let Some(field) = self.field(row, column) else { return Ok(None) };
        if let Content::Text(text) = field.content
            && ["pass", "passed", "np", "no bid"].contains(&text.to_lowercase().as_str())
        {
            return Ok(None);
        }
        let written = field.content.words();
        let heading = quote_of(field.heading);
        let of_its_own = match field.content {
            Content::Text(text) if spread(&spelled(text)).is_some() || text.ends_with('%') => {
                self.level(field)?
            }
            Content::Percent(number) => Talk::of_number(number, true, heading),
            _ => {
                let number = self.price(field)?.trim().to_owned();
                return Ok(Some(OwnPrice { written, number, quote: heading, at: field.at() }));
            }
        };
        if names_benchmark(&written) {
            return Err(field
                .fault("names a benchmark, and terms name none")
                .with_help("write it as in +125 or 125bp"));
        }
        let Talk { value, quote, .. } = of_its_own;
        let number = value.ok_or_else(|| {
            field
                .fault("is no price, yield or spread")
                .with_help("write the number alone, or as in 4.35%, +125 or 125bp")
        })?;
        Ok(Some(OwnPrice { written, number, quote, at: field.at() }))
    }
}

/// Whether a spread says over what, as `T+125` does. Terms do not, so nobody could compare.
fn names_benchmark(text: &str) -> bool {
    text.split_once('+').is_some_and(|(before, _)| !before.trim().is_empty())
}
