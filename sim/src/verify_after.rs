//! The independent verifier's word on a transcript that was just written.
//!
//! This is the one seam between the simulator and the verifier.

use crate::failure::{Code, Failure};
use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
};
use talea_verifier::{Fault, Options, Progress, Verdict, verify};

/// Has the transcript at `path` verified, and says in one line how much was checked.
///
/// # Errors
/// `run.transcript-invalid` if the verifier refuses it, naming the check and the entry.
pub fn verify_after(path: &Path) -> Result<String, Failure> {
    let file = File::open(path).map_err(|error| Failure::unreadable(path, &error))?;
    let verified = verify_transcript(BufReader::new(file), path, &Options::default(), |_| ())?;
    Ok(format!(
        "verified: VALID, {} entries, {} checks performed by the independent verifier",
        verified.entries, verified.checks
    ))
}

/// How much of a valid transcript was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Entries of the transcript.
    pub entries: u64,
    /// Checks that the verifier performed.
    pub checks: u64,
}

/// Has a transcript verified that is called `name`; `progress` hears how far it has come.
///
/// # Errors
/// As [`verify_after`].
pub fn verify_transcript(
    transcript: impl Read,
    name: &Path,
    options: &Options,
    progress: impl FnMut(Progress),
) -> Result<Verified, Failure> {
    let report = verify(transcript, options, progress).map_err(|fault| match fault {
        Fault::Read(error) => Failure::unreadable(name, &error),
        Fault::Internal(what) => Failure::new(Code::RunStuck, what),
    })?;
    if report.verdict != Verdict::Valid {
        let why = match &report.failure {
            Some(failure) => {
                format!("{} at {}: {}", failure.check, failure.subject.place, failure.sentence)
            }
            None => "it has no outcome".into(),
        };
        let sentence = format!("the verifier refuses {}: {why}", name.display());
        return Err(Failure::new(Code::RunInvalid, sentence));
    }
    let checks = report.checks.iter().map(|row| row.count.performed).sum();
    Ok(Verified { entries: report.entries, checks })
}
