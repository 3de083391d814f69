//! An auction whose state stands in records of its home, of which each instruction loads and writes what it
//! touches: it is the same auction as one that is held in memory.

use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
};
use talea_contract::{Auction, Changes, Corrupt, Store};
use talea_protocol::{commitment::BidId, quorum::keyholders, transcript::Entry};
use talea_tests::{on_all_cores, replay::Replay};

/// A home that keeps records in a map.
#[derive(Default)]
struct Home {
    records: Mutex<BTreeMap<Vec<u8>, Vec<u8>>>,
}

impl Store for Home {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.records.lock().expect("nobody panics while it is held").get(key).cloned()
    }
}

impl Home {
    /// A home in which an auction was opened.
    fn of(mut opened: Auction) -> Arc<Self> {
        let home = Arc::new(Self::default());
        home.write(opened.take_changes().expect("it reads no records"));
        home
    }

    fn write(&self, changes: Changes) {
        let mut records = self.records.lock().expect("nobody panics while it is held");
        for (key, value) in changes {
            match value {
                Some(value) => records.insert(key, value),
                None => records.remove(&key),
            };
        }
    }

    fn resume(self: &Arc<Self>) -> Auction {
        Auction::resume(self.clone()).expect("its records are whole")
    }

    fn records(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        self.records.lock().expect("nobody panics while it is held").clone()
    }

    /// Applies an instruction as a home does: resumed before it, written after it.
    fn apply(self: &Arc<Self>, slot: u64, instruction: &[u8]) -> Entry {
        let mut auction = self.resume();
        let entry = auction.apply(slot, instruction).expect("it was accepted before");
        self.write(auction.take_changes().expect("its records are whole"));
        entry
    }
}

/// All records of an auction that is held in memory.
fn records(auction: &Auction) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let records = auction.changes().expect("it reads no records");
    records.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

/// The whole auctions of `docs/vectors/transcripts/`: every mechanism, ending and option.
fn whole_auctions() -> Vec<(String, Replay)> {
    let folder: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "..", "docs", "vectors", "transcripts"].iter().collect();
    let manifest = std::fs::read(folder.join("manifest.json")).expect("it is there");
    let manifest: Value = serde_json::from_slice(&manifest).expect("it is JSON");
    let cases = manifest.as_array().expect("a list of cases").iter();
    let valid = cases.filter(|case| case["verdict"] == "valid");
    valid
        .map(|case| {
            let file = case["file"].as_str().expect("a file's name").to_owned();
            let transcript = std::fs::read(folder.join(&file)).expect("it is there");
            (file, Replay::read(&transcript))
        })
        .collect()
}

/// Everything that can be asked of an auction.
fn assert_same(what: &str, resumed: &Auction, held: &Auction) {
    assert_eq!((resumed.phase(), resumed.deadline()), (held.phase(), held.deadline()), "{what}");
    assert_eq!((resumed.head(), resumed.slot()), (held.head(), held.slot()), "{what}");
    assert_eq!((resumed.round(), resumed.duties()), (held.round(), held.duties()), "{what}");
    for duty in held.duties() {
        assert_eq!(resumed.late(duty), held.late(duty), "{what}");
    }
    assert_eq!(resumed.endorsed_head(), held.endorsed_head(), "{what}");
    let accounts = held.accounts();
    for (id, _) in keyholders(&held.terms().quorum) {
        assert_eq!(resumed.dues(id), held.dues(id), "{what}");
        assert_eq!(resumed.was_expelled(id), held.was_expelled(id), "{what}");
        assert_eq!(resumed.deal_of(id), held.deal_of(id), "{what}");
    }
    for lot in (0u32..).take(held.terms().lots.len()) {
        assert_eq!(resumed.ending(lot), held.ending(lot), "{what}");
        assert_eq!(resumed.surveys(lot), held.surveys(lot), "{what}");
        assert_eq!(resumed.award_to_decide(lot), held.award_to_decide(lot), "{what}");
        for (id, _) in keyholders(&held.terms().quorum) {
            assert_eq!(resumed.is_excluded(lot, id), held.is_excluded(lot, id), "{what}");
            assert_eq!(resumed.is_excused(lot, id), held.is_excused(lot, id), "{what}");
        }
        for account in &accounts {
            let bid = BidId { lot, round: held.round(), bidder: account.party };
            assert_eq!(resumed.is_open(&bid), held.is_open(&bid), "{what}");
            assert_eq!(resumed.is_missing(&bid), held.is_missing(&bid), "{what}");
            let active = |auction: &Auction| auction.active_commitment(lot, &account.party);
            assert_eq!(active(resumed), active(held), "{what}");
        }
    }
    assert_eq!(resumed.quorum_keys(), held.quorum_keys(), "{what}");
    assert_eq!(resumed.accounts(), accounts, "{what}");
    assert_eq!(resumed.outcome(), held.outcome(), "{what}");
    assert!(resumed == held, "{what}");
}

/// Both accept or refuse, in the same words; a refusal leaves nothing to write, and everything as it was.
fn try_on_both(what: &str, home: &Arc<Home>, held: &Auction, (slot, bytes): (u64, &[u8])) -> bool {
    let (mut resumed, mut tried) = (home.resume(), held.clone());
    let verdict = tried.apply(slot, bytes);
    assert_eq!(resumed.apply(slot, bytes), verdict, "{what}");
    let is_refused = verdict.is_err();
    if is_refused {
        assert!(tried == *held, "{what}: a refusal changed the auction");
        assert_same(what, &resumed, held);
        assert_eq!(resumed.changes(), Ok(Changes::new()), "{what}");
        assert_eq!(records(&tried), records(held), "{what}");
    }
    is_refused
}

#[test]
fn an_auction_resumed_before_every_instruction_is_the_one_in_memory() {
    let auctions = whole_auctions();
    assert!(auctions.len() > 20);
    on_all_cores(&auctions, |(file, replay)| {
        let mut held = replay.open();
        let home = Home::of(replay.open());
        let mut refused = 0;
        for (index, entry) in replay.entries.iter().enumerate() {
            let what = format!("{file}, entry {index}");
            // What was accepted before, again; what comes next, too early; each also beyond the deadline.
            let last = index.checked_sub(1).map(|last| &replay.entries[last]);
            let others = last.into_iter().chain(replay.entries.get(index + 1));
            for other in others {
                let late = held.deadline().map_or(entry.slot, |deadline| deadline + 1);
                for slot in [entry.slot, entry.slot.max(late)] {
                    let tried = (slot, other.instruction.as_ref());
                    refused += usize::from(try_on_both(&what, &home, &held, tried));
                }
            }
            let accepted = held.apply(entry.slot, &entry.instruction);
            assert_eq!(home.apply(entry.slot, &entry.instruction), *entry, "{what}");
            assert_eq!(accepted.as_ref(), Ok(entry), "{what}");
            assert_eq!(home.records(), records(&held), "{what}");
            assert_same(&what, &home.resume(), &held);
        }
        assert!(refused >= replay.entries.len(), "{file}: {refused} refusals");
        let closing = replay.closing.as_ref().expect("it is closed");
        assert_eq!(home.resume().outcome().as_ref(), Some(&closing.outcome), "{file}");
    });
}

#[test]
fn records_that_are_missing_or_damaged_are_named() {
    let (_, replay) = whole_auctions().into_iter().next().expect("there are some");
    let home = Home::of(replay.open());
    for key in home.records().into_keys() {
        let whole = home.get(&key).expect("it is there");
        for damaged in [None, Some(whole[..whole.len() - 1].to_vec())] {
            home.write(Changes::from([(key.clone(), damaged)]));
            let corrupt = Auction::resume(home.clone()).map(|_| ());
            assert_eq!(corrupt, Err(Corrupt { key: key.clone() }));
        }
        home.write(Changes::from([(key, Some(whole))]));
    }
    assert!(Auction::resume(home).is_ok());
}
