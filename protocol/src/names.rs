//! Keys and ids as people write them (spec section 4): bech32m (BIP 350), so that a slip of the pen is
//! noticed, and a double click takes all of it.
//!
//! | what | prefix | bytes |
//! |---|---|---|
//! | a party's signing key | `taleaparty` | 32 |
//! | a keyholder's keys: signing, then encryption | `taleakeyholder` | 64 |
//! | an auction's id | `taleaauction` | 32 |
//! | an auditor's key, age recipient and proof of possession | `taleaauditor` | 128 |
//!
//! Heads, roots and other hashes are names of nobody, and are written in hexadecimal.

use crate::{
    bytes::{PartyKey, Point, Scalar},
    opening::{AuditorKey, Recipient},
    quorum::Member,
    setup::CompactProof,
    terms::AuctionId,
};
use alloc::{string::String, vec::Vec};
use bech32::{Bech32m, Hrp, primitives::decode::CheckedHrpstring};
use core::{fmt, str::FromStr};

/// What a party's name begins with, before a 1.
pub const PARTY: &str = "taleaparty";
/// What a keyholder's name begins with, before a 1.
pub const KEYHOLDER: &str = "taleakeyholder";
/// What an auction's name begins with, before a 1.
pub const AUCTION: &str = "taleaauction";
/// What an auditor's name begins with, before a 1.
pub const AUDITOR: &str = "taleaauditor";

/// What is not the name that it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not a {what}, which begins with {prefix}1: {why}")]
pub struct NameError {
    /// A party, a keyholder, an auction or an auditor.
    pub what: &'static str,
    /// What such a name begins with, before a 1.
    pub prefix: &'static str,
    /// Why.
    pub why: String,
}

fn write(f: &mut fmt::Formatter<'_>, prefix: &str, bytes: &[u8]) -> fmt::Result {
    f.pad(&write_name(prefix, bytes).ok_or(fmt::Error)?)
}

/// A name with this prefix that holds these bytes. Nothing if either is too long for one; none of the names
/// above is.
pub fn write_name(prefix: &str, bytes: &[u8]) -> Option<String> {
    bech32::encode::<Bech32m>(Hrp::parse(prefix).ok()?, bytes).ok()
}

/// The bytes that a name with this prefix holds.
///
/// # Errors
/// [`NameError`], which calls it a `what`.
pub fn read_name<const LENGTH: usize>(
    prefix: &'static str,
    what: &'static str,
    text: &str,
) -> Result<[u8; LENGTH], NameError> {
    let error = |why: String| NameError { what, prefix, why };
    let decoded = CheckedHrpstring::new::<Bech32m>(text.trim());
    let decoded = decoded.map_err(|fault| error(alloc::format!("{fault}")))?;
    if decoded.hrp().to_lowercase() != prefix {
        return Err(error(alloc::format!("it names something else ({}1...)", decoded.hrp())));
    }
    let bytes: Vec<u8> = decoded.byte_iter().collect();
    let found = bytes.len();
    bytes.try_into().map_err(|_| error(alloc::format!("expected {LENGTH} bytes, found {found}")))
}

impl fmt::Display for PartyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, PARTY, &self.0)
    }
}

impl FromStr for PartyKey {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        read_name(PARTY, "party", text).map(Self)
    }
}

impl fmt::Display for AuctionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, AUCTION, &self.0)
    }
}

impl FromStr for AuctionId {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        read_name(AUCTION, "auction", text).map(Self)
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, KEYHOLDER, &[self.signing.0, self.encryption.0].concat())
    }
}

impl FromStr for Member {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let bytes: [u8; 64] = read_name(KEYHOLDER, "keyholder", text)?;
        let (mut signing, mut encryption) = ([0; 32], [0; 32]);
        signing.copy_from_slice(bytes.get(..32).unwrap_or_default());
        encryption.copy_from_slice(bytes.get(32..).unwrap_or_default());
        Ok(Self { signing: PartyKey(signing), encryption: Point(encryption) })
    }
}

impl fmt::Display for AuditorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { point, recipient, possession: CompactProof { challenge, response } } = self;
        write(f, AUDITOR, &[point.0, recipient.0, challenge.0, response.0].concat())
    }
}

impl FromStr for AuditorKey {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let bytes: [u8; 128] = read_name(AUDITOR, "auditor", text)?;
        let mut parts = [[0; 32]; 4];
        parts.as_flattened_mut().copy_from_slice(&bytes);
        let [point, recipient, challenge, response] = parts;
        Ok(Self {
            point: Point(point),
            recipient: Recipient(recipient),
            possession: CompactProof { challenge: Scalar(challenge), response: Scalar(response) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn names_read_back_and_slips_do_not() {
        let key = PartyKey([7; 32]);
        let name = key.to_string();
        assert_eq!(name.parse(), Ok(key));
        assert_eq!(name.to_uppercase().parse(), Ok(key));
        for at in 0..name.len() {
            let mut slip = name.clone().into_bytes();
            slip[at] = if slip[at] == b'q' { b'p' } else { b'q' };
            let slip = String::from_utf8(slip).unwrap();
            assert!(slip.parse::<PartyKey>().is_err(), "{slip}");
        }
        let member = Member { signing: key, encryption: Point([9; 32]) };
        let name = member.to_string();
        assert_eq!(name.parse(), Ok(member));
        assert!(name.parse::<PartyKey>().unwrap_err().why.contains("something else"));
        assert!(name.len() < 140, "it fits in a mail: {}", name.len());
        let id = AuctionId([7; 32]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.to_string().parse::<PartyKey>().is_err());
    }

    #[test]
    fn an_auditors_name_reads_back_and_slips_do_not() {
        let possession = CompactProof { challenge: Scalar([3; 32]), response: Scalar([4; 32]) };
        let (point, recipient) = (Point([1; 32]), Recipient([2; 32]));
        let name = AuditorKey { point, recipient, possession }.to_string();
        assert!(name.starts_with("taleaauditor1") && name.len() < 240, "{}", name.len());
        assert_eq!(name.parse(), Ok(AuditorKey { point, recipient, possession }));
        assert!(name.parse::<PartyKey>().is_err());
        for at in 0..name.len() {
            let mut slip = name.clone().into_bytes();
            slip[at] = if slip[at] == b'q' { b'p' } else { b'q' };
            assert!(String::from_utf8(slip).unwrap().parse::<AuditorKey>().is_err(), "{at}");
        }
    }
}
