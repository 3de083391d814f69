//! The contract's storage, and what a chain charges for it.

use crate::gas::{MULTIPLIER, storage};
use cosmwasm_std::{Order, Record};
use cosmwasm_vm::{BackendError, BackendResult, GasInfo, Storage};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// Records by key.
pub type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// The records as one message sees them. What it writes counts only once it has succeeded.
#[derive(Debug, Default)]
pub struct Store {
    records: Arc<Records>,
    written: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    walks: Vec<VecDeque<Record>>,
}

impl Store {
    /// These records, and nothing written yet.
    #[must_use]
    pub fn over(records: Arc<Records>) -> Self {
        Self { records, ..Self::default() }
    }

    /// What was written: a new value, or nothing where a record was deleted.
    #[must_use]
    pub fn into_written(self) -> BTreeMap<Vec<u8>, Option<Vec<u8>>> {
        self.written
    }

    fn value(&self, key: &[u8]) -> Option<&Vec<u8>> {
        self.written.get(key).map_or_else(|| self.records.get(key), Option::as_ref)
    }
}

/// What a chain charges, as the machine counts it.
fn charge(flat: u64, per_byte: u64, bytes: usize) -> GasInfo {
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    let gas = flat.saturating_add(per_byte.saturating_mul(bytes));
    GasInfo::with_externally_used(gas.saturating_mul(MULTIPLIER))
}

fn charge_read(key: &[u8], value: Option<&Vec<u8>>) -> GasInfo {
    charge(storage::READ, storage::READ_BYTE, key.len() + value.map_or(0, Vec::len))
}

impl Storage for Store {
    fn get(&self, key: &[u8]) -> BackendResult<Option<Vec<u8>>> {
        let value = self.value(key);
        (Ok(value.cloned()), charge_read(key, value))
    }

    fn scan(
        &mut self,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
        order: Order,
    ) -> BackendResult<u32> {
        let is_within =
            |key: &[u8]| start.is_none_or(|start| key >= start) && end.is_none_or(|end| key < end);
        let mut all: Records = (*self.records).clone();
        for (key, value) in &self.written {
            match value {
                Some(value) => all.insert(key.clone(), value.clone()),
                None => all.remove(key),
            };
        }
        let mut walk: VecDeque<Record> =
            all.into_iter().filter(|(key, _)| is_within(key)).collect();
        if order == Order::Descending {
            walk.make_contiguous().reverse();
        }
        self.walks.push(walk);
        let number = u32::try_from(self.walks.len()).unwrap_or(u32::MAX);
        (Ok(number), charge(storage::NEXT, 0, 0))
    }

    fn next(&mut self, iterator_id: u32) -> BackendResult<Option<Record>> {
        let at = usize::try_from(iterator_id).ok().and_then(|number| number.checked_sub(1));
        let Some(walk) = at.and_then(|at| self.walks.get_mut(at)) else {
            return (Err(BackendError::iterator_does_not_exist(iterator_id)), GasInfo::free());
        };
        let next = walk.pop_front();
        let bytes = next.as_ref().map_or(0, |(key, value)| key.len() + value.len());
        (Ok(next), charge(storage::NEXT, storage::READ_BYTE, bytes))
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> BackendResult<()> {
        self.written.insert(key.to_vec(), Some(value.to_vec()));
        (Ok(()), charge(storage::WRITE, storage::WRITE_BYTE, key.len() + value.len()))
    }

    fn remove(&mut self, key: &[u8]) -> BackendResult<()> {
        self.written.insert(key.to_vec(), None);
        (Ok(()), charge(storage::DELETE, 0, 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sdk(gas: GasInfo) -> u64 {
        assert_eq!(gas.cost, 0);
        gas.externally_used / MULTIPLIER
    }

    #[test]
    fn what_is_written_is_seen_at_once_and_not_in_the_records_below() {
        let records = Arc::new(Records::from([(b"a".to_vec(), b"1".to_vec())]));
        let mut store = Store::over(Arc::clone(&records));
        assert_eq!(sdk(store.set(b"b", b"22").1), 2_000 + 3 * 30);
        assert_eq!(sdk(store.remove(b"a").1), 1_000);
        let (value, gas) = store.get(b"b");
        assert_eq!((value.unwrap().unwrap(), sdk(gas)), (b"22".to_vec(), 1_000 + 3 * 3));
        assert_eq!(store.get(b"a").0.unwrap(), None);
        assert_eq!(records.len(), 1);
        let written = store.into_written();
        assert_eq!(written.get(b"a".as_slice()), Some(&None));
        assert_eq!(written.get(b"b".as_slice()), Some(&Some(b"22".to_vec())));
    }

    #[test]
    fn a_walk_sees_written_and_deleted_records_in_order() {
        let records = [(b"a", b"1"), (b"c", b"3"), (b"d", b"4")];
        let records = records.map(|(key, value)| (key.to_vec(), value.to_vec()));
        let mut store = Store::over(Arc::new(records.into()));
        store.set(b"b", b"2").0.unwrap();
        store.remove(b"c").0.unwrap();
        let walk = store.scan(Some(b"b"), None, Order::Descending).0.unwrap();
        assert_eq!(store.next(walk).0.unwrap(), Some((b"d".to_vec(), b"4".to_vec())));
        assert_eq!(store.next(walk).0.unwrap(), Some((b"b".to_vec(), b"2".to_vec())));
        assert_eq!(store.next(walk).0.unwrap(), None);
        assert!(store.next(walk + 1).0.is_err());
    }
}
