//! Terms: from a TOML file and a CSV list of lots to the terms that the seller signs, into words, and as data.

mod data;
mod file;
mod identifier;
mod in_words;
mod lots;
#[cfg(test)]
mod markets;
mod openness;
mod prospects;
mod read;
#[cfg(test)]
mod reference;
mod time;
mod timetable;

pub use data::*;
pub use identifier::{is_cusip, is_figi, is_isin, is_like_figi};
pub use in_words::in_words;
pub use lots::{Item, read_lots_list};
pub use openness::Openness;
pub use prospects::{Hopeless, hopeless};
pub use read::{Draft, FoundList, Surroundings, read, read_with_lots};
pub use time::read as read_time;
pub use timetable::Timetable;

use crate::failure::{Code, Failure};
use talea_protocol::terms::Terms;

/// A file of terms in which every field occurs, each with what it means. What is not to be said beside the
/// rest is commented out without a blank: `#field = value`.
pub const EXAMPLE: &str = include_str!("example.toml");

/// A complaint of a field.
fn field(at: &str, why: String) -> Failure {
    Failure::new(Code::TermsField, format!("{at}: {why}"))
}

/// Fails with a complaint of a field.
///
/// # Errors
/// `terms.field`, always.
pub fn fail<T>(at: &str, why: impl std::fmt::Display) -> Result<T, Failure> {
    Err(field(at, why.to_string()))
}

/// A fault in what terms and scenarios have in common, as one of terms: it keeps its own code in its sentence.
#[must_use]
pub fn in_terms(failure: Failure) -> Failure {
    let sentence = format!("{} ({})", failure.sentence, failure.code);
    Failure { code: Code::TermsField, sentence, ..failure }
}

/// Reads the bytes of terms, as `talea terms new` writes them to a file called `name`.
///
/// # Errors
/// `terms.field`.
pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Terms, Failure> {
    borsh::from_slice(bytes).or_else(|_| {
        let why = "this is not a file of terms as \"talea terms new\" writes it";
        fail(name, why)
    })
}
