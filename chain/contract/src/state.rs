//! What the chain stores.
//!
//! | key | value |
//! |---|---|
//! | `a` and a key of the program | one record of the auction |
//! | `h` | [`Home`] |
//! | `n` | how many entries there are, `u64` |
//! | `e` and a number, big-endian | [`Mark`] of an entry |
//! | `c`, a party and a pocket | that this was paid |

use crate::refusal::Refusal;
use borsh::{BorshDeserialize, BorshSerialize};
use cosmwasm_std::{Env, Storage};
use ed25519_dalek::SigningKey;
use std::{ops::RangeFrom, sync::Arc};
use talea_contract::{Auction, Changes, Store};
use talea_protocol::{
    bytes::{Digest, Domain, PartyKey},
    chain::{ChainHome, SlotUnit, custodian_seed},
    claim::Pocket,
    terms::Terms,
    transcript::Entry,
};

/// What the chain needs of the terms.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Home {
    pub(crate) denom: String,
    /// Whether slots are heights of blocks; otherwise they are seconds.
    counts_blocks: bool,
}

impl Home {
    /// The home that these terms name, if it is this contract on this chain and the custodian is the chain.
    pub(crate) fn of(terms: &Terms, env: &Env) -> Result<Self, Refusal> {
        let domain = &terms.domain;
        let ChainHome { chain_id, contract, slots, denom } =
            ChainHome::of(domain).ok_or(Refusal::NoHome {})?;
        let here = (env.block.chain_id.as_str(), env.contract.address.as_str());
        if (chain_id, contract) != here {
            let [chain, contract] = [chain_id, contract].map(str::to_owned);
            return Err(Refusal::Elsewhere { contract, chain });
        }
        if custodian(domain).verifying_key().to_bytes() != terms.custodian.0 {
            return Err(Refusal::Custodian { named: terms.custodian.to_string() });
        }
        Ok(Self { denom: denom.to_owned(), counts_blocks: slots == SlotUnit::Blocks })
    }

    /// What slots are.
    pub(crate) fn slots(&self) -> SlotUnit {
        if self.counts_blocks { SlotUnit::Blocks } else { SlotUnit::Seconds }
    }

    /// The slot of this block.
    pub(crate) fn now(&self, env: &Env) -> u64 {
        match self.slots() {
            SlotUnit::Blocks => env.block.height,
            SlotUnit::Seconds => env.block.time.seconds(),
        }
    }

    pub(crate) fn save(&self, storage: &mut dyn Storage) -> Result<(), Refusal> {
        write(storage, b"h", self, "home")
    }

    pub(crate) fn load(storage: &dyn Storage) -> Result<Self, Refusal> {
        read(storage, b"h", "home")?.ok_or(Refusal::State { what: "home" })
    }
}

/// The key of the chain as a custodian, which everybody has.
pub(crate) fn custodian(domain: &Domain) -> SigningKey {
    SigningKey::from_bytes(&custodian_seed(domain))
}

/// Where an entry stands in the transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Mark {
    pub(crate) slot: u64,
    pub(crate) head: Digest,
}

/// The auction's records, before its own keys.
const AUCTION: &[u8] = b"a";

fn auction_key(key: &[u8]) -> Vec<u8> {
    [AUCTION, key].concat()
}

/// What can be read of the chain's storage.
trait Readable {
    fn record(&self, key: &[u8]) -> Option<Vec<u8>>;
}

impl Readable for &dyn Storage {
    fn record(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.get(&auction_key(key))
    }
}

// A store of the program outlives everything, and the storage of a message does not: it is lent for as long as the
// auction is at work.
environmental::environmental!(lent: trait Readable);

/// The records that are lent now.
struct Records;

impl Store for Records {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        lent::with(|storage| storage.record(key)).flatten()
    }
}

/// Asks the auction.
pub(crate) fn ask<T>(
    storage: &dyn Storage,
    ask: impl FnOnce(&Auction) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let mut storage = storage;
    lent::using(&mut storage, || {
        let auction = Auction::resume(Arc::new(Records))?;
        let answer = ask(&auction);
        // A record that is damaged comes before whatever was said on account of it.
        auction.changes()?;
        answer
    })
}

/// Has the auction do something, and writes what has changed. Nothing is written if it refuses.
pub(crate) fn change<T>(
    storage: &mut dyn Storage,
    act: impl FnOnce(&mut Auction) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let mut readable: &dyn Storage = storage;
    let (done, changes) = lent::using(&mut readable, || {
        let mut auction = Auction::resume(Arc::new(Records))?;
        let done = act(&mut auction);
        // A record that is damaged comes before whatever was said on account of it.
        let changes = auction.take_changes()?;
        Ok::<_, Refusal>((done?, changes))
    })?;
    write_changes(storage, changes);
    Ok(done)
}

/// Writes the records of an auction that was opened just now.
pub(crate) fn begin(storage: &mut dyn Storage, mut auction: Auction) -> Result<(), Refusal> {
    write_changes(storage, auction.take_changes()?);
    Ok(())
}

fn write_changes(storage: &mut dyn Storage, changes: Changes) {
    for (key, value) in changes {
        let key = auction_key(&key);
        match value.as_deref() {
            // A chain stores no empty value. What has one is asked for by its key alone.
            Some([]) => storage.set(&key, &[0]),
            Some(value) => storage.set(&key, value),
            None => storage.remove(&key),
        }
    }
}

/// How many entries there are.
pub(crate) fn entries(storage: &dyn Storage) -> Result<u64, Refusal> {
    Ok(read(storage, b"n", "number of entries")?.unwrap_or(0))
}

/// Counts entries, and gives the number of each.
pub(crate) fn count(
    storage: &mut dyn Storage,
    counted: &[Entry],
) -> Result<RangeFrom<u64>, Refusal> {
    let first = entries(storage)?.saturating_add(1);
    let mut next = first;
    for Entry { slot, head, .. } in counted {
        write(storage, &mark_key(next), &Mark { slot: *slot, head: *head }, "entry")?;
        next = next.saturating_add(1);
    }
    write(storage, b"n", &next.saturating_sub(1), "number of entries")?;
    Ok(first..)
}

/// The mark of an entry, counted from 1.
pub(crate) fn mark(storage: &dyn Storage, number: u64) -> Result<Mark, Refusal> {
    read(storage, &mark_key(number), "entry")?.ok_or(Refusal::State { what: "entry" })
}

fn mark_key(number: u64) -> Vec<u8> {
    [b"e".as_slice(), &number.to_be_bytes()].concat()
}

/// Whether this was paid.
pub(crate) fn is_paid(storage: &dyn Storage, party: &PartyKey, pocket: Pocket) -> bool {
    storage.get(&paid_key(party, pocket)).is_some()
}

/// Remembers that this was paid.
pub(crate) fn pay(storage: &mut dyn Storage, party: &PartyKey, pocket: Pocket) {
    storage.set(&paid_key(party, pocket), &[1]);
}

fn paid_key(party: &PartyKey, pocket: Pocket) -> Vec<u8> {
    [b"c".as_slice(), &party.0, &[pocket.byte()]].concat()
}

fn read<T: BorshDeserialize>(
    storage: &dyn Storage,
    key: &[u8],
    what: &'static str,
) -> Result<Option<T>, Refusal> {
    let bytes = storage.get(key);
    let value = bytes.map(|bytes| borsh::from_slice(&bytes)).transpose();
    value.map_err(|_| Refusal::State { what })
}

fn write<T: BorshSerialize>(
    storage: &mut dyn Storage,
    key: &[u8],
    value: &T,
    what: &'static str,
) -> Result<(), Refusal> {
    let bytes = borsh::to_vec(value).map_err(|_| Refusal::State { what })?;
    storage.set(key, &bytes);
    Ok(())
}
