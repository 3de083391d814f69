//! To whom age encrypts: its text, `age1...`, and the bytes of it that names of this program hold.

use bech32::{Bech32, Hrp};
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
