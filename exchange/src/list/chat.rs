//! A list in a message: a line for each bond, with its identifier in it, and words around it.
//!
//! A line is `identifier name face talk`, or `face identifier name` with the talk after a word such as `talk` or `@`. What
//! does not fit is refused. What a line says goes into columns, and is read from there like any other list.

use super::{
    cells::{Cells, Content, Origin, RawRow, of_cell},
    headings::{Column, Columns, Heading, currency_of, unit_of},
    identifier::{self, Kind},
    values::{self, WrittenAmount, is_price, spelled, spread},
};
use talea_text::{failure::Failure, shown::excerpt};

/// What a message is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// Lots: how much of what, and at which talk.
    Lots,
    /// Bids: at which price.
    Bids,
}

/// The columns into which a message is sorted.
const COLUMNS: [Column; 10] = [
    Column::Cusip,
    Column::Isin,
    Column::Figi,
    Column::Name,
    Column::Face,
    Column::OriginalFace,
    Column::CurrentFace,
    Column::Factor,
    Column::Talk,
    Column::Settle,
];

/// A message, sorted into columns.
pub struct Message {
    /// A row for each line that has an identifier.
    pub cells: Cells,
    /// Its columns.
    pub columns: Columns,
    /// Lines that are about no bond.
    pub other_lines: Vec<String>,
}

/// Sorts a message into columns; nothing if no line has anything like an identifier.
///
/// # Errors
/// `list.cell`.
pub fn read(file: &str, text: &str, what_for: For) -> Result<Option<Message>, Failure> {
    let mut cells =
        Cells { file: file.into(), origin: Origin::Lines, rows: Vec::new(), merged: Vec::new() };
    let mut other_lines = Vec::new();
    for (line, number) in text.lines().zip(1u64..) {
        let at = cells.row(number);
        let words = words_of(line);
        if !words.iter().any(|word| identifier::looks_like(word).is_some()) {
            if what_for == For::Lots {
                require_no_bond(&at, line, &words)?;
            }
            if !line.trim().is_empty() {
                other_lines.push(excerpt(line.trim(), 80));
            }
            continue;
        }
        if cells.rows.len() == super::cells::MAX_ROWS {
            return Err(of_cell(&at, "the message goes on, and an auction has fewer lots"));
        }
        let found = match what_for {
            For::Lots => lot(&at, &words)?,
            For::Bids => bid(&at, &words)?,
        };
        cells.rows.push(RawRow { number, cells: found.into_cells(what_for) });
    }
    if cells.rows.is_empty() {
        return Ok(None);
    }
    Ok(Some(Message { columns: columns(&cells, what_for), cells, other_lines }))
}

/// The columns in which something stands.
fn columns(cells: &Cells, what_for: For) -> Columns {
    let known = COLUMNS
        .into_iter()
        .enumerate()
        .filter(|(index, _)| cells.rows.iter().any(|row| !row.cell(*index).is_empty()));
    let known = known.map(|(index, column)| {
        let column =
            if what_for == For::Bids && column == Column::Talk { Column::Price } else { column };
        let written = column.name().to_lowercase();
        Heading { column, index, written, unit: None, currency: None }
    });
    Columns { known: known.collect(), ignored: Vec::new(), width: COLUMNS.len() }
}

/// The words of a line, without what stands between them and without its number in a list.
fn words_of(line: &str) -> Vec<String> {
    let is_apart = |c: char| c.is_whitespace() || "|;\u{2022}".contains(c);
    let edges: &[char] = &[',', ';', '(', ')', '[', ']', ':', '*', '"'];
    let words = line.split(is_apart).map(|word| word.trim_matches(edges));
    let words: Vec<&str> =
        words.filter(|word| word.chars().any(char::is_alphanumeric) || *word == "@").collect();
    let is_mark = |word: &str| {
        let digits = word.trim_start_matches('#').trim_end_matches(['.', ')']);
        !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let words = without_sender(line, words);
    // `1)`, `1.` or `#1`; a bare number only where an identifier follows.
    let begins = line.trim_start();
    let is_numbered = words.first().is_some_and(|first| {
        let marked =
            [")", ".", ":"].iter().any(|mark| begins.starts_with(&format!("{first}{mark}")));
        let before_identifier =
            words.get(1).is_some_and(|next| identifier::looks_like(next).is_some());
        is_mark(first)
            && (marked || first.ends_with('.') || first.starts_with('#') || before_identifier)
    });
    words.into_iter().skip(usize::from(is_numbered)).map(str::to_owned).collect()
}

/// The words after the time and the sender that a chat program puts before a line: `[10:31:02] Rowan: ...`.
fn without_sender<'a>(line: &str, words: Vec<&'a str>) -> Vec<&'a str> {
    let is_time = |word: &str| {
        let parts: Vec<&str> = word.split(':').collect();
        let all = parts
            .iter()
            .all(|part| part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit()));
        all && !parts.contains(&"")
            && (parts.len() == 3 || (parts.len() == 2 && line.trim_start().starts_with('[')))
    };
    if !words.first().is_some_and(|first| is_time(first)) {
        return words;
    }
    let sender = words.iter().take(SENDER).position(|word| line.contains(&format!("{word}: ")));
    words.into_iter().skip(sender.unwrap_or(0).saturating_add(1)).collect()
}

/// A time, and a name of three words at most.
const SENDER: usize = 4;

/// A line with an amount and no identifier may be a bond that nobody would find again.
fn require_no_bond(at: &str, line: &str, words: &[String]) -> Result<(), Failure> {
    let is_sum =
        words.iter().any(|word| ["total", "bwic", "lines"].contains(&word.to_lowercase().as_str()));
    let amount = words
        .iter()
        .find(|word| WrittenAmount::read(word).is_some_and(|amount| amount.unit.is_some()));
    match amount.filter(|_| !is_sum) {
        Some(amount) => {
            let what = format!(
                "{:?} has the amount {amount:?} and no identifier",
                excerpt(line.trim(), 60)
            );
            Err(of_cell(at, what).with_help("write its CUSIP, ISIN or FIGI, or remove the line"))
        }
        None => Ok(()),
    }
}

/// What was found in a line, by its column.
#[derive(Default)]
struct Found {
    values: Vec<(Column, String)>,
}

impl Found {
    fn put(&mut self, at: &str, column: Column, text: &str) -> Result<(), Failure> {
        if let Some((_, before)) = self.values.iter().find(|(other, _)| *other == column) {
            let name = column.name().to_lowercase();
            let what = format!("{before:?} and {text:?} could both be the {name}");
            return Err(of_cell(at, what).with_help(
                "write `identifier name face talk` in each line, or name columns and separate them with tabs or |",
            ));
        }
        self.values.push((column, text.to_owned()));
        Ok(())
    }

    fn has(&self, column: Column) -> bool {
        self.values.iter().any(|(other, _)| *other == column)
    }

    fn into_cells(self, what_for: For) -> Vec<Content> {
        let of = |column: Column| {
            let column = if what_for == For::Bids && column == Column::Talk {
                Column::Price
            } else {
                column
            };
            let found = self.values.iter().find(|(other, _)| *other == column);
            found.map_or(Content::Empty, |(_, text)| Content::Text(text.clone()))
        };
        COLUMNS.into_iter().map(of).collect()
    }
}

fn column_of(kind: Kind) -> Column {
    match kind {
        Kind::Cusip => Column::Cusip,
        Kind::Isin => Column::Isin,
        Kind::Figi | Kind::Other => Column::Figi,
    }
}

/// A word that says what the next one is.
fn says(word: &str) -> Option<Column> {
    Some(match word.to_lowercase().as_str() {
        "talk" | "guidance" | "@" | "px" | "price" => Column::Talk,
        "settle" | "settles" | "settlement" | "sett" => Column::Settle,
        "orig" | "original" => Column::OriginalFace,
        "curr" | "current" => Column::CurrentFace,
        "factor" | "fctr" => Column::Factor,
        "face" | "size" | "par" | "amount" => Column::Face,
        _ => return None,
    })
}

/// An amount that stands at a place among words, and of how many words it is: `5mm`, `5 mm`, `5,000,000`.
fn amount_at(words: &[String], at: usize) -> Option<(String, usize)> {
    let (word, next) = (words.get(at)?, at.saturating_add(1));
    if is_code(word) {
        let (amount, of_words) = amount_at(words, next)
            .filter(|_| !words.get(next).is_some_and(|next| is_code(next)))?;
        return Some((format!("{word} {amount}"), of_words.saturating_add(1)));
    }
    let amount = WrittenAmount::read(word)?;
    let mut text = word.clone();
    let mut of_words = 1usize;
    let unit = words.get(next).filter(|next| amount.unit.is_none() && unit_of(next).is_some());
    if let Some(unit) = unit {
        text = format!("{text} {unit}");
        of_words = 2;
    }
    let has_unit = amount.unit.is_some() || of_words == 2;
    let code = words.get(at.saturating_add(of_words)).filter(|code| is_code(code));
    let begins_next = words
        .get(at.saturating_add(of_words).saturating_add(1))
        .is_some_and(|word| WrittenAmount::read(word).is_some());
    if let Some(code) = code.filter(|_| amount.currency.is_none() && !begins_next) {
        text = format!("{text} {code}");
        of_words = of_words.saturating_add(1);
        return has_unit
            .then_some((text, of_words))
            .or_else(|| is_long(&amount.number).then_some((format!("{word} {code}"), 2)));
    }
    if has_unit {
        return Some((text, of_words));
    }
    (is_long(&amount.number) || amount.currency.is_some()).then(|| (word.clone(), 1))
}

/// Whether a number can be nothing but a face.
fn is_long(number: &str) -> bool {
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let groups = number.matches([',', '.', '\'']).count();
    let last = number.rsplit([',', '.', '\'']).next().map_or(0, str::len);
    digits >= 5 && (groups == 0 || last == 3)
}

/// Whether a word is a currency's code, as people write it between other words: in capitals.
fn is_code(word: &str) -> bool {
    word.len() == 3
        && word.bytes().all(|byte| byte.is_ascii_uppercase())
        && currency_of(word).is_some()
}

/// Whether a word can be nothing but a level: `99-16+`, `+125`, `125bp`.
fn is_level(word: &str) -> bool {
    let word = spelled(word);
    let in_32nds = word.contains(['-', ':', '\'']) && is_price(&word);
    in_32nds || spread(&word).is_some()
}

fn lot(at: &str, words: &[String]) -> Result<Found, Failure> {
    let (mut found, mut name, mut talk) = (Found::default(), Vec::new(), Vec::new());
    // After a name and a face, all that follows is talk.
    let (mut index, mut is_over) = (0usize, false);
    while let Some(word) = words.get(index) {
        let next = index.saturating_add(1);
        let mut length = 1;
        if let Some(kind) = identifier::looks_like(word) {
            found.put(at, column_of(kind), word)?;
        } else if let Some((column, text, of_words)) = said_at(words, index) {
            length = of_words.saturating_add(1);
            match column {
                Column::Talk => is_over = true,
                _ => found.put(at, column, &text)?,
            }
        } else if is_label(words, index) {
            // The identifier after it is read by itself.
        } else if let Some(factor) = factor_at(words, index) {
            found.put(at, Column::Factor, factor)?;
            length = 2;
        } else if let Some((amount, of_words)) = amount_at(words, index).filter(|_| !is_over) {
            length = of_words;
            // `5mm orig`, unless it is `5mm orig 4mm`.
            let after = index.saturating_add(of_words);
            let said = words.get(after).and_then(|word| says(word)).filter(|column| {
                matches!(column, Column::OriginalFace | Column::CurrentFace)
                    && amount_at(words, after.saturating_add(1)).is_none()
            });
            if said.is_some() {
                length = length.saturating_add(1);
            }
            found.put(at, said.unwrap_or(Column::Face), &amount)?;
            is_over = !name.is_empty();
        } else if is_over || is_level(word) {
            talk.push(word.as_str());
        } else {
            name.push(word.as_str());
        }
        index = next.max(index.saturating_add(length));
    }
    if !name.is_empty() {
        found.put(at, Column::Name, &name.join(" "))?;
    }
    if !talk.is_empty() {
        found.put(at, Column::Talk, &talk.join(" "))?;
    }
    if !has_face(&found) {
        let shown = excerpt(&words.join(" "), 60);
        let what = format!("no word of {shown:?} is an amount");
        return Err(
            of_cell(at, what).with_help("write how much is offered, as in 5mm, 250k or 5,000,000")
        );
    }
    Ok(found)
}

/// What a word and those after it say together: `settle 3/1/27`, `orig 5mm`, `factor 0.98`, `talk`; and how many words
/// come after it.
fn said_at(words: &[String], index: usize) -> Option<(Column, String, usize)> {
    let next = index.saturating_add(1);
    let following = words.get(next)?;
    match says(words.get(index)?)? {
        Column::Talk => Some((Column::Talk, String::new(), 0)),
        Column::Settle => Some((Column::Settle, following.clone(), 1)),
        Column::Factor => {
            values::separators(following).map(|_| (Column::Factor, following.clone(), 1))
        }
        column => amount_at(words, next).map(|(amount, of_words)| (column, amount, of_words)),
    }
}

/// Whether a word is what people write before an identifier: `CUSIP: 037833100`.
fn is_label(words: &[String], index: usize) -> bool {
    let is_named = words.get(index).is_some_and(|word| {
        ["cusip", "isin", "figi", "id"].contains(&word.to_lowercase().as_str())
    });
    let next = words.get(index.saturating_add(1));
    is_named && next.is_some_and(|next| identifier::looks_like(next).is_some())
}

/// The factor that a word is, where the next one says so: `0.3127 factor`.
fn factor_at(words: &[String], index: usize) -> Option<&str> {
    let (word, next) = (words.get(index)?, words.get(index.saturating_add(1))?);
    let after = words.get(index.saturating_add(2));
    let is_before = after.is_some_and(|after| values::separators(after).is_some());
    (says(next) == Some(Column::Factor) && !is_before && values::separators(word).is_some())
        .then_some(word.as_str())
}

fn has_face(found: &Found) -> bool {
    [Column::Face, Column::OriginalFace, Column::CurrentFace]
        .iter()
        .any(|column| found.has(*column))
}

fn bid(at: &str, words: &[String]) -> Result<Found, Failure> {
    let mut found = Found::default();
    let mut is_said = false;
    let (mut levels, mut numbers, mut amount) = (Vec::new(), Vec::new(), None);
    for (index, word) in words.iter().enumerate() {
        let is_pass = ["pass", "passed", "np"].contains(&word.to_lowercase().as_str());
        if let Some(kind) = identifier::looks_like(word) {
            found.put(at, column_of(kind), word)?;
        } else if ["@", "bid", "px", "price", "at"].contains(&word.to_lowercase().as_str()) {
            is_said = true;
        } else if is_said || is_pass {
            found.put(at, Column::Price, &rest_of_price(words, index))?;
            return Ok(found);
        } else if is_level(word) {
            levels.push(index);
        } else if amount_at(words, index).is_some() {
            amount = Some(index);
        } else if is_number(word) {
            numbers.push(index);
        }
    }
    // Numbers before the face are of the bond's name.
    let after: Vec<usize> = numbers.iter().copied().filter(|index| Some(*index) > amount).collect();
    let numbers = if amount.is_some() && !after.is_empty() { after } else { numbers };
    let candidates = if levels.is_empty() { numbers } else { levels };
    for index in candidates {
        found.put(at, Column::Price, &rest_of_price(words, index))?;
    }
    Ok(found)
}

/// A price and the fraction after it: `99 1/2`.
fn rest_of_price(words: &[String], index: usize) -> String {
    let price = words.get(index).cloned().unwrap_or_default();
    match words.get(index.saturating_add(1)) {
        Some(next) if next.contains('/') && is_price(next) => format!("{price} {next}"),
        _ => price,
    }
}

fn is_number(word: &str) -> bool {
    let word = spelled(word);
    let plain = word.trim_start_matches('$').trim_end_matches('%');
    !word.contains('/') && (is_price(&word) || values::separators(plain).is_some())
}
