//! CSV files that people hand in, lists of lots and of bids: one reader, and one kind of complaint, with the
//! file, the line, the column and what stands there.

use crate::{
    failure::{Code, Failure},
    rows::{CsvCodes, Row, Table, at_column},
    spreadsheet::plain,
};
use talea_protocol::limits::MAX_LOTS;

/// A list, row by row.
pub struct List {
    /// What it is called.
    pub name: String,
    columns: Vec<&'static str>,
    code: Code,
    rows: Vec<Row>,
}

/// A row of a list.
#[derive(Clone, Copy)]
pub struct ListRow<'a> {
    list: &'a List,
    row: &'a Row,
}

impl List {
    /// Reads the bytes of a list called `name` that has the needed columns and any of the optional ones.
    ///
    /// # Errors
    /// With `code`, naming the line, the column and what is there.
    pub fn read(
        name: &str,
        bytes: &[u8],
        needed: &[&'static str],
        optional: &[&'static str],
        code: Code,
    ) -> Result<Self, Failure> {
        let codes = CsvCodes { columns: code, row: code };
        let rows = Table { name, needed, optional, codes, most: MAX_LOTS }.rows(bytes)?;
        let columns = needed.iter().chain(optional).copied().collect();
        Ok(Self { name: name.to_owned(), columns, code, rows })
    }

    /// Its rows, but for the heading.
    pub fn lines(&self) -> impl Iterator<Item = ListRow<'_>> {
        self.rows.iter().map(|row| ListRow { list: self, row })
    }
}

impl ListRow<'_> {
    /// The number of its line, from 1.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.row.line
    }

    /// What is in a column, if anything is. What marks it as text for a spreadsheet is no part of it.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&str> {
        let place = self.list.columns.iter().position(|title| *title == column)?;
        Some(plain(self.row.field(place))).filter(|text| !text.is_empty())
    }

    /// What is in a column that must not be empty.
    ///
    /// # Errors
    /// The list's code if nothing does; `what` says what to do.
    pub fn need(&self, column: &str, what: &str) -> Result<&str, Failure> {
        self.get(column).ok_or_else(|| self.fault(column, "is empty").with_help(what))
    }

    /// A complaint of a column.
    #[must_use]
    pub fn fault(&self, column: &str, what: &str) -> Failure {
        let at = at_column(&self.list.name, self.row.line, column);
        let shown = self.get(column).map_or(String::new(), |text| format!("{text:?} "));
        Failure::new(self.list.code, format!("{at}: {shown}{what}"))
    }

    /// A whole number, in digits alone.
    ///
    /// # Errors
    /// The list's code if it is none, or too large.
    pub fn number_in<N: std::str::FromStr>(&self, column: &str) -> Result<Option<N>, Failure> {
        let Some(text) = self.get(column) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            let apart = |c: char| matches!(c, ',' | '\'' | '_' | '\u{2019}') || c.is_whitespace();
            let digits = text.replace(apart, "");
            let help = match digits.parse::<N>() {
                Ok(_) => format!("write {digits}"),
                Err(_) => "write digits only, as in 25000000".into(),
            };
            self.fault(column, "is not a whole number in range").with_help(help)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is complained of a list of lots, or of bids: the sentence and what to do.
    fn complaint(bytes: &[u8], needed: &[&'static str], optional: &[&'static str]) -> String {
        let list = List::read("list.csv", bytes, needed, optional, Code::TermsField);
        let failure = list
            .and_then(|list| {
                let number = |line: ListRow<'_>| line.number_in::<u64>("quantity").map(|_| ());
                list.lines().try_for_each(number)
            })
            .unwrap_err();
        assert_eq!(failure.code, Code::TermsField);
        format!("{}; {}", failure.sentence, failure.help.unwrap())
    }

    #[test]
    fn numbers_with_separators_are_named_with_the_number_to_write() {
        for text in ["name,quantity\nA,1\nB,25,000,000\n", "quantity,name\n1,A\n\"25,000,000\",B\n"]
        {
            let said = complaint(text.as_bytes(), &["name"], &["quantity"]);
            for word in ["list.csv line 3, column quantity", "\"25,000,000\"", "write 25000000"] {
                assert!(said.contains(word), "{word}: {said}");
            }
        }
        let said = complaint(b"name,quantity\nA,25MM\n", &["name"], &["quantity"]);
        assert!(said.contains("column quantity: \"25MM\"") && said.contains("digits"), "{said}");
    }
}
