//! A keyholder as a witness: it hands in what the board should have, and keeps in mind what it held in
//! time. What it carries for others is what the rules would take, and nothing else; and not more of it
//! at a time than a board can bear.

use crate::{
    failure::{Code, Failure},
    party::{
        desk::{Desk, Insisted, order, plain},
        journal::{Journal, Note},
        left::{Left, LeftFolder, MAX_LEFT, Remembered},
    },
    say::say,
};
use ed25519_dalek::{Signature, VerifyingKey};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::{Duration, Instant},
};
use talea_contract::{Auction, Phase};
use talea_parties::bidder;
use talea_protocol::{
    bytes::Digest,
    commitment::{BidId, Commit, seal},
    instruction::{Instruction, SignedInstruction, signed_bytes},
    limits::MAX_INSTRUCTION_BYTES,
    sealed_bid::Reveal,
};

/// How long it looks at what others left before it sees to its own duties again.
const LOOK: Duration = Duration::from_millis(100);
/// How many things of others it hands in before it looks at the transcript again.
const AT_A_TIME: usize = 16;
/// How many bytes of what it carries it keeps in memory.
const MOST_BYTES: usize = 64 << 20;

/// A bid, and whether its commit is meant and not its sealed bytes.
type Thing = (BidId, bool);

/// What a keyholder does for bidders whom the board ignores.
pub struct Witness {
    folder: LeftFolder,
    /// The phase and round to which the rest belongs.
    during: (Phase, u32),
    /// What it has looked at well, one of each: more than one commit of one bidder on one lot is the
    /// bidder's own fault.
    looked_at: BTreeSet<Thing>,
    /// What it carries until the board shows it.
    carried: BTreeMap<Thing, Carried>,
    bytes: usize,
    /// What its journal says that it held.
    held: BTreeSet<Thing>,
    /// Files with sealed bids that came before the reveals: what was said of them.
    early: Remembered,
}

/// An instruction that this keyholder hands in for somebody else.
struct Carried {
    id: Digest,
    instruction: Vec<u8>,
    /// Whether it was here in time by this machine's clock: early enough for several passes of a board.
    in_time: bool,
    was_handed_in: bool,
}

impl Witness {
    /// A witness with such a folder and such a journal.
    #[must_use]
    pub fn new(folder: PathBuf, journal: &Journal) -> Self {
        let held = journal.notes().iter().filter_map(|note| match note {
            Note::Received { bid, is_commit } => Some((*bid, *is_commit)),
            Note::Said { .. } | Note::Erased => None,
        });
        Self {
            folder: LeftFolder::new(folder),
            during: (Phase::Deals, 0),
            looked_at: BTreeSet::new(),
            carried: BTreeMap::new(),
            bytes: 0,
            held: held.collect(),
            early: Remembered::default(),
        }
    }

    /// Looks at what was left, and hands in what is due.
    ///
    /// # Errors
    /// `file.unwritable` of the journal. What the board's folder does not take is said, once.
    pub fn turn(&mut self, desk: &mut Desk, journal: &mut Journal) -> Result<(), Failure> {
        let auction = desk.replica.auction();
        let during = (auction.phase(), auction.round());
        if self.during != during {
            self.during = during;
            self.looked_at.clear();
            self.carried.clear();
            self.bytes = 0;
        }
        let lots = auction.terms().lots.len();
        let until = Instant::now() + LOOK;
        while self.has_room() {
            let Some(left) = self.folder.next(during, lots, until) else { break };
            self.look_at(desk, left)?;
        }
        self.hand_in(desk, journal)
    }

    /// Whether what is in one more file can be carried. What was handed in once makes room for what was not.
    fn has_room(&mut self) -> bool {
        let room = MOST_BYTES - 2 * usize::try_from(MAX_LEFT).unwrap_or(MOST_BYTES / 2);
        if self.bytes > room {
            self.carried.retain(|_, carried| !carried.was_handed_in);
            self.bytes = self.carried.values().map(|carried| carried.instruction.len()).sum();
        }
        self.bytes <= room
    }

    fn look_at(&mut self, desk: &Desk, left: Left) -> Result<(), Failure> {
        let (phase, round) = self.during;
        let is_early = order(phase) < order(Phase::Reveals) && !left.handed.reveals.is_empty();
        if is_early && self.early.insert(left.look) {
            say(&format!(
                "{} holds sealed bids, and came before the reveals: they are dropped until then, and \
                 whoever can read this folder may hold them",
                plain(&left.name)
            ));
        }
        match phase {
            // In round 0 nobody is harmed by a commit that never came but who made it.
            Phase::Commits if round > 0 => {
                left.handed.commits.iter().for_each(|commit| self.take_commit(desk, commit));
            }
            Phase::Reveals => {
                for reveal in left.handed.reveals {
                    self.take_reveal(desk, reveal)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes a commit that the board does not show, if it is what it says and the rules would take it.
    fn take_commit(&mut self, desk: &Desk, bytes: &[u8]) {
        let auction = desk.replica.auction();
        let Some((bid, commit)) = opened(auction, bytes) else { return };
        let is_missed = auction.is_missing(&bid) && !auction.is_open(&bid);
        // Whoever signed two commits of one bid has no right to a second look.
        if !is_missed || !self.looked_at.insert((bid, true)) {
            return;
        }
        if auction.check_commit(&bid.bidder, &commit).is_ok() {
            self.carry(desk, (bid, true), bytes.to_vec());
        }
    }

    /// Takes a sealed bid that is due, if it is the one that was committed.
    fn take_reveal(&mut self, desk: &Desk, reveal: Reveal) -> Result<(), Failure> {
        let (replica, bid) = (&desk.replica, reveal.bid);
        let auction = replica.auction();
        if !auction.is_open(&bid) || self.looked_at.contains(&(bid, false)) {
            return Ok(());
        }
        if replica.seal_of(&bid) != Some(seal(&auction.id(), &bid, &reveal.sealed_bid)) {
            return Ok(());
        }
        self.looked_at.insert((bid, false));
        let carried = bidder::carry(&desk.keys.identity(), auction, vec![reveal]);
        let carried = carried.map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
        self.carry(desk, (bid, false), carried);
        Ok(())
    }

    fn carry(&mut self, desk: &Desk, thing: Thing, instruction: Vec<u8>) {
        let id = Digest::of(&[&instruction]);
        let auction = desk.replica.auction();
        let margin = auction.terms().schedule.witness_slots;
        let last = auction.deadline().map(|deadline| deadline.saturating_sub(margin));
        let in_time = last.is_none_or(|last| desk.slot() <= last);
        self.bytes += instruction.len();
        let carried = Carried { id, instruction, in_time, was_handed_in: false };
        self.carried.insert(thing, carried);
    }

    /// Hands in what the board does not show, some of it at a time; and once it has, writes down what was
    /// here in time. If it dies in between, it attests nothing that it did not hand in.
    fn hand_in(&mut self, desk: &mut Desk, journal: &mut Journal) -> Result<(), Failure> {
        let mut left = AT_A_TIME;
        let mut gone = Vec::new();
        for (thing, carried) in &mut self.carried {
            let ((bid, is_commit), auction) = (thing, desk.replica.auction());
            if !auction.is_missing(bid) || auction.is_open(bid) == *is_commit {
                gone.push(*thing);
                continue;
            }
            if left == 0 {
                break;
            }
            match desk.insist(&carried.id, &carried.instruction) {
                Ok(Insisted::HandedIn) => {
                    left -= 1;
                    if !std::mem::replace(&mut carried.was_handed_in, true)
                        && carried.in_time
                        && self.held.insert(*thing)
                    {
                        journal.write(Note::Received { bid: *bid, is_commit: *is_commit })?;
                    }
                }
                Ok(Insisted::Stands(_) | Insisted::Waits) => {}
                // The board's folder takes nothing. It is tried again.
                Err(failure) => desk.complain(&failure),
            }
        }
        for thing in gone {
            if let Some(carried) = self.carried.remove(&thing) {
                self.bytes = self.bytes.saturating_sub(carried.instruction.len());
                desk.attempts.forget(&carried.id);
            }
        }
        Ok(())
    }

    /// The bids that were here in time and that the board does not show, ascending.
    #[must_use]
    pub fn attested(&self, auction: &Auction) -> Vec<BidId> {
        let found = self.held.iter().filter(|(bid, is_commit)| {
            // A commit that came and was not revealed is another thing than one that never came.
            auction.is_missing(bid) && auction.is_open(bid) != *is_commit
        });
        found.map(|(bid, _)| *bid).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// A commit, if its bidder signed it for this auction.
fn opened(auction: &Auction, bytes: &[u8]) -> Option<(BidId, Commit)> {
    if bytes.len() > MAX_INSTRUCTION_BYTES {
        return None;
    }
    let signed: SignedInstruction = borsh::from_slice(bytes).ok()?;
    let Instruction::Commit(commit) = borsh::from_slice(&signed.payload).ok()? else { return None };
    let key = VerifyingKey::from_bytes(&signed.signer.0).ok()?;
    let message = signed_bytes(&auction.id(), &signed.payload);
    key.verify_strict(&message, &Signature::from_bytes(&signed.signature.0)).ok()?;
    Some((BidId { lot: commit.lot, round: commit.round, bidder: signed.signer }, commit))
}
