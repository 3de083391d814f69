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

#[cfg(test)]
mod tests {
    use super::*;

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
}
