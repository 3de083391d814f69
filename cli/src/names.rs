//! Public keys and auction ids as text, as `talea_protocol::names` has them, with this program's refusals.

use crate::{
    failure::{Code, Failure},
    party::agent::Agent,
};
use std::str::FromStr;
use talea_protocol::{
    bytes::PartyKey,
    names::{KEYHOLDER, NameError, PARTY},
    quorum::Member,
    terms::AuctionId,
};

fn read<T: FromStr<Err = NameError>>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|NameError { what, prefix, why }| {
        Failure::new(Code::NameMalformed, format!("{text:?} is not a {what}: {why}"))
            .with_help(format!("a {what} begins with {prefix}1"))
    })
}

/// A party's public key: `taleaparty1...`.
#[must_use]
pub fn party(key: &PartyKey) -> String {
    key.to_string()
}

/// Reads a party's public key.
///
/// # Errors
/// `name.malformed`.
pub fn read_party(text: &str) -> Result<PartyKey, Failure> {
    read(text)
}

/// The public keys of a keyholder, for signing and for encryption: `taleakeyholder1...`.
#[must_use]
pub fn keyholder(member: &Member) -> String {
    member.to_string()
}

/// Reads the public keys of a keyholder.
///
/// # Errors
/// `name.malformed`.
pub fn read_keyholder(text: &str) -> Result<Member, Failure> {
    read(text)
}

/// Reads the public keys of an agent: `taleaagent1...`.
///
/// # Errors
/// `name.malformed`.
pub fn read_agent(text: &str) -> Result<Agent, Failure> {
    read(text)
}

/// An auction's id: `taleaauction1...`.
#[must_use]
pub fn auction(id: &AuctionId) -> String {
    id.to_string()
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
    use talea_protocol::bytes::Point;

    #[test]
    fn keys_are_shortened_and_everything_else_is_left() {
        let key = PartyKey([7; 32]);
        let (party, keyholder) =
            (party(&key), keyholder(&Member { signing: key, encryption: Point([9; 32]) }));
        let id = auction(&AuctionId([3; 32]));
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
