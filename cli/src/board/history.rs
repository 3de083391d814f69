//! What a transcript shows of its entries without the rules: how many there are, and the root of the Merkle tree
//! over any number of them. It is enough to tell whether two histories are one, and takes one reading.

use crate::{
    board::checkpoint::Checkpoint,
    failure::{Code, Failure},
    replica::{Record, Replica, index_of, read_record},
};
use std::{
    fs::File,
    io::{BufReader, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};
use talea_protocol::{
    bytes::{Digest, PartyKey},
    instruction::SignedInstruction,
    terms::AuctionId,
    transcript::{Entry, RECORD_HEADER_BYTES, RecordKind},
};
use talea_replay::merkle::{self, Tree};

/// The entries of a transcript, as far as it was read.
#[derive(Clone, Debug)]
pub struct History {
    path: PathBuf,
    /// The auction, by its terms.
    pub auction: AuctionId,
    /// The board's key, by its terms.
    pub board: PartyKey,
    /// Where the next record begins.
    offset: u64,
    tree: Tree,
    is_closed: bool,
}

/// Whether a record goes on with a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is the next entry, or the outcome.
    Fits,
    /// It is no entry, or another kind than can stand there.
    Misplaced,
}

impl History {
    /// Reads the beginning of a transcript: the terms, and the seller's signature.
    ///
    /// # Errors
    /// As [`Replica::open`].
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let replica = Replica::open(path)?;
        Ok(Self {
            path: path.to_owned(),
            auction: replica.auction().id(),
            board: replica.board().key,
            offset: replica.offset(),
            tree: Tree::default(),
            is_closed: false,
        })
    }

    /// Reads a transcript as far as its records are whole.
    ///
    /// # Errors
    /// As [`Replica::open`]; `board.invalid` if something stands there that is no record.
    pub fn of(path: &Path) -> Result<Self, Failure> {
        let mut history = Self::open(path)?;
        history.advance()?;
        Ok(history)
    }

    /// Reads what was appended since, as far as it is whole.
    ///
    /// # Errors
    /// `file.unreadable`, `board.invalid`.
    pub fn advance(&mut self) -> Result<(), Failure> {
        self.read_on(true)
    }

    /// The same, and no further than to the record of the outcome.
    ///
    /// # Errors
    /// As [`advance`](Self::advance).
    pub fn advance_to_outcome(&mut self) -> Result<(), Failure> {
        self.read_on(false)
    }

    fn read_on(&mut self, with_outcome: bool) -> Result<(), Failure> {
        let path = self.path.clone();
        let unreadable = |error| Failure::unreadable(&path, error);
        let file = File::open(&path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.len() == self.offset {
            return Ok(());
        }
        let mut file = BufReader::new(file);
        file.seek(SeekFrom::Start(self.offset)).map_err(unreadable)?;
        while let Some(record) = read_record(&mut file).map_err(|error| self.invalid(&error))? {
            if record.0 == RecordKind::Closing && !with_outcome {
                break;
            }
            if self.push(&record) == Next::Misplaced {
                return Err(self.invalid(&"what stands there is no entry, and nothing else can"));
            }
        }
        Ok(())
    }

    fn invalid(&self, why: &dyn std::fmt::Display) -> Failure {
        let sentence = format!("{}, entry {}: {why}", self.path.display(), self.entries() + 1);
        Failure::new(Code::BoardInvalid, sentence)
    }

    /// Takes the next record. What cannot be an entry is none: every leaf takes memory, so it must have its bytes.
    pub fn push(&mut self, (kind, body): &Record) -> Next {
        match (kind, self.is_closed) {
            (RecordKind::Entry, false) => {
                if !is_entry(body) {
                    return Next::Misplaced;
                }
                self.tree.push(merkle::leaf(body));
            }
            (RecordKind::Closing, false) => self.is_closed = true,
            (RecordKind::Genesis, _) | (_, true) => return Next::Misplaced,
        }
        self.offset += (RECORD_HEADER_BYTES + body.len()) as u64;
        Next::Fits
    }

    /// How many entries there are.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.tree.leaves().len() as u64
    }

    /// Where the next record begins.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether the outcome is recorded.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// The root over so many entries, if there are so many.
    #[must_use]
    pub fn root(&self, entries: u64) -> Option<Digest> {
        self.tree.root(entries)
    }

    /// The leaf of an entry, if there is such an entry.
    #[must_use]
    pub fn leaf(&self, entry: u64) -> Option<Digest> {
        self.tree.leaves().get(index_of(entry)?).copied()
    }

    /// The proof that the first entries are the beginning of so many, if there are so many.
    #[must_use]
    pub fn consistency(&self, from: u64, to: u64) -> Option<Vec<Digest>> {
        self.tree.consistency(from, to)
    }

    /// Whether the board of these terms signed a checkpoint, for this auction.
    #[must_use]
    pub fn has_signed(&self, checkpoint: &Checkpoint) -> bool {
        checkpoint.auction == self.auction.to_string() && checkpoint.is_signed_by(&self.board)
    }

    /// What a checkpoint says of this history.
    #[must_use]
    pub fn judged_by(&self, checkpoint: &Checkpoint) -> Judgement {
        match self.root(checkpoint.entries) {
            None => Judgement::Longer,
            Some(root) if hex::encode(root.0) == checkpoint.root => Judgement::Covers,
            Some(_) => Judgement::Contradicts,
        }
    }
}

/// Whether these bytes are an entry with a signed instruction, whatever that says.
fn is_entry(body: &[u8]) -> bool {
    let entry = borsh::from_slice::<Entry>(body).ok();
    entry.is_some_and(|entry| borsh::from_slice::<SignedInstruction>(&entry.instruction).is_ok())
}

/// What a checkpoint says of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is over the first entries of it.
    Covers,
    /// It is over more entries than it has.
    Longer,
    /// It is over another history.
    Contradicts,
}
