//! A bidder's key, as the command line keeps it.
//!
//! The page keeps the four lines that are inside a key file: `talea-key/1`, the seed of the signing key, the
//! encryption secret of a keyholder, and an age identity. A bidder needs the first secret alone; the others make
//! the file one that every command takes.

use crate::fault::Fault;
use age::secrecy::ExposeSecret as _;
use rand_core::OsRng;
use serde::Serialize;
use std::str::FromStr as _;
use talea_parties::{identity::Identity, keyholder::EncryptionSecret};
use talea_text::failure::Code;
use zeroize::Zeroizing;

const MAGIC: &str = "talea-key/1";
/// No key file holds more, in bytes.
pub(crate) const MAX_CONTENTS: usize = 1 << 12;

/// A bidder's keys, in the lines of a key file.
pub struct Key {
    signing: Zeroizing<[u8; 32]>,
    lines: Zeroizing<String>,
}

/// A key for the page to keep.
#[derive(Serialize)]
pub struct Shown<'a> {
    key: &'a str,
    party: String,
}

impl Key {
    /// New keys.
    pub fn generate() -> Self {
        let signing = Identity::generate(&mut OsRng).seed();
        let encryption = EncryptionSecret::generate(&mut OsRng).to_bytes();
        let storage = age::x25519::Identity::generate().to_string();
        let [seed, secret] =
            [&signing, &encryption].map(|bytes| Zeroizing::new(hex::encode(**bytes)));
        let lines = format!(
            "{MAGIC}\nsigning {}\nencryption {}\nstorage {}\n",
            *seed,
            *secret,
            storage.expose_secret()
        );
        Self { signing, lines: Zeroizing::new(lines) }
    }

    /// Reads the lines of a key file.
    ///
    /// # Errors
    /// `key.file`.
    pub fn read(text: &str) -> Result<Self, Fault> {
        let parse = || {
            let mut lines = text.lines();
            if text.len() > MAX_CONTENTS || lines.next()? != MAGIC {
                return None;
            }
            let mut secret = |name: &str| -> Option<Zeroizing<[u8; 32]>> {
                let mut bytes = Zeroizing::new([0; 32]);
                let hex = lines.next()?.strip_prefix(name)?.strip_prefix(' ')?;
                hex::decode_to_slice(hex, bytes.as_mut()).ok()?;
                Some(bytes)
            };
            let (signing, encryption) = (secret("signing")?, secret("encryption")?);
            EncryptionSecret::from_bytes(*encryption)?;
            age::x25519::Identity::from_str(lines.next()?.strip_prefix("storage ")?).ok()?;
            Some(Self { signing, lines: Zeroizing::new(text.to_owned()) })
        };
        parse().ok_or_else(|| Fault::new(Code::KeyFile, "this does not hold keys of Talea"))
    }

    /// The lines of its file.
    pub fn lines(&self) -> &str {
        &self.lines
    }

    /// What the page keeps of it.
    pub fn shown(&self) -> Shown<'_> {
        Shown { key: &self.lines, party: self.identity().party().to_string() }
    }

    /// Signs as this party.
    pub fn identity(&self) -> Identity {
        Identity::from_seed(&self.signing)
    }
}
