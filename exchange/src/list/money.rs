//! What a list says of its money: in which currency it is, and what its prices are; and whether terms say the same.

use super::{
    cells::{Content, of_cell},
    headings::{Column, currency_of},
    reader::{Field, Reader},
    values::{Quote, Talk, WrittenAmount},
};
use talea_protocol::terms::{Currency, Money, Quotation};
use talea_text::{currency::by_code, failure::Failure, terms::quotation_name};

/// What a list says prices are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priced {
    /// By a column of its own.
    As(Quotation),
    /// By how its levels are written, or by the heading over them.
    Like(Quote),
}

/// Something that a list says, and the first place where it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<T> {
    /// What it is.
    pub is: T,
    /// How it is written there.
    pub written: String,
    /// Where that is.
    pub at: String,
}

/// What a list says of its money.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Its currency: a code, or `$` and `¥` where it is not said whose.
    pub currency: Option<Word<String>>,
    /// What its prices are: every kind that occurs.
    pub prices: Vec<Word<Priced>>,
}

/// The money of terms with the lots of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreed {
    /// What the terms say.
    pub money: Option<Money>,
    /// What their author should see: that the list decided it, or that it could not.
    pub remark: Option<String>,
}

impl Priced {
    /// Whether terms that say this of prices mean such ones.
    pub(super) fn agrees_with(self, quotation: Quotation) -> bool {
        match self {
            Self::As(other) => other == quotation,
            Self::Like(Quote::Yield) => quotation == Quotation::Yield,
            Self::Like(Quote::Spread) => quotation == Quotation::Spread,
            Self::Like(Quote::Price) => {
                matches!(quotation, Quotation::Percent | Quotation::Unit | Quotation::Lot)
            }
        }
    }

    /// What terms say of such prices, where they do not say it themselves.
    fn quotation(self) -> Quotation {
        match self {
            Self::As(quotation) => quotation,
            Self::Like(Quote::Price) => Quotation::Percent,
            Self::Like(Quote::Yield) => Quotation::Yield,
            Self::Like(Quote::Spread) => Quotation::Spread,
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::As(quotation) => quotation_name(quotation),
            Self::Like(Quote::Price) => "a price",
            Self::Like(Quote::Yield) => "a yield",
            Self::Like(Quote::Spread) => "a spread",
        }
    }
}

/// What to do about a list whose levels are of another kind than its prices.
const ONE_KIND: &str = "an auction has one kind of price: hold one for each, or put talk of another kind under a \
                        heading that is not read, such as Comment";

impl Said {
    /// What terms say of money, made of what their file `base` says and what the list says.
    ///
    /// # Errors
    /// `list.cell` where the list contradicts the file or itself.
    pub fn agreed(&self, base: &str, money: Option<Money>) -> Result<Agreed, Failure> {
        let stated = self.prices.iter().find(|word| matches!(word.is, Priced::As(_)));
        let first = stated.or(self.prices.first());
        let quotation = money.map(|money| money.quotation);
        if let Some(quotation) = quotation.or_else(|| first.map(|word| word.is.quotation())) {
            let before = match (money, first) {
                (None, Some(first)) => format!("{} says {}", first.at, first.is.in_words()),
                _ => format!("money.price in {base} says {}", quotation_name(quotation)),
            };
            if let Some(word) = self.prices.iter().find(|word| !word.is.agrees_with(quotation)) {
                let what = format!("{} is {}, and {before}", word.written, word.is.in_words());
                return Err(of_cell(&word.at, what).with_help(ONE_KIND));
            }
        }
        if let Some(money) = money {
            self.require_currency(base, money.currency)?;
            return Ok(Agreed { money: Some(money), remark: None });
        }
        Ok(self.alone(base, first.map(|word| word.is.quotation())))
    }

    fn require_currency(&self, base: &str, currency: Currency) -> Result<(), Failure> {
        match &self.currency {
            Some(word) if !is_same_money(&word.is, &currency.to_string()) => {
                let what =
                    format!("it is in {}, and money.currency in {base} says {currency}", word.is);
                Err(of_cell(&word.at, what).with_help("make the list and the terms say the same"))
            }
            _ => Ok(()),
        }
    }

    /// What the list says where the file says nothing: all of it, or nothing, since terms cannot say half of it.
    fn alone(&self, base: &str, quotation: Option<Quotation>) -> Agreed {
        let currency = self.currency.as_ref().and_then(|word| by_code(&word.is));
        let left_out = |what: String| Agreed {
            money: None,
            remark: Some(format!(
                "{what}, so the terms say nothing of money: write [money] in {base}"
            )),
        };
        match (&self.currency, currency, quotation) {
            (_, Some(currency), Some(quotation)) => Agreed {
                money: Some(Money { currency, quotation }),
                remark: Some(format!(
                    "the terms say of money what the list says: {currency}, {}",
                    quotation_name(quotation)
                )),
            },
            (Some(word), None, _) => {
                left_out(format!("{}: {} does not say whose currency it is", word.at, word.is))
            }
            (_, Some(currency), None) => {
                left_out(format!("the list is in {currency}, and does not say what its prices are"))
            }
            (None, None, Some(quotation)) => left_out(format!(
                "the list says {} of its prices, and names no currency",
                quotation_name(quotation)
            )),
            (None, None, None) => Agreed::default(),
        }
    }
}

/// Whether two names of money can be of one currency.
fn is_same_money(one: &str, other: &str) -> bool {
    let is_sign_of = |sign: &str, code: &str| match sign {
        "$" => ["USD", "CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "MXN"].contains(&code),
        "¥" => ["JPY", "CNY", "CNH"].contains(&code),
        _ => false,
    };
    one == other || is_sign_of(one, other) || is_sign_of(other, one)
}

/// What a column of its own says prices are.
fn priced_of(text: &str) -> Option<Priced> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| c.is_whitespace() || c == '-').collect();
    Some(match words.join(" ").as_str() {
        "per lot" => Priced::As(Quotation::Lot),
        "per unit" => Priced::As(Quotation::Unit),
        "percent" | "per cent" | "per 100" | "price per 100" | "percent of par" | "% of par" => {
            Priced::As(Quotation::Percent)
        }
        "yield" | "yld" => Priced::As(Quotation::Yield),
        "spread" | "bp" | "bps" | "basis points" | "dm" | "discount margin" => {
            Priced::As(Quotation::Spread)
        }
        "price" | "px" => Priced::Like(Quote::Price),
        _ => return None,
    })
}

/// Keeps the first place of each kind.
fn add(found: &mut Vec<Word<Priced>>, field: Field<'_>, is: Priced) {
    if !found.iter().any(|word| word.is == is) {
        found.push(Word { is, written: field.content.shown(), at: field.at() });
    }
}

/// Columns of levels, by which a list may say what its prices are.
const LEVELS: [Column; 4] = [Column::Talk, Column::Price, Column::Yield, Column::Spread];

impl<'a> Reader<'a> {
    /// What the list says of its money.
    pub(super) fn said(&self) -> Result<Said, Failure> {
        Ok(Said { currency: self.currency()?, prices: self.prices()? })
    }

    /// The talk of a row, of the first column that has some.
    pub(super) fn talk(&self, row: &'a super::cells::RawRow) -> Result<Option<Talk>, Failure> {
        let field = LEVELS.into_iter().find_map(|column| self.field(row, column));
        field.map(|field| self.level(field)).transpose()
    }

    /// What a bidder's list says of its money, besides its prices, which each say it themselves.
    pub(super) fn said_of_bids(&self) -> Result<Said, Failure> {
        Ok(Said { currency: self.currency()?, prices: self.stated()? })
    }

    fn prices(&self) -> Result<Vec<Word<Priced>>, Failure> {
        let mut found = self.stated()?;
        for field in self.fields(&LEVELS).filter(|field| !field.content.is_empty()) {
            if let Some(quote) = self.level(field)?.quote {
                add(&mut found, field, Priced::Like(quote));
            }
        }
        Ok(found)
    }

    /// What a column of its own says prices are.
    fn stated(&self) -> Result<Vec<Word<Priced>>, Failure> {
        let mut found: Vec<Word<Priced>> = Vec::new();
        for field in self.fields(&[Column::Quotation]) {
            let priced = match field.content {
                Content::Empty => continue,
                Content::Text(text) => priced_of(text),
                _ => None,
            };
            let priced = priced.ok_or_else(|| {
                field
                    .fault("is no kind of price")
                    .with_help("write percent, yield, spread, per-unit or per-lot")
            })?;
            add(&mut found, field, priced);
        }
        Ok(found)
    }

    /// The currency of the list.
    fn currency(&self) -> Result<Option<Word<String>>, Failure> {
        let mut found: Option<Word<String>> = None;
        let mut take = |is: String, written: String, at: String| -> Result<(), Failure> {
            match &found {
                Some(before) if !is_same_money(&before.is, &is) => {
                    let what = format!("it is in {is}, and {} is in {}", before.at, before.is);
                    Err(of_cell(&at, what)
                        .with_help("an auction has one currency: hold one for each"))
                }
                // A code says more than a sign.
                Some(before) if before.is.len() >= is.len() => Ok(()),
                _ => {
                    found = Some(Word { is, written, at });
                    Ok(())
                }
            }
        };
        for heading in &self.table.columns.known {
            if let Some(currency) = &heading.currency {
                let at =
                    self.table.cells.place(self.table.heading, heading.index, &heading.written);
                take(currency.clone(), heading.written.clone(), at)?;
            }
        }
        for field in self.fields(&[
            Column::Currency,
            Column::Face,
            Column::OriginalFace,
            Column::CurrentFace,
        ]) {
            let currency = match (field.heading.column, field.content) {
                (_, Content::Empty) => None,
                (Column::Currency, content) => {
                    let known = match content {
                        Content::Text(text) => currency_of(text)
                            .or_else(|| by_code(text).map(|currency| currency.to_string())),
                        _ => None,
                    };
                    Some(known.ok_or_else(|| {
                        field
                            .fault("is no currency that is known")
                            .with_help("write its code, as in USD")
                    })?)
                }
                (_, Content::Text(text)) => {
                    WrittenAmount::read(text).and_then(|amount| amount.currency)
                }
                _ => None,
            };
            if let Some(currency) = currency {
                take(currency, field.content.shown(), field.at())?;
            }
        }
        Ok(found)
    }
}
