//! The folder of a board: where everything stands, and how an instruction gets in.

use crate::{
    failure::{Code, Failure},
    files::{self, Readers},
};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
};
use talea_protocol::{bytes::Digest, limits::MAX_INSTRUCTION_BYTES};

/// The largest answer, in bytes.
const MAX_ANSWER: u64 = 1 << 16;

/// What became of an instruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It stands in the transcript.
    Accepted {
        /// Which entry it is, from 0.
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

/// The folder of a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at this path, whether or not it holds a board.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Makes the folders of a board that is not there yet.
    ///
    /// # Errors
    /// `file.exists` if a transcript is there, `file.unwritable`.
    pub fn create(&self) -> Result<(), Failure> {
        if self.transcript().exists() {
            let sentence = format!("{} holds an auction already", self.0.display());
            return Err(Failure::new(Code::FileExists, sentence)
                .with_help("take another folder: one holds one auction"));
        }
        for folder in [self.inbox(), self.answers()] {
            fs::create_dir_all(&folder).map_err(|error| Failure::unwritable(&folder, error))?;
        }
        Ok(())
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The transcript.
    #[must_use]
    pub fn transcript(&self) -> PathBuf {
        self.0.join("transcript.talea")
    }

    /// The signed checkpoints.
    #[must_use]
    pub fn checkpoints(&self) -> PathBuf {
        self.0.join("checkpoints")
    }

    /// The lock of the process that runs the board.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }

    /// Where instructions wait.
    #[must_use]
    pub fn inbox(&self) -> PathBuf {
        self.0.join("inbox")
    }

    /// What became of them.
    #[must_use]
    pub fn answers(&self) -> PathBuf {
        self.0.join("answers")
    }

    /// Hands an instruction in, whole. Handing in the same bytes twice is handing them in once.
    ///
    /// # Errors
    /// `file.unwritable`.
    pub fn hand_in(&self, instruction: &[u8]) -> Result<Digest, Failure> {
        let id = Digest::of(&[instruction]);
        // An answer to an earlier attempt, such as "too early", is no answer to this one.
        let _ = fs::remove_file(self.answer_of(&id));
        let path = self.inbox().join(hex::encode(id.0));
        files::write(&path, instruction, Readers::Everybody)?;
        Ok(id)
    }

    /// Whether an instruction still waits.
    #[must_use]
    pub fn waits(&self, id: &Digest) -> bool {
        self.inbox().join(hex::encode(id.0)).exists()
    }

    fn answer_of(&self, id: &Digest) -> PathBuf {
        self.answers().join(hex::encode(id.0))
    }

    /// The board's answer to an instruction, once there is one. What it says of acceptance is no
    /// proof; that stands in the transcript.
    #[must_use]
    pub fn answer(&self, id: &Digest) -> Option<Answer> {
        let bytes = files::read_strangers(&self.answer_of(id), MAX_ANSWER)?;
        serde_json::from_slice(&bytes).ok()
    }

    /// The board answers, and takes the instruction out of the inbox.
    ///
    /// # Errors
    /// `file.unwritable`.
    pub fn give_answer(&self, waiting: &Path, id: &Digest, answer: &Answer) -> Result<(), Failure> {
        let text = serde_json::to_vec(answer).unwrap_or_default();
        files::write(&self.answer_of(id), &text, Readers::Everybody)?;
        match fs::remove_file(waiting) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Failure::unwritable(waiting, error))
            }
            _ => Ok(()),
        }
    }

    /// What waits, the longest first. Files that are no instructions, by name or by size, are left
    /// alone.
    ///
    /// # Errors
    /// `file.unreadable`.
    pub fn waiting(&self) -> Result<Vec<PathBuf>, Failure> {
        let inbox = self.inbox();
        let unreadable = |error| Failure::unreadable(&inbox, error);
        let mut found = Vec::new();
        for item in fs::read_dir(&inbox).map_err(unreadable)? {
            let item = item.map_err(unreadable)?;
            let name = item.file_name();
            let is_hash = name.to_str().is_some_and(|name| {
                name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit())
            });
            // Gone since it was listed, or a link to elsewhere: not ours.
            let Ok(metadata) = item.metadata() else { continue };
            let fits = metadata.is_file() && metadata.len() <= MAX_INSTRUCTION_BYTES as u64 + 256;
            if is_hash && fits {
                found.push((metadata.modified().ok(), item.path()));
            }
        }
        found.sort();
        Ok(found.into_iter().map(|(_, path)| path).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_handed_in_waits_once_until_it_is_answered() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::new(temporary.path());
        folder.create().unwrap();
        let id = folder.hand_in(b"bytes").unwrap();
        assert_eq!(folder.hand_in(b"bytes").unwrap(), id);
        fs::write(folder.inbox().join("rubbish"), b"rubbish").unwrap();
        let waiting = folder.waiting().unwrap();
        assert_eq!(waiting.len(), 1);
        assert!(folder.waits(&id) && folder.answer(&id).is_none());
        let answer = Answer::Accepted { entry: 3, slot: 4 };
        folder.give_answer(&waiting[0], &id, &answer).unwrap();
        assert_eq!(folder.answer(&id), Some(answer));
        assert!(!folder.waits(&id));
        folder.hand_in(b"bytes").unwrap();
        assert_eq!(folder.answer(&id), None, "asked anew");
    }
}
