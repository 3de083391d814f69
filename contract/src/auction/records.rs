//! An auction resumed from its records, and what to write of them.

use super::{Auction, state::State};
use crate::{
    setting::Setting,
    store::{Changes, Corrupt, Store},
};
use alloc::{sync::Arc, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use talea_protocol::terms::Terms;

/// The key of the terms, which never change.
const TERMS: &[u8] = b"terms";
/// The key of what most instructions change.
const CORE: &[u8] = b"core";

impl Auction {
    /// Resumes an auction from the records of its home.
    ///
    /// # Errors
    /// [`Corrupt`] if a record that every auction has is missing or damaged.
    pub fn resume(store: Arc<dyn Store>) -> Result<Self, Corrupt> {
        let terms: Terms = read(&*store, TERMS)?;
        let state: State = read(&*store, CORE)?;
        let auction = terms.auction_id();
        let stored = Some(state.head);
        Ok(Self { setting: Arc::new(Setting::new(terms, auction)), state, stored })
    }

    /// The records that changed since it was opened or resumed, or since they were taken: all there are, if it was
    /// opened and none were taken yet.
    ///
    /// # Errors
    /// [`Corrupt`] if a record that was read since is missing or damaged. Then nothing may be written, and the last
    /// instruction was neither accepted nor refused.
    pub fn changes(&self) -> Result<Changes, Corrupt> {
        let mut changes = Changes::new();
        if self.stored.is_none() {
            changes.insert(TERMS.to_vec(), Some(write(TERMS, &self.setting.terms)?));
        }
        if self.stored != Some(self.state.head) {
            changes.insert(CORE.to_vec(), Some(write(CORE, &self.state)?));
        }
        Ok(changes)
    }

    /// As [`changes`](Self::changes), for a home that writes them now: they are not given again.
    ///
    /// # Errors
    /// As `changes`.
    pub fn take_changes(&mut self) -> Result<Changes, Corrupt> {
        let changes = self.changes()?;
        self.stored = Some(self.state.head);
        Ok(changes)
    }
}

fn read<V: BorshDeserialize>(store: &dyn Store, key: &[u8]) -> Result<V, Corrupt> {
    let value = store.get(key).and_then(|bytes| borsh::from_slice(&bytes).ok());
    value.ok_or_else(|| Corrupt { key: key.to_vec() })
}

fn write<V: BorshSerialize>(key: &[u8], value: &V) -> Result<Vec<u8>, Corrupt> {
    borsh::to_vec(value).map_err(|_| Corrupt { key: key.to_vec() })
}
