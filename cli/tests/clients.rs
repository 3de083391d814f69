//! Parties before a board, or before somebody else who may write in its folder, that lies to them,
//! drops what they hand in or copies it: they go on by what their replica shows, with real processes.
//!
//! The dishonest board is this file: it holds the pen of the transcript and the board's key.

use crate::common::{LIMIT, Running, SMALL, Shape, Workspace, ends, find};
use rand_core::OsRng;
use std::{
    collections::BTreeSet,
    fs,
    ops::Deref,
    process::Output,
    time::{Duration, Instant},
};
use talea_cli::{
    board::{
        checkpoint,
        folder::{Answer, Folder},
        log::Log,
    },
    keys::{Keys, PassphraseSource},
    names,
    party::{
        bidder,
        desk::Desk,
        handed::Handed,
        journal::{Journal, Note},
    },
};
use talea_contract::{Auction, Phase};
use talea_parties::{bidder::Bidder, identity::Identity};
use talea_protocol::{
    bytes::{Digest, List, PartyKey},
    commitment::BidId,
    instruction::{Fund, Instruction, SignedInstruction},
    outcome::Ending,
    price::Level,
    sealed_bid::Reveal,
};

const POLL: Duration = Duration::from_millis(20);
/// Slots of 100 ms in an hour, and milliseconds.
const HOUR: u64 = 36_000;
const HOUR_MS: i64 = 3_600_000;
/// How wrong clocks are here: a minute into the hour of commits.
const AT_COMMITS: i64 = 2 * HOUR_MS + 60_000;

// ---- the dishonest board ----

/// Something that was handed in.
struct Item {
    bytes: Vec<u8>,
    signer: PartyKey,
    instruction: Instruction,
}

impl Item {
    /// What it says; nothing if it is no signed instruction.
    fn read(bytes: Vec<u8>) -> Option<Self> {
        let signed: SignedInstruction = borsh::from_slice(&bytes).ok()?;
        let instruction = borsh::from_slice(&signed.payload).ok()?;
        Some(Self { bytes, signer: signed.signer, instruction })
    }

    fn id(&self) -> Digest {
        Digest::of(&[&self.bytes])
    }

    fn commits_to(&self, lot: u32) -> bool {
        matches!(&self.instruction, Instruction::Commit(commit) if commit.lot == lot)
    }

    fn reveals(&self) -> &[Reveal] {
        match &self.instruction {
            Instruction::Reveal(reveals) => reveals,
            _ => &[],
        }
    }
}

/// Whoever holds the transcript and the board's key.
struct Pen {
    folder: Folder,
    log: Log,
    identity: Identity,
}

impl Pen {
    fn open(workspace: &Workspace) -> Self {
        let folder = Folder::new(workspace.path("board"));
        let identity = keys(workspace, "board").identity();
        Self { log: Log::open(&folder).unwrap(), folder, identity }
    }

    fn auction(&self) -> &Auction {
        self.log.replica().auction()
    }

    fn entries(&self) -> u64 {
        self.log.replica().lines().len() as u64
    }

    /// How many entries there are of this kind.
    fn count(&self, kind: &str) -> usize {
        self.log.replica().lines().iter().filter(|line| line.kind == kind).count()
    }

    /// Appends what the rules allow, and signs it; otherwise the check by which they refuse.
    fn order(&mut self, instruction: &[u8]) -> Result<u64, &'static str> {
        let slot = self.auction().slot();
        let refused = |refusal: talea_contract::Refusal| refusal.check.number();
        self.log.append(slot, instruction).unwrap().map_err(refused)?;
        self.sign();
        Ok(self.entries())
    }

    /// Takes everything that waits out of the inbox, and answers nobody.
    fn seize(&self) -> Vec<Item> {
        let mut found = Vec::new();
        for item in fs::read_dir(self.folder.inbox()).unwrap().flatten() {
            let is_draft = item.file_name().to_string_lossy().starts_with('.');
            if is_draft || !item.file_type().is_ok_and(|kind| kind.is_file()) {
                continue;
            }
            let Ok(bytes) = fs::read(item.path()) else { continue };
            fs::remove_file(item.path()).unwrap();
            found.extend(Item::read(bytes));
        }
        found
    }

    /// Writes an answer, as whoever may write there can.
    fn answer(&self, item: &Item, answer: &Answer) {
        let path = self.folder.answers().join(hex::encode(item.id().0));
        fs::write(&path, serde_json::to_vec(answer).unwrap()).unwrap();
    }

    fn refuse(&self, item: &Item, check: &str, sentence: &str) {
        let answer = Answer::Refused { check: check.into(), sentence: sentence.into() };
        self.answer(item, &answer);
    }

    /// Does with an item what an honest board does.
    fn judge(&mut self, item: &Item) {
        match self.order(&item.bytes) {
            Ok(entry) => {
                let slot = self.auction().slot();
                self.answer(item, &Answer::Accepted { entry, slot });
            }
            Err(check) => self.refuse(item, check, "so it says"),
        }
    }

    /// Serves all that waits but for what is taken by `dishonest`, until it is `done`.
    #[track_caller]
    fn serve(
        &mut self,
        mut dishonest: impl FnMut(&mut Self, &Item) -> bool,
        mut done: impl FnMut(&Self) -> bool,
    ) {
        let since = Instant::now();
        while !done(self) {
            assert!(since.elapsed() < LIMIT, "it came to a stand");
            for item in self.seize() {
                if !dishonest(self, &item) {
                    self.judge(&item);
                }
            }
            std::thread::sleep(POLL);
        }
    }

    /// Serves everybody honestly until it is `done`.
    #[track_caller]
    fn serve_all(&mut self, done: impl FnMut(&Self) -> bool) {
        self.serve(|_, _| false, done);
    }

    /// Serves until a process has ended.
    #[track_caller]
    fn serve_to_the_end_of(
        &mut self,
        mut child: Running,
        dishonest: impl FnMut(&mut Self, &Item) -> bool,
    ) -> Output {
        self.serve(dishonest, |_| child.0.as_mut().unwrap().try_wait().unwrap().is_some());
        child.output()
    }

    /// The next thing that is handed in.
    #[track_caller]
    fn next(&self) -> Item {
        let since = Instant::now();
        loop {
            assert!(since.elapsed() < PATIENCE, "nothing more is handed in");
            if let Some(item) = self.seize().into_iter().next() {
                return item;
            }
            std::thread::sleep(POLL);
        }
    }

    /// Lets the current phase end.
    fn pass(&mut self) {
        let slot = self.auction().deadline().unwrap() + 1;
        let tick = self.identity.sign(&self.auction().id(), &Instruction::Tick).unwrap();
        self.log.append(slot, &tick).unwrap().unwrap();
        self.sign();
    }

    /// Signs how far the transcript has come.
    fn sign(&self) {
        let replica = self.log.replica();
        let checkpoint = checkpoint::sign(&self.identity, replica, replica.auction().slot());
        let path = self.folder.checkpoints();
        let before = fs::read_to_string(&path).unwrap_or_default();
        let line = serde_json::to_string(&checkpoint).unwrap();
        fs::write(path, format!("{before}{line}\n")).unwrap();
    }
}

/// How long a party may take until it does what it must do.
const PATIENCE: Duration = Duration::from_secs(60);

fn keys(workspace: &Workspace, who: &str) -> Keys {
    let passphrase = PassphraseSource { file: Some(workspace.path("passphrase")) };
    Keys::open(&workspace.path(&format!("{who}.key")), &passphrase).unwrap()
}

/// A keyholder that takes what bidders leave with it.
const KEYHOLDER: [&str; 7] =
    ["keyholder", "run", "board", "--key", "keyholder0.key", "--reveals", "reveals"];

// ---- processes ----

/// A workspace with a pen at its board.
struct Scene(Workspace);

impl Deref for Scene {
    type Target = Workspace;
    fn deref(&self) -> &Workspace {
        &self.0
    }
}

impl Scene {
    fn open(shape: &Shape) -> (Self, Pen) {
        let scene = Self(Workspace::open(shape));
        scene.set_clock(AT_COMMITS);
        fs::create_dir(scene.path("reveals")).unwrap();
        let pen = Pen::open(&scene);
        (scene, pen)
    }

    /// A workspace on which the keys are made and bids are due.
    fn at_commits(shape: &Shape) -> (Self, Pen) {
        let (scene, mut pen) = Self::open(shape);
        scene.make_keys(&mut pen);
        assert_eq!(pen.auction().phase(), Phase::Commits);
        (scene, pen)
    }

    /// The ceremony of two keyholders, to its end.
    fn make_keys(&self, pen: &mut Pen) {
        let dealing = self.keyholders();
        pen.serve_all(|pen| pen.count("deal") == 2);
        drop(dealing);
        pen.pass();
        pen.pass();
    }

    fn keyholders(&self) -> [Running; 2] {
        ["keyholder0.key", "keyholder1.key"].map(|key| {
            self.start_aloud(&["keyholder", "run", "board", "--key", key, "--reveals", "reveals"])
        })
    }

    fn await_word(&self, word: &str) {
        let since = Instant::now();
        while !self.log().contains(word) {
            assert!(since.elapsed() < PATIENCE, "{word:?} is missing in {}", self.log());
            std::thread::sleep(POLL);
        }
    }

    fn party(&self, who: &str) -> PartyKey {
        names::read_party(&self.name(who, "party")).unwrap()
    }

    /// Money for somebody.
    fn pay(&self, pen: &mut Pen, who: &str, amount: &str) {
        let name = self.name(who, "party");
        let fund = ["fund", "board", "--key", "custodian.key", "--for", &name, "--amount", amount];
        ends(&pen.serve_to_the_end_of(self.start(&fund), |_, _| false), 0, &[]);
    }

    /// A command of a bidder before an honest board.
    fn honestly(&self, pen: &mut Pen, arguments: &[&str]) {
        ends(&pen.serve_to_the_end_of(self.start(arguments), |_, _| false), 0, &[]);
    }

    /// What a bidder keeps that reveals its bid.
    fn kept(&self, who: &str, lot: u32) -> Reveal {
        let desk = Desk::open(Folder::new(self.path("board")), keys(self, who), PATIENCE).unwrap();
        let round = desk.replica.auction().round();
        bidder::recall(&desk, lot, round).unwrap().unwrap().reveal
    }

    /// Leaves something for keyholders, whole.
    fn leave(&self, name: &str, handed: &Handed) {
        fs::write(self.path("draft"), borsh::to_vec(handed).unwrap()).unwrap();
        fs::rename(self.path("draft"), self.path("reveals").join(name)).unwrap();
    }
}

/// What was handed over.
fn read(workspace: &Workspace, file: &str) -> Handed {
    borsh::from_slice(&fs::read(workspace.path(file)).unwrap()).unwrap()
}

fn is_running(process: &mut Running) -> bool {
    process.0.as_mut().unwrap().try_wait().unwrap().is_none()
}

const THREE_LOTS: Shape = Shape { lots: 3, patience: HOUR, ..SMALL };
const BIDS_0: [&str; 3] = ["B0=90.50", "B1=90.50", "B2=90.50"];
const BIDS_1: [&str; 3] = ["B0=91.50", "B1=91.50", "B2=91.50"];

fn bid<'a>(key: &'a str, bids: &[&'a str]) -> Vec<&'a str> {
    [&["bid", "board", "--key", key, "--yes"], bids].concat()
}

fn run<'a>(key: &'a str, bids: &[&'a str]) -> Vec<&'a str> {
    [&["bidder", "run", "board", "--key", key, "--yes"], bids].concat()
}

// ---- what is not in the transcript is believed by nobody ----

/// "Accepted" is no entry and "refused" no rule: whatever stands in the place of the board's answer, a
/// keyholder hands in what its replica does not show.
#[test]
fn a_keyholder_that_is_lied_to_hands_in_again_what_the_transcript_does_not_show() {
    let (scene, mut pen) = Scene::open(&Shape { patience: HOUR, ..SMALL });
    let mut running = scene.start_aloud(&["keyholder", "run", "board", "--key", "keyholder0.key"]);
    let deal = pen.next();
    pen.answer(&deal, &Answer::Accepted { entry: 0, slot: 1 });
    let again = pen.next();
    assert_eq!(again.bytes, deal.bytes, "told that it was accepted");
    pen.refuse(&again, "D2", "\u{1b}[2Jno deal \u{202e}of yours");
    let again = pen.next();
    assert_eq!(again.bytes, deal.bytes, "told that it was refused");
    // A name in its way is neither an answer nor the post.
    let name = pen.folder.inbox().join(hex::encode(deal.id().0));
    fs::create_dir(&name).unwrap();
    std::thread::sleep(Duration::from_secs(3));
    assert!(is_running(&mut running), "{}", scene.log());
    fs::remove_dir(&name).unwrap();
    let again = pen.next();
    assert_eq!(again.bytes, deal.bytes);
    assert_eq!(pen.order(&again.bytes), Ok(1));
    let log = scene.log();
    assert!(!log.contains('\u{1b}') && !log.contains('\u{202e}'), "{log:?}");
}

/// A command judges a refusal by the rules and its replica, and goes on where they allow what it hands in.
#[test]
fn commands_go_on_handing_in_what_is_refused_without_a_rule() {
    let more = "[reserve]\nreserves = \"1h\"\n[stakes]\ndeposit = 6\n";
    let (scene, mut pen) = Scene::open(&Shape { patience: HOUR, more, ..SMALL });
    let lie_twice = |pen: &mut Pen, arguments: &[&str]| {
        let mut lies = 0;
        let mut said = BTreeSet::new();
        let lie = |pen: &mut Pen, item: &Item| {
            said.insert(item.id());
            lies += 1;
            if lies > 2 {
                return false;
            }
            pen.refuse(item, "C6", "no level of yours");
            true
        };
        ends(&pen.serve_to_the_end_of(scene.start(arguments), lie), 0, &[]);
        assert!(lies > 2);
        said.len()
    };
    let name = scene.name("bidder0", "party");
    let fund = ["fund", "board", "--key", "custodian.key", "--for", &name, "--amount", "6"];
    assert_eq!(lie_twice(&mut pen, &fund), 1);
    scene.pay(&mut pen, "seller", "6");
    scene.make_keys(&mut pen);
    assert_eq!(pen.auction().phase(), Phase::Reserves);
    let reserve = ["reserve", "board", "--key", "seller.key", "--yes", "B0=90.25"];
    assert_eq!(lie_twice(&mut pen, &reserve), 1);
    pen.pass();
    assert_eq!(lie_twice(&mut pen, &bid("bidder0.key", &["B0=90.50"])), 1);
    pen.pass();
    lie_twice(&mut pen, &["reveal", "board", "--key", "bidder0.key"]);
    lie_twice(&mut pen, &["reveal", "board", "--key", "seller.key"]);
    assert_eq!(pen.auction().phase(), Phase::Endorsing);
}

// ---- one lot's trouble is no other's ----

#[test]
fn a_lot_whose_commits_are_dropped_keeps_no_other_bid_from_going() {
    let (scene, mut pen) = Scene::at_commits(&THREE_LOTS);
    let drop_one = |_: &mut Pen, item: &Item| item.commits_to(0);
    let one = [&bid("bidder0.key", &BIDS_0)[..], &["--patience", "4"]].concat();
    let output = pen.serve_to_the_end_of(scene.start(&one), drop_one);
    ends(&output, 3, &["error[board.silent]"]);
    let taken = String::from_utf8(output.stdout).unwrap();
    assert_eq!((pen.count("commit"), taken.matches("entry").count()), (2, 2), "{taken}");
    assert!(taken.contains("B1") && taken.contains("B2"), "{taken}");

    // One that runs by itself goes on: with the others at once, and with that one once it is taken.
    let mut running = scene.start_aloud(&run("bidder1.key", &BIDS_1));
    pen.serve(drop_one, |pen| pen.count("commit") == 4);
    assert!(is_running(&mut running), "{}", scene.log());
    pen.serve_all(|pen| pen.count("commit") == 5);

    // Revealing is the same: what is dropped is dropped alone.
    pen.pass();
    let reveal = ["reveal", "board", "--key", "bidder0.key"];
    let output = pen.serve_to_the_end_of(scene.start(&reveal), |_, item| {
        item.reveals().iter().any(|reveal| reveal.bid.bidder != scene.party("bidder0"))
    });
    // It never came to the board with its bid on lot 0, and says so.
    ends(&output, 6, &["error[bid.none]", "B0"]);
    pen.serve_all(|pen| pen.auction().phase() == Phase::Endorsing);
    assert!(is_running(&mut running), "{}", scene.log());
}

/// Who copies one sealed bid out of a reveal that waits, and comes first with it, reveals that one for its
/// bidder; the others are handed in until they count, whatever the board says.
#[test]
fn a_copied_reveal_takes_no_other_bid_along() {
    let (scene, mut pen) = Scene::at_commits(&THREE_LOTS);
    scene.honestly(&mut pen, &bid("bidder0.key", &BIDS_0));
    let mut running = scene.start_aloud(&run("bidder1.key", &BIDS_1));
    pen.serve_all(|pen| pen.count("commit") == 6);
    pen.pass();
    let mallory = Identity::from_seed(&[7; 32]);
    let mut copied = BTreeSet::new();
    let mut copy = |pen: &mut Pen, item: &Item| {
        let own = item.signer == mallory.party();
        if let ([first, _, ..], false) = (item.reveals(), own || !copied.insert(item.id())) {
            let copy = Instruction::Reveal(List::new(vec![first.clone()]).unwrap());
            let copy = mallory.sign(&pen.auction().id(), &copy).unwrap();
            pen.order(&copy).unwrap();
            // The rules allow what is left of it; this board refuses it once.
            pen.refuse(item, "R1", "the bid was revealed");
            return true;
        }
        false
    };
    let reveal = scene.start(&["reveal", "board", "--key", "bidder0.key"]);
    let output = pen.serve_to_the_end_of(reveal, &mut copy);
    ends(&output, 0, &[]);
    pen.serve(&mut copy, |pen| pen.auction().phase() == Phase::Endorsing);
    assert!(copied.len() >= 2, "{}", copied.len());
    assert!(is_running(&mut running), "{}", scene.log());
}

/// A bidder that runs by itself ends on no refusal: here there is no money at first. It says so once.
#[test]
fn a_bidder_that_runs_goes_on_until_the_rules_allow_its_bid() {
    let more = "[stakes]\ndeposit = 6\n";
    let (scene, mut pen) = Scene::at_commits(&Shape { patience: HOUR, more, ..SMALL });
    let mut running = scene.start_aloud(&run("bidder0.key", &["B0=90.50"]));
    scene.await_word("C5");
    std::thread::sleep(Duration::from_secs(3));
    assert!(is_running(&mut running), "{}", scene.log());
    assert!(find(&scene.path("bidder0.key.state"), "bid-0-0.age").is_empty());
    assert_eq!(scene.log().matches("C5").count(), 1, "{}", scene.log());
    scene.pay(&mut pen, "bidder0", "6");
    pen.serve_all(|pen| pen.count("commit") == 1);
}

/// Money for one bid of two: one is made and taken, and the other one binds its bidder to nothing.
#[test]
fn a_bid_for_which_no_money_is_left_is_not_made() {
    let more = "[stakes]\ndeposit = 6\n";
    let shape = Shape { lots: 2, patience: HOUR, more, ..SMALL };
    let (scene, mut pen) = Scene::at_commits(&shape);
    scene.pay(&mut pen, "bidder0", "6");
    let bids = scene.start(&bid("bidder0.key", &["B0=90.50", "B1=90.50"]));
    ends(&pen.serve_to_the_end_of(bids, |_, _| false), 6, &["error[refused]", "C5"]);
    assert_eq!(pen.count("commit"), 1);
    assert!(find(&scene.path("bidder0.key.state"), "bid-1-0.age").is_empty());
    scene.pay(&mut pen, "bidder0", "6");
    let bid = scene.start(&bid("bidder0.key", &["B1=91.00"]));
    let made = pen.serve_to_the_end_of(bid, |_, _| false);
    ends(&made, 0, &["does not count, and its deposit of 6 is lost"]);
}

#[test]
fn a_kept_bid_that_is_damaged_is_found_again() {
    let (scene, mut pen) = Scene::at_commits(&THREE_LOTS);
    scene.honestly(&mut pen, &bid("bidder0.key", &BIDS_0));
    let mut running = scene.start_aloud(&run("bidder1.key", &BIDS_1));
    pen.serve_all(|pen| pen.count("commit") == 6);
    let damage = |who: &str| {
        let kept = find(&scene.path(&format!("{who}.key.state")), "bid-0-0.age");
        fs::write(&kept[0], "damaged").unwrap();
    };
    // The first has them in files alone; the one that runs, and is started again, as well.
    drop(running);
    damage("bidder0");
    damage("bidder1");
    // Nor does a receipt that is stand in the way.
    let receipts = find(&scene.path("bidder0.key.state"), "receipt-5.json");
    fs::write(&receipts[0], "damaged").unwrap();
    pen.pass();
    let is_open = |pen: &Pen, who: &str, lot: u32| {
        let bid = BidId { lot, round: 0, bidder: scene.party(who) };
        pen.auction().is_open(&bid)
    };
    let reveal = scene.start(&["reveal", "board", "--key", "bidder0.key"]);
    let words = ["bid-0-0.age", "recovered from the key and the transcript"];
    ends(&pen.serve_to_the_end_of(reveal, |_, _| false), 0, &words);
    assert_eq!([0, 1, 2].map(|lot| is_open(&pen, "bidder0", lot)), [false; 3]);
    running = scene.start_aloud(&run("bidder1.key", &BIDS_1));
    pen.serve_all(|pen| ![0, 1, 2].iter().any(|lot| is_open(pen, "bidder1", *lot)));
    assert!(is_running(&mut running), "{}", scene.log());
}

const TWO_ROUNDS: &str =
    "[disclosure]\ndepth_from = 1\n[rounds]\nlimit = 2\ncommits = \"1h\"\nreveals = \"1h\"\n";

/// A key file is copied before there are bids, and everything else of the party is lost each time that it
/// made or revealed some. The copies go on with what the transcript shows, into a second round.
#[test]
fn the_key_alone_finds_its_bids_again() {
    let shape = Shape { lots: 2, patience: HOUR, more: TWO_ROUNDS, ..SMALL };
    let (scene, mut pen) = Scene::at_commits(&shape);
    let made = scene.start(&bid("bidder0.key", &BIDS_0[..2]));
    let schedule = pen.auction().terms().schedule;
    let [from, to] = [schedule.commits_until, schedule.reveals_until]
        .map(|slot| pen.log.replica().board().clock().time_of(slot));
    let due = format!("reveals are due from {from} to {to}");
    let made = pen.serve_to_the_end_of(made, |_, _| false);
    ends(&made, 0, &[&due, "A bid that is not revealed does not count\n"]);
    scene.honestly(&mut pen, &bid("bidder1.key", &BIDS_1[..2]));
    pen.pass();

    let mut copies = 0;
    let mut copy = || {
        copies += 1;
        let folder = format!("copy{copies}");
        fs::create_dir(scene.path(&folder)).unwrap();
        let path = format!("{folder}/bidder0.key");
        fs::copy(scene.path("bidder0.key"), scene.path(&path)).unwrap();
        path
    };
    let mut alone = |pen: &mut Pen, command: &str, more: &[&str]| {
        let key = copy();
        let arguments = [&[command, "board", "--key", &key], more].concat();
        let output = pen.serve_to_the_end_of(scene.start(&arguments), |_, _| false);
        ends(&output, 0, &["recovered from the key and the transcript"]);
        output
    };
    alone(&mut pen, "reveal", &[]);
    scene.honestly(&mut pen, &["reveal", "board", "--key", "bidder1.key"]);
    let running = scene.keyholders();
    pen.serve_all(|pen| pen.auction().round() == 1);
    let own = scene.party("bidder0");
    let before = [0, 1].map(|lot| pen.auction().active_commitment(lot, &own).unwrap());
    alone(&mut pen, "improve", &["--yes", "B0=95.00"]);
    alone(&mut pen, "stand", &["--yes"]);
    // Who stands can leave its bids of this round with an agent.
    let agent = scene.name("beneficiary", "agent");
    let stand = ["stand", "board", "--key", "bidder1.key", "--yes", "--agent", &agent];
    scene.honestly(&mut pen, &[&stand[..], &["--leave", "left"]].concat());
    let left = keys(&scene, "beneficiary").unlock()(fs::read(scene.path("left")).unwrap());
    let Handed { commits, reveals } = borsh::from_slice(&left.unwrap()).unwrap();
    let left: Vec<_> = reveals.iter().map(|reveal| (reveal.bid.lot, reveal.bid.round)).collect();
    assert_eq!((commits.len(), left), (0, vec![(0, 1), (1, 1)]));
    pen.pass();
    alone(&mut pen, "reveal", &["--price", "B1=90.00", "--price", "B0=95.00"]);
    scene.honestly(&mut pen, &["reveal", "board", "--key", "bidder1.key"]);
    pen.serve_all(|pen| pen.auction().phase() == Phase::Closed);
    drop(running);
    for (lot, before) in (0..).zip(before) {
        assert_ne!(
            pen.auction().active_commitment(lot, &own),
            Some(before),
            "lot {lot} was bid again"
        );
    }
    let results = alone(&mut pen, "result", &[]);
    let results = String::from_utf8(results.stdout).unwrap();
    assert!(results.contains("95.00") && !results.contains("NotRanked"), "{results}");
}

/// A bid that the key cannot find, for another program made it, is not lost in silence; and whoever has
/// nothing to reveal is told.
#[test]
fn a_bid_that_this_machine_cannot_reveal_is_not_lost_in_silence() {
    let (scene, mut pen) = Scene::at_commits(&Shape { bidders: 3, patience: HOUR, ..SMALL });
    let bidder = Bidder::new(keys(&scene, "bidder0").identity());
    let made = bidder.commit_altered(
        pen.auction(),
        0,
        Level(5),
        |sealed| [sealed, vec![0]].concat(),
        &mut OsRng,
    );
    pen.order(&made.unwrap().commit).unwrap();
    scene.honestly(&mut pen, &bid("bidder1.key", &["B0=91.50"]));
    pen.pass();
    let reveal = ["reveal", "board", "--key", "bidder0.key"];
    let words = ["error[bid.elsewhere]", "bidder0.key.state", "B0", "does not count"];
    ends(&scene.run(&reveal), 5, &words);
    ends(&scene.run(&[&reveal[..], &["--to", "handed"]].concat()), 5, &["error[bid.elsewhere]"]);
    ends(&scene.run(&["reveal", "board", "--key", "bidder2.key"]), 6, &["error[bid.none]"]);
    let reveal = ["reveal", "board", "--key", "bidder1.key"];
    ends(&pen.serve_to_the_end_of(scene.start(&reveal), |_, _| false), 0, &[]);
    // Again: there is nothing left to do, and it says so.
    ends(&scene.run(&reveal), 0, &["every bid of this party is already revealed"]);
}

// ---- sealed bids stay where they are until the reveals ----

#[test]
fn no_sealed_bid_leaves_before_the_reveals_and_none_is_taken_before() {
    let (scene, mut pen) = Scene::at_commits(&Shape { patience: HOUR, ..SMALL });
    scene.honestly(&mut pen, &bid("bidder0.key", &["B0=90.50"]));
    scene.honestly(&mut pen, &bid("bidder1.key", &["B0=91.50"]));
    let hand_over = ["reveal", "board", "--key", "bidder0.key", "--to", "handed"];
    scene.fails(&hand_over, 3, "not-yet");
    assert_eq!(read(&scene, "handed"), Handed::default());

    // Somebody leaves a sealed bid all the same. It is said, once, and not handed in.
    let early = Handed { commits: Vec::new(), reveals: vec![scene.kept("bidder0", 0)] };
    let running = scene.start_aloud(&KEYHOLDER);
    scene.leave("early\u{1b}[2J", &early);
    scene.await_word("before the reveals");
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(scene.log().matches("before the reveals").count(), 1, "{}", scene.log());
    assert!(!scene.log().contains('\u{1b}'));
    assert_eq!(pen.seize().len(), 0);
    drop(running);

    pen.pass();
    scene.done(&hand_over);
    assert_eq!(read(&scene, "handed"), early);
}

// ---- what is left for witnesses ----

/// In round 1 the board drops every commit. What bidders leave with keyholders is handed in, once it is
/// found to be what it says; rubbish is not, whatever it names; and a file for the keyholders holds
/// no sealed bid while commits are due.
#[test]
fn witnesses_hand_in_what_the_rules_would_take_and_nothing_else() {
    let shape = Shape { lots: 2, patience: HOUR, more: TWO_ROUNDS, ..SMALL };
    let (scene, mut pen) = Scene::at_commits(&shape);
    for (who, bids) in [("bidder0.key", &BIDS_0), ("bidder1.key", &BIDS_1)] {
        scene.honestly(&mut pen, &bid(who, &bids[..2]));
    }
    pen.pass();
    for who in ["bidder0.key", "bidder1.key"] {
        scene.honestly(&mut pen, &["reveal", "board", "--key", who]);
    }
    let running = scene.keyholders();
    pen.serve_all(|pen| pen.auction().round() == 1);
    assert_eq!(pen.auction().phase(), Phase::Commits);
    drop(running);

    // The board takes one bid of bidder 1 and drops the other; and all of bidder 0.
    let (own, other) = (scene.party("bidder1"), scene.party("bidder0"));
    let drops = |_: &mut Pen, item: &Item| {
        item.signer == other || (item.signer == own && item.commits_to(0))
    };
    for who in ["bidder0.key", "bidder1.key"] {
        let better = ["B0=95.00", "B1=95.00"];
        let improve =
            [&["improve", "board", "--key", who, "--yes", "--patience", "2"], &better[..]].concat();
        ends(&pen.serve_to_the_end_of(scene.start(&improve), drops), 3, &["error[board.silent]"]);
    }
    let hand_over = |who: &str, file: &str| -> Handed {
        scene.done(&["reveal", "board", "--key", who, "--to", file]);
        read(&scene, file)
    };
    let handed = hand_over("bidder1.key", "handed");
    assert_eq!((handed.commits.len(), handed.reveals.len()), (1, 0), "sealed bids are not written");
    let last = hand_over("bidder0.key", "last");
    assert_eq!((last.commits.len(), last.reveals.len()), (2, 0));

    let witness = scene.start_aloud(&KEYHOLDER);
    scene.leave("real", &handed);
    let mut found = BTreeSet::new();
    let mut await_bytes = |bytes: &[u8]| {
        let since = Instant::now();
        while !found.contains(bytes) {
            assert!(since.elapsed() < PATIENCE, "it is not handed in: {}", scene.log());
            found.extend(pen.seize().into_iter().map(|item| item.bytes));
            std::thread::sleep(POLL);
        }
    };
    await_bytes(&handed.commits[0]);
    // It holds that one now. What only names it is another thing, and so is what is signed by nobody.
    let forged = |n: u8, bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        // Within the signature, after the signer's key.
        bytes[40 + usize::from(n % 50)] ^= 1 + n;
        bytes
    };
    for n in 0..40 {
        let commits = vec![forged(n, &handed.commits[0]), forged(n, &last.commits[0])];
        scene.leave(&format!("forged{n}"), &Handed { commits, reveals: Vec::new() });
    }
    // More than there can be.
    let commits = vec![last.commits[0].clone(); 5];
    scene.leave("too-many", &Handed { commits, reveals: Vec::new() });
    // And names and sizes as they come.
    fs::write(scene.path("reveals").join("n".repeat(255)), "rubbish").unwrap();
    fs::create_dir(scene.path("reveals/folder")).unwrap();
    let big = fs::File::create(scene.path("reveals/big")).unwrap();
    big.set_len(1 << 40).unwrap();
    scene.leave("z", &Handed { commits: vec![last.commits[1].clone()], reveals: Vec::new() });
    await_bytes(&last.commits[1]);
    std::thread::sleep(Duration::from_secs(2));
    found.extend(pen.seize().into_iter().map(|item| item.bytes));
    let real = BTreeSet::from([handed.commits[0].clone(), last.commits[1].clone()]);
    assert_eq!(found.len(), real.len(), "rubbish was handed in");
    assert_eq!(found, real);
    drop(witness);
}

/// What a keyholder's journal says that it held: whose bid, and whether its commit.
fn held(scene: &Scene, n: usize) -> Vec<(PartyKey, bool)> {
    let path = &find(&scene.path(&format!("keyholder{n}.key.state")), "journal")[0];
    let journal = Journal::open(path).unwrap();
    let held = journal.notes().iter().filter_map(|note| match note {
        Note::Received { bid, is_commit } => Some((bid.bidder, *is_commit)),
        Note::Said { .. } | Note::Erased => None,
    });
    held.collect()
}

/// Waits until something of this bidder's that the board ignores was handed in for it.
fn await_carried(scene: &Scene, pen: &Pen, who: &str) {
    let (since, party) = (Instant::now(), scene.party(who));
    loop {
        let items = pen.seize();
        if items.iter().any(|item| item.reveals().iter().any(|r| r.bid.bidder == party)) {
            return;
        }
        assert!(since.elapsed() < PATIENCE, "it is not handed in: {}", scene.log());
        std::thread::sleep(POLL);
    }
}

/// What comes so late that a board may not have had time to take it is handed in and not attested: else who
/// leaves its sealed bid with keyholders in the last instant withdraws for nothing. And what could not be
/// handed in is not attested either.
#[test]
fn a_keyholder_attests_what_came_early_enough_and_was_handed_in() {
    let shape = Shape { bidders: 3, patience: HOUR, ..SMALL };
    let (scene, mut pen) = Scene::at_commits(&shape);
    for (key, price) in
        [("bidder0.key", "B0=90.50"), ("bidder1.key", "B0=91.50"), ("bidder2.key", "B0=92.50")]
    {
        scene.honestly(&mut pen, &bid(key, &[price]));
    }
    pen.pass();
    let margin = pen.auction().terms().schedule.witness_slots;
    assert!(margin >= 50, "{margin}");
    let leave = |who: &str| {
        let reveals = vec![scene.kept(who, 0)];
        scene.leave(who, &Handed { commits: Vec::new(), reveals });
    };
    // A folder that takes nothing: what is read now was read in time.
    fs::rename(scene.path("board/inbox"), scene.path("aside")).unwrap();
    fs::write(scene.path("board/inbox"), "").unwrap();
    let mut running = scene.start_aloud(&KEYHOLDER);
    leave("bidder0");
    scene.await_word("cannot be written");
    assert!(is_running(&mut running), "{}", scene.log());
    drop(running);
    assert_eq!(held(&scene, 0), []);
    fs::remove_file(scene.path("board/inbox")).unwrap();
    fs::rename(scene.path("aside"), scene.path("board/inbox")).unwrap();

    // Within the margin, half of it before the end: carried, and no more.
    let slot = i64::try_from(margin).unwrap() * 100;
    let started = i64::try_from(pen.log.replica().board().starts).unwrap();
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let passed = i64::try_from(since.as_millis()).unwrap() - started;
    scene.set_clock(4 * HOUR_MS - passed - slot / 2);
    let running = scene.start_aloud(&KEYHOLDER);
    leave("bidder1");
    await_carried(&scene, &pen, "bidder1");
    std::thread::sleep(Duration::from_secs(1));
    drop(running);
    assert_eq!(held(&scene, 0), []);

    // Before the margin, whatever slots a board writes that is ahead of time.
    let fund = Fund { sequence: 0, party: scene.party("bidder2"), amount: 1 };
    let fund = Instruction::Fund(fund);
    let fund = keys(&scene, "custodian").identity().sign(&pen.auction().id(), &fund).unwrap();
    let last = pen.auction().deadline().unwrap();
    pen.log.append(last, &fund).unwrap().unwrap();
    scene.set_clock(4 * HOUR_MS - passed - 4 * slot);
    fs::remove_file(scene.path("reveals/bidder0")).unwrap();
    fs::remove_file(scene.path("reveals/bidder1")).unwrap();
    let running = scene.start_aloud(&KEYHOLDER);
    leave("bidder2");
    await_carried(&scene, &pen, "bidder2");
    std::thread::sleep(Duration::from_secs(1));
    drop(running);
    assert_eq!(held(&scene, 0), [(scene.party("bidder2"), false)]);
}

/// A board that lets time pass and says afterwards that bids had ended in time takes nobody's witnesses away:
/// reveals have their time from when a keyholder could see that they had begun.
#[test]
fn a_board_that_shows_the_end_of_bids_late_takes_no_witnesses_away() {
    let (scene, mut pen) = Scene::at_commits(&Shape { patience: HOUR, ..SMALL });
    for (key, price) in [("bidder0.key", "B0=90.50"), ("bidder1.key", "B0=91.50")] {
        scene.honestly(&mut pen, &bid(key, &[price]));
    }
    // By the clock of the terms reveals are over but for half of the witnesses' margin.
    let schedule = pen.auction().terms().schedule;
    let board = *pen.log.replica().board();
    let late = board.starts + (schedule.reveals_until - schedule.witness_slots / 2) * board.slot;
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let wrong_by = i64::try_from(late).unwrap() - i64::try_from(since.as_millis()).unwrap();
    scene.set_clock(wrong_by);
    let running = scene.start_aloud(&KEYHOLDER);
    scene.await_word("waiting for bids");
    std::thread::sleep(Duration::from_secs(1));
    pen.pass();
    assert_eq!(pen.auction().slot(), schedule.commits_until + 1);
    let reveals = vec![scene.kept("bidder0", 0)];
    scene.leave("bidder0", &Handed { commits: Vec::new(), reveals });
    await_carried(&scene, &pen, "bidder0");
    std::thread::sleep(Duration::from_secs(1));
    drop(running);
    assert_eq!(held(&scene, 0), [(scene.party("bidder0"), false)]);
}

// ---- keyholders for each other ----

/// A workspace with two groups: keyholder 0 alone in one, the others in one of witnesses.
fn two_groups() -> (Scene, Pen) {
    let more = "[stakes]\nbond = 10\n";
    let workspace = Workspace::open(&Shape { keyholders: 3, patience: HOUR, more, ..SMALL });
    let text = fs::read_to_string(workspace.path("terms.toml")).unwrap();
    let [alone, one, other] =
        [0, 1, 2].map(|n| format!("{:?}", workspace.name(&format!("keyholder{n}"), "keyholder")));
    let together = format!("members = [{alone}, {one}, {other}]\n");
    assert!(text.contains(&together));
    let apart = format!(
        "members = [{one}, {other}]\n\
         [[quorum]]\nname = \"alone\"\nthreshold = 1\nmembers = [{alone}]\n"
    );
    fs::write(workspace.path("terms.toml"), text.replace(&together, &apart)).unwrap();
    fs::remove_dir_all(workspace.path("board")).unwrap();
    fs::remove_file(workspace.path("terms")).unwrap();
    workspace.done(&["terms", "new", "terms.toml", "--out", "terms"]);
    workspace.done(&["open", "board", "--terms", "terms", "--key", "seller.key", "--yes"]);
    workspace.set_clock(AT_COMMITS);
    for n in 0..3 {
        fs::create_dir(workspace.path(&format!("left{n}"))).unwrap();
    }
    let scene = Scene(workspace);
    let mut pen = Pen::open(&scene);
    for who in ["keyholder0", "keyholder1", "keyholder2"] {
        scene.pay(&mut pen, who, "10");
    }
    (scene, pen)
}

/// A board drops whatever keyholder 0 says from some point on, whoever hands it in, and the lot is void without it.
/// What it said reached the others, and is not shown: with their word its bond is kept, and without it is lost.
fn dropped_from(phase: Phase, is_told: bool) {
    let (scene, mut pen) = two_groups();
    let victim = scene.party("keyholder0");
    let keyholders = [0, 1, 2].map(|n| {
        let (key, left) = (format!("keyholder{n}.key"), format!("left{n}"));
        let mut run = vec!["keyholder", "run", "board", "--key", &key, "--reveals", &left];
        if is_told && n == 0 {
            run.extend(["--tell", "left1", "--tell", "nowhere", "--tell", "left2"]);
        }
        scene.start_aloud(&run)
    });
    pen.serve_all(|pen| pen.count("deal") == 3);
    pen.pass();
    pen.pass();
    for (who, price) in [("bidder0.key", "B0=90.50"), ("bidder1.key", "B0=91.50")] {
        scene.honestly(&mut pen, &bid(who, &[price]));
    }
    pen.pass();
    let mut last = Vec::new();
    let mut handed_in = BTreeSet::new();
    let mut drops = |pen: &mut Pen, item: &Item| {
        let is_dropped = item.signer == victim && pen.auction().phase() == phase;
        if is_dropped {
            handed_in.insert(item.id());
            last = item.bytes.clone();
        }
        is_dropped
    };
    for key in ["bidder0.key", "bidder1.key"] {
        let reveal = scene.start(&["reveal", "board", "--key", key]);
        ends(&pen.serve_to_the_end_of(reveal, &mut drops), 0, &[]);
    }
    let is_out = |pen: &Pen| pen.auction().ending(0).is_some();
    if is_told {
        pen.serve(&mut drops, |pen| pen.count("vouch") == 2);
    } else {
        // What only looks like its post is nobody's word. What others would have said they say by now.
        let since = Instant::now();
        let mut forged = false;
        pen.serve(
            |pen, item| {
                let is_dropped = drops(pen, item);
                if is_dropped && !std::mem::replace(&mut forged, true) {
                    let mut bytes = item.bytes.clone();
                    bytes[50] ^= 1;
                    for left in ["left1/forged", "left2/forged"] {
                        fs::write(scene.path(left), &bytes).unwrap();
                    }
                }
                is_dropped
            },
            |_| since.elapsed() > Duration::from_secs(8),
        );
        assert!(forged);
        assert_eq!(pen.count("vouch"), 0);
    }
    assert_eq!(handed_in.len(), 1, "one post at one place");
    let since = Instant::now();
    while !is_out(&pen) {
        assert!(since.elapsed() < PATIENCE, "{:?}", pen.auction().phase());
        pen.pass();
    }
    assert!(
        matches!(pen.auction().ending(0), Some(Ending::Void(_))),
        "{:?}",
        pen.auction().ending(0)
    );
    let outcome = pen.auction().outcome().unwrap();
    let lost = |who: &str| {
        let key = scene.party(who);
        outcome.accounts.iter().find(|account| account.party == key).unwrap().forfeited
    };
    let expected = if is_told { [0, 0, 0] } else { [10, 0, 0] };
    assert_eq!(["keyholder0", "keyholder1", "keyholder2"].map(lost), expected);
    drop(keyholders);
    scene.no_occasion_twice();
}

#[test]
fn whose_endorsement_a_board_drops_keeps_its_bond_by_the_word_of_others() {
    dropped_from(Phase::Endorsing, true);
}

#[test]
fn whose_step_a_board_drops_keeps_its_bond_by_the_word_of_others() {
    dropped_from(Phase::Ranking, true);
}

#[test]
fn whose_post_nobody_holds_loses_its_bond() {
    dropped_from(Phase::Ranking, false);
}
