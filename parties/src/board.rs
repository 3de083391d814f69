//! The board: orders instructions, applies the program, writes the transcript.
//!
//! Any other act of the board is visible: it can only refuse service.

use std::io::Write;
use talea_contract::{Auction, Refusal};
use talea_protocol::transcript::{Closing, Genesis, MAGIC, RecordKind};

/// A replica of the program that writes every accepted instruction to a transcript.
pub struct Board<W> {
    auction: Auction,
    transcript: W,
    entries: u64,
    bytes: u64,
}

/// Why the board did not accept an instruction.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// The program refused; nothing was written.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The transcript could not be written.
    #[error("the transcript cannot be written: {0}")]
    Write(#[from] std::io::Error),
}

impl<W: Write> Board<W> {
    /// Opens an auction and begins its transcript.
    ///
    /// # Errors
    /// [`BoardError`] if the terms are refused or nothing can be written.
    pub fn open(genesis: &Genesis, transcript: W) -> Result<Self, BoardError> {
        let auction = Auction::open(genesis.slot, &genesis.terms, &genesis.signature)?;
        let mut board = Self { auction, transcript, entries: 0, bytes: 0 };
        board.write(MAGIC)?;
        board.append(RecordKind::Genesis, genesis)?;
        Ok(board)
    }

    /// Applies an instruction at `slot` and appends it. When it closes the auction, the outcome
    /// is appended too.
    ///
    /// # Errors
    /// [`BoardError::Refused`] if the program refuses; then nothing has changed.
    pub fn submit(&mut self, slot: u64, instruction: &[u8]) -> Result<(), BoardError> {
        let entry = self.auction.apply(slot, instruction)?;
        self.append(RecordKind::Entry, &entry)?;
        self.entries += 1;
        if let Some(outcome) = self.auction.outcome() {
            self.append(RecordKind::Closing, &Closing { outcome, head: entry.head })?;
            self.transcript.flush()?;
        }
        Ok(())
    }

    /// The program's state.
    pub fn auction(&self) -> &Auction {
        &self.auction
    }

    /// Entries written.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Bytes written.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Stops, and gives back what the transcript was written to.
    pub fn into_inner(self) -> (Auction, W) {
        (self.auction, self.transcript)
    }

    fn append(
        &mut self,
        kind: RecordKind,
        body: &impl borsh::BorshSerialize,
    ) -> std::io::Result<()> {
        let unwritable = |_| std::io::Error::other("a record has no encoding");
        let body = borsh::to_vec(body).map_err(unwritable)?;
        let record =
            kind.write(&body).ok_or_else(|| std::io::Error::other("a record exceeds its bound"))?;
        self.write(&record)
    }

    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.transcript.write_all(bytes)?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }
}
