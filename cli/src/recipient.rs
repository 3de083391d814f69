//! To whom age encrypts: its text, `age1...`, and the bytes of it that names of this program hold.

use crate::failure::{Code, Failure};
use bech32::{Bech32, Hrp};
use talea_parties::recipient::is_of_small_order;
use talea_protocol::opening::Recipient;

/// What the name of an age recipient begins with, before a 1.
const AGE: &str = "age";

/// The recipient of this text; nothing if it is none.
#[must_use]
pub fn read(text: &str) -> Option<Recipient> {
    let (prefix, bytes) = bech32::decode(text).ok()?;
    bytes.try_into().ok().filter(|_| prefix.as_str() == AGE).map(Recipient)
}

/// The text that age reads.
#[must_use]
pub fn text(recipient: &Recipient) -> Option<String> {
    bech32::encode::<Bech32>(Hrp::parse(AGE).ok()?, &recipient.0).ok()
}

/// Refuses one to which nothing can be encrypted.
///
/// # Errors
/// `name.malformed`.
pub fn require_usable(recipient: &Recipient) -> Result<(), Failure> {
    if !is_of_small_order(recipient) && text(recipient).is_some() {
        return Ok(());
    }
    let sentence = "nothing can be encrypted to the key in this name: everybody could read it";
    Err(Failure::new(Code::NameMalformed, sentence)
        .with_help("ask its owner for what talea key show prints"))
}
