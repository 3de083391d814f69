//! `talea-chain-gas`: what whole auctions cost on the virtual machine that chains run.

#![forbid(unsafe_code)]

use clap::Parser;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};
use talea_chain_demo::{
    chain::{Chain, StoredCode},
    gas::message,
    home::{OnChain, Step, settle_on},
    one_lot::one_lot,
    table::{digits, kinds},
    wasm,
};
use talea_sim::{run::simulation_failure, scenario::Scenario, seed, simulate::simulate_in};
use talea_text::{
    failure::{Code, Exit, Failure},
    table::table,
};

/// Measures the gas of whole auctions.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Scenarios to measure; without any, auctions of one lot.
    scenarios: Vec<PathBuf>,
    /// Bidders of an auction of one lot.
    #[arg(long, value_delimiter = ',', default_values_t = [8, 32, 128])]
    bidders: Vec<usize>,
    /// Prices of an auction of one lot.
    #[arg(long, value_delimiter = ',', default_values_t = [256, 65_536])]
    levels: Vec<u32>,
    /// Bytes of instructions or sealed bids in one message, at most, unless one alone has more.
    #[arg(long, default_value_t = 8_000)]
    room: usize,
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

/// What an auction cost.
struct Measured {
    name: String,
    bids: usize,
    steps: Vec<Step>,
    /// Bytes that the chain stores when it is over.
    stored: usize,
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let stuck = |sentence: String| Failure::new(Code::RunStuck, sentence);
    let code = wasm::code().map_err(stuck)?;
    println!("contract of {} bytes\n", digits(number(code.len())));
    let code = StoredCode::store(&code).map_err(|failed| stuck(failed.to_string()))?;
    let mut measured = Vec::new();
    if arguments.scenarios.is_empty() {
        for levels in &arguments.levels {
            for bidders in &arguments.bidders {
                let text = one_lot(*bidders, *levels);
                let scenario = Scenario::from_text(&text, Path::new(""))?;
                let name = format!("{bidders} bidders, {} prices", digits((*levels).into()));
                measured.push(measure(name, &scenario, &code, arguments.room)?);
            }
        }
    }
    for path in &arguments.scenarios {
        let scenario = Scenario::read(path)?;
        measured.push(measure(scenario.title.clone(), &scenario, &code, arguments.room)?);
    }
    for auction in &measured {
        println!("**{}**\n\n{}\n", auction.name, by_kind(&auction.steps));
    }
    println!("{}", whole(&measured));
    Ok(())
}

fn measure(
    name: String,
    scenario: &Scenario,
    code: &StoredCode,
    room: usize,
) -> Result<Measured, Failure> {
    let stuck = |sentence: String| Failure::new(Code::RunStuck, sentence);
    let rng = &mut seed::generator(scenario.seed, 0);
    let (cast, mut plan) = scenario.cast(rng)?;
    let chain = Chain::new(code);
    settle_on(&mut plan, chain.contract()).map_err(|error| stuck(error.to_string()))?;
    let open = |genesis: &_| OnChain::open(chain, genesis, room);
    let home = simulate_in(open, cast, &plan, rng).map_err(simulation_failure)?;
    let records = home.chain().records().iter();
    let stored = records.map(|(key, value)| key.len() + value.len()).sum();
    Ok(Measured { name, bids: plan.bids.len(), steps: home.steps().to_vec(), stored })
}

fn by_kind(steps: &[Step]) -> String {
    let rows = kinds(steps).into_iter().map(|kind| {
        let gas = || kind.steps.iter().map(|step| step.gas);
        let most = |values: Vec<u64>| digits(values.into_iter().max().unwrap_or(0));
        vec![
            kind.name.to_owned(),
            kind.steps.len().to_string(),
            kind.steps.iter().map(|step| step.instructions).sum::<usize>().to_string(),
            most(gas().map(|gas| gas.machine).collect()),
            most(gas().map(|gas| gas.storage).collect()),
            most(gas().map(|gas| gas.events).collect()),
            most(gas().map(|gas| gas.total()).collect()),
            digits(kind.gas()),
            most(kind.steps.iter().map(|step| number(step.bytes)).collect()),
        ]
    });
    let heading = [
        "message",
        "number",
        "instructions",
        "machine",
        "storage",
        "events",
        "most gas",
        "gas of all",
        "most bytes",
    ];
    table(&heading, rows.collect(), &[1, 2, 3, 4, 5, 6, 7, 8])
}

fn whole(measured: &[Measured]) -> String {
    let rows = measured.iter().map(|auction| {
        let Measured { name, bids, steps, stored } = auction;
        let gas: u64 = steps.iter().map(|step| step.gas.total()).sum();
        let bytes: u64 = steps.iter().map(|step| number(step.bytes)).sum();
        let messages = number(steps.len());
        let around = messages
            .saturating_mul(message::INSTANCE + message::SIGNATURE)
            .saturating_add(bytes.saturating_mul(message::TRANSACTION_BYTE));
        vec![
            name.clone(),
            bids.to_string(),
            messages.to_string(),
            digits(gas),
            digits(steps.iter().map(|step| step.gas.machine).sum()),
            digits(steps.iter().map(|step| step.gas.storage).sum()),
            digits(steps.iter().map(|step| step.gas.total()).max().unwrap_or(0)),
            digits(around),
            digits(bytes),
            digits(number(stored.checked_div(*bids).unwrap_or(0))),
        ]
    });
    let heading = [
        "auction",
        "bids",
        "messages",
        "gas",
        "machine",
        "storage",
        "most of one",
        "transactions",
        "bytes",
        "stored a bid",
    ];
    table(&heading, rows.collect(), &[1, 2, 3, 4, 5, 6, 7, 8, 9])
}

fn number(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
