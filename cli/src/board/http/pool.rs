//! Memory that connections share: how many bytes of it each address may have, and all of them together.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Which bound is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spent {
    /// That of the address.
    Address,
    /// That of the pool.
    Pool,
}

/// So many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    /// For one address.
    pub(super) of_address: usize,
    /// In all.
    pub(super) in_all: usize,
}

#[derive(Default)]
struct Held {
    of_address: BTreeMap<IpAddr, usize>,
    in_all: usize,
}

/// The room, and what is taken of it.
pub(super) struct Pool {
    room: Room,
    held: Mutex<Held>,
}

/// What one request has taken; it is given back with this.
pub(super) struct Share {
    pool: Arc<Pool>,
    address: IpAddr,
    bytes: usize,
}

impl Pool {
    /// Nothing is taken yet.
    pub(super) fn new(room: Room) -> Arc<Self> {
        Arc::new(Self { room, held: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // Each change is whole before anything can panic.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A share of this address, of no bytes.
    pub(super) fn share(self: &Arc<Self>, address: IpAddr) -> Share {
        Share { pool: self.clone(), address, bytes: 0 }
    }
}

impl Share {
    /// Makes it so large, if it is smaller.
    ///
    /// # Errors
    /// Which bound is reached; then it is as large as before.
    pub(super) fn grow_to(&mut self, bytes: usize) -> Result<(), Spent> {
        let more = bytes.saturating_sub(self.bytes);
        if more == 0 {
            return Ok(());
        }
        let mut held = self.pool.lock();
        let of_address = held.of_address.get(&self.address).copied().unwrap_or(0);
        let (of_address, in_all) =
            (of_address.saturating_add(more), held.in_all.saturating_add(more));
        if of_address > self.pool.room.of_address {
            return Err(Spent::Address);
        }
        if in_all > self.pool.room.in_all {
            return Err(Spent::Pool);
        }
        held.of_address.insert(self.address, of_address);
        held.in_all = in_all;
        drop(held);
        self.bytes = bytes;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.pool.lock();
        held.in_all = held.in_all.saturating_sub(self.bytes);
        let rest = held.of_address.get(&self.address).map_or(0, |of| of.saturating_sub(self.bytes));
        if rest == 0 {
            held.of_address.remove(&self.address);
        } else {
            held.of_address.insert(self.address, rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_takes_its_part_of_a_pool_and_no_more() {
        let pool = Pool::new(Room { of_address: 10, in_all: 15 });
        let share = |n: u8| pool.share([127, 0, 0, n].into());
        let (mut first, mut second, mut other) = (share(1), share(1), share(2));
        assert_eq!(first.grow_to(6), Ok(()));
        assert_eq!(first.grow_to(6), Ok(()), "it counts once");
        assert_eq!(second.grow_to(5), Err(Spent::Address));
        assert_eq!(second.grow_to(4), Ok(()));
        assert_eq!(other.grow_to(6), Err(Spent::Pool));
        assert_eq!(other.grow_to(5), Ok(()));
        drop(first);
        assert_eq!(second.grow_to(10), Ok(()));
        drop((second, other));
        let held = pool.lock();
        assert!(held.of_address.is_empty() && held.in_all == 0);
    }
}
