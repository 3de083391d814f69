//! Every code of a scenario has its small mistake here.

use super::*;
use crate::simulate::{BidderConduct, Seat};
use talea_protocol::{
    commitment::TradeSide,
    price::{Level, Scale, Shape},
    terms::{Admission, Currency, Quotation},
};

const LOT: &str = r#"
[[lots]]
name = "Harrow 2031"
identifier = "X1"
side = "sale"
scale = "64ths"
start = "95-00"
end = "105-00"
"#;
const QUORUM: &str = r#"
[[quorum]]
name = "buyers"
threshold = 2
members = 3
"#;
const BIDDERS: &str = r#"
[[bidders]]
name = "Alder"
bids = { X1 = "99-16+" }
[[bidders]]
name = "Birch"
bids = { 0 = { price = "99-17", conduct = "never-reveals" } }
"#;

fn read(parts: &[&str]) -> Result<Scenario, Failure> {
    let head = "title = \"t\"\nseed = 1\n";
    Scenario::from_text(&[&[head], parts].concat().concat(), Path::new(""))
}

#[track_caller]
fn fails(parts: &[&str], code: Code, words: &[&str]) {
    let failure = read(parts).unwrap_err();
    assert_eq!(failure.code, code, "{failure}");
    for word in words {
        let all = failure.report();
        assert!(all.contains(word), "{word:?} is missing in {all:?}");
    }
    assert_eq!(failure.code.exit().status(), 2);
}

#[test]
fn a_scenario_reads() {
    let scenario = read(&[LOT, QUORUM, BIDDERS]).unwrap();
    assert_eq!(scenario.bidders, ["Alder", "Birch"]);
    let lot = &scenario.lots[0];
    assert_eq!((lot.grid.levels, lot.grid.tick, lot.quantity), (641, 1, 1));
    assert_eq!(lot.grid.price(scenario.bids[0].level), Scale::Binary(6).read("99-16+").ok());
    assert_eq!(scenario.bids[1].conduct, BidderConduct::NeverReveals);
    assert_eq!(scenario.quorum_in_words(), "[buyers 2 of 3]");
    assert_eq!(scenario.schedule.reveals_until, 40);
    let (_, plan) = scenario.cast(&mut crate::seed::generator(1, 0)).unwrap();
    assert_eq!(plan.terms.lots[0], *lot);
}

#[test]
fn a_scenario_says_what_prices_are_as_a_file_of_terms_does() {
    let money = "openings = \"recorded\"\n[money]\ncurrency = \"JPY\"\nprice = \"per-unit\"\n";
    let scenario = read(&[money, LOT, QUORUM, BIDDERS]).unwrap();
    let (_, plan) = scenario.cast(&mut crate::seed::generator(1, 0)).unwrap();
    let expected = Money { currency: Currency(*b"JPY"), quotation: Quotation::Unit };
    assert_eq!((plan.terms.money, plan.terms.openings), (Some(expected), Openings::Recorded));
    let (_, silent) =
        read(&[LOT, QUORUM, BIDDERS]).unwrap().cast(&mut crate::seed::generator(1, 0)).unwrap();
    assert_eq!((silent.terms.money, silent.terms.openings), (None, Openings::Private));
    let unknown = money.replace("JPY", "YEN");
    let words = ["money.currency: \"YEN\" is no currency code of ISO 4217", "\"USD\""];
    fails(&[&unknown, LOT, QUORUM, BIDDERS], Code::ScenarioCurrency, &words);
}

#[test]
fn what_holds_for_every_lot_is_said_once() {
    let every = "[every_lot]\nside = \"procurement\"\nscale = \"decimal 2\"\nstart = 10\n\
                 tick = \"0.05\"\nend = 5\n";
    let lots = "[[lots]]\nname = \"a\"\n[[lots]]\nname = \"b\"\nlevels = 3\nshape = [2, 2]\n";
    let scenario = read(&[lots, QUORUM, every]).unwrap();
    assert_eq!(scenario.lots[0].grid.levels, 101);
    assert_eq!(scenario.lots[0].identifier.as_str(), "lot 0");
    assert_eq!(scenario.lots[1].grid.levels, 3);
    assert_eq!(scenario.lots[1].grid.shape, Shape::new(&[1, 1]).unwrap());
}

#[test]
fn missing_fields_are_named() {
    for field in ["side", "scale", "start"] {
        let lot: String = LOT
            .lines()
            .filter(|line| !line.starts_with(field))
            .map(|line| format!("{line}\n"))
            .collect();
        let at = format!("lots[0].{field}");
        fails(&[&lot, QUORUM], Code::ScenarioField, &[&at, "Harrow 2031", "[every_lot]"]);
    }
    let lot = LOT.replace("end = \"105-00\"", "");
    fails(&[&lot, QUORUM], Code::ScenarioField, &["lots[0].end", "levels"]);
}

#[test]
fn prices_scales_and_ticks() {
    let with = |from: &str, to: &str| LOT.replace(from, to);
    let lot = with("\"64ths\"", "\"65ths\"");
    fails(&[&lot, QUORUM], Code::ScenarioScale, &["lots[0].scale", "65ths", "256ths"]);
    let lot = with("\"95-00\"", "\"95.01\"");
    let words = ["lots[0].start", "95.01", "95-00 (95) and 95-00+ (95.015625)", "99-16+"];
    fails(&[&lot, QUORUM], Code::ScenarioPrice, &words);
    let lot = with("\"105-00\"", "\"105-33\"");
    fails(&[&lot, QUORUM], Code::ScenarioPrice, &["lots[0].end"]);
    for tick in ["0", "-1", "0-001", "1/128", "x"] {
        let lot = format!("{LOT}tick = \"{tick}\"\n");
        fails(&[&lot, QUORUM], Code::ScenarioTick, &["lots[0].tick", tick, "64ths"]);
    }
}

#[test]
fn grids() {
    let lot = LOT.replace("\"105-00\"", "\"95-00\"");
    fails(&[&lot, QUORUM], Code::ScenarioGrid, &["lots[0].end", "above"]);
    let lot = LOT.replace("\"sale\"", "\"procurement\"");
    fails(&[&lot, QUORUM], Code::ScenarioGrid, &["lots[0].end", "below"]);
    let lot = format!("{LOT}tick = \"0-03\"\n");
    fails(&[&lot, QUORUM], Code::ScenarioGrid, &["104-30", "105-01"]);
    let lot = format!("{LOT}levels = 5\n");
    fails(&[&lot, QUORUM], Code::ScenarioGrid, &["both end and levels"]);
    for levels in [0, 1] {
        let lot = LOT.replace("end = \"105-00\"", &format!("levels = {levels}"));
        fails(&[&lot, QUORUM], Code::ScenarioGrid, &["two levels"]);
    }
    let long =
        "[[lots]]\nname = \"a\"\nside = \"sale\"\nscale = \"decimal 9\"\nstart = 8\nend = 14\n";
    fails(&[long, QUORUM], Code::ScenarioGrid, &["6000000001 levels", "larger tick"]);
    let far = "[[lots]]\nname = \"a\"\nside = \"sale\"\nscale = \"decimal 0\"\n\
               start = 9223372036854775807\nlevels = 5\n";
    fails(&[far, QUORUM], Code::ScenarioGrid, &["64 bits"]);
}

#[test]
fn shapes() {
    for (shape, word) in [
        ("[3]", "radix 3"),
        ("[0]", "radix 0"),
        ("[1]", "radix 1"),
        ("[2048]", "1 to 10 bits"),
        ("[]", "1 to 32 digits"),
        ("[16, 32]", "641 levels"),
    ] {
        let lot = format!("{LOT}shape = {shape}\n");
        fails(&[&lot, QUORUM], Code::ScenarioShape, &["lots[0].shape", word]);
    }
    let lot = format!("{LOT}shape = [16, 64]\n");
    assert_eq!(read(&[&lot, QUORUM]).unwrap().lots[0].grid.shape.to_string(), "[16, 64]");
}

#[test]
fn lots() {
    fails(&["lots = []\n", QUORUM], Code::ScenarioLots, &["1 to 1024"]);
    fails(&[LOT, LOT, QUORUM], Code::ScenarioIdentifier, &["lots[1]", "X1"]);
    let lot = format!("{LOT}quantity = 0\n");
    fails(&[&lot, QUORUM], Code::ScenarioQuantity, &["lots[0].quantity"]);
    let lot = LOT.replace("Harrow 2031", "");
    fails(&[&lot, QUORUM], Code::ScenarioText, &["lots[0].name"]);
    let lot = LOT.replace("Harrow", "\\u001b[2J");
    fails(&[&lot, QUORUM], Code::ScenarioText, &["lots[0].name", "control"]);
}

#[test]
fn schedules_and_bounds() {
    let schedule = "[schedule]\ncommits_until = 15\n";
    fails(&[LOT, QUORUM, schedule], Code::ScenarioSchedule, &["commits_until (15)", "(20)"]);
    let schedule = "[schedule]\nopening_slot = 11\ndeals_until = 10\n";
    fails(&[LOT, QUORUM, schedule], Code::ScenarioSchedule, &["opening_slot (11)"]);
    let schedule = "[schedule]\nreveals_until = 9223372036854775807\n";
    fails(&[LOT, QUORUM, schedule], Code::ScenarioSchedule, &["2^62"]);
    let schedule = "[schedule]\nstep_slots = 0\n";
    fails(&[LOT, QUORUM, schedule], Code::ScenarioBound, &["schedule.step_slots is 0"]);
    for (line, word) in [
        ("fan_out = 0\n", "fan_out is 0"),
        ("fan_out = 1024\n", "fan_out is 1024"),
        ("chunk_items = 2049\n", "chunk_items is 2049"),
        ("max_bids_per_lot = 65536\n", "max_bids_per_lot is 65536"),
    ] {
        fails(&[line, LOT, QUORUM], Code::ScenarioBound, &[word]);
    }
}

#[test]
fn stakes() {
    let stakes = "[stakes]\nbond = 9223372036854775807\n";
    fails(&[LOT, QUORUM, stakes], Code::ScenarioStakes, &["2^64 - 1"]);
    let stakes = "[stakes]\ndeposit = 9223372036854775807\ncommit_fee = 9223372036854775807\n";
    fails(&[LOT, QUORUM, BIDDERS, stakes], Code::ScenarioStakes, &["larger unit"]);
}

#[test]
fn quorums() {
    fails(&["quorum = []\nlots = []\n"], Code::ScenarioQuorum, &["1 to 8"]);
    let with = |from: &str, to: &str| QUORUM.replace(from, to);
    for threshold in ["threshold = 0", "threshold = 4"] {
        let quorum = with("threshold = 2", threshold);
        fails(&[LOT, &quorum], Code::ScenarioQuorum, &["quorum[0] (buyers)", "3 members"]);
    }
    let quorum = format!("{QUORUM}endorsements = 1\n");
    fails(&[LOT, &quorum], Code::ScenarioQuorum, &["1 endorsements"]);
    for members in ["members = 0", "members = 65", "members = 9223372036854775807", "members = []"]
    {
        let quorum = with("members = 3", members);
        fails(&[LOT, &quorum], Code::ScenarioQuorum, &["quorum[0].members", "1 to 64"]);
    }
    let quorum = with("members = 3", "members = [\"Alder\", \"Bank\", \"Alder\"]");
    fails(&[LOT, &quorum, BIDDERS], Code::ScenarioMember, &["Alder", "twice"]);
    let quorum = with("members = 3", "members = [\"Alder\", \"custodian\"]");
    fails(&[LOT, &quorum, BIDDERS], Code::ScenarioMember, &["custodian"]);
}

#[test]
fn members_named_like_parties_are_those_parties() {
    let quorum = "[[quorum]]\nname = \"a\"\nthreshold = 1\nmembers = [\"seller\"]\n\
                  [[quorum]]\nname = \"b\"\nthreshold = 2\nmembers = [\"Birch\", \"Bank\", \"Alder\"]\n";
    let scenario = read(&[LOT, quorum, BIDDERS]).unwrap();
    let seats = |group: usize| -> Vec<Seat> {
        scenario.groups[group].members.iter().map(|(_, seat)| *seat).collect()
    };
    assert_eq!(seats(0), [Seat::Seller]);
    assert_eq!(seats(1), [Seat::Bidder(1), Seat::Own, Seat::Bidder(0)]);
    let (cast, plan) = scenario.cast(&mut crate::seed::generator(1, 0)).unwrap();
    assert_eq!(plan.terms.quorum[0].members[0].signing, plan.terms.seller);
    assert_eq!(Some(plan.terms.quorum[1].members[0].signing), cast.bidder(1));
    let names: Vec<String> = scenario.names(&cast).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["Alder", "Birch", "Bank", "seller", "custodian", "beneficiary"]);
}

#[test]
fn conducts_of_keyholders() {
    let with = |conduct: &str| format!("{QUORUM}conduct = {{ {conduct} }}\n");
    let read_one = |conduct: &str| {
        let scenario = read(&[LOT, &with(conduct), BIDDERS]).unwrap();
        scenario.keyholders.into_iter().next().unwrap()
    };
    let id = |member| KeyholderId { group: 0, member };
    assert_eq!(read_one("\"buyers 3\" = \"never-deals\""), (id(3), KeyholderConduct::NeverDeals));
    assert_eq!(
        read_one("\"buyers 1\" = { deals-wrong-share = { to = \"buyers 2\" } }"),
        (id(1), KeyholderConduct::DealsWrongShare { to: 2 })
    );
    assert_eq!(
        read_one("\"buyers 2\" = { leaves = { from_step = 4 } }"),
        (id(2), KeyholderConduct::Leaves { from_step: 4 })
    );
    let stranger = with("\"buyers 4\" = \"never-deals\"");
    fails(&[LOT, &stranger], Code::ScenarioMember, &["buyers 4", "buyers 1, buyers 2"]);
    let own = with("\"buyers 1\" = { complains-falsely = { about = \"buyers 1\" } }");
    fails(&[LOT, &own], Code::ScenarioConduct, &["itself"]);
    let stranger = with("\"buyers 1\" = { complains-falsely = { about = \"Alder\" } }");
    fails(&[LOT, &stranger, BIDDERS], Code::ScenarioMember, &["Alder"]);
}

#[test]
fn bidders_and_bids() {
    let bidder =
        |name: &str, bids: &str| format!("[[bidders]]\nname = \"{name}\"\nbids = {{ {bids} }}\n");
    fails(&[LOT, QUORUM, &bidder("seller", "")], Code::ScenarioBidder, &["seller"]);
    let twice = [bidder("A", ""), bidder("A", "")].concat();
    fails(&[LOT, QUORUM, &twice], Code::ScenarioBidder, &["bidders[1].name", "twice"]);
    fails(&[LOT, QUORUM, &bidder("", "")], Code::ScenarioText, &["bidders[0].name"]);
    for lot in ["X9", "1", "-1"] {
        let bid = bidder("A", &format!("\"{lot}\" = \"99-16\""));
        fails(&[LOT, QUORUM, &bid], Code::ScenarioUnknownLot, &[lot, "counted from 0"]);
    }
    let bid = bidder("A", "X1 = \"99-16\", 0 = \"99-17\"");
    fails(&[LOT, QUORUM, &bid], Code::ScenarioBidTwice, &["A already bids", "Harrow 2031"]);
    fails(
        &["max_bids_per_lot = 1\n", LOT, QUORUM, BIDDERS],
        Code::ScenarioTooManyBids,
        &["1 bids"],
    );
    let bid = bidder("A", "X1 = \"99.5x\"");
    fails(&[LOT, QUORUM, &bid], Code::ScenarioPrice, &["bidders[0].bids", "99.5x", "99-16+"]);
    let bid = bidder("A", "X1 = \"99.51\"");
    let nearest = "the nearest: 99-16 (99.5) and 99-16+ (99.515625)";
    fails(&[LOT, QUORUM, &bid], Code::ScenarioOffGrid, &["\"99.51\"", nearest, "like \"99-16+\""]);
    for (price, nearest) in [("105-01", "105-00"), ("94-31", "95-00")] {
        let bid = bidder("A", &format!("X1 = \"{price}\""));
        fails(
            &[LOT, QUORUM, &bid],
            Code::ScenarioOffGrid,
            &[price, "95-00 to 105-00 in steps of 0-00+", nearest],
        );
    }
    let lot = format!("{LOT}tick = \"0-02\"\n");
    let bid = bidder("A", "X1 = \"99-17\"");
    fails(&[&lot, QUORUM, &bid], Code::ScenarioOffGrid, &["99-16 (99.5) and 99-18 (99.5625)"]);
}

const MARKET: &str = r#"
mechanism = { two-sided = { steps = 2, quantities = { public = { most = 9 } }, comparisons = "opened" } }
max_bids_per_lot = 10
"#;
const SALE: &str = r#"
mechanism = { curves = { steps = 2, quantities = { sealed = { bits = 3 } }, comparisons = "opened" } }
max_bids_per_lot = 10
"#;

/// A bidder with this bid for the first lot.
fn alder(bid: &str) -> String {
    format!("[[bidders]]\nname = \"Alder\"\nbids = {{ 0 = {bid} }}\n")
}

#[test]
fn curves_read() {
    let steps = r#"steps = [{ price = "99-16+", quantity = 3 }, { price = "97", quantity = 4 }]"#;
    let sells = alder(&format!(r#"{{ side = "sell", {steps}, conduct = "never-reveals" }}"#));
    let scenario = read(&[MARKET, LOT, QUORUM, &sells]).unwrap();
    let (_, plan) = scenario.cast(&mut crate::seed::generator(1, 0)).unwrap();
    let [curve] = &plan.curves[..] else { panic!("{:?}", plan.curves) };
    assert_eq!((curve.side, curve.conduct), (TradeSide::Sell, BidderConduct::NeverReveals));
    assert_eq!(curve.steps, [(Level(289), 3), (Level(128), 4)]);
    assert!(plan.bids.is_empty());
    let scenario = read(&[SALE, LOT, QUORUM, &alder(&format!("{{ {steps} }}"))]).unwrap();
    assert_eq!(scenario.curves[0].side, TradeSide::Buy, "the side of the lot");
}

#[test]
fn what_no_curve_can_be_is_named_where_it_stands() {
    let step =
        |price: &str, quantity: u32| format!("{{ price = {price:?}, quantity = {quantity} }}");
    let steps = |steps: &[String]| format!("steps = [{}]", steps.join(", "));
    let sale = |bid: &str, code, words: &[&str]| {
        fails(
            &[SALE, LOT, QUORUM, &alder(bid)],
            code,
            &[&["bidders[0].bids.\"0\""], words].concat(),
        );
    };
    let one = steps(&[step("99", 3)]);
    sale("\"99\"", Code::ScenarioField, &["takes curves", "steps ="]);
    let curve = |steps: &str| format!("{{ {steps} }}");
    sale(&curve(&steps(&[step("99", 8)])), Code::ScenarioQuantity, &["8 units", "7 in a step"]);
    let three = vec![step("99", 1); 3];
    sale(&curve(&steps(&three)), Code::ScenarioBound, &["3 steps", "2 at most"]);
    let beyond = steps(&[step("99", 1), step("106", 1)]);
    sale(&curve(&beyond), Code::ScenarioOffGrid, &["steps[1]", "106"]);
    sale(&format!("{{ side = \"sell\", {one} }}"), Code::ScenarioField, &["bids to buy alone"]);
    let market = |bid: &str, code, words: &[&str]| {
        fails(&[MARKET, LOT, QUORUM, &alder(bid)], code, words);
    };
    market(&curve(&one), Code::ScenarioField, &["has a side", "side = \"buy\""]);
    let buy = |steps: &str| format!("{{ side = \"buy\", {steps} }}");
    market(&buy("steps = []"), Code::ScenarioBound, &["no step"]);
    market(&buy(&steps(&[step("99", 0)])), Code::ScenarioQuantity, &["step number 1"]);
    let many = steps(&[step("99", 5), step("98", 5)]);
    market(&buy(&many), Code::ScenarioQuantity, &["10 units", "9 of a bidder"]);
    market(&buy("price = \"99\""), Code::ScenarioField, &["a price, or steps"]);
    fails(&[LOT, QUORUM, &alder(&curve(&one))], Code::ScenarioField, &["no curves"]);
}

#[test]
fn a_market_has_the_bounds_that_a_file_of_terms_has() {
    let bidders = alder("{ side = \"buy\", steps = [{ price = \"99\", quantity = 1 }] }");
    let rounds = "[rounds]\nlimit = 3\n[disclosure]\ndepth_from = 1\n";
    fails(&[MARKET, rounds, LOT, QUORUM, &bidders], Code::ScenarioField, &["two-sided"]);
    let hidden = MARKET.replace("opened", "hidden");
    fails(&[&hidden, LOT, QUORUM, &bidders], Code::ScenarioBound, &["63"]);
}

#[test]
fn bids_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let read_with = |bidders: &str, csv: &str| {
        std::fs::write(folder.path().join("bids.csv"), csv).unwrap();
        let text =
            ["title = \"t\"\nseed = 1\nbids = \"bids.csv\"\n", LOT, QUORUM, bidders].concat();
        Scenario::from_text(&text, folder.path())
    };
    let csv = "bidder,lot,price\nCedar,X1,99-16\nDogwood,0,99-16+\n";
    let scenario = read_with("", csv).unwrap();
    assert_eq!(scenario.bidders, ["Cedar", "Dogwood"]);
    assert_eq!(scenario.bids.len(), 2);

    let fails = |bidders: &str, csv: &str, code: Code, words: &[&str]| {
        let failure = read_with(bidders, csv).unwrap_err();
        assert_eq!(failure.code, code, "{failure}");
        for word in words {
            assert!(failure.report().contains(word), "{word:?}: {}", failure.report());
        }
    };
    fails(BIDDERS, csv, Code::ScenarioBidder, &["bids.csv line 2", "Cedar"]);
    let head = "bidder,lot,price\n";
    let csv = |row: &str| format!("{head}Cedar,X1,99-16\n{row}\n");
    fails("", &csv("Cedar,0,99-17"), Code::ScenarioBidTwice, &["line 3", "line 2"]);
    fails("", &csv("Oak,X2,99-17"), Code::ScenarioUnknownLot, &["line 3", "X2"]);
    fails("", &csv("Oak,X1,99-17x"), Code::ScenarioPrice, &["line 3", "99-17x"]);
    fails("", &csv("Oak,X1,200-00"), Code::ScenarioOffGrid, &["line 3", "200-00"]);
    fails("", &csv("beneficiary,X1,99-00"), Code::ScenarioBidder, &["line 3", "beneficiary"]);
    fails("", &csv("Oak,X1"), Code::BidsRow, &["line 3", "2 fields"]);
    fails("", "bidder,lot\n", Code::BidsColumns, &["price"]);
    std::fs::remove_file(folder.path().join("bids.csv")).unwrap();
    let text = ["title = \"t\"\nseed = 1\nbids = \"bids.csv\"\n", LOT, QUORUM].concat();
    let failure = Scenario::from_text(&text, folder.path()).unwrap_err();
    assert_eq!(failure.code.exit().status(), 4);
}

#[test]
fn a_list_of_bidders_is_in_the_terms() {
    let scenario = read(&["admission = \"listed\"\n", LOT, QUORUM, BIDDERS]).unwrap();
    let (cast, plan) = scenario.cast(&mut crate::seed::generator(1, 0)).unwrap();
    let Admission::Listed(keys) = &plan.terms.admission else { panic!("not listed") };
    assert!(keys.is_sorted() && keys.contains(&cast.bidder(0).unwrap()) && keys.len() == 2);
}

/// The check digit of a CUSIP or an ISIN: letters are numbers from 10, every second digit counts
/// twice. A CUSIP doubles whole letters, an ISIN their digits.
fn check_digit(identifier: &str) -> u32 {
    let body = identifier.chars().take(identifier.len() - 1).map(|c| c.to_digit(36).unwrap());
    let digit_sum = |n: u32| n / 10 + n % 10;
    let sum: u32 = if identifier.len() == 9 {
        body.enumerate().map(|(at, n)| digit_sum(if at % 2 == 1 { 2 * n } else { n })).sum()
    } else {
        let digits: String = body.map(|n| n.to_string()).collect();
        let digits = digits.chars().rev().map(|c| c.to_digit(10).unwrap());
        digits.enumerate().map(|(at, n)| digit_sum(if at % 2 == 0 { 2 * n } else { n })).sum()
    };
    (10 - sum % 10) % 10
}

#[test]
fn the_identifiers_of_the_bwic_list_have_valid_check_digits() {
    for known in ["037833100", "US0378331005"] {
        assert_eq!(check_digit(known), known.chars().last().unwrap().to_digit(10).unwrap());
    }
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/bwic.toml"));
    for lot in Scenario::read(path).unwrap().lots {
        let identifier = lot.identifier.as_str();
        let last = identifier.chars().last().unwrap().to_digit(10).unwrap();
        assert_eq!(check_digit(identifier), last, "{identifier}");
    }
}

/// Whatever is done to a scenario, it reads or it fails with a sentence.
#[test]
fn no_input_makes_the_reader_panic() {
    use rand_core::RngCore as _;
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios"));
    let mut rng = crate::seed::generator(1, 0);
    for name in ["bwic.toml", "three-of-five-and-seller.toml", "tender.toml", "seed-story.toml"] {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for _ in 0..300 {
            let mut at = |len: usize| usize::try_from(rng.next_u64()).unwrap() % len;
            let (line, kind) = (at(lines.len()), at(5));
            let (value, other) = (lines[line], lines[at(lines.len())]);
            let number = ["-1", "0", "9223372036854775807", "1e400", "\"99-99+\"", "[[]]"][at(6)];
            let changed = match (kind, value.split_once('=')) {
                (0, _) => String::new(),
                (1, _) => format!("{value}\n{value}"),
                (2, _) => format!("{value}\n{other}"),
                (3, Some((field, _))) => format!("{field}= {number}"),
                _ => value.chars().rev().collect(),
            };
            let mut changed_lines = lines.clone();
            changed_lines[line] = &changed;
            if let Err(failure) = Scenario::from_text(&changed_lines.join("\n"), folder) {
                assert!(!failure.sentence.is_empty() && !failure.sentence.contains('\n'));
            }
        }
    }
}
