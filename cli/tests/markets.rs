//! Curves, two-sided markets and surveys on the command line, with real processes.

use crate::common::{SMALL, Shape, Workspace, ends, says, shown};
use serde_json::{Value, json};
use std::{fs, process::Output};

/// A folder with everybody, and a board `market` whose terms have this mechanism, and 300 units in its lot.
fn market(bidders: usize, mechanism: &str) -> Workspace {
    let workspace = Workspace::open(&Shape { bidders, ..SMALL });
    let written = written(&workspace, mechanism, "");
    ends(&written, 0, &[]);
    let open = ["open", "market", "--terms", "market.terms", "--key", "seller.key", "--yes"];
    workspace.done(&open);
    workspace
}

/// Terms like everybody's with this mechanism.
fn written(workspace: &Workspace, mechanism: &str, tables: &str) -> Output {
    let terms = fs::read_to_string(workspace.path("terms.toml")).unwrap();
    let money = "[money]\ncurrency = \"EUR\"\nprice = \"per-unit\"\n";
    let terms = terms.replacen("levels = 64\n", "levels = 64\nquantity = 300\n", 1);
    let terms = terms.replacen("[board]", &format!("{money}{tables}[board]"), 1);
    fs::write(workspace.path("market.toml"), format!("mechanism = {{ {mechanism} }}\n{terms}"))
        .unwrap();
    workspace.run(&["terms", "new", "market.toml", "--out", "market.terms"])
}

/// Lets the market run to its end, with these bids of each bidder.
fn hold(workspace: &Workspace, bids: &[&[&str]]) {
    let words = |text: &str| text.split(' ').map(String::from).collect::<Vec<String>>();
    let mut all = vec![words("board run market --key board.key --yes")];
    for n in 0..workspace.keyholders {
        all.push(words(&format!("keyholder run market --key keyholder{n}.key")));
    }
    for (n, bids) in bids.iter().enumerate() {
        let mut bidder = words(&format!("bidder run market --key bidder{n}.key --yes"));
        bidder.extend(bids.iter().map(|bid| (*bid).to_owned()));
        all.push(bidder);
    }
    workspace.run_all(&all);
}

fn json_of(workspace: &Workspace, arguments: &[&str]) -> Value {
    serde_json::from_str(&workspace.done(arguments)).unwrap()
}

fn result(workspace: &Workspace, n: usize) -> Value {
    let key = format!("bidder{n}.key");
    json_of(workspace, &["result", "market", "--key", &key, "--json"])["lots"][0].clone()
}

const CURVES: &str =
    "curves = { steps = 2, quantities = { public = { most = 500 } }, comparisons = \"opened\" }";

#[test]
fn curves_are_bid_cleared_and_reported() {
    let workspace = market(3, CURVES);
    fs::write(workspace.path("own.csv"), "quantity,price\n150,99.50\n100,98\n").unwrap();
    hold(&workspace, &[&["B0=200@100", "B0=100@99"], &["--curve", "B0=own.csv"], &["B0=10@90"]]);
    let verdict = workspace.done(&["verify", "market"]);
    assert!(verdict.starts_with("VALID"), "{verdict}");

    // 200 at 100 and 150 at 99.50 are more than 300: of the 150 there are 100.
    let keys = [0, 1].map(|n| workspace.name(&format!("bidder{n}"), "party"));
    let lot = json_of(&workspace, &["status", "market", "--json"])["lots"][0].clone();
    assert_eq!((&lot["state"], &lot["price"]), (&json!("cleared"), &json!("99.50")), "{lot}");
    assert_eq!(lot["result"], "cleared: 300 units at 99.50");
    let trades = lot["clearing"]["trades"].as_array().unwrap();
    let trade = |n: usize| trades.iter().find(|trade| trade["party"] == keys[n]).unwrap().clone();
    for key in &keys {
        assert!(lot["winners"].as_array().unwrap().contains(&json!(key)), "{lot}");
    }
    assert_eq!((lot["winners"].as_array().unwrap().len(), trades.len()), (2, 2));
    assert_eq!(
        trade(0),
        json!({ "party": keys[0], "side": "buy", "better": "200", "at_price": "0", "shared": "0",
                "units": "200", "total": "19900.00", "amount": "19900" })
    );
    assert_eq!(
        trade(1),
        json!({ "party": keys[1], "side": "buy", "better": "0", "at_price": "150", "shared": "100",
                "units": "100", "total": "9950.00", "amount": "9950" })
    );
    let excess = lot["clearing"]["excess"].as_array().unwrap();
    assert!(excess.iter().any(|row| row["price"] == "99.50" && row["units"] == 50), "{excess:?}");
    let shown = workspace.done(&["status", "market"]);
    says(&shown, &["B0: what each bid trades", "19900", "wanted beyond what is offered"]);

    let first = result(&workspace, 0);
    assert_eq!((&first["result"], &first["bid"]), (&json!("Hit"), &Value::Null));
    let steps = json!([
        { "units": 200, "price": "100.00", "price_decimal": "100.00" },
        { "units": 100, "price": "99.00", "price_decimal": "99.00" }
    ]);
    assert_eq!(first["curve"]["steps"], steps);
    assert_eq!(
        (&first["curve"]["units"], &first["curve"]["amount"]),
        (&json!("200"), &json!("19900"))
    );
    let last = result(&workspace, 2);
    assert_eq!((&last["result"], &last["curve"]["units"]), (&json!("DoneAway"), &json!("0")));
    let words = workspace.done(&["result", "market", "--key", "bidder1.key"]);
    says(&words, &["buy 150 at 99.50, 100 at 98.00", "Hit", "9950"]);

    for (out, words) in [
        ("r.html", &["<h2>Trades</h2>", "Units wanted beyond what is offered", "19900"][..]),
        ("r.csv", &["cleared: 300 units at 99.50", "99.50"]),
        ("r.json", &["\"state\": \"cleared\"", "the price, 99.50", "what 2 bids have better"]),
    ] {
        workspace.done(&["report", "market", "--out", out]);
        says(&fs::read_to_string(workspace.path(out)).unwrap(), words);
    }
    let report: Value =
        serde_json::from_str(&fs::read_to_string(workspace.path("r.json")).unwrap()).unwrap();
    let bidders = report["bidders"].as_array().unwrap();
    assert_eq!(bidders.len(), 3, "{bidders:?}");
    assert!(bidders.iter().all(|bidder| bidder["commits"] == 1 && bidder["ranked"] == 1));
    let kinds: Vec<_> =
        report["timeline"].as_array().unwrap().iter().map(|event| &event["kind"]).collect();
    assert!(kinds.contains(&&json!("commit-curve")), "{kinds:?}");
    for out in ["r.xlsx", "r.parquet"] {
        workspace.done(&["report", "market", "--out", out]);
        assert!(fs::metadata(workspace.path(out)).unwrap().len() > 1_000);
    }
    workspace.fails(&["report", "market", "--out", "r.fix"], 6, "standard.mechanism");
    // What a curve's bidder keeps is found again from its key.
    let bidder = workspace.path("bidder0.key.state");
    fs::remove_dir_all(bidder).unwrap();
    assert_eq!(result(&workspace, 0)["curve"]["steps"], steps);
    let auditor = workspace.name("seller", "auditor");
    let open = ["audit", "open", "market", "--key", "bidder0.key", "--lot", "B0"];
    let to = ["--auditor", &auditor, "--out", "opening"];
    workspace.fails(&[&open[..], &to].concat(), 2, "curve.form");
}

#[test]
fn a_curve_that_cannot_be_bid_is_refused_with_its_code_before_anything_is_asked() {
    let workspace = market(2, CURVES);
    let bid = |bids: &[&str]| {
        let mut arguments = vec!["bid", "market", "--key", "bidder0.key"];
        arguments.extend(bids);
        workspace.run(&arguments)
    };
    for (bids, code, sentence) in [
        (
            &["B0=99"][..],
            "curve.form",
            "the auction takes curves: a bid on B0 is a quantity at each of its prices",
        ),
        (
            &["B0=1@99", "B0=1@99.25"],
            "curve.order",
            "99.25 is not below the price of the step before, 99.00",
        ),
        (
            &["B0=1@99", "B0=1@99"],
            "curve.order",
            "99.00 is not below the price of the step before, 99.00",
        ),
        (&["B0=0@99"], "curve.step", "B0=0@99: a step is for 1 unit at least"),
        (&["B0=x@99"], "curve.step", "\"x\" is not a number of units"),
        (&["B0=1@99.1"], "curve.step", "\"99.1\" is not on the grid"),
        (
            &["B0=400@99", "B0=101@98"],
            "curve.size",
            "B0: a bid is for 500 units at most, and this one is for 501",
        ),
        (&["B0=1@99", "B0=1@98", "B0=1@97"], "curve.size", "B0: a bid has 2 steps at most, not 3"),
        (&["B0=1@99", "--sell"], "curve.side", "B0 takes bids to buy alone"),
        (&["B9=1@99"], "lot.unknown", "there is no lot \"B9\""),
        (&["--curve", "own.csv"], "curve.step", "\"own.csv\" names no lot and file"),
        (&["--curve", "B0=none.csv"], "file.unreadable", "none.csv"),
    ] {
        let status = if code == "file.unreadable" { 4 } else { 2 };
        ends(&bid(bids), status, &[&format!("error[{code}]"), sentence]);
    }
    let said = [
        "buy 200 at 100.00 = 20,000 EUR: Bond 0 (B0)",
        "buy 100 at 99.00 = 9,900 EUR",
        "error[not-confirmed]",
    ];
    ends(&bid(&["B0=200@100", "B0=100@99", "--buy"]), 2, &said);
    // A list has one price for each lot.
    fs::write(workspace.path("bids.csv"), "lot,price\nB0,99\n").unwrap();
    ends(&bid(&["--from", "bids.csv"]), 2, &["error[curve.form]"]);
    // Where bids are prices, curves are refused.
    let output = workspace.run(&["bid", "board", "--key", "bidder0.key", "B0=5@99"]);
    ends(
        &output,
        2,
        &["error[curve.form]", "the auction takes one price for B0, and no quantities"],
    );
    let output = workspace.run(&["bid", "board", "--key", "bidder0.key", "B0=99", "--buy"]);
    ends(&output, 2, &["error[curve.side]"]);
}

#[test]
fn buyers_and_sellers_trade_at_one_price() {
    let mechanism = "two-sided = { steps = 2, quantities = { sealed = { bits = 4 } }, \
                     clearing_price = \"lowest\", comparisons = \"opened\" }";
    let workspace = market(2, mechanism);
    let ask = ["bid", "market", "--key", "bidder0.key", "B0=5@95"];
    ends(
        &workspace.run(&ask),
        2,
        &["error[curve.side]", "which is this?", "help: add --buy or --sell"],
    );
    hold(&workspace, &[&["--buy", "B0=9@98", "B0=3@92"], &["--sell", "B0=4@95", "B0=8@99"]]);
    let verdict = workspace.done(&["verify", "market"]);
    assert!(verdict.starts_with("VALID"), "{verdict}");
    let lot = json_of(&workspace, &["status", "market", "--json"])["lots"][0].clone();
    // 12 are offered; of all units, those wanted and those offered, the 13th best is the buyer's at 98.
    assert_eq!((&lot["state"], &lot["price"]), (&json!("cleared"), &json!("98.00")), "{lot}");
    assert_eq!(lot["result"], "cleared: 4 units at 98.00");
    let trades = lot["clearing"]["trades"].as_array().unwrap();
    for side in ["buy", "sell"] {
        let trade = trades.iter().find(|trade| trade["side"] == side).unwrap();
        assert_eq!((&trade["units"], &trade["amount"]), (&json!("4"), &json!("392")));
    }
    assert_eq!(result(&workspace, 1)["curve"]["side"], "sell");
    let terms = workspace.done(&["terms", "show", "market"]);
    says(
        &terms,
        &["a bid has 2 steps of 15 units at most", "not opened    of all other bids more than"],
    );
    workspace.done(&["report", "market", "--out", "r.html"]);
    says(
        &fs::read_to_string(workspace.path("r.html")).unwrap(),
        &["Two-sided market of Bond 0", "cleared: 4 units"],
    );
}

#[test]
fn a_survey_opens_its_statistics_and_no_answer() {
    let workspace = market(3, "survey = { min_answers = 3, bin_levels = 16, squares = true }");
    hold(&workspace, &[&["B0=90.00"], &["B0=95.00"], &["B0=96.00"]]);
    let verdict = workspace.done(&["verify", "market"]);
    assert!(verdict.starts_with("VALID"), "{verdict}");
    let lot = json_of(&workspace, &["status", "market", "--json"])["lots"][0].clone();
    let words =
        "surveyed: 3 answers, sum 281, mean 93.666666... (281/3), variance 6.888888... (62/9)";
    assert!(lot["result"].as_str().unwrap().starts_with(words), "{lot}");
    assert_eq!((&lot["state"], &lot["price"]), (&json!("surveyed"), &Value::Null));
    let bins: Vec<_> =
        lot["statistics"]["bins"].as_array().unwrap().iter().map(|bin| &bin["answers"]).collect();
    assert_eq!(bins, [1, 2, 0, 0]);
    let shown = workspace.done(&["status", "market"]);
    says(&shown, &["B0: answers", "94.00 .. 97.75 |"]);
    assert_eq!(result(&workspace, 1)["result"], "Counted");
    workspace.done(&["report", "market", "--out", "r.html"]);
    let page = fs::read_to_string(workspace.path("r.html")).unwrap();
    says(&page, &["Survey of Bond 0", "<h2>Answers</h2>", "class=\"bar\"", "2 at 94.00 .. 97.75"]);
    assert!(!page.contains("95.00") && !page.contains("96.00"));
    workspace.done(&["report", "market", "--out", "r.xlsx"]);
    workspace.fails(&["report", "market", "--out", "r.fix"], 6, "standard.mechanism");
}

#[test]
fn terms_of_markets_are_refused_in_the_words_of_their_fields() {
    let workspace = Workspace::open(&SMALL);
    for (mechanism, tables, sentence) in [
        (
            CURVES,
            "[acceptance]\ndecide = \"5m\"\n",
            "acceptance cannot be set together with mechanism.curves",
        ),
        (
            &CURVES.replacen("opened", "hidden", 1),
            "",
            "lots[0] (Bond 0): with hidden comparisons, the quantity is 300",
        ),
        (
            "survey = { min_answers = 1 }",
            "",
            "mechanism.survey.min_answers is 1, and must be 2 to 65535",
        ),
    ] {
        let output = written(&workspace, mechanism, tables);
        ends(&output, 2, &["error[terms.field]", sentence]);
        assert!(shown(&output).is_empty());
    }
}
