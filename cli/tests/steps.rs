//! Time that passes by steps: over the next deadline once everybody has done its part, and not before, however
//! slow the machine is. The processes are the real ones, and their clock is a file.

use crate::common::Workspace;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, UNIX_EPOCH},
};
use talea_cli::{board::folder::Folder, names, replica::Replica};
use talea_contract::Phase;
use talea_protocol::{
    bytes::PartyKey,
    commitment::BidId,
    quorum::{KeyholderId, keyholders},
};

/// Writes what is set of everybody's clock, whole or not at all: others read it.
pub fn set(clock: &Path, setting: &str) {
    let draft = clock.with_extension("new");
    fs::write(&draft, setting).unwrap();
    fs::rename(draft, clock).unwrap();
}

/// For whom time waits.
#[derive(Clone)]
pub struct Awaited {
    /// How many keyholders deal.
    pub deals: usize,
    /// How many reserves the seller commits.
    pub reserves: usize,
    /// How many bids are committed in the first round.
    pub bids: usize,
    /// Who does nothing more that it was not said to have done: nobody waits for it to reveal, to endorse or to
    /// rank.
    pub lost: BTreeSet<PartyKey>,
    /// A phase whose end is not stepped over.
    pub stop_in: Option<Phase>,
}

/// The steps of one auction.
pub struct Steps {
    clock: PathBuf,
    awaited: Arc<Mutex<Awaited>>,
    replica: Replica,
    /// The present time, in milliseconds since 1970.
    now: u64,
}

impl Steps {
    /// Of a workspace whose bidders all bid on every lot. From now on its time stands still.
    pub fn of(workspace: &Workspace) -> Self {
        Self::on(workspace, "board")
    }

    /// The same, where another folder is the board's.
    pub fn on(workspace: &Workspace, board: &str) -> Self {
        let awaited = Awaited {
            deals: workspace.keyholders,
            reserves: 0,
            bids: workspace.bidders * workspace.lots,
            lost: BTreeSet::new(),
            stop_in: None,
        };
        let awaited = Arc::new(Mutex::new(awaited));
        let replica = Replica::of(&Folder::new(workspace.path(board))).unwrap();
        let opened = replica.auction().slot();
        let mut steps = Self { clock: workspace.path("clock"), awaited, replica, now: 0 };
        steps.pass(opened);
        steps
    }

    /// Lets a slot pass; whether it had not passed.
    fn pass(&mut self, slot: u64) -> bool {
        let over = self.replica.board().clock().end_of(slot).duration_since(UNIX_EPOCH).unwrap();
        let over = u64::try_from(over.as_millis()).unwrap();
        let is_later = over > self.now;
        if is_later {
            self.now = over;
            set(&self.clock, &format!("at {over}"));
        }
        is_later
    }

    /// Lets the next deadline pass, if everybody has done its part; whether it did.
    pub fn step(&mut self) -> bool {
        self.replica.advance().unwrap();
        let is_done = self.awaited.lock().unwrap().is_done(&self.replica);
        let deadline = self.replica.auction().deadline().filter(|_| is_done);
        deadline.is_some_and(|deadline| self.pass(deadline))
    }

    /// Steps by itself from now on.
    pub fn by_themselves(mut self) -> Time {
        let (awaited, is_over) = (self.awaited.clone(), Arc::new(AtomicBool::new(false)));
        let ends = is_over.clone();
        let thread = std::thread::spawn(move || {
            while !ends.load(Ordering::SeqCst) {
                self.step();
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Time { awaited, is_over, thread: Some(thread) }
    }
}

impl Awaited {
    /// Whether nothing more is to come of anybody before the next deadline.
    fn is_done(&self, replica: &Replica) -> bool {
        let auction = replica.auction();
        let (round, seller) = (auction.round(), auction.terms().seller);
        let (reserves, bids): (Vec<BidId>, Vec<BidId>) =
            replica.bids().map(|(bid, _)| *bid).partition(|bid| bid.bidder == seller);
        let phase = auction.phase();
        Some(phase) != self.stop_in
            && match phase {
                Phase::Deals => {
                    let deals = replica.lines().iter().filter(|line| line.kind == "deal");
                    deals.map(|line| line.signer).collect::<BTreeSet<_>>().len() >= self.deals
                }
                Phase::Complaints => true,
                Phase::Reserves => reserves.len() >= self.reserves,
                Phase::Commits if round == 0 => bids.len() >= self.bids,
                Phase::Commits => {
                    bids.iter().all(|bid| !auction.lacks_commit(&BidId { round, ..*bid }))
                }
                Phase::Reveals => reserves
                    .iter()
                    .chain(&bids)
                    .filter(|bid| !self.lost.contains(&bid.bidder))
                    .all(|bid| !auction.is_open(bid)),
                Phase::Endorsing | Phase::Ranking => {
                    let owes = |id: &KeyholderId| !auction.dues(*id).is_empty();
                    let mut owing = keyholders(&auction.terms().quorum)
                        .filter(|(id, _)| owes(id))
                        .map(|(_, member)| member.signing)
                        .peekable();
                    owing.peek().is_some() && owing.all(|who| self.lost.contains(&who))
                }
                Phase::Closed => false,
            }
    }
}

/// Time that passes by itself for as long as this is there.
pub struct Time {
    awaited: Arc<Mutex<Awaited>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Time {
    /// Changes for whom it waits.
    pub fn awaits(&self, change: impl FnOnce(&mut Awaited)) {
        change(&mut self.awaited.lock().unwrap());
    }

    /// Waits for this party no more.
    pub fn loses(&self, workspace: &Workspace, who: &str) {
        let party = names::read_party(&workspace.name(who, "party")).unwrap();
        self.awaits(|awaited| awaited.lost.extend([party]));
    }
}

impl Drop for Time {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        let ended = self.thread.take().unwrap().join();
        assert!(ended.is_ok() || std::thread::panicking(), "time stopped");
    }
}
