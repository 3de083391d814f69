//! A keyholder that runs by itself: does whatever is due, and says on each occasion one thing, once
//! and for ever, whatever happens to its process, its machine or the board.
//!
//! What it says is written into its journal before it leaves the machine. After a restart it posts
//! what stands there and makes nothing a second time, so that no mask and no nonce serves twice,
//! and a board that takes entries back gets no second answer out of it.

use crate::{
    board::clock::now,
    failure::{Code, Failure},
    files::{self, Readers},
    interrupt::writing,
    party::{
        desk::{Desk, POLL},
        journal::{Journal, Note, Occasion},
        submission::{Insisted, Said},
        witness::Witness,
    },
    say::say,
};
use rand_core::OsRng;
use std::{
    collections::BTreeSet,
    fs,
    path::PathBuf,
    time::{Duration, SystemTime},
};
use talea_contract::{Due, Phase};
use talea_parties::keyholder::{Dealer, Keyholder, KeyholderError};
use talea_protocol::{
    bytes::Digest,
    instruction::{Instruction, SignedInstruction},
    quorum::{KeyholderId, keyholders},
};

/// The largest file of coefficients: 64 members at most, encrypted.
const MAX_SECRET: u64 = 1 << 16;
/// How long a board may take before it is said that it is silent.
const SILENCE: Duration = Duration::from_secs(20);
/// How long until what it said is left with others.
const UNHEARD: Duration = Duration::from_millis(1_500);
/// How many things are remembered of which something was said.
const MOST_SAID: usize = 1 << 12;

/// Runs a keyholder until the auction is closed. `reveals` is a folder in which bidders may leave
/// sealed bids, and commits of later rounds, and other keyholders their posts, that the board ignores; `tell` are
/// folders in which this one leaves its own for others. No refusal and no silence ends it: it
/// says so, once, and goes on.
///
/// # Errors
/// `key.other`, `board.*` of a transcript that breaks the rules or is another one, and whatever keeps it
/// from reading or writing what it keeps.
pub fn run(desk: Desk, reveals: Option<PathBuf>, tell: Vec<PathBuf>) -> Result<(), Failure> {
    let mut runner = Runner::start(desk, reveals, tell)?;
    let mut last_words = String::new();
    loop {
        runner.looked = now();
        if runner.desk.advance()? > 0 {
            runner.follow_history()?;
        }
        if runner.desk.replica.auction().phase() == Phase::Closed {
            runner.erase()?;
            say("the auction is closed; this keyholder has erased its share");
            return Ok(());
        }
        match runner.turn() {
            Ok(words) if words != last_words => {
                say(&words);
                last_words = words;
            }
            Ok(_) => {}
            Err(failure) if ends(failure.code) => return Err(failure),
            Err(failure) => runner.desk.warn(&failure),
        }
        std::thread::sleep(POLL);
    }
}

/// Whether a keyholder stops at such a failure. What one lot's post, the rules or a folder that others
/// write in come to, it lives with.
fn ends(code: Code) -> bool {
    !matches!(
        code,
        Code::Refused | Code::BoardSilent | Code::BoardUnreachable | Code::NotYet | Code::Internal
    )
}

struct Runner {
    desk: Desk,
    id: KeyholderId,
    journal: Journal,
    secret: PathBuf,
    witness: Option<Witness>,
    /// When it last began to read the transcript.
    looked: SystemTime,
    /// Folders of other keyholders.
    tell: Vec<PathBuf>,
    /// Posts that it left there.
    told: BTreeSet<Digest>,
    keyholder: Option<Keyholder>,
    /// Posts of whose refusal it has spoken.
    refused: BTreeSet<Digest>,
    is_silence_told: bool,
}

impl Runner {
    fn start(desk: Desk, reveals: Option<PathBuf>, tell: Vec<PathBuf>) -> Result<Self, Failure> {
        let member = desk.keys.member()?;
        let quorum = &desk.replica.auction().terms().quorum;
        let named = keyholders(quorum).find(|(_, named)| **named == member).map(|(id, _)| id);
        let id = named
            .ok_or_else(|| Failure::new(Code::KeyOther, KeyholderError::NotNamed.to_string()))?;
        let state = desk.state()?;
        let journal = Journal::open(&state.join("journal"))?;
        let secret = state.join("coefficients.age");
        let witness = reveals.map(|folder| Witness::new(folder, &journal));
        let runner = Self {
            desk,
            id,
            journal,
            secret,
            witness,
            looked: now(),
            tell,
            told: BTreeSet::new(),
            keyholder: None,
            refused: BTreeSet::new(),
            is_silence_told: false,
        };
        runner.follow_history()?;
        Ok(runner)
    }

    /// Everything that this keyholder said was said to one history; the board shows that one.
    fn follow_history(&self) -> Result<(), Failure> {
        let replica = &self.desk.replica;
        for note in self.journal.notes() {
            let Note::Said { entries, head, .. } = note else { continue };
            let shown = replica.head_after(*entries);
            if *entries > 0 && shown != Some(*head) {
                let shown = shown.map_or("no such entry".into(), |shown| format!("{shown}"));
                let sentence = format!(
                    "the board shows a different history than the one on which this keyholder posted: the \
                     head after entry {entries} was {head}, and the board shows {shown}"
                );
                return Err(Failure::new(Code::BoardRewritten, sentence).with_help(
                    "this keyholder posts nothing more; keep its state and the board's folder as \
                     evidence",
                ));
            }
        }
        Ok(())
    }

    /// Does what is due; in a line what it waits for.
    fn turn(&mut self) -> Result<String, Failure> {
        let phase = self.desk.replica.auction().phase();
        Ok(match phase {
            Phase::Deals => self.deal()?,
            Phase::Complaints => self.complain()?,
            Phase::Reserves => {
                self.witness()?;
                "waiting for the seller's reserves".into()
            }
            Phase::Commits => {
                // Without a share it is a witness all the same.
                let share = self.take_share();
                self.witness()?;
                share?;
                format!("waiting for bids, round {}", self.desk.replica.auction().round())
            }
            Phase::Reveals => {
                self.witness()?;
                "waiting for reveals".into()
            }
            Phase::Endorsing | Phase::Ranking => {
                // Its own posts first: others may wait for them.
                let words = self.act();
                if words.as_ref().err().is_none_or(|failure| !ends(failure.code)) {
                    self.witness()?;
                    self.vouch()?;
                }
                words?
            }
            Phase::Closed => "nothing left to do".into(),
        })
    }

    fn witness(&mut self) -> Result<(), Failure> {
        let Some(witness) = &mut self.witness else { return Ok(()) };
        witness.turn(&mut self.desk, &mut self.journal, self.looked)
    }

    fn deal(&mut self) -> Result<String, Failure> {
        if self.journal.said(Occasion::Deal).is_none() {
            let candidate = self.desk.keys.candidate()?;
            let dealt = candidate.deal(self.desk.replica.auction(), &mut OsRng);
            let (deal, dealer) = dealt.map_err(|error| keyholder_failure(&error))?;
            // The secret first: a deal whose secret is lost cannot be taken back.
            self.desk.keys.keep(&self.secret, &dealer.save())?;
            self.say_on(Occasion::Deal, deal)?;
        }
        self.repeat(Occasion::Deal)?;
        Ok("dealt; waiting for the other keyholders".into())
    }

    fn dealer(&self) -> Result<Dealer, Failure> {
        let saved = self.desk.keys.recall(&self.secret, MAX_SECRET)?;
        let candidate = self.desk.keys.candidate()?;
        let dealer = candidate.resume(self.desk.replica.auction(), &saved);
        dealer.map_err(|error| keyholder_failure(&error))
    }

    fn complain(&mut self) -> Result<String, Failure> {
        if self.desk.replica.auction().deal_of(self.id).is_none() {
            return Ok("did not deal in time, so it takes no part in this auction".into());
        }
        if self.journal.said(Occasion::Complaint(0)).is_none() {
            let complaints = self.dealer()?.complaints(self.desk.replica.auction(), &mut OsRng);
            let complaints =
                complaints.map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
            for (number, complaint) in (0..).zip(complaints) {
                self.say_on(Occasion::Complaint(number), complaint)?;
            }
        }
        let mut number = 0;
        while self.journal.said(Occasion::Complaint(number)).is_some() {
            self.repeat(Occasion::Complaint(number))?;
            number += 1;
        }
        Ok(match number {
            0 => "its shares are correct; waiting for the end of complaints".into(),
            _ => format!("{number} shares are wrong; it complained"),
        })
    }

    /// The share, once the ceremony is over. Whoever has none is told, and stays to watch.
    fn take_share(&mut self) -> Result<(), Failure> {
        if self.keyholder.is_some() || !self.secret.exists() {
            return Ok(());
        }
        let auction = self.desk.replica.auction();
        if auction.quorum_keys().is_none_or(|keys| !keys.share_keys.contains_key(&self.id)) {
            return Ok(());
        }
        let keyholder = self.dealer()?.into_keyholder(auction);
        let mut keyholder = keyholder.map_err(|error| keyholder_failure(&error))?;
        // What it endorsed before it was restarted, it endorsed.
        for note in self.journal.notes() {
            let Note::Said { occasion: Occasion::Endorsement { round }, bytes, .. } = note else {
                continue;
            };
            let head = endorsed_head(bytes).unwrap_or(Digest([0; 32]));
            keyholder.endorse(*round, head, &[]).map_err(|error| keyholder_failure(&error))?;
        }
        self.keyholder = Some(keyholder);
        Ok(())
    }

    fn act(&mut self) -> Result<String, Failure> {
        self.take_share()?;
        let auction = self.desk.replica.auction();
        let dues = auction.dues(self.id);
        if self.keyholder.is_none() {
            return Ok("has no share in this auction; only watching".into());
        }
        let mut trouble = None;
        for due in dues {
            let occasion = match &due {
                Due::Endorse { round, .. } => Occasion::Endorsement { round: *round },
                Due::Rank { header, .. } => Occasion::Rank {
                    round: header.round,
                    lot: header.lot,
                    step: header.step,
                    chunk: header.chunk,
                },
            };
            // One lot's trouble keeps no other lot waiting.
            let done = match self.journal.said(occasion) {
                None => self.perform(occasion, due),
                Some(_) => Ok(()),
            };
            match done.and_then(|()| self.repeat(occasion)).and_then(|()| self.tell(occasion)) {
                Err(failure) if ends(failure.code) => return Err(failure),
                Err(failure) => drop(trouble.get_or_insert(failure)),
                Ok(()) => {}
            }
        }
        trouble.map_or(Ok(()), Err)?;
        let auction = self.desk.replica.auction();
        if auction.phase() == Phase::Endorsing {
            return Ok(format!("endorsing round {} with the others", auction.round()));
        }
        let lots = u32::try_from(auction.terms().lots.len()).unwrap_or(u32::MAX);
        let open = (0..lots).filter(|lot| auction.ending(*lot).is_none()).count();
        Ok(format!("ranking with the others; {open} of {lots} lots are not decided"))
    }

    /// Leaves what the board does not show for a while with other keyholders, so that they can vouch for it.
    fn tell(&mut self, occasion: Occasion) -> Result<(), Failure> {
        let Some(bytes) = self.journal.said(occasion) else { return Ok(()) };
        let id = Digest::of(&[bytes]);
        let since = self.desk.attempts.first(&id).map(|first| first.elapsed());
        let is_unheard = since.is_some_and(|since| since >= UNHEARD);
        if self.tell.is_empty() || !is_unheard || self.told.contains(&id) {
            return Ok(());
        }
        if self.told.len() >= MOST_SAID {
            self.told.clear();
        }
        self.told.insert(id);
        for folder in &self.tell {
            // One folder that takes nothing keeps no other from being told.
            let told = files::write(&folder.join(hex::encode(id.0)), bytes, Readers::Everybody);
            if let Err(failure) = told {
                self.desk.warn(&failure);
            }
        }
        Ok(())
    }

    /// Vouches for others whose posts it holds and handed in, and that the board does not show.
    fn vouch(&mut self) -> Result<(), Failure> {
        let (Some(witness), Some(keyholder)) = (&mut self.witness, &mut self.keyholder) else {
            return Ok(());
        };
        let auction = self.desk.replica.auction();
        let round = auction.round();
        let mut vouches = Vec::new();
        for (whom, duty) in witness.unheard(auction) {
            let occasion = Occasion::Vouch { round, duty, whom };
            let vouch = match self.journal.said(occasion) {
                Some(_) => None,
                None => {
                    let vouch = keyholder.vouch(auction, duty, &BTreeSet::from([whom]));
                    Some(vouch.map_err(|error| keyholder_failure(&error))?)
                }
            };
            vouches.push((occasion, vouch));
        }
        for (occasion, vouch) in vouches {
            if let Some(vouch) = vouch {
                self.say_on(occasion, vouch)?;
            }
            self.repeat(occasion)?;
        }
        Ok(())
    }

    fn perform(&mut self, occasion: Occasion, due: Due) -> Result<(), Failure> {
        let auction = self.desk.replica.auction();
        let attested = match (&due, &self.witness) {
            (Due::Endorse { .. }, Some(witness)) => witness.attested(auction),
            _ => Vec::new(),
        };
        let Some(keyholder) = &mut self.keyholder else { return Ok(()) };
        let said = keyholder.perform(auction, due, &attested, &mut OsRng);
        self.say_on(occasion, said.map_err(|error| keyholder_failure(&error))?)
    }

    /// Writes down what will be said.
    fn say_on(&mut self, occasion: Occasion, bytes: Vec<u8>) -> Result<(), Failure> {
        let replica = &self.desk.replica;
        let entries = replica.lines().len() as u64;
        let head = replica.auction().head();
        self.journal.write(Note::Said { occasion, bytes, entries, head })
    }

    /// Hands in what was said on this occasion, until it is in the transcript.
    fn repeat(&mut self, occasion: Occasion) -> Result<(), Failure> {
        let Some(bytes) = self.journal.said(occasion) else { return Ok(()) };
        let id = Digest::of(&[bytes]);
        match self.desk.insist(&id, bytes) {
            Ok(Insisted::Stands(_)) => self.is_silence_told = false,
            Ok(Insisted::HandedIn | Insisted::Waits) => self.report_refusal(id),
            // A folder in which others write may be in any state. It is tried again.
            Err(failure) => self.desk.warn(&failure),
        }
        Ok(())
    }

    /// Says what a refusal says, once. It is handed in again all the same: a bond may have been paid
    /// meanwhile, and anybody may have written it.
    fn report_refusal(&mut self, id: Digest) {
        let since = self.desk.attempts.first(&id).map(|first| first.elapsed());
        if since.is_some_and(|since| since > SILENCE) && !self.is_silence_told {
            self.is_silence_told = true;
            say(
                "the board does not show what this keyholder handed in; handing it in again until it \
                 does",
            );
        }
        if self.refused.contains(&id) || self.refused.len() >= MOST_SAID {
            return;
        }
        let Some(Said { check, sentence }) = self.desk.refusal(&id) else { return };
        self.refused.insert(id);
        // With these checks others were faster, or the time for it is over: that happens.
        if !["E4", "K2", "K3", "K4"].contains(&&*check) {
            say(&format!("the board refused this keyholder's message: {check}: {sentence}"));
        }
    }

    /// Erases the share: what is left cannot decrypt anything.
    fn erase(&mut self) -> Result<(), Failure> {
        let _whole = writing();
        self.keyholder = None;
        if self.secret.exists() {
            let unwritable = |error| Failure::unwritable(&self.secret, error);
            let length = fs::metadata(&self.secret).map_err(unwritable)?.len();
            let zeros = vec![0; usize::try_from(length).unwrap_or(0)];
            fs::write(&self.secret, zeros).map_err(unwritable)?;
            fs::remove_file(&self.secret).map_err(unwritable)?;
            files::sync_folder(&self.secret).map_err(unwritable)?;
        }
        if self.journal.notes().last() != Some(&Note::Erased) {
            self.journal.write(Note::Erased)?;
        }
        Ok(())
    }
}

/// The head that a signed endorsement names.
fn endorsed_head(signed: &[u8]) -> Option<Digest> {
    match SignedInstruction::read_unverified(signed)?.1 {
        Instruction::Endorse(endorsement) => Some(endorsement.head),
        _ => None,
    }
}

fn keyholder_failure(error: &KeyholderError) -> Failure {
    let code = match error {
        KeyholderError::NotNamed
        | KeyholderError::OtherEncryptionKey
        | KeyholderError::OtherDeal => Code::KeyOther,
        KeyholderError::NoShare | KeyholderError::WrongShare => Code::Refused,
        KeyholderError::TwoHeads { .. } => Code::BoardRewritten,
        KeyholderError::TooLarge(_) => Code::Internal,
    };
    Failure::new(code, error.to_string())
}
