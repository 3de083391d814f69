//! Requests about key files.

use super::{Answer, only};
use crate::{key::Key, locks};
use serde::Deserialize;
use serde_json::{Value, json};

/// What can be asked.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
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
    let shown = |key: &Key| {
        only(json!({ "key": key.lines(), "party": key.identity().party().to_string() }))
    };
    match request {
        Request::NewKey => shown(&Key::generate()),
        Request::LockKey { key, passphrase } => {
            Ok((Value::Null, locks::lock(&Key::read(&key)?, passphrase)?))
        }
        Request::UnlockKey { passphrase } => shown(&locks::unlock(payload, passphrase)?),
    }
}
