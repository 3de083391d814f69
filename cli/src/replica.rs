//! The program replayed from a board's transcript: what a party believes, and all that it believes. A
//! [`Replay`] needs the transcript alone; a [`Replica`] is one whose terms name a board.

use crate::{
    board::{clock::BoardTerms, folder::Folder},
    failure::Failure,
};
use std::{
    ops::{Deref, DerefMut},
    path::Path,
};

pub use talea_replay::{BidLine, EntrySummary, Record, Replay, index_of, read_record, record};

/// The replay of a board's transcript: its terms say who signs it and when its slots end.
pub struct Replica {
    replay: Replay,
    board: BoardTerms,
}

impl Deref for Replica {
    type Target = Replay;

    fn deref(&self) -> &Replay {
        &self.replay
    }
}

impl DerefMut for Replica {
    fn deref_mut(&mut self) -> &mut Replay {
        &mut self.replay
    }
}

impl Replica {
    /// Replays what a board's folder holds by now.
    ///
    /// # Errors
    /// `board.folder`, `file.unreadable`, `board.invalid`.
    pub fn of(folder: &Folder) -> Result<Self, Failure> {
        let mut replica = Self::open(&folder.transcript())?;
        replica.advance()?;
        Ok(replica)
    }

    /// Opens a board's transcript and reads how it begins.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn open(path: &Path) -> Result<Self, Failure> {
        Self::from_replay(Replay::open(path)?)
    }

    /// A replay, if it is one of a board.
    ///
    /// # Errors
    /// `board.folder` if its terms name no board.
    pub fn from_replay(replay: Replay) -> Result<Self, Failure> {
        let board = BoardTerms::of(replay.auction().terms())?;
        Ok(Self { replay, board })
    }

    /// What the terms say of the board.
    #[must_use]
    pub fn board(&self) -> &BoardTerms {
        &self.board
    }
}
