//! The independent verifier, asked about a file.

use std::path::Path;
use talea_text::failure::{Code, Failure};

/// What the independent verifier says of a transcript.
///
/// # Errors
/// `file.unreadable`, `internal`.
pub fn verify_file(path: &Path) -> Result<talea_verifier::Report, Failure> {
    let file = std::fs::File::open(path).map_err(|error| Failure::unreadable(path, error))?;
    let report = talea_verifier::verify(file, &talea_verifier::Options::default(), |_| ());
    report.map_err(|fault| match fault {
        talea_verifier::Fault::Read(error) => Failure::unreadable(path, error),
        talea_verifier::Fault::Internal(what) => Failure::new(Code::Internal, what.to_string()),
    })
}
