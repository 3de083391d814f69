//! Which column means what, by the headings that desks use.

use super::cells::{Cells, Content, RawRow, of_cell, of_file};
use talea_text::{failure::Failure, shown::excerpt};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// A CUSIP.
    Cusip,
    /// An ISIN.
    Isin,
    /// A FIGI.
    Figi,
    /// One of these three, as each line has it.
    Identifier,
    /// An identifier of any other kind.
    Other,
    /// The number of a lot in its auction, from 0, or its identifier.
    Lot,
    /// What people call it.
    Name,
    /// How much is offered.
    Face,
    /// How much was issued, before repayments.
    OriginalFace,
    /// How much is left of it.
    CurrentFace,
    /// What part of the original face is left.
    Factor,
    /// At what price it might trade.
    Talk,
    /// A price.
    Price,
    /// A yield.
    Yield,
    /// A spread.
    Spread,
    /// When it settles.
    Settle,
    /// What it pays a year.
    Coupon,
    /// When it ends.
    Maturity,
    /// Which part of a deal it is.
    Tranche,
    /// In which money.
    Currency,
    /// What prices are: per cent, yields, spreads.
    Quotation,
    /// As `side` of a list of lots, and so the next five.
    Side,
    /// How prices are written.
    Scale,
    /// The first price of the grid.
    Start,
    /// The distance between prices.
    Tick,
    /// The last price of the grid.
    End,
    /// The number of prices.
    Levels,
}

/// The headings of a column, without blanks, in small letters. The first is what it is called in what we write.
const HEADINGS: [(Column, &str, &[&str]); 27] = [
    (Column::Cusip, "CUSIP", &["cusip", "cusip9", "cusipno", "cusipnumber"]),
    (Column::Isin, "ISIN", &["isin", "isincode", "isinno"]),
    (Column::Figi, "FIGI", &["figi", "bbgid", "bloombergid", "bbgglobalid"]),
    (
        Column::Identifier,
        "Identifier",
        &[
            "identifier",
            "id",
            "securityid",
            "secid",
            "cusipisin",
            "isincusip",
            "cusiporisin",
            "bondid",
        ],
    ),
    (Column::Other, "Other identifier", &["otheridentifier", "otherid", "internalid", "ourid"]),
    (
        Column::Lot,
        "Lot",
        &["lot", "lotno", "lotnumber", "line", "lineno", "lineitem", "item", "no", "#"],
    ),
    (
        Column::Name,
        "Security",
        &[
            "security",
            "name",
            "securityname",
            "description",
            "securitydescription",
            "desc",
            "bond",
            "bondname",
            "issue",
            "issuer",
            "deal",
            "dealname",
            "ticker",
            "securitydes",
        ],
    ),
    (
        Column::Face,
        "Face",
        &[
            "face",
            "faceamount",
            "faceamt",
            "facevalue",
            "amount",
            "amt",
            "size",
            "notional",
            "par",
            "paramount",
            "paramt",
            "parvalue",
            "quantity",
            "qty",
            "nominal",
            "nominalamount",
            "principal",
        ],
    ),
    (
        Column::OriginalFace,
        "Original face",
        &[
            "originalface",
            "origface",
            "orig",
            "of",
            "original",
            "originalamount",
            "origamt",
            "originalbalance",
            "origbal",
            "originalsize",
            "originalnotional",
            "origsize",
            "oface",
        ],
    ),
    (
        Column::CurrentFace,
        "Current face",
        &[
            "currentface",
            "currface",
            "curface",
            "cf",
            "cface",
            "current",
            "currentbalance",
            "currbal",
            "curbal",
            "currentamount",
            "currentnotional",
            "currentsize",
        ],
    ),
    (Column::Factor, "Factor", &["factor", "poolfactor", "fctr", "currentfactor", "bondfactor"]),
    (
        Column::Talk,
        "Talk",
        &[
            "talk",
            "pricetalk",
            "pxtalk",
            "yieldtalk",
            "spreadtalk",
            "guidance",
            "ipt",
            "talklevel",
            "whisper",
            "priceguidance",
            "pxguidance",
        ],
    ),
    (
        Column::Price,
        "Price",
        &[
            "price", "px", "bid", "bidprice", "mybid", "ourbid", "myprice", "ourprice", "level",
            "bidpx",
        ],
    ),
    (Column::Yield, "Yield", &["yield", "yld", "ytm", "ytw", "bidyield"]),
    (
        Column::Spread,
        "Spread",
        &["spread", "sprd", "dm", "discountmargin", "margin", "oas", "bidspread"],
    ),
    (
        Column::Settle,
        "Settle",
        &["settle", "settlement", "settledate", "settlementdate", "sett", "setdate", "valuedate"],
    ),
    (Column::Coupon, "Coupon", &["coupon", "cpn", "rate", "couponrate"]),
    (Column::Maturity, "Maturity", &["maturity", "mat", "maturitydate", "matdate", "mty", "due"]),
    (Column::Tranche, "Tranche", &["tranche", "class", "tr", "cls"]),
    (Column::Currency, "Currency", &["currency", "ccy", "curr", "cur", "crncy"]),
    (
        Column::Quotation,
        "Quotation",
        &["quotation", "quoted", "quotedas", "quotedin", "quotetype", "quotationtype", "pricetype"],
    ),
    (Column::Side, "Side", &["side"]),
    (Column::Scale, "Scale", &["scale"]),
    (Column::Start, "Start", &["start", "firstprice", "startprice"]),
    (Column::Tick, "Tick", &["tick", "ticksize", "increment"]),
    (Column::End, "End", &["end", "lastprice", "endprice"]),
    (Column::Levels, "Levels", &["levels"]),
];

impl Column {
    /// Every kind of column.
    pub fn all() -> impl Iterator<Item = Self> {
        HEADINGS.into_iter().map(|(column, ..)| column)
    }

    /// What it is called in what we write.
    #[must_use]
    pub fn name(self) -> &'static str {
        let found = HEADINGS.into_iter().find(|(column, ..)| *column == self);
        found.map_or("", |(_, name, _)| name)
    }

    /// What it is called within a sentence: an abbreviation stays one.
    #[must_use]
    pub fn in_words(self) -> String {
        let name = self.name();
        let is_short = name.bytes().all(|byte| byte.is_ascii_uppercase());
        if is_short { name.to_owned() } else { name.to_lowercase() }
    }

    /// The headings by which it is known.
    #[must_use]
    pub fn headings(self) -> &'static [&'static str] {
        let found = HEADINGS.into_iter().find(|(column, ..)| *column == self);
        found.map_or(&[], |(_, _, headings)| headings)
    }

    /// Whether it says which bond a line is about.
    #[must_use]
    pub fn is_about_which(self) -> bool {
        matches!(
            self,
            Self::Cusip
                | Self::Isin
                | Self::Figi
                | Self::Identifier
                | Self::Other
                | Self::Lot
                | Self::Name
        )
    }
}

/// In what an amount is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// In itself.
    One,
    /// In thousands.
    Thousand,
    /// In millions.
    Million,
    /// In thousand millions.
    Billion,
    /// In `M`, which is a thousand on some desks and a million on others.
    LetterM,
}

/// A heading that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// What its column holds.
    pub column: Column,
    /// Which column it is, from 0.
    pub index: usize,
    /// As it is written.
    pub written: String,
    /// In what it counts, if it says so.
    pub unit: Option<Unit>,
    /// The currency that it names.
    pub currency: Option<String>,
}

/// The columns of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// Those that are read.
    pub known: Vec<Heading>,
    /// The headings of those that are not.
    pub ignored: Vec<String>,
    /// How many columns the heading has.
    pub width: usize,
}

impl Columns {
    /// A column, if the list has it.
    #[must_use]
    pub fn get(&self, column: Column) -> Option<&Heading> {
        self.known.iter().find(|heading| heading.column == column)
    }

    /// The heading over a column, as it is written.
    #[must_use]
    pub fn over(&self, index: usize) -> &str {
        let heading = self.known.iter().find(|heading| heading.index == index);
        heading.map_or("", |heading| &heading.written)
    }
}

/// The words of a unit, as they stand in a heading or after a number.
#[must_use]
pub fn unit_of(word: &str) -> Option<Unit> {
    Some(match word {
        "M" | "m" => Unit::LetterM,
        other => match other.to_lowercase().as_str() {
            "k" | "ths" | "thousand" | "thousands" | "tsd" | "000" | "000s" => Unit::Thousand,
            "mm" | "mn" | "mln" | "mio" | "million" | "millions" | "mms" | "000000" => {
                Unit::Million
            }
            "bn" | "bln" | "billion" | "billions" => Unit::Billion,
            "unit" | "units" | "ones" => Unit::One,
            _ => return None,
        },
    })
}

/// The currencies that lists are in, by their codes, and the signs that say which.
const CURRENCIES: &str = "USD EUR GBP JPY CHF CAD AUD NZD SEK NOK DKK PLN CZK HUF ILS ZAR MXN BRL CNY CNH HKD SGD \
                          KRW INR TRY THB IDR MYR TWD PHP AED SAR CLP COP";

/// The currency that a word names: a code, or a sign. A dollar's sign does not say whose dollar it is.
#[must_use]
pub fn currency_of(word: &str) -> Option<String> {
    let sign = match word {
        "$" => Some("$"),
        "US$" => Some("USD"),
        "€" => Some("EUR"),
        "£" => Some("GBP"),
        "¥" => Some("¥"),
        _ => None,
    };
    let code = || {
        let capitals = word.to_ascii_uppercase();
        (capitals.len() == 3 && CURRENCIES.split(' ').any(|code| code == capitals))
            .then_some(capitals)
    };
    sign.map(str::to_owned).or_else(code)
}

/// A heading: which column it is over, and what it says besides.
fn understand(index: usize, written: &str) -> Option<Heading> {
    let apart = |c: char| c.is_whitespace() || "()[],/.:'’-_".contains(c);
    let (mut words, mut unit, mut currency) = (String::new(), None, None);
    let spread: String =
        ["US$", "$", "€", "£", "¥"].iter().fold(written.to_owned(), |text, sign| {
            // A sign may stand before its unit, as in ($000).
            if *sign == "$" && text.contains("US$") {
                text
            } else {
                text.replace(sign, &format!(" {sign} "))
            }
        });
    let parts: Vec<&str> = spread.split(apart).filter(|part| !part.is_empty()).collect();
    for (at, part) in parts.iter().enumerate() {
        let found = unit_of(part).filter(|_| at > 0);
        let money = currency_of(part).filter(|_| at > 0);
        match (found, money) {
            (Some(found), _) => unit = Some(found),
            (None, Some(money)) => currency = Some(money),
            (None, None) if at > 0 && part.eq_ignore_ascii_case("in") => {}
            (None, None) => words.push_str(&part.to_lowercase()),
        }
    }
    let named = |words: &str| HEADINGS.into_iter().find(|(_, _, names)| names.contains(&words));
    if let Some((column, ..)) = named(&words) {
        return Some(Heading { column, index, written: written.to_owned(), unit, currency });
    }
    // What stands in brackets may say anything, and of an amount it says how much.
    let (before, _) = written.split_once('(').filter(|(before, _)| !before.is_empty())?;
    let heading = understand(index, before)?;
    let is_amount =
        matches!(heading.column, Column::Face | Column::OriginalFace | Column::CurrentFace);
    (!is_amount).then(|| Heading { written: written.to_owned(), ..heading })
}

/// What a row would be as the heading of a list.
fn columns_of(row: &RawRow) -> Columns {
    let mut columns = Columns { width: row.cells.len(), ..Columns::default() };
    for (index, cell) in row.cells.iter().enumerate() {
        let Content::Text(text) = cell else { continue };
        match understand(index, text) {
            Some(heading) => columns.known.push(heading),
            None => columns.ignored.push(excerpt(text, 40)),
        }
    }
    columns
}

/// Whether a row under the heading names columns once more: the same, or others.
///
/// # Errors
/// `list.cell` if it names others.
pub(super) fn is_again(cells: &Cells, columns: &Columns, row: &RawRow) -> Result<bool, Failure> {
    let again = columns_of(row);
    if again.known.len() < 2 || !is_heading(&again, row) {
        return Ok(false);
    }
    let meaning = |columns: &Columns| -> Vec<(Column, usize)> {
        columns.known.iter().map(|heading| (heading.column, heading.index)).collect()
    };
    if meaning(&again) == meaning(columns) {
        return Ok(true);
    }
    let shown: Vec<String> = row.cells.iter().take(6).map(Content::shown).collect();
    let what = format!("it names other columns than the heading: {}", shown.join(", "));
    Err(of_cell(&cells.row(row.number), what)
        .with_help("leave one heading, and hand in two lists one by one"))
}

/// Whether a row names columns. One of them says which bond a line is about; and there are two, or every cell is
/// understood.
fn is_heading(columns: &Columns, row: &RawRow) -> bool {
    let says_which = columns.known.iter().any(|heading| heading.column.is_about_which());
    let texts = row.cells.iter().filter(|cell| !cell.is_empty()).count();
    says_which && (columns.known.len() >= 2 || columns.known.len() == texts)
}

/// Rows that are searched for the heading.
const SEARCHED: usize = 40;

/// The row that names the columns, by its place among the rows, and what it names.
#[must_use]
pub fn find(cells: &Cells) -> Option<(usize, Columns)> {
    cells.rows.iter().enumerate().take(SEARCHED).find_map(|(at, row)| {
        let columns = columns_of(row);
        is_heading(&columns, row).then_some((at, columns))
    })
}

/// Refuses two columns of one meaning: which of them counts is nobody's to guess.
///
/// # Errors
/// `list.cell`.
pub fn require_distinct(cells: &Cells, row: u64, columns: &Columns) -> Result<(), Failure> {
    for (at, heading) in columns.known.iter().enumerate() {
        let before = columns.known.iter().take(at).find(|other| other.column == heading.column);
        if let Some(before) = before {
            let at = cells.place(row, heading.index, &heading.written);
            let what = format!(
                "{:?} and {:?} both mean {}",
                excerpt(&before.written, 40),
                excerpt(&heading.written, 40),
                heading.column.in_words()
            );
            return Err(of_cell(&at, what).with_help("rename or remove one of the columns"));
        }
    }
    Ok(())
}

/// A list in which no row names columns.
#[must_use]
pub fn none(cells: &Cells) -> Failure {
    let first = cells.rows.first().map_or_else(String::new, |row| {
        let shown: Vec<String> = row.cells.iter().take(6).map(Content::shown).collect();
        format!("; the first row holds {}", shown.join(", "))
    });
    of_file(&cells.file, format!("no row names the columns{first}")).with_help(
        "name them in the first row: CUSIP or ISIN, Security, Face; docs/lists.md lists the headings that are \
         understood",
    )
}
