//! Where a board and those who reach it over a network meet: what they post, and what it shows.

use crate::{
    board::{
        posts::{Limits, Posts},
        shown::Shown,
    },
    failure::Failure,
};
use std::path::PathBuf;
use talea_contract::Received;
use talea_protocol::bytes::PartyKey;

/// A board's window.
pub struct Window {
    /// What is posted.
    pub posts: Posts<Received>,
    /// What is shown.
    pub shown: Shown,
}

impl Window {
    /// Of the board with this transcript and this key.
    #[must_use]
    pub fn new(transcript: PathBuf, board: PartyKey, limits: Limits) -> Self {
        Self { posts: Posts::new(limits), shown: Shown::new(transcript, board) }
    }

    /// The board stops.
    pub fn close(&self, why: &Failure) {
        self.shown.stop(why);
        self.posts.stop(why);
    }
}
