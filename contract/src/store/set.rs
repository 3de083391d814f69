//! Keys to which nothing belongs but that they are there.

use super::{Changes, Corrupt, Home, Key, Kind, Records};
use alloc::{collections::BTreeSet, sync::Arc, vec::Vec};

/// A set that only grows, until it is forgotten as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Set<K> {
    kind: Kind,
    home: Option<Arc<Home>>,
    /// What was added; without a home all there is.
    held: BTreeSet<K>,
    /// What was added since changes were taken; nothing as long as none were.
    changed: Option<BTreeSet<K>>,
    before: Option<Before<K>>,
}

/// What changed since [`Records::begin`].
#[derive(Clone, Debug)]
struct Before<K> {
    added: Vec<K>,
    /// What was held when it was forgotten, and what of it had changed.
    forgotten: Option<(BTreeSet<K>, Option<BTreeSet<K>>)>,
}

impl<K: Key> Set<K> {
    pub(crate) fn new(kind: Kind, home: Option<&Arc<Home>>) -> Self {
        Self {
            kind,
            home: home.cloned(),
            held: BTreeSet::new(),
            changed: home.map(|_| BTreeSet::new()),
            before: None,
        }
    }

    fn key(&self, key: &K) -> Vec<u8> {
        self.kind.key(key)
    }

    pub(crate) fn has(&self, key: &K) -> bool {
        self.held.contains(key) || self.home.as_ref().is_some_and(|home| home.has(&self.key(key)))
    }

    /// Adds a key that is not there.
    pub(crate) fn add(&mut self, key: K) {
        if let Some(changed) = &mut self.changed {
            changed.insert(key.clone());
        }
        if let Some(before) = &mut self.before {
            before.added.push(key.clone());
        }
        self.held.insert(key);
    }

    /// Nobody will ask again: what is held need not be, and what stands in a home may stay there.
    pub(crate) fn forget(&mut self) {
        let held = core::mem::take(&mut self.held);
        let changed = self.changed.as_mut().map(core::mem::take);
        if let Some(before) = &mut self.before {
            before.forgotten.get_or_insert((held, changed));
        }
    }
}

impl<K: Key> Records for Set<K> {
    fn begin(&mut self) {
        self.before = Some(Before { added: Vec::new(), forgotten: None });
    }

    fn keep(&mut self) {
        self.before = None;
    }

    fn undo(&mut self) {
        let Some(Before { added, forgotten }) = self.before.take() else { return };
        if let Some((held, changed)) = forgotten {
            (self.held, self.changed) = (held, changed);
        }
        for key in added {
            self.held.remove(&key);
            if let Some(changed) = &mut self.changed {
                changed.remove(&key);
            }
        }
    }

    fn changes(&self, changes: &mut Changes) -> Result<(), Corrupt> {
        let added = self.changed.as_ref().unwrap_or(&self.held);
        changes.extend(added.iter().map(|key| (self.key(key), Some(Vec::new()))));
        Ok(())
    }

    fn taken(&mut self) {
        self.changed = Some(BTreeSet::new());
    }
}

/// Whether both hold the same keys. What neither was asked for is taken to be the same.
impl<K: Key> PartialEq for Set<K> {
    fn eq(&self, other: &Self) -> bool {
        self.held.iter().all(|key| other.has(key)) && other.held.iter().all(|key| self.has(key))
    }
}
