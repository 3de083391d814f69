//! Keys to which nothing belongs but that they are there.

use super::{Changes, Corrupt, Home, Key, Kind, Records};
use alloc::{collections::BTreeSet, sync::Arc, vec::Vec};
use core::marker::PhantomData;

/// A set that only grows. It holds keys as bytes, as maps do, whose code it shares.
#[derive(Clone, Debug)]
pub(crate) struct Set<K> {
    kind: Kind,
    home: Option<Arc<Home>>,
    /// What was added; without a home all there is.
    held: BTreeSet<Vec<u8>>,
    /// What was added since changes were taken; nothing as long as none were.
    changed: Option<BTreeSet<Vec<u8>>>,
    /// What was added since [`Records::begin`].
    added: Option<Vec<Vec<u8>>>,
    types: PhantomData<fn(&K)>,
}

impl<K: Key> Set<K> {
    pub(crate) fn new(kind: Kind, home: Option<&Arc<Home>>) -> Self {
        Self {
            kind,
            home: home.cloned(),
            held: BTreeSet::new(),
            changed: home.map(|_| BTreeSet::new()),
            added: None,
            types: PhantomData,
        }
    }

    fn has_key(&self, key: &Vec<u8>) -> bool {
        self.held.contains(key) || self.home.as_ref().is_some_and(|home| home.has(key))
    }

    pub(crate) fn has(&self, key: &K) -> bool {
        self.has_key(&self.kind.key(key))
    }

    /// Adds a key that is not there.
    pub(crate) fn add(&mut self, key: &K) {
        let key = self.kind.key(key);
        if let Some(changed) = &mut self.changed {
            changed.insert(key.clone());
        }
        if let Some(added) = &mut self.added {
            added.push(key.clone());
        }
        self.held.insert(key);
    }
}

impl<K: Key> Records for Set<K> {
    fn begin(&mut self) {
        self.added = Some(Vec::new());
    }

    fn keep(&mut self) {
        self.added = None;
    }

    fn undo(&mut self) {
        for key in self.added.take().unwrap_or_default() {
            self.held.remove(&key);
            if let Some(changed) = &mut self.changed {
                changed.remove(&key);
            }
        }
    }

    fn changes(&self, changes: &mut Changes) -> Result<(), Corrupt> {
        let added = self.changed.as_ref().unwrap_or(&self.held);
        changes.extend(added.iter().map(|key| (key.clone(), Some(Vec::new()))));
        Ok(())
    }

    fn taken(&mut self) {
        self.changed = Some(BTreeSet::new());
    }
}

/// Whether both hold the same keys. What neither was asked for is taken to be the same.
impl<K: Key> PartialEq for Set<K> {
    fn eq(&self, other: &Self) -> bool {
        self.held.iter().all(|key| other.has_key(key))
            && other.held.iter().all(|key| self.has_key(key))
    }
}
