//! An agent: somebody with whom a bidder leaves a sealed bid when it cannot come back to reveal it.
//!
//! What is left is encrypted to the agent alone. It can hand the sealed bid in, or not, and nothing else: the
//! bid is committed, and stays sealed for whoever has not a threshold of every group of keyholders. Who has, and
//! gets the sealed bid before the reveals, reads it while others still bid; so the agent must not be one
//! of them.

use crate::{
    agent::Agent,
    board::clock::BoardTerms,
    failure::{Code, Failure},
    names,
    party::{
        bidder::and_its_deposit,
        desk::{Desk, POLL, order},
        left::{Content, Left, LeftFolder, MAX_LEFT, Remembered},
    },
    say::{excerpt, say},
};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    time::{Duration, Instant},
};
use talea_contract::Phase;
use talea_parties::bidder;
use talea_protocol::{bytes::Digest, commitment::BidId, quorum::keyholders, terms::Terms};

/// How long it looks at what others left before it looks at the transcript again.
const LOOK: Duration = Duration::from_millis(100);
/// How many bytes of sealed bids it keeps in memory.
const MOST_BYTES: usize = 64 << 20;
/// Of how many files it says what is in them.
const MOST_TOLD: usize = 1 << 10;
/// How much of a file's name is shown.
const MOST_LETTERS: usize = 200;

/// What an agent is in an auction besides, if that makes it a bad choice.
#[must_use]
pub fn conflict(agent: &Agent, terms: &Terms) -> Option<&'static str> {
    if keyholders(&terms.quorum).any(|(_, member)| member.signing == agent.party) {
        return Some("a keyholder");
    }
    if BoardTerms::of(terms).is_ok_and(|board| board.key == agent.party) {
        return Some("the board");
    }
    (terms.seller == agent.party).then_some("the seller")
}

/// What became of the bids that were left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Sealed bids that it handed in and the board took.
    pub revealed: usize,
    /// Those that it handed in and that nobody's reveal brought into the transcript.
    pub not_accepted: usize,
}

/// An agent at work.
struct Runner {
    folder: LeftFolder,
    during: (Phase, u32),
    /// What it hands in until the board shows it.
    carried: BTreeMap<BidId, Carried>,
    bytes: usize,
    /// Files of which it said what is in them.
    told: Remembered,
    count_told: usize,
    tally: Tally,
}

struct Carried {
    id: Digest,
    instruction: Vec<u8>,
}

/// Hands in what bidders left in a folder, once the reveals have begun, until the auction is closed. It takes
/// what was encrypted to it and opens what the board shows as committed, and nothing else.
///
/// # Errors
/// `file.unreadable` of the folder; `board.*` of a transcript that breaks the rules or is another one.
pub fn run(desk: &mut Desk, folder: PathBuf) -> Result<Tally, Failure> {
    std::fs::read_dir(&folder).map_err(|error| Failure::unreadable(&folder, error))?;
    let mut runner = Runner {
        folder: LeftFolder::locked(folder, desk.keys.unlock()),
        during: (Phase::Deals, 0),
        carried: BTreeMap::new(),
        bytes: 0,
        told: Remembered::default(),
        count_told: 0,
        tally: Tally::default(),
    };
    loop {
        desk.advance()?;
        runner.turn(desk)?;
        if desk.replica.is_closed() {
            return Ok(runner.tally);
        }
        std::thread::sleep(POLL);
    }
}

impl Runner {
    fn turn(&mut self, desk: &mut Desk) -> Result<(), Failure> {
        self.drop_what_stands(desk);
        let auction = desk.replica.auction();
        let during = (auction.phase(), auction.round());
        if std::mem::replace(&mut self.during, during) != during {
            self.tally.not_accepted += self.carried.len();
            if !self.carried.is_empty() {
                let count = self.carried.len();
                say(&format!(
                    "the reveals are over, and the board took {count} sealed bids from nobody"
                ));
            }
            self.carried.clear();
            self.bytes = 0;
        }
        let (lots, until) = (auction.terms().lots.len(), Instant::now() + LOOK);
        let room = MOST_BYTES - 2 * usize::try_from(MAX_LEFT).unwrap_or(MOST_BYTES / 2);
        while self.bytes <= room {
            let Some(left) = self.folder.next(during, lots, until) else { break };
            self.look_at(desk, left)?;
        }
        self.hand_in(desk);
        Ok(())
    }

    fn look_at(&mut self, desk: &Desk, left: Left) -> Result<(), Failure> {
        let Content::Handed(handed) = left.content else { return Ok(()) };
        let auction = desk.replica.auction();
        let round = auction.round();
        let of_round = handed.reveals.into_iter().filter(|reveal| reveal.bid.round == round);
        let (due, others): (Vec<_>, Vec<_>) =
            of_round.partition(|reveal| desk.replica.opens_a_commit(reveal));
        let is_time = auction.phase() == Phase::Reveals;
        let is_worth_a_word = is_time || order(auction.phase()) < order(Phase::Reveals);
        let is_new = is_worth_a_word
            && self.count_told < MOST_TOLD
            && (is_time || self.told.insert(left.fingerprint));
        if is_new {
            self.count_told += 1;
            let name = excerpt(&left.name, MOST_LETTERS);
            let when = if is_time { "" } else { "; they stay here until the reveals" };
            say(&format!("{name}: {} sealed bids open what was committed{when}", due.len()));
            if !others.is_empty() {
                say(&format!(
                    "{name}: {} sealed bids open nothing that the board shows so far, and are not handed in",
                    others.len()
                ));
            }
        }
        for reveal in due.into_iter().filter(|_| is_time) {
            let bid = reveal.bid;
            if !auction.is_open(&bid) || self.carried.contains_key(&bid) {
                continue;
            }
            let instruction = bidder::carry(&desk.keys.identity(), auction, vec![reveal]);
            let instruction =
                instruction.map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
            self.bytes += instruction.len();
            let id = Digest::of(&[&instruction]);
            self.carried.insert(bid, Carried { id, instruction });
        }
        Ok(())
    }

    /// Lets go of what the transcript shows, by whomever it came there.
    fn drop_what_stands(&mut self, desk: &mut Desk) {
        let mut gone = Vec::new();
        for (bid, carried) in &self.carried {
            let entry = desk.replica.entry_of(&carried.id);
            if entry.is_some() || !desk.replica.auction().is_open(bid) {
                gone.push((*bid, entry));
            }
        }
        for (bid, entry) in gone {
            let Some(carried) = self.carried.remove(&bid) else { continue };
            self.bytes = self.bytes.saturating_sub(carried.instruction.len());
            desk.attempts.forget(&carried.id);
            let whose = format!("{} on {}", names::short(&bid.bidder), desk.name_of(bid.lot));
            match entry {
                Some(entry) => {
                    self.tally.revealed += 1;
                    say(&format!("revealed the bid of {whose}, entry {entry}"));
                }
                None => say(&format!("the bid of {whose} was revealed by somebody else")),
            }
        }
    }

    fn hand_in(&mut self, desk: &mut Desk) {
        for carried in self.carried.values() {
            if let Err(failure) = desk.insist(&carried.id, &carried.instruction) {
                // The board's folder takes nothing. It is tried again.
                desk.warn(&failure);
            }
        }
    }
}

/// What a bidder should know before it leaves a sealed bid with an agent; and whether it is to be asked.
#[must_use]
pub fn warning(agent: &Agent, terms: &Terms) -> (String, bool) {
    let name = names::shortened(&names::party(&agent.party));
    let plain = format!(
        "{name} can hand these bids in or withhold them, and nothing else. Unless you reveal it, a bid that it \
         withholds does not count{}",
        and_its_deposit(terms)
    );
    match conflict(agent, terms) {
        None => (plain, false),
        Some(what) => {
            let sentence = format!(
                "{name} is {what} of this auction. Sealed bids in the hands of keyholders who are a threshold of \
                 every group are open bids: before the reveals they read them while others still bid. {plain}"
            );
            (sentence, true)
        }
    }
}
