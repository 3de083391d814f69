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
    replica::Replica,
    say::say,
};
use std::{
    collections::BTreeSet,
    path::PathBuf,
    time::{Duration, Instant},
};
use talea_contract::Phase;
use talea_protocol::{bytes::Digest, price::Rung, terms::Lot};

/// How long a party waits before it looks at the transcript again.
pub const POLL: Duration = Duration::from_millis(50);

/// How long it waits for the board's signature over what the board has taken.
const SIGNING: Duration = Duration::from_secs(2);
/// How the names of receipts begin that a party keeps; the entry follows.
const RECEIPT: &str = "receipt-";

/// When a phase comes, within a round.
fn order(phase: Phase) -> u8 {
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
    /// Entries for whose receipt it waited in vain.
    unsigned: BTreeSet<u64>,
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
        let desk = Self { folder, keys, replica, patience, unsigned: BTreeSet::new() };
        desk.check_receipts(&checkpoints)?;
        Ok(desk)
    }

    fn state_folder(&self) -> PathBuf {
        let auction = hex::encode(self.replica.auction().id().0);
        self.keys.state_folder().join(auction)
    }

    /// Whether the board keeps everything that this party has a receipt for.
    fn check_receipts(&self, checkpoints: &[Checkpoint]) -> Result<(), Failure> {
        let Ok(kept) = std::fs::read_dir(self.state_folder()) else { return Ok(()) };
        for path in kept.flatten().map(|file| file.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(RECEIPT) {
                let kept = Receipt::read(&path)?.is_kept(&self.replica, checkpoints);
                kept.map_err(|failure| {
                    let help = format!(
                        "keep the board's folder as it is now, and the receipt that speaks against it: {}",
                        path.display()
                    );
                    failure.with_help(help)
                })?;
            }
        }
        Ok(())
    }

    /// Keeps the receipt of an entry, once the board has signed for it. If it does not, says so, once,
    /// and does not wait for it again.
    ///
    /// # Errors
    /// As [`Receipt::of`]; `file.unwritable`.
    pub fn keep_receipt(&mut self, entry: u64) -> Result<(), Failure> {
        let path = self.state()?.join(format!("{RECEIPT}{entry}.json"));
        let since = Instant::now();
        let patience = if self.unsigned.contains(&entry) { Duration::ZERO } else { SIGNING };
        while !path.exists() {
            let checkpoints = serve::checkpoints(&self.folder);
            self.replica.advance()?;
            match Receipt::of(&mut self.replica, &checkpoints, entry) {
                Ok(receipt) => {
                    files::write(&path, receipt.json().as_bytes(), Readers::Everybody)?;
                }
                Err(failure) if failure.code != Code::NotYet => return Err(failure),
                Err(_) if since.elapsed() < patience => std::thread::sleep(POLL),
                Err(failure) => {
                    if self.unsigned.insert(entry) {
                        say(&format!("{}, so there is no receipt yet", failure.sentence));
                    }
                    return Ok(());
                }
            }
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
            let sentence =
                format!("the auction is in {}, not in {}{of_round}", phase.name(), wanted.name());
            let is_last = auction.terms().rounds.is_none_or(|rounds| round + 1 >= rounds.limit);
            if phase == Phase::Closed || (is_last && order(phase) > order(wanted)) {
                let sentence = format!("{sentence}: it is too late");
                return Err(Failure::new(Code::Refused, sentence).with_help(
                    "what the board took before stands; talea status says how it goes on",
                ));
            }
            if !wait {
                return Err(Failure::new(Code::NotYet, sentence)
                    .with_help("--wait stays until it is time; talea status says when that is"));
            }
            std::thread::sleep(POLL);
        }
    }

    /// Hands an instruction in and waits for it to stand in the transcript; in which entry.
    ///
    /// # Errors
    /// `refused`, `board.silent`, and those of reading and writing.
    pub fn submit(&mut self, instruction: &[u8]) -> Result<u64, Failure> {
        let id = Digest::of(&[instruction]);
        if let Some(entry) = self.replica.entry_of(&id) {
            return Ok(entry);
        }
        let attempt = self.folder.hand_in(instruction)?;
        let since = Instant::now();
        loop {
            self.replica.advance()?;
            if let Some(entry) = self.replica.entry_of(&id) {
                return Ok(entry);
            }
            if let Some(Answer::Refused { check, sentence }) = self.folder.answer_to(&attempt) {
                return Err(self.refused(instruction, &check, &sentence));
            }
            if since.elapsed() > self.patience {
                let sentence = format!(
                    "the board did not take the instruction within {} s",
                    self.patience.as_secs()
                );
                return Err(Failure::new(Code::BoardSilent, sentence).with_help(
                    "it stays in the inbox; the same command, given again, hands in the same bytes",
                ));
            }
            std::thread::sleep(POLL);
        }
    }

    /// What a refusal by the board comes to: it is the rules that refuse, and the party knows them.
    fn refused(&mut self, instruction: &[u8], check: &str, sentence: &str) -> Failure {
        if let Err(failure) = self.replica.advance() {
            return failure;
        }
        match self.replica.auction().clone().apply(self.slot(), instruction) {
            Err(refusal) => refusal.into(),
            Ok(_) => {
                let sentence = format!(
                    "the board refused the instruction ({check}: {sentence}), and by its transcript \
                     the rules allow it"
                );
                Failure::new(Code::BoardSilent, sentence).with_help(
                    "what was missing may have come meanwhile, or the board is wrong; the same \
                     command, given again, hands in the same bytes",
                )
            }
        }
    }

    /// A lot by its number.
    #[must_use]
    pub fn line(&self, lot: u32) -> Option<&Lot> {
        self.replica.auction().terms().lots.get(usize::try_from(lot).ok()?)
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

    /// A price on a lot's ladder.
    ///
    /// # Errors
    /// `price`.
    pub fn rung(&self, name: &str, price: &str) -> Result<(u32, Rung), Failure> {
        let (number, lot) = self.lot(name)?;
        let rung = talea_sim::scenario::read_bid(name, lot, price).map_err(|failure| Failure {
            code: Code::Price,
            sentence: failure.sentence,
            help: failure.help,
        })?;
        Ok((number, rung))
    }
}
