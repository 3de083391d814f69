//! Currencies, by the list of ISO 4217: which codes there are, and how many decimal places an amount has in each.
//!
//! The protocol asks for three capital letters and no more. The list changes from year to year, so it is asked where
//! terms are written and amounts are published, and never where a transcript is judged.

use crate::failure::{Code, Failure};
use iso_currency::{Currency as Listed, Flag};
use talea_protocol::terms::Currency;

fn listed(currency: Currency) -> Option<Listed> {
    Listed::from_code(std::str::from_utf8(&currency.0).ok()?)
}

/// The decimal places of the currency's minor unit: 2 for USD, 0 for JPY, 3 for KWD. Nothing for a code that is
/// not listed, or that is listed without a minor unit, such as gold.
#[must_use]
pub fn minor_units(currency: Currency) -> Option<u16> {
    listed(currency)?.exponent()
}

/// What the author of terms should know of a currency that is listed: whether another took its place.
#[must_use]
pub fn remark(currency: Currency) -> Option<String> {
    listed(currency)?.flags().into_iter().find_map(|flag| match flag {
        Flag::Superseded(by) => {
            Some(format!("{currency} is listed as an old currency, replaced by {}", by.code()))
        }
        Flag::Fund | Flag::Special => None,
    })
}

/// The currency that a word names by its code, in capitals or not; nothing if none is listed under it in which amounts
/// could be written.
#[must_use]
pub fn by_code(word: &str) -> Option<Currency> {
    let code: [u8; 3] = word.to_ascii_uppercase().as_bytes().try_into().ok()?;
    let currency = Currency(code);
    minor_units(currency).map(|_| currency)
}

/// Reads a code; `at` names the field.
///
/// # Errors
/// `scenario.currency` if it is not listed, or has no minor unit, in which amounts could be written.
pub fn read(at: &str, text: &str) -> Result<Currency, Failure> {
    let unknown = || {
        let failure = Failure::new(
            Code::ScenarioCurrency,
            format!("{at}: {text:?} is no currency code of ISO 4217"),
        );
        let capitals = text.to_ascii_uppercase();
        match Listed::from_code(&capitals) {
            Some(_) => failure.with_help(format!("write {capitals:?}")),
            None => failure.with_help("write its three capital letters, such as \"USD\""),
        }
    };
    let code: [u8; 3] = text.as_bytes().try_into().map_err(|_| unknown())?;
    let currency = Currency(code);
    let listed = listed(currency).ok_or_else(unknown)?;
    if listed.exponent().is_none() {
        let sentence = format!(
            "{at}: {text:?} ({}) has no minor unit in ISO 4217, so nobody could say how an amount in it is written",
            listed.name()
        );
        return Err(Failure::new(Code::ScenarioCurrency, sentence)
            .with_help("name the currency in which winners pay"));
    }
    Ok(currency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_has_the_minor_unit_that_the_standard_lists() {
        let places = |code: &[u8; 3]| minor_units(Currency(*code));
        let listed = [b"USD", b"EUR", b"GBP", b"CNY", b"JPY", b"KRW", b"KWD", b"BHD", b"CLF"];
        assert_eq!(listed.map(places), [2, 2, 2, 2, 0, 0, 3, 3, 4].map(Some));
        assert_eq!([b"XAU", b"XXX", b"AAA", b"usd", b"\xff\xff\xff"].map(places), [None; 5]);
    }

    #[test]
    fn a_code_is_read_as_the_standard_writes_it_and_no_other_way() {
        for code in ["USD", "JPY", "KWD", "XOF", "BGN"] {
            assert_eq!(read("money.currency", code).unwrap().to_string(), code);
        }
        let refused = |text: &str| {
            let failure = read("money.currency", text).unwrap_err();
            assert_eq!(failure.code, Code::ScenarioCurrency);
            (failure.sentence, failure.help.unwrap())
        };
        for text in ["USDT", "", "US", "$", "ZZZ", "€€", "US ", "\u{202e}"] {
            let (sentence, help) = refused(text);
            assert_eq!(
                sentence,
                format!("money.currency: {text:?} is no currency code of ISO 4217")
            );
            assert_eq!(help, "write its three capital letters, such as \"USD\"");
        }
        assert_eq!(refused("usd").1, "write \"USD\"");
        let (sentence, _) = refused("XAU");
        assert!(sentence.contains("has no minor unit"), "{sentence}");
    }

    #[test]
    fn a_code_in_small_letters_is_found_where_people_write_lists() {
        let found = ["kwd", "USD", "Clf"].map(|word| by_code(word).unwrap().to_string());
        assert_eq!(found, ["KWD", "USD", "CLF"]);
        assert_eq!(["xau", "zzz", "us", "", "ééé"].map(by_code), [None; 5]);
    }

    #[test]
    fn an_old_currency_is_pointed_out_and_not_refused() {
        let remarks = [b"HRK", b"USD"].map(|code| remark(Currency(*code)));
        let old = "HRK is listed as an old currency, replaced by EUR";
        assert_eq!(remarks, [Some(old.into()), None]);
    }
}
