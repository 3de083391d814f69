//! The report of a transcript or a folder: for people, for tools and for spreadsheets.

use crate::common::{SMALL, Workspace, whole_records};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};
use talea_sim::{run::run, scenario::Scenario};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn scenario(name: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join("scenarios").join(name)).unwrap()
}

/// The transcript of a simulation.
fn simulated(scenario: &str) -> Vec<u8> {
    let scenario = Scenario::from_text(scenario, Path::new("")).unwrap();
    let mut transcript = Vec::new();
    run(&scenario, (scenario.seed, 0), &mut transcript).unwrap();
    transcript
}

/// README's first auction.
fn bwic() -> &'static [u8] {
    static BWIC: OnceLock<Vec<u8>> = OnceLock::new();
    BWIC.get_or_init(|| simulated(&scenario("bwic.toml")))
}

/// One bid in three: a lot whose depth is shown in five rounds.
fn rounds() -> &'static [u8] {
    static ROUNDS: OnceLock<Vec<u8>> = OnceLock::new();
    ROUNDS.get_or_init(|| simulated(&scenario("rounds.toml")))
}

fn talea(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_talea")).args(arguments).current_dir(folder).output().unwrap()
}

/// A folder with one transcript in it.
struct Desk(tempfile::TempDir);

impl Desk {
    fn with(transcript: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.talea"), transcript).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The report in this format, and the status with which the command ended.
    fn report(&self, format: &str) -> (String, Option<i32>) {
        let out = format!("report.{format}");
        let output = talea(&["report", "a.talea", "--out", &out], self.0.path());
        let said = String::from_utf8_lossy(&output.stderr);
        let text = fs::read_to_string(self.path(&out)).unwrap_or_else(|_| panic!("{said}"));
        (text, output.status.code())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.report("json").0).unwrap()
    }

    /// The cells of the table, by the names of their columns.
    fn rows(&self) -> Vec<std::collections::BTreeMap<String, String>> {
        let (text, _) = self.report("csv");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        reader.deserialize().map(Result::unwrap).collect()
    }
}

#[test]
fn a_transcript_alone_is_enough_for_a_report_and_a_status() {
    let desk = Desk::with(bwic());
    let (page, status) = desk.report("html");
    assert_eq!(status, Some(0));
    assert!(page.contains("VALID") && page.contains("Larkspur Mill CLO 2027-1 B"));
    let report = desk.json();
    assert_eq!((&report["verdict"], &report["phase"]), (&"valid".into(), &"Closed".into()));
    let line = &report["lots"][3];
    assert_eq!((&line["price"], &line["price_decimal"]), (&"99-17+".into(), &"99.546875".into()));
    assert_eq!((&line["amount"], &line["state"]), (&"24886718.75".into(), &"sold".into()));
    assert_eq!(report["lots"][8]["result"], "did not trade: nobody bid");
    // Its terms name no board, so nobody knows when its slots end.
    let due = &report["terms"]["schedule"]["commits_until"];
    assert_eq!((&due["slot"], &due["at"]), (&30.into(), &Value::Null));
    assert_eq!(report["board_signatures"], Value::Null);
    assert!(page.contains("bids due in slot 30"));

    let output = talea(&["status", "a.talea", "--json"], desk.0.path());
    let status: Value = serde_json::from_slice(&output.stdout).unwrap();
    let line = &status["lots"][3];
    assert_eq!((&line["price"], &line["price_decimal"]), (&"99-17+".into(), &"99.546875".into()));
    let output = talea(&["report", "nowhere", "--out", "r.html"], desk.0.path());
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&output.stderr).contains("error[board.folder]"));
}

/// The first auction again, with a currency and another kind of price.
#[test]
fn amounts_are_in_the_currency_of_the_terms_and_as_they_say_what_prices_are() {
    let priced = |price: &str| {
        let money = format!("[money]\ncurrency = \"KWD\"\nprice = {price:?}\n\n[stakes]");
        Desk::with(&simulated(&scenario("bwic.toml").replacen("[stakes]", &money, 1)))
    };
    let amounts = |price| {
        let desk = priced(price);
        let (report, page) = (desk.json(), desk.report("html").0);
        let money = serde_json::json!({ "currency": "KWD", "price": price });
        assert_eq!(report["terms"]["money"], money);
        let is_said = page.contains("Amount: in KWD");
        assert!(!page.contains("The terms name no currency"));
        ([0, 3].map(|lot| report["lots"][lot]["amount"].clone()), is_said)
    };
    // 99.62 for 5,000,000 and 99-17+ (99.546875) for 25,000,000.
    let texts = |texts: [&str; 2]| texts.map(Value::from);
    assert_eq!(amounts("percent"), (texts(["4981000", "24886718.75"]), true));
    assert_eq!(amounts("per-unit"), (texts(["498100000", "2488671875"]), true));
    assert_eq!(amounts("per-lot"), (texts(["99.62", "99.546875"]), true));
    assert_eq!(amounts("yield"), ([Value::Null, Value::Null], false));
}

#[test]
fn the_page_says_what_who_and_when_and_nothing_leads_out_of_it() {
    let desk = Desk::with(rounds());
    let (page, report) = (desk.report("html").0, desk.json());
    let title = report["title"].as_str().unwrap();
    let seller = report["terms"]["seller"].as_str().unwrap();
    for part in ["Unit tranche (PI)", &seller[..17], "bids due in slot 30"] {
        assert!(title.contains(part), "{part} is missing in {title}");
    }
    assert!(page.contains(&format!("<title>{title}</title>")));
    assert!(page.contains(&format!("<h1>{title}</h1>")));
    for outside in ["<script", "http:", "https:", "src=", "href=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    // A panel for each round, under one heading, and no cell without its column's name.
    assert_eq!(page.matches(">Depth<").count(), 1);
    // Beside them, one picture of the timeline.
    assert_eq!(page.matches("<svg ").count(), 6);
    assert_eq!(page.matches("<td ").count(), page.matches("data-label=").count());
    assert!(page.contains("@media screen and (prefers-color-scheme: dark)"));
}

#[test]
fn an_invalid_transcript_is_reported_as_invalid_with_the_reason_first() {
    let tampered = fs::read(Path::new(ROOT).join("scenarios/tampered.talea")).unwrap();
    // A byte that was changed, and one in the genesis; no transcript at all; one that goes on.
    let mut elsewhere = rounds().to_vec();
    elsewhere[40] ^= 1;
    let longer = [rounds(), b"more"].concat();
    for transcript in [&tampered[..], &elsewhere, b"rubbish", &longer] {
        let desk = Desk::with(transcript);
        let verified = talea(&["verify", "a.talea", "--json"], desk.0.path());
        assert_eq!(verified.status.code(), Some(1));
        let verified: Value = serde_json::from_slice(&verified.stdout).unwrap();
        let failure = &verified["failure"];
        let check = failure["check"].as_str().unwrap();

        let (json, status) = desk.report("json");
        assert_eq!(status, Some(1), "as talea verify");
        let report: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (&report["verdict"], &report["reason"]["check"]),
            (&"invalid".into(), &check.into())
        );
        assert_eq!(report["reason"]["sentence"], failure["sentence"]);
        assert_eq!(report["lots"], serde_json::json!([]), "nothing of it can be relied on");
        assert!(json.find("\"reason\"") < json.find("\"auction\""));

        let (page, status) = desk.report("html");
        assert_eq!(status, Some(1));
        assert!(page.contains("<title>INVALID: "));
        let place = |words: &str| page.find(words).unwrap_or_else(|| panic!("{words} in {page}"));
        let sheet = place("<main>");
        let reason = page.split_once("<main>").unwrap().1.find(check).unwrap() + sheet;
        assert!(place(">INVALID<") < reason && reason < place("<h1>"), "it comes first");

        let rows = desk.rows();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0]["verdict"], "INVALID");
        assert!(rows[0]["verdict_reason"].starts_with(check), "{rows:?}");
        assert_eq!(rows[0]["result"], "");
        assert_eq!(desk.report("csv").1, Some(1));
    }
    let place = &Desk::with(&tampered).json()["reason"]["place"];
    assert!(place.as_str().unwrap().starts_with("entry 12, slot 31, "), "{place}");
}

#[test]
fn an_auction_that_is_not_over_is_reported_as_far_as_it_has_come() {
    let half = whole_records(rounds(), rounds().len() / 2);
    let desk = Desk::with(half);
    assert_eq!(talea(&["verify", "a.talea"], desk.0.path()).status.code(), Some(3));
    let (page, status) = desk.report("html");
    assert_eq!(status, Some(0), "a report is no verdict");
    assert!(page.contains("UNDECIDED") && page.contains("not decided yet"));
    assert!(page.contains("after round 0"));
    let report = desk.json();
    let (lot, verdict) = (&report["lots"][0], &report["verdict"]);
    assert_eq!((verdict, &lot["state"]), (&"undecided".into(), &"open".into()), "{lot}");
    assert!(!lot["surveys"].as_array().unwrap().is_empty(), "{lot}");
    assert_eq!(desk.rows()[0]["verdict"], "UNDECIDED");
}

#[test]
fn the_timeline_counts_bids_and_not_instructions() {
    let report = Desk::with(bwic()).json();
    let event = |kind: &str| {
        let mut events = report["timeline"].as_array().unwrap().iter();
        let event = events.find(|event| event["kind"] == kind).unwrap();
        (event["count"].as_u64().unwrap(), event["instructions"].as_u64().unwrap())
    };
    let (committed, revealed) = (event("commit"), event("reveal"));
    assert_eq!(committed, (39, 39));
    assert_eq!(revealed.0, committed.0);
    assert!(revealed.1 < revealed.0, "one instruction carries several");
}

#[test]
fn what_people_typed_reaches_no_spreadsheet_as_a_formula_or_a_date() {
    let hostile = scenario("bwic.toml")
        .replace("Larkspur Mill CLO 2027-1 B", "=HYPERLINK(\\\"x\\\")")
        .replace("Larkspur Mill CLO 2027-1 C", "@SUM(A1)")
        .replace("Ostermoor Funding 2029 A2", "+1-1")
        .replace("Avalon Housing 5.5% pool 77120", "May 2031");
    let rows = Desk::with(&simulated(&hostile)).rows();
    let column = |name: &str| rows.iter().map(|row| row[name].as_str()).collect::<Vec<_>>();
    let names = column("name");
    assert_eq!(names[..3], ["'=HYPERLINK(\"x\")", "'@SUM(A1)", "'+1-1"]);
    assert_eq!(names[5], "'May 2031");
    assert_eq!(column("price")[3..6], ["'99-17+", "'90-081", "'100-14"]);
    assert_eq!(column("price_decimal")[3..6], ["99.546875", "90.25390625", "100.4375"]);
    assert_eq!(column("amount")[3..6], ["24886718.75", "9025390.625", "8286093.75"]);
    assert_eq!(column("amount")[0], "", "the terms do not say what 99.62 is per");
    let is_number = |cell: &str| cell.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    for (column, cell) in rows.iter().flatten() {
        let is_text = cell.starts_with('\'') || cell.chars().next().is_none_or(char::is_alphabetic);
        assert!(is_text || is_number(cell) || column == "identifier", "{column}: {cell}");
    }
}

/// Reads a time as RFC 3339 writes it; nothing else.
fn is_rfc3339(time: &Value) -> bool {
    let time = time.as_str().unwrap();
    let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00T00:00:00Z"
}

#[test]
fn a_board_adds_times_and_what_it_signed_and_terms_are_data() {
    let workspace = Workspace::open(&SMALL);
    workspace.done(&["report", "board", "--out", "report.json"]);
    let report: Value =
        serde_json::from_slice(&fs::read(workspace.path("report.json")).unwrap()).unwrap();
    let terms = &report["terms"];
    for (field, who) in [
        (&terms["seller"], "seller"),
        (&terms["custodian"], "custodian"),
        (&terms["beneficiary"], "beneficiary"),
        (&terms["board"]["party"], "board"),
        (&terms["quorum"][0]["members"][1]["party"], "keyholder1"),
    ] {
        assert_eq!(field, &Value::from(workspace.name(who, "party")));
    }
    assert_eq!(terms["auction"], report["auction"]);
    assert!(terms["auction"].as_str().unwrap().starts_with("taleaauction1"));
    assert_eq!(terms["mechanism"]["kind"], "first-price");
    assert_eq!(terms["quorum"][0]["threshold"], 2);
    let lot = &terms["lots"][0];
    assert_eq!((&lot["first_price"], &lot["tick_decimal"]), (&"90.00".into(), &"0.25".into()));
    for deadline in ["deals_until", "complaints_until", "commits_until", "reveals_until"] {
        assert!(is_rfc3339(&terms["schedule"][deadline]["at"]), "{terms}");
    }
    assert_eq!(terms["schedule"]["step"]["milliseconds"], 600_000);
    assert_eq!(report["board_signatures"]["entries"], 0);
    workspace.done(&["report", "board", "--out", "report.html"]);
    let page = fs::read_to_string(workspace.path("report.html")).unwrap();
    assert!(page.contains(" UTC</h1>"), "the title says when bids are due");
    // The transcript alone knows the board's time too.
    workspace.done(&["report", "board/transcript.talea", "--out", "alone.json"]);
    let alone: Value =
        serde_json::from_slice(&fs::read(workspace.path("alone.json")).unwrap()).unwrap();
    assert_eq!((&alone["terms"], &alone["board_signatures"]), (terms, &Value::Null));
}

#[test]
fn a_regulators_page_says_who_could_decrypt_where_bids_tied_and_what_the_seller_declined() {
    let desk = Desk::with(&simulated(&scenario("bwic-with-reserves.toml")));
    let report = desk.json();
    let supervision = &report["supervision"];
    let group = &supervision["groups"][0];
    assert_eq!((&group["threshold"], &group["able"]), (&2.into(), &serde_json::json!([1, 2, 3])));
    // Alder, Birch and Cedar hold keys, and bid.
    assert_eq!(group["bidding"], serde_json::json!([1, 2, 3]));
    let decisions: Vec<&Value> =
        supervision["reserves"].as_array().unwrap().iter().map(|lot| &lot["decision"]).collect();
    assert_eq!(
        decisions,
        [&"accepted".into(), &Value::Null, &"declined".into(), &"accepted".into()]
    );
    let ties = supervision["ties"].as_array().unwrap().iter();
    let tied: Vec<bool> = ties.map(|tie| tie["tied"].as_bool().unwrap()).collect();
    assert_eq!(tied, [true, false, false], "the first lot's cover is its price");

    let page = |reader: &str| {
        let output =
            talea(&["report", "a.talea", "--for", reader, "--out", "r.html"], desk.0.path());
        assert_eq!(output.status.code(), Some(0));
        fs::read_to_string(desk.path("r.html")).unwrap()
    };
    let headings = ["Who could decrypt, and who did", "Defaults", "Ties", "Reserves and decisions"];
    let (regulator, anybody) = (page("regulator"), page("anybody"));
    for heading in headings.map(|heading| format!("<h2>{heading}</h2>")) {
        assert!(regulator.contains(&heading) && !anybody.contains(&heading), "{heading}");
    }
    assert!(regulator.contains("Lots that the seller could decide on: 3. Declined: 1."));
}

#[test]
fn a_regulator_is_told_which_default_it_was_and_what_the_terms_keep_sealed() {
    let supervision = |name: &str| {
        let path = Path::new(ROOT).join("docs/vectors/transcripts").join(name);
        Desk::with(&fs::read(path).unwrap()).json()["supervision"].clone()
    };
    for (name, kinds) in [
        ("never-revealed.talea", vec!["unrevealed"]),
        ("none-revealed.talea", vec!["unrevealed"; 3]),
        ("attested.talea", vec!["attested"]),
        ("invalid.talea", vec!["invalid"]),
        ("rounds-default.talea", vec!["update-missed"]),
        ("reserve-lapsed.talea", vec!["reserve-lapsed"]),
        ("first-price.talea", vec![]),
    ] {
        let supervision = supervision(name);
        let defaults = supervision["defaults"].as_array().unwrap();
        let found: Vec<&str> = defaults.iter().map(|d| d["kind"].as_str().unwrap()).collect();
        assert_eq!(found, kinds, "{name}");
    }
    // Two bids are equal, and the terms open neither the cover nor the bids.
    assert_eq!(supervision("tie.talea")["ties"][0]["tied"], Value::Null);
    // The price is one tick above the reserve, which was opened.
    let opened = &supervision("reserve-opened.talea")["reserves"][0];
    assert_eq!((&opened["reserve"], &opened["ticks_above_reserve"]), (&"opened".into(), &1.into()));
}

/// What OCDS asks for besides an auction.
const PUBLICATION: &str = r#"
ocid-prefix = "ocds-213czf"
uri = "https://example.org/auctions/1.json"
date = "2027-03-15T10:00:00+01:00"

[publisher]
name = "Town of Example"
"#;

/// A folder with a board's transcript and a publication in it.
fn publishing(transcript: &[u8]) -> Desk {
    let desk = Desk::with(transcript);
    fs::write(desk.path("publication.toml"), PUBLICATION).unwrap();
    desk
}

const OCDS: [&str; 4] = ["--format", "ocds", "--ocds", "publication.toml"];

/// Ends with this status and, if it fails, this code; whether the file was written.
#[track_caller]
fn ends(desk: &Desk, out: &str, more: &[&str], status: i32, code: &str) -> bool {
    let output = talea(&[&["report", "a.talea", "--out", out], more].concat(), desk.0.path());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(said.contains(code), "{said}");
    desk.path(out).exists()
}

#[test]
fn a_report_has_the_form_that_its_ending_names() {
    let with_money = format!(
        "money = {{ currency = \"USD\", price = \"percent\" }}\n{}",
        scenario("open-book.toml")
    );
    let desk = publishing(&simulated(&with_money));
    for (out, begins) in [("r.xlsx", &b"PK"[..]), ("r.parquet", b"PAR1")] {
        assert!(ends(&desk, out, &[], 0, ""));
        let bytes = fs::read(desk.path(out)).unwrap();
        assert!(bytes.starts_with(begins), "{out}");
        // The same bytes another time.
        assert!(ends(&desk, out, &[], 0, ""));
        assert_eq!(fs::read(desk.path(out)).unwrap(), bytes, "{out}");
    }
    assert!(ends(&desk, "releases.json", &OCDS, 0, ""));
    let record = ["--format", "ocds-record", "--ocds", "publication.toml"];
    assert!(ends(&desk, "record.json", &record, 0, ""));
    let json = |name: &str| -> Value {
        serde_json::from_slice(&fs::read(desk.path(name)).unwrap()).unwrap()
    };
    let (releases, record) = (json("releases.json"), json("record.json"));
    assert_eq!(releases["publishedDate"], "2027-03-15T09:00:00Z");
    let award = &releases["releases"][0]["awards"][0];
    assert_eq!(award["value"], serde_json::json!({ "amount": 69800, "currency": "USD" }));
    assert_eq!(record["records"][0]["compiledRelease"]["awards"][0], *award);
    // A simulation has no clock.
    assert!(!ends(&desk, "r.fix", &[], 6, "error[standard.clock]"));
}

#[test]
fn a_publication_that_cannot_be_is_refused_in_a_sentence_and_not_written() {
    let desk = publishing(rounds());
    assert!(!ends(&desk, "r.json", &OCDS, 6, "error[standard.currency]"));
    assert!(!ends(&desk, "r.html", &OCDS, 4, "must end in .json"));
    assert!(!ends(&desk, "r.json", &["--format", "ocds"], 2, "--ocds"));
    assert!(!ends(&desk, "r.json", &["--ocds", "publication.toml"], 2, "--format"));
    fs::write(desk.path("publication.toml"), PUBLICATION.replace("213czf", "")).unwrap();
    assert!(!ends(&desk, "r.json", &OCDS, 2, "publication.toml: ocid-prefix"));
    fs::write(desk.path("publication.toml"), [0xff]).unwrap();
    assert!(!ends(&desk, "r.json", &OCDS, 2, "it is not UTF-8"));
    fs::remove_file(desk.path("publication.toml")).unwrap();
    assert!(!ends(&desk, "r.json", &OCDS, 4, "error[file.unreadable]"));
}

#[test]
fn of_an_invalid_transcript_no_table_and_no_publication_is_written() {
    let tampered = fs::read(Path::new(ROOT).join("scenarios/tampered.talea")).unwrap();
    let desk = publishing(&tampered);
    for out in ["r.xlsx", "r.parquet", "r.fix"] {
        assert!(!ends(&desk, out, &[], 1, "a.talea is INVALID"), "{out}");
    }
    assert!(!ends(&desk, "r.json", &OCDS, 1, "a.talea is INVALID"));
    // One of several is enough.
    fs::write(desk.path("valid.talea"), rounds()).unwrap();
    let output =
        talea(&["report", "valid.talea", "--also", "a.talea", "--out", "r.parquet"], desk.0.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(!desk.path("r.parquet").exists());
}

#[test]
fn the_lots_of_several_auctions_go_into_one_file_of_parquet_and_no_other() {
    let desk = Desk::with(rounds());
    fs::write(desk.path("b.talea"), bwic()).unwrap();
    assert!(ends(&desk, "one.parquet", &[], 0, ""));
    assert!(ends(&desk, "two.parquet", &["--also", "b.talea"], 0, ""));
    let size = |name: &str| fs::metadata(desk.path(name)).unwrap().len();
    assert!(size("two.parquet") > size("one.parquet"));
    let bytes = fs::read(desk.path("two.parquet")).unwrap();
    for transcript in [rounds(), bwic()] {
        let auction = Desk::with(transcript).json()["auction"].clone();
        let id = auction.as_str().unwrap().as_bytes();
        assert!(bytes.windows(id.len()).any(|window| window == id), "{auction}");
    }
    assert!(!ends(&desk, "two.xlsx", &["--also", "b.talea"], 4, "--also is for FILE.parquet"));
}

#[test]
fn a_regulator_reads_many_auctions_with_screens_over_what_they_disclosed() {
    let desk = Desk::with(&simulated(&scenario("open-book.toml")));
    let numbered = |number: u64| {
        let text =
            scenario("open-book.toml").replace("seed = 20260404", &format!("seed = {number}"));
        assert!(text.contains(&format!("seed = {number}")), "{text}");
        simulated(&text)
    };
    let others = ["b.talea", "c.talea"];
    for (name, number) in others.into_iter().zip(1..) {
        fs::write(desk.path(name), numbered(number)).unwrap();
    }
    // Named twice it counts once.
    let also =
        ["--also", "b.talea", "--also", "c.talea", "--also", "b.talea", "--for", "regulator"];
    assert!(ends(&desk, "many.html", &also, 0, ""));
    let page = fs::read_to_string(desk.path("many.html")).unwrap();
    assert!(page.contains("<h1>3 auctions</h1>") && page.contains("A flag is no proof"));
    assert!(page.contains("Cannot be run"), "three auctions are too few for any screen");
    for outside in ["<script", "http:", "https:", "src=", "href=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(ends(&desk, "many.json", &also, 0, ""));
    let json: Value = serde_json::from_slice(&fs::read(desk.path("many.json")).unwrap()).unwrap();
    assert_eq!(json["schema"], "talea-regulator/1");
    assert_eq!(json["auctions"].as_array().unwrap().len(), 3);
    let screens = json["screens"].as_array().unwrap();
    assert_eq!(screens.len(), 6);
    // All bids are open, so each lot of each auction is there to be used, or it is said why not.
    let lots: usize = json["auctions"][0]["lots"].as_array().unwrap().len();
    for screen in screens {
        let left_out = screen["left_out"].as_array().unwrap().iter();
        let left_out: u64 = left_out.map(|row| row["auctions"].as_u64().unwrap()).sum();
        let used = screen["used"].as_u64().unwrap();
        assert_eq!(used + left_out, 3 * lots as u64, "{screen}");
    }

    // Of one that is invalid nothing is used.
    let tampered = fs::read(Path::new(ROOT).join("scenarios/tampered.talea")).unwrap();
    fs::write(desk.path("c.talea"), tampered).unwrap();
    assert!(ends(&desk, "many.html", &also, 1, "c.talea is INVALID"));
    let page = fs::read_to_string(desk.path("many.html")).unwrap();
    assert!(page.contains("INVALID"));
    assert!(!ends(&desk, "many2.html", &["--also", "b.talea"], 4, "--also is for"));
}
