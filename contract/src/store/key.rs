//! What a record is found by.

use alloc::vec::Vec;
use talea_protocol::{
    bytes::{PartyKey, Point},
    quorum::KeyholderId,
};

/// A part of a record's key. All keys of one kind have one length, and are in the order of their bytes.
pub(crate) trait Key: Ord + Clone {
    /// Appends it.
    fn write(&self, key: &mut Vec<u8>);
}

/// Of a record of which there is one.
impl Key for () {
    fn write(&self, _: &mut Vec<u8>) {}
}

impl Key for u32 {
    fn write(&self, key: &mut Vec<u8>) {
        key.extend(self.to_be_bytes());
    }
}

impl Key for PartyKey {
    fn write(&self, key: &mut Vec<u8>) {
        key.extend(self.0);
    }
}

impl Key for Point {
    fn write(&self, key: &mut Vec<u8>) {
        key.extend(self.0);
    }
}

impl Key for KeyholderId {
    fn write(&self, key: &mut Vec<u8>) {
        key.extend(self.group.to_be_bytes());
        key.extend(self.member.to_be_bytes());
    }
}

impl<A: Key, B: Key> Key for (A, B) {
    fn write(&self, key: &mut Vec<u8>) {
        self.0.write(key);
        self.1.write(key);
    }
}

impl<A: Key, B: Key, C: Key> Key for (A, B, C) {
    fn write(&self, key: &mut Vec<u8>) {
        self.0.write(key);
        self.1.write(key);
        self.2.write(key);
    }
}
