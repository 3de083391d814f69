//! Prices as people write them: in terms and in bids, with real processes.

use crate::common::{SMALL, Workspace, ends};
use std::{fs, process::Output};

/// A board on which a bond is sold in 64ths, of a scale of 256ths.
fn workspace() -> Workspace {
    let workspace = Workspace::open(&SMALL);
    let written = sell(&workspace, &[("start", "90'00"), ("tick", "1/64"), ("end", "107:31")]);
    ends(&written, 0, &[]);
    workspace.done(&[
        "open",
        "treasury",
        "--terms",
        "treasury.terms",
        "--key",
        "seller.key",
        "--yes",
    ]);
    workspace
}

/// Terms like everybody's, with this grid at a scale of 256ths.
fn sell(workspace: &Workspace, grid: &[(&str, &str)]) -> Output {
    let terms = fs::read_to_string(workspace.path("terms.toml")).unwrap();
    let (before, lots) = terms.split_once("[[lots]]").unwrap();
    let (before, _) = before.split_once("scale = ").unwrap();
    let grid: String = grid.iter().map(|(field, text)| format!("{field} = {text:?}\n")).collect();
    let terms = format!("{before}scale = \"256ths\"\n{grid}[[lots]]{lots}");
    fs::write(workspace.path("treasury.toml"), terms).unwrap();
    let _ = fs::remove_file(workspace.path("treasury.terms"));
    workspace.run(&["terms", "new", "treasury.toml", "--out", "treasury.terms"])
}

/// What is said of a bid before it binds. Nobody says yes.
fn bid(workspace: &Workspace, board: &str, price: &str) -> Output {
    workspace.run(&["bid", board, "--key", "bidder0.key", &format!("B0={price}")])
}

#[test]
fn every_exact_spelling_of_a_price_can_be_bid() {
    let workspace = workspace();
    for price in ["99-16", "99-160", "99:16", "99'16", "99.5", "99.500", "99 16/32", "99 1/2"] {
        ends(
            &bid(&workspace, "treasury", price),
            2,
            &["99-16 = 99.5 % of", "error[not-confirmed]"],
        );
    }
    for price in ["99.5", "99.500", "99 1/2"] {
        ends(&bid(&workspace, "board", price), 2, &["99.50 for", "error[not-confirmed]"]);
    }
    fs::write(workspace.path("bids.csv"), "lot,price\nB0,99 33/64\n").unwrap();
    let output = workspace.run(&["bid", "treasury", "--key", "bidder0.key", "--file", "bids.csv"]);
    ends(&output, 2, &["99-16+ = 99.515625 % of", "error[not-confirmed]"]);
}

#[test]
fn a_bid_says_what_it_comes_to_in_the_currency_of_the_terms_before_it_binds() {
    let workspace = Workspace::open(&SMALL);
    let terms = fs::read_to_string(workspace.path("terms.toml")).unwrap();
    for (currency, price, words) in [
        ("USD", "percent", "99.50 = 99.5 % of 7 USD = 6.965 USD: "),
        ("KWD", "per-unit", "99.50 = 99.5 KWD for each of 7 = 696.5 KWD: "),
        ("JPY", "per-lot", "99.50 = 99.5 JPY for the whole lot of 7: "),
        ("EUR", "yield", "99.50 as a yield, for 7: "),
        ("EUR", "spread", "99.50 as a spread, for 7: "),
    ] {
        let money = format!("[money]\ncurrency = {currency:?}\nprice = {price:?}\n[[lots]]");
        let terms = terms.replacen("[[lots]]", &format!("quantity = 7\n{money}"), 1);
        fs::write(workspace.path("money.toml"), terms).unwrap();
        workspace.done(&["terms", "new", "money.toml", "--out", price]);
        let shown = workspace.done(&["terms", "show", price]);
        assert!(shown.contains(&format!("currency      {currency}; a price is ")), "{shown}");
        let board = format!("{price}.board");
        workspace.done(&["open", &board, "--terms", price, "--key", "seller.key", "--yes"]);
        ends(&bid(&workspace, &board, "99.50"), 2, &[words, "error[not-confirmed]"]);
    }
    let unknown = "quantity = 7\n[money]\ncurrency = \"USDT\"\nprice = \"percent\"\n[[lots]]";
    fs::write(workspace.path("money.toml"), terms.replacen("[[lots]]", unknown, 1)).unwrap();
    let output = workspace.run(&["terms", "new", "money.toml", "--out", "unknown"]);
    let sentence = "error[terms.field]: money.currency: \"USDT\" is no currency code of ISO 4217";
    ends(&output, 2, &[sentence, "help: write its three capital letters, such as \"USD\""]);
    assert!(!workspace.path("unknown").exists());
}

#[test]
fn an_inexact_price_is_refused_with_the_nearest_on_the_grid_and_an_example() {
    let workspace = workspace();
    let nearest = "the nearest: 99-16 (99.5) and 99-16+ (99.515625)";
    for price in ["99.51", "99-162", "99 1001/2000"] {
        ends(&bid(&workspace, "treasury", price), 2, &["error[price]", nearest, "like \"99-16+\""]);
    }
    let output = bid(&workspace, "board", "99.501");
    ends(&output, 2, &["error[price]", "the nearest: 99.50 and 99.75", "like \"99.50\""]);
    let output = bid(&workspace, "treasury", "107.99");
    ends(&output, 2, &["error[price]", "the nearest: 107-31 (107.96875);"]);
    let output = bid(&workspace, "board", "99-16");
    ends(&output, 2, &["error[price]", "written in 32nds", "it would be 99.5;"]);
    for price in ["99-32", "99,5", "1e2", "ninety"] {
        ends(&bid(&workspace, "treasury", price), 2, &["error[price]", price, "like \"99-16+\""]);
    }
}

#[test]
fn a_third_digit_that_means_other_money_elsewhere_is_pointed_out() {
    let workspace = workspace();
    let eighths = "third digit counts eighths of a 32nd, as the cash market writes";
    let grid = [("start", "90-00"), ("tick", "0-001"), ("end", "107-317")];
    let written = sell(&workspace, &grid);
    ends(&written, 0, &["\"107-317\" is read as 107-317 (107.99609375)", eighths, "107-316"]);
    workspace.done(&["open", "fine", "--terms", "treasury.terms", "--key", "seller.key", "--yes"]);
    let read = "\"99-165\" is read as 99-165 (99.51953125)";
    let futures = "futures market would mean 99-16+ (99.515625)";
    ends(&bid(&workspace, "fine", "99-165"), 2, &[read, eighths, futures, "99.51953125 % of"]);
    let output = bid(&workspace, "fine", "99-162");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("futures"));
    ends(
        &bid(&workspace, "fine", "99.25"),
        2,
        &["read as a decimal number, 99-08", "99-25 (99.78125)"],
    );
}

#[test]
fn terms_name_the_notation_and_its_convention() {
    let workspace = workspace();
    let shown = workspace.done(&["terms", "show", "treasury"]);
    let words =
        "written       in 256ths: + is half a 32nd, and a third digit counts eighths of one";
    assert!(shown.contains(words), "{shown}");
    let shown = workspace.done(&["terms", "show", "treasury", "--json"]);
    let terms: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(terms["lots"][0]["third_digit"], "eighths");
    assert_eq!(terms["lots"][0]["last_price_decimal"], "107.96875");
    let shown = workspace.done(&["terms", "show", "board"]);
    assert!(shown.contains("written       in decimals of 2 places"), "{shown}");
}
