//! Passphrases that are made and not thought of: ten words of a list of 2,048, as age's own tool makes them.

use crate::failure::{Code, Failure};
use age::secrecy::SecretString;
use rand_core::{OsRng, RngCore as _};
use std::io::{self, IsTerminal as _, Write as _};
use zeroize::Zeroizing;

/// How many words: 11 bits each, 110 in all.
const WORDS: usize = 10;

/// Draws a passphrase: words in lower case, with a hyphen between them.
#[must_use]
pub fn draw() -> SecretString {
    let list = bip39::Language::English.word_list();
    let mut text = Zeroizing::new(String::with_capacity(WORDS * 9));
    for _ in 0..WORDS {
        // 2,048 divides 2^32, so every word is as likely as any other.
        let at = usize::try_from(OsRng.next_u32()).unwrap_or_default() % list.len();
        if !text.is_empty() {
            text.push('-');
        }
        text.push_str(list.get(at).copied().unwrap_or_default());
    }
    SecretString::from(text.as_str().to_owned())
}

/// Shows a secret on the terminal, and nowhere else: what goes to stderr may be kept.
///
/// # Errors
/// `key.passphrase` if there is no terminal.
pub fn show(text: &str) -> Result<(), Failure> {
    let nowhere = |error: io::Error| {
        let sentence = format!("there is no terminal to show the new passphrase on: {error}");
        Failure::new(Code::KeyPassphrase, sentence)
            .with_help("use --passphrase-file FILE to write it into a new file")
    };
    #[cfg(unix)]
    let terminal = std::fs::OpenOptions::new().write(true).open("/dev/tty");
    #[cfg(not(unix))]
    let terminal = Ok(io::stderr());
    let mut terminal = terminal.map_err(nowhere)?;
    if !terminal.is_terminal() {
        return Err(nowhere(io::ErrorKind::NotConnected.into()));
    }
    writeln!(terminal, "{text}").map_err(nowhere)
}

#[cfg(test)]
mod tests {
    use super::*;
    use age::secrecy::ExposeSecret as _;
    use std::collections::BTreeSet;

    #[test]
    fn ten_words_of_a_list_of_two_thousand_and_never_the_same() {
        let list: BTreeSet<&str> = bip39::Language::English.word_list().iter().copied().collect();
        assert_eq!(list.len(), 2_048);
        let drawn: Vec<SecretString> = (0..50).map(|_| draw()).collect();
        let texts: BTreeSet<&str> = drawn.iter().map(|secret| secret.expose_secret()).collect();
        assert_eq!(texts.len(), drawn.len());
        let mut words = BTreeSet::new();
        for text in texts {
            let split: Vec<&str> = text.split('-').collect();
            assert!(split.len() == WORDS && split.iter().all(|word| list.contains(word)), "{text}");
            words.extend(split);
        }
        // Five hundred draws that all came from a small part of the list would show here.
        assert!(words.len() > 350, "{}", words.len());
    }
}
