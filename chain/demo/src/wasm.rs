//! The contract's code, made by `chain/build` so that it is never older than its sources.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Names a file that holds the code, for those who have it already.
pub const VARIABLE: &str = "TALEA_CHAIN_WASM";

/// The code of the contract.
///
/// # Errors
/// A sentence, if it cannot be made or read.
pub fn code() -> Result<Vec<u8>, String> {
    let path = match std::env::var_os(VARIABLE) {
        Some(path) => PathBuf::from(path),
        None => made()?,
    };
    fs::read(&path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

fn made() -> Result<PathBuf, String> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let script = folder.join("build");
    let status = Command::new(&script).status();
    let status = status.map_err(|error| format!("{} cannot be run: {error}", script.display()))?;
    if !status.success() {
        return Err(format!("{} failed", script.display()));
    }
    Ok(folder.join("target/talea_chain.wasm"))
}
