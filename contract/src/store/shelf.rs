//! Values by the bytes of a key.
//!
//! The index knows no type of value, so that its code is there once and not once for every kind of record: a chain
//! bounds the code of a contract.

use alloc::{collections::BTreeMap, vec::Vec};

/// Values by the bytes of a key.
#[derive(Clone, Debug)]
pub(super) struct Shelf<V> {
    places: BTreeMap<Vec<u8>, usize>,
    values: Vec<Option<V>>,
    /// Places without a value.
    free: Vec<usize>,
}

impl<V> Default for Shelf<V> {
    fn default() -> Self {
        Self { places: BTreeMap::new(), values: Vec::new(), free: Vec::new() }
    }
}

impl<V> Shelf<V> {
    pub(super) fn has(&self, key: &[u8]) -> bool {
        self.places.contains_key(key)
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<&V> {
        self.values.get(*self.places.get(key)?)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, key: &[u8]) -> Option<&mut V> {
        self.values.get_mut(*self.places.get(key)?)?.as_mut()
    }

    /// Puts a value there, and gives the one that was.
    pub(super) fn insert(&mut self, key: Vec<u8>, value: V) -> Option<V> {
        if let Some(place) = self.places.get(&key) {
            return self.values.get_mut(*place)?.replace(value);
        }
        let place = self.free.pop().unwrap_or(self.values.len());
        match self.values.get_mut(place) {
            Some(free) => *free = Some(value),
            None => self.values.push(Some(value)),
        }
        self.places.insert(key, place);
        None
    }

    pub(super) fn remove(&mut self, key: &[u8]) -> Option<V> {
        let place = self.places.remove(key)?;
        self.free.push(place);
        self.values.get_mut(place)?.take()
    }

    /// Everything, ascending by key.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Vec<u8>, &V)> {
        let value = |place: usize| self.values.get(place).and_then(Option::as_ref);
        self.places.iter().filter_map(move |(key, place)| Some((key, value(*place)?)))
    }

    /// Everything, in no order.
    pub(super) fn into_pairs(self) -> impl Iterator<Item = (Vec<u8>, V)> {
        let Self { places, mut values, free: _ } = self;
        places.into_iter().filter_map(move |(key, place)| {
            let value = values.get_mut(place)?.take()?;
            Some((key, value))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_used_again_and_order_is_that_of_keys() {
        let mut shelf = Shelf::default();
        for (key, value) in [(b"b", 2), (b"a", 1), (b"c", 3)] {
            assert_eq!(shelf.insert(key.to_vec(), value), None);
        }
        assert_eq!(shelf.insert(b"b".to_vec(), 20), Some(2));
        assert_eq!(shelf.remove(b"a"), Some(1));
        assert_eq!(shelf.remove(b"a"), None);
        assert_eq!(shelf.insert(b"d".to_vec(), 4), None);
        assert_eq!(shelf.values.len(), 3);
        *shelf.get_mut(b"c").unwrap() += 10;
        let pairs: Vec<(&[u8], i32)> =
            shelf.iter().map(|(key, value)| (key.as_slice(), *value)).collect();
        assert_eq!(pairs, [(b"b".as_slice(), 20), (b"c", 13), (b"d", 4)]);
        assert!(shelf.has(b"d") && !shelf.has(b"a"));
        assert_eq!(shelf.into_pairs().map(|(_, value)| value).sum::<i32>(), 37);
    }
}
