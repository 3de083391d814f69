//! What a keyholder has done: written down before it leaves the machine, and read before anything
//! else is done. Only ever appended to; a last note that is not whole was never acted on.

use crate::failure::{Code, Failure};
use borsh::{BorshDeserialize, BorshSerialize};
use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions, TryLockError},
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};
use talea_protocol::{bytes::Digest, commitment::BidId, quorum::KeyholderId, ranking::Duty};

/// What a keyholder says once and for ever in an auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub enum Occasion {
    /// Its deal.
    Deal,
    /// Its complaint number so much.
    Complaint(u32),
    /// Its endorsement in a round.
    Endorsement {
        /// The round.
        round: u32,
    },
    /// Its part in a chunk of a step of a lot.
    Rank {
        /// The round.
        round: u32,
        /// The lot.
        lot: u32,
        /// The step.
        step: u32,
        /// The chunk.
        chunk: u32,
    },
    /// Its word for another's post that a board does not show.
    Vouch {
        /// The round.
        round: u32,
        /// What the other was due to do.
        duty: Duty,
        /// The other.
        whom: KeyholderId,
    },
}

/// A note in the journal.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Note {
    /// "On this occasion I say these bytes, having seen so many entries up to this head."
    Said {
        /// The occasion.
        occasion: Occasion,
        /// The signed instruction.
        bytes: Vec<u8>,
        /// Entries seen.
        entries: u64,
        /// The head after them.
        head: Digest,
    },
    /// "I erased my share."
    Erased,
    /// "I held this, and handed it in, while the board could take it": what an endorsement attests if
    /// the board does not show it.
    Received {
        /// The bid that it belongs to.
        bid: BidId,
        /// Whether it was its commit, and not its sealed bytes.
        is_commit: bool,
    },
}

/// The largest note, in bytes.
const MAX_NOTE: usize = 2 << 20;
/// Before a note: its length and the first bytes of its hash.
const HEADER: usize = 12;

/// The journal of one keyholder in one auction.
pub struct Journal {
    path: PathBuf,
    file: File,
    notes: Vec<Note>,
    /// Which note says what was said on an occasion.
    said: BTreeMap<Occasion, usize>,
}

fn check_of(body: &[u8]) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = Digest::of(&[body]).0;
    [a, b, c, d, e, f, g, h]
}

/// The first note in these bytes and how long it is; nothing if it is not whole.
fn read(bytes: &[u8]) -> Option<(Note, usize)> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (check, rest) = rest.split_first_chunk::<8>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let body = rest.get(..length)?;
    if length > MAX_NOTE || check_of(body) != *check {
        return None;
    }
    Some((borsh::from_slice(body).ok()?, HEADER + length))
}

impl Journal {
    /// Opens the journal, for this process alone.
    ///
    /// # Errors
    /// `board.busy` if another process holds it; `file.unreadable`, `file.unwritable`.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let unwritable = |error| Failure::unwritable(path, error);
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(unwritable)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => Failure::new(
                Code::BoardBusy,
                "this keyholder is already running; two processes could post two different messages",
            ),
            TryLockError::Error(error) => unwritable(error),
        })?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|error| Failure::unreadable(path, error))?;
        let (mut notes, mut at) = (Vec::new(), 0);
        while let Some((note, length)) = bytes.get(at..).and_then(read) {
            notes.push(note);
            at += length;
        }
        if at < bytes.len() {
            file.set_len(at as u64).and_then(|()| file.sync_all()).map_err(unwritable)?;
        }
        crate::files::sync_folder(path).map_err(unwritable)?;
        let mut journal =
            Self { path: path.to_owned(), file, notes: Vec::new(), said: BTreeMap::new() };
        notes.into_iter().for_each(|note| journal.take(note));
        Ok(journal)
    }

    /// Writes a note, durably.
    ///
    /// # Errors
    /// `file.unwritable`; then the note does not count, and the journal must be opened anew.
    pub fn write(&mut self, note: Note) -> Result<(), Failure> {
        let body = borsh::to_vec(&note).unwrap_or_default();
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
        let bytes = [&length.to_le_bytes()[..], &check_of(&body), &body].concat();
        let _whole = crate::interrupt::writing();
        crate::files::may_die_here();
        let written = self.file.write_all(&bytes).and_then(|()| self.file.sync_data());
        crate::files::may_die_here();
        written.map_err(|error| Failure::unwritable(&self.path, error))?;
        self.take(note);
        Ok(())
    }

    fn take(&mut self, note: Note) {
        if let Note::Said { occasion, .. } = &note {
            self.said.entry(*occasion).or_insert(self.notes.len());
        }
        self.notes.push(note);
    }

    /// What was said on an occasion.
    #[must_use]
    pub fn said(&self, on: Occasion) -> Option<&[u8]> {
        match self.notes.get(*self.said.get(&on)?)? {
            Note::Said { bytes, .. } => Some(bytes),
            Note::Erased | Note::Received { .. } => None,
        }
    }

    /// Every note.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(step: u32) -> Note {
        Note::Said {
            occasion: Occasion::Rank { round: 0, lot: 1, step, chunk: 0 },
            bytes: vec![7; 100],
            entries: 5,
            head: Digest([3; 32]),
        }
    }

    #[test]
    fn a_torn_note_is_forgotten_wherever_it_is_torn_and_those_before_stand() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path).unwrap();
        journal.write(note(1)).unwrap();
        let whole = std::fs::read(&path).unwrap().len();
        journal.write(note(2)).unwrap();
        drop(journal);
        let bytes = std::fs::read(&path).unwrap();
        for cut in whole..=bytes.len() {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            let mut journal = Journal::open(&path).unwrap();
            let expected = if cut == bytes.len() { 2 } else { 1 };
            assert_eq!(journal.notes().len(), expected, "cut at {cut}");
            journal.write(note(3)).unwrap();
            drop(journal);
            let journal = Journal::open(&path).unwrap();
            assert_eq!(journal.notes().last(), Some(&note(3)), "cut at {cut}");
        }
    }

    #[test]
    fn two_processes_do_not_share_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let journal = Journal::open(&path).unwrap();
        assert_eq!(Journal::open(&path).err().unwrap().code, Code::BoardBusy);
        drop(journal);
        Journal::open(&path).unwrap();
    }
}
