//! `talea`: see [`talea_cli::cli`].

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    talea_cli::cli::main()
}
