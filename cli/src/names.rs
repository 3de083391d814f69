//! Public keys and auction ids as text: bech32m, so that a slip of the pen is noticed and a double
//! click takes all of it.

use crate::failure::{Code, Failure};
use bech32::{Bech32m, Hrp};
use talea_protocol::{
    bytes::{PartyKey, Point},
    quorum::Member,
    terms::AuctionId,
};

const PARTY: &str = "taleaparty";
const KEYHOLDER: &str = "taleakeyholder";
const AUCTION: &str = "taleaauction";

fn write(prefix: &str, bytes: &[u8]) -> String {
    // Neither can fail: the prefixes are short and the data too.
    let encoded = Hrp::parse(prefix).ok().map(|hrp| bech32::encode::<Bech32m>(hrp, bytes));
    encoded.and_then(Result::ok).unwrap_or_default()
}

fn read<const LEN: usize>(prefix: &str, what: &str, text: &str) -> Result<[u8; LEN], Failure> {
    let malformed = |why: String| {
        Failure::new(Code::NameMalformed, format!("{text:?} is no {what}: {why}"))
            .with_help(format!("a {what} begins with {prefix}1"))
    };
    let decoded = bech32::primitives::decode::CheckedHrpstring::new::<Bech32m>(text.trim());
    let decoded = decoded.map_err(|error| malformed(error.to_string()))?;
    if decoded.hrp().to_lowercase() != prefix {
        return Err(malformed(format!("it names something else ({}1...)", decoded.hrp())));
    }
    let bytes: Vec<u8> = decoded.byte_iter().collect();
    let found = bytes.len();
    bytes.try_into().map_err(|_| malformed(format!("it holds {found} bytes, not {LEN}")))
}

/// A party's public key: `taleaparty1...`.
#[must_use]
pub fn party(key: &PartyKey) -> String {
    write(PARTY, &key.0)
}

/// Reads a party's public key.
///
/// # Errors
/// `name.malformed`.
pub fn read_party(text: &str) -> Result<PartyKey, Failure> {
    read(PARTY, "party", text).map(PartyKey)
}

/// The public keys of a keyholder, for signing and for encryption: `taleakeyholder1...`.
#[must_use]
pub fn keyholder(member: &Member) -> String {
    write(KEYHOLDER, &[member.signing.0, member.encryption.0].concat())
}

/// Reads the public keys of a keyholder.
///
/// # Errors
/// `name.malformed`.
pub fn read_keyholder(text: &str) -> Result<Member, Failure> {
    let bytes: [u8; 64] = read(KEYHOLDER, "keyholder", text)?;
    let (mut signing, mut encryption) = ([0; 32], [0; 32]);
    signing.copy_from_slice(bytes.get(..32).unwrap_or_default());
    encryption.copy_from_slice(bytes.get(32..).unwrap_or_default());
    Ok(Member { signing: PartyKey(signing), encryption: Point(encryption) })
}

/// An auction's id: `taleaauction1...`.
#[must_use]
pub fn auction(id: &AuctionId) -> String {
    write(AUCTION, &id.0)
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
    use talea_protocol::bytes::Digest;

    #[test]
    fn names_read_back_and_slips_do_not() {
        let key = PartyKey([7; 32]);
        let name = party(&key);
        assert_eq!(read_party(&name), Ok(key));
        for at in 0..name.len() {
            let mut slip = name.clone().into_bytes();
            slip[at] = if slip[at] == b'q' { b'p' } else { b'q' };
            let slip = String::from_utf8(slip).unwrap();
            assert_eq!(read_party(&slip).unwrap_err().code, Code::NameMalformed, "{slip}");
        }
        let member = Member { signing: key, encryption: Point([9; 32]) };
        let name = keyholder(&member);
        assert_eq!(read_keyholder(&name), Ok(member));
        assert!(read_party(&name).unwrap_err().sentence.contains("something else"));
        assert!(name.len() < 140, "it fits in a mail: {}", name.len());
    }

    #[test]
    fn keys_are_shortened_and_everything_else_is_left() {
        let key = PartyKey([7; 32]);
        let (party, keyholder) =
            (party(&key), keyholder(&Member { signing: key, encryption: Point([9; 32]) }));
        let id = auction(&Digest([3; 32]));
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
