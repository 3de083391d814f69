//! Running a board: the one process that orders what waits, lets time pass, and signs checkpoints.

use crate::{
    board::{
        checkpoint::Checkpoint,
        clock::Clock,
        folder::{Answer, Folder},
        log::Log,
    },
    failure::{Code, Failure},
    files,
    keys::Keys,
    say::say,
};
use std::{
    fs::OpenOptions,
    io::Read as _,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};
use talea_parties::identity::Identity;
use talea_protocol::{bytes::Digest, instruction::Instruction, limits::MAX_INSTRUCTION_BYTES};

/// How long a board waits before it looks into its inbox again.
const POLL: Duration = Duration::from_millis(50);
/// How long it stays after the auction, for those who still want an answer.
const LINGER: Duration = Duration::from_secs(2);

/// Runs a board until its auction is closed and nobody asks any more. If a deadline passed while no
/// board ran, `confirm` is asked first: by a wrong clock it would pass for good.
///
/// # Errors
/// `key.other`, `board.busy`, `not-confirmed`, and whatever keeps it from reading or writing.
pub fn run(
    folder: &Folder,
    keys: &Keys,
    confirm: impl FnOnce(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut board = Board::open(folder, keys)?;
    if let Some(words) = board.missed() {
        say(&words);
        confirm("Is the clock right, and shall it pass?")?;
    }
    say("the board takes what comes, and stops after the auction");
    let mut idle_since = Instant::now();
    loop {
        if board.turn()? {
            idle_since = Instant::now();
        } else if board.log.replica().is_closed() && idle_since.elapsed() > LINGER {
            say("the auction is closed; the board stops");
            return Ok(());
        }
        std::thread::sleep(POLL);
    }
}

struct Board {
    folder: Folder,
    identity: Identity,
    log: Log,
    clock: Clock,
    signed_entries: Option<u64>,
    told_of_jump: bool,
}

impl Board {
    fn open(folder: &Folder, keys: &Keys) -> Result<Self, Failure> {
        let log = Log::open(folder)?;
        let terms = *log.replica().board();
        if keys.party() != terms.key {
            let sentence = "the terms name another board than this key";
            return Err(Failure::new(Code::KeyOther, sentence));
        }
        let clock = Clock::start(terms);
        let last = log.replica().auction().slot();
        if clock.slot() < last {
            say(&format!(
                "this machine's clock says slot {}, and the last entry has slot {last}: time stands \
                 still until then",
                clock.slot()
            ));
        }
        end_torn_line(&folder.checkpoints())?;
        let signed_entries = last_checkpoint(folder).map(|checkpoint| checkpoint.entries);
        Ok(Self {
            folder: folder.clone(),
            identity: keys.identity(),
            log,
            clock,
            signed_entries,
            told_of_jump: false,
        })
    }

    /// What passed while no board ran, in words.
    fn missed(&self) -> Option<String> {
        let (replica, slot) = (self.log.replica(), self.clock.slot());
        let deadline = replica.auction().deadline().filter(|deadline| *deadline < slot)?;
        let time = |slot| replica.board().time_of(slot);
        Some(format!(
            "{} ended with slot {deadline}, at {}, while no board ran: this machine's clock says slot \
             {slot}, {}; what was due until then and did not come counts as missing, for good",
            replica.auction().phase().name(),
            time(deadline),
            time(slot),
        ))
    }

    fn slot(&self) -> u64 {
        self.clock.slot().max(self.log.replica().auction().slot())
    }

    /// Does what there is to do; whether there was anything.
    fn turn(&mut self) -> Result<bool, Failure> {
        if let Some(jump) = self.clock.jump().filter(|_| !self.told_of_jump) {
            say(&format!(
                "this machine's clock jumped by {} s; the board goes on by its stop-watch",
                jump.as_secs()
            ));
            self.told_of_jump = true;
        }
        let mut worked = self.let_time_pass()?;
        for waiting in self.folder.waiting()? {
            worked |= self.take(&waiting)?;
        }
        self.sign_checkpoint()?;
        Ok(worked)
    }

    /// Ticks wherever a deadline is behind us.
    fn let_time_pass(&mut self) -> Result<bool, Failure> {
        let mut passed = false;
        loop {
            let (auction, slot) = (self.log.replica().auction(), self.slot());
            if auction.deadline().is_none_or(|deadline| slot <= deadline) {
                return Ok(passed);
            }
            let tick = self.identity.sign(&auction.id(), &Instruction::Tick);
            let tick = tick.map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
            if let Err(refusal) = self.log.append(slot, &tick)? {
                return Err(Failure::new(Code::Internal, format!("a tick was refused: {refusal}")));
            }
            passed = true;
        }
    }

    /// Applies what waits and answers it; whether there was anything to read.
    fn take(&mut self, waiting: &Path) -> Result<bool, Failure> {
        // Gone, or unreadable for us alone: its sender will see that it gets no answer.
        let Some(bytes) = files::read_strangers(waiting, MAX_INSTRUCTION_BYTES as u64 + 256) else {
            return Ok(false);
        };
        let id = Digest::of(&[&bytes]);
        let answer = match self.accepted(&id) {
            Some(answer) => answer,
            None => match self.log.append(self.slot(), &bytes)? {
                Ok(()) => self.accepted(&id).ok_or_else(|| {
                    Failure::new(Code::Internal, "an accepted entry is not in the transcript")
                })?,
                Err(refusal) => Answer::Refused {
                    check: refusal.check.number().to_owned(),
                    sentence: refusal.fault.to_string(),
                },
            },
        };
        self.folder.give_answer(waiting, &id, &answer)?;
        Ok(true)
    }

    /// The answer to what stands in the transcript already, as after a crash before it was given.
    fn accepted(&self, id: &Digest) -> Option<Answer> {
        let entry = self.log.replica().entry_of(id)?;
        let line = self.log.replica().lines().get(usize::try_from(entry).ok()?)?;
        Some(Answer::Accepted { entry, slot: line.slot })
    }

    fn sign_checkpoint(&mut self) -> Result<(), Failure> {
        let entries = self.log.replica().lines().len() as u64;
        if self.signed_entries.is_some_and(|signed| signed >= entries) {
            return Ok(());
        }
        let checkpoint = Checkpoint::sign(&self.identity, self.log.replica(), self.slot());
        let path = self.folder.checkpoints();
        let mut line = serde_json::to_vec(&checkpoint).unwrap_or_default();
        line.push(b'\n');
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let written = file.and_then(|mut file| {
            file.write_all(&line)?;
            file.sync_data()
        });
        written.map_err(|error| Failure::unwritable(&path, error))?;
        self.signed_entries = Some(entries);
        Ok(())
    }
}

/// Ends a line of which a crash left the beginning only, so that it spoils none after it.
fn end_torn_line(path: &Path) -> Result<(), Failure> {
    let torn = std::fs::read(path).is_ok_and(|text| text.last().is_some_and(|last| *last != b'\n'));
    if !torn {
        return Ok(());
    }
    let file = OpenOptions::new().append(true).open(path);
    file.and_then(|mut file| file.write_all(b"\n"))
        .map_err(|error| Failure::unwritable(path, error))
}

/// The most that is read of a file of checkpoints: some 150,000 of them.
const MAX_CHECKPOINTS: u64 = 64 << 20;

/// Every checkpoint that can be read; a torn line is left out.
#[must_use]
pub fn checkpoints(folder: &Folder) -> Vec<Checkpoint> {
    let mut text = Vec::new();
    let file = std::fs::File::open(folder.checkpoints());
    // What cannot be read is no checkpoint, and whoever needs one says that there is none.
    let _ = file.and_then(|file| file.take(MAX_CHECKPOINTS).read_to_end(&mut text));
    text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

/// The last checkpoint.
#[must_use]
pub fn last_checkpoint(folder: &Folder) -> Option<Checkpoint> {
    checkpoints(folder).pop()
}
