//! What a message costs, in the gas that chains count.

use std::ops::AddAssign;

/// Units of the machine's gas in one unit of a chain's: `DefaultGasMultiplier` of `wasmd`.
pub const MULTIPLIER: u64 = 140_000;

/// What a chain charges for its storage: `KVGasConfig` of the Cosmos SDK.
pub mod storage {
    /// For every read.
    pub const READ: u64 = 1_000;
    /// For every byte read, key and value.
    pub const READ_BYTE: u64 = 3;
    /// For every write.
    pub const WRITE: u64 = 2_000;
    /// For every byte written, key and value.
    pub const WRITE_BYTE: u64 = 30;
    /// For every record that is deleted.
    pub const DELETE: u64 = 1_000;
    /// For every step of a walk through records, which is a read too.
    pub const NEXT: u64 = 30;
}

/// What a chain charges for a message besides: defaults of `wasmd` and of the Cosmos SDK.
pub mod message {
    /// For making the machine ready, unless the chain has pinned the code.
    pub const INSTANCE: u64 = 60_000;
    /// The same where the chain has pinned the code.
    pub const INSTANCE_PINNED: u64 = 2_000;
    /// For every byte of the transaction.
    pub const TRANSACTION_BYTE: u64 = 10;
    /// For the signature of the transaction.
    pub const SIGNATURE: u64 = 1_000;
    /// For every event.
    pub const EVENT: u64 = 20;
    /// For every attribute of an event.
    pub const ATTRIBUTE: u64 = 10;
    /// For every byte of an event's type, and of keys and values beyond [`ATTRIBUTE_FREE`].
    pub const ATTRIBUTE_BYTE: u64 = 1;
    /// Bytes of keys and values for which nothing is charged.
    pub const ATTRIBUTE_FREE: u64 = 100;
}

/// What a message costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gas {
    /// For what the machine computes.
    pub machine: u64,
    /// For what the chain reads and writes.
    pub storage: u64,
    /// For the events.
    pub events: u64,
}

impl Gas {
    /// All of it.
    #[must_use]
    pub fn total(self) -> u64 {
        self.machine.saturating_add(self.storage).saturating_add(self.events)
    }
}

impl AddAssign for Gas {
    fn add_assign(&mut self, other: Self) {
        let Self { machine, storage, events } = other;
        self.machine = self.machine.saturating_add(machine);
        self.storage = self.storage.saturating_add(storage);
        self.events = self.events.saturating_add(events);
    }
}
