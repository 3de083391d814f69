//! Identifiers of securities: told apart by their form, checked by their digits, and what spreadsheets make of them.

use super::cells::Content;
use talea_text::shown::quoted;
use talea_text::terms::{is_cusip, is_figi, is_isin, is_like_figi};

/// A kind of identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A CUSIP.
    Cusip,
    /// An ISIN.
    Isin,
    /// A FIGI.
    Figi,
    /// Any other, which nothing checks.
    Other,
}

impl Kind {
    /// As data has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cusip => "cusip",
            Self::Isin => "isin",
            Self::Figi => "figi",
            Self::Other => "identifier",
        }
    }

    /// As people write it.
    #[must_use]
    pub fn written(self) -> &'static str {
        self.with_article().split_once(' ').map_or("", |(_, name)| name)
    }

    fn with_article(self) -> &'static str {
        match self {
            Self::Cusip => "a CUSIP",
            Self::Isin => "an ISIN",
            Self::Figi => "a FIGI",
            Self::Other => "an identifier",
        }
    }

    fn length(self) -> usize {
        if self == Self::Cusip { 9 } else { 12 }
    }

    fn holds(self, text: &str) -> bool {
        match self {
            Self::Cusip => is_cusip(text),
            Self::Isin => is_isin(text),
            Self::Figi => is_figi(text),
            Self::Other => true,
        }
    }
}

/// What an identifier looks like, whether its digit checks or not: nothing if it is of no kind that has one.
#[must_use]
pub fn looks_like(text: &str) -> Option<Kind> {
    let capitals = text.to_ascii_uppercase();
    let is_code = capitals.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let ends_in_digit = capitals.ends_with(|c: char| c.is_ascii_digit());
    let digits = capitals.bytes().filter(u8::is_ascii_digit).count();
    let begins_with_letters = capitals.bytes().take(2).all(|byte| byte.is_ascii_uppercase());
    match capitals.len() {
        12 if is_figi(&capitals) => Some(Kind::Figi),
        12 if is_code && ends_in_digit && begins_with_letters && is_isin(&capitals) => {
            Some(Kind::Isin)
        }
        12 if is_like_figi(&capitals) => Some(Kind::Figi),
        12 if is_code && ends_in_digit && begins_with_letters && digits >= 2 => Some(Kind::Isin),
        9 if is_cusip(&capitals) && digits >= 2 => Some(Kind::Cusip),
        9 if is_code && ends_in_digit && digits >= 3 => Some(Kind::Cusip),
        _ => None,
    }
}

/// An identifier in a cell: as everybody writes it, or what is wrong with it and what to do.
///
/// # Errors
/// What is wrong, and what to do.
pub fn read(content: &Content, kind: Option<Kind>) -> Result<(Kind, String), [String; 2]> {
    let text = match content {
        Content::Text(text) => text,
        Content::Number(number) => return Err(of_number(number, kind)),
        other => {
            let what = format!("{} is no identifier", other.shown());
            return Err([what, "write it as text".into()]);
        }
    };
    let kind = kind.or_else(|| looks_like(text)).unwrap_or_else(|| {
        let is_short =
            matches!(text.len(), 7 | 8) && text.bytes().all(|byte| byte.is_ascii_digit());
        let was_cusip = is_short || is_power_of_ten(&text.to_ascii_uppercase());
        if was_cusip { Kind::Cusip } else { Kind::Other }
    });
    // People write identifiers in small letters, and with blanks after two or nine characters.
    let code: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let code = code.to_ascii_uppercase();
    match kind {
        Kind::Other => Ok((kind, text.clone())),
        _ if kind.holds(&code) => Ok((kind, code)),
        _ => Err(fault(kind, text, &code)),
    }
}

fn fault(kind: Kind, text: &str, code: &str) -> [String; 2] {
    let name = kind.with_article();
    let shown = quoted(text, 40);
    if !code.bytes().all(|byte| byte.is_ascii_graphic()) {
        let what = format!("{shown} has a character in it that {name} has not");
        return [what, "write it in plain letters and digits".into()];
    }
    if is_power_of_ten(code) && kind == Kind::Cusip {
        let what = format!("{shown} is a number that a spreadsheet made of {name}");
        return [what, AS_TEXT.into()];
    }
    let is_of_digits = code.bytes().all(|byte| byte.is_ascii_digit());
    if kind == Kind::Cusip && is_of_digits && (1..9).contains(&code.len()) {
        return [without_zeros(&shown, code.len()), AS_TEXT.into()];
    }
    if code.len() != kind.length() {
        let length = kind.length();
        let what =
            format!("{shown} has {} characters, and {name} has {length}", code.chars().count());
        return [what, "copy it again, as text".into()];
    }
    let what = format!("the check digit of {shown} is wrong for {name}");
    [what, "copy it again, as text".into()]
}

/// What to do about an identifier of which a spreadsheet made a number.
const AS_TEXT: &str = "format the column as text in the spreadsheet and copy the identifiers again: what it \
                       changed cannot be known from here";

fn without_zeros(shown: &str, length: usize) -> String {
    format!(
        "{shown} has {length} digits, and a CUSIP has 9 characters: a spreadsheet takes the zeros before a number away"
    )
}

/// An identifier that a workbook holds as a number.
fn of_number(number: &str, kind: Option<Kind>) -> [String; 2] {
    let name = kind.unwrap_or(Kind::Cusip).with_article();
    let digits = number.len();
    let what = match digits {
        _ if kind.is_some_and(|kind| kind != Kind::Cusip) => {
            format!("{} is a number, and {name} is text", talea_text::shown::excerpt(number, 20))
        }
        0..9 => without_zeros(&quoted(number, 40), digits),
        9 if is_cusip(number) => {
            format!("{number} is a number and not text, though its digit would check as a CUSIP")
        }
        20.. => format!(
            "it is the number {}..., which a spreadsheet made of {name} such as 912828E50",
            talea_text::shown::excerpt(number, 8).trim_end_matches('…')
        ),
        _ => format!("{number} is a number, and {name} is text"),
    };
    [what, AS_TEXT.into()]
}

/// Whether a text is a number with an exponent, as `9.12828E+50`.
fn is_power_of_ten(text: &str) -> bool {
    let Some((number, exponent)) = text.split_once('E') else { return false };
    let is_number = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    is_number(number)
        && (exponent.starts_with(['+', '-']) || number.contains('.'))
        && exponent.trim_start_matches(['+', '-']).bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &str) -> Content {
        Content::Text(words.into())
    }

    #[test]
    fn identifiers_are_told_apart_by_their_form() {
        for (words, kind) in [
            ("037833100", Kind::Cusip),
            ("912828xg0", Kind::Cusip),
            ("US0378331005", Kind::Isin),
            ("BBG000BLNNH6", Kind::Figi),
            ("AH-7", Kind::Other),
            ("lot 3", Kind::Other),
        ] {
            let read = read(&text(words), None).unwrap();
            assert_eq!(read.0, kind, "{words}");
            let code = if kind == Kind::Other { words.into() } else { words.to_uppercase() };
            assert_eq!(read.1, code);
        }
    }

    #[test]
    fn a_wrong_check_digit_is_refused_under_any_heading() {
        for (words, kind) in
            [("037833101", Kind::Cusip), ("US0378331006", Kind::Isin), ("BBG000BLNNH5", Kind::Figi)]
        {
            for heading in [None, Some(kind)] {
                let [what, _] = read(&text(words), heading).unwrap_err();
                assert!(what.contains("check digit") && what.contains(kind.written()), "{what}");
            }
        }
        let [what, _] = read(&text("US03783310"), Some(Kind::Isin)).unwrap_err();
        assert!(what.contains("10 characters, and an ISIN has 12"), "{what}");
    }

    #[test]
    fn what_a_spreadsheet_made_of_a_cusip_is_told_apart_and_not_repaired() {
        let cusip = Some(Kind::Cusip);
        for (content, words) in [
            (text("37833100"), "takes the zeros before a number away"),
            (Content::Number("37833100".into()), "takes the zeros before a number away"),
            (text("9.12828E+50"), "a number that a spreadsheet made of a CUSIP"),
            (Content::Number("912828000000000000000000000000000000".into()), "made of a CUSIP"),
            (Content::Number("123456782".into()), "is a number"),
        ] {
            let [what, help] = read(&content, cusip).unwrap_err();
            assert!(what.contains(words), "{what}");
            assert!(help.contains("as text"), "{help}");
        }
    }
}
