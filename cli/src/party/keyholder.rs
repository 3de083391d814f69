//! A keyholder that runs by itself: does whatever is due, and says on each occasion one thing, once
//! and for ever, whatever happens to its process, its machine or the board.
//!
//! What it says is written into its journal before it leaves the machine. After a restart it posts
//! what stands there and makes nothing a second time, so that no mask and no nonce serves twice,
//! and a board that takes entries back gets no second answer out of it.

use crate::{
    failure::{Code, Failure},
    files,
    party::{
        bidder::Handed,
        desk::{Desk, POLL},
        journal::{Journal, Note, Occasion},
    },
    say::say,
};
use rand_core::OsRng;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    time::{Duration, Instant, SystemTime},
};
use talea_contract::{Due, Phase};
use talea_parties::{
    bidder,
    keyholder::{Dealer, Keyholder, KeyholderError},
};
use talea_protocol::{
    bytes::Digest,
    commitment::{BidId, seal},
    instruction::{Instruction, SignedInstruction},
    quorum::{KeyholderId, keyholders},
    sealed_bid::Reveal,
};

/// The largest file of coefficients: 64 members at most, encrypted.
const MAX_SECRET: u64 = 1 << 16;
/// How long until what was refused is handed in again: a bond may have been paid meanwhile.
const RETRY: Duration = Duration::from_secs(2);
/// The largest file that a bidder hands over.
const MAX_HANDED: u64 = 4 << 20;

/// Runs a keyholder until the auction is closed. `reveals` is a folder in which bidders may leave
/// sealed bids, and commits of later rounds, that the board ignores.
///
/// # Errors
/// `key.other`, `board.*`, and whatever keeps it from reading or writing.
pub fn run(desk: Desk, reveals: Option<PathBuf>) -> Result<(), Failure> {
    let mut runner = Runner::start(desk, reveals)?;
    let mut last_words = String::new();
    loop {
        if runner.desk.replica.advance()? > 0 {
            runner.follow_history()?;
        }
        if runner.desk.replica.auction().phase() == Phase::Closed {
            runner.erase()?;
            say("the auction is closed; this keyholder has erased its share");
            return Ok(());
        }
        let words = runner.turn()?;
        if words != last_words {
            say(&words);
            last_words = words;
        }
        std::thread::sleep(POLL);
    }
}

struct Runner {
    desk: Desk,
    id: KeyholderId,
    journal: Journal,
    secret: PathBuf,
    reveals: Option<PathBuf>,
    keyholder: Option<Keyholder>,
    /// Posts that were refused, and when: they are handed in again after a while, as they are.
    refused: BTreeMap<Digest, Instant>,
    /// Files that bidders left, with nothing in them that is of use in this phase of this round.
    useless: ((Phase, u32), BTreeSet<Look>),
}

/// A file as it was when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Look {
    path: PathBuf,
    modified: SystemTime,
    bytes: u64,
}

impl Runner {
    fn start(desk: Desk, reveals: Option<PathBuf>) -> Result<Self, Failure> {
        let member = desk.keys.member()?;
        let quorum = &desk.replica.auction().terms().quorum;
        let named = keyholders(quorum).find(|(_, named)| **named == member).map(|(id, _)| id);
        let id = named
            .ok_or_else(|| Failure::new(Code::KeyOther, KeyholderError::NotNamed.to_string()))?;
        let state = desk.state()?;
        let journal = Journal::open(&state.join("journal"))?;
        let secret = state.join("coefficients.age");
        let refused = BTreeMap::new();
        let useless = ((Phase::Deals, 0), BTreeSet::new());
        let runner = Self { desk, id, journal, secret, reveals, keyholder: None, refused, useless };
        runner.follow_history()?;
        Ok(runner)
    }

    /// Everything that this keyholder said was said to one history; the board shows that one.
    fn follow_history(&self) -> Result<(), Failure> {
        let replica = &self.desk.replica;
        for note in self.journal.notes() {
            let Note::Said { entries, head, .. } = note else { continue };
            if *entries > 0 && replica.head_after(*entries) != Some(*head) {
                let sentence = format!(
                    "the board shows another history than the one to which this keyholder spoke: \
                     entry {} is gone or another",
                    entries - 1
                );
                return Err(Failure::new(Code::BoardRewritten, sentence).with_help(
                    "this keyholder says nothing more; keep its state and the board's folder as evidence",
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
            Phase::Reserves => "waiting for the seller's reserves".into(),
            Phase::Commits => {
                self.take_share()?;
                self.carry_commits()?;
                format!("waiting for bids, round {}", self.desk.replica.auction().round())
            }
            Phase::Reveals => {
                self.carry_reveals()?;
                "waiting for reveals".into()
            }
            Phase::Endorsing | Phase::Ranking => self.act()?,
            Phase::Closed => "nothing is left to do".into(),
        })
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
            return Ok("did not deal in time, so it is no keyholder of this auction".into());
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
            0 => "its shares are right; waiting for the end of complaints".into(),
            _ => format!("{number} wrong shares; it complained"),
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

    /// The files that bidders left here, one at a time, but for those in which there was nothing of use
    /// when they were looked at. Anybody may write here.
    fn handed(&mut self) -> impl Iterator<Item = (Look, Handed)> + use<> {
        let auction = self.desk.replica.auction();
        let now = (auction.phase(), auction.round());
        if self.useless.0 != now {
            self.useless = (now, BTreeSet::new());
        }
        let folder = self.reveals.iter().flat_map(fs::read_dir).flatten().flatten();
        let look = |file: fs::DirEntry| {
            let metadata = file.metadata().ok()?;
            Some(Look {
                path: file.path(),
                modified: metadata.modified().ok()?,
                bytes: metadata.len(),
            })
        };
        let mut looks: Vec<Look> = folder.filter_map(look).collect();
        looks.retain(|look| !self.useless.1.contains(look));
        looks.sort();
        looks.into_iter().map(|look| {
            let bytes = files::read_strangers(&look.path, MAX_HANDED);
            let handed = bytes.and_then(|bytes| borsh::from_slice(&bytes).ok());
            (look, handed.unwrap_or_default())
        })
    }

    /// Takes commits to the board that it did not take from their bidders. In round 0 nobody is
    /// harmed by a commit that never came but who made it, so they are of later rounds.
    fn carry_commits(&mut self) -> Result<(), Failure> {
        if self.desk.replica.auction().round() == 0 {
            return Ok(());
        }
        for (look, handed) in self.handed() {
            let mut is_useful = false;
            for commit in handed.commits {
                is_useful |= self.carry_commit(&commit)?;
            }
            if !is_useful {
                self.useless.1.insert(look);
            }
        }
        Ok(())
    }

    /// Whether this commit was missing, and is taken to the board now.
    fn carry_commit(&mut self, commit: &[u8]) -> Result<bool, Failure> {
        let auction = self.desk.replica.auction();
        let missing = bid_of(commit).filter(|bid| auction.is_missing(bid));
        let Some(bid) = missing else { return Ok(false) };
        // What the rules refuse is not attested; by this machine's clock it may also be too late.
        let is_held = self.received(&bid, true);
        if !is_held && auction.clone().apply(self.desk.slot(), commit).is_err() {
            return Ok(false);
        }
        self.receive(bid, true)?;
        self.hand_in(commit)?;
        Ok(true)
    }

    /// Takes sealed bids to the board that it did not take from their bidders, while there is time.
    fn carry_reveals(&mut self) -> Result<(), Failure> {
        let deadline = self.desk.replica.auction().deadline();
        if deadline.is_some_and(|deadline| self.desk.slot() > deadline) {
            return Ok(());
        }
        for (look, handed) in self.handed() {
            let mut is_useful = false;
            for reveal in handed.reveals {
                is_useful |= self.carry_reveal(reveal)?;
            }
            if !is_useful {
                self.useless.1.insert(look);
            }
        }
        Ok(())
    }

    /// Whether this sealed bid was due, and is taken to the board now.
    fn carry_reveal(&mut self, reveal: Reveal) -> Result<bool, Failure> {
        let (replica, bid) = (&self.desk.replica, reveal.bid);
        let auction = replica.auction();
        let made = seal(&auction.id(), &bid, &reveal.sealed_bid);
        if !auction.is_open(&bid) || replica.seal_of(&bid) != Some(made) {
            return Ok(false);
        }
        let carried = bidder::carry(&self.desk.keys.identity(), auction, vec![reveal]);
        let carried = carried.map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
        self.receive(bid, false)?;
        self.hand_in(&carried)?;
        Ok(true)
    }

    fn received(&self, bid: &BidId, is_commit: bool) -> bool {
        let note = Note::Received { bid: *bid, is_commit };
        self.journal.notes().contains(&note)
    }

    /// Writes down that it was here in time.
    fn receive(&mut self, bid: BidId, is_commit: bool) -> Result<(), Failure> {
        if self.received(&bid, is_commit) {
            return Ok(());
        }
        self.journal.write(Note::Received { bid, is_commit })
    }

    /// The bids that were here in time and that the board does not show, ascending.
    fn attested(&self) -> Vec<BidId> {
        let auction = self.desk.replica.auction();
        let found = self.journal.notes().iter().filter_map(|note| match note {
            Note::Received { bid, is_commit } => {
                // A commit that came and was not revealed is another thing than one that never came.
                let is_due = auction.is_missing(bid) && auction.is_open(bid) != *is_commit;
                is_due.then_some(*bid)
            }
            Note::Said { .. } | Note::Erased => None,
        });
        found.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn act(&mut self) -> Result<String, Failure> {
        self.take_share()?;
        let auction = self.desk.replica.auction();
        let dues = auction.dues(self.id);
        if self.keyholder.is_none() {
            return Ok("has no share in this auction; it watches".into());
        }
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
            if self.journal.said(occasion).is_none() {
                self.perform(occasion, due)?;
            }
            self.repeat(occasion)?;
        }
        let auction = self.desk.replica.auction();
        if auction.phase() == Phase::Endorsing {
            return Ok(format!("endorsing round {} with the others", auction.round()));
        }
        let lots = u32::try_from(auction.terms().lots.len()).unwrap_or(u32::MAX);
        let open = (0..lots).filter(|lot| auction.ending(*lot).is_none()).count();
        Ok(format!("ranking with the others; {open} of {lots} lots are not decided"))
    }

    fn perform(&mut self, occasion: Occasion, due: Due) -> Result<(), Failure> {
        let attested: Vec<BidId> = match &due {
            Due::Endorse { .. } => self.attested(),
            Due::Rank { .. } => Vec::new(),
        };
        let Some(keyholder) = &mut self.keyholder else { return Ok(()) };
        let auction = self.desk.replica.auction();
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

    /// Hands in what was said on this occasion, unless it stands in the transcript or waits.
    fn repeat(&mut self, occasion: Occasion) -> Result<(), Failure> {
        let Some(bytes) = self.journal.said(occasion).map(<[u8]>::to_vec) else { return Ok(()) };
        self.hand_in(&bytes)
    }

    fn hand_in(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        use crate::board::folder::Answer;
        let id = Digest::of(&[bytes]);
        let folder = &self.desk.folder;
        if self.desk.replica.entry_of(&id).is_some()
            || folder.waits(&id)
            || self.refused.get(&id).is_some_and(|at| at.elapsed() < RETRY)
        {
            return Ok(());
        }
        match folder.answer(&id) {
            Some(Answer::Refused { check, sentence }) => {
                let was_refused = self.refused.insert(id, Instant::now()).is_some();
                if was_refused {
                    folder.hand_in(bytes)?;
                } else if !["E4", "K2", "K3", "K4"].contains(&&*check) {
                    // With these checks others were faster, or the time for it is over: that happens.
                    say(&format!(
                        "the board refused what this keyholder said: {check}: {sentence}"
                    ));
                }
                Ok(())
            }
            // It is in the transcript, which this replica has not read so far.
            Some(Answer::Accepted { .. }) => Ok(()),
            None => folder.hand_in(bytes).map(|_| ()),
        }
    }

    /// Erases the share: what is left cannot decrypt anything.
    fn erase(&mut self) -> Result<(), Failure> {
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

/// The bid that a signed commit is of.
fn bid_of(signed: &[u8]) -> Option<BidId> {
    let signed: SignedInstruction = borsh::from_slice(signed).ok()?;
    match borsh::from_slice(&signed.payload).ok()? {
        Instruction::Commit(commit) => {
            Some(BidId { lot: commit.lot, round: commit.round, bidder: signed.signer })
        }
        _ => None,
    }
}

/// The head that a signed endorsement names.
fn endorsed_head(signed: &[u8]) -> Option<Digest> {
    let signed: SignedInstruction = borsh::from_slice(signed).ok()?;
    match borsh::from_slice(&signed.payload).ok()? {
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
