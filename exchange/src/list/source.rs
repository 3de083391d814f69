//! A file as a table: whatever it is, a heading and the rows under it.

use super::{
    cells::{
        self, Cells, Content, Kind, MAX_COLUMNS, MAX_ROWS, Origin, RawRow, Workbook, of_cell,
        of_file,
    },
    chat::{self, For, Message},
    headings::{self, Column, Columns},
    identifier::looks_like,
    questions::{Answers, Asked, Question, Stop},
    values::{is_price, separators, spelled, spread},
};
use talea_text::{
    failure::Failure,
    shown::excerpt,
    spreadsheet::{begins_as_formula, plain},
};

/// A heading and the rows under it.
pub struct Table {
    /// Where its cells stand.
    pub cells: Cells,
    /// The row of the heading, from 1; 0 in a message, which has none.
    pub heading: u64,
    /// What the heading names.
    pub columns: Columns,
    /// The rows that are each about a bond, without marks of text.
    pub rows: Vec<RawRow>,
    /// What else the file says.
    pub not_read: Vec<String>,
}

/// Reads the bytes of a list.
///
/// # Errors
/// What is wrong with it; the sheets to choose from.
pub fn read(file: &str, bytes: &[u8], what_for: For, answers: &Answers) -> Result<Table, Stop> {
    match cells::kind_of(bytes) {
        Kind::Compound => Err(cells::compound(file, bytes).into()),
        Kind::Workbook => {
            let cells = Workbook::checked(file, bytes)?.cells(answers.sheet.as_deref())?;
            let cells = cells.map_err(|sheets| Stop::Questions(vec![which_sheet(file, sheets)]))?;
            let found = headings::find(&cells);
            let (at, columns) = found.ok_or_else(|| headings::none(&cells))?;
            Ok(under_heading(cells, at, columns)?)
        }
        Kind::Text => Ok(read_text(file, bytes, what_for)?),
    }
}

fn which_sheet(file: &str, sheets: Vec<String>) -> Question {
    let sentence = format!("{file}: {} sheets of the workbook hold something", sheets.len());
    Question { asked: Asked::Sheet, sentence, choices: sheets }
}

fn read_text(file: &str, bytes: &[u8], what_for: For) -> Result<Table, Failure> {
    let text = cells::text_of(file, bytes)?;
    let mut best: Option<(Cells, usize, Columns)> = None;
    let mut trouble = None;
    for separator in *b",;\t|" {
        match cells::separated(file, &text, separator) {
            Err(failure) => trouble = trouble.or(Some(failure)),
            Ok(cells) => {
                let Some((at, columns)) = headings::find(&cells) else { continue };
                let known = columns.known.len();
                if best.as_ref().is_none_or(|(_, _, columns)| columns.known.len() < known) {
                    best = Some((cells, at, columns));
                }
            }
        }
    }
    if let Some((cells, at, columns)) = best {
        return under_heading(cells, at, columns);
    }
    if let Some((cells, at, columns)) = aligned(file, &text) {
        require_as_many(&cells, at, &columns)?;
        return under_heading(cells, at, columns);
    }
    let is_table = [".csv", ".tsv"].iter().any(|ending| file.to_lowercase().ends_with(ending));
    if is_table {
        let cells = cells::separated(file, &text, b',')?;
        return Err(trouble.unwrap_or_else(|| headings::none(&cells)));
    }
    let message = chat::read(file, &text, what_for)?;
    let Some(Message { cells, columns, other_lines }) = message else {
        let what = "no line names columns, and none has a CUSIP, an ISIN or a FIGI";
        return Err(
            of_file(file, what).with_help("docs/lists.md says how lists and messages are read")
        );
    };
    let rows = plain_rows(&cells, &columns, &cells.rows)?;
    Ok(Table { cells, heading: 0, columns, rows, not_read: other_lines })
}

/// Columns that only blanks set apart, two at least.
fn aligned(file: &str, text: &str) -> Option<(Cells, usize, Columns)> {
    let lines = text.lines().zip(1u64..).take(MAX_ROWS);
    let rows = lines.filter(|(line, _)| !line.trim().is_empty()).map(|(line, number)| {
        let parts = line.trim().split("  ").map(str::trim).filter(|part| !part.is_empty());
        let cells = parts.take(MAX_COLUMNS).map(|part| Content::Text(part.to_owned()));
        RawRow { number, cells: cells.collect() }
    });
    let (file, rows) = (file.to_owned(), rows.collect());
    let cells = Cells { file, origin: Origin::Lines, rows, merged: Vec::new() };
    let (at, columns) = headings::find(&cells)?;
    (columns.known.len() >= 2).then_some((cells, at, columns))
}

/// Where blanks are all there is, a cell that is left out cannot be told.
fn require_as_many(cells: &Cells, at: usize, columns: &Columns) -> Result<(), Failure> {
    for row in cells.rows.iter().skip(at.saturating_add(1)) {
        if row.cells.len() != columns.width
            && !is_sum(cells, columns, row)?
            && !is_note(columns, row)
        {
            let what =
                format!("it has {} columns, and the heading {}", row.cells.len(), columns.width);
            return Err(of_cell(&cells.row(row.number), what).with_help(
                "separate the columns with tabs or |, and leave no blanks in pairs within one",
            ));
        }
    }
    Ok(())
}

fn under_heading(cells: Cells, at: usize, columns: Columns) -> Result<Table, Failure> {
    let heading = cells.rows.get(at).map_or(0, |row| row.number);
    headings::require_distinct(&cells, heading, &columns)?;
    let words = |row: &RawRow| {
        let words = row.cells.iter().filter(|cell| !cell.is_empty()).map(Content::words);
        excerpt(&words.collect::<Vec<_>>().join(" "), 80)
    };
    let mut not_read: Vec<String> = cells.rows.iter().take(at).map(words).collect();
    let (mut rows, mut formulas) = (Vec::new(), cells.rows.iter().take(at.saturating_add(1)));
    formulas.try_for_each(|row| made_plain(&cells, &columns, &mut row.clone()))?;
    for row in cells.rows.iter().skip(at.saturating_add(1)) {
        if headings::is_again(&cells, &columns, row)?
            || is_sum(&cells, &columns, row)?
            || is_note(&columns, row)
        {
            // What nobody reads must not be run either.
            made_plain(&cells, &columns, &mut row.clone())?;
            not_read.push(words(row));
            continue;
        }
        require_within(&cells, &columns, row)?;
        require_unmerged(&cells, row)?;
        rows.push(row.clone());
    }
    let rows = plain_rows(&cells, &columns, &rows)?;
    Ok(Table { cells, heading, columns, rows, not_read })
}

/// The rows without marks of text, each about a bond.
fn plain_rows(cells: &Cells, columns: &Columns, rows: &[RawRow]) -> Result<Vec<RawRow>, Failure> {
    let mut plain = Vec::new();
    for row in rows {
        let mut row = row.clone();
        made_plain(cells, columns, &mut row)?;
        if row.cells.iter().all(Content::is_empty) {
            continue;
        }
        require_bond(cells, columns, &row)?;
        plain.push(row);
    }
    Ok(plain)
}

/// A row that has more cells than the heading, or a number that commas took apart.
fn require_within(cells: &Cells, columns: &Columns, row: &RawRow) -> Result<(), Failure> {
    let quotes = "put a number with commas in it between quotes, or write it without them";
    let beyond = row.cells.iter().enumerate().skip(columns.width);
    if let Some((index, cell)) = beyond.into_iter().find(|(_, cell)| !cell.is_empty()) {
        let at = cells.place(row.number, index, "");
        let what = format!("{} stands under no heading", cell.shown());
        return Err(of_cell(&at, what).with_help(quotes));
    }
    if cells.origin != Origin::Lines {
        return Ok(());
    }
    let digits = |cell: &Content| match cell {
        Content::Text(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => Some(text.clone()),
        _ => None,
    };
    let pairs = row.cells.iter().zip(row.cells.iter().skip(1)).enumerate();
    for (index, (first, second)) in pairs {
        let (Some(first), Some(second)) = (digits(first), digits(second)) else { continue };
        if first.len() <= 3 && second == "000" {
            let at = cells.place(row.number, index, columns.over(index));
            let what = format!("the commas of \"{first},{second}\" separate columns");
            return Err(of_cell(&at, what).with_help(quotes));
        }
    }
    Ok(())
}

fn require_unmerged(cells: &Cells, row: &RawRow) -> Result<(), Failure> {
    let merged = cells.merged.iter().find(|(first, last)| (*first..=*last).contains(&row.number));
    match merged {
        None => Ok(()),
        Some((first, last)) => {
            let what = match first == last {
                true => "cells of this row are merged".to_owned(),
                false => format!("cells of the rows {first} to {last} are merged"),
            };
            Err(of_cell(&cells.row(row.number), what)
                .with_help("split them in the spreadsheet, and fill in every cell"))
        }
    }
}

/// Whether a text stands where there is nothing.
pub(super) fn is_placeholder(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["-", "--", "–", "—", "n/a", "na", "#n/a"].contains(&lower.as_str())
}

/// Takes the marks of text from the cells of a row, and refuses what a spreadsheet would run as a formula.
///
/// # Errors
/// `list.cell`.
fn made_plain(cells: &Cells, columns: &Columns, row: &mut RawRow) -> Result<(), Failure> {
    for (index, cell) in row.cells.iter_mut().enumerate() {
        let Content::Text(text) = cell else { continue };
        if is_placeholder(text) {
            *cell = Content::Empty;
            continue;
        }
        if begins_as_formula(text) && !is_signed(text) {
            let at = cells.place(row.number, index, columns.over(index));
            let what = format!("{} begins as a formula does", Content::Text(text.clone()).shown());
            return Err(of_cell(&at, what).with_help(
                "write it as text without = + - @ before it; an apostrophe before it says that it is meant so",
            ));
        }
        *text = plain(text).trim().to_owned();
        if text.is_empty() {
            *cell = Content::Empty;
        }
    }
    Ok(())
}

/// Whether what begins with a sign is a number, a price or a spread, and nothing else.
fn is_signed(text: &str) -> bool {
    let text = spelled(text);
    let unsigned = text.trim_start_matches(['+', '-']);
    let is_number = separators(unsigned.trim_end_matches('%')).is_some();
    spread(&text).is_some()
        || (text.len() == unsigned.len().saturating_add(1) && (is_number || is_price(unsigned)))
}

/// Columns by which a row is about a bond.
fn is_about_a_bond(columns: &Columns, row: &RawRow) -> bool {
    columns
        .known
        .iter()
        .any(|heading| heading.column.is_about_which() && !row.cell(heading.index).is_empty())
}

/// Whether a text begins as that over a sum does: `Total`, `Total 25,000,000`, `Grand total:`.
fn is_total(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut words =
        lower.split(|c: char| c.is_whitespace() || c == ':').filter(|word| *word != "grand");
    words
        .next()
        .is_some_and(|word| ["total", "totals", "sum", "subtotal", "sub-total"].contains(&word))
}

/// Columns under which a bond has an identifier, and not only a name.
const CODES: [Column; 5] =
    [Column::Cusip, Column::Isin, Column::Figi, Column::Identifier, Column::Other];

/// Whether a row is the sum of those before it.
///
/// # Errors
/// `list.cell` where bonds have names alone, and it may be one of them.
fn is_sum(cells: &Cells, columns: &Columns, row: &RawRow) -> Result<bool, Failure> {
    let total = |cell: &Content| matches!(cell, Content::Text(text) if is_total(text));
    let Some(shown) = row.cells.iter().find(|cell| total(cell)) else { return Ok(false) };
    let which = columns.known.iter().filter(|heading| heading.column.is_about_which());
    let mut which = which.map(|heading| row.cell(heading.index)).filter(|cell| !cell.is_empty());
    if which.any(|cell| !total(cell)) {
        return Ok(false);
    }
    let is_name = columns.get(Column::Name).is_some_and(|name| total(row.cell(name.index)));
    if is_name && !CODES.iter().any(|column| columns.get(*column).is_some()) {
        let what = format!("{} may be a bond or the sum of the list", shown.shown());
        return Err(of_cell(&cells.row(row.number), what)
            .with_help("remove the row, or give the bonds identifiers"));
    }
    Ok(true)
}

/// Whether a row is a note under the list: words that begin with a mark of it, or that stand alone where an identifier
/// would. A note says something of the list, and no line of it.
fn is_note(columns: &Columns, row: &RawRow) -> bool {
    let mut filled = row.cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty());
    let (Some((index, Content::Text(text))), None) = (filled.next(), filled.next()) else {
        return false;
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_marked = text.starts_with(['*', '\u{2020}', '\u{2021}']);
    let is_under_code = CODES
        .iter()
        .any(|column| columns.get(*column).is_some_and(|heading| heading.index == index));
    let names_bond = words.iter().any(|word| looks_like(word).is_some());
    words.len() >= 3 && !names_bond && (is_marked || is_under_code)
}

/// A row under the heading that is about no bond is refused: what it holds would be lost.
///
/// # Errors
/// `list.cell`.
fn require_bond(cells: &Cells, columns: &Columns, row: &RawRow) -> Result<(), Failure> {
    if is_about_a_bond(columns, row) {
        return Ok(());
    }
    let shown =
        row.cells.iter().find(|cell| !cell.is_empty()).map_or_else(String::new, Content::shown);
    Err(of_cell(&cells.row(row.number), format!("it names no bond, and holds {shown}"))
        .with_help("write an identifier or a name, or remove the row"))
}
