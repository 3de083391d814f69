//! Boards that are reached over HTTP: what parties do, what they keep, and what they believe.

use crate::{
    common::{LIMIT, Running, SMALL, Shape, Workspace, ends, files, find},
    steps::{Steps, set},
    web::{Conduct, Web},
};
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use talea_cli::{
    board::{
        folder::Folder,
        history::{History, Next},
        mirror::Mirror,
    },
    failure::Code,
    replica::{Replica, record},
};
use talea_contract::Phase;
use talea_protocol::{
    outcome::Outcome,
    transcript::{Closing, RecordKind},
};

/// Long enough that nothing is over before it was tried.
fn patient() -> Workspace {
    Workspace::open(&Shape { patience: 6_000, ..SMALL })
}

fn board(workspace: &Workspace, folder: &str, key: &str) -> Running {
    workspace.start_aloud(&["board", "run", folder, "--key", key, "--yes"])
}

/// A board that is served over HTTP by the program itself.
struct Served {
    running: Running,
    /// Where everything is of the auction.
    url: String,
}

impl Served {
    fn start(workspace: &Workspace, listen: &str, more: &[&str]) -> Self {
        let words = ["board", "serve", "board", "--key", "board.key", "--yes", "--log", "error"];
        let words = [&words[..], &["--listen", listen], more].concat();
        let mut command = workspace.command(&words);
        let log = fs::OpenOptions::new().create(true).append(true).open(workspace.path("log"));
        let mut child = command.stdout(Stdio::piped()).stderr(log.unwrap()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        assert!(url.starts_with("http"), "no server\n{}", workspace.log());
        Self { running: Running(Some(child)), url: url.trim().to_owned() }
    }

    /// Where it listens.
    fn listens(&self) -> String {
        let (_, rest) = self.url.split_once("://").unwrap();
        rest.split_once('/').unwrap().0.to_owned()
    }

    fn kill(self) {
        drop(self.running);
    }
}

/// Lets a board take an entry that only this board has.
fn entry(workspace: &Workspace, folder: &str, key: &str, amount: u64) {
    let running = board(workspace, folder, key);
    let (name, amount) = (workspace.name("bidder0", "party"), amount.to_string());
    let custodian = "custodian.key";
    workspace.done(&["fund", folder, "--key", custodian, "--for", &name, "--amount", &amount]);
    let is_signed = || {
        let [signed, shown] =
            talea_cli::board::serve::last_checkpoint(&Folder::new(workspace.path(folder)))
                .zip(History::of(&workspace.path(folder).join("transcript.talea")).ok())
                .map_or([0, 1], |(signed, shown)| [signed.entries, shown.entries()]);
        signed == shown
    };
    let since = Instant::now();
    while !is_signed() {
        assert!(since.elapsed() < LIMIT);
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(running);
}

/// A copy of a board's folder as it is now, and of its key: a board that begins to lie.
fn fork(workspace: &Workspace) {
    fs::create_dir(workspace.path("other")).unwrap();
    for name in ["transcript.talea", "checkpoints"] {
        let _ = fs::copy(workspace.path("board").join(name), workspace.path("other").join(name));
    }
    for folder in ["inbox", "answers"] {
        fs::create_dir(workspace.path("other").join(folder)).unwrap();
    }
    fs::copy(workspace.path("board.key"), workspace.path("copy.key")).unwrap();
}

/// The mirror of somebody without a key.
fn mirror(workspace: &Workspace) -> PathBuf {
    mirror_in(workspace.path("state"))
}

fn mirror_in(state: PathBuf) -> PathBuf {
    let found = find(&state, "transcript.talea");
    let mut kept = found.iter().filter(|path| !path.to_string_lossy().contains("shown-"));
    kept.next().unwrap().parent().unwrap().to_owned()
}

#[test]
fn an_auction_is_held_over_http_and_every_command_takes_an_address() {
    let workspace = Workspace::open(&Shape { bidders: 2, keyholders: 2, patience: 100, ..SMALL });
    let time = Steps::of(&workspace).by_themselves();
    let served = Served::start(&workspace, "127.0.0.1:0", &[]);
    let url = served.url.clone();
    let parties: Vec<Running> = (0..2)
        .map(|n| {
            let key = format!("keyholder{n}.key");
            workspace.start_aloud(&["keyholder", "run", "--board", &url, "--key", &key])
        })
        .collect();
    let bidder = ["bidder", "run", &url, "--key", "bidder1.key", "--yes", "B0=91.50"];
    let bidder = workspace.start_aloud(&bidder);
    let bid = ["bid", "--key", "bidder0.key", "--board", &url, "--wait", "--yes", "B0=90.50"];
    workspace.done(&bid);
    workspace.done(&["reveal", "--key", "bidder0.key", &format!("--board={url}"), "--wait"]);
    let result = workspace.done(&["result", "--board", &url, "--key", "bidder0.key", "--wait"]);
    assert!(result.contains("90.50"), "{result}");
    for party in parties.into_iter().chain([bidder]) {
        assert!(party.output().status.success(), "{}", workspace.log());
    }
    drop(time);
    // Whoever has no key reads the same.
    assert!(workspace.done(&["verify", "--board", &url]).starts_with("VALID"));
    workspace.done(&["watch", "--board", &url]);
    workspace.done(&["terms", "show", "--board", &url]);
    workspace.done(&["report", "--board", &url, "--out", "report.html"]);
    workspace.done(&["receipt", "new", "--board", &url, "3", "--out", "receipt"]);
    workspace.done(&["receipt", "check", "receipt", "--board", &url]);
    assert_eq!(
        workspace.done(&["status", "--board", &url, "--json"]),
        workspace.done(&["status", "board", "--json"])
    );
    // What each party kept is what the board has.
    let whole = fs::read(workspace.path("board/transcript.talea")).unwrap();
    let kept = |state| fs::read(mirror_in(workspace.path(state)).join("transcript.talea")).unwrap();
    assert!(whole == kept("state"));
    // They know the outcome before the board records it.
    for state in ["keyholder0.key.state", "bidder1.key.state"] {
        assert!(whole.starts_with(&kept(state)), "{state}");
    }
    workspace.check();
}

#[test]
fn a_bid_sealed_without_a_connection_is_handed_in_by_the_next_command() {
    let workspace = Workspace::open(&Shape { patience: 100, ..SMALL });
    let time = Steps::of(&workspace).by_themselves();
    time.awaits(|awaited| awaited.stop_in = Some(Phase::Commits));
    let served = Served::start(&workspace, "127.0.0.1:0", &[]);
    // As somebody types it who knows the server, and that it has one auction.
    let listens = served.listens();
    let url = format!("http://{listens}");
    let everybody = workspace.everybody();
    let keyholders = everybody.iter().skip(1).take(2);
    let _keyholders: Vec<Running> =
        keyholders.map(|words| Running(Some(workspace.spawn(words)))).collect();
    let since = Instant::now();
    while !workspace.done(&["status", "--board", &url, "--json"]).contains("\"Commits\"") {
        assert!(since.elapsed() < LIMIT);
        std::thread::sleep(Duration::from_millis(100));
    }
    // It has seen the auction once.
    workspace.fails(&["reveal", "--board", &url, "--key", "bidder0.key"], 3, "not-yet");

    served.kill();
    let status = workspace.run(&["status", "--board", &url]);
    ends(&status, 0, &["cannot be reached", "using the mirror in", "was in step at 20"]);
    let bid =
        ["bid", "--board", &url, "--key", "bidder0.key", "--yes", "--patience", "1", "B0=92.50"];
    let output = workspace.run(&bid);
    ends(&output, 3, &["error[board.unreachable]", "waits on this machine"]);
    let inbox = mirror_in(workspace.path("bidder0.key.state")).join("inbox");
    let waiting = files(&inbox);
    assert_eq!(waiting.len(), 1);
    let sealed = fs::read(&waiting[0]).unwrap();

    // The next command of that party hands it in, whatever it is for, and the same bytes.
    let _served = Served::start(&workspace, &listens, &[]);
    workspace.fails(&["reveal", "--board", &url, "--key", "bidder0.key"], 3, "not-yet");
    assert!(files(&inbox).is_empty());
    let transcript = fs::read(workspace.path("board/transcript.talea")).unwrap();
    assert!(transcript.windows(sealed.len()).any(|window| window == sealed));
    workspace.done(&bid);
    let after = fs::read(workspace.path("board/transcript.talea")).unwrap();
    assert_eq!(transcript.len(), after.len(), "and it is one bid");
}

#[test]
fn a_board_that_goes_away_is_waited_for_and_no_message_is_made_twice() {
    let workspace = Workspace::open(&Shape { patience: 100, ..SMALL });
    let mut time = Steps::of(&workspace);
    let web = Web::over(workspace.path("board"));
    let url = web.url();
    let serves = Conduct::Serves(workspace.path("board"));
    let _board = board(&workspace, "board", "board.key");
    let mut parties: Vec<Running> = (0..2)
        .map(|n| {
            let key = format!("keyholder{n}.key");
            workspace.start_aloud(&["keyholder", "run", "--board", &url, "--key", &key])
        })
        .collect();
    for n in 0..2 {
        let (key, bid) = (format!("bidder{n}.key"), format!("B0={}.50", 90 + n));
        parties.push(workspace.start_aloud(&["bidder", "run", &url, "--key", &key, "--yes", &bid]));
    }
    let mut ended = vec![false; parties.len()];
    let since = Instant::now();
    let troubles = [
        Conduct::Down,
        Conduct::Says(503, vec![("retry-after", "1".into())], String::new()),
        Conduct::Says(502, vec![("content-type", "text/html".into())], "<html>".into()),
    ];
    let mut round = 0;
    while !ended.iter().all(|ended| *ended) {
        assert!(since.elapsed() < LIMIT, "it came to a stand\n{}", workspace.log());
        web.now(troubles[round % troubles.len()].clone());
        std::thread::sleep(Duration::from_millis(150));
        web.now(serves.clone());
        std::thread::sleep(Duration::from_millis(1_500));
        round += 1;
        time.step();
        for (party, ended) in parties.iter_mut().zip(&mut ended) {
            let Some(status) = party.0.as_mut().unwrap().try_wait().unwrap() else { continue };
            assert!(status.success(), "{}", workspace.log());
            *ended = true;
        }
    }
    workspace.check();
    assert!(workspace.log().contains("the board answers again"), "{}", workspace.log());
}

#[test]
fn what_answers_in_a_boards_place_is_named_and_believed_in_nothing() {
    let workspace = patient();
    let html = |body: &str| (vec![("content-type", "text/html".to_owned())], body.to_owned());
    let says = |status, (headers, body)| Conduct::Says(status, headers, body);
    let json = |body: &str| {
        Conduct::Says(200, vec![("content-type", "application/json".into())], body.into())
    };
    let elsewhere = vec![("location", "https://portal.example/login".to_owned())];
    let web = Web::start(Conduct::Down);
    for (conduct, status, code, words) in [
        (Conduct::Down, 3, "board.unreachable", "cannot be reached"),
        (Conduct::Gibberish, 4, "board.answer", "not HTTP"),
        (says(200, html("<html>")), 4, "board.answer", "something else than was asked for"),
        (says(404, html("<html>")), 4, "board.answer", "404"),
        (says(403, html("<html>")), 4, "board.answer", "403"),
        (says(500, html("<html>")), 3, "board.unreachable", "500"),
        (Conduct::Says(302, elsewhere, String::new()), 4, "board.answer", "portal.example"),
        (Conduct::Endless, 4, "board.answer", "more than"),
        (json("{\"auctions\":[]}"), 3, "board.unreachable", "has no auction"),
        (
            json("{\"auctions\":[{\"auction\":\"a\"},{\"auction\":\"b\"}]}"),
            2,
            "board.address",
            "has 2 auctions",
        ),
        (
            json("{\"auctions\":[{\"auction\":\"\\u001b[2J\"}]}"),
            4,
            "board.answer",
            "no auction's name",
        ),
    ] {
        web.now(conduct.clone());
        let output = workspace.run(&["status", "--board", &web.url()]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains('\u{1b}'), "{said}");
        assert_eq!(output.status.code(), Some(status), "{conduct:?}: {said}");
        assert!(
            said.contains(&format!("error[{code}]")) && said.contains(words),
            "{conduct:?}: {said}"
        );
    }
    assert!(find(&workspace.path("state"), "transcript.talea").is_empty());
    // Nobody listens, there is no such host, and nobody answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = Web::start(Conduct::Silent);
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for url in [nobody, "http://board.invalid".into(), silent.url()] {
        workspace.fails(&["status", "--board", &url], 3, "board.unreachable");
    }
    for url in ["http://", "http://user:secret@127.0.0.1", "http://127.0.0.1/a/other"] {
        workspace.fails(&["status", "--board", url], 2, "board.address");
    }
    for command in [
        &["open", "--terms", "terms", "--key", "seller.key"][..],
        &["board", "run", "--key", "board.key"],
    ] {
        workspace.fails(&[command, &["--board", &web.url()]].concat(), 2, "board.address");
    }
}

#[test]
fn another_auction_at_an_address_is_not_taken_for_the_one_that_was_there() {
    let workspace = patient();
    let web = Web::over(workspace.path("board"));
    let url = web.url();
    workspace.done(&["status", "--board", &url]);
    let before = fs::read(mirror(&workspace).join("transcript.talea")).unwrap();
    // Other terms, a moment later, of the same people.
    workspace.done(&["terms", "new", "terms.toml", "--out", "terms2"]);
    workspace.done(&["open", "board2", "--terms", "terms2", "--key", "seller.key", "--yes"]);
    web.now(Conduct::Serves(workspace.path("board2")));
    workspace.fails(&["status", "--board", &url], 4, "board.other-auction");
    assert!(before == fs::read(mirror(&workspace).join("transcript.talea")).unwrap());
    let terms: serde_json::Value =
        serde_json::from_str(&workspace.done(&["status", "board2", "--json"])).unwrap();
    let named = format!("{url}/a/{}", terms["auction"].as_str().unwrap());
    workspace.done(&["status", "--board", &named]);
    // Nor does a server get another one's terms into a mirror.
    let first = History::of(&workspace.path("board/transcript.talea")).unwrap().auction;
    let second = fs::read(workspace.path("board2/transcript.talea")).unwrap();
    let place = workspace.path("place");
    let failure = Mirror::begin(&place, &first, &second).err().unwrap();
    assert_eq!(failure.code, Code::BoardOther);
    assert!(Mirror::open(&place).unwrap().is_none() && files(&place).is_empty());
}

#[test]
fn a_board_that_takes_back_what_it_signed_is_stopped_at_and_what_it_showed_is_kept() {
    let workspace = patient();
    entry(&workspace, "board", "board.key", 1);
    fork(&workspace);
    entry(&workspace, "board", "board.key", 2);
    let web = Web::over(workspace.path("board"));
    let url = web.url();
    workspace.done(&["status", "--board", &url]);
    let kept = || fs::read(mirror(&workspace).join("transcript.talea")).unwrap();
    let before = kept();

    // It is shorter now, as a backup would be, and nothing proves more than that.
    web.now(Conduct::Serves(workspace.path("other")));
    workspace.fails(&["status", "--board", &url], 1, "board.rewritten");
    assert!(before == kept());
    // Once it shows everything again the same command goes on.
    web.now(Conduct::Serves(workspace.path("board")));
    workspace.done(&["status", "--board", &url]);

    // Another history, shorter or longer, that it signed too.
    web.now(Conduct::Serves(workspace.path("other")));
    for amount in [3, 4] {
        entry(&workspace, "other", "copy.key", amount);
        let output = workspace.run(&["status", "--board", &url]);
        ends(&output, 1, &["error[board.forked]", "shown-"]);
        assert!(before == kept());
    }
    // Both are there, for anybody.
    let mirror = mirror(&workspace);
    let shown: Vec<PathBuf> = find(&mirror, "transcript.talea")
        .into_iter()
        .map(|path| path.parent().unwrap().to_owned())
        .filter(|path| *path != mirror)
        .collect();
    assert!(shown.len() >= 2, "{shown:?}");
    let other = fs::read(workspace.path("other/transcript.talea")).unwrap();
    let last = shown.iter().find(|path| fs::read(path.join("transcript.talea")).unwrap() == other);
    let (mirror, last) = (mirror.to_str().unwrap(), last.unwrap().to_str().unwrap());
    workspace.fails(&["receipt", "compare", mirror, last], 1, "board.forked");
    workspace.done(&["receipt", "compare", mirror, "board"]);
}

#[test]
fn several_processes_keep_one_mirror_in_step() {
    let workspace = patient();
    entry(&workspace, "board", "board.key", 1);
    let web = Web::over(workspace.path("board"));
    let watch = ["watch", "--board", &web.url()];
    let mut watching: Vec<Running> = (0..4).map(|_| workspace.start_aloud(&watch)).collect();
    let running = board(&workspace, "board", "board.key");
    let name = workspace.name("bidder0", "party");
    for amount in 2..12 {
        let amount = amount.to_string();
        workspace.done(&[
            "fund",
            "board",
            "--key",
            "custodian.key",
            "--for",
            &name,
            "--amount",
            &amount,
        ]);
        workspace.done(&["status", "--board", &web.url()]);
    }
    let transcript = fs::read(workspace.path("board/transcript.talea")).unwrap();
    let since = Instant::now();
    while transcript != fs::read(mirror(&workspace).join("transcript.talea")).unwrap() {
        assert!(since.elapsed() < LIMIT, "{}", workspace.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    for process in &mut watching {
        assert!(process.0.as_mut().unwrap().try_wait().unwrap().is_none(), "{}", workspace.log());
    }
    drop(running);
    let mirror = mirror(&workspace);
    workspace.done(&["receipt", "compare", mirror.to_str().unwrap(), "board"]);
}

#[test]
fn nothing_that_the_board_did_not_sign_gets_into_a_mirror() {
    let workspace = patient();
    entry(&workspace, "board", "board.key", 1);
    let web = Web::over(workspace.path("board"));
    let status = ["status", "--board", &web.url()];
    workspace.done(&status);
    let kept = || fs::read(mirror(&workspace).join("transcript.talea")).unwrap();
    let before = kept();
    entry(&workspace, "board", "board.key", 2);
    /// Changes what comes after these bytes.
    fn change_after(answer: &mut [u8], bytes: &[u8]) {
        let at = answer.windows(bytes.len()).position(|window| window == bytes).unwrap();
        let byte = &mut answer[at + bytes.len()];
        *byte = if *byte == b'1' { b'2' } else { b'1' };
    }
    type Change = (&'static str, fn(&mut Vec<u8>), i32, &'static str);
    let changes: [Change; 4] = [
        ("/transcript", |answer| *answer.last_mut().unwrap() ^= 1, 1, "board.rewritten"),
        ("/consistency", |answer| change_after(answer, b"[\""), 1, "board.rewritten"),
        ("/checkpoint ", |answer| change_after(answer, b"\"slot\":"), 4, "board.answer"),
        ("/checkpoint ", |answer| change_after(answer, b"\"root\":\""), 4, "board.answer"),
    ];
    for (what, change, exit, code) in changes {
        web.now(Conduct::Alters(workspace.path("board"), what, change));
        workspace.fails(&status, exit, code);
        assert!(before == kept(), "{what}");
    }
    web.now(Conduct::Serves(workspace.path("board")));
    workspace.done(&status);
    assert!(kept() == fs::read(workspace.path("board/transcript.talea")).unwrap());
}

#[test]
fn a_party_that_runs_stops_when_its_board_shows_another_history() {
    let workspace = patient();
    entry(&workspace, "board", "board.key", 1);
    fork(&workspace);
    entry(&workspace, "board", "board.key", 2);
    entry(&workspace, "other", "copy.key", 3);
    let web = Web::over(workspace.path("board"));
    let bidder = workspace.start(&[
        "bidder",
        "run",
        &web.url(),
        "--key",
        "bidder0.key",
        "--yes",
        "B0=91.50",
    ]);
    let since = Instant::now();
    while find(&workspace.path("bidder0.key.state"), "in-step").is_empty() {
        assert!(since.elapsed() < LIMIT);
        std::thread::sleep(Duration::from_millis(20));
    }
    web.now(Conduct::Serves(workspace.path("other")));
    ends(&bidder.output(), 1, &["error[board.forked]"]);
}

/// A record of an outcome that nothing leads to, and whose head is the right one.
fn false_outcome(transcript: &std::path::Path) -> Vec<u8> {
    let mut replica = Replica::open(transcript).unwrap();
    replica.advance().unwrap();
    let outcome =
        Outcome { auction: replica.auction().id(), lots: Default::default(), accounts: Vec::new() };
    record(RecordKind::Closing, &Closing { outcome, head: replica.auction().head() }).unwrap()
}

#[test]
fn an_outcome_that_the_entries_do_not_lead_to_gets_into_no_mirror_and_out_of_one_that_has_it() {
    let workspace = patient();
    entry(&workspace, "board", "board.key", 1);
    fork(&workspace);
    let web = Web::over(workspace.path("board"));
    let status = ["status", "--board", &web.url()];
    workspace.done(&status);
    let transcript = mirror(&workspace).join("transcript.talea");
    let before = fs::read(&transcript).unwrap();
    let closing = false_outcome(&transcript);
    let closed = [&before[..], &closing].concat();
    fs::write(workspace.path("other/transcript.talea"), &closed).unwrap();
    web.now(Conduct::Serves(workspace.path("other")));
    workspace.fails(&status, 4, "board.answer");
    assert!(before == fs::read(&transcript).unwrap());
    // A mirror that has one is mended, and takes what comes.
    fs::write(&transcript, &closed).unwrap();
    web.now(Conduct::Serves(workspace.path("board")));
    workspace.done(&status);
    assert!(before == fs::read(&transcript).unwrap());
    fs::write(&transcript, &closed).unwrap();
    entry(&workspace, "board", "board.key", 2);
    workspace.done(&status);
    let board = fs::read(workspace.path("board/transcript.talea")).unwrap();
    assert!(board == fs::read(&transcript).unwrap());
}

/// An answer that says that there is no checkpoint yet.
fn not_yet(answer: &mut Vec<u8>) {
    let body = b"{\"code\":\"not-yet\",\"detail\":\"\"}";
    let head = format!("HTTP/1.1 404 said\r\nconnection: close\r\ncontent-length: {}", body.len());
    *answer = [head.as_bytes(), b"\r\ncontent-type: application/json\r\n\r\n", body].concat();
}

/// An answer that there is no more.
fn no_more(answer: &mut Vec<u8>) {
    *answer = b"HTTP/1.1 416 said\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_vec();
}

#[test]
fn a_party_that_runs_is_stopped_by_nothing_that_its_board_did_not_sign() {
    let workspace = patient();
    entry(&workspace, "board", "board.key", 1);
    fork(&workspace);
    entry(&workspace, "board", "board.key", 2);
    let web = Web::over(workspace.path("board"));
    let words = ["keyholder", "run", "--board", &web.url(), "--key", "keyholder0.key"];
    let mut keyholder = workspace.start_aloud(&words);
    let wait = |keyholder: &mut Running, until: &dyn Fn() -> bool| {
        let since = Instant::now();
        while !until() {
            let ended = keyholder.0.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "{}", workspace.log());
            assert!(since.elapsed() < LIMIT, "{}", workspace.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let state = workspace.path("keyholder0.key.state");
    wait(&mut keyholder, &|| !find(&state, "in-step").is_empty());
    let transcript = mirror_in(state).join("transcript.talea");
    let board = workspace.path("board");
    let is_in_step =
        || fs::read(&transcript).unwrap() == fs::read(board.join("transcript.talea")).unwrap();
    let asked = || {
        let requests = web.requests();
        requests.iter().filter(|(_, line)| line.contains("/checkpoint ")).count()
    };
    // An older checkpoint, none, a proof that proves nothing, entries that are none, and no entries.
    let conducts = [
        Conduct::Serves(workspace.path("other")),
        Conduct::Alters(board.clone(), "/checkpoint ", not_yet),
        Conduct::Alters(board.clone(), "/consistency", |answer| {
            let at = answer.windows(2).position(|window| window == b"[\"").unwrap() + 2;
            answer[at] = if answer[at] == b'1' { b'2' } else { b'1' };
        }),
        Conduct::Alters(board.clone(), "/transcript", |answer| *answer.last_mut().unwrap() ^= 1),
        Conduct::Alters(board.clone(), "/transcript", no_more),
    ];
    for (amount, conduct) in (3..).zip(conducts) {
        web.now(conduct);
        entry(&workspace, "board", "board.key", amount);
        let before = asked();
        wait(&mut keyholder, &|| asked() > before + 2);
        assert!(!is_in_step());
        web.now(Conduct::Serves(board.clone()));
        wait(&mut keyholder, &is_in_step);
    }
    assert!(workspace.log().contains("trying again"), "{}", workspace.log());
    // Nor does it end where it meets that when it begins.
    web.now(Conduct::Serves(workspace.path("other")));
    drop(keyholder);
    let mut keyholder = workspace.start_aloud(&words);
    let before = asked();
    wait(&mut keyholder, &|| asked() > before + 2);
    entry(&workspace, "board", "board.key", 9);
    web.now(Conduct::Serves(board.clone()));
    wait(&mut keyholder, &is_in_step);
}

#[test]
fn what_cannot_be_an_entry_takes_no_memory_and_another_history_little_of_the_disk() {
    let workspace = patient();
    entry(&workspace, "board", "board.key", 1);
    let mut history = History::of(&workspace.path("board/transcript.talea")).unwrap();
    let before = history.entries();
    for body in [Vec::new(), vec![0; 44], vec![0; 150]] {
        assert_eq!(history.push(&(RecordKind::Entry, body)), Next::Misplaced);
    }
    assert_eq!(history.entries(), before);
    fork(&workspace);
    entry(&workspace, "board", "board.key", 2);
    let web = Web::over(workspace.path("board"));
    let status = ["status", "--board", &web.url()];
    workspace.done(&status);
    web.now(Conduct::Alters(workspace.path("other"), "/transcript", |answer| {
        *answer = b"HTTP/1.1 200 said\r\nconnection: close\r\n\r\n".to_vec();
        answer.resize(100 << 20, 1);
    }));
    workspace.fails(&status, 1, "board.rewritten");
    let shown = find(&workspace.path("state"), "transcript.talea");
    let shown = shown.iter().find(|path| path.to_string_lossy().contains("shown-")).unwrap();
    assert!(fs::metadata(shown).unwrap().len() < 65 << 20);
}

#[test]
fn an_instruction_waits_until_the_mirror_shows_it_whatever_the_server_says() {
    let workspace = patient();
    entry(&workspace, "board", "board.key", 1);
    // No board takes what comes in there.
    fork(&workspace);
    let other = workspace.path("other");
    fn answers(answer: &mut Vec<u8>, status: &str, body: &str) {
        let length = body.len();
        let head = format!("HTTP/1.1 {status} said\r\ncontent-length: {length}\r\n");
        *answer = format!("{head}connection: close\r\n\r\n{body}").into_bytes();
    }
    let web = Web::over(workspace.path("board"));
    let url = web.url();
    let name = workspace.name("bidder0", "party");
    let fund = ["fund", "--board", &url, "--key", "custodian.key", "--for", &name];
    let lies: [fn(&mut Vec<u8>); 2] = [
        |answer| answers(answer, "200", "{\"entry\":2,\"slot\":1}"),
        |answer| {
            answers(answer, "422", "{\"code\":\"refused\",\"check\":\"C1\",\"detail\":\"no\"}")
        },
    ];
    for (amount, lie) in ["5", "6"].into_iter().zip(lies) {
        web.now(Conduct::Alters(other.clone(), "/instructions", lie));
        let output = workspace.run(&[&fund[..], &["--amount", amount, "--patience", "6"]].concat());
        assert_eq!(output.status.code(), Some(3), "{}", workspace.log());
        let inbox = mirror_in(workspace.path("custodian.key.state")).join("inbox");
        assert_eq!(files(&inbox).len(), 1, "it still waits");
        web.now(Conduct::Serves(workspace.path("board")));
        let running = board(&workspace, "board", "board.key");
        let before = History::of(&workspace.path("board/transcript.talea")).unwrap().entries();
        let output = workspace.run(&["result", "--board", &url, "--key", "custodian.key"]);
        assert!(files(&inbox).is_empty(), "{output:?}");
        let after = History::of(&workspace.path("board/transcript.talea")).unwrap().entries();
        assert_eq!(after, before + 1);
        drop(running);
        for file in ["transcript.talea", "checkpoints"] {
            fs::copy(workspace.path("board").join(file), other.join(file)).unwrap();
        }
        // What the rules refuse too does not wait for ever.
        fs::write(inbox.join("rubbish"), "rubbish").unwrap();
    }
}

#[test]
fn an_honest_board_is_not_framed_by_another_way_to_write_what_it_signed() {
    let workspace = patient();
    entry(&workspace, "board", "board.key", 1);
    workspace.done(&["receipt", "new", "board", "1", "--out", "receipt"]);
    let receipt: serde_json::Value =
        serde_json::from_slice(&fs::read(workspace.path("receipt")).unwrap()).unwrap();
    let checkpoint = receipt["checkpoint"].clone();
    let write = |name: &str, value: &serde_json::Value| {
        fs::write(workspace.path(name), value.to_string()).unwrap();
    };
    let upper = |value: &serde_json::Value, field: &str| {
        let mut value = value.clone();
        value[field] = value[field].as_str().unwrap().to_uppercase().into();
        value
    };
    write("checkpoint", &checkpoint);
    for field in ["auction", "root", "head", "signature"] {
        write("copy", &upper(&checkpoint, field));
        for words in [["copy", "board"], ["board", "copy"]] {
            let words = [&["receipt", "compare"][..], &words].concat();
            workspace.fails(&words, 1, "receipt.invalid");
        }
        let mut copy = receipt.clone();
        copy["checkpoint"] = upper(&checkpoint, field);
        write("copy", &copy);
        workspace.fails(
            &["receipt", "check", "copy", "--against", "receipt"],
            1,
            "receipt.invalid",
        );
    }
    write("copy", &upper(&receipt, "body"));
    workspace.fails(&["receipt", "compare", "receipt", "copy"], 1, "receipt.invalid");
    workspace.fails(&["receipt", "check", "copy", "--against", "receipt"], 1, "receipt.invalid");
    workspace.done(&["receipt", "compare", "receipt", "checkpoint"]);
}

#[test]
fn two_parties_whose_board_shows_them_two_histories_convict_it_with_one_command() {
    let workspace = patient();
    entry(&workspace, "board", "board.key", 1);
    fork(&workspace);
    entry(&workspace, "board", "board.key", 2);
    entry(&workspace, "other", "copy.key", 3);
    entry(&workspace, "other", "copy.key", 4);
    let [one, other] = ["board", "other"].map(|folder| Web::over(workspace.path(folder)));
    let compare = |one: &str, other: &str| {
        ["receipt".into(), "compare".into(), one.to_owned(), other.to_owned()]
    };
    let fails = |one: &str, other: &str, status, code| {
        let words = compare(one, other);
        workspace.fails(&words.each_ref().map(String::as_str), status, code);
    };
    // Addresses, folders, receipts, and files of checkpoints.
    fails(&one.url(), &other.url(), 1, "board.forked");
    for (board, file) in [("board", "one"), ("other", "two")] {
        workspace.done(&["receipt", "new", board, "2", "--out", &format!("{file}.receipt")]);
        workspace.done(&["receipt", "new", board, "1", "--out", &format!("{file}.first")]);
        let checkpoints = fs::read_to_string(workspace.path(board).join("checkpoints")).unwrap();
        let last = checkpoints.lines().last().unwrap();
        fs::write(workspace.path(&format!("{file}.checkpoint")), last).unwrap();
    }
    fails("one.receipt", "two.receipt", 1, "board.forked");
    fails("board", "two.receipt", 1, "board.forked");
    fails("two.receipt", &one.url(), 1, "board.forked");
    fails("board", "two.checkpoint", 3, "not-yet");
    fails("other", "one.checkpoint", 1, "board.forked");
    // Two sizes say nothing without one of the histories; nor does a signature without a key.
    fails("one.receipt", "two.checkpoint", 3, "not-yet");
    fails("one.checkpoint", "two.checkpoint", 3, "not-yet");
    // An honest board is cleared: an older state, and a copy.
    let cleared = |one: &str, other: &str| {
        let words = compare(one, other);
        let said = workspace.done(&words.each_ref().map(String::as_str));
        assert!(said.starts_with("one history"), "{said}");
    };
    cleared("board", "board");
    cleared("board", "one.receipt");
    cleared("one.checkpoint", &one.url());
    cleared("one.first", "two.first");
    // Other auctions and forged signatures convict nobody.
    let forged = fs::read_to_string(workspace.path("two.checkpoint")).unwrap();
    let forged = forged.replace("\"slot\":", "\"slot\":1");
    fs::write(workspace.path("forged"), forged).unwrap();
    fails("board", "forged", 1, "receipt.invalid");
    workspace.done(&["terms", "new", "terms.toml", "--out", "terms2"]);
    workspace.done(&["open", "board2", "--terms", "terms2", "--key", "seller.key", "--yes"]);
    fails("board", "board2", 1, "receipt.invalid");
}

#[test]
fn a_mirror_that_was_torn_is_mended_and_holds_what_the_board_signed() {
    let workspace = patient();
    entry(&workspace, "board", "board.key", 1);
    let web = Web::over(workspace.path("board"));
    let status = ["status", "--board", &web.url(), "--json"];
    workspace.done(&status);
    let transcript = mirror(&workspace).join("transcript.talea");
    let whole = fs::read(&transcript).unwrap();
    for torn in
        [&whole[..], b"\x01"].concat().split_last().map(|_| [1, 5, 40]).into_iter().flatten()
    {
        let half = [&whole[..], &whole[whole.len() - torn..]].concat();
        // The beginning of a record, as a process leaves it that dies.
        let half = match torn {
            1 => [&whole[..], &[1]].concat(),
            _ => [&whole[..], &[1, 0, 1, 0, 0], &half[whole.len()..]].concat(),
        };
        fs::write(&transcript, half).unwrap();
        workspace.done(&status);
        assert!(whole == fs::read(&transcript).unwrap());
    }
    entry(&workspace, "board", "board.key", 2);
    workspace.done(&status);
    let board = fs::read(workspace.path("board/transcript.talea")).unwrap();
    assert!(board == fs::read(&transcript).unwrap());
    // What the board shows and has not signed is not in it.
    let unsigned = [&board[..], &whole_entry(&board)].concat();
    fs::write(workspace.path("board/transcript.talea"), &unsigned).unwrap();
    let mut watching = workspace.start(&["watch", "--board", &web.url()]);
    std::thread::sleep(Duration::from_millis(500));
    assert!(board == fs::read(&transcript).unwrap());
    assert!(watching.0.as_mut().unwrap().try_wait().unwrap().is_none());
}

/// The last record of a transcript.
fn whole_entry(transcript: &[u8]) -> Vec<u8> {
    let most = transcript.len() - 1;
    transcript[crate::common::whole_records(transcript, most).len()..].to_vec()
}

#[test]
fn a_busy_board_is_left_alone_as_long_as_it_asks() {
    let workspace = patient();
    entry(&workspace, "board", "board.key", 1);
    let web = Web::over(workspace.path("board"));
    workspace.done(&["status", "--board", &web.url()]);
    let busy = Conduct::Says(429, vec![("retry-after", "3".into())], String::new());
    web.now(busy);
    let before = web.requests().len();
    let output = workspace.run(&["status", "--board", &web.url()]);
    ends(&output, 0, &["429", "using the mirror"]);
    let asked: Vec<Instant> =
        web.requests().into_iter().skip(before).map(|(when, _)| when).collect();
    assert!(asked.len() > 1, "it asks again");
    for pair in asked.windows(2) {
        assert!(pair[1] - pair[0] >= Duration::from_secs(3), "{asked:?}");
    }
}

#[test]
fn an_answer_that_is_lost_costs_nothing_and_makes_no_second_entry() {
    let workspace = patient();
    let _board = board(&workspace, "board", "board.key");
    let web = Web::start(Conduct::Loses(workspace.path("board")));
    let name = workspace.name("bidder0", "party");
    let url = web.url();
    let fund = ["fund", "--board", &url, "--key", "custodian.key", "--for", &name, "--amount", "5"];
    workspace.done(&fund);
    let entries = History::of(&workspace.path("board/transcript.talea")).unwrap().entries();
    let inbox = mirror_in(workspace.path("custodian.key.state")).join("inbox");
    let waiting = files(&inbox).len();
    web.now(Conduct::Serves(workspace.path("board")));
    workspace.run(&["result", "--board", &url, "--key", "custodian.key"]);
    assert!(waiting == 1 && files(&inbox).is_empty(), "it is handed in until an answer comes");
    assert_eq!(History::of(&workspace.path("board/transcript.talea")).unwrap().entries(), entries);
}

#[test]
fn parties_go_on_where_they_were_while_their_server_is_killed_again_and_again() {
    let workspace = Workspace::open(&Shape { patience: 100, ..SMALL });
    let mut time = Steps::of(&workspace);
    let mut served = Served::start(&workspace, "127.0.0.1:0", &[]);
    let (url, listens) = (served.url.clone(), served.listens());
    let mut words: Vec<Vec<String>> = workspace.everybody().split_off(1);
    for words in &mut words {
        let at = words.iter().position(|word| word == "board").unwrap();
        words[at] = url.clone();
    }
    let mut parties: Vec<Running> =
        words.iter().map(|words| Running(Some(workspace.spawn(words)))).collect();
    let since = Instant::now();
    let mut left = parties.len();
    while left > 0 {
        assert!(since.elapsed() < LIMIT, "it came to a stand\n{}", workspace.log());
        std::thread::sleep(Duration::from_millis(1_200));
        served.kill();
        std::thread::sleep(Duration::from_millis(100));
        served = Served::start(&workspace, &listens, &[]);
        time.step();
        left = 0;
        for party in &mut parties {
            match party.0.as_mut().unwrap().try_wait().unwrap() {
                None => left += 1,
                Some(status) => assert!(status.success(), "{}", workspace.log()),
            }
        }
    }
    workspace.check();
}

const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls/certificate.pem");
const CERTIFICATE_KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls/key.pem");

#[test]
fn a_certificate_is_that_of_the_host_and_of_somebody_who_is_trusted() {
    let workspace = patient();
    let more = ["--certificate", CERTIFICATE, "--certificate-key", CERTIFICATE_KEY];
    let served = Served::start(&workspace, "127.0.0.1:0", &more);
    let status = |url: &str, trusted: Option<&str>| {
        let mut command = workspace.command(&["status", "--board", url]);
        command.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
        command.envs(trusted.map(|file| ("SSL_CERT_FILE", file))).output().unwrap()
    };
    ends(&status(&served.url, Some(CERTIFICATE)), 0, &[]);
    // Whoever has seen the board once is not talked into another one either.
    for (url, trusted) in [
        (served.url.clone(), None),
        (served.url.clone(), Some("passphrase")),
        (served.url.replace("https", "http"), None),
    ] {
        let output = status(&url, trusted);
        let said = String::from_utf8_lossy(&output.stderr);
        let expected = if url.starts_with("https") { "board.certificate" } else { "board.answer" };
        assert_eq!(output.status.code(), Some(4), "{url}: {said}");
        assert!(said.contains(&format!("error[{expected}]")), "{url}: {said}");
    }
    // TLS to somebody who does not speak it.
    drop(served);
    let plain = Served::start(&workspace, "127.0.0.1:0", &[]);
    let output = status(&plain.url.replace("http", "https"), Some(CERTIFICATE));
    ends(&output, 4, &["error[board.certificate]", "over TLS"]);
    #[cfg(target_os = "linux")]
    {
        // The certificate is for another name of this machine.
        // A board has one process, so another address needs another board.
        let other = patient();
        let elsewhere = Served::start(&other, "127.0.0.2:0", &more);
        ends(&status(&elsewhere.url, Some(CERTIFICATE)), 4, &["error[board.certificate]", "name"]);
    }
}

/// The unit that the documents show, as systemd would start it.
#[cfg(unix)]
#[test]
fn a_keyholder_runs_as_the_service_that_the_documents_show() {
    let unit = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/talea-keyholder@.service");
    let unit = fs::read_to_string(unit).unwrap();
    let setting = |name: &str| {
        let found = unit.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        found.unwrap_or_else(|| panic!("{name} is missing")).to_owned()
    };
    let workspace = patient();
    let served = Served::start(&workspace, "127.0.0.1:0", &[]);
    let start = setting("ExecStart")
        .replace("%i", "keyholder0")
        .replace("/etc/talea/keyholder0.passphrase", "passphrase")
        .replace("${BOARD}", &served.url);
    let mut words = start.split(' ');
    assert_eq!(words.next(), Some("/usr/local/bin/talea"));
    // The tests have their own way to give a passphrase, the same for everybody.
    assert_eq!([words.next(), words.next()], [Some("--passphrase-file"), Some("passphrase")]);
    let words: Vec<&str> = words.collect();
    assert!(!start.contains('%') && !start.contains('$'), "{start}");
    let mut keyholder = workspace.start(&words);
    let since = Instant::now();
    while find(&workspace.path("keyholder0.key.state"), "in-step").is_empty() {
        assert!(since.elapsed() < LIMIT);
        assert!(keyholder.0.as_mut().unwrap().try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(20));
    }
    let id = keyholder.0.as_ref().unwrap().id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let output = keyholder.output();
    let status = output.status.code().unwrap().to_string();
    assert!(setting("SuccessExitStatus").split(' ').any(|known| known == status), "{status}");
    // What does not get better by itself is not tried again: another key, another history, a wrong setting.
    let given_up = setting("RestartPreventExitStatus");
    let given_up: Vec<&str> = given_up.split(' ').collect();
    assert_eq!(given_up, ["1", "2", "5"]);
}

#[test]
fn anybody_can_bid_in_a_demonstration_that_is_served() {
    let workspace = Workspace::open(&Shape { bidders: 1, lots: 2, patience: 6_000, ..SMALL });
    // Time passes by steps, from now on.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    set(&workspace.path("clock"), &format!("at {now}"));
    let words = ["demo", "--folder", "demo", "--serve", "127.0.0.1:0", "--minutes", "2"];
    let mut demo = workspace.command(&words);
    let log = fs::File::create(workspace.path("demo.log")).unwrap();
    let mut demo = demo.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let mut source = BufReader::new(demo.stdout.take().unwrap());
    let demo = Running(Some(demo));
    let mut lines = Vec::new();
    let url = loop {
        let mut line = String::new();
        let read = source.read_line(&mut line).unwrap();
        assert!(read > 0, "{}", fs::read_to_string(workspace.path("demo.log")).unwrap());
        if line.starts_with("http://") {
            break line.trim().to_owned();
        }
        lines.push(line);
    };
    let time = Steps::on(&workspace, "demo/board").by_themselves();
    time.awaits(|awaited| awaited.deals = 3);
    let bid =
        ["bidder", "run", "--board", &url, "--key", "bidder0.key", "--yes", "B1=99.50", "B2=97.00"];
    let bidder = workspace.start(&bid);
    let said = std::io::read_to_string(source).unwrap();
    let output = demo.output();
    let log = fs::read_to_string(workspace.path("demo.log")).unwrap();
    assert!(output.status.success(), "{log}");
    assert!(said.contains("VALID"), "{said}");
    let winner = workspace.name("bidder0", "party");
    let status = workspace.done(&["status", "demo/board", "--json"]);
    assert_eq!(status.matches(&winner).count(), 2, "{status}");
    ends(&bidder.output(), 0, &[]);
    assert!(fs::read_to_string(workspace.path("demo/report.html")).unwrap().contains("VALID"));
}
