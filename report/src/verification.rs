//! The independent verifier, asked about a file.

use std::{fs::File, path::Path};
use talea_text::failure::{Code, Failure};
use talea_verifier::{Fault, Options};

/// What the independent verifier says of a transcript.
///
/// # Errors
/// `file.unreadable`, `internal`.
pub fn verify_file(path: &Path) -> Result<talea_verifier::Report, Failure> {
    asked(path, |file| talea_verifier::verify(file, &Options::default(), |_| ()))
}

/// The same, with what keyholders decrypted.
///
/// # Errors
/// As [`verify_file`].
pub fn verify_file_keeping_decryptions(path: &Path) -> Result<talea_verifier::Report, Failure> {
    asked(path, |file| talea_verifier::verify_decryptions(file, &Options::default(), |_| ()))
}

fn asked(
    path: &Path,
    verify: impl FnOnce(File) -> Result<talea_verifier::Report, Fault>,
) -> Result<talea_verifier::Report, Failure> {
    let file = File::open(path).map_err(|error| Failure::unreadable(path, error))?;
    verify(file).map_err(|fault| match fault {
        Fault::Read(error) => Failure::unreadable(path, error),
        Fault::Internal(what) => Failure::new(Code::Internal, what.to_string()),
    })
}
