//! The schemas that are checked in are those of the messages. `TALEA_WRITE_REFERENCE=1 cargo test -p talea-chain`, in
//! `chain/`, writes them anew.

use cosmwasm_schema::generate_api;
use std::fs;
use talea_chain::message::{ExecuteMsg, InstantiateMsg, QueryMsg};

#[test]
fn the_schema_that_is_checked_in_is_that_of_the_messages() {
    let api = generate_api! {
        instantiate: InstantiateMsg,
        execute: ExecuteMsg,
        query: QueryMsg,
    };
    let expected = api.render().to_string().unwrap() + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/talea-chain.json");
    if std::env::var_os("TALEA_WRITE_REFERENCE").is_some() {
        fs::write(path, &expected).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), expected);
}
