//! What the tests share: the code, stored once, and a small auction in it.

use cosmwasm_std::Coin;
use rand_chacha::ChaCha20Rng;
use std::{path::Path, sync::OnceLock};
use talea_chain::message::{ExecuteMsg, InstantiateMsg};
use talea_chain_demo::{
    chain::{Chain, Failed, StoredCode, address},
    home::{DENOM, settle_on},
    wasm,
};
use talea_parties::{identity::Identity, seller};
use talea_protocol::{bytes::PartyKey, transcript::Genesis};
use talea_sim::{
    scenario::Scenario,
    seed,
    simulate::{Cast, Plan},
};

/// The code of the contract, as the machine has validated it.
pub fn code() -> &'static StoredCode {
    static CODE: OnceLock<StoredCode> = OnceLock::new();
    CODE.get_or_init(|| StoredCode::store(&wasm::code().unwrap()).unwrap())
}

/// The cast and the plan of a scenario, moved into the contract, and where their randomness comes from.
pub fn scenario(name: &str) -> (Cast, Plan, ChaCha20Rng) {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios"));
    on_chain(&Scenario::read(&folder.join(name)).unwrap())
}

/// The same of a scenario that was read already.
pub fn on_chain(scenario: &Scenario) -> (Cast, Plan, ChaCha20Rng) {
    let mut rng = seed::generator(scenario.seed, 0);
    let (cast, mut plan) = scenario.cast(&mut rng).unwrap();
    settle_on(&mut plan, Chain::new(code()).contract()).unwrap();
    (cast, plan, rng)
}

/// The identity of a party of the cast.
pub fn identity(cast: &Cast, party: PartyKey) -> Identity {
    cast.identities().into_iter().find(|identity| identity.party() == party).unwrap()
}

/// How the seller opens this plan.
pub fn genesis(cast: &Cast, plan: &Plan) -> Genesis {
    seller::open(&identity(cast, cast.seller()), &plan.terms, plan.opening_slot).unwrap()
}

/// The message that opens an auction.
pub fn opening(genesis: &Genesis) -> InstantiateMsg {
    InstantiateMsg {
        terms: genesis.terms.to_vec().into(),
        slot: genesis.slot,
        signature: genesis.signature.0.to_vec().into(),
    }
}

/// A chain on which the auction of `scenarios/chain.toml` is open, and whoever sends has coins of two kinds.
pub fn opened() -> (Chain, Cast, Genesis) {
    let (cast, plan, _) = scenario("chain.toml");
    let genesis = genesis(&cast, &plan);
    let mut chain = Chain::new(code());
    chain.advance_to(genesis.slot);
    for denom in [DENOM, "uother"] {
        chain.mint(&sender(), &Coin::new(1_000_000u64, denom));
    }
    chain.instantiate(&sender(), &opening(&genesis), &[]).unwrap();
    (chain, cast, genesis)
}

/// Who sends.
pub fn sender() -> String {
    address("sender")
}

/// Sends what must be refused, and shows that nothing has changed; the sentence.
#[track_caller]
pub fn refused(chain: &mut Chain, message: &ExecuteMsg, funds: &[Coin]) -> String {
    let before = state(chain);
    let failed = chain.execute(&sender(), message, funds).unwrap_err();
    assert_eq!(state(chain), before, "a refusal changes nothing");
    match failed {
        Failed::Refused(sentence) => sentence,
        other => panic!("{other}"),
    }
}

/// What the chain holds: records, and who has what.
pub fn state(chain: &Chain) -> (talea_chain_demo::store::Records, Vec<String>) {
    let parties = [sender(), chain.contract().to_owned()];
    let balances = parties
        .iter()
        .flat_map(|party| [DENOM, "uother"].map(|denom| chain.balance(party, denom).to_string()));
    (chain.records().clone(), balances.collect())
}
