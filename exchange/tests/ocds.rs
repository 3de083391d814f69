//! Publications against the schemas and the codelists of the standard.
//!
//! The standard's files stand beside the project, and need not be there: then what needs them is skipped.

use crate::common::{
    bonds, bonds_without_currency, endings, of_yields, out_of_order, publication, report_of,
    single, transcript, works,
};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};
use talea_exchange::ocds::{Publication, record_package, release_package};
use talea_report::Report;
use talea_text::{currency, failure::Code};

const RELEASE: &str = "https://standard.open-contracting.org/schema/1__1__5/release-schema.json";
const VERSIONED: &str =
    "https://standard.open-contracting.org/schema/1__1__5/versioned-release-validation-schema.json";

/// Where the standard's files stand, if they do.
fn standard() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/ocds");
    folder.is_dir().then_some(folder)
}

fn read(folder: &Path, name: &str) -> Value {
    serde_json::from_slice(&fs::read(folder.join(name)).unwrap()).unwrap()
}

/// RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            merge(target.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

/// The fields of the extension for lots that are used here. Its schema is not among the standard's files.
fn lots_extension() -> Value {
    let statuses =
        ["planning", "planned", "active", "cancelled", "unsuccessful", "complete", "withdrawn"];
    let strings = json!({ "type": "array", "items": { "type": "string" } });
    json!({ "definitions": {
        "Tender": { "properties": {
            "lots": { "type": "array", "items": { "$ref": "#/definitions/Lot" } },
        } },
        "Item": { "properties": { "relatedLot": { "type": "string" } } },
        "Award": { "properties": { "relatedLots": strings } },
        "Lot": { "type": "object", "required": ["id"], "properties": {
            "id": { "type": "string" },
            "title": { "type": "string" },
            "description": { "type": "string" },
            "status": { "type": "string", "enum": statuses },
        } },
    } })
}

/// The schema of a release, with the extensions that a package lists.
fn release_schema(folder: &Path, package: &Value) -> Value {
    let mut schema = read(folder, "release-schema.json");
    let listed: Vec<&str> =
        package["extensions"].as_array().unwrap().iter().map(|url| url.as_str().unwrap()).collect();
    for url in listed {
        let extension = match url {
            url if url.contains("/ocds_bid_extension/") => {
                read(&folder.join("bids-extension"), "release-schema.json")
            }
            url if url.contains("/ocds_lots_extension/") => lots_extension(),
            url => panic!("{url}"),
        };
        merge(&mut schema, &extension);
    }
    schema
}

fn assert_valid(name: &str, folder: &Path, package_schema: &str, package: &Value) {
    let registry = jsonschema::Registry::new()
        .add(RELEASE, release_schema(folder, package))
        .unwrap()
        .add(VERSIONED, json!({}))
        .unwrap()
        .prepare()
        .unwrap();
    let validator = jsonschema::options()
        .offline()
        .should_validate_formats(true)
        .with_registry(&registry)
        .build(&read(folder, package_schema))
        .unwrap();
    let errors: Vec<String> = validator
        .iter_errors(package)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}

/// The codes of a codelist; nothing of one that the folder does not have.
fn codes(folder: &Path, list: &str) -> Option<BTreeSet<String>> {
    let inner = ["codelists", "bids-extension"].map(|inner| folder.join(inner).join(list));
    let text = inner.iter().find_map(|path| fs::read_to_string(path).ok())?;
    let mut lines = text.lines();
    let column = lines.next()?.split(',').position(|name| name == "Code")?;
    Some(lines.filter_map(|line| Some(line.split(',').nth(column)?.to_owned())).collect())
}

/// Every field is one of the schema's, and every code is in its list, open or closed.
fn assert_known(folder: &Path, root: &Value, schema: &Value, value: &Value, at: &str) {
    let schema = match schema["$ref"].as_str().and_then(|to| to.strip_prefix("#/definitions/")) {
        Some(name) => &root["definitions"][name],
        None => schema,
    };
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let known = &schema["properties"][name];
                assert!(!known.is_null(), "{at}/{name} is not a field of the standard");
                assert!(known["deprecated"].is_null(), "{at}/{name} is deprecated");
                assert_known(folder, root, known, value, &format!("{at}/{name}"));
            }
        }
        Value::Array(items) => {
            for item in items {
                assert_known(folder, root, &schema["items"], item, at);
                assert_code(folder, schema, item, at);
            }
        }
        _ => assert_code(folder, schema, value, at),
    }
}

fn assert_code(folder: &Path, schema: &Value, value: &Value, at: &str) {
    let list = schema["codelist"].as_str().and_then(|list| codes(folder, list));
    if let (Some(list), Some(code)) = (list, value.as_str()) {
        assert!(list.contains(code), "{at}: {code}");
    }
}

fn strings<'a>(values: &'a Value, field: &str) -> Vec<&'a str> {
    let values = values.as_array().map(Vec::as_slice).unwrap_or_default();
    values.iter().filter_map(|value| value[field].as_str()).collect()
}

/// Every reference leads to what it names, and no list has an identifier twice.
fn assert_resolves(name: &str, release: &Value) {
    let distinct = |list: &Value| {
        let ids = strings(list, "id");
        let set: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(set.len(), ids.len(), "{name}: {ids:?}");
        set.into_iter().map(String::from).collect::<BTreeSet<String>>()
    };
    let parties = distinct(&release["parties"]);
    let (tender, bids) = (&release["tender"], &release["bids"]);
    let (lots, items, details) =
        (distinct(&tender["lots"]), distinct(&tender["items"]), distinct(&bids["details"]));
    distinct(&release["awards"]);
    distinct(&bids["statistics"]);
    let mut referred: Vec<&str> = strings(&tender["tenderers"], "id");
    referred.extend(release["buyer"]["id"].as_str());
    referred.push(tender["procuringEntity"]["id"].as_str().unwrap());
    let awards = release["awards"].as_array().cloned().unwrap_or_default();
    let of_bids = bids["details"].as_array().cloned().unwrap_or_default();
    for award in &awards {
        referred.extend(strings(&award["suppliers"], "id"));
        assert!(strings(&award["items"], "id").iter().all(|id| items.contains(*id)), "{award}");
        for bid in award["relatedBids"].as_array().unwrap() {
            assert!(details.contains(bid.as_str().unwrap()), "{name}: {award}");
        }
    }
    for bid in &of_bids {
        referred.extend(strings(&bid["tenderers"], "id"));
    }
    assert!(referred.iter().all(|id| parties.contains(*id)), "{name}: {referred:?}");
    let related = awards.iter().chain(&of_bids).flat_map(|part| part["relatedLots"].as_array());
    let related = related.flatten().filter_map(Value::as_str);
    let of_items = strings(&tender["items"], "relatedLot");
    let of_statistics = strings(&bids["statistics"], "relatedLot");
    let all: Vec<&str> = related.chain(of_items).chain(of_statistics).collect();
    assert!(all.iter().all(|id| lots.contains(*id)), "{name}: {all:?}");
}

fn published(report: &Report) -> (Value, Value) {
    let publication = publication(report);
    let releases = release_package(report, &publication).unwrap();
    let record = record_package(report, &publication).unwrap();
    assert_eq!(releases, release_package(report, &publication).unwrap());
    (serde_json::from_str(&releases).unwrap(), serde_json::from_str(&record).unwrap())
}

/// Dates in UTC, so that their text is in the order of their instants.
fn dates(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(date) if name.to_lowercase().ends_with("date") => found.push(date.into()),
                    _ => dates(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| dates(value, found)),
        _ => {}
    }
}

#[test]
fn every_ending_is_published_by_the_schemas_and_codelists_of_the_standard() {
    let Some(folder) = standard() else { return };
    for (name, report) in endings() {
        let (releases, record) = published(report);
        assert_valid(name, &folder, "release-package-schema.json", &releases);
        assert_valid(name, &folder, "record-package-schema.json", &record);
        let schema = release_schema(&folder, &releases);
        let record = &record["records"][0];
        let all =
            releases["releases"].as_array().unwrap().iter().chain([&record["compiledRelease"]]);
        for release in all {
            assert_known(&folder, &schema, &schema, release, name);
        }
    }
}

#[test]
fn a_wrong_publication_does_not_pass() {
    let Some(folder) = standard() else { return };
    let (releases, _) = published(&report_of(&transcript(&works())));
    let breaks = [
        ("/releases/0/date", json!("2027-01-15 08:00")),
        ("/releases/1/tender/status", json!("sold")),
        ("/releases/1/awards/0/value/amount", json!("9299990.00")),
        ("/releases/1/awards/0/value/currency", json!("EURO")),
        ("/releases/1/bids/details/0/status", json!("won")),
        ("/uri", json!("not a uri")),
    ];
    for (at, value) in breaks {
        let mut broken = releases.clone();
        *broken.pointer_mut(at).unwrap_or_else(|| panic!("{at}: {releases:#}")) = value;
        let result = std::panic::catch_unwind(|| {
            assert_valid(at, &folder, "release-package-schema.json", &broken);
        });
        assert!(result.is_err(), "{at}");
    }
}

#[test]
fn references_lead_to_what_they_name_and_dates_are_in_utc() {
    for (name, report) in endings() {
        let (releases, record) = published(report);
        let record = &record["records"][0];
        assert_eq!(record["releases"], releases["releases"]);
        let releases = releases["releases"].as_array().unwrap();
        for release in releases.iter().chain([&record["compiledRelease"]]) {
            assert_resolves(name, release);
            assert_eq!(release["ocid"], record["ocid"]);
        }
        let mut found = Vec::new();
        dates(&record["releases"], &mut found);
        assert!(found.iter().all(|date| date.len() == 20 && date.ends_with('Z')), "{found:?}");
        let order: Vec<&str> = strings(&record["releases"], "date");
        assert!(order.windows(2).all(|pair| pair[0] < pair[1]), "{name}: {order:?}");
    }
}

/// Whether all that was said before is said after, lists by their identifiers.
fn says_all(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => before
            .iter()
            .all(|(name, value)| after.get(name).is_some_and(|after| says_all(value, after))),
        (Value::Array(before), Value::Array(after))
            if before.iter().all(|item| item["id"].is_string()) =>
        {
            before
                .iter()
                .zip(after)
                .all(|(before, after)| before["id"] == after["id"] && says_all(before, after))
        }
        (before, after) => before.is_array() == after.is_array(),
    }
}

#[test]
fn the_compiled_release_is_the_last_which_says_all_that_was_said_before() {
    for (name, report) in endings() {
        let (_, record) = published(report);
        let record = &record["records"][0];
        let releases = record["releases"].as_array().unwrap();
        let last = releases.last().unwrap();
        let compiled = &record["compiledRelease"];
        assert_eq!(compiled["tag"], json!(["compiled"]));
        let (date, ocid) = (last["date"].as_str().unwrap(), last["ocid"].as_str().unwrap());
        assert_eq!(compiled["id"], format!("{ocid}-{date}"));
        for field in ["date", "parties", "buyer", "tender", "awards", "bids", "language"] {
            assert_eq!(compiled[field], last[field], "{name}: {field}");
        }
        for release in releases {
            let mut before = release.clone();
            let fields = before.as_object_mut().unwrap();
            for omitted in ["id", "date", "tag"] {
                fields.remove(omitted);
            }
            assert!(says_all(&before, last), "{name}: {before:#}");
        }
    }
}

#[test]
fn a_lot_that_was_not_awarded_is_unsuccessful_and_one_given_up_is_cancelled() {
    let expected = [
        ("several lots", "complete", &["tender", "award"][..]),
        ("several lots, some awarded", "active", &["tender", "award"]),
        ("several lots, bids committed", "active", &["tender", "tenderUpdate"]),
        ("several lots, only opened", "active", &["tender"]),
        ("several lots without a clock", "complete", &["tender award"]),
        ("awarded by lottery", "complete", &["tender", "award"]),
        ("several winners", "complete", &["tender", "award"]),
        ("a yield", "complete", &["tender", "award"]),
        ("nobody bid", "unsuccessful", &["tender", "tenderUpdate"]),
        ("nothing revealed", "unsuccessful", &["tender", "tenderUpdate"]),
        ("nothing valid", "unsuccessful", &["tender", "tenderUpdate"]),
        ("below the reserve", "unsuccessful", &["tender", "tenderUpdate"]),
        ("declined", "unsuccessful", &["tender", "award"]),
        ("void", "cancelled", &["tender", "tenderCancellation"]),
        ("halted", "cancelled", &["tender", "tenderCancellation"]),
    ];
    let endings = endings();
    assert_eq!(endings.len(), expected.len());
    for ((name, report), (of, status, tags)) in endings.iter().zip(expected) {
        assert_eq!(*name, of);
        let (releases, _) = published(report);
        let releases = releases["releases"].as_array().unwrap();
        let tag = |release: &Value| {
            let tags: Vec<&str> =
                release["tag"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            tags.join(" ")
        };
        assert_eq!(releases.iter().map(tag).collect::<Vec<_>>(), tags, "{name}");
        assert_eq!(releases.last().unwrap()["tender"]["status"], status, "{name}");
        // Before there was an outcome everything was active.
        if releases.len() == 2 {
            assert_eq!(releases[0]["tender"]["status"], "active", "{name}");
            assert_eq!(releases[0]["tender"]["numberOfTenderers"], 0, "{name}");
        }
    }
    let (releases, _) = published(&endings[0].1);
    let last = releases["releases"].as_array().unwrap().last().unwrap();
    let statuses = strings(&last["tender"]["lots"], "status");
    let expected =
        ["complete", "complete", "unsuccessful", "unsuccessful", "unsuccessful", "unsuccessful"];
    assert_eq!(statuses, expected);
    assert_eq!(strings(&last["awards"], "status"), ["active", "active", "unsuccessful"]);
    assert_eq!(releases["extensions"].as_array().unwrap().len(), 2);
}

#[test]
fn bids_are_published_where_the_terms_opened_them_and_counted_everywhere() {
    let (releases, _) = published(&report_of(&transcript(&works())));
    let last = &releases["releases"][1];
    let details = last["bids"]["details"].as_array().unwrap();
    let amounts: Vec<&Value> = details.iter().map(|bid| &bid["value"]["amount"]).collect();
    assert_eq!(amounts, [&json!(9299990), &json!(9299990), &json!(9489999.5)]);
    assert!(details.iter().all(|bid| bid["tenderers"].as_array().unwrap().len() == 1));
    let award = &last["awards"][0];
    assert_eq!(award["value"], json!({ "amount": 9299990, "currency": "EUR" }));
    assert!(
        award["description"].as_str().unwrap().contains("of 2 bids at this price a lottery chose")
    );
    assert_eq!(last["buyer"]["name"], "Town of Example");

    // Of bonds, the winning bid and the best losing one are known, and of the last not whose it was.
    let (releases, _) = published(&report_of(&transcript(&bonds())));
    let last = &releases["releases"][1];
    let details = last["bids"]["details"].as_array().unwrap();
    let of_first: Vec<&Value> =
        details.iter().filter(|bid| bid["relatedLots"] == json!(["lot-0"])).collect();
    assert_eq!(of_first.len(), 2);
    // In a sale the supplier pays, which the standard writes as a negative amount.
    assert_eq!(of_first[0]["value"], json!({ "amount": -4976562.5, "currency": "USD" }));
    assert_eq!(of_first[1]["value"]["amount"], json!(-4975781.25));
    assert_eq!(last["awards"][0]["value"]["amount"], json!(-4976562.5));
    assert!(of_first[1]["tenderers"].is_null());
    let count = |id: &str| {
        let statistics = last["bids"]["statistics"].as_array().unwrap();
        statistics.iter().find(|statistic| statistic["id"] == id).unwrap()["value"].clone()
    };
    assert_eq!([count("lot-0-bids"), count("lot-0-validBids")], [json!(3), json!(3)]);
    assert_eq!([count("lot-3-bids"), count("lot-3-validBids")], [json!(1), json!(0)]);
    assert_eq!(count("bidders"), json!(3));
    // A sale has no buyer among its parties.
    assert!(last["buyer"].is_null());
}

#[test]
fn a_tie_is_told_if_a_bid_lost_that_was_as_good_as_the_winners() {
    const EVERYTHING: &str = "[disclosure]\neverything = true\n";
    let told = |rules: &str, prices: &[&str]| -> Vec<String> {
        let (releases, _) =
            published(&report_of(&transcript(&out_of_order(rules, "sale", prices))));
        let awards = releases["releases"][1]["awards"].as_array().unwrap();
        awards.iter().map(|award| award["description"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        told(EVERYTHING, &["103", "101", "103"]),
        ["sold: 103 for the lot; of 2 bids at this price the earliest commit won"]
    );
    assert_eq!(told(EVERYTHING, &["103", "101", "101"]), ["sold: 103 for the lot"]);
    // At the second price there were two bids, and neither won.
    let second = format!("mechanism = \"second-price\"\n{EVERYTHING}");
    assert_eq!(told(&second, &["101", "103", "101"]), ["sold: 101 for the lot"]);
    // Of three at the price one lost.
    let uniform = format!("mechanism = {{ uniform-price = {{ units = 2 }} }}\n{EVERYTHING}");
    let tie = "sold: 103 for the lot; of 3 bids at this price the earliest commit won";
    assert_eq!(told(&uniform, &["103", "103", "103"]), [tie, tie]);
    assert_eq!(told(&uniform, &["103", "103", "101"]), ["sold: 101 for the lot"; 2]);
    // Of bids that stay sealed the cover tells.
    let cover = "ties = \"lottery\"\n[disclosure]\ncover = true\n";
    assert_eq!(
        told(cover, &["103", "103"]),
        ["sold: 103 for the lot; the best losing bid was the same, and a lottery chose"]
    );
    assert_eq!(told(cover, &["103", "102"]), ["sold: 103 for the lot"]);
}

#[test]
fn why_a_lot_did_not_trade_is_said_in_words_that_hold_in_a_procurement_too() {
    let said = |rules: &str, lot: &str| {
        let rules = format!("money = {{ currency = \"EUR\", price = \"per-lot\" }}\n{rules}");
        let sale = single(&rules, lot, "ONE = \"100.00\"");
        let procurement = sale.replace("\"sale\"", "\"procurement\"");
        let results = [sale, procurement].map(|scenario| {
            let (releases, _) = published(&report_of(&transcript(&scenario)));
            let description = &releases["releases"][1]["tender"]["description"];
            description.as_str().unwrap().to_owned()
        });
        assert_eq!(results[0], results[1]);
        results[0].clone()
    };
    let both = "[reserve]\n[acceptance]\nslots = 5\n";
    assert_eq!(
        said(both, "reserve = \"100.00\"\ndeclined = true"),
        "One (ONE): did not trade: declined by the seller, although the reserve was met"
    );
    assert_eq!(said(both, "declined = true"), "One (ONE): did not trade: declined by the seller");
    // A cent better than the bid, on either side.
    let [dear, cheap] = ["100.01", "99.99"].map(|reserve| {
        let lot = format!("reserve = \"{reserve}\"");
        let side = if reserve == "99.99" { "\"procurement\"" } else { "\"sale\"" };
        let rules = "money = { currency = \"EUR\", price = \"per-lot\" }\n[reserve]\n";
        let scenario = single(rules, &lot, "ONE = \"100.00\"").replace("\"sale\"", side);
        report_of(&transcript(&scenario)).lots[0].result.clone()
    });
    assert_eq!(dear, "did not trade: no bid reached the committed reserve");
    assert_eq!(cheap, dear);
}

#[test]
fn a_yield_is_no_amount_and_stands_in_words() {
    let (releases, _) = published(&report_of(&transcript(&of_yields())));
    let last = &releases["releases"][1];
    assert!(last["awards"][0]["value"].is_null());
    assert_eq!(last["awards"][0]["description"], "sold: 101.25, a yield");
    assert!(last["bids"]["details"][0]["value"].is_null());
}

#[test]
fn names_are_those_of_the_publication_and_otherwise_keys() {
    let report = report_of(&transcript(&works()));
    let (releases, _) = published(&report);
    let parties = releases["releases"][1]["parties"].as_array().unwrap();
    let known = parties.iter().find(|party| party["id"] == "GB-COH-0123").unwrap();
    assert_eq!(known["name"], "Bidder \"One\" GmbH");
    assert_eq!(known["additionalIdentifiers"][0]["id"], report.bidders[0].party.as_str());
    let unknown =
        parties.iter().find(|party| party["id"] == report.bidders[1].party.as_str()).unwrap();
    assert_eq!(unknown["name"], unknown["id"]);
}

#[test]
fn without_a_currency_nothing_is_published() {
    let report = report_of(&transcript(&bonds_without_currency()));
    let failure = release_package(&report, &publication(&report)).unwrap_err();
    assert_eq!(failure.code, Code::StandardCurrency);
    assert_eq!(failure.code.exit().status(), 6);
    let mut report = report_of(&transcript(&works()));
    let money = report.terms.as_mut().unwrap().money.as_mut().unwrap();
    money.currency = "QQQ".into();
    let failure = record_package(&report, &publication(&report)).unwrap_err();
    assert!(failure.sentence.contains("QQQ"), "{failure}");
}

#[test]
fn an_amount_that_doubles_would_change_is_not_published() {
    let mut report = report_of(&transcript(&works()));
    report.lots[0].amount = Some("12345678901234.56".into());
    let failure = release_package(&report, &publication(&report)).unwrap_err();
    assert_eq!(failure.code, Code::StandardNumber);
    assert!(failure.sentence.contains("12345678901234.56"), "{failure}");
}

#[test]
fn an_amount_is_exact_and_negative_where_the_supplier_pays() {
    let mut report = report_of(&transcript(&works()));
    let publication = publication(&report);
    for (currency, amount) in [
        ("JPY", "1000000000000000"),
        ("JPY", "4500000000000000"),
        ("KWD", "12345678.125"),
        ("USD", "996.15140625"),
        ("USD", "0.000000000001"),
    ] {
        for (side, sign) in [("lowest-wins", ""), ("highest-wins", "-")] {
            let terms = report.terms.as_mut().unwrap();
            terms.lots[0].side = side;
            terms.money.as_mut().unwrap().currency = currency.into();
            report.lots[0].amount = Some(amount.into());
            let releases = release_package(&report, &publication).unwrap();
            let releases: Value = serde_json::from_str(&releases).unwrap();
            let value = &releases["releases"][1]["awards"][0]["value"];
            assert_eq!(value["currency"], currency);
            // As a reader with doubles has it.
            let number = value["amount"].as_f64().unwrap();
            assert_eq!(number, format!("{sign}{amount}").parse::<f64>().unwrap());
            let places = amount.split_once('.').map_or(0, |(_, places)| places.len());
            assert_eq!(format!("{number:.places$}").trim_start_matches('-'), amount);
        }
    }
}

#[test]
fn a_currency_is_published_exactly_if_the_standard_lists_it() {
    let Some(folder) = standard() else { return };
    let schema = read(&folder, "release-schema.json");
    let listed =
        schema["definitions"]["Value"]["properties"]["currency"]["enum"].as_array().unwrap();
    let listed: BTreeSet<&str> = listed.iter().filter_map(Value::as_str).collect();
    let mut report = report_of(&transcript(&works()));
    let publication = publication(&report);
    let letters = || (b'A'..=b'Z').map(char::from);
    let codes =
        letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| [a, b, c])));
    let mut wrong = Vec::new();
    for code in codes.map(String::from_iter) {
        let (is_current, is_listed) =
            (currency::read("x", &code).is_ok(), listed.contains(code.as_str()));
        if !is_current && !is_listed {
            continue;
        }
        report.terms.as_mut().unwrap().money.as_mut().unwrap().currency = code.clone();
        if release_package(&report, &publication).is_ok() != (is_current && is_listed) {
            wrong.push(code);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn of_an_invalid_transcript_nothing_is_published() {
    let valid = report_of(&transcript(&works()));
    let mut bytes = transcript(&works());
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let report = report_of(&bytes);
    assert!(report.is_invalid());
    let failure = release_package(&report, &publication(&valid)).unwrap_err();
    assert_eq!(failure.code, Code::BoardInvalid);
}

#[test]
fn the_publication_that_the_documents_show_is_one() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/standards.md");
    let page = fs::read_to_string(page).unwrap();
    let example = page.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0;
    let report = report_of(&transcript(&works()));
    let bidder = report.bidders[0].party.as_str();
    let publication = Publication::read(&example.replace("taleaparty1...", bidder)).unwrap();
    let releases: Value =
        serde_json::from_str(&release_package(&report, &publication).unwrap()).unwrap();
    let parties = releases["releases"][1]["parties"].as_array().unwrap();
    let named = parties.iter().find(|party| party["id"] == "GB-COH-07654321").unwrap();
    assert_eq!(named["identifier"]["legalName"], "STOKE PAVING LIMITED");
    if let Some(folder) = standard() {
        assert_valid("the documents", &folder, "release-package-schema.json", &releases);
    }
}
