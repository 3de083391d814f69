//! Identifiers of securities that check themselves: CUSIP, ISIN and FIGI.

/// The digits of a character in a CUSIP or an ISIN.
fn value_of(c: char) -> Option<u32> {
    match c {
        '*' => Some(36),
        '@' => Some(37),
        '#' => Some(38),
        c => c.to_digit(36).filter(|_| !c.is_ascii_lowercase()),
    }
}

/// Whether the ninth character of a CUSIP checks the eight before it.
#[must_use]
pub fn is_cusip(text: &str) -> bool {
    let values: Option<Vec<u32>> = text.chars().map(value_of).collect();
    let Some([body @ .., check]) = values.as_deref() else { return false };
    body.len() == 8 && *check == check_of(body)
}

/// The digit that checks the characters of a CUSIP or a FIGI before it: every second one counts twice.
fn check_of(body: &[u32]) -> u32 {
    let sum: u32 = body
        .iter()
        .enumerate()
        .map(|(at, value)| value * if at % 2 == 1 { 2 } else { 1 })
        .map(|product| product / 10 + product % 10)
        .sum();
    (10 - sum % 10) % 10
}

/// Whether a text has the form of a FIGI: two consonants that begin no ISIN of a country that is set aside, a `G`,
/// eight consonants or digits, and a digit.
#[must_use]
pub fn is_like_figi(text: &str) -> bool {
    const SET_ASIDE: [&str; 7] = ["BS", "BM", "GG", "GB", "GH", "KY", "VG"];
    let is_consonant = |c: &char| c.is_ascii_uppercase() && !"AEIOU".contains(*c);
    let characters: Vec<char> = text.chars().collect();
    let [first, second, 'G', body @ .., check] = characters.as_slice() else { return false };
    let begins = is_consonant(first) && is_consonant(second);
    begins
        && !SET_ASIDE.iter().any(|prefix| text.starts_with(prefix))
        && body.len() == 8
        && body.iter().all(|c| c.is_ascii_digit() || is_consonant(c))
        && check.is_ascii_digit()
}

/// Whether the last digit of a FIGI checks the eleven characters before it.
#[must_use]
pub fn is_figi(text: &str) -> bool {
    let values: Option<Vec<u32>> = text.chars().map(value_of).collect();
    let Some([body @ .., check]) = values.as_deref() else { return false };
    is_like_figi(text) && *check == check_of(body)
}

/// Whether the last digit of an ISIN checks the eleven characters before it (ISO 6166).
#[must_use]
pub fn is_isin(text: &str) -> bool {
    let letters = text.chars().take(2).all(|c| c.is_ascii_uppercase());
    let values: Option<Vec<u32>> =
        text.chars().map(|c| value_of(c).filter(|value| *value < 36)).collect();
    let Some(values) = values.filter(|values| values.len() == 12 && letters) else { return false };
    let digits = values.iter().flat_map(|value| match value {
        0..10 => vec![*value],
        _ => vec![value / 10, value % 10],
    });
    let digits: Vec<u32> = digits.collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| digit * if at % 2 == 1 { 2 } else { 1 })
        .map(|product| product / 10 + product % 10)
        .sum();
    values.last().is_some_and(|check| *check < 10) && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_checked() {
        // Published numbers: Apple, US Treasury, and those of the standards' own examples.
        for cusip in ["037833100", "912828XG0", "38259P508"] {
            assert!(is_cusip(cusip), "{cusip}");
        }
        for isin in ["US0378331005", "AU0000XVGZA3", "GB0002634946"] {
            assert!(is_isin(isin), "{isin}");
        }
        // Of the standard's own text, and of one share and one index.
        for figi in ["BBG000BLNNH6", "BBG000B9XRY4", "BBG000H4FSM0"] {
            assert!(is_figi(figi), "{figi}");
        }
        for wrong in
            ["BBG000BLNNH5", "BBG000BLNNH", "BSG000BLNNH6", "BBA000BLNNH6", "BBG000BLNAH6", ""]
        {
            assert!(!is_figi(wrong), "{wrong}");
        }
        for wrong in ["037833101", "03783310", "0378331000", "", "912828xg0"] {
            assert!(!is_cusip(wrong), "{wrong}");
        }
        for wrong in ["US0378331006", "US037833100", "0378331005US", "", "US037833100A"] {
            assert!(!is_isin(wrong), "{wrong}");
        }
    }
}
