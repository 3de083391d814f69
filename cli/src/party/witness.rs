//! A keyholder as a witness: it hands in what the board should have of bidders and of other keyholders,
//! and keeps in mind what it held in time. What it carries for others is what the rules would take, and
//! nothing else; and not more of it at a time than a board can bear.

use crate::{
    board::clock::now,
    failure::{Code, Failure},
    party::{
        desk::{Desk, order},
        journal::{Journal, Note},
        left::{Content, Left, LeftFolder, MAX_LEFT, Remembered},
        submission::Insisted,
    },
    say::{excerpt, say},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::{Duration, Instant, SystemTime},
};
use talea_contract::{Auction, Phase};
use talea_parties::bidder;
use talea_protocol::{
    bytes::{Digest, PartyKey},
    commitment::BidId,
    instruction::Instruction,
    quorum::{KeyholderId, keyholders},
    ranking::{Duty, RankHeader},
    sealed_bid::Reveal,
};

/// How long it looks at what others left before it sees to its own duties again.
const LOOK: Duration = Duration::from_millis(100);
/// How many things of others it hands in before it looks at the transcript again.
const AT_A_TIME: usize = 16;
/// How many bytes of what it carries it keeps in memory.
const MOST_BYTES: usize = 64 << 20;

/// How many files with sealed bids that came too early are named: anybody may leave more.
const MOST_EARLY: usize = 64;
/// How much of a file's name is shown.
const MOST_LETTERS: usize = 200;

/// How long what another keyholder said may be in the inbox before this one vouches for it: some looks.
const HEARD: Duration = Duration::from_secs(1);

/// Something that may be carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Commit(BidId),
    SealedBid(BidId),
    Post(Place),
}

/// Where in the ranking something was said, and by whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    who: KeyholderId,
    duty: Duty,
}

/// What a keyholder does for those whom the board ignores.
pub struct Witness {
    folder: LeftFolder,
    /// The phase and round to which the rest belongs.
    during: (Phase, u32),
    /// In which slot by this machine's clock it began to look for the last time, and by how many slots this
    /// phase began later by that clock than the board says, at least.
    last_look: Option<u64>,
    late_by: u64,
    /// What it has looked at well, one of each: more than one commit of one bidder on one lot, or post of one
    /// keyholder at one place, is the fault of whoever signed it.
    looked_at: BTreeSet<Thing>,
    /// What it carries until the board shows it.
    carried: BTreeMap<Thing, Carried>,
    bytes: usize,
    /// What its journal says that it held.
    held: BTreeSet<Thing>,
    /// What others were due to say, that it handed in, and when.
    heard: BTreeMap<Place, Instant>,
    /// Files with sealed bids that came before the reveals: what was said of them.
    early: Remembered,
    /// Of how many of them it was said.
    told_early: usize,
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
            Note::Received { bid, is_commit: true } => Some(Thing::Commit(*bid)),
            Note::Received { bid, is_commit: false } => Some(Thing::SealedBid(*bid)),
            Note::Said { .. } | Note::Erased => None,
        });
        Self {
            folder: LeftFolder::new(folder),
            during: (Phase::Deals, 0),
            last_look: None,
            late_by: 0,
            looked_at: BTreeSet::new(),
            carried: BTreeMap::new(),
            bytes: 0,
            held: held.collect(),
            heard: BTreeMap::new(),
            early: Remembered::default(),
            told_early: 0,
        }
    }

    /// Looks at what was left, and hands in what is due. The transcript was read from `looked` on.
    ///
    /// # Errors
    /// `file.unwritable` of the journal. What the board's folder does not take is said, once.
    pub fn turn(
        &mut self,
        desk: &mut Desk,
        journal: &mut Journal,
        looked: SystemTime,
    ) -> Result<(), Failure> {
        let auction = desk.replica.auction();
        let during = (auction.phase(), auction.round());
        // When it looked before, this phase had not begun.
        let before = self.last_look.replace(desk.replica.board().clock().slot_at(looked));
        if self.during != during {
            self.during = during;
            self.late_by = before.map_or(0, |before| before.saturating_sub(auction.slot()));
            self.looked_at.clear();
            self.carried.clear();
            self.heard.clear();
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
        let handed = match left.content {
            Content::Handed(handed) => handed,
            Content::Post(bytes) => {
                if self.take_post(desk, bytes) {
                    self.folder.read_again(&left.fingerprint);
                }
                return Ok(());
            }
        };
        let is_early = order(phase) < order(Phase::Reveals) && !handed.reveals.is_empty();
        if is_early && self.told_early < MOST_EARLY && self.early.insert(left.fingerprint) {
            self.told_early += 1;
            say(&format!(
                "{} holds sealed bids and arrived before the reveals began: they are ignored until \
                 then, and anybody who can read this folder may have copied them",
                excerpt(&left.name, MOST_LETTERS)
            ));
        }
        match phase {
            // In round 0 nobody is harmed by a commit that never came but who made it.
            Phase::Commits if round > 0 => {
                handed.commits.iter().for_each(|commit| self.take_commit(desk, commit));
            }
            Phase::Reveals => {
                for reveal in handed.reveals {
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
        let Ok((bidder, Instruction::Commit(commit))) = auction.read(bytes) else { return };
        let bid = BidId { lot: commit.lot, round: commit.round, bidder };
        let is_missed = auction.lacks_commit(&bid);
        // Whoever signed two commits of one bid has no right to a second look.
        if !is_missed || !self.looked_at.insert(Thing::Commit(bid)) {
            return;
        }
        if auction.check_commit(&bid.bidder, &commit).is_ok() {
            self.carry(desk, Thing::Commit(bid), bytes.to_vec());
        }
    }

    /// Takes a sealed bid that is due, if it is the one that was committed.
    fn take_reveal(&mut self, desk: &Desk, reveal: Reveal) -> Result<(), Failure> {
        let (replica, bid) = (&desk.replica, reveal.bid);
        let auction = replica.auction();
        if !auction.is_open(&bid) || self.looked_at.contains(&Thing::SealedBid(bid)) {
            return Ok(());
        }
        if !replica.opens_a_commit(&reveal) {
            return Ok(());
        }
        self.looked_at.insert(Thing::SealedBid(bid));
        let carried = bidder::carry(&desk.keys.identity(), auction, vec![reveal]);
        let carried = carried.map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
        self.carry(desk, Thing::SealedBid(bid), carried);
        Ok(())
    }

    /// Takes what another keyholder was due to say and the board does not show, if the rules take it. That is
    /// tried once for each place: it is expensive, and who signs two things there has no right to it.
    /// Whether the file is to be read again.
    fn take_post(&mut self, desk: &Desk, bytes: Vec<u8>) -> bool {
        let auction = desk.replica.auction();
        let Ok((signer, instruction)) = auction.read(&bytes) else { return false };
        let Some(place) = place_of(auction, &signer, &instruction) else { return false };
        let thing = Thing::Post(place);
        let id = Digest::of(&[&bytes]);
        if self.looked_at.contains(&thing) || desk.replica.entry_of(&id).is_some() {
            return false;
        }
        if !auction.late(place.duty).contains(&place.who) {
            // It may have seen more of the transcript than this one.
            return true;
        }
        self.looked_at.insert(thing);
        if auction.clone().apply(auction.slot(), &bytes).is_err() {
            return false;
        }
        self.carry(desk, thing, bytes);
        false
    }

    /// For whom this keyholder is to vouch, and on what: those whose post it handed in a while ago, and the
    /// board does not show.
    #[must_use]
    pub fn unheard(&mut self, auction: &Auction) -> Vec<(KeyholderId, Duty)> {
        self.heard.retain(|place, _| auction.late(place.duty).contains(&place.who));
        let unheard = self.heard.iter().filter(|(_, since)| since.elapsed() >= HEARD);
        unheard.map(|(place, _)| (place.who, place.duty)).collect()
    }

    fn carry(&mut self, desk: &Desk, thing: Thing, instruction: Vec<u8>) {
        let id = Digest::of(&[&instruction]);
        let auction = desk.replica.auction();
        let margin = auction.terms().schedule.witness_slots;
        let last = auction.deadline().map(|deadline| deadline.saturating_sub(margin));
        // By this machine's clock alone, and no sooner than that long after it saw the phase begin: neither a
        // board that is ahead of time takes anybody's witnesses away, nor one that lets time pass late.
        let slot = desk.replica.board().clock().slot_at(now());
        let in_time = last.is_none_or(|last| slot <= last.saturating_add(self.late_by));
        self.bytes += instruction.len();
        let carried = Carried { id, instruction, in_time, was_handed_in: false };
        self.carried.insert(thing, carried);
    }

    /// Lets go of what the transcript shows, and of what is not due any more.
    fn drop_what_stands(&mut self, desk: &mut Desk) {
        let auction = desk.replica.auction();
        let is_gone = |(thing, carried): &(&Thing, &Carried)| {
            let is_wanted = match thing {
                Thing::Commit(bid) => auction.lacks_commit(bid),
                Thing::SealedBid(bid) => auction.is_open(bid),
                Thing::Post(place) => auction.late(place.duty).contains(&place.who),
            };
            !is_wanted || desk.replica.entry_of(&carried.id).is_some()
        };
        let gone: Vec<Thing> =
            self.carried.iter().filter(is_gone).map(|(thing, _)| *thing).collect();
        for thing in gone {
            if let Some(carried) = self.carried.remove(&thing) {
                self.bytes = self.bytes.saturating_sub(carried.instruction.len());
                desk.attempts.forget(&carried.id);
            }
        }
    }

    /// Hands in what the board does not show, some of it at a time; and once it has, writes down what was
    /// here in time. If it dies in between, it attests nothing that it did not hand in.
    fn hand_in(&mut self, desk: &mut Desk, journal: &mut Journal) -> Result<(), Failure> {
        self.drop_what_stands(desk);
        let mut left = AT_A_TIME;
        // What was never handed in goes before what a board drops again and again.
        for again in [false, true] {
            for (thing, carried) in &mut self.carried {
                if left == 0 {
                    return Ok(());
                }
                if carried.was_handed_in != again {
                    continue;
                }
                match desk.insist(&carried.id, &carried.instruction) {
                    Ok(Insisted::HandedIn) => left -= 1,
                    Ok(Insisted::Stands(_) | Insisted::Waits) => continue,
                    // The board's folder takes nothing. It is tried again.
                    Err(failure) => {
                        left -= 1;
                        desk.warn(&failure);
                        continue;
                    }
                }
                if std::mem::replace(&mut carried.was_handed_in, true) {
                    continue;
                }
                let note = match thing {
                    Thing::Commit(bid) => Note::Received { bid: *bid, is_commit: true },
                    Thing::SealedBid(bid) => Note::Received { bid: *bid, is_commit: false },
                    Thing::Post(place) => {
                        self.heard.insert(*place, Instant::now());
                        continue;
                    }
                };
                if carried.in_time && self.held.insert(*thing) {
                    journal.write(note)?;
                }
            }
        }
        Ok(())
    }

    /// The bids that were here in time and that the board does not show, ascending.
    #[must_use]
    pub fn attested(&self, auction: &Auction) -> Vec<BidId> {
        let found = self.held.iter().filter_map(|thing| match thing {
            // A commit that came and was not revealed is another thing than one that never came.
            Thing::Commit(bid) => auction.lacks_commit(bid).then_some(*bid),
            Thing::SealedBid(bid) => {
                (auction.is_missing(bid) && auction.is_open(bid)).then_some(*bid)
            }
            Thing::Post(_) => None,
        });
        found.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// Who says where what a post says; nothing if it is none of a keyholder in this round.
fn place_of(auction: &Auction, signer: &PartyKey, instruction: &Instruction) -> Option<Place> {
    let quorum = &auction.terms().quorum;
    let who = keyholders(quorum).find(|(_, member)| member.signing == *signer)?.0;
    let header = match instruction {
        Instruction::Endorse(endorsement) => {
            let is_now =
                endorsement.round == auction.round() && endorsement.head == auction.endorsed_head();
            return is_now.then_some(Place { who, duty: Duty::Endorsement });
        }
        Instruction::Gate(post) => &post.header,
        Instruction::Shuffle(post) => &post.header,
        Instruction::Blind(post) => &post.header,
        Instruction::Decrypt(post) => &post.header,
        _ => return None,
    };
    let is_now = header.round == auction.round() && header.head == auction.endorsed_head();
    is_now.then(|| place_at(who, header))
}

fn place_at(who: KeyholderId, header: &RankHeader) -> Place {
    let RankHeader { lot, step, chunk, .. } = *header;
    Place { who, duty: Duty::Chunk { lot, step, chunk } }
}
