//! What a node shows of the chain, as JSON.

use crate::chain::{Chain, Transaction};
use serde_json::{Value, json};

/// The answer to `tx_search` for all transactions of the contract, in the form of CometBFT 0.38.
#[must_use]
pub fn tx_search(chain: &Chain) -> Value {
    let transactions = chain.transactions();
    let txs: Vec<Value> = transactions.iter().map(transaction).collect();
    json!({
        "jsonrpc": "2.0",
        "id": 1,
        "result": { "txs": txs, "total_count": transactions.len().to_string() },
    })
}

fn transaction(transaction: &Transaction) -> Value {
    let Transaction { height, index, hash, events, gas } = transaction;
    let code = if events.is_some() { 0 } else { 5 };
    let events: Vec<Value> = events
        .iter()
        .flatten()
        .map(|event| {
            let attributes = event.attributes.iter().map(|attribute| {
            json!({ "key": attribute.key, "value": attribute.value, "index": true })
        });
            json!({ "type": event.ty, "attributes": attributes.collect::<Vec<_>>() })
        })
        .collect();
    json!({
        "hash": hash.to_hex().to_uppercase(),
        "height": height.to_string(),
        "index": index,
        "tx_result": { "code": code, "gas_used": gas.to_string(), "events": events },
    })
}
