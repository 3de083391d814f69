//! What an auditor is shown: bids that their bidders open to it alone, and what keyholders decrypted (spec
//! section 20).

pub(crate) mod decryptions;
pub(crate) mod notices;
pub(crate) mod open;
pub(crate) mod read;

use crate::{
    board::{access::path_of, folder::Folder},
    failure::{Code, Failure},
    replica::Replay,
};
use std::{
    fs,
    path::{Path, PathBuf},
};
use talea_protocol::{bytes::printable, terms::Lot};
use talea_verifier::{Report, Verdict};

/// The transcript at what somebody wrote: a file, or that of a board.
fn transcript_of(written: &Path) -> Result<PathBuf, Failure> {
    let transcript = transcript_in(&path_of(written)?);
    // It is read twice, by both verifications, and of a pipe the second would find nothing.
    let is_pipe = |found: fs::Metadata| !found.is_file() && !found.is_dir();
    if transcript.metadata().is_ok_and(is_pipe) {
        let sentence =
            format!("{} is no file: a transcript is read more than once", transcript.display());
        return Err(Failure::new(Code::FileUnreadable, sentence).with_help("copy it into a file"));
    }
    Ok(transcript)
}

fn transcript_in(path: &Path) -> PathBuf {
    if path.is_dir() { Folder::new(path).transcript() } else { path.to_owned() }
}

/// A transcript that the independent verifier does not refuse, with its report.
fn verified(
    transcript: &Path,
    verify: impl FnOnce(&Path) -> Result<Report, Failure>,
) -> Result<Report, Failure> {
    let report = verify(transcript)?;
    match (&report.failure, report.verdict) {
        (None, Verdict::Valid | Verdict::Undecided) => Ok(report),
        (failure, _) => {
            let why = failure.as_ref().map_or_else(
                || "it is not valid".to_owned(),
                |failure| format!("{}, {}", failure.check, printable(&failure.sentence)),
            );
            let sentence = format!("{} is INVALID: {why}", transcript.display());
            Err(Failure::new(Code::BoardInvalid, sentence)
                .with_help("talea verify says where; nothing can be audited against it"))
        }
    }
}

/// A lot by its identifier, or by its number.
fn lot_of<'a>(replay: &'a Replay, name: &str) -> Result<(u32, &'a Lot), Failure> {
    let lots = || (0u32..).zip(replay.auction().terms().lots.iter());
    let found = lots().find(|(_, lot)| lot.identifier.as_str() == name);
    let found = found.or_else(|| lots().find(|(number, _)| number.to_string() == name));
    found.ok_or_else(|| Failure::new(Code::LotUnknown, format!("there is no lot {name:?}")))
}
