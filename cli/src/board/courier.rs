//! The courier between a board that is reached over HTTP and a party's mirror of it: brings what the board signed,
//! takes what the party hands in, and says when it cannot.

use crate::{
    board::{
        address::Address,
        checkpoint::{Checkpoint, forked},
        client::{Client, Posted, Trouble},
        clock::{self, rfc3339},
        compare::{Side, compare},
        folder::{Answer, Folder},
        history::{History, Judgement, Next},
        mirror::Mirror,
    },
    failure::{Code, Failure},
    files::{self, Readers},
    names,
    replica::{Replica, read_record},
    say::{say, say_if_slow},
};
use rand_core::{OsRng, RngCore as _};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, BufReader, Read, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use talea_protocol::{
    bytes::Digest,
    limits::MAX_INSTRUCTION_BYTES,
    terms::AuctionId,
    transcript::{Entry, MAGIC, RECORD_HEADER_BYTES, RecordKind},
};
use talea_replay::merkle;

/// For how long a board is asked to wait until there is more.
const LONG_POLL: Duration = Duration::from_secs(25);
/// How long until the inbox is looked at again.
const LOOK: Duration = Duration::from_millis(50);
/// How long until a board is asked again that had nothing and did not wait.
const IDLE: Duration = Duration::from_millis(250);
/// How long until a board is asked again for its signature over what it shows.
const UNSIGNED: Duration = Duration::from_millis(30);
/// How long a command waits for that signature.
const SIGNING: Duration = Duration::from_secs(2);
/// How long until a board is asked again what became of an instruction.
const JUDGING: Duration = Duration::from_secs(1);
/// How long until something is handed in again that the board has judged, as it says, and nothing here shows that.
const UNSHOWN: Duration = Duration::from_secs(5);
/// How long a command tries at its start, before it works with what it has; and where the board asks for a rest.
const FIRST_TRY: Duration = Duration::from_secs(2);
const FIRST_TRY_WITH_REST: Duration = Duration::from_secs(8);
/// How many times a board may send nothing of what it signed.
const MOST_EMPTY: u32 = 20;
/// How many files of the inbox are taken in a look, and how many of them are on their way at a time.
const MOST_WAITING: usize = 4_096;
const AT_A_TIME: usize = 16;
/// How much of an answer is read only to keep its connection, in bytes.
const MOST_DRAINED: u64 = 1 << 18;
/// The largest file that names an auction.
const MAX_NAME: u64 = 256;

/// How long to wait after something went wrong: longer each time, and not as long as everybody else.
#[derive(Clone, Copy, Debug, Default)]
struct BackOff {
    times: u32,
}

impl BackOff {
    const FIRST: Duration = Duration::from_millis(250);
    const LONGEST: Duration = Duration::from_secs(30);

    /// The next wait. A server that asks for a rest gets it whole.
    fn next(&mut self, rest: Option<Duration>) -> Duration {
        let longest = Self::FIRST.saturating_mul(1 << self.times.min(16)).min(Self::LONGEST);
        self.times = self.times.saturating_add(1);
        // At least half of it, and the rest by lot: many parties lose one board at the same time.
        let half = longest / 2;
        let drawn = half.as_millis() as u64;
        let jitter = Duration::from_millis(OsRng.next_u64() % drawn.max(1));
        rest.unwrap_or_default().max(half) + jitter
    }
}

/// What a look at a board came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// There was something new.
    New,
    /// There is more, and the board has not signed it yet.
    Unsigned,
    /// There is nothing new.
    Same,
}

/// Follows a board into a mirror.
struct Follower {
    client: Client,
    mirror: Mirror,
    /// Where the entries ended from which no outcome follows.
    undecided: Option<u64>,
}

impl Follower {
    /// Finds or begins the mirror of an address, in a folder of mirrors.
    fn open(address: &Address, mirrors: &Path) -> Result<Self, Trouble> {
        let server = mirrors.join(address.file_name());
        let auction = the_auction(address, &server)?;
        let client = Client::new(address, &auction)?;
        let place = server.join(names::auction(&auction));
        let mirror = match Mirror::open(&place)? {
            Some(mirror) => mirror,
            None => Mirror::begin(&place, &auction, &beginning(&client)?)?,
        };
        if address.auction().is_none() {
            let name = names::auction(&auction);
            files::write(&server.join("auction"), name.as_bytes(), Readers::Usual)?;
        }
        Ok(Self { client, mirror, undecided: None })
    }

    /// Brings what the board has signed since. If there is nothing, waits so long until there is more.
    fn look(&mut self, wait: Duration) -> Result<Look, Trouble> {
        let look = self.bring(wait);
        if look.is_err() {
            self.mirror.forget_staged()?;
        }
        look
    }

    fn bring(&mut self, wait: Duration) -> Result<Look, Trouble> {
        self.mirror.refresh()?;
        let kept = self.mirror.checkpoint().cloned();
        let Some(shown) = self.client.checkpoint()? else {
            if kept.is_some() {
                return Err(self.contradicted(None));
            }
            return self.await_more(wait);
        };
        let history = self.mirror.history();
        if !history.has_signed(&shown) {
            let sentence = format!(
                "{} shows a checkpoint that the board of this auction, {}, did not sign",
                self.client.address(),
                names::party(&history.board)
            );
            return Err(Trouble::lasting(Code::BoardAnswer, sentence));
        }
        let is_fewer = kept.as_ref().is_some_and(|kept| kept.entries > shown.entries);
        match history.judged_by(&shown) {
            Judgement::Contradicts => Err(self.contradicted(Some(&shown))),
            Judgement::Covers if is_fewer => Err(self.contradicted(Some(&shown))),
            Judgement::Covers if kept.is_none_or(|kept| kept.entries < shown.entries) => {
                let nothing = self.mirror.stage()?;
                self.mirror.keep(nothing, Some(&shown))?;
                Ok(Look::New)
            }
            Judgement::Covers => self.await_more(wait),
            Judgement::Longer => {
                self.check_growth(&shown)?;
                self.pull(&shown)?;
                Ok(Look::New)
            }
        }
    }

    /// Whether what the board signed now begins with what is here, by its own proof.
    fn check_growth(&self, shown: &Checkpoint) -> Result<(), Trouble> {
        let history = self.mirror.history();
        let from = history.entries();
        let mut bytes = [0; 32];
        let after = hex::decode_to_slice(&shown.root, &mut bytes).map(|()| Digest(bytes));
        let (Some(before), Ok(after)) = (history.root(from), after) else {
            return Err(self.contradicted(Some(shown)));
        };
        if from == 0 {
            return Ok(());
        }
        let proof = self.client.consistency(from, shown.entries)?;
        if merkle::is_consistent((from, before), (shown.entries, after), &proof) {
            return Ok(());
        }
        Err(self.contradicted(Some(shown)))
    }

    /// Brings the entries up to a checkpoint, and keeps them if they are what it signs.
    fn pull(&mut self, shown: &Checkpoint) -> Result<(), Trouble> {
        let mut staged = self.mirror.stage()?;
        let (mut empty, mut last_trouble) = (0, None);
        while self.mirror.history().entries() < shown.entries {
            let before = self.mirror.history().offset();
            if let Some(mut source) = self.client.transcript(before, Duration::ZERO)? {
                loop {
                    let record = match read_record(&mut source) {
                        Ok(Some(record)) => record,
                        Ok(None) => break,
                        Err(error) if is_no_record(&error) => {
                            return Err(self.contradicted(Some(shown)));
                        }
                        // What came whole is here; the rest is asked for again.
                        Err(error) => {
                            last_trouble = Some(self.client.broken(&error));
                            break;
                        }
                    };
                    let is_entry = record.0 == RecordKind::Entry;
                    if !is_entry || self.mirror.stage_record(&mut staged, &record)? != Next::Fits {
                        return Err(self.contradicted(Some(shown)));
                    }
                    if self.mirror.history().entries() == shown.entries {
                        break;
                    }
                }
                drain(source);
            }
            if self.mirror.history().offset() > before {
                empty = 0;
                continue;
            }
            empty += 1;
            if empty == MOST_EMPTY {
                return Err(last_trouble.unwrap_or_else(|| self.contradicted(Some(shown))));
            }
            thread::sleep(LOOK);
        }
        if self.mirror.history().judged_by(shown) != Judgement::Covers {
            return Err(self.contradicted(Some(shown)));
        }
        Ok(self.mirror.keep(staged, Some(shown))?)
    }

    /// Waits until the board shows more than is here.
    fn await_more(&mut self, wait: Duration) -> Result<Look, Trouble> {
        let history = self.mirror.history();
        if history.is_closed() {
            return Ok(Look::Same);
        }
        let Some(mut source) = self.client.transcript(history.offset(), wait)? else {
            return Ok(Look::Same);
        };
        match read_record(&mut source) {
            Ok(None) => Ok(Look::Same),
            Ok(Some(record)) if record.0 == RecordKind::Entry => {
                drain(source);
                Ok(Look::Unsigned)
            }
            Ok(Some(record)) if record.0 == RecordKind::Closing => self.close(),
            Err(error) if !is_no_record(&error) => Err(self.client.broken(&error)),
            Ok(Some(_)) | Err(_) => Err(self.contradicted(self.mirror.checkpoint())),
        }
    }

    /// Keeps the outcome, since a server says that there is one. Nobody signs it, so it is derived from the entries,
    /// whatever the server says that it is.
    fn close(&mut self) -> Result<Look, Trouble> {
        let end = self.mirror.history().offset();
        let derived = if self.undecided == Some(end) { None } else { self.mirror.derived(end)? };
        let Some(record) = derived else {
            self.undecided = Some(end);
            let sentence = format!(
                "{} shows an outcome, and none follows from the {} entries that the board signed",
                self.client.address(),
                self.mirror.history().entries()
            );
            return Err(Trouble::lasting(Code::BoardAnswer, sentence));
        };
        let mut staged = self.mirror.stage()?;
        self.mirror.stage_record(&mut staged, &record)?;
        self.mirror.keep(staged, None)?;
        Ok(Look::New)
    }

    /// The board shows another history than the one that is here. What it shows is kept, and judged: unless the board's
    /// signatures say so too, somebody else may show it.
    fn contradicted(&self, shown: Option<&Checkpoint>) -> Trouble {
        let what = match shown {
            Some(shown) => Digest::of(&[&serde_json::to_vec(shown).unwrap_or_default()]),
            None => Digest::of(&[b"no checkpoint"]),
        };
        let mirror = self.mirror.folder().path();
        let kept = self.mirror.checkpoint().map_or(0, |checkpoint| checkpoint.entries);
        let draft = self.mirror.draft_shown().map_err(Trouble::from);
        let collected = draft.and_then(|draft| {
            let collected = self.collect(draft.path(), shown);
            collected.map(|()| draft)
        });
        let judged = collected.as_ref().ok().and_then(|draft| self.convicts(draft.path()));
        let proven = judged.or_else(|| self.denies(shown?));
        let evidence = collected.and_then(|draft| {
            let kept = self.mirror.keep_shown(draft, &what, proven.is_some())?;
            kept.ok_or_else(|| {
                Trouble::lasting(Code::BoardRewritten, "there are enough of them already")
            })
        });
        let help = match &evidence {
            Ok(path) => format!(
                "keep both: what the board showed before is in {}, and what it shows now in {}; talea receipt \
                 compare says what they prove",
                mirror.display(),
                path.display()
            ),
            Err(trouble) => format!(
                "keep {}, which holds what the board showed before; what it shows now could not be kept: {}",
                mirror.display(),
                trouble.failure.sentence
            ),
        };
        let is_claim = proven.is_none();
        let failure = proven.unwrap_or_else(|| {
            let address = self.client.address();
            let now = shown.map_or(0, |shown| shown.entries);
            let sentence = if now < kept {
                format!("{address} showed {kept} signed entries, and now shows {now}")
            } else {
                format!(
                    "{address} showed {kept} signed entries, and now shows {now} and does not prove that they go \
                     on from those"
                )
            };
            Failure::new(Code::BoardRewritten, sentence)
        });
        Trouble { is_claim, ..failure.with_help(help).into() }
    }

    /// How a checkpoint that the board signed contradicts what is here, all of which it signed, if it does.
    fn denies(&self, shown: &Checkpoint) -> Option<Failure> {
        // What is here may have been staged only.
        let kept = History::of(&self.mirror.folder().transcript()).ok()?;
        let is_denied = kept.has_signed(shown) && kept.judged_by(shown) == Judgement::Contradicts;
        is_denied.then(|| forked(kept.entries(), shown.entries))
    }

    /// How what the board shows now contradicts what it showed before, if its signatures say so.
    fn convicts(&self, shown: &Path) -> Option<Failure> {
        let before = Side::of_folder(self.mirror.folder().path()).ok()?;
        let checkpoints = Side::of_file(&Folder::new(shown).checkpoints());
        let board = self.mirror.history().board;
        // A transcript that is none takes nothing from the signatures.
        let after = [Side::of_folder(shown), checkpoints].into_iter().filter_map(Result::ok);
        after
            .filter_map(|after| compare(before.clone(), after, Some(board)).err())
            .find(|failure| failure.code == Code::BoardForked)
    }

    /// Keeps what the board shows now, and little more of it than is here.
    fn collect(&self, place: &Path, shown: Option<&Checkpoint>) -> Result<(), Trouble> {
        let folder = Folder::new(place);
        let copy =
            |source: &mut dyn Read, path: &Path| copy(source.take(self.mirror.most_shown()), path);
        if let Some(mut source) = self.client.transcript(0, Duration::ZERO)? {
            copy(&mut source, &folder.transcript())?;
        }
        let line = shown.map(|shown| serde_json::to_vec(shown).unwrap_or_default());
        let line = [line.unwrap_or_default(), b"\n".to_vec()].concat();
        match self.client.checkpoints()? {
            Some(source) => copy(&mut line.as_slice().chain(source), &folder.checkpoints())?,
            None => copy(&mut line.as_slice(), &folder.checkpoints())?,
        }
        Ok(())
    }
}

/// Whether bytes came, and they are no record; rather than that none came.
fn is_no_record(error: &io::Error) -> bool {
    let came = |inner: &(dyn std::error::Error + Send + Sync + 'static)| {
        !inner.is::<ureq::Error>() && !inner.is::<rustls::Error>()
    };
    error.kind() == io::ErrorKind::InvalidData && error.get_ref().is_some_and(came)
}

/// Reads what is left of an answer, if that is little: then its connection serves for the next one.
fn drain(source: impl Read) {
    // Whatever goes wrong here goes wrong again where it matters.
    let _ = io::copy(&mut source.take(MOST_DRAINED), &mut io::sink());
}

/// Copies a stranger's bytes into a file.
fn copy(mut source: impl Read, path: &Path) -> Result<(), Failure> {
    let copied = File::create(path).and_then(|mut file| {
        io::copy(&mut source, &mut file)?;
        file.sync_all()
    });
    copied.map_err(|error| Failure::unwritable(path, error))
}

/// Which auction an address means: the one that it names, or that it meant before, or that its server has.
fn the_auction(address: &Address, server: &Path) -> Result<AuctionId, Trouble> {
    if let Some(auction) = address.auction() {
        return Ok(*auction);
    }
    let path = server.join("auction");
    if !path.exists() {
        return Client::find_auction(address);
    }
    let name = files::read(&path, MAX_NAME)?;
    let name = String::from_utf8_lossy(&name);
    Ok(names::read(name.trim())?)
}

/// The beginning of a transcript, up to its first entry.
fn beginning(client: &Client) -> Result<Vec<u8>, Trouble> {
    let no_transcript = || {
        let sentence = format!("{} does not show a transcript", client.address());
        Trouble::lasting(Code::BoardAnswer, sentence)
    };
    let mut source = client.transcript(0, Duration::ZERO)?.ok_or_else(no_transcript)?;
    let mut magic = [0; MAGIC.len()];
    let read = source.read_exact(&mut magic).and_then(|()| read_record(&mut source));
    match read {
        Ok(Some((RecordKind::Genesis, body))) if magic == *MAGIC => {
            let record = RecordKind::Genesis.write(&body).ok_or_else(no_transcript)?;
            Ok([&magic[..], &record].concat())
        }
        Err(error) if !is_no_record(&error) && error.kind() != io::ErrorKind::UnexpectedEof => {
            Err(client.broken(&error))
        }
        _ => Err(no_transcript()),
    }
}

/// What the threads of a courier and its party share.
#[derive(Default)]
struct Shared {
    /// Why the board could not be asked the last time, by whichever thread.
    trouble: Mutex<BTreeMap<&'static str, Failure>>,
    /// Why the party cannot go on.
    end: Mutex<Option<Failure>>,
    is_over: AtomicBool,
}

impl Shared {
    fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        // Each change is whole before anything can panic.
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    /// Notes what a thread came to, and says when that changes.
    fn note(&self, who: &'static str, trouble: Option<Failure>) {
        let mut troubles = Self::lock(&self.trouble);
        let before = troubles.values().next().cloned();
        match trouble {
            Some(failure) => troubles.insert(who, failure),
            None => troubles.remove(who),
        };
        let after = troubles.values().next().cloned();
        drop(troubles);
        match (before, after) {
            (None, Some(failure)) => say(&format!("{failure}; trying again")),
            (Some(_), None) => say("the board answers again"),
            _ => {}
        }
    }

    fn sleep(&self, time: Duration) {
        let until = Instant::now() + time;
        while !self.is_over() && Instant::now() < until {
            thread::sleep(LOOK.min(time));
        }
    }
}

/// Whether a party stops at such a trouble: the board signed two histories, or nothing can be written. What anybody on
/// the way can bring about stops nobody.
fn ends(trouble: &Trouble) -> bool {
    let is_grave = matches!(
        trouble.failure.code,
        Code::BoardForked
            | Code::BoardRewritten
            | Code::BoardInvalid
            | Code::FileUnwritable
            | Code::FileUnreadable
    );
    is_grave && !trouble.is_claim
}

/// A courier at work. It stops when this is dropped.
pub struct Courier {
    shared: Arc<Shared>,
    folder: Folder,
}

impl Drop for Courier {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
    }
}

/// A mirror, as far as it could be brought into step.
struct Visit {
    follower: Follower,
    /// Why it could not.
    trouble: Option<Failure>,
}

/// What becomes of a command whose board is said to show another history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnClaim {
    /// It ends and reports that.
    End,
    /// It works with what it has, and asks again.
    GoOn,
}

/// Brings a mirror into step. A board that cannot be reached is left alone, if there is a mirror already.
fn visit(address: &Address, mirrors: &Path, on_claim: OnClaim) -> Result<Visit, Failure> {
    let (since, mut back_off) = (Instant::now(), BackOff::default());
    let mut opened: Option<Follower> = None;
    loop {
        let mut follower = match opened.take() {
            Some(follower) => Ok(follower),
            None => Follower::open(address, mirrors),
        };
        let looked = match &mut follower {
            Ok(follower) => in_step(follower),
            Err(trouble) => Err(trouble.clone()),
        };
        let trouble = match (looked, follower) {
            (Ok(()), Ok(follower)) => return Ok(Visit { follower, trouble: None }),
            (Err(trouble), follower) => {
                opened = follower.ok();
                trouble
            }
            // What could not be opened was not looked at.
            (Ok(()), Err(trouble)) => trouble,
        };
        let wait = back_off.next(trouble.rest);
        let longest = if trouble.rest.is_some() { FIRST_TRY_WITH_REST } else { FIRST_TRY };
        if trouble.passes && since.elapsed() + wait < longest {
            thread::sleep(wait);
            continue;
        }
        return match opened {
            Some(follower) if trouble.passes || (trouble.is_claim && on_claim == OnClaim::GoOn) => {
                let trouble = Some(trouble.failure);
                Ok(Visit { follower, trouble })
            }
            _ => Err(trouble.failure),
        };
    }
}

fn visit_aloud(address: &Address, mirrors: &Path, on_claim: OnClaim) -> Result<Visit, Failure> {
    say_if_slow(&format!("asking {address}"), || visit(address, mirrors, on_claim))
}

fn in_step(follower: &mut Follower) -> Result<(), Trouble> {
    let mut unsigned_since = None;
    loop {
        match follower.look(Duration::ZERO)? {
            Look::Same => break,
            Look::New => unsigned_since = None,
            // What the board does not sign now it may never sign.
            Look::Unsigned
                if unsigned_since.get_or_insert_with(Instant::now).elapsed() > SIGNING =>
            {
                break;
            }
            Look::Unsigned => thread::sleep(UNSIGNED),
        }
    }
    follower.mirror.note_in_step(clock::now());
    Ok(())
}

/// Brings a mirror into step once; its folder. If the board cannot be reached, says since when the mirror stands still.
///
/// # Errors
/// `board.unreachable` if there is no mirror yet, and whatever else is wrong with the board.
pub fn visited(address: &Address, mirrors: &Path) -> Result<Folder, Failure> {
    let Visit { follower, trouble } = visit_aloud(address, mirrors, OnClaim::End)?;
    if let Some(trouble) = trouble {
        say_standing_still(&follower.mirror, &trouble);
    }
    Ok(follower.mirror.folder().clone())
}

fn say_standing_still(mirror: &Mirror, trouble: &Failure) {
    let history = mirror.history();
    let since = mirror.in_step().and_then(rfc3339);
    let since = since.map_or("at an unknown time".into(), |time| format!("at {time}"));
    say(&format!(
        "{trouble}; using the mirror in {}, which has {} entries and was in step {since}",
        mirror.folder().path().display(),
        history.entries()
    ));
}

impl Courier {
    /// Brings a mirror into step, and keeps it so from now on. Another history that nothing proves is said, and waited
    /// out, as a board that cannot be reached.
    ///
    /// # Errors
    /// As [`visited`].
    pub fn start(address: &Address, mirrors: &Path) -> Result<Self, Failure> {
        let visit = visit_aloud(address, mirrors, OnClaim::GoOn)?;
        let Visit { mut follower, trouble } = visit;
        let folder = follower.mirror.folder().clone();
        let shared = Arc::new(Shared::default());
        let is_reached = trouble.is_none();
        if let Some(trouble) = trouble {
            say_standing_still(&follower.mirror, &trouble);
            Shared::lock(&shared.trouble).insert(FOLLOWING, trouble);
        }
        let mut poster = Poster {
            client: follower.client.clone(),
            folder: folder.clone(),
            next: BTreeMap::new(),
            refused: BTreeMap::new(),
            replica: None,
            entries: Entries::default(),
        };
        // What waits since a command before this one goes first.
        if is_reached && !poster.waiting().is_empty() {
            let posted = poster.turn();
            let seen = posted.and_then(|()| in_step(&mut follower));
            match seen {
                Ok(()) => poster.settle()?,
                Err(trouble) => shared.note(POSTING, Some(trouble.failure)),
            }
        }
        let follows = shared.clone();
        thread::spawn(move || follow(follower, &follows));
        let posts = shared.clone();
        thread::spawn(move || poster.run(&posts));
        Ok(Self { shared, folder })
    }

    /// The mirror's folder.
    #[must_use]
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Whether a party can go on with what the mirror holds.
    ///
    /// # Errors
    /// `board.forked` if the board signed another history, `board.rewritten` if somebody changed the mirror,
    /// `file.unwritable`.
    pub fn check(&self) -> Result<(), Failure> {
        Shared::lock(&self.shared.end).clone().map_or(Ok(()), Err)
    }

    /// Why the board cannot be reached now, if it cannot.
    #[must_use]
    pub fn trouble(&self) -> Option<Failure> {
        Shared::lock(&self.shared.trouble).values().next().cloned()
    }
}

const FOLLOWING: &str = "following";
const POSTING: &str = "posting";

/// Keeps a mirror in step until the auction is over.
fn follow(mut follower: Follower, shared: &Shared) {
    let mut back_off = BackOff::default();
    while !shared.is_over() {
        let asked = Instant::now();
        match follower.look(LONG_POLL) {
            Ok(look) => {
                shared.note(FOLLOWING, None);
                back_off = BackOff::default();
                follower.mirror.note_in_step(clock::now());
                match look {
                    Look::New => {}
                    Look::Unsigned => shared.sleep(UNSIGNED),
                    // Nothing follows an outcome.
                    Look::Same if follower.mirror.history().is_closed() => return,
                    // A server may not know how to wait.
                    Look::Same if asked.elapsed() < IDLE => shared.sleep(IDLE),
                    Look::Same => {}
                }
            }
            Err(trouble) if ends(&trouble) => {
                *Shared::lock(&shared.end) = Some(trouble.failure);
                return;
            }
            Err(trouble) => {
                let wait = back_off.next(trouble.rest);
                shared.note(FOLLOWING, Some(trouble.failure));
                shared.sleep(wait);
            }
        }
    }
}

/// Hands in what waits in the inbox of a mirror.
struct Poster {
    client: Client,
    folder: Folder,
    /// When each of those is to be handed in again that waits.
    next: BTreeMap<Digest, Instant>,
    /// What the board has refused, as it says; and how long the transcript was when the rules were asked.
    refused: BTreeMap<Digest, u64>,
    /// What the rules are asked of, as long as something is refused.
    replica: Option<Replica>,
    entries: Entries,
}

/// The entries of a mirror by the hash of the signed bytes. They are read when something waits.
#[derive(Default)]
struct Entries {
    offset: u64,
    ids: BTreeSet<Digest>,
}

impl Entries {
    /// Reads what the mirror got since.
    fn advance(&mut self, transcript: &Path) -> io::Result<()> {
        let mut file = BufReader::new(File::open(transcript)?);
        self.offset = self.offset.max(MAGIC.len() as u64);
        file.seek(SeekFrom::Start(self.offset))?;
        while let Some((kind, body)) = read_record(&mut file)? {
            self.offset += (RECORD_HEADER_BYTES + body.len()) as u64;
            let entry = borsh::from_slice::<Entry>(&body).ok();
            let entry = entry.filter(|_| kind == RecordKind::Entry);
            self.ids.extend(entry.map(|entry| Digest::of(&[&entry.instruction])));
        }
        Ok(())
    }
}

/// What a board says of something that was handed in. Only the mirror shows whether that is so.
enum Said {
    Accepted,
    Refused,
    Nothing,
}

impl Poster {
    fn run(mut self, shared: &Shared) {
        let mut back_off = BackOff::default();
        while !shared.is_over() {
            match self.turn() {
                Ok(()) => {
                    back_off = BackOff::default();
                    shared.note(POSTING, None);
                    shared.sleep(LOOK);
                }
                Err(trouble) => {
                    let wait = back_off.next(trouble.rest);
                    shared.note(POSTING, Some(trouble.failure));
                    shared.sleep(wait);
                }
            }
        }
    }

    /// Hands in everything that waits, some of it at a time.
    fn turn(&mut self) -> Result<(), Trouble> {
        self.settle()?;
        let now = Instant::now();
        self.next.retain(|_, next| *next > now);
        for some in self.waiting().chunks(AT_A_TIME) {
            let this = &*self;
            let results: Vec<_> = thread::scope(|scope| {
                let posts: Vec<_> =
                    some.iter().map(|path| scope.spawn(move || this.hand_in(path))).collect();
                posts.into_iter().filter_map(|post| post.join().ok()).collect()
            });
            for result in results {
                let Some((id, said)) = result? else { continue };
                let again = if matches!(said, Said::Nothing) { JUDGING } else { UNSHOWN };
                self.next.insert(id, now + again);
                match said {
                    Said::Refused => {
                        self.refused.entry(id).or_default();
                    }
                    Said::Accepted | Said::Nothing => {
                        self.refused.remove(&id);
                    }
                }
            }
        }
        Ok(())
    }

    /// Removes what is in the mirror, and what the rules refuse by the mirror. What the board says of it proves
    /// nothing: anybody may have answered.
    fn settle(&mut self) -> Result<(), Failure> {
        let waiting = self.waiting();
        if waiting.is_empty() {
            self.refused.clear();
            self.replica = None;
            return Ok(());
        }
        let transcript = self.folder.transcript();
        let advanced = self.entries.advance(&transcript);
        advanced.map_err(|error| Failure::unreadable(&transcript, error))?;
        for path in waiting {
            let Ok(bytes) = files::read(&path, MAX_INSTRUCTION_BYTES as u64) else { continue };
            let id = Digest::of(&[&bytes]);
            if self.entries.ids.contains(&id) || self.is_against_rules(&id, &bytes)? {
                // What cannot be removed is handed in again, which changes nothing.
                let _ = fs::remove_file(&path);
                self.refused.remove(&id);
            }
        }
        Ok(())
    }

    /// Whether the rules refuse what the board says that they refuse. They are asked once for each state.
    fn is_against_rules(&mut self, id: &Digest, bytes: &[u8]) -> Result<bool, Failure> {
        let length = self.entries.offset;
        let Some(asked) = self.refused.get_mut(id).filter(|asked| **asked < length) else {
            return Ok(false);
        };
        let replica = match &mut self.replica {
            Some(replica) => replica,
            none => none.insert(Replica::open(&self.folder.transcript())?),
        };
        replica.advance()?;
        *asked = length;
        let auction = replica.auction();
        Ok(auction.clone().apply(auction.slot(), bytes).is_err())
    }

    /// Hands in one file; its hash, and what the board says of it.
    fn hand_in(&self, path: &Path) -> Result<Option<(Digest, Said)>, Trouble> {
        // Whoever took it away meanwhile does not want it handed in.
        let Ok(bytes) = files::read(path, MAX_INSTRUCTION_BYTES as u64) else {
            return Ok(None);
        };
        let id = Digest::of(&[&bytes]);
        if self.next.contains_key(&id) {
            return Ok(None);
        }
        let answer = match self.client.post(&bytes)? {
            Posted::Waiting => return Ok(Some((id, Said::Nothing))),
            Posted::Accepted { entry, slot } => Answer::Accepted { entry, slot },
            Posted::Refused { check, sentence } => Answer::Refused { check, sentence },
        };
        // Answers are a convenience: whoever misses one hands in again.
        let written = serde_json::to_vec(&answer).unwrap_or_default();
        let place = self.folder.answers().join(hex::encode(id.0));
        let _ = files::write(&place, &written, Readers::Usual);
        let said = match answer {
            Answer::Accepted { .. } => Said::Accepted,
            Answer::Refused { .. } => Said::Refused,
        };
        Ok(Some((id, said)))
    }

    /// What lies in the inbox, the oldest first.
    fn waiting(&self) -> Vec<PathBuf> {
        let names = fs::read_dir(self.folder.inbox()).into_iter().flatten().flatten();
        let mut files: Vec<_> = names
            .filter(|item| !item.file_name().to_string_lossy().starts_with('.'))
            .filter_map(|item| Some((item.metadata().ok()?.modified().ok()?, item.path())))
            .take(MOST_WAITING)
            .collect();
        files.sort();
        files.into_iter().map(|(_, path)| path).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_longer_up_to_a_bound_and_no_two_are_alike() {
        let mut back_off = BackOff::default();
        let waits: Vec<Duration> = (0..20).map(|_| back_off.next(None)).collect();
        assert!(waits[0] >= BackOff::FIRST / 2 && waits[0] < BackOff::FIRST);
        assert!(waits.iter().all(|wait| *wait <= BackOff::LONGEST));
        assert!(waits[12..].iter().all(|wait| *wait >= BackOff::LONGEST / 2));
        let different: std::collections::BTreeSet<&Duration> = waits[12..].iter().collect();
        assert!(different.len() > 1, "parties come back at different times: {waits:?}");
    }

    #[test]
    fn a_server_that_asks_for_a_rest_has_it() {
        let rest = Duration::from_secs(7);
        let mut back_off = BackOff::default();
        for _ in 0..3 {
            let wait = back_off.next(Some(rest));
            assert!(wait >= rest && wait < rest + BackOff::LONGEST, "{wait:?}");
        }
    }
}
