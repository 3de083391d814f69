//! Bids that bidders open to an auditor alone, and what keyholders decrypted.

use crate::common::{LIMIT, SMALL, Workspace, ends, says, shown, whole_records};
use rand_core::OsRng;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use talea_cli::{
    agent::Agent,
    board::notices::Notices,
    keys::{Keys, PassphraseSource, lock_for},
    replica::Replay,
};
use talea_contract::{Phase, fiat_shamir::Context, group::Generators};
use talea_protocol::{
    bytes::PartyKey,
    commitment::BidId,
    instruction::{Instruction, SignedInstruction},
    opening::{AuditorKey, Notice, Opening, Recipient},
    price::Level,
    terms::{AuctionId, Openings, Terms},
    transcript::{Entry, RecordKind},
};
use talea_sim::{run::run, scenario::Scenario};

fn keys(workspace: &Workspace, who: &str) -> Keys {
    let passphrase = PassphraseSource { file: Some(workspace.path("passphrase")) };
    Keys::open(&workspace.path(&format!("{who}.key")), &passphrase).unwrap()
}

/// An auction that is over: bidder0 bid 90.50, and bidder1 won with 91.50.
fn closed() -> Workspace {
    let workspace = Workspace::open(&SMALL);
    workspace.run_to_end(|_| None);
    workspace.done(&["key", "new", "auditor.key", "--work-factor", "4"]);
    workspace
}

/// A board like that of [`SMALL`], whose terms ask for a record of openings.
fn recorded() -> Workspace {
    let workspace = Workspace::open(&SMALL);
    let mut terms: Terms = borsh::from_slice(&fs::read(workspace.path("terms")).unwrap()).unwrap();
    terms.openings = Openings::Recorded;
    fs::write(workspace.path("recorded"), borsh::to_vec(&terms).unwrap()).unwrap();
    fs::remove_dir_all(workspace.path("board")).unwrap();
    workspace.done(&["open", "board", "--terms", "recorded", "--key", "seller.key", "--yes"]);
    workspace
}

fn open_bid(workspace: &Workspace, who: &str, out: &str) {
    let (key, auditor) = (format!("{who}.key"), workspace.name("auditor", "auditor"));
    let words = ["audit", "open", "board", "--key", &key, "--lot", "B0", "--auditor", &auditor];
    workspace.done(&[&words[..], &["--out", out]].concat());
}

fn read<'a>(file: &'a str, board: &'a str) -> [&'a str; 6] {
    ["audit", "read", file, board, "--key", "auditor.key"]
}

#[test]
fn a_bid_is_opened_to_an_auditor_and_to_nobody_else() {
    let workspace = closed();
    let auditor = workspace.name("auditor", "auditor");
    let open = ["audit", "open", "board", "--key", "bidder0.key", "--lot", "B0"];
    let to = ["--auditor", &auditor, "--out", "opening", "--json"];
    let output = workspace.run(&[&open[..], &to].concat());
    ends(&output, 0, &["it can tell others this price, and cannot prove it to them"]);
    let opened: Value = serde_json::from_str(&shown(&output)).unwrap();
    assert_eq!(opened["schema"], "talea-opening/1");
    assert_eq!((&opened["price"], &opened["round"]), (&"90.50".into(), &0.into()), "{opened}");
    // Not over what is there.
    workspace.fails(&[&open[..], &to].concat(), 2, "file.exists");

    // From the board, or from its transcript alone.
    let output = workspace.run(&read("opening", "board"));
    ends(&output, 0, &["this opening convinces you alone"]);
    let loser = workspace.name("bidder0", "party");
    let words = [&*loser, "Bond 0 (B0)", "90.50 = 90.50", "did not win", "its sealed bid is entry"];
    says(&shown(&output), &words);
    fs::copy(workspace.path("board/transcript.talea"), workspace.path("a.talea")).unwrap();
    let json = workspace.done(&[&read("opening", "a.talea")[..], &["--json"]].concat());
    let found: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(found["schema"], "talea-audit/1");
    for (field, value) in [
        ("bidder", Value::from(loser)),
        ("price", "90.50".into()),
        ("price_decimal", "90.50".into()),
        ("level", 2.into()),
        ("result", "lost".into()),
        ("later_round", Value::Null),
        ("auction", opened["auction"].clone()),
        ("auditor", auditor.into()),
    ] {
        assert_eq!(found[field], value, "{field} in {found}");
    }
    open_bid(&workspace, "bidder1", "winner");
    let json = workspace.done(&[&read("winner", "board")[..], &["--json"]].concat());
    let found: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&found["price"], &found["result"]), (&"91.50".into(), &"won".into()));

    // Nobody else reads it.
    let other = ["audit", "read", "opening", "board", "--key", "bidder1.key"];
    workspace.fails(&other, 5, "audit.auditor");
    // A changed byte, wherever it is.
    let sealed = fs::read(workspace.path("opening")).unwrap();
    for at in [sealed.len() / 3, sealed.len() - 1] {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        fs::write(workspace.path("changed"), changed).unwrap();
        let output = workspace.run(&read("changed", "board"));
        assert!(matches!(output.status.code(), Some(1 | 5)), "{at}: {output:?}");
        ends(&output, output.status.code().unwrap(), &["error[audit."]);
    }
    fs::write(workspace.path("changed"), &sealed[..sealed.len() - 9]).unwrap();
    workspace.fails(&read("changed", "board"), 1, "audit.opening");
    workspace.fails(&read("nowhere", "board"), 4, "file.unreadable");

    // A transcript that is of another auction, that breaks the rules, or that is not long enough.
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/vectors/transcripts");
    let of = |name: &str| format!("{vectors}/{name}.talea");
    workspace.fails(&read("opening", &of("first-price")), 1, "audit.other-auction");
    workspace.fails(&read("opening", &of("x4-outcome")), 1, "board.invalid");
    let transcript = fs::read(workspace.path("a.talea")).unwrap();
    fs::write(workspace.path("short.talea"), whole_records(&transcript, 2_000)).unwrap();
    workspace.fails(&read("opening", "short.talea"), 3, "not-yet");
    // Cut within a record.
    fs::write(workspace.path("cut.talea"), &transcript[..transcript.len() - 3]).unwrap();
    workspace.fails(&read("opening", "cut.talea"), 1, "board.invalid");
}

/// What an auditor would be handed, made with its own secret where it must prove something.
struct Forger {
    auditor: AuditorKey,
    replay: Replay,
    bid: BidId,
}

impl Forger {
    fn opening(&self, workspace: &Workspace, bid: BidId, level: u32) -> Opening {
        let auction = self.replay.auction().id();
        let context =
            Context { auction, lot: bid.lot, round: bid.round, step: 0, signer: bid.bidder };
        let commitment = self.replay.bid(&self.bid).unwrap().commitment;
        let auditor = keys(workspace, "auditor").auditor().unwrap();
        let gens = Generators::derive();
        let proof = auditor.simulate(&gens, &context, &commitment, Level(level), &mut OsRng);
        Opening::new(auction, bid, Level(level), proof.unwrap())
    }

    fn write(&self, workspace: &Workspace, opening: &[u8]) {
        let sealed = lock_for(&self.auditor.recipient, opening).unwrap();
        fs::write(workspace.path("forged"), sealed).unwrap();
    }
}

#[test]
fn what_an_opening_does_not_prove_is_refused_and_the_auditors_own_proves_everything() {
    let workspace = closed();
    let auditor = keys(&workspace, "auditor").auditor().unwrap().key();
    let replay = Replay::of(&workspace.path("board/transcript.talea")).unwrap();
    let bid = BidId { lot: 0, round: 0, bidder: keys(&workspace, "bidder0").party() };
    let forger = Forger { auditor, replay, bid };
    let bytes = |opening: &Opening| borsh::to_vec(opening).unwrap();
    let command = read("forged", "board");

    // The auditor makes what the bidder made, of any price: so it convinces nobody else.
    open_bid(&workspace, "bidder0", "opening");
    let unlock = |name: &str| {
        let sealed = fs::read(workspace.path(name)).unwrap();
        keys(&workspace, "auditor").unlock_file(&sealed).unwrap().to_vec()
    };
    let honest = Opening::read(&unlock("opening")).unwrap();
    assert_eq!((honest.level, unlock("opening").len()), (Level(2), Opening::BYTES));
    for (level, price) in [(2, "90.50"), (40, "100.00")] {
        let own = forger.opening(&workspace, bid, level);
        forger.write(&workspace, &bytes(&own));
        assert_eq!(unlock("forged").len(), unlock("opening").len());
        says(&workspace.done(&command), &[price]);
    }

    // A bidder does not: another price, and a proof that it was given.
    for level in [Level(1), Level(3), Level(63)] {
        forger.write(&workspace, &bytes(&Opening { level, ..honest }));
        let output = workspace.run(&command);
        ends(&output, 1, &["error[audit.opening]", "its proof does not hold for the commit"]);
    }
    // Its own opening, said of another's bid.
    let other = BidId { bidder: keys(&workspace, "bidder1").party(), ..bid };
    forger.write(&workspace, &bytes(&Opening { bid: other, ..honest }));
    ends(&workspace.run(&command), 1, &["error[audit.opening]", "does not hold"]);
    // A level that the grid does not have, even where a proof is.
    for level in [64, u32::MAX] {
        forger.write(&workspace, &bytes(&forger.opening(&workspace, bid, level)));
        let sentence = format!("level {level} is not one of the grid's 64");
        ends(&workspace.run(&command), 1, &["error[audit.opening]", &sentence]);
    }
    // Bids that were never committed.
    let nobody = PartyKey([3; 32]);
    for never in [
        BidId { bidder: nobody, ..bid },
        BidId { round: 1, ..bid },
        BidId { lot: 1, ..bid },
        BidId { lot: u32::MAX, ..bid },
    ] {
        forger.write(&workspace, &bytes(&forger.opening(&workspace, never, 2)));
        let output = workspace.run(&command);
        ends(&output, 1, &["error[audit.opening]", "the transcript shows no commit of"]);
    }
    // What is no opening, or one of another version.
    let more = [&bytes(&honest)[..], &[0]].concat();
    let old = bytes(&Opening { version: 1, ..honest });
    for rubbish in [b"rubbish".to_vec(), Vec::new(), more, old] {
        forger.write(&workspace, &rubbish);
        ends(&workspace.run(&command), 1, &["error[audit.opening]", "it holds no opening"]);
    }
    fs::File::create(workspace.path("large")).unwrap().set_len(1 << 20).unwrap();
    workspace.fails(&read("large", "board"), 2, "file.too-large");
}

#[test]
fn who_opens_what_it_has_not_bid_or_to_no_auditor_is_told_so() {
    let workspace = closed();
    let auditor = workspace.name("auditor", "auditor");
    let open = |key: &str, lot: &str, auditor: &str, more: &[&str]| {
        let words = ["audit", "open", "board", "--out", "o", "--key", key, "--lot", lot];
        workspace.run(&[&words[..], &["--auditor", auditor], more].concat())
    };
    let code = |output, status, code: &str| ends(&output, status, &[&format!("error[{code}]")]);
    code(open("seller.key", "B0", &auditor, &[]), 6, "bid.none");
    code(open("bidder0.key", "B0", &auditor, &["--round", "1"]), 6, "bid.none");
    code(open("bidder0.key", "B7", &auditor, &[]), 2, "lot.unknown");
    let agent = workspace.name("auditor", "agent");
    code(open("bidder0.key", "B0", &agent, &[]), 2, "name.malformed");
    // A key whose secret nobody knows, however well its name is written.
    let own: AuditorKey = auditor.parse().unwrap();
    let other = keys(&workspace, "board").auditor().unwrap().key();
    for rogue in [
        AuditorKey { point: other.point, ..own },
        AuditorKey { recipient: other.recipient, ..own },
        AuditorKey { possession: other.possession, ..own },
    ] {
        let output = open("bidder0.key", "B0", &rogue.to_string(), &[]);
        ends(&output, 2, &["error[name.malformed]", "is no auditor's key"]);
    }
    ends(&open("bidder0.key", "B0", "rubbish", &[]), 2, &["\"rubbish\" is no auditor"]);
    assert!(!workspace.path("o").exists());
}

/// Of small order: whatever is encrypted to it, everybody can read. Whoever made the key has proved it well.
#[test]
fn nothing_is_encrypted_to_a_key_with_which_everybody_shares_every_secret() {
    let workspace = Workspace::open(&SMALL);
    let one = [&[1][..], &[0; 31]].concat().try_into().unwrap();
    for small in [[0; 32], one] {
        let party = keys(&workspace, "beneficiary").identity();
        let auditor = talea_parties::auditor::Auditor::of(&party, Recipient(small)).key();
        let agent = Agent { party: party.party(), recipient: Recipient(small) };
        let (auditor, agent) = (auditor.to_string(), agent.to_string());
        let open = ["audit", "open", "board", "--key", "bidder0.key", "--lot", "B0", "--out", "o"];
        let bid = ["bid", "board", "--key", "bidder0.key", "--yes", "B0=90.50"];
        for words in [
            [&open[..], &["--auditor", &auditor]].concat(),
            [&bid[..], &["--agent", &agent, "--leave", "left"]].concat(),
        ] {
            let output = workspace.run(&words);
            ends(&output, 2, &["error[name.malformed]", "nothing can be encrypted to the key"]);
        }
        assert!(lock_for(&Recipient(small), b"secret").is_err());
    }
    assert_eq!(fs::read_dir(workspace.path("board/inbox")).unwrap().count(), 0);
}

/// All beginnings of a transcript that end after a whole record, the whole of it last.
fn beginnings(transcript: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut rest = &transcript[talea_protocol::transcript::MAGIC.len()..];
    while talea_cli::replica::read_record(&mut rest).unwrap().is_some() {
        found.push(&transcript[..transcript.len() - rest.len()]);
    }
    found
}

/// Keyholders, bidders and the seller can still act upon a price, also when no bid is taken any more.
#[test]
fn a_bid_on_a_lot_that_has_not_ended_is_opened_only_after_asking() {
    let workspace = closed();
    let auditor = workspace.name("auditor", "auditor");
    let transcript = fs::read(workspace.path("board/transcript.talea")).unwrap();
    let open = ["audit", "open", "a.talea", "--key", "bidder0.key", "--lot", "B0", "--out", "o"];
    let bid = BidId { lot: 0, round: 0, bidder: keys(&workspace, "bidder0").party() };
    let mut said = BTreeSet::new();
    for beginning in beginnings(&transcript) {
        fs::write(workspace.path("a.talea"), beginning).unwrap();
        let Ok(replay) = Replay::of(&workspace.path("a.talea")) else { continue };
        if replay.bid(&bid).is_none() {
            continue;
        }
        let (auction, words) = (replay.auction(), [&open[..], &["--auditor", &auditor]].concat());
        let (status, sentences): (_, &[&str]) = match (auction.ending(0), auction.phase()) {
            (Some(_), _) => (0, &["is for the auditor alone"]),
            (None, Phase::Commits) => (2, &["bids are still taken on B0", "error[not-confirmed]"]),
            (None, _) => (2, &["B0 has not ended", "as the seller", "error[not-confirmed]"]),
        };
        // One of each kind is enough.
        if !said.insert(sentences[0]) {
            continue;
        }
        ends(&workspace.run(&words), status, sentences);
        assert_eq!(workspace.path("o").exists(), status == 0);
        let _ = fs::remove_file(workspace.path("o"));
    }
    assert_eq!(said.len(), 3, "{said:?}");
}

/// A pipe gives its bytes to the first of two verifications, and nothing to the second.
#[cfg(unix)]
#[test]
fn a_transcript_that_is_no_file_is_refused_and_not_called_invalid() {
    let workspace = closed();
    open_bid(&workspace, "bidder0", "opening");
    for words in [
        &read("opening", "/dev/stdin")[..],
        &["audit", "notices", "/dev/stdin"],
        &["audit", "decryptions", "/dev/stdin"],
    ] {
        let output = workspace.command(words).stdin(Stdio::piped()).output().unwrap();
        ends(&output, 4, &["error[file.unreadable]", "/dev/stdin is no file"]);
    }
}

#[test]
fn a_bid_is_opened_while_bids_are_taken_only_after_asking() {
    let workspace = recorded();
    let auditor = workspace.name("beneficiary", "auditor");
    let time = crate::steps::Steps::of(&workspace).by_themselves();
    time.awaits(|awaited| awaited.stop_in = Some(talea_contract::Phase::Commits));
    let mut processes = Vec::new();
    for words in workspace.everybody().iter().take(3) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        processes.push(workspace.start_aloud(&words));
    }
    let bid = ["bid", "board", "--key", "bidder0.key", "--wait", "--yes", "B0=95.50"];
    workspace.done(&bid);
    let words = ["audit", "open", "board", "--key", "bidder0.key", "--lot", "0", "--out", "o"];
    let open = [&words[..], &["--auditor", &auditor]].concat();
    ends(&workspace.run(&open), 2, &["bids are still taken on B0", "error[not-confirmed]"]);
    assert!(!workspace.path("o").exists());
    ends(&workspace.run(&[&open[..], &["--yes"]].concat()), 0, &["bids are still taken on B0"]);
    // The board takes the notice while it runs.
    let since = Instant::now();
    while !workspace.path("board/notices").exists() {
        assert!(since.elapsed() < LIMIT, "{}", workspace.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    let reading = ["audit", "read", "o", "board", "--key", "beneficiary.key"];
    says(
        &workspace.done(&reading),
        &["95.50", "there is no outcome yet", "it is not revealed so far"],
    );
}

/// The number of decryption shares by the entries themselves.
fn shares_by_signer(transcript: &[u8]) -> std::collections::BTreeMap<String, (usize, usize)> {
    let mut found = std::collections::BTreeMap::new();
    let mut rest = &transcript[talea_protocol::transcript::MAGIC.len()..];
    while let Some((kind, body)) = talea_cli::replica::read_record(&mut rest).unwrap() {
        if kind != RecordKind::Entry {
            continue;
        }
        let entry: Entry = borsh::from_slice(&body).unwrap();
        let signed: SignedInstruction = borsh::from_slice(&entry.instruction).unwrap();
        if let Ok(Instruction::Decrypt(post)) = borsh::from_slice(&signed.payload) {
            let (entries, shares) = found.entry(signed.signer.to_string()).or_insert((0, 0));
            (*entries, *shares) = (*entries + 1, *shares + post.shares.len());
        }
    }
    found
}

#[test]
fn every_decryption_share_is_listed_with_its_question_and_what_it_opened() {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let folder = tempfile::tempdir().unwrap();
    let decryptions = |transcript: &[u8], more: &[&str]| {
        let path = folder.path().join("a.talea");
        fs::write(&path, transcript).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_talea"));
        command.current_dir(folder.path()).args(["audit", "decryptions", "a.talea"]).args(more);
        command.output().unwrap()
    };
    let mut topics = BTreeSet::new();
    for name in ["bwic.toml", "rounds.toml"] {
        let scenario = fs::read_to_string(scenarios.join(name)).unwrap();
        let scenario = Scenario::from_text(&scenario, Path::new("")).unwrap();
        let mut transcript = Vec::new();
        run(&scenario, (scenario.seed, 0), &mut transcript).unwrap();
        let output = decryptions(&transcript, &["--json"]);
        let all: Value = serde_json::from_str(&shown(&output)).unwrap();
        assert_eq!(
            (&all["schema"], &all["verdict"]),
            (&"talea-decryptions/1".into(), &"valid".into())
        );
        let mut posted = shares_by_signer(&transcript);
        let keyholders = all["keyholders"].as_array().unwrap();
        for row in keyholders {
            let posts = row["posts"].as_array().unwrap();
            let expected = posted.remove(row["party"].as_str().unwrap()).unwrap_or_default();
            let shares = row["shares"].as_u64().unwrap() as usize;
            assert_eq!((posts.len(), shares), expected, "{name}: {}", row["keyholder"]);
        }
        assert!(posted.is_empty(), "{name}");
        // Every post is of a step, and every step opened as many numbers as it says.
        let steps = all["steps"].as_array().unwrap();
        let key = |of: &Value| ["lot", "round", "step"].map(|field| of[field].as_u64().unwrap());
        let known: BTreeSet<_> = steps.iter().map(key).collect();
        let posts = keyholders.iter().flat_map(|row| row["posts"].as_array().unwrap());
        assert!(posts.clone().count() > 0 && posts.clone().all(|post| known.contains(&key(post))));
        for step in steps {
            topics.insert(step["for"].as_str().unwrap().to_owned());
            if step["question"] == "open" {
                assert_eq!(step["values"].as_array().unwrap().len() as u64, step["items"]);
            }
        }
        // Of one keyholder alone.
        let one = keyholders[0]["party"].as_str().unwrap();
        let place = keyholders[0]["keyholder"].as_str().unwrap();
        for name in [one, place] {
            let output = decryptions(&transcript, &["--json", "--keyholder", name]);
            let own: Value = serde_json::from_str(&shown(&output)).unwrap();
            assert_eq!(own["keyholders"], serde_json::json!([keyholders[0]]));
        }
        let text = shown(&decryptions(&transcript, &[]));
        says(&text, &["shares in", "are zero, and nothing", "decrypted nothing else"]);
        assert_eq!(text.contains("counts are at most"), name == "rounds.toml");
        // What breaks the rules shows nothing.
        let mut broken = transcript.clone();
        let at = broken.len() - 1;
        broken[at] ^= 1;
        ends(&decryptions(&broken, &[]), 1, &["error[board.invalid]"]);
        let stranger = PartyKey([3; 32]).to_string();
        ends(&decryptions(&transcript, &["--keyholder", &stranger]), 2, &["is no keyholder"]);
        ends(&decryptions(&transcript, &["--keyholder", "7.9"]), 2, &["error[name.malformed]"]);
    }
    let expected = ["price-search", "survey-depth", "winners"];
    assert!(expected.iter().all(|topic| topics.contains(*topic)), "{topics:?}");
}

/// How many notices are on the record.
fn on_record(workspace: &Workspace) -> usize {
    let json = workspace.done(&["audit", "notices", "board", "--json"]);
    let record: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(record["schema"], "talea-notices/1");
    record["notices"].as_array().unwrap().len()
}

/// A board that is over looks through its inbox once more.
fn take_notices(workspace: &Workspace) {
    workspace.done(&["board", "run", "board", "--key", "board.key", "--yes"]);
    assert_eq!(fs::read_dir(workspace.path("board/inbox")).unwrap().count(), 0);
}

fn hand_in(workspace: &Workspace, name: &str, bytes: &[u8]) {
    fs::write(workspace.path("board/inbox").join(name), bytes).unwrap();
}

/// A record, `never`, with a notice of a bid that was never committed, signed by bidder and board.
fn never_committed(workspace: &Workspace) {
    let folder = workspace.path("dishonest");
    fs::create_dir(&folder).unwrap();
    let transcript = folder.join("transcript.talea");
    fs::copy(workspace.path("board/transcript.talea"), &transcript).unwrap();
    let replay = Replay::of(&transcript).unwrap();
    let (auction, bidder) = (replay.auction().id(), keys(workspace, "bidder0").identity());
    let bid = BidId { lot: 0, round: 1, bidder: bidder.party() };
    let auditor = keys(workspace, "auditor").auditor().unwrap().key();
    let signature = bidder.sign_bytes(&Notice::signed_bytes(&auction, &bid, &auditor));
    let notice = Notice { auction, bid, auditor, signature };
    let mut notices = Notices::open(&transcript, &replay).unwrap().unwrap();
    let board = keys(workspace, "board").identity();
    assert_eq!(notices.take(&notice, 1, &board, |_| true).unwrap(), Ok(true));
    fs::rename(folder.join("notices"), workspace.path("never")).unwrap();
}

#[test]
fn where_the_terms_ask_for_a_record_an_opening_is_read_only_once_it_is_on_it() {
    let workspace = recorded();
    workspace.run_to_end(|_| None);
    workspace.done(&["key", "new", "auditor.key", "--work-factor", "4"]);
    says(&workspace.done(&["audit", "notices", "board"]), &["no opening is on the record"]);
    open_bid(&workspace, "bidder0", "opening");
    let command = read("opening", "board");
    ends(&workspace.run(&command), 3, &["error[audit.notice]", "has no notice of this bid to you"]);
    take_notices(&workspace);
    assert_eq!(on_record(&workspace), 1);
    let json = workspace.done(&[&command[..], &["--json"]].concat());
    let found: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&found["notice"], &found["price"]), (&1.into(), &"90.50".into()), "{found}");
    // It names bid and auditor, and no price.
    let line = fs::read_to_string(workspace.path("board/notices")).unwrap();
    assert!(line.contains(&workspace.name("auditor", "auditor")) && !line.contains("price"));
    // A transcript has its record beside it, or somewhere.
    fs::copy(workspace.path("board/transcript.talea"), workspace.path("a.talea")).unwrap();
    workspace.fails(&read("opening", "a.talea"), 3, "audit.notice");
    workspace.done(&[&read("opening", "a.talea")[..], &["--notices", "board/notices"]].concat());
    // It is of this auditor's opening alone.
    let other = workspace.name("beneficiary", "auditor");
    let open = ["audit", "open", "a.talea", "--key", "bidder0.key", "--lot", "B0", "--out", "o"];
    let output = workspace.run(&[&open[..], &["--auditor", &other]].concat());
    ends(&output, 0, &["put o.notice into the inbox of the board's folder"]);
    let reading = ["audit", "read", "o", "board", "--key", "beneficiary.key"];
    workspace.fails(&reading, 3, "audit.notice");
    // Once is once.
    let notice = fs::read(workspace.path("opening.notice")).unwrap();
    hand_in(&workspace, "again", &notice);
    take_notices(&workspace);
    assert_eq!(on_record(&workspace), 1);
    fs::copy(workspace.path("o.notice"), workspace.path("board/inbox/o")).unwrap();
    take_notices(&workspace);
    assert_eq!(on_record(&workspace), 2);
    workspace.done(&reading);

    // What a board has dropped, changed or put in another order.
    let record = fs::read_to_string(workspace.path("board/notices")).unwrap();
    let lines: Vec<&str> = record.lines().collect();
    let with = |text: &str| {
        fs::write(workspace.path("n"), text).unwrap();
        workspace.run(&[&command[..], &["--notices", "n"]].concat())
    };
    ends(&with(&format!("{}\n", lines[0])), 0, &[]);
    ends(&with(""), 3, &["error[audit.notice]"]);
    ends(&with(&format!("{}\n", lines[1])), 1, &["error[audit.record]", "notice 1"]);
    ends(&with(&format!("{}\n{}\n", lines[1], lines[0])), 1, &["error[audit.record]"]);
    ends(&with(&format!("{0}\n{0}\n", lines[0])), 1, &["error[audit.record]", "notice 2"]);
    ends(&with(&record.replacen("\"slot\":", "\"slot\":1", 1)), 1, &["error[audit.record]"]);
    ends(&with(&record.replacen("\"round\":0", "\"round\":1", 1)), 1, &["error[audit.record]"]);
    ends(&with(&"x".repeat(5_000)), 1, &["error[audit.record]", "too long"]);
    // A record that is newer than a transcript is not broken for that.
    let transcript = fs::read(workspace.path("a.talea")).unwrap();
    fs::write(workspace.path("short.talea"), whole_records(&transcript, 2_000)).unwrap();
    let older = ["audit", "notices", "short.talea", "--notices", "board/notices"];
    let output = workspace.run(&older);
    ends(&output, 0, &["2 more notices are of bids that this transcript does not show yet"]);
    says(&shown(&output), &["no opening is on the record"]);
    // Once there is an outcome, there are no more commits.
    never_committed(&workspace);
    let words = ["audit", "notices", "a.talea", "--notices", "never"];
    ends(&workspace.run(&words), 1, &["error[audit.record]", "shows no commit of this bid"]);
    // Half a line, after a crash.
    ends(&with(&format!("{}\n{{\"auction\"\n{}\n", lines[0], lines[1])), 0, &[]);
}

#[test]
fn a_record_takes_what_bidders_have_signed_of_their_own_bids_and_eight_of_each() {
    let workspace = recorded();
    workspace.run_to_end(|_| None);
    let replay = Replay::of(&workspace.path("board/transcript.talea")).unwrap();
    let (auction, bidder) = (replay.auction().id(), keys(&workspace, "bidder0").identity());
    let bid = BidId { lot: 0, round: 0, bidder: bidder.party() };
    let auditor = keys(&workspace, "beneficiary").auditor().unwrap().key();
    let notice = |auction: AuctionId, bid: BidId, auditor: AuditorKey| {
        let signature = bidder.sign_bytes(&Notice::signed_bytes(&auction, &bid, &auditor));
        Notice { auction, bid, auditor, signature }
    };
    let good = notice(auction, bid, auditor);
    let other = keys(&workspace, "bidder1").party();
    let rogue = AuditorKey { recipient: Recipient([1; 32]), ..auditor };
    for (name, bad) in [
        ("of-another", notice(auction, BidId { bidder: other, ..bid }, auditor)),
        ("never-committed", notice(auction, BidId { round: 1, ..bid }, auditor)),
        ("of-no-lot", notice(auction, BidId { lot: 9, ..bid }, auditor)),
        ("elsewhere", notice(AuctionId([1; 32]), bid, auditor)),
        ("to-nobody", notice(auction, bid, rogue)),
        ("unsigned", Notice { signature: notice(auction, bid, rogue).signature, ..good }),
    ] {
        hand_in(&workspace, name, &bad.write());
    }
    hand_in(&workspace, "longer", &[&good.write()[..], &[0]].concat());
    hand_in(&workspace, "shorter", &good.write()[..100]);
    take_notices(&workspace);
    assert!(!workspace.path("board/notices").exists());
    for n in 0..10 {
        let party = talea_parties::identity::Identity::from_seed(&[n; 32]);
        let auditor = talea_parties::auditor::Auditor::of(&party, Recipient([n; 32])).key();
        hand_in(&workspace, &n.to_string(), &notice(auction, bid, auditor).write());
    }
    take_notices(&workspace);
    assert_eq!(on_record(&workspace), 8);
    // Whoever opens it to a ninth is told so at once; to one of the eight, or another bid, is no matter.
    let open = |who: &str, out: &str| {
        let (key, auditor) = (format!("{who}.key"), workspace.name("beneficiary", "auditor"));
        let words = ["audit", "open", "board", "--key", &key, "--lot", "B0", "--out", out];
        workspace.run(&[&words[..], &["--auditor", &auditor]].concat())
    };
    let (auditor, both) =
        (workspace.name("beneficiary", "auditor"), ["--out", "o", "--notice", "o"]);
    let words = ["audit", "open", "board", "--key", "bidder1.key", "--lot", "B0", "--auditor"];
    workspace.fails(&[&words[..], &[&auditor], &both].concat(), 2, "file.exists");
    assert!(!workspace.path("o").exists());
    let full = open("bidder0", "ninth");
    ends(&full, 6, &["error[refused]", "this bid was opened to 8 auditors"]);
    assert!(!workspace.path("ninth").exists() && !workspace.path("ninth.notice").exists());
    ends(&open("bidder1", "other"), 0, &[]);
    // A record that somebody changed is not continued.
    let record = fs::read_to_string(workspace.path("board/notices")).unwrap();
    fs::write(workspace.path("board/notices"), record.replacen("\"lot\":0", "\"lot\":1", 1))
        .unwrap();
    workspace.fails(&["board", "run", "board", "--key", "board.key", "--yes"], 1, "audit.record");
}

#[test]
fn where_the_terms_ask_for_no_record_there_is_none() {
    let workspace = closed();
    open_bid(&workspace, "bidder0", "opening");
    assert!(!workspace.path("opening.notice").exists());
    hand_in(&workspace, "notice", b"talea notice 1\n");
    take_notices(&workspace);
    assert!(!workspace.path("board/notices").exists());
    workspace.fails(&["audit", "notices", "board"], 6, "refused");
}
