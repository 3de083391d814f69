//! The board over HTTP: real processes and real sockets on 127.0.0.1.

use crate::{
    common::{LIMIT, Running, SMALL, Shape, Workspace, ends},
    steps,
};
use rand_core::OsRng;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, ErrorKind, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::Path,
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use talea_cli::{
    board::{
        checkpoint::{Checkpoint, Receipt},
        folder::Folder,
        http,
        log::Log,
    },
    keys::{Keys, PassphraseSource},
    replica::Replica,
};
use talea_contract::Phase;
use talea_parties::{bidder::Bidder, identity::Identity};
use talea_protocol::{
    bytes::Digest,
    instruction::{Fund, Instruction},
    price::Level,
    transcript::Genesis,
};
use talea_replay::merkle;

/// Slots of 100 ms in an hour.
const HOUR: u64 = 36_000;
/// How wrong clocks are here: a minute into the hour of commits.
const AT_COMMITS: i64 = 2 * 3_600_000 + 60_000;
const LONG: Shape = Shape { patience: HOUR, ..SMALL };

// ---- a server, and who asks it ----

struct Server {
    running: Running,
    address: SocketAddr,
    /// The auctions, by name.
    names: Vec<String>,
}

/// An answer.
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Answer {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", self.text()))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// That it is a problem with this status and this code.
    #[track_caller]
    fn is_problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.headers["content-type"], "application/problem+json");
        let problem = self.json();
        assert_eq!((&problem["code"], &problem["status"]), (&code.into(), &status.into()));
        assert!(problem["detail"].is_string() && problem["title"].is_string(), "{problem}");
        problem
    }

    /// The entry and the receipt of an instruction that was accepted.
    #[track_caller]
    fn receipt(&self) -> (u64, Receipt) {
        assert_eq!(self.status, 200, "{}", self.text());
        let answer = self.json();
        assert_eq!(
            (&answer["state"], &answer["schema"]),
            (&"accepted".into(), &"talea-board/1".into())
        );
        let receipt: Receipt = serde_json::from_value(answer["receipt"].clone()).unwrap();
        receipt.verify().unwrap();
        assert_eq!(answer["entry"], receipt.entry);
        (receipt.entry, receipt)
    }
}

/// Reads an answer from a stream that ends with it.
fn read_answer(stream: &mut impl Read) -> std::io::Result<Answer> {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Err(error) if error.kind() != ErrorKind::UnexpectedEof || bytes.is_empty() => {
            return Err(error);
        }
        _ => {}
    }
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.ok_or(ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().unwrap()[9..12].parse().unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers: BTreeMap<String, String> =
        headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let body = bytes[end + 4..].to_vec();
    if headers.get("content-length").is_some_and(|length| length.parse() != Ok(body.len())) {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(Answer { status, headers, body })
}

/// A request that is its connection's last.
fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: board\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

fn ask(address: SocketAddr, request: &[u8]) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    stream.write_all(request)?;
    read_answer(&mut stream)
}

const OCTETS: (&str, &str) = ("content-type", "application/octet-stream");

impl Server {
    /// Serves these folders.
    fn start(workspace: &Workspace, folders: &[&str], more: &[&str]) -> Self {
        Self::start_with(workspace, folders, more, &[])
    }

    fn start_with(
        workspace: &Workspace,
        folders: &[&str],
        more: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let words = [&["board", "serve"], folders, &["--key", "board.key", "--yes"]].concat();
        let listen = ["--listen", "127.0.0.1:0"];
        let mut command = workspace.command(&[&words[..], &listen, more].concat());
        command.envs(variables.iter().copied());
        let path = workspace.path("log");
        let log = fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut names = Vec::new();
        let mut at = None;
        for _ in folders {
            let Some(Ok(line)) = lines.next() else { panic!("no server: {}", workspace.log()) };
            let (_, rest) = line.split_once("://").unwrap();
            let (address, name) = rest.split_once("/a/").unwrap();
            at = Some(address.parse().unwrap());
            names.push(name.to_owned());
        }
        Self { running: Running(Some(child)), address: at.unwrap(), names }
    }

    fn path(&self, of_auction: &str) -> String {
        format!("/v1/auctions/{}{of_auction}", self.names[0])
    }

    #[track_caller]
    fn get(&self, path: &str) -> Answer {
        ask(self.address, &request("GET", path, &[], b"")).unwrap()
    }

    /// Something of the first auction.
    #[track_caller]
    fn of_auction(&self, path: &str) -> Answer {
        self.get(&self.path(path))
    }

    #[track_caller]
    fn range(&self, path: &str, begin: usize) -> Answer {
        let range = format!("bytes={begin}-");
        ask(self.address, &request("GET", &self.path(path), &[("range", &range)], b"")).unwrap()
    }

    fn try_post(&self, instruction: &[u8]) -> std::io::Result<Answer> {
        let path = self.path("/instructions");
        ask(self.address, &request("POST", &path, &[OCTETS], instruction))
    }

    #[track_caller]
    fn post(&self, instruction: &[u8]) -> Answer {
        self.try_post(instruction).unwrap()
    }

    fn kill(self) {
        drop(self.running);
    }
}

fn keys(workspace: &Workspace, who: &str) -> Keys {
    let passphrase = PassphraseSource { file: Some(workspace.path("passphrase")) };
    Keys::open(&workspace.path(&format!("{who}.key")), &passphrase).unwrap()
}

fn replica(workspace: &Workspace) -> Replica {
    Replica::of(&Folder::new(workspace.path("board"))).unwrap()
}

/// The custodian's instructions, from a sequence number on.
fn funds(workspace: &Workspace, numbers: std::ops::Range<u64>) -> Vec<Vec<u8>> {
    let custodian = keys(workspace, "custodian").identity();
    let id = replica(workspace).auction().id();
    let party = keys(workspace, "bidder0").party();
    let fund = |sequence| Instruction::Fund(Fund { sequence, party, amount: 5 });
    numbers.map(|sequence| custodian.sign(&id, &fund(sequence)).unwrap()).collect()
}

/// Lets keyholders deal, and time pass until commits are due.
fn until_commits(workspace: &Workspace) {
    workspace.set_clock(AT_COMMITS);
    let mut log = Log::open(&Folder::new(workspace.path("board"))).unwrap();
    for who in 0..workspace.keyholders {
        let candidate = keys(workspace, &format!("keyholder{who}")).candidate().unwrap();
        let auction = log.replica().auction();
        let (deal, _) = candidate.deal(auction, &mut OsRng).unwrap();
        let slot = auction.slot();
        log.append(slot, &deal).unwrap().unwrap();
    }
    let board = keys(workspace, "board").identity();
    while log.replica().auction().phase() != Phase::Commits {
        let auction = log.replica().auction();
        let tick = board.sign(&auction.id(), &Instruction::Tick).unwrap();
        let slot = auction.deadline().unwrap() + 1;
        log.append(slot, &tick).unwrap().unwrap();
    }
    log.sync().unwrap();
}

/// Commits of so many new bidders, on every lot by turns.
fn commits(workspace: &Workspace, count: usize) -> Vec<Vec<u8>> {
    let replica = replica(workspace);
    let lots = u32::try_from(workspace.lots).unwrap();
    let commit = |number: u32| {
        let bidder = Bidder::new(Identity::generate(&mut OsRng));
        let (lot, level) = (number % lots, Level(number % 64));
        bidder.commit(replica.auction(), lot, level, &mut OsRng).unwrap().commit
    };
    (0..).take(count).map(commit).collect()
}

// ---- what is posted and what is read ----

#[test]
fn a_post_is_answered_with_a_receipt_that_holds_also_after_a_restart() {
    let workspace = Workspace::open(&LONG);
    let server = Server::start(&workspace, &["board"], &[]);
    let posts = funds(&workspace, 0..3);
    let (entry, first) = server.post(&posts[0]).receipt();
    assert_eq!(entry, 1);
    assert_eq!(server.post(&posts[1]).receipt().0, 2);
    // The same bytes are the same entry.
    let (entry, again) = server.post(&posts[0]).receipt();
    assert_eq!((entry, &again.body), (1, &first.body));
    let id = hex::encode(Digest::of(&[&posts[0]]).0);
    assert_eq!(server.of_auction(&format!("/answers/{id}")).receipt().0, 1);
    // Out of turn: the rules say no, and the answer is kept.
    let problem = server.post(&funds(&workspace, 9..10)[0]).is_problem(422, "refused");
    let id = hex::encode(Digest::of(&[&funds(&workspace, 9..10)[0]]).0);
    let kept = server.of_auction(&format!("/answers/{id}")).is_problem(422, "refused");
    assert_eq!((&problem["check"], &problem["detail"]), (&kept["check"], &kept["detail"]));

    server.kill();
    let server = Server::start(&workspace, &["board"], &[]);
    assert_eq!(server.post(&posts[0]).receipt().0, 1);
    assert_eq!(server.post(&posts[2]).receipt().0, 3);
    first.is_kept(&replica(&workspace), &[]).unwrap();
    let report = workspace.done(&["status", "board", "--json"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["board_signatures"]["signed_entries"], 3);
}

#[test]
fn everything_that_is_read_says_what_the_folder_says() {
    let workspace = Workspace::open(&LONG);
    let server = Server::start(&workspace, &["board"], &[]);
    let before = fs::read(workspace.path("board/transcript.talea")).unwrap().len();
    for fund in &funds(&workspace, 0..5) {
        server.post(fund).receipt();
    }
    let folder = |name: &str| fs::read(workspace.path("board").join(name)).unwrap();
    let (transcript, checkpoints) = (folder("transcript.talea"), folder("checkpoints"));
    let replica = replica(&workspace);

    let whole = server.of_auction("/transcript");
    assert_eq!((whole.status, &whole.body), (200, &transcript));
    let rest = server.range("/transcript", before);
    assert_eq!((rest.status, &rest.body[..]), (206, &transcript[before..]));
    let shown = format!("bytes {before}-{}/{}", transcript.len() - 1, transcript.len());
    assert_eq!(rest.headers["content-range"], shown);
    let nothing = server.range("/transcript", transcript.len());
    nothing.is_problem(416, "not-yet");
    assert_eq!(nothing.headers["content-range"], format!("bytes */{}", transcript.len()));
    assert_eq!(server.of_auction("/checkpoints").body, checkpoints);
    assert_eq!(server.range("/checkpoints", 10).body, checkpoints[10..]);

    let status = server.of_auction("").json();
    assert_eq!((&status["entries"], &status["phase"]), (&5.into(), &"Deals".into()));
    assert_eq!(status["transcript_bytes"], transcript.len());
    assert_eq!(status["head"], hex::encode(replica.auction().head().0));
    assert_eq!(status["lots"][0]["state"], "open");
    let checkpoint: Checkpoint =
        serde_json::from_value(server.of_auction("/checkpoint").json()).unwrap();
    assert!(checkpoint.is_of(&replica) && checkpoint.entries == 5);
    assert_eq!(server.get("/v1/auctions").json()["auctions"][0]["auction"], status["auction"]);

    let page = server.of_auction("/entries?from=2&limit=3").json();
    assert_eq!((page["entries"].as_array().unwrap().len(), &page["next"]), (3, &5.into()));
    assert_eq!(
        (&page["entries"][0]["number"], &page["entries"][0]["kind"]),
        (&2.into(), &"fund".into())
    );
    assert_eq!(page["entries"][0]["id"], hex::encode(replica.line(2).unwrap().id.0));
    assert_eq!(server.of_auction("/entries?from=5").json()["next"], Value::Null);
    let receipt: Receipt = serde_json::from_value(server.of_auction("/receipts/4").json()).unwrap();
    receipt.verify().unwrap();
    receipt.is_kept(&replica, &[]).unwrap();

    let proof = server.of_auction("/consistency?from=2&to=5").json();
    let hash =
        |text: &Value| Digest(hex::decode(text.as_str().unwrap()).unwrap().try_into().unwrap());
    let hashes: Vec<Digest> = proof["proof"].as_array().unwrap().iter().map(hash).collect();
    let (one, other) = (hash(&proof["from_root"]), hash(&proof["to_root"]));
    assert!(merkle::is_consistent((2, one), (5, other), &hashes));
    assert_eq!(replica.root_after(5), Some(other));

    let terms = server.of_auction("/terms").json();
    assert_eq!(terms["terms"]["schema"], "talea-terms/2");
    assert!(terms["words"].as_str().unwrap().contains("Bond 0"));
    let genesis = {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        STANDARD.decode(terms["genesis"].as_str().unwrap()).unwrap()
    };
    let genesis: Genesis = borsh::from_slice(&genesis).unwrap();
    let opened =
        talea_contract::Auction::open(genesis.slot, &genesis.terms, &genesis.signature).unwrap();
    assert_eq!(opened.id(), replica.auction().id());

    assert_eq!(server.of_auction("/dues/0.1").json()["dues"], serde_json::json!([]));
    server.of_auction("/outcome").is_problem(404, "not-yet");
    server.of_auction("/receipts/6").is_problem(404, "not-yet");
    server.of_auction("/consistency?from=2&to=6").is_problem(404, "not-yet");
}

/// Lets the custodian put in so much money, before anybody serves the board.
fn fund_often(workspace: &Workspace, count: u64) {
    let mut log = Log::open(&Folder::new(workspace.path("board"))).unwrap();
    for fund in &funds(workspace, 0..count) {
        let slot = log.replica().auction().slot();
        log.append(slot, fund).unwrap().unwrap();
    }
    log.sync().unwrap();
}

#[test]
fn a_page_of_entries_is_small_and_the_pages_have_every_entry_once() {
    let workspace = Workspace::open(&LONG);
    fund_often(&workspace, 250);
    let server = Server::start(&workspace, &["board"], &[]);
    let (mut numbers, mut next) = (Vec::new(), Value::from(1));
    while let Some(from) = next.as_u64() {
        let answer = server.of_auction(&format!("/entries?from={from}&limit=100000"));
        assert!(answer.body.len() <= 1 << 16, "{}", answer.body.len());
        let page = answer.json();
        let found = page["entries"].as_array().unwrap().iter();
        numbers.extend(found.map(|entry| entry["number"].as_u64().unwrap()));
        next = page["next"].clone();
    }
    assert_eq!(numbers, (1..=250).collect::<Vec<u64>>());
}

#[test]
fn whoever_waits_for_more_is_told_when_there_is_more() {
    let workspace = Workspace::open(&LONG);
    let server = Server::start(&workspace, &["board"], &[]);
    let length = fs::read(workspace.path("board/transcript.talea")).unwrap().len();
    let path = server.path("/transcript?wait=30");
    let range = format!("bytes={length}-");
    let asking = request("GET", &path, &[("range", &range)], b"");
    let address = server.address;
    let waiting = std::thread::spawn(move || ask(address, &asking).unwrap());
    server.post(&funds(&workspace, 0..1)[0]).receipt();
    let answer = waiting.join().unwrap();
    let transcript = fs::read(workspace.path("board/transcript.talea")).unwrap();
    assert_eq!((answer.status, &answer.body[..]), (206, &transcript[length..]));
}

#[test]
fn events_tell_of_every_entry_once_and_go_on_where_they_were() {
    let workspace = Workspace::open(&LONG);
    let server = Server::start(&workspace, &["board"], &[]);
    let posts = funds(&workspace, 0..4);
    server.post(&posts[0]).receipt();
    let events = |last: Option<&str>| {
        let headers: Vec<_> = last.iter().map(|last| ("last-event-id", *last)).collect();
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(&request("GET", &server.path("/events"), &headers, b"")).unwrap();
        BufReader::new(stream).lines().map(Result::unwrap)
    };
    let mut live = events(None);
    let status = live.by_ref().find_map(|line| line.strip_prefix("data: ").map(str::to_owned));
    let status: Value = serde_json::from_str(&status.unwrap()).unwrap();
    assert_eq!(status["entries"], 1, "what was before is not told again");
    for post in &posts[1..] {
        server.post(post).receipt();
    }
    let ids = live.filter_map(|line| line.strip_prefix("id: ").map(str::to_owned));
    assert_eq!(ids.take(3).collect::<Vec<_>>(), ["2", "3", "4"]);
    let ids = events(Some("2")).filter_map(|line| line.strip_prefix("id: ").map(str::to_owned));
    assert_eq!(ids.take(2).collect::<Vec<_>>(), ["3", "4"]);
}

#[test]
fn an_auction_is_held_over_the_inbox_while_others_read_it_over_http() {
    let workspace = Workspace::open(&SMALL);
    let server = Server::start(&workspace, &["board"], &[]);
    let parties = workspace.everybody();
    let mut children: Vec<_> = parties[1..].iter().map(|words| workspace.spawn(words)).collect();
    let (since, mut dues) = (Instant::now(), 0);
    while !children.iter_mut().all(|child| child.try_wait().unwrap().is_some()) {
        if since.elapsed() > LIMIT {
            children.iter_mut().for_each(|child| drop(child.kill()));
            panic!("it came to a stand\n{}", workspace.log());
        }
        let due = server.of_auction("/dues/0.1").json();
        dues += due["dues"].as_array().unwrap().len();
        std::thread::sleep(Duration::from_millis(5));
    }
    let outcome = server.of_auction("/outcome").json();
    assert_eq!(outcome["lots"][0]["state"], "sold", "{outcome}\n{}", workspace.log());
    assert_eq!(server.of_auction("").json()["closed"], true);
    assert!(dues > 0, "nothing was ever due");
    let transcript = server.of_auction("/transcript").body;
    assert_eq!(transcript, fs::read(workspace.path("board/transcript.talea")).unwrap());
    server.kill();
    workspace.check();
}

#[test]
fn the_same_bytes_by_the_inbox_and_by_a_post_are_answered_on_both_ways() {
    let workspace = Workspace::open(&LONG);
    let folder = Folder::new(workspace.path("board"));
    let posts = funds(&workspace, 0..9);
    let server = Server::start(&workspace, &["board"], &[]);
    for (at, post) in posts.iter().enumerate() {
        let id = folder.hand_in(post).unwrap();
        let (entry, _) = server.post(post).receipt();
        assert_eq!(entry, at as u64 + 1);
        let since = Instant::now();
        while folder.waits(&id) {
            assert!(since.elapsed() < LIMIT, "it still waits");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    assert_eq!(server.of_auction("").json()["entries"], posts.len());
}

#[test]
fn one_process_serves_several_auctions_and_mixes_none() {
    let workspace = Workspace::open(&LONG);
    workspace.done(&["terms", "new", "terms.toml", "--out", "other-terms"]);
    let words = ["open", "other", "--terms", "other-terms", "--key", "seller.key", "--yes"];
    workspace.done(&words);
    let server = Server::start(&workspace, &["board", "other"], &[]);
    let list = server.get("/v1/auctions").json();
    assert_eq!(list["auctions"].as_array().unwrap().len(), 2);
    let of_board = replica(&workspace).auction().id().to_string();
    let other = server.names.iter().find(|name| **name != of_board).unwrap();
    let fund = &funds(&workspace, 0..1)[0];
    let post = |name: &str| {
        let path = format!("/v1/auctions/{name}/instructions");
        ask(server.address, &request("POST", &path, &[OCTETS], fund)).unwrap()
    };
    assert_eq!(post(other).is_problem(422, "refused")["check"], "E2");
    assert_eq!(post(&of_board).receipt().0, 1);
    let status = server.get(&format!("/v1/auctions/{other}")).json();
    assert_eq!((&status["entries"], &status["auction"]), (&0.into(), &other.as_str().into()));
    // Each of them has its one process.
    workspace.fails(&["board", "run", "other", "--key", "board.key", "--yes"], 4, "board.busy");
}

#[test]
fn what_is_posted_before_a_deadline_is_in_time_and_what_is_posted_after_it_is_not() {
    let workspace = Workspace::open(&LONG);
    until_commits(&workspace);
    let replica_before = replica(&workspace);
    let deadline = replica_before.auction().deadline().unwrap();
    let end = replica_before.board().clock().end_of(deadline);
    let end = end.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let set = |ms: u128| steps::set(&workspace.path("clock"), &format!("at {ms}"));
    let posts = commits(&workspace, 3);
    set(end - 1);
    let server = Server::start(&workspace, &["board"], &[]);
    let (entry, _) = server.post(&posts[0]).receipt();
    // Before time passes, the board says until when.
    let due = &server.of_auction("").json()["deadline"];
    assert_eq!(
        (&due["slot"], u128::from(due["time_ms"].as_u64().unwrap())),
        (&deadline.into(), end)
    );
    set(end + 250);
    let since = Instant::now();
    while server.of_auction("").json()["phase"] == "Commits" {
        assert!(since.elapsed() < LIMIT, "the deadline does not pass");
    }
    for late in &posts[1..] {
        assert_eq!(server.post(late).is_problem(422, "refused")["check"], "E4");
    }
    assert_eq!(replica(&workspace).line(entry).unwrap().slot, deadline);
}

#[test]
fn a_board_that_cannot_write_stops_alone_and_says_why() {
    let workspace = Workspace::open(&LONG);
    workspace.done(&["terms", "new", "terms.toml", "--out", "other-terms"]);
    let words = ["open", "other", "--terms", "other-terms", "--key", "seller.key", "--yes"];
    workspace.done(&words);
    let mut server = Server::start(&workspace, &["board", "other"], &[]);
    let of_board = replica(&workspace).auction().id().to_string();
    server.names.sort_by_key(|name| *name != of_board);
    let checkpoints = workspace.path("board/checkpoints");
    fs::remove_file(&checkpoints).unwrap();
    fs::create_dir(&checkpoints).unwrap();
    for fund in &funds(&workspace, 0..2) {
        let problem = server.post(fund).is_problem(503, "file.unwritable");
        let words = problem.to_string();
        let folder = workspace.folder.path().to_str().unwrap();
        assert!(!words.contains(folder), "{words}");
    }
    assert_eq!(server.of_auction("").json()["entries"], 0, "nobody was told of an entry");
    let other = server.get(&format!("/v1/auctions/{}", server.names[1])).json();
    assert_eq!(other["phase"], "Deals");
    // The last one that stops ends the process, with its status.
    let other = workspace.path("other/checkpoints");
    fs::remove_file(&other).unwrap();
    fs::create_dir(&other).unwrap();
    let fund = Instruction::Fund(Fund {
        sequence: 0,
        party: keys(&workspace, "seller").party(),
        amount: 1,
    });
    let custodian = keys(&workspace, "custodian").identity();
    let id = Replica::of(&Folder::new(workspace.path("other"))).unwrap().auction().id();
    server.names.swap(0, 1);
    // Whether its answer still leaves is a matter of luck.
    drop(server.try_post(&custodian.sign(&id, &fund).unwrap()));
    let status = server.running.0.as_mut().unwrap().wait().unwrap();
    assert_eq!(status.code(), Some(4), "{}", workspace.log());
    // What was written and not answered is there, once the board can write again.
    fs::remove_dir(&checkpoints).unwrap();
    let server = Server::start(&workspace, &["board"], &[]);
    assert_eq!(server.post(&funds(&workspace, 0..1)[0]).receipt().0, 1);
}

// ---- what strangers can try ----

#[test]
fn what_is_no_request_for_this_board_gets_a_stable_code() {
    let workspace = Workspace::open(&LONG);
    let server = Server::start(&workspace, &["board"], &[]);
    let send = |method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]| {
        ask(server.address, &request(method, path, headers, body)).unwrap()
    };
    let posts = server.path("/instructions");
    send("POST", &posts, &[], b"x").is_problem(415, "http.content-type");
    send("POST", &posts, &[("content-type", "text/plain")], b"x")
        .is_problem(415, "http.content-type");
    // Its size is refused before it is sent.
    let large = [OCTETS, ("content-length", "1048577")];
    send("POST", &posts, &large, b"").is_problem(413, "file.too-large");
    let mut chunks = request("POST", &posts, &[OCTETS, ("transfer-encoding", "chunked")], b"");
    for _ in 0..17 {
        chunks.extend_from_slice(b"10000\r\n");
        chunks.extend_from_slice(&[0; 0x10000]);
        chunks.extend_from_slice(b"\r\n");
    }
    ask(server.address, &chunks).unwrap().is_problem(413, "file.too-large");
    let malformed = send("POST", &posts, &[OCTETS], b"rubbish").is_problem(422, "refused");
    assert_eq!(malformed["check"], "E1");
    let mut forged = funds(&workspace, 0..1).remove(0);
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(server.post(&forged).is_problem(422, "refused")["check"], "E2");
    send("DELETE", &posts, &[], b"").is_problem(405, "http.method");
    send("POST", "/", &[OCTETS], b"x").is_problem(405, "http.method");
    for path in ["/v1/auctions/x", "/v1/auctions/x/transcript", "/v1/nothing", "/nothing"] {
        server.get(path).is_problem(404, "http.not-found");
    }
    for path in ["/answers/x", "/answers/00", "/receipts/x", "/receipts/-1", "/dues/0.9", "/dues/x"]
    {
        server.of_auction(path).is_problem(404, "http.not-found");
    }
    for path in [
        "/../../etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
    ] {
        server.get(path).is_problem(404, "http.not-found");
        server.get(&format!("/v1/auctions{path}")).is_problem(404, "http.not-found");
    }
    server.get("/v1/auctions/%ff").is_problem(404, "http.not-found");
    for path in
        ["/entries?from=0", "/entries?from=x", "/consistency?from=2&to=1", "/transcript?wait=-1"]
    {
        server.of_auction(path).is_problem(400, "http.request");
    }
    for range in ["bytes=-5", "bytes=5-1", "lines=1-", "bytes=0-1,3-4"] {
        let path = server.path("/transcript");
        send("GET", &path, &[("range", range)], b"").is_problem(400, "http.request");
    }
    for rubbish in [&b"rubbish\r\n\r\n"[..], b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00"] {
        let answer = ask(server.address, rubbish);
        assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status >= 400));
    }
    let long = format!("/{}", "a".repeat(100_000));
    let answer = ask(server.address, &request("GET", &long, &[], b""));
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status >= 400));
    // None of it did anything.
    assert_eq!(server.of_auction("").json()["entries"], 0);
    server.post(&funds(&workspace, 0..1)[0]).receipt();
}

#[test]
fn who_has_too_much_waiting_is_told_to_come_back_and_others_are_not() {
    let workspace = Workspace::open(&LONG);
    until_commits(&workspace);
    // A board whose disk takes half a second for every write.
    let slow = [("TALEA_WRITE_SLOWLY", "500")];
    let server = Server::start_with(&workspace, &["board"], &["--per-key", "1"], &slow);
    let posts = [funds(&workspace, 0..2), commits(&workspace, 1)].concat();
    let status = |post: &[u8]| server.post(post).status;
    let found: Vec<u16> = std::thread::scope(|scope| {
        let first = scope.spawn(|| status(&posts[0]));
        let since = Instant::now();
        let metric = |name: &str| {
            let text = server.get("/metrics").text();
            let line = text.lines().find(|line| line.starts_with(name)).unwrap();
            line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
        };
        while metric("talea_auction_waiting{") == 0 && since.elapsed() < LIMIT {}
        let second = server.post(&posts[1]);
        second.is_problem(429, "http.busy");
        assert!(second.headers["retry-after"].parse::<u64>().unwrap() >= 1);
        let other = scope.spawn(|| status(&posts[2]));
        [first, other].map(|post| post.join().unwrap()).into()
    });
    assert_eq!(found, [200, 200]);
    // Later there is room.
    assert_eq!(status(&posts[1]), 200);
}

#[test]
fn half_open_connections_of_one_address_keep_nobody_else_out() {
    let workspace = Workspace::open(&LONG);
    let server = Server::start(&workspace, &["board"], &["--per-address", "8"]);
    let connect = || TcpStream::connect(server.address).unwrap();
    let half: Vec<TcpStream> = (0..8)
        .map(|_| {
            let mut stream = connect();
            stream.write_all(b"POST / HTTP/1.1\r\nhost").unwrap();
            stream
        })
        .collect();
    // One more is not taken: it ends without an answer.
    let mut ninth = connect();
    ninth.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    assert!(matches!(ninth.read(&mut [0]), Ok(0) | Err(_)));
    // Somebody at another address is served.
    let socket = other_address(server.address);
    if let Some(mut other) = socket {
        other.write_all(&request("GET", "/health", &[], b"")).unwrap();
        assert_eq!(read_answer(&mut other).unwrap().status, 200);
    }
    drop(half);
    let since = Instant::now();
    while ask(server.address, &request("GET", "/health", &[], b"")).is_err() {
        assert!(since.elapsed() < LIMIT, "there is no room again");
    }
}

#[test]
fn bodies_of_one_address_that_never_end_fill_no_board() {
    /// More than half of the 256 MiB that may wait.
    const BODIES: usize = 140;
    /// What an address may have of bodies that are read, in MiB.
    const READ: usize = 8;
    let workspace = Workspace::open(&LONG);
    until_commits(&workspace);
    let server = Server::start(&workspace, &["board"], &[]);
    let chunked = [OCTETS, ("transfer-encoding", "chunked")];
    let head = request("POST", &server.path("/instructions"), &chunked, b"");
    let body = [&head[..], b"100000\r\n", &vec![0; 1 << 20][..]].concat();
    let mut streams: Vec<TcpStream> = (0..BODIES)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address).unwrap();
            stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
            // It may be turned away before it has sent everything.
            drop(stream.write_all(&body));
            stream
        })
        .collect();
    // All but a few are turned away at once.
    let since = Instant::now();
    while streams.len() > READ {
        assert!(since.elapsed() < LIMIT, "{} bodies are read", streams.len());
        streams.retain_mut(|stream| {
            let mut start = [0; 12];
            match stream.read(&mut start) {
                Ok(12) => assert_eq!(&start, b"HTTP/1.1 429"),
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return true;
                }
                // What it was told went away with what it still sent.
                Ok(_) | Err(_) => {}
            }
            false
        });
    }
    // Strangers and parties are heard, also at the same address: what is small needs no room.
    let posts = [commits(&workspace, 2), funds(&workspace, 0..1)].concat();
    server.post(&posts[0]).receipt();
    server.post(&posts[2]).receipt();
    if let Some(mut other) = other_address(server.address) {
        let commit = request("POST", &server.path("/instructions"), &[OCTETS], &posts[1]);
        other.write_all(&commit).unwrap();
        read_answer(&mut other).unwrap().receipt();
    }
}

/// A connection from 127.0.0.2, where the system has such an address.
fn other_address(server: SocketAddr) -> Option<TcpStream> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().ok()?;
        socket.bind((Ipv4Addr::new(127, 0, 0, 2), 0).into()).ok()?;
        socket.connect(server).await.ok()?.into_std().ok()
    })?;
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    Some(stream)
}

// ---- what it serves beside ----

#[test]
fn a_page_is_served_as_browsers_need_it_and_nothing_beside_it() {
    let workspace = Workspace::open(&LONG);
    let page = workspace.path("page");
    fs::create_dir_all(page.join("parts")).unwrap();
    for (name, text) in [
        ("index.html", "<!DOCTYPE html>"),
        ("talea.wasm", "wasm"),
        ("parts/app.js", "plain"),
        ("parts/app.js.gz", "zipped"),
    ] {
        fs::write(page.join(name), text).unwrap();
    }
    let server = Server::start(&workspace, &["board"], &["--page", "page"]);
    let kind = |path: &str| {
        let answer = server.get(path);
        assert_eq!(answer.status, 200, "{path}");
        let policy = &answer.headers["content-security-policy"];
        assert!(policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"));
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        answer.headers["content-type"].clone()
    };
    assert_eq!(kind("/"), "text/html");
    assert_eq!(kind(&format!("/a/{}", server.names[0])), "text/html");
    assert_eq!(kind("/talea.wasm"), "application/wasm");
    assert_eq!(kind("/parts/app.js"), "text/javascript");
    let gzip = request("GET", "/parts/app.js", &[("accept-encoding", "br, gzip")], b"");
    let zipped = ask(server.address, &gzip).unwrap();
    assert_eq!(
        (zipped.text().as_str(), zipped.headers["content-encoding"].as_str()),
        ("zipped", "gzip")
    );
    assert_eq!(zipped.headers["content-type"], "text/javascript");
    for path in ["/../passphrase", "/..%2fpassphrase", "/%2e%2e/passphrase", "/parts", "/a/b/c"] {
        server.get(path).is_problem(404, "http.not-found");
    }
}

#[test]
fn without_a_page_it_says_how_to_have_one() {
    let workspace = Workspace::open(&LONG);
    let server = Server::start(&workspace, &["board"], &[]);
    let index = server.get("/");
    assert_eq!(
        (index.status, index.headers["content-type"].as_str()),
        (200, "text/html; charset=utf-8")
    );
}

#[test]
fn it_speaks_tls_where_a_certificate_is_given() {
    use rustls::{
        ClientConfig, ClientConnection, RootCertStore, StreamOwned,
        pki_types::{CertificateDer, pem::PemObject as _},
    };
    let workspace = Workspace::open(&LONG);
    let pem = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name);
        path.to_str().unwrap().to_owned()
    };
    let (certificate, key) = (pem("certificate.pem"), pem("key.pem"));
    let words = ["--certificate", &certificate, "--certificate-key", &key];
    let server = Server::start(&workspace, &["board"], &words);
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&certificate).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = "127.0.0.1".try_into().unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(server.address).unwrap());
    let fund = &funds(&workspace, 0..1)[0];
    stream.write_all(&request("POST", &server.path("/instructions"), &[OCTETS], fund)).unwrap();
    read_answer(&mut stream).unwrap().receipt();
    // Whoever speaks plainly is not answered.
    assert!(ask(server.address, &request("GET", "/health", &[], b"")).is_err());

    let words = ["board", "serve", "board", "--key", "board.key", "--certificate", &key];
    let more = ["--certificate-key", &certificate, "--listen", "127.0.0.1:0", "--yes"];
    server.kill();
    workspace.fails(&[&words[..], &more].concat(), 4, "file.unreadable");
    let address = ["board", "serve", "board", "--key", "board.key", "--listen", "192.0.2.1:80"];
    workspace.fails(&address, 4, "http.listen");
    workspace.fails(&["board", "serve", "board", "--key", "seller.key"], 5, "key.other");
}

#[test]
fn figures_are_there_and_neither_they_nor_logs_say_a_secret_or_who_asked() {
    let workspace = Workspace::open(&LONG);
    let server = Server::start(&workspace, &["board"], &["--log", "debug"]);
    let fund = &funds(&workspace, 0..1)[0];
    server.post(fund).receipt();
    let id = hex::encode(Digest::of(&[fund]).0);
    server.of_auction(&format!("/answers/{id}")).receipt();
    if let Some(mut other) = other_address(server.address) {
        let path = server.path(&format!("/answers/{id}"));
        other.write_all(&request("GET", &path, &[], b"")).unwrap();
        read_answer(&mut other).unwrap().receipt();
    }
    let figures = server.get("/metrics").text();
    for line in
        ["talea_auction_entries{", "talea_posts_total 1", "talea_auction_accepted{", "# EOF"]
    {
        assert!(figures.contains(line), "{line}: {figures}");
    }
    assert_eq!(server.get("/health").text(), "ok\n");
    let document = server.get("/openapi.json").text();
    assert_eq!(document, http::document());
    server.kill();
    let log = workspace.log();
    assert!(log.contains("/v1/auctions/{auction}/instructions"), "{log}");
    for secret in ["correct horse battery", &id, "127.0.0.2", "AGE-SECRET-KEY"] {
        assert!(!log.contains(secret), "{secret}: {log}");
        assert!(!figures.contains(secret), "{secret}");
    }
}

#[test]
fn the_description_for_tools_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    if std::env::var_os("TALEA_WRITE_REFERENCE").is_some() {
        fs::write(&path, http::document()).unwrap();
    }
    let written = fs::read_to_string(path).unwrap();
    assert!(
        written == http::document(),
        "docs/openapi.json is not current: TALEA_WRITE_REFERENCE=1 cargo test -p talea-cli --test all the_description"
    );
}

#[cfg(unix)]
#[test]
fn a_server_that_is_told_to_end_says_that_nothing_is_lost() {
    let workspace = Workspace::open(&LONG);
    let mut server = Server::start(&workspace, &["board"], &[]);
    server.post(&funds(&workspace, 0..1)[0]).receipt();
    let child = server.running.0.as_mut().unwrap();
    let told = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(told.unwrap().success());
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(143));
    assert!(workspace.log().contains("nothing is lost"), "{}", workspace.log());
}

// ---- receipts are honoured ----

/// Many post at the same time, and the server is killed so often in the middle of it: every receipt holds, and
/// nothing is in the transcript twice.
fn kill_while_they_post(kills: usize) {
    // A lot takes a thousand bids.
    let workspace = Workspace::open(&Shape { lots: 3, ..LONG });
    until_commits(&workspace);
    let posts = Arc::new(commits(&workspace, 60 + 20 * kills));
    let server = Mutex::new(Server::start(&workspace, &["board"], &[]));
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let receipts = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(post) = posts.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let since = Instant::now();
                    // Whoever gets no answer asks again.
                    loop {
                        assert!(since.elapsed() < LIMIT, "no answer\n{}", workspace.log());
                        let (address, path) = {
                            let server = server.lock().unwrap();
                            (server.address, server.path("/instructions"))
                        };
                        let answer = ask(address, &request("POST", &path, &[OCTETS], post));
                        match answer {
                            Ok(answer) if answer.status == 200 => {
                                receipts.lock().unwrap().push(answer.receipt().1);
                                break;
                            }
                            Ok(answer) => {
                                assert!([202, 429].contains(&answer.status), "{}", answer.text())
                            }
                            Err(_) => {}
                        }
                        std::thread::sleep(Duration::from_millis(10));
                    }
                }
                is_over.store(true, Ordering::SeqCst);
            });
        }
        for kill in 0..kills {
            // Some receipts later, wherever it is then.
            let until = receipts.lock().unwrap().len() + 3 + kill % 7;
            let since = Instant::now();
            while receipts.lock().unwrap().len() < until && !is_over.load(Ordering::SeqCst) {
                assert!(since.elapsed() < LIMIT, "it came to a stand\n{}", workspace.log());
                std::thread::sleep(Duration::from_millis(1));
            }
            let mut server = server.lock().unwrap();
            // SIGKILL, on Unix.
            drop(server.running.0.take().map(|mut child| (child.kill(), child.wait())));
            *server = Server::start(&workspace, &["board"], &[]);
        }
    });
    server.into_inner().unwrap().kill();
    let replica = replica(&workspace);
    let receipts = receipts.into_inner().unwrap();
    assert_eq!(receipts.len(), posts.len());
    for receipt in &receipts {
        receipt.is_kept(&replica, &[]).unwrap();
    }
    let kept = replica.lines().iter().filter(|line| line.kind == "commit").count();
    assert_eq!(kept, posts.len(), "each commit is there once");
    ends(&workspace.run(&["verify", "board"]), 3, &[]);
}

#[test]
fn every_receipt_is_honoured_by_a_server_that_is_killed_while_many_post() {
    kill_while_they_post(5);
}

#[ignore = "a hundred times the same; by .ci/long"]
#[test]
fn every_receipt_is_honoured_by_a_server_that_is_killed_a_hundred_times() {
    kill_while_they_post(100);
}
