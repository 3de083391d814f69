//! Running a board: the one process that orders what waits, lets time pass, and signs checkpoints.
//!
//! Looking at the inbox, sorting what lies there and judging it are three things, and none keeps the
//! first from being done in time: see [`queue`](crate::board::queue). Before a deadline passes,
//! everything is judged that had arrived by then. Nothing that strangers leave in the folder ends the
//! process; only its own log and its own checkpoints can.
//!
//! What waits comes from the folder's inbox, and from a [`Window`] if there is one. It is judged in the same queue by
//! the same rules. Many instructions share one sync of the transcript and one checkpoint, and nobody is told of an
//! entry before both.

use crate::{
    board::{
        answers::Answers,
        checkpoint::{self, Checkpoint},
        clock::{Clock, Lag},
        folder::{Answer, Folder},
        log::Log,
        notices::Notices,
        parts::Parts,
        posts::{Limits, Verdict},
        queue::{Priority, Queue},
        share::Part,
        shared::{Found, Name, Shared},
        shown::{ShownDue, ShownLot, Standing},
        window::Window,
    },
    failure::{Code, Failure},
    files,
    interrupt::writing,
    keys::Keys,
    names,
    replica::Replica,
    say::say,
    status::{Status, lot_state},
};
use rand_core::{OsRng, RngCore as _};
use std::{
    collections::{BTreeMap, VecDeque},
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{self, Receiver},
    },
    time::{Duration, Instant},
};
use talea_contract::{Auction, Due, Received, Verified};
use talea_parties::identity::Identity;
use talea_protocol::{
    bytes::Digest,
    instruction::Instruction,
    limits::MAX_INSTRUCTION_BYTES,
    opening::Notice,
    quorum::{KeyholderId, keyholders},
};

/// How long a board waits before it looks into its inbox again, if there is nothing else to do.
const POLL: Duration = Duration::from_millis(50);
/// How long it sorts before it judges.
const SORTING: Duration = Duration::from_millis(100);
/// How long it removes rubbish before it goes on with what is none.
const SWEEPING: Duration = Duration::from_millis(20);
/// How often each party is heard in a pass.
const TURNS: usize = 8;
/// The most instructions of each priority that are judged in a pass.
const PASS: usize = 128;
/// How many instructions of a pass are held at a time, for each core: while one is applied or the log is synced, the
/// proofs of those behind it are verified.
const HELD: usize = 16;
/// The most that are held, on whatever machine, and the most bytes of them.
const MOST_HELD: usize = 256;
const MOST_HELD_BYTES: usize = 16 << 20;
/// How long a file may bear the name of a draft.
const DRAFTING: Duration = Duration::from_secs(600);
/// The most drafts that are known at a time.
const MOST_DRAFTS: usize = 1 << 16;
/// How long until what was set aside is tried anew, and until something is said once more.
const AGAIN: Duration = Duration::from_secs(60);
/// How long the board stays after the auction, for those who still want an answer.
const LINGER: Duration = Duration::from_secs(2);
/// How long it stays at most, whoever asks.
const LINGER_AT_MOST: Duration = Duration::from_secs(60);

/// Runs a board until its auction is closed and nobody asks any more. If a deadline passed while no
/// board ran, `confirm` is asked first: by a wrong clock it would pass for good.
///
/// # Errors
/// `key.other`, `board.busy`, `not-confirmed`, and whatever keeps it from reading its log or from
/// writing that or its checkpoints.
pub fn run(
    folder: &Folder,
    keys: &Keys,
    confirm: impl FnOnce(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut board = Board::open(folder, keys)?;
    board.confirm_missed(confirm)?;
    say("the board is running; it stops after the auction");
    let (mut idle_since, mut closed_since) = (Instant::now(), None);
    loop {
        let worked = board.turn()?;
        if worked {
            idle_since = Instant::now();
        }
        if board.log.replica().is_closed() {
            let since = *closed_since.get_or_insert_with(Instant::now);
            if idle_since.elapsed() > LINGER || since.elapsed() > LINGER_AT_MOST {
                say("the auction is closed; the board stops");
                return Ok(());
            }
        }
        if !worked && board.condemned.is_empty() {
            std::thread::sleep(POLL);
        }
    }
}

/// The lock of the one process that runs this board, in the board's own state: whoever can open a file
/// can lock it, so it is where nobody else comes.
fn lock(folder: &Folder, keys: &Keys) -> Result<File, Failure> {
    let auction = Replica::open(&folder.transcript())?.auction().id();
    let state = keys.state_folder().join(names::auction(&auction));
    files::private_folder(&state)?;
    let path = state.join("board.lock");
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let lock = lock.map_err(|error| Failure::unwritable(&path, error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            let sentence = format!("another process runs the board {}", folder.path().display());
            Err(Failure::new(Code::BoardBusy, sentence))
        }
        Err(TryLockError::Error(error)) => Err(Failure::unwritable(&path, error)),
    }
}

/// Something that waits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    /// A name in the inbox, and whether it seems to be a file's: what takes the place of something of
    /// another kind is something else.
    Name(Name, bool),
    /// What was posted, by the hash of its bytes.
    Post(Digest),
}

impl Item {
    /// By what the queue knows that two items hold the same. A post is not a file with the same bytes: whoever posts is
    /// answered, whatever becomes of the file.
    fn content(&self, id: &Digest) -> Digest {
        match self {
            Self::Name(..) => *id,
            Self::Post(_) => Digest::of(&[b"post", &id.0]),
        }
    }
}

/// What an item holds.
enum Content {
    /// Bytes that nobody has looked at.
    Read(Vec<u8>),
    /// What was posted.
    Posted(Arc<Received>),
}

/// What is next to be judged.
struct Held {
    item: Item,
    id: Digest,
    to: Priority,
    received: Arc<Received>,
    /// What will come of verifying its proof, if it has one.
    proof: Option<Receiver<Option<Verified>>>,
}

/// What is judged, and not yet made to last.
struct Judged {
    item: Item,
    id: Digest,
    answer: Answer,
    to: Priority,
}

/// Something that is counted, and said once in a while.
#[derive(Default)]
struct Tally {
    count: usize,
    said: Option<Instant>,
}

impl Tally {
    /// Says what was counted, unless it was said a short while ago.
    fn tell(&mut self, words: impl Fn(usize) -> String) {
        if self.count > 0 && self.said.is_none_or(|said| said.elapsed() > AGAIN) {
            say(&words(self.count));
            (self.count, self.said) = (0, Some(Instant::now()));
        }
    }
}

/// A board: its log, what waits for it, and who it answers.
pub struct Board {
    folder: Folder,
    identity: Identity,
    log: Log,
    clock: Clock,
    lag: Lag,
    parts: Parts,
    queue: Queue<Item>,
    /// Rubbish that is still there.
    condemned: VecDeque<Item>,
    /// Since when the names of drafts are there, and in which look they were seen last.
    drafts: BTreeMap<Name, (Instant, u64)>,
    answers: Answers,
    /// What this process has judged since it synced last.
    judged: Vec<Judged>,
    /// Openings to auditors, where the terms ask for their record.
    notices: Option<Notices>,
    /// Where others than the folder's users reach it.
    window: Option<Arc<Window>>,
    /// How often it synced, and how many instructions it judged and accepted.
    syncs: u64,
    counts: (u64, u64),
    /// The inbox, and where answers go, as far as they are folders.
    inbox: Option<Shared>,
    out: Option<Shared>,
    looks: u64,
    /// The slot in which the last look began, when it did, and how long it took.
    last_look: u64,
    looked_at: Option<Instant>,
    look_took: Duration,
    retried_at: Instant,
    rubbish: Tally,
    unanswered: Tally,
    /// How many things in the inbox it has said cannot be removed.
    told_aside: usize,
    /// What it has said of its folders, and has not seen mended.
    told_of: BTreeMap<PathBuf, String>,
    signed_entries: Option<u64>,
    /// The newest checkpoint over this transcript.
    checkpoint: Option<Arc<Checkpoint>>,
    told_of_jump: bool,
    /// As long as this process runs.
    _lock: File,
}

impl Board {
    /// Opens a board, locks it, and replays its transcript.
    ///
    /// # Errors
    /// `key.other`, `board.busy`, and whatever keeps it from reading its log or from writing that or its
    /// checkpoints.
    pub fn open(folder: &Folder, keys: &Keys) -> Result<Self, Failure> {
        let lock = lock(folder, keys)?;
        let log = Log::open(folder)?;
        folder.share_again()?;
        let terms = *log.replica().board();
        if keys.party() != terms.key {
            return Err(Failure::other_key("board", &terms.key, &keys.party()));
        }
        let clock = Clock::start(terms);
        let last = log.replica().auction().slot();
        if clock.slot() < last {
            say(&format!(
                "this machine's clock says slot {}, and the last entry has slot {last}: the board keeps \
                 slot {last} until the clock reaches it",
                clock.slot()
            ));
        }
        files::end_torn_line(&folder.checkpoints())?;
        let checkpoint = last_checkpoint(folder);
        let signed_entries = checkpoint.as_ref().map(|checkpoint| checkpoint.entries);
        let of_this = |checkpoint: &Checkpoint| {
            checkpoint.is_of(log.replica()) && checkpoint.agrees_with(log.replica()).is_ok()
        };
        let checkpoint = checkpoint.filter(of_this).map(Arc::new);
        let mut seed = [0; 32];
        OsRng.fill_bytes(&mut seed);
        Ok(Self {
            folder: folder.clone(),
            identity: keys.identity(),
            lag: Lag::of(log.replica().auction()),
            parts: Parts::of(log.replica().auction().terms()),
            queue: Queue::new(seed),
            condemned: VecDeque::new(),
            drafts: BTreeMap::new(),
            answers: Answers::take_over(&folder.answers()),
            judged: Vec::new(),
            notices: Notices::open(&folder.transcript(), log.replica())?,
            window: None,
            syncs: 0,
            counts: (0, 0),
            inbox: None,
            out: None,
            looks: 0,
            // What lies there already has arrived when it is seen first, not before.
            last_look: clock.slot().max(last),
            looked_at: None,
            look_took: Duration::ZERO,
            retried_at: Instant::now(),
            rubbish: Tally::default(),
            unanswered: Tally::default(),
            told_aside: 0,
            told_of: BTreeMap::new(),
            log,
            clock,
            signed_entries,
            checkpoint,
            told_of_jump: false,
            _lock: lock,
        })
    }

    /// Opens a window, within these bounds, and shows how the auction stands.
    ///
    /// # Errors
    /// `file.unwritable`.
    pub fn open_window(&mut self, limits: Limits) -> Result<Arc<Window>, Failure> {
        let board = self.log.replica().board().key;
        let window = Arc::new(Window::new(self.folder.transcript(), board, limits));
        self.window = Some(window.clone());
        self.sign_checkpoint()?;
        self.show();
        Ok(window)
    }

    /// The auction's state.
    #[must_use]
    pub fn auction(&self) -> &Auction {
        self.log.replica().auction()
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Asks whether a deadline may pass that ended while no board ran.
    ///
    /// # Errors
    /// What `confirm` says.
    pub fn confirm_missed(
        &self,
        confirm: impl FnOnce(&str) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let Some(words) = self.missed() else { return Ok(()) };
        say(&words);
        confirm("Is the clock right, and should the deadline pass?")
    }

    /// Runs behind its window until it cannot go on; why. It stays after the auction, for those who read.
    #[must_use]
    pub fn run_behind_window(mut self) -> Failure {
        let Some(window) = self.window.clone() else {
            return Failure::new(Code::Internal, "this board has no window");
        };
        loop {
            match self.turn() {
                Ok(false) if self.condemned.is_empty() => window.posts.wait(POLL),
                Ok(_) => {}
                Err(failure) => {
                    window.close(&failure);
                    return failure;
                }
            }
        }
    }

    /// What passed while no board ran, in words.
    fn missed(&self) -> Option<String> {
        let (replica, slot) = (self.log.replica(), self.clock.slot());
        let deadline = replica.auction().deadline().filter(|deadline| *deadline < slot)?;
        let time = |slot| replica.board().clock().time_of(slot);
        Some(format!(
            "the phase {} ended with slot {deadline}, at {}, while no board ran; this machine's clock \
             says slot {slot}, {}. If the deadline passes, everything that was due and is not in the \
             transcript is missing for good",
            replica.auction().phase().name(),
            time(deadline),
            time(slot),
        ))
    }

    fn slot(&self) -> u64 {
        self.clock.slot().max(self.log.replica().auction().slot())
    }

    /// The next deadline, and the slot by the clock until which what arrives is in time for it.
    fn deadline(&self) -> Option<(u64, u64)> {
        let auction = self.log.replica().auction();
        let deadline = auction.deadline()?;
        Some((deadline, deadline.saturating_add(self.lag.at(auction))))
    }

    /// Does what there is to do; whether there was anything.
    fn turn(&mut self) -> Result<bool, Failure> {
        if let Some(jump) = self.clock.jump().filter(|_| !self.told_of_jump) {
            say(&format!(
                "this machine's clock jumped by {} s; the board ignores the jump and continues with its \
                 own stop-watch",
                jump.as_secs()
            ));
            self.told_of_jump = true;
        }
        if self.retried_at.elapsed() > AGAIN {
            self.queue.retry();
            self.retried_at = Instant::now();
        }
        self.keep_watch()?;
        let passed = self.let_time_pass()?;
        let sorted = self.sort()?;
        let judged = self.judge()?;
        // As long as there is more to judge, each look settles what was judged before it.
        if !self.queue.holds(u64::MAX) || passed {
            self.settle()?;
        }
        self.sweep(sorted || judged)?;
        self.tell();
        Ok(passed || sorted || judged)
    }

    // ---- arriving ----

    /// Looks into the inbox: at names, and at nothing else. The first look after a deadline still shows
    /// what had come by then, and counts so.
    fn look(&mut self) -> Result<(), Failure> {
        let (began, slot) = (Instant::now(), self.slot());
        self.hear();
        self.queue.begin_look(self.arrival_now());
        self.looks += 1;
        self.last_look = slot;
        self.inbox = self.open_shared(Part::Inbox);
        self.out = self.open_shared(Part::Answers);
        let (queue, drafts, looks) = (&mut self.queue, &mut self.drafts, self.looks);
        let shown = self.inbox.as_ref().map(|inbox| {
            inbox.each(|name, is_file| {
                if !name.is_draft() {
                    queue.show(Item::Name(name, is_file));
                } else if drafts.len() < MOST_DRAFTS || drafts.contains_key(&name) {
                    drafts.entry(name).or_insert((began, looks)).1 = looks;
                }
            })
        });
        match shown {
            Some(Err(error)) => self.tell_of(Part::Inbox, &error),
            // What is not there shows nothing either.
            Some(Ok(())) | None => self.queue.end_look(),
        }
        self.end_drafts();
        (self.looked_at, self.look_took) = (Some(began), began.elapsed());
        self.settle()
    }

    /// In which slot that has arrived which is seen for the first time now.
    fn arrival_now(&self) -> u64 {
        let closing = self.deadline().map(|(_, due)| due).filter(|due| self.is_to_be_closed(*due));
        closing.unwrap_or(self.slot())
    }

    /// Hears of what was posted since the last time.
    fn hear(&mut self) {
        let fresh = self.window.as_ref().map(|window| window.posts.take_fresh());
        if let Some(fresh) = fresh.filter(|fresh| !fresh.is_empty()) {
            self.queue.hear(self.arrival_now(), fresh.into_iter().map(Item::Post));
        }
    }

    /// Whether the last look was before the end of a deadline that is over now.
    fn is_to_be_closed(&self, due: u64) -> bool {
        self.last_look <= due && due < self.slot()
    }

    /// Looks, if it is time to. A quarter of the time at most goes into looking.
    fn keep_watch(&mut self) -> Result<(), Failure> {
        self.hear();
        let is_late = self.deadline().is_some_and(|(_, due)| self.is_to_be_closed(due));
        let between = POLL.max(self.look_took * 4);
        if is_late || self.looked_at.is_none_or(|looked| looked.elapsed() >= between) {
            self.look()?;
        }
        Ok(())
    }

    /// One of the board's folders; made if it is gone.
    fn open_shared(&mut self, part: Part) -> Option<Shared> {
        let path = self.folder.place(part);
        let opened = Shared::open(&path).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => self.folder.make(part).and_then(|()| Shared::open(&path)),
            _ => Err(error),
        });
        match opened {
            Ok(shared) => {
                self.told_of.remove(&path);
                Some(shared)
            }
            Err(error) => {
                self.tell_of(part, &error);
                None
            }
        }
    }

    /// Says what is wrong with a folder, once until it is mended or something else is wrong.
    fn tell_of(&mut self, part: Part, error: &io::Error) {
        let path = self.folder.place(part);
        let words = format!(
            "{} cannot be used as a folder ({error}); the board continues without it",
            path.display()
        );
        if self.told_of.get(&path) != Some(&words) {
            say(&words);
            self.told_of.insert(path, words);
        }
    }

    /// Forgets drafts that are gone, and removes those at which nobody can be writing any more.
    fn end_drafts(&mut self) {
        let (inbox, looks) = (&self.inbox, self.looks);
        let mut ended = 0;
        self.drafts.retain(|name, (since, seen)| {
            let is_there = *seen == looks;
            if is_there && since.elapsed() > DRAFTING {
                ended +=
                    usize::from(inbox.as_ref().is_some_and(|inbox| inbox.remove(name).is_ok()));
                return false;
            }
            is_there
        });
        self.rubbish.count += ended;
    }

    // ---- sorting ----

    /// Sorts what has arrived, for a while, in the order in which it did; whether there was anything that
    /// may come to something.
    fn sort(&mut self) -> Result<bool, Failure> {
        let began = Instant::now();
        let mut any = false;
        while let Some(item) = self.queue.unsorted() {
            any |= self.sort_one(&item)?;
            if began.elapsed() > SORTING {
                return Ok(true);
            }
            self.keep_watch()?;
        }
        Ok(any)
    }

    /// Reads an item once: rubbish goes, and leaves nothing behind.
    fn sort_one(&mut self, item: &Item) -> Result<bool, Failure> {
        let Some((id, content)) = self.read(item) else { return Ok(false) };
        if let Content::Read(bytes) = &content
            && let Some(notice) = Notice::read(bytes)
        {
            self.note(item, &notice)?;
            return Ok(false);
        }
        if let Some(answer) = self.accepted(&id) {
            // Nobody is told of an entry that may still be lost.
            self.settle()?;
            // It shows in the transcript; whoever asks again under other names gets no more.
            self.reply(Judged { item: item.clone(), id, answer, to: Priority::Stranger });
            return Ok(true);
        }
        let Some(received) = self.receive(content) else {
            self.discard(item);
            return Ok(false);
        };
        let replica = self.log.replica();
        self.parts.follow(replica);
        let turn = self.parts.turn(replica, received.signer(), received.instruction());
        if let (Item::Post(_), Priority::Stranger, Some(window)) = (item, turn.0, &self.window)
            && window.posts.is_crowded()
        {
            window.posts.settle(&id, &Verdict::Crowded);
            self.queue.done(item);
            return Ok(true);
        }
        if !self.queue.sort(item, turn, item.content(&id)) {
            // It waits already.
            self.take_out(item);
        }
        Ok(true)
    }

    /// Puts a notice on the record, if the terms ask for one. Then it leaves the inbox, as what is none does.
    fn note(&mut self, item: &Item, notice: &Notice) -> Result<(), Failure> {
        // A notice must not outlive the commit of which it is: a record with such a notice is broken.
        self.settle()?;
        let (slot, replica) = (self.slot(), self.log.replica());
        let taken = self.notices.as_mut().map(|notices| {
            notices.take(notice, slot, &self.identity, |bid| replica.bid(bid).is_some())
        });
        match taken {
            // It is tried again later.
            Some(Err(failure)) => {
                say(&failure.sentence);
                self.queue.set_aside(item);
            }
            Some(Ok(Ok(is_new))) => {
                if is_new {
                    say("a notice of an opening is on the record");
                }
                self.take_out(item);
            }
            Some(Ok(Err(_))) | None => self.discard(item),
        }
        Ok(())
    }

    /// What an item holds, if it is signed. Of what was posted, the signature was verified when it came.
    fn receive(&self, content: Content) -> Option<Arc<Received>> {
        match content {
            Content::Posted(received) => Some(received),
            Content::Read(bytes) => {
                self.log.replica().auction().receive(bytes.into()).ok().map(Arc::new)
            }
        }
    }

    /// What an item holds, and the hash of its bytes; otherwise it is dealt with.
    fn read(&mut self, item: &Item) -> Option<(Digest, Content)> {
        let found = match (item, &self.inbox) {
            (Item::Post(id), _) => {
                let posted = self.window.as_ref().and_then(|window| window.posts.content(id));
                if posted.is_none() {
                    self.queue.done(item);
                }
                return posted.map(|received| (*id, Content::Posted(received)));
            }
            (Item::Name(name, true), Some(inbox)) => inbox.read(name, MAX_INSTRUCTION_BYTES as u64),
            (Item::Name(..), Some(_)) => Found::Other,
            (Item::Name(..), None) => Found::Gone,
        };
        match found {
            Found::Bytes(bytes) => return Some((Digest::of(&[&bytes]), Content::Read(bytes))),
            Found::Gone => self.queue.done(item),
            Found::Other => self.discard(item),
        }
        None
    }

    /// What is no instruction will be removed: not now, for a file system may take its time.
    fn discard(&mut self, item: &Item) {
        self.queue.condemn(item);
        self.condemned.push_back(item.clone());
    }

    /// Removes rubbish, for a short while if there is anything else to do.
    fn sweep(&mut self, is_busy: bool) -> Result<(), Failure> {
        let began = Instant::now();
        let patience = if is_busy { SWEEPING } else { SORTING };
        while began.elapsed() < patience {
            let Some(item) = self.condemned.pop_front() else { break };
            if !self.queue.is_condemned(&item) {
                continue;
            }
            // Something else may bear the name by now.
            let limit = MAX_INSTRUCTION_BYTES as u64;
            let found = match (&item, &self.inbox) {
                (Item::Name(name, _), Some(inbox)) => inbox.read(name, limit),
                _ => Found::Gone,
            };
            let auction = self.log.replica().auction();
            if matches!(found, Found::Bytes(bytes) if auction.read(&bytes).is_ok()) {
                self.queue.done(&item);
            } else {
                self.rubbish.count += usize::from(self.take_out(&item));
            }
            self.keep_watch()?;
        }
        Ok(())
    }

    /// Takes an item out of the inbox and the queue; sets it aside if that cannot be. Whether it is gone.
    fn take_out(&mut self, item: &Item) -> bool {
        let is_gone = match (item, &self.inbox) {
            (Item::Name(name, _), Some(inbox)) => inbox.remove(name).is_ok(),
            // A post leaves with its verdict.
            _ => true,
        };
        if is_gone {
            self.queue.done(item)
        } else {
            self.queue.set_aside(item)
        }
        is_gone
    }

    // ---- judging ----

    /// Ticks wherever a deadline is behind us and everything that came before it is judged.
    fn let_time_pass(&mut self) -> Result<bool, Failure> {
        let mut passed = false;
        while let Some((deadline, due)) = self.deadline() {
            if self.slot() <= due || self.last_look <= due || self.queue.holds(due) {
                break;
            }
            let tick = self.identity.sign(&self.log.replica().auction().id(), &Instruction::Tick);
            let tick = tick.map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
            let tick = self.log.replica().auction().receive(tick.into())?;
            // The first slot after it: what came after that may be in time for the next one.
            let slot = deadline.saturating_add(1);
            if let Err(refusal) = self.append(slot, &tick, None)? {
                return Err(Failure::new(Code::Internal, format!("a tick was refused: {refusal}")));
            }
            passed = true;
        }
        Ok(passed)
    }

    /// Judges some of what is sorted, as far as it is not too early for it; whether there was anything.
    fn judge(&mut self) -> Result<bool, Failure> {
        let due = |board: &Self| board.deadline().map_or(u64::MAX, |(_, due)| due);
        let pass = self.queue.pass(TURNS, PASS, due(self));
        let most = rayon::current_num_threads().saturating_mul(HELD).min(MOST_HELD);
        let mut rest = pass.iter();
        let (mut held, mut bytes) = (VecDeque::<Held>::new(), 0);
        loop {
            while held.len() < most
                && bytes < MOST_HELD_BYTES
                && let Some(item) = rest.next()
            {
                let next = self.hold(item);
                bytes += next.as_ref().map_or(0, |next| next.received.bytes().len());
                held.extend(next);
            }
            let Some(next) = held.pop_front() else { break };
            bytes -= next.received.bytes().len();
            // What was judged before it may have brought another deadline.
            if self.queue.arrival(&next.item).is_some_and(|slot| slot <= due(self)) {
                self.judge_one(next)?;
            }
            self.keep_watch()?;
        }
        Ok(!pass.is_empty())
    }

    /// What a sorted item holds, if it still holds that. From now on its proof is being verified, if it has one.
    fn hold(&mut self, item: &Item) -> Option<Held> {
        let (to, known) = self.queue.sorted(item)?;
        let (id, content) = self.read(item)?;
        let received = self.receive(content).filter(|_| item.content(&id) == known);
        let Some(received) = received else {
            // Other bytes under the same name arrive when the next look shows them.
            self.queue.done(item);
            return None;
        };
        let proof = self.look_ahead(&received);
        Some(Held { item: item.clone(), id, to, received, proof })
    }

    /// Begins to verify the proof of an instruction that waits for its turn.
    fn look_ahead(&self, received: &Received) -> Option<Receiver<Option<Verified>>> {
        let proof = self.log.replica().auction().look_ahead(received)?;
        let (says, verified) = mpsc::sync_channel(1);
        rayon::spawn(move || {
            // Nobody waits for it any more if the board has stopped.
            let _ = says.send(proof.verify());
        });
        Some(verified)
    }

    /// Applies an instruction. It bears the slot of now, and never one beyond a deadline before which it
    /// arrived.
    fn judge_one(&mut self, held: Held) -> Result<(), Failure> {
        let Held { item, id, to, received, proof } = held;
        let verified = proof.and_then(|proof| proof.recv().ok().flatten());
        let slot = self.deadline().map_or(self.slot(), |(deadline, _)| self.slot().min(deadline));
        let answer = match self.accepted(&id) {
            Some(answer) => answer,
            None => match self.append(slot, &received, verified.as_ref())? {
                Ok(()) => self.accepted(&id).ok_or_else(|| {
                    Failure::new(Code::Internal, "an accepted entry is not in the transcript")
                })?,
                Err(refusal) => Answer::Refused {
                    check: refusal.check.number().to_owned(),
                    sentence: refusal.fault.to_string(),
                },
            },
        };
        self.counts.0 += 1;
        self.counts.1 += u64::from(matches!(answer, Answer::Accepted { .. }));
        // It has had its turn, and stays where it lies until it is made to last.
        self.queue.condemn(&item);
        self.judged.push(Judged { item, id, answer, to });
        Ok(())
    }

    /// Makes everything last that was judged: syncs the transcript once, signs one checkpoint, and only then answers.
    fn settle(&mut self) -> Result<(), Failure> {
        self.sign_checkpoint()?;
        for judged in std::mem::take(&mut self.judged) {
            self.reply(judged);
        }
        Ok(())
    }

    /// Answers what is judged, and made to last if it was accepted.
    fn reply(&mut self, judged: Judged) {
        let Judged { item, id, answer, to } = judged;
        // Out of the inbox first: what is handed in once more after the answer is another attempt.
        self.take_out(&item);
        let Item::Post(_) = item else { return self.answer(&id, &answer, to) };
        let verdict = match &answer {
            Answer::Accepted { entry, .. } => Verdict::Accepted { entry: *entry },
            Answer::Refused { check, sentence } => {
                // The transcript says what was accepted, and nothing else says what was refused.
                self.answer(&id, &answer, to);
                Verdict::Refused { check: check.clone(), sentence: sentence.clone() }
            }
        };
        if let Some(window) = &self.window {
            window.posts.settle(&id, &verdict);
        }
    }

    fn append(
        &mut self,
        slot: u64,
        received: &Received,
        verified: Option<&Verified>,
    ) -> Result<Result<(), talea_contract::Refusal>, Failure> {
        let now = self.slot();
        let appended = self.log.append_received(slot, received, verified)?;
        if appended.is_ok() {
            self.lag.note(now, self.log.replica().auction());
        }
        Ok(appended)
    }

    fn answer(&mut self, id: &Digest, answer: &Answer, to: Priority) {
        let given = self.out.as_ref().is_some_and(|out| self.answers.give(out, id, answer, to));
        self.unanswered.count += usize::from(!given);
    }

    /// The answer to what is in the transcript already, as after a crash before it was given.
    fn accepted(&self, id: &Digest) -> Option<Answer> {
        let entry = self.log.replica().entry_of(id)?;
        let line = self.log.replica().line(entry)?;
        Some(Answer::Accepted { entry, slot: line.slot })
    }

    /// Says what was counted.
    fn tell(&mut self) {
        self.rubbish.tell(|count| {
            format!(
                "{count} files in the inbox were not instructions of this auction; the board removed \
                 them"
            )
        });
        self.unanswered.tell(|count| {
            format!("{count} answers could not be written; only the transcript counts")
        });
        let aside = self.queue.aside();
        if aside > self.told_aside {
            say(&format!(
                "{aside} files or folders in the inbox cannot be removed; the board leaves them there"
            ));
            self.told_aside = aside;
        }
    }

    /// Syncs the transcript and signs it, if anything is new.
    fn sign_checkpoint(&mut self) -> Result<(), Failure> {
        self.syncs += u64::from(self.log.sync()?);
        let entries = self.log.replica().lines().len() as u64;
        if self.signed_entries.is_some_and(|signed| signed >= entries) {
            return Ok(());
        }
        let checkpoint = checkpoint::sign(&self.identity, self.log.replica(), self.slot());
        let _whole = writing();
        let path = self.folder.checkpoints();
        let mut line = serde_json::to_vec(&checkpoint).unwrap_or_default();
        line.push(b'\n');
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let written = file.and_then(|mut file| {
            files::let_everybody_read(&file)?;
            file.write_all(&line)?;
            file.sync_data()
        });
        written.map_err(|error| Failure::unwritable(&path, error))?;
        self.signed_entries = Some(entries);
        self.checkpoint = Some(Arc::new(checkpoint));
        self.show();
        Ok(())
    }

    /// Shows, through the window if there is one, what is synced and signed.
    fn show(&self) {
        let Some(window) = &self.window else { return };
        let replica = self.log.replica();
        let auction = replica.auction();
        let checkpoints = self.folder.checkpoints().metadata();
        let (judged, accepted) = self.counts;
        let standing = Standing {
            entries: replica.lines().len() as u64,
            head: auction.head(),
            slot: auction.slot(),
            transcript_bytes: self.log.synced(),
            checkpoints_bytes: checkpoints.map_or(0, |metadata| metadata.len()),
            checkpoint: self.checkpoint.clone(),
            phase: auction.phase().name(),
            round: auction.round(),
            deadline: self.deadline(),
            closed: replica.is_closed(),
            lots: lots(auction),
            dues: Arc::new(dues(auction)),
            outcome: replica.is_closed().then(|| Status::of(replica).json().into()),
            stopped: None,
            syncs: self.syncs,
            judged,
            accepted,
        };
        window.shown.show(replica, standing);
    }
}

fn lots(auction: &Auction) -> Arc<[ShownLot]> {
    let lots = (0..).zip(auction.terms().lots.iter());
    let shown = lots.map(|(number, lot)| ShownLot {
        identifier: lot.identifier.to_string(),
        name: lot.name.to_string(),
        state: lot_state(auction, number),
    });
    shown.collect()
}

/// What is due of everybody of whom anything is.
fn dues(auction: &Auction) -> BTreeMap<KeyholderId, Vec<ShownDue>> {
    let shown = |due: &Due| match due {
        Due::Endorse { round, head } => ShownDue::Endorse { round: *round, head: *head },
        Due::Rank { header, .. } => ShownDue::Rank {
            lot: header.lot,
            round: header.round,
            step: header.step,
            chunk: header.chunk,
        },
    };
    let of = |id| auction.dues(id).iter().map(shown).collect::<Vec<_>>();
    let members = keyholders(&auction.terms().quorum).map(|(id, _)| (id, of(id)));
    members.filter(|(_, dues)| !dues.is_empty()).collect()
}

/// The most that is read of a file of checkpoints, from its end: some 150,000 of them.
const MAX_CHECKPOINTS: u64 = 64 << 20;

/// Every checkpoint that can be read, of a very long file the last ones; a torn line is left out.
#[must_use]
pub fn checkpoints(folder: &Folder) -> Vec<Checkpoint> {
    checkpoints_and_others(folder).0
}

/// Every checkpoint that can be read, and how many lines are none.
#[must_use]
pub fn checkpoints_and_others(folder: &Folder) -> (Vec<Checkpoint>, usize) {
    let mut text = Vec::new();
    let file = std::fs::File::open(folder.checkpoints());
    // What cannot be read is no checkpoint, and whoever needs one says that there is none.
    let _ = file.and_then(|mut file| {
        let begin = file.metadata()?.len().saturating_sub(MAX_CHECKPOINTS);
        file.seek(SeekFrom::Start(begin))?;
        file.take(MAX_CHECKPOINTS).read_to_end(&mut text)
    });
    let mut others = 0;
    let mut read = |line: &[u8]| {
        let checkpoint = serde_json::from_slice(line).ok();
        others += usize::from(checkpoint.is_none());
        checkpoint
    };
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let checkpoints = lines.filter_map(&mut read).collect();
    (checkpoints, others)
}

/// The last checkpoint.
#[must_use]
pub fn last_checkpoint(folder: &Folder) -> Option<Checkpoint> {
    checkpoints(folder).pop()
}
