//! The folder of a board: where everything stands, and how an instruction gets in.

use crate::{
    board::share::{Part, Share},
    failure::{Code, Failure},
    files::{self, Readers},
    say::{excerpt, say},
};
use rand_core::{OsRng, RngCore as _};
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use talea_protocol::{bytes::Digest, limits::MAX_INSTRUCTION_BYTES};

/// The largest answer, in bytes.
const MAX_ANSWER: u64 = 1 << 16;
/// The most characters of a check's number, and of a sentence, that are shown of an answer.
const SHOWN: [usize; 2] = [16, 400];

/// What became of an instruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It is in the transcript.
    Accepted {
        /// Which entry it is, from 1.
        entry: u64,
        /// In which slot.
        slot: u64,
    },
    /// The rules refused it; nothing changed.
    Refused {
        /// The check, such as `C3`.
        check: String,
        /// Why.
        sentence: String,
    },
}

impl Answer {
    /// The same answer in words that anybody may be shown: a stranger may have written it.
    fn fit_to_show(self) -> Self {
        match self {
            Self::Refused { check, sentence } => {
                let [of_check, of_sentence] = SHOWN;
                Self::Refused {
                    check: excerpt(&check, of_check),
                    sentence: excerpt(&sentence, of_sentence),
                }
            }
            Self::Accepted { .. } => self,
        }
    }
}

/// The folder of a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    path: PathBuf,
    /// Whom it is shared with, if anything was said.
    share: Option<Share>,
}

impl Folder {
    /// The folder at this path, whether or not it holds a board.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), share: None }
    }

    /// The same, shared as this says once it is made; as the umask says if this says nothing.
    #[must_use]
    pub fn shared(self, share: Option<Share>) -> Self {
        Self { share, ..self }
    }

    /// Makes the folders of a board that is not there yet.
    ///
    /// # Errors
    /// `file.exists` if a transcript is there, `file.unwritable`.
    pub fn create(&self) -> Result<(), Failure> {
        if self.transcript().exists() {
            let sentence = format!("{} already holds an auction", self.path.display());
            return Err(Failure::new(Code::FileExists, sentence)
                .with_help("use another folder: a folder holds one auction"));
        }
        fs::create_dir_all(&self.path).map_err(|error| Failure::unwritable(&self.path, error))?;
        // What is in it takes its group.
        self.share_out(Part::Whole)?;
        [Part::Inbox, Part::Answers].into_iter().try_for_each(|part| self.ready(part))
    }

    /// Shares again what is there, as was said, whatever it was before. What strangers have put in the place
    /// of a folder in it is said, and left.
    ///
    /// # Errors
    /// `file.unwritable`, if the folder itself cannot be shared.
    pub fn share_again(&self) -> Result<(), Failure> {
        if self.share.is_none() {
            return Ok(());
        }
        self.share_out(Part::Whole)?;
        for part in [Part::Inbox, Part::Answers] {
            if let Err(failure) = self.ready(part) {
                say(&failure.sentence);
            }
        }
        Ok(())
    }

    fn ready(&self, part: Part) -> Result<(), Failure> {
        let place = self.place(part);
        if place.symlink_metadata().is_err() {
            fs::create_dir(&place).map_err(|error| Failure::unwritable(&place, error))?;
        }
        self.share_out(part)
    }

    /// Makes one of the folders in it that is missing.
    ///
    /// # Errors
    /// Those of the system.
    pub fn make(&self, part: Part) -> io::Result<()> {
        fs::create_dir(self.place(part))?;
        self.apply_share(part)
    }

    fn share_out(&self, part: Part) -> Result<(), Failure> {
        self.apply_share(part).map_err(|error| {
            Failure::unwritable(&self.place(part), error)
                .with_help("only the user who owns the folder and runs the board can share it")
        })
    }

    fn apply_share(&self, part: Part) -> io::Result<()> {
        let Some(share) = self.share else { return Ok(()) };
        share.apply(&self.place(part), part, Share::group_of(&self.path)?)
    }

    /// Where one of its folders is.
    #[must_use]
    pub fn place(&self, part: Part) -> PathBuf {
        match part {
            Part::Whole => self.path.clone(),
            Part::Inbox => self.inbox(),
            Part::Answers => self.answers(),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The transcript.
    #[must_use]
    pub fn transcript(&self) -> PathBuf {
        self.path.join("transcript.talea")
    }

    /// The signed checkpoints.
    #[must_use]
    pub fn checkpoints(&self) -> PathBuf {
        self.path.join("checkpoints")
    }

    /// Where instructions wait.
    #[must_use]
    pub fn inbox(&self) -> PathBuf {
        self.path.join("inbox")
    }

    /// What became of them.
    #[must_use]
    pub fn answers(&self) -> PathBuf {
        self.path.join("answers")
    }

    /// Hands an instruction in, whole. Handing in the same bytes twice is handing them in once. Whatever
    /// strangers put in the place of its name, it gets in: the board takes any name.
    ///
    /// # Errors
    /// `file.unwritable`.
    pub fn hand_in(&self, instruction: &[u8]) -> Result<Digest, Failure> {
        let id = Digest::of(&[instruction]);
        let path = self.inbox().join(hex::encode(id.0));
        // What waits already has its place in the line.
        let is_there = is_file(&path)
            && files::read_strangers(&path, MAX_INSTRUCTION_BYTES as u64)
                .is_some_and(|bytes| bytes == instruction);
        if is_there {
            return Ok(id);
        }
        // A name that is taken is left to whoever took it: the board may be about to remove what it names.
        let name = hex::encode(id.0);
        let is_taken = path.symlink_metadata().is_ok();
        let other = || self.inbox().join(format!("{name}-{:016x}", OsRng.next_u64()));
        let path = if is_taken { other() } else { path };
        files::replace(&path, instruction, Readers::Everybody).map_err(|error| {
            let failure = Failure::unwritable(&path, &error);
            if error.kind() != io::ErrorKind::PermissionDenied {
                return failure;
            }
            failure.with_help(
                "this user may not write into the inbox; the user who runs the board can allow it with \
                 talea board run --share group, or --share everybody",
            )
        })?;
        Ok(id)
    }

    /// Whether an instruction still waits, as far as the names in the inbox say so.
    #[must_use]
    pub fn waits(&self, id: &Digest) -> bool {
        let name = hex::encode(id.0);
        let path = self.inbox().join(&name);
        if is_file(&path) {
            return true;
        }
        // If something else has its name, it may wait under another one.
        path.symlink_metadata().is_ok()
            && fs::read_dir(self.inbox()).into_iter().flatten().flatten().any(|item| {
                let other = item.file_name();
                let is_for_it = other.to_str().and_then(|other| other.strip_prefix(&name));
                is_for_it.is_some_and(|rest| rest.starts_with('-')) && is_file(&item.path())
            })
    }

    /// What lies in the place of an answer to this instruction, whenever and by whomever it was given. It
    /// is no proof of anything; what counts is in the transcript. Its words are fit to be shown.
    #[must_use]
    pub fn answer(&self, id: &Digest) -> Option<Answer> {
        let bytes = files::read_strangers(&self.answers().join(hex::encode(id.0)), MAX_ANSWER)?;
        let answer: Answer = serde_json::from_slice(&bytes).ok()?;
        Some(answer.fit_to_show())
    }
}

/// Whether a file lies here, and no link to one.
fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::shared::{Name, Shared};

    fn folder() -> (tempfile::TempDir, Folder) {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::new(temporary.path());
        folder.create().unwrap();
        (temporary, folder)
    }

    fn waiting(folder: &Folder) -> Vec<PathBuf> {
        fs::read_dir(folder.inbox()).unwrap().map(|item| item.unwrap().path()).collect()
    }

    #[test]
    fn what_is_handed_in_waits_once_until_it_is_taken_out() {
        let (_temporary, folder) = folder();
        let id = folder.hand_in(b"bytes").unwrap();
        let name = hex::encode(id.0);
        let modified = || fs::metadata(folder.inbox().join(&name)).unwrap().modified().unwrap();
        let first = modified();
        assert_eq!(folder.hand_in(b"bytes").unwrap(), id);
        assert_eq!(waiting(&folder), [folder.inbox().join(&name)]);
        assert_eq!(modified(), first, "it keeps its place");
        assert!(folder.waits(&id));
        let inbox = Shared::open(&folder.inbox()).unwrap();
        inbox.remove(&Name::of_hash(id.0)).unwrap();
        assert!(!folder.waits(&id));
        // Other bytes under its name are not it, and stay.
        fs::write(folder.inbox().join(&name), "other").unwrap();
        folder.hand_in(b"bytes").unwrap();
        let mut found: Vec<Vec<u8>> =
            waiting(&folder).into_iter().map(|path| fs::read(path).unwrap()).collect();
        found.sort();
        assert_eq!(found, [b"bytes".to_vec(), b"other".to_vec()]);
    }

    #[test]
    fn a_name_in_the_way_keeps_nobody_out() {
        let (_temporary, folder) = folder();
        let id = Digest::of(&[b"bytes"]);
        let blocked = folder.inbox().join(hex::encode(id.0));
        fs::create_dir_all(blocked.join("full")).unwrap();
        assert!(!folder.waits(&id));
        assert_eq!(folder.hand_in(b"bytes").unwrap(), id);
        assert!(folder.waits(&id));
        let other = waiting(&folder).into_iter().find(|path| *path != blocked).unwrap();
        assert_eq!(fs::read(&other).unwrap(), b"bytes");
        fs::remove_file(other).unwrap();
        assert!(!folder.waits(&id));
        fs::remove_dir_all(folder.inbox()).unwrap();
        assert_eq!(folder.hand_in(b"bytes").unwrap_err().code, Code::FileUnwritable);
    }

    #[test]
    fn an_answers_words_are_fit_to_be_shown() {
        let (_temporary, folder) = folder();
        let id = Digest([7; 32]);
        let words = format!("\u{1b}[2J\u{7}\r\n\u{202e}{}", "long ".repeat(1_000));
        let answer = Answer::Refused { check: words.clone(), sentence: words };
        let given = serde_json::to_vec(&answer).unwrap();
        fs::write(folder.answers().join(hex::encode(id.0)), given).unwrap();
        let Some(Answer::Refused { check, sentence }) = folder.answer(&id) else { panic!() };
        assert!(check.starts_with("\\u{1b}[2J\\u{7}") && sentence.ends_with('…'), "{sentence}");
        assert_eq!([check, sentence].map(|text| text.chars().count()), SHOWN.map(|most| most + 1));
        fs::write(folder.answers().join(hex::encode(id.0)), "{}").unwrap();
        assert_eq!(folder.answer(&id), None);
    }
}
