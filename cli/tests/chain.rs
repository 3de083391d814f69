//! An auction on a chain: its terms, its transcript from a node's answers, and what commands say of it. The answers
//! are those of `export/tests`, which `talea-chain-demo --events` wrote.

use crate::common::{SMALL, Workspace, ends, says, shown};
use serde_json::Value;
use std::{fs, process::Output};

const ANSWERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../export/tests/tx_search.json");

const CONTRACT: &str = "cosmos1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0sxaggsw";
const SECONDS: &str = "[chain]\nid = \"testing-1\"\n\
    contract = \"cosmos1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0sxaggsw\"\n\
    unit = \"seconds\"\ndenom = \"ibc/27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2\"\n";

/// The terms that everybody has, on a chain in place of the board, and with some of their words changed.
#[track_caller]
fn terms_on(workspace: &Workspace, chain: &str, changes: &[(&str, &str)]) -> Output {
    let terms = fs::read_to_string(workspace.path("terms.toml")).unwrap();
    let (before, rest) = terms.split_once("[board]").unwrap();
    let before: Vec<&str> = before.lines().filter(|l| !l.starts_with("custodian")).collect();
    let (_, after) = rest.split_once("[schedule]").unwrap();
    let mut terms = format!("{}\n{chain}[schedule]{after}", before.join("\n"));
    for (from, to) in changes {
        assert!(terms.contains(from), "{from:?} is missing in {terms}");
        terms = terms.replace(from, to);
    }
    fs::write(workspace.path("new.toml"), terms).unwrap();
    let _ = fs::remove_file(workspace.path("new"));
    workspace.run(&["terms", "new", "new.toml", "--out", "new"])
}

#[test]
fn terms_of_a_chain_name_it_and_their_seconds_are_times() {
    let workspace = Workspace::open(&SMALL);
    let output = terms_on(
        &workspace,
        &format!("{SECONDS}starts = \"2096-12-01T15:00:00Z\"\n"),
        &[
            ("deals = \"4000ms\"", "deals = \"10m\""),
            ("commits = \"4000ms\"", "commits = \"2096-12-01 10:30 America/New_York\""),
            ("[every_lot]", "[stakes]\ndeposit = 5\n[every_lot]"),
        ],
    );
    ends(
        &output,
        0,
        &["schedule.commits = \"2096-12-01 10:30 America/New_York\" is 2096-12-01T15:30:00Z"],
    );
    says(
        &shown(&output),
        &[
            "chain         testing-1, whose slots are seconds of its blocks' time",
            &format!("contract      {CONTRACT}"),
            "custodian     the contract, which takes coins of ibc/27394FB092D2ECCD56123C74F36E4C1F926001CEAD",
            "deals         until 2096-12-01T15:10:01Z",
            "bids          until 2096-12-01T15:30:00Z",
        ],
    );
    let data: Value =
        serde_json::from_str(&workspace.done(&["terms", "show", "new", "--json"])).unwrap();
    assert_eq!(data["chain"]["id"], "testing-1");
    assert_eq!(data["chain"]["contract"], CONTRACT);
    assert_eq!(data["chain"]["unit"], "seconds");
    assert!(data["chain"]["denom"].as_str().unwrap().starts_with("ibc/27394FB0"));
    assert_eq!(
        (&data["board"], &data["schedule"]["deals_until"]["at"]),
        (&Value::Null, &"2096-12-01T15:10:01Z".into())
    );
    // No board takes them.
    let open = ["open", "elsewhere", "--terms", "new", "--key", "seller.key", "--yes"];
    let output = workspace.run(&open);
    ends(&output, 4, &["error[board.folder]", "on chain testing-1, and not for a board"]);
}

#[test]
fn terms_of_a_chain_count_from_when_they_are_made_and_a_deadline_that_has_passed_is_refused() {
    let workspace = Workspace::open(&SMALL);
    ends(&terms_on(&workspace, SECONDS, &[]), 0, &[]);
    let data: Value =
        serde_json::from_str(&workspace.done(&["terms", "show", "new", "--json"])).unwrap();
    let deals = data["schedule"]["deals_until"]["slot"].as_u64().unwrap();
    assert!(deals > 1_700_000_000, "seconds since 1970, and {deals}");
    let past = format!("{SECONDS}starts = \"2021-12-01T14:00:00Z\"\n");
    let output = terms_on(&workspace, &past, &[]);
    ends(
        &output,
        2,
        &["error[terms.field]", "the deadline for deals passed at 2021-12-01T14:00:05Z"],
    );
}

#[test]
fn terms_of_a_chain_can_count_blocks() {
    let workspace = Workspace::open(&SMALL);
    let chain = SECONDS.replace("seconds", "blocks");
    let blocks = [
        ("deals = \"4000ms\"", "deals = \"height 1200000\""),
        ("complaints = \"4000ms\"", "complaints = \"50 blocks\""),
        ("commits = \"4000ms\"", "commits = \"600 blocks\""),
        ("reveals = \"4000ms\"", "reveals = \"height 1201000\""),
        ("endorsing = \"600000ms\"", "endorsing = \"100 blocks\""),
        ("step = \"600000ms\"", "step = \"80 blocks\""),
    ];
    let output = terms_on(&workspace, &chain, &blocks);
    ends(&output, 0, &[]);
    says(
        &shown(&output),
        &[
            "whose slots are heights of its blocks",
            "deals         until slot 1200000",
            "complaints    until slot 1200050",
            "bids          until slot 1200650",
            "reveals       until slot 1201000",
            "100 slots to endorse, 80 slots for each step",
            // A tenth of the shortest phase.
            "at least 35 slots before a deadline",
        ],
    );
    // Without a height to begin with, or with a duration of time.
    for (change, words) in [
        (
            ("\"height 1200000\"", "\"9 blocks\""),
            "schedule.deals: a number of blocks counts from the height chain.starts",
        ),
        (("\"height 1201000\"", "\"height 1200650\""), "schedule.commits ends at height 1200650"),
        (("\"80 blocks\"", "\"10m\""), "schedule.step: \"10m\" is not a number of blocks"),
    ] {
        let output = terms_on(&workspace, &chain, &[&blocks[..], &[change]].concat());
        ends(&output, 2, &["error[terms.field]", words, "help: "]);
    }
}

#[test]
fn what_terms_of_a_chain_cannot_say_is_refused_in_one_sentence() {
    let workspace = Workspace::open(&SMALL);
    let denom = "ibc/27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2";
    let party = workspace.name("custodian", "party");
    let custodian = format!("custodian = {party:?}\n[chain]");
    let board = format!("[board]\nkey = {party:?}\n[chain]");
    for ((from, to), words) in [
        (
            (denom, "u"),
            "chain.denom: \"u\" cannot stand here: a denomination has 3 to 128 characters",
        ),
        ((denom, "1token"), "chain.denom: \"1token\""),
        ((denom, "u token"), "chain.denom: \"u token\""),
        (
            ("testing-1", "testing 1"),
            "chain.id: \"testing 1\" cannot stand here: the name of a chain",
        ),
        (("xaggsw", "xaggsq"), "chain.contract: \"cosmos1"),
        ((CONTRACT, &CONTRACT.to_uppercase()), "chain.contract: \"COSMOS1"),
        ((CONTRACT, ""), "chain.contract: \"\""),
        (("\"seconds\"", "\"hours\""), "hours"),
        (("unit =", "colour = 1\nunit ="), "colour"),
        (("[chain]", &custodian), "custodian: it is the contract"),
        (("[chain]", &board), "it has both [board] and [chain]"),
        (
            ("[chain]", "openings = \"recorded\"\n[chain]"),
            "openings: a chain keeps no record of openings",
        ),
    ] {
        let output = terms_on(&workspace, SECONDS, &[(from, to)]);
        ends(&output, 2, &["error[terms.field]", words]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.lines().count() <= 2, "a sentence, and what to do: {said}");
        assert!(!workspace.path("new").exists());
    }
    ends(&terms_on(&workspace, "", &[]), 2, &["it has neither [board] nor [chain]"]);
}

fn export(workspace: &Workspace, answers: &[&str], more: &[&str]) -> Output {
    let words = ["--transcript", "exported.talea"];
    workspace.run(&[&["chain", "export"][..], answers, &words, more].concat())
}

#[test]
fn the_transcript_that_a_node_shows_is_written_verified_and_reported() {
    let workspace = Workspace::open(&SMALL);
    let output = export(&workspace, &[ANSWERS], &[]);
    ends(&output, 0, &[]);
    says(&shown(&output), &["transcript exported.talea: ", " entries, ", "with its outcome"]);
    let (chain, contract) = ("talea-test-1", "contract cosmwasm1");
    let verified = workspace.done(&["verify", "exported.talea"]);
    assert!(verified.starts_with("VALID"), "{verified}");
    says(&verified, &["coins of utoken which the custodian reported came in", chain, contract]);
    workspace.done(&["report", "exported.talea", "--out", "report.html"]);
    let report = fs::read_to_string(workspace.path("report.html")).unwrap();
    says(
        &report,
        &[
            "Denomination",
            "utoken",
            "Chain",
            chain,
            "Contract",
            "cosmwasm1",
            "coins of utoken which",
        ],
    );
    // Nothing is replaced unasked.
    let before = fs::read(workspace.path("exported.talea")).unwrap();
    ends(&export(&workspace, &[ANSWERS], &[]), 2, &["error[file.exists]", "--force"]);
    let output = export(&workspace, &[ANSWERS], &["--force", "--json"]);
    ends(&output, 0, &[]);
    let data: Value = serde_json::from_str(&shown(&output)).unwrap();
    assert_eq!((&data["schema"], &data["closed"]), (&"talea-chain-export/1".into(), &true.into()));
    assert_eq!(data["bytes"], before.len());
    assert_eq!(fs::read(workspace.path("exported.talea")).unwrap(), before);
}

#[test]
fn answers_that_make_no_transcript_leave_none() {
    let workspace = Workspace::open(&SMALL);
    let answer: Value = serde_json::from_str(&fs::read_to_string(ANSWERS).unwrap()).unwrap();
    let write = |name: &str, text: &str| fs::write(workspace.path(name), text).unwrap();
    write("nothing.json", "{}");
    write("broken.json", "{");
    let mut gap = answer.clone();
    gap["result"]["txs"].as_array_mut().unwrap().remove(5);
    write("gap.json", &gap.to_string());
    let one = answer.to_string();
    let own = &answer["result"]["txs"][0]["tx_result"]["events"][0]["attributes"][0]["value"];
    write("other.json", &one.replace(own.as_str().unwrap(), "cosmwasm1other"));
    for (answers, status, code) in [
        (&["nothing.json"][..], 2, "chain.events"),
        (&["broken.json"], 2, "chain.events"),
        (&["gap.json"], 3, "chain.incomplete"),
        (&[ANSWERS, "other.json"], 2, "chain.several"),
        (&["missing.json"], 4, "file.unreadable"),
    ] {
        ends(&export(&workspace, answers, &[]), status, &[&format!("error[{code}]")]);
        assert!(!workspace.path("exported.talea").exists());
    }
    let more = ["--contract", own.as_str().unwrap()];
    ends(&export(&workspace, &[ANSWERS, "other.json"], &more), 0, &[]);
}
