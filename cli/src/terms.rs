//! Files of terms: read from where they stand, with the clock and the randomness that they need.

use crate::{board::clock, failure::Failure, files, lists};
use rand_core::{OsRng, RngCore as _};
use std::path::Path;
use talea_protocol::{
    limits::MAX_TERMS_BYTES,
    terms::{Money, Terms},
};

pub use talea_text::terms::*;

/// The largest file of terms, in bytes.
const MAX_FILE: u64 = 4 << 20;

/// Reads a file of terms; a list of lots that it names stands beside it.
///
/// # Errors
/// `terms.field`, `name.malformed`, `file.*`.
pub fn read(path: &Path) -> Result<Draft, Failure> {
    let (name, text) = text_of(path)?;
    from_text(&name, &text, path.parent().unwrap_or(Path::new("")))
}

/// What a file is called, and its text.
fn text_of(path: &Path) -> Result<(String, String), Failure> {
    let bytes = files::read(path, MAX_FILE)?;
    let name = path.display().to_string();
    let text = String::from_utf8(bytes).or_else(|_| fail(&name, "the file is not UTF-8 text"))?;
    Ok((name, text))
}

fn nonce() -> [u8; 32] {
    let mut nonce = [0; 32];
    OsRng.fill_bytes(&mut nonce);
    nonce
}

/// Reads the text of a file of terms called `name`; a list of lots that it names stands in `folder`.
///
/// # Errors
/// As [`read()`].
pub fn from_text(name: &str, text: &str, folder: &Path) -> Result<Draft, Failure> {
    let list = |name: &str| {
        let path = folder.join(name);
        Ok(FoundList { name: path.display().to_string(), bytes: lists::bytes(&path)? })
    };
    let around = Surroundings { now: clock::now(), nonce: nonce(), list: &list };
    talea_text::terms::read(name, text, &around)
}

/// Reads a file of terms that names no lots, with the lots of a CSV list in memory.
///
/// # Errors
/// As [`read()`].
pub(crate) fn with_lots(
    path: &Path,
    lots: &FoundList,
    money: impl FnOnce(Option<Money>) -> Result<Option<Money>, Failure>,
) -> Result<Draft, Failure> {
    let (name, text) = text_of(path)?;
    let around = Surroundings { now: clock::now(), nonce: nonce(), list: &|_| Ok(lots.clone()) };
    talea_text::terms::read_with_lots(&name, &text, money, &around)
}

/// Reads a CSV list of lots.
///
/// # Errors
/// `terms.field`, `file.*`.
pub(crate) fn read_lots_file(path: &Path) -> Result<Vec<Item>, Failure> {
    read_lots_list(&path.display().to_string(), &lists::bytes(path)?)
}

/// Reads the bytes of terms, as `talea terms new` wrote them.
///
/// # Errors
/// `terms.field`, `file.*`.
pub fn read_bytes(path: &Path) -> Result<Terms, Failure> {
    let bytes = files::read(path, MAX_TERMS_BYTES as u64)?;
    from_bytes(&path.display().to_string(), &bytes)
}
