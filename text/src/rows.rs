//! CSV files from outside, row by row and named by line.

use crate::failure::{Code, Failure};

/// The codes under which a CSV file fails.
#[derive(Clone, Copy, Debug)]
pub struct CsvCodes {
    /// Its columns are others.
    pub columns: Code,
    /// A row makes no sense.
    pub row: Code,
}

/// A row of a CSV file.
#[derive(Clone, Debug)]
pub struct Row {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Its fields in the order of the columns asked for; an optional column that the file lacks
    /// is empty.
    pub fields: Vec<String>,
}

impl Row {
    /// The field of a column, by its place among the columns asked for.
    #[must_use]
    pub fn field(&self, column: usize) -> &str {
        self.fields.get(column).map_or("", String::as_str)
    }
}

/// Where something stands in a CSV file, to begin a sentence with.
#[must_use]
pub fn at_column(name: &str, line: u64, column: &str) -> String {
    format!("{name} line {line}, column {column}")
}

/// What a CSV file is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    /// What the file is called.
    pub name: &'a str,
    /// Columns that it must have.
    pub needed: &'a [&'a str],
    /// Columns that it may have.
    pub optional: &'a [&'a str],
    /// How it fails.
    pub codes: CsvCodes,
    /// Rows that it has at most.
    pub most: usize,
}

/// The longest field, in bytes.
pub const MAX_FIELD: usize = 1 << 10;

/// What to do about bytes that are no UTF-8.
pub const IN_UTF8: &str = "save the list as \"CSV UTF-8\", as spreadsheets call it";

impl Table<'_> {
    /// Reads a CSV file with a heading that names every needed column and any of the optional ones, in
    /// whatever order and in capitals or not, and no other. Blanks around fields are dropped, and so are
    /// blank lines, and blank fields beyond the columns, as spreadsheets leave them.
    ///
    /// # Errors
    /// One sentence with the line, and the column and what is there, if it is about one.
    pub fn rows(&self, bytes: &[u8]) -> Result<Vec<Row>, Failure> {
        let Self { name, codes, .. } = self;
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            let sentence = format!("{name}: it is UTF-16 text");
            return Err(Failure::new(codes.columns, sentence).with_help(IN_UTF8));
        }
        let mut lines = Lines::new(bytes);
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(bytes);
        let at_line = |line: u64, what: String| {
            Failure::new(codes.row, format!("{name} line {line}: {what}"))
        };
        let heading = reader.byte_headers().map_err(|error| at_line(1, error.to_string()))?.clone();
        let heading = self.heading(lines.of(heading.position()), &heading)?;
        let mut rows = Vec::new();
        for record in reader.into_byte_records() {
            let record = record.map_err(|error| {
                let line = lines.of(error.position());
                at_line(line, error.to_string())
            })?;
            if record.iter().all(<[u8]>::is_empty) {
                continue;
            }
            let line = lines.of(record.position());
            if rows.len() == self.most {
                return Err(at_line(line, format!("there are more than {} rows", self.most)));
            }
            rows.push(Row { line, fields: self.fields(line, &heading, &record)? });
        }
        Ok(rows)
    }

    fn columns(&self) -> impl Iterator<Item = &str> {
        self.needed.iter().chain(self.optional).copied()
    }

    fn expected(&self) -> String {
        let mut text = format!("its first line names the columns {}", self.needed.join(","));
        if !self.optional.is_empty() {
            text.push_str(&format!(", and if wanted {}", self.optional.join(",")));
        }
        text + ", with commas between"
    }

    /// The titles of a file's columns, each as it was asked for; empty where there is nothing.
    fn heading(&self, line: u64, record: &csv::ByteRecord) -> Result<Vec<&str>, Failure> {
        let fail = |what: String| {
            let sentence = format!("{} line {line}: {what}", self.name);
            Err(Failure::new(self.codes.columns, sentence).with_help(self.expected()))
        };
        let mut titles: Vec<&str> = Vec::new();
        for field in record {
            let Ok(written) = std::str::from_utf8(field) else {
                return fail(format!("the column {:?} is unknown", lossy(field)));
            };
            let known = self.columns().find(|column| column.eq_ignore_ascii_case(written));
            match known {
                None if written.is_empty() => titles.push(""),
                None => {
                    let shown = lossy(field);
                    let between = [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")];
                    let found = between.into_iter().find(|(mark, _)| written.contains(*mark));
                    let what = found.map_or_else(
                        || format!("the column {shown:?} is unknown"),
                        |(_, marks)| format!("{marks} separate the columns in {shown:?}"),
                    );
                    return fail(what);
                }
                Some(title) if titles.contains(&title) => {
                    return fail(format!("the column {title:?} occurs twice"));
                }
                Some(title) => titles.push(title),
            }
        }
        match self.needed.iter().find(|column| !titles.contains(column)) {
            Some(column) => fail(format!("the column {column:?} is missing")),
            None => Ok(titles),
        }
    }

    /// The fields of a row in the order of the columns asked for.
    fn fields(
        &self,
        line: u64,
        heading: &[&str],
        record: &csv::ByteRecord,
    ) -> Result<Vec<String>, Failure> {
        let fail = |what: String, help: String| {
            Err(Failure::new(self.codes.row, format!("{} line {line}{what}", self.name))
                .with_help(help))
        };
        let mut fields = Vec::new();
        for (title, field) in heading.iter().zip(record) {
            let shown = lossy(field);
            let of_column = |what: &str| format!(", column {title}: {shown:?} {what}");
            let Ok(text) = std::str::from_utf8(field) else {
                return fail(of_column("is not UTF-8 text"), IN_UTF8.into());
            };
            if text.len() > MAX_FIELD {
                let help = format!("a field has at most {MAX_FIELD} bytes");
                return fail(of_column("goes on, and is too long"), help);
            }
            if text.contains(['\n', '\r']) {
                let help = "close a quoted field with a quote on the same line";
                return fail(of_column("goes over more than one line"), help.into());
            }
            fields.push(text);
        }
        let stray = heading
            .iter()
            .map(|title| !title.is_empty())
            .chain(std::iter::repeat(false))
            .zip(record)
            .any(|(has_title, field)| !has_title && !field.is_empty());
        let named = heading.iter().filter(|title| !title.is_empty()).count();
        if stray {
            return match split_number(heading, record) {
                Some((title, number)) => fail(
                    format!(
                        ", column {title}: the commas of {number:?} separate columns that the \
                         heading does not have"
                    ),
                    format!("write {}", number.replace(',', "")),
                ),
                None => fail(
                    format!(
                        ": it has {} fields where the heading names {named} columns, the first \
                         too many being {:?}",
                        record.len(),
                        lossy(record.iter().nth(heading.len()).unwrap_or_default())
                    ),
                    "put a field with a comma in it between quotes".into(),
                ),
            };
        }
        let beyond = heading.iter().skip(fields.len());
        if let Some(missing) = beyond.into_iter().find(|title| !title.is_empty()) {
            return fail(
                format!(
                    ", column {missing}: the line ends before it, with {:?}; it has {} fields where \
                     the heading names {named} columns",
                    fields.last().unwrap_or(&""),
                    fields.len()
                ),
                "leave a field empty, between its commas, and not out".into(),
            );
        }
        let place = |column: &str| heading.iter().position(|title| *title == column);
        let field = |column| place(column).and_then(|at| fields.get(at).copied());
        Ok(self.columns().map(|column| field(column).unwrap_or_default().to_owned()).collect())
    }
}

/// The beginning of a field that may be no text.
fn lossy(field: &[u8]) -> String {
    String::from_utf8_lossy(field).chars().take(80).collect()
}

/// The column and the number whose separators made too many fields of a row: one to three digits, and then
/// as many groups of three as there are fields too many.
fn split_number<'a>(heading: &[&'a str], record: &csv::ByteRecord) -> Option<(&'a str, String)> {
    let extra = record.len().checked_sub(heading.len()).filter(|extra| *extra > 0)?;
    let fields: Vec<&[u8]> = record.iter().collect();
    let is_number = |field: &[u8]| field.iter().all(u8::is_ascii_digit);
    let starts = fields.windows(extra.saturating_add(1)).position(|run| match run {
        [first, groups @ ..] => {
            (1..=3).contains(&first.len())
                && is_number(first)
                && groups.iter().all(|group| group.len() == 3 && is_number(group))
        }
        [] => false,
    })?;
    let run = fields.get(starts..=starts.saturating_add(extra))?;
    let parts: Vec<String> = run.iter().map(|field| lossy(field)).collect();
    Some((heading.get(starts)?, parts.join(",")))
}

/// Counts lines as an editor does. The csv crate's own count is of records' beginnings before
/// their line breaks, which is one less after `\r\n` and after blank lines.
pub struct Lines<'a> {
    bytes: &'a [u8],
    counted: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    /// Of a file's bytes, from the first line on.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, counted: 0, line: 1 }
    }

    /// The line on which the record at `position` begins. Positions must not go back.
    pub fn of(&mut self, position: Option<&csv::Position>) -> u64 {
        let start = position.and_then(|position| usize::try_from(position.byte()).ok());
        let rest = start.and_then(|start| self.bytes.get(start..)).unwrap_or_default();
        let breaks = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let start = start.unwrap_or(self.counted).saturating_add(breaks);
        let passed = self.bytes.get(self.counted..start).unwrap_or_default();
        let passed = passed.iter().filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX));
        self.counted = start;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODES: CsvCodes = CsvCodes { columns: Code::BidsColumns, row: Code::BidsRow };

    fn read(text: &[u8]) -> Result<Vec<Row>, Failure> {
        let (needed, optional) = (&["a", "b"][..], &["c"][..]);
        Table { name: "f.csv", needed, optional, codes: CODES, most: 3 }.rows(text)
    }

    #[test]
    fn columns_come_in_any_order() {
        let rows = read(b"\xef\xbb\xbfb, a\r\n1,2\r\n\r\n3 , 4\r\n").unwrap();
        let seen: Vec<(u64, &str, &str, &str)> =
            rows.iter().map(|row| (row.line, row.field(0), row.field(1), row.field(2))).collect();
        assert_eq!(seen, [(2, "2", "1", ""), (4, "4", "3", "")]);
    }

    #[test]
    fn other_columns_are_refused() {
        for (text, word) in [
            (&b"a\n1\n"[..], "\"b\" is missing"),
            (b"a,b,d\n1,2,3\n", "\"d\" is unknown"),
            (b"a,b,a\n1,2,3\n", "\"a\" occurs twice"),
            (b"", "\"a\" is missing"),
            (b"a;b\n1;2\n", "semicolons separate the columns in \"a;b\""),
            (b"a\tb\n1\t2\n", "tabs separate the columns"),
            (b"a,b,gr\xf6\xdfe\n1,2,3\n", "is unknown"),
            (b"\xff\xfea\0,\0b\0", "UTF-16"),
        ] {
            let failure = read(text).unwrap_err();
            assert_eq!(failure.code, Code::BidsColumns);
            assert!(failure.sentence.contains(word), "{}", failure.sentence);
        }
    }

    #[test]
    fn bad_rows_are_named_by_line_column_and_what_stands_there() {
        for (text, words) in [
            (
                &b"a,b\n1,2\n3\n"[..],
                ["line 3, column b: the line ends before it, with \"3\"", "1 fields"],
            ),
            (b"a,b\n1,2\n3,M\xfcnze\n", ["line 3, column b: \"M\u{fffd}nze\"", "not UTF-8"]),
            (b"a,b\n1,25,000,000\n", ["line 2, column b", "\"25,000,000\""]),
            (b"a,b\n1,2,000 x\n", ["line 2: it has 3 fields", "\"000 x\""]),
            (b"a,b,\n1,2,3\n", ["line 2: it has 3 fields", "names 2 columns"]),
            (
                &[b"a,b\n1,", &[b'2'; 1025][..], b"\n"].concat()[..],
                ["line 2, column b: \"2222", "too long"],
            ),
            (b"a,b\n1,2\n1,2\n1,2\n1,2\n", ["line 5: there are more than 3 rows", "f.csv"]),
            (b"a,b\n\"1,2\n3,4\n", ["line 2, column a", "goes over more than one line"]),
        ] {
            let failure = read(text).unwrap_err();
            assert_eq!(failure.code, Code::BidsRow);
            words.iter().for_each(|word| {
                assert!(failure.sentence.contains(word), "{word}: {}", failure.sentence);
            });
        }
    }

    #[test]
    fn what_spreadsheets_leave_is_harmless() {
        let text = b"A, B ,c,,\r\n1,\"2\",,,\r\n,,,,\r\n  \r\n3,4,5\r\n \n\n";
        let rows = read(text).unwrap();
        let seen: Vec<(u64, &str, &str, &str)> =
            rows.iter().map(|row| (row.line, row.field(0), row.field(1), row.field(2))).collect();
        assert_eq!(seen, [(2, "1", "2", ""), (5, "3", "4", "5")]);
    }
}
