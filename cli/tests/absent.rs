//! Parties who leave and never come back, with real processes: the auction ends as the protocol says,
//! and what it leaves behind names them.

use crate::{
    common::{LIMIT, Running, SMALL, Shape, Workspace, find},
    steps::Steps,
};
use serde_json::Value;
use std::time::{Duration, Instant};
use talea_cli::{board::folder::Folder, names, replica::Replica};
use talea_contract::Phase;

const DEPOSIT: u64 = 6;
const BOND: u64 = 10;
const STAKES: &str = "[stakes]\ndeposit = 6\nbond = 10\n";
const POLL: Duration = Duration::from_millis(20);

/// A board at work, with everybody's money on it.
fn board(workspace: &Workspace) -> Running {
    let board = Running(Some(workspace.spawn(&workspace.everybody()[0])));
    for n in 0..workspace.keyholders {
        workspace.fund(&format!("keyholder{n}"), BOND);
    }
    for n in 0..workspace.bidders {
        workspace.fund(&format!("bidder{n}"), DEPOSIT);
    }
    board
}

fn keyholder(workspace: &Workspace, n: usize) -> Running {
    Running(Some(workspace.spawn(&workspace.everybody()[1 + n])))
}

fn bidder(workspace: &Workspace, n: usize) -> Running {
    Running(Some(workspace.spawn(&workspace.everybody()[1 + workspace.keyholders + n])))
}

/// Waits until the transcript shows something of this kind by this party.
fn await_word(workspace: &Workspace, who: &str, kind: &str) {
    let party = names::read_party(&workspace.name(who, "party")).unwrap();
    let mut replica = Replica::of(&Folder::new(workspace.path("board"))).unwrap();
    await_true(workspace, || {
        replica.advance().unwrap();
        replica.lines().iter().any(|line| line.kind == kind && line.signer == party)
    });
}

fn await_true(workspace: &Workspace, mut is_true: impl FnMut() -> bool) {
    let since = Instant::now();
    while !is_true() {
        assert!(since.elapsed() < LIMIT, "it came to a stand\n{}", workspace.log());
        std::thread::sleep(POLL);
    }
}

fn all_end_well(workspace: &Workspace, running: impl IntoIterator<Item = Running>) {
    for mut process in running {
        let child = process.0.as_mut().unwrap();
        let mut status = None;
        await_true(workspace, || {
            status = child.try_wait().unwrap();
            status.is_some()
        });
        assert!(status.unwrap().success(), "{}", workspace.log());
    }
}

fn json(workspace: &Workspace, arguments: &[&str]) -> Value {
    serde_json::from_str(&workspace.done(arguments)).unwrap()
}

/// The report, and in it the part about somebody.
fn report(workspace: &Workspace) -> Value {
    workspace.done(&["report", "board", "--out", "report.json"]);
    serde_json::from_slice(&std::fs::read(workspace.path("report.json")).unwrap()).unwrap()
}

fn part<'a>(workspace: &Workspace, report: &'a Value, list: &str, who: &str) -> &'a Value {
    let name = workspace.name(who, "party");
    let mut rows = report[list].as_array().unwrap().iter();
    rows.find(|row| row["party"] == name).unwrap()
}

/// What the independent verifier says that a party lost.
fn forfeited(workspace: &Workspace, who: &str) -> u64 {
    let report = json(workspace, &["verify", "board", "--json"]);
    assert_eq!(report["verdict"], "valid");
    let key = names::read_party(&workspace.name(who, "party")).unwrap().to_string();
    let accounts = report["accounts"].as_array().unwrap();
    let account = accounts.iter().find(|account| account["party"] == key).unwrap();
    account["forfeited"].as_str().unwrap().parse().unwrap()
}

/// Of three keyholders, two of whom are enough, the first is killed after its deal; of three bidders the
/// best one is silent after its commit. Neither comes back.
#[test]
fn the_auction_goes_on_without_a_keyholder_and_a_bidder_who_never_come_back() {
    let shape = Shape { bidders: 3, keyholders: 3, patience: 60, step: 60, more: STAKES, ..SMALL };
    let workspace = Workspace::open(&shape);
    let time = Steps::of(&workspace).by_themselves();
    time.loses(&workspace, "bidder2");
    time.awaits(|awaited| awaited.stop_in = Some(Phase::Ranking));
    let board = board(&workspace);
    let lost = keyholder(&workspace, 0);
    let others = [keyholder(&workspace, 1), keyholder(&workspace, 2)];
    await_word(&workspace, "keyholder0", "deal");
    drop(lost);
    time.loses(&workspace, "keyholder0");
    let bidders = [bidder(&workspace, 0), bidder(&workspace, 1)];
    workspace.done(&["bid", "board", "--key", "bidder2.key", "--wait", "--yes", "B0=99.00"]);

    // Everybody can see whom the auction waits for.
    let name = workspace.name("keyholder0", "party");
    await_true(&workspace, || {
        let status = json(&workspace, &["status", "board", "--json"]);
        let waiting = status["waiting_for"].as_array().unwrap();
        waiting.iter().any(|row| row["party"] == name && row["for"] != "endorsing round 0")
    });
    time.awaits(|awaited| awaited.stop_in = None);
    all_end_well(&workspace, bidders.into_iter().chain(others).chain([board]));

    let status = json(&workspace, &["status", "board", "--json"]);
    let lot = &status["lots"][0];
    assert_eq!((&lot["state"], &lot["price"]), (&"sold".into(), &"91.50".into()), "{lot}");
    let report = report(&workspace);
    let keyholder = |who| part(&workspace, &report, "keyholders", who);
    assert_eq!(keyholder("keyholder0")["late_on"], serde_json::json!(["B0"]));
    assert_eq!(keyholder("keyholder1")["late_on"], serde_json::json!([]));
    let counted = |who| &part(&workspace, &report, "bidders", who)["ranked"];
    assert_eq!((counted("bidder1"), counted("bidder2")), (&1.into(), &0.into()));
    // The lot was sold all the same, so no bond is lost; the deposit goes to the beneficiary.
    let lost = ["keyholder0", "keyholder1", "bidder0", "bidder1", "bidder2"];
    assert_eq!(lost.map(|who| forfeited(&workspace, who)), [0, 0, 0, 0, DEPOSIT]);
    let received = |who| &part(&workspace, &report, "accounts", who)["received"];
    for who in ["bidder0", "bidder1"] {
        assert_eq!(received(who), "0");
    }
    assert_eq!(received("beneficiary"), &DEPOSIT.to_string());
    let result = json(&workspace, &["result", "board", "--key", "bidder2.key", "--json"]);
    assert_eq!(result["lots"][0]["result"], "NotRanked");
    assert_eq!(result["lots"][0]["bid"], "99.00");
    assert_eq!(result["lots"][0]["bid_decimal"], "99.00");

    // If the keyholder comes back after all, it has nothing left to do but to erase its share.
    let state = workspace.path("keyholder0.key.state");
    assert_eq!(find(&state, "coefficients.age").len(), 1);
    workspace.done(&["keyholder", "run", "board", "--key", "keyholder0.key"]);
    assert!(find(&state, "coefficients.age").is_empty());
    workspace.no_occasion_twice();
}

/// Where all keyholders are needed, one that never comes back voids the lot, and pays for it.
#[test]
fn a_keyholder_without_whom_nothing_goes_is_named_and_pays() {
    let shape = Shape { patience: 60, step: 60, more: STAKES, ..SMALL };
    let workspace = Workspace::open(&shape);
    let time = Steps::of(&workspace).by_themselves();
    let board = board(&workspace);
    let lost = keyholder(&workspace, 1);
    let other = keyholder(&workspace, 0);
    let bidders = [bidder(&workspace, 0), bidder(&workspace, 1)];
    await_word(&workspace, "keyholder1", "endorse");
    drop(lost);
    time.loses(&workspace, "keyholder1");
    all_end_well(&workspace, bidders.into_iter().chain([other, board]));

    let status = json(&workspace, &["status", "board", "--json"]);
    assert_eq!(status["lots"][0]["state"], "void", "{status}");
    let report = report(&workspace);
    let late = |who| &part(&workspace, &report, "keyholders", who)["late_on"];
    assert_eq!(late("keyholder0"), &serde_json::json!([]));
    assert_eq!(late("keyholder1"), &serde_json::json!(["B0"]));
    let lost = ["keyholder0", "keyholder1", "bidder0", "bidder1"];
    assert_eq!(lost.map(|who| forfeited(&workspace, who)), [0, BOND, 0, 0]);
    let account = |who| part(&workspace, &report, "accounts", who);
    for who in ["bidder0", "bidder1"] {
        assert_eq!(account(who)["received"], "0");
        assert_eq!(account(who)["released"], DEPOSIT.to_string());
        let key = format!("{who}.key");
        let result = json(&workspace, &["result", "board", "--key", &key, "--json"]);
        assert_eq!(result["lots"][0]["result"], "DidNotTrade");
    }
    assert_eq!(account("beneficiary")["received"], BOND.to_string());
    let page = {
        workspace.done(&["report", "board", "--out", "report.html"]);
        std::fs::read_to_string(workspace.path("report.html")).unwrap()
    };
    assert!(page.contains("let a deadline pass on B0") && page.contains("<h2>Money</h2>"));
}
