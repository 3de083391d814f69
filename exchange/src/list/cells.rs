//! A list as a grid of cells, out of text with separators or a workbook. Nothing is believed of a workbook but what
//! it unpacks to, and nothing of a cell but what stands in it.

use calamine::{
    CellErrorType, DataRef, Dimensions, Reader as _, SheetType, Xlsx, XlsxCellReader, XlsxError,
};
use quick_xml::events::Event;
use std::{
    io::{BufReader, Cursor, Read, Seek},
    panic::{AssertUnwindSafe, catch_unwind},
};
use talea_protocol::limits::MAX_LOTS;
use talea_text::{
    failure::{Code, Failure},
    rows::{IN_UTF8, Lines, MAX_FIELD},
    shown::{excerpt, quoted},
};

/// The largest list, in bytes, as it lies in its file.
pub const MAX_LIST: u64 = 4 << 20;
/// What a workbook may unpack to, in bytes.
pub const MAX_UNPACKED: u64 = 16 << 20;
/// Files in a workbook, at most.
const MAX_PARTS: usize = 1_024;
/// Rows that are looked at: a list that is too long is counted before it is refused.
pub const MAX_ROWS: usize = 16 * MAX_LOTS;
/// Columns, at most.
pub const MAX_COLUMNS: usize = 256;
/// Cells that hold something, at most.
const MAX_CELLS: usize = 1 << 18;
/// Merged cells of a sheet, at most: each row is looked for among them.
const MAX_MERGED: usize = 1_024;
/// The most digits of a row in a workbook: a spreadsheet has 1,048,576 of them.
const ROW_DIGITS: usize = 7;
/// The most digits of a count by which a reader sets memory aside.
const COUNT_DIGITS: usize = 6;

/// What stands in a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// Nothing.
    #[default]
    Empty,
    /// Text, without blanks around it.
    Text(String),
    /// A number of a workbook, in decimal digits.
    Number(String),
    /// A number that a workbook shows in per cent, as it shows it.
    Percent(String),
    /// A date of a workbook: `2027-03-01`.
    Date(String),
    /// Something else, by its name.
    Other(&'static str),
}

impl Content {
    /// As a complaint quotes it.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Empty => "nothing".into(),
            Self::Text(text) => quoted(text, 60),
            Self::Number(number) => excerpt(number, 40),
            Self::Percent(number) => format!("{} %", excerpt(number, 40)),
            Self::Date(date) => format!("the date {date}"),
            Self::Other(what) => (*what).into(),
        }
    }

    /// As it stands there.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            other => other.shown(),
        }
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::Empty
    }
}

/// A row of cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawRow {
    /// Its line or row, from 1.
    pub number: u64,
    /// From the first column on.
    pub cells: Vec<Content>,
}

impl RawRow {
    /// What stands in a column.
    #[must_use]
    pub fn cell(&self, column: usize) -> &Content {
        self.cells.get(column).unwrap_or(&Content::Empty)
    }
}

/// What a grid was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Lines of text.
    Lines,
    /// A sheet of a workbook.
    Sheet(String),
}

/// A list as cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cells {
    /// What the file is called.
    pub file: String,
    /// What it was made from.
    pub origin: Origin,
    /// Rows in which something stands.
    pub rows: Vec<RawRow>,
    /// Merged cells: their rows, from 1, from the first to the last.
    pub merged: Vec<(u64, u64)>,
}

impl Cells {
    /// Where a row stands.
    #[must_use]
    pub fn row(&self, number: u64) -> String {
        match &self.origin {
            Origin::Lines => format!("{} line {number}", self.file),
            Origin::Sheet(sheet) => {
                format!("{} sheet {:?} row {number}", self.file, excerpt(sheet, 40))
            }
        }
    }

    /// Where a cell stands, under a heading if it has one.
    #[must_use]
    pub fn place(&self, number: u64, column: usize, heading: &str) -> String {
        let row = self.row(number);
        let heading = excerpt(heading, 40);
        match (&self.origin, heading.is_empty()) {
            (Origin::Lines, false) => format!("{row}, column {heading}"),
            (Origin::Lines, true) => format!("{row}, column {}", column.saturating_add(1)),
            (Origin::Sheet(_), false) => format!("{row}, column {} ({heading})", letters(column)),
            (Origin::Sheet(_), true) => format!("{row}, column {}", letters(column)),
        }
    }
}

/// What a spreadsheet calls a column, counted from 0.
#[must_use]
pub fn letters(column: usize) -> String {
    let mut text = String::new();
    let mut rest = column.saturating_add(1);
    while rest > 0 {
        let digit = u8::try_from(rest.saturating_sub(1) % 26).unwrap_or(0);
        text.insert(0, char::from(b'A'.saturating_add(digit)));
        rest = rest.saturating_sub(1) / 26;
    }
    text
}

/// A complaint of a file as a whole.
pub fn of_file(file: &str, what: impl std::fmt::Display) -> Failure {
    Failure::new(Code::ListFile, format!("{file}: {what}"))
}

/// A complaint of a cell or a row.
pub fn of_cell(at: &str, what: impl std::fmt::Display) -> Failure {
    Failure::new(Code::ListCell, format!("{at}: {what}"))
}

/// What kind of file some bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A workbook: a ZIP file.
    Workbook,
    /// What older spreadsheets write, and newer ones where there is a password.
    Compound,
}

/// What kind of file these bytes are, by their beginning.
#[must_use]
pub fn kind_of(bytes: &[u8]) -> Kind {
    match bytes {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Kind::Workbook,
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] => Kind::Compound,
        _ => Kind::Text,
    }
}

/// Why a compound file is not read.
#[must_use]
pub fn compound(file: &str, bytes: &[u8]) -> Failure {
    // The name of the stream in which a workbook lies encrypted, as its folder of streams writes it.
    let locked: Vec<u8> =
        "EncryptedPackage".encode_utf16().flat_map(|unit| unit.to_le_bytes()).collect();
    if bytes.windows(locked.len()).any(|window| window == locked) {
        return of_file(file, "the workbook is locked with a password")
            .with_help("save it without a password, or copy the list into a new workbook");
    }
    of_file(file, "it is a file of an older spreadsheet or of another program")
        .with_help("save the list as .xlsx or as CSV")
}

/// The text of a file, in UTF-8 or, as spreadsheets call it, Unicode text.
///
/// # Errors
/// `list.file`.
pub fn text_of(file: &str, bytes: &[u8]) -> Result<String, Failure> {
    // A byte too many is half a letter, and the file was cut off.
    let units = |from: fn([u8; 2]) -> u16| -> Option<Vec<u16>> {
        let pairs = bytes.get(2..).unwrap_or_default().chunks(2);
        pairs.map(|pair| Some(from(pair.try_into().ok()?))).collect()
    };
    let text = match bytes {
        [0xff, 0xfe, ..] => {
            units(u16::from_le_bytes).and_then(|units| String::from_utf16(&units).ok())
        }
        [0xfe, 0xff, ..] => {
            units(u16::from_be_bytes).and_then(|units| String::from_utf16(&units).ok())
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    };
    let text = text.ok_or_else(|| of_file(file, "it is not UTF-8 text").with_help(IN_UTF8))?;
    // However lines end, they are counted as an editor counts them.
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}'], "\n");
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    match text.lines().zip(1..).find(|(line, _)| line.contains(odd)) {
        Some((_, number)) => Err(of_file(file, format!("line {number} is not text"))
            .with_help("hand in CSV, a workbook (.xlsx), or a message as text")),
        None => Ok(text),
    }
}

/// Text whose fields are separated by this character.
///
/// # Errors
/// `list.cell`, `list.file`.
pub fn separated(file: &str, text: &str, separator: u8) -> Result<Cells, Failure> {
    let mut cells =
        Cells { file: file.into(), origin: Origin::Lines, rows: Vec::new(), merged: Vec::new() };
    let mut lines = Lines::new(text.as_bytes());
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader.delimiter(separator).flexible(true).has_headers(false).trim(csv::Trim::All);
    for record in reader.from_reader(text.as_bytes()).into_records() {
        let record = record.map_err(|error| of_file(file, error))?;
        let number = lines.of(record.position());
        // Spreadsheets leave empty cells behind the last one in which something stands.
        let ends = (1..)
            .zip(record.iter())
            .filter(|(_, field)| !field.is_empty())
            .map(|(end, _)| end)
            .last()
            .unwrap_or(0);
        if ends > MAX_COLUMNS {
            let what = format!("there are more than {MAX_COLUMNS} columns");
            return Err(
                of_cell(&cells.row(number), what).with_help("copy the list alone into a new file")
            );
        }
        let mut row = RawRow { number, cells: Vec::new() };
        for (column, field) in record.iter().enumerate().take(ends) {
            if field.contains(['\n', '\r']) {
                let at = cells.place(number, column, "");
                let what = format!("{} goes over more than one line", quoted(field, 60));
                let help = "close a quoted field with a quote on the same line";
                return Err(of_cell(&at, what).with_help(help));
            }
            row.cells.push(text_cell(field, || cells.place(number, column, ""))?);
        }
        add(&mut cells, row)?;
    }
    Ok(cells)
}

/// A row that counts: something stands in it.
fn add(cells: &mut Cells, row: RawRow) -> Result<(), Failure> {
    if row.cells.iter().all(Content::is_empty) {
        return Ok(());
    }
    if cells.rows.len() == MAX_ROWS {
        return Err(too_long(&cells.row(row.number)));
    }
    cells.rows.push(row);
    Ok(())
}

/// A list that nobody looks through to its end.
fn too_long(at: &str) -> Failure {
    let what = format!(
        "the list goes on after {MAX_ROWS} rows, and an auction has at most {MAX_LOTS} lots"
    );
    of_cell(at, what).with_help("hold several auctions")
}

fn text_cell(text: &str, at: impl Fn() -> String) -> Result<Content, Failure> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.len() > MAX_FIELD {
        let what = format!("{} goes on, and is too long", quoted(text, 60));
        return Err(of_cell(&at(), what).with_help(format!("a cell has at most {MAX_FIELD} bytes")));
    }
    Ok(if text.is_empty() { Content::Empty } else { Content::Text(text.into()) })
}

/// A workbook that is as large as it says, and no larger than it may be.
pub struct Workbook<'a> {
    file: &'a str,
    bytes: &'a [u8],
}

impl<'a> Workbook<'a> {
    /// Unpacks every part once and keeps none, so that whoever reads it later cannot be made to take more memory
    /// than [`MAX_UNPACKED`] allows.
    ///
    /// # Errors
    /// `list.file`.
    pub fn checked(file: &'a str, bytes: &'a [u8]) -> Result<Self, Failure> {
        let broken = |error: zip::result::ZipError| {
            of_file(file, format!("the workbook is damaged: {error}"))
                .with_help("save it again as .xlsx")
        };
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
        if archive.len() > MAX_PARTS {
            let what = format!(
                "the workbook has {} parts, and at most {MAX_PARTS} are read",
                archive.len()
            );
            return Err(of_file(file, what));
        }
        let mut left = MAX_UNPACKED;
        for index in 0..archive.len() {
            let part = archive.by_index(index).map_err(broken)?;
            let name = part.name().map_err(broken)?.into_owned();
            let is_xml = name.ends_with(".xml") || name.ends_with(".rels");
            let name = excerpt(&name, 60);
            let mut counted = Counted { inner: part, left, is_beyond: false };
            let read = match is_xml {
                true => require_sane(BufReader::new(&mut counted)),
                false => Ok(()),
            };
            // What the reader of XML left of it counts too.
            let rest = std::io::copy(&mut counted, &mut std::io::sink());
            if counted.is_beyond {
                let what = format!(
                    "the workbook unpacks to more than {} MiB in {name}",
                    MAX_UNPACKED >> 20
                );
                return Err(of_file(file, what)
                    .with_help("copy the list alone into a new workbook, or save it as CSV"));
            }
            let damaged = |what: String| {
                of_file(file, format!("the workbook is damaged in {name}: {what}"))
                    .with_help("save it again as .xlsx")
            };
            read.map_err(damaged)?;
            rest.map_err(|error| damaged(error.to_string()))?;
            left = counted.left;
        }
        Ok(Self { file, bytes })
    }

    /// Reads a sheet: the one that is named, or the only one in which something stands.
    ///
    /// # Errors
    /// `list.file`, `list.cell`; the sheets to choose from where several hold something.
    pub fn cells(&self, sheet: Option<&str>) -> Result<Result<Cells, Vec<String>>, Failure> {
        // The library is fed by strangers: a fault of its own must not end this program without a sentence.
        let read = catch_unwind(AssertUnwindSafe(|| self.read(sheet)));
        read.unwrap_or_else(|_| {
            Err(of_file(self.file, "the workbook is damaged").with_help("save it again as .xlsx"))
        })
    }

    fn read(&self, sheet: Option<&str>) -> Result<Result<Cells, Vec<String>>, Failure> {
        let mut book: Xlsx<_> =
            Xlsx::new(Cursor::new(self.bytes)).map_err(|error| self.damaged(error))?;
        let sheets = book.sheets_metadata().iter();
        let sheets = sheets.filter(|sheet| sheet.typ == SheetType::WorkSheet);
        let names: Vec<String> = sheets.map(|sheet| sheet.name.clone()).collect();
        if let Some(wanted) = sheet {
            let Some(name) = names.iter().find(|name| *name == wanted) else {
                let all: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
                return Err(of_file(self.file, format!("it has no sheet {wanted:?}"))
                    .with_help(format!("its sheets: {}", all.join(", "))));
            };
            return self.sheet(&mut book, name).map(Ok);
        }
        let mut filled = Vec::new();
        for name in names {
            if self.holds_something(&mut book, &name)? {
                filled.push(name);
            }
        }
        match filled.as_slice() {
            [] => Err(of_file(self.file, "every sheet of the workbook is empty")),
            [name] => self.sheet(&mut book, name).map(Ok),
            _ => Ok(Err(filled)),
        }
    }

    fn damaged(&self, error: XlsxError) -> Failure {
        of_file(self.file, format!("the workbook is damaged: {error}"))
            .with_help("save it again as .xlsx")
    }

    fn holds_something<R: Read + Seek>(
        &self,
        book: &mut Xlsx<R>,
        name: &str,
    ) -> Result<bool, Failure> {
        let mut reader = book.worksheet_cells_reader(name).map_err(|error| self.damaged(error))?;
        while let Some(cell) = reader.next_cell().map_err(|error| self.damaged(error))? {
            if *cell.get_value() != DataRef::Empty {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn sheet<R: Read + Seek>(&self, book: &mut Xlsx<R>, name: &str) -> Result<Cells, Failure> {
        let merged = book.merge_cells_by_sheet_name(name).map_err(|error| self.damaged(error))?;
        if merged.len() > MAX_MERGED {
            let what = format!("the sheet has more than {MAX_MERGED} merged cells");
            return Err(
                of_file(self.file, what).with_help("copy the list alone into a new workbook")
            );
        }
        let merged = merged.into_iter().map(|Dimensions { start, end }| {
            (u64::from(start.0).saturating_add(1), u64::from(end.0).saturating_add(1))
        });
        let mut cells = Cells {
            file: self.file.into(),
            origin: Origin::Sheet(name.into()),
            rows: Vec::new(),
            merged: merged.collect(),
        };
        let reader = book.worksheet_cells_reader(name).map_err(|error| self.damaged(error))?;
        self.require_no_formulas(&cells, reader)?;
        let reader = book.worksheet_cells_reader(name).map_err(|error| self.damaged(error))?;
        self.fill(&mut cells, reader)?;
        Ok(cells)
    }

    /// What a formula comes to is nobody's word: it changes with the day and the machine.
    fn require_no_formulas<R: Read + Seek>(
        &self,
        cells: &Cells,
        mut reader: XlsxCellReader<'_, R>,
    ) -> Result<(), Failure> {
        loop {
            let cell = reader.next_cell_with_formula_metadata();
            let Some(cell) = cell.map_err(|error| self.damaged(error))? else { return Ok(()) };
            if cell.formula.is_some() {
                let (row, column) = position(cell.pos);
                let at = cells.place(row, column, "");
                return Err(of_cell(&at, "it holds a formula")
                    .with_help("copy the list and paste it as values"));
            }
        }
    }

    fn fill<R: Read + Seek>(
        &self,
        cells: &mut Cells,
        mut reader: XlsxCellReader<'_, R>,
    ) -> Result<(), Failure> {
        let percent: Vec<bool> = reader
            .styles()
            .iter()
            .map(|style| {
                let format = style.number_format.as_ref();
                format.is_some_and(|format| format.format_code.contains('%'))
            })
            .collect();
        let (mut row, mut count) = (RawRow { number: 1, cells: Vec::new() }, 0usize);
        while let Some((cell, style)) =
            reader.next_cell_with_style_id().map_err(|error| self.damaged(error))?
        {
            let (number, column) = position(cell.get_position());
            if number < row.number {
                return Err(of_file(
                    self.file,
                    "the workbook is damaged: its rows are in no order",
                ));
            }
            if number > row.number {
                add(cells, std::mem::replace(&mut row, RawRow { number, cells: Vec::new() }))?;
            }
            let is_percent = percent.get(style).copied().unwrap_or(false);
            let at = || cells.place(number, column, "");
            let content = content(cell.get_value(), is_percent, &at)?;
            if content.is_empty() {
                continue;
            }
            count = count.saturating_add(1);
            if column >= MAX_COLUMNS || count > MAX_CELLS {
                let what = format!("at most {MAX_COLUMNS} columns and {MAX_CELLS} cells are read");
                return Err(of_cell(&at(), what)
                    .with_help("copy the list alone into a new workbook, or save it as CSV"));
            }
            while row.cells.len() <= column {
                row.cells.push(Content::Empty);
            }
            if let Some(place) = row.cells.get_mut(column) {
                *place = content;
            }
        }
        add(cells, row)
    }
}

/// A row from 1, and a column from 0.
fn position((row, column): (u32, u32)) -> (u64, usize) {
    (u64::from(row).saturating_add(1), usize::try_from(column).unwrap_or(usize::MAX))
}

fn content(
    value: &DataRef<'_>,
    is_percent: bool,
    at: &impl Fn() -> String,
) -> Result<Content, Failure> {
    Ok(match value {
        DataRef::Empty => Content::Empty,
        DataRef::Int(number) => Content::Number(number.to_string()),
        // The shortest digits that are this double, and so what was typed.
        DataRef::Float(number) if !number.is_finite() => Content::Other("a number without end"),
        DataRef::Float(number) if is_percent => Content::Percent(times_100(&number.to_string())),
        DataRef::Float(number) => Content::Number(number.to_string()),
        DataRef::String(text) => text_cell(text, at)?,
        DataRef::SharedString(text) => text_cell(text, at)?,
        DataRef::Bool(true) => Content::Other("TRUE"),
        DataRef::Bool(false) => Content::Other("FALSE"),
        DataRef::DateTime(date) if date.is_datetime() => {
            let (year, month, day, ..) = date.to_ymd_hms_milli();
            Content::Date(format!("{year:04}-{month:02}-{day:02}"))
        }
        DataRef::DateTimeIso(text) => {
            Content::Date(text.split('T').next().unwrap_or_default().to_owned())
        }
        DataRef::DateTime(_) | DataRef::DurationIso(_) => Content::Other("a time of day"),
        DataRef::Error(CellErrorType::NA) => Content::Other("the error #N/A"),
        DataRef::Error(_) => Content::Other("an error of the spreadsheet"),
    })
}

/// A decimal number times 100, digit by digit: a double would not be exact.
fn times_100(number: &str) -> String {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number),
    };
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let moved: String = places.chars().chain("00".chars()).take(2).collect();
    let places: String = places.chars().skip(2).collect();
    let whole = format!("{whole}{moved}");
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if places.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{places}")
}

/// Counts what is unpacked, and stops where it is too much.
struct Counted<R> {
    inner: R,
    left: u64,
    is_beyond: bool,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.is_beyond {
            return Err(std::io::Error::other("it unpacks to too much"));
        }
        let length = self.inner.read(buffer)?;
        match self.left.checked_sub(u64::try_from(length).unwrap_or(u64::MAX)) {
            Some(left) => self.left = left,
            None => self.is_beyond = true,
        }
        Ok(if self.is_beyond { 0 } else { length })
    }
}

/// Refuses numbers in a workbook that a reader would take at their word and fail on: counts by which it sets memory
/// aside, rows and columns beyond any sheet.
fn require_sane(source: impl std::io::BufRead) -> Result<(), String> {
    let mut reader = quick_xml::Reader::from_reader(source);
    reader.config_mut().check_end_names = false;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer).map_err(|error| error.to_string())?;
        let tag = match event {
            Event::Start(tag) | Event::Empty(tag) => tag,
            Event::Eof => return Ok(()),
            _ => continue,
        };
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let most = match attribute.key.local_name().as_ref() {
                "count" | "uniqueCount" | "si" => COUNT_DIGITS,
                "r" | "ref" => ROW_DIGITS,
                _ => continue,
            };
            let value = attribute.value.as_ref();
            if has_long_runs(value, most) {
                return Err(format!("{:?} is beyond every sheet", excerpt(value, 40)));
            }
        }
    }
}

/// Whether a text has more digits in a row than `most`, or more letters before digits than a column's name has.
fn has_long_runs(text: &str, most: usize) -> bool {
    let longest =
        |is_apart: fn(char) -> bool| text.split(is_apart).map(str::len).max().unwrap_or(0);
    let is_reference = text.ends_with(|c: char| c.is_ascii_digit());
    longest(|c| !c.is_ascii_digit()) > most
        || (is_reference && longest(|c| !c.is_ascii_alphabetic()) > 3)
}
