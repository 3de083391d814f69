//! A party at work: its keys, the board's folder, its replica of the auction, and what it keeps.

use crate::{
    board::{
        clock::now,
        folder::{Answer, Folder},
    },
    failure::{Code, Failure},
    files,
    keys::Keys,
    replica::Replica,
};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};
use talea_contract::Phase;
use talea_protocol::{bytes::Digest, price::Rung, terms::Lot};

/// How long a party waits before it looks at the transcript again.
pub const POLL: Duration = Duration::from_millis(50);

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
}

impl Desk {
    /// Sits down at a board.
    ///
    /// # Errors
    /// As [`Replica::of`].
    pub fn open(folder: Folder, keys: Keys, patience: Duration) -> Result<Self, Failure> {
        let replica = Replica::of(&folder)?;
        Ok(Self { folder, keys, replica, patience })
    }

    /// Where this party keeps what belongs to this auction; made if it is not there.
    ///
    /// # Errors
    /// `file.unwritable`.
    pub fn state(&self) -> Result<PathBuf, Failure> {
        let auction = hex::encode(self.replica.auction().id().0);
        let state = self.keys.state_folder().join(auction);
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
    /// `not-yet` if it is not and `wait` says not to; `refused` if it is closed.
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
            if phase == Phase::Closed {
                return Err(Failure::new(Code::Refused, sentence));
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
        self.folder.hand_in(instruction)?;
        let since = Instant::now();
        loop {
            self.replica.advance()?;
            if let Some(entry) = self.replica.entry_of(&id) {
                return Ok(entry);
            }
            if let Some(Answer::Refused { check, sentence }) = self.folder.answer(&id) {
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

    /// A lot by its identifier, or by its number.
    ///
    /// # Errors
    /// `lot.unknown`.
    pub fn lot(&self, name: &str) -> Result<(u32, &Lot), Failure> {
        let lots = || (0u32..).zip(self.replica.auction().terms().lots.iter());
        let found = lots().find(|(_, lot)| lot.identifier.as_str() == name);
        let found = found.or_else(|| lots().find(|(number, _)| number.to_string() == name));
        found.ok_or_else(|| {
            let known: Vec<&str> =
                lots().map(|(_, lot)| lot.identifier.as_str()).take(20).collect();
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
