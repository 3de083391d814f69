//! The line items of a file of terms, and of the CSV list beside it.

use super::{
    field,
    file::LotFile,
    identifier::{is_cusip, is_isin},
};
use crate::{
    failure::{Code, Failure},
    file::{GridFile, PriceText, SideFile},
    lists::{self, List},
    rows::at_column,
};
use talea_protocol::bytes::Text;

/// The column that a list of lots must have.
pub(super) const NEEDED: [&str; 1] = ["name"];

/// The columns that it may have.
pub(super) const OPTIONAL: [&str; 10] =
    ["identifier", "cusip", "isin", "side", "scale", "start", "tick", "end", "levels", "quantity"];

/// Where a line item stands.
pub(super) enum Place {
    /// Among `[[lots]]` of the file of terms, counted from 0.
    Item(usize),
    /// In a CSV list.
    Row {
        /// What it is called.
        list: String,
        /// The number of the line.
        line: u64,
    },
}

impl Place {
    /// Of the whole item.
    pub(super) fn whole(&self) -> String {
        match self {
            Self::Item(index) => format!("lots[{index}]"),
            Self::Row { list, line } => format!("{list} line {line}"),
        }
    }

    /// Of one of its fields.
    pub(super) fn field(&self, field: &str) -> String {
        match self {
            Self::Item(_) => format!("{}.{field}", self.whole()),
            Self::Row { list, line } => at_column(list, *line, field),
        }
    }
}

/// A line item and where it stands.
pub struct Item {
    pub(super) place: Place,
    pub(super) lot: LotFile,
}

impl Item {
    /// What people call the lot.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.lot.name
    }

    /// Its own part of its grid.
    #[must_use]
    pub fn grid(&self) -> GridFile {
        self.lot.grid()
    }

    /// What everybody knows the lot by; `lot 3` and so on if it says nothing.
    ///
    /// # Errors
    /// `terms.field` if a check digit is wrong, or it says several.
    pub fn identifier(&self, index: usize) -> Result<String, Failure> {
        let LotFile { identifier, cusip, isin, .. } = &self.lot;
        match (identifier, cusip, isin) {
            (None, None, None) => Ok(format!("lot {index}")),
            (Some(any), None, None) => Ok(any.clone()),
            (None, Some(cusip), None) => self.checked("cusip", cusip, is_cusip),
            (None, None, Some(isin)) => self.checked("isin", isin, is_isin),
            _ => {
                let at = self.place.whole();
                let sentence = format!(
                    "{at}: expected one of identifier, cusip and isin, found more \
                     than one"
                );
                Err(Failure::new(Code::TermsField, sentence).with_help("remove all but one"))
            }
        }
    }

    /// Where that is.
    pub(super) fn at_identifier(&self) -> String {
        let LotFile { identifier, cusip, isin, .. } = &self.lot;
        let said = [("identifier", identifier), ("cusip", cusip), ("isin", isin)];
        let said = said.into_iter().find(|(_, text)| text.is_some());
        said.map_or_else(|| self.place.whole(), |(field, _)| self.place.field(field))
    }

    fn checked(&self, name: &str, text: &str, holds: fn(&str) -> bool) -> Result<String, Failure> {
        if holds(text) {
            return Ok(text.to_owned());
        }
        let capitals = text.to_ascii_uppercase();
        Err(if holds(&capitals) {
            field(&self.place.field(name), format!("{text:?} must be in capitals"))
                .with_help(format!("write {capitals}"))
        } else {
            field(&self.place.field(name), format!("the check digit of {text:?} is wrong"))
                .with_help(
                    "copy it again, as text; if it has no check digit, use the field identifier",
                )
        })
    }
}

/// Whether a grid says a field itself.
pub(super) fn says(grid: &GridFile, field: &str) -> bool {
    let GridFile { side, scale, start, tick, end, levels, shape, quantity } = grid;
    match field {
        "side" => side.is_some(),
        "scale" => scale.is_some(),
        "start" => start.is_some(),
        "tick" => tick.is_some(),
        "end" => end.is_some(),
        "levels" => levels.is_some(),
        "shape" => shape.is_some(),
        "quantity" => quantity.is_some(),
        _ => false,
    }
}

/// Reads the bytes of a CSV list of lots called `name`.
///
/// # Errors
/// `terms.field`, naming the line, the column and what stands there.
pub fn read_lots_list(name: &str, bytes: &[u8]) -> Result<Vec<Item>, Failure> {
    let list = List::read(name, bytes, &NEEDED, &OPTIONAL, Code::TermsField)?;
    let items = list.lines().map(|line| {
        let place = Place::Row { list: list.name.clone(), line: line.number() };
        Ok(Item { place, lot: read_row(line)? })
    });
    items.collect()
}

fn read_row(line: lists::ListRow<'_>) -> Result<LotFile, Failure> {
    let text = |column| line.get(column).map(str::to_owned);
    let price = |column| text(column).map(PriceText);
    let side = match line.get("side") {
        None => None,
        Some(side) if side.eq_ignore_ascii_case("sale") => Some(SideFile::Sale),
        Some(side) if side.eq_ignore_ascii_case("procurement") => Some(SideFile::Procurement),
        Some(_) => {
            return Err(line.fault("side", "is not a side").with_help("write sale or procurement"));
        }
    };
    let name = line.need("name", "write the name of the lot")?.to_owned();
    for column in ["name", "identifier"] {
        if let Some(Err(fault)) = line.get(column).map(<Text>::new) {
            return Err(line.fault(column, "is not allowed there").with_help(fault.to_string()));
        }
    }
    let quantity = line.number_in("quantity")?;
    if quantity == Some(0) {
        return Err(line.fault("quantity", "is not a quantity").with_help("write 1 or more"));
    }
    Ok(LotFile {
        name,
        identifier: text("identifier"),
        cusip: text("cusip"),
        isin: text("isin"),
        side,
        scale: text("scale"),
        start: price("start"),
        tick: price("tick"),
        end: price("end"),
        levels: line.number_in("levels")?,
        shape: None,
        quantity,
    })
}
