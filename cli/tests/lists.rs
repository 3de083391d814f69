//! Desks' lists, with real processes: into lots and terms and out again, and a bidder's own prices.

use crate::common::{SMALL, Shape, Workspace, ends};
use std::{fs, io::Write as _, process::Stdio};

const LIST: &str = "BWIC for Monday,,,\n\
                    CUSIP,Security,Orig Face,Talk\n\
                    '037833100,Orchard 4% 2035,\"5,000,000\",99-16+\n\
                    912828XG0,Larkspur Mill 2031,250k,low 98s\n";

/// A workspace with a file of terms that has no lots.
fn workspace() -> Workspace {
    let workspace = Workspace::open(&Shape { lots: 3, ..SMALL });
    let terms = fs::read_to_string(workspace.path("terms.toml")).unwrap();
    let (base, _) = terms.split_once("[[lots]]").unwrap();
    fs::write(workspace.path("base.toml"), base).unwrap();
    fs::write(workspace.path("list.csv"), LIST).unwrap();
    workspace
}

/// What a file of terms says of its lots.
fn lots(workspace: &Workspace, terms: &str) -> serde_json::Value {
    let shown = workspace.done(&["terms", "show", terms, "--json"]);
    let mut terms: serde_json::Value = serde_json::from_str(&shown).unwrap();
    terms["lots"].take()
}

#[test]
fn a_desks_list_becomes_terms_and_a_desks_list_again() {
    let workspace = workspace();
    let shown =
        workspace.done(&["terms", "import", "list.csv", "--out", "desk", "--terms", "base.toml"]);
    for words in ["5,000,000", "99-16+ (price 99.515625)", "low 98s", "5,250,000 in all"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let expected = lots(&workspace, "desk");
    assert_eq!(expected[0]["identifier"], "037833100");
    assert_eq!(expected[0]["quantity"], "5000000");
    assert_eq!(expected[1]["name"], "Larkspur Mill 2031");
    for list in ["out.csv", "out.xlsx", "out.txt"] {
        workspace.done(&["terms", "export", "desk", "--out", list]);
        let again = format!("{list}.terms");
        workspace.done(&["terms", "import", list, "--out", &again, "--terms", "base.toml"]);
        assert_eq!(lots(&workspace, &again), expected, "{list}");
    }
    // Of a board as of a file.
    workspace.done(&["terms", "export", "board", "--out", "board.csv"]);
    let exported = fs::read_to_string(workspace.path("board.csv")).unwrap();
    assert!(exported.starts_with("Lot,Other identifier,Security,Face (units),"), "{exported}");
    workspace.fails(&["terms", "export", "desk", "--out", "out.csv"], 2, "file.exists");
    workspace.fails(&["terms", "export", "desk", "--out", "out.doc"], 4, "file.unwritable");
    let off = "Bonds,,\n\nCUSIP,Face,End\n037833100,5mm,99.75\n\n912828XG0,5mm,99.80\n";
    fs::write(workspace.path("off.csv"), off).unwrap();
    let more = ["terms", "import", "off.csv", "--out", "more", "--terms", "base.toml"];
    let words = ["off.csv line 6, column end", "99.80", "the nearest ends are 99.75 and 100.00"];
    ends(&workspace.run(&more), 2, &words);
    let both = ["terms", "import", "list.csv", "--out", "more", "--terms", "terms.toml"];
    ends(&workspace.run(&both), 2, &["error[terms.field]", "terms.toml: it has lots of its own"]);
    assert!(!workspace.path("more").exists());
}

#[test]
fn a_list_of_lots_is_one_that_a_file_of_terms_names() {
    let workspace = workspace();
    workspace.done(&["terms", "import", "list.csv", "--out", "lots.csv"]);
    let base = fs::read_to_string(workspace.path("base.toml")).unwrap();
    fs::write(workspace.path("whole.toml"), format!("lots_file = \"lots.csv\"\n{base}")).unwrap();
    workspace.done(&["terms", "new", "whole.toml", "--out", "whole"]);
    assert_eq!(lots(&workspace, "whole")[1]["identifier"], "912828XG0");
}

#[test]
fn nothing_is_written_unless_everything_was_understood() {
    let workspace = workspace();
    let import = |more: &[&str]| {
        let words = [&["terms", "import", "list.csv", "--out", "lots.csv"], more].concat();
        workspace.run(&words)
    };
    let list = |text: &str| fs::write(workspace.path("list.csv"), text).unwrap();
    ends(&import(&["--preview"]), 0, &["this is a preview: nothing was written"]);
    list("CUSIP,Face,Settle\n037833100,2.5M,03/04/27\n");
    let words = ["error[list.question]", "--letter-m thousand or million", "--date day-first or"];
    ends(&import(&[]), 2, &words);
    list("CUSIP,Face\n037833101,5mm\n");
    ends(&import(&[]), 2, &["error[list.cell]", "list.csv line 2, column CUSIP", "check digit"]);
    list("CUSIP,Face\n037833100,5mm\n912828XG0,=1+1\n");
    ends(&import(&[]), 2, &["error[list.cell]", "list.csv line 3, column Face", "formula"]);
    let bomb = [b"PK\x03\x04".as_slice(), &[0; 100]].concat();
    fs::write(workspace.path("list.csv"), bomb).unwrap();
    ends(&import(&[]), 2, &["error[list.file]", "the workbook is damaged"]);
    assert!(!workspace.path("lots.csv").exists());
    workspace.fails(&["terms", "import", "nowhere", "--out", "lots.csv"], 4, "file.unreadable");
    list("CUSIP,Face,Settle\n037833100,2.5M,03/04/27\n");
    let answers = ["--letter-m", "mm", "--date", "day-first"];
    let output = import(&[&answers[..], &["--json"]].concat());
    ends(&output, 0, &[]);
    let read: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(read["schema"], "talea-import/1");
    assert_eq!(read["lines"][0]["quantity"], "2500000");
    assert_eq!(read["lines"][0]["settle"], "2027-04-03");
    ends(&import(&answers), 2, &["error[file.exists]", "--force replaces it"]);
    ends(&import(&[&answers[..], &["--force"]].concat()), 0, &[]);
}

#[test]
fn a_bidders_list_bids_on_its_lots_and_passes_on_the_others() {
    let workspace = workspace();
    workspace.done(&["terms", "import", "list.csv", "--out", "desk", "--terms", "base.toml"]);
    workspace.done(&["open", "desks", "--terms", "desk", "--key", "seller.key", "--yes"]);
    let bid = ["bid", "desks", "--key", "bidder0.key", "--from"];
    let from = |list: &str| workspace.run(&[&bid[..], &[list]].concat());
    let passes = "no price, so no bid, on 1 of 2 lots: 912828XG0";
    for (name, text) in [
        ("mine.csv", "Bid,CUSIP,Trader\n99.50,037833100,AB\n,912828XG0,AB\n"),
        ("mine.txt", "037833100 Orchard 4% 2035 5mm 99.50\n912828XG0 pass\n"),
        ("names.csv", "Security;Price\nOrchard 4% 2035;99,50\n"),
    ] {
        fs::write(workspace.path(name), text).unwrap();
        // Nobody says yes.
        let words = [passes, "99.50 for 5,000,000: Orchard 4% 2035", "error[not-confirmed]"];
        ends(&from(name), 2, &words);
    }
    let words = [&bid[..], &["-", "--yes"]].concat();
    let mut child = workspace.command(&words);
    let mut child = child.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"CUSIP,Bid\n037833100,99.50\n").unwrap();
    ends(&child.wait_with_output().unwrap(), 3, &[passes, "error[not-yet]"]);
    fs::write(workspace.path("mine.csv"), "CUSIP,Bid\n037833100,99.60\n").unwrap();
    let words = [
        "error[price]",
        "mine.csv line 2, column Bid: \"99.60\" cannot be bid",
        "the nearest: 99.50 and 99.75",
    ];
    ends(&from("mine.csv"), 2, &words);
}

/// What terms say of their money.
fn money(workspace: &Workspace, terms: &str) -> serde_json::Value {
    let shown = workspace.done(&["terms", "show", terms, "--json"]);
    let mut terms: serde_json::Value = serde_json::from_str(&shown).unwrap();
    terms["money"].take()
}

#[test]
fn the_money_of_terms_is_that_of_the_list_or_agrees_with_it_and_goes_out_again() {
    let workspace = workspace();
    let write = |name: &str, text: &str| fs::write(workspace.path(name), text).unwrap();
    let base = fs::read_to_string(workspace.path("base.toml")).unwrap();
    assert!(!base.contains("[money]"));
    write("usd.toml", &format!("{base}\n[money]\ncurrency = \"USD\"\nprice = \"percent\"\n"));
    write("spread.csv", "CUSIP,Face,Talk\n037833100,EUR 5mm,99.5\n912828XG0,5mm,+125\n");
    let import = |list: &str, base: &str, out: &str| {
        workspace.run(&["terms", "import", list, "--out", out, "--terms", base])
    };
    let said = "the terms say of money what the list says: EUR, spread";
    ends(&import("spread.csv", "base.toml", "spread"), 0, &[said]);
    let spread = serde_json::json!({ "currency": "EUR", "price": "spread" });
    assert_eq!(money(&workspace, "spread"), spread);
    for list in ["money.csv", "money.xlsx", "money.txt"] {
        workspace.done(&["terms", "export", "spread", "--out", list]);
        let again = format!("{list}.terms");
        ends(&import(list, "base.toml", &again), 0, &[said]);
        assert_eq!(money(&workspace, &again), spread, "{list}");
        let words = ["error[list.cell]", list, "percent", "usd.toml"];
        ends(&import(list, "usd.toml", "more"), 2, &words);
    }
    let words = [
        "error[list.cell]",
        "spread.csv line 3, column Talk: \"+125\" is a spread, and money.price in usd.toml says percent",
    ];
    ends(&import("spread.csv", "usd.toml", "more"), 2, &words);
    write("dear.csv", "CUSIP,Face\n037833100,€5mm\n");
    let words = ["dear.csv line 2, column Face: it is in EUR", "usd.toml says USD"];
    ends(&import("dear.csv", "usd.toml", "more"), 2, &words);
    assert!(!workspace.path("more").exists());
    let words =
        ["the list is in EUR, and does not say what its prices are", "[money] in base.toml"];
    ends(&import("dear.csv", "base.toml", "silent"), 0, &words);
    assert!(money(&workspace, "silent").is_null());
    ends(&import("list.csv", "usd.toml", "usd"), 0, &[]);
    let usd = serde_json::json!({ "currency": "USD", "price": "percent" });
    assert_eq!(money(&workspace, "usd"), usd);
}

#[test]
fn a_bidders_spread_is_bid_where_the_terms_have_spreads_and_refused_elsewhere() {
    let workspace = workspace();
    let write = |name: &str, text: &str| fs::write(workspace.path(name), text).unwrap();
    let base = fs::read_to_string(workspace.path("base.toml")).unwrap();
    for (price, taken) in [("spread", "+99.50"), ("spread", "99.50bp"), ("yield", "99.50%")] {
        let (name, number) = (format!("{price}{}", taken.len()), "99.50");
        write("some.toml", &format!("{base}\n[money]\ncurrency = \"USD\"\nprice = \"{price}\"\n"));
        write("two.csv", "CUSIP,Security,Face\n037833100,Orchard,5mm\n912828XG0,Larkspur,5mm\n");
        let terms = format!("{name}.terms");
        workspace.done(&["terms", "import", "two.csv", "--out", &terms, "--terms", "some.toml"]);
        workspace.done(&["open", &name, "--terms", &terms, "--key", "seller.key", "--yes"]);
        let bid = |cell: &str| {
            write("mine.csv", &format!("CUSIP,Bid\n037833100,{cell}\n"));
            workspace.run(&["bid", &name, "--key", "bidder0.key", "--from", "mine.csv"])
        };
        let kind = format!("{number} as a {price}");
        ends(&bid(taken), 2, &[&kind, "error[not-confirmed]"]);
        // Exactly, or not at all.
        let off = taken.replace("99.50", "99.501");
        let words = ["error[price]", "mine.csv line 2, column Bid", "cannot be bid"];
        ends(&bid(&off), 2, &words);
        let other = if price == "spread" { "4.35%" } else { "+125" };
        let says = format!("and the terms say {price} of prices");
        ends(&bid(other), 2, &["error[list.cell]", "mine.csv line 2, column Bid", &says]);
        ends(&bid("T+125"), 2, &["error[list.cell]", "names a benchmark, and terms name none"]);
    }
}
