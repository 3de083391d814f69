//! The command line.

use crate::{events::Events, transcript};
use clap::Parser;
use std::{path::PathBuf, process::ExitCode};
use talea_sim::{input, run::write_transcript};
use talea_text::failure::{Exit, Failure};

/// Writes the transcript of an auction on a chain, from the events that a node shows.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "\
A file is a node's answer as JSON, or several one after another: tx_search, block_results, or a list of
transactions of the SDK. Hand in every page.

Exit status:
  0   the transcript is written
  1   the events break the rules of the auction
  2   the command line or a file asks for something impossible
  3   events are missing
  4   a file cannot be read or written
  70  a fault of this program"
)]
struct Arguments {
    /// Files of a node's answers.
    #[arg(required = true)]
    answers: Vec<PathBuf>,
    /// The address of the contract, where the answers have events of several.
    #[arg(long, value_name = "ADDRESS")]
    contract: Option<String>,
    /// The transcript to write.
    #[arg(long, value_name = "FILE", default_value = "auction.talea")]
    transcript: PathBuf,
}

/// Runs the command.
#[must_use]
pub fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(line) => {
            println!("{line}");
            Exit::Ok.into()
        }
        Err(failure) => {
            eprintln!("{}", failure.report());
            failure.code.exit().into()
        }
    }
}

fn run(arguments: &Arguments) -> Result<String, Failure> {
    let mut events = Events::of(arguments.contract.clone());
    for path in &arguments.answers {
        events.read(&path.display().to_string(), &input::read_text(path)?)?;
    }
    let written = write_transcript(&arguments.transcript, |file| transcript::write(&events, file))?;
    let end = if written.is_closed { "with its outcome" } else { "and the auction is not closed" };
    Ok(format!(
        "transcript {}: {} entries, {} bytes, {end}",
        arguments.transcript.display(),
        written.entries,
        written.bytes
    ))
}
