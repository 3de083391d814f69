//! The state as records: bytes under a key, for a home that keeps them.
//!
//! A home is what an auction runs in: a simulation in memory, a board in a folder, a chain. The program is the
//! same in all of them. One that keeps records hands over a [`Store`] to read from, and after each instruction
//! that was accepted writes the [`Changes`] that it is given. Nothing is to be written after a refusal.

mod cell;
pub(crate) mod encoding;
mod home;
mod key;
mod kind;
mod map;
mod set;
mod shelf;

pub(crate) use cell::{Cell, Header};
pub(crate) use home::Home;
pub(crate) use key::Key;
pub(crate) use kind::Kind;
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

/// Of a type that consists of others, each of which it names, and of what never changes: a field that is forgotten
/// does not compile.
macro_rules! records {
    ($type:ident { $($field:ident),* $(; $($fixed:ident),*)? }) => {
        impl $crate::store::Records for $type {
            fn begin(&mut self) {
                let Self { $($field),* $(, $($fixed: _),*)? } = self;
                $($crate::store::Records::begin($field);)*
            }

            fn keep(&mut self) {
                let Self { $($field),* $(, $($fixed: _),*)? } = self;
                $($crate::store::Records::keep($field);)*
            }

            fn undo(&mut self) {
                let Self { $($field),* $(, $($fixed: _),*)? } = self;
                $($crate::store::Records::undo($field);)*
            }

            fn changes(
                &self,
                changes: &mut $crate::store::Changes,
            ) -> Result<(), $crate::store::Corrupt> {
                let Self { $($field),* $(, $($fixed: _),*)? } = self;
                $($crate::store::Records::changes($field, changes)?;)*
                Ok(())
            }

            fn taken(&mut self) {
                let Self { $($field),* $(, $($fixed: _),*)? } = self;
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

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::sync::Arc;

    /// A home that never changes.
    struct Fixed(BTreeMap<Vec<u8>, Vec<u8>>);

    impl Store for Fixed {
        fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
            self.0.get(key).cloned()
        }
    }

    fn changes(records: &impl Records) -> Changes {
        let mut changes = Changes::new();
        records.changes(&mut changes).unwrap();
        changes
    }

    type Numbers = Map<u32, u64>;

    /// Bids 1 and 2 hold ten times their place, as a home holds them, or an auction in memory that was written once.
    fn maps() -> [(Numbers, Option<Arc<Home>>); 2] {
        let mut held = Map::new(Kind::Bid, None);
        held.put(1, 10u64);
        held.put(2, 20);
        let records =
            changes(&held).into_iter().map(|(key, value)| (key, value.unwrap())).collect();
        held.taken();
        let home = Arc::new(Home::new(Arc::new(Fixed(records))));
        [(held, None), (Map::new(Kind::Bid, Some(&home)), Some(home))]
    }

    fn key(bid: u32) -> Vec<u8> {
        Kind::Bid.key(&bid)
    }

    #[test]
    fn what_changed_is_given_and_what_was_only_read_is_not() {
        for (mut map, _) in maps() {
            assert_eq!(map.get(&1).as_deref(), Some(&10));
            assert_eq!(changes(&map), Changes::new());
            map.change(&1, |bid| *bid += 1);
            map.put(3, 30);
            map.remove(2);
            let ten = |n: u64| Some(borsh::to_vec(&n).unwrap());
            let expected = [(key(1), ten(11)), (key(2), None), (key(3), ten(30))];
            assert_eq!(changes(&map), Changes::from(expected));
            assert_eq!(map.get(&2), None);
            assert_eq!(map.change(&2, |_| ()), None);
            map.taken();
            assert_eq!(changes(&map), Changes::new());
        }
    }

    #[test]
    fn what_is_undone_is_as_it_was_and_what_is_kept_is_not() {
        for (mut map, _) in maps() {
            map.put(4, 40);
            let (before, to_write) = (map.clone(), changes(&map));
            map.begin();
            map.change(&1, |bid| *bid += 1);
            map.change(&1, |bid| *bid += 1);
            map.remove(2);
            map.put(2, 21);
            map.put(3, 30);
            map.remove(4);
            assert!(map != before);
            let changed = map.clone();
            map.undo();
            assert!(map == before);
            assert_eq!(changes(&map), to_write);
            assert_eq!((map.get(&1).as_deref(), map.get(&3)), (Some(&10), None));

            map.begin();
            map.change(&1, |bid| *bid += 2);
            map.put(2, 21);
            map.put(3, 30);
            map.remove(4);
            map.keep();
            map.undo();
            assert!(map == changed);
        }
    }

    #[test]
    fn a_record_that_must_be_there_is_missed() {
        for (map, home) in maps() {
            assert_eq!(map.expect(&1).as_deref(), Some(&10));
            assert_eq!(map.get(&9), None);
            assert!(home.as_ref().is_none_or(|home| home.check().is_ok()));
            assert_eq!(map.expect(&9), None);
            let missed = home.map_or(Ok(()), |home| home.check());
            assert!(missed.is_ok() || missed == Err(Corrupt { key: key(9) }));
        }
        let [_, (map, home)] = maps();
        map.expect(&9);
        assert_eq!(home.unwrap().check(), Err(Corrupt { key: key(9) }));
    }

    #[test]
    fn what_was_added_to_a_set_is_undone() {
        let mut set = Set::new(Kind::Commitment, None);
        set.add(&1u32);
        set.taken();
        set.add(&2);
        let (before, to_write) = (set.clone(), changes(&set));
        set.begin();
        set.add(&3);
        assert!(set.has(&1) && set.has(&3));
        set.undo();
        assert!(set == before && set.has(&2) && !set.has(&3));
        assert_eq!(changes(&set), to_write);
        set.begin();
        set.add(&3);
        set.keep();
        set.undo();
        assert!(set.has(&3));
    }

    #[test]
    fn keys_are_in_the_order_of_what_they_are_about() {
        let keys =
            [(0u32, 1u32), (0, 255), (0, 256), (1, 0), (256, 0)].map(|of| Kind::Bid.key(&of));
        assert!(keys.is_sorted_by(|a, b| a < b));
    }
}
