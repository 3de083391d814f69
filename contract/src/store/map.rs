//! Records of one kind, by key.
//!
//! What a map does with records does not depend on what they hold. So that code knows no type of them, and a
//! contract, whose code is bounded, has it once.

use super::{Changes, Corrupt, Home, Key, Kind, Records, shelf::Shelf, write};
use alloc::{collections::BTreeSet, sync::Arc, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use core::{any::Any, fmt, marker::PhantomData};
use spin::Mutex;

/// What a record can hold.
pub(crate) trait Value: BorshSerialize + BorshDeserialize + Any + Send + Sync {}

impl<V: BorshSerialize + BorshDeserialize + Any + Send + Sync> Value for V {}

/// What a record holds, of whichever type.
trait Content: Any + Send + Sync {
    fn bytes(&self, key: &[u8]) -> Result<Vec<u8>, Corrupt>;
    fn any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<V: Value> Content for V {
    fn bytes(&self, key: &[u8]) -> Result<Vec<u8>, Corrupt> {
        write(key, self)
    }

    fn any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// What is known of a record; nothing if there is none.
type Known = Option<Arc<dyn Content>>;

fn typed<V: Value>(known: Known) -> Option<Arc<V>> {
    known?.any().downcast().ok()
}

/// Records of one kind, each with a `V`.
pub(crate) struct Map<K, V> {
    untyped: Untyped,
    types: PhantomData<fn(&K) -> V>,
}

/// Records of one kind. What is not held is read from the home, if there is one, when it is first asked for.
struct Untyped {
    kind: Kind,
    home: Option<Arc<Home>>,
    /// What was written, and what was read to be changed; without a home all there is. Nothing stands for a record
    /// of the home that was removed.
    held: Shelf<Known>,
    /// What was only read, and is as it stands in the home.
    read: Mutex<Shelf<Known>>,
    /// What changed since changes were taken; nothing as long as none were.
    changed: Option<BTreeSet<Vec<u8>>>,
    /// How what changed since [`Records::begin`] was before.
    before: Option<Shelf<Before>>,
}

/// What a change is undone with.
struct Before {
    held: Option<Known>,
    is_first_change: bool,
}

impl Untyped {
    fn find(&self, key: Vec<u8>, load: impl FnOnce(&Home, Vec<u8>) -> Known) -> Known {
        if let Some(held) = self.held.get(&key) {
            return held.clone();
        }
        let home = self.home.as_deref()?;
        if let Some(read) = self.read.lock().get(&key) {
            return read.clone();
        }
        // A home may be slow: nobody waits for it but who asked.
        let value = load(home, key.clone());
        self.read.lock().insert(key, value.clone());
        value
    }

    fn set(&mut self, key: Vec<u8>, value: Known) {
        let is_held = value.is_some() || self.home.is_some();
        let was = match is_held {
            true => self.held.insert(key.clone(), value),
            false => self.held.remove(&key),
        };
        self.note(key, was);
    }

    /// Takes a record that is held, to put it back changed, and a copy of it if it must be undone.
    fn take(&mut self, key: &[u8]) -> Option<(Arc<dyn Content>, Option<Known>)> {
        let held = self.held.get_mut(key)?;
        let is_new = self.before.as_ref().is_some_and(|before| !before.has(key));
        let was = is_new.then(|| held.clone());
        Some((held.take()?, was))
    }

    fn put_back(&mut self, key: Vec<u8>, value: Arc<dyn Content>, was: Option<Known>) {
        if let Some(held) = self.held.get_mut(&key) {
            *held = Some(value);
        }
        self.note(key, was);
    }

    /// Remembers that a record was changed, and how it was before.
    fn note(&mut self, key: Vec<u8>, was: Option<Known>) {
        let changed = self.changed.as_mut();
        let is_first_change = changed.is_some_and(|changed| changed.insert(key.clone()));
        if let Some(before) = self.before.as_mut().filter(|before| !before.has(&key)) {
            before.insert(key, Before { held: was, is_first_change });
        }
    }
}

impl Records for Untyped {
    fn begin(&mut self) {
        self.before = Some(Shelf::default());
    }

    fn keep(&mut self) {
        self.before = None;
    }

    fn undo(&mut self) {
        let before = self.before.take().unwrap_or_default();
        for (key, Before { held, is_first_change }) in before.into_pairs() {
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
        let mut add = |key: &Vec<u8>, value: Option<&Arc<dyn Content>>| {
            let value = value.map(|value| value.bytes(key)).transpose()?;
            changes.insert(key.clone(), value);
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

impl<K: Key, V: Value + Clone> Map<K, V> {
    pub(crate) fn new(kind: Kind, home: Option<&Arc<Home>>) -> Self {
        let untyped = Untyped {
            kind,
            home: home.cloned(),
            held: Shelf::default(),
            read: Mutex::default(),
            // What a home holds was taken once.
            changed: home.map(|_| BTreeSet::new()),
            before: None,
        };
        Self { untyped, types: PhantomData }
    }

    fn key(&self, key: &K) -> Vec<u8> {
        self.untyped.kind.key(key)
    }

    pub(crate) fn get(&self, key: &K) -> Option<Arc<V>> {
        typed(self.find(self.key(key)))
    }

    fn find(&self, key: Vec<u8>) -> Known {
        let load = |home: &Home, key| -> Known { Some(Arc::new(home.load::<V>(key)?)) };
        self.untyped.find(key, load)
    }

    /// A record that must be there.
    pub(crate) fn expect(&self, key: &K) -> Option<Arc<V>> {
        let value = self.get(key);
        if let (None, Some(home)) = (&value, &self.untyped.home) {
            home.note(self.key(key));
        }
        value
    }

    pub(crate) fn has(&self, key: &K) -> bool {
        self.find(self.key(key)).is_some()
    }

    /// Writes a record, whether there was one or not.
    pub(crate) fn put(&mut self, key: K, value: V) {
        self.untyped.set(self.key(&key), Some(Arc::new(value)));
    }

    pub(crate) fn remove(&mut self, key: K) {
        self.untyped.set(self.key(&key), None);
    }

    /// Changes a record, if there is one.
    pub(crate) fn change_if_there<T>(
        &mut self,
        key: &K,
        change: impl FnOnce(&mut V) -> T,
    ) -> Option<T> {
        let key = self.key(key);
        if !self.untyped.held.has(&key) {
            let value = self.find(key.clone());
            value.as_ref()?;
            self.untyped.read.get_mut().remove(&key);
            self.untyped.held.insert(key.clone(), value);
        }
        let (value, was) = self.untyped.take(&key)?;
        let mut value = typed::<V>(Some(value))?;
        // In place, unless somebody needs it as it was.
        let result = change(Arc::make_mut(&mut value));
        self.untyped.put_back(key, value, was);
        Some(result)
    }

    /// Changes a record that must be there.
    pub(crate) fn change<T>(&mut self, key: &K, change: impl FnOnce(&mut V) -> T) -> Option<T> {
        let changed = self.change_if_there(key, change);
        if let (None, Some(home)) = (&changed, &self.untyped.home) {
            home.note(self.key(key));
        }
        changed
    }
}

impl<K: Key, V: Value + Clone> Records for Map<K, V> {
    fn begin(&mut self) {
        self.untyped.begin();
    }

    fn keep(&mut self) {
        self.untyped.keep();
    }

    fn undo(&mut self) {
        self.untyped.undo();
    }

    fn changes(&self, changes: &mut Changes) -> Result<(), Corrupt> {
        self.untyped.changes(changes)
    }

    fn taken(&mut self) {
        self.untyped.taken();
    }
}

impl<K, V> Clone for Map<K, V> {
    fn clone(&self) -> Self {
        let Untyped { kind, home, held, read, changed, before: _ } = &self.untyped;
        let untyped = Untyped {
            kind: *kind,
            home: home.clone(),
            held: held.clone(),
            read: Mutex::new(read.lock().clone()),
            changed: changed.clone(),
            before: None,
        };
        Self { untyped, types: PhantomData }
    }
}

/// Whether both hold the same records. What neither has read is taken to be the same.
impl<K: Key, V: Value + Clone + PartialEq> PartialEq for Map<K, V> {
    fn eq(&self, other: &Self) -> bool {
        let keys = |map: &Self| -> Vec<Vec<u8>> {
            let read = map.untyped.read.lock();
            let held = map.untyped.held.iter().map(|(key, _)| key);
            held.chain(read.iter().map(|(key, _)| key)).cloned().collect()
        };
        let is_same = |key: Vec<u8>| {
            let [own, others] = [self, other].map(|map| typed::<V>(map.find(key.clone())));
            own == others
        };
        keys(self).into_iter().chain(keys(other)).all(is_same)
    }
}

/// Which records it holds or has read.
impl<K, V> fmt::Debug for Map<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let read = self.untyped.read.lock();
        f.debug_set()
            .entries(self.untyped.held.iter().chain(read.iter()).map(|(key, _)| key))
            .finish()
    }
}
