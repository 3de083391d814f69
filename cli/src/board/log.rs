//! The board's own hand on the transcript: appends whole records, and recovers from a torn one.

use crate::{
    board::folder::Folder,
    failure::Failure,
    files::{self, Readers},
    interrupt::writing,
    replica::{Replica, record},
};
use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
};
use talea_contract::{Auction, Received, Refusal, Verified};
use talea_protocol::transcript::{Closing, Genesis, MAGIC, RecordKind};

/// Begins a transcript: the first thing in a board's folder.
///
/// # Errors
/// `refused` if the terms are, `file.exists`, `file.unwritable`.
pub fn begin(folder: &Folder, genesis: &Genesis) -> Result<Auction, Failure> {
    let auction = Auction::open(genesis.slot, &genesis.terms, &genesis.signature)?;
    folder.create()?;
    let record = record(RecordKind::Genesis, genesis)?;
    files::write_new(&folder.transcript(), &[&MAGIC[..], &record].concat(), Readers::Everybody)?;
    Ok(auction)
}

/// The transcript, open for appending by the one process that may.
pub struct Log {
    folder: Folder,
    replica: Replica,
    file: File,
    /// How much of the file is synced: what follows may be lost in a crash, and nobody may be told of it.
    synced: u64,
}

impl Log {
    /// Replays the transcript. A last record that is not whole was never acknowledged, and is cut off;
    /// an outcome that is missing is appended. Nobody else may have the log open: whoever runs a board
    /// holds its lock.
    ///
    /// # Errors
    /// `board.folder`, `board.invalid`, `file.unreadable`, `file.unwritable`.
    pub fn open(folder: &Folder) -> Result<Self, Failure> {
        let path = folder.transcript();
        let replica = Replica::open(&path)?;
        let unwritable = |error| Failure::unwritable(&path, error);
        let file = OpenOptions::new().append(true).open(&path).map_err(|error| {
            unwritable(error).with_help(
                "the board's folder must belong to the user who runs the board: copy the transcript \
                 into a new folder and run the board there",
            )
        })?;
        let mut log = Self { folder: folder.clone(), replica, file, synced: 0 };
        log.replica.advance()?;
        let length = log.file.metadata().map_err(unwritable)?.len();
        if length > log.replica.offset() {
            log.file.set_len(log.replica.offset()).map_err(unwritable)?;
        }
        log.close_if_decided()?;
        // Records that a process before this one wrote, and did not live to sync, are here to stay.
        log.sync()?;
        Ok(log)
    }

    /// What was appended so far.
    #[must_use]
    pub fn replica(&self) -> &Replica {
        &self.replica
    }

    /// Applies an instruction and appends it. It lasts, and somebody may be told of it, once it is
    /// [synced](Self::sync): many may share that.
    ///
    /// # Errors
    /// The outer one if nothing could be written; then this log must not be used again, and what is
    /// in the file counts. The inner one if the rules refuse; then nothing changed.
    pub fn append(
        &mut self,
        slot: u64,
        instruction: &[u8],
    ) -> Result<Result<(), Refusal>, Failure> {
        match self.replica.auction().receive(instruction.into()) {
            Ok(received) => self.append_received(slot, &received, None),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// As [`append`](Self::append), where the signature is verified already, and the proof may be.
    ///
    /// # Errors
    /// As `append`.
    pub fn append_received(
        &mut self,
        slot: u64,
        received: &Received,
        verified: Option<&Verified>,
    ) -> Result<Result<(), Refusal>, Failure> {
        // An entry, and the outcome if it decides the last lot.
        let _whole = writing();
        let length = self.replica.offset();
        let record = match self.replica.extend(slot, received, verified)? {
            Ok(record) => record,
            Err(refusal) => return Ok(Err(refusal)),
        };
        self.write(length, &record)?;
        self.close_if_decided()?;
        Ok(Ok(()))
    }

    /// Makes what was appended last; whether there was anything.
    ///
    /// # Errors
    /// `file.unwritable`; then this log must not be used again.
    pub fn sync(&mut self) -> Result<bool, Failure> {
        let length = self.replica.offset();
        if self.synced == length {
            return Ok(false);
        }
        let _whole = writing();
        crate::files::may_die_here();
        let synced = self.file.sync_data();
        crate::files::may_die_here();
        synced.map_err(|error| self.unwritable(error))?;
        self.synced = length;
        Ok(true)
    }

    /// How much of the file is synced, in bytes.
    #[must_use]
    pub fn synced(&self) -> u64 {
        self.synced
    }

    fn unwritable(&self, error: io::Error) -> Failure {
        Failure::unwritable(&self.folder.transcript(), error)
            .with_help("nothing is lost: free some space, then run the board again")
    }

    fn close_if_decided(&mut self) -> Result<(), Failure> {
        if self.replica.is_closed() {
            return Ok(());
        }
        let auction = self.replica.auction();
        let Some(outcome) = auction.outcome() else { return Ok(()) };
        let closing = record(RecordKind::Closing, &Closing { outcome, head: auction.head() })?;
        self.write(self.replica.offset(), &closing)?;
        self.replica.advance().map(|_| ())
    }

    /// Appends a record to a file of this length.
    fn write(&mut self, length: u64, record: &[u8]) -> Result<(), Failure> {
        crate::files::may_die_here();
        let written = self.file.write_all(record);
        crate::files::may_die_here();
        written.map_err(|error| {
            // Half a record would be cut off at the next start too.
            let _ = self.file.set_len(length);
            self.unwritable(error)
        })
    }
}
