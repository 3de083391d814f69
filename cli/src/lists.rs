//! CSV files that people hand in, lists of lots and of bids: one reader, and one kind of complaint, with the
//! file, the line, the column and what stands there.

use crate::{
    failure::{Code, Failure},
    files,
};
use std::path::Path;
use talea_protocol::limits::MAX_LOTS;
use talea_sim::{
    failure::Code as CsvCode,
    input::{CsvCodes, Row, Table, at_column},
};

/// The largest list, in bytes.
const MAX_LIST: u64 = 4 << 20;

/// A list, row by row.
pub(crate) struct List {
    /// What it is called.
    pub(crate) name: String,
    columns: Vec<&'static str>,
    code: Code,
    rows: Vec<Row>,
}

/// A row of a list.
#[derive(Clone, Copy)]
pub(crate) struct ListRow<'a> {
    list: &'a List,
    row: &'a Row,
}

impl List {
    /// Reads a list that has the needed columns and any of the optional ones. Complaints bear `code`.
    pub(crate) fn read(
        path: &Path,
        needed: &[&'static str],
        optional: &[&'static str],
        code: Code,
    ) -> Result<Self, Failure> {
        let bytes = files::read(path, MAX_LIST)?;
        let name = path.display().to_string();
        let codes = CsvCodes { columns: CsvCode::BidsColumns, row: CsvCode::BidsRow };
        let table = Table { name: &name, needed, optional, codes, most: MAX_LOTS };
        let rows = table.rows(&bytes).map_err(|fault| Failure {
            code,
            sentence: fault.sentence,
            help: fault.help,
        })?;
        let columns = needed.iter().chain(optional).copied().collect();
        Ok(Self { name, columns, code, rows })
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = ListRow<'_>> {
        self.rows.iter().map(|row| ListRow { list: self, row })
    }
}

impl ListRow<'_> {
    /// The number of its line, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.row.line
    }

    /// What stands in a column, if anything does.
    pub(crate) fn get(&self, column: &str) -> Option<&str> {
        let place = self.list.columns.iter().position(|title| *title == column)?;
        Some(self.row.field(place)).filter(|text| !text.is_empty())
    }

    /// What stands in a column in which something must.
    pub(crate) fn need(&self, column: &str, what: &str) -> Result<&str, Failure> {
        self.get(column).ok_or_else(|| self.fault(column, "is empty").with_help(what))
    }

    /// A complaint of a column.
    pub(crate) fn fault(&self, column: &str, what: &str) -> Failure {
        let at = at_column(&self.list.name, self.row.line, column);
        let shown = self.get(column).map_or(String::new(), |text| format!("{text:?} "));
        Failure::new(self.list.code, format!("{at}: {shown}{what}"))
    }

    /// A whole number, in digits alone.
    pub(crate) fn number_in<N: std::str::FromStr>(
        &self,
        column: &str,
    ) -> Result<Option<N>, Failure> {
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
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        std::fs::write(&path, bytes).unwrap();
        let list = List::read(&path, needed, optional, Code::TermsField);
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
