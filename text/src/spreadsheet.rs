//! Text that stays what it is in a spreadsheet.
//!
//! Spreadsheets guess: `98-10` becomes a month, `912828E50` a power of ten, `=...` a formula. A number is written as
//! one; any other text that could be taken for something else begins with an apostrophe, the mark of text. Who
//! reads a list takes the mark off again.

/// The mark of text.
const MARK: char = '\'';

/// What a formula begins with, in narrow and in wide letters.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// Text for a CSV file, of which a spreadsheet guesses what each cell is.
#[must_use]
pub fn text(words: &str) -> String {
    if is_taken_as_text(words) { words.into() } else { format!("{MARK}{words}") }
}

/// Text for a cell of a workbook, which says itself that it holds text. Only what would be a formula bears the
/// mark, for whoever saves the workbook as CSV.
#[must_use]
pub fn cell(words: &str) -> String {
    let is_plain = !begins_as_formula(words) && !words.starts_with(MARK);
    if is_plain { words.into() } else { format!("{MARK}{words}") }
}

/// A text without its mark, as [`text`] and [`cell`] took it.
#[must_use]
pub fn plain(words: &str) -> &str {
    words.strip_prefix(MARK).unwrap_or(words)
}

/// Whether a text begins as a formula does, after what spreadsheets pass over.
#[must_use]
pub fn begins_as_formula(words: &str) -> bool {
    let passed = |c: char| c.is_whitespace() || c == '\u{feff}';
    words.trim_start_matches(passed).starts_with(FORMULA)
}

/// How months begin, in the languages in which spreadsheets of our users are set.
const MONTHS: &str = "jan gen ene feb fev fév mar mär mrt apr avr abr may mai mag mei maj jun jui giu \
                      jul lug aug aou aoû ago sep set oct okt ott out nov dec déc dez dic";

/// Whether every spreadsheet leaves this alone. In doubt it does not: an apostrophe too many does no
/// harm.
fn is_taken_as_text(words: &str) -> bool {
    let lower = words.to_lowercase();
    let runs: Vec<&str> =
        lower.split(|c: char| !c.is_alphabetic()).filter(|run| !run.is_empty()).collect();
    let has_month = || runs.iter().any(|run| MONTHS.split(' ').any(|month| run.starts_with(month)));
    // An exponent, or a time of day.
    let of_number =
        |run: &&str| *run == "e" || ["a", "p", "am", "pm"].contains(run) && lower.ends_with(*run);
    match words.chars().next() {
        None => true,
        Some(first) if first.is_ascii_digit() => !runs.iter().all(of_number) && !has_month(),
        Some(first) if first.is_alphabetic() => {
            let is_date = runs.len() <= 2 && lower.contains(char::is_numeric) && has_month();
            !is_date && !["true", "false"].contains(&lower.as_str())
        }
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_a_date_a_number_or_a_formula() {
        for words in [
            "98-10",
            "99-17+",
            "99.62",
            "-0-001",
            "100-00",
            "1/2",
            "12:30",
            "5 March",
            "3-Mai-31",
            "912828E50",
            "037833100",
            "5 pm",
            "50%",
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            " =1",
            "'quoted",
            "\"=1\"",
            "May 2031",
            "MAR1",
            "dec-30",
            "Sept 2",
            "TRUE",
            "false",
            "\u{ff1d}1",
            "|calc",
            "%0",
            "$5",
            "\u{feff}=1",
        ] {
            assert_eq!(text(words), format!("'{words}"));
        }
        for words in [
            "Larkspur Mill CLO 2027-1 B",
            "ZZ0004120778",
            "999101AB4",
            "38259P508",
            "B0",
            "A-1",
            "Brougham, 1871",
            "sold",
            "did not trade: nobody bid",
            "sealed",
            "Börse",
            "Lot 7",
            "Marble quarry",
            "",
        ] {
            assert_eq!(text(words), words);
        }
    }

    #[test]
    fn a_formula_in_a_workbook_bears_the_mark_of_text_and_nothing_else_does() {
        for words in [
            "=1+1",
            "+1",
            "-0-001",
            "@SUM(A1)",
            "\t=1",
            " =1",
            "\u{feff}=1",
            "\u{ff1d}1",
            "'quoted",
        ] {
            assert_eq!(cell(words), format!("'{words}"));
        }
        for words in ["98-10", "037833100", "May 2031", "5 = 5", ""] {
            assert_eq!(cell(words), words);
        }
    }

    proptest::proptest! {
        #[test]
        fn whoever_takes_the_mark_off_has_the_text_again(words in "[ -~=+@'\u{e9}-]{0,12}") {
            for marked in [text(&words), cell(&words)] {
                proptest::prop_assert_eq!(plain(&marked), &words);
                proptest::prop_assert!(!begins_as_formula(&marked));
            }
        }
    }
}
