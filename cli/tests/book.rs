//! Whose keys the terms name: the address book, and what commands say out of it.

use crate::common::{SMALL, Workspace, ends};
use serde_json::Value;
use std::{fs, path::Path};
use talea_sim::{run::run, scenario::Scenario};

/// What a command wrote as JSON.
#[track_caller]
fn json(workspace: &Workspace, arguments: &[&str]) -> Value {
    serde_json::from_str(&workspace.done(&[arguments, &["--json"]].concat())).unwrap()
}

/// Somebody learns whose key it is, into `known.csv`.
#[track_caller]
fn learn(workspace: &Workspace, name: &str, who: &str, kind: &str) {
    let key = workspace.name(who, kind);
    workspace.done(&["book", "add", name, &key, "--how", "met them", "--book", "known.csv"]);
}

fn person<'a>(people: &'a Value, role: &str) -> &'a Value {
    people["people"].as_array().unwrap().iter().find(|person| person["role"] == role).unwrap()
}

#[test]
fn the_book_is_a_file_that_people_can_edit() {
    let workspace = Workspace::open(&SMALL);
    learn(&workspace, "Ash & Co", "keyholder0", "keyholder");
    let text = fs::read_to_string(workspace.path("known.csv")).unwrap();
    assert_eq!(text.lines().next(), Some("name,key,how"));
    let oak = workspace.name("keyholder1", "keyholder");
    fs::write(workspace.path("known.csv"), format!("{text}Oak,{oak},\"card, 2026\"\n")).unwrap();
    let listed = json(&workspace, &["book", "list", "--book", "known.csv"]);
    assert_eq!(listed["schema"], "talea-book/1");
    let oak = serde_json::json!({ "name": "Oak", "key": oak, "how": "card, 2026" });
    assert_eq!(listed["people"][1], oak);
    workspace.done(&["book", "remove", "Ash & Co", "--book", "known.csv"]);
    let listed = json(&workspace, &["book", "list", "--book", "known.csv"]);
    assert_eq!(listed["people"], serde_json::json!([oak]));
    workspace.fails(&["book", "remove", "Ash", "--book", "known.csv"], 2, "book.entry");
    workspace.fails(&["book", "list", "--book", "nowhere.csv"], 4, "file.unreadable");
    fs::write(workspace.path("known.csv"), "name,key,how\nOak,rubbish,card\n").unwrap();
    let output = workspace.run(&["status", "board", "--book", "known.csv"]);
    ends(&output, 2, &["error[name.malformed]", "known.csv line 2, column key", "rubbish"]);
}

#[test]
#[cfg(unix)]
fn the_users_own_book_stands_among_its_settings() {
    let workspace = Workspace::open(&SMALL);
    let nobody = workspace.done(&["status", "board"]);
    assert!(nobody.contains("people   keyholders 1: not in the address book"), "{nobody}");
    let ash = workspace.name("keyholder0", "keyholder");
    workspace.done(&["book", "add", "Ash", &ash, "--how", "met them"]);
    assert!(workspace.path("settings/talea/book.csv").exists());
    let status = workspace.done(&["status", "board"]);
    assert!(status.contains("people   keyholders 1: known as \"Ash\""), "{status}");
}

#[test]
fn terms_and_status_say_of_everybody_whether_they_are_known() {
    let workspace = Workspace::open(&SMALL);
    learn(&workspace, "Ash & Co", "keyholder0", "keyholder");
    learn(&workspace, "Oak", "keyholder1", "party");
    learn(&workspace, "Cedar", "board", "party");
    let book = ["--book", "known.csv"];
    for command in [["terms", "show", "board"], ["terms", "show", "terms"]] {
        let shown = workspace.done(&[&command[..], &book].concat());
        let (ash, board) =
            (workspace.name("keyholder0", "keyholder"), workspace.name("board", "party"));
        for words in [
            format!("{ash}  known as \"Ash & Co\""),
            format!("{board}  known as \"Cedar\""),
            format!("{}  not in the address book", workspace.name("custodian", "party")),
            format!(
                "{}  not known: the address book has the signing key of \"Oak\"",
                workspace.name("keyholder1", "keyholder")
            ),
        ] {
            assert!(shown.contains(&words), "{words} is missing in {shown}");
        }
    }
    let (terms, status) = (
        json(&workspace, &["terms", "show", "board", "--book", "known.csv"]),
        json(&workspace, &["status", "board", "--book", "known.csv"]),
    );
    for people in [terms, status] {
        assert_eq!(person(&people, "keyholders 1")["known_as"], "Ash & Co");
        assert_eq!(person(&people, "board")["known_as"], "Cedar");
        // Its signing key alone is no proof that it reads what is encrypted to it.
        assert_eq!(person(&people, "keyholders 2")["known_as"], Value::Null);
        assert_eq!(person(&people, "custodian")["known_as"], Value::Null);
    }
}

#[test]
fn a_bid_to_strangers_asks_first_and_with_yes_warns() {
    let workspace = Workspace::open(&SMALL);
    let bid = ["bid", "board", "--key", "bidder0.key", "B0=90.50", "--book", "known.csv"];
    let run = |more: &[&str]| workspace.run(&[&bid, more].concat());
    let why =
        ["can read every bid", "losing ones too", "one person may have made all of their keys"];
    learn(&workspace, "Cedar", "board", "party");
    let asked = run(&[]);
    ends(&asked, 2, &["90.50 for", "2 of 2 keyholders are not known", "error[not-confirmed]"]);
    ends(&asked, 2, &why);
    // Nobody runs the board, so there are no bids yet.
    ends(&run(&["--yes"]), 3, &[&why[..], &["90.50 for", "error[not-yet]"]].concat());
    // So does who only keeps its price.
    let stand = |more: &[&str]| {
        let words = ["stand", "board", "--key", "bidder0.key", "--book", "known.csv"];
        workspace.run(&[&words, more].concat())
    };
    ends(&stand(&[]), 2, &[&why[..], &["error[not-confirmed]"]].concat());
    ends(&stand(&["--yes"]), 3, &[&why[..], &["error[not-yet]"]].concat());
    learn(&workspace, "Ash", "keyholder0", "keyholder");
    ends(&run(&[]), 2, &["1 of 2 keyholders are not known", "These are not enough without others"]);
    learn(&workspace, "Oak", "keyholder1", "keyholder");
    let known = run(&[]);
    let who = "board: known as \"Cedar\"; custodian: not in the address book; keyholders 1: known as \"Ash\"";
    ends(&known, 2, &[who, "90.50 for", "error[not-confirmed]"]);
    assert!(!String::from_utf8_lossy(&known.stderr).contains("not known"));
    ends(&stand(&[]), 3, &[who, "error[not-yet]"]);
    // A keyholder that bids knows itself.
    workspace.done(&["book", "remove", "Oak", "--book", "known.csv"]);
    let own = ["bid", "board", "--key", "keyholder1.key", "B0=90.50", "--book", "known.csv"];
    assert!(!String::from_utf8_lossy(&workspace.run(&own).stderr).contains("not known"));
}

#[test]
fn a_report_has_the_names_of_a_book_beside_the_keys_and_says_whose_they_are() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let scenario = fs::read_to_string(root.join("scenarios/bwic.toml")).unwrap();
    let scenario = Scenario::from_text(&scenario, Path::new("")).unwrap();
    let mut transcript = Vec::new();
    run(&scenario, (scenario.seed, 0), &mut transcript).unwrap();
    let workspace = Workspace::open(&SMALL);
    fs::write(workspace.path("a.talea"), transcript).unwrap();

    let report = |format: &str, book: &[&str]| {
        let out = format!("report.{format}");
        workspace.done(&[&["report", "a.talea", "--out", &out], book].concat());
        fs::read_to_string(workspace.path(&out)).unwrap()
    };
    let plain: Value = serde_json::from_str(&report("json", &[])).unwrap();
    assert_eq!(plain["known_as"], Value::Null);
    assert!(!report("html", &[]).contains("known as"));
    let winner = plain["lots"][3]["winners"][0].as_str().unwrap().to_owned();
    let member = &plain["terms"]["quorum"][0]["members"][0];
    let [keyholder, party] = ["keyholder", "party"].map(|field| member[field].as_str().unwrap());
    for (name, key) in [("=Oak <b>& Co", winner.as_str()), ("Ash", party)] {
        workspace.done(&["book", "add", name, key, "--how", "met them", "--book", "known.csv"]);
    }
    let book = ["--book", "known.csv"];
    let named: Value = serde_json::from_str(&report("json", &book)).unwrap();
    assert_eq!(named["known_as"][&winner], "=Oak <b>& Co");
    // Of this keyholder the book has one key of two.
    assert_eq!(named["known_as"][party], Value::Null);
    workspace.done(&["book", "remove", "Ash", "--book", "known.csv"]);
    workspace.done(&["book", "add", "Ash", keyholder, "--how", "met them", "--book", "known.csv"]);
    let named: Value = serde_json::from_str(&report("json", &book)).unwrap();
    assert_eq!(named["known_as"][party], "Ash");

    let page = report("html", &book);
    assert!(
        page.contains("known as \"=Oak &lt;b&gt;&amp; Co\"")
            || page.contains("known as &quot;=Oak &lt;b&gt;&amp; Co&quot;")
    );
    assert!(!page.contains("<b>& Co"));
    assert!(page.contains("The transcript proves keys, and no names."));
    let table = report("csv", &book);
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    let at = rows.headers().unwrap().iter().position(|name| name == "winners_known_as").unwrap();
    let row = rows.records().nth(3).unwrap().unwrap();
    // No formula.
    assert_eq!(row.get(at), Some("'=Oak <b>& Co"));
}
