//! Auctions of every ending that a lot can have.

use std::{path::Path, sync::OnceLock};
use talea_exchange::ocds::Publication;
use talea_protocol::{bytes::PartyKey, transcript::MAGIC};
use talea_report::Report;
use talea_sim::{run::run, scenario::Scenario};
use talea_text::board::BoardTerms;

/// Terms with a clock: slots of a minute, from a day in 2027 on.
fn with_clock() -> String {
    let board = BoardTerms { key: PartyKey([7; 32]), starts: 1_800_000_000_000, slot: 60_000 };
    format!("domain = {:?}\n", board.domain().unwrap().as_str())
}

/// A scenario: rules of the whole, lots, bidders.
pub fn scenario(domain: &str, rules: &str, rest: &str) -> String {
    format!(
        "title = \"t\"\nseed = 5\n{domain}{rules}\n{rest}\n[[quorum]]\nname = \"clerks\"\nthreshold = 2\n\
         endorsements = 3\nmembers = [\"K1\", \"K2\", \"K3\"]\n"
    )
}

pub fn transcript(scenario: &str) -> Vec<u8> {
    let scenario = Scenario::from_text(scenario, Path::new("")).unwrap();
    let mut transcript = Vec::new();
    run(&scenario, (scenario.seed, 0), &mut transcript).unwrap();
    transcript
}

pub fn report_of(transcript: &[u8]) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.talea");
    std::fs::write(&path, transcript).unwrap();
    Report::of(&path).unwrap().0
}

/// Without so many of its last records; the opening stays.
pub fn without_last(transcript: &[u8], records: usize) -> Vec<u8> {
    let mut ends = vec![MAGIC.len()];
    let mut rest = &transcript[MAGIC.len()..];
    while talea_replay::read_record(&mut rest).unwrap().is_some() {
        ends.push(transcript.len() - rest.len());
    }
    let last = (ends.len() - 1).saturating_sub(records).max(1);
    transcript[..ends[last]].to_vec()
}

const USD: &str = "money = { currency = \"USD\", price = \"percent\" }\n";
const EUR: &str = "money = { currency = \"EUR\", price = \"per-lot\" }\n";

const BONDS: &str = r#"
[disclosure]
cover = true
[reserve]
[acceptance]
slots = 20
[every_lot]
side = "sale"
scale = "64ths"
start = "90-00"
levels = 1024
shape = [4, 16, 16]
quantity = 5_000_000
[[lots]]
name = "Larkspur Mill CLO 2027-1 B"
identifier = "999101AB4"
[[lots]]
name = "=HYPERLINK(\"https://example.org\") \u202e\"quoted\", Börse"
identifier = "ZZ0004120778"
[[lots]]
name = "Nobody wants it"
identifier = "@X2"
[[lots]]
name = "Bid and not revealed"
identifier = "X3"
[[lots]]
name = "Below the reserve"
identifier = "X4"
reserve = "99-00"
[[lots]]
name = "Declined"
identifier = "X5"
declined = true
[[bidders]]
name = "Alder"
bids = { 999101AB4 = "99-16+", ZZ0004120778 = "91-00", X4 = "98-00", X5 = "95-00" }
[[bidders]]
name = "Birch"
bids = { 999101AB4 = "99-17", X3 = { price = "99-17", conduct = "never-reveals" }, X5 = "95-01" }
[[bidders]]
name = "Cedar"
bids = { 999101AB4 = "99-02" }
"#;

const WORKS: &str = r#"
[disclosure]
everything = true
[[lots]]
name = "Resurfacing, Mill Lane"
identifier = "UH-27-04"
side = "procurement"
scale = "decimal 2"
start = "9500000.00"
tick = "10000.50"
levels = 256
shape = [16, 16]
[[bidders]]
name = "Oakroyd"
bids = { UH-27-04 = "9489999.50" }
[[bidders]]
name = "Stoke"
bids = { UH-27-04 = "9299990.00" }
[[bidders]]
name = "Tarn"
bids = { UH-27-04 = "9299990.00" }
"#;

const MOORINGS: &str = r#"
[[lots]]
name = "Mooring"
identifier = "MOOR-27"
quantity = 2
side = "sale"
scale = "decimal 2"
start = "100.00"
tick = "2.50"
levels = 128
shape = [8, 16]
[[bidders]]
name = "A"
bids = { MOOR-27 = "200.00" }
[[bidders]]
name = "B"
bids = { MOOR-27 = "150.00" }
[[bidders]]
name = "C"
bids = { MOOR-27 = "125.00" }
"#;

/// One lot, and rules.
pub fn single(rules: &str, lot: &str, bid: &str) -> String {
    let rest = format!(
        "[[lots]]\nname = \"One\"\nidentifier = \"ONE\"\nside = \"sale\"\nscale = \"decimal 2\"\nstart = \
         \"100.00\"\nlevels = 256\nshape = [16, 16]\n{lot}\n[[bidders]]\nname = \"A\"\nbids = {{ {bid} }}\n"
    );
    scenario(&with_clock(), rules, &rest)
}

pub fn bonds() -> String {
    scenario(&with_clock(), USD, BONDS)
}

pub fn bonds_without_clock() -> String {
    scenario("", USD, BONDS)
}

pub fn bonds_without_currency() -> String {
    scenario(&with_clock(), "", BONDS)
}

pub fn works() -> String {
    let rules = format!("{EUR}ties = \"lottery\"\n");
    scenario(&with_clock(), &rules, WORKS)
}

pub fn moorings() -> String {
    let rules = "money = { currency = \"JPY\", price = \"per-unit\" }\nmechanism = { uniform-price = { units = 2 } }\n";
    scenario(&with_clock(), rules, MOORINGS)
}

pub fn of_yields() -> String {
    single("money = { currency = \"GBP\", price = \"yield\" }\n", "", "ONE = \"101.25\"")
}

/// One lot, in whose tie order the bids are neither from the best to the worst nor the other way round.
pub fn out_of_order(rules: &str, side: &str, prices: &[&str]) -> String {
    let bidders: String = (b'A'..)
        .zip(prices)
        .map(|(name, price)| {
            let name = char::from(name);
            format!("[[bidders]]\nname = \"{name}\"\nbids = {{ ONE = \"{price}\" }}\n")
        })
        .collect();
    let rest = format!(
        "[[lots]]\nname = \"One\"\nidentifier = \"ONE\"\nside = \"{side}\"\nscale = \"decimal 0\"\nstart = \
         \"100\"\nlevels = 64\nshape = [8, 8]\n{bidders}"
    );
    scenario(&with_clock(), &format!("{EUR}{rules}"), &rest)
}

/// Every ending that a lot can have, by what it is.
pub fn endings() -> &'static [(&'static str, Report)] {
    static ENDINGS: OnceLock<Vec<(&str, Report)>> = OnceLock::new();
    ENDINGS.get_or_init(all_endings)
}

fn all_endings() -> Vec<(&'static str, Report)> {
    let report = |scenario: &str| report_of(&transcript(scenario));
    let bonds_transcript = transcript(&bonds());
    let void = single(EUR, "", "ONE = \"101.00\"") + "[quorum.conduct]\nK1 = \"never-endorses\"\n";
    let mut halted = report(&single(EUR, "", "ONE = \"101.00\""));
    for lot in &mut halted.lots {
        *lot = lot.before_bids();
        // No transcript has an alarm about soundness, as far as anybody knows.
        (lot.state, lot.result) = ("halted", "halted: an alarm about soundness".into());
    }
    let with_reserve = format!("{EUR}[reserve]\n");
    let with_acceptance = format!("{EUR}[acceptance]\nslots = 5\n");
    vec![
        ("several lots", report_of(&bonds_transcript)),
        ("several lots, some awarded", report_of(&without_last(&bonds_transcript, 8))),
        ("several lots, bids committed", report_of(&without_last(&bonds_transcript, 80))),
        ("several lots, only opened", report_of(&without_last(&bonds_transcript, usize::MAX))),
        ("several lots without a clock", report(&bonds_without_clock())),
        ("awarded by lottery", report(&works())),
        ("several winners", report(&moorings())),
        ("a yield", report(&of_yields())),
        ("nobody bid", report(&single(EUR, "", ""))),
        (
            "nothing revealed",
            report(&single(EUR, "", "ONE = { price = \"101.00\", conduct = \"never-reveals\" }")),
        ),
        (
            "nothing valid",
            report(&single(EUR, "", "ONE = { price = \"101.00\", conduct = \"reveals-rubbish\" }")),
        ),
        (
            "below the reserve",
            report(&single(&with_reserve, "reserve = \"102.00\"", "ONE = \"101.00\"")),
        ),
        ("declined", report(&single(&with_acceptance, "declined = true", "ONE = \"101.00\""))),
        ("void", report(&void)),
        ("halted", halted),
    ]
}

/// A publication that names the seller and one bidder of a report.
pub fn publication(report: &Report) -> Publication {
    let seller = report.terms.as_ref().map(|terms| terms.seller.clone()).unwrap();
    let bidder = report.bidders.first().map(|bidder| {
        format!(
            "[parties.{}]\nname = \"Bidder \\\"One\\\" GmbH\"\nidentifier = {{ scheme = \"GB-COH\", id = \"0123\" \
             }}\n",
            bidder.party
        )
    });
    let file = format!(
        "ocid-prefix = \"ocds-213czf\"\nuri = \"https://example.org/auction.json\"\ndate = \
         \"2027-03-15T10:00:00+01:00\"\nlicense = \"https://creativecommons.org/publicdomain/zero/1.0/\"\n\
         [publisher]\nname = \"Town of Example\"\nuri = \"https://example.org\"\n[parties.{seller}]\nname = \
         \"Town of Example\"\n{}",
        bidder.unwrap_or_default()
    );
    Publication::read(&file).unwrap()
}
