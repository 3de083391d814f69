//! Terms as their author writes them: what is refused, what is warned of, what the example and the questions
//! are good for.

use crate::{
    common::{SMALL, Shape, Workspace, ends, says, shown},
    steps::Steps,
};
use std::{
    fs,
    io::Write as _,
    process::{Output, Stdio},
};
use talea_cli::names;

/// Somebody who writes terms, and has everybody's keys.
struct Author(Workspace);

impl Author {
    fn new() -> Self {
        Self(Workspace::open(&SMALL))
    }

    /// The terms that everybody has, with some of their words changed.
    #[track_caller]
    fn changed(&self, changes: &[(&str, &str)]) -> Output {
        let mut terms = fs::read_to_string(self.0.path("terms.toml")).unwrap();
        for (from, to) in changes {
            assert!(terms.contains(from), "{from:?} is missing in {terms}");
            terms = terms.replace(from, to);
        }
        self.new_terms(&terms)
    }

    fn new_terms(&self, terms: &str) -> Output {
        fs::write(self.0.path("new.toml"), terms).unwrap();
        let _ = fs::remove_file(self.0.path("new"));
        self.0.run(&["terms", "new", "new.toml", "--out", "new"])
    }

    /// Terms with these lots from a CSV list.
    fn listed(&self, list: &[u8]) -> Output {
        fs::write(self.0.path("lots.csv"), list).unwrap();
        let terms = fs::read_to_string(self.0.path("terms.toml")).unwrap();
        let (before, _) = terms.split_once("[[lots]]").unwrap();
        self.new_terms(&format!("lots_file = \"lots.csv\"\n{before}"))
    }

    /// Answers questions until the answers end.
    fn answer(&self, answers: &[&str]) -> Output {
        let mut command = self.0.command(&["terms", "new", "--out", "asked"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let text: String = answers.iter().map(|answer| format!("{answer}\n")).collect();
        // Who has heard enough of them does not read the rest.
        let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
        child.wait_with_output().unwrap()
    }
}

const HOUR: i64 = 3_600_000;

#[test]
fn terms_that_can_never_work_are_refused() {
    let author = Author::new();
    let nobody = author.changed(&[("[board]", "bidders = []\n[board]")]);
    ends(&nobody, 2, &["error[terms.field]", "nobody may bid", "remove the field"]);
    let seller = author.0.name("seller", "party");
    let one = author.0.name("bidder0", "party");
    for (list, words) in [
        (format!("[{seller:?}]"), "nobody may bid"),
        (format!("[{seller:?}, {one:?}]"), "bidders: the list includes the seller"),
    ] {
        let output = author.changed(&[("[board]", &format!("bidders = {list}\n[board]"))]);
        ends(&output, 2, &["error[terms.field]", words]);
    }
    let many = author.changed(&[("threshold = 2", "threshold = 3")]);
    ends(&many, 2, &["quorum[0] (keyholders): a threshold of 3", "cannot be met by 2 members"]);
    let rounds = "[rounds]\nlimit = 5\ncommits = \"1m\"\nreveals = \"1m\"\n[board]";
    let blind = author.changed(&[("[board]", rounds)]);
    ends(&blind, 2, &["rounds: a depth must be disclosed", "set depth_from in [disclosure]"]);
    let past = author.changed(&[("slot =", "starts = \"2021-12-01T14:00:00Z\"\nslot =")]);
    ends(
        &past,
        2,
        &[
            "error[terms.field]: new.toml: the deadline for deals passed at 2021-12-01T14:00:04Z",
            "for reveals, at 2021-12-01T14:00:16Z",
            "help: make new terms",
        ],
    );
    assert!(!author.0.path("new").exists());
}

#[test]
fn an_opening_that_comes_too_late_says_which_deadline_has_passed_and_what_to_do() {
    let author = Author::new();
    ends(&author.changed(&[("deals = \"4000ms\"", "deals = \"2h\"")]), 0, &[]);
    let open = ["open", "late", "--terms", "new", "--key", "seller.key", "--yes"];
    author.0.set_clock(3 * HOUR);
    let words = shown(&author.0.run(&["terms", "show", "new"]));
    let deals = words.lines().find_map(|line| line.strip_prefix("deals         until ")).unwrap();
    let output = author.0.run(&open);
    let sentence = format!("error[refused]: the deadline for deals passed at {deals}");
    ends(&output, 6, &[&sentence, "help: make new terms", "talea terms new"]);
    assert!(!author.0.path("late").exists());
    author.0.set_clock(0);
    author.0.done(&open);
}

#[test]
fn what_will_hardly_work_is_said_before_anybody_signs() {
    let author = Author::new();
    let [one, two, board] = ["bidder0", "bidder1", "board"].map(|who| author.0.name(who, "party"));
    let bidders = |names: &[&String]| format!("bidders = {names:?}\n");
    let cases = [
        (
            "max_bids_per_lot = 1\n".to_owned() + &bidders(&[&one, &two]),
            "2 bidders are listed and a lot takes 1 bids",
        ),
        (bidders(&[&one]), "it has no competitor"),
        (
            "mechanism = { uniform-price = { units = 5 } }\n".to_owned() + &bidders(&[&one, &two]),
            "at most 2 bids can be made on a lot, and 5 win",
        ),
        (bidders(&[&one, &board]), "the board is a listed bidder"),
        (
            "disclosure = { depth_from = 9 }\n".to_owned() + &bidders(&[&one, &two]),
            "a depth needs 9: it is never shown",
        ),
    ];
    for (more, words) in cases {
        let output = author.changed(&[("[board]", &format!("{more}[board]"))]);
        ends(&output, 0, &[]);
        says(&shown(&output), &["Left open by these terms", words]);
        assert_eq!(names::shortened(&author.0.done(&["terms", "show", "new"])), shown(&output));
    }
    let alone = author.changed(&[("threshold = 2", "threshold = 1\nendorsements = 2")]);
    says(&shown(&alone), &["each member of group keyholders can decrypt alone"]);
    // The clock has begun to run, and there is time left.
    let late = author.changed(&[
        ("deals = \"4000ms\"", "deals = \"2096-12-01T10:30Z\""),
        ("slot =", "starts = \"2021-12-01T14:00:00Z\"\nslot ="),
    ]);
    ends(&late, 0, &["board.starts is in the past", "must be opened by 2096-12-01T10:30:00Z"]);
}

#[test]
fn what_a_list_of_lots_cannot_mean_is_named_by_line_column_and_value() {
    let author = Author::new();
    let cases: [(&[u8], &[&str]); 13] = [
        (
            b"name,cusip,quantity\nA,037833100,1\nB,912828XG0,25,000,000\n",
            &["lots.csv line 3, column quantity", "\"25,000,000\"", "write 25000000"],
        ),
        (
            b"name,quantity\nA,\"25,000,000\"\n",
            &["lots.csv line 2, column quantity: \"25,000,000\"", "write 25000000"],
        ),
        (b"name,quantity\nA,0\n", &["line 2, column quantity: \"0\"", "write 1 or more"]),
        (b"name\n\"A\x1b[2J\"\n", &["line 2, column name: \"A\\u{1b}[2J\"", "control"]),
        (
            b"name,cusip\nA,037833100\nB,037833100\n",
            &[
                "lots.csv line 3, column cusip: two lots have the identifier \"037833100\"",
                "its own identifier",
            ],
        ),
        (b"name,quantity\nA,25MM\n", &["line 2, column quantity: \"25MM\"", "digits only"]),
        (b"name;quantity\nA;1\n", &["lots.csv line 1: semicolons", "with commas between"]),
        (b"name\tquantity\nA\t1\n", &["lots.csv line 1: tabs", "with commas between"]),
        (
            b"name,quantity\nA,1\nM\xfcnze,2\n",
            &["lots.csv line 3, column name: \"M\u{fffd}nze\" is not UTF-8", "CSV UTF-8"],
        ),
        (
            b"name,cusip\nA,037833101\n",
            &["lots.csv line 2, column cusip: the check digit of \"037833101\" is wrong"],
        ),
        (b"name,cusip\nA,38259p508\n", &["column cusip: \"38259p508\"", "write 38259P508"]),
        (b"name,talk\nA,99\n", &["line 1: the column \"talk\" is unknown", "name, and if wanted"]),
        (
            b"name,start\nA,1\nB,99-16\n",
            &["lots.csv line 3, column start (B): \"99-16\" is written in 32nds", "write it like"],
        ),
    ];
    for (list, words) in cases {
        let output = author.listed(list);
        ends(&output, 2, words);
        ends(&output, 2, &["error[terms.field]"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(said.lines().count(), 2, "a sentence, and what to do: {said}");
        let sentence = said.lines().next().unwrap();
        assert_eq!(sentence.matches("line ").count(), 1, "one number of a line: {said}");
    }
    // What is wrong in the table that all lots share is not blamed on a line of the list.
    fs::write(author.0.path("lots.csv"), "name\nA\n").unwrap();
    let terms = fs::read_to_string(author.0.path("terms.toml")).unwrap();
    let (before, _) = terms.split_once("[[lots]]").unwrap();
    let terms = format!("lots_file = \"lots.csv\"\n{}", before.replace("\"0.25\"", "\"0.001\""));
    ends(&author.new_terms(&terms), 2, &["every_lot.tick, for", "lots.csv line 2", "\"0.001\""]);
}

#[test]
fn what_is_harmless_in_a_list_of_lots_is_taken() {
    let author = Author::new();
    let list =
        b"\xef\xbb\xbf CUSIP ,Name,QUANTITY,Side,\r\n037833100,\"Orchard, 4%\",25000000,SALE,\r\n\
                 912828XG0,B,,,\r\n,,,,\r\n\r\n  \r\n";
    let output = author.listed(list);
    ends(&output, 0, &[]);
    says(&shown(&output), &["lot 0  037833100  25000000 x Orchard, 4%", "lot 1  912828XG0  1 x B"]);
}

#[test]
fn a_file_of_bids_is_complained_of_like_a_list_of_lots() {
    let workspace = Workspace::open(&Shape { lots: 2, ..SMALL });
    let wrong: [(&[u8], &str, &[&str]); 8] = [
        (b"lot\nB0\n", "list.file", &["bids.csv: no column says which price is bid"]),
        (b"lot,price\nB0,\n", "price", &["no bid, on 2 of 2 lots: B0, B1", "nothing to bid"]),
        (
            b"Lot,Price\nB0,99.00\nB1,99.10\n",
            "price",
            &["bids.csv line 3, column Price: \"99.10\" cannot be bid", "99.00 and 99.25"],
        ),
        (
            b"lot,price\nB9,99.00\n",
            "lot.unknown",
            &["bids.csv line 2, column lot: \"B9\"", "lots: B0, B1"],
        ),
        (b"lot,price\nB0,99.00\n0,99.25\n", "price", &["line 3, column lot: \"0\"", "two bids"]),
        (b"lot,price\nB0,99,00\n", "list.cell", &["line 2, column 3: \"00\"", "quotes"]),
        (b"lot,price\nB0,+125\n", "list.cell", &["line 2, column price", "\"+125\" is a spread"]),
        (b"lot,price,x\nB0,99.00,=1+1\n", "list.cell", &["line 2, column 3", "as a formula does"]),
    ];
    for command in ["bid", "improve", "reserve"] {
        for (bids, code, words) in wrong {
            fs::write(workspace.path("bids.csv"), bids).unwrap();
            let key = if command == "reserve" { "seller.key" } else { "bidder0.key" };
            let output =
                workspace.run(&[command, "board", "--key", key, "--yes", "--file", "bids.csv"]);
            ends(&output, 2, words);
            ends(&output, 2, &[&format!("error[{code}]")]);
        }
        let help = workspace.done(&[command, "--help"]);
        says(&help, &["--from <LIST>", "A list of own prices", "A line without a price is a pass"]);
    }
    for bids in ["\u{feff}PRICE, LOT\r\n99.00,B0\r\n\r\n", "lot;price;size\nB0;99.00;1\n"] {
        fs::write(workspace.path("bids.csv"), bids).unwrap();
        let bid = ["bid", "board", "--key", "bidder0.key", "--yes", "--file", "bids.csv"];
        workspace.fails(&bid, 3, "not-yet");
    }
}

#[test]
fn a_deadline_can_be_a_time_on_the_clocks_of_a_place() {
    let author = Author::new();
    let output = author.changed(&[
        ("slot =", "starts = \"2096-12-01T09:00-05:00\"\nslot ="),
        ("deals = \"4000ms\"", "deals = \"10m\""),
        ("commits = \"4000ms\"", "commits = \"2096-12-01 10:30 America/New_York\""),
        ("reveals = \"4000ms\"", "reveals = \"30m\""),
    ]);
    ends(
        &output,
        0,
        &["schedule.commits = \"2096-12-01 10:30 America/New_York\" is 2096-12-01T15:30:00Z"],
    );
    says(
        &shown(&output),
        &[
            // Durations count from the start, and end with the slot in which they are over.
            "deals         until 2096-12-01T14:10:00Z",
            "bids          until 2096-12-01T15:30:00Z",
            "reveals       until 2096-12-01T16:00:00Z",
        ],
    );
    assert_eq!(names::shortened(&author.0.done(&["terms", "show", "new"])), shown(&output));
    // As TOML writes times, without quotes; and where time begins to run when the terms are made, a second is
    // a slot and a deadline the second that was named.
    let output = author.changed(&[
        ("slot = \"100ms\"", "slot = \"1s\""),
        ("commits = \"4000ms\"", "commits = 2096-12-01T15:30:00Z"),
    ]);
    ends(&output, 0, &[]);
    says(&shown(&output), &["bids          until 2096-12-01T15:30:00Z"]);
    let output = author.changed(&[("commits = \"4000ms\"", "commits = 4000")]);
    ends(&output, 2, &["(commits = 4000): expected a deadline as text in quotes"]);
    for (commits, words) in [
        (
            "2096-11-04T01:30[America/New_York]",
            &["2096-11-04T01:30:00-04:00 or 2096-11-04T01:30:00-05:00"][..],
        ),
        ("2096-12-01T10:30", &["neither an offset from UTC nor a time zone"]),
        ("2020-12-01T10:30Z", &["no slot of this phase ends by", "schedule.complaints ends at"]),
    ] {
        let to = format!("commits = {commits:?}");
        let output = author.changed(&[("commits = \"4000ms\"", &to)]);
        ends(&output, 2, &["error[terms.field]: schedule.commits"]);
        ends(&output, 2, words);
    }
    let output = author.changed(&[("step = \"600000ms\"", "step = \"2096-12-01T10:30Z\"")]);
    ends(&output, 2, &["schedule.step", "is a time", "write it as in \"90s\""]);
}

#[test]
fn the_example_is_taken_once_its_keys_are_filled_in() {
    let author = Author::new();
    let workspace = &author.0;
    let example = workspace.done(&["terms", "example"]);
    ends(&author.new_terms(&example), 2, &["error[name.malformed]"]);
    // Parties and keyholders that are no others of this workspace.
    let key = |who: &str| {
        workspace.done(&["key", "new", &format!("{who}.key"), "--work-factor", "4"]);
    };
    let others = ["Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ash", "Oak", "Yew", "issuer"];
    others.into_iter().for_each(key);
    let mut filled = example;
    for (prefix, kind) in [("taleaparty1... of ", "party"), ("taleakeyholder1... of ", "keyholder")]
    {
        while let Some((before, rest)) = filled.split_once(prefix) {
            let (who, rest) = rest.split_once('"').unwrap();
            let name = workspace.name(who.trim_start_matches("the "), kind);
            filled = format!("{before}{name}\"{rest}");
        }
    }
    let output = author.new_terms(&filled);
    ends(&output, 0, &[]);
    says(&shown(&output), &["5 listed parties, 100 bids", "AH-7", "999101AB4", "XS0004120779"]);
}

#[test]
fn a_field_that_is_unknown_is_named_with_its_line() {
    let author = Author::new();
    let output = author.changed(&[("[board]", "colour = 3\n[board]")]);
    ends(&output, 2, &["error[terms.field]: new.toml: line", "colour", "talea terms example"]);
    assert_eq!(String::from_utf8_lossy(&output.stderr).lines().count(), 2);
}

#[test]
fn where_nothing_is_at_stake_there_need_be_no_custodian_and_the_seller_may_run_the_board() {
    let author = Author::new();
    let workspace = &author.0;
    let terms = fs::read_to_string(workspace.path("terms.toml")).unwrap();
    let board = workspace.name("board", "party");
    let lines: Vec<&str> = terms
        .lines()
        .filter(|line| !line.starts_with("custodian") && !line.starts_with("beneficiary"))
        .collect();
    let simple = lines.join("\n").replace(&board, &workspace.name("seller", "party"));
    let output = author.new_terms(&simple);
    ends(&output, 0, &["the terms name no custodian, and nothing is at stake"]);
    says(
        &shown(&output),
        &["custodian     nobody: nothing is at stake", "the seller runs the board"],
    );
    let staked = format!("{simple}\n[stakes]\ndeposit = 5\n");
    ends(&author.new_terms(&staked), 2, &["custodian: it must be set where money is at stake"]);
    // The auction is held to its end, and is valid.
    ends(&author.new_terms(&simple), 0, &[]);
    workspace.done(&["open", "simple", "--terms", "new", "--key", "seller.key", "--yes"]);
    let _time = Steps::on(workspace, "simple").by_themselves();
    let mut all = workspace.everybody();
    all.iter_mut().flatten().for_each(|word| match word.as_str() {
        "board.key" => *word = "seller.key".into(),
        "board" => *word = "simple".into(),
        _ => {}
    });
    // The command of that name is no folder.
    all[0][0] = "board".into();
    let children: Vec<_> = all.iter().map(|words| workspace.spawn(words)).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success(), "{}", workspace.log());
    }
    let report = workspace.done(&["verify", "simple"]);
    assert!(report.starts_with("VALID"), "{report}");
    let fund = ["fund", "simple", "--key", "custodian.key", "--for", &board, "--amount", "1"];
    workspace.fails(&fund, 5, "key.other");
}

/// Everything but the lots.
fn answers(author: &Author) -> Vec<String> {
    let [seller, board, one] =
        ["seller", "board", "bidder0"].map(|who| author.0.name(who, "party"));
    let [oak, ash] = ["keyholder0", "keyholder1"].map(|who| author.0.name(who, "keyholder"));
    let starts = "2096-12-01 09:00 America/New_York";
    let parties = [&seller, "", &board, &one, "", starts, &oak, &ash, "", ""];
    let rules = [
        "first",
        "",
        "",
        "",
        "",
        "no",
        "10m",
        "5m",
        "2096-12-01T10:30-05:00",
        "30m",
        "",
        "",
        "no",
        "",
        "decimal 2",
        "90.00",
        "100.00",
        "0.25",
        "",
        "",
    ];
    parties.iter().chain(&rules).map(|answer| (*answer).to_owned()).collect()
}

#[test]
fn an_interview_that_breaks_off_goes_on_where_it_was() {
    let author = Author::new();
    let all = answers(&author);
    let mut all: Vec<&str> = all.iter().map(String::as_str).collect();
    all.extend(["Bond", "other B-1", "", ""]);
    let path = author.0.path("asked.answers");
    ends(&author.answer(&[]), 2, &["nothing was written"]);
    assert!(!path.exists());
    // An answer at a time, each time by the command that broke off.
    for (count, answer) in all[..all.len() - 1].iter().enumerate() {
        let output = author.answer(&[answer]);
        ends(&output, 2, &["error[not-confirmed]", "kept in asked.answers", "same command again"]);
        ends(&output, 2, &[&format!("the {} answers given", count + 1)]);
        assert!(path.exists() && !author.0.path("asked").exists());
    }
    let output = author.answer(&all[all.len() - 1..]);
    ends(&output, 0, &["the answers are in asked.toml"]);
    assert!(!path.exists());
    says(&shown(&output), &["bids          until 2096-12-01T15:30:00Z", "B-1", "1 listed parties"]);
    assert_eq!(names::shortened(&author.0.done(&["terms", "show", "asked"])), shown(&output));
    fs::write(&path, "something else\n").unwrap();
    fs::remove_file(author.0.path("asked")).unwrap();
    fs::remove_file(author.0.path("asked.toml")).unwrap();
    ends(&author.answer(&all), 2, &["asked.answers is not a file of answers", "remove the file"]);
}

#[test]
fn the_questions_ask_for_curves_two_sides_and_surveys_with_their_numbers() {
    let parties = |author: &Author| answers(author)[..10].to_vec();
    let deadlines = ["10m", "5m", "2096-12-01T10:30-05:00", "30m", "", ""];
    let grid = ["decimal 2", "90.00", "100.00", "0.25", "", ""];
    for (mechanism, side, quantity, words, written) in [
        (
            &["curves", "9", "3", "no", "500", "neither", "opened", "yes", "2"][..],
            &["no"][..],
            &["60"][..],
            "a bid has 1 to 3 steps, and 500 units at most; everybody sees quantities",
            "curves = { steps = 3, quantities = { public = { most = 500 } }, comparisons = \"opened\", \
             pricing = \"pay-as-bid\", least = 2 }",
        ),
        (
            &["two-sided", "", "yes", "7", "", "highest"],
            &[],
            &[],
            "a bid has 4 steps of 127 units at most, of which some may hold nothing; quantities are sealed",
            "two-sided = { steps = 4, quantities = { sealed = { bits = 7 } }, comparisons = \"opened\", \
             clearing_price = \"highest\" }",
        ),
        (
            &["survey", "1", "25", "5", "yes"],
            &[],
            &[],
            "a bid is an answer; 5 answers are a bin of the histogram",
            "survey = { min_answers = 25, bin_levels = 5, squares = true }",
        ),
    ] {
        let author = Author::new();
        let parties = parties(&author);
        let mut all: Vec<&str> = parties.iter().map(String::as_str).collect();
        // Then how ties are broken.
        all.extend(mechanism.iter().chain(&[""]).chain(&deadlines).chain(side).chain(&grid));
        all.extend(["Bond", "other B-1"].iter().chain(quantity).chain(&[""]));
        let output = author.answer(&all);
        ends(&output, 0, &["the answers are in asked.toml"]);
        says(&shown(&output), &[words]);
        let file = fs::read_to_string(author.0.path("asked.toml")).unwrap();
        says(&file, &[written]);
    }
}

#[test]
fn a_question_without_an_answer_says_that_one_is_needed() {
    let author = Author::new();
    ends(&author.answer(&[""]), 2, &["an answer is needed here"]);
}
