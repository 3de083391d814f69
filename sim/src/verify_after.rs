//! The independent verifier's word on a transcript that was just written.
//!
//! This is the one seam between the simulator and the verifier.

use crate::failure::{Code, Failure};
use std::{fs::File, io::BufReader, path::Path};
use talea_verifier::{Fault, Options, Verdict, verify};

/// Has the transcript at `path` verified, and says in one line how much was checked.
///
/// # Errors
/// `run.transcript-invalid` if the verifier refuses it, naming the check and the entry.
pub fn verify_after(path: &Path) -> Result<String, Failure> {
    let file = File::open(path).map_err(|error| Failure::unreadable(path, &error))?;
    let report =
        verify(BufReader::new(file), &Options::default(), |_| ()).map_err(|fault| match fault {
            Fault::Read(error) => Failure::unreadable(path, &error),
            Fault::Internal(what) => Failure::new(Code::RunStuck, what),
        })?;
    if report.verdict != Verdict::Valid {
        let why = match &report.failure {
            Some(failure) => {
                format!("{} at {}: {}", failure.check, failure.subject.place, failure.sentence)
            }
            None => "it has no outcome".into(),
        };
        let sentence = format!("the verifier refuses {}: {why}", path.display());
        return Err(Failure::new(Code::RunInvalid, sentence));
    }
    let performed: u64 = report.checks.iter().map(|row| row.count.performed).sum();
    Ok(format!(
        "verified: VALID, {} entries, {performed} checks performed by the independent verifier",
        report.entries
    ))
}
