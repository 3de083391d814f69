//! Text that strangers wrote, and keys, as a terminal shows them.

use talea_protocol::{
    bytes::printable,
    names::{KEYHOLDER, PARTY},
};

/// A text in which nothing but the ends of its lines moves a terminal.
#[must_use]
pub fn fit_for_terminals(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(printable).collect();
    lines.join("\n")
}

/// The beginning of a stranger's text, in one line, in so many characters at most.
#[must_use]
pub fn excerpt(text: &str, most: usize) -> String {
    let mut shown: String = printable(text).chars().take(most).collect();
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}

/// The beginning of a stranger's text as [`excerpt`] shows it, between quotes.
#[must_use]
pub fn quoted(text: &str, most: usize) -> String {
    format!("\"{}\"", excerpt(&text.replace('"', "\\\""), most))
}

/// How many characters of a key are shown after its prefix, and how many at its end.
const SHOWN: [usize; 2] = [6, 6];

/// A text in which the keys of parties and keyholders are shown by their beginnings and their ends. For people
/// who know the keys; whoever has to compare them needs them whole.
#[must_use]
pub fn shortened(text: &str) -> String {
    text.split_inclusive(char::is_whitespace).map(shortened_word).collect()
}

/// The same of a word, which may end with white space.
fn shortened_word(word: &str) -> String {
    let name = word.trim_end();
    let key = [PARTY, KEYHOLDER].iter().find_map(|prefix| {
        let key = name.strip_prefix(prefix)?.strip_prefix('1')?;
        Some((name.len() - key.len(), key))
    });
    let [first, last] = SHOWN;
    let Some((prefix, key)) = key.filter(|(_, key)| key.len() > 2 * (first + last)) else {
        return word.to_owned();
    };
    let parts = (name.get(..prefix + first), key.get(key.len() - last..), word.get(name.len()..));
    match parts {
        (Some(head), Some(tail), Some(rest)) => format!("{head}..{tail}{rest}"),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::{
        bytes::{PartyKey, Point},
        quorum::Member,
        terms::AuctionId,
    };

    #[test]
    fn nothing_but_new_lines_moves_a_terminal() {
        assert_eq!(fit_for_terminals("B\u{f6}rse\nB0  90.50\n"), "B\u{f6}rse\nB0  90.50\n");
        assert_eq!(fit_for_terminals("a\u{1b}[2J\rb\u{202e}"), "a\\u{1b}[2J\\u{d}b\\u{202e}");
    }

    #[test]
    fn what_moves_a_terminal_is_escaped_once_between_quotes() {
        assert_eq!(quoted("a\u{202e}b", 20), "\"a\\u{202e}b\"");
        assert_eq!(quoted("say \"x\"", 20), "\"say \\\"x\\\"\"");
    }

    #[test]
    fn keys_are_shortened_and_everything_else_is_left() {
        let key = PartyKey([7; 32]);
        let (party, keyholder) =
            (key.to_string(), Member { signing: key, encryption: Point([9; 32]) }.to_string());
        let id = AuctionId([3; 32]);
        let text = format!("auction {id}\nseller  {party}\n   {keyholder}\n taleaparty1x\n\u{fc}");
        let short = shortened(&text);
        let expected = format!(
            "auction {id}\nseller  {}..{}\n   {}..{}\n taleaparty1x\n\u{fc}",
            &party[..17],
            &party[party.len() - 6..],
            &keyholder[..21],
            &keyholder[keyholder.len() - 6..]
        );
        assert_eq!(short, expected);
        // Letters of more than one byte are no place to cut.
        let odd = format!("taleaparty1{}", "\u{fc}".repeat(21));
        assert!(shortened(&odd).len() <= odd.len());
    }
}
