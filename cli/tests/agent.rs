//! Bids that are left with an agent, by bidders who do not come back to reveal them.

use crate::{
    common::{LIMIT, Running, SMALL, Shape, Workspace, ends},
    steps::Steps,
};
use serde_json::Value;
use std::{
    fs,
    process::Stdio,
    time::{Duration, Instant},
};
use talea_cli::{
    keys::{Keys, PassphraseSource, lock_for},
    party::handed::Handed,
};
use talea_contract::Phase;
use talea_protocol::{bytes::List, sealed_bid::Reveal};

fn keys(workspace: &Workspace, who: &str) -> Keys {
    let passphrase = PassphraseSource { file: Some(workspace.path("passphrase")) };
    Keys::open(&workspace.path(&format!("{who}.key")), &passphrase).unwrap()
}

#[test]
fn an_agent_reveals_for_a_bidder_who_does_not_come_back() {
    let workspace = Workspace::open(&Shape { patience: 100, ..SMALL });
    workspace.done(&["key", "new", "agent.key", "--work-factor", "4"]);
    let agent = workspace.name("agent", "agent");
    let time = Steps::of(&workspace).by_themselves();
    time.awaits(|awaited| awaited.stop_in = Some(Phase::Commits));
    fs::create_dir(workspace.path("left")).unwrap();
    let everybody = workspace.everybody();
    let start = |words: &[String]| Running(Some(workspace.spawn(words)));
    let board: Vec<Running> = everybody.iter().take(3).map(|words| start(words)).collect();
    let agents = ["agent", "run", "board", "--key", "agent.key", "--left", "left", "--json"];
    let mut at_work = workspace.command(&agents);
    at_work.stdout(Stdio::piped()).stderr(fs::File::create(workspace.path("agent.log")).unwrap());
    let at_work = Running(Some(at_work.spawn().unwrap()));
    let other = start(everybody.last().unwrap());

    // It bids more than the other one, and is gone.
    let bid = ["bid", "board", "--key", "bidder0.key", "--wait", "--yes", "B0=95.50"];
    let left = ["--agent", &agent, "--leave", "bidder0.left"];
    let output = workspace.run(&[&bid[..], &left].concat());
    ends(&output, 0, &["can hand these bids in or withhold them", "1 sealed bids for the agent"]);
    // Nobody but the agent opens it.
    let sealed = fs::read(workspace.path("bidder0.left")).unwrap();
    assert_eq!(keys(&workspace, "keyholder0").unlock()(sealed.clone()), None);
    let opened = keys(&workspace, "agent").unlock()(sealed).unwrap();
    let Handed { commits, reveals } = borsh::from_slice(&opened).unwrap();
    assert!(commits.is_empty());
    // Others leave rubbish, something for somebody else, and a sealed bid that nobody committed.
    let forged = Reveal { sealed_bid: List::new(vec![7; 3_000]).unwrap(), ..reveals[0].clone() };
    let forged = borsh::to_vec(&Handed { commits, reveals: vec![forged] }).unwrap();
    let (to_agent, to_other) =
        (keys(&workspace, "agent").agent().unwrap(), keys(&workspace, "board").agent().unwrap());
    for (name, bytes) in [
        ("rubbish", b"rubbish".to_vec()),
        ("for-another", lock_for(&to_other.recipient, &opened).unwrap()),
        ("forged", lock_for(&to_agent.recipient, &forged).unwrap()),
    ] {
        fs::write(workspace.path("left").join(name), bytes).unwrap();
    }
    fs::rename(workspace.path("bidder0.left"), workspace.path("left/bidder0")).unwrap();

    // It looks at them before the reveals.
    let agents_log = || fs::read_to_string(workspace.path("agent.log")).unwrap();
    let since = Instant::now();
    while !["bidder0: 1 sealed bids", "forged: 1 sealed bids"]
        .iter()
        .all(|words| agents_log().contains(words))
    {
        assert!(since.elapsed() < LIMIT, "{}", agents_log());
        std::thread::sleep(Duration::from_millis(20));
    }
    time.awaits(|awaited| awaited.stop_in = None);
    let output = at_work.output();
    let said = agents_log();
    assert!(output.status.success(), "{said}\n{}", workspace.log());
    let tally: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(tally["revealed"], 1, "{said}");
    assert_eq!(tally["not_accepted"], 0, "{said}");
    for words in [
        "bidder0: 1 sealed bids open what was committed; they stay here until the reveals",
        "forged: 1 sealed bids open nothing that the board shows so far",
        "revealed the bid of",
    ] {
        assert!(said.contains(words), "{words} is missing in {said}");
    }
    assert!(!said.contains("rubbish") && !said.contains("for-another"), "{said}");
    drop((board, other));
    let status: Value =
        serde_json::from_str(&workspace.done(&["status", "board", "--json"])).unwrap();
    assert_eq!(status["lots"][0]["price"], "95.50", "{status}");
    assert_eq!(
        status["lots"][0]["winners"],
        serde_json::json!([workspace.name("bidder0", "party")])
    );
    assert!(workspace.done(&["verify", "board"]).starts_with("VALID"));
}

#[test]
fn leaving_bids_with_a_keyholder_or_the_board_asks_first() {
    let workspace = Workspace::open(&SMALL);
    let bid = |agent: &str, more: &[&str]| {
        let agent = workspace.name(agent, "agent");
        let words = ["bid", "board", "--key", "bidder0.key", "B0=90.50", "--leave", "f", "--agent"];
        workspace.run(&[&words[..], &[&agent], more].concat())
    };
    for (agent, what) in [
        ("keyholder1", "is a keyholder of"),
        ("board", "is the board of"),
        ("seller", "is the seller of"),
    ] {
        let output = bid(agent, &[]);
        ends(&output, 2, &[what, "are open bids: before the reveals", "error[not-confirmed]"]);
        assert!(!String::from_utf8_lossy(&output.stderr).contains("90.50 for"));
        // Nobody runs the board, so there are no bids yet.
        ends(&bid(agent, &["--yes"]), 3, &[what, "90.50 for", "error[not-yet]"]);
        let agent = workspace.name(agent, "agent");
        let stand = ["stand", "board", "--key", "bidder0.key", "--leave", "f", "--agent", &agent];
        ends(&workspace.run(&stand), 2, &[what, "are open bids: before the reveals"]);
    }
    let output = bid("bidder1", &[]);
    ends(&output, 2, &["withhold them, and nothing else", "90.50 for"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("open bids") && !said.contains("deposit"), "{said}");
    assert!(!workspace.path("f").exists());
    let words = ["bid", "board", "--key", "bidder0.key", "B0=90.50", "--leave", "f", "--agent"];
    workspace.fails(
        &[&words[..], &[&workspace.name("bidder1", "party")]].concat(),
        2,
        "name.malformed",
    );
    let nowhere = ["agent", "run", "board", "--key", "bidder1.key", "--left", "nowhere"];
    workspace.fails(&nowhere, 4, "file.unreadable");
}

#[test]
fn a_bidder_hears_of_the_deposit_that_its_agent_can_lose_where_there_is_one() {
    let workspace = Workspace::open(&Shape { more: "[stakes]\ndeposit = 6\n", ..SMALL });
    let agent = workspace.name("bidder1", "agent");
    let words = ["bid", "board", "--key", "bidder0.key", "B0=90.50", "--leave", "f", "--agent"];
    let output = workspace.run(&[&words[..], &[&agent]].concat());
    ends(&output, 2, &["withholds does not count, and its deposit of 6 is lost"]);
}
