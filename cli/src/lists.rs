//! CSV files that people hand in, lists of lots and of bids.

use crate::{
    failure::{Code, Failure},
    files,
};
use std::path::Path;

pub(crate) use talea_text::lists::{List, ListRow};

/// The largest list, in bytes.
const MAX_LIST: u64 = 4 << 20;

/// The bytes of a list.
///
/// # Errors
/// `file.*`.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    files::read(path, MAX_LIST)
}

/// Reads a list that has the needed columns and any of the optional ones. Complaints bear `code`.
pub(crate) fn read(
    path: &Path,
    needed: &[&'static str],
    optional: &[&'static str],
    code: Code,
) -> Result<List, Failure> {
    List::read(&path.display().to_string(), &bytes(path)?, needed, optional, code)
}
