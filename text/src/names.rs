//! Public keys and auction ids as text, as `talea_protocol::names` has them, with their failures.

use crate::failure::{Code, Failure};
use std::str::FromStr;
use talea_protocol::{bytes::PartyKey, names::NameError, quorum::Member, terms::AuctionId};

pub use crate::shown::shortened;

/// Reads a name of any kind.
///
/// # Errors
/// `name.malformed`.
pub fn read<T: FromStr<Err = NameError>>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|NameError { what, prefix, why }| {
        Failure::new(Code::NameMalformed, format!("{text:?} is no {what}: {why}"))
            .with_help(format!("the name of one begins with {prefix}1"))
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

/// The beginning and the end of a party's name.
#[must_use]
pub fn short(party: &PartyKey) -> String {
    shortened(&self::party(party))
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

/// An auction's id: `taleaauction1...`.
#[must_use]
pub fn auction(id: &AuctionId) -> String {
    id.to_string()
}
