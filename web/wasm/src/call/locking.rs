//! Requests about key files.

use super::{Answer, bytes, only};
use crate::{key::Key, locks};
use serde::Deserialize;

/// What can be asked.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// New keys.
    NewKey,
    /// A key file.
    LockKey { key: String, passphrase: String },
    /// The keys in the key file that comes with it.
    UnlockKey { passphrase: String },
}

/// Answers.
pub fn serve(request: Request, payload: &[u8]) -> Answer {
    match request {
        Request::NewKey => only(Key::generate().shown()),
        Request::LockKey { key, passphrase } => bytes(locks::lock(&Key::read(&key)?, passphrase)?),
        Request::UnlockKey { passphrase } => only(locks::unlock(payload, passphrase)?.shown()),
    }
}
