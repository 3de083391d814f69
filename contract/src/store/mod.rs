//! The state as records: bytes under a key, for a home that keeps them.
//!
//! A home is what an auction runs in: a simulation in memory, a board in a folder, a chain. The program is the
//! same in all of them. One that keeps records hands over a [`Store`] to read from, and after each instruction
//! that was accepted writes the [`Changes`] that it is given. Nothing is to be written after a refusal.

mod cell;
pub(crate) mod encoding;
mod home;
mod key;
mod map;
mod set;

pub(crate) use cell::{Cell, Header};
pub(crate) use home::Home;
pub(crate) use key::Key;
pub(crate) use map::Map;
pub(crate) use set::Set;

use alloc::{collections::BTreeMap, vec::Vec};
use borsh::BorshSerialize;

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

/// Something that stands in records.
pub(crate) trait Records {
    /// From now on changes can be undone.
    fn begin(&mut self);
    /// What changed since [`begin`](Self::begin) stays.
    fn keep(&mut self);
    /// What changed since [`begin`](Self::begin) is undone.
    fn undo(&mut self);
    /// Adds what changed since it was opened, read or [`taken`](Self::taken).
    fn changes(&self, changes: &mut Changes) -> Result<(), Corrupt>;
    /// What changed so far is written.
    fn taken(&mut self);
}

/// Of a type that consists of others, each of which it names: a field that is forgotten does not compile.
macro_rules! records {
    ($type:ident { $($field:ident),* $(,)? }) => {
        impl $crate::store::Records for $type {
            fn begin(&mut self) {
                let Self { $($field),* } = self;
                $($crate::store::Records::begin($field);)*
            }

            fn keep(&mut self) {
                let Self { $($field),* } = self;
                $($crate::store::Records::keep($field);)*
            }

            fn undo(&mut self) {
                let Self { $($field),* } = self;
                $($crate::store::Records::undo($field);)*
            }

            fn changes(
                &self,
                changes: &mut $crate::store::Changes,
            ) -> Result<(), $crate::store::Corrupt> {
                let Self { $($field),* } = self;
                $($crate::store::Records::changes($field, changes)?;)*
                Ok(())
            }

            fn taken(&mut self) {
                let Self { $($field),* } = self;
                $($crate::store::Records::taken($field);)*
            }
        }
    };
}
pub(crate) use records;

/// The bytes of a record.
pub(crate) fn write<V: BorshSerialize>(key: &[u8], value: &V) -> Result<Vec<u8>, Corrupt> {
    // To memory it does not fail; if it did, there would be nothing right to write.
    borsh::to_vec(value).map_err(|_| Corrupt { key: key.to_vec() })
}
