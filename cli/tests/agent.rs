//! Bids that are left with an agent, by bidders who do not come back to reveal them.

use crate::{
    common::{LIMIT, Running, SMALL, Shape, Stage, ends},
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

fn keys(stage: &Stage, who: &str) -> Keys {
    let passphrase = PassphraseSource { file: Some(stage.path("passphrase")) };
    Keys::open(&stage.path(&format!("{who}.key")), &passphrase).unwrap()
}

#[test]
fn an_agent_reveals_for_a_bidder_who_does_not_come_back() {
    let stage = Stage::open(&Shape { patience: 100, ..SMALL });
    stage.done(&["key", "new", "agent.key", "--work-factor", "4"]);
    let agent = stage.name("agent", "agent");
    let time = Steps::of(&stage).by_themselves();
    time.awaits(|awaited| awaited.stop_in = Some(Phase::Commits));
    fs::create_dir(stage.path("left")).unwrap();
    let everybody = stage.everybody();
    let start = |words: &[String]| Running(Some(stage.spawn(words)));
    let board: Vec<Running> = everybody.iter().take(3).map(|words| start(words)).collect();
    let agents = ["agent", "run", "board", "--key", "agent.key", "--left", "left", "--json"];
    let mut at_work = stage.command(&agents);
    at_work.stdout(Stdio::piped()).stderr(fs::File::create(stage.path("agent.log")).unwrap());
    let at_work = Running(Some(at_work.spawn().unwrap()));
    let other = start(everybody.last().unwrap());

    // It bids more than the other one, and is gone.
    let bid = ["bid", "board", "--key", "bidder0.key", "--wait", "--yes", "B0=95.50"];
    let left = ["--agent", &agent, "--leave", "bidder0.left"];
    let output = stage.run(&[&bid[..], &left].concat());
    ends(&output, 0, &["can hand these bids in or withhold them", "1 sealed bids for the agent"]);
    // Nobody but the agent opens it.
    let sealed = fs::read(stage.path("bidder0.left")).unwrap();
    assert_eq!(keys(&stage, "keyholder0").unlock()(sealed.clone()), None);
    let opened = keys(&stage, "agent").unlock()(sealed).unwrap();
    let Handed { commits, reveals } = borsh::from_slice(&opened).unwrap();
    assert!(commits.is_empty());
    // Others leave rubbish, something for somebody else, and a sealed bid that nobody committed.
    let forged = Reveal { sealed_bid: List::new(vec![7; 3_000]).unwrap(), ..reveals[0].clone() };
    let forged = borsh::to_vec(&Handed { commits, reveals: vec![forged] }).unwrap();
    let (to_agent, to_other) =
        (keys(&stage, "agent").agent().unwrap(), keys(&stage, "board").agent().unwrap());
    for (name, bytes) in [
        ("rubbish", b"rubbish".to_vec()),
        ("for-another", lock_for(&to_other, &opened).unwrap()),
        ("forged", lock_for(&to_agent, &forged).unwrap()),
    ] {
        fs::write(stage.path("left").join(name), bytes).unwrap();
    }
    fs::rename(stage.path("bidder0.left"), stage.path("left/bidder0")).unwrap();

    // It looks at them before the reveals.
    let agents_log = || fs::read_to_string(stage.path("agent.log")).unwrap();
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
    assert!(output.status.success(), "{said}\n{}", stage.log());
    let tally: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(tally["revealed"], 1, "{said}");
    assert_eq!(tally["not_taken"], 0, "{said}");
    for words in [
        "bidder0: 1 sealed bids open what was committed; they stay here until the reveals",
        "forged: 1 sealed bids open nothing that the board shows so far",
        "revealed the bid of",
    ] {
        assert!(said.contains(words), "{words} is missing in {said}");
    }
    assert!(!said.contains("rubbish") && !said.contains("for-another"), "{said}");
    drop((board, other));
    let status: Value = serde_json::from_str(&stage.done(&["status", "board", "--json"])).unwrap();
    assert_eq!(status["lots"][0]["price"], "95.50", "{status}");
    assert_eq!(status["lots"][0]["winners"], serde_json::json!([stage.name("bidder0", "party")]));
    assert!(stage.done(&["verify", "board"]).starts_with("VALID"));
}

#[test]
fn leaving_bids_with_a_keyholder_or_the_board_asks_first() {
    let stage = Stage::open(&SMALL);
    let bid = |agent: &str, more: &[&str]| {
        let agent = stage.name(agent, "agent");
        let words = ["bid", "board", "--key", "bidder0.key", "B0=90.50", "--leave", "f", "--agent"];
        stage.run(&[&words[..], &[&agent], more].concat())
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
        let agent = stage.name(agent, "agent");
        let stand = ["stand", "board", "--key", "bidder0.key", "--leave", "f", "--agent", &agent];
        ends(&stage.run(&stand), 2, &[what, "are open bids: before the reveals"]);
    }
    let output = bid("bidder1", &[]);
    ends(&output, 2, &["withhold them, and nothing else", "90.50 for"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("open bids") && !said.contains("deposit"), "{said}");
    assert!(!stage.path("f").exists());
    let words = ["bid", "board", "--key", "bidder0.key", "B0=90.50", "--leave", "f", "--agent"];
    stage.fails(&[&words[..], &[&stage.name("bidder1", "party")]].concat(), 2, "name.malformed");
    let nowhere = ["agent", "run", "board", "--key", "bidder1.key", "--left", "nowhere"];
    stage.fails(&nowhere, 4, "file.unreadable");
}

#[test]
fn a_bidder_hears_of_the_deposit_that_its_agent_can_lose_where_there_is_one() {
    let stage = Stage::open(&Shape { more: "[stakes]\ndeposit = 6\n", ..SMALL });
    let agent = stage.name("bidder1", "agent");
    let words = ["bid", "board", "--key", "bidder0.key", "B0=90.50", "--leave", "f", "--agent"];
    let output = stage.run(&[&words[..], &[&agent]].concat());
    ends(&output, 2, &["withholds does not count, and its deposit of 6 is lost"]);
}
