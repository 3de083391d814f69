//! The home of an auction's records, as its collections see it.

use super::{Corrupt, Kind, Store};
use alloc::{sync::Arc, vec::Vec};
use borsh::BorshDeserialize;
use core::fmt;
use spin::Mutex;

/// Where records come from, and the first that was not what was written there.
///
/// That a record is damaged shows in the middle of a check, which only knows what the rules allow. So the check
/// goes on as if there were none, and what it comes to is thrown away: see [`Corrupt`].
pub(crate) struct Home {
    store: Arc<dyn Store>,
    corrupt: Mutex<Option<Corrupt>>,
}

impl Home {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, corrupt: Mutex::new(None) }
    }

    /// The record under this key.
    pub(super) fn load<V: BorshDeserialize>(&self, key: Vec<u8>) -> Option<V> {
        let bytes = self.store.get(&key)?;
        let value = borsh::from_slice(&bytes).ok();
        if value.is_none() {
            self.note(key);
        }
        value
    }

    /// The record of this kind, of which there is one.
    pub(crate) fn read<V: BorshDeserialize>(&self, kind: Kind) -> Result<V, Corrupt> {
        self.read_with_bytes(kind).map(|(value, _)| value)
    }

    /// The same, and its bytes.
    pub(crate) fn read_with_bytes<V: BorshDeserialize>(
        &self,
        kind: Kind,
    ) -> Result<(V, Vec<u8>), Corrupt> {
        let key = kind.key(&());
        let bytes = self.store.get(&key);
        let read = bytes.and_then(|bytes| Some((borsh::from_slice(&bytes).ok()?, bytes)));
        read.ok_or(Corrupt { key })
    }

    pub(super) fn has(&self, key: &[u8]) -> bool {
        self.store.get(key).is_some()
    }

    /// That the record under this key is missing or damaged.
    pub(super) fn note(&self, key: Vec<u8>) {
        self.corrupt.lock().get_or_insert(Corrupt { key });
    }

    /// Nothing, as long as every record was what it must be.
    pub(crate) fn check(&self) -> Result<(), Corrupt> {
        self.corrupt.lock().clone().map_or(Ok(()), Err)
    }
}

impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Home").field("corrupt", &self.corrupt).finish_non_exhaustive()
    }
}
