//! Terms: from a TOML file and a CSV list of lots to the bytes that the seller signs, into words, and as data.

mod data;
mod file;
mod identifier;
mod in_words;
mod lots;
pub mod nobody;
mod prospects;
mod read;
#[cfg(test)]
mod reference;
mod time;
mod timetable;

pub use data::*;
pub use identifier::{is_cusip, is_isin};
pub use in_words::in_words;
pub(crate) use lots::read_lots_file;
pub use nobody::{has_no_custodian, nobody};
pub(crate) use prospects::hopeless;
pub use read::{Draft, from_text, read};
pub(crate) use time::read as read_time;
pub(crate) use timetable::Timetable;

use crate::{
    failure::{Code, Failure},
    files,
};
use std::path::Path;
use talea_protocol::{limits::MAX_TERMS_BYTES, terms::Terms};

/// The largest file of terms, or list of lots, in bytes.
const MAX_FILE: u64 = 4 << 20;

/// A file of terms in which every field occurs, each with what it means. What is not to be said beside the
/// rest is commented out without a blank: `#field = value`.
pub const EXAMPLE: &str = include_str!("example.toml");

/// A complaint of a field.
fn field(at: &str, why: String) -> Failure {
    Failure::new(Code::TermsField, format!("{at}: {why}"))
}

pub(crate) fn fail<T>(at: &str, why: impl std::fmt::Display) -> Result<T, Failure> {
    Err(field(at, why.to_string()))
}

/// Reads the bytes of terms, as `talea terms new` wrote them.
///
/// # Errors
/// `terms.field`, `file.*`.
pub fn read_bytes(path: &Path) -> Result<Terms, Failure> {
    let bytes = files::read(path, MAX_TERMS_BYTES as u64)?;
    borsh::from_slice(&bytes).or_else(|_| {
        let why = "this is not a file of terms as \"talea terms new\" writes it";
        fail(&path.display().to_string(), why)
    })
}
