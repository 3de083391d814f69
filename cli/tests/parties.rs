//! Real processes hold an auction over one folder, and die wherever it pleases us.

use crate::{
    common::{self, LIMIT, SMALL, Shape, Workspace, ends, whole_records},
    steps::Steps,
};
use std::{
    fs,
    io::Write as _,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// By the system's clock.
#[test]
fn processes_hold_an_auction_over_a_folder() {
    let workspace = Workspace::open(&SMALL);
    workspace.run_to_end(|_| None);
    workspace.check();
    let result = workspace.done(&["result", "board", "--key", "bidder0.key", "--json"]);
    let result: serde_json::Value = serde_json::from_str(&result).unwrap();
    assert_eq!(result["lots"][0]["result"], "DoneAway");
    let result = workspace.done(&["result", "board", "--key", "bidder1.key", "--json"]);
    let result: serde_json::Value = serde_json::from_str(&result).unwrap();
    assert_eq!(result["lots"][0]["result"], "Hit");

    // A receipt, and a board that shows another history afterwards.
    workspace.done(&["receipt", "new", "board", "3", "--out", "receipt"]);
    let check = workspace.done(&["receipt", "check", "receipt", "--board", "board", "--json"]);
    let check: serde_json::Value = serde_json::from_str(&check).unwrap();
    assert_eq!((&check["entry"], &check["kind"]), (&3.into(), &"tick".into()), "{check}");
    // The number of an entry, and the name of the auction, are the verifier's too.
    let receipt: serde_json::Value =
        serde_json::from_slice(&fs::read(workspace.path("receipt")).unwrap()).unwrap();
    let body = hex::decode(receipt["body"].as_str().unwrap()).unwrap();
    let mut changed = fs::read(workspace.path("board/transcript.talea")).unwrap();
    let at = changed.windows(body.len()).position(|bytes| bytes == body).unwrap();
    changed[at + body.len() - 1] ^= 1;
    fs::write(workspace.path("changed.talea"), changed).unwrap();
    let verdict = workspace.run(&["verify", "changed.talea", "--json"]);
    ends(&verdict, 1, &[]);
    let verdict: serde_json::Value = serde_json::from_slice(&verdict.stdout).unwrap();
    let failed = &verdict["failure"];
    assert_eq!((&failed["check"], &failed["entry"]), (&"X2".into(), &3.into()), "{failed}");
    let status = workspace.done(&["status", "board", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let names = [&check["auction"], &receipt["checkpoint"]["auction"], &status["auction"]];
    assert!(names.iter().all(|name| **name == verdict["auction"]), "{names:?}");
    assert_eq!(check["signer"], failed["signer"]);

    let terms = workspace.done(&["terms", "show", "board", "--json"]);
    let terms: serde_json::Value = serde_json::from_str(&terms).unwrap();
    assert_eq!(
        (&terms["schema"], &terms["lots"][0]["prices"]),
        (&"talea-terms/2".into(), &64.into())
    );
    let receipt = fs::read_to_string(workspace.path("receipt")).unwrap();
    let forged = receipt.replacen("\"entry\": 3", "\"entry\": 4", 1);
    assert_ne!(forged, receipt);
    fs::write(workspace.path("forged"), forged).unwrap();
    workspace.fails(&["receipt", "check", "forged"], 1, "receipt.invalid");
    fs::create_dir(workspace.path("rewritten")).unwrap();
    let transcript = fs::read(workspace.path("board/transcript.talea")).unwrap();
    let shorter = whole_records(&transcript, transcript.len() / 3);
    fs::write(workspace.path("rewritten/transcript.talea"), shorter).unwrap();
    fs::copy(workspace.path("board/checkpoints"), workspace.path("rewritten/checkpoints")).unwrap();
    workspace.fails(&["verify", "rewritten"], 1, "board.rewritten");
}

#[test]
fn whoever_is_killed_at_random_goes_on_where_it_was() {
    let shape = Shape { bidders: 3, keyholders: 3, lots: 2, patience: 80, step: 6_000, more: "" };
    let workspace = Workspace::open(&shape);
    let mut seed = 0x2545_f491_4f6c_dd1du64;
    let mut kills = 0;
    workspace.play_by_steps(8, |children| {
        // Now and then, whoever the generator names (xorshift).
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed.is_multiple_of(12) && kills < 40).then(|| {
            kills += 1;
            (seed >> 20) as usize % children.len()
        })
    });
    workspace.check();
}

#[cfg(unix)]
fn tell_to_end(child: &Child, signal: &str) {
    let told = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(told.success());
}

/// Waits until a process has words for the signals that end it, where the system says so.
#[cfg(unix)]
fn await_handlers(child: &Child) {
    let since = Instant::now();
    let handled = || {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
        // Signal n is bit n - 1: SIGINT and SIGTERM.
        Some(u64::from_str_radix(mask.trim(), 16).ok()? & 0x4002 == 0x4002)
    };
    while handled() != Some(true) && since.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Every process that runs or waits until somebody stops it.
#[cfg(unix)]
#[test]
fn who_is_told_to_end_says_that_nothing_is_lost_and_how_it_goes_on() {
    let workspace = Workspace::open(&Shape { patience: 6_000, ..SMALL });
    for (words, more) in [
        (&["board", "run", "board", "--key", "board.key"][..], "before the next deadline"),
        (
            &["keyholder", "run", "board", "--key", "keyholder0.key"],
            "before the deadline of what is due",
        ),
        (&["bidder", "run", "board", "--key", "bidder0.key", "--yes", "B0=99.00"], "not count"),
        (&["bid", "board", "--key", "bidder0.key", "--wait", "--yes", "B0=99.00"], "stays handed"),
        (&["reveal", "board", "--key", "bidder0.key", "--wait"], "stays handed"),
        (&["result", "board", "--key", "bidder0.key", "--wait"], "the same command"),
        (&["accept", "board", "--key", "seller.key", "--wait", "B0"], "the same command"),
        (
            &["fund", "board", "--key", "custodian.key", "--for", "KEY", "--amount", "5"],
            "handed in",
        ),
        (&["watch", "board"], "changes nothing"),
    ] {
        let key = workspace.name("bidder0", "party");
        let words: Vec<&str> =
            words.iter().map(|word| if *word == "KEY" { &key } else { *word }).collect();
        for (signal, status, name) in [("-INT", 130, "Ctrl-C"), ("-TERM", 143, "a signal")] {
            let running = workspace.start(&words);
            let child = running.0.as_ref().unwrap();
            await_handlers(child);
            tell_to_end(child, signal);
            let stopped = format!("stopped by {name}; nothing is lost");
            common::ends(&running.output(), status, &[&stopped, more]);
        }
    }
}

/// What is being written when somebody says so is written to its end, and nothing after it.
#[cfg(unix)]
#[test]
fn who_is_told_to_end_while_it_writes_writes_the_whole_of_it() {
    let workspace = Workspace::open(&SMALL);
    let name = workspace.name("bidder0", "party");
    let fund = ["fund", "board", "--key", "custodian.key", "--for", &name, "--amount", "5"];
    let mut command = workspace.command(&fund);
    command.env("TALEA_WRITE_SLOWLY", "300").stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = common::Running(Some(command.spawn().unwrap()));
    let names = || -> Vec<String> {
        let inbox = fs::read_dir(workspace.path("board/inbox")).unwrap().flatten();
        inbox.map(|item| item.file_name().to_string_lossy().into_owned()).collect()
    };
    let since = Instant::now();
    while !names().iter().any(|name| name.starts_with('.')) {
        assert!(since.elapsed() < LIMIT, "{:?}", names());
        std::thread::sleep(Duration::from_millis(5));
    }
    tell_to_end(running.0.as_ref().unwrap(), "-TERM");
    common::ends(&running.output(), 143, &["nothing is lost"]);
    let [handed_in] = &names()[..] else { panic!("{:?}", names()) };
    let bytes = fs::read(workspace.path("board/inbox").join(handed_in)).unwrap();
    assert_eq!(*handed_in, hex::encode(talea_protocol::bytes::Digest::of(&[&bytes]).0));
}

#[cfg(unix)]
#[test]
fn a_demonstration_that_is_told_to_end_leaves_no_folder_and_no_process() {
    let workspace = Workspace::open(&SMALL);
    fs::create_dir(workspace.path("temporary")).unwrap();
    let mut demo = workspace.command(&["demo"]);
    demo.env("TMPDIR", workspace.path("temporary")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = common::Running(Some(demo.spawn().unwrap()));
    // Until its keyholders are at work.
    let since = Instant::now();
    while common::find(&workspace.path("temporary"), "journal").is_empty() {
        assert!(since.elapsed() < LIMIT);
        std::thread::sleep(Duration::from_millis(5));
    }
    tell_to_end(running.0.as_ref().unwrap(), "-INT");
    // It comes to the end of what they say as well, so none of them is left.
    ends(&running.output(), 130, &["stopped by Ctrl-C; its folder is removed"]);
    assert_eq!(fs::read_dir(workspace.path("temporary")).unwrap().count(), 0);
}

/// They end between two writes, whenever they are told: nothing is left of a draft, and nothing twice.
#[cfg(unix)]
#[test]
fn whoever_is_told_to_end_at_random_goes_on_where_it_was_and_leaves_no_draft() {
    let workspace = Workspace::open(&Shape { patience: 80, ..SMALL });
    let (mut seed, mut stops) = (0x9e37_79b9_7f4a_7c15u64, 0);
    workspace.play_by_steps(8, |children| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let victim = (seed >> 20) as usize % children.len();
        if !seed.is_multiple_of(8) || stops >= 40 {
            return None;
        }
        let child = &mut children[victim];
        if child.try_wait().unwrap().is_some() {
            return None;
        }
        tell_to_end(child, "-TERM");
        let status = child.wait().unwrap();
        // It may have had no time to say anything, or have ended by itself.
        assert!(status.code().is_none_or(|code| [0, 143].contains(&code)), "{status}");
        stops += 1;
        Some(victim)
    });
    workspace.check();
    assert!(stops > 5, "{stops}");
    let is_draft = |path: &std::path::PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
    };
    let drafts: Vec<_> =
        common::files(workspace.folder.path()).into_iter().filter(is_draft).collect();
    assert!(drafts.is_empty(), "{drafts:?}");
}

/// One party dies at every single write, and is started again each time.
fn dies_at_every_write(victim: usize, least: usize) {
    let workspace = Workspace::open(&Shape { patience: 100, ..SMALL });
    let arguments = workspace.everybody();
    let others: Vec<usize> = (0..arguments.len()).filter(|at| *at != victim).collect();
    let _time = Steps::of(&workspace).by_themselves();
    let mut children: Vec<Child> =
        others.iter().map(|at| workspace.spawn(&arguments[*at])).collect();
    let words: Vec<&str> = arguments[victim].iter().map(String::as_str).collect();
    let since = Instant::now();
    let (mut deaths, mut at_write) = (0, 0);
    loop {
        assert!(since.elapsed() < LIMIT, "it came to a stand\n{}", workspace.log());
        let mut command = workspace.command(&words);
        let output = command.env("TALEA_DIE_AT_WRITE", at_write.to_string()).output().unwrap();
        if output.status.success() {
            break;
        }
        assert_eq!(output.status.code(), None, "{}", String::from_utf8_lossy(&output.stderr));
        deaths += 1;
        // The next process comes as far as the write after: what was done is not done again.
        at_write = if at_write > 6 { 0 } else { at_write + 1 };
    }
    assert!(deaths >= least, "it died {deaths} times");
    children.iter_mut().for_each(|child| assert!(child.wait().unwrap().success()));
    workspace.check();
}

#[test]
fn a_keyholder_that_dies_at_every_write_goes_on_where_it_was() {
    dies_at_every_write(1, 10);
}

/// By hand, as below.
#[test]
#[ignore = "a minute or two"]
fn a_board_that_dies_at_every_write_goes_on_where_it_was() {
    dies_at_every_write(0, 10);
}

/// By hand, as below.
#[test]
#[ignore = "a minute or two"]
fn a_bidder_that_dies_at_every_write_goes_on_where_it_was() {
    dies_at_every_write(3, 3);
}

/// A board that runs out of room says so, and goes on once there is some.
#[cfg(unix)]
#[test]
fn a_full_disk_loses_nothing() {
    let workspace = Workspace::open(&Shape { patience: 60, ..SMALL });
    let arguments = workspace.everybody();
    let _time = Steps::of(&workspace).by_themselves();
    let mut others: Vec<Child> =
        arguments.iter().skip(1).map(|words| workspace.spawn(words)).collect();
    // No file of more than 8 KiB, and no signal for trying.
    let limited = format!(
        "trap '' XFSZ; ulimit -f 8; exec {} --passphrase-file passphrase board run board --key board.key",
        env!("CARGO_BIN_EXE_talea")
    );
    let mut bash = Command::new("bash");
    bash.args(["-c", &limited]).current_dir(workspace.folder.path());
    let output = bash.env("TALEA_CLOCK", workspace.path("clock")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("error[file.unwritable]") && said.contains("nothing is lost"), "{said}");
    let mut board = workspace.spawn(&arguments[0]);
    others
        .iter_mut()
        .for_each(|child| assert!(child.wait().unwrap().success(), "{}", workspace.log()));
    assert!(board.wait().unwrap().success());
    workspace.check();
}

/// A keyholder to whom the board shows less than it showed before says nothing, to anybody.
#[test]
fn a_board_that_takes_entries_back_gets_no_second_answer() {
    let workspace = Workspace::open(&SMALL);
    workspace.play_by_steps(0, |_| None);
    workspace.check();
    let path = workspace.path("board/transcript.talea");
    let transcript = fs::read(&path).unwrap();
    fs::write(&path, whole_records(&transcript, transcript.len() * 2 / 3)).unwrap();
    let keyholder = ["keyholder", "run", "board", "--key", "keyholder0.key"];
    workspace.fails(&keyholder, 1, "board.rewritten");
    let waiting = fs::read_dir(workspace.path("board/inbox")).unwrap().count();
    assert_eq!(waiting, 0, "nothing was said");
    workspace.fails(&["verify", "board"], 1, "board.rewritten");
}

/// A bidder that left its sealed bid with a keyholder need not come back. Bonds and deposits are
/// paid when everybody waits for them.
#[cfg(unix)]
#[test]
fn a_keyholder_hands_in_what_a_bidder_left_with_it() {
    let more = "[stakes]\ndeposit = 5\nbond = 10\n";
    let workspace = Workspace::open(&Shape { patience: 80, more, ..SMALL });
    fs::create_dir(workspace.path("reveals")).unwrap();
    fs::write(workspace.path("reveals/rubbish"), "rubbish").unwrap();
    // Pipes, on which whoever opens them without care waits for ever.
    for pipe in ["reveals/pipe".to_owned(), format!("board/inbox/{}", "a".repeat(64))] {
        assert!(Command::new("mkfifo").arg(workspace.path(&pipe)).status().unwrap().success());
    }
    let arguments = workspace.everybody();
    let _time = Steps::of(&workspace).by_themselves();
    let mut children: Vec<Child> =
        arguments[..3].iter().map(|words| workspace.spawn(words)).collect();
    std::thread::sleep(Duration::from_millis(500));
    for (who, amount) in [("keyholder0", 10), ("keyholder1", 10), ("bidder0", 5), ("bidder1", 5)] {
        workspace.fund(who, amount);
    }
    for (key, price) in [("bidder0.key", "B0=90.50"), ("bidder1.key", "B0=91.50")] {
        workspace.done(&["bid", "board", "--key", key, "--wait", "--yes", price]);
    }
    // No sealed bid leaves before the reveals.
    for bidder in ["bidder0", "bidder1"] {
        let (key, file) = (format!("{bidder}.key"), format!("reveals/{bidder}"));
        workspace.done(&["reveal", "board", "--key", &key, "--wait", "--to", &file]);
    }
    children
        .iter_mut()
        .for_each(|child| assert!(child.wait().unwrap().success(), "{}", workspace.log()));
    workspace.check();
}

/// A seller who has no file of terms is asked. What makes no sense is asked again, what was answered is
/// kept, and there are no terms if the answers end before the questions.
#[test]
fn terms_by_questions() {
    let workspace = Workspace::open(&SMALL);
    let [seller, custodian, beneficiary, board, one, two] =
        ["seller", "custodian", "beneficiary", "board", "bidder0", "bidder1"]
            .map(|who| workspace.name(who, "party"));
    let [oak, ash] = ["keyholder0", "keyholder1"].map(|who| workspace.name(who, "keyholder"));
    let parties = [
        "nobody",
        &oak,
        "",
        &seller,
        &custodian,
        &board,
        &beneficiary,
        &one,
        &two,
        "",
        "yesterday",
        "",
        "",
        &oak,
        &ash,
        "",
        "3",
        "0",
        "2",
    ];
    let rules = [
        "third",
        "64",
        "second",
        "maybe",
        "no",
        "yes",
        "yes",
        "none",
        "4",
        "y",
        "soon",
        "10m",
        "5m",
        "",
        "n",
        "1h",
        "2020-12-01T10:30Z",
        "30m",
        "",
        "",
        "5",
        "10m",
        "",
        "yes",
        "30m",
        "7",
        "-1",
        "9",
    ];
    let prices = [
        "", "32nds", "110-00", "100-00", "1/32", // the wrong way round
        "", "32nds", "90-00", "107-31", "1/32", "usd", "Dollar", "USD", "", "each", "percent",
    ];
    let lots = [
        "nowhere.csv",
        "",
        "Kingdom of Thule 4.25% 2035",
        "XS0004120778",
        "XS0004120779",
        "5000000",
        "Larkspur \"Mill\"",
        "other L-1",
        "",
        "",
    ];
    let answers = [&parties[..], &rules, &prices, &lots].concat();
    let ask = |answers: &[&str]| {
        let mut command = workspace.command(&["terms", "new", "--out", "asked"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut text = answers.join("\n");
        text.push('\n');
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    for short in (0..answers.len()).step_by(9) {
        let output = ask(&answers[..short]);
        assert_eq!(output.status.code(), Some(2), "{short} answers");
        assert!(String::from_utf8_lossy(&output.stderr).contains("error[not-confirmed]"));
        assert!(!workspace.path("asked").exists() && !workspace.path("asked.toml").exists());
        // Anew, and not from there on.
        let _ = fs::remove_file(workspace.path("asked.answers"));
    }
    let output = ask(&answers);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let complaints = [
        "begins with taleaparty1",
        "an answer is needed here",
        "\"yesterday\" is not a time",
        "it must be 1 to 2",
        "is neither",
        "\"soon\" is not a duration",
        "no slot of this phase ends by \"2020-12-01T10:30Z\"",
        "check digit is wrong",
        "\"usd\" is no currency code of ISO 4217; write \"USD\"",
        "\"Dollar\" is no currency code of ISO 4217; write its three capital letters",
        "unknown variant `each`",
    ];
    complaints.iter().for_each(|words| assert!(said.contains(words), "{words:?} in {said}"));
    let short = String::from_utf8(output.stdout).unwrap();
    let words = workspace.done(&["terms", "show", "asked"]);
    assert_eq!(talea_cli::names::shortened(&words), short);
    for fact in ["XS0004120779", "Larkspur \"Mill\"", "90-00", "107-31", &one, &two, &ash] {
        assert!(words.contains(fact), "{fact:?} in {words}");
    }
    assert!(words.contains("currency      USD; a price is per cent of the quantity"), "{words}");
    // Another nonce, the same rules.
    let toml = fs::read_to_string(workspace.path("asked.toml")).unwrap();
    assert!(toml.contains("threshold = 2") && toml.contains("limit = 5"), "{toml}");
    workspace.done(&["terms", "new", "asked.toml", "--out", "again"]);
    workspace.fails(&["terms", "new", "--out", "asked"], 2, "file.exists");
}

#[test]
fn terms_are_read_before_they_are_signed_with_names_that_can_be_read() {
    let workspace = Workspace::open(&SMALL);
    let key = workspace.name("keyholder0", "keyholder");
    let short = talea_cli::names::shortened(&key);
    let made = workspace.done(&["terms", "new", "terms.toml", "--out", "new"]);
    assert!(made.contains(&short) && !made.contains(&key), "{made}");
    assert!(workspace.done(&["terms", "show", "new"]).contains(&key));
    let words = |more: &[&str]| {
        let open = ["open", "other", "--terms", "new", "--key", "seller.key"];
        let output = workspace.run(&[&open[..], more].concat());
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (status, said) = words(&[]);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains(&made) && said.contains("talea terms show new"), "{said}");
    // Whoever says yes beforehand has read them.
    assert_eq!(words(&["--yes"]), (Some(0), String::new()));
}

#[test]
fn a_new_key_says_what_takes_long_and_what_its_file_is_worth() {
    let workspace = Workspace::open(&SMALL);
    let said = |work: &str| {
        let key = format!("new{work}.key");
        let output = workspace.run(&["key", "new", &key, "--work-factor", work]);
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let slow = said("16");
    let [first, last] = [0, 1].map(|line| slow.lines().nth(line).unwrap());
    assert!(first.contains("scrypt: 2^16 rounds and 64 MiB"), "{slow}");
    for words in ["keep a copy of new16.key", "passphrase apart", "alone opens nothing"] {
        assert!(last.contains(words), "{slow}");
    }
    assert!(!said("4").contains("scrypt"));
}

/// The words of a passphrase that was made.
fn ten_words(text: &str) -> bool {
    let words: Vec<&str> = text.split('-').collect();
    let is_word = |word: &&str| word.len() >= 3 && word.chars().all(|c| c.is_ascii_lowercase());
    words.len() == 10 && words.iter().all(is_word)
}

#[cfg(unix)]
#[test]
fn who_has_no_passphrase_gets_one() {
    use std::os::unix::fs::PermissionsExt as _;
    let workspace = Workspace::open(&SMALL);
    let talea = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_talea"));
        command.current_dir(workspace.folder.path()).args(arguments).stdin(Stdio::null());
        command.output().unwrap()
    };
    let new = ["key", "new", "drawn.key", "--work-factor", "4", "--generate-passphrase"];
    let drawn = [&["--passphrase-file", "drawn"][..], &new].concat();
    common::ends(&talea(&drawn), 0, &["the passphrase is in drawn"]);
    let text = fs::read_to_string(workspace.path("drawn")).unwrap();
    assert!(ten_words(text.trim_end()), "{text}");
    assert_eq!(fs::metadata(workspace.path("drawn")).unwrap().permissions().mode() & 0o777, 0o600);
    let show = |file: &str, key: &str| talea(&["--passphrase-file", file, "key", "show", key]);
    common::ends(&show("drawn", "drawn.key"), 0, &[]);
    // In no file at all, as a password manager gives it.
    let piped = format!(
        "{} --passphrase-file <(cat drawn) key show drawn.key",
        env!("CARGO_BIN_EXE_talea")
    );
    let mut bash = Command::new("bash");
    bash.args(["-c", &piped]).current_dir(workspace.folder.path()).stdin(Stdio::null());
    common::ends(&bash.output().unwrap(), 0, &[]);
    // Neither of the two files is ever written over.
    common::ends(&talea(&drawn), 2, &["error[file.exists]", "drawn.key"]);
    fs::remove_file(workspace.path("drawn.key")).unwrap();
    common::ends(&talea(&drawn), 2, &["error[file.exists]: drawn already exists"]);
    assert!(!workspace.path("drawn.key").exists());

    // On a terminal: no answer is to be given one.
    let typed = format!("{} key new typed.key --work-factor 4", env!("CARGO_BIN_EXE_talea"));
    let terminal = Command::new("script")
        .args(["-qec", &typed, "/dev/null"])
        .current_dir(workspace.folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut terminal = match terminal {
        Ok(terminal) => terminal,
        Err(error) => return eprintln!("not tried: no terminal can be had here: script: {error}"),
    };
    terminal.stdin.take().unwrap().write_all(b"\n").unwrap();
    let shown = String::from_utf8(terminal.wait_with_output().unwrap().stdout).unwrap();
    let words = shown.split_whitespace().find(|word| ten_words(word)).expect(&shown);
    assert_eq!(shown.matches(words).count(), 1, "{shown}");
    assert!(!shown.contains("once more"), "{shown}");
    let file = workspace.path("written down");
    talea_cli::files::write(&file, words.as_bytes(), talea_cli::files::Readers::Owner).unwrap();
    common::ends(&show("written down", "typed.key"), 0, &[]);
}

/// A reserve, two rounds in which one bidder improves and the other stands, and the seller's word:
/// every command that a party can give by itself.
#[test]
fn a_reserve_rounds_and_the_sellers_word() {
    let more = "[disclosure]\ndepth_from = 1\n[reserve]\nreserves = \"3s\"\n\
                [acceptance]\ndecide = \"60s\"\n\
                [rounds]\nlimit = 2\ncommits = \"5s\"\nreveals = \"5s\"\n";
    let workspace = Workspace::open(&Shape { patience: 50, more, ..SMALL });
    let arguments = workspace.everybody();
    let time = Steps::of(&workspace).by_themselves();
    time.awaits(|awaited| awaited.reserves = 1);
    // The board, two keyholders, and bidder 0, who bids 90.50 and stands.
    let mut children: Vec<Child> =
        arguments[..4].iter().map(|words| workspace.spawn(words)).collect();
    let party = |what: &str, who: &str, more: &[&str]| {
        let key = format!("{who}.key");
        let common = [what, "board", "--key", &key, "--wait", "--json"];
        let taken = workspace.done(&[&common[..], more].concat());
        let taken: serde_json::Value = serde_json::from_str(&taken).unwrap();
        assert_eq!(taken["schema"], "talea-accepted/1");
        assert_eq!(taken["entries"].as_array().unwrap().len(), 1, "{taken}");
        taken["entries"][0].clone()
    };
    let reserve = party("reserve", "seller", &["--yes", "B0=91.00"]);
    let (lot, price, entry) = (&reserve["lot"], &reserve["price"], &reserve["entry"]);
    assert_eq!((lot, price, entry), (&"B0".into(), &"91.00".into(), &5.into()), "{reserve}");
    assert_eq!(reserve["price_decimal"], "91.00", "{reserve}");
    party("bid", "bidder1", &["--yes", "B0=90.25"]);
    party("reveal", "seller", &[]);
    assert_eq!(party("reveal", "bidder1", &[])["sealed_bids"], 1);
    // It cannot take back what it offered, and can do better.
    let worse = ["improve", "board", "--key", "bidder1.key", "--wait", "--yes", "B0=90.00"];
    workspace.fails(&worse, 2, "price");
    let said = String::from_utf8(workspace.run(&worse).stderr).unwrap();
    assert!(said.contains("B0: 90.00 is worse than the active bid, 90.25"), "{said}");
    // What everybody may know before it bids again: one bid of three is counted, for the reserve is none
    // and the best is left out.
    let status = workspace.done(&["status", "board"]);
    assert!(status.contains("B0: bids after each round, without the best ones"), "{status}");
    let status: serde_json::Value =
        serde_json::from_str(&workspace.done(&["status", "board", "--json"])).unwrap();
    let survey = &status["lots"][0]["surveys"][0];
    let counted = |bucket: &serde_json::Value| bucket["bids"].as_u64().unwrap();
    let buckets = survey["depth"].as_array().unwrap();
    assert_eq!((survey["round"].as_u64(), buckets.iter().map(counted).sum()), (Some(0), 1u64));
    assert_eq!(buckets.iter().find(|bucket| counted(bucket) == 1).unwrap()["from"], "90.00");
    assert_eq!(
        buckets.iter().find(|bucket| counted(bucket) == 1).unwrap()["from_decimal"],
        "90.00"
    );
    assert_eq!(party("improve", "bidder1", &["--yes", "B0=91.50"])["round"], 1);
    party("reveal", "bidder1", &[]);
    party("accept", "seller", &["B0"]);
    children
        .iter_mut()
        .for_each(|child| assert!(child.wait().unwrap().success(), "{}", workspace.log()));
    workspace.check();
    let log = workspace.log();
    assert!(
        log.contains("this process reveals by itself, from ") && log.contains("does not count")
    );
    let result = workspace.done(&["result", "board", "--key", "bidder1.key"]);
    assert!(result.contains("Hit"), "{result}");
    workspace.done(&["report", "board", "--out", "report.html"]);
    let page = fs::read_to_string(workspace.path("report.html")).unwrap();
    assert!(page.contains("after round 0") && page.contains("<svg") && !page.contains("<script"));
    workspace.fails(&["stand", "board", "--key", "bidder1.key", "--yes"], 6, "refused");
}

#[test]
fn bad_input_gets_one_sentence_a_code_and_its_status() {
    let workspace = Workspace::open(&SMALL);
    let bid = |key: &'static str, bid: &'static str| ["bid", "board", "--key", key, "--yes", bid];
    workspace.fails(&bid("bidder0.key", "B0=99.10"), 2, "price");
    workspace.fails(&bid("bidder0.key", "B0=99-16"), 2, "price");
    workspace.fails(&bid("bidder0.key", "nonsense"), 2, "price");
    workspace.fails(&bid("bidder0.key", "B7=99.00"), 2, "lot.unknown");
    workspace.fails(&bid("bidder0.key", "B0=99.00"), 3, "not-yet");
    workspace.fails(&["bid", "board", "--key", "bidder0.key", "B0=99.00"], 2, "not-confirmed");
    workspace.fails(&bid("nobody.key", "B0=99.00"), 4, "file.unreadable");
    workspace.fails(&bid("terms.toml", "B0=99.00"), 5, "key.mode");
    workspace.fails(&["status", "nowhere"], 4, "board.folder");
    workspace.fails(&["board", "run", "board", "--key", "bidder0.key"], 5, "key.other");
    workspace.fails(&["keyholder", "run", "board", "--key", "bidder0.key"], 5, "key.other");
    workspace.fails(&["accept", "board", "--key", "seller.key", "B0"], 3, "not-yet");
    workspace.fails(
        &["improve", "board", "--key", "bidder0.key", "--yes", "B0=99.00"],
        3,
        "not-yet",
    );
    workspace.fails(
        &["open", "board", "--terms", "terms", "--key", "seller.key", "--yes"],
        2,
        "file.exists",
    );
    workspace.fails(
        &["open", "b", "--terms", "terms", "--key", "board.key", "--yes"],
        5,
        "key.other",
    );
    workspace.fails(
        &["open", "b", "--terms", "terms.toml", "--key", "board.key", "--yes"],
        2,
        "terms.field",
    );
    workspace.fails(&["terms", "new", "terms.toml", "--out", "terms"], 2, "file.exists");
    workspace.fails(&["key", "new", "seller.key"], 2, "file.exists");
    workspace.fails(&["receipt", "check", "terms.toml"], 1, "receipt.invalid");
    workspace.fails(&["receipt", "new", "board", "1"], 3, "not-yet");
    // Entries are counted from 1.
    ends(&workspace.run(&["receipt", "new", "board", "0"]), 2, &["0 is not in 1.."]);
    workspace.fails(&["result", "board", "--key", "bidder0.key"], 3, "not-yet");
    workspace.fails(&["report", "board", "--out", "report.doc"], 4, "file.unwritable");
    fs::write(workspace.path("other"), "incorrect horse battery\n").unwrap();
    let wrong = |file: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_talea"));
        command.current_dir(workspace.folder.path()).stdin(Stdio::null());
        let arguments = ["--passphrase-file", file, "key", "show", "seller.key"];
        let output = command.args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (status, said) = wrong("other");
    assert_eq!(status, Some(5), "{said}");
    assert!(said.contains("error[key.mode]"), "{said}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let private = fs::Permissions::from_mode(0o600);
        fs::set_permissions(workspace.path("other"), private).unwrap();
        let (status, said) = wrong("other");
        assert_eq!(status, Some(5), "{said}");
        assert!(said.contains("error[key.passphrase]"), "{said}");
    }
    // A time beyond the years that a date can have is a time all the same.
    let terms = fs::read_to_string(workspace.path("terms.toml")).unwrap();
    let far = terms.replacen("slot = \"100ms\"", "slot = \"9000years\"", 1);
    assert_ne!(far, terms);
    fs::write(workspace.path("far.toml"), far).unwrap();
    workspace.done(&["terms", "new", "far.toml", "--out", "far"]);
    assert!(workspace.done(&["terms", "show", "far"]).contains("after the year 9999"));
    workspace.done(&["open", "afar", "--terms", "far", "--key", "seller.key", "--yes"]);
    assert!(workspace.done(&["status", "afar"]).contains("after the year 9999"));
    assert_eq!(workspace.run(&["nonsense"]).status.code(), Some(2));
    fs::write(workspace.path("rubbish.talea"), "rubbish").unwrap();
    assert_eq!(workspace.run(&["verify", "rubbish.talea"]).status.code(), Some(1));
    assert_eq!(workspace.run(&["verify", "board"]).status.code(), Some(3));
}

/// By hand: `cargo test --release -p talea-cli --test all parties:: -- --ignored`.
#[test]
#[ignore = "eleven processes, ten lots: a minute or two"]
fn eleven_processes_hold_an_auction_of_ten_lots_and_are_killed_at_random() {
    let shape = Shape { bidders: 7, keyholders: 3, lots: 10, patience: 600, step: 6_000, more: "" };
    let workspace = Workspace::open(&shape);
    let mut seed = 88_172_645_463_325_252u64;
    workspace.play_by_steps(8, |children| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed.is_multiple_of(50).then(|| (seed >> 20) as usize % children.len())
    });
    workspace.check();
}
