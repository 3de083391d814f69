//! The state as records: bytes under a key, for a home that keeps them.
//!
//! A home is what an auction runs in: a simulation in memory, a board in a folder, a chain. The program is the
//! same in all of them. One that keeps records hands over a [`Store`] to read from, and after each instruction
//! that was accepted writes the [`Changes`] that it is given. Nothing is to be written after a refusal.

pub(crate) mod encoding;

use alloc::{collections::BTreeMap, vec::Vec};

/// The side of a home from which records are read.
///
/// As long as an auction reads from it, it must hold what the changes given so far have come to; it may hold
/// them already or only after they are written.
pub trait Store: Send + Sync {
    /// The record under this key.
    fn get(&self, key: &[u8]) -> Option<Vec<u8>>;
}

/// Records to write, by key; nothing where the record is to be removed.
pub type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// A record that an auction needs is missing, or is not what was written. The home is at fault, no party is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the record \"{}\" of an auction is missing or damaged", .key.escape_ascii())]
pub struct Corrupt {
    /// Its key.
    pub key: Vec<u8>,
}
