//! The way of an instruction into the transcript: handed in, and again when it is time; judged by the rules
//! when somebody says that they refuse it; until it stands, is refused, or patience is over.

use crate::{
    board::folder::Answer,
    failure::{Code, Failure},
    party::desk::{Desk, POLL},
};
use std::time::Instant;
use talea_contract::{Auction, Phase, Refusal};
use talea_protocol::bytes::Digest;

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

/// An instruction on its way.
struct Submission<'a> {
    id: Digest,
    bytes: &'a [u8],
    /// How it was refused, although the rules allow it.
    said: Option<Said>,
    /// Where it ended.
    end: Option<Result<u64, Failure>>,
}

/// Where an instruction is.
enum Place {
    /// It is this entry.
    Stands(u64),
    /// The rules refuse it.
    Refused(Refusal),
    /// Something cannot be read or written.
    Failed(Failure),
    /// It is not in the transcript so far.
    OnItsWay,
}

/// What all instructions on their way see of the auction at one time.
struct Look {
    is_new_phase: bool,
    /// The auction with what was judged already: what is judged here is judged after those before it, as the
    /// board would.
    test: Option<Auction>,
}

impl<'a> Submission<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { id: Digest::of(&[bytes]), bytes, said: None, end: None }
    }
}

impl Desk {
    /// Hands one instruction in and waits for it, as [`submit_all`](Self::submit_all) does.
    ///
    /// # Errors
    /// `refused`, `board.silent`, and those of reading and writing.
    pub fn submit(&mut self, instruction: Vec<u8>) -> Result<u64, Failure> {
        let done = self.submit_all(&[instruction]).pop();
        done.unwrap_or_else(|| Err(Failure::new(Code::Internal, "an instruction had no result")))
    }

    /// Hands instructions in, all at once, and waits until they are in the transcript; in which entries.
    /// What the transcript does not show is handed in again until this party's patience is over.
    ///
    /// # Errors
    /// Of each: `refused` if the rules refuse it, whatever the board says; `board.silent`, and those of
    /// reading and writing.
    pub fn submit_all(&mut self, instructions: &[Vec<u8>]) -> Vec<Result<u64, Failure>> {
        let mut all: Vec<_> = instructions.iter().map(|bytes| Submission::new(bytes)).collect();
        let since = Instant::now();
        let mut judged_in = self.replica.auction().phase();
        while all.iter().any(|submission| submission.end.is_none()) {
            let is_over = since.elapsed() > self.patience;
            let mut look = self.look(&mut judged_in);
            for submission in all.iter_mut().filter(|submission| submission.end.is_none()) {
                let place = match &mut look {
                    Ok(look) => self.place(submission, look),
                    Err(failure) => Place::Failed(failure.clone()),
                };
                submission.end = self.end(place, submission.said.as_ref(), is_over);
            }
            if all.iter().any(|submission| submission.end.is_none()) {
                std::thread::sleep(POLL);
            }
        }
        all.into_iter().filter_map(|submission| submission.end).collect()
    }

    /// Reads what the board appended.
    fn look(&mut self, judged_in: &mut Phase) -> Result<Look, Failure> {
        let advanced = self.advance();
        let phase = self.replica.auction().phase();
        let is_new_phase = std::mem::replace(judged_in, phase) != phase;
        advanced.map(|_| Look { is_new_phase, test: None })
    }

    /// Where an instruction is, which is handed in if it is time.
    fn place(&mut self, submission: &mut Submission<'_>, look: &mut Look) -> Place {
        match self.insist(&submission.id, submission.bytes) {
            Err(failure) => Place::Failed(failure),
            Ok(Insisted::Stands(entry)) => Place::Stands(entry),
            Ok(Insisted::HandedIn | Insisted::Waits) => {
                self.judged(submission, look).map_or(Place::OnItsWay, Place::Refused)
            }
        }
    }

    /// Hands an instruction in, unless it was accepted or was handed in a while ago only.
    ///
    /// # Errors
    /// `file.unwritable`; it is tried again when it is time.
    pub fn insist(&mut self, id: &Digest, instruction: &[u8]) -> Result<Insisted, Failure> {
        let now = Instant::now();
        if let Some(entry) = self.replica.entry_of(id) {
            self.attempts.forget(id);
            Ok(Insisted::Stands(entry))
        } else if self.attempts.is_due(id, now, || self.folder.waits(id)) {
            self.attempts.made(*id, now);
            self.folder.hand_in(instruction).map(|_| Insisted::HandedIn)
        } else {
            Ok(Insisted::Waits)
        }
    }

    /// How the rules refuse an instruction, if they do: they are asked when somebody says that they do, and in
    /// every new phase.
    fn judged(&mut self, submission: &mut Submission<'_>, look: &mut Look) -> Option<Refusal> {
        let said = self.refusal(&submission.id).filter(|_| self.attempts.judges(&submission.id));
        let is_to_judge = said.is_some() || look.is_new_phase;
        submission.said = said.or(submission.said.take());
        // It is the rules that refuse, and the party knows them. Time is what the transcript says: this
        // machine's clock may be ahead.
        let auction = self.replica.auction();
        let judge = || {
            let test = look.test.get_or_insert_with(|| auction.clone());
            test.apply(auction.slot(), submission.bytes).err()
        };
        is_to_judge.then(judge).flatten()
    }

    /// How an instruction ends that is there, if it does.
    fn end(
        &self,
        place: Place,
        said: Option<&Said>,
        is_over: bool,
    ) -> Option<Result<u64, Failure>> {
        match place {
            Place::Stands(entry) => Some(Ok(entry)),
            Place::Refused(refusal) => Some(Err(refusal.into())),
            Place::Failed(failure) => Some(Err(failure)),
            Place::OnItsWay => is_over.then(|| Err(self.silent(said))),
        }
    }

    /// What is in the place of the board's answer to an instruction, if it is a refusal. Anybody may
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
        if let Some(trouble) = self.trouble() {
            let sentence = format!("{trouble}; the instruction waits on this machine");
            return Failure::new(Code::BoardUnreachable, sentence).with_help(
                "the next command with this key and this address hands it in; it counts only if the board takes it \
                 in time",
            );
        }
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
}
