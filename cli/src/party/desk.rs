//! A party at work: its keys, the board's folder, its replica of the auction, and what it keeps.

use crate::{
    board::{
        checkpoint::{Checkpoint, Receipt},
        clock::now,
        folder::{Answer, Folder},
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
    path::PathBuf,
    time::{Duration, Instant},
};
use talea_contract::{Auction, Phase};
use talea_protocol::{bytes::Digest, price::Rung, terms::Lot};
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
    /// The board's folder.
    pub folder: Folder,
    /// The party's keys.
    pub keys: Keys,
    /// What it believes of the auction.
    pub replica: Replica,
    /// How long it waits for the board.
    pub patience: Duration,
    /// What it handed in, and when.
    pub attempts: Attempts,
    /// Prices that the party remembers of bids that this machine does not keep, by lot.
    pub remembered: BTreeMap<u32, Rung>,
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

/// What came of handing something in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Insisted {
    /// It is this entry.
    Stands(u64),
    /// It was handed in now.
    HandedIn,
    /// It was handed in a while ago only.
    Waits,
}

/// A refusal, by whoever wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The check, as it says.
    pub check: String,
    /// Why.
    pub sentence: String,
}

/// An instruction that was handed in and does not stand.
struct Waiting<'a> {
    id: Digest,
    bytes: &'a [u8],
    /// How it was refused, although the rules allow it.
    said: Option<Said>,
}

impl Desk {
    /// Sits down at a board.
    ///
    /// # Errors
    /// As [`Replica::of`].
    pub fn open(folder: Folder, keys: Keys, patience: Duration) -> Result<Self, Failure> {
        // A board that runs appends an entry before it signs it.
        let checkpoints = serve::checkpoints(&folder);
        let replica = Replica::of(&folder)?;
        let desk = Self {
            folder,
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

    fn state_folder(&self) -> PathBuf {
        self.keys.state_folder().join(names::auction(&self.replica.auction().id()))
    }

    /// Whether the board keeps everything that this party has a receipt for.
    fn check_receipts(&self, checkpoints: &[Checkpoint]) -> Result<(), Failure> {
        let Ok(kept) = std::fs::read_dir(self.state_folder()) else { return Ok(()) };
        for path in kept.flatten().map(|file| file.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(RECEIPT) {
                let receipt = match Receipt::read(&path) {
                    Ok(receipt) => receipt,
                    // A damaged one speaks against nobody, and must not keep bids from being revealed.
                    Err(failure) => {
                        say(&format!("{}: {}", path.display(), failure.sentence));
                        continue;
                    }
                };
                let kept = receipt.is_kept(&self.replica, checkpoints);
                kept.map_err(|failure| {
                    let help = format!(
                        "keep the board's folder as it is now, and the receipt that contradicts it: {}",
                        path.display()
                    );
                    failure.with_help(help)
                })?;
            }
        }
        Ok(())
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
        if due.is_empty() {
            return Ok(());
        }
        let checkpoints = serve::checkpoints(&self.folder);
        self.replica.advance()?;
        for entry in due {
            match Receipt::of(&self.replica, &checkpoints, entry) {
                Ok(receipt) => {
                    let path = self.receipt(entry)?;
                    files::write(&path, receipt.json().as_bytes(), Readers::Everybody)?;
                    self.owed.remove(&entry);
                }
                Err(failure) if failure.code != Code::NotYet => return Err(failure),
                Err(failure) => {
                    let Some(owed) = self.owed.get_mut(&entry) else { continue };
                    if now.duration_since(owed.since) >= SIGNING {
                        owed.next = now + UNSIGNED;
                        if !std::mem::replace(&mut owed.is_told, true) {
                            say(&format!("{}, so there is no receipt yet", failure.sentence));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Waits a moment for the receipts that are owed: for all of them together.
    ///
    /// # Errors
    /// As [`keep_receipts`](Self::keep_receipts).
    pub fn await_receipts(&mut self) -> Result<(), Failure> {
        loop {
            self.keep_receipts()?;
            if self.owed.values().all(|owed| owed.is_told) {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
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
        let now = self.replica.board().slot_at(now());
        now.max(self.replica.auction().slot())
    }

    /// Waits until the auction is in this phase, of round `from` or a later one.
    ///
    /// # Errors
    /// `not-yet` if it is not and `wait` says not to; `refused` if it will not be any more.
    pub fn await_phase(&mut self, wanted: Phase, from: u32, wait: bool) -> Result<(), Failure> {
        loop {
            self.replica.advance()?;
            let auction = self.replica.auction();
            let (phase, round) = (auction.phase(), auction.round());
            if phase == wanted && round >= from {
                return Ok(());
            }
            let of_round =
                if from > 0 { format!(" of a later round than {round}") } else { String::new() };
            let sentence = format!(
                "the auction is in the phase {}, not in {}{of_round}",
                phase.name(),
                wanted.name()
            );
            let is_last = auction.terms().rounds.is_none_or(|rounds| round + 1 >= rounds.limit);
            if phase == Phase::Closed || (is_last && order(phase) > order(wanted)) {
                let sentence = format!("{sentence}: it is too late");
                return Err(Failure::new(Code::Refused, sentence).with_help(
                    "what the board took before still counts; talea status shows what comes next",
                ));
            }
            if !wait {
                return Err(Failure::new(Code::NotYet, sentence)
                    .with_help("--wait waits until then; talea status says when that is"));
            }
            std::thread::sleep(POLL);
        }
    }

    /// Hands an instruction in, unless it stands or was handed in a while ago only.
    ///
    /// # Errors
    /// `file.unwritable`; it is tried again when it is time.
    pub fn insist(&mut self, id: &Digest, instruction: &[u8]) -> Result<Insisted, Failure> {
        if let Some(entry) = self.replica.entry_of(id) {
            self.attempts.forget(id);
            return Ok(Insisted::Stands(entry));
        }
        let now = Instant::now();
        if !self.attempts.is_due(id, now, || self.folder.waits(id)) {
            return Ok(Insisted::Waits);
        }
        self.attempts.made(*id, now);
        self.folder.hand_in(instruction)?;
        Ok(Insisted::HandedIn)
    }

    /// Hands instructions in, all at once, and waits for them to stand in the transcript; in which entries.
    /// What the transcript does not show is handed in again until this party's patience is over.
    ///
    /// # Errors
    /// Of each: `refused` if the rules refuse it, whatever the board says; `board.silent`, and those of
    /// reading and writing.
    pub fn submit_all(&mut self, instructions: &[Vec<u8>]) -> Vec<Result<u64, Failure>> {
        let ids = instructions.iter().map(|bytes| Digest::of(&[bytes]));
        let mut waiting: BTreeMap<usize, Waiting<'_>> = BTreeMap::new();
        for (at, (id, bytes)) in ids.zip(instructions).enumerate() {
            waiting.insert(at, Waiting { id, bytes, said: None });
        }
        let mut done = BTreeMap::new();
        let since = Instant::now();
        let mut judged_in = self.replica.auction().phase();
        while !waiting.is_empty() {
            let is_over = since.elapsed() > self.patience;
            let advanced = self.replica.advance();
            let phase = self.replica.auction().phase();
            let is_new_phase = std::mem::replace(&mut judged_in, phase) != phase;
            // What is judged here is judged after those before it, as the board would.
            let mut trial = None;
            waiting.retain(|at, waiting| {
                let outcome = match &advanced {
                    Err(failure) => Some(Err(failure.clone())),
                    Ok(_) => self.look_for(waiting, is_new_phase, &mut trial),
                };
                let silent = || is_over.then(|| Err(self.silent(waiting.said.as_ref())));
                let outcome = outcome.or_else(silent);
                let waits = outcome.is_none();
                done.extend(outcome.map(|outcome| (*at, outcome)));
                waits
            });
            if !waiting.is_empty() {
                std::thread::sleep(POLL);
            }
        }
        done.into_values().collect()
    }

    /// What has become of something that was handed in, or is now; nothing so far.
    fn look_for(
        &mut self,
        waiting: &mut Waiting<'_>,
        is_new_phase: bool,
        trial: &mut Option<Auction>,
    ) -> Option<Result<u64, Failure>> {
        match self.insist(&waiting.id, waiting.bytes) {
            Err(failure) => return Some(Err(failure)),
            Ok(Insisted::Stands(entry)) => return Some(Ok(entry)),
            Ok(Insisted::HandedIn | Insisted::Waits) => {}
        }
        let refused = self.refusal(&waiting.id);
        let is_refused = refused.is_some() && self.attempts.judges(&waiting.id);
        if is_refused {
            waiting.said = refused;
        }
        if !is_refused && !is_new_phase {
            return None;
        }
        // It is the rules that refuse, and the party knows them. Time is what the transcript says: this
        // machine's clock may be ahead.
        let auction = self.replica.auction();
        let trial = trial.get_or_insert_with(|| auction.clone());
        let refusal = trial.apply(auction.slot(), waiting.bytes).err()?;
        Some(Err(refusal.into()))
    }

    /// Hands one instruction in and waits for it, as [`submit_all`](Self::submit_all) does.
    ///
    /// # Errors
    /// `refused`, `board.silent`, and those of reading and writing.
    pub fn submit(&mut self, instruction: Vec<u8>) -> Result<u64, Failure> {
        let done = self.submit_all(&[instruction]).pop();
        done.unwrap_or_else(|| Err(Failure::new(Code::Internal, "an instruction had no result")))
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

    /// What stands in the place of the board's answer to an instruction, if it is a refusal. Anybody may
    /// have written it.
    #[must_use]
    pub fn refusal(&self, id: &Digest) -> Option<Said> {
        match self.folder.answer(id)? {
            Answer::Refused { check, sentence } => Some(Said { check, sentence }),
            Answer::Accepted { .. } => None,
        }
    }

    /// The transcript does not show what was handed in, and patience is over.
    #[must_use]
    pub fn silent(&self, said: Option<&Said>) -> Failure {
        let patience = self.patience.as_secs();
        match said {
            None => {
                let sentence =
                    format!("the board did not take the instruction within {patience} s");
                Failure::new(Code::BoardSilent, sentence).with_help(
                    "it stays in the inbox; the same command hands in the same bytes again",
                )
            }
            Some(Said { check, sentence }) => {
                let sentence = format!(
                    "the board refused the instruction ({check}: {sentence}) for {patience} s, although \
                     the rules allow it by the transcript"
                );
                Failure::new(Code::BoardSilent, sentence).with_help(
                    "the board is wrong, or somebody else writes its answers; the same command hands in \
                     the same bytes again",
                )
            }
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

    /// A price on a lot's ladder. What others would mean by it is pointed out.
    ///
    /// # Errors
    /// `price`.
    pub fn rung(&self, name: &str, price: &str) -> Result<(u32, Rung), Failure> {
        let (number, lot) = self.lot(name)?;
        let rung = read_bid(name, lot, price).map_err(|failure| Failure {
            code: Code::Price,
            sentence: failure.sentence,
            help: failure.help,
        })?;
        if let Some(remark) = notation::remark(lot.ladder.scale, price) {
            say(&format!("{name}: {remark}"));
        }
        Ok((number, rung))
    }
}
