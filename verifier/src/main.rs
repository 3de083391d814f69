//! `talea-verify`: see [`talea_verifier::cli`].

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    talea_verifier::cli::main()
}
