//! Records of which there is one.

use super::{Changes, Corrupt, Home, Kind, Map, Records, map::Value, write};
use alloc::sync::Arc;
use borsh::BorshSerialize;
use core::ops::{Deref, DerefMut};

/// A record of which there is one, read when it is first asked for.
#[derive(Clone, Debug)]
pub(crate) struct Cell<V>(Map<(), V>);

impl<V: Value + Clone + Default> Cell<V> {
    pub(crate) fn new(kind: Kind, home: Option<&Arc<Home>>) -> Self {
        let mut map = Map::new(kind, home);
        // It is always there, so that a home that lost it is found out.
        if home.is_none() {
            map.put((), V::default());
        }
        Self(map)
    }

    pub(crate) fn get(&self) -> Arc<V> {
        self.0.expect(&()).unwrap_or_default()
    }

    pub(crate) fn put(&mut self, value: V) {
        self.0.put((), value);
    }

    /// Changes it; nothing comes of it if a home lost it.
    pub(crate) fn change<T>(&mut self, change: impl FnOnce(&mut V) -> T) -> Option<T> {
        self.0.change(&(), change)
    }
}

impl<V: Value + Clone + PartialEq> PartialEq for Cell<V> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<V: Value + Clone> Records for Cell<V> {
    fn begin(&mut self) {
        self.0.begin();
    }

    fn keep(&mut self) {
        self.0.keep();
    }

    fn undo(&mut self) {
        self.0.undo();
    }

    fn changes(&self, changes: &mut Changes) -> Result<(), Corrupt> {
        self.0.changes(changes)
    }

    fn taken(&mut self) {
        self.0.taken();
    }
}

/// A small record that every instruction needs: read before anything else, and copied before it changes.
#[derive(Clone, Debug)]
pub(crate) struct Header<V> {
    kind: Kind,
    value: V,
    is_changed: bool,
    before: Option<(V, bool)>,
}

impl<V> Header<V> {
    /// One that stands in no home yet.
    pub(crate) fn new(kind: Kind, value: V) -> Self {
        Self { kind, value, is_changed: true, before: None }
    }

    /// As it was read from a home.
    pub(crate) fn read(kind: Kind, value: V) -> Self {
        Self { kind, value, is_changed: false, before: None }
    }
}

impl<V> Deref for Header<V> {
    type Target = V;

    fn deref(&self) -> &V {
        &self.value
    }
}

impl<V> DerefMut for Header<V> {
    fn deref_mut(&mut self) -> &mut V {
        self.is_changed = true;
        &mut self.value
    }
}

impl<V: PartialEq> PartialEq for Header<V> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<V: Clone + BorshSerialize> Records for Header<V> {
    fn begin(&mut self) {
        self.before = Some((self.value.clone(), self.is_changed));
    }

    fn keep(&mut self) {
        self.before = None;
    }

    fn undo(&mut self) {
        if let Some(before) = self.before.take() {
            (self.value, self.is_changed) = before;
        }
    }

    fn changes(&self, changes: &mut Changes) -> Result<(), Corrupt> {
        if self.is_changed {
            let key = self.kind.key(&());
            let value = write(&key, &self.value)?;
            changes.insert(key, Some(value));
        }
        Ok(())
    }

    fn taken(&mut self) {
        self.is_changed = false;
    }
}
