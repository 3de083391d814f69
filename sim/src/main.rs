//! `talea-sim`: see [`talea_sim::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    talea_sim::cli::main()
}
