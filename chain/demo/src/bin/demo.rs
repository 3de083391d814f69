//! `talea-chain-demo`: an auction of real parties on the virtual machine that chains run.

#![forbid(unsafe_code)]

use clap::Parser;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};
use talea_chain_demo::{
    chain::{Chain, StoredCode},
    claims,
    home::{DENOM, OnChain, Step, settle_on},
    node,
    table::{digits, steps},
    wasm,
};
use talea_export::{events::Events, transcript};
use talea_protocol::{
    bytes::PartyKey,
    outcome::{Ending, Outcome},
    terms::Terms,
};
use talea_sim::{
    run::{simulation_failure, write_transcript},
    scenario::Scenario,
    seed,
    simulate::{Home as _, simulate_in},
    verify_after::verify_after,
};
use talea_text::{
    ending,
    failure::{Code, Exit, Failure},
};

/// Bytes of instructions or sealed bids in one message: it stays below 100,000 bytes as JSON.
const ROOM: usize = 60_000;

/// Runs an auction on the virtual machine that chains run, with coins, and verifies its transcript.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The auction to run.
    #[arg(default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/chain.toml"))]
    scenario: PathBuf,
    /// Where the transcript is written.
    #[arg(long, value_name = "FILE", default_value = "chain.talea")]
    transcript: PathBuf,
    /// Where the events are written, as a node shows them.
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => Exit::Ok.into(),
        Err(failure) => {
            eprintln!("{}", failure.report());
            failure.code.exit().into()
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let stuck = |sentence: String| Failure::new(Code::RunStuck, sentence);
    let scenario = Scenario::read(&arguments.scenario)?;
    let rng = &mut seed::generator(scenario.seed, 0);
    let (cast, mut plan) = scenario.cast(rng)?;
    let (mut names, identities) = (scenario.names(&cast), cast.identities());
    let code = wasm::code().map_err(stuck)?;
    let code = StoredCode::store(&code).map_err(|failed| stuck(failed.to_string()))?;
    let chain = Chain::new(&code);
    println!("{}: {} lots, {} bids", scenario.title, plan.terms.lots.len(), plan.bids.len());
    println!(
        "contract {} of {} bytes, validated by the machine\n",
        chain.contract(),
        digits(u64::try_from(code.bytes()).unwrap_or(u64::MAX))
    );
    settle_on(&mut plan, chain.contract()).map_err(|error| stuck(error.to_string()))?;
    names.push((plan.terms.custodian, "the contract".into()));
    let open = |genesis: &_| OnChain::open(chain, genesis, ROOM);
    let mut home = simulate_in(open, cast, &plan, rng).map_err(simulation_failure)?;
    let paid = claims::claim_everything(&mut home, &identities);
    let paid = paid.map_err(|failed| stuck(failed.to_string()))?;
    let name = |party: &PartyKey| {
        let named = names.iter().find(|(key, _)| key == party);
        named.map_or_else(|| "somebody".to_owned(), |(_, name)| name.clone())
    };
    println!("{}", steps(home.steps(), |step: &Step| name(&step.signer)));
    let total: u64 = home.steps().iter().map(|step| step.gas.total()).sum();
    println!("\n{} messages, {} gas", home.steps().len(), digits(total));
    for (party, name) in &names {
        if let Some(amount) = paid.get(&claims::address_of(party)) {
            println!("{name} was paid {amount} {DENOM}");
        }
    }
    let left = home.chain().balance(home.chain().contract(), DENOM);
    println!("the contract keeps {left} {DENOM}\n");
    report(arguments, &home, &plan.terms, &name)
}

/// Exports the transcript from the chain's events, and has it verified.
fn report(
    arguments: &Arguments,
    home: &OnChain,
    terms: &Terms,
    name: &impl Fn(&PartyKey) -> String,
) -> Result<(), Failure> {
    let shown = serde_json::to_string_pretty(&node::tx_search(home.chain()));
    let shown = shown.map_err(|error| Failure::new(Code::RunStuck, error.to_string()))?;
    if let Some(path) = &arguments.events {
        std::fs::write(path, &shown).map_err(|error| Failure::unwritable(path, error))?;
    }
    let mut events = Events::of(Some(home.chain().contract().into()));
    events.read("the chain", shown.as_bytes())?;
    let path: &Path = &arguments.transcript;
    let written = write_transcript(path, |file| transcript::write(&events, file))?;
    println!(
        "transcript {} from the chain's events: {} entries, {} bytes",
        path.display(),
        written.entries,
        digits(written.bytes)
    );
    println!("{}", verify_after(path)?);
    if let Some(outcome) = home.auction().outcome() {
        results(terms, &outcome, name);
    }
    Ok(())
}

fn results(terms: &Terms, outcome: &Outcome, name: &impl Fn(&PartyKey) -> String) {
    for (lot, result) in terms.lots.iter().zip(outcome.lots.iter()) {
        let end = match &result.ending {
            Ending::Sold(award) => {
                let winners: Vec<String> =
                    award.sales.iter().map(|sale| name(&sale.winner)).collect();
                format!(
                    "sold to {} at {}",
                    winners.join(", "),
                    lot.grid.scale.write(award.quote.price)
                )
            }
            Ending::Declined(_) => "declined by the seller".to_owned(),
            Ending::BelowReserve => "no bid reached the reserve".to_owned(),
            Ending::Unsold => "nobody bid".to_owned(),
            Ending::Void(cause) => format!("void: {cause}"),
            Ending::Halted => "halted".to_owned(),
            market => ending::of_market(terms, lot, result.ranked, market).unwrap_or_default(),
        };
        println!("{}: {end}", lot.name.as_str());
    }
}
