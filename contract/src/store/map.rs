//! Records of one kind, by key.

use super::{Changes, Corrupt, Home, Key, Kind, Records, write};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    vec::Vec,
};
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;
use spin::Mutex;

/// Records of one kind. What is not held is read from the home, if there is one, when it is first asked for.
pub(crate) struct Map<K, V> {
    kind: Kind,
    home: Option<Arc<Home>>,
    /// What was written, and what was read to be changed; without a home all there is. Nothing stands for a record
    /// of the home that was removed.
    held: BTreeMap<K, Option<Arc<V>>>,
    /// What was only read, and is as it stands in the home.
    read: Mutex<BTreeMap<K, Option<Arc<V>>>>,
    /// What changed since changes were taken; nothing as long as none were.
    changed: Option<BTreeSet<K>>,
    /// How what changed since [`Records::begin`] was before.
    before: Option<BTreeMap<K, Before<V>>>,
}

/// What a change is undone with.
struct Before<V> {
    held: Option<Option<Arc<V>>>,
    is_first_change: bool,
}

impl<K: Key, V: Clone + BorshSerialize + BorshDeserialize> Map<K, V> {
    pub(crate) fn new(kind: Kind, home: Option<&Arc<Home>>) -> Self {
        Self {
            kind,
            home: home.cloned(),
            held: BTreeMap::new(),
            read: Mutex::default(),
            // What a home holds was taken once.
            changed: home.map(|_| BTreeSet::new()),
            before: None,
        }
    }

    fn key(&self, key: &K) -> Vec<u8> {
        self.kind.key(key)
    }

    pub(crate) fn get(&self, key: &K) -> Option<Arc<V>> {
        if let Some(held) = self.held.get(key) {
            return held.clone();
        }
        let home = self.home.as_deref()?;
        if let Some(read) = self.read.lock().get(key) {
            return read.clone();
        }
        // A home may be slow: nobody waits for it but who asked.
        let value = home.load(self.key(key)).map(Arc::new);
        self.read.lock().insert(key.clone(), value.clone());
        value
    }

    /// A record that must be there.
    pub(crate) fn expect(&self, key: &K) -> Option<Arc<V>> {
        let value = self.get(key);
        if let (None, Some(home)) = (&value, &self.home) {
            home.note(self.key(key));
        }
        value
    }

    pub(crate) fn has(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    /// Writes a record, whether there was one or not.
    pub(crate) fn put(&mut self, key: K, value: V) {
        self.set(key, Some(Arc::new(value)));
    }

    pub(crate) fn remove(&mut self, key: K) {
        self.set(key, None);
    }

    /// Changes a record, if there is one.
    pub(crate) fn change_if_there<T>(
        &mut self,
        key: &K,
        change: impl FnOnce(&mut V) -> T,
    ) -> Option<T> {
        if !self.held.contains_key(key) {
            let value = self.get(key)?;
            self.read.get_mut().remove(key);
            self.held.insert(key.clone(), Some(value));
        }
        let held = self.held.get_mut(key)?;
        let is_new = self.before.as_ref().is_some_and(|before| !before.contains_key(key));
        let was = is_new.then(|| held.clone());
        // In place, unless somebody needs it as it was.
        let result = change(Arc::make_mut(held.as_mut()?));
        self.note(key, was);
        Some(result)
    }

    /// Changes a record that must be there.
    pub(crate) fn change<T>(&mut self, key: &K, change: impl FnOnce(&mut V) -> T) -> Option<T> {
        let changed = self.change_if_there(key, change);
        if let (None, Some(home)) = (&changed, &self.home) {
            home.note(self.key(key));
        }
        changed
    }

    fn set(&mut self, key: K, value: Option<Arc<V>>) {
        let is_held = value.is_some() || self.home.is_some();
        let was = match is_held {
            true => self.held.insert(key.clone(), value),
            false => self.held.remove(&key),
        };
        self.note(&key, was);
    }

    /// Remembers that a record was changed, and how it was before.
    fn note(&mut self, key: &K, was: Option<Option<Arc<V>>>) {
        let changed = self.changed.as_mut();
        let is_first_change = changed.is_some_and(|changed| changed.insert(key.clone()));
        if let Some(before) = &mut self.before {
            before.entry(key.clone()).or_insert(Before { held: was, is_first_change });
        }
    }
}

impl<K: Key, V: Clone + BorshSerialize + BorshDeserialize> Records for Map<K, V> {
    fn begin(&mut self) {
        self.before = Some(BTreeMap::new());
    }

    fn keep(&mut self) {
        self.before = None;
    }

    fn undo(&mut self) {
        for (key, Before { held, is_first_change }) in self.before.take().unwrap_or_default() {
            if let Some(changed) = self.changed.as_mut().filter(|_| is_first_change) {
                changed.remove(&key);
            }
            match held {
                Some(held) => self.held.insert(key, held),
                None => self.held.remove(&key),
            };
        }
    }

    fn changes(&self, changes: &mut Changes) -> Result<(), Corrupt> {
        let mut add = |key: &K, value: Option<&Arc<V>>| {
            let key = self.key(key);
            let value = value.map(|value| write(&key, &**value)).transpose()?;
            changes.insert(key, value);
            Ok(())
        };
        match &self.changed {
            Some(changed) => changed.iter().try_for_each(|key| {
                let value = self.held.get(key).and_then(Option::as_ref);
                add(key, value)
            }),
            None => self.held.iter().try_for_each(|(key, value)| add(key, value.as_ref())),
        }
    }

    fn taken(&mut self) {
        self.changed = Some(BTreeSet::new());
    }
}

impl<K: Clone, V> Clone for Map<K, V> {
    fn clone(&self) -> Self {
        let Self { kind, home, held, read, changed, before: _ } = self;
        Self {
            kind: *kind,
            home: home.clone(),
            held: held.clone(),
            read: Mutex::new(read.lock().clone()),
            changed: changed.clone(),
            before: None,
        }
    }
}

/// Whether both hold the same records. What neither has read is taken to be the same.
impl<K: Key, V: Clone + PartialEq + BorshSerialize + BorshDeserialize> PartialEq for Map<K, V> {
    fn eq(&self, other: &Self) -> bool {
        let keys = |map: &Self| -> Vec<K> {
            map.held.keys().chain(map.read.lock().keys()).cloned().collect()
        };
        keys(self).iter().chain(&keys(other)).all(|key| self.get(key) == other.get(key))
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Map<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.held).entries(&*self.read.lock()).finish()
    }
}
