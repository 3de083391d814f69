//! Boards that lie, clocks that jump and files that cannot be written, each against real processes:
//! what happens, and which command convicts whom.
//!
//! The dishonest board is this file: it holds the pen of the transcript and the board's key.

use crate::common::{LIMIT, Running, SMALL, Shape, Workspace, ends, find, whole_records};
use std::{
    collections::BTreeSet,
    fs,
    ops::Deref,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};
use talea_cli::{
    board::{
        answers::Answers,
        checkpoint,
        folder::{Answer, Folder},
        log::Log,
        queue::Priority,
        serve,
        shared::Shared,
    },
    keys::{Keys, PassphraseSource},
    party::journal::Journal,
    replica::{self, Replica},
};
use talea_contract::{Auction, Phase};
use talea_parties::identity::Identity;
use talea_protocol::{
    bytes::{Digest, List, PartyKey},
    instruction::{Instruction, SignedInstruction},
    outcome::{Account, Ending},
    transcript::{Closing, Entry, Genesis, MAGIC, RecordKind, genesis_head, next_head},
};

const POLL: Duration = Duration::from_millis(20);
/// Slots of 100 ms in an hour, and milliseconds.
const HOUR: u64 = 36_000;
const HOUR_MS: i64 = 3_600_000;
/// How wrong clocks are here, if nothing else is said: a minute into the hour of commits.
const AT_COMMITS: i64 = 2 * HOUR_MS + 60_000;
/// The entries before the commits: two deals, and two ticks.
const CEREMONY: u64 = 4;
/// The first entry after them.
const FIRST: u64 = CEREMONY + 1;

// ---- the dishonest board ----

/// Whoever holds the transcript and the board's key.
struct Pen {
    folder: Folder,
    log: Log,
    identity: Identity,
    /// Whose commits it drops, and whose reveals, whoever carries them.
    ignored: Option<PartyKey>,
}

impl Pen {
    fn open(workspace: &Workspace, name: &str) -> Self {
        let passphrase = PassphraseSource { file: Some(workspace.path("passphrase")) };
        let keys = Keys::open(&workspace.path("board.key"), &passphrase).unwrap();
        let folder = Folder::new(workspace.path(name));
        let identity = keys.identity();
        Self { log: Log::open(&folder).unwrap(), folder, identity, ignored: None }
    }

    fn replica(&self) -> &Replica {
        self.log.replica()
    }

    fn auction(&self) -> &Auction {
        self.replica().auction()
    }

    fn entries(&self) -> u64 {
        self.replica().lines().len() as u64
    }

    /// Appends what the rules allow; otherwise the check by which they refuse.
    fn order(&mut self, instruction: &[u8]) -> Result<u64, &'static str> {
        let slot = self.auction().slot();
        let refused = |refusal: talea_contract::Refusal| refusal.check.number();
        self.log.append(slot, instruction).unwrap().map_err(refused)?;
        Ok(self.entries())
    }

    /// Takes everything that waits out of the inbox, and answers nobody.
    fn seize(&self) -> Vec<Vec<u8>> {
        let take = |path: PathBuf| {
            let bytes = fs::read(&path).unwrap();
            fs::remove_file(path).unwrap();
            bytes
        };
        self.waiting().into_iter().map(take).collect()
    }

    fn ignores(&self, bytes: &[u8]) -> bool {
        let signed: SignedInstruction = borsh::from_slice(bytes).unwrap();
        match borsh::from_slice(&signed.payload).unwrap() {
            Instruction::Commit(_) => Some(signed.signer) == self.ignored,
            Instruction::Reveal(reveals) => {
                reveals.iter().any(|reveal| Some(reveal.bid.bidder) == self.ignored)
            }
            _ => false,
        }
    }

    /// Does what an honest board does with all that waits, but for what it ignores.
    fn serve(&mut self) {
        let before = self.entries();
        for path in self.waiting() {
            let bytes = fs::read(&path).unwrap();
            if self.ignores(&bytes) {
                fs::remove_file(&path).unwrap();
                continue;
            }
            let answer = match self.order(&bytes) {
                Ok(entry) => Answer::Accepted { entry, slot: self.auction().slot() },
                Err(check) => {
                    Answer::Refused { check: check.into(), sentence: "so it says".into() }
                }
            };
            fs::remove_file(&path).unwrap();
            self.answer(&Digest::of(&[&bytes]), &answer);
        }
        if self.entries() > before {
            self.sign();
        }
    }

    /// Answers, whatever the truth.
    fn answer(&self, id: &Digest, answer: &Answer) {
        let out = Shared::open(&self.folder.answers()).unwrap();
        assert!(Answers::default().give(&out, id, answer, Priority::Part));
    }

    /// What waits, by name.
    fn waiting(&self) -> Vec<PathBuf> {
        let names = fs::read_dir(self.folder.inbox()).unwrap().map(|item| item.unwrap().path());
        let mut names: Vec<PathBuf> = names.collect();
        names.retain(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.'));
        names.sort();
        names
    }

    fn serve_until(&mut self, done: impl Fn(&Self) -> bool) {
        let since = Instant::now();
        while !done(self) {
            assert!(since.elapsed() < LIMIT, "it came to a stand");
            self.serve();
            std::thread::sleep(POLL);
        }
    }

    /// Serves until a process has ended.
    fn serve_to_the_end_of(&mut self, mut child: Running) -> Output {
        while child.0.as_mut().unwrap().try_wait().unwrap().is_none() {
            self.serve();
            std::thread::sleep(POLL);
        }
        child.output()
    }

    /// Lets the current phase end.
    fn pass(&mut self) {
        let slot = self.auction().deadline().unwrap() + 1;
        let tick = self.identity.sign(&self.auction().id(), &Instruction::Tick).unwrap();
        self.log.append(slot, &tick).unwrap().unwrap();
    }

    /// Signs how far the transcript has come.
    fn sign(&self) {
        let checkpoint = checkpoint::sign(&self.identity, self.replica(), self.auction().slot());
        let path = self.folder.checkpoints();
        let before = fs::read_to_string(&path).unwrap_or_default();
        let line = serde_json::to_string(&checkpoint).unwrap();
        fs::write(path, format!("{before}{line}\n")).unwrap();
    }
}

/// A transcript, taken apart.
struct History {
    genesis: Genesis,
    entries: Vec<Entry>,
    closing: Option<Closing>,
}

impl History {
    fn read(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap();
        let mut rest = bytes.strip_prefix(&MAGIC[..]).unwrap();
        let (_, genesis) = replica::read_record(&mut rest).unwrap().unwrap();
        let genesis = borsh::from_slice(&genesis).unwrap();
        let mut history = Self { genesis, entries: Vec::new(), closing: None };
        while let Some((kind, body)) = replica::read_record(&mut rest).unwrap() {
            match kind {
                RecordKind::Genesis => panic!("two of them"),
                RecordKind::Entry => history.entries.push(borsh::from_slice(&body).unwrap()),
                RecordKind::Closing => history.closing = Some(borsh::from_slice(&body).unwrap()),
            }
        }
        history
    }

    /// Computes every head anew, as a board that rewrites would.
    fn chain(mut self) -> Self {
        let Genesis { slot, terms, signature } = &self.genesis;
        let auction = Auction::open(*slot, terms, signature).unwrap();
        let mut head = genesis_head(&auction.id(), *slot, signature);
        for entry in &mut self.entries {
            head = next_head(&head, entry.slot, &entry.instruction);
            entry.head = head;
        }
        self.closing.iter_mut().for_each(|closing| closing.head = head);
        self
    }

    fn write(&self, path: &Path) {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(replica::record(RecordKind::Genesis, &self.genesis).unwrap());
        for entry in &self.entries {
            bytes.extend(replica::record(RecordKind::Entry, entry).unwrap());
        }
        if let Some(closing) = &self.closing {
            bytes.extend(replica::record(RecordKind::Closing, closing).unwrap());
        }
        fs::write(path, bytes).unwrap();
    }

    /// An entry by its number, from 1.
    fn entry(&self, entry: u64) -> &Entry {
        &self.entries[usize::try_from(entry).unwrap() - 1]
    }

    fn change_instruction(&mut self, entry: u64, change: impl FnOnce(&mut Vec<u8>)) {
        let entry = &mut self.entries[usize::try_from(entry).unwrap() - 1];
        let mut bytes = std::mem::take(&mut entry.instruction).into_inner();
        change(&mut bytes);
        entry.instruction = List::new(bytes).unwrap();
    }
}

/// The hash of the outcome that a transcript records.
fn hash_of(history: &History) -> String {
    let outcome = &history.closing.as_ref().unwrap().outcome;
    Digest::of(&[&borsh::to_vec(outcome).unwrap()]).to_string()
}

// ---- processes ----

/// A workspace at some point of one auction, copied.
struct Scene(Workspace);

impl Deref for Scene {
    type Target = Workspace;
    fn deref(&self) -> &Workspace {
        &self.0
    }
}

impl Scene {
    fn board(&self) -> Running {
        self.start_aloud(&BOARD)
    }

    fn keyholders(&self) -> [Running; 2] {
        ["keyholder0.key", "keyholder1.key"]
            .map(|key| self.start_aloud(&["keyholder", "run", "board", "--key", key]))
    }

    /// The ceremony of two keyholders, to its end.
    fn make_keys(&self, pen: &mut Pen) {
        let dealing = self.keyholders();
        pen.serve_until(|pen| pen.entries() == 2);
        drop(dealing);
        pen.pass();
        pen.pass();
    }

    fn await_word(&self, word: &str) {
        let since = Instant::now();
        while !self.log().contains(word) {
            assert!(since.elapsed() < LIMIT, "{word:?} is missing in {}", self.log());
            std::thread::sleep(POLL);
        }
    }

    #[cfg(unix)]
    fn set_mode(&self, name: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// How long the keyholders' journals are.
    fn journals(&self) -> [u64; 2] {
        [0, 1].map(|n| {
            let state = self.path(&format!("keyholder{n}.key.state"));
            fs::metadata(&find(&state, "journal")[0]).unwrap().len()
        })
    }

    /// Serves until both keyholders have noted something more in their journals.
    fn await_witnesses(&self, pen: &mut Pen, before: [u64; 2]) {
        pen.serve_until(|_| self.journals().iter().zip(before).all(|(now, before)| *now > before));
    }

    fn replica(&self, board: &str) -> Replica {
        Replica::of(&Folder::new(self.path(board))).unwrap()
    }

    /// Of `talea verify`: its exit status, and the check that failed.
    fn verdict(&self, board: &str) -> (Option<i32>, Option<String>) {
        let output = self.run(&["verify", board, "--json"]);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), report["failure"]["check"].as_str().map(String::from))
    }

    /// Copies the board's folder.
    fn copy_board(&self, to: &str) {
        copy(&self.path("board"), &self.path(to));
    }

    fn receipt(&self, board: &str, entry: u64, out: &str) {
        self.done(&["receipt", "new", board, &entry.to_string(), "--out", out]);
    }
}

const BOARD: [&str; 5] = ["board", "run", "board", "--key", "board.key"];
const BID_0: [&str; 6] = ["bid", "board", "--key", "bidder0.key", "--yes", "B0=90.50"];
const BID_1: [&str; 6] = ["bid", "board", "--key", "bidder1.key", "--yes", "B0=91.50"];

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let to = to.join(item.file_name());
        if item.path().is_dir() { copy(&item.path(), &to) } else { drop(fs::copy(item.path(), to)) }
    }
}

// ---- one auction, of which every test runs a part ----

/// The files of a workspace, by path.
type Files = Vec<(PathBuf, Option<Vec<u8>>)>;

struct Auctions {
    /// Commits are due; nobody has bid.
    commits: Files,
    /// Both have bid; commits are still due.
    bids: Files,
    /// It is over.
    closed: Files,
}

fn files(workspace: &Workspace) -> Files {
    fn walk(root: &Path, folder: &Path, found: &mut Files) {
        for item in fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_owned();
            if path.is_dir() {
                found.push((name, None));
                walk(root, &path, found);
            } else {
                found.push((name, Some(fs::read(&path).unwrap())));
            }
        }
    }
    let mut found = Vec::new();
    walk(workspace.folder.path(), workspace.folder.path(), &mut found);
    found
}

fn scene(files: &Files) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        match bytes {
            None => fs::create_dir(&path).unwrap(),
            Some(bytes) => {
                use talea_cli::files::{Readers, write};
                write(&path, bytes, Readers::Owner).unwrap();
            }
        }
    }
    let Shape { bidders, keyholders, lots, .. } = SMALL;
    Scene(Workspace { folder, bidders, keyholders, lots })
}

fn auctions() -> &'static Auctions {
    static AUCTIONS: OnceLock<Auctions> = OnceLock::new();
    AUCTIONS.get_or_init(|| {
        let scene = Scene(Workspace::open(&Shape { patience: HOUR, ..SMALL }));
        scene.set_clock(AT_COMMITS);
        let mut pen = Pen::open(&scene, "board");
        scene.make_keys(&mut pen);
        assert_eq!((pen.auction().phase(), pen.entries()), (Phase::Commits, CEREMONY));
        pen.sign();
        let commits = files(&scene);
        for bid in [BID_0, BID_1] {
            ends(&pen.serve_to_the_end_of(scene.start(&bid)), 0, &[]);
        }
        let bids = files(&scene);
        pen.pass();
        for key in ["bidder0.key", "bidder1.key"] {
            let reveal = scene.start(&["reveal", "board", "--key", key]);
            ends(&pen.serve_to_the_end_of(reveal), 0, &[]);
        }
        let ranking = scene.keyholders();
        pen.serve_until(|pen| pen.replica().is_closed());
        for keyholder in ranking {
            assert!(keyholder.output().status.success(), "{}", scene.log());
        }
        scene.check();
        Auctions { commits, bids, closed: files(&scene) }
    })
}

// ---- drop ----

#[test]
fn a_commit_that_the_board_drops_is_handed_in_again_as_it_was() {
    let scene = scene(&auctions().commits);
    let mut pen = Pen::open(&scene, "board");
    let mut dropped = BTreeSet::new();
    let mut attempt = |answer: Option<Answer>, patience: &str| {
        let mut bid = scene.start(&[&BID_0[..], &["--patience", patience]].concat());
        while bid.0.as_mut().unwrap().try_wait().unwrap().is_none() {
            for bytes in pen.seize() {
                if let Some(answer) = &answer {
                    pen.answer(&Digest::of(&[&bytes]), answer);
                }
                dropped.insert(bytes);
            }
            std::thread::sleep(POLL);
        }
        bid.output()
    };
    let silent = ["error[board.silent]", "did not take the instruction", "the same bytes"];
    ends(&attempt(None, "1"), 3, &silent);
    // A word of acceptance is none; the transcript counts. And it is the rules that refuse.
    ends(&attempt(Some(Answer::Accepted { entry: FIRST, slot: 1 }), "1"), 3, &silent);
    let lie = Answer::Refused { check: "C6".into(), sentence: "no level".into() };
    let denied = ["error[board.silent]", "(C6: no level)", "the rules allow it", "the same bytes"];
    ends(&attempt(Some(lie), "2"), 3, &denied);
    assert_eq!(dropped.len(), 1, "it made one commit");
    let other = ["bid", "board", "--key", "bidder0.key", "--yes", "B0=91.00"];
    scene.fails(&other, 6, "refused");

    // Without it the auction goes on, and nothing in the transcript tells.
    ends(&pen.serve_to_the_end_of(scene.start(&BID_1)), 0, &[]);
    assert_eq!(scene.verdict("board"), (Some(3), None));
    drop(pen);
    let board = scene.board();
    let done = scene.done(&BID_0);
    assert!(done.contains(&format!("entry {}", FIRST + 1)), "{done}");
    drop(board);
    let history = History::read(&scene.path("board/transcript.talea"));
    assert_eq!(dropped.first().map(|b| &b[..]), history.entries.last().map(|e| &e.instruction[..]));
    assert_eq!(find(&scene.path("bidder0.key.state"), "bid-0-0.age").len(), 1);
}

/// A board that ignores one bidder's reveal in round 0, and in round 1 another one's commit, whoever hands
/// them in. The first is out and gets its deposit back; the bid of the second stands, and it goes on
/// from there. A third, who was silent, pays.
#[test]
fn who_is_ignored_and_has_keyholders_for_witnesses_loses_nothing() {
    let more = "[disclosure]\ndepth_from = 1\n[stakes]\ndeposit = 6\n\
                [rounds]\nlimit = 3\ncommits = \"1h\"\nreveals = \"1h\"\n";
    let scene = Scene(Workspace::open(&Shape { bidders: 4, patience: HOUR, more, ..SMALL }));
    scene.set_clock(AT_COMMITS);
    fs::create_dir(scene.path("reveals")).unwrap();
    let mut pen = Pen::open(&scene, "board");
    let keyholders = || {
        ["keyholder0.key", "keyholder1.key"].map(|key| {
            scene.start_aloud(&["keyholder", "run", "board", "--key", key, "--reveals", "reveals"])
        })
    };
    let running = keyholders();
    pen.serve_until(|pen| pen.entries() == 2);
    pen.pass();
    pen.pass();
    let done = |pen: &mut Pen, arguments: &[&str]| {
        ends(&pen.serve_to_the_end_of(scene.start(arguments)), 0, &[]);
    };
    let party = |pen: &mut Pen, what: &str, who: usize, more: &[&str]| {
        let key = format!("bidder{who}.key");
        let command = [&[what, "board", "--key", &key], more].concat();
        let said: &[&str] = match what {
            "improve" | "stand" => &["reveals are due from", "does not count"],
            _ => &[],
        };
        ends(&pen.serve_to_the_end_of(scene.start(&command)), 0, said);
    };
    let name = |who: usize| scene.name(&format!("bidder{who}"), "party");
    let key = |who: usize| talea_cli::names::read_party(&name(who)).unwrap();
    let prices = ["B0=90.50", "B0=95.50", "B0=95.00", "B0=91.00"];
    for (who, price) in prices.into_iter().enumerate() {
        let (name, amount) = (name(who), "6");
        let fund = ["fund", "board", "--key", "custodian.key", "--for", &name, "--amount", amount];
        done(&mut pen, &fund);
        party(&mut pen, "bid", who, &["--yes", price]);
    }

    // The reveal of bidder 2 reaches nobody but the keyholders.
    pen.pass();
    pen.ignored = Some(key(2));
    let before = scene.journals();
    party(&mut pen, "reveal", 2, &["--to", "reveals/2"]);
    for who in [0, 1, 3] {
        party(&mut pen, "reveal", who, &[]);
    }
    scene.await_witnesses(&mut pen, before);
    pen.pass();
    pen.serve_until(|pen| pen.auction().phase() == Phase::Commits);
    assert_eq!(pen.auction().round(), 1);

    // The commit of bidder 1, who leads, reaches nobody but the keyholders; bidder 3 is silent.
    pen.ignored = Some(key(1));
    let improve =
        ["improve", "board", "--key", "bidder1.key", "--yes", "--patience", "1", "B0=96.00"];
    ends(&pen.serve_to_the_end_of(scene.start(&improve)), 3, &["error[board.silent]"]);
    let before = scene.journals();
    party(&mut pen, "reveal", 1, &["--to", "reveals/1"]);
    scene.await_witnesses(&mut pen, before);
    party(&mut pen, "improve", 0, &["--yes", "B0=93.00"]);
    // Witnesses may be restarted.
    drop(running);
    let running = keyholders();
    pen.pass();
    party(&mut pen, "reveal", 0, &[]);
    pen.serve_until(|pen| pen.auction().phase() == Phase::Commits);
    assert_eq!(pen.auction().round(), 2);

    // In the last round it improves what stands, which is its bid of round 0.
    pen.ignored = None;
    party(&mut pen, "improve", 1, &["--yes", "B0=97.00"]);
    party(&mut pen, "stand", 0, &["--yes"]);
    party(&mut pen, "stand", 3, &["--yes"]);
    pen.pass();
    for who in [0, 1, 3] {
        party(&mut pen, "reveal", who, &[]);
    }
    pen.serve_until(|pen| pen.replica().is_closed());
    for keyholder in running {
        assert!(keyholder.output().status.success(), "{}", scene.log());
    }
    assert_eq!(scene.verdict("board"), (Some(0), None));
    let outcome = pen.auction().outcome().unwrap();
    let Ending::Sold(award) = &outcome.lots[0].ending else { panic!("{outcome:?}") };
    assert_eq!((award.sales[0].winner, award.quote.price.0), (key(1), 9_700));
    let money = |who: usize| {
        let of = |account: &&Account| account.party == key(who);
        let account = outcome.accounts.iter().find(of).unwrap();
        (account.available, account.settlement, account.forfeited)
    };
    // What is forfeited goes to the beneficiary of the terms.
    assert_eq!(money(0), (6, 0, 0));
    assert_eq!(money(1), (0, 6, 0), "its commit was witnessed");
    assert_eq!(money(2), (6, 0, 0), "its reveal was witnessed");
    assert_eq!(money(3), (0, 0, 6), "nobody heard of it");
}

/// A seller in league with the board commits a reserve on a lot without bids, and reveals it to keyholders
/// alone. The lot has ended when they endorse, and they endorse all the same.
#[test]
fn a_reserve_of_a_lot_without_bids_that_a_board_ignores_spoils_no_endorsement() {
    let more = "[reserve]\nreserves = \"1h\"\n[stakes]\ndeposit = 6\nbond = 10\n";
    let scene = Scene(Workspace::open(&Shape { lots: 2, patience: HOUR, more, ..SMALL }));
    scene.set_clock(AT_COMMITS);
    fs::create_dir(scene.path("reveals")).unwrap();
    let mut pen = Pen::open(&scene, "board");
    let done = |pen: &mut Pen, arguments: &[&str]| {
        ends(&pen.serve_to_the_end_of(scene.start(arguments)), 0, &[]);
    };
    for who in ["bidder0", "bidder1", "seller", "keyholder0", "keyholder1"] {
        let name = scene.name(who, "party");
        let fund = ["fund", "board", "--key", "custodian.key", "--for", &name, "--amount", "20"];
        done(&mut pen, &fund);
    }
    let funded = pen.entries();
    let running = ["keyholder0.key", "keyholder1.key"].map(|key| {
        scene.start_aloud(&["keyholder", "run", "board", "--key", key, "--reveals", "reveals"])
    });
    pen.serve_until(|pen| pen.entries() == funded + 2);
    pen.pass();
    pen.pass();
    done(&mut pen, &["reserve", "board", "--key", "seller.key", "--yes", "B1=91.00"]);
    pen.pass();
    for bid in [BID_0, BID_1] {
        done(&mut pen, &bid);
    }
    pen.pass();
    assert_eq!(pen.auction().phase(), Phase::Reveals);
    pen.ignored = Some(talea_cli::names::read_party(&scene.name("seller", "party")).unwrap());
    let before = scene.journals();
    done(&mut pen, &["reveal", "board", "--key", "seller.key", "--to", "reveals/reserve"]);
    scene.await_witnesses(&mut pen, before);
    for who in ["bidder0.key", "bidder1.key"] {
        done(&mut pen, &["reveal", "board", "--key", who]);
    }
    pen.pass();
    assert_eq!(pen.auction().phase(), Phase::Endorsing);
    pen.serve_until(|pen| pen.replica().is_closed());
    for keyholder in running {
        assert!(keyholder.output().status.success(), "{}", scene.log());
    }
    let outcome = pen.auction().outcome().unwrap();
    assert!(matches!(outcome.lots[0].ending, Ending::Sold(_)), "{:?}", outcome.lots[0].ending);
    assert_eq!(outcome.lots[1].ending, Ending::Unsold);
    assert_eq!(scene.verdict("board"), (Some(0), None));
}

#[test]
fn an_entry_taken_back_after_its_receipt_convicts_the_board() {
    let scene = scene(&auctions().bids);
    let (own, check) = (FIRST, ["receipt", "check", "receipt"]);
    scene.receipt("board", own, "receipt");
    scene.copy_board("honest");
    let at_board = [&check[..], &["--board", "board"]].concat();
    scene.done(&at_board);

    // The bidder kept its own, unasked.
    let own_receipt = find(&scene.path("bidder0.key.state"), &format!("receipt-{own}.json"));
    assert_eq!(fs::read(&own_receipt[0]).unwrap(), fs::read(scene.path("receipt")).unwrap());
    let notices = |code: &str| {
        for command in ["reveal", "result"] {
            let output = scene.run(&[command, "board", "--key", "bidder0.key"]);
            ends(&output, 1, &[&format!("error[{code}]"), "bidder0.key.state", "receipt-5.json"]);
        }
    };

    // The board takes both back, and tells nobody what it had signed.
    let path = scene.path("board/transcript.talea");
    let history = History::read(&path);
    let [one, two] = [own, own + 1].map(|entry| history.entry(entry).instruction.to_vec());
    let shorter = History { entries: history.entries[..own as usize - 1].to_vec(), ..history };
    shorter.write(&path);
    scene.fails(&["verify", "board"], 1, "board.rewritten");
    // So does its report, and the folder is reported all the same.
    scene.fails(&["report", "board", "--out", "report.json"], 1, "board.rewritten");
    let report = fs::read(scene.path("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    let (verdict, code) = (&report["verdict"], &report["board_failure"]["code"]);
    assert_eq!((verdict, code), (&"undecided".into(), &"board.rewritten".into()), "{report}");
    scene.fails(&["report", "board", "--out", "report.html"], 1, "board.rewritten");
    let page = fs::read_to_string(scene.path("report.html")).unwrap();
    assert!(page.contains("The folder is not what its board signed"), "{page}");
    scene.fails(&["receipt", "new", "board", &own.to_string()], 1, "board.rewritten");
    fs::remove_file(scene.path("board/checkpoints")).unwrap();
    scene.fails(&at_board, 1, "board.rewritten");
    notices("board.rewritten");
    assert_eq!(scene.verdict("board"), (Some(3), None));
    // It takes another one in its place. Until it signs that, a reader knows, and can prove nothing.
    let mut pen = Pen::open(&scene, "board");
    assert_eq!(pen.order(&two), Ok(own));
    scene.fails(&at_board, 1, "board.rewritten");
    pen.sign();
    scene.fails(&at_board, 1, "board.forked");
    scene.receipt("board", own, "other");
    scene.fails(&[&check[..], &["--against", "other"]].concat(), 1, "board.forked");
    // Its own two signatures in one folder do it as well, with no receipt.
    let both = ["honest", "board"].map(|board| scene.path(board).join("checkpoints"));
    let both = both.map(|path| fs::read_to_string(path).unwrap()).concat();
    fs::write(scene.path("board/checkpoints"), both).unwrap();
    scene.fails(&["verify", "board"], 1, "board.forked");

    // Its commit would be as good as it was.
    pen.pass();
    notices("board.forked");
    assert_eq!(pen.order(&one), Err("E4"));
    drop(pen);
    scene.done(&["receipt", "check", "receipt", "--board", "honest"]);
}

/// What a board signed of one auction says nothing of another one, and a cut copy of an honest folder
/// is no proof: nobody is convicted by what others can make.
#[test]
fn an_honest_board_is_not_framed() {
    let scene = scene(&auctions().bids);
    scene.done(&["terms", "new", "terms.toml", "--out", "others"]);
    scene.done(&["open", "elsewhere", "--terms", "others", "--key", "seller.key", "--yes"]);
    let mut pen = Pen::open(&scene, "elsewhere");
    pen.pass();
    pen.sign();
    let lines = ["board", "elsewhere"].map(|board| scene.path(board).join("checkpoints"));
    let lines = lines.map(|path| fs::read_to_string(path).unwrap());
    fs::write(scene.path("board/checkpoints"), lines.concat()).unwrap();
    assert_eq!(scene.verdict("board"), (Some(3), None));
    scene.receipt("board", FIRST, "receipt");
    let check = ["receipt", "check", "receipt"];
    scene.fails(&[&check[..], &["--board", "elsewhere"]].concat(), 1, "receipt.invalid");

    scene.receipt("board", FIRST + 1, "later");
    scene.done(&[&check[..], &["--against", "later"]].concat());
    // A copy, cut by whoever has it: its reader is warned, and no signature speaks against the board.
    fs::create_dir(scene.path("cut")).unwrap();
    let transcript = fs::read(scene.path("board/transcript.talea")).unwrap();
    let half = whole_records(&transcript, transcript.len() - 1);
    fs::write(scene.path("cut/transcript.talea"), half).unwrap();
    scene.fails(&["receipt", "check", "later", "--board", "cut"], 1, "board.rewritten");
}

// ---- delay ----

#[test]
fn a_commit_that_the_board_delays_is_refused_and_proves_nothing() {
    let scene = scene(&auctions().commits);
    let mut pen = Pen::open(&scene, "board");
    ends(&pen.serve_to_the_end_of(scene.start(&BID_1)), 0, &[]);
    let bid = scene.start(&BID_0);
    let since = Instant::now();
    let held = loop {
        assert!(since.elapsed() < LIMIT, "nothing was handed in");
        if let Some(bytes) = pen.seize().pop() {
            break bytes;
        }
        std::thread::sleep(POLL);
    };
    pen.pass();
    pen.sign();
    pen.folder.hand_in(&held).unwrap();
    ends(&pen.serve_to_the_end_of(bid), 6, &["error[refused]", "E4"]);
    // Nor is there any use in waiting for it.
    scene.fails(&[&BID_0[..], &["--wait"]].concat(), 6, "refused");
    // The board signed nothing for it, so there is nothing to hold against the board.
    let next = pen.entries() + 1;
    scene.fails(&["receipt", "new", "board", &next.to_string()], 3, "not-yet");
    assert_eq!(scene.verdict("board"), (Some(3), None));
    scene.fails(&["reveal", "board", "--key", "bidder0.key"], 6, "bid.none");
    drop(pen);

    // If the board writes it down all the same, at its slot or at an earlier one, it shows.
    for (slot, check) in [(0, "E4"), (1, "X3")] {
        let mut history = History::read(&scene.path("board/transcript.talea"));
        let slot = history.entries.last().unwrap().slot - slot;
        let (instruction, head) = (List::new(held.clone()).unwrap(), Digest([0; 32]));
        history.entries.push(Entry { slot, instruction, head });
        let forced = format!("forced-{check}");
        fs::create_dir(scene.path(&forced)).unwrap();
        history.chain().write(&scene.path(&forced).join("transcript.talea"));
        assert_eq!(scene.verdict(&forced), (Some(1), Some(check.into())));
    }
}

// ---- reorder ----

fn swap_commits(path: &Path) {
    let mut history = History::read(path);
    history.entries.swap(CEREMONY as usize, CEREMONY as usize + 1);
    history.chain().write(path);
}

#[test]
fn commits_swapped_after_the_fact_are_noticed_by_followers_and_by_receipts() {
    let scene = scene(&auctions().bids);
    let path = scene.path("board/transcript.talea");
    scene.receipt("board", FIRST, "receipt");
    let followers = [
        scene.start_aloud(&["watch", "board"]),
        scene.start_aloud(&["keyholder", "run", "board", "--key", "keyholder0.key"]),
    ];
    scene.await_word("phase    Commits, 6 entries");
    scene.await_word("waiting for bids, round 0");
    let length = fs::metadata(&path).unwrap().len();
    swap_commits(&path);
    assert_eq!(fs::metadata(&path).unwrap().len(), length, "nothing else shows it");
    for follower in followers {
        assert_eq!(follower.output().status.code(), Some(1), "{}", scene.log());
    }
    assert_eq!(scene.log().matches("error[board.rewritten]").count(), 2, "{}", scene.log());

    // It is a possible auction, so a newcomer with nothing in hand finds nothing.
    fs::remove_file(scene.path("board/checkpoints")).unwrap();
    assert_eq!(scene.verdict("board"), (Some(3), None));
    let check = ["receipt", "check", "receipt"];
    scene.fails(&[&check[..], &["--board", "board"]].concat(), 1, "board.rewritten");
    Pen::open(&scene, "board").sign();
    assert_eq!(scene.verdict("board"), (Some(3), None));
    scene.fails(&[&check[..], &["--board", "board"]].concat(), 1, "board.forked");
    scene.receipt("board", FIRST, "other");
    scene.fails(&[&check[..], &["--against", "other"]].concat(), 1, "board.forked");
}

#[test]
fn commits_swapped_after_the_endorsements_convict_the_transcript() {
    let scene = scene(&auctions().closed);
    swap_commits(&scene.path("board/transcript.talea"));
    assert_eq!(scene.verdict("board"), (Some(1), Some("K1".into())));
    scene.fails(&["status", "board"], 1, "board.invalid");
    scene.fails(&["keyholder", "run", "board", "--key", "keyholder0.key"], 1, "board.invalid");
}

// ---- rewrite ----

#[test]
fn a_byte_changed_anywhere_is_named_by_its_check() {
    let scene = scene(&auctions().closed);
    let path = scene.path("board/transcript.talea");
    let pen = Pen::open(&scene, "board");
    type Change<'a> = Box<dyn Fn(&mut History) + 'a>;
    let flip = |bytes: &mut Vec<u8>| *bytes.last_mut().unwrap() ^= 1;
    let alter: Change<'_> = Box::new(move |history| history.change_instruction(FIRST, flip));
    // The board puts its own name under another's words.
    let resign: Change<'_> = Box::new(|history| {
        history.change_instruction(FIRST, |bytes| {
            let signed: SignedInstruction = borsh::from_slice(bytes).unwrap();
            let instruction = borsh::from_slice(&signed.payload).unwrap();
            *bytes = pen.identity.sign(&pen.auction().id(), &instruction).unwrap();
        });
    });
    let later: Change<'_> = Box::new(|history| history.entries[CEREMONY as usize].slot += 1);
    let earlier: Change<'_> = Box::new(|history| history.entries[CEREMONY as usize].slot -= 1);
    let outcome: Change<'_> = Box::new(|history| {
        let outcome = &mut history.closing.as_mut().unwrap().outcome;
        let mut lots = std::mem::take(&mut outcome.lots).into_inner();
        lots[0].ending = Ending::Unsold;
        outcome.lots = List::new(lots).unwrap();
    });
    let in_chain = [
        ("E2", &alter),
        ("C6", &resign),
        // Both commits are in one slot, so the second would be too early.
        ("X3", &later),
        ("X3", &earlier),
        ("X4", &outcome),
    ];
    for (check, change) in in_chain {
        let mut history = History::read(&path);
        change(&mut history);
        fs::create_dir_all(scene.path("rewritten")).unwrap();
        history.chain().write(&scene.path("rewritten/transcript.talea"));
        assert_eq!(scene.verdict("rewritten"), (Some(1), Some(check.into())));
        let status = scene.run(&["status", "rewritten"]);
        ends(
            &status,
            1,
            &["error[board.invalid]", "a transcript alone proves nothing against the board"],
        );
        if *check == *"X4" {
            // Both outcomes, as the verifier names the derived one.
            let derived = scene.done(&["verify", "board", "--json"]);
            let derived: serde_json::Value = serde_json::from_str(&derived).unwrap();
            let found = hash_of(&History::read(&scene.path("rewritten/transcript.talea")));
            let derived = derived["outcome_sha256"].as_str().unwrap();
            assert_ne!(derived, found);
            let words = format!("expected the outcome with the SHA-256 {derived}, found {found};");
            ends(&status, 1, &[&words]);
        }
    }
    // An outcome of another history.
    let mut history = History::read(&path).chain();
    let head = history.closing.as_ref().unwrap().head;
    let other = Digest([7; 32]);
    history.closing.as_mut().unwrap().head = other;
    history.write(&scene.path("rewritten/transcript.talea"));
    let words = format!("the outcome is of the head {other}, expected {head}");
    ends(&scene.run(&["status", "rewritten"]), 1, &["error[board.invalid]", &words]);
    // An outcome before there is one.
    let mut history = History::read(&path);
    history.entries.truncate(1);
    history.chain().write(&scene.path("rewritten/transcript.talea"));
    let words = "an outcome is recorded, and the auction is in the phase Deals";
    ends(&scene.run(&["status", "rewritten"]), 1, &["error[board.invalid]", words]);
    // A chain that was not computed anew breaks before any signature is looked at.
    let mut history = History::read(&path);
    alter(&mut history);
    history.write(&scene.path("rewritten/transcript.talea"));
    assert_eq!(scene.verdict("rewritten"), (Some(1), Some("X2".into())));
    assert_eq!(scene.verdict("board"), (Some(0), None));
}

// ---- fork ----

#[test]
fn of_two_histories_none_is_ranked_and_two_receipts_convict_the_board() {
    let scene = scene(&auctions().bids);
    let mut one = Pen::open(&scene, "board");
    one.pass();
    let mut reveals = Vec::new();
    for key in ["bidder0.key", "bidder1.key"] {
        let reveal = scene.start(&["reveal", "board", "--key", key]);
        let since = Instant::now();
        while one.waiting().is_empty() {
            assert!(since.elapsed() < LIMIT, "nothing was handed in");
            std::thread::sleep(POLL);
        }
        reveals.extend(one.seize());
        drop(reveal);
    }
    fs::remove_file(scene.path("board/checkpoints")).unwrap();
    scene.copy_board("other");
    let mut other = Pen::open(&scene, "other");
    // One keyholder is shown both reveals, the other one only the first.
    reveals.iter().for_each(|reveal| assert!(one.order(reveal).is_ok()));
    other.order(&reveals[0]).unwrap();
    other.pass();
    let endorsed = |board: &str, key: &str, pen: &mut Pen| {
        assert_eq!(pen.auction().phase(), Phase::Endorsing);
        let keyholder = scene.start(&["keyholder", "run", board, "--key", key]);
        let before = pen.entries();
        pen.serve_until(|pen| pen.entries() > before);
        drop(keyholder);
    };
    endorsed("board", "keyholder0.key", &mut one);
    endorsed("other", "keyholder1.key", &mut other);
    assert_eq!(one.entries(), other.entries());

    // Each folder alone is in order; two receipts, of any entries, are not.
    for board in ["board", "other"] {
        assert_eq!(scene.verdict(board), (Some(3), None));
        scene.receipt(board, FIRST, &format!("receipt-{board}"));
        scene.receipt(board, one.entries(), &format!("last-{board}"));
    }
    let check = ["receipt", "check", "receipt-board"];
    let against = |other| [&check[..], &["--against", other]].concat();
    scene.done(&against("last-board"));
    scene.fails(&against("receipt-other"), 1, "board.forked");
    scene.fails(&against("last-other"), 1, "board.forked");
    scene.fails(&[&check[..], &["--board", "other"]].concat(), 1, "board.forked");

    // Neither keyholder speaks to the other history, nor does its word count there.
    let word = |n: usize| {
        let state = scene.path(&format!("keyholder{n}.key.state"));
        let journal = Journal::open(&find(&state, "journal")[0]).unwrap();
        let endorsement = talea_cli::party::journal::Occasion::Endorsement { round: 0 };
        journal.said(endorsement).unwrap().to_vec()
    };
    assert_eq!(one.order(&word(1)), Err("K1"));
    assert_eq!(other.order(&word(0)), Err("K1"));
    for (board, key) in [("board", "keyholder1.key"), ("other", "keyholder0.key")] {
        scene.fails(&["keyholder", "run", board, "--key", key], 1, "board.rewritten");
        assert_eq!(fs::read_dir(scene.path(board).join("inbox")).unwrap().count(), 0);
    }
    // So both end by the clock, with no winner, and both are valid: nobody can be told what to pay.
    for (board, mut pen) in [("board", one), ("other", other)] {
        pen.pass();
        assert_eq!(scene.verdict(board), (Some(0), None));
        let status = scene.done(&["status", board, "--json"]);
        let status: serde_json::Value = serde_json::from_str(&status).unwrap();
        assert_eq!(status["lots"][0]["state"], "void", "{status}");
    }
    // At other sizes it is the entry in one place, or the other folder, that tells.
    let fails = |more: [&str; 2]| {
        scene.fails(&[&["receipt", "check", "last-board"], &more[..]].concat(), 1, "board.forked");
    };
    Pen::open(&scene, "other").sign();
    let checkpoints = serve::checkpoints(&Folder::new(scene.path("other")));
    let last = serde_json::to_string(checkpoints.last().unwrap()).unwrap();
    fs::write(scene.path("other/checkpoints"), last + "\n").unwrap();
    scene.receipt("other", FIRST + 5, "longer");
    fails(["--against", "longer"]);
    fails(["--board", "other"]);
}

/// Without the board's signatures a transcript may be valid, and nothing shows that others see the same: whoever
/// verifies a folder is told what was signed.
#[test]
fn signatures_that_are_gone_are_missed() {
    let scene = scene(&auctions().commits);
    let entries = scene.replica("board").lines().len();
    let verify = |more: &[&str]| {
        let output = scene.run(&[&["verify", "board"], more].concat());
        assert_eq!(output.status.code(), Some(3), "not closed, and valid so far");
        String::from_utf8(output.stdout).unwrap()
    };
    let told = |signed: Option<usize>, unusable: usize, words: &[&str]| {
        let text = verify(&[]);
        words.iter().for_each(|word| assert!(text.contains(word), "{word:?} is missing in {text}"));
        let report: serde_json::Value = serde_json::from_str(&verify(&["--json"])).unwrap();
        let expected = serde_json::json!({
            "entries": entries, "signed_entries": signed, "unusable_lines": unusable,
        });
        assert_eq!(report["board_signatures"], expected);
        let text = scene.done(&["status", "board"]);
        words.iter().for_each(|word| assert!(text.contains(word), "{word:?} is missing in {text}"));
        let status: serde_json::Value =
            serde_json::from_str(&scene.done(&["status", "board", "--json"])).unwrap();
        assert_eq!(status["board_signatures"], expected);
        scene.done(&["report", "board", "--out", "report.json"]);
        let report = fs::read(scene.path("report.json")).unwrap();
        let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
        assert_eq!(report["board_signatures"], expected);
    };
    let checkpoints = scene.path("board/checkpoints");
    let signed = fs::read_to_string(&checkpoints).unwrap();
    told(Some(entries), 0, &[&format!("the board signed {entries} of {entries} entries")]);
    fs::write(&checkpoints, signed.clone() + "rubbish\n{\"torn\":").unwrap();
    told(Some(entries), 2, &["2 lines of `checkpoints` are not signatures of this board"]);
    // Another key's is none, nor is one of which a byte was changed.
    let flipped = signed.replace("\"entries\":", "\"entries\":1");
    assert_ne!(flipped, signed);
    fs::write(&checkpoints, flipped).unwrap();
    told(None, signed.lines().count(), &["the folder has no signature of the board"]);
    fs::remove_file(&checkpoints).unwrap();
    told(None, 0, &["the folder has no signature of the board"]);
}

// ---- clocks ----

#[test]
fn a_clock_that_jumps_forwards_moves_no_deadline_of_a_board_that_runs() {
    let scene = scene(&auctions().commits);
    let board = scene.board();
    scene.done(&BID_0);
    scene.set_clock(AT_COMMITS + 20 * HOUR_MS);
    scene.await_word("clock jumped by");
    scene.done(&BID_1);
    assert_eq!(scene.replica("board").auction().phase(), Phase::Commits);
    drop(board);

    // Whoever starts a board with such a clock is told, and asked. If the deadline shall pass, no more bids
    // are taken. Reveals have their time from then on.
    let replica = scene.replica("board");
    scene.fails(&BOARD, 2, "not-confirmed");
    assert_eq!(scene.replica("board").lines().len(), replica.lines().len());
    let mut board = scene.start_aloud(&[&BOARD[..], &["--yes"]].concat());
    scene.await_word("Commits ended with slot 108000");
    scene.await_word("while no board ran");
    let since = Instant::now();
    while scene.replica("board").auction().phase() != Phase::Reveals {
        assert!(since.elapsed() < LIMIT, "{}", scene.log());
        std::thread::sleep(POLL);
    }
    std::thread::sleep(POLL * 10);
    scene.done(&["reveal", "board", "--key", "bidder1.key"]);
    assert!(lives(&mut board));
    drop(board);
    let mut pen = Pen::open(&scene, "board");
    assert_eq!(pen.auction().phase(), Phase::Reveals);
    pen.pass();
    assert_eq!(pen.auction().phase(), Phase::Endorsing);
    pen.pass();
    drop(pen);
    let replica = scene.replica("board");
    assert!(replica.is_closed());
    assert!(replica.lines().is_sorted_by_key(|line| line.slot));
    assert_eq!(scene.verdict("board"), (Some(0), None));
    scene.fails(&["reveal", "board", "--key", "bidder0.key"], 6, "refused");
    let result = scene.done(&["result", "board", "--key", "bidder0.key"]);
    assert!(result.contains("90.50"), "{result}");
}

#[test]
fn a_clock_that_is_set_back_stops_time_until_it_has_caught_up() {
    let scene = scene(&auctions().commits);
    let last = scene.replica("board").auction().slot();
    scene.set_clock(AT_COMMITS - 3 * HOUR_MS);
    let board = scene.board();
    scene.await_word(&format!(
        "the last entry has slot {last}: the board keeps slot {last} until the \
         clock reaches it"
    ));
    scene.done(&BID_0);
    assert_eq!(scene.replica("board").auction().slot(), last);
    drop(board);
    scene.set_clock(AT_COMMITS);
    let board = scene.board();
    scene.done(&BID_1);
    drop(board);
    let replica = scene.replica("board");
    assert!(replica.auction().slot() > last && replica.auction().phase() == Phase::Commits);
    assert_eq!(scene.verdict("board"), (Some(3), None));
}

/// Money that the board was slow to take counts once, however often the custodian tries.
#[test]
fn money_that_was_handed_in_before_counts_once() {
    let more = "[stakes]\ndeposit = 6\n";
    let scene = Scene(Workspace::open(&Shape { patience: HOUR, more, ..SMALL }));
    let party = scene.name("bidder0", "party");
    let fund = |patience| {
        let common = ["fund", "board", "--key", "custodian.key", "--for", &party, "--amount", "6"];
        scene.run(&[&common[..], &["--patience", patience]].concat())
    };
    ends(&fund("1"), 3, &["error[board.silent]"]);
    let mut pen = Pen::open(&scene, "board");
    pen.serve();
    assert_eq!(pen.entries(), 1);
    ends(&fund("1"), 0, &["handed in before"]);
    assert_eq!(pen.entries(), 1);
    let key = talea_cli::names::read_party(&party).unwrap();
    let funded = |pen: &Pen| {
        let accounts = pen.auction().accounts();
        accounts.iter().find(|account| account.party == key).unwrap().funded
    };
    assert_eq!(funded(&pen), 6);
    // Given again after that, it is more money.
    ends(&fund("1"), 3, &["error[board.silent]"]);
    pen.serve();
    assert_eq!(funded(&pen), 12);
}

/// A bid that the rules refuse, here for want of money, does not bind its bidder to a price.
#[test]
fn a_bid_that_is_refused_leaves_another_one_free() {
    let more = "[stakes]\ndeposit = 6\n";
    let scene = Scene(Workspace::open(&Shape { patience: HOUR, more, ..SMALL }));
    scene.set_clock(AT_COMMITS);
    let mut pen = Pen::open(&scene, "board");
    scene.make_keys(&mut pen);
    ends(&scene.run(&BID_0), 6, &["error[refused]: C5"]);
    assert!(find(&scene.path("bidder0.key.state"), "bid-0-0.age").is_empty());
    let name = scene.name("bidder0", "party");
    let fund = ["fund", "board", "--key", "custodian.key", "--for", &name, "--amount", "6"];
    ends(&pen.serve_to_the_end_of(scene.start(&fund)), 0, &[]);
    let other = ["bid", "board", "--key", "bidder0.key", "--yes", "B0=91.00"];
    ends(&pen.serve_to_the_end_of(scene.start(&other)), 0, &[]);
}

// ---- many at once ----

/// One board at a time; submitters as many as there are, also two of one bidder, and rubbish among them.
#[test]
fn whoever_submits_at_the_same_time_gets_an_answer_and_one_bid() {
    let scene = scene(&auctions().commits);
    let folder = Folder::new(scene.path("board"));
    let other = ["bid", "board", "--key", "bidder0.key", "--yes", "B0=92.00"];
    let bids: Vec<Running> =
        [BID_0, BID_0, BID_0, BID_1, BID_1, BID_1].map(|bid| scene.start(&bid)).into();
    std::thread::scope(|scope| {
        for n in 0..8u8 {
            let folder = &folder;
            scope.spawn(move || {
                for length in 0..20 {
                    folder.hand_in(&vec![n; length]).unwrap();
                }
            });
        }
    });
    let board = scene.board();
    for bid in bids {
        ends(&bid.output(), 0, &[]);
    }
    scene.fails(&BOARD, 4, "board.busy");
    scene.fails(&other, 6, "refused");
    let since = Instant::now();
    while !scene.names_in("board/inbox").is_empty() {
        assert!(since.elapsed() < LIMIT, "some of it still waits");
        std::thread::sleep(POLL);
    }
    drop(board);
    let replica = scene.replica("board");
    let commits = replica.lines().iter().filter(|line| line.kind == "commit").count();
    assert_eq!((commits, replica.lines().len() as u64), (2, CEREMONY + 2));
    // What each bidder kept is what it committed: it can be revealed.
    let mut pen = Pen::open(&scene, "board");
    pen.pass();
    for key in ["bidder0.key", "bidder1.key"] {
        let reveal = scene.start(&["reveal", "board", "--key", key]);
        ends(&pen.serve_to_the_end_of(reveal), 0, &[]);
    }
    assert_eq!(pen.auction().phase(), Phase::Endorsing);
}

/// A record of which a crash left the beginning was never answered; whoever opens the board next cuts it off, and
/// nothing before it.
#[test]
fn a_torn_record_is_cut_off_wherever_it_is_torn() {
    let scene = scene(&auctions().bids);
    let path = scene.path("board/transcript.talea");
    let whole = fs::read(&path).unwrap();
    let before = whole_records(&whole, whole.len() - 1).len();
    assert!(before < whole.len());
    for length in (before..whole.len()).step_by(7).chain([whole.len() - 1]) {
        fs::write(&path, &whole[..length]).unwrap();
        let pen = Pen::open(&scene, "board");
        assert_eq!(pen.entries(), CEREMONY + 1, "{length} bytes");
        assert_eq!(fs::read(&path).unwrap(), whole[..before], "{length} bytes");
    }
}

// ---- strangers ----

/// Hands in what is no instruction, as of an hour ago.
fn hand_in_rubbish(scene: &Scene, count: u32) {
    let hour_ago = std::time::SystemTime::now() - Duration::from_secs(3_600);
    for n in 0..count {
        let bytes = [&n.to_le_bytes()[..], &[7; 36]].concat();
        let path = scene.path("board/inbox").join(hex::encode(Digest::of(&[&bytes]).0));
        fs::write(&path, &bytes).unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(hour_ago).unwrap();
    }
}

impl Scene {
    /// Sets everybody's clock to so many milliseconds before a slot ends.
    fn set_clock_before_the_end_of(&self, slot: u64, milliseconds: u64) {
        let at = self.replica("board").board().clock().end_of(slot)
            - Duration::from_millis(milliseconds);
        let now = std::time::SystemTime::now();
        let ahead = |later: std::time::SystemTime, earlier| {
            later
                .duration_since(earlier)
                .ok()
                .map(|apart| i64::try_from(apart.as_millis()).unwrap())
        };
        self.set_clock(ahead(at, now).unwrap_or_else(|| -ahead(now, at).unwrap()));
    }

    fn await_entries(&self, count: u64) -> Replica {
        let since = Instant::now();
        loop {
            let replica = self.replica("board");
            if replica.lines().len() as u64 >= count {
                return replica;
            }
            assert!(since.elapsed() < LIMIT, "{} entries\n{}", replica.lines().len(), self.log());
            std::thread::sleep(POLL);
        }
    }

    fn names_in(&self, folder: &str) -> Vec<String> {
        let names = fs::read_dir(self.path(folder)).unwrap();
        names.map(|item| item.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// Waits until a folder holds no more than this many files.
    fn await_at_most(&self, count: usize, folder: &str) {
        let since = Instant::now();
        while self.names_in(folder).len() > count {
            assert!(
                since.elapsed() < LIMIT,
                "{folder}: {:?}\n{}",
                self.names_in(folder),
                self.log()
            );
            std::thread::sleep(POLL);
        }
    }

    /// Makes a commit that waits in the inbox of a board that does not run; its name there.
    fn leave(&self, bid: &[&str]) -> String {
        let before: BTreeSet<String> = self.names_in("board/inbox").into_iter().collect();
        ends(&self.run(&[bid, &["--patience", "0"]].concat()), 3, &["error[board.silent]"]);
        let after: BTreeSet<String> = self.names_in("board/inbox").into_iter().collect();
        after.difference(&before).next().unwrap().clone()
    }
}

/// Whoever runs still.
fn lives(running: &mut Running) -> bool {
    running.0.as_mut().unwrap().try_wait().unwrap().is_none()
}

/// An honest reveal that lies in the inbox before its deadline is taken, whatever lies there beside it and
/// whichever date it bears.
#[test]
fn a_flood_before_a_deadline_keeps_no_honest_reveal_out() {
    const RUBBISH: u32 = 10_000;
    let scene = scene(&auctions().bids);
    let mut pen = Pen::open(&scene, "board");
    pen.pass();
    pen.sign();
    let deadline = pen.auction().deadline().unwrap();
    let before = pen.entries();
    drop(pen);
    let answers = scene.names_in("board/answers").len();
    hand_in_rubbish(&scene, RUBBISH);
    scene.set_clock_before_the_end_of(deadline, 30_000);
    let reveals =
        ["bidder0.key", "bidder1.key"].map(|key| scene.start(&["reveal", "board", "--key", key]));
    let since = Instant::now();
    let is_draft = |name: &String| name.starts_with('.');
    let waiting =
        |scene: &Scene| scene.names_in("board/inbox").iter().filter(|n| !is_draft(n)).count();
    while waiting(&scene) < RUBBISH as usize + 2 {
        assert!(since.elapsed() < LIMIT, "nothing was handed in");
        std::thread::sleep(POLL);
    }
    // The board sees all of it three seconds before the deadline, and is not through by then.
    scene.set_clock_before_the_end_of(deadline, 3_000);
    let mut board = scene.board();
    for reveal in reveals {
        ends(&reveal.output(), 0, &[]);
    }
    let replica = scene.await_entries(before + 2);
    let taken = &replica.lines()[usize::try_from(before).unwrap()..];
    assert!(
        taken.iter().take(2).all(|line| line.kind == "reveal" && line.slot <= deadline),
        "{taken:?}"
    );
    // Nobody is made to keep anything for the rubbish.
    scene.await_at_most(0, "board/inbox");
    assert!(scene.names_in("board/answers").len() <= answers + 2);
    assert!(lives(&mut board), "{}", scene.log());
}

/// Of two commits that wait, neither the date of its file nor its name says which comes first.
#[test]
fn who_dates_its_commit_back_wins_no_tie() {
    let staged = scene(&auctions().commits);
    let (first, second) = (staged.leave(&BID_0), staged.leave(&BID_1));
    let date = |name: &str, hours: u64| {
        let file = fs::File::options().write(true).open(staged.path("board/inbox").join(name));
        let at = std::time::SystemTime::now() - Duration::from_secs(hours * 3_600);
        file.unwrap().set_modified(at).unwrap();
    };
    let before_both = files(&staged);
    let order = |older: &str, newer: &str| {
        let scene = scene(&before_both);
        for (name, hours) in [(older, 48), (newer, 1)] {
            date(name, hours);
            let from = fs::metadata(staged.path("board/inbox").join(name)).unwrap().modified();
            let to = fs::File::options().write(true).open(scene.path("board/inbox").join(name));
            to.unwrap().set_modified(from.unwrap()).unwrap();
        }
        let board = scene.board();
        let replica = scene.await_entries(CEREMONY + 2);
        drop(board);
        let at = usize::try_from(CEREMONY).unwrap();
        replica.lines()[at].signer
    };
    // Each order has one chance in two, each time: all sixteen alike have one in 2^15.
    let firsts: BTreeSet<PartyKey> = (0..16).map(|_| order(&second, &first)).collect();
    assert_eq!(firsts.len(), 2, "the file's date decides");
}

/// What strangers put where files of the board or of a party should be stops nobody, now or at a restart.
#[cfg(unix)]
#[test]
fn names_in_the_way_stop_neither_the_board_nor_a_party() {
    let scene = scene(&auctions().commits);
    let (inbox, answers) = (scene.path("board/inbox"), scene.path("board/answers"));
    let name = scene.leave(&BID_0);
    fs::create_dir_all(answers.join(&name).join("full")).unwrap();
    // A link where an answer should be leads nowhere.
    let bystander = scene.path("bystander");
    fs::write(&bystander, "untouched").unwrap();
    let other = scene.leave(&BID_1);
    std::os::unix::fs::symlink(&bystander, answers.join(&other)).unwrap();
    // The party hands in the same bytes although their name is taken.
    fs::remove_file(inbox.join(&other)).unwrap();
    fs::create_dir_all(inbox.join(&other).join("full")).unwrap();
    for entries in [2, 2] {
        let mut board = scene.board();
        ends(&scene.run(&BID_1), 0, &[]);
        let replica = scene.await_entries(CEREMONY + entries);
        assert_eq!(replica.lines().len() as u64, CEREMONY + 2);
        assert!(lives(&mut board), "{}", scene.log());
    }
    assert_eq!(fs::read_to_string(&bystander).unwrap(), "untouched");
    assert!(inbox.join(&other).is_dir());

    // Without its folders the board goes on as well, and takes what comes as soon as there are some.
    for folder in ["board/inbox", "board/answers"] {
        fs::remove_dir_all(scene.path(folder)).unwrap();
        fs::write(scene.path(folder), "in the way").unwrap();
    }
    let mut board = scene.board();
    scene.await_word("inbox");
    for folder in ["board/inbox", "board/answers"] {
        fs::remove_file(scene.path(folder)).unwrap();
    }
    let name = scene.name("bidder0", "party");
    let fund = ["fund", "board", "--key", "custodian.key", "--for", &name, "--amount", "6"];
    let since = Instant::now();
    while !scene.run(&fund).status.success() {
        assert!(since.elapsed() < LIMIT && lives(&mut board), "{}", scene.log());
    }
    assert!(lives(&mut board), "{}", scene.log());
}

/// Rubbish of every kind goes, leaves nothing behind, and takes nothing with it.
#[cfg(unix)]
#[test]
fn rubbish_leaves_nothing_behind_and_takes_nothing_with_it() {
    use std::os::unix::fs::symlink;
    let scene = scene(&auctions().commits);
    let inbox = scene.path("board/inbox");
    let answers = || scene.names_in("board/answers").into_iter().collect::<BTreeSet<_>>();
    let answers_before = answers();
    fs::write(scene.path("bystander"), "untouched").unwrap();
    let hash = |n: u8| hex::encode([n; 32]);
    fs::write(inbox.join(hash(1)), [0; 40]).unwrap();
    fs::write(inbox.join(hash(2)), vec![0; 2 << 20]).unwrap();
    fs::write(inbox.join(hash(3)), "").unwrap();
    fs::write(inbox.join("no hash \u{1b}[2J"), "").unwrap();
    // Well-formed, with somebody else's signature.
    let signed = find(&inbox, &scene.leave(&BID_1)).pop().unwrap();
    let mut forged = fs::read(&signed).unwrap();
    forged[40] ^= 1;
    fs::write(&signed, forged).unwrap();
    symlink(scene.path("bystander"), inbox.join(hash(4))).unwrap();
    symlink(scene.path("nowhere"), inbox.join(hash(5))).unwrap();
    fs::create_dir(inbox.join(hash(6))).unwrap();
    let pipe = std::process::Command::new("mkfifo").arg(inbox.join(hash(7))).status().unwrap();
    assert!(pipe.success());
    let mut board = scene.board();
    scene.await_at_most(0, "board/inbox");
    assert_eq!(answers(), answers_before);
    assert_eq!(fs::read_to_string(scene.path("bystander")).unwrap(), "untouched");
    ends(&scene.run(&BID_0), 0, &[]);

    // What cannot be removed is said once.
    fs::create_dir_all(inbox.join(hash(8)).join("full")).unwrap();
    scene.await_word("the board leaves them there");
    assert!(lives(&mut board), "{}", scene.log());
    drop(board);

    // A link in the place of the inbox makes the board touch nothing elsewhere.
    fs::create_dir(scene.path("elsewhere")).unwrap();
    fs::write(scene.path("elsewhere").join(hash(1)), "untouched").unwrap();
    fs::rename(&inbox, scene.path("aside")).unwrap();
    symlink(scene.path("elsewhere"), &inbox).unwrap();
    let mut board = scene.board();
    scene.await_word("cannot be used as a folder");
    assert_eq!(scene.names_in("elsewhere"), [hash(1)]);
    fs::remove_file(&inbox).unwrap();
    fs::rename(scene.path("aside"), &inbox).unwrap();
    ends(&scene.run(&BID_1), 0, &[]);
    assert!(lives(&mut board), "{}", scene.log());
    assert!(!scene.log().contains('\u{1b}'));
}

/// Who may read the folder cannot keep the board from running: what can be opened there locks nothing.
#[test]
fn who_may_read_the_folder_holds_no_lock_of_the_board() {
    let scene = scene(&auctions().commits);
    drop(scene.board());
    let held = |name: &str| {
        let path = scene.path("board").join(name);
        fs::OpenOptions::new().create(true).append(true).open(&path).unwrap();
        let file = fs::File::open(path).unwrap();
        file.lock().unwrap();
        file
    };
    let _held = ["lock", "transcript.talea", "checkpoints"].map(held);
    let mut board = scene.board();
    ends(&scene.run(&BID_0), 0, &[]);
    assert!(lives(&mut board), "{}", scene.log());
    scene.fails(&BOARD, 4, "board.busy");
}

/// An answer is anybody's words: they are shown without what moves a terminal, and not at any length.
#[test]
fn a_strangers_answer_moves_no_terminal() {
    let scene = scene(&auctions().commits);
    let pen = Pen::open(&scene, "board");
    let name = scene.leave(&BID_0);
    let mut bid = scene.start(&[&BID_0[..], &["--patience", "5"]].concat());
    let words = format!("\u{1b}[2J\u{1b}]0;owned\u{7}\r\n\u{202e}{}", "long ".repeat(4_000));
    let lie = Answer::Refused { check: words.clone(), sentence: words };
    let mut id = [0; 32];
    hex::decode_to_slice(&name, &mut id).unwrap();
    while lives(&mut bid) {
        pen.answer(&Digest(id), &lie);
        std::thread::sleep(POLL);
    }
    let output = bid.output();
    ends(&output, 3, &["error[board.silent]", "owned"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.chars().any(|c| c == '\u{202e}' || (c.is_control() && c != '\n')), "{said:?}");
    assert!(said.len() < 2_000 && said.lines().count() < 10, "{} bytes: {said:?}", said.len());

    // So is a receipt that somebody sent.
    let words = serde_json::to_string(&format!("\u{1b}[2J{}", "long ".repeat(4_000))).unwrap();
    fs::write(
        scene.path("sent"),
        format!("{{\"schema\": \"talea-receipt/2\", \"entry\": {words}}}"),
    )
    .unwrap();
    let output = scene.run(&["receipt", "check", "sent"]);
    ends(&output, 1, &["error[receipt.invalid]", "this is not a receipt"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.len() < 1_000 && !said.contains('\u{1b}'), "{} bytes: {said:?}", said.len());
}

// ---- figures ----

/// What lies in the inbox before the honest reveal does.
#[derive(Clone, Copy)]
enum Flood {
    /// Files of 40 bytes.
    Rubbish(u32),
    /// Instructions that each another key has signed, which has no part in the auction.
    Signed(u32),
}

/// A board that runs by the real clock, and a flood five seconds before the end of the reveals; a second
/// later one honest reveal. What it waits, and what the board needs.
fn flood(flood: Flood) {
    const PHASE: u64 = 80;
    let beside = tempfile::tempdir().unwrap();
    let lay = |bytes: &[u8]| {
        let path = beside.path().join(hex::encode(Digest::of(&[bytes]).0));
        fs::write(&path, bytes).unwrap();
        let hour_ago = std::time::SystemTime::now() - Duration::from_secs(3_600);
        fs::File::options().write(true).open(path).unwrap().set_modified(hour_ago).unwrap();
    };
    if let Flood::Rubbish(count) = flood {
        (0..count).for_each(|n| lay(&[&n.to_le_bytes()[..], &[7; 36]].concat()));
    }
    let scene = Scene(Workspace::open(&Shape { patience: PHASE, ..SMALL }));
    let mut pen = Pen::open(&scene, "board");
    scene.make_keys(&mut pen);
    for bid in [BID_0, BID_1] {
        ends(&pen.serve_to_the_end_of(scene.start(&bid)), 0, &[]);
    }
    pen.pass();
    let carried = scene.start(&["reveal", "board", "--key", "bidder0.key"]);
    let reveal = loop {
        if let Some(reveal) = pen.seize().pop() {
            break reveal;
        }
        std::thread::sleep(POLL);
    };
    drop(carried);
    let (auction, deadline) = (pen.auction().id(), pen.auction().deadline().unwrap());
    let ends_at = pen.replica().board().clock().end_of(deadline);
    drop(pen);
    let count = match flood {
        Flood::Rubbish(count) => count,
        Flood::Signed(count) => {
            for n in 0..count {
                let seed = Digest::of(&[b"throw-away", &n.to_le_bytes()]).0;
                let tick = Identity::from_seed(&seed).sign(&auction, &Instruction::Tick);
                lay(&tick.unwrap());
            }
            count
        }
    };
    let sleep_until = |before: u64| {
        let at = ends_at - Duration::from_secs(before);
        let left = at.duration_since(std::time::SystemTime::now());
        std::thread::sleep(left.expect("the preparations took too long: make PHASE longer"));
    };
    sleep_until(6);
    let mut board = scene.board();
    scene.await_word("the board is running");
    sleep_until(5);
    // All at once: the folder with the flood takes the place of the inbox.
    let inbox = scene.path("board/inbox");
    fs::rename(&inbox, scene.path("aside")).unwrap();
    fs::rename(beside.path(), &inbox).unwrap();
    sleep_until(4);
    let mut replica = scene.replica("board");
    let id = Folder::new(scene.path("board")).hand_in(&reveal).unwrap();
    let since = Instant::now();
    let entry = loop {
        replica.advance().unwrap();
        if let Some(entry) = replica.entry_of(&id) {
            break Some(entry);
        }
        if replica.auction().phase() != Phase::Reveals {
            break None;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let waited = since.elapsed().as_secs_f64();
    // Everything that came before the deadline is judged when it passes. Removing the files may go on.
    while replica.auction().phase() == Phase::Reveals {
        assert!(since.elapsed() < LIMIT && lives(&mut board), "{}", scene.log());
        std::thread::sleep(POLL);
        replica.advance().unwrap();
    }
    let through = since.elapsed().as_secs_f64();
    let pid = board.0.as_ref().unwrap().id();
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or(" unknown");
    let kind = match flood {
        Flood::Rubbish(_) => "rubbish files",
        Flood::Signed(_) => "signed instructions",
    };
    let verdict = entry.map_or("refused".to_owned(), |entry| {
        let slot = replica.line(entry).unwrap().slot;
        format!("accepted in slot {slot} (deadline {deadline})")
    });
    println!(
        "{count:>7} {kind:<20} reveal {verdict} after {waited:.2} s; the deadline passed after \
         {through:.1} s; peak memory {}",
        peak.trim()
    );
    assert!(entry.is_some(), "{}", scene.log());
}

/// By hand, for docs/board.md: in release, and alone.
#[test]
#[ignore = "some minutes, and only of use in release"]
fn figures_of_floods() {
    for count in [0, 3_000, 30_000, 300_000] {
        flood(Flood::Rubbish(count));
    }
    for count in [3_000, 30_000] {
        flood(Flood::Signed(count));
    }
}

// ---- what everybody may know ----

#[test]
fn status_says_what_happens_now_who_has_committed_and_which_of_ones_own_bids_are_in() {
    let names = |scene: &Scene| ["bidder0", "seller"].map(|who| scene.name(who, "party"));
    let status = |scene: &Scene, party: &str| -> serde_json::Value {
        let shown = scene.done(&["status", "board", "--party", party, "--json"]);
        serde_json::from_str(&shown).unwrap()
    };
    let own = |status: &serde_json::Value| {
        let bid = &status["party"]["bids"][0];
        (bid["committed"].as_u64(), bid["revealed"].as_u64())
    };
    let counts = |status: &serde_json::Value| {
        let lot = &status["lots"][0];
        let bidders = &status["committed"]["bidders"];
        [bidders, &lot["committed"], &lot["revealed"]].map(|count| count.as_u64().unwrap())
    };
    let workspace = scene(&auctions().commits);
    let [bidder, seller] = names(&workspace);
    let before = status(&workspace, &bidder);
    assert_eq!((counts(&before), own(&before)), ([0, 0, 0], (None, None)));
    assert!(workspace.done(&["status", "board", "--party", &bidder]).contains("no commit"));

    let workspace = scene(&auctions().bids);
    let committed = status(&workspace, &bidder);
    assert_eq!((counts(&committed), own(&committed)), ([2, 2, 0], (Some(FIRST), None)));
    let text = workspace.done(&["status", "board", "--party", &bidder]);
    for words in [
        "now      bidders commit, with talea bid; reveals come next",
        "bids     from 2 bidders; anybody may",
        &format!("bids of {bidder}\n  B0: committed, entry {FIRST}; not revealed"),
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // Whose bid it is is public; what was bid is not.
    assert_eq!(own(&status(&workspace, &seller)), (None, None));
    workspace.fails(&["status", "board", "--party", "taleaparty1x"], 2, "name.malformed");

    let workspace = scene(&auctions().closed);
    let closed = status(&workspace, &bidder);
    // After both commits and the tick between.
    assert_eq!((counts(&closed), own(&closed)), ([2, 2, 2], (Some(FIRST), Some(FIRST + 3))));
    let text = workspace.done(&["status", "board", "--party", &bidder]);
    assert!(text.contains("now      the auction is over: see talea result"), "{text}");
    assert!(text.contains(&format!("revealed, entry {}", FIRST + 3)), "{text}");
}

// ---- files ----

/// Runs a command so that permission bits bind it: root gives up what frees it from them.
#[cfg(unix)]
fn bound(scene: &Scene, arguments: &[&str]) -> Option<Output> {
    use std::os::unix::fs::PermissionsExt as _;
    static FREED: OnceLock<bool> = OnceLock::new();
    let is_freed = *FREED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).unwrap();
        fs::write(folder.path().join("file"), "").is_ok()
    });
    let command = scene.command(arguments);
    if !is_freed {
        return Some({ command }.output().unwrap());
    }
    let mut bound = std::process::Command::new("setpriv");
    bound.args(["--bounding-set=-all", "--inh-caps=-all"]);
    bound.arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
    bound.current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        bound.env(name, value.unwrap());
    }
    match bound.output() {
        Ok(output) => Some(output),
        Err(error) => {
            eprintln!("not tried: root cannot give up its capabilities here: setpriv: {error}");
            None
        }
    }
}

/// Whoever may only read a board can follow, verify and report it, and whoever runs it stops at once.
#[cfg(unix)]
#[test]
fn where_only_reading_is_allowed_everything_can_be_read() {
    let scene = scene(&auctions().bids);
    for (name, mode) in [
        ("board/transcript.talea", 0o444),
        ("board/checkpoints", 0o444),
        ("board/inbox", 0o555),
        ("board/answers", 0o555),
        ("board", 0o555),
    ] {
        scene.set_mode(name, mode);
    }
    let Some(verified) = bound(&scene, &["verify", "board"]) else { return };
    ends(&verified, 3, &[]);
    let entry = FIRST.to_string();
    for command in [
        &["status", "board"][..],
        &["terms", "show", "board"],
        &["report", "board", "--out", "report.html"],
        &["receipt", "new", "board", &entry, "--out", "receipt"],
        &["receipt", "check", "receipt", "--board", "board"],
        // It is in the transcript already; nothing has to be written for it.
        &BID_0,
    ] {
        ends(&bound(&scene, command).unwrap(), 0, &[]);
    }
    for command in [&BOARD[..], &["report", "board", "--out", "board/report.html"]] {
        ends(&bound(&scene, command).unwrap(), 4, &["error[file.unwritable]", "board"]);
    }
    // So that the folder can be removed.
    ["board", "board/inbox", "board/answers"]
        .into_iter()
        .for_each(|name| scene.set_mode(name, 0o755));
}

/// A bid that cannot be kept is not handed in; one that cannot be handed in is kept.
#[cfg(unix)]
#[test]
fn where_writing_is_forbidden_no_bid_is_half_made() {
    let scene = scene(&auctions().commits);
    let state = "bidder0.key.state";
    fs::create_dir(scene.path(state)).unwrap();
    let kept = || find(&scene.path(state), "bid-0-0.age").len();
    for (name, mode, code, bids) in [
        (state, 0o500, "file.unwritable", 0),
        ("board/inbox", 0o555, "file.unwritable", 1),
        ("bidder0.key", 0o000, "file.unreadable", 1),
    ] {
        let before = fs::metadata(scene.path(name)).unwrap().permissions();
        scene.set_mode(name, mode);
        let Some(output) = bound(&scene, &BID_0) else { return };
        ends(&output, 4, &[&format!("error[{code}]"), name.trim_start_matches("board/")]);
        fs::set_permissions(scene.path(name), before).unwrap();
        assert_eq!(kept(), bids, "{name}");
        assert_eq!(fs::read_dir(scene.path("board/inbox")).unwrap().count(), 0);
    }
}

/// Whatever user runs this: a file stands where a folder should be, as unwritable as any.
#[test]
fn where_nothing_can_be_written_nothing_is_half_done_or_lost() {
    let scene = scene(&auctions().commits);
    let path = |name: &str| scene.path(name);
    let block = |name: &str| {
        if path(name).exists() {
            fs::rename(path(name), path("aside")).unwrap();
        }
        fs::write(path(name), "").unwrap();
    };
    let clear = |name: &str| {
        fs::remove_file(path(name)).unwrap();
        if path("aside").exists() {
            fs::rename(path("aside"), path(name)).unwrap();
        }
    };
    let waiting = || fs::read_dir(path("board/inbox")).unwrap().count();

    // No commit leaves a machine that cannot keep its secrets; no keyholder speaks without a journal.
    block("bidder0.key.state");
    scene.fails(&BID_0, 4, "file.unwritable");
    assert_eq!(waiting(), 0);
    clear("bidder0.key.state");
    block("keyholder0.key.state");
    scene.fails(&["keyholder", "run", "board", "--key", "keyholder0.key"], 4, "file.unwritable");
    assert_eq!(waiting(), 0);
    clear("keyholder0.key.state");

    // An inbox that cannot be written or read: the bid is kept, and is the one that is handed in.
    block("board/inbox");
    scene.fails(&BID_0, 4, "file.unwritable");
    clear("board/inbox");
    let kept = || fs::read(&find(&path("bidder0.key.state"), "bid-0-0.age")[0]).unwrap();
    let bid = kept();

    // A board that cannot answer goes on; one that cannot sign stops with its entries in the transcript.
    block("board/answers");
    let mut board = scene.board();
    scene.done(&BID_0);
    assert!(lives(&mut board), "{}", scene.log());
    drop(board);
    clear("board/answers");
    assert_eq!(kept(), bid);
    fs::rename(path("board/checkpoints"), path("signed")).unwrap();
    fs::create_dir(path("board/checkpoints")).unwrap();
    scene.fails(&BOARD, 4, "file.unwritable");
    fs::remove_dir(path("board/checkpoints")).unwrap();
    // One that died while it signed, too: the next signature is not spoilt by half a line.
    let signed = fs::read_to_string(path("signed")).unwrap();
    fs::write(path("board/checkpoints"), format!("{signed}{}", &signed[..signed.len() / 2]))
        .unwrap();
    let running = scene.board();
    scene.done(&BID_1);
    let since = Instant::now();
    while serve::checkpoints(&Folder::new(path("board"))).len() < 2 {
        assert!(since.elapsed() < LIMIT, "the board signs nothing");
        std::thread::sleep(POLL);
    }
    drop(running);
    let replica = scene.replica("board");
    let commits = replica.lines().iter().filter(|line| line.kind == "commit").count();
    assert_eq!((commits, waiting()), (2, 0));
    assert_eq!(scene.verdict("board"), (Some(3), None));

    // What goes into files of one's own. The scene's own terms are too old by now to open anything.
    scene.done(&["terms", "new", "terms.toml", "--out", "later"]);
    block("flat");
    let entry = FIRST.to_string();
    for command in [
        &["receipt", "new", "board", &entry, "--out", "flat/receipt"][..],
        &["report", "board", "--out", "flat/report.html"],
        &["terms", "new", "terms.toml", "--out", "flat/terms"],
        &["key", "new", "flat/key", "--work-factor", "4"],
        &["open", "flat/board", "--terms", "later", "--key", "seller.key", "--yes"],
        &["reveal", "board", "--key", "bidder0.key", "--to", "flat/reveal"],
        &["man", "flat/man"],
    ] {
        scene.fails(command, 4, "file.unwritable");
    }
}
