//! An auction whose state stands in records of its home, of which each instruction loads and writes what it
//! touches: it is the same auction as one that is held in memory.

use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
};
use talea_contract::{Auction, Changes, Corrupt, Phase, Store};
use talea_protocol::{
    commitment::BidId, quorum::keyholders, sealed_bid::Reveal, transcript::Entry,
};
use talea_sim::simulate::Seat;
use talea_tests::{
    Small,
    harness::Harness,
    on_all_cores,
    replay::{Kind, Replay, opened},
};

type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// A home that keeps records in a map, and which of them were read.
#[derive(Default)]
struct Home {
    records: Mutex<Records>,
    /// The keys that were asked for, each with the bytes of its record if there was one.
    read: Mutex<Vec<(Vec<u8>, Option<usize>)>>,
}

impl Store for Home {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        let value = lock(&self.records).get(key).cloned();
        lock(&self.read).push((key.to_vec(), value.as_ref().map(Vec::len)));
        value
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panics while it is held")
}

impl Home {
    /// A home in which an auction was opened.
    fn of(mut opened: Auction) -> Arc<Self> {
        let home = Arc::new(Self::default());
        home.write(opened.take_changes().expect("it reads no records"));
        home
    }

    fn write(&self, changes: Changes) {
        let mut records = lock(&self.records);
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

    /// Applies an instruction as a home does: resumed before it, written after it.
    fn apply(self: &Arc<Self>, slot: u64, instruction: &[u8]) -> Entry {
        let mut auction = self.resume();
        let entry = auction.apply(slot, instruction).expect("it was accepted before");
        self.write(auction.take_changes().expect("its records are whole"));
        entry
    }
}

/// All records of an auction that is held in memory.
fn records(auction: &Auction) -> Records {
    let records = auction.changes().expect("it reads no records");
    records
        .into_iter()
        .map(|(key, value)| (key, value.expect("there is nothing to remove")))
        .collect()
}

/// A home holds what an auction in memory would write at once.
fn assert_same_records(what: &str, home: &Home, held: &Auction) {
    let (kept, held) = (lock(&home.records).clone(), records(held));
    let differs = |key: &&Vec<u8>| kept.get(*key) != held.get(*key);
    let differing: Vec<_> = kept.keys().chain(held.keys()).filter(differs).collect();
    assert!(differing.is_empty(), "{what}: {differing:?}");
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
            assert_same_records(&what, &home, &held);
            assert_same(&what, &home.resume(), &held);
        }
        assert!(refused >= replay.entries.len(), "{file}: {refused} refusals");
        let closing = replay.closing.as_ref().expect("it is closed");
        assert_eq!(home.resume().outcome().as_ref(), Some(&closing.outcome), "{file}");
    });
}

/// Kinds of records that are always there when somebody asks for them.
const NEEDED: &[u8] = b"CTmlwynusegojxzBVr";

/// The records that this instruction reads.
fn read_by(home: &Arc<Home>, entry: &Entry) -> BTreeMap<Vec<u8>, Vec<u8>> {
    lock(&home.read).clear();
    let mut auction = home.resume();
    auction.apply(entry.slot, &entry.instruction).expect("it was accepted before");
    auction.changes().expect("its records are whole");
    let keys = std::mem::take(&mut *lock(&home.read));
    let records = lock(&home.records);
    keys.into_iter()
        .filter_map(|(key, _)| Some((key.clone(), records.get(&key)?.clone())))
        .collect()
}

#[test]
fn an_auction_that_goes_on_gives_what_changed_since_it_was_last_asked() {
    let auctions = whole_auctions();
    on_all_cores(&auctions, |(file, replay)| {
        // One that was resumed once, and one that was opened in memory and reads from no home.
        let (mut held, mut opened) = (replay.open(), replay.open());
        let homes = [Home::of(replay.open()), Arc::new(Home::default())];
        homes[1].write(opened.take_changes().expect("it reads no records"));
        let mut going_on = [homes[0].resume(), opened];
        for (index, entry) in replay.entries.iter().enumerate() {
            let what = format!("{file}, entry {index}");
            held.apply(entry.slot, &entry.instruction).expect("it was accepted before");
            for (home, auction) in homes.iter().zip(&mut going_on) {
                auction.apply(entry.slot, &entry.instruction).expect("it was accepted before");
                // What a home is given late is given at once.
                if index % 3 != 0 || index + 1 == replay.entries.len() {
                    home.write(auction.take_changes().expect("its records are whole"));
                    assert_same_records(&what, home, &held);
                    assert_eq!(auction.changes(), Ok(Changes::new()), "{what}");
                }
            }
        }
        going_on.iter().for_each(|auction| assert_same(file, auction, &held));
    });
}

#[test]
fn a_damaged_record_is_named_by_whatever_instruction_reads_it() {
    let files = ["vouched.talea", "two-of-three.talea", "rounds-default.talea"];
    let auctions = whole_auctions().into_iter().filter(|(file, _)| files.contains(&file.as_str()));
    let mut kinds = BTreeSet::new();
    for (file, replay) in auctions {
        let home = Home::of(replay.open());
        for entry in &replay.entries {
            for (key, whole) in read_by(&home, entry) {
                // Of some nothing counts but that they are there.
                let Some(end) = whole.len().checked_sub(1) else { continue };
                kinds.insert(key[0]);
                let is_needed = NEEDED.contains(&key[0]);
                let cut = Some(whole[..end].to_vec());
                for damaged in [Some(cut), is_needed.then_some(None)].into_iter().flatten() {
                    home.write(Changes::from([(key.clone(), damaged)]));
                    let changes = Auction::resume(home.clone()).and_then(|mut auction| {
                        // Whatever it says, it is not to be believed.
                        let _ = auction.apply(entry.slot, &entry.instruction);
                        auction.take_changes()
                    });
                    assert_eq!(changes, Err(Corrupt { key: key.clone() }), "{file}");
                }
                home.write(Changes::from([(key, Some(whole))]));
            }
            home.apply(entry.slot, &entry.instruction);
        }
    }
    assert!(NEEDED.iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
}

/// What instructions touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Touched {
    /// Records that were asked for, there or not.
    read: usize,
    written: usize,
    bytes_read: usize,
    bytes_written: usize,
}

impl Touched {
    /// Applies an instruction as a home does, and counts.
    fn by(home: &Arc<Home>, slot: u64, instruction: &[u8]) -> Self {
        lock(&home.read).clear();
        let mut auction = home.resume();
        auction.apply(slot, instruction).expect("it is accepted");
        let changes = auction.take_changes().expect("its records are whole");
        let read = std::mem::take(&mut *lock(&home.read));
        let distinct: BTreeSet<&Vec<u8>> = read.iter().map(|(key, _)| key).collect();
        assert_eq!(distinct.len(), read.len(), "a record is read once");
        let touched = Self {
            read: read.len(),
            written: changes.len(),
            bytes_read: read.iter().filter_map(|(_, bytes)| *bytes).sum(),
            bytes_written: changes.values().flatten().map(Vec::len).sum(),
        };
        home.write(changes);
        touched
    }

    #[track_caller]
    fn assert_like(&self, other: &Self, what: &str) {
        assert_eq!((self.read, self.written), (other.read, other.written), "{what}: records");
        let bytes =
            [(self.bytes_read, other.bytes_read), (self.bytes_written, other.bytes_written)];
        for (these, others) in bytes {
            assert!(these.abs_diff(others) <= 16, "{what}: {these} bytes and {others}");
        }
    }
}

/// What each instruction of an auction of so many bidders on each of so many lots touches, by kind, in order.
fn touched(bidders: usize, lots: u32) -> BTreeMap<Kind, Vec<Touched>> {
    let small = Small {
        bidders,
        groups: vec![(2, vec![Seat::Own; 2])],
        lots: vec![(16, vec![1, 1, 1, 1]); lots as usize],
        chunk_items: 4,
        ..Small::default()
    };
    let mut harness = Harness::at_commits(&small, &small.terms());
    let all = (0..lots).flat_map(|lot| (0..bidders).map(move |bidder| (lot, bidder)));
    let reveals: Vec<Reveal> =
        all.map(|(lot, bidder)| harness.commit(bidder, lot, bidder as u32 % 16)).collect();
    harness.pass();
    reveals.into_iter().for_each(|reveal| harness.reveal(vec![reveal]));
    harness.act_until(Phase::Ranking);
    harness.act_until_gates();
    for _ in 0..2 {
        harness.act(0);
        harness.act(1);
    }
    let (_, transcript) = harness.board.into_inner();
    let replay = Replay::read(&transcript);
    let home = Home::of(replay.open());
    let mut touched: BTreeMap<Kind, Vec<Touched>> = BTreeMap::new();
    for entry in &replay.entries {
        let kind = Kind::of(&opened(&entry.instruction).1);
        let by = Touched::by(&home, entry.slot, &entry.instruction);
        touched.entry(kind).or_default().push(by);
    }
    touched
}

#[test]
fn an_instruction_touches_as_many_records_late_in_a_large_auction_as_early_in_a_small_one() {
    let (few, many, many_lots) = (touched(10, 1), touched(40, 1), touched(10, 6));
    // Of reveals the last one closes them all. Of posts, those by the first of two keyholders on the second step of
    // its kind, whose chunks are four items of as many as there are bids.
    let places = [
        (Kind::Fund, 9, 39),
        (Kind::Commit, 9, 39),
        (Kind::Reveal, 8, 38),
        (Kind::Gate, 1, 8),
        (Kind::Decrypt, 3, 10),
    ];
    for (kind, early, late) in places {
        let (few, many) = (&few[&kind], &many[&kind]);
        println!("{kind:?}: {:?}", few[early]);
        many[early].assert_like(&few[early], &format!("{kind:?}, as early"));
        many[late].assert_like(&few[early], &format!("{kind:?}, late"));
        let of_many_lots = &many_lots[&kind][early];
        assert_eq!(
            (of_many_lots.read, of_many_lots.written),
            (few[early].read, few[early].written),
            "{kind:?}, whatever the number of lots"
        );
    }
}
