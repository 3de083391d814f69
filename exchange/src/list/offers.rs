//! A bidder's own list of prices.

use super::{
    cells::{Content, RawRow, of_cell, of_file},
    chat::For,
    headings::Column,
    questions::{Answers, Question, Stop},
    reader::Reader,
    source,
    understood::require_few,
    values::spread,
};
use talea_text::failure::Failure;

/// A bidder's price for a lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What names the lot: an identifier, a number or a name; and where that stands.
    pub lot: (String, String),
    /// Its price, and where that stands. Nothing if the bidder passes.
    pub price: Option<(String, String)>,
}

/// A bidder's own list.
#[derive(Clone, Debug)]
pub struct Offers {
    /// The headings of columns that are not read.
    pub ignored: Vec<String>,
    /// Lines and rows that are about no lot.
    pub not_read: Vec<String>,
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
    let price = [Column::Price, Column::Yield, Column::Spread]
        .into_iter()
        .find(|column| table.columns.get(*column).is_some())
        .ok_or_else(|| {
            of_file(file, "no column says which price is bid").with_help("name one Price or Bid")
        })?;
    let lines: Result<Vec<Offer>, Failure> =
        table.rows.iter().map(|row| reader.offer(row, price)).collect();
    Ok(Offers {
        ignored: table.columns.ignored.clone(),
        not_read: table.not_read.clone(),
        lines: lines?,
    })
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

    fn bid(&self, row: &'a RawRow, column: Column) -> Result<Option<(String, String)>, Failure> {
        let Some(field) = self.field(row, column) else { return Ok(None) };
        if let Content::Text(text) = field.content
            && ["pass", "passed", "np", "no bid"].contains(&text.to_lowercase().as_str())
        {
            return Ok(None);
        }
        let text = match field.content {
            Content::Text(text) if spread(text).is_some() || text.ends_with('%') => {
                return Err(field
                    .fault("is a spread or a yield, and prices of the lot are written as numbers")
                    .with_help(
                        "write the number alone, as `talea terms show` says how prices are written",
                    ));
            }
            _ => self.price(field)?,
        };
        Ok(Some((text.trim().to_owned(), field.at())))
    }
}
