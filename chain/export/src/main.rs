//! `talea-chain-export`: writes the transcript of an auction on a chain.

use std::process::ExitCode;

fn main() -> ExitCode {
    talea_chain_export::cli::main()
}
