//! Files that come from outside, bounded.

use crate::failure::{Code, Failure};
use std::{fs::File, io::Read as _, path::Path};

/// Bytes of a file that is read whole.
pub const MAX_FILE_BYTES: u64 = 1 << 26;

/// Reads a file of at most [`MAX_FILE_BYTES`].
///
/// # Errors
/// `file.unreadable`, or `file.too-large` before more than that is read.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error| Failure::unreadable(path, error);
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_FILE_BYTES {
        let sentence = format!("{} is larger than {MAX_FILE_BYTES} bytes", path.display());
        return Err(Failure::new(Code::FileTooLarge, sentence));
    }
    Ok(bytes)
}

/// Reads a file of text.
///
/// # Errors
/// As [`read`], or `file.encoding`.
pub fn read_text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(read(path)?).map_err(|_| {
        Failure::new(Code::FileEncoding, format!("{} is not UTF-8 text", path.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_unreadable() {
        let failure = read(Path::new("/nonexistent/talea")).unwrap_err();
        assert_eq!(failure.code, Code::FileUnreadable);
        assert_eq!(failure.code.exit().status(), 4);
    }
}
