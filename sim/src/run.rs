//! Plays one scenario: cast, play, audit.

use crate::{
    auditor,
    failure::{Code, Failure},
    play::{self, PlayError},
    scenario::Scenario,
    seed,
};
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};
use talea_parties::board::BoardError;
use talea_protocol::{bytes::PartyKey, terms::Terms};

/// A scenario that was played.
pub struct Run {
    /// The seed that everything followed from.
    pub seed: u64,
    /// The terms.
    pub terms: Terms,
    /// Everybody's name: bidders, keyholders, then those of every auction.
    pub names: Vec<(PartyKey, String)>,
    /// What was played.
    pub played: play::Played,
}

/// Plays a scenario from a seed into `transcript`, and compares the outcome with the bids in the
/// clear. `number` tells the plays of one seed apart.
///
/// # Errors
/// [`Failure`] if a party cannot go on, the transcript cannot be written, or the outcome is not
/// the one that the bids imply.
pub fn run<W: Write>(
    scenario: &Scenario,
    (seed, number): (u64, u64),
    transcript: W,
) -> Result<Run, Failure> {
    let rng = &mut seed::generator(seed, number);
    let (cast, plan) = scenario.cast(rng)?;
    let names = scenario.names(&cast);
    let bidders: Vec<PartyKey> =
        (0..scenario.bidders.len()).filter_map(|index| cast.bidder(index)).collect();
    let played = play::play(cast, &plan, transcript, rng).map_err(play_failure)?;
    let differences = auditor::differences(&plan, &bidders, &played.outcome);
    if !differences.is_empty() {
        return Err(Failure::new(Code::RunDiffers, differences.join("; ")));
    }
    Ok(Run { seed, terms: plan.terms, names, played })
}

/// Why a play stopped, told apart by whose fault it is.
#[must_use]
pub fn play_failure(error: PlayError) -> Failure {
    let code = match &error {
        PlayError::Board(BoardError::Write(_)) => Code::FileUnwritable,
        PlayError::Board(BoardError::Refused(_))
        | PlayError::Bid(_)
        | PlayError::Keyholder(_)
        | PlayError::TooLarge(_)
        | PlayError::Terms(_) => Code::RunRefused,
        PlayError::NoBidder(_) | PlayError::Stuck => Code::RunStuck,
    };
    Failure::new(code, error.to_string())
}

/// Writes a file by way of one beside it, which takes its place when `fill` succeeds. Nothing is
/// left behind otherwise.
///
/// # Errors
/// That of `fill`, or `file.unwritable`.
pub fn write_whole<T>(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let unwritable = |error: io::Error| Failure::unwritable(path, &error);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let partial: PathBuf = path.with_file_name(name);
    let mut writer = BufWriter::new(File::create(&partial).map_err(unwritable)?);
    let filled = fill(&mut writer);
    let flushed = writer.flush();
    drop(writer);
    let done = filled.and_then(|value| {
        flushed.and_then(|()| fs::rename(&partial, path)).map_err(unwritable)?;
        Ok(value)
    });
    if done.is_err() {
        // It may be gone already; the failure that matters is the first.
        let _ = fs::remove_file(&partial);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.talea");
        let failure = write_whole(&path, |writer| {
            writer.write_all(b"half").unwrap();
            Err::<(), _>(Failure::new(Code::RunStuck, "stop"))
        });
        assert_eq!(failure.unwrap_err().code, Code::RunStuck);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

        let unwritable = |error| Failure::unwritable(&path, &error);
        write_whole(&path, |writer| writer.write_all(b"whole").map_err(unwritable)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_not_there_cannot_be_written_to() {
        let failure = write_whole(Path::new("/nonexistent/x.talea"), |_| Ok(())).unwrap_err();
        assert_eq!(failure.code, Code::FileUnwritable);
        assert_eq!(failure.code.exit().status(), 4);
    }
}
