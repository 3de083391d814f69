//! Files that come from outside: bounded, and read by line.

use crate::failure::{Code, Failure};
use std::{fs::File, io::Read as _, path::Path};

/// Bytes of a file that is read whole.
pub const MAX_FILE_BYTES: u64 = 1 << 26;

/// Reads a file of at most [`MAX_FILE_BYTES`].
///
/// # Errors
/// `file.unreadable`, or `file.too-large` before more than that is read.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error| Failure::unreadable(path, &error);
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_FILE_BYTES {
        let sentence = format!("{} is larger than {MAX_FILE_BYTES} bytes", path.display());
        return Err(Failure::new(Code::FileTooLarge, sentence));
    }
    Ok(bytes)
}

/// Reads a file of text.
///
/// # Errors
/// As [`read`], or `file.encoding`.
pub fn read_text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(read(path)?).map_err(|_| {
        Failure::new(Code::FileEncoding, format!("{} is not UTF-8 text", path.display()))
    })
}

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

/// Reads a CSV file with a heading that names every column of `needed` and any of `optional`, in
/// whatever order, and no other. Blanks around fields are dropped.
///
/// # Errors
/// One sentence with the line.
pub fn rows(
    name: &str,
    bytes: &[u8],
    needed: &[&str],
    optional: &[&str],
    codes: CsvCodes,
) -> Result<Vec<Row>, Failure> {
    let mut lines = Lines { bytes, counted: 0, line: 1 };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let heading = reader
        .headers()
        .map_err(|error| csv_failure(name, codes.columns, &mut lines, &error))?
        .clone();
    let all: Vec<&str> = needed.iter().chain(optional).copied().collect();
    let expected = || {
        let mut text = format!("its first line names the columns {}", needed.join(","));
        if !optional.is_empty() {
            text.push_str(&format!(", and if wanted {}", optional.join(",")));
        }
        text
    };
    let fail = |what: String| {
        Err(Failure::new(codes.columns, format!("{name} line 1: {what}")).with_help(expected()))
    };
    let mut places: Vec<Option<usize>> = vec![None; all.len()];
    for (at, title) in heading.iter().enumerate() {
        match all.iter().position(|column| *column == title) {
            None => return fail(format!("the column {title:?} is unknown")),
            Some(column) => match places.get_mut(column) {
                Some(place @ None) => *place = Some(at),
                _ => return fail(format!("the column {title:?} stands twice")),
            },
        }
    }
    for (column, place) in needed.iter().zip(&places) {
        if place.is_none() {
            return fail(format!("the column {column:?} is missing"));
        }
    }
    let mut rows = Vec::new();
    for record in reader.into_records() {
        let record = record.map_err(|error| csv_failure(name, codes.row, &mut lines, &error))?;
        let line = lines.of(record.position());
        let field = |place: &Option<usize>| {
            place.and_then(|place| record.get(place)).unwrap_or_default().to_owned()
        };
        rows.push(Row { line, fields: places.iter().map(field).collect() });
    }
    Ok(rows)
}

/// Counts lines as an editor does. The csv crate's own count is of records' beginnings before
/// their line breaks, which is one less after `\r\n` and after blank lines.
struct Lines<'a> {
    bytes: &'a [u8],
    counted: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line on which the record at `position` begins. Positions must not go back.
    fn of(&mut self, position: Option<&csv::Position>) -> u64 {
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

fn csv_failure(name: &str, code: Code, lines: &mut Lines<'_>, error: &csv::Error) -> Failure {
    let line = lines.of(error.position());
    let what = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} fields where the first line names {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8 text".into(),
        _ => error.to_string(),
    };
    Failure::new(code, format!("{name} line {line}: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODES: CsvCodes = CsvCodes { columns: Code::BidsColumns, row: Code::BidsRow };

    fn read(text: &[u8]) -> Result<Vec<Row>, Failure> {
        rows("f.csv", text, &["a", "b"], &["c"], CODES)
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
            (b"a,b,a\n1,2,3\n", "\"a\" stands twice"),
            (b"", "\"a\" is missing"),
        ] {
            let failure = read(text).unwrap_err();
            assert_eq!(failure.code, Code::BidsColumns);
            assert!(failure.sentence.contains(word), "{}", failure.sentence);
        }
    }

    #[test]
    fn bad_rows_are_named_by_line() {
        for (text, word) in [
            (&b"a,b\n1,2\n3\n"[..], "line 3: it has 1 fields"),
            (b"a,b\n1,2\n3,\xff\n", "line 3: it is not UTF-8"),
        ] {
            let failure = read(text).unwrap_err();
            assert_eq!(failure.code, Code::BidsRow);
            assert!(failure.sentence.contains(word), "{}", failure.sentence);
        }
    }

    #[test]
    fn a_missing_file_is_unreadable() {
        let failure = super::read(Path::new("/nonexistent/talea")).unwrap_err();
        assert_eq!(failure.code, Code::FileUnreadable);
        assert_eq!(failure.code.exit().status(), 4);
    }
}
