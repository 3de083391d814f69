//! The program from outside: what it prints where, and how it ends.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}

/// Runs `talea-sim` in `folder`.
fn talea_sim(folder: &TempDir, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_talea-sim"));
    command.current_dir(folder.path()).args(args).output().unwrap()
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[track_caller]
fn ends_with(output: &Output, status: i32, words: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{stderr}");
    for word in words {
        assert!(stderr.contains(word), "{word:?} is missing in {stderr:?}");
    }
}

fn path(name: &str) -> String {
    scenarios().join(name).display().to_string()
}

#[test]
fn data_goes_to_stdout_and_messages_to_stderr() {
    let folder = folder();
    let output = talea_sim(&folder, &["run", &path("seed-story.toml")]);
    ends_with(&output, 0, &["transcript seed-story.talea", "seed 13141592653", "VALID"]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("bidder 1 | 13.141592653"), "{stdout}");
    assert!(!stdout.contains("entries"), "{stdout}");
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(names, ["seed-story.talea"]);
}

#[test]
fn json_has_a_schema_and_money_as_strings() {
    let folder = folder();
    let output = talea_sim(&folder, &["run", &path("tender.toml"), "--json", "--no-verify"]);
    ends_with(&output, 0, &[]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["schema"], "talea-sim/2");
    assert_eq!(json["kind"], "run");
    assert_eq!(json["lots"][1]["price"], "31977000");
    assert_eq!(json["lots"][1]["winner"], "Denholm Roofing");
    assert_eq!(json["lots"][2]["invalid"], 1);
    let lost = &json["accounts"][1];
    assert_eq!((&lost["party"], &lost["forfeited"]), (&"Brackwater Civil".into(), &"25030".into()));
    let head = json["transcript"]["head"].as_str().unwrap();
    assert_eq!(head.len(), 64);
}

#[test]
fn a_market_and_a_survey_are_told_in_tables_and_in_json() {
    let folder = folder();
    let run = |name: &str, words: &[&str]| -> serde_json::Value {
        let output = talea_sim(&folder, &["run", &path(name)]);
        ends_with(&output, 0, &["VALID"]);
        let text = String::from_utf8(output.stdout).unwrap();
        words.iter().for_each(|word| assert!(text.contains(word), "{word:?} is missing in {text}"));
        let output = talea_sim(&folder, &["run", &path(name), "--json", "--no-verify"]);
        ends_with(&output, 0, &[]);
        let mut json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        json["lots"][0].take()
    };
    let words = ["cleared: 120 units at 82.00", "Cedar Supply | buy ", "beyond what is offered"];
    let market = run("two-sided.toml", &words);
    assert_eq!((&market["result"], &market["price"]), (&"cleared".into(), &"82.00".into()));
    assert_eq!(market["clearing"]["trades"][0]["side"], "sell");
    assert_eq!(market["clearing"]["trades"][0]["amount"], "6560");
    let survey = run("survey.toml", &["surveyed: 5 answers, sum 351", "60 .. 69"]);
    assert_eq!(survey["statistics"]["sum"], "351");
    assert_eq!(survey["clearing"], serde_json::Value::Null);
}

#[test]
fn one_seed_is_one_file_whatever_the_number_of_threads() {
    let folder = folder();
    let run = |name: &str, more: &[&str]| {
        let scenario = path("three-of-five-and-seller.toml");
        let args = [&["run", &scenario, "--transcript", name, "--no-verify"], more].concat();
        ends_with(&talea_sim(&folder, &args), 0, &[]);
        fs::read(folder.path().join(name)).unwrap()
    };
    let first = run("a.talea", &["--jobs", "1"]);
    assert_eq!(first, run("b.talea", &["--jobs", "4"]));
    assert_ne!(first, run("c.talea", &["--seed", "36"]));
}

#[test]
fn scenarios_that_make_no_sense_end_with_2() {
    let folder = folder();
    let text = fs::read_to_string(path("seed-story.toml")).unwrap();
    let write = |text: &str| fs::write(folder.path().join("s.toml"), text).unwrap();
    write(&text.replace("notebook = \"10\"", "notebook = \"10.000000001\""));
    let output = talea_sim(&folder, &["run", "s.toml"]);
    ends_with(&output, 2, &["error[scenario.price-off-grid]", "10.000000000 and 10.000000003"]);
    assert!(output.stdout.is_empty());
    write(&text.replace("seed =", "sed ="));
    ends_with(&talea_sim(&folder, &["run", "s.toml"]), 2, &["error[scenario.field]", "sed"]);
    assert!(!folder.path().join("s.talea").exists());
    fs::write(folder.path().join("s.toml"), [0xff, 0xfe]).unwrap();
    ends_with(&talea_sim(&folder, &["run", "s.toml"]), 2, &["error[file.encoding]"]);
    ends_with(&talea_sim(&folder, &["run"]), 2, &["SCENARIO.toml"]);
    ends_with(&talea_sim(&folder, &["suggest", "--levels", "1"]), 2, &["error[suggest.load]"]);
}

#[test]
fn files_that_cannot_be_read_or_written_end_with_4() {
    let folder = folder();
    ends_with(&talea_sim(&folder, &["run", "none.toml"]), 4, &["error[file.unreadable]"]);
    ends_with(&talea_sim(&folder, &["run", "--tenders", "none.csv"]), 4, &["file.unreadable"]);
    let args = ["run", &path("seed-story.toml"), "--transcript", "none/x.talea"];
    ends_with(&talea_sim(&folder, &args), 4, &["error[file.unwritable]"]);
}

#[test]
fn a_file_that_is_no_transcript_is_not_replaced() {
    let folder = folder();
    let scenario = folder.path().join("s.toml");
    fs::copy(path("seed-story.toml"), &scenario).unwrap();
    let before = fs::read(&scenario).unwrap();
    let output = talea_sim(&folder, &["run", "s.toml", "--transcript", "s.toml"]);
    ends_with(&output, 2, &["error[cli.not-a-transcript]"]);
    assert_eq!(fs::read(&scenario).unwrap(), before);
}

#[test]
fn tenders_end_with_0_if_every_award_is_reproduced_and_with_1_if_one_is_not() {
    let folder = folder();
    let output = talea_sim(&folder, &["run", "--tenders", &path("tenders-example.csv"), "--json"]);
    ends_with(&output, 0, &[]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["kind"], "tenders");
    assert_eq!((&json["reproduced"], &json["differing"]), (&10.into(), &0.into()));
    assert_eq!(json["ties"][0], "12");

    // Swap who won tender 10.
    let text = fs::read_to_string(path("tenders-example.csv")).unwrap();
    let text = text
        .replace(
            "10,20300703,28,2208000000,2310000000,1963500000,1,2,0,1",
            "10,20300703,28,2208000000,2310000000,1963500000,1,1,0,0",
        )
        .replace(
            "10,20300703,29,2215000000,2310000000,1963500000,1,1,0,0",
            "10,20300703,29,2215000000,2310000000,1963500000,1,2,0,1",
        );
    fs::write(folder.path().join("t.csv"), &text).unwrap();
    let args = ["run", "--tenders", "t.csv", "--transcripts", "out", "--lots-per-auction", "6"];
    let output = talea_sim(&folder, &args);
    ends_with(&output, 1, &["error[tenders.differ]", "1 award differs"]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("2215000000") && stdout.contains("2208000000"), "{stdout}");
    assert_eq!(fs::read_dir(folder.path().join("out")).unwrap().count(), 2);
}

#[test]
fn strategies_are_compared_alike_on_however_many_threads() {
    let folder = folder();
    let compare = |more: &[&str]| {
        let args = ["compare", "--auctions", "9", "--bidders", "4", "--levels", "16", "--json"];
        let output = talea_sim(&folder, &[&args[..], more].concat());
        ends_with(&output, 0, &[]);
        output.stdout
    };
    let one = compare(&["--sample", "0", "--jobs", "1"]);
    assert_eq!(one, compare(&["--sample", "0", "--jobs", "3"]));
    let json: serde_json::Value = serde_json::from_slice(&one).unwrap();
    assert_eq!((&json["kind"], &json["rounds_limit"]), (&"compare".into(), &8.into()));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let too_few = talea_sim(&folder, &["compare", "--bidders", "3"]);
    ends_with(&too_few, 2, &["--bidders", "4..="]);
}

#[test]
fn a_chart_is_one_file_and_its_figures_go_to_stdout() {
    let folder = folder();
    let output = talea_sim(&folder, &["bench", "--chart", "costs.svg", "--quick", "--json"]);
    ends_with(&output, 0, &[]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["schema"], "talea-sim-growth/1");
    let figures = |name: &str| json[name].as_array().unwrap().clone();
    for point in figures("by_bidders").iter().chain(&figures("by_prices")) {
        for cost in ["parties", "contract", "verifier", "bytes"] {
            assert!(point[cost].as_f64().unwrap() > 0.0, "{point}");
        }
    }
    // More prices take longer bids.
    let prices = figures("by_prices");
    let bytes: Vec<u64> = prices.iter().map(|point| point["bytes"].as_u64().unwrap()).collect();
    assert!(bytes.is_sorted_by(|a, b| a < b), "{bytes:?}");
    let svg = fs::read_to_string(folder.path().join("costs.svg")).unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));

    let nowhere = talea_sim(&folder, &["bench", "--chart", "nowhere/costs.svg"]);
    ends_with(&nowhere, 4, &["error[file.unwritable]", "nowhere/costs.svg"]);
    let both = talea_sim(&folder, &["bench", "--chart", "costs.svg", "--levels", "256"]);
    ends_with(&both, 2, &["--levels"]);
}

#[test]
fn a_lot_is_measured_at_any_scale_and_made_once() {
    let folder = folder();
    let bench = ["bench", "--scale", "3", "--scale", "5", "--transcripts", ".", "--json"];
    let measured = || {
        let output = talea_sim(&folder, &bench);
        ends_with(&output, 0, &[]);
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(json["schema"], "talea-sim-scale/1");
        json["lots"].as_array().unwrap().clone()
    };
    for (lot, bidders) in measured().iter().zip([3u64, 5]) {
        assert_eq!(lot["bidders"], bidders);
        for who in ["verifier", "contract"] {
            for figure in ["cost_per_bidder", "microseconds_per_bidder", "peak_bytes"] {
                assert!(lot[who][figure].as_f64().unwrap() > 0.0, "{figure} of the {who}: {lot}");
            }
        }
        let file = folder.path().join(format!("scale-{bidders}.talea"));
        let bytes = fs::metadata(file).unwrap().len();
        assert_eq!(lot["bytes_per_bidder"], bytes / bidders);
    }
    // What is there is measured, not made again: here it is cut short.
    let file = folder.path().join("scale-5.talea");
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
    let cut = talea_sim(&folder, &bench);
    ends_with(&cut, 1, &["error[run.transcript-invalid]"]);

    let no_folder =
        talea_sim(&folder, &["bench", "--scale", "3", "--transcripts", "scale-3.talea"]);
    ends_with(&no_folder, 4, &["error[file.unwritable]", "scale-3.talea"]);
    ends_with(&talea_sim(&folder, &["bench", "--transcripts", "."]), 2, &["--scale"]);
    ends_with(&talea_sim(&folder, &["bench", "--scale", "0"]), 2, &["1..=16384"]);
}

#[test]
fn help_goes_to_stdout_and_ends_with_0() {
    let folder = folder();
    for command in ["run", "suggest", "compare", "bench"].map(Some).into_iter().chain([None]) {
        let args: Vec<&str> = command.into_iter().chain(["--help"]).collect();
        let output = talea_sim(&folder, &args);
        ends_with(&output, 0, &[]);
        assert!(String::from_utf8(output.stdout).unwrap().contains("Usage: talea-sim"));
    }
}

#[test]
fn screens_of_tenders_are_a_table_a_page_and_json() {
    let folder = folder();
    let record = path("tenders-example.csv");
    let args = ["screens", "--tenders", &record, "--out", "page.html"];
    let output = talea_sim(&folder, &args);
    ends_with(&output, 0, &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("missing-bids") && text.contains("A flag is no proof."), "{text}");
    assert!(text.contains("Cannot be run"), "the example is short: {text}");
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.contains("A flag is no proof.") && !page.contains("<script"), "{page}");
    let output = talea_sim(&folder, &["screens", "--tenders", &record, "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["schema"], "talea-sim/2");
    assert_eq!(json["kind"], "screened-tenders");
    assert_eq!(json["screens"].as_array().unwrap().len(), 6);
}

#[test]
fn screens_are_asked_for_sensibly() {
    let folder = folder();
    ends_with(&talea_sim(&folder, &["screens", "--out", "x.html"]), 2, &["--tenders"]);
    let simulated = ["screens", "--out", "x.html", "--repeats", "1"];
    ends_with(&talea_sim(&folder, &simulated), 2, &["--repeats"]);
    ends_with(&talea_sim(&folder, &["screens", "--auctions", "0"]), 2, &["0 is not in"]);
    ends_with(&talea_sim(&folder, &["screens", "--tenders", "none.csv"]), 4, &["file.unreadable"]);
    let record = path("tenders-example.csv");
    let args = ["screens", "--tenders", &record, "--out", "none/x.html"];
    ends_with(&talea_sim(&folder, &args), 4, &["error[file.unwritable]"]);
}

/// Makes a scenario of the matched rows of an order book, runs it, and says how it ended.
fn held_again(orders: &str) -> String {
    let folder = folder();
    let made = talea_sim(&folder, &["orders", orders, "--status", "matched", "--out", "book.toml"]);
    ends_with(&made, 0, &[]);
    let run = talea_sim(&folder, &["run", "book.toml"]);
    ends_with(&run, 0, &["VALID"]);
    String::from_utf8(run.stdout).unwrap()
}

#[test]
fn an_order_book_clears_at_its_price() {
    let stdout = held_again(&path("orders-example.csv"));
    assert!(stdout.contains("cleared: 1,955 units at 4.875"), "{stdout}");
}

/// The hour of which `../shared/data/README.md` speaks, where it is at hand: 25,312.1 MWh at 5.369.
#[test]
fn a_published_hour_of_a_power_market_clears_at_its_published_price() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/omie_two_sided.csv");
    if !Path::new(file).exists() {
        return;
    }
    let stdout = held_again(file);
    assert!(stdout.contains("cleared: 253,121 units at 5.369"), "{stdout}");
}

#[test]
fn an_order_book_without_a_side_is_refused() {
    let folder = folder();
    let orders = path("orders-example.csv");
    let output = talea_sim(&folder, &["orders", &orders, "--status", "cancelled"]);
    ends_with(&output, 2, &["orders.empty"]);
}
