//! Transcripts from a node's answers. `tx_search.json` was written by `talea-chain-demo --events`.

use serde_json::{Value, json};
use talea_export::{events::Events, transcript};
use talea_text::failure::{Code, Failure};
use talea_verifier::{Options, Verdict, verify};

fn answer() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tx_search.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn export(contract: Option<&str>, answers: &[Value]) -> Result<Vec<u8>, Failure> {
    let mut events = Events::of(contract.map(str::to_owned));
    for answer in answers {
        events.read("a node", answer.to_string().as_bytes())?;
    }
    let mut exported = Vec::new();
    transcript::write(&events, &mut exported)?;
    Ok(exported)
}

fn code(exported: Result<Vec<u8>, Failure>) -> Code {
    exported.unwrap_err().code
}

fn transactions(answer: &Value) -> Vec<Value> {
    answer["result"]["txs"].as_array().unwrap().clone()
}

#[test]
fn the_transcript_of_a_nodes_answer_is_valid() {
    let exported = export(None, &[answer()]).unwrap();
    let report = verify(&exported[..], &Options::default(), |_| ()).unwrap();
    assert_eq!(report.verdict, Verdict::Valid, "{}", report.to_text());
}

#[test]
fn other_forms_pages_and_orders_give_the_same_transcript() {
    let expected = export(None, &[answer()]).unwrap();
    let transactions = transactions(&answer());
    // block_results: a list of results by height.
    let blocks: Vec<Value> = transactions
        .iter()
        .map(|tx| json!({ "result": { "height": tx["height"], "txs_results": [tx["tx_result"]] } }))
        .collect();
    assert_eq!(export(None, &blocks).unwrap(), expected);
    // The SDK's list of transactions, the newest first, and one page twice.
    let responses: Vec<Value> = transactions
        .iter()
        .rev()
        .map(|tx| json!({ "height": tx["height"], "code": 0, "events": tx["tx_result"]["events"] }))
        .collect();
    let page = |from, to| json!({ "tx_responses": &responses[from..to] });
    let half = responses.len() / 2;
    let pages = [page(0, half), page(half, responses.len()), page(0, half)];
    assert_eq!(export(None, &pages).unwrap(), expected);
}

#[test]
fn an_entry_that_is_missing_is_named() {
    let mut answer = answer();
    answer["result"]["txs"].as_array_mut().unwrap().remove(5);
    let failure = export(None, &[answer.clone()]).unwrap_err();
    assert_eq!(failure.code, Code::ChainIncomplete);
    assert!(failure.sentence.starts_with("event 5 of the auction is missing"), "{failure}");
    answer["result"]["txs"] = json!([]);
    assert_eq!(code(export(None, &[answer])), Code::ChainEvents);
}

#[test]
fn what_a_node_made_up_is_found() {
    let altered = |alter: &dyn Fn(&mut Value)| {
        let mut answer = answer();
        let event = &mut answer["result"]["txs"][9]["tx_result"]["events"][0]["attributes"];
        alter(event.as_array_mut().unwrap().last_mut().unwrap().get_mut("value").unwrap());
        export(None, &[answer])
    };
    let other = transactions(&answer())[10]["tx_result"]["events"][0]["attributes"].clone();
    let other = other.as_array().unwrap().last().unwrap()["value"].clone();
    assert_eq!(code(altered(&|value| *value = other.clone())), Code::ChainDiffers);
    assert_eq!(code(altered(&|value| *value = json!("AAAA"))), Code::ChainEvents);
    for no_answer in [&b"{"[..], b"\xff", "[".repeat(100_000).as_bytes()] {
        let failure = Events::default().read("a node", no_answer).unwrap_err();
        assert_eq!(failure.code, Code::ChainEvents);
    }
}

#[test]
fn events_of_several_contracts_are_told_apart_by_name() {
    let text = answer().to_string();
    let attributes = &answer()["result"]["txs"][0]["tx_result"]["events"][0]["attributes"];
    let own = attributes[0]["value"].as_str().unwrap().to_owned();
    let other: Value = serde_json::from_str(&text.replace(&own, "cosmwasm1other")).unwrap();
    let both = [answer(), other];
    assert_eq!(code(export(None, &both)), Code::ChainSeveral);
    assert_eq!(export(Some(&own), &both).unwrap(), export(None, &[answer()]).unwrap());
}
