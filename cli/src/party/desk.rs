//! A party at work: its keys, the board's folder, its replica of the auction, and what it keeps.

use crate::{
    board::{
        access::Access,
        checkpoint::{Checkpoint, Receipt, read_receipt},
        clock::now,
        folder::Folder,
        serve,
    },
    failure::{Code, Failure},
    files::{self, Readers},
    keys::Keys,
    names,
    party::attempts::Attempts,
    replica::Replica,
    say::say,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use talea_contract::Phase;
use talea_protocol::{bytes::Digest, price::Level, terms::Lot};
use talea_text::{lot::read_bid, notation};

/// How long a party waits before it looks at the transcript again.
pub const POLL: Duration = Duration::from_millis(50);

/// How long it waits for the board's signature over what the board has taken.
const SIGNING: Duration = Duration::from_secs(2);
/// How long until it looks again for a receipt that is late.
const UNSIGNED: Duration = Duration::from_secs(5);
/// How many different things it says of what goes wrong.
const MOST_TOLD: usize = 1 << 12;
/// How the names of receipts begin that a party keeps; the entry follows.
const RECEIPT: &str = "receipt-";

/// When a phase comes, within a round.
#[must_use]
pub fn order(phase: Phase) -> u8 {
    match phase {
        Phase::Deals => 0,
        Phase::Complaints => 1,
        Phase::Reserves => 2,
        Phase::Commits => 3,
        Phase::Reveals => 4,
        Phase::Endorsing => 5,
        Phase::Ranking => 6,
        Phase::Closed => 7,
    }
}

/// A party at work.
pub struct Desk {
    /// The board's folder, or its mirror.
    pub folder: Folder,
    /// Keeps the mirror in step, if it is one.
    access: Access,
    /// The party's keys.
    pub keys: Keys,
    /// What it believes of the auction.
    pub replica: Replica,
    /// How long it waits for the board.
    pub patience: Duration,
    /// What it handed in, and when.
    pub attempts: Attempts,
    /// Prices that the party remembers of bids that this machine does not keep, by lot.
    pub remembered: BTreeMap<u32, Level>,
    /// Entries whose receipts it does not have.
    owed: BTreeMap<u64, Owed>,
    /// What it has said of things that went wrong.
    told: BTreeSet<Digest>,
}

/// A receipt that the board owes.
#[derive(Clone, Copy, Debug)]
struct Owed {
    since: Instant,
    /// When to look for it.
    next: Instant,
    /// Whether it was said that it is late.
    is_told: bool,
}

/// Where a phase lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// It is now.
    There,
    /// It comes.
    Ahead,
    /// It does not come any more.
    Over,
}

impl Owed {
    /// Whether it is to be said now that it is late. From then on it is looked for more rarely.
    fn is_late(&mut self, now: Instant) -> bool {
        let is_late = now.duration_since(self.since) >= SIGNING;
        if is_late {
            self.next = now + UNSIGNED;
        }
        is_late && !std::mem::replace(&mut self.is_told, true)
    }
}

impl Desk {
    /// Sits down at a board.
    ///
    /// # Errors
    /// As [`Replica::of`].
    pub fn open(board: impl Into<Access>, keys: Keys, patience: Duration) -> Result<Self, Failure> {
        let access = board.into();
        let folder = access.folder().clone();
        // A board that runs appends an entry before it signs it.
        let checkpoints = serve::checkpoints(&folder);
        let replica = Replica::of(&folder)?;
        let desk = Self {
            folder,
            access,
            keys,
            replica,
            patience,
            attempts: Attempts::default(),
            remembered: BTreeMap::new(),
            owed: BTreeMap::new(),
            told: BTreeSet::new(),
        };
        desk.check_receipts(&checkpoints)?;
        Ok(desk)
    }

    /// Replays what the board appended since; how many entries that were.
    ///
    /// # Errors
    /// As [`Replay::advance`](crate::replica::Replay::advance), and as [`Access::check`].
    pub fn advance(&mut self) -> Result<u64, Failure> {
        self.access.check()?;
        self.replica.advance()
    }

    /// Why the board cannot be reached now, if it cannot.
    #[must_use]
    pub fn trouble(&self) -> Option<Failure> {
        self.access.trouble()
    }

    fn state_folder(&self) -> PathBuf {
        self.keys.state_folder().join(names::auction(&self.replica.auction().id()))
    }

    /// Whether the board keeps everything that this party has a receipt for.
    fn check_receipts(&self, checkpoints: &[Checkpoint]) -> Result<(), Failure> {
        let files = std::fs::read_dir(self.state_folder()).into_iter().flatten().flatten();
        let is_receipt = |path: &PathBuf| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(RECEIPT))
        };
        let mut receipts = files.map(|file| file.path()).filter(is_receipt);
        receipts.try_for_each(|path| self.check_receipt(&path, checkpoints))
    }

    fn check_receipt(&self, path: &Path, checkpoints: &[Checkpoint]) -> Result<(), Failure> {
        match read_receipt(path) {
            Ok(receipt) => receipt.is_kept(&self.replica, checkpoints).map_err(|failure| {
                let help = format!(
                    "keep the board's folder as it is now, and the receipt that contradicts it: {}",
                    path.display()
                );
                failure.with_help(help)
            }),
            // A damaged one speaks against nobody, and must not keep bids from being revealed.
            Err(failure) => {
                say(&format!("{}: {}", path.display(), failure.sentence));
                Ok(())
            }
        }
    }

    /// The receipt of an entry is to be kept, once the board has signed for it.
    ///
    /// # Errors
    /// `file.unwritable`.
    pub fn owe_receipt(&mut self, entry: u64) -> Result<(), Failure> {
        if !self.receipt(entry)?.exists() {
            let now = Instant::now();
            self.owed.entry(entry).or_insert(Owed { since: now, next: now, is_told: false });
        }
        Ok(())
    }

    fn receipt(&self, entry: u64) -> Result<PathBuf, Failure> {
        Ok(self.state()?.join(format!("{RECEIPT}{entry}.json")))
    }

    /// Keeps what the board has signed for by now of the receipts that are owed. Where it is late, says so,
    /// once, and looks more rarely.
    ///
    /// # Errors
    /// As [`Receipt::of`]; `file.unwritable`.
    pub fn keep_receipts(&mut self) -> Result<(), Failure> {
        let now = Instant::now();
        let due = self.owed.iter().filter(|(_, owed)| owed.next <= now);
        let due: Vec<u64> = due.map(|(entry, _)| *entry).collect();
        if !due.is_empty() {
            let checkpoints = serve::checkpoints(&self.folder);
            self.advance()?;
            due.into_iter().try_for_each(|entry| self.keep_receipt(entry, &checkpoints, now))?;
        }
        Ok(())
    }

    /// Keeps the receipt of an entry, or says that it is late.
    fn keep_receipt(
        &mut self,
        entry: u64,
        checkpoints: &[Checkpoint],
        now: Instant,
    ) -> Result<(), Failure> {
        match Receipt::of(&self.replica, checkpoints, entry) {
            Ok(receipt) => {
                let path = self.receipt(entry)?;
                files::write(&path, receipt.json().as_bytes(), Readers::Everybody)?;
                self.owed.remove(&entry);
                Ok(())
            }
            Err(unsigned) if unsigned.code == Code::NotYet => {
                if self.owed.get_mut(&entry).is_some_and(|owed| owed.is_late(now)) {
                    say(&format!("{}, so there is no receipt yet", unsigned.sentence));
                }
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }

    /// Waits a moment for the receipts that are owed: for all of them together.
    ///
    /// # Errors
    /// As [`keep_receipts`](Self::keep_receipts).
    pub fn await_receipts(&mut self) -> Result<(), Failure> {
        self.keep_receipts()?;
        while !self.owed.values().all(|owed| owed.is_told) {
            std::thread::sleep(POLL);
            self.keep_receipts()?;
        }
        Ok(())
    }

    /// Where this party keeps what belongs to this auction; made if it is not there.
    ///
    /// # Errors
    /// `file.unwritable`.
    pub fn state(&self) -> Result<PathBuf, Failure> {
        let state = self.state_folder();
        files::private_folder(&state)?;
        Ok(state)
    }

    /// The slot by this machine's clock, or that of the last entry if that is later.
    #[must_use]
    pub fn slot(&self) -> u64 {
        let now = self.replica.board().clock().slot_at(now());
        now.max(self.replica.auction().slot())
    }

    /// Waits until the auction is in this phase, of round `from` or a later one.
    ///
    /// # Errors
    /// `not-yet` if it is not and `wait` says not to; `refused` if it will not be any more.
    pub fn await_phase(&mut self, wanted: Phase, from: u32, wait: bool) -> Result<(), Failure> {
        loop {
            self.advance()?;
            match self.way_to(wanted, from) {
                Way::There => return Ok(()),
                Way::Ahead if wait => std::thread::sleep(POLL),
                way => return Err(self.not_in(wanted, from, way)),
            }
        }
    }

    /// Whether the auction is in this phase, of round `from` or a later one.
    fn way_to(&self, wanted: Phase, from: u32) -> Way {
        let auction = self.replica.auction();
        let (phase, round) = (auction.phase(), auction.round());
        let is_last = auction.terms().rounds.is_none_or(|rounds| round + 1 >= rounds.limit);
        if phase == wanted && round >= from {
            Way::There
        } else if phase == Phase::Closed || (is_last && order(phase) > order(wanted)) {
            Way::Over
        } else {
            Way::Ahead
        }
    }

    fn not_in(&self, wanted: Phase, from: u32, way: Way) -> Failure {
        let auction = self.replica.auction();
        let of_round = match from {
            0 => String::new(),
            _ => format!(" of a later round than {}", auction.round()),
        };
        let sentence = format!(
            "the auction is in the phase {}, not in {}{of_round}",
            auction.phase().name(),
            wanted.name()
        );
        match way {
            Way::Over => Failure::new(Code::Refused, format!("{sentence}: it is too late"))
                .with_help(
                    "what the board took before still counts; talea status shows what comes next",
                ),
            Way::There | Way::Ahead => Failure::new(Code::NotYet, sentence)
                .with_help("--wait waits until then; talea status says when that is"),
        }
    }

    /// Says what went wrong, once, and goes on.
    pub fn warn(&mut self, failure: &Failure) {
        self.warn_once(Digest::of(&[failure.sentence.as_bytes()]), &failure.sentence);
    }

    /// Says what is wrong with something, once for each, and goes on.
    pub fn warn_once(&mut self, what: Digest, sentence: &str) {
        if self.told.len() < MOST_TOLD && self.told.insert(what) {
            say(&format!("{sentence}; continuing"));
        }
    }

    /// A lot by its number.
    #[must_use]
    pub fn line(&self, lot: u32) -> Option<&Lot> {
        self.replica.auction().terms().lots.get(usize::try_from(lot).ok()?)
    }

    /// What a lot is called: its identifier, or its number if there is no such lot.
    #[must_use]
    pub fn name_of(&self, lot: u32) -> String {
        self.line(lot).map_or(lot.to_string(), |line| line.identifier.to_string())
    }

    /// A lot by its identifier, or by its number.
    ///
    /// # Errors
    /// `lot.unknown`.
    pub fn lot(&self, name: &str) -> Result<(u32, &Lot), Failure> {
        let lots = || (0u32..).zip(self.replica.auction().terms().lots.iter());
        let found = lots().find(|(_, lot)| lot.identifier.as_str() == name);
        let found = found.or_else(|| lots().find(|(number, _)| number.to_string() == name));
        found.ok_or_else(|| {
            let known: Vec<String> =
                lots().map(|(_, lot)| lot.identifier.to_string()).take(20).collect();
            Failure::new(Code::LotUnknown, format!("there is no lot {name:?}"))
                .with_help(format!("lots: {}", known.join(", ")))
        })
    }

    /// A price on a lot's grid. What others would mean by it is pointed out.
    ///
    /// # Errors
    /// `price`.
    pub fn level(&self, name: &str, price: &str) -> Result<(u32, Level), Failure> {
        let (number, lot) = self.lot(name)?;
        let level = read_bid(name, lot, price).map_err(|failure| Failure {
            code: Code::Price,
            sentence: failure.sentence,
            help: failure.help,
        })?;
        if let Some(remark) = notation::remark(lot.grid.scale, price) {
            say(&format!("{name}: {remark}"));
        }
        Ok((number, level))
    }
}
