//! Requests about key files.

use super::{Answer, bytes, only};
use crate::{key::Key, locks};
use serde::Deserialize;

/// What can be asked.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// New keys.
    New,
    /// A key file.
    Lock { key: String, passphrase: String },
    /// The keys in the key file that comes with it.
    Unlock { passphrase: String },
}

/// Answers.
pub fn serve(request: Request, payload: &[u8]) -> Answer {
    match request {
        Request::New => only(Key::generate().shown()),
        Request::Lock { key, passphrase } => bytes(locks::lock(&Key::read(&key)?, passphrase)?),
        Request::Unlock { passphrase } => only(locks::unlock(payload, passphrase)?.shown()),
    }
}
