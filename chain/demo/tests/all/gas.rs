//! What a message costs does not depend on how many were before it.

use crate::common::{code, on_chain};
use std::{collections::BTreeMap, path::Path};
use talea_chain_demo::{chain::Chain, home::OnChain, one_lot::one_lot, table::kinds};
use talea_sim::{scenario::Scenario, simulate::simulate_in};

/// Bytes of sealed bids in a message: one bid in each.
const ONE_BID: usize = 1;

#[test]
fn the_last_bid_of_a_lot_costs_what_the_tenth_did() {
    let bidders = std::env::var("TALEA_CHAIN_BIDDERS").ok().and_then(|text| text.parse().ok());
    let bidders: usize = bidders.unwrap_or(100);
    let scenario = Scenario::from_text(&one_lot(bidders, 256), Path::new("")).unwrap();
    let (cast, plan, mut rng) = on_chain(&scenario);
    let open = |genesis: &_| OnChain::open(Chain::new(code()), genesis, ONE_BID);
    let home = simulate_in(open, cast, &plan, &mut rng).unwrap();
    for kind in kinds(home.steps()) {
        let mut by_size: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
        kind.steps
            .iter()
            .for_each(|step| by_size.entry(step.bytes).or_default().push(step.gas.total()));
        for (bytes, gas) in by_size {
            println!(
                "{} {bytes}: {} first {} last {} min {:?} max {:?} tenth {:?}",
                kind.name,
                gas.len(),
                gas[0],
                gas[gas.len() - 1],
                gas.iter().min(),
                gas.iter().max(),
                gas.get(9)
            );
        }
    }
}
